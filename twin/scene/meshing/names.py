"""Where names can stand: along streets, in districts, waters, parks and squares, at places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from twin.city.city import City

Floats = NDArray[np.float64]

DISTRICT, WATER, PARK, SQUARE, STREET, PLACE, ISOLINE, NOTE, CROWD = range(9)
"""Styles of names."""

_DISTRICT_PLACES = frozenset(
    {"district", "suburb", "quarter", "neighbourhood", "borough", "city_district", "town", "village", "stadsdel"}
)
_SPACING = 420.0
_WINDOW = 90.0
_STREET_RANK = {
    "motorway": 0, "trunk": 0, "primary": 1, "secondary": 2, "tertiary": 3, "unclassified": 4, "residential": 4,
    "living_street": 5, "pedestrian": 4, "service": 7,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Names:
    """Candidates for labels.

    Parameters
    ----------
    texts : tuple of str
        A text of each candidate.
    styles : array, shape (n,)
        :data:`DISTRICT` … :data:`PLACE`.
    points : array, shape (n, 3) [m]
        Relative to the mesh's origin.
    along : array, shape (n, 3)
        Direction a name runs in; zero where it stands upright on the screen.
    room : array, shape (n,) [m]
        Length of street or width of area the name may cover.
    rank : array, shape (n,)
        A smaller one goes before a larger one of the same style.
    """

    texts: tuple[str, ...]
    styles: NDArray[np.int8]
    points: NDArray[np.float32]
    along: NDArray[np.float32]
    room: NDArray[np.float32]
    rank: NDArray[np.float32]


def together(several: list[Names]) -> Names:
    """Put candidates behind each other."""
    return Names(
        tuple(text for one in several for text in one.texts),
        np.concatenate([one.styles for one in several]),
        np.concatenate([one.points for one in several]),
        np.concatenate([one.along for one in several]),
        np.concatenate([one.room for one in several]),
        np.concatenate([one.rank for one in several]),
    )


class _Collector:
    def __init__(self) -> None:
        self.rows: list[tuple[str, int, float, float, float, float, float, float]] = []

    def add(
        self, text: str, style: int, x: float, y: float, room: float, rank: float, dx: float = 0.0, dy: float = 0.0
    ) -> None:
        self.rows.append((text, style, x, y, dx, dy, room, rank))


def build(city: City, surface: Callable[[Floats, Floats], Floats], origin: tuple[float, float]) -> Names:
    """Collect the candidates of a city.

    Parameters
    ----------
    city : City
    surface : function of x, y [m]
        Height of ground or bridge, relative to the mesh's origin.
    origin : (x, y) [m]
    """
    found = _Collector()
    _streets(city.roads, found)
    known = {row[0] for row in found.rows}
    paths = city.paths
    _streets(paths[(paths["name"] != "") & ~paths["name"].isin(known)], found)
    if not city.places["kind"].isin(_DISTRICT_PLACES).any():
        _districts(city.zones, found)
    _covers(city.cover, found)
    _places(city.places, found)
    n = len(found.rows)
    numbers = np.array([row[1:] for row in found.rows], dtype=float).reshape(n, 7)
    at = numbers[:, 1:3] - origin
    z = surface(at[:, 0], at[:, 1])
    ahead = at + numbers[:, 3:5] * 10.0
    rise = (surface(ahead[:, 0], ahead[:, 1]) - z) / 10.0
    along = np.column_stack([numbers[:, 3:5], np.where(np.any(numbers[:, 3:5] != 0, axis=1), rise, 0.0)])
    return Names(
        tuple(row[0] for row in found.rows),
        numbers[:, 0].astype(np.int8),
        np.column_stack([at, z]).astype(np.float32),
        along.astype(np.float32),
        numbers[:, 5].astype(np.float32),
        numbers[:, 6].astype(np.float32),
    )


def _streets(table: pd.DataFrame, found: _Collector) -> None:
    names = table["name"].to_numpy(dtype=object)
    named = np.flatnonzero(names != "")
    if not len(named):
        return
    geometry = table.geometry.to_numpy()
    kinds = table["kind"].to_numpy(dtype=object)
    order = named[np.argsort(names[named].astype(str), kind="stable")]
    first = np.concatenate([[True], names[order][1:] != names[order][:-1]])
    street = np.cumsum(first) - 1
    rank = np.full(int(street[-1]) + 1, np.inf)
    np.minimum.at(rank, street, [_STREET_RANK.get(kinds[i], 6) for i in order])
    parts, owner = shapely.get_parts(geometry[order], return_index=True)
    merged = shapely.line_merge(shapely.multilinestrings(parts, indices=street[owner]))
    lines, owner = shapely.get_parts(merged, return_index=True)
    _along([str(name) for name in names[order[first]]], lines, owner, rank, found)


def _along(
    names: list[str], lines: NDArray[np.object_], owner: NDArray[np.int64], ranks: Floats, found: _Collector
) -> None:
    """Add the names of streets, once for each piece of a regular length, where it is straightest near its middle."""
    length = shapely.length(lines)
    long = length >= 30.0
    lines, owner, length = lines[long], owner[long], length[long]
    count = np.maximum((length / _SPACING).astype(np.int64), 1)
    piece = np.repeat(np.arange(len(lines)), count)
    if not len(piece):
        return
    nth = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    whole, room = length[piece][:, None], (length / count)[piece]
    tries = np.clip(((nth + 0.5) * room)[:, None] + np.linspace(-0.3, 0.3, 7) * room[:, None], 0, whole)
    window = np.minimum(_WINDOW, whole) / 2
    low, high = np.clip(tries - window, 0, whole), np.clip(tries + window, 0, whole)
    start, end = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines[piece][:, None], at)).reshape(-1, 7, 2)
        for at in (low, high)
    )
    chord = end - start
    reach = np.hypot(chord[:, :, 0], chord[:, :, 1])
    straight = reach / np.maximum(high - low, 1.0) - 0.02 * np.abs(np.arange(7) - 3)
    best = (np.arange(len(piece)), np.argmax(straight, axis=1))
    at = shapely.get_coordinates(shapely.line_interpolate_point(lines[piece], tries[best]))
    way = chord[best] / np.maximum(reach[best], 1e-9)[:, None]
    for k in np.flatnonzero(reach[best] >= 1.0):
        street = owner[piece[k]]
        found.add(names[street], STREET, at[k, 0], at[k, 1], room[k], ranks[street] + 0.1 * nth[k], *way[k])


def _districts(zones: pd.DataFrame, found: _Collector) -> None:
    named = zones[zones["name"] != ""]
    if not len(named):
        return
    # The coarsest division that has names is the one a reader knows.
    kinds = named.groupby("kind")["name"].nunique()
    rows = named[named["kind"] == kinds.idxmin()]
    if len(rows) > 1 and rows["name"].nunique() < 2:
        return
    geometry = rows.geometry.to_numpy()
    by_name: dict[str, list[shapely.Geometry]] = {}
    for text, shape in zip(rows["name"], geometry, strict=True):
        by_name.setdefault(str(text), []).append(shape)
    for text, shapes in by_name.items():
        _in_area(text, DISTRICT, shapely.union_all(shapes) if len(shapes) > 1 else shapes[0], found)


def _covers(cover: pd.DataFrame, found: _Collector) -> None:
    styles = {"water": WATER, "park": PARK, "green": PARK, "forest": PARK, "square": SQUARE}
    names, kinds = cover["name"].to_numpy(dtype=object), cover["kind"].to_numpy(dtype=object)
    geometry = cover.geometry.to_numpy()
    best: dict[tuple[str, int], tuple[float, int]] = {}
    for i in np.flatnonzero(names != ""):
        style = styles.get(kinds[i])
        if style is not None:
            area = float(geometry[i].area)
            if area > best.get((names[i], style), (0.0, -1))[0]:
                best[names[i], style] = (area, int(i))
    for (text, style), (_, row) in best.items():
        _in_area(text, style, geometry[row], found)


def _in_area(text: str, style: int, shape: shapely.Geometry, found: _Collector) -> None:
    if shape is None or shape.is_empty:
        return
    at = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    found.add(text, style, at.x, at.y, float(np.sqrt(shape.area)) * 1.3, -shape.area * 1e-9)


def _places(places: pd.DataFrame, found: _Collector) -> None:
    names, kinds = places["name"].to_numpy(dtype=object), places["kind"].to_numpy(dtype=object)
    at = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()))
    known = {(row[0], row[1]) for row in found.rows}
    for i in np.flatnonzero(names != ""):
        kind = str(kinds[i])
        style = DISTRICT if kind in _DISTRICT_PLACES else SQUARE if kind == "square" else PLACE
        if kind == "address" or (names[i], style) in known or not np.isfinite(at[i]).all():
            continue
        rank = {"station": 0.0, "school": 2.0, "park": 1.0}.get(kind, 3.0)
        found.add(str(names[i]), style, at[i, 0], at[i, 1], 600.0 if style == DISTRICT else 60.0, rank)
