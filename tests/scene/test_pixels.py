"""What the shaders draw, told by pixels: a shader that fails to compile only writes to the log."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shots import OBLIQUE, SIZE, TOP, at

from twin.layer import Field, Layer, Scale
from twin.scene import mesh, offscreen
from twin.scene.palette import CONTRAST, DARK, LIGHT, rgb
from twin.state import Pose, Selection, State

if TYPE_CHECKING:
    from twin.city.city import City

RED_BLUE = Scale("rb", ("#0000ff", "#ff0000"))
ROOF = (40, 18)
"""A point on the roof of b0."""


def layer(
    city: City, where: str, value: float, rows: int | None = None, scale: Scale = RED_BLUE, **more: object
) -> Layer:
    table = "places" if where == "points" else where
    ids = city.table(table)["id"].to_numpy(object)[:rows]
    return Layer("v", "V", Field("V", "", where, ids, np.full(len(ids), value, np.float32)), scale, 0.0, 1.0, **more)  # type: ignore[arg-type]


def near(colour: np.ndarray, wanted: str, tolerance: float = 26) -> bool:
    return bool(np.abs(colour - np.array(rgb(wanted)) * 255).max() < tolerance)


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK), ("contrast", CONTRAST)])
def test_the_base_map_has_the_colours_of_its_theme(shot, theme, colours) -> None:
    image = shot(theme=theme, show=("buildings", "streets", "green", "water", "terrain", "paths"))
    assert near(at(image, *ROOF), colours.roof)
    assert near(at(image, 0, 30), colours.street)
    assert near(at(image, -40, 180), colours.park)
    assert near(at(image, 530, 95), colours.square)
    pose = Pose((TOP.focus[0], TOP.focus[1] + 270, 0.0), 300.0, 0.0, 90.0, True)
    image = shot(theme=theme, pose=pose, show=("water", "terrain"))
    assert near(at(image, 100, 430, pose), colours.water)


def test_high_contrast_has_bright_outlines_and_letters_on_black(shot) -> None:
    pose = Pose((TOP.focus[0] - 150, TOP.focus[1] - 60, 0.0), 240.0, 20.0, 40.0)
    ground = shot(theme="contrast", show=("terrain",), pose=pose)
    assert ground.max() < 12, "something is lit that should be black"
    for show, least in (("buildings", 1200), ("labels", 250)):
        image = shot(theme="contrast", show=("terrain", show), pose=pose)
        bright = (image.min(axis=2) > 235).sum()
        assert bright > least, show
    plain = shot(theme="dark", show=("terrain", "buildings"), pose=pose)
    assert (plain.min(axis=2) > 235).sum() == 0


def test_what_high_contrast_tells_apart_is_far_enough_apart() -> None:
    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    def ratio(a: str, b: str) -> float:
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    c = CONTRAST
    for letters in (c.text, c.text_district, c.text_water, c.text_park, c.edge, c.accent, c.street_major, c.street):
        assert ratio(letters, c.terrain) >= 7
    for ground in (c.roof, c.wall, c.park, c.square):
        assert ratio(c.edge, ground) >= 7
    assert ratio(c.water, c.terrain) >= 3


@pytest.mark.parametrize(
    ("name", "point"), [("buildings", ROOF), ("streets", (290, 62)), ("green", (-40, 180)), ("paths", (-60, 187.5))]
)
def test_a_hidden_base_layer_is_not_drawn(shot, name, point) -> None:
    everything = ("buildings", "streets", "green", "terrain", "paths")
    shown = at(shot(show=everything), *point)
    hidden = at(shot(show=tuple(n for n in everything if n != name)), *point)
    assert np.abs(shown - hidden).max() > 3


@pytest.mark.parametrize("name", ["trees", "barriers", "places", "labels"])
def test_small_things_are_drawn(shot, name) -> None:
    pose = Pose((TOP.focus[0] - 150, TOP.focus[1] - 60, 0.0), 330.0, 0.0, 90.0, True)
    plain, with_it = shot(show=("terrain",), pose=pose), shot(show=("terrain", name), pose=pose)
    assert (np.abs(plain.astype(int) - with_it).max(axis=2) > 12).sum() > 15


@pytest.mark.parametrize(("value", "colour"), [(0.0, "#0000ff"), (1.0, "#ff0000"), (0.5, "#800080")])
def test_a_roof_has_the_colour_of_its_value(city, shot, value, colour) -> None:
    assert near(at(shot(layer(city, "buildings", value)), *ROOF), colour, 12)


def test_classes_are_painted_by_their_limits(city, shot) -> None:
    three = Scale("three", ("#ff0000", "#00ff00", "#0000ff"), "classes")
    for value, colour in ((5.0, "#ff0000"), (10.0, "#00ff00"), (19.9, "#00ff00"), (99.0, "#0000ff"), (-3.0, "#ff0000")):
        painted = layer(city, "buildings", value, scale=three, breaks=(0.0, 10.0, 20.0, 30.0))
        assert near(at(shot(painted), *ROOF), colour, 12), value


def test_unknown_values_stay_grey(city, shot) -> None:
    image = shot(layer(city, "buildings", np.nan))
    assert np.ptp(at(image, *ROOF)) < 20
    image = shot(layer(city, "buildings", 1.0, rows=3))
    assert near(at(image, *ROOF), "#ff0000", 12)
    assert np.ptp(at(image, 440, 290)) < 20, "a building outside the layer is coloured"


def test_opacity_mixes_with_the_base(city, shot) -> None:
    half = at(shot(layer(city, "buildings", 1.0), opacity=0.5), *ROOF)
    assert 90 < half[1] < 150
    assert half[0] > 220


@pytest.mark.parametrize(
    ("where", "point"), [("roads", (290, 62)), ("paths", (-60, 187.5)), ("zones", (-40, 20)), ("points", (20, 5))]
)
def test_data_on_other_things(city, shot, where, point) -> None:
    hidden = () if where != "points" else ("terrain",)
    show = hidden or ("terrain", "streets", "paths")
    colour = at(shot(layer(city, where, 1.0), show=show), *point)
    assert colour[0] > 180
    assert colour[0] > colour[1] + 60, "the colour of the layer is missing"


def test_selection_and_hover(city, built, shot) -> None:
    chosen = shot(selection=Selection("buildings", ("b0",)))
    assert near(at(chosen, *ROOF), LIGHT.accent, 45)
    assert near(at(chosen, 120, 40), LIGHT.roof, 26), "another building is marked"
    for selection, point in ((Selection("roads", ("r8",)), (200, 62)), (Selection("zones", ("z0",)), (-40, 20))):
        show = ("streets", "terrain")
        plain, marked = at(shot(show=show), *point), at(shot(show=show, selection=selection), *point)
        assert (marked - plain)[2] < -25, selection
    hit = offscreen_hover(city, built, "buildings", "b0")
    assert np.abs(at(hit, *ROOF) - at(shot(), *ROOF)).max() > 15


def offscreen_hover(city: City, built: mesh.CityMesh, table: str, name: str) -> np.ndarray:
    import pyvista as pv

    from twin.scene.picking import Hit
    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView

    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city), built, {}, "light", "sv"))
    view.set_pose(TOP)
    view.hover(Hit(table, name, (0.0, 0.0, 0.0)))
    view.settle()
    view.render()
    image = view.image()
    view.close()
    plotter.close()
    return image


def test_filtered_buildings_are_gone(city, built) -> None:
    import pyvista as pv

    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView

    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.set_pose(TOP)
    px, py = offscreen_pixel(ROOF)
    view.show(resolve(State(city), built, {}, "light", "sv"))
    view.render()
    assert near(at(view.image(), *ROOF), LIGHT.roof)
    hit = view.pick(px, py)
    assert hit is not None
    assert (hit.table, hit.id) == ("buildings", "b0")
    view.show(resolve(State(city), built, {}, "light", "sv", hidden=frozenset({"b0"})))
    view.render()
    assert not near(at(view.image(), *ROOF), LIGHT.roof, 8)
    hit = view.pick(px, py)
    assert hit is None or hit.id != "b0"
    view.close()
    plotter.close()


def offscreen_pixel(point: tuple[float, float]) -> tuple[float, float]:
    from little import X0, Y0

    from twin.scene.camera import Projection

    px, py = Projection(TOP, SIZE).pixels(np.array([[X0 + point[0], Y0 + point[1], 0.0]]))[0][0]
    return float(px), float(py)


def test_a_drawn_thing_is_what_is_picked_there(city, built) -> None:
    """Colour every building by its row, then compare picture and picker all over an oblique view."""
    import pyvista as pv

    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView
    from twin.state import BASE_LAYERS, LayerEntry

    ids = city.buildings["id"].to_numpy(object)
    chosen = np.array([1.0 if k % 2 else 0.0 for k in range(len(ids))], dtype=np.float32)
    painted = Layer("v", "V", Field("V", "", "buildings", ids, chosen), RED_BLUE, 0.0, 1.0)
    entries = (LayerEntry("v"), *(LayerEntry(n, n in ("buildings", "terrain")) for n in BASE_LAYERS))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city, entries), built, {"v": painted}, "light", "sv"))
    view.set_pose(OBLIQUE)
    view.settle()
    view.render()
    image = view.image().astype(int)
    wrong = total = 0
    for py in range(6, SIZE[1], 9):
        for px in range(6, SIZE[0], 9):
            hit = view.pick(px + 0.5, py + 0.5)
            r, _, b = image[py, px]
            drawn = "red" if r > b + 60 else "blue" if b > r + 60 else ""
            picked = ("red" if chosen[list(ids).index(hit.id)] else "blue") if hit and hit.table == "buildings" else ""
            total += 1
            wrong += drawn != picked
    view.close()
    plotter.close()
    assert wrong / total < 0.02, f"{wrong} of {total} pixels show another building than is picked"


def test_no_hole_and_no_fighting(shot) -> None:
    """Terrain far from all else is one colour; a street on the hill has no speck of ground in it."""
    pose = Pose((OBLIQUE.focus[0] - 200, OBLIQUE.focus[1], 15.0), 260.0, 80.0, 30.0)
    image = shot(pose=pose, show=("terrain", "streets"), size=(600, 400)).astype(int)
    casing, fill = np.array(rgb(LIGHT.casing)) * 255, np.array(rgb(LIGHT.street)) * 255
    is_fill = np.abs(image - fill).max(axis=2) < 10
    around = is_fill[1:-1, :-2] & is_fill[1:-1, 2:] & is_fill[:-2, 1:-1] & is_fill[2:, 1:-1]
    speck = around & ~is_fill[1:-1, 1:-1] & (np.abs(image[1:-1, 1:-1] - casing).max(axis=2) < 14)
    assert is_fill.sum() > 500
    assert speck.sum() == 0


def test_pieces_make_the_same_picture(shot, monkeypatch) -> None:
    whole = shot(pose=OBLIQUE).astype(int)
    monkeypatch.setattr(offscreen, "_PIECE", 200)
    pieces = shot(pose=OBLIQUE).astype(int)
    assert (np.abs(whole - pieces).max(axis=2) > 24).mean() < 1e-3


def test_two_pictures_are_the_same(shot) -> None:
    np.testing.assert_array_equal(shot(pose=OBLIQUE), shot(pose=OBLIQUE))


def test_a_translucent_city_lets_the_ground_through(city, built) -> None:
    from twin.state import BASE_LAYERS, LayerEntry

    def picture(opacity: float) -> np.ndarray:
        entries = tuple(LayerEntry(n, n != "labels", opacity if n == "buildings" else 1.0) for n in BASE_LAYERS)
        return offscreen.picture(city, State(city, entries), {}, SIZE, TOP, "dark", "sv", city_mesh=built)

    full, half, none = (at(picture(o), *ROOF) for o in (1.0, 0.5, 0.0))
    assert none.mean() + 8 < half.mean() < full.mean() - 8


def test_nothing_of_vtk_is_left_behind(shot) -> None:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkMapper, vtkRenderWindow, vtkTexture

    def alive() -> int:
        gc.collect()
        return sum(isinstance(o, vtkActor | vtkMapper | vtkRenderWindow | vtkTexture) for o in gc.get_objects())

    shot()
    before = alive()
    shot()
    shot(theme="dark")
    assert alive() <= before


def test_every_uniform_is_set(city, built) -> None:
    import pyvista as pv

    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView

    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    view = SceneView(plotter)
    view.show(resolve(State(city), built, {}, "light", "sv"))
    view.set_pose(TOP)
    view.render()
    scenery = view._scenery
    assert scenery is not None
    assert {name: one.missing() for name, one in scenery.passes.items() if one.missing()} == {}
    view.close()
    plotter.close()


def test_the_whole_city_is_the_default(city, shot) -> None:
    image = offscreen.picture(city, State(city), {}, (320, 200), None, "light", "sv")
    assert image.shape == (200, 320, 3)
    assert image.std() > 8
