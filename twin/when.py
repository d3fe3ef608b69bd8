"""The one time of the program: which time is shown, and how it is played. Map, charts, sun, traffic, exports follow.

Instants are seconds since 1970-01-01 00:00 UTC (:mod:`twin.localtime`). What runs during playback lies outside the
Store; here is what is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin import localtime
from twin.localtime import DAY, HOUR, MINUTE
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.layer import Layer

Span = tuple[float, float]
"""First and last instant [s]."""

STEPS: tuple[tuple[float, str], ...] = (
    (MINUTE, N_("1 minute")), (5 * MINUTE, N_("5 minutes")), (15 * MINUTE, N_("15 minutes")), (HOUR, N_("1 hour")),
    (DAY, N_("1 day")), (7 * DAY, N_("1 week")),
)  # fmt: skip
SPEEDS: tuple[tuple[float, str], ...] = (
    (1.0, N_("as it was")), (MINUTE, N_("1 min per second")), (10 * MINUTE, N_("10 min per second")),
    (HOUR, N_("1 h per second")), (6 * HOUR, N_("6 h per second")), (DAY, N_("1 day per second")),
)  # fmt: skip


@dataclass(frozen=True)
class When:
    """The time that is chosen, and how it is played.

    Parameters
    ----------
    at : float, optional
        Instant [s] shown; None shows the last value there is of everything.
    live : bool
        Show what is measured now; ``at`` is then None.
    low, high : float, optional
        Stretch [s] that is played and that the slider spans; None: all that the layers shown hold.
    step : float
        Length [s] of a step.
    speed : float
        Seconds of the city in a second of the viewer.
    loop : bool
        Begin again at the end.
    """

    at: float | None = None
    live: bool = False
    low: float | None = None
    high: float | None = None
    step: float = HOUR
    speed: float = HOUR
    loop: bool = True

    @property
    def moment(self) -> np.datetime64 | None:
        """The time shown as the fields have it: datetime64[ms] in UTC; None for the last."""
        return None if self.at is None else moment(self.at)

    def within(self, span: Span | None) -> Span | None:
        """Return the stretch that is played: the one chosen, its open ends taken from what there is."""
        low = self.low if self.low is not None else span[0] if span else None
        high = self.high if self.high is not None else span[1] if span else None
        if low is None or high is None:
            return None
        return (low, high) if high > low else (low, low + self.step)


def moment(t: float) -> np.datetime64:
    """Return an instant [s] as datetime64[ms] in UTC."""
    return np.datetime64(round(t * 1000), "ms")


def span_of(layers: Iterable[Layer]) -> Span | None:
    """Return the first and last time that layers hold; None where none has times."""
    ends = []
    for layer in layers:
        times = layer.field.times
        if times is not None and len(times):
            ends += [localtime.instant(times[0]), localtime.instant(times[-1])]
    return (min(ends), max(ends)) if ends else None


def stepped(t: float, step: float, count: int) -> float:
    """Return the instant some steps on (or back): the next even one on the city's clock, days as the calendar has them.

    Parameters
    ----------
    t : float [s]
    step : float [s]
        Whole days go by the calendar, so a step over a night of 25 hours is 25 hours long; other steps go from one
        even multiple to the next.
    count : int
        Below 0 back.
    """
    if step % DAY == 0:
        return localtime.add_days(t, int(step // DAY) * count)
    place = t / step
    even = float(np.floor(place + 1e-9)) if count > 0 else float(np.ceil(place - 1e-9))
    return (even + count) * step


def played(t: float, seconds: float, when: When, stretch: Span) -> tuple[float, bool]:
    """Return the instant some seconds of playing on, and whether it stops there.

    Parameters
    ----------
    t : float [s]
    seconds : float
        Of the viewer.
    when : When
        Its speed, and whether it begins again at the end.
    stretch : (first, last)
    """
    low, high = stretch
    later = max(t, low) + seconds * when.speed
    if later < high:
        return later, False
    if not when.loop:
        return high, True
    return low + (later - high) % max(high - low, 1e-6), False
