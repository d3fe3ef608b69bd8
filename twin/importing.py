"""Files into a project: read, merged, saved in one step, with a report of what was read, mended and skipped."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from twin.city import formats, merge, schema
from twin.city.city import City
from twin.city.crs import describe as describe_crs
from twin.city.reading import Note, ReadOptions
from twin.datafile.folders import staging
from twin.datafile.look import preview
from twin.datafile.suggest import suggest
from twin.datafile.take import Taken, take
from twin.errors import BadInput
from twin.jobs import Job
from twin.project import RECORD, create, open_project, project_folder
from twin.state import LayerEntry, State
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twin.city.formats import Reader
    from twin.city.statistics.bring import About
    from twin.city.unit_table import UnitTable
    from twin.datafile.spec import DataLayer, Style
    from twin.project import Project


_FAR = 200_000.0
_TELLING = ("CityJSON", "OpenStreetMap")
"""Formats in which no row waits to be told which table it belongs to."""


@dataclass(frozen=True)
class FileReport:
    """What came of one file: its format, rows read by table, and what was mended, skipped or assumed."""

    path: Path
    format: str
    read: Mapping[str, int]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class ImportReport:
    """What came of an import: the project's folder, its reference system, whether it is new, and its files."""

    project: Path
    crs: str
    new: bool
    files: tuple[FileReport, ...]


def import_files(
    files: Sequence[Path],
    to: Path,
    options: ReadOptions | None = None,
    job: Job | None = None,
    without_unsaved: bool = False,
) -> ImportReport:
    """Read files into a project, which is made when it is not there.

    All files or none: when one cannot be used the project stays as it was, also when the program is killed.

    Parameters
    ----------
    files : sequence of Path
    to : Path
        ``NAME.twin``.
    options : ReadOptions, optional
        For all files; ``target_crs`` is set to the project's.
    job : Job, optional
    without_unsaved : bool
        See :func:`check_unsaved`.

    Raises
    ------
    BadInput
        When a file cannot be used, or nothing can be written; names the file.
    UnknownCrs
        When a file names no reference system and the options neither.
    ProjectLocked
        When the project is open elsewhere.
    """
    job, options = job or Job(), options or ReadOptions()
    to = project_folder(to)
    if not (to / RECORD).is_file():
        city, reports = add_files(None, files, options, job.part(0.0, 0.9))
        job.progress(0.9, N_("Writing the project"))
        with create(to, dataclasses.replace(city, name=to.stem)) as project:
            return ImportReport(project.path, city.crs, True, reports)
    with open_project(to) as project:
        if project.read_only:
            raise BadInput("{path} is open for reading only; import into another project.", path=to.name)
        check_unsaved(project, without_unsaved)
        state = project.state(job=job.part(0.0, 0.1))
        city, reports = add_files(state.city, files, options, job.part(0.1, 0.9))
        project.save(state.changed(city=city), job=job.part(0.9, 1.0))
        return ImportReport(project.path, city.crs, False, reports)


