"""The chain: order, reuse by key, incremental runs, the memory budget, storage, cancel, and the engine process."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from engine_side import dawdle, die, open_small
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import random_edit
from small_cities import small_city

from twin.chain.answer import compared
from twin.chain.chain import Chain
from twin.chain.registry import MODELS, ordered
from twin.chain.serve import Question, ask
from twin.city.digest import city_digest
from twin.errors import BadInput, Cancelled, JobFailed
from twin.jobs import Engine, Job
from twin.layer import Field
from twin.models.model import Model, Parameter, table
from twin.result import FOLDER, Indicator, Result
from twin.scenario.buildings import ChangeBuilding
from twin.scenario.codec import encode_scenario
from twin.scenario.others import AddBarrier, AddPlace
from twin.scenario.scenario import PRESENT, Entry, Scenario, key
from twin.scenario.streets import AddPath, ChangeRoad

if TYPE_CHECKING:
    from pathlib import Path

CITY = small_city(5)
BRIDGE = AddPath(line=((130.0, 60.0), (470.0, 410.0)), tolerance=80.0)
BRO = Scenario(name="Bro").adding(BRIDGE)


class Counter:
    """A model that counts how it was called."""

    def __init__(self, name, reads, needs=(), parameters=()):
        self.calls: list[str] = []
        self.model = Model(name, name, "1", reads, needs, parameters, self)

    def __call__(self, city, parameters, inputs, previous=None, changed=None, job=None):
        assert set(inputs) == set(self.model.needs)
        assert all(result.key for result in inputs.values())
        kind = "full" if previous is None or changed is None else ",".join(sorted(changed.tables))
        self.calls.append(kind)
        if job is not None:
            job.progress(0.5, "Half")
        total = float(sum(len(city.table(t)) for t in self.model.reads)) + sum(
            result.indicators[0].value for result in inputs.values()
        )
        ids = np.array(["x"], dtype=object)
        field = Field(self.model.name, "", "points", ids, np.array([total], dtype=np.float32))
        one = Indicator(f"{self.model.name}.n", "N", total, "", self.model.name)
        return Result(self.model.name, "1", dict(parameters), "", (field,), (one,), working=object())


@pytest.fixture
def models():
    parts = [
        Counter("exposure", ("buildings",), ("noise",)),
        Counter("noise", ("barriers",), ("traffic",)),
        Counter(
            "traffic",
            ("roads", "demand"),
            (),
            (
                Parameter("gap", "Gap", "", 1e-4, "own", 0.0, 1.0),
                Parameter("toll", "Toll", "", 0.0, "own", 0.0, 9.0),
            ),
        ),
    ]
    return {part.model.name: part for part in parts}


def _chain(models, folder=None, **more):
    return Chain(CITY, folder, models={name: part.model for name, part in models.items()}, **more)


def _calls(models):
    made = {name: list(part.calls) for name, part in models.items()}
    for part in models.values():
        part.calls.clear()
    return made


def test_models_run_after_what_they_need(models):
    answer = _chain(models).run(PRESENT, ["exposure"])
    assert list(answer.results) == ["traffic", "noise", "exposure"]
    assert [m.name for m in ordered(["noise"], {n: p.model for n, p in models.items()})] == ["traffic", "noise"]


def test_an_edit_reruns_only_what_reads_it(models):
    chain = _chain(models)
    chain.run(PRESENT)
    assert _calls(models) == {"exposure": ["full"], "noise": ["full"], "traffic": ["full"]}
    screen = Scenario(name="S").adding(AddBarrier(line=((0.0, 0.0), (9.0, 0.0)), height=2.0))
    answer = chain.run(screen)
    assert _calls(models) == {"exposure": ["barriers"], "noise": ["barriers"], "traffic": []}
    assert (answer.runs["traffic"].reused, answer.runs["noise"].reused) == ("memory", "")
    chain.run(screen.adding(AddPlace(at=(0.0, 0.0), place_kind="library")))
    chain.run(PRESENT)
    assert _calls(models) == {"exposure": [], "noise": [], "traffic": []}
    chain.run(screen.adding(ChangeRoad(roads=("r1",), speed=30.0)))
    assert _calls(models)["traffic"] == ["barriers,roads"]
    faster = PRESENT.with_parameter("traffic", "gap", 0.5)
    chain.run(faster)
    assert _calls(models)["traffic"] == ["full"]


def test_an_answer_with_other_weights_is_one_to_begin_with(models):
    traffic = models["traffic"]
    traffic.model = dataclasses.replace(traffic.model, reweighs=("toll",))
    chain = _chain(models)
    chain.run(PRESENT, ["traffic"])
    dear = PRESENT.with_parameter("traffic", "toll", 2.0)
    chain.run(dear, ["traffic"])
    assert _calls(models)["traffic"] == ["full", ""], "other weights begin anew"
    chain.run(dear.with_parameter("traffic", "gap", 0.5), ["traffic"])
    chain.run(dear.adding(ChangeRoad(roads=("r1",), speed=30.0)), ["traffic"])
    assert _calls(models)["traffic"] == ["full", "roads"]


def test_names_notes_and_switched_off_edits_rerun_nothing(models):
    chain = _chain(models)
    chain.run(BRO)
    _calls(models)
    other = Scenario(name="Other", role="planforslag", edits=(
        Entry(ChangeBuilding(buildings=("b1",), jobs=0.0), enabled=False), Entry(BRIDGE, note="n")))  # fmt: skip
    answer = chain.run(other)
    assert _calls(models) == {"exposure": [], "noise": [], "traffic": []}
    assert answer.key == chain.key(BRO)


def test_unknown_models_parameters_and_circles_are_refused(models):
    chain = _chain(models)
    with pytest.raises(BadInput, match="magic"):
        chain.run(PRESENT, ["magic"])
    with pytest.raises(BadInput, match="gop"):
        chain.run(PRESENT.with_parameter("traffic", "gop", 1.0))
    with pytest.raises(BadInput, match="from 0"):
        chain.run(PRESENT.with_parameter("traffic", "gap", 2.0))
    with pytest.raises(BadInput, match="yes or no"):
        Chain(CITY).run(PRESENT.with_parameter("reach", "step_free", 2.0))
    a, b = Counter("a", (), ("b",)).model, Counter("b", (), ("a",)).model
    with pytest.raises(BadInput, match="circle"):
        ordered([], {"a": a, "b": b})


def test_parameter_table_marks_what_was_changed():
    rows = {row.parameter.name: row for row in table(MODELS["reach"], {"steps_factor": 3.0})}
    assert (rows["steps_factor"].value, rows["steps_factor"].changed) == (3.0, True)
    assert not rows["count_access"].changed
    assert all(row.parameter.source and row.parameter.title for row in rows.values())


def test_results_are_stored_under_their_key_and_found_again(models, tmp_path):
    chain = _chain(models, tmp_path)
    first = chain.run(BRO)
    chain.close()
    assert {p.name for p in (tmp_path / FOLDER).iterdir()} == {run.key for run in first.runs.values()}
    _calls(models)
    again = _chain(models, tmp_path)
    second = again.run(BRO)
    assert {run.reused for run in second.runs.values()} == {"disk"}
    np.testing.assert_array_equal([i.value for i in second.indicators], [i.value for i in first.indicators])
    (tmp_path / FOLDER / first.runs["noise"].key / "result.json").write_bytes(b"{}")
    third = _chain(models, tmp_path)
    assert third.run(BRO).runs["noise"].reused == ""
    third.close()
    again.close()


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(models, tmp_path):
    (tmp_path / FOLDER).write_text("in the way")
    chain = _chain(models, tmp_path)
    assert chain.run(BRO).indicators
    chain.close()


def test_old_results_leave_the_disk(models, tmp_path, monkeypatch):
    from twin.chain import chain as module

    monkeypatch.setattr(module, "MAX_STORED", 3)
    chain = _chain(models, tmp_path)
    for gap in (0.1, 0.2, 0.3):
        chain.run(PRESENT.with_parameter("traffic", "gap", gap))
    chain.close()
    assert len(list((tmp_path / FOLDER).iterdir())) == 3


def test_the_memory_budget_holds_and_costs_only_time():
    reach = {"reach": MODELS["reach"]}
    roomy, tight = Chain(CITY, models=reach), Chain(CITY, budget=1, models=reach)
    scenarios = [BRO, PRESENT, BRO.adding(ChangeBuilding(buildings=("b1",), residents=500.0)), BRO]
    for scenario in scenarios:
        a, b = roomy.run(scenario), tight.run(scenario)
        np.testing.assert_array_equal([i.value for i in a.indicators], [i.value for i in b.indicators])
    assert len(tight.warm) == 1
    assert len(roomy.warm) == 3


def test_cancel_keeps_what_is_done(models):
    chain = _chain(models)
    stop = threading.Event()

    def report(fraction, text, fields):
        if fields.get("model") == "exposure":
            stop.set()

    with pytest.raises(Cancelled):
        chain.run(PRESENT, [], Job(report, stop.is_set))
    assert chain.run(PRESENT).runs["noise"].reused == "memory"
    assert _calls(models)["traffic"] == ["full"]


def test_progress_speaks_of_each_model(models):
    said = []
    _chain(models).run(PRESENT, [], Job(lambda fraction, text, fields: said.append((fraction, fields.get("model")))))
    assert [model for _, model in said if model] == ["traffic", "noise", "exposure"]
    assert [fraction for fraction, _ in said] == sorted(fraction for fraction, _ in said)


def test_reach_of_a_bridge_is_incremental_and_compared_with_a_named_reference():
    chain = Chain(CITY)
    reference, answer = chain.run(PRESENT), chain.run(BRO)
    full = Chain(CITY).run(BRO)
    for one, two in zip(answer.results["reach"].fields, full.results["reach"].fields, strict=True):
        assert np.array_equal(one.values, two.values, equal_nan=True)
    assert answer.results["reach"].working is None
    found = compared(answer, reference)["reach"]
    assert found.reference == "Nuläge"
    change = {field.name: field.values for field in found.fields}
    assert all((values >= 0).all() for name, values in change.items() if " within " in name)
    assert (change["Way to the nearest green area"] < 0).any()
    assert compared(answer, answer)["reach"].rows[0].difference == 0.0
    assert answer.quality == "final"


def test_people_are_placed_from_zones_when_houses_have_none():
    empty = CITY.replaced(buildings=CITY.buildings.assign(residents=np.nan))
    chain = Chain(empty)
    assert chain.city(PRESENT).buildings["residents"].sum() == CITY.population["persons"].sum()
    assert chain.run(PRESENT).key == key(city_digest(empty), PRESENT)


QUICK = tuple(name for name in MODELS if name not in ("noise", "exposure"))
"""Models that answer for a little city at once; noise is asked of random edits in test_noise_city.py."""


def _check_walk(seed, steps):
    """Wander between lists of edits; every answer of the warm chain equals that of a fresh one."""
    rng = np.random.default_rng(seed)
    base = small_city(seed % 50, columns=int(rng.integers(3, 16)), rows=6, step=250.0, houses=25)
    chain = Chain(base, budget=int(rng.choice([1, 1 << 30])))
    scenario = PRESENT
    for _ in range(steps):
        action = rng.random()
        entries = list(scenario.edits)
        if entries and action < 0.25:
            i = int(rng.integers(len(entries)))
            entries[i] = Entry(entries[i].edit, not entries[i].enabled)
        elif len(entries) > 1 and action < 0.4:
            entries = [entries[i] for i in rng.permutation(len(entries))]
        elif entries and action < 0.5:
            entries.pop()
        else:
            entries += scenario.adding(random_edit(rng, chain.city(scenario))).edits[-1:]
        scenario = scenario.changed(edits=tuple(entries))
        warm, fresh = chain.run(scenario, QUICK), Chain(base).run(scenario, QUICK)
        for name in ("reach", "traffic"):
            for one, two in zip(warm.results[name].fields, fresh.results[name].fields, strict=True):
                assert (one.ids == two.ids).all()
                assert np.array_equal(one.values, two.values, equal_nan=True), one.name
        assert [i.places for i in warm.indicators] == [i.places for i in fresh.indicators]
        assert warm.key == fresh.key
        assert warm.runs["reach"].key == fresh.runs["reach"].key


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_way_to_a_list_of_edits_gives_the_same(seed):
    _check_walk(seed, 5)


@pytest.mark.long
@settings(max_examples=1_500, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_way_to_a_list_of_edits_gives_the_same_at_length(seed):
    _check_walk(seed, 12)


# --- in the engine process --------------------------------------------------------------------------------------


@pytest.fixture
def engine():
    with Engine("twin.chain.serve") as engine:
        yield engine


def _question(folder: Path, scenario: Scenario = BRO, version: str = "1", **more) -> Question:
    return Question(str(folder), version, encode_scenario(scenario), **more)


def test_engine_opens_the_project_once_and_answers_as_in_process(engine, tmp_path):
    for scenario in (PRESENT, BRO, PRESENT):
        answer = engine.submit(ask, _question(tmp_path, scenario), open_small).wait(240)
    assert answer.runs["reach"].reused == "memory"
    mine = Chain(CITY).run(PRESENT)
    assert answer.key == mine.key
    # some indicators of a little city have no meaning and are nan
    np.testing.assert_array_equal([i.value for i in answer.indicators], [i.value for i in mine.indicators])
    assert len((tmp_path / "opened").read_text().split()) == 1
    engine.submit(ask, _question(tmp_path, PRESENT, "2"), open_small).wait(240)
    assert len((tmp_path / "opened").read_text().split()) == 2


def test_a_killed_engine_comes_back_with_the_same_answer(engine, tmp_path):
    first = engine.submit(ask, _question(tmp_path), open_small).wait(240)
    with pytest.raises(JobFailed):
        engine.submit(die).wait(240)
    second = engine.submit(ask, _question(tmp_path), open_small).wait(240)
    assert first.key == second.key
    np.testing.assert_array_equal([i.value for i in first.indicators], [i.value for i in second.indicators])
    assert len(set((tmp_path / "opened").read_text().split())) == 2


def test_a_newer_question_takes_the_place_of_an_older(engine, tmp_path):
    old = engine.submit(dawdle, key="scenario")
    new = engine.submit(ask, _question(tmp_path), open_small, key="scenario")
    assert new.wait(240).scenario == "Bro"
    with pytest.raises(Cancelled):
        old.wait(60)


def test_two_engines_on_one_project_do_not_disturb_each_other(engine, tmp_path):
    scenarios = [BRO.adding(ChangeBuilding(buildings=("b1",), residents=float(n))) for n in range(6)]
    with Engine("twin.chain.serve") as other:
        tasks = [e.submit(ask, _question(tmp_path, s), open_small) for s in scenarios for e in (engine, other)]
        answers = [task.wait(120) for task in tasks]
    for one, two in zip(answers[::2], answers[1::2], strict=True):
        # Who stored first is chance; what noise adds up in another order may differ in the last digits.
        np.testing.assert_allclose(*([i.value for i in a.indicators] for a in (one, two)), rtol=1e-6, atol=1e-6)
        for name in ("reach", "traffic"):
            np.testing.assert_array_equal(*([i.value for i in a.results[name].indicators] for a in (one, two)))
    fresh = Chain(CITY, tmp_path)
    again = [fresh.run(s) for s in scenarios]
    assert {a.runs["reach"].reused for a in again} <= {"disk", ""}
    assert sum(a.runs["reach"].reused == "disk" for a in again) >= len(scenarios) - 1
    fresh.close()


def test_a_project_that_is_only_read_stores_nothing(tmp_path):
    ask(_question(tmp_path, keep=False), open_small)
    assert not (tmp_path / FOLDER).exists()


def test_versions_of_a_long_list_do_not_all_stay_in_memory():
    chain = Chain(CITY)
    scenario = PRESENT
    for n in range(40):
        scenario = scenario.adding(ChangeBuilding(buildings=("b1",), residents=float(n)))
        chain.run(scenario)
    version = chain._version(scenario)
    alive = 0
    while version is not None:
        alive += version._city is not None
        version = version.parent
    assert alive <= 18
    assert chain.run(scenario.changed(edits=scenario.edits[:3])).quality == "final"
