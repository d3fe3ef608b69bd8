"""Buildings as prisms on their footprints, or as their detailed surfaces where the city has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.scene.meshing.outlines import Outlines, outlines, triangulate
from twin.scene.meshing.part import Part

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.city import Surfaces
    from twin.scene.meshing.ground import Ground

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WALL, ROOF = 0.0, 1.0
PER_TILE = 250
DEFAULT_STOREY = 3.1
DEFAULT_HEIGHT = 6.0
_FOUNDATION = 0.4


@dataclass(frozen=True, eq=False)
class Solids:
    """The building mesh.

    Parameters
    ----------
    faces : Part
        ``body`` = (row, metres above ground, storey height [m], wall 0 / roof 1), ``normal`` = octahedral (2).
    edges : Part
        Lines along eaves and corners; ``body`` as above, its last number 1 for what is level.
    first_cell : array, shape (rows + 1,)
        Triangles of each row stand together: from ``first_cell[rank]`` in ``order``.
    order : array, shape (rows,)
        Row of the table at each rank in the mesh.
    boxes : array, shape (rows, 6) [m]
        Lowest and highest x, y, z of each row's mesh; inverted (inf) for rows without one.
    parent : array, shape (rows,)
        Row of the building that a part belongs to, else its own.
    detailed : bool
        Whether there are surfaces from a file, whose faces may be turned either way.
    """

    faces: Part
    edges: Part
    first_cell: Ints
    order: Ints
    boxes: NDArray[np.float32]
    parent: NDArray[np.int32]
    detailed: bool


def build(buildings: gpd.GeoDataFrame, surfaces: Surfaces | None, ground: Ground, origin: Floats) -> Solids:
    """Mesh all buildings; heights that are unknown follow from the floors, else are two floors."""
    ids = buildings["id"].to_numpy(dtype=object)
    n = len(ids)
    parent, has_parts = _parents(buildings, ids)
    geometry = buildings.geometry.to_numpy().copy()
    detailed = _detailed(surfaces, ids, origin)
    geometry[has_parts] = None
    if detailed is not None:
        geometry[np.unique(detailed.rows)] = None
    shape = outlines(geometry, (float(origin[0]), float(origin[1])))
    bottom, top, level, storey = _heights(buildings, shape, ground)

    middle = _middles(shape, detailed, n)
    tile, n_tiles = _tiles(middle)
    order = np.argsort(tile, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)

    walls = _walls(shape, bottom, top, level, storey)
    roofs = _roofs(shape, bottom, top, level, storey, buildings["base"].to_numpy(dtype=float))
    pieces = [walls, roofs]
    if detailed is not None:
        pieces.append(_surface_corners(detailed, buildings, ground))
    faces, first_cell = _assemble(pieces, rank, tile, n_tiles, 3)
    lines = [_outline_edges(shape, bottom, top, level)]
    if detailed is not None:
        lines.append(_crease_edges(detailed, buildings, ground))
    edges, _ = _assemble(lines, rank, tile, n_tiles, 2)
    return Solids(faces, edges, first_cell, order, _boxes(faces, n), parent, detailed is not None)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Cells of one origin: corners (m, k, 3), row per cell, body (m, k, 4), normal (m, k, 2)."""

    corners: Floats
    rows: Ints
    body: Floats
    normal: Floats


@dataclass(frozen=True, eq=False)
class _Detailed:
    corners: Floats  # (t, 3, 3)
    rows: Ints
    kinds: NDArray[np.uint8]
    normals: Floats
    indices: Ints


