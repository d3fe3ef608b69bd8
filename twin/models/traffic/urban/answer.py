"""What the traffic model says of a loaded network: fields per road link and indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.layer import Field
from twin.models.traffic import flows
from twin.models.traffic.demand import WITHIN
from twin.models.traffic.flows import MODEL
from twin.models.traffic.names import (
    ADT,
    BY_CLASS,
    BY_PERIOD,
    CHANGE,
    CO2,
    DELAY,
    GEH,
    HEAVY_SHARE,
    NOX,
    OFF,
    PM,
    RATIO,
    WEAR,
    WEEKDAY,
    WORST_SPEED,
)
from twin.models.traffic.urban.connect import core
from twin.models.traffic.urban.counts import fit_of, geh
from twin.models.traffic.urban.exhaust import exhaust
from twin.models.traffic.urban.vehicles import CLASSES, PERIODS
from twin.models.traffic.urban.wear import studded_share, wear
from twin.result import Indicator
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.counts import Counts
    from twin.models.traffic.urban.load import Loaded
    from twin.models.traffic.urban.settings import Settings

_DAY, _HOUR = N_("veh/day"), N_("veh/h")
_MOST_PLACES = 2_000


@dataclass(frozen=True, eq=False)
class Totals:
    """Traffic per road link, factors of links included.

    Attributes
    ----------
    hourly : array, shape (periods, classes, m) [veh/h]
        Mean hour of each period.
    time : array, shape (periods, m) [s]
    ratio : array, shape (periods, m)
        Passenger-car units in the busiest hour over capacity; nan where there is no capacity.
    """

    hourly: NDArray[np.float64]
    time: NDArray[np.float64]
    ratio: NDArray[np.float64]
    loaded: Loaded
    studded: NDArray[np.float64]

    @property
    def wear(self) -> NDArray[np.float64]:
        """Road wear per kilometre and day, shape (m,), in a measure of its own."""
        streets = self.loaded.grid.streets
        speed = 3.6 * streets.length / np.maximum(self.time, 1e-9)
        return wear(self.hourly, np.minimum(speed, streets.speed), self.studded)

    @property
    def mean_wear(self) -> float:
        """Road wear of the mean street, by length."""
        length = self.loaded.grid.streets.length
        return float(self.wear @ length / length.sum()) if length.sum() > 0 else 0.0

    @property
    def daily(self) -> NDArray[np.float64]:
        """Vehicles of a mean day by class, shape (classes, m)."""
        return np.tensordot(_hours(), self.hourly, 1)


@dataclass(frozen=True, eq=False)
class Before:
    """The present: road links, vehicles a day on each, the counts, and road wear of its mean street."""

    ids: NDArray[np.object_]
    daily: NDArray[np.float64]
    counts: Counts
    wear: float = 0.0

    def spread(self, values: NDArray[np.float64], ids: NDArray[np.object_], missing: float) -> NDArray[np.float64]:
        """Return values of the present on other links; a piece of a link that an edit split has those of the whole."""
        if self.ids is ids:
            return values
        index = pd.Index(self.ids)
        at = index.get_indexer(pd.Index(ids))
        piece = at < 0
        if piece.any():
            at[piece] = index.get_indexer(pd.Index([str(one).partition("~")[0] for one in ids[piece]]))
        return np.where(at >= 0, values[at], missing)


def _hours() -> NDArray[np.float64]:
    return np.array([one.hours for one in PERIODS])


def totals_of(loaded: Loaded, city: City) -> Totals:
    """Return the traffic per road link of a City.

    Its ``roads.flow_factor`` is applied to what is found, not to what is looked for.
    """
    factor = city.roads["flow_factor"].to_numpy(float)
    streets = loaded.grid.streets
    m = len(streets.ids)
    hourly = np.array([loaded.flow(p) for p in range(len(PERIODS))]) * np.where(np.isfinite(factor), factor, 1.0)
    time = np.array([loaded.time(p) for p in range(len(PERIODS))])
    capacity = np.where(streets.capacity > 0, streets.capacity, np.nan)
    ratio = np.array([one.flow[:m] for one in loaded.equilibria]) / capacity
    return Totals(hourly, time, ratio, loaded, studded_share(city))


def fields_of(totals: Totals, settings: Settings, before: Before) -> tuple[Field, ...]:
    """Return the fields on road links."""
    streets = totals.loaded.grid.streets
    made: list[Field] = []

    def add(name: str, unit: str, values: NDArray[np.float64]) -> None:
        made.append(Field(name, unit, "roads", streets.ids, values.astype(np.float32), source=MODEL))

    by_class = totals.daily
    adt = by_class.sum(axis=0)
    drives = adt > 0
    add(ADT, _DAY, adt)
    add(WEEKDAY, _DAY, adt * settings.number("weekday"))
    add(CHANGE, _DAY, adt - before.spread(before.daily, streets.ids, 0.0))
    add(RATIO, "%", 100.0 * np.nanmax(np.where(np.isfinite(totals.ratio), totals.ratio, 0.0), axis=0))
    worst = totals.time.max(axis=0)
    add(WORST_SPEED, "km/h", np.where(streets.length > 0, 3.6 * streets.length / np.maximum(worst, 1e-9), np.nan))
    add(DELAY, "s", worst - streets.free)
    add(HEAVY_SHARE, "%", np.where(drives, 100.0 * by_class[3] / np.where(drives, adt, 1.0), np.nan))
    for name, flow in zip(BY_PERIOD, totals.hourly.sum(axis=1), strict=True):
        add(name, _HOUR, flow)
    for name, flow in zip(BY_CLASS, by_class, strict=True):
        add(name, _DAY, flow)
    for name, unit, scale, amount in zip(
        (CO2, NOX, PM), (N_("kg/km and day"), N_("g/km and day"), N_("g/km and day")), (1e-3, 1.0, 1.0),
        exhaust(by_class, settings.share("diesel_share")), strict=True,
    ):  # fmt: skip
        add(name, unit, amount * scale)
    if before.wear > 0:
        add(WEAR, "", 100.0 * totals.wear / before.wear)
    made += _against_counts(before, streets.ids)
    for p, period in enumerate(flows.NOISE_PERIODS):
        flow, speed = _of_noise(totals, period, settings.share("medium_share"))
        for c in range(3):
            add(flows.FLOW[c][p], _HOUR, flow[c])
        add(flows.SPEED[p], "km/h", speed)
    return tuple(made)


def _against_counts(before: Before, ids: NDArray[np.object_]) -> list[Field]:
    """Return how the present's traffic meets the counts, link by link."""
    counts, made = before.counts, []
    if len(counts.rows):
        modelled = before.daily[counts.rows]
        for name, unit, found in (
            (OFF, _DAY, modelled - counts.counted), (GEH, "", geh(modelled, counts.counted)),
        ):  # fmt: skip
            values = np.full(len(before.daily), np.nan)
            values[counts.rows] = found
            shown = before.spread(values, ids, np.nan).astype(np.float32)
            made.append(Field(name, unit, "roads", ids, shown, source=MODEL))
    return made


