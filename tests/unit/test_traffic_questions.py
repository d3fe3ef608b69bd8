"""The guided questions that the traffic model answers, asked of the demo without a window."""

from __future__ import annotations

from functools import reduce

import pytest
from shapely.geometry import Polygon

from twin.chain.chain import Chain
from twin.content import demo_project
from twin.errors import BadInput
from twin.models.traffic.urban.bans import shut_out
from twin.project import load_city
from twin.questions.question import Asked
from twin.questions.registry import find
from twin.scenario.others import AddRule
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import CloseRoad


@pytest.fixture(scope="module")
def city():
    return load_city(demo_project())


@pytest.fixture(scope="module")
def chain(city):
    made = Chain(city)
    yield made
    made.close()


def ask(chain, city, id, lang="en", **values):
    question = find(id)
    made = question.make({**question.first_values(city), **values}, city, lang)
    scenario = PRESENT.changed(name="A").adding(*made.edits)
    for model, parameters in made.parameters.items():
        for name, value in parameters.items():
            scenario = scenario.with_parameter(model, name, value)
    edited = reduce(lambda one, edit: edit.apply(one), made.edits, city)
    answers = chain.run(scenario, question.models), chain.run(PRESENT, question.models)
    return made, question.reply(Asked(values, edited, city, *answers, ("A", "Present state"), lang))


def link(city, name, k=4):
    return (str(city.roads["id"][city.roads["name"] == name].iloc[k]),)


def test_a_closed_street_says_who_gains_and_what_it_costs(chain, city):
    street = link(city, "Hornsgatan")
    _, reply = ask(chain, city, "close_street", street=street, how_much="street", who="all")
    text = reply.sentence.replace("\u00a0", " ")
    assert " of street is closed to vehicles. Hornsgatan is relieved of up to " in text
    assert "veh/day compared with Present state. Most is added on " in text
    assert "hours a day more (+" in text
    assert {row.id for row in reply.rows} >= {"traffic.max_change", "traffic.vehicle_hours"}
    assert reply.rows[0].shown_by
    assert reply.chart is not None
    assert any("kept out" in note for note in reply.notes)
    _, swedish = ask(chain, city, "close_street", "sv", street=street, how_much="street", who="all")
    assert "avlastas med upp till" in swedish.sentence


def test_closed_to_lorries_only(chain, city):
    made, reply = ask(chain, city, "close_street", street=link(city, "Hornsgatan"), how_much="street", who="truck")
    assert made.edits[0].classes == ("truck", "truck_light", "truck_heavy")
    assert " is closed to lorries. Hornsgatan is relieved" in reply.sentence


@pytest.mark.parametrize(
    ("id", "values"),
    [("slower_street", {"how_much": "street", "speed": 20.0}), ("fewer_lanes", {"how_much": "link", "lanes": 1.0})],
)
def test_slower_or_narrower_streets_are_left(chain, city, id, values):
    name = "Ringvägen" if id == "slower_street" else "Hornsgatan"
    _, reply = ask(chain, city, id, street=link(city, name), **values)
    assert f"{name} is relieved" in reply.sentence
    assert "more (+" in reply.sentence


@pytest.mark.parametrize("way", ["along", "against"])
def test_one_way_closes_the_other_direction(chain, city, way):
    street = link(city, "Ringvägen")
    made, _ = ask(chain, city, "one_way", street=street, how_much="link", way=way)
    edit = made.edits[0]
    assert isinstance(edit, CloseRoad)
    assert len(edit.roads) == 1
    assert (edit.roads[0] == street[0]) == (way == "against")
    whole, _ = ask(chain, city, "one_way", street=street, how_much="street", way=way)
    n = int((city.roads["name"] == "Ringvägen").sum())
    assert len(whole.edits[0].roads) == n // 2


def test_an_environmental_zone_keeps_cars_out(chain, city):
    area = city.rules.geometry[city.rules["rule_class"] == "3"].iloc[0]
    assert isinstance(area, Polygon)
    made, reply = ask(chain, city, "environmental_zone", area=tuple(area.exterior.coords)[:-1], level="3")
    assert isinstance(made.edits[0], AddRule)
    assert made.edits[0].status == "in_force"
    assert "have no way left" in reply.sentence


