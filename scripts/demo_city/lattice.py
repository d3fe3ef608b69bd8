"""Test cities of any size: the demo's blocks and houses on a bent street grid with a river, made fast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demo_city import blocks, buildings, people
from demo_city.dice import dice
from demo_city.table import Floats, Quarter
from twin.city.city import City, Terrain

ORIGIN = np.array([150_000.0, 6_570_000.0])
CRS = "EPSG:3011"
BLOCK = (122.0, 92.0)
PER_BLOCK = 11.0
RIVER = 85.0
EVERY = 6
"""Every sixth street is a main street, and every sixth column of streets has a bridge."""

_STYLES = ("stone", "stone", "stone", "court", "old", "slab", "point")


@dataclass(frozen=True)
class Grid:
    """Corners of the street grid, shape (rows + 1, columns + 1, 2) [m], and the row the river runs about."""

    corners: Floats
    river: float
    seed: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        return self.corners.shape[0] - 1, self.corners.shape[1] - 1


def test_city(n: int, seed: int = 1) -> City:  # noqa: PT028  (no test: the name is the house's)
    """Return a synthetic city with exactly n buildings, streets, walk network, zones and terrain.

    Parameters
    ----------
    n : int
        Number of buildings, from a handful to some hundred thousand.
    seed : int
        Another number, another city.
    """
    houses, grid = _houses(_grid(n, seed), n)
    terrain = _terrain(grid)
    houses["ground"] = buildings.lowest_ground(houses, terrain)
    links = _roads(grid, terrain)
    zones = _zones(grid)
    tables: dict[str, pd.DataFrame] = {
        "buildings": houses,
        "roads": links,
        "paths": _paths(links),
        "zones": zones,
        "population": _population(zones, houses, seed),
        "cover": _cover(grid),
    }
    for table in tables.values():
        table["source_id"] = "test-city"
    source = pd.DataFrame(
        [
            {
                "id": "test-city",
                "title": f"Test city of {n} buildings",
                "licence": "CC0-1.0",
                "owner": "Stockholm twin",
                "classification": "open",
                "date": "2026-05-04",
                "maturity": "test",
                "note": "synthetic, not for decisions",
            }
        ]
    )
    return City(f"Test city {n}", CRS, "RH 2000", synthetic=True, terrain=terrain).replaced(**tables, sources=source)


test_city.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test by its name


def _grid(n: int, seed: int) -> Grid:
    """Bend and jitter a grid that has room for n buildings beside the river."""
    room = n / PER_BLOCK * 1.25 + 4
    columns = max(3, math.ceil(math.sqrt(room * 1.5)))
    rows = max(4, math.ceil(room / columns) + 3)
    rng = dice("grid", seed)
    i, j = np.meshgrid(np.arange(rows + 1), np.arange(columns + 1), indexing="ij")
    x, y = j * BLOCK[0], i * BLOCK[1]
    wave = 2 * np.pi / 1900.0
    bent_x = x + 75 * np.sin(y * wave + seed) + rng.uniform(-9, 9, x.shape)
    bent_y = y + 95 * np.sin(x * wave * 0.7) + 40 * np.cos(x * wave * 1.9 + seed) + rng.uniform(-7, 7, x.shape)
    corners = np.round(np.stack([bent_x, bent_y], axis=-1) + ORIGIN, 2)
    return Grid(corners, rows * 0.42, seed)


def _terrain(grid: Grid) -> Terrain:
    low = grid.corners.min((0, 1)) - 60
    high = grid.corners.max((0, 1)) + 60
    cell = 5.0 if np.prod(high - low) < 5e7 else 10.0
    west, north = math.floor(low[0] / cell) * cell, math.ceil(high[1] / cell) * cell
    columns, rows = math.ceil((high[0] - west) / cell), math.ceil((north - low[1]) / cell)
    x = (west + (np.arange(columns) + 0.5) * cell).astype(np.float32)[None, :]
    y = (north - (np.arange(rows) + 0.5) * cell).astype(np.float32)[:, None]
    u, v = (x - np.float32(ORIGIN[0])) / 1300, (y - np.float32(ORIGIN[1])) / 1300
    hills = 14 + 9 * np.sin(u * 1.7 + 0.6) * np.cos(v * 1.3) + 5 * np.sin(v * 2.3 - u)
    line = _river_line(grid)
    middle = np.interp(x[0], line[:, 0], line[:, 1]).astype(np.float32)[None, :]
    away = np.abs(y - middle)
    bank = np.clip((away - RIVER) / 420.0, 0.0, 1.0)
    heights = np.where(away < RIVER, -3.0, 1.5 + bank * hills)
    return Terrain(
        np.round(heights, 2).astype(np.float32), (cell, 0.0, float(west), 0.0, -cell, float(north)), "test-city"
    )


def _river_line(grid: Grid) -> Floats:
    rows, columns = grid.shape
    j = np.arange(columns + 1)
    at = np.clip(grid.river + 0.8 * np.sin(j / 7.0), 0, rows - 1e-6)
    i = at.astype(int)
    part = (at - i)[:, None]
    line = grid.corners[i, j] * (1 - part) + grid.corners[i + 1, j] * part
    ends = [line[0] - [400.0, 0.0], *line, line[-1] + [400.0, 0.0]]
    return np.array(ends)


def _river(grid: Grid) -> shapely.Polygon:
    """Return the water between the banks, measured upright like the terrain."""
    line = _river_line(grid)
    return shapely.Polygon(np.vstack([line + np.array([0.0, RIVER]), (line - np.array([0.0, RIVER]))[::-1]]))


def _houses(grid: Grid, n: int) -> tuple[gpd.GeoDataFrame, Grid]:
    """Fill the blocks row by row until there are n buildings; rows left empty are cut off the grid."""
    rows, columns = grid.shape
    bank = _river(grid).buffer(14.0)
    shapely.prepare(bank)
    records: list[dict[str, object]] = []
    outlines: list[Floats] = []
    used = 0
    for i in range(rows):
        for j in range(columns):
            if len(records) >= n:
                break
            _fill_block(grid, i, j, bank, records, outlines)
            used = i + 1
    if len(records) < n:
        raise ValueError(f"the grid holds {len(records)} buildings, {n} were wanted")
    counts = np.array([len(o) for o in outlines[:n]])
    rings = shapely.linearrings(np.vstack(outlines[:n]), indices=np.repeat(np.arange(n), counts))
    frame = gpd.GeoDataFrame(pd.DataFrame(records[:n]), geometry=shapely.polygons(rings), crs=CRS)
    frame["base"] = 0.0
    frame["height_source"] = "levels"
    frame["residents"] = np.round(frame["dwellings"] * 1.85)
    frame["id"] = [f"b{k:06d}" for k in range(n)]
    used = min(rows, max(used, math.ceil(grid.river) + 2))
    return frame, Grid(grid.corners[: used + 1], grid.river, grid.seed)


def _fill_block(
    grid: Grid, i: int, j: int, bank: shapely.Polygon, records: list[dict[str, object]], outlines: list[Floats]
) -> None:
    corners = grid.corners[[i, i, i + 1, i + 1], [j, j + 1, j + 1, j]]
    block = shapely.Polygon(corners).buffer(-8.5, join_style="mitre")
    if i % EVERY == 0 or j % EVERY == 0:
        block = block.intersection(shapely.Polygon(corners + (corners.mean(0) - corners) * 0.09))
    if block.geom_type != "Polygon" or block.area < 900 or bank.intersects(block):
        return
    rng = dice("block", grid.seed, i, j)
    district = dice("style", grid.seed, i // 5, j // 5)
    style = _STYLES[int(district.integers(len(_STYLES)))]
    floors = 3 + int(district.integers(0, 5))
    quarter = Quarter("", (0.0, 0.0), style, (floors, floors + 2), float(district.uniform(0.2, 0.8)), 1.0)
    _, built, _ = blocks.fill(block, style, rng, with_yards=False)
    base = int(rng.integers(floors, floors + 3))
    for number, house in enumerate(built):
        area = _area(house.outline)
        if area < buildings.LEAST:
            continue
        busy = i % EVERY == 0 or j % EVERY == 0
        record = buildings.attributes(area, house.body, quarter, base, busy, rng)
        record["address"] = f"Gata {i}:{j} {number + 1}"
        records.append(record)
        outlines.append(house.outline)


def _area(p: Floats) -> float:
    x, y = (p - p[0]).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _roads(grid: Grid, terrain: Terrain) -> gpd.GeoDataFrame:
    rows, columns = grid.shape
    number = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    i, j = np.meshgrid(np.arange(rows + 1), np.arange(columns + 1), indexing="ij")
    across = (number[:, :-1].ravel(), number[:, 1:].ravel(), i[:, :-1].ravel(), np.zeros(i[:, :-1].size, bool))
    along = (number[:-1].ravel(), number[1:].ravel(), j[:-1].ravel(), np.ones(j[:-1].size, bool))
    a, b, street, north = (np.concatenate([p, q]) for p, q in zip(across, along, strict=True))
    flat = grid.corners.reshape(-1, 2)
    lines = shapely.linestrings(np.stack([flat[a], flat[b]], axis=1))
    over = shapely.intersects(lines, _river(grid))
    main = street % EVERY == 0
    keep = ~over | (north & main)
    a, b, street, north, over, main, lines = (v[keep] for v in (a, b, street, north, over, main, lines))
    z = terrain.sample(flat[:, 0], flat[:, 1])
    length = shapely.length(lines)
    rise = np.where(over, 0.0, (z[b] - z[a]) / length * 100)
    k = np.arange(len(a))
    two = {
        "id": np.concatenate([np.char.add(np.char.mod("r%06d", k), side) for side in ("a", "b")]),
        "name": np.tile(np.where(north, np.char.mod("Avenyn %d", street), np.char.mod("Gatan %d", street)), 2),
        "kind": np.tile(np.where(main, "secondary", "residential"), 2),
        "from_node": np.char.mod("n%06d", np.concatenate([a, b])),
        "to_node": np.char.mod("n%06d", np.concatenate([b, a])),
        "lanes": np.tile(np.where(main, 2.0, 1.0), 2),
        "speed": np.tile(np.where(main, 50.0, 30.0), 2),
        "capacity": np.tile(np.where(main, 1600.0, 450.0), 2),
        "surface": "asphalt",
        "gradient": np.round(np.concatenate([rise, -rise]), 2),
        "length": np.round(np.tile(length, 2), 2),
        "level": np.tile(over.astype(float), 2),
        "bridge": np.tile(over, 2),
    }
    return gpd.GeoDataFrame(two, geometry=np.concatenate([lines, shapely.reverse(lines)]), crs=CRS)


def _paths(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    one = links.iloc[: len(links) // 2]
    kept = one[["name", "from_node", "to_node", "length", "bridge", "geometry"]].copy()
    kept["kind"] = "footway"
    kept["id"] = np.char.mod("w%06d", np.arange(len(kept)))
    return kept


def _zones(grid: Grid) -> gpd.GeoDataFrame:
    rows, columns = grid.shape
    shapes, codes = [], []
    for i in range(0, rows, 5):
        for j in range(0, columns, 5):
            p, q = min(i + 5, rows), min(j + 5, columns)
            c = grid.corners
            shapes.append(
                shapely.Polygon(np.vstack([c[i, j:q], c[i:p, q], c[p, j + 1 : q + 1][::-1], c[i + 1 : p + 1, j][::-1]]))
            )
            codes.append(f"{i // 5:03d}{j // 5:03d}")
    frame = gpd.GeoDataFrame({"kind": "basområde", "code": codes, "name": codes}, geometry=shapes, crs=CRS)
    frame["id"] = [f"z{code}" for code in codes]
    return frame


def _population(zones: gpd.GeoDataFrame, houses: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """Return groups by zone: wealth falls and rises in waves over the city, with chance on top."""
    at = people.zone_of(zones, houses)
    n = len(zones)
    total = np.bincount(at, houses["residents"], n)
    homes = np.maximum(np.bincount(at, houses["dwellings"], n), 1.0)
    small = np.bincount(at, houses["dwellings_small"], n) / homes
    tenure = np.array([np.bincount(at, houses["residents"] * (houses["tenure"] == t), n) for t in people.TENURE])
    middle = shapely.get_coordinates(shapely.centroid(zones.geometry.to_numpy())) - ORIGIN
    wave = 0.5 + 0.3 * np.sin(middle[:, 0] / 1700.0 + seed) * np.cos(middle[:, 1] / 1300.0)
    rows = []
    for k, zone in enumerate(zones["id"]):
        rng = dice("people", seed, zone)
        wealth = float(np.clip(wave[k] + rng.normal(0, 0.12), 0.03, 0.97))
        rent = float(tenure[0, k] / max(total[k], 1.0))
        rows += people.grouped(zone, int(total[k]), wealth, rent, float(small[k]), tenure[:, k].tolist(), rng)
    return people.table(rows)


def _cover(grid: Grid) -> gpd.GeoDataFrame:
    row = {"id": ["c0"], "kind": ["water"], "name": ["Ån"], "ground_factor": [0.0]}
    return gpd.GeoDataFrame(row, geometry=[_river(grid)], crs=CRS)
