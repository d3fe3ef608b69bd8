"""Figures: what stands around the map, and the file it becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from shapely.geometry import box

from twin.city.city import City
from twin.errors import BadInput
from twin.layer import field_of, layer_of, legend
from twin.report.figure import Other, export_png, furniture, round_length
from twin.report.marks import Mark, marks_of
from twin.report.paint import covered
from twin.scenario.buildings import ChangeBuilding, RemoveBuilding
from twin.scenario.others import AddBarrier
from twin.scenario.scenario import Scenario
from twin.state import LayerEntry, Pose, State

if TYPE_CHECKING:
    from pathlib import Path

    from twin.layer import Layer


@pytest.fixture(scope="module")
def city() -> City:
    houses = gpd.GeoDataFrame(
        {"id": ["a", "b"], "source_id": "s", "height": [10.0, 20.0], "ground": 0.0},
        geometry=[box(0, 0, 20, 20), box(40, 0, 60, 20)],
    )
    sources = pd.DataFrame(
        {
            "id": ["s", "unused"],
            "title": ["Houses", "Else"],
            "owner": ["The city", "Nobody"],
            "licence": ["CC0-1.0", "X"],
        }
    )
    return City("Testköping", "EPSG:3011", "RH 2000", synthetic=True).replaced(buildings=houses, sources=sources)


@pytest.fixture(scope="module")
def layers(city: City) -> dict[str, Layer]:
    layer = layer_of("h", "Building height", field_of(city, "buildings", "height"), breaks=(0, 15, 30))
    assert layer is not None
    return {"h": layer}


def _state(city: City, *, shown: bool) -> State:
    return State(city, layers=(LayerEntry("h", visible=shown), *State(city).layers))


TOP = Pose((30, 10, 0), 100.0, top=True)


def test_everything_a_reader_needs_stands_there(city: City, layers: dict[str, Layer]) -> None:
    around = furniture(city, _state(city, shown=True), layers, (1000, 500), TOP, "en", 254)
    assert [legend.title for legend in around.legends] == ["Building height [m]"]
    assert around.warning == "Synthetic, not for decisions"
    assert around.sources == "Sources: The city – CC0-1.0"
    assert "SWEREF 99 18 00" in around.reference
    assert around.reference.endswith("RH 2000")
    # 100 m over 500 px is 0.2 m a pixel; 254 dpi are 10,000 px a metre: 1:2000
    assert "1:2,000" in around.scale_text
    assert around.bar is not None
    pixels, text = around.bar
    assert (pixels, text) == (pytest.approx(100), "20\u00a0m")


def test_points_stand_as_discs_in_a_legend(city: City, layers: dict[str, Layer]) -> None:
    layer = layers["h"]
    assert not legend(layer, "en").round
    assert legend(replace(layer, field=replace(layer.field, where="points")), "en").round


def test_a_picture_names_its_scenario(city: City) -> None:
    state = State(city, scenarios=(Scenario(name="Bro"),), scenario="Bro")
    assert furniture(city, state, {}, (1000, 500), TOP, "en", 150).title == "Testköping: Bro"


def test_hidden_layers_have_no_legend_and_perspective_no_bar(city: City, layers: dict[str, Layer]) -> None:
    around = furniture(city, _state(city, shown=False), layers, (1000, 500), Pose((30, 10, 0), 100.0), "sv", 150)
    assert around.legends == ()
    assert around.bar is None
    assert around.scale_text == "Perspektivvy, inte skalenlig"


def test_picture_has_its_size_resolution_and_texts(tmp_path: Path, city: City, layers: dict[str, Layer]) -> None:
    out = tmp_path / "figures" / "f.png"
    state = _state(city, shown=True)
    export_png(out, city, state, layers, (640, 400), dpi=150, pose=TOP, lang="sv", date="2026-11-21")
    with Image.open(out) as image:
        assert image.size == (640, 400)
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert image.info["Warning"] == "Syntetisk, inte för beslut"
        assert image.info["Source"] == "Källor: The city – CC0-1.0"
        with_legend = np.asarray(image.convert("RGB")).astype(int)
    export_png(
        out, city, _state(city, shown=False), layers, (640, 400), dpi=150, pose=TOP, lang="sv", date="2026-11-21"
    )
    with Image.open(out) as image:
        without = np.asarray(image.convert("RGB")).astype(int)
    corner = (slice(250, 380), slice(5, 150))
    assert np.abs(with_legend[corner] - without[corner]).max() > 50
    assert list(tmp_path.rglob("*.part")) == []


def test_a_continuous_scale_is_a_bar_of_its_colours(tmp_path: Path, city: City, layers: dict[str, Layer]) -> None:
    (id, layer), *_ = layers.items()
    plain = {id: replace(layer, breaks=())}
    state = _state(city, shown=True)
    around = furniture(city, state, plain, (640, 400), TOP, "en", 150)
    assert around.legends[0].gradient == layer.scale.colours
    export_png(tmp_path / "f.png", city, state, plain, (640, 400), dpi=150, pose=TOP, lang="en")
    with Image.open(tmp_path / "f.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    # five boxes would hold five colours; along the bar they pass into one another
    boxes = covered(around, (640, 400), 150, "light")
    assert min(box[0] for box in boxes) >= 0
    left, top, right, bottom = max(boxes[2:], key=lambda box: box[3] - box[1])
    column = pixels[int(top) + 2 : int(bottom) - 2, int(left + 0.15 * (right - left))]
    assert len(np.unique(column, axis=0)) > 12


@pytest.mark.parametrize(("size", "dpi"), [((10, 400), 150), ((400, 99_999), 150), ((400, 400), 5)])
def test_impossible_sizes_are_refused(tmp_path: Path, city: City, size: tuple[int, int], dpi: int) -> None:
    with pytest.raises(BadInput, match=r"cannot be made|outside 30 to 1200"):
        export_png(tmp_path / "x.png", city, State(city), {}, size, dpi)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, city: City) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(BadInput, match="could not be written"):
        export_png(tmp_path / "file" / "x.png", city, State(city), {}, (200, 100))


@pytest.mark.parametrize(("length", "expected"), [(1, 1), (1.99, 1), (4.999, 2), (5, 5), (99, 50), (1234, 1000)])
def test_scale_bars_are_round(length: float, expected: float) -> None:
    assert round_length(length) == expected


def test_scenario_and_reference_share_a_picture(tmp_path: Path, city: City, layers: dict[str, Layer]) -> None:
    houses = city.buildings.iloc[:1]
    other = city.replaced(buildings=houses)
    layer = layer_of("h", "Building height", field_of(other, "buildings", "height"), breaks=(0, 15, 30))
    assert layer is not None
    state, alone, both = _state(city, shown=True), tmp_path / "alone.png", tmp_path / "both.png"
    export_png(alone, city, state, layers, (399, 400), 96, TOP, without=("legend", "compass"))
    beside = Other(other, {"h": layer}, ("Scenario: Two", "Reference: One"))
    marks = [Mark(np.array([[5.0, 30.0, 0.0], [55.0, 30.0, 0.0]]), "danger", 4.0)]
    export_png(both, city, state, layers, (800, 400), 96, TOP, without=("compass",), other=beside, marks=marks)
    with Image.open(both) as image, Image.open(alone) as one:
        pixels, left = np.asarray(image.convert("RGB")).astype(int), np.asarray(one.convert("RGB")).astype(int)
    assert pixels.shape == (400, 800, 3)
    assert (pixels[:, 399:401] == 255).all(axis=2)[:350].all(), "a line divides the two"
    # 100 m over 400 px around x = 30 m: the house that only the left has lies from 240 to 320 px
    middle = slice(150, 250)
    assert np.abs(pixels[middle, 260:300] - left[middle, 260:300]).max() <= 4, "the left half is the picture alone"
    apart = np.abs(pixels[middle, :399] - pixels[middle, 401:]).max(axis=2)
    assert apart[:, 245:310].mean() > 20, "the house is not on the right"
    assert apart[:, 95:145].mean() < 6, "what both have lies at the same place"
    # the mark lies 20 m north of the middle, from x = 5 to 55 m
    red = (pixels[..., 0] - pixels[..., 1]) > 90
    assert red[115:125, 105:295].any(axis=0).all(), "an edit is marked on the left"
    assert not red[110:130, 401:].any(), "the reference has no edits"


def test_what_edits_are_about_is_marked(city: City) -> None:
    added = AddBarrier(line=((0.0, -5.0), (60.0, -5.0)), height=2.0)
    gone, changed = RemoveBuilding(buildings=("a",)), ChangeBuilding(buildings=("b",), height=30.0)
    after = gone.apply(city)
    marks = marks_of([added, gone, changed], (after, city), lambda x, y: 7.0 if x < 30 else float("nan"))
    assert [(one.tone, one.dashed) for one in marks] == [("accent", False), ("danger", True), ("accent", False)]
    assert marks[0].points.tolist() == [[0.0, -5.0, 7.5], [60.0, -5.0, 0.5]]
    # what is pulled down is looked up in the city before it
    assert shapely.Polygon(marks[1].points[:, :2]).equals(city.buildings.geometry.iloc[0])
