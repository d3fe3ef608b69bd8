#!/usr/bin/env python
"""Measure segregation beside PySAL segregation, each in a process of its own, on the same tables.

Usage: scripts/bench/segregation.py [--peer PYTHON | --no-peer] [--units 10000 100000] [--minutes 5]

Without --peer, PySAL segregation is put into a throwaway environment (it is never installed into ours); where that
fails, the script says so and measures us alone. Units are a 100 m grid; counts come from a fixed seed, so that values
are compared too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PEER = "segregation==2.5.4"
MEMORY = 14 * 2**30
"""Address space the peer may take [bytes]; at 100,000 units it asks for 80 GB."""
PAIRED = 20_000
"""Units up to which sums over all pairs are measured."""
HERE = Path(__file__).resolve()
COUNTS = (
    "dissimilarity", "entropy", "isolation", "exposure", "atkinson", "correlation_ratio", "theil_h", "divergence",
)  # fmt: skip


def grid(n: int) -> Any:
    """Return places (n, 2) [m] and counts of two groups (n, 2) on a square grid of 100 m, some clustered."""
    import numpy as np

    rng = np.random.default_rng(7)
    side = int(np.ceil(np.sqrt(n)))
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:n] * 100.0
    total = rng.integers(0, 80, n)
    wave = 0.3 + 0.25 * np.sin(at[:, 0] / 1500) * np.cos(at[:, 1] / 1100)
    group = rng.binomial(total, wave)
    return at, np.stack([group, total - group], axis=1).astype(float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="a Python that has PySAL segregation")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--units", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--minutes", type=float, default=5.0, help="how long one measure of the peer may take")
    parser.add_argument("--child", nargs=3, metavar=("WHO", "WHAT", "N"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        peer = None if args.no_peer else args.peer or environment(Path(folder))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for n in args.units:
            table(n, peer, args.minutes)


def environment(folder: Path) -> Path | None:
    """Return the Python of a new environment with the peer in it, or None where it cannot be installed."""
    print(f"Installing {PEER} into a throwaway environment …", flush=True)
    try:
        venv.create(folder / "peer", with_pip=True)
        python = folder / "peer" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", PEER], check=True, timeout=900, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{PEER} cannot be installed here ({type(error).__name__}); we are measured alone.")
        return None
    return python


def table(n: int, peer: Path | None, minutes: float) -> None:
    """Print one row per measure: seconds and peak memory of both, ratio, difference of values."""
    print(f"\n{n} units\n\n| | ours [s] | ours [MB] | PySAL [s] | PySAL [MB] | times | difference |")
    print("|---|---|---|---|---|---|---|")
    for what in OURS:
        if what == "decay_isolation" and n > PAIRED:
            print(f"| {what} | left out: time grows with n² | | | | | |")
            continue
        ours, theirs = ask(sys.executable, "ours", what, n, 900), None
        if peer is not None and what in THEIRS:
            theirs = ask(str(peer), "peer", what, n, 60 * minutes)
        print(row(what, ours, theirs), flush=True)


def ask(python: str, who: str, what: str, n: int, seconds: float) -> dict[str, Any] | str:
    """Run one measure in a process of its own; return what it found, or in words why not."""
    command = [python, "-W", "ignore", str(HERE), "--child", who, what, str(n)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"> {seconds:.0f} s"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return "memory" if "Memory" in last or done.returncode < 0 else last[:60]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def row(what: str, ours: dict[str, Any] | str, theirs: dict[str, Any] | str | None) -> str:
    def cells(found: dict[str, Any] | str | None) -> list[str]:
        if not isinstance(found, dict):
            return [found or "–", ""]
        first = f" (first {found['first']:.2g})" if found["first"] > 1.5 * found["seconds"] + 0.02 else ""
        return [f"{found['seconds']:.3g}{first}", f"{found['mb']:.0f}"]

    times = difference = ""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        times = f"{theirs['first'] / max(ours['first'], 1e-9):.0f}"
        pairs = zip(ours["values"], theirs["values"], strict=True)
        difference = f"{max((abs(a - b) for a, b in pairs), default=0.0):.1e}"
    return "| " + " | ".join([what, *cells(ours), *cells(theirs), times, difference]) + " |"


def child(who: str, what: str, n: int) -> None:
    """Measure in this process: the first call, the best of those after it, the peak of memory above what was loaded."""
    import resource

    if who == "peer":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # it must not take the machine down
    work = (OURS if who == "ours" else THEIRS)[what](n)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(3):
        began = time.perf_counter()
        values = work()
        times.append(time.perf_counter() - began)
        if times[0] > 5:
            break
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"first": times[0], "seconds": min(times), "mb": peak, "values": [float(v) for v in values]}))


def _ours(what: str) -> Callable[[int], Callable[[], list[float]]]:
    def prepare(n: int) -> Callable[[], list[float]]:
        from twin.models.segregation import evenness, multiscalar, neighbours, several
        from twin.models.segregation.band import bands

        at, counts = grid(n)
        x, t = counts[:, 0].copy(), counts.sum(axis=1)
        two = {name: getattr(evenness, "interaction" if name == "exposure" else name)
               for name in (*COUNTS[:6], "gini")}  # fmt: skip
        if what in two:
            return lambda: [two[what](x, t)]
        if what in ("theil_h", "divergence"):
            return lambda: [getattr(several, what)(counts)]
        if what.startswith("H(r)"):
            fall: Any = "triangle" if "triangle" in what else "biweight"
            radii = (500.0, 1000.0, 2000.0, 4000.0)
            return lambda: multiscalar.spatial_h(counts, multiscalar.environments(at, counts, radii, fall)).tolist()
        if what.startswith("nearest"):
            ks = (200, 1600, 12800)
            return lambda: [p.dissimilarity for p in neighbours.profile(neighbours.nearest(at, counts, ks), counts)]
        if what.startswith("band"):
            return lambda: [bands({"d": several.dissimilarity}, counts, draws=100)["d"].mean]
        return _pairs(what, n, x, t, at)

    return prepare


def _pairs(what: str, n: int, x: Any, t: Any, at: Any) -> Callable[[], list[float]]:
    import shapely

    from twin.models.segregation import proximity, spatial
    from twin.models.segregation.shapes import shapes

    units = shapes(shapely.box(at[:, 0], at[:, 1], at[:, 0] + 100, at[:, 1] + 100))
    if what == "spatial_dissimilarity":
        return lambda: [spatial.spatial_dissimilarity(x, t, units)]
    return lambda: [proximity.decay_isolation(proximity.nearness(x, t, units))]


def _theirs(what: str) -> Callable[[int], Callable[[], list[float]]]:
    def prepare(n: int) -> Callable[[], list[float]]:
        import geopandas as gpd
        import shapely
        from segregation import multigroup as m
        from segregation import singlegroup as s

        at, counts = grid(n)
        boxes = shapely.box(at[:, 0], at[:, 1], at[:, 0] + 100, at[:, 1] + 100)
        if not what.startswith(("spatial", "decay")):
            boxes = shapely.points(at)
        frame = gpd.GeoDataFrame(
            {"a": counts[:, 0], "b": counts[:, 1], "t": counts.sum(axis=1)}, geometry=boxes, crs=3006
        )
        plain = frame.drop(columns="geometry")
        two: dict[str, Any] = {
            "dissimilarity": s.Dissim, "entropy": s.Entropy, "isolation": s.Isolation, "exposure": s.Interaction,
            "atkinson": s.Atkinson, "correlation_ratio": s.CorrelationR, "gini": s.Gini,
        }  # fmt: skip
        if what in two:
            return lambda: [two[what](plain, "a", "t").statistic]
        several: dict[str, Any] = {"theil_h": m.MultiInfoTheory, "divergence": m.MultiDivergence}
        if what in several:
            return lambda: [several[what](plain, ["a", "b"]).statistic]
        if what.startswith("H(r)"):
            from segregation.dynamics import compute_multiscalar_profile

            radii = [500, 1000, 2000, 4000]
            return lambda: (
                compute_multiscalar_profile(frame, m.MultiInfoTheory, groups=["a", "b"], distances=radii)
                .to_numpy()[1:].tolist()
            )  # fmt: skip
        pairs: dict[str, Any] = {
            "spatial_dissimilarity": s.SpatialDissim, "decay_isolation": s.DistanceDecayIsolation
        }  # fmt: skip
        return lambda: [pairs[what](frame, "a", "t").statistic]

    return prepare


_MULTISCALAR = "H(r), 4 radii, triangle"
_PAIRED = ("spatial_dissimilarity", "decay_isolation")
OURS = {
    name: _ours(name)
    for name in (
        *COUNTS, "gini", "nearest 200, 1600, 12800", "H(r), 4 radii, biweight", _MULTISCALAR, "band of D, 100 draws",
        *_PAIRED,
    )
}  # fmt: skip
THEIRS = {name: _theirs(name) for name in (*COUNTS, "gini", _MULTISCALAR, *_PAIRED)}

if __name__ == "__main__":
    # this file bears the name of the peer's package: its folder must not come first
    sys.path[0] = str(HERE.parent.parent.parent)
    main()
