"""Parameters of a drop-in as a form: a switch, a choice, a number or a text for each, told as it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from twin.city.schema import word
from twin.text import tr
from twin.ui.widgets import STEP, NumberBox, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.models.model import Parameter
    from twin.result import Value


class ValueForm(QWidget):
    """One row for each parameter."""

    changed = Signal(object)
    """All values that differ from their defaults, by name."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._parameters: tuple[Parameter, ...] = ()
        self._values: dict[str, Value] = {}
        self.editors: dict[str, QWidget] = {}
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(3 * STEP)
        self._form.setVerticalSpacing(STEP)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._said = label("", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * STEP, 2 * STEP, 2 * STEP, 0)
        layout.addLayout(self._form)
        layout.addWidget(self._said)
        self.show_values((), {}, "")

    def show_values(self, parameters: tuple[Parameter, ...], values: Mapping[str, Value], said: str) -> None:
        """Show parameters with their values; none hides the form. ``said`` is written under it (an error, progress)."""
        self.setVisible(bool(parameters))
        if parameters != self._parameters:
            while self._form.rowCount():
                self._form.removeRow(0)
            self._parameters, self.editors = parameters, {}
            for one in parameters:
                self._add(one)
        self._values = dict(values)
        for one in parameters:
            self._show(self.editors[one.name], values.get(one.name, one.default))
        self._said.setText(said)
        self._said.setVisible(bool(said))

    # --- inside -------------------------------------------------------------------------------------------------

    def _add(self, one: Parameter) -> None:
        lang = self._lang
        editor: QWidget
        if isinstance(one.default, bool):
            box = QCheckBox()
            box.toggled.connect(lambda on, one=one: self._put(one, bool(on)))
            editor = box
        elif isinstance(one.default, str) and one.choices:
            choice = QComboBox()
            for text in one.choices:
                choice.addItem(tr(word(text), lang), text)
            choice.activated.connect(lambda _i, one=one, choice=choice: self._put(one, choice.currentData()))
            editor = choice
        elif isinstance(one.default, str):
            line = QLineEdit()
            line.editingFinished.connect(lambda one=one, line=line: self._put(one, line.text()))
            editor = line
        else:
            number = NumberBox()
            number.setRange(max(one.low, -1e9), min(one.high, 1e9))
            whole = float(one.default).is_integer() and (not one.unit or abs(one.default) >= 10)
            number.setDecimals(0 if whole else 1 if abs(one.default) >= 1 else 2)
            number.setSuffix(f" {tr(one.unit, lang)}" if one.unit else "")
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value, one=one: self._put(one, float(value)))
            editor = number
        title = tr(one.title, lang)
        editor.setAccessibleName(title)
        editor.setToolTip(tr(one.source, lang) or title)
        editor.setMinimumWidth(20 * STEP)
        editor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        caption = label(title, "muted")
        caption.setBuddy(editor)
        self._form.addRow(caption, editor)
        self.editors[one.name] = editor

    def _show(self, editor: QWidget, value: Value) -> None:
        with QSignalBlocker(editor):
            if isinstance(editor, QCheckBox):
                editor.setChecked(bool(value))
            elif isinstance(editor, QComboBox):
                editor.setCurrentIndex(max(editor.findData(value), 0))
            elif isinstance(editor, QLineEdit):
                editor.setText(str(value))
            elif isinstance(editor, QDoubleSpinBox):
                editor.setValue(float(value))

    def _put(self, one: Parameter, value: Value) -> None:
        values = {**self._values, one.name: value}
        values = {name: v for name, v in values.items() if v != self._default(name)}
        if values != self._values:
            self._values = values
            self.changed.emit(values)

    def _default(self, name: str) -> Value | None:
        return next((one.default for one in self._parameters if one.name == name), None)
