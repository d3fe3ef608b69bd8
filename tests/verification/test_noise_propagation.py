"""Propagation against the cases of ISO/TR 17534-4 and against what must hold whatever stands around."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.compile import kernels
from twin.models.noise import case as cases
from twin.models.noise import propagation as waves
from twin.models.noise.air import A_WEIGHTING

OWN = (3, 8, 11, 14, 18, 21, 26, 28)
"""Cases that lie beside this file; the others are among the shared data."""
CASES = range(1, 29)
WITHIN = 0.1


def case(number: int, request: pytest.FixtureRequest) -> Path:
    """Return the file of a case; skip where it is not here."""
    if number in OWN:
        return Path(__file__).parent / "cases" / f"TC{number:02}.json"
    shared: Path = request.getfixturevalue("shared_data")
    return shared / "noise" / "cases" / f"TC{number:02}.json"


def told_of(number: int, request: pytest.FixtureRequest) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(case(number, request).read_text("utf-8"))
    return told


def solved(told: dict[str, Any]) -> waves.Levels:
    return cases.solve(msgspec.convert(told, cases.Case))[0]


@pytest.mark.parametrize("number", CASES)
def test_case_of_the_standard(request: pytest.FixtureRequest, number: int) -> None:
    path = case(number, request)
    expected = json.loads(path.read_text("utf-8"))["expected"]
    found, _ = cases.solve(cases.read(path))
    compared = 0
    for name in waves.PATHS:
        told = expected.get(name, {})
        for condition in "HF":
            if "L" in told.get(condition, {}):
                assert found.paths[name, condition] == pytest.approx(told[condition]["L"]["values"], abs=WITHIN), (
                    f"{name} {condition}"
                )
                compared += 1
        for key, weights in (("L", 0.0), ("LA", A_WEIGHTING)):
            if key in told.get("combined_p0.5", {}):
                assert found.long_term[name] + weights == pytest.approx(
                    told["combined_p0.5"][key]["values"], abs=WITHIN
                )
                compared += 1
        if name not in expected:
            assert name not in found.long_term
    for key, got in (("L", found.total), ("LA", found.weighted)):
        if key in expected.get("total_all_paths", {}):
            assert got == pytest.approx(expected["total_all_paths"][key]["values"], abs=WITHIN)
            compared += 1
    assert compared >= 3


def test_kernels_are_called_with_the_types_they_are_declared_for(request: pytest.FixtureRequest) -> None:
    ours = {name: kept for name, kept in kernels().items() if ".noise." in name}
    assert len(ours) == 13
    for function, signature in ours.values():
        function.compile(signature)
    solved(told_of(21, request))
    solved(told_of(18, request))
    solved(free(30.0))
    assert {name: len(function.signatures) for name, (function, _) in ours.items()} == dict.fromkeys(ours, 1)


# --- the same scene seen otherwise -------------------------------------------------------------------------------


def turned(told: dict[str, Any], angle: float, shift: tuple[float, float, float]) -> dict[str, Any]:
    c, s = math.cos(angle), math.sin(angle)

    def at(x: float, y: float) -> list[float]:
        return [c * x - s * y + shift[0], s * x + c * y + shift[1]]

    def place(p: dict[str, float]) -> dict[str, float]:
        x, y = at(p["x"], p["y"])
        return {"x": x, "y": y, "z": p["z"] + shift[2]}

    scene = told["scene"]
    return {
        **told,
        "source": {**told["source"], "position": place(told["source"]["position"])},
        "receiver": {"position": place(told["receiver"]["position"])},
        "scene": {
            **scene,
            "ground_areas": [{**a, "polygon": [at(*p) for p in a["polygon"]]} for a in scene["ground_areas"]],
            "terrain_breaklines": [
                [*at(x, y), z + shift[2], *at(u, v), w + shift[2]] for x, y, z, u, v, w in scene["terrain_breaklines"]
            ],
            "buildings": [
                {**b, "footprint": [at(*p) for p in b["footprint"]], "top_z": b["top_z"] + shift[2]}
                for b in scene["buildings"]
            ],
            "walls": [
                {**w, "top_line": [[*at(x, y), z + shift[2]] for x, y, z in w["top_line"]]} for w in scene["walls"]
            ],
        },
    }


def same(one: waves.Levels, other: waves.Levels, within: float) -> None:
    assert set(one.paths) == set(other.paths)
    for key, levels in one.paths.items():
        assert other.paths[key] == pytest.approx(levels, abs=within), key


@pytest.mark.parametrize("number", CASES)
def test_moved_and_turned(request: pytest.FixtureRequest, number: int) -> None:
    told = told_of(number, request)
    up = 31.0 if told["scene"]["terrain_breaklines"] else 0.0
    same(solved(told), solved(turned(told, 0.7, (152200.0, 6577640.0, up))), 1e-6)


@pytest.mark.parametrize("number", [5, 8, 11, 12, 13, 14, 15, 16, 18, 19, 21, 22, 24, 25, 26, 28])
def test_order_of_the_parts_does_not_matter(request: pytest.FixtureRequest, number: int) -> None:
    told = told_of(number, request)
    scene = told["scene"]
    mixed = {
        **{key: value[::-1] if isinstance(value, list) else value for key, value in reversed(scene.items())},
        "buildings": [
            {**b, "footprint": b["footprint"][::-1][2:] + b["footprint"][::-1][:2]}
            for b in reversed(scene["buildings"])
        ],
        "walls": [{**w, "top_line": w["top_line"][::-1]} for w in reversed(scene["walls"])],
    }
    same(solved(told), solved(dict(reversed({**told, "scene": mixed}.items()))), 1e-9)


@pytest.mark.parametrize("number", [7, 8, 9, 10, 11, 14, 15, 16, 18, 21, 22, 26, 28])
def test_seen_in_a_mirror_left_is_right(request: pytest.FixtureRequest, number: int) -> None:
    told = told_of(number, request)
    scene = told["scene"]

    def flip(points: list[list[float]]) -> list[list[float]]:
        return [[x, -y, *z] for x, y, *z in points]

    def place(p: dict[str, float]) -> dict[str, float]:
        return {**p, "y": -p["y"]}

    other = solved(
        {
            **told,
            "source": {**told["source"], "position": place(told["source"]["position"])},
            "receiver": {"position": place(told["receiver"]["position"])},
            "scene": {
                **scene,
                "ground_areas": [{**a, "polygon": flip(a["polygon"])} for a in scene["ground_areas"]],
                "terrain_breaklines": [[x, -y, z, u, -v, w] for x, y, z, u, v, w in scene["terrain_breaklines"]],
                "buildings": [{**b, "footprint": flip(b["footprint"])} for b in scene["buildings"]],
                "walls": [{**w, "top_line": flip(w["top_line"])} for w in scene["walls"]],
            },
        }
    )
    swap = {"left": "right", "right": "left"}
    one = solved(told)
    assert {(swap.get(name, name), c) for name, c in one.paths} == set(other.paths)
    for (name, condition), levels in one.paths.items():
        assert other.paths[swap.get(name, name), condition] == pytest.approx(levels, abs=1e-6)


@pytest.mark.parametrize("number", [4, 7, 9, 16, 22])
def test_areas_cut_in_two_change_nothing(request: pytest.FixtureRequest, number: int) -> None:
    told = told_of(number, request)
    cut = []
    for area in told["scene"]["ground_areas"]:
        (x0, y0), (x1, _), (_, y1), _ = area["polygon"]
        x = x0 + 0.37 * (x1 - x0)
        cut.append({"G": area["G"], "polygon": [[x0, y0], [x, y0], [x, y1], [x0, y1]]})
        cut.append({"G": area["G"], "polygon": [[x, y0], [x1, y0], [x1, y1], [x, y1]]})
    same(solved(told), solved({**told, "scene": {**told["scene"], "ground_areas": cut}}), 1e-9)


# --- physics -----------------------------------------------------------------------------------------------------


def free(x: float, zs: float = 2.0, zr: float = 2.0, g: float = 0.5, **more: Any) -> dict[str, Any]:
    return {
        "source": {"position": {"x": 0.0, "y": 0.0, "z": zs}, "power_Lw_dB_per_band": [90.0] * 8},
        "receiver": {"position": {"x": x, "y": 0.0, "z": zr}},
        "scene": {"default_G": g, **more},
        "options": {"reflection_order": 1, "diffraction_around_vertical_edges": True},
    }


@settings(max_examples=25, deadline=None)
@given(st.floats(5, 400), st.floats(1.02, 2.0), st.floats(0.05, 6), st.floats(1.5, 20), st.sampled_from([0.0, 1e-3]))
def test_farther_over_hard_ground_is_quieter(x: float, factor: float, zs: float, zr: float, slope: float) -> None:
    near, far = solved(free(x, zs, zr, 0.0)), solved(free(x * factor, zs, zr, 0.0))
    assert (far.paths["direct", "H"] < near.paths["direct", "H"] + slope).all()


@settings(max_examples=25, deadline=None)
@given(
    st.floats(20, 500), st.floats(0.3, 8), st.floats(0.3, 8), st.floats(0, 1),
    st.floats(0.2, 0.8), st.floats(0, 12), st.booleans(),
)  # fmt: skip
def test_source_and_receiver_change_places(
    x: float, zs: float, zr: float, g: float, where: float, top: float, curved: bool
) -> None:
    """Over even ground the method is reciprocal, but for G of the source's own ground, here the same everywhere."""
    screen = [{"top_line": [[x * where, -900.0, top], [x * where, 900.0, top]]}]
    back = [{"top_line": [[x * (1 - where), -900.0, top], [x * (1 - where), 900.0, top]]}]
    condition = "F" if curved else "H"
    there = solved(free(x, zs, zr, g, walls=screen)).paths["direct", condition]
    assert solved(free(x, zr, zs, g, walls=back)).paths["direct", condition] == pytest.approx(there, abs=1e-6)


