"""The ground: low shores, hills of the table, streets graded into them, and the lake bed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from twin.city.city import Terrain

if TYPE_CHECKING:
    from demo_city.land import Land
    from demo_city.streets import Streets
    from demo_city.table import District, Floats

CELL = 5.0
STEEPEST = 0.065
"""Greatest slope of a street that the grading aims at."""


def ground(district: District, land: Land, streets: Streets) -> Terrain:
    """Return the terrain on a 5 m grid.

    The natural ground rises from 1.4 m at the shore and carries the hills; streets are graded to at most
    6.5 % and the ground beside them follows; water lies at −2 m and deeper.
    """
    west, south, east, north = (float(edge) for edge in district.box)
    columns, rows = round((east - west) / CELL), round((north - south) / CELL)
    x = west + (np.arange(columns) + 0.5) * CELL
    y = north - (np.arange(rows) + 0.5) * CELL
    gx, gy = np.meshgrid(x, y)
    dry = shapely.contains_xy(land.all, gx.ravel(), gy.ravel()).reshape(gx.shape)
    inland = distance_transform_edt(np.pad(dry, 60, mode="edge"))[60:-60, 60:-60] * CELL
    natural = np.where(dry, _natural(district, gx, gy, inland), 0.0)
    graded = _graded(streets, natural, gx, gy, inland)
    smooth = gaussian_filter(np.where(dry, graded, 1.4), 1.1)
    heights = np.where(dry, np.maximum(smooth, 1.3), 0.0)
    out = distance_transform_edt(np.pad(~dry, 60, mode="edge"))[60:-60, 60:-60] * CELL
    heights = np.where(dry, heights, -2.0 - np.minimum(out * 0.07, 9.0))
    return Terrain(
        np.round(heights, 2).astype(np.float32), (CELL, 0.0, west, 0.0, -CELL, north), source_id="demo-terrain"
    )


def _natural(district: District, gx: Floats, gy: Floats, inland: Floats) -> Floats:
    """Low ground that rises from the shore, plus hills that fade out towards the quays."""
    low = 1.4 + 8.0 * (1.0 - np.exp(-np.maximum(inland - 22.0, 0.0) / 170.0))
    hills = np.zeros_like(low)
    for east, north, height, re, rn in district.raw["hills"].values():
        cx, cy = district.at([east, north])
        d2 = ((gx - cx) / re) ** 2 + ((gy - cy) / rn) ** 2
        hills += height * np.exp(-(d2**1.2))
    fade = np.clip((inland - 16.0) / 34.0, 0.0, 1.0)
    bumps = np.sin(gx / 61.0) * np.cos(gy / 47.0) + 0.6 * np.sin((gx + gy) / 29.0)
    return low + fade**1.3 * (hills + 0.35 * bumps * np.clip(hills / 12.0, 0.15, 1.0))


def _graded(streets: Streets, natural: Floats, gx: Floats, gy: Floats, inland: Floats) -> Floats:
    """Lay the streets on the ground with limited slopes and blend the ground towards them."""
    points, links, half = _samples(streets)
    z = _clamped(_look_up(natural, gx, gy, points), links, points)
    tree = cKDTree(points)
    cells = np.column_stack([gx.ravel(), gy.ravel()])
    distance, nearest = tree.query(cells, k=6, distance_upper_bound=70.0)
    found = np.isfinite(distance)
    index = np.where(found, nearest, 0)
    weight = np.where(found, 1.0 / (distance**2 + 9.0) ** 1.5, 0.0)
    total = weight.sum(1)
    street = np.where(total > 0, (weight * z[index]).sum(1) / np.where(total > 0, total, 1.0), 0.0)
    margin = half[index[:, 0]] + 3.0
    t = np.clip((np.where(found[:, 0], distance[:, 0], 1e9) - margin) / 34.0, 0.0, 1.0)
    share = 1.0 - t * t * (3.0 - 2.0 * t)
    blended = share * street + (1.0 - share) * natural.ravel()
    return np.where(inland.ravel() > 0, blended, natural.ravel()).reshape(natural.shape)


def _samples(streets: Streets) -> tuple[Floats, np.ndarray, Floats]:
    """Points every 8 m or so along the streets on the ground, shared at nodes, and the pairs that follow."""
    points: list[tuple[float, float]] = []
    half: list[float] = []
    at_node: dict[int, int] = {}
    links: list[tuple[int, int]] = []

    def put(x: float, y: float, width: float) -> int:
        points.append((x, y))
        half.append(width / 2)
        return len(points) - 1

    for piece in streets.on_ground():
        width = streets.ways[piece.way].width
        line = shapely.LineString(piece.coords)
        n = max(1, round(line.length / 8.0))
        before = -1
        for k in range(n + 1):
            spot = line.interpolate(k / n, normalized=True)
            node = piece.start if k == 0 else piece.end if k == n else None
            if node is None:
                i = put(spot.x, spot.y, width)
            else:
                i = at_node.setdefault(node, -1)
                if i < 0:
                    i = at_node[node] = put(spot.x, spot.y, width)
            if before >= 0:
                links.append((before, i))
            before = i
    return np.array(points), np.array(links), np.array(half)


def _clamped(z: Floats, links: np.ndarray, points: Floats) -> Floats:
    """Move neighbouring points towards each other until no street is too steep, then even the profile out."""
    a, b = links[:, 0], links[:, 1]
    span = np.hypot(*(points[a] - points[b]).T)
    degree = np.bincount(links.ravel(), minlength=len(z))
    z = z.copy()
    for step in range(900):
        rise = z[b] - z[a]
        excess = np.sign(rise) * np.maximum(np.abs(rise) - STEEPEST * span, 0.0)
        pull = 0.5 * excess if step >= 60 else 0.5 * excess + 0.08 * rise
        move = np.bincount(a, pull, len(z)) - np.bincount(b, pull, len(z))
        z = z + 1.2 * move / np.maximum(degree, 1)
    return np.maximum(z, 1.6)


def _look_up(grid: Floats, gx: Floats, gy: Floats, points: Floats) -> Floats:
    column = np.clip(((points[:, 0] - gx[0, 0]) / CELL).round().astype(int), 0, grid.shape[1] - 1)
    row = np.clip(((gy[0, 0] - points[:, 1]) / CELL).round().astype(int), 0, grid.shape[0] - 1)
    return grid[row, column]
