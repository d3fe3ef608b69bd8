"""Buildings that two sources both hold: one of the two is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

SHARE = 0.5
"""A building of which more than this share is covered by buildings of another source is the same one."""

_TRUST = {"measured": 3, "height": 2, "levels": 1}


def doubles(own: gpd.GeoDataFrame, more: gpd.GeoDataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find buildings that stand twice and say which rows to drop.

    Of the two, the one whose height is better known stays (measured, stated, from floors, assumed); of equals
    the one that is there. Buildings go and stay with all their parts.

    Parameters
    ----------
    own, more : GeoDataFrame
        Tables of buildings, of the project and of the addition.

    Returns
    -------
    array, shape (n,), array, shape (m,)
        Rows of ``own`` and of ``more`` to drop.
    """
    mine, yours = own.geometry.to_numpy(), more.geometry.to_numpy()
    left, right = shapely.STRtree(mine).query(yours, predicate="intersects")[::-1]
    drop_own, drop_more = np.zeros(len(own), dtype=bool), np.zeros(len(more), dtype=bool)
    if not len(left):
        return drop_own, drop_more
    shared = shapely.area(shapely.intersection(mine[left], yours[right]))
    own_family, more_family = families(own), families(more)
    covered_own, area_own = _per_family(own_family, left, shared, mine)
    covered_more, area_more = _per_family(more_family, right, shared, yours)
    trust_own, trust_more = _trust(own, own_family), _trust(more, more_family)
    a, b = own_family[left], more_family[right]
    touch = shared > 0
    better = touch & (trust_more[b] > trust_own[a]) & (covered_own[a] > SHARE * area_own[a])
    worse = touch & (trust_more[b] <= trust_own[a]) & (covered_more[b] > SHARE * area_more[b])
    drop_own[np.isin(own_family, a[better])] = True
    drop_more[np.isin(more_family, b[worse])] = True
    return drop_own, drop_more


def families(table: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return a number for each row that rows of one building share, shape (n,)."""
    root = np.where(table["parent"] == "", table["id"], table["parent"])
    return np.asarray(np.unique(root.astype(str), return_inverse=True)[1], dtype=np.int64)


def _per_family(
    family: NDArray[np.int64], rows: NDArray[np.int64], shared: NDArray[np.float64], outlines: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = int(family.max()) + 1
    covered: NDArray[np.float64] = np.bincount(family[rows], weights=shared, minlength=n).astype(np.float64)
    return covered, np.bincount(family, weights=shapely.area(outlines), minlength=n).astype(np.float64)


def _trust(table: gpd.GeoDataFrame, family: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how well the height of each family is known: that of its best row."""
    rank = table["height_source"].map(_TRUST).fillna(0).to_numpy(dtype=np.int64)
    best = np.zeros(int(family.max()) + 1, dtype=np.int64)
    np.maximum.at(best, family, rank)
    return best
