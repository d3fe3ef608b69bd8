"""DATEX II, MeasurementSiteTablePublication (v2 and v3 XML): where sites stand and what each of their values is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.sensors.decode.datex2 import first, name_of, parsed
from twin.sensors.guard import number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

MAX_SITES = 100_000
_POINTS = ("locationForDisplay", "coordinatesForDisplay", "pointCoordinates", "openlrCoordinate", "coordinates")
"""Where a site's coordinates lie, the best first."""


@dataclass(frozen=True)
class Site:
    """A site: name, place [°] (nan where the table tells none), and lane and vehicles of each of its values."""

    name: str = ""
    lon: float = float("nan")
    lat: float = float("nan")
    values: Mapping[str, str] = field(default_factory=dict)
    """Index of a value to what it is besides its quantity, such as ``lane2 lorry``; "" for the whole road."""


def sites(payload: bytes) -> dict[str, Site]:
    """Return the sites of a table by their id.

    Raises
    ------
    BadInput
        When it is no such table, or larger than is read.
    """
    found: dict[str, Site] = {}
    for record in parsed(payload).iter():
        if name_of(record) in ("measurementSiteRecord", "measurementSite") and record.get("id"):
            if len(found) >= MAX_SITES:
                raise BadInput("The table holds more than {n} sites.", n=MAX_SITES)
            found[text_of(record.get("id"), "measurementSiteRecord")] = _site(record)
    if not found:
        raise BadInput("The table holds no measurement sites.")
    return found


def _site(record: Element) -> Site:
    named = first(record, "measurementSiteName")
    told = first(named, "value") if named is not None else None
    said = named if told is None else told
    lon, lat = _place(record)
    values = {}
    for part in record.iter():
        index = part.get("index")
        if name_of(part) == "measurementSpecificCharacteristics" and index is not None:
            lane = _text(part, "specificLane")
            lane = "" if lane.startswith("all") else lane
            vehicle = _text(part, "vehicleType")
            vehicle = "" if vehicle == "anyVehicle" else vehicle
            values[index] = f"{lane} {vehicle}".strip()[:60]
    return Site(" ".join((said.text or "").split())[:200] if said is not None else "", lon, lat, values)


def _place(record: Element) -> tuple[float, float]:
    for name in _POINTS:
        for point in record.iter():
            if name_of(point) == name:
                lon, lat = _text(point, "longitude"), _text(point, "latitude")
                if lon and lat:
                    x, y = number_of(lon, "longitude", text=True), number_of(lat, "latitude", text=True)
                    if -180 <= x <= 180 and -90 <= y <= 90:
                        return x, y
    return float("nan"), float("nan")


def _text(holder: Element, name: str) -> str:
    part = first(holder, name)
    return (part.text or "").strip() if part is not None else ""
