"""Where traffic starts and ends: zones, the people in them, and their connectors to the street network.

Every building leads to the nearest node that cars can reach and leave; a zone is joined to the nodes most of its people
lead to. A connector gets slower with the traffic on it, by what its buildings give rise to, so that the zone's traffic
spreads over its streets as its people do. Where a main street ends at the edge of what is mapped, traffic comes from
beyond: a gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.traffic.urban.links import Streets
    from twin.models.traffic.urban.turns import Turns

MOST = 6
"""Connectors of a zone, gateways apart."""
PACE = 15.0 / 3.6
"""Speed between a house and the street network, parking included [m/s]; assumption."""
LEAST_TIME = 5.0
PER_PERSON = 0.12
"""Vehicles in an hour that one resident or job gives rise to at most, which sets the capacity of connectors."""
GATE_RANK = 2.0
"""Streets of at least this rank lead to places beyond the map where they end."""
GATE_TIME = 20.0
"""Time at a gateway without traffic [s]; it grows with the use of its capacity, so that large ones take more."""
CELL = 400.0
"""Side of the squares that stand for zones where a city has none [m]."""


@dataclass(frozen=True, eq=False)
class People:
    """Zones and what is in them.

    Attributes
    ----------
    ids : array of str, shape (z,)
    at : array, shape (z, 2) [m]
        Middle of the buildings by people, or of the zone.
    residents, jobs : array, shape (z,)
    zone : array, shape (h,)
        Zone of each house, -1 for none.
    xy : array, shape (h, 2) [m]
    weight : array, shape (h,)
        Residents and jobs of each house.
    """

    ids: NDArray[np.object_]
    at: NDArray[np.float64]
    residents: NDArray[np.float64]
    jobs: NDArray[np.float64]
    zone: NDArray[np.int64]
    xy: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Connectors:
    """Ways between zones and nodes of the street network, the same in both directions.

    Attributes
    ----------
    ids : array of str, shape (z,)
        Zones; those of gateways without one are called ``gate:<node>``.
    zone : array, shape (k,)
    node : array of str, shape (k,)
        As :class:`twin.models.traffic.urban.turns.Turns` names it.
    out : array of bool, shape (k,)
        From the zone to the street; else to the zone.
    length, free, capacity : array, shape (k,) [m, s, pcu/h]
    gate : array of bool, shape (k,)
        Whether it leads beyond the map.
    gates : dict from node to zone
        Where the map ends.
    """

    ids: NDArray[np.object_]
    zone: NDArray[np.int64]
    node: NDArray[np.object_]
    out: NDArray[np.bool_]
    length: NDArray[np.float64]
    free: NDArray[np.float64]
    capacity: NDArray[np.float64]
    gate: NDArray[np.bool_]
    gates: dict[str, int]

    def tails(self, zones: NDArray[np.object_], turns: Turns) -> NDArray[np.object_]:
        """Return the nodes they leave."""
        return np.where(self.out, zones[self.zone], self.node) if len(self.zone) else np.zeros(0, dtype=object)

    def heads(self, zones: NDArray[np.object_], turns: Turns) -> NDArray[np.object_]:
        """Return the nodes they lead to."""
        return np.where(self.out, self.node, zones[self.zone]) if len(self.zone) else np.zeros(0, dtype=object)

    def keys(self, zones: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return what each is called in every network of a city."""
        made = np.empty(len(self.zone), dtype=object)
        made[:] = [
            f"{'gate' if gate else ''}{'out' if out else 'in'}:{zones[z]}:{node}"
            for z, node, out, gate in zip(self.zone, self.node, self.out, self.gate, strict=True)
        ]
        return made


def people_of(city: City) -> People:
    """Return the zones traffic starts and ends in, and their people.

    Zones are those the City's demand names; else the kind of zones that holds people, or the most numerous kind; where
    there is none, squares of 400 m over the buildings.
    """
    houses = city.buildings[(city.buildings["parent"] == "").to_numpy(dtype=bool)]
    xy = shapely.get_coordinates(shapely.centroid(houses.geometry.to_numpy()))
    residents = np.nan_to_num(houses["residents"].to_numpy(float))
    jobs = np.nan_to_num(houses["jobs"].to_numpy(float))
    zones = _zones(city)
    if len(zones):
        ids = zones["id"].to_numpy(object)
        shapes = zones.geometry.to_numpy()
        row, zone = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
        of = np.full(len(xy), len(ids), dtype=np.int64)
        np.minimum.at(of, row, zone)
        of[of == len(ids)] = -1
        middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    else:
        # a square keeps its name when houses are added elsewhere
        cell = np.floor(xy / CELL).astype(np.int64)
        cells, of = np.unique(cell, axis=0, return_inverse=True) if len(xy) else (cell, np.zeros(0, dtype=np.int64))
        of = of.reshape(-1)
        ids = np.array([f"cell:{x}:{y}" for x, y in cells], dtype=object)
        middle = (cells + 0.5) * CELL
    n, weight, inside = len(ids), residents + jobs, of >= 0

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        made: NDArray[np.float64] = np.bincount(of[inside], values[inside], n).astype(float)
        return made[:n]

    sums = total(weight)
    at = np.array([total(weight * xy[:, k]) for k in (0, 1)]).T.reshape(-1, 2)
    placed = np.where(sums[:, None] > 0, at / np.maximum(sums, 1e-9)[:, None], middle.reshape(-1, 2))
    return People(ids, placed, total(residents), total(jobs), of, xy, weight)


