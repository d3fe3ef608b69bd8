"""Choosing a reference system: the usual Swedish ones first, all of the EPSG register by name or code."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyproj.database
from pyproj.enums import PJType
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.city import crs
from twin.errors import TwinError
from twin.text import number, tr
from twin.ui.widgets import STEP, Elided, button, label, restyle, row

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

USUAL = (
    "EPSG:3011", "EPSG:3006", "EPSG:3007", "EPSG:3008", "EPSG:3009", "EPSG:3010", "EPSG:3012", "EPSG:3013", "EPSG:3014",
    "EPSG:3015", "EPSG:3016", "EPSG:3017", "EPSG:3018", "EPSG:3021", "EPSG:4326", "EPSG:25832", "EPSG:25833",
    "EPSG:28992", "EPSG:7415", "EPSG:5845", "EPSG:3857",
)  # fmt: skip
LISTED = 200
_CODE = Qt.ItemDataRole.UserRole


@cache
def _register() -> tuple[tuple[str, str, str], ...]:
    """Return (code, name, where it is for) of all systems with horizontal coordinates in the EPSG register."""
    kinds = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS, PJType.COMPOUND_CRS]
    found = pyproj.database.query_crs_info(auth_name="EPSG", pj_types=kinds)
    return tuple(
        (f"EPSG:{info.code}", info.name, (info.area_of_use.name or "") if info.area_of_use else "")
        for info in found
        if not info.deprecated
    )


def search(text: str) -> tuple[tuple[str, str, str], ...]:
    """Find systems whose code begins with, or whose name or area holds, every word; exact codes first.

    Examples
    --------
    >>> search("3011")[0][:2]
    ('EPSG:3011', 'SWEREF99 18 00')
    """
    words = text.casefold().replace("sweref 99", "sweref99").replace("epsg:", "").split()
    hits = [entry for entry in _register() if all(_matches(entry, word) for word in words)]
    return tuple(sorted(hits, key=lambda entry: _rank(entry, words))[:LISTED])


def _matches(entry: tuple[str, str, str], word: str) -> bool:
    code, name, area = entry
    return code[5:].startswith(word) or word in name.casefold() or word in area.casefold()


def _rank(entry: tuple[str, str, str], words: list[str]) -> tuple[bool, bool, int]:
    code = entry[0]
    return code[5:] not in words, code not in USUAL, int(code[5:])


def landing(code: str, box: tuple[float, float, float, float] | None, lang: str) -> tuple[str, bool]:
    """Say where data would lie on Earth if their box were in a system, and whether that is plausible."""
    if box is None:
        return "", True
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    try:
        if crs.swapped(code, box):
            x, y = y, x
        elif crs.outside(code, box):
            return tr("The coordinates do not fit this system: they would lie outside its area.", lang), False
        lon, lat = crs.transformer(code, crs.LONLAT).transform(x, y)
    except TwinError:
        return tr("This system cannot be used.", lang), False
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return tr("The coordinates do not fit this system: they would lie outside its area.", lang), False
    place = f"{number(lat, lang, 3)}°\u00a0N, {number(lon, lang, 3)}°\u00a0E"
    return tr("The data would then lie near {place}.", lang, place=place), True


class _Search(QLineEdit):
    """Sends the arrow keys to the list, so that one can type and choose without the mouse."""

    def __init__(self, list_: QListWidget) -> None:
        super().__init__()
        self._list = list_

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)


class CrsChooser(QDialog):
    """Asks for a reference system.

    Parameters
    ----------
    lang : str
    chosen : str
        The system marked at first, "" for none.
    box : tuple of 4 floats, optional
        Box of the data in the unknown system; the dialog then says where the data would lie.
    metric_only : bool
        Offer only systems a project can have: projected, in metres.
    """

    def __init__(
        self,
        lang: str,
        chosen: str = "",
        box: tuple[float, float, float, float] | None = None,
        metric_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lang, self._box, self._metric_only = lang, box, metric_only
        self.setWindowTitle(tr("Choose reference system", lang))
        self.setMinimumSize(120 * STEP, 110 * STEP)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Reference systems", lang))
        self.list.setUniformItemSizes(True)
        self.list.currentItemChanged.connect(lambda *_: self._show_choice())
        self.list.itemActivated.connect(lambda _item: self._try_accept())
        self.field = _Search(self.list)
        self.field.setPlaceholderText(tr("Search by name, code or country, e.g. SWEREF 99 or 3011", lang))
        self.field.setAccessibleName(tr("Search reference systems", lang))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.said = label("", "muted")
        self.use = button(tr("Use this system", lang), primary=True)
        self.use.clicked.connect(lambda _checked=False: self._try_accept())
        cancel = button(tr("Cancel", lang))
        cancel.clicked.connect(lambda _checked=False: self.reject())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.said)
        layout.addLayout(row(None, cancel, self.use))
        self._fill("")
        self._mark(chosen)
        self.field.setFocus()

    @property
    def chosen(self) -> str:
        """The marked system as ``"EPSG:n"``, "" for none."""
        item = self.list.currentItem()
        return str(item.data(_CODE)) if item is not None else ""

    def _fill(self, text: str) -> None:
        before = self.chosen
        self.list.clear()
        if text.strip():
            found = search(text)
        else:
            found = tuple((code, "", "") for code in USUAL)
        for code, _, area in found:
            if self._metric_only and not crs.metric(code):
                continue
            item = QListWidgetItem(crs.describe(code, self._lang))
            item.setData(_CODE, code)
            item.setToolTip(area or item.text())
            self.list.addItem(item)
        self._mark(before)
        if text.strip() and self.list.currentItem() is None:
            self.list.setCurrentRow(0)
        self._show_choice()

    def _mark(self, code: str) -> None:
        for place in range(self.list.count()):
            if self.list.item(place).data(_CODE) == code:
                self.list.setCurrentRow(place)

    def _show_choice(self) -> None:
        text, plausible = landing(self.chosen, self._box, self._lang) if self.chosen else ("", True)
        if not self.list.count():
            text = tr("No system is called that. Search by name, by EPSG code or by country.", self._lang)
        elif not self.chosen:
            text = tr("Whoever delivered the file knows its system; it is often in the file's description.", self._lang)
        self.said.setText(text)
        self.said.setProperty("plausible", plausible)
        self.use.setEnabled(bool(self.chosen))

    def _try_accept(self) -> None:
        if self.chosen:
            self.accept()


class CrsField(QWidget):
    """A line that names a reference system and lets it be chosen."""

    changed = Signal(str)

    def __init__(self, lang: str, metric_only: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang, self._metric_only = lang, metric_only
        self._code = ""
        self._box: tuple[float, float, float, float] | None = None
        self.said = Elided()
        self.button = button(tr("Choose…", lang), tr("Choose the reference system", lang))
        self.button.setAccessibleName(self.button.toolTip())
        self.button.clicked.connect(lambda _checked=False: self.ask())
        layout = row(self.said, self.button)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.set_code("")

    @property
    def code(self) -> str:
        """The system, "" while it is unknown."""
        return self._code

    def set_box(self, box: tuple[float, float, float, float] | None) -> None:
        """Tell the box of the data, so that the chooser can say where they would lie."""
        self._box = box

    def set_code(self, code: str) -> None:
        """Set the system; says so when it is another one."""
        changed, self._code = code != self._code, code
        self.said.set_text(crs.describe(code, self._lang) if code else tr("unknown – choose it", self._lang))
        self.button.setText(tr("Change…", self._lang) if code else tr("Choose…", self._lang))
        restyle(self.button, role="link" if code else "")
        if changed:
            self.changed.emit(code)

    def ask(self) -> None:
        """Let the user choose."""
        chooser = CrsChooser(self._lang, self._code, self._box, self._metric_only, self)
        chooser.accepted.connect(lambda: self.set_code(chooser.chosen))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()
