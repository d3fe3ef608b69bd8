"""Moving flow within bushes from the dearest path in use to the cheapest, node by node (Dial's Algorithm B).

At a node where paths meet, the dearest path in use and the cheapest are followed back to where they part; by Newton's
method as much flow moves from the one to the other as makes them equally dear, or all there is. Totals, times and
slopes follow at once, so the next shift sees them.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part
from twin.models.traffic.delay import delay


@part
def labelled(base, count, in_at, links, tails, flows, time, fixed, low, high, cheap, dear):  # type: ignore[no-untyped-def]
    """Label each node with its cheapest path and its dearest path in use, and the last link of each."""
    low[0], high[0] = 0.0, 0.0
    for q in range(1, count):
        first, last = in_at[base + q], in_at[base + q + 1]
        least, most = np.inf, -1.0
        for j in range(first, last):
            cost = time[links[j]] + fixed[links[j]]
            if low[tails[j]] + cost < least:
                least = low[tails[j]] + cost
                cheap[q] = j
            if flows[j] > 0.0 and high[tails[j]] + cost > most:
                most = high[tails[j]] + cost
                dear[q] = j
        low[q] = least
        if most < 0.0:
            most = least
            dear[q] = cheap[q]
        high[q] = most


@part
def measured(q, tails, links, flows, time, slope, fixed, cheap, dear):  # type: ignore[no-untyped-def]
    """Return where the two paths into a node part, by how much the one is dearer, the slope of that, the most flow."""
    a, b = tails[dear[q]], tails[cheap[q]]
    j, k = dear[q], cheap[q]
    apart = time[links[j]] + fixed[links[j]] - time[links[k]] - fixed[links[k]]
    steep = slope[links[j]] + slope[links[k]]
    most = flows[j]
    while a != b:
        if a > b:
            j = dear[a]
            apart += time[links[j]] + fixed[links[j]]
            steep += slope[links[j]]
            most = min(most, flows[j])
            a = tails[j]
        else:
            k = cheap[b]
            apart -= time[links[k]] + fixed[links[k]]
            steep += slope[links[k]]
            b = tails[k]
    return a, apart, steep, most


@part
def apart_after(q, top, way, amount, links, tails, total, fixed, kinds, rows):  # type: ignore[no-untyped-def]
    """Return the cost of a path between two nodes once its flow has grown by an amount."""
    cost = 0.0
    at = q
    while at != top:
        a = links[way[at]]
        cost += delay(kinds[a], rows[a], max(total[a] + amount, 0.0))[0] + fixed[a]
        at = tails[way[at]]
    return cost


@part
def halved(q, top, dear, cheap, most, links, tails, total, fixed, kinds, rows):  # type: ignore[no-untyped-def]
    """Return the flow that makes two paths equally dear, by halving; where a slope is infinite Newton's does not."""
    low, high = 0.0, most
    for _ in range(100):
        amount = 0.5 * (low + high)
        if amount in (low, high):
            break
        one = apart_after(q, top, dear, -amount, links, tails, total, fixed, kinds, rows)
        if one > apart_after(q, top, cheap, amount, links, tails, total, fixed, kinds, rows):
            low = amount
        else:
            high = amount
    return high


@part
def moved(q, top, way, amount, links, tails, flows, total, time, slope, kinds, rows):  # type: ignore[no-untyped-def]
    """Add flow to a path between two nodes and bring its links up to date."""
    at = q
    while at != top:
        j = way[at]
        a = links[j]
        flows[j] = max(flows[j] + amount, 0.0)
        total[a] = max(total[a] + amount, 0.0)
        time[a], slope[a] = delay(kinds[a], rows[a], total[a])
        at = tails[j]


_SWEEP = (
    "f8(i8[::1], i8[::1], i4[::1], i4[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], i1[::1], f8[:, ::1], f8, "
    "f8[::1], f8, i8)"
)
AGAIN = 3
"""A bush where little was found is looked at again every so many turns."""


@kernel(_SWEEP)
def sweep(node_at, in_at, links, tails, flows, total, time, slope, fixed, kinds, rows, least, found, little, turn):  # type: ignore[no-untyped-def]
    """Shift flow in some bushes, one after the other.

    Parameters
    ----------
    node_at, in_at, links, tails, flows : array
        The bushes; flows change.
    total, time, slope : array, shape (m,)
        Flow of all traffic, time and its slope per link; they change.
    fixed : array, shape (m,)
        What else a link costs these bushes' class.
    kinds, rows : array
        The links' delay.
    least : float
        Differences smaller than this share of the path's cost are left.
    found : array, shape (k,)
        What was found in each bush the last time, infinity before the first: the sum over shifts of the flow on the
        dearer path times the difference in cost; it changes.
    little : float
        Bushes where less than this was found are passed over, but for every third turn.
    turn : int
        Number of this sweep.

    Returns
    -------
    float
        The sum of what was found.
    """
    longest = 1
    for i in range(len(node_at) - 1):
        longest = max(longest, node_at[i + 1] - node_at[i])
    low, high = np.empty(longest), np.empty(longest)
    cheap, dear = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    excess = 0.0
    for i in range(len(node_at) - 1):
        if found[i] < little and (turn + i) % AGAIN != 0:
            excess += found[i]
            continue
        found[i] = 0.0
        base, count = node_at[i], node_at[i + 1] - node_at[i]
        labelled(base, count, in_at, links, tails, flows, time, fixed, low, high, cheap, dear)
        for q in range(count - 1, 0, -1):
            if dear[q] == cheap[q] or high[q] - low[q] <= least * high[q]:
                continue
            top, apart, steep, most = measured(q, tails, links, flows, time, slope, fixed, cheap, dear)
            if apart <= 0.0 or most <= 0.0:
                continue
            if steep == np.inf:
                amount = halved(q, top, dear, cheap, most, links, tails, total, fixed, kinds, rows)
            else:
                amount = most if apart >= steep * most else apart / steep
            moved(q, top, dear, -amount, links, tails, flows, total, time, slope, kinds, rows)
            moved(q, top, cheap, amount, links, tails, flows, total, time, slope, kinds, rows)
            found[i] += most * apart
        excess += found[i]
    return excess
