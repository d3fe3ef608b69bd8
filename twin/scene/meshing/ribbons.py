"""Streets and paths as ribbons on the ground, bridges as decks, tunnels and steps marked as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from twin.scene.meshing import part
from twin.scene.meshing.cutting import shared
from twin.scene.palette import tint

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from twin.scene.meshing.ground import Ground
    from twin.scene.meshing.part import Part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDTHS = {
    "motorway": 15.0, "motorway_link": 8.0, "trunk": 13.0, "trunk_link": 8.0, "primary": 12.0, "primary_link": 8.0,
    "secondary": 10.5, "secondary_link": 7.5, "tertiary": 9.0, "tertiary_link": 7.0, "unclassified": 7.0,
    "residential": 7.0, "living_street": 6.0, "pedestrian": 6.0, "service": 4.2, "track": 3.5, "busway": 7.0,
}  # fmt: skip
"""Drawn width [m] of the kinds of street that OpenStreetMap has; others are :data:`OTHER_WIDTH`."""
OTHER_WIDTH = 6.0
MAJOR = frozenset(
    {"motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "tertiary"}
)
MINOR = frozenset({"service", "track"})
PATH_WIDTH = 1.8
CASING = 0.9
"""How far the kerb of a street reaches beyond it [m]."""
CLEARANCE = 4.5
DECK = 1.1
_LANE = 3.3
_ARCH_STEP = 12.0
_LOT = 3000
_HUNG_LOT = 20_000

PLAIN, DASHED, HATCHED = 0.0, 1.0, 2.0


@dataclass(frozen=True, eq=False)
class Ribbons:
    """Ribbon meshes; ``road`` = (row, metres along, −1…1 across, pattern), ``side`` = (x, y, half width, rank).

    ``side`` x, y is the unit vector towards the ribbon's edge, so that the shader can widen what would be too
    thin to see; rank 0 major, 1 ordinary, 2 minor. ``far`` and ``main`` (major streets) are the fill as simple strips
    that are not cut along the ground, for views from so far that nobody sees them leave it. The casing of streets is
    their fill, which the shader draws :data:`CASING` wider.
    """

    fill: Part
    slabs: Part
    far: Part
    main: Part


@dataclass(frozen=True, eq=False)
class _Lines:
    points: Floats
    starts: Ints
    rows: Ints


def build_roads(roads: gpd.GeoDataFrame, ground: Ground, origin: tuple[float, float]) -> Ribbons:
    """Mesh the streets on the ground, and the decks of bridges with their slabs."""
    lines = _lines(_supple(roads), origin)
    kind = roads["kind"].to_numpy(dtype=object)
    lanes = roads["lanes"].to_numpy(dtype=float)
    width = np.array([WIDTHS.get(name, OTHER_WIDTH) for name in kind], dtype=float)
    width = np.where(np.isfinite(lanes) & (lanes >= 1), np.maximum(width, lanes * _LANE), width)
    rank = np.array([0.0 if k in MAJOR else 2.0 if k in MINOR else 1.0 for k in kind], dtype=float)
    bridge, tunnel = roads["bridge"].to_numpy(dtype=bool), roads["tunnel"].to_numpy(dtype=bool)
    colour = np.where(rank == 0, tint("street_major"), tint("street")).astype(float)
    colour = np.where(tunnel, tint("tunnel"), colour)
    pattern = np.where(tunnel, DASHED, PLAIN)
    heights = deck_heights(roads, lines, ground) if bridge.any() else None

    solid_rows = ~tunnel
    on_ground = _chosen(lines, ~bridge)
    pairs = paired(roads)
    fill = _on_ground(on_ground, ground, np.where(tunnel, width * 0.3, width / 2), colour, pattern, rank, pairs)
    slabs = []
    if heights is not None:
        over = _chosen(lines, bridge)
        z = heights[_point_mask(lines, bridge)]
        fill = part.tiled(part.joined([fill, _deck(over, z, width / 2, colour, rank, pairs)]), ground.tile)
        slabs = [_slab(over, z, width / 2 + CASING)]
    z = ground.at(lines.points[:, 0], lines.points[:, 1]) if heights is None else heights
    far, main = (
        part.tiled(
            _deck(_chosen(lines, some), z[_point_mask(lines, some)] + 0.5, width / 2, colour, rank, pairs),
            2 * ground.tile,
        )
        for some in (solid_rows & (rank > 0), solid_rows & (rank == 0))
    )
    return Ribbons(fill, part.joined(slabs), far, main)


def paired(roads: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Say for each link whether its opposite direction is a link too, which then has the other half of the street."""
    start, end = roads["from_node"].to_numpy(dtype=object), roads["to_node"].to_numpy(dtype=object)
    length = np.round(shapely.length(roads.geometry.to_numpy()), 2)
    there = set(zip(start, end, length, strict=True))
    back = zip(end, start, length, strict=True)
    return np.array([bool(way[0]) and way[0] != way[1] and way in there for way in back], dtype=bool)


