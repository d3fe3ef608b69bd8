"""M and H in parts: between and within clusters of units or of groups; and why two values of a measure differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.stats import rankdata

from twin.errors import BadInput
from twin.models.segregation.counts import column, matrix, nan, shares, xlogx
from twin.models.segregation.several import mutual_information, theil_h

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Approach = Literal["composition", "share", "dual"]


@dataclass(frozen=True)
class Parts:
    """A measure as a sum: ``total = between + Σ weight * value`` over clusters.

    Attributes
    ----------
    total, between, within : float
        The measure, its part between clusters, and within them; ``total = between + within``.
    names : tuple of str
        Of the clusters.
    values, weights : tuple of float
        The measure inside each cluster (nan where it is not defined there), and its weight.
    """

    total: float
    between: float
    within: float
    names: tuple[str, ...]
    values: tuple[float, ...]
    weights: tuple[float, ...]


def over_units(counts: ArrayLike, cluster: ArrayLike, normalised: bool = False) -> Parts:
    """Return M between clusters of units and within them, or H when ``normalised``.

    ``M = M_between + Σ_c (T_c/T) M_c`` and ``H = H_between + Σ_c (T_c E_c)/(T E) H_c``.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    cluster : array, shape (n,)
        Which cluster each unit is in, such as its district.
    normalised : bool
        H [0–1] instead of M [nats].

    Returns
    -------
    Parts

    Raises
    ------
    BadInput
        A count is negative, or there are not as many clusters as rows.

    References
    ----------
    R. Mora and J. Ruiz-Castillo, 2011, doi:10.1111/j.1467-9531.2011.01237.x; S. F. Reardon and G. Firebaugh, 2002,
    doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> parts = over_units([[4, 0], [0, 4], [2, 2], [2, 2]], ["a", "a", "b", "b"])
    >>> round(parts.total, 4), parts.between, round(parts.within, 4)
    (0.3466, 0.0, 0.3466)
    """
    c = matrix(counts)
    names, at = _clusters(cluster, len(c))
    c, at = _known(c, at)
    merged = np.zeros((len(names), c.shape[1]))
    np.add.at(merged, at, c)
    values = [mutual_information(c[at == k]) for k in range(len(names))]
    weights = merged.sum(axis=1) / max(merged.sum(), 1e-300)
    return _parts(c, merged, names, np.array(values), weights, merged, normalised)


def over_groups(counts: ArrayLike, cluster: ArrayLike, normalised: bool = False) -> Parts:
    """Return M between clusters of groups and within them, or H when ``normalised``.

    ``M = M_between + Σ_c P_c M_c`` with M_c among the members of cluster c alone; H is each part over the entropy of
    all groups.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    cluster : array, shape (g,)
        Which cluster each group is in, such as the part of the world that countries are in.
    normalised : bool
        H [0–1] instead of M [nats].

    Returns
    -------
    Parts

    Raises
    ------
    BadInput
        A count is negative, or there are not as many clusters as groups.

    References
    ----------
    R. Mora and J. Ruiz-Castillo, 2011, doi:10.1111/j.1467-9531.2011.01237.x.

    Examples
    --------
    >>> parts = over_groups([[40, 20, 5, 1], [20, 40, 60, 80]], ["12", "12", "34", "34"])
    >>> round(parts.total, 6), round(parts.between + parts.within, 6)
    (0.186587, 0.186587)
    """
    c = matrix(counts)
    names, at = _clusters(cluster, c.shape[1])
    c, _ = _known(c, np.zeros(len(c), dtype=np.intp))
    merged = np.zeros((len(c), len(names)))
    np.add.at(merged.T, at, c.T)
    values = [mutual_information(c[:, at == k]) for k in range(len(names))]
    weights = merged.sum(axis=0) / max(merged.sum(), 1e-300)
    inside = np.zeros((len(names), c.shape[1]))
    inside[at, np.arange(c.shape[1])] = c.sum(axis=0)
    return _parts(c, merged, names, np.array(values), weights, inside, normalised)


def _clusters(cluster: ArrayLike, n: int) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    labels = np.asarray(cluster).astype(str)
    if labels.shape != (n,):
        raise BadInput("there are {a} clusters for {b} rows; as many were expected", a=labels.size, b=n)
    names, at = np.unique(labels, return_inverse=True)
    return tuple(str(name) for name in names), at


def _known(c: Floats, at: NDArray[np.intp]) -> tuple[Floats, NDArray[np.intp]]:
    keep = c.sum(axis=1) > 0
    return c[keep], at[keep]


def _parts(
    c: Floats, merged: Floats, names: tuple[str, ...], values: Floats, weights: Floats, inside: Floats, normalised: bool
) -> Parts:
    total, between = mutual_information(c), mutual_information(merged)
    if total == total and not between == between:
        between = 0.0  # one cluster alone has nothing to be told from
    within = float(np.nansum(weights * values))
    if normalised:
        entropy = float(-xlogx(c.sum(axis=0) / max(c.sum(), 1e-300)).sum())
        p = shares(inside, np.broadcast_to(inside.sum(axis=1, keepdims=True), inside.shape))
        own = -xlogx(p).sum(axis=1)
        values = np.divide(values, own, out=np.full_like(values, np.nan), where=own > 0)
        weights = weights * own / entropy if entropy > 0 else weights * np.nan
        total = theil_h(c)
        between, within = (between / entropy, within / entropy) if entropy > 0 else (nan(), nan())
    return Parts(total, between, within, names, tuple(values.tolist()), tuple(weights.tolist()))


@dataclass(frozen=True)
class Causes:
    """Why a measure is higher in one table than in another: ``first - second = spatial + attributes``."""

    first: float
    second: float
    spatial: float
    attributes: float


def causes(
    measure: Callable[[Floats, Floats], float],
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    approach: Approach = "composition",
) -> Causes:
    """Return how much of a difference comes from who lives where, and how much from the groups' make-up.

    Each table is given the other's distribution of shares by rank, and the four values are set against one another
    by Shapley's rule. A description, not a cause in the sense of an experiment.

    Parameters
    ----------
    measure : function of (group, total)
    first, second : (group, total), arrays of shape (n,) and (m,) [persons]
    approach : "composition", "share" or "dual"
        What is exchanged by rank: the group's share of each unit; each unit's share of the group and of the rest;
        the shares of group and rest apart.

    Returns
    -------
    Causes

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    R. X. Cortes, S. Rey, E. Knaap, L. J. Wolf, 2020, doi:10.1007/s42001-019-00059-3.

    Examples
    --------
    >>> from twin.models.segregation.evenness import dissimilarity
    >>> found = causes(dissimilarity, ([30, 10], [40, 60]), ([30, 10], [40, 60]))
    >>> found.spatial, found.attributes
    (0.0, 0.0)
    """
    a, b = (column(first[0]), column(first[1])), (column(second[0]), column(second[1]))
    swap: dict[str, Callable[[Any, Any], tuple[Floats, Floats]]] = {
        "composition": _by_composition, "share": _by_share, "dual": _by_both
    }  # fmt: skip
    s1a1, s2a2 = measure(*a), measure(*b)
    s1a2, s2a1 = measure(*swap[approach](a, b)), measure(*swap[approach](b, a))
    spatial = 0.5 * (s1a1 - s2a1 + s1a2 - s2a2)
    attributes = 0.5 * (s1a1 - s1a2 + s2a1 - s2a2)
    return Causes(s1a1, s2a2, spatial, attributes)


def _by_rank(mine: Floats, other: Floats) -> Floats:
    """Return the other's values at the ranks of mine."""
    return np.asarray(np.quantile(other, rankdata(mine) / len(mine)))


def _by_composition(own: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return _by_rank(shares(*own), shares(*other)) * own[1], own[1]


def _by_both(own: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    group = _by_rank(shares(*own), shares(*other)) * own[1]
    rest = _by_rank(shares(own[1] - own[0], own[1]), shares(other[1] - other[0], other[1])) * own[1]
    return group, group + rest


def _by_share(own: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    made = []
    for mine, theirs in ((own[0], other[0]), (own[1] - own[0], other[1] - other[0])):
        ranked = _by_rank(mine / mine.sum(), theirs / theirs.sum())
        made.append(ranked / ranked.sum() * mine.sum())
    return made[0], made[0] + made[1]
