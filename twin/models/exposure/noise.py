"""Who is exposed to noise: Lden, people by class, highly annoyed, highly sleep-disturbed.

Directive 2002/49/EC, annexes I and VI; assignment of people to façades: Directive (EU) 2015/996, 2.8, as amended by
(EU) 2021/1226; harmful effects: annex III as of Directive (EU) 2020/367. Functions of numbers alone: levels at
receivers and people in buildings go in, sums over any part of the people come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

EVENING, NIGHT = 5.0, 10.0
"""Penalties [dB] of evening and night in Lden (2002/49/EC, annex I)."""
LDEN_FROM, LNIGHT_FROM = 55.0, 50.0
"""Levels from which people are reported (2002/49/EC, annex VI)."""
CLASS = 5.0
"""Width of a class [dB]."""


def leq24(day: Floats, evening: Floats, night: Floats, hours: tuple[float, float, float] = (12.0, 4.0, 8.0)) -> Floats:
    """Return the mean level of 24 hours [dB] from those of day, evening and night.

    Examples
    --------
    >>> float(leq24(np.array(60.0), np.array(60.0), np.array(60.0)))
    60.0
    """
    return _mean((day, evening, night), (0.0, 0.0, 0.0), hours)


def lden(day: Floats, evening: Floats, night: Floats, hours: tuple[float, float, float] = (12.0, 4.0, 8.0)) -> Floats:
    """Return Lden [dB], 2002/49/EC, annex I, 1.

    Parameters
    ----------
    day, evening, night : array, any shape [dB]
    hours : tuple of 3 floats
        Their lengths.

    Examples
    --------
    >>> round(float(lden(np.array(60.0), np.array(60.0), np.array(60.0))), 1)
    66.4
    """
    return _mean((day, evening, night), (0.0, EVENING, NIGHT), hours)


def _mean(levels: tuple[Floats, ...], more: tuple[float, ...], hours: tuple[float, ...]) -> Floats:
    parts = [h * 10 ** ((np.asarray(level) + extra) / 10) for level, extra, h in zip(levels, more, hours, strict=True)]
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(np.sum(parts, axis=0) / sum(hours)))


def highly_annoyed(level: Floats) -> Floats:
    """Return the share of people highly annoyed by road noise at a level of Lden, annex III, equation for roads.

    Valid from 40 to 80 dB Lden; below 40 dB it is that at 40 dB, above 80 that at 80.

    Examples
    --------
    >>> round(float(highly_annoyed(np.array(60.0))), 3)
    0.151
    """
    x = np.clip(level, 40.0, 80.0)
    return np.asarray((78.9270 - 3.1162 * x + 0.0342 * x * x) / 100)


def sleep_disturbed(level: Floats) -> Floats:
    """Return the share of people whose sleep road noise disturbs highly at a level of Lnight, annex III.

    Valid from 40 to 65 dB Lnight; outside as at its ends.

    Examples
    --------
    >>> round(float(sleep_disturbed(np.array(55.0))), 3)
    0.062
    """
    x = np.clip(level, 40.0, 65.0)
    return np.asarray((19.4312 - 0.9336 * x + 0.0126 * x * x) / 100)


def assigned(levels: Floats, building: Whole, length: Floats, one_sided: bool = False) -> Floats:
    """Return the share of each receiver in the people of its building; 1 over the receivers of each building.

    Parameters
    ----------
    levels : array, shape (n,) [dB]
        By which receivers are put in order.
    building : array of int, shape (n,)
    length : array, shape (n,) [m]
        Façade that each receiver stands for.
    one_sided : bool
        Case 1 of the directive: dwellings have one façade, and people are spread by its length. Else case 2: receivers
        are ordered by level, the lowest is left out where their number is odd, and people are spread evenly over the
        louder half.

    Examples
    --------
    >>> assigned(np.array([60.0, 50.0, 55.0, 40.0, 30.0]), np.zeros(5, int), np.ones(5)).tolist()
    [0.5, 0.0, 0.5, 0.0, 0.0]
    """
    share = np.zeros(len(levels))
    order = np.lexsort((-levels, building))
    if not len(order):
        return share
    ends = np.flatnonzero(np.r_[building[order][1:] != building[order][:-1], True]) + 1
    begin = 0
    for end in ends:
        rows = order[begin:end]
        if one_sided:
            total = float(length[rows].sum())
            share[rows] = length[rows] / total if total > 0 else 1 / len(rows)
        else:
            half = max(len(rows) // 2, 1)
            share[rows[:half]] = 1 / half
        begin = int(end)
    return share


def per_class(levels: Floats, people: Floats, first: float, last: float) -> Floats:
    """Return people in classes of 5 dB from ``first`` on, the last one open above ``last``.

    Levels are rounded to whole decibels first, as the directive's classes (55–59, 60–64 …) have it.

    Examples
    --------
    >>> per_class(np.array([54.4, 54.6, 61.0, 80.0]), np.ones(4), 55.0, 75.0).tolist()
    [1.0, 1.0, 0.0, 0.0, 1.0]
    """
    with np.errstate(invalid="ignore"):
        whole = np.floor(np.where(np.isfinite(levels), levels, -999.0) + 0.5)
    limits = np.arange(first, last + CLASS, CLASS)
    number = np.searchsorted(limits, whole, side="right") - 1
    known = number >= 0
    return np.bincount(number[known], people[known], minlength=len(limits)).astype(np.float64)


def affected(levels: Floats, people: Floats, share: Floats, least: float) -> float:
    """Return how many people are affected, of those at a level of at least ``least`` [dB]."""
    on = np.isfinite(levels) & (levels >= least)
    return float((people[on] * share[on]).sum())
