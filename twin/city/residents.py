"""People placed on buildings from the zones they are counted in, so that every total stays as counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from twin.city.city import City

HOMES = frozenset({"residential", "mixed", ""})
"""Uses of buildings people may live in where no dwellings are known; "" is a use not known."""
WORKPLACES = frozenset(
    {"office", "retail", "commercial", "industrial", "public", "school", "preschool", "hospital", "hotel", "culture"}
)
"""Uses of buildings people work in where no jobs are known."""
FLOOR_PER_PERSON, FLOOR_PER_JOB = 50.0, 30.0
"""Floor area for each resident and each job where none are known [m²]; assumptions, to be replaced by counts."""
ESTIMATED_RESIDENTS = N_(
    "No residents are known here: one for each 50 m² of floor area is assumed, in houses that may be homes."
)
ESTIMATED_JOBS = N_("No jobs are known here: one for each 30 m² of floor area is assumed, in workplaces.")
FLOOR_HEIGHT = 3.0
"""Height of a floor where the number of floors is not known [m]; assumption."""


def apportioned(total: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share a whole number out in whole numbers, in proportion to weights, by largest remainder (Hamilton).

    Parameters
    ----------
    total : float
        The number, rounded to a whole one.
    weights : array, shape (n,)
        Not negative; when all are 0 each place weighs the same. Equal remainders go to the first.

    Returns
    -------
    array, shape (n,)
        Whole numbers whose sum is exactly ``round(total)``.

    Examples
    --------
    >>> apportioned(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4.0, 3.0, 3.0]
    """
    whole = round(total)
    if not len(weights):
        return np.zeros(0)
    weights = np.maximum(np.nan_to_num(np.asarray(weights, dtype=float)), 0.0)
    if weights.sum() <= 0:
        weights = np.ones(len(weights))
    exact = weights / weights.sum() * whole
    parts: NDArray[np.float64] = np.floor(exact)
    left = whole - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:left]] += 1.0
    return parts


def place_residents(city: City, dimension: str = "", kind: str = "") -> tuple[City, tuple[Note, ...]]:
    """Place the people of each zone on the buildings whose middle lies in it.

    Dwellings are the weight where any house of the zone has them; else floor area (footprint × floors) of houses
    people may live in. A zone's total is kept exactly (largest remainder). Residents that were known are replaced.

    Parameters
    ----------
    city : City
        With ``zones`` and ``population``.
    dimension : str
        The grouping whose groups make the total; by default the one with the most people, the first of equals.
    kind : str
        Kind of zones; by default the kind with the most zones that hold people.

    Returns
    -------
    City
        With ``residents`` on its buildings; the same object when there is nobody to place.
    tuple of Note
        Zones with people and without a house.
    """
    people = _totals(city, dimension)
    zones = city.zones[city.zones["id"].isin(people)].reset_index(drop=True)
    if kind or len(zones):
        counts = zones["kind"].value_counts()
        zones = zones[zones["kind"] == (kind or str(counts.index[0]))].reset_index(drop=True)
    houses = np.flatnonzero((city.buildings["parent"] == "").to_numpy(dtype=bool))
    if not len(zones) or not len(houses):
        return city, ()
    frame = city.buildings.iloc[houses]
    at = zone_of(frame, zones)
    dwellings = np.nan_to_num(frame["dwellings"].to_numpy(dtype=float))
    area = _floor_area(frame, HOMES)
    residents = np.zeros(len(frame))
    homeless: list[str] = []
    for i, name in enumerate(zones["id"]):
        here = np.flatnonzero(at == i)
        weights = dwellings[here] if dwellings[here].sum() > 0 else area[here]
        if people[name] > 0 and weights.sum() <= 0:
            homeless.append(str(name))
        elif len(here):
            residents[here] = apportioned(people[name], weights)
    column = np.full(len(city.buildings), np.nan)
    column[houses] = residents
    notes: tuple[Note, ...] = ()
    if homeless:
        text = N_("{n} zones with {persons} residents hold no house they could live in")
        lost = round(sum(people[name] for name in homeless))
        notes = (Note("skipped", text, len(homeless), {"persons": lost}, tuple(homeless[:3])),)
    return city.replaced(buildings=city.buildings.assign(residents=column)), notes


