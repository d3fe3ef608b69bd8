#!/usr/bin/env python
"""Measure projects and children: create, load, save, start of a child, and how long a big answer holds the caller.

Usage: scripts/bench/disk.py [--rounds 5]

Peer for loading: the same tables read one after the other by GeoPandas' default reader.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import empty_job
import geopandas as gpd

from demo_city.generate import test_city
from twin import jobs
from twin.content import demo_project
from twin.project import create, load_city, open_project

if TYPE_CHECKING:
    from collections.abc import Callable


def best(work: Callable[[], Any], rounds: int) -> float:
    """Return the shortest of some durations [s]; the machine may be shared."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def peer(path: Path) -> None:
    """Read the GeoPackages of a project as GeoPandas does by default."""
    for file in (path / "city").glob("*.gpkg"):
        gpd.read_file(file)


def longest_pause(work: Callable[[], Any]) -> tuple[float, float]:
    """Return how long ``work`` takes and the longest time another thread could not run meanwhile [s]."""
    done = threading.Event()
    pauses = [0.0]

    def beat() -> None:
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.002)
            now = time.perf_counter()
            pauses[0] = max(pauses[0], now - last)
            last = now

    thread = threading.Thread(target=beat)
    thread.start()
    began = time.perf_counter()
    work()
    lasted = time.perf_counter() - began
    done.set()
    thread.join()
    return lasted, pauses[0]


def children(rounds: int) -> None:
    """Time the start of children, cold and from the spare one."""
    cold = best(lambda: jobs.start(empty_job.nothing).wait(60), rounds)
    heavy = best(lambda: jobs.start(import_all).wait(60), rounds)
    jobs.warm("twin.project", "twin.city.formats")
    warm = []
    for _ in range(rounds):
        time.sleep(3.0)
        began = time.perf_counter()
        jobs.start(import_all).wait(60)
        warm.append(time.perf_counter() - began)
    jobs.warm()
    print(
        f"child: start to answer {cold:.3f} s; with the city's packages {heavy:.3f} s, from the spare {min(warm):.3f} s"
    )


def import_all(job: jobs.Job) -> None:
    """Import what reading a city needs."""
    import twin.city.formats
    import twin.project  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    children(rounds)
    demo = demo_project()
    print(f"demo: load {best(lambda: load_city(demo), rounds):.3f} s, peer {best(lambda: peer(demo), rounds):.3f} s")
    for n in (1_000, 10_000, 100_000):
        city = test_city(n)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "p.twin"
            began = time.perf_counter()
            create(path, city).close()
            made = time.perf_counter() - began
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6
            load = best(lambda path=path: load_city(path), rounds)
            gpd_time = best(lambda path=path: peer(path), rounds)
            with open_project(path) as project:
                state = project.state()
                save = best(lambda p=project, s=state: p.save(s), rounds)
                trees = state.city.trees.iloc[:-1]
                changed = state.changed(city=state.city.replaced(trees=trees))
                change = best(lambda p=project, s=changed: p.save(s), 1)
            answer, pause = longest_pause(lambda path=path: jobs.start(load_city, path).wait(300))
        print(
            f"{n:7,} buildings: create {made:.2f} s ({size:.1f} MB), load {load:.3f} s (peer {gpd_time:.3f} s), save "
            f"unchanged {save:.3f} s, one table {change:.3f} s, through a child {answer:.2f} s "
            f"(caller held {pause:.3f} s)"
        )


if __name__ == "__main__":
    # Children import what they run by its module's name, which __main__ is not.
    importlib.import_module(Path(__file__).stem).main()
