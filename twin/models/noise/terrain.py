"""Terrain from breaklines: triangles that keep every line as an edge."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import Delaunay, QhullError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAME = 1e-6
"""Distance [m] within which points are one and a point lies on a line."""
APART = 0.02
"""Difference of height [m] at which two crossing lines contradict each other."""
ROUNDS = 60
"""Halvings of lines that triangles do not keep; each round halves all that are missing."""


def triangles(lines: Floats) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Return a terrain that runs along breaklines.

    Lines that triangles would not keep are halved until they do (a conforming Delaunay triangulation), so heights are
    linear along every line. Of lines that cross at different heights, the one that contradicts most others is left out.

    Parameters
    ----------
    lines : array, shape (n, 6)
        x0, y0, z0, x1, y1, z1 [m].

    Returns
    -------
    array, shape (t, 9)
        Corners x, y, z of the triangles.
    array, shape (r, 6)
        Edges of its rim.
    tuple of int
        Numbers of the lines left out.
    """
    lines = np.asarray(lines, dtype=np.float64).reshape(-1, 6)
    kept = _consistent(lines)
    dropped = tuple(sorted(set(range(len(lines))) - set(kept)))
    if not kept:
        return np.empty((0, 9)), np.empty((0, 6)), dropped
    origin = lines[:, [0, 1]].mean(axis=0)
    pieces = _split_at_crossings(lines[kept] - np.array([*origin, 0.0, *origin, 0.0]))
    points, corners = _conforming(pieces)
    points = points + np.array([*origin, 0.0])
    return points[corners].reshape(-1, 9), points[_rim(corners)].reshape(-1, 6), dropped


def _crossing(a: Floats, b: Floats) -> tuple[float, float] | None:
    """Return the shares of two lines at which they cross in plan; None where they do not or run side by side."""
    d, e = a[3:5] - a[:2], b[3:5] - b[:2]
    det = d[0] * e[1] - d[1] * e[0]
    if abs(det) < 1e-12 * max(1.0, float(np.hypot(*d) * np.hypot(*e))):
        return None
    gap = b[:2] - a[:2]
    s, t = (gap[0] * e[1] - gap[1] * e[0]) / det, (gap[0] * d[1] - gap[1] * d[0]) / det
    slack_s, slack_t = SAME / float(np.hypot(*d)), SAME / float(np.hypot(*e))
    if -slack_s <= s <= 1 + slack_s and -slack_t <= t <= 1 + slack_t:
        return float(np.clip(s, 0, 1)), float(np.clip(t, 0, 1))
    return None


def _at(line: Floats, share: float) -> Floats:
    return np.asarray(line[:3] + share * (line[3:] - line[:3]))


def _consistent(lines: Floats) -> list[int]:
    """Return the numbers of lines that contradict no other, leaving out the worst until none is left."""
    long = [i for i in range(len(lines)) if np.hypot(*(lines[i, 3:5] - lines[i, :2])) > SAME]
    against: dict[int, set[int]] = {i: set() for i in long}
    for n, i in enumerate(long):
        for j in long[n + 1 :]:
            found = _crossing(lines[i], lines[j])
            if found and abs(_at(lines[i], found[0])[2] - _at(lines[j], found[1])[2]) > APART:
                against[i].add(j)
                against[j].add(i)
    while any(against.values()):
        worst = max(against, key=lambda i: (len(against[i]), *-np.sort(lines[i, [2, 5]]), *lines[i]))
        for j in against.pop(worst):
            against[j].discard(worst)
    return sorted(against)


def _split_at_crossings(lines: Floats) -> list[tuple[Floats, Floats]]:
    """Return the pieces of lines between their crossings with each other."""
    pieces = []
    for i, line in enumerate(lines):
        shares = {0.0, 1.0}
        for j, other in enumerate(lines):
            found = _crossing(line, other) if i != j else None
            if found:
                shares.add(found[0])
            for end in (other[:3], other[3:]) if i != j else ():
                share = _on(line, end)
                if share is not None:
                    shares.add(share)
        order = sorted(shares)
        pieces += [(_at(line, s), _at(line, t)) for s, t in pairwise(order)]
    return pieces


def _on(line: Floats, point: Floats) -> float | None:
    """Return the share of a line at which a point lies on it in plan."""
    d = line[3:5] - line[:2]
    share = float(np.dot(point[:2] - line[:2], d) / np.dot(d, d))
    near = bool(np.hypot(*(line[:2] + share * d - point[:2])) < SAME)
    return share if near and 0 < share < 1 else None


class _Points:
    """Points numbered in the order they come, those within ``SAME`` of each other once."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, int], int] = {}
        self.places: list[Floats] = []

    def add(self, place: Floats) -> int:
        key = round(float(place[0]) / SAME / 2), round(float(place[1]) / SAME / 2)
        for near in ((key[0] + i, key[1] + j) for i in (0, -1, 1) for j in (0, -1, 1)):
            number = self.numbers.get(near)
            if number is not None and np.hypot(*(self.places[number][:2] - place[:2])) < SAME:
                return number
        self.numbers[key] = len(self.places)
        self.places.append(place)
        return len(self.places) - 1


def _conforming(pieces: list[tuple[Floats, Floats]]) -> tuple[Floats, NDArray[np.int64]]:
    points = _Points()
    # sorted, so that the triangles do not depend on the order of the lines
    ordered = sorted(pieces, key=lambda pair: sorted((tuple(pair[0]), tuple(pair[1]))))
    edges = sorted({tuple(sorted((points.add(a), points.add(b)))) for a, b in ordered})
    for _ in range(ROUNDS):
        places = np.array(points.places)
        try:
            corners = Delaunay(places[:, :2]).simplices.astype(np.int64)
        except (QhullError, ValueError):
            return places, np.empty((0, 3), dtype=np.int64)
        there = {tuple(sorted(pair)) for a, b, c in corners.tolist() for pair in ((a, b), (b, c), (c, a))}
        missing = [edge for edge in edges if edge not in there and edge[0] != edge[1]]
        if not missing:
            break
        for a, b in missing:
            edges.remove((a, b))
            middle = points.add((places[a] + places[b]) / 2)
            edges += [tuple(sorted((a, middle))), tuple(sorted((middle, b)))]
    return places, corners


def _rim(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the edges that only one triangle has, shape (r, 2)."""
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    edges, times = np.unique(pairs, axis=0, return_counts=True)
    return np.asarray(edges[times == 1], dtype=np.int64)
