"""Several groups, counts alone: how unevenly they are spread over units.

Numbers in brackets are those of S. F. Reardon and G. Firebaugh, Measures of Multigroup Segregation, Sociological
Methodology 32, 2002, doi:10.1111/1467-9531.00110, by name of the index: D, G, H, P, R and C there. Places play no part,
as in :mod:`twin.models.segregation.evenness`.

In all functions ``counts`` is an array of shape (n, g) [persons], a row per unit, a column per group that does not
overlap the others. Units with a missing count or nobody in them are left out, groups without members count nothing.
Where fewer than two groups have members, measures of spread are not defined and nan is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.segregation.counts import nan, table, xlogx
from twin.models.segregation.evenness import differences
from twin.models.segregation.mix import interaction_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Table:
    """Known counts (g, n), persons per unit ``t``, shares ``p`` (g, n) in units and ``whole`` (g, 1) in all.

    A row per group: NumPy is several times slower along an axis as short as that of groups.
    """

    counts: Floats
    t: Floats
    p: Floats
    whole: Floats
    total: float


def _read(counts: ArrayLike) -> _Table | None:
    c = np.ascontiguousarray(table(counts).T)
    members = c.sum(axis=1)
    if not (members > 0).all():
        c, members = c[members > 0], members[members > 0]
    if len(c) < 2:
        return None
    t = c.sum(axis=0)
    return _Table(c, t, c / t, (members / members.sum())[:, None], float(t.sum()))


def _squares(c: _Table) -> Floats:
    """Return ``Σ_i t_i (p_ig - P_g)²`` of each group, shape (g, 1)."""
    away = c.p - c.whole
    away *= away
    away *= c.t
    return np.asarray(away.sum(axis=1))[:, None]


def dissimilarity(counts: ArrayLike) -> float:
    """Return D for several groups: the part of all persons that would have to move, over its maximum.

    ``D = Σ_g Σ_i t_i |p_ig - P_g| / (2 T I)``, I as in
    :func:`twin.models.segregation.mix.simpson_interaction`. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    J. M. Sakoda, 1981, doi:10.2307/2061096.

    Examples
    --------
    >>> dissimilarity([[40, 0], [0, 40]])
    1.0
    """
    c = _read(counts)
    if c is None:
        return nan()
    away = c.p - c.whole
    np.abs(away, out=away)
    away *= c.t
    return float(away.sum() / (2 * c.total * interaction_of(c.whole)))


def gini(counts: ArrayLike) -> float:
    """Return G for several groups, the mean difference of shares between two persons' units, over its maximum.

    ``G = Σ_g Σ_i Σ_j t_i t_j |p_ig - p_jg| / (2 T² I)``, by one sort per group. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> gini([[40, 0], [0, 40]])
    1.0
    """
    c = _read(counts)
    if c is None:
        return nan()
    every = sum(differences(own, c.t) for own in c.counts)
    return float(every / (2 * c.total**2 * interaction_of(c.whole)))


def mutual_information(counts: ArrayLike) -> float:
    """Return M, how much a person's unit tells about the person's group [nats].

    ``M = Σ_ug p_ug ln(p_ug / (p_u p_g))``. Range 0 to the entropy of the groups, at most ln g. M adds up over levels
    of units and of groups (see :mod:`twin.models.segregation.parts`); it changes when groups grow, H less so.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    R. Mora and J. Ruiz-Castillo, 2011, doi:10.1111/j.1467-9531.2011.01237.x; D. M. Frankel and O. Volij, 2011,
    doi:10.1016/j.jet.2010.10.008.

    Examples
    --------
    >>> round(mutual_information([[40, 20, 5, 1], [20, 40, 60, 80]]), 6)
    0.186587
    """
    c = _read(counts)
    return nan() if c is None else _information(c)


def _information(c: _Table) -> float:
    terms = c.p / c.whole
    np.maximum(terms, np.finfo(float).tiny, out=terms)  # 0 ln 0 is 0
    np.log(terms, out=terms)
    terms *= c.counts
    return float(max(terms.sum() / c.total, 0.0))


def theil_h(counts: ArrayLike) -> float:
    """Return H, Theil's information index: M over the entropy of the groups.

    ``H = M / E``, ``E = -Σ P_g ln P_g``. Range 0 (all units as mixed as the whole) to 1 (no unit is mixed).

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> round(theil_h([[40, 20, 5, 1], [20, 40, 60, 80]]), 6)
    0.135384
    """
    c = _read(counts)
    return nan() if c is None else float(_information(c) / -xlogx(c.whole).sum())


def divergence(counts: ArrayLike) -> float:
    """Return the divergence index, the mean surprise at the units' mixes to one who knows the whole's [nats].

    ``Σ (t_i/T) Σ_g p_ig ln(p_ig / P_g)``: equal to M when compared with the whole. Range 0 to ln g.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    E. Roberto, 2015, arXiv:1508.01167.

    Examples
    --------
    >>> round(divergence([[40, 0], [0, 40]]), 4)
    0.6931
    """
    return mutual_information(counts)


def normalised_exposure(counts: ArrayLike) -> float:
    """Return P, how much less the groups meet in units than they would with an even spread.

    ``P = Σ_g Σ_i (t_i/T) (p_ig - P_g)² / (1 - P_g)``. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> normalised_exposure([[40, 0], [0, 40]])
    1.0
    """
    c = _read(counts)
    if c is None:
        return nan()
    return float((_squares(c) / (1 - c.whole)).sum() / c.total)


def relative_diversity(counts: ArrayLike) -> float:
    """Return R, how much less mixed the units are than the whole, by Simpson's interaction.

    ``R = Σ_g Σ_i t_i (p_ig - P_g)² / (T I)``. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> relative_diversity([[40, 0], [0, 40]])
    1.0
    """
    c = _read(counts)
    if c is None:
        return nan()
    return float(_squares(c).sum() / (c.total * interaction_of(c.whole)))


def squared_variation(counts: ArrayLike) -> float:
    """Return C, the squared coefficient of variation of the groups' shares.

    ``C = Σ_g Σ_i t_i (p_ig - P_g)² / (T (g - 1) P_g)``. Range 0 to 1.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> squared_variation([[40, 0], [0, 40]])
    1.0
    """
    c = _read(counts)
    if c is None:
        return nan()
    return float((_squares(c) / c.whole).sum() / (c.total * (len(c.whole) - 1)))
