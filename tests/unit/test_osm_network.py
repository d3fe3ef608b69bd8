"""The road and walk networks of small documents whose links are known by construction, and of real extracts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from twin.city import read_osm
from twin.city.osm_file import Way
from twin.city.osm_split import split
from twin.city.reading import ReadOptions

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("osm")


def read(doc, folder, **options):
    return read_osm.read(doc.write(folder / "doc.osm"), ReadOptions(target_crs="EPSG:3011", **options))


def links(table):
    return set(zip(table["from_node"], table["to_node"], strict=True))


def plus(doc, tags_we=None, tags_ns=None):
    """Draw a crossing of a west-east and a south-north street; return west, east, south, north, middle, ways."""
    w, e, s, n, m = doc.nodes((0, 100), (200, 100), (100, 0), (100, 200), (100, 100))
    across = doc.way([w, m, e], {"highway": "residential", **(tags_we or {})})
    along = doc.way([s, m, n], {"highway": "residential", **(tags_ns or {})})
    return (w, e, s, n, m), (across, along)


def test_streets_are_cut_where_they_share_a_node(osm_doc, folder):
    doc = osm_doc()
    (w, e, s, n, m), (across, along) = plus(doc)
    city = read(doc, folder).city
    assert len(city.roads) == 8
    assert links(city.roads) == {(f"n{a}", f"n{m}") for a in (w, e, s, n)} | {(f"n{m}", f"n{a}") for a in (w, e, s, n)}
    assert set(city.roads["id"]) == {f"w{way}-{i}{side}" for way in (across, along) for i in (0, 1) for side in "fb"}
    assert city.roads["length"].to_numpy() == pytest.approx(100, abs=0.05)
    kinds = dict(zip(city.junctions["node"], city.junctions["kind"], strict=True))
    assert kinds == {f"n{m}": "priority", **{f"n{a}": "end" for a in (w, e, s, n)}}


def test_crossing_streets_on_a_bridge_do_not_meet(osm_doc, folder):
    doc = osm_doc()
    doc.way(doc.nodes((0, 100), (200, 100)), {"highway": "primary", "bridge": "yes", "layer": "2"})
    doc.way(doc.nodes((100, 0), (100, 200)), {"highway": "primary", "tunnel": "yes"})
    roads = read(doc, folder).city.roads
    assert len(roads) == 4
    assert roads["bridge"].tolist() == [True, True, False, False]
    assert roads["tunnel"].tolist() == [False, False, True, True]
    assert roads["level"].tolist() == [2, 2, -1, -1]


@pytest.mark.parametrize(
    ("oneway", "expected"), [("yes", "f"), ("1", "f"), ("-1", "b"), ("reverse", "b"), ("no", "fb"), ("", "fb")]
)
def test_oneway(osm_doc, folder, oneway, expected):
    doc = osm_doc()
    a, b = doc.nodes((0, 0), (100, 0))
    tags = {"highway": "residential", **({"oneway": oneway} if oneway else {})}
    way = doc.way([a, b], tags)
    roads = read(doc, folder).city.roads
    assert roads["id"].tolist() == [f"w{way}-0{side}" for side in expected]
    ends = {"f": (f"n{a}", f"n{b}"), "b": (f"n{b}", f"n{a}")}
    assert links(roads) == {ends[side] for side in expected}
    assert set(roads["oneway"]) == {len(expected) == 1}
    for line, start in zip(roads.geometry, roads["from_node"], strict=True):
        assert (line.coords[0][0] < line.coords[-1][0]) == (start == f"n{a}")


def test_contraflow_cycling_is_a_link_for_bicycles_only(osm_doc, folder):
    doc = osm_doc()
    doc.way(doc.nodes((0, 0), (100, 0)), {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"})
    roads = read(doc, folder).city.roads.set_index("id")
    back = roads[roads.index.str.endswith("b")]
    assert back["allowed"].tolist() == ["bicycle"]
    assert back["capacity"].isna().all()
    assert roads["oneway"].all()


def test_a_roundabout_runs_one_way_and_is_told_at_its_junctions(osm_doc, folder):
    doc = osm_doc()
    ring = doc.nodes((10, 0), (0, 10), (-10, 0), (0, -10))
    doc.way([*ring, ring[0]], {"highway": "tertiary", "junction": "roundabout"})
    arms = [doc.node(100, 0), doc.node(-100, 0)]
    doc.way([arms[0], ring[0]], {"highway": "tertiary"})
    doc.way([ring[2], arms[1]], {"highway": "tertiary"})
    city = read(doc, folder).city
    assert len(city.roads) == 2 + 4
    around = city.roads[city.roads["oneway"]]
    assert links(around) == {(f"n{ring[0]}", f"n{ring[2]}"), (f"n{ring[2]}", f"n{ring[0]}")}
    kinds = dict(zip(city.junctions["node"], city.junctions["kind"], strict=True))
    assert (kinds[f"n{ring[0]}"], kinds[f"n{arms[0]}"]) == ("roundabout", "end")


def test_a_loop_gets_no_link_from_a_node_to_itself(osm_doc, folder):
    doc = osm_doc()
    a, b = doc.nodes((0, 0), (100, 0))
    loop = doc.nodes((120, 20), (140, 0), (120, -20))
    doc.way([a, b], {"highway": "residential"})
    doc.way([b, *loop, b], {"highway": "residential"})
    roads = read(doc, folder).city.roads
    assert (roads["from_node"] != roads["to_node"]).all()
    assert len(roads) == 6


def test_signals_and_signs_move_to_their_junction(osm_doc, folder):
    doc = osm_doc()
    w, e, s, n, m = doc.nodes((0, 100), (200, 100), (100, 0), (100, 200), (100, 100))
    light = doc.node(85, 100, {"highway": "traffic_signals"})
    far = doc.node(20, 100, {"highway": "traffic_signals"})
    doc.way([w, far, light, m, e], {"highway": "primary", "oneway": "yes"})
    doc.way([s, m, n], {"highway": "residential"})
    x, y = doc.nodes((300, 100), (200, 200))
    sign = doc.node(200, 110, {"highway": "stop", "direction": "backward"})
    doc.way([e, x], {"highway": "primary", "oneway": "yes"})
    doc.way([e, sign, y], {"highway": "residential"})
    reading = read(doc, folder)
    kinds = dict(zip(reading.city.junctions["node"], reading.city.junctions["kind"], strict=True))
    assert kinds[f"n{m}"] == "signal"
    assert kinds[f"n{e}"] == "stop_sign"
    assert f"n{light}" not in kinds
    lost = [note for note in reading.notes if "signals" in note.message]
    assert [note.examples for note in lost] == [(f"n{far}",)]


def test_a_signal_before_a_change_of_tags_still_finds_its_junction(osm_doc, folder):
    doc = osm_doc()
    (w, _, _, _, m), _ = plus(doc)
    a, b = doc.nodes((-60, 100), (-20, 100))
    doc.way([a, b, w], {"highway": "residential", "maxspeed": "30"})
    light = doc.node(80, 100, {"highway": "traffic_signals"})
    doc.way([m, light], {"highway": "service"})
    kinds = read(doc, folder).city.junctions.set_index("node")["kind"]
    assert kinds[f"n{m}"] == "signal"
    assert kinds[f"n{w}"] == ""


def restricted(osm_doc, folder, rule, extra=None, start=0, end=3):
    doc = osm_doc()
    nodes = doc.nodes((0, 100), (200, 100), (100, 0), (100, 200))
    middle = doc.node(100, 100)
    ways = [doc.way([node, middle], {"highway": "residential"}) for node in nodes]
    members = [("way", ways[start], "from"), ("node", middle, "via"), ("way", ways[end], "to")]
    doc.relation(members, {"type": "restriction", "restriction": rule, **(extra or {})})
    reading = read(doc, folder)
    text = reading.city.junctions.set_index("node")["banned_turns"][f"n{middle}"]
    return set(filter(None, text.split("; "))), ways


def test_a_forbidden_turn_is_a_pair_of_rows(osm_doc, folder):
    banned, (w, _, _, n) = restricted(osm_doc, folder, "no_left_turn")
    assert banned == {f"w{w}-0f>w{n}-0b"}


def test_only_one_way_on_forbids_all_others(osm_doc, folder):
    banned, (w, _e, s, n) = restricted(osm_doc, folder, "only_straight_on", end=1)
    assert banned == {f"w{w}-0f>w{other}-0b" for other in (w, s, n)}


def test_no_u_turn(osm_doc, folder):
    banned, (w, *_) = restricted(osm_doc, folder, "no_u_turn", start=0, end=0)
    assert banned == {f"w{w}-0f>w{w}-0b"}


def test_a_turn_that_buses_may_take(osm_doc, folder):
    banned, (w, _, _, n) = restricted(osm_doc, folder, "no_left_turn", {"except": "psv;bicycle"})
    assert banned == {f"w{w}-0f>w{n}-0b/car,truck"}


def test_a_turn_between_streets_that_run_through_is_told_by_its_angle(osm_doc, folder):
    doc = osm_doc()
    (_, _, _, _, m), (across, along) = plus(doc, {"oneway": "yes"})
    doc.relation(
        [("way", across, "from"), ("node", m, "via"), ("way", along, "to")],
        {"type": "restriction", "restriction": "no_right_turn"},
    )
    text = read(doc, folder).city.junctions.set_index("node")["banned_turns"][f"n{m}"]
    assert text == f"w{across}-0f>w{along}-0b"


def test_a_bollard_cuts_the_street_but_not_the_way_on_foot(osm_doc, folder):
    doc = osm_doc()
    a, c = doc.nodes((0, 0), (100, 0))
    b = doc.node(50, 0, {"barrier": "bollard"})
    doc.way([a, b, c], {"highway": "residential"})
    city = read(doc, folder).city
    assert links(city.roads) == {
        (f"n{a}", f"n{b}"), (f"n{b}", f"n{a}"), (f"n{b}.2", f"n{c}"), (f"n{c}", f"n{b}.2"),
    }  # fmt: skip
    assert links(city.paths) == {(f"n{a}", f"n{c}")}


def test_bbox_keeps_links_that_touch_it_whole(osm_doc, folder):
    doc = osm_doc(400)
    (w, _e, _, _, m), _ = plus(doc)
    doc.way(doc.nodes((300, 300), (390, 390)), {"highway": "residential"})
    back = Transformer.from_crs("EPSG:3011", "EPSG:4326", always_xy=True)
    west, south = back.transform(154_000 - 10, 6_580_000 + 90)
    east, north = back.transform(154_000 + 50, 6_580_000 + 110)
    whole = read(doc, folder).city
    reading = read(doc, folder, bbox=(west, south, east, north))
    assert links(reading.city.roads) == {(f"n{w}", f"n{m}"), (f"n{m}", f"n{w}")}
    assert links(reading.city.paths) <= links(whole.paths)
    assert set(reading.city.roads["id"]) <= set(whole.roads["id"])
    assert any("Cut out" in note.message for note in reading.notes)


def test_missing_nodes_end_a_street(osm_doc, folder):
    doc = osm_doc()
    a, b, d, e = doc.nodes((0, 0), (50, 0), (150, 0), (200, 0))
    way = doc.way([a, b, 999_999, d, e], {"highway": "residential"})
    reading = read(doc, folder)
    assert links(reading.city.roads) == {
        (f"n{a}", f"n{b}"), (f"n{b}", f"n{a}"), (f"n{d}", f"n{e}"), (f"n{e}", f"n{d}"),
    }  # fmt: skip
    assert [note.examples for note in reading.notes if "lack nodes" in note.message] == [(f"w{way}",)]


def test_paths_steps_and_bridges(osm_doc, folder):
    doc = osm_doc()
    a, b, c = doc.nodes((0, 0), (30, 0), (60, 0))
    doc.way([a, b], {"highway": "footway", "bridge": "yes"})
    doc.way([b, c], {"highway": "steps"})
    doc.way([a, doc.node(0, 50)], {"highway": "motorway"})
    paths = read(doc, folder).city.paths
    assert paths["steps"].tolist() == [False, True]
    assert paths["bridge"].tolist() == [True, False]
    assert paths["length"].to_numpy() == pytest.approx(30, abs=0.02)


def test_a_square_is_crossed_in_a_straight_line(osm_doc, folder):
    doc = osm_doc()
    corners = doc.nodes((0, 0), (100, 0), (100, 100), (0, 100))
    doc.way([*corners, corners[0]], {"highway": "pedestrian", "area": "yes"})
    for corner, (x, y) in zip((corners[0], corners[2]), ((-50, -50), (150, 150)), strict=True):
        doc.way([corner, doc.node(x, y)], {"highway": "footway"})
    paths = read(doc, folder).city.paths
    across = paths[paths["id"].str.contains("-x")]
    assert across["length"].tolist() == pytest.approx([100 * 2**0.5], abs=0.05)
    assert links(across) == {(f"n{corners[0]}", f"n{corners[2]}")}


@st.composite
def street_grids(draw):
    """Streets on a 4 × 4 grid: each runs straight over some nodes; with direction and the expected directed links."""
    streets = []
    for _ in range(draw(st.integers(1, 6))):
        line, start, length = draw(st.integers(0, 3)), draw(st.integers(0, 2)), draw(st.integers(1, 3))
        cells = [(k, line) for k in range(start, min(start + length, 3) + 1)]
        if draw(st.booleans()):
            cells = [(y, x) for x, y in cells]
        if draw(st.booleans()):
            cells.reverse()
        streets.append((cells, draw(st.sampled_from(["", "yes", "-1", "no"]))))
    return streets


@given(street_grids())
@SETTINGS
def test_any_grid_of_streets_keeps_its_directed_reachability(osm_doc, folder, streets):
    doc = osm_doc()
    ids = {(x, y): doc.node(x * 80, y * 80) for x in range(4) for y in range(4)}
    expected: set[tuple[str, str]] = set()
    uses: dict[tuple[int, int], int] = {}
    for cells, oneway in streets:
        doc.way([ids[cell] for cell in cells], {"highway": "residential", **({"oneway": oneway} if oneway else {})})
        for position, cell in enumerate(cells):
            uses[cell] = uses.get(cell, 0) + 1 + (position in (0, len(cells) - 1))
        for a, b in itertools.pairwise(cells):
            if oneway != "-1":
                expected.add((f"n{ids[a]}", f"n{ids[b]}"))
            if oneway != "yes":
                expected.add((f"n{ids[b]}", f"n{ids[a]}"))
    roads = read(doc, folder).city.roads
    assert roads["id"].is_unique
    spot = {f"n{node}": np.array([154_000 + x * 80, 6_580_000 + y * 80]) for (x, y), node in ids.items()}
    steps: set[tuple[str, str]] = set()
    for line, a, b, length in zip(roads.geometry, roads["from_node"], roads["to_node"], roads["length"], strict=True):
        xy = shapely.get_coordinates(line)
        assert np.allclose(xy[0], spot[a], atol=0.05)
        assert np.allclose(xy[-1], spot[b], atol=0.05)
        assert length == pytest.approx(80 * (len(xy) - 1), abs=0.1)
        names = [min(spot, key=lambda n, p=p: float(np.hypot(*(spot[n] - p)))) for p in xy]
        steps |= set(itertools.pairwise(names))
        inner = {node for node in names[1:-1]}
        crossing = {f"n{ids[cell]}" for cell, n in uses.items() if n > 2}
        assert not inner & crossing
    assert steps == expected


@given(
    st.lists(st.lists(st.integers(0, 11), min_size=2, max_size=7), min_size=1, max_size=6),
    st.sets(st.integers(0, 11), max_size=2),
    st.sets(st.integers(0, 11), max_size=2),
)
@SETTINGS
def test_splitting_loses_no_metre_and_joins_only_at_nodes(refs, missing, closed):
    place = {i: (float(i * i * 7 % 50), float(i * 13 % 37)) for i in range(12)}
    ways = []
    for number, line in enumerate(refs):
        xy = np.array([(np.nan, np.nan) if i in missing else place[i] for i in line])
        ways.append(Way(number, {}, np.array(line, dtype=np.int64), xy, line[0] == line[-1]))
    pieces = split(ways, closed)
    total = sum(
        np.hypot(*np.subtract(place[a], place[b]))
        for line in refs
        for a, b in itertools.pairwise(line)
        if a not in missing and b not in missing
    )
    assert shapely.length(pieces.lines()).sum() == pytest.approx(total)
    starts, ends = pieces.refs[pieces.start], pieces.refs[pieces.end]
    assert (starts != ends).all()
    inner = [ref for a, b in zip(pieces.start, pieces.end, strict=True) for ref in pieces.refs[a + 1 : b]]
    assert len(inner) == len(set(inner))
    assert not set(inner) & (set(starts.tolist()) | set(ends.tolist()))
    assert not set(inner) & closed
    keys = list(zip(pieces.way.tolist(), pieces.number.tolist(), strict=True))
    assert len(keys) == len(set(keys))
    for node in closed:
        used = [ref for ref in [*starts.tolist(), *ends.tolist()] if pieces.name(ref).split(".")[0] == f"n{node}"]
        assert len(used) == len(set(used))


@pytest.fixture(scope="module", params=["stockholm_osm/stockholm.osm", "helsinki_pbf/Helsinki.osm.pbf"])
def real(request, shared_data):
    return read_osm.read(shared_data / "city" / request.param, ReadOptions()).city


def test_real_networks_hold_together(real):
    nodes = dict(zip(real.junctions["node"], shapely.get_coordinates(real.junctions.geometry.to_numpy()), strict=True))
    assert real.roads["id"].is_unique
    assert real.junctions["id"].is_unique
    assert real.paths["id"].is_unique
    first = np.array([line.coords[0] for line in real.roads.geometry])
    last = np.array([line.coords[-1] for line in real.roads.geometry])
    assert np.allclose(first, [nodes[name] for name in real.roads["from_node"]])
    assert np.allclose(last, [nodes[name] for name in real.roads["to_node"]])
    ends: dict[str, tuple[float, float]] = {}
    for line, a, b in zip(real.paths.geometry, real.paths["from_node"], real.paths["to_node"], strict=True):
        assert ends.setdefault(a, line.coords[0]) == line.coords[0]
        assert ends.setdefault(b, line.coords[-1]) == line.coords[-1]
    assert (real.roads["from_node"] != real.roads["to_node"]).all()
    assert real.roads["lanes"].between(1, 8).all()
    assert real.roads["speed"].between(5, 120).all()


def test_real_lengths_are_those_on_the_ellipsoid(real):
    back = Transformer.from_crs(real.crs, "EPSG:4326", always_xy=True)
    geod = Geod(ellps="WGS84")
    for table in (real.roads, real.paths):
        lonlat = shapely.transform(table.geometry.to_numpy(), lambda xy: np.column_stack(back.transform(*xy.T)))
        true = np.array([geod.geometry_length(line) for line in lonlat])
        assert np.abs(table["length"].to_numpy() / true - 1).max() < 0.002


def test_both_directions_of_a_street_mirror_each_other(real):
    rows = real.roads.set_index("id")
    for name in rows.index[rows.index.str.endswith("f")]:
        other = name[:-1] + "b"
        if other in rows.index:
            assert rows.at[name, "from_node"] == rows.at[other, "to_node"]
            assert rows.at[name, "geometry"].equals(rows.at[other, "geometry"])
        else:
            assert rows.at[name, "oneway"]
