"""How a value stands at a time: live, late, stale, offline or flagged, by its phenomenon time."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.sensors.stream import Frame, Stream


class Standing(IntEnum):
    """How a value stands; only LIVE and LATE are drawn in colour."""

    LIVE = 0
    LATE = 1
    STALE = 2
    OFFLINE = 3
    FLAGGED = 4
    NONE = 5


STANDING_NAMES = {
    Standing.LIVE: N_("live"),
    Standing.LATE: N_("late"),
    Standing.STALE: N_("stale"),
    Standing.OFFLINE: N_("offline"),
    Standing.FLAGGED: N_("flagged"),
    Standing.NONE: N_("no value"),
}


def ages(frame: Frame) -> NDArray[np.float64]:
    """Return the age of each value at the frame's time [s]; nan where there is none."""
    age = (frame.at - frame.time) / np.timedelta64(1000, "ms")
    return np.where(np.isnat(frame.time), np.nan, age).astype(float)


def standings(frame: Frame, streams: Sequence[Stream], connected: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
    """Return how each stream stands (:class:`Standing`).

    Parameters
    ----------
    frame : Frame
        The newest values up to a time; in playback the same rule holds at that time.
    streams : sequence of Stream
        By ``sid``.
    connected : array of bool, optional
        Whether each stream's feed is connected; live only.
    """
    age = ages(frame)
    late = np.array([one.late_after for one in streams])
    stale = np.array([one.stale_after for one in streams])
    found = np.full(len(streams), Standing.LIVE, np.uint8)
    with np.errstate(invalid="ignore"):
        found[age > late] = Standing.LATE
        found[(frame.quality > 0)] = Standing.FLAGGED
        if connected is not None:
            found[(age > late) & ~connected] = Standing.OFFLINE
        found[age > stale] = Standing.STALE
        if connected is not None:
            found[(age > stale) & ~connected] = Standing.OFFLINE
    found[np.isnan(age)] = Standing.NONE
    return found


def age_text(seconds: float, lang: str) -> str:
    r"""Write an age in the largest unit that fits: seconds, minutes, hours, days.

    Examples
    --------
    >>> age_text(150, "en").replace("\xa0", " ")
    '2 min'
    """
    if not np.isfinite(seconds):
        return "–"
    seconds = max(seconds, 0.0)
    for size, unit in ((86_400, N_("days")), (3600, "h"), (60, "min")):
        if seconds >= size * (2 if size == 86_400 else 1):
            return number(float(int(seconds // size)), lang, 0, tr(unit, lang))
    return number(float(int(seconds)), lang, 0, "s")
