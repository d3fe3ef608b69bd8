"""Places, trees and noise screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demo_city.dice import dice
from demo_city.land import open_ground
from twin.city.schema import BANDS

if TYPE_CHECKING:
    from demo_city.blocks import Blocks
    from demo_city.land import Land
    from demo_city.streets import Streets
    from demo_city.table import District

TAKES_A_HOUSE = {"school": "school", "library": "culture", "health_centre": "hospital", "supermarket": "mixed"}
"""Kinds of place that take over the nearest house, and the use it then has."""

_CAPACITY = {"school": (280, 760), "preschool": (45, 110)}


def places(district: District, houses: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the places and the houses with the names and uses that places give them."""
    rows: list[dict[str, object]] = []
    spots: list[tuple[float, float]] = []
    houses = houses.copy()
    tree = shapely.STRtree(houses.geometry.to_numpy())
    for kind, named in district.raw["places"].items():
        for name, pair in named.items():
            x, y = district.at(pair)
            address, capacity = "", np.nan
            if kind in TAKES_A_HOUSE or kind == "preschool":
                i = int(tree.nearest(shapely.Point(x, y)))
                x, y = houses.geometry.iloc[i].representative_point().coords[0]
                address = houses["address"].iloc[i]
                _take(houses, i, kind, name)
            if kind in _CAPACITY:
                capacity = float(dice("places", district.seed, name).integers(*_CAPACITY[kind]) // 5 * 5)
            rows.append({"kind": kind, "name": name, "address": address, "capacity": capacity})
            spots.append((x, y))
    for quarter in district.quarters:
        rows.append({"kind": "district", "name": quarter.name, "address": "", "capacity": np.nan})
        spots.append(quarter.at)
    for name, (outline, kind, _) in open_ground(district).items():
        if kind in ("park", "forest"):
            rows.append({"kind": "park", "name": name, "address": "", "capacity": np.nan})
            spots.append(outline.representative_point().coords[0])
    for name, mast in district.raw["masts"].items():
        rows.append({"kind": "mast", "name": name, "address": "", "capacity": np.nan})
        spots.append(district.at(mast["at"]))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows), geometry=shapely.points(np.round(np.array(spots), 2)), crs=district.raw["crs"]
    )
    frame["id"] = [f"p{i:03d}" for i in range(len(frame))]
    return frame, houses


def _take(houses: gpd.GeoDataFrame, i: int, kind: str, name: str) -> None:
    if kind == "preschool":
        houses.loc[i, "jobs"] = float(houses["jobs"].iloc[i]) + 14
        return
    if houses["name"].iloc[i] == "":
        houses.loc[i, "name"] = name
    if houses["use"].iloc[i] in ("residential", "mixed", "office", "shed"):
        houses.loc[i, "use"] = TAKES_A_HOUSE[kind]
    if kind in ("school", "health_centre"):
        houses.loc[i, ["dwellings", "dwellings_small", "residents"]] = 0
        houses.loc[i, "tenure"] = ""
        houses.loc[i, "jobs"] = 60