def check_unsaved(project: Project, without: bool) -> None:
    """Refuse to save over work that a crash left behind and that nobody decided on.

    Parameters
    ----------
    project : Project
    without : bool
        Somebody decided to go on without it; it stays among the earlier versions.

    Raises
    ------
    BadInput
        When there is such work.
    """
    found = project.recovery()
    if found is None:
        return
    if not without:
        raise BadInput(
            "{path} has work of {when} that was not saved when the program ended. Open the project in the program to "
            "restore it, or repeat with --without-unsaved to go on without it.",
            path=project.path.name, when=f"{found.when:%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip
    project.discard_recovery()


def import_layer(
    path: Path,
    to: Path,
    choice: Mapping[str, object] | None = None,
    about: Mapping[str, str] | None = None,
    style: Style | None = None,
    job: Job | None = None,
    without_unsaved: bool = False,
) -> Taken:
    """Take a data file into a project as a layer, and save.

    Parameters
    ----------
    path : Path
        GeoPackage, GeoJSON, GeoParquet, shapefile, GeoTIFF or CSV.
    to : Path
        The project.
    choice : mapping, optional
        Fields of :class:`twin.datafile.spec.Choice`; those not named are guessed from the file.
    about : mapping, optional
        Fields of :class:`twin.datafile.spec.About`: title, unit, owner, licence, classification …
    style : Style, optional
    job : Job, optional
    without_unsaved : bool
        See :func:`check_unsaved`.

    Raises
    ------
    BadInput
        When the file, a column, an option or the project is wrong.
    UnknownCrs
        When neither file nor choice says the reference system.
    ProjectLocked
        When the project is open elsewhere.
    """
    job = job or Job()
    with open_project(to) as project:
        if project.read_only:
            raise BadInput("{path} is open for reading only; import into another project.", path=project.path.name)
        check_unsaved(project, without_unsaved)
        state = project.state(job=job.part(0.0, 0.2))
        taken = with_guesses(path, state, choice or {}, about or {}, staging(), style, job.part(0.2, 0.9))
        project.save(with_layer(state, taken.layer), job=job.part(0.9, 1.0))
        return taken


def with_guesses(
    path: Path,
    state: State,
    choice: Mapping[str, object],
    about: Mapping[str, str],
    folder: Path,
    style: Style | None = None,
    job: Job | None = None,
    without_unsaved: bool = False,
) -> Taken:
    """Take a data file in, guessing what is not said; see :func:`import_layer`."""
    found = preview(path)
    guessed, said = suggest(found, state.city, str(choice.get("sheet", "")))
    taken = take(
        path, _filled(guessed, choice), _filled(said, about), state.city, folder, style=style,
        taken=[row.id for row in state.layers] + [one.id for one in state.imported], job=job,
    )  # fmt: skip
    notes = []
    if guessed.crs and "crs" not in choice:
        message = N_("Reference system not stated; by its coordinates {crs} is assumed")
        notes.append(Note("assumed", message, 1, {"crs": describe_crs(guessed.crs, "en")}))
    same = [one.id for one in state.imported if one.origin == path.name]
    if same:
        message = N_("There is a layer of a file of this name already ({others}); this one is {id}")
        notes.append(Note("assumed", message, 1, {"others": ", ".join(same), "id": taken.layer.id}))
    return dataclasses.replace(taken, notes=(*notes, *taken.notes))


def with_layer(state: State, layer: DataLayer) -> State:
    """Return a State in which a data layer is there and shown, above the others."""
    entries = (LayerEntry(layer.id), *(row for row in state.layers if row.id != layer.id))
    return state.changed(imported=(*state.imported, layer), layers=entries)


def _filled(value: Any, given: Mapping[str, object]) -> Any:
    """Return a struct with some fields exchanged; a wrong name or value is said plainly."""
    kind = type(value)
    known = kind.__struct_fields__
    for name in given:
        if name not in known:
            raise BadInput("There is no field {name}; there are: {known}.", name=name, known=", ".join(known))
    try:
        return msgspec.convert({**msgspec.to_builtins(value), **given}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput("A value does not fit: {reason}", reason=error) from error


def add_files(
    city: City | None, files: Sequence[Path], options: ReadOptions, job: Job
) -> tuple[City, tuple[FileReport, ...]]:
    """Read files and merge them into a City, or into a new one; nothing is written.

    Returns
    -------
    City
        With everything in it.
    tuple of FileReport
        One per file.
    """
    readers = [_reader(path, options) for path in files]
    reports = []
    for i, (path, reader) in enumerate(zip(files, readers, strict=True)):
        job.progress(i / len(files), N_("Reading {name}"), name=path.name)
        part = job.part(i / len(files), (i + 1) / len(files))
        target = city.crs if city is not None else options.target_crs
        reading = reader.read(path, dataclasses.replace(options, target_crs=target), part.part(0.0, 0.9))
        part.progress(0.9, N_("Adding {name} to the city"), name=path.name)
        notes = reading.notes
        if city is None:
            city = reading.city
        else:
            _refuse_far(path, city, reading.city)
            city, said = merge.merge(city, reading.city)
            notes = (*notes, *said)
        reports.append(FileReport(path, reader.FORMAT, table_counts(reading.city), notes))
    if city is None:
        raise BadInput("No file was named.")
    return city, tuple(reports)


def _reader(path: Path, options: ReadOptions) -> Reader:
    """Return the reader of a file, before any is read; options that mean nothing to it are refused."""
    reader = formats.reader_for(path)
    if options.columns or (options.table and reader.FORMAT in _TELLING):
        raise BadInput(
            "{path}: {format} files say themselves what their rows are; leave out --as and --map.",
            path=path.name,
            format=reader.FORMAT,
        )
    return reader


def _refuse_far(path: Path, city: City, addition: City) -> None:
    """Refuse data that cannot belong to the city: on the command line nothing can be undone."""
    nothing = (0.0, 0.0, 0.0, 0.0)
    one, other = city.bounds(), addition.bounds()
    if nothing in (one, other):
        return
    gap = math.hypot(max(one[0] - other[2], other[0] - one[2], 0.0), max(one[1] - other[3], other[1] - one[3], 0.0))
    if gap > _FAR:
        raise BadInput(
            "{path}: its data lie {n} km from the project. Name their right reference system with --crs, or make a "
            "project of their own.",
            path=path.name,
            n=round(gap / 1000),
        )


def table_counts(city: City) -> dict[str, int]:
    """Return the rows of each table that has any; for terrain its cells, for surfaces their triangles."""
    counts = {name: len(city.table(name)) for name in schema.TABLES if len(city.table(name))}
    if city.terrain is not None:
        counts["terrain"] = int(city.terrain.heights.size)
    if city.surfaces is not None:
        counts["surfaces"] = len(city.surfaces.triangles)
    return counts


@dataclass(frozen=True)
class StatisticsReport:
    """What came of a table of people, a map of areas or counts, and what did not match.

    ``rows``: those now in the project; of counts those that found a street.
    """

    rows: int
    notes: tuple[Note, ...]


def import_statistics(
    table: UnitTable,
    to: Path,
    what: str,
    columns: Mapping[str, str],
    about: About,
    crs: str = "",
    job: Job | None = None,
) -> StatisticsReport:
    """Bring areas, people or street counts into a project, which areas make when it is not there, and save.

    Parameters
    ----------
    table : UnitTable
    to : Path
        The project's folder.
    what : "zones", "population" or "counts"
    columns : mapping
        As :func:`twin.city.statistics.bring.bring_zones`, ``bring_people`` and
        :func:`twin.city.counts_table.bring_counts` take them.
    about : About
    crs : str
        Of outlines whose file names none.
    job : Job, optional

    Raises
    ------
    BadInput
        When the project is open elsewhere, or the table is not what was expected; nothing is written then.
    """
    from twin.city.counts_table import bring_counts
    from twin.city.statistics.bring import bring_people, bring_zones

    job = job or Job()
    if not to.exists():
        if what == "counts":
            raise BadInput("There are no streets in this city: read them in, for example from OpenStreetMap.")
        if what != "zones":
            raise BadInput("There are no zones yet; bring in a map of the areas first (--as zones).")
        city, notes = bring_zones(City(to.stem, ""), table, columns, about, crs)
        create(to, city).close()
        return StatisticsReport(len(city.zones), notes)
    with open_project(to) as project:
        if project.read_only:
            raise BadInput("{path} is open for reading only; import into another project.", path=project.path.name)
        state = project.state(job=job.part(0.0, 0.3))
        if what == "counts":
            counted = bring_counts(state.city, table, columns, about.facts, crs)
            city, notes, rows = counted.city, counted.notes, counted.found
        elif what == "zones":
            city, notes = bring_zones(state.city, table, columns, about, crs)
            rows = len(city.zones)
        else:
            city, notes = bring_people(state.city, table, columns, about)
            rows = len(city.population)
        project.save(state.changed(city=city), job=job.part(0.6, 1.0))
        return StatisticsReport(rows, notes)
