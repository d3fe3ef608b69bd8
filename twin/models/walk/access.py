"""Where houses, places and green areas meet the walk network: the nearest link, not the nearest node.

Snapping to nodes gives false access where links are long (pandana is known for it); a place on a link is reached from
both its ends. Nothing opens onto a bridge: a house under it does not, and a new bridge makes
nobody's way longer.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.models.walk.network import Network

TIE = 1e-6
"""Points this much further than the nearest count as equally near [m]; see :func:`feet` for which is taken."""
BLOCK = 4096
"""Things a thread looks at in one go."""
_STAGES = (15.0, 60.0)


@dataclass(frozen=True, eq=False)
class Access:
    """Where things meet the network.

    Attributes
    ----------
    link : array of int64, shape (n,)
        Number of the link, -1 where none is near enough.
    at : array, shape (n,) [m]
        Metres along it as walked, from its first node.
    off : array, shape (n,) [m]
        Metres from the thing's outline to the link; inf where none is near enough.
    """

    link: NDArray[np.int64]
    at: NDArray[np.float64]
    off: NDArray[np.float64]

    def taken(self, rows: NDArray[np.intp], other: Access) -> Access:
        """Return it with some rows exchanged for those of another."""
        link, at, off = self.link.copy(), self.at.copy(), self.off.copy()
        link[rows], at[rows], off[rows] = other.link, other.at, other.off
        return Access(link, at, off)

    def mapped(self, rows: NDArray[np.intp]) -> Access:
        """Return it in another order; rows of -1 have no access yet."""
        known = rows >= 0
        made = nothing(len(rows))
        made.link[known], made.at[known], made.off[known] = (
            self.link[rows[known]],
            self.at[rows[known]],
            self.off[rows[known]],
        )
        return made


def nothing(n: int) -> Access:
    """Return the access of things that meet nothing."""
    return Access(np.full(n, -1, dtype=np.int64), np.zeros(n), np.full(n, np.inf))


def nearest(network: Network, shapes: NDArray[np.object_], limit: float) -> Access:
    """Return where each shape meets its nearest open link within ``limit`` [m].

    It depends on the shape and the links alone, not on their order or on where a street is cut into links: of points
    that are equally near it takes the one nearest to the middle of the shape.
    """
    if not len(shapes) or not len(network.ids):
        return nothing(len(shapes))
    if len(shapes) <= BLOCK:
        return _nearest(network, shapes, limit)
    network.tree.query(shapes[0])  # GEOS builds its tree at the first question, which only one may ask
    parts = [shapes[first : first + BLOCK] for first in range(0, len(shapes), BLOCK)]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 16)) as pool:
        found = list(pool.map(lambda part: _nearest(network, part, limit), parts))
    return Access(
        np.concatenate([one.link for one in found]),
        np.concatenate([one.at for one in found]),
        np.concatenate([one.off for one in found]),
    )


def _nearest(network: Network, shapes: NDArray[np.object_], limit: float) -> Access:
    pairs = _candidates_at_once(network, shapes, limit)
    if pairs is None:
        pairs = _candidates_in_stages(network, shapes, limit)
    return _best(network, shapes, *pairs, limit)


def disturbed(access: Access, shapes: shapely.STRtree, lines: Any, limit: float) -> NDArray[np.intp]:
    """Return the things whose nearest link may be another now that some lines came or went.

    Parameters
    ----------
    access : Access
        As it was.
    shapes : STRtree
        Of the things' shapes, in the order of ``access``.
    lines : array of LineString
        Those that came or went.
    limit : float [m]
    """
    if not len(lines) or not len(access.link):
        return np.zeros(0, dtype=np.intp)
    line, thing = shapes.query(lines, predicate="dwithin", distance=limit + 2 * TIE)
    apart = shapely.distance(shapes.geometries[thing], lines[line])
    return np.unique(thing[apart <= access.off[thing] + 2 * TIE])


def _candidates_at_once(network: Network, shapes: Any, limit: float) -> tuple[Any, Any] | None:
    """Return pairs (shape, link) with all nearest links among them; None when the tree lacks or holds too much."""
    if not network.whole():
        return None
    (thing, _), apart = network.tree.query_nearest(shapes, max_distance=limit, return_distance=True, all_matches=False)
    reach = np.zeros(len(shapes))
    reach[thing] = apart + 2 * TIE
    at, link = network.tree.query(shapes[thing], predicate="dwithin", distance=reach[thing])
    return thing[at], network.tree_rows[link]


def _candidates_in_stages(network: Network, shapes: Any, limit: float) -> tuple[Any, Any]:
    things, links = [], []
    left = np.arange(len(shapes))
    more = np.arange(network.in_tree, len(network.ids))
    more = more[network.open[more]]
    for reach in (*(stage for stage in _STAGES if stage < limit), limit):
        at, link = network.tree.query(shapes[left], predicate="dwithin", distance=reach + 2 * TIE)
        link = network.tree_rows[link]
        keep = network.open[link]
        at, link = at[keep], link[keep]
        if len(more):
            apart = shapely.distance(shapes[left][:, None], network.lines[more][None, :])
            a, b = np.nonzero(apart <= reach + 2 * TIE)
            at, link = np.concatenate([at, a]), np.concatenate([link, more[b]])
        apart = shapely.distance(shapes[left][at], network.lines[link])
        sure = np.unique(at[apart <= reach]) if reach < limit else np.unique(at)
        keep = np.isin(at, sure)
        things.append(left[at[keep]])
        links.append(link[keep])
        left = np.delete(left, sure)
        if not len(left):
            break
    return np.concatenate(things), np.concatenate(links)


def _best(network: Network, shapes: Any, thing: Any, link: Any, limit: float) -> Access:
    made = nothing(len(shapes))
    if not len(thing):
        return made
    apart = shapely.distance(shapes[thing], network.lines[link])
    least = np.full(len(shapes), np.inf)
    np.minimum.at(least, thing, apart)
    keep = (apart <= least[thing] + TIE) & (least[thing] <= limit)
    thing, link, apart = thing[keep], link[keep], apart[keep]
    foot = feet(network.lines[link], shapes[thing], apart)
    inward = np.round(shapely.distance(foot, shapely.centroid(shapes[thing])), 5)
    _, names = np.unique(network.ids[link].astype(str), return_inverse=True)
    order = np.lexsort((names, inward, thing))
    thing, link, apart, foot = thing[order], link[order], apart[order], foot[order]
    first = np.flatnonzero(np.diff(thing, prepend=-1))
    thing, link = thing[first], link[first]
    made.link[thing] = link
    made.at[thing] = walked(network, link, foot[first])
    made.off[thing] = apart[first]
    return made


def feet(lines: Any, shapes: Any, apart: NDArray[np.float64]) -> Any:
    """Return the point of each line where a shape meets it: of its nearest points the one nearest to its middle.

    A house that a link runs through, or whose wall runs along it, has many nearest points. Taken by chance, another
    one would be taken when a new link cuts the old one in two, and somebody's way would become longer by it.

    Parameters
    ----------
    lines, shapes : array of geometry, shape (n,)
    apart : array, shape (n,) [m]
        Distance of each pair.
    """
    middle = shapely.centroid(shapes)
    foot = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, middle))
    left = np.flatnonzero(shapely.distance(foot, shapes) > apart + TIE)
    if not len(left):
        return foot
    lines, shapes, apart, middle = lines[left], shapes[left], apart[left], middle[left]
    foot[left] = one = shapely.get_point(shapely.shortest_line(lines, shapes), 0)
    other = shapely.get_point(shapely.shortest_line(shapely.reverse(lines), shapes), 0)
    many = np.flatnonzero((apart <= TIE) | (shapely.distance(one, other) > TIE))
    near = shapely.intersection(lines[many], shapely.buffer(shapes[many], apart[many] + TIE))
    some = ~shapely.is_empty(near)
    many, near = many[some], near[some]
    foot[left[many]] = shapely.get_point(shapely.shortest_line(near, middle[many]), 0)
    return foot


def walked(network: Network, link: Any, foot: Any) -> NDArray[np.float64]:
    """Return the walked metres from a link's first node to a point on it."""
    part = shapely.line_locate_point(network.lines[link], foot) / network.size[link]
    return np.asarray(np.clip(part, 0.0, 1.0) * network.w[link])