def test_twice_as_far_in_the_free_field_is_six_decibels() -> None:
    from twin.models.noise.air import spreading

    assert spreading(200.0) - spreading(100.0) == pytest.approx(20 * np.log10(2))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 0.95), st.floats(0, 0.99))
def test_more_absorption_never_raises_a_level(alpha: float, share: float) -> None:
    def by(a: float) -> waves.Levels:
        wall = [{"top_line": [[-50.0, 20.0, 12.0], [150.0, 20.0, 12.0]], "alpha": [a] * 8}]
        return solved(free(80.0, walls=wall))

    soft, hard = by(alpha), by(alpha * share)
    assert (soft.total <= hard.total + 1e-9).all()
    lost = hard.paths["reflection", "H"] - soft.paths["reflection", "H"]
    assert lost == pytest.approx(10 * np.log10((1 - alpha * share) / (1 - alpha)), abs=1e-6)


def test_higher_screens_shield_more_and_none_less_than_nothing() -> None:
    last = solved(free(100.0)).paths["direct", "H"]
    for top in (2.1, 3.0, 5.0, 9.0):
        screen = [{"top_line": [[50.0, -400.0, top], [50.0, 400.0, top]]}]
        found = solved(free(100.0, walls=screen)).paths["direct", "H"]
        assert (found[4:] < last[4:]).all()
        last = found


