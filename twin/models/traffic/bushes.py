"""Bushes: for each origin the acyclic part of the network its traffic uses, renewed by its cheapest paths.

A bush holds the links that carry flow and, to each node on them and each destination, the cheapest path from the
origin. R. B. Dial, A path-based user-equilibrium traffic assignment algorithm that obviates path storage and
enumeration, Transportation Research B 40(10), 2006, doi:10.1016/j.trb.2006.02.008; Y. Nie, A class of bush-based
algorithms for the traffic assignment problem, TR B 44(1), 2010, doi:10.1016/j.trb.2009.06.005. Where the cheapest
paths would close a cycle with the links in use, those that do are left out until flow has moved; near an equilibrium
none does. See docs/methods/traffic.md.

The bushes of several origins lie one after the other: nodes in topological order, ``in_at`` tells where the links into
each begin, a link's tail is a position within its bush.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part
from twin.models.traffic.trees import search

PRUNED = 1e-13
"""A link with a smaller share of the flow into its node is not in use."""
TIE = 1e-12
"""A path this much (relative) dearer than the cheapest is as good: the one in use stays alone."""


@part
def grown(array, size, needed):  # type: ignore[no-untyped-def]
    """Return an array that holds ``needed`` entries, the first ``size`` as they were."""
    if needed <= len(array):
        return array
    more = np.empty(max(needed, 2 * len(array)), dtype=array.dtype)
    more[:size] = array[:size]
    return more


@part
def mark(value, wanted, nodes, first, last):  # type: ignore[no-untyped-def]
    """Set the mark of some nodes; return how many changed."""
    changed = 0
    for k in range(first, last):
        if wanted[nodes[k]] != value:
            wanted[nodes[k]] = value
            changed += 1
    return changed


@part
def joined(node, local, who, count):  # type: ignore[no-untyped-def]
    """Give a node a number within the bush if it has none; return how many nodes there are."""
    if local[node] < 0:
        local[node] = count
        who[count] = node
        count += 1
    return count


@part
def used_links(origin, tail, head, cost, through, first, last, in_at, links, flows, local, who, link, flow, low):  # type: ignore[no-untyped-def]
    """Collect the links in use that are still there and open; return the numbers of links and nodes.

    ``low`` becomes the cost of the cheapest path of links in use to each node, by its number in the bush.
    """
    found, count = 0, joined(origin, local, who, 0)
    low[0] = 0.0
    for k in range(first, last):
        total = 0.0
        for j in range(in_at[k], in_at[k + 1]):
            total += flows[j]
        for j in range(in_at[k], in_at[k + 1]):
            a = links[j]
            if a < 0 or flows[j] <= PRUNED * total or not cost[a] < np.inf:
                continue
            u, v = tail[a], head[a]
            # what is no longer led to from the origin by links in use is not in use: see in_order
            if local[u] >= 0 and (u == origin or through[u]) and v != origin:
                if local[v] < 0:
                    low[count] = np.inf
                    count = joined(v, local, who, count)
                low[local[v]] = min(low[local[v]], low[local[u]] + cost[a])
                link[found], flow[found] = a, flows[j]
                found += 1
    return found, count


@part
def sorted_by_head(found, count, link, flow, head, local, at, by_link, by_flow):  # type: ignore[no-untyped-def]
    """Group the links in use by the node they enter, in the order found."""
    at[: count + 2] = 0
    for j in range(found):
        at[local[head[link[j]]] + 2] += 1
    for k in range(count):
        at[k + 2] += at[k + 1]
    for j in range(found):
        k = local[head[link[j]]] + 1
        by_link[at[k]], by_flow[at[k]] = link[j], flow[j]
        at[k] += 1


@part
def cheapest_links(count, used, at, by_link, tail, dist, pred, local, who, tree, better):  # type: ignore[no-untyped-def]
    """Choose for each node the last link of its cheapest path unless those in use are as cheap; return the nodes.

    ``better`` holds the cost of the cheapest path of links in use, and becomes by how much that is dearer.
    """
    tree[0] = -1
    k = 1
    while k < count:
        node = who[k]
        tree[k] = pred[node]
        if k < used:
            if better[k] <= dist[node] * (1.0 + TIE):
                tree[k] = -1
            better[k] -= dist[node]
            for j in range(at[k], at[k + 1]):
                if by_link[j] == pred[node]:
                    tree[k] = -1
        if tree[k] >= 0:
            count = joined(tail[tree[k]], local, who, count)
        k += 1
    return count


@part
def out_lists(count, used, at, by_link, tree, tail, local, out_at, out_to):  # type: ignore[no-untyped-def]
    """List the links of the bush by the node they leave; the cheapest-path links as ``-1 - node``."""
    out_at[: count + 2] = 0
    for k in range(used):
        for j in range(at[k], at[k + 1]):
            out_at[local[tail[by_link[j]]] + 2] += 1
    for k in range(count):
        if tree[k] >= 0:
            out_at[local[tail[tree[k]]] + 2] += 1
    for k in range(count):
        out_at[k + 2] += out_at[k + 1]
    for k in range(count):
        if k < used:
            for j in range(at[k], at[k + 1]):
                u = local[tail[by_link[j]]] + 1
                out_to[out_at[u]] = k
                out_at[u] += 1
        if tree[k] >= 0:
            u = local[tail[tree[k]]] + 1
            out_to[out_at[u]] = -1 - k
            out_at[u] += 1


@part
def in_order(count, used, at, tree, out_at, out_to, order, waits, hold, blocked, better):  # type: ignore[no-untyped-def]
    """Sort the nodes topologically (Kahn); where it stops, leave out a cheapest-path link into a node in use.

    Such a node exists: the links in use are acyclic and all led to from the origin, and the cheapest paths are a tree
    (docs/methods/traffic.md).
    """
    for k in range(count):
        waits[k] = at[k + 1] - at[k] if k < used else 0
        hold[k] = tree[k] >= 0
    order[0] = 0
    done, placed, held = 0, 1, 0
    while placed < count:
        if done == placed:
            least = -1
            for j in range(held):
                if hold[blocked[j]] and (least < 0 or better[blocked[j]] < better[least]):
                    least = blocked[j]
            k = least
            hold[k] = False
            tree[k] = -1
            order[placed] = k
            placed += 1
        u = order[done]
        done += 1
        for j in range(out_at[u], out_at[u + 1]):
            k = out_to[j]
            if k >= 0:
                waits[k] -= 1
                if waits[k] == 0 and hold[k]:
                    blocked[held] = k
                    held += 1
                ready = waits[k] == 0 and not hold[k]
            else:
                k = -1 - k
                ready = hold[k] and waits[k] == 0
                hold[k] = False
            if ready:
                order[placed] = k
                placed += 1


@part
def written(count, used, at, by_link, by_flow, tree, tail, local, order, place, base, in_at, links, tails, flows):  # type: ignore[no-untyped-def]
    """Write the bush in topological order, its first node's links beginning at ``in_at[base]``."""
    for q in range(count):
        place[order[q]] = q
    size = in_at[base]
    for q in range(count):
        k = order[q]
        if k < used:
            for j in range(at[k], at[k + 1]):
                links[size], flows[size] = by_link[j], by_flow[j]
                tails[size] = place[local[tail[by_link[j]]]]
                size += 1
        if tree[k] >= 0:
            links[size], flows[size] = tree[k], 0.0
            tails[size] = place[local[tail[tree[k]]]]
            size += 1
        in_at[base + q + 1] = size


