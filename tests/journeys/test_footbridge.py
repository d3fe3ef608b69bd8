"""A planner draws a footbridge across the water, sees who reaches what, takes it back, keeps two, compares them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from windows import opened_window

from twin.cli import main
from twin.content import demo_project
from twin.importing import import_files
from twin.project import create, load_view
from twin.scene.camera import Projection
from twin.state import Pose
from twin.ui.result_layers import DIFFERENCE, is_result

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow

ONLY = ("reach",)


def across(city: City, longest: float) -> shapely.LineString:
    """Return a straight line over water between two walk links that are a long way from each other on foot."""
    paths = city.paths
    water = city.cover[city.cover["kind"] == "water"].union_all()
    codes, _ = pd.factorize(np.concatenate([paths["from_node"], paths["to_node"]]))
    first, last = codes.reshape(2, -1)
    network = coo_array((paths["length"], (first, last)), shape=(codes.max() + 1,) * 2).tocsr()
    ends = shapely.get_point(paths.geometry.to_numpy(), 0)
    near = np.flatnonzero(shapely.distance(ends, water) < 60.0)
    a, b = near[shapely.STRtree(ends[near]).query(ends[near], predicate="dwithin", distance=longest)]
    lines = shapely.linestrings(np.stack([shapely.get_coordinates(ends[one]) for one in (a, b)], axis=1))
    wet = shapely.length(shapely.intersection(lines, water))
    best = np.argsort(-wet)[:200]
    starts, place = np.unique(first[a[best]], return_inverse=True)
    away = dijkstra(network, directed=False, indices=starts)[place, first[b[best]]]
    return lines[best[np.argmax(np.where(np.isfinite(away) & (wet[best] > 30.0), away, 0.0))]]


def opened(qtbot: QtBot, qapp: QApplication, path: Path) -> MainWindow:
    return opened_window(qtbot, qapp, path, (1400, 900))


def answered(window: MainWindow, qtbot: QtBot) -> None:
    results = window.workbench.results
    qtbot.waitUntil(lambda: not results.busy and results.up_to_date, timeout=240_000)
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=30_000)


def click(window: MainWindow, qtbot: QtBot, x: float, y: float) -> None:
    canvas = window.viewport.canvas
    at, _ = Projection(window.viewport.navigator.pose, canvas.size).pixels(np.array([[x, y, canvas.height_at(x, y)]]))
    ratio = window.devicePixelRatioF()
    place = QPoint(round(at[0][0] / ratio), round(at[0][1] / ratio))
    qtbot.mouseClick(canvas.plotter, Qt.MouseButton.LeftButton, pos=place)


def draw(window: MainWindow, qtbot: QtBot, line: shapely.LineString) -> None:
    """Look straight down, take the tool, click both ends, press Enter."""
    view = window.viewport
    middle = line.centroid
    pose = Pose((middle.x, middle.y, view.canvas.height_at(middle.x, middle.y)), 3 * line.length, 0.0, 90.0, True)
    view.navigator.fly(pose, 0.0)
    view.canvas.draw()
    window.commands["draw_path"].trigger()
    for x, y in line.coords:
        click(window, qtbot, x, y)
    qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Return)


def journey(window: MainWindow, qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    store, results, view = window.session.store, window.workbench.results, window.viewport
    assert store is not None
    assert window.session.project is not None
    # only the walking model, so that the journey does not wait for noise
    store.change("Switch models", models={one.model.name: one.model.name in ONLY for one in results.standing})
    base = store.state.city
    line = across(base, 260.0)

    draw(window, qtbot, line)
    answered(window, qtbot)
    first = store.state.scenario
    assert first
    assert results.shown is not None
    assert len(results.shown.state.city.paths) > len(base.paths)
    panel = window.workbench._panel
    assert panel is not None
    rows = {row.id: row for row in panel._rows}
    assert rows["reach.residents_1500"].difference > 0
    assert rows["reach.school_800"].difference >= 0
    # from the row to the map: the difference is painted and the camera flies there
    window.workbench._show_row(rows["reach.residents_1500"])
    assert store.state.layers[0].id.startswith(f"{DIFFERENCE}:reach:")
    answered(window, qtbot)
    field = results.data.layers[store.state.layers[0].id].field  # type: ignore[union-attr]
    assert np.nanmin(field.values) >= -1e-2, "a bridge takes nothing from anybody"

    # taken back, and made again
    while any(is_result(entry.id) for entry in store.state.layers):
        window.commands["undo"].trigger()
    window.commands["undo"].trigger()
    assert not store.state.scenarios
    qtbot.waitUntil(lambda: len(results.shown.state.city.paths) == len(base.paths), timeout=30_000)  # type: ignore[union-attr]
    window.commands["redo"].trigger()
    answered(window, qtbot)
    assert store.state.scenario == first

    # a second alternative, with a house more
    window.commands["new_scenario"].trigger()
    QApplication.processEvents()
    second = store.state.scenario
    assert second != first
    house = base.buildings[base.buildings["parent"] == ""].iloc[0]
    window.workbench.add(edit_of(house))
    answered(window, qtbot)
    store.change("Choose reference", reference=first)
    answered(window, qtbot)
    assert results.names == (second, first)
    window.commands["halves"].trigger()
    qtbot.waitUntil(lambda: view.beside.mode == "halves", timeout=60_000)
    assert [chip.text() for chip in view.beside.names] == [f"Scenario: {second}", f"Reference: {first}"]
    shown = {row.id: (row.value, row.reference, row.difference) for row in panel._rows}

    # the same numbers on the command line
    with qtbot.waitSignal(window.session.said, timeout=60_000):
        window.session.save()
    path = window.session.project.path
    capsys.readouterr()
    assert main(["compare", str(path), second, "--reference", first, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["scenario"], found["reference"]) == (second, first)
    assert {one["id"] for one in found["indicators"]} == set(shown)
    for one in found["indicators"]:
        said = [None if v is None or np.isnan(v) else v for v in shown[one["id"]]]
        assert [one["value"], one["reference"], one["difference"]] == said


def edit_of(house: object) -> object:
    from twin.scenario.buildings import ChangeBuilding

    return ChangeBuilding(buildings=(str(house["id"]),), residents=400.0)  # type: ignore[index]


def test_in_the_demo(qtbot: QtBot, qapp: QApplication, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, _ = load_view(demo_project())
    create(tmp_path / "Demo.twin", state.city).close()
    journey(opened(qtbot, qapp, tmp_path / "Demo.twin"), qtbot, capsys)


@pytest.mark.long
def test_in_helsinki(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared_data / "city" / "helsinki_pbf" / "Helsinki.osm.pbf"
    if not source.is_file():
        pytest.skip("the Helsinki extract is not here")
    import_files([source], tmp_path / "Helsinki.twin")
    journey(opened(qtbot, qapp, tmp_path / "Helsinki.twin"), qtbot, capsys)
