"""Levels as the product of attenuations and emissions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, quick_part, unowned
from twin.models.noise.attend import COLUMNS, GAIN
from twin.models.noise.paths import SPHERE
from twin.models.noise.streets import LINES, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.models.noise.store import Block
    from twin.models.noise.streets import Lines

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]
_F3 = types.float64[:, :, ::1]


def emitted(blocks: Sequence[Block], lines: Lines, power: Floats) -> tuple[Whole, Floats, Floats]:
    """Return for every piece its row, and for those heard or left out what they emit and where they are.

    Returns
    -------
    array of int, shape (pieces,)
    array, shape (rows, 3, 8) [W re 1 pW]
    array, shape (rows, 2) [m]
    """
    used = np.zeros(int(lines.base[-1]), dtype=bool)
    for block in blocks:
        used[block.piece] = True
        used[block.left] = True
    numbers = np.flatnonzero(used)
    slot = np.zeros(len(used), dtype=np.int64)
    slot[numbers] = np.arange(len(numbers))
    out, places = np.zeros((len(numbers), 3, 8)), np.zeros((len(numbers), 2))
    _emit(lines, numbers, np.ascontiguousarray(power), out, places)
    return slot, out, places


@kernel(numba.void(LINES, _I1, _F3, _F3, _F2))
def _emit(lines, numbers, power, out, places):  # type: ignore[no-untyped-def]
    """Write what pieces emit by period, and where they are."""
    lines = unowned(lines)
    line = 0
    for n in range(len(numbers)):
        while numbers[n] >= lines.base[line + 1]:
            line += 1
        a, b = span(lines, line, numbers[n])
        begins = 0.0
        for k in range(lines.part_at[line], lines.part_at[line + 1]):
            ends = lines.part_end[k]
            run = min(ends, b) - max(begins, a)
            if run > 0:
                for period in range(3):
                    for band in range(8):
                        out[n, period, band] += run * power[k, period, band]
            begins = ends
        x, y, _, _ = place(lines, line, (a + b) / 2)
        places[n, 0], places[n, 1] = x, y


@quick_part
def span(lines, line, number):  # type: ignore[no-untyped-def]
    """Return the positions where a piece of a line begins and ends [m]."""
    h = number - lines.base[line] + 1
    level = 0
    while (h >> (level + 1)) > 0:
        level += 1
    run = lines.at[lines.line_at[line + 1] - 1] / (1 << level)
    k = h - (1 << level)
    return k * run, (k + 1) * run


@kernel(
    numba.void(
        COLUMNS, _I1, _I1, _I1, _I1, types.int32[::1], types.uint16[:, :, ::1], _I1, _I1, _F3, _F2, _F2, types.float64,
        _F2, _I1,
    )
)  # fmt: skip
def multiply(  # type: ignore[no-untyped-def]  # noqa: C901
    columns, which, piece_at, code_at, left_at, piece, codes, left, slot, out, places, favourable, missing, energy,
    short,
):  # fmt: skip
    """Add up the energy by period at the receivers of a block, see :func:`twin.models.noise.store.levels`.

    ``short`` gets 1 for columns in which the pieces left out may add more than the share ``missing``.
    """
    columns = unowned(columns)
    sectors = favourable.shape[1]
    bits = np.zeros(16, dtype=np.int32)
    share = bits.view(np.float32)
    for k in range(len(which)):
        c = which[k]
        x, y = columns.xy[c, 0], columns.xy[c, 1]
        first, floors = columns.at[c], columns.at[c + 1] - columns.at[c]
        q = code_at[k]
        for p in range(piece_at[k], piece_at[k + 1]):
            row = slot[piece[p]]
            sector = 0
            if sectors > 1:
                turn = math.atan2(x - places[row, 0], y - places[row, 1]) / (2 * math.pi)
                sector = int((turn + 1) * sectors + 0.5) % sectors
            for f in range(floors):
                for band in range(8):
                    h, v = codes[q, 0, band], codes[q, 1, band]
                    bits[band] = (np.int32(h) << 13) + 0x21800000 if h > 0 else 0
                    bits[8 + band] = (np.int32(v) << 13) + 0x21800000 if v > 0 else 0
                for period in range(3):
                    often = favourable[period, sector]
                    total = 0.0
                    for band in range(8):
                        total += out[row, period, band] * (share[band] + often * (share[8 + band] - share[band]))
                    energy[first + f, period] += total
                q += 1
        if missing <= 0 or left_at[k] == left_at[k + 1]:
            continue
        for period in range(3):
            rest = 0.0
            for p in range(left_at[k], left_at[k + 1]):
                row = slot[left[p]]
                total = 0.0
                for band in range(8):
                    total += out[row, period, band]
                square = max((places[row, 0] - x) ** 2 + (places[row, 1] - y) ** 2, 1.0)
                rest += 2 * GAIN * SPHERE * total / square
            quietest = np.inf
            for f in range(floors):
                quietest = min(quietest, energy[first + f, period])
            if rest > missing * quietest * 1.02:
                short[c] = 1
