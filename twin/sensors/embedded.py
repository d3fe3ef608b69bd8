"""The embedded store: a project's ``history/`` folder. Today in DuckDB, closed days as Parquet, an inbox beside.

One process holds it (the lock ``.lock``) and appends; others read the day files, the tail that the holder writes of
today, and what lies in the inbox, and drop what they have to add into the inbox, from where the holder takes it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from twin.disk import atomic
from twin.disk.lock import FileLock
from twin.errors import BadInput, ProjectLocked
from twin.sensors import inbox
from twin.sensors.beside import STREAMS, TODAY, Beside
from twin.sensors.days import Days, by_day, from_arrow, to_arrow, whole
from twin.sensors.history import Appended, HistoryStore, check_measures, check_sids
from twin.sensors.hot import Hot
from twin.sensors.newest import Newest
from twin.sensors.recent import Recent
from twin.sensors.stream import (
    Batch,
    Frame,
    Series,
    batch,
    epoch_ms,
    in_ms,
    joined,
    merge_streams,
    read_streams,
    to_table,
)
from twin.sensors.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.sensors.history import Measure
    from twin.sensors.stream import Stream

_LATEST = "latest.parquet"
_FIRST, _LAST = np.datetime64("1678-01-01", "ms"), np.datetime64("2261-12-31", "ms")


class EmbeddedHistory(HistoryStore):
    """The store of one project.

    Parameters
    ----------
    folder : Path
        ``…/NAME.twin/history``; made when it is not there.
    read_only : bool
        Only look, without holding the store; :meth:`look_again` takes what was stored since.

    Raises
    ------
    ProjectLocked
        When another process holds it.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.folder = folder
        self.read_only = read_only
        self.partial = False
        """A reader beside an older program that records: what is not yet in a day file is missing."""
        self._lock: FileLock | None = None
        self._tail: Tail | None = None
        self._writing = threading.RLock()
        if not read_only:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock")
            if not self._lock.acquire():
                raise ProjectLocked("{path}: another process records into this history.", path=folder.parent.name)
        try:
            self._days = Days(folder)
            self._streams = read_streams(folder / STREAMS)
            self._hot = Hot(None if read_only else folder / TODAY)
            self._beside = Beside(folder, self._hot) if read_only else None
            if not read_only:
                self._tail = Tail(folder, self._hot.rows(_FIRST, _LAST))
            self._newest = Newest(len(self._streams))
            self._revised = False
            self._begin()
        except BaseException:
            if self._tail is not None:
                self._tail.close()
            if self._lock is not None:
                self._lock.release()
            raise

    # --- streams ------------------------------------------------------------------------------------------------

    def streams(self) -> tuple[Stream, ...]:
        """Return all streams, by ``sid``."""
        return self._streams

    def add_streams(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        """Add streams, or change what is said of known ones; the table is on disk when this returns."""
        with self._writing:
            merged, given = merge_streams(self._streams, streams)
            if merged != self._streams:
                if not self.read_only:
                    with atomic.replacing(self.folder / STREAMS) as part:
                        to_table(merged).to_parquet(part, compression="zstd", index=False)
                self._newest.grow(len(merged))
                self._streams = merged
        return given

    # --- writing ------------------------------------------------------------------------------------------------

    def append(self, rows: Batch) -> Appended:
        """Store observations; when this returns they survive a kill of the process."""
        if self.read_only:
            raise ProjectLocked("{path}: the history is open for reading only.", path=self.folder.parent.name)
        return self._append(rows)

    def _append(self, rows: Batch) -> Appended:
        check_sids(rows, len(self._streams))
        if not len(rows):
            return Appended()
        with self._writing:
            old = ~self._newest.is_new(rows)
            fresh, told = rows, Appended(len(rows))
            if old.any():
                keep, late, revised = self._sift(rows, old)
                fresh = rows.take(keep)
                told = Appended(len(fresh), len(rows) - len(fresh), late, revised)
                self._revised |= revised > 0
            if len(fresh):
                self._hot.append(fresh)
                if self._tail is not None:
                    self._tail.append(fresh)
                self._newest.take(fresh)
                self._recent.put(fresh)
        return told

    def _sift(self, rows: Batch, old: np.ndarray) -> tuple[np.ndarray, int, int]:
        """Say which rows to keep where some are late or come again, and count the late and the revised ones."""
        asked = rows.take(old)
        known: dict[tuple[int, int], tuple[float, int]] = {}
        for found in (self._closed_at(asked), self._hot.at_keys(asked)):
            for sid, time, value, quality in _plain(found):
                known[sid, time] = (value, quality)
        keep = np.ones(len(rows), bool)
        late = revised = 0
        at_old = np.flatnonzero(old)
        for i, (sid, time, value, quality) in zip(at_old.tolist(), _plain(asked), strict=True):
            before = known.get((sid, time))
            if before is not None and before[0] == value:
                keep[i] = False
                continue
            known[sid, time] = (value, quality)
            if before is not None:
                revised += 1
            else:
                late += int(time < self._newest.time_of(sid))
        return keep, late, revised

    def _closed_at(self, asked: Batch) -> Batch:
        parts = []
        days = asked.time.astype("datetime64[D]")
        for day in np.intersect1d(np.unique(days), np.array(self._days.days(), "datetime64[D]")):
            mine = asked.take(days == day)
            rows = self._days.rows(mine.time.min(), mine.time.max())
            parts.append(rows.take(np.isin(_key(rows), _key(mine))))
        return joined(parts)

    def settle(self, now: np.datetime64 | None = None) -> int:
        """Move closed days (before the UTC day of ``now``) into Parquet files; return how many days.

        A kill in between leaves rows in both places, which is mended when the day is settled again.
        """
        today = (np.datetime64("now") if now is None else now).astype("datetime64[D]")
        done = 0
        with self._writing:
            if self.read_only:
                return 0
            for day in self._hot.days():
                if day >= today:
                    continue
                start, end = whole(day)
                here = self._days.rows(start, end) if day in self._days.days() else batch([], [], [])
                self._days.write(day, joined([here, self._hot.rows(start, end)]))
                self._hot.drop(start, end)
                done += 1
            if done:
                self._begin_tail()
                self._keep_latest()
                self._hot.checkpoint()
                if not self._hot.count():
                    self._revised = False
        return done

    def take_inbox(self) -> Appended:
        """Append what other processes dropped into ``inbox/``; each file goes when its rows are stored.

        Raises
        ------
        BadInput
            When a file is broken: it is set aside as ``.refused`` after all others were taken.
        """
        total = Appended()
        broken: BadInput | None = None
        for path in inbox.files(self.folder) if not self.read_only else ():
            try:
                drop = inbox.read(path)
            except BadInput as error:  # set aside, so that the others are not held up by it for ever
                broken = broken or error
                path.rename(path.with_suffix(".refused"))
                continue
            self.add_streams(drop.missing(self.by_id()))
            total += self.append(drop.numbered(self.by_id()))
            path.unlink(missing_ok=True)
        if broken is not None:
            raise broken
        return total

    def forget(self, now: np.datetime64) -> int:
        """Drop what is older than its stream's retention, files of days included; return how many rows went."""
        limits = {one.sid: now - np.timedelta64(round(one.retention_days * 86400_000), "ms")
                  for one in self._streams if one.retention_days > 0}  # fmt: skip
        if not limits or self.read_only:
            return 0
        gone = 0
        with self._writing:
            for sid, limit in limits.items():
                gone += self._hot.drop(_FIRST, limit - np.timedelta64(1, "ms"), (sid,))
            cut = np.full(len(self._streams), _FIRST, "datetime64[ms]")
            for sid, limit in limits.items():
                cut[sid] = limit
            for day in self._days.days():
                if day > cut.max().astype("datetime64[D]"):
                    break
                rows = self._days.rows(*whole(day))
                keep = rows.time >= cut[rows.sid]
                if not keep.all():
                    self._days.write(day, rows.take(keep))
                    gone += int((~keep).sum())
            if gone:
                self._begin_tail()
                self._find_newest()
                self._keep_latest()
        return gone

    # --- reading ------------------------------------------------------------------------------------------------

    def frame(self, at: np.datetime64, lookback_s: float = 900.0) -> Frame:
        """Return the newest value of each stream within ``lookback_s`` [s] up to a time."""
        at = in_ms(at)
        start = at - np.timedelta64(round(lookback_s * 1000), "ms")
        if self._newest.all_by(at):
            return self._newest.frame(at, start)
        found = Newest(len(self._streams))
        if not self._revised and self._recent.fill(found, self._newest, start, at):
            return found.frame(at, start)
        found, closed = Newest(len(self._streams)), self._days.rows(start, at)
        found.take(closed)
        self._hot.fill(found, self._newest, (start, at), self._revised, whole=len(closed) > 0)
        return found.frame(at, start)

    def series(self, sid: int, start: np.datetime64, end: np.datetime64) -> Series:
        """Return the values of one stream within a span, ascending."""
        self._check(sid)
        start, end = in_ms(start), in_ms(end)
        rows = _last_received(joined([self._days.series(sid, start, end), self._hot.rows(start, end, sid)]))
        return Series(sid, rows.time, rows.value, rows.quality, rows.received)

    def rows(self, start: np.datetime64, end: np.datetime64) -> Batch:
        """Return all observations of a span, by time and stream; of several for one time the last received."""
        start, end = in_ms(start), in_ms(end)
        return _last_received(joined([self._days.rows(start, end), self._hot.rows(start, end)]))

    def aggregate(
        self,
        start: np.datetime64,
        end: np.datetime64,
        step_s: int,
        measures: Sequence[Measure] = ("mean",),
        sids: Sequence[int] | None = None,
        good_only: bool = False,
    ) -> pd.DataFrame:
        """Return measures per stream and step; see :meth:`HistoryStore.aggregate`."""
        check_measures(measures)
        rules = ["true"]
        if sids is not None:
            rules.append(f"sid IN ({','.join(str(int(s)) for s in sids) or '-1'})")
        if good_only:
            rules.append("quality = 0")
        step = int(step_s) * 1000
        asked = f"sid, ms // {step} AS step, {', '.join(f'{_SQL[m]} AS {m}' for m in measures)}"
        found = [
            self._hot.columns(
                f"SELECT {asked} FROM ({self._source(*part)}) WHERE {' AND '.join(rules)} GROUP BY sid, step"
            )
            for part in by_day((*self._days.days(), *self._hot.days()), in_ms(start), in_ms(end), step)
        ]
        every = {name: np.concatenate([one[name] for one in found]) for name in ("sid", "step", *measures)}
        sid, steps = np.asarray(every["sid"], np.uint32), np.asarray(every["step"], np.int64)
        order = np.lexsort((steps, sid))
        columns: dict[str, object] = {"sid": sid[order], "time": (steps[order] * step).astype("datetime64[ms]")}
        columns.update({name: np.asarray(every[name], np.float64)[order] for name in measures})
        return pd.DataFrame(columns)

    def latest(self) -> Frame:
        """Return the newest value of every stream, however old."""
        return self._newest.frame(np.datetime64("now", "ms"))

    def span(self) -> tuple[np.datetime64, np.datetime64] | None:
        """Return the first and the last phenomenon time; None when nothing is stored."""
        edges = []
        days = self._days.days()
        if days:
            edges += [self._days.rows(*whole(days[0])).time.min(), self._days.rows(*whole(days[-1])).time.max()]
        found = self._hot.one("SELECT min(time), max(time) FROM obs")
        if found[0] is not None:
            edges += [np.datetime64(found[0], "ms"), np.datetime64(found[1], "ms")]
        return (min(edges), max(edges)) if edges else None

    def look_again(self) -> None:
        """Take notice of what other processes wrote meanwhile (a reader; the holder need not)."""
        if self._beside is not None:
            self._begin()

    @property
    def changed(self) -> bool:
        """Whether another process wrote since this reader looked."""
        return self._beside is not None and self._beside.changed

    def close(self) -> None:
        """Close the database and let go of the store."""
        try:
            if not self.read_only:
                self._hot.checkpoint()
        finally:
            if self._tail is not None:
                self._tail.close()
            self._hot.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    # --- inside -------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._beside is not None:
            self._streams = self._beside.look()
            self._days.look_again()
            self.partial = self._beside.partial
        self._revised = self._hot_has_twins()
        self._find_newest()

    def _begin_tail(self) -> None:
        if self._tail is not None:
            self._tail.begin(self._hot.rows(_FIRST, _LAST))

    def _source(self, start: np.datetime64, end: np.datetime64) -> str:
        """Return the SQL of all rows of a span (``sid``, ``ms``, ``value``, ``quality``), one for each time."""
        paths, revised = self._days.files(start, end)
        span = f"BETWEEN {epoch_ms(start)} AND {epoch_ms(end)}"
        parts = [f"SELECT sid, time AS ms, value, quality, received FROM obs WHERE time {span}"]
        for ours in (True, False):  # the first files tell when a row was received, the copies by stream do not
            names = [path.as_posix().replace("'", "''") for path in paths if (path.parent == self.folder) == ours]
            if names:
                got = "epoch_ms(received)" if ours else "NULL"
                files = ",".join(f"'{name}'" for name in names)
                parts.append(
                    f"SELECT sid, epoch_ms(time) AS ms, value, quality, {got} AS received "
                    f"FROM read_parquet([{files}]) WHERE ms {span}"
                )
        source = " UNION ALL ".join(f"({part})" for part in parts)
        if revised or self._revised or self._both_places(start, end):
            keep = "row_number() OVER (PARTITION BY sid, ms ORDER BY received DESC NULLS LAST) = 1"
            source = f"SELECT * FROM ({source}) QUALIFY {keep}"
        return source

    def _hot_has_twins(self) -> bool:
        return bool(self._hot.one("SELECT count(*) - count(DISTINCT (sid, time)) FROM obs")[0])

    def _both_places(self, start: np.datetime64, end: np.datetime64) -> bool:
        """Whether late rows wait in the database for days that have a file: only then can a time be in both."""
        closed = set(self._days.days())
        low, high = start.astype("datetime64[D]"), end.astype("datetime64[D]")
        return any(low <= day <= high and day in closed for day in self._hot.days())

    def _find_newest(self) -> None:
        newest = Newest(len(self._streams))
        kept = self.folder / _LATEST
        if kept.is_file() and not self._newer_than(kept):
            newest.take(from_arrow(pq.read_table(kept)))
        else:
            for day in reversed(self._days.days()):
                newest.take(self._days.rows(*whole(day)))
                if newest.complete:
                    break
        newest.take(self._hot.last() if self._revised else self._hot.newest())
        self._newest, self._recent = newest, Recent(newest.last)

    def _newer_than(self, kept: Path) -> bool:
        made = kept.stat().st_mtime_ns
        return any(self._days.path(day).stat().st_mtime_ns > made for day in self._days.days())

    def _keep_latest(self) -> None:
        with atomic.replacing(self.folder / _LATEST) as part:
            pq.write_table(to_arrow(self._newest.rows()), part, compression="zstd")

    def _check(self, sid: int) -> None:
        if not 0 <= sid < len(self._streams):
            raise BadInput("There is no stream number {sid}; there are {n}.", sid=sid, n=len(self._streams))


_SQL = {
    "mean": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "count": "count(*)",
    "sum": "sum(value)",
    "p95": "quantile_cont(value, 0.95)",
}


def _plain(rows: Batch) -> zip[tuple[int, int, float, int]]:
    return zip(
        rows.sid.tolist(), rows.time.astype("int64").tolist(), rows.value.tolist(), rows.quality.tolist(), strict=True
    )


def _key(rows: Batch) -> NDArray[np.int64]:
    return rows.time.astype(np.int64) * (1 << 21) + rows.sid.astype(np.int64)


def _last_received(rows: Batch) -> Batch:
    """Sort by time and stream; of several rows for one time of a stream keep the last received."""
    rows = rows.take(np.lexsort((np.arange(len(rows)), rows.received, rows.sid, rows.time)))
    if len(rows) < 2:
        return rows
    again = (rows.time[1:] == rows.time[:-1]) & (rows.sid[1:] == rows.sid[:-1])
    return rows.take(np.append(~again, True)) if again.any() else rows
