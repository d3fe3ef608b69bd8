"""Areas and people brought in from files in the window; the note on ethics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from PySide6.QtWidgets import QInputDialog
from shapely.geometry import box

from twin.ui.people_import import PeopleImportDialog

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from twin.ui.window import MainWindow


X, Y = 153_000.0, 6_579_000.0
CODES = ["0180C1010", "0180C1020"]


def _dialog(window: MainWindow, path: Path, qtbot: QtBot) -> PeopleImportDialog:
    window.handlers._adding.show_people(path)
    dialog = window.findChildren(PeopleImportDialog)[-1]
    assert isinstance(dialog, PeopleImportDialog)
    qtbot.waitUntil(lambda: dialog.looked is not None, timeout=60_000)
    return dialog


def test_a_map_and_a_table_come_in_and_can_be_undone(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    shapes = [box(X, Y, X + 60, Y + 90), box(X + 60, Y, X + 150, Y + 90)]
    gpd.GeoDataFrame({"deso": CODES, "namn": ["A", "B"]}, geometry=shapes, crs="EPSG:3011").to_file(tmp_path / "z.gpkg")
    table = tmp_path / "people.csv"
    columns = {"fb_sverige": [90, 40, 1], "fb_europa_utom_sverige": 9, "own": 5}
    pd.DataFrame({"deso": [*CODES, "0180C9990"], **columns}).to_csv(table, index=False)
    store = window.session.store
    assert store is not None
    dialog = _dialog(window, tmp_path / "z.gpkg", qtbot)
    assert (dialog.what.currentData(), dialog.code.currentText(), dialog.kind.currentText()) == (False, "deso", "DeSO")
    dialog.start()
    qtbot.waitUntil(lambda: "which division" in dialog._report.text(), timeout=60_000)
    dialog.kind.setCurrentText("DeSO 2018")
    with qtbot.waitSignal(dialog.made, timeout=60_000):
        dialog.start()
    dialog.reject()
    assert {"DeSO", "DeSO 2018"} == set(store.state.city.zones["kind"])
    dialog = _dialog(window, table, qtbot)
    assert dialog.what.currentData() is True
    assert dialog.table.item(1, 2).text() == "born_sweden"
    dialog.table.item(3, 1).setText("origin")
    dialog.table.item(3, 2).setText("unknown")
    dialog.kind.setCurrentText("DeSO 2018")
    with qtbot.waitSignal(dialog.made, timeout=60_000):
        dialog.start()
    assert "0180C9990" in dialog._report.text()
    dialog.reject()
    people = store.state.city.population
    assert people[people["zone"] == CODES[0]]["persons"].sum() == 90 + 9 + 5
    store.undo()
    assert not (store.state.city.population["zone"] == CODES[0]).any()


def test_the_note_on_ethics(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    store = window.session.store
    assert store is not None
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *a, **k: ("Permit 1; no single house.", True))
    window.commands["ethics"].trigger()
    assert store.state.ethics == "Permit 1; no single house."
    assert store.undo_label == "Change the note on ethics"
