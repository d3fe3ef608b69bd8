"""What stands and lies between sources and receivers, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


def _none(width: int) -> Floats:
    return np.empty((0, width))


@dataclass(frozen=True)
class Scene:
    """Obstacles, ground and terrain; heights are absolute [m].

    ``faces`` shape (f, 6): x0, y0, x1, y1, z0, z1 of the upper edges of walls and screens; ``owner`` (f,) the number
    of the building a face belongs to, −1 − s for screen s; ``alpha`` (f, 8) absorption; ``outlines`` (v, 2) the rings
    of all buildings one after another, ``outline_at`` (b + 1,) where each begins, ``tops`` (b,); ``covers`` (w, 2)
    rings of ground areas, ``cover_at`` (g + 1,), ``cover_g`` (g,), areas given in order of precedence; ``default_g``
    elsewhere; ``mesh`` (t, 9) corners x, y, z of terrain triangles, ``rim`` (r, 6) outer edges of the terrain, both
    empty where the ground is flat at height 0.
    """

    default_g: float = 0.0
    faces: Floats = field(default_factory=lambda: _none(6))
    owner: Whole = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    alpha: Floats = field(default_factory=lambda: _none(8))
    outlines: Floats = field(default_factory=lambda: _none(2))
    outline_at: Whole = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    tops: Floats = field(default_factory=lambda: np.empty(0))
    covers: Floats = field(default_factory=lambda: _none(2))
    cover_at: Whole = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    cover_g: Floats = field(default_factory=lambda: np.empty(0))
    mesh: Floats = field(default_factory=lambda: _none(9))
    rim: Floats = field(default_factory=lambda: _none(6))


@dataclass(frozen=True)
class Building:
    """A footprint (n, 2) with a flat roof at ``top`` [m] and the absorption of its walls, shape (8,)."""

    footprint: Floats
    top: float
    alpha: Floats


@dataclass(frozen=True)
class Screen:
    """A thin wall: its upper edge (n, 3) as x, y, z [m] and its absorption, shape (8,)."""

    line: Floats
    alpha: Floats


@dataclass(frozen=True)
class Area:
    """A part of the ground: ring (n, 2) and ground factor G."""

    ring: Floats
    g: float


def build(
    default_g: float = 0.0,
    areas: tuple[Area, ...] = (),
    buildings: tuple[Building, ...] = (),
    screens: tuple[Screen, ...] = (),
    mesh: Floats | None = None,
    rim: Floats | None = None,
) -> Scene:
    """Return a scene; the order of its parts does not matter.

    Where areas overlap the smaller one holds, so that a lawn in a square is a lawn; among equals the softer.
    """
    faces, owner, alpha = [], [], []
    for number, house in enumerate(buildings):
        ring = _open(house.footprint)
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            faces.append((*a, *b, house.top, house.top))
            owner.append(number)
            alpha.append(house.alpha)
    for number, screen in enumerate(screens):
        for a, b in zip(screen.line[:-1], screen.line[1:], strict=True):
            faces.append((a[0], a[1], b[0], b[1], a[2], b[2]))
            owner.append(-1 - number)
            alpha.append(screen.alpha)
    ranked = sorted(areas, key=lambda area: (ring_area(area.ring), -area.g))
    outlines, outline_at = _rings([_open(house.footprint) for house in buildings])
    covers, cover_at = _rings([_open(area.ring) for area in ranked])
    return Scene(
        default_g=float(default_g),
        faces=np.array(faces, dtype=np.float64).reshape(-1, 6),
        owner=np.array(owner, dtype=np.int64),
        alpha=np.array(alpha, dtype=np.float64).reshape(-1, 8),
        outlines=outlines,
        outline_at=outline_at,
        tops=np.array([house.top for house in buildings], dtype=np.float64),
        covers=covers,
        cover_at=cover_at,
        cover_g=np.array([area.g for area in ranked], dtype=np.float64),
        mesh=_none(9) if mesh is None else np.ascontiguousarray(mesh),
        rim=_none(6) if rim is None else np.ascontiguousarray(rim),
    )


def ring_area(ring: Floats) -> float:
    """Return the area [m²] of a ring (n, 2), whatever way it turns."""
    x, y = (ring - ring[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _open(ring: Floats) -> Floats:
    return ring[:-1] if len(ring) > 1 and bool((ring[0] == ring[-1]).all()) else ring


def _rings(rings: list[Floats]) -> tuple[Floats, Whole]:
    at = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    points = np.concatenate(rings) if rings else _none(2)
    return np.ascontiguousarray(points, dtype=np.float64), at
