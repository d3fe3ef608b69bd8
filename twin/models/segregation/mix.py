"""How mixed all persons are together, wherever they live: what the measures of spread are held against.

In all functions ``counts`` is an array of shape (n, g) [persons], a row per unit, a column per group. None of these can
react to who lives where; they say whether a change of another measure comes from a change of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.models.segregation.counts import nan, table, xlogx

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def interaction_of(whole: Floats) -> float:
    """Return the chance that two persons drawn by shares ``whole`` are of different groups."""
    return float((whole * (1 - whole)).sum())


def diversity(counts: ArrayLike, normalised: bool = False) -> float:
    """Return E, the entropy of all groups' shares: how mixed the whole is, wherever people live [nats].

    ``E = -Σ P_g ln P_g``. Range 0 to ln g; with ``normalised`` 0 to 1. It cannot react to who lives where.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    normalised : bool
        Divide by ln g, g the number of columns.

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
    >>> round(diversity([[40, 0], [0, 40]]), 4)
    0.6931
    """
    c = table(counts)
    if not len(c):
        return nan()
    value = float(-xlogx(c.sum(axis=0) / c.sum()).sum())
    if normalised:
        return value / np.log(c.shape[1]) if c.shape[1] > 1 else nan()
    return value


def simpson_interaction(counts: ArrayLike) -> float:
    """Return I, the chance that two persons drawn from all are of different groups.

    ``I = Σ P_g (1 - P_g)``. Range 0 to 1 - 1/g. It cannot react to who lives where.

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
    >>> simpson_interaction([[40, 0], [0, 40]])
    0.5
    """
    c = table(counts)
    return interaction_of(c.sum(axis=0) / c.sum()) if len(c) else nan()


def simpson_concentration(counts: ArrayLike) -> float:
    """Return the chance that two persons drawn from all are of the same group, ``Σ P_g² = 1 - I``.

    Range 1/g to 1. It cannot react to who lives where.

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
    E. H. Simpson, 1949, doi:10.1038/163688a0.

    Examples
    --------
    >>> simpson_concentration([[40, 0], [0, 40]])
    0.5
    """
    c = table(counts)
    if not len(c):
        return nan()
    whole = c.sum(axis=0) / c.sum()
    return float((whole * whole).sum())
