"""What dialogs that join a file to the city share: looking into it, reading it beside the window, saying what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QVBoxLayout, QWidget

from twin.errors import Cancelled
from twin.text import error_text, number, tr
from twin.ui.widgets import STEP, Progress, button, label, row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twin.city.city import City
    from twin.city.reading import Note
    from twin.jobs import Task
    from twin.ui.tasks import Tasks

_SAID = 8


class JoinDialog(QDialog):
    """Asks what a file holds, brings it in beside the window, and lists what did not match.

    Parameters
    ----------
    path : Path
    city : City
    tasks : Tasks
    lang : str
    """

    made = Signal(object)
    """What came of it: the city, what is derived from it, and what did not match."""

    def __init__(self, path: Path, city: City, tasks: Tasks, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._city, self._tasks, self._lang = path, city, tasks, lang
        self._task: Task | None = None
        self._known = False
        self.about = label("", "muted")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(3 * STEP)
        self._report = label("", "", selectable=True)
        self._bar = Progress(tr("Progress", lang))
        self.start_button = button(tr("Bring in", lang), primary=True)
        self.start_button.clicked.connect(lambda _checked=False: self.start())
        self.close_button = button(tr("Close", lang))
        self.close_button.clicked.connect(lambda _checked=False: self.reject())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(5 * STEP, 4 * STEP, 5 * STEP, 4 * STEP)
        self._column.setSpacing(2 * STEP)
        self._column.addWidget(self.about)
        self._column.addLayout(self._form)

    def start(self) -> None:
        """Bring the file in."""

    def reject(self) -> None:
        """Close; what is being read is stopped first."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            self._task = None
        super().reject()

    # --- for those who are one ----------------------------------------------------------------------------------

    @property
    def _busy(self) -> bool:
        return self._task is not None and self._task.running

    def _add_foot(self) -> None:
        """Put report, progress and buttons below what was added."""
        self._column.addWidget(self._report)
        self._column.addWidget(self._bar)
        self._column.addLayout(row(None, self.close_button, self.start_button))
        self._bar.hide()
        self._report.hide()

    def _begin(self, function: object, *args: object, title: str, then: object) -> None:
        self.start_button.setEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._task = self._tasks.start(function, *args, title=title, then=then)  # type: ignore[arg-type]

    def _ended(self, task: Task) -> bool:
        """Say whether a task has a result; an error is shown in one line."""
        if task is not self._task:
            return False
        self._bar.hide()
        self.start_button.setEnabled(self._known)
        if task.error is None:
            return True
        if not isinstance(task.error, Cancelled):
            self._say(error_text(task.error, self._lang))
        return False

    def _say(self, text: str) -> None:
        self._report.setText(text)
        self._report.setVisible(bool(text))

    def _show_size(self, rows: int, columns: int) -> None:
        """Say how large the file is, which is known now."""
        self._known = True
        self.about.setText(
            tr("{name}: {n} rows, {m} columns.", self._lang, name=self._path.name, n=number(rows, self._lang, 0),
               m=columns)
        )  # fmt: skip
        self.start_button.setEnabled(True)

    def _show_outcome(self, first: str, notes: Sequence[Note]) -> None:
        """Say what came of it, and that nothing is left to start."""
        self._say("\n".join([first, *(note.text(self._lang) for note in notes[:_SAID])]))
        self.start_button.hide()
