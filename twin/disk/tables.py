"""A City as files of open formats: GeoPackage, Parquet and GeoTIFF, named by content, never changed afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.city import schema
from twin.city.city import City, Surfaces, Terrain
from twin.city.content_hash import table_hash
from twin.disk import atomic
from twin.disk.record import Part
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from twin.disk.record import Record
    from twin.jobs import Job

FOLDER = "city"
NODATA = -9999.0
_DIGITS = 12
_LONGEST = 160
_OURS = re.compile(r"[a-z]+-[0-9a-f]{12}\.(gpkg|parquet|tif)(-journal|-wal|-shm)?")
_PIECES = {"surfaces": ("surfaces", "vertices")}
_WRITING = N_("Writing {table}")
_READING = N_("Reading {table}")
Known = dict[str, tuple[object, Part]]
"""Parts of the City in memory and the file each is known to lie in, so that nothing unchanged is hashed again."""


def names() -> tuple[str, ...]:
    """Return the names of all parts a City can have on disk."""
    return (*schema.TABLES, "sources", "terrain", "surfaces")


def part_object(city: City, name: str) -> object | None:
    """Return a part of a City, None when there is nothing in it to store."""
    if name == "terrain":
        return city.terrain
    if name == "surfaces":
        return city.surfaces
    table = city.table(name)
    return table if len(table) else None


def write_city(folder: Path, city: City, known: Known, job: Job) -> dict[str, Part]:
    """Write the parts of a City that are not yet there.

    Parameters
    ----------
    folder : Path
        The project's folder.
    city : City
    known : dict
        What is already there; completed by what is written.
    job : Job

    Returns
    -------
    dict of name to Part
        The files of this City; two for its surfaces.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    parts: dict[str, Part] = {}
    for i, name in enumerate(names()):
        thing = part_object(city, name)
        if thing is None:
            continue
        job.progress(i / len(names()), _WRITING, table=_title(name))
        pieces = _PIECES.get(name, (name,))
        if not all(_is_there(folder, known.get(piece), thing) for piece in pieces):
            for piece, content in _contents(name, thing).items():
                known[piece] = (thing, _write_piece(folder, piece, content, city.crs))
        parts |= {piece: known[piece][1] for piece in pieces}
    return parts


def _is_there(folder: Path, before: tuple[object, Part] | None, thing: object) -> bool:
    return before is not None and before[0] is thing and (folder / before[1].file).is_file()


def read_city(folder: Path, record: Record, known: Known, job: Job) -> City:
    """Read the City of a record; ``known`` is filled.

    Raises
    ------
    BadInput
        When a file is absent, cut off or not what it should be.
    """
    city = City(record.name, record.crs, record.height_system, record.synthetic)
    for name in set(record.city) - set(names()) - {"vertices"}:
        raise BadInput("{path}: project.json names a part «{name}» that no city has.", path=folder.name, name=name)
    found: dict[str, Any] = {}
    for i, (name, part) in enumerate(record.city.items()):
        job.progress(i / len(record.city), _READING, table=_title(name))
        with _said_plainly(folder, part.file):
            found[name] = _READERS[_kind(name)](folder / part.file, name, record.crs)
            if _rows(found[name]) != part.rows:
                raise ValueError(f"{_rows(found[name])} rows instead of {part.rows}")
    if "surfaces" in found:
        with _said_plainly(folder, record.city["surfaces"].file):
            found["surfaces"] = _surfaces(found["surfaces"], found.pop("vertices"))
    city = dataclasses.replace(city, **found)
    remember(known, city, record)
    return city


def remember(known: Known, city: City, record: Record) -> None:
    """Note in which files the parts of a City lie that was read from them."""
    for name, part in record.city.items():
        thing = part_object(city, "surfaces" if name == "vertices" else name)
        if thing is not None:
            known[name] = (thing, part)


def is_ours(path: Path) -> bool:
    """Whether a file in ``city/`` bears a name that only this program gives."""
    return _OURS.fullmatch(path.name) is not None


