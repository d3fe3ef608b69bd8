"""From a City to meshes: plain arrays, ready for the graphics card and for picking, made in a child process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.scene.meshing import ground as grounds
from twin.scene.meshing import names, part, ribbons, shadow, siteplan, solids
from twin.scene.meshing.outlines import Outlines, outlines, triangulate
from twin.scene.palette import tint
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City
    from twin.scene.meshing.ground import Ground
    from twin.scene.meshing.names import Names
    from twin.scene.meshing.part import Part
    from twin.scene.meshing.ribbons import Ribbons
    from twin.scene.meshing.shadow import Shade
    from twin.scene.meshing.siteplan import SitePlan
    from twin.scene.meshing.solids import Solids

Floats = NDArray[np.float64]

GREEN = ("park", "green", "forest")
PAVED = ("square", "paved", "rail", "quay")
_PICKABLE = ("buildings", "roads", "paths", "zones", "places", "barriers", "trees", "cover", "junctions")


class Progress(Protocol):
    """What the work tells while it runs (a :class:`twin.jobs.Job`)."""

    def progress(self, fraction: float, text: str = "", **fields: object) -> None:
        """Say how far it is; raises when the user stopped it."""


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees: foot points (n, 3) [m], heights (n,) and crown diameters (n,) [m]."""

    points: NDArray[np.float32]
    height: NDArray[np.float32]
    crown: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CityMesh:
    """All meshes of a city. Coordinates are float32 relative to ``origin`` (x, y); heights are as in the City.

    ``ids`` holds the ids of each table in its order, so that a row number found in a mesh names a thing;
    ``spots`` are points (n, 3) where a thing of the table can be marked (places, junctions, trees). ``cached`` is the
    file it was read from or written to, "" for none.
    """

    origin: tuple[float, float]
    bounds: tuple[float, float, float, float]
    top: float
    ground: Ground
    shade: Shade
    terrain: Part
    water: Part
    green: Part
    paved: Part
    quays: Part
    solids: Solids
    siteplan: SitePlan
    roads: Ribbons
    paths: Ribbons
    barriers: Part
    zones: Part
    zone_borders: Part
    trees: Trees
    names: Names
    ids: Mapping[str, NDArray[np.object_]]
    spots: Mapping[str, NDArray[np.float32]]
    place_kinds: NDArray[np.object_]
    cached: str = ""

    def __reduce__(self) -> tuple[object, ...]:
        """Travel as the name of the file where the mesh lies in one, else as it is."""
        if self.cached and Path(self.cached).is_file():
            from twin.scene.meshcache import load

            return load, (self.cached,)
        return _plain, tuple(getattr(self, item.name) for item in fields(self))

    def height_at(self, x: float, y: float) -> float:
        """Return the height [m] of the ground at a point in the City's system."""
        return float(self.ground.at(np.array(x - self.origin[0]), np.array(y - self.origin[1])))

    def local(self, points: Floats) -> Floats:
        """Return points (n, 3) of the City's system relative to the origin."""
        return np.asarray(points, dtype=float).reshape(-1, 3) - (*self.origin, 0.0)


def _plain(*parts: Any) -> CityMesh:
    return CityMesh(*parts)


class _Silent:
    def progress(self, fraction: float, text: str = "", **fields: object) -> None:
        """Say nothing."""


def build(city: City, job: Progress | None = None) -> CityMesh:
    """Make the meshes of a city.

    Parameters
    ----------
    city : City
    job : Job, optional
        Told how far the work is; may stop it.

    Returns
    -------
    CityMesh
        Numpy arrays only, so that it can travel between processes.
    """
    job = job or _Silent()
    # Millions of short-lived shapely objects make the collector the slowest part of the work.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _build(city, job)
    finally:
        if collecting:
            gc.enable()
        _give_back()


