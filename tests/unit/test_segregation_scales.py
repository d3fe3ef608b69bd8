"""Nearest persons, environments and walks against pairwise distances done plainly; bands of chance; the coarse mask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist
from small_cities import walk_grid

from twin.errors import BadInput, Cancelled
from twin.jobs import Job
from twin.models.segregation import band, cells, evenness, multiscalar, neighbours, several, walking
from twin.models.walk import network as net

WEIGHTS = {
    "flat": lambda q: np.ones_like(q),
    "triangle": lambda q: 1 - q,
    "biweight": lambda q: (1 - q**2) ** 2,
}


def _units(seed, n, lattice):
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 12, (n, 2)) * 100.0 if lattice else rng.uniform(0, 1200, (n, 2))
    counts = rng.integers(0, 40, (n, 3)).astype(float) * (rng.random((n, 1)) < 0.8)
    return at, counts


def _nearest(far, counts, k):
    """Return the first k persons by distance, rings of the same distance in proportion."""
    t = counts.sum(axis=1)
    if t.sum() < k:
        return np.full(counts.shape[1], np.nan), np.nan
    found = np.zeros(counts.shape[1])
    for ring in np.unique(far):
        same = far == ring
        part = min(1.0, (k - found.sum()) / t[same].sum()) if t[same].sum() > 0 else 0.0
        found += part * counts[same].sum(axis=0)
        if found.sum() >= k - 1e-9:
            return found, ring
    raise AssertionError


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.booleans())
def test_nearest_persons(seed, n, lattice):
    at, counts = _units(seed, n, lattice)
    ks = [1, 35, 200, 900]
    found = neighbours.nearest(at, counts, ks)
    far = np.rint(cdist(at, at, "sqeuclidean") * 1024)
    for i in range(n):
        for j, k in enumerate(ks):
            wanted, ring = _nearest(far[i], counts, k)
            assert found.persons[i, j] == pytest.approx(wanted, abs=1e-9, nan_ok=True)
            assert found.radius[i, j] == pytest.approx(np.sqrt(ring / 1024), abs=1e-6, nan_ok=True)
    inside = np.isfinite(found.radius)
    assert found.persons.sum(axis=2)[inside] == pytest.approx(np.broadcast_to(ks, (n, 4))[inside])


def test_rows_may_come_in_any_order():
    at, counts = _units(3, 60, True)
    order = np.random.default_rng(1).permutation(60)
    one, two = neighbours.nearest(at, counts, [100, 500]), neighbours.nearest(at[order], counts[order], [100, 500])
    assert one.persons[order] == pytest.approx(two.persons, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.booleans(), st.sampled_from(sorted(WEIGHTS)))
def test_environments(seed, n, lattice, fall):
    at, counts = _units(seed, n, lattice)
    radii = [0, 100, 250, 3000]
    found = multiscalar.environments(at, counts, radii, fall)
    far = cdist(at, at)
    assert np.array_equal(found[:, 0], counts)
    for j, r in enumerate(radii[1:], 1):
        # a lattice puts units exactly on the edge of a flat circle; they are in
        weight = np.where(far <= r + 1e-9, WEIGHTS[fall](np.minimum(far / r, 1)), 0)
        assert found[:, j] == pytest.approx(weight @ counts, rel=1e-9, abs=1e-9)


def test_h_at_radius_0_is_theil_h_and_far_away_nothing():
    at, counts = _units(5, 70, False)
    h = multiscalar.spatial_h(counts, multiscalar.environments(at, counts, [0, 300, 1e6], "flat"))
    d = multiscalar.spatial_d(counts, multiscalar.environments(at, counts, [0, 300, 1e6], "flat"))
    assert h[0] == pytest.approx(several.theil_h(counts))
    assert d[0] == pytest.approx(several.dissimilarity(counts))
    assert h[2] == pytest.approx(0, abs=1e-12)
    assert d[2] == pytest.approx(0, abs=1e-12)
    assert 0 < h[1] < h[0]


def test_profile_of_units_is_the_classic_index():
    """With k of a unit's own size the neighbourhood is the unit, and D(k), P*(k), H(k) are D, xPx, H."""
    rng = np.random.default_rng(2)
    group = rng.integers(0, 50, 30).astype(float)
    counts = np.stack([group, 50 - group], axis=1)
    at = np.arange(30)[:, None] * [1000.0, 0]
    point = neighbours.profile(neighbours.nearest(at, counts, [50]), counts)[0]
    assert point.dissimilarity == pytest.approx(evenness.dissimilarity(group, np.full(30, 50.0)))
    assert point.isolation == pytest.approx(evenness.isolation(group, np.full(30, 50.0)))
    assert point.entropy == pytest.approx(evenness.entropy(group, np.full(30, 50.0)))
    assert (point.coarse, point.usable, point.answered, point.radius) == (0, True, 1, 0)


