"""Attenuation along one path: over a profile, or around vertical edges.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, sections 2.5.5 to 2.5.7; equations numbered as there.
"""

from __future__ import annotations

import math

from twin.models.compile import kernel, quick_part
from twin.models.noise.cut import BUILT
from twin.models.noise.diffraction import (
    MOST,
    WAVE_LENGTH,
    arc,
    detour,
    ground_beside,
    lost,
    per_metre,
    pure,
    radius,
    rise,
)
from twin.models.noise.ground import ground, piece_at

REFLECT_X, REFLECT_TOP, REFLECT_BASE = range(3)
"""Columns of the table of reflections."""
CLEARANCE = 1e-6
"""Height [m] by which a ray may pass the rim of a wall that reflects it."""


@quick_part
def over(seg, edges, n, reflections, length, zs, zr, source_g, favourable, roofs, work, out):  # type: ignore[no-untyped-def]
    """Write the gain by ground, by diffraction over horizontal edges, and past the tops of reflecting walls.

    Parameters
    ----------
    seg : array, shape (n, 8)
        Profile, see :mod:`twin.models.noise.cut`.
    edges : array, shape (m, 4)
        Points where the profile bends: x, z [m], kind (0 terrain, 1 wall or roof), the row of ``work.seg`` that
        begins there; sorted by x.
    n : int
        How many of them, in ``work.found``, a taut string touches.
    reflections : array, shape (k, 3)
        Where the path is folded at a wall: x, top and base of the wall [m].
    length, zs, zr : float [m]
        Source at (0, zs), receiver at (length, zr).
    source_g : float
        G of the ground at the source.
    favourable : bool
    roofs : bool
        Whether sound passes over walls and roofs; terrain it always does.
    work : Work
        Scratch.
    out : array, shape (8,)
        Gets 10^(−(Aboundary − Δretrodif)/10), Δretrodif of equation 2.5.37.

    Returns
    -------
    bool
        Whether there is a path.
    """
    d = _long(length, zr - zs)
    gamma = radius(d) if favourable else 0.0
    found, string, first = work.found, work.string, work.sizes[0]
    string[0, 0], string[0, 1], string[0, 2] = 0.0, zs, 0.0
    string[n + 1, 0], string[n + 1, 1], string[n + 1, 2] = length, zr, len(seg) - 1
    for i in range(n):
        if edges[found[i], 2] == BUILT and not roofs:
            return False
        string[i + 1, 0], string[i + 1, 1] = edges[found[i], 0], edges[found[i], 1]
        string[i + 1, 2] = edges[found[i], 3] - first
    if len(reflections) and not _reflects(string, n + 2, reflections, gamma):
        return False
    bands = work.bands
    if n > 0:
        _bent(seg, string, n, source_g, favourable, gamma, bands, out, -1.0)
    else:
        ground(seg, 0, 0.0, zs, len(seg) - 1, length, zr, source_g, favourable, False, True, out)
        best = _nearest_edge(edges, length, zs, zr, gamma, roofs)
        if best >= 0:
            string[2, 0], string[2, 1], string[2, 2] = length, zr, len(seg) - 1
            string[1, 0], string[1, 1], string[1, 2] = edges[best, 0], edges[best, 1], edges[best, 3] - first
            _bent(seg, string, 1, source_g, favourable, gamma, bands, out, 1.0)
            string[1, 0], string[1, 1] = length, zr
    if len(reflections):
        _retrodiffraction(string, n + 2, reflections, gamma, out)
    return True


@quick_part
def _nearest_edge(edges, length, zs, zr, gamma, roofs):  # type: ignore[no-untyped-def]
    """Return the edge below a free ray that comes nearest to it, by its δ; −1 when none can matter."""
    best, most = -1, -WAVE_LENGTH[0] / 20
    slope = (zr - zs) / length
    norm = 1 / math.sqrt(1 + slope * slope)
    for i in range(len(edges)):
        x, z = edges[i, 0], edges[i, 1]
        if x <= 0 or x >= length or (edges[i, 2] == BUILT and not roofs):
            continue
        # the detour is at least that of the triangle over the foot of the edge on the chord, and longer along arcs
        low = (zs + slope * x - z) * norm
        if low > 0:
            one, two = x / norm - low * slope, (length - x) / norm + low * slope
            if one > 0 and two > 0 and -low * low * (1 / (2 * one + low) + 1 / (2 * two + low)) <= most:
                continue
        delta = detour(0.0, zs, length, zr, x, z, x, z, 0.0, gamma)
        if delta > most:
            best, most = i, delta
    return best


