"""Compiled sums over surroundings: all within a radius, or the nearest k persons, straight-line and walked.

Each origin is answered on its own, from data that nothing writes to, so that answers do not depend on how the work is
divided between threads, and an edit needs only the origins it can reach.
"""

from __future__ import annotations

import numpy as np

from twin.models.compile import kernel, part

FLAT, TRIANGLE, BIWEIGHT = range(3)
"""How weight falls with distance d to a radius r: 1; 1 - d/r; (1 - (d/r)²)²."""
RINGS = 512
"""Rings of equal area the nearest persons are first counted in."""
FINE = 1024.0
"""Squared metres are told apart to 1/FINE: units as far away as each other count as one ring."""
PARTS = 2.0**30
"""Parts of a person are rounded to 1/PARTS, so that up to 8 million persons add up to the same in any order."""
FINEST = 2.0**50
"""The same where order plays no part: no rounding that matters."""


@part
def weigh(d2, r2, fall):  # type: ignore[no-untyped-def]
    """Return the weight of a squared distance within a squared radius."""
    if fall == FLAT:
        return 1.0
    if fall == TRIANGLE:
        return 1.0 - np.sqrt(d2 / r2)
    rest = 1.0 - d2 / r2
    return rest * rest


@part
def span(x, y, row, columns, west, south, size, limit):  # type: ignore[no-untyped-def]
    """Return the first and last cell of a row that a circle of squared radius ``limit`` meets.

    The last may be before the first, but never by more than one, so that units between their starts are none.
    """
    bottom = south + row * size
    dy = max(max(bottom - y, y - (bottom + size)), 0.0)
    half = np.sqrt(max(limit - dy * dy, 0.0)) + 1e-6
    left = min(max(int(np.floor((x - half - west) / size)), 0), columns)
    right = max(min(int(np.floor((x + half - west) / size)), columns - 1), left - 1)
    return left, right


@part
def cumulate(out, o):  # type: ignore[no-untyped-def]
    """Turn sums between one radius and the next into sums within."""
    for r in range(1, out.shape[1]):
        for g in range(out.shape[2]):
            out[o, r, g] += out[o, r - 1, g]


@kernel(
    "void(f8[::1], f8[::1], f8[:,::1], i8[::1], i8, i8, f8, f8, f8, f8[::1], f8[::1], f8[::1], i8,f8[:,:,::1], i8, i8)",
    regroup=True,
)
def within(  # type: ignore[no-untyped-def]
    x, y, counts, start, columns, rows, west, south, size, from_x, from_y, radii, fall, out, first, last
):
    """Sum the counts within each radius of origins ``first`` to ``last``.

    Parameters
    ----------
    x, y : array, shape (n,) [m]
        Units in the order of their cells, row by row.
    counts : array, shape (g, n)
    start : array, shape (rows * columns + 1,)
        First unit of each cell.
    columns, rows, west, south, size
        The cells; those that a circle does not meet are not looked at.
    from_x, from_y : array, shape (m,) [m]
    radii : array, shape (r,) [m]
        Ascending.
    fall : int
        FLAT, TRIANGLE or BIWEIGHT.
    out : array, shape (m, r, g)
        Filled; zeros before.
    """
    groups, n_radii, reach = len(counts), len(radii), radii[len(radii) - 1]
    weight = np.empty(len(x))
    for o in range(first, last):
        ox, oy = from_x[o], from_y[o]
        low = max(int(np.floor((oy - reach - south) / size)), 0)
        high = min(int(np.floor((oy + reach - south) / size)), rows - 1)
        for row in range(low, high + 1):
            for r in range(n_radii):
                limit = radii[r] * radii[r]
                part_of = 1.0 / limit
                left, right = span(ox, oy, row, columns, west, south, size, limit)
                begin, end = start[row * columns + left], start[row * columns + right + 1]
                # no branch within these loops, so that several units are weighed at once
                for unit in range(begin, end):
                    dx, dy = x[unit] - ox, y[unit] - oy
                    d2 = dx * dx + dy * dy
                    if fall == FLAT:
                        weight[unit - begin] = 1.0 if d2 <= limit else 0.0
                    elif fall == TRIANGLE:
                        weight[unit - begin] = max(1.0 - np.sqrt(d2 * part_of), 0.0)
                    else:
                        rest = max(1.0 - d2 * part_of, 0.0)
                        weight[unit - begin] = rest * rest
                for g in range(groups):
                    total = 0.0
                    for unit in range(begin, end):
                        total += weight[unit - begin] * counts[g, unit]
                    out[o, r, g] += total


@part
def box_sum(sums, left, right, low, high):  # type: ignore[no-untyped-def]
    """Return the persons in a box of cells, both ends included, from sums of all cells to the lower left."""
    return sums[high + 1, right + 1] - sums[low, right + 1] - sums[high + 1, left] + sums[low, left]


