"""Coverage and reuse: what is measured near a place already, where nothing is, and what is measured twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.sensors.onmap import Stands
    from twin.sensors.stream import Stream


@dataclass(frozen=True)
class Near:
    """A stream near a place, and how far [m]."""

    stream: Stream
    distance: float


def near(streams: Sequence[Stream], where: Stands, x: float, y: float, radius: float, quantity: str = "") -> list[Near]:
    """Return what is measured within a radius [m] of a place, nearest first.

    Parameters
    ----------
    quantity : str
        Only this; all by default.
    """
    distance = np.hypot(where.xy[:, 0] - x, where.xy[:, 1] - y)
    found = [
        Near(one, float(distance[i]))
        for i, one in enumerate(streams)
        if distance[i] <= radius and (not quantity or one.quantity == quantity)
    ]
    return sorted(found, key=lambda one: one.distance)


def twins(streams: Sequence[Stream], where: Stands, radius: float = 25.0) -> list[tuple[Stream, Stream, float]]:
    """Return pairs of streams of one quantity that stand within a radius [m] of each other, nearest first."""
    found = []
    for quantity in sorted({one.quantity for one in streams}):
        mine = [i for i, one in enumerate(streams) if one.quantity == quantity and np.isfinite(where.xy[i, 0])]
        if len(mine) > 1:
            tree = cKDTree(where.xy[mine])
            for a, b in sorted(tree.query_pairs(radius)):
                first, second = streams[mine[a]], streams[mine[b]]
                gap = float(np.hypot(*(where.xy[mine[a]] - where.xy[mine[b]])))
                found.append((first, second, gap))
    return sorted(found, key=lambda pair: pair[2])


def served(
    points: NDArray[np.float64], streams: Sequence[Stream], where: Stands, quantity: str, radius: float
) -> NDArray[np.bool_]:
    """Say which points (n, 2) have a sensor of a quantity within a radius [m]; the others are gaps of the network."""
    mine = [i for i, one in enumerate(streams) if one.quantity == quantity and np.isfinite(where.xy[i, 0])]
    if not mine or not len(points):
        return np.zeros(len(points), bool)
    distance, _ = cKDTree(where.xy[mine]).query(points, distance_upper_bound=radius)
    return np.asarray(np.isfinite(distance))
