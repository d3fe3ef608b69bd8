"""Who lives where in a City, as measures take it: zones with the counts of one grouping, and finer units within them.

A zone's people are spread over its houses by their residents and gathered on a grid, each unit with the mix of its
zone: nothing finer is known. Units say from where one walks, not who lives behind which door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.city.residents import zone_of
from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.city import City

    Floats = NDArray[np.float64]

ORIGIN = "origin"
WHOLE = 2.0**20
"""Parts of a person are rounded to 1/WHOLE, so that sums do not depend on their order."""


@dataclass(frozen=True)
class Who:
    """Which people are looked at.

    Attributes
    ----------
    grouping : str
        ``population.dimension``; "" = origin where there is such a one, else the first by name.
    groups : tuple of str
        Groups that are told apart, all of the grouping when empty; who is in none of them counts among the others.
    group : str
        The group set against all others; "" = the first by name.
    area : tuple of str
        Ids of the zones measured, all when empty; people around them stay in their neighbourhoods.
    kind : str
        Kind of zones; "" = that of most zones with people.
    cell : float [m]
        Width of the grid that a zone's houses are gathered on; 0 = one unit per zone.
    """

    grouping: str = ""
    groups: tuple[str, ...] = ()
    group: str = ""
    area: tuple[str, ...] = ()
    kind: str = ""
    cell: float = 100.0


@dataclass(frozen=True, eq=False)
class People:
    """Zones with people, and the units they are spread over.

    Attributes
    ----------
    grouping : str
    groups : tuple of str
        By name; the last may be ``"other"``.
    group : int
        Number of the group set against the others.
    zones : array of str, shape (z,)
    counts : array, shape (z, g) [persons]
    inside : array of bool, shape (z,)
        Zones that are measured.
    kind : str
    unit_zone : array of int, shape (n,)
        Zone of each unit.
    unit_ids : array of str, shape (n,)
    at : array, shape (n, 2) [m]
    unit_counts : array, shape (n, g) [persons]
    """

    grouping: str
    groups: tuple[str, ...]
    group: int
    zones: NDArray[np.object_]
    counts: Floats
    inside: NDArray[np.bool_]
    kind: str
    unit_zone: NDArray[np.int64]
    unit_ids: NDArray[np.object_]
    at: Floats
    unit_counts: Floats

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        return self.unit_counts.nbytes + self.counts.nbytes + 120 * (len(self.unit_ids) + len(self.zones))

    @property
    def units_inside(self) -> NDArray[np.bool_]:
        """Units that are measured."""
        return np.asarray(self.inside[self.unit_zone], dtype=bool)

    def same(self, other: People) -> bool:
        """Say whether all is as in another."""
        return (
            (self.grouping, self.groups, self.group, self.kind)
            == (other.grouping, other.groups, other.group, other.kind)
            and self.unit_ids.tolist() == other.unit_ids.tolist()
            and self.zones.tolist() == other.zones.tolist()
            and bool((self.inside == other.inside).all())
            and np.array_equal(self.counts, other.counts, equal_nan=True)
            and np.array_equal(self.at, other.at)
            and np.array_equal(self.unit_counts, other.unit_counts, equal_nan=True)
        )


def groupings(city: City) -> dict[str, tuple[str, ...]]:
    """Return the groups of each grouping in which at least two have a row, both by name."""
    table = city.population
    if not len(table):
        return {}
    found = table.groupby("dimension", sort=True)["group"].unique()
    return {str(name): tuple(sorted(map(str, groups))) for name, groups in found.items() if len(groups) > 1}


def chosen(city: City, grouping: str = "", group: str = "") -> tuple[str, str]:
    """Return the grouping and the group looked at when some are named, or none; "" where there are none."""
    known = groupings(city)
    if not known:
        return "", ""
    first = grouping or (ORIGIN if ORIGIN in known else next(iter(known)))
    return first, group or next(iter(known.get(first, ())), "")


def read(city: City, who: Who) -> People | None:
    """Return the people of a City; None where no zone has people of two groups.

    Parameters
    ----------
    city : City
        Reads ``zones``, ``population`` and the residents of ``buildings``.
    who : Who

    Raises
    ------
    BadInput
        When a grouping, a group, a kind or a zone is named that is not there.
    """
    known = groupings(city)
    if not known:
        return None
    grouping, _ = chosen(city, who.grouping)
    _check("grouping", (grouping,), known)
    names = known[grouping]
    _check("group", who.groups, names)
    rows = city.population[city.population["dimension"] == grouping]
    wide = rows.groupby(["zone", "group"], sort=True)["persons"].sum(min_count=1).unstack()
    zones, kind = _zones(city, wide.index, who.kind)
    if not len(zones):
        return None
    table = wide.reindex(zones["id"])[list(names)]
    listed = rows.groupby("zone")["group"].count().reindex(table.index)
    missing = rows[rows["persons"].isna()].groupby("zone").size().reindex(table.index).fillna(0)
    counts = table.fillna(0.0).to_numpy(dtype=float, copy=True)
    counts[(missing > 0).to_numpy() | (listed == 0).to_numpy()] = np.nan
    groups, counts = _told_apart(names, counts, who.groups)
    group = who.group or groups[0]
    _check("group", (group,), groups)
    ids = zones["id"].to_numpy(object)
    _check("zone", who.area, ids.tolist())
    inside = np.isin(ids.astype(str), who.area) if who.area else np.ones(len(ids), dtype=bool)
    unit_zone, unit_ids, at, part = _units(city, zones, who.cell)
    unit_counts = np.rint(counts[unit_zone] * part[:, None] * WHOLE) / WHOLE
    return People(
        grouping, groups, groups.index(group), ids, counts, inside, kind, unit_zone, unit_ids, at, unit_counts
    )


def _check(what: str, wanted: Sequence[str], known: Sequence[str] | dict[str, tuple[str, ...]]) -> None:
    have = set(known)
    for name in wanted:
        if name not in have:
            shown = ", ".join(list(known)[:20]) + (" …" if len(have) > 20 else "")
            raise BadInput(
                "segregation.{what}: there is no {name}; there are: {known}.", what=what, name=name, known=shown
            )


def _zones(city: City, inhabited: pd.Index[str], kind: str) -> tuple[pd.DataFrame, str]:
    zones = city.zones[city.zones["id"].isin(inhabited)]
    if not len(zones):
        return zones, kind
    counts = zones["kind"].value_counts()
    _check("kind", (kind,) if kind else (), [str(name) for name in counts.index])
    chosen = kind or str(counts.index[0])
    return zones[zones["kind"] == chosen].sort_values("id").reset_index(drop=True), chosen


def _told_apart(names: Sequence[str], counts: Floats, wanted: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Return the groups and counts with those not wanted put together as «other»."""
    if not wanted or set(wanted) == set(names):
        return tuple(names), counts
    keep = [i for i, name in enumerate(names) if name in wanted]
    rest = [i for i, name in enumerate(names) if name not in wanted]
    both = np.concatenate([counts[:, keep], counts[:, rest].sum(axis=1, keepdims=True)], axis=1)
    return (*(names[i] for i in keep), "other"), both


