"""Traffic on every link by period and category: what was counted or assigned, else assumed by kind of street.

The three periods of the noise indicators are day, evening and night. Where the traffic model has answered, its flows
and speeds hold; else counts of the City, and where none were made the figures of ``data/noise/assumed-traffic.csv``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from twin.content import folder
from twin.models.noise.emission import V_MIN, Conditions, propulsion, rolling
from twin.models.noise.tables import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.noise.tables import Tables

    Floats = NDArray[np.float64]

PERIODS = ("day", "evening", "night")
LENGTHS = (12.0, 4.0, 8.0)
"""Hours of day, evening and night."""
SWEDISH, EUROPEAN = "06–18–22", "07–19–23"
HOURS = {SWEDISH: (6, 18, 22), EUROPEAN: (7, 19, 23)}
"""When day, evening and night begin; the default of Directive 2002/49/EC is 07–19–23."""
PARTS = {
    "day": (("morning", 3.0), ("midday", 6.0), ("afternoon", 3.0)),
    "evening": (("evening", 1.0),),
    "night": (("night", 1.0),),
}
"""Periods of the fleet and of traffic that make up those of noise, by their hours."""
MEDIUM = 0.4
"""Share of heavy vehicles that are of category 2 where it is not known."""
HEAVY = 0.05
"""Share of heavy vehicles where nothing is known of it."""
SPEEDS = {"1": 130.0, "2": 90.0, "3": 90.0, "4a": 45.0, "4b": 130.0}
"""Highest speeds [km/h] by category, as the law has them in Sweden for lorries and mopeds."""
SURFACES = {
    "": "DEF", "asphalt": "DEF", "concrete": "NL08", "sett": "NL11", "paving_stones": "NL10", "cobblestone": "NL11",
}  # fmt: skip
"""Surface of the emission table for surfaces of a City; names of the table itself are taken as they are."""


@dataclass(frozen=True)
class Assumed:
    """A row of the table of assumed traffic: vehicles per day and direction, its profile over the day, heavy share."""

    aadt: float
    profile: str
    heavy: float


def _rows(name: str) -> list[dict[str, str]]:
    with (folder("data") / "noise" / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@cache
def assumed() -> Mapping[str, Assumed]:
    """Return assumed traffic by kind of street; ``""`` for any other."""
    rows = _rows("assumed-traffic.csv")
    return {row["kind"]: Assumed(float(row["aadt"]), row["profile"], float(row["heavy"])) for row in rows}


@cache
def shares(hours: str) -> Mapping[str, tuple[float, float, float]]:
    """Return the shares of a day's traffic in day, evening and night, by profile, for the hours of :data:`HOURS`."""
    day, evening, night = HOURS[hours]
    rows = _rows("hours.csv")

    def between(profile: str, first: int, last: int) -> float:
        return sum(float(rows[h % 24][profile]) for h in range(first, last))

    return {
        profile: (between(profile, day, evening), between(profile, evening, night), between(profile, night, day + 24))
        for profile in ("main", "local")
    }


@dataclass(frozen=True, eq=False)
class Traffic:
    """Vehicles per hour ``flow`` and speeds [km/h], both (periods, categories, links); ``basis`` (links,) where from.

    ``basis`` is 0 assumed, 1 counted, 2 answered by the traffic model.
    """

    flow: Floats
    speed: Floats
    basis: NDArray[np.int8]


def observed(city: City, hours: str = SWEDISH) -> Traffic:
    """Return traffic as counted, or assumed by kind of street, at the posted speed.

    Parameters
    ----------
    city : City
    hours : str
        When day, evening and night begin, a key of :data:`HOURS`.
    """
    roads, table = city.roads, assumed()
    n = len(roads)
    rows = [table.get(str(kind), table[""]) for kind in roads["kind"]]
    counted = roads["aadt"].to_numpy(dtype=np.float64)
    known = np.isfinite(counted) & (counted >= 0)
    aadt = np.where(known, counted, [row.aadt for row in rows])
    factor = roads["flow_factor"].to_numpy(dtype=np.float64)
    aadt = aadt * np.where(np.isfinite(factor) & (factor >= 0), factor, 1.0)
    aadt[roads["closed"].to_numpy(bool)] = 0.0
    limit = posted(city)
    own = roads["heavy_share"].to_numpy(dtype=np.float64) / 100
    share = np.array([shares(hours)[row.profile] for row in rows]).reshape(n, 3)
    flow, speed = np.zeros((3, len(CATEGORIES), n)), np.empty((3, len(CATEGORIES), n))
    for k, period in enumerate(PERIODS):
        hourly = aadt * share[:, k] / LENGTHS[k]
        fleet = fleet_of(city, period, "heavy") / 100
        heavy = np.where(np.isfinite(fleet), fleet, np.where(np.isfinite(own), own, [row.heavy for row in rows]))
        heavy = np.clip(heavy, 0.0, 1.0)
        flow[k, 0], flow[k, 1] = hourly * (1 - heavy), hourly * heavy * MEDIUM
        flow[k, 2] = hourly * heavy * (1 - MEDIUM)
        for c, category in enumerate(CATEGORIES):
            speed[k, c] = np.minimum(limit, SPEEDS[category])
    return Traffic(flow, speed, known.astype(np.int8))


