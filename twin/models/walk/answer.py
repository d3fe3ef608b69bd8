"""What each house reaches: the kernels run by threads over blocks of houses, all of them or those an edit reaches."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.models.walk import kernels
from twin.models.walk.names import KINDS
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.jobs import Job
    from twin.models.walk.world import Spots, Step, World

BLOCK = 256
"""Houses a thread takes at a time; between blocks the work can be stopped."""
MARGIN = 1e-3
"""Metres added to the limit when asking which houses an edit reaches, for sums rounded in another order."""


@dataclass(frozen=True, eq=False)
class Sums:
    """For each house: weights (n, 2, r) and things (n, kinds, r) within each limit; nearest thing (n, kinds) [m].

    Whole numbers (exact in floating point up to 9e15), summed up to each limit.
    """

    mass: NDArray[np.float64]
    things: NDArray[np.float64]
    nearest: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """Memory it takes [bytes]."""
        return self.mass.nbytes + self.things.nbytes + self.nearest.nbytes


def empty(n: int, limits: NDArray[np.float64]) -> Sums:
    """Return sums of nothing."""
    r, k = len(limits), len(KINDS)
    return Sums(np.zeros((n, 2, r)), np.zeros((n, k, r)), np.full((n, k), np.inf))


def threads() -> int:
    """Return how many threads share the work."""
    return max(1, min(os.cpu_count() or 1, 16))


def answer(world: World, limits: NDArray[np.float64], count_access: bool, job: Job | None = None) -> Sums:
    """Return what every house reaches."""
    return _answered(empty(len(world.homes.ids), limits), world, None, limits, count_access, job)


def answer_step(
    old: World, before: Sums, step: Step, limits: NDArray[np.float64], count_access: bool, job: Job | None = None
) -> tuple[Sums, int]:
    """Return what every house reaches after a step, and for how many it had to be found out anew."""
    world, rows = step.world, step.rows
    known = np.flatnonzero(rows >= 0)
    sums = empty(len(rows), limits)
    for now, was in ((sums.mass, before.mass), (sums.things, before.things), (sums.nearest, before.nearest)):
        now[known] = was[rows[known]]
    again = step.moved.copy()
    again[known] |= reached(old, step.before, limits[-1])[rows[known]]
    again |= reached(world, step.after, limits[-1])
    which = np.flatnonzero(again)
    sums.mass[which], sums.things[which], sums.nearest[which] = 0, 0, np.inf
    return _answered(sums, world, which, limits, count_access, job), len(which)


def reached(world: World, spots: Spots, limit: float) -> NDArray[np.bool_]:
    """Return the houses from which any of the spots may be within the limit."""
    access, network = world.homes.access, world.network
    links = np.concatenate([spots.links, spots.at_link])
    if not len(links):
        return np.zeros(len(access.link), dtype=bool)
    on = spots.at_link
    nodes = np.concatenate([network.u[spots.links], network.v[spots.links], network.u[on], network.v[on]])
    none = np.zeros(2 * len(spots.links))
    first = np.concatenate([none, spots.at, np.maximum(network.w[on] - spots.at, 0.0)])
    dist = network.distances(nodes, first, limit + MARGIN)
    home = np.maximum(access.link, 0)
    du, dv = dist[network.u[home]] + access.at, dist[network.v[home]] + (network.w[home] - access.at)
    near = (np.minimum(du, dv) <= limit + MARGIN) | np.isin(access.link, links)
    return np.asarray(near & (access.link >= 0))


def _answered(
    sums: Sums, world: World, which: Any, limits: NDArray[np.float64], count_access: bool, job: Job | None
) -> Sums:
    access = world.homes.access
    on = np.flatnonzero(access.link >= 0) if which is None else which[access.link[which] >= 0]
    on = on[np.argsort(access.link[on], kind="stable")].astype(np.int32)
    if not len(on):
        return sums
    network = world.network
    points, doors = _mass_points(world, count_access), _thing_doors(world, count_access)
    arguments = (
        network.start, network.middle, network.to, network.link, network.length, network.u, network.v,
        _links(world, points, doors), *points, *doors,
    )  # fmt: skip
    off = access.off if count_access else np.zeros_like(access.off)
    at_link = access.link.astype(np.int32)
    mass, things = np.zeros_like(sums.mass), np.zeros_like(sums.things)

    def block(first: int) -> None:
        if job is not None:
            job.check()
        part = on[first : first + BLOCK]
        kernels.reach(*arguments, part, at_link, access.at, off, limits, mass, things, sums.nearest)

    firsts = range(0, len(on), BLOCK)
    with ThreadPoolExecutor(threads()) as pool:
        for number, _ in enumerate(pool.map(block, firsts), 1):
            if job is not None:
                job.progress(number / len(firsts), N_("Walking from {n} houses"), n=len(on))
    sums.mass[on] = np.cumsum(mass[on], axis=2)
    sums.things[on] = np.cumsum(things[on], axis=2)
    return sums


def _by_link(link: Any, m: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the order of points by link and where each link's points begin, (m + 1,)."""
    order = np.argsort(link, kind="stable")
    start = np.zeros(m + 1, dtype=np.int64)
    np.cumsum(np.bincount(link, minlength=m), out=start[1:])
    return order, start


def _mass_points(world: World, count_access: bool) -> tuple[Any, ...]:
    access, weights = world.homes.access, world.homes.weights
    on = np.flatnonzero((access.link >= 0) & weights.any(axis=1))
    order, start = _by_link(access.link[on], len(world.network.ids))
    on = on[order]
    off = access.off[on] if count_access else np.zeros(len(on))
    return start, access.at[on], off, np.ascontiguousarray(weights[on], dtype=np.float64)


def _links(world: World, points: tuple[Any, ...], doors: tuple[Any, ...]) -> NDArray[np.float64]:
    """Return the table of links that :func:`twin.models.walk.kernels.reach` asks at every turn."""
    start, _, off, mass = points
    m = len(world.network.ids)
    table = np.zeros((m, 8))  # a row is a line of the processor's cache
    table[:, kernels.WALKED] = world.network.w
    table[:, kernels.LEAST] = np.inf
    link = np.repeat(np.arange(m), np.diff(start))
    np.minimum.at(table[:, kernels.LEAST], link, off - kernels.GUARD)
    np.maximum.at(table[:, kernels.MOST], link, off + kernels.GUARD)
    table[:, kernels.DOORS] = np.diff(doors[0]) > 0
    for c in range(mass.shape[1]):
        table[:, kernels.MASS + c] = np.bincount(link, mass[:, c], minlength=m)
    return table


def _thing_doors(world: World, count_access: bool) -> tuple[Any, ...]:
    places, areas = world.places, world.areas
    on = np.flatnonzero(places.access.link >= 0)
    link = np.concatenate([places.access.link[on], areas.doors.link])
    order, start = _by_link(link, len(world.network.ids))
    thing = np.concatenate([on, len(places.ids) + areas.doors.area])[order].astype(np.int32)
    at = np.concatenate([places.access.at[on], areas.doors.at])[order]
    off = np.concatenate([places.access.off[on], areas.doors.off])[order]
    if not count_access:
        off = np.zeros_like(off)
    green = KINDS.index("green")
    kind = np.concatenate([places.weights[:, 0], np.full(len(areas.ids), green)]).astype(np.int32)
    weight = np.concatenate([np.ones(len(places.ids)), areas.size.astype(np.float64)])
    return start, at, off, thing, kind, weight
