"""The table of parameters: what every model assumes in the scenario worked on, where from, and what was changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
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
from twin.text import N_, number, tr
from twin.ui import edits
from twin.ui.widgets import STEP, IconButton, label

if TYPE_CHECKING:
    from twin.models.model import Model, ParameterRow
    from twin.result import Value
    from twin.state import State, Store

_HEADS = (N_("Parameter"), N_("Value"), N_("Unit"), N_("Default"), N_("Source"), "")


class ParameterPanel(QWidget):
    """One line for each parameter; a changed one is marked and can be set back."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parameter_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._lines: list[tuple[Model, ParameterRow]] = []
        self.about = label("", "muted")
        self.about.setContentsMargins(3 * STEP, STEP, 3 * STEP, STEP)
        self.table = QTableWidget(0, len(_HEADS))
        self.table.setObjectName("parameter_table")
        self.table.setAccessibleName(tr("Parameters of the models", lang))
        self.table.setHorizontalHeaderLabels([tr(text, lang) for text in _HEADS])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4 * STEP)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setAccessibleName(self.table.accessibleName())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.about)
        outer.addWidget(self.table, 1)
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def editor(self, name: str) -> QWidget | None:
        """Return the field of a parameter."""
        place = next((i for i, (_, one) in enumerate(self._lines) if one.parameter.name == name), -1)
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
               name=edits.shown_name(now, self._lang))
        )  # fmt: skip
        lines = [(model, one) for model in MODELS.values() for one in table(model, now.parameters.get(model.name, {}))]
        focus = self.focusWidget()
        keep = focus is not None and [model.name for model, _ in lines] == [model.name for model, _ in self._lines]
        changed = [i for i, pair in enumerate(lines) if not keep or pair != self._lines[i]]
        self._lines = lines
        self.table.setRowCount(len(lines))
        for place in changed:
            self._fill(place)

    def _fill(self, place: int) -> None:
        lang = self._lang
        _, one = self._lines[place]
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
            editor = self._make_editor(place)
            self.table.setCellWidget(place, 1, editor)
        self._show_value(editor, one.value)
        reset = IconButton("undo", tr("Set {name} back to its default", lang, name=title))
        reset.clicked.connect(lambda _checked=False: self._put(place, None))
        reset.setEnabled(one.changed)
        self.table.setCellWidget(place, 5, reset)

    def _make_editor(self, place: int) -> QWidget:
        parameter = self._lines[place][1].parameter
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
            field = QDoubleSpinBox()
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
        if text != self._lines[place][1].value:
            self._put(place, text)

    def _put(self, place: int, value: Value | None) -> None:
        model, one = self._lines[place]
        if value is not None and value == one.parameter.default:
            value = None
        edits.set_parameter(self._store, model.name, one.parameter.name, value, self._lang)
