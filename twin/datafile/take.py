"""Taking a data file in: its content goes into one file of an open format, named by what is in it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import crs as systems
from twin.city.reading import Note
from twin.datafile import columns, join, raster, spec, texts, vector
from twin.datafile.folders import FOLDER
from twin.datafile.look import format_of
from twin.datafile.rows import IN_GROUP
from twin.datafile.spec import JOINED, About, Choice, DataLayer, Style
from twin.disk import atomic
from twin.errors import BadInput, UnknownCrs
from twin.jobs import Job
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.datafile.ground import Ground

_DIGITS = 12
_FAR = 20_000.0
_TIMES = ("time", "tid", "date", "datum", "timestamp", "datetime", "tidpunkt")


@dataclass(frozen=True)
class Taken:
    """A data file taken in: the layer it became, notes on its rows, all codes without a partner."""

    layer: DataLayer
    notes: tuple[Note, ...]
    unmatched: tuple[str, ...] = ()


def take(
    path: Path,
    choice: Choice,
    about: About,
    city: Ground,
    folder: Path,
    *,
    style: Style | None = None,
    taken: Iterable[str] = (),
    job: Job | None = None,
) -> Taken:
    """Take a data file in as a layer.

    Parameters
    ----------
    path : Path
        The file.
    choice, about : Choice, About
        What is shown of it, and whose it is.
    city : Ground
        The project's: its reference system, and the tables that codes are looked up in.
    folder : Path
        A project's folder, or :func:`twin.datafile.folders.staging`; the content goes into ``data/`` in it.
    style : Style, optional
    taken : iterable of str
        Ids of the layers there are.
    job : Job, optional

    Raises
    ------
    BadInput
        When the file, a column or an option is wrong; says which.
    UnknownCrs
        When neither file nor choice says the reference system.
    """
    job = job or Job()
    format = format_of(path)
    if not format:
        raise BadInput("{path}: not a format that is shown as a layer.", path=path.name)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    job.progress(0.0, N_("Reading {name}"), name=path.name)
    unmatched: tuple[str, ...] = ()
    if format == "GeoTIFF":
        if choice.show != "raster":
            raise BadInput("{path}: a grid of cells can only be shown as a grid (raster).", path=path.name)
        notes: list[Note] = []
        file, rows = _grid(path, choice, city, folder, job)
    else:
        frame, notes = _frame(path, format, choice)
        job.progress(0.4, N_("Reading {name}"), name=path.name)
        if choice.show in JOINED:
            unmatched = _unmatched(path, frame, choice, city, notes)
        else:
            frame = _placed(path, frame, choice, city, notes)
        if not len(frame):
            raise BadInput("{path}: no row of it can be shown.", path=path.name)
        job.progress(0.7, N_("Writing {name}"), name=path.name)
        file, rows = _write(frame, folder, spec.slug(path.stem)), len(frame)
    id = spec.new_id(about.title, set(taken))
    made = spec.checked(
        DataLayer(id=id, file=file, origin=path.name, rows=rows, about=about, choice=choice, style=style or Style())
    )
    return Taken(made, tuple(notes), unmatched)


def _grid(path: Path, choice: Choice, city: Ground, folder: Path, job: Job) -> tuple[str, int]:
    stem = spec.slug(path.stem)
    part = atomic.part_of(folder / FOLDER / f"{stem}.tif")
    try:
        cells = raster.keep(path, part, choice.band, choice.crs, city.crs, job)
        with part.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        name = f"{FOLDER}/{stem}-{digest[:_DIGITS]}.tif"
        if not (folder / name).is_file():
            atomic.settle(part, folder / name)
    finally:
        part.unlink(missing_ok=True)
    return name, cells


def _frame(path: Path, format: str, choice: Choice) -> tuple[pd.DataFrame, list[Note]]:
    """Read all rows, numbers as numbers, with their row in the file as ``_row``."""
    notes: list[Note] = []
    if format == "CSV":
        table, said = texts.read(path, texts.shape(path))
        frame: pd.DataFrame = table.to_pandas()
        notes += said
    else:
        frame = vector.read(path, format, choice.sheet)
        frame = frame.assign(**{texts.ROW: np.arange(1, len(frame) + 1)})
    _check_columns(path, frame, choice)
    rows = frame[texts.ROW].to_numpy(dtype=np.int64)
    codes = {choice.key, choice.time, choice.label} - {"", join.WIDE}
    for name in vector.columns(frame):
        if name == texts.ROW or columns.kind_of(frame[name]) != "number":
            continue
        if name in codes and name not in (choice.value, choice.height):
            continue
        found = columns.numbers(frame[name])
        if name in (choice.value, choice.x, choice.y, choice.height) or choice.key == join.WIDE:
            notes += columns.wrong_numbers(str(name), frame[name], found, rows)
        frame[name] = found
    notes += _time_notes(path, frame, choice, rows)
    return frame, notes


def _time_notes(path: Path, frame: pd.DataFrame, choice: Choice, rows: NDArray[np.int64]) -> list[Note]:
    """Say which times cannot be read, and when a column that is called so holds none."""
    if choice.time:
        texts = frame[choice.time]
        found = columns.times(texts, choice.zone)
        if np.isnat(found).all():
            raise BadInput(
                "{path}: no time in the column {column} can be read; write e.g. 2024-06-01 08:00.",
                path=path.name, column=choice.time,
            )  # fmt: skip
        return columns.wrong_times(choice.time, texts, found, rows)
    message = N_("Column {column} is not used: its values cannot be read as times; write e.g. 2024-06-01 08:00")
    return [
        Note("problem", message, 1, {"column": str(name)}, tuple(str(one) for one in frame[name].iloc[:1]))
        for name in vector.columns(frame)
        if str(name).lower().strip() in _TIMES
        and columns.kind_of(frame[name]) == "text"
        and np.isnat(columns.times(frame[name], choice.zone)).all()
    ]


def _check_columns(path: Path, frame: pd.DataFrame, choice: Choice) -> None:
    there = [str(name) for name in vector.columns(frame)]
    for what in ("value", "x", "y", "key", "time", "label", "height"):
        name = getattr(choice, what)
        if name and name not in there and not (what == "key" and name == join.WIDE):
            known = ", ".join(one for one in there if one != texts.ROW)
            raise BadInput("{path}: there is no column {column}; there are: {known}.", path=path.name, column=name,
                           known=known if len(known) < 500 else known[:499] + "…")  # fmt: skip


def _unmatched(path: Path, frame: pd.DataFrame, choice: Choice, city: Ground, notes: list[Note]) -> tuple[str, ...]:
    if not choice.key:
        raise BadInput("{path}: name the column whose codes are looked up in the project (key).", path=path.name)
    if choice.key == join.WIDE:
        if not choice.time:
            raise BadInput("{path}: name the column with the times (time).", path=path.name)
        names = [name for name in vector.columns(frame) if name not in (choice.time, texts.ROW)]
        codes = pd.Series(names, dtype="str")
    else:
        codes = frame[choice.key]
    found = join.match(codes, city, choice.show, choice.to)
    notes += join.notes(found, int(join.plain(codes).nunique()), choice.show, choice.to)
    if not found.rows.size:
        raise BadInput(
            "{path}: none of the codes in {column} is found in the project ({table}.{to}); the first is «{first}».",
            path=path.name, column=choice.key, table=choice.show, to=choice.to,
            first=codes.iloc[0] if len(codes) else "",
        )  # fmt: skip
    return found.unmatched


def _placed(path: Path, frame: pd.DataFrame, choice: Choice, city: Ground, notes: list[Note]) -> gpd.GeoDataFrame:
    """Return the rows that have a place, in the project's reference system."""
    rows = frame[texts.ROW].to_numpy(dtype=np.int64)
    if choice.x or choice.y:
        keep, shapes = _points(path, frame, choice, rows, notes)
        declared = choice.crs
    elif isinstance(frame, gpd.GeoDataFrame):
        keep, shapes, said = vector.shapes_of(frame, choice.show, rows)
        notes += said
        declared = choice.crs or (frame.crs.to_wkt() if frame.crs is not None else "")
    else:
        raise BadInput("{path}: its rows have no place; name the columns with coordinates (x and y) or with the codes "
                       "of things in the project (key).", path=path.name)  # fmt: skip
    if not declared:
        raise UnknownCrs("{path}: the file does not say its reference system; name it, e.g. EPSG:3011.", path=path.name)
    data = pd.DataFrame(frame[vector.columns(frame)]).loc[keep].reset_index(drop=True)
    return gpd.GeoDataFrame(data, geometry=_brought(path, shapes, declared, city, notes), crs=city.crs)


