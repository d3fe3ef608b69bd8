"""Small widgets that the panels share.

They are dressed by :mod:`twin.ui.qss` through the dynamic properties ``role`` and ``kind``; a badge also has a
``tone`` (``open``, ``internal``, ``restricted``, ``warn``). What is drawn here takes its colours from the palette.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twin.content import folder

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 4
"""The grid all distances are multiples of [px]."""


def label(text: str = "", role: str = "", *, wrap: bool = True, selectable: bool = False) -> QLabel:
    """Return a label in a role of the theme; plain text, so that file names and ids show as they are."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if role:
        result.setProperty("role", role)
    if selectable:
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        result.setTextInteractionFlags(flags)
        result.setAccessibleName(text)
    return result


def button(text: str, tip: str = "", *, primary: bool = False) -> QPushButton:
    """Return a push button; a primary one carries the accent colour."""
    result = QPushButton(text)
    result.setAccessibleName(text)
    result.setToolTip(tip or text)
    if primary:
        result.setProperty("kind", "primary")
        result.setDefault(True)
    else:
        result.setAutoDefault(False)
    return result


@lru_cache(maxsize=256)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    text = (folder("data") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))


def paint_icon(painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
    """Draw an icon of ``data/icons`` in one colour, sharp at any scale."""
    painter.save()
    painter.setOpacity(painter.opacity() * colour.alphaF())
    _drawing(name, colour.name()).render(painter, box)
    painter.restore()


def colour_icon(name: str, colour: QColor, size: int = 16) -> QIcon:
    """Return an icon in one colour at several scales, for menus and items."""
    result = QIcon()
    for scale in (1, 2, 3):
        pixmap = QPixmap(size * scale, size * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        paint_icon(painter, name, QRectF(0, 0, size * scale, size * scale), colour)
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        result.addPixmap(pixmap)
    return result


class IconButton(QToolButton):
    """A flat square button that shows one icon in the palette's colour; tooltip and screen reader say its name.

    Parameters
    ----------
    name : str
        File name in ``data/icons`` without its ending.
    text : str
        What the button does, translated: the accessible name and the tooltip.
    shortcut : str
        Shortcut shown behind the name in the tooltip.
    """

    def __init__(self, name: str, text: str, shortcut: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setAutoRaise(True)
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({shortcut})" if shortcut else text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(7 * STEP, 7 * STEP)

    def sizeHint(self) -> QSize:
        """Return a square that a finger can hit, larger with larger text."""
        side = max(7 * STEP, self.fontMetrics().height() + 10)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the style draw the frame, then draw the icon in the text colour."""
        super().paintEvent(event)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = self.palette().color(group, QPalette.ColorRole.ButtonText)
        side = min(self.width() - 8.0, max(18.0, self.fontMetrics().height() * 1.0))
        box = QRectF(0, 0, side, side)
        box.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        paint_icon(painter, self._name, box, colour)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Draw anew when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and let the style sheet look at the widget again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class Elided(QLabel):
    """A one-line label that shortens its text in the middle where there is no room; the tooltip has all of it."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show a text."""
        self._text = text
        super().setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Need room for a few letters only."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.averageCharWidth() * 8, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
        painter.end()


class Badge(QLabel):
    """A short word in a rounded box: information class, maturity, «synthetic»."""

    def __init__(self, text: str = "", tone: str = "open", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "badge")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def show_as(self, text: str, tone: str, tip: str = "") -> None:
        """Change word and tone."""
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tip or text)
        restyle(self, tone=tone)
        self.setVisible(bool(text))


class EmptyState(QFrame):
    """What a panel shows when it has nothing: one sentence and at most one button."""

    def __init__(
        self,
        sentence: str,
        action: str = "",
        on_click: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 6 * STEP, 4 * STEP, 6 * STEP)
        layout.setSpacing(3 * STEP)
        self.sentence = label(sentence, "quiet")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.sentence)
        self.button: QPushButton | None = None
        if action and on_click is not None:
            self.button = button(action)
            self.button.clicked.connect(lambda _checked=False: on_click())
            layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)


def row(*widgets: QWidget | None, spacing: int = 2 * STEP) -> QHBoxLayout:
    """Lay widgets side by side; None is a stretch."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout
