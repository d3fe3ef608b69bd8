"""A window for a test: shown, left when the test ends, with a project open and drawn where one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.ui import theme
from twin.ui.settings import Settings
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

PATIENCE = 60_000
"""How long a busy machine may take to open and draw a project [ms]."""


def shown_window(qtbot: QtBot, qapp: QApplication, size: tuple[int, int] = (1300, 860), lang: str = "en") -> MainWindow:
    """Return a window on the screen with nothing open in it."""
    theme.apply(qapp, "light")
    window = MainWindow(Settings(), lang)
    qtbot.addWidget(window, before_close_func=MainWindow.leave)
    window.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    return window


def open_in(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Open a project and wait until it is drawn."""
    with qtbot.waitSignals([window.session.opened, window.viewport.drawn], timeout=PATIENCE):
        window.session.open(path)


def opened_window(
    qtbot: QtBot, qapp: QApplication, path: Path, size: tuple[int, int] = (1300, 860), lang: str = "en"
) -> MainWindow:
    """Return a window with a project open and drawn."""
    window = shown_window(qtbot, qapp, size, lang)
    open_in(window, qtbot, path)
    return window
