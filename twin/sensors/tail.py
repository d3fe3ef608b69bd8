"""What the holder of a history stored but has in no day file yet, in a file that other processes can read.

A DuckDB file is locked to one process, also for readers. Beside it the holder writes each batch here once it is
committed, before it is acknowledged; the database stays what counts, and the tail is made again from it.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

import numpy as np

from twin.disk import atomic
from twin.sensors.stream import Batch, batch

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

FILE = "today.rows"
_MARK = b"twin rows 1\n"
_HEAD = len(_MARK) + 16
_ROW = np.dtype([("sid", "<u4"), ("time", "<i8"), ("value", "<f4"), ("quality", "u1"), ("received", "<i8")])


class Tail:
    """The tail as its holder writes it.

    Parameters
    ----------
    folder : Path
        ``…/NAME.twin/history``.
    rows : Batch
        All that is in no day file yet.
    """

    def __init__(self, folder: Path, rows: Batch) -> None:
        self._path = folder / FILE
        self._file: BinaryIO | None = None
        self.begin(rows)

    def begin(self, rows: Batch) -> None:
        """Write it anew: rows left for day files, or were forgotten."""
        self.close()
        atomic.write(self._path, _MARK + secrets.token_bytes(16) + _packed(rows))
        self._file = self._path.open("ab")

    def append(self, rows: Batch) -> None:
        """Write rows that are stored; other processes see them when this returns.

        Where it cannot be written (a full disk) it goes, so that readers know that something is missing.
        """
        if self._file is None:
            return
        try:
            self._file.write(_packed(rows))
            self._file.flush()
        except OSError:
            with contextlib.suppress(OSError):
                self.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def close(self) -> None:
        """Let go of the file; it stays for readers."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class Follower:
    """The tail as another process reads it, each time only what is new."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._name = b""
        self._read = 0
        self._seen: tuple[int, int] = (-1, -1)

    @property
    def there(self) -> bool:
        """Whether there was a tail when it was last read."""
        return bool(self._name)

    @property
    def changed(self) -> bool:
        """Whether there is more, or another, since it was last read."""
        return self._stamp() != self._seen

    def read(self) -> tuple[bool, Batch]:
        """Return whether the tail began anew, and its rows since the last reading (then: all it has)."""
        self._seen = self._stamp()
        try:
            with self._path.open("rb") as file:
                head = file.read(_HEAD)
                if len(head) < _HEAD or not head.startswith(_MARK):
                    return self._anew(b""), batch([], [], [])
                again = head != self._name and self._anew(head)
                file.seek(_HEAD + self._read * _ROW.itemsize)
                data = file.read()
        except FileNotFoundError:
            return self._anew(b""), batch([], [], [])
        # A batch may be half written this moment: whole rows are taken, the rest the next time.
        rows = np.frombuffer(data, _ROW, len(data) // _ROW.itemsize)
        self._read += len(rows)
        return again, _unpacked(rows)

    def _anew(self, name: bytes) -> bool:
        self._name, self._read = name, 0
        return True

    def _stamp(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (-1, -1)
        return found.st_mtime_ns, found.st_size


def _packed(rows: Batch) -> bytes:
    table = np.empty(len(rows), _ROW)
    table["sid"], table["value"], table["quality"] = rows.sid, rows.value, rows.quality
    table["time"], table["received"] = rows.time.astype("int64"), rows.received.astype("int64")
    return table.tobytes()


def _unpacked(table: np.ndarray) -> Batch:
    return Batch(
        np.ascontiguousarray(table["sid"]),
        table["time"].astype("datetime64[ms]"),
        np.ascontiguousarray(table["value"]),
        np.ascontiguousarray(table["quality"]),
        table["received"].astype("datetime64[ms]"),
    )
