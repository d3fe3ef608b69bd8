#!/usr/bin/env python
"""Traffic of whole cities: the demo's times, and the model on real Stockholm streets, counts and radar speeds.

Usage: scripts/bench/traffic_city.py [--data FOLDER] [--only demo,stockholm,radar]

The real files are not part of the repository (../shared/data); where they are absent that part is left out. Compiling
and loading of modules are not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.city.residents import with_people
from twin.content import demo_project
from twin.models.compile import compile_all
from twin.models.traffic.model import TRAFFIC
from twin.models.traffic.names import ADT
from twin.models.traffic.urban import present as urban
from twin.models.traffic.urban.bans import rules_of
from twin.models.traffic.urban.counts import fit_of
from twin.models.traffic.urban.load import load
from twin.models.traffic.urban.settings import PARAMETERS, Settings
from twin.models.traffic.urban.table import street_table
from twin.project import load_city
from twin.scenario.others import AddRule
from twin.scenario.streets import ChangeRoad, CloseRoad

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.city.city import City
    from twin.result import Result, Value

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = Settings({one.name: one.default for one in PARAMETERS})


def best(work: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of some equal runs [s]."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return min(spent)


def number(result: Result, id: str) -> float:
    return next((one.value for one in result.indicators if one.id == f"traffic.{id}"), float("nan"))


def demo() -> None:
    city, _ = with_people(load_city(demo_project()))
    city = dataclasses.replace(city, present=city)
    assert city.present is not None
    present = urban.present_of(city.present, DEFAULTS)
    demand = present.demand.times(present.factor)
    rules = rules_of(city, False)
    print("## Demo: 5 periods, 7 classes (the too old apart), 60 zones, 642 links\n")
    for threads in (1, 2):
        for gap in (1e-4, 1e-6):
            spent = best(lambda g=gap, t=threads: load(present.loaded.grid, demand, rules, DEFAULTS, g, threads=t))
            print(f"- equilibrium of the day to {gap:.0e}, cold, {threads} thread(s): {spent:.3f} s")

    def whole() -> None:
        urban._known.clear()
        TRAFFIC.run(city, {}, {})

    print(f"- the whole base answer with three fits to counts: {best(whole, 3):.2f} s")
    base = TRAFFIC.run(city, {}, {})
    roads = city.roads
    horns = tuple(roads["id"][roads["name"] == "Hornsgatan"])
    ring = tuple((float(x), float(y)) for x, y in city.rules.geometry.iloc[1].exterior.coords[:-1])
    edits = {
        "one piece closed": CloseRoad(roads=horns[4:6]),
        "Hornsgatan closed": CloseRoad(roads=horns),
        "Hornsgatan 30 km/h": ChangeRoad(roads=horns, speed=30.0),
        "Hornsgatan one lane": ChangeRoad(roads=horns, lanes=1.0),
        "environmental zone class 3": AddRule(area=ring, rule_class="3", status="in_force"),
    }
    for title, edit in edits.items():
        edited = edit.apply(city)
        spent = best(lambda e=edited: TRAFFIC.run(e, {}, {}, base))
        print(f"- {title}: answered to 1e-4 in {spent:.3f} s, fields and indicators included")


def stockholm(data: Path) -> None:
    from twin.city.counts_table import bring_counts
    from twin.city.formats import read
    from twin.city.reading import ReadOptions
    from twin.city.unit_table import read_table

    osm = data / "city" / "stockholm_osm" / "stockholm.osm"
    if not osm.is_file():
        return
    city = read(osm, ReadOptions()).city
    print(f"\n## Stockholm (Norrmalm/Östermalm, OSM of 2020): {len(city.roads)} links\n")
    for year in (2019, 2022):
        table = read_table(data / "traffic" / "payloads" / f"stockholm_aadt_{year}.geojson")
        placed = bring_counts(city, table, {}, {})
        outside = sum(note.n for note in placed.notes if "outside" in note.message)
        people, assumed = with_people(placed.city)
        begun = time.perf_counter()
        plain = TRAFFIC.run(people, {"fit": False}, {})
        result = TRAFFIC.run(people, {}, {})
        spent = time.perf_counter() - begun
        print(
            f"- {year}: {table.rows} counts in the file, {table.rows - outside} in the extract, "
            f"{placed.found} on its streets, {placed.links} links counted; {number(result, 'trips'):.0f} trips a day, "
            f"both answers in {spent:.2f} s"
        )
        for title, one in (("before the fit", plain), ("after", result)):
            said = ", ".join(
                f"{part}: R² {number(one, f'{part}_r2'):.2f}, GEH<5 {number(one, f'{part}_geh'):.0f} %, "
                f"sum {number(one, f'{part}_bias'):+.0f} %" for part in ("fit", "test")
            )  # fmt: skip
            print(f"  - {title}: {said}")
        for title, values in (("gravity model alone", {"fit": False}), ("fitted to the others", {})):
            print(f"  - each counted street left out once, {title}: {left_out(people, values)}")
    print(f"  - assumed: {' '.join(assumed)}")


PARTS = 5


def left_out(city: City, values: dict[str, Value]) -> str:
    """Say how well counts are met that the model does not have: a fifth of the streets' counts taken away at a time."""
    roads = city.roads
    aadt = roads["aadt"].to_numpy(float)
    ends = zip(roads["from_node"], roads["to_node"], strict=True)
    streets = np.array(["|".join(sorted((str(a), str(b)))) for a, b in ends], dtype=object)
    counted = np.isfinite(aadt) & (aadt > 0)
    drawn = sorted(set(streets[counted]), key=lambda name: hashlib.sha256(name.encode()).digest())
    modelled = np.full(len(aadt), np.nan)
    for part in range(PARTS):
        away = counted & np.isin(streets, drawn[part::PARTS])
        rest = city.replaced(roads=roads.assign(aadt=np.where(away, np.nan, aadt)))
        field = TRAFFIC.run(rest, {**values, "held_out": 0.0}, {}).field(ADT)
        modelled[away] = field.values.astype(float)[away]
    found = fit_of(modelled[counted], aadt[counted])
    return f"{found.number} links, R² {found.r2:.2f}, GEH<5 {found.share:.0f} %, sum {found.bias:+.0f} %"


