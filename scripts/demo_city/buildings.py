"""The table ``buildings``: heights, floors, use, homes, jobs, tenure and addresses of the houses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demo_city.dice import dice
from demo_city.singles import footprints

if TYPE_CHECKING:
    from demo_city.blocks import Blocks
    from demo_city.singles import Single
    from demo_city.streets import Streets
    from demo_city.table import District, Quarter
    from twin.city.city import Terrain

STOREY = {"old": 3.0, "stone": 3.3, "court": 3.0, "slab": 2.9, "point": 2.9}
"""Floor to floor [m] by style."""

JOB_AREA = {
    "office": 24.0,
    "retail": 45.0,
    "hotel": 90.0,
    "school": 110.0,
    "culture": 100.0,
    "sport": 220.0,
    "church": 300.0,
}
"""Floor area per job [m²] by use."""

LEAST = 60.0
"""Houses smaller than this [m²] are left out."""


def table(
    district: District, streets: Streets, blocks: Blocks, alone: list[Single], terrain: Terrain
) -> gpd.GeoDataFrame:
    """Return the buildings with all attributes but residents, which follow the homes."""
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Polygon] = []
    fronts: list[tuple[float, float]] = []
    main = _main_streets(streets)
    for number, house in blocks.houses:
        shape = shapely.Polygon(house.outline)
        if shape.area < LEAST:
            continue
        quarter = blocks.quarters[number]
        rng = dice("house", district.seed, *np.round(house.front, 1))
        base = int(dice("floors", district.seed, number).integers(quarter.floors[0], quarter.floors[1] + 1))
        busy = main.distance(shapely.Point(house.front)) < 3.0
        rows.append(attributes(shape.area, house.body, quarter, base, busy, rng))
        shapes.append(shape)
        fronts.append(house.front)
    for single, shape in zip(alone, footprints(alone), strict=True):
        rows.append(_single(single, shape.area))
        shapes.append(shape)
        fronts.append(tuple(shape.centroid.coords[0]))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows), geometry=[shapely.orient_polygons(s) for s in shapes], crs=district.raw["crs"]
    )
    frame["address"] = addresses(streets, np.array(fronts))
    frame["ground"] = lowest_ground(frame, terrain)
    frame["base"] = 0.0
    frame["height_source"] = "levels"
    frame["residents"] = _residents(frame, district)
    frame["id"] = [f"b{i:04d}" for i in range(len(frame))]
    frame["year"] = _years(frame, district)
    return frame


_BUILT = {"old": (1640, 1850), "stone": (1876, 1931), "slab": (1946, 1969), "point": (1950, 1972)}
"""First and last year in which houses of a style were built; others (1970, 2024)."""


def _years(frame: gpd.GeoDataFrame, district: District) -> list[float]:
    """Choose the year each house was built by the style of its quarter; unknown for one in thirty, and for singles."""
    styles = {quarter.name: quarter.style for quarter in district.quarters}
    years = []
    for id, quarter in zip(frame["id"], frame["quarter"], strict=True):
        rng = dice("year", district.seed, id)
        first, last = _BUILT.get(styles.get(quarter, ""), (1970, 2024))
        known = bool(quarter) and rng.random() > 1 / 30
        years.append(float(rng.integers(first, last + 1)) if known else np.nan)
    return years


def _main_streets(streets: Streets) -> shapely.geometry.base.BaseGeometry:
    """Façade lines of the busy streets."""
    return shapely.union_all(
        [
            shapely.LineString(piece.coords).buffer(streets.ways[piece.way].width / 2)
            for piece in streets.on_ground()
            if streets.ways[piece.way].kind in ("primary", "secondary")
        ]
    )


def attributes(
    area: float, body: str, quarter: Quarter, base: int, busy: bool, rng: np.random.Generator
) -> dict[str, object]:
    """Choose floors, height, use, homes, jobs and tenure of one house.

    Parameters
    ----------
    area : float [m²]
        Area of the footprint.
    body : str
        ``front``, ``yard``, ``slab`` or ``point``.
    quarter : Quarter
        Gives style, floors, tenure and income.
    base : int
        Floors usual in the block.
    busy : bool
        On a main street.
    rng : Generator
        The house's own chance.
    """
    style, low = quarter.style, quarter.floors[0]
    if body == "yard":
        floors = int(rng.integers(1, max(3, low - 1)))
    else:
        floors = max(low - 1, base + int(rng.choice([-1, 0, 0, 0, 0, 1])) + int(busy and style == "stone"))
    if body in ("slab", "point"):
        floors = base
    storey = STOREY.get(style, 3.0)
    roof = float(rng.uniform(0.8, 3.6)) if style in ("stone", "old") else float(rng.uniform(0.4, 1.2))
    use = _use(body, style, busy, rng)
    homes_share = {"residential": 0.97, "mixed": (floors - 1) / floors * 0.96 if floors > 1 else 0.3}.get(use, 0.0)
    gross = area * floors
    size = 58.0 + 20.0 * quarter.income + float(rng.uniform(-9, 9))
    dwellings = round(gross * 0.76 * homes_share / size)
    small = round(dwellings * min(0.6, max(0.0, float(rng.normal(0.24, 0.10)))))
    other = gross * (1.0 - homes_share)
    chance = rng.random()
    rental = quarter.rental
    tenure = "" if dwellings == 0 else "rental" if chance < rental else "tenant_owned" if chance < 0.97 else "owned"
    return {
        "name": "",
        "use": use,
        "height": round(floors * storey + 0.7 + roof * min(1.0, floors / 3), 1),
        "floors": floors,
        "dwellings": dwellings,
        "dwellings_small": small,
        "jobs": round(other * 0.8 / JOB_AREA.get(use, 40.0)) if use != "residential" else int(rng.random() < 0.2),
        "tenure": tenure,
        "quarter": quarter.name,
    }


def _use(body: str, style: str, busy: bool, rng: np.random.Generator) -> str:
    chance = rng.random()
    if body == "yard":
        return "residential" if chance < 0.55 else "office" if chance < 0.8 else "shed"
    if busy:
        return "mixed" if chance < 0.58 else "office" if chance < 0.74 else "hotel" if chance < 0.76 else "residential"
    if style in ("slab", "point"):
        return "residential"
    return "residential" if chance < 0.82 else "mixed" if chance < 0.93 else "office"


def _single(single: Single, area: float) -> dict[str, object]:
    gross = area * single.floors
    dwellings = round(gross * 0.76 / 76.0) if single.use == "residential" else 0
    return {
        "name": single.name,
        "use": single.use,
        "height": round(single.height, 1),
        "floors": single.floors,
        "dwellings": dwellings,
        "dwellings_small": round(dwellings * 0.2),
        "jobs": round(gross * 0.8 / JOB_AREA[single.use])
        if single.use in JOB_AREA and "torn" not in single.name
        else 0,
        "tenure": "rental" if dwellings else "",
        "quarter": "",
    }


def lowest_ground(frame: gpd.GeoDataFrame, terrain: Terrain) -> np.ndarray:
    """Lowest ground at a footprint's corners, so that no house floats on a slope."""
    coords, owner = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    z = terrain.sample(coords[:, 0], coords[:, 1])
    low = np.full(len(frame), np.inf)
    np.minimum.at(low, owner, z)
    return np.round(low, 2)


