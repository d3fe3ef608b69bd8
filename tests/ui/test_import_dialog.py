"""The import dialog: real files looked into and read in child processes, unknown systems asked for, errors told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from shiboken6 import isValid

from twin.errors import Cancelled
from twin.project import load_city
from twin.ui.crs_chooser import USUAL, CrsChooser, landing, search
from twin.ui.import_card import counts_text, distance
from twin.ui.import_dialog import ImportDialog
from twin.ui.tasks import Tasks

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City

LONG = 60_000
"""Milliseconds a child process may take on a busy machine."""


def write_cityjson(path: Path, crs: str | None, x: float, y: float, n: int = 2) -> Path:
    """Write n cubes of 10 m beside each other."""
    corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
    vertices: list[list[int]] = []
    objects = {}
    for i in range(n):
        base = len(vertices)
        left = 20 * i
        vertices += [[left + dx, dy, z] for z in (0, 8) for dx, dy in corners]
        low, high = [base + k for k in (3, 2, 1, 0)], [base + 4 + k for k in range(4)]
        walls = [[base + k, base + (k + 1) % 4, base + 4 + (k + 1) % 4, base + 4 + k] for k in range(4)]
        shell = [[ring] for ring in (low, high, *walls)]
        objects[f"cube-{i}"] = {
            "type": "Building",
            "geometry": [{"type": "Solid", "lod": "1.2", "boundaries": [shell]}],
        }
    model: dict[str, object] = {
        "type": "CityJSON", "version": "2.0", "CityObjects": objects, "vertices": vertices,
        "transform": {"scale": [1, 1, 1], "translate": [x, y, 20]},
    }  # fmt: skip
    if crs:
        model["metadata"] = {"referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{crs}"}
    path.write_text(json.dumps(model))
    return path


def shown(dialog: ImportDialog) -> str:
    """Return all text that can be seen."""
    return "\n".join(part.text() for part in dialog.findChildren(QLabel) if part.isVisible()).replace("\xa0", " ")


def opened(qtbot: QtBot, dialog: ImportDialog) -> ImportDialog:
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: not dialog._waiting and dialog._looking is None, timeout=LONG)
    return dialog


def finished(qtbot: QtBot, dialog: ImportDialog) -> None:
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog._task is None, timeout=LONG)


@pytest.fixture
def cubes(tmp_path: Path) -> Path:
    return write_cityjson(tmp_path / "cubes.city.json", "3011", 153_200.0, 6_579_000.0)


def test_a_new_project_is_made_of_a_file_and_reported(qtbot: QtBot, cubes: Path, tmp_path: Path) -> None:
    dialog = opened(qtbot, ImportDialog([cubes], "en", folder=tmp_path))
    text = shown(dialog)
    assert "CityJSON 2.0" in text
    assert "EPSG:3011 – SWEREF 99 18 00" in text
    assert "Buildings: 2" in text
    assert "30 m × 10 m" in text
    assert dialog.target.system == "EPSG:3011"
    assert dialog.go.isEnabled()
    with qtbot.waitSignal(dialog.imported, timeout=LONG) as done:
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert done.args == [tmp_path / "cubes.twin"]
    assert len(load_city(tmp_path / "cubes.twin").buildings) == 2
    assert "2 things were read into the new project cubes.twin." in shown(dialog)
    assert "Buildings: 2" in dialog.report.text()
    qtbot.mouseClick(dialog.report.copy_button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == dialog.report.text()
    dialog.report.save(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == dialog.report.text()
    assert dialog.cancel.text() == "Close"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_files_are_added_to_the_open_city(qtbot: QtBot, cubes: Path, small_city: City) -> None:
    dialog = opened(qtbot, ImportDialog([cubes], "sv", small_city))
    assert dialog.target.new_project is None
    with qtbot.waitSignal(dialog.merged, timeout=LONG) as done:
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    brought = done.args[0]
    assert len(brought.city.buildings) == len(small_city.buildings) + 2
    assert brought.data is not None
    assert brought.reports[0].read["buildings"] == 2
    assert len(small_city.buildings) == 3, "the open city is another value and stays as it is"


def test_an_unknown_system_must_be_chosen_first(qtbot: QtBot, tmp_path: Path) -> None:
    path = write_cityjson(tmp_path / "nowhere.json", None, 674_000.0, 6_580_000.0)
    dialog = opened(qtbot, ImportDialog([path], "en", folder=tmp_path))
    assert not dialog.go.isEnabled()
    assert dialog._reason.text() == "Choose the reference system of nowhere.json first."
    assert "unknown – choose it" in shown(dialog)
    card = dialog.cards[0]
    qtbot.mouseClick(card.system.button, Qt.MouseButton.LeftButton)
    chooser = card.system.findChild(CrsChooser)
    assert chooser is not None
    qtbot.keyClicks(chooser.field, "3006")
    assert chooser.chosen == "EPSG:3006"
    assert "59." in chooser.said.text(), "it says where the data would lie"
    qtbot.keyClick(chooser.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: card.system.code == "EPSG:3006")
    assert dialog.go.isEnabled()
    finished(qtbot, dialog)
    assert load_city(tmp_path / "nowhere.twin").crs == "EPSG:3006"


def test_what_cannot_be_read_is_explained_and_the_rest_is_read(qtbot: QtBot, cubes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"type": "CityJSON", "version": "2.0", ')
    laz = tmp_path / "points.laz"
    laz.write_bytes(b"LASF" + bytes(400))
    dialog = opened(qtbot, ImportDialog([broken, cubes, laz], "en", folder=tmp_path))
    qtbot.waitUntil(lambda: "point clouds are not read" in shown(dialog))
    assert "broken.json" in (dialog.cards[0].error.fields["path"] if dialog.cards[0].error else "")
    assert dialog._reason.text() == "1 of 3 files will be read."
    assert dialog.go.isEnabled()
    dialog.cards[1].removed.emit(dialog.cards[1])
    assert not dialog.go.isEnabled()
    assert dialog._reason.text() == "None of the files can be read."


def test_an_error_while_reading_stays_in_the_dialog(qtbot: QtBot, cubes: Path, tmp_path: Path) -> None:
    dialog = opened(qtbot, ImportDialog([cubes], "en", folder=tmp_path))
    cubes.unlink()
    finished(qtbot, dialog)
    assert "there is no such file" in dialog._failure.text()
    assert dialog._failure.isVisible()
    assert dialog.go.isVisible(), "one can try again"
    assert not (tmp_path / "cubes.twin").exists()


def test_stopping_leaves_everything_as_it_was(qtbot: QtBot, tmp_path: Path) -> None:
    path = write_cityjson(tmp_path / "many.json", "3011", 153_200.0, 6_579_000.0, n=4000)
    dialog = opened(qtbot, ImportDialog([path], "en", folder=tmp_path))
    dialog.start()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: dialog._task is None, timeout=30_000)
    assert dialog.isVisible()
    assert dialog._failure.text() == "Stopped; nothing was changed."
    assert not (tmp_path / "many.twin").exists()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_closing_while_it_looks_inside_stops_the_look(qtbot: QtBot, cubes: Path, tmp_path: Path) -> None:
    tasks = Tasks()
    dialog = ImportDialog([cubes], "en", folder=tmp_path, tasks=tasks)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    qtbot.waitExposed(dialog)
    with qtbot.waitSignal(tasks.finished, timeout=LONG) as ended:
        dialog.close()
    assert isinstance(ended.args[0].error, Cancelled)
    qtbot.waitUntil(lambda: not isValid(dialog))
    assert tasks.running == ()


def test_a_name_that_is_taken_is_refused(qtbot: QtBot, cubes: Path, tmp_path: Path) -> None:
    dialog = opened(qtbot, ImportDialog([cubes], "en", folder=tmp_path))
    (tmp_path / "taken.twin").mkdir()
    dialog.target.path.setText(str(tmp_path / "taken"))
    assert not dialog.go.isEnabled()
    assert "taken.twin is there already" in dialog._reason.text()
    dialog.target.path.setText(str(tmp_path / "no" / "such"))
    assert "There is no folder" in dialog._reason.text()
    dialog.target.path.setText(str(tmp_path / "free"))
    assert dialog.go.isEnabled()


def test_far_from_the_project_is_said(qtbot: QtBot, tmp_path: Path, small_city: City) -> None:
    far = write_cityjson(tmp_path / "far.json", "28992", 84_000.0, 446_000.0)
    dialog = opened(qtbot, ImportDialog([far], "en", small_city))
    assert "from the project's area" in shown(dialog)
    assert "It lies" in dialog.cards[0].sketch.accessibleName()


def test_real_openstreetmap(qtbot: QtBot, shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "city" / "stockholm_osm" / "stockholm.osm"
    if not path.is_file():
        pytest.skip("the Stockholm extract is not here")
    dialog = opened(qtbot, ImportDialog([path], "sv", folder=tmp_path))
    assert dialog.target.system == "EPSG:3011", "around Stockholm the city's own system is chosen"
    finished(qtbot, dialog)
    assert dialog._failure.text() == ""
    assert len(load_city(tmp_path / "stockholm.twin").buildings) > 150
    kinds = {note.kind for note in dialog.report._reports[0].notes}
    assert "assumed" in kinds


def test_systems_are_found_by_name_code_and_country() -> None:
    assert search("3011")[0][0] == "EPSG:3011"
    assert search("sweref 99 tm")[0][0] == "EPSG:3006"
    assert any(code == "EPSG:28992" for code, _, _ in search("netherlands rd new"))
    assert search("no such system anywhere") == ()


def test_where_data_would_lie_is_told() -> None:
    text, plausible = landing("EPSG:3011", (153_000.0, 6_579_000.0, 153_500.0, 6_579_500.0), "en")
    assert plausible
    assert text.startswith("The data would then lie near 59.3")
    assert not landing("EPSG:28992", (153_000.0, 6_579_000.0, 153_500.0, 6_579_500.0), "en")[1]


def test_the_chooser_offers_the_usual_ones_and_only_metric_ones_for_a_project(qtbot: QtBot) -> None:
    every = CrsChooser("en")
    qtbot.addWidget(every)
    assert every.list.count() == len(USUAL)
    assert not every.chosen
    metric = CrsChooser("sv", "EPSG:3006", metric_only=True)
    qtbot.addWidget(metric)
    codes = [metric.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(metric.list.count())]
    assert "EPSG:4326" not in codes
    assert metric.chosen == "EPSG:3006"
    qtbot.keyClicks(metric.field, "zzzz")
    assert metric.list.count() == 0
    assert not metric.use.isEnabled()


def test_small_helpers() -> None:
    assert counts_text({"buildings": 1200, "parts": 0}, "sv").replace("\xa0", " ").endswith("1 200")
    assert distance((0, 0, 1, 1), (4, 5, 6, 7)) == pytest.approx(5.0)
    assert distance((0, 0, 5, 5), (4, 4, 6, 7)) == 0.0
