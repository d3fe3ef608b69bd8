"""Thresholds: a value over or under a limit, or silence; which of them speak at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from twin.disk import atomic
from twin.errors import BadInput
from twin.sensors.states import ages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twin.sensors.stream import Frame, Stream

FILE = "limits.json"
Kind = Literal["above", "below", "silent"]


class Limit(msgspec.Struct, frozen=True):
    """A threshold on all streams of a quantity, or on one stream.

    ``kind`` above or below ``value`` (in the streams' unit), or silent longer than ``value`` seconds; ``stream`` ""
    means all of the ``quantity``, and that "" all.
    """

    kind: Kind
    value: float
    quantity: str = ""
    stream: str = ""
    note: str = ""

    def concerns(self, stream: Stream) -> bool:
        """Whether it speaks of a stream."""
        return (not self.stream or self.stream == stream.id) and (not self.quantity or self.quantity == stream.quantity)


@dataclass(frozen=True)
class Alarm:
    """A threshold that is crossed: by which stream, with which value (or silence [s]), since when it was measured."""

    limit: Limit
    sid: int
    value: float
    time: np.datetime64


def alarms(limits: Sequence[Limit], streams: Sequence[Stream], frame: Frame) -> list[Alarm]:
    """Return the thresholds that are crossed at a frame's time; a stale value crosses none but silence."""
    age = ages(frame)
    found = []
    for limit in limits:
        for one in streams:
            if not limit.concerns(one) or np.isnan(age[one.sid]):
                continue
            value, seconds = float(frame.value[one.sid]), float(age[one.sid])
            if limit.kind == "silent":
                crossed, value = seconds > limit.value, seconds
            elif seconds > one.stale_after:
                continue
            else:
                crossed = value > limit.value if limit.kind == "above" else value < limit.value
            if crossed:
                found.append(Alarm(limit, one.sid, value, frame.time[one.sid]))
    return found


def load_limits(folder: Path) -> list[Limit]:
    """Read the thresholds of a history; none where there is no file."""
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Limit])
    except (msgspec.MsgspecError, OSError) as error:
        raise BadInput("{path}: cannot be read ({reason}).", path=FILE, reason=str(error)) from error


def save_limits(folder: Path, limits: Sequence[Limit]) -> None:
    """Write the thresholds of a history in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(folder / FILE, msgspec.json.format(msgspec.json.encode(list(limits)), indent=2))
