"""Picking finds what brute force finds, and streets, zones and places on the ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little import X0, Y0, little_city

from twin.scene import mesh
from twin.scene.camera import Projection
from twin.scene.grid_index import GridIndex
from twin.scene.picking import Picker, moller_trumbore
from twin.state import Pose

CITY = little_city()
MESH = mesh.build(CITY)
PICKER = Picker(MESH)
SIZE = (1280, 800)
poses = st.builds(
    Pose,
    st.tuples(st.floats(X0 - 100, X0 + 560), st.floats(Y0 - 50, Y0 + 400), st.floats(0, 20)),
    st.floats(20, 1500),
    st.floats(0, 360),
    st.floats(3, 90),
    st.booleans(),
)


def brute(origin: np.ndarray, direction: np.ndarray) -> tuple[float, str]:
    faces = MESH.solids.faces
    t = moller_trumbore(faces.points[faces.cells].astype(float), MESH.local(origin)[0], direction)
    k = int(np.argmin(t))
    row = int(faces.attributes["body"][faces.cells[k, 0], 0])
    return float(t[k]), str(CITY.buildings["id"][row]) if np.isfinite(t[k]) else ""


@settings(max_examples=300)
@given(poses, st.floats(0, SIZE[0]), st.floats(0, SIZE[1]))
def test_buildings_as_by_brute_force(pose: Pose, px: float, py: float) -> None:
    origin, direction = Projection(pose, SIZE).ray(px, py)
    distance, name = brute(origin, direction)
    hit = PICKER.hit(origin, direction, tables={"buildings"})
    if not name:
        assert hit is None
        return
    ground = PICKER.ground(MESH.local(origin)[0], direction)
    if ground is not None and ground < distance:
        assert hit is None
        return
    assert hit is not None
    found = np.linalg.norm(np.array(hit.point) - origin)
    assert found == pytest.approx(distance, abs=1e-6)
    assert hit.id == name or brute(origin, direction)[0] == pytest.approx(found)


@settings(max_examples=200)
@given(poses, st.floats(0, SIZE[0]), st.floats(0, SIZE[1]))
def test_the_ground_hit_lies_on_the_ground(pose: Pose, px: float, py: float) -> None:
    origin, direction = Projection(pose, SIZE).ray(px, py)
    start = MESH.local(origin)[0]
    if start[2] < float(MESH.ground.at(start[0], start[1])):
        return
    distance = PICKER.ground(start, direction)
    if distance is None:
        return
    x, y, z = origin + direction * distance
    assert z == pytest.approx(MESH.height_at(x, y), abs=0.02)


def down(x: float, y: float, pixel: float = -0.5, **kwargs: object) -> tuple[str, str] | None:
    hit = PICKER.hit(np.array([X0 + x, Y0 + y, 500.0]), np.array([0.0, 0.0, -1.0]), pixel, **kwargs)  # type: ignore[arg-type]
    return None if hit is None else (hit.table, hit.id)


def test_what_lies_where() -> None:
    assert down(40, 20) == ("buildings", "b0")
    assert down(120.0, 62.5) == ("roads", "r7")
    assert down(-90, 165) == ("paths", "p0")
    assert down(20, 5) == ("places", "s0")
    assert down(-100, 20) == ("zones", "z0")
    assert down(-100, 20, tables={"terrain"}) == ("terrain", "")
    assert down(40, 20, tables={"roads", "terrain"}) == ("terrain", "")


def test_a_street_is_met_a_few_pixels_beside_it() -> None:
    beside = 62 + 5.25 + 3.0
    assert down(20, beside, -2.0, tables={"roads"}) == ("roads", "r6")
    assert down(20, beside, -0.2, tables={"roads"}) is None


def test_the_bridge_is_met_before_the_water() -> None:
    hit = PICKER.hit(np.array([X0 + 240, Y0 + 430, 300.0]), np.array([0.0, 0.0, -1.0]), -0.5)
    assert hit is not None
    assert hit.table == "roads"
    assert CITY.roads.set_index("id")["name"][hit.id] == "Bron"
    assert hit.point[2] > MESH.height_at(*hit.point[:2]) + 2


def test_hidden_buildings_are_looked_through() -> None:
    hidden = np.zeros(len(CITY.buildings), dtype=bool)
    hidden[0] = True
    assert down(40, 20, hidden=hidden, tables={"buildings", "terrain"}) == ("terrain", "")


def test_the_sky_is_nothing() -> None:
    assert PICKER.hit(np.array([X0, Y0, 100.0]), np.array([0.0, 0.0, 1.0])) is None


def test_what_a_building_hides() -> None:
    z = MESH.height_at(X0 + 40, Y0 + 10) + 4.0
    eye, behind, before = (MESH.local(np.array([X0 + 40, Y0 + y, z]))[0] for y in (-60.0, 58.0, 2.0))
    assert PICKER.blocked(eye, behind)
    assert not PICKER.blocked(eye, before)


@given(
    st.lists(st.tuples(*[st.floats(-100, 100)] * 2, *[st.floats(0, 20)] * 2), min_size=1, max_size=30),
    st.floats(-120, 120), st.floats(-120, 120), st.floats(0, 6.3),
)  # fmt: skip
def test_the_grid_misses_no_box(
    boxes: list[tuple[float, float, float, float]], x: float, y: float, turn: float
) -> None:
    array = np.array([(w, s, w + a, s + b) for w, s, a, b in boxes])
    index = GridIndex(array)
    heading = np.array([np.cos(turn), np.sin(turn), -0.1])
    steps = np.linspace(0, 400, 4001)
    at = np.array([x, y]) + steps[:, None] * heading[:2]
    inside = (
        (at[:, None, 0] > array[:, 0]) & (at[:, None, 0] < array[:, 2])
        & (at[:, None, 1] > array[:, 1]) & (at[:, None, 1] < array[:, 3])
    )  # fmt: skip
    met = set(np.flatnonzero(inside.any(axis=0)).tolist())
    assert met <= set(index.along(np.array([x, y, 0.0]), heading, 0.0, 400.0).tolist())
    here = set(np.flatnonzero(inside[0]).tolist())
    assert here <= set(index.near(x, y, 0.0).tolist())
