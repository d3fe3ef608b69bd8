"""Ground cover, places, trees and walls of OpenStreetMap."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import shapely

from twin.city import osm_tags
from twin.city.mend import mend_table
from twin.city.osm_areas import Area, areas, sea, split_water
from twin.city.osm_roads import examples
from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twin.city.osm_file import OsmData, Way
    from twin.city.reading import NoteKind

TREE_HEIGHT, TREE_CROWN = 10.0, 6.0
"""Height and crown [m] of a tree where they are not mapped; assumption."""
ROW_SPACING = 8.0
"""Distance between trees [m] of a row that is mapped as a line; assumption."""
WALL_HEIGHTS = {"noise_screen": 3.0, "wall": 2.0}
"""Height [m] of noise screens and walls where it is not mapped; assumption."""
SAME_PLACE = 150.0
"""Places of one kind and name nearer than this [m] are one place mapped twice (as a point and as an area)."""


def _say(notes: list[Note], kind: NoteKind, message: str, ids: Sequence[str]) -> None:
    if ids:
        notes.append(Note(kind, message, len(ids), examples=examples(ids)))


def cover_table(data: OsmData, crs: str, frame: shapely.Polygon, cut: bool) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the ground cover: waters and the sea, parks, green, forest, squares, paved and railway ground.

    Parameters
    ----------
    data : OsmData
        Projected to metres.
    crs : str
        Its system.
    frame : Polygon [m]
        The edge of the extract or of the cut-out.
    cut : bool
        Whether to clip everything to the frame (the sea always is).
    """
    notes: list[Note] = []
    found, broken = areas(data, lambda tags: bool(osm_tags.cover_kind(tags)))
    found, lost = _closed_waters(found, data, frame)
    _say(notes, "skipped", N_("{n} areas of ground cover without a usable outline were left out"), broken)
    _say(notes, "problem", N_("{n} waters reach beyond the file and could not be closed; they were left out"), lost)
    closed = [item.id for item in found if item.state == "closed"]
    _say(notes, "mended", N_("{n} areas of ground cover cut off at the edge of the file were closed there"), closed)
    coast = [way for way in data.ways.values() if way.tags.get("natural") == "coastline" and way.refs is not None]
    waters, sure = sea(coast, frame)
    if not sure:
        message = N_("The coastline has loose ends far from the edge of the file; the sea was left out")
        notes.append(Note("problem", message, examples=examples(f"w{way.id}" for way in coast)))
    found += [Area(f"sea-{i + 1}", {"natural": "water"}, face, "whole") for i, face in enumerate(waters)]
    geometry = np.array([item.geometry for item in found], dtype=object)
    if cut and len(found):
        geometry = shapely.intersection(shapely.make_valid(geometry), frame)
        keep = ~shapely.is_empty(geometry)
        found = [item for item, there in zip(found, keep, strict=True) if there]
        geometry = geometry[keep]
    kinds = [osm_tags.cover_kind(item.tags) for item in found]
    table, mended = mend_table(
        gpd.GeoDataFrame(
            {
                "id": [item.id for item in found],
                "kind": kinds,
                "name": [item.tags.get("name", "") for item in found],
                "ground_factor": [osm_tags.GROUND_FACTORS[kind] for kind in kinds],
            },
            geometry=geometry,
            crs=crs,
        )
    )
    return table, notes + list(mended)


def _closed_waters(found: list[Area], data: OsmData, frame: shapely.Polygon) -> tuple[list[Area], list[str]]:
    """Close the waters that reach beyond the extract along its edge."""
    if all(item.state != "open" for item in found):
        return found, []
    land = _land(data)
    kept: list[Area] = []
    lost: list[str] = []
    for item in found:
        if item.state != "open":
            kept.append(item)
            continue
        faces = split_water(item.geometry, frame, land)
        if faces:
            kept.append(Area(item.id, item.tags, shapely.union_all(faces), "closed"))
        else:
            lost.append(item.id)
    return kept, lost


def _land(data: OsmData) -> NDArray[np.float64]:
    """Return points on land: corners of buildings and streets that are no bridges or tunnels."""
    dry = [
        way.xy
        for way in data.ways.values()
        if osm_tags.is_building(way.tags)
        or ("highway" in way.tags and "bridge" not in way.tags and "tunnel" not in way.tags)
    ]
    points = np.concatenate(dry or [np.empty((0, 2))])
    return points[~np.isnan(points[:, 0])]


