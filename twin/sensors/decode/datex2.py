"""DATEX II, MeasuredDataPublication (v2 and v3 XML): flows and speeds per measurement site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import defusedxml.ElementTree as safe
from defusedxml import DefusedXmlException

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, cut, number_of, text_of, time_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_VALUES = {"vehicleFlowRate": ("traffic_flow", "/h"), "speed": ("traffic_speed", "km/h")}


def answer(payload: bytes, topic: str = "") -> list[Found]:
    """Return the readings of a publication; entities and external references are refused.

    A publication has no places: those stand in a table of sites of its own. Give them by ``--at SITE=LON,LAT``.
    """
    if len(payload) > MAX_ANSWER:
        raise BadInput("The message has {n} bytes; at most {limit} are taken.", n=len(payload), limit=MAX_ANSWER)
    try:
        root: Element = safe.fromstring(payload, forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadInput("The XML holds entities or a document type, which are not read.") from error
    except (safe.ParseError, ValueError, LookupError) as error:
        raise BadInput("The message is no XML: {reason}", reason=cut(error, 120)) from error
    readings = gathered((site for site in root.iter() if _name(site) == "siteMeasurements"), _site)
    if len(readings) > MAX_READINGS:
        raise BadInput(
            "The message holds {n} readings; at most {limit} are taken.", n=len(readings), limit=MAX_READINGS
        )
    return readings


def _site(site: Element) -> Iterator[Reading]:
    about = next((one for one in site if _name(one) == "measurementSiteReference"), None)
    sensor = text_of(about.get("id") if about is not None else None, "measurementSiteReference")
    stamp = next((one.text for one in site if _name(one) == "measurementTimeDefault"), None)
    time = time_of((stamp or "").strip(), what="measurementTimeDefault")
    lanes: dict[str, int] = {}
    for part in site.iter():
        if _name(part) not in _VALUES or part.text is None:
            continue
        quantity, unit = _VALUES[_name(part)]
        n = lanes[quantity] = lanes.get(quantity, 0) + 1
        who = sensor if n == 1 else f"{sensor} #{n}"  # further values of a site: lanes or classes of vehicles
        yield Reading(who, quantity, number_of(part.text, _name(part), text=True), time, unit)


def _name(part: Element) -> str:
    return str(part.tag).rsplit("}", 1)[-1]
