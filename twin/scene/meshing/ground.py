"""The ground: one triangulated height surface that everything flat is laid upon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage, spatial

from twin.scene.meshing import part
from twin.scene.meshing.cutting import cut_by_lines, doubled_area, fans, shared
from twin.scene.meshing.outlines import Outlines, triangulate
from twin.scene.palette import tint

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.scene.meshing.part import Part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUN = (222.0, 46.0)
"""Azimuth the light comes from and its elevation [°]: from behind the left shoulder when north is up."""
_MAX_CELLS = 200
_MIN_STEP = 10.0


def sun_vector() -> Floats:
    """Return the unit vector towards the light."""
    azimuth, elevation = math.radians(SUN[0]), math.radians(SUN[1])
    flat = math.cos(elevation)
    return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, math.sin(elevation)])


@dataclass(frozen=True, eq=False)
class Ground:
    """Heights at the nodes of a square grid; each cell is two triangles, split from south-west to north-east.

    Parameters
    ----------
    west, south : float [m]
        First node, relative to the mesh's origin.
    step : float [m]
        Distance of nodes.
    heights : array, shape (ny, nx) [m]
        Row 0 in the south.
    flat : bool
        All heights are equal.
    """

    west: float
    south: float
    step: float
    heights: NDArray[np.float32]
    flat: bool

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m] of the grid."""
        rows, columns = self.heights.shape
        return (
            self.west,
            self.south,
            self.west + (columns - 1) * self.step,
            self.south + (rows - 1) * self.step,
        )

    @property
    def tile(self) -> float:
        """Size [m] of the tiles that what lies on the ground is drawn in."""
        west, south, east, north = self.bounds
        return max((east - west) / 10, (north - south) / 10, 250.0)

    def at(self, x: Floats, y: Floats) -> Floats:
        """Return the height of the triangulated surface; beyond the grid that of its nearest edge."""
        rows, columns = self.heights.shape
        u = np.clip((np.asarray(x, dtype=float) - self.west) / self.step, 0, columns - 1)
        v = np.clip((np.asarray(y, dtype=float) - self.south) / self.step, 0, rows - 1)
        i, j = np.minimum(u.astype(np.int64), columns - 2), np.minimum(v.astype(np.int64), rows - 2)
        s, t = u - i, v - j
        h = self.heights
        a, c = h[j, i].astype(float), h[j + 1, i + 1]
        b, d = h[j, i + 1], h[j + 1, i]
        z: Floats = np.where(s >= t, a + s * (b - a) + t * (c - b), a + t * (d - a) + s * (c - d))
        return z

    def shade(self, x: Floats, y: Floats) -> Floats:
        """Return how light the ground is from its slope alone, 1 on the flat."""
        if self.flat:
            return np.ones(np.shape(x))
        rows, columns = self.heights.shape
        u = np.clip((np.asarray(x, dtype=float) - self.west) / self.step, 0, columns - 1)
        v = np.clip((np.asarray(y, dtype=float) - self.south) / self.step, 0, rows - 1)
        light = ndimage.map_coordinates(self.hillshade(), [np.ravel(v), np.ravel(u)], order=1, mode="nearest")
        return np.asarray(light.reshape(np.shape(x)), dtype=float)

    def hillshade(self) -> NDArray[np.float32]:
        """Return the light at the nodes, relative to the flat."""
        slope_y, slope_x = np.gradient(self.heights.astype(float), self.step)
        sun = sun_vector()
        lit = (sun[2] - 0.9 * (slope_x * sun[0] + slope_y * sun[1])) / np.sqrt(1 + slope_x**2 + slope_y**2)
        light = np.clip(0.5 + 0.5 * lit / sun[2], 0.74, 1.06)
        # The outermost nodes lie beyond the data and repeat its edge: their slopes would show as streaks.
        rows, columns = self.heights.shape
        band = 3 + round(0.025 * max(rows, columns))
        y, x = np.arange(rows), np.arange(columns)
        inside = np.minimum(y, y[::-1])[:, None], np.minimum(x, x[::-1])[None, :]
        weight = np.clip((np.minimum(*inside) - band / 2) / (band / 2), 0.0, 1.0)
        return np.asarray(1.0 + (light - 1.0) * weight, dtype=np.float32)

    def drape(self, shape: Outlines, kinds: Floats) -> Part:
        """Lay polygons on the surface, cut along its triangles so that they lie in it exactly.

        Parameters
        ----------
        shape : Outlines
            Relative to the mesh's origin.
        kinds : array, shape (rows,)
            Value carried for each row: a tint or a row number.
        """
        triangles, polygons = triangulate(shape)
        corners = shape.points[triangles]
        value = np.asarray(kinds, dtype=float)[shape.rows[polygons]]
        carried = np.repeat(value[:, None, None], 3, axis=1)
        points, cells = self.cut(np.concatenate([corners, carried], axis=2))
        if not self.flat:
            points, cells = self._merged(points, cells)
        return part.tiled(self.placed(points[:, :2], cells, kind=points[:, 2]), self.tile)

    def cut(self, polygons: Floats) -> tuple[Floats, Ints]:
        """Cut convex polygons (n, v, 2 + k) into triangles each of which lies in one of the surface's.

        Returns
        -------
        points : array, shape (p, 2 + k)
            Corners, shared by the triangles that have them in common.
        cells : array, shape (t, 3)
        """
        counts = np.full(len(polygons), polygons.shape[1], dtype=np.int64)
        if not self.flat:
            for measure in self._lines():
                polygons, counts = cut_by_lines(polygons, counts, measure)
        return shared(*fans(polygons, counts))

    def placed(self, xy: Floats, cells: Ints, **columns: Floats) -> Part:
        """Return a part of one tile at points (p, 2) of the surface, with its light."""
        x, y = xy[:, 0], xy[:, 1]
        return part.whole(np.column_stack([x, y, self.at(x, y)]), cells, light=self.shade(x, y), **columns)

    def _merged(self, points: Floats, cells: Ints) -> tuple[Floats, Ints]:
        """Put the pieces that together fill one of the surface's triangles together again."""
        if not len(cells):
            return points, cells
        corners = points[cells]
        middle = corners[:, :, :2].mean(axis=1)
        u, v = (middle[:, 0] - self.west) / self.step, (middle[:, 1] - self.south) / self.step
        i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        upper = (v - j > u - i).astype(np.int64)
        rows, columns = self.heights.shape
        kind = corners[:, 0, 2].astype(np.int64)
        key, cell = np.unique(((kind * 2 + upper) * rows + j) * columns + i, return_inverse=True)
        area = np.bincount(cell, weights=np.abs(doubled_area(corners)), minlength=len(key))
        several = np.bincount(cell, minlength=len(key)) > 1
        full = several & (np.abs(area / self.step**2 - 1) < 1e-6)
        kept = cells[~full[cell]]
        i, rest = key[full] % columns, key[full] // columns
        j, rest = rest % rows, rest // rows
        upper, kind = rest % 2, rest // 2
        nodes = [(i, j), (i + 1, j + upper), (i + 1 - upper, j + 1)]
        corner = np.stack([(kind * rows + y) * columns + x for x, y in nodes], axis=1)
        node, index = np.unique(corner.ravel(), return_inverse=True)
        fresh = np.empty((len(node), 3))
        fresh[:, 0] = node % columns * self.step + self.west
        fresh[:, 1] = node // columns % rows * self.step + self.south
        fresh[:, 2] = node // columns // rows
        return np.concatenate([points, fresh]), np.concatenate([kept, index.reshape(-1, 3) + len(points)])

    def mesh(self) -> Part:
        """Return the surface itself, with an apron around it that runs out to the horizon."""
        rows, columns = self.heights.shape
        west, south, east, north = self.bounds
        x = _with_apron(np.linspace(west, east, columns))
        y = _with_apron(np.linspace(south, north, rows))
        light = np.ones_like(self.heights) if self.flat else self.hillshade()
        z = np.pad(self.heights.astype(float), _APRON, mode="edge")
        light = np.pad(light.astype(float), _APRON, mode="edge")
        far = _apron_weight(rows)[:, None] + _apron_weight(columns)[None, :]
        far = np.clip(far, 0, 1)
        edge = np.concatenate([self.heights[0], self.heights[-1], self.heights[:, 0], self.heights[:, -1]])
        z = z * (1 - far) + float(np.mean(edge)) * far
        light = light * (1 - (far > 0)) + (far > 0)
        grid_x, grid_y = np.meshgrid(x, y)
        points = np.stack([grid_x, grid_y, z], axis=2).reshape(-1, 3)
        ny, nx = z.shape
        a = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)[None, :]).ravel()
        cells = np.concatenate([np.stack([a, a + 1, a + nx + 1], 1), np.stack([a, a + nx + 1, a + nx], 1)])
        kind = np.full(len(points), tint("terrain"), dtype=float)
        return part.tiled(
            part.whole(points, cells, light=light.ravel().astype(float), kind=kind), self.tile, self.bounds
        )

    def _lines(self) -> list[Floats]:
        s, u, v = 1 / self.step, -self.west / self.step, -self.south / self.step
        return [np.array([s, 0, u]), np.array([0, s, v]), np.array([s, -s, u - v])]


