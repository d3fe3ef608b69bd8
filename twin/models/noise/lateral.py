"""Ways around vertical edges, left and right of what stands between source and receiver.

Directive (EU) 2015/996, section 2.5.6, lateral diffraction. The ways lie in the plane through source and receiver that
is level across their line. Obstacles are those that the ray meets below their top: the straight ray in homogeneous, its
arc in favourable conditions; a way may cross others, whose roofs then belong to its ground. The directive asks for
lateral diffraction for industrial and railway sources, not for roads.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise.cut import meets
from twin.models.noise.diffraction import radius, rise
from twin.models.noise.flat import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]

LEFT, RIGHT = 1.0, -1.0
STAND_OFF = 0.015
"""Distance [m] from a wall at which a way runs along it, so that its ground is not that within; costs at most 0.03 dB.

A way that only touches an edge is as long as the taut string: where it bends by little, as that of TC21, 15 mm are
0.12 dB at 8 kHz.
"""
ASIDE = 1e-9
"""Distance [m] from the line of sight within which a corner is on neither side."""


def corners(
    scene: Scene, source: Floats, receiver: Floats, side: float, favourable: bool
) -> tuple[Floats, Floats] | None:
    """Return source, corners and receiver of the way around one side; None where nothing is in the way there.

    Parameters
    ----------
    scene : Scene
    source, receiver : array, shape (3,) [m]
    side : float
        ``LEFT`` or ``RIGHT``, seen from the source.
    favourable : bool

    Returns
    -------
    array, shape (k, 3) [m]
        The way.
    array, shape (k, 2) [m]
        The same in plan, clear of all corners, for the ground along it.
    """
    length = float(np.hypot(*(receiver[:2] - source[:2])))
    if length <= ASIDE:
        return None
    sight = _Sight(source, receiver, length, radius(length) if favourable else 0.0)
    points = [_above(line, closed, sight) for line, closed in _obstacles(scene, sight)]
    if not points:
        return None
    found = np.concatenate(points)
    owner = np.repeat(np.arange(len(points)), [len(some) for some in points])
    beside = side * sight.aside(found) > ASIDE
    found, owner = found[beside], owner[beside]
    if not len(found):
        return None
    string = np.concatenate([source[None, :2], found, receiver[None, :2]])
    order = _taut(string, side)
    taut, of = string[order], np.concatenate([[-1], owner, [-2]])[order]
    clear = _off(taut)
    along = np.r_[False, of[1:] == of[:-1]] | np.r_[of[1:] == of[:-1], False]
    chain = np.where(along[:, None], clear, taut)
    z = sight.height(chain)
    z[0], z[-1] = source[2], receiver[2]
    return np.column_stack([chain, z]), np.ascontiguousarray(clear)


class _Sight:
    """The line from source to receiver."""

    def __init__(self, source: Floats, receiver: Floats, length: float, gamma: float) -> None:
        self.source, self.receiver, self.length, self.gamma = source, receiver, length, gamma
        self.unit = (receiver[:2] - source[:2]) / length

    def along(self, points: Floats) -> Floats:
        return np.asarray((points[..., :2] - self.source[:2]) @ self.unit)

    def aside(self, points: Floats) -> Floats:
        gap = points[..., :2] - self.source[:2]
        return np.asarray(self.unit[0] * gap[..., 1] - self.unit[1] * gap[..., 0])

    def height(self, points: Floats) -> Floats:
        """Return the height of the plane of the ways at points in plan."""
        share = self.along(points) / self.length
        return np.asarray(self.source[2] + share * (self.receiver[2] - self.source[2]))

    def ray(self, at: float) -> float:
        """Return the height of the ray at a distance from the source."""
        share = at / self.length
        straight = self.source[2] + share * (self.receiver[2] - self.source[2])
        return float(straight + rise(at, self.length, self.gamma))

    def meets(self, a: Floats, b: Floats) -> tuple[float, float]:
        t, s = meets(self.source[0], self.source[1], self.unit[0], self.unit[1], self.length, a[0], a[1], b[0], b[1])
        return float(t), float(s)


def _obstacles(scene: Scene, sight: _Sight) -> Iterator[tuple[Floats, bool]]:
    """Yield the upper edges (n, 3) that the ray passes below, and whether they are closed."""
    for number in range(len(scene.tops)):
        ring = scene.outlines[scene.outline_at[number] : scene.outline_at[number + 1]]
        line = np.column_stack([ring, np.full(len(ring), scene.tops[number])])
        if _blocks_as_house(line, sight):
            yield line, True
    for number in np.unique(scene.owner[scene.owner < 0])[::-1]:
        faces = scene.faces[scene.owner == number]
        line = np.concatenate([faces[:, [0, 1, 4]], faces[-1:, [2, 3, 5]]])
        if _blocks_as_screen(line, sight):
            yield line, False


def _blocks_as_house(line: Floats, sight: _Sight) -> bool:
    """Whether the ray runs through the house below its roof, not only along its walls."""
    at = [0.0, sight.length]
    at += [t for a, b in zip(line, np.roll(line, -1, axis=0), strict=True) if (t := sight.meets(a, b)[0]) >= 0]
    walls, top = np.column_stack([line[:, :2], np.roll(line[:, :2], -1, axis=0)]), float(line[0, 2])
    order = sorted(at)
    for t0, t1 in pairwise(order):
        x, y = sight.source[:2] + sight.unit * (t0 + t1) / 2
        if t1 - t0 > ASIDE and within(x, y, walls, 0, len(walls)) and min(sight.ray(t0), sight.ray(t1)) < top:
            return True
    return False


def _blocks_as_screen(line: Floats, sight: _Sight) -> bool:
    for a, b in pairwise(line):
        t, s = sight.meets(a, b)
        if t >= 0 and sight.ray(t) < a[2] + s * (b[2] - a[2]):
            return True
    return False


def _above(line: Floats, closed: bool, sight: _Sight) -> Floats:
    """Return the corners, in plan, of the part of an upper edge that lies above the plane of the ways."""
    over = line[:, 2] - sight.height(line)
    found = [line[i, :2] for i in range(len(line)) if over[i] >= 0]
    last = len(line) if closed else len(line) - 1
    for i in range(last):
        j = (i + 1) % len(line)
        if over[i] * over[j] < 0:
            found.append(line[i, :2] + over[i] / (over[i] - over[j]) * (line[j, :2] - line[i, :2]))
    return np.array(found).reshape(-1, 2)


def _taut(points: Floats, side: float) -> list[int]:
    """Return which points are the hull from the first to the last along one side of their line."""
    chain = [0]
    while chain[-1] != len(points) - 1:
        here = points[chain[-1]]
        best = len(points) - 1
        for i in range(1, len(points) - 1):
            if i in chain:
                continue
            a, b = points[best] - here, points[i] - here
            turn = side * float(a[0] * b[1] - a[1] * b[0])
            if turn > 0 or (turn == 0 and float(b @ b) > float(a @ a) and float(a @ b) > 0):
                best = i
        chain.append(best)
    return chain


def _off(chain: Floats) -> Floats:
    """Return a chain whose corners are moved outwards by ``STAND_OFF``, along the bisectors."""
    legs = np.diff(chain, axis=0)
    legs = legs / np.hypot(*legs.T)[:, None]
    away = legs[:-1] - legs[1:]
    length = np.hypot(*away.T)[:, None]
    moved = chain.copy()
    moved[1:-1] += STAND_OFF * np.divide(away, length, out=np.zeros_like(away), where=length > 0)
    return moved
