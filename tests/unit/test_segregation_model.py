"""Segregation in the chain: values by hand, incremental equals full, and what cannot react does not."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import random_edit
from small_cities import CRS, small_city

from twin.chain.answer import compared
from twin.chain.chain import Chain
from twin.city.changes import combined
from twin.city.city import City
from twin.content import demo_project
from twin.errors import BadInput
from twin.models.segregation import copresence, evenness, reacts, several
from twin.models.segregation.model import SEGREGATION, run
from twin.project import load_city
from twin.result import load, store
from twin.scenario.buildings import HousingTransfer
from twin.scenario.others import AddPlace
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.streets import AddPath, RemovePath
from twin.text import tr

FEW = {"ks": "60,300,900", "radii": "150,400,900", "place_kinds": "school,stop,library", "draws": 20.0}


def _same(a, b):
    assert [f.name for f in a.fields] == [f.name for f in b.fields]
    for one, two in zip(a.fields, b.fields, strict=True):
        assert one.ids.tolist() == two.ids.tolist()
        assert np.array_equal(one.values, two.values, equal_nan=True), one.name
    assert [i.id for i in a.indicators] == [i.id for i in b.indicators]
    for one, two in zip(a.indicators, b.indicators, strict=True):
        assert one.places == two.places
        assert one.value == two.value or (math.isnan(one.value) and math.isnan(two.value)), one.id


def _values(result):
    return {one.id.removeprefix("segregation."): one.value for one in result.indicators}


def _zoned(seed: int, columns: int = 4, rows: int = 3) -> City:
    """Return a small city cut into zones with people of three groups, some of them missing or empty."""
    city, rng = small_city(seed), np.random.default_rng(seed)
    west, south, east, north = city.buildings.total_bounds
    x, y = np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1)
    boxes = [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(columns) for j in range(rows)]
    zones = gpd.GeoDataFrame({"id": [f"z{i}" for i in range(len(boxes))], "kind": "grid"}, geometry=boxes, crs=CRS)
    table = pd.DataFrame(
        [
            {"id": f"{zone}|{group}", "zone": zone, "dimension": "origin", "group": group, "persons": persons}
            for zone in zones["id"]
            for group, persons in zip("abc", rng.integers(0, 120, 3), strict=True)
        ]
    )
    table.loc[table["zone"] == "z1", "persons"] = 0
    table.loc[3 * 2, "persons"] = np.nan
    return city.replaced(zones=zones, population=table)


def test_counts_are_those_of_the_zones():
    city = _zoned(1)
    found = _values(run(city, FEW, {}))
    wide = city.population.pivot(index="zone", columns="group", values="persons").dropna().to_numpy(float)
    total = wide.sum(axis=1)
    assert found["d"] == pytest.approx(evenness.dissimilarity(wide[:, 0], total), abs=1e-12)
    assert found["d_b"] == pytest.approx(evenness.dissimilarity(wide[:, 1], total), abs=1e-12)
    assert found["isolation"] == pytest.approx(evenness.isolation(wide[:, 0], total), abs=1e-12)
    assert found["h"] == pytest.approx(several.theil_h(wide), abs=1e-12)
    assert found["share"] == pytest.approx(100 * wide[:, 0].sum() / wide.sum())


def test_units_keep_the_people_of_their_zones():
    from twin.models.segregation.people import Who, read

    city = _zoned(2)
    for cell in (0.0, 60.0, 100.0):
        folk = read(city, Who(cell=cell))
        for group in range(3):
            back = np.bincount(folk.unit_zone, np.nan_to_num(folk.unit_counts[:, group]), len(folk.zones))
            assert back == pytest.approx(np.nan_to_num(folk.counts[:, group]), abs=1e-3)
    assert len(read(city, Who(cell=0.0)).unit_ids) == len(city.zones)


def test_groups_and_area_can_be_chosen():
    city = _zoned(3)
    found = run(city, FEW | {"group": "c", "groups": "a,c", "area": "z0,z4,z5"}, {})
    values = _values(found)
    wide = (
        city.population.pivot(index="zone", columns="group", values="persons").loc[["z0", "z4", "z5"]].to_numpy(float)
    )
    assert values["d"] == pytest.approx(evenness.dissimilarity(wide[:, 2], wide.sum(axis=1)), abs=1e-12)
    assert "d_other" in values
    share = next(f for f in found.fields if tr(f.name, "en").startswith("Share:"))
    assert np.isfinite(share.values[np.isin(share.ids, ["z0", "z4", "z5"])]).all()
    assert np.isnan(share.values[~np.isin(share.ids, ["z0", "z4", "z5"])]).all()


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("grouping", "shoe", "there is no shoe"), ("group", "zz", "there is no zz"), ("area", "z1,nowhere", "nowhere"),
        ("kind", "x", "there is no x"), ("ks", "200,many", "many is no positive"), ("radii", "", "one to twelve"),
        ("ks", "12.5", "12.5"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(parameter, value, said):
    with pytest.raises(BadInput, match=said):
        run(_zoned(4), FEW | {parameter: value}, {})


def test_a_city_without_people_is_answered_with_a_reason():
    empty = run(City("empty", CRS), {}, {})
    assert (empty.fields, empty.indicators) == ((), ())
    assert "no zone here" in empty.assumptions[0]
    bare = run(_zoned(5).replaced(paths=_zoned(5).paths.iloc[:0]), FEW, {})
    assert "there is no walk network" in " ".join(bare.assumptions)
    assert not [i for i in bare.indicators if "walked" in i.id]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_incremental_equals_full(seed):
    """Bit for bit, over chains of random edits."""
    rng = np.random.default_rng(seed)
    city = _zoned(int(rng.integers(40)))
    before = run(city, FEW, {})
    for _ in range(int(rng.integers(1, 4))):
        changes = []
        for _ in range(int(rng.integers(1, 4))):
            edit = random_edit(rng, city)
            if rng.random() < 0.3:
                edit = HousingTransfer(
                    zone=f"z{rng.integers(12)}", dwellings=float(rng.integers(1, 60)), tenure={"rental": 1.0},
                    groups={"origin": {"rental": {"a": 0.25, "b": 0.5, "c": 0.25}}}, from_zone=rng.choice(["", "z3"]),
                )  # fmt: skip
            effect = edit.effect(city)
            city = effect.city
            changes.append(effect.changes)
        after = run(city, FEW, {}, before, combined(changes))
        _same(after, run(city, FEW, {}))
        before = after


def test_only_what_an_edit_reaches_is_looked_at():
    city = _zoned(7, 8, 6)
    values = FEW | {"radii": "80", "place_radius": 80.0, "ks": "10"}
    before = run(city, values, {})
    walk = before.working.walked.walk
    effect = RemovePath(paths=(str(walk.network.ids[walk.link[0]]),)).effect(city)
    after = run(effect.city, values, {}, before, effect.changes)
    assert 0 < after.working.walked.looked_at < 0.5 * before.working.walked.looked_at
    _same(after, run(effect.city, values, {}))


def test_a_height_changes_nothing():
    from twin.scenario.buildings import ChangeBuilding

    city = _zoned(8)
    before = run(city, FEW, {})
    effect = ChangeBuilding(buildings=("b1",), height=44.0).effect(city)
    after = run(effect.city, FEW, {}, before, effect.changes)
    assert after.working.people is before.working.people
    assert after.working.walked is before.working.walked
    _same(after, before)


def test_what_cannot_react_does_not():
    """The table says which families can react; on the demo a bridge, a school and housing move just those."""
    chain = Chain(load_city(demo_project()))
    places = chain.city(PRESENT).places
    a, b = shapely.get_coordinates(places.geometry[places["id"].isin(["p005", "p063"])].to_numpy())
    x, y = (float(v) for v in chain.city(PRESENT).zones.geometry.iloc[20].representative_point().coords[0])
    edits = {
        "path": AddPath(line=(tuple(map(float, a)), tuple(map(float, b))), bridge=True, tolerance=150.0),
        "place": AddPlace(at=(x, y), place_kind="school"),
        "housing": HousingTransfer(
            zone="z05", dwellings=200.0, tenure={"rental": 1.0},
            groups={"origin": {"rental": {"born_sweden": 0.2, "born_europe": 0.2, "born_elsewhere": 0.6}}},
        ),
    }  # fmt: skip
    reference = chain.run(PRESENT, ["segregation"])
    for lever in reacts.LEVERS:
        answer = chain.run(Scenario(name="S").adding(edits[lever.id]), ["segregation"])
        moved = {
            family.id
            for row in compared(answer, reference)["segregation"].rows
            if row.difference != 0 and not math.isnan(row.difference) and (family := reacts.family_of(row.id))
        }
        assert moved == {family.id for family in reacts.FAMILIES if reacts.reacts(family, lever)}, lever.id
        changed = {"path": {"paths"}, "place": {"places"}, "housing": {"population"}}[lever.id]
        assert moved.isdisjoint(family.id for family in reacts.blind(changed))
    chain.close()


def test_every_indicator_belongs_to_a_family():
    found = run(_zoned(9), FEW, {})
    for one in found.indicators:
        if one.id not in ("segregation.share",):
            assert reacts.family_of(one.id), one.id
        assert "{" not in tr(one.title, "sv")
        assert "{" not in tr(one.title, "en")


def test_potential_by_hand():
    found = copresence.potential([[30, 30, 0], [0, 0, 0], [np.nan, np.nan, np.nan]], [60, 120, 0])
    assert found.mix[0] == pytest.approx(math.log(2) / math.log(3))
    assert np.isnan(found.mix[1:]).all()
    assert found.gap[:2].tolist() == [0.25, 0.0]
    assert copresence.places_reached([[30, 30, 0], [np.nan] * 3], [60, 120, 0])[:2].tolist() == [0.5, 0.25]


def test_meeting_counts_who_can_walk_there():
    """A street of three houses; the school is reached by those within the radius, along the street."""
    paths = gpd.GeoDataFrame(
        {"id": ["p"], "from_node": ["a"], "to_node": ["b"], "length": [1000.0]},
        geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=CRS,
    )  # fmt: skip
    houses = gpd.GeoDataFrame(
        {"id": ["h0", "h1", "h2"], "residents": [10.0, 20.0, 40.0], "parent": ""},
        geometry=[shapely.box(x - 5, 5, x + 5, 15) for x in (100, 450, 900)], crs=CRS,
    )  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"id": ["z0", "z1"], "kind": "grid"},
        geometry=[shapely.box(0, -50, 500, 50), shapely.box(500, -50, 1000, 50)], crs=CRS,
    )  # fmt: skip
    rows = [("z0", "a", 24.0), ("z0", "b", 6.0), ("z1", "a", 10.0), ("z1", "b", 30.0)]
    table = pd.DataFrame(rows, columns=["zone", "group", "persons"]).assign(dimension="origin", id=list("0123"))
    school = gpd.GeoDataFrame({"id": ["s"], "kind": ["school"]}, geometry=[shapely.Point(500, 0)], crs=CRS)
    city = City("street", CRS).replaced(paths=paths, buildings=houses, zones=zones, population=table, places=school)
    found = run(city, {"place_radius": 300.0, "ks": "5", "radii": "100", "cell": 10.0}, {})
    people, mix = (next(f for f in found.fields if f.where == "points" and text in tr(f.name, "en"))
                   for text in ("People who can", "mix"))  # fmt: skip
    assert people.values.tolist() == [20.0]  # h1 alone: 50 m away and 10 m beside; h0 is 400 m off
    assert mix.values[0] == pytest.approx(-(0.8 * math.log(0.8) + 0.2 * math.log(0.2)) / math.log(2), abs=1e-6)


def test_kept_on_disk_and_said_in_swedish(tmp_path):
    made = dataclasses.replace(run(_zoned(11), FEW, {}), key="k")
    store(tmp_path, made.without_working())
    back = load(tmp_path, "k")
    assert back is not None
    _same(back, made)
    names = [tr(one.name, "sv") for one in back.fields]
    assert len(set(names)) == len(names)
    assert not any("{" in name or "\x1f" in name for name in names)


def test_the_table_of_parameters_names_sources():
    assert all(one.source and one.title for one in SEGREGATION.parameters)
