"""The guided questions without a window: what each makes of its steps, and what it says of the models' answers."""

from __future__ import annotations

import dataclasses
import re
from functools import reduce
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from twin.chain.chain import Chain
from twin.city.city import City
from twin.content import demo_project
from twin.project import load_city
from twin.questions import words
from twin.questions.glossary import TERMS
from twin.questions.question import TOPICS, Asked, Choice, Draw, Made, Number, Pick, Question, Reply, Tick
from twin.questions.registry import find, questions
from twin.scenario import along
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import AddPath, CloseRoad
from twin.text import catalogue, tr

X, Y = 153_000.0, 6_579_000.0


@pytest.fixture(scope="module")
def two_banks() -> City:
    """Return a house of 10 and a house of 40 people on two banks, each on a walk link of its own."""
    crs = "EPSG:3011"
    paths = [
        {"id": "a", "source_id": "s", "from_node": "1", "to_node": "2", "length": 60.0,
         "geometry": LineString([(X, Y), (X + 60, Y)])},
        {"id": "b", "source_id": "s", "from_node": "3", "to_node": "4", "length": 60.0,
         "geometry": LineString([(X, Y + 100), (X + 60, Y + 100)])},
    ]  # fmt: skip
    houses = [
        {"id": "south", "source_id": "s", "use": "residential", "height": 9.0, "residents": 10.0,
         "geometry": box(X, Y - 20, X + 10, Y - 10)},
        {"id": "north", "source_id": "s", "use": "residential", "height": 9.0, "residents": 40.0,
         "geometry": box(X, Y + 110, X + 10, Y + 120)},
    ]  # fmt: skip
    return City("Banks", crs).replaced(
        paths=gpd.GeoDataFrame(paths, geometry="geometry", crs=crs),
        buildings=gpd.GeoDataFrame(houses, geometry="geometry", crs=crs),
    )


def ask(question: Question, values: dict[str, Any], city: City, lang: str = "en") -> tuple[Made, Reply]:
    """Ask a question of a city as the window does, with the models in this process."""
    made = question.make(values, city, lang)
    scenario = PRESENT.changed(name="A").adding(*made.edits)
    chain = Chain(city)
    edited = reduce(lambda one, edit: edit.apply(one), scenario.active, city)
    answers = chain.run(scenario, question.models), chain.run(PRESENT, question.models)
    chain.close()
    return made, question.reply(Asked(values, edited, city, *answers, ("A", "Present state"), lang))


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.id)
def test_every_question_is_whole_and_translated(question: Question) -> None:
    assert question.topic in TOPICS
    assert len({step.id for step in question.steps}) == len(question.steps)
    texts = [question.title, question.purpose]
    for step in question.steps:
        texts += [step.title, step.hint] if step.hint else [step.title]
        if isinstance(step, Choice) and not callable(step.options):
            texts += [text for _, text in step.options]
            assert not step.default or step.default in dict(step.options)
        if isinstance(step, Number):
            assert step.low <= step.default <= step.high
    swedish = catalogue("sv")
    assert [text for text in texts if swedish.gettext(text) == text] == []


def test_ids_are_unique() -> None:
    ids = [one.id for one in questions()]
    assert len(set(ids)) == len(ids)


def test_a_bridge_says_how_many_gain_how_much(two_banks: City) -> None:
    question = find("footbridge")
    assert question is not None
    edit = AddPath(line=((X, Y), (X, Y + 100)))
    made, reply = ask(question, {"line": edit}, two_banks)
    assert made.edits == (edit,)
    said = reply.sentence.replace("\u00a0", " ")
    # ten people now reach forty more and forty people ten more: (10·40 + 40·10) / 50 = 16
    assert (
        said == "50 residents reach more people within 800 m on foot: 16 persons more on average than in Present state."
    )
    assert reply.rows[0].id == "reach.residents_800"
    assert reply.rows[0].difference == pytest.approx(16.0)
    assert reply.notes


def test_a_bridge_that_helps_nobody_is_said_so(two_banks: City) -> None:
    question = find("footbridge")
    assert question is not None
    _, reply = ask(question, {"line": AddPath(line=((X, Y), (X + 60, Y + 1)))}, two_banks)
    assert reply.sentence.startswith("It gives nobody more people")


def test_numbers_are_written_in_the_language_of_the_reader(two_banks: City) -> None:
    question = find("footbridge")
    assert question is not None
    _, reply = ask(question, {"line": AddPath(line=((X, Y), (X, Y + 100)))}, two_banks, "sv")
    assert reply.sentence.startswith("50 invånare når fler")


def test_a_street_is_closed_piece_by_piece_or_whole() -> None:
    city = load_city(demo_project())
    question = find("close_street")
    assert question is not None
    name = "Hornsgatan"
    rows = city.roads[city.roads["name"] == name]
    one = str(rows["id"].iloc[len(rows) // 2])
    piece = question.make({"street": (one,), "how_much": "link", "who": "all"}, city, "en").edits[0]
    whole = question.make({"street": (one,), "how_much": "street", "who": "all"}, city, "en").edits[0]
    assert isinstance(piece, CloseRoad)
    assert isinstance(whole, CloseRoad)
    assert set(piece.roads) == {one, *along.twins(city, [one])}
    assert set(whole.roads) == set(rows["id"])


def test_what_is_missing_is_known() -> None:
    pick = Pick("a", "A", "roads")
    number = Number("n", "N", "m", 1.0, 5.0, 2.0)
    several = Choice("c", "C", (("x", "X"), ("y", "Y")), ("x",), several=True, when=lambda v: bool(v.get("t")))
    tick = Tick("t", "T")
    line = Draw("d", "D", "line", optional=True)
    question = dataclasses.replace(questions()[0], steps=(pick, number, several, tick, line))
    city = City("Empty", "EPSG:3011")
    values = question.first_values(city)
    assert values == {"a": None, "n": 2.0, "c": ("x",), "t": False, "d": None}
    assert question.missing(values) is pick
    values["a"] = ("r1",)
    assert question.missing(values) is None
    assert question.missing({**values, "n": 9.0}) is number
    assert question.missing({**values, "c": ()}) is None
    assert question.missing({**values, "t": True, "c": ()}) is several


def test_amounts_carry_sign_and_unit() -> None:
    assert words.signed(1240.4, "persons", "sv").replace("\u00a0", " ") == "+1 240 personer"
    assert words.signed(-3.25, "dB", "en").replace("\u00a0", " ") == "−3.25 dB"


def test_the_glossary_speaks_both_languages_and_passes_no_judgement() -> None:
    assert len(TERMS) == len({term for term, _ in TERMS})
    for term, meaning in TERMS:
        assert tr(meaning, "sv") != meaning
        assert not re.search(r"reduc|minskar segreg|problem|ghetto", f"{meaning} {tr(meaning, 'sv')}", re.IGNORECASE)
        assert term
