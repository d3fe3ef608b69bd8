"""Counts of persons per unit, checked once, so that every measure may trust them.

A unit with a missing count is left out of a measure; a unit in which nobody lives counts nothing; both are legal.
A negative count, and a group larger than the total it is a part of, are errors that name the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""A group may exceed its total by this part of it: shares turned into counts do not come out even."""


def pair(group: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    """Return group and total of the units that are known and inhabited.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
        A group and all persons, the group among them; nan = unknown.

    Returns
    -------
    group, total : array, shape (m,) [persons]
        Of the ``m <= n`` units with known counts and ``total > 0``.

    Raises
    ------
    BadInput
        Lengths differ, a count is negative or infinite, or a group exceeds its total.

    Examples
    --------
    >>> pair([1, 0, float("nan")], [4, 0, 2])
    (array([1.]), array([4.]))
    """
    x, t = column(group), column(total)
    if len(x) != len(t):
        raise BadInput("the group has {a} rows and the total {b}; as many were expected", a=len(x), b=len(t))
    over = x > t * (1 + ROUNDING)
    if over.any():
        row = int(np.argmax(over))
        raise BadInput(
            "row {row}: the group counts {group}, more than all persons, {total}",
            row=row + 1, group=f"{x[row]:g}", total=f"{t[row]:g}",
        )  # fmt: skip
    keep = t > 0
    keep &= x == x
    if keep.all():
        return np.minimum(x, t), t
    x, t = x[keep], t[keep]
    return np.minimum(x, t), t


def column(values: ArrayLike) -> Floats:
    """Return counts as float64, or raise BadInput that names the first row that is no count."""
    x = np.ascontiguousarray(values, dtype=np.float64)
    if x.ndim != 1:
        raise BadInput("counts of one group are one column, shape (n,); this has shape {shape}", shape=str(x.shape))
    if len(x) and not (np.nanmin(x, initial=0.0) >= 0 and np.nanmax(x, initial=0.0) < np.inf):
        row = int(np.argmax((x < 0) | np.isinf(x)))
        raise BadInput("row {row}: {value} is not a number of persons", row=row + 1, value=f"{x[row]:g}")
    return x


def table(counts: ArrayLike) -> Floats:
    """Return the counts of several groups in the units that are known and inhabited.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
        A row per unit, a column per group; groups do not overlap; nan = unknown.

    Returns
    -------
    array, shape (m, g) [persons]

    Raises
    ------
    BadInput
        It is not a table, or a count is negative or infinite.

    Examples
    --------
    >>> table([[1, 2], [0, 0], [3, float("nan")]])
    array([[1., 2.]])
    """
    c = matrix(counts)
    t = c[:, 0].copy()
    for g in range(1, c.shape[1]):  # NumPy sums along an axis this short several times more slowly
        t += c[:, g]
    keep = t > 0
    return c if keep.all() else c[keep]


def matrix(counts: ArrayLike) -> Floats:
    """Return counts (n, g) as float64 with every row, or raise BadInput that names the first wrong row."""
    c = np.ascontiguousarray(counts, dtype=np.float64)
    if c.ndim != 2 or c.shape[1] < 1:
        raise BadInput("counts of several groups have shape (units, groups); this has {shape}", shape=str(c.shape))
    if c.size and not (np.nanmin(c, initial=0.0) >= 0 and np.nanmax(c, initial=0.0) < np.inf):
        for k in range(c.shape[1]):
            column(c[:, k])
    return c


def shares(x: Floats, t: Floats) -> Floats:
    """Return x/t, 0 where nobody lives."""
    out: Any = np.divide(x, t, out=np.zeros_like(x), where=t > 0)
    return np.asarray(out)


def xlogx(p: Any) -> Any:
    """Return p ln p, 0 at p = 0."""
    p = np.asarray(p, dtype=np.float64)
    out = np.zeros_like(p)
    np.log(p, out=out, where=p > 0)
    out *= p
    return out


def entropy_of(p: Any) -> Any:
    """Return the entropy of shares p of one group against the rest, -p ln p - (1 - p) ln(1 - p) [nats]."""
    p = np.asarray(p, dtype=np.float64)
    return -(xlogx(p) + xlogx(1.0 - p))


def nan() -> float:
    """Return the value of a measure that is not defined for the data."""
    return float("nan")
