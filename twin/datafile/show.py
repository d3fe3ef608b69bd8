"""A data layer in a city: its numbers at their places, ready to be painted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import shapely

from twin.city.reading import Note
from twin.datafile import columns, join, raster
from twin.datafile.spec import JOINED
from twin.errors import BadInput
from twin.layer import Field
from twin.places import Grid, Lines, Points, Solids
from twin.text import N_, Own

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.datafile.ground import Box, Ground
    from twin.datafile.spec import DataLayer
    from twin.layer import Where
    from twin.places import Places

MAX_NUMBERS = 60_000_000
"""Values over all times; a time table of more is refused."""
MAX_TIMES = 10_000
CATEGORIES = 12
MARGIN = 300.0
"""Metres around the city that are drawn as finely as the city."""
AREA_CELLS = 1536
"""Areas are drawn as a grid of at most so many cells a side."""
_NO_IDS = np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class Shown:
    """Numbers at their places, a text for each where one is asked for, and notes.

    ``rows`` is the row of the content that each place is of (−1 for none; of several times the first), None where they
    stand one by one.
    """

    field: Field
    texts: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    rows: NDArray[np.int64] | None = None

    def row(self, place: int) -> int:
        """Return the row of the content that a place is of, −1 for none."""
        if self.rows is None:
            return place
        return int(self.rows[place]) if 0 <= place < len(self.rows) else -1


def shown(layer: DataLayer, content: Path, city: Ground) -> Shown:
    """Read the content of a layer and bring its numbers to their places in a city.

    Parameters
    ----------
    layer : DataLayer
    content : Path
        Its file.
    city : Ground

    Raises
    ------
    BadInput
        When the content is damaged, the project has no table to join to, or there are too many times.
    """
    try:
        if layer.choice.show == "raster":
            return _grid(layer, content, around(city))
        frame = _read(content)
        if layer.choice.show in JOINED:
            return _joined(layer, frame, city)
        return _own(layer, frame, around(city))
    except (OSError, ValueError, KeyError) as error:  # Arrow's errors are of these kinds
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadInput("{title}: its file {file} cannot be read ({reason}).", title=layer.about.title,
                       file=content.name, reason=reason) from error  # fmt: skip


def around(city: Ground) -> Box | None:
    """Return the box in which grids and areas are drawn finely: the city with a margin; None for an empty city."""
    west, south, east, north = city.bounds()
    margin = max(MARGIN, 0.1 * max(east - west, north - south))
    return (west - margin, south - margin, east + margin, north + margin) if east > west else None


def _read(content: Path) -> pd.DataFrame:
    import geopandas as gpd
    from pyarrow import parquet

    if b"geo" in (parquet.read_schema(content).metadata or {}):
        frame: pd.DataFrame = gpd.read_parquet(content)
        return frame
    return cast(pd.DataFrame, parquet.read_table(content).to_pandas())


def _grid(layer: DataLayer, content: Path, box: Box | None) -> Shown:
    found = raster.cells(content, box)
    where: Where = "grid" if isinstance(found.places, Grid) else "picture"
    names: dict[int, str] = {}
    values = found.values
    if found.codes:
        values, names = _coded(pd.Series(values, copy=False))
    about = layer.about
    return Shown(
        Field(
            Own(about.title), about.unit, where, _NO_IDS, values, source=layer.id, categories=names, places=found.places
        )
    )


# --- values of the City's own things ------------------------------------------------------------------------------


def _joined(layer: DataLayer, frame: pd.DataFrame, city: Ground) -> Shown:
    choice = layer.choice
    notes: list[Note] = []
    if choice.key == join.WIDE:
        frame = _long(frame, choice.time)
    key = "_code" if choice.key == join.WIDE else choice.key
    found = join.match(frame[key], city, choice.show, choice.to)
    values, names = _values(layer, frame)
    ids = city.table(choice.show)["id"].to_numpy(dtype=object)
    numbers = values[found.rows]
    if choice.time:
        times = columns.times(frame[choice.time], choice.zone)[found.rows]
        steps, table = _steps(layer, times, found.places, numbers, len(ids), bool(names), notes)
    else:
        steps, table = None, _gathered(found.places, numbers, len(ids), bool(names), notes)
    where = cast("Where", choice.show)
    field = Field(Own(layer.about.title), layer.about.unit, where, ids, table, steps, layer.id, names)
    return Shown(field, (), tuple(notes))


def _long(frame: pd.DataFrame, time: str) -> pd.DataFrame:
    """Turn one row per time with a column per place into one row per time and place."""
    codes = [name for name in frame.columns if name not in (time, "_row")]
    return frame.melt(id_vars=[time], value_vars=codes, var_name="_code", value_name="_value")


def _values(layer: DataLayer, frame: pd.DataFrame) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Return a number per row, with the names of the numbers where the column holds names."""
    name = "_value" if layer.choice.key == join.WIDE else layer.choice.value
    if not name:
        return np.zeros(len(frame), dtype=np.float32), {0: Own(layer.about.title)}
    column = frame[name]
    if layer.style.method == "categories" or columns.kind_of(column) in ("text", "flag", "time"):
        return _coded(column)
    return columns.numbers(column).astype(np.float32), {}