_APRON = 7
_REACH = (0.012, 0.06, 0.12, 0.18, 0.3, 1.0, 14.0)


def _with_apron(nodes: Floats) -> Floats:
    size = max(nodes[-1] - nodes[0], 500.0)
    out = np.array(_REACH) * size
    return np.concatenate([nodes[0] - out[::-1], nodes, nodes[-1] + out])


def _apron_weight(n: int) -> Floats:
    weight = np.array([0.01, 0.1, 0.2, 0.4, 0.7, 1.0, 1.0])
    return np.concatenate([weight[::-1], np.zeros(n), weight])


def build(city: City, origin: tuple[float, float], water: Outlines, levels: Floats) -> Ground:
    """Make the ground of a city: from its terrain, else from the ground levels of its buildings, else flat.

    Parameters
    ----------
    city : City
    origin : (x, y) [m]
        The mesh's local origin.
    water : Outlines
        Water and quays, whose ground is made level.
    levels : array, shape (rows,) [m]
        Level of each row of ``water``; nan lets the terrain at its shore decide.
    """
    west, south, east, north = city.bounds()
    margin = 0.02 * max(east - west, north - south) + 20.0
    west, south = west - margin - origin[0], south - margin - origin[1]
    east, north = east + margin - origin[0], north + margin - origin[1]
    extent = max(east - west, north - south)
    if city.terrain is not None:
        native = abs(city.terrain.transform[0])
        step = max(extent / _MAX_CELLS, native, min(native * 3, _MIN_STEP))
        x, y = _nodes(west, east, step), _nodes(south, north, step)
        grid_x, grid_y = np.meshgrid(x, y)
        heights = city.terrain.sample(grid_x.ravel() + origin[0], grid_y.ravel() + origin[1])
        heights = _filled(heights.reshape(grid_x.shape))
    else:
        step = max(extent / 60, 10.0)
        x, y = _nodes(west, east, step), _nodes(south, north, step)
        heights = _from_buildings(city, origin, x, y)
    if np.ptp(heights) < 0.05:
        return _flat(west, south, extent, float(np.median(heights)))
    ground = Ground(float(x[0]), float(y[0]), step, heights.astype(np.float32), False)
    if len(water.rows) and city.terrain is not None:
        levelled = _level_water(ground, water, levels)
        ground = Ground(ground.west, ground.south, step, levelled.astype(np.float32), False)
    return ground


