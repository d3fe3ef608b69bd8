"""Cutting a scene by a vertical plane: the profile of ground and roofs, and the edges that stand out of it.

A path is cut leg by leg from the receiver back to the source. The grid gives the edges that a leg crosses; which
houses, covers and decks a place lies in follows from counting crossings, beginning at the receiver where it is known.
Where the ray passes a corner or a leg ends on an outline, counting fails and the ring itself is asked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import types

from twin.models.compile import quick_part, record
from twin.models.noise.crossings import NEAR, NEAR_END, crossings
from twin.models.noise.flat import COVER, DECK, HOUSE, RIM, SCREEN, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

FLAT_BEND = 1e-9
"""Change of slope below which triangles of terrain do not bend."""
RASTER_BEND = 1e-4
"""Change of slope below which terrain between samples of a raster does not stand out."""
TERRAIN, BUILT = 0.0, 1.0
"""Kinds of edges of a profile."""
X0, Z0, X1, Z1, G, AREA, MOMENT, SOFT = range(8)
"""Columns of a profile: its pieces, and up to each piece the sums of height, of height × x, and of G over length."""


class Work(NamedTuple):
    """Scratch of one thread.

    ``seg`` (n, 8) and ``edges`` (n, 4) are filled from their ends, as legs are cut from the receiver on; ``sizes``
    (4,) where they begin, how many rings the present place is in, and 1 when there was no room; ``maybe``, ``part``
    (n, 2) edges that a leg may cross and the part of it that is in their cell; ``at``, ``what`` its crossings;
    ``code`` the rings that the present place is in, ``ask`` those that must be asked; ``low`` heights of edges below
    the arc; ``found`` and ``string`` (n, 3) edges that bend a ray; ``bands`` (2, 8) of the ground, ``share`` (8,) of
    the way; ``walls`` (4, 3) reflecting walls of a path; ``points`` (4, 2) of a path in plan; ``faces`` (4,) that fold
    it and ``sides`` (4,) of them, ±1.
    """

    seg: Floats
    edges: Floats
    sizes: Whole
    maybe: Whole
    part: Floats
    at: Floats
    what: Whole
    code: Whole
    ask: Whole
    low: Floats
    found: Whole
    string: Floats
    bands: Floats
    share: Floats
    walls: Floats
    points: Floats
    faces: Whole
    sides: Whole


_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]
WORK = record((_F2, _F2, _I1, _I1, _F2, _F1, _I1, _I1, _I1, _F1, _I1, _F2, _F2, _F1, _F2, _F2, _I1, _I1), Work)


def work(edges: int, rings: int, samples: int, legs: int = 3) -> Work:
    """Return scratch for scenes of so many edges and rings, and paths of so many legs, terrain asked so often."""
    most = min(edges, 20_000) + 8
    room = legs * (2 * most + samples + 8)

    def whole(n: int) -> Whole:
        return np.zeros(n, dtype=np.int64)

    n = min(rings, 20_000) + 8
    return Work(
        np.empty((room, 8)), np.empty((room, 4)), whole(4), whole(4 * most), np.empty((4 * most, 2)),
        np.empty(most), whole(most), whole(n), whole(n),
        np.empty(room), whole(room + 2), np.empty((room + 2, 3)), np.empty((2, 8)), np.empty(8), np.empty((4, 3)),
        np.empty((4, 2)), whole(4), whole(4),
    )  # fmt: skip


@quick_part
def meets(ax, ay, ux, uy, length, px, py, qx, qy):  # type: ignore[no-untyped-def]
    """Return where the ray from A along the unit vector u meets the segment PQ: [m] along the ray, share of PQ.

    The first is negative where they do not meet within ``length``; parallel ones never do.
    """
    dx, dy = qx - px, qy - py
    across = ux * dy - uy * dx
    if abs(across) < 1e-12 * (abs(dx) + abs(dy)) or (dx == 0 and dy == 0):
        return -1.0, 0.0
    t = ((px - ax) * dy - (py - ay) * dx) / across
    s = ((px - ax) * uy - (py - ay) * ux) / across
    slack = RIM / math.sqrt(dx * dx + dy * dy)
    if t < -NEAR or t > length + NEAR or s < -slack or s > 1 + slack:
        return -1.0, 0.0
    return min(max(t, 0.0), length), min(max(s, 0.0), 1.0)


@quick_part
def terrain_at(x, y, mesh, rim):  # type: ignore[no-untyped-def]
    """Return the height [m] of the terrain: on the triangles, beyond them as at the nearest point of their rim."""
    if len(mesh) == 0:
        return 0.0
    for k in range(len(mesh)):
        ax, ay, az = mesh[k, 0], mesh[k, 1], mesh[k, 2]
        bx, by, cx, cy = mesh[k, 3] - ax, mesh[k, 4] - ay, mesh[k, 6] - ax, mesh[k, 7] - ay
        det = bx * cy - by * cx
        if det == 0:
            continue
        u, v = ((x - ax) * cy - (y - ay) * cx) / det, (bx * (y - ay) - by * (x - ax)) / det
        if u >= -NEAR and v >= -NEAR and u + v <= 1 + NEAR:
            return az + u * (mesh[k, 5] - az) + v * (mesh[k, 8] - az)
    best, z = np.inf, 0.0
    for k in range(len(rim)):
        dx, dy = rim[k, 3] - rim[k, 0], rim[k, 4] - rim[k, 1]
        square = dx * dx + dy * dy
        t = min(max(((x - rim[k, 0]) * dx + (y - rim[k, 1]) * dy) / square, 0.0), 1.0) if square > 0 else 0.0
        away = math.sqrt((x - rim[k, 0] - t * dx) ** 2 + (y - rim[k, 1] - t * dy) ** 2)
        if away < best:
            best, z = away, rim[k, 2] + t * (rim[k, 5] - rim[k, 2])
    return z


@quick_part
def raster_at(u, v, heights):  # type: ignore[no-untyped-def]
    """Return the height [m] of a raster at u columns, v rows, bilinear between the middles of its cells.

    Beyond its rim it is as high as there.
    """
    rows, columns = heights.shape
    u, v = min(max(u, 0.0), columns - 1.0), min(max(v, 0.0), rows - 1.0)
    i, j = min(int(u), max(columns - 2, 0)), min(int(v), max(rows - 2, 0))
    k, m = min(i + 1, columns - 1), min(j + 1, rows - 1)
    s, t = u - i, v - j
    low = heights[j, i] + s * (heights[j, k] - heights[j, i])
    high = heights[m, i] + s * (heights[m, k] - heights[m, i])
    return low + t * (high - low)


@quick_part
def height_at(x, y, flat):  # type: ignore[no-untyped-def]
    """Return the height [m] of the terrain."""
    if flat.heights.size:
        place = flat.place
        return raster_at((x - place[0]) / place[2], (y - place[1]) / place[2], flat.heights)
    return terrain_at(x, y, flat.mesh, flat.rim)


@quick_part
def _asked(edges, ring_at, x, y, code):  # type: ignore[no-untyped-def]
    kind, of = code % 3, code // 3
    return within(x, y, edges, ring_at[kind, of], ring_at[kind, of + 1])


@quick_part
def _among(codes, n, this):  # type: ignore[no-untyped-def]
    """Return where among n codes one is, n when it is not."""
    r = 0
    while r < n and codes[r] != this:
        r += 1
    return r


@quick_part
def _held(codes, n, this, wanted):  # type: ignore[no-untyped-def]
    """Put a code among n others or take it from there; returns how many there are then."""
    r = _among(codes, n, this)
    if wanted and r == n and n < len(codes):
        codes[n] = this
        return n + 1
    if not wanted and r < n:
        codes[r] = codes[n - 1]
        return n - 1
    return n


@quick_part
def cut(flat, ax, ay, bx, by, start, deck, work):  # type: ignore[no-untyped-def]  # noqa: C901
    """Cut the scene from B back to A and put the profile before what is cut already; legs are cut from the last on.

    Parameters
    ----------
    flat : Flat
    ax, ay, bx, by : float [m]
    start : float [m]
        Position of A in the unfolded profile.
    deck : int
        The deck that is there, −1 for none.
    work : Work
        Knows the rings that B lies in, and then those that A lies in.
    """
    length = math.sqrt((bx - ax) ** 2 + (by - ay) ** 2)
    if length <= NEAR:
        return
    ux, uy = (bx - ax) / length, (by - ay) / length
    at, what, sizes, code, ask = work.at, work.what, work.sizes, work.code, work.ask
    lines, kinds, ring, ring_at, tops, cover_g = (
        flat.edges, flat.kind, flat.ring, flat.ring_at, flat.tops, flat.cover_g
    )  # fmt: skip
    heights, mesh, rim, step = flat.heights, flat.mesh, flat.rim, flat.step
    n = crossings(flat, ax, ay, ux, uy, length, work)
    raster = heights.size > 0
    ground = raster or len(mesh) > 0
    seg, edges = work.seg, work.edges
    s, m = sizes[0], sizes[1]
    if n < 0 or s < 2 * n + 4 + (int(length / step) if raster else 0) or m < s - n:
        sizes[3] = 1
        return
    last = s - 1
    least_bend = RASTER_BEND if raster else FLAT_BEND
    # the raster is asked in its own cells
    cell = 1 / flat.place[2]
    gx, gy, dx, dy = (ax - flat.place[0]) * cell, (ay - flat.place[1]) * cell, ux * cell, uy * cell
    z_next, after, z_right, roof_right = 0.0, 0.0, 0.0, False
    if raster:
        z_next = raster_at(gx + length * dx, gy + length * dy, heights)
    held, asks = sizes[2], 0
    k, t1 = n, length
    while True:
        begun = k
        while k > 0 and t1 - at[k - 1] <= NEAR:
            k -= 1
        t0 = at[k - 1] if k > 0 and at[k - 1] > NEAR else 0.0
        mx, my = ax + ux * (t0 + t1) / 2, ay + uy * (t0 + t1) / 2
        for c in range(k, begun):
            t, this = at[c], ring[what[c] >> 1]
            if this >= 0:
                if this % 3 == DECK and this // 3 != deck:
                    continue
                # at a corner, or at an end of the leg, counting tells nothing
                if what[c] & 1 or t < NEAR_END or t > length - NEAR_END:
                    asks = _held(ask, asks, this, True)
                r = _among(code, held, this)
                inside = r == held
                if asks > 0 and _among(ask, asks, this) < asks:
                    inside = _asked(lines, ring_at, mx, my, this)
                held = _held(code, held, this, inside)
            elif kinds[flat.in_cell[what[c] >> 1]] == SCREEN and t > RIM and t < length - RIM:
                m -= 1
                edges[m, 0], edges[m, 2], edges[m, 3] = start + t, BUILT, s
                edges[m, 1] = top_of(lines, flat.in_cell[what[c] >> 1], ax + ux * t, ay + uy * t)
        top, cover, on_deck = -np.inf, -1, False
        for r in range(held):
            kind, of = code[r] % 3, code[r] // 3
            if kind == HOUSE:
                top = max(top, tops[of])
            elif kind == COVER:
                cover = of if cover < 0 else min(cover, of)
            elif of == deck:
                on_deck = True
        g = flat.default_g if cover < 0 else cover_g[cover]
        z0, z1 = 0.0, z_next
        if raster:
            z0 = raster_at(gx + t0 * dx, gy + t0 * dy, heights)
        elif ground:  # straight in between: asked a little inside, where there is one triangle only
            near, far = t0 + (t1 - t0) / 4, t1 - (t1 - t0) / 4
            zn = terrain_at(ax + ux * near, ay + uy * near, mesh, rim)
            zf = terrain_at(ax + ux * far, ay + uy * far, mesh, rim)
            z0, z1 = zn - (zf - zn) / 2, zf + (zf - zn) / 2
        z_next = z0
        pieces, roof = 1, False
        if top > max(z0, z1):
            z0, z1, g, roof = top, top, 0.0, True
        elif on_deck:
            middle, slope = _deck_heights(flat, deck, mx, my, ux, uy)
            if middle > (z0 + z1) / 2:
                z0, z1 = middle - (t1 - t0) / 2 * slope, middle + (t1 - t0) / 2 * slope
                g, roof = 0.0, True
        if raster and not roof:
            pieces = int((t1 - t0) / step) + 1
        run = (t1 - t0) / pieces
        steep = 1 / run if run > 0 else 0.0
        u1, zb = t1, z1
        for i in range(pieces - 1, -1, -1):
            u0, za = t0, z0
            if i > 0:
                u0 = t0 + run * i
                za = raster_at(gx + u0 * dx, gy + u0 * dy, heights)
            if u1 <= u0:
                continue
            s -= 1
            seg[s, X0], seg[s, Z0], seg[s, X1], seg[s, Z1], seg[s, G] = start + u0, za, start + u1, zb, g
            before = (zb - za) * steep
            # where the profile bends or jumps there is an edge; of a raster only what stands out
            built = roof or roof_right
            bend = before - after
            bend = bend if raster and not built else abs(bend)
            edges[m - 1, 0], edges[m - 1, 1] = start + u1, max(zb, z_right)
            edges[m - 1, 2], edges[m - 1, 3] = (BUILT if built else TERRAIN), s + 1
            m -= (s < last) & ((abs(z_right - zb) > FLAT_BEND) | (bend > least_bend))
            after, z_right, roof_right = before, za, roof
            u1, zb = u0, za
        if t0 <= 0:
            break
        t1 = t0
    for c in range(k):  # what the leg begins on
        this = ring[what[c] >> 1]
        if this >= 0:
            held = _held(code, held, this, _asked(lines, ring_at, mx, my, this))
    sizes[0], sizes[1], sizes[2] = s, m, held


@quick_part
def top_of(lines, e, x, y):  # type: ignore[no-untyped-def]
    """Return the height [m] of the upper end of edge e at a place on it."""
    px, py = lines[e, 0], lines[e, 1]
    long = (lines[e, 2] - px) ** 2 + (lines[e, 3] - py) ** 2
    share = min(math.sqrt(((x - px) ** 2 + (y - py) ** 2) / long), 1.0)
    return lines[e, 4] + share * (lines[e, 5] - lines[e, 4])


@quick_part
def _deck_heights(flat, deck, x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Return the height of a deck at a place within it and its slope along a direction, between its edges there."""
    back, ahead, zb, za = np.inf, np.inf, 0.0, 0.0
    for e in range(flat.ring_at[DECK, deck], flat.ring_at[DECK, deck + 1]):
        px, py, qx, qy = flat.edges[e, 0], flat.edges[e, 1], flat.edges[e, 2], flat.edges[e, 3]
        for sign in (1.0, -1.0):
            t, s = meets(x, y, sign * ux, sign * uy, 1e6, px, py, qx, qy)
            if t < 0:
                continue
            z = flat.edges[e, 4] + s * (flat.edges[e, 5] - flat.edges[e, 4])
            if sign > 0 and t < ahead:
                ahead, za = t, z
            elif sign < 0 and t < back:
                back, zb = t, z
    if ahead == np.inf or back == np.inf or ahead + back < NEAR:
        return (za if ahead < np.inf else zb), 0.0
    slope = (za - zb) / (ahead + back)
    return zb + slope * back, slope


