"""Streets as sources: links joined to long lines, each halved into pieces as often as a receiver's distance asks.

Directive (EU) 2015/996, 2.5.4: a line source may be replaced by point sources when each represents a piece so short
that it does not matter where on it the source lies. Links that carry the two directions of one street are one line;
links of one name and kind that go on in each other are joined, so that far streets take few points. Where a piece lies
does not depend on traffic: what it emits is the sum over the links it covers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import types

from twin.models.compile import kernel, pair, quick_part, record, roomy_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

RATIO = 0.5
"""Longest piece as a share of its distance from the receiver."""
LEAST = 1.0
"""Length [m] below which a piece is never halved."""
TURN = math.cos(math.radians(50))
"""Cosine of the sharpest turn at which a line goes on."""
SAME = 0.01
"""Distance [m] within which ends are one."""


class Lines(NamedTuple):
    """Arrays of streets.

    ``xyz`` (v, 3) points of all lines; ``at`` (v,) position along their line [m]; ``line_at`` (n + 1,) where each
    begins; ``box`` (n, 4); ``deck`` (n,) the deck that carries it, −1 for none; ``base`` (n + 1,) number of the first
    of its pieces, of which there are 2^(depth + 1) − 1; ``depth`` (n,); ``part_at`` (n + 1,) and ``part_end``
    (parts,): the positions where its links end; ``power`` (parts, 8) A-weighted power per metre by which pieces are
    ranked.
    """

    xyz: Floats
    at: Floats
    line_at: Whole
    box: Floats
    deck: Whole
    base: Whole
    depth: Whole
    part_at: Whole
    part_end: Floats
    power: Floats


_F2, _F1, _I1 = types.float64[:, ::1], types.float64[::1], types.int64[::1]
LINES = record((_F2, _F1, _I1, _F2, _I1, _I1, _I1, _I1, _F1, _F2), Lines)


@dataclass(frozen=True)
class Stretch:
    """A line (n, 3) that emits evenly, the group it may be joined within, and the deck that carries it.

    The third column is the height of the road [m]: above the terrain, on a deck absolute.
    """

    points: Floats
    group: str
    deck: int = -1


@dataclass(frozen=True, eq=False)
class Streets:
    """Lines, and for each of their parts the stretch it is."""

    lines: Lines
    stretch: Whole

    @property
    def pieces(self) -> int:
        """Number of pieces that all lines could be halved into."""
        return int(self.lines.base[-1])


def joined(stretches: Sequence[Stretch]) -> Streets:
    """Join stretches that go on in each other; the outcome does not depend on their order.

    Parameters
    ----------
    stretches : sequence of Stretch
        Each of at least two points and some length.
    """
    ends = _Ends(stretches)
    chains = ends.chains()
    points, at, starts, decks, parts, lengths, of = [], [], [0], [], [0], [], []
    for chain in chains:
        line = [stretches[i].points if way else stretches[i].points[::-1] for i, way in chain]
        first = np.concatenate([line[0][:1], *(piece[1:] for piece in line)])
        long = np.concatenate([[0.0], np.cumsum(np.sqrt((np.diff(first, axis=0) ** 2).sum(axis=1)))])
        points.append(first)
        at.append(long)
        starts.append(starts[-1] + len(first))
        decks.append(stretches[chain[0][0]].deck)
        breaks = np.cumsum([len(piece) - 1 for piece in line])
        lengths.append(long[breaks])
        of += [i for i, _ in chain]
        parts.append(parts[-1] + len(chain))
    total = np.array([one[-1] for one in at])
    depth = np.maximum(np.ceil(np.log2(np.maximum(total, LEAST) / LEAST)), 0).astype(np.int64)
    box = np.array([[*one.min(axis=0)[:2], *one.max(axis=0)[:2]] for one in points]).reshape(-1, 4)
    lines = Lines(
        np.ascontiguousarray(np.concatenate([np.empty((0, 3)), *points])),
        np.concatenate([np.empty(0), *at]),
        np.array(starts, dtype=np.int64),
        box,
        np.array(decks, dtype=np.int64),
        np.concatenate([[0], np.cumsum(2 ** (depth + 1) - 1)]).astype(np.int64),
        depth,
        np.array(parts, dtype=np.int64),
        np.concatenate([np.empty(0), *lengths]),
        np.ones((len(of), 8)),
    )
    return Streets(lines, np.array(of, dtype=np.int64))


class _Ends:
    """Which end of which stretch goes on in which."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.stretches = stretches
        self.order = sorted(range(len(stretches)), key=lambda i: _key(stretches[i]))
        self.next: dict[tuple[int, bool], tuple[int, bool]] = {}
        places: dict[tuple[str, int, int, int], list[tuple[int, bool]]] = {}
        for i in self.order:
            one = stretches[i]
            for end in (False, True):
                x, y, _ = one.points[-1 if end else 0]
                places.setdefault((one.group, one.deck, round(x / SAME), round(y / SAME)), []).append((i, end))
        for meeting in places.values():
            self._pair(meeting)

    def _pair(self, meeting: list[tuple[int, bool]]) -> None:
        """Pair the ends that meet in one place, the straightest first."""
        found = []
        for n, a in enumerate(meeting):
            for b in meeting[n + 1 :]:
                straight = -float(np.dot(self._away(a), self._away(b)))
                if a[0] != b[0] and straight > TURN:
                    found.append((-round(straight, 9), a, b))
        for _, a, b in sorted(found, key=lambda row: row[0]):
            if a not in self.next and b not in self.next:
                self.next[a], self.next[b] = b, a

    def _away(self, end: tuple[int, bool]) -> Floats:
        points = self.stretches[end[0]].points[:, :2]
        way = points[-2] - points[-1] if end[1] else points[1] - points[0]
        return np.asarray(way / max(float(np.hypot(*way)), 1e-12))

    def chains(self) -> list[list[tuple[int, bool]]]:
        """Return chains of stretches, each with whether it runs forward."""
        done: set[int] = set()
        found = []
        loose = [(i, end) for i in self.order for end in (False, True) if (i, end) not in self.next]
        for i, end in [*loose, *((i, False) for i in self.order)]:
            if i in done:
                continue
            chain, here = [], (i, end)
            while here[0] not in done:
                done.add(here[0])
                chain.append((here[0], not here[1]))
                after = self.next.get((here[0], not here[1]))
                if after is None:
                    break
                here = after
            found.append(chain)
        return found


