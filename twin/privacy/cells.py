"""The small-cell rule: which values rest on too few persons to be shown or given away, and what else must then go.

Primary: a value that rests on 1 to threshold - 1 persons is withheld, and a share of fewer than 20. Secondary: where
one withheld number could be worked out from sums that are known, another goes with it. Practice of statistical offices
and trusted research environments (A. Hundepool et al., Statistical Disclosure Control, 2012, ch. 4; the program ACRO,
https://github.com/AI-SDC/ACRO: n < 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

DISPLAY = 5
"""Fewest persons behind a value that is shown."""
EXPORT = 10
"""Fewest persons behind a value that leaves the program."""
LEAST_BASE = 20
"""Fewest persons a share is made of."""
BASE = 5
"""Counts that leave the program are multiples of it."""


def support_of_share(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return how many persons a share rests on: the fewer of those in and out of it, and a quarter of the whole.

    Nobody and everybody are as telling as one person is: they count as 0 where the whole is withheld, too.

    Parameters
    ----------
    part, whole : array of the same shape [persons]

    Returns
    -------
    array
        Above 0 and under the threshold means withheld; 0 for nobody at all; inf where nothing is told of anybody.

    Examples
    --------
    >>> support_of_share([3, 30, 0, 8], [60, 60, 60, 16]).tolist()
    [3.0, 15.0, 15.0, 4.0]
    """
    x, t = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    few = t / (LEAST_BASE / DISPLAY)
    for count in (x, t - x):
        few = np.where(count > 0, np.minimum(few, count), few)
    return np.asarray(np.where(t > 0, few, 0.0))


def withheld(support: ArrayLike, threshold: float) -> Mask:
    """Return which values rest on too few persons: more than nobody, fewer than the threshold.

    Examples
    --------
    >>> withheld([0, 0.5, 4.99, 5, np.inf], 5).tolist()
    [False, True, True, False, False]
    """
    s = np.asarray(support, dtype=float)
    return np.asarray((s > 0) & (s < threshold - 1e-9))


def never_alone(mask: Mask, order: ArrayLike) -> Mask:
    """Return a mask in which no value is withheld alone: the sum of all is known, so a second one goes with it.

    Parameters
    ----------
    mask : array of bool, shape (n,)
    order : array, shape (n,)
        The lowest that is not yet withheld goes; nan and 0 never do.

    Examples
    --------
    >>> never_alone(np.array([True, False, False]), [2, 40, 30]).tolist()
    [True, False, True]
    """
    if mask.sum() != 1:
        return mask
    rank = np.asarray(order, dtype=float).copy()
    rank[mask | ~np.isfinite(rank) | (rank <= 0)] = np.inf
    out = mask.copy()
    if np.isfinite(rank).any():
        out[int(np.argmin(rank))] = True
    return out


def table_mask(counts: ArrayLike, threshold: float) -> Mask:
    """Return which cells of a table are withheld, so that none follows from the sums of its rows and columns.

    A withheld cell can be worked out exactly when, with rows and columns as the nodes and withheld cells as the edges
    of a graph, it lies on no circle. Until each does, the cheapest three cells that close one are withheld too (cells
    of nobody last).

    Parameters
    ----------
    counts : array, shape (r, c) [persons]
    threshold : float

    Returns
    -------
    array of bool, shape (r, c)
        Where no circle can be closed (one row or one column) the whole table.

    Examples
    --------
    >>> table_mask([[3, 40], [50, 60], [70, 80]], 5).astype(int).tolist()
    [[1, 1], [1, 1], [0, 0]]
    """
    c = np.asarray(counts, dtype=float)
    mask = withheld(c, threshold)
    if not mask.any():
        return mask
    if min(c.shape) < 2:
        return np.ones(c.shape, dtype=bool)
    while True:
        open_edges = bridges(mask)
        if not len(open_edges):
            return mask
        closed = _closed(mask, c, *open_edges[0])
        if closed is None:
            return np.ones(c.shape, dtype=bool)
        mask = closed


def _closed(mask: Mask, c: Floats, row: int, column: int) -> Mask | None:
    """Return the mask with the cheapest rectangle through a cell withheld; None where there is none left."""
    rows, columns = (np.delete(np.arange(n), k) for n, k in zip(c.shape, (row, column), strict=True))
    price = np.where(mask, 0.0, np.where(c > 0, c, np.inf))
    total = price[rows, column][:, None] + price[row, columns][None, :] + price[np.ix_(rows, columns)]
    if not np.isfinite(total).any():
        price = np.where(mask, 0.0, np.maximum(c, 1.0))
        total = price[rows, column][:, None] + price[row, columns][None, :] + price[np.ix_(rows, columns)]
    i, j = np.unravel_index(int(np.argmin(total)), total.shape)
    out = mask.copy()
    out[rows[i], column] = out[row, columns[j]] = out[rows[i], columns[j]] = True
    return None if (out == mask).all() else out


def bridges(mask: Mask) -> list[tuple[int, int]]:
    """Return the withheld cells that follow from row and column sums: edges of the graph that lie on no circle.

    Examples
    --------
    >>> bridges(np.array([[True, True, False], [True, True, True]]))
    [(1, 2)]
    """
    n_rows = len(mask)
    edges = [(int(r), n_rows + int(c)) for r, c in zip(*np.nonzero(mask), strict=True)]
    found = []
    for skipped, (a, b) in enumerate(edges):
        # tables are small: each edge is left out in turn to see whether its ends are still joined
        joined, seen = [a], {a}
        near: dict[int, list[int]] = {}
        for k, (x, y) in enumerate(edges):
            if k != skipped:
                near.setdefault(x, []).append(y)
                near.setdefault(y, []).append(x)
        while joined:
            for node in near.get(joined.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    joined.append(node)
        if b not in seen:
            found.append((a, b - n_rows))
    return found


def rounded(counts: ArrayLike, base: int = BASE) -> Floats:
    """Return counts to the nearest multiple of ``base``, the same for the same count (halves up).

    Examples
    --------
    >>> rounded([12, 12.5, 13, float("nan")]).tolist()
    [10.0, 15.0, 15.0, nan]
    """
    return np.asarray(np.floor(np.asarray(counts, dtype=float) / base + 0.5) * base)


def coarse(counts: ArrayLike) -> Floats:
    """Return counts as they may stand anywhere: to multiples of 5, those of fewer than ten withheld (nan).

    Examples
    --------
    >>> coarse([0, 3, 9, 10, 43]).tolist()
    [0.0, nan, nan, 10.0, 45.0]
    """
    return np.where(withheld(counts, EXPORT), np.nan, rounded(counts))


def difference_withheld(a: ArrayLike, b: ArrayLike, threshold: float) -> Mask:
    """Return which differences tell of too few persons: the two rest on numbers that differ by 1 to threshold - 1.

    Two tables that may be shown each can tell of one person together.

    Parameters
    ----------
    a, b : array, shape (n,) [persons]
        What the values rest on; nan or inf = nothing is told.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    both = np.isfinite(x) & np.isfinite(y)
    return np.asarray(both & withheld(np.abs(np.where(both, x - y, 0.0)), threshold))
