"""Buildings as prisms on their footprints, or as their detailed surfaces where the city has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.scene.meshing.outlines import Outlines, outlines, triangulate
from twin.scene.meshing.part import Part

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.city import Surfaces
    from twin.scene.meshing.ground import Ground

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PER_TILE = 500
DEFAULT_STOREY = 3.1
DEFAULT_HEIGHT = 6.0
_FOUNDATION = 0.4
_LEVEL = 0.3
"""Height of the unit normal above which a surface from a file is seen as a roof from far away."""


@dataclass(frozen=True, eq=False)
class Solids:
    """The building mesh.

    Parameters
    ----------
    faces : Part
        ``body`` = (row, metres above ground, storey height [m]). Corners are shared between walls and roof; which way
        a face looks the shader sees from its shape.
    edges : Part
        Lines along eaves and corners, between the same points.
    roofs : Part
        Those of the faces that look up: what is drawn of buildings from so far that nobody sees their walls.
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
    roofs: Part
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
    tile, n_tiles = _tiles(_middles(geometry, detailed, origin))
    order = np.argsort(tile, kind="stable")
    # From here on buildings stand in the order of the mesh: nothing has to be sorted afterwards.
    shape = outlines(geometry[order], (float(origin[0]), float(origin[1])))
    prisms = _prisms(buildings, order, shape, ground)
    found = _Detail(detailed or _NOTHING, buildings, order)

    points = _starts(n, (shape.rows, 2 * prisms.corners), (found.ranks, np.full_like(found.ranks, 3)))
    cells = _starts(n, (shape.rows, prisms.cells), (found.ranks, np.ones_like(found.ranks)))
    lines = _starts(n, (shape.rows, prisms.lines), (found.line_ranks, np.ones_like(found.line_ranks)))
    made = _Arrays(points[-1], cells[-1], lines[-1])
    prisms.write(made, points, cells, lines)
    found.write(made, points, cells, lines)
    tiles = np.searchsorted(tile[order], np.arange(n_tiles + 1))
    body = {"body": made.body}
    upper = np.concatenate([[0], np.cumsum(made.up)])[cells[tiles]]
    first = points[tiles]

    def in_tiles(corners: NDArray[np.int32], ends: NDArray[np.int64]) -> Part:
        corners -= np.repeat(first[:-1], np.diff(ends))[:, None].astype(np.int32)
        return Part(made.points, corners, body, np.stack([first, ends], axis=1))

    roofs = made.cells[made.up]
    return Solids(
        in_tiles(made.cells, cells[tiles]),
        in_tiles(made.lines, lines[tiles]),
        in_tiles(roofs, upper),
        cells,
        order,
        _boxes(prisms, found, n),
        parent,
        detailed is not None,
    )


class _Arrays:
    """What is filled: points (n, 3), body (n, 3), cells (m, 3), which of them look up (m,), lines (k, 2)."""

    def __init__(self, points: int, cells: int, lines: int) -> None:
        self.points = np.empty((points, 3), dtype=np.float32)
        self.body = np.empty((points, 3), dtype=np.float32)
        self.cells = np.empty((cells, 3), dtype=np.int32)
        self.up = np.zeros(cells, dtype=bool)
        self.lines = np.empty((lines, 2), dtype=np.int32)


def _starts(n: int, *counted: tuple[Ints, Ints]) -> Ints:
    """Return where each rank begins, shape (n + 1,), from (ranks, how many) of several origins."""
    total = np.zeros(n, dtype=np.int64)
    for ranks, counts in counted:
        total += np.bincount(ranks, weights=counts, minlength=n).astype(np.int64)
    return np.concatenate([[0], np.cumsum(total)]).astype(np.int64)


