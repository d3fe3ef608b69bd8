"""What every reader module offers, and what it says about a file.

A reader is a module ``twin/city/read_<format>.py`` with three functions: ``sniff(path, head) -> bool``,
``inspect(path, job) -> FileInfo`` and ``read(path, options, job) -> Reading``; it is listed in
:mod:`twin.city.formats`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from twin.city.singular import SINGULAR
from twin.errors import TwinError
from twin.text import number, tr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twin.city.city import City

NoteKind = Literal["mended", "skipped", "assumed", "problem"]


@dataclass(frozen=True)
class Note:
    """One kind of thing that was mended, skipped, assumed or wrong, how often, and where (a few examples).

    ``message`` is an English template of the catalogue, e.g. ``"{n} footprints crossed themselves and were
    mended"``; ``fields`` fill it; ``n`` is always there; ``examples`` are ids or row numbers.
    """

    kind: NoteKind
    message: str
    n: int = 1
    fields: Mapping[str, object] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    def sentence(self, lang: str) -> str:
        """Say the note in a language, without examples."""
        message = SINGULAR.get(self.message, self.message) if self.n == 1 else self.message
        return tr(message, lang, n=number(self.n, lang, 0), **self.fields)

    def text(self, lang: str) -> str:
        """Say the note in a language, with its first examples."""
        said = self.sentence(lang)
        return f"{said} ({', '.join(self.examples)})" if self.examples else said


@dataclass(frozen=True)
class FileInfo:
    """What is inside a file, told before it is read.

    ``crs`` as the file declares it (codes kept, e.g. ``"EPSG:7415"``), None when it does not; ``bbox`` in
    that system (west, south, east, north), None when empty; ``counts`` by the names of the design's table
    (buildings = top level, parts, roads, paths, places, zones, points, sensors, cells); ``extra`` are facts for
    the preview (LoDs present, bands …).
    """

    path: Path
    format: str
    version: str
    crs: str | None
    bbox: tuple[float, float, float, float] | None
    counts: Mapping[str, int]
    problems: tuple[Note, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadOptions:
    """How to read: reference system where the file names none (or names a wrong one), target system, cut-out.

    ``crs`` overrides what the file declares; ``target_crs`` is the project's; None lets the reader choose a
    metric one (:func:`twin.city.crs.choose`). ``bbox`` is (west, south, east, north) in the file's system.
    ``lod`` as text, e.g. ``"1.2"``; None takes the best. ``table`` and ``columns`` serve formats without a fixed
    meaning.
    """

    crs: str | None = None
    target_crs: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    lod: str | None = None
    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """A City that holds what the file held, and notes on what was mended, skipped or assumed."""

    city: City
    notes: tuple[Note, ...]


def raise_if_empty(city: City, path: Path) -> None:
    """Refuse a file of which nothing could be used."""
    if city.bounds() == (0.0, 0.0, 0.0, 0.0):
        raise TwinError("{path}: nothing in it could be read.", path=path.name)
