"""Merging: one source after another, nothing twice, nothing mixed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city import formats, schema
from twin.city.city import City, Surfaces, Terrain
from twin.city.content_hash import city_key
from twin.city.merge import merge
from twin.city.reading import Note, ReadOptions
from twin.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:3011"


def block(x: float, y: float = 0, side: float = 10) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def houses(source: str, rows: dict[str, shapely.Polygon], **columns: Any) -> gpd.GeoDataFrame:
    data = {"id": list(rows), "source_id": source, "height": 9.0, "height_source": "default", **columns}
    return gpd.GeoDataFrame(data, geometry=list(rows.values()), crs=CRS)


def town(source: str, **parts: Any) -> City:
    sources = pd.DataFrame([{"id": source, "title": source}])
    return City("t", CRS).replaced(sources=sources, **parts)


def soup(*ids: str) -> Surfaces:
    n = len(ids)
    vertices = np.arange(9.0 * n).reshape(-1, 3)
    triangles = np.arange(3 * n, dtype=np.int32).reshape(-1, 3)
    return Surfaces(vertices, triangles, np.zeros(n, np.uint8), np.arange(n, dtype=np.int32), ids)


def lines(source: str, rows: dict[str, tuple[str, str, list[tuple[float, float]]]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": list(rows),
            "source_id": source,
            "from_node": [row[0] for row in rows.values()],
            "to_node": [row[1] for row in rows.values()],
        },
        geometry=[shapely.LineString(row[2]) for row in rows.values()],
        crs=CRS,
    )


def said(notes: tuple[Note, ...]) -> str:
    return "\n".join(f"{note.kind}: {note.text('en')}" for note in notes)


def flat(height: float, x: float = -100, source: str = "dem.tif", cells: int = 30, step: float = 10) -> Terrain:
    heights = np.full((cells, cells), height, dtype=np.float32)
    return Terrain(heights, (step, 0, x, 0, -step, 200), source)


def test_different_tables_join_and_nothing_given_is_changed() -> None:
    a = town("a.json", buildings=houses("a.json", {"1": block(0)}), surfaces=soup("1"))
    b = town("b.osm", roads=lines("b.osm", {"r": ("n1", "n2", [(0, 0), (50, 0)])}))
    before = city_key(a), city_key(b)
    city, notes = merge(a, b)
    assert (len(city.buildings), len(city.roads)) == (1, 1)
    assert city.surfaces is a.surfaces
    assert city.sources["id"].tolist() == ["a.json", "b.osm"]
    assert city.roads["from_node"].tolist() == ["n1"]
    assert notes == ()
    assert (city_key(a), city_key(b)) == before


def test_an_empty_project_takes_all() -> None:
    b = town("b", buildings=houses("b", {"1": block(0)}), surfaces=soup("1"), terrain=flat(3))
    city, notes = merge(City("new", CRS), b)
    assert len(city.buildings) == 1
    assert city.terrain is b.terrain
    assert city.name == "new"
    assert "lowest" not in said(notes)


def test_systems_must_agree() -> None:
    with pytest.raises(BadInput, match="The data are in EPSG:3006, the project is in EPSG:3011"):
        merge(City("a", CRS), City("b", "EPSG:3006"))


def test_the_same_source_again_replaces_what_it_brought() -> None:
    first = town(
        "a",
        buildings=houses("a", {"1": block(0), "2": block(20)}),
        surfaces=soup("1", "2"),
        terrain=flat(1, source="a"),
    )
    other = town("b", buildings=houses("b", {"x": block(100)}), surfaces=soup("x"))
    project, _ = merge(first, other)
    newer = town("a", buildings=houses("a", {"2": block(20), "3": block(40)}, height=12.0), surfaces=soup("2", "3"))
    city, notes = merge(project, newer)
    assert sorted(city.buildings["id"]) == ["2", "3", "x"]
    assert city.buildings.set_index("id").loc["2", "height"] == 12
    assert city.sources["id"].tolist() == ["b", "a"]
    assert city.terrain is None
    assert city.surfaces is not None
    assert sorted(city.surfaces.ids) == ["2", "3", "x"]
    assert len(city.surfaces.triangles) == 3
    assert "a was in the project already; its 2 rows were replaced" in said(notes)


def test_another_file_of_the_same_name_elsewhere_is_another_source() -> None:
    here = town("b.json", buildings=houses("b.json", {"1": block(0)}))
    there = town("b.json", buildings=houses("b.json", {"1": block(5000)}))
    city, notes = merge(here, there)
    assert len(city.buildings) == 2
    assert city.sources["id"].tolist() == ["b.json", "b.json (2)"]
    assert city.buildings["source_id"].tolist() == ["b.json", "b.json (2)"]
    assert city.buildings["id"].tolist() == ["1", "b.json (2):1"]
    assert "Another file named b.json" in said(notes)
    again, notes = merge(city, there)
    assert again.sources["id"].tolist() == ["b.json", "b.json (2)"]
    assert again.buildings["id"].tolist() == city.buildings["id"].tolist()
    assert "b.json (2) was in the project already" in said(notes)


def test_taken_ids_change_with_all_that_refers_to_them() -> None:
    a = town("a", buildings=houses("a", {"1": block(0)}), surfaces=soup("1"))
    b = town("b", buildings=houses("b", {"1": block(50), "2": block(60)}, parent=["", "1"]), surfaces=soup("1", "2"))
    city, notes = merge(a, b)
    assert city.buildings["id"].tolist() == ["1", "b:1", "2"]
    assert city.buildings["parent"].tolist() == ["", "", "b:1"]
    assert city.surfaces is not None
    assert city.surfaces.ids == ("1", "b:1", "2")
    assert "1 row of Buildings had an id that is taken" in said(notes)


def test_zones_and_people_stay_together() -> None:
    def zoned(source: str, x: float) -> City:
        zones = gpd.GeoDataFrame({"id": ["z"], "source_id": source}, geometry=[block(x)], crs=CRS)
        people = pd.DataFrame({"id": ["p"], "source_id": source, "zone": ["z"], "persons": [7.0]})
        return town(source, zones=zones, population=people)

    city, _ = merge(zoned("a", 0), zoned("b", 50))
    assert city.zones["id"].tolist() == ["z", "b:z"]
    assert city.population["zone"].tolist() == ["z", "b:z"]
    assert city.population["id"].is_unique


def test_things_that_are_there_already_are_not_doubled() -> None:
    rows = {"w1": ("n1", "n2", [(0.0, 0.0), (50.0, 0.0)])}
    more = {**rows, "w2": ("n2", "n3", [(50.0, 0.0), (90.0, 0.0)])}
    city, notes = merge(
        town("west.osm", roads=lines("west.osm", rows)), town("east.osm", roads=lines("east.osm", more))
    )
    assert city.roads["id"].tolist() == ["w1", "w2"]
    assert city.roads["from_node"].tolist() == ["n1", "n2"]  # the two extracts stay joined at n2
    assert "1 row of Road links is in the project already" in said(notes)


def test_nodes_of_the_same_name_elsewhere_are_not_joined() -> None:
    a = town("a", roads=lines("a", {"r": ("1", "2", [(0, 0), (50, 0)])}))
    junctions = gpd.GeoDataFrame(
        {"id": ["1"], "source_id": "b", "node": ["1"]}, geometry=[shapely.Point(0, 900)], crs=CRS
    )
    b = town("b", roads=lines("b", {"s": ("1", "9", [(0, 900), (50, 900)])}), junctions=junctions)
    city, _ = merge(a, b)
    assert city.roads["from_node"].tolist() == ["1", "b:1"]
    assert city.roads["to_node"].tolist() == ["2", "9"]
    assert city.junctions["node"].tolist() == ["b:1"]


# ---------------------------------------------------------------- buildings on the same ground


@pytest.mark.parametrize(
    ("own", "more", "kept"),
    [("measured", "levels", "a"), ("default", "measured", "b"), ("levels", "levels", "a"), ("height", "default", "a")],
)
def test_of_two_buildings_in_one_place_the_better_known_stays(own: str, more: str, kept: str) -> None:
    a = town("a", buildings=houses("a", {"1": block(0), "2": block(100)}, height_source=own), surfaces=soup("1"))
    b = town("b", buildings=houses("b", {"x": block(1), "y": block(8.5, 8.5)}, height_source=more), surfaces=soup("x"))
    city, notes = merge(a, b)
    expected = {"a": {"1", "2", "y"}, "b": {"2", "x", "y"}}[kept]
    assert set(city.buildings["id"]) == expected
    assert city.surfaces is not None
    assert city.surfaces.ids == (("1",) if kept == "a" else ("x",))
    assert ("was left out" if kept == "a" else "gave way") in said(notes)


def test_a_building_goes_or_stays_with_its_parts() -> None:
    a = town("a", buildings=houses("a", {"1": block(0, side=30)}, height_source="measured"))
    rows = {"p": block(0), "q": block(10), "r": block(29)}
    b = town("b", buildings=houses("b", rows, parent=["", "p", "p"]))
    city, _ = merge(a, b)
    assert city.buildings["id"].tolist() == ["1"]


# ---------------------------------------------------------------- terrain


def test_terrain_gives_ground_to_buildings_that_have_none() -> None:
    ground = [np.nan, 5.0, np.nan]
    a = town("a", buildings=houses("a", {"1": block(0), "2": block(20), "3": block(4000)}, ground=ground))
    slope = flat(0)
    slope.heights[:] = np.arange(30, dtype=np.float32)  # rises 1 m per cell of 10 m to the east
    city, notes = merge(a, town("dem.tif", terrain=slope))
    assert city.buildings["ground"].tolist()[:2] == pytest.approx([9.5, 5.0])  # the lowest along the outline
    assert np.isnan(city.buildings["ground"].iloc[2])
    assert "mended: 1 building got its ground level" in said(notes)
    assert np.isnan(a.buildings["ground"].iloc[0])


def test_buildings_added_to_terrain_get_ground_too() -> None:
    city, _ = merge(town("dem.tif", terrain=flat(7)), town("a", buildings=houses("a", {"1": block(0)}, ground=np.nan)))
    assert city.buildings["ground"].tolist() == [7]


def test_two_terrains_become_one_grid() -> None:
    own, more = flat(1, x=0, cells=20), flat(2, x=150, source="b", cells=40, step=5)
    more.heights[:, :10] = np.nan
    city, notes = merge(town("dem.tif", terrain=own), town("b", terrain=more))
    assert city.terrain is not None
    assert city.terrain.transform[:3] == (5, 0, 0)
    assert city.terrain.bounds == (0, 0, 350, 200)
    x, y = np.array([50.0, 160.0, 240.0, 340.0]), np.full(4, 100.0)
    assert city.terrain.sample(x, y) == pytest.approx([1, 1, 2, 2])
    assert "both are one grid now" in said(notes)


def test_terrain_far_away_is_left_out() -> None:
    own = flat(1)
    city, notes = merge(town("dem.tif", terrain=own), town("b", terrain=flat(2, x=40_000, source="b")))
    assert city.terrain is own
    assert "skipped: The new terrain lies far" in said(notes)


# ---------------------------------------------------------------- doubts


def test_what_hardly_belongs_together_is_a_problem() -> None:
    a = town("a", buildings=houses("a", {"1": block(0)})).replaced(height_system="RH 2000")
    b = town("b", buildings=houses("b", {"2": block(700_000)})).replaced(height_system="NAP", synthetic=True)
    city, notes = merge(a, b)
    words = said(notes)
    assert "problem: The data lie 700 km from the project" in words
    assert "problem: Heights are in NAP, the project's in RH 2000" in words
    assert "problem: Invented and real data are mixed" in words
    assert city.synthetic


places = st.integers(0, 12).map(lambda i: block(20.0 * i))
towns = st.dictionaries(st.sampled_from("abcdefgh"), places, min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(towns, towns, st.booleans())
def test_ids_stay_unique_and_twice_is_once(first: dict[str, Any], second: dict[str, Any], same: bool) -> None:
    a = town("a", buildings=houses("a", first), surfaces=soup(*first))
    name = "a" if same else "b"
    b = town(name, buildings=houses(name, second), surfaces=soup(*second))
    city, _ = merge(a, b)
    assert city.buildings["id"].is_unique
    assert city.sources["id"].is_unique
    assert city.surfaces is not None
    assert set(city.surfaces.ids) == set(city.buildings["id"])
    assert set(city.buildings["source_id"]) <= set(city.sources["id"])
    twice, _ = merge(city, b)
    if not same:
        assert len(twice.buildings) == len(city.buildings)


# ---------------------------------------------------------------- real files


def test_streets_and_terrain_join_real_buildings(shared_data: Path) -> None:
    osm = formats.read(shared_data / "city/stockholm_osm/stockholm.osm", ReadOptions()).city
    again, notes = merge(osm, osm)
    assert {name: len(again.table(name)) for name in schema.TABLES} == {
        name: len(osm.table(name)) for name in schema.TABLES
    }
    assert "were replaced" in said(notes)
    west, south, east, _ = osm.bounds()
    step = (east - west) / 50
    heights = np.full((60, 50), 11, dtype=np.float32)
    dem = City("dem", CRS, "RH 2000", terrain=Terrain(heights, (step, 0, west, 0, -step, south + 60 * step), "dem"))
    city, _ = merge(osm, dem)
    assert (city.buildings["ground"] == 11).all()
    assert city.height_system == "RH 2000"


def test_den_haag_and_delft_lie_in_one_project(shared_data: Path) -> None:
    one = formats.read(shared_data / "city/denhaag_cityjson/DenHaag_01.city.json", ReadOptions()).city
    two = formats.read(
        shared_data / "city/delft_3dfier_cityjson_lod1/testarea.json", ReadOptions(target_crs=one.crs)
    ).city
    city, notes = merge(one, two)
    assert len(city.buildings) == len(one.buildings) + len(two.buildings)
    assert len(city.cover) == len(two.cover)
    assert "do not touch" in said(notes)
