"""The demo district as a City, from its tables; the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from demo_city import blocks, buildings, land, places, singles, streets, terrain
from demo_city.lattice import test_city
from demo_city.table import District
from twin.city.city import City

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["demo", "test_city"]


def demo() -> City:
    """Return the demo district: synthetic, not for decisions."""
    district = District()
    crs = district.raw["crs"]
    ground = land.shores(district)
    net = streets.lay(district)
    heights = terrain.ground(district, ground, net)
    alone = singles.singles(district)
    closed = shapely.union_all(
        [
            *(outline for outline, _, _ in land.open_ground(district).values()),
            *(shapely.LineString(path.line).buffer(2.5) for path in district.paths),
            *(shape.buffer(9.0) for shape in singles.footprints(alone)),
        ]
    )
    built = blocks.build(district, ground, net, closed, blocks.faces(net, ground))
    houses = buildings.table(district, net, built, alone, heights)
    spots, houses = places.places(district, houses)
    links = streets.roads(net, heights, crs)
    tables: dict[str, pd.DataFrame | gpd.GeoDataFrame] = {
        "buildings": houses,
        "roads": links,
        "junctions": streets.junctions(net, links),
        "places": spots,
        "barriers": places.barriers(district),
        "cover": land.cover(district, ground, net, built),
        "trees": places.trees(district, ground, net, built, houses),
    }
    for name, table in tables.items():
        table["source_id"] = f"demo-{name}"
    return City(district.raw["name"], crs, district.raw["height_system"], synthetic=True, terrain=heights).replaced(
        **tables
    )
