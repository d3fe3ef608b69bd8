"""Two groups and how near they live: clustering, spatial proximity, and exposure that falls off with distance.

All five measures are sums over pairs of units of ``c_ij``, how near two units are. They come in two conventions:

``"published"``
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281: ``c_ij = exp(-d_ij / scale)`` with
    ``d_ii = (0.6 a_i)^0.5``; (16) to (22).
``"pysal"``
    What PySAL segregation 2.5.4 computes, for comparison with values published from it:
    ``c_ij = 1 - exp(-d_ij / Σ_k d_kj)``, ``c_ii = 1 - exp(-(alpha a_i)^beta)``. It grows with distance, where nearness
    should fall; ``RCL`` weighs by the square of one unit's count only, and isolation and exposure divide by the sum of
    the wrong unit, so that they do not add up to 1. Quote it only beside values of that program.

The sums run in blocks of rows, one pass for all measures: memory grows with n, time with n². Crow flies; a bridge
cannot move these measures, housing can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from twin.models.segregation.counts import nan
from twin.models.segregation.shapes import known, neighbours
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job
    from twin.models.segregation.shapes import Shapes

    Floats = NDArray[np.float64]

Convention = Literal["pysal", "published"]
ALPHA, BETA = 0.6, 0.5
"""A unit's own mean distance is about ``(ALPHA a)^BETA`` (M. J. White, 1983, doi:10.1086/227768)."""
SCALE = 1000.0
"""Distance at which nearness has fallen to 1/e in the published form [m]: the article's unit is left to the user."""
BLOCK = 4_000_000
"""Pairs in memory at a time."""


@dataclass(frozen=True, eq=False)
class Nearness:
    """Sums over pairs of units, from which all measures of this module follow.

    Attributes
    ----------
    x, t : array, shape (n,) [persons]
    to_x, to_t, to_one : array, shape (n,)
        ``Σ_j c_ij x_j`` and the like.
    from_x, from_one : array, shape (n,)
        ``Σ_i x_i c_ij`` and the like.
    convention : "pysal" or "published"
    """

    x: Floats
    t: Floats
    to_x: Floats
    to_t: Floats
    to_one: Floats
    from_x: Floats
    from_one: Floats
    convention: Convention

    @property
    def defined(self) -> bool:
        """Whether the group has members, the rest too, and there is more than one unit."""
        return len(self.x) > 1 and 0 < self.x.sum() < self.t.sum()


