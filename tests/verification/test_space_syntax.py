"""Angular segment analysis on graphs whose values are known in closed form, and against a plain search."""

from __future__ import annotations

import heapq

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from small_cities import CRS, small_city, walk_grid

from twin.city.city import City
from twin.models.compile import compile_all, kernels
from twin.models.syntax.model import run
from twin.models.syntax.segments import measures, segments

BIG = 1 << 32
"""What a millionth of a right angle is in a cost."""


def _paths(*pieces):
    """Return paths from lists of points; nodes are the points' names."""
    rows = [
        {"id": f"p{i}", "from_node": str(a[0]), "to_node": str(a[-1]), "steps": False, "bridge": False}
        for i, a in enumerate(pieces)
    ]
    lines = [shapely.LineString(a) for a in pieces]
    return gpd.GeoDataFrame(rows, geometry=lines, crs=CRS).assign(length=[line.length for line in lines])


def _by_id(paths, radius):
    found = segments(paths)
    got = measures(found, radius)
    order = np.argsort([int(name[1:]) for name in found.ids])
    return got.count[order], got.depth[order], got.choice[order]


def test_a_straight_street():
    """n pieces in a row: no turning at all, the i-th is passed by i (n - 1 - i) pairs."""
    n = 9
    count, depth, choice = _by_id(_paths(*[[(10 * i, 0), (10 * i + 10, 0)] for i in range(n)]), 1000)
    assert count.tolist() == [n] * n
    assert depth.tolist() == [0] * n
    assert choice.tolist() == [i * (n - 1 - i) for i in range(n)]


def test_a_crossing_of_four_arms():
    """Each arm goes straight on to one other and turns a right angle to two; nobody passes through an arm."""
    arms = [[(0, 0), (100, 0)], [(0, 0), (0, 100)], [(0, 0), (-100, 0)], [(0, 0), (0, -100)]]
    count, depth, choice = _by_id(_paths(*arms), 1000)
    assert (count.tolist(), depth.tolist(), choice.tolist()) == ([4] * 4, [2.0] * 4, [0] * 4)


def test_a_ring_of_eight():
    """A regular octagon: 45° to the next; depths 1/2 (1+2+3) twice and 2 across; the pair across goes either way."""
    angles = np.arange(9) * np.pi / 4
    points = [(100 * float(np.cos(a)), 100 * float(np.sin(a))) for a in angles[:-1]]
    pieces = [[points[i], points[(i + 1) % 8]] for i in range(8)]
    count, depth, choice = _by_id(_paths(*pieces), 10_000)
    assert count.tolist() == [8] * 8
    assert depth == pytest.approx([2 * 0.5 * (1 + 2 + 3) + 0.5 * 4] * 8, abs=1e-4)
    # pairs 2 and 3 apart pass 1 and 2 segments, 8 of each; the 4 pairs across pass 3, half on either side
    assert choice == pytest.approx([(8 * 1 + 8 * 2 + 4 * 3) / 8] * 8)


def test_the_radius_is_measured_from_middle_to_middle():
    street = _paths(*[[(10 * i, 0), (10 * i + 10, 0)] for i in range(5)])
    assert _by_id(street, 19.9)[0].tolist() == [2, 3, 3, 3, 2]
    assert _by_id(street, 20.1)[0].tolist() == [3, 4, 5, 4, 3]


def test_a_bend_turns_within_itself():
    """Half of it from its middle, all of it when passed."""
    bent = [[(0, 0), (10, 0)], [(10, 0), (20, 0), (20, 10)], [(20, 10), (20, 20)]]
    _, depth, choice = _by_id(_paths(*bent), 1000)
    assert depth == pytest.approx([0.5 + 1.0, 1.0, 1.5], abs=1e-5)
    assert choice.tolist() == [0, 1, 0]


def test_a_way_with_less_turning_wins_over_a_shorter_one():
    """From p0 to p3 straight on by p1, p2 (long), or by the diagonal p4 (short, but turning twice)."""
    pieces = [[(0, 0), (100, 0)], [(100, 0), (100, 300), (400, 300), (400, 0)], [(400, 0), (500, 0)],
              [(100, 0), (250, 20)], [(250, 20), (400, 0)]]  # fmt: skip
    paths = _paths(*pieces)
    _, _, choice = _by_id(paths, 10_000)
    assert choice[1] == 0
    assert choice[3] >= 1


def _search(o, turns, half, radius):
    """Return cost and number of ways by state, and the states in order, from one segment."""
    best, ways, order = {2 * o: half[o], 2 * o + 1: half[o]}, {2 * o: 1, 2 * o + 1: 1}, []
    heap = [(half[o], 2 * o), (half[o], 2 * o + 1)]
    while heap:
        d, s = heapq.heappop(heap)
        if s in order or d > best[s]:
            continue
        order.append(s)
        for t, c in turns[s]:
            if t >> 1 == o or (d + c - half[t >> 1]) % BIG > radius * 1000:
                continue
            if d + c < best.get(t, 1 << 62):
                best[t], ways[t] = d + c, ways[s]
                heapq.heappush(heap, (d + c, t))
            elif d + c == best[t]:
                ways[t] += ways[s]
    return best, ways, order


