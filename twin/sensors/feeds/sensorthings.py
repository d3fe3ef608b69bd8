"""OGC SensorThings 1.1 over HTTP: all datastreams with their metadata, then what is new of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.sensors.decode.sensorthings import Datastream, datastreams, load, observations, values_of
from twin.sensors.feeds.feed import Feed
from twin.sensors.feeds.http import MAX_PAGES, Web, redacted
from twin.sensors.guard import said

if TYPE_CHECKING:
    import threading

    from twin.sensors.reading import Found

_EXPAND = "Thing($expand=Locations($select=location);$select=name),ObservedProperty($select=name)"
_PAGE = 1000


class SensorThingsFeed(Feed):
    """Polls a SensorThings server.

    Parameters
    ----------
    url : str
        Its root, e.g. ``https://HOST/FROST-Server/v1.1``.
    every_s : float
        Seconds between two rounds.
    since_ms : int
        Newest time known [ms]; 0 asks for the newest value of each datastream only.
    headers : dict
        An authorisation, from the keyring.
    """

    can_backfill = True

    def __init__(
        self, url: str, every_s: float = 60.0, since_ms: int = 0, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(self._decode, since_ms)
        self._url, self._every, self._headers = url, every_s, headers
        self._known: dict[str, Datastream] = {}
        self._newest: dict[str, str] = {}
        Web(url, headers).close()

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return redacted(self._url)

    def session(self, stop: threading.Event) -> None:
        """Read the datastreams, then ask for what is new until told to stop."""
        with Web(self._url, self._headers) as web:
            self._known = {one.id: one for one in metadata(web)}
            while not stop.is_set():
                for ds in self._known.values():
                    if stop.is_set():
                        return
                    self._ask(web, ds, stop)
                self.connected()
                stop.wait(self._every)

    def _ask(self, web: Web, ds: Datastream, stop: threading.Event) -> None:
        since = self._newest.get(ds.id) or (said(self.since_ms) if self.since_ms else "")
        if since:
            rest = {"$filter": f"phenomenonTime gt {since}", "$orderby": "phenomenonTime asc", "$top": str(_PAGE)}
        else:
            rest = {"$orderby": "phenomenonTime desc", "$top": "1"}
        params = {"$select": "phenomenonTime,result,resultQuality", "$resultFormat": "dataArray", **rest}
        path = f"Datastreams({_quoted(ds.id)})/Observations"
        for _ in range(MAX_PAGES):
            page = web.get(path, params)
            answer = load(page)
            self.offer(page, ds.id)
            times = [str(facts) for facts in _times(answer)]
            if times:
                self._newest[ds.id] = max(times)
            path, params = str(answer.get("@iot.nextLink") or ""), {}
            if not path or not since or stop.is_set():
                return

    def _decode(self, payload: bytes, topic: str) -> list[Found]:
        found, refused = observations(load(payload), self._known, topic)
        return [*found, *refused]


def metadata(web: Web) -> list[Datastream]:
    """Read all datastreams of a server, page by page."""
    path, found = "Datastreams", []
    params: dict[str, str] = {"$expand": _EXPAND, "$top": "200"}
    for _ in range(MAX_PAGES):
        answer = load(web.get(path, params))
        found += datastreams(answer)
        path, params = str(answer.get("@iot.nextLink") or ""), {}
        if not path:
            return found
    raise BadInput("The server gives more than {n} pages.", n=MAX_PAGES)


def _times(answer: object) -> list[object]:
    found: list[object] = []
    for part in values_of(answer):
        if isinstance(part, dict) and isinstance(part.get("dataArray"), list):
            names = part.get("components") or []
            at = names.index("phenomenonTime") if "phenomenonTime" in names else 0
            found += [row[at] for row in part["dataArray"] if isinstance(row, list) and len(row) > at]
        elif isinstance(part, dict):
            found.append(part.get("phenomenonTime"))
    return [str(t).split("/")[-1] for t in found if t]


def _quoted(own: str) -> str:
    return own if own.isdigit() else "'" + own.replace("'", "''") + "'"
