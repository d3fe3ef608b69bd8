"""Copying the history of a project while it may be recorded into: what was acknowledged is in the copy."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import numpy as np

from twin.disk import atomic
from twin.sensors import inbox
from twin.sensors.beside import TODAY, Beside
from twin.sensors.hot import Hot
from twin.sensors.tail import FILE as TAIL

if TYPE_CHECKING:
    from pathlib import Path

    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.stream import Batch, Stream

_FIRST, _LAST = np.datetime64("1678-01-01", "ms"), np.datetime64("2261-12-31", "ms")
_OVERLAP = np.timedelta64(10, "s")


def copy_history(source: Path, target: Path) -> None:
    """Copy a ``history`` folder; rows that are in no day file yet come into the inbox of the copy.

    A database that is written to cannot be copied as a file. Today's rows are read first and the day files copied
    after, so that what is closed meanwhile is in both, which taking the inbox notices.
    """
    streams, rows = open_rows(source)
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.name.startswith((".", TODAY)) or path.name == TAIL or (inside.parts[0] == inbox.FOLDER):
            continue
        if path.is_file() and not atomic.is_part(path):
            place = target / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # written anew this moment, as another file or not at all
                shutil.copy2(path, place)
    target.mkdir(parents=True, exist_ok=True)
    if len(rows):
        inbox.drop(target, streams, rows)


def bring_rest(source: Path, store: EmbeddedHistory) -> None:
    """Append what was stored in a history after it was copied, until its holder let go of it."""
    streams, rows = open_rows(source)
    taken = open_rows(store.folder)[1]
    if len(taken):
        rows = rows.take(rows.received >= taken.received.max() - _OVERLAP)
    if not len(rows):
        return
    used = np.unique(rows.sid)
    numbers = np.zeros(len(streams), np.uint32)
    numbers[used] = [one.sid for one in store.add_streams([streams[i] for i in used.tolist()])]
    store.append(type(rows)(numbers[rows.sid], rows.time, rows.value, rows.quality, rows.received))


def open_rows(folder: Path) -> tuple[tuple[Stream, ...], Batch]:
    """Return the streams of a history and all rows that are in no day file yet, the inbox included."""
    hot = Hot(None)
    try:
        streams = Beside(folder, hot).look()
        return streams, hot.rows(_FIRST, _LAST)
    finally:
        hot.close()
