"""Compiled sums over what can be walked to: all within a distance, or the nearest k persons along the network.

Units stand on links: a unit at t of a link of length w, ``off`` beside it, is ``min(du + t, dv + w - t) + off`` from an
origin that is du and dv from the link's ends. The search is that of :mod:`twin.models.walk.kernels`.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part
from twin.models.segregation.kernels import FLAT, PARTS, RINGS, cumulate, select, weigh
from twin.models.walk.kernels import BUCKETS, label, search

MILLIMETRES = 1000.0
"""Walked metres are told apart to 1/MILLIMETRES."""


@part
def gather(  # type: ignore[no-untyped-def]
    o, link, at, off, u, v, w, start, middle, to, to_link, unit_start, unit_at, unit_off, limit,
    length, dist, seen, heads, after, before, bucket_of, far, units,
):  # fmt: skip
    """Find the units within ``limit`` [m] of a unit and how far they are; returns how many. The unit itself is first.

    ``dist`` is inf everywhere before and after.
    """
    far[0], units[0], m = 0.0, o, 1
    home, t0, off0 = link[o], at[o], off[o]
    scale, n_seen = BUCKETS / limit, 0
    for side in range(2):
        node = u[home] if side == 0 else v[home]
        d = off0 + (t0 if side == 0 else w[home] - t0)
        if d <= limit and d < dist[node]:
            n_seen = label(node, d, scale, dist, seen, n_seen, heads, after, before, bucket_of)
    n_seen = search(start, to, length, limit, scale, dist, seen, n_seen, heads, after, before, bucket_of)
    for q in range(unit_start[home], unit_start[home + 1]):
        d = min(dist[u[home]] + unit_at[q], dist[v[home]] + (w[home] - unit_at[q]))
        d = min(d, off0 + abs(unit_at[q] - t0)) + unit_off[q]
        if d <= limit and q != o:
            far[m], units[m] = d, q
            m += 1
    for s in range(n_seen):
        node = seen[s]
        for k in range(start[node], start[node + 1]):
            e, other = to_link[k], dist[to[k]]
            if e == home or (k >= middle[node] and other < np.inf):
                continue  # it is looked at from its first node
            first = k < middle[node]
            for q in range(unit_start[e], unit_start[e + 1]):
                t = unit_at[q] if first else w[e] - unit_at[q]
                d = min(dist[node] + t, other + (w[e] - t)) + unit_off[q]
                if d <= limit:
                    far[m], units[m] = d, q
                    m += 1
    for s in range(n_seen):
        dist[seen[s]] = np.inf
    return m


@kernel(
    "void(i8[::1], i8[::1], i4[::1], i4[::1], f8[::1], i4[::1], i4[::1], f8[::1], i8[::1], i8[::1], f8[::1], f8[::1],"
    "f8[:,::1], f8[::1], i8, i8[::1], f8[:,:,::1], i8, i8)"
)
def within(  # type: ignore[no-untyped-def]
    start, middle, to, to_link, length, u, v, w, unit_start, link, at, off,
    counts, radii, fall, origins, out, first, last,
):  # fmt: skip
    """Sum the counts within each walked radius of the units ``origins[first:last]``.

    Parameters
    ----------
    start, middle, to, to_link, length, u, v, w
        The network, see :class:`twin.models.walk.network.Network`.
    unit_start : array, shape (links + 1,)
        First unit of each link; units are sorted by link.
    link, at, off : array, shape (n,)
        Of each unit: its link, metres along it, metres beside it.
    counts : array, shape (n, g)
    radii : array, shape (r,) [m]
        Ascending.
    fall : int
        As in :func:`twin.models.segregation.kernels.within`.
    origins : array of int64, shape (m,)
    out : array, shape (n, r, g)
        Filled; zeros before. What each unit adds is rounded to 1/PARTS, so that the sum does not depend on the order.
    """
    n, nodes, limit = len(link), len(start) - 1, radii[len(radii) - 1]
    dist, seen = np.full(nodes, np.inf), np.empty(nodes, dtype=np.int32)
    heads, bucket_of = np.full(BUCKETS + 2, -1, dtype=np.int32), np.full(nodes, -1, dtype=np.int32)
    after, before = np.empty(nodes + 1, dtype=np.int32), np.empty(nodes + 1, dtype=np.int32)
    far, units = np.empty(n + 1), np.empty(n + 1, dtype=np.int64)
    for q in range(first, last):
        o = origins[q]
        m = gather(
            o, link, at, off, u, v, w, start, middle, to, to_link, unit_start, at, off, limit,
            length, dist, seen, heads, after, before, bucket_of, far, units,
        )  # fmt: skip
        for i in range(m):
            for r in range(len(radii) - 1, -1, -1):
                if far[i] > radii[r]:
                    break
                if fall == FLAT and r > 0 and far[i] <= radii[r - 1]:
                    continue
                weight = weigh(far[i] * far[i], radii[r] * radii[r], fall)
                for g in range(counts.shape[1]):
                    out[o, r, g] += np.rint(weight * counts[units[i], g] * PARTS) / PARTS
        if fall == FLAT:
            cumulate(out, o)


@kernel(
    "void(i8[::1], i8[::1], i4[::1], i4[::1], f8[::1], i4[::1], i4[::1], f8[::1], i8[::1], i8[::1], f8[::1], f8[::1],"
    "f8[:,::1], f8[::1], f8[::1], f8[::1], f8, i8[::1], f8[:,:,::1], f8[:,::1], i8, i8)"
)
def nearest(  # type: ignore[no-untyped-def]
    start, middle, to, to_link, length, u, v, w, unit_start, link, at, off,
    counts, persons, ks, guess, most, origins, out, radius, first, last,
):  # fmt: skip
    """Sum the nearest k persons along the network around the units ``origins[first:last]``.

    Parameters
    ----------
    start, middle, to, to_link, length, u, v, w, unit_start, link, at, off, counts
        As in :func:`within`.
    persons : array, shape (n,)
    ks : array, shape (k,) [persons]
        Ascending.
    guess : array, shape (n,) [m]
        How far to search at first; the search widens until k persons are found.
    most : float [m]
        How far at most.
    origins : array of int64, shape (m,)
    out, radius
        As in :func:`twin.models.segregation.kernels.nearest`.
    """
    n, nodes, wanted = len(link), len(start) - 1, ks[len(ks) - 1]
    dist, seen = np.full(nodes, np.inf), np.empty(nodes, dtype=np.int32)
    heads, bucket_of = np.full(BUCKETS + 2, -1, dtype=np.int32), np.full(nodes, -1, dtype=np.int32)
    after, before = np.empty(nodes + 1, dtype=np.int32), np.empty(nodes + 1, dtype=np.int32)
    far, units = np.empty(n + 1), np.empty(n + 1, dtype=np.int64)
    whole, ring = np.empty(n + 1, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    order, inside = np.empty(n + 1, dtype=np.int64), np.empty((RINGS, counts.shape[1] + 1))
    for q in range(first, last):
        o = origins[q]
        limit = min(max(guess[o], 100.0), most)
        while True:
            m = gather(
                o, link, at, off, u, v, w, start, middle, to, to_link, unit_start, at, off, limit,
                length, dist, seen, heads, after, before, bucket_of, far, units,
            )  # fmt: skip
            found = 0.0
            for i in range(m):
                found += persons[units[i]]
            if found >= wanted or limit >= most:
                break
            limit = min(limit * 1.5, most)
        for i in range(m):
            whole[i] = np.int64(np.rint(far[i] * MILLIMETRES))
        bound = np.int64(np.rint(limit * MILLIMETRES)) + 1
        select(whole, units, m, bound, counts, persons, ks, ring, inside, order, out, radius, o, PARTS)
        for j in range(len(ks)):
            radius[o, j] /= MILLIMETRES
