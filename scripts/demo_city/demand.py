"""Travel demand between zones and the street counts that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from demo_city.dice import dice
from demo_city.people import zone_of

if TYPE_CHECKING:
    import geopandas as gpd

    from demo_city.table import District, Floats

PERIODS = {
    # share of the day's trips, part of them on the way out (the rest on the way back)
    "night": (0.07, 0.50),
    "morning": (0.18, 0.70),
    "midday": (0.36, 0.50),
    "afternoon": (0.23, 0.35),
    "evening": (0.16, 0.45),
}
CLASSES = ("car", "car_electric", "truck_light", "truck_heavy")
LOCAL_MIX = np.array([0.68, 0.22, 0.085, 0.015])
THROUGH_MIX = np.array([0.66, 0.20, 0.090, 0.050])
LEAST = {"car": 0.5, "car_electric": 0.4, "truck_light": 0.3, "truck_heavy": 0.3}
"""Smaller flows [veh per period] are left out, so that the table stays small."""
DECAY = 1800.0
BASIS = "synthetic gravity model, average day, vehicles per period"
HOURS_OF_CAPACITY = 11.0
STEPS = 20
PACE = {"trunk": 0.95, "primary": 0.90, "secondary": 0.70, "tertiary": 0.60, "residential": 0.50}
"""Free speed over the length of a link as a share of the speed limit, by kind of street."""
NODE_DELAY = {"trunk": 2.0, "primary": 5.0, "secondary": 8.0, "tertiary": 10.0, "residential": 14.0}
"""Seconds lost at the end of a link, by kind of street."""


@dataclass(frozen=True)
class Flows:
    """Vehicles per day on each row of ``roads``: all, and heavy ones."""

    all: Floats
    heavy: Floats


def demand(
    district: District, zones: gpd.GeoDataFrame, houses: gpd.GeoDataFrame, roads: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, gpd.GeoDataFrame, Flows]:
    """Return the table ``demand``, the roads with counts on some links, and the flows behind the counts.

    Gravity with distance decay between homes, jobs and the gateways at the district's edge; trips leave a zone
    at the street node nearest to its middle, or at its gateway. The counts are an incremental assignment of
    this demand with an error of up to 8 %.
    """
    gateways = _gateways(district, zones)
    terminals, index = _terminals(zones, roads, gateways)
    out, back, through = _margins(zones, houses, gateways)
    distance = _costs(roads, index, roads["length"].to_numpy())[np.ix_(terminals, terminals)]
    daily = _furness(out, back, np.exp(-distance / DECAY) * _wanted(through))
    table = _table(zones, daily, through)
    flows = _assigned(zones, roads, table, terminals, index)
    return table, _counted(roads, flows, district.seed), flows


def _gateways(district: District, zones: gpd.GeoDataFrame) -> dict[int, tuple[tuple[float, float], float]]:
    """Zone row → (point, vehicles per day and direction); the largest gateway gives a zone its place."""
    found: dict[int, tuple[tuple[float, float], float]] = {}
    tree = shapely.STRtree(zones.geometry.to_numpy())
    for row in sorted(district.raw["gateways"].values(), key=lambda g: -g["vehicles"]):
        spot = district.at(row["at"])
        k = int(tree.nearest(shapely.Point(spot)))
        at, before = found.get(k, (spot, 0.0))
        found[k] = (at, before + float(row["vehicles"]))
    return found


def _terminals(
    zones: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, gateways: dict[int, tuple[tuple[float, float], float]]
) -> tuple[np.ndarray, dict[str, int]]:
    """Node of the street network at which each zone is joined to it, and the numbers of the nodes."""
    ends = {}
    for node, line in zip(roads["from_node"], roads.geometry, strict=True):
        ends.setdefault(node, line.coords[0])
    names = sorted(ends)
    index = {name: i for i, name in enumerate(names)}
    spots = np.array([ends[name] for name in names])
    level = roads.groupby("from_node")["level"].apply(lambda s: bool((s == 0).any()))
    ground = np.array([bool(level[name]) for name in names])
    chosen = []
    for k, zone in enumerate(zones.geometry):
        at = np.array(gateways[k][0] if k in gateways else zone.representative_point().coords[0])
        gap = np.hypot(*(spots - at).T) + np.where(ground, 0.0, 1e4)
        chosen.append(int(gap.argmin()))
    return np.array(chosen), index


def _margins(
    zones: gpd.GeoDataFrame, houses: gpd.GeoDataFrame, gateways: dict[int, tuple[tuple[float, float], float]]
) -> tuple[Floats, Floats, Floats]:
    """Trips per day that start (from homes) and end (at jobs and shops) in each zone; gateway trips apart."""
    at = zone_of(zones, houses)
    n = len(zones)
    residents = np.bincount(at, houses["residents"], n)
    jobs = np.bincount(at, houses["jobs"], n)
    through = np.zeros(n)
    for k, (_, vehicles) in gateways.items():
        through[k] = vehicles
    out = 0.50 * residents + 0.10 * jobs + through
    back = 0.15 * residents + 1.20 * jobs + through
    return out, back * out.sum() / back.sum(), through


def _wanted(through: Floats) -> Floats:
    """Relative wish to travel: none within a zone; traffic passing by seldom has its errand here."""
    passing = through > 0
    wish = np.where(passing[:, None] & passing[None, :], 3.0, 1.0)
    np.fill_diagonal(wish, 0.0)
    return wish


def _furness(out: Floats, back: Floats, seed: Floats) -> Floats:
    matrix = seed.copy()
    for _ in range(60):
        matrix *= (out / np.maximum(matrix.sum(1), 1e-9))[:, None]
        matrix *= (back / np.maximum(matrix.sum(0), 1e-9))[None, :]
    return matrix


def _table(zones: gpd.GeoDataFrame, daily: Floats, through: Floats) -> pd.DataFrame:
    ids = zones["id"].to_numpy()
    passing = (through > 0)[:, None] & (through > 0)[None, :]
    frames = []
    for period, (share, outward) in PERIODS.items():
        trips = share * (outward * daily + (1 - outward) * daily.T)
        for c, name in enumerate(CLASSES):
            flow = np.round(trips * np.where(passing, THROUGH_MIX[c], LOCAL_MIX[c]), 1)
            i, j = np.nonzero(flow >= LEAST[name])
            frames.append(
                pd.DataFrame(
                    {
                        "period": period,
                        "vehicle_class": name,
                        "origin": ids[i],
                        "destination": ids[j],
                        "trips": flow[i, j],
                    }
                )
            )
    table = pd.concat(frames, ignore_index=True)
    table["basis"] = BASIS
    table["id"] = [f"d{k:05d}" for k in range(len(table))]
    return table


def _assigned(
    zones: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    table: pd.DataFrame,
    terminals: np.ndarray,
    index: dict[str, int],
) -> Flows:
    """Load the day's trips in small steps on the quickest ways, each step seeing the delay of the last ones."""
    n = len(zones)
    row = {zone: k for k, zone in enumerate(zones["id"])}
    o, d = table["origin"].map(row).to_numpy(), table["destination"].map(row).to_numpy()
    total, heavy = np.zeros((n, n)), np.zeros((n, n))
    np.add.at(total, (o, d), table["trips"].to_numpy())
    is_heavy = (table["vehicle_class"] == "truck_heavy").to_numpy()
    np.add.at(heavy, (o[is_heavy], d[is_heavy]), table["trips"].to_numpy()[is_heavy])
    free = (
        roads["length"].to_numpy() / (roads["speed"].to_numpy() / 3.6 * roads["kind"].map(PACE).to_numpy())
        + roads["kind"].map(NODE_DELAY).to_numpy()
    )
    capacity = roads["capacity"].to_numpy() * HOURS_OF_CAPACITY
    flow, heavy_flow = np.zeros(len(roads)), np.zeros(len(roads))
    for _ in range(STEPS):
        cost = free * (1.0 + 0.6 * (flow / capacity) ** 4)
        step, heavy_step = _all_or_nothing(roads, index, cost, terminals, total, heavy)
        flow += step / STEPS
        heavy_flow += heavy_step / STEPS
    return Flows(flow, heavy_flow)


