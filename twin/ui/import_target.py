"""Where imported files go: the open project, or a new one with a name and a reference system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QFormLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from twin.city import crs
from twin.errors import TwinError
from twin.text import tr
from twin.ui.crs_chooser import CrsField
from twin.ui.widgets import STEP, button, label, row

if TYPE_CHECKING:
    from twin.city.city import City

ENDING = ".twin"


class TargetBox(QWidget):
    """Two choices; the second asks for a folder and shows which reference system the new project gets."""

    changed = Signal()

    def __init__(
        self, lang: str, city: City | None, first: Path | None, folder: Path | None, into_new: bool,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._lang, self._city = lang, city
        self._chosen_by_user = False
        name = city.name if city is not None else ""
        self.current = QRadioButton(tr("Add to the open project {name}", lang, name=name))
        self.new = QRadioButton(tr("Make a new project", lang))
        self._choice = QButtonGroup(self)
        for choice in (self.current, self.new):
            choice.setAccessibleName(choice.text())
            self._choice.addButton(choice)
        self.path = QLineEdit(str(_free(folder or Path.home(), first)))
        self.path.setAccessibleName(tr("Folder of the new project", lang))
        self.browse = button(tr("Browse…", lang), tr("Choose where the new project lies", lang))
        self.system_field = CrsField(lang, metric_only=True)
        self._fields = QWidget()
        form = QFormLayout(self._fields)
        form.setContentsMargins(6 * STEP if city is not None else 0, 0, 0, 0)
        form.setHorizontalSpacing(4 * STEP)
        form.setVerticalSpacing(2 * STEP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        where = row(self.path, self.browse)
        where.setStretch(0, 1)
        form.addRow(label(tr("Folder", lang), "muted", wrap=False), where)
        form.addRow(label(tr("Reference system", lang), "muted", wrap=False), self.system_field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(STEP)
        if city is None:
            layout.addWidget(label(tr("New project", lang), "heading"))
        layout.addWidget(self.current)
        layout.addWidget(self.new)
        layout.addWidget(self._fields)
        self.current.setVisible(city is not None)
        self.new.setVisible(city is not None)
        (self.new if city is None or into_new else self.current).setChecked(True)
        self._choice.buttonToggled.connect(lambda *_: self._switch())
        self.path.textChanged.connect(lambda _text: self.changed.emit())
        self.browse.clicked.connect(lambda _checked=False: self._browse())
        self.system_field.changed.connect(lambda _code: self._system_chosen())
        self._suggesting = False
        self._fields.setVisible(self.new.isChecked())

    @property
    def new_project(self) -> Path | None:
        """Folder of the new project, None when files go to the open one."""
        if not self.new.isChecked():
            return None
        path = Path(self.path.text().strip()).expanduser()
        return path if path.suffix == ENDING else path.with_name(path.name + ENDING) if path.name else path

    @property
    def system(self) -> str | None:
        """Reference system the files are brought to, None while it is not known."""
        if not self.new.isChecked() and self._city is not None:
            return self._city.crs
        return self.system_field.code or None

    @property
    def why_not(self) -> str:
        """What is still missing, "" when nothing is."""
        path = self.new_project
        if path is None:
            return ""
        if not self.path.text().strip() or not path.name:
            return tr("Name the folder of the new project.", self._lang)
        if path.exists():
            return tr("{name} is there already; choose another name.", self._lang, name=path.name)
        if not path.parent.is_dir():
            return tr("There is no folder {name}.", self._lang, name=str(path.parent))
        if not self.system:
            return tr("Choose the reference system of the new project.", self._lang)
        return ""

    def suggest(self, declared: str, lonlat: tuple[float, float, float, float] | None) -> None:
        """Choose the new project's system by its first file, unless the user has chosen one."""
        if self._chosen_by_user:
            return
        try:
            code = crs.choose(declared, lonlat)
        except TwinError:
            code = ""
        self._suggesting = True
        self.system_field.set_code(code)
        self._suggesting = False

    # -- inside

    def _switch(self) -> None:
        self._fields.setVisible(self.new.isChecked())
        self.changed.emit()

    def _system_chosen(self) -> None:
        if not self._suggesting:
            self._chosen_by_user = True
            self.changed.emit()

    def _browse(self) -> None:
        said, _ = QFileDialog.getSaveFileName(
            self, tr("Folder of the new project", self._lang), self.path.text(), f"*{ENDING}"
        )
        if said:
            self.path.setText(said)


def _free(folder: Path, first: Path | None) -> Path:
    """Return a name for a new project that is not taken, after its first file."""
    stem = first.name.split(".")[0] if first is not None else "city"
    path, n = folder / f"{stem}{ENDING}", 2
    while path.exists():
        path, n = folder / f"{stem}-{n}{ENDING}", n + 1
    return path