def _zones(city: City) -> pd.DataFrame:
    zones: pd.DataFrame = city.zones
    if len(city.demand):
        named = set(city.demand["origin"]) | set(city.demand["destination"])
        return zones[zones["id"].isin(named)]
    if not len(zones):
        return zones
    held = zones[zones["id"].isin(set(city.population["zone"]))]
    kinds = (held if len(held) else zones)["kind"].value_counts()
    return zones[zones["kind"] == str(kinds.index[0])]


def core(streets: Streets, gates: Iterable[str] = ()) -> NDArray[np.bool_]:
    """Return which road links belong to the largest part of the network that cars can both reach and leave.

    Beyond the map all gateways hang together: a one-way street that comes in at one is reached from the others.
    """
    cars = streets.open[0]
    names, place = np.unique(np.concatenate([streets.a, streets.b]).astype(str), return_inverse=True)
    a, b = place[: len(cars)], place[len(cars) :]
    if not cars.any():
        return np.zeros(len(cars), dtype=bool)
    beyond = len(names)
    gate = np.flatnonzero(np.isin(names, list(gates)))
    tail = np.concatenate([a[cars], gate, np.full(len(gate), beyond)])
    head = np.concatenate([b[cars], np.full(len(gate), beyond), gate])
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(beyond + 1, beyond + 1))
    _, label = connected_components(graph, directed=True, connection="strong")
    inside = cars & (label[a] == label[b])
    size = np.bincount(label[a][inside], streets.length[inside], int(label.max()) + 1)
    largest: NDArray[np.bool_] = inside & (label[a] == int(size.argmax()))
    return largest


def connectors_of(city: City, streets: Streets, people: People, base: Streets | None = None) -> Connectors:
    """Join zones to the street network.

    Parameters
    ----------
    city : City
    streets : Streets
    people : People
    base : Streets, optional
        Those before any edit, whose ends at the edge of the map are gateways, so that no closure makes one.
    """
    roads = city.roads
    gates = gateways(streets if base is None else base)
    inside = core(streets, gates)
    level = np.nan_to_num(roads["level"].to_numpy(float)) == 0
    plain = inside & level & ~roads["tunnel"].to_numpy(bool) & ~roads["bridge"].to_numpy(bool)
    plain &= ~np.isin(roads["kind"].to_numpy(object).astype(str), ("motorway", "motorway_link"))
    names, xy = _places(roads, streets, plain if plain.any() else inside)
    rows: list[tuple[int, str, float, float, float]] = []
    if len(names):
        distance, nearest = cKDTree(xy).query(people.xy) if len(people.xy) else (np.zeros(0), np.zeros(0, dtype=int))
        rows = _shared(people, names, distance, nearest)
        bare = np.flatnonzero(~np.isin(np.arange(len(people.ids)), [row[0] for row in rows]))
        far, near = cKDTree(xy).query(people.at[bare]) if len(bare) else (np.zeros(0), np.zeros(0, dtype=int))
        rows += [(int(z), str(names[k]), float(d), 100.0, 0.0) for z, k, d in zip(bare, near, far, strict=True)]
    ids, at_gate = _gate_zones(city, people, gates)
    here = set(np.concatenate([streets.a[inside], streets.b[inside]]).astype(str))
    rows += [(z, node, 0.0, gates[node], 1.0) for node, z in at_gate.items() if node in here]
    return _both_ways(ids, rows, streets.turns, at_gate)


def gateways(streets: Streets) -> dict[str, float]:
    """Return the nodes where a main street ends, and its capacity there [pcu/h]."""
    cars = streets.open[0]
    names, place = np.unique(np.concatenate([streets.a[cars], streets.b[cars]]).astype(str), return_inverse=True)
    ends = place.reshape(2, -1)
    # each link once from either end; parallel links lead to one neighbour
    pairs = np.unique(np.concatenate([ends, ends[::-1]], axis=1), axis=1)
    others = np.bincount(pairs[0], minlength=len(names)) if len(names) else np.zeros(0, dtype=np.int64)
    rank, capacity = np.full(len(names), -np.inf), np.full(len(names), -np.inf)
    for end in ends:
        np.maximum.at(rank, end, streets.rank[cars])
        np.maximum.at(capacity, end, streets.capacity[cars])
    gate = np.flatnonzero((others == 1) & (rank >= GATE_RANK))
    return {str(names[k]): float(capacity[k]) for k in gate}


