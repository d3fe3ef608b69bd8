"""Two directions of one street lie side by side, each with its own value."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from twin.city.city import City
from twin.layer import Layer, field_of, layer_of
from twin.scene import offscreen
from twin.scene.meshing.ribbons import paired
from twin.state import LayerEntry, Pose, State

LOW, HIGH = (68, 1, 84), (253, 231, 37)


def _city(*, both: bool) -> City:
    east, west = LineString([(0, 0), (200, 0)]), LineString([(200, 0), (0, 0)])
    rows = [{"id": "e", "from_node": "a", "to_node": "b", "aadt": 0.0, "kind": "primary", "geometry": east}]
    if both:
        rows.append({"id": "w", "from_node": "b", "to_node": "a", "aadt": 100.0, "kind": "primary", "geometry": west})
    return City("Street", "EPSG:3011").replaced(roads=gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:3011"))


def _picture(city: City) -> np.ndarray:
    layer = layer_of("x", "Counted traffic", field_of(city, "roads", "aadt"), low=0.0, high=100.0)
    assert isinstance(layer, Layer)
    state = State(city, layers=(LayerEntry("x"), *(LayerEntry("streets"), LayerEntry("terrain"))))
    return offscreen.picture(city, state, {"x": layer}, (400, 400), Pose((100, 0, 0), 60.0, top=True), "light", "en")


def _share(pixels: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((np.abs(pixels.astype(int) - colour).max(axis=-1) < 60).mean())


def test_each_direction_has_its_own_half_right_hand_side() -> None:
    pixels = _picture(_city(both=True))
    north, south = pixels[196:199, 100:300], pixels[202:205, 100:300]
    # eastbound traffic keeps to the south side, westbound to the north side; not a single speckle of the other
    assert _share(south, LOW) == 1.0
    assert _share(north, HIGH) == 1.0
    assert _share(north, LOW) == 0.0


def test_a_street_in_one_direction_has_all_its_width() -> None:
    pixels = _picture(_city(both=False))
    assert _share(pixels[190:210, 100:300], LOW) == 1.0


@pytest.mark.parametrize("both", [True, False])
def test_pairs_are_found_by_their_nodes(both: bool) -> None:
    assert paired(_city(both=both).roads).tolist() == ([True, True] if both else [False])
