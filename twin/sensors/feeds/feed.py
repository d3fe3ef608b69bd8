"""What every feed does: connect, fill in what was missed, follow, say how it stands; no Qt, bounded, reconnecting."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from twin.errors import BadInput, TwinError
from twin.sensors.guard import cut, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.sensors.reading import Decoder

Message = tuple[bytes, str, int]
"""Payload, topic, time received [ms]."""
QUEUE = 200_000
"""Messages that may wait to be recorded; what comes beyond is lost, and counted."""
_LONGEST_WAIT = 120.0

Link = Literal["off", "connecting", "connected", "waiting", "failed"]


@dataclass(frozen=True)
class Status:
    """How a feed stands.

    ``link`` with ``error`` where it failed; ``received``, ``lost`` messages; ``waiting`` in the queue;
    ``reconnects``; ``last_ms`` when the last message came (0: none yet).
    """

    link: Link
    error: str = ""
    received: int = 0
    lost: int = 0
    waiting: int = 0
    reconnects: int = 0
    last_ms: int = 0


class Stop(threading.Event):
    """Asked to end; ``wait`` returns at once then."""


class Feed(ABC):
    """A source of messages; a thread of its own follows it, the recorder takes what came.

    Parameters
    ----------
    decode : callable
        Turns its messages into readings.
    since_ms : int
        Newest time known of its streams [ms]; a feed that can fills in from there (0: nothing).
    """

    can_backfill = False

    def __init__(self, decode: Decoder, since_ms: int = 0) -> None:
        self.decode = decode
        self.since_ms = since_ms
        self.first_wait = 1.0
        self._queue: deque[Message] = deque()
        self._stop = Stop()
        self._thread: threading.Thread | None = None
        self._link: Link = "off"
        self._error = ""
        self._received = self._lost = self._reconnects = self._last = 0
        self.arrived: Callable[[], None] = lambda: None
        """Called (from the feed's thread) when messages wait."""

    @abstractmethod
    def session(self, stop: threading.Event) -> None:
        """Connect, call :meth:`connected`, hand over messages by :meth:`offer` until ``stop`` or the connection ends.

        Returns when there is no more to come (a file); raises OSError or BadInput when the connection failed.
        """

    @abstractmethod
    def where(self) -> str:
        """Return the address for people, without secrets."""

    def start(self) -> None:
        """Begin to follow, in a thread."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name=f"feed {self.where()[:40]}", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End following; what waits in the queue can still be taken."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout)
        self._link = "off"

    @property
    def finished(self) -> bool:
        """Whether the source has no more to give."""
        return self._thread is not None and not self._thread.is_alive()

    @property
    def status(self) -> Status:
        """How it stands now."""
        return Status(
            self._link, self._error, self._received, self._lost, len(self._queue), self._reconnects, self._last
        )

    def take(self, limit: int = 20_000) -> list[Message]:
        """Take waiting messages, oldest first."""
        queue = self._queue
        found = []
        try:
            for _ in range(min(limit, len(queue))):
                found.append(queue.popleft())
        except IndexError:
            pass
        return found

    # --- for the feeds themselves -------------------------------------------------------------------------------

    def connected(self) -> None:
        """Say that the source answers."""
        self._link, self._error = "connected", ""
        self._wait = self.first_wait

    def offer(self, payload: bytes, topic: str = "", received: int | None = None) -> None:
        """Put a message into the queue; a full queue loses it, and counts that."""
        self._received += 1
        self._last = now_ms() if received is None else received
        if len(self._queue) >= QUEUE:
            self._lost += 1
            return
        self._queue.append((payload, topic, self._last))
        self.arrived()

    def lose(self, n: int) -> None:
        """Count messages that were lost on the way."""
        self._lost += n

    def failed(self, reason: str) -> None:
        """Say why the source does not answer."""
        self._link, self._error = "failed", cut(reason, 200)

    # --- inside -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._wait = self.first_wait
        while not self._stop.is_set():
            self._link = "connecting"
            try:
                self.session(self._stop)
                if not self._stop.is_set():
                    self._link = "off"
                return
            except (OSError, TwinError, ValueError) as error:
                if self._stop.is_set():
                    return
                self.failed(str(error) or type(error).__name__)
                if isinstance(error, Hopeless):
                    return
            # With a part of chance, so that a thousand clients do not come back at the same moment.
            until = time.monotonic() + self._wait * random.uniform(0.7, 1.3)
            self._wait = min(self._wait * 2, _LONGEST_WAIT)
            self._stop.wait(max(until - time.monotonic(), 0.0))
            self._reconnects += 1


class Hopeless(BadInput):
    """A connection that trying again does not mend: a wrong password, a certificate that does not fit."""
