"""What lies on the view: compass and zoom buttons, scale, sources, the mark of synthetic data, loading."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twin.text import number, tr
from twin.ui import theme
from twin.ui.widgets import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

_BUTTON = 30


def nice_length(longest: float) -> float:
    """Return the longest of 1, 2, 5 × 10ⁿ that is not longer than ``longest`` [m].

    Examples
    --------
    >>> nice_length(370.0)
    200.0
    """
    step = 10.0 ** math.floor(math.log10(longest))
    return step * max(k for k in (1.0, 2.0, 5.0) if k * step <= longest * (1 + 1e-9))


def length_text(metres: float, lang: str) -> str:
    """Say a length: in km from 1000 m on."""
    return number(metres / 1000, lang, unit="km") if metres >= 1000 else number(metres, lang, unit="m")


class CompassButton(QToolButton):
    """A needle that points north; a click turns the view north up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._azimuth = 0.0
        self.setFixedSize(_BUTTON, _BUTTON)

    def set_azimuth(self, degrees: float) -> None:
        """Turn the needle; degrees clockwise from north, the direction looked in."""
        if abs(degrees - self._azimuth) > 0.2:
            self._azimuth = degrees
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the needle over the button's own ground."""
        super().paintEvent(event)
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() / 2, self.height() / 2)
        painter.rotate(-self._azimuth)
        painter.setPen(Qt.PenStyle.NoPen)
        for sign, colour in ((-1.0, tokens.accent), (1.0, tokens.edge)):
            painter.setBrush(QColor(colour))
            painter.drawPolygon(QPolygonF([QPointF(-4.5, 0), QPointF(0, sign * 10.5), QPointF(4.5, 0)]))
        painter.end()


class NavigationPad(QFrame):
    """Buttons on the view; each mirrors a command of the menus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")
        self.compass = CompassButton()
        self._buttons: list[tuple[QToolButton, QAction]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2, 2, 2, 2)
        self._column.setSpacing(2)
        self._column.addWidget(self.compass)

    def set_actions(self, north: QAction, others: Sequence[QAction]) -> None:
        """Take the commands, north first."""
        self._buttons = [(self.compass, north)]
        self.compass.clicked.connect(north.trigger)
        for action in others:
            button = QToolButton()
            button.setFixedSize(_BUTTON, _BUTTON)
            button.setIconSize(QSize(18, 18))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCheckable(action.isCheckable())
            button.clicked.connect(action.trigger)
            self._column.addWidget(button)
            self._buttons.append((button, action))
            action.changed.connect(self.refresh)
        self.refresh()
        self.adjustSize()

    def refresh(self) -> None:
        """Take names, tips, icons and states from the commands again."""
        self.compass.update()
        for button, action in self._buttons:
            if button is not self.compass:
                button.setIcon(action.icon())
            button.setChecked(action.isChecked())
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())
            button.setStatusTip(action.statusTip())
            button.setAccessibleName(action.text().replace("&", "").rstrip("…"))


class ScaleBar(QWidget):
    """A true length in top mode; the camera's height above ground in perspective, where no scale is true."""

    LONGEST = 140

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._per_pixel: float | None = None
        self._text = ""
        self._bar = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(self.LONGEST + 24, 34)

    def show_scale(self, metres_per_pixel: float, lang: str) -> None:
        """Show a bar; metres per device-independent pixel."""
        length = nice_length(max(metres_per_pixel, 1e-6) * self.LONGEST)
        self._put(length_text(length, lang), length / metres_per_pixel)
        self.setAccessibleName(tr("Scale: the bar is {length} long", lang, length=self._text))

    def show_height(self, metres: float, lang: str) -> None:
        """Say how high the camera is."""
        self._put(tr("Camera {height} up", lang, height=length_text(metres, lang)), 0.0)
        self.setAccessibleName(self._text)

    @property
    def text(self) -> str:
        """What is written."""
        return self._text

    @property
    def bar(self) -> float:
        """Length of the bar [device-independent px]; 0 in perspective."""
        return self._bar

    def _put(self, text: str, bar: float) -> None:
        if (text, bar) != (self._text, self._bar):
            self._text, self._bar = text, bar
            width = max(self.fontMetrics().horizontalAdvance(text), bar) + 20
            height = self.fontMetrics().height() + (14 if bar else 8)
            bottom = self.geometry().bottom()
            self.setGeometry(self.x(), bottom - height + 1, round(width), height)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw text and bar on a quiet ground."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(tokens.panel)
        ground.setAlpha(225)
        painter.setBrush(ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(self.rect().adjusted(10, 3, -10, 0), int(Qt.AlignmentFlag.AlignTop), self._text)
        if self._bar:
            y = self.height() - 7.5
            painter.setPen(QPen(QColor(tokens.text), 1.5))
            points = [QPointF(10, y - 4), QPointF(10, y), QPointF(10 + self._bar, y), QPointF(10 + self._bar, y - 4)]
            painter.drawPolyline(QPolygonF(points))
        painter.end()


class LoadingCard(QFrame):
    """Says what is being read, how far it is, and lets the user stop it."""

    cancelled = Signal()

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.step = QLabel()
        self.step.setProperty("role", "muted")
        self._progress = Progress("")
        self._stop = QPushButton()
        self._stop.setAutoDefault(False)
        self._stop.clicked.connect(self.cancelled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        for widget in (self.title, self.step, self._progress):
            layout.addWidget(widget)
        layout.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(340)
        self.set_language(lang)

    def set_language(self, lang: str) -> None:
        """Say the button in another language."""
        self._stop.setText(tr("Stop", lang))
        self._stop.setAccessibleName(self._stop.text())
        self._progress.setAccessibleName(tr("Progress", lang))

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far it is; a fraction of 0 says that it is not known."""
        self._progress.show_fraction(fraction, unknown=True)
        self.step.setText(text)


def mark(parent: QWidget) -> QLabel:
    """Return the label of a mark that must be seen, hidden at first."""
    label = QLabel(parent)
    label.setProperty("role", "mark")
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.hide()
    return label


def chip(parent: QWidget) -> QLabel:
    """Return a quiet label on the view, hidden at first."""
    label = QLabel(parent)
    label.setProperty("role", "chip")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.hide()
    return label
