"""Work that tests send to child processes; imported there by its module name."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from twin.errors import BadInput, TwinError
from twin.jobs import Job, start


class OwnError(TwinError):
    """An error of a drop-in, unknown to the program."""


_calls = 0


def count(job: Job) -> tuple[int, int]:
    global _calls
    _calls += 1
    return os.getpid(), _calls


def steps(n: int, pause: float = 0.0, *, job: Job) -> int:
    for i in range(n):
        job.progress(i / n, "Step {i} of {n}", i=i, n=n)
        time.sleep(pause)
    job.progress(1.0, "Step {i} of {n}", i=n, n=n)
    return n * 2


def polite(job: Job) -> None:
    while True:
        job.check()
        time.sleep(0.005)


def stubborn(pid_file: str, job: Job) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    time.sleep(60)


def crash(how: str, job: Job) -> None:
    print("last words", file=sys.stderr, flush=True)
    if how == "segfault":
        ctypes.string_at(0)
    if how == "exit":
        os._exit(7)
    if how == "kill":
        os.kill(os.getpid(), 9)


def bad_input(job: Job) -> None:
    raise BadInput("{path}: row {row} is wrong.", path=Path("a.csv"), row=3)


def own_error(job: Job) -> None:
    raise OwnError("{what} is wrong.", what="this")


def foreign_error(job: Job) -> None:
    raise ZeroDivisionError("by zero")


def exits(job: Job) -> None:
    raise SystemExit(4)


def unpicklable(job: Job) -> object:
    return lambda: 1


def noisy(job: Job) -> str:
    print("on standard output")
    subprocess.run([sys.executable, "-c", "print('from a grandchild')"], check=True)
    os.write(1, b"raw bytes on descriptor one\n")
    return "clean"


def doubled(array: np.ndarray, job: Job) -> np.ndarray:
    array *= 2  # what arrives may be changed: it is the child's own
    return array


def hoard(path: str, job: Job) -> None:
    """Take memory until the system's limit for the process ends it."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    np.ones(1 << 32)


def parent_of_stubborn(pid_file: str) -> None:
    """Start a stubborn child and wait to be killed; a whole program of its own."""
    start(stubborn, pid_file)
    threading.Event().wait()


def crash_of_graphics(job: Job) -> str:
    ctypes.string_at(0)
    return ""


def fine_graphics(job: Job) -> str:
    return "fine"


def same(value: object, job: Job) -> object:
    return value
