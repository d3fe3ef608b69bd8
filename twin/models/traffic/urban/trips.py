"""Travel demand of a City: pairs of zones with vehicles per period and class, and what edits make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.models.traffic.urban.vehicles import CLASSES, PERIODS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.connect import People
    from twin.models.traffic.urban.settings import Settings

_ANY_PERIOD = ("", "day", "all")
_PERIODS = tuple(one.name for one in PERIODS)


@dataclass(frozen=True, eq=False)
class Demand:
    """Vehicles between zones on an average day.

    Attributes
    ----------
    zones : array of str, shape (z,)
    origin, destination : array, shape (k,)
        Rows of ``zones``; no pair twice.
    amount : array, shape (periods, classes, k) [vehicles per period]
    basis : str
        Where it is from.
    lost : float [vehicles/day]
        What the table holds for zones or classes that are not known.
    """

    zones: NDArray[np.object_]
    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    amount: NDArray[np.float64]
    basis: str = ""
    lost: float = 0.0

    @property
    def total(self) -> float:
        """Vehicles of a day."""
        return float(self.amount.sum())

    def times(self, factor: NDArray[np.float64]) -> Demand:
        """Return it with amounts times a factor, of each pair (k,) or of all (periods, classes, k)."""
        return replace(self, amount=self.amount * factor)


def of_table(city: City, zones: NDArray[np.object_], settings: Settings) -> Demand:
    """Return the City's own table of demand.

    Rows without a period (or of a whole day) are spread over the day by the shares of the parameters, rows without a
    class over classes by the fleet.
    """
    table = city.demand
    index = pd.Index(zones)
    o, d = index.get_indexer(pd.Index(table["origin"])), index.get_indexer(pd.Index(table["destination"]))
    period = pd.Index(_PERIODS).get_indexer(pd.Index(table["period"]))
    klass = pd.Index(CLASSES).get_indexer(pd.Index(table["vehicle_class"]))
    whole_day = table["period"].isin(_ANY_PERIOD).to_numpy(bool)
    no_class = (table["vehicle_class"] == "").to_numpy(bool)
    trips = np.nan_to_num(table["trips"].to_numpy(float))
    good = (o >= 0) & (d >= 0) & ((period >= 0) | whole_day) & ((klass >= 0) | no_class)
    pairs, pair = np.unique(o[good] * len(zones) + d[good], return_inverse=True)
    amount = np.zeros((len(PERIODS), len(CLASSES), len(pairs)))
    mix = class_mix(city, settings)
    plain = good & ~whole_day & ~no_class
    np.add.at(amount, (period[plain], klass[plain], pair[plain[good]]), trips[plain])
    for p, share in enumerate(settings.shares):
        for c in range(len(CLASSES)):
            for rows, part in (
                (good & whole_day & (klass == c), share), (good & no_class & (period == p), mix[p, c]),
                (good & whole_day & no_class, share * mix[p, c]),
            ):  # fmt: skip
                np.add.at(amount[p, c], pair[rows[good]], trips[rows] * part)
    basis = ", ".join(sorted(set(table["basis"]) - {""}))
    size = max(len(zones), 1)
    return Demand(zones, pairs // size, pairs % size, amount, basis, float(trips[~good].sum()))


def class_mix(city: City, settings: Settings) -> NDArray[np.float64]:
    """Return the share of each class in each period, after the fleet; shape (periods, classes)."""
    electric, heavy = fleet_shares(city)
    light = settings.share("light_share")
    cars = np.maximum(1.0 - light - heavy, 0.0)
    return np.stack([cars * (1 - electric), cars * electric, np.full(len(PERIODS), light), heavy], axis=1)


def fleet_shares(city: City) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of electric and of heavy vehicles in each period, means over kinds of street.

    A row of the fleet without a period holds in all that have none of their own; without any row 0.2 and 0.04 are
    assumed.
    """
    found = []
    for name, missing in (("electric", 0.2), ("heavy", 0.04)):
        rows = city.fleet[city.fleet[name].notna()]
        by = rows.groupby("period")[name].mean() / 100.0
        general = float(by.get("", missing))
        found.append(np.array([float(by.get(one, general)) for one in _PERIODS]))
    return found[0], found[1]


