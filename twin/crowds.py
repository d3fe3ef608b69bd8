"""Points gathered in squares of growing size: what is shown of them from far away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW = 400
"""So many points are never gathered."""
_LEVELS = 14
_TILES = 16
_PER_TILE = 250


@dataclass(frozen=True, eq=False)
class Crowds:
    """Nodes: first the points themselves, then the crowds of each level, in squares twice as large each time.

    Parameters
    ----------
    xy : array, shape (nodes, 2) [m]
        A crowd stands in the middle of its points.
    height : array, shape (nodes,) [m], or None
        Above the ground; None where all lie on it.
    counts : array, shape (nodes,)
    starts : array, shape (levels + 1,)
        First node of each level.
    size : float [m]
        Side of the squares of level 1.
    owners : tuple of arrays
        For each level but the last: which crowd of the next one each of its nodes is in.
    order : array, shape (nodes,)
        Nodes by square of the map, and in each by level.
    firsts : array, shape (squares, levels + 1)
        Where in ``order`` the levels of a square begin.
    boxes : array, shape (squares, 4) [m]
        West, south, east, north.
    """

    xy: Floats
    height: NDArray[np.float32] | None
    counts: NDArray[np.int32]
    starts: Ints
    size: float
    owners: tuple[NDArray[np.int32], ...]
    order: NDArray[np.int32]
    firsts: Ints
    boxes: Floats

    @property
    def rows(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self.starts) - 1

    def level(self, apart: float) -> int:
        """Return the level whose nodes stand at least so far apart [m]; 0 (all points) where they are nearer."""
        if self.levels < 2 or apart < self.size:
            return 0
        return int(np.clip(np.floor(np.log2(apart / self.size)) + 1, 0, self.levels - 1))

    def nodes(self, square: int, level: int) -> Ints:
        """Return the nodes of a level in a square of the map."""
        first, last = self.firsts[square, level : level + 2]
        return self.order[first:last].astype(np.int64)

    @cached_property
    def leads(self) -> Ints:
        """For each node the number of the first of its points: that of the point itself where there is one."""
        found = [np.arange(self.starts[1])]
        for owner, m in zip(self.owners, np.diff(self.starts)[1:], strict=True):
            found.append(found[-1][_first(owner, m)])
        return np.concatenate(found)

    def means(self, values: NDArray[np.float32], codes: bool = False) -> NDArray[np.float32]:
        """Return values (n,) or (t, n) of the points with those of the crowds behind them: means of what is known.

        Of codes a crowd takes that of its first point.
        """
        if not self.owners:
            return values
        rows = values.reshape(-1, values.shape[-1])
        known = np.isfinite(rows)
        total, weight = np.where(known, rows, 0).astype(float), known.astype(float)
        kept = [rows]
        for owner, m in zip(self.owners, np.diff(self.starts)[1:], strict=True):
            if codes:
                kept.append(kept[-1][:, _first(owner, m)])
                continue
            total, weight = (np.stack([np.bincount(owner, row, m) for row in part]) for part in (total, weight))
            kept.append(np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan).astype(np.float32))
        found = np.concatenate(kept, axis=1)
        return found[0] if values.ndim == 1 else found


def _first(owner: NDArray[np.int32], count: int) -> Ints:
    """Return the first node of each of so many crowds."""
    first = np.empty(count, dtype=np.int64)
    first[owner[::-1]] = np.arange(len(owner) - 1, -1, -1)
    return first


def gather(xy: Floats, height: Floats | None = None, gathered: bool = True) -> Crowds:
    """Gather points in squares; level by level, each from the one below.

    Parameters
    ----------
    xy : array, shape (n, 2) [m]
    height : array, shape (n,) [m], optional
        Above the ground.
    gathered : bool
        False: no crowds, squares of the map alone.
    """
    n = len(xy)
    at, count = np.asarray(xy, dtype=float), np.ones(n)
    above = None if height is None else np.nan_to_num(np.asarray(height, dtype=float))
    places, counts, heights = [at], [count], [above]
    owners: list[NDArray[np.int32]] = []
    low, high = (at.min(axis=0), at.max(axis=0)) if n else (np.zeros(2), np.zeros(2))
    extent = max(float((high - low).max()), 1.0)
    # Level 1 gathers points that stand closer than usual; each further level about four of its crowds.
    size = side = max(extent * np.sqrt(0.25 / max(n, 1)), extent / 2**_LEVELS, 1.0)
    while gathered and n > FEW and len(places) <= _LEVELS:
        cell = np.floor((at - low) / side).astype(np.int64)
        key, owner = np.unique(cell[:, 1] * (2**31) + cell[:, 0], return_inverse=True)
        more: Floats = np.bincount(owner, count, len(key)).astype(float)
        at = np.stack([np.bincount(owner, at[:, i] * count, len(key)) / more for i in range(2)], axis=1)
        if above is not None:
            above = np.bincount(owner, above * count, len(key)) / more
        count = more
        places.append(at)
        counts.append(count)
        heights.append(above)
        owners.append(owner.astype(np.int32))
        if len(key) <= 4:
            break
        side *= 2
    nodes = np.concatenate(places)
    starts = np.cumsum([0] + [len(part) for part in places])
    return Crowds(
        nodes,
        None if height is None else np.concatenate([part for part in heights if part is not None]).astype(np.float32),
        np.concatenate(counts).astype(np.int32),
        starts,
        float(size),
        tuple(owners),
        *_squares(nodes, starts, low, extent),
    )


def _squares(nodes: Floats, starts: Ints, low: Floats, extent: float) -> tuple[NDArray[np.int32], Ints, Floats]:
    """Return the order of the nodes, where the levels of each square begin in it, and the boxes of the squares."""
    levels = len(starts) - 1
    if not len(nodes):
        return np.empty(0, dtype=np.int32), np.empty((0, levels + 1), dtype=np.int64), np.empty((0, 4))
    n = int(np.clip(np.ceil(np.sqrt(starts[1] / _PER_TILE)), 1, _TILES))
    cell = np.clip(((nodes - low) / extent * n).astype(np.int64), 0, n - 1)
    level = np.repeat(np.arange(levels), np.diff(starts))
    key = ((cell[:, 1] * n + cell[:, 0]) * levels + level).astype(np.int16)
    order = np.argsort(key, kind="stable").astype(np.int32)
    used = np.unique(key // levels)
    firsts = np.searchsorted(key[order], used[:, None] * levels + np.arange(levels + 1))
    sorted_nodes = nodes[order]
    boxes = np.concatenate(
        [np.minimum.reduceat(sorted_nodes, firsts[:, 0]), np.maximum.reduceat(sorted_nodes, firsts[:, 0])], axis=1
    )
    return order, firsts.astype(np.int64), boxes


def radius(counts: NDArray[np.int32]) -> Floats:
    """Return how large a crowd is drawn [points on the screen]: 8 for a few, 16 for a hundred thousand."""
    return np.asarray(np.clip(6.5 + 1.9 * np.log10(np.maximum(counts, 1)) + 0.8, 8.0, 17.0), dtype=float)
