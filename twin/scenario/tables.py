"""Rows of City tables taken away, added and changed without touching the table they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import schema
from twin.city.changes import Changes
from twin.city.city import Surfaces
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from twin.city.changes import Extent
    from twin.city.city import City

SOURCE = "scenario"
"""``source_id`` of all rows that an edit adds."""
PIECE = "~"
"""Stands between the id of a link and the number of a piece it was split into."""


def rows(name: str, data: Sequence[Mapping[str, Any]], geometry: Sequence[Any], crs: str) -> pd.DataFrame:
    """Return new rows of a table in the shape of its schema."""
    frame = pd.DataFrame([{"source_id": SOURCE, **row} for row in data])
    if schema.spec(name).geometry:
        frame = gpd.GeoDataFrame(frame, geometry=list(geometry), crs=crs)
    return schema.conform(name, frame, crs)


def appended(frame: pd.DataFrame, more: Any) -> pd.DataFrame:
    """Return a table with rows behind its own."""
    if not len(frame):
        whole: pd.DataFrame = more
        return whole
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs != more.crs:
        more = more.set_crs(frame.crs, allow_override=True)  # one city has one system, written in two ways
    longer: pd.DataFrame = pd.concat([frame, more], ignore_index=True)
    return longer


def kept(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the rows of a table where ``mask`` is true."""
    return frame[mask].reset_index(drop=True)


def changed(frame: Any, mask: NDArray[np.bool_], values: Mapping[str, Any], geometry: Any = None) -> pd.DataFrame:
    """Return a table with other values in some rows; None values leave the column as it is.

    Parameters
    ----------
    frame : DataFrame
        A table of a City.
    mask : array of bool, shape (n,)
        The rows.
    values : mapping from column to value
        A value for all of them, or an array with one for each.
    geometry : shapely geometry, optional
        A new shape for all of them.
    """
    out: Any = frame.copy(deep=False)
    for name, value in values.items():
        if value is not None:
            column = out[name].copy()
            column[mask] = value
            out[name] = column
    if geometry is not None:
        shapes = frame.geometry.to_numpy().copy()
        shapes[mask] = geometry
        out = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=frame.crs))
    placed: pd.DataFrame = out
    return placed


def mask_of(frame: pd.DataFrame, ids: Iterable[str]) -> NDArray[np.bool_]:
    """Return which rows bear these ids, or are pieces of a link that bore one before it was split."""
    wanted = list(ids)
    column = frame["id"]
    mask: NDArray[np.bool_] = np.array(column.isin(wanted), dtype=bool)
    if int(mask.sum()) < len(wanted):
        for name in set(wanted) - set(column[mask]):
            mask |= column.str.startswith(name + PIECE).to_numpy(dtype=bool, na_value=False)
    return mask


def ids_of(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> frozenset[str]:
    """Return the ids of the rows where ``mask`` is true."""
    return frozenset(frame["id"].to_numpy(object)[mask])


def extent_of(*shapes: Any) -> Extent | None:
    """Return the box around geometries, None when there is none."""
    box = shapely.total_bounds(np.concatenate([np.atleast_1d(np.asarray(s, dtype=object)) for s in shapes]))
    if np.isnan(box).any():
        return None
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def touched(table: str, ids: Iterable[str], extent: Extent | None = None) -> Changes:
    """Return the Changes of one table; nothing touched when there are no ids."""
    names = frozenset(ids)
    return Changes({table: names}, extent) if names else Changes()


def with_rows(city: City, table: str, more: pd.DataFrame) -> City:
    """Return the City with rows added, and the source of what edits add among its sources."""
    return with_table(city, table, appended(city.table(table), more))


def with_table(city: City, table: str, frame: pd.DataFrame) -> City:
    """Return the City with another table, already of the schema's shape."""
    import dataclasses

    parts: dict[str, Any] = {table: frame}
    if SOURCE not in set(city.sources["id"]):
        source = {"id": SOURCE, "title": N_("Edits of the scenario"), "classification": "internal"}
        parts["sources"] = appended(city.sources, schema.conform("sources", pd.DataFrame([source])))
    return dataclasses.replace(city, **parts)


def surfaces_without(surfaces: Surfaces | None, ids: frozenset[str]) -> Surfaces | None:
    """Return the detailed surfaces without those of some buildings; the same object when none is theirs."""
    if surfaces is None or not ids & set(surfaces.ids):
        return surfaces
    gone = np.array([name in ids for name in surfaces.ids], dtype=bool)
    keep = ~gone[surfaces.owners]
    number = np.cumsum(~gone) - 1
    return Surfaces(
        vertices=surfaces.vertices,
        triangles=surfaces.triangles[keep],
        kinds=surfaces.kinds[keep],
        owners=number[surfaces.owners[keep]].astype(np.int32),
        ids=tuple(name for name in surfaces.ids if name not in ids),
    )
