"""What the noise model answers with: fields, indicators and what it assumed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from twin.content import folder
from twin.layer import Field
from twin.models.exposure import noise as exposed
from twin.places import Grid, Points, Walls, storeys
from twin.result import Indicator
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.models.noise.engine import Heard
    from twin.models.noise.traffic_of import Traffic
    from twin.result import Value

    Floats = NDArray[np.float64]

UNIT = "dB(A)"
QUANTITIES = ("leq24", "lden", "lnight")
FACADE = {
    "leq24": N_("Leq,24h at façades"), "lden": N_("Lden at façades"), "lnight": N_("Lnight at façades"),
}  # fmt: skip
HIGHEST = {
    "leq24": N_("Highest façade, Leq,24h"), "lden": N_("Highest façade, Lden"), "lnight": N_("Highest façade, Lnight"),
}  # fmt: skip
GROUND = {
    "leq24": N_("Leq,24h above the ground"), "lden": N_("Lden above the ground"),
    "lnight": N_("Lnight above the ground"),
}  # fmt: skip
QUIETEST = N_("Quietest façade, Leq,24h")
PATIO = N_("Quietest wall at the ground, Leq,24h")
YARDS = N_("School yards, Leq,24h")
PERSONS, DWELLINGS = N_("persons"), N_("dwellings")
_MOST_PLACES = 2_000


class Limit(msgspec.Struct):
    """A guideline value: what it is for, quantity, level [dB(A)], and where it is from."""

    id: str
    title: str
    quantity: str
    level: float
    source: str


@cache
def limits() -> Mapping[str, Limit]:
    """Return the shipped guideline values (``data/noise/limits.json``)."""
    rows = msgspec.json.decode((folder("data") / "noise" / "limits.json").read_bytes(), type=list[Limit])
    return {row.id: row for row in rows}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Fields, indicators, assumptions."""

    fields: tuple[Field, ...]
    indicators: tuple[Indicator, ...]
    assumptions: tuple[str, ...]


def quantities(levels: NDArray[np.float32]) -> dict[str, Floats]:
    """Return Leq,24h, Lden and Lnight from levels (n, 3) of day, evening and night; nan where nothing is heard."""
    day, evening, night = (levels[:, k].astype(np.float64) for k in range(3))
    found = {"leq24": exposed.leq24(day, evening, night), "lden": exposed.lden(day, evening, night), "lnight": night}
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in found.items()}


def outcome(heard: Heard, traffic: Traffic, values: Mapping[str, Value]) -> Outcome:
    """Return what is said of levels at receivers."""
    told = quantities(heard.levels)
    who = heard.listeners
    at_facade = {name: value[: who.facades] for name, value in told.items()}
    houses = Houses(heard, at_facade)
    fields = [*_facade_fields(heard, at_facade), *houses.fields(), *_ground_fields(heard, told)]
    return Outcome(
        tuple(fields), houses.indicators(str(values["assignment"]) == "case1"), _assumptions(heard, traffic, values)
    )


def _facade_fields(heard: Heard, levels: Mapping[str, Floats]) -> list[Field]:
    stand = heard.listeners.facade
    if not len(stand.points):
        return []
    low, high = storeys(stand.points[:, 2], stand.facade)
    if heard.setting.floors == "one":  # one receiver stands for the whole height
        ground = heard.city.buildings["ground"].to_numpy(dtype=np.float64)[stand.building]
        height = heard.city.buildings["height"].to_numpy(dtype=np.float64)[stand.building]
        known = np.isfinite(ground) & np.isfinite(height)
        low, high = np.where(known, ground, low), np.where(known, ground + height, high)
    places = Walls(stand.points, stand.normal, stand.length, low, high)
    none = np.empty(0, dtype=object)
    return [
        Field(FACADE[name], UNIT, "facades", none, levels[name].astype(np.float32), source="noise", places=places)
        for name in QUANTITIES
    ]


def _ground_fields(heard: Heard, told: Mapping[str, Floats]) -> list[Field]:
    who, none = heard.listeners, np.empty(0, dtype=object)
    made = []
    first, cells = who.facades, who.shape[0] * who.shape[1]
    if cells:
        places = Grid(who.shape[0], who.shape[1], who.transform)
        for name in QUANTITIES:
            grid = np.full(cells, np.nan, dtype=np.float32)
            grid[who.cell] = told[name][first : first + len(who.cell)]
            made.append(Field(GROUND[name], UNIT, "grid", none, grid, source="noise", places=places))
    if len(who.yard):
        columns, (schools, quietest) = who.columns, yards(heard)
        spots = Points(np.ascontiguousarray(columns.xy[len(columns.xy) - len(who.yard) :][quietest]))
        level = told["leq24"][len(told["leq24"]) - len(who.yard) :][quietest].astype(np.float32)
        ids = heard.city.places["id"].to_numpy(dtype=object)[schools]
        made.append(Field(YARDS, UNIT, "points", ids, level, source="noise", places=spots))
    return made


