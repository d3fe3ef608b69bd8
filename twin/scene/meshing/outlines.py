"""Polygons as flat arrays: rings without their closing point, which polygon and which row each belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import mapbox_earcut
import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Rings of many polygons.

    Parameters
    ----------
    points : array, shape (n, 2) [m]
        Outer rings counter-clockwise, holes clockwise, no point twice.
    starts : array, shape (rings + 1,)
        Where each ring begins in ``points``.
    first_ring : array, shape (polygons + 1,)
        Where each polygon's rings begin in ``starts``; its outer ring comes first.
    rows : array, shape (polygons,)
        Row of the table each polygon came from.
    """

    points: Floats
    starts: Ints
    first_ring: Ints
    rows: Ints

    @property
    def following(self) -> Ints:
        """Index of the next point around the ring, shape (n,)."""
        after = np.arange(1, len(self.points) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        return after

    @property
    def point_polygons(self) -> Ints:
        """Polygon of each point, shape (n,)."""
        rings = np.repeat(np.arange(len(self.rows)), np.diff(self.first_ring))
        return np.repeat(rings, np.diff(self.starts))


def outlines(geometries: NDArray[np.object_], origin: tuple[float, float] = (0.0, 0.0)) -> Outlines:
    """Take polygons apart into rings, relative to an origin.

    Parameters
    ----------
    geometries : array of shapely geometries
        Polygons and multipolygons; anything else, empty and None are left out.
    origin : (x, y) [m]
        Subtracted from all coordinates.
    """
    parts, rows = shapely.get_parts(np.asarray(geometries, dtype=object), return_index=True)
    usable = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, rows = shapely.orient_polygons(parts[usable]), rows[usable]
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points - np.asarray(origin)
    # The closing point repeats the first; a point within a millimetre of the next adds nothing.
    last = np.empty(len(ring), dtype=bool)
    last[:-1] = ring[1:] != ring[:-1]
    last[-1:] = True
    double = np.zeros(len(ring), dtype=bool)
    double[:-1] = np.all(np.abs(points[1:] - points[:-1]) < 1e-3, axis=1)
    kept = ~(last | (double & ~last))
    counts = np.bincount(ring[kept], minlength=len(rings))
    kept &= counts[ring] >= 3 if len(ring) else kept
    counts = np.where(counts >= 3, counts, 0)
    sound = counts > 0
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = polygon[1:] != polygon[:-1]
    # A polygon without a sound outer ring goes with all its holes.
    alive = np.zeros(len(parts), dtype=bool)
    alive[polygon[outer & sound]] = True
    sound &= alive[polygon] if len(polygon) else sound
    kept &= sound[ring] if len(ring) else kept
    per_polygon = np.bincount(polygon[sound], minlength=len(parts))[alive]
    return Outlines(
        points[kept],
        np.concatenate([[0], np.cumsum(counts[sound])]).astype(np.int64),
        np.concatenate([[0], np.cumsum(per_polygon)]).astype(np.int64),
        np.asarray(rows[alive], dtype=np.int64),
    )


def triangulate(shape: Outlines) -> tuple[Ints, Ints]:
    """Triangulate all polygons.

    A polygon without holes and with at most one reflex corner is a fan from that corner (all of it is seen
    from there); the rest goes through earcut.

    Returns
    -------
    triangles : array, shape (t, 3)
        Counter-clockwise indices into ``shape.points``.
    polygons : array, shape (t,)
        Polygon of each triangle, ascending.
    """
    n = len(shape.points)
    if n == 0:
        return np.empty((0, 3), dtype=np.int64), np.empty(0, dtype=np.int64)
    following = shape.following
    previous = np.empty(n, dtype=np.int64)
    previous[following] = np.arange(n)
    a, b = shape.points - shape.points[previous], shape.points[following] - shape.points
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    reflex = turn < -1e-9 * (np.abs(a).sum(axis=1) * np.abs(b).sum(axis=1))
    polygon = shape.point_polygons
    n_reflex = np.bincount(polygon[reflex], minlength=len(shape.rows))
    n_rings = np.diff(shape.first_ring)
    fans = (n_rings == 1) & (n_reflex <= 1)
    starts = shape.starts[shape.first_ring[:-1]]
    sizes = shape.starts[shape.first_ring[1:]] - starts
    apex = starts.copy()
    where = np.flatnonzero(reflex)
    apex[polygon[where]] = where

    chosen = np.flatnonzero(fans)
    counts = sizes[chosen] - 2
    owner = np.repeat(chosen, counts)
    k = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    base, size, top = starts[owner], sizes[owner], apex[owner] - starts[owner]
    fan = np.stack([base + top, base + (top + k + 1) % size, base + (top + k + 2) % size], axis=1)

    pieces, owners = [fan], [owner]
    for i in np.flatnonzero(~fans):
        r0, r1 = shape.first_ring[i], shape.first_ring[i + 1]
        p0, p1 = shape.starts[r0], shape.starts[r1]
        ends = (shape.starts[r0 + 1 : r1 + 1] - p0).astype(np.uint32)
        cut = mapbox_earcut.triangulate_float64(shape.points[p0:p1], ends)
        pieces.append(cut.reshape(-1, 3).astype(np.int64) + p0)
        owners.append(np.full(len(cut) // 3, i))
    triangles, polygons = np.concatenate(pieces), np.concatenate(owners)
    order = np.argsort(polygons, kind="stable")
    triangles, polygons = triangles[order], polygons[order]
    p = shape.points
    a, b = p[triangles[:, 1]] - p[triangles[:, 0]], p[triangles[:, 2]] - p[triangles[:, 0]]
    clockwise = a[:, 0] * b[:, 1] < a[:, 1] * b[:, 0]
    triangles[clockwise] = triangles[clockwise][:, [0, 2, 1]]
    return triangles, polygons
