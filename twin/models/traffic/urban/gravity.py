r"""Demand where a City has none: trips from people and jobs, distance decay, and who of them takes the car.

Trips of a day by all means, :math:`T_{ij} = a_i b_j P_i A_j e^{-d_{ij}/D}`, with P residents times trips per resident,
A jobs plus a third of the residents (shops and visits), d the way by road; a and b make rows and columns add up (K. P.
Furness, Time function iteration, Traffic Engineering and Control 7(7), 1965). The car takes the share
:math:`1/(1 + \sum_m e^{\mu (t_{car} - t_m)})` against walking, cycling and public transport, t their minutes from door
to door (a logit with one scale μ). Traffic beyond the edge of the map comes in at gateways, as counted there or as many
hours of their capacity as the counted streets of the city carry on average. What only passes is the share whose trip
goes on beyond the far edge, :math:`e^{-L/D}` with L the mean way between gateways, and nobody makes a detour through
the city: between two gateways it is weighted by the square of the straight distance over the way. Only counts that
demand is fitted to are looked at, so that those kept out stay a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.trees import along, trees
from twin.models.traffic.urban.trips import Demand, class_mix
from twin.models.traffic.urban.vehicles import CLASSES, PERIODS
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.connect import People
    from twin.models.traffic.urban.counts import Counts
    from twin.models.traffic.urban.links import Grid
    from twin.models.traffic.urban.settings import Settings

BASIS = N_("gravity model of residents and jobs")
SHOPS = 1.0 / 3.0
"""Errands at a resident's place for each of those at a job."""
PRIOR = 2.0
"""The hours of capacity that are assumed at the edge weigh as much as this many counts."""
LEAST = 0.05
"""Vehicles a day between two zones that are too few to keep; what they are is shared out over the others."""
ROUNDS = 60
OUTWARD = (0.5, 0.7, 0.5, 0.35, 0.45)
"""Trips of each period that go from home or the edge of the map; the others go back."""
_FAR = 1e9


def gravity(city: City, grid: Grid, people: People, counts: Counts, settings: Settings) -> Demand:
    """Return vehicles between the zones of a City, from who lives and works in them.

    Parameters
    ----------
    city : City
        Gives the fleet.
    grid : Grid
    people : People
    counts : Counts
        Say what comes in at the edge; those kept out are not looked at.
    settings : Settings
    """
    zones = grid.connectors.ids
    n, inner = len(zones), len(people.ids)
    seconds, metres = _skims(grid)
    cars = _cars(people, seconds[:inner, :inner], metres[:inner, :inner], settings)
    home = np.zeros((n, n))
    home[:inner, :inner] = cars
    gates = _gates(city, grid, people, metres, counts, settings) if n > inner else np.zeros((n, n))
    for one in (home, gates):
        np.fill_diagonal(one, 0.0)
    origin, destination = np.nonzero(0.5 * (home + home.T) + gates > LEAST)
    whole = float(home.sum() + gates.sum())
    kept = float((0.5 * (home + home.T) + gates)[origin, destination].sum())
    scale = whole / kept if kept > 0 else 1.0
    mix = class_mix(city, settings)
    amount = np.empty((len(PERIODS), len(CLASSES), len(origin)))
    for p, (share, out) in enumerate(zip(settings.shares, OUTWARD, strict=True)):
        trips = out * home[origin, destination] + (1.0 - out) * home[destination, origin]
        amount[p] = mix[p][:, None] * (scale * share * (trips + gates[origin, destination]))
    return Demand(zones, origin.astype(np.int64), destination.astype(np.int64), amount, BASIS)


