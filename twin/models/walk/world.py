"""The walk network with all that stands on it, and what of it is no longer as it was after an edit."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from twin.models.walk import network as net
from twin.models.walk.access import Access, Doors, disturbed, doors, joined, nearest
from twin.models.walk.names import MILLI, TABLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.changes import Changes
    from twin.city.city import City

PLACE_KINDS = {"school": 0, "stop": 1, "station": 1}
GREEN = ("park", "green", "forest")
_MAX_NEW = 2_000


@dataclass(frozen=True)
class Settings:
    """What of the parameters shapes the world.

    ``access_limit`` [m] to the network, ``green_min`` [m²], ``green_gap`` [m]; see the table of parameters.
    """

    rules: net.Rules
    access_limit: float
    green_min: float
    green_gap: float


@dataclass(frozen=True, eq=False)
class Things:
    """Rows of a table on the network: their ids and shapes, where they meet it, and integer weights (n, k)."""

    ids: NDArray[np.object_]
    shapes: NDArray[np.object_]
    tree: shapely.STRtree
    access: Access
    weights: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Areas:
    """Green areas: ids, shapes, size in whole square metres, and the doors that lead into them."""

    ids: NDArray[np.object_]
    shapes: NDArray[np.object_]
    tree: shapely.STRtree
    size: NDArray[np.int64]
    doors: Doors


@dataclass(frozen=True, eq=False)
class World:
    """Network, houses, places and green areas."""

    network: net.Network
    homes: Things
    places: Things
    areas: Areas

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        things = len(self.homes.ids) + len(self.places.ids) + len(self.areas.ids)
        return self.network.nbytes + 1200 * things + 32 * len(self.areas.doors.area)


@dataclass
class Spots:
    """Places on the network where something came, went or changed: links and points on them."""

    links: NDArray[np.int64]
    at_link: NDArray[np.int64]
    at: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Step:
    """From one World to the next.

    Attributes
    ----------
    world : World
    rows : array of int, shape (n,)
        For each house now its row before, -1 for none.
    moved : array of bool, shape (n,)
        Houses that are new or meet the network elsewhere.
    before, after : Spots
        What is no longer so, on the network as it was and as it is.
    """

    world: World
    rows: NDArray[np.intp]
    moved: NDArray[np.bool_]
    before: Spots
    after: Spots


def build(city: City, settings: Settings) -> World:
    """Return the World of a City."""
    network = net.build(city.paths, settings.rules)
    homes, places = (_things(part, settings, network) for part in (_homes(city), _places(city)))
    ids, shapes, size = _green(city, settings)
    found = doors(network, shapes, settings.green_gap, settings.access_limit)
    areas = Areas(ids, shapes, shapely.STRtree(shapes), size, found)
    return World(network, homes, places, areas)


def update(old: World, city: City, changed: Changes, settings: Settings) -> Step | None:
    """Return the next World; None when it is better built anew.

    Parameters
    ----------
    old : World
    city : City
        As it is now.
    changed : Changes
        Names at least all rows of the tables read that are not as they were.
    """
    touched = {name: changed.of(name) for name in TABLES}
    if any(ids is None for ids in touched.values()):
        return None
    names = {name: ids or frozenset() for name, ids in touched.items()}
    network, gone, new = old.network, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if names["paths"]:
        network, gone, new = net.update(old.network, city.paths, names["paths"], settings.rules)
        if len(network.ids) - network.in_tree > _MAX_NEW:
            return None
    lines = np.concatenate([old.network.lines[gone], network.lines[new]])
    homes, home_rows = _next(old.homes, _homes(city), names["buildings"], network, lines, settings)
    places, place_rows = _next(old.places, _places(city), names["places"], network, lines, settings)
    areas, lost, won = _next_areas(old.areas, city, names["cover"], network, lines, settings)
    before, after = Spots(gone, *lost), Spots(new, *won)
    moved = np.zeros(len(homes.ids), dtype=bool)
    for was, now, rows in ((old.homes, homes, home_rows), (old.places, places, place_rows)):
        placed, weighed = _differences(was, now, rows)
        if now is homes:
            moved = placed
        _note(before, was, _left(rows[~(placed | weighed)], len(was.ids)))
        _note(after, now, placed | weighed)
    return Step(World(network, homes, places, areas), home_rows, moved, before, after)


def _homes(city: City) -> tuple[Any, Any, Any]:
    frame = city.buildings
    top = (frame["parent"] == "").to_numpy(dtype=bool)
    people = np.stack([frame[name].to_numpy(dtype=float)[top] for name in ("residents", "jobs")], axis=1)
    weights = np.rint(np.nan_to_num(people) * MILLI).astype(np.int64)
    return frame["id"].to_numpy(object)[top], np.asarray(frame.geometry.to_numpy(), dtype=object)[top], weights


def _places(city: City) -> tuple[Any, Any, Any]:
    frame = city.places
    kind = frame["kind"].map(PLACE_KINDS).to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(kind)
    shapes: Any = np.asarray(frame.geometry.to_numpy(), dtype=object)[known]
    return frame["id"].to_numpy(object)[known], shapes, kind[known].astype(np.int64)[:, None]


def _green(city: City, settings: Settings) -> tuple[Any, Any, Any]:
    frame = city.cover
    shapes: Any = np.asarray(frame.geometry.to_numpy(), dtype=object)
    size = shapely.area(shapes) if len(shapes) else np.zeros(0)
    use = frame["kind"].isin(GREEN).to_numpy(dtype=bool) & (size >= settings.green_min)
    return frame["id"].to_numpy(object)[use], shapes[use], np.rint(size[use]).astype(np.int64)


def _things(part: tuple[Any, Any, Any], settings: Settings, network: net.Network) -> Things:
    ids, shapes, weights = part
    return Things(ids, shapes, shapely.STRtree(shapes), nearest(network, shapes, settings.access_limit), weights)


def _rows_before(old: Any, ids: Any) -> NDArray[np.intp]:
    if len(old) == len(ids) and bool((old == ids).all()):
        return np.arange(len(ids))
    return np.asarray(pd.Index(old).get_indexer(pd.Index(ids)))


def _next(
    old: Things, part: tuple[Any, Any, Any], touched: frozenset[str], network: net.Network, lines: Any, s: Settings
) -> tuple[Things, NDArray[np.intp]]:
    """Return the things as they are now and the row of each before; only what may differ is looked at again."""
    ids, shapes, weights = part
    if not touched:
        ids, shapes, weights, tree, rows = old.ids, old.shapes, old.weights, old.tree, np.arange(len(old.ids))
        access = old.access
    else:
        rows, tree = _rows_before(old.ids, ids), shapely.STRtree(shapes)
        access = old.access.mapped(rows)
    again = np.zeros(len(ids), dtype=bool)
    if touched:
        again = np.isin(ids, list(touched)) | (rows < 0)
    again[disturbed(access, tree, lines, s.access_limit)] = True
    if not again.any() and not touched:
        return old, rows
    look = np.flatnonzero(again)
    access = access.taken(look, nearest(network, shapes[look], s.access_limit))
    return Things(ids, shapes, tree, access, weights), rows


def _differences(was: Things, now: Things, rows: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which things now meet the network elsewhere (or are new), and which weigh something else."""
    if was is now:
        none = np.zeros(len(rows), dtype=bool)
        return none, none
    new = rows < 0
    back = np.where(new, 0, rows)
    if not len(was.ids):
        return np.ones(len(rows), dtype=bool), np.ones(len(rows), dtype=bool)
    a, b = was.access, now.access
    placed = new | (a.link[back] != b.link) | (a.at[back] != b.at) | (a.off[back] != b.off)
    weighed = new | (was.weights[back] != now.weights).any(axis=1)
    return placed, weighed


