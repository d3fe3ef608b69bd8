"""Questions to traffic that was found: who uses a street, how far one gets from a place; straight from bushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.errors import BadInput
from twin.layer import Field
from twin.models.traffic.names import ENDS, THROUGH, TIMES
from twin.models.traffic.select import selected
from twin.models.traffic.skims import skim
from twin.models.traffic.urban.vehicles import PERIODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City
    from twin.models.traffic.urban.load import Loaded

WHEN = 3
"""The period travel times are of: the afternoon."""
SOURCE = "traffic"


def through(loaded: Loaded, city: City, chosen: Sequence[str]) -> tuple[Field, ...]:
    """Return where the traffic of some streets or zones drives on the whole of its way, and where it starts and ends.

    Parameters
    ----------
    loaded : Loaded
    city : City
        The one that was loaded.
    chosen : sequence of str
        Ids of road links or zones; traffic that uses any link, or starts or ends in any zone, counts once.

    Returns
    -------
    tuple of Field
        Vehicles a day on road links; trips a day that start or end in each zone of the city.
    """
    grid = loaded.grid
    ids, m = grid.streets.ids, len(grid.streets.ids)
    links = np.flatnonzero(np.isin(ids.astype(str), list(chosen)))
    joins = np.isin(grid.connectors.ids[grid.connectors.zone].astype(str), list(chosen))
    # connectors are the last links of the network
    rows = np.concatenate([links, grid.network.m - len(joins) + np.flatnonzero(joins)])
    flow = np.zeros(m)
    ends = np.zeros(grid.network.n)
    for period, one in zip(PERIODS, loaded.equilibria, strict=True):
        for number, trips in enumerate(one.trips):
            found = selected(one, rows, [number])
            day = period.hours / loaded.peak / trips.vehicles.pcu
            flow += found.flow[:m] * day
            for side in (found.origin, found.destination):
                ends += np.bincount(side, found.trips * day, grid.network.n)
    # streets without any of it stay plain
    shown = np.where(flow > 0, flow, np.nan).astype(np.float32)
    made = [Field(THROUGH, "veh/day", "roads", ids, shown, source=SOURCE)]
    zones = city.zones["id"].to_numpy(object)
    at = pd.Index(grid.connectors.ids).get_indexer(pd.Index(zones))
    if (at >= 0).any():
        values = np.where(at >= 0, ends[grid.zones[at]], np.nan).astype(np.float32)
        made.append(Field(ENDS, "trips", "zones", zones, values, source=SOURCE))
    return tuple(made)


def travel_times(loaded: Loaded, city: City, x: float, y: float) -> tuple[Field, ...]:
    """Return how long a car takes from a place to every street in the afternoon's busiest hour [min].

    Parameters
    ----------
    loaded : Loaded
    city : City
        The one that was loaded.
    x, y : float [m]
        The place; the way begins at the nearest end of a street that cars may use.

    Raises
    ------
    BadInput
        When cars may use no street.
    """
    grid, streets = loaded.grid, loaded.grid.streets
    cars = np.flatnonzero(streets.open[0])
    if not len(cars):
        raise BadInput("There is no street that cars may use in this city.")
    lines = city.roads.geometry.to_numpy()[cars]
    spots = shapely.get_coordinates(shapely.get_point(lines, 0))
    nearest = cars[int(np.hypot(spots[:, 0] - x, spots[:, 1] - y).argmin())]
    one = loaded.equilibria[WHEN]
    # a junction with banned turns is left by a node of each street
    starts = np.unique(grid.network.tail[cars[streets.a[cars] == streets.a[nearest]]])
    seconds = skim(one, starts).time.min(axis=0)
    tail, head = grid.network.tail[: len(streets.ids)], grid.network.head[: len(streets.ids)]
    way = one.time[: len(streets.ids)]
    there = np.minimum(seconds[tail] + 0.5 * way, seconds[head] + 0.5 * way)
    minutes = np.where(streets.open[0] & np.isfinite(there), there / 60.0, np.nan)
    return (Field(TIMES, "min", "roads", streets.ids, minutes.astype(np.float32), source=SOURCE),)
