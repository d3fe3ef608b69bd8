"""Co-presence potential: which groups can reach a public place on foot. A potential, never meetings.

After the attraction reach of A. Ståhle, L. Marcus and A. Karlström, Place Syntax, 5th Space Syntax Symposium, Delft
2005, and A. Legeby, Patterns of co-presence, KTH 2013 (diva2:662753): who could come, by walking distance to homes.
Nothing is said of who comes, when, or whether people meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.segregation.counts import xlogx

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Potential:
    """Of each place: who can reach it.

    Attributes
    ----------
    people : array, shape (p,) [persons]
    mix : array, shape (p,)
        Normalised entropy of the groups that can reach it, 0 (one group) to 1 (all groups alike); nan for nobody.
    shares : array, shape (p, g) [0–1]
        Of each group among those who can reach it; nan for nobody.
    reach : array, shape (p, g) [0–1]
        Which part of all members of each group can reach it; nan for a group without members.
    gap : array, shape (p,) [0–1]
        Largest less smallest of ``reach``.
    """

    people: Floats
    mix: Floats
    shares: Floats
    reach: Floats
    gap: Floats


def potential(meeting: ArrayLike, members: ArrayLike) -> Potential:
    """Return the co-presence potential of places.

    ``s_pg = n_pg / Σ_g n_pg``, ``E_p = -Σ_g s_pg ln s_pg / ln G``, ``gap_p = max_g n_pg/N_g - min_g n_pg/N_g`` with
    n_pg the persons of group g who live within the radius of place p and N_g all of its members.

    Parameters
    ----------
    meeting : array, shape (p, g) [persons]
        Who can reach each place; nan for a place off the network.
    members : array, shape (g,) [persons]

    Returns
    -------
    Potential

    Examples
    --------
    >>> found = potential([[30, 30], [40, 0]], [100, 50])
    >>> found.mix.round(3).tolist(), found.gap.round(3).tolist()
    ([1.0, 0.0], [0.3, 0.4])
    """
    n, whole = np.asarray(meeting, dtype=float), np.asarray(members, dtype=float)
    people = n.sum(axis=1)
    shares = np.divide(n, people[:, None], out=np.full_like(n, np.nan), where=people[:, None] > 0)
    groups = n.shape[1]
    mix = np.full(len(n), np.nan)
    if groups > 1:
        known = people > 0
        mix[known] = -xlogx(shares[known]).sum(axis=1) / np.log(groups) + 0.0
    reach = np.divide(n, whole, out=np.full_like(n, np.nan), where=whole > 0)
    gap = np.full(len(n), np.nan)
    if (whole > 0).any() and len(n):
        kept = reach[:, whole > 0]
        gap = kept.max(axis=1) - kept.min(axis=1)
    return Potential(people, mix, shares, reach, gap)


def places_reached(meeting: ArrayLike, members: ArrayLike) -> Floats:
    """Return how many of the places a member of each group reaches on the mean, ``Σ_p n_pg / N_g``.

    Parameters
    ----------
    meeting : array, shape (p, g) [persons]
    members : array, shape (g,) [persons]

    Returns
    -------
    array, shape (g,)
        nan for a group without members.

    Examples
    --------
    >>> places_reached([[30, 30], [40, 0]], [100, 50]).round(2).tolist()
    [0.7, 0.6]
    """
    n, whole = np.asarray(meeting, dtype=float), np.asarray(members, dtype=float)
    total = np.nansum(n, axis=0) if len(n) else np.zeros(len(whole))
    return np.asarray(np.divide(total, whole, out=np.full(len(whole), np.nan), where=whole > 0))
