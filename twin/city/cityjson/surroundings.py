"""What is not a building: ground cover, terrain, trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from twin.city import rasterise, schema
from twin.city.cityjson import buildings, faces, facts
from twin.city.cityjson.triangles import triangulate
from twin.city.mend import EXAMPLES, mend_table
from twin.city.osm_tags import GROUND_FACTORS
from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.city import Terrain
    from twin.city.cityjson.document import Document
    from twin.city.cityjson.faces import Faces, Floats
    from twin.city.cityjson.records import Geometry, Thing
    from twin.city.cityjson.select import Chosen
    from twin.jobs import Job

FAR_OFF = 8.0
"""Streets and gardens further from the median height than this many median deviations are slips of the file."""

_TREE_HEIGHT = ("height", "measuredHeight", "treeHeight", "tree_height", "hoogte", "hojd")
_TREE_CROWN = ("crownDiameter", "crown_diameter", "crown", "kroondiameter", "diameter_crown")
_TREE_KIND = ("species", "class", "genus", "name")


def cover(
    document: Document, chosen: Sequence[Chosen], vertices: Floats, own: Faces, source_id: str, crs: str
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Make the table of ground cover of roads, squares, water, plants and land use seen from above.

    Parameters
    ----------
    document : Document
        The file.
    chosen : sequence of Chosen
        The objects, owners 0..n-1 of the faces.
    vertices : array, shape (v, 3) [m]
        Coordinates in the City's system.
    own : Faces
        Their faces.
    source_id, crs : str
        Source of the rows; system of the coordinates.
    """
    kinds = [facts.cover_kind(document.objects[item.id]) for item in chosen]
    notes: list[Note] = []
    unkind = [item.id for item, kind in zip(chosen, kinds, strict=True) if not kind]
    if unkind:
        message = N_("{n} areas of land use say nothing about their ground and were left out")
        notes.append(Note("skipped", message, len(unkind), examples=tuple(unkind[:EXAMPLES])))
    known = np.array([bool(kind) for kind in kinds], dtype=bool)
    part = faces.subset(own, known[own.owner])
    shape = buildings.shapes(vertices, _all_of_ground(part), len(chosen))
    rows: list[int] = np.flatnonzero(known).tolist()
    frame = gpd.GeoDataFrame(
        {
            "id": [chosen[i].id for i in rows],
            "source_id": source_id,
            "kind": [kinds[i] for i in rows],
            "name": [facts.text(document.objects[chosen[i].id].attributes or {}, facts.NAME) for i in rows],
            "ground_factor": [GROUND_FACTORS[kinds[i]] for i in rows],
            "level": [_level(kinds[i], shape, i) for i in rows],
        },
        geometry=shape.outline[rows],
        crs=crs,
    )
    frame, mended = mend_table(frame)
    return schema.conform("cover", frame), [*notes, *mended]


def _all_of_ground(part: Faces) -> Faces:
    return faces.Faces(part.index, part.ring, part.face, np.full(len(part), faces.GROUND), part.owner)


def _level(kind: str, shape: buildings.Shapes, i: int) -> float:
    """Return the level of a water surface [m]: it is level as no other ground is; nan elsewhere."""
    low, high = shape.ground[i], shape.top[i]
    return float(low) if kind == "water" and high - low < 0.5 and low != 0.0 else np.nan


def terrain(
    vertices: Floats, relief: Faces, ground: Faces, source_id: str, job: Job | None = None
) -> tuple[Terrain | None, list[Note]]:
    """Make the terrain grid of a TIN relief, or without one of the surfaces of roads, plants and land.

    Parameters
    ----------
    vertices : array, shape (v, 3) [m]
        Coordinates in the City's system.
    relief : Faces
        Of the TINRelief objects.
    ground : Faces
        Of roads, water, plants and land use.
    source_id : str
        Source of the terrain.
    job : Job, optional
        Asked whether to stop.
    """
    notes: list[Note] = []
    used = _on_land(vertices, relief) if len(relief) else _credible(vertices, ground)
    if not len(relief) and (not len(used) or float(np.ptp(vertices[used.index, 2])) < 0.05):
        return None, notes
    cut = triangulate(vertices, used, job)
    made = rasterise.grid(vertices, cut.corners, source_id, job)
    if made is None:
        return None, notes
    grid, filled = made
    if not len(relief):
        notes.append(Note("assumed", N_("Terrain was made of the surfaces of roads, water, plants and land use")))
    if filled:
        step = grid.transform[0]
        message = N_("{n} cells of terrain ({step:.3g} m) lay in gaps, mostly under buildings, and were interpolated")
        notes.append(Note("assumed", message, filled, {"step": step}))
    return grid, notes


