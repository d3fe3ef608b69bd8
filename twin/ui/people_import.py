"""Areas and people from files: what is inside, which column is what, whose they are; then what did not match."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from twin.city.statistics.bring import About
from twin.privacy.provenance import CLASSES
from twin.text import N_, number, tr
from twin.ui import people_files
from twin.ui.join_dialog import JoinDialog
from twin.ui.widgets import STEP, label

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City
    from twin.jobs import Task
    from twin.ui.people_files import Brought, Looked
    from twin.ui.tasks import Tasks

KINDS = ("DeSO 2018", "DeSO 2025", "RegSO 2018", "RegSO 2025", "basområde", "stadsdelsområde", "kommun")
_HEADS = (N_("Column"), N_("Grouping"), N_("Group"))


class PeopleImportDialog(JoinDialog):
    """Asks what a file of areas or people holds; it makes a :class:`twin.ui.people_files.Brought`."""

    def __init__(self, path: Path, city: City, tasks: Tasks, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(path, city, tasks, lang, parent)
        self.looked: Looked | None = None
        self.setObjectName("people_import")
        self.setWindowTitle(tr("Areas or people from {name}", lang, name=path.name))
        self.resize(180 * STEP, 165 * STEP)
        self._build()
        self._begin(people_files.look, path, title=tr("Looking into {name}", lang, name=path.name), then=self._seen)

    # --- commands -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the file in."""
        if self.looked is None or self._busy:
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

    # --- inside -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        lang = self._lang
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
        self._column.addWidget(self._hint)
        self._column.addWidget(self.table, 1)
        self._add_foot()

    def _fit(self) -> None:
        """Show what the chosen kind of file is asked for."""
        people = bool(self.what.currentData())
        self._form.setRowVisible(self.name, not people)
        self._form.setRowVisible(self.crs, not people)
        self.table.setVisible(people)
        self._hint.setVisible(people)

    def _seen(self, task: Task) -> None:
        if not self._ended(task):
            return
        found = self.looked = cast("Looked", task.result)
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
        self._show_size(found.rows, len(found.columns))

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
        said = tr("{n} rows were read.", self._lang, n=number(brought.rows, self._lang, 0))
        self._show_outcome(said, brought.notes)
        self.made.emit(brought)
