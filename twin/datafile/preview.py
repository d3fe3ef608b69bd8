"""What is inside a data file before it is taken in: its sheets, fields with their kinds, first rows, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.reading import Note
    from twin.datafile.columns import Kind

Box = tuple[float, float, float, float]
SHOWN_ROWS = 8


@dataclass(frozen=True)
class FieldInfo:
    """A column: its name, what it holds, how many of the looked-at rows lack it, and examples as text."""

    name: str
    kind: Kind
    missing: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A table in a file (of a GeoPackage each layer; else there is one).

    ``geometry`` is ``"points"``, ``"lines"``, ``"areas"``, ``"raster"`` or "" for a table without places; ``crs`` as
    the file declares it, None where it does not; ``box`` (west, south, east, north) in that system.
    """

    name: str
    geometry: str
    rows: int
    fields: tuple[FieldInfo, ...]
    crs: str | None = None
    box: Box | None = None
    first: tuple[tuple[str, ...], ...] = ()
    """Rows to show, one text per field."""

    def field(self, name: str) -> FieldInfo | None:
        """Return a field by its name."""
        return next((one for one in self.fields if one.name == name), None)

    def of_kind(self, *kinds: Kind) -> tuple[FieldInfo, ...]:
        """Return the fields of some kinds."""
        return tuple(one for one in self.fields if one.kind in kinds)


@dataclass(frozen=True)
class Preview:
    """A data file looked into: format, sheets, what is wrong with it."""

    path: Path
    format: str
    sheets: tuple[Sheet, ...]
    notes: tuple[Note, ...] = ()
    bands: tuple[str, ...] = field(default=())
    """Of a raster: the name of each band, "" where it has none."""

    def sheet(self, name: str = "") -> Sheet:
        """Return a sheet by its name, by default the first that holds something."""
        chosen = [one for one in self.sheets if one.name == name] if name else []
        return (chosen or [one for one in self.sheets if one.rows] or list(self.sheets))[0]
