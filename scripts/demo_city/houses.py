"""Footprints in a block: perimeter blocks with party walls and courtyard wings, slabs, point houses.

Everything is built from shared corner points, so that neighbours touch without gap or overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from demo_city.table import Floats

CORNER = math.radians(28)
"""A bend sharper than this is a street corner; below it a façade just follows the street."""


@dataclass(frozen=True)
class House:
    """One footprint: outline (n, 2) [m], the middle of its street façade, and what kind of body it is."""

    outline: Floats
    front: tuple[float, float]
    body: str
    corner: bool = False


@dataclass(frozen=True)
class Ring:
    """The perimeter of a block: outer and inner corners (m, 2), unit directions and inward normals.

    ``room`` is the yard with a hair more, so that what stands on its edge counts as inside.
    """

    outer: Floats
    inner: Floats
    along: Floats
    inward: Floats
    length: Floats
    corner: np.ndarray
    yard: shapely.Polygon = field(repr=False)
    room: shapely.Polygon = field(repr=False)


def tidy(block: shapely.Polygon, shortest: float = 9.0) -> Floats | None:
    """Return a block's corners, counter-clockwise and without short edges, or None when nothing is left."""
    p = np.asarray(shapely.simplify(block, 1.2).exterior.coords)[:-1]
    if shapely.Polygon(p).exterior.is_ccw is False:
        p = p[::-1]
    while len(p) > 3:
        length = np.hypot(*(np.roll(p, -1, 0) - p).T)
        k = int(length.argmin())
        if length[k] >= shortest:
            break
        p = _without_edge(p, k)
    p = _blunted(p)
    shape = shapely.Polygon(p)
    return np.round(p, 2) if len(p) > 3 and shape.is_valid and shape.area > 300 else None


def _blunted(p: Floats, depth: float = 13.0) -> Floats:
    """Cut off corners sharper than 60°, so far in that houses of this depth can follow the cut."""
    out = []
    for k in range(len(p)):
        a, b = p[k - 1] - p[k], p[(k + 1) % len(p)] - p[k]
        la, lb = float(np.hypot(*a)), float(np.hypot(*b))
        angle = math.acos(float(np.clip(a @ b / (la * lb), -1.0, 1.0)))
        cut = (depth * math.tan((math.pi - angle) / 4) + 2.0) / math.sin(angle / 2)
        convex = a[0] * b[1] - a[1] * b[0] < 0
        if convex and angle < math.radians(60) and min(la, lb) > cut + 16:
            out += [p[k] + cut / la * a, p[k] + cut / lb * b]
        else:
            out.append(p[k])
    return np.array(out)


def _without_edge(p: Floats, k: int) -> Floats:
    """Let the neighbours of a short edge meet, in their crossing where it is near, else halfway."""
    n = len(p)
    a, b, c, d = p[k - 1], p[k], p[(k + 1) % n], p[(k + 2) % n]
    u, v = b - a, c - d
    cross = u[0] * v[1] - u[1] * v[0]
    meet = (b + c) / 2
    if abs(cross) > 1e-9:
        t = ((d - a)[0] * v[1] - (d - a)[1] * v[0]) / cross
        spot = a + t * u
        if math.dist(spot, meet) < 14.0:
            meet = spot
    p = p.copy()
    p[k] = meet
    return np.delete(p, (k + 1) % n, axis=0)


def ring(p: Floats, depth: float) -> Ring | None:
    """Offset a block's corners inwards by the depth of its houses; None when the yard would vanish."""
    along = np.roll(p, -1, 0) - p
    length = np.hypot(along[:, 0], along[:, 1])
    along = along / length[:, None]
    inward = np.column_stack([-along[:, 1], along[:, 0]])
    before = np.roll(inward, 1, 0)
    dot = (before * inward).sum(1)
    if dot.min() < -0.6:
        return None
    inner = np.round(p + depth * (before + inward) / (1 + dot)[:, None], 3)
    edges = np.roll(inner, -1, 0) - inner
    if ((edges * along).sum(1) < 2.0).any():
        return None
    yard = shapely.Polygon(inner)
    if not yard.is_valid or yard.area < 120:
        return None
    back = np.roll(along, 1, 0)
    turn = np.arctan2(back[:, 0] * along[:, 1] - back[:, 1] * along[:, 0], (back * along).sum(1))
    return Ring(p, inner, along, inward, length, np.abs(turn) > CORNER, yard, yard.buffer(0.02, quad_segs=1))


