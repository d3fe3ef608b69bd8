"""Static deterministic user equilibrium of several classes of vehicles on one network, by bushes.

J. G. Wardrop, Some theoretical aspects of road traffic research, Proc. ICE 1(3), 1952, doi:10.1680/ipeds.1952.11259:
no driver has a cheaper path. It is the least of M. Beckmann's objective (Studies in the Economics of
Transportation, 1956), here in passenger-car units, costs in time: ``Z = Σ_a ∫ t_a + Σ_c Σ_a y_ca f_ca``.
"""

from __future__ import annotations

import math
import time as clock
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.compile import compile_all
from twin.models.traffic import delay
from twin.models.traffic.catching_up import catch_up
from twin.models.traffic.demand import groups_of, unreached
from twin.models.traffic.warm import carried, link_map, no_bushes, same_demand
from twin.models.traffic.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.models.traffic.demand import Group, Lost
    from twin.models.traffic.network import Network, Trips
    from twin.models.traffic.warm import Bushes


@dataclass(frozen=True)
class Step:
    """How far an assignment is: iterations done, relative gap, seconds."""

    iteration: int
    gap: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """The answer of an assignment, links in the network's order.

    Attributes
    ----------
    gap : float
        (TSTT − SPTT)/TSTT at generalised cost, of exactly these flows.
    objective : float
        Beckmann's, with the weights of tolls and distance.
    iterations : int
    seconds : float
        Without reading and compiling.
    flow : array, shape (m,) [pcu/period]
    class_flow : array, shape (c, m) [vehicles/period]
    time : array, shape (m,)
    cost : array, shape (c, m) [time]
        Generalised cost of each class, infinity where it may not drive.
    lost : tuple of Lost
        Demand left out: within a zone, or without a path.
    history : tuple of Step
    """

    gap: float
    objective: float
    iterations: int
    seconds: float
    flow: NDArray[np.float64]
    class_flow: NDArray[np.float64]
    time: NDArray[np.float64]
    cost: NDArray[np.float64]
    lost: tuple[Lost, ...]
    history: tuple[Step, ...]
    network: Network = field(repr=False)
    trips: tuple[Trips, ...] = field(repr=False)
    groups: tuple[Group, ...] = field(repr=False)
    bushes: tuple[Bushes, ...] = field(repr=False)
    cheapest: tuple[NDArray[np.float64], ...] = field(repr=False)

    @property
    def total_time(self) -> float:
        """Time all vehicles spend, in passenger-car units: sum of flow times time."""
        return float(self.flow @ self.time)


