"""Messages are taken out of an MQTT stream however it is cut, and all else goes on to paho."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.sensors.feeds.gathered import Gathered


class Below:
    """A socket that gives the pieces it was given, and keeps what is sent."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces, self.sent = pieces, b""

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        return self.pieces.pop(0)

    def send(self, data: bytes) -> int:
        part = bytes(data[:7])  # a narrow connection
        self.sent += part
        return len(part)

    def close(self) -> None:
        self.pieces = [b""]


def varied(n: int) -> bytes:
    out = b""
    while True:
        n, rest = divmod(n, 128)
        out += bytes([rest | (0x80 if n else 0)])
        if not n:
            return out


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + varied(len(body)) + body


def published(topic: str, payload: bytes, qos: int, number: int, five: bool, more: int) -> bytes:
    name = topic.encode()
    body = len(name).to_bytes(2) + name + (number.to_bytes(2) if qos else b"")
    # A property of MQTT 5: content type (3), so many letters long.
    properties = b"\x03" + more.to_bytes(2) + b"x" * more if more else b""
    return packet(0x30 | qos << 1, body + ((varied(len(properties)) + properties) if five else b"") + payload)


def drained(sock: Gathered) -> bytes:
    """Read as paho does, a little at a time, until there is nothing."""
    found, quiet = b"", 0
    while quiet < 2:
        try:
            found += sock.recv(3)
        except BlockingIOError:
            quiet = quiet + 1 if not sock._below.pieces else 0  # type: ignore[attr-defined]
    return found


MESSAGES = st.lists(
    st.tuples(
        st.text("abcå/", min_size=1, max_size=12), st.binary(max_size=300), st.sampled_from([0, 1, 2]),
        st.integers(1, 65_535), st.sampled_from([0, 5, 200]),
    ),
    max_size=12,
)  # fmt: skip


@given(MESSAGES, st.booleans(), st.lists(st.integers(1, 400), min_size=1, max_size=30), st.data())
def test_any_cut_gives_the_same_messages(messages: list, five: bool, cuts: list[int], data: st.DataObject) -> None:
    stream, wanted, others, answers = b"", [], b"", b""
    for topic, payload, qos, number, more in messages:
        if data.draw(st.booleans()):
            said = packet(data.draw(st.sampled_from([0x20, 0x90, 0xD0])), data.draw(st.binary(max_size=200)))
            stream, others = stream + said, others + said
        one = published(topic, payload, qos, number, five, more)
        stream += one
        if qos == 2:
            others += one
        else:
            wanted.append((topic, payload))
            answers += b"\x40\x02" + number.to_bytes(2) if qos else b""
    pieces, at = [], 0
    while at < len(stream):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(stream[at : at + size])
        at += size
    came: list[tuple[str, bytes]] = []
    below = Below(pieces)
    sock = Gathered(below, lambda topic, payload: came.append((topic, payload)), five)  # type: ignore[arg-type]
    assert drained(sock) == others
    assert came == wanted
    sock.flush()
    assert below.sent == answers


def test_a_long_message_is_left_to_paho_and_a_broken_one_ends_the_connection() -> None:
    long = published("t", b"x" * 70_000, 1, 7, False, 0)
    came: list[tuple[str, bytes]] = []
    sock = Gathered(Below([long, packet(0x30, b"\x00\x09abc")]), lambda *one: came.append(one), False)  # type: ignore[arg-type]
    found = b""
    while len(found) < len(long):
        found += sock.recv(4096)
    assert found == long
    assert not came
    with pytest.raises(ConnectionError, match="malformed"):
        sock.recv(1)
    endless = Gathered(Below([b"\x30\xff\xff\xff\xff\xff"]), lambda *one: None, False)  # type: ignore[arg-type]
    with pytest.raises(ConnectionError, match="malformed"):
        endless.recv(1)


def test_an_end_is_seen() -> None:
    sock = Gathered(Below([b""]), lambda *one: None, True)  # type: ignore[arg-type]
    assert sock.recv(1) == b""
