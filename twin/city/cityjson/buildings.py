"""Buildings: footprint, ground and height from their surfaces; attributes; the surfaces themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from twin.city import schema
from twin.city.city import Surfaces
from twin.city.cityjson import faces, facts
from twin.city.cityjson.triangles import triangulate
from twin.city.mend import EXAMPLES, mend_table
from twin.city.osm_tags import DEFAULT_HEIGHTS, MAX_HEIGHT, STOREY
from twin.city.reading import Note, NoteKind
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from twin.city.cityjson.document import Document
    from twin.city.cityjson.faces import Faces, Floats, Ints
    from twin.city.cityjson.select import Chosen
    from twin.jobs import Job

UPRIGHT = 0.2
"""A face whose normal rises less than this from level is a wall."""
FLATTEST = 0.3
"""A shape that rises less than this [m] says nothing about height."""

LOWEST, HIGHEST = -500.0, 9000.0
"""Ground lies between these levels [m]."""

_STEP = 0.5
_GRID = 1e-3


@dataclass(frozen=True)
class Shapes:
    """What the surfaces of n objects say: outline seen from above (or None), lowest and highest point [m]."""

    outline: NDArray[Any]
    ground: Floats
    top: Floats
    kind: Ints


def shapes(vertices: Floats, own: Faces, n: int) -> Shapes:
    """Find outline, ground and top of each owner.

    The outline is the union of the ground surfaces; where there are none, of the surfaces seen from above;
    where all stand upright, of the area the walls enclose.

    Parameters
    ----------
    vertices : array, shape (v, 3) [m]
        Coordinates.
    own : Faces
        Faces with owners 0..n-1.
    n : int
        Number of owners.
    """
    low, high = faces.height_range(vertices, own)
    bottom, top = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(bottom, own.owner, low)
    np.maximum.at(top, own.owner, high)
    kind = _kinds(vertices, own, low, high, bottom, top)
    ground_of = np.full(n, np.inf)
    at_ground = kind == faces.GROUND
    np.minimum.at(ground_of, own.owner[at_ground], low[at_ground])
    outline = _union(vertices, own, at_ground, n)
    flat = kind != faces.WALL
    lacking = _lacking(outline)
    seen = _union(vertices, own, flat & lacking[own.owner], n)
    outline[lacking] = seen[lacking]
    lacking = _lacking(outline)
    for owner in np.flatnonzero(lacking).tolist():
        outline[owner] = _enclosed(vertices, faces.subset(own, own.owner == owner))
    ground_of = np.where(np.isinf(ground_of), bottom, ground_of)
    missing = np.isinf(ground_of)
    return Shapes(outline, np.where(missing, np.nan, ground_of), np.where(missing, np.nan, top), kind)


def _kinds(vertices: Floats, own: Faces, low: Floats, high: Floats, bottom: Floats, top: Floats) -> Ints:
    """Complete the kinds of faces from their direction where the file does not say them."""
    kind = own.kind.copy()
    unknown = kind == faces.UNKNOWN
    if not unknown.any():
        return kind
    vector = faces.area_vectors(vertices, own)
    length = np.linalg.norm(vector, axis=1)
    rise = np.divide(vector[:, 2], length, out=np.zeros(len(length)), where=length > 0)
    owner = own.owner
    wall = np.abs(rise) < UPRIGHT
    near = high <= bottom[owner] + np.maximum(_STEP, 0.25 * (top - bottom)[owner])
    below = unknown & ~wall & (rise < 0) & near
    has_below = np.zeros(len(bottom), dtype=bool)
    has_below[owner[below | (kind == faces.GROUND)]] = True
    # Surfaces that all look up (no solid): the lowest of them are the ground.
    lowest = unknown & ~wall & ~has_below[owner] & (high <= bottom[owner] + _STEP)
    kind[unknown] = np.where(wall, faces.WALL, np.where(rise > 0, faces.ROOF, faces.OTHER))[unknown]
    kind[below | lowest] = faces.GROUND
    return kind


def _lacking(outline: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(shapely.is_missing(outline) | (shapely.area(outline) < _GRID))


def _union(vertices: Floats, own: Faces, which: NDArray[np.bool_], n: int) -> NDArray[Any]:
    """Return the union of the chosen faces of each owner, None where there are none."""
    result = np.full(n, None, dtype=object)
    chosen = faces.subset(own, which)
    if not len(chosen):
        return result
    flat = faces.polygons(vertices, chosen)
    # Upright faces have no area from above and would only cost time.
    seen = shapely.area(flat) > _GRID**2
    flat, owner_of = flat[seen], chosen.owner[seen]
    broken = ~shapely.is_valid(flat)
    flat[broken] = shapely.make_valid(flat[broken], method="structure", keep_collapsed=False)
    order = np.argsort(owner_of, kind="stable")
    owners, begins, sizes = np.unique(owner_of[order], return_index=True, return_counts=True)
    result[owners] = flat[order[begins]]
    for owner, begin, size in zip(owners.tolist(), begins.tolist(), sizes.tolist(), strict=True):
        if size > 1:
            result[owner] = shapely.union_all(flat[order[begin : begin + size]])
    return result


def _enclosed(vertices: Floats, walls: Faces) -> Any:
    """Return the area that upright faces enclose, their hull where they leave gaps, None without any."""
    if not len(walls):
        return None
    xy = vertices[walls.index, :2]
    after = np.arange(1, len(xy) + 1)
    after[walls.ring[1:] - 1] = walls.ring[:-1]
    lines = shapely.linestrings(np.stack([xy, xy[after]], axis=1))
    merged = shapely.union_all(lines[shapely.length(lines) > _GRID], grid_size=_GRID)
    area = shapely.union_all(shapely.get_parts(shapely.polygonize(shapely.get_parts(merged))))
    return area if shapely.area(area) > 0 else shapely.convex_hull(merged)


def table(
    document: Document, chosen: Sequence[Chosen], shape: Shapes, source_id: str, crs: str
) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Make the table of buildings.

    Every building has one row without ``parent``: its own shape, else its largest part, under the building's id.
    The column ``owner`` holds the position in ``chosen`` and is the caller's to drop.

    Returns
    -------
    GeoDataFrame
        Columns of ``buildings`` and ``owner``.
    list of Note
        What was mended, left out or assumed.
    """
    notes: list[Note] = []
    rows = [_facts(document, item) for item in chosen]
    frame = gpd.GeoDataFrame(rows, geometry=shape.outline, crs=crs)
    frame["owner"] = np.arange(len(chosen))
    frame["source_id"] = source_id
    frame["ground"], frame["measured"] = shape.ground, shape.top - shape.ground
    lacking = _lacking(shape.outline)
    _say(notes, "skipped", N_("{n} buildings whose surfaces enclose no area were left out"), lacking, frame["id"])
    frame, mended = mend_table(frame[~lacking].reset_index(drop=True))
    _heights(frame, notes)
    _stack(frame)
    _lead(frame)
    return frame, [*mended, *notes]


