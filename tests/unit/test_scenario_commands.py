"""Scenarios in a project and on the command line: saved, migrated, run, compared and edited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from small_cities import small_city

from twin.chain.chain import Chain
from twin.chain.registry import seen_alike
from twin.cli import main
from twin.content import demo_project
from twin.errors import ProjectLocked
from twin.project import create, load_city, open_project
from twin.scenario.codec import encode_edits
from twin.scenario.others import AddPlace
from twin.scenario.scenario import Scenario
from twin.scenario.streets import AddPath, RemovePath

if TYPE_CHECKING:
    from pathlib import Path

ACCESS = "reach.count_access=no"
BRIDGE = AddPath(line=((130.0, 60.0), (470.0, 410.0)), tolerance=80.0)
SCHOOL = AddPlace(at=(300.0, 300.0), place_kind="school", name="Nya skolan")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    create(tmp_path / "p.twin", small_city(5)).close()
    return tmp_path / "p.twin"


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    path = tmp_path / "edits.json"
    path.write_bytes(encode_edits([BRIDGE, SCHOOL]))
    return path


def _json(capsys, *words: object) -> dict:
    assert main([str(word) for word in words] + ["--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_scenarios_are_saved_with_the_project_and_offered_after_a_crash(place):
    scenarios = (Scenario(name="Bro", horizon=2040).adding(BRIDGE, note="idé"), Scenario(name="Noll", parent="Bro"))
    with open_project(place) as project:
        state = project.state()
        assert state.scenarios == ()
        project.save(state.changed(scenarios=scenarios, scenario="Bro", reference="Noll"))
    with open_project(place) as project:
        state = project.state()
        assert (state.scenarios, state.scenario, state.reference) == (scenarios, "Bro", "Noll")
        project.autosave(state.changed(scenarios=scenarios[:1]))
        found = project.recovery()
        assert found is not None
        assert found.what == ("Scenarios",)
        assert project.restore(found).scenarios == scenarios[:1]


def test_a_project_from_before_scenarios_opens_with_none(place):
    record = place / "project.json"
    old = json.loads(record.read_text())
    for name in ("scenarios", "scenario", "reference"):
        del old[name]
    record.write_text(json.dumps(old | {"format": 1}))
    with open_project(place) as project:
        assert project.state().scenarios == ()


def test_the_key_is_the_same_before_and_after_saving(place):
    scenario = Scenario(name="Bro").adding(BRIDGE)
    assert Chain(load_city(place)).key(scenario) == Chain(small_city(5)).key(scenario)


def test_edit_run_and_compare_to_the_letter(place, edits, capsys):
    made = _json(capsys, "edit", place, "--scenario", "Bro", "--add", edits)
    assert (made["new"], made["added"], made["edits"], made["conflicts"]) == (True, 2, 2, [])
    more = _json(capsys, "edit", place, "--scenario", "Bro", "--add", edits)
    assert (more["new"], more["edits"]) == (False, 4)
    assert len(more["conflicts"]) == 2

    first = _json(capsys, "run", place, "--scenario", "Bro")
    assert set(first) == {"scenario", "key", "models", "indicators"}
    assert set(first["models"]["reach"]) == {"seconds", "quality", "reused"}
    assert all(set(row) == {"id", "value", "unit", "model"} for row in first["indicators"])
    assert first["key"] == more["key"]
    again = _json(capsys, "run", place, "--scenario", "Bro", "--models", "reach")
    assert (first["models"]["reach"]["reused"], again["models"]["reach"]["reused"]) == (False, True)
    assert again["indicators"] == [row for row in first["indicators"] if row["model"] == "reach"]

    found = _json(capsys, "compare", place, "Bro")
    assert (found["scenario"], found["reference"]) == ("Bro", "Nuläge")
    now = {row["id"]: row["value"] for row in _json(capsys, "run", place)["indicators"]}
    for row in found["indicators"]:
        assert set(row) == {"id", "value", "reference", "difference", "unit"}
        assert row["reference"] == now[row["id"]]
        assert row["difference"] == row["value"] - row["reference"]
    same = _json(capsys, "compare", place, "Bro", "--reference", "Bro")
    assert {row["difference"] for row in same["indicators"]} == {0.0}


def test_the_command_line_says_what_python_says(place, edits, capsys):
    _json(capsys, "edit", place, "--scenario", "Bro", "--add", edits)
    said = _json(capsys, "run", place, "--scenario", "Bro", "--models", "reach")
    answer = Chain(small_city(5)).run(Scenario(name="Mine").adding(BRIDGE, SCHOOL), ["reach"])
    assert said["key"] == answer.key
    assert [row["value"] for row in said["indicators"]] == [one.value for one in answer.indicators]


def test_parameters_are_set_for_one_run_of_both_that_are_compared(place, edits, capsys):
    plain = _json(capsys, "run", place, "--models", "reach")
    near = _json(capsys, "run", place, "--models", "reach", "--set", "reach.access_limit=1", "--set", ACCESS)
    assert plain["key"] != near["key"]
    before, after = ({one["id"]: one["value"] for one in found["indicators"]} for found in (plain, near))
    assert after["reach.unconnected"] > before["reach.unconnected"]
    _json(capsys, "edit", place, "--scenario", "Bron", "--add", edits)
    found = _json(capsys, "compare", place, "Bron", "--models", "reach", "--set", "reach.access_limit=1")
    row = next(one for one in found["indicators"] if one["id"] == "reach.unconnected")
    assert row["reference"] == after["reach.unconnected"]
    assert row["value"] > before["reach.unconnected"]
    assert _json(capsys, "run", place, "--models", "reach")["key"] == plain["key"]


def test_the_shipped_demo_is_run_and_nothing_is_left_in_it(capsys):
    before = sorted(demo_project().rglob("*"))
    found = _json(capsys, "run", "demo", "--models", "reach", "traffic", "segregation")
    assert found["scenario"] == "Nuläge"
    assert {row["id"] for row in found["indicators"]} >= {"reach.school_800", "reach.jobs_1500"}
    assert all(row["value"] is not None for row in found["indicators"])
    assert sorted(demo_project().rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "{place}", "--scenario", "Bryggan"], 1, "Bryggan"),
        (["run", "{place}", "--models", "magic"], 1, "magic"),
        (["run", "{place}", "--models", "reach", "--set", "steps_factor=5"], 2, "reach.steps_factor=2"),
        (
            ["run", "{place}", "--models", "reach", "--set", "reach.r=5"],
            1,
            "has no parameter r; there are: count_access",
        ),
        (["run", "{place}", "--models", "reach", "--set", "noise.x=5"], 1, "called «noise»; there are: reach"),
        (["run", "{place}", "--models", "reach", "--set", "reach.steps_factor=far"], 1, "it must be a number from"),
        (["run"], 2, "P.twin"),
        (["run", "nowhere.twin"], 1, "nowhere"),
        (["compare", "{place}"], 2, "S"),
        (["compare", "{place}", "Nuläge", "--reference", "X"], 1, "X"),
        (["edit", "{place}", "--scenario", "Nuläge", "--add", "{edits}"], 1, "takes no edits"),
        (["edit", "{place}", "--scenario", "A", "--add", "{place}/none.json"], 1, "none.json"),
        (["edit", "{place}", "--scenario", "A", "--add", "{bad}"], 1, "edit 2 (close_road), field roads"),
        (["edit", "{place}", "--scenario", "A"], 2, "--add"),
        (["edit", "demo", "--scenario", "A", "--add", "{edits}"], 1, "reading only"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(place, edits, capsys, words, code, said):
    bad = edits.with_name("bad.json")
    bad.write_text('[{"kind":"remove_place","places":["p1"]},{"kind":"close_road","roads":[]}]')
    names = {"place": str(place), "edits": str(edits), "bad": str(bad)}
    before = (place / "project.json").read_bytes()
    assert main(["--lang", "en", *(word.format(**names) for word in words)]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.out == ""
    assert (place / "project.json").read_bytes() == before


def test_a_project_that_is_held_is_not_edited_but_run(place, edits, capsys):
    with open_project(place):
        with pytest.raises(ProjectLocked):
            open_project(place)
        assert main(["edit", str(place), "--scenario", "A", "--add", str(edits)]) == 1
        capsys.readouterr()
        assert _json(capsys, "run", place)["scenario"] == "Nuläge"


def test_conflicts_go_to_standard_error_and_the_run_goes_on(place, tmp_path, capsys):
    path = tmp_path / "e.json"
    path.write_bytes(encode_edits([RemovePath(paths=("nowhere",)), BRIDGE]))
    _json(capsys, "edit", place, "--scenario", "A", "--add", path)
    assert main(["run", str(place), "--scenario", "A", "--lang", "en"]) == 0
    captured = capsys.readouterr()
    assert "nowhere" in captured.err
    assert "Residents within 800 m" in captured.out


def test_commands_do_not_save_over_work_that_a_crash_left(place, edits, tmp_path, capsys):
    project = open_project(place)
    state = project.state()
    project.autosave(state.changed(scenarios=(Scenario(name="Osparat").adding(BRIDGE),)))
    assert project._lock is not None
    project._lock.release()  # as a killed process does
    more = tmp_path / "trees.geojson"
    more.write_text('{"type": "FeatureCollection", "features": []}')
    for words in (["edit", place, "--scenario", "S", "--add", edits], ["import", more, "--to", place, "--as", "trees"]):
        assert main([str(word) for word in words]) == 1
        assert "--without-unsaved" in capsys.readouterr().err
    with open_project(place) as project:
        found = project.recovery()
        assert found is not None
        assert [one.name for one in project.restore(found).scenarios] == ["Osparat"]
    said = _json(capsys, "edit", place, "--scenario", "S", "--add", edits, "--without-unsaved")
    assert said["added"] == 2
    with open_project(place) as project:
        assert project.recovery() is None
        assert len(project.versions()) == 1
    assert _json(capsys, "edit", place, "--scenario", "S", "--add", edits)["edits"] == 4


def test_the_models_of_a_project_run_unless_others_are_named(place, capsys):
    with open_project(place) as project:
        project.save(project.state().changed(models={"segregation": False}))
    run = _json(capsys, "run", place)["models"]
    assert "reach" in run
    assert "segregation" not in run
    assert "segregation" in _json(capsys, "run", place, "--models", "all")["models"]
    assert list(_json(capsys, "run", place, "--models", "reach")["models"]) == ["reach"]


def test_a_reference_is_looked_at_as_its_scenario_is(place, capsys):
    """A scenario that only looks at another group differs in nothing; what a reference assumes stays its own."""
    with open_project(place) as project:
        state = project.state()
        dimension, group = state.city.population[["dimension", "group"]].iloc[-1]
        looked = Scenario(name="Looked").with_parameter("segregation", "grouping", str(dimension))
        looked = looked.with_parameter("segregation", "group", str(group)).with_parameter("segregation", "draws", 20.0)
        project.save(state.changed(scenarios=(looked,)))
    found = _json(capsys, "compare", place, "Looked", "--models", "segregation")
    assert found["indicators"]
    assert all(row["difference"] in (0, None) for row in found["indicators"])
    assert any(row["difference"] == 0 for row in found["indicators"])
    own = Scenario(name="Own").with_parameter("reach", "step_free", True).with_parameter("segregation", "group", "x")
    seen = seen_alike(own, looked)
    assert seen.parameters["reach"] == {"step_free": True}
    assert seen.parameters["segregation"] == looked.parameters["segregation"]
    assert seen_alike(seen, looked) is seen
    assert seen_alike(own, Scenario(name="Plain")).parameters == {"reach": {"step_free": True}}
