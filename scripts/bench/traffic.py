#!/usr/bin/env python
"""Time to a gap on TNTP networks, cold and after an edit, beside AequilibraE's bfw in the same run.

Usage: scripts/bench/traffic.py [--networks SiouxFalls,Anaheim,…] [--data FOLDER] [--peer PYTHON | --no-peer]

The peer runs in a child process in an environment made for this run and thrown away (or that of --peer); when it
cannot be installed this is said and only ours is measured. Reading and compiling are not counted on either side; for
the peer nor is the building of its graph. OMP_WAIT_POLICY is passive for it, as it is slow otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.models.compile import compile_all
from twin.models.traffic.assign import Equilibrium, assign
from twin.models.traffic.network import Network, Trips, VehicleClass, network_of
from twin.models.traffic.tntp import read_network, read_trips

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
PEER = "aequilibrae==1.7.2"
NETWORKS = ("SiouxFalls", "Anaheim", "Berlin-Tiergarten", "Berlin-MPF-Center", "Berlin-Center")
GAPS = (1e-4, 1e-6, 1e-8)
ROUNDS = {"Berlin-Center": 12}
"""Iterations the peer may take where its default of 1000 would take an hour."""


def read(folder: Path) -> tuple[Network, Trips]:
    network = read_network(next(folder.glob("*_net.tntp"))).network
    return network, read_trips(next(folder.glob("*_trips.tntp"))).on(network)


def reached(answer: Equilibrium, gap: float) -> str:
    """Return after how many seconds a gap was reached."""
    return next((f"{step.seconds:.3f}" for step in answer.history if step.gap <= gap), "–")


def ours(network: Network, trips: Trips, threads: int, times: int) -> Equilibrium:
    """Return the fastest of some equal runs; the machine may be shared."""
    return min((assign(network, [trips], GAPS[-1], threads=threads) for _ in range(times)), key=lambda a: a.seconds)


def peer_environment(folder: Path) -> Path | None:
    """Make an environment with the peer in it; return its interpreter, None when that fails."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = subprocess.run([python, "-m", "pip", "install", "-q", PEER], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{PEER} cannot be installed here, so only ours is measured: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return python


def save(path: Path, network: Network, trips: Trips) -> None:
    """Write a case as the peer's script reads it."""
    zones = np.unique(np.concatenate([trips.origin, trips.destination]))
    matrix = np.zeros((len(zones), len(zones)))
    off = trips.origin != trips.destination
    where = np.searchsorted(zones, trips.origin[off]), np.searchsorted(zones, trips.destination[off])
    np.add.at(matrix, where, trips.amount[off])
    np.savez(
        path, tail=network.tail + 1, head=network.head + 1, zones=zones + 1, matrix=matrix, free=network.free,
        capacity=network.capacity, rise=network.rise, power=network.power, closed=network.closed,
        blocked=not network.through.all(),
    )  # fmt: skip


