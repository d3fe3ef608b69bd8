"""What the child process does when the import dialog's files are read; nothing here imports Qt."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.text import N_
from twin.ui import opening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twin.city.city import City
    from twin.city.reading import FileInfo, ReadOptions
    from twin.importing import FileReport
    from twin.jobs import Job
    from twin.ui.opening import CityData


@dataclass(frozen=True)
class Plan:
    """What shall be read, each file in its own way, and where to: a new project's folder, or None for the open one."""

    files: tuple[tuple[Path, ReadOptions], ...]
    new_project: Path | None


@dataclass(frozen=True, eq=False)
class Brought:
    """What came of it: a report per file, and either the new project's folder or the City with all of it in."""

    reports: tuple[FileReport, ...]
    project: Path | None
    city: City | None = None
    data: CityData | None = None


def look(path: Path, job: Job) -> FileInfo:
    """Say what is inside a file before it is read."""
    from twin.city import formats

    return formats.inspect(path, job)


def bring(city: City | None, plan: Plan, job: Job) -> Brought:
    """Read files into a new project on disk, or into a City; the open project on disk is not touched.

    Parameters
    ----------
    city : City or None
        The open project's, None for a new project.
    plan : Plan
    job : Job
        Told of progress.
    """
    from twin import importing
    from twin.project import create

    reports: list[FileReport] = []
    reading = job.part(0.0, 0.9 if plan.new_project else 0.6)
    merged = None if plan.new_project else city
    for place, (path, options) in enumerate(plan.files):
        part = reading.part(place / len(plan.files), (place + 1) / len(plan.files))
        merged, found = importing.add_files(merged, [path], options, part)
        reports += found
    if merged is None:
        return Brought((), None)
    if plan.new_project is None:
        return Brought(tuple(reports), None, merged, opening.derive(merged, job.part(0.6, 1.0)))
    job.progress(0.9, N_("Writing the project"))
    with create(plan.new_project, dataclasses.replace(merged, name=plan.new_project.stem)) as project:
        return Brought(tuple(reports), project.path)


def total(reports: Sequence[FileReport]) -> int:
    """Return how many rows were read into the City's tables."""
    return sum(n for report in reports for table, n in report.read.items() if table not in ("terrain", "surfaces"))
