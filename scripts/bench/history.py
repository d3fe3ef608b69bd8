#!/usr/bin/env python
"""Measure the history: 1,000 sensors × 1 min × 30 days in the embedded store.

Usage: scripts/bench/history.py [--days 30] [--sensors 1000] [--seconds 20] [--keep FOLDER] [--postgres DSN]

Goals of the issue: frame at t ≤ 10 ms p95 from the store and ≤ 0.2 ms from the block, one sensor's month ≤ 60 ms,
hourly mean of all ≤ 1 s, ≤ 250 MB on disk, append 50,000 rows/s sustained with frames ≤ 20 ms p95.
Peer in the same run: the same questions put to DuckDB over the same day files, without our row-group reading.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from twin.sensors.block import fill
from twin.sensors.days import Days
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.stream import Batch, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = np.datetime64("2026-04-01", "D")


def day_rows(day: int, sensors: int) -> Batch:
    """Return a day of values that look like measurements: a daily wave, noise, two decimals, 1 % gaps, late arrival."""
    rng = np.random.default_rng(day)
    minutes = np.arange(1440)
    wave = 20 + 10 * np.sin((minutes / 1440 - 0.3) * 2 * np.pi)
    value = wave[:, None] * rng.uniform(0.5, 2.0, sensors) + rng.normal(0, 2, (1440, sensors)).cumsum(0) * 0.05
    value = np.round(value + rng.normal(0, 0.5, value.shape), 1).astype(np.float32)
    keep = rng.random(value.shape) > 0.01
    minute, sid = np.nonzero(keep)
    stamp = (FIRST + day).astype("datetime64[ms]") + minute * np.timedelta64(60_000, "ms")
    received = stamp + rng.integers(1, 5, len(sid)) * np.timedelta64(1000, "ms")
    return Batch(sid.astype(np.uint32), stamp, value[keep], np.zeros(len(sid), np.uint8), received)


def times(work: Callable[[], object], n: int) -> np.ndarray:
    """Return how long ``work`` takes [ms], n times."""
    took = np.empty(n)
    for i in range(n):
        began = time.perf_counter()
        work()
        took[i] = (time.perf_counter() - began) * 1000
    return took


def said(name: str, took: np.ndarray, goal: float, unit: str = "ms") -> None:
    print(f"{name:44} p50 {np.median(took):8.2f}  p95 {np.percentile(took, 95):8.2f} {unit}  (goal {goal:g})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the sustained append")
    parser.add_argument("--keep", type=Path, help="build the store here, or use the one that lies here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (args.keep or Path(temporary)) / "history"
        build(folder, args.days, args.sensors)
        read(folder, args.days, args.sensors)
        append(folder, args.days, args.sensors, args.seconds)


def build(folder: Path, days: int, sensors: int) -> None:
    if (folder / "streams.parquet").is_file():
        return
    with EmbeddedHistory(folder) as store:
        store.add_streams(Stream(f"s{i}:no2", "no2", "ug/m3", period_s=60.0) for i in range(sensors))
    files = Days(folder)
    began, n = time.perf_counter(), 0
    for day in range(days):
        rows = day_rows(day, sensors)
        n += len(rows)
        files.write(FIRST + day, rows)
    print(f"{n:,} rows written as day files in {time.perf_counter() - began:.1f} s")


def read(folder: Path, days: int, sensors: int) -> None:
    first, second = folder.glob("*.parquet"), (folder / "by_stream").glob("*.parquet")
    a, b = (sum(p.stat().st_size for p in paths) / 1e6 for paths in (first, second))
    print(f"{'on disk':44} {a + b:8.1f} MB = {a:.1f} by time + {b:.1f} by stream (goal 250)")
    began = time.perf_counter()
    store = EmbeddedHistory(folder)
    print(f"{'open':44} {(time.perf_counter() - began) * 1000:8.1f} ms (goal 1000)")
    rng = np.random.default_rng(1)
    start, end = FIRST.astype("datetime64[ms]"), (FIRST + days).astype("datetime64[ms]")

    def at() -> np.datetime64:
        return start + np.timedelta64(int(rng.integers(0, days * 86_400)), "s")

    store.frame(at())
    for day in range(days):  # the footers of all files are read once
        store.frame(start + np.timedelta64(day, "D"))
    said("frame at t, store", times(lambda: store.frame(at()), 200), 10)
    store.series(0, start, end)
    said("one sensor, whole span", times(lambda: store.series(int(rng.integers(sensors)), start, end), 20), 60)
    said("hourly mean of all", times(lambda: store.aggregate(start, end, 3600), 3) / 1000, 1, "s")
    peer(folder, start, days, sensors)
    began = time.perf_counter()
    block = fill(store, start, start + np.timedelta64(1, "D"), 60)
    print(f"{'fill the block of a day':44} {(time.perf_counter() - began) * 1000:8.1f} ms")
    said(
        "frame at t, block",
        times(lambda: block.values(start + np.timedelta64(int(rng.integers(86400)), "s")), 2000),
        0.2,
    )
    said(
        "frame at t with ages, block",
        times(lambda: block.frame(start + np.timedelta64(int(rng.integers(86400)), "s")), 500),
        0.2,
    )
    store.close()


def peer(folder: Path, start: np.datetime64, days: int, sensors: int) -> None:
    """Put the same questions to DuckDB over all day files at once."""
    con = duckdb.connect(config={"threads": 2})
    files = ", ".join(f"'{p.as_posix()}'" for p in sorted(folder.glob("2*.parquet")))
    rng = np.random.default_rng(1)
    con.execute("SET TimeZone = 'UTC'").fetchall()

    def frame() -> None:
        t = start + np.timedelta64(int(rng.integers(0, days * 86_400)), "s")
        con.execute(
            f"SELECT sid, arg_max(value, time) FROM read_parquet([{files}]) "
            f"WHERE time BETWEEN TIMESTAMPTZ '{t - np.timedelta64(900, 's')}Z' AND TIMESTAMPTZ '{t}Z' GROUP BY sid"
        ).fetchnumpy()

    def month() -> None:
        sid = int(rng.integers(sensors))
        con.execute(f"SELECT time, value FROM read_parquet([{files}]) WHERE sid = {sid} ORDER BY time").fetchnumpy()

    frame()
    said("peer: frame, DuckDB over the day files", times(frame, 20), 10)
    said("peer: one sensor, DuckDB over the day files", times(month, 3), 60)


def append(folder: Path, days: int, sensors: int, seconds: float) -> None:
    """Append 50,000 rows/s for a while; another thread asks for frames."""
    store = EmbeddedHistory(folder)
    rate, per = 50_000, 0.2
    begin = (FIRST + days).astype("datetime64[ms]") + np.timedelta64(1, "D")
    # The time of the last batch; frames are asked for there.
    now = [begin]
    stop = threading.Event()
    took: list[float] = []
    pick = np.random.default_rng(3)

    def ask() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            back = int(pick.integers(0, 5000)) if len(took) % 2 else 0  # now, and up to 5 s before
            store.frame(now[0] - np.timedelta64(back, "ms"))
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    rng = np.random.default_rng(2)
    each = int(rate * per)
    waits, done, late = [], 0, 0.0
    began = time.perf_counter()
    while (ran := time.perf_counter() - began) < seconds:
        sid = np.arange(each, dtype=np.uint32) % sensors
        stamp = begin + (done + np.arange(each)) // sensors * np.timedelta64(20, "ms")
        rows = Batch(sid, stamp, rng.normal(20, 5, each).astype(np.float32), np.zeros(each, np.uint8), stamp)
        t = time.perf_counter()
        store.append(rows)
        waits.append((time.perf_counter() - t) * 1000)
        done += each
        now[0] = stamp[-1]
        ahead = done / rate - (time.perf_counter() - began)
        late = max(late, -ahead)
        time.sleep(max(ahead, 0.0))
    stop.set()
    thread.join()
    print(f"{'append, sustained':44} {done / ran:8.0f} rows/s (goal 50,000), {late:.2f} s behind at worst")
    said("  one batch of 10,000", np.array(waits), 200)
    said("  frames meanwhile", np.array(took), 20)
    store.close()
    began = time.perf_counter()
    EmbeddedHistory(folder).close()
    print(f"{'open again':44} {(time.perf_counter() - began) * 1000:8.1f} ms (goal 1000)")


if __name__ == "__main__":
    main()