def build_paths(paths: gpd.GeoDataFrame, ground: Ground, origin: tuple[float, float]) -> Ribbons:
    """Mesh the walk network: thin ribbons, steps hatched, foot bridges as decks."""
    lines = _lines(_supple(paths), origin)
    steps, bridge = paths["steps"].to_numpy(dtype=bool), paths["bridge"].to_numpy(dtype=bool)
    n = len(steps)
    half = np.where(steps, 1.3, PATH_WIDTH / 2)
    colour = np.where(steps, tint("steps"), tint("path")).astype(float)
    pattern = np.where(steps, HATCHED, PLAIN)
    rank = np.full(n, 2.0)
    fill = _on_ground(_chosen(lines, ~bridge), ground, half, colour, pattern, rank)
    slabs = []
    if bridge.any():
        heights = deck_heights(paths, lines, ground)
        over, z = _chosen(lines, bridge), heights[_point_mask(lines, bridge)]
        fill = part.tiled(part.joined([fill, _deck(over, z, half, colour, rank)]), ground.tile)
        slabs = [_slab(over, z, half + 0.2)]
    return Ribbons(fill, part.joined(slabs), part.joined([]), part.joined([]))


def build_borders(shapes: NDArray[np.object_], ground: Ground, origin: tuple[float, float]) -> Part:
    """Mesh the outlines of polygons as thin ribbons (the shader gives them a width in pixels)."""
    lines = _lines(shapely.boundary(shapes), origin)
    n = len(shapes)
    zero = np.zeros(n)
    return _on_ground(lines, ground, np.full(n, 0.3), zero, zero, zero)


def hung(ribbons: Ribbons, ground: Ground) -> tuple[Floats, Ints]:
    """Return the triangles (t, 3, 3) of decks that hang above the ground, and their rows."""
    part_ = ribbons.fill
    if not len(ribbons.slabs):
        return np.empty((0, 3, 3)), np.empty(0, dtype=np.int64)
    found = []
    for k in range(0, len(part_), _HUNG_LOT):  # all corners of a large city at once would take as much as its streets
        cells = part_.corners(np.arange(k, min(k + _HUNG_LOT, len(part_))))
        middle = part_.points[cells].mean(axis=1, dtype=float)
        found.append(cells[middle[:, 2] > ground.at(middle[:, 0], middle[:, 1]) + 0.3])
    above = np.concatenate(found)
    rows = part_.attributes["road"][above[:, 0], 0]
    return part_.points[above].astype(float), np.rint(rows).astype(np.int64)


def surface(ribbons: Ribbons, ground: Ground, x: Floats, y: Floats) -> Floats:
    """Return the height of the uppermost bridge deck at points, else of the ground."""
    z = ground.at(x, y)
    corners, _ = hung(ribbons, ground)
    if not len(corners):
        return z
    decks = shapely.polygons(corners[:, :, :2])
    deck, point = shapely.STRtree(shapely.points(x, y)).query(decks, predicate="intersects")
    np.maximum.at(z, point, corners[deck, :, 2].mean(axis=1))
    return z


