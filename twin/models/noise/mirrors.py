"""Reflections on walls by image sources, Directive (EU) 2015/996, section 2.5.7; absorption: equation 2.5.35."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise.section import inside, meets, terrain_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]

OUTSIDE = 1e-6
"""Distance [m] from a wall at which a point is in front of it."""
STEP = 1e-3
"""Distance [m] in front of a wall at which it must be free."""


@dataclass(frozen=True)
class Fold:
    """A reflected path in plan: its points (k, 2) from source to receiver, and for each wall top, base and face."""

    points: Floats
    tops: tuple[float, ...]
    bases: tuple[float, ...]
    faces: tuple[int, ...]


def folds(scene: Scene, source: Floats, receiver: Floats, order: int, own: int | None = None) -> Iterator[Fold]:
    """Yield the paths that are reflected up to ``order`` times (0 to 2).

    Whether the ray also passes below the top of each wall depends on its height and is asked later.

    Parameters
    ----------
    scene : Scene
    source, receiver : array, shape (3,) [m]
    order : int
    own : int, optional
        Building of the receiver, whose walls do not reflect towards it: levels at façades are those of incident sound.
    """
    sides = _sides(scene) if order > 0 else []
    for path in _paths(sides, order):
        if own is not None and scene.owner[path[-1][0]] == own:
            continue
        points = _points(source[:2], receiver[:2], path)
        if points is None:
            continue
        tops, bases, free = [], [], True
        for point, (face, a, b, normal) in zip(points[1:-1], path, strict=True):
            share = float(np.dot(point - a, b - a) / np.dot(b - a, b - a))
            tops.append(float(scene.faces[face, 4] + share * (scene.faces[face, 5] - scene.faces[face, 4])))
            bases.append(float(terrain_at(point[0], point[1], scene.mesh, scene.rim)))
            free &= tops[-1] > bases[-1] and not _walled(scene, point + STEP * normal)
        if free:
            yield Fold(points, tuple(tops), tuple(bases), tuple(face for face, *_ in path))


_Side = tuple[int, "Floats", "Floats", "Floats"]


def _sides(scene: Scene) -> list[_Side]:
    """Return the reflecting sides of faces: number, ends, normal; a house reflects outside, a screen on both sides."""
    found: list[_Side] = []
    for number, (x0, y0, x1, y1, *_) in enumerate(scene.faces):
        a, b = np.array([x0, y0]), np.array([x1, y1])
        length = float(np.hypot(*(b - a)))
        if length <= OUTSIDE:
            continue
        normal = np.array([y1 - y0, x0 - x1]) / length
        owner = int(scene.owner[number])
        if owner < 0:
            found += [(number, a, b, normal), (number, a, b, -normal)]
            continue
        ring = scene.outlines[scene.outline_at[owner] : scene.outline_at[owner + 1]]
        x, y = (a + b) / 2 + STEP * normal
        found.append((number, a, b, -normal if inside(x, y, ring) else normal))
    return found


def _paths(sides: list[_Side], order: int) -> Iterator[tuple[_Side, ...]]:
    if order >= 1:
        yield from ((side,) for side in sides)
    if order >= 2:
        yield from ((one, two) for one in sides for two in sides if one[0] != two[0])


def _points(source: Floats, receiver: Floats, path: tuple[_Side, ...]) -> Floats | None:
    """Return the points of a path in plan, traced back from the receiver to the images of the source."""
    images = [source]
    for _, a, _, normal in path:
        away = float(np.dot(images[-1] - a, normal))
        if away <= OUTSIDE:
            return None
        images.append(images[-1] - 2 * away * normal)
    points = [receiver]
    for (_, a, b, normal), image in zip(reversed(path), reversed(images[1:]), strict=True):
        here = points[-1]
        if float(np.dot(here - a, normal)) <= OUTSIDE:
            return None
        length = float(np.hypot(*(image - here)))
        unit = (image - here) / length
        t, _ = meets(here[0], here[1], unit[0], unit[1], length, a[0], a[1], b[0], b[1])
        if t < 0:
            return None
        points.append(here + t * unit)
    return np.array([*points, source])[::-1]


def _walled(scene: Scene, point: Floats) -> bool:
    """Whether a point lies within a building."""
    ends = zip(scene.outline_at[:-1], scene.outline_at[1:], strict=True)
    return any(inside(point[0], point[1], scene.outlines[i:j]) for i, j in ends)
