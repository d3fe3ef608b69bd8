"""The table of indicators: the scenario, the reference that is named, and the difference between them."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QVBoxLayout,
    QWidget,
)

from twin import result
from twin.disk import atomic
from twin.privacy.guard import rows_for_export
from twin.scenario.scenario import PRESENT, shown_name
from twin.text import N_, tr
from twin.ui import edits, model_list
from twin.ui.indicator_table import IndicatorTable, texts
from twin.ui.widgets import STEP, EmptyState, IconButton, button, label, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.chain.answer import Answer
    from twin.result import Row
    from twin.state import State, Store
    from twin.ui.answers import Standing


class IndicatorPanel(QWidget):
    """S, R and S − R of every indicator under the model that says it; a row leads to the places it speaks of."""

    row_chosen = Signal(object)
    """The Row that was activated: show it on the map."""
    stop_requested = Signal()
    retry_requested = Signal()

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("indicator_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._rows: tuple[Row, ...] = ()
        self._standing: dict[str, Standing] = {}
        self._names = ("", "")
        self._rough: set[str] = set()
        self._build()
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    # -- what the window gives

    def show_answers(self, answer: Answer | None, reference: Answer | None, names: tuple[str, str]) -> None:
        """Show what was answered for the scenario and for its reference, and what the two are called."""
        self._names = names
        runs = {} if answer is None else answer.runs
        self._rough = {name for name, run in runs.items() if run.quality == "preview"}
        both = answer is not None and reference is not None
        self._rows = result.rows(answer.indicators, reference.indicators) if answer and reference else ()
        both = both and bool(self._rows)
        self._empty.setVisible(not both)
        self.table.setVisible(both)
        for widget in (self._copy, self._save):
            widget.setEnabled(both)
        self._fill()

    def show_work(self, working: bool, up_to_date: bool, standing: Sequence[Standing] = ()) -> None:
        """Show whether something is worked out, whether the table answers what is asked now, and how far models are."""
        self._stop.setVisible(working)
        failed = any(one.how == "failed" for one in standing)
        old = bool(self._rows) and (failed or not up_to_date) and not working
        self._old.setVisible(bool(self._rows) and not up_to_date and not working)
        self._again.setVisible(old)
        self.models.show_standing(tuple(standing))
        before, self._standing = self._standing, {one.model.name: one for one in standing}
        if [(one.how, one.old) for one in before.values()] != [(one.how, one.old) for one in standing]:
            self._fill()

    def csv(self) -> str:
        """Return the table as text with semicolons, numbers as the language writes them."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow([*self._heads(), tr("Quality", self._lang)])
        comma = "," if self._lang == "sv" else "."
        for one in rows_for_export(self._rows):
            values = (one.value, one.reference, one.difference)
            plain = ["" if math.isnan(value) else f"{value:.6g}".replace(".", comma) for value in values]
            writer.writerow([self._name(one), *plain, tr(one.unit, self._lang), self._quality(one)])
        return out.getvalue()

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        self.reference = QComboBox()
        self.reference.setAccessibleName(tr("Compared with", lang))
        self.reference.setToolTip(tr("The reference: the difference is the scenario minus this", lang))
        self.reference.activated.connect(lambda _i: self._choose())
        caption = label(tr("Compared with", lang), "muted", wrap=False)
        caption.setBuddy(self.reference)
        self._stop = IconButton("close", tr("Stop working it out", lang))
        self._stop.clicked.connect(lambda _checked=False: self.stop_requested.emit())
        self._old = label(tr("Not worked out for the scenario as it is now.", lang), "small", wrap=False)
        self._again = button(tr("Work out", lang), tr("Ask the models again", lang))
        self._again.setProperty("role", "link")
        self._again.clicked.connect(lambda _checked=False: self.retry_requested.emit())
        self._copy = IconButton("copy", tr("Copy the table", lang))
        self._copy.clicked.connect(lambda _checked=False: self.copy())
        self._save = IconButton("save", tr("Save the table as CSV", lang))
        self._save.clicked.connect(lambda _checked=False: self._save_as())
        head = row(caption, self.reference, self._stop, self._old, self._again, None,
                   self._copy, self._save)  # fmt: skip
        head.setContentsMargins(3 * STEP, STEP, STEP, STEP)
        self._empty = EmptyState(
            tr("The models have not answered yet. Edit the city, and what changes is listed here.", lang)
        )
        self.table = IndicatorTable(lang)
        self.table.activated.connect(self._activate)
        copy = QAction(tr("Copy the table", lang), self.table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.table.addAction(copy)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        self.models = model_list.ModelList(self._store, lang)
        self.models.setFixedWidth(self.models.sizeHint().width())
        body = row(self.models, self._empty, self.table, spacing=0)
        body.setStretch(1, 1)
        body.setStretch(2, 1)
        outer.addLayout(body, 1)
        self.show_answers(None, None, ("", ""))
        self.show_work(False, True)

    def copy(self) -> None:
        """Put the table on the clipboard, columns parted by tabs."""
        lines = [self._heads(), *(texts(one, self._lang) for one in rows_for_export(self._rows))]
        QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def _save_as(self) -> None:
        from pathlib import Path

        name = f"{self._names[0]} − {self._names[1]}.csv"
        said, _ = QFileDialog.getSaveFileName(self, tr("Save the table as CSV", self._lang), name, "CSV (*.csv)")
        if said:
            atomic.write(Path(said), self.csv().encode("utf-8-sig"))

    def _sync(self, old: State | None, new: State) -> None:
        if old is not None and old.scenarios is new.scenarios:
            if old.scenario == new.scenario and old.reference == new.reference:
                return
        now, chosen = edits.active(new), edits.reference(new)
        with QSignalBlocker(self.reference):
            self.reference.clear()
            for one in (PRESENT, *new.scenarios):
                if one is not now or one is PRESENT:
                    self.reference.addItem(shown_name(one, self._lang), one.name)
            if self.reference.findData(chosen.name) < 0:
                self.reference.addItem(shown_name(chosen, self._lang), chosen.name)
            self.reference.setCurrentIndex(self.reference.findData(chosen.name))

    def _choose(self) -> None:
        self._store.change(N_("Choose reference"), reference=str(self.reference.currentData()))

    def _heads(self) -> list[str]:
        lang = self._lang
        names = [name or "–" for name in self._names]
        return [tr("Indicator", lang), *names, tr("{scenario} − {reference}", lang, scenario=names[0],
                reference=names[1]), tr("Unit", lang)]  # fmt: skip

    def _name(self, one: Row) -> str:
        return tr(one.title, self._lang, **one.fields)

    def _quality(self, one: Row) -> str:
        standing = self._standing.get(one.model)
        if standing is not None and standing.old:
            return tr("from before the last edit", self._lang)
        return tr(N_("preview") if one.model in self._rough else N_("final"), self._lang)

    def _fill(self) -> None:
        self.table.take(self._rows, self._heads(), self._standing, frozenset(self._rough))

    def _activate(self, index: QModelIndex) -> None:
        one = self.table.lines.row(index.row())
        if one is not None:
            self.row_chosen.emit(one)
