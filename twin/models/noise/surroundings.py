"""A City as a noise scene: houses, screens, ground, terrain, bridge decks, and the streets that sound.

Whatever a City holds, something defined comes out: shapes without area, houses without height and lines without length
are left out and counted; overlapping houses stand as high as the higher, overlapping ground is that of the smaller
area. Sound from tunnels leaves at their portals. A bridge carries its traffic at the height of its deck, whose edges
screen it; other traffic passes below as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy import ndimage

from twin.models.noise.air import hard_wall
from twin.models.noise.scene import Area, Building, Raster, Screen, build
from twin.models.noise.streets import Streets, Stretch, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from twin.city.city import City, Terrain
    from twin.jobs import Job
    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

GROUND_FACTORS = {
    "water": 0.0, "quay": 0.0, "square": 0.0, "paved": 0.0, "park": 1.0, "green": 1.0, "forest": 1.0, "rail": 1.0,
}  # fmt: skip
"""G of kinds of ground that have none of their own (Directive (EU) 2015/996, table 2.5.a)."""
SMALLEST = 0.5
"""Area [m²] below which a footprint is none."""
SHORTEST = 0.05
"""Length [m] below which an edge or a line is none."""
RAISED = 2.5
"""Height [m] of a building part's underside from which sound passes below it."""
LANE, EDGE = 3.5, 1.0
"""Width [m] of a lane and of what is beside the lanes on a bridge."""
CLEARANCE = 5.0
"""Height [m] of a deck above a street that it crosses."""
PORTAL = 25.0
"""Length [m] of tunnel whose sound leaves at each portal."""
MOUTH = 2.0
"""Length [m] of the line that stands for a portal."""
CLIMB = 15.0
"""Distance [m] at which screens follow the terrain."""
STEP = 10.0
"""Least distance [m] at which terrain is asked along a path."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A scene and its streets.

    ``house`` (b,) row in the City's buildings of each house of the scene; ``streets`` lines; ``link``, ``stretch``,
    ``weight`` (k,) rows of roads that sound on stretches and by how much; ``left_out`` counts of what was unusable.
    """

    scene: Scene
    house: Whole
    streets: Streets
    stretches: int
    link: Whole
    stretch: Whole
    weight: Floats
    left_out: dict[str, int] = field(default_factory=dict)
    roads: Roads | None = None

    def powers(self, per_link: Floats) -> Floats:
        """Return power per metre (..., stretches, 8) from that of links (..., links, 8)."""
        out = np.zeros((*per_link.shape[:-2], self.stretches, 8))
        if len(self.link):
            every: Any = (..., self.stretch, slice(None))
            np.add.at(out, every, per_link[..., self.link, :] * self.weight[:, None])
        return out


def surroundings(
    city: City, default_g: float = 0.0, facade_absorption: float = 0.2, before: Surroundings | None = None,
    job: Job | None = None,
) -> Surroundings:  # fmt: skip
    """Return the noise scene of a City.

    Parameters
    ----------
    city : City
    default_g : float
        Ground factor where no cover is known.
    facade_absorption : float
        α of the walls of houses in all bands.
    before : Surroundings, optional
        Of a City with the same streets and terrain.
    job : Job, optional
        Can stop it.
    """
    look = job.check if job is not None else int
    left_out: dict[str, int] = {}
    raster = ground_raster(city.terrain)
    houses, rows = _houses(city, facade_absorption, left_out)
    look()
    roads = Roads(city, raster) if before is None or before.roads is None else before.roads
    look()
    left_out.update(roads.left_out)
    scene = build(
        default_g,
        tuple(_areas(city.cover, left_out)),
        houses,
        tuple(_screens(city.barriers, raster, left_out)),
        raster=raster,
        decks=tuple(roads.decks),
    )
    look()
    return Surroundings(
        scene, rows, joined(roads.stretches) if before is None else before.streets, len(roads.stretches),
        np.array(roads.link, dtype=np.int64), np.array(roads.stretch, dtype=np.int64), np.array(roads.weight), left_out,
        roads,
    )  # fmt: skip


def _count(left_out: dict[str, int], what: str) -> None:
    left_out[what] = left_out.get(what, 0) + 1


