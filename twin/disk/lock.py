"""Locks between processes: one writer holds a project, readers mark that they read.

The operating system's own file locks: they end with the process, also after a kill, so no lock is ever stale.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_LOCKED_BYTE = 1 << 30
_READERS = ".readers"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: process number, computer, and since when (ISO 8601, UTC)."""

    pid: int
    host: str
    since: str


class FileLock:
    """An exclusive lock on a small file, which names its holder.

    Attributes
    ----------
    left_behind : Holder or None
        After :meth:`acquire`: the holder that ended without releasing it, that is, crashed or was killed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left_behind: Holder | None = None
        self._fd = -1

    def acquire(self) -> bool:
        """Take the lock; False when another holds it.

        Raises
        ------
        OSError
            When the file cannot be written (a read-only place).
        """
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if not _take(fd, self.holder()):
                os.close(fd)
                return False
            self.left_behind = self.holder()
            me = {"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            os.write(fd, json.dumps(me).encode())
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.ftruncate(fd, 0)
            _give(fd)
            os.close(fd)

    def holder(self) -> Holder | None:
        """Return who wrote its name in the lock file, whether it still lives or not."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return Holder(int(found["pid"]), str(found["host"]), str(found["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Mark that this process reads a project's files, so that none is collected meanwhile."""
    mark: FileLock | None = FileLock(folder / _READERS / f"{os.getpid()}-{secrets.token_hex(4)}.lock")
    assert mark is not None
    try:
        mark.path.parent.mkdir(exist_ok=True)
        mark.acquire()
    except OSError:
        mark = None  # in a place where we may not write nobody of us collects either
    try:
        yield
    finally:
        if mark is not None:
            mark.release()
            with contextlib.suppress(OSError):
                mark.path.unlink()


def anyone_reads(folder: Path) -> bool:
    """Whether a process reads the project now; removes the marks of those that were killed."""
    for path in sorted((folder / _READERS).glob("*.lock")):
        mark = FileLock(path)
        try:
            if not mark.acquire():
                return True
        except OSError:
            return True
        mark.release()
        path.unlink(missing_ok=True)
    return False


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if sys.platform == "win32":
    import msvcrt

    def _take(fd: int, holder: Holder | None) -> bool:
        # A byte far behind the end: the text before it can still be read by others.
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

    def _give(fd: int) -> None:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(fd: int, holder: Holder | None) -> bool:
        # flock, not lockf: it also holds between two windows of one process, and is not lost when another
        # descriptor of the file is closed.
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _NO_LOCKS_HERE:
                return holder is None or not _lives(holder)
            raise
        return True

    def _give(fd: int) -> None:
        with contextlib.suppress(OSError):  # a file system without locks has nothing to give back
            fcntl.flock(fd, fcntl.LOCK_UN)

    def _lives(holder: Holder) -> bool:
        """Whether a holder may still run, where only its name tells."""
        if holder.host != socket.gethostname():
            return True
        try:
            os.kill(holder.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