def _parents(buildings: gpd.GeoDataFrame, ids: NDArray[np.object_]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    n = len(ids)
    own = np.arange(n, dtype=np.int32)
    named = buildings["parent"].to_numpy(dtype=object)
    children = np.flatnonzero(named != "")
    has_parts = np.zeros(n, dtype=bool)
    if not len(children):
        return own, has_parts
    where = {name: row for row, name in enumerate(ids)}
    parent = own.copy()
    for child in children:
        row = where.get(named[child], child)
        parent[child] = row
        if row != child:
            has_parts[row] = True
    return parent, has_parts


def _detailed(surfaces: Surfaces | None, ids: NDArray[np.object_], origin: Floats) -> _Detailed | None:
    if surfaces is None or not len(surfaces.triangles):
        return None
    where = {name: row for row, name in enumerate(ids)}
    row_of = np.array([where.get(name, -1) for name in surfaces.ids], dtype=np.int64)
    rows = row_of[surfaces.owners]
    shown = (rows >= 0) & (surfaces.kinds != 0)
    triangles = surfaces.triangles[shown].astype(np.int64)
    corners = surfaces.vertices[triangles] - origin
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(normals, axis=1)
    sound = size > 1e-9
    normals = normals[sound] / size[sound, None]
    return _Detailed(corners[sound], rows[shown][sound], surfaces.kinds[shown][sound], normals, triangles[sound])


def _heights(buildings: gpd.GeoDataFrame, shape: Outlines, ground: Ground) -> tuple[Floats, Floats, Floats, Floats]:
    """Return bottom, top, ground level and storey height per polygon of the outlines."""
    rows = shape.rows
    floors = buildings["floors"].to_numpy(dtype=float)[rows]
    height = buildings["height"].to_numpy(dtype=float)[rows]
    height = np.where(np.isfinite(height) & (height > 0), height, floors * DEFAULT_STOREY)
    height = np.where(np.isfinite(height) & (height > 0), height, DEFAULT_HEIGHT)
    base = np.nan_to_num(buildings["base"].to_numpy(dtype=float)[rows])
    base = np.where(base < height, np.maximum(base, 0.0), 0.0)
    lowest = np.full(len(rows), np.inf)
    if len(rows):
        under = ground.at(shape.points[:, 0], shape.points[:, 1])
        np.minimum.at(lowest, shape.point_polygons, under)
    level = buildings["ground"].to_numpy(dtype=float)[rows]
    level = np.where(np.isfinite(level), level, lowest)
    standing = np.minimum(level, lowest) - _FOUNDATION
    bottom = np.where(base > 0, level + base, standing)
    storeys = np.where(np.isfinite(floors) & (floors >= 1), floors, np.maximum(np.rint(height / DEFAULT_STOREY), 1))
    return bottom, level + height, level, np.clip(height / storeys, 2.0, 8.0)


def _walls(shape: Outlines, bottom: Floats, top: Floats, level: Floats, storey: Floats) -> _Pieces:
    polygon = shape.point_polygons
    a, b = shape.points, shape.points[shape.following]
    low, high, zero = bottom[polygon], top[polygon], level[polygon]
    m = len(a)
    corners = np.empty((m, 4, 3))
    corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2], corners[:, 3, :2] = a, b, b, a
    corners[:, :2, 2], corners[:, 2:, 2] = low[:, None], high[:, None]
    body = np.empty((m, 4, 4))
    body[:, :, 0] = shape.rows[polygon][:, None]
    body[:, :, 1] = corners[:, :, 2] - zero[:, None]
    body[:, :, 2] = storey[polygon][:, None]
    body[:, :, 3] = WALL
    along = b - a
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    flat = np.stack([along[:, 1] / length, -along[:, 0] / length, np.zeros(m)], axis=1)
    normal = np.repeat(octahedral(flat)[:, None, :], 4, axis=1)
    return _Pieces(corners, shape.rows[polygon], body, normal)


def _roofs(shape: Outlines, bottom: Floats, top: Floats, level: Floats, storey: Floats, base: Floats) -> _Pieces:
    triangles, polygon = triangulate(shape)
    up = _caps(shape, triangles, polygon, top, level, storey)
    hung = np.nan_to_num(base)[shape.rows[polygon]] > 0
    if not hung.any():
        return up
    down = _caps(shape, triangles[hung][:, ::-1], polygon[hung], bottom, level, storey)
    down.body[:, :, 3] = WALL
    return _Pieces(
        np.concatenate([up.corners, down.corners]),
        np.concatenate([up.rows, down.rows]),
        np.concatenate([up.body, down.body]),
        np.concatenate([up.normal, np.ones_like(down.normal)]),  # folded straight down
    )


def _caps(shape: Outlines, triangles: Ints, polygon: Ints, z: Floats, level: Floats, storey: Floats) -> _Pieces:
    t = len(triangles)
    corners = np.empty((t, 3, 3))
    corners[:, :, :2] = shape.points[triangles]
    corners[:, :, 2] = z[polygon][:, None]
    body = np.empty((t, 3, 4))
    body[:, :, 0] = shape.rows[polygon][:, None]
    body[:, :, 1] = (z - level)[polygon][:, None]
    body[:, :, 2] = storey[polygon][:, None]
    body[:, :, 3] = ROOF
    return _Pieces(corners, shape.rows[polygon], body, np.zeros((t, 3, 2)))


