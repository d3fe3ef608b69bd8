"""The walk network of OpenStreetMap: one row per link, walked both ways.

Row ids are ``w<way>-<piece>``; nodes are ``n<node>``. Over squares and other walking areas people walk straight:
the places where other paths meet the edge of an area are joined by links through it (``w<way>-x<node>-<node>``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from twin.city.osm_areas import multipolygon
from twin.city.osm_file import WALK
from twin.city.osm_split import Pieces, split
from twin.city.osm_streets import walkable
from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twin.city.osm_file import OsmData, Way

MOST_ENTRANCES = 100
"""An area with more entrances is crossed along its edge only."""
DETOUR = 1.1
"""Crossing an area may be this much longer than the straight line; assumption."""


def path_table(data: OsmData, crs: str, area: shapely.Geometry | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the walk network.

    Parameters
    ----------
    data : OsmData
        Projected to metres.
    crs : str
        Its system.
    area : geometry, optional
        Links that touch it are kept whole, all others dropped.

    Returns
    -------
    table : GeoDataFrame
        Columns of ``paths``.
    notes : list of Note
    """
    ways = [way for way in data.ways.values() if way.refs is not None and walkable(way.tags)]
    squares = _walking_areas(data, ways)
    notes: list[Note] = []
    beyond = data.beyond.get(WALK, np.empty(0, dtype=np.int64))
    pieces = split(ways, breaks=beyond)
    lines = pieces.lines()
    across = _across(squares, pieces, shapely.length(lines), set(beyond.tolist()), notes)
    ids = [f"w{ways[w].id}-{n}" for w, n in zip(pieces.way.tolist(), pieces.number.tolist(), strict=True)]
    ids += [f"w{ways[w].id}-x{a}-{b}" for w, a, b, _ in across]
    owner = pieces.way.tolist() + [w for w, *_ in across]
    start = pieces.refs[pieces.start].tolist() + [a for _, a, _, _ in across]
    end = pieces.refs[pieces.end].tolist() + [b for _, _, b, _ in across]
    through = np.empty(len(across), dtype=object)
    through[:] = [line for *_, line in across]
    lines = np.concatenate([lines, through])
    tags = [ways[w].tags for w in owner]
    table = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": [t.get("name", "") for t in tags],
            "kind": [t.get("highway", "") or "platform" for t in tags],
            "from_node": [pieces.name(ref) for ref in start],
            "to_node": [pieces.name(ref) for ref in end],
            "length": shapely.length(lines),
            "steps": [t.get("highway") in ("steps", "escalator") for t in tags],
            "bridge": [t.get("bridge", "no") != "no" for t in tags],
        },
        geometry=lines,
        crs=crs,
    )
    if area is not None and len(table):
        table = table[shapely.intersects(lines, area)].reset_index(drop=True)
    return table, notes


@dataclass(frozen=True, eq=False)
class _Square:
    """A walking area: its shape, and its rings as positions in the sequence of ways."""

    polygon: shapely.Geometry
    rings: frozenset[int]


def _walking_areas(data: OsmData, ways: list[Way]) -> list[_Square]:
    """Return the walking areas; rings of relations that are no paths themselves are added to the ways."""
    squares = []
    for position, way in enumerate(ways):
        if way.closed and way.tags.get("area") == "yes" and way.complete and len(way.xy) > 3:
            squares.append(_Square(shapely.Polygon(way.xy), frozenset((position,))))
    position_of = {way.id: position for position, way in enumerate(ways)}
    for relation in data.relations.values():
        if relation.tags.get("type") != "multipolygon" or not walkable(relation.tags):
            continue
        area = multipolygon(relation, relation.tags, data)
        if area is None or area.state in ("open", "closed"):
            continue
        rings = set()
        for kind, ref, _ in relation.members:
            if kind == "w" and ref in data.ways:
                if ref not in position_of:
                    position_of[ref] = len(ways)
                    ways.append(replace(data.ways[ref], tags=relation.tags))
                rings.add(position_of[ref])
        squares.append(_Square(area.geometry, frozenset(rings)))
    return squares


