"""Diffraction over edges: which edges bend a ray, detours, and what they cost.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, section 2.5.6; equations numbered as there. In favourable
conditions rays are arcs of circles; the edges they touch are found in a plane where the arc between source and receiver
is straight and everything else is lowered (A. Kok, A. van Beek, Amendments for CNOSSOS-EU, RIVM report 2019-0023,
annex G1).
"""

from __future__ import annotations

import math

from twin.models.compile import quick_part
from twin.models.noise.air import NOMINAL, SPEED_OF_SOUND

WAVE_LENGTH = SPEED_OF_SOUND / NOMINAL
MOST = 10**2.5
"""Upper limit of pure diffraction over horizontal edges, 25 dB (2.5.6)."""
APART = 0.3
"""Length [m] between first and last edge up to which they count as one (2.5.23)."""
TOUCH = 1e-9
"""Height [m] by which an edge must pass a ray to bend it."""


@quick_part
def radius(d):  # type: ignore[no-untyped-def]
    """Return the radius of curvature Γ [m] of rays over a distance d [m] in favourable conditions, equation 2.5.24."""
    return max(1000.0, 8 * d)


@quick_part
def arc(length, gamma):  # type: ignore[no-untyped-def]
    """Return the length of the arc of radius ``gamma`` over a chord of some length, equation 2.5.25; 0: straight."""
    if gamma <= 0:
        return length
    x = length / (2 * gamma)
    if x > 0.08:
        return 2 * gamma * math.asin(min(x, 1.0))
    y = x * x  # the series of asin, to the last digit
    more = y * (1 / 6 + y * (3 / 40 + y * (15 / 336 + y * (105 / 3456 + y * (945 / 42240 + y * 10395 / 599040)))))
    return length * (1 + more)


@quick_part
def rise(x, length, gamma):  # type: ignore[no-untyped-def]
    """Return the height [m] of an arc above its chord of some length at x [m]; 0 for gamma = 0."""
    if gamma <= 0:
        return 0.0
    return math.sqrt(gamma * gamma - (x - length / 2) ** 2) - math.sqrt(gamma * gamma - length * length / 4)


@quick_part
def hull(edges, length, zs, zr, gamma, low, found, among):  # type: ignore[no-untyped-def]
    """Find the edges a taut string from source to receiver touches from above; returns their number.

    Parameters
    ----------
    edges : array, shape (m, 3)
        x, z [m] and kind of the edges, sorted by x.
    length, zs, zr : float [m]
        Source at (0, zs), receiver at (length, zr).
    gamma : float
        Radius of curvature, 0 in homogeneous conditions.
    low : array, shape (m,)
        Scratch: heights less that of the arc.
    found : array of int, shape (m,)
        Gets the numbers of the edges touched, in order.
    among : int
        Below 0: any of the edges; else only the first so many in ``found``. An arc bends downwards, so it lowers an
        edge between two others by more than the line between those: the edges that arcs touch are among those that a
        straight string touches.
    """
    slope = (zr - zs) / length
    half, square = length / 2, gamma * gamma
    chord = math.sqrt(square - half * half) if gamma > 0 else 0.0
    n = 0
    for k in range(len(edges) if among < 0 else among):
        i = k if among < 0 else found[k]
        x, z = edges[i, 0], edges[i, 1]
        if z <= zs + slope * x + TOUCH or x <= TOUCH or x >= length - TOUCH:
            continue  # the arc is above its chord
        if gamma > 0:
            z -= math.sqrt(square - (x - half) * (x - half)) - chord
            if z <= zs + slope * x + TOUCH:
                continue
        low[i] = z
        while n > 0:
            x1, z1, x0, z0 = edges[found[n - 1], 0], low[found[n - 1]], 0.0, zs
            if n > 1:
                x0, z0 = edges[found[n - 2], 0], low[found[n - 2]]
            if (z1 - z0) * (x - x0) > (z - z0) * (x1 - x0) + TOUCH * (x - x0):
                break
            n -= 1
        # The string runs on to the receiver: an edge below the line from here to there is found when it comes.
        found[n] = i
        n += 1
    while n > 0:
        x1, z1, x0, z0 = edges[found[n - 1], 0], low[found[n - 1]], 0.0, zs
        if n > 1:
            x0, z0 = edges[found[n - 2], 0], low[found[n - 2]]
        if (z1 - z0) * (length - x0) > (zr - z0) * (x1 - x0):
            break
        n -= 1
    return n


@quick_part
def detour(ax, az, bx, bz, first_x, first_z, last_x, last_z, between, gamma):  # type: ignore[no-untyped-def]
    """Return δ [m], by how much the way from A to B over edges is longer than the direct one; negative in sight.

    Equations 2.5.26 to 2.5.28: straight for gamma = 0, else along arcs; ``between`` is the length from the first to
    the last edge. Where A sees B past a single edge, δ is the opposite of the detour; along arcs it is reckoned from
    the point A' of the chord at the edge (2.5.28).
    """
    direct = _long(bx - ax, bz - az)
    at = az + (bz - az) * (first_x - ax) / (bx - ax) if bx != ax else az
    near, far = _long(first_x - ax, first_z - az), _long(bx - last_x, bz - last_z)
    if gamma <= 0:
        way = near + between + far
        return way - direct if first_z >= at else direct - way
    way = arc(near, gamma) + between + arc(far, gamma)
    if first_z >= at:
        return way - arc(direct, gamma)
    share = (first_x - ax) / (bx - ax) if bx != ax else 0.0
    return 2 * arc(abs(share) * direct, gamma) + 2 * arc(abs(1 - share) * direct, gamma) - way - arc(direct, gamma)


@quick_part
def _long(dx, dz):  # type: ignore[no-untyped-def]
    return math.sqrt(dx * dx + dz * dz)


@quick_part
def per_metre(between, several, i):  # type: ignore[no-untyped-def]
    """Return 40 C″ / λ of band i [1/m], equations 2.5.21 and 2.5.23, with Ch = 1 (2021/1226)."""
    many = 1.0
    if several and between > APART:
        ratio = (5 * WAVE_LENGTH[i] / between) ** 2
        many = (1 + ratio) / (1 / 3 + ratio)
    return 40 / WAVE_LENGTH[i] * many


@quick_part
def lost(form):  # type: ignore[no-untyped-def]
    """Return 10^(Δdif/10) for 40 C″ δ / λ, equation 2.5.21."""
    return 3 + form if form >= -2 else 1.0


@quick_part
def pure(delta, between, several, i):  # type: ignore[no-untyped-def]
    """Return 10^(Δdif/10) for a detour δ [m] in band i, equations 2.5.21 to 2.5.23."""
    return lost(per_metre(between, several, i) * delta)


@quick_part
def ground_beside(near, image_over, over):  # type: ignore[no-untyped-def]
    """Return 10^(−Δground/10) on one side of the edges, equations 2.5.30 and 2.5.32, from shares of energy.

    ``near`` is 10^(−Aground/10), ``image_over`` and ``over`` are 10^(Δdif/10) of the image and of the point itself.
    """
    part_of = 1 + (math.sqrt(near) - 1) * math.sqrt(over / image_over)
    # an image that is less screened than the point itself has no place in the method: the ground acts in full
    return part_of * part_of if part_of > 0 else near
