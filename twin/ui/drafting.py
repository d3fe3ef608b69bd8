"""A drawing tool at work in a view: its clicks and keys, its card, what it shows, and the marks of the edits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QRegion

from twin.scenario.scenario import PRESENT
from twin.text import tr
from twin.ui import edits
from twin.ui.drawing import OutlineTool, PathTool, SpotTool, Tool
from twin.ui.shown import cities
from twin.ui.sketch import Shape, Sketch, solid
from twin.ui.tool_card import ToolCard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.city.city import City
    from twin.report.marks import Mark
    from twin.state import State
    from twin.ui.drawing import HeightAt
    from twin.ui.shown import Shown
    from twin.ui.viewport import Viewport

_MARGIN = 12


class Drafting(QObject):
    """At most one tool is active; while it is, clicks in the view are its points."""

    drawn = Signal(object)
    """The edit to build."""
    changed = Signal()
    """Another tool is active, or none."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._view = viewport
        self._shown: Shown | None = None
        self._lang = "en"
        self._tool: Tool | None = None
        self._card: ToolCard | None = None
        self._pointed = False
        self._ghost: tuple[str, float] | None = None
        self._take: Callable[[Any], None] | None = None
        self._kept: list[Shape] = []
        self._stop: Callable[[], None] = lambda: None
        self.sketch = Sketch(lambda: viewport.navigator.pose, viewport)
        viewport.pose_changed.connect(self._moved)
        viewport.laid_out.connect(self._place)

    # --- coming and going -----------------------------------------------------------------------------------------

    def begin(self, shown: Shown | None, lang: str) -> None:
        """Work on another project, in a language; None for none."""
        self.cancel()
        self._stop()
        self._stop = lambda: None
        self._shown, self._lang, self._ghost, self._kept = shown, lang, None, []
        if shown is not None:
            self._stop = shown.listen(self._sync)
        self._mark()
        self._draw()

    @property
    def tool(self) -> Tool | None:
        """The tool that is active."""
        return self._tool

    @property
    def card(self) -> ToolCard | None:
        """The card of the active tool."""
        return self._card

    def start(self, kind: Callable[[City, HeightAt], Tool], take: Callable[[Any], None] | None = None) -> None:
        """Take a tool in hand; the one before is put down.

        Parameters
        ----------
        kind : function (city, height_at) → Tool
            A tool's class, or a function that makes one.
        take : function, optional
            Given what was drawn instead of :attr:`drawn`; what was drawn stays in sight until :meth:`forget`.
        """
        self.cancel()
        if self._shown is None:
            return
        self._take = take
        self._tool = kind(self._shown.state.city, self._view.canvas.height_at)
        self._card = ToolCard(self._tool, self._lang, self._view)
        if take is not None:
            self._card.name_build(tr("Use this", self._lang), tr("Go on with what is drawn (Enter)", self._lang))
        self._card.build.connect(self.build)
        self._card.cancelled.connect(self.cancel)
        self._card.edited.connect(self._refresh)
        self._card.show()
        self._view.hand.take(self)
        self._place()
        self._refresh()
        self._view.focus_view()
        self.changed.emit()

    def cancel(self) -> None:
        """Put the tool down; nothing is built."""
        if self._tool is None:
            return
        self._tool = None
        self._view.hand.take(None)
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
            self._card = None
        self._draw()
        self._view.focus_view()
        self.changed.emit()

    def build(self) -> None:
        """Build what is drawn."""
        if self._tool is not None and self._tool.ready:
            made, take = self._tool.edit(), self._take
            if take is not None:
                self._kept = self._tool.shapes(self._lang)
            self.cancel()
            if take is None:
                self.drawn.emit(made)
            else:
                take(made)

    def forget(self) -> None:
        """Show what was drawn for somebody else no longer."""
        self._kept = []
        self._draw()

    def show_height(self, tried: tuple[str, float] | None) -> None:
        """Show a building as high as it is tried; None for no more."""
        self._ghost = tried
        self._draw()

    # --- from the view --------------------------------------------------------------------------------------------

    def click(self, px: float, py: float, centre: bool) -> None:
        """Take a point; Enter in the middle of the view builds what is ready."""
        if self._tool is None:
            return
        if centre and self._tool.ready and isinstance(self._tool, PathTool | OutlineTool):
            self.build()
            return
        wall = self._view.canvas.wall_at(px, py) if isinstance(self._tool, SpotTool) else None
        point = self._view.canvas.ground_at(px, py) if wall is None else wall
        if point is not None:
            if wall is not None and isinstance(self._tool, SpotTool):
                self._tool.meet(wall)
            else:
                self._tool.add((point[0], point[1]), self._pixel(point))
            self._refresh()
            if isinstance(self._tool, SpotTool):
                self.build()

    def hover(self, px: float, py: float) -> None:
        """Follow the pointer."""
        self._pointed = True
        self._follow(px, py)

    def leave(self) -> None:
        """Point at the middle of the view, as the pointer is elsewhere."""
        self._pointed = False
        self._to_middle()

    def step_back(self) -> None:
        """Take back the last point."""
        if self._tool is not None:
            self._tool.step_back()
            self._refresh()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _follow(self, px: float, py: float) -> None:
        if self._tool is not None:
            point = self._view.canvas.ground_at(px, py)
            at = None if point is None else (point[0], point[1])
            self._tool.hover(at, 0.0 if point is None else self._pixel(point))
            self._draw()

    def _to_middle(self) -> None:
        width, height = self._view.canvas.size
        self._follow(width / 2, height / 2)

    def _pixel(self, point: tuple[float, float, float]) -> float:
        """Return the size [m] of a pixel at a point."""
        from twin.scene.camera import Projection

        box = self._view.beside.main
        size = (max(box.width(), 1), max(box.height(), 1))
        projection = Projection(self._view.navigator.pose, size)
        _, depth = projection.pixels(np.array([point]))
        return projection.metres_per_pixel(float(depth[0]))

    def _moved(self, _pose: object) -> None:
        if self._tool is not None and not self._pointed:
            self._to_middle()
        self.sketch.update()

    def _refresh(self) -> None:
        if self._card is not None:
            self._card.refresh()
            self._place()
        self._draw()

    def _draw(self) -> None:
        shapes: list[Shape] = self._tool.shapes(self._lang) if self._tool is not None else []
        self.sketch.show_drawing([*self._kept, *shapes, *self._raised()], aim=self._tool is not None)

    def _raised(self) -> Sequence[Shape]:
        if self._ghost is None or self._shown is None:
            return ()
        id, height = self._ghost
        rows = self._shown.state.city.buildings
        rows = rows[rows["id"] == id]
        if not len(rows):
            return ()
        shape = rows.geometry.iloc[0]
        ring = np.asarray(shapely.get_coordinates(shape.exterior if hasattr(shape, "exterior") else shape))[:-1]
        bottom = float(rows["ground"].iloc[0])
        if math.isnan(bottom):
            x, y = shape.centroid.x, shape.centroid.y
            bottom = self._view.canvas.height_at(x, y)
        return solid(ring, bottom, bottom + height)

    def _place(self) -> None:
        self.sketch.setGeometry(self._view.beside.main)
        if self._tool is None and self._view.beside.mode == "curtain":  # marks speak of the scenario alone
            self.sketch.setMask(QRegion(self._view.beside.seen))
        else:
            self.sketch.clearMask()
        self.sketch.stackUnder(self._view.pad)
        if self._card is not None:
            self._card.adjustSize()
            self._card.move(_MARGIN, _MARGIN + 44)
            self._card.raise_()

    def _sync(self, old: State, new: State) -> None:
        if old.city is not new.city and self._tool is not None:
            self._tool.set_city(new.city)
        if old.scenarios is not new.scenarios or old.scenario != new.scenario or old.city is not new.city:
            self._mark()

    # --- marks of the edits ---------------------------------------------------------------------------------------

    def _mark(self) -> None:
        from twin.report.marks import marks_of

        now = PRESENT if self._shown is None else edits.active(self._shown.state)
        marks: tuple[Mark, ...] = ()
        if self._shown is not None and now is not PRESENT:
            marks = marks_of(now.active, cities(self._shown), self._view.canvas.height_at)
        self.sketch.show_marks(marks)
