"""Ground attenuation: mean plane, equivalent heights, path and ground effect.

Directive (EU) 2015/996 as amended by (EU) 2021/1226, sections 2.5.3 to 2.5.6; equations numbered as there. A profile
is cut by a vertical surface unfolded into a plane: ``seg`` of shape (n, 8) holds its pieces from source to receiver,
see :mod:`twin.models.noise.cut`. Attenuations are kept as shares of energy, 10^(−A/10).
"""

from __future__ import annotations

import math

from twin.models.compile import quick_part, times_two_to
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


LOG2_E, LN2_HIGH, LN2_LOW = 1 / math.log(2), 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""1 / ln 2, and ln 2 as a number of few digits and the rest."""
WHOLE = 1.5 * 2.0**52
"""Added to a small number it leaves no room for a fraction: the sum ends in the nearest whole number."""
LOWEST = -700.0
"""Exponent below which e^x is taken as there."""
_2, _3, _4, _5, _6, _7, _8, _9, _10, _11 = (1 / math.factorial(k) for k in range(2, 12))


@quick_part
def exp(x):  # type: ignore[no-untyped-def]
    """Return e^x for x ≤ 700 within 1e-14 of it; without branches, so that several bands are done at once.

    x = n ln 2 + r, and the Taylor series of e^r.
    """
    t = max(x, LOWEST) * LOG2_E + WHOLE
    n = t - WHOLE
    r = (max(x, LOWEST) - n * LN2_HIGH) - n * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low, middle = (1 + r) + r2 * (_2 + _3 * r), (_4 + _5 * r) + r2 * (_6 + _7 * r)
    return times_two_to(low + r4 * (middle + r4 * ((_8 + _9 * r) + r2 * (_10 + _11 * r))), t)


@quick_part
def piece_at(seg, x):  # type: ignore[no-untyped-def]
    """Return the number of the last piece of a profile that begins at x or before."""
    low, high = 0, len(seg) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if seg[middle, X0] <= x:
            low = middle
        else:
            high = middle - 1
    return low


@quick_part
def _upto(seg, i, x):  # type: ignore[no-untyped-def]
    """Return the sums of height, of height times x, and of G over length, up to x in piece i."""
    x0, z0 = seg[i, X0], seg[i, Z0]
    run = min(max(x, x0), seg[i, X1]) - x0
    area, moment, soft = seg[i, AREA], seg[i, MOMENT], seg[i, SOFT]
    if run > 0:
        rise = run * (seg[i, Z1] - z0) / (seg[i, X1] - x0)
        more = run * (z0 + rise / 2)
        return area + more, moment + more * (x0 + run / 2) + rise * run * run / 12, soft + run * seg[i, G]
    return area, moment, soft


@quick_part
def ground_below(seg, i, a, j, b):  # type: ignore[no-untyped-def]
    """Return slope and height at 0 of the straight line nearest to the profile between a in piece i and b in piece j.

    Least squares over the length of the profile, which is what equations 2.5.3 to 2.5.8 solve. Vertical faces have no
    length and no weight. The third number is Gpath, the mean of G in between (equation 2.5.13).
    """
    length, middle = b - a, 0.5 * (a + b)
    area0, moment0, soft0 = _upto(seg, i, a)
    area1, moment1, soft1 = _upto(seg, j, b)
    if length < LEAST:
        g = seg[i, G]
        if i > 0 and a - LEAST <= seg[i - 1, X1] and a <= seg[i, X0]:
            i -= 1  # at a jump the height before it
        run = seg[i, X1] - seg[i, X0]
        t = min(max((a - seg[i, X0]) / run, 0.0), 1.0) if run > 0 else 0.0
        return 0.0, seg[i, Z0] + t * (seg[i, Z1] - seg[i, Z0]), g
    area = area1 - area0
    by_length = 1 / length
    slope = (moment1 - moment0 - middle * area) * 12 * by_length * by_length * by_length
    return slope, area * by_length - slope * middle, (soft1 - soft0) * by_length


@quick_part
def ground(seg, i, a, za, j, b, zb, source_g, favourable, from_edge, signed, out):  # type: ignore[no-untyped-def]
    """Write the gain by the ground between two points over the profile below them, equations 2.5.15 to 2.5.20.

    Parameters
    ----------
    seg : array, shape (n, 8)
        See :mod:`twin.models.noise.cut`.
    i, j : int
        The pieces that the points are in, or at the beginning of.
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
    slope, at_zero, g_path = ground_below(seg, i, a, j, b)
    norm = math.sqrt(1 + slope * slope)
    high_s, high_r = (za - slope * a - at_zero) / norm, (zb - slope * b - at_zero) / norm
    foot_s, foot_r = (a + slope * (za - at_zero)) / norm, (b + slope * (zb - at_zero)) / norm
    dp = max(abs(foot_r - foot_s), LEAST)
    zs, zr = (max(high_s, 0.0), max(high_r, 0.0)) if signed else (abs(high_s), abs(high_r))
    both = max(zs + zr, LEAST)
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
    most = exp(-least * NEPER)
    # loops as long as ``out`` says: of known length they would be written out, and each band done by itself
    if g_path <= 0:
        for k in range(len(out)):
            out[k] = most if favourable else DOUBLED
    else:
        g13 = math.exp(1.3 * math.log(g_w)) if g_w > 0 else 0.0
        g26 = g13 * g13
        by_dp = 4 / (dp * dp)
        for k in range(len(out)):
            wd = dp * 0.0185 * F25[k] * g26 / (F15[k] * g26 + 1.3e3 * F075[k] * g13 + 1.16e6)  # 2.5.17, times dp
            wave = WAVE_NUMBER[k]
            cf = dp * (1 + 3 * wd * exp(-math.sqrt(wd))) / ((1 + wd) * wave)  # 2.5.16, over the wave number
            root = math.sqrt(2 * cf)
            of_s = zs * zs - root * zs + cf
            of_r = zr * zr - root * zr + cf
            out[k] = min(by_dp * wave * wave * of_s * of_r, most)  # 2.5.15
    turn = 2 * slope / norm
    fall_to = 2 / norm
    return (
        a + turn * high_s, za - fall_to * high_s, b + turn * high_r, zb - fall_to * high_r, high_s, high_r
    )  # fmt: skip
