"""A terrain grid from triangles of ground."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import QhullError

from twin.city.city import Terrain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.jobs import Job

CELLS = 2_000_000
FINEST = 1.0
"""Cells are at least this wide [m]."""

GAP = 40.0
"""Gaps are filled as far as this from known ground [m]: under buildings, not across unknown land."""
THINNEST = 0.1
"""Triangles that cover less than this share of their extent make no terrain."""

_AT_ONCE = 4_000_000
_POINTS = 200_000


def grid(
    vertices: NDArray[np.float64], triangles: NDArray[np.int64], source_id: str, job: Job | None = None
) -> tuple[Terrain, int] | None:
    """Make a terrain of triangles seen from above, the lowest where several lie over each other.

    Holes (ground under buildings is often cut out) are filled linearly from the corners around them.

    Parameters
    ----------
    vertices : array, shape (n, 3) [m]
        Coordinates.
    triangles : array, shape (t, 3)
        Indices into them.
    source_id : str
        Source of the terrain.
    job : Job, optional
        Asked whether to stop.

    Returns
    -------
    tuple of Terrain and int, or None
        The terrain and how many cells were filled; None when the triangles cover next to nothing.
    """
    p = vertices[triangles]
    d1, d2 = p[:, 1, :2] - p[:, 0, :2], p[:, 2, :2] - p[:, 0, :2]
    double = d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]
    p, double = p[np.abs(double) > 1e-6], double[np.abs(double) > 1e-6]
    if not len(p):
        return None
    low, high = p[:, :, :2].min(axis=(0, 1)), p[:, :, :2].max(axis=(0, 1))
    extent = np.maximum(high - low, FINEST)
    step = max(FINEST, math.sqrt(float(extent[0]) * float(extent[1]) / CELLS))
    if max(extent) / step > CELLS:
        return None
    columns, rows = (math.ceil(side / step) for side in extent)
    west, north = float(low[0]), float(high[1])
    u, v = (p[:, :, 0] - west) / step - 0.5, (north - p[:, :, 1]) / step - 0.5
    heights = _painted(u, v, p[:, :, 2], double, rows, columns, job)
    if np.isfinite(heights).mean() < THINNEST:
        return None
    filled = _fill(heights, u, v, p[:, :, 2], GAP / step)
    transform = (step, 0.0, west, 0.0, -step, north)
    return Terrain(heights, transform, source_id), filled


def _painted(
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    z: NDArray[np.float64],
    double: NDArray[np.float64],
    rows: int,
    columns: int,
    job: Job | None,
) -> NDArray[np.float32]:
    """Paint triangles, given in cells, on a grid: each cell centre inside one gets its height there."""
    heights = np.full(rows * columns, np.inf, dtype=np.float32)
    left, right = np.ceil(u.min(axis=1)).astype(int), np.floor(u.max(axis=1)).astype(int)
    top, bottom = np.ceil(v.min(axis=1)).astype(int), np.floor(v.max(axis=1)).astype(int)
    left, right = np.maximum(left, 0), np.minimum(right, columns - 1)
    top, bottom = np.maximum(top, 0), np.minimum(bottom, rows - 1)
    wide, high = np.maximum(right - left + 1, 0), np.maximum(bottom - top + 1, 0)
    cells = wide * high
    chunk = np.cumsum(cells) // _AT_ONCE
    for part in np.unique(chunk):
        if job is not None:
            job.check()
        which = np.flatnonzero((chunk == part) & (cells > 0))
        many = np.repeat(which, cells[which])
        number = np.arange(len(many)) - np.repeat(np.cumsum(cells[which]) - cells[which], cells[which])
        x, y = left[many] + number % wide[many], top[many] + number // wide[many]
        ux, vy = u[many], v[many]
        size = (ux[:, 1] - ux[:, 0]) * (vy[:, 2] - vy[:, 0]) - (vy[:, 1] - vy[:, 0]) * (ux[:, 2] - ux[:, 0])
        s = ((x - ux[:, 0]) * (vy[:, 2] - vy[:, 0]) - (y - vy[:, 0]) * (ux[:, 2] - ux[:, 0])) / size
        t = ((ux[:, 1] - ux[:, 0]) * (y - vy[:, 0]) - (vy[:, 1] - vy[:, 0]) * (x - ux[:, 0])) / size
        inside = (s >= -1e-9) & (t >= -1e-9) & (s + t <= 1 + 1e-9)
        zz = z[many]
        value = zz[:, 0] + s * (zz[:, 1] - zz[:, 0]) + t * (zz[:, 2] - zz[:, 0])
        np.minimum.at(heights, (y * columns + x)[inside], value[inside].astype(np.float32))
    heights[np.isinf(heights)] = np.nan
    return heights.reshape(rows, columns)


def _fill(
    heights: NDArray[np.float32],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    z: NDArray[np.float64],
    reach: float,
) -> int:
    """Fill unknown cells at most ``reach`` cells from known ones, in place; return how many."""
    unknown = np.isnan(heights)
    empty = np.argwhere(unknown & (ndimage.distance_transform_edt(unknown) <= reach))
    if not len(empty):
        return 0
    points = np.unique(np.column_stack([u.ravel(), v.ravel(), z.ravel()]), axis=0)
    points = points[:: max(1, math.ceil(len(points) / _POINTS))]
    try:
        values = LinearNDInterpolator(points[:, :2], points[:, 2])(empty[:, 1], empty[:, 0])
    except QhullError:
        return 0  # all corners on one line: nothing lies between them
    heights[empty[:, 0], empty[:, 1]] = values
    return int(np.isfinite(values).sum())
