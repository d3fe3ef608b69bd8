"""The walk network of a City as flat arrays, updated link by link when an edit touches it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from twin.models.walk import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """How links are walked: ``steps_factor`` on the length of steps, ``step_free`` closes them."""

    steps_factor: float = 1.0
    step_free: bool = False


@dataclass(frozen=True, eq=False)
class Network:
    """Links as arrays; a link that went away stays in them, not usable, so that numbers keep their meaning.

    Attributes
    ----------
    ids, lines : array of object, shape (m,)
        Id and line of each link.
    u, v : array of int32, shape (m,)
        Nodes at its ends.
    w : array, shape (m,) [m]
        Length as it is walked.
    size : array, shape (m,) [m]
        Length of its line.
    usable, open : array of bool, shape (m,)
        Whether it can be walked, and whether houses and places can open onto it; onto a bridge none do.
    row_of, node_of : dict
        Number by id of a link and by name of a node.
    tree : STRtree
        Over the open links among the first ``in_tree``, whose numbers are ``tree_rows``.
    start, middle, to, link, length
        Adjacency, see :func:`twin.models.walk.kernels.adjacency`.
    """

    ids: NDArray[np.object_]
    lines: NDArray[np.object_]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    w: Floats
    size: Floats
    usable: NDArray[np.bool_]
    open: NDArray[np.bool_]
    row_of: dict[str, int]
    node_of: dict[str, int]
    tree: shapely.STRtree
    tree_rows: NDArray[np.intp]
    in_tree: int
    start: NDArray[np.int64]
    middle: NDArray[np.int64]
    to: NDArray[np.int32]
    link: NDArray[np.int32]
    length: Floats

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.start) - 1

    def whole(self) -> bool:
        """Whether the open links are those in the tree."""
        return self.in_tree == len(self.ids) and bool(self.open[self.tree_rows].all())

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        arrays = (self.u, self.v, self.w, self.size, self.usable, self.start, self.to, self.link, self.length)
        return sum(array.nbytes for array in arrays) + 700 * len(self.ids)

    def distances(self, sources: NDArray[np.int32], first: Floats, limit: float) -> Floats:
        """Return the distance [m] of every node from the nearest source, inf beyond the limit."""
        return np.asarray(
            kernels.distances(
                self.start, self.to, self.length, sources.astype(np.int32), np.asarray(first, dtype=np.float64), limit
            )
        )


def build(paths: pd.DataFrame, rules: Rules) -> Network:
    """Return the network of a table of paths; nodes and links near each other get numbers near each other."""
    ids = paths["id"].to_numpy(object)
    lines: Any = np.asarray(paths.geometry.to_numpy(), dtype=object)
    names = _node_names(paths, lines)
    codes, nodes = pd.factorize(names.ravel())
    order = _near_order(codes.reshape(2, -1), lines, len(nodes))
    number = np.empty(len(nodes), dtype=np.int32)
    number[order] = np.arange(len(nodes), dtype=np.int32)
    u, v = (number[part] for part in codes.reshape(2, -1))
    by_place = np.lexsort((np.maximum(u, v), np.minimum(u, v)))
    w, size, usable, opens = _measured(paths, lines, rules)
    ids, lines, u, v = ids[by_place], lines[by_place], u[by_place], v[by_place]
    w, size, usable, opens = w[by_place], size[by_place], usable[by_place], opens[by_place]
    rows = np.flatnonzero(opens)
    start, middle, to, link, length = kernels.adjacency(u, v, w, usable, len(nodes))
    return Network(
        ids, lines, u, v, w, size, usable, opens, dict(zip(ids.tolist(), range(len(ids)), strict=True)),
        dict(zip(nodes.tolist(), number.tolist(), strict=True)), shapely.STRtree(lines[rows]), rows, len(ids),
        start, middle, to, link, length,
    )  # fmt: skip


def update(old: Network, paths: pd.DataFrame, touched: frozenset[str], rules: Rules) -> tuple[Network, Any, Any]:
    """Return the network with some links exchanged, and the numbers of those gone and those new.

    Parameters
    ----------
    old : Network
    paths : DataFrame
        The table as it is now.
    touched : frozenset of str
        Ids of all links that were added, removed or changed.

    Returns
    -------
    Network
    gone, new : array of int
        Numbers of links, in the old and in the new network.
    """
    gone = np.array(sorted(old.row_of[name] for name in touched if name in old.row_of), dtype=np.int64)
    fresh = paths[paths["id"].isin(list(touched)).to_numpy(dtype=bool)]
    lines: Any = np.asarray(fresh.geometry.to_numpy(), dtype=object)
    row_of, node_of = dict(old.row_of), dict(old.node_of)
    for name in touched:
        row_of.pop(name, None)
    ends = np.empty((2, len(fresh)), dtype=np.int32)
    for side, names in enumerate(_node_names(fresh, lines)):
        ends[side] = [node_of.setdefault(str(name), len(node_of)) for name in names]
    w, size, usable, opens = _measured(fresh, lines, rules)
    ids = fresh["id"].to_numpy(object)
    first = len(old.ids)
    row_of.update(zip(ids.tolist(), range(first, first + len(ids)), strict=True))
    still = old.usable.copy()
    still[gone] = False
    all_open = np.concatenate([old.open & still, opens])
    u, v = np.concatenate([old.u, ends[0]]), np.concatenate([old.v, ends[1]])
    all_w, all_usable = np.concatenate([old.w, w]), np.concatenate([still, usable])
    start, middle, to, link, length = kernels.adjacency(u, v, all_w, all_usable, len(node_of))
    network = dataclasses.replace(
        old, ids=np.concatenate([old.ids, ids]), lines=np.concatenate([old.lines, lines]), u=u, v=v, w=all_w,
        size=np.concatenate([old.size, size]), usable=all_usable, open=all_open, row_of=row_of, node_of=node_of,
        start=start, middle=middle, to=to, link=link, length=length,
    )  # fmt: skip
    return network, gone, np.arange(first, first + len(ids))


def _measured(paths: pd.DataFrame, lines: Any, rules: Rules) -> tuple[Any, Any, Any, Any]:
    size = shapely.length(lines).astype(float)
    w = paths["length"].to_numpy(dtype=float)
    w = np.where(np.isfinite(w) & (w > 0), w, size)
    steps = paths["steps"].to_numpy(dtype=bool)
    w = np.where(steps, w * rules.steps_factor, w)
    usable = np.isfinite(w) & (size > 0)
    if rules.step_free:
        usable = usable & ~steps
    return w, size, usable, usable & ~paths["bridge"].to_numpy(dtype=bool)


def _node_names(paths: pd.DataFrame, lines: Any) -> NDArray[np.object_]:
    """Return the names of the nodes (2, m); where one has no name, its place to the centimetre."""
    names = np.stack([paths["from_node"].to_numpy(object), paths["to_node"].to_numpy(object)])
    for side, end in ((0, 0), (1, -1)):
        blank = names[side] == ""
        if blank.any():
            at = np.round(shapely.get_coordinates(shapely.get_point(lines[blank], end)), 2)
            names[side, blank] = [f"@{x:.2f},{y:.2f}" for x, y in at]
    return names


def _near_order(ends: NDArray[np.intp], lines: Any, n: int) -> NDArray[np.intp]:
    """Return the nodes in the order of a Z-curve over the middle of a link at each."""
    if not n:
        return np.zeros(0, dtype=np.intp)
    box = shapely.bounds(lines)
    middle = np.stack([box[:, 0] + box[:, 2], box[:, 1] + box[:, 3]], axis=1)
    at = np.zeros((n, 2))
    at[ends[0]] = middle
    at[ends[1]] = middle
    span = np.maximum(np.nanmax(at, axis=0) - np.nanmin(at, axis=0), 1e-9)
    cell = np.nan_to_num((at - np.nanmin(at, axis=0)) / span * 65535).astype(np.uint64)
    code = np.zeros(n, dtype=np.uint64)
    for bit in range(16):
        for axis in (0, 1):
            code |= ((cell[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return np.argsort(code, kind="stable")
