"""Content hashes: equal content, equal hash; any change, another one."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from twin.city.city import City, Surfaces, Terrain
from twin.city.content_hash import city_key, table_hash


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": ["a", "b"], "height": [1.5, np.nan], "floors": [1, 2], "bridge": [True, False]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)],
        crs="EPSG:3011",
    )


def test_the_hash_is_pinned() -> None:
    # Stored projects and results are found by it: it must never change unnoticed.
    assert table_hash(pd.DataFrame({"id": ["a"], "x": [1.0]})) == (
        "637c4c1d52fd0cd784d22d5e3011395b94fb0cb76838ec2e86999b39f12643cb"
    )


def test_equal_content_in_other_dress() -> None:
    plain = frame()
    assert table_hash(plain) == table_hash(frame().set_index(pd.Index([7, 9])))
    assert table_hash(plain) == table_hash(plain.assign(id=plain["id"].astype(object)))
    assert table_hash(plain.assign(id=["a", None])) == table_hash(plain.assign(id=["a", ""]))
    other_nan = np.array([1.5, np.nan])
    other_nan.view(np.uint64)[1] |= 1  # another bit pattern that is nan as well
    assert table_hash(plain) == table_hash(plain.assign(height=other_nan))
    assert table_hash(plain.assign(height=[0.0, 1])) == table_hash(plain.assign(height=[-0.0, 1]))


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(height=[1.5000001, np.nan]),
        lambda f: f.assign(height=[1.5, 0.0]),
        lambda f: f.assign(id=["a", "c"]),
        lambda f: f.assign(id=["ab", ""]),
        lambda f: f.assign(bridge=[True, True]),
        lambda f: f.assign(floors=[1.0, 2.0]),
        lambda f: f.rename(columns={"height": "top"}),
        lambda f: f.iloc[::-1],
        lambda f: f.iloc[:1],
        lambda f: f.set_geometry([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3.001)]),
        lambda f: f.set_geometry([shapely.box(0, 0, 1, 1), None]),
    ],
)
def test_any_change_changes_it(change: object) -> None:
    assert table_hash(frame()) != table_hash(change(frame()))  # type: ignore[operator]


def test_hashing_leaves_the_table_alone() -> None:
    table = frame()
    before = table.copy(deep=True)
    table_hash(table)
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))


def test_a_citys_key_is_its_content_not_its_name() -> None:
    city = City("a", "EPSG:3011").replaced(buildings=frame())
    key = city_key(city)
    assert len(key) == 64
    assert key == city_key(dataclasses.replace(city, name="b"))
    terrain = Terrain(np.ones((2, 2), dtype=np.float32), (1, 0, 0, 0, -1, 2), "s")
    surfaces = Surfaces(np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), np.zeros(1, np.uint8),
                        np.zeros(1, np.int32), ("a",))  # fmt: skip
    others = [
        dataclasses.replace(city, crs="EPSG:3006"),
        dataclasses.replace(city, height_system="RH 2000"),
        dataclasses.replace(city, synthetic=True),
        dataclasses.replace(city, terrain=terrain),
        dataclasses.replace(city, terrain=dataclasses.replace(terrain, transform=(2, 0, 0, 0, -1, 2))),
        dataclasses.replace(city, surfaces=surfaces),
        dataclasses.replace(city, surfaces=dataclasses.replace(surfaces, ids=("b",))),
        city.replaced(buildings=frame().assign(height=[2.0, 3.0])),
    ]
    assert len({key, *(city_key(other) for other in others)}) == len(others) + 1