def answered(city: City, ids: NDArray[np.object_], flow: Floats, speed: Floats, hours: str = SWEDISH) -> Traffic:
    """Return traffic as the traffic model answered it; links it does not speak of as counted or assumed.

    Parameters
    ----------
    city : City
    ids : array of str, shape (n,)
        Links.
    flow : array, shape (3, 3, n) [veh/h]
        Day 06–18, evening 18–22, night 22–06 by category 1, 2, 3.
    speed : array, shape (3, n) [km/h]
        nan where nothing drives.
    hours : str
        Other hours take over the shares of the assumed profiles.
    """
    base = observed(city, hours)
    row_of = {str(id): row for row, id in enumerate(city.roads["id"])}
    rows = np.array([row_of.get(str(id), -1) for id in ids], dtype=np.int64)
    at, known = rows[rows >= 0], rows >= 0
    table = assumed()
    profiles = [table.get(str(kind), table[""]).profile for kind in city.roads["kind"]]
    for k in range(3):
        moved = np.array([shares(hours)[p][k] / shares(SWEDISH)[p][k] for p in profiles])
        base.flow[k][:, at] = 0.0
        base.flow[k][:3, at] = np.maximum(np.nan_to_num(flow[k][:, known]), 0.0) * moved[at]
        drives = np.isfinite(speed[k][known])
        for c, category in enumerate(CATEGORIES[:3]):
            base.speed[k, c, at[drives]] = np.minimum(speed[k][known][drives], SPEEDS[category])
    base.basis[at] = 2
    return base


def posted(city: City) -> Floats:
    """Return the speed limit [km/h] of every link, 30 where unknown."""
    limit = city.roads["speed"].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(limit) & (limit > 0), limit, 30.0)


def fleet_of(city: City, period: str, column: str) -> Floats:
    """Return a share [%] of the fleet on every link in a period of noise; nan where the City does not know it."""
    table = city.fleet
    known: dict[tuple[str, str], float] = {}
    for when, kind, value in zip(table["period"], table["road_kind"], table[column], strict=True):
        known[str(when), str(kind)] = float(value)
    found: dict[str, float] = {}
    for kind in {str(kind) for kind in city.roads["kind"]}:
        parts = [
            (hours, value)
            for when, hours in PARTS[period]
            if np.isfinite(value := known.get((when, kind), known.get((when, ""), known.get(("", kind), float("nan")))))
        ]
        weight = sum(hours for hours, _ in parts)
        found[kind] = sum(hours * value for hours, value in parts) / weight if weight else float("nan")
    return np.array([found[str(kind)] for kind in city.roads["kind"]], dtype=np.float64)


def powers(city: City, traffic: Traffic, tables: Tables, temperature: float, months: float) -> Floats:
    """Return the power of every link per metre and period, shape (periods, links, 8) [W relative to 1 pW].

    Parameters
    ----------
    city : City
        Surfaces, gradients, junctions, fleet (electric vehicles, studded tyres).
    traffic : Traffic
    tables : Tables
    temperature : float [°C]
        Yearly mean.
    months : float
        Months of studded tyres.
    """
    roads = city.roads
    n = len(roads)
    total = np.zeros((3, n, 8))
    if not n:
        return total
    names = np.array([SURFACES.get(str(s), str(s) if str(s) in tables.surfaces else "DEF") for s in roads["surface"]])
    gradient = np.nan_to_num(roads["gradient"].to_numpy(dtype=np.float64))
    junction, away = _junctions(city)
    for k, period in enumerate(PERIODS):
        electric = np.clip(np.nan_to_num(fleet_of(city, period, "electric")) / 100, 0, 1)
        studded = np.round(np.clip(np.nan_to_num(fleet_of(city, period, "studded")) / 100, 0, 1), 3)
        for surface, kind, nails in sorted(set(zip(names.tolist(), junction.tolist(), studded.tolist(), strict=True))):
            on = np.flatnonzero((names == surface) & (junction == kind) & (studded == nails))
            where = Conditions(surface, temperature, gradient[on], nails, months if nails else 0.0, kind, away[on])
            for c, category in enumerate(CATEGORIES):
                flow = traffic.flow[k, c, on]
                if not (flow > 0).any():
                    continue
                speed = np.maximum(traffic.speed[k, c, on], V_MIN)
                moving = 10 ** (propulsion(category, speed, where, tables) / 10)
                if category == "1":
                    moving *= (1 - electric[on])[:, None]
                if not category.startswith("4"):
                    moving = moving + 10 ** (rolling(category, speed, where, tables) / 10)
                total[k, on] += (flow / (1000 * speed))[:, None] * moving  # 2.2.1, 2.2.2
    return total


def _junctions(city: City) -> tuple[NDArray[np.int64], Floats]:
    """Return kind of junction (0 none, 1 lights, 2 roundabout) and its distance [m] from the middle of each link."""
    kinds = {"signal": 1, "signals": 1, "traffic_signals": 1, "roundabout": 2, "mini_roundabout": 2}
    places = zip(city.junctions["node"], city.junctions["kind"], strict=True)
    at = {str(node): kinds.get(str(kind), 0) for node, kind in places}
    roads = city.roads
    found = np.array([at.get(str(node), 0) for node in roads["to_node"]], dtype=np.int64)
    before = np.array([at.get(str(node), 0) for node in roads["from_node"]], dtype=np.int64)
    kind = np.where(found > 0, found, before)
    length = roads["length"].to_numpy(dtype=np.float64)
    length = np.where(np.isfinite(length), length, roads.geometry.length.to_numpy())
    away = np.round(length / 2, 1)
    return np.where(away < 100, kind, 0), away
