"""The noise model on cities: what an edit changes, whatever order they are in, and cities nobody would draw."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from noise_towns import HOUSES, STREET, frame, town
from random_edits import random_edit
from shapely.geometry import LineString, Point, Polygon, box
from small_cities import CRS, small_city

from twin.city.changes import Changes
from twin.city.city import City, Terrain
from twin.city.schema import conform
from twin.models.compile import kernels
from twin.models.noise import engine, traffic_of
from twin.models.noise import model as noise
from twin.models.noise.attend import SOURCE_HEIGHT
from twin.models.noise.propagation import HOMOGENEOUS, Options, levels
from twin.models.noise.streets import LEAST, RATIO, split
from twin.models.noise.surroundings import ground_raster, surroundings
from twin.models.noise.tables import shipped

if TYPE_CHECKING:
    from twin.result import Result

QUICK: dict[str, Any] = {"grid": 0.0, "interval": 20.0, "reach": 500.0, "missing": 0.0}


def answer(city: City, previous: Result | None = None, changed: Changes | None = None, **more: Any) -> Result:
    return noise.run(city, noise.settled(noise.NOISE, {**QUICK, **more}), {}, previous, changed)


def facade(result: Result, name: str = "Leq,24h at façades") -> np.ndarray:
    return result.field(name).values.astype(float)


# --- levels ------------------------------------------------------------------------------------------------------


def test_half_the_traffic_is_three_decibels() -> None:
    city = town(HOUSES, [(STREET, {})])
    half = city.replaced(roads=city.roads.assign(aadt=4000.0))
    assert facade(answer(half)) - facade(answer(city)) == pytest.approx(-3.0103, abs=0.001)


def test_without_traffic_nothing_is_heard_and_nobody_exposed() -> None:
    city = town(HOUSES, [(STREET, {"aadt": 0.0})])
    for quiet in (city, city.replaced(roads=city.roads.assign(aadt=9000.0, closed=True)), town(HOUSES, [])):
        result = answer(quiet)
        assert np.isnan(facade(result)).all()
        assert [one.value for one in result.indicators if one.unit == "persons"] == [0.0] * 13


def test_two_directions_are_one_street_of_twice_the_traffic() -> None:
    there, back = STREET, LineString(list(STREET.coords)[::-1])
    both = answer(town(HOUSES, [(there, {}), (back, {})]))
    one = answer(town(HOUSES, [(there, {"aadt": 16000.0})]))
    assert facade(both) == pytest.approx(facade(one), abs=1e-4)


def test_levels_are_those_of_the_engine_for_single_cases() -> None:
    """Piece by piece, the city's store holds what ``twin noise`` would say of each point source."""
    city = town(HOUSES, [(STREET, {})])
    setting = noise.setting(noise.settled(noise.NOISE, {**QUICK, "wall_reach": 200.0}))
    power = traffic_of.powers(city, traffic_of.observed(city), shipped(), 10.0, 0.0)
    heard = engine.hear(city, power, setting)
    around, told = heard.surroundings, heard.store.columns
    every = [(block, k) for block in heard.store.blocks for k in range(len(block.which))]
    for block, k in every[::5]:
        c = int(block.which[k])
        floors = int(told.at[c + 1] - told.at[c])
        numbers, where = split(around.streets.lines, *told.xy[c], RATIO, LEAST, setting.reach)
        place = {int(n): row for n, row in zip(numbers, where, strict=True)}
        for p in range(int(block.piece_at[k]), int(block.piece_at[k + 1]), 5):
            x, y, z = place[int(block.piece[p])][:3]
            receiver = np.array([*told.xy[c], told.z[told.at[c]]])
            found = levels(
                around.scene, np.array([x, y, z + SOURCE_HEIGHT]), np.zeros(8), receiver, Options(1),
                setting.rules.air, own=None,
            ).paths  # fmt: skip
            direct = found["direct", HOMOGENEOUS]
            q = int(block.code_at[k]) + (p - int(block.piece_at[k])) * floors
            share = ((block.codes[q, 0].astype(np.int32) << 13) + 0x21800000).view(np.float32)
            stored = 10 * np.log10(share.astype(float))
            assert (stored > direct - 0.01).all()
            if ("reflection", HOMOGENEOUS) not in found:
                assert stored == pytest.approx(direct, abs=0.01)


