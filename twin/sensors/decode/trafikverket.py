"""Trafikverket's open API: answers of TrafficFlow and WeatherMeasurepoint as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, load_json, number_of, text_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINT = re.compile(r"POINT\s*\(\s*([-\d.]+)\s+([-\d.]+)\s*\)", re.IGNORECASE)
_WEATHER_UNITS = {
    "temperature": "Cel", "humidity": "%", "wind_speed": "m/s", "wind_direction": "deg", "visibility": "m",
}  # fmt: skip


def answer(payload: bytes, topic: str = "") -> list[Found]:
    """Return the readings of an answer or of one event of its stream."""
    found = load_json(payload, MAX_ANSWER)
    try:
        results = found["RESPONSE"]["RESULT"]
    except (KeyError, TypeError):
        raise BadInput("The answer is none of Trafikverket's: it lacks RESPONSE.RESULT.") from None
    readings: list[Found] = []
    for result in results if isinstance(results, list) else [results]:
        if not isinstance(result, dict):
            raise BadInput("The answer is none of Trafikverket's: it lacks RESPONSE.RESULT.")
        if isinstance(result.get("ERROR"), dict):
            raise BadInput("Trafikverket answers: {reason}", reason=str(result["ERROR"].get("MESSAGE"))[:200])
        for kind, rows in result.items():
            read = {"TrafficFlow": _flow, "WeatherMeasurepoint": _weather}.get(kind)
            if read is not None and isinstance(rows, list):
                readings += gathered((row for row in rows if isinstance(row, dict)), read)
    if len(readings) > MAX_READINGS:
        raise BadInput(
            "The message holds {n} readings; at most {limit} are taken.", n=len(readings), limit=MAX_READINGS
        )
    return readings


def change_of(payload: bytes) -> tuple[str, str]:
    """Return the number of the last change and the address of the event stream, "" where an answer has none."""
    found = load_json(payload, MAX_ANSWER)
    try:
        result = found["RESPONSE"]["RESULT"][0]
        info = result.get("INFO") or found["RESPONSE"].get("INFO") or {}
        return str(info.get("LASTCHANGEID") or ""), str(info.get("SSEURL") or "")
    except (KeyError, TypeError, IndexError, AttributeError):
        return "", ""


def _flow(row: dict[str, Any]) -> Iterator[Reading]:
    site = text_of(row.get("SiteId"), "SiteId")
    parts = [site, *(str(row[k]) for k in ("SpecificLane", "MeasurementSide") if row.get(k))]
    kind = str(row.get("VehicleType") or "anyVehicle")
    sensor = "TrafficFlow " + " ".join(parts + ([kind] if kind != "anyVehicle" else []))
    time = time_of(row.get("MeasurementTime"), what="MeasurementTime")
    lon, lat = _place(row)
    for key, quantity, unit in (
        ("VehicleFlowRate", "traffic_flow", "/h"),
        ("AverageVehicleSpeed", "traffic_speed", "km/h"),
    ):
        if row.get(key) is not None:
            yield Reading(sensor, quantity, number_of(row[key], key), time, unit, lon, lat, f"Trafikverket {site}")


def _weather(row: dict[str, Any]) -> Iterator[Reading]:
    seen = row.get("Observation")
    if not isinstance(seen, dict) or row.get("Deleted"):
        return
    time = time_of(seen.get("Sample"), what="Sample")
    lon, lat = _place(row)
    name = str(row.get("Name") or "")[:200]
    for path, value in _values(seen, ""):
        quantity = quantity_of(path)
        unit = _WEATHER_UNITS.get(quantity, "")
        yield Reading(
            f"WeatherMeasurepoint {text_of(row.get('Id'), 'Id')}",
            quantity,
            number_of(value, path),
            time,
            unit,
            lon,
            lat,
            name,
        )


def _values(part: Any, path: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers named ``Value``, with the path to them."""
    if isinstance(part, list):
        for n, one in enumerate(part[:4]):
            yield from _values(one, path if n == 0 else f"{path} {n + 1}")
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "Value" and isinstance(value, int | float) and not isinstance(value, bool):
                yield path.strip(), value
            elif isinstance(value, dict | list):
                yield from _values(value, f"{path} {key}")


def _place(row: dict[str, Any]) -> tuple[float, float]:
    shape = row.get("Geometry")
    found = _POINT.match(str(shape.get("WGS84", ""))) if isinstance(shape, dict) else None
    return (float(found[1]), float(found[2])) if found else (float("nan"), float("nan"))
