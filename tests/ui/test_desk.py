"""The thread that keeps the history: whatever is asked in whatever order, nothing stays open when it is shut."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from small_cities import small_city

from twin.sensors.embedded import EmbeddedHistory
from twin.ui.sensors.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

CITY = small_city(5)


def _held(desk: Desk) -> threading.Event:
    """Keep the desk's thread busy until the event is set, so that what is asked next has to wait."""
    go = threading.Event()
    desk._thread.submit(go.wait, 30)
    return go


def _free(folder: Path) -> bool:
    """Say whether the history can be opened for writing: nobody holds it."""
    store = EmbeddedHistory(folder)
    writable = not store.read_only
    store.close()
    return writable


def test_a_history_that_is_still_being_opened_is_closed_too(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    desk = Desk()
    go = _held(desk)
    desk.folder = folder
    desk.make(CITY, lambda _read: None)
    threading.Timer(0.2, go.set).start()
    desk.shut()
    assert desk.store is None
    assert _free(folder)


def test_a_history_asked_for_twice_is_opened_once(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "history"
    seen: list[object] = []
    desk = Desk()
    go = _held(desk)
    desk.folder = folder
    desk.make(CITY, seen.append)
    desk.make(CITY, seen.append)
    go.set()
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=30_000)
    assert desk.store is not None
    assert not desk.store.read_only
    desk.shut()
    assert _free(folder)
