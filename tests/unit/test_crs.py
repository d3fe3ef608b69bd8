"""Reference systems: declared forms, parts, the choice for a project, exchanged axes."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.city import crs
from twin.city.reading import ReadOptions
from twin.errors import BadInput, UnknownCrs


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("EPSG:7415", "EPSG:7415"),
        ("epsg:3011", "EPSG:3011"),
        ("3011", "EPSG:3011"),
        ("urn:ogc:def:crs:EPSG::7415", "EPSG:7415"),
        ("urn:ogc:def:crs:EPSG:6.12:3068", "EPSG:3068"),
        ("crs:EPSG::3068", "EPSG:3068"),
        ("https://www.opengis.net/def/crs/EPSG/0/7415", "EPSG:7415"),
        ("http://www.opengis.net/def/crs/EPSG/6.12/3068", "EPSG:3068"),
        ("urn:ogc:def:crs,crs:EPSG:6.12:3068,crs:EPSG:6.12:5783", "EPSG:3068+5783"),
        ("EPSG:3011+5613", "EPSG:3011+5613"),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", "EPSG:25832+7837"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("https://www.opengis.net/def/crs/EPSG/0/0", "https://www.opengis.net/def/crs/EPSG/0/0"),
        (" SWEREF 99 18 00 ", "SWEREF 99 18 00"),
    ],
)
def test_declared_forms_come_to_one(written: str, short: str) -> None:
    assert crs.declared(written) == short


@pytest.mark.parametrize(
    ("written", "flat", "height"),
    [
        ("EPSG:7415", "EPSG:28992", "NAP"),
        ("EPSG:5850", "EPSG:3011", "RH 2000"),
        ("EPSG:3006+5613", "EPSG:3006", "RH 2000"),
        ("EPSG:3068+5783", "EPSG:3068", "DHHN92"),
        ("SWEREF 99 18 00", "EPSG:3011", ""),
        ("EPSG:4979", "EPSG:4326", ""),
        ("OGC:CRS84", "EPSG:4326", ""),
        ("+proj=utm +zone=34 +datum=WGS84 +units=m +no_defs", "EPSG:32634", ""),
    ],
)
def test_parts(written: str, flat: str, height: str) -> None:
    assert crs.horizontal(written) == flat
    assert crs.vertical(written) == height


@pytest.mark.parametrize("written", ["EPSG:99999999", "nonsense", "", 'LOCAL_CS["site",UNIT["m",1]]', "EPSG:4978",
                                     "EPSG:5613", "x" * 5000])  # fmt: skip
def test_what_has_no_place_is_refused_in_one_line(written: str) -> None:
    with pytest.raises(UnknownCrs) as caught:
        crs.horizontal(written)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("box", "chosen"),
    [
        ((18.0, 59.3, 18.1, 59.4), "EPSG:3011"),
        ((11.9, 57.7, 12.0, 57.7), "EPSG:3006"),
        ((20.2, 67.8, 20.3, 67.9), "EPSG:3006"),
        ((13.0, 55.6, 13.0, 55.6), "EPSG:3006"),
        ((12.57, 55.67, 12.58, 55.68), "EPSG:32633"),  # Copenhagen is not Sweden
        ((24.9, 60.1, 25.0, 60.2), "EPSG:32635"),  # nor is Helsinki
        ((10.7, 59.9, 10.8, 59.95), "EPSG:32632"),  # nor Oslo
        ((-70.0, -33.0, -70.0, -33.0), "EPSG:32719"),
    ],
)
def test_the_system_of_a_new_project_follows_the_place(box: crs.Box, chosen: str) -> None:
    assert crs.choose("EPSG:4326", box) == chosen


def test_a_declared_metric_system_is_kept() -> None:
    assert crs.choose("EPSG:7415", None) == "EPSG:28992"
    assert crs.choose("EPSG:3007", (18.0, 59.3, 18.1, 59.4)) == "EPSG:3007"


@pytest.mark.parametrize("written", ["EPSG:3857", "EPSG:2263", "EPSG:4326"])
def test_what_is_not_true_metres_is_not_kept(written: str) -> None:
    assert not crs.metric(written)
    assert crs.choose(written, (18.0, 59.3, 18.1, 59.4)) == "EPSG:3011"


def test_the_choice_needs_a_place() -> None:
    with pytest.raises(UnknownCrs):
        crs.choose("EPSG:4326", None)
    with pytest.raises(BadInput, match="not longitude and latitude"):
        crs.choose("EPSG:4326", (153000, 6579000, 154000, 6580000))


def test_known_point_in_stockholm() -> None:
    # Lantmäteriet's definition: 18° is the central meridian of SWEREF 99 18 00, at E 150 000.
    x, _ = crs.transformer("EPSG:4326", "EPSG:3011").transform(18.0, 59.3)
    assert x == pytest.approx(150_000, abs=0.01)
    back = crs.transformer("EPSG:3011", "EPSG:4326").transform(150_000, 6_575_000)
    assert back[0] == pytest.approx(18.0, abs=1e-6)
    assert 59 < back[1] < 60


def test_exchanged_axes_are_seen() -> None:
    assert crs.swapped("EPSG:3011", (6_579_000, 153_000, 6_580_000, 154_000))
    assert not crs.swapped("EPSG:3011", (153_000, 6_579_000, 154_000, 6_580_000))
    assert not crs.swapped("EPSG:3068", (0, 0, 96, 98))


def test_describe_names_the_system() -> None:
    assert crs.describe("EPSG:3011", "sv") == "EPSG:3011 – SWEREF 99 18 00"
    assert crs.describe("urn:ogc:def:crs:EPSG::7415", "en").startswith("EPSG:7415 – Amersfoort / RD New + NAP")
    assert crs.describe("nonsense", "en") == "nonsense"


def test_place_takes_the_users_word_over_the_files() -> None:
    box = (84_616.0, 447_422.0, 85_140.0, 447_750.0)
    path = Path("x.json")
    placed = crs.place(path, "EPSG:7415", box, ReadOptions())
    assert (placed.declared, placed.source, placed.target, placed.height_system) == (
        "EPSG:7415", "EPSG:28992", "EPSG:28992", "NAP",
    )  # fmt: skip
    assert crs.place(path, "EPSG:3857", box, ReadOptions(crs="EPSG:28992")).source == "EPSG:28992"
    assert crs.place(path, "EPSG:7415", box, ReadOptions(target_crs="EPSG:3006")).target == "EPSG:3006"
    with pytest.raises(UnknownCrs, match=r"x\.json: the file does not say"):
        crs.place(path, None, box, ReadOptions())
    with pytest.raises(BadInput, match="projected system in metres"):
        crs.place(path, "EPSG:7415", box, ReadOptions(target_crs="EPSG:4326"))


def test_place_turns_exchanged_axes() -> None:
    placed = crs.place(Path("x.json"), "EPSG:3011", (6_579_000, 153_000, 6_580_000, 154_000), ReadOptions())
    assert placed.swapped
    assert placed.target == "EPSG:3011"


def test_box_to_follows_the_edges() -> None:
    west, south, east, north = crs.box_to("EPSG:3011", "EPSG:4326", (150_000, 6_575_000, 151_000, 6_576_000))
    assert west == pytest.approx(18.0, abs=1e-6)
    assert 0.01 < east - west < 0.02
    assert 0.008 < north - south < 0.01
