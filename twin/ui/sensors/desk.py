"""The history of the open project, kept by one thread beside the window: opened, asked, recorded into, closed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from twin.errors import ProjectLocked
from twin.sensors.glance import Read, read_stretch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.city.city import City
    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.recorder import Recorder
    from twin.sensors.settings import FeedSettings


class Desk(QObject):
    """Works in one thread; answers come back to the window's thread."""

    failed = Signal(object)
    arrived = Signal()
    """Observations were stored (many at once, at most a few times a second)."""
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "history")
        self._done.connect(self._take)
        self.store: EmbeddedHistory | None = None
        self.recorder: Recorder | None = None
        self.folder: Path | None = None
        self._number = 0
        self._ended = False

    def open(
        self, folder: Path, read_only: bool, city: City, then: Callable[[Read], None], after: Path | None = None
    ) -> None:
        """Open a history and read what the window shows of it; without one nothing happens.

        ``after``: the history it is a copy of, and that was recorded into until now.
        """
        self.close()
        self.folder = folder
        if folder.is_dir():
            self._ask(lambda: self._open(folder, read_only, city, after), then)

    def make(self, city: City, then: Callable[[Read], None]) -> None:
        """Make a history where there is none yet."""
        folder = self.folder
        if folder is not None and self.store is None:
            self._ask(lambda: self._open(folder, False, city, None), then)

    def read(self, city: City, then: Callable[[Read], None], around: np.datetime64 | None = None) -> None:
        """Read anew what the window shows: the newest stretch, or one that holds a time."""
        store = self.store
        if store is not None:
            self._ask(lambda: read_stretch(store, city, around), then)

    def look(self, then: Callable[[bool], None]) -> None:
        """Let a reader take what another process stored; tell whether there was something."""

        def look(store: EmbeddedHistory) -> bool:
            if not store.changed:
                return False
            store.look_again()
            return True

        self.ask(look, then)

    def ask(self, question: Callable[[EmbeddedHistory], Any], then: Callable[[Any], None]) -> None:
        """Ask the store something beside the window."""
        store = self.store
        if store is not None:
            self._ask(lambda: question(store), then)

    def record(self, feeds: list[FeedSettings]) -> None:
        """Follow feeds from now on, and no others."""
        store = self.store
        if store is not None and not store.read_only:
            self._ask(lambda: self._record(store, feeds), lambda _nothing: None)

    def close(self) -> None:
        """Stop recording and close the history; what was received is stored first."""
        if self._ended:
            return
        self._number += 1
        self.folder = None
        self._thread.submit(self._close).result(30)

    def shut(self) -> None:
        """Close, and end the thread."""
        self.close()
        self._ended = True
        self._thread.shutdown()

    # --- in the thread --------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """Close what is open when this has its turn: an opening that waited before it is over by then."""
        recorder, self.recorder = self.recorder, None
        store, self.store = self.store, None
        try:
            if recorder is not None:
                recorder.stop()
        finally:
            if store is not None:
                store.close()

    def _open(self, folder: Path, read_only: bool, city: City, after: Path | None) -> Read:
        from twin.sensors.copying import bring_rest
        from twin.sensors.embedded import EmbeddedHistory

        if self.store is not None:  # asked for twice before the first opening had its turn
            return read_stretch(self.store, city)
        try:
            store = EmbeddedHistory(folder, read_only=read_only)
        except (ProjectLocked, OSError):  # another process records here, or nothing may be written here
            store = EmbeddedHistory(folder, read_only=True)
        self.store = store
        if not store.read_only:
            store.take_inbox()
            if after is not None and after.is_dir():
                bring_rest(after, store)
            store.settle()
            store.forget(np.datetime64("now", "ms"))
        return read_stretch(store, city)

    def _record(self, store: EmbeddedHistory, feeds: list[FeedSettings]) -> None:
        from twin.sensors.intake import Intake
        from twin.sensors.recorder import Recorder, newest_of
        from twin.sensors.settings import feed_of

        old, self.recorder = self.recorder, None
        if old is not None:
            old.stop()
        recorder = Recorder(store, lambda _rows: self.arrived.emit(), self.failed.emit)
        self.recorder = recorder
        for one in feeds:
            if not one.on:
                continue
            try:
                feed = feed_of(
                    one, newest_of(store, one.id), client_id=f"twin-{abs(hash(str(store.folder))) % 10**8}-{one.id}"
                )
            except Exception as error:  # one feed that cannot be made must not keep the others from being followed
                self.failed.emit(error)
                continue
            recorder.add(
                feed,
                Intake(feed.decode, store.add_streams, store.streams(), one.facts(), one.unknown, dict(one.places)),
            )
        recorder.start()

    def _ask(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        number = self._number

        def done(future: Future[Any]) -> None:
            if number == self._number:
                self._done.emit(future, then)

        self._thread.submit(work).add_done_callback(done)

    def _take(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        else:
            self.failed.emit(error)
