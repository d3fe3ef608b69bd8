"""Where a straight line in plan crosses the edges of a scene: a walk through the cells of its grid.

Most of the time of a pair of source and receiver was spent here on branches that a processor cannot foresee, so there
are few: what may be crossed is told by arithmetic alone.
"""

from __future__ import annotations

import math

import numpy as np

from twin.models.compile import quick_part
from twin.models.noise.flat import RIM

NEAR = 1e-7
"""Length [m] below which two breaks of a profile are one."""
NEAR_END = 2 * RIM
"""Distance [m] from an end of a leg within which crossings are not counted."""
CORNER = NEAR_END**2
"""Square of the distance [m²] from a corner within which crossings are not counted."""


@quick_part
def crossings(flat, ax, ay, ux, uy, length, work):  # type: ignore[no-untyped-def]
    """Write where a leg crosses edges, each once, sorted; returns how many, −1 for want of room."""
    size, columns, rows = flat.grid[2], flat.shape[0], flat.shape[1]
    gx, gy = (ax - flat.grid[0]) / size, (ay - flat.grid[1]) / size
    dx, dy = ux * length / size, uy * length / size
    # the part of the leg within the grid
    first, last = 0.0, 1.0
    for g, d, most in ((gx, dx, columns), (gy, dy, rows)):
        if abs(d) < 1e-15:
            if g < 0 or g > most:
                return 0
            continue
        a, b = -g / d, (most - g) / d
        first, last = max(first, min(a, b)), min(last, max(a, b))
    if first > last:
        return 0
    i = min(max(math.floor(gx + first * dx), 0), columns - 1)
    j = min(max(math.floor(gy + first * dy), 0), rows - 1)
    step_i, step_j = (1 if dx > 0 else -1), (1 if dy > 0 else -1)
    next_i = (i + (1 if dx > 0 else 0) - gx) / dx if abs(dx) > 1e-15 else np.inf
    next_j = (j + (1 if dy > 0 else 0) - gy) / dy if abs(dy) > 1e-15 else np.inf
    more_i = abs(1 / dx) if abs(dx) > 1e-15 else np.inf
    more_j = abs(1 / dy) if abs(dy) > 1e-15 else np.inf
    enter = -1.0
    ends, cell_at = flat.ends, flat.cell_at
    maybe, part = work.maybe, work.part
    # without a sign, as numbers below 0 would count from the end, which is asked each time
    room, found = np.uint64(len(maybe)), np.uint64(0)
    # branches that cannot be foreseen are dear: which edges the line may cross is told without any
    while True:
        leave = min(next_i, next_j)
        c = j * columns + i
        first_place, last_place = np.uint64(cell_at[c]), np.uint64(cell_at[c + 1])
        if found + (last_place - first_place) > room:
            return -1
        low = -1.0 if enter < 0 else enter * length
        high = np.inf if leave >= last else leave * length
        for k in range(first_place, last_place):
            px, py, qx, qy = ends[k, 0] - ax, ends[k, 1] - ay, ends[k, 2] - ax, ends[k, 3] - ay
            p, q = ux * py - uy * px, ux * qy - uy * qx
            maybe[found], part[found, 0], part[found, 1] = k, low, high
            found += np.uint64((min(p, q) <= RIM) & (max(p, q) >= -RIM))
        if leave >= last:
            break
        enter = leave
        by_i = next_i < next_j
        i += step_i if by_i else 0
        j += 0 if by_i else step_j
        next_i += more_i if by_i else 0.0
        next_j += 0.0 if by_i else more_j
        if i < 0 or i >= columns or j < 0 or j >= rows:
            break
    return _met(ends, ax, ay, ux, uy, length, maybe, part, found, work.at, work.what)


@quick_part
def _met(ends, ax, ay, ux, uy, length, maybe, part, found, at, what):  # type: ignore[no-untyped-def]
    """Write where the edges at some places of the grid are crossed within the leg and their cell, sorted.

    ``what`` gets 2 × the place, plus 1 where the leg crosses at a corner.
    """
    n, room = np.uint64(0), np.uint64(len(at) - 1)
    for f in range(found):
        k = np.uint64(maybe[f])
        px, py, qx, qy = ends[k, 0] - ax, ends[k, 1] - ay, ends[k, 2] - ax, ends[k, 3] - ay
        p, q = ux * py - uy * px, ux * qy - uy * qx
        dx, dy = qx - px, qy - py
        by_across = 1 / (ux * dy - uy * dx)
        share = -p * by_across
        t = (px * dy - py * dx) * by_across
        beyond = max(-share, share - 1, 0.0)
        within_leg = min(max(t, 0.0), length)
        square, inner = dx * dx + dy * dy, min(abs(share), abs(1 - share))
        at[n], what[n] = within_leg, 2 * maybe[f] + (inner * inner * square < CORNER)
        n += np.uint64(
            (abs(p - q) >= 1e-12 * (abs(dx) + abs(dy)))
            & (beyond * beyond * square <= RIM * RIM)
            & (abs(t - within_leg) <= NEAR)
            & (within_leg >= part[f, 0])
            & (within_leg < part[f, 1])
            & (n < room)
        )
    crossed = np.int64(n)
    for f in range(1, crossed):
        t, e, m = at[f], what[f], f
        while m > 0 and at[m - 1] > t:
            at[m], what[m] = at[m - 1], what[m - 1]
            m -= 1
        at[m], what[m] = t, e
    return crossed
