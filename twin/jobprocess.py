"""A child process as its parent holds it: started, spoken to over two pipes, ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING

from twin import jobwire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GRACE = 1.0
"""Seconds from the cancel flag, or from the end of the pipe, to the kill."""
CHILD_FLAG = "--twin-child"
"""Argument by which a frozen program starts itself as a child."""
_TAIL = 8000
_children: weakref.WeakSet[Child] = weakref.WeakSet()


class Child:
    """A child process with its two pipes; what it writes to standard error is kept for its obituary."""

    def __init__(self, modules: Iterable[str] = ()) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._last_words = ""
        self._sending = threading.Lock()
        _children.add(self)
        self.send(jobwire.pack("load", 0, tuple(modules), sys.path))

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def send(self, parts: Sequence[memoryview], timeout: float = -1) -> None:
        """Send a packed message; ``timeout`` [s] bounds the wait for another sender, -1 waits as long as needed."""
        if not self._sending.acquire(timeout=timeout):
            return
        try:
            # A child that died meanwhile is noticed by the one who reads its answers.
            with contextlib.suppress(OSError, ValueError):
                jobwire.send(self._stdin, parts)
        finally:
            self._sending.release()

    def receive(self) -> jobwire.Message | None:
        """Wait for its next message; None when it is gone."""
        return jobwire.receive(self._stdout)

    def kill(self) -> None:
        """End its process by force."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self) -> tuple[int, str]:
        """End it; return its exit code (negative: the signal that ended it) and the end of what it complained."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._stdout.close()
        if not self._errors.closed:
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - _TAIL))
            self._last_words = self._errors.read().decode(errors="replace").strip()
            self._errors.close()
        _children.discard(self)
        return code, self._last_words


@atexit.register
def _kill_children() -> None:
    for child in list(_children):
        child.kill()
        child.end()


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_FLAG]
    code = "import sys; sys.path.insert(0, sys.argv[1]); from twin.jobchild import serve; serve()"
    return [sys.executable, "-P", "-c", code, str(Path(__file__).resolve().parent.parent)]
