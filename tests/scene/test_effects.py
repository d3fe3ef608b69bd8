"""Outlines, free sight, sun, section and what is left out on slow machines: told by pixels."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pyvista as pv
from little import X0, Y0, little_city
from shots import OBLIQUE, SIZE, TOP, at

from twin.layer import Field, Layer, Scale
from twin.scene import mesh, sun
from twin.scene.draw.overlay import Look
from twin.scene.draw.tiles import FLAT, Tiles
from twin.scene.meshing import siteplan
from twin.scene.meshing.outlines import outlines
from twin.scene.offscreen import picture
from twin.scene.palette import LIGHT, rgb
from twin.scene.picking import Hit, Picker
from twin.scene.resolve import resolve
from twin.scene.view import SceneView
from twin.state import BASE_LAYERS, LayerEntry, Pose, Selection, State
from twin.when import When

if TYPE_CHECKING:
    from collections.abc import Iterator

RED_BLUE = Scale("rb", ("#0000ff", "#ff0000"))


@pytest.fixture
def view(city, built) -> Iterator[SceneView]:
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.patient = True  # else a busy machine leaves edges rough
    view.show(resolve(bare(city), built, {}, "light", "sv"))
    view.set_pose(TOP)
    yield view
    view.close()
    plotter.close()


def bare(city, *layers: str, selection: Selection | None = None) -> State:
    shown = ("terrain", "streets", "buildings")
    entries = (*(LayerEntry(name) for name in layers), *(LayerEntry(name, name in shown) for name in BASE_LAYERS))
    return State(city, entries, selection)


def frame(view: SceneView, pose: Pose = TOP) -> np.ndarray:
    view.set_pose(pose)
    view.settle()
    view.refine()
    view.render()
    return view.image().astype(int)


def is_accent(image: np.ndarray) -> np.ndarray:
    return np.abs(image - np.array(rgb(LIGHT.accent)) * 255).max(axis=2) < 60


def test_what_is_selected_keeps_its_data_and_has_an_outline(city, built, view) -> None:
    ids = city.buildings["id"].to_numpy(object)
    blue = Layer("v", "V", Field("V", "", "buildings", ids, np.zeros(len(ids), np.float32)), RED_BLUE, 0, 1)
    chosen = Selection("buildings", ("b0",))
    view.show(resolve(bare(city, "v", selection=chosen), built, {"v": blue}, "light", "sv"))
    image = frame(view)
    assert at(image, 40, 18)[2] > 120, "the colour of the data is gone"
    marked = is_accent(image)
    assert marked.sum() > 150
    rows, columns = np.nonzero(marked)
    # The outline runs around b0 (x 12 … 72, y 10 … 54) and nowhere else.
    left, top = SIZE[0] / 2 + (12 - 240) * SIZE[1] / 420, SIZE[1] / 2 - (54 - 155) * SIZE[1] / 420
    assert columns.min() > left - 4
    assert columns.max() < left + 60 * SIZE[1] / 420 + 4
    assert rows.min() > top - 4


def test_outlines_grow_with_the_pixel_ratio(city, built, view) -> None:
    ids = city.buildings["id"].to_numpy(object)
    blue = Layer("v", "V", Field("V", "", "buildings", ids, np.zeros(len(ids), np.float32)), RED_BLUE, 0, 1)
    chosen = Selection("buildings", ("b1",))
    view.show(resolve(bare(city, "v", selection=chosen), built, {"v": blue}, "light", "sv"))
    counts = []
    for ratio in (1.0, 2.0):
        view.pixel_ratio = ratio
        counts.append(is_accent(frame(view)).sum())
    assert counts[1] > 1.3 * counts[0]


def test_the_pointer_outlines_a_building(city, built, view) -> None:
    plain = frame(view)
    view.hover(Hit("buildings", "b3", (0.0, 0.0, 0.0)))
    pointed = frame(view)
    assert 60 < is_accent(pointed).sum() < 900
    view.hover(None)
    assert np.abs(frame(view) - plain).max() < 8


@pytest.mark.parametrize(("table", "id", "point"), [("roads", "r8", (200, 62)), ("zones", "z0", (-160, 155))])
def test_streets_and_zones_selected_have_a_border(city, built, view, table, id, point) -> None:
    ids = city.table(table)["id"].to_numpy(object)
    blue = Layer("v", "V", Field("V", "", table, ids, np.zeros(len(ids), np.float32)), RED_BLUE, 0, 1)
    pose = dataclasses.replace(TOP, distance=160.0, focus=(X0 + point[0], Y0 + point[1], 0.0))
    view.show(resolve(bare(city, "v"), built, {"v": blue}, "light", "sv"))
    before = is_accent(frame(view, pose)).sum()
    chosen = Selection(table, (id,))
    view.show(resolve(bare(city, "v", selection=chosen), built, {"v": blue}, "light", "sv"))
    image = frame(view, pose)
    assert before == 0
    assert is_accent(image).sum() > 100


def test_what_hides_the_selection_is_seen_through(city, built, view) -> None:
    # From the south, low: b5 stands right in front of b6 … its neighbour in the north.
    pose = Pose((X0 + 122, Y0 + 94, 24.0), 160.0, 0.0, 2.0)
    chosen = Selection("buildings", ("b6",))
    view.show(resolve(bare(city, selection=chosen), built, {}, "light", "sv"))
    view.set_pose(pose)
    view.settle()
    view.render()
    hidden = is_accent(view.image().astype(int)).sum()
    seen = is_accent(frame(view, pose)).sum()
    assert seen > 1.5 * hidden + 300
    picker, eye = Picker(built), built.local(np.array([[X0 + 122, Y0 - 60, 40.0]]))[0]
    target = built.local(np.array([[X0 + 122, Y0 + 90, 17.0]]))[0]
    names = {city.buildings["id"][row] for row in picker.between(eye, target)}
    assert "b5" in names
    assert "b20" not in names
    view.show(resolve(bare(city), built, {}, "light", "sv"))
    frame(view, pose)
    scenery = view._scenery
    assert scenery is not None
    assert not len(scenery.painting.ghosts)


def test_what_hides_a_selected_street_is_seen_through(city, built, view) -> None:
    # Low from the side, houses stand before every street of the middle.
    pose = Pose((X0 + 122, Y0 + 94, 24.0), 400.0, 0.0, 8.0)
    scenery = None
    for id in city.roads["id"]:
        view.show(resolve(bare(city, selection=Selection("roads", (id,))), built, {}, "light", "sv"))
        frame(view, pose)
        scenery = view._scenery
        assert scenery is not None
        if len(scenery.painting.ghosts):
            break
    assert scenery is not None
    assert len(scenery.painting.ghosts)
    view.show(resolve(bare(city), built, {}, "light", "sv"))
    frame(view, pose)
    assert not len(scenery.painting.ghosts)


def test_the_sun_stands_where_astronomers_say(city) -> None:
    # Stockholm, 59.3° N 18° E: noon on midsummer 54.1° in the south, and on midwinter 7.2°; night at midnight.
    azimuth, elevation = sun.position(city, np.datetime64("2026-06-21T10:50"))
    assert elevation == pytest.approx(54.1, abs=0.2)
    assert azimuth == pytest.approx(180.0, abs=3.0)
    assert sun.position(city, np.datetime64("2026-12-21T10:46"))[1] == pytest.approx(7.3, abs=0.3)
    assert sun.position(city, np.datetime64("2026-12-21T23:00"))[1] < -40
    np.testing.assert_allclose(sun.vector(90.0, 30.0), (np.cos(np.pi / 6), 0.0, 0.5), atol=1e-12)


def test_shadows_fall_away_from_the_sun(view) -> None:
    # On the ground beside the eastern side of the outermost block, b25 (x 412 … 472, y 10 … 54), and beside b0's west.
    east, west = (480, 32), (4, 32)
    pose = TOP
    view.effects.set_sun((270.0, 25.0))
    evening = frame(view, pose)
    view.effects.set_sun((90.0, 25.0))
    morning = frame(view, pose)
    assert at(evening, *east).mean() < at(morning, *east).mean() - 15
    assert at(morning, *west).mean() < at(evening, *west).mean() - 15
    view.effects.set_sun((0.0, -30.0))
    night = frame(view, pose)
    assert night.mean() < 0.85 * evening.mean()
    view.effects.set_sun(None)
    assert frame(view, pose).mean() > evening.mean()


def test_light_is_finer_where_the_camera_rests(city, built, view) -> None:
    pose = Pose((X0 + 120, Y0 + 62, 10.0), 90.0, 0.0, 60.0)
    view.set_pose(pose)
    view.settle()
    view.render()
    coarse = view.image().astype(int)
    assert view.refine()
    assert not view.refine(), "at rest nothing is done twice"
    view.render()
    fine = view.image().astype(int)
    assert np.abs(fine - coarse).max() > 6
    assert np.abs(fine - coarse).mean() < 6, "the light of the rest is another"


def test_a_section_cuts_open_what_stands_before_it(view) -> None:
    pose = Pose((X0 + 200, Y0 + 120, 10.0), 420.0, 0.0, 35.0)
    whole = frame(view, pose)
    view.effects.set_section(((X0, Y0 + 130.0, 0.0), (0.0, -1.0, 0.0)))
    cut = frame(view, pose)
    south = (slice(200, 300), slice(120, 360))
    assert np.abs(whole[south] - cut[south]).max(axis=2).mean() > 8
    north = (slice(60, 100), slice(150, 330))
    assert np.abs(whole[north] - cut[north]).max(axis=2).mean() < 2
    inside = np.abs(cut - (np.array(rgb(LIGHT.wall)) + np.array(rgb(LIGHT.text))) / 2 * 255).max(axis=2) < 14
    assert inside.sum() > 60, "the cut shows nothing of the inside"
    view.effects.set_section(None)
    assert np.abs(frame(view, pose) - whole).max() < 8


def test_sun_and_section_of_a_state_are_in_its_picture(city, built) -> None:
    plain = bare(city).changed(time=When(at=1_782_031_620.0))  # 21 June 2026, 08:47 UTC
    pose = Pose((X0 + 200, Y0 + 120, 10.0), 420.0, 0.0, 35.0)

    def drawn(**parts: object) -> np.ndarray:
        return picture(city, plain.changed(**parts), {}, SIZE, pose, "light", "sv", city_mesh=built).astype(int)

    usual, noon = drawn(), drawn(sunlit=True)
    assert np.abs(noon - usual).mean() > 0.5
    night = drawn(sunlit=True, time=When(at=1_782_031_620.0 + 14 * 3600))
    assert night.mean() < 0.9 * noon.mean()
    cut = drawn(section=((X0, Y0 + 130.0, 0.0), (0.0, -1.0, 0.0)))
    assert np.abs(usual[200:300, 120:360] - cut[200:300, 120:360]).max(axis=2).mean() > 8


# --- slow machines -------------------------------------------------------------------------------------------------


def look(eye: tuple[float, float, float], forward: tuple[float, float, float], pixel: float = 0.001) -> Look:
    return Look(eye, (0.0, 0.0, 0.0), pixel, False, 1.0, forward, 0.7)


def test_the_nearest_tiles_are_drawn_first() -> None:
    city = little_city(40, 30)
    faces = mesh.build(city).solids.faces
    tiles = Tiles(faces)
    total = len(faces)
    far = look((0.0, 0.0, 20_000.0), (0.0, 0.0, -1.0))
    assert tiles.nearest(far, np.inf).all()
    assert tiles.roofed(far).all()
    drawn = tiles.nearest(far, total / 2)
    cells = np.diff(faces.tiles[:, 1])
    assert 0 < cells[drawn].sum() <= total / 2 + cells.max()
    assert not tiles.nearest(far, 0.0).any()
    near = look((0.0, 0.0, 300.0), (0.0, 0.0, -1.0))
    assert near.pixel_at(2000.0) >= FLAT
    assert tiles.nearest(near, 0.0).any(), "what is near is drawn in any case"
    assert not tiles.roofed(near).all()


def test_a_large_city_at_rest_comes_with_its_roofs_and_then_whole(monkeypatch) -> None:
    monkeypatch.setattr(siteplan, "FEWEST", 1)
    city = little_city(30, 30)
    built = mesh.build(city)
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(bare(city), built, {}, "light", "sv"))
    view.set_pose(Pose((X0 + 1200, Y0 + 930, 0.0), 6000.0, 0.0, 60.0))
    view.settle()
    view.render()
    scenery = view._scenery
    assert scenery is not None

    def shown(name: str) -> list[bool]:
        return [bool(actor.GetVisibility()) for actor in scenery.passes[name].actors]

    assert (set(shown("roofs")), set(shown("buildings"))) == ({True}, {False})
    first = view.image().astype(int)
    assert view.refine()
    view.render()
    assert (set(shown("roofs")), set(shown("buildings"))) == ({False}, {True})
    assert np.abs(view.image().astype(int) - first).mean() < 6
    view.close()
    plotter.close()


def test_roofs_are_the_faces_that_look_up(city, built) -> None:
    solids = built.solids
    corners = solids.roofs.points[solids.roofs.cells].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normal[:, 2] > 0.99 * np.linalg.norm(normal, axis=1)).all()
    known = city.buildings.geometry.area.sum()
    assert normal[:, 2].sum() / 2 == pytest.approx(known, rel=1e-3)


def test_a_raster_knows_which_building_stands_where(monkeypatch) -> None:
    city = little_city()
    monkeypatch.setattr(siteplan, "FEWEST", 1)
    shape = outlines(city.buildings.geometry.to_numpy(), (X0, Y0))
    plan = siteplan.build(shape)
    for row in (0, 7, 22):
        point = city.buildings.geometry[row].representative_point()
        i, j = int((point.x - X0 - plan.west) / plan.pixel), int((point.y - Y0 - plan.south) / plan.pixel)
        assert plan.rows[j, i] == row + 1
    share = (plan.rows > 0).mean() * plan.rows.size * plan.pixel**2
    assert share == pytest.approx(city.buildings.area.sum(), rel=0.01)
    assert siteplan.build(outlines(np.empty(0, dtype=object))) is siteplan.NO_PLAN


def test_a_far_city_keeps_its_colours_while_it_moves(monkeypatch) -> None:
    monkeypatch.setattr(siteplan, "FEWEST", 1)
    city = little_city(30, 30)
    built = mesh.build(city)
    ids = city.buildings["id"].to_numpy(object)
    red = Layer("v", "V", Field("V", "", "buildings", ids, np.ones(len(ids), np.float32)), RED_BLUE, 0, 1)
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(bare(city, "v"), built, {"v": red}, "light", "sv"))
    pose = Pose((X0 + 1200, Y0 + 930, 0.0), 3500.0, 0.0, 60.0)
    still = frame(view, pose)
    view._pace.budget = 0.0
    view.set_pose(dataclasses.replace(pose, azimuth=0.01))
    view.render()
    moving = view.image().astype(int)
    view.close()
    plotter.close()
    scenery = (still[..., 0] - still[..., 1] > 40), (moving[..., 0] - moving[..., 1] > 40)
    assert scenery[0].sum() > 200
    assert 0.6 < scenery[1].sum() / scenery[0].sum() < 1.5
    middle = (slice(140, 180), slice(210, 270))
    assert np.abs(still[middle].mean(axis=(0, 1)) - moving[middle].mean(axis=(0, 1))).max() < 45


def test_frames_of_fewer_pixels_show_the_same_city_with_sharp_names(monkeypatch) -> None:
    city = little_city()
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    monkeypatch.setattr(view._pace, "took", lambda *_args: None)
    monkeypatch.setattr(view._pace, "smooth", lambda *_args: False)
    view.show(resolve(bare(city, "buildings", "streets", "labels"), mesh.build(city), {}, "light", "sv"))
    pose = Pose((X0 + 120, Y0 + 90, 0.0), 500.0, 0.0, 50.0)
    turned = dataclasses.replace(pose, azimuth=0.02)
    still = frame(view, pose)

    def moved(fewer: int) -> np.ndarray:
        for each in (pose, turned):
            view._pace._fewer = fewer
            view.set_pose(each)
            view.render()
        return view.image().astype(int)

    def rough(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image, 2, axis=1)).mean())

    whole, half = moved(0), moved(2)
    view._scenery.passes["labels"].show(False)
    bare_whole, bare_half = moved(0), moved(2)
    view._scenery.passes["labels"].show(True)
    assert rough(bare_half) < 0.75 * rough(bare_whole)
    assert np.abs(bare_half.mean(axis=(0, 1)) - bare_whole.mean(axis=(0, 1))).max() < 1.5, "nothing is cut off"
    assert np.abs(bare_half - bare_whole).mean() < 6
    letters = (np.abs(whole - bare_whole).max(axis=2) > 40) & (whole.max(axis=2) < 110)
    assert letters.sum() > 20
    assert (np.abs(half - whole).max(axis=2)[letters] < 40).mean() > 0.95, "names are as sharp as ever"
    assert np.array_equal(frame(view, pose), still)
    view.close()
    plotter.close()


def test_frames_that_get_slow_drop_details_and_get_them_back() -> None:
    from twin.scene.pace import Pace

    pace = Pace()
    first = pace.budget
    assert pace.share == 1.0
    for _ in range(6):
        pace.took(0.3, smooth=False, still=False, moving=True)
    assert pace.level == 2
    assert pace.share == 0.5
    assert pace.budget < first / 4
    for _ in range(40):
        pace.took(0.01, smooth=False, still=False, moving=True)
    assert pace.level == 0
    assert pace.share == 1.0
    assert pace.budget > first
    assert pace.smooth(still=True, refined=False), "a little city is smooth at once"
    pace.expect(1_400_000)
    assert not pace.smooth(still=True, refined=False)
    assert pace.smooth(still=True, refined=True)
    pace.took(0.3, smooth=True, still=True, moving=False)
    assert not pace.smooth(still=True, refined=False)
    assert pace.smooth(still=True, refined=True)


def test_water_mirrors_the_sky_towards_the_horizon(city, shot) -> None:
    pose = Pose((X0 + 240, Y0 + 430, 0.0), 260.0, 0.0, 8.0)
    image = shot(pose=pose, show=("water", "terrain"), size=SIZE).astype(int)
    near, far = at(image, 240, 360, pose), at(image, 240, 500, pose)
    sky = np.array(rgb(LIGHT.sky)) * 255
    assert np.abs(far - sky).mean() < np.abs(near - sky).mean()


def test_streets_far_away_are_the_same_streets(city, built, shot) -> None:
    ids = city.roads["id"].to_numpy(object)
    red = Layer("v", "V", Field("V", "", "roads", ids, np.ones(len(ids), np.float32)), RED_BLUE, 0, 1)
    counts = []
    for distance in (3.0 * SIZE[1] * 0.98, 3.0 * SIZE[1] * 1.02):
        pose = dataclasses.replace(TOP, distance=distance)
        image = shot(red, pose=pose, show=("terrain", "streets")).astype(int)
        counts.append((image[..., 0] - image[..., 1] > 60).sum())
    assert counts[1] == pytest.approx(counts[0], rel=0.25)
    assert min(counts) > 200


def test_many_poses_leave_no_uniform_behind(view) -> None:
    for azimuth, top in itertools.product((0.0, 120.0), (False, True)):
        frame(view, dataclasses.replace(OBLIQUE, azimuth=azimuth, top=top))
    scenery = view._scenery
    assert scenery is not None
    assert {tuple(sorted(one.missing())) for one in scenery._all()} == {()}