def test_own_facade_does_not_reflect_and_others_do() -> None:
    alone = town([(box(-10, 12, 10, 22), {})], [(STREET, {})])
    facing = town([(box(-10, 12, 10, 22), {}), (box(-60, -24, 60, -12), {})], [(STREET, {})])
    free = answer(alone, reflections=0.0)
    assert facade(answer(alone)) == pytest.approx(facade(free), abs=1e-6)
    front = [n for n, row in enumerate(free.field("Leq,24h at façades").places.normal) if row[1] < -0.9]  # type: ignore[union-attr]
    assert (facade(answer(facing))[front] > facade(answer(facing, reflections=0.0))[front] + 0.7).all()


def test_more_absorption_never_raises_a_level() -> None:
    city = town(HOUSES, [(STREET, {})])
    hard, soft = facade(answer(city, facade_absorption=0.0)), facade(answer(city, facade_absorption=0.6))
    assert (soft <= hard + 1e-6).all()
    assert (soft < hard - 0.3).any()


def test_a_screen_shields() -> None:
    city = town(HOUSES, [(STREET, {})])
    screen = frame([{"id": "s", "height": 4.0}], [LineString([(-60, 6), (60, 6)])])
    before, after = answer(city), answer(city.replaced(barriers=conform("barriers", screen, CRS)))
    at = before.field("Leq,24h at façades").places.points  # type: ignore[union-attr]
    behind = (at[:, 1] > 11) & (at[:, 1] < 13) & (at[:, 2] < 2)
    assert (facade(after)[behind] < facade(before)[behind] - 5).all()


def test_tunnels_sound_at_their_portals_only() -> None:
    tube = LineString([(-400, 0), (0, 0)])
    houses = [(box(-210, 10, -190, 20), {}), (box(5, 10, 25, 20), {})]
    found = answer(town(houses, [(tube, {"tunnel": True})]))
    deep, mouth = (found.field("Highest façade, Leq,24h").values[i] for i in (0, 1))
    open_air = answer(town(houses, [(tube, {})])).field("Highest façade, Leq,24h").values
    assert mouth > deep + 12
    assert deep < open_air[0] - 15


def test_a_bridge_carries_its_traffic_high_and_its_deck_screens() -> None:
    """Beside a high bridge the lowest floor hears less than the floor level with the deck."""
    heights = np.where(np.abs(np.arange(-300, 300, 10) + 5) < 150, 0.0, 15.0).astype(np.float32)
    valley = Terrain(np.tile(heights, (60, 1)), (10.0, 0.0, -300.0, 0.0, -10.0, 300.0), "t")
    line = LineString([(-200, 0), (200, 0)])
    house = [(box(-15, 16, 15, 26), {"height": 30.0, "floors": 10.0})]
    bridge = town(house, [(line, {"bridge": True, "lanes": 2.0})], terrain=valley)
    around = surroundings(bridge)
    assert around.scene.decks[:, 2] == pytest.approx(np.full(len(around.scene.decks), 15.0), abs=0.8)
    result = answer(bridge)
    places = result.field("Leq,24h at façades").places
    front = places.normal[:, 1] < -0.9  # type: ignore[union-attr]
    z, level = places.points[front, 2], facade(result)[front]  # type: ignore[union-attr]
    assert level[z > 17].min() > level[z < 5].max() + 5


def test_gradients_and_surfaces_matter() -> None:
    flat = facade(answer(town(HOUSES, [(STREET, {"gradient": 0.0})])))
    steep = facade(answer(town(HOUSES, [(STREET, {"gradient": 8.0})])))
    setts = facade(answer(town(HOUSES, [(STREET, {"surface": "sett"})])))
    assert (steep > flat + 0.2).all()
    assert (setts > flat + 1).all()


# --- incremental -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "within"), [(0.0, 0.01), (0.1, 0.1)])
@pytest.mark.parametrize("seed", range(3))
def test_incremental_is_full(seed: int, missing: float, within: float) -> None:
    rng = np.random.default_rng(seed)
    city = small_city(seed, columns=5, rows=4)
    settings = {"missing": missing, "grid": 90.0}
    result = answer(city, **settings)
    for _ in range(5):
        edit = random_edit(rng, city)
        after = edit.apply(city)
        changed = edit.touches(city)
        step, full = answer(after, result, changed, **settings), answer(after, **settings)
        for one, other in zip(step.fields, full.fields, strict=True):
            assert one.name == other.name
            np.testing.assert_array_equal(np.isnan(one.values), np.isnan(other.values))
            assert np.nanmax(np.abs(one.values - other.values), initial=0.0) <= within, (one.name, edit)
        city, result = after, step


