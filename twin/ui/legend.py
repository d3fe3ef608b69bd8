"""The legend of a layer: which colour stands for which value, in words and as a widget."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from twin.layer import Layer
from twin.text import number, tr
from twin.ui.widgets import STEP, label, row


@dataclass(frozen=True)
class Entry:
    """One line of a legend: a colour and what it means."""

    colour: str
    text: str


@dataclass(frozen=True)
class Legend:
    """What a legend says: lines of classes or categories, or a gradient with the values at its marks.

    ``marks`` are (fraction 0–1 along the gradient, text); ``missing`` is the text for «no data», "" when every
    place has a value.
    """

    heading: str
    entries: tuple[Entry, ...] = ()
    gradient: tuple[str, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    missing: str = ""
    note: str = ""

    def spoken(self) -> str:
        """Say the legend in one line, for a screen reader."""
        parts = [entry.text for entry in self.entries] or [text for _, text in self.marks]
        parts = [self.heading, *parts, self.missing]
        return ", ".join(part for part in parts if part)


def describe(layer: Layer, lang: str) -> Legend:
    """Say what the colours of a layer mean.

    Examples
    --------
    >>> from twin.layer import Field, Scale
    >>> field = Field("Height", "m", "buildings", np.array(["a"], object), np.array([3.0], np.float32))
    >>> scale = Scale("two", ("#ffffff", "#000000"), "classes")
    >>> layer = Layer("h", "Height", field, scale, 0, 20, breaks=(0.0, 1.0, 2.0))
    >>> [entry.text for entry in describe(layer, "en").entries][-1]
    '1 and over'
    """
    field, scale = layer.field, layer.scale
    heading = tr(field.name, lang) + (f" [{field.unit}]" if field.unit else "")
    missing = tr("No data", lang) if bool(np.isnan(field.values).any()) else ""
    note = tr(layer.note, lang) if layer.note else ""
    if field.categories:
        return Legend(heading, _categories(layer, lang), missing=missing, note=note)
    if len(layer.breaks) > 1:
        return Legend(heading, _classes(layer, lang), missing=missing, note=note)
    middle = (layer.low + layer.high) / 2
    marks = tuple(
        (place, number(value, lang)) for place, value in ((0.0, layer.low), (0.5, middle), (1.0, layer.high))
    )
    return Legend(heading, (), scale.colours, marks, missing, note)


def _categories(layer: Layer, lang: str) -> tuple[Entry, ...]:
    colours = layer.scale.colours
    codes = sorted(layer.field.categories)
    present = {int(value) for value in np.unique(layer.field.values[~np.isnan(layer.field.values)])}
    return tuple(
        Entry(colours[place % len(colours)], tr(layer.field.categories[code], lang))
        for place, code in enumerate(codes)
        if code in present or not present
    )


def _classes(layer: Layer, lang: str) -> tuple[Entry, ...]:
    limits = layer.breaks
    known = layer.field.values[np.isfinite(layer.field.values)]
    texts = [f"{number(a, lang)}\u2009–\u2009{number(b, lang)}" for a, b in itertools.pairwise(limits)]
    if known.size and known.min() < limits[0]:
        texts[0] = tr("below {value}", lang, value=number(limits[1], lang))
    if known.size and known.max() > limits[-1]:
        texts[-1] = tr("{value} and over", lang, value=number(limits[-2], lang))
    colours = class_colours(layer.scale.colours, len(texts))
    return tuple(Entry(colour, text) for colour, text in zip(colours, texts, strict=True))


def class_colours(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    """Return n colours of a scale: its own where they are as many, else evenly taken along it.

    Limits are closed below and open above; values outside the first and last limit take the end colours.
    """
    if len(colours) == n:
        return colours
    places = np.linspace(0, len(colours) - 1, n)
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], dtype=float)
    mixed = np.stack([np.interp(places, np.arange(len(colours)), rgb[:, band]) for band in range(3)], axis=1)
    return tuple("#{:02x}{:02x}{:02x}".format(*(round(v) for v in line)) for line in mixed)


class Swatch(QWidget):
    """A small field of one colour; ``None`` is drawn hatched for «no data»."""

    def __init__(self, colour: str | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
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
        painter.drawRoundedRect(box, 2, 2)
        if self._colour is None:
            painter.setPen(QPen(frame, 1))
            step = box.height() / 2
            x = box.left() + step
            while x < box.right():
                painter.drawLine(int(x), int(box.bottom()), int(x + step), int(box.top()))
                x += step
        painter.end()


class Gradient(QWidget):
    """A colour scale with its values written under it."""

    def __init__(self, legend: Legend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend = legend
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
        for place, text in self._legend.marks:
            x = bar.left() + place * bar.width()
            painter.setPen(QPen(frame, 1))
            painter.drawLine(int(x), int(bar.bottom()), int(x), int(bar.bottom() + 4))
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, 0.0), width - wide)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(int(left), int(bar.bottom()) + 5 + metrics.ascent(), text)
        painter.end()


class LegendView(QWidget):
    """The legend of one layer, to stand under its row in the tree or on its own."""

    def __init__(self, legend: Legend, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = legend
        self.setAccessibleName(tr("Legend: {text}", lang, text=legend.spoken()))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, STEP // 2, STEP, 2 * STEP)
        outer.setSpacing(STEP)
        outer.addWidget(label(legend.heading, "quiet"))
        if legend.gradient:
            outer.addWidget(Gradient(legend))
        else:
            grid = QGridLayout()
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(2 * STEP)
            grid.setVerticalSpacing(2)
            for place, entry in enumerate(legend.entries):
                grid.addWidget(Swatch(entry.colour), place, 0, Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(label(entry.text, wrap=False), place, 1)
            grid.setColumnStretch(1, 1)
            outer.addLayout(grid)
        if legend.missing:
            outer.addLayout(row(Swatch(None), label(legend.missing, wrap=False), None))
        if legend.note:
            outer.addWidget(label(legend.note, "quiet"))