def trees(
    district: District, land: Land, streets: Streets, blocks: Blocks, houses: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return street trees in rows, park trees in groves, and a few in the courtyards."""
    rows = [*_street_trees(streets), *_park_trees(district), *_yard_trees(district, blocks)]
    spots = np.array([row[:2] for row in rows])
    points = shapely.points(spots)
    built = shapely.STRtree(houses.geometry.to_numpy())
    close = np.unique(built.query(points, predicate="dwithin", distance=3.0)[0])
    paths = shapely.union_all([shapely.LineString(p.line).buffer(2.2) for p in district.paths])
    shapely.prepare(paths)
    corridor, shore = streets.corridor, land.all.buffer(-4.0)
    shapely.prepare(corridor)
    shapely.prepare(shore)
    in_street = np.array([row[4] == "street" for row in rows])
    keep = ~np.isin(np.arange(len(rows)), close)
    keep &= shapely.contains_xy(shore, spots[:, 0], spots[:, 1])
    keep &= in_street | ~shapely.contains_xy(paths, spots[:, 0], spots[:, 1])
    keep &= in_street | ~shapely.contains_xy(corridor, spots[:, 0], spots[:, 1])
    kept = [row for row, ok in zip(rows, keep, strict=True) if ok]
    frame = gpd.GeoDataFrame(
        {
            "id": [f"t{i:04d}" for i in range(len(kept))],
            "kind": ["deciduous" if row[3] < 0.8 or row[4] == "street" else "coniferous" for row in kept],
            "height": [round(row[2], 1) for row in kept],
            "crown": [round(row[2] * (0.45 if row[4] == "street" else 0.55), 1) for row in kept],
        },
        geometry=shapely.points(np.round(np.array([row[:2] for row in kept]), 2)),
        crs=district.raw["crs"],
    )
    return frame


Tree = tuple[float, float, float, float, str]


def _street_trees(streets: Streets) -> list[Tree]:
    found: list[Tree] = []
    for number, piece in enumerate(streets.net.pieces):
        way = streets.ways[piece.way]
        if not way.trees or way.level != 0:
            continue
        line = shapely.LineString(piece.coords)
        rng = dice("street trees", number)
        for side in (-1, 1):
            row = line.offset_curve(side * (way.width / 2 - 3.2))
            for s in np.arange(12.0, row.length - 12.0, 13.5):
                if rng.random() < 0.93:
                    p = row.interpolate(float(s + rng.uniform(-0.5, 0.5)))
                    found.append((p.x, p.y, float(rng.uniform(6.5, 11.0)), 0.0, "street"))
    return found


def _park_trees(district: District) -> list[Tree]:
    """Jittered grid, thinned by a slow wave so that groves and lawns form."""
    found: list[Tree] = []
    for name, (outline, _kind, per_hectare) in open_ground(district).items():
        if per_hectare <= 0:
            continue
        rng = dice("park trees", name)
        step = 100.0 / np.sqrt(per_hectare * 2.0)
        west, south, east, north = outline.bounds
        gx, gy = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
        gx = gx.ravel() + rng.uniform(-0.42, 0.42, gx.size) * step
        gy = gy.ravel() + rng.uniform(-0.42, 0.42, gy.size) * step
        grove = 0.5 + 0.5 * np.sin(gx / 23.0 + np.cos(gy / 31.0) * 1.7) * np.cos(gy / 19.0 + 0.8)
        keep = shapely.contains_xy(outline, gx, gy) & (rng.random(gx.size) < np.clip(grove * 1.1, 0.08, 1.0))
        tall = rng.uniform(7.0, 17.0, gx.size)
        sort = rng.random(gx.size)
        found += [
            (float(x), float(y), float(h), float(k), "park")
            for x, y, h, k in zip(gx[keep], gy[keep], tall[keep], sort[keep], strict=True)
        ]
    return found


def _yard_trees(district: District, blocks: Blocks) -> list[Tree]:
    found: list[Tree] = []
    for number, (yard, planted) in enumerate(blocks.yards):
        rng = dice("yard trees", district.seed, number)
        inner = yard.buffer(-3.0)
        if not planted or inner.is_empty:
            continue
        west, south, east, north = inner.bounds
        for _ in range(int(np.clip(yard.area / 260.0, 1, 7))):
            x, y = float(rng.uniform(west, east)), float(rng.uniform(south, north))
            if shapely.contains_xy(inner, x, y):
                found.append((x, y, float(rng.uniform(5.0, 9.5)), float(rng.random()), "yard"))
    return found


def barriers(district: District) -> gpd.GeoDataFrame:
    """Return the noise screens and walls of the table, with absorption per octave band."""
    rows = district.raw["barrier"]
    frame = pd.DataFrame(
        [
            {
                "id": f"s{i:02d}",
                "kind": row["kind"],
                "height": row["height"],
                **{f"a{band}": a for band, a in zip(BANDS, row["absorption"], strict=True)},
            }
            for i, row in enumerate(rows)
        ]
    )
    shapes = [shapely.LineString(district.points(row["line"])) for row in rows]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=district.raw["crs"])
