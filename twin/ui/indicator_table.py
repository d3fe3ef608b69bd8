"""The lines of the table of indicators as one model: all are taken at once, cells are written where they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QFont
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

from twin import result
from twin.indicator_text import places_shown, signed
from twin.text import number, tr
from twin.ui import model_list
from twin.ui.widgets import as_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.result import Row
    from twin.ui.answers import Standing

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
COLUMNS = 5
REFERENCE, DIFFERENCE = 2, 3
"""Columns that say nothing of a reference that is looked at by itself."""


class IndicatorModel(QAbstractTableModel):
    """Indicators under the models that say them.

    An item per cell would lay the table out anew for each one; 120 rows took seconds on a large project.
    """

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang
        self._heads: list[str] = [""] * COLUMNS
        self._rough: frozenset[str] = frozenset()
        self._standing: Mapping[str, Standing] = {}
        self._written: dict[int, list[str]] = {}
        self.lines: list[Row | Standing] = []

    def take(
        self, rows: Sequence[Row], heads: list[str], standing: Mapping[str, Standing], rough: frozenset[str]
    ) -> bool:
        """Show other rows, each model's under a head of its own; say whether there are others than before.

        Parameters
        ----------
        rows : sequence of Row
        heads : list of str
            Of the five columns.
        standing : mapping of str to Standing
            By the model's name.
        rough : set of str
            Models whose rows are a preview's.
        """
        lines: list[Row | Standing] = []
        for one in rows:
            head = standing.get(one.model)
            if head is not None and head not in lines:
                lines.append(head)
            lines.append(one)
        same = [_name(one) for one in lines] == [_name(one) for one in self.lines]
        if not same:
            self.beginResetModel()
        self._heads, self._standing, self._rough = heads, standing, rough
        self.lines, self._written = lines, {}
        if not same:
            self.endResetModel()
        elif lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, COLUMNS - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, COLUMNS - 1)
        return not same

    def row(self, place: int) -> Row | None:
        """Return the indicator of a line; None for the head of a model."""
        line = self.lines[place] if 0 <= place < len(self.lines) else None
        return line if isinstance(line, result.Row) else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return how many lines there are, heads with them."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else COLUMNS

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let indicators be chosen, and heads be read."""
        if self.row(index.row()) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write the head of a column, above its cells as they stand."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write a cell."""
        place, column = index.row(), index.column()
        line = self.lines[place]
        if not isinstance(line, result.Row):
            return self._of_head(line, role) if column == 0 else None
        if role == Qt.ItemDataRole.DisplayRole:
            if place not in self._written:
                self._written[place] = texts(line, self._lang)
            return self._written[place][column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            tip = tr("Enter or double-click shows it on the map", self._lang)
            return f"{tr(line.title, self._lang, **line.fields)}\n{tip}"
        if role == Qt.ItemDataRole.ForegroundRole:
            standing = self._standing.get(line.model)
            return _muted() if standing is not None and standing.old else None
        return None

    def _of_head(self, one: Standing, role: int) -> Any:
        """Name the model whose indicators follow, and say when they are not its last word."""
        if role == Qt.ItemDataRole.DisplayRole:
            said = [tr(one.model.title, self._lang)]
            if one.old:
                said.append(tr("from before the last edit", self._lang))
            elif one.how == "refining" or one.model.name in self._rough:
                said.append(tr("preview", self._lang))
            return "  ·  ".join(said)
        if role == Qt.ItemDataRole.ToolTipRole:
            return model_list.said(one, self._lang)
        if role == Qt.ItemDataRole.FontRole:
            font = QApplication.font()
            font.setWeight(QFont.Weight.Medium)
            return font
        return _muted() if role == Qt.ItemDataRole.ForegroundRole else None


class IndicatorTable(QTableView):
    """The table, read only; its columns are as wide as their texts, the first takes what is left."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = IndicatorModel(lang)
        self.setModel(self.lines)
        as_list(self, "indicator_table", tr("Indicators", lang))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def take(
        self, rows: Sequence[Row], heads: list[str], standing: Mapping[str, Standing], rough: frozenset[str]
    ) -> None:
        """Show other rows; the place where the reader was stays where the same lines are listed."""
        alone = heads[1] == heads[REFERENCE]
        for column in (REFERENCE, DIFFERENCE):
            self.setColumnHidden(column, alone)
        if not self.lines.take(rows, heads, standing, rough):
            return
        self.clearSpans()
        for place, line in enumerate(self.lines.lines):
            if not isinstance(line, result.Row):
                self.setSpan(place, 0, 1, COLUMNS)


def texts(one: Row, lang: str) -> list[str]:
    """Return an indicator as the five cells of its line."""
    decimals = places_shown(one)
    numbers = number(one.value, lang, decimals), number(one.reference, lang, decimals)
    return [tr(one.title, lang, **one.fields), *numbers, signed(one.difference, lang, decimals), tr(one.unit, lang)]


def _name(line: Row | Standing) -> str:
    return line.id if isinstance(line, result.Row) else f"model {line.model.name}"


def _side(column: int) -> int:
    return _RIGHT if 0 < column < COLUMNS - 1 else _LEFT


def _muted() -> QBrush:
    return QApplication.palette().placeholderText()