def _units(
    city: City, zones: pd.DataFrame, cell: float
) -> tuple[NDArray[np.int64], NDArray[np.object_], Floats, Floats]:
    """Return of each unit its zone, id, place and part of the zone's people; in the order of zones."""
    shapes = zones.geometry.to_numpy()
    frame = city.buildings
    lived = (frame["parent"] == "").to_numpy(dtype=bool) & (frame["residents"].to_numpy(dtype=float) > 0)
    houses = frame[lived]
    zone, at, weight = np.zeros(0, dtype=np.int64), np.zeros((0, 2)), np.zeros(0)
    if len(houses):
        zone = zone_of(houses, zones)
        at = shapely.get_coordinates(shapely.centroid(houses.geometry.to_numpy()))
        weight = houses["residents"].to_numpy(dtype=float)
        on = zone >= 0
        zone, at, weight = zone[on], at[on], weight[on]
    bare = np.setdiff1d(np.arange(len(zones)), zone)
    zone = np.concatenate([zone, bare])
    at = np.concatenate([at, shapely.get_coordinates(shapely.point_on_surface(shapes[bare]))])
    weight = np.concatenate([weight, np.ones(len(bare))])
    column = np.floor(at / cell).astype(np.int64) if cell > 0 else np.zeros(at.shape, dtype=np.int64)
    key = pd.DataFrame({"zone": zone, "x": column[:, 0], "y": column[:, 1]})
    made = key.assign(w=weight, wx=weight * at[:, 0], wy=weight * at[:, 1]).groupby(["zone", "x", "y"], sort=True).sum()
    w = made["w"].to_numpy()
    places = np.stack([made["wx"].to_numpy() / w, made["wy"].to_numpy() / w], axis=1)
    of = made.index.get_level_values("zone").to_numpy(dtype=np.int64)
    names = zones["id"].to_numpy(object)[of]
    ids = np.array([f"{n}|{x},{y}" for n, (_, x, y) in zip(names, made.index, strict=True)], dtype=object)
    return of, ids, places, np.asarray(w / np.bincount(of, w)[of])