def perimeter(
    r: Ring, depth: float, frontage: tuple[float, float], rng: np.random.Generator, gap: float = 0.0
) -> list[House]:
    """Split a block's perimeter into houses by party walls, with wings into the yard where there is room.

    Parameters
    ----------
    frontage : pair of float [m]
        Least and greatest length of a façade.
    gap : float
        Share of houses left out as openings.
    """
    cuts = _cuts(r, depth, frontage, rng)
    if len(cuts) < 3:
        return []
    walls = [
        (np.round(r.outer[e] + t * r.along[e], 3), np.round(r.outer[e] + t * r.along[e] + depth * r.inward[e], 3))
        for e, t in cuts
    ]
    wings: list[shapely.Polygon] = []
    houses = []
    open_at = set(np.flatnonzero(rng.random(len(cuts)) < gap).tolist()[: len(cuts) // 5])
    for k in range(len(cuts)):
        if k in open_at:
            continue
        houses.append(_house(r, cuts, walls, k, rng, wings))
    return houses + _yard_houses(r, wings, rng)


def _cuts(r: Ring, depth: float, frontage: tuple[float, float], rng: np.random.Generator) -> list[tuple[int, float]]:
    """Choose party walls as (edge, distance along it), side by side around the block."""
    m = len(r.outer)
    first = int(np.flatnonzero(r.corner)[0]) if r.corner.any() else 0
    order = [(first + k) % m for k in range(m)]
    sides: list[list[int]] = []
    for edge in order:
        if not sides or r.corner[edge]:
            sides.append([edge])
        else:
            sides[-1].append(edge)
    cuts: list[tuple[int, float]] = []
    for side in sides:
        starts = np.concatenate([[0.0], np.cumsum(r.length[side])])
        reach = depth + float(rng.uniform(4.0, 9.0))
        span = starts[-1] - 2 * reach
        if span < 0:
            places = [starts[-1] / 2] if starts[-1] > 2 * depth + 3 else []
        else:
            n = max(1, round(span / float(rng.uniform(*frontage))))
            step = span / n
            jitter = rng.uniform(-0.22, 0.22, n + 1) * step
            jitter[[0, -1]] = 0
            places = list(reach + step * np.arange(n + 1) + jitter) if span > frontage[0] * 0.6 else [starts[-1] / 2]
        for s in places:
            k = min(int(np.searchsorted(starts, s, side="right")) - 1, len(side) - 1)
            spot = _fit(r, side[k], float(s - starts[k]))
            if spot is not None and not (cuts and cuts[-1][0] == spot[0] and spot[1] - cuts[-1][1] < 6.0):
                cuts.append(spot)
    return cuts


def _fit(r: Ring, edge: int, t: float) -> tuple[int, float] | None:
    """Keep a party wall clear of the mitred ends of its edge, on the street and in the yard."""
    after = (edge + 1) % len(r.outer)
    low = max(0.0, float((r.inner[edge] - r.outer[edge]) @ r.along[edge])) + 1.5
    high = min(r.length[edge], float((r.inner[after] - r.outer[edge]) @ r.along[edge])) - 1.5
    return (edge, round(float(np.clip(t, low, high)), 3)) if high > low else None


def _house(
    r: Ring,
    cuts: list[tuple[int, float]],
    walls: list[tuple[Floats, Floats]],
    k: int,
    rng: np.random.Generator,
    wings: list[shapely.Polygon],
) -> House:
    m = len(r.outer)
    (e1, t1), (e2, t2) = cuts[k], cuts[(k + 1) % len(cuts)]
    (a, ai), (b, bi) = walls[k], walls[(k + 1) % len(cuts)]
    steps = (e2 - e1) % m or (m if t2 <= t1 else 0)
    passed = [(e1 + 1 + s) % m for s in range(steps)]
    sharp = [v for v in passed if r.corner[v]]
    front = [a]
    for v in passed:
        front += _bevelled(r, v) if v in sharp else [r.outer[v]]
    back = [bi, *(r.inner[v] for v in reversed(passed)), ai]
    if not passed:
        back = _with_wings(r, e1, ai, bi, rng, wings)
    outline = np.vstack([*front, b, *back])
    middle = (a + b) / 2 if not passed else (r.outer[passed[0]] + a) / 2
    return House(outline, (float(middle[0]), float(middle[1])), "front", bool(sharp))


def _bevelled(r: Ring, v: int, cut: float = 3.0) -> list[Floats]:
    """Cut a street corner at an angle, as the old town plan wants; inner (reflex) corners stay."""
    back = r.along[v - 1]
    if back[0] * r.along[v][1] - back[1] * r.along[v][0] < 0 or min(r.length[v], r.length[v - 1]) < 4 * cut:
        return [r.outer[v]]
    return [np.round(r.outer[v] - cut * back, 3), np.round(r.outer[v] + cut * r.along[v], 3)]


def _with_wings(
    r: Ring, e: int, ai: Floats, bi: Floats, rng: np.random.Generator, wings: list[shapely.Polygon]
) -> list[Floats]:
    """Return the yard side of a house from b to a, with up to two wings where the yard has room."""
    d, n = r.along[e], r.inward[e]
    length = float((bi - ai) @ d)
    path = [bi]
    both = length > 27 and rng.random() < 0.35
    at_end, at_start = both or rng.random() < 0.22, both or rng.random() < 0.22
    width = float(rng.uniform(8.0, 10.5))
    if length > width + 5 and at_end:
        wing = _wing(r, bi - width * d, bi, n, rng, wings)
        if wing is not None:
            path += [wing[1], wing[0], np.round(bi - width * d, 3)]
    if length > width + 5 and at_start and (len(path) == 1 or length > 2 * width + 7):
        wing = _wing(r, ai, ai + width * d, n, rng, wings)
        if wing is not None:
            path += [np.round(ai + width * d, 3), wing[1], wing[0]]
    return [*path, ai]


def _wing(
    r: Ring, p: Floats, q: Floats, n: Floats, rng: np.random.Generator, wings: list[shapely.Polygon]
) -> tuple[Floats, Floats] | None:
    """Find the longest wing on the base p–q that keeps 8 m to what stands opposite; its two far corners."""
    middle = (p + q) / 2
    ray = shapely.LineString([middle + 0.5 * n, middle + 80 * n])
    free = ray.intersection(r.yard).length if r.yard.intersects(ray) else 0.0
    reach = min(float(rng.uniform(11.0, 22.0)), free - 9.0)
    if reach < 8.0:
        return None
    side = (q - p) / max(float(np.hypot(*(q - p))), 1e-9)
    base = shapely.Polygon([p + 0.05 * n, q + 0.05 * n, q + reach * n, p + reach * n])
    clear = shapely.Polygon(
        [p + n - 0.1 * side, q + n + 0.1 * side, q + (reach + 7) * n + 3 * side, p + (reach + 7) * n - 3 * side]
    )
    if not r.room.contains(base) or any(other.distance(clear) < 4.0 for other in wings):
        return None
    wings.append(base)
    return np.round(p + reach * n, 3), np.round(q + reach * n, 3)


def _yard_houses(r: Ring, wings: list[shapely.Polygon], rng: np.random.Generator) -> list[House]:
    """Put a low house in the middle of a big yard."""
    if r.yard.area < 900 or rng.random() < 0.35:
        return []
    e = int(r.length.argmax())
    d, n = r.along[e], r.inward[e]
    centre = np.asarray(r.yard.representative_point().coords[0])
    half, deep = float(rng.uniform(7.0, 14.0)), float(rng.uniform(4.2, 5.4))
    for shrink in (1.0, 0.7):
        c = np.round(
            [centre + s * half * shrink * d + t * deep * n for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))], 3
        )
        shape = shapely.Polygon(c)
        if r.yard.contains(shape.buffer(6.5)) and all(w.distance(shape) > 6.0 for w in wings):
            return [House(c, (float(centre[0]), float(centre[1])), "yard")]
    return []


