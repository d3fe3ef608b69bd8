"""Files of points, lines and areas (GeoPackage, GeoJSON, shapefile, GeoParquet) as frames of shapes and columns."""

from __future__ import annotations

import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from twin.city import crs as systems
from twin.city.reading import Note
from twin.datafile.columns import EXAMPLES, kind_of, unknown
from twin.datafile.preview import SHOWN_ROWS, FieldInfo, Sheet
from twin.errors import BadInput, TwinError
from twin.text import N_

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.datafile.spec import Show

MAX_BYTES = 4 * 1024**3
MAX_JSON = 512 * 1024**2
MAX_ROWS = 20_000_000
MAX_FIELDS = 2_000
MAX_DEPTH = 64
_SAMPLE = 500
_ENDINGS = {".gpkg": "GeoPackage", ".geojson": "GeoJSON", ".json": "GeoJSON", ".shp": "Shapefile", ".zip": "Shapefile",
            ".parquet": "GeoParquet", ".geoparquet": "GeoParquet"}  # fmt: skip
_KINDS: dict[str, tuple[int, ...]] = {"points": (0, 4), "lines": (1, 2, 5), "areas": (3, 6)}
_COMPANIONS = {".shx": N_("index"), ".dbf": N_("table")}


def format_of(path: Path, head: bytes) -> str:
    """Return the format of a file by its name and first bytes, "" when it is none of these."""
    name = _ENDINGS.get(path.suffix.lower(), "")
    marks = {"GeoPackage": b"SQLite format 3\0", "GeoParquet": b"PAR1"}
    if name in marks and not head.startswith(marks[name]):
        return ""
    if name == "GeoJSON" and not _is_geojson(path, head):
        return ""
    if path.suffix.lower() == ".zip" and not _shapefile_in(path):
        return ""
    return name


def _is_geojson(path: Path, head: bytes) -> bool:
    text = head[:65536].decode("utf-8-sig", errors="ignore").lstrip()
    if not text.startswith("{"):
        return False
    return path.suffix.lower() == ".geojson" or any(f'"{name}"' in text for name in ("FeatureCollection", "Feature"))