def _nodes(low: float, high: float, step: float) -> Floats:
    n = max(math.ceil((high - low) / step) + 1, 3)
    return np.asarray(low + step * np.arange(n), dtype=float)


def _flat(west: float, south: float, extent: float, height: float) -> Ground:
    return Ground(west, south, extent / 8, np.full((9, 9), height, dtype=np.float32), True)


def _filled(heights: Floats) -> Floats:
    unknown = np.isnan(heights)
    if unknown.all():
        return np.zeros_like(heights)
    if unknown.any():
        nearest = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
        heights = heights[tuple(nearest)]
    return heights


def _from_buildings(city: City, origin: tuple[float, float], x: Floats, y: Floats) -> Floats:
    """Guess the ground from the buildings' own ground levels, smoothed; zero where no building knows."""
    ground = city.buildings["ground"].to_numpy(dtype=float)
    known = np.isfinite(ground)
    if city.surfaces is not None and known.sum() < 3:
        return np.full((len(y), len(x)), float(city.surfaces.vertices[:, 2].min()))
    if not known.any():
        return np.zeros((len(y), len(x)))
    low, high = np.percentile(ground[known], [2, 98])
    if high - low < 1.0 or known.sum() < 3:
        return np.full((len(y), len(x)), float(np.median(ground[known])))
    at = shapely.get_coordinates(shapely.centroid(city.buildings.geometry.to_numpy()[known])) - origin
    grid_x, grid_y = np.meshgrid(x, y)
    count = min(6, int(known.sum()))
    apart, nearest = spatial.cKDTree(at).query(np.stack([grid_x.ravel(), grid_y.ravel()], 1), k=count)
    weight = 1 / (apart + 10.0) ** 2
    values = np.clip(ground[known], low, high)[nearest]
    heights = (values * weight).sum(axis=1) / weight.sum(axis=1)
    return np.asarray(ndimage.gaussian_filter(heights.reshape(grid_x.shape), 1.0), dtype=float)


def _level_water(ground: Ground, water: Outlines, levels: Floats) -> Floats:
    heights = ground.heights.astype(float)
    rows, columns = heights.shape
    x = ground.west + ground.step * np.arange(columns)
    y = ground.south + ground.step * np.arange(rows)
    for k in range(len(water.rows)):
        rings = range(water.first_ring[k], water.first_ring[k + 1])
        points = [water.points[water.starts[r] : water.starts[r + 1]] for r in rings]
        shore = ground.at(points[0][:, 0], points[0][:, 1])
        level = levels[water.rows[k]]
        if np.isnan(level):
            if np.percentile(shore, 90) - np.percentile(shore, 10) > 4.0:
                continue  # a stream: it runs down with the land
            level = float(np.percentile(shore, 20))
        low, high = points[0].min(axis=0), points[0].max(axis=0)
        i = np.flatnonzero((x >= low[0]) & (x <= high[0]))
        j = np.flatnonzero((y >= low[1]) & (y <= high[1]))
        if not len(i) or not len(j):
            continue
        polygon = shapely.Polygon(points[0], points[1:])
        shapely.prepare(polygon)
        grid_x, grid_y = np.meshgrid(x[i], y[j])
        inside = shapely.contains_xy(polygon, grid_x, grid_y)
        block = heights[j[0] : j[-1] + 1, i[0] : i[-1] + 1]
        block[inside] = level
    return heights
