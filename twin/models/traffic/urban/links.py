"""From the streets of a City to the network of the equilibrium: links, junction delays, turn bans, connectors.

Links stand in this order: one per row of ``roads``, turns at junctions that forbid some, connectors of zones. Times are
in seconds, capacities in passenger-car units per hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.errors import BadInput
from twin.models.traffic.network import Network, network_of
from twin.models.traffic.urban.bans import allowed
from twin.models.traffic.urban.table import street_table
from twin.models.traffic.urban.turns import Turns, turns_of
from twin.models.traffic.urban.vehicles import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.connect import Connectors

MOST_SPEED = 200.0


@dataclass(frozen=True)
class Layout:
    """How the streets' delay is set up: BPR or conical, and what holds where the city is silent.

    ``conical`` uses a of H. Spiess 1990 = ``conical_a`` for all streets.
    """

    conical: bool = False
    conical_a: float = 4.0
    signal: float = 13.6


@dataclass(frozen=True, eq=False)
class Streets:
    """The road links as the equilibrium needs them, before zones are connected.

    Attributes
    ----------
    ids : array of str, shape (m,)
        Of ``roads``.
    a, b : array of str, shape (m,)
        Names of the nodes at their ends, as the city names them (or by place where it does not).
    lanes, speed, length, capacity, rank : array, shape (m,)
        [1, km/h, m, pcu/h, 1].
    free : array, shape (m,) [s]
        Free time with the delay at the junction it leads to; ``at_end`` [s] is that delay alone.
    open : array of bool, shape (classes, m)
    turns : Turns
    """

    ids: NDArray[np.object_]
    a: NDArray[np.object_]
    b: NDArray[np.object_]
    lanes: NDArray[np.float64]
    speed: NDArray[np.float64]
    length: NDArray[np.float64]
    capacity: NDArray[np.float64]
    rank: NDArray[np.float64]
    free: NDArray[np.float64]
    at_end: NDArray[np.float64]
    rise: NDArray[np.float64]
    power: NDArray[np.float64]
    open: NDArray[np.bool_]
    turns: Turns


def streets_of(city: City, layout: Layout, present: City | None = None) -> Streets:
    """Return the road links of a City.

    Parameters
    ----------
    city : City
    layout : Layout
    present : City, optional
        The city before any edit: where lanes were changed and capacity was not, capacity follows the lanes.

    Raises
    ------
    BadInput
        When a speed, length, capacity or number of lanes is negative or no number that can be.
    """
    roads, table = city.roads, street_table()
    ids = roads["id"].to_numpy(object)
    kinds = roads["kind"].to_numpy(object)
    a, b = node_names(roads)
    length = _checked(ids, roads["length"].to_numpy(float), "length", "m", shapely.length(roads.geometry.to_numpy()))
    speed = _checked(ids, roads["speed"].to_numpy(float), "speed", "km/h", 50.0)
    speed = np.clip(speed, 1.0, MOST_SPEED)
    lanes = _checked(ids, roads["lanes"].to_numpy(float), "lanes", "", 1.0)
    per_lane = table.column("capacity", kinds)
    capacity = _checked(ids, roads["capacity"].to_numpy(float), "capacity", "veh/h", lanes * per_lane)
    if present is not None and present is not city:
        capacity = _followed(city, present, lanes, capacity)
    rank = table.column("rank", kinds)
    at_end = _junction_delay(city, a, b, rank, {**table.delay, "signal": layout.signal})
    free = length / (speed / 3.6 * table.column("pace", kinds)) + at_end
    power = np.full(len(ids), layout.conical_a) if layout.conical else table.column("power", kinds)
    return Streets(
        ids, a, b, lanes, speed, length, capacity, rank, free, at_end, table.column("b", kinds), power, allowed(city),
        turns_of(city, ids, a, b),
    )  # fmt: skip


def node_names(roads: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the names of the nodes at the ends of links; a node without one is named by its place [cm]."""
    ends = []
    for column, at in (("from_node", 0), ("to_node", -1)):
        names = roads[column].to_numpy(object).copy()
        nameless = np.flatnonzero(names == "")
        if len(nameless):
            xy = np.round(shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy()[nameless], at)), 2)
            names[nameless] = [f"@{x:.2f},{y:.2f}" for x, y in xy]
        ends.append(names)
    return ends[0], ends[1]


