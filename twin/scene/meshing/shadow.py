"""Soft light on the ground and the roofs, baked once: openness to the sky and cast shadows as a raster."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin.scene.meshing.ground import SUN

if TYPE_CHECKING:
    from twin.scene.meshing.outlines import Outlines

Floats = NDArray[np.float64]

_MAX_PIXELS = 1600
_MIN_PIXEL = 0.8
HEIGHT_STEP = 0.5
"""Metres per unit of the shadow channel."""


@dataclass(frozen=True, eq=False)
class Shade:
    """Three channels (uint8) over a square: crowding, how high shadows reach (:data:`HEIGHT_STEP`), dark ground.

    Parameters
    ----------
    west, south, pixel : float [m]
        Corner relative to the mesh's origin and size of a pixel; row 0 is in the south.
    values : array, shape (ny, nx, 3)
    """

    west: float
    south: float
    pixel: float
    values: NDArray[np.uint8]


def build(
    shape: Outlines, heights: Floats, bounds: tuple[float, float, float, float], sun: tuple[float, float] = SUN
) -> Shade:
    """Bake the light around prisms.

    Parameters
    ----------
    shape : Outlines
        Footprints.
    heights : array, shape (polygons,) [m]
        Height above ground of each polygon.
    bounds : (west, south, east, north) [m]
    sun : (azimuth, elevation) [°]
        Where the light comes from.
    """
    west, south, east, north = bounds
    pixel = max((east - west) / _MAX_PIXELS, (north - south) / _MAX_PIXELS, _MIN_PIXEL)
    nx, ny = max(int((east - west) / pixel), 2), max(int((north - south) / pixel), 2)
    if not len(shape.rows):
        return Shade(west, south, pixel, np.zeros((2, 2, 3), dtype=np.uint8))
    return baked(burn(shape, heights, (west, south, pixel), (ny, nx)), (west, south, pixel), sun)


def baked(height: NDArray[np.float32], frame: tuple[float, float, float], sun: tuple[float, float] = SUN) -> Shade:
    """Bake the light around what stands as high as a raster says.

    Parameters
    ----------
    height : array, shape (ny, nx) [m]
        Above the ground; row 0 in the south.
    frame : (west, south, pixel) [m]
    sun : (azimuth, elevation) [°]
        Where the light comes from; below the horizon all is in shadow.
    """
    west, south, pixel = frame
    ny, nx = height.shape
    reach = cast(height, pixel, sun)
    dark = np.where(height > 0.05, 0.6, np.clip(reach / 1.5, 0.0, 1.0)).astype(np.float32)
    dark = ndimage.gaussian_filter(dark, max(0.9 / pixel, 0.7), truncate=3.0)
    small = np.minimum(height[: ny // 2 * 2, : nx // 2 * 2], 24.0)
    small = small.reshape(ny // 2, 2, nx // 2, 2).mean(axis=(1, 3)) / 24.0
    near = ndimage.gaussian_filter(small, 3.0 / pixel / 2)
    wide = ndimage.gaussian_filter(small, 10.0 / pixel / 2, truncate=2.5)
    crowd = np.zeros((ny, nx), dtype=np.float32)
    crowd[: ny // 2 * 2, : nx // 2 * 2] = np.repeat(np.repeat(0.55 * near + 0.6 * wide, 2, axis=0), 2, axis=1)
    channels = [crowd * 255, reach / HEIGHT_STEP, dark * 255]
    values = np.stack([np.clip(channel, 0, 255) for channel in channels], axis=2)
    # What lies beyond the raster repeats its edge.
    values[[0, -1]] = values[:, [0, -1]] = 0
    return Shade(west, south, pixel, values.astype(np.uint8))


def burn(
    shape: Outlines, heights: Floats, frame: tuple[float, float, float], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Return the height at every pixel's middle, 0 outside all polygons."""
    filled = burn_sums(shape, heights, frame, size)
    return np.where(np.abs(filled) < 0.05, 0.0, filled).astype(np.float32)


def burn_sums(shape: Outlines, heights: Floats, frame: tuple[float, float, float], size: tuple[int, int]) -> Floats:
    """Return the sum of the polygons' heights at every pixel's middle."""
    return burn_edges(shape.points, shape.points[shape.following], heights[shape.point_polygons], frame, size)


def burn_edges(
    start: Floats, end: Floats, value: Floats, frame: tuple[float, float, float], size: tuple[int, int]
) -> Floats:
    """Return the sum of the values of the polygons around every pixel's middle, from their edges (n, 2) alone.

    Each edge adds its polygon's height where it crosses a row of pixel middles, up or down by its direction; the
    running sum along the row is then the height inside (outer rings turn left, holes right).
    """
    west, south, pixel = frame
    ny, nx = size
    a, b = ((points - (west, south)) / pixel - 0.5 for points in (start, end))
    low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    first = np.clip(np.ceil(low), 0, ny).astype(np.int64)
    last = np.clip(np.ceil(high), 0, ny).astype(np.int64)
    count = last - first
    edge = np.repeat(np.arange(len(a)), count)
    row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    t = (row - a[edge, 1]) / (b[edge, 1] - a[edge, 1])
    x = a[edge, 0] + t * (b[edge, 0] - a[edge, 0])
    column = np.clip(np.ceil(x), 0, nx).astype(np.int64)
    sign = np.where(b[edge, 1] < a[edge, 1], 1.0, -1.0) * value[edge]
    change = np.bincount(row * (nx + 1) + column, weights=sign, minlength=ny * (nx + 1))
    return np.asarray(np.cumsum(change.reshape(ny, nx + 1), axis=1)[:, :nx], dtype=float)


def cast(height: NDArray[np.float32], pixel: float, sun: tuple[float, float] = SUN) -> NDArray[np.float32]:
    """Return up to which height above ground each pixel lies in shadow (its own height where it is lit)."""
    if sun[1] <= 0.5:
        return np.full_like(height, 1e3)
    azimuth, elevation = math.radians(sun[0]), math.radians(sun[1])
    dx, dy = -math.sin(azimuth), -math.cos(azimuth)
    # Sweep along the axis the shadow runs along most, one row at a time.
    swap = abs(dx) > abs(dy)
    field = height.T if swap else height
    along, across = (dx, dy) if swap else (dy, dx)
    if along < 0:
        field = field[::-1]
    slant = across / abs(along)
    drop = np.float32(pixel * math.hypot(1.0, slant) * math.tan(elevation))
    result = np.array(field, dtype=np.float32)
    whole, part = math.floor(slant), np.float32(slant - math.floor(slant))
    n = result.shape[1]
    padded = np.zeros(n + 4, dtype=np.float32)
    at = 2 - whole
    for j in range(1, len(result)):
        padded[2 : n + 2] = result[j - 1]
        moved = padded[at : at + n] * (1 - part) + padded[at - 1 : at - 1 + n] * part
        np.maximum(result[j], moved - drop, out=result[j])
    if along < 0:
        result = result[::-1]
    return np.ascontiguousarray(result.T if swap else result)
