"""One file in the import dialog: what is inside, where it lies, how it shall be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFormLayout,
    QFrame,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from twin.city import crs
from twin.city.reading import FileInfo, ReadOptions
from twin.errors import JobFailed, TwinError
from twin.text import N_, error_text, number, tr
from twin.ui import theme
from twin.ui.crs_chooser import CrsField, landing
from twin.ui.widgets import STEP, Elided, IconButton, Progress, button, label, row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtGui import QPaintEvent

Box = tuple[float, float, float, float]

COUNT_NAMES: Mapping[str, str] = {
    "buildings": N_("Buildings"),
    "parts": N_("Building parts"),
    "roads": N_("Road links"),
    "paths": N_("Walk network"),
    "places": N_("Places"),
    "zones": N_("Zones"),
    "points": N_("Points"),
    "sensors": N_("Sensors"),
    "cells": N_("Raster cells"),
}


class ExtentSketch(QWidget):
    """Two boxes seen from above: the project in outline, the file filled; one look says whether they meet."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._file: Box | None = None
        self._project: Box | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a small fixed size."""
        return QSize(32 * STEP, 24 * STEP)

    def show_boxes(self, file: Box | None, project: Box | None) -> None:
        """Draw boxes given in one metric system."""
        self._file, self._project = file, project
        self.setVisible(file is not None)
        said = ""
        if file is not None:
            size = size_text(file, self._lang)
            said = tr("The file covers {size}.", self._lang, size=size)
        if file is not None and project is not None:
            away = distance(file, project)
            near = tr("It meets the project's area (outlined).", self._lang)
            far = tr(
                "It lies {distance} from the project's area (outlined).", self._lang, distance=_km(away, self._lang)
            )
            said += " " + (near if away == 0 else far)
        self.setToolTip(said)
        self.setAccessibleName(said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both boxes, fitted into the widget."""
        if self._file is None:
            return
        tokens = theme.current()
        boxes = [box for box in (self._file, self._project) if box is not None]
        west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
        east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
        inner = QRectF(self.rect()).adjusted(2 * STEP, 2 * STEP, -2 * STEP, -2 * STEP)
        scale = min(inner.width() / max(east - west, 1e-9), inner.height() / max(north - south, 1e-9))
        left = inner.center().x() - (east - west) * scale / 2
        top = inner.center().y() - (north - south) * scale / 2

        def place(box: Box) -> QRectF:
            wide, high = max((box[2] - box[0]) * scale, 5.0), max((box[3] - box[1]) * scale, 5.0)
            return QRectF(left + (box[0] - west) * scale, top + (north - box[3]) * scale, wide, high)

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.field))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        fill = QColor(tokens.accent)
        fill.setAlpha(90)
        painter.setPen(QPen(QColor(tokens.accent), 1.4))
        painter.setBrush(fill)
        painter.drawRect(place(self._file))
        if self._project is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 1.2, Qt.PenStyle.DashLine))
            painter.drawRect(place(self._project))
        painter.end()


