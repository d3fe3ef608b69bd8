"""What the tags of a street mean for traffic: classes allowed, direction, lanes, speed, capacity.

Tables of assumptions stand here so that they can be printed. Sources: OpenStreetMap wiki (OSM tags for
routing; Key:access; Key:maxspeed), Swedish Trafikförordning 1998:1276 ch. 3 §17 and ch. 8 §1 (50 km/h in built-up
areas, 70 outside, 110 on motorways, walking pace in gångfartsområde).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSES = ("car", "truck", "bus", "taxi", "bicycle")
"""Vehicle classes, in the order in which ``roads.allowed`` lists them."""

SPEEDS = {
    "motorway": 110.0, "motorway_link": 70.0, "trunk": 70.0, "trunk_link": 50.0, "primary": 50.0,
    "primary_link": 50.0, "secondary": 50.0, "secondary_link": 50.0, "tertiary": 50.0, "tertiary_link": 50.0,
    "unclassified": 50.0, "residential": 30.0, "living_street": 7.0, "pedestrian": 7.0, "service": 30.0,
    "track": 30.0, "busway": 50.0, "road": 50.0,
}  # fmt: skip
"""Speed [km/h] by class where none is mapped; assumption after the Swedish general limits."""

CAPACITIES = {
    "motorway": 2000.0, "motorway_link": 1500.0, "trunk": 2000.0, "trunk_link": 1500.0, "primary": 1500.0,
    "primary_link": 1500.0, "secondary": 1000.0, "secondary_link": 1000.0, "tertiary": 600.0,
    "tertiary_link": 600.0, "unclassified": 600.0, "residential": 600.0, "living_street": 300.0,
    "pedestrian": 300.0, "service": 300.0, "track": 300.0, "busway": 600.0, "road": 600.0,
}  # fmt: skip
"""Capacity [veh/h per lane] by class; assumption, the defaults of MATSim's network reader."""

_IMPLICIT = {
    "urban": 50.0, "rural": 70.0, "motorway": 110.0, "trunk": 90.0, "living_street": 7.0, "walk": 7.0,
    "school": 30.0, "bicycle_road": 30.0,
}  # fmt: skip
_IMPLICIT_ELSEWHERE = {
    ("fi", "rural"): 80.0, ("fi", "motorway"): 120.0, ("fi", "living_street"): 20.0, ("no", "rural"): 80.0,
    ("dk", "rural"): 80.0, ("dk", "motorway"): 130.0, ("de", "rural"): 100.0, ("de", "motorway"): 130.0,
}  # fmt: skip

_BARRED = {"no", "private", "agricultural", "forestry", "emergency", "military", "none", "restricted"}
_OPEN = {"yes", "designated", "permissive", "official", "destination", "delivery", "customers", "permit"}
_KEYS = {
    "car": ("access", "vehicle", "motor_vehicle", "motorcar"),
    "truck": ("access", "vehicle", "motor_vehicle", "goods", "hgv"),
    "bus": ("access", "vehicle", "motor_vehicle", "psv", "bus"),
    "taxi": ("access", "vehicle", "motor_vehicle", "psv", "taxi"),
    "bicycle": ("access", "vehicle", "bicycle"),
}
_SMALL_SERVICE = {"parking_aisle", "driveway", "drive-through", "emergency_access"}
_NOT_ON_FOOT = {"no", "private", "use_sidepath"}
_WALK = {
    "footway", "path", "pedestrian", "steps", "cycleway", "living_street", "residential", "service", "unclassified",
    "tertiary", "secondary", "primary", "tertiary_link", "secondary_link", "primary_link", "track", "road",
    "corridor", "platform", "escalator", "elevator", "bridleway",
}  # fmt: skip
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1, "no": 0, "false": 0, "0": 0}


@dataclass(frozen=True)
class Lane:
    """One direction of a street: classes, lanes, speed [km/h], capacity [veh/h], and what was assumed."""

    allowed: tuple[str, ...]
    lanes: float
    speed: float
    capacity: float
    speed_assumed: bool
    lanes_assumed: bool


