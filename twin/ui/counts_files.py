"""What the child process does for the dialog of street counts; nothing here imports Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.city.counts_table import Columns, bring_counts, columns_of
from twin.city.unit_table import read_table
from twin.errors import TwinError
from twin.ui import opening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twin.city.city import City
    from twin.city.reading import Note
    from twin.jobs import Job
    from twin.ui.opening import CityData


@dataclass(frozen=True)
class Looked:
    """What is inside a file: rows, columns, whether it has shapes, and which column is known to hold what."""

    rows: int
    columns: tuple[str, ...]
    shapes: bool
    known: Columns


@dataclass(frozen=True, eq=False)
class Brought:
    """The City with counts on its streets, what is derived from it, how many found one, and what did not match."""

    city: City
    data: CityData
    rows: int
    found: int
    links: int
    notes: tuple[Note, ...]


def look(path: Path, job: Job) -> Looked:
    """Say what is inside a file before it is read."""
    table = read_table(path)
    try:
        known = columns_of(table, {})
    except TwinError:
        known = Columns()
    return Looked(table.rows, tuple(table.columns), table.geometries is not None, known)


def bring(city: City, path: Path, columns: Mapping[str, str], facts: Mapping[str, str], crs: str, job: Job) -> Brought:
    """Read a file into a City."""
    made = bring_counts(city, read_table(path), columns, facts, crs)
    data = opening.derive(made.city, job.part(0.2, 1.0))
    return Brought(made.city, data, made.rows, made.found, made.links, made.notes)
