"""What a mesh is made of: triangles or lines with attributes, float32 and relative to the local origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles (or lines) of one kind, in tiles that are drawn or left out as a whole.

    Parameters
    ----------
    points : array, shape (n, 3) [m]
        Relative to the mesh's origin.
    local : array, shape (m, 3) or (m, 2)
        Corners of triangles or lines, counted from the first point of their tile: so each tile goes to the graphics
        card as it lies. :attr:`cells` and :meth:`corners` count from the first point of all.
    attributes : mapping from name to array, shape (n, k)
        What the shader gets per corner.
    tiles : array, shape (tiles + 1, 2)
        First point and first cell of each tile; the last row is the ends. A tile's cells use its own points only.
    """

    points: Float32
    local: Int32
    attributes: Mapping[str, Float32] = field(default_factory=dict)
    tiles: Int64 = field(default_factory=lambda: np.zeros((1, 2), dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.local)

    @property
    def cells(self) -> Int32:
        """Corner indices into ``points``, shape as ``local``: made anew each time, as large as all of it."""
        return self.local + np.repeat(self.tiles[:-1, 0], np.diff(self.tiles[:, 1]))[:, None].astype(np.int32)

    def corners(self, some: Int64) -> Int64:
        """Return the corner indices into ``points`` of some cells (k,), shape (k, 3) or (k, 2)."""
        tile = np.searchsorted(self.tiles[:, 1], some, side="right") - 1
        found: Int64 = self.local[some] + self.tiles[tile, 0][:, None]
        return found


def whole(points: NDArray[np.float64], cells: NDArray[np.int64], **attributes: NDArray[np.float64]) -> Part:
    """Make a part of one tile."""
    columns = {name: _columns(values) for name, values in attributes.items()}
    tiles = np.array([[0, 0], [len(points), len(cells)]], dtype=np.int64)
    return Part(points.astype(np.float32), cells.astype(np.int32), columns, tiles)


def soup(corners: NDArray[np.float64], names: Mapping[str, slice]) -> Part:
    """Make a part of triangles that share no corners.

    Parameters
    ----------
    corners : array, shape (t, 3, k)
        x, y, z and then the attributes.
    names : mapping
        Which of the k columns are which attribute.
    """
    flat = corners.reshape(-1, corners.shape[-1])
    cells = np.arange(len(flat)).reshape(-1, 3)
    return whole(flat[:, :3], cells, **{name: flat[:, columns] for name, columns in names.items()})


def joined(parts: list[Part]) -> Part:
    """Put parts with the same attributes behind each other, as one tile."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return Part(np.empty((0, 3), np.float32), np.empty((0, 3), np.int32))
    offsets = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    points = np.concatenate([part.points for part in parts])
    cells = np.concatenate([part.cells + np.int32(k) for part, k in zip(parts, offsets, strict=True)])
    names = parts[0].attributes
    attributes = {name: np.concatenate([part.attributes[name] for part in parts]) for name in names}
    return Part(points, cells, attributes, np.array([[0, 0], [len(points), len(cells)]], dtype=np.int64))


def tiled(part: Part, size: float, box: tuple[float, float, float, float] | None = None) -> Part:
    """Sort a part of one tile into square tiles of a size [m] by the middle of each cell.

    ``box`` (west, south, east, north) bounds the tiles: what lies beyond belongs to the outermost ones. Points that
    no cell uses are left out.
    """
    if not len(part):
        return part
    cells = part.cells
    middles = part.points[cells, :2].mean(axis=1)
    if box is not None:
        middles = np.clip(middles, box[:2], (box[2] - 1e-3, box[3] - 1e-3))
    column = np.floor((middles - middles.min(axis=0)) / size).astype(np.int64)
    key = column[:, 1] * (column[:, 0].max() + 1) + column[:, 0]
    order = np.argsort(key, kind="stable")
    key = key[order]
    breaks = np.flatnonzero(np.diff(key)) + 1
    firsts = np.concatenate([[0], breaks, [len(key)]])
    # Points used by several tiles are repeated in each.
    tile = np.repeat(np.arange(len(firsts) - 1), np.diff(firsts))
    width = cells.shape[1]
    corner = cells[order].astype(np.int64).ravel() + np.repeat(tile, width) * len(part.points)
    # In the order in which they come, which is that of the tiles.
    inverse, unique = pd.factorize(corner)
    source, owner = unique % len(part.points), unique // len(part.points)
    first_points = np.searchsorted(owner, np.arange(len(firsts)))
    return Part(
        part.points[source],
        (inverse.reshape(-1, width) - first_points[tile][:, None]).astype(np.int32),
        {name: values[source] for name, values in part.attributes.items()},
        np.stack([first_points, firsts], axis=1).astype(np.int64),
    )


def _columns(values: NDArray[np.float64]) -> Float32:
    values = np.asarray(values, dtype=np.float32)
    return np.ascontiguousarray(values[:, None] if values.ndim == 1 else values)
