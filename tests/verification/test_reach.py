"""Reach against shortest paths by SciPy and against itself: incremental equals full, whatever the edits."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import random_edit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from small_cities import CRS, small_city, walk_grid

from twin.city.changes import combined
from twin.city.city import City
from twin.city.digest import city_digest
from twin.models import reach
from twin.models.compile import compile_all, kernels
from twin.models.walk import answer as walk
from twin.models.walk import network as net
from twin.models.walk import world as ground
from twin.models.walk.access import feet
from twin.models.walk.names import TABLES
from twin.scenario.streets import AddPath, RemovePath

LIMITS = np.array(reach.LIMITS)


def _same(a, b):
    assert [f.name for f in a.fields] == [f.name for f in b.fields]
    for one, two in zip(a.fields, b.fields, strict=True):
        assert (one.ids == two.ids).all()
        assert np.array_equal(one.values, two.values, equal_nan=True), one.name
    for one, two in zip(a.indicators, b.indicators, strict=True):
        assert (one.id, one.places) == (two.id, two.places)
        assert one.value == two.value or (np.isnan(one.value) and np.isnan(two.value))


# --- exactness --------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 150), st.floats(1.0, 500.0))
def test_distances_equal_scipy(seed, n, m, limit):
    """Bit for bit, parallel links, loops and links of a tiny length included."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, n, (2, m)).astype(np.int32)
    w = rng.choice([rng.uniform(0, 100, m), rng.integers(1, 4, m).astype(float), rng.uniform(0, 1e-9, m)])
    from twin.models.walk.kernels import adjacency, distances

    start, _, to, _, length = adjacency(u, v, w, np.ones(m, dtype=bool), n)
    sources = rng.integers(0, n, rng.integers(1, 4)).astype(np.int32)
    found = distances(start, to, length, sources, np.zeros(len(sources)), limit)
    least = np.full((n, n), np.inf)
    np.minimum.at(least, (u, v), w)
    least = np.minimum(least, least.T)
    a, b = np.nonzero(np.isfinite(least))
    graph = coo_array((np.maximum(least[a, b], 1e-300), (a, b)), shape=(n, n)).tocsr()
    expected = dijkstra(graph, indices=np.unique(sources)).min(axis=0)
    expected[expected > limit] = np.inf
    assert np.array_equal(found, expected) or np.allclose(found, expected, rtol=0, atol=1e-280)


def _brute_force(city, values=None):
    """Return sums and nearest distances by SciPy on a graph in which every house and door is a node of its own."""
    s = reach.settled(reach.REACH, values or {})
    rules = net.Rules(float(s["steps_factor"]), bool(s["step_free"]))
    world = ground.build(city, ground.Settings(rules, s["access_limit"], s["green_min"], s["green_gap"]))
    network, homes, places, doors = world.network, world.homes, world.places, world.areas.doors
    on_link = np.concatenate([homes.access.link, places.access.link, doors.link])
    at = np.concatenate([homes.access.at, places.access.at, doors.at])
    off = np.concatenate([homes.access.off, places.access.off, doors.off])
    n = network.nodes
    rows, columns, lengths = [], [], []
    for e in np.flatnonzero(network.usable):
        here = np.flatnonzero(on_link == e)
        here = here[np.argsort(at[here], kind="stable")]
        stops = [network.u[e], *(n + here), network.v[e]]
        metres = [0.0, *at[here], network.w[e]]
        for i in range(len(stops) - 1):
            rows.append(stops[i])
            columns.append(stops[i + 1])
            lengths.append(max(metres[i + 1] - metres[i], 1e-12))
    total = n + len(on_link)
    graph = coo_array((lengths, (rows, columns)), shape=(total, total)).tocsr()
    away = dijkstra(graph, directed=False, indices=n + np.arange(len(homes.ids)))[:, n:]
    if s["count_access"]:
        away = away + off[: len(homes.ids), None] + off[None, :]
    h, p = len(homes.ids), len(places.ids)
    mass = np.array([[(away[:, :h] <= r) @ homes.weights[:, c] for r in LIMITS] for c in range(2)]).transpose(2, 0, 1)
    things = np.zeros((h, 3, len(LIMITS)))
    nearest = np.full((h, 3), np.inf)
    to_area = np.full((h, len(world.areas.ids)), np.inf)
    for q, area in enumerate(doors.area):
        to_area[:, area] = np.minimum(to_area[:, area], away[:, h + p + q])
    for k in range(3):
        d = away[:, h : h + p][:, places.weights[:, 0] == k] if k < 2 else to_area
        weights = world.areas.size if k == 2 else np.ones(d.shape[1])
        for r, limit in enumerate(LIMITS):
            things[:, k, r] = (d <= limit) @ weights
        if d.shape[1]:
            nearest[:, k] = d.min(axis=1)
    nearest[nearest > LIMITS[-1]] = np.inf
    return world, mass, things, nearest


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_reach_equals_brute_force(seed, count_access, step_free):
    city = small_city(seed, columns=14, rows=11, step=220.0, houses=60)
    values = {"count_access": count_access, "step_free": step_free, "steps_factor": 3.0}
    sums = reach.run(city, values, {}).working.sums
    world, mass, things, nearest = _brute_force(city, values)
    on = world.homes.access.link >= 0
    assert np.array_equal(sums.mass[on], mass[on])
    assert np.array_equal(sums.things[on], things[on])
    assert np.allclose(sums.nearest[on], nearest[on], rtol=0, atol=1e-6)


