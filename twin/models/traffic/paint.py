"""How traffic is painted: streets as wide as their traffic, moving along it, in classes planners know."""

from __future__ import annotations

from twin.layer import Paint
from twin.models.traffic.flows import FLOW
from twin.models.traffic.names import (
    ADT,
    BY_CLASS,
    BY_PERIOD,
    CHANGE,
    CO2,
    DELAY,
    ENDS,
    GEH,
    HEAVY_SHARE,
    NOX,
    OFF,
    PM,
    RATIO,
    THROUGH,
    TIMES,
    WEAR,
    WEEKDAY,
    WORST_SPEED,
)

_DAY = (0.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 15000.0, 25000.0)
_HOUR = (0.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0)
_CHANGE = (-5000.0, -2000.0, -500.0, -50.0, 50.0, 500.0, 2000.0, 5000.0)
_CHANGE_HOUR = (-500.0, -200.0, -50.0, -5.0, 5.0, 50.0, 200.0, 500.0)
_FULL = 20_000.0
"""Vehicles a day in one direction at which a street is drawn at its widest."""


def _wide(scale: str, breaks: tuple[float, ...], flow: str = "", change: tuple[float, ...] = ()) -> Paint:
    return Paint(scale, breaks, ADT, 0.0, _FULL, 0.8, 13.0, flow, change)


PAINTS = {
    ADT: _wide("magma-reversed", _DAY, ADT, _CHANGE),
    WEEKDAY: _wide("magma-reversed", _DAY, ADT, _CHANGE),
    RATIO: _wide("magma-reversed", (0.0, 25.0, 50.0, 70.0, 85.0, 100.0, 120.0, 150.0)),
    WORST_SPEED: _wide("viridis", (0.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0), WORST_SPEED),
    DELAY: _wide("magma-reversed", (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0)),
    HEAVY_SHARE: _wide("cividis", (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)),
    CHANGE: Paint("blue-white-orange", _CHANGE, CHANGE, 50.0,
                  5000.0, 0.8, 11.0),
    WEAR: _wide("magma-reversed", (0.0, 10.0, 25.0, 50.0, 100.0, 150.0, 200.0, 300.0)),
    CO2: _wide("magma-reversed", (0.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 3000.0, 5000.0)),
    NOX: _wide("magma-reversed", (0.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0, 15_000.0)),
    PM: _wide("magma-reversed", (0.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)),
    THROUGH: Paint("magma-reversed", _DAY[:-1], THROUGH, 0.0, 8_000.0, 0.8, 13.0, THROUGH),
    ENDS: Paint("magma-reversed", (0.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0)),
    TIMES: Paint("viridis", (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0)),
    OFF: Paint("blue-white-orange", (-5000.0, -2500.0, -1000.0, -250.0, 250.0, 1000.0, 2500.0, 5000.0)),
    GEH: Paint("magma-reversed", (0.0, 2.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)),
    **{name: Paint("magma-reversed", _HOUR, name, 0.0, 1200.0, 0.8, 13.0, name, _CHANGE_HOUR) for name in BY_PERIOD},
    **{name: Paint("magma-reversed", _DAY, name, 0.0, _FULL, 0.8, 13.0) for name in BY_CLASS},
    **{name: Paint("magma-reversed", _HOUR, name, 0.0, 1200.0, 0.8, 13.0) for row in FLOW for name in row},
}  # fmt: skip
"""How each field of the model is painted, by its name."""