def test_parts_sum_as_energy(request: pytest.FixtureRequest) -> None:
    found = solved(told_of(18, request))
    energy = sum(10 ** (level / 10) for level in found.long_term.values())
    assert found.total == pytest.approx(10 * np.log10(energy))
    assert found.overall == pytest.approx(10 * np.log10(np.sum(10 ** ((found.total + A_WEIGHTING) / 10))))


def test_a_path_in_one_condition_only_counts_by_its_share() -> None:
    levels = waves.Levels({("direct", "H"): np.full(8, 50.0)}, share=0.5)
    assert levels.total == pytest.approx(np.full(8, 50 - 3.0103), abs=1e-4)
    assert "left" not in levels.long_term
    assert waves.Levels({}).overall == -np.inf


def test_second_order_between_two_walls() -> None:
    walls = [{"top_line": [[-80.0, y, 20.0], [180.0, y, 20.0]], "alpha": [0.0] * 8} for y in (-10.0, 15.0)]
    told = free(90.0, g=0.0, walls=walls)
    orders = [solved({**told, "options": {"reflection_order": n}}).total for n in range(3)]
    assert (orders[0] < orders[1]).all()
    assert (orders[1] < orders[2]).all()
    # images at y = 2·15, −2·10, ±2·(15+10): spreading alone over hard ground, low loss of air
    energy = [1 / (90.0**2 + y * y) for y in (0, 30, 20, 50, 50)]
    gain = 10 * np.log10(sum(energy) / energy[0])
    assert orders[2][0] - orders[0][0] == pytest.approx(gain, abs=0.05)