def _street(crossing: bool):
    """Two parallel pavements 20 m apart, 1 km long, met by one crossing at their far end or by none."""
    import geopandas as gpd

    lines = [[(0, 0), (1000, 0)], [(0, 20), (1000, 20)]] + [[(1000, 0), (1000, 20)]] * crossing
    ends = [("a", "b"), ("c", "d"), ("b", "d")][: len(lines)]
    paths = gpd.GeoDataFrame(
        {"id": ["south", "north", "cross"][: len(lines)], "from_node": [a for a, _ in ends],
         "to_node": [b for _, b in ends]},
        geometry=[shapely.LineString(line) for line in lines], crs=CRS,
    )  # fmt: skip
    houses = gpd.GeoDataFrame(
        {"id": ["h1", "h2", "h3"], "residents": [10.0, 7.0, 3.0]},
        geometry=[shapely.box(700, -9, 710, -5), shapely.box(705, 25, 710, 29), shapely.box(100, -9, 110, -5)], crs=CRS,
    )  # fmt: skip
    school = gpd.GeoDataFrame({"id": ["s"], "kind": ["school"]}, geometry=[shapely.Point(300, -10)], crs=CRS)
    return City("street", CRS).replaced(paths=paths, buildings=houses, places=school)


def test_street_by_hand():
    """Worked out with pencil: the way over the crossing, the ways to the doors, a point on one's own link."""
    result = reach.run(_street(True), {}, {})
    within = {name: result.field(name).values.tolist() for name in ("Residents within 400 m on foot",
                                                                    "Residents within 800 m on foot")}  # fmt: skip
    # h1 to h2: 5 + (1000 - x1) + 20 + (1000 - x2) + 5 with x1 in 700..710, x2 in 705..710: 610 to 625 m
    assert within["Residents within 400 m on foot"] == [10.0, 7.0, 3.0]
    assert within["Residents within 800 m on foot"] == [20.0, 17.0, 13.0]
    way = result.field("Way to the nearest school").values
    x3 = 300 - way[2] + 15  # 5 m to the pavement, 10 m to the school
    assert 100 <= x3 <= 110
    assert reach.run(_street(True), {"count_access": False}, {}).field("Way to the nearest school").values[2] == (
        pytest.approx(way[2] - 15, abs=1e-3)
    )


def test_streets_are_crossed_only_where_the_network_does():
    result = reach.run(_street(False), {}, {})
    assert result.field("Residents within 1,500 m on foot").values.tolist() == [13.0, 7.0, 13.0]
    assert np.isnan(result.field("Way to the nearest school").values[1])


def test_steps_cost_and_can_be_left_out():
    city = _street(True)
    steps = city.replaced(paths=city.paths.assign(steps=[False, False, True]))
    reached = {
        name: reach.run(steps, values, {}).field("Residents within 800 m on foot").values.tolist()
        for name, values in (("as drawn", {}), ("twenty times", {"steps_factor": 20.0}), ("none", {"step_free": True}))
    }
    assert reached["as drawn"][0] == 20.0
    assert reached["twenty times"][0] == 20.0 - 7.0
    far = reach.run(steps, {"steps_factor": 10.0}, {}).field("Residents within 1,500 m on foot").values
    assert far[0] == 20.0
    assert reach.run(steps, {"step_free": True}, {}).field("Residents within 1,500 m on foot").values[0] == 13.0


