"""The inbox: where a process that does not hold a history drops observations, as whole Parquet files.

A file carries its streams' descriptions with it, since only the holder of the store gives numbers to streams.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twin.disk import atomic
from twin.errors import BadInput
from twin.sensors.days import from_arrow, to_arrow
from twin.sensors.stream import Batch, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FOLDER = "inbox"
_STREAMS = b"twin.streams"


@dataclass(frozen=True)
class Drop:
    """What one file of the inbox holds: streams, and rows whose ``sid`` counts through these streams."""

    streams: tuple[Stream, ...]
    rows: Batch

    def missing(self, known: Mapping[str, Stream]) -> list[Stream]:
        """Return the streams that a store does not have yet."""
        return [one for one in self.streams if one.id not in known]

    def numbered(self, known: Mapping[str, Stream]) -> Batch:
        """Return the rows with the numbers a store gives their streams."""
        numbers = np.array([known[one.id].sid for one in self.streams], np.uint32)
        rows = self.rows
        sids = numbers[rows.sid] if len(rows) else rows.sid
        return Batch(sids, rows.time, rows.value, rows.quality, rows.received)


def files(folder: Path) -> list[Path]:
    """Return the files that lie in the inbox of a history, oldest first."""
    return sorted(p for p in (folder / FOLDER).glob("*.parquet") if not p.name.startswith("."))


def drop(folder: Path, streams: Sequence[Stream], rows: Batch) -> Path:
    """Put rows into the inbox of a history; they are on disk when this returns.

    Parameters
    ----------
    folder : Path
        ``…/NAME.twin/history``.
    streams : sequence of Stream
        All streams that the rows speak of, by their place in this sequence.
    rows : Batch
    """
    used = np.unique(rows.sid)
    at = np.searchsorted(used, rows.sid).astype(np.uint32)
    table = to_arrow(Batch(at, rows.time, rows.value, rows.quality, rows.received))
    facts = [msgspec.to_builtins(streams[i]) for i in used.tolist()]
    told = msgspec.json.encode([{k: v for k, v in one.items() if v == v} for one in facts])  # nan is no JSON
    table = table.replace_schema_metadata({_STREAMS: told})
    path = folder / FOLDER / f"{time.time_ns():020d}-{secrets.token_hex(3)}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(path) as part:
        pq.write_table(table, part, compression="zstd")
    return path


def read(path: Path) -> Drop:
    """Read a file of the inbox.

    Raises
    ------
    BadInput
        When it is none.
    """
    try:
        table = pq.read_table(path)
        told = (table.schema.metadata or {})[_STREAMS]
        streams = tuple(msgspec.json.decode(told, type=list[Stream]))
        rows = from_arrow(table)
    except (pa.ArrowException, OSError, KeyError, msgspec.MsgspecError) as error:
        raise BadInput("{path}: is no file of an inbox ({reason}).", path=path.name, reason=error) from error
    if len(rows) and int(rows.sid.max()) >= len(streams):
        raise BadInput("{path}: a row names a stream that the file does not describe.", path=path.name)
    return Drop(streams, rows)