def _facts(document: Document, item: Chosen) -> dict[str, object]:
    thing = document.objects[item.id]
    own = thing.attributes or {}
    above = document.objects[item.root] if item.root != item.id else thing
    both = {**(above.attributes or {}), **{name: value for name, value in own.items() if value not in (None, "")}}
    only_part = above is not thing and len(above.children or ()) <= 1
    said = both if only_part else own
    return {
        "id": item.id,
        "root": item.root,
        "parent": "" if item.root == item.id else item.root,
        "name": facts.text(both, facts.NAME),
        "address": facts.address(thing) or facts.address(above),
        "use": facts.use(both),
        "floors": facts.number(said, facts.FLOORS),
        "year": facts.year(both),
        "dwellings": facts.number(said, facts.DWELLINGS),
        "height": facts.number(said, facts.HEIGHT),
        "said_ground": _level(facts.number(both, facts.GROUND)),
    }


def _level(level: float) -> float:
    return level if LOWEST < level < HIGHEST else math.nan


def _say(notes: list[Note], kind: NoteKind, message: str, which: Any, ids: Any) -> None:
    found = np.flatnonzero(np.asarray(which, dtype=bool))
    if len(found):
        names = np.asarray(ids, dtype=object)[found[:EXAMPLES]]
        notes.append(Note(kind, message, len(found), examples=tuple(str(name) for name in names)))


