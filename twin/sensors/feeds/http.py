"""What the feeds over HTTP share: one careful client, polling, back-fill, server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from twin.errors import BadInput
from twin.sensors.feeds.feed import Feed, Hopeless
from twin.sensors.guard import MAX_ANSWER, cut

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    from twin.sensors.reading import Decoder

TIMEOUT_S = 20.0
MAX_PAGES = 1000


class Web:
    """A client with limits on time and size; it follows no redirection to another place.

    Parameters
    ----------
    base : str
        ``http(s)://…``; plain http only on this machine, unless ``allow_plain``.
    headers : mapping, optional
        Sent with each request, an authorisation among them.
    """

    def __init__(self, base: str, headers: Mapping[str, str] | None = None, allow_plain: bool = False) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput("{url} is no address; https://HOST/… is.", url=redacted(base))
        if parts.username or parts.password:
            raise BadInput("A password does not belong into an address; keep it in the keyring (--credential).")
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme == "http" and not local and not allow_plain and headers:
            raise BadInput("{url}: a key is only sent over https.", url=redacted(base))
        self.base = base.rstrip("/")
        self._origin = (parts.scheme, parts.netloc)
        self._client = httpx.Client(headers=dict(headers or {}), timeout=TIMEOUT_S, follow_redirects=False)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return the body that answers a GET; ``path`` may be a whole address at the same place."""
        return self._body("GET", path, params=params or None)  # {} would cut the query off

    def post(self, path: str, content: bytes, kind: str) -> bytes:
        """Return the body that answers a POST."""
        return self._body("POST", path, content=content, headers={"Content-Type": kind})

    def delete(self, path: str) -> None:
        """Ask to delete what lies there."""
        self._body("DELETE", path)

    def events(self, address: str, stop: threading.Event, last: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield (id, data) of server-sent events until told to stop or the stream ends."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        # Silence is normal between events; a minute of it looks whether we should stop.
        timeout = httpx.Timeout(TIMEOUT_S, read=60.0)
        try:
            with self._client.stream("GET", self._whole(address), headers=headers, timeout=timeout) as answer:
                _check(answer.status_code, answer.url.host)
                yield from _events(answer.iter_lines(), stop)
        except httpx.HTTPError as error:
            raise OSError(f"{type(error).__name__}: {cut(error, 120)}") from error

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def __enter__(self) -> Web:
        """Return itself; leaving the block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _whole(self, path: str) -> str:
        address = path if "://" in path else urljoin(self.base + "/", path)
        parts = urlsplit(address)
        if (parts.scheme, parts.netloc) != self._origin:
            raise BadInput("The server points to another place ({host}); that is not followed.", host=parts.netloc)
        return address

    def _body(self, method: str, path: str, **rest: object) -> bytes:
        try:
            with self._client.stream(method, self._whole(path), **rest) as answer:  # type: ignore[arg-type]
                _check(answer.status_code, answer.url.host)
                found = bytearray()
                for part in answer.iter_bytes():
                    found += part
                    if len(found) > MAX_ANSWER:
                        raise BadInput("The answer has more than {limit} bytes.", limit=MAX_ANSWER)
                return bytes(found)
        except httpx.HTTPError as error:
            raise OSError(f"{type(error).__name__}: {cut(error, 120)}") from error


class PolledPage(Feed):
    """One address asked again and again: whatever format its answer has.

    Parameters
    ----------
    url : str
    decode : callable
        Of the answer's format.
    every_s : float
        Seconds between two questions.
    headers : mapping, optional
        An authorisation, from the keyring.
    """

    def __init__(
        self, url: str, decode: Decoder, every_s: float = 60.0, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(decode)
        self._url, self._every, self._headers = url, max(every_s, 1.0), headers
        Web(url, headers).close()

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return redacted(self._url)

    def prepare(self) -> None:
        """Do what a question needs first."""

    def session(self, stop: threading.Event) -> None:
        """Ask until told to stop; an answer that is the same as before is not handed on."""
        before = b""
        with Web(self._url, self._headers) as web:
            while not stop.is_set():
                self.prepare()
                body = web.get(self._url)
                self.connected()
                if body != before:
                    before = body
                    self.offer(body, self.where())
                stop.wait(self._every)


def redacted(url: str) -> str:
    """Return an address without user, password and query: keys stand there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _check(status: int, host: str) -> None:
    if status in (401, 403):
        raise Hopeless("{host} refuses the key (status {status}).", host=host, status=status)
    if status in (400, 404, 405, 410):
        raise Hopeless("{host} does not know what was asked for (status {status}).", host=host, status=status)
    if status >= 300:
        raise BadInput("{host} answers with status {status}.", host=host, status=status)


def _events(lines: Iterator[str], stop: threading.Event) -> Iterator[tuple[str, bytes]]:
    """Read the lines of an event stream (WHATWG HTML, 9.2.6)."""
    last, size = "", 0
    data: list[str] = []
    for line in lines:
        if stop.is_set():
            return
        if not line:
            if data:
                yield last, "\n".join(data).encode()
            data, size = [], 0
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            size += len(value)
            if size > MAX_ANSWER:
                raise BadInput("The answer has more than {limit} bytes.", limit=MAX_ANSWER)
            data.append(value)
        elif name == "id" and "\0" not in value:
            last = value
