"""Names for content: the same values have the same hash on every machine, before and after they were saved."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from twin.city import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from twin.city.city import City


def table_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a table: its column names in order, their kinds, values and geometry (as WKB).

    Text counts by its characters whether pandas holds it as ``object`` or ``str``; a missing text is "". All
    nan are the same. Index and reference system do not count.

    Parameters
    ----------
    frame : DataFrame
        Any table.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    total = hashlib.sha256(f"{len(frame)}".encode())
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    for name in frame.columns:
        kind, data = ("geometry", _shapes(frame[name])) if name == geometry else _values(frame[name])
        total.update(f"\n{len(str(name))} {name} {kind} ".encode())
        total.update(data)
    return total.hexdigest()


def city_key(city: City) -> str:
    """Return the SHA-256 of a City's content: everything but its name.

    Results are kept under it; a project that is only renamed keeps them.
    """
    total = hashlib.sha256(f"{city.crs}\n{city.height_system}\n{int(city.synthetic)}".encode())
    for name in (*schema.TABLES, "sources"):
        total.update(f"\n{name} {table_hash(city.table(name))}".encode())
    if city.terrain is not None:
        total.update(_arrays("terrain", [city.terrain.heights, np.array(city.terrain.transform, dtype=np.float64)]))
        total.update(city.terrain.source_id.encode())
    if city.surfaces is not None:
        own = city.surfaces
        total.update(_arrays("surfaces", [own.vertices, own.triangles, own.kinds, own.owners]))
        total.update(_texts(own.ids))
    return total.hexdigest()


def _values(column: pd.Series[Any]) -> tuple[str, bytes]:
    kind = getattr(column.dtype, "kind", "O")
    if kind == "b":
        return "flag", column.to_numpy(dtype=np.uint8).tobytes()
    if kind in "iuf" and not column.isna().any():
        values = column.to_numpy()
        return f"number {values.dtype.kind}{values.dtype.itemsize}", _plain(values)
    if kind in "iuf":
        values = column.to_numpy(dtype=np.float32 if column.dtype == np.float32 else np.float64, na_value=np.nan)
        return f"number f{values.dtype.itemsize}", _plain(values)
    if kind in "mM":
        return "time", column.to_numpy().astype("datetime64[us]" if kind == "M" else "timedelta64[us]").tobytes()
    missing = column.isna().to_numpy()
    return "text", _texts(["" if gone else str(text) for text, gone in zip(column, missing, strict=True)])


def _shapes(column: Any) -> bytes:
    written = shapely.to_wkb(np.asarray(column.to_numpy(), dtype=object), byte_order=1)
    return _chunks([chunk or b"" for chunk in written])


def _texts(texts: Sequence[str]) -> bytes:
    return _chunks([text.encode() for text in texts])


def _chunks(chunks: Sequence[bytes]) -> bytes:
    lengths = np.fromiter((len(chunk) for chunk in chunks), dtype="<i8", count=len(chunks))
    return lengths.tobytes() + b"".join(chunks)


def _plain(values: Any) -> bytes:
    """Return the bytes of numbers in little-endian order, with one nan and no negative zero."""
    array = np.ascontiguousarray(values)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, dtype=array.dtype), array) + array.dtype.type(0)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _arrays(name: str, arrays: Sequence[Any]) -> bytes:
    """Return a digest of arrays with their types and shapes."""
    total = hashlib.sha256(name.encode())
    for array in arrays:
        total.update(f"{array.dtype.kind}{array.dtype.itemsize}{array.shape}".encode())
        total.update(_plain(array))
    return total.digest()