def _heights(frame: gpd.GeoDataFrame, notes: list[Note]) -> None:
    """Set ground, height and height_source: measured on the shape, else stated, else from floors, else assumed."""
    ids = frame["id"]
    measured = frame["measured"].to_numpy(dtype=float)
    stated = frame["height"].to_numpy(dtype=float)
    floors = frame["floors"].to_numpy(dtype=float)
    floors = np.where((floors > 0) & (floors < 300), floors, np.nan)
    stated = np.where((stated > 0) & (stated <= MAX_HEIGHT), stated, np.nan)
    solid = (measured >= FLATTEST) & (measured <= MAX_HEIGHT) & _believable(frame["ground"].to_numpy(dtype=float))
    assumed = np.array([DEFAULT_HEIGHTS.get(use, DEFAULT_HEIGHTS[""]) for use in frame["use"]], dtype=float)
    from_floors = floors * STOREY
    choices = [solid, ~np.isnan(stated), ~np.isnan(from_floors)]
    frame["height"] = np.select(choices, [measured, stated, from_floors], assumed)
    frame["height_source"] = np.select(choices, ["measured", "height", "levels"], "default")
    frame["floors"] = floors
    _say(notes, "assumed", N_("{n} buildings have neither shape nor height nor floors; a usual height was assumed"),
         frame["height_source"] == "default", ids)  # fmt: skip
    _say(notes, "problem", N_("{n} buildings have heights that cannot be; they were not believed"),
         (measured > MAX_HEIGHT) | ~_believable(frame["ground"].to_numpy(dtype=float)), ids)  # fmt: skip
    ground = frame["ground"].to_numpy(dtype=float)
    # An outline drawn at height zero without a shape on it has no height at all.
    flat = (~solid & (ground == 0.0)) | ~_believable(ground)
    frame["ground"] = np.where(flat, frame["said_ground"], ground)
    frame["base"] = 0.0
    unknown = np.isnan(frame["ground"].to_numpy(dtype=float))
    _say(notes, "problem", N_("{n} buildings have no ground level; terrain added later gives it"), unknown, ids)


def _believable(level: Floats) -> NDArray[np.bool_]:
    """Say which levels [m] can be on land; others mark what the file's maker did not know."""
    return (level > LOWEST) & (level < HIGHEST)


def _stack(frame: gpd.GeoDataFrame) -> None:
    """Stand parts that rest on another part of their building on that one's ground, with an underside above it."""
    ground, height = frame["ground"].to_numpy(dtype=float).copy(), frame["height"].to_numpy(dtype=float).copy()
    base = frame["base"].to_numpy(dtype=float).copy()
    bottom, top = ground.copy(), ground + height
    outline = frame.geometry.to_numpy()
    for members in frame.groupby("root", sort=False).indices.values():
        if len(members) < 2:
            continue
        for i in members[np.argsort(bottom[members])].tolist():
            under = members[(bottom[members] < bottom[i] - _STEP) & (top[members] >= bottom[i] - _STEP)]
            if not len(under):
                continue
            shared = shapely.area(shapely.intersection(outline[under], outline[i]))
            if shared.sum() < 0.5 * shapely.area(outline[i]):
                continue
            carrier = under[int(np.argmax(shared))]
            ground[i] = ground[carrier]
            base[i] = bottom[i] - ground[i]
            height[i] = top[i] - ground[i]
    frame["ground"], frame["base"], frame["height"] = ground, base, height


