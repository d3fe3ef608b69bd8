"""SMHI's open data over HTTP: the latest hour of stations, or of all; for named stations what was missed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.sensors.decode.smhi import PARAMETERS, answer
from twin.sensors.feeds.feed import Feed, Hopeless
from twin.sensors.feeds.http import Web, redacted
from twin.sensors.guard import now_ms

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

DEFAULT_URL = "https://opendata-download-metobs.smhi.se/api/version/1.0"
_USUAL = ("1", "3", "4", "6")
_HOUR_MS = 3_600_000


class SmhiFeed(Feed):
    """Follows meteorological observations.

    Parameters
    ----------
    stations : sequence of str
        Their numbers, e.g. ``98230``; without one all stations.
    parameters : sequence of str
        Numbers of :data:`twin.sensors.decode.smhi.PARAMETERS`; temperature, wind and humidity by default.
    every_s : float
        Seconds between two questions (values come once an hour).
    since_ms : int
        Newest time known [ms]; from there the last day or the last four months are filled in.
    url : str
        Root of the service.
    """

    can_backfill = True

    def __init__(
        self, stations: Sequence[str] = (), parameters: Sequence[str] = (), every_s: float = 600.0, since_ms: int = 0,
        url: str = DEFAULT_URL,
    ) -> None:  # fmt: skip
        super().__init__(answer, since_ms)
        self._parameters = tuple(parameters) or _USUAL
        for one in self._parameters:
            if one not in PARAMETERS:
                known = ", ".join(f"{key} {name}" for key, (name, _) in PARAMETERS.items())
                raise BadInput("{name} is no parameter we read; there are: {known}.", name=one, known=known)
        for one in stations:
            if not one.isdigit():
                raise BadInput("{name} is no number of a station, such as 98230.", name=one)
        self._stations, self._every, self._url = tuple(stations), every_s, url
        self._missing: set[tuple[str, str]] = set()
        Web(url).close()

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return redacted(self._url)

    def session(self, stop: threading.Event) -> None:
        """Fill in what was missed, then ask for the latest hour again and again."""
        asked = [(one, station) for one in self._parameters for station in self._stations or ("",)]
        before: dict[tuple[str, str], bytes] = {}
        with Web(self._url) as web:
            first = True
            while not stop.is_set():
                for pair in asked:
                    if stop.is_set():
                        return
                    body = self._ask(web, *pair, self._period() if first and pair[1] else "latest-hour")
                    if body and body != before.get(pair):
                        before[pair] = body
                        self.offer(body, pair[0])
                if len(self._missing) == len(asked):
                    raise BadInput("No station that was named measures any of these parameters.")
                self.connected()
                first = False
                self.since_ms = now_ms()
                stop.wait(self._every)

    def _period(self) -> str:
        missed = now_ms() - self.since_ms
        return "latest-hour" if missed < _HOUR_MS else "latest-day" if missed < 23 * _HOUR_MS else "latest-months"

    def _ask(self, web: Web, parameter: str, station: str, period: str) -> bytes:
        """Return an answer; nothing where the station does not measure it, or not this hour."""
        of = f"station/{station}" if station else "station-set/all"
        try:
            body = web.get(f"parameter/{parameter}/{of}/period/{period}/data.json")
        except Hopeless:
            if not station:
                raise
            self._missing.add((parameter, station))
            return b""
        self._missing.discard((parameter, station))
        return body
