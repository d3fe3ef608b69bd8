"""Values: all streams with how they stand, and the chart of those that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QSortFilterProxyModel, Qt, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QSplitter, QTableView, QVBoxLayout, QWidget

from twin.chart import Axis, Chart, Line, Mark, over_time
from twin.localtime import instant
from twin.sensors.stream import QUALITY_NAMES, Quality
from twin.sensors.units import shown
from twin.text import N_, tr
from twin.ui.sensors.note import span_text, stream_name
from twin.ui.sensors.stream_model import StreamModel
from twin.ui.widgets import STEP, EmptyState, IconButton, label, row

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from twin.sensors.stream import Series
    from twin.ui.chart import ChartView
    from twin.ui.sensors.sensing import Sensing

_MOST_LINES = 6
_MOST_DAYS = 31
_WIDEST = ("Hornsgatan 108 ab", "Trafikens hastig", "1 234 µg/m³", "59 min", "inaktuellt")
"""Texts that the columns should hold, whatever the size of letters."""


class ValuesPage(QWidget):
    """The table above, the chart below."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._sensing: Sensing | None = None
        self._chart: ChartView | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a place or quantity", lang))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.model = StreamModel(lang)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._sorted.setFilterKeyColumn(-1)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search.textChanged.connect(self._sorted.setFilterFixedString)
        self.table = QTableView()
        self.table.setModel(self._sorted)
        self.table.setAccessibleName(tr("Sensors", lang))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        heads = self.table.horizontalHeader()
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        heads.setMinimumSectionSize(48)
        for column in range(1, 5):
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        heads.setHighlightSections(False)
        self.table.doubleClicked.connect(lambda index: self._fly(index.row()))
        self._said = label("", "small")
        self._hint = tr("Choose one or more sensors to see their values over time.", lang)
        self._map = IconButton("layers", tr("Show this quantity on the map", lang))
        self._map.clicked.connect(lambda _checked=False: self._on_map())
        self._go = IconButton("target", tr("Fly to this sensor", lang))
        self._go.clicked.connect(lambda _checked=False: self._fly(None))
        self._below = QWidget()
        self._room = QVBoxLayout(self._below)
        self._room.setContentsMargins(0, 0, 0, 0)
        # The chart comes with the first sensor that is chosen; until then the list has the room.
        self._below.hide()
        above = QWidget()
        column_ = QVBoxLayout(above)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(STEP)
        head = row(self.search, self._map, self._go, spacing=STEP)
        head.setContentsMargins(2 * STEP, STEP, 2 * STEP, 0)
        column_.addLayout(head)
        column_.addWidget(self.table, 1)
        self._said.setContentsMargins(2 * STEP, 0, 2 * STEP, STEP)
        column_.addWidget(self._said)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.addWidget(above)
        self._split.addWidget(self._below)
        self._split.setChildrenCollapsible(False)
        self._split.setSizes([300, 320])
        self._empty = EmptyState(
            tr("This project has no sensors yet. Add a feed, or read a file: twin sensors ingest PROJECT FILE.", lang)
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._empty)
        whole.addWidget(self._split, 1)
        # A chart for each row that the arrow keys pass would come too late and too often.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(150)
        self._soon.timeout.connect(self._draw)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._soon.start())

    def attach(self, sensing: Sensing) -> None:
        """Show the history of a window."""
        self._sensing = sensing
        self.refresh()

    def refresh(self) -> None:
        """Show the values of the time that is shown now."""
        sensing = self._sensing
        if sensing is None:
            return
        there = bool(sensing.read.streams)
        self._empty.setVisible(not there)
        self._split.setVisible(there)
        self._fit()
        self.model.show_all(sensing)
        self.table.viewport().update()  # the dots before the places
        span = span_text(sensing.read, self._lang)
        self._said.setText(span if self._chart is not None else f"{span}\n{self._hint}")
        if self._chart is not None:
            t = sensing.frame.at if sensing.frame is not None else None
            self._chart.set_now(None if t is None else instant(t))

    def choose(self, sids: list[int]) -> None:
        """Choose streams in the table."""
        chosen = self.table.selectionModel()
        chosen.clearSelection()
        for sid in sids:
            index = self._sorted.mapFromSource(self.model.index(sid, 0))
            if index.isValid():
                how = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
                chosen.select(index, how)
                self.table.scrollTo(index)

    @property
    def chosen(self) -> list[int]:
        """The streams that are chosen, in the order of the table."""
        rows = self.table.selectionModel().selectedRows()
        return [self._sorted.mapToSource(index).row() for index in rows]

    # --- inside -------------------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """Give the columns the room that letters of this size need; where places would have none, less.

        The state goes first, as the dots tell it and the tooltips name it; then quantities are shortened.
        """
        metrics, room = self.table.fontMetrics(), self.table.viewport().width()
        wide = [metrics.horizontalAdvance(text) + 3 * STEP for text in _WIDEST]
        lacking = sum(wide) - room
        self.table.setColumnHidden(4, lacking > 0)
        lacking -= wide[4] if lacking > 0 else 0
        wide[1] -= min(max(lacking, 0), wide[1] // 2)
        for column in range(1, 5):
            self.table.setColumnWidth(column, wide[column])
        self.table.verticalHeader().setDefaultSectionSize(max(24, metrics.height() + 2 * STEP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the columns to the room there is."""
        super().resizeEvent(event)
        self._fit()

    def _on_map(self) -> None:
        if self._sensing is not None and self.chosen:
            sid = self.chosen[0]
            self._sensing.show_quantity(self._sensing.read.streams[sid].quantity, sid)

    def _fly(self, row_number: int | None) -> None:
        if self._sensing is None:
            return
        if row_number is not None:
            self._sensing.fly(self._sorted.mapToSource(self._sorted.index(row_number, 0)).row())
        elif self.chosen:
            self._sensing.fly(self.chosen[0])

    def _draw(self) -> None:
        """Ask the history for the chosen streams' values, up to a month, and draw them."""
        sensing, sids = self._sensing, self.chosen[:_MOST_LINES]
        if sensing is None or not sids or sensing.read.span is None:
            if self._chart is not None:
                self._chart.show_chart(None)
            return
        streams = sensing.read.streams
        unit = streams[sids[0]].unit
        alike = [sid for sid in sids if streams[sid].unit == unit]
        # Up to the newest value of those chosen, which may be long ago.
        ends = [end for sid in alike if (end := sensing.last_of(sid)) is not None]
        first, last = sensing.read.span[0], max(ends, default=sensing.read.span[1])
        start = max(first, last - np.timedelta64(_MOST_DAYS, "D"))
        sensing.desk.ask(
            lambda store: [store.series(sid, start, last) for sid in alike],
            lambda found: self._show(alike, found, len(self.chosen) - len(alike)),
        )

    def _show(self, sids: list[int], found: list[Series], left: int) -> None:
        sensing, lang = self._sensing, self._lang
        if sensing is None or not sids or max(sids) >= len(sensing.read.streams):
            return
        from twin.ui.chart import ChartView

        if self._chart is None:
            self._chart = ChartView(lang, self._hint)
            self._room.addWidget(self._chart)
            self._below.show()
            self._split.setSizes([300, 320])
            self._said.setText(span_text(sensing.read, lang))
        self._chart.show_chart(chart_of(sensing, sids, found, left, lang))
        if sensing.frame is not None:
            self._chart.set_now(instant(sensing.frame.at))


