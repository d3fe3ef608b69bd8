"""Coefficients of road vehicles and surfaces, read from tables that can be exchanged."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from twin.content import folder
from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

BANDS = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
"""Nominal midband frequencies of the octave bands [Hz]."""
CATEGORIES = ("1", "2", "3", "4a", "4b")
"""Light vehicles, medium heavy, heavy, mopeds, motorcycles (Directive (EU) 2015/996, table 2.2.a)."""
EDITIONS = ("2015", "2020")
"""2015: Directive (EU) 2015/996; 2020: as amended by Delegated Directive (EU) 2021/1226."""
NOTHING = np.zeros(8)


@dataclass(frozen=True)
class Surface:
    """A road surface: α (8,) and β [dB] per category, and the speeds they were measured for [km/h]."""

    title: str
    speeds: tuple[float, float]
    alpha: Mapping[str, NDArray[np.float64]]
    beta: Mapping[str, float]


@dataclass(frozen=True)
class Tables:
    """Coefficients by (category, quantity), arrays of shape (8,) [dB], and the surfaces by name."""

    vehicles: Mapping[tuple[str, str], NDArray[np.float64]]
    surfaces: Mapping[str, Surface]

    def vehicle(self, category: str, quantity: str) -> NDArray[np.float64]:
        """Return a quantity of a category, shape (8,) [dB]; one that the table lacks is zero."""
        return self.vehicles.get((category, quantity), NOTHING)

    def surface(self, name: str) -> Surface:
        """Return a surface.

        Raises
        ------
        BadInput
            When the table has no surface of this name.
        """
        try:
            return self.surfaces[name]
        except KeyError:
            known = ", ".join(sorted(self.surfaces))
            raise BadInput("road surface {name}: not in the table; known are {known}", name=name, known=known) from None


@cache
def shipped(edition: str = "2020") -> Tables:
    """Return the shipped coefficients of an edition of the method (``"2015"`` or ``"2020"``)."""
    if edition not in EDITIONS:
        raise BadInput("coefficients {name}: expected one of {known}", name=edition, known=", ".join(EDITIONS))
    base = folder("data") / "noise"
    return load(base / f"vehicles-{edition}.csv", base / f"surfaces-{edition}.csv")


def load(vehicles: Path, surfaces: Path) -> Tables:
    """Read tables of vehicles and surfaces in the form of those in ``data/noise``.

    Raises
    ------
    BadInput
        When a column is missing or a value is not a number; names file and row.
    """
    found = {(row["category"], row["quantity"]): _bands(row, vehicles, n) for n, row in _rows(vehicles)}
    names: dict[str, Surface] = {}
    for n, row in _rows(surfaces):
        if row["surface"] not in names:
            speeds = (_number(row, "speed_min", surfaces, n), _number(row, "speed_max", surfaces, n))
            names[row["surface"]] = Surface(row["title"], speeds, {}, {})
        one = names[row["surface"]]
        names[row["surface"]] = Surface(
            one.title,
            one.speeds,
            {**one.alpha, row["category"]: _bands(row, surfaces, n)},
            {**one.beta, row["category"]: _number(row, "beta", surfaces, n)},
        )
    return Tables(found, names)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as source:
            return list(enumerate(csv.DictReader(source), start=2))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("{path}: cannot be read: {reason}", path=str(path), reason=str(error)) from None


def _bands(row: Mapping[str, str], path: Path, n: int) -> NDArray[np.float64]:
    values = np.array([_number(row, str(band), path, n) for band in BANDS])
    values.flags.writeable = False
    return values


def _number(row: Mapping[str, str], column: str, path: Path, n: int) -> float:
    try:
        value = float(row[column])
    except (KeyError, TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(
            "{path}: row {row}: {column}: expected a number, found {found}",
            path=str(path), row=n, column=column, found=row.get(column) or "–",
        )  # fmt: skip
    return value
