"""The ruler of the time bar: a slider over a stretch of city-local time with its days and hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from twin import localtime
from twin.ui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from twin.when import Span

_MARGIN = 12
_TICK = 84
_GROOVE = 4


class TimeRuler(QSlider):
    """A slider whose values are seconds after the beginning of the stretch.

    ←/→ ask for a step, PgUp/PgDn for a day, Home/End for the ends; Space plays. It never moves by itself: it asks, and
    shows the time it is told.
    """

    wanted = Signal(float)
    """An instant [s] was pointed at."""
    step_wanted = Signal(int)
    day_wanted = Signal(int)
    end_wanted = Signal(bool)
    play_wanted = Signal()

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("time_ruler")
        self._lang = lang
        self._stretch: Span = (0.0, 1.0)
        self._time: float | None = None
        self._now: float | None = None
        self._span: Span | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_stretch(self, stretch: Span, span: Span | None, now: float) -> None:
        """Show another stretch, the part of it that holds values, and where now is."""
        self._stretch, self._span, self._now = stretch, span, now
        self.setRange(0, max(1, round(stretch[1] - stretch[0])))
        self.update()

    def show_time(self, t: float | None) -> None:
        """Show the time that is shown."""
        self._time = t
        if t is not None:
            self.setValue(round(t - self._stretch[0]))
            self.setAccessibleDescription(localtime.said(t, self._lang))
        self.update()

    def sizeHint(self) -> QSize:
        """Want room for the groove and one line of marks."""
        return QSize(240, self.fontMetrics().height() + 26)

    def minimumSizeHint(self) -> QSize:
        """Need the same height."""
        return QSize(120, self.sizeHint().height())

    # -- where things are

    def x_of(self, t: float) -> float:
        """Return where an instant lies [px]."""
        low, high = self._stretch
        return _MARGIN + (t - low) / (high - low) * (self.width() - 2 * _MARGIN)

    def t_of(self, x: float) -> float:
        """Return the instant [s] at a place [px], within the stretch."""
        low, high = self._stretch
        share = (x - _MARGIN) / max(self.width() - 2 * _MARGIN, 1)
        return low + min(max(share, 0.0), 1.0) * (high - low)

    # -- Qt events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marks, groove, what holds values, now, and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dress = theme.current()
        middle = 11.0
        left, right = float(_MARGIN), float(self.width() - _MARGIN)
        if self.isEnabled():
            self._draw_marks(painter, middle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(dress.pressed))
        painter.drawRoundedRect(QRectF(left, middle - _GROOVE / 2, right - left, _GROOVE), 2, 2)
        if self._span is not None:
            a, b = (min(max(self.x_of(t), left), right) for t in self._span)
            if b > a:
                painter.setBrush(QColor(dress.edge))
                painter.drawRoundedRect(QRectF(a, middle - _GROOVE / 2, b - a, _GROOVE), 2, 2)
        if self._now is not None and self._stretch[0] <= self._now <= self._stretch[1]:
            painter.setPen(QPen(QColor(dress.danger), 2.0))
            x = self.x_of(self._now)
            painter.drawLine(QPointF(x, middle - 7), QPointF(x, middle + 7))
        if self._time is not None and self.isEnabled():
            x = min(max(self.x_of(self._time), left), right)
            focus = self.hasFocus()
            painter.setPen(QPen(QColor(dress.accent if focus else dress.edge), 2.5 if focus else 1.5))
            painter.setBrush(QColor(dress.accent))
            painter.drawEllipse(QPointF(x, middle), 7.5, 7.5)
        painter.end()

    def _draw_marks(self, painter: QPainter, middle: float) -> None:
        dress = theme.current()
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.92)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        most = max(2, int((self.width() - 2 * _MARGIN) / _TICK))
        unit, found = localtime.ticks(*self._stretch, most)
        free = 0.0
        for t in found:
            x = self.x_of(t)
            painter.setPen(QPen(QColor(dress.edge), 1.0))
            painter.drawLine(QPointF(x, middle + 5), QPointF(x, middle + 10))
            text = localtime.tick_text(t, unit, self._lang)
            width = metrics.horizontalAdvance(text)
            at = min(max(x - width / 2, 0.0), self.width() - width)
            if at >= free:
                painter.setPen(QColor(dress.muted))
                painter.drawText(QPointF(at, middle + 11 + metrics.ascent()), text)
                free = at + width + 8

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where it is clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.wanted.emit(self.t_of(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer; say the time under it."""
        t = self.t_of(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.wanted.emit(t)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; nothing is left to do."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step."""
        self.step_wanted.emit(1 if event.angleDelta().y() < 0 else -1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for steps, days, the ends, or playback."""
        key = Qt.Key
        steps: dict[int, int] = {key.Key_Left: -1, key.Key_Right: 1, key.Key_Down: -1, key.Key_Up: 1}
        days: dict[int, int] = {key.Key_PageUp: -1, key.Key_PageDown: 1}
        pressed = event.key()
        if pressed in steps:
            self.step_wanted.emit(steps[pressed])
        elif pressed in days:
            self.day_wanted.emit(days[pressed])
        elif event.key() in (key.Key_Home, key.Key_End):
            self.end_wanted.emit(event.key() == key.Key_End)
        elif event.key() == key.Key_Space:
            self.play_wanted.emit()
        else:
            event.ignore()
            return
        event.accept()
