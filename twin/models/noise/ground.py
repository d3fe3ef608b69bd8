"""Ground attenuation: mean plane, equivalent heights, path and ground effect.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, sections 2.5.3 to 2.5.6; equations numbered as there. A profile
is cut by a vertical surface unfolded into a plane: ``seg`` of shape (n, 8) holds its pieces from source to receiver,
see :mod:`twin.models.noise.cut`. Attenuations are kept as shares of energy, 10^(−A/10).
"""

from __future__ import annotations

import math

from twin.models.compile import quick_part
from twin.models.noise.air import NOMINAL, SPEED_OF_SOUND
from twin.models.noise.cut import AREA, MOMENT, SOFT, X0, X1, Z0, Z1, G

NEPER = math.log(10) / 10
"""Natural logarithm of a decibel."""
DOUBLED = 10**0.3
"""Energy over hard ground, −3 dB (2.5.18)."""
WAVE_NUMBER = 2 * math.pi * NOMINAL / SPEED_OF_SOUND
F25, F15, F075 = NOMINAL**2.5, NOMINAL**1.5, NOMINAL**0.75
CURVATURE = 2e-4
"""a0 [1/m] of equation 2.5.19."""
TURBULENCE = 6e-3
"""Factor of equation 2.5.19 for the change of height by turbulence."""
LEAST = 1e-3
"""Heights and lengths [m] below which a plane or a path is degenerate; they are kept from dividing by zero."""


@quick_part
def _upto(seg, x):  # type: ignore[no-untyped-def]
    """Return the sums of height, of height times x, and of G over length, up to x, and the piece that x is in."""
    low, high = 0, len(seg) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if seg[middle, X0] <= x:
            low = middle
        else:
            high = middle - 1
    x0, z0 = seg[low, X0], seg[low, Z0]
    run = min(max(x, x0), seg[low, X1]) - x0
    rise = run * (seg[low, Z1] - z0) / (seg[low, X1] - x0) if run > 0 else 0.0
    area = run * (z0 + rise / 2)
    moment = area * (x0 + run / 2) + rise * run * run / 12
    return seg[low, AREA] + area, seg[low, MOMENT] + moment, seg[low, SOFT] + run * seg[low, G], low


@quick_part
def mean_plane(seg, a, b):  # type: ignore[no-untyped-def]
    """Return slope and height at 0 of the straight line nearest to the profile between x = a and x = b.

    Least squares over the length of the profile, which is what equations 2.5.3 to 2.5.8 solve. Vertical faces have no
    length and no weight.
    """
    length, middle = b - a, 0.5 * (a + b)
    area0, moment0, _, i = _upto(seg, a)
    if length < LEAST:
        if i > 0 and a - LEAST <= seg[i - 1, X1] and a <= seg[i, X0]:
            i -= 1  # at a jump the height before it
        run = seg[i, X1] - seg[i, X0]
        t = min(max((a - seg[i, X0]) / run, 0.0), 1.0) if run > 0 else 0.0
        return 0.0, seg[i, Z0] + t * (seg[i, Z1] - seg[i, Z0])
    area1, moment1, _, _ = _upto(seg, b)
    area = area1 - area0
    slope = (moment1 - moment0 - middle * area) * 12 / length**3
    return slope, area / length - slope * middle


@quick_part
def ground_factor(seg, a, b):  # type: ignore[no-untyped-def]
    """Return Gpath, the mean of G over the profile between x = a and x = b (equation 2.5.13)."""
    _, _, before, i = _upto(seg, a)
    _, _, after, _ = _upto(seg, b)
    return (after - before) / (b - a) if b - a > LEAST else seg[i, G]


@quick_part
def image(x, z, slope, at_zero):  # type: ignore[no-untyped-def]
    """Return the mirror point of (x, z) about a plane, its signed height, and where along the plane its foot is [m]."""
    norm = math.sqrt(1 + slope * slope)
    height = (z - slope * x - at_zero) / norm
    return x + 2 * height * slope / norm, z - 2 * height / norm, height, (x + slope * (z - at_zero)) / norm


@quick_part
def ground(seg, a, za, b, zb, source_g, favourable, from_edge, signed, out):  # type: ignore[no-untyped-def]
    """Write the gain by the ground between two points over the profile below them, equations 2.5.15 to 2.5.20.

    Parameters
    ----------
    seg : array, shape (n, 8)
        See :mod:`twin.models.noise.cut`.
    a, za, b, zb : float [m]
        Positions along the profile and heights of the points.
    source_g : float
        G of the ground at the source, Gs of equation 2.5.14.
    favourable : bool
    from_edge : bool
        The first point is a diffracting edge: Gpath is taken in place of G'path (2.5.31 ff.).
    signed : bool
        A point below the mean plane gets the height zero (2.5.3); else its distance from the plane.
    out : array, shape (8,)
        10^(−Aground/10).

    Returns
    -------
    tuple of 6 floats
        Images of both points in the mean plane and their signed heights: x, z, x, z, height, height [m].
    """
    slope, at_zero = mean_plane(seg, a, b)
    norm = math.sqrt(1 + slope * slope)
    high_s, high_r = (za - slope * a - at_zero) / norm, (zb - slope * b - at_zero) / norm
    foot_s, foot_r = (a + slope * (za - at_zero)) / norm, (b + slope * (zb - at_zero)) / norm
    dp = max(abs(foot_r - foot_s), LEAST)
    zs, zr = (max(high_s, 0.0), max(high_r, 0.0)) if signed else (abs(high_s), abs(high_r))
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
    most = math.exp(-least * NEPER)
    if g_path <= 0:
        for i in range(8):
            out[i] = most if favourable else DOUBLED
    else:
        g13 = math.exp(1.3 * math.log(g_w)) if g_w > 0 else 0.0
        g26 = g13 * g13
        by_dp = 4 / (dp * dp)
        for i in range(8):  # one kind of work per loop, so that several bands are done at once
            out[i] = dp * 0.0185 * F25[i] * g26 / (F15[i] * g26 + 1.3e3 * F075[i] * g13 + 1.16e6)  # 2.5.17, times dp
        for i in range(8):
            wd = out[i]
            fall = math.exp(-math.sqrt(wd))
            out[i] = dp * (1 + 3 * wd * fall) / (1 + wd)  # 2.5.16
        for i in range(8):
            k = WAVE_NUMBER[i]
            cf = out[i] / k
            root = math.sqrt(2 * cf)
            of_s = zs * zs - root * zs + cf
            of_r = zr * zr - root * zr + cf
            out[i] = min(by_dp * k * k * of_s * of_r, most)  # 2.5.15
    turn = 2 * slope / norm
    fall_to = 2 / norm
    return (
        a + turn * high_s, za - fall_to * high_s, b + turn * high_r, zb - fall_to * high_r, high_s, high_r
    )  # fmt: skip
