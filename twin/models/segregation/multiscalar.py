"""Segregation over scales: H of local environments within r of each unit, for several r.

Straight-line environments react to housing; only those along the walk network (:mod:`.walking`) to a bridge.

S. F. Reardon et al., The Geographic Scale of Metropolitan Racial Segregation, 2008, doi:10.1353/dem.0.0019;
S. F. Reardon and D. O'Sullivan, Measures of Spatial Segregation, 2004, doi:10.1111/j.0081-1750.2004.00150.x.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.errors import BadInput
from twin.models.segregation import kernels
from twin.models.segregation.cells import cells, known_places, shared_out
from twin.models.segregation.counts import matrix, xlogx
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

RADII = (500.0, 1000.0, 2000.0, 4000.0)
"""From what one walks daily to a part of the city [m]."""
Fall = Literal["flat", "triangle", "biweight"]
FALLS: dict[str, int] = {"flat": kernels.FLAT, "triangle": kernels.TRIANGLE, "biweight": kernels.BIWEIGHT}


def environments(
    at: ArrayLike, counts: ArrayLike, radii: Sequence[float] = RADII, fall: Fall = "biweight", job: Job | None = None
) -> Floats:
    """Return the persons of each group around each unit, nearer ones weighing more.

    ``Σ_j K(d_ij; r) n_jg`` with K = 1 (flat), 1 - d/r (triangle) or (1 - (d/r)²)² (biweight, that of Reardon et al.
    2008) up to r, 0 beyond; a unit's own persons are at distance 0. Streamed: memory holds the answer, no pairs.

    Parameters
    ----------
    at : array, shape (n, 2) [m]
    counts : array, shape (n, g) [persons]
        A unit with a missing count holds nobody known.
    radii : sequence of float [m]
        Ascending; 0 = the unit alone.
    fall : "flat", "triangle" or "biweight"
    job : Job, optional

    Returns
    -------
    array, shape (n, r, g) [persons, weighed]

    Raises
    ------
    BadInput
        A count is negative, a place is missing, or a radius is.

    References
    ----------
    S. F. Reardon et al., 2008, doi:10.1353/dem.0.0019.

    Examples
    --------
    >>> environments([[0, 0], [50, 0]], [[4, 0], [0, 4]], [100], "triangle")[0]
    array([[4., 2.]])
    """
    reach = checked_radii(radii)
    place, c = known_places(at, counts)
    out = np.zeros((len(place), len(reach), c.shape[1]))
    inner = reach > 0
    out[:, ~inner] = c[:, None, :]
    if not len(place) or not inner.any():
        return out
    units, found = cells(place, c), np.zeros((len(place), int(inner.sum()), c.shape[1]))
    ascending, by_group = reach[inner], np.ascontiguousarray(units.counts.T)

    def work(first: int, last: int) -> None:
        kernels.within(
            units.x, units.y, by_group, units.start, units.columns, units.rows, units.west, units.south,
            units.size, units.x, units.y, ascending, FALLS[fall], found, first, last,
        )  # fmt: skip

    shared_out(work, len(place), job, N_("Surroundings of each unit"))
    back = np.empty_like(units.order)
    back[units.order] = np.arange(len(back))
    out[:, inner] = found[back]
    return out


def checked_radii(radii: Sequence[float]) -> Floats:
    """Return radii as an array, or raise BadInput when they are none, negative or not ascending."""
    r = np.asarray(radii, dtype=np.float64)
    if r.ndim != 1 or not len(r) or not np.isfinite(r).all() or (r < 0).any() or (np.diff(r) <= 0).any():
        raise BadInput("radii are {radii}; metres in ascending order were expected", radii=list(radii))
    return r


def spatial_h(counts: ArrayLike, around: Floats) -> Floats:
    """Return H at each scale: how much less mixed local environments are than the whole.

    ``H(r) = 1 - Σ t_i E_i(r) / (T E)``, E_i the entropy of the environment of unit i. Range about 0 to 1; it falls with
    r. The ratio H(4000)/H(500) says how much of it is macro-segregation.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    around : array, shape (n, r, g)
        As :func:`environments` gives them.

    Returns
    -------
    array, shape (r,)
        nan where fewer than two groups have members.

    References
    ----------
    S. F. Reardon et al., 2008, doi:10.1353/dem.0.0019; S. F. Reardon and D. O'Sullivan, 2004,
    doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> counts = [[4, 0], [0, 4]]
    >>> spatial_h(counts, environments([[0, 0], [50, 0]], counts, [0, 100], "flat")).round(4) + 0
    array([1., 0.])
    """
    t, whole, p = _shares(counts, around)
    own = float(-xlogx(whole).sum()) if len(whole) else 0.0
    if not own > 0:
        return np.full(around.shape[1], np.nan)
    local = -xlogx(p).sum(axis=2)
    return np.asarray(1 - (t[:, None] * local).sum(axis=0) / (t.sum() * own))


def spatial_d(counts: ArrayLike, around: Floats) -> Floats:
    """Return D for several groups at each scale, local environments in the place of units.

    ``D(r) = Σ_g Σ_i t_i |p_ig(r) - P_g| / (2 T I)``, ``I = Σ P_g (1 - P_g)``. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    around : array, shape (n, r, g)
        As :func:`environments` gives them.

    Returns
    -------
    array, shape (r,)

    References
    ----------
    S. F. Reardon and D. O'Sullivan, 2004, doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> counts = [[4, 0], [0, 4]]
    >>> spatial_d(counts, environments([[0, 0], [50, 0]], counts, [0, 100], "flat"))
    array([1., 0.])
    """
    t, whole, p = _shares(counts, around)
    spread = float((whole * (1 - whole)).sum())
    if not spread > 0:
        return np.full(around.shape[1], np.nan)
    return np.asarray((t[:, None, None] * np.abs(p - whole)).sum(axis=(0, 2)) / (2 * t.sum() * spread))


def _shares(counts: ArrayLike, around: Floats) -> tuple[Floats, Floats, Floats]:
    c = matrix(counts)
    t: Any = c.sum(axis=1)
    known = t > 0  # a missing count is no number of persons
    c, t, env = c[known], t[known], around[known]
    whole = c.sum(axis=0) / t.sum() if len(t) else np.zeros(0)
    every = env.sum(axis=2, keepdims=True)
    return t, whole, np.divide(env, every, out=np.zeros_like(env), where=every > 0)


def coarse_radius(area: ArrayLike, counts: ArrayLike, radii: Sequence[float]) -> Floats:
    """Return which part of the persons lives in units wider than each radius, where H(r) only repeats the unit.

    A unit is wider when a circle of its area has a radius above r.

    Parameters
    ----------
    area : array, shape (n,) [m²]
    counts : array, shape (n, g) [persons]
    radii : sequence of float [m]

    Returns
    -------
    array, shape (r,) [0–1]

    Examples
    --------
    >>> coarse_radius([1e6, 1e4], [[5, 4], [1, 0]], [500, 1000])
    array([0.9, 0. ])
    """
    t = np.nan_to_num(matrix(counts).sum(axis=1))
    wide = np.sqrt(np.asarray(area, dtype=float) / np.pi)[:, None] > np.asarray(radii, dtype=float)
    return np.asarray((t[:, None] * wide).sum(axis=0) / max(t.sum(), 1e-300))