def _surface_corners(detailed: _Detailed, buildings: gpd.GeoDataFrame, ground: Ground) -> _Pieces:
    t = len(detailed.corners)
    level = _levels(detailed, buildings)
    body = np.empty((t, 3, 4))
    body[:, :, 0] = detailed.rows[:, None]
    body[:, :, 1] = detailed.corners[:, :, 2] - level[:, None]
    body[:, :, 2] = DEFAULT_STOREY
    roof = (detailed.kinds == 2) | ((detailed.kinds == 3) & (detailed.normals[:, 2] > 0.6))
    body[:, :, 3] = np.where(roof, ROOF, WALL)[:, None]
    normal = np.repeat(octahedral(detailed.normals)[:, None, :], 3, axis=1)
    return _Pieces(detailed.corners, detailed.rows, body, normal)


def _levels(detailed: _Detailed, buildings: gpd.GeoDataFrame) -> Floats:
    lowest = np.full(len(buildings), np.inf)
    np.minimum.at(lowest, detailed.rows, detailed.corners[:, :, 2].min(axis=1))
    return lowest[detailed.rows]


def _outline_edges(shape: Outlines, bottom: Floats, top: Floats, level: Floats) -> _Pieces:
    polygon = shape.point_polygons
    following = shape.following
    a, b = shape.points, shape.points[following]
    previous = np.empty(len(a), dtype=np.int64)
    previous[following] = np.arange(len(a))
    before, after = a - a[previous], b - a
    turn = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    sharp = turn > 0.34 * np.hypot(*before.T) * np.hypot(*after.T)
    low, high, zero = bottom[polygon], top[polygon], level[polygon]
    eaves = np.stack([np.column_stack([a, high]), np.column_stack([b, high])], axis=1)
    posts = np.stack([np.column_stack([a, low]), np.column_stack([a, high])], axis=1)[sharp]
    rows, zero = shape.rows[polygon], zero
    return _line_pieces(
        np.concatenate([eaves, posts]),
        np.concatenate([rows, rows[sharp]]),
        np.concatenate([zero, zero[sharp]]),
    )


def _line_pieces(corners: Floats, rows: Ints, level: Floats) -> _Pieces:
    body = np.zeros((len(rows), 2, 4))
    body[:, :, 0] = rows[:, None]
    body[:, :, 1] = corners[:, :, 2] - level[:, None]
    body[:, :, 3] = (np.abs(corners[:, 1, 2] - corners[:, 0, 2]) < 0.01)[:, None]
    return _Pieces(corners, rows, body, np.zeros((len(rows), 2, 2)))


def _crease_edges(detailed: _Detailed, buildings: gpd.GeoDataFrame, ground: Ground) -> _Pieces:
    """Return the edges of detailed surfaces where two faces meet at more than about 20°, or only one is."""
    t = len(detailed.corners)
    points = np.rint(detailed.corners.reshape(-1, 3) * 100).astype(np.int64)
    _, weld = np.unique(points, axis=0, return_inverse=True)
    weld = weld.reshape(t, 3)
    pairs = np.concatenate([weld[:, [0, 1]], weld[:, [1, 2]], weld[:, [2, 0]]])
    face = np.tile(np.arange(t), 3)
    corner = np.repeat(np.arange(3), t)
    key = np.sort(pairs, axis=1)
    code = key[:, 0] * (weld.max() + 1) + key[:, 1]
    order = np.argsort(code, kind="stable")
    code, face, corner = code[order], face[order], corner[order]
    first = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]]))
    count = np.diff(np.concatenate([first, [len(code)]]))
    second = np.minimum(first + 1, len(code) - 1)
    bend = np.einsum("ij,ij->i", detailed.normals[face[first]], detailed.normals[face[second]])
    crease = (count != 2) | (np.abs(bend) < 0.94)
    face, corner = face[first][crease], corner[first][crease]
    corners = np.stack([detailed.corners[face, corner], detailed.corners[face, (corner + 1) % 3]], axis=1)
    return _line_pieces(corners, detailed.rows[face], _levels(detailed, buildings)[face])


