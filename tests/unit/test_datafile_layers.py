"""Data files as layers: every format, joins, times, what is refused, and what a project keeps of them."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from shapely.geometry import LineString, Point, Polygon, box

from twin import project as projects
from twin.city.city import City
from twin.cli import main
from twin.datafile import folders, look, paint, spec, take
from twin.datafile.evaluate import evaluate
from twin.datafile.show import shown
from twin.datafile.spec import About, Choice, Style
from twin.datafile.suggest import suggest
from twin.errors import BadInput, UnknownCrs
from twin.importing import import_layer
from twin.layer import legend
from twin.places import Grid, Lines, Picture, Points, Solids
from twin.project import create, open_project
from twin.text import tr

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:3011"
X, Y = 153_000.0, 6_579_000.0


@pytest.fixture
def city() -> City:
    """Three zones in a row, with two buildings and a street of two links."""
    zones = gpd.GeoDataFrame(
        {"id": ["z1", "z2", "z3"], "source_id": "s", "code": ["0180A", "0180B", "0180C"], "name": ["Å", "B", "C"]},
        geometry=[box(X + 100 * i, Y, X + 100 * i + 100, Y + 100) for i in range(3)],
        crs=CRS,
    )
    houses = gpd.GeoDataFrame(
        {"id": ["h1", "h2"], "source_id": "s", "height": 9.0},
        geometry=[box(X, Y, X + 9, Y + 9), box(X + 50, Y, X + 60, Y + 9)], crs=CRS,
    )  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"id": ["r1", "r2"], "source_id": "s", "name": "Storgatan"},
        geometry=[LineString([(X, Y), (X + 50, Y)]), LineString([(X + 50, Y), (X + 100, Y)])],
        crs=CRS,
    )
    return City("Test", CRS).replaced(zones=zones, buildings=houses, roads=roads)


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "staging"
    monkeypatch.setattr(folders, "staging", lambda: place)
    monkeypatch.setattr("twin.importing.staging", lambda: place)
    return place


def _taken(path: Path, city: City, folder: Path, **choice: object) -> take.Taken:
    found, about = suggest(look.preview(path), city)
    made = {name: getattr(found, name) for name in found.__struct_fields__} | choice
    return take.take(path, Choice(**made), about, city, folder)  # type: ignore[arg-type]


def _csv(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- formats --------------------------------------------------------------------------------------------------


@pytest.fixture
def wells() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"namn": ["å", "b", "c"], "djup": [1.5, 2.5, np.nan], "aktiv": [True, False, True]},
        geometry=[Point(X, Y), Point(X + 10, Y), Point(X + 20, Y)],
        crs=CRS,
    )


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "shp", "zip"])
def test_every_format_gives_the_same_layer(tmp_path: Path, city: City, wells: gpd.GeoDataFrame, ending: str) -> None:
    path = tmp_path / f"wells.{ending}"
    if ending == "parquet":
        wells.to_parquet(path)
    elif ending == "geojson":
        wells.to_crs("EPSG:4326").to_file(path)
    elif ending == "zip":
        (tmp_path / "in").mkdir()
        wells.to_file(tmp_path / "in" / "wells.shp", encoding="cp1252")
        with zipfile.ZipFile(path, "w") as archive:
            for part in (tmp_path / "in").iterdir():
                archive.write(part, f"folder/{part.name}")
    else:
        wells.to_file(path)
    found = look.preview(path)
    assert (found.sheet().geometry, found.sheet().rows) == ("points", 3)
    made = _taken(path, city, tmp_path)
    assert (made.layer.choice.show, made.layer.choice.value) == ("points", "djup")
    got = shown(made.layer, tmp_path / made.layer.file, city)
    assert isinstance(got.field.places, Points)
    np.testing.assert_allclose(got.field.places.xy, [[X, Y], [X + 10, Y], [X + 20, Y]], atol=1e-3)
    np.testing.assert_array_equal(got.field.values, np.array([1.5, 2.5, np.nan], np.float32))
    assert gpd.read_parquet(tmp_path / made.layer.file)["namn"].tolist() == ["å", "b", "c"]


def test_lines_are_cut_into_pieces_that_bear_their_value(tmp_path: Path, city: City) -> None:
    frame = gpd.GeoDataFrame(
        {"flow": [10, 20]},
        geometry=[LineString([(X, Y), (X + 10, Y), (X + 10, Y + 10)]), LineString([(X, Y), (X, Y + 5)])],
        crs=CRS,
    )
    frame.to_file(tmp_path / "l.gpkg")
    made = _taken(tmp_path / "l.gpkg", city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city).field
    assert isinstance(got.places, Lines)
    assert got.values.tolist() == [10, 10, 20]
    assert got.places.end[:, :2].tolist() == [[X + 10, Y], [X + 10, Y + 10], [X, Y + 5]]


def test_areas_are_drawn_as_cells_or_raised_by_a_field(tmp_path: Path, city: City) -> None:
    shapes = [box(X, Y, X + 40, Y + 40), box(X + 60, Y, X + 100, Y + 40)]
    gpd.GeoDataFrame({"v": [1, 2], "h": [10.0, 30.0]}, geometry=shapes, crs=CRS).to_file(tmp_path / "a.gpkg")
    flat = _taken(tmp_path / "a.gpkg", city, tmp_path).layer
    field = shown(flat, tmp_path / flat.file, city).field
    assert isinstance(field.places, Grid)
    cell = field.places.transform[0]
    counted = {v: (field.values == v).sum() * cell**2 for v in (1, 2)}
    assert counted == {1: pytest.approx(1600, rel=0.02), 2: pytest.approx(1600, rel=0.02)}
    assert field.places.areas is not None
    for area, value in ((-1, np.nan), (0, 1.0), (1, 2.0)):
        np.testing.assert_array_equal(np.unique(field.values[field.places.areas == area]), [value])
    tall = _taken(tmp_path / "a.gpkg", city, tmp_path, height="h").layer
    field = shown(tall, tmp_path / tall.file, city).field
    assert isinstance(field.places, Solids)
    assert field.places.height.tolist() == [10, 30]
    assert field.places.polygons()[1].equals(shapes[1])


def test_names_become_categories_with_the_rest_as_other(tmp_path: Path, city: City) -> None:
    names = [f"kind {i}" for i in range(15) for _ in range(20 - i)]
    frame = gpd.GeoDataFrame({"kind": names}, geometry=[Point(X + i, Y) for i in range(len(names))], crs=CRS)
    frame.to_file(tmp_path / "k.gpkg")
    made = _taken(tmp_path / "k.gpkg", city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city)
    assert got.field.categories[0] == "kind 0"
    assert got.field.categories[12] == "Other"
    layer = paint.painted(made.layer, got)
    assert layer is not None
    assert len(set(layer.scale.colours)) == 13


def test_broken_rows_are_left_out_or_mended_and_told(tmp_path: Path, city: City) -> None:
    bow = Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    shapes = [box(X, Y, X + 5, Y + 5), None, bow, Point(X, Y), Polygon()]
    frame = gpd.GeoDataFrame({"v": range(5)}, geometry=shapes, crs=CRS)
    frame.to_parquet(tmp_path / "a.parquet")
    made = _taken(tmp_path / "a.parquet", city, tmp_path, show="areas")
    assert [(note.kind, note.n, note.examples) for note in made.notes] == [
        ("skipped", 2, ("2", "5")), ("skipped", 1, ("4",)), ("mended", 1, ("3",)),
    ]  # fmt: skip
    kept = gpd.read_parquet(tmp_path / made.layer.file)
    assert kept["v"].tolist() == [0, 2]
    assert kept.is_valid.all()


def test_a_missing_reference_system_is_asked_for(tmp_path: Path, city: City, wells: gpd.GeoDataFrame) -> None:
    wells.set_crs(None, allow_override=True).to_parquet(tmp_path / "w.parquet")
    with pytest.raises(UnknownCrs, match="does not say its reference system"):
        _taken(tmp_path / "w.parquet", city, tmp_path)
    made = _taken(tmp_path / "w.parquet", city, tmp_path, crs="EPSG:3011")
    assert made.layer.rows == 3
    assert not made.notes


def test_data_of_another_place_are_told(tmp_path: Path, city: City, wells: gpd.GeoDataFrame) -> None:
    wells.set_crs("EPSG:3006", allow_override=True).to_parquet(tmp_path / "w.parquet")
    made = _taken(tmp_path / "w.parquet", city, tmp_path)
    assert "is their reference system right?" in made.notes[0].text("en")


def test_a_shapefile_without_its_table_says_what_is_missing(tmp_path: Path, wells: gpd.GeoDataFrame) -> None:
    wells.to_file(tmp_path / "w.shp")
    (tmp_path / "w.dbf").unlink()
    with pytest.raises(BadInput, match=r"w\.dbf is not beside it"):
        look.preview(tmp_path / "w.shp")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("deep.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 500 + b"]" * 500 + b"}", "nested"),
        ("cut.gpkg", b"SQLite format 3\0" + bytes(4000), "cannot be read"),
        ("cut.parquet", b"PAR1" + bytes(200), "cannot be read"),
        ("cut.geojson", b'{"type":"FeatureCollection","features":[{"type":"Fea', "cannot be read"),
        ("cut.tif", b"II*\0" + bytes(100), "cannot be read"),
        ("word.docx", b"PK\3\4" + bytes(100), "not a format"),
        ("empty.csv", b"", "is empty"),
    ],
)
def test_damaged_and_strange_files_are_refused_in_one_line(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=message) as caught:
        look.preview(tmp_path / name)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_braces_in_texts_are_no_depth(tmp_path: Path, city: City) -> None:
    properties = {"t": '[[{"' * 60, "v": 1}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [18, 59]}}
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature] * 3}))
    assert look.preview(path).sheet().rows == 3


# --- grids ----------------------------------------------------------------------------------------------------


def _raster(
    path: Path, data: np.ndarray, crs: str | None = CRS, nodata: float | None = None, cell: float = 10.0
) -> Path:
    bands = data[None] if data.ndim == 2 else data
    with rasterio.open(
        path, "w", driver="GTiff", height=bands.shape[1], width=bands.shape[2], count=len(bands), dtype=bands.dtype,
        crs=crs, transform=Affine(cell, 0, X, 0, -cell, Y), nodata=nodata,
    ) as out:  # fmt: skip
        out.write(bands)
    return path


def test_a_grid_keeps_its_cells_and_place(tmp_path: Path, city: City) -> None:
    data = np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32)
    data[0, 0] = -9999
    made = _taken(_raster(tmp_path / "g.tif", data, nodata=-9999), city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city).field
    assert isinstance(got.places, Grid)
    assert (got.places.rows, got.places.columns, got.places.smooth) == (30, 40, True)
    assert got.places.transform == (10.0, 0.0, X, 0.0, -10.0, Y)
    data[0, 0] = np.nan
    np.testing.assert_array_equal(got.values.reshape(30, 40), data)


def test_codes_of_a_grid_are_never_averaged(tmp_path: Path, city: City) -> None:
    data = np.random.default_rng(4).choice(np.array([1, 7], np.uint8), (4000, 4000))
    made = _taken(_raster(tmp_path / "c.tif", data, cell=1.0), city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city).field
    assert isinstance(got.places, Grid)
    assert max(got.places.rows, got.places.columns) <= 1536
    assert dict(got.categories) == {0: "1", 1: "7"}
    assert not got.places.smooth


def test_a_turned_grid_is_brought_to_the_projects_system(tmp_path: Path, city: City) -> None:
    path = tmp_path / "t.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=50, width=50, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.0002, 0, 18.05, 0, -0.0001, 59.33),
    ) as out:  # fmt: skip
        out.write(np.linspace(3.5, 4.5, 2500, dtype=np.float32).reshape(1, 50, 50))
    made = _taken(path, city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city).field
    assert isinstance(got.places, Grid)
    west, south, east, north = got.places.bounds
    corners = gpd.GeoSeries([box(18.05, 59.325, 18.06, 59.33)], crs="EPSG:4326").to_crs(CRS).total_bounds
    np.testing.assert_allclose([west, south, east, north], corners, atol=30)
    known = got.values[np.isfinite(got.values)]
    assert known.min() >= 3.5
    assert known.max() <= 4.5
    assert known.mean() == pytest.approx(4.0, abs=0.02)


def test_a_picture_stays_a_picture(tmp_path: Path, city: City) -> None:
    data = np.random.default_rng(2).integers(0, 255, (3, 20, 20)).astype(np.uint8)
    with rasterio.open(
        tmp_path / "p.tif", "w", driver="GTiff", height=20, width=20, count=3, dtype="uint8", crs=CRS,
        transform=Affine(1, 0, X, 0, -1, Y), photometric="rgb",
    ) as out:  # fmt: skip
        out.write(data)
    made = _taken(tmp_path / "p.tif", city, tmp_path)
    got = shown(made.layer, tmp_path / made.layer.file, city)
    assert isinstance(got.field.places, Picture)
    assert (np.moveaxis(got.field.places.pixels[..., :3], -1, 0) == data).all()
    assert paint.painted(made.layer, got) is not None


def test_a_band_that_is_not_there_is_refused(tmp_path: Path, city: City) -> None:
    with pytest.raises(BadInput, match="has 1 bands; there is no band 3"):
        _taken(_raster(tmp_path / "g.tif", np.ones((5, 5), np.float32)), city, tmp_path, band=3)


# --- joined ---------------------------------------------------------------------------------------------------


def test_codes_are_joined_and_those_without_partner_listed(tmp_path: Path, city: City) -> None:
    path = _csv(tmp_path, "område;inkomst\n0180a;100,5\n0180B ;200\n0180X;5\n0180Y;..\n0180B;400\n")
    made = _taken(path, city, tmp_path)
    assert (made.layer.choice.show, made.layer.choice.key, made.layer.choice.to) == ("zones", "område", "code")
    assert made.unmatched == ("0180X", "0180Y")
    assert [note.text("en") for note in made.notes] == [
        "2 codes of 4 are not found in the project («Zones», code) (0180X, 0180Y)",
        "1 rows of the project («Zones») have no value in the file",
    ]
    got = shown(made.layer, tmp_path / made.layer.file, city)
    np.testing.assert_array_equal(got.field.values, np.array([100.5, 300, np.nan], np.float32))
    assert [note.text("en") for note in got.notes] == ["1 places have several rows; their mean is shown"]


def test_a_name_of_several_links_colours_them_all(tmp_path: Path, city: City) -> None:
    made = _taken(_csv(tmp_path, "gata;adt\nStorgatan;900\nLillgatan;3\n"), city, tmp_path)
    assert (made.layer.choice.show, made.layer.choice.to) == ("roads", "name")
    assert shown(made.layer, tmp_path / made.layer.file, city).field.values.tolist() == [900, 900]


def test_one_row_per_place_and_year_gives_times(tmp_path: Path, city: City) -> None:
    made = _taken(_csv(tmp_path, "kod;år;n\n0180A;2020;1\n0180A;2021;2\n0180C;2021;9\n"), city, tmp_path)
    field = shown(made.layer, tmp_path / made.layer.file, city).field
    assert field.times is not None
    assert [str(t)[:4] for t in field.times] == ["2020", "2021"]
    np.testing.assert_array_equal(field.values, np.array([[1, np.nan, np.nan], [2, np.nan, 9]], np.float32))


def test_one_row_per_time_gives_the_same_times(tmp_path: Path, city: City) -> None:
    path = _csv(tmp_path, "tid,h1,h2,h9\n2024-06-01 12:00,1,2,3\n2024-06-01 13:00,4,,6\n")
    made = _taken(path, city, tmp_path)
    assert (made.layer.choice.show, made.layer.choice.key, made.layer.choice.time) == ("buildings", "*", "tid")
    assert made.unmatched == ("h9",)
    field = shown(made.layer, tmp_path / made.layer.file, city).field
    np.testing.assert_array_equal(field.values, np.array([[1, 2], [4, np.nan]], np.float32))
    assert field.times is not None
    assert str(field.times[0]) == "2024-06-01T10:00:00.000"


def test_points_with_times_stand_once_each(tmp_path: Path, city: City) -> None:
    text = "x;y;tid;v\n" + "".join(f"{X + i};{Y};2024-06-0{d};{10 * d + i}\n" for d in (1, 2) for i in range(3))
    made = _taken(_csv(tmp_path, text), city, tmp_path)
    assert made.layer.choice.crs == CRS
    field = shown(made.layer, tmp_path / made.layer.file, city).field
    assert isinstance(field.places, Points)
    assert field.values.tolist() == [[10, 11, 12], [20, 21, 22]]


def test_times_that_cannot_be_read_are_told_by_row(tmp_path: Path, city: City) -> None:
    rows = [f"{X + i};{Y};2024-06-01 {i:02d}:00;{i}\n" for i in range(20)]
    rows[7] = rows[7].replace("2024-06-01 07:00", "25/13/2026")
    made = _taken(_csv(tmp_path, "x;y;tid;v\n" + "".join(rows)), city, tmp_path)
    assert [note.text("en") for note in made.notes] == ["Column tid: 1 not a time, left out, by row (9: 25/13/2026)"]
    broken = _csv(tmp_path, "x;y;tid;v\n" + "".join(row.replace("2024-06-01 ", "1/13/2024 ") for row in rows), "b.csv")
    made = _taken(broken, city, tmp_path)
    assert [note.text("en") for note in made.notes] == [
        "Column tid is not used: its values cannot be read as times; write e.g. 2024-06-01 08:00 (1/13/2024 00:00)"
    ]
    with pytest.raises(BadInput, match="no time in the column tid"):
        _taken(broken, city, tmp_path, time="tid")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"value": "pengar"}, "there is no column pengar; there are: kod, n"),
        ({"key": ""}, r"name the column whose codes"),
        ({"to": "height"}, r"no column zones\.height"),
        ({"show": "points", "key": ""}, "rows have no place"),
        ({"show": "paths", "to": "id"}, "holds nothing of the kind"),
        ({"key": "n"}, "none of the codes in n is found"),
    ],
)
def test_wrong_choices_say_what_is_wrong(tmp_path: Path, city: City, choice: dict[str, str], message: str) -> None:
    path = _csv(tmp_path, "kod;n\n0180A;1\n0180C;2\n")
    with pytest.raises(BadInput, match=message):
        _taken(path, city, tmp_path, **choice)


# --- styles ---------------------------------------------------------------------------------------------------


def test_a_style_travels_as_a_file(tmp_path: Path, city: City) -> None:
    made = _taken(_csv(tmp_path, "kod;n\n0180A;1\n0180C;2\n"), city, tmp_path).layer
    style = Style(scale="cividis", reverse=True, method="fixed", breaks=(0.0, 1.5, 4.0), size=9.0)
    styled = spec.DataLayer(**{n: getattr(made, n) for n in made.__struct_fields__} | {"style": style})
    paint.save_style(styled, tmp_path / "s.json")
    assert paint.load_style(tmp_path / "s.json") == style
    layer = paint.painted(styled, shown(styled, tmp_path / styled.file, city))
    assert layer is not None
    assert layer.breaks == (0.0, 1.5, 4.0)
    for text in ("{}", '{"style": {"method": "magic"}}', '{"style": {"method": "fixed", "breaks": [2, 1]}}', "[1"):
        (tmp_path / "s.json").write_text(text)
        with pytest.raises(BadInput):
            paint.load_style(tmp_path / "s.json")


# --- projects -------------------------------------------------------------------------------------------------


def test_a_layer_is_saved_and_opened_again_and_content_is_shared(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    path = _csv(tmp_path, "kod;n\n0180A;1\n0180C;2\n")
    about = {"unit": "st", "owner": "Me", "licence": "CC0", "classification": "open"}
    first = import_layer(path, tmp_path / "p.twin", about=about)
    second = import_layer(path, tmp_path / "p.twin", {"to": "code"})
    assert first.layer.file == second.layer.file
    assert second.layer.id == "data:data-2"
    assert (first.layer.about.missing(), second.layer.about.missing()) == (
        (),
        ("Owner", "Licence", "Information class"),
    )
    shutil.rmtree(tmp_path / "staging")
    with open_project(tmp_path / "p.twin") as project:
        state = project.state()
        assert [one.id for one in state.imported] == ["data:data", "data:data-2"]
        assert state.layers[0].id == "data:data-2"
        assert state.source("data:data")["licence"] == "CC0"
        found = evaluate(state.imported, state.city, project.folders)
    assert found.layers["data:data"].breaks == (1.0, 1.5, 2.0)
    assert not found.errors


def test_undo_after_a_save_still_finds_the_file(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    made = import_layer(_csv(tmp_path, "kod;n\n0180A;1\n"), tmp_path / "p.twin").layer
    content = tmp_path / "p.twin" / made.file
    with open_project(tmp_path / "p.twin") as project:
        state = project.state()
        for _ in range(4):
            project.save(state.changed(imported=()))
        assert content.is_file()
        project.save(state)
    with open_project(tmp_path / "p.twin") as project:
        for _ in range(4):
            project.save(project.state().changed(imported=()))
    with open_project(tmp_path / "p.twin") as project:
        project.save(project.state())
        assert not content.is_file()


def test_a_lost_file_is_told_and_the_project_still_opens_and_saves(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    made = import_layer(_csv(tmp_path, "kod;n\n0180A;1\n"), tmp_path / "p.twin").layer
    shutil.rmtree(tmp_path / "staging")
    (tmp_path / "p.twin" / made.file).unlink()
    with open_project(tmp_path / "p.twin") as project:
        state = project.state()
        found = evaluate(state.imported, state.city, project.folders)
        assert "is missing; import it again" in str(found.errors[made.id])
        project.save(state)


def test_save_as_takes_the_files_along(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    made = import_layer(_csv(tmp_path, "kod;n\n0180A;1\n"), tmp_path / "p.twin").layer
    shutil.rmtree(tmp_path / "staging")
    with open_project(tmp_path / "p.twin") as project, project.save_as(tmp_path / "q.twin", project.state()) as copy:
        assert (copy.path / made.file).is_file()


def test_names_that_leave_the_project_are_refused(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    import_layer(_csv(tmp_path, "kod;n\n0180A;1\n"), tmp_path / "p.twin")
    record = tmp_path / "p.twin" / "project.json"
    found = json.loads(record.read_text())
    found["imported"][0]["file"] = "data/../../etc-0123456789ab.parquet"
    record.write_text(json.dumps(found))
    with pytest.raises(BadInput, match="damaged"):
        open_project(tmp_path / "p.twin")


def test_the_command_takes_a_file_in(tmp_path: Path, city: City, capsys: pytest.CaptureFixture[str]) -> None:
    create(tmp_path / "p.twin", city).close()
    path = _csv(tmp_path, "kod;a;b\n0180A;1;7\n0180Q;3;9\n")
    arguments = ["import", str(path), "--to", str(tmp_path / "p.twin"), "--as", "layer", "--map", "value=b"]
    assert main([*arguments, "--about", "owner=Me", "title=Mine", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["layers"][0]
    assert (told["id"], told["value"], told["unmatched"]) == ("data:mine", "b", ["0180Q"])
    assert told["missing"] == ["Licence", "Information class"]
    assert main([*arguments[:-1], "colour=red"]) == 1
    assert "There is no field colour" in capsys.readouterr().err


def test_what_the_command_assumed_is_told(tmp_path: Path, city: City, capsys: pytest.CaptureFixture[str]) -> None:
    create(tmp_path / "p.twin", city).close()
    path = _csv(tmp_path, f"x;y;v\n{X + 5};{Y};1\n{X + 6};{Y};2\n")
    arguments = ["import", str(path), "--to", str(tmp_path / "p.twin"), "--as", "layer"]
    assert main(arguments) == 0
    assert "Reference system not stated; by its coordinates EPSG:3011" in capsys.readouterr().out
    assert main([*arguments, "--crs", "EPSG:3011"]) == 0
    said = capsys.readouterr().out
    assert "not stated" not in said
    assert "already (data:data); this one is data:data-2" in said


# --- real files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "show", "value", "rows"),
    [
        ("city/dtcc_roads_landuse/test_road.shp", "lines", "BKLASS", 244),
        ("city/dtcc_roads_landuse/landuse_testdata.shp", "areas", "DETALJTYP", 67),
        ("city/goteborg_sweref99_rasters/buildings.shp", "areas", "SW_MEMBER", 137),
        ("city/bubenec/bubenec.gpkg", "areas", "uID", 144),
        ("city/tudcampus_footprints/tudcampus.geojson", "areas", "oorspronkelijkbouwjaar", 1529),
        ("city/goteborg_sweref99_rasters/landcover.tif", "raster", "", None),
        ("city/goteborg_sweref99_rasters/DSM_KRbig.tif", "raster", "", None),
        ("segregation/stockholm/stockholm_basomraden_befolkning_2014_2016.gpkg", "areas", "kv_0_5_2014", 419),
        ("traffic/payloads/stockholm_aadt_2019.geojson", "lines", "AADT", 1876),
        ("city/hornsgatan_sumo/sensor_location.csv", "points", "Location Label", 2),
    ],
)
def test_real_files(
    shared_data: Path, tmp_path: Path, city: City, name: str, show: str, value: str, rows: int | None
) -> None:
    made = _taken(shared_data / name, city, tmp_path).layer
    assert (made.choice.show, made.choice.value) == (show, value)
    assert rows in (None, made.rows)
    layer = paint.painted(made, shown(made, tmp_path / made.file, city))
    assert layer is not None
    assert np.isfinite(layer.field.values).any()


def test_statistics_of_real_areas_join_their_codes(shared_data: Path, tmp_path: Path) -> None:
    """The codes of DeSO are found where the project has the areas; those of other municipalities are listed."""
    table = pd.read_csv(shared_data / "segregation/stockholm/deso_stockholms_lan_2022.csv")
    codes = table.loc[table["kommun"] == 180, "deso"] if 180 in set(table["kommun"]) else table["deso"].head(500)
    zones = gpd.GeoDataFrame(
        {"id": codes.to_numpy(), "source_id": "s", "code": codes.to_numpy()},
        geometry=shapely.box(*(np.arange(len(codes)) * k + o for k, o in ((9, X), (0, Y), (9, X + 9), (0, Y + 9)))),
        crs=CRS,
    )
    city = City("Areas", CRS).replaced(zones=zones)
    made = _taken(
        shared_data / "segregation/stockholm/deso_stockholms_lan_2022.csv",
        city,
        tmp_path,
        value="nettoinkomst_median_tkr",
    )
    assert (made.layer.choice.show, made.layer.choice.key) == ("zones", "deso")
    assert len(made.unmatched) == len(table) - len(codes)
    field = shown(made.layer, tmp_path / made.layer.file, city).field
    expected = table.set_index("deso")["nettoinkomst_median_tkr"].reindex(codes).to_numpy("float32")
    np.testing.assert_array_equal(field.values, expected)


def test_what_waited_too_long_is_cleared_away(tmp_path: Path, city: City) -> None:
    old = _taken(_csv(tmp_path, "kod;n\n0180A;1\n", "old.csv"), city, tmp_path).layer
    new = _taken(_csv(tmp_path, "kod;n\n0180A;2\n", "new.csv"), city, tmp_path).layer
    stranger = tmp_path / "data" / "my-notes.txt"
    stranger.write_text("mine")
    for path in (tmp_path / old.file, stranger):
        os.utime(path, (0, 0))
    folders.tidy(tmp_path)
    assert [(tmp_path / one.file).is_file() for one in (old, new)] == [False, True]
    assert stranger.is_file()


def test_a_text_at_the_place_is_drawn(tmp_path: Path, city: City) -> None:
    made = _taken(_csv(tmp_path, f"x;y;v;namn\n{X};{Y};1;Ett\n{X + 9};{Y};2;..\n"), city, tmp_path, label="namn")
    layer = paint.painted(made.layer, shown(made.layer, tmp_path / made.layer.file, city))
    assert layer is not None
    assert layer.texts == ("Ett", "")


def test_projects_module_knows_its_folders(tmp_path: Path, city: City) -> None:
    create(tmp_path / "p.twin", city).close()
    assert projects.data_folders(tmp_path / "p.twin")[0] == tmp_path / "p.twin"


def test_about_says_what_nobody_said() -> None:
    assert About(title="t", owner="o").missing() == ("Licence", "Information class")


def test_words_of_the_user_are_not_translated(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("x;y;kind\n153000;6579000;Residential\n153010;6579000;Office\n153020;6579000;Residential\n")
    choice = Choice(show="points", x="x", y="y", value="kind", crs="EPSG:3011")
    city = City("C", "EPSG:3011")
    made = take.take(path, choice, About(title="Height", owner="o"), city, tmp_path)
    found = shown(made.layer, tmp_path / made.layer.file, city)
    layer = paint.painted(made.layer, found)
    assert layer is not None
    told = legend(layer, "sv")
    assert told.title == "Height"
    assert {one.text for one in told.classes} == {"Residential", "Office"}
    assert tr("Height", "sv") != "Height"
    assert pickle.loads(pickle.dumps(layer)).title == layer.title
    assert tr(pickle.loads(pickle.dumps(layer)).title, "sv") == "Height"
