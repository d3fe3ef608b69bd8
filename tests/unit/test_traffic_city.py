"""Traffic of a City: its streets as a network, its demand, the fit to counts, and what edits do."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear
from traffic_square import CRS, flow_of, square, zone_over

from twin.chain.chain import Chain
from twin.content import demo_project
from twin.errors import BadInput
from twin.models.traffic.flows import HOURS, street_traffic
from twin.models.traffic.model import TABLES, TRAFFIC
from twin.models.traffic.names import ADT
from twin.models.traffic.urban.bans import rules_of, shut_out
from twin.models.traffic.urban.connect import connectors_of, core, gateways, people_of
from twin.models.traffic.urban.counts import Counts, counts_of, fit_of, geh
from twin.models.traffic.urban.gravity import PRIOR, car_share, furness, volumes
from twin.models.traffic.urban.links import Layout, grid_of, streets_of
from twin.models.traffic.urban.load import classes_of, load
from twin.models.traffic.urban.odme import LEAST, MOST, least, shares
from twin.models.traffic.urban.settings import PARAMETERS, Settings
from twin.models.traffic.urban.table import street_table
from twin.models.traffic.urban.trace import through, travel_times
from twin.models.traffic.urban.trips import of_table
from twin.models.traffic.urban.vehicles import CLASSES, PERIODS
from twin.models.traffic.urban.wear import wear
from twin.project import load_city
from twin.scenario.buildings import AddBuilding
from twin.scenario.others import FleetMix, ScaleDemand
from twin.scenario.scenario import PRESENT, copied
from twin.scenario.streets import AddRoad, ChangeRoad, CloseRoad

DEFAULTS = Settings({one.name: one.default for one in PARAMETERS})


@pytest.fixture(scope="module")
def demo():
    return load_city(demo_project())


@pytest.fixture(scope="module")
def chain(demo):
    made = Chain(demo)
    yield made
    made.close()


def answer(chain, *edits, **parameters):
    scenario = copied((PRESENT,), PRESENT.name, "A")
    for edit in edits:
        scenario = scenario.adding(edit)
    for name, value in parameters.items():
        scenario = scenario.with_parameter("traffic", name, value)
    return chain.run(scenario, ["traffic"]).results["traffic"]


def number(result, id):
    return next(one.value for one in result.indicators if one.id == f"traffic.{id}")


# --- streets ------------------------------------------------------------------------------------------------------


def test_links_take_speed_pace_and_the_wait_at_their_end(demo):
    streets, table = streets_of(demo, Layout()), street_table()
    row = int(np.flatnonzero(demo.roads["id"] == "r000b")[0])  # Hornsgatan, 137.24 m, 50 km/h, to the signal at n000
    assert streets.b[row] == "n000"
    drive = 137.24 / (50 / 3.6 * table.kinds["primary"].pace)
    assert streets.free[row] == pytest.approx(drive + 13.6)
    assert streets.at_end[row] == 13.6
    assert (streets.free > 0).all()
    assert core(streets).all()


def test_the_main_street_loses_nothing_where_others_give_way(demo):
    streets = streets_of(demo, Layout())
    kinds = dict(zip(demo.junctions["node"], demo.junctions["kind"], strict=True))
    at = np.array([kinds.get(node, "") == "priority" for node in streets.b])
    top = pd.Series(streets.rank).groupby(streets.b).transform("max").to_numpy()
    minor = at & (streets.rank < top)
    assert (streets.at_end[minor] == street_table().delay["priority"]).all()
    assert (streets.at_end[at & (streets.rank == top)] == 0).any()


def test_capacity_follows_lanes_unless_it_was_changed_too(demo):
    ids = ("r000a",)
    fewer = ChangeRoad(roads=ids, lanes=1.0).apply(demo)
    both = ChangeRoad(roads=ids, lanes=1.0, capacity=1500.0).apply(demo)
    row = int(np.flatnonzero(demo.roads["id"] == "r000a")[0])
    assert streets_of(demo, Layout()).capacity[row] == 1700
    assert streets_of(fewer, Layout(), demo).capacity[row] == 850
    assert streets_of(both, Layout(), demo).capacity[row] == 1500


@pytest.mark.parametrize(("column", "value"), [("speed", -30.0), ("length", np.inf), ("capacity", -1.0)])
def test_a_street_that_cannot_be_is_refused_by_name(column, value):
    city = square()
    bad = city.roads.copy()
    bad.loc[2, column] = value
    with pytest.raises(BadInput) as error:
        streets_of(dataclasses.replace(city, roads=bad), Layout())
    assert error.value.fields["link"] == "BCf"


def test_a_banned_turn_is_not_made_and_other_turns_are():
    city = square()
    junctions = gpd.GeoDataFrame(
        {"id": ["B"], "node": ["B"], "kind": [""], "banned_turns": ["ABf>BCf"]}, geometry=[shapely.Point(500, 0)],
        crs=CRS,
    )  # fmt: skip
    free, _ = flow_of(city)
    banned, result = flow_of(city.replaced(junctions=junctions))
    assert free["BCf"] > 1000
    assert banned["ABf"] == pytest.approx(0, abs=1)
    assert banned["DCf"] == pytest.approx(1800, rel=1e-3)
    assert banned["BCb"] > 1000  # the way back is another turn
    assert number(result, "unserved") == 0
    only_lorries = junctions.assign(banned_turns="ABf>BCf/truck")
    assert flow_of(city.replaced(junctions=only_lorries))[0] == pytest.approx(free)


def test_zones_join_where_their_people_are(demo):
    streets, people = streets_of(demo, Layout()), people_of(demo)
    connectors = connectors_of(demo, streets, people)
    assert set(connectors.zone) == set(range(len(people.ids)))  # nobody is left out
    outward = connectors.out
    assert sorted(connectors.zone[outward]) == sorted(connectors.zone[~outward])
    nodes = set(streets.turns.leave) | set(streets.turns.enter)
    assert set(connectors.node) <= nodes
    gates = gateways(streets)
    assert "n011" in gates  # Nynäsvägen ends at the edge of the map
    assert people.residents.sum() == demo.buildings["residents"].sum()


def test_without_zones_squares_stand_for_them(demo):
    bare = dataclasses.replace(demo, zones=demo.zones.iloc[:0], demand=demo.demand.iloc[:0])
    people = people_of(bare)
    assert len(people.ids) > 20
    assert people.residents.sum() == demo.buildings["residents"].sum()


# --- who may drive where ------------------------------------------------------------------------------------------


def test_environmental_zone_class_3_lets_electric_cars_through():
    city = square()
    electric = city.demand.assign(vehicle_class="car_electric", trips=600.0)
    city = city.replaced(demand=pd.concat([city.demand, electric], ignore_index=True))
    before, _ = flow_of(city)
    after, result = flow_of(city, zone_over("ABf", city, rule_class="3"))
    assert before["ABf"] > 600
    assert after["ABf"] == pytest.approx(600, rel=0.01)
    by_class = {f.name: f for f in result.fields}
    assert by_class["Cars with an engine"].values[list(result.field(ADT).ids).index("ABf")] == 0
    proposed = dataclasses.replace(
        city, rules=zone_over("ABf", city, rule_class="3").apply(city).rules.assign(status="proposed")
    )
    assert flow_of(proposed)[0] == pytest.approx(before)
    assert flow_of(proposed, proposed_rules=True)[0]["ABf"] == pytest.approx(600, rel=0.01)


def test_environmental_zone_class_2_shuts_out_the_share_that_is_too_old():
    city = square()
    city = dataclasses.replace(city, roads=city.roads.assign(capacity=1e6))  # nobody is pushed to the slower way
    zoned = zone_over("ABf", city, rule_class="2").apply(city)
    flow, _ = flow_of(zoned, old_share=25.0)
    assert flow["ABf"] == pytest.approx(0.75 * 1800, rel=1e-3)
    assert flow["ADf"] == pytest.approx(0.25 * 1800, rel=1e-3)


def test_a_ban_at_night_holds_at_night(demo):
    rules = demo.rules.iloc[:0]
    night = zone_over("r000a", demo, rule_kind="heavy_vehicle_ban", rule_class="night", vehicle_classes=("truck",))
    zoned = night.apply(dataclasses.replace(demo, rules=rules))
    assert {key[1] for key in shut_out(zoned, False)} == {"night"}
    assert {key[0] for key in shut_out(zoned, False)} == {"truck_light", "truck_heavy"}


def test_a_street_closed_to_some_is_open_to_others(demo):
    city = CloseRoad(roads=("r000a",), classes=("truck",)).apply(demo)
    streets = streets_of(city, Layout())
    row = int(np.flatnonzero(demo.roads["id"] == "r000a")[0])
    assert streets.open[:, row].tolist() == [True, True, False, False] or "truck_heavy" in city.roads["allowed"][row]


# --- demand -------------------------------------------------------------------------------------------------------


def test_the_citys_own_table_is_taken_whole(demo):
    people = people_of(demo)
    demand = of_table(demo, people.ids, DEFAULTS)
    assert demand.total == pytest.approx(demo.demand["trips"].sum())
    assert demand.lost == 0
    morning = demo.demand[(demo.demand["period"] == "morning") & (demo.demand["vehicle_class"] == "truck_heavy")]
    assert demand.amount[1, 3].sum() == pytest.approx(morning["trips"].sum())


def test_rows_without_period_and_class_are_spread(demo):
    table = pd.DataFrame({"period": ["", "day"], "vehicle_class": ["", "car"], "origin": "z01", "destination": "z02",
                          "trips": [100.0, 10.0]})  # fmt: skip
    demand = of_table(demo.replaced(demand=table), demo.zones["id"].to_numpy(object), DEFAULTS)
    assert demand.total == pytest.approx(110.0)
    assert demand.amount[0].sum() == pytest.approx(0.07 * 110)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_furness_meets_both_margins(seed, n):
    rng = np.random.default_rng(seed)
    made, drawn = rng.uniform(1, 100, n), rng.uniform(1, 100, n)
    trips = furness(made, drawn, np.exp(-rng.uniform(0, 1, (n, n))))
    assert trips.sum(axis=1) == pytest.approx(made)
    assert trips.sum(axis=0) == pytest.approx(drawn * made.sum() / drawn.sum(), rel=1e-6)


def test_the_car_is_chosen_less_for_short_ways():
    metres = np.array([200.0, 1000.0, 3000.0, 8000.0])
    share = car_share(metres / 8.0, metres, DEFAULTS)
    assert (np.diff(share) > 0).all()
    assert 0 < share[0] < 0.2


def test_where_no_demand_is_known_people_make_it(demo):
    bare = dataclasses.replace(demo, demand=demo.demand.iloc[:0], roads=demo.roads.assign(aadt=np.nan))
    result = TRAFFIC.run(bare, {}, {})
    again = TRAFFIC.run(dataclasses.replace(bare), {"trips_person": 5.2}, {})
    assert number(result, "unserved") == 0
    assert number(again, "trips") > number(result, "trips") > 20_000
    assert any("gravity" in text for text in result.assumptions)


# --- fit to counts ------------------------------------------------------------------------------------------------


def test_geh_and_fit():
    assert geh(np.array([11_000.0]), np.array([10_000.0]))[0] == pytest.approx(np.sqrt(2 * 90**2 / 1890))
    exact = fit_of(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    assert (exact.share, exact.r2, exact.bias) == (100.0, 1.0, 0.0)
    assert np.isnan(fit_of(np.zeros(0), np.zeros(0)).r2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_fitted_factors_are_the_least_squares_of_scipy(seed):
    rng = np.random.default_rng(seed)
    n, k, trust = int(rng.integers(1, 8)), int(rng.integers(1, 30)), float(rng.choice([0.01, 0.3, 3.0]))
    table = rng.uniform(0, 100, (n, k)) * (rng.random((n, k)) < 0.5)
    before, counted = rng.uniform(1, 200, k), rng.uniform(50, 4000, n)
    found = least(table, before, counted, trust)
    rows = np.concatenate([table / np.sqrt(counted)[:, None], np.diag(np.sqrt(trust * before))])
    right = np.concatenate([np.sqrt(counted), np.sqrt(trust * before)])
    best = lsq_linear(rows, right, (LEAST, MOST), tol=1e-14)

    def worth(m):
        return float(((rows @ m - right) ** 2).sum())

    assert worth(found) <= worth(best.x) * (1 + 1e-6) + 1e-9


def test_shares_add_up_to_the_traffic(demo):
    layout = Layout()
    streets, people = streets_of(demo, layout), people_of(demo)
    grid = grid_of(streets, connectors_of(demo, streets, people), layout)
    demand = of_table(demo, grid.connectors.ids, DEFAULTS)
    loaded = load(grid, demand, rules_of(demo, False), DEFAULTS, 1e-3)
    rows = np.arange(len(streets.ids))[::7]
    table = shares(loaded, demand, np.ones(len(demand.origin)), rows)
    daily = sum(loaded.flow(p).sum(axis=0) * one.hours for p, one in enumerate(PERIODS))
    # vehicles between two zones under a ten-thousandth an hour are left out of the search
    assert table.sum(axis=1) == pytest.approx(daily[rows], rel=1e-9, abs=1e-6)


def test_both_directions_of_a_count_are_kept_out_together(demo):
    streets = streets_of(demo, Layout())
    counts = counts_of(demo, streets, 0.25)
    assert len(counts.rows) == 42
    pairs = pd.Series(counts.held_out).groupby([streets.ids[k][:4] for k in counts.rows]).nunique()
    assert (pairs == 1).all()
    assert 8 <= counts.held_out.sum() <= 12


def test_the_fit_helps_counts_it_has_not_seen(chain):
    plain = answer(chain, fit=False)
    fitted = chain.run(PRESENT, ["traffic"]).results["traffic"]
    assert number(fitted, "fit_r2") > 0.85 > number(plain, "fit_r2")
    assert number(fitted, "test_r2") > number(plain, "test_r2") + 0.2
    assert number(fitted, "fit_geh") > number(plain, "fit_geh")


# --- the model ----------------------------------------------------------------------------------------------------


def test_every_node_lets_out_what_it_takes_in(demo):
    layout = Layout()
    streets, people = streets_of(demo, layout), people_of(demo)
    grid = grid_of(streets, connectors_of(demo, streets, people), layout)
    demand = of_table(demo, grid.connectors.ids, DEFAULTS)
    rules = rules_of(demo, False)
    loaded = load(grid, demand, rules, DEFAULTS, 1e-4)
    for p, one in enumerate(loaded.equilibria):
        for trips, flow in zip(one.trips, one.class_flow, strict=True):
            off = np.bincount(grid.network.tail, flow, grid.network.n)
            off -= np.bincount(grid.network.head, flow, grid.network.n)
            off -= np.bincount(trips.origin, trips.amount, grid.network.n)
            off += np.bincount(trips.destination, trips.amount, grid.network.n)
            assert np.abs(off).max() <= 1e-6 * trips.amount.sum()
            bar = classes_of(grid, rules, PERIODS[p].name, DEFAULTS)
            own = next(c for c in bar if c.name == trips.vehicles.name)
            assert not flow[own.banned].any()
    again = load(grid, demand, rules, DEFAULTS, 1e-4, threads=1)
    assert all(np.array_equal(a.flow, b.flow) for a, b in zip(loaded.equilibria, again.equilibria, strict=True))


def test_the_day_is_the_sum_of_its_periods_for_noise(chain):
    result = chain.run(PRESENT, ["traffic"]).results["traffic"]
    traffic = street_traffic(result)
    assert traffic.flow.shape == (3, 3, 642)
    assert traffic.speed.shape == (3, 642)
    assert sum(HOURS) == 24
    assert traffic.aadt == pytest.approx(result.field(ADT).values.astype(float), rel=1e-5, abs=1e-2)
    driven = traffic.flow.sum(axis=1) > 0
    limit = chain.city(PRESENT).roads["speed"].to_numpy(float)
    assert (traffic.speed[driven] > 0).all()
    assert (traffic.speed <= limit * (1 + 1e-6))[driven].all()


def test_no_edit_and_an_edit_of_nothing_change_nothing(chain):
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    same = answer(chain, ChangeRoad(roads=("r000a",), speed=50.0))
    assert np.array_equal(base.field(ADT).values, same.field(ADT).values)
    assert number(same, "max_change") == 0


def test_a_closed_street_is_empty_and_others_take_its_traffic(chain):
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    names = chain.city(PRESENT).roads
    ids = tuple(names["id"][names["name"] == "Hornsgatan"])
    shut = answer(chain, CloseRoad(roads=ids))
    at = np.isin(base.field(ADT).ids, ids)
    assert base.field(ADT).values[at].sum() > 10_000
    assert shut.field(ADT).values[at].sum() == 0
    assert number(shut, "vehicle_hours") > number(base, "vehicle_hours")
    assert number(shut, "max_change") < -1000


def test_lower_speed_moves_traffic_away_and_costs_time(chain):
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    roads = chain.city(PRESENT).roads
    ids = tuple(roads["id"][roads["name"] == "Ringvägen"])
    slow = answer(chain, ChangeRoad(roads=ids, speed=20.0))
    at = np.isin(base.field(ADT).ids, ids)
    assert slow.field(ADT).values[at].sum() < base.field(ADT).values[at].sum()
    assert number(slow, "vehicle_hours") > number(base, "vehicle_hours")


def test_a_new_street_is_used(chain):
    city = chain.city(PRESENT)
    a, b = (city.roads.geometry[city.roads["id"] == id].iloc[0].coords[0] for id in ("r000a", "r120a"))
    result = answer(chain, AddRoad(line=(a, b), id="new", speed=50.0, lanes=1.0, road_kind="secondary"))
    field = result.field(ADT)
    assert field.values[np.isin(field.ids, ("new", "newb"))].sum() > 0
    assert len(field.ids) >= 644


def test_new_homes_bring_traffic(chain):
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    x, y = shapely.get_coordinates(chain.city(PRESENT).zones.geometry[20].representative_point())[0]
    ring = ((x, y), (x + 20, y), (x + 20, y + 20), (x, y + 20))
    more = answer(chain, AddBuilding(footprint=ring, height=20.0, dwellings=500.0))
    grown = number(more, "trips") - number(base, "trips")
    assert grown == pytest.approx(1000 * 0.75, rel=0.01)


def test_demand_growth_and_fleet(chain):
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    trips = number(base, "trips")
    assert number(answer(chain, ScaleDemand(factor=1.2)), "trips") == pytest.approx(1.2 * trips, rel=1e-3)
    assert number(answer(chain, growth=20.0), "trips") == pytest.approx(1.2 * trips, rel=1e-3)
    lorries = answer(chain, *(FleetMix(heavy=9.0, period=one.name, road_kind=kind)
                              for one in PERIODS for kind in ("trunk", "primary", "secondary", "tertiary",
                                                              "residential")))  # fmt: skip
    assert number(lorries, "trips") == pytest.approx(trips, rel=1e-6)
    assert number(lorries, "vehicle_km_heavy") > 1.5 * number(base, "vehicle_km_heavy")


def test_the_fit_is_the_same_whether_a_preview_was_asked_for_or_not(demo):
    fitted = []
    for previewed in (False, True):
        city = dataclasses.replace(demo)
        if previewed:
            assert number(TRAFFIC.preview(city, {}, {}), "gap") <= 1e-2
        fitted.append(TRAFFIC.run(city, {}, {}))
    assert number(fitted[0], "gap") <= 1e-4
    first, second = (one.field(ADT).values for one in fitted)
    assert second == pytest.approx(first, rel=1e-6)


def test_conical_delay_is_an_equilibrium_too(chain):
    result = answer(chain, delay="conical")
    assert number(result, "gap") <= 1e-4
    assert number(result, "vehicle_km") > 100_000


def test_a_warm_answer_is_the_cold_one_within_the_gap(chain, demo):
    edit = ChangeRoad(roads=("r040a", "r040b"), lanes=2.0)
    answer(chain, CloseRoad(roads=("r002a",)))
    warm = answer(chain, edit, gap=1e-8)
    fresh = Chain(demo)
    cold = answer(fresh, edit, gap=1e-8)
    fresh.close()
    assert number(warm, "vehicle_hours") == pytest.approx(number(cold, "vehicle_hours"), rel=1e-5)
    a, b = warm.field(ADT).values, cold.field(ADT).values
    assert np.abs(a - b).max() < 0.01 * a.max()


def test_the_key_knows_the_present(demo):
    """The same tables come from two bases by different edits; the fit is another, so the question is another."""
    one = Chain(demo)
    other = Chain(dataclasses.replace(demo, roads=demo.roads.assign(aadt=np.nan)))
    a = one.run(PRESENT, ["traffic"]).runs["traffic"].key
    b = other.run(PRESENT, ["traffic"]).runs["traffic"].key
    assert a != b
    one.close()
    other.close()


def test_only_what_it_reads_asks_anew(chain):
    assert set(TABLES) == set(TRAFFIC.reads)
    base = chain.run(PRESENT, ["traffic"]).runs["traffic"].key
    scenario = copied((PRESENT,), PRESENT.name, "B").adding(ChangeRoad(roads=("r000a",), surface="sett"))
    assert chain.run(scenario, ["traffic"]).runs["traffic"].key != base
    assert len(CLASSES) == 4


# --- looks at one street or place ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(chain):
    return chain.working(PRESENT, "traffic").working.loaded


def test_the_bundle_of_a_street_is_all_of_its_own_traffic_and_no_more_elsewhere(chain, loaded):
    city = chain.city(PRESENT)
    result = chain.run(PRESENT, ["traffic"]).results["traffic"]
    all_ = result.field(ADT).values.astype(float)
    link = "r002a"
    flow, ends = through(loaded, city, (link,))
    at = list(flow.ids).index(link)
    assert flow.values[at] == pytest.approx(all_[at], rel=1e-4)
    assert (np.nan_to_num(flow.values) <= all_ * (1 + 1e-5) + 1e-3).all()
    # each trip over the link starts once and ends once
    assert np.nansum(ends.values) == pytest.approx(2 * all_[at], rel=1e-3)
    none, _ = through(loaded, city, ())
    assert np.isnan(none.values).all()


def test_the_bundle_of_a_zone_is_all_of_its_trips(chain, loaded):
    city = chain.city(PRESENT)
    _, ends = through(loaded, city, ("z20",))
    own = float(ends.values[list(ends.ids).index("z20")])
    node = loaded.grid.zones[list(loaded.grid.connectors.ids).index("z20")]
    trips = sum(
        float(one.amount[(one.origin == node) | (one.destination == node)].sum()) * period.hours / loaded.peak
        for period, answer in zip(PERIODS, loaded.equilibria, strict=True)
        for one in answer.trips
    )
    assert own == pytest.approx(trips, rel=1e-6)
    assert np.nansum(ends.values) == pytest.approx(2 * trips, rel=1e-6)


def test_times_from_a_place_are_shortest_ways(chain, loaded):
    city = chain.city(PRESENT)
    line = city.roads.geometry[city.roads["id"] == "r002a"].iloc[0]
    x, y = line.coords[0]
    (field,) = travel_times(loaded, city, x, y)
    assert (field.where, field.unit) == ("roads", "min")
    own = float(field.values[list(field.ids).index("r002a")])
    assert 0 <= own < 1
    assert np.nanmin(field.values) >= 0
    assert own < np.nanpercentile(field.values, 10)
    # nobody is quicker than a straight line at the highest limit
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(city.roads.geometry.to_numpy(), 0.5, normalized=True)
    )
    straight = np.hypot(middle[:, 0] - x, middle[:, 1] - y)
    half = city.roads["length"].to_numpy() / 2
    assert (np.nan_to_num(field.values, nan=1e9) >= (straight - half) / (70 / 3.6) / 60 - 1e-3).all()


def test_working_state_that_was_let_go_is_made_anew(demo, tmp_path):
    first = Chain(demo, tmp_path)
    first.run(PRESENT, ["traffic"])
    first.close()
    again = Chain(demo, tmp_path)
    assert again.run(PRESENT, ["traffic"]).runs["traffic"].reused == "disk"
    held = again.working(PRESENT, "traffic")
    assert held.working is not None
    again.close()


# --- previews, wear, what is cut off ----------------------------------------------------------------------------------


def test_a_preview_is_quick_and_near(demo):
    demo = dataclasses.replace(demo)  # one whose fit is not known yet
    quick = TRAFFIC.preview(demo, {}, {})
    full = TRAFFIC.run(demo, {}, {})
    assert number(quick, "gap") <= 1e-2
    assert [f.name for f in quick.fields] == [f.name for f in full.fields]
    assert number(quick, "fit_r2") > 0.8
    assert number(quick, "vehicle_km") == pytest.approx(number(full, "vehicle_km"), rel=0.1)
    edited = CloseRoad(roads=("r002a",)).apply(dataclasses.replace(demo, present=demo))
    after, exact = TRAFFIC.preview(edited, {}, {}, full), TRAFFIC.run(edited, {}, {}, full)
    # the fit is known by now, so the preview has it too
    assert number(after, "trips") == pytest.approx(number(exact, "trips"), rel=1e-6)
    assert number(after, "vehicle_km") == pytest.approx(number(exact, "vehicle_km"), rel=0.01)


def test_road_wear_follows_studs_speed_and_traffic(chain):
    flow = np.zeros((5, 4, 2))
    flow[:, 0] = 10.0
    at = np.full((5, 2), 70.0)
    all_, none = wear(flow, at, np.ones(5)), wear(flow, at, np.zeros(5))
    assert all_[0] == pytest.approx(24 * 10 * 2.88)
    assert all_[0] / none[0] == pytest.approx(40.0)
    assert wear(flow, at / 2, np.ones(5))[0] == pytest.approx(all_[0] / 2)
    assert wear(flow, at * 0, np.ones(5))[0] == pytest.approx(all_[0] * 30 / 70)
    base = chain.run(PRESENT, ["traffic"]).results["traffic"]
    assert number(base, "wear") == pytest.approx(100.0)
    fewer = [FleetMix(studded=8.0, period=one.name, road_kind=kind) for one in PERIODS
             for kind in ("trunk", "primary", "secondary", "tertiary", "residential")]  # fmt: skip
    assert 45 < number(answer(chain, *fewer), "wear") < 60


def test_what_cars_cannot_reach_and_leave_is_named():
    city = square()
    lone = city.roads.iloc[[0]].assign(id="lone", from_node="X", to_node="Y", kind="residential")
    one_way_in = city.roads.iloc[[0]].assign(id="sink", from_node="A", to_node="Z", kind="residential")
    roads = pd.concat([city.roads, lone, one_way_in], ignore_index=True)
    _, result = flow_of(city.replaced(roads=roads))
    found = next(one for one in result.indicators if one.id == "traffic.apart")
    assert found.value == 2
    assert set(found.places) == {"lone", "sink"}


def passed_through():
    """Return a square without demand of its own that a street comes in to and one leaves."""
    city = square()
    ins = city.roads.iloc[[0]].assign(id="in", from_node="W", to_node="A", kind="primary")
    out = city.roads.iloc[[0]].assign(id="out", from_node="C", to_node="E", kind="primary")
    roads = pd.concat([city.roads, ins, out], ignore_index=True)
    return city.replaced(roads=roads, demand=city.demand.iloc[:0])


def test_what_comes_in_at_the_edge_follows_the_counts_that_are_fitted_to_and_no_others():
    bare = passed_through()
    layout = Layout()
    streets = streets_of(bare, layout)
    grid = grid_of(streets, connectors_of(bare, streets, people_of(bare)), layout)
    row = np.flatnonzero(streets.ids == "in")
    capacity = {name: float(streets.capacity[streets.ids == name][0]) for name in ("in", "out")}

    def counted(held_out):
        return Counts(row, np.array([9_000.0]), np.array([held_out]))

    nothing = volumes(grid, Counts(row[:0], np.zeros(0), np.zeros(0, dtype=bool)), 5.0)
    assert nothing[0].sum() == pytest.approx(5.0 * capacity["in"])
    assert np.array_equal(volumes(grid, counted(True), 5.0), nothing)
    enter, leave = volumes(grid, counted(False), 5.0)
    assert enter.sum() == 9_000.0
    hours = (PRIOR * 5.0 + 9_000.0 / capacity["in"]) / (PRIOR + 1.0)
    assert leave.sum() == pytest.approx(hours * capacity["out"])


def test_one_way_streets_at_the_edge_of_the_map_are_gateways():
    bare = passed_through()
    streets = streets_of(bare, Layout())
    assert set(gateways(streets)) == {"W", "E"}
    assert core(streets, gateways(streets)).all()
    flow, result = flow_of(bare)
    assert number(result, "unserved") == 0
    assert flow["in"] > 100
    assert flow["out"] == pytest.approx(flow["in"], rel=1e-3)