def _skims(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return time [s] and length [m] by car between all zones without traffic; far where there is no way."""
    network, flat = grid.network, grid.network.flat
    cost = np.where(grid.barred[0] | network.closed, np.inf, network.free)[flat.order]
    dist, pred = trees(flat.out, flat.head, cost, network.through, grid.zones)
    length = along(dist, pred, flat.tail, network.length[flat.order])
    return tuple(np.where(np.isfinite(one), one, _FAR)[:, grid.zones] for one in (dist, length))  # type: ignore[return-value]


def _cars(
    people: People, seconds: NDArray[np.float64], metres: NDArray[np.float64], settings: Settings
) -> NDArray[np.float64]:
    """Return cars a day from home, between inner zones."""
    wish = np.where(metres < _FAR, np.exp(-metres / (1000.0 * settings.number("decay"))), 0.0)
    # within a zone the way is about half of that to the next zone
    n = len(people.ids)
    if n > 1:
        near = np.partition(metres + _FAR * np.eye(n), 0, axis=1)[:, 0]
        np.fill_diagonal(wish, np.exp(-0.5 * near / (1000.0 * settings.number("decay"))))
    made = settings.number("trips_person") * people.residents
    drawn = people.jobs + SHOPS * people.residents
    trips = furness(made, drawn, wish)
    return trips * car_share(seconds, metres, settings) / settings.number("occupancy")


def car_share(seconds: NDArray[np.float64], metres: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Return the share of trips made by car, by the time each means takes from door to door."""
    km = metres / 1000.0
    car = seconds / 60.0 + settings.number("car_extra")
    others = (
        60.0 * km / settings.number("walk_speed"),
        60.0 * km / settings.number("bike_speed") + 4.0,
        60.0 * km / settings.number("transit_speed") + settings.number("transit_wait"),
    )
    scale = settings.number("mode_scale")
    against = sum(np.exp(np.clip(scale * (car - one), -50.0, 50.0)) for one in others)
    return np.asarray(1.0 / (1.0 + against))


def furness(made: NDArray[np.float64], drawn: NDArray[np.float64], wish: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return trips between zones whose rows add up to ``made`` and columns to ``drawn`` (scaled to the same sum).

    Examples
    --------
    >>> furness(np.array([10.0, 20.0]), np.array([1.0, 2.0]), np.ones((2, 2))).round(2).tolist()
    [[3.33, 6.67], [6.67, 13.33]]
    """
    trips = wish.astype(float).copy()
    if not len(made) or made.sum() <= 0 or drawn.sum() <= 0:
        return np.zeros_like(trips)
    drawn = drawn * made.sum() / drawn.sum()
    for _ in range(ROUNDS):
        columns = trips.sum(axis=0)
        trips *= np.where(columns > 0, drawn / np.where(columns > 0, columns, 1.0), 0.0)[None, :]
        rows = trips.sum(axis=1)
        trips *= np.where(rows > 0, made / np.where(rows > 0, rows, 1.0), 0.0)[:, None]
    return trips


def _gates(
    city: City, grid: Grid, people: People, metres: NDArray[np.float64], counts: Counts, settings: Settings
) -> NDArray[np.float64]:
    """Return vehicles a day between gateways, and between them and the city, both ways."""
    inner, n = len(people.ids), len(grid.connectors.ids)
    enter, leave = volumes(grid, counts, settings.number("gate_use"))
    size = np.zeros(n)
    size[:inner] = people.residents + people.jobs
    edge = np.arange(n) >= inner
    decay = 1000.0 * settings.number("decay")
    wish = np.where(metres < _FAR, np.exp(-metres / (4.0 * decay)), 0.0)
    ways = edge[:, None] & edge[None, :] & (metres < _FAR) & (metres > 0)
    passes = float(np.exp(-metres[ways].mean() / decay)) if ways.any() else 0.0
    # what has its errand in the city, at most as much as its people may draw; the rest passes through
    errands = min((1.0 - passes) * float(enter.sum()), float(size.sum()))
    total = np.zeros((n, n))
    if errands > 0 and leave.sum() > 0:
        inward = furness(enter * errands / enter.sum(), size, wish * edge[:, None] * ~edge[None, :])
        outward = furness(size * errands / size.sum(), leave, wish * ~edge[:, None] * edge[None, :])
        total += inward + outward
        enter, leave = np.maximum(enter - inward.sum(axis=1), 0.0), np.maximum(leave - outward.sum(axis=0), 0.0)
    at = _places(city, grid)
    straight = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))
    direct = np.minimum(straight / np.where(metres > 0, metres, 1.0), 1.0) ** 2
    passing = np.where(ways & ~np.eye(n, dtype=bool), direct, 0.0)
    return np.asarray(total + furness(enter, leave, passing))


def _places(city: City, grid: Grid) -> NDArray[np.float64]:
    """Return where each gateway's zone lies, shape (z, 2) [m]; 0 for the others."""
    made = np.zeros((len(grid.connectors.ids), 2))
    lines = city.roads.geometry.to_numpy()
    for node, zone in grid.connectors.gates.items():
        for ends, end in ((grid.streets.b, -1), (grid.streets.a, 0)):
            for k in np.flatnonzero(ends == node)[:1]:
                made[zone] = lines[k].coords[end][:2]
    return made


def volumes(grid: Grid, counts: Counts, hours: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return vehicles a day that come in and go out at each zone's gateways.

    Parameters
    ----------
    grid : Grid
    counts : Counts
        A gateway counted has its count, the others as many hours of capacity as all counted streets on average; counts
        kept out are not looked at.
    hours : float
        Hours of capacity assumed, with the weight of :data:`PRIOR` counts.
    """
    streets = grid.streets
    fitted = ~counts.held_out
    aadt = np.full(len(streets.ids), np.nan)
    aadt[counts.rows[fitted]] = counts.counted[fitted]
    size = streets.capacity[counts.rows[fitted]]
    carried = counts.counted[fitted][size > 0] / size[size > 0]
    use = (PRIOR * hours + float(carried.sum())) / (PRIOR + len(carried))
    found = []
    for ends in (streets.a, streets.b):
        volume = np.zeros(len(grid.connectors.ids))
        for node, zone in grid.connectors.gates.items():
            links = np.flatnonzero((ends == node) & streets.open[0])
            stated = aadt[links][np.isfinite(aadt[links])]
            assumed = use * float(streets.capacity[links].max(initial=0.0))
            volume[zone] += float(stated.sum()) if len(stated) else assumed
        found.append(volume)
    return found[0], found[1]
