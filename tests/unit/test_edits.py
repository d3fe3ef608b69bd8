"""Edits: what they do to a City, what they say they touch, and how they are read."""

from __future__ import annotations

import contextlib

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from small_cities import small_city

from twin.city.city import Surfaces
from twin.city.residents import apportioned, place_residents, tenure_mix, with_people
from twin.city.schema import TABLES
from twin.errors import BadInput
from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer, RemoveBuilding
from twin.scenario.codec import decode_edits, encode_edits
from twin.scenario.conflicts import FAR, check
from twin.scenario.kinds import TITLES, AnyEdit
from twin.scenario.others import (
    AddBarrier,
    AddPlace,
    AddRule,
    ChangeRule,
    FleetMix,
    RemoveBarrier,
    RemovePlace,
    ScaleDemand,
)
from twin.scenario.scenario import Entry
from twin.scenario.streets import AddPath, AddRoad, ChangeRoad, CloseRoad, RemovePath
from twin.text import tr

CITY = small_city(3)
BRIDGE = AddPath(line=((130.0, 60.0), (470.0, 410.0)), tolerance=80.0)
SQUARE = ((100.0, 100.0), (140.0, 100.0), (140.0, 130.0), (100.0, 130.0))
MIX = {"rental": 0.6, "tenant_owned": 0.4}
EDITS: list[AnyEdit] = [
    CloseRoad(roads=("r0a",)),
    CloseRoad(roads=("r1",), classes=("car",)),
    ChangeRoad(roads=("r0a", "r0b"), speed=30.0, lanes=2.0, surface="asphalt", capacity=700.0, flow_factor=0.8),
    AddRoad(line=((200.0, 8.0), (210.0, 90.0))),
    AddRoad(line=((200.0, 8.0), (210.0, 90.0)), oneway=True, id="my road"),
    BRIDGE,
    RemovePath(paths=("w3", "w4")),
    AddBuilding(footprint=SQUARE, height=18.0, dwellings=20.0, tenure=MIX, jobs=3.0),
    ChangeBuilding(buildings=("b1", "b2"), height=30.0, use="office", dwellings=0.0, residents=0.0, tenure=MIX),
    ChangeBuilding(buildings=("b1",), footprint=SQUARE),
    RemoveBuilding(buildings=("b5",)),
    AddBarrier(line=((0.0, 0.0), (50.0, 0.0)), height=3.0, absorption={"500": 0.7}),
    RemoveBarrier(barriers=("s0",)),
    AddRule(area=SQUARE, rule_class="3", vehicle_classes=("car", "truck")),
    ChangeRule(rules=("g0",), rule_class="3", status="in_force"),
    FleetMix(electric=60.0, studded=20.0, period="night"),
    ScaleDemand(factor=1.1, period="morning"),
    HousingTransfer(
        zone="z0", dwellings=100.0, tenure=MIX, from_zone="z1", buildings=("b1", "b2"),
        groups={"origin": {"rental": {"a": 0.3, "b": 0.7}, "tenant_owned": {"a": 0.9, "c": 0.1}}},
    ),
    AddPlace(at=(100.0, 100.0), place_kind="school", name="Nya skolan", capacity=400.0),
    RemovePlace(places=("p0",)),
]  # fmt: skip


def _rows(city, table):
    """Return each row of a table as comparable text, by id."""
    frame = city.table(table)
    columns = [frame[name].to_numpy(object) for name in frame if name != "geometry"]
    plain = ["|".join(map(str, row)) for row in zip(*columns, strict=True)]
    shapes = shapely.to_wkt(frame.geometry.to_numpy(), 6) if "geometry" in frame else [""] * len(frame)
    return {name: f"{text}{shape}" for name, text, shape in zip(frame["id"], plain, shapes, strict=True)}


