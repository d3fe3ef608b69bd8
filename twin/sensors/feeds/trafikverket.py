"""Trafikverket's open API: a question in XML, an answer in JSON, then changes as server-sent events."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only to write a question; answers are JSON
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.sensors.decode.trafikverket import answer, change_of
from twin.sensors.feeds.feed import Feed
from twin.sensors.feeds.http import Web, redacted

if TYPE_CHECKING:
    import threading

DEFAULT_URL = "https://api.trafikinfo.trafikverket.se/v2/data.json"
_SCHEMAS = {"TrafficFlow": "1.5", "WeatherMeasurepoint": "2.1"}


class TrafikverketFeed(Feed):
    """Follows one kind of object.

    Parameters
    ----------
    key : str
        Authentication key, from the keyring.
    kind : str
        ``TrafficFlow`` or ``WeatherMeasurepoint``.
    box : tuple of float, optional
        West, south, east, north [°].
    every_s : float
        Seconds between two questions where the server gives no event stream.
    """

    can_backfill = True

    def __init__(
        self, key: str, kind: str = "TrafficFlow", box: tuple[float, float, float, float] | None = None,
        every_s: float = 60.0, url: str = DEFAULT_URL,
    ) -> None:  # fmt: skip
        if kind not in _SCHEMAS:
            raise BadInput("{name} is no object we read; there are: {known}.", name=kind, known=", ".join(_SCHEMAS))
        super().__init__(answer)
        self._key, self._kind, self._box, self._every, self._url = key, kind, box, every_s, url
        self._change = "0"
        Web(url, {"Accept": "application/json"}).close()

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return f"{redacted(self._url)} {self._kind}"

    def session(self, stop: threading.Event) -> None:
        """Ask for what holds, then follow the changes."""
        base = self._url.rsplit("/", 1)[0]
        with Web(base) as web:
            while not stop.is_set():
                body = web.post(self._url, query(self._key, self._kind, self._box, self._change), "text/xml")
                change, stream = change_of(body)
                self._change = change or self._change
                self.offer(body, self._kind)
                self.connected()
                if stream:
                    for number, data in web.events(stream, stop):
                        self._change = number or self._change
                        self.offer(data, self._kind)
                else:
                    stop.wait(self._every)


def query(key: str, kind: str, box: tuple[float, float, float, float] | None = None, change: str = "0") -> bytes:
    """Write the question, with all values escaped.

    Examples
    --------
    >>> b'changeid="7"' in query("k", "TrafficFlow", change="7")
    True
    """
    request = ET.Element("REQUEST")
    ET.SubElement(request, "LOGIN", authenticationkey=key)
    asked = ET.SubElement(
        request, "QUERY", objecttype=kind, schemaversion=_SCHEMAS[kind], limit="5000", sseurl="true", changeid=change
    )
    if box is not None:
        west, south, east, north = box
        inside = f"{west} {south}, {east} {north}"
        where = ET.SubElement(asked, "FILTER")
        ET.SubElement(where, "WITHIN", name="Geometry.WGS84", shape="box", value=inside)
    return bytes(ET.tostring(request, "utf-8"))
