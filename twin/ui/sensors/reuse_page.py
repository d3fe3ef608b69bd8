"""Coverage and reuse: what is measured near the middle of the view already, what twice, how mature it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from twin.sensors.flagging import drifts
from twin.sensors.quantity import title_of
from twin.sensors.reuse import near, served, twins
from twin.sensors.states import age_text
from twin.sensors.units import shown
from twin.text import N_, number, tr, trn
from twin.ui.sensors.note import stream_name
from twin.ui.widgets import STEP, IntegerBox, button, label, row

if TYPE_CHECKING:
    from twin.sensors.flagging import Drift
    from twin.ui.sensors.sensing import Sensing

_HEADS = (N_("Distance"), N_("Place"), N_("Quantity"), N_("Interval"), N_("Owner"), N_("Class"), N_("Maturity"))
_DWELLINGS = N_("{share} of the residents live within {radius} of a sensor of {quantity}.")


class ReusePage(QWidget):
    """Says, before a new sensor is put up, whether there is one already."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._sensing: Sensing | None = None
        self._sids: list[int] = []
        self.quantity = QComboBox()
        self.quantity.setAccessibleName(tr("Quantity", lang))
        self.radius = IntegerBox()
        self.radius.setRange(10, 20_000)
        self.radius.setValue(300)
        self.radius.setSingleStep(50)
        self.radius.setSuffix(" m")
        self.radius.setAccessibleName(tr("Radius", lang))
        self.look = button(tr("Around the middle of the view", lang), primary=True)
        self.look.clicked.connect(lambda _checked=False: self.search())
        self.twice = button(tr("Measured twice", lang), tr("Sensors of one quantity within 25 m of each other", lang))
        self.twice.clicked.connect(lambda _checked=False: self.doubles())
        self.drift = button(tr("Drift", lang), tr("Sensors that move away from the others of their quantity", lang))
        self.drift.clicked.connect(lambda _checked=False: self.drifting())
        self.said = label(tr("What is measured near a place already? Move the view there and search.", lang), "muted")
        self.table = QTableWidget(0, len(_HEADS))
        self.table.setHorizontalHeaderLabels([tr(text, lang) for text in _HEADS])
        self.table.setAccessibleName(tr("Sensors found", lang))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(1, 128)
        self.table.cellDoubleClicked.connect(lambda r, _c: self._fly(r))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        column.addLayout(row(self.quantity, self.radius, spacing=STEP))
        column.addLayout(row(self.look, None, spacing=STEP))
        column.addLayout(row(self.twice, self.drift, None, spacing=STEP))
        column.addWidget(self.said)
        column.addWidget(self.table, 1)

    def attach(self, sensing: Sensing) -> None:
        """Search in the history of a window."""
        self._sensing = sensing
        self.refresh()

    def refresh(self) -> None:
        """Offer the quantities there are."""
        if self._sensing is None:
            return
        quantities = sorted({one.quantity for one in self._sensing.read.streams})
        if [self.quantity.itemData(i) for i in range(self.quantity.count())] != ["", *quantities]:
            self.quantity.clear()
            self.quantity.addItem(tr("All quantities", self._lang), "")
            for one in quantities:
                self.quantity.addItem(tr(title_of(one), self._lang), one)

    def search(self) -> None:
        """List what is measured around the middle of the view, and who lives near a sensor at all."""
        sensing, lang = self._sensing, self._lang
        if sensing is None or sensing.read.where is None:
            return
        quantity, radius = str(self.quantity.currentData() or ""), float(self.radius.value())
        found = near(sensing.read.streams, sensing.read.where, *sensing.middle, radius, quantity)
        self._fill([(one.stream.sid, one.distance) for one in found])
        text = trn("{n} stream within {radius}.", "{n} streams within {radius}.", len(found), lang,
                   radius=number(radius, lang, 0, "m"))  # fmt: skip
        if quantity:
            text += " " + self._share(quantity, radius)
        self.said.setText(text)

    def doubles(self) -> None:
        """List sensors that measure the same at the same place."""
        sensing, lang = self._sensing, self._lang
        if sensing is None or sensing.read.where is None:
            return
        pairs = twins(sensing.read.streams, sensing.read.where)
        self._fill([(one.sid, gap) for first, second, gap in pairs for one in (first, second)])
        self.said.setText(trn("{n} pair of sensors measures the same within 25 m.",
                              "{n} pairs of sensors measure the same within 25 m.", len(pairs), lang))  # fmt: skip

    def drifting(self) -> None:
        """List sensors whose daily difference from the others of their quantity moves steadily."""
        if self._sensing is not None:
            self._sensing.desk.ask(drifts, self._show_drifts)

    # --- inside -------------------------------------------------------------------------------------------------

    def _show_drifts(self, found: list[Drift]) -> None:
        sensing, lang = self._sensing, self._lang
        if sensing is None:
            return
        self._fill([(one.sid, float("nan")) for one in found])
        lines = [trn("{n} sensor drifts from the others of its quantity.",
                     "{n} sensors drift from the others of their quantity.", len(found), lang)]  # fmt: skip
        for one in found[:8]:
            unit = shown(sensing.read.streams[one.sid].unit)
            size = number(abs(one.per_day), lang, 2, unit)
            sign = "+" if one.per_day > 0 else "−"
            lines.append(tr("{name}: {change} a day over {n} days", lang, name=stream_name(sensing.read, one.sid, lang),
                            change=sign + size, n=one.days))  # fmt: skip
        self.said.setText("\n".join(lines))

    def _share(self, quantity: str, radius: float) -> str:
        import numpy as np

        sensing, lang = self._sensing, self._lang
        assert sensing is not None
        assert sensing.read.where is not None
        city = sensing.city
        people = city.buildings["residents"].to_numpy(float)
        if not np.nansum(people) > 0:
            return ""
        middle = city.buildings.geometry.centroid
        spots = np.column_stack([middle.x, middle.y])
        near_one = served(spots, sensing.read.streams, sensing.read.where, quantity, radius)
        share = float(np.nansum(people[near_one]) / np.nansum(people))
        return tr(_DWELLINGS, lang, share=number(100 * share, lang, 0, "%"), radius=number(radius, lang, 0, "m"),
                  quantity=tr(title_of(quantity), lang))  # fmt: skip

    def _fill(self, found: list[tuple[int, float]]) -> None:
        sensing, lang = self._sensing, self._lang
        if sensing is None:
            return
        self._sids = [sid for sid, _ in found]
        self.table.setRowCount(len(found))
        for i, (sid, distance) in enumerate(found):
            one = sensing.read.streams[sid]
            every = age_text(one.period_s, lang) if one.period_s > 0 else "–"
            cells = (number(distance, lang, 0, "m"), one.name or one.sensor, tr(title_of(one.quantity), lang), every,
                     one.owner, tr(one.classification, lang), tr(one.maturity, lang))  # fmt: skip
            for j, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if j in (0, 3):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(i, j, item)

    def _fly(self, place: int) -> None:
        if self._sensing is not None and place < len(self._sids):
            self._sensing.fly(self._sids[place])
