"""What must hold of every measure of segregation on any table: bounds, empty units, order, missing counts, words."""

from __future__ import annotations

import doctest
import importlib
import inspect
import math
import pkgutil

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

import twin.models.segregation as room
from twin.errors import BadInput
from twin.models.segregation import corrected, evenness, local, mix, parts, proximity, several, spatial
from twin.models.segregation.shapes import neighbours, shapes, shared_borders

MODULES = [f"twin.models.segregation.{m.name}" for m in pkgutil.iter_modules(room.__path__)]
TWO = [
    evenness.dissimilarity, evenness.gini, evenness.entropy, evenness.atkinson, evenness.interaction,
    evenness.isolation, evenness.correlation_ratio, evenness.min_max, corrected.density_corrected_dissimilarity,
]  # fmt: skip
SEVERAL = [
    several.dissimilarity, several.gini, several.mutual_information, several.theil_h, several.divergence,
    several.normalised_exposure, several.relative_diversity, several.squared_variation,
]  # fmt: skip
MIX = [mix.diversity, mix.simpson_interaction, mix.simpson_concentration]
GRID = [shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(4)]

tables = st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=1, max_size=20).map(lambda rows: np.array(rows, float))


def _two(counts):
    return counts[:, 0], counts.sum(axis=1)


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    module = importlib.import_module(name)
    with np.printoptions():
        assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("function", [*TWO, *SEVERAL, *MIX], ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_measures_say_what_they_are(function):
    text = inspect.getdoc(function)
    for part in ("Parameters\n", "Returns\n", "Raises\n", "Examples\n", "[persons]"):
        assert part in text, part
    assert "doi:" in text or "doi:" in importlib.import_module(function.__module__).__doc__ or "arXiv" in text
    assert "Range" in text or "As in" in text or "As :func" in text


@settings(max_examples=150, deadline=None)
@given(tables)
def test_bounds(counts):
    for measure in TWO:
        value = measure(*_two(counts))
        assert math.isnan(value) or -1e-9 <= value <= 1 + 1e-9, measure
    for measure in SEVERAL:
        value = measure(counts)
        assert math.isnan(value) or -1e-9 <= value <= np.log(3) + 1e-9, measure
    d, g = evenness.dissimilarity(*_two(counts)), evenness.gini(*_two(counts))
    assert math.isnan(d) or g >= d - 1e-9


@settings(max_examples=100, deadline=None)
@given(tables, st.integers(0, 2**32 - 1))
def test_order_empty_units_and_missing_counts_do_not_matter(counts, seed):
    order = np.random.default_rng(seed).permutation(len(counts))
    more = np.vstack([counts[order], np.zeros((2, 3)), [[np.nan, 1, 1]]])
    for measure in TWO:
        assert measure(more[:, 0], more.sum(axis=1)) == pytest.approx(measure(*_two(counts)), abs=1e-9, nan_ok=True)
    for measure in [*SEVERAL, *MIX]:
        assert measure(more) == pytest.approx(measure(counts), abs=1e-9, nan_ok=True)
        empty_group = np.hstack([counts, np.zeros((len(counts), 1))])
        assert measure(empty_group) == pytest.approx(measure(counts), abs=1e-9, nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(tables)
def test_two_groups_agree_with_several(counts):
    """D, G and H of a group and the rest are those of two groups; eta² is the relative diversity."""
    x, t = _two(counts)
    both = np.stack([x, t - x], axis=1)
    for one, other in (
        (evenness.dissimilarity, several.dissimilarity), (evenness.gini, several.gini),
        (evenness.entropy, several.theil_h), (evenness.correlation_ratio, several.relative_diversity),
    ):  # fmt: skip
        assert one(x, t) == pytest.approx(other(both), abs=1e-9, nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(tables, st.integers(0, 2**32 - 1))
def test_parts_add_up(counts, seed):
    rng = np.random.default_rng(seed)
    for split, cluster in ((parts.over_units, rng.integers(0, 3, len(counts))), (parts.over_groups, [0, 0, 1])):
        for normalised in (False, True):
            found = split(counts, cluster, normalised)
            whole = (several.theil_h if normalised else several.mutual_information)(counts)
            assert found.total == pytest.approx(whole, nan_ok=True)
            if not math.isnan(whole):
                assert found.between + found.within == pytest.approx(whole, abs=1e-9)
                inside = np.nansum(np.array(found.values) * found.weights)
                assert inside == pytest.approx(found.within, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_gini_equals_the_double_sum(counts):
    x, t = _two(counts)
    keep = t > 0
    x, t = x[keep], t[keep]
    if 0 < x.sum() < t.sum():
        p = x / t
        double = (t[:, None] * t * np.abs(p[:, None] - p)).sum()
        whole = x.sum() / t.sum()
        assert evenness.gini(x, t) == pytest.approx(double / (2 * t.sum() ** 2 * whole * (1 - whole)), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_local_values_sum_to_m(counts):
    t = counts.sum(axis=1)
    own = local.local_divergence(counts)
    assert (np.isnan(own) == (t == 0)).all()
    m = several.mutual_information(counts)
    if not math.isnan(m):
        assert np.nansum(own * t) / t.sum() == pytest.approx(m, abs=1e-9)
        quotient = local.location_quotient(counts)
        assert (np.isnan(quotient).all(axis=1) == (t == 0)).all()


@pytest.mark.parametrize("measure", TWO)
@pytest.mark.parametrize(
    ("group", "total"), [([], []), ([0], [0]), ([0, 0], [5, 5]), ([5], [5]), ([np.nan], [3])], ids=str
)
def test_not_defined_is_nan_not_an_error(measure, group, total):
    value = measure(group, total)
    assert math.isnan(value) or measure in (evenness.isolation, evenness.interaction)


def test_one_unit_is_even():
    assert evenness.dissimilarity([3], [10]) == evenness.gini([3], [10]) == 0
    assert several.mutual_information([[3, 7]]) == 0
    assert evenness.isolation([3], [10]) == pytest.approx(0.3)


def test_wrong_counts_name_their_row():
    with pytest.raises(BadInput, match=r"row 2: -1 is not a number of persons"):
        evenness.dissimilarity([1, -1], [2, 2])
    with pytest.raises(BadInput, match=r"row 2: the group counts 3, more than all persons, 2"):
        evenness.gini([1, 3], [2, 2])
    with pytest.raises(BadInput, match="as many were expected"):
        evenness.entropy([1, 3], [2])
    with pytest.raises(BadInput, match="b is 1"):
        evenness.atkinson([1], [2], b=1)
    with pytest.raises(BadInput, match=r"row 1: inf"):
        several.theil_h([[np.inf, 1]])


def test_who_touches_whom():
    units = shapes(GRID)
    queen, rook = neighbours(units).toarray(), neighbours(units, "edge").toarray()
    at = units.middle
    apart = np.abs(at[:, None] - at).max(axis=2)
    assert (queen == (np.isclose(apart, 1))).all()
    assert (rook == np.isclose(cdist(at, at), 1)).all()
    assert (shared_borders(units).toarray() == rook).all()


def test_a_unit_without_outline_is_named():
    with pytest.raises(BadInput, match="row 2: the unit has no outline"):
        shapes([GRID[0], None])


def test_spatial_measures_leave_a_lake_out():
    """An inhabited unit does not differ from a lake beside it."""
    units = shapes(GRID[:3])
    group, total = np.array([10.0, 5, 0]), np.array([10.0, 10, 0])
    both = spatial.spatial_dissimilarity(group, total, units)
    assert both == pytest.approx(spatial.spatial_dissimilarity(group[:2], total[:2], shapes(GRID[:2])))


def test_equal_cells_have_no_concentration():
    counts = np.arange(12.0)
    assert math.isnan(spatial.absolute_concentration(counts, counts + 5, shapes(GRID)))
    assert math.isnan(spatial.relative_concentration(counts, counts + 5, shapes(GRID)))


def test_pairs_in_blocks_equal_the_dense_matrix(monkeypatch):
    rng = np.random.default_rng(5)
    units = shapes(GRID)
    t = rng.integers(1, 50, 12).astype(float)
    x = np.floor(t * rng.random(12))
    whole = {c: proximity.nearness(x, t, units, c, 2.0) for c in ("pysal", "published")}
    monkeypatch.setattr(proximity, "BLOCK", 30)
    for convention, near in whole.items():
        blocks = proximity.nearness(x, t, units, convention, 2.0)
        for name in ("to_x", "to_t", "to_one", "from_x", "from_one"):
            assert getattr(blocks, name) == pytest.approx(getattr(near, name), rel=1e-12)
    d = cdist(units.middle, units.middle)
    np.fill_diagonal(d, (0.6 * units.area) ** 0.5)
    assert whole["published"].to_x == pytest.approx(np.exp(-d / 2) @ x)


def test_the_input_is_left_alone():
    counts = np.array([[1.0, 2, np.nan], [0, 0, 0], [4, 5, 6]])
    before = counts.copy()
    for measure in [*SEVERAL, *MIX, local.location_quotient, local.local_divergence, local.local_diversity]:
        measure(counts)
    assert np.array_equal(before, counts, equal_nan=True)
