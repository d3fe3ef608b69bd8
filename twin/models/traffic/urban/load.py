"""The demand of a City on its streets: one equilibrium per period of the day, warm from an earlier answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.models.traffic.assign import assign
from twin.models.traffic.network import Trips, VehicleClass
from twin.models.traffic.urban.change import with_other_vehicles
from twin.models.traffic.urban.vehicles import CLASSES, OLD, PERIODS, parent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.models.traffic.assign import Equilibrium
    from twin.models.traffic.urban.bans import Rules
    from twin.models.traffic.urban.links import Grid
    from twin.models.traffic.urban.settings import Settings
    from twin.models.traffic.urban.trips import Demand

_LEAST = 1e-4
"""Vehicles an hour between two zones that are too few to be looked at."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """The traffic of a day.

    Attributes
    ----------
    grid : Grid
    equilibria : tuple of Equilibrium
        One per period, flows [vehicles in the busiest hour].
    peak : float
        Busiest hour of a period against its mean hour.
    rules : Rules
    """

    grid: Grid
    equilibria: tuple[Equilibrium, ...]
    peak: float
    rules: Rules

    @property
    def gap(self) -> float:
        """The largest gap of the periods."""
        return max((one.gap for one in self.equilibria), default=0.0)

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        bushes = sum(bush.nbytes for one in self.equilibria for bush in one.bushes)
        links = self.grid.network.m * 8 * (3 + 3 * len(CLASSES)) * len(PERIODS)
        return bushes + links

    def flow(self, period: int) -> NDArray[np.float64]:
        """Return vehicles in the mean hour of a period by class and road link, shape (classes, roads)."""
        one, m = self.equilibria[period], len(self.grid.streets.ids)
        made = np.zeros((len(CLASSES), m))
        for trips, flow in zip(one.trips, one.class_flow, strict=True):
            made[parent(trips.vehicles.name)] += flow[:m]
        return made / self.peak

    def time(self, period: int) -> NDArray[np.float64]:
        """Return the time each road link takes in the busiest hour of a period [s]."""
        made: NDArray[np.float64] = self.equilibria[period].time[: len(self.grid.streets.ids)]
        return made


def classes_of(grid: Grid, rules: Rules, period: str, settings: Settings) -> list[VehicleClass]:
    """Return the classes that choose their ways on their own, those too old for a zone apart where there is one."""
    pcu, weight, hour, banned = settings.pcu, settings.distance_weight, settings.hour, rules.banned
    old = sorted({name for name, _ in banned if name.endswith(f":{OLD}")})
    m = len(grid.streets.ids)
    made = []
    for name in (*CLASSES, *old):
        k = parent(name)
        bar = grid.barred[k].copy()
        for key in {name, CLASSES[k]}:
            if (key, period) in banned:
                bar[:m] |= banned[key, period]
        paid = rules.charged.get((CLASSES[k], period))
        charge = None
        if paid is not None:
            charge = np.zeros(grid.network.m)
            charge[:m] = paid * (3600.0 / hour[k])
        made.append(VehicleClass(name, pcu[k], 0.0, weight[k], bar, charge))
    return made


def trips_of(
    grid: Grid, demand: Demand, period: int, classes: Sequence[VehicleClass], settings: Settings
) -> list[Trips]:
    """Return the demand of a period's busiest hour by class."""
    at = pd.Index(grid.connectors.ids).get_indexer(pd.Index(demand.zones))
    node = np.where(at >= 0, grid.zones[at], -1).astype(np.int32) if len(grid.zones) else np.full(len(at), -1, np.int32)
    origin, destination = node[demand.origin], node[demand.destination]
    hourly = settings.number("peak") / PERIODS[period].hours
    old = settings.share("old_share")
    names = {one.name for one in classes}
    made = []
    for one in classes:
        amount = demand.amount[period, parent(one.name)] * hourly
        if one.name.endswith(f":{OLD}"):
            amount = amount * old
        elif f"{one.name}:{OLD}" in names:
            amount = amount * (1.0 - old)
        some = amount > _LEAST
        made.append(Trips(one, origin[some], destination[some], amount[some]))
    return made


def load(
    grid: Grid, demand: Demand, rules: Rules, settings: Settings, gap: float,
    warm: Loaded | None = None, threads: int = 2, stop: Callable[[], bool] | None = None,
    told: Callable[[float], object] | None = None,
) -> Loaded:  # fmt: skip
    """Find the equilibrium of every period.

    Parameters
    ----------
    grid : Grid
    demand : Demand
    rules : Rules
    settings : Settings
    gap : float
    warm : Loaded, optional
        An earlier answer, of this city before or after some edits.
    threads : int
        Periods looked at at once; no figure depends on it.
    stop, told : callable, optional
        Asked whether to stop; told what part is done.
    """
    kept = None if warm is None else warm.grid.kept(grid)
    done: list[int] = []

    def one(p: int) -> Equilibrium:
        classes = classes_of(grid, rules, PERIODS[p].name, settings)
        trips = trips_of(grid, demand, p, classes, settings)
        before = None if warm is None else warm.equilibria[p]
        found = assign(grid.network, trips, gap, warm=before, kept=kept, stop=stop)
        changed = with_other_vehicles(found, rules, PERIODS[p].name, settings.share("change_vehicle"))
        if changed is not None:
            found = assign(grid.network, changed, gap, warm=found, stop=stop)
        done.append(p)
        if told is not None:
            told(len(done) / len(PERIODS))
        return found

    with ThreadPoolExecutor(max(1, threads)) as pool:
        equilibria = tuple(pool.map(one, range(len(PERIODS))))
    return Loaded(grid, equilibria, settings.number("peak"), rules)
