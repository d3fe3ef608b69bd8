"""The two halves of the form that turns a data file into a layer: what is shown of it, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from twin.city import schema
from twin.datafile import join
from twin.datafile.ground import CODES
from twin.datafile.spec import JOINED, SHOW_TITLES, About, Choice
from twin.text import N_, tr
from twin.ui.crs_chooser import CrsField
from twin.ui.widgets import STEP, IntegerBox, label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.datafile.preview import Sheet
    from twin.datafile.spec import Show
    from twin.ui.layer_files import Found

LICENCES = ("CC0-1.0", "CC-BY-4.0", "ODbL-1.0", N_("internal use"))
_ROWS = {
    "sheet": N_("Table in the file"),
    "show": N_("Show as"),
    "value": N_("Values"),
    "x": N_("East (x)"),
    "y": N_("North (y)"),
    "crs": N_("Reference system"),
    "key": N_("Column with codes"),
    "to": N_("Codes stand for"),
    "time": N_("Time"),
    "label": N_("Text at the place"),
    "height": N_("Raise by"),
    "band": N_("Band"),
}


def _form(widget: QWidget) -> QFormLayout:
    form = QFormLayout(widget)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(4 * STEP)
    form.setVerticalSpacing(2 * STEP)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


class ChoiceForm(QWidget):
    """What is shown of a file: only the rows that matter for the kind of thing are there."""

    changed = Signal()

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._found: Found | None = None
        self._zone = Choice(show="points").zone
        self.boxes = {name: QComboBox() for name in _ROWS if name not in ("crs", "band")}
        self.crs = CrsField(lang)
        self.band = IntegerBox()
        fields: dict[str, QWidget] = {**self.boxes, "crs": self.crs, "band": self.band}
        self._form = _form(self)
        self._fields = {name: fields[name] for name in _ROWS}
        for name, title in _ROWS.items():
            caption = label(tr(title, lang), "muted", wrap=False)
            caption.setBuddy(fields[name])
            fields[name].setAccessibleName(tr(title, lang))
            self._form.addRow(caption, fields[name])
        for name, box in self.boxes.items():
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(18)
            box.activated.connect(lambda _index, name=name: self._chosen(name))
        self.crs.changed.connect(lambda _code: self.changed.emit())
        self.band.valueChanged.connect(lambda _value: self.changed.emit())

    def fill(self, found: Found) -> None:
        """Offer what a file holds, with the likely choice taken."""
        self._found = found
        self._set("sheet", [(sheet.name, sheet.name) for sheet in found.preview.sheets], self.sheet.name)
        self.band.setRange(1, max(len(found.preview.bands), 1))
        self._fill_sheet()

    @property
    def sheet(self) -> Sheet:
        """The table of the file that is chosen."""
        if self._found is None:
            raise ValueError("no file")
        return self._found.preview.sheet(self._get("sheet"))

    @property
    def choice(self) -> Choice:
        """What is chosen now; what does not matter for it is left at its default."""
        show: Show = self._get("show") or "points"  # type: ignore[assignment]
        used = {name: self._get(name) for name in self._used(show) if name in self.boxes}
        used.pop("show", None)
        if self._found is None or len(self._found.preview.sheets) < 2:
            used.pop("sheet", None)
        if "crs" in self._used(show) and self.crs.code and self.crs.code != (self.sheet.crs or ""):
            used["crs"] = self.crs.code
        return Choice(show=show, band=self.band.value(), zone=self._zone, **used)

    def why_not(self) -> str:
        """Say what is missing, "" when nothing is."""
        choice, lang = self.choice, self._lang
        if choice.show in JOINED and not choice.key:
            return tr("Choose the column with the codes.", lang)
        if choice.key == join.WIDE and not choice.time:
            return tr("Choose the column with the times.", lang)
        if not self.sheet.geometry and choice.show == "points" and not (choice.x and choice.y):
            return tr("Choose the columns with the coordinates.", lang)
        if "crs" in self._used(choice.show) and not self.crs.code:
            return tr("Choose the reference system of the coordinates.", lang)
        return ""

    # --- inside -------------------------------------------------------------------------------------------------

    def _fill_sheet(self) -> None:
        if self._found is None:
            return
        sheet = self.sheet
        guess = self._found.choices[self._found.preview.sheets.index(sheet)]
        kinds: list[str] = (
            [guess.show] if sheet.geometry == "raster" else [sheet.geometry] if sheet.geometry else ["points"]
        )
        if sheet.geometry in ("lines", "areas"):
            kinds.append("points")
        if sheet.geometry != "raster":
            kinds += JOINED
        self._set("show", [(kind, tr(SHOW_TITLES[kind], self._lang)) for kind in kinds], guess.show)
        self._offer_columns(sheet, guess)
        self.crs.set_box(sheet.box)
        self.crs.set_code(guess.crs or sheet.crs or "")
        self._show_rows()

    def _offer_columns(self, sheet: Sheet, guess: Choice) -> None:
        none = [("", "–")]
        every = [(one.name, one.name) for one in sheet.fields]
        numbers = [(one.name, one.name) for one in sheet.of_kind("number")]
        whole = tr("only the places", self._lang)
        self._set("value", [*every, ("", whole)], guess.value)
        for name in ("x", "y"):
            self._set(name, [*none, *numbers], getattr(guess, name))
        wide = [(join.WIDE, tr("the columns' names (one row per time)", self._lang))]
        self._set("key", [*none, *every, *wide], guess.key)
        for name in ("time", "label"):
            self._set(name, [*none, *every], getattr(guess, name))
        self._set("height", [*none, *numbers], guess.height)
        self._offer_targets(guess.to)

    def _offer_targets(self, chosen: str) -> None:
        table = self._get("show")
        titles = {column.name: column.title for column in schema.TABLES[table].columns} if table in CODES else {}
        offered = [(name, tr(titles.get(name, N_("Id")), self._lang)) for name in CODES.get(table, ())]
        self._set("to", offered, chosen)

    def _used(self, show: str) -> tuple[str, ...]:
        if show == "raster":
            return ("show", "band", "crs")
        if show in JOINED:
            return ("sheet", "show", "key", "to", "time", *(() if self._get("key") == join.WIDE else ("value",)))
        own = () if self.sheet.geometry else ("x", "y")
        raised = ("height",) if show == "areas" else ()
        return ("sheet", "show", *own, "value", "crs", "time", "label", *raised)

    def _show_rows(self) -> None:
        used = self._used(self._get("show"))
        several = self._found is not None and len(self._found.preview.sheets) > 1
        for name, field in self._fields.items():
            there = name in used and (name != "sheet" or several)
            self._form.setRowVisible(field, there and (name != "band" or self.band.maximum() > 1))

    def _chosen(self, name: str) -> None:
        if name == "sheet":
            self._fill_sheet()
        if name == "show":
            self._offer_targets("code")
        if name in ("show", "key"):
            self._show_rows()
        self.changed.emit()

    def _set(self, name: str, offered: Iterable[tuple[str, str]], chosen: str) -> None:
        box = self.boxes[name]
        with QSignalBlocker(box):
            box.clear()
            for value, text in offered:
                box.addItem(text, value)
            box.setCurrentIndex(max(box.findData(chosen), 0))

    def _get(self, name: str) -> str:
        return str(self.boxes[name].currentData() or "")


class AboutForm(QWidget):
    """Whose the data are and what they tell: asked for once, shown with every figure."""

    changed = Signal()

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        titles = {
            "title": N_("Title"),
            "unit": N_("Unit"),
            "owner": N_("Owner"),
            "licence": N_("Licence"),
            "classification": N_("Information class"),
            "date": N_("Date"),
            "note": N_("Note"),
        }
        self.lines = {name: QLineEdit() for name in ("title", "unit", "owner", "date", "note")}
        self.licence = QComboBox()
        self.licence.setEditable(True)
        self.licence.addItems(["", *(tr(one, lang) for one in LICENCES)])
        self.classification = QComboBox()
        self.classification.addItem(tr("choose…", lang), "")
        for name in schema.CLASSIFICATIONS:
            self.classification.addItem(tr(schema.word(name), lang), name)
        self.lines["owner"].setPlaceholderText(tr("who answers for the data", lang))
        self.lines["date"].setPlaceholderText("2026-11-29")
        self.lines["unit"].setPlaceholderText(tr("such as m or veh/day", lang))
        fields: dict[str, QWidget] = {
            **self.lines, "licence": self.licence, "classification": self.classification,
        }  # fmt: skip
        form = self._form = _form(self)
        for name, title in titles.items():
            caption = label(tr(title, lang), "muted", wrap=False)
            caption.setBuddy(fields[name])
            fields[name].setAccessibleName(tr(title, lang))
            form.addRow(caption, fields[name])
        for line in self.lines.values():
            line.textChanged.connect(lambda _text: self.changed.emit())
        self.licence.currentTextChanged.connect(lambda _text: self.changed.emit())
        self.classification.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def show_unit(self, shown: bool) -> None:
        """Ask for the unit or not: sources of a city have none."""
        self._form.setRowVisible(self.lines["unit"], shown)

    def fill(self, about: About) -> None:
        """Show what is known."""
        for name, line in self.lines.items():
            line.setText(getattr(about, name))
        self.licence.setCurrentText(about.licence)
        self.classification.setCurrentIndex(max(self.classification.findData(about.classification), 0))

    @property
    def about(self) -> About:
        """What is said now."""
        said = {name: line.text().strip() for name, line in self.lines.items()}
        return About(
            **said, licence=self.licence.currentText().strip(),
            classification=str(self.classification.currentData() or ""),
        )  # fmt: skip

    def why_not(self) -> str:
        """Say what must still be said, "" when nothing must."""
        about = self.about
        if not about.title:
            return tr("Give the layer a title.", self._lang)
        missing = [tr(one, self._lang).lower() for one in about.missing()]
        return tr("Say whose data they are: {what} is missing.", self._lang, what=", ".join(missing)) if missing else ""
