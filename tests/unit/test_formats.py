"""How a file finds its reader, and what is said of those that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twin.city import formats, read_cityjson, read_geotiff, read_osm
from twin.city.reading import ReadOptions
from twin.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

PLACED = {
    "city/denhaag_cityjson/DenHaag_01.city.json": read_cityjson,
    "city/denhaag_cityjson/DenHaag_01.city.json.zip": read_cityjson,
    "city/cityjsonseq/delft_subset.city.jsonl": read_cityjson,
    "city/cityjson_small/minimal.json": read_cityjson,
    "city/goteborg_sweref99_rasters/DEM_KRbig.tif": read_geotiff,
    "city/stockholm_osm/stockholm.osm": read_osm,
    "city/helsinki_pbf/test.osm.pbf": read_osm,
}


@pytest.mark.parametrize("name", PLACED)
def test_real_files_find_their_reader(shared_data: Path, name: str) -> None:
    assert formats.reader_for(shared_data / name) is PLACED[name]


@pytest.mark.parametrize("module", formats.READERS)
def test_every_reader_offers_the_same(module: formats.Reader) -> None:
    assert callable(module.sniff)
    assert callable(module.inspect)
    assert callable(module.read)
    assert module.FORMAT in formats.PATTERNS  # type: ignore[attr-defined]


def test_a_renamed_file_is_known_by_its_content(shared_data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "heights.dat"
    copy.write_bytes((shared_data / "city/goteborg_sweref99_rasters/DEM_KRbig.tif").read_bytes())
    assert formats.reader_for(copy) is read_geotiff


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "what is read: CityJSON, OpenStreetMap, GeoTIFF"),
        ("empty.json", b"", "the file is empty"),
        ("houses.shp", b"\0\0\x27\x0a" + b"\0" * 100, "shapefiles are not read"),
        ("city.gml", b"<?xml version='1.0'?><CityModel/>", "citygml-tools makes CityJSON of it"),
        ("zones.geojson", b'{"type": "FeatureCollection", "features": []}', "GeoJSON is not read"),
        ("zones.json", b'{"type": "FeatureCollection", "features": []}', "not a format that is read"),
    ],
)
def test_what_has_no_reader_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for ask in (formats.inspect, lambda p: formats.read(p, ReadOptions())):
        with pytest.raises(BadInput) as caught:
            ask(path)
        assert words in str(caught.value)
        assert str(caught.value).startswith(name)
        assert "\n" not in str(caught.value)


def test_absent_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        formats.inspect(tmp_path / "absent.json")
    with pytest.raises(BadInput, match="is a folder"):
        formats.inspect(tmp_path)
