"""OpenStreetMap files: ``.osm`` (XML, also .gz and .bz2) and ``.osm.pbf``.

Buildings with courtyards and parts, drivable roads as a directed network, the walk network, waters and the sea,
green, squares, places, trees and walls. Coordinates are longitude and latitude (WGS 84) by definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import osmium
import shapely

from twin.city import crs, osm_tags
from twin.city.city import City
from twin.city.cityjson.document import collector_paused
from twin.city.osm_buildings import building_table
from twin.city.osm_cover import barrier_table, cover_table, place_table, tree_table
from twin.city.osm_file import (
    COORDINATES,
    NO_DATE,
    NODES,
    ROAD,
    WALK,
    Box,
    Header,
    OsmData,
    day,
    expected_objects,
    file_format,
    objects,
    open_header,
)
from twin.city.osm_junctions import junction_table
from twin.city.osm_load import Loader
from twin.city.osm_paths import path_table
from twin.city.osm_roads import examples, road_network
from twin.city.osm_streets import road_class, walkable
from twin.city.reading import FileInfo, Note, Reading, raise_if_empty
from twin.city.source import source_of
from twin.errors import BadInput
from twin.jobs import Job
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from twin.city.reading import ReadOptions

FORMAT = "OpenStreetMap"
COPYRIGHT = "https://www.openstreetmap.org/copyright"
_FORMATS = {"pbf": "PBF", "osm": "XML 0.6", "osm.gz": "XML 0.6", "osm.bz2": "XML 0.6"}
_RAILS = ("rail", "subway", "tram", "light_rail", "narrow_gauge")


def sniff(path: Path, head: bytes) -> bool:
    """Say whether the file is OpenStreetMap data (XML or PBF)."""
    return file_format(path, head) is not None


def inspect(path: Path, job: Job | None = None) -> FileInfo:
    """Say what is inside, in one pass over the tags and without building any geometry.

    Counts are of mapped objects: ``roads`` are ways that cars may use, ``paths`` ways that people may walk,
    ``points`` nodes with tags.

    Raises
    ------
    BadInput
        When the file is empty, damaged or no OpenStreetMap file.
    Cancelled
        When the user stopped it.
    """
    header = open_header(path)
    with collector_paused():
        counts, box, date = _count(path, header, job or Job())
    problems = []
    if not any(counts.values()):
        problems.append(Note("problem", N_("There are no buildings, streets or places in it")))
    return FileInfo(
        path=path,
        format=FORMAT,
        version=_FORMATS[header.format],
        crs=crs.LONLAT,
        bbox=box,
        counts=counts,
        problems=tuple(problems),
        extra={"generator": header.generator, "date": header.date or date},
    )


def _count(path: Path, header: Header, job: Job) -> tuple[dict[str, int], Box | None, str]:
    counts = dict.fromkeys(("buildings", "parts", "roads", "paths", "places", "points"), 0)
    expected = expected_objects(path, header)
    handlers: tuple[osmium.filter.EmptyTagFilter, ...] = ()
    if header.box is not None:
        tagged = osmium.filter.EmptyTagFilter()
        handlers = (tagged,)
    west, south, east, north = 181.0, 91.0, -181.0, -91.0
    newest = NO_DATE

    def progress(number: int) -> None:
        job.progress(min(number / expected, 1.0), "Looking through the file: {n}", n=number)

    for item in objects(path, header, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION, handlers, progress):
        if item.is_node() and header.box is None and item.location.valid():
            lon, lat = item.location.lon, item.location.lat
            west, south, east, north = min(west, lon), min(south, lat), max(east, lon), max(north, lat)
        if not len(item.tags):
            continue
        newest = max(newest, item.timestamp)
        _count_one(dict(item.tags), "n" if item.is_node() else "w" if item.is_way() else "r", counts)
    box = header.box or ((west, south, east, north) if west <= east else None)
    return counts, box, day(newest)


def _count_one(tags: Mapping[str, str], kind: str, counts: dict[str, int]) -> None:
    area = kind == "w" or (kind == "r" and tags.get("type") == "multipolygon")
    counts["points"] += kind == "n"
    counts["places"] += bool((area or kind == "n") and osm_tags.place_kind(tags))
    if area:
        counts["buildings"] += osm_tags.is_building(tags)
        counts["parts"] += osm_tags.is_part(tags)
    if kind == "w":
        counts["roads"] += bool(road_class(tags))
        counts["paths"] += walkable(tags)


def _wants(tags: Mapping[str, str]) -> int:
    if not tags:
        return 0
    networks = (ROAD if road_class(tags) else 0) | (WALK if walkable(tags) else 0)
    if networks or "highway" in tags or tags.get("natural") == "coastline":
        return networks | NODES | COORDINATES
    ground = osm_tags.is_building(tags) or osm_tags.is_part(tags) or osm_tags.cover_kind(tags)
    lines = tags.get("railway") in _RAILS or tags.get("natural") == "tree_row" or osm_tags.barrier_kind(tags)
    return COORDINATES if ground or lines or osm_tags.place_kind(tags) else 0


def _wants_relation(tags: Mapping[str, str]) -> bool:
    kind = tags.get("type", "")
    if kind in ("restriction", "building"):
        return True
    if kind == "boundary":
        return bool(osm_tags.cover_kind(tags))
    return kind == "multipolygon"


def read(path: Path, options: ReadOptions, job: Job | None = None) -> Reading:
    """Read a file into a City.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``target_crs`` (default: chosen by place), ``bbox`` in degrees. ``crs`` is not needed and ignored.
    job : Job, optional
        Told the progress; can cancel.

    Returns
    -------
    Reading

    Raises
    ------
    BadInput
        When the file is empty, damaged, too large for the memory, no OpenStreetMap file, or holds nothing usable
        within ``bbox``.
    Cancelled
        When the user stopped it.
    """
    with collector_paused():
        return _read(path, options, job or Job())


def _read(path: Path, options: ReadOptions, job: Job) -> Reading:
    notes: list[Note] = []
    if options.crs and crs.horizontal_or_text(options.crs) != crs.LONLAT:
        message = N_("OpenStreetMap is always in longitude and latitude (EPSG:4326); {crs} was not used")
        notes.append(Note("assumed", message, 1, {"crs": options.crs}))
    _check_box(path, options.bbox)
    data = Loader(path, options.bbox, _wants, _wants_relation).load(job.part(0.0, 0.55))
    if data.box is None:
        raise BadInput("{path}: there are no nodes with coordinates in it.", path=path.name)
    frame_lonlat = _overlap(path, data.box, options.bbox)
    target = crs.horizontal(options.target_crs) if options.target_crs else crs.choose(crs.LONLAT, frame_lonlat)
    to_metres = crs.transformer(crs.LONLAT, target).transform
    data.project(lambda x, y: to_metres(x, y))
    frame = _frame(frame_lonlat, to_metres)
    source_id, sources = source_of(path, **_source(data.header))
    city = City(name=path.name.split(".")[0], crs=target)
    tables, found = _tables(data, target, frame, options.bbox is not None, job.part(0.55, 1.0))
    city = city.replaced(sources=sources, **{name: table.assign(source_id=source_id) for name, table in tables.items()})
    notes += _edge_notes(data, options.bbox) + found
    raise_if_empty(city, path)
    job.progress(1.0, "Done")
    return Reading(city, tuple(notes))


def _tables(
    data: OsmData, target: str, frame: shapely.Polygon, cut: bool, job: Job
) -> tuple[dict[str, gpd.GeoDataFrame], list[Note]]:
    area = frame if cut else None
    notes: list[Note] = []
    job.progress(0.0, "Buildings")
    buildings, more = building_table(data, target, area)
    notes += more
    job.progress(0.35, "Road network")
    network = road_network(data, target, area)
    notes += network.notes
    junctions, more = junction_table(data, network, target)
    notes += more
    job.progress(0.55, "Walk network")
    paths, more = path_table(data, target, area)
    notes += more
    job.progress(0.75, "Ground cover and places")
    cover, more = cover_table(data, target, frame, cut)
    notes += more
    places, more = place_table(data, target, area)
    notes += more
    trees, more = tree_table(data, target, area)
    notes += more
    barriers, more = barrier_table(data, target, area)
    notes += more
    return {
        "buildings": buildings,
        "roads": network.table,
        "junctions": junctions,
        "paths": paths,
        "cover": cover,
        "places": places,
        "trees": trees,
        "barriers": barriers,
    }, notes


def _check_box(path: Path, box: Box | None) -> None:
    if box is None:
        return
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadInput(
            "{path}: the cut-out must be west,south,east,north in degrees of longitude and latitude, e.g."
            " 18.05,59.31,18.08,59.33.",
            path=path.name,
        )


def _overlap(path: Path, box: Box, cut: Box | None) -> Box:
    if cut is None:
        return box
    west, south = max(box[0], cut[0]), max(box[1], cut[1])
    east, north = min(box[2], cut[2]), min(box[3], cut[3])
    if west >= east or south >= north:
        raise BadInput(
            "{path}: the cut-out lies outside the file, which covers {west:.4f},{south:.4f},{east:.4f},{north:.4f}.",
            path=path.name,
            west=box[0],
            south=box[1],
            east=box[2],
            north=box[3],
        )
    return west, south, east, north


def _frame(box: Box, to_metres: object) -> shapely.Polygon:
    """Return the edge of the extract in metres, its sides followed (they bend)."""
    west, south, east, north = box
    east, north = max(east, west + 1e-5), max(north, south + 1e-5)  # one node alone has no extent
    outline = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south) / 32)
    return shapely.transform(outline, lambda xy: np.column_stack(to_metres(xy[:, 0], xy[:, 1])))  # type: ignore[operator]


def _source(header: Header) -> dict[str, str]:
    return {
        "title": FORMAT,
        "licence": "ODbL 1.0",
        "owner": "© OpenStreetMap contributors",
        "contact": COPYRIGHT,
        "classification": "open",
        "date": header.date,
        "maturity": "established",
        "catalogue": COPYRIGHT,
    }


def _edge_notes(data: OsmData, cut: Box | None) -> list[Note]:
    notes = []
    if cut is not None:
        message = N_(
            "Cut out {box}: buildings, streets and paths that touch the edge are whole, ground cover ends there"
        )
        notes.append(Note("assumed", message, 1, {"box": ",".join(f"{value:g}" for value in cut)}))
    if data.clipped_ways:
        message = N_("{n} lines lack nodes, because the file was cut without them; what is there was read")
        notes.append(Note("problem", message, len(data.clipped_ways), {}, examples(f"w{i}" for i in data.clipped_ways)))
    rails = [way.id for way in data.ways.values() if way.tags.get("railway") in _RAILS]
    if rails:
        notes.append(Note("skipped", N_("{n} railway and tram lines were left out"), len(rails)))
    return notes