def test_every_kind_of_edit_is_tried_here():
    assert {type(edit) for edit in EDITS} == set(TITLES)


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: type(e).__name__)
def test_edit_touches_exactly_what_it_changes(edit):
    """Untouched tables are the same objects, touched ids are those whose rows differ, the City before is as it was."""
    before = {table: _rows(CITY, table) for table in TABLES}
    after = edit.apply(CITY)
    changes = edit.touches(CITY)
    assert changes.tables
    for table in TABLES:
        assert _rows(CITY, table) == before[table]
        if table not in changes.tables:
            assert after.table(table) is CITY.table(table)
            continue
        now = _rows(after, table)
        differ = {name for name in before[table].keys() | now.keys() if before[table].get(name) != now.get(name)}
        assert differ == changes.of(table)
        assert after.table(table)["id"].is_unique
        assert list(after.table(table).dtypes) == list(CITY.table(table).dtypes) or not len(CITY.table(table))
    assert not changes.tables - edit.reads - {"sources"}


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: type(e).__name__)
def test_edit_is_the_same_after_json(edit):
    entry = decode_edits(encode_edits([edit]), "edits.json")[0]
    assert entry.edit == edit
    assert _rows(entry.edit.apply(CITY), "paths") == _rows(edit.apply(CITY), "paths")


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: type(e).__name__)
def test_edit_on_an_empty_city_does_no_harm(edit):
    from twin.city.city import City

    edit.apply(City("empty", "EPSG:3011"))


def test_bridge_is_tied_in_and_keeps_lengths():
    after = BRIDGE.apply(CITY)
    assert after.paths["length"].sum() == pytest.approx(
        CITY.paths["length"].sum() + float(after.paths.set_index("id").loc[BRIDGE.own_id(), "length"])
    )
    bridge = after.paths.set_index("id").loc[BRIDGE.own_id()]
    others = after.paths[after.paths["id"] != BRIDGE.own_id()]
    for node, end in ((bridge.from_node, 0), (bridge.to_node, -1)):
        meeting = others[(others["from_node"] == node) | (others["to_node"] == node)]
        assert len(meeting) >= 2
        point = shapely.Point(bridge.geometry.coords[end])
        assert meeting.geometry.distance(point).max() < 1e-6
    pieces = [name for name in after.paths["id"] if "~" in name]
    assert {name.split("~")[0] for name in pieces} <= set(CITY.paths["id"])


def test_removing_a_split_link_removes_its_pieces():
    split = BRIDGE.touches(CITY).of("paths") & set(CITY.paths["id"])
    after = RemovePath(paths=tuple(split)).apply(BRIDGE.apply(CITY))
    assert not any(name.split("~")[0] in split for name in after.paths["id"])


def test_an_end_at_a_node_splits_nothing():
    line = CITY.paths.geometry.iloc[0]
    x, y = line.coords[0]
    edit = AddPath(line=((x + 0.3, y), (x - 300.0, y - 300.0)), tolerance=5.0)
    after = edit.apply(CITY)
    assert len(after.paths) == len(CITY.paths) + 1
    assert after.paths["from_node"].iloc[-1] in {CITY.paths["from_node"].iloc[0], CITY.paths["to_node"].iloc[0]} | set(
        CITY.paths["from_node"]
    )


def test_new_street_splits_both_directions():
    edit = AddRoad(line=((200.0, 8.0), (210.0, 90.0)))
    after = edit.apply(CITY)
    assert {"r0a", "r0b"} & set(after.roads["id"]) == set()
    pieces = after.roads[after.roads["id"].str.contains("~")]
    assert len(pieces) == 4
    start = after.roads.set_index("id").loc[edit.names()[0], "from_node"]
    assert ((pieces["from_node"] == start) | (pieces["to_node"] == start)).all()
    assert pieces["aadt"].eq(1000.0).all()


def test_closing_for_some_classes_leaves_the_others():
    after = CloseRoad(roads=("r1",), classes=("car",)).apply(CITY).roads.set_index("id")
    assert after.loc["r1", "allowed"] == "bus"
    assert not after.loc["r1", "closed"]
    nobody = CloseRoad(roads=("r1",), classes=("car", "bus")).apply(CITY).roads.set_index("id")
    assert nobody.loc["r1", "closed"]


def test_house_stands_on_the_ground_and_holds_people():
    edit = AddBuilding(footprint=SQUARE, height=18.0, dwellings=21.0, persons_per_dwelling=1.9)
    house = edit.apply(CITY).buildings.set_index("id").loc[edit.own_id()]
    assert house.residents == 40.0
    corners = np.array(SQUARE)
    assert house.ground == pytest.approx(float(CITY.terrain.sample(corners[:, 0], corners[:, 1]).min()))


