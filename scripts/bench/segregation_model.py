"""The segregation model over a whole city: the full answer, then a bridge and new homes, as the window asks for them.

Usage: python scripts/bench/segregation_model.py [--side 110] [--zones 25]

The city of scripts/bench/reach.py: a bent grid of side² nodes with a river crossed by two bridges and a house at every
node; zones² zones with three groups, more of one in the south. The incremental answer is compared with the full one,
value by value. There is no peer: PySAL answers tables, not edits; its times stand in scripts/bench/segregation.py.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "bench")]

from reach import CRS, STEP, network  # noqa: E402


def city(side: int, zones: int) -> Any:
    """Return a City with houses, zones and people."""
    from twin.city.city import City

    rng = np.random.default_rng(3)
    paths, at, _ = network(side)
    width = side * STEP
    houses = gpd.GeoDataFrame(
        {"id": [f"b{i}" for i in range(len(at))], "residents": rng.integers(2, 40, len(at)).astype(float)},
        geometry=shapely.box(at[:, 0] + 5, at[:, 1] + 5, at[:, 0] + 15, at[:, 1] + 15), crs=CRS,
    )  # fmt: skip
    step = width / zones
    x, y = (part.ravel() for part in np.meshgrid(np.arange(zones), np.arange(zones)))
    frame = gpd.GeoDataFrame(
        {"id": [f"z{i}" for i in range(len(x))], "kind": "grid"},
        geometry=shapely.box(x * step - 50, y * step - 50, (x + 1) * step - 50, (y + 1) * step - 50), crs=CRS,
    )  # fmt: skip
    share = 0.2 + 0.3 * (y < zones / 2) + 0.1 * np.sin(x)
    total = rng.integers(600, 2400, len(x))
    counts = [np.rint(total * share), np.rint(total * 0.1), np.rint(total * (0.9 - share))]
    rows = [
        {"id": f"z{i}|{g}", "zone": f"z{i}", "dimension": "origin", "group": g, "persons": float(n[i])}
        for g, n in zip("abc", counts, strict=True)
        for i in range(len(x))
    ]
    spots = rng.choice(len(at), 400, replace=False)
    places = gpd.GeoDataFrame(
        {"id": [f"p{i}" for i in range(400)], "kind": rng.choice(["school", "square", "library"], 400)},
        geometry=shapely.points(at[spots] + 3), crs=CRS,
    )  # fmt: skip
    return City("bench", CRS, synthetic=True).replaced(
        paths=paths, buildings=houses, zones=frame, population=pd.DataFrame(rows), places=places
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=110)
    parser.add_argument("--zones", type=int, default=25)
    args = parser.parse_args()
    from twin.models.compile import compile_all
    from twin.models.segregation.model import run
    from twin.scenario.buildings import HousingTransfer
    from twin.scenario.streets import AddPath

    compile_all()
    base = city(args.side, args.zones)
    middle = args.side * STEP / 2
    edits = {
        "bridge": AddPath(line=((middle, middle - STEP), (middle, middle + 5)), bridge=True, tolerance=80.0),
        "homes": HousingTransfer(
            zone="z7", dwellings=400.0, tenure={"rental": 1.0}, groups={"origin": {"rental": {"a": 0.5, "c": 0.5}}}
        ),
    }
    began = time.perf_counter()
    before = run(base, {}, {})
    found: dict[str, Any] = {
        "houses": len(base.buildings), "links": len(base.paths), "zones": len(base.zones),
        "units": len(before.working.people.unit_ids), "full_s": time.perf_counter() - began,
    }  # fmt: skip
    for name, edit in edits.items():
        effect = edit.effect(base)
        began = time.perf_counter()
        after = run(effect.city, {}, {}, before, effect.changes)
        found[f"{name}_s"] = time.perf_counter() - began
        found[f"{name}_looked_at"] = after.working.walked.looked_at
        full = run(effect.city, {}, {})
        found[f"{name}_equal"] = all(
            np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(after.fields, full.fields, strict=True)
        ) and [i.value for i in after.indicators] == [i.value for i in full.indicators]
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
