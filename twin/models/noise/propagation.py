"""Levels at a receiver from a point source: all paths, homogeneous, favourable and long-term.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, section 2.5; equations numbered as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise.air import A_WEIGHTING, absorption, spreading
from twin.models.noise.diffraction import radius, rise
from twin.models.noise.ground import LEAST
from twin.models.noise.lateral import LEFT, RIGHT, corners
from twin.models.noise.mirrors import folds
from twin.models.noise.section import leg, terrain_at
from twin.models.noise.vertical import TERRAIN, around, over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.models.noise.mirrors import Fold
    from twin.models.noise.scene import Scene

    Floats = NDArray[np.float64]

HOMOGENEOUS, FAVOURABLE = "H", "F"
PATHS = ("direct", "left", "right", "reflection")
_NO_FOLD = np.empty((0, 3))


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
        for condition in (HOMOGENEOUS, FAVOURABLE):
            curved = condition == FAVOURABLE
            straight = _over(scene, source, receiver, None, options, air, curved)
            found["direct", condition] = [straight] if straight is not None else []
            for name, side in (("left", LEFT), ("right", RIGHT)) if options.around else ():
                way = _around(scene, source, receiver, side, options.reach, air, curved)
                found[name, condition] = [way] if way is not None else []
            walls = [
                _over(scene, source, receiver, fold, options, air, curved)
                for fold in folds(scene, source, receiver, options.reflections, own)
            ]
            found["reflection", condition] = [wall for wall in walls if wall is not None]
    return Levels({key: power - _together(ways) for key, ways in found.items() if ways}, share)


def _together(attenuations: list[Floats]) -> Floats:
    return np.asarray(-energy_sum([-a for a in attenuations]))


def profile(scene: Scene, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Cut the scene along a line in plan and unfold it.

    Parameters
    ----------
    scene : Scene
    points : array, shape (k, 2) [m]

    Returns
    -------
    array, shape (n, 5), array, shape (m, 3)
        Pieces and edges, see :func:`twin.models.noise.section.leg`.
    array, shape (k,) [m]
        Positions of the points along the profile.
    """
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    pieces, edges = [], []
    for i in range(len(points) - 1):
        one, bends = leg(
            points[i, 0], points[i, 1], points[i + 1, 0], points[i + 1, 1], at[i],
            scene.faces, scene.owner, scene.outlines, scene.outline_at, scene.tops,
            scene.covers, scene.cover_at, scene.cover_g, scene.default_g, scene.mesh, scene.rim,
        )  # fmt: skip
        pieces.append(one)
        edges.append(bends)
    if len(pieces) == 1:
        return pieces[0], edges[0], at
    return np.concatenate(pieces), np.concatenate(edges), at


def _over(
    scene: Scene, source: Floats, receiver: Floats, fold: Fold | None, options: Options, air: Floats, curved: bool
) -> Floats | None:
    """Return the attenuation of the direct path or of a reflected one; None where there is none."""
    plan = np.array([source[:2], receiver[:2]]) if fold is None else fold.points
    seg, edges, at = profile(scene, plan)
    if not len(seg):
        return None
    walls = _NO_FOLD if fold is None else np.column_stack([at[1:-1], fold.tops, fold.bases])
    boundary, retro = np.empty(8), np.empty(8)
    heard, distance = over(
        seg, edges, walls, at[-1], source[2], receiver[2], seg[0, 4], curved, options.over, boundary, retro
    )
    if not heard:
        return None
    lost = retro
    for face in fold.faces if fold is not None else ():
        lost = lost - 10 * np.log10(1 - scene.alpha[face])
    return np.asarray(spreading(distance) + air * distance + boundary + lost)


def _around(
    scene: Scene, source: Floats, receiver: Floats, side: float, reach: float, air: Floats, curved: bool
) -> Floats | None:
    """Return the attenuation of the way around one side; None where it is too long or the terrain bars it."""
    way = corners(scene, source, receiver, side, curved)
    if way is None or float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()) > reach:
        return None
    if any(z < terrain_at(x, y, scene.mesh, scene.rim) for x, y, z in way[1:-1]):
        return None
    seg, edges, at = profile(scene, np.ascontiguousarray(way[:, :2]))
    gamma = radius(at[-1]) if curved else 0.0
    for x, z, kind in edges:
        if kind == TERRAIN and z > np.interp(x, at, way[:, 2]) + rise(x, at[-1], gamma):
            return None
    distance = float(np.linalg.norm(receiver - source))
    boundary = np.empty(8)
    length = around(seg, np.column_stack([at, way[:, 2]]), distance, seg[0, 4], curved, boundary)
    return np.asarray(spreading(distance) + air * length + boundary)