def numbered(names: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return a number for each name that is the same in every network, so that edits keep nodes apart and alike."""
    hashed: NDArray[np.int64] = (pd.util.hash_array(names.astype(object)) >> np.uint64(1)).astype(np.int64)
    return hashed


@dataclass(frozen=True, eq=False)
class Grid:
    """The network of a City, whole.

    Attributes
    ----------
    network : Network
    streets : Streets
    connectors : Connectors
    zones : array of int32, shape (z,)
        Node of each zone.
    keys : array of int64, shape (links,)
        What a link is called in every network of this city.
    barred : array of bool, shape (classes, links)
        What a class may not use, rule zones apart.
    """

    network: Network
    streets: Streets
    connectors: Connectors
    zones: NDArray[np.int32]
    keys: NDArray[np.int64]
    barred: NDArray[np.bool_]

    def kept(self, new: Grid) -> NDArray[np.int64]:
        """Return for each link of this network its row in a new one, -1 where it went."""
        if np.array_equal(self.keys, new.keys):
            return np.arange(len(self.keys))
        return pd.Index(new.keys).get_indexer(pd.Index(self.keys)).astype(np.int64)


def grid_of(streets: Streets, connectors: Connectors, layout: Layout) -> Grid:
    """Return the network of streets, turns and connectors."""
    turns = streets.turns
    zone_names = np.array([f"zone:{one}" for one in connectors.ids], dtype=object)
    tail = np.concatenate([turns.leave, turns.enter_of_turn, connectors.tails(zone_names, turns)])
    head = np.concatenate([turns.enter, turns.leave_of_turn, connectors.heads(zone_names, turns)])
    names, place = np.unique(np.concatenate([tail, head, zone_names]).astype(str), return_inverse=True)
    m, t = len(streets.ids), len(turns.enter_of_turn)
    k = len(tail) - m - t
    from_node, to_node = place[: m + t + k], place[m + t + k : 2 * (m + t + k)]
    zones = place[2 * (m + t + k) :].astype(np.int32)
    through = np.ones(len(names), dtype=bool)
    through[zones] = False
    nothing = np.zeros(t)
    network = network_of(
        numbered(names.astype(object)), from_node, to_node,
        free=np.concatenate([streets.free, nothing, connectors.free]),
        capacity=np.concatenate([streets.capacity, nothing, connectors.capacity]),
        rise=np.concatenate([streets.rise, nothing, np.ones(k)]),
        power=np.concatenate([streets.power, np.ones(t + k)]),
        conical=np.concatenate([np.full(m, layout.conical), np.zeros(t + k, dtype=bool)]),
        length=np.concatenate([streets.length, nothing, connectors.length]),
        through=through,
    )  # fmt: skip
    own = np.concatenate([streets.ids, turns.keys, connectors.keys(zone_names)])
    barred = np.zeros((len(CLASSES), network.m), dtype=bool)
    barred[:, :m] = ~streets.open
    barred[:, m : m + t] = turns.barred
    return Grid(network, streets, connectors, zones, numbered(own), barred)


def _checked(
    ids: NDArray[np.object_], values: NDArray[np.float64], what: str, unit: str, missing: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return a column with what is missing filled in."""
    filled: NDArray[np.float64] = np.where(np.isnan(values), missing, values)
    bad = np.flatnonzero(~np.isfinite(filled) | (filled < 0))
    if len(bad):
        raise BadInput(
            "Road link {link}: {what} is {value} {unit}; it must be 0 or more.", link=str(ids[bad[0]]), what=what,
            value=float(filled[bad[0]]), unit=unit,
        )  # fmt: skip
    return filled


def _followed(
    city: City, present: City, lanes: NDArray[np.float64], capacity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return capacity in proportion to the lanes where an edit changed these and not the capacity."""
    if city.roads is present.roads:
        return capacity
    at = pd.Index(present.roads["id"]).get_indexer(pd.Index(city.roads["id"]))
    there = at >= 0
    before = np.where(there, present.roads["lanes"].to_numpy(float)[at], np.nan)
    stated = np.where(there, present.roads["capacity"].to_numpy(float)[at], np.nan)
    follow = there & (before > 0) & (lanes != before) & (stated == city.roads["capacity"].to_numpy(float))
    return np.where(follow, capacity * lanes / np.where(before > 0, before, 1.0), capacity)


def _junction_delay(
    city: City, a: NDArray[np.object_], b: NDArray[np.object_], rank: NDArray[np.float64], delay: dict[str, float]
) -> NDArray[np.float64]:
    """Return the seconds lost at the end of each link; at priority junctions only those who give way lose any."""
    control = dict(zip(city.junctions["node"], city.junctions["kind"], strict=True))
    names, place = np.unique(np.concatenate([a, b]).astype(str), return_inverse=True)
    first, last = place[: len(a)], place[len(a) :]
    kinds = np.array([control.get(name, "") for name in names], dtype=object)
    lost = np.array([delay.get(str(kind), 0.0) for kind in kinds])
    top, low = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    for ends in (first, last):
        np.maximum.at(top, ends, rank)
        np.minimum.at(low, ends, rank)
    yields = np.isin(kinds, ("stop_sign", "give_way", "priority"))
    # where all streets are alike everybody gives way to the right
    main = yields[last] & (rank >= top[last]) & (top[last] > low[last])
    return np.where(main, 0.0, lost[last]) if len(names) else np.zeros(0)
