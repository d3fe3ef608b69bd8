"""Land and water: rounded shores, quays along the city's edge, parks between the streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from demo_city.blocks import Blocks
    from demo_city.streets import Streets
    from demo_city.table import District

GROUND_FACTOR = {"water": 0.0, "quay": 0.0, "park": 0.8, "green": 1.0, "forest": 1.0, "square": 0.0, "paved": 0.0}
QUAY_WIDTH = 14.0


@dataclass(frozen=True)
class Land:
    """Shores of the district: all land as one geometry, its named parts, the box and the water in it."""

    parts: dict[str, shapely.Polygon]
    all: BaseGeometry
    box: shapely.Polygon
    water: BaseGeometry


def shores(district: District) -> Land:
    """Round the drawn shores and cut them to the district's box."""
    west, south, east, north = district.box
    box = shapely.box(west, south, east, north)
    parts = {}
    for name, text in district.raw["land"].items():
        p = district.points(text)
        # Push corners on the box outwards, so that rounding happens outside of it.
        p[:, 0] = np.where(p[:, 0] <= west, west - 100, np.where(p[:, 0] >= east, east + 100, p[:, 0]))
        p[:, 1] = np.where(p[:, 1] <= south, south - 100, np.where(p[:, 1] >= north, north + 100, p[:, 1]))
        drawn = shapely.Polygon(p)
        rounded = drawn.buffer(-18, quad_segs=6).buffer(36, quad_segs=6).buffer(-18, quad_segs=6)
        parts[name] = shapely.set_precision(rounded.simplify(0.6).intersection(box), 0.01)
    land = shapely.union_all(list(parts.values()))
    return Land(parts, land, box, shapely.set_precision(box.difference(land), 0.01))


def open_ground(district: District) -> dict[str, tuple[shapely.Polygon, str, float]]:
    """Parks, squares and green slopes as drawn: name → (outline, kind, trees per hectare)."""
    return {
        name: (shapely.Polygon(district.points(row["line"])).buffer(0), row["kind"], float(row["trees"]))
        for name, row in district.raw["open"].items()
    }


def quays(district: District, land: Land, streets: Streets) -> BaseGeometry:
    """Stone quays: a strip along the shore where a quay street or promenade follows it in the city's parts."""
    near = [
        shapely.LineString(way.line).buffer(46)
        for way in (*district.streets, *district.paths)
        if way.name in QUAY_STREETS
    ]
    strip = land.all.difference(land.water.buffer(0.1).buffer(0)).difference(land.all.buffer(-QUAY_WIDTH))
    inner = shapely.box(*land.box.bounds).buffer(-0.5)
    found = strip.intersection(shapely.union_all(near)).intersection(inner)
    roads = streets.corridor
    return _parts(found.difference(roads), 120.0)


QUAY_STREETS = {
    "Söder Mälarstrand",
    "Söder Mälarstrands kaj",
    "Stadsgårdsleden",
    "Stadsgårdskajen",
    "Hornstulls kaj",
    "Bergsunds kaj",
    "Sjövikskajen",
    "Norr Mälarstrands kaj",
    "Munkbrokajen",
    "Skeppsbron",
}


def cover(district: District, land: Land, streets: Streets, blocks: Blocks) -> gpd.GeoDataFrame:
    """Return the ground cover without overlaps: water, quays, squares, parks and green, courtyards."""
    rows: list[tuple[str, str, shapely.Polygon, float]] = []
    quay = quays(district, land, streets)
    taken: BaseGeometry = shapely.union_all([streets.corridor, *blocks.outlines])
    for part in shapely.get_parts(land.water):
        rows.append(("water", _water_name(part, district), part, 0.0))
    for part in shapely.get_parts(quay):
        rows.append(("quay", "", part, float(district.raw["quay_level"])))
    taken = shapely.union_all([taken, quay])
    opens = open_ground(district)
    for name in sorted(opens, key=lambda n: ("square", "park", "green", "forest").index(opens[n][1])):
        outline, kind, _ = opens[name]
        ground = _parts(outline.intersection(land.all).difference(taken), 60.0)
        taken = shapely.union_all([taken, outline])
        rows += [(kind, name, part, np.nan) for part in shapely.get_parts(ground)]
    rest = _parts(land.all.difference(taken).buffer(-1.5, join_style="mitre").buffer(1.4, join_style="mitre"), 150.0)
    rows += [("green", "", part, np.nan) for part in shapely.get_parts(rest)]
    for yard, planted in blocks.yards:
        ground = _parts(yard.difference(quay), 30.0)
        rows += [("green" if planted else "paved", "", part, np.nan) for part in shapely.get_parts(ground)]
    frame = gpd.GeoDataFrame(
        {
            "id": [f"c{i:03d}" for i in range(len(rows))],
            "kind": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "ground_factor": [GROUND_FACTOR[row[0]] for row in rows],
            "level": [row[3] for row in rows],
        },
        geometry=[shapely.orient_polygons(shapely.set_precision(row[2], 0.01)) for row in rows],
        crs=district.raw["crs"],
    )
    frame = frame.explode(index_parts=False).reset_index(drop=True)
    frame = frame[frame.geometry.geom_type == "Polygon"].reset_index(drop=True)
    frame["id"] = [f"c{i:03d}" for i in range(len(frame))]
    # Courtyards are wooded or paved half and half: their ground is between hard and soft.
    frame.loc[(frame["kind"] == "green") & (frame["name"] == ""), "ground_factor"] = 0.5
    return frame


def _water_name(part: shapely.Polygon, district: District) -> str:
    y = part.representative_point().y - district.origin[1]
    return "Riddarfjärden" if y > 1000 else "Årstaviken"


def _parts(shape: BaseGeometry, least: float) -> BaseGeometry:
    """Keep the polygons of at least this area [m²]."""
    pieces = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area >= least]
    return shapely.union_all(pieces) if pieces else shapely.Polygon()
