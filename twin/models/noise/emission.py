"""Sound power of road traffic: CNOSSOS-EU, Directive (EU) 2015/996, Annex, section 2.2.

Equation numbers are those of the directive. Valid for steady speeds of 20 to 130 km/h; a lower speed is taken as
20 km/h. Not for trams, nor for accelerations other than near junctions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import BadInput
from twin.models.noise.tables import CATEGORIES, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.models.noise.tables import Tables

Value = float | NDArray[np.float64]
V_REF = 70.0
"""Reference speed [km/h] of equations 2.2.4 and 2.2.11."""
V_MIN = 20.0
"""Lowest speed [km/h] the method knows; slower traffic is taken at this speed."""
T_REF = 20.0
"""Reference air temperature [°C], equation 2.2.10."""
TEMPERATURE = {"1": 0.08, "2": 0.04, "3": 0.04}
"""K [dB/°C] of equation 2.2.10."""
STUDDED_SPEEDS = (50.0, 90.0)
"""Speeds [km/h] between which the effect of studded tyres is known, equation 2.2.6."""
JUNCTION_REACH = 100.0
"""Distance [m] from a junction within which it matters, equations 2.2.17 and 2.2.18."""
JUNCTIONS = {0: "", 1: "lights", 2: "roundabout"}
"""Kinds of junction, k of table F-4: crossing with traffic lights, roundabout."""
GRADIENT_LIMIT = 12.0
"""Gradients [%] beyond this are taken as this, equations 2.2.13 to 2.2.15."""
UP, DOWN, BOTH = 1, 2, 3
"""Directions of travel: as the gradient is stated, against it, half of the traffic each way."""


@dataclass(frozen=True)
class Conditions:
    """What changes the sound of a vehicle beside its speed.

    ``surface`` name in the table; ``temperature`` yearly mean of the air [°C]; ``gradient`` [%], positive uphill in
    direction of travel; ``studded`` share of light vehicles with studded tyres (0–1) during ``studded_months``
    (0–12); ``junction`` 0 none, 1 traffic lights, 2 roundabout, at ``junction_distance`` [m]. Gradient and distance
    may be arrays (n,) for as many speeds.
    """

    surface: str = "DEF"
    temperature: float = 20.0
    gradient: Value = 0.0
    studded: float = 0.0
    studded_months: float = 0.0
    junction: int = 0
    junction_distance: Value = 0.0


def rolling(category: str, speed: Value, where: Conditions, tables: Tables) -> NDArray[np.float64]:
    """Return the rolling noise of one vehicle, equations 2.2.4 and 2.2.5.

    Parameters
    ----------
    category : str
        ``"1"``, ``"2"`` or ``"3"``; two-wheelers have none.
    speed : float or array, shape (n,) [km/h]
    where : Conditions
    tables : Tables

    Returns
    -------
    array, shape (8,) or (n, 8) [dB re 1 pW]

    Examples
    --------
    >>> round(float(rolling("1", 70, Conditions(), shipped("2020"))[4]), 1)
    100.1
    """
    v = np.maximum(np.asarray(speed, dtype=np.float64), V_MIN)
    ratio = np.log10(v / V_REF)[..., None]
    level = tables.vehicle(category, "rolling_a") + tables.vehicle(category, "rolling_b") * ratio  # 2.2.4
    surface = tables.surface(where.surface)
    if category in surface.alpha:
        level = level + surface.alpha[category] + surface.beta[category] * ratio  # 2.2.19
    level = level + TEMPERATURE.get(category, 0.0) * (T_REF - where.temperature)  # 2.2.10
    level = level + _junction(category, "rolling", where, tables)
    if category == "1" and where.studded > 0:
        level = level + _studded(v, where, tables)
    return np.asarray(level)


def propulsion(category: str, speed: Value, where: Conditions, tables: Tables) -> NDArray[np.float64]:
    """Return the propulsion noise of one vehicle, equations 2.2.11 and 2.2.12, shape (8,) [dB re 1 pW].

    Parameters
    ----------
    category : str
    speed : float [km/h]
    where : Conditions
    tables : Tables
    """
    v = np.maximum(np.asarray(speed, dtype=np.float64), V_MIN)
    ratio = (v[..., None] - V_REF) / V_REF
    level = tables.vehicle(category, "propulsion_a") + tables.vehicle(category, "propulsion_b") * ratio
    surface = tables.surface(where.surface)
    if category in surface.alpha:
        level = level + np.minimum(surface.alpha[category], 0.0)  # 2.2.20: only quiet surfaces act
    level = level + np.asarray(gradient_correction(category, v, where.gradient))[..., None]
    return np.asarray(level + _junction(category, "propulsion", where, tables))


def gradient_correction(category: str, speed: Value, gradient: Value) -> Value:
    """Return the effect of a gradient [%] on propulsion noise [dB], equations 2.2.13 to 2.2.16.

    ``speed`` [km/h]; gradients are limited to ±12 %; two-wheelers have none.

    Examples
    --------
    >>> float(gradient_correction("3", 50.0, 5.0))
    3.125
    """
    s, v = np.clip(np.asarray(gradient, dtype=np.float64), -GRADIENT_LIMIT, GRADIENT_LIMIT), speed
    if category == "1":  # 2.2.13
        return np.where(s < -6, -s - 6, np.where(s > 2, v / 100 * (s - 2) / 1.5, 0.0))
    if category == "2":  # 2.2.14
        return np.where(s < -4, (v - 20) / 100 * (-s - 4) / 0.7, np.where(s > 0, v / 100 * s, 0.0))
    if category == "3":  # 2.2.15
        return np.where(s < -4, (v - 10) / 100 * (-s - 4) / 0.5, np.where(s > 0, v / 100 * s / 0.8, 0.0))
    return np.zeros(np.broadcast(s, v).shape)


def vehicle_power(category: str, speed: Value, where: Conditions, tables: Tables) -> NDArray[np.float64]:
    """Return the sound power of one vehicle, shape (8,) [dB re 1 pW]; equation 2.2.2, for two-wheelers 2.2.3."""
    moving = propulsion(category, speed, where, tables)
    if category.startswith("4"):
        return moving
    return np.asarray(10 * np.log10(10 ** (rolling(category, speed, where, tables) / 10) + 10 ** (moving / 10)))


def line_power(
    flows: Mapping[str, float],
    speeds: Mapping[str, float],
    where: Conditions | None = None,
    tables: Tables | None = None,
    way: int = UP,
) -> NDArray[np.float64]:
    """Return the sound power of a stream of traffic per metre of road, equations 2.2.1 and 2.2.2.

    Parameters
    ----------
    flows : mapping of category to vehicles per hour
    speeds : mapping of category to mean speed [km/h]
        Below 20 km/h the sound of a vehicle is that at 20 km/h, and so is the time it takes to pass.
    where : Conditions, optional
    tables : Tables, optional
        By default the shipped ones of 2020.
    way : int
        1 along the stated gradient, 2 against it, 3 half of the traffic each way. The gradient acts on propulsion.

    Returns
    -------
    array, shape (8,) [dB re 1 pW/m]
        −∞ where there is no traffic.

    Raises
    ------
    BadInput
        For an unknown category, a negative flow, or a share that is not one.
    """
    where, tables = where or Conditions(), tables or shipped()
    _check(flows, where)
    if way == BOTH:
        half = {category: flow / 2 for category, flow in flows.items()}
        up = line_power(half, speeds, where, tables, UP)
        down = line_power(half, speeds, where, tables, DOWN)
        return np.asarray(np.logaddexp2(up * _TO_BITS, down * _TO_BITS) / _TO_BITS)
    if way == DOWN:
        where = Conditions(**{**where.__dict__, "gradient": -where.gradient})
    total = np.zeros(8)
    for category, flow in flows.items():
        if flow > 0:
            speed = max(float(speeds[category]), V_MIN)
            total += flow / (1000 * speed) * 10 ** (vehicle_power(category, speed, where, tables) / 10)  # 2.2.1
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(total))


_TO_BITS = np.log2(10) / 10


def _check(flows: Mapping[str, float], where: Conditions) -> None:
    for category, flow in flows.items():
        if category not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise BadInput("vehicle category {name}: expected one of {known}", name=category, known=known)
        if not (np.isfinite(flow) and flow >= 0):
            raise BadInput(
                "flow of category {name}: expected vehicles per hour, found {found}", name=category, found=flow
            )
    for name, value, top in (("studded_share", where.studded, 1), ("studded_months", where.studded_months, 12)):
        if not 0 <= value <= top:
            raise BadInput("{name}: expected 0 to {top}, found {found}", name=name, top=top, found=value)
    if where.junction not in JUNCTIONS:
        raise BadInput("junction type: expected 0, 1 or 2, found {found}", found=where.junction)


def _studded(speed: Value, where: Conditions, tables: Tables) -> NDArray[np.float64]:
    """Equations 2.2.6 to 2.2.8: share of the year times share of the vehicles, at 50 to 90 km/h."""
    v = np.clip(np.asarray(speed, dtype=np.float64), *STUDDED_SPEEDS)
    share = where.studded * where.studded_months / 12
    more = tables.vehicle("1", "studded_a") + tables.vehicle("1", "studded_b") * np.log10(v / V_REF)[..., None]
    return np.asarray(10 * np.log10((1 - share) + share * 10 ** (more / 10)))


def _junction(category: str, part: str, where: Conditions, tables: Tables) -> NDArray[np.float64]:
    """Equations 2.2.17 and 2.2.18: the effect falls linearly to nothing at 100 m."""
    kind = JUNCTIONS[where.junction]
    if not kind:
        return np.zeros(8)
    near = np.maximum(1 - np.abs(np.asarray(where.junction_distance, dtype=np.float64)) / JUNCTION_REACH, 0.0)
    return np.asarray(tables.vehicle(category, f"{kind}_{part}") * near[..., None])
