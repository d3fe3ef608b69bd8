"""Keys: profiles, changes that are kept, conflicts that are shown, files; and text sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from twin.errors import BadInput
from twin.ui import keymap, theme
from twin.ui.keymap import KeyMap, conflicts, decode, encode
from twin.ui.settings import Settings
from twin.ui.settings_dialog import SettingsDialog
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot


@pytest.mark.parametrize("profile", keymap.PROFILES)
def test_no_profile_gives_two_commands_the_same_keys(profile: str) -> None:
    assert conflicts(KeyMap(profile)) == {}
    for id in keymap.commands():
        for key in KeyMap(profile).keys(id):
            assert not QKeySequence(key).isEmpty(), key


def test_the_qgis_profile_names_commands_that_there_are() -> None:
    assert set(keymap._QGIS) <= set(keymap.commands())
    assert KeyMap("qgis").keys("panels") == ("Ctrl+Tab",)
    assert KeyMap("own").keys("panels") == ("Ctrl+Alt+P",)


def test_what_is_changed_is_kept_and_goes_back() -> None:
    one = KeyMap().with_keys("save", ("F2",))
    assert one.keys("save") == ("F2",)
    assert one.reset("save") == KeyMap()
    assert KeyMap().with_keys("save", ("Ctrl+S",)) == KeyMap()
    assert KeyMap().with_keys("save", ()).keys("save") == ()
    assert decode(encode(one)) == one


def test_conflicts_name_the_commands() -> None:
    assert conflicts(KeyMap().with_keys("save", ("ctrl+o",))) == {"ctrl+o": ("open", "save")}


@pytest.mark.parametrize("text", ["", "[]", '{"profile": "emacs"}', '{"changed": {"save": 3}}', '{"more": 1}'])
def test_what_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no list of keys"):
        decode(text)


def test_commands_of_another_version_are_left_out() -> None:
    assert decode('{"profile": "own", "changed": {"teleport": ["F9"], "save": ["F2"]}}').changed == {"save": ("F2",)}


def test_keys_are_pressed_kept_and_work(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    theme.apply(qapp, "light")
    settings = Settings()
    window = MainWindow(settings, "en")
    qtbot.addWidget(window, before_close_func=MainWindow.leave)
    window.show()
    dialog = SettingsDialog(settings, "en", window)
    dialog.keys_changed.connect(lambda: window.commands.take_keys(settings.keys))
    page = dialog.keys
    page.table.setCurrentCell(page._ids.index("about"), 0)
    page.edit.setKeySequence(QKeySequence("Ctrl+O"))
    page.edit.editingFinished.emit()
    assert window.commands["about"].shortcut() == QKeySequence("Ctrl+O")
    assert "Ctrl+O does nothing while two commands have it" in page._said.text()
    page.edit.setKeySequence(QKeySequence("Ctrl+Shift+F9"))
    page.edit.editingFinished.emit()
    assert page._said.text() == ""
    assert Settings().keys.keys("about") == ("Ctrl+Shift+F9",)
    page.search.setText("quit")
    assert [page._ids[n] for n in range(page.table.rowCount()) if not page.table.isRowHidden(n)] == ["quit"]
    page.profile.setCurrentIndex(page.profile.findData("qgis"))
    page.profile.activated.emit(1)
    assert window.commands["panels"].shortcut() == QKeySequence("Ctrl+Tab")
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    page.read(bad)
    assert "bad.json: This is no list of keys" in page._said.text()
    good = tmp_path / "good.json"
    good.write_text(encode(KeyMap("own", {"save": ("F2",)})))
    page.read(good)
    assert window.commands["save"].shortcut() == QKeySequence("F2")
    dialog.close()


def test_text_grows_with_its_size(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "light", 1.0)
    normal = qapp.font().pointSizeF()
    theme.apply(qapp, "light", 1.5)
    assert qapp.font().pointSizeF() == pytest.approx(1.5 * normal)
    theme.apply(qapp, "dark")
    assert qapp.font().pointSizeF() == pytest.approx(1.5 * normal)
    theme.apply(qapp, "light", 1.0)
    assert qapp.font().pointSizeF() == pytest.approx(normal)


def test_settings_are_chosen_by_keys(qtbot: QtBot, qapp: QApplication) -> None:
    dialog = SettingsDialog(Settings(), "en")
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.waitSignal(dialog.theme_chosen) as chosen:
        dialog.theme.setFocus()
        qtbot.keyClick(dialog.theme, Qt.Key.Key_End)
        dialog.theme.activated.emit(dialog.theme.currentIndex())
    assert chosen.args == ["contrast"]
