"""The numbers of a chart as a table that can be read, walked through with keys, and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

from twin import chart as charts
from twin.text import tr
from twin.ui.widgets import as_list

if TYPE_CHECKING:
    from twin.chart import Chart, Column

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Numbers(QAbstractTableModel):
    """The columns of a chart; cells are written only where they are looked at."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang
        self._columns: tuple[Column, ...] = ()

    def take(self, chart: Chart | None) -> None:
        """Show another chart's numbers."""
        self.beginResetModel()
        self._columns = () if chart is None else charts.table(chart, self._lang)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return how many rows there are."""
        return max((len(column.values) for column in self._columns), default=0)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return how many columns there are."""
        return len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write a cell."""
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.cell(index.row(), self._lang)
        if role == Qt.ItemDataRole.TextAlignmentRole and not column.texts:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write the head of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._columns[section].title
        return None

    def text(self) -> str:
        """Return all of it, columns parted by tabs."""
        rows = [[column.title for column in self._columns]]
        rows += [[column.cell(n, self._lang) for column in self._columns] for n in range(self.rowCount())]
        return "\n".join("\t".join(row) for row in rows)


class NumbersView(QTableView):
    """The table of a chart, read only."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers = Numbers(lang)
        self.setModel(self.numbers)
        as_list(self, "chart_table", tr("Numbers of the chart", lang))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        copy = QAction(tr("Copy the table", lang), self)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)

    def take(self, chart: Chart | None) -> None:
        """Show another chart's numbers."""
        self.numbers.take(chart)
        self.resizeColumnsToContents()

    def copy(self) -> None:
        """Put all of it on the clipboard."""
        QApplication.clipboard().setText(self.numbers.text())