@part
def loaded(count, base, in_at, tails, flows, through):  # type: ignore[no-untyped-def]
    """Push what passes or ends at each node up the bush, split as before; so inflow equals outflow at every node."""
    for q in range(count - 1, 0, -1):
        first, last = in_at[base + q], in_at[base + q + 1]
        total = 0.0
        for j in range(first, last):
            total += flows[j]
        for j in range(first, last):
            share = flows[j] / total if total > 0.0 else (1.0 if j == last - 1 else 0.0)
            flows[j] = through[q] * share
            through[tails[j]] += flows[j]


_RENEW = (
    "Tuple((f8[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1]))("
    "i4[::1], i4[::1], i4[::1], f8[::1], b1[::1], i4[::1], i8[::1], i4[::1], f8[::1], "
    "i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1], b1[::1], f8[::1])"
)


@part
def kept(i, base, node_at, nodes, in_at, links, tails, flows, new_nodes, new_in, new_links, new_tails, new_flows):  # type: ignore[no-untyped-def]
    """Write a bush as it was, its first node at ``base``."""
    first, size = node_at[i], new_in[base]
    for k in range(first, node_at[i + 1]):
        new_nodes[base + k - first] = nodes[k]
        for j in range(in_at[k], in_at[k + 1]):
            new_links[size], new_tails[size], new_flows[size] = links[j], tails[j], flows[j]
            size += 1
        new_in[base + k - first + 1] = size


