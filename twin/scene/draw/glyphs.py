"""Points as symbols: up to a million, crowds of them as one symbol each while they are far away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.places import Points
from twin.scene.draw.cards import quads
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Look, Rowed
from twin.scene.draw.strokes import segments
from twin.scene.meeting import Met, nearest_point, passed
from twin.scene.meshing import crowds
from twin.scene.meshing.names import CROWD, NOTE, Names
from twin.text import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from vtkmodules.vtkRenderingCore import vtkActor

    from twin.layer import Layer
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.crowds import Crowds
    from twin.scene.palette import Palette

_LIFT = 1.5
"""Height [m] of symbols above the ground, so that a slope does not cut them."""
_APART = 30.0
"""Points on the screen that crowds stand apart."""
_FEW = 400
"""So many points are never gathered in crowds."""
_LEAST = 7.0
_TEXTS = 3000


@dataclass(frozen=True, eq=False)
class _Tile:
    """A square of the map: by level the actor of its nodes, made when it is first seen."""

    box: NDArray[np.float64]
    nodes: tuple[NDArray[np.int64], ...]
    actors: dict[int, tuple[vtkActor, ...]]


class PointsOverlay(Rowed):
    """Symbols of points, sized by a second value, on stems where they stand above the ground."""

    slot = "points"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        places = layer.field.places
        assert isinstance(places, Points)
        self._places: Points = places
        x, y = (np.asarray(places.xy, dtype=float) - mesh.origin).T
        above = np.zeros(len(x)) if places.height is None else np.nan_to_num(places.height)
        self._ground = mesh.ground.at(x, y)
        self._points = np.column_stack([x, y, self._ground + np.maximum(above, _LIFT)])
        gathered = places.cluster and len(x) > _FEW
        self._crowds: Crowds = crowds.gather(self._points, layer.field.values if gathered else None, bool(
            layer.field.categories
        ))  # fmt: skip
        super().__init__(layer, mesh, common, self._crowds.rows)
        self.passes["points"] = Pass("glyph.vert", "glyph.frag", self.data.textures)
        self._tiles = [_Tile(box, nodes, {}) for box, nodes in self._crowds.tiles()]
        self._new: list[Pass] = []
        self._shown: tuple[tuple[int, int], ...] = ()
        self._names: Names | None = None
        self.numbers = self._crowds.values
        self.paint()
        stems = above > 2 * _LIFT
        if stems.any():
            self._stem(stems)

    def paint(self) -> None:
        """Put the values on the graphics card; symbols without a size of their own have the usual one."""
        super().paint()
        if self.layer.size is None:
            self.passes["points"].set(uSize=(10.0, 10.0))

    def _stem(self, stems: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(stems)
        foot = self._points[rows].copy()
        foot[:, 2] = self._ground[rows]
        one = Pass("stroke.vert", "stroke.frag", {**self.common, **self.data.textures})
        one.add(segments(foot, self._points[rows], np.zeros(len(rows)), np.zeros((len(rows), 2))))
        one.set(
            uFlat=1.0, uSize=(1.2, 1.2), uSized=0.0, uFlowing=0.0, uOrder=1.0, uThrough=0.0, uPainted=0.0, uHatch=0.0,
            uSteps=(0.0, 0.0, 0.0, 1.0), uRange=(0.0, 1.0),
        )  # fmt: skip
        self.passes = {"stems": one, **self.passes}

    def set_palette(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        from twin.scene.palette import rgb

        super().set_palette(colours)
        self.set(uFlatColour=rgb(colours.symbol))

    def follow(self, look: Look) -> None:
        """Show in every square of the map crowds as large as its distance asks for."""
        eye = np.array(look.eye)
        shown: list[tuple[int, int]] = []
        for k, tile in enumerate(self._tiles):
            nearest = np.clip(eye, tile.box[:3], tile.box[3:])
            pixel = look.pixel_at(float(np.linalg.norm(nearest - eye)))
            level = min(self._crowds.level(pixel * _APART), len(tile.nodes) - 1)
            shown.append((k, level))
            if level not in tile.actors:
                tile.actors[level] = self._made(tile.nodes[level])
        if tuple(shown) == self._shown:
            return
        self._shown = tuple(shown)
        self._names = None
        visible = self.passes["points"].visible
        for k, level in shown:
            for other, actors in self._tiles[k].actors.items():
                for actor in actors:
                    actor.SetVisibility(visible and other == level)

    def _made(self, nodes: NDArray[np.int64]) -> tuple[vtkActor, ...]:
        if not len(nodes):
            return ()
        one = self.passes["points"]
        count = self._crowds.counts[nodes]
        corner = np.broadcast_to(np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), (len(nodes), 4, 2))
        look = np.zeros((len(nodes), 4, 4))
        look[:, :, 0] = nodes[:, None]
        look[:, :, 1] = float(self._places.symbol == "square")
        look[:, :, 2] = np.where(count > 1, crowds.radius(count), 0.0)[:, None]
        look[:, :, 3] = np.where(count > 1, 2.0, 1.0)[:, None]
        before = len(one.actors)
        one.add(quads(self._crowds.points[nodes], corner=corner, look=look))
        self._new.append(one)
        return tuple(one.actors[before:])

    def meet(self, ray: Ray) -> Met | None:
        """Return the symbol, of those shown now, that a line of sight meets."""
        nodes = [tile.nodes[level] for tile, level in self._passed(ray)]
        some = np.concatenate(nodes) if nodes else np.empty(0, dtype=np.int64)
        count = self._crowds.counts[some]
        wide = _LEAST if self.layer.size is None else self.layer.size.most / 2
        pixels = (np.where(count > 1, crowds.radius(count), max(wide, _LEAST)) + 1.0) * ray.scale
        k, distance = nearest_point(self._crowds.points[some], pixels, ray)
        return None if k < 0 else Met(distance, int(some[k]), int(count[k]))

    def _passed(self, ray: Ray) -> list[tuple[_Tile, int]]:
        if not self._shown:
            return []
        boxes = np.array([tile.box for tile in self._tiles])
        near = passed(boxes, ray, 20.0 * ray.scale)
        return [(self._tiles[k], level) for k, level in self._shown if near[k]]

    def fresh(self) -> tuple[Pass, ...]:
        """Return the pass where squares came into view for the first time."""
        made, self._new = tuple(self._new), []
        return made

    def names(self) -> Names | None:
        """Return the numbers of the crowds that are shown, and the texts of single points."""
        if self._names is None:
            nodes = [self._tiles[k].nodes[level] for k, level in self._shown]
            self._names = self._written(np.concatenate(nodes) if nodes else np.empty(0, dtype=np.int64))
        return self._names if len(self._names.texts) else None

    def _written(self, nodes: NDArray[np.int64]) -> Names:
        count = self._crowds.counts[nodes]
        crowd = nodes[count > 1]
        crowd = crowd[np.argsort(-self._crowds.counts[crowd], kind="stable")][:_TEXTS]
        single = nodes[count == 1][:_TEXTS] if self.layer.texts else np.empty(0, dtype=np.int64)
        single = single[[bool(self.layer.texts[i]) for i in single]] if len(single) else single
        texts = [short(int(n)) for n in self._crowds.counts[crowd]] + [self.layer.texts[i] for i in single]
        both = np.concatenate([crowd, single])
        n = len(both)
        return Names(
            tuple(texts),
            np.where(np.arange(n) < len(crowd), CROWD, NOTE).astype(np.int8),
            self._crowds.points[both].astype(np.float32),
            np.zeros((n, 3), dtype=np.float32),
            np.full(n, 1e9, dtype=np.float32),
            -np.asarray(self._crowds.counts[both], dtype=np.float32),
        )


def short(n: int) -> str:
    """Return a number in at most four letters.

    Examples
    --------
    >>> short(7), short(1234), short(45_600), short(2_000_000)
    ('7', '1.2k', '46k', '2M')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if n >= size:
            part = n / size
            return f"{part:.1f}".removesuffix(".0") + letter if part < 9.95 else f"{part:.0f}{letter}"
    return number(n, "en")
