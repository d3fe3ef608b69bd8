"""Values of each unit, for maps: shares, over- and under-representation, mix, and how far from the whole's mix.

In all functions ``counts`` is an array of shape (n, g) [persons], every row is answered, with nan where a count is
missing or nobody lives. A unit's value says nothing of its neighbours; :mod:`twin.models.segregation.neighbours` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.models.segregation.counts import matrix, xlogx

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def _split(counts: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return counts (n, g), shares in the units (n, g; nan where nobody lives), shares of all (g,)."""
    c = matrix(counts)
    t = c.sum(axis=1, keepdims=True)
    p: Any = np.divide(c, t, out=np.full_like(c, np.nan), where=t > 0)
    known = c[(t > 0)[:, 0]]
    whole = known.sum(axis=0) / known.sum() if len(known) else np.full(c.shape[1], np.nan)
    return c, p, whole


def location_quotient(counts: ArrayLike) -> Floats:
    """Return each group's share of each unit over its share of all.

    ``LQ_ig = p_ig / P_g``. Range 0 to 1/P_g, 1 = as in the whole; nan for a group without members.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    array, shape (n, g)

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    A. M. Isserman, 1977, doi:10.1080/01944367708977758.

    Examples
    --------
    >>> location_quotient([[3, 1], [1, 3]])
    array([[1.5, 0.5],
           [0.5, 1.5]])
    """
    _, p, whole = _split(counts)
    return np.asarray(np.divide(p, whole, out=np.full_like(p, np.nan), where=whole > 0))


def local_diversity(counts: ArrayLike, normalised: bool = False) -> Floats:
    """Return the entropy of each unit's mix [nats], or 0 to 1 when ``normalised`` by ln g.

    ``E_i = -Σ p_ig ln p_ig``.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    normalised : bool

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    S. F. Reardon and G. Firebaugh, 2002, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> local_diversity([[2, 2], [4, 0]]).round(4) + 0
    array([0.6931, 0.    ])
    """
    c, p, _ = _split(counts)
    value = np.where(np.isnan(p).any(axis=1), np.nan, -xlogx(np.nan_to_num(p)).sum(axis=1))
    groups = c.shape[1]
    if normalised:
        value = value / np.log(groups) if groups > 1 else np.full_like(value, np.nan)
    return np.asarray(value)


def local_interaction(counts: ArrayLike) -> Floats:
    """Return the chance that two persons drawn from a unit are of different groups, ``Σ p_ig (1 - p_ig)``.

    Range 0 to 1 - 1/g; one less it is Simpson's concentration of the unit.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    E. H. Simpson, 1949, doi:10.1038/163688a0.

    Examples
    --------
    >>> local_interaction([[2, 2], [4, 0]])
    array([0.5, 0. ])
    """
    _, p, _ = _split(counts)
    return np.asarray((p * (1 - p)).sum(axis=1))


def local_divergence(counts: ArrayLike) -> Floats:
    """Return how far each unit's mix is from the whole's [nats].

    ``D_i = Σ p_ig ln(p_ig / P_g)``; ``M = Σ (t_i/T) D_i``, so ``t_i D_i / T`` is the unit's part of M. Range 0 to
    -ln of the smallest share.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    BadInput
        A count is negative.

    References
    ----------
    E. Roberto, 2015, arXiv:1508.01167.

    Examples
    --------
    >>> local_divergence([[4, 0], [0, 4]]).round(4)
    array([0.6931, 0.6931])
    """
    _, p, whole = _split(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / whole), 0.0)
    return np.asarray(np.where(np.isnan(p).any(axis=1), np.nan, terms.sum(axis=1)))
