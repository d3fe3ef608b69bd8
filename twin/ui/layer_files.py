"""What the child process does when a data file is shown as a layer: looks inside, takes it in; nothing imports Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from twin.datafile.ground import Sketch
    from twin.datafile.preview import Preview
    from twin.datafile.spec import About, Choice
    from twin.datafile.take import Taken
    from twin.jobs import Job


@dataclass(frozen=True)
class Found:
    """A data file looked into, and for each of its sheets what one would most likely show of it."""

    preview: Preview
    choices: tuple[Choice, ...]
    about: About


def look(path: Path, ground: Sketch, job: Job) -> Found:
    """Look into a data file and guess what shall be shown."""
    from twin.datafile.look import preview
    from twin.datafile.suggest import suggest

    found = preview(path, job)
    guesses = [suggest(found, ground, sheet.name) for sheet in found.sheets]
    chosen = found.sheets.index(found.sheet())
    return Found(found, tuple(choice for choice, _ in guesses), guesses[chosen][1])


def take(path: Path, choice: Choice, about: About, ground: Sketch, taken: tuple[str, ...], job: Job) -> Taken:
    """Take a data file in; its content waits beside the project until that is saved."""
    from twin.datafile.folders import staging, tidy
    from twin.datafile.take import take as take_in

    tidy(staging())
    return take_in(path, choice, about, ground, staging(), taken=taken, job=job)


def is_data(path: Path) -> bool:
    """Say whether a file is one that only makes sense as a layer (and no city file)."""
    from twin.datafile.look import format_of

    return format_of(path) not in ("", "GeoTIFF")


def is_raster(path: Path) -> bool:
    """Say whether a file is a grid, which may be the city's terrain or a layer."""
    from twin.datafile.look import format_of

    return format_of(path) == "GeoTIFF"
