"""What every edit is: a frozen value that makes a new City and says what of it it touches."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
import numpy as np
import shapely

from twin.city.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City

Text = Annotated[str, msgspec.Meta(max_length=200)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
NewId = Annotated[str, msgspec.Meta(max_length=200)]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=20_000)]
Names = Annotated[tuple[Text, ...], msgspec.Meta(max_length=1_000)]
Coordinate = Annotated[float, msgspec.Meta(ge=-1e8, le=1e8)]
Point = tuple[Coordinate, Coordinate]
Line = Annotated[tuple[Point, ...], msgspec.Meta(min_length=2, max_length=5_000)]
Ring = Annotated[tuple[Point, ...], msgspec.Meta(min_length=3, max_length=5_000)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
Count = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Factor = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
Tolerance = Annotated[float, msgspec.Meta(ge=0, le=200)]
Shares = Annotated[dict[Id, Share], msgspec.Meta(min_length=1, max_length=100)]

MIN_LENGTH = 0.1
"""Shortest line that can be built [m]."""
MIN_AREA = 1.0
"""Smallest area that can be built on [m²]."""


@dataclass(frozen=True)
class Effect:
    """What an edit makes of a City, and the rows it touched on the way."""

    city: City
    changes: Changes


class Edit(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One thing a planner does to a city; coordinates are in the city's own reference system [m].

    An edit never fails on a city: ids that are not there are passed over, and :func:`twin.scenario.conflicts.check`
    says which. Its values are checked when it is read.
    """

    reads: ClassVar[frozenset[str]] = frozenset()
    """Tables on which its outcome depends, those it changes included."""

    def effect(self, city: City) -> Effect:
        """Return the new City together with what was touched."""
        return Effect(city, Changes())

    def apply(self, city: City) -> City:
        """Return the City with this edit in it; all untouched tables are the same objects."""
        return self.effect(city).city

    def touches(self, city: City) -> Changes:
        """Return the rows that are not the same before and after."""
        return self.effect(city).changes

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the ids that must be there, by table."""
        return {}

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the ids it adds, by table."""
        return {}

    def removes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the ids it takes away, by table."""
        return {}


def canonical(edit: Edit) -> bytes:
    """Return the one JSON text of an edit, from which keys and new ids are derived."""
    return msgspec.json.encode(edit, order="deterministic", enc_hook=plain)


def plain(value: object) -> object:
    """Return a number of numpy's as Python's own, for those who build edits from arrays."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in an edit")


def new_id(edit: Edit, prefix: str, own: str) -> str:
    """Return the id of what an edit adds: its own where it names one, else one derived from its content."""
    return own or f"{prefix}-{hashlib.sha256(canonical(edit)).hexdigest()[:10]}"


def check_line(points: tuple[Point, ...], name: str) -> None:
    """Raise ValueError when a line has no length."""
    if not all(math.isfinite(value) for point in points for value in point):
        raise ValueError(f"{name}: a coordinate is not a number")
    if shapely.LineString(points).length < MIN_LENGTH:
        raise ValueError(f"{name}: the line is shorter than {MIN_LENGTH} m")


def check_ring(points: tuple[Point, ...], name: str) -> None:
    """Raise ValueError when an outline crosses itself or encloses next to nothing."""
    if not all(math.isfinite(value) for point in points for value in point):
        raise ValueError(f"{name}: a coordinate is not a number")
    outline = shapely.Polygon(points)
    if not outline.is_valid:
        raise ValueError(f"{name}: the outline crosses or touches itself")
    if outline.area < MIN_AREA:
        raise ValueError(f"{name}: the outline encloses less than {MIN_AREA} m²")


def check_shares(shares: Mapping[str, float], name: str) -> None:
    """Raise ValueError when shares do not make a whole."""
    if abs(sum(shares.values()) - 1.0) > 1e-6:
        raise ValueError(f"{name}: the shares add up to {sum(shares.values()):g}, they must make 1")


def check_something(edit: Edit, names: tuple[str, ...]) -> None:
    """Raise ValueError when none of the values that could change is given."""
    if all(getattr(edit, name) is None for name in names):
        raise ValueError(f"nothing to change; give one of {', '.join(names)}")
