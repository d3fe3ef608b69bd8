"""Where a line of sight meets layers with places of their own: boxes in tiles, then exact; numpy alone, no VTK."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.scene.picking import moller_trumbore, slab

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PER_TILE = 400


@dataclass(frozen=True, eq=False)
class Ray:
    """A line of sight.

    Parameters
    ----------
    start, heading : array, shape (3,)
        Relative to the mesh's origin; the heading has unit length.
    pixel : float
        Size of a pixel per metre of distance; negative and in metres in a parallel projection.
    reach : float [m]
        Where a building or the ground ends it.
    ground : float or None [m]
        Where it meets the ground, if nothing of the city that is shown lies there.
    scale : float
        Device pixels per point.
    """

    start: Floats
    heading: Floats
    pixel: float
    reach: float
    ground: float | None = None
    scale: float = 1.0

    def size(self, along: Floats) -> Floats:
        """Return the size of a pixel [m] at distances."""
        return np.full(np.shape(along), -self.pixel) if self.pixel < 0 else self.pixel * np.maximum(along, 1.0)

    def point(self, along: float) -> Floats:
        """Return the point at a distance."""
        return np.asarray(self.start + self.heading * along, dtype=float)


@dataclass(frozen=True)
class Met:
    """What is met: distance [m], row of the value, how many points it stands for."""

    distance: float
    row: int
    count: int = 1


class Boxed:
    """Boxes sorted into square tiles, so that a ray looks at few of them.

    Parameters
    ----------
    boxes : array, shape (n, 6) [m]
        Lowest and highest x, y, z.
    """

    def __init__(self, boxes: Floats) -> None:
        known = np.isfinite(boxes).all(axis=1)
        middle = (boxes[:, :2] + boxes[:, 3:5]) / 2
        side = max(int(np.sqrt(known.sum() / _PER_TILE)), 1)
        key = np.full(len(boxes), side * side, dtype=np.int64)
        if known.any():
            low, high = middle[known].min(axis=0), middle[known].max(axis=0)
            cell = (middle[known] - low) / np.maximum(high - low, 1e-6) * side
            cell = np.minimum(cell.astype(np.int64), side - 1)
            key[known] = cell[:, 1] * side + cell[:, 0]
        order = np.argsort(key, kind="stable")[: int(known.sum())]
        self.order = order.astype(np.int32)
        self._boxes = boxes[order].astype(np.float32)
        first = np.flatnonzero(np.diff(key[order], prepend=-1)) if len(order) else np.empty(0, dtype=np.int64)
        self._first = np.append(first, len(order))
        empty = np.empty((0, 6), dtype=np.float32)
        self._tiles = empty if not len(order) else np.concatenate([
            np.minimum.reduceat(self._boxes[:, :3], first), np.maximum.reduceat(self._boxes[:, 3:], first)
        ], axis=1)  # fmt: skip

    def along(self, ray: Ray, pixels: float = 0.0) -> Ints:
        """Return the boxes that a ray passes within so many pixels."""
        tiles = np.flatnonzero(passed(self._tiles, ray, pixels))
        count = self._first[tiles + 1] - self._first[tiles]
        some = np.arange(count.sum()) + np.repeat(self._first[tiles] - (np.cumsum(count) - count), count)
        return np.asarray(self.order[some[passed(self._boxes[some], ray, pixels)]], dtype=np.int64)


def passed(boxes: NDArray[np.floating], ray: Ray, pixels: float = 0.0) -> NDArray[np.bool_]:
    """Say which boxes (n, 6) a ray passes within so many pixels."""
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    wide = boxes.astype(float)
    if pixels:
        far = np.linalg.norm((wide[:, :3] + wide[:, 3:]) / 2 - ray.start, axis=1)
        far += np.linalg.norm(wide[:, 3:] - wide[:, :3], axis=1) / 2
        margin = (pixels * ray.size(far))[:, None]
        wide[:, :3] -= margin
        wide[:, 3:] += margin
    return np.isfinite(slab(wide, ray.start, ray.heading))


def nearest_point(points: Floats, pixels: Floats, ray: Ray) -> tuple[int, float]:
    """Return which of some points (n, 3) is met within its number of pixels, and how far; −1 for none."""
    way = points - ray.start
    along = way @ ray.heading
    apart = np.linalg.norm(way - along[:, None] * ray.heading, axis=1) / ray.size(along)
    return _best(apart, along, pixels, ray)


def nearest_segment(start: Floats, end: Floats, pixels: Floats, ray: Ray) -> tuple[int, float]:
    """Return which of some segments (n, 3) is met within its number of pixels, and how far; −1 for none."""
    v, w = end - start, start - ray.start
    b, c = v @ ray.heading, np.einsum("ij,ij->i", v, v)
    d, e = w @ ray.heading, np.einsum("ij,ij->i", v, w)
    apart = c - b * b
    share = np.clip(np.where(apart > 1e-9, (b * d - e) / np.where(apart > 1e-9, apart, 1.0), 0.5), 0.0, 1.0)
    return nearest_point(start + v * share[:, None], pixels, ray)


def _best(apart: Floats, along: Floats, pixels: Floats, ray: Ray) -> tuple[int, float]:
    met = (along > 0) & (apart <= pixels) & (along < ray.reach + 6.0 + 12.0 * ray.size(along))
    if not met.any():
        return -1, np.inf
    k = int(np.argmin(np.where(met, apart, np.inf)))
    return k, float(along[k])


def nearest_wall(corner: Floats, along: Floats, up: Floats, ray: Ray) -> tuple[int, float]:
    """Return which of some upright rectangles (n, 3) is met first, and how far; −1 for none.

    Parameters
    ----------
    corner, along, up : array, shape (n, 3)
        Lower left corner, and the ways to the lower right and the upper left one.
    """
    first = np.stack([corner, corner + along, corner + along + up], axis=1)
    second = np.stack([corner, corner + along + up, corner + up], axis=1)
    return nearest_triangle(np.concatenate([first, second]), ray, len(corner))


def nearest_triangle(corners: Floats, ray: Ray, n: int = 0) -> tuple[int, float]:
    """Return which of some triangles (t, 3, 3) is met first (modulo ``n``), and how far; −1 for none."""
    t = moller_trumbore(corners, ray.start, ray.heading)
    if not len(t) or not np.isfinite(t.min()):
        return -1, np.inf
    k = int(np.argmin(t))
    return k % n if n else k, float(t[k])
