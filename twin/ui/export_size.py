"""Sizes a picture can have: screen, paper at a resolution, or free; and a small drawing of the shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from twin.text import N_
from twin.ui import theme
from twin.ui.widgets import STEP

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

INCH = 25.4
PAPER = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
"""Landscape width and height [mm]."""


@dataclass(frozen=True)
class Preset:
    """A size to choose: title, and paper with resolution, or neither for the screen and for free pixels."""

    key: str
    title: str
    paper: str = ""
    dpi: int = 96


PRESETS = (
    Preset("screen", N_("As on the screen")),
    Preset("a4-150", N_("A4 landscape, 150 dpi"), "A4", 150),
    Preset("a4-300", N_("A4 landscape, 300 dpi"), "A4", 300),
    Preset("a3-150", N_("A3 landscape, 150 dpi"), "A3", 150),
    Preset("a3-300", N_("A3 landscape, 300 dpi"), "A3", 300),
    Preset("free", N_("Own size in pixels")),
)


def paper_pixels(paper: str, dpi: int) -> tuple[int, int]:
    """Return the size of a landscape sheet in pixels.

    Examples
    --------
    >>> paper_pixels("A3", 300)
    (4961, 3508)
    """
    wide, high = PAPER[paper]
    return round(wide / INCH * dpi), round(high / INCH * dpi)


class Sheet(QWidget):
    """Shows the shape of the picture and what of the present view it takes."""

    def __init__(self, view: tuple[int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._size = view
        self.setMinimumSize(48 * STEP, 36 * STEP)

    def show_size(self, size: tuple[int, int], said: str) -> None:
        """Draw another shape."""
        self._size = size
        self.setAccessibleName(said)
        self.setToolTip(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a small size."""
        return QSize(48 * STEP, 36 * STEP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sheet in outline with the shape of the screen's view inside or around it."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(STEP, STEP, -STEP, -STEP)
        ratio, seen = self._size[0] / self._size[1], self._view[0] / self._view[1]
        sheet, view = (max(ratio, 0.05), 1.0), (seen, 1.0)
        scale = min(room.width() / max(sheet[0], view[0]), room.height())
        for (wide, high), fill, line, style in (
            (sheet, tokens.chosen, tokens.accent, Qt.PenStyle.SolidLine),
            (view, None, tokens.muted, Qt.PenStyle.DotLine),
        ):
            box = QRectF(0, 0, wide * scale, high * scale)
            box.moveCenter(room.center())
            painter.setPen(QPen(QColor(line), 1.2, style))
            painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
        painter.end()
