"""Traffic counts of a file onto streets: by link, by place and name; what found no street is listed."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small_cities import two_streets

from twin.city.counts_table import bring_counts, columns_of
from twin.city.unit_table import read_table
from twin.cli import main
from twin.errors import BadInput, UnknownCrs
from twin.project import create, open_project

CRS = "EPSG:3011"


def brought(tmp_path, frame, crs=CRS, **stated):
    path = tmp_path / "counts.csv"
    pd.DataFrame(frame).to_csv(path, index=False, sep=";")
    made = bring_counts(two_streets(), read_table(path), stated, {"owner": "Traffic office"}, crs)
    return made, made.city.roads["aadt"].to_numpy(float)


def test_counts_by_link_and_what_is_not_there(tmp_path):
    frame = {"link": ["w1-0f", "w9-0f", "w2-0f"], "ADT": [1200, 5, ""]}
    made, aadt = brought(tmp_path, frame)
    assert aadt[0] == 1200
    assert np.isnan(aadt[1:]).all()
    assert (made.rows, made.found, made.links) == (3, 1, 1)
    assert [(note.n, note.examples) for note in made.notes] == [(1, ("#3",)), (1, ("w9-0f",))]
    assert made.city.sources.set_index("id").loc["counts.csv", "owner"] == "Traffic office"


def test_several_rows_of_one_link_keep_the_latest_year_and_its_mean(tmp_path):
    frame = {
        "link": ["w1-0f", "w1-0f", "w1-0f", "w1-0b", "w1-0b"], "aadt": [900, 1000, 1200, 10, 20],
        "år": ["2012-05-01", 2022, "20220904", "", "hösten 2001"],
    }  # fmt: skip
    made, aadt = brought(tmp_path, frame)
    assert aadt[:2].tolist() == [1100, 20]
    assert (made.rows, made.found, made.links) == (5, 5, 2)
    assert {(note.kind, note.n, note.examples) for note in made.notes} == {
        ("skipped", 2, ("w1-0f", "w1-0b")), ("assumed", 2, ("w1-0f",)),
    }  # fmt: skip
    # without years the mean stands; a column stated to hold years must hold them
    made, aadt = brought(tmp_path, {key: frame[key] for key in ("link", "aadt")})
    assert aadt[0] == pytest.approx(3100 / 3)
    with pytest.raises(BadInput, match="row 4, column when: «spring»"):
        brought(tmp_path, {**frame, "when": ["2001", "2001", "2001", "spring", ""]}, year="when")


def test_points_with_a_name_count_both_directions_unless_told(tmp_path):
    frame = {
        "gata": ["Storgatan", "Lillgatan, vid nr 3", "Annangatan", "Storgatan"], "x": [50, 100, 50, 9000],
        "y": [1, 50, 2, 0], "aadt": [1000, 300, 7, 8],
    }  # fmt: skip
    made, aadt = brought(tmp_path, frame)
    assert aadt.tolist() == [500, 500, 300]
    assert (made.found, made.links) == (2, 3)
    assert [note.n for note in made.notes if note.kind == "skipped"] == [1, 1]
    assert made.notes[-1].examples == ("Annangatan",)
    assert made.notes[0].examples == ("Storgatan",)
    assert any(note.kind == "assumed" and note.n == 3 for note in made.notes)
    # by direction a point says something on one-way streets only
    made, aadt = brought(tmp_path, {**frame, "oneway": ["ja", "ja", "nej", "nej"]})
    assert np.isnan(aadt[:2]).all()
    assert aadt[2] == 300


def test_columns_are_stated_where_names_say_nothing(tmp_path):
    frame = {"objekt": ["w1-0b"], "värde": ["1 250,5"]}
    with pytest.raises(BadInput, match="count=column"):
        brought(tmp_path, frame)
    _, aadt = brought(tmp_path, frame, count="värde", link="objekt")
    assert aadt[1] == 1250.5
    with pytest.raises(BadInput, match="no column missing"):
        brought(tmp_path, frame, count="missing")
    with pytest.raises(BadInput, match="no field colour"):
        brought(tmp_path, frame, colour="värde")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"link": ["w1-0f"], "aadt": [-5]}, "row 1, column aadt"),
        ({"link": ["w1-0f"], "aadt": ["many"]}, "row 1, column aadt: «many»"),
        ({"gata": ["Storgatan"], "aadt": [5]}, "needs a place"),
        ({"x": [1], "y": [1], "aadt": [5], "oneway": ["perhaps"]}, "row 1, column oneway"),
    ],
)
def test_what_cannot_be_is_refused_with_row_and_column(tmp_path, frame, said):
    with pytest.raises(BadInput, match=said):
        brought(tmp_path, frame)


def test_coordinates_need_a_reference_system(tmp_path):
    with pytest.raises(UnknownCrs):
        brought(tmp_path, {"x": [1], "y": [1], "aadt": [5]}, crs="")


def test_the_command_line_puts_them_on_and_says_what_did_not_match(tmp_path, capsys):
    project = tmp_path / "P.twin"
    create(project, two_streets()).close()
    lines = gpd.GeoDataFrame(
        {"AADT": [900.0, 40.0], "osmid": [1.0, 77.0]},
        geometry=[shapely.LineString([(10, 2), (90, 2)]), shapely.LineString([(10, 3), (90, 3)])], crs=CRS,
    )  # fmt: skip
    lines.to_crs("EPSG:4326").to_file(tmp_path / "c.gpkg")
    assert main(["import", str(tmp_path / "c.gpkg"), "--to", str(project), "--as", "counts", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"][0]["rows"] == 1
    assert any(note["kind"] == "skipped" and note["n"] == 1 for note in said["files"][0]["notes"])
    with open_project(project) as opened:
        assert opened.state().city.roads["aadt"].to_numpy(float)[:2].tolist() == [450, 450]
    assert main(["import", str(tmp_path / "c.gpkg"), "--to", str(tmp_path / "new.twin"), "--as", "counts"]) == 1
    assert not (tmp_path / "new.twin").exists()
    assert "no streets" in capsys.readouterr().err


def test_real_counts_need_nothing_stated(shared_data):
    path = shared_data / "traffic" / "payloads" / "stockholm_aadt_2019.geojson"
    table = read_table(path)
    columns = columns_of(table, {})
    assert (columns.count, columns.oneway, columns.name, columns.way) == ("AADT", "raw_oneway", "osm_name", "osmid")
    from twin.city.formats import read
    from twin.city.reading import ReadOptions

    real = read(shared_data / "city" / "stockholm_osm" / "stockholm.osm", ReadOptions()).city
    made = bring_counts(real, table, {}, {})
    assert made.rows == 1876
    assert made.found >= 45
    assert made.links >= 30
    outside = next(note for note in made.notes if "outside" in note.message)
    nowhere = next(note for note in made.notes if "no street of" in note.message)
    assert made.found + outside.n + nowhere.n == made.rows
