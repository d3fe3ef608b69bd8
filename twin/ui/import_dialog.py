"""Files into a project: what is inside, how to read it, the work itself, and what came of it, in one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from twin.errors import Cancelled
from twin.text import N_, error_text, number, tr, trn
from twin.ui import bringing
from twin.ui.import_card import Box, FileCard
from twin.ui.import_report import ReportView
from twin.ui.import_target import TargetBox
from twin.ui.jobs_panel import progress_text
from twin.ui.tasks import Tasks
from twin.ui.widgets import STEP, Progress, button, label, see_through

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QCloseEvent

    from twin.city.city import City
    from twin.jobs import Task


class ImportDialog(QDialog):
    """Shows files before they are read, reads them in the background, and reports.

    Parameters
    ----------
    files : sequence of Path
        What was dropped or chosen.
    lang : str
    city : City, optional
        The open project's city; without one, or with ``into_new``, the files go to a new project.
    into_new : bool
        Begin with «a new project» chosen.
    folder : Path, optional
        Where a new project is put unless the user says otherwise.
    tasks : Tasks, optional
        Runs the work, so that the window's list shows it too.
    """

    imported = Signal(object)
    """Folder of the new project that was written."""
    merged = Signal(object)
    """The :class:`twin.ui.bringing.Brought` to take into the Store as one step (``city``, ``data``, ``reports``)."""

    def __init__(
        self,
        files: Sequence[Path],
        lang: str,
        city: City | None = None,
        *,
        into_new: bool = False,
        folder: Path | None = None,
        tasks: Tasks | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lang = lang
        self._city = city
        self._tasks = tasks or Tasks(self)
        self._task: Task | None = None
        self._waiting: list[FileCard] = []
        self._looking: FileCard | None = None
        self.cards: list[FileCard] = []
        self.setObjectName("import_dialog")
        self.setWindowTitle(tr("Add data", lang))
        self.resize(190 * STEP, 160 * STEP)
        self.target = TargetBox(lang, city, files[0] if files else None, folder, into_new)
        self._build()
        self._look: Task | None = None
        self._tasks.progressed.connect(self._progressed)
        self.finished.connect(lambda _result: self._leave())
        self.add_files(files)

    def add_files(self, files: Sequence[Path]) -> None:
        """Take more files in; those that are there already stay as they are."""
        known = {card.path for card in self.cards}
        for path in dict.fromkeys(files):
            if path in known:
                continue
            card = FileCard(path, self._lang)
            card.changed.connect(self._update)
            card.removed.connect(self._remove)
            self.cards.append(card)
            self._waiting.append(card)
            self._column.insertWidget(self._column.count() - 1, card)
        self._look_next()
        self._update()

    @property
    def plan(self) -> bringing.Plan:
        """What would be read now."""
        ready = [card for card in self.cards if card.ready]
        system = self.target.system
        files = tuple((card.path, card.options(system)) for card in ready)
        return bringing.Plan(files, self.target.new_project)

    def start(self) -> None:
        """Read the files in the background."""
        if self._why_not():
            return
        n = len(self.plan.files)
        self._pages.setCurrentWidget(self._work)
        self._failure.hide()
        self._bar.setRange(0, 0)
        title = trn("Reading {n} file", "Reading {n} files", n, self._lang)
        self._work_title.setText(title)
        city = self._city if self.target.new_project is None else None
        self._task = self._tasks.start(bringing.bring, city, self.plan, title=title, then=self._finished)
        self._show_buttons()

    def reject(self) -> None:
        """Close; what is being read is stopped first."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            self._said.setText(tr("Stopping…", self._lang))
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work before the window goes away."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            event.ignore()
            return
        super().closeEvent(event)

    # -- building

    def _build(self) -> None:
        self._pages = QStackedWidget()
        self._preview = self._build_preview()
        self._work = self._build_work()
        self.report = ReportView(self._lang)
        self.report.failed.connect(self._show_failure)
        for page in (self._preview, self._work, self.report):
            self._pages.addWidget(page)
        self._failure = label("", "problem", selectable=True)
        self._failure.hide()
        self._reason = label("", "muted")
        self.cancel = button(tr("Cancel", self._lang))
        self.cancel.clicked.connect(lambda _checked=False: self.reject())
        self.go = button(tr("Import", self._lang), primary=True)
        self.go.clicked.connect(lambda _checked=False: self.start())
        foot = QHBoxLayout()
        foot.setSpacing(2 * STEP)
        for extra in (self.report.copy_button, self.report.save_button):
            extra.hide()
            foot.addWidget(extra)
        foot.addWidget(self._reason, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 4 * STEP)
        layout.setSpacing(3 * STEP)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._failure)
        layout.addLayout(foot)

    def _build_preview(self) -> QWidget:
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 2 * STEP, 0)
        self._column.setSpacing(3 * STEP)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        see_through(area)
        area.setAccessibleName(tr("Files", self._lang))
        self.target.changed.connect(self._update)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4 * STEP)
        layout.addWidget(area, 1)
        layout.addWidget(self.target)
        return page

    def _build_work(self) -> QWidget:
        self._work_title = label("", "heading")
        self._bar = Progress(tr("Progress of the import", self._lang))
        self._said = label("", "muted")
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * STEP)
        layout.addStretch(1)
        layout.addWidget(self._work_title)
        layout.addWidget(self._bar)
        layout.addWidget(self._said)
        layout.addStretch(2)
        return page

    # -- looking inside, one file after the other

    def _look_next(self) -> None:
        if self._looking is not None or not self._waiting:
            return
        card = self._looking = self._waiting.pop(0)
        title = tr("Looking into {name}", self._lang, name=card.path.name)
        self._look = self._tasks.start(
            bringing.look, card.path, title=title, then=lambda task: self._looked(card, task)
        )

    def _leave(self) -> None:
        """Look into no more files; the answer of one being looked into is not for us any more."""
        self._waiting.clear()
        look, self._look = self._look, None
        if look is not None:
            look.cancel()

    def _looked(self, card: FileCard, task: Task) -> None:
        if task is not self._look:
            return
        self._looking = self._look = None
        if card in self.cards:
            if task.error is None:
                card.show_info(task.result)
            else:
                card.show_error(task.error)
        self._look_next()
        self._update()

    def _remove(self, card: FileCard) -> None:
        self.cards.remove(card)
        if card in self._waiting:
            self._waiting.remove(card)
        card.hide()
        card.deleteLater()
        self._update()

    # -- what is possible now

    def _update(self) -> None:
        ready = [card for card in self.cards if card.ready]
        if ready and ready[0].info is not None:
            self.target.suggest(ready[0].system.code, ready[0].lonlat())
        box = self._project_box()
        for card in self.cards:
            card.set_target(self.target.system or "", box)
        why = self._why_not()
        left = tr("{n} of {all} files will be read.", self._lang, n=len(ready), all=len(self.cards))
        self._reason.setText(why or (left if len(ready) < len(self.cards) else ""))
        self.go.setEnabled(not why)

    def _project_box(self) -> Box | None:
        if self._city is None or self.target.new_project is not None:
            return None
        box = self._city.bounds()
        return box if box[2] > box[0] else None

    def _why_not(self) -> str:
        """Say what is still missing before the import can begin, "" when nothing is."""
        lang = self._lang
        if not self.cards:
            return tr("No file is left.", lang)
        if self._waiting or self._looking is not None:
            return tr("Looking inside…", lang)
        unknown = [card.path.name for card in self.cards if card.info is not None and not card.system.code]
        if unknown:
            return tr("Choose the reference system of {file} first.", lang, file=unknown[0])
        if not any(card.ready for card in self.cards):
            return tr("None of the files can be read.", lang)
        return self.target.why_not

    # -- the work and its end

    def _progressed(self, task: Task) -> None:
        if task is self._task and task.running:
            self._bar.show_fraction(task.fraction)
            self._said.setText(progress_text(task, self._lang))
        elif self._looking is not None and task.running:
            self._looking.show_progress(task.fraction, progress_text(task, self._lang))

    def _finished(self, task: Task) -> None:
        self._task = None
        if task.error is not None:
            self._pages.setCurrentWidget(self._preview)
            stopped = isinstance(task.error, Cancelled)
            said = tr("Stopped; nothing was changed.", self._lang) if stopped else error_text(task.error, self._lang)
            self._show_failure(said)
            self._show_buttons()
            return
        brought = cast(bringing.Brought, task.result)
        self._pages.setCurrentWidget(self.report)
        n = number(bringing.total(brought.reports), self._lang, 0)
        said = (
            N_("{n} things were read into the new project {name}.") if brought.project else N_("{n} things were added.")
        )
        name = brought.project.name if brought.project else ""
        self.report.show_reports(tr(said, self._lang, n=n, name=name), brought.reports)
        self._show_buttons()
        if brought.project is not None:
            self.imported.emit(brought.project)
        else:
            self.merged.emit(brought)

    def _show_failure(self, text: str) -> None:
        self._failure.setText(text)
        self._failure.show()

    def _show_buttons(self) -> None:
        page = self._pages.currentWidget()
        self.go.setVisible(page is self._preview)
        done = page is self.report
        for extra in (self.report.copy_button, self.report.save_button):
            extra.setVisible(done)
        if page is not self._preview:
            self._reason.setText("")
        text = tr("Close", self._lang) if done else tr("Cancel", self._lang)
        self.cancel.setText(text)
        self.cancel.setAccessibleName(text)
        self.cancel.setToolTip(text)
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