def assign(
    network: Network,
    trips: Sequence[Trips],
    gap: float = 1e-6,
    *,
    warm: Equilibrium | None = None,
    kept: NDArray[np.int64] | None = None,
    threads: int = 1,
    max_seconds: float = math.inf,
    max_iterations: int = 1000,
    report: Callable[[Step], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Equilibrium:
    """Find the user equilibrium of a demand on a network.

    Parameters
    ----------
    network : Network
    trips : sequence of Trips
        One per class of vehicles.
    gap : float
        Relative gap at which it is done.
    warm : Equilibrium, optional
        An earlier answer; what differs since (delay, closed, new or removed links, demand) is found here.
    kept : array, optional
        For each link of the earlier network its row in this one, -1 where it went, see
        :func:`twin.models.traffic.warm.link_map`.
    threads : int
        The answer does not depend on it.
    max_seconds, max_iterations : float, int
        When it ends without the gap.
    report : callable, optional
        Called with each Step.
    stop : callable, optional
        Asked often whether to stop; the last flows whose gap is known are the answer.

    Returns
    -------
    Equilibrium
        ``gap`` says whether the goal was reached.

    Raises
    ------
    BadInput
        When a demand is negative or a link costs less than nothing.
    """
    compile_all(prefix="twin.models.traffic.")
    began = clock.perf_counter()
    trips = tuple(trips)
    groups, lost = groups_of(network, trips)
    work = Work(network, trips, groups, threads)
    done: list[Step] = []
    hurry = _hurry(stop, began + max_seconds)
    with ThreadPoolExecutor(work.threads) as pool:
        _begin(work, warm, trips, kept, gap, hurry, pool)
        while True:
            work.cheapest, bushes = work.renewed(pool)
            done.append(Step(len(done), work.gap(), clock.perf_counter() - began))
            if report is not None:
                report(done[-1])
            if done[-1].gap <= gap or len(done) > max_iterations or hurry():
                break
            good = work.bushes, work.by_class, work.flow
            work.add_up(bushes)
            if not (work.settle(done[-1].gap, hurry) and catch_up(work, gap, hurry, pool)):
                work.bushes, work.by_class = good[:2]
                work.take(good[2])
                break
    for group, costs in zip(groups, work.cheapest, strict=True):
        lost += tuple(unreached(network, trips, group, costs))
    return _answer(work, trips, tuple(done), lost, clock.perf_counter() - began)


def _hurry(stop: Callable[[], bool] | None, end: float) -> Callable[[], bool]:
    return lambda: clock.perf_counter() >= end or (stop is not None and stop())


def _begin(
    work: Work, warm: Equilibrium | None, trips: tuple[Trips, ...], kept: NDArray[np.int64] | None, gap: float,
    hurry: Callable[[], bool], pool: ThreadPoolExecutor,
) -> None:  # fmt: skip
    """Put flow on the bushes: on the cheapest paths at no flow, or as an earlier answer had it."""
    network = work.network
    work.bushes = tuple(no_bushes(len(group.origins)) for group in work.groups)
    if warm is None:
        work.add_up(work.renewed(pool)[1])
        return
    links = link_map(warm.network, network, kept)
    nodes = network.find(warm.network.names)
    same_classes = [one.vehicles.name for one in warm.trips] == [one.vehicles.name for one in trips]
    unchanged = same_classes and same_demand(warm.groups, work.groups)
    unchanged = unchanged and np.array_equal(links, np.arange(network.m))
    old = np.zeros(network.m)
    old[links[links >= 0]] = warm.flow[warm.network.flat.order][links >= 0]
    work.take(old)
    if unchanged and np.array_equal(warm.network.names, network.names):
        # flows are copied, as settling changes them where they are
        work.bushes = tuple(replace(bush, flows=bush.flows.copy()) for bush in warm.bushes)
        work.cheapest = list(warm.cheapest)
        if not work.reopened(pool):
            work.sum_up()
        before = zip(work.fixed, warm.cost, strict=True)
        if not all(np.array_equal(work.time + fixed, cost[network.flat.order]) for fixed, cost in before):
            if work.settle(gap, hurry):
                catch_up(work, gap, hurry, pool)
            work.add_up(work.bushes)
        return
    work.bushes = carried(warm.groups, warm.bushes, warm.trips, work.groups, trips, links, nodes)
    work.add_up(work.renewed(pool)[1])


def _answer(
    work: Work, trips: tuple[Trips, ...], done: tuple[Step, ...], lost: tuple[Lost, ...], seconds: float
) -> Equilibrium:
    network, flat = work.network, work.flat
    back = np.empty(network.m, dtype=np.intp)
    back[flat.order] = np.arange(network.m)
    objective = float(delay.integrals(flat.kinds, flat.rows, work.flow).sum())
    for y, fixed in zip(work.by_class, work.fixed, strict=True):
        objective += float(np.dot(y, np.where(y > 0, fixed, 0.0)))
    pcu = np.array([[one.vehicles.pcu] for one in trips])
    cost = np.array([work.time + fixed for fixed in work.fixed]).reshape(len(trips), network.m)
    return Equilibrium(
        done[-1].gap, objective, len(done) - 1, seconds, work.flow[back],
        (work.by_class / pcu.reshape(-1, 1))[:, back], work.time[back], cost[:, back],
        lost, done, network, trips, work.groups, work.bushes, tuple(work.cheapest),
    )  # fmt: skip
