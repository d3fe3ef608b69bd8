"""Edits of buildings and of who lives in them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
import numpy as np
import shapely

from twin.city.changes import Changes, combined
from twin.city.residents import apportioned, tenure_text
from twin.scenario.edit import (
    Count,
    Edit,
    Effect,
    Id,
    Ids,
    NewId,
    Ring,
    Shares,
    Text,
    check_ring,
    check_shares,
    check_something,
    new_id,
)
from twin.scenario.people import follow
from twin.scenario.tables import (
    appended,
    changed,
    extent_of,
    ids_of,
    kept,
    mask_of,
    rows,
    surfaces_without,
    touched,
    with_rows,
    with_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City

Height = Annotated[float, msgspec.Meta(gt=0, le=500)]
Ground = Annotated[float, msgspec.Meta(ge=-500, le=9_000)]
Persons = Annotated[float, msgspec.Meta(ge=0, le=20)]
GroupShares = Annotated[dict[Id, dict[Id, Shares]], msgspec.Meta(max_length=20)]


class AddBuilding(Edit, frozen=True, kw_only=True, tag="add_building"):
    """Build a house on a footprint.

    ``residents`` not given means ``dwellings`` × ``persons_per_dwelling``; ``ground`` not given is read from the
    terrain, its lowest height under the footprint's corners. ``tenure`` holds shares that make 1. Its residents join
    the population of its zone in the zone's mix (:mod:`twin.scenario.people`).
    """

    reads: ClassVar[frozenset[str]] = frozenset({"buildings", "terrain", "zones", "population"})
    footprint: Ring
    height: Height
    id: NewId = ""
    name: Text = ""
    use: Text = "residential"
    floors: Count | None = None
    dwellings: Count | None = None
    dwellings_small: Count | None = None
    persons_per_dwelling: Persons = 2.0
    residents: Count | None = None
    jobs: Count | None = None
    tenure: Shares | None = None
    ground: Ground | None = None

    def __post_init__(self) -> None:
        check_ring(self.footprint, "footprint")
        if self.tenure is not None:
            check_shares(self.tenure, "tenure")

    def own_id(self) -> str:
        """Return the id of the house."""
        return new_id(self, "building", self.id)

    def effect(self, city: City) -> Effect:
        """Return the City with the house in it."""
        own = self.own_id()
        if (city.buildings["id"] == own).any():
            return Effect(city, Changes())
        shape = shapely.Polygon(self.footprint)
        residents = self.residents
        if residents is None and self.dwellings is not None:
            residents = round(self.dwellings * self.persons_per_dwelling)
        row = {
            "id": own, "name": self.name, "use": self.use, "ground": self._ground(city), "base": 0.0,
            "height": self.height, "height_source": "height", "floors": self.floors, "dwellings": self.dwellings,
            "dwellings_small": self.dwellings_small, "residents": residents, "jobs": self.jobs,
            "tenure": tenure_text(self.tenure or {}),
        }  # fmt: skip
        new = rows("buildings", [row], [shape], city.crs)
        built = Effect(with_rows(city, "buildings", new), touched("buildings", [own], extent_of([shape])))
        return follow(city, built)

    def makes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the house."""
        return {"buildings": (self.own_id(),)}

    def _ground(self, city: City) -> float | None:
        if self.ground is not None or city.terrain is None:
            return self.ground
        corners = np.asarray(self.footprint, dtype=float)
        heights = city.terrain.sample(corners[:, 0], corners[:, 1])
        return None if np.isnan(heights).all() else float(np.nanmin(heights))


class ChangeBuilding(Edit, frozen=True, kw_only=True, tag="change_building"):
    """Change houses: footprint (of one), height [m], use, floors, dwellings, residents, jobs or tenure.

    With a new footprint or height, detailed roofs and building parts no longer hold and are taken away.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"buildings", "surfaces", "zones", "population"})
    buildings: Ids
    footprint: Ring | None = None
    height: Height | None = None
    use: Text | None = None
    floors: Count | None = None
    dwellings: Count | None = None
    dwellings_small: Count | None = None
    residents: Count | None = None
    jobs: Count | None = None
    tenure: Shares | None = None
    name: Text | None = None

    def __post_init__(self) -> None:
        check_something(self, (*_PLAIN, "footprint", "tenure"))
        if self.footprint is not None:
            check_ring(self.footprint, "footprint")
            if len(self.buildings) > 1:
                raise ValueError("footprint: one footprint is for one building")
        if self.tenure is not None:
            check_shares(self.tenure, "tenure")

    def effect(self, city: City) -> Effect:
        """Return the City with the houses changed."""
        mask = mask_of(city.buildings, self.buildings)
        if not mask.any():
            return Effect(city, Changes())
        values = {name: getattr(self, name) for name in _PLAIN}
        values["tenure"] = None if self.tenure is None else tenure_text(self.tenure)
        if self.height is not None:
            values["height_source"] = "height"
        shape = None if self.footprint is None else shapely.Polygon(self.footprint)
        box = extent_of(city.buildings.geometry.to_numpy()[mask], [] if shape is None else [shape])
        frame = changed(city.buildings, mask, values, shape)
        ids = ids_of(city.buildings, mask)
        if shape is None and self.height is None:
            return follow(city, Effect(with_table(city, "buildings", frame), touched("buildings", ids, box)))
        parts = frame["parent"].isin(ids).to_numpy(dtype=bool)
        gone = ids_of(frame, parts)
        whole = with_table(city, "buildings", kept(frame, ~parts))
        return follow(city, _without_detail(whole, city, ids | gone, box))

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the houses."""
        return {"buildings": self.buildings}


