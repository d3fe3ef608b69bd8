"""Road emission against the reference figures of the method, and what must hold for all traffic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import BadInput
from twin.models.noise import emission_case, tables
from twin.models.noise.air import A_WEIGHTING
from twin.models.noise.emission import (
    BOTH,
    DOWN,
    UP,
    Conditions,
    gradient_correction,
    line_power,
    vehicle_power,
)
from twin.models.noise.tables import BANDS, CATEGORIES, shipped

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Conditions()


@pytest.fixture(scope="module")
def reference(shared_data):
    path = shared_data / "noise" / "emission" / "emission_tests.json"
    return path, json.loads(path.read_text("utf-8"))


def test_reference_tests_within_a_hundredth(reference) -> None:
    path, told = reference
    answers = {row["name"]: row["Lw"] for row in emission_case.answer(emission_case.read(path))[0]["tests"]}
    looked_at = 0
    for test in told["tests"]:
        found = np.array(answers[test["name"]])
        for figure in test["expected"]:
            if "overall_A_weighted_Lw_dB_per_m" in figure:
                overall = 10 * np.log10(np.sum(10 ** ((found + A_WEIGHTING) / 10)))
                assert overall == pytest.approx(figure["overall_A_weighted_Lw_dB_per_m"], abs=0.05)
                continue
            key = "Lw_dB_per_m" if test["use_as_reference"] else "independent_directive_formula_dB"
            assert found[BANDS.index(figure["frequency_Hz"])] == pytest.approx(figure[key], abs=0.01), test["name"]
            looked_at += 1
    assert looked_at == 21


def test_table_of_2020(reference) -> None:
    for vector in reference[1]["derived_vectors_2020"]["vectors"]:
        category = vector["category"]
        where = Conditions(surface=vector["surface"], temperature=vector["temperature_C"])
        found = line_power({category: vector["flow_per_h"]}, {category: vector["speed_kmh"]}, where, shipped("2020"))
        assert found == pytest.approx(vector["Lw_dB_per_m"], abs=0.001)


def test_shipped_tables_hold_all_that_was_published(shared_data) -> None:
    for edition in tables.EDITIONS:
        told = json.loads((shared_data / "noise" / "emission" / f"coefficients_{edition}.json").read_text("utf-8"))
        ours = shipped(edition)
        assert set(ours.surfaces) == set(told["road_surfaces"])
        for name, surface in told["road_surfaces"].items():
            for category in CATEGORIES:
                theirs = surface["per_category"][category]
                alpha = ours.surfaces[name].alpha.get(category, np.zeros(8))
                assert alpha == pytest.approx(theirs["alpha"]), (name, category)
                assert ours.surfaces[name].beta.get(category, 0) == theirs["beta"]
        for category, vehicle in told["vehicle_categories"].items():
            for theirs, quantity in (("A_R", "rolling_a"), ("B_R", "rolling_b"), ("A_P", "propulsion_a")):
                assert ours.vehicle(category, quantity) == pytest.approx(vehicle[theirs])


def test_gradients_by_hand() -> None:
    assert gradient_correction("1", 100, 5) == pytest.approx(2.0)
    assert gradient_correction("1", 50, -10) == pytest.approx(4.0)
    assert gradient_correction("1", 50, -6) == gradient_correction("1", 50, 2) == 0
    assert gradient_correction("2", 90, -11) == pytest.approx(7.0)
    assert gradient_correction("3", 60, 4) == pytest.approx(3.0)
    assert gradient_correction("4b", 60, 12) == 0
    assert gradient_correction("3", 60, 40) == gradient_correction("3", 60, 12)


traffic = st.fixed_dictionaries({c: st.floats(0, 5000) for c in CATEGORIES}).filter(lambda f: sum(f.values()) > 1)
speeds = st.fixed_dictionaries({c: st.floats(0, 140) for c in CATEGORIES})
roads = st.builds(
    Conditions,
    surface=st.sampled_from(sorted(shipped("2015").surfaces)),
    temperature=st.floats(-20, 35),
    gradient=st.floats(-15, 15),
    studded=st.floats(0, 1),
    studded_months=st.floats(0, 12),
    junction=st.sampled_from([0, 1, 2]),
    junction_distance=st.floats(-150, 150),
)


@settings(max_examples=40, deadline=None)
@given(traffic, speeds, roads)
def test_half_the_traffic_is_three_decibels_less(flow, speed, road) -> None:
    whole = line_power(flow, speed, road, shipped("2015"))
    half = line_power({c: f / 2 for c, f in flow.items()}, speed, road, shipped("2015"))
    assert half - whole == pytest.approx(np.full(8, 10 * np.log10(0.5)), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(traffic, speeds, roads)
def test_both_ways_are_each_way_halved(flow, speed, road) -> None:
    t = shipped("2015")
    up, down = line_power(flow, speed, road, t, UP), line_power(flow, speed, road, t, DOWN)
    both = line_power(flow, speed, road, t, BOTH)
    assert 10 ** (both / 10) == pytest.approx((10 ** (up / 10) + 10 ** (down / 10)) / 2)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(CATEGORIES), st.floats(0, 20), roads)
def test_slower_than_twenty_is_as_twenty(category, speed, road) -> None:
    t = shipped("2015")
    assert vehicle_power(category, speed, road, t) == pytest.approx(vehicle_power(category, 20, road, t))
    one, other = ({category: v} for v in (speed, 20.0))
    assert line_power({category: 9}, one, road, t) == pytest.approx(line_power({category: 9}, other, road, t))


def test_studded_tyres_only_on_light_vehicles_and_by_their_share() -> None:
    t = shipped("2020")
    studs = Conditions(studded=1, studded_months=12)
    assert vehicle_power("3", 70, studs, t) == pytest.approx(vehicle_power("3", 70, PLAIN, t))
    louder = vehicle_power("1", 70, studs, t) - vehicle_power("1", 70, PLAIN, t)
    assert (louder[:3] == 0).all()
    assert (louder[3:] > 0).all()
    half = vehicle_power("1", 70, Conditions(studded=1, studded_months=6), t) - vehicle_power("1", 70, PLAIN, t)
    assert (half[3:] < louder[3:]).all()


def test_no_traffic_is_no_sound() -> None:
    assert (line_power({"1": 0.0}, {}, PLAIN) == -np.inf).all()


@pytest.mark.parametrize(
    ("flow", "where", "words"),
    [
        ({"5": 1.0}, PLAIN, "vehicle category 5: expected one of 1, 2, 3, 4a, 4b"),
        ({"1": -1.0}, PLAIN, "flow of category 1"),
        ({"1": 1.0}, Conditions(studded=2), "studded_share: expected 0 to 1"),
        ({"1": 1.0}, Conditions(studded_months=13), "studded_months: expected 0 to 12"),
        ({"1": 1.0}, Conditions(junction=3), "junction type"),
        ({"1": 1.0}, Conditions(surface="ice"), "road surface ice: not in the table; known are DEF"),
    ],
)
def test_wrong_input_says_what(flow, where, words) -> None:
    with pytest.raises(BadInput, match=words):
        line_power(flow, dict.fromkeys(flow, 50.0), where)


def test_own_tables_can_be_dropped_in(tmp_path: Path, root: Path) -> None:
    base = root / "data" / "noise"
    vehicles, surfaces = tmp_path / "v.csv", tmp_path / "s.csv"
    vehicles.write_bytes((base / "vehicles-2020.csv").read_bytes())
    lines = (base / "surfaces-2020.csv").read_text("utf-8").splitlines()
    surfaces.write_text("\n".join([*lines, "SE1,own,30,130,1," + ",".join(["1"] * 8) + ",0"]), encoding="utf-8")
    own = tables.load(vehicles, surfaces)
    louder = line_power({"1": 100}, {"1": 110}, Conditions("SE1"), own) - line_power({"1": 100}, {"1": 110}, PLAIN, own)
    assert (louder > 0).all()
    assert louder.max() < 1
    surfaces.write_text("\n".join([*lines, "SE1,own,30,130,1,x" + ",1" * 7 + ",0"]), encoding="utf-8")
    with pytest.raises(BadInput, match=rf"s\.csv: row {len(lines) + 1}: 63: expected a number, found x"):
        tables.load(vehicles, surfaces)
    with pytest.raises(BadInput, match="cannot be read"):
        tables.load(tmp_path / "none.csv", surfaces)
    with pytest.raises(BadInput, match="expected one of 2015, 2020"):
        shipped("1996")
