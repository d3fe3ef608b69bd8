"""The edits of a scenario as a list to read: switched on and off, moved by keys or by dragging, noted, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from twin.text import tr
from twin.ui import icons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget


class EditList(QListWidget):
    """One checkable row for each edit, in the order in which they apply."""

    switched = Signal(int, bool)
    moved = Signal(int, int)
    """Row, and the row before which it goes."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self.setObjectName("edit_list")
        self.setAccessibleName(tr("Edits of the scenario, in the order in which they apply", lang))
        self.setWordWrap(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.itemChanged.connect(self._changed)
        self._on: list[bool] = []

    def show_rows(self, rows: Sequence[tuple[str, bool, str]], problems: Sequence[str]) -> None:
        """Show edits.

        Parameters
        ----------
        rows : sequence of (sentence, switched on, note)
        problems : sequence of str
            For each row what is wrong with it, "" when nothing is.
        """
        current = self.currentRow()
        with QSignalBlocker(self):
            while self.count() > len(rows):
                self.takeItem(self.count() - 1)
            while self.count() < len(rows):
                item = QListWidgetItem()
                item.setFlags(
                    Qt.ItemFlag.ItemIsEnabled
                    | Qt.ItemFlag.ItemIsSelectable
                    | Qt.ItemFlag.ItemIsUserCheckable
                    | Qt.ItemFlag.ItemIsDragEnabled
                )
                self.addItem(item)
            for place, ((text, on, note), problem) in enumerate(zip(rows, problems, strict=True)):
                self._fill(self.item(place), text, on, note, problem)
            self._on = [on for _, on, _ in rows]
            self.setCurrentRow(min(current, len(rows) - 1))

    def dropEvent(self, event: QDropEvent) -> None:
        """Say where the row shall go; the Store then orders the rows."""
        place = self.indexAt(event.position().toPoint()).row()
        if place < 0:
            place = self.count()
        elif event.position().y() > self.visualItemRect(self.item(place)).center().y():
            place += 1
        event.setDropAction(Qt.DropAction.CopyAction)  # a move would make Qt delete the dragged row
        event.accept()
        row = self.currentRow()
        if row >= 0 and place not in (row, row + 1):
            self.moved.emit(row, place)

    def _fill(self, item: QListWidgetItem, text: str, on: bool, note: str, problem: str) -> None:
        item.setText(f"{text}\n{note}" if note else text)
        item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        item.setIcon(icons.icon("warning") if problem else QIcon())
        item.setToolTip("\n".join(part for part in (text, note, problem) if part))
        said = text if on else tr("{edit}, switched off", self._lang, edit=text)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(part for part in (said, note, problem) if part))

    def _changed(self, item: QListWidgetItem) -> None:
        row = self.row(item)
        on = item.checkState() == Qt.CheckState.Checked
        if 0 <= row < len(self._on) and self._on[row] != on:
            self.switched.emit(row, on)
