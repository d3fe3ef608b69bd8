"""What spatial measures need of the units' outlines: area, perimeter, middle, who touches whom and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from scipy.sparse import coo_array

from twin.errors import BadInput
from twin.models.segregation.counts import column, pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Outlines of units in one planar system.

    Attributes
    ----------
    geometries : array of object, shape (n,)
        Polygons, multipolygons or points.
    area, perimeter : array, shape (n,) [m²], [m]
        0 for points.
    middle : array, shape (n, 2) [m]
        Centroids.
    """

    geometries: NDArray[np.object_]
    area: Floats
    perimeter: Floats
    middle: Floats

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.geometries)

    def where(self, keep: NDArray[np.bool_]) -> Shapes:
        """Return some of the units."""
        return Shapes(self.geometries[keep], self.area[keep], self.perimeter[keep], self.middle[keep])

    @property
    def areal(self) -> bool:
        """Whether units have outlines, and not only places."""
        return bool(len(self.area) and (self.area > 0).all())


def shapes(geometries: Any) -> Shapes:
    """Return the measures of outlines.

    Parameters
    ----------
    geometries : array of shapely geometries, shape (n,)

    Returns
    -------
    Shapes

    Raises
    ------
    BadInput
        A unit has no outline; the row is named.

    Examples
    --------
    >>> shapes([shapely.box(0, 0, 2, 1)]).perimeter
    array([6.])
    """
    made: Any = np.asarray(geometries, dtype=object)
    bad = shapely.is_missing(made) | shapely.is_empty(made)
    if bad.any():
        raise BadInput("row {row}: the unit has no outline", row=int(np.argmax(bad)) + 1)
    middle = shapely.get_coordinates(shapely.centroid(made))
    return Shapes(made, shapely.area(made), shapely.length(made), middle)


def known(group: ArrayLike, total: ArrayLike, units: Shapes, inhabited: bool = False) -> tuple[Floats, Floats, Shapes]:
    """Return group, total and outlines of the units whose counts are known (and in which somebody lives)."""
    x, t = column(group), column(total)
    if len(x) != len(units):
        raise BadInput("there are {a} counts for {b} units; as many were expected", a=len(x), b=len(units))
    pair(x, t)
    keep = (t > 0) & ~np.isnan(x) if inhabited else ~(np.isnan(x) | np.isnan(t))
    return np.minimum(x[keep], t[keep]), t[keep], units.where(keep)


def neighbours(units: Shapes, contact: Literal["point", "edge"] = "point") -> csr_array:
    """Return who touches whom: 1 where two outlines share a corner (or a whole edge), without oneself.

    Outlines must be drawn with the same corners on both sides, as statistical areas and grids are; a corner of one in
    the middle of another's edge is no contact.

    Parameters
    ----------
    units : Shapes
    contact : "point" (queen) or "edge" (rook)

    Returns
    -------
    sparse array, shape (n, n)

    Examples
    --------
    >>> squares = shapes([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    >>> neighbours(squares).toarray().astype(int)
    array([[0, 1, 0],
           [1, 0, 1],
           [0, 1, 0]])
    """
    if contact == "point":
        at, owner = shapely.get_coordinates(units.geometries, return_index=True)
        met = _incidence(at, owner, len(units))
    else:
        ends, owner, _ = _edges(units)
        met = _incidence(ends, owner, len(units))
    touching = (met @ met.T).tocoo()
    apart = touching.row != touching.col
    row, col = touching.row[apart], touching.col[apart]
    return coo_array((np.ones(len(row)), (row, col)), shape=(len(units), len(units))).tocsr()


def shared_borders(units: Shapes) -> csr_array:
    """Return the length of border that two units share [m], 0 with oneself; edges as :func:`neighbours` takes them.

    Parameters
    ----------
    units : Shapes

    Returns
    -------
    sparse array, shape (n, n) [m]

    Examples
    --------
    >>> shared_borders(shapes([shapely.box(x, 0, x + 1, 3) for x in range(2)])).toarray()
    array([[0., 3.],
           [3., 0.]])
    """
    ends, owner, length = _edges(units)
    met = _incidence(ends, owner, len(units))
    long = _incidence(ends, owner, len(units), length)
    shared = (long @ met.T).tocoo()
    apart = shared.row != shared.col
    return coo_array(
        (shared.data[apart], (shared.row[apart], shared.col[apart])), shape=(len(units), len(units))
    ).tocsr()


def _edges(units: Shapes) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Return the ends of all edges (m, 4), lesser end first, whose they are, and their lengths."""
    parts, whose = shapely.get_parts(units.geometries, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    at, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    a, b = at[:-1][inside], at[1:][inside]
    turn = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    first, last = np.where(turn[:, None], b, a), np.where(turn[:, None], a, b)
    length = np.hypot(*(last - first).T)
    drawn = length > 0
    owner = whose[ring_of[ring[:-1][inside]]]
    return np.hstack([first, last])[drawn], owner[drawn], length[drawn]


def _incidence(things: Floats, owner: NDArray[np.intp], n: int, value: Floats | None = None) -> csr_array:
    """Return which of n units has which of the distinct things, once each."""
    order = np.lexsort(things.T[::-1])
    new = np.ones(len(things), dtype=bool)
    new[1:] = (np.diff(things[order], axis=0) != 0).any(axis=1)
    name = np.empty(len(things), dtype=np.int64)
    name[order] = np.cumsum(new) - 1
    pairs, first = np.unique(np.stack([owner, name]), axis=1, return_index=True)
    data = np.ones(len(first)) if value is None else value[first]
    return coo_array((data, (pairs[0], pairs[1])), shape=(n, int(name.max(initial=-1)) + 1)).tocsr()
