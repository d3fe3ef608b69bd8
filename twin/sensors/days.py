"""Closed days as Parquet: ``YYYY-MM-DD.parquet`` by time, and for large days a second copy by stream.

A file is written beside its place, flushed and renamed, so a kill leaves the old one or the new one. The copy by
stream (``by_stream/``) holds what reading gives (of several values for one time the last received) and can be
made again from the first.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twin.disk import atomic
from twin.errors import BadInput
from twin.sensors.stream import Batch, batch, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from twin.sensors.stream import Times

BY_STREAM = "by_stream"
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.parquet")
_GROUP = 16_384
_SECOND_COPY_FROM = 50_000
"""Rows of a day from which a copy by stream pays: a chart then reads one row group of it instead of the whole day."""
_MS = pa.timestamp("ms", tz="UTC")
_SCHEMA = pa.schema(
    [("sid", pa.uint32()), ("time", _MS), ("value", pa.float32()), ("quality", pa.uint8()), ("received", _MS)]
)
_REVISED = b"twin.revised"
DAY = np.timedelta64(1, "D")
Span = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True)
class _Known:
    """What is kept of a file: its stamp, its footer, and the range of each row group (time or sid)."""

    stamp: tuple[int, int]
    footer: pq.FileMetaData
    low: np.ndarray
    high: np.ndarray


class Days:
    """The day files of one folder; reads from any thread, writes from one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, _Known] = {}
        self._list: tuple[np.datetime64, ...] | None = None

    def days(self) -> tuple[np.datetime64, ...]:
        """Return the days that have a file, ascending."""
        if self._list is None:
            found = (p.name for p in self.folder.glob("*.parquet") if _NAME.fullmatch(p.name))
            self._list = tuple(sorted(np.datetime64(name[:10], "D") for name in found))
        return self._list

    def look_again(self) -> None:
        """Find out anew which days have a file (another process may have written)."""
        self._list = None

    def path(self, day: np.datetime64) -> Path:
        """Return where the file of a day lies."""
        return self.folder / f"{day}.parquet"

    def revised(self, day: np.datetime64) -> bool:
        """Whether a day holds several values for one time of a stream."""
        known = self._look(self.path(day), 1)
        return bool(known.footer.metadata and int(known.footer.metadata.get(_REVISED, b"0")))

    def files(self, start: np.datetime64, end: np.datetime64) -> tuple[list[Path], bool]:
        """Return the files of a span as they serve for sums, and whether some hold several values for one time."""
        paths, revised = [], False
        for day in self._within(start, end):
            second = self.folder / BY_STREAM / f"{day}.parquet"
            paths.append(second if self._second_is_good(day) else self.path(day))
            revised |= paths[-1] != second and self.revised(day)
        return paths, revised

    def rows(self, start: np.datetime64, end: np.datetime64) -> Batch:
        """Return all rows of a span, by time, stream and time received."""
        return joined([self._rows(day, start, end) for day in self._within(start, end)])

    def series(self, sid: int, start: np.datetime64, end: np.datetime64) -> Batch:
        """Return the rows of one stream within a span, by time (and time received where there are several)."""
        parts = []
        for day in self._within(start, end):
            if self._second_is_good(day):
                rows = self._of_stream(self.folder / BY_STREAM / f"{day}.parquet", sid)
            else:
                rows = self._rows(day, start, end)
                rows = rows.take(rows.sid == sid)
            parts.append(rows.take((rows.time >= start) & (rows.time <= end)))
        return joined(parts)

    def write(self, day: np.datetime64, rows: Batch) -> None:
        """Write the file of a day in place of an earlier one; without rows the file goes.

        Parameters
        ----------
        day : datetime64[D]
        rows : Batch
            All rows of that day, in any order; what is there twice in all its parts is written once.
        """
        path, second = self.path(day), self.folder / BY_STREAM / f"{day}.parquet"
        rows = _plain(rows)
        second.unlink(missing_ok=True)
        if len(rows):
            keys_again = (np.diff(rows.time.astype("int64")) == 0) & (np.diff(rows.sid.astype("int64")) == 0)
            _write(path, rows, ("time", "sid"), int(keys_again.sum()))
            if len(rows) >= _SECOND_COPY_FROM:
                second.parent.mkdir(exist_ok=True)
                last = rows.take(np.append(~keys_again, True))
                _write(second, last.take(np.lexsort((last.time, last.sid))), ("sid", "time"), 0)
        else:
            path.unlink(missing_ok=True)
        self._known.pop(path, None)
        self._known.pop(second, None)
        self._list = None

    # --- inside -------------------------------------------------------------------------------------------------

    def _within(self, start: np.datetime64, end: np.datetime64) -> Iterator[np.datetime64]:
        first, last = start.astype("datetime64[D]"), end.astype("datetime64[D]")
        return (day for day in self.days() if first <= day <= last)

    def _second_is_good(self, day: np.datetime64) -> bool:
        return (self.folder / BY_STREAM / f"{day}.parquet").is_file()

    def _rows(self, day: np.datetime64, start: np.datetime64, end: np.datetime64) -> Batch:
        path = self.path(day)
        known = self._look(path, 1)
        low, high = start.astype("datetime64[ms]").astype("int64"), end.astype("datetime64[ms]").astype("int64")
        groups = np.flatnonzero((known.high >= low) & (known.low <= high))
        rows = self._read(path, known, groups)
        if rows.time.size and (rows.time[0] < start or rows.time[-1] > end):
            a, b = np.searchsorted(rows.time, start, "left"), np.searchsorted(rows.time, end, "right")
            rows = rows.take(np.arange(a, b))
        return rows

    def _of_stream(self, path: Path, sid: int) -> Batch:
        known = self._look(path, 0)
        rows = self._read(path, known, np.flatnonzero((known.high >= sid) & (known.low <= sid)))
        a, b = np.searchsorted(rows.sid, sid, "left"), np.searchsorted(rows.sid, sid, "right")
        return rows.take(np.arange(a, b))

    def _read(self, path: Path, known: _Known, groups: np.ndarray) -> Batch:
        if not len(groups):
            return batch([], [], [])
        with pq.ParquetFile(path, metadata=known.footer) as file:
            table = file.read_row_groups(groups.tolist(), use_threads=False)
        return from_arrow(table)

    def _look(self, path: Path, by: int) -> _Known:
        """Return the footer of a file and the range of column ``by`` in each of its row groups, read once."""
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(path)
        if known is None or known.stamp != stamp:
            try:
                footer = pq.read_metadata(path)
            except (pa.ArrowInvalid, OSError) as error:
                raise BadInput("{path}: is no history file ({reason}).", path=path.name, reason=error) from error
            names = {footer.row_group(0).column(i).path_in_schema for i in range(footer.num_columns)}
            if not {"sid", "time", "value"} <= names:
                raise BadInput("{path}: the columns sid, time, value are expected.", path=path.name)
            low, high = [], []
            for group in range(footer.num_row_groups):
                statistics = footer.row_group(group).column(by).statistics
                low.append(_number(statistics.min))
                high.append(_number(statistics.max))
            known = _Known(stamp, footer, np.array(low, "int64"), np.array(high, "int64"))
            self._known[path] = known
        return known


