"""The rows stored last, in memory: frames of a moment just gone do not wait for the database while it stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.sensors.stream import epoch_ms, joined

if TYPE_CHECKING:
    import numpy as np

    from twin.sensors.newest import Newest
    from twin.sensors.stream import Batch

_CHUNK = 10_000
_CHUNKS = 50


@dataclass(frozen=True)
class _Chunk:
    """Rows as they came, their first and last time, and the last of all that came before [ms since 1970]."""

    rows: Batch
    low: int
    high: int
    before: int


class Recent:
    """Some hundred thousand rows (about 12 MB).

    One thread puts rows, others may ask meanwhile.

    Parameters
    ----------
    before : int
        Nothing stored up to now is later than this [ms since 1970].
    """

    def __init__(self, before: int) -> None:
        self._before = before
        self._chunks: tuple[_Chunk, ...] = ()

    def put(self, rows: Batch) -> None:
        """Take rows that were stored."""
        low, high = epoch_ms(rows.time.min()), epoch_ms(rows.time.max())
        chunks, before = self._chunks, self._before
        last = chunks[-1] if chunks else None
        if last is not None and len(last.rows) < _CHUNK:
            rows, chunks = joined([last.rows, rows]), chunks[:-1]
            low, high, before = min(low, last.low), max(high, last.high), last.before
        self._chunks = (*chunks[1 - _CHUNKS :], _Chunk(rows, low, high, before))
        self._before = max(self._before, high)

    def fill(self, found: Newest, whole: Newest, start: np.datetime64, at: np.datetime64) -> bool:
        """Take what is newest up to a time; say whether that is all there is.

        Parameters
        ----------
        found : Newest
            Takes the rows.
        whole : Newest
            Of all that is stored.
        start, at : datetime64[ms]
            Streams without a value in ``whole`` from ``start`` on are not looked for.
        """
        end = epoch_ms(at)
        for chunk in reversed(self._chunks):
            if chunk.low > end:
                continue
            found.take(chunk.rows if chunk.high <= end else chunk.rows.take(chunk.rows.time <= at))
            # What came before the chunk is not later than ``before``: streams later than that have their newest value.
            if not found.lacks(whole, start, chunk.before):
                return True
        return False
