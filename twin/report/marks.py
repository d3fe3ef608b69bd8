"""What the edits of a scenario are about, as lines and rings over a map: on the screen and in pictures alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.scenario.buildings import RemoveBuilding
from twin.scenario.others import AddBarrier, AddPlace, RemoveBarrier, RemovePlace
from twin.scenario.streets import AddPath, AddRoad, CloseRoad, RemovePath

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.scenario.kinds import AnyEdit

    HeightAt = Callable[[float, float], float]

MOST = 300
"""Edits, and things of one edit, that are marked at most: more are a texture, not marks."""
_TAKEN_AWAY = (CloseRoad, RemovePath, RemoveBuilding, RemoveBarrier, RemovePlace)
_MARKED = ("roads", "paths", "buildings", "barriers", "rules", "places")
_ABOVE, _DECK = 0.5, 3.0
"""Metres above the ground: of most, and of what runs over a bridge."""


@dataclass(frozen=True, eq=False)
class Mark:
    """What an edit is about, drawn over the map: a line, or a ring where there is one point.

    Parameters
    ----------
    points : array, shape (n, 3)
        In the city's system [m]; in :class:`twin.report.figure.Furniture` shape (n, 2), in pixels of the picture.
    tone : str
        ``"accent"``, ``"danger"`` for what is taken away, or ``"muted"``.
    width : float
        Of the line, in points of a 96-dpi screen.
    dashed : bool
    """

    points: NDArray[np.float64]
    tone: str = "accent"
    width: float = 3.0
    dashed: bool = False


def marks_of(edits: Sequence[AnyEdit], cities: Sequence[City], height_at: HeightAt) -> tuple[Mark, ...]:
    """Return the marks of edits, the last ones where they are many.

    Parameters
    ----------
    edits : sequence
        Those switched on, in their order.
    cities : sequence of City
        Where things are looked up: after the edits, and before them, for what is taken away.
    height_at : function (x, y) → z [m]
    """
    return tuple(mark for edit in edits[-MOST:] for mark in _of(edit, cities, height_at))


def _of(edit: AnyEdit, cities: Sequence[City], height_at: HeightAt) -> list[Mark]:
    drawn = _drawn(edit)
    if drawn is not None:
        bridge = isinstance(edit, AddPath | AddRoad) and edit.bridge
        return [_lifted(drawn, height_at, _DECK if bridge else _ABOVE, taken=False)]
    taken = isinstance(edit, _TAKEN_AWAY)
    return [
        _lifted(shape, height_at, _ABOVE, taken=taken)
        for table, ids in edit.needs().items()
        if table in _MARKED
        for shape in _shapes(table, ids, cities)
    ]


def _drawn(edit: AnyEdit) -> NDArray[np.float64] | None:
    """Return the points (n, 2) that an edit was drawn by; None where it is about things there are."""
    if isinstance(edit, AddPath | AddRoad | AddBarrier):
        return np.array(edit.line, dtype=float)
    if isinstance(edit, AddPlace):
        return np.array([edit.at], dtype=float)
    ring = getattr(edit, "footprint", None) or getattr(edit, "area", None)
    return np.array([*ring, ring[0]], dtype=float) if ring else None


def _shapes(table: str, ids: Sequence[str], cities: Sequence[City]) -> list[NDArray[np.float64]]:
    found: dict[str, NDArray[np.float64]] = {}
    for city in cities:
        rows = city.table(table)
        rows = rows[rows["id"].isin([one for one in ids if one not in found])]
        for id, shape in zip(rows["id"], rows["geometry"], strict=True):
            found[str(id)] = shapely.get_coordinates(getattr(shape, "exterior", shape))
    return list(found.values())[:MOST]


def _lifted(points: NDArray[np.float64], height_at: HeightAt, above: float, *, taken: bool) -> Mark:
    """Lay points (n, 2) on the ground."""
    z = np.array([height_at(float(x), float(y)) for x, y in points[:, :2]])
    z = np.where(np.isfinite(z), z, 0.0) + above
    return Mark(np.column_stack([points[:, :2], z]), "danger" if taken else "accent", dashed=taken)