class RemoveBuilding(Edit, frozen=True, kw_only=True, tag="remove_building"):
    """Pull down houses, with their parts and all who live and work there."""

    reads: ClassVar[frozenset[str]] = frozenset({"buildings", "surfaces", "zones", "population"})
    buildings: Ids

    def effect(self, city: City) -> Effect:
        """Return the City without the houses."""
        frame = city.buildings
        mask = mask_of(frame, self.buildings)
        if not mask.any():
            return Effect(city, Changes())
        mask |= frame["parent"].isin(ids_of(frame, mask)).to_numpy(dtype=bool)
        box = extent_of(frame.geometry.to_numpy()[mask])
        left = with_table(city, "buildings", kept(frame, ~mask))
        return follow(city, _without_detail(left, city, ids_of(frame, mask), box))

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the houses."""
        return {"buildings": self.buildings}

    def removes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the houses."""
        return {"buildings": self.buildings}


class HousingTransfer(Edit, frozen=True, kw_only=True, tag="housing_transfer"):
    r"""Let people move into new dwellings of a zone, under stated assumptions.

    For each grouping, :math:`n'_{ig} = n_{ig} + U h \sum_\tau m_\tau q_{g|\tau}` with U ``dwellings``, h
    ``persons_per_dwelling``, m ``tenure`` (shares that make 1) and q ``groups[grouping][tenure]`` (the share of each
    group among those who live in that tenure, also making 1). With ``from_zone`` the people come from there, in
    proportion to who lives there; else from outside the city. With ``buildings`` these houses' residents grow by the
    same number, shared out by their dwellings.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"population", "buildings"})
    zone: Id
    dwellings: Count
    persons_per_dwelling: Persons = 2.0
    tenure: Shares
    groups: GroupShares = msgspec.field(default_factory=dict)
    from_zone: Text = ""
    buildings: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20_000)] = ()

    def __post_init__(self) -> None:
        check_shares(self.tenure, "tenure")
        for dimension, by_tenure in self.groups.items():
            for name, shares in by_tenure.items():
                check_shares(shares, f"groups.{dimension}.{name}")
            missing = set(self.tenure) - set(by_tenure)
            if missing:
                raise ValueError(f"groups.{dimension}: no shares for the tenure {', '.join(sorted(missing))}")

    @property
    def persons(self) -> float:
        """How many people move in."""
        return self.dwellings * self.persons_per_dwelling

    def effect(self, city: City) -> Effect:
        """Return the City with the people moved in."""
        moved, first = self._population(city)
        settled, second = self._settled(moved)
        return Effect(settled, combined([first, second]))

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the zones and houses."""
        zones = (self.zone, self.from_zone) if self.from_zone else (self.zone,)
        return {"zones": zones, "buildings": self.buildings} if self.buildings else {"zones": zones}

    def _population(self, city: City) -> tuple[City, Changes]:
        table = city.population
        persons = table["persons"].to_numpy(dtype=float).copy()
        zone, dimension, group = (table[name].to_numpy(object) for name in ("zone", "dimension", "group"))
        new: list[dict[str, Any]] = []
        hit = np.zeros(len(table), dtype=bool)
        for name, by_tenure in self.groups.items():
            added: dict[str, float] = {}
            for tenure, part in self.tenure.items():
                for key, share in by_tenure[tenure].items():
                    added[key] = added.get(key, 0.0) + self.persons * part * share
            for key, count in added.items():
                at = (zone == self.zone) & (dimension == name) & (group == key)
                if at.any():
                    persons[at] = np.nan_to_num(persons[at]) + count
                    hit |= at
                elif count:
                    row = {"zone": self.zone, "dimension": name, "group": key, "persons": count}
                    new.append({"id": f"{self.zone}|{name}|{key}", **row})
            leaving = (zone == self.from_zone) & (dimension == name) if self.from_zone else np.zeros_like(hit)
            here = float(np.nansum(persons[leaving]))
            if here > 0:
                persons[leaving] *= max(1.0 - self.persons / here, 0.0)
                hit |= leaving
        if not hit.any() and not new:
            return city, Changes()
        frame = changed(table, hit, {"persons": persons[hit]}) if hit.any() else table
        ids = set(ids_of(table, hit)) | {row["id"] for row in new}
        if new:
            frame = appended(frame, rows("population", new, [], city.crs))
        return with_table(city, "population", frame), touched("population", ids)

    def _settled(self, city: City) -> tuple[City, Changes]:
        if not self.buildings:
            return city, Changes()
        mask = mask_of(city.buildings, self.buildings)
        if not mask.any():
            return city, Changes()
        weights: NDArray[np.float64] = np.nan_to_num(city.buildings["dwellings"].to_numpy(dtype=float)[mask])
        before = np.nan_to_num(city.buildings["residents"].to_numpy(dtype=float)[mask])
        after = before + apportioned(round(self.persons), weights)
        box = extent_of(city.buildings.geometry.to_numpy()[mask])
        frame = changed(city.buildings, mask, {"residents": after})
        return with_table(city, "buildings", frame), touched("buildings", ids_of(city.buildings, mask), box)


_PLAIN = ("height", "use", "floors", "dwellings", "dwellings_small", "residents", "jobs", "name")


def _without_detail(after: City, before: City, ids: frozenset[str], box: Any) -> Effect:
    """Return the effect on buildings, with the surfaces of some of them gone."""
    surfaces = surfaces_without(before.surfaces, ids)
    changes = touched("buildings", ids, box)
    if surfaces is before.surfaces:
        return Effect(after, changes)
    after = dataclasses.replace(after, surfaces=surfaces)
    return Effect(after, combined([changes, touched("surfaces", ids, box)]))
