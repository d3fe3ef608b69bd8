"""Roads as point sources: their sum is that of the line, wherever the receiver is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.noise.lines import LEAST, RATIO, split

far = st.floats(-500, 500)


def of_line(x: float, y: float, a: float, b: float) -> float:
    """Return ∫ dl / r² of a line along the x axis from a to b."""
    return (math.atan((b - x) / abs(y)) - math.atan((a - x) / abs(y))) / abs(y)


@settings(max_examples=60, deadline=None)
@given(far, st.floats(4, 400), far, st.floats(1, 3000))
def test_sum_is_that_of_the_line(x: float, y: float, a: float, length: float) -> None:
    points, _ = split(x, y, 0.0, np.array([[a, 0, 0, a + length, 0, 0]]), RATIO, LEAST, 1e9)
    found = (points[:, 3] / ((points[:, 0] - x) ** 2 + y * y)).sum()
    assert 10 * math.log10(found / of_line(x, y, a, a + length)) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("y", [4.0, 17.0, 120.0, 600.0])
def test_a_long_road_is_much_nearer_to_its_line(y: float) -> None:
    points, _ = split(0.0, y, 0.0, np.array([[-5000.0, 0, 0, 4000, 0, 0]]), RATIO, LEAST, 1e9)
    found = (points[:, 3] / (points[:, 0] ** 2 + y * y)).sum()
    assert 10 * math.log10(found / of_line(0, y, -5000, 4000)) == pytest.approx(0, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(far, far, st.floats(0, 9), far, far, st.floats(0, 9)), min_size=1, max_size=8), far, far)
def test_pieces_make_up_their_lines_and_are_short(rows: list[tuple[float, ...]], x: float, y: float) -> None:
    lines = np.array(rows)
    points, of = split(x, y, 4.0, lines, RATIO, LEAST, 1e9)
    whole = np.linalg.norm(lines[:, 3:] - lines[:, :3], axis=1)
    assert np.bincount(of, points[:, 3], minlength=len(lines)) == pytest.approx(whole)
    away = np.linalg.norm(points[:, :3] - np.array([x, y, 4.0]), axis=1)
    assert (points[:, 3] <= np.maximum(LEAST, RATIO * (away + points[:, 3] / 2)) + 1e-9).all()


def test_growth_with_distance_is_by_the_logarithm() -> None:
    road = np.array([[-1e5, 0.0, 0, 1e5, 0, 0]])
    assert len(split(0.0, 10.0, 0.0, road, RATIO, LEAST, 1e9)[0]) < 120


def test_what_is_out_of_reach_is_left_out() -> None:
    road = np.array([[0.0, 0, 0, 1000, 0, 0], [0.0, 900, 0, 10, 900, 0]])
    points, of = split(0.0, 0.0, 2.0, road, RATIO, LEAST, 300.0)
    assert set(of.tolist()) == {0}
    assert points[:, 0].max() < 300 + RATIO * 450
    assert points[:, 0].min() < 1


def test_a_receiver_on_the_road_and_a_road_without_length() -> None:
    points, _ = split(5.0, 0.0, 0.0, np.array([[0.0, 0, 0, 10, 0, 0], [5.0, 0, 0, 5, 0, 0]]), RATIO, LEAST, 9.0)
    assert points[:, 3].sum() == pytest.approx(10)
    assert points[:, 3].min() >= LEAST / 2
    assert len(split(0.0, 0.0, 0.0, np.empty((0, 6)), RATIO, LEAST, 9.0)[0]) == 0
