"""What a process sees of a history that it does not hold: today's rows and the inbox, taken into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.sensors import inbox
from twin.sensors.stream import merge_streams, read_streams
from twin.sensors.tail import Follower

if TYPE_CHECKING:
    from pathlib import Path

    from twin.sensors.hot import Hot
    from twin.sensors.inbox import Drop
    from twin.sensors.stream import Stream

STREAMS = "streams.parquet"
TODAY = "today.duckdb"
_FIRST, _LAST = np.datetime64("1678-01-01", "ms"), np.datetime64("2261-12-31", "ms")


class Beside:
    """Brings rows that are in no day file into a database in memory, each time only what is new.

    Parameters
    ----------
    folder : Path
        ``…/NAME.twin/history``.
    hot : Hot
        In memory; filled here.
    """

    def __init__(self, folder: Path, hot: Hot) -> None:
        self.partial = False
        """Rows of today are missing: an older program, which writes no tail, holds the history."""
        self._folder, self._hot = folder, hot
        self._forget()

    def _forget(self) -> None:
        self._hot.drop(_FIRST, _LAST)
        self._tail = Follower(self._folder)
        self._taken: set[str] = set()
        self._guessed = self._copied = self._read = False

    @property
    def changed(self) -> bool:
        """Whether there is something new since the last look."""
        return self._tail.changed or any(path.name not in self._taken for path in inbox.files(self._folder))

    def look(self) -> tuple[Stream, ...]:
        """Take what is new; return the streams.

        What moves on meanwhile goes from the inbox to the tail and from there to a day file. Looked at in this order
        nothing falls between; what is seen twice is known by stream, time and value.
        """
        if self._guessed or self._copied:
            self._forget()
        drops = self._drops()
        again, rows = self._tail.read()
        if again:
            if self._taken and self._read:  # the rows of files taken earlier go with it: all anew
                self._forget()
                return self.look()
            self._hot.drop(_FIRST, _LAST)
        self._read = True
        today = self._folder / TODAY
        # A database that nobody holds counts more than a tail that was left behind.
        self._copied = today.is_file() and self._hot.copy_of(today)
        if not self._copied:
            self._hot.append(rows)
        streams = read_streams(self._folder / STREAMS)
        self.partial = today.is_file() and not self._copied and not self._tail.there
        for drop in drops:
            known = {one.id: one for one in streams}
            missing = drop.missing(known)
            if missing:  # numbers that its holder may give otherwise
                self._guessed = True
                streams, _ = merge_streams(streams, missing)
            self._hot.append(drop.numbered({one.id: one for one in streams}))
        return streams

    def _drops(self) -> list[Drop]:
        found = []
        for path in inbox.files(self._folder):
            if path.name in self._taken:
                continue
            try:
                found.append(inbox.read(path))
            except BadInput:
                if path.exists():
                    raise
                continue  # its holder took it: it is in the tail
            self._taken.add(path.name)
        return found