def _costs(roads: gpd.GeoDataFrame, index: dict[str, int], cost: Floats) -> Floats:
    return dijkstra(_graph(roads, index, cost)[0])


def _graph(
    roads: gpd.GeoDataFrame, index: dict[str, int], cost: Floats
) -> tuple[csr_matrix, dict[tuple[int, int], int]]:
    """Return the network as a matrix (the cheapest of parallel links) and the row of ``roads`` behind each entry."""
    best: dict[tuple[int, int], int] = {}
    for k, (a, b) in enumerate(zip(roads["from_node"], roads["to_node"], strict=True)):
        pair = (index[a], index[b])
        if pair not in best or cost[k] < cost[best[pair]]:
            best[pair] = k
    pairs = np.array(list(best))
    values = cost[list(best.values())]
    return csr_matrix((values, (pairs[:, 0], pairs[:, 1])), shape=(len(index), len(index))), best


def _all_or_nothing(
    roads: gpd.GeoDataFrame,
    index: dict[str, int],
    cost: Floats,
    terminals: np.ndarray,
    total: Floats,
    heavy: Floats,
) -> tuple[Floats, Floats]:
    graph, link = _graph(roads, index, cost)
    length, before = dijkstra(graph, indices=terminals, return_predecessors=True)
    flow, heavy_flow = np.zeros(len(roads)), np.zeros(len(roads))
    for k in range(len(terminals)):
        # From the farthest node inwards, each passes on what it carries to the node before it.
        load, load_heavy = np.zeros(len(index)), np.zeros(len(index))
        np.add.at(load, terminals, total[k])
        np.add.at(load_heavy, terminals, heavy[k])
        for node in np.argsort(-np.where(np.isfinite(length[k]), length[k], -1.0), kind="stable"):
            last = int(before[k, node])
            if last < 0 or load[node] == 0:
                continue
            row = link[last, int(node)]
            flow[row] += load[node]
            heavy_flow[row] += load_heavy[node]
            load[last] += load[node]
            load_heavy[last] += load_heavy[node]
    return flow, heavy_flow