def _shapefile_in(path: Path) -> str:
    """Return the name of the one shapefile in an archive, "" when there is none or more."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
    except (OSError, zipfile.BadZipFile):
        return ""
    if sum(one.file_size for one in inside) > MAX_BYTES:
        raise BadInput("{path}: unpacked it would be over {most} GB.", path=path.name, most=MAX_BYTES // 1024**3)
    found = [one.filename for one in inside if one.filename.lower().endswith(".shp") and "__MACOSX" not in one.filename]
    return found[0] if len(found) == 1 else ""


def sheets(path: Path, format: str) -> tuple[tuple[Sheet, ...], tuple[Note, ...]]:
    """Look into a file: its layers with fields, first rows and extent.

    Raises
    ------
    BadInput
        When it is too large, damaged, or lacks a companion file.
    """
    _check(path, format)
    if format == "GeoParquet":
        return (_parquet_sheet(path),), ()
    with _plainly(path):
        names = [(str(name), kind) for name, kind in pyogrio.list_layers(_source(path))]
    found, notes = [], []
    for name, kind in names[:200]:
        try:
            found.append(_sheet(path, name, kind))
        except BadInput as error:
            if len(names) == 1:
                raise
            notes.append(
                Note("problem", N_("Layer {name} cannot be read: {reason}"), 1, {"name": name, "reason": str(error)})
            )
    if not found:
        raise BadInput("{path}: it holds no table that can be read.", path=path.name)
    return tuple(found), tuple(notes)


def _sheet(path: Path, name: str, kind: str | None) -> Sheet:
    with _plainly(path):
        info = pyogrio.read_info(_source(path), layer=name, force_feature_count=True, force_total_bounds=True)
        if len(info["fields"]) > MAX_FIELDS:
            raise BadInput("{path}: {n} columns; up to {most} are read.", path=path.name, n=len(info["fields"]),
                           most=MAX_FIELDS)  # fmt: skip
        head = _read(path, name, rows=_SAMPLE)
    bounds = info["total_bounds"]
    box = tuple(float(v) for v in bounds) if bounds is not None and np.isfinite(bounds).all() else None
    own = geometry_kind(head) or _named_kind(kind)
    declared = info["crs"] or None
    return Sheet(name, own, int(info["features"]), _fields(head), _code(declared), box, _rows(head))  # type: ignore[arg-type]


def _code(declared: str | None) -> str | None:
    if not declared:
        return None
    return systems.horizontal_or_text(declared)


def _named_kind(kind: str | None) -> str:
    text = (kind or "").lower()
    named = {"point": "points", "line": "lines", "polygon": "areas", "surface": "areas", "curve": "lines"}
    return next((plural for word, plural in named.items() if word in text), "")


def _parquet_sheet(path: Path) -> Sheet:
    import json

    from pyarrow import parquet

    with _plainly(path):
        file = parquet.ParquetFile(path)
        rows = file.metadata.num_rows
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    if rows > MAX_ROWS or size > MAX_BYTES:
        raise BadInput("{path}: {n} rows; they are too many.", path=path.name, n=rows)
    with _plainly(path):
        head = _parquet_frame(path, next(file.iter_batches(_SAMPLE), None), geo)
    column = geo.get("columns", {}).get(geo.get("primary_column", ""), {})
    box = column.get("bbox")
    box = tuple(map(float, (*box[:2], *box[len(box) // 2 :][:2]))) if box else None
    declared = head.crs.to_string() if isinstance(head, gpd.GeoDataFrame) and head.crs is not None else None
    return Sheet(path.stem, geometry_kind(head), rows, _fields(head), _code(declared), box, _rows(head))


def _parquet_frame(path: Path, batch: Any, geo: dict[str, Any]) -> pd.DataFrame:
    import pyarrow as pa

    if batch is None:
        return pd.DataFrame()
    if geo:
        frame: pd.DataFrame = gpd.GeoDataFrame.from_arrow(
            pa.table(batch) if isinstance(batch, pa.RecordBatch) else batch
        )
        return frame
    return pd.DataFrame(batch.to_pandas())


def read(path: Path, format: str, sheet: str = "") -> pd.DataFrame:
    """Read a whole sheet; a GeoDataFrame where it has geometry.

    Raises
    ------
    BadInput
        When it is damaged or too large.
    """
    _check(path, format)
    with _plainly(path):
        if format == "GeoParquet":
            from pyarrow import parquet

            _parquet_sheet(path)
            try:
                frame: pd.DataFrame = gpd.read_parquet(path)
            except ValueError:  # it has no «geo» of its own: a plain table
                frame = parquet.read_table(path).to_pandas()
            return frame
        return _read(path, sheet or None)


def _read(path: Path, sheet: str | None, rows: int | None = None) -> pd.DataFrame:
    try:
        frame = _from_gdal(path, sheet, rows, None)
    except (UnicodeDecodeError, DataSourceError) as error:
        if "UTF-8" not in str(error).upper():
            raise
        frame = _from_gdal(path, sheet, rows, "cp1252")  # a shapefile that does not say how its letters are written
    if not rows and len(frame) > MAX_ROWS:
        raise BadInput("{path}: {n} rows; they are too many.", path=path.name, n=len(frame))
    return _plain_columns(frame)


def _from_gdal(path: Path, sheet: str | None, rows: int | None, encoding: str | None) -> pd.DataFrame:
    frame: pd.DataFrame = pyogrio.read_dataframe(
        _source(path), layer=sheet, max_features=rows, use_arrow=encoding is None, on_invalid="ignore",
        datetime_as_string=True, encoding=encoding,
    )  # fmt: skip
    return frame


def _plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring columns of dates, lists and other things to text, those of bytes away."""
    for name in columns(frame):
        values = frame[name]
        if values.dtype != object:
            continue
        known = values.dropna()
        if len(known) and isinstance(known.iloc[0], bytes):
            frame = frame.drop(columns=name)
        else:
            frame[name] = values.map(str, na_action="ignore").astype("str")
    return frame


def _source(path: Path) -> str:
    return f"/vsizip/{path}/{_shapefile_in(path)}" if path.suffix.lower() == ".zip" else str(path)


def _check(path: Path, format: str) -> None:
    size = path.stat().st_size
    most = MAX_JSON if format == "GeoJSON" else MAX_BYTES
    if size > most:
        raise BadInput("{path}: {n} MB; files of up to {most} MB are read. Save it in parts, or as GeoParquet.",
                       path=path.name, n=round(size / 1e6), most=round(most / 1e6))  # fmt: skip
    if format == "Shapefile" and path.suffix.lower() == ".shp":
        for ending, what in _COMPANIONS.items():
            if not any(path.with_suffix(e).is_file() for e in (ending, ending.upper())):
                raise BadInput("{path}: its {what} {file} is not beside it; a shapefile is several files.",
                               path=path.name, what=what, file=path.with_suffix(ending).name)  # fmt: skip
    if format == "GeoJSON":
        _check_depth(path)


def _check_depth(path: Path) -> None:
    """Refuse JSON nested deeper than any map data is, before a parser goes down there."""
    depth, inside, before = 0, 0, b"  "
    with path.open("rb") as source:
        while chunk := source.read(1 << 20):
            data = np.frombuffer(before + chunk, dtype=np.uint8)
            quote = (data[2:] == 0x22) & ((data[1:-1] != 0x5C) | (data[:-2] == 0x5C))
            outside = (inside + np.cumsum(quote)) % 2 == 0
            body = data[2:]
            up, down = np.isin(body, (0x5B, 0x7B)) & outside, np.isin(body, (0x5D, 0x7D)) & outside
            heights = depth + np.cumsum(up.astype(np.int64) - down.astype(np.int64))
            if heights.max() > MAX_DEPTH:
                raise BadInput("{path}: its values are nested over {most} deep; it is not read.", path=path.name,
                               most=MAX_DEPTH)  # fmt: skip
            depth, inside, before = int(heights[-1]), inside + int(quote.sum()), (before + chunk)[-2:]


