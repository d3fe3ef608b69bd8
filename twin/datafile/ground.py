"""What a data file needs of a city: its reference system, where it lies, the codes of its things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from twin.city.city import City

Box = tuple[float, float, float, float]
CODES: Mapping[str, tuple[str, ...]] = {
    "zones": ("code", "id", "name"),
    "buildings": ("id", "name", "address"),
    "roads": ("id", "name"),
    "paths": ("id",),
}
"""Columns of the City that codes of a file may stand for, by table."""


class Ground(Protocol):
    """A City, or a :class:`Sketch` of one."""

    @property
    def crs(self) -> str:
        """Reference system."""

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""

    def bounds(self) -> Box:
        """Return west, south, east, north [m]."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """The codes of a City without its shapes, light enough to be sent to another process."""

    crs: str
    box: Box
    tables: Mapping[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        """Return the columns of codes of a table."""
        return self.tables[name]

    def bounds(self) -> Box:
        """Return west, south, east, north [m]."""
        return self.box


def sketch(city: City, *tables: str) -> Sketch:
    """Return the codes of some tables of a City, by default of all that files can be joined to."""
    import pandas as pd

    chosen = [name for name in CODES if not tables or name in tables]
    parts = {name: pd.DataFrame(city.table(name)[list(CODES[name])]) for name in chosen}
    return Sketch(city.crs, city.bounds(), parts)
