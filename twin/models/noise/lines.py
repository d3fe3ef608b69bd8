"""Roads as point sources: lines are halved until every piece is short against its distance from the receiver.

Directive (EU) 2015/996, 2.5.4: a line source may be replaced by point sources when each represents a piece so short
that it does not matter where on it the source lies.
"""

from __future__ import annotations

import math

import numpy as np

from twin.models.compile import kernel, part

RATIO = 0.5
"""Longest piece as a share of its distance from the receiver."""
LEAST = 1.0
"""Length [m] below which a piece is never halved."""
DEPTH = 40
"""Halvings of one line at most; 40 leave a nanometre of a thousand kilometres."""


@part
def _near(x, y, z, ax, ay, az, bx, by, bz):  # type: ignore[no-untyped-def]
    """Return the distance [m] of a point from a piece, in space and in plan."""
    dx, dy, dz = bx - ax, by - ay, bz - az
    square = dx * dx + dy * dy + dz * dz
    t = 0.0
    if square > 0:
        t = min(max(((x - ax) * dx + (y - ay) * dy + (z - az) * dz) / square, 0.0), 1.0)
    gx, gy, gz = x - ax - t * dx, y - ay - t * dy, z - az - t * dz
    return math.sqrt(gx * gx + gy * gy + gz * gz), math.hypot(gx, gy)


@part
def _walk(x, y, z, lines, ratio, least, reach, points, of, fill):  # type: ignore[no-untyped-def]
    """Halve all lines; returns the number of pieces, written down when ``fill`` is set."""
    lower, upper = np.empty(DEPTH + 2), np.empty(DEPTH + 2)
    n = 0
    for i in range(len(lines)):
        ax, ay, az = lines[i, 0], lines[i, 1], lines[i, 2]
        dx, dy, dz = lines[i, 3] - ax, lines[i, 4] - ay, lines[i, 5] - az
        length = math.sqrt(dx * dx + dy * dy + dz * dz)
        lower[0], upper[0], top = 0.0, 1.0, 1
        while top > 0 and length > 0:
            top -= 1
            s, t = lower[top], upper[top]
            away, plan = _near(
                x, y, z, ax + s * dx, ay + s * dy, az + s * dz, ax + t * dx, ay + t * dy, az + t * dz
            )  # fmt: skip
            if plan > reach:
                continue
            piece = (t - s) * length
            if piece > max(least, ratio * away) and top < DEPTH:
                middle = (s + t) / 2
                lower[top], upper[top] = middle, t
                lower[top + 1], upper[top + 1] = s, middle
                top += 2
                continue
            if fill:
                m = (s + t) / 2
                points[n, 0], points[n, 1], points[n, 2], points[n, 3] = ax + m * dx, ay + m * dy, az + m * dz, piece
                of[n] = i
            n += 1
    return n


@kernel("Tuple((f8[:,::1], i8[::1]))(f8, f8, f8, f8[:,::1], f8, f8, f8)")
def split(x, y, z, lines, ratio, least, reach):  # type: ignore[no-untyped-def]
    """Return the point sources that stand for lines at a receiver.

    Parameters
    ----------
    x, y, z : float [m]
        The receiver.
    lines : array, shape (n, 6)
        x0, y0, z0, x1, y1, z1 [m] of straight pieces of road.
    ratio : float
        A piece is at most this share of its distance as long; 0.5 keeps the sum of 1/r² within 0.05 dB
        of the integral along a road that passes, within 0.2 dB of that of a single piece seen endwise.
    least : float [m]
        Pieces shorter than this are left whole; above 0.
    reach : float [m]
        Pieces that lie wholly farther in plan are left out.

    Returns
    -------
    array, shape (m, 4)
        x, y, z of the middle of each piece and its length [m]; its power is L'W + 10 lg length.
    array of int, shape (m,)
        The line each belongs to.

    Examples
    --------
    >>> road = np.array([[-100.0, 0, 0, 100, 0, 0]])
    >>> points, of = split(0.0, 50.0, 0.0, road, 0.5, 1.0, 800.0)
    >>> len(points), float(points[:, 3].sum())
    (8, 200.0)
    """
    points, of = np.empty((0, 4)), np.empty(0, dtype=np.int64)
    n = _walk(x, y, z, lines, ratio, least, reach, points, of, False)
    points, of = np.empty((n, 4)), np.empty(n, dtype=np.int64)
    _walk(x, y, z, lines, ratio, least, reach, points, of, True)
    return points, of
