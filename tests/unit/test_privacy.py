"""The small-cell rule: nothing under the threshold is shown, nothing withheld can be worked out, all exports alike."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protected_city import PARTS
from protected_city import protected_chain as _chain
from protected_city import protected_city as _city
from small_cities import small_city

from twin import cli
from twin.chain.answer import compared
from twin.chain.chain import Chain
from twin.chain.registry import MODELS
from twin.city.city import City
from twin.layer import Layer, legend, scale, unknown_text
from twin.privacy import guard
from twin.privacy.cells import (
    DISPLAY,
    EXPORT,
    bridges,
    difference_withheld,
    never_alone,
    rounded,
    support_of_share,
    table_mask,
    withheld,
)
from twin.privacy.provenance import has_protected_residents, highest, inherited, is_protected
from twin.project import create
from twin.result import load, store
from twin.scenario.buildings import HousingTransfer
from twin.scenario.scenario import PRESENT

tables = st.integers(2, 6).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=2, max_size=8
    )
)  # fmt: skip


def _can_be_worked_out(mask):
    """Return withheld cells that the sums of rows and columns fix: those no vector of the null space moves."""
    cells = np.argwhere(mask)
    if not len(cells):
        return []
    r, c = mask.shape
    equations = np.zeros((r + c, len(cells)))
    for k, (i, j) in enumerate(cells):
        equations[i, k] = equations[r + j, k] = 1
    _, values, basis = np.linalg.svd(equations)
    free = basis[int((values > 1e-9).sum()) :]
    return [tuple(cell) for k, cell in enumerate(cells) if not (np.abs(free[:, k]) > 1e-9).any()]


@settings(max_examples=150, deadline=None)
@given(tables, st.sampled_from([DISPLAY, EXPORT]))
def test_no_withheld_cell_can_be_worked_out(rows, threshold):
    counts = np.array(rows, dtype=float)
    mask = table_mask(counts, threshold)
    assert (mask | ~withheld(counts, threshold)).all()
    if not mask.all():
        assert _can_be_worked_out(mask) == []
    assert bridges(mask) == [] or mask.all()


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=5))
def test_bridges_are_what_can_be_worked_out(rows):
    mask = np.array(rows)
    assert sorted(bridges(mask)) == sorted((int(r), int(c)) for r, c in _can_be_worked_out(mask))


def test_primary_rule():
    assert withheld([0, 1, 4, 5, 9, 10], DISPLAY).tolist() == [False, True, True, False, False, False]
    assert withheld([5, 9, 10], EXPORT).tolist() == [True, True, False]
    # a share of fewer than 20 persons; nearly nobody and nearly everybody
    assert withheld(support_of_share([5, 10, 3, 57, 30], [19, 20, 60, 60, 60]), DISPLAY).tolist() == [
        True, False, True, True, False,
    ]  # fmt: skip
    assert support_of_share([0], [0]).tolist() == [0]
    assert never_alone(np.array([False, True, False]), [np.nan, 2, 30]).tolist() == [False, True, True]
    assert never_alone(np.array([True, True]), [2, 3]).tolist() == [True, True]


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_rounding_stays_near_and_is_the_same_for_the_same(counts):
    found = rounded(np.array(counts))
    assert (np.abs(found - counts) <= 2.5 + 1e-6).all()
    assert (found % 5 == 0).all()
    assert (found == rounded(np.array(counts))).all()


def test_a_difference_may_tell_too():
    assert difference_withheld([52, 52, 52, np.nan], [49, 52, 40, 3], DISPLAY).tolist() == [True, False, False, False]


# --- whose people -----------------------------------------------------------------------------------------------


def test_public_statistics_and_invented_people_are_shown_as_they_are():
    assert is_protected(_city())
    assert is_protected(_city(""))
    assert not is_protected(_city("open"))
    assert not is_protected(_city(synthetic=True))
    assert not is_protected(City("empty", "EPSG:3011"))
    mixed = _city("open")
    people = mixed.population.assign(source_id=["test"] * 5 + ["unknown"])
    assert is_protected(mixed.replaced(population=people))


def test_derived_layers_inherit():
    assert highest(["open", "internal", ""]) == "internal"
    city = _city("restricted")
    found = inherited(city, ("population", "zones"))
    assert (found.classification, found.licences, found.owners) == ("restricted", ("own",), ("Me",))
    more = pd.DataFrame({"id": ["osm"], "classification": ["open"], "licence": ["ODbL"], "owner": ["OSM"]})
    city = city.replaced(sources=pd.concat([city.sources, more]), paths=city.paths.assign(source_id="osm"))
    found = inherited(city, ("population", "paths"))
    assert (found.classification, found.licences) == ("restricted", ("own", "ODbL"))


# --- what models answer -----------------------------------------------------------------------------------------

ASKED = ["segregation", "exposure"]
GROUP = PRESENT.with_parameter("segregation", "group", "c").with_parameter("exposure", "group", "c")
MOVE = HousingTransfer(
    zone="z0", dwellings=25.0, tenure={"rental": 1.0}, groups={"origin": {"rental": {"a": 0.5, "c": 0.5}}}
)


def _shares(answer, text="Share:"):
    return next(f for f in answer.results["segregation"].fields if f.name.startswith(text))


def test_few_people_are_withheld_everywhere():
    chain = _chain()
    answer = chain.run(GROUP, ASKED)
    assert np.isnan(_shares(answer).values).all()  # z0 rests on three; z1 would give it away
    rows = [one for one in answer.indicators if one.model == "exposure" and one.unit == "persons"]
    assert not [one for one in rows if 0 < one.value < DISPLAY]
    assert any(np.isnan(one.value) for one in rows)
    open_answer = _chain("open").run(GROUP, ASKED)
    assert np.isfinite(_shares(open_answer).values).all()
    assert any(0 < one.value < DISPLAY for one in open_answer.indicators if one.unit == "persons")
    assert not any(one.support is not None for one in open_answer.indicators)
    chain.close()


def test_the_legend_says_that_values_may_be_withheld():
    """Hatched in map and export: where people need protection it may be few of them, else there are no data."""
    for name, text in (("internal", "No data, or too few persons"), ("open", None)):
        chain = _chain(name)
        field = _shares(chain.run(GROUP, ["segregation"]))
        for one in (field, guard.field_for_export(field)):
            layer = Layer("x", "Share", one, scale("viridis"), 0.0, 100.0)
            hatched = [row.text for row in legend(layer, "en").classes if row.hatched]
            assert hatched == ([text] if text else [])
        assert unknown_text(dataclasses.replace(field, support=None)) == "No data"
        chain.close()


def test_an_edit_of_known_size_gives_nobody_away():
    """25 known newcomers of c in z0: 28 are shown nowhere, for 28 - 25 = 3."""
    chain = _chain()
    answer, reference = chain.run(GROUP.changed(name="S").adding(MOVE), ASKED), chain.run(GROUP, ASKED)
    assert np.isnan(_shares(answer).values[0])
    for found in compared(answer, reference).values():
        for field in found.fields:
            if field.support is not None:
                a, b = (next(f for f in one.results[found.model].fields if f.name == field.name)
                        for one in (answer, reference))  # fmt: skip
                assert np.isnan(field.values[np.isnan(a.values) | np.isnan(b.values)]).all()
    chain.close()


def test_models_that_are_off_stay_off():
    """What guards an edit asks the city as it is of the same models, not of all that could be used."""

    def never(*_args, **_named):
        raise AssertionError("it was switched off")

    models = PARTS | {"noise": dataclasses.replace(MODELS["noise"], run=never, preview=None)}
    chain = Chain(_city(), models=models)
    asked = GROUP.changed(name="S").adding(MOVE)
    steps = list(chain.steps([asked, GROUP], ["reach", "exposure"], exact=True))
    assert [(step.model, step.error) for step in steps] == [("reach", None), ("exposure", None)]
    chain.close()


def test_nothing_small_leaves_the_program(tmp_path, capsys):
    place = tmp_path / "p.twin"
    create(place, _city()).close()
    assert cli.main(["--json", "run", str(place), "--models", "exposure"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out)["indicators"] if row["model"] == "exposure"]
    counts = [row["value"] for row in rows if row["unit"] == "persons" and row["value"] is not None]
    assert counts
    assert all(value % 5 == 0 and (value == 0 or value >= EXPORT) for value in counts)
    assert [row for row in rows if row["value"] is None]
    assert cli.main(["run", str(place), "--models", "exposure"]) == 0
    said = capsys.readouterr()
    assert "fewer than" in said.out + said.err


def test_fields_and_rows_for_export():
    chain = _chain()
    answer = chain.run(PRESENT, ASKED)
    rows = compared(answer, answer)["exposure"].rows
    for row in guard.rows_for_export(rows):
        if row.unit == "persons" and np.isfinite(row.value):
            assert row.value % 5 == 0
    for result in answer.results.values():
        for field in guard.result_for_export(result).fields:
            if field.support is not None:
                assert not np.isfinite(field.values[withheld(field.support, EXPORT)]).any()
    chain.close()


def test_answers_about_few_people_are_never_written_down(tmp_path):
    """Segregation and exposure of protected people stay in memory; the same of public statistics is kept."""
    for classification, kept in (("internal", {"reach"}), ("open", {"reach", "segregation", "exposure"})):
        folder = tmp_path / classification
        chain = Chain(_city(classification), folder, models=PARTS)
        first = chain.run(GROUP, PARTS)
        chain.close()
        records = [json.loads(one.read_bytes())["result"] for one in folder.glob("results/*/result.json")]
        assert {one["model"] for one in records} == kept
        again = Chain(_city(classification), folder, models=PARTS)
        second = again.run(GROUP, PARTS)
        again.close()
        assert {name for name, one in second.runs.items() if one.reused == "disk"} == kept
        for one, other in zip(first.indicators, second.indicators, strict=True):
            assert one.id == other.id
            assert one.value == other.value or np.isnan([one.value, other.value]).all()
            assert one.support == other.support
    with pytest.raises(ValueError, match="protection"):
        store(tmp_path, dataclasses.replace(_chain().run(GROUP, ["exposure"]).results["exposure"], key="k"))
    assert not (tmp_path / "results").exists()


def test_what_an_earlier_format_wrote_down_goes(tmp_path):
    chain = Chain(_city("open"), tmp_path, models=PARTS)
    chain.run(PRESENT, ["reach"])
    chain.close()
    (kept,) = (tmp_path / "results").iterdir()
    old = tmp_path / "results" / ("0" * 64)
    shutil.copytree(kept, old)
    text = (old / "result.json").read_bytes()
    assert b'"format":2' in text
    (old / "result.json").write_bytes(text.replace(b'"format":2', b'"format":1'))
    Chain(_city("open"), tmp_path, models=PARTS).close()
    assert list((tmp_path / "results").iterdir()) == [kept]


def _lonely(city: City, residents: float) -> City:
    """Return the city with one house of some residents far from any path."""
    far = city.buildings.iloc[[0]].assign(id="far", residents=residents)
    far = far.set_geometry(far.geometry.translate(5_000.0, 0.0))
    near = city.buildings.assign(residents=city.buildings["residents"].fillna(12.0))
    return city.replaced(buildings=pd.concat([near, far], ignore_index=True))


@pytest.mark.parametrize(("residents", "told"), [(3.0, None), (0.0, 0.0), (12.0, 10.0), (43.0, 45.0)])
def test_residents_off_the_network_are_rounded(tmp_path, capsys, residents, told):
    """The count and the houses it speaks of: few are withheld, more are to multiples of 5; on disk as on the screen."""
    chain = Chain(_lonely(_city(), residents), tmp_path, models=PARTS)
    answer = chain.run(PRESENT, ["reach"])
    chain.close()
    (row,) = [one for one in answer.indicators if one.id == "reach.unconnected"]
    assert (None if np.isnan(row.value) else row.value) == told
    assert row.places == (("far",) if told else ())
    field = answer.results["reach"].field("Residents within 400 m on foot")
    known = field.values[np.isfinite(field.values)]
    assert len(known)
    assert (known % 5 == 0).all()
    assert not withheld(known, EXPORT).any()
    (place,) = (tmp_path / "results").iterdir()
    back = load(tmp_path, place.name)
    assert [one.value for one in back.indicators if one.id == row.id and told is not None] in ([], [told])
    for one, other in zip(back.fields, answer.results["reach"].fields, strict=True):
        assert np.array_equal(one.values, other.values, equal_nan=True)
    open_chain = Chain(_lonely(_city("open"), residents), models=PARTS)
    (row,) = [one for one in open_chain.run(PRESENT, ["reach"]).indicators if one.id == "reach.unconnected"]
    assert row.value == residents
    open_chain.close()


def test_whose_residents_need_protection():
    city = _lonely(_city("open"), 3.0)
    assert not has_protected_residents(city)
    assert has_protected_residents(_lonely(_city(), 3.0))
    register = pd.DataFrame({"id": ["reg"], "title": ["Register"], "classification": ["restricted"]})
    sources = pd.concat([city.sources, register], ignore_index=True).fillna("")
    marked = city.replaced(sources=sources, buildings=city.buildings.assign(source_id="reg"))
    assert has_protected_residents(marked)
    nobody = marked.buildings.assign(residents=np.nan)
    assert not has_protected_residents(marked.replaced(buildings=nobody))


def test_a_note_on_ethics_stays_with_the_project(tmp_path):
    from twin.project import open_project
    from twin.state import State

    city = small_city(1)
    note = "Register extract, permit 2026-1; no single house may be shown."
    create(tmp_path / "p.twin", city, State(city, ethics=note)).close()
    with open_project(tmp_path / "p.twin") as project:
        assert project.state().ethics == note
