"""The tree of scenarios: which was copied from which, what part each plays, which one is worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from twin.scenario.scenario import PRESENT, ROLES, STATUSES, children, shown_name
from twin.text import tr
from twin.ui.edits import active

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from twin.scenario.scenario import Scenario
    from twin.state import State

_NAME = Qt.ItemDataRole.UserRole


class ScenarioTree(QTreeWidget):
    """One row for each scenario under the one it was copied from; the row chosen is the scenario worked on."""

    chosen = Signal(str)
    """Name of the scenario to work on, "" for the present state."""
    renamed = Signal(str, str)

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._shown: tuple[Scenario, ...] | None = None
        self.setObjectName("scenario_tree")
        self.setAccessibleName(tr("Scenarios", lang))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(16)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.currentItemChanged.connect(self._choose)
        self.itemChanged.connect(self._rename)

    def show_state(self, state: State) -> None:
        """Show the scenarios of a State and mark the one worked on."""
        with QSignalBlocker(self):
            if self._shown is not state.scenarios:
                self._fill(state.scenarios)
            self._shown = state.scenarios
            item = self._row("" if active(state) is PRESENT else state.scenario)
            if item is not None and item is not self.currentItem():
                self.setCurrentItem(item)
            for row in self._rows():
                font = row.font(0)
                font.setBold(row is item)
                row.setFont(0, font)

    def edit_name(self) -> None:
        """Let the name of the current scenario be written; the present state keeps its name."""
        item = self.currentItem()
        if item is not None and item.data(0, _NAME):
            self.setFocus()
            self.editItem(item, 0)

    # -- inside

    def _fill(self, scenarios: tuple[Scenario, ...]) -> None:
        self.clear()
        root = QTreeWidgetItem(self, [shown_name(PRESENT, self._lang), ""])
        root.setData(0, _NAME, "")
        root.setToolTip(0, tr("The city as it is; drawing or changing something makes a scenario of it", self._lang))
        self._add(root, scenarios, PRESENT.name, set())
        self.expandAll()

    def _add(self, above: QTreeWidgetItem, scenarios: tuple[Scenario, ...], name: str, seen: set[str]) -> None:
        for scenario in children(scenarios, name):
            if scenario.name in seen:
                continue
            seen.add(scenario.name)
            item = QTreeWidgetItem(above, [scenario.name, self._about(scenario)])
            item.setData(0, _NAME, scenario.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            status = tr(STATUSES[scenario.status], self._lang)
            item.setToolTip(0, f"{scenario.name}\n{self._about(scenario)} · {status}")
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{scenario.name}, {self._about(scenario)}, {status}")
            self._add(item, scenarios, scenario.name, seen)

    def _about(self, scenario: Scenario) -> str:
        role = tr(ROLES[scenario.role], self._lang)
        return f"{role} {scenario.horizon}" if scenario.horizon is not None else role

    def _rows(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        open_ = [self.topLevelItem(0)]
        while open_:
            item = open_.pop()
            if item is not None:
                found.append(item)
                open_ += [item.child(place) for place in range(item.childCount())]
        return found

    def _row(self, name: str) -> QTreeWidgetItem | None:
        return next((item for item in self._rows() if item.data(0, _NAME) == name), None)

    def _choose(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(0, _NAME)))

    def _rename(self, item: QTreeWidgetItem, column: int) -> None:
        old, new = str(item.data(0, _NAME)), item.text(0).strip()
        if column == 0 and old and new != old:
            with QSignalBlocker(self):
                item.setText(0, old)
            if new:
                self.renamed.emit(old, new)
