"""How fields become layers and legends."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from twin.city.city import City
from twin.errors import BadInput
from twin.layer import Field, class_colours, colour_at, field_of, layer_by_category, layer_of, legend, scale, scales


def _field(values: list[float]) -> Field:
    ids = np.array([f"b{i}" for i in range(len(values))], dtype=object)
    return Field("Height above ground", "m", "buildings", ids, np.array(values, dtype=np.float32))


def _city(uses: list[str]) -> City:
    n = len(uses)
    houses = gpd.GeoDataFrame(
        {"id": [f"b{i}" for i in range(n)], "use": uses, "height": np.arange(n, dtype=float), "source_id": "s"},
        geometry=[box(i, 0, i + 1, 1) for i in range(n)],
    )
    return City("Test", "EPSG:3011").replaced(buildings=houses)


def test_shipped_scales_are_colours() -> None:
    for name, each in scales().items():
        assert len(each.colours) >= 2, name
        assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in each.colours), name
    diverging = scale("blue-white-orange").colours
    assert diverging[len(diverging) // 2] == "#ffffff"
    with pytest.raises(BadInput, match="No colour scale is called nix; there are: viridis"):
        scale("nix")


def test_sequential_scales_order_values_by_lightness() -> None:
    """A sequential scale read in grey still orders the values."""
    for name, each in scales().items():
        if each.kind != "sequential":
            continue
        rgb = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in each.colours])
        luminance = (rgb**2.2) @ np.array([0.2126, 0.7152, 0.0722])
        steps = np.diff(luminance)
        assert (steps > 0).all() or (steps < 0).all(), name


def test_range_is_the_breaks_or_the_percentiles() -> None:
    layer = layer_of("x", "X", _field([0, 1, 2, 3, np.nan]), breaks=(0, 10, 20))
    assert layer is not None
    assert (layer.low, layer.high) == (0, 20)
    free = layer_of("x", "X", _field(list(range(101))))
    assert free is not None
    assert (free.low, free.high) == (2, 98)
    same = layer_of("x", "X", _field([5, 5]))
    assert same is not None
    assert same.high > same.low
    assert layer_of("x", "X", _field([np.nan])) is None


def test_legend_names_classes_low_to_high_in_the_language() -> None:
    layer = layer_of("x", "Height above ground", _field([1.5]), breaks=(0, 0.5, 1000))
    assert layer is not None
    said = legend(layer, "sv")
    assert [item.text for item in said.classes] == ["0 – 0,50", "0,50 – 1\u00a0000"]
    assert [item.colour for item in said.classes] == list(class_colours(layer))
    assert said.title.endswith("[m]")


def test_colours_are_mixed_between_neighbours() -> None:
    assert colour_at(("#000000", "#ffffff"), 0.5) == "#808080"
    assert colour_at(("#000000", "#ff0000", "#ffffff"), 0.5) == "#ff0000"
    assert colour_at(("#000000", "#ffffff"), 7.0) == "#ffffff"


def test_columns_become_fields_with_the_schemas_unit() -> None:
    field = field_of(_city(["office"] * 3), "buildings", "height")
    assert (field.name, field.unit, field.where, field.source) == ("Height above ground", "m", "buildings", "s")
    np.testing.assert_array_equal(field.values, [0, 1, 2])


def test_frequent_categories_keep_their_own_colour_the_rest_is_other() -> None:
    uses = [f"use{i}" for i in range(9) for _ in range(10 - i)]
    layer = layer_by_category("u", "Use", _city(uses), "buildings", "use")
    assert layer is not None
    names = layer.field.categories
    assert names[0] == "use0"
    assert names[len(names) - 1] == "Other"
    assert len(names) == len(layer.scale.colours) == len(set(layer.scale.colours))
    other = layer.field.values == len(names) - 1
    assert set(np.array(uses)[other]) == {"use7", "use8"}
    assert layer_by_category("u", "Use", _city(["", ""]), "buildings", "use") is None
