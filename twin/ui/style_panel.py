"""How a data layer looks, changed while one sees it: values, colours, classes, range, texts, size; and as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QColor, QIcon, QLinearGradient, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from twin.datafile.spec import MAX_CLASSES, METHOD_TITLES, DataLayer, Style
from twin.errors import BadInput, TwinError
from twin.layer import scales
from twin.text import N_, error_text, number, tr
from twin.ui.widgets import STEP, IntegerBox, button, label, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.datafile.show import Shown
    from twin.layer import Layer

_SWATCH = QSize(48, 14)


class StylePanel(QWidget):
    """The style of one data layer; each change is told at once as another :class:`DataLayer`."""

    changed = Signal(object)
    """The layer as it shall be."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._layer: DataLayer | None = None
        self._painted: Layer | None = None
        self._limits: tuple[float, ...] = ()
        self.value, self.scale, self.method, self.text = (QComboBox() for _ in range(4))
        self.reverse = QCheckBox(tr("Reversed", lang))
        self.by_value = QCheckBox(tr("Grows with the value", lang))
        self.classes, self.extent = IntegerBox(), IntegerBox()
        self.classes.setRange(2, MAX_CLASSES)
        self.extent.setRange(0, 60)
        self.extent.setSpecialValueText(tr("usual", lang))
        self.limits, self.low, self.high, self.title, self.unit = (QLineEdit() for _ in range(5))
        self.low.setPlaceholderText(tr("from", lang))
        self.high.setPlaceholderText(tr("to", lang))
        self._wrong = label("", "problem")
        self._wrong.hide()
        self._build()
        self._fill_choices()
        self._connect()
        self.show_layer(None, None, None, ())

    def show_layer(
        self, layer: DataLayer | None, found: Shown | None, painted: Layer | None, columns: Sequence[str]
    ) -> None:
        """Show the style of a layer, None for none.

        Parameters
        ----------
        layer : DataLayer or None
        found : Shown or None
            Its numbers, None while they are read.
        painted : Layer or None
            As it is drawn now: its class limits stand in the line for own limits.
        columns : sequence of str
            Columns of its content that can be shown.
        """
        self._layer = layer
        self.setVisible(layer is not None)
        if layer is None:
            return
        self._painted = painted
        self._limits = painted.breaks if painted is not None else ()
        style, choice = layer.style, layer.choice
        inputs = self.findChildren(QWidget)
        blockers = [QSignalBlocker(one) for one in inputs]
        self._columns(self.value, columns, choice.value, tr("only the places", self._lang))
        self._columns(self.text, columns, choice.label, "–")
        self._show_scale(style)
        self.method.setCurrentIndex(max(self.method.findData(style.method), 0))
        self.reverse.setChecked(style.reverse)
        self.by_value.setChecked(style.by_value)
        self.classes.setValue(style.classes)
        self.extent.setValue(round(style.size))
        for line, value in ((self.low, style.low), (self.high, style.high)):
            if not line.hasFocus():
                line.setText("" if value is None else _plain(value, self._lang))
        if not self.limits.hasFocus():
            shown = style.breaks if style.method == "fixed" else self._limits
            self.limits.setText("; ".join(_plain(value, self._lang) for value in shown))
        for line, text in ((self.title, layer.about.title), (self.unit, layer.about.unit)):
            if not line.hasFocus():
                line.setText(text)
        del blockers
        self._wrong.hide()
        self._show_rows(layer, found)

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        lang = self._lang
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(3 * STEP)
        self._form.setVerticalSpacing(STEP)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._range = QWidget()
        self._range.setLayout(row(self.low, self.high))
        self._rows: dict[str, tuple[str, QWidget]] = {
            "title": (N_("Title"), self.title), "unit": (N_("Unit"), self.unit), "value": (N_("Values"), self.value),
            "scale": (N_("Colours"), self.scale), "reverse": ("", self.reverse),
            "method": (N_("Division"), self.method), "classes": (N_("Classes"), self.classes),
            "limits": (N_("Limits"), self.limits),
            "range": (N_("Range"), self._range), "text": (N_("Text at the place"), self.text),
            "size": (N_("Size"), self.extent), "by_value": ("", self.by_value),
        }  # fmt: skip
        for title, field in self._rows.values():
            caption = label(tr(title, lang), "muted", wrap=False)
            caption.setBuddy(field)
            if title:
                field.setAccessibleName(tr(title, lang))
            self._form.addRow(caption, field)
        self.low.setAccessibleName(tr("Range from", lang))
        self.high.setAccessibleName(tr("Range to", lang))
        self.save = button(tr("Save style…", lang), tr("Save the style as a file for other layers and projects", lang))
        self.load = button(
            tr("Use a style…", lang), tr("Take colours and classes from a style file, also of QGIS (SLD)", lang)
        )
        for one in (self.save, self.load):
            one.setProperty("role", "link")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * STEP, 2 * STEP, 2 * STEP, 0)
        layout.setSpacing(STEP)
        layout.addLayout(self._form)
        layout.addWidget(self._wrong)
        layout.addLayout(row(self.load, self.save, None))
        for box in (self.value, self.text, self.scale, self.method):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for field in (*(one for _, one in self._rows.values()), self.low, self.high):
            field.setMinimumWidth(10 * STEP)
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _fill_choices(self) -> None:
        self.scale.setIconSize(_SWATCH)
        for name, one in scales().items():
            self.scale.addItem(_swatch(one.colours, stepped=one.kind in ("classes", "categories")), name, name)
        for name, title in METHOD_TITLES.items():
            self.method.addItem(tr(title, self._lang), name)

    def _connect(self) -> None:
        self.scale.activated.connect(lambda _i: self._choose_scale(str(self.scale.currentData())))
        self.method.activated.connect(lambda _i: self._method())
        self.reverse.toggled.connect(lambda on: self._style(reverse=on))
        self.by_value.toggled.connect(lambda on: self._style(by_value=on))
        self.classes.valueChanged.connect(lambda n: self._style(classes=n))
        self.extent.valueChanged.connect(lambda n: self._style(size=float(n)))
        self.value.activated.connect(lambda _i: self._choice(value=self.value.currentData()))
        self.text.activated.connect(lambda _i: self._choice(label=self.text.currentData()))
        self.limits.editingFinished.connect(self._own_limits)
        for line, name in ((self.low, "low"), (self.high, "high")):
            line.editingFinished.connect(lambda line=line, name=name: self._end(line, name))
        for line, name in ((self.title, "title"), (self.unit, "unit")):
            line.editingFinished.connect(lambda line=line, name=name: self._about(name, line.text().strip()))
        self.save.clicked.connect(lambda _checked=False: self._save())
        self.load.clicked.connect(lambda _checked=False: self._load())

    def _show_rows(self, layer: DataLayer, found: Shown | None) -> None:
        names = found is not None and bool(found.field.categories)
        picture = found is not None and found.field.where == "picture"
        where = "" if found is None else found.field.where
        method = layer.style.method
        shown = {
            "title": True, "unit": not names and not picture, "scale": not picture, "reverse": not picture,
            "value": layer.choice.show != "raster" and layer.choice.key != "*",
            "method": not names and not picture,
            "classes": not names and not picture and method in ("quantile", "equal", "natural"),
            "limits": not names and not picture and method != "continuous",
            "range": not names and not picture and method != "fixed",
            "text": where in ("points", "lines"), "size": where in ("points", "lines", "roads"),
            "by_value": where in ("points", "lines", "roads") and not names,
        }  # fmt: skip
        for name, (_, field) in self._rows.items():
            self._form.setRowVisible(field, shown[name])
        self.limits.setReadOnly(method != "fixed")

    # --- changes ------------------------------------------------------------------------------------------------

    def _change(self, part: str, **values: object) -> None:
        if self._layer is None:
            return
        try:
            changed = _with(self._layer, part, values)
        except (TwinError, msgspec.ValidationError) as error:
            self._wrong.setText(error_text(error, self._lang))
            self._wrong.show()
            return
        self._wrong.hide()
        if changed != self._layer:
            self._layer = changed
            self.changed.emit(changed)

    def _style(self, **values: object) -> None:
        self._change("style", **values)

    def _choice(self, **values: object) -> None:
        self._change("choice", **values)

    def _about(self, name: str, text: str) -> None:
        if text or name != "title":
            self._change("about", **{name: text})

    def _show_scale(self, style: Style) -> None:
        """Show the colours; those of a file stand above all others while the layer has them."""
        own = self.scale.findData("")
        if own >= 0:
            self.scale.removeItem(own)
        if style.colours:
            swatch = _swatch(style.colours, stepped=style.method == "fixed")
            self.scale.insertItem(0, swatch, tr("From a file", self._lang), "")
        self.scale.setCurrentIndex(max(self.scale.findData("" if style.colours else style.scale), 0))

    def _choose_scale(self, name: str) -> None:
        if name:
            self._style(scale=name, colours=())

    def _method(self) -> None:
        method = self.method.currentData()
        limits: Mapping[str, object] = {"breaks": self._limits} if method == "fixed" and len(self._limits) > 1 else {}
        if method == "fixed" and not limits:
            limits = {"breaks": (0.0, 1.0)}
        self._style(method=method, **limits)

    def _own_limits(self) -> None:
        if self._layer is None or self._layer.style.method != "fixed":
            return
        try:
            found = tuple(_read(text) for text in self.limits.text().replace("–", ";").split(";") if text.strip())
        except ValueError:
            self._wrong.setText(tr("Write limits as numbers with semicolons between them: 0; 10; 20.", self._lang))
            self._wrong.show()
            return
        self._style(breaks=found)

    def _end(self, line: QLineEdit, name: str) -> None:
        try:
            self._style(**{name: _read(line.text()) if line.text().strip() else None})
        except ValueError:
            self._wrong.setText(tr("«{text}» is not a number.", self._lang, text=line.text()))
            self._wrong.show()

    def _save(self) -> None:
        if self._layer is None:
            return
        from twin.datafile.paint import save_style

        title = tr("Save style", self._lang)
        kinds = "*.json" if self._painted is None else "*.json;;*.sld"
        name, _ = QFileDialog.getSaveFileName(self, title, f"{self._layer.about.title}.style.json", kinds)
        if name:
            try:
                save_style(self._layer, Path(name), self._painted)
            except OSError as error:
                self._wrong.setText(str(error))
                self._wrong.show()

    def _load(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Use a style", self._lang), "", "*.json *.sld *.xml")
        if name:
            self.use_style(Path(name))

    def use_style(self, path: Path) -> None:
        """Take the style of a file."""
        from twin.datafile.paint import load_style

        if self._layer is None:
            return
        try:
            style = load_style(path)
        except BadInput as error:
            self._wrong.setText(error_text(error, self._lang))
            self._wrong.show()
            return
        self._layer = msgspec.structs.replace(self._layer, style=style)
        self.changed.emit(self._layer)

    def _columns(self, box: QComboBox, columns: Sequence[str], chosen: str, none: str) -> None:
        box.clear()
        for name in columns:
            box.addItem(name, name)
        box.addItem(none, "")
        box.setCurrentIndex(max(box.findData(chosen), 0))


def _with(layer: DataLayer, part: str, values: Mapping[str, object]) -> DataLayer:
    from twin.datafile.spec import check_style

    old: Any = getattr(layer, part)
    new = msgspec.convert({**msgspec.to_builtins(old), **msgspec.to_builtins(dict(values))}, type(old))
    if part == "style":
        check_style(new)
    return msgspec.structs.replace(layer, **{part: new})


def _read(text: str) -> float:
    return float(text.strip().replace("\xa0", "").replace(" ", "").replace("−", "-").replace(",", "."))


def _plain(value: float, lang: str) -> str:
    text = number(value, lang, None) if np.isfinite(value) and abs(value) >= 0.01 else f"{value:g}"
    return text.replace("\xa0", "") if lang == "sv" else text.replace(",", "")


def _swatch(colours: tuple[str, ...], stepped: bool) -> QIcon:
    picture = QPixmap(_SWATCH * 2)
    picture.setDevicePixelRatio(2.0)
    painter = QPainter(picture)
    if stepped:
        wide = _SWATCH.width() / len(colours)
        for place, colour in enumerate(colours):
            painter.fillRect(round(place * wide), 0, round(wide + 1), _SWATCH.height(), QColor(colour))
    else:
        gradient = QLinearGradient(0, 0, _SWATCH.width(), 0)
        for place, colour in enumerate(colours):
            gradient.setColorAt(place / max(len(colours) - 1, 1), QColor(colour))
        painter.fillRect(0, 0, _SWATCH.width(), _SWATCH.height(), gradient)
    painter.end()
    return QIcon(picture)
