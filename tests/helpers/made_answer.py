"""An answer of the traffic model that nobody had to wait for: the same on every machine, with all it can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.chain.answer import Answer, Run
from twin.layer import Field
from twin.models.traffic.names import ADT, BY_PERIOD, GEH, OFF, RATIO, WORST_SPEED
from twin.result import Indicator, Result

if TYPE_CHECKING:
    from twin.city.city import City

_FIELDS = (ADT, RATIO, WORST_SPEED, *BY_PERIOD)
_INDICATORS = (
    ("vehicle_km", "Vehicle-kilometres a day", 123_456.0, "veh·km"),
    ("vehicle_km_engine", "Vehicle-kilometres a day with a combustion engine", 98_765.0, "veh·km"),
    ("over_capacity", "Links over capacity in the busiest hour", 12.0, "links"),
    ("unserved", "Vehicle trips a day that have no way left", 1234.5, "trips"),
    ("fit_geh", "Counts fitted to: {n:.0f}; GEH under 5", 68.75, "%"),
    ("fit_r2", "Counts fitted to: R²", 0.93, ""),
    ("fit_bias", "Counts fitted to: model against count", -7.1, "%"),
    ("test_geh", "Counts kept out: {n:.0f}; GEH under 5", 30.0, "%"),
    ("test_r2", "Counts kept out: R²", 0.76, ""),
    ("test_bias", "Counts kept out: model against count", -8.2, "%"),
)


def made_answer(city: City, name: str) -> Answer:
    """Return an Answer with traffic on every street, and counts that some of it misses."""
    ids = city.roads["id"].to_numpy(object)
    rising = np.linspace(10.0, 24_000.0, len(ids)).astype(np.float32)
    fields = [Field(title, "veh/day", "roads", ids, rising, source="traffic") for title in _FIELDS]
    aadt = city.roads["aadt"].to_numpy(float)
    counted = np.flatnonzero(np.isfinite(aadt))
    for title, share in ((OFF, 0.1), (GEH, 0.001)):
        values = np.full(len(ids), np.nan, dtype=np.float32)
        values[counted] = share * aadt[counted]
        fields.append(Field(title, "veh/day", "roads", ids, values, source="traffic"))
    places = tuple(map(str, ids[counted[::4]]))
    indicators = tuple(
        Indicator(f"traffic.{id}", title, value, unit, "traffic", ADT, places, {"n": 32.0})
        for id, title, value, unit in _INDICATORS
    )
    result = Result("traffic", "made", {}, "made", tuple(fields), indicators)
    return Answer(name, "made", {"traffic": result}, {"traffic": Run("made", 0.1, "final")})
