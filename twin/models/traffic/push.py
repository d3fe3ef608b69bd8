"""How much of each pair's demand uses some links, straight from the bushes: what fitting demand to counts needs.

At a node flow is taken to come in by each link in the share all traffic of that origin does: the condition of
proportionality within an origin, see :mod:`twin.models.traffic.select`. With these shares frozen the traffic on a link
is linear in demand.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part

_BUSH = "i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1]"


@part
def shared_in(base, count, in_at, flows, place, nodes, share):  # type: ignore[no-untyped-def]
    """Write by which share traffic comes in to each node by each link, and where each node stands in the bush."""
    first = in_at[base]
    for q in range(count):
        place[nodes[base + q]] = q
        total = 0.0
        for j in range(in_at[base + q], in_at[base + q + 1]):
            total += flows[j]
        for j in range(in_at[base + q], in_at[base + q + 1]):
            share[j - first] = flows[j] / total if total > 0.0 else 0.0


@part
def passed_on(q, base, count, in_at, tails, part_of, share):  # type: ignore[no-untyped-def]
    """Carry the share of a node's traffic that used a link on to all nodes after it."""
    first = in_at[base]
    for r in range(q + 1, count):
        mean = 0.0
        for k in range(in_at[base + r], in_at[base + r + 1]):
            mean += part_of[k - first] * share[tails[k]]
        share[r] = mean


@kernel(f"void({_BUSH}, i4[::1], i8[::1], i4[::1], i4[::1], i8[::1], f8[::1], f8[:, ::1])")
def attribute(node_at, nodes, in_at, links, tails, flows, place, to_at, to, number, pair, amount, table):  # type: ignore[no-untyped-def]
    """Add to ``table`` what each pair puts on some links.

    Parameters
    ----------
    node_at, nodes, in_at, links, tails, flows : array
        Bushes.
    place : array of int32, shape (n,)
        -1 everywhere; scratch.
    to_at, to : array
        Destinations of each origin.
    number : array of int32, shape (m,)
        Row of ``table`` for a link, -1 for links not asked for.
    pair : array
        Column of ``table`` for each destination.
    amount : array
        Demand to each destination.
    table : array, shape (links asked for, pairs)
    """
    for i in range(len(node_at) - 1):
        base, count = node_at[i], node_at[i + 1] - node_at[i]
        first = in_at[base]
        part_of = np.empty(in_at[base + count] - first)
        shared_in(base, count, in_at, flows, place, nodes, part_of)
        share = np.zeros(count)
        for q in range(1, count):
            for j in range(in_at[base + q], in_at[base + q + 1]):
                row = number[links[j]]
                if row < 0 or part_of[j - first] <= 0.0:
                    continue
                share[:q] = 0.0
                share[q] = part_of[j - first]
                passed_on(q, base, count, in_at, tails, part_of, share)
                for k in range(to_at[i], to_at[i + 1]):
                    at = place[to[k]]
                    if at >= 0 and share[at] > 0.0:
                        table[row, pair[k]] += amount[k] * share[at]
        for q in range(count):
            place[nodes[base + q]] = -1
