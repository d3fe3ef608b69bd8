"""Delay on a link as a function of its flow: time, slope and integral, as kernels over flat arrays.

BPR (Bureau of Public Roads, Traffic Assignment Manual, 1964): ``t = t0 (1 + b (v/c)^p)``. Conical (H. Spiess,
Conical volume-delay functions, Transportation Science 24(2), 1990, eq. 12, doi:10.1287/trsc.24.2.153):
``t = t0 (2 + sqrt(a²(1-v/c)² + e²) - a(1-v/c) - e)``, ``e = (2a-1)/(2a-2)``, ``a > 1``.
"""

from __future__ import annotations

import math

import numpy as np

from twin.models.compile import kernel, part

CONSTANT, QUARTIC, LINEAR, POWER, CONICAL, ROOT = range(6)
"""How a link's time grows: not at all, BPR of power 4, of power 1, of another above 1, conical, BPR of one under 1."""
FREE, RISE, INVERSE, SHAPE = range(4)
"""Columns of the table of links: free time t0, t0·b, 1/capacity, power or a."""


@part
def delay(kind, row, flow):  # type: ignore[no-untyped-def]
    """Return time and slope of a link at a flow; for a power under 1 the slope, no use to Newton, is infinity."""
    if kind == 0:
        return row[0], 0.0
    x = flow * row[2]
    if kind == 1:
        cube = x * x * x
        return row[0] + row[1] * cube * x, 4.0 * row[1] * cube * row[2]
    if kind == 2:
        return row[0] + row[1] * x, row[1] * row[2]
    if kind == 3:
        if x <= 0.0:
            return row[0], 0.0
        rise = row[1] * x ** row[3]
        return row[0] + rise, row[3] * rise / flow
    if kind == 5:
        return row[0] + row[1] * max(x, 0.0) ** row[3], np.inf
    a = row[3]
    e = (2.0 * a - 1.0) / (2.0 * a - 2.0)
    y = a * (1.0 - x)
    root = math.sqrt(y * y + e * e)
    return row[0] * (2.0 + root - y - e), row[0] * row[2] * a * (1.0 - y / root)


@part
def primitive(a, e, y):  # type: ignore[no-untyped-def]
    """Return the integral of ``sqrt(a² y² + e²)`` from 0 to y."""
    return 0.5 * (y * math.sqrt(a * a * y * y + e * e) + e * e / a * math.asinh(a * y / e))


@part
def integral(kind, row, flow):  # type: ignore[no-untyped-def]
    """Return the integral of a link's time from no flow to a flow."""
    if kind == 0 or flow <= 0.0:
        return row[0] * max(flow, 0.0)
    x = flow * row[2]
    if kind == 4:
        a = row[3]
        e = (2.0 * a - 1.0) / (2.0 * a - 2.0)
        area = primitive(a, e, 1.0) - primitive(a, e, 1.0 - x)
        return row[0] / row[2] * ((2.0 - e) * x + area - a * (x - 0.5 * x * x))
    power = 4.0 if kind == 1 else (1.0 if kind == 2 else row[3])
    return flow * (row[0] + row[1] * x**power / (power + 1.0))


@kernel("void(i1[::1], f8[:, ::1], f8[::1], f8[::1], f8[::1])")
def evaluate(kinds, rows, flow, time, slope):  # type: ignore[no-untyped-def]
    """Write time and slope of all links at their flows into ``time`` and ``slope``."""
    for link in range(len(flow)):
        time[link], slope[link] = delay(kinds[link], rows[link], flow[link])


@kernel("f8[::1](i1[::1], f8[:, ::1], f8[::1])")
def integrals(kinds, rows, flow):  # type: ignore[no-untyped-def]
    """Return the integral of each link's time from no flow to its flow."""
    area = np.empty(len(flow))
    for link in range(len(flow)):
        area[link] = integral(kinds[link], rows[link], flow[link])
    return area
