"""What is drawn over the view while something is sketched or marked: lines, outlines, markers and lengths.

Shapes are in the City's system; they are projected anew at each paint, so that they stay where they are in the city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from twin.scene.camera import Projection
from twin.ui import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from twin.report.marks import Mark
    from twin.state import Pose

    Tone = Literal["accent", "danger", "muted"]

_BEHIND = 0.5
"""Depth [m] before the eye below which nothing is drawn."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points (n, 3) [m]; closed ones are filled lightly."""

    points: NDArray[np.float64]
    tone: Tone = "accent"
    width: float = 2.0
    dashed: bool = False
    filled: bool = False


@dataclass(frozen=True, eq=False)
class Marker:
    """A point: a ring where it meets the network, a dot where it does not; with a label beside it."""

    point: tuple[float, float, float]
    text: str = ""
    ring: bool = False
    tone: Tone = "accent"


Shape = Line | Marker


def solid(ring: NDArray[np.float64], bottom: float, top: float) -> list[Line]:
    """Return the outline of an upright body over a ring (n, 2): foot, walls and lid."""
    if len(ring) < 3:
        return []
    low = np.column_stack([ring, np.full(len(ring), bottom)])
    high = np.column_stack([ring, np.full(len(ring), top)])
    walls = []
    for i in range(len(ring)):
        j = (i + 1) % len(ring)
        walls.append(Line(np.array([low[i], low[j], high[j], high[i], low[i]]), width=1.0, filled=True))
    lid = np.vstack([high, high[:1]])
    return [*walls, Line(lid, width=1.8, filled=True)]


def _shape(mark: Mark) -> Shape:
    tone = cast("Tone", mark.tone)
    if len(mark.points) > 1:
        return Line(mark.points, tone, mark.width, mark.dashed)
    x, y, z = (float(value) for value in mark.points[0])
    return Marker((x, y, z), ring=True, tone=tone)


class Sketch(QWidget):
    """A sheet over the view that lets every click through.

    Parameters
    ----------
    pose : function
        Where the camera looks.
    """

    def __init__(self, pose: Callable[[], Pose], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sketch")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pose = pose
        self.marks: tuple[Mark, ...] = ()
        """What the edits of the scenario are about, for a picture."""
        self._marks: tuple[Shape, ...] = ()
        self._drawn: tuple[Shape, ...] = ()
        self._aim = False
        self.hide()

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """All that is drawn."""
        return (*self._marks, *self._drawn)

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Mark what the edits of the scenario are about."""
        self.marks = tuple(marks)
        self._marks = tuple(_shape(one) for one in self.marks)
        self._refresh()

    def show_drawing(self, shapes: Sequence[Shape], aim: bool) -> None:
        """Show what is being drawn; ``aim``: with a cross in the middle of the view, where Enter points."""
        self._drawn, self._aim = tuple(shapes), aim
        self._refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw all shapes where they are now."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for shape in self.shapes:
            if isinstance(shape, Line):
                self._line(painter, shape)
        for shape in self.shapes:
            if isinstance(shape, Marker):
                self._marker(painter, shape)
        if self._aim:
            self._cross(painter)
        painter.end()

    # -- inside

    def _refresh(self) -> None:
        self.setVisible(bool(self.shapes) or self._aim)
        self.update()

    def _pixels(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        at, depth = Projection(self._pose(), (max(self.width(), 1), max(self.height(), 1))).pixels(points)
        return at, depth > _BEHIND

    def _line(self, painter: QPainter, shape: Line) -> None:
        at, before = self._pixels(shape.points)
        if not before.any():
            return
        colour = _colour(shape.tone)
        if shape.filled and before.all():
            light = QColor(colour)
            light.setAlpha(46)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(light)
            painter.drawPolygon(_polygon(at))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (
            _pen(QColor(255, 255, 255, 200), shape.width + 2.0, False),
            _pen(colour, shape.width, shape.dashed),
        ):
            if shape.filled and pen.width() > shape.width + 1:
                continue
            painter.setPen(pen)
            for run in _runs(at, before):
                painter.drawPolyline(_polygon(run))

    def _marker(self, painter: QPainter, shape: Marker) -> None:
        at, before = self._pixels(np.array([shape.point]))
        if not before[0]:
            return
        x, y = float(at[0, 0]), float(at[0, 1])
        colour = _colour(shape.tone)
        painter.setPen(QPen(QColor(255, 255, 255), 4.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        size = 7.0 if shape.ring else 4.0
        painter.drawEllipse(QPointF(x, y), size, size)
        painter.setPen(QPen(colour, 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush if shape.ring else colour)
        painter.drawEllipse(QPointF(x, y), size, size)
        if shape.text:
            self._label(painter, shape.text, x + 12.0, y - 12.0)

    def _label(self, painter: QPainter, text: str, x: float, y: float) -> None:
        tokens = theme.current()
        metrics = painter.fontMetrics()
        box = QRectF(x, y - metrics.height() - 4, metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
        box.moveRight(min(box.right(), self.width() - 4))
        ground = QColor(tokens.panel)
        ground.setAlpha(235)
        painter.setPen(QPen(QColor(tokens.line), 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def _cross(self, painter: QPainter) -> None:
        x, y = self.width() / 2, self.height() / 2
        for pen in (QPen(QColor(255, 255, 255, 220), 4.0), QPen(QColor(theme.current().text), 1.4)):
            painter.setPen(pen)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x + 4 * dx, y + 4 * dy), QPointF(x + 12 * dx, y + 12 * dy))


def _colour(tone: Tone) -> QColor:
    tokens = theme.current()
    return QColor({"accent": tokens.accent, "danger": tokens.danger, "muted": tokens.muted}[tone])


def _pen(colour: QColor, width: float, dashed: bool) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashed:
        pen.setDashPattern([3.0, 2.0])
    return pen


def _runs(at: NDArray[np.float64], before: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return the pieces of a line that lie before the eye."""
    if before.all():
        return [at]
    ends = np.flatnonzero(np.diff(before.astype(int))) + 1
    return [part for part, seen in zip(np.split(at, ends), np.split(before, ends), strict=True) if seen[0]]


def _polygon(at: NDArray[np.float64]) -> QPolygonF:
    clipped = np.clip(at, -1e5, 1e5)
    return QPolygonF([QPointF(float(x), float(y)) for x, y in clipped])
