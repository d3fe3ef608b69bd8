"""The sun of the time and the section, as commands of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from windows import opened_window

from twin.localtime import DAY
from twin.project import create

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    path = tmp_path / "small.twin"
    create(path, small_city).close()
    window = opened_window(qtbot, qapp, path, (1000, 700))
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=60_000)
    return window


def test_the_sun_and_the_section_are_seen(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def picture() -> np.ndarray:
        window.viewport.canvas.scene.settle()
        window.viewport.canvas.draw()
        return window.viewport.canvas.scene.image().astype(int)

    plain = picture()
    midwinter_night = 2_113_000_000.0 // DAY * DAY - 1800.0
    monkeypatch.setattr("twin.scene.sun.time.time", lambda: midwinter_night)
    window.commands["sunlight"].trigger()
    night = picture()
    assert night.mean() < 0.9 * plain.mean(), "at night it is not dark"
    monkeypatch.setattr("twin.scene.sun.time.time", lambda: midwinter_night + DAY / 2)
    window.timing.clock.ticked.emit(None)
    day = picture()
    assert day.mean() > 1.05 * night.mean(), "the light does not follow the time"
    window.commands["sunlight"].trigger()
    assert np.abs(picture() - plain).mean() < 1
    window.commands["section"].trigger()
    assert (np.abs(picture() - plain).max(axis=2) > 30).mean() > 0.002, "nothing is cut away"
    window.commands["undo"].trigger()
    assert np.abs(picture() - plain).mean() < 1
    assert not window.commands["section"].isChecked()
