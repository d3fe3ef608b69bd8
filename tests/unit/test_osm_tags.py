"""What OpenStreetMap tags mean."""

from __future__ import annotations

import math

import pytest

from twin.city import osm_streets, osm_tags, schema


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        ("12 m", 12.0),
        ("12m", 12.0),
        ("12,5", 12.5),
        ("12.5 metres", 12.5),
        ("40'", 12.192),
        ("40 ft", 12.192),
        ("6'4\"", 1.9304),
        ("10;12", 12.0),
        ("10-12", 12.0),
        ("~9", 9.0),
        ("-2", -2.0),
    ],
)
def test_lengths_are_read_as_people_write_them(text, expected):
    assert osm_tags.metres(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "high", "12 floors", "m", "1e5", "nan", "inf", "12 km"])
def test_what_is_no_length_is_unknown(text):
    assert math.isnan(osm_tags.metres(text))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"building": "yes", "height": "20", "building:levels": "3"}, (20.0, 0.0, 3.0, "height")),
        ({"building": "apartments", "building:levels": "5"}, (15.0, 0.0, 5.0, "levels")),
        ({"building": "apartments", "building:levels": "5", "roof:levels": "1"}, (17.5, 0.0, 6.0, "levels")),
        ({"building": "apartments", "building:levels": "5", "roof:height": "4"}, (19.0, 0.0, 5.0, "levels")),
        ({"building": "office", "building:levels": "10"}, (36.0, 0.0, 10.0, "levels")),
        ({"building:part": "yes", "height": "30", "min_height": "10"}, (30.0, 10.0, math.nan, "height")),
        ({"building:part": "yes", "building:levels": "8", "building:min_level": "2"}, (24.0, 6.0, 8.0, "levels")),
        ({"building": "house"}, (6.0, 0.0, math.nan, "default")),
        ({"building": "yes", "height": "0"}, (9.0, 0.0, math.nan, "default")),
        ({"building": "yes", "height": "12000"}, (9.0, 0.0, math.nan, "default")),
        ({"building": "yes", "height": "5", "min_height": "7"}, (5.0, 0.0, math.nan, "height")),
        ({"building": "yes", "building:levels": "many"}, (9.0, 0.0, math.nan, "default")),
    ],
)
def test_heights_come_from_height_then_floors_then_kind(tags, expected):
    found = osm_tags.building_height(tags, osm_tags.building_use(tags))
    assert found[3] == expected[3]
    assert found[:3] == pytest.approx(expected[:3], nan_ok=True)


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"building": "apartments"}, "residential"),
        ({"building": "yes"}, ""),
        ({"building": "yes", "amenity": "school"}, "school"),
        ({"building": "yes", "shop": "clothes"}, "retail"),
        ({"building": "yes", "office": "company"}, "office"),
        ({"building": "yes", "tourism": "hotel"}, "hotel"),
        ({"building": "church", "tourism": "museum"}, "church"),
        ({"building:part": "office"}, "office"),
    ],
)
def test_use(tags, use):
    assert osm_tags.building_use(tags) == use


def test_every_use_has_a_default_height():
    uses = set(osm_tags._BUILDING_USE.values()) | set(osm_tags._AMENITY_USE.values())
    assert uses <= set(osm_tags.DEFAULT_HEIGHTS)
    assert set(osm_tags.GROUND_FACTORS) == set(schema.COVER_KINDS)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"natural": "water"}, "water"),
        ({"leisure": "park"}, "park"),
        ({"landuse": "cemetery"}, "green"),
        ({"leisure": "pitch", "surface": "asphalt"}, "paved"),
        ({"place": "square"}, "square"),
        ({"highway": "pedestrian", "area": "yes"}, "square"),
        ({"highway": "pedestrian"}, ""),
        ({"amenity": "parking"}, "paved"),
        ({"amenity": "parking", "parking": "underground"}, ""),
        ({"natural": "water", "tunnel": "culvert"}, ""),
        ({"building": "yes", "leisure": "park"}, ""),
        ({"landuse": "residential"}, ""),
    ],
)
def test_cover(tags, kind):
    assert osm_tags.cover_kind(tags) == kind


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "school"}, "school"),
        ({"railway": "station", "station": "subway"}, "station"),
        ({"highway": "bus_stop"}, "stop"),
        ({"public_transport": "platform", "bus": "yes"}, "stop"),
        ({"public_transport": "platform", "bus": "yes", "highway": "bus_stop"}, "stop"),
        ({"public_transport": "stop_position", "bus": "yes"}, ""),
        ({"place": "suburb"}, "district"),
        ({"addr:housenumber": "4"}, "address"),
        ({"addr:housenumber": "4", "building": "yes"}, ""),
        ({"amenity": "bench"}, ""),
    ],
)
def test_places(tags, kind):
    assert osm_tags.place_kind(tags) == kind


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"maxspeed": "40"}, (40.0, False)),
        ({"maxspeed": "50 mph"}, (80.5, False)),
        ({"maxspeed": "SE:urban"}, (50.0, False)),
        ({"maxspeed": "SE:rural"}, (70.0, False)),
        ({"maxspeed": "FI:rural"}, (80.0, False)),
        ({"maxspeed": "SE:zone30"}, (30.0, False)),
        ({"zone:maxspeed": "DE:30"}, (30.0, False)),
        ({"source:maxspeed": "SE:urban"}, (50.0, False)),
        ({"maxspeed:type": "sign"}, (50.0, True)),
        ({"maxspeed": "walk"}, (7.0, False)),
        ({"maxspeed": "50;30"}, (50.0, False)),
        ({"maxspeed": "60", "maxspeed:backward": "30"}, (60.0, False)),
        ({"maxspeed": "signals"}, (50.0, True)),
        ({"maxspeed": "0"}, (50.0, True)),
        ({}, (50.0, True)),
    ],
)
def test_speeds(tags, expected):
    assert osm_streets.speed(tags, "primary", "forward") == expected