class FileCard(QFrame):
    """A file: first «looking inside», then what is in it and how to read it, or why it cannot be read."""

    changed = Signal()
    removed = Signal(object)
    """The card whose file shall be left out."""

    def __init__(self, path: Path, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.path = path
        self.info: FileInfo | None = None
        self.error: TwinError | None = None
        self._lang = lang
        self._target = ""
        self._project: Box | None = None
        self._build()

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far the look inside is."""
        self._bar.show_fraction(fraction, unknown=True)
        self._kind.set_text(text or tr("Looking inside…", self._lang))

    def show_info(self, info: FileInfo) -> None:
        """Show what is inside."""
        self.info = info
        self._bar.hide()
        self._kind.set_text(
            " ".join(part for part in (info.format, info.version) if part) + f" · {_size(self.path, self._lang)}"
        )
        self.system.set_box(info.bbox)
        self._form.addRow(self._caption(N_("Reference system")), self.system)
        self.system.set_code(self._usable(info.crs))
        self._form.addRow(self._caption(N_("Contents")), label(counts_text(info.counts, self._lang) or "–"))
        lods = [str(lod) for lod in _texts(info.extra.get("lods"))]
        if len(lods) > 1:
            self._add_lods(lods)
        self._form.addRow(self._caption(N_("Extent")), self._where)
        for note in info.problems:
            self._problems.addWidget(row_of_problem(note.text(self._lang)))
        self._details.show()
        self._locate()
        self.changed.emit()

    def show_error(self, error: TwinError) -> None:
        """Say why the file cannot be read."""
        self.error = error
        self._bar.hide()
        self._kind.set_text(tr("Cannot be read", self._lang))
        self._problems.addWidget(row_of_problem(error_text(error, self._lang)))
        details = str(error.fields.get("details", "")) if isinstance(error, JobFailed) else ""
        if details:
            copy = button(tr("Copy details", self._lang))
            copy.setProperty("role", "link")
            copy.clicked.connect(lambda _checked=False: QApplication.clipboard().setText(details))
            self._problems.addLayout(row(copy, None))
        self.changed.emit()

    def set_target(self, target: str, project: Box | None) -> None:
        """Tell the system and the box of the project the file will go to ("" and None for a new one)."""
        self._target, self._project = target, project
        self._locate()

    def options(self, target: str | None) -> ReadOptions:
        """Return how the file shall be read."""
        declared = self.info.crs if self.info is not None else None
        named = self.system.code if self.system.code != self._usable(declared) else None
        lod = self.lod.currentData() if self.lod is not None else None
        return ReadOptions(crs=named or None, target_crs=target or None, lod=lod)

    @property
    def ready(self) -> bool:
        """Whether it can be imported: looked into, readable, system known."""
        return self.info is not None and bool(self.system.code)

    def lonlat(self) -> Box | None:
        """Return its box in degrees, None while that cannot be told."""
        if self.info is None or self.info.bbox is None or not self.system.code:
            return None
        return crs.box_to(self.system.code, crs.LONLAT, _turned(self.system.code, self.info.bbox))

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        self._kind = Elided(tr("Looking inside…", lang))
        self._kind.setProperty("role", "muted")
        name = Elided(self.path.name)
        name.setProperty("role", "heading")
        name.setToolTip(str(self.path))
        close = IconButton("close", tr("Leave {file} out", lang, file=self.path.name))
        close.clicked.connect(lambda _checked=False: self.removed.emit(self))
        self._bar = Progress(tr("Looking into {file}", lang, file=self.path.name), unknown=True)
        self.system = CrsField(lang)
        self.system.changed.connect(lambda _code: self._system_changed())
        self.lod: QComboBox | None = None
        self._where = label("")
        self.sketch = ExtentSketch(lang)
        self._details = QWidget()
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(4 * STEP)
        self._form.setVerticalSpacing(STEP)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        inner = row(spacing=4 * STEP)
        inner.addLayout(self._form, 1)
        inner.addWidget(self.sketch, 0, Qt.AlignmentFlag.AlignTop)
        self._details.setLayout(inner)
        self._details.hide()
        self._problems = QVBoxLayout()
        self._problems.setSpacing(STEP)
        head = row(name, close)
        head.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 2 * STEP, 2 * STEP, 3 * STEP)
        layout.setSpacing(STEP)
        layout.addLayout(head)
        layout.addWidget(self._kind)
        layout.addWidget(self._bar)
        layout.addWidget(self._details)
        layout.addLayout(self._problems)

    def _caption(self, text: str) -> QWidget:
        result = label(tr(text, self._lang), "muted", wrap=False)
        result.setMinimumHeight(7 * STEP)
        return result

    def _add_lods(self, lods: list[str]) -> None:
        self.lod = QComboBox()
        self.lod.setAccessibleName(tr("Level of detail", self._lang))
        self.lod.setToolTip(tr("The file holds several levels of detail; one is read.", self._lang))
        self.lod.addItem(tr("the best there is", self._lang), None)
        for lod in lods:
            self.lod.addItem(lod, lod)
        self._form.addRow(self._caption(N_("Level of detail")), self.lod)

    def _usable(self, declared: str | None) -> str:
        """Return a declared system if it can be worked with, else ""."""
        if not declared:
            return ""
        try:
            crs.transformer(declared, crs.LONLAT)
        except TwinError:
            return ""
        return declared

    def _system_changed(self) -> None:
        self._locate()
        self.changed.emit()

    def _locate(self) -> None:
        """Say how large the file's area is and where it lies, once the system is known."""
        if self.info is None:
            return
        box, code = self.info.bbox, self.system.code
        if box is None or not code:
            self._where.setText(tr("known once the reference system is chosen", self._lang) if box else "–")
            self.sketch.show_boxes(None, None)
            return
        text, plausible = landing(code, box, self._lang)
        if not plausible:
            self._where.setText(text)
            self.sketch.show_boxes(None, None)
            return
        box = _turned(code, box)
        lonlat = crs.box_to(code, crs.LONLAT, box)
        target = self._target or crs.choose(code, lonlat)
        placed = crs.box_to(code, target, box)
        self.sketch.show_boxes(placed, self._project)
        parts = [size_text(placed, self._lang)]
        if self._project is not None and (away := distance(placed, self._project)) > 0:
            parts.append(tr("{distance} from the project's area", self._lang, distance=_km(away, self._lang)))
        self._where.setText(", ".join(parts))


def row_of_problem(text: str) -> QWidget:
    """Return a line that says what is wrong, set off from the facts."""
    result = label(text, "problem", selectable=True)
    return result


def counts_text(counts: Mapping[str, int], lang: str) -> str:
    r"""Say how many things of which kind there are.

    Examples
    --------
    >>> counts_text({"buildings": 3, "parts": 0}, "en").replace("\xa0", " ")
    'Buildings: 3'
    """
    named = [(tr(COUNT_NAMES.get(name, name), lang), n) for name, n in counts.items() if n]
    return " · ".join(f"{name}: {number(n, lang, 0)}".replace(" ", "\u00a0") for name, n in named)


def size_text(box: Box, lang: str) -> str:
    """Write width × height of a box in metres.

    Examples
    --------
    >>> size_text((0, 0, 12_345, 900), "en").replace(chr(160), " ")
    '12.3 km × 0.9 km'
    """
    wide, high = box[2] - box[0], box[3] - box[1]
    if max(wide, high) >= 2000:
        return f"{number(wide / 1000, lang, 1, 'km')} × {number(high / 1000, lang, 1, 'km')}"
    return f"{number(wide, lang, 0, 'm')} × {number(high, lang, 0, 'm')}"


def distance(a: Box, b: Box) -> float:
    """Return how far two boxes are apart [m], 0 where they meet."""
    dx = max(a[0] - b[2], b[0] - a[2], 0.0)
    dy = max(a[1] - b[3], b[1] - a[3], 0.0)
    return float((dx * dx + dy * dy) ** 0.5)


def _turned(code: str, box: Box) -> Box:
    return (box[1], box[0], box[3], box[2]) if crs.swapped(code, box) else box


def _km(metres: float, lang: str) -> str:
    return number(metres / 1000, lang, 1 if metres < 20_000 else 0, "km")


def _size(path: Path, lang: str) -> str:
    size = path.stat().st_size if path.is_file() else 0
    return number(size / 1e6, lang, 1, "MB") if size >= 100_000 else number(max(size / 1e3, 0.1), lang, 1, "kB")


def _texts(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple, set, frozenset)) else ()
