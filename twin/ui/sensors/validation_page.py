"""The model beside the sensor: bias, RMSE, GEH, a scatter, and the residuals on the map; nothing is corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from twin.chart import Axis, Chart, OneToOne, Scatter
from twin.sensors.onmap import residual_layer
from twin.sensors.quantity import title_of
from twin.sensors.units import shown
from twin.sensors.validation import PAIRINGS, Compared, Pairing, compare
from twin.text import N_, number, tr, trn
from twin.ui.sensors.note import span_text, stream_name
from twin.ui.widgets import STEP, button, label, row

if TYPE_CHECKING:
    from twin.layer import Field
    from twin.result import Result
    from twin.ui.chart import ChartView
    from twin.ui.sensors.sensing import Sensing

_SCOPE = N_("Good values of the whole history, each hour alike; streets within 20 m, façades within 15 m of a sensor.")


class ValidationPage(QWidget):
    """One comparison at a time, of what the models answered for the scenario shown."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._sensing: Sensing | None = None
        self._offers: list[tuple[Result, Field, Pairing]] = []
        self._compared: Compared | None = None
        self._chart: ChartView | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Comparison", lang))
        self.choice.activated.connect(lambda _i: self._compare())
        self.run = button(tr("Compare with the models", lang), primary=True)
        self.choice.hide()  # until there is something to choose
        self.run.clicked.connect(lambda _checked=False: self._ask())
        self.on_map = button(tr("Residuals on the map", lang), tr("Model − sensor at each sensor", lang))
        self.on_map.clicked.connect(lambda _checked=False: self._map())
        self.on_map.setEnabled(False)
        self.figures = label("", selectable=True)
        self.said = label(
            tr("Models answer for the present state; then each is put beside the sensors.", lang), "muted"
        )
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        self._column.setSpacing(STEP)
        self._column.addWidget(self.choice)
        self._column.addLayout(row(self.run, self.on_map, None, spacing=STEP))
        self._column.addWidget(self.figures)
        self._column.addWidget(self.said)
        self._column.addStretch(1)

    def attach(self, sensing: Sensing) -> None:
        """Compare the models of a window with its history."""
        self._sensing = sensing
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be compared now."""
        sensing = self._sensing
        if sensing is None:
            return
        fields = [(result, field) for result, found in sensing.answers for field in found]
        measured = {one.quantity for one in sensing.read.streams}
        offers = [
            (result, field, pairing)
            for pairing in PAIRINGS
            for result, field in fields
            if field.name == pairing.field and pairing.quantity in measured
        ]
        if [(id(r), id(f)) for r, f, _ in offers] == [(id(r), id(f)) for r, f, _ in self._offers]:
            return
        self.choice.setVisible(bool(offers))
        was = self.choice.currentText()
        self._offers = offers
        self.choice.clear()
        for _, field, pairing in self._offers:
            self.choice.addItem(f"{tr(field.name, self._lang)} – {tr(title_of(pairing.quantity), self._lang)}")
        if offers:
            self.choice.setCurrentIndex(max(self.choice.findText(was), 0))
            self._compare()

    # --- inside -------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._sensing is None:
            return
        if not self._offers:
            self.said.setText(tr("The models are working; the comparison follows when they answer.", self._lang))
            self._sensing.ask_models()
        else:
            self._compare()

    def _compare(self) -> None:
        sensing, place = self._sensing, self.choice.currentIndex()
        if sensing is None or not 0 <= place < len(self._offers) or sensing.read.span is None:
            return
        where = sensing.read.where
        city = sensing.city
        _, field, pairing = self._offers[place]
        start, end = sensing.read.span
        if where is not None:
            sensing.desk.ask(lambda store: compare(store, where, city, field, pairing, start, end), self._show)

    def _show(self, found: Any) -> None:
        sensing, lang = self._sensing, self._lang
        if sensing is None or not isinstance(found, Compared):
            return
        self._compared = found
        unit = shown(found.unit)
        n = len(found.sids)
        digits = 0 if found.geh is not None else 1  # vehicles are whole
        self.on_map.setEnabled(n > 0)
        parts = [trn("{n} sensor", "{n} sensors", n, lang)]
        if n:
            parts += [
                tr("bias {value}", lang, value=number(found.bias, lang, digits, unit)),
                tr("RMSE {value}", lang, value=number(found.rmse, lang, digits, unit)),
            ]
            if np.isfinite(found.correlation):
                parts.append(tr("r = {value}", lang, value=number(found.correlation, lang, 2)))
            if found.geh is not None:
                parts.append(tr("GEH below 5: {value}", lang, value=number(100 * found.geh_below_5, lang, 0, "%")))
        self.figures.setText(" · ".join(parts))
        synthetic = " " + tr("The measurements are synthetic.", lang) if sensing.synthetic else ""
        place = self.choice.currentIndex()
        early = 0 <= place < len(self._offers) and self._offers[place][0].quality != "final"
        soon = tr("Preview; it is being refined.", lang) + " " if early else ""
        self.said.setText(f"{soon}{tr(_SCOPE, lang)} {span_text(sensing.read, lang)}.{synthetic}")
        from twin.ui.chart import ChartView

        if self._chart is None:
            self._chart = ChartView(lang)
            self._column.insertWidget(self._column.count() - 1, self._chart, 4)
        names = tuple(stream_name(sensing.read, int(sid), lang) for sid in found.sids)
        ids = tuple(sensing.read.streams[int(sid)].id for sid in found.sids)
        scatter = Scatter(tr("Sensors", lang), found.measured, found.modelled, ids=ids, names=names)
        self._chart.show_chart(
            Chart(
                found.title,
                Axis(N_("Measured"), unit),
                Axis(N_("Modelled"), unit),
                (scatter,),
                (OneToOne(),),
                source=tr("Model − sensor is not corrected anywhere.", lang),
            )
        )

    def _map(self) -> None:
        sensing, found = self._sensing, self._compared
        if sensing is None or found is None or sensing.read.where is None or not len(found.sids):
            return
        most = float(np.max(np.abs(found.residual))) or 1.0
        size = 10.0 ** np.floor(np.log10(most))
        most = float(np.ceil(most / size) * size)
        title = tr("Model − sensor: {what}", self._lang, what=tr(found.title, self._lang))
        sensing.show_layer(residual_layer(sensing.read.streams, sensing.read.where, found.sids, found.modelled,
                                          found.measured, title, shown(found.unit), most))  # fmt: skip
