"""Reading an OpenStreetMap file into memory: two passes, nodes and relations first, then ways.

The order of the objects in a file does therefore not matter (Overpass answers have ways before nodes). libosmium
knows neither negative ids (drafts of the editor JOSM) nor missing nodes (extracts cut without their
surroundings): the first are looked up here, the second become nan coordinates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import osmium
import shapely

from twin.city.osm_file import (
    NO_DATE,
    NODES,
    ROAD,
    WALK,
    Box,
    Floats,
    Ints,
    Node,
    OsmData,
    Relation,
    Way,
    check_memory,
    day,
    expected_objects,
    objects,
    open_header,
)
from twin.errors import BadInput
from twin.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_UNDEFINED = 2147483647
_PER_DEGREE = 1e7
_BATCH = 20_000


class _Found(NamedTuple):
    """A way as read: its line as WKB text, or as coordinates where libosmium could not make one."""

    id: int
    tags: dict[str, str]
    refs: Ints | None
    closed: bool
    need: int
    line: str | Floats


class Loader:
    """Reads a file into :class:`OsmData`; one use.

    Parameters
    ----------
    path : Path
        The file.
    box : tuple of 4 floats [degrees], optional
        Only objects whose extent touches it are kept.
    wants : callable
        Given the tags of a way, says what is needed: a sum of :data:`COORDINATES` … :data:`WALK`, 0 for nothing.
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
        self._beyond: dict[int, list[Ints]] = {ROAD: [], WALK: []}
        self._newest = NO_DATE

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
            self._data.header.date = day(self._newest)
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
        newest = self._newest
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
                self._drafts[item.id] = (x / _PER_DEGREE, y / _PER_DEGREE)
            if len(item.tags):
                lon, lat = x / _PER_DEGREE, y / _PER_DEGREE
                inside = box is None or (box[0] <= lon <= box[2] and box[1] <= lat <= box[3])
                if inside or "barrier" in item.tags or "highway" in item.tags:  # they steer streets that reach out
                    data.nodes[item.id] = Node(item.id, dict(item.tags), lon, lat)
                newest = max(newest, item.timestamp)
        self._newest = newest
        data.box = data.header.box
        if data.box is None and west <= east:
            data.box = (west / _PER_DEGREE, south / _PER_DEGREE, east / _PER_DEGREE, north / _PER_DEGREE)

    def _keep_relation(self, item: Any) -> None:
        tags = dict(item.tags)
        if self._wants_relation(tags):
            members = [(member.type, member.ref, member.role) for member in item.members]
            self._data.relations[item.id] = Relation(item.id, tags, members)
            if tags.get("type") != "restriction":
                self._members.update(ref for kind, ref, _ in members if kind == "w")

    def _read_ways(self, progress: Callable[[int], None]) -> None:
        factory, every = osmium.geom.WKBFactory(), osmium.geom.use_nodes.ALL
        newest = self._newest
        batch: list[_Found] = []
        for item in objects(self._path, self._data.header, osmium.osm.WAY, (self._locations,), progress):
            tags = dict(item.tags)
            need = self._wants(tags) | (NODES if item.id in self._members else 0)
            if not need or len(item.nodes) < 2:
                continue
            line: str | Floats
            try:
                line = factory.create_linestring(item, every)
            except (osmium.InvalidLocationError, RuntimeError):  # missing or draft nodes, or a way without extent
                line = self._by_node(item)
            refs = np.array([node.ref for node in item.nodes], dtype=np.int64) if need & NODES else None
            batch.append(_Found(item.id, tags, refs, item.is_closed(), need, line))
            newest = max(newest, item.timestamp)
            if len(batch) >= _BATCH:
                self._keep_ways(batch)
                batch = []
        self._keep_ways(batch)
        self._newest = newest
        self._data.beyond = {network: np.unique(np.concatenate(p)) for network, p in self._beyond.items() if p}

    def _keep_ways(self, batch: list[_Found]) -> None:
        geometry = shapely.from_wkb([found.line for found in batch if isinstance(found.line, str)])
        points = shapely.get_coordinates(geometry)
        parts = iter(np.split(points, np.cumsum(shapely.get_num_coordinates(geometry))[:-1]))
        for found in batch:
            xy = next(parts) if isinstance(found.line, str) else found.line
            if found.id in self._members or _touches(xy, self._box):
                # A copy: a part of the batch would keep all of it in memory.
                self._data.ways[found.id] = Way(found.id, found.tags, found.refs, xy.copy(), found.closed)
                if np.isnan(xy).any():
                    self._data.clipped_ways.append(found.id)
            elif found.refs is not None:
                for network, refs in self._beyond.items():
                    if found.need & network:
                        refs.append(found.refs)

    def _by_node(self, item: Any) -> Floats:
        rows = []
        for node in item.nodes:
            x, y = node.x, node.y
            known = x != _UNDEFINED and y != _UNDEFINED
            rows.append((x / _PER_DEGREE, y / _PER_DEGREE) if known else self._drafts.get(node.ref, (np.nan, np.nan)))
        return np.array(rows, dtype=float)


def _touches(xy: Floats, box: Box | None) -> bool:
    known = xy[~np.isnan(xy[:, 0])]
    if not len(known):
        return False
    if box is None:
        return True
    (west, south), (east, north) = known.min(axis=0), known.max(axis=0)
    return bool(west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1])
