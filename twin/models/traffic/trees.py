"""Cheapest paths from one node (E. W. Dijkstra 1959, doi:10.1007/BF01386390) with a four-way heap of nodes.

Links are sorted by the node they leave, so those that leave node u are ``out[u]`` to ``out[u + 1]``. A link that is
closed costs infinity. Nodes that may not be driven through are left by nobody but those who start there.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part


@part
def sift_down(heap, keys, where, size):  # type: ignore[no-untyped-def]
    """Put the last of ``size + 1`` entries where the first was, and down to its place."""
    node, key = heap[size], keys[size]
    hole = 0
    while True:
        child = 4 * hole + 1
        if child >= size:
            break
        least, least_key = child, keys[child]
        for other in range(child + 1, min(child + 4, size)):
            if keys[other] < least_key:
                least, least_key = other, keys[other]
        if least_key >= key:
            break
        heap[hole], keys[hole] = heap[least], least_key
        where[heap[hole]] = hole
        hole = least
    heap[hole], keys[hole] = node, key
    where[node] = hole


@part
def sift_up(heap, keys, where, hole, node, key):  # type: ignore[no-untyped-def]
    """Bring a node with its key from a hole up to its place."""
    while hole > 0:
        above = (hole - 1) >> 2
        if keys[above] <= key:
            break
        heap[hole], keys[hole] = heap[above], keys[above]
        where[heap[hole]] = hole
        hole = above
    heap[hole], keys[hole] = node, key
    where[node] = hole


@part
def search(origin, out, head, cost, through, wanted, left, dist, pred, heap, keys, where):  # type: ignore[no-untyped-def]
    """Label nodes from the origin outwards until ``left`` wanted ones have their final label.

    Writes ``dist`` (infinity where nothing leads) and ``pred`` (the last link of the cheapest path). ``where`` is -1
    everywhere before.
    """
    dist[:] = np.inf
    where[:] = -1
    dist[origin] = 0.0
    pred[origin] = -1
    heap[0], keys[0], where[origin] = origin, 0.0, 0
    size = 1
    while size > 0:
        node, d = heap[0], keys[0]
        size -= 1
        if size > 0:
            sift_down(heap, keys, where, size)
        if wanted[node]:
            left -= 1
            if left == 0:
                break
        if node != origin and not through[node]:
            continue
        for link in range(out[node], out[node + 1]):
            there = d + cost[link]
            reached = head[link]
            if there < dist[reached]:
                dist[reached] = there
                pred[reached] = link
                hole = where[reached]
                if hole < 0:
                    hole = size
                    size += 1
                sift_up(heap, keys, where, hole, reached, there)


@kernel("Tuple((f8[:, ::1], i4[:, ::1]))(i4[::1], i4[::1], f8[::1], b1[::1], i4[::1])")
def trees(out, head, cost, through, origins):  # type: ignore[no-untyped-def]
    """Return for each origin the cost to every node and the last link on the way, -1 where there is none."""
    n = len(through)
    dist = np.empty((len(origins), n))
    pred = np.full((len(origins), n), -1, dtype=np.int32)
    wanted = np.zeros(n, dtype=np.bool_)
    heap, where = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    keys = np.empty(n)
    for i in range(len(origins)):
        search(origins[i], out, head, cost, through, wanted, n + 1, dist[i], pred[i], heap, keys, where)
    return dist, pred


@kernel("f8[:, ::1](f8[:, ::1], i4[:, ::1], i4[::1], f8[::1])")
def along(dist, pred, tail, what):  # type: ignore[no-untyped-def]
    """Return the sum of something (length, time, toll) along the cheapest paths of :func:`trees`."""
    total = np.full(dist.shape, np.inf)
    stack = np.empty(dist.shape[1], dtype=np.int32)
    for i in range(dist.shape[0]):
        for node in range(dist.shape[1]):
            if dist[i, node] == np.inf:
                continue
            size, at = 0, node
            while total[i, at] == np.inf and pred[i, at] >= 0:
                stack[size] = at
                size += 1
                at = tail[pred[i, at]]
            if pred[i, at] < 0:
                total[i, at] = 0.0
            for k in range(size - 1, -1, -1):
                link = pred[i, stack[k]]
                total[i, stack[k]] = total[i, tail[link]] + what[link]
    return total
