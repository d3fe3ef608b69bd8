"""The guided questions about people, asked of the demo without a window."""

from __future__ import annotations

import re
from functools import reduce

import numpy as np
import pytest
import shapely
from protected_city import protected_city

from twin.chain.chain import Chain
from twin.chain.registry import MODELS, seen_alike
from twin.city.city import City
from twin.content import demo_project
from twin.models.segregation.people import groupings
from twin.project import load_city
from twin.questions import carry, homes, people
from twin.questions.question import Asked, replied
from twin.scenario.buildings import HousingTransfer
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import AddPath

PARTS = {name: MODELS[name] for name in ("reach", "segregation", "exposure")}
"""Noise and traffic of the demo take a minute, and have tests of their own."""
FORBIDDEN = re.compile(r"reduces? segregation|minskar segregation", re.IGNORECASE)


@pytest.fixture(scope="module")
def demo() -> City:
    return load_city(demo_project())


def _ask(question, city, lang="en", under=PRESENT, radius=800.0, **values):
    given = question.first_values(city) | values
    assert question.missing(given) is None
    made = question.make(given, city, lang)
    under = under.with_parameter("segregation", "place_radius", radius)
    scenario = under.changed(name="A").adding(*made.edits)
    for model, own in made.parameters.items():
        for name, value in own.items():
            scenario = scenario.with_parameter(model, name, value)
    chain = Chain(city, models=PARTS)
    edited = reduce(lambda one, edit: edit.apply(one), scenario.active, city)
    answers = (chain.run(scenario, question.models), chain.run(seen_alike(under, scenario), question.models))
    chain.close()
    reply = replied(question, Asked(given, edited, city, *answers, ("A", "Present state"), lang))
    for text in (reply.sentence, *reply.notes):
        assert not FORBIDDEN.search(text)
        assert "{" not in text
        assert "\x1f" not in text
    return made, reply


def test_how_a_group_is_spread(demo):
    made, reply = _ask(people.SPREAD, demo, scale="foot")
    assert made.parameters["segregation"]["group"] == "born_elsewhere"
    assert "Born outside Europe" in reply.sentence
    assert "D = 0.2" in reply.sentence
    assert reply.rows[0].id == "segregation.walked_near_d_1600"
    assert all(np.isnan(row.difference) for row in reply.rows)
    assert [part.title for part in reply.chart.parts] == ["Straight line", "On foot"]
    _, swedish = _ask(people.SPREAD, demo, "sv", group="income:income_q1", area=("z01", "z02", "z03", "z04"))
    assert "Lägsta inkomstkvartilen" in swedish.sentence or "inkomst" in swedish.sentence


def test_new_homes_move_what_can_move(demo):
    made, reply = _ask(homes.HOMES, demo, zone=("z05",), who="own", share=60.0)
    (edit,) = made.edits
    assert isinstance(edit, HousingTransfer)
    assert edit.persons == 800
    assert all(abs(sum(one.values()) - 1) < 1e-9 for one in edit.groups["origin"].values())
    assert edit.groups["origin"]["rental"]["born_elsewhere"] == pytest.approx(0.6)
    assert "With 800" in reply.sentence
    assert any("Assumed for rental" in note for note in reply.notes)
    low, high = (float(x) for x in re.search(r"\((\d+\.\d)–(\d+\.\d)", reply.sentence).groups())
    after = float(re.search(r"to (\d+\.\d)", reply.sentence).group(1))
    assert low < after < high
    before, now = reply.chart.parts
    assert now.y.sum() - before.y.sum() == pytest.approx(800)


@pytest.mark.parametrize("who", ["tenure", "zone", "city"])
def test_who_moves_in_is_stated(demo, who):
    made, _ = _ask(homes.HOMES, demo, zone=("z05",), who=who, rental=100.0, tenant=0.0)
    (edit,) = made.edits
    assert edit.tenure == {"rental": 1.0}
    share = edit.groups["origin"]["rental"]["born_elsewhere"]
    wide = demo.population[demo.population["dimension"] == "origin"].pivot(
        index="zone", columns="group", values="persons"
    )
    whole, own = (wide.sum(), wide.loc["z05"])
    if who == "city":
        assert share == pytest.approx(whole["born_elsewhere"] / whole.sum())
    elif who == "zone":
        assert share == pytest.approx(own["born_elsewhere"] / own.sum())
    else:
        assert share > whole["born_elsewhere"] / whole.sum()  # rented homes lie where more were born outside Europe


