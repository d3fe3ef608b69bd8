"""What stands and lies between sources and receivers, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise.flat import flat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.models.noise.flat import Flat

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
    empty where the ground is flat at height 0 or a raster: ``heights`` (rows, columns), row 0 in the south, ``place``
    (3,) x and y of the middle of the first cell and the size of a cell, ``step`` how far apart it is asked [m].
    ``outline_of`` and ``cover_of`` the number of the building or area of each ring, ascending: further rings are
    holes. ``decks`` (v, 3) rings x, y, z of bridge decks, ``deck_at`` (d + 1,); a deck is there for its own traffic.
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
    outline_of: Whole = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    cover_of: Whole = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    decks: Floats = field(default_factory=lambda: _none(3))
    deck_at: Whole = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    heights: Floats = field(default_factory=lambda: _none(0))
    place: Floats = field(default_factory=lambda: np.array([0.0, 0.0, 1.0]))
    step: float = 5.0

    @cached_property
    def flat(self) -> Flat:
        """The same for the kernels."""
        return flat(self)


@dataclass(frozen=True)
class Building:
    """A footprint (n, 2) with a flat roof at ``top`` [m], the absorption of its walls, shape (8,), and courtyards."""

    footprint: Floats
    top: float
    alpha: Floats
    holes: tuple[Floats, ...] = ()


@dataclass(frozen=True)
class Screen:
    """A thin wall: its upper edge (n, 3) as x, y, z [m] and its absorption, shape (8,)."""

    line: Floats
    alpha: Floats


@dataclass(frozen=True)
class Area:
    """A part of the ground: ring (n, 2), ground factor G, and holes in it."""

    ring: Floats
    g: float
    holes: tuple[Floats, ...] = ()


@dataclass(frozen=True)
class Raster:
    """Terrain as heights (rows, columns) [m], row 0 in the south, no nan; see :class:`Scene`."""

    heights: Floats
    west: float
    south: float
    cell: float
    step: float


def build(
    default_g: float = 0.0,
    areas: tuple[Area, ...] = (),
    buildings: tuple[Building, ...] = (),
    screens: tuple[Screen, ...] = (),
    mesh: Floats | None = None,
    rim: Floats | None = None,
    raster: Raster | None = None,
    decks: tuple[Floats, ...] = (),
) -> Scene:
    """Return a scene; the order of its parts does not matter.

    Where areas overlap the smaller one holds, so that a lawn in a square is a lawn; among equals the softer.
    """
    faces, owner, alpha = [], [], []
    for number, house in enumerate(buildings):
        for ring in map(_open, (house.footprint, *house.holes)):
            faces.append(np.column_stack([ring, np.roll(ring, -1, axis=0), np.full((len(ring), 2), house.top)]))
            owner.append(np.full(len(ring), number))
            alpha.append(np.broadcast_to(house.alpha, (len(ring), 8)))
    for number, screen in enumerate(screens):
        a, b = screen.line[:-1], screen.line[1:]
        faces.append(np.column_stack([a[:, :2], b[:, :2], a[:, 2], b[:, 2]]))
        owner.append(np.full(len(a), -1 - number))
        alpha.append(np.broadcast_to(screen.alpha, (len(a), 8)))
    ranked = sorted(areas, key=lambda area: (ring_area(area.ring), -area.g))
    outlines, outline_at, outline_of = _rings([(house.footprint, *house.holes) for house in buildings])
    covers, cover_at, cover_of = _rings([(area.ring, *area.holes) for area in ranked])
    floors, deck_at, _ = _rings([(ring,) for ring in decks], 3)
    ground = raster or Raster(_none(0), 0.0, 0.0, 1.0, 5.0)
    return Scene(
        default_g=float(default_g),
        faces=np.concatenate([_none(6), *faces]),
        owner=np.concatenate([np.empty(0, dtype=np.int64), *owner]),
        alpha=np.concatenate([_none(8), *alpha]),
        outlines=outlines,
        outline_at=outline_at,
        tops=np.array([house.top for house in buildings], dtype=np.float64),
        covers=covers,
        cover_at=cover_at,
        cover_g=np.array([area.g for area in ranked], dtype=np.float64),
        mesh=_none(9) if mesh is None else np.ascontiguousarray(mesh),
        rim=_none(6) if rim is None else np.ascontiguousarray(rim),
        outline_of=outline_of,
        cover_of=cover_of,
        decks=floors,
        deck_at=deck_at,
        heights=np.ascontiguousarray(ground.heights, dtype=np.float64),
        place=np.array([ground.west, ground.south, ground.cell]),
        step=ground.step,
    )


def ring_area(ring: Floats) -> float:
    """Return the area [m²] of a ring (n, 2), whatever way it turns."""
    x, y = (ring - ring[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _open(ring: Floats) -> Floats:
    return ring[:-1] if len(ring) > 1 and bool((ring[0] == ring[-1]).all()) else ring


def _rings(groups: list[tuple[Floats, ...]], width: int = 2) -> tuple[Floats, Whole, Whole]:
    """Return the points of all rings, where each begins, and the group each is of."""
    rings = [_open(ring) for group in groups for ring in group]
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups]).astype(np.int64)
    at = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    points = np.concatenate(rings) if rings else _none(width)
    return np.ascontiguousarray(points, dtype=np.float64), at, of
