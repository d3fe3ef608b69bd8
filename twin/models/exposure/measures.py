"""Who carries what: persons by class and group, means, concentration, and the gap between groups with its band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def persons_by_class(values: ArrayLike, persons: ArrayLike, breaks: Sequence[float]) -> Floats:
    """Return the persons of each group in each class of values.

    Parameters
    ----------
    values : array, shape (n,)
        nan = unknown, counted in no class.
    persons : array, shape (n, g)
    breaks : sequence of float
        Lower limits of the classes but the first, ascending; a value on a limit is in the class above it.

    Returns
    -------
    array, shape (len(breaks) + 1, g) [persons]
        Below the first limit, between limits, at or above the last. All classes add up to the persons with a value.

    Examples
    --------
    >>> persons_by_class([52, 55, 71], [[1, 0], [2, 2], [0, 4]], [55, 60, 65, 70]).tolist()
    [[1.0, 0.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 4.0]]
    """
    v, p = np.asarray(values, dtype=float), np.asarray(persons, dtype=float)
    known = np.isfinite(v)
    at = np.searchsorted(np.asarray(breaks, dtype=float), v[known], side="right")
    out = np.zeros((len(breaks) + 1, p.shape[1]))
    np.add.at(out, at, p[known])
    return out


def mean_by_group(values: ArrayLike, persons: ArrayLike) -> Floats:
    """Return the mean over the persons of each group, ``Σ_i n_ig v_i / Σ_i n_ig`` (levels in dB arithmetically).

    Parameters
    ----------
    values : array, shape (n,)
    persons : array, shape (n, g)

    Returns
    -------
    array, shape (g,)
        nan for a group of which nobody has a value.

    Examples
    --------
    >>> mean_by_group([50, 60], [[1, 0], [3, 5]]).tolist()
    [57.5, 60.0]
    """
    v, p = np.asarray(values, dtype=float), np.asarray(persons, dtype=float)
    known = np.isfinite(v)
    total, weight = v[known] @ p[known], p[known].sum(axis=0)
    return np.asarray(np.divide(total, weight, out=np.full(len(weight), np.nan), where=weight > 0))


def concentration_index(values: ArrayLike, persons: ArrayLike) -> float:
    """Return the concentration index over groups in ascending order: how much a burden falls on the upper groups.

    ``C = 2/(μ) Σ_g p_g h_g R_g - 1`` with p_g the share of group g in all persons, h_g its mean, ``R_g`` the rank of
    its middle person (0–1) and μ the mean of all. Range -1 (all carried by the first group) to 1 (by the last); 0 =
    alike. Only for groups that have an order, and quantities with a true zero: counts, metres, shares; not decibels.

    Parameters
    ----------
    values : array, shape (n,)
        Not negative; nan = unknown.
    persons : array, shape (n, g)
        Groups in ascending order (of income, say).

    References
    ----------
    N. Kakwani, A. Wagstaff, E. van Doorslaer, 1997, doi:10.1016/S0304-4076(96)01807-6.

    Examples
    --------
    >>> round(concentration_index([4.0, 0.0], [[10, 0], [0, 10]]), 6)
    -0.5
    """
    v, p = np.asarray(values, dtype=float), np.asarray(persons, dtype=float)
    known = np.isfinite(v)
    weight = p[known].sum(axis=0)
    if not weight.sum() > 0:
        return float("nan")
    share = weight / weight.sum()
    burden = (v[known] @ p[known]) / weight.sum()
    mean = float(burden.sum())
    if not mean > 0:
        return float("nan")
    rank = np.cumsum(share) - share / 2
    return float(2.0 / mean * (burden * rank).sum() - 1.0)


FEWEST = 10
"""Zones that a bootstrap over them needs at least to say anything."""


@dataclass(frozen=True)
class Gap:
    """A difference of means, one group minus all others, and the band of 95 % of the draws."""

    value: float
    low: float
    high: float


def gap(values: ArrayLike, persons: ArrayLike, group: int, cluster: ArrayLike, draws: int = 500, seed: int = 0) -> Gap:
    """Return how much more a group carries than all others, with its uncertainty by a bootstrap over zones.

    Whole zones are drawn with replacement, for people of one zone are no independent observations; the band speaks of
    the zones there are, not of the uncertainty of the levels.

    Parameters
    ----------
    values : array, shape (n,)
    persons : array, shape (n, g)
    group : int
    cluster : array of int, shape (n,)
        Zone of each row, not negative.
    draws : int
        0 leaves the band out (nan), as do fewer than :data:`FEWEST` zones.
    seed : int

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13 (percentile interval); A. C. Cameron,
    J. B. Gelbach, D. L. Miller, 2008, doi:10.1162/rest.90.3.414 (clusters).

    Examples
    --------
    >>> found = gap([50, 60] * 10, [[1, 3], [3, 1]] * 10, 0, np.repeat(np.arange(10), 2))
    >>> found.value, found.low, found.high
    (5.0, 5.0, 5.0)
    """
    v, p, c = np.asarray(values, dtype=float), np.asarray(persons, dtype=float), np.asarray(cluster, dtype=np.int64)
    known = np.isfinite(v) & (p.sum(axis=1) > 0)
    v, p, c = v[known], p[known], c[known]
    both = np.stack([p[:, group], p.sum(axis=1) - p[:, group]], axis=1)
    names, at = np.unique(c, return_inverse=True)
    n = len(names)
    weight = np.stack([np.bincount(at, both[:, k], n) for k in range(2)], axis=1)
    total = np.stack([np.bincount(at, both[:, k] * v, n) for k in range(2)], axis=1)

    def difference(times: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            means = (times @ total) / (times @ weight)
        return np.asarray(means[..., 0] - means[..., 1])

    value = float(difference(np.ones(n))) if n else float("nan")
    if not draws or n < FEWEST:
        return Gap(value, float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    drawn = difference(rng.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(float))
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Gap(value, float("nan"), float("nan"))
    low, high = (float(end) for end in np.percentile(drawn, (2.5, 97.5)))
    return Gap(value, low, high)
