"""Thresholds: which are kept, and which are crossed at the time shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.localtime import instant, said
from twin.sensors.limits import Alarm, Limit
from twin.sensors.quantity import QUANTITIES, title_of
from twin.sensors.states import age_text
from twin.sensors.units import shown
from twin.text import N_, number, tr
from twin.ui.sensors.note import stream_name
from twin.ui.widgets import STEP, EmptyState, IconButton, NumberBox, button, label, row

if TYPE_CHECKING:
    from twin.ui.sensors.sensing import Sensing

_KINDS = {"above": N_("above"), "below": N_("below"), "silent": N_("silent for over [min]")}


class LimitsPage(QWidget):
    """Crossed thresholds above, the kept ones below."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._sensing: Sensing | None = None
        self._shown: list[Alarm] = []
        self._crossed = label("", "heading")
        self.table = self._table((N_("Sensor"), N_("Value"), N_("Threshold"), N_("Measured")))
        self.table.setAccessibleName(tr("Crossed thresholds", lang))
        self.table.cellDoubleClicked.connect(lambda r, _c: self._fly(r))
        self.kept = self._table((N_("Concerns"), N_("Threshold")))
        self.kept.setAccessibleName(tr("Thresholds", lang))
        self._empty = EmptyState(tr("No thresholds yet. Choose a quantity and a value, then Add.", lang))
        self.quantity = QComboBox()
        self.quantity.setAccessibleName(tr("Quantity", lang))
        self.kind = QComboBox()
        for key, text in _KINDS.items():
            self.kind.addItem(tr(text, lang), key)
        self.kind.setAccessibleName(tr("Kind of threshold", lang))
        self.value = NumberBox()
        self.value.setRange(-1000, 1_000_000)
        self.value.setDecimals(1)
        self.value.setValue(50)
        self.value.setAccessibleName(tr("Value", lang))
        self.add = button(tr("Add", lang))
        self.add.clicked.connect(lambda _checked=False: self._add())
        self.drop = IconButton("trash", tr("Remove threshold", lang))
        self.drop.setEnabled(False)
        self.kept.itemSelectionChanged.connect(lambda: self.drop.setEnabled(bool(self.kept.selectedItems())))
        self.drop.clicked.connect(lambda _checked=False: self._remove())
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        column.addWidget(self._crossed)
        column.addWidget(self.table, 2)
        column.addWidget(label(tr("Thresholds", lang), "heading"))
        column.addWidget(self._empty)
        column.addWidget(self.kept, 1)
        column.addLayout(row(self.quantity, self.kind, spacing=STEP))
        column.addLayout(row(self.value, self.add, self.drop, None, spacing=STEP))

    def attach(self, sensing: Sensing) -> None:
        """Show the thresholds of a window's project."""
        self._sensing = sensing
        self.refresh()

    def refresh(self) -> None:
        """Show what is crossed at the time shown."""
        sensing, lang = self._sensing, self._lang
        if sensing is None:
            return
        quantities = sorted({one.quantity for one in sensing.read.streams}, key=lambda q: tr(title_of(q), lang))
        if [self.quantity.itemData(i) for i in range(self.quantity.count())] != ["", *quantities]:
            self.quantity.clear()
            self.quantity.addItem(tr("All sensors", lang), "")
            for one in quantities:
                known = QUANTITIES.get(one)
                unit = shown(known.unit) if known else ""
                self.quantity.addItem(f"{tr(title_of(one), lang)} [{unit}]" if unit else tr(title_of(one), lang), one)
        self._crossed.setText(tr("{n} crossed now", lang, n=len(sensing.alarms)))
        self._shown = sensing.alarms[:200]
        self._fill(self.table, [self._line(one) for one in self._shown])
        self._fill(self.kept, [self._said(one) for one in sensing.limits])
        self._empty.setVisible(not sensing.limits)
        self.kept.setVisible(bool(sensing.limits))
        self.table.setVisible(bool(self._shown))

    # --- inside -------------------------------------------------------------------------------------------------

    def _table(self, heads: tuple[str, ...]) -> QTableWidget:
        table = QTableWidget(0, len(heads))
        table.setHorizontalHeaderLabels([tr(text, self._lang) for text in heads])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        head = table.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(heads)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        return table

    def _fill(self, table: QTableWidget, rows: list[tuple[str, ...]]) -> None:
        table.setRowCount(len(rows))
        for i, cells in enumerate(rows):
            for j, text in enumerate(cells):
                item = table.item(i, j)
                if item is None:
                    item = QTableWidgetItem(text)
                    if j:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    table.setItem(i, j, item)
                elif item.text() != text:
                    item.setText(text)
                item.setToolTip(text)

    def _line(self, one: Alarm) -> tuple[str, ...]:
        assert self._sensing is not None
        stream, lang = self._sensing.read.streams[one.sid], self._lang
        unit = shown(stream.unit)
        value = age_text(one.value, lang) if one.limit.kind == "silent" else number(one.value, lang, unit=unit)
        return (
            stream_name(self._sensing.read, one.sid, lang),
            value,
            self._threshold(one.limit),
            said(instant(one.time), lang, weekday=False),
        )

    def _threshold(self, limit: Limit) -> str:
        kind = tr(_KINDS[limit.kind], self._lang).split(" [")[0]
        if limit.kind == "silent":
            return f"{kind} {age_text(limit.value, self._lang)}"
        return f"{kind} {number(limit.value, self._lang)}"

    def _said(self, limit: Limit) -> tuple[str, str]:
        what = tr(title_of(limit.quantity), self._lang) if limit.quantity else tr("All sensors", self._lang)
        return what, self._threshold(limit)

    def _add(self) -> None:
        if self._sensing is None:
            return
        kind = self.kind.currentData()
        value = self.value.value() * (60.0 if kind == "silent" else 1.0)
        limit = Limit(kind, value, str(self.quantity.currentData() or ""))
        if limit not in self._sensing.limits:
            self._sensing.set_limits([*self._sensing.limits, limit])
        self.refresh()

    def _remove(self) -> None:
        if self._sensing is not None:
            rows = {index.row() for index in self.kept.selectedIndexes()}
            self._sensing.set_limits([one for i, one in enumerate(self._sensing.limits) if i not in rows])
            self.refresh()

    def _fly(self, place: int) -> None:
        if self._sensing is not None and place < len(self._shown):
            self._sensing.fly(self._shown[place].sid)
