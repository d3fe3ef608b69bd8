"""The shared store: PostgreSQL with PostGIS, for several writers and users. Same questions, same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.errors import BadInput
from twin.sensors.history import Appended, HistoryStore, check_measures, check_sids
from twin.sensors.newest import Newest
from twin.sensors.stream import (
    Batch,
    Frame,
    Series,
    Stream,
    batch,
    epoch_ms,
    from_table,
    in_ms,
    merge_streams,
    to_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twin.sensors.history import Measure

_TEXTS = ("sensor", "source", "place", "name", "owner", "licence", "classification", "maturity", "accuracy", "note")
_NUMBERS = ("height_m", "period_s", "stale_after_s", "low", "high", "retention_days")
_TABLES = f"""
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE TABLE IF NOT EXISTS stream (
    sid integer PRIMARY KEY, stream text UNIQUE NOT NULL, quantity text NOT NULL, unit text NOT NULL,
    {", ".join(f"{name} text NOT NULL DEFAULT ''" for name in _TEXTS)},
    {", ".join(f"{name} double precision" for name in _NUMBERS)},
    geom geometry(Point, 4326));
CREATE INDEX IF NOT EXISTS stream_geom ON stream USING gist (geom);
CREATE TABLE IF NOT EXISTS obs (
    sid integer NOT NULL REFERENCES stream, time bigint NOT NULL, value real NOT NULL, quality smallint NOT NULL,
    received bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY);
CREATE INDEX IF NOT EXISTS obs_stream ON obs (sid, time);
CREATE INDEX IF NOT EXISTS obs_time ON obs USING brin (time) WITH (pages_per_range = 16);
CREATE OR REPLACE VIEW observation AS
    SELECT stream, to_timestamp(time / 1000.0) AS "time", value, quality,
           to_timestamp(received / 1000.0) AS received FROM obs JOIN stream USING (sid);
