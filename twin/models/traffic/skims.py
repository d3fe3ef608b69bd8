"""Costs, times and lengths between places at the flows of an answer: skims, and isochrones from one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.trees import along, trees

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from twin.models.traffic.assign import Equilibrium


@dataclass(frozen=True, eq=False)
class Skim:
    """Along the cheapest paths from some nodes to all: arrays of shape (origins, n), infinity where there is none.

    Attributes
    ----------
    cost : array [time]
        Generalised cost.
    time : array
    length : array
    """

    cost: NDArray[np.float64]
    time: NDArray[np.float64]
    length: NDArray[np.float64]


def skim(equilibrium: Equilibrium, origins: ArrayLike, vehicles: int = 0) -> Skim:
    """Return what the ways from some nodes (positions) to all nodes cost a class; one origin gives its isochrones."""
    network = equilibrium.network
    flat = network.flat
    cost = equilibrium.cost[vehicles][flat.order]
    dist, pred = trees(flat.out, flat.head, cost, network.through, np.asarray(origins, dtype=np.int32))
    time = along(dist, pred, flat.tail, equilibrium.time[flat.order])
    return Skim(dist, time, along(dist, pred, flat.tail, network.length[flat.order]))