def _of_noise(totals: Totals, noise: str, medium: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return light, medium and heavy vehicles per hour of a noise period, and their mean speed while driving [km/h]."""
    rows = [p for p, one in enumerate(PERIODS) if one.noise == noise]
    hours = np.array([PERIODS[p].hours for p in rows])
    streets = totals.loaded.grid.streets
    flow = np.tensordot(hours / hours.sum(), totals.hourly[rows], 1)
    light = flow[:3].sum(axis=0)
    # waits at the junction grow with traffic as the rest does
    part = np.where(streets.free > 0, 1.0 - streets.at_end / np.maximum(streets.free, 1e-9), 1.0)
    pace = 3.6 * streets.length / np.maximum(totals.time[rows] * part, 1e-9)
    weight = totals.hourly[rows].sum(axis=1) * hours[:, None]
    all_ = weight.sum(axis=0)
    speed = np.where(all_ > 0, (weight * pace).sum(axis=0) / np.where(all_ > 0, all_, 1.0), np.nan)
    return np.array([light, flow[3] * medium, flow[3] * (1.0 - medium)]), np.minimum(speed, streets.speed)


def indicators_of(
    totals: Totals, settings: Settings, before: Before, fields: tuple[Field, ...]
) -> tuple[Indicator, ...]:
    """Return the indicators of a day's traffic."""
    loaded, streets = totals.loaded, totals.loaded.grid.streets
    by_class, hours = totals.daily, _hours()
    adt = by_class.sum(axis=0)
    km = float(adt @ streets.length) / 1000.0
    period_flow = totals.hourly.sum(axis=1)
    spent = float(hours @ (period_flow * totals.time).sum(axis=1)) / 3600.0
    free = float(adt @ streets.free) / 3600.0
    ratio = np.nanmax(np.where(np.isfinite(totals.ratio), totals.ratio, 0.0), axis=0)
    over = ratio > 1.0
    days = [period.hours / loaded.peak for period in PERIODS]
    asked = sum(
        float(one.amount.sum()) * day for day, a in zip(days, loaded.equilibria, strict=True) for one in a.trips
    )
    lost = sum(
        one.amount * day
        for day, answer in zip(days, loaded.equilibria, strict=True)
        for one in answer.lost
        if one.reason != WITHIN
    )
    change = next(one.values for one in fields if one.name == CHANGE).astype(float)
    most = int(np.nanargmax(np.abs(change))) if len(change) else -1
    made: list[Indicator] = []

    def add(
        id: str, title: str, value: float, unit: str, shown: str = "", rows: NDArray[np.intp] | None = None
    ) -> None:
        places = () if rows is None else tuple(str(streets.ids[k]) for k in rows[:_MOST_PLACES])
        made.append(Indicator(f"traffic.{id}", title, value, unit, MODEL, shown, places))

    add("vehicle_km", N_("Vehicle-kilometres a day"), km, N_("veh·km"), ADT)
    add("vehicle_km_heavy", N_("Vehicle-kilometres a day, heavy lorries"),
        float(by_class[3] @ streets.length) / 1000.0, N_("veh·km"), BY_CLASS[3])  # fmt: skip
    burnt = by_class[0] + by_class[2] + by_class[3]
    title = N_("Vehicle-kilometres a day with a combustion engine")
    add("vehicle_km_engine", title, float(burnt @ streets.length) / 1000.0, N_("veh·km"), BY_CLASS[0])
    km_of = np.array([streets.length / 1000.0])
    whole = (exhaust(by_class, settings.share("diesel_share")) * km_of).sum(axis=1)
    add("co2", N_("CO₂ from exhausts a day"), float(whole[0]) / 1e6, "t", CO2)
    add("nox", N_("NOₓ from exhausts a day"), float(whole[1]) / 1e3, "kg", NOX)
    add("pm", N_("PM from exhausts a day"), float(whole[2]) / 1e3, "kg", PM)
    if loaded.rules.charged:
        add("charges", N_("Congestion charges a day"), _paid(totals), "kr", ADT)
    if before.wear > 0:
        add("wear", N_("Road wear by tyres, 100 = present"), 100.0 * totals.mean_wear / before.wear, "", WEAR)
    add("vehicle_hours", N_("Vehicle-hours a day"), spent, N_("veh·h"), DELAY)
    add("delay_hours", N_("Of these lost to other traffic"), spent - free, N_("veh·h"), DELAY)
    if spent > 0:
        add("mean_speed", N_("Mean travel speed"), km / spent, "km/h", WORST_SPEED)
    add("over_capacity", N_("Links over capacity in the busiest hour"), float(over.sum()), N_("links"), RATIO,
        np.flatnonzero(over)[np.argsort(-ratio[over], kind="stable")])  # fmt: skip
    add("max_change", N_("Largest change on a link since the present"),
        float(change[most]) if most >= 0 else 0.0, _DAY, CHANGE,
        np.array([most]) if most >= 0 and abs(change[most]) > 0 else None)  # fmt: skip
    add("trips", N_("Vehicle trips a day"), asked, N_("trips"))
    add("unserved", N_("Vehicle trips a day that have no way left"), float(lost), N_("trips"))
    apart = np.flatnonzero(streets.open[0] & ~core(streets, loaded.grid.connectors.gates))
    add("apart", N_("Links that cars cannot both reach and leave"), float(len(apart)), N_("links"), ADT, apart)
    made += _fit(before)
    add("gap", N_("Relative gap of the equilibrium"), loaded.gap, "")
    return tuple(made)


def _paid(totals: Totals) -> float:
    """Return what all vehicles of a day pay at congestion charges [kr]."""
    charged = totals.loaded.rules.charged
    return sum(
        period.hours * float(totals.hourly[p, c] @ charged[name, period.name])
        for p, period in enumerate(PERIODS)
        for c, name in enumerate(CLASSES)
        if (name, period.name) in charged
    )


def _fit(before: Before) -> list[Indicator]:
    """Return how well the present's traffic meets the counts, those fitted to and those kept out apart."""
    counts, made = before.counts, []
    parts = (
        ("fit", ~counts.held_out, N_("Counts fitted to: {n:.0f}; GEH under 5"), N_("Counts fitted to: R²"),
         N_("Counts fitted to: model against count")),
        ("test", counts.held_out, N_("Counts kept out: {n:.0f}; GEH under 5"), N_("Counts kept out: R²"),
         N_("Counts kept out: model against count")),
    )  # fmt: skip
    for id, chosen, share, r2, bias in parts:
        found = fit_of(before.daily[counts.rows[chosen]], counts.counted[chosen])
        if not found.number:
            continue
        places = tuple(str(before.ids[k]) for k in counts.rows[chosen][:_MOST_PLACES])
        number = {"n": float(found.number)}
        made.append(Indicator(f"traffic.{id}_geh", share, found.share, "%", MODEL, GEH, places, number))
        if np.isfinite(found.r2):  # one count has no spread to explain
            made.append(Indicator(f"traffic.{id}_r2", r2, found.r2, "", MODEL, OFF, places))
        made.append(Indicator(f"traffic.{id}_bias", bias, found.bias, "%", MODEL, OFF, places))
    return made
