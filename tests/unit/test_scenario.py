"""Scenarios: keys, copies, the tree, and Cities along their edits."""

from __future__ import annotations

import pytest
from small_cities import small_city

from twin.city.changes import Changes, combined
from twin.city.digest import city_digest, part_digest
from twin.errors import BadInput
from twin.scenario import scenario as sc
from twin.scenario.buildings import ChangeBuilding, RemoveBuilding
from twin.scenario.codec import decode_scenario, encode_scenario
from twin.scenario.others import AddPlace
from twin.scenario.scenario import Entry, Scenario
from twin.scenario.streets import AddPath, RemovePath
from twin.scenario.version import Versions, apply_all, changes_between

CITY = small_city(5)
BASE = city_digest(CITY)
BRIDGE = AddPath(line=((130.0, 60.0), (470.0, 410.0)), tolerance=80.0)
SCHOOL = AddPlace(at=(100.0, 100.0), place_kind="school")
TALLER = ChangeBuilding(buildings=("b1",), height=40.0)


def test_key_counts_what_is_asked_and_nothing_else():
    a = Scenario(name="A").adding(BRIDGE, TALLER).with_parameter("reach", "count_access", False)
    b = Scenario(name="B", role="planforslag", status="approved", horizon=2040, edits=(
        Entry(SCHOOL, enabled=False), Entry(BRIDGE, note="seen on site"), Entry(TALLER)),
        parameters={"reach": {"count_access": False}})  # fmt: skip
    assert sc.key(BASE, a) == sc.key(BASE, b)
    assert sc.key(BASE, a) != sc.key(BASE, a.adding(SCHOOL))
    assert sc.key(BASE, a) != sc.key(BASE, a.with_parameter("reach", "count_access", None))
    assert sc.key(BASE, a) != sc.key(city_digest(small_city(6)), a)
    assert sc.key(BASE, sc.PRESENT) == sc.key(BASE, Scenario(name="Nothing yet"))


def test_equal_content_has_equal_digest_and_a_changed_cell_another():
    assert city_digest(small_city(5)) == BASE
    height = CITY.buildings["height"].copy()
    height.iloc[3] += 1e-9
    other = CITY.replaced(buildings=CITY.buildings.assign(height=height))
    assert part_digest(other, "buildings") != part_digest(CITY, "buildings")
    assert part_digest(other, "paths") == part_digest(CITY, "paths")


def test_scenario_is_the_same_after_json():
    scenario = Scenario(name="Bro", horizon=2040, parent="Nuläge", status="review").adding(BRIDGE, note="idé")
    assert decode_scenario(encode_scenario(scenario), "project.json") == scenario
    with pytest.raises(BadInput, match=r"project\.json: role"):
        decode_scenario(b'{"name":"A","role":"king"}', "project.json")


def test_adding_checks_values_made_in_python():
    with pytest.raises(BadInput, match="Edit 1"):
        Scenario(name="A").adding(AddPlace(at=(float("nan"), 0.0), place_kind="school"))
    with pytest.raises(BadInput, match="height"):
        Scenario(name="A").adding(ChangeBuilding(buildings=("b1",), height=-1.0))


def test_copies_make_a_tree():
    tree = [Scenario(name="Noll", role="nollalternativ")]
    tree.append(sc.copied(tree, "Noll"))
    tree.append(sc.copied(tree, "Noll 2"))
    assert [s.name for s in tree] == ["Noll", "Noll 2", "Noll 3"]
    assert [s.name for s in sc.ancestors(tree, "Noll 3")] == ["Noll 2", "Noll"]
    assert [s.name for s in sc.children(tree, "Noll")] == ["Noll 2"]
    assert [s.name for s in sc.children(tree, sc.PRESENT.name)] == ["Noll"]
    assert sc.reference_of(tree, tree[2]).name == "Noll"
    assert sc.reference_of(tree, tree[0]) is sc.PRESENT
    renamed = sc.replaced(tree, "Noll 2", tree[1].changed(name="Bro"))
    assert renamed[2].parent == "Bro"
    left = sc.removed(renamed, "Bro")
    assert [(s.name, s.parent) for s in left] == [("Noll", ""), ("Noll 3", "Noll")]
    with pytest.raises(BadInput, match="already"):
        sc.replaced(tree, "Noll 2", tree[1].changed(name="Noll"))
    with pytest.raises(BadInput, match="Noll 3"):
        sc.find(tree, "Bryggan")
    looped = [Scenario(name="A", parent="B"), Scenario(name="B", parent="A")]
    assert [s.name for s in sc.ancestors(looped, "A")] == ["B"]


def test_a_copy_holds_its_own_edits():
    origin = Scenario(name="A").adding(BRIDGE)
    copy = sc.copied([origin], "A")
    assert copy.edits == origin.edits
    later = origin.adding(SCHOOL)
    assert len(copy.edits) == 1
    assert len(later.edits) == 2


def test_versions_share_tables_and_are_built_once():
    versions = Versions()
    a = versions.build(CITY, BASE, [BRIDGE, SCHOOL])
    b = versions.build(CITY, BASE, [BRIDGE, TALLER])
    assert a.parent is b.parent
    assert a.city.paths is b.city.paths
    assert a.city.buildings is CITY.buildings
    assert versions.build(CITY, BASE, [BRIDGE, SCHOOL]) is a
    assert apply_all(CITY, [Entry(BRIDGE), Entry(SCHOOL, enabled=False)]).paths["id"].tolist() == (
        b.city.paths["id"].tolist()
    )


def test_digests_of_tables_follow_only_what_touches_them():
    versions = Versions()
    base = versions.build(CITY, BASE, [])
    a = versions.build(CITY, BASE, [BRIDGE, TALLER])
    b = versions.build(CITY, BASE, [TALLER, BRIDGE])
    for table in ("paths", "buildings", "places", "terrain"):
        assert a.digest(table) == b.digest(table)
    assert a.digest("places") == base.digest("places")
    assert a.digest("paths") != base.digest("paths")
    nothing = versions.build(CITY, BASE, [RemovePath(paths=("not there",))])
    assert nothing.digest("paths") == base.digest("paths")


def test_changes_between_two_lists_of_edits():
    versions = Versions()
    a = versions.build(CITY, BASE, [TALLER, BRIDGE])
    b = versions.build(CITY, BASE, [TALLER, SCHOOL, RemoveBuilding(buildings=("b2",))])
    changes = changes_between(a, b)
    assert changes.tables == {"paths", "places", "buildings", "population"}  # people follow houses
    assert changes.of("buildings") == {"b2"}
    assert changes_between(b, a) == changes
    assert changes_between(a, a).tables == frozenset()
    other = versions.build(small_city(6), "other", [])
    assert changes_between(a, other) is None


def test_a_table_changed_in_an_unknown_way_stays_so():
    known = Changes({"paths": frozenset({"a"})})
    assert combined([Changes({"paths": frozenset()}), known]).of("paths") is None
    assert combined([known, Changes({"paths": frozenset()})]).of("paths") is None
    assert combined([known]).of("buildings") == frozenset()