def _coded(column: pd.Series) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Return numbers for names by how often they come, those beyond the first twelve together as «Other»."""
    lacking = columns.unknown(column)
    texts = _names(column)
    counts = texts[~lacking].value_counts()
    top = list(counts.index[:CATEGORIES])
    if _all_numbers(top):
        top.sort(key=float)
    code = {name: i for i, name in enumerate(top)}
    numbers = texts.map(code).astype("float64").fillna(len(top)).to_numpy().astype(np.float32)
    numbers[lacking] = np.nan
    flags = pd.api.types.is_bool_dtype(column)
    names = {i: str(name) if flags else Own(name) for name, i in code.items()}
    if len(counts) > CATEGORIES:
        names[len(top)] = N_("Other")
    return numbers, names


def _names(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: N_("Yes"), False: N_("No")}).astype("str")
    if pd.api.types.is_float_dtype(column):
        kinds = {v: f"{v:.10g}" for v in column.dropna().unique()[:100_000]}
        return column.map(kinds).fillna("").astype("str")
    return column.fillna("").astype("str").str.strip()


def _all_numbers(names: list[str]) -> bool:
    try:
        [float(name) for name in names]
    except ValueError:
        return False
    return True


def _gathered(
    places: NDArray[np.int64], numbers: NDArray[np.float32], n: int, names: bool, notes: list[Note]
) -> NDArray[np.float32]:
    """Return a value per place: the mean where several rows tell of one, the first where they are names."""
    found = np.full(n, np.nan, dtype=np.float32)
    known = np.isfinite(numbers)
    places, numbers = places[known], numbers[known]
    if names:
        found[places[::-1]] = numbers[::-1]
        several = len(places) - len(np.unique(places))
    else:
        count = np.bincount(places, minlength=n)
        total = np.bincount(places, weights=numbers, minlength=n)
        some = count > 0
        found[some] = total[some] / count[some]
        several = int((count > 1).sum())
    if several:
        message = N_("{n} places have several rows; the first is shown") if names else N_(
            "{n} places have several rows; their mean is shown")  # fmt: skip
        notes.append(Note("assumed", message, several))
    return found


def _steps(
    layer: DataLayer,
    times: NDArray[np.datetime64],
    places: NDArray[np.int64],
    numbers: NDArray[np.float32],
    n: int,
    names: bool,
    notes: list[Note],
) -> tuple[NDArray[np.datetime64], NDArray[np.float32]]:
    """Return ascending times and a value per time and place."""
    known = ~np.isnat(times)
    if (~known).any():
        message = N_("{n} rows have no time that can be read and were left out")
        notes.append(Note("skipped", message, int((~known).sum())))
    steps, step = np.unique(times[known], return_inverse=True)
    if not steps.size:
        raise BadInput("{title}: no time in the column {column} can be read; write e.g. 2024-06-01 08:00.",
                       title=layer.about.title, column=layer.choice.time)  # fmt: skip
    if len(steps) > MAX_TIMES or len(steps) * n > MAX_NUMBERS:
        raise BadInput("{title}: {times} times at {places} places are too many to show at once; bring fewer times, "
                       "e.g. means by the hour.", title=layer.about.title, times=len(steps), places=n)  # fmt: skip
    flat = step.astype(np.int64) * n + places[known]
    table = _gathered(flat, numbers[known], len(steps) * n, names, notes)
    return steps, table.reshape(len(steps), n)


# --- places of the file itself ------------------------------------------------------------------------------------


def _own(layer: DataLayer, frame: Any, box: Box | None) -> Shown:
    choice = layer.choice
    shapes = frame.geometry.to_numpy()
    values, names = _values(layer, frame)
    texts = tuple(_labels(frame[choice.label])) if choice.label else ()
    notes: list[Note] = []
    steps: NDArray[np.datetime64] | None = None
    first: NDArray[np.int64] | None = None
    if choice.time:
        first, place = _same_places(shapes)
        times = columns.times(frame[choice.time], choice.zone)
        steps, values = _steps(layer, times, place, values, len(first), bool(names), notes)
        shapes = shapes[first]
        texts = tuple(texts[i] for i in first) if texts else ()
    if choice.show == "areas" and choice.height:
        rise = columns.numbers(frame[choice.height])
        places: Places = Solids.of(shapes, rise if first is None else rise[first])
        field = Field(
            Own(layer.about.title), layer.about.unit, "solids", _NO_IDS, values, steps, layer.id, names, places
        )
        return Shown(field, (), tuple(notes), first)
    if choice.show == "areas":
        grid, cell = _cells(shapes, box, len(steps) if steps is not None else 1)
        values = np.concatenate([values, np.full((*values.shape[:-1], 1), np.nan, dtype=np.float32)], axis=-1)
        field = Field(
            Own(layer.about.title), layer.about.unit, "grid", _NO_IDS, values[..., cell], steps, layer.id, names, grid
        )
        behind = np.append(np.arange(len(shapes)) if first is None else first, -1)
        return Shown(field, (), tuple(notes), behind[cell])
    where, places, which = _places(layer, shapes)
    if which is not None:
        values = values[..., which]
        texts = _once(texts, which)
    field = Field(Own(layer.about.title), layer.about.unit, where, _NO_IDS, values, steps, layer.id, names, places)
    if first is not None:
        which = first if which is None else first[which]
    return Shown(field, texts, tuple(notes), which)


def _labels(column: pd.Series) -> list[str]:
    return ["" if unknown else str(v)[:80] for v, unknown in zip(_names(column), columns.unknown(column), strict=True)]


def _same_places(shapes: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row at each place, and for each row the number of its place."""
    if len(shapes) and (shapely.get_type_id(shapes) == 0).all():
        _, first, place = np.unique(shapely.get_coordinates(shapes), axis=0, return_index=True, return_inverse=True)
    else:
        place, _ = pd.factorize(shapely.to_wkb(shapes))
        first = np.flatnonzero(~pd.Series(place).duplicated().to_numpy())
    return np.asarray(first, dtype=np.int64), np.asarray(place, dtype=np.int64).ravel()


