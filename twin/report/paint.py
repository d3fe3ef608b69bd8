"""Draws what stands around a map: the only place that paints with Qt outside the window."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QPainter,
    QPen,
    QPolygonF,
)

from twin.content import font_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.layer import Legend
    from twin.report.figure import Furniture

_INK = {
    "light": ("#26292c", "#5b6166", "#ffffff"), "dark": ("#eceeef", "#aab1b6", "#1d2124"),
    "contrast": ("#ffffff", "#e6e6e6", "#000000"),
}  # fmt: skip
"""Theme → text, quiet text, paper."""
_TONES = {"accent": "#0b5f70", "danger": "#b3261e", "muted": "#5b6166"}


def png(pixels: NDArray[np.uint8], around: Furniture, dpi: int, theme: str, lang: str) -> bytes:
    """Return a PNG of a map with its furniture.

    Parameters
    ----------
    pixels : array, shape (h, w, 3)
        uint8, the map.
    around : Furniture
        What stands around it.
    dpi : int
        Dots per inch: sizes letters and lines, and is written into the file.
    theme, lang : str
        ``"light"`` or ``"dark"``; language noted in the file.
    """
    _application()
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    painter = QPainter(image)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        _Sheet(painter, width, height, dpi, theme).draw(around)
    finally:
        painter.end()
    image.setDotsPerMeterX(round(dpi / 0.0254))
    image.setDotsPerMeterY(round(dpi / 0.0254))
    for key, text in {"Title": around.title, "Source": around.sources, "Language": lang}.items():
        image.setText(key, text)
    if around.warning:
        image.setText("Warning", around.warning)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub knows only bytes for the format
    return bytes(data.data())


def covered(
    around: Furniture, size: tuple[int, int], dpi: int, theme: str
) -> tuple[tuple[float, float, float, float], ...]:
    """Return where furniture covers a map: left, top, right, bottom [px] of each panel.

    Parameters
    ----------
    around : Furniture
    size : (width, height) [px]
    dpi : int
    theme : str
    """
    _application()
    nowhere = QImage(1, 1, QImage.Format.Format_RGB888)
    painter = QPainter(nowhere)
    try:
        sheet = _Sheet(painter, *size, dpi, theme)
        sheet.draw(around)
    finally:
        painter.end()
    return tuple((box.left(), box.top(), box.right(), box.bottom()) for box in sheet.boxes)


@cache
def _application() -> QGuiApplication:
    """Return the running application, or one without a screen, which text needs; kept for good."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        application = running
    else:
        before = os.environ.get("QT_QPA_PLATFORM")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        application = QGuiApplication([])
        if before is None:
            del os.environ["QT_QPA_PLATFORM"]
        else:
            os.environ["QT_QPA_PLATFORM"] = before
    for path in font_files():
        QFontDatabase.addApplicationFont(str(path))
    return application