@kernel(_RENEW)
def renew(  # type: ignore[no-untyped-def]
    out, tail, head, cost, through, origins, to_at, to, trips, node_at, nodes, in_at, links, tails, flows, chosen,
    known,
):  # fmt: skip
    """Find the cheapest paths of some origins and renew their bushes by them, flows split at nodes as before.

    Parameters
    ----------
    out, tail, head : array
        The network, links sorted by tail.
    cost : array, shape (m,)
        Generalised cost per link, infinity where it is closed.
    through : array of bool, shape (n,)
        Whether a node may be driven through.
    origins : array, shape (k,)
    to_at, to, trips : array
        ``to[to_at[i]:to_at[i + 1]]`` are the destinations of origin i, ``trips`` their demand.
    node_at, nodes, in_at, links, tails, flows : array
        The old bushes; without any, all zeros and empty.
    chosen : array of bool, shape (k,)
        Origins to look at; the others keep their bushes and costs.
    known : array like ``to``
        Costs of the cheapest paths last found.

    Returns
    -------
    cheapest : array like ``to``
        Cost of the cheapest path to each destination, infinity where there is none; such trips are left out.
    node_at, nodes, in_at, links, tails, flows : array
        The new bushes.
    """
    n, m = len(through), len(tail)
    dist, keys = np.empty(n), np.empty(n)
    pred, heap, where = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    wanted, local = np.zeros(n, dtype=np.bool_), np.full(n, -1, dtype=np.int32)
    who, tree, order = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    at, out_at = np.empty(n + 2, dtype=np.int32), np.empty(n + 2, dtype=np.int32)
    waits, hold, blocked = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.bool_), np.empty(n, dtype=np.int32)
    link, by_link, out_to = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32), np.empty(m + n, dtype=np.int32)
    flow, by_flow, amount, better = np.empty(m), np.empty(m), np.empty(n), np.empty(n)
    cheapest = np.empty(len(to))
    new_at = np.zeros(len(origins) + 1, dtype=np.int64)
    guess = len(nodes) + len(nodes) // 8 + 256
    new_nodes, new_in = np.empty(guess, dtype=np.int32), np.zeros(guess + 1, dtype=np.int64)
    new_links, new_tails, new_flows = np.empty(guess, dtype=np.int32), np.empty(guess, dtype=np.int32), np.empty(guess)
    for i in range(len(origins)):
        origin, first, last = origins[i], node_at[i], node_at[i + 1]
        if not chosen[i]:
            base, count, found = new_at[i], last - first, in_at[last] - in_at[first]
            new_at[i + 1] = base + count
            new_nodes = grown(new_nodes, base, base + count)
            new_in = grown(new_in, base + 1, base + count + 1)
            new_links = grown(new_links, new_in[base], new_in[base] + found)
            new_tails = grown(new_tails, new_in[base], new_in[base] + found)
            new_flows = grown(new_flows, new_in[base], new_in[base] + found)
            kept(
                i, base, node_at, nodes, in_at, links, tails, flows, new_nodes, new_in, new_links, new_tails, new_flows
            )  # fmt: skip
            cheapest[to_at[i] : to_at[i + 1]] = known[to_at[i] : to_at[i + 1]]
            continue
        left = mark(True, wanted, nodes, first, last) + mark(True, wanted, to, to_at[i], to_at[i + 1])
        search(origin, out, head, cost, through, wanted, left, dist, pred, heap, keys, where)
        mark(False, wanted, nodes, first, last)
        mark(False, wanted, to, to_at[i], to_at[i + 1])
        found, used = used_links(
            origin,
            tail,
            head,
            cost,
            through,
            first,
            last,
            in_at,
            links,
            flows,
            local,
            who,
            link,
            flow,
            better,
        )
        sorted_by_head(found, used, link, flow, head, local, at, by_link, by_flow)
        count = used
        for j in range(to_at[i], to_at[i + 1]):
            cheapest[j] = dist[to[j]]
            if cheapest[j] < np.inf:
                count = joined(to[j], local, who, count)
        count = cheapest_links(count, used, at, by_link, tail, dist, pred, local, who, tree, better)
        out_lists(count, used, at, by_link, tree, tail, local, out_at, out_to)
        in_order(count, used, at, tree, out_at, out_to, order, waits, hold, blocked, better)
        base = new_at[i]
        new_at[i + 1] = base + count
        new_nodes = grown(new_nodes, base, base + count)
        new_in = grown(new_in, base + 1, base + count + 1)
        most = new_in[base] + found + count
        new_links, new_tails = grown(new_links, new_in[base], most), grown(new_tails, new_in[base], most)
        new_flows = grown(new_flows, new_in[base], most)
        for q in range(count):
            new_nodes[base + q] = who[order[q]]
        written(
            count, used, at, by_link, by_flow, tree, tail, local, order, waits, base, new_in, new_links, new_tails,
            new_flows,
        )  # fmt: skip
        amount[:count] = 0.0
        for j in range(to_at[i], to_at[i + 1]):
            if cheapest[j] < np.inf:
                amount[waits[local[to[j]]]] += trips[j]
        loaded(count, base, new_in, new_tails, new_flows, amount)
        for k in range(count):
            local[who[k]] = -1
    size, total = new_at[-1], new_in[new_at[-1]]
    return (
        cheapest, new_at, new_nodes[:size].copy(), new_in[: size + 1].copy(), new_links[:total].copy(),
        new_tails[:total].copy(), new_flows[:total].copy(),
    )  # fmt: skip