def _middles(shape: Outlines, detailed: _Detailed | None, n: int) -> Floats:
    middle = np.full((n, 2), np.nan)
    if len(shape.rows):
        starts = shape.starts[shape.first_ring[:-1]]
        middle[shape.rows] = shape.points[starts]
    if detailed is not None:
        middle[detailed.rows] = detailed.corners[:, 0, :2]
    return middle


def _tiles(middle: Floats) -> tuple[Ints, int]:
    """Sort buildings into square tiles of about :data:`PER_TILE`; those without a place go into the first."""
    known = np.isfinite(middle[:, 0])
    if known.sum() <= PER_TILE:
        return np.zeros(len(middle), dtype=np.int64), 1
    low, high = middle[known].min(axis=0), middle[known].max(axis=0)
    area = float(np.prod(np.maximum(high - low, 1.0)))
    size = np.sqrt(area / (known.sum() / PER_TILE))
    cell = np.zeros((len(middle), 2), dtype=np.int64)
    cell[known] = np.floor((middle[known] - low) / size)
    key = cell[:, 1] * (cell[:, 0].max() + 1) + cell[:, 0]
    _, tile = np.unique(key, return_inverse=True)
    return tile.astype(np.int64), int(tile.max()) + 1


def _assemble(pieces: list[_Pieces], rank: Ints, tile: Ints, n_tiles: int, width: int) -> tuple[Part, Ints]:
    """Sort cells by tile and building; quads become two triangles. Returns the part and first cell per rank."""
    points, body, normal, cells, ranks, tiles = [], [], [], [], [], []
    offset = 0
    for piece in pieces:
        m, k = piece.corners.shape[:2]
        index = offset + np.arange(m * k).reshape(m, k)
        points.append(piece.corners.reshape(-1, 3))
        body.append(piece.body.reshape(-1, 4))
        normal.append(piece.normal.reshape(-1, 2))
        if k == 4:
            cells.append(index[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))
            ranks.append(np.repeat(rank[piece.rows], 2))
        else:
            cells.append(index)
            ranks.append(rank[piece.rows])
        tiles.append(np.repeat(tile[piece.rows], k))
        offset += m * k
    all_points, all_cells = np.concatenate(points), np.concatenate(cells)
    cell_rank, point_tile = np.concatenate(ranks), np.concatenate(tiles)
    order = np.argsort(cell_rank, kind="stable")
    point_order = np.argsort(point_tile, kind="stable")
    place = np.empty(len(all_points), dtype=np.int64)
    place[point_order] = np.arange(len(all_points))
    sorted_cells = place[all_cells[order]].astype(np.int32)
    cell_rank = cell_rank[order]
    first_cell = np.searchsorted(cell_rank, np.arange(len(rank) + 1))
    tile_of_rank = np.sort(tile, kind="stable")
    cell_tile = tile_of_rank[cell_rank] if len(rank) else cell_rank
    bounds = np.arange(n_tiles + 1)
    edges = np.stack(
        [np.searchsorted(point_tile[point_order], bounds), np.searchsorted(cell_tile, bounds)], axis=1
    ).astype(np.int64)
    part = Part(
        all_points[point_order].astype(np.float32),
        sorted_cells,
        {
            "body": np.concatenate(body)[point_order].astype(np.float32),
            "normal": np.concatenate(normal)[point_order].astype(np.float32),
        },
        edges,
    )
    return part, first_cell.astype(np.int64)


def _boxes(faces: Part, n: int) -> NDArray[np.float32]:
    boxes = np.empty((n, 6), dtype=np.float32)
    boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
    if len(faces.points):
        row = faces.attributes["body"][:, 0].astype(np.int64)
        order = np.argsort(row, kind="stable")
        rows, first = np.unique(row[order], return_index=True)
        points = faces.points[order]
        boxes[rows, :3] = np.minimum.reduceat(points, first, axis=0)
        boxes[rows, 3:] = np.maximum.reduceat(points, first, axis=0)
    return boxes


def octahedral(normals: Floats) -> Floats:
    """Fold unit vectors (n, 3) into two numbers −1…1 each; (0, 0) is straight up."""
    folded = normals[:, :2] / np.abs(normals).sum(axis=1, keepdims=True)
    below = normals[:, 2] < 0
    turned = (1 - np.abs(folded[:, ::-1])) * np.where(folded >= 0, 1.0, -1.0)
    return np.asarray(np.where(below[:, None], turned, folded), dtype=float)
