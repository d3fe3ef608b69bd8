"""What the guided questions of noise make of their steps, and what they say."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from noise_towns import HOUSES, STREET, town
from shapely.geometry import LineString, box

from twin.chain.chain import Chain
from twin.chart import Bars
from twin.errors import BadInput
from twin.places import Lines
from twin.questions.listening import FAINT, LISTEN, RAYS
from twin.questions.noise import NEW_HOUSE, QUIETER_STREET, SCREEN, beside
from twin.questions.question import Asked, Question, Reply
from twin.scenario.buildings import AddBuilding
from twin.scenario.scenario import PRESENT

if TYPE_CHECKING:
    from twin.city.city import City


def ask(question: Question, values: dict[str, Any], city: City | None = None) -> Reply:
    city = town(HOUSES, [(STREET, {"name": "Gatan"})]) if city is None else city
    made = question.make(values, city, "en")
    scenario = PRESENT.changed(name="A").adding(*made.edits).changed(parameters={"noise": {"grid": 0.0}})
    chain = Chain(city)
    edited = reduce(lambda one, edit: edit.apply(one), scenario.active, city)
    reference = PRESENT.changed(parameters={"noise": {"grid": 0.0}})
    answers = chain.run(scenario, question.models), chain.run(reference, question.models)
    chain.close()
    return question.reply(Asked(values, edited, city, *answers, ("A", "Present state"), "en"))


def quieter(**more: Any) -> dict[str, Any]:
    return {"street": ("r0",), "how_much": "street", "speed": 50.0, "less": 0.0, "surface": "", **more}


def test_half_the_traffic_is_three_decibels_at_the_facades() -> None:
    reply = ask(QUIETER_STREET, quieter(less=50.0))
    assert "−3.0\xa0dB" in reply.sentence
    assert "one hears it" in reply.sentence
    assert reply.rows[0].shown_by


def test_a_street_can_be_asked_about_with_its_surface_as_it_is() -> None:
    values = QUIETER_STREET.first_values(town(HOUSES, [(STREET, {})]))
    assert values["surface"] == ""
    missing = QUIETER_STREET.missing(values)
    assert missing is not None
    assert missing.id == "street"
    assert QUIETER_STREET.missing({**values, "street": ("r0",)}) is None, "the question cannot be asked as it stands"


def test_nothing_to_change_is_said() -> None:
    with pytest.raises(BadInput, match="Nothing would change"):
        QUIETER_STREET.make(quieter(), town(HOUSES, [(STREET, {})]), "en")


def test_a_slower_street_and_a_quiet_surface_are_quieter() -> None:
    for more in ({"speed": 30.0}, {"surface": "NL02"}):
        assert "changes by −" in ask(QUIETER_STREET, quieter(**more)).sentence


def test_a_house_by_the_road_and_one_far_from_it() -> None:
    def house(x: float, y: float) -> dict[str, Any]:
        ring = tuple((float(a), float(b)) for a, b in box(x, y, x + 20, y + 12).exterior.coords)[:-1]
        return {"house": AddBuilding(footprint=ring, height=12.0, dwellings=12.0)}

    loud = ask(NEW_HOUSE, house(40, 8)).sentence
    assert "above the 60 dB(A)" in loud
    reply = ask(NEW_HOUSE, house(40, 300))
    assert "within the 60 dB(A)" in reply.sentence
    assert "within 50 dB(A) for a patio" in reply.notes[0]
    assert "50 dB(A) for a patio" in ask(NEW_HOUSE, house(40, 8)).notes[0]


def test_a_screen_shields_some_and_one_far_away_nobody() -> None:
    near = ask(SCREEN, {"line": tuple(LineString([(-60, 6), (60, 6)]).coords), "height": 4.0, "absorbing": True})
    assert "at least 1 dB quieter" in near.sentence
    assert " at 0 louder" not in near.sentence
    far = ask(SCREEN, {"line": ((-60.0, 900.0), (60.0, 900.0)), "height": 4.0, "absorbing": False})
    assert "Nobody hears it" in far.sentence


def test_a_screen_that_only_reflects_is_not_said_to_shield() -> None:
    """A hard screen on the far side of the street throws the sound back to the houses and shields none."""
    behind = {"line": ((-60.0, -6.0), (60.0, -6.0)), "height": 6.0, "absorbing": False}
    city = town([(box(-30, 12, -5, 24), {})], [(STREET, {"name": "Gatan"})])
    reply = ask(SCREEN, behind, city)
    assert reply.sentence.startswith("It shields no façade by 1 dB; at ")
    assert " 0 façade places" not in reply.sentence


def test_a_level_never_reads_as_a_limit_that_it_passes() -> None:
    assert beside(60.04, (60.0,), "en") == "60.1\xa0dB(A)"
    assert beside(59.96, (60.0,), "en") == "59.9\xa0dB(A)"
    assert beside(60.0, (60.0,), "en") == "60\xa0dB(A)"
    assert beside(57.3, (60.0, 55.0), "sv") == "57\xa0dB(A)"


def test_what_is_heard_at_a_place_is_told_and_drawn() -> None:
    ground = ask(LISTEN, {"at": ((12.0, 70.0),), "height": 2.0})
    wall = ask(LISTEN, {"at": ((-17.0, 12.0, 4.5),), "height": 2.0})
    assert "Gatan" in ground.sentence
    share = float(ground.notes[1].split("\xa0")[0])
    assert ground.chart is not None
    levels, reflected = (np.asarray(bars.y) for bars in ground.chart.parts if isinstance(bars, Bars))
    assert share == pytest.approx(100 * np.nansum(10 ** (reflected / 10)) / np.nansum(10 ** (levels / 10)), abs=0.51)
    assert ground.notes[0] == "2.0\xa0m above ground."
    assert wall.notes[0] == "4.5\xa0m above ground, in front of a façade whose own reflection is left out."
    for reply, place in ((ground, (12.0, 70.0, 2.0)), (wall, (-17.0, 11.9, 4.5))):
        (layer,) = reply.layers
        places = layer.field.places
        assert isinstance(places, Lines)
        ends = np.isclose(places.end, place, atol=0.02).all(axis=1)
        assert 5 < ends.sum() <= RAYS
        *levels, total = layer.field.values
        assert max(levels) - min(levels) <= FAINT
        assert total > max(levels)
        *told, at_place = [text for text in layer.texts if text]
        assert at_place == f"{total:.0f}\xa0dB(A)"
        assert len(told) == ends.sum()
        assert sum("Gatan" in text for text in told) == 1
    assert not LISTEN.steps[1].when({"at": ((0.0, 0.0, 4.0),)})
    assert LISTEN.steps[1].when({"at": ((0.0, 0.0),)})
