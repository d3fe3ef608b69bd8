"""Demand sorted for the kernels: groups of origins of one class, and what cannot be driven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.models.traffic.network import Network, Trips

TOGETHER = 32
"""Origins in a group: the unit of work of a thread. Fixed, so that no number of threads changes the answer."""
WITHIN, UNKNOWN, PATHLESS = N_("within one zone"), N_("from or to a place that is not in the network"), N_("no path")


@dataclass(frozen=True, eq=False)
class Group:
    """Some origins of one class, and their destinations: ``to[to_at[i]:to_at[i + 1]]``, ``trips`` in pcu."""

    vehicles: int
    origins: NDArray[np.int32]
    to_at: NDArray[np.int64]
    to: NDArray[np.int32]
    trips: NDArray[np.float64]


@dataclass(frozen=True)
class Lost:
    """Demand that is left out: class, nodes by their own numbers (-1 not known), vehicles, and why."""

    vehicles: str
    origin: int
    destination: int
    amount: float
    reason: str


def groups_of(network: Network, trips: Sequence[Trips]) -> tuple[tuple[Group, ...], tuple[Lost, ...]]:
    """Return demand by groups of origins, amounts of the same pair added up, and what is left out.

    Raises
    ------
    BadInput
        When an amount is negative or no number.
    """
    groups: list[Group] = []
    lost: list[Lost] = []
    for number, one in enumerate(trips):
        amount = np.asarray(one.amount, dtype=np.float64)
        if not (np.isfinite(amount) & (amount >= 0)).all():
            raise BadInput(
                "{name}: demand number {row} is {value}; it must be 0 or more.", name=one.vehicles.name,
                row=int(np.flatnonzero(~(np.isfinite(amount) & (amount >= 0)))[0]) + 1,
                value=float(amount[~(np.isfinite(amount) & (amount >= 0))][0]),
            )  # fmt: skip
        unknown = (one.origin < 0) | (one.destination < 0)
        within = one.origin == one.destination
        some = amount > 0
        lost += _lost(network, one, some & unknown, UNKNOWN)
        lost += _lost(network, one, some & within & ~unknown, WITHIN)
        keep = some & ~unknown & ~within
        groups += _grouped(number, one.origin[keep], one.destination[keep], amount[keep] * one.vehicles.pcu)
    return tuple(groups), tuple(lost)


def unreached(network: Network, trips: Sequence[Trips], group: Group, cheapest: NDArray[np.float64]) -> list[Lost]:
    """Return a group's demand to which no path leads."""
    vehicles = trips[group.vehicles].vehicles
    of = np.repeat(np.arange(len(group.origins)), np.diff(group.to_at))
    return [
        Lost(
            vehicles.name, int(network.names[group.origins[of[k]]]), int(network.names[group.to[k]]),
            float(group.trips[k] / vehicles.pcu), PATHLESS,
        )
        for k in np.flatnonzero(~np.isfinite(cheapest))
    ]  # fmt: skip


def _lost(network: Network, one: Trips, rows: NDArray[np.bool_], reason: str) -> list[Lost]:
    def name(k: int, side: int, position: int) -> int:
        if position >= 0:
            return int(network.names[position])
        return -1 if one.names is None else int(one.names[k, side])

    return [
        Lost(
            one.vehicles.name, name(int(k), 0, int(one.origin[k])), name(int(k), 1, int(one.destination[k])),
            float(one.amount[k]), reason,
        )
        for k in np.flatnonzero(rows)
    ]  # fmt: skip


def _grouped(
    number: int, origin: NDArray[np.int32], destination: NDArray[np.int32], amount: NDArray[np.float64]
) -> list[Group]:
    order = np.lexsort((destination, origin))
    origin, destination, amount = origin[order], destination[order], amount[order]
    first = np.flatnonzero(
        np.diff(origin, prepend=np.int32(-1)).astype(bool) | np.diff(destination, prepend=np.int32(-1)).astype(bool)
    )
    if not len(first):
        return []
    origin, destination, amount = origin[first], destination[first], np.add.reduceat(amount, first)
    starts = np.flatnonzero(np.diff(origin, prepend=np.int32(-1)))
    ends = np.append(starts, len(origin))
    made = []
    for k in range(0, len(starts), TOGETHER):
        some = ends[k : k + TOGETHER + 1]
        rows = slice(int(some[0]), int(some[-1]))
        made.append(
            Group(
                number, origin[some[:-1]].astype(np.int32), (some - some[0]).astype(np.int64),
                destination[rows].astype(np.int32), np.ascontiguousarray(amount[rows]),
            )
        )  # fmt: skip
    return made
