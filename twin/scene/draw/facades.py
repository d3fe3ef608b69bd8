"""Façade receivers: a piece of wall each, storey by storey."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.places import Walls
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Look, Rowed
from twin.scene.meeting import Boxed, Met, nearest_wall
from twin.scene.meshing import part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.layer import Layer
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh

_TILE = 300.0
_VANISH = 7.0
"""Size of a pixel [m] beyond which single storeys cannot be seen."""


class FacadesOverlay(Rowed):
    """Pieces of wall in the colour of their receiver."""

    slot = "walls"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        super().__init__(layer, mesh, common)
        walls = layer.field.places
        assert isinstance(walls, Walls)
        n = len(walls)
        at = np.asarray(walls.points, dtype=float)[:, :2] - mesh.origin
        normal = np.asarray(walls.normal, dtype=float)
        along = np.column_stack([-normal[:, 1], normal[:, 0]])
        half = (np.asarray(walls.length, dtype=float) / 2)[:, None]
        left, right = at - along * half, at + along * half
        corners = np.empty((n, 4, 3))
        corners[:, 0, :2] = corners[:, 3, :2] = left
        corners[:, 1, :2] = corners[:, 2, :2] = right
        corners[:, :2, 2] = np.asarray(walls.low)[:, None]
        corners[:, 2:, 2] = np.asarray(walls.high)[:, None]
        first = corners[:, 0]
        self._walls = tuple(part.astype(np.float32) for part in (first, corners[:, 1] - first, corners[:, 3] - first))
        face = np.empty((n, 4, 4))
        face[:, :, :2] = normal[:, None]
        face[:, :, 2:] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        cells = (np.arange(n)[:, None] * 4 + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
        whole = part.whole(
            corners.reshape(-1, 3), cells, face=face.reshape(-1, 4), row=np.repeat(np.arange(n, dtype=float), 4)
        )
        one = Pass("wall.vert", "wall.frag", {**common, **self.data.textures})
        one.cull()
        one.add(part.tiled(whole, _TILE))
        self.passes["facades"] = one
        self.paint()

    def meet(self, ray: Ray) -> Met | None:
        """Return the piece of wall that a line of sight meets before anything else."""
        if not self.passes["facades"].visible:
            return None
        some = self._boxed.along(ray)
        corner, across, up = (part[some].astype(float) for part in self._walls)
        k, distance = nearest_wall(corner, across, up, ray)
        return Met(distance, int(some[k])) if k >= 0 and distance < ray.reach + 1.0 else None

    @cached_property
    def _boxed(self) -> Boxed:
        corner, across, up = self._walls
        ends = np.stack([corner, corner + across, corner + up], axis=1)
        return Boxed(np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1))

    def follow(self, look: Look) -> None:
        """Leave them out where a pixel is larger than a storey."""
        height = max(look.eye[2] - self.mesh.top, 0.0)
        self.passes["facades"].show(look.pixel_at(height) < _VANISH)
