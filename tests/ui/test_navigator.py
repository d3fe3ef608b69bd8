"""The camera's moves: what was grabbed stays under the pointer, flights arrive, rest is rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin.scene import camera
from twin.state import Pose
from twin.ui.navigator import Navigator

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

BOUNDS = (0.0, 0.0, 1000.0, 800.0)
START = Pose((500.0, 400.0, 0.0), 600.0, 30.0, 40.0)
SIZE = (1000, 700)


def ground(pose: Callable[[], Pose], px: float, py: float) -> tuple[float, float, float] | None:
    origin, heading = camera.Projection(pose(), SIZE).ray(px, py)
    if heading[2] >= 0:
        return None
    x, y, z = origin - heading * (origin[2] / heading[2])
    return float(x), float(y), float(z)


@pytest.fixture
def navigator(qtbot: QtBot) -> Navigator:
    found: list[Navigator] = []
    navigator = Navigator(lambda px, py: ground(lambda: found[0].pose, px, py), lambda x, y: 0.0)
    found.append(navigator)
    navigator.set_size(*SIZE)
    navigator.begin(START, BOUNDS)
    return navigator


def at(navigator: Navigator, px: float, py: float) -> np.ndarray:
    return np.array(ground(lambda: navigator.pose, px, py))


@pytest.mark.parametrize("top", [False, True])
def test_grabbed_ground_stays_under_the_pointer(navigator: Navigator, top: bool) -> None:
    if top:
        navigator.begin(camera.top(START), BOUNDS)
    held = at(navigator, 420, 500)
    navigator.press(420, 500, "pan")
    for x in range(420, 560, 20):
        navigator.drag(x, 500 - (x - 420))
    assert at(navigator, 540, 380) == pytest.approx(held, abs=1e-6)
    navigator.release()


def test_wheel_zooms_to_the_pointer(navigator: Navigator) -> None:
    held = at(navigator, 700, 550)
    navigator.zoom(0.8, 700, 550)
    assert at(navigator, 700, 550) == pytest.approx(held, abs=1e-6)
    assert navigator.pose.distance == pytest.approx(0.8 * START.distance)


def test_turning_a_window_height_turns_half_round(navigator: Navigator) -> None:
    navigator.press(100, 100, "orbit")
    navigator.drag(100 + SIZE[1], 100)
    assert navigator.pose.azimuth == pytest.approx((START.azimuth + 180) % 360)
    assert navigator.pose.focus == START.focus


def test_a_drag_from_the_sky_moves_too(navigator: Navigator) -> None:
    low = Pose(START.focus, 300.0, 0.0, 3.0)
    navigator.begin(low, BOUNDS)
    navigator.press(500, 2, "pan")
    navigator.drag(560, 2)
    assert navigator.pose.focus[0] < low.focus[0]


def test_flight_arrives_and_the_clock_stops(navigator: Navigator, qtbot: QtBot) -> None:
    goal = Pose((900.0, 100.0, 0.0), 200.0, 300.0, 60.0)
    frames = []
    navigator.moved.connect(lambda: frames.append(navigator.pose))
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.fly(goal)
        assert navigator.moving
        assert navigator.destination == goal
    assert navigator.pose == goal
    assert len(frames) > 5
    assert not navigator.moving
    frames.clear()
    qtbot.wait(80)
    assert not frames, "nothing may be drawn at rest"


def test_a_gesture_ends_a_flight(navigator: Navigator, qtbot: QtBot) -> None:
    navigator.fly(Pose((900.0, 100.0, 0.0), 200.0))
    qtbot.wait(60)
    navigator.press(500, 500, "pan")
    here = navigator.pose
    qtbot.wait(60)
    assert navigator.pose == here
    navigator.release()


def test_zoom_buttons_add_up(navigator: Navigator, qtbot: QtBot) -> None:
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.zoom_smoothly(0.5)
        navigator.zoom_smoothly(0.5)
    assert navigator.pose.distance == pytest.approx(START.distance / 4)


def test_a_held_key_moves_until_it_is_let_go(navigator: Navigator, qtbot: QtBot) -> None:
    navigator.hold("ahead")
    tapped = math.dist(navigator.pose.focus, START.focus)
    assert tapped > 1.0, "a tap alone moves"
    qtbot.wait(150)
    assert math.dist(navigator.pose.focus, START.focus) > 2 * tapped
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.let_go("ahead")
    end = navigator.pose
    qtbot.wait(60)
    assert navigator.pose == end


def test_top_view_and_back_keep_what_is_seen(navigator: Navigator, qtbot: QtBot) -> None:
    for expected in (True, False):
        with qtbot.waitSignal(navigator.rested, timeout=30_000):
            navigator.toggle_top()
        assert navigator.pose.top is expected
    assert navigator.pose.elevation == pytest.approx(START.elevation)
    assert navigator.pose.distance == pytest.approx(START.distance)


def test_the_way_back(navigator: Navigator, qtbot: QtBot) -> None:
    assert not navigator.can_go(-1)
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.fly(Pose((900.0, 100.0, 0.0), 200.0))
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.go(-1)
    assert navigator.pose == START
    assert navigator.can_go(1)
    assert not navigator.can_go(-1)
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.go(1)
    assert navigator.pose.distance == 200.0


def test_the_camera_stays_above_ground_and_near_the_city(qtbot: QtBot) -> None:
    hill = Navigator(lambda px, py: None, lambda x, y: 500.0)
    hill.set_size(*SIZE)
    hill.begin(START, BOUNDS)
    hill.press(0, 0, "orbit")
    hill.drag(0, -2000)
    assert camera.eye(hill.pose)[2] >= 500.0
    for _ in range(200):
        hill.hold("left")
    hill.let_go()
    assert hill.pose.focus[0] >= BOUNDS[0] - 1000.0


def test_zooming_to_something_small_shows_what_is_around(navigator: Navigator, qtbot: QtBot) -> None:
    with qtbot.waitSignal(navigator.rested, timeout=30_000):
        navigator.fly(camera.around(navigator.destination, (300.0, 300.0, 310.0, 312.0), SIZE[0] / SIZE[1], 5.0))
    assert navigator.pose.focus == pytest.approx((305.0, 306.0, 5.0))
    assert 60 < camera.visible_height(navigator.pose) < 300
    assert navigator.pose.azimuth == pytest.approx(START.azimuth)