def test_speed_by_direction():
    assert osm_streets.speed({"maxspeed": "60", "maxspeed:backward": "30"}, "primary", "backward") == (30.0, False)


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, 1, 1),
        ({"lanes": "2"}, 1, 1),
        ({"lanes": "3"}, 1, 1),
        ({"lanes": "4"}, 2, 2),
        ({"lanes": "1"}, 1, 1),
        ({"lanes": "3", "lanes:forward": "2"}, 2, 1),
        ({"lanes": "3", "lanes:forward": "1", "lanes:backward": "2"}, 1, 2),
        ({"lanes": "5", "lanes:both_ways": "1"}, 2, 2),
        ({"lanes": "many"}, 1, 1),
    ],
)
def test_lanes_of_a_two_way_street(tags, forward, backward):
    street = osm_streets.street({"highway": "primary", **tags}, "primary")
    assert (street.forward.lanes, street.backward.lanes) == (forward, backward)


def test_bus_lanes_give_no_capacity_to_cars():
    street = osm_streets.street({"lanes": "3", "oneway": "yes", "bus:lanes": "|yes|designated"}, "primary")
    assert street.forward.lanes == 3
    assert street.forward.capacity == 2 * osm_streets.CAPACITIES["primary"]


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, "car,truck,bus,taxi,bicycle", "car,truck,bus,taxi,bicycle"),
        ({"oneway": "yes"}, "car,truck,bus,taxi,bicycle", None),
        ({"oneway": "-1"}, None, "car,truck,bus,taxi,bicycle"),
        ({"oneway": "yes", "oneway:bicycle": "no"}, "car,truck,bus,taxi,bicycle", "bicycle"),
        ({"oneway": "yes", "oneway:psv": "no"}, "car,truck,bus,taxi,bicycle", "bus,taxi"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "car,truck,bus,taxi,bicycle", "bicycle"),
        ({"junction": "roundabout"}, "car,truck,bus,taxi,bicycle", None),
        ({"junction": "roundabout", "oneway": "no"}, "car,truck,bus,taxi,bicycle", "car,truck,bus,taxi,bicycle"),
        ({"access": "no", "bus": "yes"}, "bus", "bus"),
        ({"motor_vehicle": "no", "psv": "yes"}, "bus,taxi,bicycle", "bus,taxi,bicycle"),
        ({"hgv": "no"}, "car,bus,taxi,bicycle", "car,bus,taxi,bicycle"),
        ({"motor_vehicle:backward": "no"}, "car,truck,bus,taxi,bicycle", "bicycle"),
        ({"motorroad": "yes"}, "car,truck,bus,taxi", "car,truck,bus,taxi"),
        ({"access": "private"}, None, None),
        ({"access": "destination"}, "car,truck,bus,taxi,bicycle", "car,truck,bus,taxi,bicycle"),
    ],
)
def test_who_may_drive_which_way(tags, forward, backward):
    street = osm_streets.street(tags, "residential")
    said = [",".join(side.allowed) if side else None for side in (street.forward, street.backward)]
    assert said == [forward, backward]


def test_motorways_are_one_way_and_without_bicycles():
    street = osm_streets.street({"highway": "motorway", "lanes": "3"}, "motorway")
    assert street.oneway
    assert street.backward is None
    assert street.forward.allowed == ("car", "truck", "bus", "taxi")
    assert street.forward.capacity == 6000


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "residential"}, "residential"),
        ({"highway": "service"}, "service"),
        ({"highway": "service", "service": "driveway"}, ""),
        ({"highway": "service", "area": "yes"}, ""),
        ({"highway": "footway"}, ""),
        ({"highway": "pedestrian"}, ""),
        ({"highway": "pedestrian", "bus": "yes"}, "pedestrian"),
        ({"highway": "bus_guideway"}, "busway"),
        ({"highway": "construction"}, ""),
        ({}, ""),
    ],
)
def test_road_class(tags, kind):
    assert osm_streets.road_class(tags) == kind


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "residential"}, True),
        ({"highway": "residential", "foot": "use_sidepath"}, False),
        ({"highway": "cycleway"}, True),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "motorway"}, False),
        ({"highway": "trunk"}, False),
        ({"highway": "trunk", "foot": "yes"}, True),
        ({"highway": "footway", "access": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "yes"}, True),
        ({"highway": "primary", "motorroad": "yes"}, False),
        ({"railway": "platform"}, True),
        ({"highway": "proposed"}, False),
        ({"building": "yes"}, False),
    ],
)
def test_walkable(tags, expected):
    assert osm_streets.walkable(tags) is expected