def _key(one: Stretch) -> tuple[object, ...]:
    ends = sorted([tuple(one.points[0]), tuple(one.points[-1])])
    return (one.group, one.deck, *ends, len(one.points), float(one.points[:, 0].sum()))


@quick_part
def place(lines, n, a):  # type: ignore[no-untyped-def]
    """Return the point at a position a [m] along line n, and the number of the straight it is on."""
    low, high = lines.line_at[n], lines.line_at[n + 1] - 2
    while low < high:
        middle = (low + high + 1) // 2
        if lines.at[middle] <= a:
            low = middle
        else:
            high = middle - 1
    run = lines.at[low + 1] - lines.at[low]
    t = min(max((a - lines.at[low]) / run, 0.0), 1.0) if run > 0 else 0.0
    x = lines.xyz[low, 0] + t * (lines.xyz[low + 1, 0] - lines.xyz[low, 0])
    y = lines.xyz[low, 1] + t * (lines.xyz[low + 1, 1] - lines.xyz[low, 1])
    return x, y, lines.xyz[low, 2] + t * (lines.xyz[low + 1, 2] - lines.xyz[low, 2]), low


@quick_part
def nearest(lines, n, a, b, x, y):  # type: ignore[no-untyped-def]
    """Return the distance in plan [m] of a point from the part of a line between positions a and b."""
    ax, ay, _, i = place(lines, n, a)
    bx, by, _, j = place(lines, n, b)
    best = np.inf
    px, py = ax, ay
    for k in range(i + 1, j + 2):
        if k <= j:
            qx, qy = lines.xyz[k, 0], lines.xyz[k, 1]
        else:
            qx, qy = bx, by
        dx, dy = qx - px, qy - py
        square = dx * dx + dy * dy
        t = min(max(((x - px) * dx + (y - py) * dy) / square, 0.0), 1.0) if square > 0 else 0.0
        gx, gy = x - px - t * dx, y - py - t * dy
        best = min(best, gx * gx + gy * gy)
        px, py = qx, qy
    return math.sqrt(best)


