"""Neighbourhoods and environments along the walk network: these do react to a bridge, a path, an underpass.

A barrier is what makes walked and straight-line answers differ; the difference of H at the same distance is called the
*barrier effect* here. A unit meets the network at its nearest link (not node); what is beside the link is walked
straight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.errors import BadInput
from twin.models.segregation import kernels_walk, neighbours
from twin.models.segregation.cells import known_places, shared_out
from twin.models.segregation.multiscalar import FALLS, RADII, Fall, checked_radii, environments, spatial_h
from twin.models.walk import access
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job
    from twin.models.walk.network import Network

    Floats = NDArray[np.float64]

ACCESS = 1000.0
"""How far from its nearest link a unit may be [m]: the middle of a large area may lie well off any path."""
FARTHEST = 50_000.0
"""How far the nearest k persons are searched for along the network [m]."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Units on a walk network, sorted by the link they are on.

    Attributes
    ----------
    network : Network
    order : array of int64, shape (m,)
        Which unit stands where; units too far from any link are left out.
    link, at, off : array, shape (m,)
        As in :class:`twin.models.walk.access.Access`.
    unit_start : array of int64, shape (links + 1,)
    reached : array of bool, shape (n,)
        Whether each unit is on the network.
    places : array, shape (n, 2) [m]
    """

    network: Network
    order: NDArray[np.int64]
    link: NDArray[np.int64]
    at: Floats
    off: Floats
    unit_start: NDArray[np.int64]
    reached: NDArray[np.bool_]
    places: Floats

    @property
    def tables(self) -> tuple[Any, ...]:
        """The network and where the units are on it, as the kernels take them."""
        n = self.network
        return (
            n.start, n.middle, n.to, n.link, n.length, n.u, n.v, n.w, self.unit_start, self.link, self.at, self.off
        )  # fmt: skip

    def by_unit(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return link (-1 for none), metres along and beside it of each unit, in the order of the units."""
        n = len(self.reached)
        link, at, off = np.full(n, -1, dtype=np.int64), np.zeros(n), np.full(n, np.inf)
        link[self.order], at[self.order], off[self.order] = self.link, self.at, self.off
        return link, at, off

    def away(self, links: NDArray[np.int64], at_link: NDArray[np.int64], at: Floats, limit: float) -> Floats:
        """Return how far each unit's place on the network is from the nearest of some spots, inf beyond the limit.

        Parameters
        ----------
        links : array of int, shape (a,)
            Spots that are whole links.
        at_link, at : array, shape (b,)
            Spots on links, by metres from their first node.
        limit : float [m]

        Returns
        -------
        array, shape (n,) [m]
            At most the true distance; 0 on the link of a spot.
        """
        out = np.full(len(self.reached), np.inf)
        on = np.concatenate([links, at_link])
        if not len(on):
            return out
        n = self.network
        nodes = np.concatenate([n.u[links], n.v[links], n.u[at_link], n.v[at_link]])
        first = np.concatenate([np.zeros(2 * len(links)), at, np.maximum(n.w[at_link] - at, 0.0)])
        dist = n.distances(nodes, first, limit)
        near = np.minimum(dist[n.u[self.link]] + self.at, dist[n.v[self.link]] + (n.w[self.link] - self.at))
        near[np.isin(self.link, on)] = 0.0
        out[self.order] = np.where(near <= limit, near, np.inf)
        return out


def walk(at: ArrayLike, network: Network, limit: float = ACCESS) -> Walk:
    """Return units placed on a walk network.

    Parameters
    ----------
    at : array, shape (n, 2) [m]
        Middles of the units, in the network's reference system.
    network : Network
    limit : float [m]
        Units further from any usable link are left out of walked measures.

    Returns
    -------
    Walk

    Raises
    ------
    BadInput
        No unit is near the network: most likely they are in different reference systems or places.
    """
    made = placed(at, network, limit)
    if len(made.reached) and not made.reached.any():
        raise BadInput(
            "no unit lies within {limit} m of the walk network; are both in the same place and reference system?",
            limit=f"{limit:g}",
        )
    return made


def placed(at: ArrayLike, network: Network, limit: float = ACCESS) -> Walk:
    """Return units placed on a walk network as :func:`walk`, also where none is near it."""
    places, _ = known_places(at, np.zeros((len(np.asarray(at)), 1)))
    points: Any = shapely.points(places)
    found = access.nearest(network, points, limit)
    reached = found.link >= 0
    which = np.flatnonzero(reached)
    order = which[np.argsort(found.link[which], kind="stable")].astype(np.int64)
    link = np.ascontiguousarray(found.link[order])
    unit_start = np.searchsorted(link, np.arange(len(network.ids) + 1)).astype(np.int64)
    return Walk(
        network, order, link, np.ascontiguousarray(found.at[order]), np.ascontiguousarray(found.off[order]),
        unit_start, reached, places,
    )  # fmt: skip


