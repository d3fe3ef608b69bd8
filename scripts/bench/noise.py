#!/usr/bin/env python
"""Measure road noise: pairs per second against a stated roofline, the demo district, edits, growth, memory.

Usage: scripts/bench/noise.py [--quick]

A pair is one piece of street and one receiver, homogeneous and favourable, 8 bands. The roofline is what one thread
could do if the profile cost nothing: the two evaluations of ground and diffraction alone, on a profile that is there
already. NoiseModelling publishes about 70,000 pairs per second and thread (its pull request 1002); it is not run here.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from typing import Any

import numpy as np

PEER = 70_000
"""Pairs per second and thread that NoiseModelling publishes for roof diffraction without reflections."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only pairs per second")
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    demo = _demo()
    pairs(demo)
    if not args.quick:
        district(demo)
        growth()


def _demo() -> Any:
    from twin.city.residents import with_people
    from twin.content import demo_project
    from twin.project import load_city

    return with_people(load_city(demo_project()))[0]


def _heard(city: Any, which: slice | None = None, **more: Any) -> tuple[Any, Any, Any]:
    from twin.models.noise import engine, traffic_of
    from twin.models.noise import model as noise
    from twin.models.noise.tables import shipped

    setting = noise.setting(noise.settled(noise.NOISE, more))
    power = traffic_of.powers(city, traffic_of.observed(city), shipped(), 7.0, 5.0)
    return engine, setting, power


def pairs(city: Any) -> None:
    """Print pairs per second and thread on receivers in front of the demo's façades."""
    from twin.models.noise import store
    from twin.models.noise.attend import attend
    from twin.models.noise.listeners import listeners
    from twin.models.noise.surroundings import surroundings

    around = surroundings(city)
    print(
        "| order | reach [m] | mean distance [m] | screened | floors share a cut | pairs/s and thread | receivers/s "
        "| times peer |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for order, reach, floors in ((0, 700.0, "one"), (0, 700.0, "all"), (1, 800.0, "one"), (1, 800.0, "all")):
        _, setting, _power = _heard(city, reach=reach, reflections=float(order), floors=floors, grid=0.0, interval=10.0)
        who = listeners(city, around.scene, around.house, 10.0, floors, 0.0, 2.0, {})
        which = np.sort(np.random.default_rng(1).permutation(len(who.columns.xy))[:400])
        lines, flat = around.streets.lines, around.scene.flat
        work = store.scratch(flat, setting.rules)
        n = len(which)
        at = [np.zeros(n + 1, dtype=np.int64) for _ in range(3)]
        room = 500 * n
        piece, left = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)
        codes = np.empty((300 * int(np.diff(who.columns.at)[which].sum()), 2, 8), dtype=np.uint16)
        best = np.inf
        for _ in range(3):
            began = time.thread_time()
            done = attend(flat, work, lines, who.columns, setting.rules, which, 0, *at, codes, piece, left)
            best = min(best, time.thread_time() - began)
        assert done == n
        count = int(at[1][n])
        far, behind = _geometry(around, who, which, at[0], piece, codes, at[1])
        receivers = int(np.diff(who.columns.at)[which].sum())
        print(f"| {order} | {reach:.0f} | {far:.0f} | {behind:.0%} | {floors == 'all'} | {count / best:,.0f} | "
              f"{receivers / best:,.0f} | {count / best / PEER:.1f} |", flush=True)  # fmt: skip
    print(f"\nroofline (ground and diffraction alone, H + F, one thread): {_roofline():,.0f} pairs/s\n")


def _geometry(
    around: Any, who: Any, which: Any, piece_at: Any, piece: Any, codes: Any, code_at: Any
) -> tuple[float, float]:
    from twin.models.noise.product import emitted
    from twin.models.noise.store import Block

    n = len(which)
    block = Block(
        which, piece_at, code_at, np.zeros(n + 1, np.int64), piece[: piece_at[n]], codes, np.empty(0, np.int64)
    )
    lines = around.streets.lines
    slot, _, places = emitted((block,), lines, np.zeros((len(lines.part_end), 3, 8)))
    at = places[slot[block.piece]]
    xy = np.repeat(who.columns.xy[which], np.diff(piece_at), axis=0)
    far = np.hypot(*(at - xy).T)
    share = ((codes[code_at[:-1]][:, 0, 4].astype(np.int32) << 13) + 0x21800000).view(np.float32)
    first = piece_at[:-1]
    spread = 10**-1.1 / np.maximum(far[first], 1.0) ** 2
    return float(far.mean()), float((share < spread * 0.8).mean())


