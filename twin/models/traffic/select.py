"""Where the traffic on chosen links comes from and goes to, straight from the bushes, without a new assignment.

Within a bush flow is taken to mix at each node: of what leaves a node by any link, the same share came in by each
link. That is the condition of proportionality (H. Bar-Gera, D. Boyce, Y. Nie, User-equilibrium route flows and the
condition of proportionality, Transportation Research B 46(3), 2012, doi:10.1016/j.trb.2011.10.010) within an origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.compile import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from twin.models.traffic.assign import Equilibrium

_SIGNATURE = (
    "f8[::1](i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1], b1[::1], i4[::1], i8[::1], i4[::1], f8[::1])"
)


@kernel(_SIGNATURE)
def select(node_at, nodes, in_at, links, tails, flows, chosen, place, to_at, to, flow):  # type: ignore[no-untyped-def]
    """Return for each destination the share of its trips that uses a chosen link; add their flow to ``flow``.

    Parameters
    ----------
    node_at, nodes, in_at, links, tails, flows : array
        Bushes.
    chosen : array of bool, shape (m,)
    place : array of int32, shape (n,)
        -1 everywhere; scratch.
    to_at, to : array
        Destinations of each origin.
    flow : array, shape (m,)
        Flow per link of the trips that use a chosen link at any point of their way.
    """
    share = np.zeros(len(to))
    for i in range(len(node_at) - 1):
        base, count = node_at[i], node_at[i + 1] - node_at[i]
        past, ahead, out = np.zeros(count), np.zeros(count), np.zeros(count)
        for q in range(1, count):
            place[nodes[base + q]] = q
            total = 0.0
            for j in range(in_at[base + q], in_at[base + q + 1]):
                total += flows[j]
                past[q] += flows[j] * (1.0 if chosen[links[j]] else past[tails[j]])
            past[q] = past[q] / total if total > 0.0 else 0.0
            out[q] = total  # what comes in either leaves or ends here
        for q in range(count - 1, 0, -1):
            ahead[q] = ahead[q] / out[q] if out[q] > 0.0 else 0.0
            for j in range(in_at[base + q], in_at[base + q + 1]):
                later = 1.0 if chosen[links[j]] else ahead[q]
                ahead[tails[j]] += flows[j] * later
                before = past[tails[j]]
                flow[links[j]] += flows[j] * (1.0 - (1.0 - before) * (1.0 - later))
        for j in range(to_at[i], to_at[i + 1]):
            if place[to[j]] >= 0:
                share[j] = past[place[to[j]]]
        for q in range(1, count):
            place[nodes[base + q]] = -1
    return share


@dataclass(frozen=True, eq=False)
class Selected:
    """The trips that use chosen links: their flow per link, and how many of each pair of places.

    Attributes
    ----------
    flow : array, shape (m,) [pcu/period]
    vehicles : array of int, shape (k,)
        Class of each pair.
    origin, destination : array of int, shape (k,)
        Nodes by position.
    trips : array, shape (k,) [pcu/period]
    """

    flow: NDArray[np.float64]
    vehicles: NDArray[np.int64]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    trips: NDArray[np.float64]


def selected(equilibrium: Equilibrium, links: ArrayLike, classes: Sequence[int] | None = None) -> Selected:
    """Return the trips that use any of some links.

    Parameters
    ----------
    equilibrium : Equilibrium
    links : array of int
        Rows of the network.
    classes : sequence of int, optional
        Only these classes.
    """
    network = equilibrium.network
    wanted = np.zeros(network.m, dtype=np.bool_)
    wanted[np.asarray(links, dtype=np.intp)] = True
    chosen, flow = np.ascontiguousarray(wanted[network.flat.order]), np.zeros(network.m)
    place = np.full(network.n, -1, dtype=np.int32)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]] = []
    for group, bush in zip(equilibrium.groups, equilibrium.bushes, strict=True):
        if classes is not None and group.vehicles not in classes:
            continue
        share = select(
            bush.node_at, bush.nodes, bush.in_at, bush.links, bush.tails, bush.flows, chosen, place, group.to_at,
            group.to, flow,
        )  # fmt: skip
        some = np.flatnonzero(share > 0)
        of = np.repeat(group.origins, np.diff(group.to_at))[some]
        parts.append((np.full(len(some), group.vehicles), of, group.to[some], (share * group.trips)[some]))
    back = np.empty(network.m)
    back[network.flat.order] = flow
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Selected(back, none.astype(np.int64), none, none, np.zeros(0))
    return Selected(back, *(np.concatenate(column) for column in zip(*parts, strict=True)))