def _plain(paths, radius):
    """Return count, depth and choice by a search in plain Python from every segment."""
    found = segments(paths)
    n, half = len(found.ids), [int(h) for h in found.half]
    count, depth, choice = np.ones(n), np.zeros(n), np.zeros(n)
    turns = [
        [(int(found.to[k]), int(found.cost[k])) for k in range(found.start[s], found.start[s + 1])]
        for s in range(2 * n)
    ]
    for o in range(n):
        best, ways, order = _search(o, turns, half, radius)
        middle = {}
        for s in order:
            middle.setdefault(s >> 1, []).append(best[s] - half[s >> 1])
        del middle[o]
        count[o] += len(middle)
        depth[o] = sum(min(costs) // BIG for costs in middle.values()) / 1e6
        share = dict.fromkeys(order, 0.0)
        for s in (s for s in reversed(order) if s >> 1 != o):
            t = s >> 1
            choice[t] += share[s]
            here = [q for q in (2 * t, 2 * t + 1) if q in order and best[q] - half[t] == min(middle[t])]
            share[s] += ways[s] / sum(ways[q] for q in here) if s in here else 0.0
            for q in order:
                if any(to == s and best[q] + c == best[s] for to, c in turns[q]):
                    share[q] += share[s] * ways[q] / ways[s]
    return count, depth, choice / 2


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([150.0, 400.0, 5000.0]))
def test_a_plain_search_says_the_same(seed, regular, radius):
    rng = np.random.default_rng(seed)
    paths = walk_grid(rng, 5, 4, 100.0, 0.1).assign(bridge=False)
    if regular:  # many ways are alike
        lines = [shapely.LineString(np.round(shapely.get_coordinates(line) / 100) * 100) for line in paths.geometry]
        paths = paths.set_geometry(gpd.GeoSeries(lines, crs=CRS)).assign(length=[line.length for line in lines])
        paths = paths[paths["length"] > 0].reset_index(drop=True)
    got = measures(segments(paths), radius)
    count, depth, choice = _plain(paths, radius)
    assert got.count == pytest.approx(count)
    assert got.depth == pytest.approx(depth, abs=1e-9)
    assert got.choice == pytest.approx(choice, abs=1e-9)


def _turn(a, b):
    """Return the turn from one direction to another [millionths of a right angle]."""
    cross, dot = a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]
    return np.rint(abs(np.arctan2(cross, dot)) / (np.pi / 2) * 1e6)


def _by_scipy(paths):
    """Return count, depth and choice by SciPy's Dijkstra on the graph of directed middles, drawn up from the lines.

    Many ways turn alike, for all that only turn left do; so a way costs its turning, and below that its length.
    """
    lines = [shapely.get_coordinates(line) for line in paths.geometry]
    n, unit = len(lines), 2.0**22
    inner = [sum(_turn(b - a, c - b) for a, b, c in zip(p, p[1:], p[2:], strict=False)) for p in lines]
    half = [
        bend // 2 * unit + np.rint(1000 * line.length) // 2 for bend, line in zip(inner, paths.geometry, strict=True)
    ]
    ends = list(zip(paths["from_node"], paths["to_node"], strict=True))
    cost = np.zeros((2 * n, 2 * n))
    for a in range(n):
        for to_end in (0, 1):  # a is walked towards its end to_end
            leaving = lines[a][-1] - lines[a][-2] if to_end else lines[a][0] - lines[a][1]
            for b in range(n):
                for by in (0, 1):  # b is entered by its end by, and walked towards the other
                    if a != b and ends[a][to_end] == ends[b][by]:
                        entering = lines[b][-2] - lines[b][-1] if by else lines[b][1] - lines[b][0]
                        cost[2 * a + to_end, 2 * b + 1 - by] = half[a] + _turn(leaving, entering) * unit + half[b]
    found = dijkstra(csr_array(cost))
    leaving, arriving = np.minimum(found[::2], found[1::2]), np.minimum(found[:, ::2], found[:, 1::2])
    between = np.minimum(leaving[:, ::2], leaving[:, 1::2])
    np.fill_diagonal(between, 0.0)
    reached = np.isfinite(between)
    choice = np.zeros(n)
    for v in range(n):
        through = [leaving[:, s][:, None] + arriving[s][None, :] for s in (2 * v, 2 * v + 1)]
        on = reached & (np.minimum(*through) == between)
        on[v], on[:, v] = False, False
        np.fill_diagonal(on, False)
        choice[v] = on.sum() / 2
    return reached.sum(axis=1), (np.where(reached, between, 0.0) // unit).sum(axis=1) / 1e6, choice


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("bent", [False, True])
def test_scipy_says_the_same(seed, bent):
    """An independent calculation from the drawn lines: reach, depth and choice."""
    rng = np.random.default_rng(seed)
    paths = walk_grid(rng, 7, 6, 100.0, 0.12).assign(bridge=False, steps=False)
    if bent:
        ends = [shapely.get_coordinates(line) for line in paths.geometry]
        lines = [shapely.LineString([p[0], p.mean(axis=0) + rng.uniform(-25, 25, 2), p[-1]]) for p in ends]
        paths = paths.set_geometry(gpd.GeoSeries(lines, crs=CRS)).assign(length=[line.length for line in lines])
    found = segments(paths)
    order = {name: i for i, name in enumerate(found.ids)}
    rows = [order[name] for name in paths["id"]]
    got = measures(found, 1e6)
    count, depth, choice = _by_scipy(paths)
    assert len(rows) > 50
    assert got.count[rows] == pytest.approx(count)
    assert got.depth[rows] == pytest.approx(depth, abs=1e-4)
    assert got.choice[rows] == pytest.approx(choice)


def test_as_a_model():
    city = small_city(2)
    found = run(city, {}, {})
    assert {f.where for f in found.fields} == {"paths"}
    assert len(found.fields) == len(found.indicators) == 4
    assert all(np.isfinite(f.values).all() and (f.ids == found.fields[0].ids).all() for f in found.fields)
    assert run(City("empty", CRS), {}, {}).fields == ()
    compile_all(prefix="twin.models.syntax")
    assert all(len(kernel.signatures) == 1 for name, (kernel, _) in kernels().items() if ".syntax." in name)