def test_new_height_takes_detailed_roofs_and_parts_away():
    surfaces = Surfaces(
        np.zeros((4, 3)), np.array([[0, 1, 2], [1, 2, 3]], dtype=np.int32), np.array([2, 2], dtype=np.uint8),
        np.array([0, 1], dtype=np.int32), ("b1", "b9"),
    )  # fmt: skip
    buildings = CITY.buildings.assign(parent=["b1" if name == "b3" else "" for name in CITY.buildings["id"]])
    city = CITY.replaced(surfaces=surfaces, buildings=buildings)
    effect = ChangeBuilding(buildings=("b1",), height=40.0).effect(city)
    assert effect.city.surfaces.ids == ("b9",)
    assert effect.city.surfaces.triangles.tolist() == [[1, 2, 3]]
    assert effect.changes.of("buildings") == {"b1", "b3"}
    assert "surfaces" in effect.changes.tables
    assert ChangeBuilding(buildings=("b1",), jobs=4.0).apply(city).surfaces is surfaces


def test_transfer_moves_stated_numbers():
    edit = next(e for e in EDITS if isinstance(e, HousingTransfer))
    before, after = (c.population.groupby(["zone", "group"])["persons"].sum() for c in (CITY, edit.apply(CITY)))
    assert after["z0"].sum() - before["z0"].sum() == pytest.approx(200.0)
    assert before["z1"].sum() - after["z1"].sum() == pytest.approx(200.0)
    assert after["z0", "b"] - before["z0", "b"] == pytest.approx(200 * 0.6 * 0.7)
    assert after["z0", "c"] == pytest.approx(200 * 0.4 * 0.1)
    assert after["z1", "a"] / before["z1", "a"] == pytest.approx(after["z1", "b"] / before["z1", "b"])
    homes = [c.buildings.set_index("id")["residents"] for c in (CITY, edit.apply(CITY))]
    assert (homes[1] - homes[0]).sum() == 200


BAD = [
    (b'[{"kind":"add_path","line":[[0,0],[1]]}]', "edit 1 (add_path), field line[1]"),
    (b'[{"kind":"add_path","line":[[0,0],[9,9]]},{"kind":"add_building","footprint":[[0,0],[9,9],[9,0],[0,9]],'
     b'"height":3}]', "edit 2 (add_building), field footprint"),
    (b'[{"kind":"fly"}]', "edit 1: its kind is «fly»; it must be one of close_road"),
    (b'[{"kind":"close_road","roads":["a"],"bla":1}]', "edit 1 (close_road), field bla"),
    (b'[{"kind":"add_path","line":[[0,0],[1e999,1]]}]', "edit 1"),
    (b'[{"kind":"add_path","line":[[0,0],[1e12,1]]}]', "field line[1][0]"),
    (b'[{"kind":"add_path","line":[[0,0],[0,0]]}]', "field line"),
    (b'[{"kind":"add_building","footprint":[[0,0],[9,0],[9,9]],"height":-2}]', "field height"),
    (b'[{"kind":"add_building","footprint":[[0,0],[9,0],[9,9]],"height":2,"tenure":{"rental":0.5}}]', "field tenure"),
    (b'[{"edit":{"kind":"change_building","buildings":["a"],"height":1},"enabled":3}]', "field enabled"),
    (b'[{"kind":"add_place","at":[0,0],"place_kind":"school","name":"' + b"x" * 300 + b'"}]', "field name"),
    (b'[{"kind":"change_road","roads":["a"]}]', "nothing to change"),
    (b'{"edits":3}', "no list of edits"),
    (b"[", "no list of edits"),
    (b"\xff\xfe", "no list of edits"),
    (b"[" * 100_000, "edits"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), BAD)
def test_bad_edits_are_refused_in_one_line(data, said):
    with pytest.raises(BadInput) as caught:
        decode_edits(data, "E.json")
    text = str(caught.value)
    assert text.startswith("E.json: ")
    assert said in text
    assert "\n" not in text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,kindadpthle0123.e-', max_size=120).map(str.encode))
def test_reading_edits_fails_only_clearly(data):
    with contextlib.suppress(BadInput):
        decode_edits(data, "E.json")


