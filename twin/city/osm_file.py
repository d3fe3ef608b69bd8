"""The objects of an OpenStreetMap file, read through libosmium with the coordinates of their nodes.

A file is read in two passes, nodes and relations first, then ways, so the order of the objects in it does not
matter (Overpass answers have ways before nodes). libosmium knows neither negative ids (drafts of the editor
JOSM) nor missing nodes (extracts cut without their surroundings): the first are looked up here, the second
become nan coordinates.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from twin.errors import BadInput
from twin.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Box = tuple[float, float, float, float]

_UNDEFINED = 2147483647
_DEGREE = 1e-7
_STEP = 2000
# Memory the reader needs per byte of file, measured on the extracts in docs/benchmarks.md and rounded up.
_MEMORY_PER_BYTE = {"pbf": 45.0, "osm": 4.0, "osm.gz": 50.0, "osm.bz2": 70.0}
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
    # With a cut-out only the node locations (16 bytes each) grow with the whole file.
    need = path.stat().st_size * _MEMORY_PER_BYTE[header.format] * (0.1 if cut else 1.0)
    if free is not None and need > free:
        raise BadInput(
            "{path}: reading it needs about {need:.1f} GB of memory and {free:.1f} GB are free; cut out a smaller"
            " area (--bbox west,south,east,north) or take a smaller extract.",
            path=path.name,
            need=need / 1e9,
            free=free / 1e9,
        )


class Loader:
    """Reads a file into :class:`OsmData`; one use.

    Parameters
    ----------
    path : Path
        The file.
    box : tuple of 4 floats [degrees], optional
        Only objects whose extent touches it are kept.
    wants : callable
        Given the tags of a way, says 0 (not needed), 1 (coordinates) or 2 (node ids too).
    wants_relation : callable
        Given the tags of a relation, says whether it is needed.
    """

    def __init__(
        self,
        path: Path,
        box: Box | None,
        wants: Callable[[Mapping[str, str]], int],
        wants_relation: Callable[[Mapping[str, str]], bool],
    ) -> None:
        self._path = path
        self._box = box
        self._wants = wants
        self._wants_relation = wants_relation
        self._data = OsmData(open_header(path))
        self._store = osmium.index.create_map("flex_mem")
        self._locations = osmium.NodeLocationsForWays(self._store)
        self._locations.ignore_errors()
        self._drafts: dict[int, tuple[float, float]] = {}
        self._members: set[int] = set()
        self._newest = ""

    def load(self, job: Job | None = None) -> OsmData:
        """Read the file.

        Raises
        ------
        BadInput
            When it is damaged, too large for the memory, or holds no node with a place.
        Cancelled
            When the user stopped the work.
        """
        check_memory(self._path, self._data.header, self._box is not None)
        job = job or Job()
        expected = expected_objects(self._path, self._data.header)

        def first(number: int) -> None:
            job.progress(0.6 * min(number / expected, 1.0), "Reading nodes: {n}", n=number)

        def second(number: int) -> None:
            job.progress(0.6 + 0.4 * min(8 * number / expected, 1.0), "Reading ways: {n}", n=number)

        self._read_nodes(first)
        self._read_ways(second)
        if self._data.box is None:
            raise BadInput("{path}: there are no nodes with coordinates in it.", path=self._path.name)
        if not self._data.header.date:
            self._data.header.date = self._newest
        return self._data

    def _read_nodes(self, progress: Callable[[int], None]) -> None:
        data, box = self._data, self._box
        handlers: tuple[Any, ...] = (self._locations,)
        every = data.header.box is None or data.header.format != "pbf"
        if not every:
            untagged = osmium.filter.EmptyTagFilter()
            untagged.enable_for(osmium.osm.NODE)
            handlers += (untagged,)
        west, south, east, north = _UNDEFINED, _UNDEFINED, -_UNDEFINED, -_UNDEFINED
        kinds = osmium.osm.NODE | osmium.osm.RELATION
        for item in objects(self._path, data.header, kinds, handlers, progress):
            if item.is_relation():
                self._keep_relation(item)
                continue
            location = item.location
            if not location.valid():
                continue
            x, y = location.x, location.y
            if every:
                west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
            if item.id < 0:
                self._drafts[item.id] = (x * _DEGREE, y * _DEGREE)
            if len(item.tags):
                lon, lat = x * _DEGREE, y * _DEGREE
                if box is None or (box[0] <= lon <= box[2] and box[1] <= lat <= box[3]):
                    data.nodes[item.id] = Node(item.id, dict(item.tags), lon, lat)
                self._newest = max(self._newest, _day(item))
        data.box = data.header.box
        if data.box is None and west <= east:
            data.box = (west * _DEGREE, south * _DEGREE, east * _DEGREE, north * _DEGREE)

    def _keep_relation(self, item: Any) -> None:
        tags = dict(item.tags)
        if self._wants_relation(tags):
            members = [(member.type, member.ref, member.role) for member in item.members]
            self._data.relations[item.id] = Relation(item.id, tags, members)
            if tags.get("type") != "restriction":
                self._members.update(ref for kind, ref, _ in members if kind == "w")

    def _read_ways(self, progress: Callable[[int], None]) -> None:
        data, factory, every = self._data, osmium.geom.WKBFactory(), osmium.geom.use_nodes.ALL
        found: list[tuple[int, dict[str, str], Ints | None, bool]] = []
        lines: list[str | Floats] = []
        for item in objects(self._path, data.header, osmium.osm.WAY, (self._locations,), progress):
            tags = dict(item.tags)
            need = 2 if item.id in self._members else self._wants(tags)
            if not need or len(item.nodes) < 2:
                continue
            try:
                lines.append(factory.create_linestring(item, every))
            except (osmium.InvalidLocationError, RuntimeError):  # missing or draft nodes, or a way without extent
                lines.append(self._by_node(item))
            refs = np.array([node.ref for node in item.nodes], dtype=np.int64) if need == 2 else None
            found.append((item.id, tags, refs, item.is_closed()))
            self._newest = max(self._newest, _day(item))
        whole = np.array([isinstance(line, str) for line in lines], dtype=bool)
        geometry = shapely.from_wkb([line for line in lines if isinstance(line, str)])
        points = shapely.get_coordinates(geometry)
        parts = iter(np.split(points, np.cumsum(shapely.get_num_coordinates(geometry))[:-1]))
        for (number, tags, refs, closed), line, is_whole in zip(found, lines, whole, strict=True):
            xy = next(parts) if is_whole else np.asarray(line, dtype=float)
            if not is_whole and np.isnan(xy).any():
                data.clipped_ways.append(number)
            if number in self._members or _touches(xy, self._box):
                data.ways[number] = Way(number, tags, refs, xy, closed)

    def _by_node(self, item: Any) -> Floats:
        rows = []
        for node in item.nodes:
            x, y = node.x, node.y
            known = x != _UNDEFINED and y != _UNDEFINED
            rows.append((x * _DEGREE, y * _DEGREE) if known else self._drafts.get(node.ref, (np.nan, np.nan)))
        return np.array(rows, dtype=float)


def _day(item: Any) -> str:
    stamp = item.timestamp
    return f"{stamp:%Y-%m-%d}" if stamp.year > 1970 else ""


def _touches(xy: Floats, box: Box | None) -> bool:
    known = xy[~np.isnan(xy[:, 0])]
    if not len(known):
        return False
    if box is None:
        return True
    (west, south), (east, north) = known.min(axis=0), known.max(axis=0)
    return bool(west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1])
