"""Drivable roads of OpenStreetMap as a directed network: one row per link and direction.

Row ids are ``w<way>-<piece>f`` along the way and ``…b`` against it; nodes are ``n<node>`` (``n<node>.2`` behind a
bollard). Both directions of a street are rows of their own; ``oneway`` says that general traffic has only one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.city import osm_streets, schema
from twin.city.osm_file import ROAD
from twin.city.osm_split import Pieces, split
from twin.city.osm_tags import metres
from twin.city.reading import Note
from twin.text import N_, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from twin.city.osm_file import OsmData, Way

EXAMPLES = 5

_POSTS = {
    "bollard",
    "block",
    "jersey_barrier",
    "log",
    "debris",
    "planter",
    "chain",
    "cycle_barrier",
    "height_restrictor",
}
_GATES = {"gate", "lift_gate", "swing_gate", "sliding_gate", "hampshire_gate", "barrier_board", "entrance"}
_SHUT = {"no", "private"}
_PASS = {"yes", "designated", "permissive", "destination", "delivery"}
_UNBUILT = {"construction", "proposed", "planned", "abandoned", "razed", "disused"}


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Road links with what they were made of.

    ``table`` has the rows of ``roads``; ``piece`` and ``forward`` say, row by row, which piece it is and
    whether it runs along its way.
    """

    ways: tuple[Way, ...]
    streets: tuple[osm_streets.Street, ...]
    pieces: Pieces
    table: gpd.GeoDataFrame
    piece: NDArray[np.int64]
    forward: NDArray[np.bool_]
    notes: tuple[Note, ...] = field(default=())


def examples(ids: Iterable[object]) -> tuple[str, ...]:
    """Return the first few ids as text."""
    return tuple(str(item) for item, _ in zip(ids, range(EXAMPLES), strict=False))


def road_network(data: OsmData, crs: str, area: shapely.Geometry | None) -> RoadNetwork:
    """Build the directed road network.

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
    RoadNetwork
    """
    notes: list[Note] = []
    ways, kinds, streets = _streets(data, notes)
    closures = _closures(data, ways, notes)
    pieces = split(ways, closures, data.beyond.get(ROAD, ()))
    lines = pieces.lines()
    if area is not None and len(pieces):
        keep = shapely.intersects(lines, area)
        pieces, lines = pieces.subset(keep), lines[keep]
    sides = [(streets[way].forward is not None, streets[way].backward is not None) for way in pieces.way.tolist()]
    there = np.array(sides, dtype=bool).reshape(-1, 2)
    piece, side = np.nonzero(there)
    forward = side == 0
    table = _table(pieces, lines, (ways, kinds, streets), piece, forward)
    table = gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
    network = RoadNetwork(tuple(ways), tuple(streets), pieces, table, piece, forward)
    notes += _assumptions(network) + _connected(table)
    return RoadNetwork(tuple(ways), tuple(streets), pieces, table, piece, forward, tuple(notes))


def _streets(data: OsmData, notes: list[Note]) -> tuple[list[Way], list[str], list[osm_streets.Street]]:
    ways, kinds, streets = [], [], []
    closed, small, unbuilt = [], [], []
    for way in data.ways.values():
        if way.tags.get("highway", "") in _UNBUILT:
            unbuilt.append(way.id)
        kind = osm_streets.road_class(way.tags)
        if not kind:
            if way.tags.get("highway") == "service":
                small.append(way.id)
            continue
        street = osm_streets.street(way.tags, kind)
        if street.forward is None and street.backward is None:
            closed.append(way.id)
            continue
        ways.append(way)
        kinds.append(kind)
        streets.append(street)
    for ids, message in (
        (closed, N_("{n} roads are closed to all vehicles (private or barred) and were left out of the road network")),
        (small, N_("{n} driveways and aisles of car parks were left out of the road network")),
        (unbuilt, N_("{n} streets are planned, under construction or disused and were left out")),
    ):
        if ids:
            notes.append(Note("skipped", message, len(ids), examples=examples(f"w{i}" for i in ids)))
    return ways, kinds, streets


def _closures(data: OsmData, ways: Sequence[Way], notes: list[Note]) -> list[int]:
    """Return the nodes with a post or closed gate in a street (not where a footway meets it)."""
    candidates = {node.id for node in data.nodes.values() if _shut(node.tags)}
    if not candidates:
        return []
    on_road: Counter[int] = Counter()
    for way in ways:
        for ref in candidates.intersection(() if way.refs is None else way.refs.tolist()):
            ends = way.refs is not None and ref in (way.refs[0], way.refs[-1])
            on_road[ref] += 1 if ends else 2
    roads = {way.id for way in ways}
    beside: set[int] = set()
    for way in data.ways.values():
        if way.id not in roads and "highway" in way.tags and way.refs is not None:
            beside.update(candidates.intersection(way.refs.tolist()))
    closed = sorted(ref for ref, ends in on_road.items() if ends == 2 and ref not in beside)
    if closed:
        message = N_("{n} streets are cut by bollards or closed gates")
        notes.append(Note("assumed", message, len(closed), examples=examples(f"n{i}" for i in closed)))
    return closed


def _shut(tags: Mapping[str, str]) -> bool:
    kind = tags.get("barrier", "")
    if kind not in _POSTS and kind not in _GATES:
        return False
    words = [tags[key] for key in ("motorcar", "motor_vehicle", "vehicle", "bus", "psv", "access") if key in tags]
    if any(word in _PASS for word in words):
        return False
    if kind == "height_restrictor":
        return False
    return kind in _POSTS or any(word in _SHUT for word in words)


