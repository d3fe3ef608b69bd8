"""A little test city of blocks with courtyards on a hill by the water, made in a few lines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import City, Terrain

X0, Y0 = 153_000.0, 6_579_000.0
CRS = "EPSG:3011"


def _block(x: float, y: float, kind: int, w: float, d: float) -> shapely.Polygon:
    outer = shapely.box(x, y, x + w, y + d)
    if kind == 0:
        return outer.difference(shapely.box(x + 12, y + 12, x + w - 12, y + d - 12))
    if kind == 1:
        return outer.difference(shapely.box(x + 14, y + 14, x + w, y + d))
    return outer


def little_city(columns: int = 6, rows: int = 5, terrain: bool = True) -> City:
    """Blocks of 60 × 44 m along a street grid; the northern edge is water with a quay and a bridge."""
    shapes, heights, floors = [], [], []
    for i in range(columns):
        for j in range(rows):
            storeys = 3 + (i * 7 + j * 5) % 5
            shapes.append(_block(X0 + i * 80 + 12, Y0 + j * 62 + 10, (i + j) % 3, 60, 44))
            heights.append(storeys * 3.2)
            floors.append(storeys)
    width, depth = columns * 80.0, rows * 62.0
    lines, names, kinds, bridge, tunnel = [], [], [], [], []

    def road(
        a: tuple[float, float], b: tuple[float, float], name: str, kind: str, over: bool = False, under: bool = False
    ) -> None:
        lines.append(shapely.LineString([(X0 + a[0], Y0 + a[1]), (X0 + b[0], Y0 + b[1])]))
        names.append(name), kinds.append(kind), bridge.append(over), tunnel.append(under)

    for j in range(rows + 1):
        for i in range(columns):
            major = j == 1
            road(
                (i * 80, j * 62),
                ((i + 1) * 80, j * 62),
                "Hornsgatan" if major else f"Åsögatan {j}",
                "secondary" if major else "residential",
            )
    for i in range(columns + 1):
        for j in range(rows):
            road((i * 80, j * 62), (i * 80, (j + 1) * 62), f"Ölandsgatan {i}", "residential")
    middle = columns // 2 * 80.0
    road((middle, depth), (middle, depth + 18), "Bron", "secondary")
    road((middle, depth + 18), (middle, depth + 225), "Bron", "secondary", over=True)
    road((middle, depth + 225), (middle, depth + 240), "Bron", "secondary")
    road((0, 62), (-120, 62), "Tunneln", "secondary", under=True)
    n = len(lines)
    water = shapely.box(X0 - 150, Y0 + depth + 30, X0 + width + 150, Y0 + depth + 210)
    quay = shapely.box(X0 - 20, Y0 + depth + 22, X0 + width + 20, Y0 + depth + 34)
    park = shapely.Point(X0 - 70, Y0 + 180).buffer(48)
    square = shapely.box(X0 + width + 10, Y0 + 70, X0 + width + 60, Y0 + 120)
    rng = np.random.default_rng(4)
    trees = shapely.points(X0 - 70 + rng.uniform(-34, 34, 40), Y0 + 180 + rng.uniform(-34, 34, 40))
    zone = shapely.box(X0 - 160, Y0 - 40, X0 + width / 2, Y0 + depth + 20)
    zone2 = shapely.box(X0 + width / 2, Y0 - 40, X0 + width + 100, Y0 + depth + 20)
    height = None
    if terrain:
        y, x = np.mgrid[0:120, 0:160]
        hill = 18 * np.exp(-(((x - 40) / 40.0) ** 2 + ((y - 85) / 30.0) ** 2))
        north = np.clip((y - 22) / 6.0, 0, 1) * 5.0 + np.clip((8 - y) / 3.0, 0, 1) * 4.0
        height = Terrain((hill + north).astype(np.float32), (5.0, 0.0, X0 - 160, 0.0, -5.0, Y0 + depth + 240), "s")
    city = City("Little", CRS, "RH 2000", True, terrain=height)
    return city.replaced(
        buildings=gpd.GeoDataFrame(
            {"id": [f"b{k}" for k in range(len(shapes))], "height": heights, "floors": floors, "source_id": "s"},
            geometry=shapes,
            crs=CRS,
        ),
        roads=gpd.GeoDataFrame(
            {"id": [f"r{k}" for k in range(n)], "name": names, "kind": kinds, "bridge": bridge, "tunnel": tunnel},
            geometry=lines,
            crs=CRS,
        ),
        paths=gpd.GeoDataFrame(
            {"id": ["p0", "p1"], "kind": ["footway", "steps"], "steps": [False, True]},
            geometry=[
                shapely.LineString([(X0 - 110, Y0 + 150), (X0 - 30, Y0 + 210)]),
                shapely.LineString([(X0 - 70, Y0 + 230), (X0 - 70, Y0 + 260)]),
            ],
            crs=CRS,
        ),
        zones=gpd.GeoDataFrame(
            {"id": ["z0", "z1"], "kind": "DeSO", "name": ["Mariatorget", "Högalid"]}, geometry=[zone, zone2], crs=CRS
        ),
        places=gpd.GeoDataFrame(
            {"id": ["s0", "t0"], "kind": ["school", "station"], "name": ["Maria skola", "Mariatorget T"]},
            geometry=[shapely.Point(X0 + 20, Y0 + 5), shapely.Point(X0 + width + 35, Y0 + 95)],
            crs=CRS,
        ),
        cover=gpd.GeoDataFrame(
            {
                "id": ["w", "q", "g", "sq"],
                "kind": ["water", "quay", "park", "square"],
                "name": ["Riddarfjärden", "", "Skinnarviksparken", "Adolf Fredriks torg"],
                "level": [0.0, 2.0, np.nan, np.nan],
            },
            geometry=[water, quay, park, square],
            crs=CRS,
        ),
        trees=gpd.GeoDataFrame({"id": [f"t{k}" for k in range(len(trees))]}, geometry=trees, crs=CRS),
        barriers=gpd.GeoDataFrame(
            {"id": ["bar"], "height": [3.0]},
            geometry=[shapely.LineString([(X0 + 10, Y0 - 12), (X0 + 200, Y0 - 12)])],
            crs=CRS,
        ),
        sources=pd.DataFrame({"id": ["s"], "title": ["Little"]}),
    )
