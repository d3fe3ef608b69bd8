"""SMHI's open data, meteorological observations (metobs, JSON): one station's series, or all stations of an hour.

Values are texts; ``date`` is milliseconds since 1970, UTC. Quality ``G`` is checked, ``Y`` is suspect or not checked
yet, as all values of the last hours are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, load_json, now_ms, number_of, text_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMETERS = {
    "1": ("temperature", "Cel"), "3": ("wind_direction", "deg"), "4": ("wind_speed", "m/s"), "6": ("humidity", "%"),
    "7": ("precipitation", "mm"), "9": ("pressure_sea_level", "hPa"), "11": ("global_irradiance", "W/m2"),
    "21": ("wind_gust", "m/s"), "39": ("dew_point", "Cel"),
}  # fmt: skip
"""Number of a parameter to our quantity and its unit (UCUM): those that come every hour."""
_CHECKED_AFTER_MS = 3 * 3_600_000
"""Age from which ``Y`` no longer means «not checked yet»."""


def answer(payload: bytes, topic: str = "") -> list[Found]:
    """Return the readings of an answer; ``topic`` is the parameter where the answer does not name it."""
    found = load_json(payload, MAX_ANSWER)
    if not isinstance(found, dict):
        raise BadInput("The answer is none of SMHI's observations.")
    about = found.get("parameter")
    key = str(about.get("key", "")) if isinstance(about, dict) else topic
    if key not in PARAMETERS:
        raise BadInput("{name} is no parameter we read; there are: {known}.", name=key, known=", ".join(PARAMETERS))
    quantity, unit = PARAMETERS[key]
    now = now_ms()

    def one(value: Any, station: dict[str, Any], place: tuple[float, float]) -> Iterator[Found]:
        if not isinstance(value, dict):
            raise BadInput("The answer is none of SMHI's observations.")
        at = value.get("date")
        if not isinstance(at, int) or isinstance(at, bool):
            raise BadInput("{what}: a number is expected, not {value}.", what="date", value=str(at)[:60])
        doubt = value.get("quality") == "Y" and now - at > _CHECKED_AFTER_MS
        name = str(station.get("name") or "")[:200]
        sensor = f"SMHI {text_of(station.get('key'), 'station.key')}"
        number = number_of(value.get("value"), quantity, text=True)
        yield Reading(sensor, quantity, number, at, unit, *place, name, doubt)

    def of_station(station: Any) -> list[Found]:
        if not isinstance(station, dict):
            raise BadInput("The answer is none of SMHI's observations.")
        place = _place(station)
        return gathered(_rows(station), lambda value: one(value, station, place))

    if isinstance(found.get("station"), list):
        readings = gathered(found["station"], of_station)
    else:
        station = found.get("station")
        if not isinstance(station, dict):
            raise BadInput("The answer is none of SMHI's observations.")
        places = [part for part in _list(found.get("position")) if isinstance(part, dict)]
        where = _place(places[-1]) if places else _place(station)  # the last is where it stands now
        readings = gathered(_rows(found), lambda value: one(value, station, where))
    if len(readings) > MAX_READINGS:
        raise BadInput(
            "The message holds {n} readings; at most {limit} are taken.", n=len(readings), limit=MAX_READINGS
        )
    return readings


def _rows(holder: dict[str, Any]) -> list[Any]:
    return _list(holder.get("value"))  # a station that did not report has null here


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _place(holder: dict[str, Any]) -> tuple[float, float]:
    lon, lat = holder.get("longitude"), holder.get("latitude")
    if isinstance(lon, int | float) and isinstance(lat, int | float) and -180 <= lon <= 180 and -90 <= lat <= 90:
        return float(lon), float(lat)
    return float("nan"), float("nan")
