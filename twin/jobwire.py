"""Messages between the program and its children: a small head, a pickled body and its large arrays.

The head is plain builtins and can always be read; the body may name modules that must be imported first. Arrays
travel behind it as they lie in memory (pickle protocol 5), without a copy into the pickle.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        return pickle.loads(self.body, buffers=self.buffers)


def pack(kind: str, number: int = 0, body: object = None, path: Sequence[str] = ()) -> list[memoryview]:
    """Make the parts of a message; raises what pickling the body raises.

    Parameters
    ----------
    kind : str
        ``"load"``, ``"task"`` and ``"cancel"`` go to a child, ``"progress"``, ``"done"`` and ``"error"`` come back.
    number : int
        Number of the task.
    body : object
        Anything that can be pickled.
    path : sequence of str
        Where the body's modules are found.
    """
    buffers: list[pickle.PickleBuffer] = []
    packed = pickle.dumps(body, protocol=5, buffer_callback=buffers.append)
    head = pickle.dumps((kind, number, tuple(path)), protocol=5)
    parts = [memoryview(head), memoryview(packed), *(buffer.raw() for buffer in buffers)]
    sizes = struct.pack(f"<I{len(parts)}Q", len(parts), *(part.nbytes for part in parts))
    return [memoryview(sizes), *parts]


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
