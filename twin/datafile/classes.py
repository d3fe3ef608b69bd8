"""Class limits of numbers: equal counts, equal steps, natural breaks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.datafile.spec import Method

_SAMPLE = 200_000
_SAME = 1e-6
_JENKS = 3_000
"""Natural breaks are exact up to so many values; of more, as many quantiles stand for them (its time is n²)."""


def limits(values: NDArray[np.floating], method: Method, classes: int) -> tuple[float, ...]:
    """Return class limits, lowest and highest value included; fewer where values repeat.

    Parameters
    ----------
    values : array, any shape
        nan = unknown; at most 200,000 of them, evenly spread, are looked at.
    method : str
        ``"quantile"``, ``"equal"`` or ``"natural"`` (Fisher–Jenks).
    classes : int
        Classes wanted.

    Returns
    -------
    tuple of float
        Ascending; empty when there are fewer than two different values.

    Notes
    -----
    Natural breaks minimise the squared deviation from the class means (W. D. Fisher 1958, «On grouping for maximum
    homogeneity», JASA 53, doi:10.1080/01621459.1958.10501479), as ``jenkspy`` has it.

    Examples
    --------
    >>> limits(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9]), "equal", 4)
    (1.0, 3.0, 5.0, 7.0, 9.0)
    """
    flat = np.asarray(values, dtype=float).ravel()
    if flat.size > _SAMPLE:
        ends = (np.nanmin(flat), np.nanmax(flat))
        flat = np.concatenate([flat[:: math.ceil(flat.size / _SAMPLE)], ends])
    known = np.sort(flat[np.isfinite(flat)])
    if not known.size or known[0] == known[-1]:
        return ()
    if method == "equal":
        found = np.linspace(known[0], known[-1], classes + 1)
    elif method == "natural":
        found = _natural(known, classes)
    else:
        few = _few(known, classes)
        found = _quantiles(known, classes) if few is None else few
    return tuple(float(v) for v in np.unique(found))


def _quantiles(known: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """Return limits of equal numbers; where values repeat so often that limits meet, each class as near as can be.

    Else a column of mostly zeros would be one class that tells nothing.
    """
    found = np.quantile(known, np.linspace(0, 1, classes + 1))
    if np.unique(found).size == classes + 1:
        return found
    different, counts = np.unique(known, return_counts=True)
    ends = np.cumsum(counts)
    made, taken = [different[0]], 0
    for left in range(classes, 1, -1):
        begun = np.searchsorted(ends, taken, side="right")
        goal = taken + (ends[-1] - taken) / left
        # the value that passes the goal ends the class, or begins the next where that is nearer
        end = int(np.searchsorted(ends, goal))
        if end > begun and goal - ends[end - 1] < ends[end] - goal:
            end -= 1
        if end + 1 >= different.size:
            break
        made.append((different[end] + different[end + 1]) / 2)
        taken = int(ends[end])
    return np.array([*made, different[-1]])


def _natural(known: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    import jenkspy

    if known.size > _JENKS:
        known = np.quantile(known, np.linspace(0, 1, _JENKS))
    few = _few(known, classes)
    if few is not None:
        return few
    return np.asarray(jenkspy.jenks_breaks(known, n_classes=classes), dtype=float)


def _few(known: NDArray[np.float64], classes: int) -> NDArray[np.float64] | None:
    """Return limits midway between values that are no more than the classes: each has one of its own."""
    different = np.unique(known)
    if different.size > classes:
        return None
    return np.concatenate([different[:1], (different[:-1] + different[1:]) / 2, different[-1:]])


def rounded(limits: tuple[float, ...]) -> tuple[float, ...]:
    """Return limits with as few digits as keep them apart and the outer ones outside, as a legend should read.

    Examples
    --------
    >>> rounded((0.1234, 17.3051, 98.76))
    (0.0, 17.0, 99.0)
    """
    if len(limits) < 2:
        return limits
    near = _SAME * (limits[-1] - limits[0])
    kept = [limits[0]]
    kept += [v for before, v in pairwise(limits[:-1]) if v - before > near and limits[-1] - v > near]
    limits = (*kept, limits[-1])
    least = min(b - a for a, b in pairwise(limits))
    if least <= 0:
        return limits
    exponent = math.floor(math.log10(least / 2))
    unit, digits = 10.0**exponent, max(-exponent, 0)
    low, *inner, high = limits
    first, last = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    made = {round(v, digits) for v in (first, *(round(v / unit) * unit for v in inner), last)}
    return tuple(sorted(made - {min(made), max(made)} | {min(low, *made), max(high, *made)}))
