"""Which building stands where, as a raster: what a whole city is drawn from while the camera moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from twin.scene.meshing import shadow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.meshing.outlines import Outlines

_SIDE = 2048
FEWEST = 15_000
"""Buildings below which a city is quick enough to draw as it is."""


@dataclass(frozen=True, eq=False)
class SitePlan:
    """Rows of buildings by place.

    Parameters
    ----------
    west, south, pixel : float [m]
        Corner relative to the mesh's origin and size of a pixel; row 0 is in the south.
    rows : array, shape (ny, nx)
        uint32, row of the building + 1; 0 where there is none.
    """

    west: float
    south: float
    pixel: float
    rows: NDArray[np.uint32]


NO_PLAN = SitePlan(0.0, 0.0, 1.0, np.zeros((1, 1), dtype=np.uint32))


def build(shape: Outlines) -> SitePlan:
    """Burn the footprints; where two lie over each other the one nearest by counts. Empty for few buildings."""
    if len(shape.rows) < FEWEST:
        return NO_PLAN
    low, high = shape.points.min(axis=0) - 20.0, shape.points.max(axis=0) + 20.0
    pixel = float(max(high - low)) / _SIDE
    size = (max(int((high[1] - low[1]) / pixel), 2), max(int((high[0] - low[0]) / pixel), 2))
    frame = (float(low[0]), float(low[1]), pixel)
    n = len(shape.rows)
    rows = np.rint(shadow.burn_sums(shape, shape.rows.astype(np.float64) + 1.0, frame, size)).astype(np.int64)
    count = np.rint(shadow.burn_sums(shape, np.ones(n), frame, size)).astype(np.int64)
    unsure = (count > 1) | ((count == 1) & ((rows < 1) | (rows > int(shape.rows.max()) + 1)))
    rows[count < 1] = 0
    if unsure.any():
        nearest = ndimage.distance_transform_edt(unsure, return_distances=False, return_indices=True)
        rows = rows[tuple(nearest)]
    return SitePlan(*frame, rows.astype(np.uint32))
