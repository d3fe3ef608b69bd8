"""Areas and people from files: what is inside, which column is what, whose they are; then what did not match."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.city.statistics.bring import About
from twin.errors import Cancelled
from twin.privacy.provenance import CLASSES
from twin.text import N_, error_text, number, tr
from twin.ui import people_files
from twin.ui.widgets import STEP, button, label, row

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City
    from twin.jobs import Task
    from twin.ui.people_files import Brought, Looked
    from twin.ui.tasks import Tasks

KINDS = ("DeSO 2018", "DeSO 2025", "RegSO 2018", "RegSO 2025", "basområde", "stadsdelsområde", "kommun")
_HEADS = (N_("Column"), N_("Grouping"), N_("Group"))
_SAID = 8


class PeopleImportDialog(QDialog):
    """Asks what a file holds, brings it in beside the window, and lists what did not match.

    Parameters
    ----------
    path : Path
    city : City
    tasks : Tasks
    lang : str
    """

    made = Signal(object)
    """The :class:`twin.ui.people_files.Brought`."""

    def __init__(self, path: Path, city: City, tasks: Tasks, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._city, self._tasks, self._lang = path, city, tasks, lang
        self._task: Task | None = None
        self.looked: Looked | None = None
        self.setObjectName("people_import")
        self.setWindowTitle(tr("Areas or people from {name}", lang, name=path.name))
        self.resize(180 * STEP, 165 * STEP)
        self._build()
        self._begin(people_files.look, path, title=tr("Looking into {name}", lang, name=path.name), then=self._seen)

    # --- commands -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the file in."""
        if self.looked is None or (self._task is not None and self._task.running):
            return
        people = bool(self.what.currentData())
        columns = {"code": self.code.currentText()} if self.code.currentText() else {}
        if people:
            columns |= self._groups()
        elif self.name.currentText():
            columns["name"] = self.name.currentText()
        about = About(
            kind=self.kind.currentText().strip(), owner=self.owner.text().strip(), licence=self.licence.text().strip(),
            date=self.date.text().strip(), classification=str(self.classification.currentData()),
        )  # fmt: skip
        self._say("")
        title = tr("Reading {name}", self._lang, name=self._path.name)
        self._begin(
            people_files.bring, self._city, self._path, people, columns, about, self.crs.text().strip(), title=title,
            then=self._came,
        )  # fmt: skip

    def reject(self) -> None:
        """Close; what is being read is stopped first."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            self._task = None
        super().reject()

    # --- inside -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        lang = self._lang
        self.about = label("", "muted")
        self.what, self.code, self.name, self.kind, self.classification = (QComboBox() for _ in range(5))
        self.what.addItem(tr("People by group (a table)", lang), True)
        self.what.addItem(tr("Areas (a map)", lang), False)
        self.what.currentIndexChanged.connect(lambda _i: self._fit())
        self.kind.setEditable(True)
        self.kind.addItems(["", *KINDS])
        for name in CLASSES:
            self.classification.addItem(tr(name, lang), name)
        self.classification.setCurrentIndex(CLASSES.index("internal"))
        self.owner, self.licence, self.date, self.crs = (QLineEdit() for _ in range(4))
        self.crs.setPlaceholderText("EPSG:3006")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(3 * STEP)
        for title, field in (
            (N_("What it holds"), self.what), (N_("Code of the area"), self.code), (N_("Name of the area"), self.name),
            (N_("Kind of areas"), self.kind), (N_("Owner"), self.owner), (N_("Licence"), self.licence),
            (N_("Date"), self.date), (N_("Class"), self.classification),
            (N_("Reference system, where the file names none"), self.crs),
        ):  # fmt: skip
            said = tr(title, lang)
            field.setAccessibleName(said)
            self._form.addRow(said, field)
        self.classification.setToolTip(tr("Open: shown as published. Otherwise few persons are withheld.", lang))
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(tr("Columns that count groups", lang))
        self.table.setHorizontalHeaderLabels([tr(text, lang) for text in _HEADS])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setAccessibleName(self.table.accessibleName())
        self.table.verticalHeader().hide()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self._hint = label(
            tr("Write a grouping and a group beside each column that counts persons; empty ones are not read.", lang),
            "muted",
        )
        self._report = label("", "", selectable=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Progress", lang))
        self.start_button = button(tr("Bring in", lang), primary=True)
        self.start_button.clicked.connect(lambda _checked=False: self.start())
        self.close_button = button(tr("Close", lang))
        self.close_button.clicked.connect(lambda _checked=False: self.reject())
        column = QVBoxLayout(self)
        column.setContentsMargins(5 * STEP, 4 * STEP, 5 * STEP, 4 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self.about)
        column.addLayout(self._form)
        column.addWidget(self._hint)
        column.addWidget(self.table, 1)
        column.addWidget(self._report)
        column.addWidget(self._bar)
        column.addLayout(row(None, self.close_button, self.start_button))
        self._bar.hide()
        self._report.hide()

    def _fit(self) -> None:
        """Show what the chosen kind of file is asked for."""
        people = bool(self.what.currentData())
        self._form.setRowVisible(self.name, not people)
        self._form.setRowVisible(self.crs, not people)
        self.table.setVisible(people)
        self._hint.setVisible(people)

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
        self.start_button.setEnabled(self.looked is not None)
        if task.error is None:
            return True
        if not isinstance(task.error, Cancelled):
            self._say(error_text(task.error, self._lang))
        return False

    def _say(self, text: str) -> None:
        self._report.setText(text)
        self._report.setVisible(bool(text))

    def _seen(self, task: Task) -> None:
        if not self._ended(task):
            return
        found = self.looked = cast("Looked", task.result)
        lang = self._lang
        self.about.setText(
            tr("{name}: {n} rows, {m} columns.", lang, name=self._path.name, n=number(found.rows, lang, 0),
               m=len(found.columns))
        )  # fmt: skip
        for box in (self.code, self.name):
            box.addItems(["", *found.columns])
        self.code.setCurrentText(found.code)
        if found.kind:
            self.kind.setCurrentText(found.kind)
        self.what.setCurrentIndex(1 if found.areas and not any(group for _, group in found.groups) else 0)
        self.table.setRowCount(len(found.columns))
        for place, (column, pair) in enumerate(zip(found.columns, found.groups, strict=True)):
            for k, text in enumerate((column, *pair)):
                item = QTableWidgetItem(text)
                if k == 0:
                    item.setFlags(item.flags() & ~item.flags().ItemIsEditable)
                self.table.setItem(place, k, item)
        self._fit()
        self.start_button.setEnabled(True)

    def _groups(self) -> dict[str, str]:
        """Return the columns that are read, by grouping and group."""
        found = {}
        for place in range(self.table.rowCount()):
            column, dimension, group = (
                item.text().strip() if (item := self.table.item(place, k)) is not None else "" for k in range(3)
            )
            if dimension and group:
                found[f"{dimension}:{group}"] = column
        return found

    def _came(self, task: Task) -> None:
        if not self._ended(task):
            return
        brought = cast("Brought", task.result)
        lang = self._lang
        lines = [tr("{n} rows were read.", lang, n=number(brought.rows, lang, 0))]
        lines += [note.text(lang) for note in brought.notes[:_SAID]]
        self._say("\n".join(lines))
        self.start_button.hide()
        self.made.emit(brought)
