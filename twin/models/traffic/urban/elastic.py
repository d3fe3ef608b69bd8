r"""Demand that reacts to what trips cost: :math:`T = T_0 (c / c_0)^e` for each pair, class and period.

c is the generalised cost of the cheapest path (time, distance and charges, in time), c_0 that in the present, e ≤ 0 the
elasticity. Traffic and demand take turns until what demand should be at the costs found is what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.models.traffic.urban.vehicles import CLASSES, PERIODS, parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.models.traffic.urban.load import Loaded
    from twin.models.traffic.urban.trips import Demand

GOOD = 1e-3
"""It has converged where the trips that are off by their cost are this part of all trips."""
TURNS = 40
_FURTHEST = 10.0
"""Limit of the ratio of costs, either way; beyond it an elasticity means nothing."""


def pair_costs(loaded: Loaded, demand: Demand) -> NDArray[np.float64]:
    """Return the generalised cost of each pair [s], shape (periods, classes, k); nan where nothing drives.

    Those too old for a zone count with their class, by trips.
    """
    grid, z = loaded.grid, len(demand.zones)
    known = pd.Index(demand.origin * z + demand.destination)
    at = pd.Index(grid.connectors.ids).get_indexer(pd.Index(demand.zones))
    zone = np.full(grid.network.n, -1, dtype=np.int64)
    zone[grid.zones[at[at >= 0]]] = np.flatnonzero(at >= 0)
    spent = np.zeros((len(PERIODS), len(CLASSES), len(demand.origin)))
    trips = np.zeros_like(spent)
    for p, one in enumerate(loaded.equilibria):
        for group, costs in zip(one.groups, one.cheapest, strict=True):
            c = parent(one.trips[group.vehicles].vehicles.name)
            origin = np.repeat(group.origins, np.diff(group.to_at))
            pair = known.get_indexer(pd.Index(zone[origin] * z + zone[group.to]))
            some = (pair >= 0) & np.isfinite(costs)
            np.add.at(spent[p, c], pair[some], (group.trips * np.where(some, costs, 0.0))[some])
            np.add.at(trips[p, c], pair[some], group.trips[some])
    return np.where(trips > 0, spent / np.where(trips > 0, trips, 1.0), np.nan)


def settled(
    first: Loaded, demand: Demand, before: NDArray[np.float64], elasticity: float,
    load: Callable[[Demand, Loaded], Loaded],
) -> tuple[Loaded, float]:  # fmt: skip
    """Return traffic and demand in balance, and which part of all trips is still off.

    Parameters
    ----------
    first : Loaded
        With the demand as it would be at the present's costs.
    demand : Demand
        That demand.
    before : array, shape (periods, classes, k) [s]
        What pairs cost in the present.
    elasticity : float
        0 or less.
    load : callable
        Brings a demand to equilibrium, from an earlier answer.
    """
    loaded, factor, size, last = first, np.ones_like(demand.amount), 1.0, np.inf
    total = max(demand.total, 1e-9)
    off = 0.0
    for _ in range(TURNS):
        ratio = pair_costs(loaded, demand) / np.where(before > 0, before, np.nan)
        ratio = np.clip(np.where(np.isfinite(ratio), ratio, 1.0), 1.0 / _FURTHEST, _FURTHEST)
        wanted = ratio**elasticity
        off = float((np.abs(wanted - factor) * demand.amount).sum()) / total
        if off <= GOOD:
            break
        # where demand and cost chase each other half a step does what a whole one does not
        size = size if off < 0.9 * last else 0.5 * size
        factor, last = factor + size * (wanted - factor), off
        loaded = load(demand.times(factor), loaded)
    return loaded, off