def along(network: Network, link: Any, shapes: Any, apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the walked metres from a link's first node to where a shape meets it."""
    return walked(network, link, feet(network.lines[link], shapes, apart))


@dataclass(frozen=True, eq=False)
class Doors:
    """Ways into areas: the area each leads to, its link, metres along it and beside it; sorted by all of these."""

    area: NDArray[np.int64]
    link: NDArray[np.int64]
    at: NDArray[np.float64]
    off: NDArray[np.float64]

    def where(self, mask: NDArray[np.bool_]) -> Doors:
        """Return some of the doors."""
        return Doors(self.area[mask], self.link[mask], self.at[mask], self.off[mask])


def doors(network: Network, areas: NDArray[np.object_], gap: float, limit: float) -> Doors:
    """Return where the network leads into areas.

    A link that runs inside leads in where it crosses the edge; one that passes within ``gap`` [m] at its nearest
    point. An area that no link comes that near to is reached from its nearest link within ``limit`` [m].
    """
    found: list[tuple[Any, Any, Any, Any]] = []
    if len(areas) and len(network.ids):
        found = _near_doors(network, areas, gap)
        reached = np.unique(np.concatenate([part[0] for part in found]))
        far = np.setdiff1d(np.arange(len(areas)), reached)
        lone = nearest(network, areas[far], limit)
        has = lone.link >= 0
        found.append((far[has], lone.link[has], lone.at[has], lone.off[has]))
    if not found:
        none, nowhere = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Doors(none, none, nowhere, nowhere)
    area, link, at, off = (np.concatenate([part[i] for part in found]) for i in range(4))
    return _sorted(area.astype(np.int64), link.astype(np.int64), at, off)


def joined(a: Doors, b: Doors) -> Doors:
    """Return the doors of both."""
    pairs = ((a.area, b.area), (a.link, b.link), (a.at, b.at), (a.off, b.off))
    area, link, at, off = (np.concatenate(pair) for pair in pairs)
    return _sorted(area, link, at, off)


def _sorted(area: Any, link: Any, at: Any, off: Any) -> Doors:
    order = np.lexsort((off, at, area, link))
    return Doors(area[order], link[order], at[order], off[order])


def _near_doors(network: Network, areas: Any, gap: float) -> list[tuple[Any, Any, Any, Any]]:
    area, link = network.tree.query(areas, predicate="dwithin", distance=gap)
    link = network.tree_rows[link]
    more = np.arange(network.in_tree, len(network.ids))
    if len(more):
        a, b = np.nonzero(shapely.distance(areas[:, None], network.lines[more][None, :]) <= gap)
        area, link = np.concatenate([area, a]), np.concatenate([link, more[b]])
    keep = network.open[link]
    area, link = area[keep], link[keep]
    apart = shapely.distance(areas[area], network.lines[link])
    inside = apart == 0
    beside = ~inside
    found = [
        (area[beside], link[beside], along(network, link[beside], areas[area[beside]], apart[beside]), apart[beside])
    ]
    area, link = area[inside], link[inside]
    part = shapely.intersection(network.lines[link], areas[area])
    at, owner = shapely.get_coordinates(part, return_index=True)
    place = shapely.line_locate_point(network.lines[link[owner]], shapely.points(at)) if len(at) else np.zeros(0)
    for extreme, begin in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        end = np.full(len(link), begin)
        extreme.at(end, owner, place)
        walked = np.clip(end / network.size[link], 0.0, 1.0) * network.w[link]
        has = np.isfinite(walked)
        found.append((area[has], link[has], walked[has], np.zeros(int(has.sum()))))
    return found
