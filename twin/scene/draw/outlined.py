"""Outlines of the buildings and cells that are selected or pointed at, faint where something hides them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.scene.draw.gpu import Pass
from twin.scene.draw.plan import DEFAULTS
from twin.scene.draw.strokes import segments
from twin.scene.meshing import part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.scene.draw.gpu import Texture
    from twin.scene.mesh import CityMesh
    from twin.scene.palette import Rgb

MOST = 3000
"""Buildings outlined at most; more are told by their colour alone."""
_WIDTH = {"outline": 2.6, "behind": 2.0, "pointed": 1.8}


class Outlined:
    """The passes of the outlines.

    Parameters
    ----------
    textures : mapping from name to Texture
        Those of the buildings.
    """

    def __init__(self, textures: Mapping[str, Texture]) -> None:
        # What is seen through all else comes last: nothing could be drawn over it any more.
        self.passes = {name: Pass("stroke.vert", "stroke.frag", textures) for name in ("outline", "pointed", "behind")}
        for name, one in self.passes.items():
            one.set(**DEFAULTS)
            one.set(uFlat=1.0, uSize=(_WIDTH[name], _WIDTH[name]), uOrder=9.0)
        self.passes["behind"].set(uThrough=1.0, uOpacity=0.28)
        self.passes["pointed"].set(uOpacity=0.75)
        self._mesh: CityMesh | None = None

    def take(self, mesh: CityMesh) -> None:
        """Outline the buildings of a mesh."""
        self._mesh = mesh
        self.__dict__.pop("_first", None)
        for one in self.passes.values():
            one.replace(part.joined([]))

    def set_palette(self, accent: Rgb) -> None:
        """Take the colour of the theme."""
        for one in self.passes.values():
            one.set(uFlatColour=accent)

    @cached_property
    def _first(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rank of each row, and where each rank's edges begin."""
        assert self._mesh is not None
        solids = self._mesh.solids
        rank = np.empty(len(solids.order), dtype=np.int64)
        rank[solids.order] = np.arange(len(solids.order))
        row = np.rint(solids.edges.attributes["body"][solids.edges.cells[:, 0], 0]).astype(np.int64)
        return rank, np.searchsorted(rank[row], np.arange(len(rank) + 1))

    def select(self, rows: NDArray[np.int64], more: part.Part | None = None) -> None:
        """Outline these buildings (rows with their parts), or what the lines given go around; none with neither."""
        edges = more or self._edges(rows if len(rows) <= MOST else rows[:0])
        for name in ("outline", "behind"):
            self.passes[name].replace(edges)

    def point(self, rows: NDArray[np.int64], more: part.Part | None = None) -> None:
        """Outline what the pointer is on: buildings, or what the lines given go around."""
        self.passes["pointed"].replace(more or self._edges(rows))

    def _edges(self, rows: NDArray[np.int64]) -> part.Part:
        if self._mesh is None or not len(rows):
            return part.joined([])
        edges = self._mesh.solids.edges
        rank, first = self._first
        chosen = rank[rows]
        cells = edges.corners(np.concatenate([np.arange(first[k], first[k + 1]) for k in chosen]))
        if not len(cells):
            return part.joined([])
        start, end = (edges.points[cells[:, k]].astype(float) for k in (0, 1))
        return segments(start, end, np.zeros(len(cells)), np.zeros((len(cells), 2)))
