"""The days not yet closed: a DuckDB file written by one thread in batches, read by any through its own cursor."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from twin.sensors.stream import Batch, epoch_ms

if TYPE_CHECKING:
    from pathlib import Path

    from twin.sensors.newest import Newest

_COLUMNS = "sid UINTEGER, time BIGINT, value FLOAT, quality UTINYINT, received BIGINT"
"""Times as milliseconds since 1970, UTC: whole numbers group faster than DuckDB's time stamps."""
_DAY_MS = 86_400_000
_READER_S = 5.0
_ENOUGH = 4
"""Rows of each stream, on average, that are read at first for what is newest."""
_CHECKPOINT = "64MB"
"""Size of the write-ahead log at which DuckDB folds it in by itself; at 16 MB that stalls an append for seconds."""


class Hot:
    """Rows that are not in a day file yet.

    Parameters
    ----------
    path : Path or None
        The database file; None keeps it in memory (a reader beside the process that holds the file).
    """

    def __init__(self, path: Path | None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "wal_autocheckpoint": _CHECKPOINT,
        }
        self._con = _opened(str(path) if path is not None else ":memory:", config)
        self._run(self._con, f"CREATE TABLE IF NOT EXISTS obs ({_COLUMNS})")
        self._write = threading.Lock()
        self._cursors = threading.local()
        self._extent = (0, 0, 0)
        """Number of rows, first and last time [ms since 1970]."""
        self._measure()

    def copy_of(self, path: Path) -> bool:
        """Take over the rows of a database file that nobody writes just now; False when somebody does."""
        try:
            self._run(self._con, f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS disk (READ_ONLY)")
        except duckdb.Error:  # it is held, by another process or in this one
            return False
        try:
            self._run(self._con, "INSERT INTO obs SELECT * FROM disk.obs")
            self._measure()
        except duckdb.CatalogException:
            return True  # made just now, and empty
        finally:
            self._run(self._con, "DETACH disk")
        return True

    def append(self, rows: Batch) -> None:
        """Commit rows; they survive a kill when this returns."""
        if not len(rows):
            return
        with self._write:
            cursor = self._con.cursor()
            cursor.register("fresh", _arrow(rows))
            self._run(cursor, "INSERT INTO obs SELECT * FROM fresh")
            cursor.close()
            count, first, last = self._extent
            low, high = epoch_ms(rows.time.min()), epoch_ms(rows.time.max())
            self._extent = count + len(rows), min(first, low) if count else low, max(last, high) if count else high

    def rows(self, start: np.datetime64, end: np.datetime64, sid: int | None = None) -> Batch:
        """Return the rows of a span, of one stream or all, by time, stream and order of arrival."""
        where = "" if sid is None else f"AND sid = {int(sid)}"
        return self._fetch(
            f"WHERE time BETWEEN {epoch_ms(start)} AND {epoch_ms(end)} {where} ORDER BY time, sid, received, rowid"
        )

    def newest(self, start: np.datetime64 | None = None, end: np.datetime64 | None = None) -> Batch:
        """Return the newest row of each stream (within a span); where a time has several rows, any of them."""
        span = "" if start is None or end is None else f"WHERE time BETWEEN {epoch_ms(start)} AND {epoch_ms(end)}"
        return self._fetch(
            f"{span} GROUP BY sid",
            "sid, max(time) AS time, arg_max(value, time) AS value, arg_max(quality, time) AS quality, "
            "arg_max(received, time) AS received",
        )

    def at_keys(self, rows: Batch) -> Batch:
        """Return what is stored for the streams and times of some rows, in the order of arrival."""
        cursor = self._con.cursor()
        cursor.register("asked", _arrow(rows).select(["sid", "time"]))
        sql = "SELECT sid, time, value, quality, received FROM obs SEMI JOIN asked USING (sid, time)"
        found = cursor.execute(f"{sql} ORDER BY received, rowid").fetchnumpy()
        cursor.close()
        return _batch(found)

    def last(self) -> Batch:
        """Return the newest row of each stream (of several for its time the last received)."""
        return self._fetch(
            "QUALIFY row_number() OVER (PARTITION BY sid ORDER BY time DESC, received DESC, rowid DESC) = 1"
        )

    def fill(
        self, found: Newest, known: Newest, span: tuple[np.datetime64, np.datetime64], revised: bool, whole: bool
    ) -> None:
        """Take what is newest within a span.

        Of a dense span the last moments are read first: most streams are found there.

        Parameters
        ----------
        found : Newest
            Takes the rows.
        known : Newest
            Of all that is stored: streams without a value in it since the span began are not looked for.
        span : (start, end), datetime64[ms]
        revised : bool
            A time may have several values.
        whole : bool
            What ``found`` has already may be older than what is here: read the whole span.
        """
        start, high = span
        read = self.rows if revised else self.newest
        count, first, last = self._extent
        ms = (last - first) * _ENOUGH * found.count // count if count else _DAY_MS
        while high >= start:
            low = start if whole else max(start, high - np.timedelta64(max(ms, 1), "ms"))
            found.take(read(low, high))
            if not found.lacks(known, start):
                break
            high, ms = low - np.timedelta64(1, "ms"), 8 * ms

    def days(self) -> list[np.datetime64]:
        """Return the UTC days of which there are rows, ascending."""
        found = self._cursor().execute(f"SELECT DISTINCT time // {_DAY_MS} AS day FROM obs ORDER BY 1").fetchall()
        return [np.datetime64(int(day), "D") for (day,) in found]

    def count(self) -> int:
        """Return how many rows there are."""
        return int(self.one("SELECT count(*) FROM obs")[0])

    def drop(self, start: np.datetime64, end: np.datetime64, sids: tuple[int, ...] = ()) -> int:
        """Delete the rows of a span (of some streams); return how many."""
        only = f" AND sid IN ({','.join(map(str, sids))})" if sids else ""
        with self._write:
            sql = f"DELETE FROM obs WHERE time BETWEEN {epoch_ms(start)} AND {epoch_ms(end)}{only}"
            gone = int(self.one(sql)[0])
            self._measure()
            return gone

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file, at a time when nobody waits."""
        with self._write, contextlib.suppress(duckdb.TransactionException):  # somebody reads: another time
            self._run(self._con.cursor(), "CHECKPOINT")

    def one(self, sql: str) -> tuple[Any, ...]:
        """Return the one row that answers a question."""
        row: tuple[Any, ...] = self._cursor().execute(sql).fetchall()[0]  # all of it: see _run
        return row

    def columns(self, sql: str) -> dict[str, Any]:
        """Return the columns that answer a question, as arrays."""
        found: dict[str, Any] = self._cursor().execute(sql).fetchnumpy()
        return found

    def close(self) -> None:
        """Close the database; all that was committed stays."""
        self._con.close()

    def _measure(self) -> None:
        count, first, last = self.one("SELECT count(*), min(time), max(time) FROM obs")
        self._extent = int(count), int(first or 0), int(last or 0)

    def _cursor(self) -> Any:
        cursor = getattr(self._cursors, "cursor", None)
        if cursor is None:
            cursor = self._cursors.cursor = self._con.cursor()
        return cursor

    def _fetch(self, tail: str, columns: str = "sid, time, value, quality, received") -> Batch:
        return _batch(self.columns(f"SELECT {columns} FROM obs {tail}"))

    @staticmethod
    def _run(cursor: Any, sql: str) -> None:
        cursor.execute(sql).fetchall()  # an unfetched answer keeps DuckDB 2.0 busy


def _opened(path: str, config: dict[str, str | bool | int | float | list[str]]) -> duckdb.DuckDBPyConnection:
    """Open a database; a reader may have it in hand for a moment."""
    until = time.monotonic() + _READER_S
    while True:
        try:
            return duckdb.connect(path, config=config)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower() or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _batch(found: dict[str, Any]) -> Batch:
    return Batch(
        np.asarray(found["sid"], np.uint32),
        np.asarray(found["time"], "int64").astype("datetime64[ms]"),
        np.asarray(found["value"], np.float32),
        np.asarray(found["quality"], np.uint8),
        np.asarray(found["received"], "int64").astype("datetime64[ms]"),
    )


def _arrow(rows: Batch) -> pa.Table:
    return pa.table(
        {
            "sid": rows.sid,
            "time": rows.time.astype("int64"),
            "value": rows.value,
            "quality": rows.quality,
            "received": rows.received.astype("int64"),
        }
    )