def _places(
    roads: pd.DataFrame, streets: Streets, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return the nodes at the ends of some links, and where they are."""
    lines = roads.geometry.to_numpy()[chosen]
    names = np.concatenate([streets.a[chosen], streets.b[chosen]])
    points = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    unique, first = np.unique(names.astype(str), return_index=True)
    return unique.astype(object), shapely.get_coordinates(points[first])


def _shared(
    people: People, names: NDArray[np.object_], distance: NDArray[np.float64], nearest: NDArray[np.intp]
) -> list[tuple[int, str, float, float, float]]:
    """Return for each zone the nodes most of its people lead to: zone, node, mean distance, capacity, not a gate."""
    some = np.flatnonzero((people.zone >= 0) & (people.weight > 0))
    zone, node, weight = people.zone[some], nearest[some], people.weight[some]
    pair, of = np.unique(np.stack([zone, node]), axis=1, return_inverse=True)
    n = pair.shape[1]
    held, way = np.bincount(of.ravel(), weight, n), np.bincount(of.ravel(), weight * distance[some], n)
    order = np.lexsort((pair[1], -held, pair[0]))
    pair, held, way = pair[:, order], held[order], way[order]
    # the place of each among those of its zone
    first = np.searchsorted(pair[0], pair[0])
    kept = np.arange(n) - first < MOST
    # those left out lead to the nodes kept, in proportion
    whole = np.bincount(zone, weight, len(people.ids))
    share = held / np.maximum(np.bincount(pair[0][kept], held[kept], len(people.ids))[pair[0]], 1e-300)
    size = PER_PERSON * whole[pair[0]] * share
    return [
        (int(pair[0, k]), str(names[pair[1, k]]), float(way[k] / held[k]), float(size[k]), 0.0)
        for k in np.flatnonzero(kept)
    ]


def _gate_zones(city: City, people: People, gates: dict[str, float]) -> tuple[NDArray[np.object_], dict[str, int]]:
    """Return all zones with those of gateways, and the zone of each gateway.

    Where the City's own demand names zones, what comes from beyond is in them: a gateway belongs to the zone it lies in
    or that is nearest. Else each gateway is a zone of its own.
    """
    nodes = sorted(gates)
    if not nodes:
        return people.ids, {}
    if not len(city.demand):
        ids = np.concatenate([people.ids, np.array([f"gate:{node}" for node in nodes], dtype=object)])
        return ids, {node: len(people.ids) + k for k, node in enumerate(nodes)}
    lines = city.roads.geometry.to_numpy()
    spots: dict[str, shapely.Point] = {}
    for column, end in (("to_node", -1), ("from_node", 0)):
        at = city.roads[column].to_numpy(object)
        rows = np.flatnonzero(np.isin(at.astype(str), nodes))
        spots.update(zip(at[rows].tolist(), shapely.get_point(lines[rows], end), strict=True))
    known = [node for node in nodes if node in spots]
    shapes = city.zones.geometry.to_numpy()[pd.Index(city.zones["id"]).get_indexer(pd.Index(people.ids))]
    near = shapely.STRtree(shapes).nearest([spots[node] for node in known]) if known else []
    return people.ids, {node: int(z) for node, z in zip(known, near, strict=True)}


def _both_ways(
    ids: NDArray[np.object_], rows: list[tuple[int, str, float, float, float]], turns: Turns, gates: dict[str, int]
) -> Connectors:
    made: list[tuple[int, str, bool, float, float, float, bool]] = []
    for zone, node, distance, capacity, gate in rows:
        free = GATE_TIME if gate else max(distance / PACE, LEAST_TIME)
        size = distance if not gate else 0.0
        made += [(zone, out, True, size, free, capacity, gate > 0) for out in turns.outs.get(node, [node])]
        made += [(zone, into, False, size, free, capacity, gate > 0) for into in turns.ins.get(node, [node])]
    columns = list(zip(*made, strict=True)) if made else [()] * 7
    node_names = np.empty(len(made), dtype=object)
    node_names[:] = list(columns[1])
    return Connectors(
        ids, np.array(columns[0], dtype=np.int64), node_names, np.array(columns[2], dtype=bool),
        np.array(columns[3], dtype=float), np.array(columns[4], dtype=float), np.array(columns[5], dtype=float),
        np.array(columns[6], dtype=bool), gates,
    )  # fmt: skip