def radar(data: Path) -> None:
    """Compare the pace of free traffic, and how it slows, with radar passages at Hornsgatan."""
    path = data / "city" / "hornsgatan_sumo" / "test_radar_data_out.csv"
    if not path.is_file():
        return
    table = pd.read_csv(path)
    at = pd.to_datetime(table["time_detector_real"], unit="s", utc=True).dt.tz_convert("Europe/Stockholm")
    table = table.assign(hour=at.dt.hour)
    days = (at.max() - at.min()).total_seconds() / 86400
    kind = street_table().kinds["primary"]
    limit, capacity = 40.0, 850.0
    print(f"\n## Radar at Hornsgatan: {len(table)} passages in {days:.1f} days; limit {limit:.0f} km/h\n")
    print("| detector | free (03–06) | pace | table | busiest hour [veh/h] | speed there | share | BPR at 850 veh/h |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("e2w_in", "w2e_in"):
        rows = table[table["detector_id"] == name]
        free = float(rows[rows["hour"].isin((3, 4, 5))]["speed_detector_real"].mean())
        by_hour = rows.groupby("hour")["speed_detector_real"].agg(["size", "mean"])
        busy = int(by_hour["size"].idxmax())
        flow, speed = float(by_hour["size"][busy]) / days, float(by_hour["mean"][busy])
        model = 1.0 / (1.0 + kind.b * (flow / capacity) ** kind.power)
        print(f"| {name} | {free:.1f} | {free / limit:.2f} | {kind.pace:.2f} | {flow:.0f} at {busy} | {speed:.1f} | "
              f"{speed / free:.2f} | {model:.2f} |")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", default="demo,stockholm,radar")
    said = parser.parse_args()
    compile_all(prefix="twin.models.traffic.")
    wanted = said.only.split(",")
    if "demo" in wanted:
        demo()
    if "stockholm" in wanted:
        stockholm(said.data)
    if "radar" in wanted:
        radar(said.data)


if __name__ == "__main__":
    main()
