"""The legend of a layer: which colour stands for which value, in words and as a widget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from twin.layer import Layer, LegendClass, legend, unknown_text
from twin.text import number, tr
from twin.ui.widgets import STEP, label, row


@dataclass(frozen=True)
class Shown:
    """What a legend says: lines of classes or categories, or a gradient with the values at its marks.

    ``marks`` are (fraction 0–1 along the gradient, text); ``missing`` is the text for «no data», "" when every
    place has a value; ``round``: colours stand in discs, as points do on the map.
    """

    heading: str
    classes: tuple[LegendClass, ...] = ()
    gradient: tuple[str, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    missing: str = ""
    note: str = ""
    round: bool = False

    def spoken(self) -> str:
        """Say the legend in one line, for a screen reader."""
        parts = [entry.text for entry in self.classes] or [text for _, text in self.marks]
        return ", ".join(part for part in (self.heading, *parts, self.missing) if part)


def describe(layer: Layer, lang: str) -> Shown:
    """Say what the colours of a layer mean, in the words a figure uses, with a gradient for a continuous scale.

    Examples
    --------
    >>> from twin.layer import Field, Scale
    >>> field = Field("Height", "m", "buildings", np.array(["a"], object), np.array([3.0], np.float32))
    >>> layer = Layer("h", "Height", field, Scale("two", ("#ffffff", "#000000")), 0, 20)
    >>> [text for _, text in describe(layer, "en").marks]
    ['0', '10', '20']
    """
    field = layer.field
    common = legend(layer, lang)
    heading = tr(field.name, lang) + (f" [{tr(field.unit, lang)}]" if field.unit else "")
    said = "" if field.about is None else tr("Source: {source}", lang, source=field.about.said())
    common = replace(common, note=" · ".join(filter(None, (common.note, said))))
    if heading == tr(layer.title, lang):
        heading = ""  # the row that the legend stands under says it already
    missing = tr(unknown_text(field), lang) if bool(np.isnan(field.values).any()) else ""
    if field.categories or layer.breaks:
        classes = tuple(entry for entry in common.classes if not entry.hatched)
        return Shown(heading, classes, missing=missing, note=common.note, round=common.round)
    values = (layer.low, (layer.low + layer.high) / 2, layer.high)
    marks = tuple((place, number(value, lang)) for place, value in zip((0.0, 0.5, 1.0), values, strict=True))
    return Shown(heading, (), layer.scale.colours, marks, missing, common.note)


class Swatch(QWidget):
    """A small field of one colour, or a disc of it; ``None`` is drawn hatched for «no data»."""

    def __init__(self, colour: str | None, *, round: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour, self._round = colour, round
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a size that follows the text."""
        height = max(12, self.fontMetrics().ascent())
        return QSize(height * 7 // 4, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colour in a thin frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        frame = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        frame.setAlpha(70)
        if self._colour is None:
            painter.setBrush(QColor(128, 128, 128, 50))
        else:
            painter.setBrush(QColor(self._colour))
        painter.setPen(QPen(frame, 1))
        if self._round:
            side = min(box.width(), box.height())
            painter.drawEllipse(QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side))
        else:
            painter.drawRoundedRect(box, 2, 2)
        if self._colour is None:
            painter.setPen(QPen(frame, 1))
            step = box.height() / 2.0
            x = float(box.left()) + step
            while x < box.right():
                painter.drawLine(int(x), int(box.bottom()), int(x + step), int(box.top()))
                x += step
        painter.end()


class Gradient(QWidget):
    """A colour scale with its values written under it."""

    def __init__(self, shown: Shown, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend = shown
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return room for the bar and one line of text."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(text) for _, text in self._legend.marks), default=0)
        return QSize(max(140, widest * 3 + 24), 14 + 5 + metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which the values do not run into each other."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, ticks and values."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = min(float(self.width()), 280.0)
        bar = QRectF(0.5, 0.5, width - 1, 12)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colours = self._legend.gradient
        for place, colour in enumerate(colours):
            gradient.setColorAt(place / max(len(colours) - 1, 1), QColor(colour))
        frame = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        frame.setAlpha(70)
        painter.setPen(QPen(frame, 1))
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 2, 2)
        metrics = self.fontMetrics()
        for part, text in self._legend.marks:
            x = bar.left() + part * bar.width()
            painter.setPen(QPen(frame, 1))
            painter.drawLine(int(x), int(bar.bottom()), int(x), int(bar.bottom() + 4))
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, 0.0), width - wide)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(int(left), int(bar.bottom()) + 5 + metrics.ascent(), text)
        painter.end()


class LegendView(QWidget):
    """The legend of one layer, to stand under its row in the tree or on its own."""

    def __init__(self, shown: Shown, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self.setAccessibleName(tr("Legend: {text}", lang, text=shown.spoken()))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, STEP // 2, STEP, 2 * STEP)
        outer.setSpacing(STEP)
        if shown.heading:
            outer.addWidget(label(shown.heading, "muted"))
        if shown.gradient:
            outer.addWidget(Gradient(shown))
        else:
            grid = QGridLayout()
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(2 * STEP)
            grid.setVerticalSpacing(2)
            for place, entry in enumerate(shown.classes):
                grid.addWidget(Swatch(entry.colour, round=shown.round), place, 0, Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(label(entry.text), place, 1)
            grid.setColumnStretch(1, 1)
            outer.addLayout(grid)
        if shown.missing:
            missing = row(Swatch(None), label(shown.missing))
            missing.setStretch(1, 1)
            outer.addLayout(missing)
        if shown.note:
            outer.addWidget(label(shown.note, "muted"))
