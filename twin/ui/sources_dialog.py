"""Whose the data of a project are: every source of the city and every data file, to be looked through and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout

from twin.city import schema
from twin.datafile.spec import About
from twin.text import tr
from twin.ui.layer_form import AboutForm
from twin.ui.widgets import STEP, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

    from twin.city.city import City
    from twin.state import State

_KEPT = ("title", "owner", "licence", "classification", "date", "note")
"""Columns of the table of sources that the form changes."""


def abouts(state: State) -> dict[str, About]:
    """Return whose data they are by the id of the source or of the data file, in the order they are listed."""
    rows = state.city.sources
    names = [field for field in About.__struct_fields__ if field in rows.columns]
    found = {str(row["id"]): About(**{name: str(row[name]) for name in names}) for row in rows.to_dict("records")}
    return {**found, **{one.id: one.about for one in state.imported}}


def with_sources(city: City, said: Mapping[str, About]) -> City:
    """Return a city some of whose sources are described anew."""
    rows = city.sources.copy()
    for id, about in said.items():
        for name in _KEPT:
            rows.loc[rows["id"] == id, name] = getattr(about, name)
    return city.replaced(sources=rows)


class SourcesDialog(QDialog):
    """The sources on the left, what is known of the one chosen on the right."""

    changed = Signal(object)
    """Mapping from id to the About that is said now, of those that are another."""

    def __init__(self, state: State, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sources")
        self._lang = lang
        self._known = abouts(state)
        self._said = dict(self._known)
        self._files = {one.id for one in state.imported}
        self.setWindowTitle(tr("Sources of the data", lang))
        self.list = QListWidget()
        self.list.setAccessibleName(self.windowTitle())
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form = AboutForm(lang)
        self._hint = label("", "small")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for id in self._known:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, id)
            self.list.addItem(item)
        side = QVBoxLayout()
        side.addWidget(self.form)
        side.addWidget(self._hint)
        side.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(4 * STEP)
        both.addWidget(self.list, 2)
        both.addLayout(side, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(3 * STEP)
        column.addLayout(both, 1)
        column.addWidget(self.buttons)
        self.resize(180 * STEP, 96 * STEP)
        self.list.currentRowChanged.connect(lambda _row: self._show())
        self.form.changed.connect(self._take)
        self._write()
        self.list.setCurrentRow(0)
        self._check()

    def accept(self) -> None:
        """Tell what was changed."""
        others = {id: about for id, about in self._said.items() if about != self._known[id]}
        if others:
            self.changed.emit(others)
        super().accept()

    # -- inside

    @property
    def _id(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _show(self) -> None:
        self.form.setEnabled(bool(self._id))
        if self._id:
            self.form.show_unit(self._id in self._files)
            self.form.blockSignals(True)
            self.form.fill(self._said[self._id])
            self.form.blockSignals(False)
        self._check()

    def _take(self) -> None:
        if self._id:
            about = self.form.about
            unit = about.unit if self._id in self._files else ""
            self._said[self._id] = msgspec.structs.replace(
                self._said[self._id], unit=unit, **{name: getattr(about, name) for name in _KEPT}
            )
            self._write()
            self._check()

    def _write(self) -> None:
        for place in range(self.list.count()):
            item = self.list.item(place)
            about = self._said[item.data(Qt.ItemDataRole.UserRole)]
            kind = tr(schema.word(about.classification), self._lang) if about.classification else ""
            text = " · ".join(filter(None, (about.title, about.owner, kind)))
            item.setText(text)
            item.setToolTip(text)

    def _check(self) -> None:
        """Say what nobody has said yet; a title is needed."""
        about = self._said.get(self._id)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(
            all(one.title for one in self._said.values())
        )
        missing = [] if about is None else [tr(one, self._lang).lower() for one in about.missing()]
        text = tr("Say whose data they are: {what} is missing.", self._lang, what=", ".join(missing)) if missing else ""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
