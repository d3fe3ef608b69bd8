"""What the engine process calls in tests."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from small_cities import small_city

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City
    from twin.jobs import Job


def open_small(folder: Path) -> City:
    """Return the same small city every time; leave a mark for each opening."""
    with (folder / "opened").open("a") as marks:
        marks.write(f"{os.getpid()}\n")
    return small_city(5)


def die(job: Job | None = None) -> None:
    """End the process as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


def dawdle(job: Job) -> None:
    """Work without end, looking out for a stop."""
    while True:
        job.check()
        time.sleep(0.005)
