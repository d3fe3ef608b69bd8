"""Blocks between the streets, and the houses in them by the style of their quarter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from demo_city import houses
from demo_city.dice import dice

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from demo_city.houses import House
    from demo_city.land import Land
    from demo_city.streets import Streets
    from demo_city.table import District, Quarter

STYLES = {
    # depth of the houses, least and greatest façade, share left open
    "stone": ((11.0, 13.0), (19.0, 32.0), 0.03),
    "old": ((8.5, 10.0), (11.0, 18.0), 0.04),
    "court": ((11.5, 13.0), (24.0, 38.0), 0.16),
}


@dataclass(frozen=True)
class Blocks:
    """What stands between the streets: outlines of blocks, their yards, houses with their block's number."""

    outlines: tuple[shapely.Polygon, ...]
    quarters: tuple[Quarter, ...]
    houses: tuple[tuple[int, House], ...]
    yards: tuple[tuple[shapely.Polygon, bool], ...]


def faces(district: District, streets: Streets, land: Land) -> list[shapely.Polygon]:
    """Return the pieces of land between street centre lines and shores, in a fixed order."""
    drawn = [shapely.LineString(p.coords) for p in streets.on_ground()]
    drawn += [shapely.LineString(district.points(text)) for text in district.raw["divides"]]
    edges = shapely.union_all([*drawn, *(shapely.boundary(p) for p in land.parts.values()), land.box.exterior])
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inside = [f for f in found if land.all.buffer(0.5).contains(f.representative_point())]
    return sorted(inside, key=lambda f: tuple(np.round(f.representative_point().coords[0], 1)))


def nearest_quarter(district: District, x: float, y: float) -> Quarter:
    """Return the quarter whose label is nearest."""
    return min(district.quarters, key=lambda q: (q.at[0] - x) ** 2 + (q.at[1] - y) ** 2)


def build(
    district: District, land: Land, streets: Streets, closed: BaseGeometry, found: list[shapely.Polygon]
) -> Blocks:
    """Fill the faces with houses; ``closed`` is ground that must stay free (parks, paths, single buildings)."""
    keep_free = shapely.union_all([streets.corridor, streets.bridges, closed])
    usable = land.all.difference(land.water.buffer(17.0)).intersection(land.box.buffer(-5.0))
    outlines: list[shapely.Polygon] = []
    quarters: list[Quarter] = []
    standing: list[tuple[int, House]] = []
    yards: list[tuple[shapely.Polygon, bool]] = []
    for face in found:
        free = face.intersection(usable).difference(keep_free)
        opened = free.buffer(-8.5, join_style="mitre").buffer(8.5, join_style="mitre", mitre_limit=2.5)
        for block in shapely.get_parts(opened.intersection(free)):
            if block.geom_type != "Polygon" or block.area < 600:
                continue
            block = shapely.Polygon(block.exterior)
            quarter = nearest_quarter(district, *block.centroid.coords[0])
            rng = dice("block", district.seed, *np.round(block.centroid.coords[0], 0))
            outline, built, yard = fill(block, quarter.style, rng)
            if not built:
                continue
            number = len(outlines)
            outlines.append(outline)
            quarters.append(quarter)
            standing += [(number, house) for house in built]
            yards += [(part, bool(rng.random() < 0.8)) for part in yard]
    return Blocks(tuple(outlines), tuple(quarters), tuple(standing), tuple(yards))


def fill(
    block: shapely.Polygon, style: str, rng: np.random.Generator, with_yards: bool = True
) -> tuple[shapely.Polygon, list[House], list[shapely.Polygon]]:
    """Build one block in a style: its outline, its houses, its yards (empty lists when nothing fits)."""
    if style == "none":
        return block, [], []
    corners = houses.tidy(block)
    if corners is not None and style in STYLES:
        depths, frontage, gap = STYLES[style]
        depth = float(rng.uniform(*depths))
        for scale in (1.0, 0.85, 0.72):
            ring = houses.ring(corners, round(depth * scale, 2))
            built = houses.perimeter(ring, round(depth * scale, 2), frontage, rng, gap) if ring else []
            if ring and built:
                outline = shapely.Polygon(corners)
                return outline, built, _left(ring.yard, built) if with_yards else []
    long, short = houses.sides(block)
    if style in STYLES and block.area / long < 30.0 and short < 55.0:
        built = houses.rows(block, STYLES[style][1], rng)
    else:
        built = houses.points(block, rng) if style == "point" else houses.slabs(block, rng)
    if not built and style == "slab":
        built = houses.points(block, rng)
    return block, built, _left(block, built) if built and with_yards else []


def _left(yard: shapely.Polygon, built: list[House]) -> list[shapely.Polygon]:
    bodies = shapely.union_all([shapely.Polygon(h.outline) for h in built]).buffer(1.6, join_style="mitre")
    return [p for p in shapely.get_parts(yard.difference(bodies)) if p.geom_type == "Polygon" and p.area > 60]
