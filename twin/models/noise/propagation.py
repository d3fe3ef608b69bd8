"""Levels at a receiver from a point source: all paths, homogeneous, favourable and long-term.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, section 2.5; equations numbered as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise import paths as kernels
from twin.models.noise.air import A_WEIGHTING, absorption, spreading
from twin.models.noise.cut import TERRAIN, G, terrain_at, work
from twin.models.noise.diffraction import radius, rise
from twin.models.noise.flat import containing
from twin.models.noise.ground import LEAST
from twin.models.noise.lateral import LEFT, RIGHT, corners
from twin.models.noise.vertical import around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.models.noise.cut import Work
    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Fold = tuple[Whole, Floats]

HOMOGENEOUS, FAVOURABLE = CONDITIONS = "H", "F"
PATHS = ("direct", "left", "right", "reflection")
_DIRECT = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Options:
    """What is looked for: order of reflections (0–2), ways over and around edges, greatest distance [m]."""

    reflections: int = 1
    over: bool = True
    around: bool = False
    reach: float = 1200.0


@dataclass(frozen=True)
class Levels:
    """Levels (8,) [dB] per path and condition, absent where there is no path; ``share``: that of favourable times."""

    paths: Mapping[tuple[str, str], Floats]
    share: float = 0.5
    long_term: Mapping[str, Floats] = field(init=False)
    total: Floats = field(init=False)

    def __post_init__(self) -> None:
        means = {name: mean for name in PATHS if (mean := self._mean(name)) is not None}
        object.__setattr__(self, "long_term", means)
        object.__setattr__(self, "total", energy_sum(list(means.values())))

    def _mean(self, name: str) -> Floats | None:
        """Equation 2.5.11: a path that lacks in one condition adds nothing there."""
        parts = [
            self.paths[name, condition] + 10 * np.log10(weight)
            for condition, weight in ((HOMOGENEOUS, 1 - self.share), (FAVOURABLE, self.share))
            if (name, condition) in self.paths and weight > 0
        ]
        return energy_sum(parts) if parts else None

    @property
    def weighted(self) -> Floats:
        """A-weighted total, shape (8,) [dB(A)]."""
        return np.asarray(self.total + A_WEIGHTING)

    @property
    def overall(self) -> float:
        """A-weighted total over all bands [dB(A)], equation 2.5.10; −∞ when nothing is heard."""
        return float(energy_sum(list(self.weighted[:, None]))[0])


def energy_sum(levels: list[Floats]) -> Floats:
    """Return the level of several together [dB], equation 2.5.9; −∞ for none.

    Examples
    --------
    >>> energy_sum([np.array([60.0]), np.array([60.0])]).round(2)
    array([63.01])
    """
    if not levels:
        return np.full(8, -np.inf)
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(np.sum([10 ** (level / 10) for level in levels], axis=0)))


def levels(
    scene: Scene,
    source: Floats,
    power: Floats,
    receiver: Floats,
    options: Options | None = None,
    air: Floats | None = None,
    share: float = 0.5,
    own: int | None = None,
) -> Levels:
    """Return the levels at a receiver from an omnidirectional point source, equations 2.5.9 to 2.5.11.

    Valid for distances up to about 800 m and receivers 2 m or more above the ground (2.5.1).

    Parameters
    ----------
    scene : Scene
    source, receiver : array, shape (3,) [m]
        x, y and absolute height; not at the same place.
    power : array, shape (8,) [dB re 1 pW]
    options : Options, optional
    air : array, shape (8,) [dB/m], optional
        Absorption; by default at 10 °C and 70 %.
    share : float
        Of time with favourable conditions, p of equation 2.5.11.
    own : int, optional
        Building at whose façade the receiver is; it does not reflect towards it.

    Returns
    -------
    Levels
        ``reflection`` is the sum of all reflected paths.
    """
    options = options or Options()
    air = absorption() if air is None else air
    if np.hypot(*(receiver[:2] - source[:2])) < LEAST:
        receiver = receiver + np.array([LEAST, 0.0, 0.0])  # one above the other: a section needs a direction
    found: dict[tuple[str, str], list[Floats]] = {}
    if np.hypot(*(receiver[:2] - source[:2])) <= options.reach:
        one = _One(scene, source, receiver, options, np.ascontiguousarray(air, dtype=np.float64))
        _add(found, "direct", one.over(np.array([source[:2], receiver[:2]]), _DIRECT))
        for faces, points in folds(scene, source, receiver, options.reflections, own):
            _add(found, "reflection", one.over(points, faces))
        for name, side in (("left", LEFT), ("right", RIGHT)) if options.around else ():
            _add(found, name, {condition: one.around(side, condition == FAVOURABLE) for condition in CONDITIONS})
    return Levels({key: power + energy_sum(ways) for key, ways in found.items()}, share)


def _add(found: dict[tuple[str, str], list[Floats]], name: str, gains: Mapping[str, Floats | None]) -> None:
    for condition, gain in gains.items():
        if gain is not None:
            found.setdefault((name, condition), []).append(gain)


def profile(scene: Scene, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Cut the scene along a line in plan and unfold it.

    Parameters
    ----------
    scene : Scene
    points : array, shape (k, 2) [m]

    Returns
    -------
    array, shape (n, 8), array, shape (m, 4)
        Pieces and edges, see :mod:`twin.models.noise.cut`.
    array, shape (k,) [m]
        Positions of the points along the profile.
    """
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    got: tuple[Floats, Floats, Floats] = kernels.profile(scene.flat, _scratch(scene, length, len(points)), points)
    return got


