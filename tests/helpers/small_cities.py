"""Small random cities for the tests of edits, models and the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import City, Terrain

if TYPE_CHECKING:
    from numpy.random import Generator

CRS = "EPSG:3011"
USES = np.array(["residential", "office", "mixed"])
PLACES = np.array(["school", "stop", "station", "park", "library"])


def _frame(data: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(data, geometry=list(geometry), crs=CRS)


def walk_grid(rng: Generator, columns: int, rows: int, step: float, drop: float = 0.15) -> gpd.GeoDataFrame:
    """Return a walk network on a bent grid with some links left out, a few of them steps."""
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    at = np.stack([x.ravel(), y.ravel()], axis=1) + rng.uniform(-0.2 * step, 0.2 * step, (columns * rows, 2))
    number = np.arange(columns * rows).reshape(rows, columns)
    pairs = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1),
            np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) >= drop]
    lines = shapely.linestrings(at[pairs])
    n = len(pairs)
    data = {
        "id": [f"w{i}" for i in range(n)],
        "source_id": "test",
        "kind": "footway",
        "from_node": [f"n{i}" for i in pairs[:, 0]],
        "to_node": [f"n{i}" for i in pairs[:, 1]],
        "length": shapely.length(lines),
        "steps": rng.random(n) < 0.05,
    }
    return _frame(data, lines)


def small_city(seed: int = 0, columns: int = 8, rows: int = 7, step: float = 120.0, houses: int = 40) -> City:
    """Return a City with everything an edit can act on."""
    rng = np.random.default_rng(seed)
    width, height = columns * step, rows * step
    corner = rng.uniform((0, 0), (width, height), (houses, 2))
    size = rng.uniform(8, 30, (houses, 2))
    buildings = _frame(
        {
            "id": [f"b{i}" for i in range(houses)],
            "source_id": "test",
            "use": rng.choice(USES, houses),
            "ground": 2.0,
            "height": rng.uniform(6, 25, houses),
            "dwellings": rng.integers(0, 40, houses).astype(float),
            "residents": rng.integers(0, 90, houses).astype(float),
            "jobs": rng.integers(0, 60, houses).astype(float),
        },
        shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + size[:, 0], corner[:, 1] + size[:, 1]),
    )
    n = 12
    places = _frame(
        {"id": [f"p{i}" for i in range(n)], "source_id": "test", "kind": rng.choice(PLACES, n)},
        shapely.points(rng.uniform((0, 0), (width, height), (n, 2))),
    )
    roads = _frame(
        {
            "id": ["r0a", "r0b", "r1"], "source_id": "test", "from_node": ["j0", "j1", "j1"],
            "to_node": ["j1", "j0", "j2"], "oneway": True, "lanes": 1.0, "speed": 50.0, "capacity": 800.0,
            "length": [width / 2, width / 2, width / 2], "allowed": ["", "", "car,bus"], "aadt": 1000.0,
        },
        [
            shapely.LineString([(0, 5), (width / 2, 5)]),
            shapely.LineString([(width / 2, 5), (0, 5)]),
            shapely.LineString([(width / 2, 5), (width, 5)]),
        ],
    )  # fmt: skip
    zones = _frame(
        {"id": ["z0", "z1"], "source_id": "test", "kind": "deso", "code": ["z0", "z1"]},
        [shapely.box(0, 0, width / 2, height), shapely.box(width / 2, 0, width + 60, height + 60)],
    )
    population = pd.DataFrame(
        [
            {"id": f"{zone}|{group}", "source_id": "test", "zone": zone, "dimension": "origin", "group": group,
             "persons": persons}
            for zone, group, persons in (("z0", "a", 301), ("z0", "b", 122), ("z1", "a", 77), ("z1", "b", 500))
        ]
    )  # fmt: skip
    cover = _frame(
        {"id": ["c0", "c1", "c2"], "source_id": "test", "kind": ["park", "water", "forest"]},
        [
            shapely.box(width * 0.4, height * 0.4, width * 0.6, height * 0.6),
            shapely.box(0, height * 0.45, width * 0.3, height * 0.55),
            shapely.box(width * 0.9, 0, width, height * 0.2),
        ],
    )
    rules = _frame(
        {"id": ["g0"], "source_id": "test", "kind": "environmental_zone", "rule_class": "2", "status": "in_force"},
        [shapely.box(0, 0, width / 3, height / 3)],
    )
    barriers = _frame(
        {"id": ["s0"], "source_id": "test", "kind": "noise_screen", "height": 2.5},
        [shapely.LineString([(10, 10), (60, 12)])],
    )
    demand = pd.DataFrame(
        {"id": ["d0", "d1"], "source_id": "test", "period": ["morning", "evening"], "vehicle_class": "car",
         "origin": "z0", "destination": "z1", "trips": [100.0, 80.0]}
    )  # fmt: skip
    empty = City("small", CRS, "RH 2000", synthetic=True)
    grid = np.add.outer(np.linspace(8, 3, 12), np.linspace(0, 4, 12)).astype(np.float32)
    terrain = Terrain(grid, (width / 10, 0.0, -20.0, 0.0, -height / 10, height + 20.0), "test")
    return empty.replaced(
        buildings=buildings, places=places, roads=roads, zones=zones, population=population, cover=cover,
        paths=walk_grid(rng, columns, rows, step), rules=rules, barriers=barriers, demand=demand,
        sources=pd.DataFrame({"id": ["test"], "title": ["Test"]}), terrain=terrain,
    )  # fmt: skip


def two_streets() -> City:
    """Return a city with a street of two directions (w1-0f, w1-0b) and a one-way street (w2-0f) that leaves it."""
    east, west = shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (0, 0)])
    north = shapely.LineString([(100, 0), (100, 100)])
    roads = gpd.GeoDataFrame(
        {"id": ["w1-0f", "w1-0b", "w2-0f"], "name": ["Storgatan", "Storgatan", "Lillgatan"],
         "from_node": ["a", "b", "b"], "to_node": ["b", "a", "c"], "allowed": "car"},
        geometry=[east, west, north], crs="EPSG:3011",
    )  # fmt: skip
    return City("t", "EPSG:3011").replaced(roads=roads)