@kernel("void(i4[::1], f8[::1], f8[::1])")
def add_flows(links, flows, total):  # type: ignore[no-untyped-def]
    """Add the flows of bushes to the links' totals."""
    for j in range(len(links)):
        total[links[j]] += flows[j]


@kernel("f8[::1](i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1], i4[::1], i8[::1], i4[::1])")
def bush_costs(node_at, nodes, in_at, links, tails, cost, place, to_at, to):  # type: ignore[no-untyped-def]
    """Return the cost of the cheapest path within its origin's bush to each destination, infinity where there is none.

    Parameters
    ----------
    node_at, nodes, in_at, links, tails : array
        Bushes.
    cost : array, shape (m,)
    place : array of int32, shape (n,)
        -1 everywhere; scratch.
    to_at, to : array
        Destinations of each origin.
    """
    found = np.full(len(to), np.inf)
    for i in range(len(node_at) - 1):
        base, count = node_at[i], node_at[i + 1] - node_at[i]
        least = np.zeros(count)
        for q in range(1, count):
            place[nodes[base + q]] = q
            least[q] = np.inf
            for j in range(in_at[base + q], in_at[base + q + 1]):
                least[q] = min(least[q], least[tails[j]] + cost[links[j]])
        for j in range(to_at[i], to_at[i + 1]):
            if place[to[j]] >= 0:
                found[j] = least[place[to[j]]]
        for q in range(1, count):
            place[nodes[base + q]] = -1
    return found
