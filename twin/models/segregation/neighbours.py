"""Individual neighbourhoods: who the nearest k persons are, around every unit; and profiles over k.

The neighbourhood grows from each place until it holds k persons, so that it means the same in a dense and in a sparse
part of the city, and owes nothing to how districts are drawn (but to the size of the units, below which nothing is
known: see ``coarse``). Straight-line neighbourhoods react to housing; only walked ones (:mod:`.walking`) to a bridge.

J. Östh, W. A. V. Clark, B. Malmberg, 2015, doi:10.1111/gean.12053; E. K. Andersson et al., 2018,
doi:10.1007/s10680-018-9481-5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.models.segregation import kernels
from twin.models.segregation.cells import cells, known_places, shared_out
from twin.models.segregation.counts import entropy_of, matrix
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

KS = (200, 1600, 12800, 51200)
"""Persons in a neighbourhood: a courtyard, a neighbourhood, a district, a part of the city."""
PERCENTILES = (10, 25, 50, 75, 90)


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Who lives nearest to each unit.

    Attributes
    ----------
    ks : tuple of int [persons]
    persons : array, shape (n, k, g) [persons]
        Of each group among the nearest k, which sum to k; nan where the area holds fewer.
    radius : array, shape (n, k) [m]
        Distance of the last of them.
    coarse : array of bool, shape (n, k)
        Whether the unit itself holds more than k persons: then the answer only repeats the unit's own mix, and maps
        show it greyed.
    """

    ks: tuple[int, ...]
    persons: Floats
    radius: Floats
    coarse: NDArray[np.bool_]

    @property
    def shares(self) -> Floats:
        """Share of each group among the nearest k, shape (n, k, g) [0–1]."""
        return np.asarray(self.persons / self.persons.sum(axis=2, keepdims=True))


def nearest(at: ArrayLike, counts: ArrayLike, ks: Sequence[int] = KS, job: Job | None = None) -> Neighbourhoods:
    """Return the nearest k persons around each unit, as the crow flies.

    ``c_i(k)`` is exact: units as far as each other make one ring, and of the last ring the part needed to make k is
    taken from all its units alike, so that the answer does not depend on the order of rows. A unit's own persons are
    at distance 0, all persons of a unit in its middle.

    Parameters
    ----------
    at : array, shape (n, 2) [m]
        Middles of the units.
    counts : array, shape (n, g) [persons]
        Groups that do not overlap; a unit with a missing count holds nobody known.
    ks : sequence of int [persons]
    job : Job, optional

    Returns
    -------
    Neighbourhoods

    Raises
    ------
    BadInput
        A count is negative, a place is missing, or a k is not positive.

    References
    ----------
    J. Östh, W. A. V. Clark, B. Malmberg, 2015, doi:10.1111/gean.12053.

    Examples
    --------
    >>> nearest([[0, 0], [100, 0], [300, 0]], [[4, 0], [0, 4], [0, 8]], ks=[6]).shares[0].round(3)
    array([[0.667, 0.333]])
    """
    order = checked_ks(ks)
    place, c = known_places(at, counts)
    n = len(place)
    persons, radius = empty(n, len(order), c.shape[1])
    if n:
        units = cells(place, c)
        sums, wanted, people = units.sums(), np.array(order, dtype=np.float64), units.persons
        from_x, from_y = np.ascontiguousarray(place[:, 0]), np.ascontiguousarray(place[:, 1])

        def work(first: int, last: int) -> None:
            kernels.nearest(
                units.x, units.y, units.counts, people, units.start, sums, units.columns, units.rows,
                units.west, units.south, units.size, from_x, from_y, wanted, persons, radius, first, last,
            )  # fmt: skip

        shared_out(work, n, job, N_("Nearest persons"))
    return Neighbourhoods(order, persons, radius, too_coarse(c, order))