def test_too_coarse_for_k():
    """Areas of 1,700 persons can say nothing about 200 or 1,600, but about 12,800."""
    counts = np.full((40, 2), 850.0)
    at = np.arange(40)[:, None] * [500.0, 0]
    found = neighbours.nearest(at, counts)
    assert [point.usable for point in neighbours.profile(found, counts)] == [False, False, True, True]
    assert found.coarse[:, :2].all()
    assert not found.coarse[:, 2:].any()


def test_percentiles_by_persons():
    values, weights = np.array([0.1, 0.2, 0.9, np.nan]), np.array([10.0, 80, 10, 5])
    assert neighbours.weighted_percentiles(values[:3], weights[:3], (5, 50, 95)) == (0.1, 0.2, 0.9)
    assert neighbours.percentile_ranks(values, weights)[:3] == pytest.approx([5, 50, 95])
    assert math.isnan(neighbours.percentile_ranks(values, weights)[3])


def _far_along(network, access_of):
    """Return walked distances between units by SciPy, each unit a node of its own."""
    link, at, off = access_of
    n, m = network.nodes, len(link)
    rows, columns, lengths = [], [], []
    for e in np.flatnonzero(network.usable):
        here = np.flatnonzero(link == e)
        here = here[np.argsort(at[here], kind="stable")]
        stops = [network.u[e], *(n + here), network.v[e]]
        metres = [0.0, *at[here], network.w[e]]
        rows += stops[:-1]
        columns += stops[1:]
        lengths += list(np.maximum(np.diff(metres), 1e-12))
    for i in range(m):
        rows.append(n + i)
        columns.append(n + m + i)
        lengths.append(max(off[i], 1e-12))
    size = n + 2 * m
    best = {}
    for a, b, w in zip(rows, columns, lengths, strict=True):
        key = (min(a, b), max(a, b))
        best[key] = min(w, best.get(key, np.inf))
    graph = coo_array((list(best.values()), tuple(np.array(list(best)).T)), shape=(size, size)).tocsr()
    far = dijkstra(graph, directed=False, indices=n + m + np.arange(m))[:, n + m :]
    np.fill_diagonal(far, 0)
    return far


@pytest.mark.parametrize("seed", range(6))
def test_walks(seed):
    rng = np.random.default_rng(seed)
    network = net.build(walk_grid(rng, 6, 5, 120.0).assign(bridge=False), net.Rules())
    at = rng.uniform(0, (720, 600), (50, 2))
    counts = rng.integers(0, 30, (50, 2)).astype(float)
    made = walking.walk(at, network, 80.0)
    order = made.order
    far = np.full((50, 50), np.inf)
    far[np.ix_(order, order)] = _far_along(network, (made.link, made.at, made.off))
    there = made.reached
    for fall, weigh in WEIGHTS.items():
        found = walking.walked_environments(made, counts, [0, 200, 700], fall)
        assert np.isnan(found[~there]).all()
        for j, r in ((1, 200), (2, 700)):
            weight = np.where(far <= r, weigh(np.minimum(far / r, 1)), 0)
            assert found[there, j] == pytest.approx((weight @ counts)[there], rel=1e-6, abs=1e-6)
    nearest = walking.walked_nearest(made, counts, [60, 300])
    for i in np.flatnonzero(there):
        here = np.isfinite(far[i])
        for j, k in enumerate((60, 300)):
            wanted, ring = _nearest(np.rint(far[i][here] * 1000), counts[here], k)
            assert nearest.persons[i, j] == pytest.approx(wanted, abs=1e-6, nan_ok=True)
            assert nearest.radius[i, j] == pytest.approx(ring / 1000, abs=2e-3, nan_ok=True)


