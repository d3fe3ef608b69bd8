"""Layers with places of their own, widths, flow, times and hatching: told by pixels."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
import pyvista as pv
import shapely
from little import X0, Y0
from shots import OBLIQUE, SIZE, TOP, at

from twin.crowds import gather
from twin.layer import Field, Layer, Scale, Size
from twin.places import Grid, Lines, Picture, Points, Solids, Walls
from twin.scene import offscreen
from twin.scene.camera import Projection
from twin.scene.draw import drape
from twin.scene.meshing import isolines
from twin.scene.palette import LIGHT, rgb
from twin.scene.picking import Hit
from twin.scene.resolve import resolve
from twin.scene.view import SceneView
from twin.state import BASE_LAYERS, LayerEntry, Pose, Selection, State, layer_table

NONE = np.empty(0, dtype=object)
RGB = Scale("rgb", ("#ff0000", "#00ff00", "#0000ff"), "classes")
RED_BLUE = Scale("rb", ("#0000ff", "#ff0000"))
TIMES = np.array(["2026-01-01T00:00", "2026-01-01T01:00"], dtype="datetime64[ms]")
CELL = 10.0
FLAT = ("terrain",)


def own(where: str, places: object, values: object, scale: Scale = RED_BLUE, **more: object) -> Layer:
    numbers = np.asarray(values, dtype=np.float32)
    times = TIMES if numbers.ndim == 2 else None
    field = Field("V", "", where, NONE, numbers, times, places=places)  # type: ignore[arg-type]
    return Layer("v", "V", field, scale, 0.0, 1.0, **more)  # type: ignore[arg-type]


def grid(columns: int = 48, rows: int = 31, smooth: bool = True) -> Grid:
    return Grid(rows, columns, (CELL, 0.0, X0, 0.0, -CELL, Y0 + rows * CELL), smooth)


def is_red(colour: np.ndarray) -> bool:
    return bool(colour[0] > 150 and colour[0] > 1.8 * colour[1] and colour[0] > 1.8 * colour[2])


def is_blue(colour: np.ndarray) -> bool:
    return bool(colour[2] > 120 and colour[2] > 1.5 * colour[1] and colour[2] > 1.5 * colour[0])


def ramp(where: Grid) -> np.ndarray:
    """Values that grow from 0 in the west to 3 in the east."""
    return np.tile(np.linspace(0.0, 3.0, where.columns), (where.rows, 1))


def test_a_grid_lies_on_the_ground_in_its_classes(shot) -> None:
    where = grid()
    values = ramp(where)
    values[:6] = np.nan
    image = shot(own("grid", where, values.ravel(), RGB, breaks=(0.0, 1.0, 2.0, 3.0)), show=FLAT)
    west, middle, east, north = (at(image, *point) for point in ((80, 120), (240, 120), (400, 120), (80, 290)))
    assert west.argmax() == 0
    assert middle.argmax() == 1
    assert east.argmax() == 2
    assert np.ptp(north) < 30, "what has no value is grey"
    outside = at(image, -30, 120)
    assert np.ptp(outside) < 30, "the grid reaches beyond its border"
    # The limit of the first class lies where the value is 1, to a pixel.
    limit = 5.0 + (where.columns - 1) * CELL / 3.0
    assert at(image, limit - 5, 120).argmax() == 0
    assert at(image, limit + 5, 120).argmax() == 1


def test_cells_of_a_count_are_not_smoothed(shot) -> None:
    where = Grid(1, 2, (240.0, 0.0, X0, 0.0, -310.0, Y0 + 310.0), smooth=False)
    image = shot(own("grid", where, [0.0, 1.0]), show=FLAT)
    assert is_blue(at(image, 225, 150))
    assert is_red(at(image, 255, 150))


def test_isolines_are_drawn_and_named(shot, built) -> None:
    where = grid()
    layer = own("grid", where, ramp(where).ravel(), RGB, breaks=(0.0, 1.0, 2.0, 3.0))
    plain = shot(layer, show=FLAT).astype(int)
    lined = shot(dataclasses.replace(layer, isolines=True), show=FLAT).astype(int)
    darker = np.abs(plain - lined).max(axis=2) > 40
    rows = darker.any(axis=1).mean()
    assert rows > 0.6, "a line runs from the south to the north"
    assert darker.mean() < 0.03
    named = isolines.labels(layer.field.values, where, (1.0, 2.0), built.ground, built.origin)
    assert set(named.texts) == {"1", "2"}
    x = named.points[:, 0] + built.origin[0] - X0 - 5.0
    wanted = np.array([float(text) for text in named.texts]) / 3.0 * (where.columns - 1) * CELL
    np.testing.assert_allclose(x, wanted, atol=0.5)
    written = shot(dataclasses.replace(layer, isolines=True), show=(*FLAT, "labels")).astype(int)
    assert (np.abs(written - lined).max(axis=2) > 60).sum() > 40


@pytest.mark.parametrize("drawn", ["cell", "area", "pointed", "nothing"])
def test_a_cell_that_is_picked_is_outlined_and_with_it_its_area(city, built, drawn) -> None:
    where = Grid(6, 8, (40.0, 0.0, X0 + 40, 0.0, -40.0, Y0 + 280), False)
    areas = np.full((6, 8), -1, np.int32)
    areas[1:4, 2:5] = 7
    areas[3, 2] = 9  # so that the area has a corner that turns inwards
    if drawn in ("area", "nothing"):
        where = dataclasses.replace(where, areas=areas.ravel())
    row, column = (0, 0) if drawn == "nothing" else (2, 3)
    layer = own("grid", where, np.zeros(48))
    entries = (LayerEntry("v"), *(LayerEntry(name, name == "terrain") for name in BASE_LAYERS))
    chosen = None if drawn == "pointed" else Selection(layer_table("v"), (str(row * 8 + column),))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city, entries, chosen), built, {"v": layer}, "light", "sv"))
    if drawn == "pointed":
        view.hover(Hit(layer_table("v"), str(row * 8 + column), (0.0, 0.0, 0.0)))
    view.set_pose(TOP)
    view.settle()
    view.render()
    image = view.image().astype(int)
    view.close()
    plotter.close()
    accent = np.array(rgb(LIGHT.accent)) * 255

    def marked(x: float, y: float) -> bool:
        (px, py), *_ = Projection(TOP, SIZE).pixels(np.array([[X0 + x, Y0 + y, 0.0]]))[0]
        some = image[round(py) - 3 : round(py) + 4, round(px) - 3 : round(px) + 4].reshape(-1, 3)
        return bool((np.abs(some - accent).max(axis=1) < 90).any())

    around = {point: "area" for point in ((120, 200), (240, 180), (200, 120), (140, 160), (160, 140))}
    around |= {point: "cell pointed" for point in ((180, 160), (180, 200), (160, 180), (200, 180))}
    around |= {point: "" for point in ((180, 180), (140, 140), (60, 260), (40, 260), (300, 100))}
    found = {point for point in around if marked(*point)}
    assert found == {point for point, by in around.items() if drawn in by.split()}


def test_a_large_grid_is_drawn_by_means_of_its_cells() -> None:
    where = Grid(4, 5000, (1.0, 0.0, 0.0, 0.0, -1.0, 4.0))
    values = np.arange(20_000, dtype=np.float32)
    values[1] = np.nan
    cells, coarse = drape.coarser(values, where)
    assert cells.shape == (1, 2, 2500)
    assert (coarse.rows, coarse.columns, coarse.bounds) == (2, 2500, (0.0, 0.0, 5000.0, 4.0))
    assert cells[0, 0, 0] == pytest.approx((0 + 5000 + 5001) / 3)


def test_facades_are_painted_storey_by_storey(city, shot) -> None:
    # The south wall of b0 (x 12 … 72, y 10): red below, blue above.
    foot = 15.0
    points = np.array([[X0 + 42, Y0 + 9.9, foot + z] for z in (1.5, 4.7)])
    low, high = foot + np.array([0.0, 3.2]), foot + np.array([3.2, 9.6])
    walls = Walls(points, np.tile([0.0, -1.0], (2, 1)), np.full(2, 60.0), low, high)
    pose = Pose((X0 + 42, Y0 + 10, foot + 5), 60.0, 0.0, 12.0)
    image = shot(own("facades", walls, [1.0, 0.0]), pose=pose, show=("buildings", "terrain"))
    assert is_red(at(image, 42, 10, pose, foot + 1.6))
    assert is_blue(at(image, 42, 10, pose, foot + 6.4))
    behind = Pose((X0 + 42, Y0 + 10, foot + 5), 60.0, 180.0, 60.0)
    back = shot(own("facades", walls, [1.0, 0.0]), pose=behind, show=("terrain",)).astype(int)
    assert not (back[..., 0] - back[..., 1] > 90).any(), "the wall is seen from inside"


def test_points_are_symbols_sized_by_a_second_value(shot) -> None:
    xy = np.array([[X0 + 100, Y0 + 150], [X0 + 250, Y0 + 150], [X0 + 400, Y0 + 150]])
    places = Points(xy)
    layer = own("points", places, [1.0, 1.0, np.nan])
    image = shot(layer, show=FLAT)
    assert is_red(at(image, 100, 150))
    assert at(image, 400, 150).min() > 200, "hollow where the value is lacking"
    sizes = Field("S", "", "points", NONE, np.array([0, 9, 0], np.float32), places=places)
    sized = shot(dataclasses.replace(layer, size=Size(sizes, 0, 9, 6, 40)), show=FLAT).astype(int)
    red = (sized[..., 0] - sized[..., 1] > 100).sum(axis=0)
    half = SIZE[0] // 2
    left, right = red[: half - 60].sum(), red[half - 60 :].sum()
    assert 4 < left < 60
    assert right > 700


def test_a_mast_stands_on_a_stem(shot) -> None:
    pose = Pose((X0 - 60, Y0 + 20, 8.0), 90.0, 0.0, 10.0)
    layer = own("points", Points(np.array([[X0 - 60, Y0 + 20]]), np.array([15.0])), [1.0])
    z = shot(layer, pose=pose, show=FLAT), shot(pose=pose, show=FLAT)
    changed = np.abs(z[0].astype(int) - z[1]).max(axis=2) > 40
    rows, columns = np.nonzero(changed)
    assert np.ptp(rows) > 50, "there is no stem"
    assert np.ptp(columns[rows > rows.min() + 20]) < 6


def test_far_points_gather_in_crowds_and_come_apart_when_near() -> None:
    rng = np.random.default_rng(2)
    xy = rng.uniform(0, 1000, (5000, 2))
    values = rng.random(5000).astype(np.float32)
    height = rng.uniform(0, 20, 5000)
    found = gather(xy, height)
    means = found.means(np.stack([values, 2 * values]))
    assert found.height is not None
    for k in range(found.levels):
        some = slice(found.starts[k], found.starts[k + 1])
        counts = found.counts[some]
        assert counts.sum() == 5000
        for mean, true in ((means[0], values), (means[1], 2 * values), (found.height, height)):
            assert np.average(mean[some], weights=counts) == pytest.approx(true.mean(), rel=1e-4)
        middle = np.average(found.xy[some], axis=0, weights=counts)
        np.testing.assert_allclose(middle, xy.mean(axis=0), atol=1e-6)
    assert found.level(0.1) == 0
    levels = [found.level(apart) for apart in (1, 10, 100, 1000, 1e6)]
    assert levels == sorted(levels)
    nodes = [found.nodes(square, level) for square in range(len(found.boxes)) for level in range(found.levels)]
    assert sorted(np.concatenate(nodes)) == list(range(found.rows))
    for square, (west, south, east, north) in enumerate(found.boxes):
        x, y = found.xy[found.nodes(square, 0)].T
        assert ((west <= x) & (x <= east) & (south <= y) & (y <= north)).all()
    assert gather(xy, gathered=False).rows == 5000


def test_a_crowd_of_codes_has_the_first_ones() -> None:
    xy = np.random.default_rng(3).uniform(0, 100, (600, 2))
    found = gather(xy)
    means = found.means(np.arange(600, dtype=np.float32) % 3, codes=True)
    assert set(np.unique(means)) == {0.0, 1.0, 2.0}
    first = [np.flatnonzero(found.owners[0] == crowd)[0] for crowd in range(found.starts[2] - found.starts[1])]
    np.testing.assert_array_equal(means[found.starts[1] : found.starts[2]], means[first])


def test_what_was_gathered_goes_along_to_another_process() -> None:
    xy = np.random.default_rng(3).uniform(0, 100, (600, 2))
    field = Field("V", "", "points", NONE, np.ones(600, np.float32), places=Points(xy))
    assert field.of_crowds.shape[0] > len(field.places.crowds.leads) // 2 > 300
    sent = pickle.loads(pickle.dumps(field))
    assert {"of_crowds", "crowds"} <= {*sent.__dict__, *sent.places.__dict__}
    assert "leads" in sent.places.crowds.__dict__


def test_lines_run_from_point_to_point(shot) -> None:
    lines = Lines(np.array([[X0 + 60, Y0 + 31, np.nan]]), np.array([[X0 + 420, Y0 + 280, np.nan]]), arrow=True)
    layer = own("lines", lines, [1.0])
    image = shot(dataclasses.replace(layer, size=Size(layer.field, 0, 1, 1, 9)), show=FLAT)
    assert is_red(at(image, 240, 155.5))
    assert is_red(at(image, 150, 93.25))
    assert not is_red(at(image, 150, 155))
    thick = (image[:, SIZE[0] // 2].astype(int) @ [1, -1, 0] > 100).sum()
    assert 8 <= thick <= 14
    fine = shot(layer, show=FLAT, scale=2.0)
    assert 4 <= (fine[:, SIZE[0] // 2].astype(int) @ [1, -1, 0] > 100).sum() <= 8, "lines follow the pixel ratio"


def test_lines_seen_through_houses_are_faint_and_have_a_rim(shot, built) -> None:
    """A line low over the ground from a street into the house beside it."""
    x, y = np.linspace(X0 + 74, X0 + 140, 40) - built.origin[0], np.full(40, Y0 + 95 - built.origin[1])
    z = float(built.ground.at(x, y).max()) + 2.0
    ends = [[X0 + 74, Y0 + 95, z]], [[X0 + 140, Y0 + 95, z]]
    layer = own("lines", Lines(*map(np.array, ends)), [1.0])
    sized = dataclasses.replace(layer, size=Size(layer.field, 0, 1, 6, 6))
    only = ("terrain", "buildings")
    plain, through = (shot(dataclasses.replace(sized, through=on), show=only) for on in (False, True))
    for image in (plain, through):
        assert is_red(at(image, 82, 95))  # in the street
    roof, faint = at(plain, 120, 95), at(through, 120, 95)
    assert not is_red(roof)
    assert faint[0] - faint[1] > roof[0] - roof[1] + 25
    dark = []
    for image in (plain, through):
        (px, py), _ = Projection(TOP, SIZE).pixels(np.array([[X0 + 82, Y0 + 95, 0.0]]))[0][0], 0
        beside = image[round(py) - 8 : round(py) + 9, round(px)].astype(int)
        dark.append((beside.max(axis=1) < 150).sum())
    assert dark[0] == 0
    assert dark[1] >= 1


def test_texts_stand_beside_points_and_lines(shot) -> None:
    places = Points(np.array([[X0 + 240, Y0 + 155]]))
    plain = own("points", places, [1.0])
    image = shot(plain, show=(*FLAT, "labels")).astype(int)
    written = shot(dataclasses.replace(plain, texts=("55 dB",)), show=(*FLAT, "labels")).astype(int)
    assert (np.abs(image - written).max(axis=2) > 80).sum() > 30


def test_texts_of_many_points_stand_where_one_is_alone(shot) -> None:
    """Far from the eye points are gathered; a crowd of one still bears the text of its point."""
    rng = np.random.default_rng(4)
    xy = np.concatenate([rng.normal((X0 + 60, Y0 + 60), 4.0, (600, 2)), [[X0 + 400, Y0 + 250]]])
    texts = (*("" for _ in range(600)), "ALONE")
    layers = [own("points", Points(xy), np.full(601, 5.0), texts=some) for some in (texts, ())]
    far = dataclasses.replace(TOP, distance=900.0)
    written, plain = (shot(one, pose=far, show=(*FLAT, "labels")).astype(int) for one in layers)
    assert (np.abs(written - plain).max(axis=2) > 80).sum() > 30


def test_a_picture_is_laid_on_the_ground(shot) -> None:
    pixels = np.zeros((2, 3, 3), dtype=np.uint8)
    pixels[0, 0] = (255, 0, 0)
    pixels[1, 2] = (0, 0, 255)
    place = Picture(np.kron(pixels, np.ones((50, 50, 1), np.uint8)), (3.2, 0.0, X0, 0.0, -3.1, Y0 + 310))
    image = shot(own("picture", place, np.empty(0)), show=FLAT)
    assert is_red(at(image, 80, 270))
    assert is_blue(at(image, 400, 40))
    assert at(image, 80, 40).max() < 60
    assert at(image, -30, 40).min() > 150


def test_a_fine_picture_is_sharp_where_it_is_looked_at(shot, monkeypatch) -> None:
    stripes = np.zeros((400, 400, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    place = Picture(stripes, (1.0, 0.0, X0, 0.0, -1.0, Y0 + 400))
    pose = dataclasses.replace(TOP, distance=60.0)
    monkeypatch.setattr(drape, "_SIDE", 64)
    image = shot(own("picture", place, np.empty(0)), show=FLAT, pose=pose).astype(int)
    row = image[SIZE[1] // 2, 100:380].mean(axis=1)
    assert np.ptp(row) > 120, "the stripes are blurred"


def test_streets_are_widened_by_a_second_field(city, shot) -> None:
    ids = city.roads["id"].to_numpy(object)
    speed = Field("S", "", "roads", ids, np.ones(len(ids), np.float32))
    volume = np.where(ids == "r7", 100.0, 0.0).astype(np.float32)
    layer = Layer("v", "V", speed, RED_BLUE, 0, 1, size=Size(Field("Q", "", "roads", ids, volume), 0, 100, 1, 30))
    image = shot(layer, show=("terrain", "streets")).astype(int)
    plain = shot(dataclasses.replace(layer, size=None), show=("terrain", "streets")).astype(int)

    def wide(picture: np.ndarray, x: float) -> int:
        column = round(SIZE[0] / 2 + (x - 240) * SIZE[1] / TOP.distance)
        return int((picture[150:300, column] @ [2, -1, -1] > 150).sum())

    assert wide(image, 120) > wide(plain, 120) + 8
    assert wide(image, 300) <= wide(plain, 300)


def test_flow_moves_along_the_street(city, built) -> None:
    ids = city.roads["id"].to_numpy(object)
    speed = Field("S", "", "roads", ids, np.ones(len(ids), np.float32))
    layer = Layer("v", "V", speed, RED_BLUE, 0, 1, flow=speed)
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    entries = (LayerEntry("v"), *(LayerEntry(name, name in ("terrain", "streets")) for name in BASE_LAYERS))
    view.show(resolve(State(city, entries), built, {"v": layer}, "light", "sv"))
    view.set_pose(TOP)
    assert view.moving
    frames = []
    for seconds in (0.0, 0.1, 0.2):
        view.set_seconds(seconds)
        view.settle()
        view.render()
        frames.append(view.image().astype(int))
    # r6 runs east along y = 62: what is bright at 0 s is bright a little further east at 0.1 s.
    row = round(SIZE[1] / 2 + (155 - 62) * SIZE[1] / TOP.distance)
    first, second = (frame[row, 60:400, 1] - frame[row, 60:400, 1].mean() for frame in frames[:2])
    shifts = {k: float(np.dot(first[20:-20], np.roll(second, -k)[20:-20])) for k in range(-12, 13)}
    best = max(shifts, key=lambda k: shifts[k])
    assert 0 < best <= 12
    view.show(resolve(State(city, entries), built, {}, "light", "sv"))
    assert not view.moving
    view.close()
    plotter.close()


def test_a_time_between_two_is_a_mix_without_an_upload(city, built, monkeypatch) -> None:
    ids = city.buildings["id"].to_numpy(object)
    values = np.stack([np.zeros(len(ids)), np.ones(len(ids))]).astype(np.float32)
    layer = Layer("v", "V", Field("V", "", "buildings", ids, values, TIMES), RED_BLUE, 0, 1)
    entries = (LayerEntry("v"), *(LayerEntry(name) for name in BASE_LAYERS))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city, entries), built, {"v": layer}, "light", "sv", time=TIMES[0]))
    view.set_pose(TOP)
    view.render()
    from twin.scene.draw.gpu import Texture

    def refuse(*_: object) -> None:
        raise AssertionError("values were sent to the graphics card again")

    monkeypatch.setattr(Texture, "write", refuse)
    colours = []
    for minute in (0, 15, 30, 60):
        view.set_time(TIMES[0] + np.timedelta64(minute, "m"))
        view.settle()
        view.render()
        colours.append(at(view.image(), 40, 18))
    red = [colour[0] for colour in colours]
    assert red == sorted(red)
    assert red[0] < 30
    assert red[-1] > 200
    assert 0.2 < (red[1] - red[0]) / (red[-1] - red[0]) < 0.3
    assert 0.45 < (red[2] - red[0]) / (red[-1] - red[0]) < 0.55
    view.close()
    plotter.close()


def test_classes_between_two_times_are_the_classes_of_the_mixed_value(city, shot, built) -> None:
    ids = city.buildings["id"].to_numpy(object)
    values = np.stack([np.full(len(ids), 0.5), np.full(len(ids), 2.5)]).astype(np.float32)
    layer = Layer("v", "V", Field("V", "", "buildings", ids, values, TIMES), RGB, 0, 3, (0.0, 1.0, 2.0, 3.0))
    entries = (LayerEntry("v"), *(LayerEntry(name, name != "labels") for name in BASE_LAYERS))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.set_pose(TOP)
    view.show(resolve(State(city, entries), built, {"v": layer}, "light", "sv"))
    for minute, channel in ((0, 0), (10, 0), (30, 1), (50, 2), (60, 2)):
        view.set_time(TIMES[0] + np.timedelta64(minute, "m"))
        view.settle()
        view.render()
        colour = at(view.image(), 40, 18)
        assert colour.argmax() == channel, minute
        assert colour.min() < 40, "classes are not mixed"
    view.close()
    plotter.close()


@pytest.mark.parametrize(("where", "point"), [("zones", (-40, 20)), ("buildings", (40, 18)), ("roads", (290, 62))])
def test_what_is_lacking_is_hatched(city, shot, where, point) -> None:
    ids = city.table(where)["id"].to_numpy(object)
    field = Field("V", "", where, ids, np.full(len(ids), np.nan, np.float32))
    pose = dataclasses.replace(TOP, distance=120.0, focus=(X0 + point[0], Y0 + point[1], 0.0))
    show = ("terrain", "buildings", "streets")
    hatched, plain = (
        shot(Layer("v", "V", field, RED_BLUE, 0, 1, hatch=hatch), pose=pose, show=show).astype(int)
        for hatch in (True, False)
    )
    middle = (slice(130, 190), slice(200, 280))
    assert hatched[middle].std() > plain[middle].std() + 2
    assert np.ptp(hatched[middle].reshape(-1, 3).mean(axis=0)) < 25, "stripes have no hue"
    half = dataclasses.replace(field, ids=ids[:0], values=field.values[:0])
    unnamed = shot(Layer("v", "V", half, RED_BLUE, 0, 1, hatch=True), pose=pose, show=show).astype(int)
    assert np.abs(unnamed[middle] - plain[middle]).mean() < 12, "what the layer does not name is hatched"


def test_overlays_lie_in_the_order_of_the_layers(city, built) -> None:
    where = Grid(1, 1, (480.0, 0.0, X0, 0.0, -310.0, Y0 + 310.0), smooth=False)
    red, blue = own("grid", where, [1.0]), own("grid", where, [0.0])
    layers = {"red": dataclasses.replace(red, id="red"), "blue": dataclasses.replace(blue, id="blue")}
    for first, test in (("red", is_red), ("blue", is_blue)):
        second = "blue" if first == "red" else "red"
        entries = (LayerEntry(first), LayerEntry(second), LayerEntry("terrain"))
        image = offscreen.picture(city, State(city, entries), layers, SIZE, TOP, "light", "sv", city_mesh=built)
        assert test(at(image, 240, 124))


def test_a_million_points_are_drawn(city, built) -> None:
    rng = np.random.default_rng(1)
    xy = np.column_stack([X0 + rng.uniform(0, 480, 200_000), Y0 + rng.uniform(0, 310, 200_000)])
    layer = own("points", Points(xy), rng.random(200_000))
    entries = (LayerEntry("v"), LayerEntry("terrain"))
    image = offscreen.picture(city, State(city, entries), {"v": layer}, SIZE, OBLIQUE, "light", "sv", city_mesh=built)
    assert image.std() > 15


def test_every_uniform_of_an_overlay_is_set(city, built) -> None:
    xy = np.array([[X0 + 100, Y0 + 150], [X0 + 250, Y0 + 150]])
    some = (
        own("grid", grid(), np.zeros(len(grid()))),
        own("points", Points(xy, np.array([0.0, 10.0])), [0, 1]),
        own("lines", Lines(np.zeros((1, 3)), np.ones((1, 3))), [0]),
        own("picture", Picture(np.zeros((2, 2, 3), np.uint8), (1, 0, X0, 0, -1, Y0)), np.empty(0)),
        own("facades", Walls(np.ones((1, 3)), np.ones((1, 2)), np.ones(1), np.zeros(1), np.ones(1)), [0]),
    )
    layers = {f"{k}": dataclasses.replace(one, id=f"{k}") for k, one in enumerate(some)}
    entries = tuple(LayerEntry(name) for name in (*layers, *BASE_LAYERS))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city, entries), built, layers, "light", "sv"))
    view.set_pose(TOP)
    view.render()
    scenery = view._scenery
    assert scenery is not None
    assert {tuple(sorted(one.missing())) for one in scenery._overlaid} == {()}
    view.close()
    plotter.close()


def test_areas_are_raised_to_solids_with_their_holes(shot) -> None:
    block = shapely.box(X0 + 200, Y0 + 100, X0 + 280, Y0 + 180)
    ring = shapely.difference(block, shapely.box(X0 + 225, Y0 + 125, X0 + 255, Y0 + 155))
    other = shapely.box(X0 + 320, Y0 + 100, X0 + 360, Y0 + 140)
    shapes = np.array([ring, other], dtype=object)
    flat, tall = (own("solids", Solids.of(shapes, np.array([h, h])), (1.0, 0.0)) for h in (0.0, 60.0))
    image = shot(tall, show=FLAT)
    assert is_red(at(image, 212, 140, z=60.0))
    assert is_blue(at(image, 340, 120, z=60.0))
    assert not is_red(at(image, 240, 140))
    low, high = (
        sum(is_red(colour) for colour in shot(one, show=FLAT, pose=OBLIQUE).reshape(-1, 3)[::7]) for one in (flat, tall)
    )
    assert high > 1.4 * low


def test_a_layer_that_comes_later_is_drawn_at_once(city, built) -> None:
    """Crowds of points are chosen by the camera: a layer added while it rests must be told where it is."""
    base = tuple(LayerEntry(name, name in FLAT) for name in BASE_LAYERS)
    layer = own("points", Points(np.array([[X0 + 240.0, Y0 + 155.0]])), (1.0,))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    try:
        view.set_pose(TOP)
        view.show(resolve(State(city, base), built, {}, "light", "sv"))
        view.render()
        before = view.image()
        view.show(resolve(State(city, (LayerEntry("v"), *base)), built, {"v": layer}, "light", "sv"))
        view.render()
        assert (view.image() != before).any()
    finally:
        view.close()
        plotter.close()


def test_other_colours_of_the_same_numbers_need_no_new_overlay(city, built) -> None:
    base = tuple(LayerEntry(name, name in FLAT) for name in BASE_LAYERS)
    rng = np.random.default_rng(5)
    xy = np.column_stack([X0 + rng.uniform(0, 480, 900), Y0 + rng.uniform(0, 300, 900)])
    first = own("points", Points(xy), np.ones(900))
    second = dataclasses.replace(first, scale=Scale("br", ("#ff0000", "#0000ff")))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    red, made = [], []
    try:
        view.set_pose(TOP)
        for layer in (first, second):
            view.show(resolve(State(city, (LayerEntry("v"), *base)), built, {"v": layer}, "light", "sv"))
            view.render()
            red.append(sum(is_red(colour) for colour in view.image().reshape(-1, 3)[::5]))
            overlaid = view._scenery._overlaid._shown  # type: ignore[union-attr]
            assert [over.layer for over in overlaid.values()] == [layer]
            made.append(next(iter(overlaid.values())))
    finally:
        view.close()
        plotter.close()
    assert made[0] is made[1]
    assert red[0] > 500
    assert red[1] < 50
