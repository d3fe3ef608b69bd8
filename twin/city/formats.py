"""The readers of city data, one module per format, and how a file finds its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from twin.city import read_cityjson, read_geotiff, read_osm
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from twin.city.reading import FileInfo, Reading, ReadOptions
    from twin.jobs import Job

HEAD = 65536
"""So many first bytes a reader may look at to know its format."""


class Reader(Protocol):
    """What every reader module offers; ``FORMAT`` is the name of what it reads."""

    FORMAT: str

    def sniff(self, path: Path, head: bytes) -> bool:
        """Say whether the file is of this format, by its name and first bytes."""

    def inspect(self, path: Path, job: Job | None = None) -> FileInfo:
        """Say what is inside."""

    def read(self, path: Path, options: ReadOptions, job: Job | None = None) -> Reading:
        """Read it."""


READERS: tuple[Reader, ...] = cast(tuple[Reader, ...], (read_cityjson, read_geotiff, read_osm))

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "CityJSON": ("*.json", "*.cityjson", "*.jsonl", "*.json.zip"),
    "OpenStreetMap": ("*.osm", "*.pbf", "*.osm.bz2", "*.osm.gz"),
    "GeoTIFF": ("*.tif", "*.tiff"),
}
"""Names of the formats with their usual file names, for file dialogs and messages."""

_more: list[Reader] = []


def set_more(readers: Iterable[Reader]) -> None:
    """Read these formats too (drop-ins), after those of the program."""
    _more[:] = readers


_NOT_READ = {
    ".shp": N_("{path}: shapefiles are not read; what is read: {known}."),
    ".gpkg": N_("{path}: GeoPackages are not read; what is read: {known}."),
    ".geojson": N_("{path}: GeoJSON is not read; what is read: {known}."),
    ".gml": N_("{path}: CityGML is not read; the program citygml-tools makes CityJSON of it."),
    ".citygml": N_("{path}: CityGML is not read; the program citygml-tools makes CityJSON of it."),
    ".laz": N_("{path}: point clouds are not read; what is read: {known}."),
    ".las": N_("{path}: point clouds are not read; what is read: {known}."),
}


def reader_for(path: Path) -> Reader:
    """Find the reader of a file by its name and first bytes.

    Raises
    ------
    BadInput
        When the file is absent, empty, unreadable or of no known format.
    """
    if not path.exists():
        raise BadInput("{path}: there is no such file.", path=path.name)
    if not path.is_file():
        raise BadInput("{path} is a folder; name a file in it.", path=path.name)
    try:
        with path.open("rb") as source:
            head = source.read(HEAD)
    except OSError as error:
        raise BadInput("{path}: cannot be read: {reason}.", path=path.name, reason=error.strerror or error) from error
    if not head:
        raise BadInput("{path}: the file is empty.", path=path.name)
    for reader in (*READERS, *_more):
        if reader.sniff(path, head):
            return reader
    message = _NOT_READ.get(path.suffix.lower(), "{path}: not a format that is read; what is read: {known}.")
    raise BadInput(message, path=path.name, known=", ".join(PATTERNS))


def inspect(path: Path, job: Job | None = None) -> FileInfo:
    """Say what is inside a file before it is read.

    Raises
    ------
    BadInput
        When it is of no known format or broken beyond telling; lesser troubles are listed in ``problems``.
    """
    return reader_for(path).inspect(path, job)


def read(path: Path, options: ReadOptions, job: Job | None = None) -> Reading:
    """Read a file into a City of its own.

    Raises
    ------
    BadInput
        When the file is broken or holds nothing usable.
    UnknownCrs
        When neither the file nor the options name its reference system.
    """
    return reader_for(path).read(path, options, job)
