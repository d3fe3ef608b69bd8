"""A data file into a layer of the project: what is inside, what shall be shown, whose it is; then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.city import crs
from twin.datafile.ground import sketch
from twin.errors import Cancelled
from twin.text import N_, error_text, number, tr
from twin.ui import layer_files
from twin.ui.jobs_panel import progress_text
from twin.ui.layer_form import AboutForm, ChoiceForm
from twin.ui.widgets import STEP, Progress, button, label, row, see_through

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QCloseEvent

    from twin.city.city import City
    from twin.datafile.preview import Sheet
    from twin.datafile.take import Taken
    from twin.jobs import Task
    from twin.ui.layer_files import Found
    from twin.ui.tasks import Tasks

_KINDS = {"number": N_("number"), "text": N_("text"), "time": N_("time"), "flag": N_("yes or no")}
_SAID = 6


class LayerImportDialog(QDialog):
    """Shows a data file before it is taken in, asks what to show, takes it in beside the window, and reports.

    Parameters
    ----------
    path : Path
        The file.
    city : City
        The project's.
    taken : tuple of str
        Ids of the layers there are.
    tasks : Tasks
    lang : str
    """

    made = Signal(object)
    """The :class:`twin.datafile.take.Taken`."""

    def __init__(
        self, path: Path, city: City, taken: tuple[str, ...], tasks: Tasks, lang: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._path, self._taken, self._tasks, self._lang = path, taken, tasks, lang
        self._ground = sketch(city)
        self._task: Task | None = None
        self._format = ""
        self.result_value: Taken | None = None
        self.setObjectName("layer_import")
        self.setWindowTitle(tr("Show {name} as a layer", lang, name=path.name))
        self.resize(210 * STEP, 172 * STEP)
        self._build()
        self._tasks.progressed.connect(self._progressed)
        self._begin(
            layer_files.look, self._ground, title=tr("Looking into {name}", lang, name=path.name), then=self._looked
        )

    # --- commands -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the file in."""
        if self._why_not():
            return
        self._failure.hide()
        title = tr("Reading {name}", self._lang, name=self._path.name)
        self._begin(
            layer_files.take,
            self.choice.choice,
            self.about.about,
            self._ground,
            self._taken,
            title=title,
            then=self._came,
        )

    def reject(self) -> None:
        """Close; what is being read is stopped first."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            self._task = None
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work before the window goes away."""
        self.reject()
        super().closeEvent(event)

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        lang = self._lang
        self._pages = QStackedWidget()
        self._work, self._form, self._report = self._build_work(), self._build_form(), self._build_report()
        for page in (self._work, self._form, self._report):
            self._pages.addWidget(page)
        self._failure = label("", "problem", selectable=True)
        self._failure.hide()
        self._reason = label("", "muted")
        self.cancel = button(tr("Cancel", lang))
        self.cancel.clicked.connect(lambda _checked=False: self.reject())
        self.go = button(tr("Add layer", lang), primary=True)
        self.go.clicked.connect(lambda _checked=False: self.start())
        self.go.setEnabled(False)
        self.copy = button(tr("Copy the list", lang))
        self.copy.clicked.connect(lambda _checked=False: self._copy_list())
        self.copy.hide()
        foot = QHBoxLayout()
        foot.setSpacing(2 * STEP)
        foot.addWidget(self._reason, 1)
        for one in (self.copy, self.cancel, self.go):
            foot.addWidget(one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 4 * STEP)
        layout.setSpacing(3 * STEP)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._failure)
        layout.addLayout(foot)

    def _build_work(self) -> QWidget:
        self._work_title = label(self._path.name, "heading")
        self._bar = Progress(tr("Progress of the import", self._lang), unknown=True)
        self._said = label("", "muted")
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.addStretch(1)
        for one in (self._work_title, self._bar, self._said):
            layout.addWidget(one)
        layout.addStretch(2)
        return page

    def _build_form(self) -> QWidget:
        lang = self._lang
        self._facts = label("", "muted")
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFixedHeight(46 * STEP)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName(tr("First rows of the file", lang))
        self._problems = label("", "problem", selectable=True)
        self.choice, self.about = ChoiceForm(lang), AboutForm(lang)
        self.choice.changed.connect(self._update)
        self.about.changed.connect(self._update)
        halves = QHBoxLayout()
        halves.setSpacing(8 * STEP)
        for title, form in ((N_("What is shown"), self.choice), (N_("Whose it is"), self.about)):
            half = QVBoxLayout()
            half.setSpacing(2 * STEP)
            half.addWidget(label(tr(title, lang), "section"))
            half.addWidget(form)
            half.addStretch(1)
            halves.addLayout(half, 1)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 2 * STEP, 0)
        layout.setSpacing(3 * STEP)
        layout.addWidget(label(self._path.name, "heading"))
        for one in (self._facts, self.table, self._problems):
            layout.addWidget(one)
        layout.addLayout(halves)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        see_through(area)
        return area

    def _build_report(self) -> QWidget:
        self._report_title = label("", "heading")
        self._notes = label("", "", selectable=True)
        self._lost_title = label("", "section")
        self.lost = QTableWidget(0, 1)
        self.lost.horizontalHeader().hide()
        self.lost.verticalHeader().hide()
        self.lost.horizontalHeader().setStretchLastSection(True)
        self.lost.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * STEP)
        for one in (self._report_title, self._notes, self._lost_title):
            layout.addWidget(one)
        layout.addWidget(self.lost, 1)
        layout.addLayout(row(None))
        return page

    # --- the work -----------------------------------------------------------------------------------------------

    def _begin(self, function: object, *args: object, title: str, then: object) -> None:
        self._pages.setCurrentWidget(self._work)
        self._said.setText(title)
        self._task = self._tasks.start(function, self._path, *args, title=title, then=then)  # type: ignore[arg-type]
        self._reason_off()

    def _reason_off(self) -> None:
        if hasattr(self, "go"):
            self.go.setEnabled(False)
            self._reason.setText("")

    def _progressed(self, task: Task) -> None:
        if task is self._task and task.running:
            if task.fraction > 0:
                self._bar.show_fraction(task.fraction)
            self._said.setText(progress_text(task, self._lang))

    def _looked(self, task: Task) -> None:
        if task is not self._task:
            return
        self._task = None
        if task.error is not None:
            self._bar.hide()
            self._said.setText("")
            self._fail(task.error)
            return
        found = cast("Found", task.result)
        self._pages.setCurrentWidget(self._form)
        self._format = found.preview.format
        self.choice.fill(found)
        self.about.fill(found.about)
        notes = [note.text(self._lang) for note in found.preview.notes]
        more = [tr("{n} more", self._lang, n=len(notes) - _SAID)] if len(notes) > _SAID else []
        self._problems.setText("\n".join(notes[:_SAID] + more))
        self._problems.setVisible(bool(notes))
        self._update()

    def _came(self, task: Task) -> None:
        if task is not self._task:
            return
        self._task = None
        if task.error is not None:
            self._pages.setCurrentWidget(self._form)
            if not isinstance(task.error, Cancelled):
                self._fail(task.error)
            self._update()
            return
        taken = self.result_value = cast("Taken", task.result)
        self.made.emit(taken)
        if not taken.notes:
            self.accept()
            return
        self._show_report(taken)

    def _fail(self, error: BaseException) -> None:
        self._failure.setText(error_text(error, self._lang))
        self._failure.show()

    def _show_report(self, taken: Taken) -> None:
        lang = self._lang
        said = tr("The layer «{title}» is in the project.", lang, title=taken.layer.about.title)
        self._report_title.setText(said)
        self._notes.setText("\n".join(f"• {note.text(lang)}" for note in taken.notes))
        self._lost_title.setText(tr("Codes without a partner", lang))
        self.lost.setAccessibleName(self._lost_title.text())
        self.lost.setRowCount(len(taken.unmatched))
        for place, code in enumerate(taken.unmatched):
            self.lost.setItem(place, 0, QTableWidgetItem(code))
        for one in (self._lost_title, self.lost, self.copy):
            one.setVisible(bool(taken.unmatched))
        self._pages.setCurrentWidget(self._report)
        self.go.hide()
        self._reason.setText("")
        self.cancel.setText(tr("Close", lang))
        self.cancel.setAccessibleName(self.cancel.text())
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy_list(self) -> None:
        if self.result_value is not None:
            QApplication.clipboard().setText("\n".join(self.result_value.unmatched))

    # --- what is possible now -----------------------------------------------------------------------------------

    def _update(self) -> None:
        self._show_rows(self.choice.sheet)
        why = self._why_not()
        self._reason.setText(why)
        self.go.setEnabled(not why)

    def _why_not(self) -> str:
        return self.choice.why_not() or self.about.why_not()

    def _show_rows(self, sheet: Sheet) -> None:
        lang = self._lang
        what = N_("{n} cells") if sheet.geometry == "raster" else N_("{n} rows")
        system = crs.describe(sheet.crs, lang) if sheet.crs else tr("no reference system named", lang)
        parts = [self._format, tr(what, lang, n=number(sheet.rows, lang, 0))]
        self._facts.setText(" · ".join(parts if not sheet.geometry else [*parts, system]))
        self.table.setVisible(bool(sheet.fields))
        self.table.setColumnCount(len(sheet.fields))
        self.table.setRowCount(len(sheet.first))
        for place, field in enumerate(sheet.fields):
            head = QTableWidgetItem(f"{field.name}\n{tr(_KINDS[field.kind], lang)}")
            self.table.setHorizontalHeaderItem(place, head)
        for line, cells in enumerate(sheet.first):
            for place, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if place < len(sheet.fields) and sheet.fields[place].kind == "number":
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(line, place, item)
        self.table.resizeColumnsToContents()
