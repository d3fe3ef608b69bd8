"""Sensor.Community (formerly Luftdaten): citizens' sensors; all numbers are texts, times are UTC without saying so."""

from __future__ import annotations

from datetime import UTC, timezone
from typing import Any

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, load_json, number_of, text_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading, gathered

_UNITS = {"pm10": "ug/m3", "pm25": "ug/m3", "pm1": "ug/m3", "temperature": "Cel", "humidity": "%", "pressure": "Pa",
          "noise_laeq": "dB"}  # fmt: skip
_NAMES = {"P1": "pm10", "P2": "pm25", "P0": "pm1", "noise_LAeq": "noise_laeq"}
_UTC: timezone = UTC


def answer(payload: bytes, topic: str = "") -> list[Found]:
    """Return the readings of an answer of ``data.sensor.community``.

    Places stay as coarse as their owners made them (``exact_location`` 0); nothing is refined.
    """
    found = load_json(payload, MAX_ANSWER)
    if not isinstance(found, list):
        raise BadInput("The answer is no list of measurements.")
    readings = gathered(found, _row)
    if len(readings) > MAX_READINGS:
        raise BadInput(
            "The message holds {n} readings; at most {limit} are taken.", n=len(readings), limit=MAX_READINGS
        )
    return readings


def _row(row: Any) -> list[Found]:
    if not isinstance(row, dict) or not isinstance(row.get("sensor"), dict):
        raise BadInput("A measurement without a sensor cannot be read.")
    place = row.get("location") if isinstance(row.get("location"), dict) else {}
    sensor = text_of(row["sensor"].get("id"), "sensor.id")
    time = time_of(str(row.get("timestamp", "")).replace(" ", "T"), _UTC, "timestamp")
    lon, lat = float("nan"), float("nan")
    if place and place.get("longitude"):
        lon = number_of(place["longitude"], "longitude", text=True)
        lat = number_of(place.get("latitude"), "latitude", text=True)

    def reading(one: Any) -> list[Found]:
        name = str(one.get("value_type", ""))
        quantity = _NAMES.get(name) or quantity_of(name)
        if quantity not in _UNITS:  # counts inside the sensor, the strength of its radio …
            return []
        value = number_of(one.get("value"), name, text=True)
        return [Reading(f"sensor.community {sensor}", quantity, value, time, _UNITS[quantity], lon, lat)]

    values = row.get("sensordatavalues")
    return gathered((one for one in values if isinstance(one, dict)) if isinstance(values, list) else [], reading)
