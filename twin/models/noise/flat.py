"""A scene as flat arrays with a uniform grid over everything that has an edge in plan, for the kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, quick_part, record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

HOUSE, COVER, DECK, SCREEN, MESH = range(5)
"""Kinds of edges; the first three belong to rings that a point can be in."""
CELL = 24.0
"""Size [m] of a cell of the grid, made larger where the scene is wide."""
MOST_CELLS = 4_000_000
SLACK = 1e-3
"""Distance [m] by which edges are widened when they are put into cells."""


class Flat(NamedTuple):
    """Arrays of a scene; heights are absolute [m].

    ``edges`` (e, 6) x0, y0, x1, y1 and heights of the upper ends z0, z1; ``kind`` (e,); ``of`` (e,) the number of the
    house, cover, deck or screen; edges of one ring stand together: ``ring_at`` (3, most + 1) where the rings of each
    kind begin. ``cell_at`` (cells + 1,) and ``in_cell``: edges by cell, ``ends`` (p, 4) where those begin and end and
    ``ring`` (p,) the code of their ring, kind + 3 × number, −1 for none: what is asked together lies together;
    ``grid`` (3,) its west, south, size; ``shape`` (2,) its columns and rows. ``tops`` (houses,); ``cover_g`` (covers,)
    in order of precedence; ``mesh``, ``rim`` triangles of terrain and their outer edge; ``heights`` a raster of
    terrain, row 0 in the south, ``place`` (3,) x, y of the first cell's middle and size of a cell; ``step`` distance of
    samples [m]; ``kept`` (e, 8) share of the energy that a face reflects; ``normal`` (e, 2) outwards.
    """

    edges: Floats
    kind: Whole
    of: Whole
    ring_at: Whole
    cell_at: Whole
    in_cell: Whole
    ends: Floats
    ring: Whole
    grid: Floats
    shape: Whole
    tops: Floats
    cover_g: Floats
    default_g: float
    mesh: Floats
    rim: Floats
    heights: Floats
    place: Floats
    step: float
    kept: Floats
    normal: Floats


_F2, _F1, _I1, _I2 = types.float64[:, ::1], types.float64[::1], types.int64[::1], types.int64[:, ::1]
FLAT = record(
    (
        _F2, _I1, _I1, _I2, _I1, _I1, _F2, _I1, _F1, _I1, _F1, _F1, types.float64, _F2, _F2, _F2, _F1, types.float64,
        _F2, _F2,
    ),
    Flat,
)  # fmt: skip


def flat(scene: Scene) -> Flat:
    """Return the arrays of a scene."""
    parts = [
        _ringed(scene.outlines, scene.outline_at, scene.outline_of, scene.tops),
        _ringed(scene.covers, scene.cover_at, scene.cover_of, np.zeros(len(scene.cover_g))),
        _deck_edges(scene),
    ]
    screens = scene.owner < 0
    mesh = scene.mesh.reshape(-1, 3, 3)
    sides = np.concatenate([mesh[:, [0, 1]], mesh[:, [1, 2]], mesh[:, [2, 0]]]).reshape(-1, 6)
    sides = np.unique(_ordered(sides[:, [0, 1, 3, 4, 2, 5]]), axis=0)
    edges = np.concatenate([parts[0][0], parts[1][0], parts[2][0], scene.faces[screens], sides])
    counts = [len(parts[0][0]), len(parts[1][0]), len(parts[2][0]), int(screens.sum()), len(sides)]
    of = np.concatenate(
        [parts[0][1], parts[1][1], parts[2][1], -1 - scene.owner[screens], np.zeros(len(sides), dtype=np.int64)]
    )
    kept = np.ones((len(edges), 8))
    kept[: counts[0]] = 1 - scene.alpha[~screens]
    first = sum(counts[:3])
    kept[first : first + counts[3]] = 1 - scene.alpha[screens]
    most = max(len(scene.tops), len(scene.cover_g), len(scene.deck_at) - 1)
    ring_at = np.zeros((3, most + 1), dtype=np.int64)
    for kind, n in enumerate((len(scene.tops), len(scene.cover_g), len(scene.deck_at) - 1)):
        offset = sum(counts[:kind])
        ring_at[kind, : n + 1] = offset + np.searchsorted(parts[kind][1], np.arange(n + 1))
        ring_at[kind, n + 1 :] = ring_at[kind, n]
    kinds = np.repeat(np.arange(5), counts)
    edges = np.ascontiguousarray(edges)
    grid, shape = _frame(edges)
    cell_at, in_cell = _cells(edges, grid, shape)
    normal, of = np.zeros((len(edges), 2)), of.astype(np.int64)
    _normals(edges, kinds, of, ring_at, normal)
    ring = np.where(kinds <= DECK, kinds + 3 * of, -1)
    return Flat(
        edges, kinds, of, ring_at, cell_at, in_cell, np.ascontiguousarray(edges[in_cell, :4]), ring[in_cell], grid,
        shape, scene.tops, scene.cover_g, scene.default_g, scene.mesh, scene.rim, scene.heights, scene.place,
        float(scene.step), kept, normal,
    )  # fmt: skip


def _ringed(points: Floats, starts: Whole, of: Whole, tops: Floats) -> tuple[Floats, Whole]:
    """Return the edges (e, 6) of rings and the number each belongs to; the rings are in the order of the numbers."""
    after = np.arange(1, len(points) + 1)
    if len(starts) > 1:
        after[starts[1:] - 1] = starts[:-1]
    owner = np.repeat(of, np.diff(starts)).astype(np.int64)
    z = tops[owner] if len(owner) else np.empty(0)
    return np.column_stack([points, points[after] if len(points) else points, z, z]).reshape(-1, 6), owner


def _deck_edges(scene: Scene) -> tuple[Floats, Whole]:
    points, starts = scene.decks, scene.deck_at
    edges, owner = _ringed(points[:, :2], starts, np.arange(len(starts) - 1), np.zeros(len(starts) - 1))
    if len(points):
        after = np.arange(1, len(points) + 1)
        after[starts[1:] - 1] = starts[:-1]
        edges[:, 4], edges[:, 5] = points[:, 2], points[after, 2]
    return edges, owner


def _ordered(sides: Floats) -> Floats:
    """Turn segments so that the same one always begins at the same end."""
    swap = (sides[:, 0] > sides[:, 2]) | ((sides[:, 0] == sides[:, 2]) & (sides[:, 1] > sides[:, 3]))
    return np.where(swap[:, None], sides[:, [2, 3, 0, 1, 5, 4]], sides)


def _frame(edges: Floats) -> tuple[Floats, Whole]:
    if not len(edges):
        return np.array([0.0, 0.0, CELL]), np.array([1, 1], dtype=np.int64)
    low = np.minimum(edges[:, :2], edges[:, 2:4]).min(axis=0) - 1.0
    high = np.maximum(edges[:, :2], edges[:, 2:4]).max(axis=0) + 1.0
    wide = high - low
    size = max(CELL, math.sqrt(float(wide[0]) * float(wide[1]) / MOST_CELLS), float(wide.max()) / 20_000)
    shape = np.maximum(np.ceil(wide / size), 1).astype(np.int64)
    return np.array([low[0], low[1], size]), shape


@kernel("i8(f8[:,::1], f8[::1], i8[::1], i8[::1], i8[::1], b1)")
def _place(edges, grid, shape, cell_at, in_cell, fill):  # type: ignore[no-untyped-def]
    """Count edges by cell, or with ``fill`` write them there; returns how many places they take."""
    total = 0
    size = grid[2]
    for e in range(len(edges)):
        x0, y0 = edges[e, 0] - grid[0], edges[e, 1] - grid[1]
        x1, y1 = edges[e, 2] - grid[0], edges[e, 3] - grid[1]
        j0 = max(int((min(y0, y1) - SLACK) / size), 0)
        j1 = min(int((max(y0, y1) + SLACK) / size), shape[1] - 1)
        for j in range(j0, j1 + 1):
            low, high = j * size - SLACK, (j + 1) * size + SLACK
            a, b = min(x0, x1), max(x0, x1)
            if y0 != y1:  # the part of the edge within the row
                s = min(max((low - y0) / (y1 - y0), 0.0), 1.0)
                t = min(max((high - y0) / (y1 - y0), 0.0), 1.0)
                u, v = x0 + s * (x1 - x0), x0 + t * (x1 - x0)
                a, b = min(u, v), max(u, v)
            i0, i1 = max(int((a - SLACK) / size), 0), min(int((b + SLACK) / size), shape[0] - 1)
            for i in range(i0, i1 + 1):
                c = j * shape[0] + i
                if fill:
                    in_cell[cell_at[c]] = e
                cell_at[c] += 1
                total += 1
    return total


def _cells(edges: Floats, grid: Floats, shape: Whole) -> tuple[Whole, Whole]:
    count = np.zeros(int(shape[0] * shape[1]) + 1, dtype=np.int64)
    total = _place(edges, grid, shape, count, np.empty(0, dtype=np.int64), False)
    at = np.concatenate([[0], np.cumsum(count[:-1])]).astype(np.int64)
    in_cell = np.empty(total, dtype=np.int64)
    filled = at.copy()
    _place(edges, grid, shape, filled, in_cell, True)
    return at, in_cell


@kernel("void(f8[:,::1], i8[::1], i8[::1], i8[:,::1], f8[:,::1])")
def _normals(edges, kind, of, ring_at, normal):  # type: ignore[no-untyped-def]
    """Write the unit normals of faces, of houses outwards."""
    for e in range(len(edges)):
        if kind[e] != HOUSE and kind[e] != SCREEN:
            continue
        dx, dy = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
        length = math.sqrt(dx * dx + dy * dy)
        if length <= 1e-6:
            continue
        nx, ny = dy / length, -dx / length
        if kind[e] == HOUSE:
            x, y = edges[e, 0] + dx / 2 + 1e-3 * nx, edges[e, 1] + dy / 2 + 1e-3 * ny
            if within(x, y, edges, ring_at[HOUSE, of[e]], ring_at[HOUSE, of[e] + 1]):
                nx, ny = -nx, -ny
        normal[e, 0], normal[e, 1] = nx, ny


RIM = 1e-6
"""Distance [m] from an outline that still counts as outside it."""


@quick_part
def within(x, y, edges, first, last):  # type: ignore[no-untyped-def]
    """Whether a point lies within the rings made of edges ``first`` to ``last``; their lines do not belong to it."""
    odd = False
    for e in range(first, last):
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        dx, dy = bx - ax, by - ay
        if min(ax, bx) - RIM <= x <= max(ax, bx) + RIM and min(ay, by) - RIM <= y <= max(ay, by) + RIM:
            square = dx * dx + dy * dy
            t = 0.0 if square == 0 else min(max(((x - ax) * dx + (y - ay) * dy) / square, 0.0), 1.0)
            gx, gy = x - ax - t * dx, y - ay - t * dy
            if gx * gx + gy * gy < RIM * RIM:
                return False
        if (ay > y) != (by > y) and x < ax + dx * (y - ay) / dy:
            odd = not odd
    return odd


@kernel(numba.void(FLAT, _F2, _I1, _I1))
def containing(flat, points, at, codes):  # type: ignore[no-untyped-def]
    """Write for each point the rings it lies in, as codes; with no room in ``codes`` only their number.

    Parameters
    ----------
    flat : Flat
    points : array, shape (n, 2) [m]
    at : array of int, shape (n + 1,)
        Gets where each point's codes begin.
    codes : array of int
        Gets the codes, kind + 3 × number; of length 0: they are only counted.
    """
    n = 0
    rings = flat.ring_at.shape[1] - 1
    box = np.empty((3, rings, 4))
    for kind in range(3):
        for r in range(rings):
            box[kind, r, 0], box[kind, r, 1], box[kind, r, 2], box[kind, r, 3] = np.inf, np.inf, -np.inf, -np.inf
            for e in range(flat.ring_at[kind, r], flat.ring_at[kind, r + 1]):
                box[kind, r, 0] = min(box[kind, r, 0], flat.edges[e, 0])
                box[kind, r, 1] = min(box[kind, r, 1], flat.edges[e, 1])
                box[kind, r, 2] = max(box[kind, r, 2], flat.edges[e, 0])
                box[kind, r, 3] = max(box[kind, r, 3], flat.edges[e, 1])
    for p in range(len(points)):
        at[p] = n
        x, y = points[p, 0], points[p, 1]
        for kind in range(3):
            for r in range(rings):
                if x < box[kind, r, 0] or x > box[kind, r, 2] or y < box[kind, r, 1] or y > box[kind, r, 3]:
                    continue
                first, last = flat.ring_at[kind, r], flat.ring_at[kind, r + 1]
                if within(x, y, flat.edges, first, last):
                    if len(codes) > n:
                        codes[n] = kind + 3 * r
                    n += 1
    at[len(points)] = n