class _plainly:
    """Say what GDAL and Arrow say of a damaged file as one line about the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._quiet = warnings.catch_warnings()

    def __enter__(self) -> None:
        self._quiet.__enter__()
        warnings.simplefilter("ignore")  # GDAL tells of measured and curved geometry, which is brought to 2-D

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._quiet.__exit__(None, None, None)
        if error is None or isinstance(error, TwinError | MemoryError) or not isinstance(error, Exception):
            return
        if isinstance(error, DataLayerError):
            raise BadInput("{path}: there is no such layer in it.", path=self._path.name) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].replace(
            str(self._path), self._path.name
        )
        if isinstance(error, DataSourceError) or "parquet" in reason.lower():
            raise BadInput("{path}: it cannot be read; it is damaged or of another format ({reason}).",
                           path=self._path.name, reason=reason[:200]) from error  # fmt: skip
        raise BadInput("{path}: {reason}", path=self._path.name, reason=reason[:200]) from error


def geometry_kind(frame: pd.DataFrame) -> str:
    """Return ``"points"``, ``"lines"`` or ``"areas"``, whatever most shapes are; "" without geometry."""
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return ""
    types = shapely.get_type_id(frame.geometry.to_numpy())
    counts = {name: int(np.isin(types, ids).sum()) for name, ids in _KINDS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that are no geometry."""
    shapes = [name for name in frame.columns if str(frame[name].dtype) == "geometry"]
    return [name for name in frame.columns if name not in shapes]


def _fields(head: pd.DataFrame) -> tuple[FieldInfo, ...]:
    found = []
    for name in columns(head):
        lacking = unknown(head[name])
        examples = tuple(dict.fromkeys(str(v)[:40] for v in head[name][~lacking].head(50)))[:3]
        found.append(FieldInfo(str(name), kind_of(head[name]), int(lacking.sum()), examples))
    return tuple(found)


def _rows(head: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    shown = head[columns(head)].head(SHOWN_ROWS)
    return tuple(
        tuple("" if v is None or v != v else str(v)[:60] for v in row) for row in shown.itertuples(index=False)
    )


def shapes_of(
    frame: gpd.GeoDataFrame, show: Show, rows: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], Any, list[Note]]:
    """Return which rows have usable shapes of a kind, and these in two dimensions, mended where needed.

    Parameters
    ----------
    frame : GeoDataFrame
    show : str
        ``"points"``, ``"lines"`` or ``"areas"``; for points the middle of lines and areas is taken.
    rows : array of int, shape (n,)
        Numbers of the rows in their file, for notes.

    Returns
    -------
    keep : array of bool, shape (n,)
    shapes : array of shapely geometries, shape (keep.sum(),)
    notes : list of Note
    """
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    notes: list[Note] = []
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    finite = np.ones(len(shapes), dtype=bool)
    box = shapely.bounds(shapes)
    finite[~empty] = np.isfinite(box[~empty]).all(axis=1)
    keep = ~empty & finite
    if (~keep).any():
        message = N_("{n} rows have no place and were left out (rows)")
        notes.append(Note("skipped", message, int((~keep).sum()), {}, _some(rows[~keep])))
    if show == "points":
        other = keep & ~np.isin(shapely.get_type_id(shapes), _KINDS["points"])
        shapes = shapes.copy()
        shapes[other] = shapely.point_on_surface(shapes[other])
        if other.any():
            notes.append(Note("assumed", N_("{n} lines and areas are shown by a point on them"), int(other.sum())))
        return keep, shapes[keep], notes
    right = np.isin(shapely.get_type_id(shapes), _KINDS[show])
    if (keep & ~right).any():
        message = N_("{n} rows are of another kind of shape and were left out (rows)")
        notes.append(Note("skipped", message, int((keep & ~right).sum()), {}, _some(rows[keep & ~right])))
        keep &= right
    kept = shapes[keep]
    if show == "areas":
        broken = ~shapely.is_valid(kept)
        if broken.any():
            kept = kept.copy()
            kept[broken] = shapely.make_valid(kept[broken], method="structure")
            message = N_("{n} areas crossed themselves and were mended (rows)")
            notes.append(Note("mended", message, int(broken.sum()), {}, _some(rows[keep][broken])))
    return keep, kept, notes


def _some(rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(str(row) for row in rows[:EXAMPLES])
