"""Rules with hours, congestion charges, drivers who change vehicle, demand that reacts, and exhaust."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import msgspec
import numpy as np
import pandas as pd
import pytest
import shapely
from traffic_square import CRS, flow_of, square, zone_over

from twin.city import schema
from twin.city.hours import shares, within
from twin.errors import BadInput
from twin.models.traffic.model import TRAFFIC
from twin.models.traffic.names import BY_CLASS, CO2
from twin.models.traffic.urban.bans import charges, shut_out
from twin.models.traffic.urban.elastic import pair_costs
from twin.models.traffic.urban.exhaust import factors
from twin.models.traffic.urban.trips import Demand
from twin.models.traffic.urban.vehicles import PERIODS
from twin.scenario.kinds import AnyEdit
from twin.scenario.others import AddRule, ChangeRule, ScaleDemand
from twin.scenario.streets import ChangeRoad


def number(result, id):
    return next(one.value for one in result.indicators if one.id == f"traffic.{id}")


def edit_of(raw):
    return msgspec.convert(raw, AnyEdit)


# --- hours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["22", "25-06", "22-22", "06-07-08", "noon", "07:60-09", "07-09;15-18"])
def test_hours_that_cannot_be_read_are_said(text):
    with pytest.raises(BadInput, match="22-06"):
        shares(text)
    with pytest.raises(msgspec.ValidationError, match="22-06"):
        edit_of({"kind": "change_rule", "rules": ["u1"], "hours": text})


def test_spans_may_meet_and_pass_midnight():
    assert shares("06-09,08-10").sum() == 4
    assert shares("00-24").sum() == 24
    assert within("22-06", 22, 8) == 1
    assert within("07:30-09", 6, 3) == pytest.approx(0.5)


def test_the_periods_follow_each_other_through_the_day():
    ends = [(one.begin + int(one.hours)) % 24 for one in PERIODS]
    assert ends == [one.begin for one in (*PERIODS[1:], PERIODS[0])]
    assert sum(one.hours for one in PERIODS) == 24


@pytest.mark.parametrize(("hours", "open_"), [("22-06", True), ("09-15", False), ("12-18", False), ("13-18", True)])
def test_a_ban_holds_in_its_hours(hours, open_):
    city = square()  # all its trips are made at midday, 09-15
    flow, _ = flow_of(city, zone_over("ABf", city, rule_kind="vehicle_ban", vehicle_classes=("car",), hours=hours))
    assert (flow["ABf"] > 0) == open_
    assert flow["ABf"] + flow["ADf"] == pytest.approx(1800, rel=1e-6)


def test_hours_can_be_set_later_and_are_kept_in_files():
    city = square()
    ban = zone_over("ABf", city, rule_kind="vehicle_ban", vehicle_classes=("car",), id="u")
    at_night = ChangeRule(rules=("u",), hours="22-06")
    assert [edit_of(msgspec.to_builtins(one)) for one in (ban, at_night)] == [ban, at_night]
    zoned = at_night.apply(ban.apply(city))
    assert {period for _, period in shut_out(zoned, False)} == {"night"}
    older = schema.conform("rules", zoned.rules.drop(columns=["hours", "charge"]))
    assert older["hours"].tolist() == [""]
    assert {period for _, period in shut_out(city.replaced(rules=older), False)} == {one.name for one in PERIODS}


def test_a_table_with_hours_that_cannot_be_read_names_the_rule():
    city = square()
    zoned = zone_over("ABf", city, rule_kind="vehicle_ban", id="u7").apply(city)
    with pytest.raises(BadInput, match=r"u7.*evening"):
        shut_out(zoned.replaced(rules=zoned.rules.assign(hours="evening")), False)


# --- congestion charges -------------------------------------------------------------------------------------------

AROUND_B = ((450.0, -50.0), (550.0, -50.0), (550.0, 50.0), (450.0, 50.0))


def cordon(**values):
    return AddRule(area=AROUND_B, rule_kind="congestion_charge", status="in_force", **values)


def test_who_passes_the_outline_pays_in_both_directions_and_in_part_of_a_period():
    city = square()
    found = charges(cordon(charge=30.0, hours="12-18").apply(city), False)
    ids = city.roads["id"].tolist()
    paying = {id for id, paid in zip(ids, found["car", "midday"], strict=True) if paid > 0}
    assert paying == {"ABf", "ABb", "BCf", "BCb"}
    assert found["car", "midday"].max() == pytest.approx(15.0)  # half of 09-15
    assert found["truck_heavy", "afternoon"].max() == pytest.approx(30.0)
    assert ("car", "night") not in found
    only = charges(cordon(charge=30.0, vehicle_classes=("truck",)).apply(city), False)
    assert {name for name, _ in only} == {"truck_light", "truck_heavy"}
    planned = msgspec.structs.replace(cordon(charge=30.0), status="proposed").apply(city)
    assert not charges(planned, False)
    assert charges(planned, True)


def test_a_charge_sends_traffic_round_and_what_is_paid_adds_up():
    city = square()
    before, _ = flow_of(city)
    dear, result = flow_of(city, cordon(charge=20.0))
    assert before["ABf"] > 900
    assert dear["ABf"] == pytest.approx(0, abs=1e-6)
    assert number(result, "charges") == pytest.approx(0, abs=1e-3)
    # little enough that both ways are used: their generalised costs are equal
    city = city.replaced(roads=city.roads.assign(capacity=150.0))
    before, _ = flow_of(city, gap=1e-8)
    some, result = flow_of(city, cordon(charge=0.3), gap=1e-8)
    assert 0 < some["ABf"] < before["ABf"] < 1800
    one = result.working.loaded.equilibria[2]
    cost = dict(zip(city.roads["id"], one.cost[0], strict=False))
    assert cost["ABf"] + cost["BCf"] == pytest.approx(cost["ADf"] + cost["DCf"], rel=1e-5)
    passages = sum(some[id] for id in ("ABf", "BCf", "ABb", "BCb"))
    assert number(result, "charges") == pytest.approx(0.3 * passages, rel=1e-6)
    night, _ = flow_of(city, cordon(charge=20.0, hours="22-06"), gap=1e-8)
    assert night["ABf"] == pytest.approx(before["ABf"], rel=1e-4)


def test_a_negative_charge_is_refused_by_name():
    with pytest.raises(msgspec.ValidationError):
        edit_of({"kind": "change_rule", "rules": ["u1"], "charge": -1})
    city = cordon(charge=5.0, id="c1").apply(square())
    with pytest.raises(BadInput, match="c1"):
        charges(city.replaced(rules=city.rules.assign(charge=-5.0)), False)


# --- other vehicles -----------------------------------------------------------------------------------------------


def test_a_share_of_those_shut_out_at_their_goal_changes_vehicle():
    city = square()
    # both streets into and out of A lie in the zone, so no car with an engine gets to or away from a
    ring = ((-60.0, -60.0), (510.0, -60.0), (510.0, 60.0), (60.0, 60.0), (60.0, 510.0), (-60.0, 510.0))
    zone = AddRule(area=ring, rule_class="3", status="in_force", vehicle_classes=("car",))
    _, none = flow_of(city, zone)
    assert number(none, "unserved") == pytest.approx(3600)
    flow, some = flow_of(city, zone, change_vehicle=40.0)
    assert number(some, "unserved") == pytest.approx(0.6 * 3600)
    assert flow["ABf"] + flow["ADf"] == pytest.approx(0.4 * 1800, rel=1e-6)
    assert not some.field(BY_CLASS[0]).values.any()
    assert some.field(BY_CLASS[1]).values.sum() > 0
    old, was = flow_of(city, msgspec.structs.replace(zone, rule_class="2"), change_vehicle=50.0, old_share=20.0)
    assert number(was, "unserved") == pytest.approx(0.5 * 0.2 * 3600)
    assert old["ABf"] + old["ADf"] == pytest.approx(0.9 * 1800, rel=1e-6)


# --- demand that reacts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elasticity", [-0.3, -1.5])
def test_trips_and_costs_agree(elasticity):
    city = square()
    slower = ChangeRoad(roads=tuple(city.roads["id"]), speed=15.0)
    _, fixed = flow_of(city, slower)
    _, result = flow_of(city, slower, elasticity=elasticity, gap=1e-6)
    assert number(fixed, "trips") == pytest.approx(3600)
    base = dataclasses.replace(city, present=city)
    present = TRAFFIC.run(base, {"fit": False, "gap": 1e-6}, {}).working.loaded
    loaded = result.working.loaded
    grid = loaded.grid
    zones = np.array(["a", "c"], dtype=object)
    amount = np.zeros((5, 4, 2))
    amount[2, 0] = 1800.0
    pairs = Demand(zones, np.array([0, 1]), np.array([1, 0]), amount)
    ratio = (pair_costs(loaded, pairs) / pair_costs(present, pairs))[2, 0]
    assert (ratio > 1.5).all()
    assert number(result, "trips") == pytest.approx(float((1800.0 * ratio**elasticity).sum()), rel=2e-3)
    assert len(grid.zones) == 2


def test_nothing_changed_means_the_same_trips_whatever_the_elasticity():
    city = square()
    _, result = flow_of(city, elasticity=-1.0)
    assert number(result, "trips") == pytest.approx(3600, rel=1e-9)


# --- growth where demand is estimated -----------------------------------------------------------------------------


def estimated():
    """The square with people in its zones and no table of demand."""
    city = square()
    buildings = pd.DataFrame({"id": ["h1", "h2"], "residents": [3000.0, 100.0], "jobs": [100.0, 2000.0]})
    shapes = [shapely.box(-10, -10, 10, 10), shapely.box(490, 490, 510, 510)]
    people = pd.DataFrame({"zone": ["a", "c"], "dimension": "age", "group": "x", "persons": [3000.0, 100.0]})
    return city.replaced(
        demand=city.demand.iloc[:0], population=people, buildings=gpd.GeoDataFrame(buildings, geometry=shapes, crs=CRS)
    )


def test_estimated_demand_grows_with_the_edit():
    city = estimated()
    _, before = flow_of(city)
    trips = number(before, "trips")
    assert trips > 100
    assert number(flow_of(city, ScaleDemand(factor=1.5))[1], "trips") == pytest.approx(1.5 * trips, rel=1e-6)
    out = number(flow_of(city, ScaleDemand(factor=2.0, origins=("a",)))[1], "trips")
    back = number(flow_of(city, ScaleDemand(factor=2.0, destinations=("a",)))[1], "trips")
    assert trips < out < 2 * trips
    assert out + back == pytest.approx(3 * trips, rel=1e-6)  # every trip begins or ends in a
    lorries = number(flow_of(city, ScaleDemand(factor=0.0, vehicle_class="truck_heavy"))[1], "trips")
    assert lorries == pytest.approx(0.96 * trips, rel=1e-3)
    twice = ScaleDemand(factor=1.5).apply(ScaleDemand(factor=1.5).apply(city))
    assert twice.growth["id"].is_unique
    assert flow_of(twice)[1].indicators  # a city that begins with factors has them in its present
    assert number(flow_of(twice)[1], "trips") == pytest.approx(2.25 * trips, rel=1e-6)


# --- exhaust ------------------------------------------------------------------------------------------------------


def test_exhaust_is_vehicles_times_factors():
    city = square()
    flow, result = flow_of(city, diesel_share=0.0)
    km = sum(flow.values()) * 0.5
    petrol = factors().grams[0]
    assert number(result, "co2") == pytest.approx(km * petrol[0] / 1e6, rel=1e-5)
    assert number(result, "nox") == pytest.approx(km * petrol[1] / 1e3, rel=1e-5)
    assert number(result, "pm") == pytest.approx(km * petrol[2] / 1e3, rel=1e-5)
    field = result.field(CO2)
    row = list(field.ids).index("ABf")
    assert float(field.values[row]) == pytest.approx(flow["ABf"] * petrol[0] / 1e3, rel=1e-5)
    diesel = flow_of(city, diesel_share=100.0)[1]
    assert number(diesel, "nox") / number(result, "nox") == pytest.approx(0.668 / 0.246, rel=1e-6)
    electric = city.replaced(demand=city.demand.assign(vehicle_class="car_electric"))
    assert number(flow_of(electric)[1], "co2") == 0
