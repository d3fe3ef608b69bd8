"""Edits of streets and of the walk network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
import shapely

from twin.city.changes import Changes
from twin.scenario.edit import (
    Count,
    Edit,
    Effect,
    Factor,
    Ids,
    Line,
    Names,
    NewId,
    Text,
    Tolerance,
    check_line,
    check_something,
    new_id,
)
from twin.scenario.network import tie
from twin.scenario.tables import changed, extent_of, ids_of, kept, mask_of, rows, touched, with_rows, with_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City

VEHICLE_CLASSES = ("car", "truck", "bus", "taxi", "bicycle")
"""What «all classes» means where a street does not list those allowed."""
Speed = Annotated[float, msgspec.Meta(gt=0, le=200)]
Lanes = Annotated[float, msgspec.Meta(gt=0, le=20)]


class CloseRoad(Edit, frozen=True, kw_only=True, tag="close_road"):
    """Close road links to all traffic, or to some vehicle classes; the rows stay, so that a flow of 0 can be shown."""

    reads: ClassVar[frozenset[str]] = frozenset({"roads"})
    roads: Ids
    classes: Names = ()

    def effect(self, city: City) -> Effect:
        """Return the City with the links closed."""
        mask = mask_of(city.roads, self.roads)
        if not mask.any():
            return Effect(city, Changes())
        values: dict[str, Any] = {"closed": True}
        if self.classes:
            left = city.roads["allowed"].to_numpy(object)[mask]
            allowed = [_less(str(text), self.classes) for text in left]
            values = {"allowed": allowed, "closed": [text == "none" for text in allowed]}
        return _roads_changed(city, mask, values)

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the links."""
        return {"roads": self.roads}


class ChangeRoad(Edit, frozen=True, kw_only=True, tag="change_road"):
    """Change speed [km/h], lanes, surface, capacity [veh/h] or the factor on the flow of road links."""

    reads: ClassVar[frozenset[str]] = frozenset({"roads"})
    roads: Ids
    speed: Speed | None = None
    lanes: Lanes | None = None
    surface: Text | None = None
    capacity: Count | None = None
    flow_factor: Factor | None = None

    def __post_init__(self) -> None:
        check_something(self, ("speed", "lanes", "surface", "capacity", "flow_factor"))

    def effect(self, city: City) -> Effect:
        """Return the City with the links changed."""
        names = ("speed", "lanes", "surface", "capacity", "flow_factor")
        return _roads_changed(city, mask_of(city.roads, self.roads), {name: getattr(self, name) for name in names})

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the links."""
        return {"roads": self.roads}


class AddRoad(Edit, frozen=True, kw_only=True, tag="add_road"):
    """Build a street: one link, or one in each direction, tied into the street network at both ends."""

    reads: ClassVar[frozenset[str]] = frozenset({"roads"})
    line: Line
    id: NewId = ""
    name: Text = ""
    road_kind: Text = "residential"
    oneway: bool = False
    lanes: Lanes = 1.0
    speed: Speed = 30.0
    capacity: Count = 600.0
    surface: Text = "asphalt"
    bridge: bool = False
    tunnel: bool = False
    level: Annotated[float, msgspec.Meta(ge=-10, le=10)] = 0.0
    allowed: Text = ""
    tolerance: Tolerance = 15.0

    def __post_init__(self) -> None:
        check_line(self.line, "line")

    def names(self) -> tuple[str, ...]:
        """Return the ids of its links, forward first."""
        own = new_id(self, "road", self.id)
        return (own,) if self.oneway else (own, f"{own}b")

    def effect(self, city: City) -> Effect:
        """Return the City with the street in it."""
        own = self.names()
        if city.roads["id"].isin(own).any():
            return Effect(city, Changes())
        done = tie(city.roads, self.line, self.tolerance, own[0], twins=True)
        shape = shapely.LineString(done.points)
        values = {
            name: getattr(self, name)
            for name in ("name", "lanes", "speed", "capacity", "surface", "bridge", "tunnel", "level", "allowed")
        }
        values |= {"kind": self.road_kind, "oneway": True, "length": shape.length}
        a, b = done.nodes
        new = [{**values, "id": own[0], "from_node": a, "to_node": b}]
        shapes = [shape]
        if not self.oneway:
            new.append({**values, "id": own[1], "from_node": b, "to_node": a})
            shapes.append(shape.reverse())
        city_with = with_rows(with_table(city, "roads", done.frame), "roads", rows("roads", new, shapes, city.crs))
        box = extent_of(shapes, city.roads.geometry.to_numpy()[mask_of(city.roads, done.removed)])
        return Effect(city_with, touched("roads", (*own, *done.removed, *done.added), box))

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return its links."""
        return {"roads": self.names()}


