"""The view with a real VTK widget: what is drawn, picked, moved, and how often."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from twin.scene import mesh
from twin.scene.meshing.near_shade import NearShade
from twin.state import Pose, Selection
from twin.ui import overlay, theme
from twin.ui.pointer import hover_text
from twin.ui.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from twin.state import Store

X, Y = 153_000.0, 6_579_000.0
LOOK = Pose((X + 10, Y + 15, 18.0), 160.0, 0.0, 60.0)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, store: Store) -> Iterator[Viewport]:
    theme.apply(qapp, "light")
    view = Viewport("en")
    view.resize(640, 480)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        view.show_city(store, mesh.build(store.state.city), {}, LOOK)
    qtbot.waitUntil(lambda: not view.navigator.moving, timeout=30_000)
    yield view
    view.shut()


def scene(view: Viewport) -> object:
    found = view.findChild(object, "scene")
    assert found is not None
    return found


def pixels(view: Viewport) -> np.ndarray:
    picture = view.canvas.picture()
    assert picture is not None
    data = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return data[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3).copy()


def count_renders(view: Viewport, counts: list[int]) -> None:
    window = scene(view).ren_win  # type: ignore[attr-defined]
    window.AddObserver("EndEvent", lambda *_: counts.append(1))


def test_a_city_is_drawn(view: Viewport) -> None:
    picture = pixels(view)
    assert picture.shape[:2] == (480, 640)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_finer_light_is_found_beside_the_window(view: Viewport, qtbot: QtBot, monkeypatch) -> None:
    where: list[int] = []
    plain = NearShade.around

    def around(self: NearShade, *args: object) -> object:
        where.append(threading.get_ident())
        return plain(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(NearShade, "around", around)
    terrain = view.canvas.scene._scenery.passes["terrain"]  # type: ignore[union-attr]

    def frame() -> object:
        return terrain.value("uNearFrame")

    qtbot.waitUntil(lambda: frame() != (0.0, 0.0, 0.0, 0.0), timeout=30_000)
    before = frame()
    view.navigator.fly(dataclasses.replace(LOOK, distance=70.0), 0.0)
    qtbot.waitUntil(lambda: frame() != before, timeout=30_000)
    assert where
    assert threading.get_ident() not in where


def test_the_window_shows_what_vtk_drew(view: Viewport, qtbot: QtBot) -> None:
    shown = view.grab().toImage()
    drawn = view.canvas.picture()
    assert drawn is not None
    for x, y in ((320, 240), (200, 300), (430, 200)):
        a, b = QColor(shown.pixel(x, y)), QColor(drawn.pixel(x, y))
        assert max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) <= 3


def test_a_click_selects_and_escape_lets_go(view: Viewport, store: Store, qtbot: QtBot) -> None:
    widget = scene(view)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
    assert store.state.selection == Selection("buildings", ("b1",))
    assert store.undo_label == "", "a selection is no step to undo"
    with qtbot.waitSignal(view.command) as said:
        qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert said.args == ["deselect"]


def test_selection_is_seen(view: Viewport, store: Store, qtbot: QtBot) -> None:
    before = pixels(view)
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        store.change("Select", undoable=False, selection=Selection("buildings", ("b1",)))
    assert (np.abs(pixels(view).astype(int) - before).max(axis=2) > 24).sum() > 200


def test_left_drag_takes_the_map_along(view: Viewport, qtbot: QtBot) -> None:
    widget = scene(view)
    before = view.navigator.pose
    held = view.canvas.ground_at(100, 400)
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(100, 400))
    for x in range(100, 221, 20):
        qtbot.mouseMove(widget, QPoint(x, 400))
        QApplication.processEvents()
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(220, 400))
    view.canvas.draw()
    now = view.canvas.ground_at(220, 400)
    assert view.navigator.pose.focus[0] < before.focus[0] - 5
    assert now is not None
    assert held is not None
    assert now[:2] == pytest.approx(held[:2], abs=0.5)
    assert view.canvas.store is not None
    assert view.canvas.store.state.selection is None, "a drag is no click"


@pytest.mark.parametrize(
    ("button", "modifier"),
    [
        (Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_other_drags_turn(view: Viewport, qtbot: QtBot, button: Qt.MouseButton, modifier: Qt.KeyboardModifier) -> None:
    before = view.navigator.pose
    drag(view, button, modifier, QPointF(200, 300), QPointF(300, 280))
    assert view.navigator.pose.azimuth != before.azimuth
    assert view.navigator.pose.elevation < before.elevation
    assert view.navigator.pose.focus == before.focus


def drag(view: Viewport, button: Qt.MouseButton, modifier: Qt.KeyboardModifier, start: QPointF, end: QPointF) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    widget = scene(view)
    none = Qt.MouseButton.NoButton
    for kind, place, one, held in (
        (QEvent.Type.MouseButtonPress, start, button, button),
        (QEvent.Type.MouseMove, end, none, button),
        (QEvent.Type.MouseButtonRelease, end, button, none),
    ):
        event = QMouseEvent(kind, place, widget.mapToGlobal(place), one, held, modifier)  # type: ignore[attr-defined]
        QApplication.sendEvent(widget, event)  # type: ignore[arg-type]


def test_the_wheel_zooms(view: Viewport) -> None:
    widget = scene(view)
    before = view.navigator.pose.distance
    place = QPointF(400, 300)
    turn = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,  # type: ignore[attr-defined]
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, turn)  # type: ignore[arg-type]
    assert view.navigator.pose.distance < before


def test_keys_move_and_vtk_sees_none(view: Viewport, qtbot: QtBot) -> None:
    widget = scene(view)
    before = view.navigator.pose
    qtbot.keyClick(widget, Qt.Key.Key_Right)
    assert view.navigator.pose.focus[0] > before.focus[0]
    qtbot.keyClick(widget, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.navigator.pose.azimuth != before.azimuth
    for key in (Qt.Key.Key_Q, Qt.Key.Key_W, Qt.Key.Key_E, Qt.Key.Key_S, Qt.Key.Key_P):
        qtbot.keyClick(widget, key)
    qtbot.wait(30)
    assert widget.isVisible()  # type: ignore[attr-defined]
    assert (np.ptp(pixels(view).reshape(-1, 3), axis=0) > 20).all(), "no wireframe, not empty"


def test_one_frame_per_change_and_none_at_rest(view: Viewport, store: Store, qtbot: QtBot) -> None:
    counts: list[int] = []
    count_renders(view, counts)

    def at_rest() -> bool:
        """Whether a second went by without a frame; finer light and shadow come a while after the last move."""
        counts.clear()
        qtbot.wait(1000)
        return counts == []

    assert any(at_rest() for _ in range(10)), "nothing moves, nothing is drawn"
    view.update()
    view.pad.update()
    qtbot.wait(60)
    assert counts == [], "buttons on the view do not redraw the scene"
    for _ in range(5):
        view.request()
    qtbot.wait(60)
    assert len(counts) == 1


def test_resizing_draws_at_the_new_size(view: Viewport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        view.resize(500, 420)
    qtbot.wait(50)
    assert pixels(view).shape[:2] == (420, 500)
    assert view.pad.geometry().right() < 500


def test_hover_names_what_is_there(view: Viewport, store: Store, qtbot: QtBot) -> None:
    points: list[object] = []
    view.pointer.connect(points.append)
    qtbot.mouseMove(scene(view), QPoint(300, 200))
    qtbot.mouseMove(scene(view), QPoint(320, 240))
    qtbot.waitUntil(lambda: view.hand.name.isVisible(), timeout=30_000)
    assert view.hand.name.text() == "Kv. Tranan"
    assert points[-1] == pytest.approx((X + 10, Y + 2.5, 39.7), abs=1.5), "the roof that the ray meets first"


def test_hover_text_falls_back_to_the_address(store: Store) -> None:
    from twin.scene.picking import Hit

    assert hover_text(store.state, Hit("buildings", "b2", (0, 0, 0))) == "Hornsgatan 14"
    assert hover_text(store.state, Hit("buildings", "b3", (0, 0, 0))) == ""
    assert hover_text(store.state, Hit("terrain", "", (0, 0, 0))) == ""


def test_what_lies_on_the_view(view: Viewport, qtbot: QtBot) -> None:
    assert view._mark.isVisible()
    assert view._mark.text() == "Synthetic, not for decisions"
    assert view._sources.text() == "Test · School board"
    assert "Camera" in view.scale.text
    with qtbot.waitSignal(view.navigator.rested, timeout=30_000):
        view.navigator.toggle_top()
    length = float(view.scale.text.replace("\u00a0m", ""))
    # What the bar says is what the ground under it measures.
    left, right = view.canvas.ground_at(100, 240), view.canvas.ground_at(100 + view.scale.bar, 240)
    assert left is not None
    assert right is not None
    assert right[0] - left[0] == pytest.approx(length, rel=0.01)


def test_nothing_is_named_under_the_buttons_on_the_view(view: Viewport) -> None:
    assert view.canvas.scene is not None
    view.request()
    box, ratio = view.pad.geometry(), view.devicePixelRatioF()
    corner = (box.left() * ratio, box.top() * ratio, (box.right() + 1) * ratio, (box.bottom() + 1) * ratio)
    assert corner in view.canvas.scene.covered


def test_theme_and_language_reach_the_picture(view: Viewport, qtbot: QtBot, qapp: QApplication) -> None:
    light = pixels(view).mean()
    theme.apply(qapp, "dark")
    view.set_theme()
    qtbot.waitUntil(lambda: pixels(view).mean() < light - 40, timeout=30_000)
    view.set_language("sv")
    assert view._mark.text() == "Syntetisk, inte för beslut"


def test_a_closed_view_can_show_another_city(view: Viewport, store: Store, qtbot: QtBot) -> None:
    view.clear()
    assert view.canvas.picture() is None
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        view.show_city(store, mesh.build(store.state.city), {}, LOOK)
    assert len(np.unique(pixels(view).reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize(("longest", "nice"), [(9.99, 5.0), (10.0, 10.0), (370.0, 200.0), (2.1, 2.0), (0.7, 0.5)])
def test_lengths_of_the_bar_are_round(longest: float, nice: float) -> None:
    assert overlay.nice_length(longest) == pytest.approx(nice)
