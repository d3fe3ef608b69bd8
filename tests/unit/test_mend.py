"""Mending polygons: what comes out is always valid, and what was done is said."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city.mend import SMALLEST, mend_polygons, mend_table, piece_ids

BOW = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
TWO = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])


def said(mended: object) -> dict[str, int]:
    return {note.message: note.n for note in mended.notes}  # type: ignore[attr-defined]


def test_sound_polygons_pass_untouched_and_silent() -> None:
    ring = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(2, 2), (2, 4), (4, 4), (4, 2)]])
    mended = mend_polygons([ring, shapely.box(0, 0, 3, 3)])
    assert mended.rows.tolist() == [0, 1]
    assert mended.notes == ()
    assert mended.polygons[0].equals(ring)
    assert len(mended.polygons[0].interiors) == 1


def test_a_crossing_ring_becomes_its_two_halves() -> None:
    mended = mend_polygons([shapely.box(9, 9, 10, 10), BOW], ["a", "b"])
    assert mended.rows.tolist() == [0, 1, 1]
    assert shapely.area(mended.polygons[1:]).sum() == pytest.approx(2.0)
    assert mended.notes[0].kind == "mended"
    assert mended.notes[0].examples == ("b",)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (None, "{n} outlines without an area were left out"),
        (shapely.Polygon(), "{n} outlines without an area were left out"),
        (shapely.LineString([(0, 0), (1, 1)]), "{n} outlines without an area were left out"),
        (shapely.box(0, 0, 0.1, 0.1), "{n} outlines were too small to be real and were left out"),
        (shapely.Polygon([(0, 0), (1, 0), (2, 0)]), "{n} outlines were too small to be real and were left out"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_said(geometry: object, message: str) -> None:
    mended = mend_polygons([geometry])
    assert not len(mended.polygons)
    assert said(mended)[message] == 1


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # numpy about the nan we put in
def test_missing_coordinates_are_a_problem() -> None:
    mended = mend_polygons([shapely.Polygon([(0, 0), (np.nan, 1), (1, 1)]), shapely.box(0, 0, 1, 1)])
    assert mended.rows.tolist() == [1]
    assert mended.notes[0].kind == "problem"


def test_repeated_points_go_heights_go_and_exteriors_run_one_way() -> None:
    clockwise = shapely.Polygon([(0, 0, 5), (0, 0, 5), (0, 3, 5), (3, 3, 5), (3, 0, 5)])
    mended = mend_polygons([clockwise])
    ring = mended.polygons[0]
    assert not ring.has_z
    assert shapely.get_num_coordinates(ring) == 5
    assert shapely.is_ccw(ring.exterior)
    assert said(mended) == {"{n} outlines repeated a point; the repetition was removed": 1}


def test_collections_keep_their_polygons() -> None:
    mixed = shapely.GeometryCollection([shapely.Point(0, 0), TWO, shapely.box(20, 20, 21, 21)])
    assert mend_polygons([mixed]).rows.tolist() == [0, 0, 0]


def test_no_input_no_output() -> None:
    mended = mend_polygons([])
    assert len(mended.polygons) == len(mended.rows) == 0


def test_pieces_of_a_table_keep_columns_and_name_their_building() -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "parent": ["", "", "a"], "height": [1.0, 2.0, 3.0]},
        geometry=[shapely.box(0, 0, 3, 3), TWO, TWO],
        crs="EPSG:3011",
    )
    table, notes = mend_table(frame)
    assert table["id"].tolist() == ["a", "b", "b#2", "c", "c#2"]
    assert table["parent"].tolist() == ["", "", "b", "a", "a"]
    assert table["height"].tolist() == [1, 2, 2, 3, 3]
    assert table.crs == frame.crs
    assert [note.n for note in notes] == [2]
    assert frame["id"].tolist() == ["a", "b", "c"]


def test_piece_ids_do_not_collide_with_given_ones() -> None:
    assert piece_ids(["a", "a#2"], np.array([0, 0, 1])) == ["a", "a#2'", "a#2"]


coordinate = st.integers(min_value=-8, max_value=8).map(float)
rings = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9)


@settings(max_examples=150, deadline=None)
@given(st.lists(rings, min_size=1, max_size=4))
def test_any_rings_come_out_valid_and_flat(drawn: list[list[tuple[float, float]]]) -> None:
    polygons = [shapely.Polygon(ring) for ring in drawn]
    mended = mend_polygons(polygons)
    assert shapely.is_valid(mended.polygons).all()
    assert (shapely.get_type_id(mended.polygons) == 3).all()
    assert (shapely.area(mended.polygons) >= SMALLEST).all()
    assert (np.diff(mended.rows) >= 0).all()
    for i, polygon in enumerate(polygons):
        if polygon.is_valid and polygon.area >= SMALLEST:
            assert shapely.area(mended.polygons[mended.rows == i]).sum() == pytest.approx(polygon.area)
