"""From readings to rows: which stream, which unit, which flag; what is refused is counted and kept as a sample."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.errors import BadInput
from twin.sensors.flagging import Watch, rule_of
from twin.sensors.guard import check_time, cut, now_ms, text_of
from twin.sensors.quantity import QUANTITIES
from twin.sensors.stream import Batch, Stream
from twin.sensors.units import conversion, ucum
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.sensors.reading import Decoder, Reading

_SAMPLES = 20
_MAX_STREAMS = 100_000
_PARKED = 2000


@dataclass(frozen=True)
class Refused:
    """A sample of what was refused: why, when received [ms], where from, the beginning of the message."""

    reason: BadInput
    received: int
    topic: str
    sample: str


@dataclass
class Counts:
    """What became of what came in; readings, but for messages that hold none."""

    received: int = 0
    refused: int = 0
    parked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: deque[Refused] = field(default_factory=lambda: deque(maxlen=_SAMPLES))


@dataclass(frozen=True)
class Facts:
    """What a feed says of every stream it brings, for streams that are new."""

    source: str = ""
    owner: str = ""
    licence: str = ""
    classification: str = "open"
    maturity: str = "test"
    period_s: float = 0.0
    retention_days: float = 0.0
    note: str = ""


class Intake:
    """Turns the messages of one feed into rows of a store.

    Parameters
    ----------
    decode : callable
        Of the feed's format.
    add_streams : callable
        Gives numbers to new streams (a store's ``add_streams``).
    known : iterable of Stream
        Streams that are there.
    facts : Facts
        For streams that are new.
    unknown : str
        ``"take"`` makes a stream of a sensor not seen before; ``"park"`` keeps its readings aside (the newest
        2,000 of each) until :meth:`accept`.
    places : mapping, optional
        Sensor id to (lon, lat) [°], for sources that say no place.
    """

    def __init__(
        self,
        decode: Decoder,
        add_streams: Callable[[Iterable[Stream]], tuple[Stream, ...]],
        known: Iterable[Stream] = (),
        facts: Facts | None = None,
        unknown: Literal["take", "park"] = "take",
        places: dict[str, tuple[float, float]] | None = None,
    ) -> None:
        self.counts = Counts()
        self._decode = decode
        self._add = add_streams
        self._facts = facts or Facts()
        self._unknown = unknown
        self._places = places or {}
        self._streams: dict[str, Stream] = {}
        self._watch: dict[int, Watch] = {}
        self._units: dict[tuple[int, str], tuple[float, float]] = {}
        self.parked: OrderedDict[str, deque[tuple[Reading, int]]] = OrderedDict()
        self.latest_ms = 0
        self.lag_s = math.nan
        """Usual time from phenomenon to reception [s]; below zero, the sensors' clocks go ahead of ours."""
        self.learn(known)

    def learn(self, streams: Iterable[Stream]) -> None:
        """Take notice of streams of the store."""
        for one in streams:
            self._streams[one.id] = one

    def take(self, messages: Iterable[tuple[bytes, str, int]]) -> Batch:
        """Return the rows of messages (payload, topic, received [ms]); nothing raises, what is bad is counted."""
        rows: list[tuple[int, int, float, int, int]] = []
        found: list[tuple[Reading, int, str]] = []
        for payload, topic, received in messages:
            try:
                readings = self._decode(payload, topic)
            except Exception as error:  # a decoder that meets what nobody thought of must not end the feed
                self.counts.received += 1
                self.refuse(error, received, topic, payload)
                continue
            self.counts.received += len(readings)
            for reading in readings:
                if isinstance(reading, BadInput):
                    self.refuse(reading, received, topic, payload)
                else:
                    found.append((reading, received, topic))
        self._meet(found)
        for reading, received, topic in found:
            self._reading(reading, received, topic, rows)
        return _batch(rows)

    def take_readings(self, readings: Iterable[Reading], received: int | None = None) -> Batch:
        """Return the rows of readings that are decoded already (files, back-fill)."""
        rows: list[tuple[int, int, float, int, int]] = []
        now = now_ms() if received is None else received
        found = [(reading, now, "") for reading in readings]
        self.counts.received += len(found)
        self._meet(found)
        for reading, _, _ in found:
            self._reading(reading, now, "", rows)
        return _batch(rows)

    def accept(self, sensor: str) -> Batch:
        """Make streams of a parked sensor and return the rows of its readings."""
        rows: list[tuple[int, int, float, int, int]] = []
        for reading, received in self.parked.pop(sensor, ()):
            self.counts.parked -= 1
            try:
                stream = self._streams.get(f"{reading.sensor}:{reading.quantity}") or self._new(reading)
                self._row(reading, stream, received, rows)
            except BadInput as error:
                self.refuse(error, received, "", f"{reading.sensor} {reading.quantity} {reading.value} {reading.unit}")
        return _batch(rows)

    def refuse(self, error: Exception, received: int, topic: str, payload: bytes | str) -> None:
        """Count something refused and keep a sample of it."""
        if not isinstance(error, BadInput):
            error = BadInput("The message cannot be read: {reason}", reason=cut(error, 160) or type(error).__name__)
        self.counts.refused += 1
        self.counts.reasons[error.key] += 1
        text = payload[:400].decode("utf-8", "replace") if isinstance(payload, bytes) else payload
        self.counts.samples.append(Refused(error, received, cut(topic, 120), cut(text, 300)))

    # --- inside -------------------------------------------------------------------------------------------------

    def _reading(
        self, reading: Reading, received: int, topic: str, rows: list[tuple[int, int, float, int, int]]
    ) -> None:
        try:
            check_time(reading.time, received)
            stream = self._streams.get(f"{reading.sensor}:{reading.quantity}")
            if stream is None:
                if self._unknown == "park":
                    self._park(reading, received)
                    return
                stream = self._new(reading)
            self._row(reading, stream, received, rows)
        except BadInput as error:
            shown = f"{reading.sensor} {reading.quantity} {reading.value} {reading.unit}"
            self.refuse(error, received, topic, shown)

    def _row(
        self, reading: Reading, stream: Stream, received: int, rows: list[tuple[int, int, float, int, int]]
    ) -> None:
        sid, time = stream.sid, reading.time
        if stream.retention_days > 0 and time < received - stream.retention_days * 86_400_000:
            raise BadInput("The value is older than its stream keeps.")
        scale = self._units.get((sid, reading.unit))
        if scale is None:
            scale = self._units[sid, reading.unit] = self._scale(reading, stream)
        value = reading.value * scale[0] + scale[1]
        if not abs(value) < 3.4e38:
            raise BadInput("{what}: {value} is no finite number.", what=reading.quantity, value=cut(reading.value))
        watch = self._watch.get(sid)
        if watch is None:
            watch = self._watch[sid] = Watch(rule_of(stream))
        rows.append((sid, time, value, int(watch.flag(value, time, reading.doubt)), received))
        if time > self.latest_ms:
            self.latest_ms = time
        lag = (received - time) / 1000.0
        self.lag_s = lag if math.isnan(self.lag_s) else 0.99 * self.lag_s + 0.01 * lag

    def _meet(self, found: list[tuple[Reading, int, str]]) -> None:
        """Make the streams of all sensors that are new at once: each addition writes the table of streams."""
        if self._unknown == "park":
            return
        made: dict[str, Stream] = {}
        for reading, received, _ in found:
            id = f"{reading.sensor}:{reading.quantity}"
            if id in self._streams or id in made:
                continue
            try:
                check_time(reading.time, received)
                made[id] = self._described(reading)
            except BadInput:
                continue  # told where the reading itself is taken
        if made:
            self.learn(self._add(list(made.values())))

    def _scale(self, reading: Reading, stream: Stream) -> tuple[float, float]:
        return conversion(ucum(reading.unit), stream.unit) if reading.unit.strip() else (1.0, 0.0)

    def _described(self, reading: Reading) -> Stream:
        if len(self._streams) >= _MAX_STREAMS:
            raise BadInput("There are {n} streams already; no more are taken.", n=_MAX_STREAMS)
        text_of(reading.sensor, "sensor")
        known = QUANTITIES.get(reading.quantity)
        said = ucum(reading.unit)
        unit = said or (known.unit if known else "1")
        if known is not None and said:
            try:
                conversion(said, known.unit)
                unit = known.unit
            except BadInput:
                unit = said  # another kind of unit (ppb for µg/m³): kept as it is, never converted in silence
        lon, lat = self._places.get(reading.sensor, (reading.lon, reading.lat))
        facts = self._facts
        stream = Stream(
            f"{reading.sensor}:{reading.quantity}", reading.quantity, unit, sensor=reading.sensor,
            source=facts.source, name=reading.name, lon=lon, lat=lat, period_s=facts.period_s, owner=facts.owner,
            licence=facts.licence, classification=facts.classification, maturity=facts.maturity,
            retention_days=facts.retention_days, note=facts.note,
        )  # fmt: skip
        if reading.unit.strip():
            conversion(said, unit)  # refused before the stream is made
        return stream

    def _new(self, reading: Reading) -> Stream:
        (stream,) = self._add([self._described(reading)])
        self._streams[stream.id] = stream
        return stream

    def _park(self, reading: Reading, received: int) -> None:
        waiting = self.parked.setdefault(reading.sensor, deque(maxlen=_PARKED))
        waiting.append((reading, received))
        self.counts.parked += 1
        if len(self.parked) > 1000:
            self.counts.parked -= len(self.parked.popitem(last=False)[1])
        self.counts.reasons[UNKNOWN] += 1


UNKNOWN = N_("A sensor that is not known here; its readings wait until somebody accepts it.")


def _batch(rows: list[tuple[int, int, float, int, int]]) -> Batch:
    if not rows:
        columns: list[object] = [[], [], [], [], []]
    else:
        columns = list(zip(*rows, strict=True))
    return Batch(
        np.array(columns[0], np.uint32),
        np.array(columns[1], np.int64).astype("datetime64[ms]"),
        np.array(columns[2], np.float32),
        np.array(columns[3], np.uint8),
        np.array(columns[4], np.int64).astype("datetime64[ms]"),
    )
