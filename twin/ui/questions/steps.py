"""The steps of a question as rows of a form: choose on the map or by name, draw, a number, a choice, yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QDoubleSpinBox, QLineEdit, QVBoxLayout, QWidget

from twin.questions.question import Choice, Draw, Loaded, Number, Pick, Tick
from twin.text import number, tr, trn
from twin.ui import edits
from twin.ui.widgets import STEP, NumberBox, button, label, row

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.questions.question import Step

_MOST_NAMES = 20_000
_NAMED = ("name", "address")


class StepRow(QWidget):
    """A step: its number and title, a line of help, and what gives its value."""

    given = Signal(str, object)
    draw_wanted = Signal(object)
    look_at = Signal(str, object)
    """(table, ids): chosen by name; select it and go there."""

    def __init__(self, step: Step, city: City, lang: str, loaded: tuple[tuple[str, str, str], ...] = ()) -> None:
        super().__init__()
        self._loaded = loaded
        self.setObjectName(f"step.{step.id}")
        self.step = step
        self._lang = lang
        self._city = city
        title = tr(step.title, lang)
        self._title = label(title, "heading-small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        self._hint = label(tr(step.hint, lang), "muted")
        self._hint.setVisible(bool(step.hint))
        if not isinstance(step, Tick):
            column.addWidget(self._title)
        column.addWidget(self._hint)
        self._value: Any = None
        self.editor = self._make(column)
        self.editor.setAccessibleName(title)
        self.editor.setAccessibleDescription(tr(step.hint, lang))

    def number(self, place: int) -> None:
        """Write its place among the steps that are asked; 0 for none, where it is alone."""
        title = tr(self.step.title, self._lang)
        self._title.setText(f"{place}  {title}" if place else title)

    def show_value(self, value: Any) -> None:
        """Show the value the step has."""
        step = self.step
        with QSignalBlocker(self.editor):
            if isinstance(step, Number) and isinstance(self.editor, QDoubleSpinBox):
                if self.editor.value() != value:
                    self.editor.setValue(float(value))
            elif isinstance(step, Choice | Loaded) and isinstance(self.editor, QComboBox):
                self.editor.setCurrentIndex(self.editor.findData(value))
            elif isinstance(step, Tick) and isinstance(self.editor, QCheckBox):
                self.editor.setChecked(bool(value))
            elif isinstance(step, Choice):
                for key, box in self._boxes.items():
                    with QSignalBlocker(box):
                        box.setChecked(key in (value or ()))
            elif isinstance(step, Pick):
                self._show_picked(value)
            elif isinstance(step, Draw):
                self._said.setText(self._drawn_text(value))
                self._said.setVisible(value is not None)
                text = tr("Draw anew", self._lang) if value is not None else tr("Draw on the map", self._lang)
                self.editor.setText(text)  # type: ignore[attr-defined]  # a button
        self._value = value

    # -- inside

    def _make(self, column: QVBoxLayout) -> QWidget:
        step = self.step
        if isinstance(step, Number):
            return self._make_number(step, column)
        if isinstance(step, Tick):
            tick = QCheckBox(tr(step.title, self._lang))
            tick.toggled.connect(lambda on: self.given.emit(step.id, on))
            column.insertWidget(0, tick)
            return tick
        if isinstance(step, Choice):
            return self._make_choice(step, column)
        if isinstance(step, Loaded):
            return self._make_loaded(step, column)
        if isinstance(step, Pick):
            return self._make_pick(step, column)
        draw = button(tr("Draw on the map", self._lang))
        draw.clicked.connect(lambda _checked=False: self.draw_wanted.emit(step))
        self._said = label("", "muted")
        column.addWidget(self._said)
        column.addLayout(row(draw, None))
        return draw

    def _make_number(self, step: Number, column: QVBoxLayout) -> QWidget:
        field = NumberBox()
        field.setDecimals(step.decimals)
        field.setRange(step.low, step.high)
        field.setSingleStep(step.step)
        field.setGroupSeparatorShown(True)
        unit = tr(step.unit, self._lang)
        if unit:
            field.setSuffix(f"\u00a0{unit}")
        low, high = (number(value, self._lang, step.decimals) for value in (step.low, step.high))
        field.setToolTip(tr("From {low} to {high}", self._lang, low=low, high=high))
        field.valueChanged.connect(lambda value: self.given.emit(step.id, float(value)))
        column.addLayout(row(field, None))
        return field

    def _make_choice(self, step: Choice, column: QVBoxLayout) -> QWidget:
        options = step.of(self._city)
        if step.several:
            holder = QWidget()
            inside = QVBoxLayout(holder)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(0)
            self._boxes = {key: QCheckBox(tr(text, self._lang)) for key, text in options}
            for box in self._boxes.values():
                box.toggled.connect(lambda _on: self.given.emit(step.id, self._ticked()))
                inside.addWidget(box)
            column.addWidget(holder)
            return holder
        choice = QComboBox()
        for key, text in options:
            choice.addItem(tr(text, self._lang), key)
        choice.activated.connect(lambda _i: self.given.emit(step.id, choice.currentData()))
        column.addWidget(choice)
        return choice

    def _make_loaded(self, step: Loaded, column: QVBoxLayout) -> QWidget:
        choice = QComboBox()
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(12)
        for id, title, unit in self._loaded:
            if unit.startswith(step.unit):
                choice.addItem(title, id)
        choice.activated.connect(lambda _i: self.given.emit(step.id, choice.currentData()))
        column.addWidget(choice)
        if not choice.count():
            choice.setEnabled(False)
            column.addWidget(label(tr("No data layer in {unit} yet: bring one in with “Add data”.", self._lang,
                                      unit=step.unit), "muted"))  # fmt: skip
        return choice

    def _ticked(self) -> tuple[str, ...]:
        return tuple(key for key, box in self._boxes.items() if box.isChecked())

    def _make_pick(self, step: Pick, column: QVBoxLayout) -> QWidget:
        names = QComboBox()
        line = QLineEdit()
        names.setLineEdit(line)  # which makes it editable
        names.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        names.setMinimumContentsLength(12)
        self._names = _names(self._city, step.table)
        names.addItems(list(self._names))
        names.setCurrentIndex(-1)
        line.setPlaceholderText(tr("Click the map, or type a name", self._lang))
        line.setAccessibleName(tr(step.title, self._lang))
        completer = names.completer() or QCompleter(names.model(), names)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        names.activated.connect(lambda _i: self._named(step, names.currentText()))
        line.returnPressed.connect(lambda: self._named(step, names.currentText()))
        self._said = label("", "muted")
        column.addWidget(names)
        column.addWidget(self._said)
        return names

    def _named(self, step: Pick, text: str) -> None:
        ids = self._names.get(text)
        if ids is None:
            found = [name for name in self._names if text.strip() and text.strip().lower() in name.lower()]
            ids = self._names[found[0]] if len(found) == 1 else None
        if ids is None:
            self._said.setText(tr("Nothing is called “{text}” here.", self._lang, text=text))
            self._said.show()
            return
        self.given.emit(step.id, ids)
        self.look_at.emit(step.table, ids)

    def _show_picked(self, ids: tuple[str, ...] | None) -> None:
        step = self.step
        assert isinstance(step, Pick)
        assert isinstance(self.editor, QComboBox)
        if not ids:
            self._said.hide()
            return
        if ids == self._value:
            return
        names = list(dict.fromkeys(edits.thing_names((self._city,), step.table, ids[:50], self._lang)))
        self.editor.setEditText(", ".join(names[:2]) + (" …" if len(names) > 2 else ""))
        self._said.setText(trn("{n} thing on the map", "{n} things on the map", len(ids), self._lang))
        self._said.show()

    def _drawn_text(self, value: Any) -> str:
        lang = self._lang
        if value is None:
            return ""
        line, ring = getattr(value, "line", None), getattr(value, "footprint", None)
        step = self.step
        kind = step.kind if isinstance(step, Draw) else ""
        line = value if kind == "line" else line
        ring = value if kind == "area" else ring
        if line is not None:
            return tr("Drawn: {size}", lang, size=number(shapely.LineString(line).length, lang, 0, "m"))
        if ring is not None:
            return tr("Drawn: {size}", lang, size=number(shapely.Polygon(ring).area, lang, 0, "m²"))
        return tr("It is drawn.", lang)


def _names(city: City, table: str) -> dict[str, tuple[str, ...]]:
    """Return what can be chosen by name, in alphabetical order: all rows of a street's name are that street."""
    rows = city.table(table)
    found: dict[str, list[str]] = {}
    for column in _NAMED:
        if column not in rows.columns:
            continue
        for id, name in zip(rows["id"], rows[column], strict=True):
            text = str(name).strip() if isinstance(name, str) else ""
            if text and len(found) < _MOST_NAMES:
                found.setdefault(text, []).append(str(id))
    return {name: tuple(found[name]) for name in sorted(found, key=str.casefold)}
