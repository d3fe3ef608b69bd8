"""The walk network of OpenStreetMap: one row per link, walked both ways.

Row ids are ``w<way>-<piece>``; nodes are ``n<node>``. Over squares and other walking areas people walk straight:
the places where other paths meet the edge of an area are joined by links through it (``w<way>-x<k>``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from twin.city.osm_roads import examples
from twin.city.osm_split import Pieces, split
from twin.city.osm_streets import walkable
from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.osm_file import OsmData, Way

MOST_ENTRANCES = 40
"""An area with more entrances is crossed along its edge only."""


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
    notes: list[Note] = []
    pieces = split(ways)
    lines = pieces.lines()
    if area is not None and len(pieces):
        keep = shapely.intersects(lines, area)
        pieces, lines = pieces.subset(keep), lines[keep]
    ids = [f"w{ways[w].id}-{n}" for w, n in zip(pieces.way.tolist(), pieces.number.tolist(), strict=True)]
    owner = pieces.way.tolist()
    start, end = pieces.refs[pieces.start].tolist(), pieces.refs[pieces.end].tolist()
    across = _across(ways, pieces, notes)
    for number, (w, a, b, line) in enumerate(across):
        ids.append(f"w{ways[w].id}-x{number}")
        owner.append(w)
        start.append(a)
        end.append(b)
        lines = np.append(lines, line)
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
    return table, notes


def _across(ways: Sequence[Way], pieces: Pieces, notes: list[Note]) -> list[tuple[int, int, int, shapely.LineString]]:
    """Return the straight links through walking areas as (way, node, node, line)."""
    own: dict[int, set[int]] = defaultdict(set)
    place: dict[int, NDArray[np.float64]] = {}
    for at in (pieces.start, pieces.end):
        for way, position in zip(pieces.way.tolist(), at.tolist(), strict=True):
            ref = int(pieces.refs[position])
            own[ref].add(way)
            place[ref] = pieces.xy[position]
    links: list[tuple[int, int, int, shapely.LineString]] = []
    crowded: list[int] = []
    crossed = 0
    for number, way in enumerate(ways):
        if not (way.closed and way.tags.get("area") == "yes" and way.complete and way.refs is not None):
            continue
        doors = [ref for ref in dict.fromkeys(way.refs.tolist()) if len(own.get(ref, ())) > 1]
        if len(doors) > MOST_ENTRANCES:
            crowded.append(way.id)
            continue
        found = _through(way, doors, place)
        crossed += bool(found)
        links += [(number, a, b, line) for a, b, line in found]
    if crossed:
        message = N_("{n} squares and walking areas are crossed in straight lines between their entrances")
        notes.append(Note("assumed", message, crossed))
    if crowded:
        message = N_("{n} walking areas have so many entrances that they are walked along their edge only")
        notes.append(Note("assumed", message, len(crowded), examples=examples(f"w{i}" for i in crowded)))
    return links


def _through(
    way: Way, doors: Sequence[int], place: dict[int, NDArray[np.float64]]
) -> list[tuple[int, int, shapely.LineString]]:
    pairs = [(a, b) for i, a in enumerate(doors) for b in doors[i + 1 :]]
    polygon = shapely.Polygon(way.xy)
    if not pairs or not polygon.is_valid:
        return []
    lines = np.array([shapely.LineString([place[a], place[b]]) for a, b in pairs], dtype=object)
    inner, whole = polygon.buffer(-0.05), polygon.buffer(0.05)
    shapely.prepare(whole)
    # A link along the edge is there already; one that leaves the area is no way to walk.
    good = shapely.covers(whole, lines) & (shapely.length(shapely.intersection(lines, inner)) > 1.0)
    return [(a, b, line) for (a, b), line, keep in zip(pairs, lines, good, strict=True) if keep]
