"""A history at a glance: its streams, where they stand, and the stretch of time that can be played on the map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.sensors.block import fill
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.onmap import PREFIX, layers_over_time, stands
from twin.sensors.stream import in_ms

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City
    from twin.layer import Layer
    from twin.sensors.block import Block
    from twin.sensors.history import HistoryStore
    from twin.sensors.onmap import Stands
    from twin.sensors.stream import Frame, Stream

_CELLS = 12_000_000
_MOST_STEPS = 4_000
_LOOK_BACK_S = 86_400.0


@dataclass(frozen=True, eq=False)
class Read:
    """What was read of a history for the window: streams, where they stand, the window that can be played."""

    streams: tuple[Stream, ...] = ()
    where: Stands | None = None
    block: Block | None = None
    layers: dict[str, Layer] = field(default_factory=dict)
    latest: Frame | None = None
    span: tuple[np.datetime64, np.datetime64] | None = None


def read_stretch(
    store: HistoryStore, city: City, around: np.datetime64 | None = None,
    film: tuple[np.datetime64, np.datetime64, float] | None = None,
) -> Read:  # fmt: skip
    """Read streams, places, and a stretch that can be played: all there is, or as much as fits in memory.

    Parameters
    ----------
    store : HistoryStore
    city : City
    around : datetime64, optional
        A time the stretch must hold; by default it ends with the newest value.
    film : (first, last, step [s]), optional
        The stretch and its steps instead: one for each frame of a film.
    """
    streams, span = store.streams(), store.span()
    where = stands(streams, city)
    if span is None or not streams:
        return Read(streams, where, latest=store.latest(), span=span)
    lookback = max(_LOOK_BACK_S, *(one.stale_after for one in streams))
    if film is not None:
        first, last, step = film
        # Where memory would not hold a step for each frame, what lies between two is mixed as on the screen.
        step = max(step, float((last - first) / np.timedelta64(1, "s")) * len(streams) / _CELLS)
        block = fill(store, first, last, step, lookback)
        return Read(streams, where, block, layers_over_time(streams, where, block), store.latest(), span)
    periods = [one.period_s for one in streams if one.period_s > 0]
    step = float(np.median(periods)) if periods else 300.0
    most = min(_MOST_STEPS, max(_CELLS // max(len(streams), 1), 100))
    length = np.timedelta64(round(most * step * 1000), "ms")
    end = span[1] if around is None else min(span[1], around + length // 4)
    first = max(span[0], end - length)
    # Steps begin at whole multiples of their length, so that the hour on the clock is one of them.
    whole = np.timedelta64(round(step * 1000), "ms")
    start = in_ms(int(first.astype("int64")) // int(whole.astype("int64")) * int(whole.astype("int64")))
    # A day back, so that the list can say how old a stale value is; the map leaves it out.
    block = fill(store, start, end, step, lookback)
    return Read(streams, where, block, layers_over_time(streams, where, block), store.latest(), span)


def sensor_layer(
    folder: Path, city: City, name: str, at: np.datetime64 | None,
    film: tuple[np.datetime64, np.datetime64, float] | None = None,
) -> Layer:  # fmt: skip
    """Return a layer ``sensors:QUANTITY`` of a history, around a time or at its end, or over the span of a film.

    Raises
    ------
    BadInput
        When the history has no such quantity at that time.
    """
    if not folder.is_dir():
        raise BadInput("The history is empty.")
    with EmbeddedHistory(folder, read_only=True) as store:
        read = read_stretch(store, city, at, film)
    if name not in read.layers:
        there = ", ".join(sorted(read.layers)) or "–"
        raise BadInput("There is no layer «{name}»; there are: {there}.", name=name, there=there)
    return read.layers[name]


def is_sensor_layer(name: str) -> bool:
    """Whether a name is that of a layer of sensors."""
    return name.startswith(PREFIX)
