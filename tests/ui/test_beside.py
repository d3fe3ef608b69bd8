"""Scenario and reference in one view: drawn, named, linked, in the same colours; halves and the curtain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from windows import opened_window

from twin.project import create
from twin.scenario.buildings import AddBuilding, RemoveBuilding
from twin.state import LayerEntry, Selection
from twin.ui.result_layers import DIFFERENCE, VALUE, layer_id

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow

REACHED = "Residents within 400 m on foot"


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    path = tmp_path / "Mariatorget.twin"
    create(path, small_city).close()
    window = opened_window(qtbot, qapp, path)
    calm(window, qtbot)
    return window


def calm(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.workbench.results.busy, timeout=120_000)
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=30_000)
    qtbot.wait(250)


def compare(window: MainWindow, qtbot: QtBot, how: str) -> None:
    window.commands[how].trigger()
    qtbot.waitUntil(lambda: window.viewport.beside.mode == how, timeout=60_000)
    calm(window, qtbot)


def pixels(image: QImage | None) -> np.ndarray:
    assert image is not None
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def on_screen(window: MainWindow) -> np.ndarray:
    """Return what the screen itself shows where the view is: a widget that stays black shows nowhere else."""
    view = window.viewport
    at = view.mapToGlobal(QPoint(0, 0))
    screen = QGuiApplication.primaryScreen()
    return pixels(screen.grabWindow(0, at.x(), at.y(), view.width(), view.height()).toImage())


def test_both_are_drawn_named_and_looked_at_by_one_camera(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.add(RemoveBuilding(buildings=("b2",)))
    calm(window, qtbot)
    compare(window, qtbot, "halves")
    view = window.viewport
    one, two = view.canvas, view.beside.canvas
    assert [chip.text() for chip in view.beside.names] == ["Scenario: Alternative 1", "Reference: Present state"]
    assert window.commands["halves"].isChecked()
    assert one.mesh is not None
    assert two.mesh is not None
    assert (len(one.mesh.ids["buildings"]), len(two.mesh.ids["buildings"])) == (2, 3)
    assert one.size == two.size
    for turn in (0, 1):
        if turn:
            view.navigator.zoom(0.7)
            window.commands["top"].trigger()
            calm(window, qtbot)
        assert one.scene is not None
        assert two.scene is not None
        assert one.scene.pose == two.scene.pose
        left, right = pixels(one.picture()), pixels(two.picture())
        assert left.shape == right.shape
        same = (abs(left - right).sum(axis=2) < 30).mean()
        assert 0.7 < same < 0.999, "the same city but for one house"
        shown = on_screen(window)
        for half in (shown[:, : shown.shape[1] // 2], shown[:, shown.shape[1] // 2 :]):
            assert (half.sum(axis=2) > 150).mean() > 0.9, "nothing black"
    compare_again = window.commands["halves"]
    compare_again.trigger()
    assert view.beside.mode == ""
    assert two.scene is None
    assert view.beside.main == view.rect()


def test_the_curtain_shows_a_piece_of_the_same_picture(window: MainWindow, qtbot: QtBot) -> None:
    calm(window, qtbot)
    before = on_screen(window)
    compare(window, qtbot, "curtain")
    view = window.viewport
    view.beside.curtain.setFocus()
    qtbot.keyClick(view.beside.curtain, Qt.Key.Key_Left)
    assert view.beside.curtain.share == pytest.approx(0.48)
    view.beside.curtain.set_share(0.3)
    calm(window, qtbot)
    after = on_screen(window)
    # the reference is the scenario here, so apart from line and names nothing may have moved
    right = slice(round(0.3 * after.shape[1]) + 30, after.shape[1] - 60)
    differ = abs(after[120:-120, right] - before[120:-120, right]).sum(axis=2) > 90
    assert differ.mean() < 0.02
    qtbot.keyClick(view.beside.curtain, Qt.Key.Key_Home)
    assert view.beside.curtain.share == pytest.approx(0.03)


def test_a_click_on_the_reference_selects_what_is_there_too(window: MainWindow, qtbot: QtBot) -> None:
    compare(window, qtbot, "curtain")
    window.viewport.beside.curtain.set_share(0.1)
    calm(window, qtbot)
    view, store = window.viewport, window.session.store
    assert store is not None
    plotter = view.beside.canvas.plotter
    assert plotter is not None
    other = view.beside.canvas.scene
    assert other is not None
    box = view.beside.canvas._box
    hit = next(
        (x, y)
        for x in range(box.left() + 20, box.right() - 20, 4)
        for y in range(100, box.bottom() - 60, 4)
        if (found := other.pick(x, y)) is not None and found.table == "buildings"
    )
    qtbot.mouseClick(plotter, Qt.MouseButton.LeftButton, pos=QPoint(hit[0] - box.left(), hit[1]))
    assert store.state.selection is not None
    found = other.pick(*hit)
    assert found is not None
    assert store.state.selection == Selection("buildings", (found.id,))


def test_a_difference_gives_way_to_the_values_in_one_scale(window: MainWindow, qtbot: QtBot) -> None:
    store = window.session.store
    assert store is not None
    x, y = (float(v) for v in store.state.city.buildings.geometry.iloc[0].centroid.coords[0])
    window.workbench.add(
        AddBuilding(footprint=((x + 40, y), (x + 60, y), (x + 60, y + 20), (x + 40, y + 20)), height=20.0, floors=6)
    )
    calm(window, qtbot)
    store.change("Show", layers=(LayerEntry(layer_id(DIFFERENCE, "reach", REACHED)), *store.state.layers))
    compare(window, qtbot, "halves")
    id = layer_id(VALUE, "reach", REACHED)
    assert store.state.layers[0].id == id
    one, two = window.viewport.canvas.layers, window.viewport.beside.canvas.layers
    if id in one and id in two:
        assert (one[id].low, one[id].high, one[id].scale) == (two[id].low, two[id].high, two[id].scale)
    # another scenario as the reference, then closing the project: nothing is left behind
    window.workbench._copy()
    calm(window, qtbot)
    store.change("Choose reference", reference="Alternative 1")
    calm(window, qtbot)
    assert window.viewport.beside.names[1].text() == "Reference: Alternative 1"
    window.session.close()
    qtbot.waitUntil(lambda: window.viewport.beside.mode == "", timeout=30_000)
