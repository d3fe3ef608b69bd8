"""OGC SensorThings 1.1: datastreams with their metadata, observations as entities or as a dataArray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_MESSAGE, MAX_READINGS, cut, load_json, number_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

_ID = re.compile(r"Datastreams\(([^)/]{1,100})\)")
_BAD = {"bad", "invalid", "questionable", "suspect", "r", "false"}


@dataclass(frozen=True)
class Datastream:
    """What a server says of a datastream: its id, sensor (the Thing's name), quantity, unit, place [°]."""

    id: str
    sensor: str
    quantity: str
    unit: str
    lon: float = float("nan")
    lat: float = float("nan")
    name: str = ""


def datastream(entity: Any) -> Datastream:
    """Read a Datastream entity, with ``Thing`` (and its ``Locations``) and ``ObservedProperty`` where expanded."""
    if not isinstance(entity, dict) or "@iot.id" not in entity:
        raise BadInput("A Datastream without @iot.id cannot be read.")
    thing, about, unit = (_table(entity.get(name)) for name in ("Thing", "ObservedProperty", "unitOfMeasurement"))
    name = str(about.get("name") or entity.get("name") or "value")
    lon, lat = _place(thing.get("Locations") or [], entity.get("observedArea"))
    own = str(entity["@iot.id"])
    sensor = str(thing.get("name") or f"Datastream {own}")[:200]
    return Datastream(own, sensor, quantity_of(name), str(unit.get("symbol") or "")[:40], lon, lat, sensor)


def datastreams(answer: Any) -> list[Datastream]:
    """Read a page of ``/Datastreams``."""
    return [datastream(entity) for entity in values_of(answer)]


def values_of(answer: Any) -> list[Any]:
    """Return the entities of a page."""
    if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
        raise BadInput("The answer is none of SensorThings: it lacks value.")
    values: list[Any] = answer["value"]
    if len(values) > MAX_READINGS:
        raise BadInput("The message holds {n} readings; at most {limit} are taken.", n=len(values), limit=MAX_READINGS)
    return values


def observations(answer: Any, known: dict[str, Datastream], own: str = "") -> tuple[list[Reading], list[BadInput]]:
    """Read a page of observations, entities or ``dataArray``.

    Parameters
    ----------
    answer : object
        The page.
    known : dict from id to Datastream
        What is known of datastreams.
    own : str
        Id of the datastream that was asked.

    Returns
    -------
    readings : list of Reading
    refused : list of BadInput
        Why single observations were not taken.
    """
    found: list[Reading] = []
    refused: list[BadInput] = []
    for ds, facts in _facts(answer, own):
        try:
            found.append(_reading(facts, known.get(ds) or Datastream(ds, f"Datastream {ds}", "value", "")))
        except BadInput as error:
            refused.append(error)
    return found, refused


class SensorThingsMqtt:
    """Decoder of observations over MQTT (topic ``v1.1/Datastreams(ID)/Observations``).

    Parameters
    ----------
    known : iterable of Datastream
        What is known of datastreams, else a stream bears the datastream's id.
    """

    def __init__(self, known: Iterable[Datastream] = ()) -> None:
        self.known = {one.id: one for one in known}

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return the reading of one Observation, or those of a data array."""
        found = load_json(payload, MAX_MESSAGE)
        own = _ID.search(topic)
        if isinstance(found, dict) and "result" in found:
            ds, facts = self._of(found, own[1].strip("'") if own else "")
            return [_reading(facts, ds)]
        readings, refused = observations(
            {"value": found} if isinstance(found, list) else found, self.known, own[1] if own else ""
        )
        return [*readings, *refused]

    def _of(self, facts: dict[str, Any], own: str) -> tuple[Datastream, dict[str, Any]]:
        inside = facts.get("Datastream")
        if isinstance(inside, dict) and "@iot.id" in inside:
            own = str(inside["@iot.id"])
            if "ObservedProperty" in inside or "unitOfMeasurement" in inside:
                return datastream(inside), facts
        if not own:
            link = _ID.search(str(facts.get("Datastream@iot.navigationLink", "")))
            own = link[1].strip("'") if link else ""
        if not own:
            raise BadInput("Neither topic nor message say which Datastream this belongs to.")
        return self.known.get(own) or Datastream(own, f"Datastream {own}", "value", ""), facts


def _facts(answer: Any, own: str) -> list[tuple[str, dict[str, Any]]]:
    """Return datastream id and facts of each observation of a page."""
    found: list[tuple[str, dict[str, Any]]] = []
    for part in values_of(answer):
        if isinstance(part, dict) and isinstance(part.get("dataArray"), list):
            names = [str(name) for name in part.get("components") or []]
            link = _ID.search(str(part.get("Datastream@iot.navigationLink", "")))
            inside = part.get("Datastream")
            ds = str(inside.get("@iot.id")) if isinstance(inside, dict) else link[1].strip("'") if link else own
            rows = part["dataArray"]
            if len(rows) > MAX_READINGS:
                raise BadInput(
                    "The message holds {n} readings; at most {limit} are taken.", n=len(rows), limit=MAX_READINGS
                )
            found += [(ds, dict(zip(names, row, strict=False))) for row in rows if isinstance(row, list)]
        elif isinstance(part, dict):
            inside = part.get("Datastream")
            ds = str(inside["@iot.id"]) if isinstance(inside, dict) and "@iot.id" in inside else own
            found.append((ds, part))
    return found


def _reading(facts: dict[str, Any], ds: Datastream) -> Reading:
    result = facts.get("result")
    time = facts.get("phenomenonTime") or facts.get("resultTime")
    quality = facts.get("resultQuality")
    said = quality.get("nameOfMeasure") if isinstance(quality, dict) else quality
    doubt = isinstance(said, str) and said.strip().lower() in _BAD
    value = number_of(result, f"result of Datastream {cut(ds.id, 20)}")
    return Reading(
        ds.sensor, ds.quantity, value, time_of(time, what="phenomenonTime"), ds.unit, ds.lon, ds.lat, ds.name, doubt
    )


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _place(locations: Any, area: Any) -> tuple[float, float]:
    for one in [*(locations if isinstance(locations, list) else []), {"location": area}]:
        shape = one.get("location") if isinstance(one, dict) else None
        if isinstance(shape, dict) and shape.get("type") == "Feature":
            shape = shape.get("geometry")
        if isinstance(shape, dict) and shape.get("type") == "Point":
            spot = shape.get("coordinates")
            if isinstance(spot, list) and len(spot) >= 2 and all(isinstance(c, int | float) for c in spot[:2]):
                if -180 <= spot[0] <= 180 and -90 <= spot[1] <= 90:
                    return float(spot[0]), float(spot[1])
    return float("nan"), float("nan")


def load(data: bytes) -> Any:
    """Read an answer of a server within the limits."""
    return load_json(data, MAX_ANSWER)