@quick_part
def rings_of(flat, x, y, work):  # type: ignore[no-untyped-def]
    """Note the rings that a place lies in, all of them asked."""
    n = 0
    for kind in range(3):
        for r in range(flat.ring_at.shape[1] - 1):
            first, last = flat.ring_at[kind, r], flat.ring_at[kind, r + 1]
            if last > first and n < len(work.code) and within(x, y, flat.edges, first, last):
                work.code[n] = kind + 3 * r
                n += 1
    work.sizes[2] = n


@quick_part
def begin(work):  # type: ignore[no-untyped-def]
    """Forget what was cut."""
    work.sizes[0], work.sizes[1], work.sizes[2], work.sizes[3] = len(work.seg), len(work.edges), 0, 0


@quick_part
def summed(seg):  # type: ignore[no-untyped-def]
    """Write the sums of a profile up to each of its pieces."""
    area, moment, soft = 0.0, 0.0, 0.0
    for i in range(len(seg)):
        seg[i, AREA], seg[i, MOMENT], seg[i, SOFT] = area, moment, soft
        x0, x1 = seg[i, X0], seg[i, X1]
        run = x1 - x0
        piece = run * (seg[i, Z0] + seg[i, Z1]) / 2
        area += piece
        moment += piece * (x0 + x1) / 2 + (seg[i, Z1] - seg[i, Z0]) * run * run / 12
        soft += run * seg[i, G]