def ground_raster(terrain: Terrain | None) -> Raster | None:
    """Return terrain without holes, unknown heights those of the nearest known; None where none is known."""
    if terrain is None or not np.isfinite(terrain.heights).any():
        return None
    a, _, c, _, e, f = terrain.transform
    heights = terrain.heights.astype(np.float64)
    unknown = ~np.isfinite(heights)
    if unknown.any():
        nearest = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
        heights = heights[tuple(nearest)]
    if e < 0:
        heights = heights[::-1]
    if a < 0:
        heights = heights[:, ::-1]
    rows, columns = heights.shape
    west, south = min(c, c + columns * a), min(f, f + rows * e)
    wide, high = abs(a), abs(e)
    cell = min(wide, high)
    if wide != high:  # square cells of the smaller side
        x, y = np.arange(max(round(columns * wide / cell), 1)), np.arange(max(round(rows * high / cell), 1))
        v, u = np.meshgrid((y + 0.5) * cell / high - 0.5, (x + 0.5) * cell / wide - 0.5, indexing="ij")
        heights = ndimage.map_coordinates(heights, [v, u], order=1, mode="nearest")
    return Raster(heights, west + cell / 2, south + cell / 2, cell, max(STEP, cell))


def at(raster: Raster | None, points: Floats) -> Floats:
    """Return the heights (n,) [m] of terrain at points (n, ≥ 2)."""
    if raster is None:
        return np.zeros(len(points))
    rows, columns = raster.heights.shape
    v = np.clip((points[:, 1] - raster.south) / raster.cell, 0, rows - 1)
    u = np.clip((points[:, 0] - raster.west) / raster.cell, 0, columns - 1)
    return np.asarray(ndimage.map_coordinates(raster.heights, [v, u], order=1, mode="nearest"))


def levels(city: City) -> tuple[Floats, Floats]:
    """Return ground and height [m] of all buildings: ground of the terrain where unknown, height nan where unknown."""
    table = city.buildings
    ground = table["ground"].to_numpy(dtype=np.float64).copy()
    unknown = ~np.isfinite(ground)
    if unknown.any():
        middle = shapely.get_coordinates(shapely.centroid(shapely.box(*table.geometry.bounds.to_numpy()[unknown].T)))
        found = np.zeros(int(unknown.sum()))
        if len(middle) == len(found):
            found = at(ground_raster(city.terrain), middle)
        ground[unknown] = np.nan_to_num(found)
    height = table["height"].to_numpy(dtype=np.float64)
    return ground, np.where(height > 0, height, np.nan)


