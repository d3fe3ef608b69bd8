"""Receivers in front of façades, floor by floor.

Directive (EU) 2015/996, 2.8, as amended by (EU) 2021/1226: façades are divided into regular intervals of at most 5 m
with a receiver in the middle of each; shorter ones longer than 2.5 m have one; runs of still shorter ones that together
are longer than 5 m are treated as one line. Levels there are those of incident sound: the façade itself does not
reflect (``own`` of :func:`twin.models.noise.propagation.levels`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.jobs import Job

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

INTERVAL = 5.0
"""Longest interval [m]."""
SHORTEST = 2.5
"""Length [m] up to which a wall has no receiver of its own."""
OUT = 0.1
"""Distance [m] of receivers from the wall."""
STOREY = 3.0
"""Height [m] of a storey where the number of floors is unknown."""
OFTEN = 200
"""Buildings between two looks whether to stop, some 10 ms."""
EAR = 1.5
"""Height [m] of a receiver above its floor; lower storeys have it at half their height."""


@dataclass(frozen=True)
class Receivers:
    """Receivers in front of façades, one row each.

    ``points`` (n, 3) x, y and absolute height [m]; ``building`` (n,) row of the City's buildings; ``floor`` (n,) from
    0; ``facade`` (n,) receivers one above the other share a number; ``normal`` (n, 2) outwards; ``length`` (n,) of wall
    each stands for [m].
    """

    points: Floats
    building: Whole
    floor: Whole
    facade: Whole
    normal: Floats
    length: Floats


Spots = list[tuple["Floats", "Floats", float]]
"""Place in front of the wall, outward normal and length of wall of each receiver of a footprint."""


def receivers(
    city: City, interval: float = INTERVAL, out: float = OUT, known: dict[shapely.Geometry, Spots] | None = None,
    job: Job | None = None,
) -> Receivers:  # fmt: skip
    """Return the receivers of all buildings, courtyards included; none within another building.

    Parameters
    ----------
    city : City
        Buildings with parts are taken by their parts. Unknown ground is that of the terrain, else 0; buildings of
        unknown height have no receivers.
    interval, out : float [m]
    known : dict, optional
        Spots by footprint that were found before with the same interval; those of new footprints are added.
    job : Job, optional
        Can stop it.

    Returns
    -------
    Receivers
        In the order of the buildings; in each by façade, then by floor.
    """
    table = city.buildings
    shapes = np.asarray(table.geometry.values)
    usable = ~shapely.is_empty(shapes) & ~table["id"].isin(set(table["parent"]) - {""}).to_numpy(bool)
    ground, height = _levels(city)
    usable &= height > 0
    rows = np.flatnonzero(usable)
    known = {} if known is None else known
    for n, row in enumerate(rows):
        if job is not None and n % OFTEN == 0:
            job.check()
        if shapes[row] not in known:
            known[shapes[row]] = list(_spots(shapes[row], interval, out))
    spots = [(row, *spot) for row in rows for spot in known[shapes[row]]]
    if not spots:
        none = np.empty(0, dtype=np.int64)
        return Receivers(np.empty((0, 3)), none, none, none, np.empty((0, 2)), np.empty(0))
    building = np.array([spot[0] for spot in spots])
    plan, normal = np.array([spot[1] for spot in spots]), np.array([spot[2] for spot in spots])
    length = np.array([spot[3] for spot in spots])
    floors = np.maximum(np.where(np.isfinite(_number(city, "floors")), _number(city, "floors"), height / STOREY), 1)
    count = np.floor(floors[building] + 1e-9).astype(np.int64)
    facade = np.repeat(np.arange(len(spots)), count)
    floor = np.arange(len(facade)) - np.repeat(np.cumsum(count) - count, count)
    storey = (height / floors)[building][facade]
    z = ground[building][facade] + floor * storey + np.minimum(EAR, storey / 2)
    points = np.column_stack([plan[facade], z])
    free = ~_covered(points, building[facade], shapes, rows, ground + height)
    facade, floor, points = facade[free], floor[free], points[free]
    return Receivers(points, building[facade], floor, facade, normal[facade], length[facade])


def _number(city: City, column: str) -> Floats:
    return np.asarray(city.buildings[column].to_numpy(dtype=np.float64))


def _levels(city: City) -> tuple[Floats, Floats]:
    """Return ground and height of each building [m]; an unknown height is 0."""
    ground = _number(city, "ground")
    unknown = ~np.isfinite(ground)
    if unknown.any():
        found = np.zeros(int(unknown.sum()))
        if city.terrain is not None:
            middle = shapely.get_coordinates(shapely.centroid(np.asarray(city.buildings.geometry.values)[unknown]))
            found = np.nan_to_num(city.terrain.sample(middle[:, 0], middle[:, 1]))
        ground = ground.copy()
        ground[unknown] = found
    return ground, np.nan_to_num(_number(city, "height"))


def _spots(shape: shapely.Geometry, interval: float, out: float) -> Iterator[tuple[Floats, Floats, float]]:
    """Yield place in front of the wall, outward normal and length of wall for every receiver of a footprint."""
    for polygon in shapely.get_parts(shape):
        for ring in shapely.get_rings(shapely.orient_polygons(polygon)):
            corners = shapely.get_coordinates(ring)
            for line in _runs(corners, interval):
                yield from _along(line, interval, out)


def _runs(corners: Floats, interval: float) -> Iterator[Floats]:
    """Yield walls, and runs of walls that are too short for a receiver each, as lines (k, 2)."""
    legs = corners[1:] - corners[:-1]
    corners, lengths = _turned(corners[:-1], np.hypot(legs[:, 0], legs[:, 1]))
    closed = np.concatenate([corners, corners[:1]])
    short: list[Floats] = []
    for i, length in enumerate(lengths.tolist()):
        ends = closed[i : i + 2]
        if length <= SHORTEST:
            short += [ends[0]] if not short else []
            short.append(ends[1])
            continue
        if short:
            yield from _long(short, interval)
            short = []
        yield ends
    if short:
        yield from _long(short, interval)


def _turned(corners: Floats, lengths: Floats) -> tuple[Floats, Floats]:
    """Begin a ring at a long wall, so that no run of short ones is cut in two."""
    first = int(np.argmax(lengths > SHORTEST)) if len(lengths) else 0
    if first == 0:
        return corners, lengths
    return np.concatenate([corners[first:], corners[:first]]), np.concatenate([lengths[first:], lengths[:first]])


def _long(run: list[Floats], interval: float) -> Iterator[Floats]:
    line = np.array(run)
    if np.hypot(*np.diff(line, axis=0).T).sum() > interval:
        yield line


def _along(line: Floats, interval: float, out: float) -> Iterator[tuple[Floats, Floats, float]]:
    """Yield receivers along a line whose right side is outside."""
    if len(line) == 2:  # nearly all are, and plain numbers are then three times as quick
        (ax, ay), (bx, by) = line.tolist()
        length = math.hypot(bx - ax, by - ay)
        ux, uy = (bx - ax) / length, (by - ay) / length
        n = max(math.ceil(length / interval - 1e-9), 1)
        normal = np.array([uy, -ux])
        for k in range(n):
            middle = (k + 0.5) * length / n
            yield np.array([ax + middle * ux + out * uy, ay + middle * uy - out * ux]), normal, length / n
        return
    legs = np.diff(line, axis=0)
    lengths = np.hypot(*legs.T)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    n = max(int(np.ceil(at[-1] / interval - 1e-9)), 1)
    for middle in (np.arange(n) + 0.5) * at[-1] / n:
        i = min(int(np.searchsorted(at, middle, side="right")) - 1, len(legs) - 1)
        unit = legs[i] / lengths[i]
        normal = np.array([unit[1], -unit[0]])
        yield line[i] + (middle - at[i]) * unit + out * normal, normal, float(at[-1] / n)


def _covered(points: Floats, own: Whole, shapes: NDArray[np.object_], rows: Whole, tops: Floats) -> NDArray[np.bool_]:
    """Whether a receiver lies within a building: any below its top, its own at any height."""
    hit, tree = shapely.STRtree(shapes[rows]).query(shapely.points(points[:, :2]), predicate="within")
    building = rows[tree]
    inside = (points[hit, 2] < tops[building]) | (building == own[hit])
    covered = np.zeros(len(points), dtype=bool)
    covered[hit[inside]] = True
    return covered
