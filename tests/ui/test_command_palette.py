"""The command palette: what is found first, places by name, and that keys alone are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from windows import opened_window

from twin.project import create
from twin.scenario.scenario import Scenario
from twin.state import Bookmark, Pose, Selection
from twin.ui import finding
from twin.ui.finding import Entry, find, names_of, plain, scores
from twin.ui.settings import Settings
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.city.city import City


def entries(*texts: str) -> list[Entry]:
    return [Entry(text, "Command", lambda: None) for text in texts]


def found(typed: str, *texts: str) -> list[str]:
    return [one.text for one in find(typed, entries(*texts), None, lambda table, ids: None, "en")]


def test_beginnings_come_before_middles_and_both_before_slips() -> None:
    texts = ("Export picture", "Show all layers", "Layers", "Add data layer", "Playback")
    assert found("lay", *texts)[:3] == ["Layers", "Add data layer", "Show all layers"]
    assert found("exprot", *texts) == ["Export picture"]
    assert found("zzzzzz", *texts) == []
    assert found("", *texts) == list(texts)


def test_accents_and_capitals_do_not_matter() -> None:
    assert plain("Ånggatan ÄÖ") == "anggatan ao"
    assert found("sodermalm", "Norrmalm", "Södermalm")[0] == "Södermalm"
    assert found("SÖDERMALM", "Södermalm") == ["Södermalm"]


def test_words_in_any_order_are_found() -> None:
    assert found("picture export", "Export picture", "Import")[0] == "Export picture"


def test_a_command_comes_before_a_place_that_is_as_like(small_city: City) -> None:
    named = names_of(small_city)
    texts = [one.text for one in find("hornsgatan", entries("Hornsgatan"), named, lambda table, ids: None, "en")]
    assert texts[:4] == ["Hornsgatan", "Hornsgatan", "Hornsgatan 12", "Hornsgatan 14"]


def test_a_street_is_all_rows_of_its_name(small_city: City) -> None:
    roads = small_city.roads.copy()
    roads["name"] = "Hornsgatan"
    named = names_of(small_city.replaced(roads=roads))
    place = named.texts.index("Hornsgatan")
    assert named.tables[place] == "roads"
    assert named.ids[place] == ("r1", "r2")


def test_many_names_are_searched_quickly_enough() -> None:
    """A bound some thirty times what it takes, so that only another way of searching fails it."""
    import time

    texts = [f"gatan {n} i {n % 97}" for n in range(50_000)]
    begun = time.process_time()
    scores("gatan 4711", texts)
    assert time.process_time() - begun < 5.0


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    path = tmp_path / "Mariatorget.twin"
    create(path, small_city).close()
    return opened_window(qtbot, qapp, path)


def type_and_enter(window: MainWindow, qtbot: QtBot, text: str) -> None:
    window.commands["palette"].trigger()
    card = window.palette_card
    qtbot.waitUntil(lambda: card._names is not None, timeout=30_000)
    qtbot.keyClicks(card.field, text)
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not card.isVisible(), timeout=30_000)
    qtbot.wait(20)


def test_all_kinds_are_done_by_keys_alone(window: MainWindow, qtbot: QtBot) -> None:
    store = window.session.store
    assert store is not None
    scenario = Scenario(name="Plan B")
    view = Bookmark("From the south", Pose((153_000.0, 6_579_000.0, 18.0), 300.0, 10.0))
    store.change("Copy scenario", scenarios=(scenario,), bookmarks=(view,))
    type_and_enter(window, qtbot, "hornsgatan 12")
    assert store.state.selection == Selection("buildings", ("b1",))
    type_and_enter(window, qtbot, "plan b")
    assert store.state.scenario == "Plan B"
    type_and_enter(window, qtbot, "building height")
    assert store.state.layers[0].id == "building_height"
    type_and_enter(window, qtbot, "building height")
    assert not store.state.layers[0].visible
    type_and_enter(window, qtbot, "from the south")
    assert window.viewport.navigator.destination == view.pose
    type_and_enter(window, qtbot, "close a street")
    assert window.workbench.asking.question is not None
    type_and_enter(window, qtbot, "hide all panels")
    assert window.panels.docks["layers"].isHidden()


def test_escape_gives_the_focus_back(window: MainWindow, qtbot: QtBot) -> None:
    window.viewport.focus_view()
    before = window.focusWidget()
    window.commands["palette"].trigger()
    assert window.focusWidget() is window.palette_card.field
    qtbot.keyClick(window.palette_card.field, Qt.Key.Key_Down)
    assert window.palette_card.list.currentRow() == 1
    qtbot.keyClick(window.palette_card.field, Qt.Key.Key_Escape)
    assert window.palette_card.isHidden()
    assert window.focusWidget() is before


def test_without_a_project_there_are_commands_only(qtbot: QtBot, qapp: QApplication) -> None:
    window = MainWindow(Settings(), "sv")
    qtbot.addWidget(window, before_close_func=MainWindow.leave)
    window.show()
    window.commands["palette"].trigger()
    kinds = {one.kind for one in window.palette_card._found}
    assert kinds
    assert "Fråga" not in kinds
    assert finding.MOST >= len(window.palette_card._found)
