"""Junctions of the road network: how they are controlled and which turns are forbidden.

Signals, stop and give-way signs are often mapped on the approach, not on the junction: they are moved along
the street to the junction they control. ``banned_turns`` lists forbidden pairs of road rows as
``<from row>><to row>``, separated by ``; ``; where a ban spares some vehicle classes, the classes it holds for
follow a slash: ``w1-0f>w2-0b/car,truck``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from twin.city.osm_roads import RoadNetwork, examples
from twin.city.osm_streets import CLASSES
from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twin.city.osm_file import Node, OsmData

APPROACH = 60.0
"""How far from a junction [m] a signal or sign still belongs to it; assumption."""
_RANK = {"signal": 5, "roundabout": 4, "mini_roundabout": 3, "stop_sign": 2, "give_way": 1}
_CONTROL = {
    "traffic_signals": "signal", "mini_roundabout": "mini_roundabout", "stop": "stop_sign", "give_way": "give_way",
}  # fmt: skip
_EXCEPT = {
    "motorcar": {"car"}, "psv": {"bus", "taxi"}, "bus": {"bus"}, "taxi": {"taxi"}, "hgv": {"truck"},
    "bicycle": {"bicycle"}, "motor_vehicle": {"car", "truck", "bus", "taxi"},
}  # fmt: skip


class Ends:
    """Which pieces end at which node, and how far along a piece its vertices lie."""

    def __init__(self, network: RoadNetwork, controls: Iterable[int]) -> None:
        pieces = network.pieces
        self.pieces = pieces
        self.inside: dict[int, list[int]] = defaultdict(list)
        for position in np.flatnonzero(np.isin(pieces.refs, np.fromiter(controls, np.int64))).tolist():
            self.inside[int(pieces.refs[position])].append(position)
        self.at: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        starts, ends = pieces.refs[pieces.start].tolist(), pieces.refs[pieces.end].tolist()
        for piece, (a, b) in enumerate(zip(starts, ends, strict=True)):
            self.at[a].append((piece, True))
            self.at[b].append((piece, False))
        self.ends = list(zip(starts, ends, strict=True))

    def degree(self, ref: int) -> int:
        """Return how many pieces end at a node."""
        return len(self.at.get(ref, ()))

    def length(self, piece: int) -> float:
        """Return the length of a piece [m]."""
        xy = self.pieces.xy[self.pieces.start[piece] : self.pieces.end[piece] + 1]
        return float(np.hypot(*np.diff(xy, axis=0).T).sum())

    def to_junction(self, piece: int, towards_end: bool, distance: float) -> tuple[int, float] | None:
        """Walk on through nodes of two streets to the next junction: its node and distance, None when too far."""
        seen = {piece}
        while distance <= APPROACH:
            node = self.ends[piece][1 if towards_end else 0]
            if self.degree(node) > 2:
                return node, distance
            onward = [(other, first) for other, first in self.at[node] if other not in seen]
            if len(onward) != 1:
                return None
            piece, towards_end = onward[0]
            seen.add(piece)
            distance += self.length(piece)
        return None


def junction_table(data: OsmData, network: RoadNetwork, crs: str) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the junctions: one row per node at which road links begin or end.

    Kinds are ``signal``, ``roundabout``, ``mini_roundabout``, ``stop_sign``, ``give_way``, ``priority`` (three or more
    streets without any of these), ``end`` (a dead end), and "" (two links of one street).

    Returns
    -------
    table : GeoDataFrame
    notes : list of Note
    """
    ends = Ends(network, (node.id for node in data.nodes.values() if node.tags.get("highway") in _CONTROL))
    notes: list[Note] = []
    kinds = _controls(data, network, ends, notes)
    banned = _banned_turns(data, network, notes)
    pieces = network.pieces
    positions = {ref: int(at) for ref, at in zip(pieces.refs[pieces.start].tolist(), pieces.start, strict=True)}
    positions |= {ref: int(at) for ref, at in zip(pieces.refs[pieces.end].tolist(), pieces.end, strict=True)}
    refs = sorted(positions, key=lambda ref: positions[ref])
    names = [pieces.name(ref) for ref in refs]
    plain = {1: "end", 2: ""}
    table = gpd.GeoDataFrame(
        {
            "id": names,
            "node": names,
            "kind": [kinds.get(ref) or plain.get(ends.degree(ref), "priority") for ref in refs],
            "banned_turns": ["; ".join(sorted(banned.get(name, ()))) for name in names],
        },
        geometry=shapely.points(pieces.xy[[positions[ref] for ref in refs]].reshape(-1, 2)),
        crs=crs,
    )
    return table, notes


