"""What is done in a child process when a project is opened or files are added: reading, layers, meshing.

Nothing here imports Qt, and heavy packages are imported inside the functions: the parent only needs the names.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twin.city.city import City
    from twin.city.reading import FileInfo, Note, ReadOptions
    from twin.disk.versions import Recovery
    from twin.jobs import Job
    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.state import State


@dataclass(frozen=True)
class DropInInfo:
    """What the layer panel needs to know of a drop-in (the drop-in itself stays in the process that ran it)."""

    id: str
    title: str
    group: str


@dataclass(frozen=True, eq=False)
class CityData:
    """What is derived from a City for the window: its mesh, its layers and what went wrong in them."""

    mesh: CityMesh
    layers: Mapping[str, Layer]
    errors: Mapping[str, str]
    dropins: tuple[DropInInfo, ...]


@dataclass(frozen=True, eq=False)
class Opened:
    """A project read from disk; ``recovered`` is the State of an autosave where one was asked for."""

    city: City
    recovered: State | None
    data: CityData


@dataclass(frozen=True, eq=False)
class Added:
    """A City with what some files held added to it, and what the readers had to say."""

    city: City
    data: CityData
    notes: tuple[tuple[str, Note], ...]


def derive(city: City, job: Job) -> CityData:
    """Make mesh and layers of a City."""
    from twin import plugins
    from twin.scene import mesh

    job.progress(0.0, N_("Building the city"))
    built = mesh.build(city, job=job.part(0.0, 0.8))
    job.progress(0.8, N_("Preparing layers"))
    found = plugins.discover()
    layers, errors = plugins.evaluate(found, city)
    infos = tuple(DropInInfo(one.id, one.title, one.group) for one in found)
    return CityData(built, layers, errors, infos)


def load(path: Path, recovery: Recovery | None, job: Job) -> Opened:
    """Read a project's city and derive what the window shows.

    Parameters
    ----------
    path : Path
        Folder of the project.
    recovery : Recovery or None
        Take what was saved automatically after the last save.
    job : Job
        Told of progress.
    """
    from twin.project import load_city, open_project

    job.progress(0.0, N_("Reading the project"))
    state = None
    if recovery is None:
        city = load_city(path, job.part(0.0, 0.35))
    else:
        state = open_project(path, read_only=True).restore(recovery, job.part(0.0, 0.35))
        city = state.city
    return Opened(city, state, derive(city, job.part(0.35, 1.0)))


def look(files: Sequence[Path], job: Job) -> tuple[FileInfo, ...]:
    """Say what is inside files before they are read."""
    from twin.city import formats

    infos = []
    for place, path in enumerate(files):
        job.progress(place / len(files), N_("Looking into {name}"), name=path.name)
        infos.append(formats.inspect(path, job=job.part(place / len(files), (place + 1) / len(files))))
    return tuple(infos)


def add(city: City, files: Sequence[tuple[Path, ReadOptions]], job: Job) -> Added:
    """Read files into a City; the project on disk is not touched, so the step can be undone."""
    from twin.city import formats, merge

    notes: list[tuple[str, Note]] = []
    for place, (path, options) in enumerate(files):
        low, high = 0.6 * place / len(files), 0.6 * (place + 1) / len(files)
        job.progress(low, N_("Reading {name}"), name=path.name)
        reading = formats.read(path, options, job=job.part(low, high))
        notes += [(path.name, note) for note in reading.notes]
        city = merge.merge(city, reading.city)
    return Added(city, derive(city, job.part(0.6, 1.0)), tuple(notes))


def make(path: Path, name: str, files: Sequence[tuple[Path, ReadOptions]], job: Job) -> tuple[tuple[str, Note], ...]:
    """Make a project of some files; the first decides the reference system.

    Returns
    -------
    tuple of (file name, Note)
        What the readers had to say.
    """
    from twin.city import formats, merge
    from twin.project import create

    city: City | None = None
    notes: list[tuple[str, Note]] = []
    for place, (file, options) in enumerate(files):
        low, high = 0.9 * place / len(files), 0.9 * (place + 1) / len(files)
        job.progress(low, N_("Reading {name}"), name=file.name)
        if city is not None:
            options = dataclasses.replace(options, target_crs=city.crs)
        reading = formats.read(file, options, job=job.part(low, high))
        notes += [(file.name, note) for note in reading.notes]
        city = reading.city if city is None else merge.merge(city, reading.city)
    if city is None:
        raise BadInput("Choose at least one file.")
    job.progress(0.9, N_("Writing the project"))
    with create(path, city.replaced(name=name)):
        pass
    return tuple(notes)
