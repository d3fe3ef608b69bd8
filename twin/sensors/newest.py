"""The newest value of every stream, kept in arrays, so that nobody asks the store for it."""

from __future__ import annotations

import numpy as np

from twin.sensors.stream import Batch, Frame, batch

_NONE = np.iinfo(np.int64).min


class Newest:
    """Time, value and flag of the newest row of each stream; of several for its time the last received."""

    def __init__(self, count: int) -> None:
        self._time = np.full(count, _NONE, np.int64)
        self._value = np.full(count, np.nan, np.float32)
        self._quality = np.zeros(count, np.uint8)
        self._received = np.full(count, _NONE, np.int64)

    @property
    def complete(self) -> bool:
        """Whether every stream has a value."""
        return bool((self._time != _NONE).all())

    @property
    def count(self) -> int:
        """Number of streams."""
        return len(self._time)

    @property
    def last(self) -> int:
        """The latest time of all [ms since 1970]."""
        return int(self._time.max(initial=_NONE))

    def lacks(self, whole: Newest, start: np.datetime64, after: int = _NONE) -> bool:
        """Whether a stream has nothing here later than ``after`` that in ``whole`` has a value from ``start`` on."""
        n = min(len(self._time), len(whole._time))  # streams may have come meanwhile
        return bool(((self._time[:n] <= after) & (whole._time[:n] >= int(start.astype("int64")))).any())

    def grow(self, count: int) -> None:
        """Make room for more streams."""
        more = count - len(self._time)
        if more > 0:
            self._time = np.append(self._time, np.full(more, _NONE, np.int64))
            self._value = np.append(self._value, np.full(more, np.nan, np.float32))
            self._quality = np.append(self._quality, np.zeros(more, np.uint8))
            self._received = np.append(self._received, np.full(more, _NONE, np.int64))

    def time_of(self, sid: int) -> int:
        """Return the newest time of a stream [ms since 1970]."""
        return int(self._time[sid])

    def is_new(self, rows: Batch) -> np.ndarray:
        """Say for each row whether it is surely new: later than all its stream has, in these rows too."""
        time = rows.time.astype("int64")
        new = time > self._time[rows.sid]
        order = np.lexsort((np.arange(len(rows)), rows.sid))
        same = np.zeros(len(rows), bool)
        same[order[1:]] = (rows.sid[order[1:]] == rows.sid[order[:-1]]) & (time[order[1:]] <= time[order[:-1]])
        if same.any():  # a stream goes back in time within these rows: look closely at all of its rows
            new &= ~np.isin(rows.sid, rows.sid[same])
        return new

    def take(self, rows: Batch) -> None:
        """Take notice of rows, in any order."""
        if not len(rows):
            return
        self.grow(int(rows.sid.max()) + 1)
        time, got = rows.time.astype("int64"), rows.received.astype("int64")
        order = np.lexsort((np.arange(len(rows)), got, time, rows.sid))
        sid = rows.sid[order]
        ends = np.append(sid[1:] != sid[:-1], True)
        pick, sid = order[ends], sid[ends]
        later = (time[pick] > self._time[sid]) | ((time[pick] == self._time[sid]) & (got[pick] >= self._received[sid]))
        pick, sid = pick[later], sid[later]
        self._time[sid], self._value[sid] = time[pick], rows.value[pick]
        self._quality[sid], self._received[sid] = rows.quality[pick], got[pick]

    def all_by(self, at: np.datetime64) -> bool:
        """Whether no stream has a value later than a time, so that these are also the newest up to it."""
        return bool((self._time <= int(at.astype("int64"))).all())

    def frame(self, at: np.datetime64, since: np.datetime64 | None = None) -> Frame:
        """Return the values as a frame (copies), those before ``since`` left out."""
        value, time, quality = self._value.copy(), self._time.astype("datetime64[ms]"), self._quality.copy()
        if since is not None:
            old = ~(time >= since)
            value[old], time[old], quality[old] = np.nan, np.datetime64("NaT"), 0
        return Frame(at, value, time, quality)

    def rows(self) -> Batch:
        """Return the values as rows, those streams left out that have none."""
        sid = np.flatnonzero(self._time != _NONE)
        if not len(sid):
            return batch([], [], [])
        time, got = self._time[sid].astype("datetime64[ms]"), self._received[sid].astype("datetime64[ms]")
        return Batch(sid.astype(np.uint32), time, self._value[sid], self._quality[sid], got)