def _points(
    path: Path, frame: pd.DataFrame, choice: Choice, rows: NDArray[np.int64], notes: list[Note]
) -> tuple[NDArray[np.bool_], Any]:
    if not (choice.x and choice.y):
        raise BadInput("{path}: coordinates need two columns, x and y.", path=path.name)
    if choice.show != "points":
        raise BadInput("{path}: a table with coordinates can only be shown as points.", path=path.name)
    x, y = columns.numbers(frame[choice.x]), columns.numbers(frame[choice.y])
    keep = np.isfinite(x) & np.isfinite(y)
    if (~keep).any():
        lost = rows[~keep]
        examples = tuple(str(row) for row in lost[: columns.EXAMPLES])
        notes.append(Note("skipped", N_("{n} rows have no place and were left out (rows)"), len(lost), {}, examples))
    return keep, shapely.points(x[keep], y[keep])


def _brought(path: Path, shapes: Any, declared: str, city: Ground, notes: list[Note]) -> Any:
    """Bring shapes to the project's system; refuses what then is nowhere, and says so when it is far from the city."""
    if not len(shapes):
        return shapes
    box = shapely.total_bounds(shapes)
    box = tuple(float(v) for v in box)
    turn = systems.swapped(declared, box)
    if turn or systems.horizontal_or_text(declared) != systems.horizontal_or_text(city.crs):
        way = systems.transformer(declared, city.crs)

        def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            east, north = (xy[:, 1], xy[:, 0]) if turn else (xy[:, 0], xy[:, 1])
            return np.column_stack(way.transform(east, north))

        shapes = shapely.transform(shapes, move)
        box = tuple(float(v) for v in shapely.total_bounds(shapes))
    if not all(np.isfinite(box)):
        raise BadInput("{path}: its coordinates are not in {crs}; name the right reference system.", path=path.name,
                       crs=systems.describe(declared, "en"))  # fmt: skip
    own = city.bounds()
    apart = math.hypot(max(own[0] - box[2], box[0] - own[2], 0.0), max(own[1] - box[3], box[1] - own[3], 0.0))
    if apart > _FAR and own[2] > own[0]:
        message = N_("The data lie {km:.0f} km from the project; is their reference system right?")
        notes.append(Note("problem", message, 1, {"km": apart / 1000}))
    return shapes


def _write(frame: pd.DataFrame, folder: Path, stem: str) -> str:
    """Write a table as Parquet, with geometry as GeoParquet, under the hash of its bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    part = atomic.part_of(folder / FOLDER / f"{stem}.parquet")
    try:
        if isinstance(frame, gpd.GeoDataFrame):
            frame.to_parquet(part, compression="zstd", index=False, row_group_size=IN_GROUP)
        else:
            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
            parquet.write_table(table, part, compression="zstd", row_group_size=IN_GROUP)
        with part.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        name = f"{FOLDER}/{stem}-{digest[:_DIGITS]}.parquet"
        if not (folder / name).is_file():
            atomic.settle(part, folder / name)
    finally:
        part.unlink(missing_ok=True)
    return name
