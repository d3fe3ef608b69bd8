"""Shortest walks by bounded search with buckets (Dijkstra's labels, Dial's buckets), and what they reach.

E. W. Dijkstra, A note on two problems in connexion with graphs, 1959, doi:10.1007/BF01386390; R. B. Dial, Algorithm
360: shortest-path forest with topological ordering, 1969, doi:10.1145/363269.363610. Within a bucket labels are
corrected until none gets better, so the outcome is the least over all paths whatever the order of work: rounded
addition is monotone, hence ``d(v) = min over u of fl(d(u) + w)`` has one solution.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part

BUCKETS = 128
"""Buckets a search limit is divided into; speed alone depends on it."""
GUARD = 1e-6
"""Metres by which a whole link must clear a limit before it is counted without looking at its points."""
BANDS, MASSES = 3, 2
"""Number of limits and of weights; fixed, so that the innermost loops are unrolled (twice as fast)."""
WALKED, LEAST, MOST, DOORS, MASS = range(5)
"""Columns of the table of links, see :func:`reach`."""


@kernel("Tuple((i8[::1], i8[::1], i4[::1], i4[::1], f8[::1]))(i4[::1], i4[::1], f8[::1], b1[::1], i8)")
def adjacency(u, v, w, usable, n):  # type: ignore[no-untyped-def]
    """Return the links at each node: ``start[n + 1]``, and node, link and length [m] behind each.

    Links of which a node is the first come first, up to ``middle[n]``; one that ends where it begins stands there
    once.

    Parameters
    ----------
    u, v : array, shape (m,)
        Nodes at the ends of each link.
    w : array, shape (m,) [m]
    usable : array of bool, shape (m,)
    n : int
        Number of nodes.
    """
    start = np.zeros(n + 1, dtype=np.int64)
    for e in range(len(u)):
        if usable[e]:
            start[u[e] + 1] += 1
            start[v[e] + 1] += u[e] != v[e]
    for i in range(n):
        start[i + 1] += start[i]
    at, middle = start[:-1].copy(), start[:-1].copy()
    to = np.empty(start[n], dtype=np.int32)
    link = np.empty(start[n], dtype=np.int32)
    length = np.empty(start[n], dtype=np.float64)
    for side in range(2):
        for e in range(len(u)):
            if usable[e] and (side == 0 or u[e] != v[e]):
                a, b = (u[e], v[e]) if side == 0 else (v[e], u[e])
                to[at[a]] = b
                link[at[a]] = e
                length[at[a]] = w[e]
                at[a] += 1
        if side == 0:
            middle[:] = at
    return start, middle, to, link, length


@part
def label(node, d, scale, dist, seen, n_seen, heads, after, before, bucket_of):  # type: ignore[no-untyped-def]
    """Give a node a better label and put it in its bucket; returns the number of nodes seen.

    Buckets are doubly linked lists through the nodes, each in at most one, so that nothing ever grows.
    """
    bucket = int(d * scale)
    if dist[node] == np.inf:
        seen[n_seen] = node
        n_seen += 1
    dist[node] = d
    old = bucket_of[node]
    if old == bucket:
        return n_seen
    if old >= 0:
        left, right = before[node], after[node]
        if left >= 0:
            after[left] = right
        else:
            heads[old] = right
        if right >= 0:
            before[right] = left
    bucket_of[node] = bucket
    before[node] = -1
    after[node] = heads[bucket]
    if heads[bucket] >= 0:
        before[heads[bucket]] = node
    heads[bucket] = node
    return n_seen


@part
def search(start, to, length, limit, scale, dist, seen, n_seen, heads, after, before, bucket_of):  # type: ignore[no-untyped-def]
    """Bring the labels of all nodes within ``limit`` [m] down to their distance; the first are in their buckets.

    ``dist`` holds inf or a label, ``seen[:n_seen]`` the nodes that have one. Returns the number of nodes seen.
    """
    for b in range(len(heads)):
        while heads[b] >= 0:
            node = heads[b]
            heads[b] = after[node]
            before[heads[b]] = -1  # where the list ends this writes to the spare last place
            bucket_of[node] = -1
            d = dist[node]
            for k in range(start[node], start[node + 1]):
                reached, other = d + length[k], to[k]
                if reached > limit or reached >= dist[other]:
                    continue
                # what follows is label(): a call would count references to every array, at thrice the time
                bucket, old = int(reached * scale), bucket_of[other]
                if dist[other] == np.inf:
                    seen[n_seen] = other
                    n_seen += 1
                dist[other] = reached
                if old == bucket:
                    continue
                if old >= 0:
                    if before[other] >= 0:
                        after[before[other]] = after[other]
                    else:
                        heads[old] = after[other]
                    before[after[other]] = before[other]
                bucket_of[other], before[other], after[other] = bucket, -1, heads[bucket]
                before[heads[bucket]] = other
                heads[bucket] = other
    return n_seen


@kernel("f8[::1](i8[::1], i4[::1], f8[::1], i4[::1], f8[::1], f8)")
def distances(start, to, length, sources, first, limit):  # type: ignore[no-untyped-def]
    """Return the distance [m] of every node from the nearest of some sources, inf beyond ``limit``.

    Parameters
    ----------
    start, to, length
        As :func:`adjacency` gives them.
    sources : array, shape (k,)
        Nodes.
    first : array, shape (k,) [m]
        What each source begins with.
    limit : float [m]

    Examples
    --------
    On a line of three nodes 5 m apart the last is 10 m from the first.
    """
    n = len(start) - 1
    scale = BUCKETS / limit
    dist, seen = np.full(n, np.inf), np.empty(n, dtype=np.int32)
    heads, bucket_of = np.full(BUCKETS + 2, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    after, before = np.empty(n + 1, dtype=np.int32), np.empty(n + 1, dtype=np.int32)
    n_seen = 0
    for i in range(len(sources)):
        if first[i] <= limit and first[i] < dist[sources[i]]:
            n_seen = label(sources[i], first[i], scale, dist, seen, n_seen, heads, after, before, bucket_of)
    search(start, to, length, limit, scale, dist, seen, n_seen, heads, after, before, bucket_of)
    return dist


@part
def band(d, limits):  # type: ignore[no-untyped-def]
    """Return the number of the first limit a distance is within, ``BANDS`` when it is beyond all."""
    b = 0
    for i in range(BANDS):
        b += d > limits[i]  # no branch: which band it is cannot be foretold
    return b


@part
def add_links(  # type: ignore[no-untyped-def]
    seen, n_seen, start, middle, to, to_link, dist, home,
    link, mass_start, mass_at, mass_off, mass, limits, out, o, doored,
):  # fmt: skip
    """Add the weights on all links at the nodes seen, but the origin's own, to the bands ``out[o, k, r]``.

    A point at t of a link of length w is min(du + t, dv + w - t) away, at least min(du, dv), at most
    (du + dv + w)/2: where both lie in one band the whole link does. Returns how many links have doors; they stand in
    ``doored``.
    """
    n_doored = 0
    for s in range(n_seen):
        node = seen[s]
        for k in range(start[node], start[node + 1]):
            e, du, dv = to_link[k], dist[node], dist[to[k]]
            if e == home or (k >= middle[node] and dv < np.inf):
                continue  # it is looked at from its first node
            if link[e, DOORS] > 0:
                doored[n_doored] = e
                n_doored += 1
            nearer, we = min(du, dv), link[e, WALKED]
            b = band(nearer + link[e, LEAST], limits)
            if b == BANDS:
                continue
            further = (du + dv + we) * 0.5 if dv < np.inf else nearer + we
            if further + link[e, MOST] <= limits[b]:
                for c in range(MASSES):
                    out[o, c, b] += link[e, MASS + c]
                continue
            if k >= middle[node]:
                du, dv = dv, du
            for p in range(mass_start[e], mass_start[e + 1]):
                b = band(min(du + mass_at[p], dv + (we - mass_at[p])) + mass_off[p], limits)
                for c in range(MASSES):
                    out[o, c, min(b, BANDS - 1)] += mass[p, c] if b < BANDS else 0.0
    return n_doored


@part
def add_own(e, du, dv, t0, off0, link, mass_start, mass_at, mass_off, mass, limits, out, o):  # type: ignore[no-untyped-def]
    """Add the weights on the origin's own link, some of them reached along it and not by way of its ends."""
    we = link[e, WALKED]
    for p in range(mass_start[e], mass_start[e + 1]):
        d = min(min(du + mass_at[p], dv + (we - mass_at[p])), off0 + abs(mass_at[p] - t0))
        b = band(d + mass_off[p], limits)
        for c in range(MASSES):
            out[o, c, min(b, BANDS - 1)] += mass[p, c] if b < BANDS else 0.0