def test_house_beyond_the_network_is_unknown_not_zero():
    city = _street(True)
    shapes = city.buildings.geometry.to_numpy().copy()
    shapes[2] = shapely.box(100, 4990, 110, 4999)
    city = city.replaced(buildings=city.buildings.set_geometry(shapes, crs=CRS))
    result = reach.run(city, {}, {})
    assert np.isnan(result.field("Residents within 400 m on foot").values[2])
    lost = next(i for i in result.indicators if i.id == "reach.unconnected")
    assert (lost.value, lost.places) == (3.0, ("h3",))


def test_green_is_reached_where_a_path_meets_its_edge_and_counts_once():
    import geopandas as gpd

    city = _street(True)
    park = gpd.GeoDataFrame(
        {"id": ["park", "lawn"], "kind": ["park", "green"]},
        geometry=[shapely.box(400, -100, 600, 100), shapely.box(120, -20, 130, -10)], crs=CRS,
    )  # fmt: skip
    result = reach.run(city.replaced(cover=park), {}, {})
    assert result.field("Green within 400 m on foot").values.tolist() == [4.0, 4.0, 4.0]
    way = result.field("Way to the nearest green area").values
    assert 105 <= way[0] <= 115
    assert 295 <= way[2] <= 305


# --- the same whatever way it is worked out ---------------------------------------------------------------------


def test_the_number_of_threads_changes_nothing(monkeypatch):
    city = small_city(8, columns=30, rows=24, step=150.0, houses=700)
    results = []
    for threads, block in ((1, 10_000), (2, 64), (7, 13)):
        monkeypatch.setattr(walk, "threads", lambda n=threads: n)
        monkeypatch.setattr(walk, "BLOCK", block)
        results.append(reach.run(city, {}, {}))
    _same(results[0], results[1])
    _same(results[0], results[2])


def test_order_of_rows_changes_nothing():
    city = small_city(9, columns=14, rows=11, step=200.0, houses=80)
    rng = np.random.default_rng(1)
    mixed = city.replaced(
        **{name: city.table(name).sample(frac=1, random_state=rng) for name in ("paths", "places", "cover")}
    )
    _same(reach.run(city, {}, {}), reach.run(mixed, {}, {}))


def _check_sequence(seed, steps):
    rng = np.random.default_rng(seed)
    city = small_city(seed, columns=int(rng.integers(3, 22)), rows=int(rng.integers(3, 18)), step=250.0, houses=30)
    values = {"count_access": bool(rng.random() < 0.8), "step_free": bool(rng.random() < 0.2)}
    result = reach.run(city, values, {})
    trail = [(city, result, None)]
    looked = 0
    for _ in range(steps):
        edit = random_edit(rng, city)
        effect = edit.effect(city)
        city = effect.city
        trail.append((city, result := reach.run(city, values, {}, result, effect.changes), effect.changes))
        looked += result.working.looked_at
        _same(result, reach.run(city, values, {}))
    # back to the first city in one go, as undo does
    back = reach.run(trail[0][0], values, {}, result, combined([changes for *_, changes in trail[1:]]))
    _same(back, trail[0][1])
    return looked


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_incremental_equals_full(seed):
    _check_sequence(seed, 3)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_incremental_equals_full_at_length(seed, steps):
    _check_sequence(seed, steps)


def test_a_bridge_looks_only_at_houses_within_reach_of_it():
    city = small_city(11, columns=60, rows=50, step=120.0, houses=2500)
    bridge = AddPath(line=((3500.0, 3000.0), (3650.0, 3160.0)), tolerance=60.0)
    before = reach.run(city, {}, {})
    built = bridge.effect(city)
    after = reach.run(built.city, {}, {}, before, built.changes)
    _same(after, reach.run(built.city, {}, {}))
    assert 0 < after.working.looked_at < 0.2 * len(city.buildings)
    middle = shapely.Point(3575.0, 3080.0)
    differ = np.zeros(len(city.buildings), dtype=bool)
    for one, two in zip(before.fields, after.fields, strict=True):
        differ |= ~((one.values == two.values) | (np.isnan(one.values) & np.isnan(two.values)))
    assert city.buildings.geometry[differ].distance(middle).max() <= reach.LIMITS[-1] + 200
    gone = RemovePath(paths=(bridge.own_id(),)).effect(built.city)
    _same(reach.run(gone.city, {}, {}, after, gone.changes), reach.run(gone.city, {}, {}))


