"""Traffic counts from a file onto the streets: which column is what, whose they are; then what found no street."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from twin.text import N_, number, tr
from twin.ui import counts_files
from twin.ui.join_dialog import JoinDialog
from twin.ui.widgets import STEP, label

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City
    from twin.jobs import Task
    from twin.ui.counts_files import Brought, Looked
    from twin.ui.tasks import Tasks

_FIELDS = (
    ("count", N_("Vehicles a day")), ("oneway", N_("Counts one direction only (yes/no)")), ("name", N_("Street")),
    ("way", N_("OpenStreetMap way")), ("link", N_("Road link (id)")), ("year", N_("Year or date")),
    ("x", N_("East (x)")), ("y", N_("North (y)")),
)  # fmt: skip
_PLACES = ("x", "y")


class CountsImportDialog(JoinDialog):
    """Asks which column holds what; it makes a :class:`twin.ui.counts_files.Brought`."""

    def __init__(self, path: Path, city: City, tasks: Tasks, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(path, city, tasks, lang, parent)
        self.looked: Looked | None = None
        self.setObjectName("counts_import")
        self.setWindowTitle(tr("Traffic counts from {name}", lang, name=path.name))
        self.resize(150 * STEP, 120 * STEP)
        self.columns = {name: QComboBox() for name, _ in _FIELDS}
        self.owner, self.licence, self.date, self.crs = (QLineEdit() for _ in range(4))
        self.crs.setPlaceholderText("EPSG:3006")
        for title, field in (
            *((text, self.columns[name]) for name, text in _FIELDS),
            (N_("Owner"), self.owner), (N_("Licence"), self.licence), (N_("Date"), self.date),
            (N_("Reference system, where the file names none"), self.crs),
        ):  # fmt: skip
            said = tr(title, lang)
            field.setAccessibleName(said)
            self._form.addRow(said, field)
        self._column.addWidget(
            label(tr("Counts go to the streets they lie on or name; demand is fitted to them from then on.", lang),
                  "muted")
        )  # fmt: skip
        self._column.addStretch(1)
        self._add_foot()
        self._begin(counts_files.look, path, title=tr("Looking into {name}", lang, name=path.name), then=self._seen)

    def start(self) -> None:
        """Bring the file in."""
        if self.looked is None or self._busy:
            return
        self._say("")
        columns = {name: box.currentText() for name, box in self.columns.items() if box.currentText()}
        facts = {"owner": self.owner.text(), "licence": self.licence.text(), "date": self.date.text()}
        facts = {name: text.strip() for name, text in facts.items() if text.strip()}
        self._begin(
            counts_files.bring, self._city, self._path, columns, facts, self.crs.text().strip(),
            title=tr("Reading {name}", self._lang, name=self._path.name), then=self._came,
        )  # fmt: skip

    def _seen(self, task: Task) -> None:
        if not self._ended(task):
            return
        found = self.looked = cast("Looked", task.result)
        known = dataclasses.asdict(found.known)
        for name, box in self.columns.items():
            box.addItems(["", *found.columns])
            box.setCurrentText(known[name])
            self._form.setRowVisible(box, not (found.shapes and name in _PLACES))
        self._show_size(found.rows, len(found.columns))

    def _came(self, task: Task) -> None:
        if not self._ended(task):
            return
        brought = cast("Brought", task.result)
        said = tr(
            "{n} of {all} counts are on the streets, on {links} road links.", self._lang,
            n=number(brought.found, self._lang, 0), all=number(brought.rows, self._lang, 0),
            links=number(brought.links, self._lang, 0),
        )  # fmt: skip
        self._show_outcome(said, brought.notes)
        self.made.emit(brought)