def _lead(frame: gpd.GeoDataFrame) -> None:
    """Let the largest part stand for a building that has no shape of its own."""
    ids = frame["id"].to_numpy(dtype=object).copy()
    parent = frame["parent"].to_numpy(dtype=object).copy()
    area = frame.geometry.area.to_numpy()
    present = set(ids.tolist())
    for root, members in frame.groupby("root", sort=False).indices.items():
        if root not in present:
            first = members[int(np.argmax(area[members]))]
            ids[first], parent[first] = root, ""
    frame["id"], frame["parent"] = ids, parent


def surfaces(
    vertices: Floats, own: Faces, shape: Shapes, chosen: Sequence[Chosen], frame: pd.DataFrame, job: Job | None = None
) -> tuple[Surfaces | None, list[Note]]:
    """Cut the surfaces of detailed buildings (LoD 2 and up) into triangles.

    A building whose outline fell into pieces has its triangles shared out to the nearest piece.

    Parameters
    ----------
    vertices : array, shape (v, 3) [m]
        Coordinates.
    own : Faces
        Faces with owners that are positions in ``chosen``.
    shape : Shapes
        Of the same owners, for the kinds of the faces.
    chosen : sequence of Chosen
        The objects read.
    frame : DataFrame
        The table of :func:`table`, with its column ``owner``.
    """
    owners = frame["owner"].to_numpy(dtype=np.int64)
    level = np.array([item.lod for item in chosen], dtype=float)
    told = np.zeros(len(chosen), dtype=bool)
    told[own.owner[own.kind != faces.UNKNOWN]] = True
    detailed = (level >= 2) | (np.isnan(level) & told)  # who tells roofs from walls has more than a block
    kept = np.zeros(len(chosen), dtype=bool)
    kept[owners] = True
    kept &= _believable(shape.ground) & _believable(shape.top)
    which = (detailed & kept)[own.owner]
    if not which.any():
        return None, []
    part = faces.subset(own, which)
    cut = triangulate(vertices, part, job)
    notes = []
    if cut.degenerate:
        notes.append(
            Note("skipped", N_("{n} surfaces without area or that cannot be cut were left out"), cut.degenerate)
        )
    if not len(cut.corners):
        return None, notes
    first = np.full(len(chosen), -1, dtype=np.int64)
    first[owners[::-1]] = np.arange(len(owners))[::-1]
    row = first[part.owner[cut.face]]
    used, corners = np.unique(cut.corners, return_inverse=True)
    points = vertices[used]
    corners = corners.reshape(-1, 3)
    row = _nearest_piece(points, corners, row, owners, frame)
    rows, owner = np.unique(row, return_inverse=True)
    return Surfaces(
        points,
        corners.astype(np.int32),
        shape.kind[which][cut.face].astype(np.uint8),
        owner.astype(np.int32),
        tuple(frame["id"].to_numpy(dtype=object)[rows].tolist()),
    ), notes


def _nearest_piece(points: Floats, corners: Ints, row: Ints, owners: Ints, frame: pd.DataFrame) -> Ints:
    pieces = np.bincount(owners)[owners] > 1
    if not pieces.any():
        return row
    outline = frame.geometry.to_numpy()
    for owner in np.unique(owners[pieces]).tolist():
        rows = np.flatnonzero(owners == owner)
        mine = np.flatnonzero(row == rows[0])
        centre = shapely.points(points[corners[mine], :2].mean(axis=1))
        distance = np.stack([shapely.distance(outline[r], centre) for r in rows])
        row[mine] = rows[np.argmin(distance, axis=0)]
    return row


def conformed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table without the helpers' columns."""
    return schema.conform("buildings", frame)
