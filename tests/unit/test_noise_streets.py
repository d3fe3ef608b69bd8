"""Roads as point sources: their sum is that of the line, wherever the receiver is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.noise import streets
from twin.models.noise.streets import LEAST, RATIO, Streets, Stretch, joined

far = st.floats(-500, 500)


def roads(rows: list[tuple[float, ...]]) -> Streets:
    """Return rows of x, y, z, x, y, z as streets that are not joined."""
    return joined([Stretch(np.array(row, float).reshape(2, 3), str(n)) for n, row in enumerate(rows)])


def split(x: float, y: float, found: Streets, reach: float = 1e9) -> tuple[np.ndarray, np.ndarray]:
    """Return x, y, z and length of pieces, and the row each is of."""
    _, where = streets.split(found.lines, x, y, RATIO, LEAST, reach)
    points = np.column_stack([where[:, :3], where[:, 5] - where[:, 4]])
    return points, found.stretch[where[:, 3].astype(int)]


def of_line(x: float, y: float, a: float, b: float) -> float:
    """Return ∫ dl / r² of a line along the x axis from a to b."""
    return (math.atan((b - x) / abs(y)) - math.atan((a - x) / abs(y))) / abs(y)


@settings(max_examples=60, deadline=None)
@given(far, st.floats(4, 400), far, st.floats(1, 3000))
def test_sum_is_that_of_the_line(x: float, y: float, a: float, length: float) -> None:
    points, _ = split(x, y, roads([(a, 0, 0, a + length, 0, 0)]))
    found = (points[:, 3] / ((points[:, 0] - x) ** 2 + y * y)).sum()
    assert 10 * math.log10(found / of_line(x, y, a, a + length)) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("y", [4.0, 17.0, 120.0, 600.0])
def test_a_long_road_is_much_nearer_to_its_line(y: float) -> None:
    points, _ = split(0.0, y, roads([(-5000.0, 0, 0, 4000, 0, 0)]))
    found = (points[:, 3] / (points[:, 0] ** 2 + y * y)).sum()
    assert 10 * math.log10(found / of_line(0, y, -5000, 4000)) == pytest.approx(0, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(far, far, st.just(0), far, far, st.just(0)), min_size=1, max_size=8), far, far)
def test_pieces_make_up_their_lines_and_are_short(rows: list[tuple[float, ...]], x: float, y: float) -> None:
    lines = np.array(rows)
    whole = np.linalg.norm(lines[:, 3:] - lines[:, :3], axis=1)
    if (whole < 0.1).any():
        return
    points, of = split(x, y, roads(rows))
    assert np.bincount(of, points[:, 3], minlength=len(lines)) == pytest.approx(whole)
    away = np.linalg.norm(points[:, :2] - np.array([x, y]), axis=1)
    assert (points[:, 3] <= np.maximum(LEAST, RATIO * (away + points[:, 3] / 2)) + 1e-9).all()


def test_growth_with_distance_is_by_the_logarithm() -> None:
    assert len(split(0.0, 10.0, roads([(-1e5, 0.0, 0, 1e5, 0, 0)]))[0]) < 120


def test_what_is_out_of_reach_is_left_out() -> None:
    points, of = split(0.0, 0.0, roads([(0.0, 0, 0, 1000, 0, 0), (0.0, 900, 0, 10, 900, 0)]), 300.0)
    assert set(of.tolist()) == {0}
    assert points[:, 0].max() < 300 + RATIO * 450
    assert points[:, 0].min() < 1


def test_a_receiver_on_the_road_and_no_road_at_all() -> None:
    points, _ = split(5.0, 0.0, roads([(0.0, 0, 0, 10, 0, 0)]), 9.0)
    assert points[:, 3].sum() == pytest.approx(10)
    assert points[:, 3].min() >= LEAST / 2
    assert len(split(0.0, 0.0, roads([]), 9.0)[0]) == 0


# --- joining -----------------------------------------------------------------------------------------------------


def bent(*points: tuple[float, float], group: str = "a", deck: int = -1) -> Stretch:
    return Stretch(np.array([[x, y, 0.0] for x, y in points]), group, deck)


def test_a_street_goes_on_straight_and_not_around_a_corner() -> None:
    ahead, side = bent((100, 0), (180, 5)), bent((100, 0), (100, 90))
    found = joined([bent((0, 0), (100, 0)), side, ahead])
    assert len(found.lines.deck) == 2
    lengths = sorted(float(found.lines.at[i - 1]) for i in found.lines.line_at[1:])
    assert lengths == pytest.approx([90, 100 + math.hypot(80, 5)])
    assert sorted(found.stretch.tolist()) == [0, 1, 2]


def test_other_streets_and_decks_are_lines_of_their_own() -> None:
    rows = [bent((0, 0), (9, 0)), bent((9, 0), (18, 0), group="b"), bent((18, 0), (27, 0), group="b", deck=0)]
    assert len(joined(rows).lines.deck) == 3


def test_a_ring_is_one_line() -> None:
    corners = [(math.cos(a) * 50, math.sin(a) * 50) for a in np.linspace(0, 2 * math.pi, 13)[:-1]]
    rows = [bent(corners[i], corners[(i + 1) % 12]) for i in range(12)]
    found = joined(rows)
    assert len(found.lines.deck) == 1
    assert float(found.lines.at[-1]) == pytest.approx(12 * 2 * 50 * math.sin(math.pi / 12))


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_and_direction_of_the_rows_do_not_matter(random) -> None:  # type: ignore[no-untyped-def]
    grid = [bent((60 * i, 50 * j), (60 * i + 60, 50 * j + 3 * i)) for i in range(4) for j in range(3)]
    grid += [bent((60 * i, 50 * j), (60 * i, 50 * j + 50)) for i in range(4) for j in range(3)]
    order = list(range(len(grid)))
    random.shuffle(order)
    mixed = [Stretch(grid[i].points[:: random.choice([1, -1])], grid[i].group) for i in order]
    one, two = (sorted(streets.split(joined(rows).lines, 91.0, 77.0, RATIO, LEAST, 800.0)[1][:, :2].round(6).tolist())
                for rows in (grid, mixed))  # fmt: skip
    assert one == two
