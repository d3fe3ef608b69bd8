"""NGSI-LD: entities polled page by page, or notified to a small listener of our own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec

from twin.errors import BadInput
from twin.sensors.decode.ngsi_ld import NgsiLd
from twin.sensors.feeds.feed import Feed
from twin.sensors.feeds.http import MAX_PAGES, Web, redacted
from twin.sensors.guard import MAX_ANSWER, load_json, now_ms, said

if TYPE_CHECKING:
    from datetime import timezone
    from zoneinfo import ZoneInfo

_PAGE = 100


class NgsiLdFeed(Feed):
    """Follows entities of one type at a context broker.

    Parameters
    ----------
    url : str
        Root of the broker, before ``/ngsi-ld/v1``.
    kind : str
        Type of the entities, e.g. ``AirQualityObserved``.
    every_s : float
        Seconds between two questions; 0 = subscribe and be notified.
    zone : tzinfo, optional
        Of times that state none.
    headers : dict, optional
        An authorisation, or ``NGSILD-Tenant``.
    listen : tuple of str and int
        Where notifications reach us (host, port); port 0 takes a free one.
    since_ms : int
        Newest time known [ms]; what a broker with temporal operations has from there is filled in.
    """

    can_backfill = True

    def __init__(
        self, url: str, kind: str, every_s: float = 60.0, zone: timezone | ZoneInfo | None = None,
        headers: dict[str, str] | None = None, listen: tuple[str, int] = ("127.0.0.1", 0), since_ms: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(NgsiLd(zone), since_ms)
        self._url, self._kind, self._every = url, kind, every_s
        self._headers, self._listen = headers, listen
        Web(url, headers).close()

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return f"{redacted(self._url)} {self._kind}"

    def session(self, stop: threading.Event) -> None:
        """Poll, or subscribe and listen, until told to stop."""
        with Web(self._url, self._headers) as web:
            self._fill_in(web, stop)
            if self._every > 0:
                while not stop.is_set():
                    self._poll(web, stop)
                    self.since_ms = now_ms()
                    self.connected()
                    stop.wait(self._every)
            else:
                self._notified(web, stop)

    def _poll(self, web: Web, stop: threading.Event) -> None:
        for page in range(MAX_PAGES):
            params = {"type": self._kind, "limit": str(_PAGE), "offset": str(page * _PAGE)}
            body = web.get("ngsi-ld/v1/entities", params)
            entities = load_json(body, MAX_ANSWER)
            n = len(entities) if isinstance(entities, list) else 1
            for entity in entities if isinstance(entities, list) else [entities]:
                self.offer(msgspec.json.encode(entity), self._kind)
            if n < _PAGE or stop.is_set():
                return

    def _fill_in(self, web: Web, stop: threading.Event) -> None:
        """Ask for what was measured since the newest time known (ETSI GS CIM 009, 5.7.4: temporal entities).

        Temporal operations are an option of a broker; one without them has nothing to fill in.
        """
        if not self.since_ms:
            return
        for page in range(MAX_PAGES):
            params = {
                "type": self._kind, "timerel": "after", "timeAt": said(self.since_ms), "timeproperty": "observedAt",
                "limit": str(_PAGE), "offset": str(page * _PAGE),
            }  # fmt: skip
            try:
                body = web.get("ngsi-ld/v1/temporal/entities", params)
            except (BadInput, OSError):
                return
            found = load_json(body, MAX_ANSWER)
            entities = found if isinstance(found, list) else [found]
            for entity in entities:
                self.offer(msgspec.json.encode(entity), f"{self._kind} temporal")
            if len(entities) < _PAGE or stop.is_set():
                return

    def _notified(self, web: Web, stop: threading.Event) -> None:
        server = ThreadingHTTPServer(self._listen, _listener(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        host, port = server.server_address[:2]
        own = f"urn:ngsi-ld:Subscription:twin-{port}-{threading.get_ident()}"
        wanted = {
            "id": own,
            "type": "Subscription",
            "entities": [{"type": self._kind}],
            "notification": {"endpoint": {"uri": f"http://{host!s}:{port}/notify", "accept": "application/json"}},
        }
        try:
            self._poll(web, stop)  # what holds now; a broker notifies changes only
            web.post("ngsi-ld/v1/subscriptions", msgspec.json.encode(wanted), "application/json")
            self.connected()
            while not stop.wait(0.2):
                self.since_ms = now_ms()
            web.delete(f"ngsi-ld/v1/subscriptions/{own}")
        finally:
            server.shutdown()
            server.server_close()
            thread.join(2)


def _listener(feed: NgsiLdFeed) -> type[BaseHTTPRequestHandler]:
    class Listener(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            size = self.headers.get("Content-Length", "")
            if not size.isdigit() or int(size) > MAX_ANSWER or self.path != "/notify":
                self.send_error(413 if self.path == "/notify" else 404)
                return
            feed.offer(self.rfile.read(int(size)), "notification")
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

    return Listener