@roomy_part
def pieces(lines, x, y, ratio, least, reach, number, where):  # type: ignore[no-untyped-def]
    """Write the pieces that stand for all lines at a receiver; returns how many, also beyond the room given.

    Parameters
    ----------
    lines : Lines
    x, y : float [m]
    ratio : float
        A piece is at most this share of its distance in plan as long; 0.5 keeps the sum of 1/r² within 0.05 dB
        of the integral along a road that passes, within 0.2 dB of that of a single piece seen endwise.
    least : float [m]
        Pieces shorter than this are left whole.
    reach : float [m]
        Pieces that lie wholly farther in plan are left out.
    number : array of int, shape (n,)
        Gets the number of each piece.
    where : array, shape (n, 6)
        Gets x, y, z of its middle, its line, and the positions where it begins and ends [m].
    """
    lower, upper = np.empty(64), np.empty(64)
    heap = np.empty(64, dtype=np.int64)
    n = 0
    for i in range(len(lines.deck)):
        gx = max(lines.box[i, 0] - x, 0.0, x - lines.box[i, 2])
        gy = max(lines.box[i, 1] - y, 0.0, y - lines.box[i, 3])
        if gx * gx + gy * gy > reach * reach:
            continue
        lower[0], upper[0], heap[0], top = 0.0, lines.at[lines.line_at[i + 1] - 1], 0, 1
        deepest = (1 << lines.depth[i]) - 1
        while top > 0:
            top -= 1
            a, b, h = lower[top], upper[top], heap[top]
            away = nearest(lines, i, a, b, x, y)
            if away > reach:
                continue
            if b - a > max(least, ratio * away) and h < deepest:
                middle = (a + b) / 2
                lower[top], upper[top], heap[top] = middle, b, 2 * h + 2
                lower[top + 1], upper[top + 1], heap[top + 1] = a, middle, 2 * h + 1
                top += 2
                continue
            if n < len(number):
                px, py, pz, _ = place(lines, i, (a + b) / 2)
                number[n] = lines.base[i] + h
                where[n, 0], where[n, 1], where[n, 2], where[n, 3], where[n, 4], where[n, 5] = px, py, pz, i, a, b
            n += 1
    return n


@kernel(pair(_I1, _F2)(LINES, types.float64, types.float64, types.float64, types.float64, types.float64))
def split(lines, x, y, ratio, least, reach):  # type: ignore[no-untyped-def]
    """Return the pieces that stand for all lines at a receiver, as :func:`pieces` writes them.

    Examples
    --------
    >>> road = joined([Stretch(np.array([[-100.0, 0, 0], [100, 0, 0]]), "")])
    >>> number, where = split(road.lines, 0.0, 50.0, 0.5, 1.0, 800.0)
    >>> len(number), float((where[:, 5] - where[:, 4]).sum())
    (8, 200.0)
    """
    number, where = np.empty(0, dtype=np.int64), np.empty((0, 6))
    n = pieces(lines, x, y, ratio, least, reach, number, where)
    number, where = np.empty(n, dtype=np.int64), np.empty((n, 6))
    pieces(lines, x, y, ratio, least, reach, number, where)
    return number, where


@quick_part
def power_of(lines, i, a, b, out):  # type: ignore[no-untyped-def]
    """Write the power (8,) [W] of the part of line i between positions a and b; returns their sum."""
    for band in range(8):
        out[band] = 0.0
    begins = 0.0
    for k in range(lines.part_at[i], lines.part_at[i + 1]):
        ends = lines.part_end[k]
        run = min(ends, b) - max(begins, a)
        if run > 0:
            for band in range(8):
                out[band] += run * lines.power[k, band]
        begins = ends
    total = 0.0
    for band in range(8):
        total += out[band]
    return total
