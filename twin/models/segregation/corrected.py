"""Dissimilarity and Gini less what chance alone would give in units as small as these.

D of a random allocation is above 0, the more so the smaller the units are (Allen et al. 2015); these measures take
chance out of the value. :mod:`twin.models.segregation.band` shows it beside the value instead, which is easier to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.models.segregation.counts import nan, pair
from twin.models.segregation.evenness import _dissimilarity, _gini

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Solver = Literal["simplex", "exact"]
_FIRST_STEP, _X_TOLERANCE, _F_TOLERANCE, _MOST = 0.00025, 1e-5, 1e-4, 200
_NORMAL = np.sqrt(2 * np.pi)


def density_corrected_dissimilarity(group: ArrayLike, total: ArrayLike, solver: Solver = "simplex") -> float:
    """Return D with each unit's gap brought down to its likeliest size given its counts.

    The gap of a unit in standard errors, ``|y_i/Y - x_i/X| / s_i`` with
    ``s_i² = p(1-p)/Y + q(1-q)/X``, is a draw from a folded normal of unknown mean; the mean under which the draw is
    likeliest, times ``s_i``, takes the gap's place in D. Range 0 to 1, at most D up to rounding.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    solver : "simplex" or "exact"
        ``"exact"`` solves ``θ = z tanh(z θ)``. ``"simplex"`` takes the steps of PySAL segregation 2.5.4 (downhill
        simplex from 0, tolerances 1e-5 and 1e-4), for comparison with values published from it. It loses every unit
        whose gap is above some 38 standard errors, where the normal density is 0 in floating point, and so
        understates D in large units: 0.295 instead of 0.321 in the 403 tracts of Sacramento.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    R. Allen, S. Burgess, R. Davidson, F. Windmeijer, 2015, doi:10.1111/ectj.12039.

    Examples
    --------
    >>> round(density_corrected_dissimilarity([30, 10], [40, 60], "exact"), 4)
    0.5833
    """
    x, t = pair(group, total)
    y = t - x
    big_x, big_y = x.sum(), y.sum()
    if big_x <= 0 or big_y <= 0:
        return nan()
    p, q = y / big_y, x / big_x
    error = np.sqrt(p * (1 - p) / big_y + q * (1 - q) / big_x)
    z = np.divide(np.abs(p - q), error, out=np.zeros_like(p), where=error > 0)
    if solver == "simplex":
        return float((error * _simplex(z)).sum() / 2)
    # a unit with no error of sampling keeps its whole gap
    return float(np.where(error > 0, error * _likeliest(z), np.abs(p - q)).sum() / 2)


def _likeliest(z: Floats) -> Floats:
    """Return the greatest root of θ = z tanh(z θ), 0 where z <= 1, by bisection to the last bit."""
    low, high = np.zeros_like(z), z.copy()
    # θ = sqrt(3 (z² - 1)) / z² lies below the root (tanh u >= u - u³/3); without it bisection could end in θ = 0
    wide = z > 1
    low[wide] = np.minimum(np.sqrt(3 * (z[wide] ** 2 - 1)) / z[wide] ** 2, z[wide]) * 0.5
    for _ in range(60):
        middle = 0.5 * (low + high)
        rises = z * np.tanh(z * middle) > middle
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return np.where(wide, 0.5 * (low + high), 0.0)


def _simplex(z: Floats) -> Floats:
    """Return what the downhill simplex of Nelder and Mead (doi:10.1093/comjnl/7.4.308) in one dimension ends with."""
    out = np.zeros_like(z)
    left = np.arange(len(z))
    best, worst = np.zeros_like(z), np.full_like(z, _FIRST_STEP)
    f_best, f_worst = _unlikelihood(best, z), _unlikelihood(worst, z)
    for _ in range(_MOST):
        swap = f_worst < f_best
        best, worst = np.where(swap, worst, best), np.where(swap, best, worst)
        f_best, f_worst = np.where(swap, f_worst, f_best), np.where(swap, f_best, f_worst)
        done = (np.abs(worst - best) <= _X_TOLERANCE) & (np.abs(f_best - f_worst) <= _F_TOLERANCE)
        out[left[done]] = worst[done]
        go = ~done
        left, best, worst, f_best, f_worst = left[go], best[go], worst[go], f_best[go], f_worst[go]
        if not len(left):
            break
        worst, f_worst = _moved(z[left], best, worst, f_best, f_worst)
    out[left] = worst
    return out


def _unlikelihood(at: Floats, z: Floats) -> Floats:
    """Return minus the density of a folded normal of mean ``at`` at ``z``."""
    return np.asarray(-(np.exp(-((at - z) ** 2) / 2.0) / _NORMAL + np.exp(-((at + z) ** 2) / 2.0) / _NORMAL))


def _moved(z: Floats, best: Floats, worst: Floats, f_best: Floats, f_worst: Floats) -> tuple[Floats, Floats]:
    """Return where the worse end of each simplex goes: reflected, expanded, contracted or shrunk."""
    reflected, expanded = 2 * best - worst, 3 * best - 2 * worst
    f_reflected, f_expanded = _unlikelihood(reflected, z), _unlikelihood(expanded, z)
    outside, inside = 1.5 * best - 0.5 * worst, 0.5 * best + 0.5 * worst
    shrunk = best + 0.5 * (worst - best)
    f_outside, f_inside, f_shrunk = _unlikelihood(outside, z), _unlikelihood(inside, z), _unlikelihood(shrunk, z)
    further = f_expanded < f_reflected
    far, f_far = np.where(further, expanded, reflected), np.where(further, f_expanded, f_reflected)
    beyond = f_reflected < f_worst
    near, f_near = np.where(beyond, outside, inside), np.where(beyond, f_outside, f_inside)
    good = np.where(beyond, f_outside <= f_reflected, f_inside < f_worst)
    near, f_near = np.where(good, near, shrunk), np.where(good, f_near, f_shrunk)
    better = f_reflected < f_best
    return np.where(better, far, near), np.where(better, f_far, f_near)


def bias_corrected_dissimilarity(group: ArrayLike, total: ArrayLike, draws: int = 500, seed: int = 0) -> float:
    """Return ``2 D - mean D*``, D* from redrawing both groups with their observed shares of units.

    Range at most 1; may fall below 0 when units are few persons each.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
        Rounded to whole persons for the draws.
    draws : int
    seed : int
        The same seed gives the same value.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    R. Allen, S. Burgess, R. Davidson, F. Windmeijer, 2015, doi:10.1111/ectj.12039.

    Examples
    --------
    >>> bias_corrected_dissimilarity([100, 0], [100, 100])
    1.0
    """
    x, t = pair(group, total)
    y = t - x
    if x.sum() <= 0 or y.sum() <= 0:
        return nan()
    rng = np.random.default_rng(seed)
    p, q = x / x.sum(), y / y.sum()
    found = np.empty(draws)
    for i in range(draws):
        a = rng.multinomial(round(x.sum()), p).astype(float)
        b = rng.multinomial(round(y.sum()), q).astype(float)
        found[i] = _dissimilarity(a, a + b)
    return float(2 * _dissimilarity(x, t) - found.mean())


def modified_dissimilarity(group: ArrayLike, total: ArrayLike, draws: int = 500, seed: int = 0) -> float:
    """Return D as a part of the way from its mean under chance to its extreme (Carrington and Troske).

    ``(D - D*)/(1 - D*)`` when D is at least D*, else ``(D - D*)/D*``; D* the mean over binomial draws with the group's
    share of all. Range -1 (as even as can be) over 0 (chance) to 1.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
        Totals are rounded to whole persons for the draws.
    draws, seed : int
        The same seed gives the same value.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    W. J. Carrington and K. R. Troske, 1997, doi:10.1080/07350015.1997.10524718.

    Examples
    --------
    >>> modified_dissimilarity([100, 0], [100, 100])
    1.0
    """
    return _modified(_dissimilarity, group, total, draws, seed)


def modified_gini(group: ArrayLike, total: ArrayLike, draws: int = 500, seed: int = 0) -> float:
    """Return G as a part of the way from its mean under chance to its extreme (Carrington and Troske).

    As :func:`modified_dissimilarity`, with G for D.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
        Totals are rounded to whole persons for the draws.
    draws, seed : int
        The same seed gives the same value.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    W. J. Carrington and K. R. Troske, 1997, doi:10.1080/07350015.1997.10524718.

    Examples
    --------
    >>> modified_gini([100, 0], [100, 100])
    1.0
    """
    return _modified(_gini, group, total, draws, seed)


def _modified(
    measure: Callable[[Floats, Floats], float], group: ArrayLike, total: ArrayLike, draws: int, seed: int
) -> float:
    x, t = pair(group, total)
    value = measure(x, t)
    if not value == value:
        return nan()
    rng = np.random.default_rng(seed)
    whole = np.rint(t).astype(np.int64)
    kept = whole > 0
    chance = np.empty(draws)
    for i in range(draws):
        chance[i] = measure(rng.binomial(whole, x.sum() / t.sum())[kept].astype(float), whole[kept].astype(float))
    mean = float(np.nanmean(chance))
    return (value - mean) / (1 - mean) if value >= mean else (value - mean) / mean