def test_a_new_street_takes_traffic(chain, city):
    roads = city.roads.set_index("id")
    line = tuple(roads.geometry[id].coords[0] for id in ("r000a", "r120a"))
    _, reply = ask(chain, city, "new_street", line=line, kind="primary", speed=70.0, lanes=2.0, oneway=False,
                   bridge=True)  # fmt: skip
    assert reply.sentence.startswith("New street gets up to")
    assert "more than" not in reply.sentence.partition(".")[0]  # there was none before
    assert "less (−" in reply.sentence


def test_growth_and_fleet(chain, city):
    made, reply = ask(chain, city, "traffic_growth", growth=20.0)
    assert made.edits == ()
    assert "more (+" in reply.sentence
    assert "trips a day are made (+20 % compared with Present state)" in reply.sentence
    assert not any("same trips" in note for note in reply.notes)
    made, reply = ask(chain, city, "fleet", electric=60.0, heavy=8.0)
    assert len(made.edits) == 25
    assert reply.sentence.startswith("CO₂ from exhausts changes by −")
    assert any("same trips" in note for note in reply.notes)


def ring(city, kind, level=""):
    area = city.rules.geometry[(city.rules["kind"] == kind) & (city.rules["rule_class"] == level)].iloc[0]
    return tuple(area.exterior.coords)[:-1]


def test_a_street_closed_for_some_hours_is_a_ban_on_it(chain, city):
    street = link(city, "Hornsgatan")
    made, reply = ask(chain, city, "close_street", street=street, how_much="street", who="all", hours="22-06")
    assert all(isinstance(edit, AddRule) and edit.hours == "22-06" for edit in made.edits)
    edited = reduce(lambda one, edit: edit.apply(one), made.edits, city)
    banned = shut_out(edited.replaced(rules=edited.rules.iloc[len(city.rules) :]), False)
    assert {period for _, period in banned} == {"night"}
    ids = set(city.roads["id"][banned["car", "night"]])
    named = set(city.roads["id"][city.roads["name"] == "Hornsgatan"])
    assert ids >= named
    assert len(ids - named) <= 4  # short ends of streets that lie on it
    assert " is closed to vehicles at 22–06. " in reply.sentence
    assert "Hornsgatan" in reply.sentence


def test_a_ban_and_a_charge_have_hours(chain, city):
    area = ring(city, "environmental_zone", "3")
    made, reply = ask(chain, city, "vehicle_ban", area=area, who="car", hours="06-09,15-18")
    assert (made.edits[0].rule_kind, made.edits[0].hours) == ("vehicle_ban", "06-09,15-18")
    assert "have no way left" in reply.sentence
    made, reply = ask(chain, city, "congestion_charge", area=area, rush=45.0, between=0.0)
    assert [(edit.charge, edit.hours) for edit in made.edits] == [(45.0, "07-09,15:30-17:30")]
    paid = next(row for row in reply.rows if row.id == "traffic.charges")
    assert paid.value > 1000
    assert reply.sentence.startswith("Drivers pay ")
    assert made.parameters == {}
    made, _ = ask(chain, city, "congestion_charge", area=area, elasticity=-0.3)
    assert made.parameters == {"traffic": {"elasticity": -0.3}}
    assert len(made.edits) == 2
    with pytest.raises(BadInput, match="state an amount"):
        ask(chain, city, "congestion_charge", area=area, rush=0.0, between=0.0)


def test_a_district_grows_and_trips_within_it_once(chain, city):
    area = tuple(Polygon(ring(city, "environmental_zone", "3")).buffer(400).exterior.coords)[:-1]
    made, reply = ask(chain, city, "district_growth", area=area, share=50.0)
    inside = set(made.edits[0].origins)
    assert 1 < len(inside) < len(city.zones)
    before = city.demand
    after = reduce(lambda one, edit: edit.apply(one), made.edits, city).demand
    touched = before["origin"].isin(inside) | before["destination"].isin(inside)
    factor = after["trips"] / before["trips"]
    assert factor[touched].to_numpy() == pytest.approx(1.5)
    assert (factor[~touched] == 1.0).all()
    assert "more (+" in reply.sentence
    with pytest.raises(BadInput, match="middle"):
        ask(chain, city, "district_growth", area=((0, 0), (1, 0), (1, 1)), share=50.0)


def test_growth_per_year_reaches_the_horizon(chain, city):
    made, _ = ask(chain, city, "traffic_growth", how="yearly", rate=1.0, years=15.0)
    assert made.parameters["traffic"]["growth"] == pytest.approx(100 * (1.01**15 - 1))