def _give_back() -> None:
    """Give freed memory back to the system: the C library would keep as much again as the meshes need."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
            ctypes.CDLL(None).malloc_trim(0)


def _build(city: City, job: Progress) -> CityMesh:
    bounds = city.bounds()
    origin = (float(math.floor((bounds[0] + bounds[2]) / 2)), float(math.floor((bounds[1] + bounds[3]) / 2)))
    job.progress(0.02, N_("Shaping the ground"))
    kinds = city.cover["kind"].to_numpy(dtype=object)
    shapes = city.cover.geometry.to_numpy()
    levels = city.cover["level"].to_numpy(dtype=float)
    wet = outlines(_only(shapes, np.isin(kinds, ("water", "quay"))), origin)
    ground = grounds.build(city, origin, wet, levels)
    covers = {name: _cover(ground, kinds, shapes, chosen, origin) for name, chosen in _COVERS.items()}
    job.progress(0.25, N_("Raising the buildings"))
    offset = np.array([*origin, 0.0])
    raised = solids.build(city.buildings, city.surfaces, ground, offset)
    job.progress(0.45, N_("Casting the shadows"))
    footprints = outlines(city.buildings.geometry.to_numpy(), origin)
    shade = _shade(footprints, raised, ground)
    job.progress(0.6, N_("Laying the streets"))
    roads = ribbons.build_roads(city.roads, ground, origin)
    paths = ribbons.build_paths(city.paths, ground, origin)
    job.progress(0.8, N_("Planting the trees"))
    zone_shapes = city.zones.geometry.to_numpy()
    spots = {name: _spots(city, name, ground, origin) for name in ("places", "junctions", "trees")}
    mesh = CityMesh(
        origin=origin,
        bounds=bounds,
        top=_top(raised, ground),
        ground=ground,
        shade=shade,
        terrain=ground.mesh(),
        water=covers["water"],
        green=covers["green"],
        paved=covers["paved"],
        quays=_quay_walls(kinds, shapes, levels, ground, origin),
        solids=raised,
        siteplan=siteplan.build(footprints),
        roads=roads,
        paths=paths,
        barriers=_barriers(city, ground, origin),
        zones=ground.drape(outlines(zone_shapes, origin), np.arange(len(zone_shapes), dtype=float)),
        zone_borders=ribbons.build_borders(zone_shapes, ground, origin),
        trees=_trees(city, spots["trees"]),
        names=names.build(city, lambda x, y: ribbons.surface(roads, ground, x, y), origin),
        ids={name: city.table(name)["id"].to_numpy(dtype=object) for name in _PICKABLE},
        spots=spots,
        place_kinds=city.places["kind"].to_numpy(dtype=object),
    )
    job.progress(1.0, N_("The city stands"))
    return mesh


def _only(shapes: NDArray[np.object_], chosen: NDArray[np.bool_]) -> NDArray[np.object_]:
    kept = shapes.copy()
    kept[~chosen] = None
    return kept


_COVERS = {"water": ("water",), "green": GREEN, "paved": PAVED}


def _cover(
    ground: Ground,
    kinds: NDArray[np.object_],
    shapes: NDArray[np.object_],
    chosen: tuple[str, ...],
    origin: tuple[float, float],
) -> Part:
    shape = outlines(_only(shapes, np.isin(kinds, chosen)), origin)
    return ground.drape(shape, np.array([tint(kind) for kind in kinds], dtype=float))


def _shade(shape: Outlines, raised: Solids, ground: Ground) -> Shade:
    boxes = raised.boxes[shape.rows]
    under = boxes[:, 2] if len(boxes) else np.zeros(0)
    heights = np.where(np.isfinite(under), boxes[:, 5] - under, 0.0).astype(float)
    if not len(shape.rows):
        return shadow.build(shape, heights, ground.bounds)
    low, high = shape.points.min(axis=0) - 60.0, shape.points.max(axis=0) + 60.0
    return shadow.build(shape, heights, (float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def _top(raised: Solids, ground: Ground) -> float:
    highest = float(ground.heights.max())
    known = raised.boxes[np.isfinite(raised.boxes[:, 5]), 5]
    return max(highest, float(known.max())) if len(known) else highest


def _spots(city: City, name: str, ground: Ground, origin: tuple[float, float]) -> NDArray[np.float32]:
    geometry = city.table(name)["geometry"].to_numpy()
    at = np.full((len(geometry), 2), np.nan)
    known = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    at[known] = shapely.get_coordinates(shapely.centroid(geometry[known])) - origin
    z = np.full(len(at), np.nan)
    z[known] = ground.at(at[known, 0], at[known, 1])
    return np.column_stack([at, z]).astype(np.float32)


def _trees(city: City, spots: NDArray[np.float32]) -> Trees:
    height = city.trees["height"].to_numpy(dtype=float)
    crown = city.trees["crown"].to_numpy(dtype=float)
    # Trees of unknown size differ a little, always in the same way.
    varied = 0.85 + 0.3 * ((np.arange(len(height)) * 0.618034) % 1.0)
    height = np.where(np.isfinite(height) & (height > 0), height, 9.0 * varied)
    crown = np.where(np.isfinite(crown) & (crown > 0), crown, 0.62 * height)
    known = np.isfinite(spots[:, 0])
    return Trees(spots[known], height[known].astype(np.float32), crown[known].astype(np.float32))


def _barriers(city: City, ground: Ground, origin: tuple[float, float]) -> Part:
    height = city.barriers["height"].to_numpy(dtype=float)
    height = np.where(np.isfinite(height) & (height > 0), height, 2.5)
    shapes = shapely.buffer(city.barriers.geometry.to_numpy(), 0.2, cap_style="flat", join_style="mitre")
    shape = outlines(shapes, origin)
    polygon = shape.point_polygons
    z = ground.at(shape.points[:, 0], shape.points[:, 1])
    return _upright(shape, z - 0.3, z + height[shape.rows[polygon]], tint("barrier"), lid=True)


def _quay_walls(
    kinds: NDArray[np.object_],
    shapes: NDArray[np.object_],
    levels: Floats,
    ground: Ground,
    origin: tuple[float, float],
) -> Part:
    shape = outlines(_only(shapes, kinds == "quay"), origin)
    z = ground.at(shape.points[:, 0], shape.points[:, 1])
    level = levels[shape.rows[shape.point_polygons]]
    top = np.where(np.isfinite(level), level, z)
    return _upright(shape, np.minimum(z, top) - 3.0, top, tint("quay_wall"), lid=False)


def _upright(shape: Outlines, bottom: Floats, top: Floats, kind: int, lid: bool) -> Part:
    """Return walls around polygons, lit by their direction, with a lid that follows the tops."""
    if not len(shape.rows):
        return part.joined([])
    a, b = shape.points, shape.points[shape.following]
    low_b, top_b = bottom[shape.following], top[shape.following]
    sun = grounds.sun_vector()
    along = b - a
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    facing = (along[:, 1] * sun[0] - along[:, 0] * sun[1]) / length
    light = 0.72 + 0.28 * np.clip(facing, -0.6, 1.0)
    p, q = np.column_stack([a, bottom]), np.column_stack([b, low_b])
    r, s = np.column_stack([b, top_b]), np.column_stack([a, top])
    corners = np.concatenate([np.stack([p, q, r], axis=1), np.stack([p, r, s], axis=1)])
    lights = np.repeat(np.concatenate([light, light])[:, None], 3, axis=1)
    if lid:
        triangles, _ = triangulate(shape)
        roof = np.concatenate([a[triangles], top[triangles][:, :, None]], axis=2)
        corners = np.concatenate([corners, roof])
        lights = np.concatenate([lights, np.ones((len(roof), 3))])
    extra = np.stack([lights, np.full(lights.shape, float(kind))], axis=2)
    return part.soup(np.concatenate([corners, extra], axis=2), {"light": slice(0 + 3, 4), "kind": slice(4, 5)})