COUNTED = (
    "Hornsgatan",
    "Ringvägen",
    "Götgatan",
    "Långholmsgatan",
    "Folkungagatan",
    "Söder Mälarstrand",
    "Stadsgårdsleden",
    "Liljeholmsbron",
    "Västerbron",
    "Johanneshovsbron",
    "Söderledstunneln",
    "Centralbron",
    "Skanstullsbron",
    "Rosenlundsgatan",
    "Sjöviksvägen",
    "Norr Mälarstrand",
)
"""Streets with counts; the longest busy links of each carry them."""
LEAST_COUNTED = 1500.0
"""A street with fewer vehicles a day is not counted."""


def _counted(roads: gpd.GeoDataFrame, flows: Flows, seed: int) -> gpd.GeoDataFrame:
    roads = roads.copy()
    wanted = {"Hornsgatan": 5, "Ringvägen": 3, "Götgatan": 2}
    number = roads["id"].str[:4]
    both = pd.Series(flows.all).groupby(number.to_numpy()).sum()
    rows: list[int] = []
    for street in COUNTED:
        here = roads[(roads["name"] == street) & roads["id"].str.endswith("a") & (number.map(both) > LEAST_COUNTED)]
        order = here.assign(order=-here["length"].round(1)).sort_values(["order", "id"])
        for link in order["id"].head(wanted.get(street, 1)):
            rows += [int(k) for k in np.flatnonzero(number == link[:4])]
    aadt, share = np.full(len(roads), np.nan), np.full(len(roads), np.nan)
    for k in rows:
        error = float(dice("count", seed, roads["id"].iloc[k]).uniform(-0.08, 0.08))
        aadt[k] = round(flows.all[k] * (1 + error) / 10.0) * 10.0
        share[k] = round(100.0 * flows.heavy[k] / max(flows.all[k], 1.0), 1)
    roads["aadt"], roads["heavy_share"] = aadt, share
    return roads