@pytest.mark.parametrize("more", [
    {"favourable_day": 0.0, "favourable_night": 0.3}, {"favourable_rose": "0 0 0.1 0.2; 180 0.9 0.8 0.7"},
    {"hours": "07–19–23"}, {"coefficients": "2015"}, {"assignment": "case1"},
])  # fmt: skip
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_weights_propagate_nothing_anew(more: dict[str, Any], missing: float) -> None:
    city = small_city(1, columns=5, rows=4)
    settings = {"missing": missing, "grid": 90.0}
    first = answer(city, **settings)
    step, full = answer(city, first, Changes(), **settings, **more), answer(city, **settings, **more)
    if missing == 0:
        assert step.working.computed == 0  # type: ignore[union-attr]
        assert [one.value for one in step.indicators] == pytest.approx([one.value for one in full.indicators])
        told, was = ([one.value for one in result.indicators] for result in (step, first))
        assert told != was or (facade(step) != facade(first)).any(), "the parameter does nothing"
    for one, other in zip(step.fields, full.fields, strict=True):
        np.testing.assert_array_equal(np.isnan(one.values), np.isnan(other.values))
        assert np.nanmax(np.abs(one.values - other.values), initial=0.0) <= max(missing, 0.01), one.name
    # and with a house changed at the same time
    id = str(city.buildings["id"].iloc[3])
    taller = city.buildings["height"].where(city.buildings["id"] != id, 40.0)
    high = city.replaced(buildings=city.buildings.assign(height=taller))
    step = answer(high, first, Changes({"buildings": frozenset({id})}), **settings, **more)
    full = answer(high, **settings, **more)
    assert np.nanmax(np.abs(facade(step) - facade(full))) <= max(missing, 0.01)


def test_what_bears_on_paths_begins_anew() -> None:
    """Temperature is in the emission and in the air on the way: an earlier store cannot serve."""
    city = town(HOUSES, [(STREET, {})])
    first = answer(city)
    step, full = answer(city, first, Changes(), air_temperature=25.0), answer(city, air_temperature=25.0)
    assert step.working.computed == full.working.computed > 0  # type: ignore[union-attr]
    assert facade(step).tolist() == facade(full).tolist()


def test_an_edit_far_away_computes_nothing() -> None:
    houses = [*HOUSES, (box(5000, 0, 5010, 10), {})]
    city = town(houses, [(STREET, {})])
    first = answer(city)
    taller = city.replaced(buildings=city.buildings.assign(height=[10.0, 10.0, 18.0, 40.0]))
    step = answer(taller, first, Changes({"buildings": frozenset({"b3"})}, (5000, 0, 5010, 10)))
    own = [c for c in step.working.listeners.columns.own if c == 3]  # type: ignore[union-attr]
    assert step.working.computed <= 0 * len(own)  # type: ignore[union-attr]


def test_traffic_that_rises_brings_back_what_was_left_out() -> None:
    """A far street without weight is left out; when its traffic grows a thousandfold it is heard."""
    far = LineString([(-200, 400), (200, 400)])
    city = town(HOUSES, [(STREET, {}), (far, {"aadt": 1.0})])
    first = answer(city, missing=0.5)
    assert sum(len(block.left) for block in first.working.store.blocks) > 0  # type: ignore[union-attr]
    loud = city.replaced(roads=city.roads.assign(aadt=[10.0, 90000.0]))
    step = answer(loud, first, Changes({"roads": frozenset({"r0", "r1"})}), missing=0.5)
    exact = answer(loud, missing=0.0)
    assert np.abs(facade(step) - facade(exact)).max() <= 0.5


def test_kernels_are_called_with_the_types_they_are_declared_for() -> None:
    ours = {name: kept for name, kept in kernels().items() if ".noise." in name}
    for function, signature in ours.values():
        function.compile(signature)
    city = town(HOUSES, [(STREET, {})])
    first = answer(city, missing=0.1, grid=50.0)
    answer(city.replaced(buildings=city.buildings.iloc[:2]), first, Changes({"buildings": frozenset({"b2"})}))
    assert {name: len(function.signatures) for name, (function, _) in ours.items()} == dict.fromkeys(ours, 1)