@dataclass(frozen=True)
class Street:
    """A street: its two directions (None where nothing may drive) and whether cars have one way only."""

    forward: Lane | None
    backward: Lane | None
    oneway: bool


def road_class(tags: Mapping[str, str]) -> str:
    """Return the class of a drivable road, "" when it is none (or only access to one plot).

    Drivable are the classes of :data:`SPEEDS`; pedestrian streets and tracks only where motor vehicles are
    expressly let in; car park aisles, driveways and areas are not streets.
    """
    kind = tags.get("highway", "")
    if kind == "bus_guideway":
        kind = "busway"
    if kind not in SPEEDS or tags.get("area") == "yes" or tags.get("service") in _SMALL_SERVICE:
        return ""
    if kind in ("pedestrian", "track"):
        keys = ("motor_vehicle", "motorcar", "bus", "psv", "vehicle")
        return kind if any(tags.get(key) in ("yes", "designated", "permissive") for key in keys) else ""
    return kind


def walkable(tags: Mapping[str, str]) -> bool:
    """Whether people may walk along a way (areas, private ways and roads with a mapped side path excepted)."""
    kind = tags.get("highway", "")
    foot = tags.get("foot", "")
    if foot in _NOT_ON_FOOT:
        return False
    welcome = foot in _OPEN
    if tags.get("access") in _BARRED and not welcome:
        return False
    if tags.get("motorroad") == "yes" or tags.get("conveying") == "only":
        return False
    if kind == "" and "platform" in (tags.get("railway"), tags.get("public_transport")):
        return True
    return kind in _WALK or (welcome and kind in SPEEDS)


def direction(tags: Mapping[str, str]) -> int:
    """Return 1 (one way along the way), -1 (one way against it) or 0 (both ways)."""
    value = _ONEWAY.get(tags.get("oneway", "").strip().lower())
    if value is not None:
        return value
    around = tags.get("junction") in ("roundabout", "circular")
    return 1 if around or tags.get("highway") == "motorway" else 0


def _rank(tags: Mapping[str, str], keys: tuple[str, ...], side: str) -> str:
    """Return the access value of the most special key that is set, a directional one before a general one."""
    for key in reversed(keys):
        for name in (f"{key}:{side}", key):
            if tags.get(name, "") not in ("", "unknown"):
                return tags[name]
    return ""


def classes(tags: Mapping[str, str], kind: str, side: str) -> tuple[str, ...]:
    """Return the classes that may use a direction (``forward`` or ``backward``), one-way rules apart."""
    allowed = []
    for name in CLASSES:
        value = _rank(tags, _KEYS[name], side).split(";")[0]
        special = any(tags.get(key) in _OPEN for key in _KEYS[name][1:])
        shut = (
            (kind == "pedestrian" and not special)
            or (kind == "busway" and name != "bus" and not special)
            or (name == "bicycle" and (kind.startswith("motorway") or tags.get("motorroad") == "yes"))
        )
        if not shut and value not in _BARRED and value not in ("use_sidepath", "dismount"):
            allowed.append(name)
    return tuple(allowed)


