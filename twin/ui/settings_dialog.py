"""Settings: how the window looks, and which keys do what. Changes take effect at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from twin.disk import atomic
from twin.errors import TwinError
from twin.text import error_text, tr
from twin.ui import actions, keymap
from twin.ui.finding import plain
from twin.ui.settings import TEXT_SIZES, THEMES
from twin.ui.widgets import STEP, IconButton, button, label, row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import SignalInstance

    from twin.ui.keymap import KeyMap
    from twin.ui.settings import Settings

_SPOKEN = {"sv": "Svenska", "en": "English"}


class SettingsDialog(QDialog):
    """Appearance and keys."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    text_size_chosen = Signal(str)
    keys_changed = Signal()

    def __init__(self, settings: Settings, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings", lang))
        self._settings = settings
        self._lang = lang
        self.pages = QTabWidget()
        self.pages.addTab(self._appearance(), tr("Appearance", lang))
        self.keys = KeysPage(settings, lang)
        self.keys.changed.connect(self.keys_changed)
        self.pages.addTab(self.keys, tr("Keys", lang))
        self.pages.setAccessibleName(self.windowTitle())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setText(tr("Close", lang))
        close.setAccessibleName(close.text())
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(5 * STEP, 4 * STEP, 5 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        column.addWidget(self.pages, 1)
        column.addWidget(buttons)
        self.resize(720, 560)

    def _appearance(self) -> QWidget:
        lang, settings = self._lang, self._settings
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(2 * STEP, 4 * STEP, 2 * STEP, 2 * STEP)
        form.setSpacing(3 * STEP)

        def choice(title: str, options: Mapping[str, str], now: str, told: SignalInstance) -> QComboBox:
            box = QComboBox()
            for key, text in options.items():
                box.addItem(text, key)
            box.setCurrentIndex(box.findData(now))
            box.setAccessibleName(title)
            box.activated.connect(lambda _i: told.emit(box.currentData()))
            caption = label(title, wrap=False)
            caption.setBuddy(box)
            form.addRow(caption, box)
            return box

        themes: dict[str, str] = {name: tr(actions.THEME_TEXTS[name], lang).replace("&", "") for name in THEMES}
        self.theme = choice(tr("Colours", lang), themes, settings.theme, self.theme_chosen)
        sizes = {name: tr(text, lang) for name, (_, text) in TEXT_SIZES.items()}
        self.text_size = choice(tr("Text size", lang), sizes, settings.text_size, self.text_size_chosen)
        self.language = choice(tr("Language", lang), _SPOKEN, lang, self.language_chosen)
        note = tr(
            "High contrast has text at 7:1 or more on black. Text size comes on top of that of the desktop.", lang
        )  # fmt: skip
        form.addRow(label(note, "muted"))
        return page


class KeysPage(QWidget):
    """All commands with their keys; what is pressed into the field is the new key of the command chosen."""

    changed = Signal()

    def __init__(self, settings: Settings, lang: str) -> None:
        super().__init__()
        self._settings = settings
        self._lang = lang
        self._keys: KeyMap = settings.keys
        self._ids: list[str] = []
        self.profile = QComboBox()
        for name, text in keymap.PROFILES.items():
            self.profile.addItem(tr(text, lang), name)
        self.profile.setAccessibleName(tr("Profile", lang))
        self.profile.activated.connect(lambda _i: self._choose_profile())
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a command", lang))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(tr("Commands and their keys", lang))
        self.table.setHorizontalHeaderLabels([tr("Command", lang), tr("Keys", lang), tr("Also does", lang)])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 3 * STEP)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setAccessibleName(self.table.accessibleName())
        self.table.currentCellChanged.connect(lambda *_: self._show_current())
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName(tr("Press the new keys", lang))
        self.edit.setToolTip(self.edit.accessibleName())
        self.edit.editingFinished.connect(self._take)
        inner = self.edit.findChild(QLineEdit)
        if inner is not None:
            inner.setPlaceholderText(tr("Press the new keys", lang))
            inner.setAccessibleName(self.edit.accessibleName())
        self.clear = IconButton("trash", tr("No keys for this command", lang))
        self.clear.clicked.connect(lambda _checked=False: self._put(()))
        self.back = IconButton("undo", tr("Back to the profile's keys", lang))
        self.back.clicked.connect(lambda _checked=False: self._reset())
        self._said = label("", "problem")
        save = button(tr("Save keys…", lang), tr("Save the keys to a file", lang))
        save.clicked.connect(lambda _checked=False: self._save())
        load = button(tr("Read keys…", lang), tr("Read keys from a file", lang))
        load.clicked.connect(lambda _checked=False: self._load())
        every = button(tr("Reset all", lang), tr("All commands get the profile's keys", lang))
        every.clicked.connect(lambda _checked=False: self._set(keymap.KeyMap(self._keys.profile)))
        caption = label(tr("Profile", lang), wrap=False)
        caption.setBuddy(self.profile)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, 4 * STEP, 2 * STEP, 2 * STEP)
        column.setSpacing(2 * STEP)
        column.addLayout(row(caption, self.profile, self.search))
        column.addWidget(self.table, 1)
        column.addLayout(row(self.edit, self.clear, self.back, None))
        column.addWidget(self._said)
        column.addLayout(row(save, load, None, every))
        self._fill()

    # -- inside

    def _fill(self) -> None:
        lang, now = self._lang, max(self.table.currentRow(), 0)
        clash = keymap.conflicts(self._keys)
        rows = [(title, one) for title, group in actions.MENUS for one in group]
        self._ids = [one.id for _, one in rows]
        with QSignalBlocker(self.table), QSignalBlocker(self.profile):
            self.profile.setCurrentIndex(self.profile.findData(self._keys.profile))
            self.table.setRowCount(len(rows))
            for place, (title, one) in enumerate(rows):
                keys = self._keys.keys(one.id)
                others = {id for key in keys for id in clash.get(key.lower(), ()) if id != one.id}
                said = ", ".join(self._name(id) for id in sorted(others))
                menu = tr(title, lang).replace("&", "")
                for column, text in enumerate((f"{menu} – {self._name(one.id)}", native(keys), said)):
                    item = QTableWidgetItem(text)
                    item.setToolTip(text)
                    font = item.font()
                    font.setBold(one.id in self._keys.changed)
                    item.setFont(font)
                    self.table.setItem(place, column, item)
            self.table.setCurrentCell(now, 0)
        self._filter()
        self._show_current()
        texts = [
            tr("{keys} does nothing while two commands have it: {commands}.", lang, keys=native((key,)),
               commands=", ".join(self._name(id) for id in ids))
            for key, ids in clash.items()
        ]  # fmt: skip
        self._said.setText("\n".join(texts))
        self._said.setVisible(bool(texts))

    def _name(self, id: str) -> str:
        return tr(keymap.commands()[id].text, self._lang).replace("&", "").rstrip("…")

    def _filter(self) -> None:
        wanted = plain(self.search.text().strip())
        for place in range(self.table.rowCount()):
            texts = (self.table.item(place, column) for column in (0, 1))
            said = plain(" ".join(item.text() for item in texts if item is not None))
            self.table.setRowHidden(place, wanted not in said)

    @property
    def _current(self) -> str:
        place = self.table.currentRow()
        return self._ids[place] if 0 <= place < len(self._ids) else ""

    def _show_current(self) -> None:
        id = self._current
        with QSignalBlocker(self.edit):
            keys = self._keys.keys(id) if id else ()
            self.edit.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())
        for widget in (self.edit, self.clear, self.back):
            widget.setEnabled(bool(id))
        self.back.setEnabled(id in self._keys.changed)

    def _take(self) -> None:
        pressed = self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        keys = self._keys.keys(self._current) if self._current else ()
        if pressed and self._current and keys[:1] != (pressed,):
            self._put((pressed, *(one for one in keys[1:] if one != pressed)))

    def _put(self, keys: tuple[str, ...]) -> None:
        if self._current:
            self._set(self._keys.with_keys(self._current, keys))

    def _reset(self) -> None:
        if self._current:
            self._set(self._keys.reset(self._current))

    def _choose_profile(self) -> None:
        self._set(keymap.KeyMap(str(self.profile.currentData())))

    def _set(self, keys: KeyMap) -> None:
        self._keys = self._settings.keys = keys
        self._fill()
        self.changed.emit()

    def _save(self) -> None:
        title = tr("Save the keys to a file", self._lang)
        said, _ = QFileDialog.getSaveFileName(self, title, str(self._settings.folder / "keys.json"), "JSON (*.json)")
        if said:
            atomic.write(Path(said), keymap.encode(self._keys).encode())

    def _load(self) -> None:
        title = tr("Read keys from a file", self._lang)
        said, _ = QFileDialog.getOpenFileName(self, title, str(self._settings.folder), "JSON (*.json)")
        if said:
            self.read(Path(said))

    def read(self, path: Path) -> None:
        """Take keys from a file; one that holds none is said."""
        try:
            text = path.read_text(encoding="utf-8") if path.stat().st_size < 1_000_000 else ""
            self._set(keymap.decode(text))
        except (OSError, UnicodeDecodeError, TwinError) as error:
            self._said.setText(f"{path.name}: {error_text(error, self._lang)}")
            self._said.show()


def native(keys: tuple[str, ...]) -> str:
    """Write keys as the desktop does."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