def folds(scene: Scene, source: Floats, receiver: Floats, order: int, own: int | None = None) -> list[Fold]:
    """Return faces (k,) and points in plan (k + 2, 2) of the paths that are reflected once to ``order`` times.

    Whether the ray also passes below the top of each wall depends on its height and is asked later.
    """
    found, room = [], 64
    scratch = _scratch(scene, 0.0)
    while order > 0:
        faces, points = np.empty(2 * room, dtype=np.int64), np.empty((4 * room, 2))
        plan = (np.array(source[:2], dtype=np.float64), np.array(receiver[:2], dtype=np.float64))
        n = kernels.folds(scene.flat, scratch, *plan, order, -1 if own is None else own, faces, points)
        if n <= room:
            break
        room = n
    for i in range(n if order > 0 else 0):
        walls = 1 if faces[2 * i + 1] < 0 else 2
        found.append((faces[2 * i : 2 * i + walls].copy(), points[4 * i : 4 * i + walls + 2].copy()))
    return found


def _scratch(scene: Scene, length: float, legs: int = 3) -> Work:
    samples = int(length / scene.step) + 2 if scene.heights.size else 2
    return work(len(scene.flat.edges), 3 * scene.flat.ring_at.shape[1], samples, legs)


class _One:
    """One source and one receiver in a scene."""

    def __init__(self, scene: Scene, source: Floats, receiver: Floats, options: Options, air: Floats) -> None:
        self.scene, self.options, self.air = scene, options, air
        self.source, self.receiver = np.array(source, dtype=np.float64), np.array(receiver, dtype=np.float64)
        self.work = _scratch(scene, 2 * options.reach if scene.heights.size else 0.0)
        at = np.zeros(2, dtype=np.int64)
        place = np.ascontiguousarray(self.receiver[None, :2])
        containing(scene.flat, place, at, np.empty(0, dtype=np.int64))
        self.rings = np.empty(at[1], dtype=np.int64)
        containing(scene.flat, place, at, self.rings)

    def over(self, points: Floats, faces: Whole) -> dict[str, Floats | None]:
        """Return 10 lg of the share of energy along a path in plan, by condition; None where there is none."""
        out = np.empty((2, 8))
        heard = kernels.one(
            self.scene.flat, self.work, points, faces, self.source, self.receiver, -1, self.rings, -1.0,
            self.options.over, self.air, out,
        )  # fmt: skip
        return {name: 10 * np.log10(out[i]) if heard >> i & 1 else None for i, name in enumerate(CONDITIONS)}

    def around(self, side: float, curved: bool) -> Floats | None:
        """Return 10 lg of the share of energy around one side; None where that is too long or terrain bars it."""
        scene, receiver = self.scene, self.receiver
        found = corners(scene, self.source, receiver, side, curved)
        if found is None:
            return None
        way, clear = found
        if float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()) > self.options.reach:
            return None
        if any(z < terrain_at(x, y, scene.mesh, scene.rim) for x, y, z in way[1:-1]):
            return None
        seg, edges, _ = profile(scene, clear)
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way[:, :2], axis=0).T))])
        gamma = radius(at[-1]) if curved else 0.0
        for x, z, kind, _ in edges:
            if kind == TERRAIN and z > np.interp(x, at, way[:, 2]) + rise(x, at[-1], gamma):
                return None
        distance = float(np.linalg.norm(receiver - self.source))
        gain = np.empty(8)
        length = around(seg, np.column_stack([at, way[:, 2]]), distance, seg[0, G], curved, gain)
        return np.asarray(10 * np.log10(gain) - spreading(distance) - self.air * length)
