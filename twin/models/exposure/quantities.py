"""What people are exposed to where they live, read out of what other models answered: noise, traffic, access.

Each quantity is a list of values at houses, several per house where there are several façades, with the part of the
house's people that each value is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from twin.models.exposure.noise import assigned
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Field
    from twin.models.exposure.groups import Homes
    from twin.result import Result

    Floats = NDArray[np.float64]

FacadeRule = Literal["median", "even", "highest"]
NOISE_INDICATORS = ("Lden", "Lnight", "24h", "24 h")
"""Levels that stand for a day or night, by what their names hold; never mixed in one row."""
NOISE_BREAKS = (45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0)
"""Classes of 5 dB."""
WAY_BREAKS = (200.0, 400.0, 600.0, 800.0, 1_000.0, 1_500.0)
TRAFFIC_BREAKS = (500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 20_000.0)
OWN_STREET = 50.0
"""Furthest a house may be from the street it is said to be on [m]."""
_WALL = 1.0


@dataclass(frozen=True, eq=False)
class Quantity:
    """Something people have at home.

    Attributes
    ----------
    id, title, unit : str
        Title and unit are English of the catalogue.
    home : array of int, shape (n,)
        Row of the houses that each value is for.
    values : array, shape (n,)
    part : array, shape (n,)
        Part of the house's people; the parts of a house add up to 1.
    breaks : tuple of float
        Limits of the classes; without any, nobody is counted by class.
    limit : float
        At or above it people are counted.
    ratio : bool
        Whether it has a true zero, so that a concentration index means something.
    """

    id: str
    title: str
    unit: str
    home: NDArray[np.int64]
    values: Floats
    part: Floats
    breaks: tuple[float, ...]
    limit: float
    ratio: bool


def quantities(
    city: City, homes: Homes, inputs: Mapping[str, Result], limits: Mapping[str, float], rule: FacadeRule
) -> list[Quantity]:
    """Return the quantities that can be had from what was answered.

    Parameters
    ----------
    city : City
    homes : Homes
    inputs : mapping from model to Result
        Any of noise, traffic and reach; without traffic the counted traffic of the streets is taken.
    limits : mapping
        ``noise`` [dB], ``traffic`` [veh/day], ``way`` [m].
    rule : "median", "even" or "highest"
        Which façades of a house its people are put on.
    """
    found = []
    if "noise" in inputs:
        found += _noise(city, homes, inputs["noise"], limits["noise"], rule)
    street = _own_street(city, homes, inputs.get("traffic"), limits["traffic"])
    found += [] if street is None else [street]
    if "reach" in inputs:
        found += _ways(homes, inputs["reach"], limits["way"])
    return found


# --- noise ------------------------------------------------------------------------------------------------------


def _noise(city: City, homes: Homes, result: Result, limit: float, rule: FacadeRule) -> list[Quantity]:
    """Return levels at façades, or where there are none those that houses have; by indicator (Lden, Lnight …)."""
    levels = [one for one in result.fields if one.unit.startswith("dB") and one.values.ndim == 1]
    facades = [one for one in levels if one.where == "facades" and one.places is not None]
    chosen = [one for one in facades or levels if one.where in ("facades", "buildings")]
    of_day = [one for one in chosen if any(name in one.name for name in NOISE_INDICATORS)]
    chosen = of_day or chosen[:1]
    made = []
    for field in chosen:
        if field.where == "facades":
            home, values = _at_walls(city, homes, field)
            home, values, part = shared_over_facades(home, values, rule)
        else:
            home, values = _by_id(homes, field.ids, field.values)
            part = np.ones(len(home))
        id = "noise_" + "".join(c for c in field.name.lower().replace(" ", "_") if c.isalnum() or c == "_")[:40]
        made.append(Quantity(id, field.name, field.unit, home, values, part, NOISE_BREAKS, limit, False))
    return made


def _at_walls(city: City, homes: Homes, field: Field) -> tuple[NDArray[np.int64], Floats]:
    """Return the house and level of every receiver in front of a house with people."""
    from twin.places import Walls

    walls = field.places
    if not isinstance(walls, Walls) or not len(walls.points):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    behind = shapely.points(walls.points[:, :2] - 0.3 * walls.normal)
    frame = city.buildings
    shapes = frame.geometry.to_numpy()
    (receiver, row), _ = shapely.STRtree(shapes).query_nearest(
        behind, max_distance=_WALL, return_distance=True, all_matches=False
    )  # fmt: skip
    parent = frame["parent"].to_numpy(object)
    names = frame["id"].to_numpy(object)[row]
    names = np.where(parent[row] != "", parent[row], names)  # a part's people are its building's
    home = pd.Index(homes.ids).get_indexer(pd.Index(names))
    values = field.values[receiver].astype(float)
    keep = (home >= 0) & np.isfinite(values)
    return home[keep].astype(np.int64), values[keep]


def shared_over_facades(
    home: NDArray[np.int64], values: Floats, rule: FacadeRule
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return which receivers count and with which part of their house's people.

    ``median``: evenly over the louder half of the receivers, the quietest left out where their number is odd, as
    Directive (EU) 2015/996, 2.8, as amended by (EU) 2021/1226 has it where it is not known where dwellings lie, and as
    the noise model counts people; ``even``: over all; ``highest``: all people on the loudest.

    Examples
    --------
    >>> home, values, part = shared_over_facades(np.array([0, 0, 0, 0, 1]), np.array([50.0, 60, 70, 65, 40]), "median")
    >>> values.tolist(), part.tolist()
    ([70.0, 65.0, 40.0], [0.5, 0.5, 1.0])
    """
    if not len(home):
        return home, values, np.zeros(0)
    if rule == "even":
        keep = np.ones(len(home), dtype=bool)
    elif rule == "highest":
        keep = np.zeros(len(home), dtype=bool)
        keep[pd.DataFrame({"home": home, "value": values}).groupby("home")["value"].idxmax().to_numpy()] = True
    else:
        keep = assigned(values, home, np.ones(len(home))) > 0
    chosen = home[keep]
    many = np.bincount(chosen)
    return chosen, values[keep], 1.0 / many[chosen]


