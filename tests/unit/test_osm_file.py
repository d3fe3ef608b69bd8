"""Looking into OpenStreetMap files and reading them whole: formats, damage, limits, cancel."""

from __future__ import annotations

import bz2
import gzip
import time

import numpy as np
import pytest

from twin.city import osm_file, read_osm
from twin.city.reading import ReadOptions
from twin.errors import BadInput, Cancelled, TwinError
from twin.jobs import Job


@pytest.fixture
def small(osm_doc, tmp_path):
    """A building, its part, a street with a bus stop, a path and a park."""
    doc = osm_doc(300)
    doc.box(0, 0, 40, 20, {"building": "yes"})
    doc.box(0, 0, 20, 20, {"building:part": "yes", "height": "9"})
    doc.way(doc.nodes((0, 50), (200, 50)), {"highway": "residential", "name": "Åsögatan"})
    doc.way(doc.nodes((0, 60), (200, 60)), {"highway": "footway"})
    doc.box(100, 100, 200, 200, {"leisure": "park"})
    doc.node(50, 50, {"highway": "bus_stop", "name": "Åsögatan"})
    return doc.write(tmp_path / "small.osm")


COUNTS = {"buildings": 1, "parts": 1, "roads": 1, "paths": 2, "places": 2, "points": 1}


def test_inspect_tells_what_is_inside(small):
    info = read_osm.inspect(small)
    assert (info.format, info.version, info.crs) == ("OpenStreetMap", "XML 0.6", "EPSG:4326")
    assert info.counts == COUNTS
    west, south, east, north = info.bbox
    assert 18.07 < west < east < 18.08
    assert 59.33 < south < north < 59.34
    assert info.problems == ()


@pytest.mark.parametrize("name", ["small.osm.gz", "small.osm.bz2", "small.xml", "SMALL.OSM"])
def test_the_content_tells_the_format(small, tmp_path, name):
    pack = {"gz": gzip.compress, "bz2": bz2.compress}.get(name.rsplit(".", 1)[1], lambda data: data)
    path = tmp_path / "other" / name
    path.parent.mkdir()
    path.write_bytes(pack(small.read_bytes()))
    assert read_osm.sniff(path, path.read_bytes()[:4096])
    assert read_osm.inspect(path).counts == COUNTS
    assert len(read_osm.read(path, ReadOptions()).city.buildings) == 2


@pytest.mark.parametrize("text", [b'{"type": "CityJSON"}', b"II*\0", b"<gml:x/>", b"PK\x03\x04", b""])
def test_other_formats_are_not_taken(tmp_path, text):
    assert not read_osm.sniff(tmp_path / "file.bin", text)


def test_reading_makes_a_city_with_its_source(small):
    reading = read_osm.read(small, ReadOptions())
    city = reading.city
    assert (city.name, city.crs) == ("small", "EPSG:3011")
    source = city.source(city.buildings["source_id"][0])
    assert source["licence"] == "ODbL 1.0"
    assert source["owner"] == "© OpenStreetMap contributors"
    assert (source["classification"], source["maturity"]) == ("open", "established")
    assert source["catalogue"] == "https://www.openstreetmap.org/copyright"
    for name in ("buildings", "roads", "junctions", "paths", "cover", "places"):
        table = city.table(name)
        assert len(table)
        assert set(table["source_id"]) == {source["id"]}
        assert table["id"].is_unique
        assert table.crs == "EPSG:3011"
    assert all(note.text("en") for note in reading.notes)


def test_ways_before_nodes_and_drafts_of_an_editor(osm_doc, tmp_path):
    doc = osm_doc()
    a, b = doc.node(0, 0, number=-1), doc.node(100, 0, number=-2)
    doc.way([a, b], {"highway": "residential"}, number=-7)
    c, d = doc.nodes((0, 50), (100, 50))
    doc.way([c, d], {"highway": "residential"})
    roads = read_osm.read(doc.write(tmp_path / "draft.osm", ways_first=True), ReadOptions()).city.roads
    assert len(roads) == 4
    assert roads["length"].to_numpy() == pytest.approx(100, abs=0.05)
    assert "n-1" in set(roads["from_node"])


def test_deleted_objects_of_an_editor_are_gone(osm_doc, tmp_path):
    doc = osm_doc()
    doc.way(doc.nodes((0, 0), (100, 0)), {"highway": "residential"})
    gone = doc.way(doc.nodes((0, 50), (100, 50)), {"highway": "residential"})
    path = doc.write(tmp_path / "deleted.osm")
    path.write_text(path.read_text().replace(f'<way id="{gone}"', f'<way id="{gone}" visible="false"'))
    assert len(read_osm.read(path, ReadOptions()).city.roads) == 2


def test_the_reference_system_cannot_be_overridden(small):
    reading = read_osm.read(small, ReadOptions(crs="EPSG:3006", target_crs="EPSG:3006"))
    assert reading.city.crs == "EPSG:3006"
    assert any("always in longitude and latitude" in note.message for note in reading.notes)
    assert not any("always in" in note.message for note in read_osm.read(small, ReadOptions(crs="EPSG:4326")).notes)


