"""The scenario panel: the tree of scenarios, what the one worked on is, and its edits as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from twin.errors import TwinError
from twin.scenario import scenario as scenarios
from twin.scenario.scenario import PRESENT, ROLES, STATUSES
from twin.text import N_, error_text, tr, trn
from twin.ui import edits
from twin.ui.edit_list import EditList
from twin.ui.scenario_tree import ScenarioTree
from twin.ui.shown import cities
from twin.ui.widgets import STEP, EmptyState, IconButton, IntegerBox, Scrolled, button, label, own_action, row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.scenario.conflicts import Conflict
    from twin.scenario.scenario import Entry, Role, Scenario, Status
    from twin.state import State, Store

_NO_YEAR = 1999
_LAST_YEAR = 2150


class ScenarioDock(QWidget):
    """All it does goes through the Store and can be undone; which scenario is worked on is no step of its own."""

    place_requested = Signal(object)
    """The box (west, south, east, north) [m] of an edit to fly to."""
    problem = Signal(object)

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scenario_dock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._conflicts: tuple[Conflict, ...] = ()
        self.tree = ScenarioTree(lang)
        self.tree.chosen.connect(self._work_on)
        self.tree.renamed.connect(self._rename)
        self.list = EditList(lang)
        self.list.switched.connect(self._switch)
        self.list.moved.connect(self._move)
        self.list.currentRowChanged.connect(lambda _row: self._show_current())
        self.list.itemActivated.connect(lambda _item: self._fly())
        self._build_actions()
        self._build()
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def set_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """Take what is wrong with the edits of the scenario worked on."""
        if tuple(conflicts) != self._conflicts:
            self._conflicts = tuple(conflicts)
            self._show_edits()

    # -- commands

    def copy_current(self) -> None:
        """Make a scenario from the one worked on, and work on it; its name can be written at once."""
        now = edits.active(self._store.state)
        edits.copy(self._store, "" if now is PRESENT else now.name, self._lang)
        self.tree.edit_name()

    def remove_scenario(self) -> None:
        """Remove the scenario worked on; undo brings it back."""
        state = self._store.state
        now = edits.active(state)
        if now is not PRESENT:
            parent = now.parent if any(one.name == now.parent for one in state.scenarios) else ""
            rest = scenarios.removed(state.scenarios, now.name)
            self._store.change(N_("Remove scenario"), scenarios=rest, scenario=parent)

    def remove_edit(self) -> None:
        """Remove the current edit."""
        place = self.list.currentRow()
        entries = list(self._entries())
        if 0 <= place < len(entries):
            del entries[place]
            self._put(N_("Remove edit"), entries)

    def move_current(self, step: int) -> None:
        """Let the current edit apply earlier (-1) or later (+1)."""
        place = self.list.currentRow()
        if place >= 0 and 0 <= place + step < len(self._entries()):
            self._move(place, place + step + (step > 0))

    # -- building

    def _build_actions(self) -> None:
        def action(text: str, keys: str, run: Callable[[], None], on: QWidget) -> QAction:
            return own_action(on, tr(text, self._lang), keys, run)

        self.rename_action = action(N_("Rename scenario"), "F2", self.tree.edit_name, self.tree)
        self.delete_action = action(N_("Remove scenario"), "Del", self.remove_scenario, self.tree)
        self.up_action = action(N_("Move edit up"), "Alt+Up", lambda: self.move_current(-1), self.list)
        self.down_action = action(N_("Move edit down"), "Alt+Down", lambda: self.move_current(1), self.list)
        self.remove_action = action(N_("Remove edit"), "Del", self.remove_edit, self.list)
        self.fly_action = action(N_("Zoom to the edit"), "Ctrl+J", self._fly, self.list)

    def _icon(self, name: str, action: QAction) -> IconButton:
        result = IconButton(name, action.text(), action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        result.clicked.connect(lambda _checked=False: action.trigger())
        return result

    def _build(self) -> None:
        lang = self._lang
        self.copy_button = button(
            tr("New from this", lang), tr("Make a scenario with the same edits and work on it", lang)
        )
        self.copy_button.setProperty("role", "link")
        self.copy_button.clicked.connect(lambda _checked=False: self.copy_current())
        self._rename_button = self._icon("pencil", self.rename_action)
        self._delete_button = self._icon("trash", self.delete_action)
        head = row(self.copy_button, None, self._rename_button, self._delete_button, spacing=0)
        head.setContentsMargins(0, STEP, 0, STEP)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.tree, 1)
        column.addWidget(self._about())
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(upper)
        splitter.addWidget(self._editing())
        splitter.setStretchFactor(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scrolled(splitter))

    def _about(self) -> QWidget:
        lang = self._lang
        self.role, self.status = QComboBox(), QComboBox()
        for box, texts, name in (
            (self.role, {key: text for key, text in ROLES.items() if key != "nulage"}, tr("Role", lang)),
            (self.status, STATUSES, tr("Status", lang)),
        ):
            for key, text in texts.items():
                box.addItem(tr(text, lang), key)
            box.setAccessibleName(name)
            box.setToolTip(name)
        self.role.activated.connect(lambda _i: self._set(N_("Change role"), role=cast("Role", self.role.currentData())))
        self.status.activated.connect(
            lambda _i: self._set(N_("Change status"), status=cast("Status", self.status.currentData()))
        )
        self.year = IntegerBox()
        self.year.setRange(_NO_YEAR, _LAST_YEAR)
        self.year.setSpecialValueText("–")
        self.year.setGroupSeparatorShown(False)
        self.year.setAccessibleName(tr("Horizon year", lang))
        self.year.setToolTip(tr("The year the scenario speaks of; below 2000 means none", lang))
        self.year.valueChanged.connect(self._set_year)
        result = QWidget()
        form = QFormLayout(result)
        form.setContentsMargins(3 * STEP, 2 * STEP, 2 * STEP, 2 * STEP)
        form.setSpacing(STEP)
        for text, widget in ((tr("Role", lang), self.role), (tr("Year", lang), self.year),
                             (tr("Status", lang), self.status)):  # fmt: skip
            caption = label(text, "muted", wrap=False)
            caption.setBuddy(widget)
            form.addRow(caption, widget)
        self._facts = result
        return result

    def _editing(self) -> QWidget:
        lang = self._lang
        self._count = label("", "section", wrap=False)
        self._edit_buttons = [
            self._icon(name, action)
            for name, action in (
                ("target", self.fly_action),
                ("chevron-up", self.up_action),
                ("chevron-down", self.down_action),
                ("trash", self.remove_action),
            )
        ]
        head = row(self._count, None, *self._edit_buttons, spacing=0)
        head.setContentsMargins(3 * STEP, STEP, 0, STEP)
        self._empty = EmptyState("")
        self.note = QLineEdit()
        self.note.setAccessibleName(tr("Note on the edit", lang))
        self.note.setPlaceholderText(tr("Note on the edit", lang))
        self.note.setMaxLength(2_000)
        self.note.editingFinished.connect(self._set_note)
        self._problems = QLabel()
        self._problems.setProperty("role", "problem")
        self._problems.setTextFormat(Qt.TextFormat.PlainText)
        self._problems.setWordWrap(True)
        result = QWidget()
        column = QVBoxLayout(result)
        column.setContentsMargins(0, 0, 0, 2 * STEP)
        column.setSpacing(STEP)
        column.addLayout(head)
        column.addWidget(self._empty, 1)
        column.addWidget(self.list, 1)
        foot = row(self.note)
        foot.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
        column.addLayout(foot)
        column.addWidget(self._problems)
        return result

    # -- from the Store

    def _sync(self, old: State | None, new: State) -> None:
        same = old is not None and old.scenarios is new.scenarios and old.scenario == new.scenario
        if same and old is not None and old.city is new.city:
            return
        self.tree.show_state(new)
        now = edits.active(new)
        own = now is not PRESENT
        self._facts.setVisible(own)
        for enabled in (self.rename_action, self.delete_action, self._rename_button, self._delete_button):
            enabled.setEnabled(own)
        with QSignalBlocker(self.year), QSignalBlocker(self.role), QSignalBlocker(self.status):
            self.year.setValue(_NO_YEAR if now.horizon is None else now.horizon)
            self.role.setCurrentIndex(self.role.findData(now.role))
            self.status.setCurrentIndex(self.status.findData(now.status))
        if not same:
            self._conflicts = ()
        self._show_edits()

    def _show_edits(self) -> None:
        lang, state = self._lang, self._store.state
        now = edits.active(state)
        rows = [(edits.sentence(one.edit, cities(self._store), lang), one.enabled, one.note) for one in now.edits]
        problems = [""] * len(rows)
        for conflict in self._conflicts:
            if conflict.number <= len(rows):
                problems[conflict.number - 1] = conflict.text(lang)
        self.list.show_rows(rows, problems)
        said = "\n".join(conflict.text(lang) for conflict in self._conflicts if conflict.number <= len(rows))
        self._problems.setText(said)
        self._problems.setVisible(bool(said))
        self._count.setText(trn("{n} edit", "{n} edits", len(rows), lang))
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._empty.sentence.setText(self._nothing(now))
        self._show_current()

    def _nothing(self, now: Scenario) -> str:
        if now is PRESENT:
            return tr(
                "This is the city as it is. Draw a footbridge or a building, or change what you select: "
                "a new scenario is made for it.",
                self._lang,
            )
        return tr("No edits yet. Draw a footbridge or a building, or change what you select.", self._lang)

    def _show_current(self) -> None:
        place, entries = self.list.currentRow(), self._entries()
        there = 0 <= place < len(entries)
        self.note.setVisible(there)
        with QSignalBlocker(self.note):
            self.note.setText(entries[place].note if there else "")
        for action, possible in (
            (self.fly_action, there),
            (self.up_action, there and place > 0),
            (self.down_action, there and place < len(entries) - 1),
            (self.remove_action, there),
        ):
            action.setEnabled(possible)
        for icon_button, action in zip(
            self._edit_buttons, (self.fly_action, self.up_action, self.down_action, self.remove_action), strict=True
        ):
            icon_button.setVisible(bool(entries))
            icon_button.setEnabled(action.isEnabled())

    # -- to the Store

    def _entries(self) -> tuple[Entry, ...]:
        return edits.active(self._store.state).edits

    def _work_on(self, name: str) -> None:
        if name != self._store.state.scenario:
            self._store.change("Choose scenario", undoable=False, scenario=name)

    def _rename(self, old: str, new: str) -> None:
        state = self._store.state
        try:
            changed = scenarios.find(state.scenarios, old).changed(name=new[:120])
            every = scenarios.replaced(state.scenarios, old, changed)
        except TwinError as error:
            self.problem.emit(error)
            self.tree.setToolTip(error_text(error, self._lang))
            return
        reference = changed.name if state.reference == old else state.reference
        self._store.change(N_("Rename scenario"), scenarios=every, scenario=changed.name, reference=reference)

    def _set(self, what: str, merge: str = "", **parts: object) -> None:
        now = edits.active(self._store.state)
        if now is not PRESENT and any(getattr(now, name) != value for name, value in parts.items()):
            edits.put(self._store, what, now.changed(**parts), merge)

    def _set_year(self, year: int) -> None:
        merge = f"year:{self._store.state.scenario}"
        self._set(N_("Change horizon year"), merge, horizon=None if year == _NO_YEAR else year)

    def _put(self, what: str, entries: Sequence[Entry]) -> None:
        self._set(what, edits=tuple(entries))

    def _switch(self, place: int, on: bool) -> None:
        entries = list(self._entries())
        entries[place] = msgspec.structs.replace(entries[place], enabled=on)
        self._put(N_("Switch edit on") if on else N_("Switch edit off"), entries)

    def _move(self, place: int, before: int) -> None:
        entries = list(self._entries())
        entry = entries.pop(place)
        target = before - (before > place)
        entries.insert(target, entry)
        self._put(N_("Move edit"), entries)
        self.list.setCurrentRow(target)

    def _set_note(self) -> None:
        place, entries = self.list.currentRow(), list(self._entries())
        text = self.note.text().strip()
        if 0 <= place < len(entries) and entries[place].note != text:
            entries[place] = msgspec.structs.replace(entries[place], note=text)
            self._put(N_("Note on edit"), entries)

    def _fly(self) -> None:
        place, entries = self.list.currentRow(), self._entries()
        if 0 <= place < len(entries):
            self.place_requested.emit(edits.extent(entries[place].edit, cities(self._store)))
