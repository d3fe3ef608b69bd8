"""What a chart is drawn with: axes in the reader's numbers and city-local time, bands, and the key of its series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from twin import localtime
from twin.text import number, tr
from twin.ui import theme
from twin.ui.widgets import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from twin.chart import Axis

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_NARROWEST = 34
"""Pixels under a bar that a name in lines needs at least."""
_SWATCH = 22

SERIES: dict[str, tuple[str, ...]] = {
    "light": ("#0f6073", "#b0500a", "#6a4c9c", "#3d7a1f", "#a32658", "#5a5e64"),
    "dark": ("#6cc0d2", "#f0a35e", "#b9a3ea", "#93cf6e", "#f08fb4", "#a9adb3"),
    "contrast": ("#7fe9ff", "#ffb861", "#d3bfff", "#9df06b", "#ff9ec8", "#ffffff"),
}
"""Colours of series by theme, at least 3:1 to the ground of a panel; dashes and marks tell them apart too."""
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 3.0), (2.0, 2.5), (8.0, 3.0, 2.0, 3.0), (4.0, 2.0), (1.0, 3.0))
SYMBOLS = ("o", "s", "t", "d", "+", "x")


def colour(tone: str, number: int) -> QColor:
    """Return the colour of a tone; without one that of the series' place."""
    dress = theme.current()
    if tone.startswith("#"):
        return QColor(tone)
    roles = {"muted": dress.muted, "reference": dress.muted, "warn": dress.warn, "danger": dress.danger}
    if tone in roles:
        return QColor(roles[tone])
    own = SERIES[dress.name]
    return QColor(own[(int(tone) - 1 if tone.isdigit() else number) % len(own)])


def pen(colour: QColor, width: float, dashes: Sequence[float] = ()) -> QPen:
    """Return a pen whose width is in pixels of the screen whatever the axes are."""
    made = QPen(colour, width)
    made.setCosmetic(True)
    if dashes:
        made.setDashPattern([part / max(width, 1.0) * 1.6 for part in dashes])
    return made


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


