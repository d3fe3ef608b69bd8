"""Where which vehicles may not drive: what a street allows, closures, and rule zones with their status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.models.traffic.urban.vehicles import CLASSES, OLD, PERIODS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

_MEANS = {
    "car": ("car", "car_electric"), "car_electric": ("car_electric",), "truck": ("truck_light", "truck_heavy"),
    "truck_light": ("truck_light",), "truck_heavy": ("truck_heavy",),
}  # fmt: skip
_FUEL = ("car", "truck_light", "truck_heavy")
_BY_CLASS = {"1": ("truck_heavy",), "2": _FUEL, "3": _FUEL}
"""Vehicles an environmental zone is about where it names none: assumption, the Swedish classes in outline."""
ZONE = "environmental_zone"
KINDS = (ZONE, "heavy_vehicle_ban", "vehicle_ban")
"""Rules that shut vehicles out; others, such as bans of studded tyres, do not concern where traffic goes."""
_INSIDE = 0.5
"""A link of which at least this share lies in a zone lies in it."""


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
        is too old, class 3 and other rules all of it. Where the rule's class is the name of a period it holds then.
    proposed : bool
        Whether rules count that are not in force.
    """
    rules = city.rules[city.rules["kind"].isin(KINDS)]
    if not proposed:
        rules = rules[rules["status"] == "in_force"]
    lines = city.roads.geometry.to_numpy()
    found: dict[tuple[str, str], NDArray[np.bool_]] = {}
    for _, rule in rules.iterrows():
        inside = _inside(lines, rule.geometry)
        if not inside.any():
            continue
        level = str(rule["rule_class"]) if rule["kind"] == ZONE else ""
        names = [one for one in str(rule["vehicle_classes"]).replace(",", " ").split() if one in _MEANS]
        names = names or list(_BY_CLASS.get(level, ("truck_heavy",)))
        # «car» of an environmental zone is what burns fuel; elsewhere it is every car
        classes = {name for one in names for name in ((one,) if level and one == "car" else _MEANS[one])}
        when = [one.name for one in PERIODS if str(rule["rule_class"]) == one.name] or [one.name for one in PERIODS]
        for name in sorted(classes):
            for period in when:
                key = (f"{name}:{OLD}" if level in ("1", "2") else name, period)
                found[key] = found.get(key, False) | inside
    return found


def _inside(lines: NDArray[np.object_], area: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which lines lie in an area with at least half their length."""
    inside = np.zeros(len(lines), dtype=bool)
    shapely.prepare(area)
    near = np.flatnonzero(shapely.intersects(area, lines))
    if len(near):
        length = np.maximum(shapely.length(lines[near]), 1e-9)
        inside[near] = shapely.length(shapely.intersection(area, lines[near])) >= _INSIDE * length
    return inside
