"""The visible window as one dense block in memory: a frame of it costs no more than reading one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from twin.sensors.stream import Frame, in_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.sensors.history import HistoryStore
    from twin.sensors.stream import Batch, Times

_NO_AGE = np.iinfo(np.uint32).max


@dataclass(frozen=True)
class Block:
    """What held at each step of a window.

    Parameters
    ----------
    start : datetime64[ms]
        Time of row 0, UTC.
    step_s : float
        Seconds between rows.
    value : array of float32, shape (steps, streams)
        The newest value of each stream not older than the look-back; nan where there is none.
    age_s : array of uint32, shape (steps, streams)
        Age of that value at the row's time [s].
    quality : array of uint8, shape (steps, streams)
    """

    start: np.datetime64
    step_s: float
    value: NDArray[np.float32]
    age_s: NDArray[np.uint32]
    quality: NDArray[np.uint8]

    @property
    def end(self) -> np.datetime64:
        """Time of the last row."""
        return self.start + np.timedelta64(round((len(self.value) - 1) * self.step_s * 1000), "ms")

    @property
    def times(self) -> Times:
        """Time of each row, UTC."""
        steps = np.rint(np.arange(len(self.value)) * self.step_s * 1000).astype("timedelta64[ms]")
        return cast("Times", self.start + steps)

    def index(self, at: np.datetime64) -> int:
        """Return the last row at or before a time, clipped to the block."""
        steps = float((in_ms(at) - self.start) / np.timedelta64(1, "ms")) / (self.step_s * 1000)
        return int(np.clip(np.floor(steps + 1e-9), 0, len(self.value) - 1))

    def values(self, at: np.datetime64) -> NDArray[np.float32]:
        """Return the row of values at a time, shape (streams,); a view that must not be changed."""
        return cast("NDArray[np.float32]", self.value[self.index(at)])

    def frame(self, at: np.datetime64) -> Frame:
        """Return the frame at a time, with the times of the values."""
        i = self.index(at)
        now = self.times[i]
        time = now - self.age_s[i].astype("int64").astype("timedelta64[s]").astype("timedelta64[ms]")
        time[self.age_s[i] == _NO_AGE] = np.datetime64("NaT")
        return Frame(now, self.value[i], time, self.quality[i])


def fill(
    store: HistoryStore, start: np.datetime64, end: np.datetime64, step_s: float, lookback_s: float = 900.0
) -> Block:
    """Build the block of a window from a store.

    Parameters
    ----------
    store : HistoryStore
    start, end : datetime64
        The window, UTC.
    step_s : float
        Seconds between rows.
    lookback_s : float
        How old a value may be and still be shown [s].
    """
    start, end = in_ms(start), in_ms(end)
    steps = int(float((end - start) / np.timedelta64(1, "ms")) / (step_s * 1000) + 1e-9) + 1
    rows = store.rows(start - np.timedelta64(round(lookback_s * 1000), "ms"), end)
    return of_rows(rows, len(store.streams()), start, steps, step_s, lookback_s)


def of_rows(rows: Batch, streams: int, start: np.datetime64, steps: int, step_s: float, lookback_s: float) -> Block:
    """Build a block from rows that are ascending in time; parameters as for :func:`fill`."""
    ms = rows.time.astype("int64") - start.astype("int64")
    at = np.ceil(ms / (step_s * 1000) - 1e-9).astype("int64").clip(0, None)
    inside = at < steps
    source = np.full((steps, streams), -1, np.int32)
    # Ascending times: of several rows in one cell the last, which is the newest, stays.
    source[at[inside], rows.sid[inside]] = np.flatnonzero(inside).astype(np.int32)
    np.maximum.accumulate(source, axis=0, out=source)
    none = source < 0
    if not len(rows):
        nothing = np.full((steps, streams), np.nan, np.float32)
        age = np.full((steps, streams), _NO_AGE, np.uint32)
        return Block(start, step_s, nothing, age, np.zeros((steps, streams), np.uint8))
    value, quality = rows.value[source], rows.quality[source]
    row_ms = np.rint(np.arange(steps) * step_s * 1000).astype("int64")
    age_s = (row_ms[:, None] - ms[source]) // 1000
    none |= age_s > lookback_s
    value[none] = np.nan
    quality[none] = 0
    age = np.where(none, _NO_AGE, age_s).astype(np.uint32)
    return Block(start, step_s, value, age, quality)