COMMENT ON VIEW observation IS 'Observations for people and QGIS; obs holds times as milliseconds since 1970, UTC';
"""
_LOCK = 7_106_843
_LAST = "sid, time, value, quality, received"


class PostgresHistory(HistoryStore):
    """A store in a database.

    Parameters
    ----------
    dsn : str
        What psycopg understands, e.g. ``"postgresql://HOST/DATABASE"``; passwords come from the keyring or
        ``~/.pgpass``, not from here.

    Raises
    ------
    BadInput
        When it cannot be reached, or lacks PostGIS.
    """

    def __init__(self, dsn: str) -> None:
        import psycopg

        self._error = psycopg.Error
        try:
            self._con = psycopg.connect(dsn, autocommit=True)
            with self._con.transaction():
                self._con.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                self._con.execute(_TABLES)
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise BadInput("The database cannot be used: {reason}", reason=reason) from error
        self._streams: tuple[Stream, ...] = ()
        self._read_streams()

    def streams(self) -> tuple[Stream, ...]:
        """Return all streams, by ``sid``."""
        return self._streams

    def add_streams(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        """Add streams, or change what is said of known ones; two writers never give one number twice."""
        names = ("stream", "quantity", "unit", *_TEXTS, *_NUMBERS)
        sets = ", ".join(f"{name} = excluded.{name}" for name in (*names[1:], "geom"))
        point = "CASE WHEN %(lon)s::float8 IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) END"
        sql = (
            f"INSERT INTO stream (sid, {', '.join(names)}, geom) "
            f"VALUES (%(sid)s, {', '.join(f'%({name})s' for name in names)}, {point}) "
            f"ON CONFLICT (stream) DO UPDATE SET {sets}"
        )
        with self._con.transaction():
            self._con.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            self._read_streams()
            merged, given = merge_streams(self._streams, streams)
            for row in to_table(given).to_dict("records"):
                facts: dict[str, object] = {
                    str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()
                }
                self._con.execute(sql, facts)
            self._streams = merged
        return given

    def append(self, rows: Batch) -> Appended:
        """Store observations in one transaction."""
        check_sids(rows, len(self._streams))
        if not len(rows):
            return Appended()
        columns = (rows.sid, rows.time.astype("int64"), rows.value, rows.quality, rows.received.astype("int64"))
        with self._con.transaction(), self._con.cursor() as cursor:
            # Within one transaction with a lock: two writers cannot both find a repeat to be new.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK + 1,))
            cursor.execute(
                "CREATE TEMP TABLE fresh (sid int, time bigint, value real, quality smallint, received bigint, n int) "
                "ON COMMIT DROP"
            )
            with cursor.copy("COPY fresh FROM STDIN") as copy:
                for n, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
                    copy.write_row((*row, n))
            told = cursor.execute(_ADD).fetchone()
        stored, late, revised = (int(n) for n in told or (0, 0, 0))
        return Appended(stored, len(rows) - stored, late, revised)

    def frame(self, at: np.datetime64, lookback_s: float = 900.0) -> Frame:
        """Return the newest value of each stream within ``lookback_s`` [s] up to a time."""
        at = in_ms(at)
        return self._frame(at, epoch_ms(at) - round(lookback_s * 1000), epoch_ms(at))

    def series(self, sid: int, start: np.datetime64, end: np.datetime64) -> Series:
        """Return the values of one stream within a span, ascending."""
        if not 0 <= sid < len(self._streams):
            raise BadInput("There is no stream number {sid}; there are {n}.", sid=sid, n=len(self._streams))
        rows = self._fetch(
            f"SELECT DISTINCT ON (time) {_LAST} FROM obs WHERE sid = %s AND time BETWEEN %s AND %s "
            "ORDER BY time, received DESC, seq DESC",
            (sid, epoch_ms(start), epoch_ms(end)),
        )
        return Series(sid, rows.time, rows.value, rows.quality, rows.received)

    def rows(self, start: np.datetime64, end: np.datetime64) -> Batch:
        """Return all observations of a span, by time and stream; of several for one time the last received."""
        return self._fetch(
            f"SELECT DISTINCT ON (time, sid) {_LAST} FROM obs WHERE time BETWEEN %s AND %s "
            "ORDER BY time, sid, received DESC, seq DESC",
            (epoch_ms(start), epoch_ms(end)),
        )

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
        step = int(step_s) * 1000
        found = self._con.execute(
            f"SELECT sid, div(time::numeric, {step})::bigint * {step} AS step, "
            f"{', '.join(f'{_SQL[name]} AS {name}' for name in measures)} "
            f"FROM (SELECT DISTINCT ON (sid, time) {_LAST} FROM obs WHERE time BETWEEN %s AND %s "
            "AND (%s::int[] IS NULL OR sid = ANY(%s)) ORDER BY sid, time, received DESC, seq DESC) AS last "
            f"{'WHERE quality = 0' if good_only else ''} GROUP BY 1, 2 ORDER BY 1, 2",
            (epoch_ms(start), epoch_ms(end), *(2 * [None if sids is None else [int(s) for s in sids]])),
        ).fetchall()
        columns = list(zip(*found, strict=True)) or [()] * (2 + len(measures))
        table: dict[str, object] = {
            "sid": np.array(columns[0], np.uint32),
            "time": np.array(columns[1], "int64").astype("datetime64[ms]"),
        }
        table.update({name: np.array(columns[2 + i], np.float64) for i, name in enumerate(measures)})
        return pd.DataFrame(table)

    def latest(self) -> Frame:
        """Return the newest value of every stream, however old."""
        newest = Newest(len(self._streams))
        newest.take(
            self._fetch(
                f"SELECT last.* FROM stream CROSS JOIN LATERAL (SELECT {_LAST} FROM obs WHERE obs.sid = stream.sid "
                "ORDER BY time DESC, received DESC, seq DESC LIMIT 1) AS last",
                (),
            )
        )
        return newest.frame(np.datetime64("now", "ms"))

    def span(self) -> tuple[np.datetime64, np.datetime64] | None:
        """Return the first and the last phenomenon time; None when nothing is stored."""
        found = self._con.execute("SELECT min(time), max(time) FROM obs").fetchone()
        if not found or found[0] is None:
            return None
        return np.datetime64(int(found[0]), "ms"), np.datetime64(int(found[1]), "ms")

    def forget(self, now: np.datetime64) -> int:
        """Drop what is older than its stream's retention; return how many rows went."""
        found = self._con.execute(
            "DELETE FROM obs USING stream WHERE obs.sid = stream.sid AND retention_days > 0 "
            "AND time < %s - retention_days * 86400000",
            (epoch_ms(now),),
        )
        return int(found.rowcount)

    def close(self) -> None:
        """Close the connection."""
        self._con.close()

    # --- inside -------------------------------------------------------------------------------------------------

    def _frame(self, at: np.datetime64, start: int, end: int) -> Frame:
        newest = Newest(len(self._streams))
        newest.take(
            self._fetch(
                f"SELECT DISTINCT ON (sid) {_LAST} FROM obs WHERE time BETWEEN %s AND %s "
                "ORDER BY sid, time DESC, received DESC, seq DESC",
                (start, end),
            )
        )
        return newest.frame(at)

    def _fetch(self, sql: str, values: tuple[object, ...]) -> Batch:
        with self._con.cursor(binary=True) as cursor:
            found = cursor.execute(sql.encode(), values).fetchall()
        if not found:
            return batch([], [], [])
        sid, time, value, quality, received = zip(*found, strict=True)
        return Batch(
            np.array(sid, np.uint32),
            np.array(time, "int64").astype("datetime64[ms]"),
            np.array(value, np.float32),
            np.array(quality, np.uint8),
            np.array(received, "int64").astype("datetime64[ms]"),
        )

    def _read_streams(self) -> None:
        names = ("sid", "stream", "quantity", "unit", *_TEXTS, *_NUMBERS)
        sql = f"SELECT {', '.join(names)}, ST_X(geom), ST_Y(geom) FROM stream ORDER BY sid"
        found: list[Any] = self._con.execute(sql.encode()).fetchall()
        self._streams = tuple(from_table(pd.DataFrame(found, columns=[*names, "lon", "lat"])))


