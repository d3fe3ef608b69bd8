"""Two groups, counts alone: how unevenly a group and the rest are spread over units, and whom they live with.

Places play no part: any exchange of units leaves these measures as they are, so that a bridge, a path or a school
cannot move them; new or removed housing does. All depend on how the units are drawn (the modifiable areal unit
problem): state the unit and their number with every value. Numbers in brackets are the equations of D. S. Massey and
N. A. Denton, The Dimensions of Residential Segregation, Social Forces 67, 1988, doi:10.1093/sf/67.2.281.

In all functions ``group`` and ``total`` are arrays of shape (n,) [persons], the group a part of the total; units with
a missing count or nobody in them are left out. With an empty group, or nobody but the group, a measure is not defined
and nan is returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.models.segregation.counts import entropy_of, nan, pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def dissimilarity(group: ArrayLike, total: ArrayLike) -> float:
    """Return D, the part of the group that would have to move for all units to have the same mix (1).

    ``D = 1/2 Σ |x_i/X - y_i/Y|``, y the rest. Range 0 (even) to 1 (no unit is mixed). Not valid as a distance from
    randomness: small units look segregated by chance (see :mod:`twin.models.segregation.band`).

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    O. D. Duncan and B. Duncan, 1955, doi:10.2307/2088328.

    Examples
    --------
    >>> round(dissimilarity([30, 10], [40, 60]), 4)
    0.5833
    """
    x, t = pair(group, total)
    return _dissimilarity(x, t)


def _dissimilarity(x: Floats, t: Floats) -> float:
    y = t - x
    big_x, big_y = x.sum(), y.sum()
    if big_x <= 0 or big_y <= 0:
        return nan()
    return float(0.5 * np.abs(x / big_x - y / big_y).sum())


def gini(group: ArrayLike, total: ArrayLike) -> float:
    """Return G, the mean absolute difference of shares between two persons' units, over its maximum (2).

    ``G = Σ_i Σ_j t_i t_j |p_i - p_j| / (2 T² P (1 - P))``, computed in O(n log n): with units in order of their
    share, the double sum is ``2 Σ_j (x_j T_<j - t_j X_<j)``. Range 0 to 1, never below D.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> round(gini([30, 10], [40, 60]), 4)
    0.5833
    """
    x, t = pair(group, total)
    return _gini(x, t)


def _gini(x: Floats, t: Floats) -> float:
    big_x, big_t = x.sum(), t.sum()
    if big_x <= 0 or big_x >= big_t:
        return nan()
    return float(differences(x, t) / (2 * big_x * (big_t - big_x)))


def differences(x: Floats, t: Floats) -> float:
    """Return ``Σ_i Σ_j t_i t_j |x_i/t_i - x_j/t_j|`` by one sort; all ``t > 0``."""
    order = np.argsort(x / t)
    x, t = x[order], t[order]
    before_t, before_x = np.cumsum(t) - t, np.cumsum(x) - x
    return float(2 * (x @ before_t - t @ before_x))


def entropy(group: ArrayLike, total: ArrayLike) -> float:
    """Return H, Theil's information index: how much less mixed the units are than the whole (5).

    ``H = Σ t_i (E - E_i) / (E T)`` with ``E_i = -p_i ln p_i - (1 - p_i) ln(1 - p_i)`` (3, 4). Range 0 to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    H. Theil and A. J. Finizza, 1971, doi:10.1080/0022250X.1971.9989795.

    Examples
    --------
    >>> entropy([100, 0], [100, 100])
    1.0
    """
    x, t = pair(group, total)
    return _entropy(x, t)


def _entropy(x: Floats, t: Floats) -> float:
    big_t = t.sum()
    whole = float(entropy_of(x.sum() / big_t)) if big_t > 0 else 0.0
    if not whole > 0:
        return nan()
    return float((t * (whole - entropy_of(x / t))).sum() / (whole * big_t))


def atkinson(group: ArrayLike, total: ArrayLike, b: float = 0.5) -> float:
    """Return A, unevenness with a chosen weight on units where the group is few or many (6).

    ``A = 1 - P/(1 - P) |Σ (1 - p_i)^(1-b) p_i^b t_i / (P T)|^(1/(1-b))``. Range 0 to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    b : float, 0 < b < 1
        Below 0.5 units where the group is few weigh more, above 0.5 those where it is many.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, the group exceeds the total, or ``b`` is not between 0 and 1.

    Examples
    --------
    >>> round(atkinson([30, 10], [40, 60]), 4)
    0.3439
    """
    if not 0 < b < 1:
        raise BadInput("Atkinson's b is {b}; a number between 0 and 1 was expected", b=b)
    x, t = pair(group, total)
    big_x, big_t = x.sum(), t.sum()
    if big_x <= 0 or big_x >= big_t:
        return nan()
    p, whole = x / t, big_x / big_t
    inner = np.abs(((1 - p) ** (1 - b) * p**b * t).sum() / big_x)
    return float(1 - whole / (1 - whole) * inner ** (1 / (1 - b)))


def interaction(group: ArrayLike, total: ArrayLike) -> float:
    """Return xPy, the share of the others in the unit of the average member of the group (7), «exposure».

    ``xPy = Σ (x_i/X)(y_i/t_i)``. Range 0 to 1; with an even spread it is the others' share of all, so it always
    stands beside that share.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> round(interaction([30, 10], [40, 60]), 4)
    0.3958
    """
    x, t = pair(group, total)
    big_x = x.sum()
    return float((x / big_x * ((t - x) / t)).sum()) if big_x > 0 else nan()


def isolation(group: ArrayLike, total: ArrayLike) -> float:
    """Return xPx, the share of the group in the unit of its average member (8).

    ``xPx = Σ (x_i/X)(x_i/t_i)``. Range P (even) to 1; ``xPx + xPy = 1``.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> round(isolation([30, 10], [40, 60]), 4)
    0.6042
    """
    x, t = pair(group, total)
    return _isolation(x, t)


def _isolation(x: Floats, t: Floats) -> float:
    big_x = x.sum()
    return float((x / big_x * (x / t)).sum()) if big_x > 0 else nan()


def correlation_ratio(group: ArrayLike, total: ArrayLike) -> float:
    """Return V or eta², isolation rid of the group's share of all (9).

    ``V = (xPx - P) / (1 - P)``. Range 0 to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> round(correlation_ratio([30, 10], [40, 60]), 4)
    0.3403
    """
    x, t = pair(group, total)
    big_x, big_t = x.sum(), t.sum()
    if big_x <= 0 or big_x >= big_t:
        return nan()
    p = big_x / big_t
    return float((_isolation(x, t) - p) / (1 - p))


def min_max(group: ArrayLike, total: ArrayLike) -> float:
    """Return the part of two groups' joint surface that they do not share.

    ``S = 1 - Σ min(x_i/X, y_i/Y) / Σ max(x_i/X, y_i/Y)``, which is ``2D / (1 + D)``. Range 0 to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. O'Sullivan and D. W. S. Wong, 2007, doi:10.1111/j.1538-4632.2007.00699.x.

    Examples
    --------
    >>> round(min_max([30, 10], [40, 60]), 4)
    0.7368
    """
    x, t = pair(group, total)
    big_x, big_y = x.sum(), (t - x).sum()
    if big_x <= 0 or big_y <= 0:
        return nan()
    a, b = x / big_x, (t - x) / big_y
    return float(1 - np.minimum(a, b).sum() / np.maximum(a, b).sum())


def concentration_profile(group: ArrayLike, total: ArrayLike, steps: int = 1000) -> float:
    """Return R, how early in rising thresholds of share the group's members are lost.

    With ``v(h)`` the part of the group in units where its share is at least h, on a grid of ``steps`` thresholds
    from 0 to 1: ``R = (P - (Σ_{h<P} v - Σ_{h>=P} v)/steps) / (1 - P)``. Range about 0 (even) to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    steps : int, at least 2

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, the group exceeds the total, or there are fewer than two steps.

    References
    ----------
    S.-Y. Hong and Y. Sadahiro, 2014, doi:10.1007/s10109-013-0194-4.

    Examples
    --------
    >>> round(concentration_profile([100, 0], [100, 100]), 2)
    1.0
    """
    grid, curve, p = profile_curve(group, total, steps)
    if not 0 < p < 1:
        return nan()
    below = grid < p
    return float((p - (curve[below].sum() / steps - curve[~below].sum() / steps)) / (1 - p))


def profile_curve(group: ArrayLike, total: ArrayLike, steps: int = 1000) -> tuple[Floats, Floats, float]:
    """Return the thresholds, the part of the group in units with at least that share, and its share of all.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    steps : int, at least 2

    Returns
    -------
    grid, curve : array, shape (steps,) [0–1]
    share : float

    Examples
    --------
    >>> profile_curve([100, 0], [100, 100], 2)
    (array([0., 1.]), array([1., 1.]), 0.5)
    """
    if steps < 2:
        raise BadInput("a profile of {steps} steps is none; at least 2 were expected", steps=steps)
    x, t = pair(group, total)
    big_x, big_t = x.sum(), t.sum()
    grid = np.linspace(0, 1, steps)
    if big_x <= 0:
        return grid, np.full(steps, np.nan), 0.0 if big_t > 0 else nan()
    share = x / t
    order = np.argsort(share)
    left = np.concatenate([np.cumsum(x[order][::-1])[::-1], [0.0]])
    curve = left[np.searchsorted(share[order], grid, side="left")] / big_x
    return grid, curve, float(big_x / big_t)
