"""The table of streets: what there is of each and what drives there; speed and lanes are typed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from twin.city.schema import word
from twin.indicator_text import signed
from twin.text import N_, number, tr
from twin.ui.widgets import as_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent

    from twin.ui.street_rows import StreetRows

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADS = (N_("Street"), N_("Kind"), N_("Length [m]"), N_("Speed [km/h]"), N_("Lanes"), N_("ÅDT [veh/day]"),
          N_("Difference"), N_("Direction"))  # fmt: skip
NAME, KIND, LENGTH, SPEED, LANES, FLOW, CHANGE, WAYS = range(len(_HEADS))
_TIPS = {
    SPEED: N_("Speed limit; double-click or F2 changes it in all rows that are selected"),
    LANES: N_("Lanes in each direction; double-click or F2 changes them in all rows that are selected"),
    FLOW: N_("Vehicles of a mean day, both directions, the mean along the street"),
    CHANGE: N_("Vehicles a day more or fewer than in {reference}"),
}
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
LIMITS = {SPEED: (5.0, 120.0), LANES: (1.0, 8.0)}
"""What may be typed."""


class StreetModel(QAbstractTableModel):
    """Rows of streets, sifted and sorted here: a proxy that asks for each cell takes seconds in a large city."""

    wanted = Signal(int, float)
    """(column, value) typed into a cell."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang
        self.rows: StreetRows | None = None
        self._flow: NDArray[np.float64] = np.zeros(0)
        self._change: NDArray[np.float64] = np.zeros(0)
        self._order: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._reference = ""
        self._text = ""
        self._by, self._down = NAME, False

    def take(
        self, rows: StreetRows | None, flow: NDArray[np.float64], change: NDArray[np.float64], reference: str
    ) -> None:
        """Show other rows, with their traffic and what it is more than in the reference."""
        self.beginResetModel()
        self.rows, self._flow, self._change, self._reference = rows, flow, change, reference
        self._arrange()
        self.endResetModel()

    def sift(self, text: str) -> None:
        """Show only streets with a text in their name."""
        self.beginResetModel()
        self._text = text.strip().casefold()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what has no value comes last."""
        self.beginResetModel()
        self._by, self._down = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()
        self.endResetModel()

    def row(self, place: int) -> int:
        """Return which of :attr:`rows` stands on a line."""
        return int(self._order[place])

    def places(self, wanted: Sequence[int]) -> list[int]:
        """Return the lines on which some of :attr:`rows` stand."""
        return np.flatnonzero(np.isin(self._order, list(wanted))).tolist()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return how many streets are shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(_HEADS)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let speed and lanes be typed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in LIMITS else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write the head of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(_HEADS[section], self._lang)
        if role == Qt.ItemDataRole.ToolTipRole and section in _TIPS:
            return tr(_TIPS[section], self._lang, reference=self._reference)
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write a cell."""
        if self.rows is None:
            return None
        row, column = self.row(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(self.rows, row, column)
        if role == Qt.ItemDataRole.EditRole and column in LIMITS:
            low = (self.rows.speed if column == SPEED else self.rows.lanes)[row, 0]
            return round(float(low)) if np.isfinite(low) else round(LIMITS[column][0])
        if role == Qt.ItemDataRole.ToolTipRole and column in LIMITS:
            return tr(_TIPS[column], self._lang)
        return _side(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for the value typed; the table shows it once the scenario has it."""
        column = index.column()
        if role != Qt.ItemDataRole.EditRole or column not in LIMITS:
            return False
        low, high = LIMITS[column]
        self.wanted.emit(column, min(max(float(value), low), high))
        return True

    def _cell(self, rows: StreetRows, row: int, column: int) -> str:
        lang = self._lang
        if column == NAME:
            return str(rows.names[row]) or tr("no name", lang)
        if column == KIND:
            return tr(word(str(rows.kinds[row]), "roads"), lang)
        if column in LIMITS:
            low, high = (rows.speed if column == SPEED else rows.lanes)[row]
            said = number(float(low), lang, 0)
            return said if low == high or np.isnan(low) else f"{said}–{number(float(high), lang, 0)}"
        if column == WAYS:
            return tr(str(rows.ways[row]), lang)
        if column == CHANGE:
            return signed(float(self._change[row]), lang, 0)
        return number(float((rows.length if column == LENGTH else self._flow)[row]), lang, 0)

    def _arrange(self) -> None:
        rows = self.rows
        if rows is None:
            self._order = np.zeros(0, dtype=np.intp)
            return
        shown = np.arange(len(rows.keys))
        if self._text:
            shown = np.array([k for k in shown if self._text in str(rows.names[k]).casefold()], dtype=np.intp)
        by: Any = {
            NAME: rows.names, KIND: rows.kinds, LENGTH: rows.length, SPEED: rows.speed[:, 0], LANES: rows.lanes[:, 0],
            WAYS: rows.ways, FLOW: self._flow, CHANGE: self._change,
        }[self._by][shown]  # fmt: skip
        if by.dtype == object:
            texts = [tr(word(str(one), "roads"), self._lang) if self._by == KIND else str(one) for one in by]
            # streets without a name come last either way
            key = np.array([one.casefold() for one in texts], dtype=str)
            order, blank = np.argsort(key, kind="stable"), key == ""
        else:
            order, blank = np.argsort(by, kind="stable"), np.isnan(by)
        order = order[::-1] if self._down else order
        self._order = shown[np.concatenate([order[~blank[order]], order[blank[order]]])]


class StreetTable(QTableView):
    """The table; several rows can be chosen, and a number typed in one stands for all of them."""

    chosen = Signal()
    """The user chose other rows."""
    shown_wanted = Signal()
    """Enter or a double click: go to the streets chosen."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = StreetModel(lang)
        self.setModel(self.lines)
        as_list(self, "street_table", tr("Streets", lang))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSortingEnabled(True)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setResizeContentsPrecision(50)  # rows looked at for the width: all of a large city take a second
        self.selectionModel().selectionChanged.connect(lambda _on, _off: self.chosen.emit())
        self.doubleClicked.connect(lambda at: None if at.column() in LIMITS else self.shown_wanted.emit())

    def rows(self) -> list[int]:
        """Return the rows chosen, as :class:`StreetRows` numbers them."""
        return [self.lines.row(index.row()) for index in self.selectionModel().selectedRows()]

    def choose(self, rows: Sequence[int]) -> None:
        """Choose rows, and go to the first of them."""
        places = self.lines.places(rows)
        model, how = self.selectionModel(), QItemSelectionModel.SelectionFlag
        wanted = QItemSelection()
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if places else ():
            wanted.select(self.lines.index(int(run[0]), 0), self.lines.index(int(run[-1]), 0))
        model.select(wanted, how.ClearAndSelect | how.Rows)
        if places:
            first = self.lines.index(places[0], 0)
            model.setCurrentIndex(first, how.NoUpdate)
            self.scrollTo(first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter go to the streets chosen."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.state() != self.State.EditingState:
            self.shown_wanted.emit()
            return
        super().keyPressEvent(event)


def _side(column: int) -> int:
    return _RIGHT if column in (LENGTH, SPEED, LANES, FLOW, CHANGE) else _LEFT