_ADD = b"""
WITH known AS (
    SELECT DISTINCT ON (f.n) f.n, o.value FROM fresh f JOIN obs o USING (sid, time)
    ORDER BY f.n, o.received DESC, o.seq DESC),
newest AS (SELECT sid, max(time) AS time FROM obs WHERE sid IN (SELECT sid FROM fresh) GROUP BY sid),
seen AS (
    SELECT f.*, coalesce(lag(f.value) OVER w, k.value) AS before,
           greatest(max(f.time) OVER (PARTITION BY f.sid ORDER BY f.n
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), w.time) AS newer
    FROM fresh f LEFT JOIN known k USING (n) LEFT JOIN newest w USING (sid)
    WINDOW w AS (PARTITION BY f.sid, f.time ORDER BY f.n)),
kept AS (SELECT * FROM seen WHERE before IS DISTINCT FROM value),
done AS (INSERT INTO obs (sid, time, value, quality, received)
         SELECT sid, time, value, quality, received FROM kept ORDER BY n)
SELECT count(*), count(*) FILTER (WHERE before IS NULL AND time < newer), count(*) FILTER (WHERE before IS NOT NULL)
FROM kept
"""
"""Keep what is new, late or revised of ``fresh``, and count; a value is compared with the one before it."""

_SQL = {
    "mean": "avg(value::float8)",
    "min": "min(value)",
    "max": "max(value)",
    "count": "count(*)",
    "sum": "sum(value::float8)",
    "p95": "percentile_cont(0.95) WITHIN GROUP (ORDER BY value)",
}
