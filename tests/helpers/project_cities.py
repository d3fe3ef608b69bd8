"""Small cities for the tests of projects: every table filled, odd texts, unknown values."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import schema
from twin.city.city import City, Surfaces, Terrain

CRS = "EPSG:3011"


def full_city(n: int = 30, seed: int = 0) -> City:
    """Return a city of ``n`` rows in each table that differs with the seed."""
    chance = np.random.default_rng(seed)
    tables = {name: _table(name, n, chance) for name in schema.TABLES}
    sources = pd.DataFrame({"id": ["s1"], "title": ["Källa «ett»"], "licence": ["CC0"], "date": ["2026-11-21"]})
    heights = chance.random((40, 50)).astype(np.float32) * 30
    heights[0, :3] = np.nan
    surfaces = Surfaces(
        vertices=chance.random((12, 3)) + np.array([150_000.0, 6_580_000.0, 10.0]),
        triangles=chance.integers(0, 12, (9, 3)).astype(np.int32),
        kinds=(np.arange(9) % 4).astype(np.uint8),
        owners=np.repeat(np.arange(3), 3).astype(np.int32),
        ids=("buildings-0", "buildings-1", "buildings-2"),
    )
    city = City("Södra provstaden", CRS, "EPSG:5613", synthetic=True, surfaces=surfaces)
    terrain = Terrain(heights, (2.0, 0.0, 150_000.0, 0.0, -2.0, 6_580_080.0), "s1")
    return city.replaced(**tables, sources=sources, terrain=terrain)


def _table(name: str, n: int, chance: np.random.Generator) -> pd.DataFrame:
    table = schema.spec(name)
    data: dict[str, object] = {"id": [f"{name}-{i}" for i in range(n)], "source_id": "s1"}
    for column in table.columns:
        if column.kind == "text":
            data[column.name] = np.array(["", "Åsögatan 1\n'x' \"y\"", "𝒳 –", "NULL"], dtype=object)[np.arange(n) % 4]
        elif column.kind == "flag":
            data[column.name] = np.arange(n) % 3 == 0
        else:
            values = chance.normal(size=n) * 1e3
            values[::5] = np.nan
            data[column.name] = values
    if not table.geometry:
        return schema.conform(name, pd.DataFrame(data))
    x, y = 150_000 + chance.random(n) * 1000, 6_580_000 + chance.random(n) * 1000
    points = shapely.points(x, y)
    if table.geometry == "Polygon":
        ring = shapely.box(x, y, x + 20, y + 15)
        hole = shapely.box(x + 5, y + 5, x + 10, y + 10)
        geometry = np.where(np.arange(n) % 2 == 0, ring, shapely.difference(ring, hole))
    elif table.geometry == "LineString":
        geometry = shapely.linestrings(np.stack([np.stack([x, y], 1), np.stack([x + 30, y + 1 / 3], 1)], 1))
    else:
        geometry = points
    return schema.conform(name, gpd.GeoDataFrame(data, geometry=geometry, crs=CRS), CRS)


def assert_same_city(one: City, other: City) -> None:
    """Fail where two cities differ in any table, in the terrain or in the surfaces."""
    assert (one.name, one.crs, one.height_system, one.synthetic) == (
        other.name, other.crs, other.height_system, other.synthetic,
    )  # fmt: skip
    for name in (*schema.TABLES, "sources"):
        a, b = one.table(name), other.table(name)
        assert list(a.columns) == list(b.columns), name
        if "geometry" in a:
            assert shapely.equals_identical(a.geometry.to_numpy(), b.geometry.to_numpy()).all(), name
            assert a.crs == b.crs, name
            a, b = a.drop(columns="geometry"), b.drop(columns="geometry")
        pd.testing.assert_frame_equal(pd.DataFrame(a), pd.DataFrame(b), obj=name)
    assert (one.terrain is None) == (other.terrain is None)
    if one.terrain is not None and other.terrain is not None:
        np.testing.assert_array_equal(one.terrain.heights, other.terrain.heights)
        assert one.terrain.transform == other.terrain.transform
        assert one.terrain.source_id == other.terrain.source_id
    assert (one.surfaces is None) == (other.surfaces is None)
    if one.surfaces is not None and other.surfaces is not None:
        for part in ("vertices", "triangles", "kinds", "owners"):
            np.testing.assert_array_equal(getattr(one.surfaces, part), getattr(other.surfaces, part))
        assert one.surfaces.ids == other.surfaces.ids
