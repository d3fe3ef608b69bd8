"""The table of parameters: what every model assumes in the scenario worked on, where from, and what was changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.chain.registry import MODELS
from twin.models.model import MAX_TEXT, table
from twin.scenario.scenario import shown_name
from twin.text import N_, number, tr
from twin.ui import edits
from twin.ui.widgets import STEP, IconButton, NumberBox, as_list, label, row

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from twin.models.model import Model, Parameter, ParameterRow
    from twin.result import Value
    from twin.state import State, Store

_SOURCE = 4
_AT_ONCE = 6
"""Lines made before the window is let do other things."""
_HEADS = (N_("Parameter"), N_("Value"), N_("Unit"), N_("Default"), N_("Source"), "")


class ParameterPanel(QWidget):
    """One line for each parameter; a changed one is marked and can be set back."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parameter_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._lines: list[tuple[Model, ParameterRow | None]] = []
        self._todo: list[int] = []
        self.about = label("", "muted", wrap=False)
        self.about.setContentsMargins(3 * STEP, STEP, 3 * STEP, STEP)
        self.table = QTableWidget(0, len(_HEADS))
        as_list(self.table, "parameter_table", tr("Parameters of the models", lang), 4 * STEP)
        self.table.setHorizontalHeaderLabels([tr(text, lang) for text in _HEADS])
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._set_wide(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a parameter", lang))
        self.search.setAccessibleName(tr("Find a parameter", lang))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(72 * STEP)
        self.search.textChanged.connect(lambda _text: self._sift())
        top = row(self.about, None, self.search)
        top.setContentsMargins(0, STEP, 3 * STEP, STEP)
        outer.addLayout(top)
        outer.addWidget(self.table, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def editor(self, name: str) -> QWidget | None:
        """Return the field of a parameter."""
        self._complete()
        place = next(
            (i for i, (_, one) in enumerate(self._lines) if one is not None and one.parameter.name == name), -1
        )
        return self.table.cellWidget(place, 1)

    # -- inside

    def _sync(self, old: State | None, new: State) -> None:
        now = edits.active(new)
        if old is not None:
            before = edits.active(old)
            if before.parameters == now.parameters and before.name == now.name:
                return
        self.about.setText(
            tr("Assumptions of {name}; a change is kept in the scenario.", self._lang,
               name=shown_name(now, self._lang))
        )  # fmt: skip
        lines: list[tuple[Model, ParameterRow | None]] = []
        for model in MODELS.values():
            if model.parameters:
                lines.append((model, None))
                lines += [(model, one) for one in table(model, now.parameters.get(model.name, {}))]
        keep = [_names(line) for line in lines] == [_names(line) for line in self._lines]
        changed = [i for i, pair in enumerate(lines) if not keep or pair != self._lines[i]]
        self._lines = lines
        if not keep:
            self.table.setRowCount(0)  # with fields that belong to other parameters
        self.table.setRowCount(len(lines))
        made = [place for place in changed if keep and place not in self._todo]
        if not keep:
            self._todo = changed
        self._write(made)
        self._sift()
        self._begin()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the lines once somebody looks: a hundred with their fields take most of a second."""
        super().showEvent(event)
        self._begin()

    def _begin(self) -> None:
        if self._todo and self.isVisible():
            self._timer.start()

    def _go_on(self) -> None:
        """Make a few lines, and let the window breathe."""
        self._write(self._todo[:_AT_ONCE])
        self._todo = self._todo[_AT_ONCE:]
        if not self._todo:
            self._timer.stop()

    def _complete(self) -> None:
        self._write(self._todo)
        self._todo = []

    def _write(self, places: list[int]) -> None:
        if places:
            self._set_wide(False)  # else the table would be laid out anew for each cell
            for place in places:
                self._fill(place)
            self._set_wide(True)

    def _set_wide(self, by_contents: bool) -> None:
        """Let columns be as wide as what stands in them, or leave them while much is written."""
        header, modes = self.table.horizontalHeader(), QHeaderView.ResizeMode
        for column in range(len(_HEADS)):
            wide = modes.Stretch if column == _SOURCE else modes.ResizeToContents
            header.setSectionResizeMode(column, wide if by_contents else modes.Fixed)

    def _fill(self, place: int) -> None:
        lang = self._lang
        model, one = self._lines[place]
        if one is None:
            self._fill_head(place, model)
            return
        parameter = one.parameter
        title = tr(parameter.title, lang)
        mark = f"{title} •" if one.changed else title
        texts = [mark, "", tr(parameter.unit, lang), self._said(parameter.default), tr(parameter.source, lang)]
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(tr("{name}: changed from its default", lang, name=title) if one.changed else text)
            if one.changed and column == 0:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
            self.table.setItem(place, column, item)
        editor = self.table.cellWidget(place, 1)
        if editor is None:
            editor = self._make_editor(place, parameter)
            self.table.setCellWidget(place, 1, editor)
        self._show_value(editor, one.value)
        reset = IconButton("undo", tr("Set {name} back to its default", lang, name=title))
        reset.clicked.connect(lambda _checked=False: self._put(place, None))
        reset.setEnabled(one.changed)
        self.table.setCellWidget(place, 5, reset)

    def _fill_head(self, place: int, model: Model) -> None:
        """Name the model whose parameters follow."""
        item = QTableWidgetItem(tr(model.title, self._lang))
        font = item.font()
        font.setWeight(font.Weight.Medium)
        item.setFont(font)
        item.setForeground(self.palette().placeholderText())
        self.table.setItem(place, 0, item)
        self.table.setSpan(place, 0, 1, len(_HEADS))

    def _sift(self) -> None:
        """Show the lines that have what is typed in their title, source or model; heads of what is left stay."""
        wanted = self.search.text().strip().casefold()
        head, found = -1, False
        for place, (model, one) in enumerate(self._lines):
            if one is None:
                head, found = place, False
                self.table.setRowHidden(place, bool(wanted))
                continue
            said = [tr(text, self._lang) for text in (model.title, one.parameter.title, one.parameter.source)]
            fits = not wanted or any(wanted in text.casefold() for text in (*said, one.parameter.name))
            self.table.setRowHidden(place, not fits)
            if fits and not found:
                found = True
                self.table.setRowHidden(head, False)

    def _make_editor(self, place: int, parameter: Parameter) -> QWidget:
        editor: QWidget
        if isinstance(parameter.default, bool):
            box = QCheckBox()
            box.toggled.connect(partial(self._put, place))
            editor = box
        elif parameter.choices:
            choice = QComboBox()
            for name in parameter.choices:
                choice.addItem(tr(name, self._lang), name)
            choice.activated.connect(lambda _i: self._put(place, str(choice.currentData())))
            editor = choice
        elif isinstance(parameter.default, str):
            line = QLineEdit()
            line.setMaxLength(MAX_TEXT)
            line.editingFinished.connect(lambda: self._put_text(place, line.text().strip()))
            editor = line
        else:
            field = NumberBox()
            field.setRange(max(parameter.low, -1e9), min(parameter.high, 1e9))
            field.setDecimals(1 if float(parameter.default) >= 10 else 2)
            field.setGroupSeparatorShown(True)
            field.setKeyboardTracking(False)
            field.valueChanged.connect(partial(self._put, place))
            editor = field
        editor.setAccessibleName(tr(parameter.title, self._lang))
        editor.setToolTip(tr(parameter.title, self._lang))
        return editor

    def _show_value(self, editor: QWidget, value: Value) -> None:
        blocked = editor.blockSignals(True)
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QLineEdit):
            editor.setText(str(value))
        elif isinstance(editor, QDoubleSpinBox):
            editor.setValue(float(value))
        editor.blockSignals(blocked)

    def _said(self, value: Value) -> str:
        if isinstance(value, bool):
            return tr("yes", self._lang) if value else tr("no", self._lang)
        return tr(value, self._lang) if isinstance(value, str) else number(value, self._lang)

    def _put_text(self, place: int, text: str) -> None:
        one = self._lines[place][1]
        if one is not None and text != one.value:
            self._put(place, text)

    def _put(self, place: int, value: Value | None) -> None:
        model, one = self._lines[place]
        assert one is not None  # heads have no fields
        if value is not None and value == one.parameter.default:
            value = None
        edits.set_parameter(self._store, model.name, one.parameter.name, value, self._lang)


def _names(line: tuple[Model, ParameterRow | None]) -> tuple[str, str]:
    model, one = line
    return model.name, "" if one is None else one.parameter.name