def yards(heard: Heard) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the schools that have places outdoors, rows of the City's places, and the quietest place of each.

    The guideline is for the part of a yard that is for play and rest, which can lie where it is quiet.
    """
    rows = heard.listeners.yard
    level = quantities(heard.levels[len(heard.levels) - len(rows) :])["leq24"]
    order = np.lexsort((np.where(np.isfinite(level), level, -np.inf), rows))
    return np.unique(rows), order[np.r_[True, rows[order][1:] != rows[order][:-1]]] if len(rows) else order


class Houses:
    """Levels at the façades of buildings, those of parts counted to the building they are of."""

    def __init__(self, heard: Heard, levels: Mapping[str, Floats]) -> None:
        table = heard.city.buildings
        row_of = {str(id): row for row, id in enumerate(table["id"])}
        root = np.array(
            [row_of.get(str(p), row) if p else row for row, p in enumerate(table["parent"])], dtype=np.int64
        )
        stand = heard.listeners.facade
        self.table, self.levels, self.length = table, levels, stand.length
        self.own = stand.building
        self.building = root[stand.building] if len(table) else stand.building
        self.root = root
        schools, quietest = yards(heard)
        level = quantities(heard.levels)["leq24"]
        self.yards = level[len(level) - len(heard.listeners.yard) :][quietest]
        self.yard_ids = tuple(str(i) for i in heard.city.places["id"].to_numpy(dtype=object)[schools])
        self.lowest = np.r_[True, stand.facade[1:] != stand.facade[:-1]][: len(stand.facade)]

    def fields(self) -> list[Field]:
        """Return highest and quietest façade of every building."""
        made = []
        ids = self.table["id"].to_numpy(dtype=object)
        for name in QUANTITIES:
            made.append(self._field(HIGHEST[name], self.extreme(name, np.fmax, -np.inf), ids))
        made.append(self._field(QUIETEST, self.extreme("leq24", np.fmin, np.inf), ids))
        made.append(self._field(PATIO, self.patio(), ids))
        return made

    def patio(self) -> Floats:
        """Return the level before the quietest wall of the lowest storey of every row of buildings [dB(A)]."""
        found = np.full(len(self.table), np.inf)
        for owner in (self.own, self.building):
            np.fmin.at(found, owner[self.lowest], self.levels["leq24"][self.lowest])
        return np.where(np.isfinite(found), found, np.nan)

    @staticmethod
    def _field(name: str, values: Floats, ids: NDArray[np.object_]) -> Field:
        return Field(name, UNIT, "buildings", ids, values.astype(np.float32), source="noise")

    def extreme(self, name: str, which: np.ufunc, none: float) -> Floats:
        """Return the highest or lowest level of every row of buildings; a part and its building each have one."""
        found = np.full(len(self.table), none)
        for owner in (self.own, self.building):
            which.at(found, owner, self.levels[name])
        return np.where(np.isfinite(found), found, np.nan)

    def indicators(self, one_sided: bool) -> tuple[Indicator, ...]:
        """Return people and dwellings by level."""
        people, homes, small = (self._count(column) for column in ("residents", "dwellings", "dwellings_small"))
        share = exposed.assigned(np.nan_to_num(self.levels["lden"], nan=-99.0), self.building, self.length, one_sided)
        of, at_home = people[self.building] * share, homes[self.building] * share
        high, low = self.extreme("leq24", np.fmax, -np.inf), self.extreme("leq24", np.fmin, np.inf)
        made = []

        def add(
            id: str, title: str, value: float, unit: str, shown: str, places: Floats | None = None, **more: float
        ) -> None:
            ids = () if places is None else self._ids(places > 0)
            made.append(Indicator(f"noise.{id}", title, float(value), unit, "noise", shown, ids, more))

        facade = limits()["facade_new"].level
        over = {level: self.levels["leq24"] > level for level in (facade, limits()["facade_small"].level)}
        for level, loud in over.items():
            where = np.where(high > level, homes, 0.0)
            add(f"dwellings_{level:.0f}", N_("Dwellings with a façade above {level} dB(A) Leq,24h"),
                float(at_home[loud].sum()), DWELLINGS, HIGHEST["leq24"], where, level=level)  # fmt: skip
        quiet, goal = limits()["quiet_side"].level, limits()["facade_goal"].level
        add("people_55", N_("People above {level} dB(A) Leq,24h at a façade (goal for existing homes)"),
            float(of[self.levels["leq24"] > goal].sum()), PERSONS, HIGHEST["leq24"],
            np.where(high > goal, people, 0.0), level=goal)  # fmt: skip
        without = (high > facade) & (low > quiet)
        add("no_quiet_side", N_("Dwellings in buildings above {level} dB(A) and without a quiet side (55)"),
            float(homes[without].sum()), DWELLINGS, QUIETEST, np.where(without, homes, 0.0), level=facade)  # fmt: skip
        patio, calm = limits()["patio"].level, self.patio()
        add("no_patio", N_("Dwellings without room for a patio at {level} dB(A) before the house"),
            float(homes[calm > patio].sum()), DWELLINGS, PATIO, np.where(calm > patio, homes, 0.0),
            level=patio)  # fmt: skip
        large = np.maximum(homes - small, 0.0)
        over_new = np.where(high > facade, large, 0.0) + np.where(high > over_small(), small, 0.0)
        add("limit_new", N_("Dwellings that could not be built new without a quiet side (Leq part of 2015:216)"),
            float(np.where(low > quiet, over_new, 0.0).sum()), DWELLINGS, HIGHEST["leq24"],
            np.where(low > quiet, over_new, 0.0))  # fmt: skip
        for name, title, first, last in (
            ("lden", N_("People at Lden {low}–{high} dB(A)"), 55.0, 75.0),
            ("lnight", N_("People at Lnight {low}–{high} dB(A)"), 50.0, 70.0),
        ):
            counts = exposed.per_class(self.levels[name], of, first, last)
            for n, count in enumerate(counts):
                low_limit = first + 5 * n
                open_title = (
                    N_("People at Lden from {low} dB(A)") if name == "lden" else N_("People at Lnight from {low} dB(A)")
                )
                add(f"{name}_{low_limit:.0f}", open_title if n == len(counts) - 1 else title, count, PERSONS,
                    HIGHEST[name], None, low=low_limit, high=low_limit + 4)  # fmt: skip
        annoyed = exposed.affected(
            self.levels["lden"], of, exposed.highly_annoyed(self.levels["lden"]), exposed.LDEN_FROM
        )
        add("highly_annoyed", N_("Highly annoyed by road noise (from Lden 55)"), annoyed, PERSONS, HIGHEST["lden"])
        asleep = exposed.affected(
            self.levels["lnight"], of, exposed.sleep_disturbed(self.levels["lnight"]), exposed.LNIGHT_FROM
        )  # fmt: skip
        add(
            "sleep_disturbed",
            N_("Sleep highly disturbed by road noise (from Lnight 50)"),
            asleep,
            PERSONS,
            HIGHEST["lnight"],
        )
        loud_yards = self.yards > limits()["school_yard"].level
        made.append(
            Indicator(
                "noise.schools", N_("Schools above {level} dB(A) Leq,24h in the yard"), float(loud_yards.sum()),
                N_("schools"), "noise", YARDS, tuple(np.array(self.yard_ids, dtype=object)[loud_yards]),
                {"level": limits()["school_yard"].level},
            )
        )  # fmt: skip
        return tuple(made)

    def _count(self, column: str) -> Floats:
        """Return a count per building; those of parts stand at the building they are of, where that has none itself."""
        own = np.nan_to_num(self.table[column].to_numpy(dtype=np.float64))
        parts = self.root != np.arange(len(own))
        given = np.zeros(len(own))
        np.add.at(given, self.root[parts], own[parts])
        found = np.where(own > 0, own, given)
        found[parts] = 0.0
        return np.asarray(found)

    def _ids(self, rows: NDArray[np.bool_]) -> tuple[str, ...]:
        found = np.flatnonzero(rows)[:_MOST_PLACES]
        return tuple(str(id) for id in self.table["id"].to_numpy(dtype=object)[found])


def over_small() -> float:
    """Return the limit for dwellings up to 35 m²."""
    return limits()["facade_small"].level


def _assumptions(heard: Heard, traffic: Traffic, values: Mapping[str, Value]) -> tuple[str, ...]:
    said = [
        N_("Indicative, early stage: not a noise study; the model is not yet validated against measurements here."),
        N_("Method: CNOSSOS-EU (Directive (EU) 2015/996), not Nord96 or Nord2000."),
        N_("Free-field levels: the façade in front of which a level stands does not reflect."),
        N_("Maximum levels (Lmax) are not assessed. Railways, aircraft and industry are not included."),
        N_("A patio is judged before the walls of the lowest storey; a school yard by its quietest place 10 m from "
           "the house, or by the school's own point outdoors."),
    ]  # fmt: skip
    basis = np.bincount(traffic.basis, minlength=3)
    if basis[2] == 0:
        said.append(N_("Traffic is as counted, elsewhere assumed by kind of street, at the posted speed."))
    elif basis[0]:
        said.append(N_("Streets without an answer of the traffic model have assumed traffic."))
    if basis[2]:
        said.append(N_("Traffic is that of the traffic model; streets it leaves empty are silent."))
    if heard.surroundings.left_out:
        said.append(N_("Some objects without height, length or area are left out of the noise model."))
    return tuple(said)
