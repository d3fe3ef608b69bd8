"""Light and shadows of the part of a city that is looked at, finer than those of the whole and for any sun."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.scene.meshing import shadow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.shadow import Shade

_SIDE = 1024
"""Pixels of the raster: so many take some 50 ms."""
_FINEST = 0.25
_TALLEST = 120.0


class NearShade:
    """Makes shade maps of squares of a city from the eaves of its buildings.

    Parameters
    ----------
    mesh : CityMesh
    """

    def __init__(self, mesh: CityMesh) -> None:
        self._mesh = mesh

    @cached_property
    def _eaves(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Directed edges of the roofs: starts and ends (n, 2), heights above the ground, rows of the buildings."""
        edges = self._mesh.solids.edges
        cells = edges.cells
        a, b = (edges.points[cells[:, k]] for k in (0, 1))
        level = np.abs(a[:, 2] - b[:, 2]) < 1e-3
        body = edges.attributes["body"][cells[level, 0]]
        return (
            a[level, :2].astype(float), b[level, :2].astype(float), body[:, 1].astype(float),
            np.rint(body[:, 0]).astype(np.int64),
        )  # fmt: skip

    def around(self, middle: tuple[float, float], half: float, sun: tuple[float, float], coarse: float) -> Shade | None:
        """Return the shade of a square; None where that of the whole city is as fine, or roofs are no prisms.

        Parameters
        ----------
        middle : (x, y) [m]
            Relative to the mesh's origin.
        half : float [m]
            Half its side.
        sun : (azimuth, elevation) [°]
        coarse : float [m]
            A pixel of the map at hand.
        """
        pixel = max(2 * half / _SIDE, _FINEST)
        if self._mesh.solids.detailed or pixel > coarse:
            return None
        reach = min(_TALLEST / max(np.tan(np.radians(max(sun[1], 1.0))), 0.1), 400.0)
        step = max(round(half / 4 / pixel), 1) * pixel
        west, south = (np.floor((value - pixel * _SIDE / 2) / step) * step for value in middle)
        # What stands outside and throws its shadow in is burnt too, on a margin that is cut off again.
        margin = int(min(np.ceil(reach / pixel), _SIDE // 4))
        frame = (west - margin * pixel, south - margin * pixel, pixel)
        size = (_SIDE + 2 * margin, _SIDE + 2 * margin)
        start, end, above, row = self._eaves
        east, north = frame[0] + size[1] * pixel, frame[1] + size[0] * pixel
        boxes = self._mesh.solids.boxes
        inside = (boxes[:, 0] < east) & (boxes[:, 3] > frame[0]) & (boxes[:, 1] < north) & (boxes[:, 4] > frame[1])
        near = inside[row]
        if not near.any():
            return None
        height = shadow.burn_edges(start[near], end[near], above[near], frame, size)
        raised = np.where(np.abs(height) < 0.05, 0.0, np.clip(height, 0.0, 500.0)).astype(np.float32)
        whole = shadow.baked(raised, frame, sun)
        inner = np.ascontiguousarray(whole.values[margin : margin + _SIDE, margin : margin + _SIDE])
        inner[[0, -1]] = inner[:, [0, -1]] = 0  # beyond it its edge is repeated
        return shadow.Shade(float(west), float(south), pixel, inner)
