"""DATEX II, MeasuredDataPublication (v2 and v3 XML): flows and speeds per measurement site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import defusedxml.ElementTree as safe
from defusedxml import DefusedXmlException

from twin.errors import BadInput
from twin.sensors.guard import MAX_ANSWER, MAX_READINGS, cut, number_of, text_of, time_of
from twin.sensors.reading import Found, Reading, gathered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from twin.sensors.decode.datex2_sites import Site

_VALUES = {"vehicleFlowRate": ("traffic_flow", "/h"), "speed": ("traffic_speed", "km/h")}
_HOLDERS = ("measuredValue", "physicalQuantity")
"""What holds a value with its index: in version 2, in version 3."""


def answer(payload: bytes, topic: str = "", table: Mapping[str, Site] | None = None) -> list[Found]:
    """Return the readings of a publication; entities and external references are refused.

    Parameters
    ----------
    payload, topic
        As every decoder takes them.
    table : mapping from id to Site, optional
        The table of sites (:func:`twin.sensors.decode.datex2_sites.sites`): a publication has no places of its own,
        nor says which of its values is which lane. Without it give places by ``--at SITE=LON,LAT``; the second and
        further values of a site are then called ``SITE #2`` and so on.
    """
    readings = gathered(
        (site for site in parsed(payload).iter() if name_of(site) == "siteMeasurements"),
        lambda site: _site(site, table or {}),
    )
    if len(readings) > MAX_READINGS:
        raise BadInput(
            "The message holds {n} readings; at most {limit} are taken.", n=len(readings), limit=MAX_READINGS
        )
    return readings


def parsed(payload: bytes) -> Element:
    """Return the root of an XML document without entities and document type.

    Raises
    ------
    BadInput
        When it is too large, holds such, or is no XML.
    """
    if len(payload) > MAX_ANSWER:
        raise BadInput("The message has {n} bytes; at most {limit} are taken.", n=len(payload), limit=MAX_ANSWER)
    try:
        root: Element = safe.fromstring(payload, forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadInput("The XML holds entities or a document type, which are not read.") from error
    except (safe.ParseError, ValueError, LookupError) as error:
        raise BadInput("The message is no XML: {reason}", reason=cut(error, 120)) from error
    return root


def name_of(part: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(part.tag).rsplit("}", 1)[-1]


def first(holder: Element, name: str) -> Element | None:
    """Return the first element of a name within another."""
    return next((part for part in holder.iter() if part is not holder and name_of(part) == name), None)


def _site(site: Element, table: Mapping[str, Site]) -> Iterator[Reading]:
    about = next((one for one in site if name_of(one) == "measurementSiteReference"), None)
    sensor = text_of(about.get("id") if about is not None else None, "measurementSiteReference")
    stamp = next((one.text for one in site if name_of(one) == "measurementTimeDefault"), None)
    time = time_of((stamp or "").strip(), what="measurementTimeDefault")
    known = table.get(sensor)
    seen: dict[str, int] = {}
    for holder in site:
        if name_of(holder) not in _HOLDERS:
            continue
        part = next((one for one in holder.iter() if name_of(one) in _VALUES and one.text is not None), None)
        if part is None:
            continue
        quantity, unit = _VALUES[name_of(part)]
        which = known.values.get(holder.get("index", "")) if known is not None else None
        who = sensor if which is None or not which else f"{sensor} {which}"
        n = seen[who + quantity] = seen.get(who + quantity, 0) + 1
        who = who if n == 1 else f"{who} #{n}"  # further values of a site: lanes or classes of vehicles
        wrong = first(holder, "dataError")
        doubt = wrong is not None and (wrong.text or "").strip() in ("true", "1")
        found = Reading(who, quantity, number_of(part.text, name_of(part), text=True), time, unit, doubt=doubt)
        if known is not None:
            found.lon, found.lat = known.lon, known.lat
            found.name = f"{known.name or sensor} {which or ''}".strip()[:200]
        yield found
