"""LoRaWAN uplinks over MQTT: ChirpStack v4 and The Things Stack v3. Where gateways heard it is dropped at once."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.sensors.guard import load_json, number_of, text_of, time_of
from twin.sensors.quantity import quantity_of
from twin.sensors.reading import Found, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ChirpStack:
    """Decoder of ChirpStack v4 uplink events (topic ``application/+/device/+/event/up``).

    Parameters
    ----------
    codec : str
        Of :data:`CODECS`: reads the raw bytes where the network server does not decode them.
    """

    def __init__(self, codec: str = "") -> None:
        self._codec = codec_of(codec)

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return one reading for each number of an uplink."""
        found = load_json(payload)
        device = _part(found, "deviceInfo")
        sensor = text_of(device.get("devEui"), "devEui")
        values = found.get("object")
        if not values:
            values = _raw(found.get("data"), self._codec)
        time = time_of(found.get("time"))
        name = str(device.get("deviceName") or "")[:200]
        tags = device.get("tags")
        return readings(sensor, name, time, values, _place(tags if isinstance(tags, dict) else {}))


class ThingsStack:
    """Decoder of The Things Stack v3 uplinks (topic ``v3/+/devices/+/up``); ``codec`` as for ChirpStack."""

    def __init__(self, codec: str = "") -> None:
        self._codec = codec_of(codec)

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return one reading for each number of an uplink."""
        found = load_json(payload)
        ids, uplink = _part(found, "end_device_ids"), _part(found, "uplink_message")
        sensor = text_of(ids.get("dev_eui") or ids.get("device_id"), "dev_eui")
        values = uplink.get("decoded_payload")
        if not values:
            values = _raw(uplink.get("frm_payload"), self._codec)
        time = time_of(uplink.get("received_at") or found.get("received_at"))
        locations = uplink.get("locations")
        user = locations.get("user") if isinstance(locations, dict) else None
        return readings(sensor, str(ids.get("device_id") or "")[:200], time, values, _place(user or {}))


def readings(sensor: str, name: str, time: int, values: Any, place: tuple[float, float]) -> list[Found]:
    """Return a reading for each number of a decoded payload, nested names joined."""
    if not isinstance(values, dict):
        raise BadInput("The decoded payload is no table of names and values.")
    found: list[Found] = [
        Reading(sensor, quantity_of(key), number_of(value, key), time, _UNITS.get(quantity_of(key), ""), *place, name)
        for key, value in _numbers(values, "")
    ]
    if not found:
        raise BadInput("The uplink holds no number.")
    return found


_UNITS = {"vdd": "mV", "battery_voltage": "V"}


def _numbers(values: dict[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for key, value in list(values.items())[:100]:
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from _numbers(value, f"{name}_")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value


def _part(found: Any, name: str) -> dict[str, Any]:
    part = found.get(name) if isinstance(found, dict) else None
    if not isinstance(part, dict):
        raise BadInput("The message lacks {name}: it is no uplink.", name=name)
    return part


def _place(facts: dict[str, Any]) -> tuple[float, float]:
    try:
        lon, lat = float(facts["longitude"]), float(facts["latitude"])
    except (KeyError, TypeError, ValueError):
        return float("nan"), float("nan")
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else (float("nan"), float("nan"))


def _raw(data: object, codec: Callable[[bytes], dict[str, float]] | None) -> dict[str, float]:
    if codec is None:
        raise BadInput(
            "The network server did not decode the payload; name a codec ({known}).", known=", ".join(CODECS)
        )
    try:
        return codec(base64.b64decode(str(data), validate=True))
    except (binascii.Error, ValueError, IndexError, KeyError) as error:
        raise BadInput("The payload cannot be read by this codec.") from error


def elsys(data: bytes) -> dict[str, float]:
    """Read the bytes of an Elsys sensor (public payload format): type byte, then its value, again and again."""
    found: dict[str, float] = {}
    i = 0
    while i < len(data):
        name, size, signed, factor = _ELSYS[data[i]]
        part = data[i + 1 : i + 1 + size]
        if len(part) < size:
            raise ValueError
        if data[i] == 0x15:
            found["soundPeak"], found["soundAvg"] = float(part[0]), float(part[1])
        elif name:
            found[name] = round(int.from_bytes(part, "big", signed=signed) * factor, 6)
        i += 1 + size
    return found


_ELSYS: dict[int, tuple[str, int, bool, float]] = {
    # type: name ("" = not a quantity), bytes, signed, factor
    0x01: ("temperature", 2, True, 0.1),
    0x02: ("humidity", 1, False, 1.0),
    0x03: ("", 3, False, 1.0),
    0x04: ("light", 2, False, 1.0),
    0x05: ("pir", 1, False, 1.0),
    0x06: ("co2", 2, False, 1.0),
    0x07: ("vdd", 2, False, 1.0),
    0x0A: ("pulse", 2, False, 1.0),
    0x0B: ("pulse_abs", 4, False, 1.0),
    0x0C: ("external_temperature", 2, True, 0.1),
    0x0D: ("external_digital", 1, False, 1.0),
    0x0E: ("distance", 2, False, 1.0),
    0x0F: ("", 1, False, 1.0),
    0x11: ("occupancy_state", 1, False, 1.0),
    0x12: ("waterleak", 1, False, 1.0),
    0x14: ("pressure", 4, False, 0.001),
    0x15: ("sound", 2, False, 1.0),
}
CODECS: dict[str, Callable[[bytes], dict[str, float]]] = {"elsys": elsys}


def codec_of(name: str) -> Callable[[bytes], dict[str, float]] | None:
    """Return a codec by its name; None for "".

    Raises
    ------
    BadInput
        When there is none of this name.
    """
    if name and name not in CODECS:
        raise BadInput("{name} is no codec; there are: {known}.", name=name, known=", ".join(CODECS))
    return CODECS.get(name)