def test_a_bridge_lowers_the_barrier_effect():
    """Two halves across a river, one group on each: on the map they are near, on foot only by a bridge."""
    import geopandas as gpd
    import shapely

    def network(bridge):
        ends = [((x, y), (x + 100, y)) for y in (0, 100) for x in range(0, 1000, 100)]
        if bridge:
            ends.append(((500, 0), (500, 100)))
        lines = [shapely.LineString(pair) for pair in ends]
        frame = gpd.GeoDataFrame(
            {
                "id": [f"w{i}" for i in range(len(lines))],
                "from_node": "",
                "to_node": "",
                "steps": False,
                "bridge": False,
            },
            geometry=lines,
        )
        frame["length"] = shapely.length(lines)
        return net.build(frame, net.Rules())

    at = np.array([(x + 50.0, y) for y in (0, 100) for x in range(0, 1000, 100)])
    counts = np.array([[10.0, 0]] * 10 + [[0, 10.0]] * 10)
    before, after = (
        walking.barriers(walking.walk(at, network(bridge)), counts, [300, 900], "flat") for bridge in (False, True)
    )
    assert before.straight == after.straight
    assert before.walked == pytest.approx((1.0, 1.0))
    assert after.effect[1] < before.effect[1]
    assert all(e > 0 for e in after.effect)
    assert (before.units, before.persons) == (20, 200)


def test_units_off_the_network_are_said():
    network = net.build(walk_grid(np.random.default_rng(0), 4, 4, 100.0).assign(bridge=False), net.Rules())
    with pytest.raises(BadInput, match="no unit lies within 1000 m of the walk network"):
        walking.walk([[1e6, 1e6]], network)


@pytest.mark.parametrize("null", ["permutation", "binomial"])
def test_band_holds_what_chance_gives(null):
    """Of tables made by chance nineteen in twenty fall inside; a segregated one does not; the seed fixes the band."""
    rng = np.random.default_rng(7)
    t = rng.integers(1, 12, 60)
    measure = {"d": several.dissimilarity}
    inside = 0
    for _ in range(60):
        group = rng.binomial(t, 0.3)
        found = band.bands(measure, np.stack([group, t - group], axis=1), null, draws=100)["d"]
        inside += found.low <= found.value <= found.high
    assert inside >= 50
    group = np.where(np.arange(60) < 20, t, 0)
    far = band.bands(measure, np.stack([group, t - group], axis=1), null, seed=3)["d"]
    assert far.value == pytest.approx(1)
    assert far.high < 0.6
    assert far.above == pytest.approx(1 / 201)
    assert far == band.bands(measure, np.stack([group, t - group], axis=1), null, seed=3)["d"]
    assert far.mean > 0.2  # small units look segregated by chance
    assert (far.units, far.persons) == (60, t.sum())


def test_a_permutation_keeps_both_totals():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 9, (30, 4))
    dealt = band._permuted(counts, rng)
    assert (dealt.sum(axis=0) == counts.sum(axis=0)).all()
    assert (dealt.sum(axis=1) == counts.sum(axis=1)).all()
    assert (dealt >= 0).all()


def test_wrong_scales_are_said():
    at, counts = _units(0, 5, True)
    with pytest.raises(BadInput, match="k is 0"):
        neighbours.nearest(at, counts, [0])
    with pytest.raises(BadInput, match="ascending order"):
        multiscalar.environments(at, counts, [500, 100])
    with pytest.raises(BadInput, match="row 2: the unit has no place"):
        multiscalar.environments([[0, 0], [np.nan, 0]], counts[:2], [100])
    with pytest.raises(BadInput, match="at least 20"):
        band.bands({}, counts, draws=3)


def test_nobody_anywhere():
    assert neighbours.nearest(np.zeros((0, 2)), np.zeros((0, 2)), [5]).persons.shape == (0, 1, 2)
    assert multiscalar.environments(np.zeros((0, 2)), np.zeros((0, 2)), [5.0]).shape == (0, 1, 2)
    empty = np.zeros((3, 2))
    assert np.isnan(multiscalar.spatial_h(empty, multiscalar.environments(empty, empty, [5.0]))).all()
    assert math.isnan(neighbours.profile(neighbours.nearest(empty, empty, [5]), empty)[0].dissimilarity)
    assert math.isnan(band.bands({"d": several.dissimilarity}, empty, draws=20)["d"].value)


def test_work_can_be_stopped():
    def stop(_fraction, _text, _fields):
        raise Cancelled

    at, counts = _units(0, 80, False)
    with pytest.raises(Cancelled):
        multiscalar.environments(at, counts, [100.0], job=Job(stop))


def test_the_first_error_of_a_thread_is_raised():
    def work(first, _last):
        raise ZeroDivisionError(first)

    with pytest.raises(ZeroDivisionError):
        cells.shared_out(work, 5000)
