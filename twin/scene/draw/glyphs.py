"""Points as symbols: up to a million, crowds of them as one symbol each while they are far away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin import crowds
from twin.places import Points
from twin.scene.draw.cards import quads
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Look, Rowed
from twin.scene.draw.strokes import segments
from twin.scene.meeting import Met, nearest_point, passed
from twin.scene.meshing.names import CROWD, NOTE, Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from vtkmodules.vtkRenderingCore import vtkActor

    from twin.crowds import Crowds
    from twin.layer import Layer
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part
    from twin.scene.palette import Palette

_LIFT = 1.5
"""Height [m] of symbols above the ground, so that a slope does not cut them."""
_APART = 30.0
"""Points on the screen that crowds stand apart."""
_LEAST = 7.0
_NONE = (-1, -1)
_TEXTS = 3000


class PointsOverlay(Rowed):
    """Symbols of points, sized by a second value, on stems where they stand above the ground."""

    slot = "points"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        places = layer.field.places
        assert isinstance(places, Points)
        self._places: Points = places
        self._crowds = places.crowds
        super().__init__(layer, mesh, common, self._crowds.rows)
        self.passes["points"] = Pass("glyph.vert", "glyph.frag", self.data.textures)
        self.passes["points"].replace(self._symbols(np.empty(0, dtype=np.int64)))
        self._boxes = _standing(self._crowds, mesh)
        self._actors: dict[int, tuple[vtkActor, ...]] = {}
        self._new: list[Pass] = []
        self._marked = _NONE
        self._shown: tuple[tuple[int, int], ...] = ()
        self._names: Names | None = None
        self.numbers = layer.field.of_crowds
        self.paint()
        if places.height is not None:
            self._stem(np.flatnonzero(np.nan_to_num(places.height) > 2 * _LIFT))

    def _at(self, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return where nodes stand, relative to the mesh's origin: only those that are shown are ever asked for."""
        x, y = (self._crowds.xy[nodes] - self.mesh.origin).T
        above = self._crowds.height
        lift = _LIFT if above is None else np.maximum(above[nodes], _LIFT)
        return np.column_stack([x, y, self.mesh.ground.at(x, y) + lift])

    def paint(self) -> None:
        """Put the values on the graphics card; symbols without a size of their own have the usual one."""
        super().paint()
        if self.layer.size is None:
            self.passes["points"].set(uSize=(10.0, 10.0))

    def _stem(self, rows: NDArray[np.int64]) -> None:
        if not len(rows):
            return
        head = self._at(rows)
        foot = head.copy()
        foot[:, 2] = self.mesh.ground.at(head[:, 0], head[:, 1])
        one = Pass("stroke.vert", "stroke.frag", {**self.common, **self.data.textures})
        one.add(segments(foot, head, np.zeros(len(rows)), np.zeros((len(rows), 2))))
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
        nearest = np.linalg.norm(np.clip(eye, self._boxes[:, :3], self._boxes[:, 3:]) - eye, axis=1)
        levels = [self._crowds.level(look.pixel_at(float(far)) * _APART) for far in nearest]
        shown = tuple(enumerate(levels))
        if shown == self._shown:
            return
        before, self._shown = self._shown, shown
        self._names = None
        if self._marked != _NONE:
            self.mark(*self._marked)
        one = self.passes["points"]
        # Crowds are few: all of them are one actor, made anew. Points themselves are kept square by square.
        if not before or [k for k in shown if k[1]] != [k for k in before if k[1]]:
            nodes = [self._crowds.nodes(*square) for square in shown if square[1]]
            one.replace(self._symbols(np.concatenate(nodes) if nodes else np.empty(0, dtype=np.int64)))
        for square, level in shown:
            if level == 0 and square not in self._actors:
                self._actors[square] = self._made(self._crowds.nodes(square, 0))
        for square, actors in self._actors.items():
            for actor in actors:
                actor.SetVisibility(one.visible and levels[square] == 0)

    def _made(self, nodes: NDArray[np.int64]) -> tuple[vtkActor, ...]:
        one = self.passes["points"]
        before = len(one.actors)
        one.add(self._symbols(nodes))
        self._new.append(one)
        return tuple(one.actors[before:])

    def _symbols(self, nodes: NDArray[np.int64]) -> Part:
        count = self._crowds.counts[nodes]
        corner = np.broadcast_to(np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), (len(nodes), 4, 2))
        look = np.zeros((len(nodes), 4, 4))
        look[:, :, 0] = nodes[:, None]
        look[:, :, 1] = float(self._places.symbol == "square")
        look[:, :, 2] = np.where(count > 1, crowds.radius(count), 0.0)[:, None]
        look[:, :, 3] = np.where(count > 1, 2.0, 1.0)[:, None]
        return quads(self._at(nodes), corner=corner, look=look)

    def meet(self, ray: Ray) -> Met | None:
        """Return the symbol, of those shown now, that a line of sight meets."""
        near = passed(self._boxes, ray, 20.0 * ray.scale)
        nodes = [self._crowds.nodes(square, level) for square, level in self._shown if near[square]]
        some = np.concatenate(nodes) if nodes else np.empty(0, dtype=np.int64)
        count = self._crowds.counts[some]
        wide = _LEAST if self.layer.size is None else self.layer.size.most / 2
        pixels = (np.where(count > 1, crowds.radius(count), max(wide, _LEAST)) + 1.0) * ray.scale
        k, distance = nearest_point(self._at(some), pixels, ray)
        if k < 0:
            return None
        return Met(distance, int(self._crowds.leads[some[k]] if count[k] == 1 else some[k]), int(count[k]))

    def mark(self, hovered: int, selected: int) -> None:
        """Show that the pointer is on a point, and that one is selected: on the symbol that stands for it now."""
        self._marked = hovered, selected
        super().mark(self._symbol(hovered), self._symbol(selected))

    def _symbol(self, point: int) -> int:
        """Return the node that is shown of a point where it stands alone, else the point itself."""
        if point < 0 or not self._shown:
            return point
        nodes = np.concatenate([self._crowds.nodes(*one) for one in self._shown])
        alone = nodes[(self._crowds.leads[nodes] == point) & (self._crowds.counts[nodes] == 1)]
        return int(alone[0]) if len(alone) else point

    def fresh(self) -> tuple[Pass, ...]:
        """Return the pass where squares came into view for the first time."""
        made, self._new = tuple(self._new), []
        return made

    def names(self) -> Names | None:
        """Return the numbers of the crowds that are shown, and the texts of single points."""
        if self._names is None:
            nodes = [self._crowds.nodes(*one) for one in self._shown]
            self._names = self._written(np.concatenate(nodes) if nodes else np.empty(0, dtype=np.int64))
        return self._names if len(self._names.texts) else None

    def _written(self, nodes: NDArray[np.int64]) -> Names:
        count = self._crowds.counts[nodes]
        crowd = nodes[count > 1]
        crowd = crowd[np.argsort(-self._crowds.counts[crowd], kind="stable")][:_TEXTS]
        single = nodes[count == 1][:_TEXTS] if self.layer.texts else np.empty(0, dtype=np.int64)
        leads = self._crowds.leads
        single = single[[bool(self.layer.texts[i]) for i in leads[single]]] if len(single) else single
        texts = [short(int(n)) for n in self._crowds.counts[crowd]] + [self.layer.texts[i] for i in leads[single]]
        both = np.concatenate([crowd, single])
        n = len(both)
        return Names(
            tuple(texts),
            np.where(np.arange(n) < len(crowd), CROWD, NOTE).astype(np.int8),
            self._at(both).astype(np.float32),
            np.zeros((n, 3), dtype=np.float32),
            np.full(n, 1e9, dtype=np.float32),
            -np.asarray(self._crowds.counts[both], dtype=np.float32),
        )


def _standing(some: Crowds, mesh: CityMesh) -> NDArray[np.float64]:
    """Return the boxes (n, 6) of the squares of the map, as high as the ground in them is."""
    west, south, east, north = (some.boxes - np.tile(mesh.origin, 2)).T
    share = np.linspace(0.0, 1.0, 5)
    x = west[:, None] + (east - west)[:, None] * share
    y = south[:, None] + (north - south)[:, None] * share
    z = mesh.ground.at(*np.broadcast_arrays(x[:, :, None], y[:, None, :])).reshape(len(x), -1)
    most = _LIFT if some.height is None or not some.rows else max(float(some.height.max()), _LIFT)
    return np.column_stack([west, south, z.min(axis=1), east, north, z.max(axis=1) + most])


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
    return str(n)
