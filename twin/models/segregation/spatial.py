"""Two groups, outlines and places: dissimilarity that sees neighbours, concentration on land, centralisation.

Numbers in brackets are the equations of D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281. These measures
know where units lie as the crow flies, not how one walks: a bridge cannot move them, housing can.

In all functions ``group`` and ``total`` are arrays of shape (n,) [persons] and ``units`` are n outlines in the same
order, in metres. Units with a missing count are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.models.segregation.counts import nan
from twin.models.segregation.evenness import dissimilarity
from twin.models.segregation.shapes import known, neighbours, shared_borders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from twin.models.segregation.shapes import Shapes

    Floats = NDArray[np.float64]

Centre = Literal["mean", "median", "weighted", "largest"]


def spatial_dissimilarity(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return D less the mean gap of shares between units that touch (Morrill's D(adj)).

    ``D - Σ_ij |p_i - p_j| c_ij / Σ_ij c_ij``, c = 1 where two inhabited units share a corner. Range about 0 to 1, below
    0 for a chequerboard.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float
        nan where no two units touch.

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    R. L. Morrill, 1991, Geography Research Forum 11, 25–36.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> rows = shapes([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    >>> spatial_dissimilarity([10, 10, 0], [10, 10, 10], rows)
    0.5
    """
    x, t, units = known(group, total, units, inhabited=True)
    return dissimilarity(x, t) - _gap(x / t, neighbours(units))


