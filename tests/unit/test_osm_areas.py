"""Buildings, waters, green and places of small documents with known contents."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from twin.city import read_osm
from twin.city.osm_areas import sea
from twin.city.osm_file import Way
from twin.city.reading import ReadOptions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("osm")


def read(doc, folder, **options):
    return read_osm.read(doc.write(folder / "doc.osm"), ReadOptions(target_crs="EPSG:3011", **options))


def said(reading, words):
    return [note for note in reading.notes if words in note.message]


def test_a_building_with_a_courtyard(osm_doc, folder):
    doc = osm_doc()
    outer, inner = doc.box(0, 0, 40, 40), doc.box(10, 10, 30, 30)
    relation = doc.relation(
        [("way", outer, "outer"), ("way", inner, "inner")],
        {
            "type": "multipolygon",
            "building": "apartments",
            "building:levels": "5",
            "name": "Kvarnen",
            "start_date": "~1907-05",
        },
    )
    table = read(doc, folder).city.buildings
    assert table["id"].tolist() == [f"r{relation}"]
    assert table.area[0] == pytest.approx(40 * 40 - 20 * 20, abs=1.5)
    assert len(table.geometry[0].interiors) == 1
    row = table.iloc[0]
    assert (row["use"], row["height"], row["height_source"], row["floors"]) == ("residential", 15, "levels", 5)
    assert (row["name"], row["year"]) == ("Kvarnen", 1907)


def test_outer_rings_of_several_ways_in_any_direction(osm_doc, folder):
    doc = osm_doc()
    a, b, c, d = doc.nodes((0, 0), (40, 0), (40, 40), (0, 40))
    halves = [doc.way([a, b, c]), doc.way([a, d, c])]
    doc.relation([("way", half, "outer") for half in halves], {"type": "multipolygon", "building": "yes"})
    assert read(doc, folder).city.buildings.area.tolist() == pytest.approx([1600], abs=2)


def test_a_building_of_two_bodies_counts_once(osm_doc, folder):
    doc = osm_doc()
    bodies = [doc.box(0, 0, 10, 10), doc.box(20, 0, 30, 10)]
    relation = doc.relation([("way", body, "outer") for body in bodies], {"type": "multipolygon", "building": "yes"})
    table = read(doc, folder).city.buildings
    assert table["id"].tolist() == [f"r{relation}", f"r{relation}#2"]
    assert table["parent"].tolist() == ["", f"r{relation}"]


def test_tags_on_the_outer_way_and_the_relation_count_once(osm_doc, folder):
    doc = osm_doc()
    tags = {"building": "yes", "height": "12"}
    for own in ({}, tags):
        outer, inner = doc.box(0, 0, 40, 40, tags), doc.box(10, 10, 30, 30)
        doc.relation([("way", outer, "outer"), ("way", inner, "inner")], {"type": "multipolygon", **own})
    table = read(doc, folder).city.buildings
    assert table.area.tolist() == pytest.approx([1200, 1200], abs=2)
    assert table["height"].tolist() == [12, 12]


def test_parts_replace_the_outline_where_they_cover_it(osm_doc, folder):
    doc = osm_doc()
    outline = doc.box(0, 0, 40, 20, {"building": "office", "height": "40", "name": "Huset"})
    tower = doc.box(0, 0, 20, 20, {"building:part": "yes", "height": "40", "min_height": "4"})
    reading = read(doc, folder)
    table = reading.city.buildings.set_index("id")
    assert table.area[f"w{outline}"] == pytest.approx(400, abs=1)
    assert table.area[f"w{tower}"] == pytest.approx(400, abs=1)
    assert table["parent"].to_dict() == {f"w{outline}": "", f"w{tower}": f"w{outline}"}
    assert table.at[f"w{tower}", "base"] == 4
    assert (table.at[f"w{tower}", "name"], table.at[f"w{tower}", "use"]) == ("Huset", "office")


def test_a_building_wholly_of_parts_keeps_one_row_of_its_own(osm_doc, folder):
    doc = osm_doc()
    outline = doc.box(0, 0, 40, 20, {"building": "yes", "name": "Huset"})
    doc.box(0, 0, 25, 20, {"building:part": "yes", "height": "30"})
    low = doc.box(25, 0, 40, 20, {"building:part": "yes", "height": "6"})
    table = read(doc, folder).city.buildings.set_index("id")
    assert table["height"].to_dict() == {f"w{outline}": 30, f"w{low}": 6}
    assert table["parent"].to_dict() == {f"w{outline}": "", f"w{low}": f"w{outline}"}
    assert set(table["name"]) == {"Huset"}


def test_a_relation_joins_parts_that_stand_beside_the_outline(osm_doc, folder):
    doc = osm_doc()
    outline = doc.box(0, 0, 20, 20, {"building": "yes"})
    porch = doc.box(20, 5, 24, 15, {"building:part": "yes", "height": "3"})
    free = doc.box(50, 50, 60, 60, {"building:part": "yes", "height": "3"})
    doc.relation([("way", outline, "outline"), ("way", porch, "part")], {"type": "building"})
    reading = read(doc, folder)
    table = reading.city.buildings.set_index("id")
    assert table["parent"].to_dict() == {f"w{outline}": "", f"w{porch}": f"w{outline}", f"w{free}": ""}
    assert said(reading, "outside every outline")[0].n == 1


def test_what_is_no_body_above_ground_is_told_and_left_out(osm_doc, folder):
    doc = osm_doc()
    doc.box(0, 0, 10, 10, {"building": "yes"})
    under = doc.box(20, 0, 30, 10, {"building": "yes", "layer": "-1"})
    site = doc.box(40, 0, 50, 10, {"building": "construction"})
    doc.box(60, 0, 70, 10, {"building": "no"})
    reading = read(doc, folder)
    assert len(reading.city.buildings) == 1
    assert said(reading, "underground")[0].examples == (f"w{under}",)
    assert said(reading, "under construction")[0].examples == (f"w{site}",)


def test_crossed_and_cut_outlines_are_mended_and_told(osm_doc, folder):
    doc = osm_doc()
    crossed = doc.ring([(0, 0), (20, 20), (20, 0), (0, 20)], {"building": "yes"})
    a, b, c = doc.nodes((100, 0), (120, 0), (120, 20))
    cut = doc.way([a, b, c, 999_999, a], {"building": "yes"})
    line = doc.way([a, b, 999_998, a], {"building": "yes"})
    outer = doc.box(200, 0, 220, 20)
    doc.relation([("way", outer, "outer"), ("way", 999_997, "inner")], {"type": "multipolygon", "building": "yes"})
    reading = read(doc, folder)
    table = reading.city.buildings
    assert table.geometry.is_valid.all()
    assert table.area[table["id"] == f"w{cut}"].tolist() == pytest.approx([200], abs=1)
    assert said(reading, "crossed or touched")[0].examples == (f"w{crossed}",)
    assert said(reading, "straight wall")[0].examples == (f"w{cut}",)
    assert said(reading, "without a usable outline")[0].examples == (f"w{line}",)
    assert said(reading, "courtyards that are not in the file")[0].n == 1


def test_an_open_ring_of_a_complete_file_is_left_out_not_guessed(osm_doc, folder):
    doc = osm_doc()
    half = doc.way(doc.nodes((0, 0), (20, 0), (20, 20)))
    relation = doc.relation([("way", half, "outer")], {"type": "multipolygon", "building": "yes"})
    doc.box(50, 0, 60, 10, {"building": "yes"})
    reading = read(doc, folder)
    assert len(reading.city.buildings) == 1
    assert said(reading, "without a usable outline")[0].examples == (f"r{relation}",)


def test_addresses_of_points_inside_a_building(osm_doc, folder):
    doc = osm_doc()
    doc.box(0, 0, 30, 10, {"building": "yes"})
    for x, number in ((5, "14"), (15, "12"), (25, "12A")):
        doc.node(x, 5, {"addr:street": "Hornsgatan", "addr:housenumber": number})
    city = read(doc, folder).city
    assert city.buildings["address"].tolist() == ["Hornsgatan 12, 12A, 14"]
    assert set(city.places["kind"]) == {"address"}


def test_cover_places_trees_and_walls(osm_doc, folder):
    doc = osm_doc()
    doc.box(0, 0, 50, 50, {"leisure": "park", "name": "Parken"})
    doc.box(60, 0, 90, 50, {"natural": "water"})
    doc.node(25, 25, {"leisure": "park", "name": "Parken"})
    doc.node(10, 10, {"natural": "tree", "height": "14", "diameter_crown": "8"})
    doc.way(doc.nodes((10, 10), (42, 10)), {"natural": "tree_row"})
    doc.way(doc.nodes((0, 60), (50, 60)), {"barrier": "wall", "wall": "noise_barrier"})
    doc.way(doc.nodes((0, 70), (50, 70)), {"barrier": "wall", "height": "1.2"})
    doc.way(doc.nodes((0, 80), (50, 80)), {"barrier": "hedge"})
    city = read(doc, folder).city
    assert dict(zip(city.cover["kind"], city.cover["ground_factor"], strict=True)) == {"park": 0.7, "water": 0.0}
    assert city.places["kind"].tolist() == ["park"]
    assert city.trees["height"].tolist() == [14, 10, 10, 10, 10]
    assert city.barriers["kind"].tolist() == ["noise_screen", "wall"]
    assert city.barriers["height"].tolist() == [3, 1.2]


def test_ground_cover_is_cut_at_the_box_and_buildings_stay_whole(osm_doc, folder):
    doc = osm_doc()
    doc.box(0, 0, 200, 200, {"landuse": "forest"})
    doc.box(40, 40, 120, 60, {"building": "yes"})
    doc.box(150, 150, 160, 160, {"building": "yes"})
    back = Transformer.from_crs("EPSG:3011", "EPSG:4326", always_xy=True)
    west, south = back.transform(154_010, 6_580_010)
    east, north = back.transform(154_100, 6_580_100)
    city = read(doc, folder, bbox=(west, south, east, north)).city
    assert city.buildings.area.tolist() == pytest.approx([1600], abs=3)
    assert city.cover.area.tolist() == pytest.approx([90 * 90], rel=0.02)


FRAME = shapely.box(0, 0, 100, 100)


def coast(*lines, first=1):
    ways = []
    number = first
    known: dict[tuple[float, float], int] = {}
    for line in lines:
        refs = [known.setdefault(point, len(known) + 1) for point in line]
        ways.append(Way(number, {"natural": "coastline"}, np.array(refs), np.array(line, float), refs[0] == refs[-1]))
        number += 1
    return ways


def test_the_sea_lies_right_of_the_coastline():
    south_to_north = coast([(40, -10), (40, 110)])
    faces, sure = sea(south_to_north, FRAME)
    assert sure
    assert shapely.union_all(faces).bounds == (40, 0, 100, 100)
    faces, _ = sea(coast([(40, 110), (40, -10)]), FRAME)
    assert shapely.union_all(faces).bounds == (0, 0, 40, 100)


def test_islands_stand_out_of_the_sea_and_ponds_of_the_land():
    island = [(60, 40), (80, 40), (80, 60), (60, 60), (60, 40)]
    faces, sure = sea(coast([(40, -10), (40, 110)], island), FRAME)
    assert sure
    assert shapely.union_all(faces).area == pytest.approx(60 * 100 - 400)
    faces, _ = sea(coast(island), FRAME)
    assert shapely.union_all(faces).area == pytest.approx(100 * 100 - 400)
    faces, _ = sea(coast(island[::-1]), FRAME)
    assert shapely.union_all(faces).area == pytest.approx(400)


def test_coastlines_of_several_ways_and_a_bay_over_two_edges():
    faces, sure = sea(coast([(-5, 50), (50, 50)], [(50, 50), (50, -5)]), FRAME)
    assert sure
    assert shapely.union_all(faces).area == pytest.approx(50 * 50)


def test_a_coastline_that_stops_just_inside_the_edge_is_carried_on():
    faces, sure = sea(coast([(40, 3), (40, 96)]), FRAME)
    assert sure
    assert shapely.union_all(faces).area == pytest.approx(6000, rel=0.01)


def test_a_coastline_that_stops_in_the_middle_leaves_the_sea_out():
    assert sea(coast([(50, -10), (50, 50)]), FRAME) == ([], False)


def test_no_coast_no_sea():
    assert sea([], FRAME) == ([], True)
    assert sea(coast([(200, 0), (200, 100)]), FRAME) == ([], True)


@given(
    st.lists(st.floats(10, 90), min_size=2, max_size=6),
    st.lists(st.integers(1, 5), max_size=2, unique=True),
    st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_coast_splits_the_frame_into_land_and_sea(bends, islands, northwards):
    line = [(50 + 0.3 * (bend - 50), y) for bend, y in zip(bends, np.linspace(-10, 110, len(bends)), strict=True)]
    boxes = [(85.0, 16.0 * k, 90.0, 16.0 * k + 5) for k in islands] if northwards else []
    rings = [[(w, s), (e, s), (e, n), (w, n), (w, s)] for w, s, e, n in boxes]
    ways = coast(line if northwards else line[::-1], *rings)
    faces, sure = sea(ways, FRAME)
    west = shapely.Polygon([(-10, -10), *line, (-10, 110)]).intersection(FRAME).area
    expected = 10_000 - west - 25 * len(boxes) if northwards else west
    assert sure
    assert shapely.union_all(faces).area == pytest.approx(expected, abs=1e-6)


def test_a_lake_that_reaches_beyond_the_file_is_closed_along_its_edge(osm_doc, folder):
    doc = osm_doc(400)
    shore = doc.way(doc.nodes((-50, 200), (200, 210), (450, 200)))
    members = [("way", shore, "outer"), ("way", 999_999, "outer")]
    relation = doc.relation(members, {"type": "multipolygon", "natural": "water", "name": "Mälaren"})
    doc.box(20, 300, 60, 340, {"building": "yes"})
    doc.way(doc.nodes((10, 250), (390, 260)), {"highway": "residential"})
    doc.way(doc.nodes((200, 250), (200, 10)), {"highway": "primary", "bridge": "yes"})
    reading = read(doc, folder)
    water = reading.city.cover
    assert water["id"].tolist() == [f"r{relation}"]
    assert water["name"].tolist() == ["Mälaren"]
    assert water.area.sum() == pytest.approx(400 * 205, rel=0.01)
    assert water.total_bounds[3] < 6_580_000 + 211


@pytest.fixture(scope="module")
def helsinki(shared_data):
    return read_osm.read(shared_data / "city" / "helsinki_pbf" / "Helsinki.osm.pbf", ReadOptions())


@pytest.mark.parametrize(
    "name", ["helsinki_pbf/Helsinki.osm.pbf", "helsinki_pbf/test.osm.pbf", "stockholm_osm/stockholm.osm"]
)
def test_buildings_are_those_that_gdal_finds(shared_data, name):
    pyogrio = pytest.importorskip("pyogrio")
    path = shared_data / "city" / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL warns of each ring that the extract has cut
        frame = pyogrio.read_dataframe(path, layer="multipolygons", on_invalid="ignore")
    frame = frame[frame["building"].notna() & (frame["building"] != "no") & frame.geometry.notna()]
    reading = read_osm.read(path, ReadOptions())
    frame = frame.to_crs(reading.city.crs)
    of_way = frame["osm_way_id"].notna()
    frame["key"] = np.where(of_way, "w" + frame["osm_way_id"].astype(str), "r" + frame["osm_id"].astype(str))
    gdal = frame.set_index("key").make_valid().area
    gdal = gdal[gdal > 1.0]
    ours = reading.city.buildings.copy()
    ours["root"] = np.where(ours["parent"] == "", ours["id"], ours["parent"])
    areas = ours.dissolve("root").area
    assert not set(gdal.index) - set(areas.index)
    common = areas[gdal.index]
    assert common.sum() == pytest.approx(gdal.sum(), rel=0.001)
    assert (np.abs(common - gdal) > 2.0).mean() < 0.01


def test_the_sea_before_helsinki(helsinki):
    to_metres = Transformer.from_crs("EPSG:4326", helsinki.city.crs, always_xy=True)
    water = shapely.union_all(helsinki.city.cover.geometry[helsinki.city.cover["kind"] == "water"].to_numpy())
    bay = shapely.Point(to_metres.transform(24.9430, 60.1777))  # Kaisaniemenlahti
    station_square = shapely.Point(to_metres.transform(24.9438, 60.1712))  # Rautatientori
    garden = shapely.Point(to_metres.transform(24.9455, 60.1752))  # Kaisaniemi park
    assert water.contains(bay)
    assert not water.contains(station_square)
    assert not water.contains(garden)
    houses = helsinki.city.buildings
    wet = shapely.area(shapely.intersection(houses.geometry.to_numpy(), water)).sum()
    assert wet < 0.005 * houses.area.sum()
