"""Meshes as plain arrays: nothing is lost between a city and its triangles."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from little import CRS, X0, Y0, little_city

from twin.city.city import City, Surfaces
from twin.scene import mesh
from twin.scene.meshing import ribbons, shadow
from twin.scene.meshing.cutting import doubled_area
from twin.scene.meshing.outlines import outlines, triangulate

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.scene.meshing.part import Part


@pytest.fixture(scope="module")
def little() -> City:
    return little_city()


@pytest.fixture(scope="module")
def built(little: City) -> mesh.CityMesh:
    return mesh.build(little)


def area(part: Part) -> float:
    return float(np.abs(doubled_area(part.points[part.cells].astype(float))).sum() / 2)


def star(numbers: list[float], hole: bool) -> shapely.Polygon:
    angles = np.linspace(0, 2 * np.pi, len(numbers), endpoint=False)
    ring = [(r * np.cos(a), r * np.sin(a)) for r, a in zip(numbers, angles, strict=True)]
    inner = [[(0.3 * x, 0.3 * y) for x, y in ring]] if hole else []
    return shapely.Polygon(ring, inner)


@given(st.lists(st.tuples(st.lists(st.floats(1, 30), min_size=3, max_size=12), st.booleans()), min_size=1, max_size=8))
def test_triangles_cover_each_polygon_once(shapes: list[tuple[list[float], bool]]) -> None:
    polygons = np.array([star(*shape) for shape in shapes], dtype=object)
    found = outlines(polygons)
    triangles, polygon = triangulate(found)
    doubled = doubled_area(found.points[triangles])
    assert (doubled >= -1e-9).all(), "a triangle is turned the wrong way"
    np.testing.assert_allclose(np.bincount(polygon, doubled / 2, len(polygons)), shapely.area(polygons), rtol=1e-6)


def test_what_is_no_polygon_is_left_out() -> None:
    given_ = [None, shapely.Point(0, 0), shapely.Polygon(), shapely.box(0, 0, 2, 3), shapely.Polygon([(0, 0)] * 4)]
    found = outlines(np.array(given_, dtype=object))
    assert found.rows.tolist() == [3]
    assert len(found.points) == 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(20, 200), min_size=3, max_size=9), st.booleans())
def test_a_drape_keeps_its_area_and_lies_in_the_ground(numbers: list[float], hole: bool) -> None:
    ground = mesh.build(little_city(3, 2)).ground
    shape = star(numbers, hole)
    part = ground.drape(outlines(np.array([shape], dtype=object)), np.array([3.0]))
    assert area(part) == pytest.approx(shape.area, rel=1e-4)
    middles = part.points[part.cells].astype(float).mean(axis=1)
    gap = middles[:, 2] - ground.at(middles[:, 0], middles[:, 1])
    assert np.abs(gap).max() < 2e-3, "the drape leaves the ground inside a triangle"


def test_covers_and_zones_keep_their_area(little: City, built: mesh.CityMesh) -> None:
    by_kind = little.cover.set_index("kind").geometry
    assert area(built.water) == pytest.approx(by_kind["water"].area, rel=1e-5)
    assert area(built.green) == pytest.approx(by_kind["park"].area, rel=1e-4)
    assert area(built.zones) == pytest.approx(little.zones.area.sum(), rel=1e-5)


def test_buildings_have_their_volume_and_height(little: City, built: mesh.CityMesh) -> None:
    faces = built.solids.faces
    for rank in (0, 7, len(little.buildings) - 1):
        row = int(built.solids.order[rank])
        cells = faces.cells[built.solids.first_cell[rank] : built.solids.first_cell[rank + 1]]
        assert set(faces.attributes["body"][cells.ravel(), 0]) == {float(row)}
        corners = faces.points[cells].astype(float)
        low, high = corners[..., 2].min(), corners[..., 2].max()
        shape = little.buildings.geometry[row]
        above = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flux = np.einsum("ij,ij->i", corners.mean(axis=1) - (0, 0, low), above) / 6
        assert flux.sum() == pytest.approx(shape.area * (high - low), rel=1e-3), "faces are missing or turned"
        assert faces.attributes["body"][cells.ravel(), 1].max() == pytest.approx(
            little.buildings["height"][row], abs=1e-3
        )


def test_edges_run_along_eaves_and_corners_between_the_faces_points(built: mesh.CityMesh) -> None:
    edges = built.solids.edges
    assert edges.points is built.solids.faces.points, "the points would be on the graphics card twice"
    a, b = (edges.points[edges.cells[:, k]].astype(float) for k in (0, 1))
    level, upright = np.abs(a[:, 2] - b[:, 2]) < 1e-3, np.all(np.abs(a[:, :2] - b[:, :2]) < 1e-3, axis=1)
    assert (level ^ upright).all()
    row = edges.attributes["body"][edges.cells, 0]
    assert (row[:, 0] == row[:, 1]).all()
    np.testing.assert_allclose(a[level, 2], built.solids.boxes[row[level, 0].astype(int), 5], atol=1e-3)


def test_a_tile_uses_its_own_points_only(built: mesh.CityMesh) -> None:
    for part in (built.solids.faces, built.solids.edges, built.water, built.roads.fill, built.terrain):
        for (p0, c0), (p1, c1) in zip(part.tiles[:-1], part.tiles[1:], strict=True):
            cells = part.cells[c0:c1]
            assert cells.min() >= p0
            assert cells.max() < p1


def test_the_mesh_travels_between_processes(built: mesh.CityMesh) -> None:
    again = pickle.loads(pickle.dumps(built))
    np.testing.assert_array_equal(again.solids.faces.points, built.solids.faces.points)
    assert again.names.texts == built.names.texts


def test_float32_is_exact_to_a_millimetre(little: City, built: mesh.CityMesh) -> None:
    low = built.solids.boxes[0, :2].astype(float) + built.origin
    np.testing.assert_allclose(low, little.buildings.geometry[0].bounds[:2], atol=1e-3)


def test_a_building_with_parts_is_shown_by_its_parts() -> None:
    city = City("x", CRS).replaced(
        buildings=gpd.GeoDataFrame(
            {"id": ["whole", "low", "high"], "parent": ["", "whole", "whole"], "height": [20.0, 5.0, 20.0]},
            geometry=[shapely.box(0, 0, 20, 10), shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)],
            crs=CRS,
        )
    )
    solids = mesh.build(city).solids
    assert solids.parent.tolist() == [0, 0, 0]
    assert np.isinf(solids.boxes[0]).all()
    np.testing.assert_allclose(solids.boxes[1:, 5], [5, 20])


def test_unknown_heights_follow_the_floors() -> None:
    city = City("x", CRS).replaced(
        buildings=gpd.GeoDataFrame(
            {
                "id": ["a", "b", "c"],
                "floors": [4, np.nan, np.nan],
                "height": [np.nan, np.nan, 9.0],
                "base": [0, 0, 3.0],
            },
            geometry=[shapely.box(i * 20, 0, i * 20 + 10, 10) for i in range(3)],
            crs=CRS,
        )
    )
    boxes = mesh.build(city).solids.boxes
    np.testing.assert_allclose(boxes[:, 5], [12.4, 6.0, 9.0], atol=1e-4)
    assert boxes[2, 2] == pytest.approx(3.0), "what hangs over a passage must not reach the ground"


def test_detailed_surfaces_stand_for_the_footprint() -> None:
    roof = np.array([[0, 0, 5], [10, 0, 5], [5, 10, 9], [0, 0, 0], [10, 0, 0]]) + np.array([X0, Y0, 0.0])
    surfaces = Surfaces(
        roof,
        np.array([[0, 1, 2], [3, 4, 1], [3, 1, 0]], dtype=np.int32),
        np.array([2, 1, 1], dtype=np.uint8),
        np.array([0, 0, 0], dtype=np.int32),
        ("b1",),
    )
    city = City("x", CRS, surfaces=surfaces).replaced(
        buildings=gpd.GeoDataFrame(
            {"id": ["b0", "b1"], "height": [4.0, 99.0]},
            geometry=[shapely.box(X0 + 30, Y0, X0 + 40, Y0 + 10), shapely.box(X0, Y0, X0 + 10, Y0 + 10)],
            crs=CRS,
        )
    )
    solids = mesh.build(city).solids
    assert solids.detailed
    assert solids.boxes[1, 5] == pytest.approx(9.0)
    rank = solids.order.tolist().index(1)
    assert solids.first_cell[rank + 1] - solids.first_cell[rank] == 3


def test_a_bridge_runs_straight_over_the_water(little: City, built: mesh.CityMesh) -> None:
    deck = ribbons.hung(built.roads, built.ground)[0]
    assert len(deck), "no deck hangs above the water"
    x, y = little.roads.geometry[little.roads["bridge"].to_numpy()].iloc[0].interpolate(0.5, normalized=True).coords[0]
    over = ribbons.surface(built.roads, built.ground, np.array([x - built.origin[0]]), np.array([y - built.origin[1]]))
    assert over[0] > built.height_at(x, y) + 2.0


def test_a_viaduct_on_the_flat_lets_a_street_pass() -> None:
    lines = [shapely.LineString([(0, 0), (200, 0)]), shapely.LineString([(100, -80), (100, 80)])]
    city = City("x", CRS).replaced(
        roads=gpd.GeoDataFrame(
            {"id": ["up", "under"], "bridge": [True, False], "level": [1, 0]}, geometry=lines, crs=CRS
        )
    )
    built = mesh.build(city)
    x, y = (np.array([100.0]) - built.origin[0], np.array([0.0]) - built.origin[1])
    assert ribbons.surface(built.roads, built.ground, x, y)[0] == pytest.approx(ribbons.CLEARANCE, abs=0.6)


def test_shadow_raster_holds_the_heights() -> None:
    shape = outlines(np.array([shapely.box(10, 10, 30, 20).difference(shapely.box(14, 12, 20, 18))], dtype=object))
    height = shadow.burn(shape, np.array([7.0]), (0.0, 0.0, 1.0), (40, 40))
    assert height[15, 25] == 7.0
    assert height[15, 16] == 0.0
    assert height[5, 5] == 0.0
    assert (height > 0).sum() == 20 * 10 - 6 * 6
    cast = shadow.cast(height, 1.0)
    assert cast[22, 27] > 0, "no shadow falls away from the sun, to the north-east"
    assert cast[8, 12] == 0, "a shadow falls towards the sun"


@pytest.mark.parametrize("name", ["nothing", "flat", "points"])
def test_poor_cities_mesh_too(name: str, little: City) -> None:
    cases: dict[str, Callable[[], City]] = {
        "nothing": lambda: City("x", CRS),
        "flat": lambda: little_city(2, 2, terrain=False),
        "points": lambda: City("x", CRS).replaced(places=little.places),
    }
    built = mesh.build(cases[name]())
    assert np.isfinite(built.terrain.points).all()


def test_the_city_is_not_changed(little: City) -> None:
    before = pd.util.hash_pandas_object(little.buildings.drop(columns="geometry")).sum()
    shapes = shapely.to_wkb(little.buildings.geometry.to_numpy()).tolist()
    mesh.build(little)
    assert pd.util.hash_pandas_object(little.buildings.drop(columns="geometry")).sum() == before
    assert shapely.to_wkb(little.buildings.geometry.to_numpy()).tolist() == shapes


def test_the_work_tells_how_far_it_is(little: City) -> None:
    class Listener:
        said: list[float] = []  # noqa: RUF012

        def progress(self, fraction: float, text: str = "", **fields: object) -> None:
            self.said.append(fraction)

    mesh.build(little, Listener())
    assert Listener.said == sorted(Listener.said)
    assert Listener.said[-1] == 1.0
