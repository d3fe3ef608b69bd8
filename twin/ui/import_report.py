"""What came of an import: read, mended, assumed, skipped, with counts and examples; to copy or to keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from twin.city.schema import TABLES
from twin.errors import TwinError
from twin.text import N_, error_text, number, tr
from twin.ui.widgets import STEP, button, label, row, see_through

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.city.reading import NoteKind
    from twin.importing import FileReport

_KINDS: tuple[tuple[NoteKind, str, str], ...] = (
    ("problem", N_("Look at this"), N_("Wrong in the file; read as well as it can be.")),
    ("mended", N_("Mended"), N_("Was broken and has been put right.")),
    ("assumed", N_("Assumed"), N_("Not said in the file; a usual value was taken.")),
    ("skipped", N_("Skipped"), N_("Could not be used and was left out.")),
)
_MORE: Mapping[str, str] = {"terrain": N_("Terrain cells"), "surfaces": N_("Surface triangles")}


def read_lines(report: FileReport, lang: str) -> list[str]:
    """Say how many rows of which table were read."""
    names = {name: table.title for name, table in TABLES.items()} | dict(_MORE)
    return [f"{tr(names.get(name, name), lang)}: {number(n, lang, 0)}" for name, n in report.read.items()]


def report_text(reports: Sequence[FileReport], lang: str) -> str:
    """Return the whole report as plain text.

    Parameters
    ----------
    reports : sequence of FileReport
    lang : str
        Language.
    """
    lines: list[str] = []
    for report in reports:
        lines += [f"{report.path.name} ({report.format})", tr("Read", lang)]
        lines += [f"  {line}" for line in read_lines(report, lang)]
        for kind, title, _ in _KINDS:
            notes = [note for note in report.notes if note.kind == kind]
            if notes:
                lines += [tr(title, lang), *(f"  {note.text(lang)}" for note in notes)]
        lines.append("")
    return "\n".join(lines)


class ReportView(QWidget):
    """The report on a page of its own, a section per file; its two buttons are placed by the dialog."""

    failed = Signal(str)
    """The report could not be saved; the text says why."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._reports: tuple[FileReport, ...] = ()
        self.heading = label("", "heading")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(tr("Import report", lang))
        self.copy_button = button(tr("Copy report", lang))
        self.copy_button.clicked.connect(lambda _checked=False: QApplication.clipboard().setText(self.text()))
        self.save_button = button(tr("Save report…", lang))
        self.save_button.clicked.connect(lambda _checked=False: self._ask_and_save())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self.heading)
        layout.addWidget(self._area, 1)

    def show_reports(self, heading: str, reports: Sequence[FileReport]) -> None:
        """Show what came of the files."""
        self._reports = tuple(reports)
        self.heading.setText(heading)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 2 * STEP, 0)
        column.setSpacing(3 * STEP)
        for report in reports:
            column.addWidget(self._section(report))
        column.addStretch(1)
        self._area.setWidget(page)
        see_through(self._area)

    def text(self) -> str:
        """Return the report as plain text."""
        return report_text(self._reports, self._lang)

    def save(self, path: Path) -> None:
        """Write the report to a text file."""
        try:
            path.write_text(self.text(), encoding="utf-8")
        except OSError as error:
            said = TwinError("{path}: could not be written: {reason}.", path=path.name, reason=error.strerror or error)
            self.failed.emit(error_text(said, self._lang))

    # -- inside

    def _ask_and_save(self) -> None:
        name = (self._reports[0].path.stem if self._reports else "report") + "-report.txt"
        said, _ = QFileDialog.getSaveFileName(self, tr("Save report", self._lang), name, "*.txt")
        if said:
            self.save(Path(said))

    def _section(self, report: FileReport) -> QFrame:
        lang = self._lang
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(4 * STEP, 3 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(STEP)
        column.addWidget(label(report.path.name, "heading"))
        column.addWidget(label(report.format, "muted"))
        self._block(column, tr("Read", lang), "", read_lines(report, lang))
        for kind, title, meaning in _KINDS:
            notes = [note.text(lang) for note in report.notes if note.kind == kind]
            if notes:
                self._block(column, tr(title, lang), tr(meaning, lang), notes)
        if not report.notes:
            column.addWidget(label(tr("Nothing had to be mended, assumed or skipped.", lang), "muted"))
        return card

    def _block(self, column: QVBoxLayout, title: str, meaning: str, lines: Sequence[str]) -> None:
        column.addSpacing(2 * STEP)
        head = row(label(title, "section", wrap=False), label(meaning, "small"))
        head.setStretch(1, 1)
        column.addLayout(head)
        for line in lines:
            said = label(line, selectable=True)
            said.setContentsMargins(2 * STEP, 0, 0, 0)
            said.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            column.addWidget(said)
