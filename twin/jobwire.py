"""Messages between the program and its children: a small head, a pickled body and its large arrays.

The head is plain builtins and can always be read; the body may name modules that must be imported first. Arrays
travel behind it as they lie in memory (pickle protocol 5), without a copy into the pickle.
"""

from __future__ import annotations

import gc
import io
import pickle
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


_PIECE = 2_000
"""Geometries opened at a time [rows]; about 1 ms without giving way to other threads."""


@dataclass(frozen=True)
class Message:
    """One message as it arrived: ``kind``, number of the task, and a body that is not yet opened."""

    kind: str
    number: int
    path: tuple[str, ...]
    body: bytearray
    buffers: Sequence[bytearray]

    def open(self) -> Any:
        """Return the body; imports what it names and raises what that raises."""
        # Each of 100,000 new geometries would count towards the next collection, which stops every thread.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return pickle.loads(self.body, buffers=self.buffers)
        finally:
            if collecting:
                gc.enable()


def pack(kind: str, number: int = 0, body: object = None, path: Sequence[str] = ()) -> list[memoryview]:
    """Make the parts of a message; raises what pickling the body raises.

    Parameters
    ----------
    kind : str
        ``"load"``, ``"task"`` and ``"cancel"`` go to a child, ``"progress"``, ``"given"``, ``"done"`` and ``"error"``
        come back.
    number : int
        Number of the task.
    body : object
        Anything that can be pickled.
    path : sequence of str
        Where the body's modules are found.
    """
    buffers: list[pickle.PickleBuffer] = []
    packed = io.BytesIO()
    _Pickler(packed, protocol=5, buffer_callback=buffers.append).dump(body)
    head = pickle.dumps((kind, number, tuple(path)), protocol=5)
    parts = [memoryview(head), packed.getbuffer(), *(buffer.raw() for buffer in buffers)]
    sizes = struct.pack(f"<I{len(parts)}Q", len(parts), *(part.nbytes for part in parts))
    return [memoryview(sizes), *parts]


class _Pickler(pickle.Pickler):
    """Packs columns of geometry in pieces, so that opening them never holds up the other threads for long."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind.__name__ == "GeometryArray" and kind.__module__ == "geopandas.array" and len(value) > _PIECE:
            pieces = [value[start : start + _PIECE] for start in range(0, len(value), _PIECE)]
            return _whole, (pieces,)
        return NotImplemented


def _whole(pieces: Sequence[Any]) -> Any:
    return type(pieces[0])._concat_same_type(pieces)


def send(stream: IO[bytes], parts: Sequence[memoryview]) -> None:
    """Write a packed message; OSError when the other side is gone."""
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read one message; None when the other side is gone."""
    count = _exactly(stream, 4)
    sizes = None if count is None else _exactly(stream, 8 * struct.unpack("<I", count)[0])
    if sizes is None:
        return None
    parts: list[bytearray] = []
    for (size,) in struct.iter_unpack("<Q", sizes):
        part = _exactly(stream, size)
        if part is None:
            return None
        parts.append(part)
    kind, number, path = pickle.loads(parts[0])
    return Message(kind, number, path, parts[1], parts[2:])


def _exactly(stream: Any, size: int) -> bytearray | None:
    data = bytearray(size)
    try:
        return data if stream.readinto(data) == size else None
    except (OSError, ValueError):  # the pipe broke or was closed while we read: the same as its end
        return None
