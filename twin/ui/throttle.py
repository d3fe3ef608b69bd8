"""Calls that come in crowds, as progress does, made at most a few times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 150
"""Milliseconds between two calls: a bar that moves more often is not read any better, and each repaint costs."""


class Throttle(QObject):
    """Makes the first call at once, and the last of those that come within an interval at its end."""

    def __init__(self, call: Callable[[], object], parent: QObject, interval: int = INTERVAL) -> None:
        super().__init__(parent)
        self._call = call
        self._due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval)
        self._timer.timeout.connect(self._again)

    def ask(self) -> None:
        """Make the call, now or soon."""
        if self._timer.isActive():
            self._due = True
        else:
            self._timer.start()
            self._call()

    def _again(self) -> None:
        if self._due:
            self._due = False
            self._timer.start()
            self._call()
