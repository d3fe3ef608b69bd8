"""An index of rectangles on a square grid: plain arrays, quick to make, asked along rays and around points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MAX_CELLS = 1024


class GridIndex:
    """Rectangles by the grid cells they touch.

    Parameters
    ----------
    boxes : array, shape (n, 4) [m]
        West, south, east, north; rectangles that are not finite are never found.
    """

    def __init__(self, boxes: Floats) -> None:
        self._known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        self._empty = not len(self._known)
        if self._empty:
            return
        known = boxes[self._known]
        self._low, high = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
        extent = np.maximum(high - self._low, 1e-3)
        self._cell = float(max(np.sqrt(extent[0] * extent[1] / len(known)) * 1.5, extent.max() / _MAX_CELLS, 1e-3))
        self._nx, self._ny = (int(v) for v in np.floor(extent / self._cell).astype(int) + 1)
        i0, j0 = self._place(known[:, 0], known[:, 1])
        i1, j1 = self._place(known[:, 2], known[:, 3])
        wide, tall = i1 - i0 + 1, j1 - j0 + 1
        count = wide * tall
        owner = np.repeat(np.arange(len(known)), count)
        k = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        cell = (j0[owner] + k // wide[owner]) * self._nx + i0[owner] + k % wide[owner]
        order = np.argsort(cell, kind="stable")
        self._items = self._known[owner[order]]
        self._first = np.searchsorted(cell[order], np.arange(self._nx * self._ny + 1))

    def near(self, x: float, y: float, radius: float) -> Ints:
        """Return the rectangles that may lie within a radius of a point."""
        if self._empty:
            return np.empty(0, dtype=np.int64)
        i0, j0 = self._raw(x - radius, y - radius)
        i1, j1 = self._raw(x + radius, y + radius)
        if i1 < 0 or j1 < 0 or i0 >= self._nx or j0 >= self._ny:
            return np.empty(0, dtype=np.int64)
        i0, j0, i1, j1 = max(i0, 0), max(j0, 0), min(i1, self._nx - 1), min(j1, self._ny - 1)
        rows = np.arange(j0, j1 + 1) * self._nx
        return self._of((rows[:, None] + np.arange(i0, i1 + 1)[None, :]).ravel())

    def along(self, start: Floats, heading: Floats, t0: float, t1: float) -> Ints:
        """Return the rectangles whose cells a ray passes between two distances, seen from above."""
        if self._empty:
            return np.empty(0, dtype=np.int64)
        t0, t1 = self._clipped(start, heading, t0, t1)
        if t1 < t0:
            return np.empty(0, dtype=np.int64)
        cuts = [np.array([t0, t1])]
        for axis in (0, 1):
            if abs(heading[axis]) > 1e-12:
                a = (start[axis] + heading[axis] * t0 - self._low[axis]) / self._cell
                b = (start[axis] + heading[axis] * t1 - self._low[axis]) / self._cell
                lines = np.arange(np.ceil(min(a, b)), np.floor(max(a, b)) + 1)
                cuts.append((lines * self._cell + self._low[axis] - start[axis]) / heading[axis])
        t = np.sort(np.concatenate(cuts))
        middle = np.concatenate([t, (t[1:] + t[:-1]) / 2])
        i, j = self._place(start[0] + heading[0] * middle, start[1] + heading[1] * middle)
        return self._of(np.unique(j * self._nx + i))

    def _of(self, cells: Ints) -> Ints:
        first, last = self._first[cells], self._first[cells + 1]
        count = last - first
        total = int(count.sum())
        if total == 0:
            return np.empty(0, dtype=np.int64)
        at = np.repeat(first, count) + np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        return np.unique(self._items[at])

    def _clipped(self, start: Floats, heading: Floats, t0: float, t1: float) -> tuple[float, float]:
        for axis, n in ((0, self._nx), (1, self._ny)):
            low = float(self._low[axis])
            high = low + n * self._cell
            if abs(heading[axis]) < 1e-12:
                if not low <= start[axis] <= high:
                    return 1.0, 0.0
                continue
            a, b = sorted(((low - start[axis]) / heading[axis], (high - start[axis]) / heading[axis]))
            t0, t1 = max(t0, a), min(t1, b)
        return t0, t1

    def _raw(self, x: float, y: float) -> tuple[int, int]:
        return int(np.floor((x - self._low[0]) / self._cell)), int(np.floor((y - self._low[1]) / self._cell))

    def _place(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        i = np.clip(np.floor((x - self._low[0]) / self._cell), 0, self._nx - 1).astype(np.int64)
        j = np.clip(np.floor((y - self._low[1]) / self._cell), 0, self._ny - 1).astype(np.int64)
        return i, j