def refused(path, **options):
    with pytest.raises(TwinError) as caught:
        read_osm.read(path, ReadOptions(**options))
    assert isinstance(caught.value, BadInput) or "nothing in it" in str(caught.value)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    return text


def test_damaged_and_foreign_files_are_one_line(small, tmp_path, shared_data):
    whole = (shared_data / "city" / "helsinki_pbf" / "Helsinki.osm.pbf").read_bytes()
    cases = {
        "cut.osm.pbf": whole[: len(whole) // 2],
        "stub.osm.pbf": whole[:100],
        "flipped.osm.pbf": whole[:5000] + bytes(200) + whole[5200:],
        "text.osm.pbf": b"this is no pbf",
        "empty.osm": b"",
        "empty.osm.pbf": b"",
        "cut.osm": small.read_bytes()[:-400],
        "gml.osm": b"<?xml version='1.0'?><gml><a/></gml>",
        "old.osm": b"<?xml version='1.0'?><osm version='0.5'></osm>",
        "bad.osm": b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='x' lon='2'/></osm>",
        "html.osm": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
        "cut.osm.gz": gzip.compress(small.read_bytes())[:-40],
        "change.osm": b"<?xml version='1.0'?><osmChange version='0.6'><create/></osmChange>",
    }
    for name, content in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        refused(path)


def test_xml_entities_are_refused_at_once(tmp_path):
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    path = tmp_path / "bomb.osm"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY l0 "lol">{levels}]><osm version="0.6">'
        '<node id="1" lat="59" lon="18"><tag k="name" v="&l11;"/></node></osm>'
    )
    start = time.monotonic()
    assert "entities" in refused(path)
    assert time.monotonic() - start < 30
    outside = tmp_path / "outside.osm"
    outside.write_text(
        '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/hostname">]><osm version="0.6">'
        '<node id="1" lat="59" lon="18"><tag k="name" v="&x;"/></node></osm>'
    )
    assert "entities" in refused(outside)


def test_a_file_without_anything_for_a_city(tmp_path):
    path = tmp_path / "nothing.osm"
    path.write_text('<osm version="0.6"><node id="1" lat="59" lon="18"/></osm>')
    with pytest.raises(TwinError, match=r"nothing\.osm: nothing in it"):
        read_osm.read(path, ReadOptions())
    assert read_osm.inspect(path).problems
    path.write_text('<osm version="0.6"></osm>')
    assert "no nodes" in refused(path)


def test_a_box_that_misses_or_makes_no_sense(small):
    assert "outside the file" in refused(small, bbox=(10.0, 50.0, 11.0, 51.0))
    assert "west,south,east,north" in refused(small, bbox=(154000.0, 6580000.0, 154100.0, 6580100.0))
    assert "west,south,east,north" in refused(small, bbox=(18.1, 59.3, 18.0, 59.4))


def test_a_file_too_large_for_the_memory_is_refused_before_reading(small, monkeypatch):
    monkeypatch.setattr(osm_file, "available_memory", lambda: 1000)
    assert "GB of memory" in refused(small)


def test_the_free_memory_is_known_here():
    free = osm_file.available_memory()
    assert free is None or free > 1e6


def test_progress_rises_and_cancel_stops(small, shared_data):
    seen: list[float] = []
    read_osm.read(small, ReadOptions(), Job(lambda fraction, text, fields: seen.append(fraction)))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    path = shared_data / "city" / "helsinki_pbf" / "Helsinki.osm.pbf"
    for allowed in (0, 2, 6):
        asked = iter(range(1000))
        with pytest.raises(Cancelled):
            read_osm.read(path, ReadOptions(), Job(cancelled=lambda asked=asked, n=allowed: next(asked) >= n))
    with pytest.raises(Cancelled):
        read_osm.inspect(path, Job(cancelled=lambda: True))


@pytest.mark.parametrize("name", ["helsinki_pbf/Helsinki.osm.pbf", "stockholm_osm/stockholm.osm"])
def test_a_cut_out_is_what_the_whole_file_has_there(shared_data, name):
    path = shared_data / "city" / name
    info = read_osm.inspect(path)
    west, south, east, north = info.bbox
    x, y = (east - west) / 4, (north - south) / 4
    box = (west + x, south + y, east - x, north - y)
    whole, part = read_osm.read(path, ReadOptions()).city, read_osm.read(path, ReadOptions(bbox=box)).city
    for table in ("buildings", "roads", "paths", "trees", "barriers"):
        ours, all_rows = part.table(table).set_index("id"), whole.table(table).set_index("id")
        assert 0 < len(ours) < len(all_rows) or not len(all_rows)
        assert set(ours.index) <= set(all_rows.index), table
        same = ours.geometry.geom_equals_exact(all_rows.geometry.loc[ours.index], 1e-6)
        assert same.all(), table
    assert np.isclose(part.roads["length"], whole.roads.set_index("id").loc[part.roads["id"], "length"]).all()
