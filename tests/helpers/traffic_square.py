"""A city of four streets round a square, small enough to know what its traffic must do."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import City
from twin.models.traffic.model import TRAFFIC
from twin.models.traffic.names import ADT
from twin.scenario.others import AddRule

CRS = "EPSG:3011"


def square(counts=False):
    """A square of four streets, a stub at each corner; two ways from A to C, the one by B the faster."""
    spots = {"A": (0, 0), "B": (500, 0), "C": (500, 500), "D": (0, 500)}
    rows = []
    for a, b in ("AB", "BC", "AD", "DC"):
        for one, two, way in ((a, b, "f"), (b, a, "b")):
            line = shapely.LineString([spots[one], spots[two]])
            rows.append(
                {
                    "id": f"{a}{b}{way}", "kind": "primary", "from_node": one, "to_node": two, "lanes": 1.0,
                    "speed": 50.0 if "B" in a + b else 40.0, "capacity": 1000.0, "length": 500.0, "geometry": line,
                }
            )  # fmt: skip
    roads = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    if counts:
        roads["aadt"] = [5000.0, np.nan, np.nan, np.nan, 3000.0, np.nan, np.nan, np.nan]
    zones = gpd.GeoDataFrame(
        {"id": ["a", "c"], "kind": "z"}, geometry=[shapely.box(-50, -50, 50, 50), shapely.box(450, 450, 550, 550)],
        crs=CRS,
    )  # fmt: skip
    demand = pd.DataFrame(
        {"period": "midday", "vehicle_class": "car", "origin": ["a", "c"], "destination": ["c", "a"], "trips": 1800.0}
    )
    return City("square", CRS).replaced(roads=roads, zones=zones, demand=demand)


def flow_of(city, edit=None, **values):
    base = dataclasses.replace(city, present=city)
    now = base if edit is None else edit.apply(base)
    result = TRAFFIC.run(now, {"fit": False, **values}, {})
    field = result.field(ADT)
    return dict(zip(field.ids, field.values.astype(float), strict=True)), result


def zone_over(link, city, **values):
    box = city.roads.geometry[city.roads["id"] == link].iloc[0].buffer(20)
    ring = tuple((float(x), float(y)) for x, y in shapely.get_coordinates(box)[:-1])
    return AddRule(area=ring, status="in_force", **values)