def boundary_dissimilarity(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return D less the gap of shares between units that touch, by length of border (Wong's D(w)).

    ``D - Σ_ij |p_i - p_j| w_ij / Σ_ij w_ij``, ``w_ij = b_ij / Σ_j b_ij`` the part of a unit's shared border [m] that is
    with j, so that every unit with neighbours counts alike. Range as :func:`spatial_dissimilarity`.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float
        nan where no two units share a border.

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. W. S. Wong, 1993, doi:10.1080/00420989320080551.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> rows = shapes([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    >>> boundary_dissimilarity([10, 10, 0], [10, 10, 10], rows)
    0.5
    """
    x, t, units = known(group, total, units, inhabited=True)
    borders = shared_borders(units)
    whole = np.asarray(borders.sum(axis=1))
    part = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
    return dissimilarity(x, t) - _gap(x / t, borders.multiply(part[:, None]))


def _gap(p: Floats, weights: csr_array) -> float:
    w = weights.tocoo()
    total = w.data.sum()
    return float((np.abs(p[w.row] - p[w.col]) * w.data).sum() / total) if total > 0 else nan()


def perimeter_dissimilarity(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return D less the gap across borders, weighed by how compact the two units are (Wong's D(s)).

    ``D - Σ_ij |p_i - p_j| (b_ij / Σb) (P_i/A_i + P_j/A_j) / (2 max P/A)``, P perimeter, A area. Range as
    :func:`spatial_dissimilarity`.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float
        nan where no two units share a border.

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. W. S. Wong, 1993, doi:10.1080/00420989320080551.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> rows = shapes([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    >>> perimeter_dissimilarity([10, 10, 0], [10, 10, 10], rows)
    0.5
    """
    x, t, units = known(group, total, units, inhabited=True)
    w = shared_borders(units).tocoo()
    if not w.data.sum() > 0:
        return nan()
    ratio, p = units.perimeter / units.area, x / t
    cut = (np.abs(p[w.row] - p[w.col]) * w.data / w.data.sum() * (ratio[w.row] + ratio[w.col])).sum()
    return float(dissimilarity(x, t) - cut / (2 * ratio.max()))


def delta(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return DEL, the part of the group that would have to move to live equally densely everywhere (10).

    ``DEL = 1/2 Σ |x_i/X - a_i/A|``. Range 0 to 1. It reacts to how much land (and water) an outline takes in, and in
    degrees it is another value than in metres.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    O. D. Duncan, R. P. Cuzzort, B. Duncan, Statistical Geography, 1961.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> delta([10, 10], [20, 10], shapes([shapely.box(0, 0, 3, 1), shapely.box(3, 0, 4, 1)]))
    0.25
    """
    x, _, units = known(group, total, units)
    if not (x.sum() > 0 and units.area.sum() > 0):
        return nan()
    return float(0.5 * np.abs(x / x.sum() - units.area / units.area.sum()).sum())


def absolute_concentration(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return ACO, the land the group lives on, between the least and the most it could take (11).

    With units in order of area, n1 the first that together hold as many persons as the group, n2 the last:
    ``ACO = 1 - (Σ x_i a_i/X - Σ_{i<=n1} t_i a_i/T1) / (Σ_{i>=n2} t_i a_i/T2 - Σ_{i<=n1} t_i a_i/T1)``. Range 0 to 1;
    nan where all units are of one size, such as grid cells.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> absolute_concentration([10, 0], [10, 10], shapes([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]))
    1.0
    """
    x, t, units = known(group, total, units)
    ends = _land(x, t, units.area)
    if ends is None:
        return nan()
    order, least, most = ends
    own = (x[order] * units.area[order] / x.sum()).sum()
    return float(1 - (own - least) / (most - least)) if most > least else nan()


def relative_concentration(group: ArrayLike, total: ArrayLike, units: Shapes) -> float:
    """Return RCO, how much less land the group takes than the rest, over the most it could (12).

    ``RCO = ((Σ x_i a_i/X) / (Σ y_i a_i/Y) - 1) / ((Σ_{i<=n1} t_i a_i/T1) / (Σ_{i>=n2} t_i a_i/T2) - 1)``. Range about
    -1 (the rest is concentrated) to 1; nan where all units are of one size.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> relative_concentration([10, 0], [10, 10], shapes([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 3, 1)]))
    1.0
    """
    x, t, units = known(group, total, units)
    ends = _land(x, t, units.area)
    y = t - x
    if ends is None or y.sum() <= 0:
        return nan()
    order, least, most = ends
    a = units.area[order]
    own, others = (x[order] * a).sum() / x.sum(), (y[order] * a).sum() / y.sum()
    return float((own / others - 1) / (least / most - 1)) if most > least else nan()


def _land(x: Floats, t: Floats, area: Floats) -> tuple[NDArray[np.intp], float, float] | None:
    """Return units by area, and the mean area of persons in the smallest and the largest that hold the group."""
    if not (x.sum() > 0 and area.sum() > 0):
        return None
    part = x.sum() / t.sum()
    order, falling = np.argsort(area), np.argsort(-area)
    first = int(np.argmax(~(np.cumsum(t[order]) / t.sum() < part))) + 1
    last = len(t) - (int(np.argmax(~(np.cumsum(t[falling]) / t.sum() < part))) + 1)
    t, area = t[order], area[order]
    least, most = t[:first] @ area[:first] / t[:first].sum(), t[last:] @ area[last:] / t[last:].sum()
    return order, float(least), float(most)


def relative_centralisation(
    group: ArrayLike, total: ArrayLike, units: Shapes, centre: Centre | Sequence[float] = "mean"
) -> float:
    """Return RCE, how much closer to the centre the group lives than the rest (14).

    ``RCE = Σ X_{i-1} Y_i - Σ X_i Y_{i-1}`` of cumulated parts, units in order of distance from the centre. Range -1 to
    1, the part of the group that would have to change places to live as far out as the rest.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines
    centre : "mean", "median", "weighted", "largest" or (x, y) [m]
        Of the units' middles; weighted by persons; the unit with most persons; or a place.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> rows = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> relative_centralisation([10, 0], [10, 10], rows, (0, 0))
    1.0
    """
    x, t, units = known(group, total, units)
    y = t - x
    if x.sum() <= 0 or y.sum() <= 0:
        return nan()
    return _curves(x, y, _outwards(units, t, centre))


def absolute_centralisation(
    group: ArrayLike, total: ArrayLike, units: Shapes, centre: Centre | Sequence[float] = "mean"
) -> float:
    """Return ACE, how much closer to the centre the group lives than the land lies (15).

    ``ACE = Σ X_{i-1} A_i - Σ X_i A_{i-1}`` of cumulated parts, units in order of distance from the centre. Range -1 to
    1. In degrees it is another value than in metres.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes, n outlines
    centre : "mean", "median", "weighted", "largest" or (x, y) [m]
        As in :func:`relative_centralisation`.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    References
    ----------
    D. S. Massey and N. A. Denton, 1988, doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> from twin.models.segregation.shapes import shapes
    >>> rows = shapes([shapely.box(x, 0, x + 1, 1) for x in range(2)])
    >>> absolute_centralisation([10, 0], [10, 10], rows, (0, 0))
    0.5
    """
    x, t, units = known(group, total, units)
    if x.sum() <= 0 or not units.area.sum() > 0:
        return nan()
    return _curves(x, units.area, _outwards(units, t, centre))


def _outwards(units: Shapes, t: Floats, centre: Centre | Sequence[float]) -> NDArray[np.intp]:
    at = units.middle
    if not isinstance(centre, str):
        middle = np.asarray(centre, dtype=float)
    elif centre == "mean":
        middle = at.mean(axis=0)
    elif centre == "median":
        middle = np.median(at, axis=0)
    elif centre == "weighted":
        middle = np.average(at, axis=0, weights=t)
    else:
        middle = at[t == t.max()].mean(axis=0)
    return np.argsort(np.sqrt(((at - middle) ** 2).sum(axis=1)))


def _curves(a: Floats, b: Floats, order: NDArray[np.intp]) -> float:
    up, across = np.cumsum(a[order]) / a.sum(), np.cumsum(b[order]) / b.sum()
    return float((up[:-1] * across[1:]).sum() - (up[1:] * across[:-1]).sum())
