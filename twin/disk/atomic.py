"""Writing so that a kill or a power cut leaves either the old or the new, never a part of it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = ".part"
"""Ending of files and folders that are not yet whole; whoever may write there may delete old ones."""
_REPLACE_SECONDS = 2.0


def part_of(path: Path) -> Path:
    """Return a fresh name beside ``path`` under which it is built; it keeps the file's own ending."""
    return path.with_name(f".{path.stem}-{secrets.token_hex(4)}{PART}{path.suffix}")


def is_part(path: Path) -> bool:
    """Whether a file is one that was never finished."""
    return path.name.startswith(".") and PART in path.suffixes[-2:]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name to write to; the file takes the place of ``path`` when the block ends without an error."""
    part = part_of(path)
    try:
        yield part
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a whole file in one step."""
    with replacing(path) as part:
        part.write_bytes(data)


def settle(part: Path, path: Path) -> None:
    """Put a finished file in its place, so that it is there also after a power cut."""
    flush(part)
    replace(part, path)
    flush_folder(path.parent)


def flush(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    fd = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        _fsync(fd)
    finally:
        os.close(fd)


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows does this by itself."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        _fsync(fd)
    finally:
        os.close(fd)


def replace(part: Path, path: Path) -> None:
    """Rename over what is there; waits a little where Windows lets nobody replace a file that is being read."""
    until = time.monotonic() + _REPLACE_SECONDS
    while True:
        try:
            os.replace(part, path)
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _fsync(fd: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # Plain fsync on macOS leaves the data in the drive's own cache.
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)
