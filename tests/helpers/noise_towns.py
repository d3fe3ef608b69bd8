"""Small towns for the tests of noise: houses by a street."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from shapely.geometry import LineString, box
from small_cities import CRS

from twin.city.city import City
from twin.city.schema import conform


def frame(rows: list[dict[str, Any]], shapes: list[Any]) -> gpd.GeoDataFrame:
    keys = {key for row in rows for key in row}
    return gpd.GeoDataFrame({key: [row.get(key) for row in rows] for key in keys}, geometry=shapes, crs=CRS)


def town(
    houses: list[tuple[Any, dict[str, Any]]], roads: list[tuple[Any, dict[str, Any]]], **tables: Any
) -> City:  # fmt: skip
    """Return a City of houses (shape, columns) and roads (line, columns)."""
    base = {"height": 10.0, "ground": 0.0, "floors": 3.0, "residents": 10.0, "dwellings": 5.0}
    street = {"aadt": 8000.0, "speed": 50.0, "kind": "primary"}
    buildings = frame([{"id": f"b{n}", **base, **more} for n, (_, more) in enumerate(houses)], [s for s, _ in houses])
    links = frame([{"id": f"r{n}", **street, **more} for n, (_, more) in enumerate(roads)], [s for s, _ in roads])
    return City("town", CRS, **tables).replaced(
        buildings=conform("buildings", buildings, CRS), roads=conform("roads", links, CRS)
    )


STREET = LineString([(-200, 0), (0, 0), (200, 4)])
HOUSES = [(box(-30, 12, -5, 24), {}), (box(5, 30, 20, 60), {}), (box(-40, -30, 30, -12), {"height": 18.0})]
