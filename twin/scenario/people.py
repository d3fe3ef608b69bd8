"""People follow houses: what an edit does to the residents of houses it does to the population of their zones.

So that a new house counts in measures of groups, and one pulled down no longer does. Nobody states who moves: they are
mixed as the zone they come to (an empty zone: as the whole city), their tenure is the house's where it is known. Who
wants another mix says so with :class:`twin.scenario.buildings.HousingTransfer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.changes import combined
from twin.city.residents import tenure_mix
from twin.scenario.edit import Effect
from twin.scenario.tables import appended, changed, ids_of, rows, touched, with_table

if TYPE_CHECKING:
    import pandas as pd

    from twin.city.city import City

TENURE = "tenure"
Coming = list[tuple[str, float, dict[str, float]]]
"""Zone, persons who come (or go, negative), shares of tenures."""


def follow(before: City, effect: Effect) -> Effect:
    """Return the effect of an edit on houses with the population of zones brought in line.

    Parameters
    ----------
    before : City
    effect : Effect
        Of the edit on ``before``.
    """
    ids = effect.changes.of("buildings")
    if not ids or not len(before.population) or not len(before.zones):
        return effect
    coming = _coming(before, ids, -1.0) + _coming(effect.city, ids, 1.0)
    net: dict[str, float] = {}
    for zone, persons, _ in coming:
        net[zone] = net.get(zone, 0.0) + persons
    if not any(net.values()):
        return effect
    frame, changed_ids = _moved(effect.city, net, _by_tenure(coming))
    if not changed_ids:
        return effect
    city = with_table(effect.city, "population", frame)
    return Effect(city, combined([effect.changes, touched("population", changed_ids)]))


def _coming(city: City, ids: frozenset[str], sign: float) -> Coming:
    frame = city.buildings
    mask = (frame["id"].isin(list(ids)) & (frame["parent"] == "") & (frame["residents"] > 0)).to_numpy(dtype=bool)
    if not mask.any():
        return []
    houses = frame[mask]
    inhabited = city.zones[city.zones["id"].isin(city.population["zone"])]
    if not len(inhabited):
        return []
    middles = shapely.point_on_surface(houses.geometry.to_numpy())
    house, zone = shapely.STRtree(inhabited.geometry.to_numpy()).query(middles, predicate="intersects")
    kinds, names = inhabited["kind"].to_numpy(object), inhabited["id"].to_numpy(object)
    persons, tenures = houses["residents"].to_numpy(dtype=float), houses["tenure"].to_numpy(object)
    found: Coming = []
    seen: set[tuple[int, str]] = set()
    for h, z in sorted(zip(house.tolist(), zone.tolist(), strict=True)):
        if (h, kinds[z]) not in seen:  # the first zone of each kind, where several overlap
            seen.add((h, kinds[z]))
            found.append((str(names[z]), sign * float(persons[h]), tenure_mix(str(tenures[h]))))
    return found


def _by_tenure(coming: Coming) -> dict[str, dict[str, float] | None]:
    """Return persons by tenure for each zone; None where that of a house is not known."""
    found: dict[str, dict[str, float] | None] = {}
    for zone, persons, mix in coming:
        own = found.setdefault(zone, {})
        if own is None or not mix:
            found[zone] = None
            continue
        for name, share in mix.items():
            own[name] = own.get(name, 0.0) + persons * share
    return found


def _moved(
    city: City, net: dict[str, float], by_tenure: dict[str, dict[str, float] | None]
) -> tuple[pd.DataFrame, frozenset[str]]:
    table = city.population
    persons = table["persons"].to_numpy(dtype=float).copy()
    zones, dimensions, groups = (table[name].to_numpy(object) for name in ("zone", "dimension", "group"))
    whole = table.groupby(["dimension", "group"])["persons"].sum()
    hit, new = np.zeros(len(table), dtype=bool), list[dict[str, Any]]()
    for zone, delta in net.items():
        here = zones == zone
        for dimension in np.unique(dimensions[here].astype(str)):
            rows_at = np.flatnonzero(here & (dimensions == dimension))
            known = set(groups[dimensions == dimension])
            stated = by_tenure.get(zone) if dimension == TENURE else None
            if stated is not None and set(stated) <= known:
                added = stated
            elif delta:
                added = _in_proportion(delta, groups[rows_at], persons[rows_at], whole[dimension])
            else:
                continue
            for group, count in added.items():
                at = rows_at[groups[rows_at] == group]
                if len(at):
                    persons[at] = np.maximum(np.nan_to_num(persons[at]) + count, 0.0)
                    hit[at] = True
                elif count > 0:
                    row = {"zone": zone, "dimension": dimension, "group": group, "persons": count}
                    new.append({"id": f"{zone}|{dimension}|{group}", **row})
    hit &= persons != table["persons"].to_numpy(dtype=float)
    frame = changed(table, hit, {"persons": persons[hit]}) if hit.any() else table
    ids = ids_of(table, hit) | {str(row["id"]) for row in new}
    if new:
        frame = appended(frame, rows("population", new, [], city.crs))
    return frame, frozenset(ids)


def _in_proportion(delta: float, groups: Any, persons: Any, whole: Any) -> dict[str, float]:
    here = np.nan_to_num(persons)
    if here.sum() > 0:
        shares = dict(zip(groups, here / here.sum(), strict=True))
    elif whole.sum() > 0:
        shares = (whole / whole.sum()).to_dict()
    else:
        return {}
    return {str(group): delta * float(share) for group, share in shares.items()}