def _longer(seed: int) -> dict[str, float]:
    """Build a bridge at random; return, by field, the most that any house loses by it."""
    rng = np.random.default_rng(seed)
    city = small_city(seed % 97, columns=10, rows=8, step=250.0, houses=60)
    start = rng.uniform((0, 0), (2000, 1500))
    bridge = AddPath(line=(tuple(start), tuple(start + rng.uniform(-400, 400, 2))), tolerance=120.0)
    before, after = reach.run(city, {}, {}), reach.run(bridge.apply(city), {}, {})
    lost = {}
    for was, now in zip(before.fields, after.fields, strict=True):
        way = was.name.startswith("Way to")
        gain = np.nan_to_num(was.values, nan=9e9) - np.nan_to_num(now.values, nan=9e9) if way else (
            np.nan_to_num(now.values) - np.nan_to_num(was.values))  # fmt: skip
        lost[was.name] = float(-gain.min())
    return lost


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_bridge_makes_nobodys_way_longer(seed):
    """Not even that of a house it passes over, or of one that a link it cuts runs through."""
    assert max(_longer(seed).values()) < 1e-2


@pytest.mark.parametrize("seed", [100149, 100477, 100530, 100561])
def test_a_bridge_makes_nobodys_way_longer_where_links_run_through_houses(seed):
    assert max(_longer(seed).values()) < 1e-2


@pytest.mark.long
@settings(max_examples=2_000, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_bridge_makes_nobodys_way_longer_at_length(seed):
    assert max(_longer(seed).values()) < 1e-2


def test_a_wall_along_a_link_has_one_door_wherever_the_link_is_cut():
    wall = shapely.box(10.0, 5.0, 60.0, 15.0)
    through = shapely.Polygon([(10, -5), (60, -5), (60, 20), (50, 20), (50, 5), (20, 5), (20, 20), (10, 20)])
    for house in (wall, through):
        for cut in (None, 12.0, 30.0, 35.0, 41.0, 59.0):
            stops = (0.0, 100.0) if cut is None else (0.0, cut, 100.0)
            lines = np.array([shapely.LineString([(a, 0), (b, 0)]) for a, b in pairwise(stops)], dtype=object)
            houses = np.array([house] * len(lines), dtype=object)
            apart = shapely.distance(lines, houses)
            foot = feet(lines, houses, apart)
            near = apart <= apart.min() + 1e-6
            inward = shapely.distance(foot, house.centroid)
            best = foot[np.flatnonzero(near)[np.argmin(inward[near])]]
            assert best.x == pytest.approx(35.0, abs=1e-5), (house, cut)


def test_the_city_given_is_not_changed():
    city = small_city(12)
    digest = city_digest(city)
    fresh = {name: city.table(name).copy() for name in TABLES}
    reach.run(city, {}, {})
    assert city_digest(dataclasses.replace(city, **{name: city.table(name).copy() for name in fresh})) == digest
    for name, table in fresh.items():
        assert table.equals(city.table(name))


def test_an_empty_city_has_an_answer():
    result = reach.run(City("empty", CRS), {}, {})
    assert all(len(field.values) == 0 for field in result.fields)
    assert np.isnan(result.indicators[0].value)


def test_nothing_is_compiled_twice():
    """The declared types are those that calls come with, so that compiling ahead compiles all there is."""
    compile_all()
    city = small_city(3)
    before = reach.run(city, {}, {})
    edit = AddPath(line=((130.0, 60.0), (470.0, 410.0)), tolerance=80.0).effect(city)
    reach.run(edit.city, {}, {}, before, edit.changes)
    assert {name: len(function.signatures) for name, (function, _) in kernels().items()} == dict.fromkeys(kernels(), 1)


def test_distances_grow_with_every_link_less():
    """Leaving a link out never brings anything nearer."""
    city = City("grid", CRS).replaced(paths=walk_grid(np.random.default_rng(4), 12, 12, 100.0, 0.0))
    whole = net.build(city.paths, net.Rules())
    less = net.build(city.paths.iloc[5:], net.Rules())
    source = np.array([0], dtype=np.int32)
    a = whole.distances(source, np.zeros(1), 2000.0)
    b = less.distances(
        np.array([less.node_of[next(k for k, v in whole.node_of.items() if v == 0)]]), np.zeros(1), 2000.0
    )
    for name, number in less.node_of.items():
        assert b[number] >= a[whole.node_of[name]] - 1e-9
