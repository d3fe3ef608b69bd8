"""What is done in a child process when a project is opened or its city is another: reading, layers, meshing.

Nothing here imports Qt, and heavy packages are imported inside the functions: the parent only needs the names.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from twin.city.city import City
    from twin.disk.versions import Recovery
    from twin.dropins.kinds import DropIn
    from twin.dropins.register import Extras
    from twin.jobs import Job
    from twin.layer import Layer
    from twin.models.model import Parameter
    from twin.report.marks import Mark
    from twin.result import Value
    from twin.scene.mesh import CityMesh
    from twin.state import Pose, State
    from twin.ui.export_dialog import Picture


@dataclass(frozen=True)
class DropInInfo:
    """What the layer panel needs to know of a drop-in (the drop-in itself stays in the process that ran it)."""

    id: str
    title: str
    group: str
    parameters: tuple[Parameter, ...] = ()
    on_request: bool = False


@dataclass(frozen=True, eq=False)
class CityData:
    """What is derived from a City for the window: its mesh, its layers and what went wrong in them."""

    mesh: CityMesh
    layers: Mapping[str, Layer]
    errors: Mapping[str, str]
    dropins: tuple[DropInInfo, ...]
    extras: Extras | None = None
    """Models and colour scales of drop-ins."""
    streams: pd.DataFrame | None = None
    """The sensor streams of the project's history, None where it has none."""


@dataclass(frozen=True, eq=False)
class Made:
    """Layers of drop-ins, what went wrong in them, what can be added, and what they add besides layers."""

    layers: Mapping[str, Layer]
    errors: Mapping[str, str]
    dropins: tuple[DropInInfo, ...]
    extras: Extras


@dataclass(frozen=True, eq=False)
class Opened:
    """A project read from disk; ``recovered`` is the State of an autosave where one was asked for."""

    city: City
    recovered: State | None
    data: CityData


def derive(city: City, job: Job, key: str = "") -> CityData:
    """Make mesh and layers of a City; the mesh is kept under what names its content."""
    from twin.scene import meshcache

    job.progress(0.0, N_("Building the city"))
    built = meshcache.built(city, key, job.part(0.0, 0.8))
    job.progress(0.8, N_("Preparing layers"))
    made = layers_of(city, job.part(0.8, 1.0))
    return CityData(built, made.layers, made.errors, made.dropins, made.extras)


def layers_of(city: City, job: Job) -> Made:
    """Load all drop-ins and make their layers of a City."""
    from twin import plugins
    from twin.dropins.register import register

    found = plugins.discover()
    extras = register(found)
    layers, errors = plugins.evaluate([one for one in found if not one.on_request], city, job=job)
    _gather(layers.values())
    infos = tuple(
        DropInInfo(one.id, one.title, one.group, one.parameters, one.on_request) for one in found if _is_layer(one)
    )
    return Made(layers, {**errors, **extras.errors}, infos, extras)


def _gather(layers: Iterable[Layer]) -> None:
    """Gather points in crowds, which would hold up the window."""
    for layer in layers:
        _ = layer.field.of_crowds


def _is_layer(dropin: DropIn) -> bool:
    return dropin.kind == "layer" or bool(dropin.error)


def relayer(source: City | Path, job: Job) -> Made:
    """Load all drop-ins anew and make their layers of a City, or of the project it lies in unchanged."""
    from pathlib import Path

    from twin.project import load_city

    job.progress(0.0, N_("Reading the project"))
    city = load_city(source, job.part(0.0, 0.4)) if isinstance(source, Path) else source
    job.progress(0.4, N_("Preparing layers"))
    return layers_of(city, job.part(0.4, 1.0))


def remake(source: City | Path, id: str, values: Mapping[str, Value], job: Job) -> tuple[Layer | None, str]:
    """Make the layer of one drop-in with chosen parameters; returns it, and what went wrong in it."""
    from pathlib import Path

    from twin import plugins
    from twin.dropins.register import register
    from twin.project import load_city

    job.progress(0.0, N_("Reading the project"))
    city = load_city(source, job.part(0.0, 0.3)) if isinstance(source, Path) else source
    found = plugins.discover()
    register(found)
    job.progress(0.3, N_("Preparing layers"))
    chosen = [one for one in found if one.id == id]
    layers, errors = plugins.evaluate(chosen, city, {id: values}, job.part(0.3, 1.0))
    _gather(layers.values())
    return layers.get(id), errors.get(id, "")


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
    from twin.project import content_key, load_city, open_project

    job.progress(0.0, N_("Reading the project"))
    state, key = None, ""
    if recovery is None:
        key = content_key(path)
        city = load_city(path, job.part(0.0, 0.35))
    else:
        state = open_project(path, read_only=True).restore(recovery, job.part(0.0, 0.35))
        city = state.city
    data = dataclasses.replace(derive(city, job.part(0.35, 1.0), key), streams=_streams(path))
    return Opened(city, state, data)


def _streams(path: Path) -> pd.DataFrame | None:
    import pandas as pd

    file = path / "history" / "streams.parquet"
    return pd.read_parquet(file) if file.is_file() else None


def draw(
    source: City | Path,
    state: State,
    layers: Mapping[str, Layer],
    wanted: Picture,
    pose: Pose,
    other: tuple[City | Path, Mapping[str, Layer], tuple[str, str]] | None,
    marks: tuple[Mark, ...],
    job: Job,
) -> Path:
    """Draw the view into a file.

    Parameters
    ----------
    source : City or Path
        The city, or the project it lies in unchanged: reading it again costs less than sending it.
    state : State
        What is shown; its own city is not used.
    layers : mapping from id to Layer
    wanted : Picture
    pose : Pose
    other : (City or Path, mapping, (str, str)), optional
        What the scenario is compared with: city, layers in the same colours, and what the two are called.
    marks : tuple of Mark
        What the edits are about.
    job : Job

    Returns
    -------
    Path
        The file.
    """
    from datetime import date
    from pathlib import Path

    from twin.project import load_city
    from twin.report.figure import Other, Press, export_png
    from twin.report.film import check_film, export_film

    job.progress(0.0, N_("Reading the project"))
    city = load_city(source, job.part(0.0, 0.4)) if isinstance(source, Path) else source
    right = None
    if other is not None:
        place, its_layers, names = other
        its_city = load_city(place) if isinstance(place, Path) else place
        kinds = (tr("Scenario", wanted.lang), tr("Reference", wanted.lang))
        said = tuple(f"{kind}: {name}" for kind, name in zip(kinds, names, strict=True))
        right = Other(its_city, its_layers, (said[0], said[1]))
    job.progress(0.4, N_("Drawing the picture"))
    shown = state.changed(city=city)
    date_ = date.today().isoformat()
    if wanted.reel is None:
        export_png(
            wanted.out, city, shown, layers, wanted.size, wanted.dpi, pose, wanted.theme, wanted.lang,
            date_, wanted.without, right, marks,
        )  # fmt: skip
        return wanted.out
    timed = [layers[row.id] for row in state.layers if row.visible and row.id in layers]
    instants = check_film(wanted.out, wanted.reel, wanted.size, wanted.dpi, timed)
    press = Press(
        city, shown, layers, wanted.size, wanted.dpi, pose, wanted.theme, wanted.lang, date_, wanted.without, right,
        marks,
    )  # fmt: skip
    try:
        export_film(wanted.out, press, wanted.reel, instants, wanted.lang, job.part(0.4, 1.0))
    finally:
        press.close()
    return wanted.out