def _roofline() -> float:
    import numba

    from twin.models.compile import unowned
    from twin.models.noise.air import absorption
    from twin.models.noise.cut import work
    from twin.models.noise.paths import sound, trace
    from twin.models.noise.scene import Building, build

    boxes = [np.array([[x, -20.0], [x + 12, -20], [x + 12, 20], [x, 20]]) for x in range(40, 260, 40)]
    scene = build(0.0, (), tuple(Building(ring, 18.0, np.zeros(8)) for ring in boxes))
    flat, scratch = scene.flat, work(len(scene.flat.edges), 20, 2)

    @numba.njit
    def many(flat: Any, work: Any, air: Any, n: int) -> float:
        flat, work = unowned(flat), unowned(work)
        work.points[0, 0], work.points[0, 1], work.points[1, 0], work.points[1, 1] = 0.0, 0.0, 300.0, 0.0
        trace(flat, work, 0, np.empty(0, dtype=np.int64), -1)
        out = np.empty((2, 8))
        total = 0.0
        for i in range(n):
            sound(flat, work, 0, 300.0, 0.05, 4.0 + (i % 7), 0.0, True, air, out)
            total += out[0, 0]
        return total

    air = absorption()
    many(flat, scratch, air, 10)
    began = time.thread_time()
    many(flat, scratch, air, 200_000)
    return 200_000 / (time.thread_time() - began)


def district(city: Any) -> None:
    """Print seconds for the demo district: cold, preview, edits."""
    from twin.city.changes import Changes
    from twin.models.noise import model as noise

    def timed(text: str, work: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        heard = result.working
        sizes = f"{len(heard.levels):,} | {heard.computed:,} | {heard.nbytes / 1e6:.0f}"
        print(f"| {text} | {wall:.2f} | {cpu:.2f} | {sizes} |", flush=True)
        return result

    noise.preview(city, {}, {})
    print("| | wall [s] | CPU [s] | receivers | pairs of piece and column computed | store [MB] |")
    print("|---|---|---|---|---|---|")
    timed("preview", lambda: noise.preview(city, {}, {}))
    one = {"floors": "one", "grid": 0.0, "interval": 20.0}
    timed("all façades, one floor, order 1, 800 m", lambda: noise.run(city, one, {}))
    base = timed("as the window asks (all floors, ground map)", lambda: noise.run(city, {}, {}))
    slower = city.replaced(roads=city.roads.assign(speed=city.roads["speed"].where(city.roads["id"] != "r000a", 30.0)))
    timed("traffic edit", lambda: noise.run(slower, {}, {}, base, Changes({"roads": frozenset({"r000a"})})))
    id = str(city.buildings["id"].iloc[800])
    taller = city.buildings["height"].where(city.buildings["id"] != id, 60.0)
    high = city.replaced(buildings=city.buildings.assign(height=taller))
    changed = Changes({"buildings": frozenset({id})})
    noise.run(high, {}, {}, base, changed)
    timed("one building", lambda: noise.run(high, {}, {}, base, changed))
    print(f"\npeak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB\n")


def growth() -> None:
    """Print how time and memory grow with buildings up to 50,000, four receivers each, 300 m, no reflections."""
    import geopandas as gpd
    import shapely

    from twin.city.city import City
    from twin.city.schema import conform
    from twin.models.noise import model as noise

    print("| buildings | streets [km] | receivers | CPU [s] | ms per receiver | store [MB] |")
    print("|---|---|---|---|---|---|")
    for side in (15, 40, 112):
        count = 2 * side
        x, y = np.meshgrid(np.arange(count) * 50.0, np.arange(count) * 50.0)
        boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 34, y.ravel() + 34)
        n = len(boxes)
        houses = gpd.GeoDataFrame(
            {"id": [f"b{i}" for i in range(n)], "height": 15.0, "ground": 0.0, "floors": 5.0}, geometry=boxes, crs=3011
        )
        wide = count * 50.0
        lines = [shapely.LineString([(0, k * 50.0 - 8), (wide, k * 50.0 - 8)]) for k in range(0, count, 2)]
        lines += [shapely.LineString([(k * 50.0 - 8, 0), (k * 50.0 - 8, wide)]) for k in range(0, count, 2)]
        roads = gpd.GeoDataFrame(
            {"id": [f"r{i}" for i in range(len(lines))], "aadt": 3000.0, "speed": 40.0, "kind": "tertiary"},
            geometry=lines, crs=3011,
        )  # fmt: skip
        city = City("grid", "EPSG:3011").replaced(
            buildings=conform("buildings", houses, "EPSG:3011"), roads=conform("roads", roads, "EPSG:3011")
        )
        began = time.process_time()
        asked: dict[str, Any] = {"grid": 0.0, "floors": "one", "interval": 50.0, "reach": 300.0, "reflections": 0.0}
        heard = noise.run(city, asked, {}).working
        cpu = time.process_time() - began
        km = sum(line.length for line in lines) / 1000
        print(f"| {n:,} | {km:.0f} | {len(heard.levels):,} | {cpu:.1f} | {1000 * cpu / len(heard.levels):.2f} | "
              f"{heard.nbytes / 1e6:.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