def nearness(
    group: ArrayLike, total: ArrayLike, units: Shapes,
    convention: Convention = "pysal", scale: float = SCALE, job: Job | None = None,
) -> Nearness:  # fmt: skip
    """Return the sums over pairs of units that clustering, proximity and decaying exposure are made of.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines [m]
    convention : "pysal" or "published"
        See the module.
    scale : float [m]
        Of the published form; without effect on the other.
    job : Job, optional
        Told of progress, asked whether to stop.

    Returns
    -------
    Nearness

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> nearness([1, 0], [1, 1], two, "published", scale=1.0).to_x.round(4)
    array([0.4609, 0.3679])
    """
    x, t, units = known(group, total, units)
    at, n = units.middle, len(x)
    rows = max(BLOCK // max(n, 1), 1)
    steps = range(0, n, rows)
    far = np.zeros(n)
    own = -((ALPHA * units.area) ** BETA)
    if convention == "pysal":
        for i in steps:
            far[i : i + rows] = cdist(at[i : i + rows], at).sum(axis=1)
            if job is not None:
                job.progress(0.3 * i / n, N_("Distances between units"))
        by = np.divide(-1.0, far, out=np.zeros(n), where=far > 0)
    else:
        by, own = np.full(n, -1.0 / scale), own / scale
    right = np.stack([x, t, np.ones(n)], axis=1)
    to, back = np.empty((n, 3)), np.zeros((n, 2))
    for i in steps:
        here = slice(i, i + rows)
        c = cdist(at[here], at)
        c *= by
        c[np.arange(len(c)), np.arange(i, i + len(c))] = own[here]
        np.exp(c, out=c)
        if convention == "pysal":
            np.subtract(1.0, c, out=c)
        to[here] = c @ right
        back += c.T @ right[here][:, [0, 2]]
        if job is not None:
            job.progress(0.3 + 0.7 * i / n, N_("Distances between units"))
    return Nearness(x, t, to[:, 0], to[:, 1], to[:, 2], back[:, 0], back[:, 1], convention)


def absolute_clustering(near: Nearness) -> float:
    """Return ACL, how near members of the group live to each other, next to all persons (16).

    ``ACL = (Σ x_i/X Σ c_ij x_j - X/n² ΣΣ c_ij) / (Σ x_i/X Σ c_ij t_j - X/n² ΣΣ c_ij)``. Range 0 to 1 in the published
    form.

    Parameters
    ----------
    near : Nearness

    Returns
    -------
    float

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> round(absolute_clustering(nearness([1, 0], [1, 1], two, "published", scale=1.0)), 4)
    0.1122
    """
    if not near.defined:
        return nan()
    x = near.x
    chance = x.sum() / len(x) ** 2 * near.to_one.sum()
    return float((x @ near.to_x / x.sum() - chance) / (x @ near.to_t / x.sum() - chance))


def relative_clustering(near: Nearness) -> float:
    """Return RCL, how much nearer to each other members of the group live than those of the rest (20).

    ``RCL = P_xx/P_yy - 1``, ``P_xx = ΣΣ x_i x_j c_ij / X²``. 0 = alike, above 0 the group is nearer, below 0 the rest.
    The PySAL convention takes ``P_xx = ΣΣ x_j² c_ij / X²``.

    Parameters
    ----------
    near : Nearness

    Returns
    -------
    float

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> round(relative_clustering(nearness([1, 0], [1, 1], two, "published", scale=1.0)), 4)
    0.0
    """
    if not near.defined:
        return nan()
    x, y = near.x, near.t - near.x
    if near.convention == "pysal":
        own, others = (x * x) @ near.from_one, (y * y) @ near.from_one
    else:
        own, others = x @ near.to_x, y @ (near.to_t - near.to_x)
    return float((own / x.sum() ** 2) / (others / y.sum() ** 2) - 1)


def spatial_proximity(near: Nearness) -> float:
    """Return SP, the mean nearness within the two groups over that among all persons (19).

    ``SP = (X P_xx + Y P_yy) / (T P_tt)``. 1 = the groups do not cluster apart, above 1 they do.

    Parameters
    ----------
    near : Nearness

    Returns
    -------
    float

    References
    ----------
    M. J. White, 1983, doi:10.1086/227768.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> round(spatial_proximity(nearness([1, 0], [1, 1], two, "published", scale=1.0)), 4)
    1.1122
    """
    if not near.defined:
        return nan()
    x, t = near.x, near.t
    y = t - x
    own = x @ near.to_x / x.sum() + y @ (near.to_t - near.to_x) / y.sum()
    return float(own / (t @ near.to_t / t.sum()))


def decay_isolation(near: Nearness) -> float:
    """Return DPxx, the share of the group among those the average member meets, nearer ones more often (22).

    ``DPxx = Σ_i x_i/X Σ_j K_ij x_j/t_j`` with ``K_ij = c_ij t_j / Σ_j c_ij t_j``. Range 0 to 1, with
    :func:`decay_interaction` 1 together. The PySAL convention divides by ``Σ_k c_jk t_k``: no such sum.

    Parameters
    ----------
    near : Nearness

    Returns
    -------
    float

    References
    ----------
    B. S. Morgan, 1983, Area 15, 211–217; D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> round(decay_isolation(nearness([1, 0], [1, 1], two, "published", scale=1.0)), 4)
    0.5561
    """
    return _decay(near, near.x)


def decay_interaction(near: Nearness) -> float:
    """Return DPxy, the share of the others among those the average member meets, nearer ones more often (21).

    As :func:`decay_isolation`, with the others' counts in place of the group's.

    Parameters
    ----------
    near : Nearness

    Returns
    -------
    float

    References
    ----------
    B. S. Morgan, 1983, Area 15, 211–217; D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> two = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> round(decay_interaction(nearness([1, 0], [1, 1], two, "published", scale=1.0)), 4)
    0.4439
    """
    return _decay(near, near.t - near.x)


def _decay(near: Nearness, met: Floats) -> float:
    if not near.defined:
        return nan()
    if near.convention == "pysal":
        part = np.divide(met, near.to_t, out=np.zeros_like(met), where=(near.to_t > 0) & (near.t > 0))
        return float(near.from_x @ part / near.x.sum())
    meets = near.to_x if met is near.x else near.to_t - near.to_x
    share = np.divide(meets, near.to_t, out=np.zeros_like(meets), where=near.to_t > 0)
    return float(near.x @ share / near.x.sum())


def proximity_profile(group: ArrayLike, total: ArrayLike, units: Shapes, steps: int = 1000) -> float:
    """Return SPP, how near to each other the units are where the group's share is high, in steps from unit to unit.

    With ``η(h) = (k² - k)/Σ δ_ij`` over the k units whose share is at least h, δ the least number of steps between
    units that touch, on a grid of ``steps`` thresholds: ``(P - (Σ_{h<P} η - Σ_{h>=P} η)/steps)/(1 - P)``. Range about 0
    to 1; η is 0 where some of the units cannot be reached. Time grows with n².

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines
    steps : int

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    S.-Y. Hong and Y. Sadahiro, 2014, Journal of Geographical Systems 16, 211–231.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> row = shapes([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    >>> round(proximity_profile([1, 1, 0], [1, 1, 2], row), 2)
    1.0
    """
    x, t, units = known(group, total, units)
    if not 0 < x.sum() < t.sum():
        return nan()
    share = np.divide(x, t, out=np.full_like(x, -1.0), where=t > 0)
    rank = np.empty(len(x), dtype=np.intp)
    rank[np.argsort(-share, kind="stable")] = np.arange(len(x))
    touching, apart = neighbours(units), np.zeros(len(x))
    rows = max(BLOCK // len(x), 1)
    for i in range(0, len(x), rows):
        far = dijkstra(touching, unweighted=True, indices=np.arange(i, min(i + rows, len(x))))
        later = np.maximum(rank[i : i + rows, None], rank)
        apart += np.bincount(later.ravel(), weights=far.ravel(), minlength=len(x))
    grid = np.linspace(0, 1, steps)
    k = np.searchsorted(np.sort(-share), -grid, side="right")
    every = np.concatenate([[0.0], np.cumsum(apart)])[k]
    curve = np.divide(k * (k - 1.0), every, out=np.zeros(steps), where=every > 0)
    part = x.sum() / t.sum()
    below = grid < part
    return float((part - (curve[below].sum() - curve[~below].sum()) / steps) / (1 - part))
