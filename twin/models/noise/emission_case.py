"""Emission tests as JSON files: traffic on a road, and its sound power per metre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from twin.errors import BadInput
from twin.models.noise.case import decode
from twin.models.noise.emission import V_MIN, Conditions, line_power
from twin.models.noise.tables import EDITIONS, shipped

if TYPE_CHECKING:
    from pathlib import Path

Months = Annotated[float, Meta(ge=0, le=12)]
Speed = Annotated[float, Meta(ge=0, le=400)]


class Inputs(msgspec.Struct):
    """Traffic [veh/h, km/h] and road."""

    flow: dict[str, Annotated[float, Meta(ge=0)]] = msgspec.field(name="flow_per_h")
    speed: dict[str, Speed] = msgspec.field(name="speed_kmh")
    temperature: Annotated[float, Meta(ge=-60, le=60)] = msgspec.field(name="temperature_C", default=20.0)
    surface: str = "DEF"
    studded: Annotated[float, Meta(ge=0, le=1)] = msgspec.field(name="studded_share", default=0.0)
    months: Months = msgspec.field(name="studded_months", default=0.0)
    junction_distance: float = msgspec.field(name="junction_distance_m", default=0.0)
    junction: Literal[0, 1, 2] = msgspec.field(name="junction_type", default=0)
    slope: float = msgspec.field(name="slope_pct", default=0.0)
    way: Literal[1, 2, 3] = 1


class Test(msgspec.Struct):
    """One test; ``version`` 1 is the table of 2015, 2 that of 2020."""

    name: str
    inputs: Inputs
    version: Literal[1, 2] = 2


class Tests(msgspec.Struct):
    """A file of tests."""

    tests: list[Test]


def read(path: Path) -> Tests:
    """Read emission tests; raises BadInput naming file and field."""
    tests: Tests = decode(path, Tests)
    return tests


def solve(test: Test) -> tuple[list[float | None], list[str]]:
    """Return the sound power per metre, 8 bands [dB re 1 pW/m], and the categories whose speed was raised to 20 km/h.

    A category that drives without a stated speed is refused.
    """
    given = test.inputs
    moving = [category for category, flow in given.flow.items() if flow > 0]
    for category in moving:
        if category not in given.speed:
            raise BadInput(
                "{name}: speed_kmh: expected a speed of category {category}", name=test.name, category=category
            )
    where = Conditions(
        surface=given.surface,
        temperature=given.temperature,
        gradient=given.slope,
        studded=given.studded,
        studded_months=given.months,
        junction=given.junction,
        junction_distance=given.junction_distance,
    )
    power = line_power(given.flow, given.speed, where, shipped(EDITIONS[test.version - 1]), given.way)
    slow = [category for category in moving if given.speed[category] < V_MIN]
    return [round(float(value), 4) if math.isfinite(value) else None for value in power], slow


def answer(tests: Tests) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the answer of ``twin noise --emission``, and per test the categories that were too slow."""
    rows, slow = [], {}
    for test in tests.tests:
        power, raised = solve(test)
        rows.append({"name": test.name, "Lw": power})
        if raised:
            slow[test.name] = raised
    return {"tests": rows}, slow