def leaves(buildings: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are no building that is told by its parts."""
    parents = set(buildings["parent"]) - {""}
    return ~buildings["id"].isin(parents).to_numpy(bool)


def _houses(city: City, absorption: float, left_out: dict[str, int]) -> tuple[tuple[Building, ...], Whole]:
    table = city.buildings
    ground, height = levels(city)
    base = np.nan_to_num(table["base"].to_numpy(dtype=np.float64))
    alpha = np.full(8, absorption)
    shapes = np.asarray(table.geometry.values, dtype=object)
    houses, rows = [], []
    for row in np.flatnonzero(leaves(table)):
        if not np.isfinite(height[row]):
            _count(left_out, "buildings without height")
            continue
        if base[row] >= RAISED:
            _count(left_out, "raised building parts")
            continue
        found = 0
        for polygon in polygons(shapes[row]):
            outer, *holes = (_ring(ring) for ring in (polygon.exterior, *polygon.interiors))
            if outer is None:
                continue
            kept = tuple(hole for hole in holes if hole is not None)
            houses.append(Building(outer, float(ground[row] + height[row]), alpha, kept))
            rows.append(row)
            found += 1
        if not found:
            _count(left_out, "buildings without area")
    return tuple(houses), np.array(rows, dtype=np.int64)


def polygons(shape: shapely.Geometry | None) -> Iterator[shapely.Polygon]:
    """Yield the parts of a shape that have an area, mended where they cross themselves."""
    if shape is None or shape.is_empty:
        return
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return
    sound = shape if shape.is_valid else shapely.make_valid(shape)
    for polygon in shapely.get_parts(shapely.force_2d(sound)):
        if polygon.geom_type == "Polygon" and polygon.area > SMALLEST:
            yield polygon
        elif polygon.geom_type in ("MultiPolygon", "GeometryCollection"):
            yield from polygons(polygon)


def _ring(ring: shapely.LinearRing) -> Floats | None:
    """Return a ring (n, 2) without points that lie on each other, not closed; None where nothing is left."""
    points = shapely.get_coordinates(ring)[:-1]
    keep = np.hypot(*np.diff(points, axis=0, prepend=points[-1:]).T) > SHORTEST
    points = points[keep] if keep.sum() >= 3 else points
    return np.ascontiguousarray(points) if len(points) >= 3 else None


def _areas(cover: pd.DataFrame, left_out: dict[str, int]) -> Iterator[Area]:
    factors = cover["ground_factor"].to_numpy(dtype=np.float64)
    for shape, kind, g in zip(cover.geometry, cover["kind"], factors, strict=True):
        value = float(g) if np.isfinite(g) else GROUND_FACTORS.get(str(kind))
        if value is None:
            _count(left_out, "ground of unknown kind")
            continue
        for polygon in polygons(shape):
            outer, *holes = (_ring(ring) for ring in (polygon.exterior, *polygon.interiors))
            if outer is not None:
                yield Area(outer, min(max(value, 0.0), 1.0), tuple(hole for hole in holes if hole is not None))


def _screens(barriers: pd.DataFrame, raster: Raster | None, left_out: dict[str, int]) -> Iterator[Screen]:
    bands = barriers[[f"a{band}" for band in (63, 125, 250, 500, 1000, 2000, 4000, 8000)]].to_numpy(dtype=np.float64)
    hard = hard_wall()
    for n, (shape, height) in enumerate(zip(barriers.geometry, barriers["height"], strict=True)):
        if shape is None or shape.is_empty or not height > 0 or not np.isfinite(height):
            _count(left_out, "screens without height or length")
            continue
        alpha = np.where(np.isfinite(bands[n]), np.clip(bands[n], 0.0, 0.99), hard)
        for line in shapely.get_parts(shapely.force_2d(shape)):
            points = shapely.get_coordinates(shapely.segmentize(line, CLIMB) if raster is not None else line)
            if not np.isfinite(points).all() or line.length < SHORTEST:
                _count(left_out, "screens without height or length")
                continue
            points = points[np.concatenate([[True], np.hypot(*np.diff(points, axis=0).T) > SHORTEST / 2])]
            if len(points) > 1:
                yield Screen(np.column_stack([points, at(raster, points) + float(height)]), alpha)


class Roads:
    """Stretches of street from the links of a City, each link adding to one of them."""

    def __init__(self, city: City, raster: Raster | None) -> None:
        self.raster = raster
        self.left_out: dict[str, int] = {}
        self.stretches: list[Stretch] = []
        self.link: list[int] = []
        self.stretch: list[int] = []
        self.weight: list[float] = []
        self.decks: list[Floats] = []
        roads = city.roads
        lines = [self._line(shape) for shape in roads.geometry]
        bridge, tunnel = roads["bridge"].to_numpy(bool), roads["tunnel"].to_numpy(bool)
        names = [f"{name}|{kind}" for name, kind in zip(roads["name"], roads["kind"], strict=True)]
        if n := sum(line is None for line in lines):
            self.left_out["links without length"] = n
        # both directions of a street are one line
        groups: dict[tuple[object, ...], list[int]] = {}
        for row, line in enumerate(lines):
            if line is None:
                continue
            ends = sorted([tuple(np.round(line[0], 2)), tuple(np.round(line[-1], 2))])
            middle = np.round(np.sort(line, axis=0)[len(line) // 2], 1)
            key = (*ends, *middle, bool(bridge[row]), bool(tunnel[row]))
            groups.setdefault(key, []).append(row)
        bridges = []
        for key in sorted(groups):
            rows = groups[key]
            line = lines[rows[0]]
            if line is None:
                continue
            if key[-1]:
                self._portals(line, rows)
            elif key[-2]:
                bridges.append(rows)
            else:
                self._add(line, rows, names[rows[0]], 1.0)
        self._bridges(roads, lines, bridges, names)

    @staticmethod
    def _line(shape: shapely.Geometry | None) -> Floats | None:
        if shape is None or shape.is_empty or shape.geom_type != "LineString":
            return None
        points = shapely.get_coordinates(shape)
        if not np.isfinite(points).all():
            return None
        points = points[np.concatenate([[True], np.hypot(*np.diff(points, axis=0).T) > SHORTEST])]
        return points if len(points) > 1 else None

    def _add(
        self, line: Floats, rows: list[int], group: str, weight: float, z: Floats | None = None, deck: int = -1
    ) -> None:
        height = np.zeros(len(line)) if z is None else z
        for row in rows:
            self.link.append(row)
            self.stretch.append(len(self.stretches))
            self.weight.append(weight)
        self.stretches.append(Stretch(np.column_stack([line, height]), group, deck))

    def _portals(self, line: Floats, rows: list[int]) -> None:
        """Let a tunnel sound at its ends, with what the last metres within it emit."""
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        for n, (end, before) in enumerate(((line[0], line[1]), (line[-1], line[-2]))):
            out = (end - before) / max(float(np.hypot(*(end - before))), 1e-9)
            mouth = np.array([end, end + MOUTH * out])
            self._add(mouth, rows, f"portal|{rows[0]}|{n}", min(PORTAL, length / 2) / MOUTH)

    def _bridges(
        self, roads: pd.DataFrame, lines: list[Floats | None], bridges: list[list[int]], names: list[str]
    ) -> None:
        """Make one deck of links on bridges that touch."""
        if not bridges:
            return
        plan = [line for rows in bridges if (line := lines[rows[0]]) is not None]
        below = self._below(lines, roads)
        heights = [self._deck_heights(line, below) for line in plan]
        lanes = np.nan_to_num(roads["lanes"].to_numpy(dtype=np.float64), nan=1.0)
        half = [max(float(lanes[rows].sum()), 1.0) * LANE / 2 + EDGE for rows in bridges]
        shapes = [
            shapely.LineString(line).buffer(wide, cap_style="flat", quad_segs=2)
            for line, wide in zip(plan, half, strict=True)
        ]
        for whole in polygons_of(shapes):
            on = [n for n, shape in enumerate(shapes) if whole.intersects(shape.representative_point())]
            ring = shapely.get_coordinates(shapely.segmentize(whole.exterior, 40.0))[:-1]
            number = len(self.decks)
            z = np.full(len(ring), np.inf)
            best = np.full(len(ring), np.inf)
            for n in on:
                way = shapely.LineString(plan[n])
                along = shapely.line_locate_point(way, shapely.points(ring))
                away = shapely.distance(way, shapely.points(ring))
                here = np.interp(along, _along(plan[n]), heights[n])
                z, best = np.where(away < best, here, z), np.minimum(best, away)
            self.decks.append(np.column_stack([ring, z]))
            for n in on:
                self._add(plan[n], bridges[n], names[bridges[n][0]], 1.0, heights[n], number)

    def _below(self, lines: list[Floats | None], roads: pd.DataFrame) -> shapely.STRtree:
        """Return the streets that a bridge may cross."""
        level = ~(roads["bridge"].to_numpy(bool) | roads["tunnel"].to_numpy(bool))
        return shapely.STRtree(
            [shapely.LineString(line) for line, low in zip(lines, level, strict=True) if low and line is not None]
        )

    def _deck_heights(self, line: Floats, below: shapely.STRtree) -> Floats:
        """Return the height of a deck along its line: straight from bank to bank, raised over streets it crosses."""
        along = _along(line)
        share = along / along[-1]
        ends = at(self.raster, line[[0, -1]])
        z = ends[0] + share * (ends[1] - ends[0])
        way = shapely.LineString(line)
        lift = 0.0
        crossing = below.geometries[below.query(way, predicate="intersects")]
        for point in shapely.get_parts(shapely.intersection(way, crossing)):
            if point.geom_type != "Point":
                continue
            t = float(way.line_locate_point(point)) / along[-1]
            if 0.02 < t < 0.98:
                floor = at(self.raster, shapely.get_coordinates(point))[0]
                short = floor + CLEARANCE - (ends[0] + t * (ends[1] - ends[0]))
                lift = max(lift, short / (4 * t * (1 - t)))
        return np.asarray(z + lift * 4 * share * (1 - share))


def polygons_of(shapes: list[shapely.Geometry]) -> Iterator[shapely.Polygon]:
    """Yield the parts of the union of shapes."""
    yield from polygons(shapely.union_all(shapes))


def _along(line: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
