"""Calls in crowds: the first at once, the last not lost, few between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from twin.ui.throttle import Throttle

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_the_first_call_is_made_at_once_and_the_last_is_not_lost(qtbot: QtBot) -> None:
    owner, now, seen = QObject(), [0], []
    throttle = Throttle(lambda: seen.append(now[0]), owner, interval=50)
    for n in range(1, 101):
        now[0] = n
        throttle.ask()
    assert seen == [1]
    qtbot.waitUntil(lambda: seen == [1, 100], timeout=30_000)
    qtbot.wait(120)
    assert seen == [1, 100]
    throttle.ask()
    assert seen == [1, 100, 100]