def _against(tags: Mapping[str, str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes that may drive against a one-way street."""
    bicycle = tags.get("oneway:bicycle") == "no" or any(
        tags.get(key, "").startswith("opposite") for key in ("cycleway", "cycleway:left", "cycleway:right")
    )
    public = "no" in (tags.get("oneway:bus"), tags.get("oneway:psv")) or any(
        tags.get(key, "").startswith("opposite") for key in ("busway", "busway:left", "busway:right")
    )
    wanted = {"bicycle": bicycle, "bus": public, "taxi": tags.get("oneway:psv") == "no"}
    return tuple(name for name in allowed if wanted.get(name, False))


def speed(tags: Mapping[str, str], kind: str, side: str) -> tuple[float, bool]:
    """Return the speed limit [km/h] of a direction and whether it had to be assumed.

    Examples
    --------
    >>> speed({"maxspeed": "50 mph"}, "primary", "forward")
    (80.5, False)
    >>> speed({"maxspeed": "SE:urban"}, "primary", "forward")
    (50.0, False)
    """
    keys = (
        f"maxspeed:{side}", "maxspeed", "zone:maxspeed", "maxspeed:type", "source:maxspeed", "zone:traffic",
    )  # fmt: skip
    for key in keys:
        for part in re.split(r"[;,|]", tags.get(key, "")):
            value = _one_speed(part.strip().lower())
            if not math.isnan(value):
                return value, False
    return SPEEDS[kind], True


def _one_speed(text: str) -> float:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?", text)
    if match:
        factor = {"mph": 1.609344, "knots": 1.852}.get(match[2] or "", 1.0)
        value = round(float(match[1]) * factor, 1)
        return value if 1 <= value <= 200 else math.nan
    country, _, zone = text.rpartition(":")
    numbered = re.fullmatch(r"zone:?(\d{2,3})|(\d{2,3})", zone)
    if numbered and country:
        return float(numbered[1] or numbered[2])
    if zone in _IMPLICIT:
        return _IMPLICIT_ELSEWHERE.get((country[:2], zone), _IMPLICIT[zone])
    return math.nan


def _number(tags: Mapping[str, str], *keys: str) -> float:
    for key in keys:
        match = re.match(r"\s*(\d+(?:\.\d+)?)", tags.get(key, ""))
        if match and 0 < float(match[1]) <= 16:
            return float(match[1])
    return math.nan


def lanes(tags: Mapping[str, str], kind: str, side: str, oneway: bool) -> tuple[float, bool]:
    """Return the lanes of one direction and whether they had to be assumed.

    Half of ``lanes``, rounded down but at least one, where both directions share a street and neither
    ``lanes:forward`` nor ``lanes:backward`` is mapped.
    """
    own = _number(tags, f"lanes:{side}")
    if not math.isnan(own):
        return own, False
    total = _number(tags, "lanes")
    if math.isnan(total):
        return (2.0 if kind == "motorway" else 1.0), True
    if oneway:
        return total, False
    other = _number(tags, "lanes:backward" if side == "forward" else "lanes:forward")
    shared = _number(tags, "lanes:both_ways")
    total -= 0.0 if math.isnan(shared) else shared
    half = total - other if not math.isnan(other) else math.floor(total / 2)
    return max(float(half), 1.0), False


def _bus_lanes(tags: Mapping[str, str], side: str, oneway: bool) -> float:
    """Return the lanes of a direction that only buses and taxis may use."""
    for kind in ("bus", "psv"):
        for key in (f"{kind}:lanes:{side}", *((f"{kind}:lanes",) if oneway else ())):
            if key in tags:
                return float(sum(part == "designated" for part in tags[key].split("|")))
        keys = (f"lanes:{kind}:{side}", *((f"lanes:{kind}",) if oneway else ()))
        own = _number(tags, *keys)
        if not math.isnan(own):
            return own
    return 0.0


def street(tags: Mapping[str, str], kind: str) -> Street:
    """Read both directions of a drivable road of class ``kind`` (:func:`road_class`)."""
    way = direction(tags)
    sides: list[Lane | None] = []
    for sign, side in ((1, "forward"), (-1, "backward")):
        allowed = classes(tags, kind, side)
        against = way == -sign
        if against:
            allowed = _against(tags, allowed)
        sides.append(_lane(tags, kind, side, allowed, (way != 0, against)) if allowed else None)
    forward, backward = sides
    cars = [side is not None and "car" in side.allowed for side in sides]
    return Street(forward, backward, way != 0 or cars[0] != cars[1] or None in sides)


def _lane(tags: Mapping[str, str], kind: str, side: str, allowed: tuple[str, ...], shape: tuple[bool, bool]) -> Lane:
    oneway, against = shape
    limit, limit_assumed = speed(tags, kind, side)
    if against:
        capacity = math.nan if allowed == ("bicycle",) else CAPACITIES[kind]
        return Lane(allowed, 1.0, limit, capacity, limit_assumed, True)
    number, number_assumed = lanes(tags, kind, side, oneway)
    general = max(number - _bus_lanes(tags, side, oneway), 1.0)
    return Lane(allowed, number, limit, general * CAPACITIES[kind], limit_assumed, number_assumed)