def test_conflicts_name_both_edits():
    entries = [
        Entry(RemoveBuilding(buildings=("b5",))),
        Entry(ChangeBuilding(buildings=("b5", "b6"), height=12.0)),
        Entry(ChangeBuilding(buildings=("nowhere",), height=12.0)),
        Entry(BRIDGE),
        Entry(BRIDGE),
        Entry(AddPath(line=((-5000.0, 0.0), (-5000.0, 50.0)))),
    ]
    found = [one for one in check(CITY, entries) if one.message != FAR]
    assert [(c.number, c.other) for c in found] == [(2, 1), (3, 0), (5, 4), (6, 0), (6, 0)]
    assert "edit 1" in found[0].text("en")
    assert "b5" in found[0].text("en")
    assert tr("Remove building", "en") in found[0].text("en")
    switched = [Entry(entries[0].edit, enabled=False), *entries[1:2]]
    assert check(CITY, switched) == ()


def test_an_end_that_is_brought_far_to_the_network_is_told():
    ends = shapely.get_coordinates(CITY.paths.geometry.to_numpy())
    x, y = ends[ends[:, 0].argmin()].tolist()
    far = AddPath(line=((x - 80.0, y), (x - 200.0, y)), tolerance=100.0)
    met, loose = check(CITY, [Entry(far)])
    assert met.text("en").endswith("its start meets the network only 80 m away")
    assert "dess början" in met.text("sv")
    assert "dess slut möter inget" in loose.text("sv")


def test_a_later_edit_may_change_what_an_earlier_one_built():
    build = AddBuilding(footprint=SQUARE, height=18.0)
    entries = [Entry(build), Entry(ChangeBuilding(buildings=(build.own_id(),), height=12.0))]
    assert check(CITY, entries) == ()


@given(st.integers(0, 10_000), st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_apportioned_keeps_the_total_and_is_never_one_off(total, weights):
    parts = apportioned(total, np.array(weights))
    assert parts.sum() == total
    assert (parts == np.rint(parts)).all()
    if sum(weights) > 1e-300:
        exact = np.array(weights) / np.sum(weights) * total
        assert (np.abs(parts - exact) < 1 + 1e-6 * total).all()


def test_residents_are_placed_with_exact_totals():
    city = CITY.replaced(buildings=CITY.buildings.assign(residents=np.nan))
    placed, assumed = with_people(city)
    assert assumed == ()
    middles = shapely.point_on_surface(placed.buildings.geometry.to_numpy())
    for name, shape in zip(placed.zones["id"], placed.zones.geometry, strict=True):
        here = shapely.intersects(shape, middles)
        people = placed.population.loc[placed.population["zone"] == name, "persons"].sum()
        assert placed.buildings["residents"].to_numpy()[here].sum() == people
    assert with_people(placed)[0] is placed


def test_residents_without_dwellings_follow_floor_area():
    buildings = CITY.buildings.assign(residents=np.nan, dwellings=np.nan, use="residential", floors=np.nan, height=9.0)
    placed, notes = place_residents(CITY.replaced(buildings=buildings))
    assert notes == ()
    assert placed.buildings["residents"].sum() == CITY.population["persons"].sum()
    assert np.corrcoef(placed.buildings.geometry.area, placed.buildings["residents"])[0, 1] > 0.4


def test_people_nobody_counted_are_estimated_and_said():
    buildings = CITY.buildings.assign(residents=np.nan, jobs=np.nan, height=9.0, floors=np.nan)
    city = CITY.replaced(buildings=buildings, population=CITY.population.iloc[:0])
    placed, assumed = with_people(city)
    assert len(assumed) == 2
    homes = placed.buildings[placed.buildings["use"] != "office"]
    assert homes["residents"].to_numpy() == pytest.approx(np.rint(homes.geometry.area * 3 / 50))
    offices = placed.buildings[placed.buildings["use"] == "office"]
    assert offices["jobs"].to_numpy() == pytest.approx(np.rint(offices.geometry.area * 3 / 30))
    assert offices["residents"].sum() == 0
    assert city.buildings["residents"].isna().all()


def test_people_without_a_house_are_said():
    offices = CITY.replaced(buildings=CITY.buildings.assign(use="office", dwellings=np.nan))
    _, notes = place_residents(offices)
    assert notes[0].n == 2
    assert notes[0].fields["persons"] == 1000


def test_tenure_text_round_trip():
    house = AddBuilding(footprint=SQUARE, height=3.0, tenure=MIX).apply(CITY).buildings.iloc[-1]
    assert tenure_mix(house.tenure) == MIX
