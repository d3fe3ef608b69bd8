"""Where it is listened: in front of façades floor by floor, on a grid over the ground, in school yards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.models.noise import facades
from twin.models.noise.attend import Columns
from twin.models.noise.flat import HOUSE, containing
from twin.models.noise.surroundings import at, ground_raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.noise.facades import Receivers, Spots
    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Known = dict[shapely.Geometry, Spots]

YARD = 1.5
"""Height [m] of a receiver in a school yard."""
ASIDE = tuple((x * share, y * share) for share in (0.2, 0.4) for x, y in (
    (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1),
))  # fmt: skip
"""Where a cell is listened to whose middle lies in a house, in sizes of the cell from its middle."""
AWAY, APART = 10.0, 15.0
"""How far [m] from a school's house, and from each other, places of its yard are listened to."""
LOWEST = 1.0
"""Least height [m] of a receiver above the terrain."""
SCHOOLS = ("school", "preschool")
MOST_CELLS = 250_000
"""Cells of a grid at most; wider cells are taken for a larger city."""


@dataclass(frozen=True, eq=False)
class Listeners:
    """Receivers in the order of their columns.

    ``facade`` receivers come first, ``facades`` of them; then one per cell of the grid with a place outside houses:
    ``cell`` (m,) row by row from the north-west; then those of school yards: ``yard`` rows of the City's places, once
    for a school that stands outdoors, several times for one within a house.
    """

    columns: Columns
    facade: Receivers
    facades: int
    cell: Whole
    shape: tuple[int, int]
    transform: tuple[float, float, float, float, float, float]
    yard: Whole


def listeners(
    city: City, scene: Scene, house: Whole, interval: float, floors: str, spacing: float, height: float,
    known: Known, facade: Receivers | None = None, job: Job | None = None,
) -> Listeners:  # fmt: skip
    """Return all receivers of a City.

    Parameters
    ----------
    city : City
    scene : Scene
        Of this City.
    house : array of int
        Row in the City's buildings of each house of the scene.
    interval : float [m]
        Longest piece of façade that a receiver stands for.
    floors : str
        ``"all"`` or ``"one"``, that nearest to 4 m above the ground.
    spacing : float [m]
        Size of a cell of the grid; 0 for none.
    height : float [m]
        Of the grid above the ground.
    known : dict
        What :func:`twin.models.noise.facades.receivers` found before; added to.
    facade : Receivers, optional
        Those in front of façades where they are known already.
    job : Job, optional
        Can stop it.
    """
    stand = facade if facade is not None else fronts(city, interval, floors, known, job)
    look = job.check if job is not None else int
    look()
    _, first, count = np.unique(stand.facade, return_index=True, return_counts=True)
    raster = ground_raster(city.terrain)
    house_of = np.full(len(city.buildings) + 1, -1, dtype=np.int64)
    house_of[house[::-1]] = np.arange(len(house))[::-1]
    z = np.maximum(stand.points[:, 2], at(raster, stand.points) + LOWEST)
    cells, shape, transform = _grid(city, spacing)
    cells = _outdoors(np.asarray(city.buildings.geometry.values)[house], cells, transform[0])
    look()
    schools = _schools(city)
    outside = np.concatenate([cells, schools[1]])
    rings, ring_at = ring_codes(scene, outside)
    look()
    indoors = np.zeros(len(outside), dtype=bool)
    indoors[np.repeat(np.arange(len(outside)), np.diff(ring_at))[rings % 3 == HOUSE]] = True
    free = np.flatnonzero(~indoors[: len(cells)])
    open_air = ~indoors[len(cells) :]
    schools = schools[0][open_air], schools[1][open_air]
    places = np.concatenate([cells[free], schools[1]])
    above = np.concatenate([np.full(len(free), height), np.full(len(schools[0]), YARD)])
    xy = np.ascontiguousarray(np.concatenate([stand.points[first, :2], places]))
    rings, ring_at = ring_codes(scene, xy)
    columns = Columns(
        xy,
        np.concatenate([z, at(raster, places) + above]),
        np.concatenate([[0], np.cumsum(np.concatenate([count, np.ones(len(places), dtype=np.int64)]))]).astype(
            np.int64
        ),
        np.concatenate([house_of[stand.building[first]], np.full(len(places), -1)]).astype(np.int64),
        rings,
        ring_at,
    )
    return Listeners(columns, stand, len(stand.points), free, shape, transform, schools[0])