@part
def select(far, units, m, limit, counts, persons, ks, ring, inside, order, out, radius, o, parts):  # type: ignore[no-untyped-def]
    """Sum the nearest k persons among m candidates, the last ring of equally far units in proportion.

    ``far`` are whole numbers that grow with distance, at most ``limit``. Writes ``out[o]`` and, as ``far`` of the last
    ring, ``radius[o]``; where there are fewer than k persons nan stays.
    """
    groups, width = counts.shape[1], limit // RINGS + 1
    inside[:, :] = 0.0
    for i in range(m):
        ring[i] = far[i] // width
        inside[ring[i], groups] += persons[units[i]]
        for g in range(groups):
            inside[ring[i], g] += counts[units[i], g]
    full = np.zeros(groups + 1)
    b = 0
    for j in range(len(ks)):
        while b < RINGS and full[groups] + inside[b, groups] < ks[j]:
            full += inside[b]
            b += 1
        if b == RINGS:
            return
        held = 0
        for i in range(m):
            if ring[i] == b:
                order[held] = i
                held += 1
        by_distance = order[:held][np.argsort(far[order[:held]])]
        radius[o, j] = fill(far, units, by_distance, counts, persons, ks[j], full.copy(), out[o, j], parts)


@part
def fill(far, units, by_distance, counts, persons, k, now, found, parts):  # type: ignore[no-untyped-def]
    """Add units in order of distance to what is ``now`` there until k persons are, into ``found``; return how far."""
    groups, i, held = counts.shape[1], 0, len(by_distance)
    at = np.int64(0)
    while i < held and now[groups] < k:
        end, same, at = i, 0.0, far[by_distance[i]]
        while end < held and far[by_distance[end]] == at:
            same += persons[units[by_distance[end]]]
            end += 1
        share = 1.0 if now[groups] + same <= k else (k - now[groups]) / same
        for other in range(i, end):
            for g in range(groups):
                now[g] += np.rint(share * counts[units[by_distance[other]], g] * parts) / parts
        now[groups] += same
        i = end
    found[:] = now[:groups]
    return at


@kernel(
    "void(f8[::1], f8[::1], f8[:,::1], f8[::1], i8[::1], f8[:,::1], i8, i8, f8, f8, f8, f8[::1], f8[::1], f8[::1],"
    "f8[:,:,::1], f8[:,::1], i8, i8)"
)
def nearest(  # type: ignore[no-untyped-def]
    x, y, counts, persons, start, sums, columns, rows, west, south, size, from_x, from_y, ks, out, radius, first, last
):
    """Sum the nearest k persons around origins ``first`` to ``last``.

    Parameters
    ----------
    x, y, start, columns, rows, west, south, size, from_x, from_y
        As in :func:`within`.
    counts : array, shape (n, g)
    persons : array, shape (n,)
        All persons of each unit.
    sums : array, shape (rows + 1, columns + 1)
        Persons in all cells to the lower left.
    ks : array, shape (k,) [persons]
        Ascending.
    out : array, shape (m, k, g)
        Filled where k persons are found; nan before.
    radius : array, shape (m, k) [m]
        Filled with the distance of the last of them.
    """
    n = len(x)
    far, units = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    ring, order = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    inside = np.empty((RINGS, counts.shape[1] + 1))
    most = ks[len(ks) - 1]
    for o in range(first, last):
        ox, oy = from_x[o], from_y[o]
        cx = min(max(int((ox - west) / size), 0), columns - 1)
        cy = min(max(int((oy - south) / size), 0), rows - 1)
        w = 0
        while True:
            left, right = max(cx - w, 0), min(cx + w, columns - 1)
            low, high = max(cy - w, 0), min(cy + w, rows - 1)
            if box_sum(sums, left, right, low, high) >= most or (right - left + 1) * (high - low + 1) == rows * columns:
                break
            w += 1
        dx = max(ox - (west + left * size), west + (right + 1) * size - ox)
        dy = max(oy - (south + low * size), south + (high + 1) * size - oy)
        limit = dx * dx + dy * dy + 1.0
        reach = np.sqrt(limit)
        m = 0
        low = max(int(np.floor((oy - reach - south) / size)), 0)
        high = min(int(np.floor((oy + reach - south) / size)), rows - 1)
        for row in range(low, high + 1):
            left, right = span(ox, oy, row, columns, west, south, size, limit)
            for unit in range(start[row * columns + left], start[row * columns + right + 1]):
                ddx, ddy = x[unit] - ox, y[unit] - oy
                d2 = ddx * ddx + ddy * ddy
                if d2 <= limit:
                    far[m] = np.int64(np.rint(d2 * FINE))
                    units[m] = unit
                    m += 1
        bound = np.int64(np.rint(limit * FINE)) + 1
        select(far, units, m, bound, counts, persons, ks, ring, inside, order, out, radius, o, FINEST)
        for j in range(len(ks)):
            radius[o, j] = np.sqrt(radius[o, j] / FINE)
