"""All layers with places of their own that are shown, made when they come and dropped when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.places import Grid, Lines, Picture, Points, Solids, Walls
from twin.scene.draw.drape import GridOverlay, PictureOverlay
from twin.scene.draw.facades import FacadesOverlay
from twin.scene.draw.glyphs import PointsOverlay
from twin.scene.draw.plan import DEFAULTS
from twin.scene.draw.prisms import SolidsOverlay
from twin.scene.draw.strokes import LinesOverlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from twin.layer import Layer
    from twin.scene.draw.gpu import Pass, Texture
    from twin.scene.draw.overlay import Look, Overlay, Slot
    from twin.scene.meeting import Met, Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.names import Names
    from twin.scene.meshing.part import Part
    from twin.scene.palette import Palette
    from twin.scene.resolve import Drawables


class Overlaid:
    """The overlays of a scenery.

    Parameters
    ----------
    common : mapping from name to Texture
        Textures that every pass may use.
    """

    def __init__(self, common: Mapping[str, Texture]) -> None:
        self._common = dict(common)
        self._shown: dict[Layer, Overlay] = {}

    def __iter__(self) -> Iterator[Pass]:
        """Go through all passes."""
        return (one for over in self._shown.values() for one in over.passes.values())

    def __len__(self) -> int:
        """Return the number of layers shown."""
        return len(self._shown)

    @property
    def moving(self) -> bool:
        """Whether something flows."""
        return any(over.moving for over in self._shown.values())

    def meet(self, ray: Ray) -> tuple[Layer, Met] | None:
        """Return what of the layers a line of sight meets, symbols and lines before walls before what lies below."""
        for slots in (("points", "lines"), ("walls",), ("ground",)):
            some = [over for over in self._shown.values() if over.slot in slots]
            found = [(over.layer, met) for over in some[::-1] if (met := over.meet(ray)) is not None]
            if found:
                return min(found, key=lambda one: one[1].distance) if slots == ("walls",) else found[0]
        return None

    def mark(self, hovered: tuple[str, int], selected: tuple[str, int]) -> None:
        """Show which place (id of the layer, row) the pointer is on, and which is selected."""
        for layer, over in self._shown.items():
            over.mark(*(row if layer.id == id else -1 for id, row in (hovered, selected)))

    def outline(self, place: tuple[str, int]) -> Part | None:
        """Return the lines around a place (id of the layer, row) that no other mark tells, if any."""
        for layer, over in self._shown.items():
            if layer.id == place[0]:
                return over.outline(place[1])
        return None

    def slot(self, slot: Slot | str) -> list[Pass]:
        """Return the passes of a slot, the lowest first."""
        return [one for over in self._shown.values() for name, one in over.passes.items() if over.slot_of(name) == slot]

    def bind(self, name: str, texture: Texture) -> None:
        """Take another texture for overlays to come (those that are shown are among the passes)."""
        self._common[name] = texture

    def take(
        self, new: Drawables, mesh: CityMesh, terrain: Pass, uniforms: Mapping[str, float | tuple[float, ...]]
    ) -> None:
        """Show the overlays of a state; ``uniforms`` are those of the whole scene."""
        kept: dict[Layer, Overlay] = {}
        for paint in new.overlays:
            over = self._shown.get(paint.layer) or self._recoloured(paint.layer, new)
            if over is None:
                over = overlay_of(paint.layer, mesh, self._common, terrain)
                over.set_palette(new.palette)
                over.set_time(new.time)
                for one in over.passes.values():
                    one.set(**{name: value for name, value in uniforms.items() if name in one.missing()})
                    one.set(**{name: value for name, value in DEFAULTS.items() if name in one.missing()})
            over.set(uOpacity=paint.opacity)
            kept[paint.layer] = over
        self._shown = kept

    def _recoloured(self, layer: Layer, new: Drawables) -> Overlay | None:
        """Return what draws a layer of the same numbers that is shown no more, in the colours of this one."""
        kept = {id(paint.layer) for paint in new.overlays}
        for old, over in self._shown.items():
            if id(old) not in kept and over.recolour(layer):
                over.set_time(new.time)
                return over
        return None

    def set_palette(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        for over in self._shown.values():
            over.set_palette(colours)

    def set_time(self, time: np.datetime64 | None) -> None:
        """Show the values of a time."""
        for over in self._shown.values():
            over.set_time(time)

    def follow(self, look: Look, still: bool) -> bool:
        """Follow the camera; say whether passes have actors that the renderer does not know."""
        for over in self._shown.values():
            over.follow(look)
            if still:
                over.rest(look)
        return any([bool(over.fresh()) for over in self._shown.values()])

    def names(self) -> list[Names]:
        """Return the texts of all overlays."""
        return [names for over in self._shown.values() if (names := over.names()) is not None]


def overlay_of(layer: Layer, mesh: CityMesh, common: Mapping[str, Texture], terrain: Pass) -> Overlay:
    """Make what draws a layer with places of its own."""
    places = layer.field.places
    if isinstance(places, Grid):
        return GridOverlay(layer, mesh, common, terrain)
    if isinstance(places, Picture):
        return PictureOverlay(layer, mesh, common, terrain)
    kinds = {Points: PointsOverlay, Lines: LinesOverlay, Walls: FacadesOverlay, Solids: SolidsOverlay}
    made: Overlay = kinds[type(places)](layer, mesh, common)  # type: ignore[index]
    return made