def place_table(data: OsmData, crs: str, area: shapely.Geometry | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the places: points, and areas by a point within them; what is mapped as both counts once."""
    rows: list[tuple[str, Mapping[str, str], float, float]] = []
    found, _ = areas(data, lambda tags: bool(osm_tags.place_kind(tags)))
    for item in found:
        if item.state == "open":
            continue
        point = shapely.point_on_surface(shapely.make_valid(item.geometry))
        rows.append((item.id, item.tags, point.x, point.y))
    rows += [(f"n{n.id}", n.tags, n.x, n.y) for n in data.nodes.values() if osm_tags.place_kind(n.tags)]
    table = gpd.GeoDataFrame(
        {
            "id": [row[0] for row in rows],
            "kind": [osm_tags.place_kind(row[1]) for row in rows],
            "name": [row[1].get("name", "") or osm_tags.address(row[1]) for row in rows],
            "address": [osm_tags.address(row[1]) for row in rows],
            "capacity": [osm_tags.count(row[1].get("capacity", "")) for row in rows],
        },
        geometry=shapely.points([(row[2], row[3]) for row in rows]) if rows else [],
        crs=crs,
    )
    if area is not None and len(table):
        table = table[shapely.intersects(table.geometry.to_numpy(), area)].reset_index(drop=True)
    twice = _twice(table)
    notes: list[Note] = []
    _say(notes, "mended", N_("{n} places were mapped twice and count once"), table["id"][twice].tolist())
    return cast(gpd.GeoDataFrame, table[~twice].reset_index(drop=True)), notes


def _twice(table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    twice = np.zeros(len(table), dtype=bool)
    # Stops of both sides of a street share their name on purpose, and so may entrances.
    single = ~table["kind"].isin(["stop", "metro_entrance", "address"]) & (table["name"] != "")
    for _, rows in table[single].groupby(["kind", "name"], sort=False):
        points = shapely.get_coordinates(rows.geometry.to_numpy())
        for later in range(1, len(rows)):
            earlier = points[:later][~twice[rows.index[:later]]]
            if (np.hypot(*(earlier - points[later]).T) < SAME_PLACE).any():
                twice[rows.index[later]] = True
    return twice


def tree_table(data: OsmData, crs: str, area: shapely.Geometry | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the trees: those mapped one by one, and rows as evenly spaced trees where none is mapped near."""
    nodes = [node for node in data.nodes.values() if node.tags.get("natural") == "tree"]
    ids = [f"n{node.id}" for node in nodes]
    points = np.array([(node.x, node.y) for node in nodes], dtype=float).reshape(-1, 2)
    tags: list[Mapping[str, str]] = [node.tags for node in nodes]
    single = shapely.STRtree(shapely.points(points))
    rows = 0
    for way in data.ways.values():
        if way.tags.get("natural") != "tree_row":
            continue
        known = way.xy[~np.isnan(way.xy[:, 0])]
        spots = _along(known)
        if len(spots) and len(single.geometries):
            near, _ = single.query_nearest(shapely.points(spots), max_distance=ROW_SPACING / 2)
            spots = np.delete(spots, np.unique(near), axis=0)
        rows += bool(len(spots))
        ids += [f"w{way.id}-t{i}" for i in range(len(spots))]
        tags += [way.tags] * len(spots)
        points = np.vstack([points, spots.reshape(-1, 2)])
    height = np.array([osm_tags.metres(t.get("height", "")) for t in tags], dtype=float)
    crown = np.array([osm_tags.metres(t.get("diameter_crown", "")) for t in tags], dtype=float)
    unknown = ~((height > 0) & (height < 100))
    table = gpd.GeoDataFrame(
        {
            "id": ids,
            "kind": [t.get("leaf_type", "") for t in tags],
            "height": np.where(unknown, TREE_HEIGHT, height),
            "crown": np.where((crown > 0) & (crown < 50), crown, TREE_CROWN),
        },
        geometry=shapely.points(points),
        crs=crs,
    )
    notes: list[Note] = []
    if rows:
        message = N_("{n} tree rows were drawn as trees every {step:.0f} m")
        notes.append(Note("assumed", message, rows, {"step": ROW_SPACING}))
    if unknown.any():
        message = N_("{n} trees have no height mapped; {height:.0f} m assumed")
        notes.append(Note("assumed", message, int(unknown.sum()), {"height": TREE_HEIGHT}))
    if area is not None and len(table):
        table = table[shapely.intersects(table.geometry.to_numpy(), area)].reset_index(drop=True)
    return table, notes


def _along(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(xy) < 2:
        return np.empty((0, 2))
    line = shapely.LineString(xy)
    number = max(round(line.length / ROW_SPACING), 1) + 1
    spots = shapely.line_interpolate_point(line, np.linspace(0, line.length, number))
    return np.asarray(shapely.get_coordinates(spots), dtype=float)


def barrier_table(data: OsmData, crs: str, area: shapely.Geometry | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build noise screens and free-standing walls."""
    rows: list[tuple[Way, str, shapely.LineString]] = []
    for way in data.ways.values():
        kind = osm_tags.barrier_kind(way.tags)
        known = way.xy[~np.isnan(way.xy[:, 0])]
        if kind and len(known) >= 2:
            line = shapely.LineString(known)
            if line.length > 0 and (area is None or line.intersects(area)):
                rows.append((way, kind, line))
    height = np.array([osm_tags.metres(way.tags.get("height", "")) for way, _, _ in rows], dtype=float)
    unknown = ~((height > 0) & (height < 30))
    default = np.array([WALL_HEIGHTS[kind] for _, kind, _ in rows], dtype=float)
    table = gpd.GeoDataFrame(
        {
            "id": [f"w{way.id}" for way, _, _ in rows],
            "kind": [kind for _, kind, _ in rows],
            "height": np.where(unknown, default, height),
        },
        geometry=[line for _, _, line in rows],
        crs=crs,
    )
    if not unknown.any():
        return table, []
    message = N_("{n} walls have no height mapped; {screen:.0f} m assumed for noise screens, {wall:.0f} m for others")
    fields = {"screen": WALL_HEIGHTS["noise_screen"], "wall": WALL_HEIGHTS["wall"]}
    return table, [Note("assumed", message, int(unknown.sum()), fields)]