class _Sheet:
    """A map being furnished: knows its size, its theme and how large a point is."""

    def __init__(self, painter: QPainter, width: int, height: int, dpi: int, theme: str) -> None:
        self.painter, self.width, self.height = painter, width, height
        # letters follow the paper size, but never crowd a small picture out
        self.pt = min(dpi / 72.0, width / 600.0)
        ink, quiet, paper = _INK[theme]
        self.ink, self.quiet, self.paper = QColor(ink), QColor(quiet), QColor(paper)
        self.margin = 10 * self.pt
        self.boxes: list[QRectF] = []
        """The panels that were drawn."""

    def draw(self, around: Furniture) -> None:
        """Draw everything: strip below, title, legends, north and scale."""
        self._marks(around)
        strip = self._strip(around)
        title = self._title(around)
        for half, name in enumerate(around.names or ()):
            self._name(name, half, title)
        bottom = strip.top() - self.margin
        for legend in around.legends:
            bottom = self._legend(legend, bottom) - self.margin
        if around.compass:
            self._north(around, strip.top() - self.margin)
        if around.stamp:
            self._stamp(around.stamp)

    def _font(self, size: float, bold: bool = False) -> QFont:
        font = QFont("Roboto")
        font.setPixelSize(max(round(size * self.pt), 6))
        font.setWeight(QFont.Weight.Medium if bold else QFont.Weight.Normal)
        return font

    def _panel(self, box: QRectF) -> None:
        self.boxes.append(box)
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.paper)
        self.painter.drawRoundedRect(box, 3 * self.pt, 3 * self.pt)

    def _text(self, at: QPointF, text: str, font: QFont, colour: QColor) -> None:
        self.painter.setFont(font)
        self.painter.setPen(colour)
        self.painter.drawText(at, text)

    def _strip(self, around: Furniture) -> QRectF:
        """Draw the line at the foot: sources, reference system, scale in words; wraps to what it needs."""
        font = self._font(6.5)
        text = " · ".join(t for t in (around.sources, around.reference, around.scale_text, around.date) if t)
        inner = self.width - 2 * self.margin
        metrics = QFontMetricsF(font)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter)
        need = metrics.boundingRect(QRectF(0, 0, inner, 10_000), flags, text).height()
        box = QRectF(0, self.height - need - 6 * self.pt, self.width, need + 6 * self.pt)
        self.boxes.append(box)
        self.painter.fillRect(box, self.paper)
        self.painter.setFont(font)
        self.painter.setPen(self.quiet)
        self.painter.drawText(box.adjusted(self.margin, 0, -self.margin, 0), flags, text)
        return box

    def _marks(self, around: Furniture) -> None:
        """Draw what the edits are about, white-edged as on the screen, on the left half where there are two."""
        self.painter.save()
        self.painter.setClipRect(QRectF(0, 0, self.width / (2 if around.names else 1), self.height))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for mark in around.marks:
            line = QPolygonF([QPointF(float(x), float(y)) for x, y in np.clip(mark.points, -1e5, 1e5)])
            colour, width = QColor(_TONES.get(mark.tone, _TONES["accent"])), 0.75 * mark.width * self.pt
            own = QPen(colour, width)
            if mark.dashed:
                own.setDashPattern([3.0, 2.0])
            for pen in (QPen(QColor(255, 255, 255, 200), width + 1.5 * self.pt), own):
                self.painter.setPen(pen)
                if line.count() > 1:
                    self.painter.drawPolyline(line)
                else:
                    self.painter.drawEllipse(line.first(), 4 * self.pt, 4 * self.pt)
        self.painter.restore()

    def _name(self, name: str, half: int, title: QRectF) -> None:
        """Draw what a half shows above its middle, below the title where that lies there."""
        font, pad = self._font(9, bold=True), 6 * self.pt
        metrics = QFontMetricsF(font)
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self.width / 2 - 2 * self.margin - 2 * pad)
        width = metrics.horizontalAdvance(name) + 2 * pad
        box = QRectF((half + 0.5) * self.width / 2 - width / 2, self.margin, width, metrics.height() + pad)
        if box.left() < title.right() + self.margin and half == 0:
            box.moveTop(title.bottom() + self.margin / 2)
        self._panel(box)
        self._text(QPointF(box.left() + pad, box.top() + pad / 2 + metrics.ascent()), name, font, self.ink)

    def _title(self, around: Furniture) -> QRectF:
        """Draw the name of the city, and the warning that no reader may miss, top left; returns the box."""
        big, small = self._font(11, bold=True), self._font(8, bold=True)
        pad = 7 * self.pt
        w_title = QFontMetricsF(big).horizontalAdvance(around.title)
        w_warning = QFontMetricsF(small).horizontalAdvance(around.warning)
        h_title, h_warning = QFontMetricsF(big).height(), QFontMetricsF(small).height()
        height = h_title + (h_warning + 2 * self.pt if around.warning else 0) + pad
        box = QRectF(self.margin, self.margin, max(w_title, w_warning) + 2 * pad, height)
        self._panel(box)
        top = box.top() + pad / 2
        self._text(QPointF(box.left() + pad, top + QFontMetricsF(big).ascent()), around.title, big, self.ink)
        if around.warning:
            y = top + h_title + 2 * self.pt + QFontMetricsF(small).ascent()
            warm = QColor("#b3410e") if self.ink.lightnessF() < 0.5 else QColor("#ffb38a")
            self._text(QPointF(box.left() + pad, y), around.warning, small, warm)
        return box

    def _stamp(self, text: str) -> None:
        """Draw the time shown, large, top right."""
        font, pad = self._font(13, bold=True), 7 * self.pt
        metrics = QFontMetricsF(font)
        width = metrics.horizontalAdvance(text) + 2 * pad
        box = QRectF(self.width - self.margin - width, self.margin, width, metrics.height() + pad)
        self._panel(box)
        self._text(QPointF(box.left() + pad, box.top() + pad / 2 + metrics.ascent()), text, font, self.ink)

    def _legend(self, legend: Legend, bottom: float) -> float:
        """Draw one legend above a height; returns its top."""
        head, body = self._font(8, bold=True), self._font(7.5)
        line, pad, swatch = 11 * self.pt, 7 * self.pt, 14 * self.pt
        lines = [("" if legend.gradient and not item.hatched else item.colour, item.text, item.hatched)
                 for item in reversed(legend.classes)]  # fmt: skip
        marks = range(sum(item.hatched for item in legend.classes), len(legend.classes))
        if legend.note:
            lines.append(("", legend.note, False))
        metrics = QFontMetricsF(body)
        widest = max((metrics.horizontalAdvance(text) for _, text, _ in lines), default=0.0) + swatch + 5 * self.pt
        widest = max(widest, QFontMetricsF(head).horizontalAdvance(legend.title))
        height = line * (len(lines) + 1.3) + pad
        box = QRectF(self.margin, bottom - height, widest + 2 * pad, height)
        self._panel(box)
        x, y = box.left() + pad, box.top() + pad / 2
        self._text(QPointF(x, y + line * 0.85), legend.title, head, self.ink)
        y += line * 1.3
        if legend.gradient:
            self._gradient(QRectF(x, y + (marks.start + 0.5) * line, swatch, (len(marks) - 1) * line), legend.gradient)
        for number, (colour, text, hatched) in enumerate(lines):
            if colour:
                field = QRectF(x, y + 0.15 * line, swatch, 0.75 * line)
                self.painter.setPen(QPen(self.quiet, 0.3 * self.pt))
                self.painter.setBrush(QColor(colour))
                if legend.round:
                    size = 0.7 * line
                    self.painter.drawEllipse(QRectF(field.center().x() - size / 2, y + 0.18 * line, size, size))
                else:
                    self.painter.drawRect(field)
                if hatched and not legend.round:
                    step = field.width() / 4
                    for k in range(4):
                        left = field.left() + k * step
                        self.painter.drawLine(QPointF(left, field.bottom()), QPointF(left + step, field.top()))
            indent = swatch + 5 * self.pt if colour or (legend.gradient and number in marks) else 0.0
            self._text(QPointF(x + indent, y + 0.8 * line), text, body, self.ink)
            y += line
        return box.top()

    def _gradient(self, bar: QRectF, colours: tuple[str, ...]) -> None:
        """Draw the colours of a continuous scale, the highest value at the top."""
        shades = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for place, colour in enumerate(colours):
            shades.setColorAt(place / max(len(colours) - 1, 1), QColor(colour))
        self.painter.setPen(QPen(self.quiet, 0.3 * self.pt))
        self.painter.setBrush(shades)
        self.painter.drawRect(bar)

    def _north(self, around: Furniture, bottom: float) -> None:
        """Draw the north arrow, and the scale bar where the picture has a true scale, bottom right."""
        size, pad = 26 * self.pt, 6 * self.pt
        font = self._font(7)
        metrics = QFontMetricsF(font)
        bar = around.bar
        bar_width = max(bar[0], metrics.horizontalAdvance(bar[1])) if bar else 0.0
        width = max(size, bar_width) + 2 * pad
        height = size + 2 * pad + (metrics.height() + 8 * self.pt if bar else 0.0)
        box = QRectF(self.width - self.margin - width, bottom - height, width, height)
        self._panel(box)
        painter = self.painter
        painter.save()
        painter.translate(box.center().x(), box.top() + pad + size / 2)
        painter.rotate(-around.azimuth)
        tip, side = 0.5 * size, 0.22 * size
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink)
        painter.drawPolygon(QPolygonF([QPointF(0, -0.22 * size), QPointF(side, tip), QPointF(0, 0.3 * size)]))
        painter.setBrush(self.quiet)
        painter.drawPolygon(QPolygonF([QPointF(0, -0.22 * size), QPointF(-side, tip), QPointF(0, 0.3 * size)]))
        self._text(QPointF(-metrics.horizontalAdvance("N") / 2, -0.26 * size), "N", font, self.ink)
        painter.restore()
        if bar:
            length, text = bar
            y = box.bottom() - pad
            x = box.center().x() - length / 2
            painter.setPen(QPen(self.ink, 1.1 * self.pt))
            painter.drawPolyline([QPointF(x, y - 4 * self.pt), QPointF(x, y), QPointF(x + length, y),
                                  QPointF(x + length, y - 4 * self.pt)])  # fmt: skip
            at = QPointF(box.center().x() - metrics.horizontalAdvance(text) / 2, y - 5 * self.pt)
            self._text(at, text, font, self.ink)
