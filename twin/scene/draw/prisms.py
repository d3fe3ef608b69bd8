"""Areas raised to solids: a flat top and walls down to the ground, in the colour of their value."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.places import Solids
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Rowed
from twin.scene.meeting import Boxed, Met, nearest_triangle
from twin.scene.meshing import part
from twin.scene.meshing.outlines import outlines, triangulate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.layer import Layer
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh

_TILE = 600.0
_LIFT = 0.3
"""A solid of no height lies so far above the ground [m], so that it is seen at all."""


class SolidsOverlay(Rowed):
    """One solid for each value."""

    slot = "walls"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        super().__init__(layer, mesh, common)
        solids = layer.field.places
        assert isinstance(solids, Solids)
        shape = outlines(solids.polygons(), (float(mesh.origin[0]), float(mesh.origin[1])))
        polygon = shape.point_polygons
        ground = np.asarray(mesh.ground.at(shape.points[:, 0], shape.points[:, 1]), dtype=float)
        n = len(shape.rows)
        low, highest = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(low, polygon, ground)
        np.maximum.at(highest, polygon, ground)
        height = np.nan_to_num(np.asarray(solids.height, dtype=float))[shape.rows]
        # The top stands its height above the lowest ground, and nowhere under the ground.
        top = np.maximum(low + height, highest + _LIFT)
        self._parts: list[part.Part] = []
        one = Pass("wall.vert", "wall.frag", {**common, **self.data.textures})
        one.cull()
        if n:
            triangles, _ = triangulate(shape)
            roof = part.whole(
                np.column_stack([shape.points, top[polygon]]), triangles,
                face=np.tile((0.0, 0.0, 0.5, 0.5), (len(shape.points), 1)),
                row=shape.rows[polygon].astype(float),
            )  # fmt: skip
            walls = _walls(shape.points, shape.points[shape.following], low[polygon], top[polygon], shape.rows[polygon])
            self._parts = [part.tiled(some, _TILE) for some in (roof, walls)]
            for some in self._parts:
                one.add(some)
        self.passes["solids"] = one
        self.paint()

    def meet(self, ray: Ray) -> Met | None:
        """Return the solid that a line of sight meets before anything else."""
        best, row = np.inf, -1
        for faces, boxed in zip(self._parts, self._boxed, strict=True):
            some = boxed.along(ray)
            k, distance = nearest_triangle(faces.points[faces.cells[some]].astype(float), ray)
            if k >= 0 and distance < best:
                best, row = distance, round(float(faces.attributes["row"][faces.cells[some[k], 0], 0]))
        return Met(best, row) if row >= 0 and best < ray.reach + 1.0 else None

    @cached_property
    def _boxed(self) -> list[Boxed]:
        corners = [faces.points[faces.cells] for faces in self._parts]
        return [Boxed(np.concatenate([some.min(axis=1), some.max(axis=1)], axis=1)) for some in corners]


def _walls(start: np.ndarray, end: np.ndarray, low: np.ndarray, top: np.ndarray, rows: np.ndarray) -> part.Part:
    n = len(start)
    along = end - start
    normal = np.column_stack([along[:, 1], -along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    corners = np.empty((n, 4, 3))
    corners[:, 0, :2] = corners[:, 3, :2] = start
    corners[:, 1, :2] = corners[:, 2, :2] = end
    corners[:, :2, 2] = low[:, None]
    corners[:, 2:, 2] = top[:, None]
    face = np.empty((n, 4, 4))
    face[:, :, :2] = normal[:, None]
    face[:, :, 2:] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    cells = (np.arange(n)[:, None] * 4 + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
    return part.whole(corners.reshape(-1, 3), cells, face=face.reshape(-1, 4), row=np.repeat(rows.astype(float), 4))
