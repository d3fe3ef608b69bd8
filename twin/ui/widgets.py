"""Small widgets that the panels share.

They are dressed by :mod:`twin.ui.qss` through the dynamic properties ``role``; a badge also has a
``tone`` (``open``, ``internal``, ``restricted``, ``synthetic``). What is drawn here takes its colours from the palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twin.ui import icons

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
        result.setProperty("role", "primary")
        result.setDefault(True)
    else:
        result.setAutoDefault(False)
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
        self.setProperty("role", "small")
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({shortcut})" if shortcut else text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIcon(icons.icon(name))
        side = max(4 * STEP, self.fontMetrics().height())
        self.setIconSize(QSize(side, side))
        self.setMinimumSize(side + 3 * STEP, side + 3 * STEP)

    def show_icon(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self.setIcon(icons.icon(name))

    def changeEvent(self, event: QEvent) -> None:
        """Take the icon in the colours of the new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.setIcon(icons.icon(self._name))


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


class IntegerBox(QSpinBox):
    """A field for a whole number, which does not stick to its frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _indent(self.lineEdit())


class NumberBox(QDoubleSpinBox):
    """A field for a number, which does not stick to its frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _indent(self.lineEdit())


def _indent(line: QLineEdit) -> None:
    # style sheets have no say in where the text of a spin box begins
    line.setTextMargins(STEP, 0, 0, 0)


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
        self.sentence = label(sentence, "muted")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.sentence)
        self.button: QPushButton | None = None
        if action and on_click is not None:
            self.button = button(action)
            self.button.clicked.connect(lambda _checked=False: on_click())
            layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the sentence whole, however little room there is; a layout would squeeze its lines."""
        super().resizeEvent(event)
        margins = self.contentsMargins()
        inner = self.width() - margins.left() - margins.right() - 8 * STEP
        self.sentence.setMinimumHeight(self.sentence.heightForWidth(max(inner, 1)))


def own_action(on: QWidget, text: str, keys: str, run: Callable[[], object]) -> QAction:
    """Return an action whose keys hold while the focus is in a widget."""
    made = QAction(text, on)
    made.setShortcut(QKeySequence(keys))
    made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    # a slot of PySide is given «checked» where it takes an argument, which nobody asked for here
    made.triggered.connect(lambda _checked=False: run())
    on.addAction(made)
    return made


def see_through(area: QScrollArea) -> None:
    """Let a scrolled page stand on the ground of what it lies in."""
    area.viewport().setAutoFillBackground(False)
    page = area.widget()
    if page is not None:
        page.setAutoFillBackground(False)


class Scrolled(QScrollArea):
    """A page that may be lower than all of it asks for: on a low screen it would make the window higher.

    It wants as much room as the page does at the width there is.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = page
        self.setWidget(page)
        see_through(self)

    def sizeHint(self) -> QSize:
        """Return the size that shows all of the page."""
        page = self._page
        inner = page.layout()
        tall = max(page.sizeHint().height(), page.minimumSizeHint().height())
        if inner is not None and inner.hasHeightForWidth():
            tall = max(inner.totalHeightForWidth(self.width()), page.minimumSizeHint().height())
        return QSize(page.sizeHint().width(), tall)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for other room when the page does."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height at another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


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


def as_list(table: QTableView, name: str, spoken: str, row_height: int = 3 * STEP) -> None:
    """Let a table be read line by line: no grid, no cells to edit, lines a little higher than their letters.

    Parameters
    ----------
    table : QTableView
    name : str
        Of the object, for style sheets and tests.
    spoken : str
        What screen readers call it.
    row_height : int
        Room above and below the letters [px].
    """
    table.setObjectName(name)
    table.setAccessibleName(spoken)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + row_height)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setAccessibleName(spoken)


class Progress(QProgressBar):
    """How far work is; without a fraction it only says that something is done.

    QProgressBar paints itself within ``setValue``, and with it all else in the window that waits to be painted, the
    map too: 50 to 100 ms each time on a large window. This one waits for its turn.
    """

    def __init__(self, spoken: str, *, unknown: bool = False) -> None:
        super().__init__()
        self.setRange(0, 0 if unknown else 100)
        self.setTextVisible(False)
        self.setAccessibleName(spoken)

    def show_fraction(self, fraction: float, *, unknown: bool = False) -> None:
        """Show how far the work is, 0–1; nothing done yet is shown as unknown where that is asked for."""
        self.setUpdatesEnabled(False)
        self.setRange(0, 0 if unknown and fraction <= 0 else 100)
        self.setValue(round(100 * fraction))
        self.setUpdatesEnabled(True)