def walked_environments(
    walk: Walk,
    counts: ArrayLike,
    radii: Sequence[float] = RADII,
    fall: Fall = "biweight",
    job: Job | None = None,
    only: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return the persons of each group within walked distances, nearer ones weighing more.

    As :func:`twin.models.segregation.multiscalar.environments` with walked metres for d; never more than that, for a
    walk is never shorter than the straight line.

    Parameters
    ----------
    walk : Walk
        Of n units.
    counts : array, shape (n, g) [persons]
    radii : sequence of float [m]
    fall : "flat", "triangle" or "biweight"
    job : Job, optional
    only : array of bool, shape (n,), optional
        Units around which it is asked; all by default.

    Returns
    -------
    array, shape (n, r, g) [persons, weighed]
        nan for units that are not on the network, or not asked about. Rounded to 1/2³⁰ persons for each unit added, so
        that a sum does not depend on the order of units and links.

    Raises
    ------
    BadInput
        A count is negative, or radii are not ascending.

    References
    ----------
    S. F. Reardon et al., 2008, doi:10.1353/dem.0.0019.
    """
    reach = checked_radii(radii)
    _, c = known_places(walk.places, counts)
    out = np.full((len(c), len(reach), c.shape[1]), np.nan)
    inner, own = reach > 0, np.ascontiguousarray(c[walk.order])
    found = np.zeros((len(own), int(inner.sum()), c.shape[1]))
    origins = _origins(walk, only)
    if inner.any():
        ascending = reach[inner]

        def work(first: int, last: int) -> None:
            kernels_walk.within(*walk.tables, own, ascending, FALLS[fall], origins, found, first, last)

        shared_out(work, len(origins), job, N_("Walks from each unit"))
    rows = np.empty((len(own), len(reach), c.shape[1]))
    rows[:, ~inner], rows[:, inner] = own[:, None, :], found
    out[walk.order[origins]] = rows[origins]
    return out


def _origins(walk: Walk, only: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Return which places in the order of links are asked about."""
    wanted = np.ones(len(walk.order), dtype=bool) if only is None else only[walk.order]
    return np.flatnonzero(wanted).astype(np.int64)


def walked_nearest(
    walk: Walk,
    counts: ArrayLike,
    ks: Sequence[int] = neighbours.KS,
    job: Job | None = None,
    only: NDArray[np.bool_] | None = None,
) -> neighbours.Neighbourhoods:
    """Return the nearest k persons around each unit along the walk network.

    As :func:`twin.models.segregation.neighbours.nearest` with walked metres.

    Parameters
    ----------
    walk : Walk
        Of n units.
    counts : array, shape (n, g) [persons]
    ks : sequence of int [persons]
    job : Job, optional
    only : array of bool, shape (n,), optional
        Units around which it is asked; all by default.

    Returns
    -------
    Neighbourhoods
        nan for units that are not on the network or not asked about, and where fewer than k persons can be walked to.

    Raises
    ------
    BadInput
        A count is negative, or a k is not positive.

    References
    ----------
    J. Östh, W. A. V. Clark, B. Malmberg, 2015, doi:10.1111/gean.12053.
    """
    order = neighbours.checked_ks(ks)
    _, c = known_places(walk.places, counts)
    own = np.ascontiguousarray(c[walk.order])
    persons, radius = neighbours.empty(len(own), len(order), c.shape[1])
    people, wanted = np.ascontiguousarray(own.sum(axis=1)), np.array(order, dtype=np.float64)
    # the straight line says how far k persons are at least
    straight = neighbours.nearest(walk.places[walk.order], own, order[-1:]).radius[:, 0] if len(own) else np.zeros(0)
    guess = np.where(np.isfinite(straight), straight * 1.4, FARTHEST)
    origins = _origins(walk, only)

    def work(first: int, last: int) -> None:
        kernels_walk.nearest(*walk.tables, own, people, wanted, guess, FARTHEST, origins, persons, radius, first, last)

    shared_out(work, len(origins), job, N_("Walks from each unit"))
    all_persons, all_radius = neighbours.empty(len(c), len(order), c.shape[1])
    all_persons[walk.order], all_radius[walk.order] = persons, radius
    return neighbours.Neighbourhoods(order, all_persons, all_radius, neighbours.too_coarse(c, order))


@dataclass(frozen=True)
class Barriers:
    """H along the network and straight, of the same units, and the difference: what barriers add.

    Attributes
    ----------
    radii : tuple of float [m]
    walked, straight, effect : tuple of float
        ``effect = walked - straight``, one value per radius.
    units, persons : int, float
        On the network: what the values are about.
    """

    radii: tuple[float, ...]
    walked: tuple[float, ...]
    straight: tuple[float, ...]
    effect: tuple[float, ...]
    units: int
    persons: float


def barriers(
    walk: Walk, counts: ArrayLike, radii: Sequence[float] = RADII, fall: Fall = "biweight", job: Job | None = None
) -> Barriers:
    """Return the barrier effect H_net(r) - H_euclid(r), over the units that are on the network.

    It is above 0 also without any barrier, for no network runs everywhere straight: compare before and after, or place
    with place, rather than with 0.

    Parameters
    ----------
    walk : Walk
        Of n units.
    counts : array, shape (n, g) [persons]
    radii : sequence of float [m]
    fall : "flat", "triangle" or "biweight"
    job : Job, optional

    Returns
    -------
    Barriers

    Raises
    ------
    BadInput
        A count is negative, or radii are not ascending.

    References
    ----------
    S. F. Reardon et al., 2008, doi:10.1353/dem.0.0019.
    """
    _, c = known_places(walk.places, counts)
    there = walk.reached
    net = spatial_h(c[there], walked_environments(walk, c, radii, fall, job)[there])
    line = spatial_h(c[there], environments(walk.places[there], c[there], radii, fall, job))
    return Barriers(
        tuple(float(r) for r in radii), tuple(net.tolist()), tuple(line.tolist()), tuple((net - line).tolist()),
        int(there.sum()), float(c[there].sum()),
    )  # fmt: skip
