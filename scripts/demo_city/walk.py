"""The walk network: along the streets, through parks, over bridges, up and down the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from demo_city import lines
from demo_city.table import Way

if TYPE_CHECKING:
    from demo_city.streets import Streets
    from demo_city.table import District


def paths(district: District, streets: Streets) -> gpd.GeoDataFrame:
    """Return the table ``paths``: one row per stretch, walked in both directions.

    A street is walked along its middle (and keeps its kind); nodes it shares with the road network keep that
    node's name, others are called ``w…``. Nobody walks in the tunnel or on the motorway bridges.
    """
    walked = [
        Way(streets.ways[i].name, streets.ways[i].kind, coords, streets.ways[i].level)
        for i, coords in streets.runs()
        if streets.ways[i].kind != "trunk" and streets.ways[i].level >= 0
    ]
    ways = (*walked, *district.paths)
    net = lines.network(ways, fixed=streets.net.nodes)
    at_node = {tuple(p): f"n{i:03d}" for i, p in enumerate(streets.net.nodes.tolist())}
    names = [at_node.get(tuple(p), f"w{i:03d}") for i, p in enumerate(net.nodes.tolist())]
    rows, shapes = [], []
    for number, piece in enumerate(net.pieces):
        way = ways[piece.way]
        line = shapely.LineString(np.round(piece.coords, 2))
        rows.append(
            {
                "id": f"w{number:03d}",
                "name": way.name,
                "kind": way.kind,
                "from_node": names[piece.start],
                "to_node": names[piece.end],
                "length": round(line.length, 2),
                "steps": way.kind == "steps",
                "bridge": way.level > 0,
            }
        )
        shapes.append(line)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=district.raw["crs"])
