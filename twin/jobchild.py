"""The life of a child process: do the tasks that come in, answer, end with the parent."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import IO, TYPE_CHECKING

from twin import jobwire
from twin.errors import TwinError
from twin.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRESS_EVERY = 0.04
_log = logging.getLogger(__name__)


def serve() -> None:
    """Do tasks until the parent closes the pipe or is gone; never returns."""
    inbox, outbox = _take_over(0, "rb"), _take_over(1, "wb")
    _give_way()
    faulthandler.enable()
    with contextlib.suppress(ValueError):  # not the main thread of an embedding program
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks: queue.SimpleQueue[jobwire.Message] = queue.SimpleQueue()
    stopped: set[int] = set()
    threading.Thread(target=_hear, args=(inbox, tasks, stopped), daemon=True).start()
    while True:
        message = tasks.get()
        sys.path[:] = message.path
        if message.kind == "load":
            _load(message.open())
        else:
            _do(message, outbox, stopped)
        del message


def _give_way() -> None:
    """Let the window go first where there are fewer cores than work; it costs nothing while it only waits."""
    if sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)
        return
    with contextlib.suppress(OSError):
        os.nice(5)


def _take_over(fd: int, mode: str) -> IO[bytes]:
    """Keep a standard stream for the parent alone; what the program prints goes to standard error."""
    own = os.dup(fd)
    if fd == 0:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
    else:
        os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(own, os.O_BINARY)
    return open(own, mode)


def _hear(inbox: IO[bytes], tasks: queue.SimpleQueue[jobwire.Message], stopped: set[int]) -> None:
    try:
        while (message := jobwire.receive(inbox)) is not None:
            if message.kind == "cancel":
                stopped.add(message.number)
            else:
                tasks.put(message)
            del message  # else its arrays live until the next one comes
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # the parent is gone or wants no more: nobody is left to answer


def _load(modules: tuple[str, ...]) -> None:
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:
            _log.exception("%s could not be loaded ahead", module)


def _do(message: jobwire.Message, outbox: IO[bytes], stopped: set[int]) -> None:
    number = message.number
    last = 0.0

    def answer(kind: str, body: object) -> None:
        parts = jobwire.pack(kind, number, body)
        try:
            jobwire.send(outbox, parts)
        except OSError:
            os._exit(0)

    def report(fraction: float, text: str, fields: Mapping[str, object]) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_EVERY or fraction >= 1.0:
            last = time.monotonic()
            answer("progress", (fraction, text, dict(fields)))

    try:
        function, args, kwargs = message.open()
        job = Job(report, lambda: number in stopped, lambda found: answer("given", found))
        answer("done", function(*args, job=job, **kwargs))
    except BaseException as error:
        # Whatever ended the work is told to the parent; the process itself stays for the next task.
        answer("error", _portable(error))


def _portable(error: BaseException) -> tuple[TwinError | str, str]:
    """Return an error the parent can certainly open: a TwinError as it is, any other in words."""
    details = "".join(traceback.format_exception(error))
    if not isinstance(error, TwinError):
        return f"{type(error).__name__}: {error}", details
    kind = type(error) if type(error).__module__ == TwinError.__module__ else TwinError
    plain = {key: v if isinstance(v, str | int | float) else str(v) for key, v in error.fields.items()}
    return kind(error.key, **plain), details
