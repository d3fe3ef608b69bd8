"""What of a data layer lies under a pixel: points, crowds, lines, walls, solids, cells."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pyvista as pv
import shapely
from little import X0, Y0
from shots import OBLIQUE, SIZE, TOP, at

from twin.layer import Field, Layer, Scale
from twin.places import Grid, Lines, Points, Solids, Walls, spot
from twin.scene.camera import Projection
from twin.scene.meeting import Boxed, Ray, nearest_point, nearest_segment
from twin.scene.palette import LIGHT, rgb
from twin.scene.picking import moller_trumbore
from twin.scene.resolve import resolve
from twin.scene.view import SceneView
from twin.state import BASE_LAYERS, LayerEntry, Pose, Selection, State, layer_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.city.city import City
    from twin.scene.mesh import CityMesh
    from twin.scene.picking import Hit

NONE = np.empty(0, dtype=object)
BLUES = Scale("b", ("#0000ff", "#00ffff"))


def own(where: str, places: object, values: object) -> Layer:
    field = Field("V", "m", where, NONE, np.asarray(values, dtype=np.float32), places=places)  # type: ignore[arg-type]
    return Layer("own", "Own", field, BLUES, 0.0, 1.0)


@contextmanager
def seen(city: City, built: CityMesh, layer: Layer, pose: Pose, chosen: str = "") -> Iterator[SceneView]:
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    try:
        picked = Selection(layer_table("own"), (chosen,)) if chosen else None
        state = State(city, (LayerEntry("own"), *map(LayerEntry, BASE_LAYERS)), picked)
        view.set_pose(pose)
        view.show(resolve(state, built, {"own": layer}, "light", "sv"))
        view.render()
        yield view
    finally:
        view.close()
        plotter.close()


def under(view: SceneView, pose: Pose, x: float, y: float, z: float = 0.0) -> Hit | None:
    pixels, _ = Projection(pose, SIZE).pixels(np.array([[X0 + x, Y0 + y, z]]))
    return view.pick(float(pixels[0, 0]), float(pixels[0, 1]))


def test_points_are_met_beside_buildings_and_not_behind_them(city: City, built: CityMesh) -> None:
    xy = np.array([[X0 + 150.0, Y0 + 130.0], [X0 + 330.0, Y0 + 130.0], [X0 + 40.0, Y0 + 60.0]])
    layer = own("points", Points(xy), (0.2, 0.4, 0.8))
    with seen(city, built, layer, TOP) as view:
        hit = under(view, TOP, 330, 130)
        assert hit is not None
        assert (hit.layer, hit.id, hit.count) == ("own", "1", 1)
        aside = under(view, TOP, 350, 145)
        assert aside is None or not aside.layer
        building = under(view, TOP, 42, 14)
        assert building is not None
        assert building.table == "buildings"
    low = Pose((X0 + 40.0, Y0 + 30.0, 10.0), 200.0, 0.0, 4.0)  # from the south: b0 stands before the third point
    with seen(city, built, layer, low) as view:
        hidden = under(view, low, 40, 60, built.height_at(X0 + 40, Y0 + 60) + 2.0)
        assert hidden is not None
        assert hidden.table == "buildings"


def test_what_is_selected_of_a_layer_is_seen(city: City, built: CityMesh) -> None:
    xy = np.array([[X0 + 150.0, Y0 + 130.0], [X0 + 330.0, Y0 + 130.0]])
    lines = Lines(
        np.column_stack([xy[:, 0], xy[:, 1], [np.nan] * 2]), np.column_stack([xy + np.array([40.0, 0.0]), [np.nan] * 2])
    )
    accent = np.array(rgb(LIGHT.accent)) * 255
    lacking = own("points", Points(xy), (0.2, np.nan))
    points = own("points", Points(xy), (0.2, 0.4))
    for layer, aside in ((points, 0.0), (lacking, 0.0), (own("lines", lines, (0.2, 0.4)), 20.0)):
        with seen(city, built, layer, TOP, chosen="1") as view:
            image = view.image()
        near = [np.abs(at(image, x + aside, 130) - accent).max() for x in (150, 330)]
        assert near[1] < 60 < near[0], layer.field.where


def test_a_crowd_is_met_as_one_with_its_number(city: City, built: CityMesh) -> None:
    rng = np.random.default_rng(4)
    xy = np.array([X0 + 240.0, Y0 + 155.0]) + rng.normal(0, 2.0, (900, 2))
    layer = own("points", Points(xy), rng.random(900))
    far = Pose((X0 + 240.0, Y0 + 155.0, 0.0), 4000.0, 0.0, 90.0, True)
    with seen(city, built, layer, far) as view:
        hit = view.pick(SIZE[0] / 2, SIZE[1] / 2)
    assert hit is not None
    assert hit.layer == "own"
    assert 100 < hit.count <= 900


def test_a_point_alone_is_itself_though_others_are_gathered(city: City, built: CityMesh) -> None:
    rng = np.random.default_rng(4)
    crowd = np.array([X0 + 60.0, Y0 + 60.0]) + rng.normal(0, 3.0, (600, 2))
    layer = own("points", Points(np.concatenate([crowd, [[X0 + 400.0, Y0 + 250.0]]])), np.full(601, 0.5))
    far = Pose((X0 + 240.0, Y0 + 155.0, 0.0), 900.0, 0.0, 90.0, True)
    with seen(city, built, layer, far, chosen="600") as view:
        hit = under(view, far, 400, 250)
        image = view.image()
    assert hit is not None
    assert (hit.layer, hit.id, hit.count) == ("own", "600", 1)
    assert np.abs(at(image, 400, 250, far) - np.array(rgb(LIGHT.accent)) * 255).max() < 60


@pytest.mark.parametrize("arch", [0.0, 0.3])
def test_lines_are_met_along_their_way(city: City, built: CityMesh, arch: float) -> None:
    start = np.array([[X0 + 100.0, Y0 + 250.0, np.nan], [X0 + 100.0, Y0 + 130.0, np.nan]])
    end = np.array([[X0 + 400.0, Y0 + 250.0, np.nan], [X0 + 400.0, Y0 + 130.0, np.nan]])
    layer = own("lines", Lines(start, end, arch), (0.2, 0.8))
    with seen(city, built, layer, TOP) as view:
        for x in (120, 250, 380):
            hit = under(view, TOP, x, 130)
            assert hit is not None
            assert (hit.layer, hit.id) == ("own", "1"), x


def test_walls_and_solids_are_met_where_they_stand(city: City, built: CityMesh) -> None:
    foot = 15.0
    points = np.array([[X0 + 42, Y0 + 9.9, foot + z] for z in (1.5, 4.7)])
    low, high = foot + np.array([0.0, 3.2]), foot + np.array([3.2, 9.6])
    walls = Walls(points, np.tile([0.0, -1.0], (2, 1)), np.full(2, 60.0), low, high)
    pose = Pose((X0 + 42, Y0 + 10, foot + 5), 60.0, 0.0, 12.0)
    with seen(city, built, own("facades", walls, (0.1, 0.9)), pose) as view:
        assert [under(view, pose, 42, 9.9, foot + z).id for z in (1.5, 6.4)] == ["0", "1"]  # type: ignore[union-attr]
    shapes = np.array([shapely.box(X0 + 200, Y0 + 100, X0 + 280, Y0 + 180), shapely.box(X0, Y0, X0 + 1, Y0 + 1)])
    solids = Solids.of(shapes[::-1], np.array([1.0, 90.0]))
    with seen(city, built, own("solids", solids, (0.1, 0.9)), OBLIQUE) as view:
        hit = under(view, OBLIQUE, 240, 140, 90.0)
        assert hit is not None
        assert (hit.layer, hit.id) == ("own", "1")
    assert spot(solids, 1) == pytest.approx((X0 + 240, Y0 + 140))


def test_cells_are_met_on_bare_ground_and_streets_before_them(city: City, built: CityMesh) -> None:
    grid = Grid(31, 48, (10.0, 0.0, X0, 0.0, -10.0, Y0 + 310.0), smooth=False)
    values = np.arange(31 * 48, dtype=np.float32)
    values[0] = np.nan
    with seen(city, built, own("grid", grid, values), TOP) as view:
        hits = [under(view, TOP, x, y) for x in range(5, 480, 10) for y in range(5, 310, 10)]
    cells = [hit for hit in hits if hit is not None and hit.layer]
    assert {hit.table for hit in hits if hit is not None} >= {"roads", "buildings", layer_table("own")}
    for hit in cells:
        x, y = spot(grid, int(hit.id))
        assert max(abs(hit.point[0] - x), abs(hit.point[1] - y)) <= 5.01


def test_boxes_in_tiles_give_what_trying_all_gives() -> None:
    rng = np.random.default_rng(8)
    corners = rng.uniform(0, 1000, (4000, 1, 3)) * (1, 1, 0.05) + rng.normal(0, 8, (4000, 3, 3))
    boxed = Boxed(np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1))
    for _ in range(40):
        start = rng.uniform(0, 1000, 3) * (1, 1, 0) + (0, 0, 300)
        way = rng.uniform(0, 1000, 3) * (1, 1, 0) - start
        ray = Ray(start, way / np.linalg.norm(way), 0.001, np.inf)
        t = moller_trumbore(corners, ray.start, ray.heading)
        assert set(np.flatnonzero(np.isfinite(t))) <= set(boxed.along(ray))
        k, _ = nearest_point(corners[:, 0], np.full(4000, 9.0), ray)
        assert k < 0 or k in boxed.along(ray, 9.0)
        k, distance = nearest_segment(corners[:, 0], corners[:, 1], np.full(4000, 9.0), ray)
        assert k < 0 or np.linalg.norm(ray.point(distance) - corners[k, :2].mean(axis=0)) < 60


def test_the_nearest_segment_is_where_geometry_says() -> None:
    ray = Ray(np.array([0.0, 0.0, 10.0]), np.array([0.0, 0.0, -1.0]), -1.0, 20.0)
    start = np.array([[-5.0, 3.0, 0.0], [-5.0, 2.0, 0.0], [1.0, 0.5, 0.0]])
    end = np.array([[5.0, 3.0, 0.0], [5.0, 2.0, 0.0], [9.0, 0.5, 0.0]])
    assert nearest_segment(start[:2], end[:2], np.full(2, 4.0), ray) == (1, 10.0)
    assert nearest_segment(start, end, np.full(3, 4.0), ray)[0] == 2
    assert nearest_segment(start[:2], end[:2], np.full(2, 1.5), ray)[0] == -1
