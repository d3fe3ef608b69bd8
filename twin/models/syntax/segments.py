"""The walk network as segments and turns, and the measures of space syntax on it.

Segment analysis of B. Hillier and S. Iida, Network and psychological effects in urban movement, COSIT 2005,
doi:10.1007/11556114_30, on road-centre lines as in A. Turner, From axial to road-centre lines, Environment and Planning
B 34(3), 2007, doi:10.1068/b32067: the depth of a way is its turning, a right angle counts 1. A bent link turns within
itself; from the middle of it one turns half of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.models.segregation.cells import shared_out
from twin.models.syntax import kernels
from twin.text import N_

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

RIGHT = np.pi / 2


@dataclass(frozen=True, eq=False)
class Segments:
    """Links as segments, with the turns between them.

    Attributes
    ----------
    ids : array of str, shape (n,)
    start, to, cost, half
        As :func:`twin.models.syntax.kernels.measure` takes them.
    length : array, shape (n,) [m]
    """

    ids: NDArray[np.object_]
    start: NDArray[np.int64]
    to: NDArray[np.int32]
    cost: NDArray[np.int64]
    half: NDArray[np.int64]
    length: Floats


@dataclass(frozen=True, eq=False)
class Measures:
    """Of each segment, within a radius.

    Attributes
    ----------
    count : array, shape (n,)
        Segments reached, itself included.
    depth : array, shape (n,) [right angles]
        Turning to all of them together.
    choice : array, shape (n,)
        Pairs of others whose way of least turning leads through it.
    """

    count: Floats
    depth: Floats
    choice: Floats

    @property
    def integration(self) -> Floats:
        """Normalised angular integration, ``NAIN = NC^1.2 / (TD + 2)`` (Hillier, Yang & Turner 2012)."""
        return np.asarray(self.count**1.2 / (self.depth + 2.0))

    @property
    def normalised_choice(self) -> Floats:
        """Normalised angular choice, ``NACH = log10(CH + 1) / log10(TD + 3)`` (Hillier, Yang & Turner 2012)."""
        return np.asarray(np.log10(self.choice + 1.0) / np.log10(self.depth + 3.0))


def segments(paths: pd.DataFrame) -> Segments:
    """Return the links of a table of paths as segments.

    Parameters
    ----------
    paths : GeoDataFrame
        ``id``, ``from_node``, ``to_node``, ``length`` [m] and lines.
    """
    from twin.models.walk import network as net

    network = net.build(paths, net.Rules())
    use = np.flatnonzero(network.usable)
    lines, u, v = network.lines[use], network.u[use], network.v[use]
    n = len(use)
    heading, inner = _headings(lines)
    # walking to end 1 one leaves along the last heading; to end 0 against the first
    out = np.stack([heading[0] + np.pi, heading[1]], axis=1)
    node = np.stack([u, v], axis=1).astype(np.int64)
    length = np.asarray(network.w[use], dtype=float)
    millimetres = np.maximum(np.rint(length * 1000.0), 1.0).astype(np.int64)
    within = np.rint(inner / RIGHT * kernels.FULL).astype(np.int64)
    half = (within // 2) * kernels.TURN + millimetres // 2
    a, b = _meetings(node)
    # from state a (towards end a % 2) into the segment of b by the end b % 2, and on to its other end
    # the same to the last bit from either side, as the kernel takes it
    angle = np.abs(np.abs(out[a >> 1, a & 1] - out[b >> 1, b & 1]) % (2 * np.pi) - np.pi)
    turn = np.rint(angle / RIGHT * kernels.FULL).astype(np.int64)
    whole = 2 * (within // 2) * kernels.TURN + 2 * (millimetres // 2)
    cost = turn * kernels.TURN + whole[b >> 1]
    start = np.zeros(2 * n + 1, dtype=np.int64)
    np.cumsum(np.bincount(a, minlength=2 * n), out=start[1:])
    return Segments(network.ids[use], start, (b ^ 1).astype(np.int32), cost, half, length)


def _headings(lines: Any) -> tuple[tuple[Floats, Floats], Floats]:
    """Return the heading [rad] of the first and last piece of each line, and how much it turns in between [rad]."""
    coordinates, of = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(coordinates, axis=0)
    same = (np.diff(of) == 0) & (np.hypot(step[:, 0], step[:, 1]) > 1e-6)
    step, owner = step[same], of[:-1][same]
    angle = np.arctan2(step[:, 1], step[:, 0])
    n = len(lines)
    first, last = np.zeros(n), np.zeros(n)
    first[owner[::-1]], last[owner] = angle[::-1], angle
    turning = np.abs((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)
    inside = np.diff(owner) == 0
    return (first, last), np.bincount(owner[1:][inside], turning[inside], n).astype(float)


def _meetings(node: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of ends of different segments at one node, sorted by the first; ends are 2 * segment + end."""
    ends = node.ravel()
    order = np.argsort(ends, kind="stable")
    _, first, many = np.unique(ends[order], return_index=True, return_counts=True)
    pairs_a, pairs_b = [], []
    for k in np.unique(many):
        group = order[first[many == k][:, None] + np.arange(k)]
        a, b = np.repeat(group, k, axis=1), np.tile(group, (1, k))
        pairs_a.append(a.ravel())
        pairs_b.append(b.ravel())
    a = np.concatenate(pairs_a) if pairs_a else np.zeros(0, dtype=np.int64)
    b = np.concatenate(pairs_b) if pairs_b else np.zeros(0, dtype=np.int64)
    keep = a >> 1 != b >> 1
    a, b = a[keep], b[keep]
    by = np.argsort(a, kind="stable")
    return a[by], b[by]


def measures(found: Segments, radius: float, job: Job | None = None) -> Measures:
    """Return count, depth and choice of every segment within a metric radius along the ways of least turning.

    As depthmapX measures the radius: along the way taken, from middle to middle. Where several ways turn alike the
    shortest counts; ways alike in both share a pair between them.

    Parameters
    ----------
    found : Segments
    radius : float [m]
        At most 2,000 km.
    job : Job, optional

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> x = shapely.linestrings([[(i, 0), (i + 1, 0)] for i in range(3)])
    >>> table = {"id": list("abc"), "from_node": list("012"), "to_node": list("123")}
    >>> street = gpd.GeoDataFrame(table | {"length": 1.0, "steps": False, "bridge": False}, geometry=x)
    >>> row = measures(segments(street), 100.0)
    >>> dict(zip(segments(street).ids, row.choice, strict=True))["b"], row.depth.sum()
    (np.float64(1.0), np.float64(0.0))
    """
    n = len(found.ids)
    count, depth, choice = np.zeros(n), np.zeros(n), np.zeros(n)
    millimetres = int(min(radius, 2e6) * 1000)
    parts: dict[int, Floats] = {}

    def work(first: int, last: int) -> None:
        own = parts[first] = np.zeros(n)
        kernels.measure(
            found.start, found.to, found.cost, found.half, millimetres, count, depth, own, first, last
        )  # fmt: skip

    if n:
        shared_out(work, n, job, N_("Turns from each path"))
    for first in sorted(parts):  # always in one order, so that the last digit is the same in every run
        choice += parts[first]
    return Measures(count, depth, choice / 2.0)