def _within(ranks: Ints, counts: Ints, first: Ints) -> Ints:
    """Return where each of several things of ascending ranks begins: those of one rank stand behind each other."""
    begin = np.cumsum(counts) - counts
    leader = np.searchsorted(ranks, ranks, side="left")
    return np.asarray(first[ranks] + begin - begin[leader], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Prisms:
    """Footprints raised to prisms; all per polygon but ``triangles`` (t, 3) of ``owner`` (t,) and ``sharp`` (points,).

    ``cells`` and ``lines`` are how many of them each polygon has.
    """

    shape: Outlines
    rows: Ints
    bottom: Floats
    top: Floats
    level: Floats
    storey: Floats
    hung: NDArray[np.bool_]
    triangles: Ints
    owner: Ints
    sharp: NDArray[np.bool_]
    corners: Ints
    cells: Ints
    lines: Ints

    def write(self, to: _Arrays, points: Ints, cells: Ints, lines: Ints) -> None:
        """Write points, walls, roofs and edges to where the ranks begin."""
        if not len(self.rows):
            return
        shape, ranks = self.shape, self.shape.rows
        polygon, following = shape.point_polygons, shape.following
        begin = np.cumsum(self.corners) - self.corners
        local = np.arange(len(polygon)) - begin[polygon]
        low = _within(ranks, 2 * self.corners, points)[polygon] + local
        high = low + self.corners[polygon]
        for at, z in ((low, self.bottom), (high, self.top)):
            to.points[at, :2] = shape.points
            to.points[at, 2] = z[polygon]
            to.body[at, 0] = self.rows[polygon]
            to.body[at, 1] = (z - self.level)[polygon]
            to.body[at, 2] = self.storey[polygon]
        a, b, c, d = low, low[following], high[following], high
        first = _within(ranks, self.cells, cells)
        wall = first[polygon] + 2 * local
        to.cells[wall] = np.stack([a, b, c], axis=1)
        to.cells[wall + 1] = np.stack([a, c, d], axis=1)
        count = np.bincount(self.owner, minlength=len(ranks))
        nth = np.arange(len(self.owner)) - (np.cumsum(count) - count)[self.owner]
        roof = first[self.owner] + 2 * self.corners[self.owner] + nth
        to.cells[roof] = high[self.triangles]
        to.up[roof] = True
        under = self.hung[self.owner]
        to.cells[roof[under] + count[self.owner[under]]] = low[self.triangles[under][:, ::-1]]
        edge = _within(ranks, self.lines, lines)
        to.lines[edge[polygon] + local] = np.stack([d, c], axis=1)
        post = np.flatnonzero(self.sharp)
        posts = np.bincount(polygon[post], minlength=len(ranks))
        nth = np.arange(len(post)) - (np.cumsum(posts) - posts)[polygon[post]]
        to.lines[(edge + self.corners)[polygon[post]] + nth] = np.stack([low[post], high[post]], axis=1)


def _prisms(buildings: gpd.GeoDataFrame, order: Ints, shape: Outlines, ground: Ground) -> _Prisms:
    rows = order[shape.rows]
    bottom, top, level, storey = _heights(buildings, rows, shape, ground)
    triangles, owner = triangulate(shape)
    hung = np.nan_to_num(buildings["base"].to_numpy(dtype=float))[rows] > 0
    corners = np.diff(shape.starts[shape.first_ring])
    sharp = _sharp(shape)
    count = np.bincount(owner, minlength=len(rows))
    cells = 2 * corners + count * (1 + hung)
    posts = np.bincount(shape.point_polygons[sharp], minlength=len(rows))
    return _Prisms(
        shape, rows, bottom, top, level, storey, hung, triangles, owner, sharp, corners, cells, corners + posts
    )


def _sharp(shape: Outlines) -> NDArray[np.bool_]:
    """Say at which corners of footprints the wall turns so much that an edge is seen."""
    following = shape.following
    after = shape.points[following] - shape.points
    before = np.empty_like(after)
    before[following] = after
    turn = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    return np.asarray(turn > 0.34 * np.hypot(*before.T) * np.hypot(*after.T), dtype=bool)


@dataclass(frozen=True, eq=False)
class _Detailed:
    corners: Floats  # (t, 3, 3)
    rows: Ints
    normals: Floats


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
    return _Detailed(corners[sound], rows[shown][sound], normals)


def _heights(
    buildings: gpd.GeoDataFrame, rows: Ints, shape: Outlines, ground: Ground
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return bottom, top, ground level and storey height per polygon of the outlines."""
    floors = buildings["floors"].to_numpy(dtype=float)[rows]
    height = buildings["height"].to_numpy(dtype=float)[rows]
    height = np.where(np.isfinite(height) & (height > 0), height, floors * DEFAULT_STOREY)
    height = np.where(np.isfinite(height) & (height > 0), height, DEFAULT_HEIGHT)
    base = np.nan_to_num(buildings["base"].to_numpy(dtype=float)[rows])
    base = np.where(base < height, np.maximum(base, 0.0), 0.0)
    lowest = np.full(len(rows), np.inf)
    if len(rows):
        under = ground.at(shape.points[:, 0], shape.points[:, 1])
        lowest = np.minimum.reduceat(under, shape.starts[shape.first_ring[:-1]])
    level = buildings["ground"].to_numpy(dtype=float)[rows]
    level = np.where(np.isfinite(level), level, lowest)
    standing = np.minimum(level, lowest) - _FOUNDATION
    bottom = np.where(base > 0, level + base, standing)
    storeys = np.where(np.isfinite(floors) & (floors >= 1), floors, np.maximum(np.rint(height / DEFAULT_STOREY), 1))
    return bottom, level + height, level, np.clip(height / storeys, 2.0, 8.0)


_NOTHING = _Detailed(np.empty((0, 3, 3)), np.empty(0, dtype=np.int64), np.empty((0, 3)))


class _Detail:
    """Surfaces from a file in the order of the mesh: three points of its own for each triangle."""

    def __init__(self, detailed: _Detailed, buildings: gpd.GeoDataFrame, order: Ints) -> None:
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        by_rank = np.argsort(rank[detailed.rows], kind="stable")
        self.rows = detailed.rows[by_rank]
        self.ranks = rank[self.rows]
        self.corners = detailed.corners[by_rank]
        self._up = np.abs(detailed.normals[by_rank, 2]) > _LEVEL
        lowest = np.full(len(buildings), np.inf)
        np.minimum.at(lowest, self.rows, self.corners[:, :, 2].min(axis=1))
        self._level = lowest[self.rows]
        face, corner = _creases(self.corners, detailed.normals[by_rank])
        by_face = np.argsort(face, kind="stable")
        self._face, self._corner = face[by_face], corner[by_face]
        self.line_ranks = self.ranks[self._face]

    def write(self, to: _Arrays, points: Ints, cells: Ints, lines: Ints) -> None:
        """Write points, triangles and edges to where the ranks begin."""
        ones = np.ones(len(self.ranks), dtype=np.int64)
        at = _within(self.ranks, 3 * ones, points)[:, None] + np.arange(3)
        to.points[at] = self.corners
        to.body[at, 0] = self.rows[:, None]
        to.body[at, 1] = self.corners[:, :, 2] - self._level[:, None]
        to.body[at, 2] = DEFAULT_STOREY
        cell = _within(self.ranks, ones, cells)
        to.cells[cell] = at
        to.up[cell] = self._up
        line = _within(self.line_ranks, np.ones_like(self.line_ranks), lines)
        to.lines[line, 0] = at[self._face, self._corner]
        to.lines[line, 1] = at[self._face, (self._corner + 1) % 3]


def _creases(corners: Floats, normals: Floats) -> tuple[Ints, Ints]:
    """Return face and corner where edges begin at which two faces meet at more than about 20°, or only one is."""
    t = len(corners)
    if not t:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    points = np.rint(corners.reshape(-1, 3) * 100).astype(np.int64)
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
    bend = np.einsum("ij,ij->i", normals[face[first]], normals[face[second]])
    crease = (count != 2) | (np.abs(bend) < 0.94)
    return face[first][crease], corner[first][crease]


def _middles(geometry: NDArray[np.object_], detailed: _Detailed | None, origin: Floats) -> Floats:
    box = shapely.bounds(geometry)
    middle = (box[:, :2] + box[:, 2:]) / 2 - origin[:2]
    if detailed is not None:
        middle[detailed.rows] = detailed.corners[:, 0, :2]
    return np.asarray(middle, dtype=float)


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


def _boxes(prisms: _Prisms, found: _Detail, n: int) -> NDArray[np.float32]:
    boxes = np.empty((n, 6), dtype=np.float32)
    boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
    if len(prisms.rows):
        first = prisms.shape.starts[prisms.shape.first_ring[:-1]]
        points = prisms.shape.points.astype(np.float32)
        low, high = np.minimum.reduceat(points, first, axis=0), np.maximum.reduceat(points, first, axis=0)
        np.minimum.at(boxes[:, :3], prisms.rows, np.column_stack([low, prisms.bottom]).astype(np.float32))
        np.maximum.at(boxes[:, 3:], prisms.rows, np.column_stack([high, prisms.top]).astype(np.float32))
    corners = found.corners.astype(np.float32)
    np.minimum.at(boxes[:, :3], found.rows, corners.min(axis=1))
    np.maximum.at(boxes[:, 3:], found.rows, corners.max(axis=1))
    return boxes
