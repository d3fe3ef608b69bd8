"""Outlines of cells of a grid, laid on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.scene.draw.strokes import segments
from twin.scene.meshing import part

if TYPE_CHECKING:
    from twin.places import Grid
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part

Floats = NDArray[np.float64]

_LIFT = 0.4
"""Metres above the ground, so that it does not cut the line."""
_PIECES = 20_000
"""Pieces of an outline at most; a longer one leaves the ground between its corners."""


def around(grid: Grid, cell: int, mesh: CityMesh) -> Part:
    """Return the outline of a cell, or of the area that it is a part of, for ``stroke.vert``; empty for none."""
    if not 0 <= cell < len(grid):
        return part.joined([])
    if grid.areas is None:
        row, column = divmod(cell, grid.columns)
        inside = np.ones((1, 1), dtype=bool)
    else:
        area = grid.areas[cell]
        if area < 0:
            return part.joined([])
        whole = (grid.areas == area).reshape(grid.rows, grid.columns)
        rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
        row, column = int(rows[0]), int(columns[0])
        inside = whole[row : rows[-1] + 1, column : columns[-1] + 1]
    a, _, c, _, e, f = grid.transform
    corner = np.array([c + a * column - mesh.origin[0], f + e * row - mesh.origin[1]])
    first, last = (corner + ends * (a, e) for ends in outline(inside))
    start, end = (_raised(xy, mesh) for xy in _on_pieces(first, last, mesh.ground.step))
    return segments(start, end, np.zeros(len(start)), np.zeros((len(start), 2)))


def outline(inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the straight runs of the border of cells that are chosen: starts and ends (n, 2) as column, row."""
    padded = np.pad(inside, 1)
    starts: list[Floats] = []
    ends: list[Floats] = []
    for turned in (False, True):
        some = padded.T if turned else padded
        edge = (some[1:] != some[:-1]).astype(np.int8)
        change = np.diff(edge, axis=1)  # the rim of the padding has none, so each run begins and ends within
        first, last = np.argwhere(change == 1), np.argwhere(change == -1)
        for found, into in ((first, starts), (last, ends)):
            into.append(found.astype(float) if turned else found[:, ::-1].astype(float))
    return np.concatenate(starts), np.concatenate(ends)


def _on_pieces(start: Floats, end: Floats, most: float) -> tuple[Floats, Floats]:
    """Cut runs into pieces no longer than ``most``, so that they can follow the ground."""
    length = np.hypot(*(end - start).T)
    count = np.maximum(np.ceil(length / max(most, length.sum() / _PIECES)), 1).astype(np.int64)
    run = np.repeat(np.arange(len(start)), count)
    k = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    way = (end - start)[run]
    low, high = k / count[run], (k + 1) / count[run]
    return start[run] + way * low[:, None], start[run] + way * high[:, None]


def _raised(xy: Floats, mesh: CityMesh) -> Floats:
    return np.column_stack([xy, mesh.ground.at(xy[:, 0], xy[:, 1]) + _LIFT])
