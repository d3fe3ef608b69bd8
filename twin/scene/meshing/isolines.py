"""Where the value of an isoline may stand on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import contourpy
import numpy as np
from numpy.typing import NDArray

from twin.scene.meshing.names import ISOLINE, Names

if TYPE_CHECKING:
    from twin.places import Grid
    from twin.scene.meshing.ground import Ground

Floats = NDArray[np.float64]
MOST = 4000
"""Candidates at most; those on the longest lines are kept."""
_SIDE = 1024


def labels(
    values: NDArray[np.float32],
    grid: Grid,
    breaks: tuple[float, ...],
    ground: Ground,
    origin: tuple[float, float],
) -> Names:
    """Find places along the lines of equal value where these are straight, a good way apart.

    Parameters
    ----------
    values : array, shape (rows * columns,)
    grid : Grid
    breaks : tuple of float
        Values of the lines.
    ground : Ground
    origin : (x, y) [m]
        The mesh's local origin.
    """
    k = max(1, -(-max(grid.rows, grid.columns) // _SIDE))
    cells = values.reshape(grid.rows, grid.columns)[::k, ::k].astype(float)
    a, _, c, _, e, f = grid.transform
    x = c + a * (np.arange(cells.shape[1]) * k + 0.5) - origin[0]
    y = f + e * (np.arange(cells.shape[0]) * k + 0.5) - origin[1]
    if min(cells.shape) < 2:
        return _named([], [], ground)
    lines = contourpy.contour_generator(x, y, np.ma.masked_invalid(cells))
    spacing = max(8.0 * abs(a) * k, 60.0)
    rows: list[tuple[float, float, float, float, float, float]] = []
    texts: list[str] = []
    for value in breaks:
        for line in lines.lines(float(value)):
            for row in _along(np.asarray(line, dtype=float), spacing):
                rows.append(row)
                texts.append(f"{value:g}")
    order = np.argsort([row[5] for row in rows], kind="stable")[:MOST]
    return _named([texts[i] for i in order], [rows[i] for i in order], ground)


def _along(line: Floats, spacing: float) -> list[tuple[float, float, float, float, float, float]]:
    """Return x, y, direction, room and rank of the places along a line."""
    step = np.hypot(*np.diff(line, axis=0).T)
    run = np.concatenate([[0.0], np.cumsum(step)])
    length = float(run[-1])
    if length < 1.2 * spacing:
        return []
    n = max(1, int(length / (3.0 * spacing)))
    at = (np.arange(n) + 0.5) * length / n
    half = spacing / 2
    points = [np.stack([np.interp(np.clip(at + d, 0, length), run, line[:, i]) for i in (0, 1)], 1)
              for d in (-half, 0.0, half)]  # fmt: skip
    chord = points[2] - points[0]
    reach = np.hypot(chord[:, 0], chord[:, 1])
    good = reach > 0.8 * 2 * half
    # Coarse places first: every eighth, fourth, second …, so that a far view has evenly spread ones.
    level = np.array([_trailing(i + 1) for i in range(n)])
    found = []
    for i in np.flatnonzero(good):
        dx, dy = chord[i] / reach[i]
        found.append((*points[1][i], dx, dy, float(reach[i]) * 1.6, -level[i] - length * 1e-6))
    return found


def _trailing(i: int) -> int:
    return (i & -i).bit_length()


def _named(texts: list[str], rows: list[tuple[float, ...]], ground: Ground) -> Names:
    numbers = np.array(rows, dtype=float).reshape(len(rows), 6)
    z = ground.at(numbers[:, 0], numbers[:, 1])
    rise = (ground.at(numbers[:, 0] + 10 * numbers[:, 2], numbers[:, 1] + 10 * numbers[:, 3]) - z) / 10
    return Names(
        tuple(texts),
        np.full(len(rows), ISOLINE, dtype=np.int8),
        np.column_stack([numbers[:, :2], z]).astype(np.float32),
        np.column_stack([numbers[:, 2:4], rise]).astype(np.float32),
        numbers[:, 4].astype(np.float32),
        numbers[:, 5].astype(np.float32),
    )
