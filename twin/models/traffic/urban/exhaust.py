"""What comes out of exhausts per street: vehicles times the factors of ``data/traffic/emissions.toml``.

Tier 1 of the EMEP/EEA guidebook: grams per kilometre by kind of vehicle, whatever the speed. It shows where and how
much traffic emits and what a change of traffic or fleet does to that; not what a change of speed or congestion does,
and no concentration. Electric cars have no exhaust; what tyres, brakes and road give off is not in it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from twin.content import folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUBSTANCES = ("co2", "nox", "pm")


@dataclass(frozen=True)
class Factors:
    """Grams per kilometre: rows petrol car, diesel car, light lorry, heavy lorry; columns CO₂, NOₓ, PM."""

    grams: NDArray[np.float64]
    source: str

    def of(self, diesel: float) -> NDArray[np.float64]:
        """Return grams per kilometre of each class of vehicles, shape (classes, 3).

        Parameters
        ----------
        diesel : float
            Diesel cars among cars with an engine, 0–1.
        """
        petrol, diesel_car, light, heavy = self.grams
        return np.array([petrol + diesel * (diesel_car - petrol), np.zeros(3), light, heavy])


@cache
def factors() -> Factors:
    """Return the shipped factors."""
    raw = tomllib.loads((folder("data") / "traffic" / "emissions.toml").read_text(encoding="utf-8"))
    rows = [raw[name] for name in ("petrol_car", "diesel_car", "truck_light", "truck_heavy")]
    per_fuel = float(raw["co2_per_fuel"])
    return Factors(np.array([(one["fuel"] * per_fuel, one["nox"], one["pm"]) for one in rows]), str(raw["source"]))


def exhaust(daily: NDArray[np.float64], diesel: float) -> NDArray[np.float64]:
    """Return grams per kilometre of street and day, shape (3, m): CO₂, NOₓ, PM.

    Parameters
    ----------
    daily : array, shape (classes, m) [veh/day]
    diesel : float
        Diesel cars among cars with an engine, 0–1.

    Examples
    --------
    >>> exhaust(np.array([[1000.0], [500.0], [0.0], [10.0]]), 0.0).round(1)[:, 0].tolist()
    [203031.5, 302.3, 2.4]
    """
    return factors().of(diesel).T @ daily
