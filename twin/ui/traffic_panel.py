"""Traffic of the street that is selected: what drives there, over the day, where from; and how well the model fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from twin.city.schema import word
from twin.models.traffic.names import ADT, RATIO, WORST_SPEED
from twin.scenario import along
from twin.scenario.streets import ChangeRoad, CloseRoad
from twin.text import N_, number, tr
from twin.ui.rule_form import RuleForm
from twin.ui.traffic_charts import day_chart, fit_chart, fit_text
from twin.ui.widgets import STEP, EmptyState, IntegerBox, NumberBox, button, label, row, see_through

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.chain.answer import Answer
    from twin.chart import Scatter
    from twin.state import State
    from twin.ui.chart import ChartView
    from twin.ui.shown import Shown

_MODEL = "traffic"
_FACTS = (
    (ADT, N_("ÅDT"), "veh/day", "sum"), (RATIO, N_("Load, busiest hour"), "%", "max"),
    (WORST_SPEED, N_("Speed, busiest hour"), "km/h", "min"),
)  # fmt: skip
"""Fields, what they are called in little room, their unit, and how those of several links go together."""


class TrafficPanel(QWidget):
    """The street selected, with what can be changed of it, and the fit to counts."""

    edit_made = Signal(object)
    street_traced = Signal(object, str)
    place_traced = Signal(float, float, str)
    trace_cleared = Signal()
    table_wanted = Signal()
    selected = Signal(str, object)
    """(table, ids) chosen in a chart."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("traffic_panel")
        self._lang = lang
        self._shown: Shown | None = None
        self._stop: Callable[[], None] = lambda: None
        self._ids: tuple[str, ...] = ()
        self._answers: tuple[Answer | None, Answer | None, tuple[str, str]] = (None, None, ("", ""))
        self._chart: ChartView | None = None
        self._before = 0.0, 0.0
        self._build()
        self._sync(None)
        self.destroyed.connect(lambda _=None: self._stop())

    def follow(self, shown: Shown) -> None:
        """Show the street selected in the city that is shown."""
        self._stop()
        self._shown = shown
        self._stop = shown.listen(self._changed)
        self._sync(shown.state)

    def show_answers(self, answer: Answer | None, reference: Answer | None, names: tuple[str, str]) -> None:
        """Show what the models say to the scenario and to its reference."""
        self._answers = answer, reference, names
        self._fill()

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        self.empty = EmptyState(tr("Select a street or a rule zone to see its traffic and to change it.", lang))
        self.title = label("", "heading")
        column.addWidget(self.empty)
        column.addWidget(self.title)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(3 * STEP)
        self._cells: list[list[object]] = []
        self._build_facts(column)
        self._build_form(column)
        self.rule = RuleForm(lang)
        self.rule.edit_made.connect(self.edit_made)
        column.addWidget(self.rule)
        self.bundle = button(tr("Show where this traffic comes from and goes", lang), "")
        self.times = button(tr("Show times by car from here", lang), "")
        self.clear = button(tr("Take these off the map", lang), "")
        self.bundle.clicked.connect(lambda _checked=False: self._trace())
        self.times.clicked.connect(lambda _checked=False: self._from_here())
        self.clear.clicked.connect(lambda _checked=False: self.trace_cleared.emit())
        self.all = button(tr("All streets as a table", lang), tr("Find streets, and change several at once", lang))
        self.all.clicked.connect(lambda _checked=False: self.table_wanted.emit())
        for one in (self.bundle, self.times, self.clear, self.all):
            one.setProperty("role", "link")
            column.addLayout(row(one, None))
        self.which = QComboBox()
        self.which.addItem(tr("Fit to counts", lang), "fit")
        self.which.addItem(tr("The street over the day", lang), "day")
        self.which.setAccessibleName(tr("Chart", lang))
        self.which.currentIndexChanged.connect(lambda _i: self._draw())
        column.addWidget(self.which)
        self.said = label("", "muted")
        column.addWidget(self.said)
        self._place = QVBoxLayout()
        column.addLayout(self._place, 1)
        column.addStretch(0)  # takes what is left where there is no chart
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for box in (self.which, self.part):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        area.setWidget(inner)
        see_through(area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _build_facts(self, column: QVBoxLayout) -> None:
        self._table = QWidget()
        self._table.setLayout(self._facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._heads = [label("", "muted", wrap=False) for _ in range(2)]
        for k, head in enumerate(self._heads):
            self._facts.addWidget(head, 0, k + 1)
        self._numbers = []
        for k, (_, name, unit, _) in enumerate(_FACTS):
            title = f"{tr(name, self._lang)} [{tr(unit, self._lang)}]"
            self._facts.addWidget(label(title, "muted"), k + 1, 0)
            cells = [label("", wrap=False, selectable=True) for _ in range(2)]
            for c, cell in enumerate(cells):
                self._facts.addWidget(cell, k + 1, c + 1)
            self._numbers.append(cells)
        self._facts.setColumnStretch(0, 1)
        column.addWidget(self._table)

    def _build_form(self, column: QVBoxLayout) -> None:
        lang = self._lang
        self._form = QWidget()
        grid = QGridLayout(self._form)
        grid.setContentsMargins(0, 0, 0, 0)
        self.speed = NumberBox()
        self.speed.setRange(5.0, 120.0)
        self.speed.setDecimals(0)
        self.speed.setSingleStep(10.0)
        self.speed.setSuffix("\u00a0km/h")
        self.lanes = IntegerBox()
        self.lanes.setRange(1, 8)
        self.part = QComboBox()
        for key, text in (("one", N_("One direction")), ("link", N_("Both directions")),
                          ("street", N_("Whole street"))):  # fmt: skip
            self.part.addItem(tr(text, lang), key)
        self.part.setCurrentIndex(1)
        for k, (text, widget) in enumerate(
            (
                (N_("Speed limit"), self.speed),
                (N_("Lanes in each direction"), self.lanes),
                (N_("Applies to"), self.part),
            )
        ):
            caption = label(tr(text, lang), "muted", wrap=False)
            caption.setBuddy(widget)
            widget.setAccessibleName(tr(text, lang))
            grid.addWidget(caption, k, 0)
            grid.addWidget(widget, k, 1)
        self.apply = button(tr("Change", lang), tr("Change speed and lanes in the scenario", lang), primary=True)
        self.shut = button(tr("Close", lang), tr("Close it to all vehicles in the scenario", lang))
        self.apply.clicked.connect(lambda _checked=False: self._change())
        self.shut.clicked.connect(lambda _checked=False: self._close())
        grid.addLayout(row(None, self.shut, self.apply), 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        column.addWidget(self._form)

    def _changed(self, old: State, new: State) -> None:
        if old.selection is not new.selection or old.city is not new.city:
            self._sync(new)

    def _sync(self, state: State | None) -> None:
        chosen = None if state is None else state.selection
        self._ids = ()
        if state is not None and chosen is not None and chosen.table == "roads":
            known = set(state.city.roads["id"])
            self._ids = tuple(str(id) for id in chosen.ids if id in known)
        some = bool(self._ids)
        zone = chosen is not None and chosen.table == "zones"
        rule = None
        if state is not None and chosen is not None and chosen.table == "rules" and len(chosen.ids) == 1:
            rules = state.city.rules
            rule = next((row for _, row in rules[rules["id"] == chosen.ids[0]].iterrows()), None)
        for one in (self._table, self._form):
            one.setVisible(some)
        self.rule.setVisible(rule is not None)
        self.bundle.setVisible(some or zone)
        self.title.setVisible(some or zone or rule is not None)
        self.empty.setVisible(not some and not zone and rule is None)
        self.times.setVisible(chosen is not None)
        self.clear.setVisible(chosen is not None)
        if some and state is not None:
            roads = state.city.roads.set_index("id")
            first = roads.loc[self._ids[0]]
            self.title.setText(next(iter(along.street_names(state.city, self._ids)), tr("Street", self._lang)))
            with QSignalBlocker(self.speed), QSignalBlocker(self.lanes):
                self.speed.setValue(float(np.nan_to_num(first["speed"], nan=50.0)))
                self.lanes.setValue(int(np.nan_to_num(first["lanes"], nan=1.0)))
            self._before = self.speed.value(), float(self.lanes.value())
        elif zone and state is not None and chosen is not None:
            names = state.city.zones.set_index("id")["name"].reindex(list(chosen.ids)).fillna("")
            self.title.setText(", ".join(str(one) for one in names if one) or tr("Zone", self._lang))
        elif rule is not None:
            self.title.setText(str(rule["name"]) or tr(word(str(rule["kind"])), self._lang))
            self.rule.show_rule(rule)
        self._fill()

    def _fill(self) -> None:
        answer, reference, names = self._answers
        results = [None if one is None else one.results.get(_MODEL) for one in (answer, reference)]
        both = results[1] is not None and results[1] is not results[0]
        for k, result in enumerate(results):
            self._heads[k].setText(names[k])
            self._heads[k].setVisible(k == 0 or both)
            for (name, _, _, how), cells in zip(_FACTS, self._numbers, strict=True):
                cells[k].setVisible(k == 0 or both)
                value = np.nan
                if result is not None and self._ids:
                    field = result.field(name)
                    at = np.isin(field.ids.astype(str), self._ids)
                    if at.any():
                        value = float(getattr(np, how)(field.values[at].astype(float)))
                cells[k].setText(number(value, self._lang, 0) if np.isfinite(value) else "–")
        self._draw()

    def _draw(self) -> None:
        """Make the chart chosen; pyqtgraph is loaded when there is something to draw."""
        answer, reference, names = self._answers
        result = None if answer is None else answer.results.get(_MODEL)
        other = None if reference is None else reference.results.get(_MODEL)
        if result is None or self._shown is None:
            self.said.setText(tr("The traffic model has not answered yet; it does once a traffic layer or the "
                                 "indicators are shown.", self._lang))  # fmt: skip
            if self._chart is not None:
                self._chart.show_chart(None)
            return
        if self.which.currentData() == "fit":
            chart = fit_chart(result, self._shown.base.roads, self._lang)
            self.said.setText(fit_text(result, self._lang))
        else:
            chart = day_chart(result, other, self._ids, names, self.title.text()) if self._ids else None
            self.said.setText("" if self._ids else tr("Select a street to see it over the day.", self._lang))
        if self._chart is None:
            from twin.ui.chart import ChartView

            self._chart = ChartView(self._lang)
            self._chart.setMinimumHeight(280)
            self._chart.point_chosen.connect(self._choose)
            self._place.addWidget(self._chart)
        self._chart.show_chart(chart)

    def _choose(self, point: object) -> None:
        chart = None if self._chart is None else self._chart.chart
        if chart is None or self.which.currentData() != "fit":
            return
        part, value = cast("tuple[int, int]", point)
        self.selected.emit("roads", (cast("Scatter", chart.parts[part]).ids[value],))

    def _part(self) -> tuple[str, ...]:
        """Return the links that the form speaks of."""
        if self._shown is None or self.part.currentData() == "one":
            return self._ids
        whole = self.part.currentData() == "street"
        return tuple((along.same_street if whole else along.both_ways)(self._shown.state.city, self._ids))

    def _change(self) -> None:
        """Change what the form says otherwise than the street."""
        if not self._ids:
            return
        speed, lanes = self.speed.value(), float(self.lanes.value())
        other = speed != self._before[0], lanes != self._before[1]
        if any(other):
            edit = ChangeRoad(roads=self._part(), speed=speed if other[0] else None, lanes=lanes if other[1] else None)
            self.edit_made.emit(edit)

    def _close(self) -> None:
        if self._ids:
            self.edit_made.emit(CloseRoad(roads=self._part()))

    def _trace(self) -> None:
        chosen = None if self._shown is None else self._shown.state.selection
        if chosen is not None:
            self.street_traced.emit(self._ids or tuple(chosen.ids), self.title.text())

    def _from_here(self) -> None:
        if self._shown is None or self._shown.state.selection is None:
            return
        chosen = self._shown.state.selection
        table = self._shown.state.city.table(chosen.table)
        rows = table[table["id"].isin(chosen.ids)]
        if len(rows) and "geometry" in rows:
            point = rows.geometry.iloc[0].representative_point()  # type: ignore[operator]
            name = str(rows["name"].iloc[0]) if "name" in rows else ""
            self.place_traced.emit(float(point.x), float(point.y), name or tr("the place selected", self._lang))
