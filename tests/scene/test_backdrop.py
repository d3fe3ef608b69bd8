"""Frames drawn over a kept picture of what stays are, to the last bit, what they are when all is drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pyvista as pv
from little import X0, Y0
from shots import OBLIQUE, SIZE, TOP

from twin.layer import Field, Layer, Scale
from twin.places import Points
from twin.scene.draw.backdrop import Backdrop, Drawn
from twin.scene.picking import Hit
from twin.scene.resolve import resolve
from twin.scene.view import SceneView
from twin.state import BASE_LAYERS, LayerEntry, Pose, Selection, State

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.scene.mesh import CityMesh
    from twin.scene.resolve import Drawables

TIMES = np.datetime64("2026-01-01T00:00", "ms") + np.arange(4) * np.timedelta64(1, "h")
RED_BLUE = Scale("rb", ("#0000ff", "#ff0000"))


def at(step: float) -> np.datetime64:
    return TIMES[0] + np.timedelta64(int(step * 3_600_000), "ms")


def masts(count: int = 40) -> Layer:
    """Points on stems among the houses, with values of four hours."""
    dice = np.random.default_rng(1)
    places = Points((X0, Y0) + dice.random((count, 2)) * (480.0, 310.0), np.full(count, 8.0))
    values = dice.random((len(TIMES), count)).astype(np.float32)
    return Layer(
        "masts", "M", Field("M", "", "points", np.empty(0, object), values, TIMES, places=places), RED_BLUE, 0, 1
    )


def levels(city: City) -> Layer:
    """Values of four hours on all buildings."""
    ids = city.buildings["id"].to_numpy(object)
    values = np.random.default_rng(2).random((len(TIMES), len(ids))).astype(np.float32)
    return Layer("levels", "L", Field("L", "", "buildings", ids, values, TIMES), RED_BLUE, 0, 1)


def state_of(city: City, *layers: Layer, hidden: str = "", selection: Selection | None = None) -> State:
    base = tuple(LayerEntry(name, name != hidden) for name in BASE_LAYERS)
    return State(city, tuple(LayerEntry(layer.id) for layer in layers) + base, selection)


def drawables(city: City, built: CityMesh, *layers: Layer, theme: str = "light", **more: object) -> Drawables:
    known = {layer.id: layer for layer in layers}
    return resolve(state_of(city, *layers, **more), built, known, theme, "sv")  # type: ignore[arg-type]


View = Callable[[], SceneView]


@pytest.fixture
def views() -> Iterator[View]:
    made: list[tuple[SceneView, pv.Plotter]] = []

    def make() -> SceneView:
        plotter = pv.Plotter(off_screen=True, window_size=list(SIZE), lighting="none")
        view = SceneView(plotter)
        view.patient = True  # every frame alike, however long one takes
        made.append((view, plotter))
        return view

    yield make
    for view, plotter in made:
        view.close()
        plotter.close()


@pytest.fixture
def how(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Say of each frame how it was drawn."""
    said: list[str] = []
    draw = Backdrop.draw

    def record(self: Backdrop, *given: object) -> str:
        said.append(draw(self, *given))  # type: ignore[arg-type]
        return said[-1]

    monkeypatch.setattr(Backdrop, "draw", record)
    return said


class Nothing(Backdrop):
    """Keeps nothing."""

    def draw(self, passes: object, place: object) -> Drawn:
        self._window.Render()
        return "whole"


def whole(view: SceneView, shown: Drawables, pose: Pose, time: np.datetime64, hit: Hit | None = None) -> np.ndarray:
    """Return a frame for which nothing can have been kept."""
    view._backdrop = Nothing(view._window, view._renderer)
    view.show(shown)
    view.set_pose(pose)
    view.hover(hit)
    view.set_time(time)
    view.render()
    return view.image()


@pytest.mark.parametrize("pose", [TOP, OBLIQUE])
@pytest.mark.parametrize("kind", ["masts", "levels", "both"])
def test_a_played_frame_is_one_drawn_whole(
    city: City, built: CityMesh, views: View, how: list[str], kind: str, pose: Pose
) -> None:
    layers = [layer for layer in (masts(), levels(city)) if kind in (layer.id, "both")]
    shown = drawables(city, built, *layers)
    view = views()
    view.show(shown)
    view.set_pose(pose)
    view.render()
    view.hurried = True
    seen = []
    for step in (0.25, 0.5, 1.0, 1.25, 1.5, 2.5):
        view.set_time(at(step))
        view.render()
        seen.append(view.image())
    assert how[-2:] == ["over", "over"]
    assert (seen[-1] != seen[-2]).any(), "the values are seen to change"
    assert np.array_equal(seen[-1], whole(views(), shown, pose, at(2.5)))


def test_what_changes_below_is_drawn_anew(city: City, built: CityMesh, views: View, how: list[str]) -> None:
    layer, pose = masts(), OBLIQUE
    house = str(city.buildings["id"].iloc[0])
    street = str(city.roads["id"].iloc[0])
    plain = drawables(city, built, layer)
    view, other = views(), views()
    view.show(plain)
    view.set_pose(pose)
    view.render()

    def same(shown: Drawables, step: float, hit: Hit | None = None) -> None:
        for instant in (at(step), at(step + 0.1), at(step + 0.2)):  # drawn whole, kept, and over what is kept
            view.set_time(instant)
            view.render()
            assert np.array_equal(view.image(), whole(other, shown, pose, instant, hit))

    same(plain, 0.5)
    same(plain, 0.7)
    assert how.count("over") >= 1
    for shown in (
        drawables(city, built, layer, hidden="streets"),
        drawables(city, built, layer, theme="dark"),
        drawables(city, built, layer, selection=Selection("buildings", (house,))),
        drawables(city, built, levels(city), layer),
        drawables(city, built, layer),
    ):
        view.show(shown)
        same(shown, 1.0)
    for hit in (Hit("roads", street, (0.0, 0.0, 0.0)), Hit("buildings", house, (0.0, 0.0, 0.0)), None):
        view.hover(hit)
        same(plain, 2.0, hit)
    moved = dataclasses.replace(pose, azimuth=pose.azimuth + 40.0)
    view.set_pose(moved)
    view.set_time(at(1.0))
    for _ in range(3):
        view.render()
    assert np.array_equal(view.image(), whole(views(), plain, moved, at(1.0)))


def test_what_changed_once_is_kept_again(city: City, built: CityMesh, views: View, how: list[str]) -> None:
    layer = masts()
    house = str(city.buildings["id"].iloc[0])
    view = views()
    view.show(drawables(city, built, layer))
    view.set_pose(OBLIQUE)
    for k in range(12):
        view.hover(Hit("buildings", house, (0.0, 0.0, 0.0)) if 4 <= k < 8 else None)
        view.set_time(at(k / 4))
        view.render()
    # Begun: as the camera rests, as time is seen to run, as the pointer comes, and as it leaves.
    assert how == ["begun"] * 5 + ["over", "over", "begun", "over", "over", "over"]


def test_a_kept_picture_has_the_size_of_the_window(city: City, built: CityMesh, views: View) -> None:
    shown = drawables(city, built, masts())
    view = views()
    view.show(shown)
    view.set_pose(OBLIQUE)
    for size in (SIZE, (SIZE[0] // 2, SIZE[1] - 40), SIZE):
        view._window.SetSize(*size)
        for step in (0.5, 0.75, 1.0, 1.25, 1.5):
            view.set_time(at(step))
            view.render()
        other = views()
        other._window.SetSize(*size)
        assert np.array_equal(view.image(), whole(other, shown, OBLIQUE, at(1.5)))
