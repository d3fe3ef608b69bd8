"""What reaches receivers from the streets around them: the kernel that fills the store of attenuations.

Receivers one above the other share the cuts through the scene. Attenuation is kept per piece of street, homogeneous and
favourable apart, as 16-bit numbers: 6 bits of exponent, 10 of mantissa, at most 0.003 dB off.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, quick_part, record, roomy_part, unowned
from twin.models.noise.cut import WORK, height_at
from twin.models.noise.flat import FLAT, HOUSE, SCREEN
from twin.models.noise.paths import SPHERE, fold, sound, trace
from twin.models.noise.streets import LINES, pieces, power_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SMALLEST = 2.0**-60
"""Smallest share of energy that is kept, −181 dB."""
OWN = 0.5
"""Distance [m] in front of a wall of its own house within which that wall does not reflect to a receiver."""
NEAR_WALLS = 8192
"""Walls near source and receiver that are looked at, at most."""
SOURCE_HEIGHT = 0.05
"""Height [m] of road vehicles as a source above the road (2.2.1)."""
GAIN = 8.0
"""Most that ground can add to sound in the free field: 9 dB (2.5.20)."""


class Columns(NamedTuple):
    """Receivers one above the other.

    ``xy`` (c, 2); ``z`` (n,) heights, ``at`` (c + 1,) where each column's begin; ``own`` (c,) the house it stands in
    front of, −1 for none; ``rings``, ``ring_at`` (c + 1,) codes of the rings it lies in.
    """

    xy: Floats
    z: Floats
    at: Whole
    own: Whole
    rings: Whole
    ring_at: Whole


class Rules(NamedTuple):
    """How it is computed.

    Greatest distance, greatest distance of reflecting walls from source or receiver [m], order of reflections, longest
    piece by its distance, shortest piece [m], share by which a level may fall short (0: none), G at the source, and
    absorption by air (8,) [dB/m].
    """

    reach: float
    wall_reach: float
    order: int
    ratio: float
    least: float
    missing: float
    source_g: float
    air: Floats


_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]
_F = types.float64
COLUMNS = record((_F2, _F1, _I1, _I1, _I1, _I1), Columns)
RULES = record((_F, _F, types.int64, _F, _F, _F, _F, _F1), Rules)


@quick_part
def walls_near(flat, x, y, reach, near, n, marks, sign):  # type: ignore[no-untyped-def]
    """Add to n faces those within ``reach`` of a place that face it; returns how many there are then.

    ``marks`` (e,) has a sign at each edge that is in the list already, ``sign`` for those that are added now: a face
    that bears it, or the sign before, is not added again.
    """
    size = flat.grid[2]
    i0 = max(math.floor((x - reach - flat.grid[0]) / size), 0)
    i1 = min(math.floor((x + reach - flat.grid[0]) / size), flat.shape[0] - 1)
    j0 = max(math.floor((y - reach - flat.grid[1]) / size), 0)
    j1 = min(math.floor((y + reach - flat.grid[1]) / size), flat.shape[1] - 1)
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            c = j * flat.shape[0] + i
            for k in range(flat.cell_at[c], flat.cell_at[c + 1]):
                e = flat.in_cell[k]
                kind = flat.kind[e]
                if (kind != HOUSE and kind != SCREEN) or marks[e] == sign or marks[e] == -1:
                    continue
                px, py = flat.edges[e, 0], flat.edges[e, 1]
                if kind == HOUSE and (x - px) * flat.normal[e, 0] + (y - py) * flat.normal[e, 1] <= 0:
                    continue
                dx, dy = flat.edges[e, 2] - px, flat.edges[e, 3] - py
                square = dx * dx + dy * dy
                t = min(max(((x - px) * dx + (y - py) * dy) / square, 0.0), 1.0) if square > 0 else 0.0
                gx, gy = x - px - t * dx, y - py - t * dy
                if gx * gx + gy * gy > reach * reach or n >= len(near):
                    continue
                marks[e] = sign
                near[n] = e
                n += 1
    return n


@quick_part
def walls_at(flat, x, y, reach, near, n_before, marks):  # type: ignore[no-untyped-def]
    """Begin a list of faces with those near a receiver; ``n_before`` of the list before lose their marks."""
    for k in range(n_before):
        marks[near[k]] = 0
    return walls_near(flat, x, y, reach, near, 0, marks, -1)


@quick_part
def may_reflect(flat, e, xs, ys, xr, yr):  # type: ignore[no-untyped-def]
    """Whether a face can reflect from a source to a receiver: both before it, and the point of reflection on it.

    A little too many pass; :func:`twin.models.noise.paths.fold` decides.
    """
    px, py, nx, ny = flat.edges[e, 0], flat.edges[e, 1], flat.normal[e, 0], flat.normal[e, 1]
    sx, sy, rx, ry = xs - px, ys - py, xr - px, yr - py
    away, before = sx * nx + sy * ny, rx * nx + ry * ny
    if flat.kind[e] == SCREEN and away < 0:
        away, before = -away, -before
    if away <= 0 or before <= 0:
        return False
    dx, dy = flat.edges[e, 2] - px, flat.edges[e, 3] - py
    along = (sx * dx + sy * dy) * before + (rx * dx + ry * dy) * away  # times the length and away + before
    both, square = away + before, dx * dx + dy * dy
    slack = 1e-4 * both * (1.0 + square)
    return along >= -slack and along <= square * both + slack


@quick_part
def facing(flat, e, x, y):  # type: ignore[no-untyped-def]
    """Return which side of a face a place is on, ±1; of a house only the outside."""
    ahead = (x - flat.edges[e, 0]) * flat.normal[e, 0] + (y - flat.edges[e, 1]) * flat.normal[e, 1]
    return 1 if ahead > 0 or flat.kind[e] == HOUSE else -1


@quick_part
def reflects_to(flat, e, x, y, own):  # type: ignore[no-untyped-def]
    """Whether a face reflects towards a receiver: not when it is the façade it stands in front of."""
    if flat.kind[e] == HOUSE and flat.of[e] == own:
        ahead = (x - flat.edges[e, 0]) * flat.normal[e, 0] + (y - flat.edges[e, 1]) * flat.normal[e, 1]
        return ahead > OWN
    return True


@quick_part
def _path(flat, work, n_walls, zs, columns, c, deck, rules, gains, sums):  # type: ignore[no-untyped-def]
    """Add one path to the shares of energy (floors, 2, 8) at all receivers of a column."""
    rings = columns.rings[columns.ring_at[c] : columns.ring_at[c + 1]]
    free, length = trace(flat, work, n_walls, rings, deck)
    if not free:
        return
    for f in range(columns.at[c + 1] - columns.at[c]):
        zr = columns.z[columns.at[c] + f]
        heard = sound(flat, work, n_walls, length, zs, zr, rules.source_g, True, rules.air, gains)
        for condition in range(2):
            if heard >> condition & 1:
                for band in range(8):
                    sums[f, condition, band] += gains[condition, band]


@quick_part
def _reflected(flat, work, xs, ys, zs, columns, c, deck, rules, near, n_r, marks, sign, gains, sums):  # type: ignore[no-untyped-def]
    """Add the paths that walls near source or receiver reflect."""
    xr, yr, own = columns.xy[c, 0], columns.xy[c, 1], columns.own[c]
    total = walls_near(flat, xs, ys, rules.wall_reach, near, n_r, marks, sign)
    for k in range(total):
        e = near[k]
        if not may_reflect(flat, e, xs, ys, xr, yr) or not reflects_to(flat, e, xr, yr, own):
            continue
        work.faces[0], work.sides[0] = e, facing(flat, e, xs, ys)
        if fold(flat, work, xs, ys, xr, yr, 1):
            _path(flat, work, 1, zs, columns, c, deck, rules, gains, sums)
    if rules.order < 2:
        return
    for k in range(total):
        e = near[k]
        side = facing(flat, e, xs, ys)
        if (xs - flat.edges[e, 0]) * flat.normal[e, 0] + (ys - flat.edges[e, 1]) * flat.normal[e, 1] <= 0 and side > 0:
            continue
        for m in range(total):
            f = near[m]
            if f == e or not reflects_to(flat, f, xr, yr, own):
                continue
            work.faces[0], work.sides[0] = e, side
            work.faces[1], work.sides[1] = f, facing(flat, f, xr, yr)
            if fold(flat, work, xs, ys, xr, yr, 2):
                _path(flat, work, 2, zs, columns, c, deck, rules, gains, sums)


@quick_part
def pair(flat, work, xs, ys, zs, deck, columns, c, rules, near, n_r, marks, sign, gains, sums):  # type: ignore[no-untyped-def]
    """Write the shares of energy (floors, 2, 8) from a piece to all receivers of a column, direct and reflected."""
    x, y = columns.xy[c, 0], columns.xy[c, 1]
    ground = height_at(xs, ys, flat)
    zs = (max(zs, ground) if deck >= 0 else ground + zs) + SOURCE_HEIGHT
    sums[:] = 0.0
    work.points[0, 0], work.points[0, 1], work.points[1, 0], work.points[1, 1] = xs, ys, x, y
    if (xs - x) ** 2 + (ys - y) ** 2 < 1e-6:
        work.points[1, 0] = x + 1e-3  # one above the other: a section needs a direction
    _path(flat, work, 0, zs, columns, c, deck, rules, gains, sums)
    if rules.order > 0:
        _reflected(flat, work, xs, ys, zs, columns, c, deck, rules, near, n_r, marks, sign, gains, sums)


@quick_part
def encoded(share, bits, view):  # type: ignore[no-untyped-def]
    """Return a share of energy as a 16-bit number; ``bits`` and ``view`` are the same 4 bytes."""
    if share < SMALLEST:
        return 0
    bits[0] = share
    return min((view[0] + 4096 - 0x21800000) >> 13, 65535)


@roomy_part
def _sorted_by_bound(lines, x, y, number, where, bound, n, power):  # type: ignore[no-untyped-def]
    """Order pieces by the most they can add at a place, loudest first."""
    for p in range(n):
        total = power_of(lines, int(where[p, 3]), where[p, 4], where[p, 5], power)
        square = max((where[p, 0] - x) ** 2 + (where[p, 1] - y) ** 2, 1.0)
        bound[p] = GAIN * SPHERE * total / square
    order = np.argsort(-bound[:n])
    number[:n], where[:n], bound[:n] = number[:n][order], where[:n][order], bound[:n][order]


@kernel(
    numba.int64(
        FLAT, WORK, LINES, COLUMNS, RULES, _I1, types.int64, _I1, _I1, _I1, types.uint16[:, :, ::1],
        types.int32[::1], _I1,
    )
)  # fmt: skip
def attend(  # type: ignore[no-untyped-def]  # noqa: C901
    flat, work, lines, columns, rules, which, first, piece_at, code_at, left_at, codes, piece, left
):  # fmt: skip
    """Compute columns until the room given is full.

    Parameters
    ----------
    flat, work, lines, columns, rules
        See their classes.
    which : array of int, shape (c,)
        The columns to do.
    first : int
        Which of them to begin with.
    piece_at, code_at, left_at : array of int, shape (c + 1,)
        Get where each of them begins in ``piece``, ``codes`` and ``left``; their entries at ``first`` are given.
    codes : array of uint16, shape (n, 2, 8)
        Gets shares of energy, per piece and then per floor: homogeneous, favourable.
    piece : array of int32, shape (m,)
        Gets the numbers of the pieces heard.
    left : array of int
        Gets the numbers of the pieces left out because they cannot matter.

    Returns
    -------
    int
        The column not done for want of room, or the number of all.
    """
    flat, work, lines, columns, rules = unowned(flat), unowned(work), unowned(lines), unowned(columns), unowned(rules)
    room = 4096
    number = np.empty(room, dtype=np.int64)
    where, bound = np.empty((room, 6)), np.empty(room)
    near, marks = np.empty(NEAR_WALLS, dtype=np.int64), np.zeros(len(flat.edges), dtype=np.int64)
    n_r, sign = 0, 0
    gains, power = np.empty((2, 8)), np.empty(8)
    bits = np.zeros(1, dtype=np.float32)
    view = bits.view(np.int32)
    for k in range(first, len(which)):
        c = which[k]
        x, y = columns.xy[c, 0], columns.xy[c, 1]
        n = pieces(lines, x, y, rules.ratio, rules.least, rules.reach, number, where)
        if n > room:
            room = n
            number, where, bound = np.empty(room, dtype=np.int64), np.empty((room, 6)), np.empty(room)
            pieces(lines, x, y, rules.ratio, rules.least, rules.reach, number, where)
        floors = columns.at[c + 1] - columns.at[c]
        if (
            piece_at[k] + n > len(piece) or code_at[k] + n * floors > len(codes) or left_at[k] + n > len(left)
        ):  # fmt: skip
            return k
        rest = 0.0
        if rules.missing > 0:
            _sorted_by_bound(lines, x, y, number, where, bound, n, power)
            for p in range(n):
                bound[p] *= 1.0 + rules.order
                rest += bound[p]
        n_r = walls_at(flat, x, y, rules.wall_reach, near, n_r, marks) if rules.order > 0 else 0
        sums = np.zeros((floors, 2, 8))
        heard = np.zeros(floors)
        done = n
        m, q = piece_at[k], code_at[k]
        for p in range(n):
            quietest = np.inf
            for f in range(floors):
                quietest = min(quietest, heard[f])
            if rules.missing > 0 and rest <= rules.missing * quietest:
                done = p
                break
            xs, ys, zs, deck = where[p, 0], where[p, 1], where[p, 2], lines.deck[int(where[p, 3])]
            sign += 1
            pair(flat, work, xs, ys, zs, deck, columns, c, rules, near, n_r, marks, sign, gains, sums)
            piece[m] = number[p]
            m += 1
            for f in range(floors):
                for condition in range(2):
                    for band in range(8):
                        codes[q, condition, band] = encoded(sums[f, condition, band], bits, view)
                q += 1
            if rules.missing > 0:
                rest -= bound[p]
                power_of(lines, int(where[p, 3]), where[p, 4], where[p, 5], power)
                for f in range(floors):
                    for band in range(8):
                        heard[f] += power[band] * min(sums[f, 0, band], sums[f, 1, band])
        for p in range(done, n):
            left[left_at[k] + p - done] = number[p]
        piece_at[k + 1], code_at[k + 1], left_at[k + 1] = m, q, left_at[k] + n - done
    return len(which)