@part
def open_doors(  # type: ignore[no-untyped-def]
    doored, n_doored, home, t0, off0, u, v, dist, link, start, at, off, thing, limit, met, met_list
):
    """Bring down the distances ``met`` of the things that doors lead to; returns how many were met."""
    n_met = 0
    for i in range(n_doored):
        e = doored[i]
        du, dv = dist[u[e]], dist[v[e]]
        for q in range(start[e], start[e + 1]):
            d = min(du + at[q], dv + (link[e, WALKED] - at[q]))
            if e == home:
                d = min(d, off0 + abs(at[q] - t0))
            d += off[q]
            if d <= limit and d < met[thing[q]]:
                if met[thing[q]] == np.inf:
                    met_list[n_met] = thing[q]
                    n_met += 1
                met[thing[q]] = d
    return n_met


@kernel(
    "void(i8[::1], i8[::1], i4[::1], i4[::1], f8[::1], i4[::1], i4[::1], f8[:,::1],"
    "i8[::1], f8[::1], f8[::1], f8[:,::1], i8[::1], f8[::1], f8[::1], i4[::1], i4[::1], f8[::1],"
    "i4[::1], i4[::1], f8[::1], f8[::1], f8[::1], f8[:,:,::1], f8[:,:,::1], f8[:,::1])"
)
def reach(  # type: ignore[no-untyped-def]
    start, middle, to, to_link, length, u, v, link,
    mass_start, mass_at, mass_off, mass, door_start, door_at, door_off, door_thing, thing_kind, thing_weight,
    origins, at_link, at, off, limits, near_mass, near_things, nearest,
):  # fmt: skip
    """Sum what lies within each limit of each origin, along the network.

    Parameters
    ----------
    start, middle, to, to_link, length, u, v
        The network.
    link : array, shape (m, 4 + k)
        What is asked of a link at every turn, side by side: its walked length (``WALKED``), the least and greatest
        distance of its points beside it, the least less and the greatest more by ``GUARD`` (``LEAST``, ``MOST``; inf
        where it has no points), 1 where it has doors (``DOORS``), the sums of its points' weights (from ``MASS``).
    mass_start, mass_at, mass_off, mass
        Points of each link, sorted by link: metres from its first node, metres beside it, weights (p, k). Weights
        are whole numbers, so that their sums are exact in any order.
    door_start, door_at, door_off, door_thing
        Doors of each link: the same, and the thing a door leads to; a thing with many doors counts once.
    thing_kind, thing_weight
        Kind and whole-number weight of each thing.
    origins, at_link, at, off
        Which origins to answer, and for every origin its link, metres from its first node and beside it.
    limits : array, shape (r,) [m]
        Ascending.
    near_mass, near_things, nearest
        Filled: sums between one limit and the next (n, k, r), (n, kinds, r); least distance of a kind (n, kinds).
    """
    n, limit = len(start) - 1, limits[BANDS - 1]
    scale = BUCKETS / limit
    dist, seen = np.full(n, np.inf), np.empty(n, dtype=np.int32)
    heads, bucket_of = np.full(BUCKETS + 2, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    after, before = np.empty(n + 1, dtype=np.int32), np.empty(n + 1, dtype=np.int32)
    doored = np.empty(len(u) + 1, dtype=np.int32)
    met = np.full(len(thing_kind), np.inf)
    met_list = np.empty(len(thing_kind), dtype=np.int32)
    for i in range(len(origins)):
        o = origins[i]
        home, t0, off0 = at_link[o], at[o], off[o]
        n_seen = 0
        for side in range(2):
            node = u[home] if side == 0 else v[home]
            d = off0 + (t0 if side == 0 else link[home, WALKED] - t0)
            if d <= limit and d < dist[node]:
                n_seen = label(node, d, scale, dist, seen, n_seen, heads, after, before, bucket_of)
        n_seen = search(start, to, length, limit, scale, dist, seen, n_seen, heads, after, before, bucket_of)
        n_doored = add_links(
            seen, n_seen, start, middle, to, to_link, dist, home,
            link, mass_start, mass_at, mass_off, mass, limits, near_mass, o, doored,
        )  # fmt: skip
        add_own(
            home, dist[u[home]], dist[v[home]], t0, off0,
            link, mass_start, mass_at, mass_off, mass, limits, near_mass, o,
        )  # fmt: skip
        doored[n_doored] = home
        n_met = open_doors(
            doored, n_doored + 1, home, t0, off0, u, v, dist,
            link, door_start, door_at, door_off, door_thing, limit, met, met_list,
        )  # fmt: skip
        for j in range(n_met):
            thing = met_list[j]
            kind = thing_kind[thing]
            near_things[o, kind, band(met[thing], limits)] += thing_weight[thing]
            nearest[o, kind] = min(nearest[o, kind], met[thing])
            met[thing] = np.inf
        for s in range(n_seen):
            dist[seen[s]] = np.inf