def _on_land(vertices: Floats, relief: Faces) -> Faces:
    """Leave out faces with corners at levels that mark missing heights."""
    low, high = faces.height_range(vertices, relief)
    return faces.subset(relief, (low > buildings.LOWEST) & (high < buildings.HIGHEST))


def _credible(vertices: Floats, ground: Faces) -> Faces:
    """Leave out faces with corners far above or below all others: they mark heights that were missing."""
    if not len(ground):
        return ground
    z = vertices[ground.index, 2]
    middle = float(np.median(z))
    reach = max(5.0, FAR_OFF * float(np.median(np.abs(z - middle))))
    low, high = faces.height_range(vertices, ground)
    return faces.subset(ground, (low > middle - reach) & (high < middle + reach))


def trees(
    document: Document,
    names: Sequence[str],
    place: Any,
    source_id: str,
    crs: str,
    path_name: str,
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Make the table of trees: position, height and crown, stated or measured on the shape.

    Parameters
    ----------
    document : Document
        The file.
    names : sequence of str
        Ids of the SolitaryVegetationObjects.
    place : callable
        Brings coordinates (n, 3) of the file to the City's system and says which are kept, (n,) of bool.
    source_id, crs, path_name : str
        Source of the rows; system of the result; file named in errors.
    """
    points = np.full((len(names), 3), np.nan)
    sizes = np.full((len(names), 2), np.nan)
    for i, name in enumerate(names):
        thing = document.objects[name]
        measured = _measured(document, name, thing, path_name)
        if measured is not None:
            points[i], sizes[i] = measured
    lost = np.isnan(points[:, 0])
    notes: list[Note] = []
    if lost.any():
        examples = tuple(np.array(names, dtype=object)[lost][:EXAMPLES].tolist())
        notes.append(Note("skipped", N_("{n} trees without a place were left out"), int(lost.sum()), examples=examples))
    placed, inside = place(points[~lost])
    keep = np.flatnonzero(~lost)[inside]
    attributes = [document.objects[names[i]].attributes or {} for i in keep]
    height = np.array([facts.number(a, _TREE_HEIGHT) for a in attributes], dtype=float)
    crown = np.array([facts.number(a, _TREE_CROWN) for a in attributes], dtype=float)
    frame = gpd.GeoDataFrame(
        {
            "id": [names[i] for i in keep],
            "source_id": source_id,
            "kind": [facts.text(a, _TREE_KIND) for a in attributes],
            "height": np.where(height > 0, height, _believable(sizes[keep, 0])),
            "crown": np.where(crown > 0, crown, _believable(sizes[keep, 1])),
        },
        geometry=gpd.points_from_xy(placed[inside, 0], placed[inside, 1]),
        crs=crs,
    )
    return schema.conform("trees", frame), notes


def _believable(size: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where((size > 0.1) & (size < 120.0), size, np.nan)


def _measured(document: Document, name: str, thing: Thing, path_name: str) -> tuple[Floats, Floats] | None:
    """Return foot point (3,) and (height, crown) of a tree's shape, None without one."""
    for geometry in thing.geometry or ():
        if geometry.type == "GeometryInstance":
            return _instance(document, name, geometry, path_name)
        corners = _corners(geometry.boundaries)
        if corners is None:
            continue
        start, count = document.blocks[name]
        if len(corners) and corners.min() >= 0 and corners.max() < count:
            return _foot(document.vertices[start + corners])
    return None


def _corners(boundaries: list[Any]) -> NDArray[np.int64] | None:
    """Return all vertex numbers in nested boundaries, None when other things are among them."""
    found: list[int] = []
    queue: list[Any] = list(boundaries)
    while queue:
        item = queue.pop()
        if isinstance(item, list):
            queue += item
        elif type(item) is int and abs(item) < 2**62:
            found.append(item)
        else:
            return None
    return np.array(found, dtype=np.int64) if found else None


def _instance(document: Document, name: str, geometry: Geometry, path_name: str) -> tuple[Floats, Floats] | None:
    point = faces.reference_point(document, name, geometry, path_name)
    number = geometry.template
    if number is None or not 0 <= number < len(document.templates):
        return point, np.array([np.nan, np.nan])
    corners = _corners(document.templates[number].boundaries)
    if corners is None or corners.min() < 0 or corners.max() >= len(document.template_vertices):
        return point, np.array([np.nan, np.nan])
    matrix = faces.instance_matrix(name, geometry, path_name)
    placed = document.template_vertices[np.unique(corners)] @ matrix[:3, :3].T + matrix[:3, 3] + point
    foot, size = _foot(placed)
    return np.array([point[0], point[1], foot[2]]), size


def _foot(points: Floats) -> tuple[Floats, Floats]:
    low, high = points.min(axis=0), points.max(axis=0)
    centre = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return centre, np.array([high[2] - low[2], max(high[0] - low[0], high[1] - low[1])])
