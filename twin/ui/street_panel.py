"""The panel of the table of streets: find, choose, and change several at once in the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QVBoxLayout, QWidget

from twin.scenario.streets import ChangeRoad, CloseRoad
from twin.text import N_, number, tr, trn
from twin.ui.street_rows import against, rows_of
from twin.ui.street_table import CHANGE, FLOW, SPEED, StreetTable
from twin.ui.widgets import STEP, Elided, EmptyState, button, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

    from twin.chain.answer import Answer
    from twin.result import Result
    from twin.state import State
    from twin.ui.shown import Shown

_MODEL = "traffic"
_WAYS = (
    (N_("One-way northbound"), (0.0, 1.0)), (N_("One-way eastbound"), (1.0, 0.0)),
    (N_("One-way southbound"), (0.0, -1.0)), (N_("One-way westbound"), (-1.0, 0.0)),
)  # fmt: skip


class StreetPanel(QWidget):
    """All streets of the city that is shown, as a table that follows what is selected and leads it."""

    edit_made = Signal(object)
    chosen = Signal(object)
    """Ids of the links of the rows chosen: select them where they are."""
    shown_wanted = Signal(object)
    """Ids of links to go to."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("street_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lang = lang
        self._shown: Shown | None = None
        self._stop: Callable[[], None] = lambda: None
        self._results: tuple[Result | None, Result | None] = (None, None)
        self._reference = ""
        self._stale = False
        self._following = False
        self._ids: tuple[str, ...] = ()
        self._build()
        self.destroyed.connect(lambda _=None: self._stop())

    def follow(self, shown: Shown) -> None:
        """Show the streets of the city that is shown."""
        self._stop()
        self._shown = shown
        self._stop = shown.listen(self._changed)
        self._make()

    def show_answers(self, answer: Answer | None, reference: Answer | None, names: tuple[str, str]) -> None:
        """Show what the traffic model says to the scenario and to its reference."""
        found = tuple(None if one is None else one.results.get(_MODEL) for one in (answer, reference))
        if found[0] is self._results[0] and found[1] is self._results[1] and names[1] == self._reference:
            return
        self._results, self._reference = (found[0], found[1]), names[1]
        self._make()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the rows once somebody looks."""
        super().showEvent(event)
        if self._stale:
            self._make()

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a street", lang))
        self.search.setAccessibleName(tr("Find a street", lang))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(14 * STEP)
        self.search.setMaximumWidth(60 * STEP)
        self.which = QComboBox()
        self.which.addItem(tr("Whole streets", lang), False)
        self.which.addItem(tr("Between junctions", lang), True)
        self.which.setAccessibleName(tr("Rows", lang))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(6)
        self.said = Elided()
        self.said.setProperty("role", "muted")
        # one button: two of them would make the docks beside this one narrower than their words
        self.change = button(tr("Change", lang), tr("Close the streets chosen, or leave one direction open", lang))
        menu = QMenu(self.change)
        self.shut = menu.addAction(tr("Close to all vehicles", lang))
        menu.addSeparator()
        self.ways = [menu.addAction(tr(text, lang)) for text, _ in _WAYS]
        self.change.setMenu(menu)
        self.table = StreetTable(lang)
        self.empty = EmptyState(tr("There are no streets in this city.", lang))
        self.search.textChanged.connect(self.table.lines.sift)
        self.which.currentIndexChanged.connect(lambda _i: self._make())
        self.shut.triggered.connect(lambda _on=False: self._edit(CloseRoad(roads=self._ids)))
        for action, (_, way) in zip(self.ways, _WAYS, strict=True):
            action.triggered.connect(lambda _on=False, to=way: self._direct(to))
        self.table.chosen.connect(self._choose)
        self.table.shown_wanted.connect(self._go)
        self.table.lines.wanted.connect(self._typed)
        # the rows lie otherwise, and those chosen are to be found again
        self.table.lines.modelReset.connect(self._follow_selection)
        top = row(self.search, self.which, self.said, self.change)
        top.setStretchFactor(self.said, 1)
        top.setContentsMargins(3 * STEP, STEP, 3 * STEP, STEP)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(top)
        outer.addWidget(self.empty)
        outer.addWidget(self.table, 1)

    def _changed(self, old: State, new: State) -> None:
        if old.city.roads is not new.city.roads:
            self._make()
        elif old.selection is not new.selection:
            self._follow_selection()

    def _make(self) -> None:
        """Make the rows anew; those chosen stay chosen where they still are."""
        self._stale = not self.isVisible()
        if self._shown is None or self._stale:
            return
        rows = rows_of(self._shown.state.city, bool(self.which.currentData()))
        now, once = self._results
        flow = rows.flow(now)
        change = flow - rows.flow(once) if once is not now else np.full(len(flow), np.nan)
        self.table.lines.take(rows, flow, change, self._reference)
        self.table.setColumnHidden(FLOW, now is None)
        self.table.setColumnHidden(CHANGE, now is None or once is None or once is now)
        self.empty.setVisible(not len(rows.keys))
        self.table.setVisible(bool(len(rows.keys)))

    def _follow_selection(self) -> None:
        """Choose the rows of what is selected in the view."""
        rows = self.table.lines.rows
        if self._shown is None or rows is None or self._stale:
            return
        chosen = self._shown.state.selection
        ids = set(chosen.ids) if chosen is not None and chosen.table == "roads" else set()
        wanted = sorted({int(r) for r, id in zip(rows.of, rows.ids, strict=True) if id in ids})
        if sorted(self.table.rows()) != wanted:
            self._following = True
            self.table.choose(wanted)
            self._following = False
        self._say()

    def _choose(self) -> None:
        if not self._following:
            self._say()
            self.chosen.emit(self._ids)

    def _go(self) -> None:
        if self._ids:
            self.shown_wanted.emit(self._ids)

    def _say(self) -> None:
        """Say what is chosen, and let be done what can be."""
        rows, lang = self.table.lines.rows, self._lang
        chosen = self.table.rows()
        self._ids = () if rows is None else rows.links(chosen)
        self.change.setEnabled(bool(chosen))
        if rows is None or not chosen:
            self.said.set_text(trn("{n} row", "{n} rows", self.table.lines.rowCount(), lang))
            return
        metres = number(float(rows.length[chosen].sum()), lang, 0, "m")
        self.said.set_text(trn("{n} chosen, {length}", "{n} chosen, {length}", len(chosen), lang, length=metres))

    def _typed(self, column: int, value: float) -> None:
        if self._ids:
            speed, lanes = (value, None) if column == SPEED else (None, value)
            self._edit(ChangeRoad(roads=self._ids, speed=speed, lanes=lanes))

    def _direct(self, way: tuple[float, float]) -> None:
        if self._shown is not None:
            closed = against(self._shown.state.city, self._ids, way)
            if closed:
                self._edit(CloseRoad(roads=closed))
            else:
                self.said.set_text(tr("None of them can be driven both ways.", self._lang))

    def _edit(self, edit: ChangeRoad | CloseRoad) -> None:
        if self._ids:
            self.edit_made.emit(edit)