def fronts(city: City, interval: float, floors: str, known: Known, job: Job | None = None) -> Receivers:
    """Return receivers in front of façades, of all floors or of the one nearest to 4 m above the ground."""
    stand = facades.receivers(city, interval, known=known, job=job)
    if floors == "all" or not len(stand.points):
        return stand
    low = stand.points[np.r_[True, stand.facade[1:] != stand.facade[:-1]], 2]
    _, column = np.unique(stand.facade, return_inverse=True)
    off = np.abs(stand.points[:, 2] - low[column] - 2.5)
    order = np.lexsort((off, column))
    best = np.sort(order[np.r_[True, column[order][1:] != column[order][:-1]]])
    return facades.Receivers(*(part[best] for part in stand.__dict__.values()))


def ring_codes(scene: Scene, xy: Floats) -> tuple[Whole, Whole]:
    """Return the codes of the rings that places lie in, one place after another, and where each place's begin."""
    where = np.zeros(len(xy) + 1, dtype=np.int64)
    plan = np.ascontiguousarray(xy, dtype=np.float64)
    containing(scene.flat, plan, where, np.empty(0, dtype=np.int64))
    codes = np.empty(int(where[-1]), dtype=np.int64)
    containing(scene.flat, plan, where, codes)
    return codes, where


def _grid(
    city: City, spacing: float
) -> tuple[Floats, tuple[int, int], tuple[float, float, float, float, float, float]]:
    tables = [table for table in (city.buildings, city.roads) if len(table)]
    if spacing <= 0 or not tables:
        return np.empty((0, 2)), (0, 0), (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    boxes = np.array([table.total_bounds for table in tables])
    west, south = np.nanmin(boxes[:, :2], axis=0)
    east, north = np.nanmax(boxes[:, 2:], axis=0)
    size = max(spacing, float(np.sqrt((east - west) * (north - south) / MOST_CELLS)))
    west, north = np.floor(west / size) * size, np.ceil(north / size) * size
    columns, rows = int(np.ceil((east - west) / size)), int(np.ceil((north - south) / size))
    x, y = west + (np.arange(columns) + 0.5) * size, north - (np.arange(rows) + 0.5) * size
    cells = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return cells, (rows, columns), (size, 0.0, float(west), 0.0, -size, float(north))


def _outdoors(houses: NDArray[np.object_], cells: Floats, size: float) -> Floats:
    """Move middles of cells that lie in a house to a place outdoors in the cell, the nearest of a few, if there is one.

    A map would else have holes along streets that run between the middles of its cells.
    """
    if not len(houses) or not len(cells):
        return cells
    tree = shapely.STRtree(houses)

    def within(points: Floats) -> NDArray[np.bool_]:
        found = np.zeros(len(points), dtype=bool)
        found[tree.query(shapely.points(points), predicate="intersects")[0]] = True
        return found

    moved = cells.copy()
    left = np.flatnonzero(within(cells))
    for x, y in ASIDE:
        tried = cells[left] + np.array([x, y]) * size
        free = ~within(tried)
        moved[left[free]] = tried[free]
        left = left[~free]
    return moved


def _schools(city: City) -> tuple[Whole, Floats]:
    """Return rows of schools and where their yards may be (n, 2) [m]: the school's point, or around its house."""
    rows = np.flatnonzero(city.places["kind"].isin(SCHOOLS).to_numpy(bool))
    points = np.asarray(city.places.geometry.values)[rows]
    known = ~(shapely.is_missing(points) | shapely.is_empty(points))
    rows, points = rows[known], points[known]
    finite = np.isfinite(np.array([[p.x, p.y] for p in points]).reshape(-1, 2)).all(axis=1)
    rows, points = rows[finite], points[finite]
    shapes = np.asarray(city.buildings.geometry.values)
    of, house = shapely.STRtree(shapes).query(points, predicate="within") if len(shapes) else (rows[:0], rows[:0])
    found, where = [np.empty(0, dtype=np.int64)], [np.empty((0, 2))]
    for n, (row, point) in enumerate(zip(rows, points, strict=True)):
        around = shapely.union_all(shapes[house[of == n]])
        spots = np.array([[point.x, point.y]]) if around.is_empty else _around(around)
        found.append(np.full(len(spots), row))
        where.append(spots)
    return np.concatenate(found).astype(np.int64), np.concatenate(where)


def _around(house: shapely.Geometry) -> Floats:
    """Return places around a house, and in its courtyards that are wide enough."""
    outlines = shapely.get_parts(house.buffer(AWAY, join_style="mitre"))
    rings = [ring for part in outlines for ring in (part.exterior, *part.interiors)]
    spots = []
    for ring in rings:
        n = max(int(ring.length / APART), 4)
        spots += [ring.interpolate((k + 0.5) / n, normalized=True) for k in range(n)]
    return np.array([[spot.x, spot.y] for spot in spots])
