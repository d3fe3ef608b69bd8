"""Functions that tests send to workers."""

import os
import time
from pathlib import Path


def add(shared, part):
    return shared + part


def slow(shared, part):
    """Say who works on the first part, and stay at it until the file is gone or a moment has passed."""
    folder = Path(shared)
    (folder / f"{part}.{os.getpid()}").touch()
    end = time.monotonic() + (20 if part == 0 and len(list(folder.glob("0.*"))) == 1 else 0.05)
    while time.monotonic() < end:
        time.sleep(0.02)
    return part * 2


def long(shared, part):
    time.sleep(part)


def failing(shared, part):
    from twin.errors import BadInput

    if part == shared:
        raise BadInput("{name} is wrong.", name=f"part {part}")
    return part