@quick_part
def _bent(seg, string, last, source_g, favourable, gamma, bands, out, only_near):  # type: ignore[no-untyped-def]
    """Write 10^(−Adif/10), equation 2.5.29; for ``only_near`` > 0 only in bands where an edge is near to a free ray.

    An edge below the ray acts where δ > −λ/20 and δ > λ/4 − δ*, with δ* the detour between the images of source and
    receiver in the mean planes on both sides of the edge (Rayleigh criterion, 2.5.6).
    """
    sx, sz, rx, rz = string[0, 0], string[0, 1], string[last + 1, 0], string[last + 1, 1]
    fx, fz, lx, lz = string[1, 0], string[1, 1], string[last, 0], string[last, 1]
    between, along = 0.0, 0.0
    for i in range(1, last):
        piece = _long(string[i + 1, 0] - string[i, 0], string[i + 1, 1] - string[i, 1])
        between += piece
        along += arc(piece, gamma)
    ground_s, ground_r = bands[0], bands[1]
    i, j, end = int(string[1, 2]), int(string[last, 2]), len(seg) - 1
    sx1, sz1, _, _, height_s, _ = ground(seg, 0, sx, sz, i, fx, fz, source_g, favourable, False, True, ground_s)
    _, _, rx1, rz1, _, height_r = ground(seg, j, lx, lz, end, rx, rz, source_g, favourable, True, True, ground_r)
    bend = 1.0 if favourable else 0.0
    delta = detour(sx, sz, rx, rz, fx, fz, lx, lz, along, gamma)
    near = only_near > 0 and delta < 0
    star = 0.0
    if near:
        star = detour(sx1, sz1, rx1, rz1, fx, fz, lx, lz, along, bend * radius(_long(rx1 - sx1, rz1 - sz1)))
        if delta <= WAVE_LENGTH[7] / 4 - star:
            return
    delta_s = detour(sx1, sz1, rx, rz, fx, fz, lx, lz, along, bend * radius(_long(rx - sx1, rz - sz1)))
    gamma_r = bend * radius(_long(rx1 - sx, rz1 - sz))
    delta_r = detour(rx1, rz1, sx, sz, lx, lz, fx, fz, along, gamma_r)
    several, above_s, above_r = last > 1, height_s >= 0, height_r >= 0
    for k in range(len(out)):
        wave, by = WAVE_LENGTH[k], per_metre(between, several, k)
        direct, of_s, of_r = lost(by * delta), lost(by * delta_s), lost(by * delta_r)
        # 2.5.31: below the mean plane the ground acts as it is, and the detour is that of the image
        over_s = direct if above_s else of_s
        beside_s = ground_beside(ground_s[k], of_s, direct) if above_s else ground_s[k]
        beside_r = ground_beside(ground_r[k], of_r, over_s) if above_r else ground_r[k]
        bent = beside_s * beside_r / min(max(over_s if above_r else of_r, 1.0), MOST)
        acts = not near or (delta > -wave / 20 and delta > wave / 4 - star)
        out[k] = bent if acts else out[k]


@quick_part
def _long(dx, dz):  # type: ignore[no-untyped-def]
    return math.sqrt(dx * dx + dz * dz)


@quick_part
def _reflects(string, n, reflections, gamma):  # type: ignore[no-untyped-def]
    """Whether the ray, arcs and all, meets each reflecting wall between its foot and its top."""
    for k in range(len(reflections)):
        x = reflections[k, REFLECT_X]
        for i in range(n - 1):
            x0, x1 = string[i, 0], string[i + 1, 0]
            if x0 <= x <= x1 and x1 > x0:
                z = string[i, 1] + (string[i + 1, 1] - string[i, 1]) * (x - x0) / (x1 - x0)
                z += rise(x - x0, x1 - x0, gamma)
                if z > reflections[k, REFLECT_TOP] + CLEARANCE or z < reflections[k, REFLECT_BASE] - CLEARANCE:
                    return False
                break
    return True


@quick_part
def _retrodiffraction(string, n, reflections, gamma, out):  # type: ignore[no-untyped-def]
    """Take off Δretrodif: sound lost past the upper edge of a wall, equations 2.5.36 and 2.5.37.

    Edges that bend the ray before or behind the wall take the place of source and receiver.
    """
    for k in range(len(reflections)):
        x, top = reflections[k, REFLECT_X], reflections[k, REFLECT_TOP]
        for i in range(n - 1):
            x0, z0, x1, z1 = string[i, 0], string[i, 1], string[i + 1, 0], string[i + 1, 1]
            if x0 <= x <= x1 and x1 > x0:
                way = arc(_long(x - x0, top - z0), gamma) + arc(_long(x1 - x, z1 - top), gamma)
                delta = arc(_long(x1 - x0, z1 - z0), gamma) - way
                for band in range(8):
                    out[band] /= pure(delta, 0.0, False, band)
                break


@kernel("f8(f8[:,::1], f8[:,::1], f8, f8, b1, f8[::1])")
def around(seg, corners, distance, source_g, favourable, out):  # type: ignore[no-untyped-def]
    """Write attenuation by ground and by diffraction around vertical edges, equation 2.5.34; returns the way [m].

    The ground between source and receiver counts as one, by its distance from the points of the unfolded path. There
    is no upper limit of the diffraction; the detour is that of straight lines also in favourable conditions.

    Parameters
    ----------
    seg : array, shape (n, 5)
        Profile along the path, see :mod:`twin.models.noise.ground`.
    corners : array, shape (k, 2)
        Position along the path and height [m] of source, corners, receiver.
    distance : float [m]
        Distance of source and receiver as the crow flies.
    source_g : float
    favourable : bool
    out : array, shape (8,)
        Gets 10^(−(Aground + Δdif)/10).
    """
    n = len(corners)
    way, between = 0.0, 0.0
    for i in range(n - 1):
        piece = _long(corners[i + 1, 0] - corners[i, 0], corners[i + 1, 1] - corners[i, 1])
        way += piece
        if 0 < i < n - 2:
            between += piece
    far = corners[n - 1, 0]
    ground(
        seg, 0, 0.0, corners[0, 1], piece_at(seg, far), far, corners[n - 1, 1], source_g, favourable, False, False, out
    )
    for i in range(8):
        out[i] /= pure(max(way - distance, 0.0), between, n > 3, i)
    return way