def from_arrow(table: pa.Table) -> Batch:
    """Read rows of an Arrow table with columns ``sid``, ``time``, ``value``, perhaps ``quality``, ``received``."""
    columns = {name: table.column(name) for name in table.column_names}
    n = table.num_rows

    def ms(name: str) -> Times:
        return cast("Times", columns[name].cast(pa.timestamp("ms")).to_numpy().astype("datetime64[ms]"))

    return Batch(
        columns["sid"].to_numpy().astype(np.uint32, copy=False),
        ms("time"),
        columns["value"].to_numpy().astype(np.float32, copy=False),
        columns["quality"].to_numpy() if "quality" in columns else np.zeros(n, np.uint8),
        ms("received") if "received" in columns else ms("time"),
    )


def to_arrow(rows: Batch) -> pa.Table:
    """Return rows as an Arrow table with times in UTC."""
    return pa.Table.from_arrays(
        [
            pa.array(rows.sid),
            pa.array(rows.time).cast(_MS),
            pa.array(rows.value),
            pa.array(rows.quality),
            pa.array(rows.received).cast(_MS),
        ],
        schema=_SCHEMA,
    )


def _plain(rows: Batch) -> Batch:
    """Sort by time, stream and time received, and leave out what is there twice in all its parts."""
    # The order of arrival decides between values received in the same millisecond.
    rows = rows.take(np.lexsort((np.arange(len(rows)), rows.received, rows.sid, rows.time)))
    if len(rows) < 2:
        return rows
    same = np.ones(len(rows) - 1, bool)
    for column in (rows.time, rows.sid, rows.value, rows.quality):
        same &= column[1:] == column[:-1]
    return rows.take(np.append(True, ~same))


def _write(path: Path, rows: Batch, order: tuple[str, str], revised: int) -> None:
    table = to_arrow(rows)
    if order[0] == "sid":  # a copy to read charts from: when it was received stands in the first file
        table = table.drop_columns(["received"])
    table = table.replace_schema_metadata({_REVISED: str(revised).encode(), b"twin.order": ",".join(order).encode()})
    with atomic.replacing(path) as part:
        pq.write_table(
            table,
            part,
            compression="zstd",
            compression_level=3,
            row_group_size=_GROUP,
            use_dictionary=["sid", "quality", "value"],
            column_encoding={"time": "DELTA_BINARY_PACKED"}
            | ({} if order[0] == "sid" else {"received": "DELTA_BINARY_PACKED"}),
            write_statistics=["sid", "time"],
        )


def _number(value: object) -> int:
    if isinstance(value, datetime.datetime):
        return int(np.datetime64(value.replace(tzinfo=None), "ms").astype("int64"))
    return int(value)  # type: ignore[call-overload, no-any-return]  # statistics of whole numbers


def whole(day: np.datetime64) -> Span:
    """Return the first and the last millisecond of a UTC day."""
    start = day.astype("datetime64[ms]")
    return start, start + DAY - np.timedelta64(1, "ms")


def by_day(days: Iterable[np.datetime64], start: np.datetime64, end: np.datetime64, step: int) -> list[Span]:
    """Return spans to sum up in turn: days, where no step [ms] reaches over midnight, else the whole span.

    What is summed up of a day fits the processor's cache, that of a month does not.

    Parameters
    ----------
    days : iterable of datetime64[D]
        Those that hold anything.
    start, end : datetime64[ms]
        First and last time, both within.
    step : int [ms]
    """
    if (DAY // np.timedelta64(1, "ms")) % step:
        return [(start, end)]
    parts = [(max(start, first), min(end, last)) for first, last in map(whole, sorted(set(days)))]
    return [part for part in parts if part[0] <= part[1]] or [(start, end)]
