"""NGSI-LD entities (normalised, key–values, GeoJSON) and notifications; Smart Data Models among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, load_json, number_of, text_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timezone
    from zoneinfo import ZoneInfo

_NO_MEASURE = {
    "id", "type", "location", "address", "@context", "laneid", "reliability", "dateobserved", "areaserved", "source",
    "airqualityindex", "refpointofinterest", "name", "dateobservedfrom", "dateobservedto", "datemodified",
}  # fmt: skip
_UNITS = {  # what the Smart Data Models prescribe where no unitCode stands
    "noise_laeq": "dB", "noise_lamax": "dB", "las": "dB", "laeq_d": "dB", "temperature": "Cel", "humidity": "1",
    "traffic_speed": "km/h", "occupancy": "1", "wind_speed": "m/s", "wind_direction": "deg", "no2": "ug/m3",
    "no": "ug/m3", "nox": "ug/m3", "so2": "ug/m3", "o3": "ug/m3", "pm10": "ug/m3", "pm25": "ug/m3", "pm4": "ug/m3",
    "tsp": "ug/m3",
}  # fmt: skip


class NgsiLd:
    """Decoder of NGSI-LD.

    Parameters
    ----------
    zone : tzinfo, optional
        Of times that state none (many brokers leave the zone out).
    """

    def __init__(self, zone: timezone | ZoneInfo | None = None) -> None:
        self._zone = zone

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return the readings of an entity, a list of entities or a notification."""
        found = load_json(payload, MAX_ANSWER)
        if isinstance(found, dict) and isinstance(found.get("body"), dict):  # a notification over MQTT
            found = found["body"]
        if isinstance(found, dict) and isinstance(found.get("data"), list):
            found = found["data"]
        entities = found if isinstance(found, list) else [found]
        if len(entities) > MAX_READINGS:
            raise BadInput(
                "The message holds {n} readings; at most {limit} are taken.", n=len(entities), limit=MAX_READINGS
            )
        if not isinstance(found, list):
            return list(self.entity(found))
        return gathered(entities, self.entity)

    def entity(self, entity: Any) -> list[Reading]:
        """Return the readings of one entity: each property that is a number."""
        if not isinstance(entity, dict):
            raise BadInput("An entity is expected.")
        if entity.get("type") == "Feature" and isinstance(entity.get("properties"), dict):  # as GeoJSON
            where = {"location": entity["geometry"]} if "geometry" in entity else {}
            entity = {**entity["properties"], **where, "id": entity.get("id")}
        sensor = text_of(entity.get("id"), "id").removeprefix("urn:ngsi-ld:")
        stands = entity.get("location")
        lon, lat = _place(_value(stands[-1] if isinstance(stands, list) and stands else stands))
        name = str(_value(entity.get("name")) or "")[:200]
        flow = entity.get("type") == "TrafficFlowObserved"
        found = []
        for key, part in _instances(entity):
            value = _value(part)
            if key.lower() in _NO_MEASURE or isinstance(value, bool) or not isinstance(value, int | float):
                continue
            quantity = quantity_of(key)
            unit = str(part.get("unitCode") or "") if isinstance(part, dict) else ""
            time = self._time(entity, part)
            if flow and key == "intensity":  # vehicles within the observed interval
                quantity, unit, value = "traffic_flow", "/h", value * 3600.0 / self._seconds(entity)
            found.append(
                Reading(sensor, quantity, number_of(value, key), time, unit or _UNITS.get(quantity, ""), lon, lat, name)
            )
        if not found:
            raise BadInput("The entity {id} holds no number.", id=sensor)
        return found

    def _time(self, entity: dict[str, Any], part: Any) -> int:
        own = part.get("observedAt") if isinstance(part, dict) else None
        for value in (own, *(_value(entity.get(n)) for n in ("dateObservedTo", "dateObserved", "observedAt"))):
            if value:
                return time_of(_value(value), self._zone)
        raise BadInput("The entity says no time of observation (observedAt or dateObserved).")

    def _seconds(self, entity: dict[str, Any]) -> float:
        a, b = _value(entity.get("dateObservedFrom")), _value(entity.get("dateObservedTo"))
        if not (a and b):
            raise BadInput("A count of vehicles needs dateObservedFrom and dateObservedTo.")
        seconds = (time_of(b, self._zone) - time_of(a, self._zone)) / 1000.0
        if seconds <= 0:
            raise BadInput("dateObservedTo lies before dateObservedFrom.")
        return seconds


def _instances(entity: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and properties; in the temporal representation a name has many, each with its ``observedAt``."""
    for key, part in entity.items():
        if isinstance(part, list) and part and all(isinstance(one, dict) and "value" in one for one in part):
            if len(part) > MAX_READINGS:
                raise BadInput(
                    "The message holds {n} readings; at most {limit} are taken.", n=len(part), limit=MAX_READINGS
                )
            yield from ((key, one) for one in part)
        elif isinstance(part, dict) and isinstance(part.get("values"), list):  # the short form: [[value, time], …]
            for pair in part["values"][:MAX_READINGS]:
                if isinstance(pair, list) and len(pair) == 2:
                    yield key, {"value": pair[0], "observedAt": pair[1], "unitCode": part.get("unitCode")}
        else:
            yield key, part


def _value(part: Any) -> Any:
    """Return the value of a property, a typed literal or a plain value."""
    for _ in range(3):
        if not isinstance(part, dict):
            return part
        if "@value" in part:
            part = part["@value"]
        elif "value" in part:
            part = part["value"]
        else:
            return part
    return part


def _place(shape: Any) -> tuple[float, float]:
    spot = shape.get("coordinates") if isinstance(shape, dict) else None
    while isinstance(spot, list) and spot and isinstance(spot[0], list):
        spot = spot[len(spot) // 2]  # of a line its middle point
    if isinstance(spot, list) and len(spot) >= 2 and all(isinstance(c, int | float) for c in spot[:2]):
        if -180 <= spot[0] <= 180 and -90 <= spot[1] <= 90:
            return float(spot[0]), float(spot[1])
    return float("nan"), float("nan")
