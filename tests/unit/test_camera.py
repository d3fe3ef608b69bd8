"""Camera motion: what is grabbed stays under the pointer, nothing ends up under the ground or upside down."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.scene import camera
from twin.scene.camera import Projection
from twin.state import Pose

SIZE = (1280, 800)
angles = st.floats(0, 359.9)
poses = st.builds(
    Pose,
    st.tuples(st.floats(-4000, 4000), st.floats(-4000, 4000), st.floats(0, 40)),
    st.floats(30, 5000),
    angles,
    st.floats(8, 89),
)
tops = st.builds(
    lambda focus, height, azimuth: Pose(focus, height, azimuth, 90.0, True),
    st.tuples(st.floats(-4000, 4000), st.floats(-4000, 4000), st.just(0.0)),
    st.floats(50, 5000),
    angles,
)
pixels = st.tuples(st.floats(0, SIZE[0]), st.floats(SIZE[1] * 0.55, SIZE[1]))


def on_ground(pose: Pose, px: float, py: float, z: float = 0.0) -> np.ndarray:
    origin, direction = Projection(pose, SIZE).ray(px, py)
    return origin + direction * (z - origin[2]) / direction[2]


@given(st.one_of(poses, tops), pixels)
def test_rays_and_pixels_are_each_others_inverse(pose: Pose, pixel: tuple[float, float]) -> None:
    origin, direction = Projection(pose, SIZE).ray(*pixel)
    at, depth = Projection(pose, SIZE).pixels(origin + direction * 700.0)
    np.testing.assert_allclose(at[0], pixel, atol=1e-3)
    assert depth[0] > 0


@given(poses)
def test_the_focus_is_in_the_middle(pose: Pose) -> None:
    at, depth = Projection(pose, SIZE).pixels(np.array(pose.focus))
    np.testing.assert_allclose(at[0], (640, 400), atol=1e-3)
    assert depth[0] == pytest.approx(pose.distance)


@given(st.one_of(poses, tops), pixels, st.floats(0.3, 3))
def test_zoom_keeps_the_point_under_the_pointer(pose: Pose, pixel: tuple[float, float], factor: float) -> None:
    if pose.top is False and pose.elevation < 20:
        return  # the ray may pass above the horizon
    point = on_ground(pose, *pixel)
    nearer = camera.zoom(pose, factor, (float(point[0]), float(point[1]), float(point[2])))
    at, _ = Projection(nearer, SIZE).pixels(point)
    np.testing.assert_allclose(at[0], pixel, atol=0.05)


@given(st.one_of(poses, tops), pixels)
def test_pan_brings_what_was_grabbed_to_the_pointer(pose: Pose, pixel: tuple[float, float]) -> None:
    if pose.top is False and pose.elevation < 20:
        return
    grabbed, now = on_ground(pose, 640, 500), on_ground(pose, *pixel)
    moved = camera.pan(pose, tuple(map(float, grabbed)), tuple(map(float, now)))
    at, _ = Projection(moved, SIZE).pixels(grabbed)
    np.testing.assert_allclose(at[0], pixel, atol=0.05)


def test_a_top_view_is_true_to_scale() -> None:
    pose = Pose((100.0, 200.0, 0.0), 800.0, 0.0, 90.0, True)
    at, _ = Projection(pose, SIZE).pixels(np.array([[100.0, 200.0, 0.0], [350.0, 200.0, 30.0], [100.0, 450.0, 5.0]]))
    np.testing.assert_allclose(at, [[640, 400], [890, 400], [640, 150]], atol=1e-6)
    assert Projection(pose, SIZE).metres_per_pixel() == 1.0


@given(poses, st.floats(-500, 500), st.floats(-200, 200))
def test_orbit_never_crosses_the_horizon(pose: Pose, turn: float, lift: float) -> None:
    turned = camera.orbit(pose, turn, lift)
    assert camera.MIN_ELEVATION <= turned.elevation <= camera.MAX_ELEVATION
    assert camera.axes(turned)[1][2] >= -1e-9, "up points down"
    assert math.dist(turned.focus, pose.focus) == 0


@given(poses, poses, st.floats(0, 1))
def test_a_flight_is_smooth_and_ends_where_it_should(a: Pose, b: Pose, t: float) -> None:
    assert camera.fly(a, b, 0.0) == a
    assert camera.fly(a, b, 1.0) == b
    here, there = camera.fly(a, b, t), camera.fly(a, b, min(t + 1e-4, 1.0))
    assert math.isfinite(here.distance)
    assert here.distance > 0
    reach = max(here.distance, there.distance)
    assert math.dist(here.focus, there.focus) < 0.05 * reach
    end = camera.fly(a, b, 1 - 1e-9)
    assert math.dist(end.focus, b.focus) < 1e-3 * max(b.distance, 1)
    assert end.distance == pytest.approx(b.distance, rel=1e-3)


def test_a_flight_into_a_top_view_shows_the_same_at_its_end() -> None:
    oblique = Pose((0.0, 0.0, 0.0), 500.0, 30.0, 40.0)
    above = camera.top(oblique)
    assert above.distance == pytest.approx(camera.visible_height(oblique))
    nearly = camera.fly(oblique, above, 1 - 1e-9)
    assert not nearly.top
    assert camera.visible_height(nearly) == pytest.approx(above.distance, rel=1e-6)
    assert camera.tilt(above, 40.0) == oblique
    assert camera.north(oblique).azimuth == 0.0


@given(poses)
def test_the_eye_stays_above_the_ground(pose: Pose) -> None:
    def hills(x: float, y: float) -> float:
        return 60.0 + 50.0 * math.sin(x / 90.0) * math.cos(y / 70.0)

    lifted = camera.clear_of_ground(pose, hills)
    at = camera.eye(lifted)
    assert at[2] >= hills(float(at[0]), float(at[1]))
    assert camera.clear_of_ground(lifted, hills) == lifted


@given(angles, st.floats(15, 80), st.floats(0.6, 2.4), st.booleans())
def test_the_whole_city_is_in_the_picture(azimuth: float, elevation: float, aspect: float, top: bool) -> None:
    bounds = (-900.0, -500.0, 1100.0, 700.0)
    pose = camera.whole(bounds, aspect, azimuth=azimuth, elevation=elevation, top=top)
    size = (round(800 * aspect), 800)
    corners = np.array([[x, y, 0.0] for x in bounds[::2] for y in bounds[1::2]])
    at, depth = Projection(pose, size).pixels(corners)
    assert (depth > 0).all()
    slack = 0.30 if not top else 1e-9
    assert (at[:, 0] >= -slack * size[0]).all()
    assert (at[:, 0] <= (1 + slack) * size[0]).all()
    assert (at[:, 1] >= -slack * 800).all()
    assert (at[:, 1] <= (1 + slack) * 800).all()


def test_nobody_gets_lost() -> None:
    far = Pose((1e6, -1e6, 0.0), 500.0)
    kept = camera.inside(far, (0.0, 0.0, 1000.0, 500.0))
    assert kept.focus[:2] == (2000.0, -1000.0)
