"""Edits of noise screens, rules, the fleet, demand and places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec
import numpy as np
import shapely

from twin.city.changes import Changes
from twin.city.hours import shares
from twin.city.schema import BANDS
from twin.errors import BadInput
from twin.scenario.edit import (
    Count,
    Edit,
    Effect,
    Factor,
    Ids,
    Line,
    Names,
    NewId,
    Percent,
    Point,
    Ring,
    Share,
    Text,
    check_line,
    check_ring,
    check_something,
    new_id,
)
from twin.scenario.tables import changed, extent_of, ids_of, kept, mask_of, rows, touched, with_rows, with_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City

Status = Literal["in_force", "proposed"]
Hours = Annotated[str, msgspec.Meta(max_length=100)]
Charge = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
BarrierHeight = Annotated[float, msgspec.Meta(gt=0, le=30)]
Absorption = Annotated[dict[str, Share], msgspec.Meta(max_length=8)]


class AddBarrier(Edit, frozen=True, kw_only=True, tag="add_barrier"):
    """Raise a noise screen of some height [m]; ``absorption`` by octave band [Hz], 0 where none is given."""

    reads: ClassVar[frozenset[str]] = frozenset({"barriers"})
    line: Line
    height: BarrierHeight
    id: NewId = ""
    barrier_kind: Text = "noise_screen"
    absorption: Absorption = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_line(self.line, "line")
        unknown = set(self.absorption) - {str(band) for band in BANDS}
        if unknown:
            raise ValueError(f"absorption: {min(unknown)} is no octave band; there are {', '.join(map(str, BANDS))}")

    def own_id(self) -> str:
        """Return the id of the screen."""
        return new_id(self, "barrier", self.id)

    def effect(self, city: City) -> Effect:
        """Return the City with the screen in it."""
        own = self.own_id()
        if (city.barriers["id"] == own).any():
            return Effect(city, Changes())
        shape = shapely.LineString(self.line)
        row = {"id": own, "kind": self.barrier_kind, "height": self.height}
        row |= {f"a{band}": self.absorption.get(str(band), 0.0) for band in BANDS}
        new = rows("barriers", [row], [shape], city.crs)
        return Effect(with_rows(city, "barriers", new), touched("barriers", [own], extent_of([shape])))

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the screen."""
        return {"barriers": (self.own_id(),)}


class RemoveBarrier(Edit, frozen=True, kw_only=True, tag="remove_barrier"):
    """Take away noise screens."""

    reads: ClassVar[frozenset[str]] = frozenset({"barriers"})
    barriers: Ids

    def effect(self, city: City) -> Effect:
        """Return the City without the screens."""
        return _removed(city, "barriers", self.barriers)

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the screens."""
        return {"barriers": self.barriers}

    def removes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the screens."""
        return {"barriers": self.barriers}


class AddRule(Edit, frozen=True, kw_only=True, tag="add_rule"):
    """Draw a rule zone, such as an environmental zone of class 3 for some vehicle classes.

    ``hours`` as :func:`twin.city.hours.shares` takes them, nothing for always; ``charge`` [kr] is for passing the
    outline of a ``congestion_charge``.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"rules"})
    area: Ring
    id: NewId = ""
    rule_kind: Text = "environmental_zone"
    rule_class: Text = ""
    name: Text = ""
    status: Status = "proposed"
    vehicle_classes: Names = ()
    hours: Hours = ""
    charge: Charge = 0.0
    valid_from: Text = ""

    def __post_init__(self) -> None:
        check_ring(self.area, "area")
        _check_hours(self.hours)

    def own_id(self) -> str:
        """Return the id of the zone."""
        return new_id(self, "rule", self.id)

    def effect(self, city: City) -> Effect:
        """Return the City with the zone in it."""
        own = self.own_id()
        if (city.rules["id"] == own).any():
            return Effect(city, Changes())
        shape = shapely.Polygon(self.area)
        row = {
            "id": own, "kind": self.rule_kind, "rule_class": self.rule_class, "name": self.name, "status": self.status,
            "vehicle_classes": ",".join(self.vehicle_classes), "hours": self.hours,
            "charge": self.charge if self.charge > 0 else None, "valid_from": self.valid_from,
        }  # fmt: skip
        new = rows("rules", [row], [shape], city.crs)
        return Effect(with_rows(city, "rules", new), touched("rules", [own], extent_of([shape])))

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the zone."""
        return {"rules": (self.own_id(),)}