def _places(layer: DataLayer, shapes: Any) -> tuple[Where, Places, NDArray[np.int64] | None]:
    """Return places for shapes, and which row each is of where that is not one by one."""
    if layer.choice.show == "points":
        parts, row = shapely.get_parts(shapes, return_index=True)
        xy = shapely.get_coordinates(parts)
        return "points", Points(xy), None if len(parts) == len(shapes) else row
    parts, row = shapely.get_parts(shapes, return_index=True)
    start, end, line = _segments(parts)
    return "lines", Lines(start, end), row[line]


def _cells(shapes: Any, box: Box | None, times: int) -> tuple[Grid, NDArray[np.int64]]:
    """Lay areas on a fine grid around the city; cells outside all of them bear the number one past the last area."""
    from affine import Affine
    from rasterio import features

    west, south, east, north = raster.inside(cast("Box", tuple(map(float, shapely.total_bounds(shapes)))), box)
    most = min(AREA_CELLS, math.isqrt(MAX_NUMBERS // max(times, 1)))
    step = max(east - west, north - south, 1e-3) / most
    columns, rows = max(1, math.ceil((east - west) / step)), max(1, math.ceil((north - south) / step))
    drawn = features.rasterize(
        ((shape, row) for row, shape in enumerate(shapes)), out_shape=(rows, columns), fill=len(shapes), dtype="int32",
        transform=Affine(step, 0.0, west, 0.0, -step, north),
    )  # fmt: skip
    place = (step, 0.0, west, 0.0, -step, north)
    areas = np.where(drawn < len(shapes), drawn, -1).ravel().astype(np.int32)
    return Grid(rows, columns, place, False, areas), drawn.ravel().astype(np.int64)


def _segments(lines: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Cut lines into straight pieces on the ground."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[1:] == line[:-1]
    ground = np.full((int(inside.sum()), 1), np.nan)
    return np.hstack([xy[:-1][inside], ground]), np.hstack([xy[1:][inside], ground]), line[:-1][inside]


def _once(texts: tuple[str, ...], which: NDArray[np.int64]) -> tuple[str, ...]:
    """Write the text of a thing of several pieces at its middle one only."""
    if not texts:
        return ()
    made = [""] * len(which)
    for row in np.unique(which):
        pieces = np.flatnonzero(which == row)
        made[int(pieces[len(pieces) // 2])] = texts[int(row)]
    return tuple(made)
