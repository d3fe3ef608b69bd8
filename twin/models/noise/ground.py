"""Ground attenuation: mean plane, equivalent heights, path and ground effect.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, sections 2.5.3 to 2.5.6; equations numbered as there. A profile
is cut by a vertical surface unfolded into a plane: ``seg`` of shape (n, 5) holds its pieces from source to receiver,
columns x0, z0, x1, z1 [m] and the ground factor G (0 hard to 1 soft).
"""

from __future__ import annotations

import math

from twin.models.compile import part
from twin.models.noise.air import NOMINAL, SPEED_OF_SOUND

X0, Z0, X1, Z1, G = range(5)
"""Columns of ``seg``."""
WAVE_NUMBER = 2 * math.pi * NOMINAL / SPEED_OF_SOUND
F25, F15, F075 = NOMINAL**2.5, NOMINAL**1.5, NOMINAL**0.75
CURVATURE = 2e-4
"""a0 [1/m] of equation 2.5.19."""
TURBULENCE = 6e-3
"""Factor of equation 2.5.19 for the change of height by turbulence."""
LEAST = 1e-3
"""Heights and lengths [m] below which a plane or a path is degenerate; they are kept from dividing by zero."""


@part
def mean_plane(seg, a, b):  # type: ignore[no-untyped-def]
    """Return slope and height at 0 of the straight line nearest to the profile between x = a and x = b.

    Least squares over the length of the profile, which is what equations 2.5.3 to 2.5.8 solve; written about the
    middle, so that a far origin costs no digits. Vertical faces have no length and no weight.
    """
    length, middle = b - a, 0.5 * (a + b)
    if length < LEAST:
        z, found = 0.0, False
        for i in range(len(seg)):
            if seg[i, X1] >= a - LEAST and not found:
                run = seg[i, X1] - seg[i, X0]
                t = min(max((a - seg[i, X0]) / run, 0.0), 1.0) if run > 0 else 0.0
                z, found = seg[i, Z0] + t * (seg[i, Z1] - seg[i, Z0]), True
        return 0.0, z
    area, moment = 0.0, 0.0
    for i in range(len(seg)):
        x0, x1 = max(seg[i, X0], a), min(seg[i, X1], b)
        if x1 <= x0:
            continue
        slope = (seg[i, Z1] - seg[i, Z0]) / (seg[i, X1] - seg[i, X0])
        u0, u1 = x0 - middle, x1 - middle
        at = seg[i, Z0] + slope * (middle - seg[i, X0])
        area += at * (u1 - u0) + slope * (u1 * u1 - u0 * u0) / 2
        moment += at * (u1 * u1 - u0 * u0) / 2 + slope * (u1**3 - u0**3) / 3
    slope = moment * 12 / length**3
    return slope, area / length - slope * middle


@part
def ground_factor(seg, a, b):  # type: ignore[no-untyped-def]
    """Return Gpath, the mean of G over the profile between x = a and x = b (equation 2.5.13)."""
    total, length = 0.0, 0.0
    nearest = seg[0, G]
    for i in range(len(seg)):
        if seg[i, X0] <= a:
            nearest = seg[i, G]
        run = min(seg[i, X1], b) - max(seg[i, X0], a)
        if run > 0:
            total += run * seg[i, G]
            length += run
    return total / length if length > 0 else nearest


@part
def image(x, z, slope, at_zero):  # type: ignore[no-untyped-def]
    """Return the mirror point of (x, z) about a plane, its signed height, and where along the plane its foot is [m]."""
    norm = math.sqrt(1 + slope * slope)
    height = (z - slope * x - at_zero) / norm
    return x + 2 * height * slope / norm, z - 2 * height / norm, height, (x + slope * (z - at_zero)) / norm


@part
def ground(seg, a, za, b, zb, source_g, favourable, from_edge, signed, out):  # type: ignore[no-untyped-def]
    """Write the ground attenuation between two points over the profile below them, equations 2.5.15 to 2.5.20.

    Parameters
    ----------
    seg : array, shape (n, 5)
    a, za, b, zb : float [m]
        Positions along the profile and heights of the points.
    source_g : float
        G of the ground at the source, Gs of equation 2.5.14.
    favourable : bool
    from_edge : bool
        The first point is a diffracting edge: Gpath is taken in place of G'path (2.5.31 ff.).
    signed : bool
        A point below the mean plane gets the height zero (2.5.3); else its distance from the plane.
    out : array, shape (8,) [dB]
    """
    slope, at_zero = mean_plane(seg, a, b)
    _, _, zs, foot_s = image(a, za, slope, at_zero)
    _, _, zr, foot_r = image(b, zb, slope, at_zero)
    dp = max(abs(foot_r - foot_s), LEAST)
    zs, zr = (max(zs, 0.0), max(zr, 0.0)) if signed else (abs(zs), abs(zr))
    both = max(zs + zr, LEAST)
    g_path = ground_factor(seg, a, b)
    reach = dp / (30 * both)
    g_near = g_path if reach > 1 or from_edge else g_path * reach + source_g * (1 - reach)  # 2.5.14
    least = -3 * (1 - g_near)  # 2.5.18
    g_w = g_near
    if favourable:
        g_w = g_path
        if reach > 1:
            least *= 1 + 2 * (1 - 1 / reach)  # 2.5.20
        turbulence = TURBULENCE * dp / both  # 2.5.19
        bent = CURVATURE * dp * dp / 2 / (both * both)
        zs, zr = zs + bent * zs * zs + turbulence, zr + bent * zr * zr + turbulence
    if g_path <= 0:
        for i in range(8):
            out[i] = least if favourable else -3.0
        return
    g13 = g_w**1.3
    g26 = g13 * g13
    for i in range(8):
        k = WAVE_NUMBER[i]
        w = 0.0185 * F25[i] * g26 / (F15[i] * g26 + 1.3e3 * F075[i] * g13 + 1.16e6)  # 2.5.17
        cf = dp * (1 + 3 * w * dp * math.exp(-math.sqrt(w * dp))) / (1 + w * dp)  # 2.5.16
        root = math.sqrt(2 * cf / k)
        of_s = zs * zs - root * zs + cf / k
        of_r = zr * zr - root * zr + cf / k
        out[i] = max(-10 * math.log10(4 * k * k / (dp * dp) * of_s * of_r), least)  # 2.5.15