class ChangeRule(Edit, frozen=True, kw_only=True, tag="change_rule"):
    """Change class, status, vehicle classes, hours, charge [kr] or area of rule zones."""

    reads: ClassVar[frozenset[str]] = frozenset({"rules"})
    rules: Ids
    area: Ring | None = None
    rule_class: Text | None = None
    status: Status | None = None
    vehicle_classes: Names | None = None
    hours: Hours | None = None
    charge: Charge | None = None
    valid_from: Text | None = None

    def __post_init__(self) -> None:
        check_something(self, ("area", "rule_class", "status", "vehicle_classes", "hours", "charge", "valid_from"))
        _check_hours(self.hours or "")
        if self.area is not None:
            check_ring(self.area, "area")
            if len(self.rules) > 1:
                raise ValueError("area: one area is for one zone")

    def effect(self, city: City) -> Effect:
        """Return the City with the zones changed."""
        mask = mask_of(city.rules, self.rules)
        if not mask.any():
            return Effect(city, Changes())
        shape = None if self.area is None else shapely.Polygon(self.area)
        values = {
            "rule_class": self.rule_class,
            "status": self.status,
            "vehicle_classes": None if self.vehicle_classes is None else ",".join(self.vehicle_classes),
            "hours": self.hours,
            "charge": self.charge,
            "valid_from": self.valid_from,
        }
        box = extent_of(city.rules.geometry.to_numpy()[mask], [] if shape is None else [shape])
        frame = changed(city.rules, mask, values, shape)
        return Effect(with_table(city, "rules", frame), touched("rules", ids_of(city.rules, mask), box))

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the zones."""
        return {"rules": self.rules}


class FleetMix(Edit, frozen=True, kw_only=True, tag="fleet_mix"):
    """State shares [%] of electric and heavy vehicles and of studded tyres, for a period and kind of street or all."""

    reads: ClassVar[frozenset[str]] = frozenset({"fleet"})
    electric: Percent | None = None
    heavy: Percent | None = None
    studded: Percent | None = None
    period: Text = ""
    road_kind: Text = ""

    def __post_init__(self) -> None:
        check_something(self, ("electric", "heavy", "studded"))

    def effect(self, city: City) -> Effect:
        """Return the City with the shares in its fleet table."""
        values = {"electric": self.electric, "heavy": self.heavy, "studded": self.studded}
        fleet = city.fleet
        mask = ((fleet["period"] == self.period) & (fleet["road_kind"] == self.road_kind)).to_numpy(dtype=bool)
        if mask.any():
            return Effect(
                with_table(city, "fleet", changed(fleet, mask, values)), touched("fleet", ids_of(fleet, mask))
            )
        own = f"fleet|{self.period}|{self.road_kind}"
        row = {"id": own, "period": self.period, "road_kind": self.road_kind, **values}
        return Effect(with_rows(city, "fleet", rows("fleet", [row], [], city.crs)), touched("fleet", [own]))


class ScaleDemand(Edit, frozen=True, kw_only=True, tag="scale_demand"):
    """Multiply travel demand by a factor: all of it, or one period, vehicle class, and some origins or destinations.

    A City with a table of demand has its rows multiplied; one without has the factor written down in ``growth``, for
    the model that estimates its demand.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"demand", "growth"})
    factor: Factor
    period: Text = ""
    vehicle_class: Text = ""
    origins: Names = ()
    destinations: Names = ()

    def effect(self, city: City) -> Effect:
        """Return the City with the demand scaled."""
        demand = city.demand
        if not len(demand):
            return self._written_down(city)
        mask = np.ones(len(demand), dtype=bool)
        for column, wanted in (("period", self.period), ("vehicle_class", self.vehicle_class)):
            if wanted:
                mask &= (demand[column] == wanted).to_numpy(dtype=bool)
        for column, names in (("origin", self.origins), ("destination", self.destinations)):
            if names:
                mask &= demand[column].isin(names).to_numpy(dtype=bool)
        if not mask.any():
            return Effect(city, Changes())
        trips = demand["trips"].to_numpy(dtype=float)[mask] * self.factor
        frame = changed(demand, mask, {"trips": trips})
        return Effect(with_table(city, "demand", frame), touched("demand", ids_of(demand, mask)))

    def _written_down(self, city: City) -> Effect:
        own = f"growth-{len(city.growth)}"
        row = {
            "id": own, "period": self.period, "vehicle_class": self.vehicle_class, "origins": ",".join(self.origins),
            "destinations": ",".join(self.destinations), "factor": self.factor,
        }  # fmt: skip
        return Effect(with_rows(city, "growth", rows("growth", [row], [], city.crs)), touched("growth", [own]))


class AddPlace(Edit, frozen=True, kw_only=True, tag="add_place"):
    """Open a school, a stop, a station or another place."""

    reads: ClassVar[frozenset[str]] = frozenset({"places"})
    at: Point
    place_kind: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    id: NewId = ""
    name: Text = ""
    capacity: Count | None = None

    def own_id(self) -> str:
        """Return the id of the place."""
        return new_id(self, "place", self.id)

    def effect(self, city: City) -> Effect:
        """Return the City with the place in it."""
        own = self.own_id()
        if (city.places["id"] == own).any():
            return Effect(city, Changes())
        row = {"id": own, "kind": self.place_kind, "name": self.name, "capacity": self.capacity}
        shape = shapely.Point(self.at)
        new = rows("places", [row], [shape], city.crs)
        return Effect(with_rows(city, "places", new), touched("places", [own], extent_of([shape])))

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the place."""
        return {"places": (self.own_id(),)}


class RemovePlace(Edit, frozen=True, kw_only=True, tag="remove_place"):
    """Close places."""

    reads: ClassVar[frozenset[str]] = frozenset({"places"})
    places: Ids

    def effect(self, city: City) -> Effect:
        """Return the City without the places."""
        return _removed(city, "places", self.places)

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the places."""
        return {"places": self.places}

    def removes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the places."""
        return {"places": self.places}


def _check_hours(text: str) -> None:
    """Raise ValueError where hours cannot be read."""
    try:
        shares(text)
    except BadInput as error:
        raise ValueError(str(error)) from error


def _removed(city: City, table: str, ids: tuple[str, ...]) -> Effect:
    frame = city.table(table)
    mask = mask_of(frame, ids)
    if not mask.any():
        return Effect(city, Changes())
    box = extent_of(frame.geometry.to_numpy()[mask])
    return Effect(with_table(city, table, kept(frame, ~mask)), touched(table, ids_of(frame, mask), box))
