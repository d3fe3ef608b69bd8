"""Sections, terrain, ways around and reflections of the noise model, and scenes that nobody would draw."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.noise import case as cases
from twin.models.noise.cut import X0, X1, Z0, G, summed, terrain_at
from twin.models.noise.diffraction import arc, detour, hull, pure, radius, rise
from twin.models.noise.flat import within
from twin.models.noise.ground import exp, ground, ground_below, piece_at
from twin.models.noise.lateral import LEFT, RIGHT, STAND_OFF, corners
from twin.models.noise.propagation import Options, folds, levels, profile
from twin.models.noise.scene import Area, Building, Screen, build, ring_area
from twin.models.noise.terrain import triangles

HARD = np.zeros(8)
POWER = np.full(8, 90.0)


def box(x0: float, y0: float, x1: float, y1: float, top: float) -> Building:
    return Building(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float), top, HARD)


def screen(*points: tuple[float, float, float]) -> Screen:
    return Screen(np.array(points, float), HARD)


def point(*xyz: float) -> np.ndarray:
    return np.array(xyz, float)


def below(seg: np.ndarray, a: float, b: float) -> tuple[float, float, float]:
    """Return slope, height at 0 and mean G of the ground between two places of a profile."""
    found: tuple[float, float, float] = ground_below(seg, piece_at(seg, a), a, piece_at(seg, b), b)
    return found


# --- sections ----------------------------------------------------------------------------------------------------


def test_profile_of_ground_house_and_screen() -> None:
    scene = build(
        0.3,
        (Area(np.array([[40.0, -9], [90, -9], [90, 9], [40, 9]]), 1.0),),
        (box(10, -5, 20, 5, 8.0),),
        (screen((60, -5, 3), (60, 5, 5)),),
    )
    seg, edges, at = profile(scene, np.array([[0.0, 0], [100, 0]]))
    assert at.tolist() == [0, 100]
    pieces = [[0, 10, 0.3], [10, 20, 0], [20, 40, 0.3], [40, 60, 1], [60, 90, 1], [90, 100, 0.3]]
    assert seg[:, [X0, X1, G]].tolist() == pieces
    assert seg[:, Z0].tolist() == [0, 8, 0, 0, 0, 0]
    assert edges[:, :3].tolist() == [[10, 8, 1], [20, 8, 1], [60, 4, 1]]
    assert (edges[:, 3] - edges[0, 3]).tolist() == [0, 1, 3], "an edge does not know the piece that begins there"


def test_smaller_area_holds_whatever_the_order() -> None:
    small = Area(np.array([[40.0, -9], [60, -9], [60, 9], [40, 9]]), 1.0)
    large = Area(np.array([[0.0, -9], [100, -9], [100, 9], [0, 9]]), 0.0)
    for areas in ((small, large), (large, small)):
        seg, _, _ = profile(build(0.5, areas), np.array([[0.0, 0], [100, 0]]))
        assert seg[:, G].tolist() == [0, 1, 0]
    assert ring_area(small.ring) == pytest.approx(360)


def test_overlapping_houses_count_by_the_higher_and_walls_along_the_way_do_not() -> None:
    scene = build(0.5, (), (box(10, -5, 30, 5, 6), box(20, -5, 40, 5, 9), box(50, 0, 60, 5, 9)))
    seg, edges, _ = profile(scene, np.array([[0.0, 0], [100, 0]]))
    assert edges[:, :3].tolist() == [[10, 6, 1], [20, 9, 1], [40, 9, 1]]
    assert below(seg, 0.0, 100.0)[2] == pytest.approx(0.35)


def test_inside_leaves_the_outline_out() -> None:
    def inside(x: float, y: float, ring: np.ndarray) -> bool:
        return bool(within(x, y, np.column_stack([ring, np.roll(ring, -1, axis=0)]), 0, len(ring)))

    ring = np.array([[0.0, 0], [10, 0], [10, 10], [5, 5], [0, 10]])
    assert inside(5.0, 4.0, ring)
    assert not inside(5.0, 6.0, ring)
    assert not inside(0.0, 5.0, ring)
    assert not inside(5.0, 5.0, ring)
    assert not inside(0.0, 0.0, np.array([[0.0, 0], [0, 0], [0, 0]]))


def test_mean_plane_is_least_squares() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([[0], np.sort(rng.uniform(0, 100, 6)), [100]])
    z = rng.uniform(0, 9, 8)
    seg = np.column_stack([x[:-1], z[:-1], x[1:], z[1:], np.zeros((7, 4))])
    summed(seg)
    fine = np.linspace(20, 90, 700001)
    slope, at_zero = np.polyfit(fine, np.interp(fine, x, z), 1)
    assert below(seg, 20.0, 90.0)[:2] == pytest.approx((slope, at_zero), abs=1e-4)
    # the directive's own equations 2.5.3 to 2.5.6 over the whole profile
    a = (z[1:] - z[:-1]) / (x[1:] - x[:-1])
    b = z[:-1] - a * x[:-1]
    big_a = (2 / 3 * a * (x[1:] ** 3 - x[:-1] ** 3) + b * (x[1:] ** 2 - x[:-1] ** 2)).sum()
    big_b = (a * (x[1:] ** 2 - x[:-1] ** 2) + 2 * b * (x[1:] - x[:-1])).sum()
    one = 3 * (2 * big_a - big_b * (x[-1] + x[0])) / (x[-1] - x[0]) ** 3
    two = 2 * (x[-1] ** 3 - x[0] ** 3) / (x[-1] - x[0]) ** 4 * big_b - 3 * (x[-1] + x[0]) / (x[-1] - x[0]) ** 3 * big_a
    assert below(seg, 0.0, 100.0)[:2] == pytest.approx((one, two))
    assert below(seg, 50.0, 50.0)[:2] == pytest.approx((0.0, np.interp(50, x, z)))


def test_images_are_as_far_behind_the_plane() -> None:
    seg = np.array([[0.0, 1.0, 40.0, 31.0, 0.5, 0, 0, 0]])
    summed(seg)
    x, z, u, w, height, other = ground(seg, 0, 3.0, 7.0, 0, 40.0, 36.0, 0.0, False, False, True, np.empty(8))
    assert (height, other) == pytest.approx(((7 - 2.25 - 1) / 1.25, 4.0))
    for px, pz, qx, qz, far in ((3.0, 7.0, x, z, height), (40.0, 36.0, u, w, other)):
        assert math.hypot(qx - px, qz - pz) == pytest.approx(2 * far)
        assert (qx + px) / 2 * 0.75 + 1 == pytest.approx((qz + pz) / 2)


def test_powers_of_e_are_those_of_the_library() -> None:
    x = np.concatenate([np.linspace(-700, 10, 5001), [0.0, -1e-12]])
    assert np.array([exp(v) for v in x]) == pytest.approx(np.exp(x), rel=1e-14)
    assert 0 <= exp(-1e6) < 1e-300


# --- strings and arcs --------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 99), st.floats(0, 20)), max_size=12),
    st.floats(0, 9),
    st.floats(0, 9),
    st.booleans(),
)
def test_string_is_taut_and_above_everything(
    points: list[tuple[float, float]], zs: float, zr: float, bent: bool
) -> None:
    edges = np.array([[x, z, 0.0] for x, z in sorted(points)]).reshape(-1, 3)
    gamma = radius(100.0) if bent else 0.0
    found = np.empty(len(edges) + 2, dtype=np.int64)
    straight = hull(edges, 100.0, zs, zr, 0.0, np.empty(len(edges)), found, -1)
    n = hull(edges, 100.0, zs, zr, gamma, np.empty(len(edges)), found, straight)
    low = np.array([z - rise(x, 100.0, gamma) for x, z, _ in edges])
    xs = np.array([0.0, *edges[found[:n], 0], 100.0])
    zs_ = np.array([zs, *low[found[:n]], zr])
    assert (np.diff(xs) > 0).all()
    assert (np.diff(np.diff(zs_) / np.diff(xs)) < 1e-6).all()
    if len(edges):
        assert (np.interp(edges[:, 0], xs, zs_) >= low - 1e-6).all()


def test_detours() -> None:
    assert detour(0.0, 0.0, 8.0, 0.0, 4.0, 3.0, 4.0, 3.0, 0.0, 0.0) == pytest.approx(2)
    assert detour(0.0, 0.0, 8.0, 0.0, 4.0, -3.0, 4.0, -3.0, 0.0, 0.0) == pytest.approx(-2)
    assert detour(0.0, 3.0, 8.0, 3.0, 0.0, 3.0, 8.0, 3.0, 8.0, 0.0) == pytest.approx(0)
    gamma = radius(100.0)
    assert gamma == 1000
    assert arc(100.0, gamma) == pytest.approx(2000 * math.asin(0.05))
    top = rise(50.0, 100.0, gamma)
    assert top == pytest.approx(100**2 / 8 / gamma, rel=1e-2)
    # an edge on the arc itself makes no detour, and δ is steady where it passes the chord
    assert detour(0.0, 0.0, 100.0, 0.0, 50.0, top, 50.0, top, 0.0, gamma) == pytest.approx(0, abs=1e-9)
    above, below = (detour(0.0, 0.0, 100.0, 0.0, 40.0, z, 40.0, z, 0.0, gamma) for z in (1e-7, -1e-7))
    assert above == pytest.approx(below, abs=1e-6)


def test_pure_diffraction_by_hand() -> None:
    assert pure(0.0, 0.0, False, 4) == pytest.approx(3)
    assert pure(1.0, 0.0, False, 4) == pytest.approx(3 + 40 / 0.34)
    assert pure(-1.0, 0.0, False, 4) == 1
    assert pure(1.0, 0.3, True, 4) == pure(1.0, 0.0, False, 4)
    assert pure(1.0, 1e6, True, 4) == pytest.approx(3 + 120 / 0.34)


# --- terrain -----------------------------------------------------------------------------------------------------


def test_terrain_keeps_breaklines_and_goes_on_beyond() -> None:
    lines = np.array([[0, 0, 0, 0, 50, 0], [20, 0, 5, 20, 50, 5], [40, -300, 5, 40, 300, 5]], float)
    mesh, rim, dropped = triangles(lines)
    assert dropped == ()
    for x, z in ((0, 0), (10, 2.5), (20, 5), (30, 5), (41, 5), (-9, 0)):
        assert terrain_at(float(x), 25.0, mesh, rim) == pytest.approx(z), x
    assert terrain_at(3.0, 4.0, *triangles(np.empty((0, 6)))[:2]) == 0


def test_lines_that_cross_are_joined_when_they_agree() -> None:
    lines = np.array([[0, 0, 0, 10, 10, 10], [0, 10, 10, 10, 0, 0], [0, 0, 0, 10, 0, 0]], float)
    mesh, rim, dropped = triangles(lines)
    assert dropped == ()
    assert terrain_at(5.0, 5.0, mesh, rim) == pytest.approx(5)
    lines[1, [2, 5]] = 20
    assert triangles(lines)[2] in ((0,), (1,))


def test_points_in_a_row_are_no_terrain_but_no_error() -> None:
    mesh, rim, _ = triangles(np.array([[0, 0, 3, 10, 0, 3], [5, 0, 3, 20, 0, 3]], float))
    assert mesh.shape == (0, 9)
    assert terrain_at(5.0, 1.0, mesh, rim) == 0


# --- around ------------------------------------------------------------------------------------------------------


def test_around_a_house_and_one_more_that_the_ray_passes_over() -> None:
    scene = build(0.0, (), (box(20, -4, 30, 6, 9), box(50, -40, 60, 40, 2.0)))
    found = corners(scene, point(0, 0, 3), point(100, 0, 3), LEFT, False)
    assert found is not None
    way, _ = found
    assert way[1:-1, :2] == pytest.approx(np.array([[20, 6], [30, 6]]), abs=2 * STAND_OFF)
    assert way[:, 2] == pytest.approx(np.full(4, 3))
    found = corners(scene, point(0, 0, 3), point(100, 0, 3), RIGHT, True)
    assert found is not None
    assert found[0][1:-1, 1] == pytest.approx([-4, -4], abs=2 * STAND_OFF)


def test_a_roof_is_cut_by_the_plane_of_the_way() -> None:
    """A ray that enters a house and leaves it through the roof goes around that part of the roof that is above it."""
    scene = build(0.0, (), (box(10, -5, 20, 5, 10),))
    found = corners(scene, point(0, 0, 1), point(30, 0, 19), LEFT, False)
    assert found is not None
    way, _ = found
    assert way[1:-1] == pytest.approx(np.array([[10, 5, 7], [15, 5, 10]]), abs=2 * STAND_OFF)


def test_arcs_pass_over_what_straight_rays_meet() -> None:
    scene = build(0.0, (), (), (screen((250, -9, 5), (250, 9, 5)),))
    ends = point(0, 0, 1), point(500, 0, 1)
    assert corners(scene, *ends, LEFT, False) is not None
    assert corners(scene, *ends, LEFT, True) is None


def test_a_way_that_touches_one_edge_is_as_long_as_the_taut_string_and_its_ground_is_clear_of_it() -> None:
    scene = build(0.0, (), (), (screen((50, -9, 5), (50, 9, 5)),))
    found = corners(scene, point(0, 0, 1), point(100, 0, 1), LEFT, False)
    assert found is not None
    way, clear = found
    assert way[1, :2] == pytest.approx([50, 9], abs=1e-9)
    assert clear[1] == pytest.approx([50, 9 + STAND_OFF], abs=1e-9)


def test_receiver_in_a_bay_and_nothing_in_sight() -> None:
    u_shape = np.array([[18.0, 36], [0, 36], [0, 15], [18, 15], [18, 21], [8, 21], [8, 30], [18, 30]])
    scene = build(0.0, (), (Building(u_shape, 20.0, HARD),))
    found = corners(scene, point(-100, 20, 1), point(9, 25, 4), LEFT, False)
    assert found is not None
    way, _ = found
    assert way[1:-1, :2] == pytest.approx(u_shape[[1, 0, 7]], abs=2 * STAND_OFF)
    assert corners(scene, point(-100, 20, 1), point(-9, 25, 4), LEFT, False) is None
    assert corners(scene, point(3, 3, 1), point(3, 3, 9), LEFT, False) is None


# --- reflections -------------------------------------------------------------------------------------------------


def test_images() -> None:
    scene = build(0.0, (), (box(0, 10, 40, 20, 9), box(0, -20, 40, -10, 9)))
    ends = point(5, 0, 1), point(35, 0, 1)
    assert folds(scene, *ends, 0) == []
    once = folds(scene, *ends, 1)
    assert sorted(points[1].round(6).tolist() for _, points in once) == [[20, -10], [20, 10]]
    twice = [points for faces, points in folds(scene, *ends, 2) if len(faces) == 2]
    assert len(twice) == 2
    assert twice[0][1:3, 0] == pytest.approx([12.5, 27.5])


def test_no_reflection_from_behind_or_inside() -> None:
    scene = build(0.0, (), (box(0, 10, 40, 20, 9), box(0, 10, 40, 12, 30)))
    assert len(folds(scene, point(5, 0, 1), point(35, 0, 1), 1)) == 2
    assert ("reflection", "H") not in levels(scene, point(5, 15, 1), POWER, point(35, 15, 1)).paths
    buried = build(0.0, (), (box(0, 10, 40, 20, 9), box(-9, 8, 49, 11, 30)))
    plain = build(0.0, (), (box(-9, 8, 49, 11, 30),))
    ends = point(5, 0, 1), POWER, point(35, 0, 1)
    assert levels(buried, *ends).paths["reflection", "H"] == pytest.approx(
        levels(plain, *ends).paths["reflection", "H"]
    )


def test_an_arc_over_a_low_wall_is_not_reflected() -> None:
    scene = build(0.0, (), (), (screen((0, 9, 3.0), (400, 9, 3.0)),))
    found = levels(scene, point(0, 0, 1), POWER, point(400, 0, 1), Options(reflections=1))
    assert ("reflection", "H") in found.paths
    assert ("reflection", "F") not in found.paths
    assert found.long_term["reflection"] == pytest.approx(found.paths["reflection", "H"] - 3.0103, abs=1e-4)


# --- scenes nobody would draw ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scene",
    [
        {"buildings": [{"footprint": [[0, 0], [0, 0], [0, 0]], "top_z": 9}]},
        {"buildings": [{"footprint": [[10, 0], [20, 0], [30, 0]], "top_z": 9}]},
        {"buildings": [{"footprint": [[-5, -5], [5, -5], [5, 5], [-5, 5]], "top_z": 9}]},
        {"buildings": [{"footprint": [[45, -5], [55, -5], [55, 5], [45, 5]], "top_z": 9}] * 2},
        {"buildings": [{"footprint": [[0, -5], [50, -5], [50, 5], [0, 5]], "top_z": 2000}]},
        {"buildings": [{"footprint": [[20, -5], [30, -5], [20, 5], [30, 5]], "top_z": 1}]},
        {"walls": [{"top_line": [[0, 0, 3], [50, 0, 3]]}, {"top_line": [[9, 9, 9], [9, 9, 9]]}]},
        {"walls": [{"top_line": [[0, -9, 3], [0, 9, 3]]}, {"top_line": [[50, -9, 3], [50, 9, 3]]}]},
        {"terrain_breaklines": [[0, 0, 5, 50, 0, 5]]},
        {"terrain_breaklines": [[-9, -9, 5, 60, -9, 5], [-9, 9, 5, 60, 9, 5]]},
        {"ground_areas": [{"polygon": [[1, 0], [1, 0], [1, 0]], "G": 1}]},
    ],
)
@pytest.mark.parametrize("z", [0.0, 4.0])
def test_degenerate_scenes_have_an_answer(scene: dict[str, object], z: float) -> None:
    told = {
        "source": {"position": {"x": 0, "y": 0, "z": z}, "power_Lw_dB_per_band": [90.0] * 8},
        "receiver": {"position": {"x": 50, "y": 0, "z": z}},
        "scene": scene,
        "options": {"reflection_order": 2, "diffraction_around_vertical_edges": True},
    }
    found, _ = cases.solve(msgspec.convert(told, cases.Case))
    assert ("direct", "H") in found.paths
    for level in found.paths.values():
        assert np.isfinite(level).all()
        assert level.max() < 90


@pytest.mark.parametrize("height", [0.05, 3.0, 400.0])
def test_receiver_above_the_source(height: float) -> None:
    found = levels(build(0.5), point(0, 0, 1), POWER, point(0, 0, 1 + height))
    assert np.isfinite(found.total).all()


coordinate = st.integers(-6, 6).map(lambda n: 10.0 * n) | st.floats(-60, 60)
plan = st.tuples(coordinate, coordinate)
above = st.floats(-3, 20)
scenes = st.fixed_dictionaries(
    {
        "default_G": st.sampled_from([0.0, 0.5, 1.0]),
        "buildings": st.lists(
            st.fixed_dictionaries({"footprint": st.lists(plan, min_size=3, max_size=6), "top_z": above}), max_size=4
        ),
        "walls": st.lists(
            st.fixed_dictionaries(
                {"top_line": st.lists(st.tuples(coordinate, coordinate, above), min_size=2, max_size=4)}
            ),
            max_size=3,
        ),
        "terrain_breaklines": st.lists(
            st.tuples(coordinate, coordinate, st.floats(-5, 8), coordinate, coordinate, st.floats(-5, 8)), max_size=6
        ),
        "ground_areas": st.lists(
            st.fixed_dictionaries({"polygon": st.lists(plan, min_size=3, max_size=5), "G": st.floats(0, 1)}), max_size=3
        ),
    }
)


@settings(max_examples=150, deadline=None)
@given(scenes, plan, plan, st.floats(0, 9), st.floats(0, 20))
def test_any_scene_gives_levels_or_no_path(scene, source, receiver, zs: float, zr: float) -> None:  # type: ignore[no-untyped-def]
    told = {
        "source": {"position": dict(zip("xyz", (*source, zs), strict=True)), "power_Lw_dB_per_band": [90.0] * 8},
        "receiver": {"position": dict(zip("xyz", (*receiver, zr + 10), strict=True))},
        "scene": scene,
        "options": {"reflection_order": 2, "diffraction_around_vertical_edges": True},
    }
    found, _ = cases.solve(msgspec.convert(told, cases.Case))
    assert ("direct", "H") in found.paths
    for level in found.paths.values():
        assert np.isfinite(level).all()
