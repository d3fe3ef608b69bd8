"""Streets: directed links between nodes, junctions with signals and banned turns, the ground they take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from demo_city import lines

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from demo_city.table import District, Floats, Way
    from twin.city.city import Terrain

CAPACITY = {"trunk": 1500, "primary": 850, "secondary": 800, "tertiary": 650, "residential": 450}
"""Vehicles per hour and lane, by kind of street."""

CLASSES = ("car", "car_electric", "truck_light", "truck_heavy", "bus", "taxi", "bicycle")
_RANK = {"trunk": 4, "primary": 3, "secondary": 2, "tertiary": 1, "residential": 0}


@dataclass(frozen=True)
class Streets:
    """The street network of the table, before it knows the terrain."""

    ways: tuple[Way, ...]
    net: lines.Network
    corridor: BaseGeometry
    bridges: BaseGeometry

    def on_ground(self) -> list[lines.Piece]:
        """Return the pieces that lie on the ground."""
        return [p for p in self.net.pieces if self.ways[p.way].level == 0]

    def runs(self) -> list[tuple[int, Floats]]:
        """Return each way's coordinates put together again from its pieces, as far as they hang together."""
        return _whole(self.net)


def lay(district: District) -> Streets:
    """Join the drawn streets to a network and find the ground they take."""
    ways = district.streets
    net = lines.network(ways)
    ground, above = [], []
    half_at: dict[int, float] = {}
    for way_index, coords in _whole(net):
        way = ways[way_index]
        line = shapely.LineString(coords)
        if way.level == 0:
            ground.append(line.buffer(way.width / 2, cap_style="flat", join_style="mitre", mitre_limit=3))
        elif way.level > 0:
            above.append(line.buffer(way.width / 2 + 5, cap_style="flat", join_style="mitre"))
    for piece in net.pieces:
        if ways[piece.way].level == 0:
            for node in (piece.start, piece.end):
                half = ways[piece.way].width / 2
                half_at[node] = min(half, half_at.get(node, half))
    discs = [shapely.Point(net.nodes[n]).buffer(half, quad_segs=4) for n, half in sorted(half_at.items())]
    return Streets(ways, net, shapely.union_all([*ground, *discs]), shapely.union_all(above))


def _whole(net: lines.Network) -> list[tuple[int, Floats]]:
    """Put the pieces of each way together again, as far as they hang together."""
    runs: list[tuple[int, Floats]] = []
    last_end = -1
    for piece in net.pieces:
        if runs and runs[-1][0] == piece.way and piece.start == last_end:
            runs[-1] = (piece.way, np.vstack([runs[-1][1], piece.coords[1:]]))
        else:
            runs.append((piece.way, piece.coords))
        last_end = piece.end
    return runs


def roads(streets: Streets, terrain: Terrain, crs: str) -> gpd.GeoDataFrame:
    """Return the table ``roads``: one row per direction of travel.

    ``gradient`` is the rise from the first to the last node [%], positive uphill; bridges and tunnels run
    straight between their ends.
    """
    rows, shapes = [], []
    heights = terrain.sample(streets.net.nodes[:, 0], streets.net.nodes[:, 1])
    for number, piece in enumerate(streets.net.pieces):
        way = streets.ways[piece.way]
        line = shapely.LineString(np.round(piece.coords, 2))
        rise = float(heights[piece.end] - heights[piece.start])
        for side in (0, 1) if not way.oneway else (0,):
            a, b = (piece.start, piece.end) if side == 0 else (piece.end, piece.start)
            rows.append(
                {
                    "id": f"r{number:03d}{'ab'[side]}",
                    "name": way.name,
                    "kind": way.kind,
                    "from_node": f"n{a:03d}",
                    "to_node": f"n{b:03d}",
                    "oneway": way.oneway,
                    "lanes": way.lanes,
                    "speed": way.speed,
                    "capacity": CAPACITY[way.kind] * way.lanes,
                    "surface": "sett" if way.width <= 12 and way.level == 0 else "asphalt",
                    "gradient": round((rise if side == 0 else -rise) / line.length * 100, 2),
                    "length": round(line.length, 2),
                    "level": way.level,
                    "bridge": way.level > 0,
                    "tunnel": way.level < 0,
                    "allowed": ",".join(_allowed(way)),
                }
            )
            shapes.append(line if side == 0 else line.reverse())
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs)


def _allowed(way: Way) -> list[str]:
    """Vehicle classes that may use a street: no bicycles on motorways, nothing heavy in the narrowest lanes."""
    barred = {"bicycle"} if way.kind == "trunk" else {"truck_heavy", "bus"} if way.width < 10 else set()
    return [name for name in CLASSES if name not in barred]


def junctions(streets: Streets, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the nodes where three or more streets meet, with signals at main streets and some banned turns."""
    arms: dict[str, list[int]] = {}
    for i, (a, b) in enumerate(zip(table["from_node"], table["to_node"], strict=True)):
        arms.setdefault(a, []).append(i)
        arms.setdefault(b, []).append(i)
    kinds, names, way_no = table["kind"].to_numpy(), table["name"].to_numpy(), table["id"].str[1:4].to_numpy()
    rows, shapes = [], []
    for node in sorted(arms):
        meeting = {way_no[i]: i for i in arms[node]}
        if len(meeting) < 3:
            continue
        ranks = sorted((_RANK[kinds[i]] for i in meeting.values()), reverse=True)
        streets_here = {names[i] for i in meeting.values()}
        kind = "signal" if ranks[0] >= 2 and ranks[2] >= 1 and len(streets_here) > 1 else "priority"
        if ranks[0] >= 2 and len(meeting) >= 4:
            kind = "signal"
        if names[arms[node][0]] in ("Gullmarsvägen", "Nynäsvägen") and ranks[0] == 4 and len(meeting) == 3:
            kind = "roundabout"
        bans = _banned(table, arms[node], node) if kind == "signal" else ""
        rows.append({"id": f"j{node[1:]}", "node": node, "kind": kind, "banned_turns": bans})
        shapes.append(shapely.Point(streets.net.nodes[int(node[1:])]))
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=table.crs)


BANNED = {
    ("Hornsgatan", "Ringvägen"),
    ("Götgatan", "Folkungagatan"),
    ("Hornsgatan", "Torkel Knutssonsgatan"),
    ("Ringvägen", "Götgatan"),
    ("Ringvägen", "Rosenlundsgatan"),
}
"""Left turns that are not allowed, from street to street."""


def _banned(table: gpd.GeoDataFrame, arms: list[int], node: str) -> str:
    """List left turns that are not allowed as ``"r001a>r002b; …"`` (from link, to link)."""
    bans = []
    into = [i for i in arms if table["to_node"].iloc[i] == node]
    out = [i for i in arms if table["from_node"].iloc[i] == node]
    for i in into:
        for j in out:
            if (table["name"].iloc[i], table["name"].iloc[j]) not in BANNED:
                continue
            p, q = np.asarray(table.geometry.iloc[i].coords), np.asarray(table.geometry.iloc[j].coords)
            before, after = p[-1] - p[-2], q[1] - q[0]
            turn = math.atan2(before[0] * after[1] - before[1] * after[0], float(before @ after))
            if turn > math.radians(45):
                bans.append(f"{table['id'].iloc[i]}>{table['id'].iloc[j]}")
    return "; ".join(bans)
