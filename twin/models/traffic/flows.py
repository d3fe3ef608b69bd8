"""What the traffic model tells other models: vehicles and speed per road link, by noise category and time of day.

The arrays are read out of the fields of a Result, so they are the same whether it was answered just now or read from
disk. See docs/methods/traffic.md, «What noise gets».
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.result import Result

MODEL = "traffic"
NOISE_PERIODS = ("day", "evening", "night")
"""Day 06–18, evening 18–22, night 22–06: 12, 4 and 8 hours, the periods of Lden in Sweden."""
HOURS = (12.0, 4.0, 8.0)
CATEGORIES = ("light", "medium", "heavy")
"""CNOSSOS-EU categories 1, 2 and 3 (2015/996, table 2.2.a): cars and vans up to 3.5 t, two axles, three and more."""
FLOW = (
    (N_("Light vehicles by day"), N_("Light vehicles in the evening"), N_("Light vehicles at night")),
    (N_("Medium-heavy vehicles by day"), N_("Medium-heavy vehicles in the evening"),
     N_("Medium-heavy vehicles at night")),
    (N_("Heavy vehicles by day"), N_("Heavy vehicles in the evening"), N_("Heavy vehicles at night")),
)  # fmt: skip
"""Names of the fields, by category and period [veh/h, mean of the period]."""
SPEED = (N_("Driving speed by day"), N_("Driving speed in the evening"), N_("Driving speed at night"))
"""Names of the fields of speed while driving, waits at junctions apart, mean of vehicles [km/h]."""


@dataclass(frozen=True, eq=False)
class StreetTraffic:
    """Traffic per road link (one direction each), as noise needs it.

    Attributes
    ----------
    ids : array of str, shape (n,)
        Rows of ``roads``.
    flow : array, shape (3 periods, 3 categories, n) [veh/h]
        Mean of the period, day, evening, night; categories light, medium, heavy. Never nan.
    speed : array, shape (3 periods, n) [km/h]
        All categories drive alike in the model. nan on links without traffic.
    """

    ids: NDArray[np.object_]
    flow: NDArray[np.float64]
    speed: NDArray[np.float64]

    @property
    def aadt(self) -> NDArray[np.float64]:
        """Vehicles on a mean day, shape (n,)."""
        per_period: NDArray[np.float64] = self.flow.sum(axis=1)
        return np.asarray(np.array(HOURS) @ per_period)


def street_traffic(result: Result) -> StreetTraffic:
    """Return the traffic in a Result of the model ``traffic``.

    Raises
    ------
    KeyError
        When the Result is of another model.
    """
    ids = result.field(FLOW[0][0]).ids
    flow = np.array([[result.field(FLOW[c][p]).values for c in range(3)] for p in range(3)], dtype=np.float64)
    speed = np.array([result.field(name).values for name in SPEED], dtype=np.float64)
    return StreetTraffic(ids, np.nan_to_num(flow), speed)