def test_the_city_is_not_changed() -> None:
    city = small_city(1, columns=4, rows=3)
    before = {name: city.table(name).copy() for name in ("buildings", "roads", "cover", "barriers")}
    answer(city)
    for name, table in before.items():
        assert table.equals(city.table(name))


# --- seen otherwise ----------------------------------------------------------------------------------------------


def by_place(result: Result) -> dict[tuple[float, ...], float]:
    places = result.field("Leq,24h at façades").places
    rows = zip(places.points.round(3).tolist(), facade(result), strict=True)  # type: ignore[union-attr]
    return {tuple(at): level for at, level in rows}


def test_order_of_rows_does_not_matter() -> None:
    city = small_city(4, columns=5, rows=4)
    rng = np.random.default_rng(1)
    mixed = city.replaced(
        **{
            name: city.table(name).iloc[rng.permutation(len(city.table(name)))].reset_index(drop=True)
            for name in ("buildings", "roads", "cover", "barriers")
        }
    )
    one, other = by_place(answer(city)), by_place(answer(mixed))
    assert set(one) == set(other)
    assert [other[key] for key in one] == pytest.approx(list(one.values()), abs=1e-3, nan_ok=True)


def test_moved_and_turned() -> None:
    city = dataclasses.replace(small_city(2, columns=5, rows=4), terrain=None)
    turn, shift = 0.6, (152_000.0, 6_577_000.0)
    c, s = np.cos(turn), np.sin(turn)

    def move(shape: Any) -> Any:
        return shapely.affinity.affine_transform(shape, (c, -s, s, c, *shift))

    tables = {
        name: city.table(name).assign(geometry=[move(g) for g in city.table(name).geometry])
        for name in ("buildings", "roads", "cover", "barriers", "places")
    }
    one, other = facade(answer(city)), facade(answer(city.replaced(**tables)))
    assert np.nanmax(np.abs(one - other)) <= 0.02


# --- cities nobody would draw ------------------------------------------------------------------------------------

ODD = [
    (Polygon([(0, 0), (0, 0), (0, 0), (0, 0)]), {}),
    (Polygon([(0, 30), (20, 30), (40, 30), (0, 30)]), {}),
    (Polygon([(40, 20), (60, 40), (60, 20), (40, 40), (40, 20)]), {}),
    (Polygon(), {}),
    (box(100, 20, 101, 21), {"height": 1.0}),
    (box(120, 20, 140, 40), {"height": 2000.0}),
    (box(130, 25, 150, 60), {"height": 12.0}),
    (box(-100, 20, -80, 40), {"height": np.nan}),
    (box(-70, 20, -50, 40), {"ground": np.nan}),
    (box(-20, -3, 20, 3), {}),
    (box(160, 10, 200, 50).difference(box(170, 20, 190, 40)), {}),
    (box(-190, 20, -160, 40), {"base": 4.0}),
]


@pytest.mark.parametrize("order", [0.0, 2.0])
def test_odd_houses_have_a_defined_answer(order: float) -> None:
    holes = np.full((30, 60), 3.0, dtype=np.float32)
    holes[5:9, 20:40] = np.nan
    terrain = Terrain(holes, (10.0, 0.0, -300.0, 0.0, -10.0, 200.0), "t")
    city = town(ODD, [(STREET, {}), (LineString([(0, 0), (0, 0)]), {}), (LineString([(-90, 30), (-60, 30)]), {})],
                terrain=terrain)  # fmt: skip
    screens = frame(
        [{"id": "a", "height": np.nan}, {"id": "b", "height": 0.0}, {"id": "c", "height": 3.0, "a63": 0.5}],
        [LineString([(0, 9), (9, 9)]), LineString([(0, 9), (9, 9)]), LineString([(50, 9), (50, 9), (90, 9)])],
    )
    grass = frame([{"id": "g", "kind": "lawn"}, {"id": "h", "kind": "park"}], [box(0, 0, 9, 9), box(-90, 5, 90, 90)])
    city = city.replaced(barriers=conform("barriers", screens, CRS), cover=conform("cover", grass, CRS))
    result = answer(city, reflections=order, grid=30.0)
    left_out = result.working.surroundings.left_out  # type: ignore[union-attr]
    assert left_out["buildings without area"] == 3
    assert left_out["buildings without height"] == 1
    assert left_out["raised building parts"] == 1
    assert left_out["screens without height or length"] == 2
    assert left_out["ground of unknown kind"] == 1
    values = facade(result)
    assert np.isfinite(values).all()
    assert values.max() < 100
    ground = result.field("Leq,24h above the ground")
    assert np.isfinite(ground.values).all()  # where a middle lies in a house, beside it
    assert ground.values.max() < 100


