"""``project.json``: what it holds, how older formats become the present one, and the State in it."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from twin.datafile.spec import DataLayer  # noqa: TC001 - msgspec reads it from the annotation
from twin.errors import BadInput, NewerFormat
from twin.scenario.scenario import Scenario  # noqa: TC001 - msgspec reads it from the annotation
from twin.state import BASE_LAYERS, Bookmark, LayerEntry, Pose, State
from twin.when import When

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.city.city import City

FORMAT = 3
"""Number of the present format; a file with a higher one was written by a later version of the program."""


def _with_scenarios(raw: dict[str, Any]) -> dict[str, Any]:
    """Format 2 has scenarios; older projects have none."""
    return {**raw, "scenarios": [], "scenario": "", "reference": ""}


def _with_data_layers(raw: dict[str, Any]) -> dict[str, Any]:
    """Format 3 has data files as layers; older projects have none."""
    return {**raw, "imported": [], "values": {}}


MIGRATIONS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (_with_scenarios, _with_data_layers)
"""Step n makes format n + 2 of format n + 1; the first project format was 1."""

FileName = Annotated[
    str, msgspec.Meta(pattern=r"^city/[a-z]+-[0-9a-f]{12}\.(gpkg|parquet|tif)\Z", description="inside the project")
]


AnyFile = Annotated[
    str, msgspec.Meta(pattern=r"^(city/[a-z]+|data/[a-z0-9-]{1,40})-[0-9a-f]{12}\.(gpkg|parquet|tif)\Z")
]


class Part(msgspec.Struct, frozen=True):
    """A file of the city: its name inside the project, and how many rows it must hold to be whole."""

    file: FileName
    rows: Annotated[int, msgspec.Meta(ge=0)]


class LayerRow(msgspec.Struct, frozen=True):
    """A row of the layer tree."""

    id: str
    visible: bool = True
    opacity: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class View(msgspec.Struct, frozen=True):
    """A pose of the camera, see :class:`twin.state.Pose`."""

    focus: tuple[float, float, float]
    distance: Annotated[float, msgspec.Meta(gt=0)]
    azimuth: float = 0.0
    elevation: float = 45.0
    top: bool = False


class NamedView(msgspec.Struct, frozen=True):
    """A bookmark."""

    name: str
    view: View


class Shown(msgspec.Struct, frozen=True):
    """The time shown and how it is played, see :class:`twin.when.When`."""

    at: float | None = None
    live: bool = False
    low: float | None = None
    high: float | None = None
    step: Annotated[float, msgspec.Meta(gt=0, le=1e8)] = 3600.0
    speed: Annotated[float, msgspec.Meta(gt=0, le=1e8)] = 3600.0
    loop: bool = True


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All of ``project.json``, and of each autosave.

    ``revision`` counts saves and autosaves, so that the later of two is known without a clock. ``earlier`` names
    the city files of the last two saves, which are kept a while for those who still read them.
    """

    format: int = FORMAT
    program: str = ""
    revision: int = 1
    name: str
    crs: str
    height_system: str = ""
    synthetic: bool = False
    created: str
    saved: str
    city: dict[str, Part] = {}
    layers: list[LayerRow] = []
    bookmarks: list[NamedView] = []
    view: View | None = None
    scenarios: list[Scenario] = []
    scenario: str = ""
    reference: str = ""
    models: dict[str, bool] = {}
    imported: list[DataLayer] = []
    time: Shown | None = None
    values: dict[str, dict[str, bool | float | str]] = {}
    ethics: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    sunlit: bool = False
    section: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    earlier: list[list[AnyFile]] = []

    def files(self) -> set[str]:
        """Return the names of the files it needs: those of the city and of data layers."""
        return {part.file for part in self.city.values()} | {layer.file for layer in self.imported}


def encode(record: Record) -> bytes:
    """Return the text of a record, indented; raises ValidationError rather than write what cannot be read."""
    data = msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    msgspec.json.decode(data, type=Record)
    return data


