"""Street counts, and how well modelled traffic meets them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.links import Streets

DESIGN_HOUR = 0.09
"""Share of a day's traffic in a busy hour, by which counts of a day are brought to the hour GEH is made for."""
GOOD = 5.0
"""GEH under which a count is met well."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Counted links: rows of ``roads``, vehicles per mean day, and which are kept out of the fit."""

    rows: NDArray[np.intp]
    counted: NDArray[np.float64]
    held_out: NDArray[np.bool_]


@dataclass(frozen=True)
class Fit:
    """How well some counts are met: number, share [%] with GEH under 5, R², bias [%] and root mean square error [%]."""

    number: int
    share: float
    r2: float
    bias: float
    rmse: float


def counts_of(city: City, streets: Streets, share: float) -> Counts:
    """Return the counts on streets that cars may use.

    Both directions of a street are kept out of the fit together, so that the one does not tell the other. Which ones is
    drawn by the names of their nodes, so it is the same in every run.

    Parameters
    ----------
    city : City
    streets : Streets
    share : float
        Part of the streets to be kept out.
    """
    aadt = city.roads["aadt"].to_numpy(float)
    rows = np.flatnonzero(np.isfinite(aadt) & (aadt > 0) & streets.open[0])
    street = ["|".join(sorted((str(streets.a[k]), str(streets.b[k])))) for k in rows]
    drawn = sorted(set(street), key=lambda name: hashlib.sha256(name.encode()).digest())
    out = set(drawn[: round(share * len(drawn))])
    return Counts(rows, aadt[rows], np.array([name in out for name in street], dtype=bool))


def geh(modelled: NDArray[np.float64], counted: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return :math:`\sqrt{2(M-C)^2/(M+C)}` with M and C brought to a busy hour.

    Parameters
    ----------
    modelled, counted : array [veh/day]

    Examples
    --------
    >>> float(geh(np.array([11_000.0]), np.array([10_000.0])).round(2))
    2.93
    """
    m, c = modelled * DESIGN_HOUR, counted * DESIGN_HOUR
    both = m + c
    return np.where(both > 0, np.sqrt(2.0 * (m - c) ** 2 / np.where(both > 0, both, 1.0)), 0.0)


def fit_of(modelled: NDArray[np.float64], counted: NDArray[np.float64]) -> Fit:
    """Return how well counts are met; nan where there are too few to say."""
    n = len(counted)
    if not n:
        return Fit(0, np.nan, np.nan, np.nan, np.nan)
    off = modelled - counted
    spread = float(((counted - counted.mean()) ** 2).sum())
    r2 = 1.0 - float((off**2).sum()) / spread if spread > 0 else float("nan")
    mean = float(counted.mean())
    return Fit(
        n, 100.0 * float((geh(modelled, counted) < GOOD).mean()), r2, 100.0 * float(off.sum()) / float(counted.sum()),
        100.0 * float(np.sqrt((off**2).mean())) / mean,
    )  # fmt: skip
