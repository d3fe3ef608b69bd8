"""What works in the background: one line per task with its progress and a way to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from twin.errors import Cancelled
from twin.text import error_text, number, tr
from twin.ui.widgets import STEP, Elided, EmptyState, IconButton, Progress, label, row

if TYPE_CHECKING:
    from twin.jobs import Task
    from twin.state import Store

KEPT = 20
"""Finished tasks that stay listed."""


def doing(task: Task, lang: str) -> str:
    """Say what a task is at, counts as the language writes them; "" before it has said so."""
    fields = {name: number(one, lang, 0) if type(one) is int else one for name, one in task.fields.items()}
    return tr(task.text, lang, **fields) if task.text else ""


def progress_text(task: Task, lang: str) -> str:
    """Say how far a task is, or how it ended."""
    if task.running:
        said = doing(task, lang) or tr("Working…", lang)
        return f"{said} {number(round(task.fraction * 100), lang, 0, '%')}" if task.fraction > 0 else said
    if isinstance(task.error, Cancelled):
        return tr("Stopped.", lang)
    return error_text(task.error, lang) if task.error is not None else tr("Done.", lang)


class _Row(QFrame):
    def __init__(self, task: Task, lang: str) -> None:
        super().__init__()
        self._task, self._lang = task, lang
        self.title = Elided(task.title)
        self.said = label("", "small")
        self.bar = Progress(tr("Progress of {title}", lang, title=task.title), unknown=True)
        self.stop = IconButton("close", tr("Stop {title}", lang, title=task.title))
        self.stop.clicked.connect(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * STEP, 2 * STEP, 2 * STEP, 2 * STEP)
        layout.setSpacing(STEP)
        head = row(self.title, self.stop)
        head.setStretch(0, 1)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addWidget(self.said)
        self.refresh()

    def refresh(self) -> None:
        running = self._task.running
        self.bar.show_fraction(self._task.fraction, unknown=True)
        self.bar.setVisible(running)
        self.stop.setVisible(running)
        self.said.setText(progress_text(self._task, self._lang))

    def _cancel(self) -> None:
        self._task.cancel()
        self.stop.setEnabled(False)
        self.said.setText(tr("Stopping…", self._lang))


class JobsPanel(QWidget):
    """List of tasks, newest first; the window calls :meth:`track` for each and :meth:`refresh` when one tells."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        del store  # tasks live outside the State; the argument keeps all panels alike
        self.setObjectName("jobs_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lang = lang
        self._rows: dict[int, _Row] = {}
        self._tasks: list[Task] = []
        self._empty = EmptyState(tr("Nothing works in the background.", lang))
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setWidget(inner)
        self._area.setAccessibleName(tr("Background work", lang))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)
        outer.addWidget(self._area, 1)
        self._area.hide()

    def track(self, task: Task) -> None:
        """List a task."""
        line = _Row(task, self._lang)
        self._rows[id(task)] = line
        self._tasks.insert(0, task)
        self._list.insertWidget(0, line)
        for old in [done for done in self._tasks[KEPT:] if not done.running]:
            self._tasks.remove(old)
            self._rows.pop(id(old)).deleteLater()
        self._empty.hide()
        self._area.show()

    def refresh(self, task: Task) -> None:
        """Show what a task tells now."""
        if id(task) in self._rows:
            self._rows[id(task)].refresh()

    def texts(self) -> tuple[str, ...]:
        """Return what each line says, newest first."""
        return tuple(self._rows[id(task)].said.text() for task in self._tasks)
