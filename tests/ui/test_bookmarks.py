"""Bookmarks: kept, named in place, ordered, deleted and flown to, by mouse and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from twin.state import Pose
from twin.ui.bookmarks import BookmarkPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.state import Store

HERE = Pose((153_010.0, 6_579_020.0, 25.0), 333.0, 45.0, 30.0)


@pytest.fixture
def panel(qtbot: QtBot, store: Store) -> BookmarkPanel:
    result = BookmarkPanel(store, "en")
    qtbot.addWidget(result)
    result.set_pose_source(lambda: HERE)
    result.show()
    qtbot.waitExposed(result)
    result.activateWindow()
    result.list.setFocus()
    qtbot.waitUntil(result.list.hasFocus)
    return result


def names(store: Store) -> list[str]:
    return [bookmark.name for bookmark in store.state.bookmarks]


def type_name(qtbot: QtBot, panel: BookmarkPanel, text: str) -> None:
    editor = panel.list.findChild(QLineEdit)
    assert editor is not None, "the name can be typed in its place"
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.list.findChild(QLineEdit) is None)


def test_a_view_is_kept_and_named_in_its_place(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.add_current()
    type_name(qtbot, panel, "Slussen")
    assert names(store) == ["Hela området", "Hornsgatan", "Slussen"]
    assert store.state.bookmarks[-1].pose == HERE
    assert panel.list.item(2).text() == "Slussen"


def test_without_a_name_it_gets_one_that_is_free(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.add_current()
    panel.add_current()
    assert names(store)[2:] == ["View 3", "View 4"]


def test_enter_flies_there(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.list.setCurrentRow(1)
    with qtbot.waitSignal(panel.fly_to) as flown:
        qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert flown.args == [store.state.bookmarks[1].pose]


def test_a_double_click_flies_there(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    at = panel.list.visualItemRect(panel.list.item(0)).center()
    with qtbot.waitSignal(panel.fly_to) as flown:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
        qtbot.mouseDClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert flown.args == [store.state.bookmarks[0].pose]


def test_f2_renames_and_an_empty_name_changes_nothing(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.list.setCurrentRow(0)
    qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    type_name(qtbot, panel, "Allt")
    assert names(store)[0] == "Allt"
    qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    type_name(qtbot, panel, " ")
    assert names(store)[0] == "Allt"
    assert panel.list.item(0).text() == "Allt"
    store.undo()
    assert panel.list.item(0).text() == "Hela området"


def test_del_deletes_and_undo_brings_back(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.list.setCurrentRow(0)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert names(store) == ["Hornsgatan"]
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert panel._empty.isVisible()
    assert not panel.list.isVisible()
    store.undo()
    store.undo()
    assert names(store) == ["Hela området", "Hornsgatan"]
    assert panel.list.isVisible()


def test_alt_arrows_order(qtbot: QtBot, panel: BookmarkPanel, store: Store) -> None:
    panel.list.setCurrentRow(0)
    qtbot.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(store) == ["Hornsgatan", "Hela området"]
    assert panel.list.currentRow() == 1
    qtbot.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(store) == ["Hela området", "Hornsgatan"]


def test_without_a_view_nothing_can_be_added(qtbot: QtBot, store: Store) -> None:
    panel = BookmarkPanel(store, "sv")
    qtbot.addWidget(panel)
    panel.add_current()
    assert len(store.state.bookmarks) == 2
    assert not panel._add.isEnabled()