def _supple(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the lines of a table, those of bridges with points enough to arch."""
    shapes = table.geometry.to_numpy().copy()
    bridge = table["bridge"].to_numpy(dtype=bool)
    shapes[bridge] = shapely.segmentize(shapes[bridge], _ARCH_STEP)
    return np.asarray(shapes, dtype=object)


def _lines(geometries: NDArray[np.object_], origin: tuple[float, float]) -> _Lines:
    pieces, rows = shapely.get_parts(np.asarray(geometries, dtype=object), return_index=True)
    usable = np.isin(shapely.get_type_id(pieces), (1, 2)) & ~shapely.is_empty(pieces)
    pieces, rows = pieces[usable], rows[usable]
    points, line = shapely.get_coordinates(pieces, return_index=True)
    points = points - np.asarray(origin)
    kept = np.ones(len(points), dtype=bool)
    kept[1:] = (line[1:] != line[:-1]) | np.any(np.abs(points[1:] - points[:-1]) > 1e-3, axis=1)
    counts = np.bincount(line[kept], minlength=len(pieces))
    kept &= counts[line] >= 2
    counts, rows = counts[counts >= 2], rows[counts >= 2]
    return _Lines(points[kept], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), rows.astype(np.int64))


def _point_mask(lines: _Lines, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.repeat(chosen[lines.rows], np.diff(lines.starts))


def _chosen(lines: _Lines, chosen: NDArray[np.bool_]) -> _Lines:
    mask = chosen[lines.rows]
    counts = np.diff(lines.starts)[mask]
    return _Lines(
        lines.points[np.repeat(mask, np.diff(lines.starts))],
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        lines.rows[mask],
    )


@dataclass(frozen=True, eq=False)
class _Strip:
    """Left and right edge points of lines, and their segments."""

    edge: Floats  # (n, 2) mitre vector to the left edge, for half width 1
    along: Floats  # (n,) metres from the start of the line
    segments: Ints  # (s,) first point of each segment
    row: Ints  # (n,)


def _strip(lines: _Lines) -> _Strip:
    n = len(lines.points)
    is_last = np.zeros(n, dtype=bool)
    is_last[lines.starts[1:] - 1] = True
    is_first = np.zeros(n, dtype=bool)
    is_first[lines.starts[:-1]] = True
    segments = np.flatnonzero(~is_last)
    step = lines.points[segments + 1] - lines.points[segments]
    length = np.hypot(step[:, 0], step[:, 1])
    left = np.stack([-step[:, 1], step[:, 0]], axis=1) / length[:, None]
    incoming, outgoing = np.zeros((n, 2)), np.zeros((n, 2))
    outgoing[segments], incoming[segments + 1] = left, left
    closed = np.zeros(n, dtype=bool)
    firsts, lasts = lines.starts[:-1], lines.starts[1:] - 1
    ring = np.all(np.abs(lines.points[firsts] - lines.points[lasts]) < 1e-3, axis=1) & (lasts - firsts > 2)
    incoming[firsts[ring]], outgoing[lasts[ring]] = incoming[lasts[ring]], outgoing[firsts[ring]]
    closed[firsts[ring]] = closed[lasts[ring]] = True
    incoming = np.where((is_first & ~closed)[:, None], outgoing, incoming)
    outgoing = np.where((is_last & ~closed)[:, None], incoming, outgoing)
    mitre = incoming + outgoing
    size2 = np.maximum((mitre**2).sum(axis=1), 1e-9)
    edge = mitre * (2 / size2)[:, None]
    # A hairpin's mitre would shoot out: keep it within twice the width.
    reach = np.hypot(edge[:, 0], edge[:, 1])
    edge *= np.minimum(1.0, 2.0 / np.maximum(reach, 1e-9))[:, None]
    run = np.zeros(n)
    run[segments + 1] = length
    total = np.cumsum(run)
    along = total - np.repeat(total[lines.starts[:-1]], np.diff(lines.starts))
    return _Strip(edge, along, segments, np.repeat(lines.rows, np.diff(lines.starts)))


def _look(points: Floats, half: Floats, colour: Floats, pattern: Floats, rank: Floats) -> dict[str, Floats]:
    """Return the attributes of points (p, 7) of ribbons: what belongs to their row joins what they carry."""
    row = np.rint(points[:, 2]).astype(np.int64)
    return {
        "kind": colour[row],
        "road": np.column_stack([row, points[:, 3:5], pattern[row]]),
        "side": np.column_stack([points[:, 5:7], half[row], rank[row]]),
    }


def _corners(lines: _Lines, half: Floats, caps: bool = True, pairs: NDArray[np.bool_] | None = None) -> Floats:
    """Return quads (t, 4, 7) of ribbons: x, y, row, metres along, across, side x, y.

    Rows that are ``pairs`` get their right half only, as traffic keeps to the right: two directions of a street with
    different values lie side by side.
    """
    strip = _strip(lines)
    n = len(lines.points)
    ribs = np.empty((n, 2, 7))
    width = half[strip.row]
    for k, sign in ((0, 1.0), (1, -1.0)):
        ribs[:, k, :2] = lines.points + strip.edge * (sign * width)[:, None]
        ribs[:, k, 2] = strip.row
        ribs[:, k, 3] = strip.along
        ribs[:, k, 4] = sign
        ribs[:, k, 5:] = strip.edge * sign
    if pairs is not None:
        halved = pairs[strip.row]
        ribs[halved, 0, :2] = lines.points[halved]
        ribs[halved, 0, 5:] = 0.0
    a, b = strip.segments, strip.segments + 1
    pieces = [np.stack([ribs[a, 0], ribs[a, 1], ribs[b, 1], ribs[b, 0]], axis=1)]
    if caps and n:
        pieces += _caps(lines, ribs, width, np.zeros(n, dtype=bool) if pairs is None else pairs[strip.row])
    return np.concatenate(pieces) if n else np.empty((0, 4, 7))


_CAP = np.radians(np.array([90.0, 45.0, 0.0, -45.0, -90.0]))


def _caps(lines: _Lines, ribs: Floats, width: Floats, halved: NDArray[np.bool_]) -> list[Floats]:
    """Return half discs (two quads each) at both ends of every line, so that streets meet round."""
    pieces = []
    for at, ahead in ((lines.starts[:-1], -1.0), (lines.starts[1:] - 1, 1.0)):
        right = ribs[at, 1]
        normal = -right[:, 5:]
        forward = np.stack([normal[:, 1], -normal[:, 0]], axis=1) * ahead
        middle = (ribs[at, 0] + right) / 2
        middle[:, :2] = lines.points[at]
        middle[:, 4:] = 0.0
        rim = []
        for angle in _CAP:
            spoke = normal * np.sin(angle) + forward * np.cos(angle)
            point = middle.copy()
            point[:, :2] += spoke * width[at, None]
            point[:, 5:] = spoke
            point[:, 4] = 1.0 if angle >= 0 else -1.0
            rim.append(point)
        for k, drawn in ((0, ~halved[at]), (2, np.ones(len(at), dtype=bool))):  # the left quarter, the right one
            pieces.append(np.stack([middle, rim[k], rim[k + 1], rim[k + 2]], axis=1)[drawn])
    return pieces


def _on_ground(
    lines: _Lines,
    ground: Ground,
    half: Floats,
    colour: Floats,
    pattern: Floats,
    rank: Floats,
    pairs: NDArray[np.bool_] | None = None,
) -> Part:
    caps = not pattern.any() or bool((pattern == DASHED).any())
    laid = []
    for some in _by_place(lines, ground.tile):
        points, cells = ground.cut(_corners(some, half, caps, pairs))
        laid.append(ground.placed(points[:, :2], cells, **_look(points, half, colour, pattern, rank)))
    return part.tiled(part.joined(laid), ground.tile)


def _by_place(lines: _Lines, tile: float) -> Iterator[_Lines]:
    """Hand out lines in lots, neighbours together: cutting takes many times the memory of what is left."""
    at = np.floor(lines.points[lines.starts[:-1]] / tile)
    order = np.lexsort((at[:, 0], at[:, 1]))
    counts = np.diff(lines.starts)
    for k in range(0, len(order), _LOT):
        some = order[k : k + _LOT]
        ends = np.cumsum(counts[some])
        points = np.arange(ends[-1]) + np.repeat(lines.starts[some] - (ends - counts[some]), counts[some])
        yield _Lines(lines.points[points], np.concatenate([[0], ends]), lines.rows[some])


def _deck(
    lines: _Lines, z: Floats, half: Floats, colour: Floats, rank: Floats, pairs: NDArray[np.bool_] | None = None
) -> Part:
    if not len(lines.rows):
        return part.joined([])
    quads = _corners(lines, half, caps=False, pairs=pairs).reshape(-1, 7)
    strip = _strip(lines)
    a, b = strip.segments, strip.segments + 1
    heights = np.stack([z[a], z[a], z[b], z[b]], axis=1).ravel()
    cells = (np.arange(len(a))[:, None] * 4 + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
    both, cells = shared(np.column_stack([quads, heights]), cells)
    look = _look(both, half, colour, np.zeros(len(half)), rank)
    return part.whole(both[:, [0, 1, 7]], cells, light=np.ones(len(both)), **look)


def _slab(lines: _Lines, z: Floats, half: Floats) -> Part:
    """Return the sides and the underside of bridge decks."""
    strip = _strip(lines)
    width = half[strip.row][:, None]
    left, right = lines.points + strip.edge * width, lines.points - strip.edge * width
    top_z, low_z = z - 0.02, z - DECK

    def ring(xy: Floats, height: Floats) -> Floats:
        return np.column_stack([xy, height])

    ribs = [ring(left, top_z), ring(left, low_z), ring(right, low_z), ring(right, top_z)]
    lights = (0.8, 0.55, 0.9)
    a, b = strip.segments, strip.segments + 1
    pieces = []
    for k in range(3):
        p, q = ribs[k], ribs[k + 1]
        for cell in ((p[a], q[a], q[b]), (p[a], q[b], p[b])):
            corners = np.stack(cell, axis=1)
            extra = np.empty((len(corners), 3, 2))
            extra[:, :, 0], extra[:, :, 1] = lights[k], tint("slab")
            pieces.append(np.concatenate([corners, extra], axis=2))
    return part.soup(np.concatenate(pieces), {"light": slice(3, 4), "kind": slice(4, 5)})


def deck_heights(table: gpd.GeoDataFrame, lines: _Lines, ground: Ground) -> Floats:
    """Return the height of every line point: on the ground, or on the deck for bridges.

    Where links that are not bridges meet a bridge it lies on the ground; between, the deck runs straight along its
    length (several links in a row are one deck), and where the ground under it is as high, it rises to let a
    street pass below.
    """
    z = ground.at(lines.points[:, 0], lines.points[:, 1])
    bridge = table["bridge"].to_numpy(dtype=bool)
    level = table["level"].to_numpy(dtype=float) if "level" in table else np.ones(len(table))
    on = bridge[lines.rows]
    firsts, lasts = lines.starts[:-1], lines.starts[1:] - 1
    nodes = np.round(lines.points[np.concatenate([firsts, lasts])], 1)
    _, node = np.unique(nodes, axis=0, return_inverse=True)
    node = node.ravel()
    start, end = node[: len(firsts)], node[len(firsts) :]
    n = int(node.max()) + 1
    height = np.zeros(n)
    height[start], height[end] = z[firsts], z[lasts]
    degree = np.bincount(np.concatenate([start[on], end[on]]), minlength=n)
    landing = np.zeros(n, dtype=bool)
    landing[start[~on]] = landing[end[~on]] = True
    free = (degree >= 2) & ~landing
    strip = _strip(lines)
    length = np.maximum(strip.along[lasts], 0.5)
    if free.any():
        height = _relaxed(height, free, start[on], end[on], 1 / length[on])
    z = z.copy()
    for k in np.flatnonzero(on):
        at = slice(firsts[k], lasts[k] + 1)
        s = strip.along[at] / length[k]
        straight = height[start[k]] * (1 - s) + height[end[k]] * s
        below = ground.at(*lines.points[(firsts[k] + lasts[k]) // 2])
        lack = CLEARANCE * max(np.nan_to_num(level[lines.rows[k]], nan=1.0), 1.0) - (straight.mean() - below)
        whole = not (free[start[k]] or free[end[k]])
        hump = np.clip(lack, 0.0, 0.05 * length[k]) if whole else 0.0
        z[at] = straight + hump * 4 * s * (1 - s)
    return z


def _relaxed(height: Floats, free: NDArray[np.bool_], a: Ints, b: Ints, weight: Floats) -> Floats:
    """Solve for the free nodes so that each is the weighted mean of its neighbours along the bridges."""
    n = len(height)
    i, j = np.concatenate([a, b, a, b]), np.concatenate([b, a, a, b])
    values = np.concatenate([-weight, -weight, weight, weight])
    laplace = sparse.csr_matrix((values, (i, j)), shape=(n, n))
    inner = np.flatnonzero(free)
    outer = np.flatnonzero(~free)
    # A tiny pull to the own height keeps chains without any landing solvable.
    system = laplace[inner][:, inner] + 1e-9 * sparse.identity(len(inner))
    solved = linalg.spsolve(system.tocsc(), -laplace[inner][:, outer] @ height[outer] + 1e-9 * height[inner])
    result = height.copy()
    result[inner] = np.atleast_1d(solved)
    return result
