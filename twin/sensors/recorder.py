"""The recorder: takes what feeds received, in one thread, and stores it, in the store or in its inbox."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from twin.errors import TwinError
from twin.sensors import inbox
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.history import Appended, HistoryStore
from twin.sensors.newest import Newest
from twin.sensors.stream import Batch, Stream, joined, merge_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from twin.sensors.feeds.feed import Feed
    from twin.sensors.intake import Intake

_ROWS = 20_000
_PAUSE = 0.25
_SETTLE_S = 600.0
_REMEMBERED = 500_000
"""Rows that a process beside the holder remembers, to know one that comes again."""


class Sink(Protocol):
    """Where rows go."""

    def streams(self) -> tuple[Stream, ...]:
        """Return the streams."""

    def add_streams(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        """Give numbers to new streams."""

    def append(self, rows: Batch) -> Appended:
        """Store rows; they survive a kill when this returns."""


class InboxSink:
    """Drops rows into the inbox of a history that somebody else may hold.

    Each append is one file, whole on disk when it returns. Whether a row comes again is told for what this
    process itself brought; against the store it is found out when the inbox is taken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with EmbeddedHistory(folder, read_only=True) as known:
            self._streams = known.streams()
            self._newest = Newest(len(self._streams))
            frame = known.latest()
        there = np.flatnonzero(~np.isnat(frame.time))
        if len(there):
            self._newest.take(
                Batch(
                    there.astype(np.uint32),
                    frame.time[there],
                    frame.value[there],
                    frame.quality[there],
                    frame.time[there],
                )
            )
        self._seen: set[tuple[int, int, float]] = set()

    def streams(self) -> tuple[Stream, ...]:
        """Return the streams, by ``sid``."""
        return self._streams

    def add_streams(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        """Give numbers to new streams, good within this process."""
        self._streams, given = merge_streams(self._streams, streams)
        self._newest.grow(len(self._streams))
        return given

    def append(self, rows: Batch) -> Appended:
        """Drop rows into the inbox."""
        if not len(rows):
            return Appended()
        keep = np.ones(len(rows), bool)
        new = self._newest.is_new(rows)
        keys = zip(rows.sid.tolist(), rows.time.astype("int64").tolist(), rows.value.tolist(), strict=True)
        for i, key in enumerate(keys):
            if not new[i] and key in self._seen:
                keep[i] = False
            elif len(self._seen) < _REMEMBERED:
                self._seen.add(key)
        fresh = rows.take(keep)
        if len(fresh):
            inbox.drop(self.folder, self._streams, fresh)
            self._newest.take(fresh)
        return Appended(len(fresh), len(rows) - len(fresh))


@dataclass(frozen=True)
class Tally:
    """What became of everything so far."""

    received: int = 0
    stored: int = 0
    refused: int = 0
    repeated: int = 0
    parked: int = 0
    lost: int = 0
    latest_ms: int = 0


class Recorder:
    """Records feeds.

    Parameters
    ----------
    sink : Sink
        The store, or its inbox.
    told : callable
        Called from the recording thread with each batch stored.
    failed : callable
        Called from the recording thread when rows could not be stored (they are counted as lost).
    """

    def __init__(
        self,
        sink: Sink,
        told: Callable[[Batch], None] = lambda rows: None,
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self.sink = sink
        self.pairs: list[tuple[Feed, Intake]] = []
        self._told, self._failed = told, failed
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._done = Appended()
        self._lost_rows = 0
        self._upkeep = time.monotonic()
        self._lock = threading.Lock()

    def add(self, feed: Feed, intake: Intake) -> None:
        """Record a feed from now on; it is started."""
        feed.arrived = self._wake.set
        self.pairs.append((feed, intake))
        feed.start()

    def remove(self, feed: Feed) -> None:
        """Stop a feed; what it received is still stored."""
        feed.stop()
        self.drain()
        self.pairs = [pair for pair in self.pairs if pair[0] is not feed]

    def start(self) -> None:
        """Begin to record, in a thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop feeds and recording; what was received is stored first."""
        for feed, _ in self.pairs:
            feed.stop()
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(30)
            self._thread = None
        self.drain()

    @property
    def tally(self) -> Tally:
        """What became of everything so far."""
        counts = [intake.counts for _, intake in self.pairs]
        lost = sum(feed.status.lost for feed, _ in self.pairs) + self._lost_rows
        latest = max((intake.latest_ms for _, intake in self.pairs), default=0)
        return Tally(
            sum(c.received for c in counts), self._done.stored, sum(c.refused for c in counts), self._done.repeated,
            sum(c.parked for c in counts), lost, latest,
        )  # fmt: skip

    @property
    def reasons(self) -> Counter[str]:
        """Why readings were refused, and how often (English of the catalogue)."""
        return sum((intake.counts.reasons for _, intake in self.pairs), Counter())

    def drain(self) -> None:
        """Store all that waits."""
        with self._lock:
            while self._once():
                pass

    def store(self, rows: Batch) -> Appended:
        """Store rows; what cannot be stored is counted as lost and told."""
        try:
            told = self.sink.append(rows)
        except (TwinError, OSError, RuntimeError) as error:
            self._lost_rows += len(rows)
            self._failed(error)
            return Appended()
        self._done += told
        if len(rows):
            self._told(rows)
        return told

    # --- inside -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(1.0)
            self._wake.clear()
            with self._lock:
                more = self._once()
            self._keep_house()
            if more:
                self._wake.set()
            # Batches of a quarter of a second: a commit for each message would hold the store up.
            self._stop.wait(_PAUSE if not more else 0.0)

    def _once(self) -> bool:
        batches, more = [], False
        for feed, intake in list(self.pairs):
            messages = feed.take(_ROWS)
            more |= len(messages) == _ROWS
            if messages:
                batches.append(intake.take(messages))
        rows = joined(batches)
        if len(rows):
            self.store(rows)
        return more

    def _keep_house(self) -> None:
        """Take the inbox, close days, forget what may not be kept: at times when little waits."""
        sink = self.sink
        if not isinstance(sink, EmbeddedHistory):
            return
        try:
            before = len(sink.streams())
            taken = sink.take_inbox()
            if taken.stored or len(sink.streams()) != before:
                self._done += taken
                self._told(joined([]))
                for _, intake in self.pairs:
                    intake.learn(sink.streams())
            if time.monotonic() - self._upkeep > _SETTLE_S:
                self._upkeep = time.monotonic()
                sink.settle()
                sink.forget(np.datetime64("now", "ms"))
        except (TwinError, OSError, RuntimeError) as error:
            self._failed(error)


def newest_of(store: HistoryStore | InboxSink, source: str) -> int:
    """Return the newest time a feed brought [ms since 1970], 0 where it brought none."""
    if isinstance(store, InboxSink):
        return 0
    frame = store.latest()
    mine = [one.sid for one in store.streams() if one.source == source]
    times = frame.time[mine]
    times = times[~np.isnat(times)]
    return int(times.max().astype("int64")) if len(times) else 0