def _controls(data: OsmData, network: RoadNetwork, ends: Ends, notes: list[Note]) -> dict[int, str]:
    """Return the control of junctions by node; the strongest wins."""
    kinds: dict[int, str] = {}

    def put(ref: int, kind: str) -> None:
        if _RANK[kind] > _RANK.get(kinds.get(ref, ""), 0):
            kinds[ref] = kind

    for piece, way in enumerate(network.pieces.way.tolist()):
        if network.ways[way].tags.get("junction") in ("roundabout", "circular"):
            for ref in ends.ends[piece]:
                put(ref, "roundabout")
    lost: list[int] = []
    for node in data.nodes.values():
        kind = _CONTROL.get(node.tags.get("highway", ""), "")
        ref = _controlled(node, network, ends) if kind else None
        if ref is not None:
            put(ref, kind)
        elif kind == "signal":
            lost.append(node.id)
    if lost:
        message = N_("{n} traffic signals stand away from any junction of roads and were left out")
        notes.append(Note("skipped", message, len(lost), examples=examples(f"n{i}" for i in lost)))
    return kinds


def _controlled(node: Node, network: RoadNetwork, ends: Ends) -> int | None:
    """Return the junction that a signal or sign controls, None when there is none near."""
    if ends.degree(node.id) > 2:
        return node.id
    found = min(_reachable(node, network, ends), key=lambda item: item[1], default=None)
    if found is not None:
        return found[0]
    return node.id if ends.at.get(node.id) else None


def _reachable(node: Node, network: RoadNetwork, ends: Ends) -> Iterator[tuple[int, float]]:
    """Yield the junctions a signal or sign on a street can belong to, with their distances."""
    pieces = ends.pieces
    facing = node.tags.get("traffic_signals:direction") or node.tags.get("direction", "")
    for piece, offset in _positions(node.id, network, ends):
        street = network.streets[int(pieces.way[piece])]
        total = ends.length(piece)
        onward = facing != "backward" and street.forward is not None
        back = facing != "forward" and street.backward is not None
        if onward and offset < total:
            found = ends.to_junction(piece, True, total - offset)
            if found:
                yield found
        if back and offset > 0:
            found = ends.to_junction(piece, False, offset)
            if found:
                yield found


def _positions(ref: int, network: RoadNetwork, ends: Ends) -> Iterator[tuple[int, float]]:
    pieces = network.pieces
    if ref in ends.at:
        for piece, first in ends.at[ref]:
            yield piece, 0.0 if first else ends.length(piece)
        return
    for position in ends.inside[ref]:
        piece = int(np.searchsorted(pieces.start, position, side="right")) - 1
        if piece >= 0 and position <= pieces.end[piece]:
            xy = pieces.xy[pieces.start[piece] : position + 1]
            yield piece, float(np.hypot(*np.diff(xy, axis=0).T).sum())


