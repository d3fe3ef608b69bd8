"""Drop-ins: ours all load, a stranger's error stands beside it and stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from twin.city.city import City
from twin.content import folder
from twin.plugins import discover, evaluate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def city() -> City:
    houses = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "source_id": "s", "height": [5.0, 20.0, np.nan], "use": ["office", "office", ""]},
        geometry=[box(0, 0, 10, 10), box(20, 0, 30, 10), box(40, 0, 50, 10)],
    )
    return City("Test", "EPSG:3011").replaced(buildings=houses)


def test_ours_load_and_fit_an_empty_city() -> None:
    dropins = discover([folder("layers")])
    assert len(dropins) >= 8
    assert [d.error for d in dropins if d.error] == []
    assert evaluate(dropins, City("Empty", "EPSG:3011")) == ({}, {})


def test_ours_paint_what_the_city_holds(city: City) -> None:
    layers, errors = evaluate(discover([folder("layers")]), city)
    assert errors == {}
    assert set(layers) == {"building_height", "building_use", "data_source", "sun_hours"}
    height = layers["building_height"].field
    assert (height.unit, height.source, list(height.ids)) == ("m", "s", ["a", "b", "c"])
    np.testing.assert_array_equal(height.values, np.array([5, 20, np.nan], dtype=np.float32))
    use = layers["building_use"].field
    assert use.categories == {0: "Office"}
    np.testing.assert_array_equal(use.values, np.array([0, 0, np.nan], dtype=np.float32))


def test_strangers_errors_stand_beside_them(tmp_path: Path, city: City) -> None:
    files = {
        "broken": "def make(city",
        "silent": "TITLE = 'No function'",
        "raising": "TITLE = 'Raises'\ndef make(city):\n    return 1 / 0\n",
        "wrong": "TITLE = 'Wrong'\ndef make(city):\n    return 3\n",
        "leaving": "raise SystemExit",
        "fine": "from twin.api import *\nTITLE = 'Fine'\n"
        "def make(city): return layer_of('fine', TITLE, field_of(city, 'buildings', 'height'))",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    layers, errors = evaluate(discover([tmp_path]), city)
    assert set(layers) == {"fine"}
    assert set(errors) == {"broken", "silent", "raising", "wrong", "leaving"}
    assert errors["broken"].startswith("broken.py: SyntaxError")
    assert errors["raising"] == "raising.py:3: ZeroDivisionError: division by zero"
    assert "returned int, expected a Layer" in errors["wrong"]


def test_a_second_file_of_the_same_name_does_not_replace_the_first(tmp_path: Path, city: City) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "same.py").write_text(f"TITLE = '{place}'\ndef make(city): return None", encoding="utf-8")
    first, second = discover([tmp_path / "one", tmp_path / "two"])
    assert (first.title, first.error) == ("one", "")
    assert second.make is None
    assert "has the same name" in second.error