class ChartAxis(pg.AxisItem):
    """An axis that writes numbers, names and times as the reader's language does."""

    _title = _fitted = ""

    def __init__(self, orientation: str, lang: str) -> None:
        super().__init__(orientation)
        self._lang = lang
        self._axis: Axis | None = None
        self._unit = "second"
        self._slot = 0.0
        self.enableAutoSIPrefix(False)

    def take(self, axis: Axis) -> None:
        """Write for another axis."""
        self._axis = axis
        self._title = "" if axis.time else axis.text(self._lang)
        self._fitted = ""
        self.setLabel(_html(self._title))
        self.showLabel(bool(self._title))
        self.fit()
        self.picture = None
        self.update()

    def fit(self) -> None:
        """Write as much of the title as there is room for along the axis: its beginning, and its unit at the end."""
        room = self.size().height() if self.orientation in ("left", "right") else self.size().width()
        if self.label is None or not self._title or room <= 0:
            return
        metrics = QFontMetrics(self.label.font())
        text = metrics.elidedText(self._title, Qt.TextElideMode.ElideMiddle, max(int(room) - 2 * STEP, 0))
        if text != self._fitted:
            self._fitted = text
            self.label.setHtml(_html(text))
            self.setToolTip(self._title if text != self._title else "")

    def resizeEvent(self, ev: Any = None) -> None:
        """Fit the title to another length."""
        self.fit()
        super().resizeEvent(ev)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Any:
        """Put marks on even hours of the city's clock, on each name, or on round numbers."""
        axis = self._axis
        if axis is None or not np.isfinite([minVal, maxVal]).all():
            return []
        if axis.time:
            wide = QFontMetrics(self.style["tickFont"] or QFont()).horizontalAdvance("Wed 30 Nov") + STEP
            self._unit, found = localtime.ticks(minVal, maxVal, max(2, int(size / wide)))
            return [(localtime.MINUTE, found)]
        if axis.names:
            most = max(1, int(size / self._widest(axis)))
            first, last = max(0, int(np.ceil(minVal))), min(len(axis.names) - 1, int(maxVal))
            step = max(1, -(-(last - first + 1) // most))
            self._slot = float(size / max(maxVal - minVal, 1e-9)) - STEP
            if self._in_lines(axis):
                step = 1
            return [(float(step), [float(n) for n in range(first, last + 1, step)])]
        if axis.log:
            return [(1.0, self._of_powers(minVal, maxVal, size))]
        return super().tickValues(minVal, maxVal, size)

    def _of_powers(self, low: float, high: float, size: float) -> list[float]:
        """Return logarithms of 1, 2, 5, 10 … or of 1, 10 … between two, as many as have room for their numbers."""
        metrics = QFontMetrics(self.style["tickFont"] or QFont())
        powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
        room = size / max(high - low, 1e-9)
        found: list[float] = []
        for digits in ((1, 2, 5), (1, 3), (1,)):
            found = [p + float(np.log10(d)) for p in powers for d in digits]
            found = [one for one in found if low - 1e-9 <= one <= high + 1e-9]
            texts = [number(10.0**one, self._lang) for one in found]
            upright = self.orientation in ("left", "right")
            sizes = [metrics.height() if upright else metrics.horizontalAdvance(text) for text in texts]
            gaps = zip(found, found[1:], sizes, sizes[1:], strict=False)
            if all((b - a) * room >= (wide + next_wide) / 2 + STEP for a, b, wide, next_wide in gaps):
                break
        return found

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Write marks; as many decimals as their distance asks for."""
        axis = self._axis
        if axis is None:
            return []
        if axis.time:
            return [localtime.tick_text(value, self._unit, self._lang) for value in values]
        if axis.names:
            names = [tr(axis.names[round(value)], self._lang) for value in values]
            return [self._wrapped(name) for name in names] if self._in_lines(axis) else names
        if axis.log:
            return [number(10.0**value, self._lang) for value in values]
        decimals = max(0, int(np.ceil(-np.log10(spacing) - 1e-9))) if spacing > 0 else 0
        return [number(value, self._lang, decimals) for value in values]

    def _in_lines(self, axis: Axis) -> bool:
        """Say whether names under the chart stand in lines, each under its own bar: words do, numbers are left out."""
        if self.orientation in ("left", "right") or self._slot < _NARROWEST:
            return False
        return not any(tr(name, self._lang)[:1].strip("<>≥≤ ").isdigit() for name in axis.names if name)

    def _wrapped(self, name: str) -> str:
        """Return a name in lines as wide as there is room for; of a word that is wider the end is left out."""
        metrics, lines = QFontMetrics(self.style["tickFont"] or QFont()), list[str]()
        for word in name.split():
            if lines and metrics.horizontalAdvance(f"{lines[-1]} {word}") <= self._slot:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        shown = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(self._slot)) for line in lines]
        # pyqtgraph makes room for four fifths of a text's height, which cuts the last of three lines
        return "\n".join([*shown, " "] if len(shown) > 1 else shown)

    def _widest(self, axis: Axis) -> float:
        metrics = QFontMetrics(self.style["tickFont"] or QFont())
        if self.orientation in ("left", "right"):
            return float(metrics.height() * 1.2)
        return float(max(metrics.horizontalAdvance(tr(name, self._lang)) for name in axis.names) + 2 * STEP)


class BandItem(pg.GraphicsObject):
    """The ground between a low and a high line, left out where one of them is unknown."""

    def __init__(self, x: Floats, low: Floats, high: Floats) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._brush = QColor(0, 0, 0, 40)
        known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        ends = np.flatnonzero(np.diff(known.astype(int))) + 1
        for run in np.split(np.arange(len(x)), ends):
            if len(run) > 1 and known[run[0]]:
                around = [*zip(x[run], low[run], strict=True), *zip(x[run[::-1]], high[run[::-1]], strict=True)]
                self._path.addPolygon(QPolygonF([QPointF(float(a), float(b)) for a, b in around]))
                self._path.closeSubpath()

    def set_colour(self, shade: QColor) -> None:
        """Fill with a shade."""
        self._brush = shade
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the box around it, in data units."""
        return self._path.boundingRect()

    def paint(self, painter: QPainter, *_args: Any) -> None:
        """Draw it."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        painter.drawPath(self._path)


@dataclass(frozen=True)
class Sample:
    """How a series looks in the key: a line, points, or a block."""

    kind: Literal["line", "point", "block"]
    text: str
    shade: QColor
    dashes: tuple[float, ...] = ()
    symbol: str = ""


class Key(QWidget):
    """The names of the series with a sample of each; as many lines as they need."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples: tuple[Sample, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def show_samples(self, samples: Sequence[Sample]) -> None:
        """Show other samples."""
        self._samples = tuple(samples)
        self.setAccessibleName(", ".join(sample.text for sample in samples))
        self.setVisible(bool(samples))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        """Return what one line needs; the height follows the width."""
        return QSize(120, self._layout(self.width())[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the width asks for."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw samples and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dress = theme.current()
        for sample, box in zip(self._samples, self._layout(self.width())[0], strict=True):
            _draw_sample(painter, sample, box)
            painter.setPen(QColor(dress.text))
            words = box.adjusted(_SWATCH + STEP, 0, 0, 0)
            text = self.fontMetrics().elidedText(sample.text, Qt.TextElideMode.ElideRight, words.width())
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.end()

    def _fit(self) -> None:
        height = self._layout(self.width())[1]
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def _layout(self, width: int) -> tuple[list[QRect], int]:
        metrics = self.fontMetrics()
        high = metrics.height() + STEP
        boxes, x, y = [], 0, 0
        for sample in self._samples:
            need = min(_SWATCH + STEP + metrics.horizontalAdvance(sample.text) + 2, max(width, 60))
            if x and x + need > width:
                x, y = 0, y + high
            boxes.append(QRect(x, y, need, high))
            x += need + 4 * STEP
        return boxes, y + high if boxes else 0


def _draw_sample(painter: QPainter, sample: Sample, box: QRect) -> None:
    middle = box.center().y() + 0.5
    if sample.kind == "line":
        painter.setPen(pen(sample.shade, 2.2, sample.dashes))
        painter.drawLine(QPointF(box.left(), middle), QPointF(box.left() + _SWATCH, middle))
    elif sample.kind == "point":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(sample.shade)
        if sample.symbol == "s":
            painter.drawRect(QRectF(box.left() + _SWATCH / 2 - 4, middle - 4, 8, 8))
        else:
            painter.drawEllipse(QPointF(box.left() + _SWATCH / 2, middle), 4.0, 4.0)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(sample.shade)
        painter.drawRect(QRectF(box.left(), middle - 6, _SWATCH, 12))


def light(shade: QColor) -> QColor:
    """Return a shade that lets through what lies behind it."""
    made = QColor(shade)
    made.setAlpha(52)
    return made


def dress_guide(line: pg.InfiniteLine, tone: str, dashes: tuple[float, ...]) -> None:
    """Colour a limit or the 1:1 line."""
    line.setPen(pen(colour(tone, 0), 1.4, dashes))


def held(y: Floats, known: Bools) -> Floats:
    """Return the last known value at each place (the first known one before that)."""
    if not known.any():
        return np.zeros_like(y)
    last = np.maximum.accumulate(np.where(known, np.arange(len(y)), 0))
    first = int(np.argmax(known))
    return y[np.maximum(last, first)]


def stepped(x: Floats, y: Floats, on: Bools) -> tuple[Floats, Floats, Bools]:
    """Return the points of a line that holds each value until the next."""
    if len(x) < 2:
        return x, y, on
    x2, y2 = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
    on2 = np.repeat(on, 2)[:-1]
    on2[1::2] = on[:-1] & True
    return x2, y2, on2
