"""The readable tables that define the demo district: ``district.toml``, ``streets.csv`` and ``paths.csv``."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Way:
    """A street or path as drawn in the table; ``line`` in the City's coordinates, shape (n, 2) [m]."""

    name: str
    kind: str
    line: Floats
    level: int = 0
    width: float = 4.0
    lanes: int = 1
    speed: float = 30.0
    oneway: bool = False
    trees: bool = False


@dataclass(frozen=True)
class Quarter:
    """A named part of the district: its label point and how it is built and lived in."""

    name: str
    at: tuple[float, float]
    style: str
    floors: tuple[int, int]
    rental: float
    income: float


class District:
    """The tables, with coordinates moved from the district's origin to its reference system."""

    def __init__(self, folder: Path = _HERE) -> None:
        self._folder = folder
        self.raw: dict[str, Any] = tomllib.loads((folder / "district.toml").read_text(encoding="utf-8"))
        self.origin = np.array(self.raw["origin"], dtype=float)
        self.seed = int(self.raw["seed"])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m] of the district."""
        width, height = self.raw["size"]
        x, y = self.origin
        return x, y, x + width, y + height

    def points(self, text: str) -> Floats:
        """Read ``"east north, east north, …"`` into coordinates, shape (n, 2) [m]."""
        pairs = [tuple(map(float, pair.split())) for pair in text.split(",")]
        return np.array(pairs, dtype=float) + self.origin

    def at(self, pair: list[float]) -> tuple[float, float]:
        """Move one ``[east, north]`` to the reference system."""
        return float(pair[0] + self.origin[0]), float(pair[1] + self.origin[1])

    @cached_property
    def streets(self) -> tuple[Way, ...]:
        """Streets in the order of the table."""
        return tuple(
            Way(
                row["name"],
                row["kind"],
                self.points(row["line"]),
                int(row["level"]),
                float(row["width"]),
                int(row["lanes"]),
                float(row["speed"]),
                row["way"] == "forward",
                row["trees"] == "1",
            )
            for row in self._rows("streets.csv")
        )

    @cached_property
    def paths(self) -> tuple[Way, ...]:
        """Walkways beyond the streets."""
        return tuple(
            Way(row["name"], row["kind"], self.points(row["line"]), int(row["level"]))
            for row in self._rows("paths.csv")
        )

    @cached_property
    def quarters(self) -> tuple[Quarter, ...]:
        """Named quarters with their building style."""
        return tuple(
            Quarter(name, self.at(q["at"]), q["style"], tuple(q["floors"]), q["rental"], q["income"])
            for name, q in self.raw["quarters"].items()
        )

    def _rows(self, name: str) -> list[dict[str, str]]:
        lines = (self._folder / name).read_text(encoding="utf-8").splitlines()
        return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter=";"))
