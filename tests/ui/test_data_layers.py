"""Data files in the window: dropped, looked into, asked about, shown, styled, undone, saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from windows import shown_window

from twin.datafile.spec import About, Choice, DataLayer, Style
from twin.project import create, open_project
from twin.scene.camera import Projection
from twin.state import Selection, layer_table
from twin.ui.layer_dock import LayerDock
from twin.ui.layer_import import LayerImportDialog
from twin.ui.settings import Settings
from twin.ui.style_panel import StylePanel
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.inspector import Inspector

X, Y = 153_000.0, 6_579_000.0
LONG = 60_000


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "Mariatorget.twin"
    create(path, small_city).close()
    window = shown_window(qtbot, qapp)
    with qtbot.waitSignals([window.session.opened, window.viewport.drawn], timeout=LONG):
        window.session.open(path)
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=LONG)
    return window


def drop(window: MainWindow, qtbot: QtBot, path: Path) -> LayerImportDialog:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(600, 400), Qt.DropAction.CopyAction, data, buttons, keys))
    qtbot.waitUntil(lambda: window.findChild(LayerImportDialog) is not None)
    dialog = window.findChild(LayerImportDialog)
    assert isinstance(dialog, LayerImportDialog)
    qtbot.waitUntil(lambda: dialog._task is None, timeout=LONG)
    return dialog


def say_whose(dialog: LayerImportDialog) -> None:
    dialog.about.lines["owner"].setText("Me")
    dialog.about.licence.setCurrentText("CC0-1.0")
    dialog.about.classification.setCurrentIndex(1)


def add(window: MainWindow, qtbot: QtBot, dialog: LayerImportDialog) -> None:
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog._task is None, timeout=LONG)
    store = window.session.store
    assert store is not None
    qtbot.waitUntil(lambda: len(window.workbench.results.added.files.layers) == len(store.state.imported), timeout=LONG)


def shown(widget: LayerImportDialog) -> str:
    return "\n".join(part.text() for part in widget.findChildren(QLabel) if part.isVisible())


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    rows = [f"{X + 10 * i};{Y + 60 + 10 * j};{i + j};P{i}{j}" for i in range(8) for j in range(8)]
    path.write_text("\n".join(["x;y;value;name", *rows]))
    return path


def test_points_are_dropped_shown_styled_and_undone(window: MainWindow, qtbot: QtBot, points: Path) -> None:
    store = window.session.store
    assert store is not None
    before = np.asarray(window.viewport.canvas.scene.image())  # type: ignore[union-attr]
    dialog = drop(window, qtbot, points)
    assert "owner, licence, information class is missing" in shown(dialog)
    assert not dialog.go.isEnabled()
    say_whose(dialog)
    add(window, qtbot, dialog)
    (layer,) = store.state.imported
    assert (layer.choice.show, layer.choice.value, layer.about.owner) == ("points", "value", "Me")
    qtbot.waitUntil(
        lambda: (np.abs(window.viewport.canvas.scene.image().astype(int) - before) > 40).any(axis=-1).sum() > 1500,  # type: ignore[union-attr]
        timeout=30_000,
    )
    dock = window.panels.docks["layers"].widget()
    assert isinstance(dock, LayerDock)
    assert dock.tree.has_legend(layer.id)
    panel = dock.findChild(StylePanel)
    assert isinstance(panel, StylePanel)
    assert panel.isVisible()
    panel.method.setCurrentIndex(panel.method.findData("fixed"))
    panel.method.activated.emit(panel.method.currentIndex())
    panel.limits.setText("0; 5; 20")
    panel.limits.editingFinished.emit()
    panel.scale.setCurrentIndex(panel.scale.findData("cividis"))
    panel.scale.activated.emit(panel.scale.currentIndex())
    style = store.state.imported[0].style
    assert (style.method, style.breaks, style.scale) == ("fixed", (0.0, 5.0, 20.0), "cividis")
    assert window.workbench.results.added.files.layers[layer.id].breaks == (0.0, 5.0, 20.0)
    panel.limits.setText("5; 1")
    panel.limits.editingFinished.emit()
    assert store.state.imported[0].style.breaks == (0.0, 5.0, 20.0)
    store.undo()
    assert store.state.imported[0].style.method == "quantile"
    store.undo()
    assert store.state.imported == ()
    store.redo()
    with qtbot.waitSignal(window.session.said, timeout=30_000):
        window.session.save()
    path = window.session.project.path if window.session.project else None
    assert path is not None
    with open_project(path, read_only=True) as project:
        assert [one.id for one in project.state().imported] == [layer.id]
        assert (path / layer.file).is_file()


def test_codes_without_a_partner_are_listed(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "income.csv"
    path.write_text("area,income\n0180C3210,312\nXYZ,5\n")
    dialog = drop(window, qtbot, path)
    assert dialog.choice.choice.show == "zones"
    say_whose(dialog)
    add(window, qtbot, dialog)
    assert dialog.lost.item(0, 0).text() == "XYZ"  # type: ignore[union-attr]
    qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "XYZ"
    dialog.reject()
    dock = window.panels.docks["layers"].widget()
    assert isinstance(dock, LayerDock)
    dock.tree.make_current("data:income")
    dock.remove_current()
    assert window.session.store is not None
    assert window.session.store.state.imported == ()


def test_a_broken_file_is_said_in_the_dialog_and_the_window_lives(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "cut.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Fea')
    dialog = drop(window, qtbot, path)
    assert "cut.geojson: it cannot be read" in shown(dialog)
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_without_a_project_a_data_file_says_what_to_do(qtbot: QtBot, qapp: QApplication, points: Path) -> None:
    window = MainWindow(Settings(), "en")
    qtbot.addWidget(window, before_close_func=MainWindow.leave)
    window.show()
    window.handlers.take_files([points])
    assert "open a project first" in window.notices.text


def test_a_point_tells_its_value_under_the_pointer_and_its_row_when_clicked(
    window: MainWindow, qtbot: QtBot, points: Path
) -> None:
    dialog = drop(window, qtbot, points)
    say_whose(dialog)
    add(window, qtbot, dialog)
    store, canvas = window.session.store, window.viewport.canvas
    assert store is not None
    assert canvas.scene is not None
    layer = store.state.imported[0].id
    qtbot.waitUntil(lambda: layer in canvas.layers, timeout=LONG)
    frame, row = pd.read_csv(points, sep=";"), 2
    at = frame.iloc[row]
    window.viewport.fly_to_box((at.x - 30, at.y - 30, at.x + 30, at.y + 30))
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=LONG)
    canvas.draw()
    pixels, _ = Projection(window.viewport.navigator.pose, canvas.size).pixels(
        np.array([[at.x, at.y, canvas.height_at(at.x, at.y) + 1.5]])
    )
    hand = window.viewport.hand
    hand._hovered(canvas, *pixels[0])
    assert hand.name.text().startswith(store.state.imported[0].about.title)
    hand._click(canvas, *pixels[0])
    assert store.state.selection == Selection(layer_table(layer), (str(row),))
    sheet = cast("Inspector", window.panels.docks["inspector"].widget()).sheet
    assert sheet is not None
    told = {fact.title: fact.plain or fact.value for group in sheet.groups for fact in group.facts}
    assert (told["value"], told["name"], told["Owner"]) == ("2", "P02", "Me")
    window.viewport.fly_to_selection()
    store.change("Remove", imported=(), layers=tuple(one for one in store.state.layers if one.id != layer))
    qtbot.waitUntil(lambda: layer not in canvas.layers, timeout=LONG)
    assert cast("Inspector", window.panels.docks["inspector"].widget()).sheet is None


def test_a_style_of_another_program_shows_its_own_colours(qtbot: QtBot, tmp_path: Path) -> None:
    panel = StylePanel("en")
    qtbot.addWidget(panel)
    taken: list[DataLayer] = []
    panel.changed.connect(taken.append)
    layer = DataLayer(
        id="d", file="data/a-0123456789ab.parquet", origin="a.csv", rows=3, choice=Choice(show="zones", value="v"),
        about=About(title="A"), style=Style(),
    )  # fmt: skip
    panel.show_layer(layer, None, None, ("v",))
    known = panel.scale.count()
    entries = "".join(f'<ColorMapEntry color="#0000{k}0" quantity="{k}"/>' for k in range(3))
    (tmp_path / "s.sld").write_text(f'<a><ColorMap type="intervals">{entries}</ColorMap></a>', encoding="utf-8")
    panel.use_style(tmp_path / "s.sld")
    assert taken[-1].style.colours == ("#000000", "#000010", "#000020")
    panel.show_layer(taken[-1], None, None, ("v",))
    assert panel.scale.currentText() == "From a file"
    panel.scale.setCurrentIndex(panel.scale.findData("cividis"))
    panel.scale.activated.emit(panel.scale.currentIndex())
    assert (taken[-1].style.colours, taken[-1].style.scale) == ((), "cividis")
    panel.show_layer(taken[-1], None, None, ("v",))
    assert panel.scale.count() == known
    assert panel.scale.currentData() == "cividis"
    (tmp_path / "s.sld").write_text("no style", encoding="utf-8")
    panel.use_style(tmp_path / "s.sld")
    assert "not an SLD style" in panel._wrong.text()
