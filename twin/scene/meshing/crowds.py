"""Points gathered in squares of growing size: what is drawn of them from far away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEVELS = 14
_TILES = 16
_PER_TILE = 250


@dataclass(frozen=True, eq=False)
class Crowds:
    """Nodes: first the points themselves, then the crowds of each level, in squares twice as large each time.

    Parameters
    ----------
    points : array, shape (nodes, 3) [m]
        A crowd stands in the middle of its points.
    counts : array, shape (nodes,)
    values : array, shape (nodes,) or (t, nodes), or None
        Means of the known values (of codes the most frequent one); None where there are no crowds.
    starts : array, shape (levels + 1,)
        First node of each level.
    size : float [m]
        Side of the squares of level 1.
    """

    points: Floats
    counts: Ints
    values: NDArray[np.float32] | None
    starts: Ints
    size: float

    @property
    def rows(self) -> int:
        """Number of nodes."""
        return len(self.points)

    def level(self, apart: float) -> int:
        """Return the level whose nodes stand at least so far apart [m]; 0 (all points) where they are nearer."""
        if len(self.starts) < 3 or apart < self.size:
            return 0
        return int(np.clip(np.floor(np.log2(apart / self.size)) + 1, 0, len(self.starts) - 2))

    def tiles(self) -> Iterator[tuple[Floats, tuple[Ints, ...]]]:
        """Yield squares of the map: box (6,) and the nodes in it of each level."""
        if not len(self.points):
            return
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        n = int(np.clip(np.ceil(np.sqrt(self.starts[1] / _PER_TILE)), 1, _TILES))
        size = max(float(max(high[:2] - low[:2])) / n, 1.0)
        cell = np.minimum(np.floor((self.points[:, :2] - low[:2]) / size).astype(np.int64), n - 1)
        key = cell[:, 1] * n + cell[:, 0]
        order = np.argsort(key, kind="stable")
        firsts = np.concatenate([[0], np.flatnonzero(np.diff(key[order])) + 1])
        sorted_points = self.points[order]
        lows, highs = np.minimum.reduceat(sorted_points, firsts), np.maximum.reduceat(sorted_points, firsts)
        for i, some in enumerate(np.split(order, firsts[1:])):
            # The nodes of a square come in the order of their numbers, and so level by level.
            levels = np.split(some, np.searchsorted(some, self.starts[1:-1]))
            yield np.concatenate([lows[i], highs[i]]), tuple(levels)


def gather(points: Floats, values: NDArray[np.float32] | None, codes: bool = False) -> Crowds:
    """Gather points in squares; level by level, each from the one below.

    Parameters
    ----------
    points : array, shape (n, 3) [m]
    values : array, shape (n,) or (t, n), or None
        None: no crowds at all.
    codes : bool
        Values are codes, of which a crowd takes that of its first point rather than a mean.
    """
    n = len(points)
    if values is None or n < 2:
        return Crowds(points, np.ones(n, dtype=np.int64), None, np.array([0, n]), 1.0)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    extent = max(float((high - low).max()), 1.0)
    # Level 1 gathers points that stand closer than usual; each further level about four of its crowds.
    size = max(extent * np.sqrt(0.25 / n), extent / 2**_LEVELS, 1.0)
    rows = values.reshape(-1, n)
    kept = [(points, np.ones(n, dtype=np.int64), rows)]
    at, count = np.asarray(points, dtype=float), np.ones(n)
    known = np.isfinite(rows)
    total, weight = np.where(known, rows, 0).astype(float), known.astype(float)
    side = size
    while len(kept) <= _LEVELS:
        cell = np.floor((at[:, :2] - low) / side).astype(np.int64)
        key, owner = np.unique(cell[:, 1] * (2**31) + cell[:, 0], return_inverse=True)
        m = len(key)
        more = np.bincount(owner, weights=count, minlength=m)
        at = np.stack([np.bincount(owner, weights=at[:, i] * count, minlength=m) / more for i in range(3)], axis=1)
        if codes:
            first = np.full(m, len(owner), dtype=np.int64)
            np.minimum.at(first, owner, np.arange(len(owner)))
            mean = kept[-1][2][:, first]
        else:
            total = np.stack([np.bincount(owner, weights=row, minlength=m) for row in total])
            weight = np.stack([np.bincount(owner, weights=row, minlength=m) for row in weight])
            mean = np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan).astype(np.float32)
        count = np.asarray(more, dtype=float)
        kept.append((at, more.astype(np.int64), mean))
        if m <= 4:
            break
        side *= 2
    starts = np.cumsum([0] + [len(part[0]) for part in kept])
    means = np.concatenate([part[2] for part in kept], axis=1).astype(np.float32)
    return Crowds(
        np.concatenate([part[0] for part in kept]),
        np.concatenate([part[1] for part in kept]),
        means[0] if values.ndim == 1 else means,
        starts,
        size,
    )


def radius(counts: Ints) -> Floats:
    """Return how large a crowd is drawn [points on the screen]: 8 for a few, 16 for a hundred thousand."""
    return np.asarray(np.clip(6.5 + 1.9 * np.log10(np.maximum(counts, 1)) + 0.8, 8.0, 17.0), dtype=float)
