"""Quality flags by simple rules, each shown with its limits; a flagged value is kept as it was measured.

out of range: outside the plausible range of its stream or quantity. spike: further from the median of the five
values before than its quantity allows. stuck: the same value for longer than its quantity allows. drift (looked for
on demand, over days): the daily difference from the other sensors of the same quantity moves steadily.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from twin.sensors.quantity import QUANTITIES, Quantity
from twin.sensors.stream import Quality
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.sensors.history import HistoryStore
    from twin.sensors.stream import Series, Stream

_BEFORE = 5


@dataclass(frozen=True)
class Rule:
    """The limits that a stream's values are checked by, in its unit; nan or 0 = no such rule."""

    low: float
    high: float
    spike: float
    stuck_s: float

    def text(self, unit: str, lang: str) -> tuple[str, ...]:
        """Say the rule in words, a line for each kind of flag."""
        said = []
        if np.isfinite(self.low) or np.isfinite(self.high):
            low, high = number(self.low, lang), number(self.high, lang)
            said.append(tr(N_("out of range: below {low} or above {high} {unit}"), lang, low=low, high=high, unit=unit))
        if self.spike > 0:
            by = number(self.spike, lang)
            said.append(
                tr(N_("spike: more than {by} {unit} from the median of the five before"), lang, by=by, unit=unit)
            )
        if self.stuck_s > 0:
            hours = number(self.stuck_s / 3600, lang)
            said.append(tr(N_("stuck: the same value for more than {hours} hours"), lang, hours=hours))
        return tuple(said)


def rule_of(stream: Stream) -> Rule:
    """Return the rule of a stream: its own range where it has one, else that of its quantity."""
    known = QUANTITIES.get(stream.quantity)
    if known is None or known.unit != stream.unit:
        known = Quantity(stream.quantity, "", stream.unit, np.nan, np.nan)
    low = stream.low if np.isfinite(stream.low) else known.low
    high = stream.high if np.isfinite(stream.high) else known.high
    return Rule(low, high, known.spike, known.stuck_s)


@dataclass
class Watch:
    """What is remembered of a stream to flag its next value."""

    rule: Rule
    before: list[float] = field(default_factory=list)
    since: int = 0
    last: float = np.nan
    newest: int = -(1 << 62)

    def flag(self, value: float, time: int, doubt: bool = False) -> Quality:
        """Return the flag of a value; one that comes late is checked for its range only.

        Parameters
        ----------
        value : float
            In the stream's unit.
        time : int
            Phenomenon time [ms since 1970].
        doubt : bool
            Whether its source flagged it.
        """
        rule = self.rule
        flag = Quality.SOURCE if doubt else Quality.GOOD
        if value < rule.low or value > rule.high:
            flag = Quality.OUT_OF_RANGE
        if time < self.newest:
            return flag
        self.newest = time
        if value != self.last:
            self.last, self.since = value, time
        elif rule.stuck_s > 0 and flag == Quality.GOOD and time - self.since > rule.stuck_s * 1000:
            flag = Quality.STUCK
        before = self.before
        if (
            rule.spike > 0
            and flag == Quality.GOOD
            and len(before) == _BEFORE
            and abs(value - median(before)) > rule.spike
        ):
            flag = Quality.SPIKE
        before.append(value)
        if len(before) > _BEFORE:
            del before[0]
        return flag


def flags(series: Series, stream: Stream) -> NDArray[np.uint8]:
    """Return the flags that a stream's rule gives to a series, as they would have come in."""
    watch = Watch(rule_of(stream))
    times = series.time.astype("datetime64[ms]").astype("int64").tolist()
    found = [watch.flag(v, t) for v, t in zip(series.value.tolist(), times, strict=True)]
    return np.array(found, np.uint8)


@dataclass(frozen=True)
class Drift:
    """A stream that moves away from its peers: slope [unit/day], its standard error, days used, total move [unit]."""

    sid: int
    per_day: float
    error: float
    days: int

    @property
    def move(self) -> float:
        """How far it moved over the days looked at, in its unit."""
        return self.per_day * self.days

    @property
    def is_drift(self) -> bool:
        """Whether the slope is more than four standard errors from none."""
        return abs(self.per_day) > 4 * self.error > 0


def drift(sid: int, own: Sequence[float], peers: NDArray[np.float64]) -> Drift | None:
    """Fit a line through the daily differences between a stream and the median of its peers.

    Parameters
    ----------
    sid : int
    own : sequence of float, shape (days,)
        Daily means of the stream; nan where there is none.
    peers : array, shape (days, others)
        Daily means of the other streams of the same quantity.

    Returns
    -------
    Drift or None
        None with fewer than five days or fewer than three peers.
    """
    if peers.ndim != 2 or peers.shape[1] < 3:
        return None
    with np.errstate(all="ignore"):
        enough = np.isfinite(peers).sum(axis=1) >= 3
        middle = np.full(len(peers), np.nan)
        middle[enough] = np.nanmedian(peers[enough], axis=1)
    difference = np.asarray(own, float) - middle
    day = np.flatnonzero(np.isfinite(difference)).astype(float)
    if len(day) < 5:
        return None
    y = difference[day.astype(int)]
    x = day - day.mean()
    slope = float((x @ (y - y.mean())) / (x @ x))
    rest = y - y.mean() - slope * x
    error = float(np.sqrt((rest @ rest) / max(len(x) - 2, 1) / (x @ x)))
    return Drift(sid, slope, error, int(day[-1] - day[0]) + 1)


def drifts(store: HistoryStore, days: int = 60) -> list[Drift]:
    """Return the streams that drift from their peers over the last days of a history, the strongest first.

    Parameters
    ----------
    store : HistoryStore
    days : int
        Days looked back at from the newest value.
    """
    span = store.span()
    if span is None:
        return []
    start = max(span[0], span[1] - np.timedelta64(days, "D"))
    means = store.aggregate(start, span[1], 86_400, ["mean"], good_only=True)
    table = means.pivot(index="time", columns="sid", values="mean")
    streams, found = store.streams(), []
    for sid in table.columns:
        one = streams[int(sid)]
        peers = [s for s in table.columns if s != sid and streams[int(s)].quantity == one.quantity
                 and streams[int(s)].unit == one.unit]  # fmt: skip
        told = drift(int(sid), table[sid].tolist(), table[peers].to_numpy(float))
        if told is not None and told.is_drift:
            found.append(told)
    return sorted(found, key=lambda one: -abs(one.per_day) / one.error)
