"""Large data files as layers: a million points and a raster of 10,000 × 10,000 cells, from file to numbers to paint.

Usage: scripts/bench/datafile.py [--points N] [--cells N]
Prints one line per step with seconds and the process's peak memory; the bound is geopandas/rasterio reading the file
whole in the same process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from twin.datafile import look, paint, show, suggest, take
from twin.datafile.ground import Sketch

GROUND = Sketch("EPSG:3011", (151_000.0, 6_576_000.0, 156_000.0, 6_581_000.0), {})


def timed(what: str, function: Any) -> Any:
    began = time.perf_counter()
    answer = function()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:58} {time.perf_counter() - began:7.2f} s   peak {peak:6.0f} MB", flush=True)
    return answer


def run(path: Path, folder: Path) -> None:
    found = timed(f"{path.name}: look inside", lambda: look.preview(path))
    choice, about = suggest.suggest(found, GROUND)
    taken = timed(f"{path.name}: take in", lambda: take.take(path, choice, about, GROUND, folder))
    content = folder / taken.layer.file
    numbers = timed(f"{path.name}: numbers at their places", lambda: show.shown(taken.layer, content, GROUND))
    timed(f"{path.name}: classes and colours", lambda: paint.painted(taken.layer, numbers))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=10_000)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n = args.points
        frame = pd.DataFrame(
            {"x": rng.uniform(151_000, 156_000, n).round(2), "y": rng.uniform(6_576_000, 6_581_000, n).round(2),
             "value": rng.gamma(2, 5, n).round(2), "kind": rng.integers(0, 9, n)}
        )  # fmt: skip
        frame.to_csv(folder / "points.csv", index=False)
        shapes = gpd.GeoDataFrame(frame[["value", "kind"]], geometry=gpd.points_from_xy(frame.x, frame.y), crs=3011)
        shapes.to_parquet(folder / "points.parquet")
        timed("bound: pandas.read_csv", lambda: pd.read_csv(folder / "points.csv"))
        run(folder / "points.csv", folder)
        timed("bound: geopandas.read_parquet", lambda: gpd.read_parquet(folder / "points.parquet"))
        run(folder / "points.parquet", folder)
        side = args.cells
        x, y = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
        cells = np.sin(x / 300) * np.cos(y / 200) * 10 + 50 + rng.normal(0, 1, (side, side)).astype(np.float32)
        del x, y
        profile: dict[str, Any] = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32"}
        with rasterio.open(
            folder / "grid.tif", "w", **profile, crs="EPSG:3006", transform=Affine(1, 0, 669_000, 0, -1, 6_584_000),
            tiled=True, compress="deflate", zlevel=1,
        ) as out:  # fmt: skip
            out.write(cells[None])
        del cells
        with rasterio.open(folder / "grid.tif") as source:
            timed("bound: rasterio reads it whole", lambda: source.read(1).mean())
        run(folder / "grid.tif", folder)


if __name__ == "__main__":
    main()
