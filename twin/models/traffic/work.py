"""The moving parts of one assignment: bushes, flows and times, and the steps that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic import delay, shifts
from twin.models.traffic.bushes import add_flows, bush_costs, renew
from twin.models.traffic.warm import Bushes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from twin.models.traffic.demand import Group
    from twin.models.traffic.network import Network, Trips

SWEEPS = 30
"""How often flow is shifted in all bushes before the cheapest paths are looked for again, at most."""
ENOUGH = 0.03
"""Shifting ends when what is left to gain is this share of what there was."""
SHARE = 0.3
"""A bush where less than this share of the mean was found is not looked at in every sweep."""
LEAST = 1e-4
"""Differences smaller than this times the gap, relative to the path's cost, are left alone."""


class Work:
    """The moving parts of one assignment: bushes, flows and times, links sorted as the kernels want them."""

    def __init__(self, network: Network, trips: Sequence[Trips], groups: tuple[Group, ...], threads: int) -> None:
        self.network, self.flat, self.groups = network, network.flat, groups
        self.fixed = []
        for one in trips:
            fixed = one.vehicles.fixed(network)[self.flat.order]
            self.fixed.append(np.where(self.flat.shut, np.inf, fixed))
        self.threads = max(1, threads)
        m = network.m
        self.by_class = np.zeros((len(trips), m))
        self.bushes: tuple[Bushes, ...] = ()
        self.cheapest: list[NDArray[np.float64]] = []
        self._place = np.full(network.n, -1, dtype=np.int32)
        self.take(np.zeros(m))

    def add_up(self, bushes: tuple[Bushes, ...]) -> None:
        """Take bushes and the flows and times that follow from them."""
        self.bushes = bushes
        self.sum_up()
        self.take(self.by_class.sum(axis=0))

    def sum_up(self) -> None:
        """Add up the flow of each class on each link."""
        self.by_class = np.zeros_like(self.by_class)
        for group, bush in zip(self.groups, self.bushes, strict=True):
            add_flows(bush.links, bush.flows, self.by_class[group.vehicles])

    def take(self, flow: NDArray[np.float64]) -> None:
        """Take the flow of all traffic and bring times up to date."""
        self.flow = flow
        self.time, self.slope = np.empty_like(flow), np.empty_like(flow)
        delay.evaluate(self.flat.kinds, self.flat.rows, flow, self.time, self.slope)

    def renewed(
        self, pool: ThreadPoolExecutor, chosen: Sequence[NDArray[np.bool_]] | None = None
    ) -> tuple[list[NDArray[np.float64]], tuple[Bushes, ...]]:
        """Return the costs of the cheapest paths and the bushes renewed by them, of all origins or of those chosen."""
        costs = [self.time + fixed for fixed in self.fixed]
        flat, through = self.flat, self.network.through

        def one(k: int) -> tuple[NDArray[np.float64], Bushes]:
            group, old = self.groups[k], self.bushes[k]
            some = np.ones(len(group.origins), dtype=np.bool_) if chosen is None else chosen[k]
            known = np.zeros(len(group.to)) if chosen is None else self.cheapest[k]
            made = renew(
                flat.out, flat.tail, flat.head, costs[group.vehicles], through, group.origins, group.to_at, group.to,
                group.trips, old.node_at, old.nodes, old.in_at, old.links, old.tails, old.flows, some, known,
            )  # fmt: skip
            return made[0], Bushes(*made[1:])

        numbers = [k for k in range(len(self.groups)) if chosen is None or chosen[k].any()]
        found = map(one, numbers) if self.threads == 1 else pool.map(one, numbers)
        cheapest, bushes = list(self.cheapest), list(self.bushes)
        if chosen is None:
            cheapest = [np.zeros(0)] * len(self.groups)
        for k, (cost, bush) in zip(numbers, found, strict=True):
            cheapest[k], bushes[k] = cost, bush
        return cheapest, tuple(bushes)

    def reopened(self, pool: ThreadPoolExecutor) -> bool:
        """Renew the bushes that hold a closed link with flow; return whether there are any."""
        shut = [~np.isfinite(fixed) for fixed in self.fixed]
        chosen = []
        for group, bush in zip(self.groups, self.bushes, strict=True):
            links = np.flatnonzero(shut[group.vehicles][bush.links] & (bush.flows > 0))
            nodes = np.searchsorted(bush.in_at, links, side="right") - 1
            hit = np.zeros(len(group.origins), dtype=np.bool_)
            hit[np.searchsorted(bush.node_at, nodes, side="right") - 1] = True
            chosen.append(hit)
        return self.renew_some(chosen, pool)

    def renew_some(self, chosen: Sequence[NDArray[np.bool_]], pool: ThreadPoolExecutor) -> bool:
        """Renew the bushes of some origins of each group, and take them; return whether there are any."""
        if not any(some.any() for some in chosen):
            return False
        self.cheapest, bushes = self.renewed(pool, chosen)
        self.add_up(bushes)
        return True

    def in_bushes(self) -> list[NDArray[np.float64]]:
        """Return the costs of the cheapest paths within the bushes, at the present times."""
        return [
            bush_costs(
                bush.node_at, bush.nodes, bush.in_at, bush.links, bush.tails, self.time + self.fixed[group.vehicles],
                self._place, group.to_at, group.to,
            )
            for group, bush in zip(self.groups, self.bushes, strict=True)
        ]  # fmt: skip

    def spent(self) -> float:
        """Return TSTT of the present flows, at generalised cost."""
        return sum(
            float(np.dot(y, np.where(y > 0, self.time + fixed, 0.0)))
            for y, fixed in zip(self.by_class, self.fixed, strict=True)
        )

    def gap(self) -> float:
        """Return (TSTT − SPTT)/TSTT of the present flows, whose cheapest paths were just found."""
        spent = self.spent()
        least = 0.0
        for group, costs in zip(self.groups, self.cheapest, strict=True):
            there = np.isfinite(costs)
            least += float(np.dot(group.trips[there], costs[there]))
        return max((spent - least) / spent, 0.0) if spent > 0 else 0.0

    def settle(self, gap: float, hurry: Callable[[], bool]) -> bool:
        """Shift flow within the bushes until little is left to gain; return False when there is a hurry."""
        most = excess = 0.0
        found = [np.full(len(group.origins), np.inf) for group in self.groups]
        origins = sum(map(len, found))
        for turn in range(SWEEPS):
            little, excess = SHARE * excess / max(origins, 1), 0.0
            for group, bush, one in zip(self.groups, self.bushes, found, strict=True):
                excess += shifts.sweep(
                    bush.node_at, bush.in_at, bush.links, bush.tails, bush.flows, self.flow, self.time, self.slope,
                    self.fixed[group.vehicles], self.flat.kinds, self.flat.rows, LEAST * gap, one, little, turn,
                )  # fmt: skip
            if hurry():
                return False
            most = excess if turn == 0 else most
            if excess <= ENOUGH * most:
                break
        self.add_up(self.bushes)
        return True
