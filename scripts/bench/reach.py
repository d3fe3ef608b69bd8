"""Reach on foot over a synthetic walk network beside pandana, in the same run.

Usage: python scripts/bench/reach.py [--side 224] [--houses 0] [--no-peer] [--engine] [--json]

A bent grid of side² nodes with links left out and a river crossed by two bridges; a house stands at every node (or
``--houses`` at random places). Ours is timed from tables to fields: network, snapping to links, search, sums and
nearest things. Then one footbridge over the river: edit and answer. The peer, pandana (AGPL, so never a dependency of
ours), is installed into an environment of its own that is thrown away; it snaps to nodes and sums two variables for
three distances. Times are the least of several. ``--engine`` asks the demo's questions of an engine process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

CRS = "EPSG:3011"
STEP = 100.0
RIVER = 0.5
BOUND_FULL, BOUND_BRIDGE, BOUND_OVERHEAD = 2.5, 0.1, 0.030

PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, pandana
data = np.load(sys.argv[1])
took = {}
t = time.perf_counter()
net = pandana.Network(
    pd.Series(data["x"]), pd.Series(data["y"]), pd.Series(data["u"]), pd.Series(data["v"]),
    pd.DataFrame({"w": data["w"]}),
)
took["build_s"] = time.perf_counter() - t
t = time.perf_counter()
net.precompute(1500.0)
took["precompute_s"] = time.perf_counter() - t
at = net.get_node_ids(data["hx"], data["hy"])
t = time.perf_counter()
out = []
for name in ("residents", "jobs"):
    net.set(at, variable=pd.Series(data[name]), name=name)
    for r in (400.0, 800.0, 1500.0):
        out.append(net.aggregate(r, type="sum", decay="flat", name=name).to_numpy())
took["aggregate_s"] = time.perf_counter() - t
np.save(sys.argv[2], np.stack(out)[:, np.asarray(at)])
took["version"] = pandana.__version__
print(json.dumps(took))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--houses", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--engine", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = ours(args)
    if args.engine:
        found["engine"] = engine()
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        tell(found)
    return 0


def network(side: int) -> tuple[gpd.GeoDataFrame, np.ndarray, np.ndarray]:
    """Return the paths, the places of the nodes and the pairs of nodes."""
    rng = np.random.default_rng(7)
    x, y = np.meshgrid(np.arange(side) * STEP, np.arange(side) * STEP)
    at = np.stack([x.ravel(), y.ravel()], axis=1) + rng.uniform(-25, 25, (side * side, 2))
    number = np.arange(side * side).reshape(side, side)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    along = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    middle = int(side * RIVER)
    over = np.isin(along[:, 0] // side, [middle - 1]) & ~np.isin(along[:, 0] % side, [side // 4, 3 * side // 4])
    pairs = np.concatenate([across, along[~over]])
    pairs = pairs[rng.random(len(pairs)) >= 0.15]
    lines = shapely.linestrings(at[pairs])
    frame = gpd.GeoDataFrame(
        {
            "id": [f"w{i}" for i in range(len(pairs))],
            "from_node": [f"n{i}" for i in pairs[:, 0]],
            "to_node": [f"n{i}" for i in pairs[:, 1]],
            "length": shapely.length(lines),
        },
        geometry=lines,
        crs=CRS,
    )
    return frame, at, pairs


def ours(args: argparse.Namespace) -> dict[str, Any]:
    from twin.city.city import City
    from twin.models.compile import compile_all
    from twin.models.reach import run
    from twin.scenario.streets import AddPath

    paths, at, pairs = network(args.side)
    used = np.unique(pairs)
    rng = np.random.default_rng(3)
    if args.houses:
        spots = rng.uniform(at.min(axis=0), at.max(axis=0), (args.houses, 2))
        shapes = shapely.box(spots[:, 0] - 7, spots[:, 1] - 6, spots[:, 0] + 7, spots[:, 1] + 6)
    else:
        spots = at[used]
        shapes = shapely.buffer(shapely.points(spots), 0.01, quad_segs=1)
    n = len(spots)
    houses = gpd.GeoDataFrame(
        {"id": [f"b{i}" for i in range(n)], "residents": rng.integers(0, 100, n), "jobs": rng.integers(0, 50, n)},
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    place = rng.choice(len(at), 300, replace=False)
    places = gpd.GeoDataFrame(
        {"id": [f"p{i}" for i in range(300)], "kind": rng.choice(["school", "stop"], 300)},
        geometry=shapely.points(at[place]), crs=CRS,
    )  # fmt: skip
    city = City("bench", CRS).replaced(paths=paths, buildings=houses, places=places)
    compile_all()
    full, result = least(args.repeat, lambda: run(city, {}, {}))
    side = args.side * STEP
    bridge = AddPath(line=((side * 0.4, side * RIVER - 90), (side * 0.4, side * RIVER - 10)), tolerance=80.0)
    edit, effect = least(args.repeat, lambda: bridge.effect(city))
    step, after = least(args.repeat, lambda: run(effect.city, {}, {}, result, effect.changes))
    again = run(effect.city, {}, {})
    same = all(
        np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(after.fields, again.fields, strict=True)
    )
    gain = float(np.nanmax(after.fields[2].values - result.fields[2].values))
    found: dict[str, Any] = {
        "nodes": len(used), "links": len(pairs), "houses": n, "cores": os.cpu_count(), "load": os.getloadavg()[0],
        "full_s": full, "edit_s": edit, "bridge_s": step, "houses_looked_at": after.working.looked_at,
        "bridge_equals_full": same, "most_gained_residents": gain,
        "bounds": {"full_s": BOUND_FULL, "bridge_s": BOUND_BRIDGE},
    }  # fmt: skip
    if not args.no_peer:
        # pandana walks from node to node; so do we, for the comparison of what is found
        found["pandana"] = peer(paths, at, pairs, (spots, houses), run(city, {"count_access": False}, {}))
    return found


def least(repeat: int, work: Any) -> tuple[float, Any]:
    """Return the least time of several and the last outcome."""
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        outcome = work()
        times.append(time.perf_counter() - begin)
    return min(times), outcome


def peer(
    paths: gpd.GeoDataFrame, at: Any, pairs: Any, homes: tuple[Any, gpd.GeoDataFrame], mine: Any
) -> dict[str, Any]:
    """Time pandana in an environment of its own; says plainly when it cannot be installed."""
    spots, houses = homes
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data, out = place / "data.npz", place / "out.npy"
        np.savez(
            data, x=at[:, 0], y=at[:, 1], u=pairs[:, 0], v=pairs[:, 1], w=paths["length"].to_numpy(),
            hx=spots[:, 0], hy=spots[:, 1], residents=houses["residents"].to_numpy(float),
            jobs=houses["jobs"].to_numpy(float),
        )  # fmt: skip
        python = place / "venv" / "bin" / "python"
        for command in (
            [sys.executable, "-m", "venv", place / "venv"],
            [
                python,
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "pandana",
                "numpy<2",
                "setuptools<81",
            ],
        ):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            if done.returncode:
                return {"not_installed": (done.stderr.strip().splitlines() or ["?"])[-1]}
        done = subprocess.run([python, "-c", PEER, data, out], capture_output=True, text=True, check=False)
        if done.returncode:
            return {"not_run": (done.stderr.strip().splitlines() or ["?"])[-1]}
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        theirs = np.load(out)
        own = np.stack([field.values for field in mine.fields[:6]])
        found["houses_that_differ"] = int((np.abs(theirs - own) > 0.5).any(axis=0).sum())
        found["most_different"] = float(np.nanmax(np.abs(theirs - own)))
        return found


def engine() -> dict[str, float]:
    """Return what an edit costs beside the models, from the edit to the answer, in the engine process [s]."""
    from twin.chain.serve import Question, ask, warm_up
    from twin.content import demo_project
    from twin.jobs import Engine
    from twin.project import load_city
    from twin.scenario.codec import encode_scenario
    from twin.scenario.scenario import PRESENT
    from twin.scenario.streets import AddPath

    paths = load_city(demo_project()).paths
    west, south, east, north = paths.total_bounds
    rng = np.random.default_rng(2)

    def question(scenario: Any) -> Question:
        return Question(str(demo_project()), "1", encode_scenario(scenario), ("reach",), keep=False)

    whole, beside = [], []
    with Engine("twin.chain.serve") as process:
        process.submit(warm_up, question(PRESENT), load_city).wait()
        process.submit(ask, question(PRESENT), load_city).wait()
        scenario = PRESENT
        for _ in range(30):
            x, y = rng.uniform((west, south), (east - 200, north - 200))
            begin = time.perf_counter()
            scenario = PRESENT.adding(AddPath(line=((x, y), (x + 150, y + 150)), tolerance=100.0))
            answer = process.submit(ask, question(scenario), load_city, key="scenario").wait()
            took = time.perf_counter() - begin
            whole.append(took)
            beside.append(took - sum(run.seconds for run in answer.runs.values()))
    return {
        "edit_to_answer_median_s": float(np.median(whole)),
        "overhead_median_s": float(np.median(beside)),
        "overhead_worst_s": float(np.max(beside)),
        "bound_s": BOUND_OVERHEAD,
    }


def tell(found: dict[str, Any]) -> None:
    full, bridge = found["full_s"], found["bridge_s"]
    lines = [
        f"{found['nodes']:,} nodes, {found['links']:,} links, {found['houses']:,} houses, 400/800/1500 m, "
        f"{found['cores']} cores, load {found['load']:.1f}",
        f"  full           {full:.2f} s   (bound {BOUND_FULL} s: {full / BOUND_FULL:.2f})",
        f"  one bridge     {bridge:.3f} s  (bound {BOUND_BRIDGE} s: {bridge / BOUND_BRIDGE:.2f}), "
        f"{found['houses_looked_at']} houses looked at, equal to the full run: {found['bridge_equals_full']}",
        f"  the edit       {found['edit_s']:.3f} s",
    ]
    theirs = found.get("pandana", {})
    if "build_s" in theirs:
        total = theirs["build_s"] + theirs["precompute_s"] + theirs["aggregate_s"]
        lines += [
            f"  pandana {theirs['version']}    build {theirs['build_s']:.1f} s, "
            f"precompute {theirs['precompute_s']:.1f} s, "
            f"six sums {theirs['aggregate_s']:.2f} s: {total / full:.1f} times ours",
            f"  after a bridge pandana begins again: {total / bridge:.0f} times ours",
            f"  node to node, {theirs['houses_that_differ']} houses differ, by {theirs['most_different']:.0f} at most",
        ]
    elif theirs:
        lines.append(f"  pandana could not be used: {next(iter(theirs.values()))}")
    if "engine" in found:
        e = found["engine"]
        lines.append(
            f"  engine, demo: edit to answer {e['edit_to_answer_median_s'] * 1e3:.0f} ms, beside the models "
            f"{e['overhead_median_s'] * 1e3:.0f} ms (worst {e['overhead_worst_s'] * 1e3:.0f}, bound 30)"
        )
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