def with_fleet(demand: Demand, city: City, present: City) -> Demand:
    """Return the demand with other shares of electric and heavy vehicles, as many vehicles as before."""
    if city.fleet is present.fleet:
        return demand
    (e1, h1), (e0, h0) = fleet_shares(city), fleet_shares(present)
    amount = demand.amount.copy()
    for p in range(len(PERIODS)):
        cars, all_ = amount[p, 0] + amount[p, 1], amount[p].sum(axis=0)
        electric = amount[p, 1] * e1[p] / e0[p] if e0[p] > 0 else cars * e1[p]
        electric = np.minimum(electric, cars)
        amount[p, 0], amount[p, 1] = cars - electric, electric
        heavy = np.minimum(amount[p, 3] * h1[p] / h0[p] if h0[p] > 0 else all_ * h1[p], all_)
        rest = all_ - amount[p, 3]
        amount[p, :3] *= np.where(rest > 0, (all_ - heavy) / np.where(rest > 0, rest, 1.0), 0.0)
        amount[p, 3] = heavy
    return replace(demand, amount=amount)


def with_growth(demand: Demand, city: City, present: City | None = None) -> Demand:
    """Return the demand times the factors in ``growth``; those of the present are in it already.

    Parameters
    ----------
    demand : Demand
    city : City
    present : City, optional
    """
    table = city.growth
    if present is not None:
        table = table[~table["id"].isin(present.growth["id"])]
    if not len(table):
        return demand
    factor = np.ones_like(demand.amount)
    names = demand.zones.astype(str)
    for period, vehicles, origins, destinations, times in zip(
        table["period"], table["vehicle_class"], table["origins"], table["destinations"],
        table["factor"].to_numpy(float), strict=True,
    ):  # fmt: skip
        rows = np.array([str(period) in (*_ANY_PERIOD, one) for one in _PERIODS])
        classes = np.array([str(vehicles) in ("", one) for one in CLASSES])
        pairs = np.ones(len(demand.origin), dtype=bool)
        for text, side in ((str(origins), demand.origin), (str(destinations), demand.destination)):
            if text:
                pairs &= np.isin(names, text.split(","))[side]
        some = rows[:, None, None] & classes[None, :, None] & pairs
        factor[some] *= times if np.isfinite(times) else 1.0
    return replace(demand, amount=demand.amount * factor)


def with_people(demand: Demand, now: People, before: People, settings: Settings) -> Demand:
    """Return the demand after people and jobs moved.

    A zone's new residents and jobs make as many vehicle trips as the parameters say, half from and half to it, in the
    pattern of the trips it has; a zone with none has no pattern and stays without.
    """
    at = pd.Index(now.ids).get_indexer(pd.Index(demand.zones))
    old = pd.Index(before.ids).get_indexer(pd.Index(demand.zones))

    def grown(values: NDArray[np.float64], earlier: NDArray[np.float64]) -> NDArray[np.float64]:
        new = np.where(at >= 0, values[at], 0.0) if len(values) else np.zeros(len(at))
        return new - (np.where(old >= 0, earlier[old], 0.0) if len(earlier) else 0.0)

    trips = settings.number("trips_resident") * grown(now.residents, before.residents)
    trips += settings.number("trips_job") * grown(now.jobs, before.jobs)
    if not trips.any():
        return demand
    pairs, n = demand.amount.sum(axis=(0, 1)), len(demand.zones)
    factor = np.ones(len(pairs))
    for side in (demand.origin, demand.destination):
        whole = np.bincount(side, pairs, n)
        factor += np.where(whole > 0, 0.5 * trips / np.where(whole > 0, whole, 1.0), 0.0)[side]
    return demand.times(np.maximum(factor, 0.0))
