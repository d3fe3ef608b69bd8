"""Paths one by one: where sound from pieces of street runs on its way to a place, and what each path brings there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, quick_part, unowned
from twin.models.noise.attend import (
    COLUMNS,
    NEAR_WALLS,
    RULES,
    SOURCE_HEIGHT,
    facing,
    reflects_to,
    walls_at,
    walls_near,
)
from twin.models.noise.cut import WORK, height_at
from twin.models.noise.diffraction import hull
from twin.models.noise.flat import FLAT
from twin.models.noise.paths import fold, sound, trace
from twin.models.noise.product import span
from twin.models.noise.streets import LINES, place
from twin.models.noise.vertical import REFLECT_X

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.models.noise.attend import Columns, Rules
    from twin.models.noise.cut import Work
    from twin.models.noise.flat import Flat
    from twin.models.noise.streets import Lines

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

BENDS = 16
"""Points of a path that are kept, at most; one over more edges than that is drawn with the first of them."""
_F3, _F2, _F1, _I1 = types.float64[:, :, ::1], types.float64[:, ::1], types.float64[::1], types.int64[::1]


@dataclass(frozen=True, eq=False)
class Ray:
    """A path (k, 3) [m] from a street over edges and by walls to a place, with the street, its level and its walls."""

    points: Floats
    street: str
    level: float
    walls: int


@quick_part
def _bent(flat, work, n_walls, length, zs, zr, points):  # type: ignore[no-untyped-def]
    """Write the points of the path that was traced, as a straight ray goes over its edges; returns how many."""
    edges, at = work.edges[work.sizes[1] :], work.walls
    m = hull(edges, length, zs, zr, 0.0, work.low, work.found, -1)
    points[0, 0], points[0, 1], points[0, 2] = work.points[0, 0], work.points[0, 1], zs
    n, wall, edge = 1, 0, 0
    x0, z0 = 0.0, zs
    while (wall < n_walls or edge < m) and n < len(points) - 1:
        x_wall = at[wall, REFLECT_X] if wall < n_walls else np.inf
        x1, z1 = (edges[work.found[edge], 0], edges[work.found[edge], 1]) if edge < m else (length, zr)
        leg = wall
        if x_wall <= x1:
            x = x_wall
            z = z0 + (z1 - z0) * (x - x0) / (x1 - x0) if x1 > x0 else z1
            wall += 1
        else:
            x, z = x1, z1
            edge += 1
        x0, z0 = x, z
        a = at[leg - 1, REFLECT_X] if leg > 0 else 0.0
        b = at[leg, REFLECT_X] if leg < n_walls else length
        t = (x - a) / (b - a) if b > a else 0.0
        for i in range(2):
            points[n, i] = work.points[leg, i] + t * (work.points[leg + 1, i] - work.points[leg, i])
        points[n, 2] = z
        n += 1
    points[n, 0], points[n, 1], points[n, 2] = work.points[n_walls + 1, 0], work.points[n_walls + 1, 1], zr
    return n + 1


@quick_part
def _noted(flat, work, n_walls, zs, columns, deck, rules, weight, gains, p, n, energy, piece, walls, count, points):  # type: ignore[no-untyped-def]
    """Keep the path in ``work.points`` if it is heard; returns the number of those kept, also beyond the room given."""
    free, length = trace(flat, work, n_walls, columns.rings[columns.ring_at[0] : columns.ring_at[1]], deck)
    if not free:
        return n
    zr, total = columns.z[0], 0.0
    heard = sound(flat, work, n_walls, length, zs, zr, rules.source_g, True, rules.air, gains)
    for condition in range(2):
        if heard >> condition & 1:
            for band in range(8):
                total += gains[condition, band] * weight[condition, band]
    if total <= 0:
        return n
    if n < len(energy):
        energy[n], piece[n], walls[n] = total, p, n_walls
        count[n] = _bent(flat, work, n_walls, length, zs, zr, points[n])
    return n + 1


@kernel(numba.int64(FLAT, WORK, LINES, COLUMNS, RULES, _I1, _F3, _F1, _I1, _I1, _I1, _F3))
def paths(flat, work, lines, columns, rules, numbers, weights, energy, piece, walls, count, points):  # type: ignore[no-untyped-def]
    """Write all paths from some pieces of street to one receiver; returns how many, also beyond the room given.

    Parameters
    ----------
    flat, work, lines, columns, rules
        See their classes; one column of one receiver.
    numbers : array of int, shape (k,)
        The pieces.
    weights : array, shape (k, 2, 8) [W]
        What each sends out in homogeneous and in favourable times, by band.
    energy : array, shape (n,)
        Gets what each path brings.
    piece, walls, count : array of int, shape (n,)
        Get which of the pieces it is from, how many walls reflect it, and its number of points.
    points : array, shape (n, k, 3) [m]
    """
    flat, work, lines, columns, rules = unowned(flat), unowned(work), unowned(lines), unowned(columns), unowned(rules)
    near, marks = np.empty(NEAR_WALLS, dtype=np.int64), np.zeros(len(flat.edges), dtype=np.int64)
    gains = np.empty((2, 8))
    x, y, own = columns.xy[0, 0], columns.xy[0, 1], columns.own[0]
    n_r = walls_at(flat, x, y, rules.wall_reach, near, 0, marks) if rules.order > 0 else 0
    n = 0
    for p in range(len(numbers)):
        line = np.searchsorted(lines.base, numbers[p], side="right") - 1
        a, b = span(lines, line, numbers[p])
        xs, ys, zs, _ = place(lines, line, (a + b) / 2)
        deck, ground = lines.deck[line], height_at(xs, ys, flat)
        zs = (max(zs, ground) if deck >= 0 else ground + zs) + SOURCE_HEIGHT
        work.points[0, 0], work.points[0, 1], work.points[1, 0], work.points[1, 1] = xs, ys, x, y
        if (xs - x) ** 2 + (ys - y) ** 2 < 1e-6:
            work.points[1, 0] = x + 1e-3
        n = _noted(
            flat, work, 0, zs, columns, deck, rules, weights[p], gains, p, n, energy, piece, walls, count, points
        )
        if rules.order < 1:
            continue
        total = walls_near(flat, xs, ys, rules.wall_reach, near, n_r, marks, p + 1)
        for k in range(total):
            e = near[k]
            for m in range(-1, total if rules.order > 1 else 0):
                last = near[m] if m >= 0 else e
                if (m >= 0 and last == e) or not reflects_to(flat, last, x, y, own):
                    continue
                work.faces[0], work.sides[0] = e, facing(flat, e, xs, ys)
                work.faces[1], work.sides[1] = last, facing(flat, last, x, y)
                folds = 1 if m < 0 else 2
                if fold(flat, work, xs, ys, x, y, folds):
                    n = _noted(flat, work, folds, zs, columns, deck, rules, weights[p], gains, p, n, energy, piece,
                               walls, count, points)  # fmt: skip
    return n


def rays(
    flat: Flat, work: Work, lines: Lines, columns: Columns, rules: Rules, numbers: Whole, weights: Floats,
    names: Sequence[str],
) -> tuple[Ray, ...]:  # fmt: skip
    """Return all paths from some pieces of street to one receiver, the loudest first.

    Parameters
    ----------
    flat, work, lines, columns, rules, numbers, weights
        See :func:`paths`.
    names : sequence of str
        The street of each piece.
    """
    room = 256
    while True:
        energy, points = np.empty(room), np.empty((room, BENDS, 3))
        piece, walls, count = (np.empty(room, dtype=np.int64) for _ in range(3))
        n = paths(flat, work, lines, columns, rules, numbers, weights, energy, piece, walls, count, points)
        if n <= room:
            break
        room = n
    return tuple(
        Ray(points[i, : count[i]].copy(), names[piece[i]], float(10 * np.log10(energy[i])), int(walls[i]))
        for i in np.argsort(-energy[:n], kind="stable")
    )
