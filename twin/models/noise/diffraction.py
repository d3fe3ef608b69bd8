"""Diffraction over edges: which edges bend a ray, detours, and what they cost.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, section 2.5.6; equations numbered as there. In favourable
conditions rays are arcs of circles; the edges they touch are found in a plane where the arc between source and receiver
is straight and everything else is lowered (A. Kok, A. van Beek, Amendments for CNOSSOS-EU, RIVM report 2019-0023,
annex G1).
"""

from __future__ import annotations

import math

from twin.models.compile import part
from twin.models.noise.air import NOMINAL, SPEED_OF_SOUND

WAVE_LENGTH = SPEED_OF_SOUND / NOMINAL
MOST = 25.0
"""Upper limit [dB] of pure diffraction over horizontal edges (2.5.6)."""
APART = 0.3
"""Length [m] between first and last edge up to which they count as one (2.5.23)."""
TOUCH = 1e-9
"""Height [m] by which an edge must pass a ray to bend it."""


@part
def radius(d):  # type: ignore[no-untyped-def]
    """Return the radius of curvature Γ [m] of rays over a distance d [m] in favourable conditions, equation 2.5.24."""
    return max(1000.0, 8 * d)


@part
def arc(length, gamma):  # type: ignore[no-untyped-def]
    """Return the length of the arc of radius ``gamma`` over a chord of some length, equation 2.5.25; 0: straight."""
    if gamma <= 0:
        return length
    return 2 * gamma * math.asin(min(length / (2 * gamma), 1.0))


@part
def rise(x, length, gamma):  # type: ignore[no-untyped-def]
    """Return the height [m] of an arc above its chord of some length at x [m]; 0 for gamma = 0."""
    if gamma <= 0:
        return 0.0
    return math.sqrt(gamma * gamma - (x - length / 2) ** 2) - math.sqrt(gamma * gamma - length * length / 4)


@part
def hull(edges, length, zs, zr, gamma, found):  # type: ignore[no-untyped-def]
    """Find the edges a taut string from source to receiver touches from above; returns their number.

    Parameters
    ----------
    edges : array, shape (m, 3)
        x, z [m] and kind of the edges, sorted by x.
    length, zs, zr : float [m]
        Source at (0, zs), receiver at (length, zr).
    gamma : float
        Radius of curvature, 0 in homogeneous conditions.
    found : array of int, shape (m,)
        Gets the numbers of the edges touched, in order.
    """
    n = 0
    for i in range(len(edges)):
        x, z = edges[i, 0], edges[i, 1] - rise(edges[i, 0], length, gamma)
        if x <= TOUCH or x >= length - TOUCH or z <= zs + (zr - zs) * x / length + TOUCH:
            continue
        while n > 0:
            x1 = edges[found[n - 1], 0]
            z1 = edges[found[n - 1], 1] - rise(x1, length, gamma)
            x0, z0 = 0.0, zs
            if n > 1:
                x0 = edges[found[n - 2], 0]
                z0 = edges[found[n - 2], 1] - rise(x0, length, gamma)
            if (z1 - z0) * (x - x0) > (z - z0) * (x1 - x0) + TOUCH * (x - x0):
                break
            n -= 1
        # The string runs on to the receiver: an edge below the line from here to there is found when it comes.
        found[n] = i
        n += 1
    return _to_receiver(edges, length, zs, zr, gamma, found, n)


@part
def _to_receiver(edges, length, zs, zr, gamma, found, n):  # type: ignore[no-untyped-def]
    while n > 0:
        x1 = edges[found[n - 1], 0]
        z1 = edges[found[n - 1], 1] - rise(x1, length, gamma)
        x0, z0 = 0.0, zs
        if n > 1:
            x0 = edges[found[n - 2], 0]
            z0 = edges[found[n - 2], 1] - rise(x0, length, gamma)
        if (z1 - z0) * (length - x0) > (zr - z0) * (x1 - x0):
            break
        n -= 1
    return n


@part
def detour(ax, az, bx, bz, first_x, first_z, last_x, last_z, between, gamma):  # type: ignore[no-untyped-def]
    """Return δ [m], by how much the way from A to B over edges is longer than the direct one; negative in sight.

    Equations 2.5.26 to 2.5.28: straight for gamma = 0, else along arcs; ``between`` is the length from the first to
    the last edge. Where A sees B past a single edge, δ is the opposite of the detour; along arcs it is reckoned from
    the point A' of the chord at the edge (2.5.28).
    """
    direct = math.hypot(bx - ax, bz - az)
    over = math.hypot(first_x - ax, first_z - az), math.hypot(bx - last_x, bz - last_z)
    at = az + (bz - az) * (first_x - ax) / (bx - ax) if bx != ax else az
    way = arc(over[0], gamma) + between + arc(over[1], gamma)
    if first_z >= at:
        return way - arc(direct, gamma)
    if gamma <= 0:
        return direct - way
    near, far = math.hypot(first_x - ax, at - az), math.hypot(bx - first_x, bz - at)
    return 2 * arc(near, gamma) + 2 * arc(far, gamma) - way - arc(direct, gamma)


@part
def pure(delta, between, several, i):  # type: ignore[no-untyped-def]
    """Return Δdif [dB] for a detour δ [m] in band i, equations 2.5.21 to 2.5.23, with Ch = 1 (2021/1226)."""
    many = 1.0
    if several and between > APART:
        ratio = (5 * WAVE_LENGTH[i] / between) ** 2
        many = (1 + ratio) / (1 / 3 + ratio)
    form = 40 / WAVE_LENGTH[i] * many * delta
    return 10 * math.log10(3 + form) if form >= -2 else 0.0


@part
def ground_beside(near, image_over, over):  # type: ignore[no-untyped-def]
    """Return Δground [dB] on one side of the edges, equations 2.5.30 and 2.5.32, from Aground and two Δdif."""
    part_of = 1 + (10 ** (-near / 20) - 1) * 10 ** (-(image_over - over) / 20)
    # an image that is less screened than the point itself has no place in the method: the ground acts in full
    return -20 * math.log10(part_of) if part_of > 0 else near