def slabs(block: shapely.Polygon, rng: np.random.Generator, width: float = 11.5) -> list[House]:
    """Place parallel slabs of 35–62 m, 24 m apart, along the longer side of a block."""
    origin, u, v, long, short = _frame(block)
    houses = []
    row = float(rng.uniform(1.0, 3.0))
    while row + width < short:
        at = float(rng.uniform(1.0, 4.0))
        while at + 26 < long:
            run = float(min(rng.uniform(36.0, 62.0), long - at))
            step = 6.0
            for cut in (1.0, 0.8, 0.6):
                c = _rectangle(origin + u * at + v * row, u, v, run * cut, width)
                if block.contains(shapely.Polygon(c)):
                    middle = c.mean(0)
                    houses.append(House(c, (float(middle[0]), float(middle[1])), "slab"))
                    step = run * cut + float(rng.uniform(13.0, 18.0))
                    break
            at += step
        row += width + float(rng.uniform(22.0, 27.0))
    return houses


def rows(block: shapely.Polygon, frontage: tuple[float, float], rng: np.random.Generator) -> list[House]:
    """Cut a narrow block across into houses that go through from street to street."""
    origin, u, v, long, short = _frame(block)
    n = max(1, round(long / float(rng.uniform(*frontage))))
    cuts = long / n * (np.arange(n + 1) + np.concatenate([[0.0], rng.uniform(-0.2, 0.2, n - 1), [0.0]]))
    houses = []
    for a, b in pairwise(cuts.tolist()):
        strip = shapely.Polygon(
            [origin + u * a - v, origin + u * b - v, origin + u * b + v * (short + 1), origin + u * a + v * (short + 1)]
        )
        body = shapely.set_precision(block.intersection(strip), 0.001)
        if body.geom_type == "Polygon" and body.area > 60 and not body.interiors:
            c = np.asarray(body.exterior.coords)[:-1]
            middle = (c[0] + c[1]) / 2
            houses.append(House(c, (float(middle[0]), float(middle[1])), "front"))
    return houses


