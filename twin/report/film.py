"""A played span of time as pictures one after the other: a folder of PNG, or one file that moves (WebP, GIF).

Each frame is drawn as a picture of that time is (:class:`twin.report.figure.Press`) and bears the time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from twin import localtime
from twin.disk import atomic
from twin.errors import BadInput
from twin.localtime import DAY
from twin.report.figure import check_size
from twin.text import N_
from twin.when import span_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.jobs import Job
    from twin.layer import Layer
    from twin.report.figure import Press

MOVING = (".webp", ".gif")
"""Endings of files that move; any other name is that of a folder of frames."""
MOST = 5_000
"""Frames of a film."""
LARGEST = 4_096
"""Longest side of a frame [px]."""
RATES = (1.0, 30.0)
"""Fewest and most frames a second."""


@dataclass(frozen=True)
class Reel:
    """What is played: from an instant to another [s], a frame each ``step`` [s], ``rate`` frames a second."""

    first: float
    last: float
    step: float
    rate: float = 10.0

    @property
    def instants(self) -> list[float]:
        """The instants [s] of the frames; steps of whole days go by the calendar.

        Raises
        ------
        BadInput
            When there is none, or there are too many.
        """
        if not self.first < self.last:
            raise BadInput("A film needs a span: its end must lie after its beginning.")
        if not self.step > 0 or not RATES[0] <= self.rate <= RATES[1]:
            raise BadInput(
                "A film needs a step above 0 s and {low} to {high} frames a second.", low=RATES[0], high=RATES[1]
            )
        if (count := (self.last - self.first) / self.step) > MOST:
            raise BadInput("These are {n} frames; at most {most} are made. Take a longer step.", n=round(count) + 1,
                           most=MOST)  # fmt: skip
        found = []
        for n in range(int(count + 0.1) + 2):
            days = self.step / DAY
            t = localtime.add_days(self.first, round(days) * n) if days % 1 == 0 else self.first + n * self.step
            if t > self.last + 1e-3:
                break
            found.append(t)
        return found


def moves(out: Path) -> bool:
    """Whether a name is that of a file that moves, not of a folder of frames.

    Raises
    ------
    BadInput
        When it has the ending of a kind of film that is not made.
    """
    ending = out.suffix.lower()
    if ending in (".mp4", ".webm", ".avi", ".mov", ".mkv", ".ogv", ".mpg", ".apng", ".png", ".jpg", ".jpeg"):
        raise BadInput("{path}: films are written as .webp or .gif, or as a folder of frames.", path=out.name)
    return ending in MOVING


def check_film(out: Path, reel: Reel, size: tuple[int, int], dpi: int, layers: Iterable[Layer]) -> list[float]:
    """Return the instants [s] of a film that can be made.

    Raises
    ------
    BadInput
        When its size, its span or where it should go is impossible, or nothing in it has a time.
    """
    check_size(size, dpi, LARGEST)
    if not moves(out) and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("{path}: frames need a folder that is new or empty.", path=out.name)
    instants = reel.instants
    span = span_of(layers)
    if span is not None and (reel.last < span[0] or reel.first > span[1]):
        low, high = (f"{localtime.local(t):%Y-%m-%dT%H:%M}" for t in span)
        raise BadInput("Nothing that is shown has values in that span; they go from {low} to {high}.", low=low,
                       high=high)  # fmt: skip
    return instants


def export_film(out: Path, press: Press, reel: Reel, instants: list[float], lang: str, job: Job) -> None:
    """Write a film; what was there before is replaced only when the whole is made.

    Parameters
    ----------
    out : Path
        A file of :data:`MOVING`, or a folder that is new or empty.
    press : Press
        Draws the view.
    reel : Reel
    instants : list of float [s]
        Of the frames (:func:`check_film`).
    lang : str
        Of the time on each frame.
    job : Job
        Is told of each frame, and can stop.

    Raises
    ------
    BadInput
        When it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.stem}-", suffix=atomic.PART, dir=out.parent))
    except OSError as error:
        raise _unwritten(out, error) from error
    try:
        files = []
        for n, t in enumerate(instants):
            job.progress(0.95 * n / len(instants), N_("Frame {n} of {all}"), n=n + 1, all=len(instants))
            files.append(work / f"frame-{n + 1:05d}.png")
            files[-1].write_bytes(press.png(t, localtime.said(t, lang), n / reel.rate))
        job.progress(0.95, N_("Writing the film"))
        if moves(out):
            with atomic.replacing(out) as part:
                Frames(files, out.suffix.lower() == ".gif").save(
                    part, format=out.suffix[1:].upper(), save_all=True, duration=round(1000 / reel.rate), loop=0,
                    **_LOOKS[out.suffix.lower()],
                )  # fmt: skip
        else:
            if out.is_dir():
                out.rmdir()
            os.chmod(work, 0o755)  # as any folder; a passing one is its maker's alone
            work.rename(out)
    except OSError as error:
        raise _unwritten(out, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


_LOOKS: dict[str, dict[str, object]] = {".webp": {"quality": 82, "method": 3}, ".gif": {"optimize": False}}


class Frames(Image.Image):
    """Pictures in files as one picture of many; only one of them is in memory.

    Parameters
    ----------
    files : list of Path
    few : bool
        In 256 colours, as GIF needs. They are chosen so that rare ones stay what they are: the grey of the city fills
        a map, but its data are a few bright dots.
    """

    def __init__(self, files: list[Path], few: bool = False) -> None:
        super().__init__()
        self._files = files
        self._few = few
        self._at = -1
        self.seek(0)

    @property
    def n_frames(self) -> int:
        """Number of pictures."""
        return len(self._files)

    @property
    def is_animated(self) -> bool:
        """Whether there are several."""
        return len(self._files) > 1

    def tell(self) -> int:
        """Return which picture this is."""
        return self._at

    def seek(self, frame: int) -> None:
        """Become another of the pictures."""
        if not 0 <= frame < len(self._files):
            raise EOFError(frame)
        if frame != self._at:
            with Image.open(self._files[frame]) as picture:
                found = picture.convert("RGB")
            if self._few:
                found = found.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
            self._at, self._mode, self._size, self.im = frame, found.mode, found.size, found.im
            self.palette = found.palette


def _unwritten(out: Path, error: OSError) -> BadInput:
    return BadInput("{path} could not be written: {reason}.", path=str(out), reason=error.strerror or error)