def test_a_bridge_is_not_seen_by_counts(demo):
    a, b = shapely.get_coordinates(demo.places.geometry[demo.places["id"].isin(["p005", "p063"])].to_numpy())
    line = AddPath(line=(tuple(map(float, a)), tuple(map(float, b))), bridge=True, tolerance=150.0)
    _, reply = _ask(people.CROSSING, demo, line=line)
    assert reply.rows[0].id.startswith("segregation.barrier_")
    assert reply.rows[0].difference != 0
    d = next(row for row in reply.rows if row.id == "segregation.d")
    assert d.difference == 0
    assert any("cannot react" in note and "Counts per zone" in note for note in reply.notes)
    far = AddPath(line=((0.0, 0.0), (50.0, 0.0)))
    _, nothing = _ask(people.CROSSING, demo, line=far)
    assert nothing.sentence.startswith("No measure changes")


def test_a_new_square_has_a_potential(demo):
    at = demo.zones.geometry.iloc[20].representative_point()
    _, reply = _ask(people.PLACE, demo, kind="square", at=((at.x, at.y),))
    assert "can reach it on foot" in reply.sentence
    assert all(row.id.startswith("segregation.copresence") for row in reply.rows)
    others, own = reply.chart.parts
    assert own.title == "Square"
    assert [len(part.y) for part in (others, own)] == [len(groupings(demo)["origin"])] * 2
    assert own.y.sum() == pytest.approx(100, abs=1e-3)
    assert others.y.sum() == pytest.approx(100, abs=1e-3)
    share = own.y / 100
    mix = -(share * np.log(share)).sum() / np.log(len(share))
    assert f"their mix is {mix:.2f}" in reply.sentence
    _, lost = _ask(people.PLACE, demo, kind="square", at=((0.0, 0.0),))
    assert "cannot be reached" in lost.sentence


@pytest.mark.parametrize("what", ["street", "way_school", "way_area"])
def test_who_carries_what(demo, what):
    _, reply = _ask(carry.CARRY, demo, what=what)
    assert "95 %" in reply.sentence
    assert reply.rows[0].id.endswith("_gap")
    assert [round(float(part.y.sum())) for part in reply.chart.parts] == [100, 100]
    assert reply.chart.x.names[0].startswith("<")


def test_homes_speak_of_the_group_that_is_looked_at(demo):
    """The scenario may look at income; who moves in has an income and a tenure too, not an origin alone."""
    scenario = PRESENT.with_parameter("segregation", "grouping", "income")
    made, reply = _ask(homes.HOMES, demo, zone=("z05",), under=scenario)
    (edit,) = made.edits
    assert set(edit.groups) == set(groupings(demo))
    assert edit.groups["tenure"]["rental"] == {"rental": 1.0}
    assert "income" in reply.sentence.lower()
    before, now = reply.chart.parts
    assert now.y.sum() - before.y.sum() == pytest.approx(800)
    assert len(now.y) == len(groupings(demo)["income"])


# --- people who need protection ---------------------------------------------------------------------------------------


def _numbers(reply):
    """Return all that a reply tells: its text, its figures, its chart."""
    rows = [(row.value, row.reference, row.difference) for row in reply.rows]
    return reply.sentence, rows, [] if reply.chart is None else [part.y for part in reply.chart.parts]


def test_replies_hold_only_what_may_leave():
    """In z0 live three of group c: neither the sentence nor the chart tells, and counts are to multiples of 5."""
    city, values = protected_city(), {"zone": ("z0",), "dwellings": 100.0}
    sentence, _, (before, now) = _numbers(_ask(homes.HOMES, city, **values)[1])
    assert "there is not shown" in sentence
    assert np.isnan(before[-1])
    assert all((part[np.isfinite(part)] % 5 == 0).all() for part in (before, now))
    sentence, _, (before, now) = _numbers(_ask(homes.HOMES, protected_city("open"), **values)[1])
    assert "–" not in sentence.split("(")[0]
    assert before[-1] == 3
    _, rows, parts = _numbers(_ask(carry.CARRY, city, what="street")[1])
    assert any(np.isnan(part).any() for part in parts)
    _, rows, _ = _numbers(_ask(carry.CARRY, protected_city("open"), what="street")[1])
    assert any(0 < value < 10 for value, _, _ in rows)


def test_a_place_that_few_can_reach_says_so():
    at = protected_city().buildings.geometry.iloc[0].representative_point()
    found = {}
    for name in ("internal", "open"):
        _, reply = _ask(people.PLACE, protected_city(name), kind="square", at=((at.x, at.y),), radius=50.0)
        found[name] = reply
    assert "can reach it on foot; their mix" in found["open"].sentence
    assert "withheld" in found["internal"].sentence
    assert found["internal"].chart is None


def test_without_people_they_say_what_lacks():
    empty = City("empty", "EPSG:3011")
    assert all(question.lacks(empty) for question in (*people.QUESTIONS, *homes.QUESTIONS, *carry.QUESTIONS))
    assert groupings(empty) == {}
