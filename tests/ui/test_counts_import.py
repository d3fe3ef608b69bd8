"""Traffic counts brought in from a file in the window, what found no street, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.ui.counts_import import CountsImportDialog

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.ui.window import MainWindow


def test_counts_come_in_and_can_be_undone(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    table = tmp_path / "counts.csv"
    pd.DataFrame({"vaglank": ["r1", "gone"], "fordon": [12_345, 1]}).to_csv(table, index=False)
    store = window.session.store
    assert store is not None
    window.handlers._adding.show_counts(table)
    dialog = window.findChildren(CountsImportDialog)[-1]
    assert isinstance(dialog, CountsImportDialog)
    qtbot.waitUntil(lambda: dialog.looked is not None, timeout=60_000)
    assert "2 rows, 2 columns" in dialog.about.text()
    assert dialog.columns["count"].currentText() == ""
    dialog.start()  # nobody said which column counts
    qtbot.waitUntil(lambda: "count=column" in dialog._report.text(), timeout=60_000)
    dialog.columns["count"].setCurrentText("fordon")
    dialog.columns["link"].setCurrentText("vaglank")
    with qtbot.waitSignal(dialog.made, timeout=60_000):
        dialog.start()
    assert "1 of 2 counts are on the streets" in dialog._report.text()
    assert "gone" in dialog._report.text()
    dialog.reject()
    roads = store.state.city.roads.set_index("id")
    assert roads.loc["r1", "aadt"] == 12_345
    store.undo()
    before = store.state.city.roads.set_index("id").loc["r1", "aadt"]
    assert not np.isclose(float(before), 12_345)
