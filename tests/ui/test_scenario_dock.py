"""The scenario panel, its tree and its list of edits: read, switched, ordered, noted, copied, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent

from twin.questions.question import Made
from twin.scenario.buildings import AddBuilding, ChangeBuilding, RemoveBuilding
from twin.scenario.conflicts import check
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import AddPath, CloseRoad
from twin.ui import edits
from twin.ui.scenario_dock import ScenarioDock

if TYPE_CHECKING:
    from PySide6.QtWidgets import QTreeWidgetItem
    from pytestqt.qtbot import QtBot

    from twin.state import Store

X, Y = 153_000.0, 6_579_000.0
BRIDGE = AddPath(line=((X, Y), (X + 30, Y + 40)))
CLOSED = CloseRoad(roads=("r1",))
GONE = RemoveBuilding(buildings=("b3",))


@pytest.fixture
def dock(qtbot: QtBot, store: Store) -> ScenarioDock:
    dock = ScenarioDock(store, "en")
    qtbot.addWidget(dock)
    dock.resize(330, 600)
    dock.show()
    return dock


def with_edits(store: Store) -> None:
    for edit in (BRIDGE, CLOSED, GONE):
        edits.add(store, edit, "en")


def rows(dock: ScenarioDock) -> list[str]:
    return [dock.list.item(i).text() for i in range(dock.list.count())]


def names(item: QTreeWidgetItem) -> list[object]:
    return [item.text(0), *(names(item.child(i)) for i in range(item.childCount()))]


def test_the_present_state_says_what_to_do(dock: ScenarioDock) -> None:
    assert names(dock.tree.topLevelItem(0)) == ["Present state"]
    assert dock._empty.isVisible()
    assert not dock._facts.isVisible()
    assert not dock.delete_action.isEnabled()


def test_an_edit_of_the_present_state_makes_a_scenario_in_one_step(dock: ScenarioDock, store: Store) -> None:
    made = edits.add(store, BRIDGE, "en")
    assert made == "Alternative 1"
    assert store.state.scenario == "Alternative 1"
    assert rows(dock) == ["New footbridge: 50\u00a0m"]
    assert store.undo_label == "New footbridge"
    store.undo()
    assert store.state.scenarios == ()
    assert edits.active(store.state) is PRESENT


def test_what_only_looks_is_none_of_what_is_built(store: Store) -> None:
    """A question about a group makes a scenario that changes nothing; what is built next has one of its own."""
    edits.ask(store, "Spread", Made((), "Spread: a", {"segregation": {"group": "a", "area": ""}}), "en")
    (looked,) = store.state.scenarios
    assert looked.parameters == {"segregation": {"group": "a"}}  # what is the default is none of its own
    edits.ask(store, "Bridge", Made((BRIDGE,), "Across"), "en")
    assert [one.name for one in store.state.scenarios] == ["Spread: a", "Across"]
    across = edits.active(store.state)
    assert (across.name, across.parent, len(across.edits)) == ("Across", "Spread: a", 1)
    assert across.parameters == looked.parameters
    edits.ask(store, "Close", Made((CLOSED,), "Closed"), "en")
    assert [one.name for one in store.state.scenarios] == ["Spread: a", "Across"]
    assert len(edits.active(store.state).edits) == 2


def test_edits_read_as_sentences_in_both_languages(store: Store) -> None:
    city = (store.state.city,)
    assert edits.sentence(CLOSED, city, "en") == "Close street: Hornsgatan"
    assert edits.sentence(RemoveBuilding(buildings=("b1",)), city, "en") == "Remove building: Kv. Tranan"
    raised = ChangeBuilding(buildings=("b2",), height=24.0, floors=7.0)
    assert edits.sentence(raised, city, "en").replace("\xa0", " ") == (
        "Change building: Hornsgatan 14, height 24 m, floors 7"
    )
    new = AddBuilding(footprint=((X, Y), (X + 10, Y), (X + 10, Y + 10), (X, Y + 10)), height=9.5)
    assert "100 m²" in edits.sentence(new, city, "en").replace("\xa0", " ")
    assert "Hornsgatan" in edits.sentence(CLOSED, city, "sv")


def test_closing_a_piece_takes_its_other_direction_and_a_street_all_of_its_name(store: Store) -> None:
    from twin.state import Selection

    picked = Selection("roads", ("r1",))
    assert edits.closing(picked, store.state.city, whole=False).roads == ("r1",)
    roads = store.state.city.roads.copy()
    roads.loc[:, "name"] = "Hornsgatan"
    roads.loc[0, ["from_node", "to_node"]] = ("a", "b")
    roads.loc[1, ["from_node", "to_node"]] = ("b", "a")
    both = store.state.city.replaced(roads=roads)
    assert edits.closing(picked, both, whole=False).roads == ("r1", "r2")
    assert edits.closing(picked, both, whole=True).roads == ("r1", "r2")


def test_switching_moving_noting_and_removing_are_undoable(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    dock.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert [entry.enabled for entry in store.state.scenarios[0].edits] == [False, True, True]
    assert store.undo_label == "Switch edit off"
    dock.list.setCurrentRow(0)
    dock.down_action.trigger()
    assert [entry.edit for entry in store.state.scenarios[0].edits] == [CLOSED, BRIDGE, GONE]
    assert dock.list.currentRow() == 1
    dock.note.setText("asked for by the school")
    dock.note.editingFinished.emit()
    assert store.state.scenarios[0].edits[1].note == "asked for by the school"
    assert "asked for by the school" in rows(dock)[1]
    dock.remove_action.trigger()
    assert len(store.state.scenarios[0].edits) == 2
    for _ in range(4):
        store.undo()
    assert [entry.edit for entry in store.state.scenarios[0].edits] == [BRIDGE, CLOSED, GONE]
    assert all(entry.enabled and not entry.note for entry in store.state.scenarios[0].edits)


def test_the_keys_move_an_edit(dock: ScenarioDock, store: Store, qtbot: QtBot) -> None:
    with_edits(store)
    dock.list.setCurrentRow(2)
    dock.activateWindow()
    dock.list.setFocus()
    qtbot.waitUntil(dock.list.hasFocus)
    qtbot.keyClick(dock.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [entry.edit for entry in store.state.scenarios[0].edits] == [BRIDGE, GONE, CLOSED]


def test_a_drag_moves_an_edit(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    dock.list.setCurrentRow(2)
    top = dock.list.visualItemRect(dock.list.item(0)).topLeft()
    drop = QDropEvent(
        QPointF(top.x() + 5, top.y() + 2), Qt.DropAction.MoveAction, QMimeData(), Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    dock.list.dropEvent(drop)
    assert [entry.edit for entry in store.state.scenarios[0].edits] == [GONE, BRIDGE, CLOSED]
    assert dock.list.count() == 3


def test_a_copy_hangs_under_its_origin_and_is_worked_on(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    dock.copy_current()
    assert store.state.scenario == "Alternative 2"
    assert names(dock.tree.topLevelItem(0)) == ["Present state", ["Alternative 1", ["Alternative 2"]]]
    edits.add(store, AddPath(line=((X, Y), (X + 90, Y))), "en")
    assert [len(one.edits) for one in store.state.scenarios] == [3, 4]
    dock.remove_scenario()
    assert names(dock.tree.topLevelItem(0)) == ["Present state", ["Alternative 1"]]
    assert store.state.scenario == "Alternative 1"


def test_role_year_status_and_name(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    dock.role.setCurrentIndex(dock.role.findData("planforslag"))
    dock.role.activated.emit(dock.role.currentIndex())
    dock.year.setValue(2040)
    dock.year.setValue(2041)
    dock.status.setCurrentIndex(dock.status.findData("review"))
    dock.status.activated.emit(dock.status.currentIndex())
    one = store.state.scenarios[0]
    assert (one.role, one.horizon, one.status) == ("planforslag", 2041, "review")
    assert dock.tree.topLevelItem(0).child(0).text(1) == "Plan proposal 2041"
    store.undo()
    store.undo()
    assert store.state.scenarios[0].horizon is None  # both years are one step
    dock.tree.topLevelItem(0).child(0).setText(0, "Bridge to the school")
    assert store.state.scenario == "Bridge to the school"
    dock.copy_current()
    said: list[object] = []
    dock.problem.connect(said.append)
    item = dock.tree.topLevelItem(0).child(0).child(0)
    old = item.text(0)
    item.setText(0, "Bridge to the school")
    assert said
    assert item.text(0) == old


def test_choosing_a_scenario_is_no_step_of_undo(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    steps = store.undo_label
    dock.tree.setCurrentItem(dock.tree.topLevelItem(0))
    assert edits.active(store.state) is PRESENT
    assert store.undo_label == steps
    assert rows(dock) == []


def test_a_conflict_names_both_edits(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    edits.add(store, ChangeBuilding(buildings=("b3",), height=60.0), "en")
    dock.set_conflicts(check(store.state.city, store.state.scenarios[0].edits))
    assert "Edit 4 (Change building)" in dock._problems.text()
    assert "edit 3 (Remove building)" in dock._problems.text()
    assert not dock.list.item(3).icon().isNull()
    assert dock._problems.isVisible()


def test_an_edit_leads_to_its_place(dock: ScenarioDock, store: Store, qtbot: QtBot) -> None:
    with_edits(store)
    dock.list.setCurrentRow(0)
    with qtbot.waitSignal(dock.place_requested) as asked:
        dock.fly_action.trigger()
    assert asked.args == [(X, Y, X + 30, Y + 40)]


def test_a_low_window_does_not_grow_for_it(dock: ScenarioDock, store: Store) -> None:
    with_edits(store)
    assert dock.minimumSizeHint().height() < 150
