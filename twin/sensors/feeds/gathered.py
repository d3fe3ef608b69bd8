"""An MQTT client for many messages: paho's, but for the messages themselves.

paho asks the system seven times for each message and spends 60 µs on it; while a window is busy the interpreter's lock
has to be had again after each call. Here hundreds of messages come with one call and are taken out of the stream
(PUBLISH of MQTT 5, 3.3, and 3.1.1, 3.3, with QoS 0 or 1); all else goes on to paho.
"""

from __future__ import annotations

import contextlib
import select
import ssl
import time
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_PIECE = 1 << 16
_AT_ONCE = 100
"""Packets read before what is to be answered is sent."""
_PATIENCE = 1.0
_PUBLISH, _QOS, _QOS_1, _QOS_2 = 0x30, 0x06, 0x02, 0x04
_PUBACK = b"\x40\x02"


class Gathered:
    """A connected socket that does not block, with a buffer on either side; paho sees an ordinary one.

    Parameters
    ----------
    below : socket
        Plain or of TLS.
    came : function
        Takes topic and payload of each message.
    five : bool
        MQTT 5 is spoken, whose messages have properties.
    """

    def __init__(self, below: socket.socket, came: Callable[[str, bytes], None], five: bool) -> None:
        self._below, self._came, self._five = below, came, five
        self._for_paho = b""
        self._read = 0
        self._rest = b""
        """Beginning of a message that has not all come."""
        self._through = 0
        """Bytes to come of a packet that is paho's."""
        self._unsent = bytearray()

    def recv(self, size: int) -> bytes:
        """Return up to so many bytes for paho; raises as the socket below where there are none."""
        if self._read == len(self._for_paho):
            data = self._below.recv(_PIECE)
            self._for_paho, self._read = self._sift(data), 0
            if data and not self._for_paho:
                raise BlockingIOError
        part = self._for_paho[self._read : self._read + size]
        self._read += len(part)
        return part

    def pending(self) -> int:
        """Return how many bytes can be had without waiting."""
        of_tls = getattr(self._below, "pending", None)
        return len(self._for_paho) - self._read + (of_tls() if of_tls is not None else 0)

    def send(self, data: bytes) -> int:
        """Take all of it, to be sent by :meth:`flush`."""
        self._unsent += data
        return len(data)

    @property
    def unsent(self) -> bool:
        """Whether :meth:`flush` has something to send."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what the connection takes now."""
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._unsent:
                del self._unsent[: self._below.send(self._unsent)]

    def close(self) -> None:
        """Send what can be sent and close."""
        with contextlib.suppress(OSError):
            self.flush()
        self._below.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    # --- inside -------------------------------------------------------------------------------------------------

    def _sift(self, data: bytes) -> bytes:
        """Take the messages out of what came; return the rest, which is paho's."""
        data = self._rest + data
        at, end, others = 0, len(data), []
        while at < end:
            if self._through:
                n = min(self._through, end - at)
                others.append(data[at : at + n])
                self._through -= n
                at += n
                continue
            body, length = _length(data, at + 1)
            if body < 0:
                break
            kind = data[at]
            if kind & 0xF0 != _PUBLISH or kind & _QOS_2 or length > _PIECE:
                self._through = body + length - at
            elif body + length > end:
                break
            else:
                self._take(kind, data[body : body + length])
                at = body + length
        self._rest = data[at:]
        return b"".join(others)

    def _take(self, kind: int, body: bytes) -> None:
        """Take a message: topic, number (QoS 1), properties (MQTT 5), payload."""
        at = 2 + int.from_bytes(body[:2])
        topic = body[2:at].decode(errors="replace")
        if kind & _QOS:
            number = body[at : at + 2]
            at += 2
        if self._five:
            at, length = _length(body, at)
            at += length
        if at < 2 or at > len(body):
            raise ConnectionError("malformed message")
        self._came(topic, body[at:])
        if kind & _QOS:
            self._unsent += _PUBACK + number


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length: return where it ends and what it is; −1 where it has not all come.

    Examples
    --------
    >>> _length(bytes([0x80, 0x01, 7]), 0), _length(bytes([0x80]), 0)
    ((2, 128), (-1, 0))
    """
    value = 0
    for k in range(4):
        if at + k >= len(data):
            return -1, 0
        byte = data[at + k]
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            return at + k + 1, value
    raise ConnectionError("malformed length")


class Client(paho.Client):
    """The client over such a socket; :meth:`follow` and :meth:`leave` take the place of paho's own loops.

    Parameters
    ----------
    came : function
        Takes topic and payload of each message.
    """

    def __init__(self, came: Callable[[str, bytes], None], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._take_message = came
        self._gathered: Gathered | None = None
        self.on_message = lambda _client, _user, message: came(message.topic, bytes(message.payload))
        self.on_socket_register_write = lambda *_: None  # answers wait for the next turn of the loop

    def _create_socket(self) -> Any:
        below: Any = super()._create_socket()
        self._gathered = Gathered(below, self._take_message, self._protocol == paho.MQTTv5)
        return self._gathered

    def follow(self, done: Callable[[], bool]) -> None:
        """Read and answer until that is so.

        Parameters
        ----------
        done : function
            Asked twenty times a second at least.

        Raises
        ------
        OSError
            When the connection ends and nothing was told of it.
        """
        looked = 0.0
        while not done():
            sock = self._gathered
            if sock is None or self.socket() is None:
                raise ConnectionError("the connection is closed")
            writing = [sock] if sock.unsent or self.want_write() else []
            select.select([sock], writing, [], 0.0 if sock.pending() else 0.05)
            for _ in range(_AT_ONCE):
                self.loop_read()
                if not sock.pending():
                    break
            self._answer(sock)
            if time.monotonic() - looked > _PATIENCE:
                looked = time.monotonic()
                self.loop_misc()

    def leave(self) -> None:
        """Say goodbye where there is a connection, and close it."""
        sock, self._gathered = self._gathered, None
        if sock is not None:
            self.disconnect()
            self._answer(sock)
            sock.close()

    def _answer(self, sock: Gathered) -> None:
        if self.socket() is not None:
            self.loop_write()
        if self.socket() is not None:
            with contextlib.suppress(OSError):  # a broken connection is found in reading, and told
                sock.flush()
