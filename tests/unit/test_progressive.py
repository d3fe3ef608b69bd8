"""Answers that come model by model: order, previews, like with like, failures, choice, memory."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_cities import small_city

from twin.chain.chain import Chain
from twin.chain.registry import MODELS, ordered, switch, switched_on
from twin.chain.warm import Warm
from twin.errors import BadInput, Cancelled
from twin.jobs import Job
from twin.layer import Field
from twin.models.model import Model
from twin.result import Indicator, Result
from twin.scenario.buildings import ChangeBuilding
from twin.scenario.others import AddBarrier
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.version import Versions
from twin.ui.answers import Answers, Asked

if TYPE_CHECKING:
    from twin.chain.answer import Step

CITY = small_city(5)
SCREEN = Scenario(name="Screen").adding(AddBarrier(line=((0.0, 0.0), (9.0, 0.0)), height=2.0))


class Toy:
    """A model whose answer is a number of the city and of what it needs; its preview is ten off."""

    def __init__(self, name, reads=("barriers",), needs=(), seconds=1.0, preview=False, takes=0.0, **more):
        self.calls: list[str] = []
        self.takes = takes
        self.fails = False
        rough = self.rough if preview else None
        self.model = Model(name, name, "1", reads, needs, (), self.run, (), rough, seconds, **more)

    def run(self, city, parameters, inputs, previous=None, changed=None, job=None):
        return self._say("run", 0.0, city, parameters, inputs, previous)

    def rough(self, city, parameters, inputs, previous=None, changed=None, job=None):
        return self._say("preview", 10.0, city, parameters, inputs, previous)

    def _say(self, kind, off, city, parameters, inputs, previous):
        self.calls.append(kind if previous is None else kind + "+")
        assert previous is None or previous.working == kind
        if self.fails:
            raise BadInput("There is nothing to count.")
        time.sleep(self.takes)
        value = off + sum(len(city.table(t)) for t in self.model.reads)
        value += 100 * sum(one.indicators[0].value for one in inputs.values())
        ids = np.array(["x"], dtype=object)
        field = Field("n", "", "points", ids, np.array([value], dtype=np.float32))
        one = Indicator(f"{self.model.name}.n", "N", value, "", self.model.name)
        return Result(self.model.name, "1", dict(parameters), "", (field,), (one,), working=kind)


def _toys():
    toys = [
        Toy("exposure", needs=("noise",), seconds=0.1),
        Toy("noise", needs=("traffic",), seconds=20.0, preview=True),
        Toy("traffic", ("roads",), seconds=3.0, preview=True),
        Toy("reach", ("paths",), seconds=0.2),
    ]
    return {toy.model.name: toy for toy in toys}


def _chain(toys, **more):
    return Chain(CITY, models={name: toy.model for name, toy in toys.items()}, **more)


def _value(step: Step, key: str) -> float:
    return step.results[key].indicators[0].value


def test_the_quick_answers_come_first_then_previews_then_the_rest():
    toys = _toys()
    chain = _chain(toys)
    steps = list(chain.steps([SCREEN, PRESENT], previews=True))
    said = [(step.model, step.settled) for step in steps]
    assert said == [("reach", True), ("traffic", False), ("noise", False), ("exposure", False),
                    ("traffic", True), ("noise", True), ("exposure", True)]  # fmt: skip
    first = {step.model: step for step in steps[:4]}
    assert all(run.quality == "preview" for run in first["exposure"].runs.values())
    last = {step.model: step for step in steps[4:]}
    assert all(run.quality == "final" for step in last.values() for run in step.runs.values())
    plain = _chain(_toys()).run(SCREEN)
    for name, step in last.items():
        assert _value(step, chain.key(SCREEN)) == plain.results[name].indicators[0].value
        assert step.runs[chain.key(SCREEN)].key == plain.runs[name].key
    assert [(s.model, s.settled) for s in chain.steps([SCREEN, PRESENT], previews=True)] == [
        (name, True) for name in ("reach", "traffic", "noise", "exposure")
    ]


def test_a_preview_is_never_compared_with_a_final_answer():
    toys = _toys()
    chain = _chain(toys)
    chain.run(PRESENT)
    for step in chain.steps([SCREEN, PRESENT], ["noise"], previews=True):
        if step.model == "noise":
            # the screen is one more row; what the preview is off by must not be in the difference
            assert _value(step, chain.key(SCREEN)) - _value(step, chain.key(PRESENT)) == 1.0
            assert len({run.quality for run in step.runs.values()}) == 1


def test_previews_continue_from_previews_and_answers_from_answers():
    toys = _toys()
    chain = _chain(toys)
    for number in range(3):
        one = Scenario(name="S").adding(AddBarrier(line=((0.0, 0.0), (9.0, 0.0)), height=1.0 + number))
        list(chain.steps([one, PRESENT], ["noise"], previews=True))
    # what an incremental answer takes was measured after the second: no preview is needed any more
    assert toys["noise"].calls == ["preview", "preview+", "run", "run+", "run+", "run+"]


def test_without_previews_nothing_is_said_twice():
    toys = _toys()
    steps = list(_chain(toys).steps([SCREEN]))
    assert [step.model for step in steps] == ["reach", "traffic", "noise", "exposure"]
    assert all(toy.calls == ["run"] for toy in toys.values())


def test_a_model_that_fails_says_so_and_the_others_answer():
    toys = _toys()
    toys["traffic"].fails = True
    chain = _chain(toys)
    steps = {step.model: step for step in chain.steps([SCREEN, PRESENT], previews=True)}
    assert steps["reach"].results
    assert "nothing to count" in str(steps["traffic"].error)
    assert "traffic" in str(steps["noise"].error)
    assert "noise" in str(steps["exposure"].error)
    assert toys["noise"].calls == []
    with pytest.raises(BadInput, match="nothing to count"):
        chain.run(SCREEN)
    toys["traffic"].fails = False
    assert chain.run(SCREEN).results["exposure"].quality == "final"


def test_a_stop_keeps_what_was_answered():
    toys = _toys()
    chain = _chain(toys)
    stopped = []
    steps = chain.steps([SCREEN, PRESENT], job=Job(cancelled=lambda: bool(stopped)), previews=True)
    for step in steps:
        if step.model == "traffic" and step.settled:
            stopped.append(1)
            break
    with pytest.raises(Cancelled):
        list(steps)
    calls = len(toys["traffic"].calls)
    assert chain.run(SCREEN, ["traffic"]).runs["traffic"].reused == "memory"
    assert len(toys["traffic"].calls) == calls


def test_each_report_names_the_model_and_how_far_it_is():
    told = []
    job = Job(lambda fraction, text, fields: told.append((fraction, fields["step"], fields["within"])))
    list(_chain(_toys()).steps([SCREEN, PRESENT], job=job))
    assert [step for _, step, _ in told] == ["reach", "traffic", "noise", "exposure"]
    assert [fraction for fraction, _, _ in told] == sorted(fraction for fraction, _, _ in told)
    part = Job(lambda fraction, text, fields: told.append((fraction, fields["step"], fields["within"])))
    part.part(0.5, 1.0, "noise").part(0.5, 1.0).progress(0.5)
    assert told[-1] == (0.875, "noise", 0.75)


# --- which models -----------------------------------------------------------------------------------------------


def test_models_are_switched_with_what_they_need_and_what_needs_them():
    toys = _toys()
    models = {name: toy.model for name, toy in toys.items()}
    models["slow"] = Toy("slow", needs=("traffic",), on_request=True).model
    assert set(switched_on({}, models)) == set(toys)
    off = switch({}, "traffic", False, models)
    assert switched_on(off, models) == ("reach",)
    assert set(switched_on(switch(off, "noise", True, models), models)) == {"reach", "traffic", "noise"}
    assert "slow" in switched_on(switch({}, "slow", True, models), models)
    assert switched_on({"gone": True, **dict.fromkeys(toys, False)}, models) == ()
    assert [one.name for one in ordered(["slow", "reach"], models)] == ["reach", "traffic", "slow"]


def test_what_a_model_can_do_without_is_taken_where_it_is_asked():
    toys = _toys()
    toys["report"] = Toy("report", ("places",))
    toys["report"].model = dataclasses.replace(toys["report"].model, uses=("reach", "noise", "gone"))
    models = {name: toy.model for name, toy in toys.items()}
    assert [one.name for one in ordered(["report"], models)] == ["reach", "traffic", "noise", "report"]
    assert [one.name for one in ordered(["report", "reach"], models, uses=False)] == ["reach", "report"]
    assert switched_on(dict.fromkeys(toys, False) | {"report": True}, models) == ("report",)
    chain = _chain(toys)
    alone = {s.model: s for s in chain.steps([PRESENT], ["report"], exact=True)}
    full = [s for s in chain.steps([PRESENT], ["report"], previews=True) if s.model == "report"]
    assert list(alone) == ["report"]
    assert [step.settled for step in full] == [False, True]
    assert _value(full[1], chain.key(PRESENT)) > _value(alone["report"], chain.key(PRESENT))
    toys["noise"].fails = True
    last = list(chain.steps([SCREEN], ["report"]))[-1]
    assert last.model == "report"
    assert last.error is None


def test_every_model_is_in_order_and_says_what_it_costs():
    assert [one.name for one in ordered()] == [one.name for one in ordered(MODELS)]
    assert all(one.seconds > 0 for one in MODELS.values())


# --- memory -----------------------------------------------------------------------------------------------------


class Store:
    """Working state that shares an array with the one before."""

    def __init__(self, *arrays):
        self.arrays = arrays


def _result(model, key, working=None):
    ids = np.array(["x"], dtype=object)
    field = Field("n", "", "points", ids, np.zeros(1, np.float32))
    return Result(model, "1", {}, key, (field,), (), working=working)


def test_the_budget_holds_and_working_state_leaves_before_answers():
    version = Versions().build(CITY, "base", [])
    warm = Warm(budget=10_000)
    warm.put(_result("reach", "r1", Store(np.zeros(100))), version)
    for number in range(5):
        warm.put(_result("noise", f"n{number}", Store(np.zeros(1_000))), version)
        assert warm.nbytes <= 10_000
    # the newest state of each model is still there, and every answer
    assert [held.result.working is not None for held in warm] == [True, False, False, False, False, True]
    warm.put(_result("noise", "huge", Store(np.zeros(10_000))), version)
    assert warm.nbytes <= 10_000
    assert warm.get("huge") is not None
    assert warm.get("huge").working is None


def test_what_two_states_share_counts_once():
    version = Versions().build(CITY, "base", [])
    warm = Warm(budget=10_000)
    shared = np.zeros(1_000)
    for number in range(5):
        warm.put(_result("noise", f"n{number}", Store(shared[:500], np.zeros(10))), version)
    assert all(held.result.working is not None for held in warm)
    assert warm.nbytes == 8_000 + 5 * (80 + 4)


# --- what the window shows of it ----------------------------------------------------------------------------------


def _asked(chain, scenario, models):
    return Asked(chain.key(scenario), chain.key(PRESENT), (scenario.name, PRESENT.name), models)


def test_answers_are_shown_in_pairs_and_old_ones_say_so():
    toys = _toys()
    chain = _chain(toys)
    models = {name: toy.model for name, toy in toys.items()}
    names = tuple(models)
    answers = Answers(models)
    assert answers.ask(_asked(chain, SCREEN, names)) == names
    how = lambda: {one.model.name: (one.how, one.old) for one in answers.standing({"noise": 0.5}, True)}  # noqa: E731
    assert how()["noise"] == ("working", False)
    for step in chain.steps([SCREEN, PRESENT], previews=True):
        answers.take(_asked(chain, SCREEN, names), step)
        assert set(answers.answer.results) == set(answers.reference.results)
        assert not answers.complete or step.model == "exposure"
        if step.model == "noise" and not step.settled:
            assert how()["noise"] == ("refining", False)
    assert answers.complete
    higher = SCREEN.adding(AddBarrier(line=((0.0, 5.0), (9.0, 5.0)), height=3.0))
    lacking = answers.ask(_asked(chain, higher, names))
    assert set(lacking) == set(names)
    assert all(old for _, old in how().values())
    assert answers.answer.results["noise"].key == chain.run(SCREEN).runs["noise"].key
    # an answer to what is asked no longer is kept for later, not shown
    for step in chain.steps([SCREEN, PRESENT]):
        assert not answers.take(_asked(chain, SCREEN, names), step)
    for step in chain.steps([higher, PRESENT]):
        answers.take(_asked(chain, higher, names), step)
    # going back asks nothing
    assert answers.ask(_asked(chain, SCREEN, names)) == ()
    assert answers.complete
    assert answers.answer.results["noise"].key == chain.run(SCREEN).runs["noise"].key


def test_answers_about_other_scenarios_are_not_shown_under_new_names():
    toys = _toys()
    chain = _chain(toys)
    models = {name: toy.model for name, toy in toys.items()}
    answers = Answers(models)
    asked = _asked(chain, SCREEN, ("reach",))
    answers.ask(asked)
    for step in chain.steps([SCREEN, PRESENT], ["reach"]):
        answers.take(asked, step)
    other = Scenario(name="Other").adding(ChangeBuilding(buildings=("b1",), residents=3.0))
    answers.ask(_asked(chain, other, ("reach",)))
    assert not answers.answer.results


def test_what_failed_is_asked_again_on_request_only():
    toys = _toys()
    toys["reach"].fails = True
    chain = _chain(toys)
    answers = Answers({name: toy.model for name, toy in toys.items()})
    asked = _asked(chain, SCREEN, ("reach",))
    answers.ask(asked)
    for step in chain.steps([SCREEN, PRESENT], ["reach"]):
        answers.take(asked, step)
    assert answers.complete
    assert answers.standing({}, False)[-1].how == "failed"
    assert answers.ask(asked) == ()
    answers.retry()
    assert answers.ask(asked) == ("reach",)