def level(tags: Mapping[str, str]) -> float:
    """Return the mapped level (layer), else 1 for a bridge, -1 for a tunnel, 0."""
    mapped = metres(tags.get("layer", ""))
    if not np.isnan(mapped):
        return mapped
    if tags.get("bridge", "no") != "no":
        return 1.0
    return -1.0 if tags.get("tunnel", "no") not in ("no", "building_passage") else 0.0


def _gradient(tags: Mapping[str, str]) -> float:
    text = tags.get("incline", "").replace(" ", "").replace(",", ".")
    try:
        if text.endswith("%"):
            value = float(text[:-1])
        elif text.endswith("°"):
            value = float(100 * np.tan(np.radians(float(text[:-1]))))
        else:
            return float("nan")
    except ValueError:
        return float("nan")
    return value if abs(value) <= 40 else float("nan")


def _table(
    pieces: Pieces,
    lines: NDArray[np.object_],
    what: tuple[Sequence[Way], Sequence[str], Sequence[osm_streets.Street]],
    piece: NDArray[np.int64],
    forward: NDArray[np.bool_],
) -> pd.DataFrame:
    ways, kinds, streets = what
    way = pieces.way[piece]
    start = [pieces.name(ref) for ref in pieces.refs[pieces.start[piece]].tolist()]
    end = [pieces.name(ref) for ref in pieces.refs[pieces.end[piece]].tolist()]
    sides = [
        streets[w].forward if along else streets[w].backward
        for w, along in zip(way.tolist(), forward.tolist(), strict=True)
    ]
    tags = [ways[w].tags for w in way.tolist()]
    slope = np.array([_gradient(t) for t in tags], dtype=float)
    geometry = np.where(forward, lines[piece], shapely.reverse(lines[piece]))
    return pd.DataFrame(
        {
            "id": [
                f"w{ways[w].id}-{n}{'f' if along else 'b'}"
                for w, n, along in zip(way.tolist(), pieces.number[piece].tolist(), forward.tolist(), strict=True)
            ],
            "name": [t.get("name", "") or t.get("ref", "") for t in tags],
            "kind": [kinds[w] for w in way.tolist()],
            "from_node": [a if along else b for a, b, along in zip(start, end, forward, strict=True)],
            "to_node": [b if along else a for a, b, along in zip(start, end, forward, strict=True)],
            "oneway": [streets[w].oneway for w in way.tolist()],
            "lanes": [side.lanes for side in sides if side],
            "speed": [side.speed for side in sides if side],
            "capacity": [side.capacity for side in sides if side],
            "surface": [t.get("surface", "").split(";")[0] for t in tags],
            "gradient": np.where(forward, slope, -slope),
            "length": shapely.length(geometry),
            "level": [level(t) for t in tags],
            "bridge": [t.get("bridge", "no") != "no" for t in tags],
            "tunnel": [t.get("tunnel", "no") != "no" for t in tags],
            "allowed": [",".join(side.allowed) for side in sides if side],
            "geometry": geometry,
        }
    )


def _assumptions(network: RoadNetwork) -> list[Note]:
    lanes = [
        network.streets[w].forward if along else network.streets[w].backward
        for w, along in zip(network.pieces.way[network.piece].tolist(), network.forward.tolist(), strict=True)
    ]
    no_speed = sum(lane is not None and lane.speed_assumed for lane in lanes)
    no_lanes = sum(lane is not None and lane.lanes_assumed for lane in lanes)
    notes = []
    if no_speed:
        kinds = sorted(set(network.table["kind"]) & set(osm_streets.SPEEDS))
        values = Words(tuple((schema.word(kind, "roads"), float(osm_streets.SPEEDS[kind])) for kind in kinds))
        message = N_("{n} road links have no speed limit mapped; assumed by class [km/h]: {values}")
        notes.append(Note("assumed", message, no_speed, {"values": values}))
    if no_lanes:
        message = N_("{n} road links have no number of lanes mapped; one per direction assumed, two on motorways")
        notes.append(Note("assumed", message, no_lanes))
    if lanes:
        message = N_(
            "{n} road links got their capacity by class and lanes (MATSim's defaults: {low:.0f}–{high:.0f} vehicles per"
            " hour and lane)"
        )
        bounds = {"low": min(osm_streets.CAPACITIES.values()), "high": max(osm_streets.CAPACITIES.values())}
        notes.append(Note("assumed", message, len(lanes), bounds))
    return notes


def _connected(table: gpd.GeoDataFrame) -> list[Note]:
    """Say which share of the network cars can reach and leave again."""
    cars = table[table["allowed"].str.split(",").map(lambda names: "car" in names)] if len(table) else table
    if not len(cars):
        return []
    nodes, codes = np.unique(np.r_[cars["from_node"].to_numpy(), cars["to_node"].to_numpy()], return_inverse=True)
    a, b = codes[: len(cars)], codes[len(cars) :]
    graph = coo_array((np.ones(len(cars)), (a, b)), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=True, connection="strong")
    length = cars["length"].to_numpy()
    inside = label[a] == label[b]
    share = np.bincount(label[a][inside], weights=length[inside], minlength=int(label.max()) + 1)
    largest = int(share.argmax())
    outside = ~(inside & (label[a] == largest))
    if not outside.any():
        return []
    message = N_(
        "{n} road links cannot be both reached and left by car within the extract; the largest connected part holds"
        " {share:.1f} % of the road length"
    )
    percent = 100 * float(share[largest]) / float(length.sum())
    return [Note("problem", message, int(outside.sum()), {"share": percent}, examples(cars["id"][outside]))]