def checked_ks(ks: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes in ascending order, or raise BadInput for one that is none."""
    for k in ks:
        if not (k == int(k) and k > 0):
            raise BadInput("k is {k}; a positive number of persons was expected", k=k)
    if not ks:
        raise BadInput("there is no k; a number of persons was expected")
    return tuple(sorted({int(k) for k in ks}))


def empty(n: int, k: int, g: int) -> tuple[Floats, Floats]:
    """Return arrays (n, k, g) and (n, k) of nan, to be filled."""
    return np.full((n, k, g), np.nan), np.full((n, k), np.nan)


def too_coarse(counts: ArrayLike, ks: Sequence[int]) -> NDArray[np.bool_]:
    """Return where a unit itself holds more than k persons, shape (n, k).

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    ks : sequence of int

    Examples
    --------
    >>> too_coarse([[150, 100], [10, 5]], [200, 1600])
    array([[ True, False],
           [False, False]])
    """
    t = np.nan_to_num(matrix(counts).sum(axis=1))
    return np.asarray(t[:, None] > np.asarray(ks))


@dataclass(frozen=True)
class ProfilePoint:
    """What one group's neighbourhoods of one size come to.

    Attributes
    ----------
    k : int [persons]
    dissimilarity, isolation, entropy : float [0–1]
        D(k), P*(k), H(k): as D, xPx and H, with each person's neighbourhood in place of the unit.
    percentiles : tuple of float [0–1]
        Of the share among the nearest k, over all persons, at ``PERCENTILES``.
    radius : float [m]
        Median over persons.
    coarse : float [0–1]
        Part of the persons in units that hold more than k themselves.
    usable : bool
        Whether that is at most half; otherwise the point is to be greyed, not read.
    answered : float [0–1]
        Part of the persons around whom the area holds k.
    """

    k: int
    dissimilarity: float
    isolation: float
    entropy: float
    percentiles: tuple[float, ...]
    radius: float
    coarse: float
    usable: bool
    answered: float


def profile(found: Neighbourhoods, counts: ArrayLike, group: int = 0) -> tuple[ProfilePoint, ...]:
    """Return how segregated one group is at each size of neighbourhood.

    ``D(k) = Σ t_i |c_i(k) - P| / (2 T P (1 - P))``, ``P*(k) = Σ (x_i/X) c_i(k)``,
    ``H(k) = 1 - Σ t_i E(c_i(k)) / (T E(P))``, over the persons around whom the area holds k. All fall with k, the
    faster the more local the pattern is.

    Parameters
    ----------
    found : Neighbourhoods
        Of the same units.
    counts : array, shape (n, g) [persons]
    group : int
        Column of the group.

    Returns
    -------
    tuple of ProfilePoint
        One per k; values are nan where the area holds k persons nowhere.

    References
    ----------
    J. Östh, W. A. V. Clark, B. Malmberg, 2015, doi:10.1111/gean.12053; S. F. Reardon and D. O'Sullivan, 2004,
    doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> counts = [[4, 0], [0, 4]]
    >>> [round(p.dissimilarity, 3) for p in profile(nearest([[0, 0], [9, 0]], counts, [4, 8]), counts)]
    [1.0, 0.0]
    """
    c = matrix(counts)
    t = np.nan_to_num(c.sum(axis=1))
    x = np.where(t > 0, c[:, group], 0.0)
    points = []
    for j, k in enumerate(found.ks):
        share = found.persons[:, j, group] / k
        known = np.isfinite(share) & (t > 0)
        coarse = float(t[found.coarse[:, j]].sum() / t.sum()) if t.sum() > 0 else float("nan")
        points.append(
            ProfilePoint(
                k, *_values(share[known], x[known], t[known]),
                percentiles=weighted_percentiles(share[known], t[known], PERCENTILES),
                radius=weighted_percentiles(found.radius[known, j], t[known], (50,))[0],
                coarse=coarse, usable=coarse <= 0.5,
                answered=float(t[known].sum() / t.sum()) if t.sum() > 0 else float("nan"),
            )
        )  # fmt: skip
    return tuple(points)


def _values(share: Floats, x: Floats, t: Floats) -> tuple[float, float, float]:
    if not (len(x) and 0 < x.sum() < t.sum()):
        return float("nan"), float("nan"), float("nan")
    p = x.sum() / t.sum()
    d = (t * np.abs(share - p)).sum() / (2 * t.sum() * p * (1 - p))
    h = 1 - (t * entropy_of(np.clip(share, 0, 1))).sum() / (t.sum() * float(entropy_of(p)))
    return float(d), float((x * share).sum() / x.sum()), float(h)


def weighted_percentiles(values: Floats, weights: Floats, at: Sequence[float]) -> tuple[float, ...]:
    """Return the value below or at which the given percentages of all weight lie.

    Parameters
    ----------
    values, weights : array, shape (n,)
    at : sequence of float [%]

    Examples
    --------
    >>> weighted_percentiles(np.array([1.0, 5.0]), np.array([9.0, 1.0]), (50, 95))
    (1.0, 5.0)
    """
    if not len(values) or not weights.sum() > 0:
        return tuple(float("nan") for _ in at)
    order = np.argsort(values)
    upto = np.cumsum(weights[order])
    place = np.searchsorted(upto, np.asarray(at) / 100 * upto[-1] * (1 - 1e-12), side="left")
    return tuple(float(v) for v in values[order][np.minimum(place, len(values) - 1)])


def percentile_ranks(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Return which part of all weight has a lower value (half of those alike) [0–100], for percentile maps.

    Parameters
    ----------
    values : array, shape (n,)
        nan stays nan.
    weights : array, shape (n,) [persons]

    Returns
    -------
    array, shape (n,) [%]

    Examples
    --------
    >>> percentile_ranks([0.2, 0.5], [1, 3])
    array([12.5, 62.5])
    """
    v, w = np.asarray(values, dtype=float), np.nan_to_num(np.asarray(weights, dtype=float))
    out = np.full(len(v), np.nan)
    known = np.isfinite(v)
    if w[known].sum() > 0:
        _, rank = np.unique(v[known], return_inverse=True)
        mass = np.bincount(rank, weights=w[known])
        out[known] = 100 * ((np.cumsum(mass) - 0.5 * mass) / mass.sum())[rank]
    return out