def _left(kept: NDArray[np.intp], n: int) -> NDArray[np.bool_]:
    left = np.ones(n, dtype=bool)
    left[kept] = False
    return left


def _note(spots: Spots, things: Things, rows: NDArray[np.bool_]) -> None:
    on = rows & (things.access.link >= 0)
    if on.any():
        spots.at_link = np.concatenate([spots.at_link, things.access.link[on]])
        spots.at = np.concatenate([spots.at, things.access.at[on]])


def _next_areas(
    old: Areas, city: City, touched: frozenset[str], network: net.Network, lines: Any, s: Settings
) -> tuple[Areas, tuple[Any, Any], tuple[Any, Any]]:
    """Return the green areas now, and the points on links of the doors that went and that came."""
    nowhere = (np.zeros(0, dtype=np.int64), np.zeros(0))
    if not touched and not len(lines):
        return old, nowhere, nowhere
    ids, shapes, size, tree, rows = old.ids, old.shapes, old.size, old.tree, np.arange(len(old.ids))
    again = np.zeros(len(ids), dtype=bool)
    if touched:
        ids, shapes, size = _green(city, s)
        rows, tree = _rows_before(old.ids, ids), shapely.STRtree(shapes)
        again = np.isin(ids, list(touched)) | (rows < 0)
    if len(lines) and len(ids):
        again[tree.query(lines, predicate="dwithin", distance=s.green_gap)[1]] = True
    number = np.full(len(old.ids), -1, dtype=np.int64)
    number[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    # an area with one door some way off may have a nearer one now
    lone = np.bincount(old.doors.area[old.doors.off <= s.green_gap], minlength=len(old.ids)) == 0
    again[number[lone & (number >= 0)]] = True
    look = np.flatnonzero(again)
    fresh = doors(network, shapes[look], s.green_gap, s.access_limit)
    fresh = dataclasses.replace(fresh, area=look[fresh.area])
    area = number[old.doors.area]
    stays = (area >= 0) & ~again[area]
    kept, gone = dataclasses.replace(old.doors.where(stays), area=area[stays]), old.doors.where(~stays)
    lost, won = _exchanged(gone, old.size, number, fresh, size)
    return Areas(ids, shapes, tree, size, joined(kept, fresh)), lost, won


def _exchanged(gone: Doors, size: Any, number: Any, fresh: Doors, now: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return link and place of the doors among ``gone`` and ``fresh`` that are not in both."""
    a = list(zip(number[gone.area], gone.link, gone.at, gone.off, size[gone.area], strict=True))
    b = list(zip(fresh.area, fresh.link, fresh.at, fresh.off, now[fresh.area], strict=True))
    both = set(a) & set(b)
    lost, won = ([door not in both for door in part] for part in (a, b))
    return (gone.link[lost], gone.at[lost]), (fresh.link[won], fresh.at[won])
