"""A synthetic week of measurements at the masts: traffic, noise, air and temperature.

Values follow the traffic that the demand puts on the street beside the mast, the hour and the weekday; a few
gaps, stuck values and spikes are laid in, the last two flagged in ``quality``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from demo_city.dice import dice
from demo_city.sources import LICENCE, OWNER
from twin.sensors.days import Days
from twin.sensors.embedded import STREAMS
from twin.sensors.stream import batch, from_table, to_table

if TYPE_CHECKING:
    from pathlib import Path

    from demo_city.table import District, Floats
    from twin.city.city import City

FIRST = np.datetime64("2026-05-04T00:00:00", "ms")
DAYS = 7
GOOD, SPIKE, STUCK, OUT_OF_RANGE = 0, 1, 2, 3
"""Codes of ``quality``; a gap has no row."""

QUANTITIES = {
    # quantity: unit (UCUM), period [s], accuracy, height above ground [m], decimals, height of a spike
    "traffic_flow": ("/h", 300, "±5 %", 4.0, 0, 2500.0),
    "traffic_speed": ("km/h", 300, "±3 km/h", 4.0, 1, 90.0),
    "noise_laeq": ("dB", 300, "±1.5 dB", 4.0, 1, 33.0),
    "no2": ("ug/m3", 900, "±15 %", 3.0, 1, 160.0),
    "pm10": ("ug/m3", 900, "±20 %", 3.0, 1, 190.0),
    "temperature": ("Cel", 900, "±0.5 Cel", 3.0, 1, 26.0),
}
_EXPANDED = {
    "traffic": ("traffic_flow", "traffic_speed"),
    "noise": ("noise_laeq",),
    "no2": ("no2",),
    "pm10": ("pm10",),
    "temperature": ("temperature",),
}
_WEEKDAY = np.array(
    [
        0.9,
        0.6,
        0.45,
        0.4,
        0.6,
        1.6,
        3.6,
        6.4,
        7.1,
        5.9,
        5.3,
        5.4,
        5.6,
        5.7,
        6.0,
        6.8,
        7.4,
        7.0,
        5.7,
        4.6,
        3.8,
        3.3,
        2.6,
        1.6,
    ]
)
_WEEKEND = np.array(
    [
        2.0,
        1.6,
        1.3,
        1.0,
        0.9,
        1.0,
        1.3,
        1.9,
        2.9,
        4.1,
        5.3,
        6.1,
        6.6,
        6.8,
        6.8,
        6.6,
        6.4,
        6.2,
        5.6,
        4.8,
        4.2,
        3.8,
        3.3,
        2.6,
    ]
)
_DAY_FACTOR = np.array([1.02, 1.05, 1.06, 1.07, 1.08, 0.82, 0.76])


@dataclass(frozen=True)
class Mast:
    """A mast: place id and name, its quantities, daily traffic beside it, speed limit [km/h], distance [m]."""

    place: str
    name: str
    quantities: tuple[str, ...]
    traffic: float
    speed: float
    distance: float


def masts(district: District, city: City, flow: Floats) -> list[Mast]:
    """Return the masts of the table with the traffic of the street nearest to each."""
    ground = (city.roads["level"] >= 0).to_numpy()
    lines = city.roads.geometry.to_numpy()[ground]
    volumes, speeds = flow[ground], city.roads["speed"].to_numpy()[ground]
    tree = shapely.STRtree(lines)
    rows = city.places[city.places["kind"] == "mast"]
    found = []
    for place, name, spot in zip(rows["id"], rows["name"], rows.geometry, strict=True):
        near = int(tree.nearest(spot))
        both = tree.query(lines[near].interpolate(0.5, normalized=True), predicate="dwithin", distance=0.05)
        words = district.raw["masts"][name]["quantities"].split()
        found.append(
            Mast(
                place,
                name,
                tuple(q for word in words for q in _EXPANDED[word]),
                float(volumes[both].sum()),
                float(speeds[near]),
                max(float(lines[near].distance(spot)), 3.0),
            )
        )
    return found


def streams(found: list[Mast]) -> pd.DataFrame:
    """Return one row per stream: what is measured where, how often, by whom and how well."""
    rows = []
    for mast in found:
        for quantity in mast.quantities:
            unit, period, accuracy, height, _, _ = QUANTITIES[quantity]
            rows.append(
                {
                    "stream": f"{mast.place}:{quantity}",
                    "place": mast.place,
                    "name": mast.name,
                    "quantity": quantity,
                    "unit": unit,
                    "period_s": period,
                    "owner": OWNER,
                    "licence": LICENCE,
                    "classification": "open",
                    "accuracy": accuracy,
                    "height_m": height,
                    "maturity": "test",
                    "note": "synthetic, not for decisions",
                }
            )
    return pd.DataFrame(rows)


def week(district: District, found: list[Mast]) -> pd.DataFrame:
    """Return the observations: stream, time (UTC), value (float32), quality (uint8), sorted by time."""
    frames = []
    air = _weather(district)
    for mast in found:
        for quantity in mast.quantities:
            _, period, _, _, decimals, spike = QUANTITIES[quantity]
            t = np.arange(0, DAYS * 86400, period)
            rng = dice("history", district.seed, mast.name, quantity)
            value = MAKERS[quantity](mast, t, rng, air)
            value, quality, kept = _events(np.round(value, decimals), spike, rng)
            frames.append(
                pd.DataFrame(
                    {
                        "stream": f"{mast.place}:{quantity}",
                        "time": FIRST + t[kept].astype("timedelta64[s]"),
                        "value": value[kept].astype(np.float32),
                        "quality": quality[kept].astype(np.uint8),
                    }
                )
            )
    if not frames:
        return pd.DataFrame(columns=["stream", "time", "value", "quality"])
    return pd.concat(frames).sort_values(["time", "stream"], kind="stable", ignore_index=True)


def write(folder: Path, streams_table: pd.DataFrame, observations: pd.DataFrame) -> None:
    """Write ``streams.parquet`` and one Parquet file per UTC day, as a store of the program does."""
    folder.mkdir(parents=True, exist_ok=True)
    told = from_table(streams_table)
    to_table(told).to_parquet(folder / STREAMS, compression="zstd", index=False)
    number = {one.id: one.sid for one in told}
    sids = observations["stream"].map(number).to_numpy()
    times = observations["time"].to_numpy().astype("datetime64[ms]")
    rows = batch(sids, times, observations["value"].to_numpy(), observations["quality"].to_numpy())
    files = Days(folder)
    for day in np.unique(times.astype("datetime64[D]")):
        files.write(day, rows.take(times.astype("datetime64[D]") == day))


def _local(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hour of the day with fraction and day of the week in Stockholm (UTC+2 in May; day 0 is a Monday)."""
    local = t + 7200
    return (local % 86400) / 3600.0, (local // 86400) % 7


def _per_hour(mast: Mast, t: np.ndarray) -> Floats:
    """Vehicles per hour expected at a time of the week."""
    hour, day = _local(t)
    at = np.arange(25)
    work = np.interp(hour, at + 0.0, np.append(_WEEKDAY, _WEEKDAY[0])) / _WEEKDAY.sum()
    free = np.interp(hour, at + 0.0, np.append(_WEEKEND, _WEEKEND[0])) / _WEEKEND.sum()
    return mast.traffic * _DAY_FACTOR[day] * np.where(day < 5, work, free)


def _slow(rng: np.random.Generator, n: int, size: float, memory: float) -> Floats:
    """Return noise with a memory: each value keeps a part of the last."""
    kicks = rng.normal(0.0, size * np.sqrt(1 - memory**2), n)
    out = np.empty(n)
    last = 0.0
    for i, kick in enumerate(kicks.tolist()):
        last = memory * last + kick
        out[i] = last
    return out


def _flow(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    mean = np.maximum(_per_hour(mast, t) * (1 + _slow(rng, len(t), 0.06, 0.8)), 0.0)
    return rng.poisson(mean / 12.0) * 12.0


def _speed(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    load = _per_hour(mast, t) / max(mast.traffic * 0.085, 1.0)
    return mast.speed * (0.98 - 0.22 * np.clip(load, 0, 1.3) ** 2) + _slow(rng, len(t), 2.2, 0.6)


def _noise(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    source = 10 * np.log10(np.maximum(_per_hour(mast, t), 3.0)) + 20 * np.log10(max(mast.speed, 30.0) / 50.0)
    street = source + 43.5 - 10 * np.log10(mast.distance / 7.5)
    hour, _ = _local(t)
    quiet = 40.0 + 5.0 * np.clip(np.sin((hour - 5.0) / 18.0 * np.pi), 0.0, 1.0)
    level = 10 * np.log10(10 ** (street / 10) + 10 ** (quiet / 10))
    return level + _slow(rng, len(t), 0.7, 0.5) + np.where(rng.random(len(t)) < 0.01, rng.uniform(2, 7, len(t)), 0.0)


def _weather(district: District) -> Floats:
    """Ventilation of the air per 15 minutes, shared by all masts: above 1 it is stagnant."""
    rng = dice("weather", district.seed)
    return np.exp(_slow(rng, DAYS * 96, 0.35, 0.985))


def _no2(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    near = np.clip(14.0 / mast.distance, 0.15, 1.2)
    return air * (6.0 + 0.019 * _per_hour(mast, t) * near) * np.exp(_slow(rng, len(t), 0.12, 0.7))


def _pm10(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    near = np.clip(14.0 / mast.distance, 0.15, 1.2)
    value = air * (9.0 + 0.012 * _per_hour(mast, t) * near) * np.exp(_slow(rng, len(t), 0.25, 0.8))
    return value + rng.normal(0, 0.8, len(t))


def _temperature(mast: Mast, t: np.ndarray, rng: np.random.Generator, air: Floats) -> Floats:
    hour, _ = _local(t)
    drift = 2.0 * np.sin(t / 86400 / 7 * 2 * np.pi + 0.5)
    return 11.0 + drift + 4.2 * np.sin((hour - 9.0) / 24 * 2 * np.pi) + _slow(rng, len(t), 0.4, 0.9)


MAKERS = {
    "traffic_flow": _flow,
    "traffic_speed": _speed,
    "noise_laeq": _noise,
    "no2": _no2,
    "pm10": _pm10,
    "temperature": _temperature,
}


def _events(value: Floats, spike: float, rng: np.random.Generator) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Lay in gaps (no rows), a stuck stretch and spikes; return values, quality codes and the rows kept."""
    n = len(value)
    quality, kept = np.zeros(n, np.uint8), np.ones(n, bool)
    if rng.random() < 0.45:
        start = int(rng.integers(0, n - n // 40))
        kept[start : start + int(rng.integers(n // 160, n // 40))] = False
    if rng.random() < 0.18:
        start = int(rng.integers(0, n - n // 30))
        stop = start + int(rng.integers(n // 120, n // 30))
        value[start:stop], quality[start:stop] = value[start], STUCK
    for _ in range(int(rng.integers(0, 3))):
        k = int(rng.integers(0, n))
        value[k], quality[k] = value[k] + spike, SPIKE
    quality[(value < 0) & (quality == GOOD)] = OUT_OF_RANGE
    return value, quality, kept & np.isfinite(value)
