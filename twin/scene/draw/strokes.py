"""Lines as thick on the screen as they should be: rays, bundles of flows, outlines."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.places import Lines
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Rowed
from twin.scene.meeting import Boxed, Met, nearest_segment
from twin.scene.meshing import part
from twin.scene.meshing.names import NOTE, Names
from twin.scene.palette import rgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.layer import Layer
    from twin.scene.draw.overlay import Slot
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part
    from twin.scene.palette import Palette

Floats = NDArray[np.float64]
_LEAST = 4.0
"""Points on the screen within which a thin line is met."""
_PIECES = 18
"""Pieces of an arch."""
_RIM = 1.6
"""How much wider [pt] the rim of a line is than the line."""
_FAINT = 0.3
"""Opacity of lines where houses stand before them."""


def segments(start: Floats, end: Floats, rows: Floats, run: Floats, head: float = 0.0) -> Part:
    """Return a quad per segment for ``stroke.vert``.

    Parameters
    ----------
    start, end : array, shape (n, 3) [m]
    rows : array, shape (n,)
        Row of the value.
    run : array, shape (n, 2) [m]
        Metres along the line at start and end.
    head : float
        0 for lines; else arrows stand at ``end``.
    """
    n = len(start)
    points = np.stack([start, start, end, end], axis=1)
    others = np.stack([end, end, start, start], axis=1)
    look = np.zeros((n, 4, 4))
    look[:, :, 0] = np.asarray(rows, dtype=float)[:, None]
    look[:, :, 1] = (-1.0, 1.0, 1.0, -1.0)
    look[:, :, 2] = (1.0, 1.0, -1.0, -1.0)
    along = np.zeros((n, 4, 2))
    along[:, :, 0] = np.stack([run[:, 0], run[:, 0], run[:, 1], run[:, 1]], axis=1)
    if head:
        points = np.repeat(end[:, None], 4, axis=1)
        others = np.repeat(start[:, None], 4, axis=1)
        look[:, :, 2] = -1.0
        look[:, :, 3] = (1.0, 1.0, 2.0, 2.0)
    cells = (np.arange(n)[:, None] * 4 + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
    return part.whole(
        points.reshape(-1, 3), cells, other=others.reshape(-1, 3), look=look.reshape(-1, 4), run=along.reshape(-1, 2)
    )


class LinesOverlay(Rowed):
    """Lines between points, straight or arched, with arrows and texts."""

    slot = "lines"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        super().__init__(layer, mesh, common)
        places = layer.field.places
        assert isinstance(places, Lines)
        start, end = (_grounded(ends, mesh) for ends in (places.start, places.end))
        n = len(start)
        self._middle = (start + end) / 2
        self._way = end - start
        if places.arch > 0:
            self._middle[:, 2] += places.arch * np.linalg.norm(self._way, axis=1)
        names = ("casing", "lines", "behind") if layer.through else ("lines",)
        pieces = _PIECES if places.arch > 0 else 1
        a, b = _cut(start, end, places.arch, pieces)
        self._pieces = pieces
        self._start, self._end = (ends.reshape(-1, 3).astype(np.float32) for ends in (a, b))
        length = np.linalg.norm(b - a, axis=2)
        run = np.cumsum(length, axis=1)
        both = np.stack([run - length, run], axis=2)
        rows = np.repeat(np.arange(n), pieces)
        some = [segments(a.reshape(-1, 3), b.reshape(-1, 3), rows.astype(float), both.reshape(-1, 2))]
        if places.arrow:
            some.append(segments(a[:, -1], b[:, -1], np.arange(n, dtype=float), both[:, -1], head=1.0))
        for name in names:
            one = self.passes[name] = Pass("stroke.vert", "stroke.frag", {**common, **self.data.textures})
            one.add(part.joined(some))
        self.paint()
        self.set(uFlat=0.0, uFlatColour=(0.0, 0.0, 0.0), uThrough=0.0, uOrder=30.0)
        if layer.through:
            self.passes["casing"].set(uFlat=1.0, uOrder=29.0)
            self.passes["behind"].set(uThrough=1.0)
        if layer.size is None:
            self.set(uSize=(2.4, 2.4))

    def meet(self, ray: Ray) -> Met | None:
        """Return the line that a line of sight meets."""
        wide = 2.4 if self.layer.size is None else self.layer.size.most
        reach = max(wide / 2 + 2.0, _LEAST) * ray.scale
        some = self._boxed.along(ray, reach)
        start, end = self._start[some].astype(float), self._end[some].astype(float)
        k, distance = nearest_segment(start, end, np.full(len(some), reach), ray)
        return None if k < 0 else Met(distance, int(some[k] // self._pieces))

    @cached_property
    def _boxed(self) -> Boxed:
        low, high = np.minimum(self._start, self._end), np.maximum(self._start, self._end)
        return Boxed(np.concatenate([low, high], axis=1))

    def slot_of(self, name: str) -> Slot:
        """Return between which passes one of its own is drawn."""
        return "over" if name == "behind" else self.slot

    def set(self, **uniforms: float | tuple[float, ...]) -> None:
        """Set uniforms of all passes; the rim is wider than the line, and what is behind houses fainter."""
        super().set(**uniforms)
        if not self.layer.through or not self.passes:
            return
        if "uSize" in uniforms:
            least, most = uniforms["uSize"]  # type: ignore[misc]  # a pair
            self.passes["casing"].set(uSize=(least + _RIM, most + _RIM))
        if "uOpacity" in uniforms:
            self.passes["behind"].set(uOpacity=_FAINT * float(uniforms["uOpacity"]))  # type: ignore[arg-type]

    def set_palette(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        super().set_palette(colours)
        if self.layer.through:
            self.passes["casing"].set(uFlatColour=rgb(colours.text))

    def names(self) -> Names | None:
        """Return the texts in the middle of the lines."""
        texts = self.layer.texts
        if not texts:
            return None
        rows = np.array([i for i, text in enumerate(texts) if text], dtype=np.int64)
        size = np.nan_to_num(np.abs(self.layer.field.at(None)))[rows]
        n = len(rows)
        return Names(
            tuple(texts[i] for i in rows), np.full(n, NOTE, dtype=np.int8),
            self._middle[rows].astype(np.float32), np.zeros((n, 3), dtype=np.float32),
            np.linalg.norm(self._way[rows], axis=1).astype(np.float32), (-size).astype(np.float32),
        )  # fmt: skip


def _grounded(points: Floats, mesh: CityMesh) -> Floats:
    local = np.asarray(points, dtype=float).reshape(-1, 3) - (*mesh.origin, 0.0)
    z = local[:, 2]
    return np.column_stack([local[:, :2], np.where(np.isnan(z), mesh.ground.at(local[:, 0], local[:, 1]) + 1.0, z)])


def _cut(start: Floats, end: Floats, arch: float, pieces: int) -> tuple[Floats, Floats]:
    """Return starts and ends (n, pieces, 3) of the pieces of lines."""
    t = np.linspace(0.0, 1.0, pieces + 1)[None, :, None]
    points = start[:, None] * (1 - t) + end[:, None] * t
    length = np.linalg.norm(end - start, axis=1)[:, None]
    points[:, :, 2] += arch * length * (4 * t * (1 - t))[:, :, 0]
    return points[:, :-1], points[:, 1:]
