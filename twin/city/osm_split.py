"""Ways cut into the links of a network: one function for roads and for the walk network.

Two ways meet where they share a node. A way is cut at every node that occurs more than once in the network, at
missing nodes (the edge of an extract), and at nodes that the caller closes (a bollard in a street).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twin.city.osm_file import Way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_SYNTHETIC = -(1 << 60)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Links between nodes, as slices of flat arrays.

    Parameters
    ----------
    way, number : array, shape (n,)
        Index of the way in the sequence given, and running number of the piece within its way.
    start, end : array, shape (n,)
        First and last position (inclusive) in ``refs`` and ``xy``.
    refs : array, shape (m,)
        Node ids; nodes that a closure doubled have ids of their own (:meth:`name`).
    xy : array, shape (m, 2) [m]
    doubled : mapping
        Id of a doubled node to (node id, number of the copy).
    """

    way: Ints
    number: Ints
    start: Ints
    end: Ints
    refs: Ints
    xy: Floats
    doubled: dict[int, tuple[int, int]]

    def __len__(self) -> int:
        return len(self.way)

    def name(self, ref: int) -> str:
        """Return the name of a node: ``n123``, or ``n123.2`` behind a closure."""
        if ref in self.doubled:
            node, copy = self.doubled[ref]
            return f"n{node}.{copy}"
        return f"n{ref}"

    def lines(self) -> NDArray[np.object_]:
        """Return the pieces as LineStrings."""
        lengths = self.end - self.start + 1
        positions = np.repeat(self.start - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(lengths.sum())
        owner = np.repeat(np.arange(len(self)), lengths)
        return np.asarray(shapely.linestrings(self.xy[positions], indices=owner), dtype=object)

    def subset(self, keep: Flags) -> Pieces:
        """Return some of the pieces; their numbers stay."""
        return Pieces(
            self.way[keep], self.number[keep], self.start[keep], self.end[keep], self.refs, self.xy, self.doubled
        )


def split(ways: Sequence[Way], closures: Collection[int] = (), breaks: Ints | Sequence[int] = ()) -> Pieces:
    """Cut ways into links at the nodes they share.

    Parameters
    ----------
    ways : sequence of Way
        With ``refs``; coordinates in metres.
    closures : collection of int
        Nodes at which no way passes: every end there becomes a node of its own.
    breaks : array or sequence of int
        Nodes at which to cut although only one way is there.

    Returns
    -------
    Pieces
        No piece begins and ends at the same node: loops are cut in the middle.
    """
    refs, xy, owner = _flatten(ways)
    refs, xy, owner, gap = _runs(refs, xy, owner)
    refs = _merge_coincident(refs, xy, gap)
    refs, xy, owner, gap, doubled = _close(refs, xy, owner, gap, closures)
    if not len(refs):
        empty = np.empty(0, dtype=np.int64)
        return Pieces(empty, empty, empty, empty, refs, xy, doubled)
    _, inverse, occurrences = np.unique(refs, return_inverse=True, return_counts=True)
    first = gap
    last = np.r_[gap[1:], True]
    cut = first | last | (occurrences[inverse] > 1) | np.isin(refs, np.asarray(breaks, dtype=np.int64))
    stops = np.flatnonzero(cut)
    inner = ~first[stops[1:]]
    start, end = stops[:-1][inner], stops[1:][inner]
    start, end = _cut_loops(refs, start, end)
    way = owner[start]
    fresh = np.r_[True, way[1:] != way[:-1]]
    number = np.arange(len(way)) - np.maximum.accumulate(np.where(fresh, np.arange(len(way)), 0))
    return Pieces(way, number, start, end, refs, xy, doubled)


def _flatten(ways: Sequence[Way]) -> tuple[Ints, Floats, Ints]:
    lengths = [len(way.xy) for way in ways]
    refs = np.concatenate([way.refs for way in ways if way.refs is not None] or [np.empty(0, dtype=np.int64)])
    xy = np.concatenate([way.xy for way in ways] or [np.empty((0, 2))])
    return refs, xy, np.repeat(np.arange(len(ways), dtype=np.int64), lengths)


def _runs(refs: Ints, xy: Floats, owner: Ints) -> tuple[Ints, Floats, Ints, Flags]:
    """Drop missing and repeated nodes and runs of one node; the last array flags where a run begins."""
    known = ~np.isnan(xy[:, 0])
    begins = np.r_[True, (owner[1:] != owner[:-1]) | ~known[:-1]][: len(refs)]
    repeated = np.r_[False, (refs[1:] == refs[:-1])][: len(refs)] & ~begins
    keep = known & ~repeated
    refs, xy, owner, begins = refs[keep], xy[keep], owner[keep], begins[keep]
    alone = begins & np.r_[begins[1:], True][: len(refs)]
    return refs[~alone], xy[~alone], owner[~alone], begins[~alone]


def _merge_coincident(refs: Ints, xy: Floats, gap: Flags) -> Ints:
    """Give neighbouring nodes of a way that lie on one spot one id (a link between them would have no length)."""
    same = ~gap & np.r_[False, (xy[1:] == xy[:-1]).all(axis=1)][: len(refs)]
    if not same.any():
        return refs
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while node in parent:
            node = parent[node]
        return node

    for position in np.flatnonzero(same).tolist():
        one, other = root(int(refs[position - 1])), root(int(refs[position]))
        if one != other:
            parent[other] = one
    return np.array([root(node) if node in parent else node for node in refs.tolist()], dtype=np.int64)


def _close(
    refs: Ints, xy: Floats, owner: Ints, gap: Flags, closures: Collection[int]
) -> tuple[Ints, Floats, Ints, Flags, dict[int, tuple[int, int]]]:
    """Double the closed nodes, so that every way ends at its own copy of them."""
    doubled: dict[int, tuple[int, int]] = {}
    closed = np.isin(refs, np.fromiter(closures, np.int64))
    if not closed.any():
        return refs, xy, owner, gap, doubled
    last = np.r_[gap[1:], True]
    repeats = np.where(closed & ~gap & ~last, 2, 1)
    source = np.repeat(np.arange(len(refs)), repeats)
    second = np.r_[False, source[1:] == source[:-1]]
    refs, closed, gap = refs[source], closed[source], gap[source] | second
    copies: dict[int, int] = {}
    for position in np.flatnonzero(closed).tolist():
        node = int(refs[position])
        copies[node] = copies.get(node, 0) + 1
        if copies[node] > 1:
            refs[position] = _SYNTHETIC - len(doubled)
            doubled[int(refs[position])] = (node, copies[node])
    return refs, xy[source], owner[source], gap, doubled


def _cut_loops(refs: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Cut pieces that return to their first node in the middle; drop those without a middle."""
    loop = refs[start] == refs[end]
    keep = ~loop | (end - start >= 2)
    start, end, loop = start[keep], end[keep], loop[keep]
    middle = (start + end) // 2
    repeats = np.where(loop, 2, 1)
    source = np.repeat(np.arange(len(start)), repeats)
    second = np.r_[False, source[1:] == source[:-1]][: len(source)]
    new_start = np.where(second, middle[source], start[source])
    new_end = np.where(loop[source] & ~second, middle[source], end[source])
    return new_start, new_end
