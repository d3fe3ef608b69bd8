"""Computing anew those pairs of piece and receiver whose paths a change of the scene can touch."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, quick_part, unowned
from twin.models.noise.attend import (
    COLUMNS,
    NEAR_WALLS,
    RULES,
    encoded,
    facing,
    may_reflect,
    pair,
    reflects_to,
    walls_at,
    walls_near,
)
from twin.models.noise.cut import WORK
from twin.models.noise.flat import FLAT
from twin.models.noise.paths import fold
from twin.models.noise.product import span
from twin.models.noise.streets import LINES, place

WIDER = 0.05
"""Distance [m] by which boxes are widened."""
_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]


@quick_part
def hits(ax, ay, bx, by, boxes, wider):  # type: ignore[no-untyped-def]
    """Whether a segment meets any box widened by some metres."""
    for k in range(len(boxes)):
        low, high = 0.0, 1.0
        x0, y0, x1, y1 = boxes[k, 0] - wider, boxes[k, 1] - wider, boxes[k, 2] + wider, boxes[k, 3] + wider
        for a, b, first, last in ((ax, bx, x0, x1), (ay, by, y0, y1)):
            d = b - a
            if abs(d) < 1e-12:
                if a < first or a > last:
                    low = 2.0
                continue
            s, t = (first - a) / d, (last - a) / d
            low, high = max(low, min(s, t)), min(high, max(s, t))
        if low <= high:
            return True
    return False


@quick_part
def _folded(flat, work, n_walls, boxes):  # type: ignore[no-untyped-def]
    points = work.points
    for i in range(n_walls + 1):
        if hits(points[i, 0], points[i, 1], points[i + 1, 0], points[i + 1, 1], boxes, WIDER):
            return True
    return False


@quick_part
def touches(flat, work, xs, ys, xr, yr, own, rules, boxes, near, n_r, marks, sign):  # type: ignore[no-untyped-def]
    """Whether a reflected path between source and receiver meets a box."""
    total = walls_near(flat, xs, ys, rules.wall_reach, near, n_r, marks, sign)
    for k in range(total):
        e = near[k]
        work.faces[0], work.sides[0] = e, facing(flat, e, xs, ys)
        if (
            may_reflect(flat, e, xs, ys, xr, yr)
            and reflects_to(flat, e, xr, yr, own)
            and fold(flat, work, xs, ys, xr, yr, 1)
            and _folded(flat, work, 1, boxes)
        ):  # fmt: skip
            return True
        if rules.order < 2:
            continue
        for m in range(total):
            f = near[m]
            if f == e or not reflects_to(flat, f, xr, yr, own):
                continue
            work.faces[0], work.sides[0] = e, facing(flat, e, xs, ys)
            work.faces[1], work.sides[1] = f, facing(flat, f, xr, yr)
            if fold(flat, work, xs, ys, xr, yr, 2) and _folded(flat, work, 2, boxes):
                return True
    return False


@kernel(
    numba.int64(
        FLAT, FLAT, WORK, LINES, COLUMNS, RULES, _I1, _I1, _I1, types.int32[::1], types.uint16[:, :, ::1], _I1, _F2,
        _I1, types.uint16[:, :, ::1],
    )
)  # fmt: skip
def amend(  # type: ignore[no-untyped-def]
    before, flat, work, lines, columns, rules, which, piece_at, code_at, piece, old, own, boxes, touched, codes
):  # fmt: skip
    """Write the attenuations of a block after a change within boxes; returns how many pairs were computed.

    Parameters
    ----------
    before, flat : Flat
        The scene before and after.
    work, lines, columns, rules, which, piece_at, code_at, piece
        See :func:`twin.models.noise.attend.attend`.
    old : array of uint16
        Attenuations before.
    own : array of int, shape (columns,)
        The house of each column in the scene before.
    boxes : array, shape (n, 4) [m]
    touched : array of int, shape (c,)
        Gets how many pairs of each column were computed.
    codes : array of uint16
        Gets the attenuations, where any were computed.
    """
    before, flat, work, lines = unowned(before), unowned(flat), unowned(work), unowned(lines)
    columns, rules = unowned(columns), unowned(rules)
    near, marks = np.empty(NEAR_WALLS, dtype=np.int64), np.zeros(len(flat.edges), dtype=np.int64)
    old_near, old_marks = np.empty(NEAR_WALLS, dtype=np.int64), np.zeros(len(before.edges), dtype=np.int64)
    n_r, m_r, sign = 0, 0, 0
    gains = np.empty((2, 8))
    bits = np.zeros(1, dtype=np.float32)
    view = bits.view(np.int32)
    wide = rules.wall_reach + 1.0 if rules.order > 0 else WIDER
    count = 0
    for k in range(len(which)):
        c = which[k]
        x, y = columns.xy[c, 0], columns.xy[c, 1]
        floors = columns.at[c + 1] - columns.at[c]
        n_r = walls_at(flat, x, y, rules.wall_reach, near, n_r, marks) if rules.order > 0 else 0
        m_r = walls_at(before, x, y, rules.wall_reach, old_near, m_r, old_marks) if rules.order > 0 else 0
        sums = np.zeros((floors, 2, 8))
        for p in range(piece_at[k], piece_at[k + 1]):
            line = np.searchsorted(lines.base, piece[p], side="right") - 1
            a, b = span(lines, line, piece[p])
            xs, ys, zs, _ = place(lines, line, (a + b) / 2)
            if not hits(xs, ys, x, y, boxes, wide):
                continue
            sign += 2
            if not (
                hits(xs, ys, x, y, boxes, WIDER)
                or touches(flat, work, xs, ys, x, y, columns.own[c], rules, boxes, near, n_r, marks, sign)
                or touches(before, work, xs, ys, x, y, own[c], rules, boxes, old_near, m_r, old_marks, sign)
            ):  # fmt: skip
                continue
            if count == 0:
                codes[:] = old
            pair(flat, work, xs, ys, zs, lines.deck[line], columns, c, rules, near, n_r, marks, sign + 1, gains, sums)
            q = code_at[k] + (p - piece_at[k]) * floors
            for f in range(floors):
                for condition in range(2):
                    for band in range(8):
                        codes[q + f, condition, band] = encoded(sums[f, condition, band], bits, view)
            touched[k] += 1
            count += 1
    return count
