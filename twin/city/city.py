"""The City: frozen tables in one metric reference system, with the terrain and the source of every row."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.city import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Terrain:
    """Ground heights on a regular grid.

    Parameters
    ----------
    heights : array, shape (rows, columns) [m]
        float32, row 0 in the north; nan where unknown.
    transform : tuple of 6 floats
        Affine ``(a, b, c, d, e, f)`` from (column, row) of a cell's corner to (x, y), as rasterio has it.
    source_id : str
        Row of the City's ``sources``.
    """

    heights: NDArray[np.float32]
    transform: tuple[float, float, float, float, float, float]
    source_id: str = ""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north [m] of the grid (north-up grids)."""
        a, _, c, _, e, f = self.transform
        rows, columns = self.heights.shape
        return c, f + rows * e, c + columns * a, f

    def sample(self, x: Floats, y: Floats) -> Floats:
        """Return the ground height at points, bilinear between cell centres, nan outside or unknown.

        Parameters
        ----------
        x, y : array, shape (n,) [m]
            Coordinates in the City's reference system.

        Returns
        -------
        array, shape (n,) [m]
        """
        a, _, c, _, e, f = self.transform
        rows, columns = self.heights.shape
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        u, v = (x - c) / a - 0.5, (y - f) / e - 0.5
        inside = (u >= -0.5) & (u <= columns - 0.5) & (v >= -0.5) & (v <= rows - 0.5)
        u, v = np.clip(u, 0, columns - 1), np.clip(v, 0, rows - 1)
        u, v = np.where(inside, u, 0.0), np.where(inside, v, 0.0)
        i, j = np.minimum(u.astype(int), max(columns - 2, 0)), np.minimum(v.astype(int), max(rows - 2, 0))
        i1, j1 = np.minimum(i + 1, columns - 1), np.minimum(j + 1, rows - 1)
        s, t = u - i, v - j
        h = self.heights
        top = h[j, i] * (1 - s) + h[j, i1] * s
        bottom = h[j1, i] * (1 - s) + h[j1, i1] * s
        result = top * (1 - t) + bottom * t
        nearest = h[np.rint(v).astype(int), np.rint(u).astype(int)]
        result = np.where(np.isnan(result), nearest, result)
        return np.where(inside, result, np.nan).astype(float)


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Detailed building surfaces (LoD2 and up) as one triangle soup over shared vertices.

    Parameters
    ----------
    vertices : array, shape (v, 3) [m]
        float64 in the City's reference system, z = height above the City's height datum.
    triangles : array, shape (t, 3)
        int32 indices into vertices.
    kinds : array, shape (t,)
        uint8: 0 ground, 1 wall, 2 roof, 3 other.
    owners : array, shape (t,)
        int32 index into ``ids``.
    ids : tuple of str
        Ids of rows of ``buildings``.
    """

    vertices: Floats
    triangles: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    owners: NDArray[np.int32]
    ids: tuple[str, ...]


def _empty(name: str) -> pd.DataFrame:
    base = gpd.GeoDataFrame({"id": []}, geometry=[]) if schema.spec(name).geometry else pd.DataFrame({"id": []})
    return schema.conform(name, base)


@dataclass(frozen=True, eq=False)
class City:
    """A city as frozen tables; columns and units in :mod:`twin.city.schema`.

    Every table but ``sources`` has ``id`` (unique text) and ``source_id``. Coordinates are float64 in ``crs``,
    a projected system in metres given as ``"EPSG:n"``. Nothing in it is changed in place: an edit makes a new
    City that shares all untouched tables. ``present`` is the City that edits began from, None for that itself; models
    fitted to what was observed are fitted there.
    """

    name: str
    crs: str
    height_system: str = ""
    synthetic: bool = False
    buildings: gpd.GeoDataFrame = field(default_factory=lambda: _empty("buildings"))
    roads: gpd.GeoDataFrame = field(default_factory=lambda: _empty("roads"))
    junctions: gpd.GeoDataFrame = field(default_factory=lambda: _empty("junctions"))
    paths: gpd.GeoDataFrame = field(default_factory=lambda: _empty("paths"))
    zones: gpd.GeoDataFrame = field(default_factory=lambda: _empty("zones"))
    population: pd.DataFrame = field(default_factory=lambda: _empty("population"))
    places: gpd.GeoDataFrame = field(default_factory=lambda: _empty("places"))
    barriers: gpd.GeoDataFrame = field(default_factory=lambda: _empty("barriers"))
    cover: gpd.GeoDataFrame = field(default_factory=lambda: _empty("cover"))
    trees: gpd.GeoDataFrame = field(default_factory=lambda: _empty("trees"))
    rules: gpd.GeoDataFrame = field(default_factory=lambda: _empty("rules"))
    demand: pd.DataFrame = field(default_factory=lambda: _empty("demand"))
    growth: pd.DataFrame = field(default_factory=lambda: _empty("growth"))
    fleet: pd.DataFrame = field(default_factory=lambda: _empty("fleet"))
    sources: pd.DataFrame = field(default_factory=lambda: _empty("sources"))
    terrain: Terrain | None = None
    surfaces: Surfaces | None = None
    present: City | None = field(default=None, repr=False)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by its name in :mod:`twin.city.schema`."""
        return cast(pd.DataFrame, getattr(self, schema.spec(name).name))

    def replaced(self, **parts: object) -> City:
        """Return a City with some parts exchanged (tables are brought to their schema's shape)."""
        for name, value in parts.items():
            if isinstance(value, pd.DataFrame):
                parts[name] = schema.conform(name, value, self.crs)
        return dataclasses.replace(self, **parts)  # type: ignore[arg-type]

    def source(self, source_id: str) -> Mapping[str, str]:
        """Return title, licence, owner, class, date … of a source; empty texts when it is unknown."""
        rows = self.sources[self.sources["id"] == source_id]
        if len(rows):
            return {str(k): str(v) for k, v in rows.iloc[0].items()}
        return {"id": source_id, **{column.name: "" for column in schema.SOURCES.columns}}

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north [m] of all that is placed; zeros for an empty City."""
        boxes = [
            tuple(self.table(name).total_bounds)
            for name, table in schema.TABLES.items()
            if table.geometry and len(self.table(name))
        ]
        if self.terrain is not None:
            boxes.append(self.terrain.bounds)
        if not boxes:
            return 0.0, 0.0, 0.0, 0.0
        array = np.asarray(boxes, dtype=float)
        low, high = np.nanmin(array, axis=0), np.nanmax(array, axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])