def _residents(frame: gpd.GeoDataFrame, district: District) -> np.ndarray:
    """Persons per building: about 1.9 in an ordinary home, 1.2 in one up to 35 m²."""
    people = []
    for index, (homes, small) in enumerate(zip(frame["dwellings"], frame["dwellings_small"], strict=True)):
        rng = dice("people", district.seed, index)
        people.append(round((homes - small) * float(rng.uniform(1.75, 2.1)) + small * 1.2))
    return np.array(people)


def addresses(streets: Streets, fronts: np.ndarray) -> list[str]:
    """Return house numbers, counted along the street nearest to their façade, even numbers on the right-hand side."""
    pieces = streets.on_ground()
    lines = [shapely.LineString(p.coords) for p in pieces]
    halves = np.array([streets.ways[p.way].width / 2 for p in pieces])
    spots = shapely.points(fronts)
    # Distance to the façade line, not to the street's middle, tells which street a house belongs to.
    near = shapely.STRtree(lines).query(spots, predicate="dwithin", distance=120.0)
    gap = shapely.distance(spots[near[0]], np.array(lines)[near[1]]) - halves[near[1]]
    order = np.lexsort((near[1], np.round(gap, 3), near[0]))
    house, first = np.unique(near[0][order], return_index=True)
    chosen = dict(zip(house.tolist(), near[1][order][first].tolist(), strict=True))
    keys: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    for i, k in chosen.items():
        piece, line = pieces[k], lines[k]
        s = line.project(spots[i])
        p, q = line.interpolate(max(s - 1, 0)), line.interpolate(min(s + 1, line.length))
        side = (q.x - p.x) * (fronts[i][1] - p.y) - (q.y - p.y) * (fronts[i][0] - p.x) < 0
        keys.setdefault((streets.ways[piece.way].name, int(side)), []).append((float(k), s, i))
    text = [""] * len(fronts)
    for (name, right), members in keys.items():
        for count, (_, _, i) in enumerate(sorted(members)):
            text[i] = f"{name} {2 * count + (2 if right else 1)}"
    return text
