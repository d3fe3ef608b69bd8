"""Looking into a data file of any kind, before anything of it is taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.city import crs as systems
from twin.city.reading import Note
from twin.datafile import columns, raster, texts, vector
from twin.datafile.preview import SHOWN_ROWS, FieldInfo, Preview, Sheet
from twin.errors import BadInput, UnknownCrs
from twin.text import N_

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from twin.jobs import Job

PATTERNS = ("*.gpkg", "*.geojson", "*.shp", "*.zip", "*.parquet", "*.geoparquet", "*.tif", "*.tiff", "*.csv", "*.tsv",
            "*.txt")  # fmt: skip
SAMPLE = 2_000


def format_of(path: Path) -> str:
    """Return the format of a data file, "" when it is none that can be shown as a layer.

    Raises
    ------
    BadInput
        When it is not there, empty or cannot be read.
    """
    if not path.exists():
        raise BadInput("{path}: there is no such file.", path=path.name)
    if not path.is_file():
        raise BadInput("{path} is a folder; name a file in it.", path=path.name)
    try:
        with path.open("rb") as source:
            head = source.read(65536)
    except OSError as error:
        raise BadInput("{path}: cannot be read: {reason}.", path=path.name, reason=error.strerror or error) from error
    if not head:
        raise BadInput("{path}: the file is empty.", path=path.name)
    if raster.is_tiff(head):
        return "GeoTIFF"
    return vector.format_of(path, head) or ("CSV" if texts.looks_like_table(path, head) else "")


def preview(path: Path, job: Job | None = None) -> Preview:
    """Look into a data file; nothing is read whole but what must be counted.

    Raises
    ------
    BadInput
        When it is of no format that can be shown, too large or damaged.
    """
    format = format_of(path)
    if job is not None:
        job.progress(0.0, N_("Looking into {name}"), name=path.name)
    if format == "GeoTIFF":
        sheet, bands, picture = raster.sheet(path)
        return Preview(path, "GeoTIFF", (sheet,), _doubts(sheet), () if picture else bands)
    if format == "CSV":
        return _table(path)
    if not format:
        raise BadInput(
            "{path}: not a format that is shown as a layer; what is: {known}.",
            path=path.name,
            known=", ".join(PATTERNS),
        )
    sheets, notes = vector.sheets(path, format)
    return Preview(path, format, sheets, (*notes, *(note for sheet in sheets for note in _doubts(sheet))))


def sample(found: Preview) -> pd.DataFrame:
    """Return the first rows of a text table, every cell as text."""
    table, _ = texts.read(found.path, texts.shape(found.path), most=SAMPLE)
    frame: pd.DataFrame = table.slice(0, SAMPLE).to_pandas()
    return frame.drop(columns=texts.ROW)


def _table(path: Path) -> Preview:
    shape = texts.shape(path)
    table, notes = texts.read(path, shape)
    frame = table.slice(0, SAMPLE).to_pandas()
    rows = frame.pop(texts.ROW).to_numpy()
    fields, said = [], list(notes)
    for name in shape.names:
        values = frame[name]
        lacking = columns.unknown(values)
        kind = columns.kind_of(values)
        examples = tuple(dict.fromkeys(str(v)[:40] for v in values[~lacking].head(50)))[:3]
        fields.append(FieldInfo(name, kind, int(lacking.sum()), examples))
        if kind == "number":
            said += columns.wrong_numbers(name, values, columns.numbers(values), rows)
    first = tuple(tuple(str(v)[:60] for v in row) for row in frame.head(SHOWN_ROWS).itertuples(index=False))
    sheet = Sheet(path.stem, "", table.num_rows, tuple(fields), None, None, first)
    return Preview(path, "CSV", (sheet,), tuple(said))


def _doubts(sheet: Sheet) -> tuple[Note, ...]:
    """Say where coordinates cannot be in the system the file names."""
    if sheet.crs is None or sheet.box is None:
        return ()
    try:
        if systems.outside(sheet.crs, sheet.box) and not systems.swapped(sheet.crs, sheet.box):
            message = N_("The coordinates lie outside {crs}, which the file names; choose the right reference system")
            return (Note("problem", message, 1, {"crs": sheet.crs}),)
    except UnknownCrs as error:
        return (Note("problem", "{reason}", 1, {"reason": str(error)}),)
    return ()
