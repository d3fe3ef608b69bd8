"""The demo district as a City and a week of history, from its tables; the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from demo_city import (
    blocks,
    buildings,
    history,
    land,
    people,
    places,
    rules,
    singles,
    streets,
    terrain,
    walk,
    zones,
)
from demo_city.demand import demand
from demo_city.fleet import fleet
from demo_city.lattice import test_city
from demo_city.sources import sources
from demo_city.table import District
from twin.city.city import City

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Demo", "build", "demo", "test_city"]


@dataclass(frozen=True)
class Demo:
    """All that the demo project holds: the City, the streams of its masts and their observations."""

    city: City
    streams: pd.DataFrame
    observations: pd.DataFrame


def demo() -> City:
    """Return the demo district: synthetic, not for decisions."""
    return build(with_history=False).city


def build(with_history: bool = True) -> Demo:
    """Make the district and, unless told not to, its week of measurements."""
    district = District()
    crs = district.raw["crs"]
    ground = land.shores(district)
    net = streets.lay(district)
    heights = terrain.ground(district, ground, net)
    alone = singles.singles(district)
    found = blocks.faces(district, net, ground)
    built = blocks.build(district, ground, net, _closed(district, alone), found)
    spots, houses = places.places(district, buildings.table(district, net, built, alone, heights))
    areas = zones.zones(district, found, houses)
    links = streets.roads(net, heights, crs)
    trips, links, flows = demand(district, areas, houses, links)
    tables: dict[str, pd.DataFrame] = {
        "buildings": houses,
        "roads": links,
        "junctions": streets.junctions(net, links),
        "paths": walk.paths(district, net),
        "zones": areas,
        "population": people.population(district, areas, houses),
        "places": spots,
        "barriers": places.barriers(district),
        "cover": land.cover(district, ground, net, built),
        "trees": places.trees(district, ground, net, built, houses),
        "rules": rules.rules(district, net),
        "demand": trips,
        "fleet": fleet(),
    }
    for name, table in tables.items():
        table["source_id"] = f"demo-{name}"
    city = City(district.raw["name"], crs, district.raw["height_system"], synthetic=True, terrain=heights)
    city = city.replaced(**tables, sources=sources())
    if not with_history:
        return Demo(city, history.streams([]), history.week(district, []))
    masts = history.masts(district, city, flows.all)
    return Demo(city, history.streams(masts), history.week(district, masts))


def _closed(district: District, alone: list[singles.Single]) -> shapely.Geometry:
    """Ground where no block may stand: parks and squares, walkways, the surroundings of single buildings."""
    return shapely.union_all(
        [
            *(outline for outline, _, _ in land.open_ground(district).values()),
            *(shapely.LineString(path.line).buffer(2.5) for path in district.paths),
            *(shape.buffer(9.0) for shape in singles.footprints(alone)),
        ]
    )
