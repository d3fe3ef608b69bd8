"""What layers with places of their own are drawn by: passes, names and what follows the camera and the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.scene.draw.data import Data
from twin.scene.palette import rgb
from twin.scene.resolve import Values, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.layer import Field, Layer
    from twin.scene.draw.gpu import Pass, Texture
    from twin.scene.meeting import Met, Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.names import Names
    from twin.scene.meshing.part import Part
    from twin.scene.palette import Palette

Slot = Literal["ground", "walls", "lines", "points", "over"]
"""Between which passes of the city an overlay is drawn; ``over`` is seen through all else, so that it comes last."""


@dataclass(frozen=True)
class Look:
    """From where the scene is looked at.

    ``eye`` and ``focus`` are local, ``forward`` is the unit vector of the view. ``half`` is how far a corner of the
    window lies aside per metre of depth, in metres in a parallel projection. ``pixel`` is the size [m] of a point on
    the screen per metre of distance, in a parallel projection everywhere. ``scale`` is device pixels per point.
    """

    eye: tuple[float, float, float]
    focus: tuple[float, float, float]
    pixel: float
    parallel: bool
    scale: float
    forward: tuple[float, float, float]
    half: float

    def pixel_at(self, distance: float) -> float:
        """Return the size [m] of a point on the screen at a distance [m] from the eye."""
        return self.pixel if self.parallel else self.pixel * max(distance, 1.0)


class Overlay:
    """A layer with places of its own; subclasses fill :attr:`passes`.

    Parameters
    ----------
    layer : Layer
    mesh : CityMesh
    common : mapping from name to Texture
        Textures every pass may use.
    """

    slot: Slot = "ground"

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture]) -> None:
        self.layer = layer
        self.mesh = mesh
        self.common = common
        self.passes: dict[str, Pass] = {}
        self.moving = layer.flow is not None

    def slot_of(self, name: str) -> Slot:
        """Return between which passes one of its own is drawn."""
        return self.slot

    def recolour(self, layer: Layer) -> bool:
        """Take other colours for the same numbers at the same places; say whether that was all that differs."""
        return False

    def meet(self, ray: Ray) -> Met | None:
        """Return what of it a line of sight meets."""
        return None

    def mark(self, hovered: int, selected: int) -> None:
        """Show that the pointer is on a row, and that one is selected; −1 for none."""

    def outline(self, row: int) -> Part | None:
        """Return the lines around a place that is picked or pointed at, where no other mark tells it."""
        return None

    def names(self) -> Names | None:
        """Return texts that may be written on the map now; another object when they are others."""
        return None

    def follow(self, look: Look) -> None:
        """Learn from where the scene is looked at: details may come and go."""

    def rest(self, look: Look) -> None:
        """Learn that the camera rests there: what takes long may be done."""

    def fresh(self) -> tuple[Pass, ...]:
        """Return passes that have actors the renderer does not know yet."""
        return ()

    def set(self, **uniforms: float | tuple[float, ...]) -> None:
        """Set uniforms of all passes."""
        for one in self.passes.values():
            one.set(**uniforms)

    def set_palette(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        self.set(uRim=rgb(colours.symbol_ink), uGleam=rgb(colours.text_halo))

    def set_time(self, time: np.datetime64 | None) -> None:
        """Show the values of a time."""


class Rowed(Overlay):
    """An overlay whose values are looked up by row number."""

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture], rows: int | None = None) -> None:
        super().__init__(layer, mesh, common)
        self.data = Data(layer.field.values.shape[-1] if rows is None else rows)
        self._selected = -1
        self.numbers: NDArray[np.float32] | None = None
        """Numbers (…, rows) where there are more rows than values of the field."""

    def recolour(self, layer: Layer) -> bool:
        """Take other colours for the same numbers at the same places; say whether that was all that differs."""
        old = self.layer
        same = layer.field is old.field and layer.size is old.size and layer.flow is old.flow
        if not same or layer.texts != old.texts:
            return False
        self.layer = layer
        self.paint()
        return True

    def mark(self, hovered: int, selected: int) -> None:
        """Show that the pointer is on a row, and that one is selected; −1 for none."""
        if selected != self._selected and selected < self.data.rows:
            marks = np.zeros(self.data.rows, dtype=np.uint8)
            marks[selected : selected + 1 if selected >= 0 else 0] = 1
            self.data.marks.write(marks)
            self._selected = selected
        self.set(uHover=float(hovered) if hovered >= 0 else -10.0, uMarked=float(selected >= 0))

    def paint(self) -> None:
        """Put the values on the graphics card."""
        layer = self.layer
        colours, places, low, high = scaled(layer, layer.field.values if self.numbers is None else self.numbers)
        if self.data.put(Values(places, colours, low, high)):
            for one in self.passes.values():
                one.bind("values", self.data.values)
        sized, flowing = layer.size is not None, layer.flow is not None
        if sized or flowing:
            self.data.measure(shares(layer), speeds(layer.flow))
        for one in self.passes.values():
            one.bind("measures", self.data.measures)
        least, most = (layer.size.least, layer.size.most) if layer.size is not None else (0.0, 0.0)
        self.set(
            uRange=(low, high), uPainted=1.0, uHatch=float(layer.hatched), uSized=float(sized),
            uFlowing=float(flowing), uSize=(least, most),
        )  # fmt: skip
        self.set_time(None)

    def set_time(self, time: np.datetime64 | None) -> None:
        """Mix the two steps around a time."""
        self.set(uSteps=self.data.steps(*steps_of(self.layer, time)))


def steps_of(layer: Layer, time: np.datetime64 | None) -> tuple[int, int, float]:
    """Return the steps of a layer around a time and how far it is between them; the last without a time."""
    field = layer.field
    if field.values.ndim == 1 or len(field.values) == 0:
        return 0, 0, 0.0
    last = len(field.values) - 1
    if time is None or field.times is None:
        return last, last, 0.0
    first, second, share = field.step(time)
    return (first, second, float(round(share))) if field.categories else (first, second, share)


def shares(layer: Layer) -> NDArray[np.float32] | None:
    """Return the sizes of a layer's places as parts 0–1 of their range; nan is 0."""
    if layer.size is None:
        return None
    given = layer.size.field.at(None).astype(np.float32)
    span = max(layer.size.high - layer.size.low, 1e-30)
    share: NDArray[np.float32] = np.clip((np.nan_to_num(given) - layer.size.low) / span, 0.0, 1.0).astype(np.float32)
    return share


def speeds(flow: Field | None) -> NDArray[np.float32] | None:
    """Return signed speeds, the fastest near 1 period per second and none too slow to be seen; 0 for none."""
    if flow is None:
        return None
    given = np.nan_to_num(flow.at(None)).astype(np.float32)
    most = float(np.percentile(np.abs(given[given != 0]), 95)) if (given != 0).any() else 1.0
    pace = np.sign(given) * (0.25 + 0.65 * np.clip(np.abs(given) / max(most, 1e-30), 0, 1))
    return np.where(given == 0, 0.0, pace).astype(np.float32)