def _across(
    squares: Sequence[_Square], pieces: Pieces, lengths: NDArray[np.float64], beyond: set[int], notes: list[Note]
) -> list[tuple[int, int, int, shapely.LineString]]:
    """Return the straight links through walking areas as (way, node, node, line)."""
    users: dict[int, set[int]] = defaultdict(set)
    place: dict[int, NDArray[np.float64]] = {}
    for at in (pieces.start, pieces.end):
        for way, position in zip(pieces.way.tolist(), at.tolist(), strict=True):
            ref = int(pieces.refs[position])
            users[ref].add(way)
            place[ref] = pieces.xy[position]
    edge: dict[int, list[int]] = defaultdict(list)
    for piece, way in enumerate(pieces.way.tolist()):
        edge[way].append(piece)
    links: list[tuple[int, int, int, shapely.LineString]] = []
    crowded = crossed = 0
    for square in squares:
        around = [piece for way in square.rings for piece in edge[way]]
        ends = [int(pieces.refs[at]) for piece in around for at in (pieces.start[piece], pieces.end[piece])]
        doors = [ref for ref in sorted(set(ends)) if users[ref] - square.rings or ref in beyond]
        if len(doors) > MOST_ENTRANCES:
            crowded += 1
            continue
        found = _through(square, doors, place, _edge_distances(pieces, lengths, around))
        crossed += bool(found)
        links += [(min(square.rings), a, b, line) for a, b, line in found]
    if crossed:
        message = N_("{n} squares and walking areas are crossed in straight lines between their entrances")
        notes.append(Note("assumed", message, crossed))
    if crowded:
        message = N_("{n} walking areas have so many entrances that they are walked along their edge only")
        notes.append(Note("assumed", message, crowded))
    return links


def _edge_distances(
    pieces: Pieces, lengths: NDArray[np.float64], around: Sequence[int]
) -> dict[tuple[int, int], float]:
    """Return the lengths of the pieces of an area's edge by their end nodes."""
    found: dict[tuple[int, int], float] = {}
    for piece in around:
        ends = int(pieces.refs[pieces.start[piece]]), int(pieces.refs[pieces.end[piece]])
        found[ends] = min(float(lengths[piece]), found.get(ends, np.inf))
    return found


def _through(
    square: _Square,
    doors: Sequence[int],
    place: Mapping[int, NDArray[np.float64]],
    edge: Mapping[tuple[int, int], float],
) -> list[tuple[int, int, shapely.LineString]]:
    """Choose links so that no two entrances are further apart than :data:`DETOUR` times the straight line.

    The shortest are looked at first and taken where the way around is too long (a greedy spanner), which keeps
    a square of forty entrances from getting eight hundred links.
    """
    pairs = [(a, b) for i, a in enumerate(doors) for b in doors[i + 1 :]]
    if not pairs or not square.polygon.is_valid:
        return []
    lines = np.array([shapely.LineString([place[a], place[b]]) for a, b in pairs], dtype=object)
    inner, whole = square.polygon.buffer(-0.05), square.polygon.buffer(0.05)
    shapely.prepare(whole)
    # A link along the edge is there already; one that leaves the area is no way to walk.
    good = shapely.covers(whole, lines)
    good[good] = shapely.length(shapely.intersection(lines[good], inner)) > 1.0
    length = shapely.length(lines)
    index = {ref: i for i, ref in enumerate(dict.fromkeys([*doors, *(ref for ends in edge for ref in ends)]))}
    around = coo_array(
        (list(edge.values()), ([index[a] for a, _ in edge], [index[b] for _, b in edge])), shape=(len(index),) * 2
    )
    walked = dijkstra(around, directed=False)[: len(doors), : len(doors)]
    chosen = []
    for k in np.argsort(length, kind="stable").tolist():
        a, b = index[pairs[k][0]], index[pairs[k][1]]
        if good[k] and walked[a, b] > DETOUR * length[k]:
            chosen.append((*pairs[k], lines[k]))
            walked = np.minimum(walked, walked[:, a, None] + length[k] + walked[None, b, :])
            walked = np.minimum(walked, walked[:, b, None] + length[k] + walked[None, a, :])
    return chosen
