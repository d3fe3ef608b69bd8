#!/usr/bin/env python
"""Kill a process that appends to a history (kill -9), again and again: no acknowledged row may be lost.

Usage: scripts/soak/kill_history.py [--rounds 30] [--seed 1]

Each round a child appends batches, closes days and takes an inbox in between, and says on its output what it was
told is stored. It is killed at a random moment; then the store is opened, by one who only looks and by the next who
records, and each acknowledged row looked for.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from twin.sensors import inbox
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.stream import Stream, batch

STREAMS = 50
FIRST = np.datetime64("2026-05-04", "ms")
EACH = 200


def times(first: int) -> np.ndarray:
    """Return the times of batch number ``first``: a batch spans hours, so days close often."""
    return FIRST + (first * EACH + np.arange(EACH)) // STREAMS * np.timedelta64(7 * 60_000, "ms")


def child(folder: Path, first: int) -> None:
    """Append batches for ever; print the number of each that is acknowledged."""
    store = EmbeddedHistory(folder)
    store.add_streams(Stream(f"s{i}:no2", "no2", "ug/m3") for i in range(STREAMS))
    print("open", flush=True)
    n = first
    while True:
        rows = batch(np.arange(EACH) % STREAMS, times(n), np.full(EACH, n))
        if n % 5 == 0:
            inbox.drop(folder, store.streams(), rows)
            print(n, flush=True)  # a file in the inbox is acknowledged as well
            store.take_inbox()
        else:
            store.append(rows)
            print(n, flush=True)
        if n % 7 == 0:
            store.settle(times(n)[0])
        n += 1


def complete(store: EmbeddedHistory, said: list[int], end: np.datetime64) -> bool:
    """Say whether each acknowledged row is there, and once; tell how many are not."""
    rows = store.rows(times(0)[0], end)
    keys = rows.time.astype("int64") * 1000 + rows.sid
    assert len(np.unique(keys)) == len(keys), "a row was read twice"
    mine = np.concatenate([times(n).astype("int64") * 1000 + np.arange(EACH) % STREAMS for n in said] or [keys[:0]])
    lost = ~np.isin(mine, keys)
    if lost.any():
        print(f"{int(lost.sum())} acknowledged rows are lost{' to a reader' if store.read_only else ''}")
    return not lost.any()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "FIRST"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(Path(args.child[0]), int(args.child[1]))
    dice = random.Random(args.seed)
    said: list[int] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "history"
        for _ in range(args.rounds):
            command = [sys.executable, __file__, "--child", str(folder), str(max(said, default=-1) + 1)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(dice.uniform(0.05, 0.9))
            process.kill()
            said += [int(line) for line in process.stdout.read().split()]
            process.wait()
            end = times(max(said, default=0) + 5)[-1]
            with EmbeddedHistory(folder, read_only=True) as store:
                if not complete(store, said, end):  # who looks on sees what the killed process wrote beside
                    return 1
            began = time.perf_counter()
            with EmbeddedHistory(folder) as store:
                slowest = max(slowest, time.perf_counter() - began)
                store.take_inbox()
                if not complete(store, said, end):
                    return 1
                counted = store.aggregate(times(0)[0], end, 86_400, ["count"])["count"].sum()
                assert counted == len(store.rows(times(0)[0], end)), "sums and rows differ"
    print(f"{args.rounds} kills, {len(said) * EACH:,} acknowledged rows, none lost, none twice; "
          f"slowest opening {slowest * 1000:.0f} ms (goal 1000)")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