def chart_of(sensing: Sensing, sids: list[int], found: list[Series], left: int, lang: str) -> Chart:
    """Return the chart of streams of one unit: gaps stay gaps, flagged values are marked, limits are drawn."""
    streams = sensing.read.streams
    first = streams[sids[0]]
    names = tuple(tr(QUALITY_NAMES[code], lang) for code in Quality)
    lines = []
    for sid, series in zip(sids, found, strict=True):
        one = streams[sid]
        # A place that sends late is not a gap yet; two and a half periods are.
        gap = 2.5 * one.period_s if one.period_s > 0 else None
        lines.append(Line(stream_name(sensing.read, sid, lang), series.time, series.value, gap=gap,
                          flags=series.quality, flag_names=names))  # fmt: skip
    marks = []
    for limit in sensing.limits:
        if limit.kind != "silent" and any(limit.concerns(streams[sid]) for sid in sids):
            marks.append(Mark(tr(N_("Threshold"), lang), limit.value, tone="danger"))
    owners = ", ".join(sorted({f"{streams[s].owner} {streams[s].licence}".strip() for s in sids} - {""}))
    source = owners
    if left:
        source += " · " + tr("{n} chosen sensors have another unit and are left out", lang, n=left)
    if any(streams[s].note for s in sids):
        source += " · " + streams[sids[0]].note
    title = stream_name(sensing.read, sids[0], lang) if len(sids) == 1 else tr("Comparison of sensors", lang)
    from twin.sensors.quantity import title_of

    return over_time(title, Axis(title_of(first.quantity), shown(first.unit)), lines, tuple(marks), source=source)
