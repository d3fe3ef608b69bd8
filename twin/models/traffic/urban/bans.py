"""Where which vehicles may not drive, or pay: what a street allows, closures, rule zones with status and hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.hours import within
from twin.errors import BadInput
from twin.models.traffic.urban.vehicles import CLASSES, OLD, PERIODS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from twin.city.city import City

_MEANS = {
    "car": ("car", "car_electric"), "car_electric": ("car_electric",), "truck": ("truck_light", "truck_heavy"),
    "truck_light": ("truck_light",), "truck_heavy": ("truck_heavy",),
}  # fmt: skip
_FUEL = ("car", "truck_light", "truck_heavy")
_BY_CLASS = {"1": ("truck_heavy",), "2": _FUEL, "3": _FUEL}
"""Vehicles an environmental zone is about where it names none: assumption, the Swedish classes in outline."""
ZONE, CHARGE = "environmental_zone", "congestion_charge"
KINDS = (ZONE, "heavy_vehicle_ban", "vehicle_ban")
"""Rules that shut vehicles out; others, such as bans of studded tyres, do not concern where traffic goes."""
_INSIDE = 0.5
"""A link of which at least this share lies in a zone lies in it; a period too, of which so much lies in its hours."""


@dataclass(frozen=True, eq=False)
class Rules:
    """What rules do to road links, by class and period: where they shut out, and what passing costs [kr].

    ``banned`` as :func:`shut_out`, ``charged`` as :func:`charges` returns it.
    """

    banned: Mapping[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)
    charged: Mapping[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)


def rules_of(city: City, proposed: bool) -> Rules:
    """Return what the rules of a City do, those that are only proposed included or not."""
    return Rules(shut_out(city, proposed), charges(city, proposed))


def allowed(city: City) -> NDArray[np.bool_]:
    """Return for each class (row) and road link (column) whether the street lets it in."""
    words, number = np.unique(city.roads["allowed"].to_numpy(object).astype(str), return_inverse=True)
    table = np.zeros((len(words), len(CLASSES)), dtype=bool)
    for row, text in enumerate(words):
        names = text.replace(",", " ").split()
        inside = {one for name in names for one in _MEANS.get(name, ())} if names else set(CLASSES)
        table[row] = [one in inside for one in CLASSES]
    open_ = ~city.roads["closed"].to_numpy(dtype=bool)
    if not len(words):
        return np.zeros((len(CLASSES), 0), dtype=bool)
    lets: NDArray[np.bool_] = np.ascontiguousarray(table[number].T) & open_
    return lets


def shut_out(city: City, proposed: bool) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Return where rule zones shut vehicles out: by class (``car`` or ``car:old``) and period, links as a mask.

    Parameters
    ----------
    city : City
        A rule of ``KINDS`` in force counts. Class 1 and 2 of an environmental zone concern the part of a class that
        is too old, class 3 and other rules all of it. A rule holds in the periods of which at least half lies in its
        hours; one without hours always.
    proposed : bool
        Whether rules count that are not in force.

    Raises
    ------
    BadInput
        When a rule's hours cannot be read; names it.
    """
    rules = _rules(city, KINDS, proposed)
    lines = city.roads.geometry.to_numpy()
    found: dict[tuple[str, str], NDArray[np.bool_]] = {}
    for _, rule in rules.iterrows():
        inside = _inside(lines, rule.geometry)
        if not inside.any():
            continue
        level = str(rule["rule_class"]) if rule["kind"] == ZONE else ""
        names = _named(rule) or list(_BY_CLASS.get(level, ("truck_heavy",)))
        # «car» of an environmental zone is what burns fuel; elsewhere it is every car
        classes = {name for one in names for name in ((one,) if level and one == "car" else _MEANS[one])}
        when = [one.name for one, part in zip(PERIODS, _parts(rule), strict=True) if part >= _INSIDE]
        for name in sorted(classes):
            for period in when:
                key = (f"{name}:{OLD}" if level in ("1", "2") else name, period)
                found[key] = found.get(key, False) | inside
    return found


def charges(city: City, proposed: bool) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return what passing a link costs [kr], by class and period: an array over road links.

    Parameters
    ----------
    city : City
        A congestion charge in force counts; who drives on a link whose ends lie on different sides of its outline
        pays, so on the way in and on the way out. A period of which only a part lies in its hours has that part of the
        charge. Charges add up.
    proposed : bool
        Whether rules count that are not in force.

    Raises
    ------
    BadInput
        When a rule's hours cannot be read, or its charge is negative; names it.
    """
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    rules = _rules(city, (CHARGE,), proposed)
    lines = city.roads.geometry.to_numpy()
    first, last = (shapely.get_point(lines, end) for end in (0, -1)) if len(rules) else (lines, lines)
    for _, rule in rules.iterrows():
        amount = float(np.nan_to_num(rule["charge"]))
        if amount < 0:
            raise BadInput("Rule {rule}: its charge is {value} kr; it must be 0 or more.", rule=rule["id"],
                           value=amount)  # fmt: skip
        crosses = shapely.intersects(rule.geometry, first) != shapely.intersects(rule.geometry, last)
        classes = {name for one in _named(rule) for name in _MEANS[one]} or set(CLASSES)
        for period, part in zip(PERIODS, _parts(rule), strict=True):
            if amount * part > 0 and crosses.any():
                for name in sorted(classes):
                    found[name, period.name] = found.get((name, period.name), 0.0) + crosses * amount * part
    return found


def _rules(city: City, kinds: tuple[str, ...], proposed: bool) -> pd.DataFrame:
    rules: pd.DataFrame = city.rules[city.rules["kind"].isin(kinds)]
    return rules if proposed else rules[rules["status"] == "in_force"]


def _named(rule: pd.Series) -> list[str]:
    """Return the vehicles a rule names."""
    return [one for one in str(rule["vehicle_classes"]).replace(",", " ").split() if one in _MEANS]


def _parts(rule: pd.Series) -> list[float]:
    """Return which part of each period a rule's hours cover."""
    hours = str(rule["hours"])
    # rules had no hours once, and said in their class that they hold at night
    named = next((one for one in PERIODS if not hours and str(rule["rule_class"]) == one.name), None)
    if named is not None:
        return [float(one is named) for one in PERIODS]
    try:
        return [within(hours, one.begin, int(one.hours)) for one in PERIODS]
    except BadInput as error:
        raise BadInput(
            "Rule {rule}: hours «{text}»: from-to was expected, as in 22-06 or 07-09,15:30-18.",
            rule=rule["id"], text=hours[:60],
        ) from error  # fmt: skip


def _inside(lines: NDArray[np.object_], area: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which lines lie in an area with at least half their length."""
    inside = np.zeros(len(lines), dtype=bool)
    shapely.prepare(area)
    near = np.flatnonzero(shapely.intersects(area, lines))
    if len(near):
        length = np.maximum(shapely.length(lines[near]), 1e-9)
        inside[near] = shapely.length(shapely.intersection(area, lines[near])) >= _INSIDE * length
    return inside
