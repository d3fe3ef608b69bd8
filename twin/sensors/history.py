"""HistoryStore: what every store of observations can do, whichever database lies under it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from twin.errors import BadInput
from twin.sensors.stream import gaps_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from twin.sensors.stream import Batch, Frame, Gap, Series, Stream

Measure = Literal["mean", "min", "max", "count", "sum", "p95"]
MEASURES: tuple[Measure, ...] = ("mean", "min", "max", "count", "sum", "p95")


@dataclass(frozen=True)
class Appended:
    """What became of a batch: rows stored (late and revised ones among them), and repeats that were not.

    ``late`` came after a newer value of their stream; ``revised`` give another value for a time that had one:
    both are kept, reading gives the one received last.
    """

    stored: int = 0
    repeated: int = 0
    late: int = 0
    revised: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(
            self.stored + other.stored,
            self.repeated + other.repeated,
            self.late + other.late,
            self.revised + other.revised,
        )


class HistoryStore(ABC):
    """Streams and their observations. Nothing stored is ever overwritten.

    Times are UTC datetime64[ms]; spans are closed at both ends. One thread appends; any may read.
    """

    @abstractmethod
    def streams(self) -> tuple[Stream, ...]:
        """Return all streams, by ``sid``."""

    @abstractmethod
    def add_streams(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        """Add streams, or change what is said of known ones (same ``id``); return them with their ``sid``."""

    @abstractmethod
    def append(self, rows: Batch) -> Appended:
        """Store observations; when this returns they survive a kill of the process.

        Raises
        ------
        BadInput
            When a ``sid`` is not that of a stream; nothing of the batch is stored then.
        """

    @abstractmethod
    def frame(self, at: np.datetime64, lookback_s: float = 900.0) -> Frame:
        """Return the newest value of each stream within ``lookback_s`` [s] up to a time."""

    @abstractmethod
    def series(self, sid: int, start: np.datetime64, end: np.datetime64) -> Series:
        """Return the values of one stream within a span, ascending."""

    @abstractmethod
    def rows(self, start: np.datetime64, end: np.datetime64) -> Batch:
        """Return all observations of a span, by time and stream; of several for one time the last received."""

    @abstractmethod
    def aggregate(
        self,
        start: np.datetime64,
        end: np.datetime64,
        step_s: int,
        measures: Sequence[Measure] = ("mean",),
        sids: Sequence[int] | None = None,
        good_only: bool = False,
    ) -> pd.DataFrame:
        """Return measures per stream and step: columns ``sid``, ``time`` (start of the step, UTC), the measures.

        Parameters
        ----------
        start, end : datetime64
            The span.
        step_s : int
            Length of a step [s]; steps begin at whole multiples since 1970 (UTC).
        measures : sequence of str
            Of :data:`MEASURES`.
        sids : sequence of int, optional
            Streams; all by default.
        good_only : bool
            Leave flagged values out.
        """

    @abstractmethod
    def latest(self) -> Frame:
        """Return the newest value of every stream, however old."""

    @abstractmethod
    def span(self) -> tuple[np.datetime64, np.datetime64] | None:
        """Return the first and the last phenomenon time; None when nothing is stored."""

    @abstractmethod
    def forget(self, now: np.datetime64) -> int:
        """Drop what is older than its stream's retention; return how many rows went."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    def gaps(self, sid: int, start: np.datetime64, end: np.datetime64, factor: float = 2.0) -> list[Gap]:
        """Return where a stream is silent longer than ``factor`` of its periods within a span."""
        one = self.streams()[sid]
        return gaps_of(self.series(sid, start, end), one.period_s, start, end, factor)

    def by_id(self) -> Mapping[str, Stream]:
        """Return the streams by their ``id``."""
        return {one.id: one for one in self.streams()}

    def __enter__(self) -> Self:
        """Return itself; leaving the block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_measures(measures: Sequence[str]) -> None:
    """Refuse a measure that no store knows."""
    for name in measures:
        if name not in MEASURES:
            raise BadInput("{name} is no measure; there are: {known}.", name=name, known=", ".join(MEASURES))


def check_sids(rows: Batch, count: int) -> None:
    """Refuse rows of streams that are not there, and values that are no numbers."""
    if len(rows) and int(rows.sid.max()) >= count:
        raise BadInput("An observation names stream number {sid}; there are {n}.", sid=int(rows.sid.max()), n=count)
    if not np.isfinite(rows.value).all() or np.isnat(rows.time).any():
        raise BadInput("An observation without a value or a time cannot be stored.")