@contextlib.contextmanager
def _said_plainly(folder: Path, file: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except FileNotFoundError:
        raise BadInput("{path}: the file {file} is missing.", path=folder.name, file=file) from None
    except Exception as error:  # whatever GDAL, Arrow or GEOS say of a damaged file
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[0] if len(lines[0]) <= _LONGEST else lines[0][:_LONGEST] + "…"
        raise BadInput(
            "{path}: the file {file} is damaged ({reason}).", path=folder.name, file=file, reason=reason
        ) from error


def _title(name: str) -> str:
    if name in ("terrain", "surfaces", "vertices"):
        return N_("Terrain") if name == "terrain" else N_("Building surfaces")
    return schema.spec(name).title


def _kind(name: str) -> str:
    if name in ("terrain", "surfaces", "vertices"):
        return name
    return "layer" if schema.spec(name).geometry else "table"


def _contents(name: str, thing: Any) -> dict[str, Any]:
    """Return what is written for a part of the City, by the name of the piece."""
    if name != "surfaces":
        return {name: thing}
    triangles = pd.DataFrame(
        {
            "building": np.asarray(thing.ids, dtype=object)[thing.owners],
            "kind": thing.kinds,
            **{corner: thing.triangles[:, i] for i, corner in enumerate("abc")},
        }
    )
    vertices = pd.DataFrame({axis: thing.vertices[:, i] for i, axis in enumerate("xyz")})
    return {"surfaces": triangles, "vertices": vertices}


def _rows(content: Any) -> int:
    return len(content.heights) if isinstance(content, Terrain) else len(content)


# --- writing ----------------------------------------------------------------------------------------------------


def _write_piece(folder: Path, name: str, content: Any, crs: str) -> Part:
    ending, write = _WRITERS[_kind(name)]
    if _kind(name) in ("layer", "table"):
        target = folder / FOLDER / f"{name}-{table_hash(content)[:_DIGITS]}.{ending}"
        if not target.is_file():
            with atomic.replacing(target) as place:
                write(place, name, content, crs)
    else:  # arrays are named by what is written of them
        place = atomic.part_of(folder / FOLDER / f"{name}.{ending}")
        try:
            write(place, name, content, crs)
            with place.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            target = folder / FOLDER / f"{name}-{digest[:_DIGITS]}.{ending}"
            if not target.is_file():
                atomic.settle(place, target)
        finally:
            place.unlink(missing_ok=True)
    return Part(f"{FOLDER}/{target.name}", _rows(content))


def _write_layer(path: Path, name: str, frame: Any, crs: str) -> None:
    import pyogrio

    kinds = set(frame.geom_type)
    single = kinds.pop() if len(kinds) == 1 else "Unknown"
    if single != "Unknown" and frame.geometry.has_z.any():
        single += " Z"
    # GeoPackage stores the time of writing; one fixed time makes equal content equal bytes.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        pyogrio.write_dataframe(
            frame, path, layer=name, driver="GPKG", geometry_type=single, use_arrow=True,
            layer_options={"IDENTIFIER": name, "DESCRIPTION": schema.spec(name).title},
        )  # fmt: skip
    except pyogrio.errors.DataSourceError as error:
        raise OSError(str(error)) from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_table(path: Path, name: str, frame: pd.DataFrame, crs: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    parquet.write_table(table, path, compression="zstd")


def _write_terrain(path: Path, name: str, terrain: Terrain, crs: str) -> None:
    import rasterio
    from rasterio.transform import Affine

    heights = np.where(np.isnan(terrain.heights), NODATA, terrain.heights).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", height=heights.shape[0], width=heights.shape[1], count=1, dtype="float32",
        crs=crs, transform=Affine(*terrain.transform), nodata=NODATA, compress="deflate", predictor=3,
        tiled=min(heights.shape) >= 256, BIGTIFF="IF_SAFER",
    ) as target:  # fmt: skip
        target.write(heights, 1)
        target.update_tags(source_id=terrain.source_id)


# --- reading ----------------------------------------------------------------------------------------------------


def _read_layer(path: Path, name: str, crs: str) -> pd.DataFrame:
    import pyogrio

    if not path.is_file():
        raise FileNotFoundError(path)
    frame = pyogrio.read_dataframe(path, layer=name, use_arrow=True)
    return schema.conform(name, frame.set_crs(crs, allow_override=True), crs)


def _read_table(path: Path, name: str, crs: str) -> pd.DataFrame:
    from pyarrow import parquet

    frame = parquet.read_table(path).to_pandas()
    return frame if name in ("surfaces", "vertices") else schema.conform(name, frame)


def _read_terrain(path: Path, name: str, crs: str) -> Terrain:
    import rasterio

    if not path.is_file():
        raise FileNotFoundError(path)
    with rasterio.open(path) as source:
        heights = source.read(1, out_dtype="float32")
        if source.nodata is not None:
            heights[heights == np.float32(source.nodata)] = np.nan
        a, b, c, d, e, f = tuple(source.transform)[:6]
        return Terrain(heights, (a, b, c, d, e, f), source.tags().get("source_id", ""))


def _surfaces(triangles: pd.DataFrame, vertices: pd.DataFrame) -> Surfaces:
    owners, ids = pd.factorize(triangles["building"])
    corners = triangles[["a", "b", "c"]].to_numpy(dtype=np.int32)
    if len(corners) and (corners.min() < 0 or corners.max() >= len(vertices)):
        raise ValueError("a corner that is not there")
    return Surfaces(
        vertices=vertices[["x", "y", "z"]].to_numpy(dtype=float),
        triangles=corners,
        kinds=triangles["kind"].to_numpy(dtype=np.uint8),
        owners=owners.astype(np.int32),
        ids=tuple(str(i) for i in ids),
    )


_WRITERS: Mapping[str, tuple[str, Callable[[Path, str, Any, str], None]]] = {
    "layer": ("gpkg", _write_layer),
    "table": ("parquet", _write_table),
    "surfaces": ("parquet", _write_table),
    "vertices": ("parquet", _write_table),
    "terrain": ("tif", _write_terrain),
}
_READERS: Mapping[str, Callable[[Path, str, str], Any]] = {
    "layer": _read_layer,
    "table": _read_table,
    "surfaces": _read_table,
    "vertices": _read_table,
    "terrain": _read_terrain,
}
