"""What lies under a pixel, found on the meshes' arrays alone: no window, no VTK.

Buildings and bridge decks are met exactly (ray against triangles, Möller & Trumbore 1997), the ground by the height
surface; streets, paths, zones and places by where the ray meets the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.scene.grid_index import GridIndex
from twin.scene.meshing import ribbons
from twin.state import layer_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part

Floats = NDArray[np.float64]

ALL = frozenset({"buildings", "roads", "paths", "places", "points", "zones", "terrain"})
_STREET_PIXELS = 3.0
_SPOT_PIXELS = 11.0
_SLACK = 1e-9


@dataclass(frozen=True)
class Hit:
    """What was hit: name of a City table (or ``"terrain"``), id of its row ("" for terrain), the point (x, y, z).

    Of a layer with places of its own, ``table`` is :func:`twin.state.layer_table` of it and ``id`` the number of the
    place; ``count`` of them are drawn as one symbol.
    """

    table: str
    id: str
    point: tuple[float, float, float]
    count: int = 1

    @property
    def layer(self) -> str:
        """Id of the layer whose place was hit, "" for things of the City."""
        return layer_in(self.table)


class Picker:
    """Answers what a line of sight meets first.

    Parameters
    ----------
    mesh : CityMesh
    """

    def __init__(self, mesh: CityMesh) -> None:
        self._mesh = mesh

    def hit(
        self,
        origin: Floats,
        direction: Floats,
        pixel: float = 0.0,
        tables: Collection[str] = ALL,
        hidden: NDArray[np.bool_] | None = None,
    ) -> Hit | None:
        """Return what a ray meets.

        Parameters
        ----------
        origin, direction : array, shape (3,)
            In the City's system; the direction has unit length.
        pixel : float
            Size of a pixel per metre of distance (perspective); a negative number is its size in metres
            everywhere (parallel projection).
        tables : collection of str
            Which things can be met; others are looked through.
        hidden : array of bool, shape (buildings,), optional
            Buildings looked through.
        """
        start = self._mesh.local(origin)[0]
        heading = np.asarray(direction, dtype=float)
        best, found = np.inf, None
        if "buildings" in tables:
            best, found = self._building(start, heading, hidden)
        if "roads" in tables:
            best, found = self._deck(start, heading, best, found)
        ground = self.ground(start, heading)
        blocked = found is not None and (ground is None or best < ground)
        distance = best if blocked else ground
        spot = self._spot(start, heading, pixel, tables, np.inf if distance is None else distance)
        if spot is not None:
            return spot
        if blocked and found is not None:
            return self._named(found[0], found[1], start + heading * best)
        if ground is None:
            return None
        at = start + heading * ground
        size = -pixel if pixel < 0 else pixel * ground
        return self._on_ground(at, size, tables)

    def ground(self, start: Floats, heading: Floats) -> float | None:
        """Return the distance [m] at which a local ray meets the ground; None when it does not."""
        ground = self._mesh.ground
        low, high = float(ground.heights.min()) - 0.01, float(ground.heights.max()) + 0.01
        if abs(heading[2]) < 1e-9:
            return None
        t_in, t_out = sorted(((high - start[2]) / heading[2], (low - start[2]) / heading[2]))
        t_in = max(t_in, 0.0)
        if t_out <= t_in:
            return None
        if ground.flat:
            t = (ground.heights[0, 0] - start[2]) / heading[2]
            return float(t) if t > 0 else None
        flat = float(np.hypot(heading[0], heading[1]))
        n = int(np.clip((t_out - t_in) * flat / ground.step * 2, 2, 4000)) + 1
        t = np.linspace(t_in, t_out, n)
        gap = start[2] + heading[2] * t - ground.at(start[0] + heading[0] * t, start[1] + heading[1] * t)
        under = np.flatnonzero(gap <= 0)
        if not len(under):
            return None
        k = int(under[0])
        if k == 0:
            return float(t[0]) if gap[0] > -0.05 else None
        low_t, high_t = float(t[k - 1]), float(t[k])
        for _ in range(24):
            middle = (low_t + high_t) / 2
            at = start + heading * middle
            if at[2] > float(ground.at(at[0], at[1])):
                low_t = middle
            else:
                high_t = middle
        return (low_t + high_t) / 2

    def blocked(self, start: Floats, target: Floats, hidden: NDArray[np.bool_] | None = None) -> bool:
        """Return whether a building stands between two local points."""
        way = target - start
        length = float(np.linalg.norm(way))
        if length < 1e-6:
            return False
        distance, _ = self._building(start, way / length, hidden, length)
        return distance < length - 1.0

    def between(self, start: Floats, target: Floats) -> NDArray[np.int64]:
        """Return the rows of all buildings that stand between two local points."""
        way = target - start
        length = float(np.linalg.norm(way))
        if length < 1e-6:
            return np.empty(0, dtype=np.int64)
        heading = way / length
        rows = self._boxes.along(start, heading, 0.0, length)
        entry = slab(self._mesh.solids.boxes[rows], start, heading)
        rows = rows[entry < length]
        return rows[[self._triangles(rows[k : k + 1], start, heading)[0] < length for k in range(len(rows))]]

    # --- what stands up ---------------------------------------------------------------------------------------

    @cached_property
    def _boxes(self) -> GridIndex:
        boxes = self._mesh.solids.boxes.astype(float)
        return GridIndex(boxes[:, [0, 1, 3, 4]])

    @cached_property
    def _rank(self) -> NDArray[np.int64]:
        order = self._mesh.solids.order
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank

    def _building(
        self, start: Floats, heading: Floats, hidden: NDArray[np.bool_] | None, reach: float = np.inf
    ) -> tuple[float, tuple[str, int] | None]:
        solids = self._mesh.solids
        low, high = float(self._mesh.ground.heights.min()) - 40.0, self._mesh.top + 1.0
        if abs(heading[2]) > 1e-9:
            t0, t1 = sorted(((low - start[2]) / heading[2], (high - start[2]) / heading[2]))
        else:
            t0, t1 = 0.0, np.inf
        t0, t1 = max(t0, 0.0), min(t1, reach)
        if t1 <= t0:
            return np.inf, None
        rows = self._boxes.along(start, heading, t0, t1)
        if hidden is not None and len(rows):
            rows = rows[~hidden[rows]]
        if not len(rows):
            return np.inf, None
        entry = slab(solids.boxes[rows], start, heading)
        met = np.isfinite(entry)
        rows, entry = rows[met], entry[met]
        order = np.argsort(entry, kind="stable")
        rows, entry = rows[order], entry[order]
        best, found = np.inf, None
        # Nearest boxes first, a handful at a time: most rays end in the first.
        for k in range(0, len(rows), 16):
            if entry[k] > best:
                break
            some = rows[k : k + 16]
            distance, row = self._triangles(some, start, heading)
            if distance < best:
                best, found = distance, ("buildings", row)
        return (best, found) if best <= reach else (np.inf, None)

    def _triangles(self, rows: NDArray[np.int64], start: Floats, heading: Floats) -> tuple[float, int]:
        solids = self._mesh.solids
        first, last = solids.first_cell[self._rank[rows]], solids.first_cell[self._rank[rows] + 1]
        count = last - first
        cell = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        corners = solids.faces.points[solids.faces.corners(cell)].astype(float)
        t = moller_trumbore(corners, start, heading)
        if not len(t) or not np.isfinite(t.min()):
            return np.inf, -1
        k = int(np.argmin(t))
        return float(t[k]), int(np.repeat(rows, count)[k])

    @cached_property
    def _decks(self) -> tuple[Floats, NDArray[np.int64]]:
        """Triangles of bridge decks that hang above the ground, with their road row."""
        return ribbons.hung(self._mesh.roads, self._mesh.ground)

    def _deck(
        self, start: Floats, heading: Floats, best: float, found: tuple[str, int] | None
    ) -> tuple[float, tuple[str, int] | None]:
        corners, rows = self._decks
        if not len(rows):
            return best, found
        t = moller_trumbore(corners, start, heading)
        k = int(np.argmin(t))
        return (float(t[k]), ("roads", int(rows[k]))) if t[k] < best else (best, found)

    # --- what lies on the ground ------------------------------------------------------------------------------

    def _on_ground(self, at: Floats, size: float, tables: Collection[str]) -> Hit | None:
        for table, index in (("roads", self._road_segments), ("paths", self._path_segments)):
            if table in tables:
                row = index.nearest(at[0], at[1], _STREET_PIXELS * size)
                if row >= 0:
                    return self._named(table, row, at)
        if "zones" in tables:
            row = self._zone(at)
            if row >= 0:
                return self._named("zones", row, at)
        return self._named("terrain", -1, at) if "terrain" in tables else None

    @cached_property
    def _road_segments(self) -> _Segments:
        return _Segments(self._mesh.roads.fill)

    @cached_property
    def _path_segments(self) -> _Segments:
        return _Segments(self._mesh.paths.fill)

    @cached_property
    def _zone_index(self) -> tuple[GridIndex, Floats, NDArray[np.int64]]:
        part = self._mesh.zones
        cells = part.cells
        corners = part.points[cells][:, :, :2].astype(float)
        rows = np.rint(part.attributes["kind"][cells[:, 0], 0]).astype(np.int64) if len(part) else np.empty(0, int)
        return GridIndex(np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)), corners, rows

    def _zone(self, at: Floats) -> int:
        index, corners, rows = self._zone_index
        for k in index.near(at[0], at[1], 0.0):
            a, b, c = corners[k]
            sides = [_cross(b - a, at[:2] - a), _cross(c - b, at[:2] - b), _cross(a - c, at[:2] - c)]
            if min(sides) >= -_SLACK or max(sides) <= _SLACK:
                return int(rows[k])
        return -1

    def _spot(self, start: Floats, heading: Floats, pixel: float, tables: Collection[str], reach: float) -> Hit | None:
        """Return the symbol nearest to the ray within a few pixels, unless something stands in front of it."""
        if pixel == 0.0 or "places" not in tables:
            return None
        spots = self._mesh.spots["places"].astype(float)
        shown = np.isfinite(spots[:, 0])
        if not shown.any():
            return None
        way = np.where(shown[:, None], spots, 1e12) - start
        along = way @ heading
        apart = np.linalg.norm(way - along[:, None] * heading, axis=1)
        size = np.full(len(along), -pixel) if pixel < 0 else pixel * np.maximum(along, 0.0)
        near = (along > 0) & (apart < _SPOT_PIXELS * size) & (along < reach + 6.0 + 12.0 * size)
        if not near.any():
            return None
        row = int(np.argmin(np.where(near, apart / np.maximum(size, 1e-9), np.inf)))
        return self._named("places", row, spots[row])

    def _named(self, table: str, row: int, at: Floats) -> Hit:
        x, y = self._mesh.origin
        name = "" if row < 0 else str(self._mesh.ids[table][row])
        return Hit(table, name, (float(at[0]) + x, float(at[1]) + y, float(at[2])))


class _Segments:
    """Ribbon triangles as seen from above, for "which street is here": indexed by street, as there are many more."""

    def __init__(self, part: Part) -> None:
        self._part = part
        cells = part.cells
        rows = part.attributes["road"][cells[:, 0], 0] if len(part) else np.empty(0, np.float32)
        self._order = np.argsort(rows, kind="stable").astype(np.int32)
        ordered = np.rint(rows[self._order]).astype(np.int64)
        self._first = np.flatnonzero(np.diff(ordered, prepend=-1))
        self._rows = ordered[self._first]
        if not len(part):
            self._index = GridIndex(np.empty((0, 4)))
            return
        low, high = np.full((len(self._first), 2), np.inf), np.full((len(self._first), 2), -np.inf)
        for k in range(3):
            corner = part.points[cells[self._order, k], :2]
            low = np.minimum(low, np.minimum.reduceat(corner, self._first, axis=0))
            high = np.maximum(high, np.maximum.reduceat(corner, self._first, axis=0))
        self._index = GridIndex(np.concatenate([low, high], axis=1))
        self._last = np.append(self._first[1:], len(part))

    def nearest(self, x: float, y: float, tolerance: float) -> int:
        """Return the row of the ribbon at a point or nearest to it within a tolerance [m]; −1 when there is none."""
        some = self._index.near(x, y, tolerance)
        if not len(some):
            return -1
        count = self._last[some] - self._first[some]
        at = np.arange(count.sum()) + np.repeat(self._first[some] - (np.cumsum(count) - count), count)
        corners = self._part.points[self._part.corners(self._order[at])][:, :, :2].astype(float)
        distance = distance_to_triangles(corners, np.array([x, y]))
        k = int(np.argmin(distance))
        return (
            int(self._rows[some[np.searchsorted(np.cumsum(count), k, side="right")]])
            if distance[k] <= tolerance
            else -1
        )


def moller_trumbore(corners: Floats, start: Floats, heading: Floats) -> Floats:
    """Return the distance along a ray to each triangle (t, 3, 3), inf where it misses.

    T. Möller and B. Trumbore (1997), "Fast, minimum storage ray/triangle intersection", J. Graphics Tools 2(1).
    """
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(heading, e2)
    det = np.einsum("ij,ij->i", e1, p)
    sound = np.abs(det) > 1e-12
    inverse = 1.0 / np.where(sound, det, 1.0)
    s = start - corners[:, 0]
    u = np.einsum("ij,ij->i", s, p) * inverse
    q = np.cross(s, e1)
    v = (q @ heading) * inverse
    t = np.einsum("ij,ij->i", e2, q) * inverse
    met = sound & (u >= -_SLACK) & (v >= -_SLACK) & (u + v <= 1 + _SLACK) & (t > 0)
    return np.where(met, t, np.inf)


def distance_to_triangles(corners: Floats, point: Floats) -> Floats:
    """Return the distance [m] of a point to each triangle (t, 3, 2) in the plane, 0 inside."""
    best = np.full(len(corners), np.inf)
    signs = []
    for k in range(3):
        a, b = corners[:, k], corners[:, (k + 1) % 3]
        d, w = b - a, point - a
        share = np.clip((w * d).sum(axis=1) / np.maximum((d * d).sum(axis=1), 1e-12), 0, 1)
        best = np.minimum(best, np.hypot(*(w - d * share[:, None]).T))
        signs.append(d[:, 0] * w[:, 1] - d[:, 1] * w[:, 0])
    side = np.stack(signs, axis=1)
    inside = (side >= 0).all(axis=1) | (side <= 0).all(axis=1)
    return np.where(inside, 0.0, best)


def slab(boxes: NDArray[np.float32], start: Floats, heading: Floats) -> Floats:
    """Return where a ray enters each box (n, 6), inf where it misses."""
    with np.errstate(divide="ignore", invalid="ignore"):
        near = (boxes[:, :3] - 1e-3 - start) / heading
        far = (boxes[:, 3:] + 1e-3 - start) / heading
    low, high = np.fmin(near, far).max(axis=1), np.fmax(near, far).min(axis=1)
    return np.where((high >= np.maximum(low, 0.0)), np.maximum(low, 0.0), np.inf)


def _cross(a: Floats, b: Floats) -> float:
    return float(a[0] * b[1] - a[1] * b[0])
