"""Which tiles of buildings are drawn: all at rest, far ones without walls at first; while all moves the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.draw.overlay import Look
    from twin.scene.meshing.part import Part

_EDGES = 1.6
"""Size of a pixel [m] beyond which edges cannot be seen."""
FLAT = 2.0
"""Size of a pixel [m] beyond which nobody sees, while all moves, that a building has no height."""
ROOFS = 4.0
"""Size of a pixel [m] beyond which walls are hardly seen: a frame that must come at once does without them."""


class Tiles:
    """The tiles of the buildings and what of them is in view.

    Parameters
    ----------
    part : Part
    """

    def __init__(self, part: Part) -> None:
        first, last = part.tiles[:-1], part.tiles[1:]
        self._cells = (last - first)[:, 1]
        n = len(first)
        self._middle = np.zeros((n, 3))
        self._radius = np.zeros(n)
        for k in range(n):
            points = part.points[first[k, 0] : last[k, 0]]
            if len(points):
                low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
                self._middle[k], self._radius[k] = (low + high) / 2, float(np.linalg.norm(high - low)) / 2

    def nearest(self, look: Look, budget: float) -> NDArray[np.bool_]:
        """Say which tiles are drawn when no more than ``budget`` triangles should be; near ones are in any case."""
        way = self._middle - np.array(look.eye)
        depth = way @ np.array(look.forward)
        aside = np.sqrt(np.maximum((way**2).sum(axis=1) - depth**2, 0.0))
        reach = look.half if look.parallel else np.maximum(depth, 0.0) * look.half
        seen = (depth > -self._radius) & (aside < reach + 1.5 * self._radius)
        order = np.argsort(np.where(seen, depth - self._radius, np.inf), kind="stable")
        order = order[: int(seen.sum())]
        spent = np.cumsum(self._cells[order])
        drawn = np.ones(len(seen), dtype=bool)
        drawn[order[spent > budget]] = False
        return drawn | (self._pixels(look) < FLAT)

    def roofed(self, look: Look) -> NDArray[np.bool_]:
        """Say in which tiles walls are so small that roofs alone do for a while."""
        return np.asarray(self._pixels(look) >= ROOFS, dtype=bool)

    def _pixels(self, look: Look) -> NDArray[np.float64]:
        """Return the size of a pixel [m] at the nearest corner of each tile."""
        apart = np.linalg.norm(self._middle - np.array(look.eye), axis=1) - self._radius
        return np.full(len(apart), look.pixel) if look.parallel else look.pixel * np.maximum(apart, 1.0)

    def edged(self, look: Look) -> NDArray[np.bool_]:
        """Say in which tiles edges can be seen."""
        return np.asarray(self._pixels(look) < _EDGES, dtype=bool)