class AddPath(Edit, frozen=True, kw_only=True, tag="add_path"):
    """Build a walk link, such as a footbridge, tied into the walk network at both ends.

    Each end snaps to the nearest walk link within ``tolerance`` [m]: to its node where one is at hand, else the
    link is split there. Between its ends the new link meets nothing, so it may pass over streets and water.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"paths"})
    line: Line
    id: NewId = ""
    name: Text = ""
    path_kind: Text = "footway"
    bridge: bool = True
    steps: bool = False
    tolerance: Tolerance = 15.0

    def __post_init__(self) -> None:
        check_line(self.line, "line")

    def own_id(self) -> str:
        """Return the id of its link."""
        return new_id(self, "path", self.id)

    def effect(self, city: City) -> Effect:
        """Return the City with the link in it."""
        own = self.own_id()
        if (city.paths["id"] == own).any():
            return Effect(city, Changes())
        done = tie(city.paths, self.line, self.tolerance, own, twins=False)
        shape = shapely.LineString(done.points)
        row = {
            "id": own, "name": self.name, "kind": self.path_kind, "from_node": done.nodes[0],
            "to_node": done.nodes[1], "length": shape.length, "steps": self.steps, "bridge": self.bridge,
        }  # fmt: skip
        new = rows("paths", [row], [shape], city.crs)
        box = extent_of([shape], city.paths.geometry.to_numpy()[mask_of(city.paths, done.removed)])
        city_with = with_rows(with_table(city, "paths", done.frame), "paths", new)
        return Effect(city_with, touched("paths", (own, *done.removed, *done.added), box))

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return its link."""
        return {"paths": (self.own_id(),)}


class RemovePath(Edit, frozen=True, kw_only=True, tag="remove_path"):
    """Take away walk links, with the pieces they may have been split into."""

    reads: ClassVar[frozenset[str]] = frozenset({"paths"})
    paths: Ids

    def effect(self, city: City) -> Effect:
        """Return the City without the links."""
        mask = mask_of(city.paths, self.paths)
        if not mask.any():
            return Effect(city, Changes())
        box = extent_of(city.paths.geometry.to_numpy()[mask])
        return Effect(
            with_table(city, "paths", kept(city.paths, ~mask)), touched("paths", ids_of(city.paths, mask), box)
        )

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the links."""
        return {"paths": self.paths}

    def removes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the links."""
        return {"paths": self.paths}


def _roads_changed(city: City, mask: Any, values: dict[str, Any]) -> Effect:
    if not mask.any():
        return Effect(city, Changes())
    box = extent_of(city.roads.geometry.to_numpy()[mask])
    frame = changed(city.roads, mask, values)
    return Effect(with_table(city, "roads", frame), touched("roads", ids_of(city.roads, mask), box))


def _less(allowed: str, classes: tuple[str, ...]) -> str:
    """Return the classes allowed without some, in the table's own notation; «none» when nobody is left."""
    present = allowed.replace(",", " ").split() or list(VEHICLE_CLASSES)
    return ",".join(name for name in present if name not in classes) or "none"
