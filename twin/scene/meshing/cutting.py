"""Cutting convex polygons along the lines of a grid, many at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EPS = 1e-6


def cut_by_lines(polygons: Floats, counts: Ints, measure: Floats) -> tuple[Floats, Ints]:
    """Cut convex polygons along the lines where a linear measure of x and y is a whole number.

    Parameters
    ----------
    polygons : array, shape (n, v, k)
        Corner values; the first two are x and y, all others are carried along linearly. Places beyond a polygon's
        count repeat its last corner.
    counts : array, shape (n,)
        Corners of each polygon.
    measure : array, shape (3,)
        ``(a, b, c)`` of the measure a·x + b·y + c.

    Returns
    -------
    polygons, counts
        Pieces none of which has a line in its inside; orientation is kept.
    """
    done: list[tuple[Floats, Ints]] = []
    a, b, c = measure
    while len(polygons):
        m = polygons[:, :, 0] * a + polygons[:, :, 1] * b + c
        first = np.floor(m.min(axis=1) + _EPS) + 1
        last = np.ceil(m.max(axis=1) - _EPS) - 1
        crossed = first <= last
        done.append((polygons[~crossed], counts[~crossed]))
        if not crossed.any():
            break
        line = np.floor((first[crossed] + last[crossed]) / 2)
        polygons, counts, d = polygons[crossed], counts[crossed], m[crossed] - line[:, None]
        below, n_below = _side(polygons, counts, d)
        above, n_above = _side(polygons, counts, -d)
        polygons, counts = _stacked([(below, n_below), (above, n_above)])
    return _stacked(done) if done else (polygons, counts)


def _side(polygons: Floats, counts: Ints, d: Floats) -> tuple[Floats, Ints]:
    """Return the part of each polygon where ``d`` ≤ 0."""
    n, v, k = polygons.shape
    place = np.arange(v)[None, :]
    real = place < counts[:, None]
    following = np.where(place + 1 < counts[:, None], place + 1, 0)
    rows = np.arange(n)[:, None]
    d_next = d[rows, following]
    kept = real & (d <= _EPS)
    crossing = real & (((d < -_EPS) & (d_next > _EPS)) | ((d > _EPS) & (d_next < -_EPS)))
    share = np.where(crossing, d / np.where(crossing, d - d_next, 1.0), 0.0)
    between = polygons + (polygons[rows, following] - polygons) * share[:, :, None]
    slots = np.empty((n, 2 * v, k))
    slots[:, 0::2], slots[:, 1::2] = polygons, between
    used = np.empty((n, 2 * v), dtype=bool)
    used[:, 0::2], used[:, 1::2] = kept, crossing
    total = used.sum(axis=1)
    width = max(int(total.max()), 3) if n else 3
    # Move the used slots to the front; places beyond them repeat the last one.
    result = np.empty((n, width, k))
    owner, slot = np.nonzero(used)
    result[owner, np.cumsum(used, axis=1)[owner, slot] - 1] = slots[owner, slot]
    beyond = np.arange(width)[None, :] >= total[:, None]
    result[beyond] = result[rows[:, 0], np.maximum(total - 1, 0)][np.nonzero(beyond)[0]]
    return result, total


def _stacked(pieces: list[tuple[Floats, Ints]]) -> tuple[Floats, Ints]:
    width = max(polygons.shape[1] for polygons, _ in pieces)
    padded = []
    for polygons, _ in pieces:
        lack = width - polygons.shape[1]
        padded.append(
            np.pad(polygons, ((0, 0), (0, lack), (0, 0)), mode="edge") if lack and len(polygons) else polygons
        )
    padded = [p if len(p) else np.empty((0, width, p.shape[2])) for p in padded]
    return np.concatenate(padded), np.concatenate([counts for _, counts in pieces])


def fans(polygons: Floats, counts: Ints) -> tuple[Floats, Ints]:
    """Return the corners (p, k) of convex polygons and triangles (t, 3) of them, slivers left out."""
    n, v, _ = polygons.shape
    real = np.arange(v)[None, :] < counts[:, None]
    first = np.cumsum(counts) - counts
    spare = np.maximum(counts - 2, 0)
    owner = np.repeat(np.arange(n), spare)
    k = np.arange(len(owner)) - np.repeat(np.cumsum(spare) - spare, spare)
    base = first[owner]
    cells = np.stack([base, base + k + 1, base + k + 2], axis=1)
    points = polygons[real]
    return points, cells[np.abs(doubled_area(points[cells])) > 1e-6]


def shared(points: Floats, cells: Ints) -> tuple[Floats, Ints]:
    """Let triangles have the corners in common that are the same: half as many are left where polygons were cut.

    Parameters
    ----------
    points : array, shape (p, k)
        Two are the same when no column differs by more than some 2 mm (or as little of another unit).
    cells : array, shape (t, 3)
    """
    if not len(points):
        return points, cells
    steps = np.rint(points * _STEPS).astype(np.int64)
    codes, kept = pd.factorize(steps @ _PRIMES[: points.shape[1]])
    first = np.empty(len(kept), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return points[first], codes[cells]


_STEPS = 512.0
_PRIMES = np.array(
    [0x1E3779B97F4A7C15, 0x3F58476D1CE4E5B9, 0x14D049BB133111EB, 0x2545F4914F6CDD1D, 0x5851F42D4C957F2D,
     0x369DEA0F31A53F85, 0x27BB2EE687B0B0FD, 0x12545F4914F6CDD7, 0x6A09E667F3BCC909, 0x3C6EF372FE94F82B,
     0x510E527FADE682D1, 0x1F83D9ABFB41BD6B], dtype=np.int64)  # fmt: skip
"""Odd numbers of 63 bits: rows of whole numbers whose sums of products are equal are equal but for one pair in 10¹⁹."""


def doubled_area(corners: Floats) -> Floats:
    """Return twice the signed area of triangles (t, 3, k) in x and y."""
    a, b = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
