"""OpenStreetMap files on disk: format, header, objects, and the memory that reading takes."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
from numpy.typing import NDArray

from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Box = tuple[float, float, float, float]

NO_DATE = datetime(1970, 1, 2, tzinfo=UTC)
"""Objects without a date bear the start of 1970."""

COORDINATES, NODES, ROAD, WALK = 1, 2, 4, 8
"""What a reading needs of a way: coordinates, node ids, and to which networks it belongs."""

_STEP = 2000
# Memory the reader needs per byte of file, measured on extracts of 1 to 25 MB (PBF) and rounded up.
_MEMORY_PER_BYTE = {"pbf": 70.0, "osm": 4.0, "osm.gz": 50.0, "osm.bz2": 70.0}
_CUT_SHARE = 0.15
_BYTES_PER_OBJECT = {"pbf": 26.0, "osm": 260.0, "osm.gz": 22.0, "osm.bz2": 16.0}


@dataclass(slots=True)
class Node:
    """A tagged node; ``x``, ``y`` are degrees as read, metres once projected."""

    id: int
    tags: dict[str, str]
    x: float
    y: float


@dataclass(slots=True)
class Way:
    """A way; ``refs`` (node ids) only where they matter, ``xy`` of shape (n, 2) with nan for missing nodes."""

    id: int
    tags: dict[str, str]
    refs: Ints | None
    xy: Floats
    closed: bool

    @property
    def complete(self) -> bool:
        """Whether all its nodes were in the file."""
        return not bool(np.isnan(self.xy).any())


@dataclass(slots=True)
class Relation:
    """A relation with its members as (type ``n|w|r``, id, role)."""

    id: int
    tags: dict[str, str]
    members: list[tuple[str, int, str]]


@dataclass
class Header:
    """What a file says of itself: format, writer, bounds (degrees) and date where known."""

    format: str
    generator: str
    box: Box | None
    date: str


@dataclass
class OsmData:
    """All that a reading needs of a file, in degrees or, after :meth:`project`, in metres."""

    header: Header
    nodes: dict[int, Node] = field(default_factory=dict)
    ways: dict[int, Way] = field(default_factory=dict)
    relations: dict[int, Relation] = field(default_factory=dict)
    box: Box | None = None
    clipped_ways: list[int] = field(default_factory=list)
    beyond: dict[int, Ints] = field(default_factory=dict)
    """Nodes of the ways outside the cut-out, by network: links are cut there as if those ways were read too."""

    def project(self, change: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> None:
        """Bring all coordinates to another system with ``change(x, y) -> (x, y)``."""
        ways = list(self.ways.values())
        lengths = [len(way.xy) for way in ways]
        flat = np.concatenate([way.xy for way in ways] or [np.empty((0, 2))])
        known = ~np.isnan(flat[:, 0])
        x, y = change(flat[known, 0], flat[known, 1])
        flat = np.full(flat.shape, np.nan)
        flat[known, 0], flat[known, 1] = x, y
        for way, part in zip(ways, np.split(flat, np.cumsum(lengths)[:-1]) if ways else [], strict=True):
            way.xy = part
        nodes = list(self.nodes.values())
        x, y = change(np.array([n.x for n in nodes], dtype=float), np.array([n.y for n in nodes], dtype=float))
        for node, east, north in zip(nodes, x.tolist(), y.tolist(), strict=True):
            node.x, node.y = east, north


def file_format(path: Path, head: bytes | None = None) -> str | None:
    """Tell the format of an OpenStreetMap file by its content, None when it is none.

    Parameters
    ----------
    path : Path
        The name decides only for compressed files and empty ones.
    head : bytes, optional
        First bytes of the file.

    Returns
    -------
    str or None
        ``"pbf"``, ``"osm"``, ``"osm.gz"`` or ``"osm.bz2"``.
    """
    if head is None:
        with path.open("rb") as source:
            head = source.read(4096)
    name = path.name.lower()
    if head[4:40].find(b"OSMHeader") >= 0:
        return "pbf"
    if re.search(rb"<osm[\s>]", head):
        return "osm"
    for ending, magic in ((".gz", b"\x1f\x8b"), (".bz2", b"BZh")):
        if name.endswith((".osm" + ending, ".osm.xml" + ending)) and (head.startswith(magic) or not head):
            return "osm" + ending
    if name.endswith(".pbf"):
        return "pbf"
    return "osm" if name.endswith(".osm") else None


def open_header(path: Path) -> Header:
    """Return what the file says of itself.

    Raises
    ------
    BadInput
        When it is empty, no OpenStreetMap file, or damaged at its beginning.
    """
    if path.stat().st_size == 0:
        raise BadInput("{path}: the file is empty.", path=path.name)
    kind = file_format(path)
    if kind is None:
        raise BadInput("{path}: this is not an OpenStreetMap file (.osm, .osm.pbf).", path=path.name)
    with readable(path), osmium.io.Reader(osmium.io.File(str(path), kind), osmium.osm.NOTHING) as reader:
        header = reader.header()
        if header.has_multiple_object_versions:
            raise BadInput(
                "{path}: this is a change or history file; an extract with one version of each object is needed.",
                path=path.name,
            )
        bounds = header.box()
        box = None
        if bounds.valid() and bounds.top_right.lon > bounds.bottom_left.lon:
            low, high = bounds.bottom_left, bounds.top_right
            box = (low.lon, low.lat, high.lon, high.lat)
        date = header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")
        return Header(kind, header.get("generator", ""), box, date[:10])


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what libosmium and the parsers below it throw into one line about the file."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        detail = str(error).strip().rstrip(".") or type(error).__name__
        if "entities are not supported" in detail:
            raise BadInput(
                "{path}: the file declares XML entities, which OpenStreetMap files never do; it was not read.",
                path=path.name,
            ) from error
        raise BadInput(
            "{path}: the file is damaged or not an OpenStreetMap file ({detail}); fetch it again.",
            path=path.name,
            detail=detail,
        ) from error


def objects(
    path: Path, header: Header, kinds: Any, handlers: tuple[Any, ...], progress: Callable[[int], None]
) -> Iterator[Any]:
    """Yield the objects of some kinds; ``progress(number so far)`` is called every few thousand.

    The handlers are held by this generator: libosmium keeps only bare pointers to them.
    """
    with readable(path), osmium.io.Reader(osmium.io.File(str(path), header.format), kinds) as reader:
        found: Any = osmium.OsmFileIterator(reader, *handlers)
        for number, item in enumerate(found):
            if number % _STEP == 0:
                progress(number)
            if not item.deleted:
                yield item


def day(stamp: datetime) -> str:
    """Write the date of the newest object, "" when objects bear none."""
    return f"{stamp:%Y-%m-%d}" if stamp > NO_DATE else ""


def expected_objects(path: Path, header: Header) -> float:
    """Estimate the number of objects in a file from its size, for progress only."""
    return max(path.stat().st_size / _BYTES_PER_OBJECT[header.format], 1.0)


def available_memory() -> int | None:
    """Return the memory [bytes] that can still be taken, None where the system does not tell."""
    if sys.platform.startswith("linux"):
        match = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
        return int(match[1]) * 1024 if match else None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return None


def check_memory(path: Path, header: Header, cut: bool) -> None:
    """Refuse a file that would not fit, before hours are spent on it.

    Raises
    ------
    BadInput
        Naming the memory needed and what to do.
    """
    free = available_memory()
    # With a cut-out little but the node locations (16 bytes each) grows with the whole file.
    need = path.stat().st_size * _MEMORY_PER_BYTE[header.format] * (_CUT_SHARE if cut else 1.0)
    if free is not None and need > free:
        raise BadInput(
            "{path}: reading it needs about {need:.1f} GB of memory and {free:.1f} GB are free; cut out a smaller"
            " area (--bbox west,south,east,north) or take a smaller extract.",
            path=path.name,
            need=need / 1e9,
            free=free / 1e9,
        )
