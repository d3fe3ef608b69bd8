"""Asking a public service over the network: with a limit on size and time, and patience where it asks for it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.jobs import Job

LARGEST = 200 * 2**20
"""Largest answer that is read [bytes]."""
TRIES = 5
"""How often one question is asked when the service is busy or the network fails."""
LONGEST_WAIT = 30.0
"""Longest wait between two tries [s]."""


@dataclass
class Web:
    """A service at one address, asked no more often than it allows.

    Attributes
    ----------
    base : str
        Address, http or https.
    calls, per : int, float [s]
        At most so many questions in so many seconds.
    timeout : float [s]
    """

    base: str
    calls: int = 30
    per: float = 10.0
    timeout: float = 60.0
    _asked: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Refuse what is no web address."""
        if not self.base.startswith(("https://", "http://")):
            raise BadInput("{url} is no web address; https://… was expected.", url=self.base)
        self.base = self.base.rstrip("/")

    def json(
        self, path: str = "", params: Mapping[str, str] | None = None, body: Any = None, job: Job | None = None
    ) -> Any:
        """Return what the service answers, decoded.

        Raises
        ------
        BadInput
            In one line: no connection, refused, too large, or not JSON.
        """
        data = self.get(path, params, body, job)
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError:
            said = " ".join(data[:200].decode("utf-8", "replace").split())
            raise BadInput("{url} did not answer with JSON: {said}", url=self.base, said=said) from None

    def get(
        self, path: str = "", params: Mapping[str, str] | None = None, body: Any = None, job: Job | None = None
    ) -> bytes:
        """Return what the service answers; a busy one is asked again after as long as it says."""
        problem = ""
        for attempt in range(TRIES):
            self._wait(job)
            try:
                status, data, after = self._once(path, params, body, job)
            except httpx.HTTPError as error:
                problem, after = str(error) or type(error).__name__, ""
            else:
                if status < 400:
                    return data
                problem = f"{status} {_reason(data)}".strip()
                if status not in (429, 502, 503, 504):
                    break
            if attempt + 1 < TRIES:
                _sleep(min(_seconds(after, 0.5 * 2**attempt), LONGEST_WAIT), job)
        raise BadInput("{url} gave no answer: {reason}", url=self.base + path, reason=problem)

    def _once(self, path: str, params: Mapping[str, str] | None, body: Any, job: Job | None) -> tuple[int, bytes, str]:
        self._asked.append(time.monotonic())
        method = "GET" if body is None else "POST"
        parts: list[bytes] = []
        size = 0
        with (
            httpx.Client(timeout=self.timeout, follow_redirects=True, max_redirects=3) as client,
            client.stream(method, self.base + path, params=dict(params or {}), json=body) as answer,
        ):
            for part in answer.iter_bytes():
                if job is not None:
                    job.check()
                size += len(part)
                if size > LARGEST:
                    raise BadInput("{url} answers with more than {n} MB.", url=self.base + path, n=LARGEST >> 20)
                parts.append(part)
            return answer.status_code, b"".join(parts), answer.headers.get("retry-after", "")

    def _wait(self, job: Job | None) -> None:
        while len(self._asked) >= self.calls:
            left = self._asked[0] + self.per - time.monotonic()
            if left <= 0:
                self._asked.popleft()
            else:
                _sleep(min(left, 0.2), job)


def _seconds(text: str, default: float) -> float:
    try:
        return max(float(text), 0.0)
    except ValueError:
        return default


def _sleep(seconds: float, job: Job | None) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if job is not None:
            job.check()
        time.sleep(min(left, 0.1))


def _reason(data: bytes) -> str:
    """Return what a service says of a refusal: the title of a problem document, else its first words."""
    try:
        found = msgspec.json.decode(data)
        text = str(found.get("detail") or found.get("title") or "") if isinstance(found, dict) else ""
    except msgspec.DecodeError:
        text = data[:200].decode("utf-8", "replace")
    return " ".join(text.split())[:200]
