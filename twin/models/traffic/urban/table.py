"""How streets carry traffic, by kind: the shipped table ``data/traffic/streets.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from twin.content import folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

UNKNOWN = "road"
"""The kind whose values stand for kinds the table does not have."""


@dataclass(frozen=True)
class Kind:
    """A kind of street: rank, capacity [pcu/h per lane], pace, and b and power of its delay."""

    rank: float
    capacity: float
    pace: float
    b: float
    power: float


@dataclass(frozen=True)
class StreetTable:
    """The table: kinds of street, seconds lost at junctions by control, and where the figures are from."""

    kinds: Mapping[str, Kind]
    delay: Mapping[str, float]
    source: str

    def column(self, name: str, kinds: ArrayLike) -> NDArray[np.float64]:
        """Return a value of each kind, such as its ``pace``."""
        words, number = np.unique(np.asarray(kinds, dtype=object).astype(str), return_inverse=True)
        values = [getattr(self.kinds.get(word, self.kinds[UNKNOWN]), name) for word in words]
        return np.array(values, dtype=float)[number] if len(words) else np.zeros(0)


@cache
def street_table() -> StreetTable:
    """Return the shipped table."""
    raw = tomllib.loads((folder("data") / "traffic" / "streets.toml").read_text(encoding="utf-8"))
    kinds = {name: Kind(**{key: float(value) for key, value in row.items()}) for name, row in raw["kind"].items()}
    return StreetTable(kinds, {name: float(value) for name, value in raw["delay"].items()}, raw["source"])