def test_empty_cities() -> None:
    assert answer(City("empty", CRS)).fields[0].values.size == 0
    alone = answer(town([], [(STREET, {})]), grid=50.0)
    assert np.isfinite(alone.field("Leq,24h above the ground").values).any()


def test_terrain_without_square_cells_and_with_holes() -> None:
    heights = np.add.outer(np.linspace(10, 0, 5), np.zeros(9)).astype(np.float32)
    heights[2, 3] = np.nan
    raster = ground_raster(Terrain(heights, (20.0, 0.0, 100.0, 0.0, -40.0, 200.0), "t"))
    assert raster is not None
    assert raster.heights.shape == (10, 9)
    assert np.isfinite(raster.heights).all()
    assert (raster.west, raster.south, raster.cell) == (110.0, 10.0, 20.0)
    assert ground_raster(Terrain(np.full((3, 3), np.nan, np.float32), (1, 0, 0, 0, -1, 0), "t")) is None


def test_a_cell_whose_middle_lies_in_a_house_is_listened_to_beside_it() -> None:
    city = town([(box(-41, 11, 41, 22), {}), (box(-41, 28, 41, 112), {})], [(STREET, {})])
    heard = answer(city, grid=20.0).working
    who = heard.listeners  # type: ignore[attr-defined]
    a, _, west, _, e, north = who.transform
    row, column = who.cell // who.shape[1], who.cell % who.shape[1]
    middle = np.column_stack([west + (column + 0.5) * a, north + (row + 0.5) * e])
    at = who.columns.xy[len(who.columns.xy) - len(who.cell) :]
    moved = (at != middle).any(axis=1)
    inside = shapely.contains(shapely.union_all(city.buildings.geometry), shapely.points(middle))
    assert moved.any()
    assert (moved == inside).all()
    assert (np.abs(at - middle) <= 0.4 * a + 1e-9).all()
    assert not shapely.contains(shapely.union_all(city.buildings.geometry), shapely.points(at)).any()
    assert len(who.cell) < who.shape[0] * who.shape[1], "cells without any place outdoors have no level"


# --- yards and patios --------------------------------------------------------------------------------------------


def test_the_yard_of_a_school_in_a_house_is_its_quiet_side() -> None:
    city = town([(box(-40, 12, 40, 24), {"height": 15.0})], [(STREET, {})])
    rows = [{"id": "in", "kind": "school"}, {"id": "out", "kind": "preschool"}, {"id": "none", "kind": "school"}]
    places = frame(rows, [Point(0, 18), Point(0, 8), Point()])
    result = answer(city.replaced(places=conform("places", places, CRS)))
    yards = result.field("School yards, Leq,24h")
    assert list(yards.ids) == ["in", "out"]
    assert yards.places.xy[0, 1] == pytest.approx(34.0)  # type: ignore[union-attr]
    assert yards.places.xy[1] == pytest.approx([0.0, 8.0])  # type: ignore[union-attr]
    assert yards.values[0] < yards.values[1] - 10
    loud = next(one for one in result.indicators if one.id == "noise.schools")
    assert loud.places == ("out",) if yards.values[0] <= 50 else ("in", "out")


def test_a_patio_is_judged_at_the_quietest_wall_of_the_lowest_storey() -> None:
    houses = [(box(-40, 12, 40, 24), {"dwellings": 7.0, "height": 15.0}), (box(100, 14, 103, 17), {"dwellings": 2.0})]
    result = answer(town(houses, [(STREET, {}), (LineString([(80, 26), (140, 26)]), {})]))
    calm = result.field("Quietest wall at the ground, Leq,24h").values
    at, levels = result.field("Leq,24h at façades").places, facade(result)
    low = at.points[:, 2] < 2  # type: ignore[union-attr]
    first = at.points[:, 0] < 50  # type: ignore[union-attr]
    assert calm == pytest.approx([levels[low & first].min(), levels[low & ~first].min()], abs=1e-4)
    assert calm[1] > 50
    told = next(one for one in result.indicators if one.id == "noise.no_patio")
    assert told.value == 2.0 + (7.0 if calm[0] > 50 else 0.0)
    assert "b1" in told.places