def theirs(python: Path, case: Path, gap: float, rounds: int, threads: int) -> dict[str, Any] | None:
    words = [python, ROOT / "scripts/bench/traffic_peer.py", case, gap, rounds, threads]
    env = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        print(f"the peer failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def compared(name: str, network: Network, trips: Trips, python: Path | None) -> None:
    for threads in (1, 2):
        answer = ours(network, trips, threads, 3)
        cells = " | ".join(reached(answer, gap) for gap in GAPS)
        print(f"| {name} | ours, {threads} | {cells} | {answer.gap:.1e} ({answer.iterations}) |", flush=True)
        if python is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            case = Path(folder) / "case.npz"
            save(case, network, trips)
            told, last = [], None
            for gap in GAPS[:2]:
                last = theirs(python, case, gap, ROUNDS.get(name, 1000), threads)
                told.append(f"{last['seconds']:.3f}" if last and last["gap"] <= gap else "–")
            end = f"{last['gap']:.1e} ({last['iterations']}, {last['seconds']:.1f} s)" if last else "–"
            print(f"| {name} | AequilibraE bfw, {threads} | {told[0]} | {told[1]} | not tried | {end} |", flush=True)


def edited(network: Network, trips: Trips) -> None:
    """Print how long edits of one link take, warm and cold."""
    base = assign(network, [trips], 1e-6)
    rising = np.flatnonzero(network.rise > 0)
    order = rising[np.argsort(base.flow[rising])]
    link, most = int(order[int(0.9 * len(order))]), int(order[-1])
    slower = np.where(np.arange(network.m) == link, network.free * 3, network.free)
    edits = {
        "free time × 3, a link busier than 90 %": network.changed(free=slower),
        "that link closed": network.without([link]),
        "the busiest link closed": network.without([most]),
    }
    for title, case in edits.items():
        warm = min((assign(case, [trips], 1e-6, warm=base) for _ in range(2)), key=lambda a: a.seconds)
        cold = min((assign(case, [trips], 1e-6) for _ in range(2)), key=lambda a: a.seconds)
        first = warm.history[0]
        print(
            f"| {title} | {first.seconds:.2f} ({first.gap:.1e}) | {reached(warm, 1e-4)} | {reached(warm, 1e-6)} "
            f"| {reached(cold, 1e-4)} | {reached(cold, 1e-6)} |", flush=True,
        )  # fmt: skip


def grid(side: int, zones: int) -> tuple[Network, Trips]:
    """Return a grid of two-way streets with demand between random places, busy but not jammed."""
    rng = np.random.default_rng(side * 1000 + zones)
    at = np.arange(side * side).reshape(side, side)
    a = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    b = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    tail, head = np.concatenate([a, b]), np.concatenate([b, a])
    network = network_of(
        np.arange(side * side) + 1, tail, head, rng.uniform(0.5, 2, len(tail)), rng.uniform(500, 2000, len(tail)), 0.15
    )
    places = rng.choice(side * side, zones, replace=False)
    origin, destination = (side_of.ravel() for side_of in np.meshgrid(places, places, indexing="ij"))
    off = origin != destination
    each = min(1500.0, 1500.0 * side / zones)  # vehicles from a zone
    amount = rng.exponential(1.0, int(off.sum())) * each / zones
    return network, Trips(VehicleClass(), origin[off].astype(np.int32), destination[off].astype(np.int32), amount)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "traffic" / "tntp")
    parser.add_argument("--peer", type=Path, help="interpreter of an environment that has AequilibraE")
    parser.add_argument("--no-peer", action="store_true")
    args = parser.parse_args(argv)
    began = time.perf_counter()
    compile_all(prefix="twin.models.traffic.")
    print(f"compiling or loading kernels {time.perf_counter() - began:.1f} s; load {os.getloadavg()[0]:.1f}")
    cases = {name: read(args.data / name) for name in args.networks.split(",")}
    with tempfile.TemporaryDirectory() as folder:
        python = args.peer if args.peer or args.no_peer else peer_environment(Path(folder))
        print(
            "| network | who, threads | 1e-4 [s] | 1e-6 [s] | 1e-8 [s] | end (iterations) |\n|---|---|---|---|---|---|"
        )
        for name, case in cases.items():
            compared(name, *case, python)
    if "Berlin-Center" in cases:
        print("\n| edit of Berlin-Center | first (gap) | warm 1e-4 | warm 1e-6 | cold 1e-4 | cold 1e-6 |")
        print("|---|---|---|---|---|---|")
        edited(*cases["Berlin-Center"])
    print("\n| grid: links | zones | 1e-4 [s] | 1e-6 [s] | bushes [MB] |\n|---|---|---|---|---|")
    for side, zones in ((30, 50), (60, 50), (120, 50), (60, 200), (60, 800)):
        network, trips = grid(side, zones)
        answer = assign(network, [trips], 1e-6, max_seconds=60)
        size = sum(bush.nbytes for bush in answer.bushes) / 1e6
        cells = f"{reached(answer, 1e-4)} | {reached(answer, 1e-6)}"
        print(f"| {network.m} | {zones} | {cells} | {size:.1f} |", flush=True)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmost memory of this process {most:.0f} MB", file=sys.stdout)


if __name__ == "__main__":
    main()
