"""Compiled segment-angular search: from a segment to all others by the least turning, within a metric radius.

A state is a segment travelled towards one of its ends, number ``2 * segment + end``; a segment is left by the end it
was not entered by. The cost of a way is its turning, and of ways that turn alike its length: both in one whole number,
turning in millionths of a right angle above millimetres, so that costs add up exactly and ties are true ties.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part

TURN = np.int64(1) << np.int64(32)
"""One millionth of a right angle, in a cost; below it are millimetres."""
LENGTH = TURN - np.int64(1)
"""The digits of a cost that hold millimetres."""
FULL = 1_000_000.0
"""Parts of a right angle."""
FAR = np.int64(np.iinfo(np.int64).max)
"""Cost of what was not reached."""


@part
def push(heap, item, m, cost, state):  # type: ignore[no-untyped-def]
    """Put a state into a binary heap of m; returns m + 1."""
    i = m
    while i > 0:
        up = (i - 1) >> 1
        if heap[up] <= cost:
            break
        heap[i], item[i] = heap[up], item[up]
        i = up
    heap[i], item[i] = cost, state
    return m + 1


@part
def pop(heap, item, m):  # type: ignore[no-untyped-def]
    """Take the least from a heap of m; returns cost, state, m - 1."""
    cost, state = heap[0], item[0]
    m -= 1
    last, what = heap[m], item[m]
    i = 0
    while True:
        down = 2 * i + 1
        if down >= m:
            break
        if down + 1 < m and heap[down + 1] < heap[down]:
            down += 1
        if heap[down] >= last:
            break
        heap[i], item[i] = heap[down], item[down]
        i = down
    heap[i], item[i] = last, what
    return cost, state, m


@part
def search(o, start, to, cost, half, radius, best, ways, final, heap, item, seen, done):  # type: ignore[no-untyped-def]
    """Find the states within the radius of a segment, in order of cost; returns how many were seen and are done."""
    m, n_seen, n_done = 0, 0, 0
    for end in range(2):
        s = 2 * o + end
        best[s], ways[s] = half[o], 1.0
        seen[n_seen] = s
        n_seen += 1
        m = push(heap, item, m, half[o], s)
    while m > 0:
        d, s, m = pop(heap, item, m)
        if final[s] or d > best[s]:
            continue
        final[s] = True
        done[n_done] = s
        n_done += 1
        for k in range(start[s], start[s + 1]):
            t, new = to[k], d + cost[k]
            # the middle of the next segment must be within the radius
            if new > best[t] or t >> 1 == o or ((new - half[t >> 1]) & LENGTH) > radius:
                continue
            if new < best[t]:
                if best[t] == FAR:
                    seen[n_seen] = t
                    n_seen += 1
                best[t], ways[t] = new, ways[s]
                m = push(heap, item, m, new, t)
            elif not final[t]:
                ways[t] += ways[s]
    return n_seen, n_done


@part
def own_part(s, half, best, ways):  # type: ignore[no-untyped-def]
    """Return which part of the ways to a segment's middle come by a state: 1, or 0, or a share where both are alike."""
    here, there = best[s] - half[s >> 1], best[s ^ 1]
    if there == FAR or there - half[s >> 1] > here:
        return 1.0
    return 0.0 if there - half[s >> 1] < here else ways[s] / (ways[s] + ways[s ^ 1])


@part
def hand_back(s, start, to, cost, half, best, ways, share, final):  # type: ignore[no-untyped-def]
    """Hand what came by a state back to those it may have come from."""
    # turns are two-way: who leads here is found by looking from here with the direction reversed; the turn is the
    # same, only that it leads through this segment and not through the other
    back, part_of = s ^ 1, share[s] / ways[s]
    here = best[s] - 2 * half[s >> 1]
    for k in range(start[back], start[back + 1]):
        q = to[k] ^ 1
        if final[q] and best[q] + cost[k] - 2 * half[q >> 1] == here:
            share[q] += part_of * ways[q]


@kernel("void(i8[::1], i4[::1], i8[::1], i8[::1], i8, f8[::1], f8[::1], f8[::1], i8, i8)")
def measure(start, to, cost, half, radius, count, depth, choice, first, last):  # type: ignore[no-untyped-def]
    """Sum, for the segments ``first`` to ``last`` as origins, what they reach and which ways they take.

    Parameters
    ----------
    start : array of int64, shape (2 n + 1,)
        First turn of each state.
    to : array of int32, shape (turns,)
        State a turn leads to.
    cost : array of int64, shape (turns,)
        From the end of a segment, through the turn, to the far end of the next.
    half : array of int64, shape (n,)
        From the middle of a segment to its end.
    radius : int [mm]
        From middle to middle along the way taken.
    count, depth : array, shape (n,)
        Filled for the origins: segments reached with the origin itself, and their turning together [right angles].
    choice : array, shape (n,)
        Added to: ways from the origins that lead through each segment, shared between ways that are alike.
    """
    states, room = 2 * len(half), len(to) + 4
    best = np.full(states, FAR)
    ways, share = np.zeros(states), np.zeros(states)
    heap, item = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    seen, done = np.empty(states, dtype=np.int64), np.empty(states, dtype=np.int64)
    final = np.zeros(states, dtype=np.bool_)
    for o in range(first, last):
        n_seen, n_done = search(o, start, to, cost, half, radius, best, ways, final, heap, item, seen, done)
        count[o], depth[o] = 1.0, 0.0
        for i in range(n_done - 1, -1, -1):
            s = done[i]
            t = s >> 1
            if t == o:
                continue
            own = own_part(s, half, best, ways)
            count[o] += own
            depth[o] += own * ((best[s] - half[t]) // TURN) / FULL
            choice[t] += share[s]
            share[s] += own
            if share[s] > 0.0:
                hand_back(s, start, to, cost, half, best, ways, share, final)
        for i in range(n_seen):
            s = seen[i]
            best[s], ways[s], share[s], final[s] = FAR, 0.0, 0.0, False