# --- traffic and ways -------------------------------------------------------------------------------------------


def _own_street(city: City, homes: Homes, result: Result | None, limit: float) -> Quantity | None:
    """Return the vehicles a day, both ways, on the street nearest to each house."""
    roads = city.roads
    if not len(roads):
        return None
    daily = _daily(city, result)
    lines = roads.geometry.to_numpy()
    usable = np.flatnonzero(np.isfinite(daily) & ~roads["tunnel"].to_numpy(dtype=bool))
    if not len(usable):
        return None
    shapes = city.buildings.geometry.to_numpy()[homes.rows]
    (home, at), _ = shapely.STRtree(lines[usable]).query_nearest(
        shapes, max_distance=OWN_STREET, return_distance=True, all_matches=False
    )  # fmt: skip
    # both directions of a street lie on one line
    ends = np.sort(np.stack([roads[name].to_numpy(object).astype(str) for name in ("from_node", "to_node")]), axis=0)
    length = np.rint(shapely.length(lines) * 10).astype(np.int64)
    street = pd.MultiIndex.from_arrays([ends[0], ends[1], length])
    both = pd.Series(np.nan_to_num(daily)).groupby(street.factorize()[0]).transform("sum").to_numpy()
    title = N_("Traffic on one's own street")
    return Quantity(
        "street", title, N_("veh/day"), home.astype(np.int64), both[usable[at]], np.ones(len(home)), TRAFFIC_BREAKS,
        limit, True,
    )  # fmt: skip


def _daily(city: City, result: Result | None) -> Floats:
    ids = pd.Index(city.roads["id"])
    if result is not None:
        for field in result.fields:
            if field.where == "roads" and field.unit == "veh/day" and field.values.ndim == 1:
                known = pd.Series(field.values.astype(float), index=field.ids)
                return np.asarray(known[~known.index.duplicated()].reindex(ids).to_numpy())
    return np.asarray(city.roads["aadt"].to_numpy(dtype=float))


def _ways(homes: Homes, result: Result, limit: float) -> list[Quantity]:
    made = []
    for field in result.fields:
        if field.unit == "m" and field.where == "buildings":
            home, values = _by_id(homes, field.ids, field.values)
            id = "way_" + field.name.rsplit(" ", 1)[-1].lower()
            made.append(Quantity(id, field.name, "m", home, values, np.ones(len(home)), WAY_BREAKS, limit, True))
    return made


def _by_id(homes: Homes, ids: NDArray[np.object_], values: NDArray[np.float32]) -> tuple[NDArray[np.int64], Floats]:
    at = pd.Index(ids).get_indexer(pd.Index(homes.ids))
    home = np.flatnonzero(at >= 0)
    found = values[at[home]].astype(float)
    known = np.isfinite(found)
    return home[known].astype(np.int64), found[known]
