"""MQTT 5 and 3.1.1, plain or over TLS."""

from __future__ import annotations

import ssl
import threading
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from twin.errors import BadInput
from twin.sensors.feeds.feed import Feed, Hopeless
from twin.sensors.feeds.gathered import Client
from twin.sensors.guard import MAX_MESSAGE, now_ms

if TYPE_CHECKING:
    from pathlib import Path

    from twin.sensors.reading import Decoder

_DROPPED = "$SYS/broker/publish/messages/dropped"
_WRONG = {"Bad user name or password", "Not authorized", "Bad authentication method", "Banned"}
_SESSION_S = 3600


class MqttFeed(Feed):
    """Follows topics of a broker.

    Parameters
    ----------
    url : str
        ``mqtt://HOST[:PORT]`` or ``mqtts://…`` (TLS). A user name may stand in it, a password never.
    topics : tuple of str
        With ``+`` and ``#``.
    decode : callable
        Of the messages' format.
    user, password : str
        From the keyring.
    ca : Path, optional
        Certificate of the authority that signed the broker's, where the system does not know it.
    version : int
        5, or 4 for MQTT 3.1.1; a broker that does not speak 5 is spoken to in 3.1.1.
    qos : int
        0 or 1.
    client_id : str
        Stable for a project's feed, so that the broker keeps what comes while we are away.
    """

    def __init__(
        self,
        url: str,
        topics: tuple[str, ...],
        decode: Decoder,
        *,
        user: str = "",
        password: str = "",
        ca: Path | None = None,
        version: int = 5,
        qos: int = 1,
        client_id: str = "",
    ) -> None:
        super().__init__(decode)
        self._host, self._port, self._tls, said = address(url)
        self._user, self._password = user or said, password
        self._topics, self._qos, self._version = topics, qos, version
        self._ca = ca
        self._keep = bool(client_id)
        self._client_id = client_id or f"twin-{uuid.uuid4().hex[:12]}"
        self._dropped: int | None = None
        self._too_big = 0
        for topic in topics:
            if not topic or len(topic) > 1000 or "#" in topic.rstrip("#"):
                raise BadInput("{topic} is no MQTT topic.", topic=topic or "–")

    def where(self) -> str:
        """Return the address for people, without secrets."""
        return f"{'mqtts' if self._tls else 'mqtt'}://{self._host}:{self._port} {' '.join(self._topics)}"

    def session(self, stop: threading.Event) -> None:
        """Connect, subscribe and follow until told to stop or the connection breaks."""
        ended = threading.Event()
        problem: list[Exception] = []
        client = self._client(ended, problem)
        try:
            try:
                client.connect(self._host, self._port, keepalive=30, **self._greeting())
            except ssl.SSLError as error:
                raise Hopeless("TLS: {reason}", reason=error.reason or str(error)) from error
            client.follow(lambda: stop.is_set() or ended.is_set())
            if problem and not stop.is_set():
                raise problem[0]
        finally:
            client.leave()

    # --- inside -------------------------------------------------------------------------------------------------

    def _greeting(self) -> dict[str, Any]:
        if self._version < 5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no type here
        properties.SessionExpiryInterval = _SESSION_S if self._keep else 0
        properties.MaximumPacketSize = 4 * MAX_MESSAGE
        return {"clean_start": not self._keep, "properties": properties}

    def _client(self, ended: threading.Event, problem: list[Exception]) -> Client:
        five = self._version >= 5
        client = Client(
            self._came,
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            clean_session=None if five else not self._keep,
            reconnect_on_failure=False,
        )
        self._secure(client)

        def connected(_c: paho.Client, _u: object, _f: object, reason: Any, _p: object) -> None:
            if reason.is_failure:
                said = str(reason)
                if five and said == "Unsupported protocol version":
                    self._version = 4
                wrong = BadInput("The broker refuses the connection: {reason}", reason=said)
                problem.append(Hopeless(wrong.key, **wrong.fields) if said in _WRONG else wrong)
                ended.set()
                return
            wanted = [*self._topics, _DROPPED]
            if five:
                client.subscribe([(topic, SubscribeOptions(qos=self._qos)) for topic in wanted])
            else:
                client.subscribe([(topic, self._qos) for topic in wanted])

        def subscribed(_c: paho.Client, _u: object, _m: int, reasons: list[Any], _p: object) -> None:
            refused = [t for t, r in zip(self._topics, reasons, strict=False) if r.is_failure]
            if refused:
                problem.append(Hopeless("The broker refuses the topic {topic}.", topic=refused[0]))
                ended.set()
                return
            self.connected()

        def left(_c: paho.Client, _u: object, _f: object, reason: Any, _p: object) -> None:
            problem.append(BadInput("The connection to the broker broke: {reason}", reason=str(reason)))
            ended.set()

        client.on_connect, client.on_subscribe = connected, subscribed
        client.on_disconnect = left
        return client

    def _secure(self, client: paho.Client) -> None:
        if self._user:
            client.username_pw_set(self._user, self._password or None)
        if self._tls:
            context = ssl.create_default_context(cafile=str(self._ca) if self._ca else None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.sslsocket_class = _Closing
            client.tls_set_context(context)

    def _came(self, topic: str, payload: bytes) -> None:
        if topic.startswith("$SYS/"):
            self._count_dropped(payload)
        else:  # of one that is too long only what the intake needs to refuse it
            self.offer(payload[: MAX_MESSAGE + 1], topic, now_ms())

    def _count_dropped(self, payload: bytes) -> None:
        """Count what the broker says it dropped since we came: its queue for a slow client overflowed."""
        try:
            total = int(payload)
        except ValueError:
            return
        if self._dropped is not None and total > self._dropped:
            self.lose(total - self._dropped)
        self._dropped = total


class _Closing(ssl.SSLSocket):
    """A socket that closes when the handshake fails, which paho leaves open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def address(url: str) -> tuple[str, int, bool, str]:
    """Return host, port, whether over TLS, and user name of an address.

    Raises
    ------
    BadInput
        When it is no address of a broker, or holds a password (those belong into the keyring).
    """
    try:
        parts = urlsplit(url if "//" in url else f"mqtt://{url}")
        port = parts.port
    except ValueError:
        raise BadInput("{url} is no address of a broker; mqtt://HOST:PORT is.", url=url) from None
    if parts.scheme not in ("mqtt", "mqtts", "tcp", "ssl") or not parts.hostname:
        raise BadInput("{url} is no address of a broker; mqtt://HOST:PORT is.", url=url)
    if parts.password:
        raise BadInput("A password does not belong into an address; keep it in the keyring (--credential).")
    tls = parts.scheme in ("mqtts", "ssl")
    return parts.hostname, port or (8883 if tls else 1883), tls, parts.username or ""
