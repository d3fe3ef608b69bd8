"""Bushes of an earlier answer for a network, classes or demand that were edited since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.models.traffic.demand import Group
    from twin.models.traffic.network import Network, Trips


@dataclass(frozen=True, eq=False)
class Bushes:
    """The bushes of a group of origins, see :mod:`twin.models.traffic.bushes`."""

    node_at: NDArray[np.int64]
    nodes: NDArray[np.int32]
    in_at: NDArray[np.int64]
    links: NDArray[np.int32]
    tails: NDArray[np.int32]
    flows: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """Memory it takes [bytes]."""
        return sum(part.nbytes for part in (self.node_at, self.nodes, self.in_at, self.links, self.tails, self.flows))


def no_bushes(origins: int) -> Bushes:
    """Return bushes that hold nothing."""
    none = np.zeros(0, dtype=np.int32)
    return Bushes(np.zeros(origins + 1, dtype=np.int64), none, np.zeros(1, dtype=np.int64), none, none, np.zeros(0))


def same_demand(old: Sequence[Group], new: Sequence[Group]) -> bool:
    """Whether two demands are the same to the last bit."""
    return len(old) == len(new) and all(
        a.vehicles == b.vehicles
        and np.array_equal(a.origins, b.origins)
        and np.array_equal(a.to_at, b.to_at)
        and np.array_equal(a.to, b.to)
        and np.array_equal(a.trips, b.trips)
        for a, b in zip(old, new, strict=True)
    )


def link_map(old: Network, new: Network, kept: NDArray[np.int64] | None) -> NDArray[np.int32]:
    """Return for each link of the old network, sorted as for kernels, the one of the new; -1 where there is none.

    Parameters
    ----------
    old, new : Network
    kept : array, optional
        For each link of the old network its row in the new one, -1 where it went. Without it the same row of both is
        the same link when it joins the same nodes.
    """
    if kept is None:
        n = min(old.m, new.m)
        kept = np.full(old.m, -1, dtype=np.int64)
        same = (old.names[old.tail[:n]] == new.names[new.tail[:n]]) & (
            old.names[old.head[:n]] == new.names[new.head[:n]]
        )
        kept[:n][same] = np.flatnonzero(same)
    place = np.empty(new.m + 1, dtype=np.int32)
    place[new.flat.order] = np.arange(new.m, dtype=np.int32)
    place[new.m] = -1
    return np.ascontiguousarray(place[np.where(kept < 0, new.m, kept)[old.flat.order]])


def carried(
    old: Sequence[Group], bushes: Sequence[Bushes], old_trips: Sequence[Trips], groups: Sequence[Group],
    trips: Sequence[Trips], links: NDArray[np.int32], nodes: NDArray[np.int32],
) -> tuple[Bushes, ...]:  # fmt: skip
    """Return for each new group the bushes its origins had, links and nodes by their new numbers."""
    names = [one.vehicles.name for one in trips]
    at: dict[tuple[int, int], tuple[int, int]] = {}
    for number, group in enumerate(old):
        vehicles = old_trips[group.vehicles].vehicles.name
        if vehicles in names:
            for i, origin in enumerate(nodes[group.origins]):
                # a node that is gone is -1 and starts nothing any more
                at[names.index(vehicles), int(origin)] = number, i
    # its links are gone too, so any other node may stand for it in the bushes
    there = np.maximum(nodes, 0)
    made = []
    for group in groups:
        rows = [at.get((group.vehicles, int(origin))) for origin in group.origins]
        first = rows[0]
        if first is not None and rows == [(first[0], i) for i in range(len(old[first[0]].origins))]:
            bush = bushes[first[0]]
            made.append(replace(bush, nodes=there[bush.nodes], links=links[bush.links]))
        else:
            made.append(joined(rows, bushes, links, there))
    return tuple(made)


def joined(
    wanted: Sequence[tuple[int, int] | None], bushes: Sequence[Bushes], links: NDArray[np.int32],
    nodes: NDArray[np.int32],
) -> Bushes:  # fmt: skip
    """Return bushes put together of others, each given as a place in ``bushes`` and within; None is an empty one.

    Parameters
    ----------
    wanted, bushes : sequence
    links, nodes : array
        New numbers of links and nodes.
    """
    node_at, ins = np.zeros(len(wanted) + 1, dtype=np.int64), [np.zeros(1, dtype=np.int64)]
    parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]] = []
    size = 0
    for i, one in enumerate(wanted):
        node_at[i + 1] = node_at[i]
        if one is None:
            continue
        bush = bushes[one[0]]
        first, last = bush.node_at[one[1]], bush.node_at[one[1] + 1]
        inside = slice(bush.in_at[first], bush.in_at[last])
        node_at[i + 1] += last - first
        ins.append(bush.in_at[first + 1 : last + 1] - bush.in_at[first] + size)
        size += int(bush.in_at[last] - bush.in_at[first])
        parts.append((nodes[bush.nodes[first:last]], links[bush.links[inside]], bush.tails[inside], bush.flows[inside]))
    if not parts:
        return no_bushes(len(wanted))
    which, through, tails, flows = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Bushes(node_at, which, np.concatenate(ins), through, tails, flows)
