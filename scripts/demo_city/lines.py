"""From drawn lines to a network: ends that meet are joined, crossings on one level become nodes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from demo_city.table import Floats, Way

JOIN = 13.0
"""Points of the drawing nearer than this [m] are one node."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a drawn line between two nodes: index of the line, coordinates (n, 2) [m], node indices."""

    way: int
    coords: Floats
    start: int
    end: int


@dataclass(frozen=True)
class Network:
    """Nodes, shape (n, 2) [m], and the pieces between them."""

    nodes: Floats
    pieces: tuple[Piece, ...]


def network(ways: tuple[Way, ...], join: float = JOIN, fixed: Floats | None = None) -> Network:
    """Cut lines where they meet.

    A line's end within ``join`` of another line (of any level: a bridge begins on a street) is moved onto it;
    lines of the same level that cross get a node; points within ``join`` become one. Nodes near one of the
    ``fixed`` points, shape (n, 2) [m], take its place exactly.
    """
    lines = [shapely.LineString(way.line) for way in ways]
    marks = _marks(ways, lines, join)
    points = np.array([point for _, point in marks])
    label = _clusters(points, join)
    count = int(label.max()) + 1
    nodes = np.zeros((count, 2))
    for axis in range(2):
        nodes[:, axis] = np.bincount(label, points[:, axis], count) / np.bincount(label, minlength=count)
    nodes = np.round(nodes, 2)
    if fixed is not None:
        _pin(nodes, fixed, join)
    on_way: dict[int, list[tuple[float, int]]] = {}
    for (way, _point), node in zip(marks, label, strict=True):
        on_way.setdefault(way, []).append((lines[way].project(shapely.Point(nodes[node])), int(node)))
    pieces = [piece for way in sorted(on_way) for piece in _cut(way, ways[way].line, lines[way], on_way[way], nodes)]
    return Network(nodes, tuple(pieces))


def _marks(
    ways: tuple[Way, ...], lines: list[shapely.LineString], join: float
) -> list[tuple[int, tuple[float, float]]]:
    """List (line, point) for every end, every touching end on its target, every crossing on both lines."""
    marks: list[tuple[int, tuple[float, float]]] = []
    tree = shapely.STRtree(lines)
    for i, way in enumerate(ways):
        for tip in (way.line[0], way.line[-1]):
            point = shapely.Point(tip)
            marks.append((i, (float(tip[0]), float(tip[1]))))
            for j in sorted(int(k) for k in tree.query(point.buffer(join))):
                if j == i or lines[j].distance(point) > join:
                    continue
                foot = lines[j].interpolate(lines[j].project(point))
                marks.append((j, (foot.x, foot.y)))
    for i, line in enumerate(lines):
        for j in sorted(int(k) for k in tree.query(line, predicate="crosses")):
            if j <= i or ways[i].level != ways[j].level:
                continue
            for spot in shapely.get_parts(line.intersection(lines[j])):
                middle = spot.interpolate(0.5, normalized=True) if spot.geom_type == "LineString" else spot
                marks += [(i, (middle.x, middle.y)), (j, (middle.x, middle.y))]
    return marks


def _pin(nodes: Floats, fixed: Floats, join: float) -> None:
    """Move the node nearest to each fixed point onto it."""
    distance, nearest = cKDTree(nodes).query(fixed, distance_upper_bound=join)
    for k in np.argsort(-distance, kind="stable"):
        if np.isfinite(distance[k]):
            nodes[nearest[k]] = fixed[k]


def _clusters(points: Floats, join: float) -> np.ndarray:
    pairs = cKDTree(points).query_pairs(join, output_type="ndarray")
    n = len(points)
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _cut(
    way: int, drawn: Floats, line: shapely.LineString, stops: list[tuple[float, int]], nodes: Floats
) -> list[Piece]:
    along = np.array([line.project(shapely.Point(p)) for p in drawn])
    ordered = sorted(set(stops))
    pieces: list[Piece] = []
    for (s0, a), (s1, b) in itertools.pairwise(ordered):
        if a == b:
            continue
        between = drawn[(along > s0 + 4.0) & (along < s1 - 4.0)]
        pieces.append(Piece(way, np.vstack([nodes[a], between, nodes[b]]), a, b))
    return pieces
