"""A new link tied into a network: its ends snap to a node, or split the link they meet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from twin.scenario.tables import PIECE, appended, kept

if TYPE_CHECKING:
    import pandas as pd

NODE_REACH = 1.0
"""An end closer than this to a node along the link takes the node and splits nothing [m]."""


@dataclass(frozen=True)
class Snap:
    """Where an end meets the network: row of the table, distance along its line, or its node, and how far off."""

    row: int
    along: float
    node: str
    point: tuple[float, float]
    distance: float


@dataclass(frozen=True)
class Tie:
    """A new link's ends after they were tied in.

    ``frame`` is the table with the links it split; ``removed`` and ``added`` are the ids of those links and their
    pieces; ``nodes`` and ``points`` are where the link begins and ends; ``loose`` names the ends (0, 1) that met
    nothing.
    """

    frame: pd.DataFrame
    nodes: tuple[str, str]
    points: tuple[tuple[float, float], ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    loose: tuple[int, ...]


def snap(frame: pd.DataFrame, point: tuple[float, float], tolerance: float) -> Snap | None:
    """Return where a point meets the nearest link within ``tolerance`` [m]; ties go to the lower id."""
    if not len(frame):
        return None
    at = shapely.Point(point)
    rows = np.sort(frame.sindex.query(at, predicate="dwithin", distance=tolerance))
    if not len(rows):
        return None
    lines = frame.geometry.to_numpy()
    names = frame["id"].to_numpy(object)
    row = min(rows, key=lambda r: (shapely.distance(lines[r], at), names[r]))
    line = lines[row]
    length, along = line.length, shapely.line_locate_point(line, at)
    node = ""
    if min(along, length - along) <= NODE_REACH:
        first = along <= length - along
        node = str(frame["from_node" if first else "to_node"].iloc[row]) or _unnamed(line, first)
        along = 0.0 if first else length
    met = shapely.line_interpolate_point(line, along)
    return Snap(int(row), float(along), node, (met.x, met.y), float(shapely.distance(line, at)))


def _unnamed(line: Any, first: bool) -> str:
    """Return what models call a node that has no name: its place to the centimetre."""
    x, y = np.round(shapely.get_coordinates(shapely.get_point(line, 0 if first else -1))[0], 2)
    return f"@{x:.2f},{y:.2f}"


def tie(frame: pd.DataFrame, line: tuple[tuple[float, float], ...], tolerance: float, name: str, twins: bool) -> Tie:
    """Tie the two ends of a new link into a network.

    Parameters
    ----------
    frame : DataFrame
        ``roads`` or ``paths``.
    line : tuple of points [m]
        The new link as it was drawn.
    tolerance : float [m]
        How far an end may be from the network.
    name : str
        Id of the new link; ids of new nodes and pieces are derived from it.
    twins : bool
        Whether a link of the other direction along the same line is split with it.
    """
    found = [snap(frame, point, tolerance) for point in (line[0], line[-1])]
    cuts: dict[int, list[tuple[float, str]]] = {}
    nodes, points = [], list(line)
    for end, met in enumerate(found):
        nodes.append(f"{name}@{end}" if met is None or not met.node else met.node)
        if met is None:
            continue
        points[-end] = met.point
        near = [node for along, node in cuts.get(met.row, ()) if abs(along - met.along) <= NODE_REACH]
        if near:  # both ends meet one link at one place
            nodes[end] = near[0]
        elif not met.node:
            for row, along in _rows_cut(frame, met, twins):
                cuts.setdefault(row, []).append((along, nodes[end]))
    pieces = [piece for row, at in sorted(cuts.items()) for piece in _pieces(frame, row, sorted(at), name)]
    names = frame["id"].to_numpy(object)
    removed = tuple(str(names[row]) for row in sorted(cuts))
    if pieces:
        mask = np.ones(len(frame), dtype=bool)
        mask[list(cuts)] = False
        frame = appended(kept(frame, mask), _frame_of(frame, pieces))
    loose = tuple(end for end, met in enumerate(found) if met is None)
    added = tuple(str(piece["id"]) for piece in pieces)
    return Tie(frame, (nodes[0], nodes[1]), tuple(points), removed, added, loose)


def _rows_cut(frame: pd.DataFrame, met: Snap, twins: bool) -> list[tuple[int, float]]:
    cut = [(met.row, met.along)]
    if not twins:
        return cut
    row = frame.iloc[met.row]
    other = (frame["from_node"] == row["to_node"]) & (frame["to_node"] == row["from_node"])
    point = shapely.Point(met.point)
    for i in np.flatnonzero(other.to_numpy()):
        line = frame.geometry.iloc[i]
        along = float(shapely.line_locate_point(line, point))
        if shapely.distance(line, point) < NODE_REACH and NODE_REACH < along < line.length - NODE_REACH:
            cut.append((int(i), along))
    return cut


def _pieces(frame: pd.DataFrame, row: int, cuts: list[tuple[float, str]], name: str) -> list[dict[str, Any]]:
    """Return the rows a link becomes; their lengths make up the whole link's length."""
    whole: dict[str, Any] = {str(name): value for name, value in frame.iloc[row].items()}
    line, total = whole["geometry"], float(whole["length"])
    stops = [0.0, *(along for along, _ in cuts), line.length]
    nodes = [whole["from_node"], *(node for _, node in cuts), whole["to_node"]]
    lengths = [total * (b - a) / line.length for a, b in pairwise(stops)]
    lengths[-1] = total - sum(lengths[:-1])
    tag = name.rsplit("-", 1)[-1][-6:]
    return [
        {
            **whole,
            "id": f"{whole['id']}{PIECE}{tag}.{i}",
            "from_node": nodes[i],
            "to_node": nodes[i + 1],
            "length": lengths[i],
            "geometry": substring(line, stops[i], stops[i + 1]),
        }
        for i in range(len(lengths))
    ]


def _frame_of(frame: pd.DataFrame, pieces: list[dict[str, Any]]) -> pd.DataFrame:
    import geopandas as gpd

    from twin.city import schema

    table = "roads" if "aadt" in frame else "paths"
    return schema.conform(table, gpd.GeoDataFrame(pieces, geometry="geometry", crs=frame.crs), None)