def read_record(path: Path) -> Record:
    """Read ``project.json`` or an autosave.

    Raises
    ------
    BadInput
        When the file is absent, cut off or not what a project holds; the message says where.
    NewerFormat
        When a later version of the program wrote it.
    """
    where = path.parent.name if path.name == "project.json" else path.parent.parent.name
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput("{path}: there is no project here ({file} is missing).", path=where, file=path.name) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("{path}: {file} is damaged ({reason}).", path=where, file=path.name, reason=error) from error
    except OSError as error:
        raise BadInput("{path}: {file} cannot be read ({reason}).", path=where, file=path.name, reason=error) from error
    number = raw.get("format") if isinstance(raw, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BadInput("{path}: {file} is not one of this program's projects.", path=where, file=path.name)
    if number > FORMAT:
        raise NewerFormat(
            "{path}: the project was written by a later version of the program (format {number}, this version "
            "knows {known}). Install the newer version to open it.",
            path=where,
            number=number,
            known=FORMAT,
        )
    for step in MIGRATIONS[number - 1 :]:
        raw = step(raw)
    try:
        return msgspec.convert({**raw, "format": FORMAT}, Record)
    except msgspec.ValidationError as error:
        raise BadInput("{path}: {file} is damaged ({reason}).", path=where, file=path.name, reason=error) from error


def to_record(
    state: State, parts: dict[str, Part], pose: Pose | None, created: str, saved: str, program: str
) -> Record:
    """Return the record of a State whose city lies in ``parts``; the caller sets revision and earlier files."""
    city = state.city
    return Record(
        program=program,
        name=city.name,
        crs=city.crs,
        height_system=city.height_system,
        synthetic=city.synthetic,
        created=created,
        saved=saved,
        city=dict(sorted(parts.items())),
        layers=[LayerRow(row.id, row.visible, float(row.opacity)) for row in state.layers],
        bookmarks=[NamedView(b.name, view) for b in state.bookmarks if (view := _view(b.pose)) is not None],
        view=_view(pose),
        scenarios=list(state.scenarios),
        scenario=state.scenario,
        reference=state.reference,
        imported=list(state.imported),
        values={id: dict(values) for id, values in state.values.items() if values},
        models=dict(state.models),
        time=None if state.time == When() else Shown(**dataclasses.asdict(state.time)),
        ethics=state.ethics,
        sunlit=state.sunlit,
        section=state.section,
    )


def to_state(record: Record, city: City) -> State:
    """Return the State a record describes; base layers it does not know of are added below."""
    rows = tuple(LayerEntry(row.id, row.visible, row.opacity) for row in record.layers)
    known = {row.id for row in rows}
    missing = tuple(LayerEntry(name) for name in BASE_LAYERS if name not in known)
    bookmarks = tuple(Bookmark(b.name, to_pose(b.view)) for b in record.bookmarks)
    return State(
        city=city, layers=rows + missing, bookmarks=bookmarks, scenarios=tuple(record.scenarios),
        scenario=record.scenario, reference=record.reference, imported=tuple(record.imported),
        values=record.values,
        models=record.models,
        time=When() if record.time is None else When(**msgspec.structs.asdict(record.time)),
        ethics=record.ethics,
        sunlit=record.sunlit,
        section=record.section,
    )  # fmt: skip


def to_pose(view: View) -> Pose:
    """Return the camera pose of a stored view."""
    return Pose(view.focus, view.distance, view.azimuth, view.elevation, view.top)


def _view(pose: Pose | None) -> View | None:
    """Return what is stored of a pose; nothing of one that has lost its numbers."""
    if pose is None or not all(map(math.isfinite, (*pose.focus, pose.distance, pose.azimuth, pose.elevation))):
        return None
    x, y, z = map(float, pose.focus)
    size = max(float(pose.distance), 1e-6)
    return View((x, y, z), size, float(pose.azimuth), float(pose.elevation), bool(pose.top))