def points(block: shapely.Polygon, rng: np.random.Generator, side: float = 18.0) -> list[House]:
    """Place square point houses 40 m apart, every second row shifted."""
    origin, u, v, long, short = _frame(block)
    houses = []
    for j, row in enumerate(np.arange(2.0, short - side, side + 20)):
        for at in np.arange(2.0 + (j % 2) * 16, long - side, side + 22):
            shift = rng.uniform(-2.0, 2.0, 2)
            c = _rectangle(origin + u * (at + shift[0]) + v * (row + shift[1]), u, v, side, side * 0.92)
            if block.contains(shapely.Polygon(c)):
                middle = c.mean(0)
                houses.append(House(c, (float(middle[0]), float(middle[1])), "point"))
    return houses


def sides(block: shapely.Polygon) -> tuple[float, float]:
    """Return the longer and the shorter side [m] of the smallest rectangle around a block."""
    return _frame(block)[3:]


def _frame(block: shapely.Polygon) -> tuple[Floats, Floats, Floats, float, float]:
    """Return corner, unit axes and sides of the smallest rectangle around a block, longer side first."""
    c = np.asarray(shapely.oriented_envelope(block).exterior.coords)[:4]
    if not shapely.Polygon(c).exterior.is_ccw:
        c = c[::-1]
    k = int(np.argmax([math.dist(c[0], c[1]), math.dist(c[1], c[2])]))
    c = np.roll(c, -k, axis=0)
    u, v = c[1] - c[0], c[3] - c[0]
    long, short = float(np.hypot(*u)), float(np.hypot(*v))
    return c[0], u / long, v / short, long, short


def _rectangle(corner: Floats, u: Floats, v: Floats, long: float, short: float) -> Floats:
    return np.round([corner, corner + u * long, corner + u * long + v * short, corner + v * short], 3)
