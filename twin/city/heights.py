"""The city as two grids: the ground, and what stands on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.city import crs as systems
from twin.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

    Affine6 = tuple[float, float, float, float, float, float]

CELLS = 25_000_000


def heights_of(city: City, cell: float) -> tuple[NDArray[np.float32], NDArray[np.float32], Affine6]:
    """Return the height of the tops and of the ground on a grid over the city.

    Parameters
    ----------
    city : City
    cell : float [m]
        Width of a cell.

    Returns
    -------
    top, ground : array, shape (rows, columns) [m]
        Heights as in the City, row 0 in the north; the ground is 0 where the city has no terrain, and that of the
        nearest known cell where its terrain has a gap.
    transform : tuple of 6 floats
        As that of :class:`twin.places.Grid`.

    Raises
    ------
    BadInput
        When the grid would have over 25 million cells.
    """
    from rasterio import features
    from rasterio.transform import Affine

    west, south, east, north = city.bounds()
    columns, rows = max(1, math.ceil((east - west) / cell)), max(1, math.ceil((north - south) / cell))
    if rows * columns > CELLS:
        raise BadInput(
            "A grid of {rows} × {columns} cells is too large; choose a wider cell.", rows=rows, columns=columns
        )
    x: NDArray[np.float64] = west + (np.arange(columns, dtype=float) + 0.5) * cell
    y = north - (np.arange(rows) + 0.5) * cell
    ground = np.zeros((rows, columns), dtype=np.float32)
    if city.terrain is not None:
        for row in range(rows):
            ground[row] = city.terrain.sample(x, np.full(columns, float(y[row])))
        ground = _filled(ground)
    top = ground.copy()
    houses = city.buildings
    known = houses["height"].to_numpy(dtype=float) > 0
    if known.any():
        transform = Affine(cell, 0.0, west, 0.0, -cell, north)
        shapes = houses.geometry.to_numpy()[known]
        foot = houses["ground"].to_numpy(dtype=float)[known]
        foot = np.where(np.isfinite(foot), foot, 0.0 if city.terrain is None else np.nan)
        roof = foot + houses["height"].to_numpy(dtype=float)[known]
        order = np.argsort(np.nan_to_num(roof, nan=-1e9))  # the highest last, over the others
        drawn = features.rasterize(
            ((shapes[i], float(roof[i])) for i in order if np.isfinite(roof[i])), out_shape=top.shape, fill=-1e9,
            transform=transform, dtype="float32",
        )  # fmt: skip
        top = np.maximum(top, drawn)
    return top, ground, (cell, 0.0, west, 0.0, -cell, north)


def _filled(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy import ndimage

    lacking = np.isnan(heights)
    if not lacking.any() or lacking.all():
        return np.nan_to_num(heights)
    place = ndimage.distance_transform_edt(lacking, return_distances=False, return_indices=True)
    filled: NDArray[np.float32] = heights[tuple(place)]
    return filled


def lonlat(city: City, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude [°] of a point in the City's system."""
    lon, lat = systems.transformer(city.crs, systems.LONLAT).transform(x, y)
    return float(lon), float(lat)