def with_people(city: City) -> tuple[City, tuple[str, ...]]:
    """Return the City with residents and jobs on its buildings, and what was assumed for that.

    Residents that no building has are placed from the zones; where there is no population either, they are estimated
    from floor area, and so are jobs. A City in which any building has residents (or jobs) keeps them as they are.

    Returns
    -------
    City
        The same object when there is nothing to add.
    tuple of str
        Assumptions, English of the catalogue.
    """
    assumed: list[str] = []
    if not city.buildings["residents"].notna().any() and len(city.buildings):
        placed, _ = place_residents(city)
        if placed is city:
            placed = _estimated(city, "residents", _floor_area(city.buildings, HOMES), FLOOR_PER_PERSON)
            assumed += [ESTIMATED_RESIDENTS] if placed is not city else []
        city = placed
    if not city.buildings["jobs"].notna().any() and len(city.buildings):
        placed = _estimated(city, "jobs", _floor_area(city.buildings, WORKPLACES), FLOOR_PER_JOB)
        assumed += [ESTIMATED_JOBS] if placed is not city else []
        city = placed
    return city, tuple(assumed)


def _estimated(city: City, column: str, area: NDArray[np.float64], per_person: float) -> City:
    top = (city.buildings["parent"] == "").to_numpy(dtype=bool)
    if not area[top].any():
        return city
    people = np.where(top, np.rint(area / per_person), np.nan)
    return city.replaced(buildings=city.buildings.assign(**{column: people}))


def tenure_text(mix: Mapping[str, float]) -> str:
    """Return a mix of tenures as it stands in ``buildings.tenure``: one word, or words with shares.

    Examples
    --------
    >>> tenure_text({"rental": 0.6, "tenant_owned": 0.4})
    'rental:0.6 tenant_owned:0.4'
    """
    shares = {name: share for name, share in sorted(mix.items()) if share > 0}
    if len(shares) == 1:
        return next(iter(shares))
    return " ".join(f"{name}:{share:g}" for name, share in shares.items())


def tenure_mix(text: str) -> dict[str, float]:
    """Return the shares in a text of ``buildings.tenure``; empty when it is unknown.

    Examples
    --------
    >>> tenure_mix("rental")
    {'rental': 1.0}
    """
    parts = [word.rsplit(":", 1) for word in text.split()]
    return {part[0]: float(part[1]) if len(part) == 2 else 1.0 for part in parts}


def _totals(city: City, dimension: str) -> dict[str, float]:
    table = city.population
    if not len(table):
        return {}
    if not dimension:
        sums = table.groupby("dimension", sort=True)["persons"].sum()
        dimension = str(sums.idxmax())
    rows = table[table["dimension"] == dimension]
    return {str(zone): float(n) for zone, n in rows.groupby("zone")["persons"].sum().items()}


def zone_of(houses: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the number of the zone each house lies in, -1 for none; the first zone where several overlap."""
    middles = shapely.point_on_surface(houses.geometry.to_numpy())
    at, zone = shapely.STRtree(zones.geometry.to_numpy()).query(middles, predicate="intersects")
    result = np.full(len(houses), len(zones), dtype=np.int64)
    np.minimum.at(result, at, zone)
    return np.where(result == len(zones), -1, result)


def _floor_area(houses: gpd.GeoDataFrame, uses: frozenset[str]) -> NDArray[np.float64]:
    floors = houses["floors"].to_numpy(dtype=float)
    by_height = np.maximum(np.rint(houses["height"].to_numpy(dtype=float) / FLOOR_HEIGHT), 1.0)
    floors = np.where(np.isfinite(floors), floors, by_height)
    floors = np.where(np.isfinite(floors), floors, 1.0)
    home = houses["use"].isin(uses).to_numpy(dtype=bool)
    area: NDArray[np.float64] = np.where(home, houses.geometry.area.to_numpy() * floors, 0.0)
    return area
