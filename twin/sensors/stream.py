"""Stream: one quantity measured at one place by one sensor. Batch: observations as columns."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Times = np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]
"""datetime64[ms], UTC."""


def in_ms(time: object) -> np.datetime64:
    """Return a time (datetime64, ISO text, number of ms since 1970) as datetime64[ms]."""
    if isinstance(time, np.datetime64):
        return cast(np.datetime64, time.astype("datetime64[ms]"))
    return cast(np.datetime64, np.array(time).astype("datetime64[ms]")[()])


def epoch_ms(time: np.datetime64) -> int:
    """Return a time as milliseconds since 1970, UTC."""
    return int(in_ms(time).astype("int64"))


class Quality(IntEnum):
    """Flag of an observation, stored as one byte; a gap has no row. What is flagged is kept as it was measured."""

    GOOD = 0
    SPIKE = 1
    STUCK = 2
    OUT_OF_RANGE = 3
    DRIFT = 4
    SOURCE = 5


QUALITY_NAMES = {
    Quality.GOOD: N_("good"),
    Quality.SPIKE: N_("spike"),
    Quality.STUCK: N_("stuck"),
    Quality.OUT_OF_RANGE: N_("out of range"),
    Quality.DRIFT: N_("drift"),
    Quality.SOURCE: N_("doubted by its source"),
}

MATURITIES = ("test", "pilot", "established")


@dataclass(frozen=True)
class Stream:
    """What is measured where, how often, by whom and how well.

    Parameters
    ----------
    id : str
        Unique name, ``"SENSOR:QUANTITY"``.
    quantity : str
        Id of :mod:`twin.sensors.quantity`, or a name of the source's own.
    unit : str
        UCUM code of the stored values.
    sid : int
        Number of the stream in its store, given by the store; -1 before.
    sensor, source : str
        The sensor's id at its source, and the feed that brings it.
    place : str
        Id of a row of the City's ``places``; else it stands at ``lon``, ``lat``.
    name : str
        What people call the place.
    lon, lat : float
        WGS 84 [°]; nan where unknown.
    height_m : float
        Above ground [m].
    period_s : float
        Time between two values expected [s]; 0 where unknown.
    stale_after_s : float
        Age from which a value is no longer shown as one of now [s]; 0 = six periods, at least five minutes.
    low, high : float
        Plausible range in ``unit``; nan = that of the quantity.
    retention_days : float
        Days that observations are kept; 0 = always.
    owner, licence, classification, maturity, accuracy, note : str
        Whose it is, under which licence, ``open|internal|restricted``, ``test|pilot|established``, free texts.
    """

    id: str
    quantity: str
    unit: str
    sid: int = -1
    sensor: str = ""
    source: str = ""
    place: str = ""
    name: str = ""
    lon: float = np.nan
    lat: float = np.nan
    height_m: float = np.nan
    period_s: float = 0.0
    stale_after_s: float = 0.0
    low: float = np.nan
    high: float = np.nan
    retention_days: float = 0.0
    owner: str = ""
    licence: str = ""
    classification: str = "open"
    maturity: str = "test"
    accuracy: str = ""
    note: str = ""

    @property
    def late_after(self) -> float:
        """Age from which a value is late [s]: two periods, a minute where the period is unknown."""
        return 2.0 * self.period_s if self.period_s > 0 else 60.0

    @property
    def stale_after(self) -> float:
        """Age from which a value is stale [s]."""
        return self.stale_after_s if self.stale_after_s > 0 else max(6.0 * self.period_s, 300.0)


_FIELDS = {f.name: f for f in dataclasses.fields(Stream)}


def to_table(streams: Iterable[Stream]) -> pd.DataFrame:
    """Return streams as the rows of ``streams.parquet``."""
    rows = [dataclasses.asdict(one) for one in streams]
    frame = pd.DataFrame(rows, columns=list(_FIELDS)).rename(columns={"id": "stream"})
    return frame.astype({"sid": "uint32"})


def from_table(frame: pd.DataFrame) -> list[Stream]:
    """Read the rows of ``streams.parquet``; columns it lacks get their defaults, unknown ones are left out.

    Raises
    ------
    BadInput
        When ``stream``, ``quantity`` or ``unit`` is missing.
    """
    frame = frame.rename(columns={"stream": "id"})
    missing = [name for name in ("id", "quantity", "unit") if name not in frame]
    if missing:
        raise BadInput("streams: the column {name} is missing.", name=", ".join(missing))
    if "sid" not in frame:
        frame = frame.assign(sid=np.arange(len(frame)))
    known = frame[[name for name in _FIELDS if name in frame]]
    streams = []
    for row in known.to_dict("records"):
        facts = {str(k): v for k, v in row.items() if not (v is None or (isinstance(v, float) and np.isnan(v)))}
        facts["sid"] = int(facts["sid"])
        streams.append(Stream(**facts))
    return streams


def merge_streams(known: tuple[Stream, ...], given: Iterable[Stream]) -> tuple[tuple[Stream, ...], tuple[Stream, ...]]:
    """Return known and given streams as one tuple by ``sid``, and the given ones with their numbers."""
    merged = list(known)
    by_id = {one.id: one.sid for one in merged}
    told = []
    for one in given:
        sid = by_id.get(one.id, len(merged))
        one = dataclasses.replace(one, sid=sid)
        if sid == len(merged):
            merged.append(one)
            by_id[one.id] = sid
        else:
            merged[sid] = one
        told.append(one)
    return tuple(merged), tuple(told)


def read_streams(path: Path) -> tuple[Stream, ...]:
    """Read ``streams.parquet``; none where it is not there."""
    if not path.is_file():
        return ()
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise BadInput("{path}: cannot be read ({reason}).", path=path.name, reason=error) from error
    streams = sorted(from_table(table), key=lambda one: one.sid)
    if [one.sid for one in streams] != list(range(len(streams))):
        raise BadInput("{path}: the column sid must count 0, 1, 2 …", path=path.name)
    return tuple(streams)


@dataclass(frozen=True)
class Batch:
    """Observations as columns of equal length, in the order received.

    Parameters
    ----------
    sid : array of uint32
        Numbers of streams.
    time : array of datetime64[ms]
        Phenomenon time, UTC: when it was so. For an interval its end.
    value : array of float32
        In the stream's unit.
    quality : array of uint8
        :class:`Quality`.
    received : array of datetime64[ms]
        When it reached us, UTC.
    """

    sid: NDArray[np.uint32]
    time: Times
    value: NDArray[np.float32]
    quality: NDArray[np.uint8]
    received: Times

    def __len__(self) -> int:
        return len(self.sid)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Batch:
        """Return some of the rows."""
        return Batch(self.sid[which], self.time[which], self.value[which], self.quality[which], self.received[which])

    def frame(self) -> pd.DataFrame:
        """Return the rows as a table, times without zone (they are UTC)."""
        return pd.DataFrame(
            {
                "sid": self.sid,
                "time": self.time,
                "value": self.value,
                "quality": self.quality,
                "received": self.received,
            }
        )


def batch(sid: object, time: object, value: object, quality: object = None, received: object = None) -> Batch:
    """Make a Batch of anything array-like; without ``received`` it is the phenomenon time, without quality good."""
    sids = np.asarray(sid, np.uint32)
    times = np.asarray(time, "datetime64[ms]")
    flags = np.zeros(len(sids), np.uint8) if quality is None else np.asarray(quality, np.uint8)
    got = times if received is None else np.broadcast_to(np.asarray(received, "datetime64[ms]"), times.shape)
    return Batch(sids, times, np.asarray(value, np.float32), flags, got)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return batches behind one another as one."""
    if not batches:
        return batch([], [], [])
    return Batch(
        np.concatenate([b.sid for b in batches]),
        np.concatenate([b.time for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
        np.concatenate([b.received for b in batches]),
    )


@dataclass(frozen=True)
class Frame:
    """The newest value of each stream at a time.

    Parameters
    ----------
    at : datetime64[ms]
        The time asked for.
    value : array of float32, shape (streams,)
        By ``sid``; nan where there is none within the look-back.
    time : array of datetime64[ms], shape (streams,)
        Its phenomenon time; NaT where there is none.
    quality : array of uint8, shape (streams,)
    """

    at: np.datetime64
    value: NDArray[np.float32]
    time: Times
    quality: NDArray[np.uint8]


@dataclass(frozen=True)
class Series:
    """The values of one stream over a time, ascending; of several for one time the last received."""

    sid: int
    time: Times
    value: NDArray[np.float32]
    quality: NDArray[np.uint8]
    received: Times = field(default_factory=lambda: np.empty(0, "datetime64[ms]"))


@dataclass(frozen=True)
class Gap:
    """A stretch without values: from the last before it to the first after it (UTC)."""

    sid: int
    start: np.datetime64
    end: np.datetime64

    @property
    def seconds(self) -> float:
        """Its length [s]."""
        return float((self.end - self.start) / np.timedelta64(1000, "ms"))


def gaps_of(
    series: Series, period_s: float, start: np.datetime64, end: np.datetime64, factor: float = 2.0
) -> list[Gap]:
    """Return where a series is silent longer than ``factor`` periods, the ends of the span included.

    Parameters
    ----------
    series : Series
    period_s : float
        Expected time between values [s]; unknown (0): three times the median one.
    start, end : datetime64
        The span looked at.
    factor : float
        How many periods make a gap.
    """
    times = series.time.astype("datetime64[ms]")
    inner = np.diff(times).astype("int64") / 1000.0
    if period_s <= 0:
        period_s = 1.5 * float(np.median(inner)) if len(inner) else 0.0
    if period_s <= 0:
        return []
    edges = np.concatenate([[in_ms(start)], times, [in_ms(end)]])
    silent = np.diff(edges).astype("int64") / 1000.0 > factor * period_s
    return [Gap(series.sid, edges[i], edges[i + 1]) for i in np.flatnonzero(silent)]