def _banned_turns(data: OsmData, network: RoadNetwork, notes: list[Note]) -> dict[str, set[str]]:
    index = _Rows(network)
    banned: dict[str, set[str]] = defaultdict(set)
    complex_ones, unknown = [], []
    for relation in data.relations.values():
        if relation.tags.get("type") != "restriction":
            continue
        rule, spared = _rule(relation.tags)
        if not rule:
            continue
        roles = defaultdict(list)
        for kind, ref, role in relation.members:
            roles[role, kind].append(ref)
        if roles["via", "w"] or len(roles["via", "n"]) != 1:
            complex_ones.append(relation.id)
            continue
        via = f"n{roles['via', 'n'][0]}"
        pairs = [
            pair
            for start in roles["from", "w"]
            for end in roles["to", "w"]
            for pair in index.pairs(rule, start, via, end)
        ]
        if not pairs:
            unknown.append(relation.id)
        suffix = "" if len(spared) == len(CLASSES) else "/" + ",".join(spared)
        banned[via].update(f"{a}>{b}{suffix}" for a, b in pairs)
    for ids, message in (
        (complex_ones, N_("{n} turn restrictions run over a stretch of road, not one junction; they were left out")),
        (unknown, N_("{n} turn restrictions concern roads that are not in the network; they were left out")),
    ):
        if ids:
            notes.append(Note("skipped", message, len(ids), examples=examples(f"r{i}" for i in ids)))
    return banned


def _rule(tags: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the restriction, e.g. ``no_left_turn``, and the classes it binds."""
    bound = set(CLASSES)
    rule = tags.get("restriction", "")
    if not rule:
        bound = set()
        for key, value in tags.items():
            name = key.removeprefix("restriction:")
            if name != key and name in _EXCEPT:
                rule = value
                bound |= _EXCEPT[name]
    for name in tags.get("except", "").split(";"):
        bound -= _EXCEPT.get(name.strip(), set())
    known = rule.startswith(("no_", "only_")) and bool(bound)
    return (rule if known else ""), [name for name in CLASSES if name in bound]


class _Rows:
    """Road rows by way and node, for finding the two rows of a turn."""

    def __init__(self, network: RoadNetwork) -> None:
        table = network.table
        self.ids = table["id"].tolist()
        self.piece = network.piece.tolist()
        self.way = [network.ways[w].id for w in network.pieces.way[network.piece].tolist()]
        self.arriving: dict[str, list[int]] = defaultdict(list)
        self.leaving: dict[str, list[int]] = defaultdict(list)
        for row, (a, b) in enumerate(zip(table["from_node"], table["to_node"], strict=True)):
            self.leaving[a].append(row)
            self.arriving[b].append(row)
        self.lines = table.geometry.to_numpy()

    def pairs(self, rule: str, start: int, via: str, end: int) -> list[tuple[str, str]]:
        """Return the banned (from row, to row) of a restriction at a node."""
        ins = [row for row in self.arriving[via] if self.way[row] == start]
        outs = [row for row in self.leaving[via] if self.way[row] == end]
        wanted = rule.partition("_")[2]
        found = [(a, b) for a in ins for b in outs if (self.piece[a] == self.piece[b]) == (wanted == "u_turn")]
        if wanted == "u_turn" and not found:
            found = [(a, b) for a in ins for b in outs if abs(self.angle(a, b)) > 120]
        elif len(found) > 1:
            found = [pair for pair in found if self.fits(wanted, *pair)] or found
        if rule.startswith("only_"):
            kept = set(found)
            found = [(a, b) for a, _ in found for b in self.leaving[via] if (a, b) not in kept]
        return [(self.ids[a], self.ids[b]) for a, b in dict.fromkeys(found)]

    def angle(self, a: int, b: int) -> float:
        """Return the turn from row a into row b [degrees], left positive."""
        before, after = shapely.get_coordinates(self.lines[a])[-2:], shapely.get_coordinates(self.lines[b])[:2]
        u, v = before[1] - before[0], after[1] - after[0]
        return math.degrees(math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1]))

    def fits(self, wanted: str, a: int, b: int) -> bool:
        """Whether a turn is what the restriction calls it."""
        angle = self.angle(a, b)
        return {
            "left_turn": 20 < angle < 175,
            "right_turn": -175 < angle < -20,
            "straight_on": abs(angle) < 60,
        }.get(wanted, True)
