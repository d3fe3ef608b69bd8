"""Plain JSON: ``{"sensor", "quantity", "value", "time", "unit"?, "lon"?, "lat"?}``, or another shape by a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from twin.errors import BadInput
from twin.sensors.guard import MAX_READINGS, check_size, cut, load_json, number_of, text_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timezone
    from zoneinfo import ZoneInfo

FIELDS = ("sensor", "quantity", "value", "time", "unit", "lon", "lat", "name")


_T = TypeVar("_T")


class _Plain(msgspec.Struct):
    sensor: str
    quantity: str
    value: float
    time: str
    unit: str = ""
    lon: float | None = None
    lat: float | None = None
    name: str = ""


_decoder = msgspec.json.Decoder(_Plain)
_list = msgspec.json.Decoder(list[msgspec.Raw])


class PlainJson:
    """Decoder of plain JSON.

    Parameters
    ----------
    mapping : mapping from field to path, optional
        Where each of :data:`FIELDS` lies in the message: names joined by dots (``data.values.0``), a constant
        behind ``=``, ``topic:N`` for the N-th level of the topic (from 1).
    zone : tzinfo, optional
        Of times that state none.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None, zone: timezone | ZoneInfo | None = None) -> None:
        unknown = set(mapping or ()) - set(FIELDS)
        if unknown:
            raise BadInput(
                "{name} is no field of a reading; there are: {known}.", name=sorted(unknown)[0], known=", ".join(FIELDS)
            )
        self._mapping = dict(mapping or {})
        self._zone = zone

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return the readings of one message: an object, or a list of them."""
        if self._mapping:
            found = load_json(payload)
            rows = found if isinstance(found, list) else [found]
            if len(rows) > MAX_READINGS:
                raise _too_many(len(rows))
            if not isinstance(found, list):
                return [self._mapped(found, topic)]
            return gathered(rows, lambda row: (self._mapped(row, topic),))
        check_size(payload)
        if payload.lstrip()[:1] != b"[":
            return [self._plain(payload)]
        parts = _read(_list, payload)
        if len(parts) > MAX_READINGS:
            raise _too_many(len(parts))
        return gathered(parts, lambda part: (self._plain(part),))

    def _plain(self, data: bytes | msgspec.Raw) -> Reading:
        row = _read(_decoder, data)
        time = time_of(row.time, self._zone)
        sensor = text_of(row.sensor, "sensor")
        reading = Reading(sensor, quantity_of(text_of(row.quantity, "quantity")), number_of(row.value), time, row.unit)
        if row.lon is not None and row.lat is not None:
            reading.lon, reading.lat = place_of(row.lon, row.lat)
        reading.name = row.name[:200]
        return reading

    def _mapped(self, row: Any, topic: str) -> Reading:
        parts = {name: self._at(row, self._mapping.get(name, name), topic) for name in FIELDS}
        reading = Reading(
            text_of(parts["sensor"], "sensor"),
            quantity_of(text_of(parts["quantity"], "quantity")),
            number_of(parts["value"], text=True),
            time_of(parts["time"], self._zone),
            str(parts["unit"] or "")[:40],
            name=str(parts["name"] or "")[:200],
        )
        if parts["lon"] is not None and parts["lat"] is not None:
            lon, lat = number_of(parts["lon"], "lon", text=True), number_of(parts["lat"], "lat", text=True)
            reading.lon, reading.lat = place_of(lon, lat)
        return reading

    def _at(self, row: Any, path: str, topic: str) -> Any:
        if path.startswith("="):
            return path[1:]
        if path.startswith("topic:"):
            levels = topic.split("/")
            n = int(path[6:]) if path[6:].isdigit() else 0
            return levels[n - 1] if 0 < n <= len(levels) else None
        for name in path.split("."):
            if isinstance(row, dict):
                row = row.get(name)
            elif isinstance(row, list) and name.isdigit() and int(name) < len(row):
                row = row[int(name)]
            else:
                return None
        return row


def _read(decoder: msgspec.json.Decoder[_T], data: bytes | msgspec.Raw) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput("The message cannot be read: {reason}", reason=cut(error, 160)) from error


def place_of(lon: float, lat: float) -> tuple[float, float]:
    """Return a place in degrees, checked."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadInput("{lon}, {lat} is no place in degrees.", lon=lon, lat=lat)
    return float(lon), float(lat)


def _too_many(n: int) -> BadInput:
    return BadInput("The message holds {n} readings; at most {limit} are taken.", n=n, limit=MAX_READINGS)
