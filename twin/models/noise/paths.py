"""One path from a source to a receiver, straight or folded at walls, in both conditions.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, section 2.5. The single cases of ``twin noise`` and the answers
for a whole city go through here.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import types

from twin.models.compile import kernel, pair, quick_part, unowned
from twin.models.noise.cut import WORK, G, begin, cut, height_at, rings_of, summed, top_of
from twin.models.noise.diffraction import hull, radius
from twin.models.noise.flat import FLAT, HOUSE, RIM, SCREEN
from twin.models.noise.ground import NEPER, exp
from twin.models.noise.vertical import REFLECT_BASE, REFLECT_TOP, REFLECT_X, over

SPHERE = 10**-1.1
"""10^(−11/10) of equation 2.5.12."""
OUTSIDE = 1e-6
"""Distance [m] from a wall at which a point is in front of it."""
_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]


@quick_part
def trace(flat, work, n_walls, rings, deck):  # type: ignore[no-untyped-def]
    """Cut the scene along the path in ``work.points``, folded at ``work.faces``.

    Parameters
    ----------
    flat : Flat
    work : Work
        Gets the profile and the walls of the path.
    n_walls : int
    rings : array of int
        Codes of the rings that the receiver lies in.
    deck : int
        The deck that carries the source, −1 for none.

    Returns
    -------
    bool, float
        Whether every wall stands free in front and out of the ground; the length of the path in plan [m].
    """
    begin(work)
    for r in range(min(len(rings), len(work.code))):
        work.code[r] = rings[r]
        work.sizes[2] = r + 1
    points, walls = work.points, work.walls
    length = 0.0
    for i in range(n_walls + 1):
        length += math.sqrt((points[i + 1, 0] - points[i, 0]) ** 2 + (points[i + 1, 1] - points[i, 1]) ** 2)
        if i < n_walls:
            walls[i, REFLECT_X] = length
    for i in range(n_walls - 1, -1, -1):
        x, y, e = points[i + 1, 0], points[i + 1, 1], work.faces[i]
        walls[i, REFLECT_TOP] = top_of(flat.edges, e, x, y)
        walls[i, REFLECT_BASE] = height_at(x, y, flat)
        if walls[i, REFLECT_TOP] <= walls[i, REFLECT_BASE]:
            return False, length
    for i in range(n_walls, -1, -1):
        start = walls[i - 1, REFLECT_X] if i > 0 else 0.0
        cut(flat, points[i, 0], points[i, 1], points[i + 1, 0], points[i + 1, 1], start, deck, work)
        if i > 0:
            for r in range(work.sizes[2]):
                if work.code[r] % 3 == HOUSE:
                    return False, length
    summed(work.seg[work.sizes[0] :])
    return work.sizes[3] == 0 and work.sizes[0] < len(work.seg), length


@quick_part
def sound(flat, work, n_walls, length, zs, zr, source_g, roofs, air, out):  # type: ignore[no-untyped-def]
    """Write the shares (2, 8) of the source's energy that come along the path that was traced, 10^(−A/10) per band.

    Homogeneous, then favourable; of a condition in which the path does not exist nothing is written. Returns 1 when it
    is heard in homogeneous, plus 2 when in favourable conditions; ``source_g`` below 0 stands for G at the source.
    """
    seg, edges = work.seg[work.sizes[0] :], work.edges[work.sizes[1] :]
    g = source_g if source_g >= 0 else seg[0, G]
    square = length * length + (zr - zs) ** 2
    d = math.sqrt(square)
    share, heard, n = work.share, 0, -1
    for condition in range(2):
        gain = out[condition]
        n = hull(edges, length, zs, zr, radius(length) if condition == 1 else 0.0, work.low, work.found, n)
        if not over(seg, edges, n, work.walls[:n_walls], length, zs, zr, g, condition == 1, roofs, work, gain):
            continue
        if heard == 0:  # the way through the air is that of both
            for i in range(len(share)):
                share[i] = SPHERE / square * exp(-air[i] * d * NEPER)
            for k in range(n_walls):
                for i in range(len(share)):
                    share[i] *= flat.kept[work.faces[k], i]
        for i in range(len(share)):
            gain[i] *= share[i]
        heard += 1 + condition
    return heard


@quick_part
def fold(flat, work, xs, ys, xr, yr, n_walls):  # type: ignore[no-untyped-def]
    """Find the points in plan of a path that the faces in ``work.faces`` reflect in turn; returns whether there is one.

    ``work.sides`` tell which side of each face is meant: 1 that of its normal, −1 the other.
    """
    points = work.points
    # images of the source, kept where the points will be
    x, y = xs, ys
    for k in range(n_walls):
        e, side = work.faces[k], work.sides[k]
        nx, ny = side * flat.normal[e, 0], side * flat.normal[e, 1]
        away = (x - flat.edges[e, 0]) * nx + (y - flat.edges[e, 1]) * ny
        if away <= OUTSIDE or nx * nx + ny * ny < 0.5:
            return False
        x, y = x - 2 * away * nx, y - 2 * away * ny
        points[k + 1, 0], points[k + 1, 1] = x, y
    points[0, 0], points[0, 1] = xs, ys
    points[n_walls + 1, 0], points[n_walls + 1, 1] = xr, yr
    hx, hy = xr, yr
    for k in range(n_walls - 1, -1, -1):
        e, side = work.faces[k], work.sides[k]
        nx, ny = side * flat.normal[e, 0], side * flat.normal[e, 1]
        px, py, qx, qy = flat.edges[e, 0], flat.edges[e, 1], flat.edges[e, 2], flat.edges[e, 3]
        ix, iy = points[k + 1, 0], points[k + 1, 1]
        before = (hx - px) * nx + (hy - py) * ny
        if before <= OUTSIDE:
            return False
        behind = -((ix - px) * nx + (iy - py) * ny)
        if behind <= 0:
            return False
        t = before / (before + behind)
        x, y = hx + t * (ix - hx), hy + t * (iy - hy)
        dx, dy = qx - px, qy - py
        long = math.sqrt(dx * dx + dy * dy)
        along = ((x - px) * dx + (y - py) * dy) / long
        if along < -RIM or along > long + RIM:
            return False
        points[k + 1, 0], points[k + 1, 1] = x, y
        hx, hy = x, y
    return True


@kernel(numba.int64(FLAT, WORK, _F2, _I1, _F1, _F1, types.int64, _I1, types.float64, types.boolean, _F1, _F2))
def one(flat, work, points, faces, source, receiver, deck, rings, source_g, roofs, air, out):  # type: ignore[no-untyped-def]
    """Write the shares of energy of one path in both conditions.

    Parameters
    ----------
    flat, work : Flat, Work
    points : array, shape (k + 2, 2) [m]
        The path in plan.
    faces : array of int, shape (k,)
        Edges that reflect it.
    source, receiver : array, shape (3,) [m]
    deck, rings, source_g, roofs, air
        See :func:`trace` and :func:`sound`.
    out : array, shape (2, 8)
        Homogeneous, favourable.

    Returns
    -------
    int
        1 when heard in homogeneous, plus 2 when heard in favourable conditions.
    """
    flat, work = unowned(flat), unowned(work)
    n = len(faces)
    for i in range(n + 2):
        work.points[i, 0], work.points[i, 1] = points[i, 0], points[i, 1]
        if i < n:
            work.faces[i] = faces[i]
    free, length = trace(flat, work, n, rings, deck)
    if not free:
        return 0
    heard: int = sound(flat, work, n, length, source[2], receiver[2], source_g, roofs, air, out)
    return heard


@kernel(numba.int64(FLAT, WORK, _F1, _F1, types.int64, types.int64, _I1, _F2))
def folds(flat, work, source, receiver, order, own, faces, points):  # type: ignore[no-untyped-def]
    """Write all paths that are reflected once to ``order`` times; returns how many, also beyond the room given.

    Parameters
    ----------
    flat, work : Flat, Work
    source, receiver : array, shape (2,) [m]
    order : int
        0 to 2.
    own : int
        House of the receiver, whose walls do not reflect towards it; −1 for none.
    faces : array of int, shape (n × 2,)
        Gets two edges per path, the second −1 for a path reflected once.
    points : array, shape (n × 4, 2)
        Gets four points per path, three of them used where it is reflected once.
    """
    flat, work = unowned(flat), unowned(work)
    n = 0
    edges = len(flat.edges)
    for e in range(edges if order > 0 else 0):
        if flat.kind[e] != HOUSE and flat.kind[e] != SCREEN:
            continue
        for side in (1, -1):
            if side < 0 and flat.kind[e] == HOUSE:
                continue
            work.faces[0], work.sides[0] = e, side
            if not (flat.kind[e] == HOUSE and flat.of[e] == own) and fold(
                flat, work, source[0], source[1], receiver[0], receiver[1], 1
            ):  # fmt: skip
                n = _noted(work, 1, n, faces, points)
            for f in range(edges if order > 1 else 0):
                other = flat.kind[f]
                if f == e or (other != HOUSE and other != SCREEN) or (other == HOUSE and flat.of[f] == own):
                    continue
                for turn in (1, -1):
                    if turn < 0 and other == HOUSE:
                        continue
                    work.faces[0], work.sides[0], work.faces[1], work.sides[1] = e, side, f, turn
                    if fold(flat, work, source[0], source[1], receiver[0], receiver[1], 2):
                        n = _noted(work, 2, n, faces, points)
    return n


@quick_part
def _noted(work, walls, n, faces, points):  # type: ignore[no-untyped-def]
    if 2 * n + 1 < len(faces):
        faces[2 * n], faces[2 * n + 1] = work.faces[0], (work.faces[1] if walls > 1 else -1)
        for i in range(walls + 2):
            points[4 * n + i, 0], points[4 * n + i, 1] = work.points[i, 0], work.points[i, 1]
    return n + 1


@kernel(pair(_F2, _F2, _F1)(FLAT, WORK, _F2))
def profile(flat, work, points):  # type: ignore[no-untyped-def]
    """Cut the scene along a line in plan and unfold it.

    Parameters
    ----------
    flat, work : Flat, Work
        ``work`` of a scene cut alone; the end of the line may lie in any rings.
    points : array, shape (k, 2) [m]

    Returns
    -------
    array, shape (n, 8), array, shape (m, 4), array, shape (k,)
        Pieces and edges, see :mod:`twin.models.noise.cut`, and the positions of the points along the profile.
    """
    k = len(points)
    at = np.zeros(k)
    begin(work)
    for i in range(1, k):
        at[i] = at[i - 1] + math.sqrt((points[i, 0] - points[i - 1, 0]) ** 2 + (points[i, 1] - points[i - 1, 1]) ** 2)
    rings_of(flat, points[k - 1, 0], points[k - 1, 1], work)
    for i in range(k - 1, 0, -1):
        cut(flat, points[i - 1, 0], points[i - 1, 1], points[i, 0], points[i, 1], at[i - 1], -1, work)
    seg, edges = work.seg[work.sizes[0] :].copy(), work.edges[work.sizes[1] :].copy()
    summed(seg)
    return seg, edges, at
