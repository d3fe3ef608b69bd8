"""Counts of traffic put on the streets they were made on: by OpenStreetMap way, by name, or by place and direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

NEAR = 15.0
"""How far the middle of a counted stretch may lie from the link it is put on [m]."""
ALIKE = 30.0
"""How much the two may differ in direction [degrees]."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The City with counts on its streets, how many of them found one, what is to be said, rows that found none."""

    city: City
    found: int
    links: int
    notes: tuple[Note, ...]
    lost: tuple[int, ...] = ()


def with_counts(
    city: City, lines: NDArray[np.object_], amount: NDArray[np.float64], both: NDArray[np.bool_],
    names: NDArray[np.object_] | None = None, ways: NDArray[np.object_] | None = None, source: str = "",
) -> Placed:  # fmt: skip
    """Return a City whose ``roads.aadt`` holds counts.

    Parameters
    ----------
    city : City
    lines : array of LineString or Point, shape (n,) [m]
        Where was counted, in the City's system, drawn in the direction counted. A point has no direction: by direction
        it counts on one-way streets only.
    amount : array, shape (n,) [veh/day]
    both : array of bool, shape (n,)
        Whether it is the sum of both directions; it is halved on streets with two, and gives way to counts by
        direction.
    names, ways : array of str, shape (n,), optional
        Street names, which may go on after the street's («Hornsgatan, at number 108»), and ids of OpenStreetMap ways.
    source : str
        ``source_id`` set on the links counted, "" to leave theirs.

    Returns
    -------
    Placed
        Where several counts meet on a link the one nearest to its middle stays.
    """
    roads = city.roads
    links = roads.geometry.to_numpy()
    open_ = ~roads["allowed"].isin(("bicycle", "none", "bus", "bus,taxi", "bus,taxi,bicycle")).to_numpy(bool)
    value, off = np.full(len(roads), np.nan), np.full(len(roads), np.inf)
    rank = np.zeros(len(roads), dtype=int)
    own = roads["id"].astype(str).str.extract(r"^w(\d+)-", expand=False).fillna("").to_numpy(object)
    road_names = roads["name"].astype(str).str.casefold().to_numpy(object)
    dots = shapely.get_type_id(lines) == shapely.GeometryType.POINT
    middles = np.array(lines, dtype=object)
    middles[~dots] = shapely.line_interpolate_point(middles[~dots], 0.5, normalized=True)
    one, link = shapely.STRtree(links).query(middles, predicate="dwithin", distance=NEAR)
    found: set[int] = set()
    a, b = roads["from_node"].to_numpy(object), roads["to_node"].to_numpy(object)
    two_way = pd.MultiIndex.from_arrays([a, b]).isin(pd.MultiIndex.from_arrays([b[open_], a[open_]]))
    for k, row in zip(one.tolist(), link.tolist(), strict=True):
        turn = 0.0 if dots[k] else _turn(lines[k], links[row], middles[k])
        along = turn <= ALIKE or (both[k] and turn >= 180.0 - ALIKE)
        along = along and not (dots[k] and not both[k] and two_way[row])
        same_way = ways is not None and bool(ways[k]) and own[row] == ways[k]
        same_name = names is not None and bool(names[k]) and _same(str(names[k]), road_names[row])
        if not open_[row] or not along or not (same_way or same_name or (names is None and ways is None)):
            continue
        quality = (0 if both[k] else 2) + int(same_way)
        distance = float(shapely.distance(middles[k], shapely.line_interpolate_point(links[row], 0.5, normalized=True)))
        if (quality, -distance) > (rank[row], -off[row]):
            value[row] = amount[k] / (2.0 if both[k] and two_way[row] else 1.0)
            rank[row], off[row] = quality, distance
        found.add(k)
    counted = np.isfinite(value)
    frame = roads.assign(aadt=np.where(counted, value, roads["aadt"]))
    if source:
        frame = frame.assign(source_id=np.where(counted, source, roads["source_id"]))
    notes = []
    if len(lines) > len(found):
        message = N_("{n} counts lie on no street of this city and were left out")
        notes.append(Note("skipped", message, len(lines) - len(found)))
    lost = tuple(k for k in range(len(lines)) if k not in found)
    return Placed(city.replaced(roads=frame), len(found), int(counted.sum()), tuple(notes), lost)


def _same(name: str, street: str) -> bool:
    """Say whether a count's name is that of a street, or begins with it."""
    plain = name.casefold()
    return bool(street) and plain.startswith(street) and not plain[len(street) : len(street) + 1].isalnum()


def _turn(line: shapely.LineString, link: shapely.LineString, at: shapely.Point) -> float:
    """Return the angle between two lines near a place, 0–180 degrees."""
    steps = []
    for one in (line, link):
        along = shapely.line_locate_point(one, at)
        first = shapely.line_interpolate_point(one, max(along - 10.0, 0.0))
        last = shapely.line_interpolate_point(one, min(along + 10.0, one.length))
        steps.append((last.x - first.x, last.y - first.y))
    (ax, ay), (bx, by) = steps
    size = float(np.hypot(ax, ay) * np.hypot(bx, by))
    return float(np.degrees(np.arccos(np.clip((ax * bx + ay * by) / size, -1.0, 1.0)))) if size > 0 else 180.0
