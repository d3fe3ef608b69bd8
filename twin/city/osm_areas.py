"""Areas of OpenStreetMap: closed ways, multipolygon relations, and the sea behind the coastline.

Everything is in metres here. Extracts are often cut without regard to areas: rings with missing nodes or members
are closed along the straight line between what is left, the sea and waters are closed along the edge of the
extract, and every such area is counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from twin.city.osm_file import OsmData, Relation, Way

Floats = NDArray[np.float64]

_MAIN_KEYS = ("building", "building:part", "natural", "landuse", "leisure", "amenity", "place", "waterway", "man_made")
_OFFSET = 0.3
"""How far beside the coastline [m] the side of a face is looked up."""


@dataclass(slots=True)
class Area:
    """An area: ``id`` is ``w1`` or ``r1``.

    ``state`` is ``whole``, ``closed`` (along the cut), ``filled`` (an inner ring is missing) or ``open`` (a water that
    reaches beyond the file; the geometry is then its shores).
    """

    id: str
    tags: Mapping[str, str]
    geometry: shapely.Geometry
    state: str


def areas(data: OsmData, wanted: Callable[[Mapping[str, str]], bool]) -> tuple[list[Area], list[str]]:
    """Build the areas whose tags are wanted.

    A multipolygon without tags of its own takes those of its outer ways (old mapping); its outer ways are then
    no areas of their own.

    Parameters
    ----------
    data : OsmData
        Projected to metres.
    wanted : callable
        Given tags, says whether the area is needed.

    Returns
    -------
    areas : list of Area
    broken : list of str
        Ids of areas of which nothing could be made.
    """
    found: list[Area] = []
    broken: list[str] = []
    used: set[int] = set()
    for relation in data.relations.values():
        if relation.tags.get("type") not in ("multipolygon", "boundary"):
            continue
        tags, from_ways = _relation_tags(relation, data)
        if not wanted(tags):
            continue
        used |= from_ways | _same_outers(relation, data)
        area = multipolygon(relation, tags, data)
        if area is None:
            broken.append(f"r{relation.id}")
        else:
            found.append(area)
    for way in data.ways.values():
        if way.id in used or not way.closed or way.tags.get("area") == "no" or not wanted(way.tags):
            continue
        ring = _ring(way.xy)
        if ring is None:
            broken.append(f"w{way.id}")
        else:
            found.append(Area(f"w{way.id}", way.tags, ring, "whole" if way.complete else "closed"))
    return found, broken


def _relation_tags(relation: Relation, data: OsmData) -> tuple[Mapping[str, str], set[int]]:
    own = {key: value for key, value in relation.tags.items() if key not in ("type", "source", "created_by", "fixme")}
    if own:
        return relation.tags, set()
    outer = [ref for kind, ref, role in relation.members if kind == "w" and role != "inner" and ref in data.ways]
    for ref in outer:
        if data.ways[ref].tags:
            return {**data.ways[ref].tags, "type": "multipolygon"}, set(outer)
    return relation.tags, set()


def _same_outers(relation: Relation, data: OsmData) -> set[int]:
    """Return the outer ways that say the same as their relation: mapped twice, they count once."""
    same = set()
    for kind, ref, role in relation.members:
        way = data.ways.get(ref) if kind == "w" and role != "inner" else None
        if way is not None and any(
            key in way.tags and key in relation.tags and (way.tags[key] == relation.tags[key] or key == "building")
            for key in _MAIN_KEYS
        ):
            same.add(ref)
    return same


def _ring(xy: Floats) -> shapely.Polygon | None:
    """Return the polygon of a closed way; missing nodes are bridged by a straight line."""
    known = xy[~np.isnan(xy[:, 0])]
    if len(set(map(tuple, known.tolist()))) < 3:
        return None
    polygon = shapely.Polygon(known)
    return polygon if polygon.area > 0 or not polygon.is_valid else None


def multipolygon(relation: Relation, tags: Mapping[str, str], data: OsmData) -> Area | None:
    """Build the area of a multipolygon relation, None when nothing can be made of it."""
    outer = [data.ways.get(ref) for kind, ref, role in relation.members if kind == "w" and role != "inner"]
    inner = [data.ways.get(ref) for kind, ref, role in relation.members if kind == "w" and role == "inner"]
    cut = any(way is None or not way.complete for way in outer)
    outer_rings, outer_open = rings([way for way in outer if way is not None])
    inner_rings, inner_open = rings([way for way in inner if way is not None])
    state = "closed" if cut or outer_open else "whole"
    if outer_open and cut:
        if wide(tags):
            shores = [*outer_open, *inner_open, *outer_rings, *inner_rings]
            return Area(f"r{relation.id}", tags, shapely.MultiLineString(shores), "open")
        outer_rings += [chain for chain in outer_open if len(chain) >= 3]
    if state == "whole" and (inner_open or any(way is None or not way.complete for way in inner)):
        state = "filled"
    return _filled(relation, tags, outer_rings, inner_rings, state)


def wide(tags: Mapping[str, str]) -> bool:
    """Whether an area is a water, which is closed along the edge of the extract and not by a straight line."""
    return tags.get("natural") == "water" or tags.get("waterway") == "riverbank"


def _filled(
    relation: Relation, tags: Mapping[str, str], outer: list[Floats], inner: list[Floats], state: str
) -> Area | None:
    shells = [polygon for polygon in map(_ring, outer) if polygon is not None]
    holes = [polygon for polygon in map(_ring, inner) if polygon is not None]
    body = shapely.union_all(shapely.make_valid(np.array(shells, dtype=object))) if shells else shapely.Polygon()
    if holes:
        body = shapely.difference(body, shapely.union_all(shapely.make_valid(np.array(holes, dtype=object))))
    return None if body.is_empty else Area(f"r{relation.id}", tags, body, state)


def rings(ways: Sequence[Way]) -> tuple[list[Floats], list[Floats]]:
    """Join ways end to end by their node ids.

    Returns
    -------
    closed, open : lists of arrays, shape (n, 2) [m]
        Closed rings (first point repeated) and chains with loose ends; missing nodes break a chain.
    """
    parts = [(refs, xy) for way in ways for refs, xy in _known_runs(way)]
    closed = [xy for refs, xy in parts if refs[0] == refs[-1] and len(refs) > 3]
    loose = {i: part for i, part in enumerate(parts) if part[0][0] != part[0][-1]}
    at: dict[int, list[int]] = defaultdict(list)
    for i, (refs, _) in loose.items():
        at[int(refs[0])].append(i)
        at[int(refs[-1])].append(i)
    chains: list[Floats] = []
    while loose:
        _, (refs, xy) = loose.popitem()
        for forward in (True, False):
            while refs[0] != refs[-1]:
                node = int(refs[-1] if forward else refs[0])
                following = next((i for i in at[node] if i in loose), None)
                if following is None:
                    break
                more_refs, more_xy = loose.pop(following)
                if (more_refs[0] == node) != forward:
                    more_refs, more_xy = more_refs[::-1], more_xy[::-1]
                if forward:
                    refs, xy = np.r_[refs, more_refs[1:]], np.vstack([xy, more_xy[1:]])
                else:
                    refs, xy = np.r_[more_refs[:-1], refs], np.vstack([more_xy[:-1], xy])
        (closed if refs[0] == refs[-1] else chains).append(xy)
    return closed, chains


def _known_runs(way: Way) -> Iterable[tuple[NDArray[np.int64], Floats]]:
    """Yield the stretches of a way whose nodes are known, as (node ids, coordinates), in its direction."""
    if way.refs is None:
        return
    known = ~np.isnan(way.xy[:, 0])
    edges = np.flatnonzero(np.diff(np.r_[0, known.astype(np.int8), 0]))
    runs = [(way.refs[a:b], way.xy[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if len(runs) > 1 and way.closed and known[0] and known[-1]:
        (first_refs, first_xy), (last_refs, last_xy) = runs[0], runs.pop()
        runs[0] = (np.r_[last_refs, first_refs[1:]], np.vstack([last_xy, first_xy[1:]]))
    yield from (run for run in runs if len(run[0]) >= 2)


def sea(ways: Sequence[Way], frame: shapely.Polygon) -> tuple[list[shapely.Polygon], bool]:
    """Close the coastline against the edge of the extract: land lies left of it, the sea right.

    Parameters
    ----------
    ways : sequence of Way
        With ``natural=coastline``, directions as mapped.
    frame : Polygon [m]
        The edge of the extract.

    Returns
    -------
    sea : list of Polygon
        Empty where there is no coastline within the frame.
    sure : bool
        False where the coastline has a loose end far from the edge: the sea is then left out.
    """
    closed, chains = _directed(ways)
    lines = [shapely.LineString(xy) for xy in closed]
    reach = 0.25 * float(np.sqrt(frame.area))
    for xy in chains:
        extended = _to_edge(xy, frame, reach)
        if extended is None:
            return [], False
        lines.append(shapely.LineString(extended))
    inside = [line for line in lines if shapely.intersects(line, frame)]
    if not inside:
        return [], True
    faces = _faces(inside, frame)
    votes = np.zeros(len(faces))
    tree = shapely.STRtree(faces)
    for line in inside:
        for sign in (1.0, -1.0):
            points, weights = _beside(line, -_OFFSET * sign)
            at, face = tree.query(points, predicate="within")
            np.add.at(votes, face, sign * weights[at])
    return [face for face, vote in zip(faces, votes, strict=True) if vote > 0], True


def split_water(area: shapely.Geometry, frame: shapely.Polygon, land: Floats) -> list[shapely.Polygon]:
    """Close a water cut by the edge of the extract; on which side it lies is told by what stands on land.

    Crossing its shore always changes between land and water, so there are two answers; the one with fewer of
    the points on land in its water is taken.

    Parameters
    ----------
    area : MultiLineString [m]
        Its shores within the extract.
    frame : Polygon [m]
    land : array, shape (n, 2) [m]
        Points certainly on land (corners of buildings, ends of streets that are not bridges).
    """
    shores = [_to_edge(shapely.get_coordinates(part), frame, np.inf) for part in shapely.get_parts(area)]
    lines = [shapely.LineString(xy) for xy in shores if xy is not None]
    faces = _faces([line for line in lines if shapely.intersects(line, frame)], frame)
    if len(faces) < 2:
        return []
    colour = _two_colours(faces)
    tree = shapely.STRtree(faces)
    _, face = tree.query(shapely.points(land), predicate="within")
    on_land = np.bincount(face, minlength=len(faces)).astype(float)
    sizes = shapely.area(np.array(faces, dtype=object))
    crowd = [on_land[colour == c].sum() / max(sizes[colour == c].sum(), 1.0) for c in (0, 1)]
    water = int(np.argmin(crowd))
    return [face for face, c in zip(faces, colour, strict=True) if c == water]


def _directed(ways: Sequence[Way]) -> tuple[list[Floats], list[Floats]]:
    """Join coastline ways without turning any of them."""
    parts = [part for way in ways for part in _known_runs(way)]
    closed = [xy for refs, xy in parts if refs[0] == refs[-1]]
    loose = [(refs, xy) for refs, xy in parts if refs[0] != refs[-1]]
    by_start = {int(refs[0]): i for i, (refs, _) in enumerate(loose)}
    starts = set(by_start) - {int(refs[-1]) for refs, _ in loose}
    chains: list[Floats] = []
    done: set[int] = set()
    for first in [*sorted(starts), *sorted(by_start)]:
        at: int | None = by_start[first]
        pieces: list[Floats] = []
        while at is not None and at not in done:
            done.add(at)
            refs, xy = loose[at]
            pieces.append(xy if not pieces else xy[1:])
            at = by_start.get(int(refs[-1]))
        if pieces:
            xy = np.vstack(pieces)
            (closed if (xy[0] == xy[-1]).all() else chains).append(xy)
    return closed, chains


def _to_edge(xy: Floats, frame: shapely.Polygon, reach: float) -> Floats | None:
    """Extend loose ends inside the frame to its nearest edge, None where that is further than reach."""
    edge = frame.exterior
    for first in (True, False):
        end = shapely.Point(xy[0] if first else xy[-1])
        if not frame.contains(end):
            continue
        if edge.distance(end) > reach:
            return None
        onto = edge.interpolate(edge.project(end))
        middle = frame.centroid
        beyond = np.array([[onto.x + 1e-6 * (onto.x - middle.x), onto.y + 1e-6 * (onto.y - middle.y)]])
        xy = np.vstack([beyond, xy]) if first else np.vstack([xy, beyond])
    return xy


def _faces(lines: Sequence[shapely.LineString], frame: shapely.Polygon) -> list[shapely.Polygon]:
    noded = shapely.node(shapely.GeometryCollection([frame.exterior, *lines]))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(frame, shapely.point_on_surface(faces))
    return list(faces[inside])


def _beside(line: shapely.LineString, offset: float) -> tuple[NDArray[np.object_], Floats]:
    """Return a point beside the middle of every segment (left for a positive offset) and the segments' lengths."""
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    step, start, length = step[length > 0], xy[:-1][length > 0], length[length > 0]
    left = np.column_stack([-step[:, 1], step[:, 0]]) / length[:, None]
    return np.asarray(shapely.points(start + step / 2 + offset * left), dtype=object), length


def _two_colours(faces: Sequence[shapely.Polygon]) -> NDArray[np.int64]:
    """Colour faces 0 and 1 so that neighbours across a line differ."""
    colour = np.full(len(faces), -1)
    tree = shapely.STRtree(faces)
    a, b = tree.query(faces, predicate="intersects")
    shared = shapely.length(shapely.intersection(np.array(faces)[a], np.array(faces)[b])) > 0.01
    neighbours: dict[int, list[int]] = defaultdict(list)
    for i, j in zip(a[shared].tolist(), b[shared].tolist(), strict=True):
        if i != j:
            neighbours[i].append(j)
    for seed in range(len(faces)):
        if colour[seed] >= 0:
            continue
        colour[seed], queue = 0, [seed]
        while queue:
            face = queue.pop()
            for other in neighbours[face]:
                if colour[other] < 0:
                    colour[other] = 1 - colour[face]
                    queue.append(other)
    return colour
