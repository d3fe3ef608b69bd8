"""Receivers in front of façades: where, how many, and none inside anything."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from twin.city.city import City, Terrain
from twin.city.schema import conform
from twin.models.noise import facades
from twin.models.noise.propagation import Options, levels
from twin.models.noise.scene import Building, build
from twin.project import load_city, resolve_path

CRS = "EPSG:3011"


def city(*houses: dict[str, object], terrain: Terrain | None = None) -> City:
    rows = {
        key: [house.get(key, default) for house in houses]
        for key, default in (("ground", 0.0), ("height", 9.0), ("floors", 3.0), ("parent", ""))
    }
    frame = gpd.GeoDataFrame(
        {"id": [f"b{i}" for i in range(len(houses))], "source_id": "s", **rows},
        geometry=[house["shape"] for house in houses],
        crs=CRS,
    )
    return City("houses", CRS, terrain=terrain).replaced(buildings=conform("buildings", frame))


def test_a_house_has_receivers_all_round_on_each_floor() -> None:
    found = facades.receivers(city({"shape": box(0, 0, 20, 10), "ground": 5.0}))
    assert len(found.points) == 3 * (4 + 2 + 4 + 2)
    assert sorted(set(found.points[:, 2].tolist())) == [6.5, 9.5, 12.5]
    assert np.bincount(found.floor).tolist() == [12, 12, 12]
    assert found.length == pytest.approx(np.full(36, 5.0))
    assert found.length[found.floor == 0].sum() == pytest.approx(60)
    outline = box(0, 0, 20, 10)
    assert shapely.distance(outline, shapely.points(found.points[:, :2])) == pytest.approx(np.full(36, 0.1))
    behind = found.points[:, :2] - 0.2 * found.normal
    assert shapely.contains(outline, shapely.points(behind)).all()
    assert np.hypot(*found.normal.T) == pytest.approx(np.ones(36))
    assert (found.facade[found.floor == 0] == found.facade[found.floor == 2]).all()


def test_walls_of_all_lengths() -> None:
    def along(points: list[tuple[float, float]]) -> list[float]:
        found = facades.receivers(city({"shape": Polygon(points), "floors": 1.0}))
        return sorted(round(float(x), 6) for x in found.length)

    assert along([(0, 0), (12, 0), (12, 2), (0, 2)]) == [4.0] * 6
    assert along([(0, 0), (3, 0), (3, 2.4), (0, 2.4)]) == [3.0] * 2
    assert along([(0, 0), (2, 0), (2, 2), (0, 2)]) == [4.0, 4.0]
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    round_house = list(zip(6 * np.cos(angle), 6 * np.sin(angle), strict=True))
    assert len(along(round_house)) == 8


def test_way_round_of_the_ring_does_not_matter_and_courtyards_have_receivers() -> None:
    shape = Polygon(box(0, 0, 30, 30).exterior.coords, [list(box(10, 10, 20, 20).exterior.coords)])
    one = facades.receivers(city({"shape": shape}))
    other = facades.receivers(city({"shape": shape.reverse()}))
    assert len(one.points) == len(other.points) == 3 * (24 + 8)
    key = [tuple(row) for row in np.round(one.points, 6)]
    assert sorted(key) == sorted(tuple(row) for row in np.round(other.points, 6))
    assert not shapely.contains(shape, shapely.points(one.points[:, :2])).any()


def test_none_at_party_walls_but_above_lower_neighbours() -> None:
    found = facades.receivers(
        city({"shape": box(0, 0, 10, 10)}, {"shape": box(10, 0, 20, 10), "height": 3.0, "floors": 1.0})
    )
    tall = found.building == 0
    east = tall & (found.normal[:, 0] > 0.5)
    assert sorted(set(found.floor[east].tolist())) == [1, 2]
    assert not (found.normal[~tall][:, 0] < -0.5).any()


def test_parts_stand_for_their_building_and_unknowns_are_assumed() -> None:
    whole = {"shape": box(0, 0, 20, 10)}
    part = {"shape": box(0, 0, 10, 10), "parent": "b0", "floors": np.nan, "height": 7.0}
    lost = {"shape": box(50, 0, 60, 10), "height": np.nan}
    found = facades.receivers(city(whole, part, lost))
    assert set(found.building.tolist()) == {1}
    assert set(found.floor.tolist()) == {0, 1}
    terrain = Terrain(np.full((4, 4), 21.0, dtype=np.float32), (50.0, 0, -50.0, 0, -50.0, 150.0))
    found = facades.receivers(city({"shape": box(0, 0, 10, 10), "ground": np.nan}, terrain=terrain))
    assert found.points[:, 2].min() == pytest.approx(22.5)
    assert len(facades.receivers(city(lost)).points) == 0


def test_own_facade_does_not_reflect() -> None:
    ring = np.array([[0.0, 10], [40, 10], [40, 20], [0, 20]])
    scene = build(0.0, (), (Building(ring, 12.0, np.zeros(8)),))
    power, source, receiver = np.full(8, 90.0), np.array([5.0, 0, 1]), np.array([20, 9.9, 4.0])
    free = levels(scene, source, power, receiver, Options(), own=0)
    wall = levels(scene, source, power, receiver, Options())
    assert "reflection" in wall.long_term
    assert "reflection" not in free.long_term
    assert wall.total - free.total == pytest.approx(np.full(8, 3.0), abs=0.2)


def test_demo() -> None:
    demo = load_city(resolve_path("demo"))
    found = facades.receivers(demo)
    shapes = np.asarray(demo.buildings.geometry.values)
    assert len(found.points) > 10000
    assert np.isfinite(found.points).all()
    tops = (demo.buildings["ground"] + demo.buildings["height"]).to_numpy(float)
    assert (found.points[:, 2] < tops[found.building] + 1e-6).all()
    ground = found.floor == 0
    tree = shapely.STRtree(shapes)
    hit, at = tree.query(shapely.points(found.points[ground][:, :2]), predicate="within")
    assert not (found.points[ground][hit, 2] < tops[at]).any()
