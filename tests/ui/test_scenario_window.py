"""Scenarios in the whole window: commands, menus, saving, what is asked and what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QMenu
from windows import opened_window

from twin.project import create
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import AddPath
from twin.state import Selection
from twin.ui import edits
from twin.ui.parameters import ParameterPanel

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.state import Store
    from twin.ui.window import MainWindow

X, Y = 153_000.0, 6_579_000.0
PATH = AddPath(line=((X, Y + 40), (X + 60, Y + 90)))


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    path = tmp_path / "Mariatorget.twin"
    create(path, small_city).close()
    window = opened_window(qtbot, qapp, path)
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=30_000)
    return window


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.workbench.results.busy, timeout=120_000)


def select(window: MainWindow, table: str, id: str) -> None:
    assert window.session.store is not None
    window.session.store.change("Select", undoable=False, selection=Selection(table, (id,)))


def test_commands_follow_what_is_selected(window: MainWindow) -> None:
    names = ("close_link", "close_street", "remove_thing", "change_height")
    for table, id, can in (
        ("roads", "r1", (True, True, False, False)),
        ("buildings", "b1", (False, False, True, True)),
        ("paths", "g1", (False, False, True, False)),
        ("places", "school", (False, False, False, False)),
    ):
        select(window, table, id)
        assert tuple(window.commands[name].isEnabled() for name in names) == can


def test_an_edit_is_seen_answered_saved_and_found_again(window: MainWindow, qtbot: QtBot) -> None:
    session, results = window.session, window.workbench.results
    select(window, "buildings", "b3")
    window.commands["remove_thing"].trigger()
    settle(window, qtbot)
    assert results.up_to_date
    assert window.panels.docks["indicators"].isVisible()
    assert window.viewport.canvas.mesh is not None
    assert len(window.viewport.canvas.mesh.ids["buildings"]) == 2
    assert session.modified
    with qtbot.waitSignal(session.said, timeout=30_000):
        session.save()
    assert not session.modified
    path = session.project.path  # type: ignore[union-attr]
    with qtbot.waitSignals([session.opened, window.viewport.drawn], timeout=60_000):
        session.open(path)
    settle(window, qtbot)
    assert session.store is not None
    assert [one.name for one in session.store.state.scenarios] == ["Alternative 1"]
    window.commands["next_scenario"].trigger()
    settle(window, qtbot)
    if edits.active(session.store.state) is PRESENT:
        window.commands["next_scenario"].trigger()
        settle(window, qtbot)
    assert len(results.shown.state.city.buildings) == 2  # type: ignore[union-attr]


def test_a_height_is_tried_and_kept(window: MainWindow, qtbot: QtBot) -> None:
    select(window, "buildings", "b1")
    tools = window.workbench._tools
    assert tools is not None
    assert tools.isVisible()
    tools.height_field.setValue(50.0)
    assert window.workbench.drafting.sketch.isVisible()
    tools.apply.click()
    settle(window, qtbot)
    shown = window.workbench.results.shown
    assert shown is not None
    rows = shown.state.city.buildings
    assert float(rows.loc[rows["id"] == "b1", "height"].iloc[0]) == 50.0


def test_a_tool_is_a_command_that_can_be_put_down(window: MainWindow) -> None:
    drafting = window.workbench.drafting
    window.commands["draw_path"].trigger()
    assert window.commands["draw_path"].isChecked()
    window.commands["draw_building"].trigger()
    assert not window.commands["draw_path"].isChecked()
    assert window.commands["draw_building"].isChecked()
    window.commands["draw_building"].trigger()
    assert drafting.tool is None
    assert not window.commands["draw_building"].isChecked()


def test_a_right_click_offers_what_can_be_done_there(window: MainWindow, qtbot: QtBot) -> None:
    select(window, "roads", "r1")
    window.workbench._menu(window.mapToGlobal(window.rect().center()))
    menu = next(one for one in window.findChildren(QMenu) if one.isVisible())
    texts = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert texts[:2] == ["Close street here", "Close the whole street"]
    menu.close()


def test_a_row_of_the_table_leads_to_the_map(window: MainWindow, qtbot: QtBot) -> None:
    assert window.session.store is not None
    window.workbench.add(PATH)
    settle(window, qtbot)
    panel = window.workbench._panel
    assert panel is not None
    panel._activate(panel.table.lines.index(1, 0))
    first = window.session.store.state.layers[0]
    assert first.id.startswith("difference:reach:")
    assert window.viewport.canvas.drawables is not None
    assert "buildings" in window.viewport.canvas.drawables.paints


def test_another_language_keeps_scenario_and_answers(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.add(PATH)
    settle(window, qtbot)
    window.set_language("sv")
    panel = window.workbench._panel
    assert panel is not None
    assert panel.table.lines.rowCount() > 0
    assert window.workbench.results.up_to_date
    assert window.workbench.drafting.sketch.shapes


def test_closing_the_project_puts_everything_down(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.add(PATH)
    window.commands["draw_path"].trigger()
    window.session.close()
    assert window.workbench.drafting.tool is None
    assert not window.workbench.drafting.sketch.isVisible()
    assert window.workbench.results.shown is None


# --- parameters -----------------------------------------------------------------------------------------------------


def test_parameters_stand_under_their_models_and_are_found_by_words(qtbot: QtBot, store: Store) -> None:
    panel = ParameterPanel(store, "sv")
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    count = panel.table.rowCount()
    qtbot.waitUntil(lambda: panel.table.cellWidget(count - 1, 1) is not None)
    assert panel.table.item(0, 0).text() == "Räckvidd till fots"
    panel.search.setText("trappor")
    seen = [place for place in range(count) if not panel.table.isRowHidden(place)]
    titles = [panel.table.item(place, 0).text() for place in seen]
    assert titles[0] == "Räckvidd till fots"
    assert any("trappor" in text.casefold() for text in titles[1:])
    assert len(titles) < count / 2
    panel.search.setText("finns inte")
    assert all(panel.table.isRowHidden(place) for place in range(count))
    panel.search.clear()
    assert not any(panel.table.isRowHidden(place) for place in range(count))


def test_parameters_are_changed_marked_and_set_back(qtbot: QtBot, store: Store) -> None:
    panel = ParameterPanel(store, "en")
    qtbot.addWidget(panel)
    step_free = panel.editor("step_free")
    assert isinstance(step_free, QCheckBox)
    step_free.click()
    now = edits.active(store.state)
    assert now is not PRESENT
    assert now.parameters == {"reach": {"step_free": True}}
    place = next(i for i, (_, one) in enumerate(panel._lines) if one and one.parameter.name == "step_free")
    assert panel.table.item(place, 0).text().endswith("•")
    reset = panel.table.cellWidget(place, 5)
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert edits.active(store.state).parameters == {}
    assert not step_free.isChecked()
    store.undo()
    assert store.state.scenarios == ()
