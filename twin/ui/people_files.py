"""What the child process does for the dialog of areas and people; nothing here imports Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.city.statistics.bring import bring_people, bring_zones, code_column
from twin.city.statistics.codes import division
from twin.city.statistics.groups import known_group
from twin.city.unit_table import read_table
from twin.errors import TwinError
from twin.ui import opening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twin.city.city import City
    from twin.city.reading import Note
    from twin.city.statistics.bring import About
    from twin.jobs import Job
    from twin.ui.opening import CityData


@dataclass(frozen=True)
class Looked:
    """What is inside a file: rows, columns, whether it has outlines, the column of codes and what is known of others.

    ``groups`` holds for each column the grouping and group it is known to count, ("", "") for none.
    """

    rows: int
    columns: tuple[str, ...]
    areas: bool
    code: str
    kind: str
    groups: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Brought:
    """The City with the file's areas or people in it, what is derived from it, and what did not match."""

    city: City
    data: CityData
    rows: int
    notes: tuple[Note, ...]


def look(path: Path, job: Job) -> Looked:
    """Say what is inside a file before it is read."""
    table = read_table(path)
    columns = tuple(table.columns)
    try:
        code = code_column(table, {})
        kind = division(table.text(code)).name
    except TwinError:
        code, kind = "", ""
    known = [known_group(name) for name in columns]
    groups = tuple(("", "") if one is None else (one.dimension, one.group) for one in known)
    return Looked(table.rows, columns, table.geometries is not None, code, kind, groups)


def bring(
    city: City, path: Path, people: bool, columns: Mapping[str, str], about: About, crs: str, job: Job
) -> Brought:
    """Read a file into a City."""
    table = read_table(path)
    if people:
        made, notes = bring_people(city, table, columns, about)
    else:
        made, notes = bring_zones(city, table, columns, about, crs)
    return Brought(made, opening.derive(made, job.part(0.2, 1.0)), table.rows, notes)
