"""The layer panel: what is clicked and typed becomes one step of the Store, and the Store's state is what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QTreeWidgetItem
from shiboken6 import isValid

from twin.plugins import DropIn, discover, evaluate
from twin.state import BASE_LAYERS, LayerEntry
from twin.ui.layer_dock import LayerDock
from twin.ui.layer_tree import MIME

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.state import Store

HEIGHT, USE, FLOORS, DENSITY = "building_height", "building_use", "building_floors", "zone_density"


@pytest.fixture(scope="module")
def dropins() -> tuple[DropIn, ...]:
    return discover()


@pytest.fixture
def dock(qtbot: QtBot, store: Store, dropins: tuple[DropIn, ...], request: pytest.FixtureRequest) -> LayerDock:
    lang = getattr(request, "param", "en")
    panel = LayerDock(store, lang)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.set_available(dropins)
    layers, errors = evaluate(dropins, store.state.city)
    panel.set_layers(layers, errors)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def ids(store: Store) -> list[str]:
    return [entry.id for entry in store.state.layers]


def item(dock: LayerDock, id: str) -> QTreeWidgetItem:
    found = dock.tree.row(id)
    assert found is not None
    return found


def click_box(qtbot: QtBot, dock: LayerDock, row: QTreeWidgetItem) -> None:
    """Click the box of a row, wherever the style puts it."""
    box = dock.tree.visualItemRect(row)
    before = row.checkState(0)
    for x in range(box.left() + 2, box.left() + 30, 4):
        qtbot.mouseClick(dock.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPointF(x, box.center().y()).toPoint())
        if row.checkState(0) != before:
            return
    pytest.fail("no box was found in the row")


@pytest.mark.parametrize(("dock", "names"), [("en", ["Names", "Water"]), ("sv", None)], indirect=["dock"])
def test_base_layers_have_names_and_say_when_empty(dock: LayerDock, names: list[str] | None) -> None:
    texts = [item(dock, id).text(0) for id in BASE_LAYERS]
    assert all(texts)
    assert not set(texts) & set(BASE_LAYERS), "ids are not names"
    if names:
        assert set(names) <= set(texts)
    assert dock._empty.isVisible()
    assert dock._empty.button is not None


def test_a_box_hides_a_layer_and_undo_shows_it_again(qtbot: QtBot, dock: LayerDock, store: Store) -> None:
    click_box(qtbot, dock, item(dock, "trees"))
    entry = next(entry for entry in store.state.layers if entry.id == "trees")
    assert not entry.visible
    assert store.undo_label == "Hide layer"
    store.undo()
    assert item(dock, "trees").checkState(0) == Qt.CheckState.Checked


def test_the_box_of_a_group_hides_all_of_it_in_one_step(dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    group = item(dock, "water").parent()
    assert group is not None
    group.setCheckState(0, Qt.CheckState.Unchecked)
    assert [entry.id for entry in store.state.layers if entry.visible] == [HEIGHT]
    store.undo()
    assert all(entry.visible for entry in store.state.layers)


def test_a_data_layer_is_added_from_the_menu_with_its_legend(dock: LayerDock, store: Store) -> None:
    actions = {action.data(): action for action in dock.add_menu.actions() if action.data()}
    assert set(actions) == {dropin.id for dropin in discover()}
    actions[HEIGHT].trigger()
    assert ids(store)[0] == HEIGHT
    assert dock.tree.current_id() == HEIGHT
    assert not dock._empty.isVisible()
    legend = dock.tree.itemWidget(item(dock, HEIGHT).child(0), 0)
    texts = [part.text() for part in legend.findChildren(QLabel)]
    assert "Height above ground [m]" in texts
    assert "6 – 12" in texts
    assert "30 and over" in texts, "a building of 47 m lies above the last limit"
    assert "30 and over" in legend.accessibleName()


def test_a_legend_says_no_data_where_some_buildings_have_none(dock: LayerDock) -> None:
    dock.add_layer("building_residents")
    legend = dock.tree.itemWidget(item(dock, "building_residents").child(0), 0)
    assert "No data" in [part.text() for part in legend.findChildren(QLabel)]


def test_hiding_a_layer_folds_its_legend_away(dock: LayerDock) -> None:
    dock.add_layer(HEIGHT)
    item(dock, HEIGHT).setCheckState(0, Qt.CheckState.Unchecked)
    assert item(dock, HEIGHT).childCount() == 0
    item(dock, HEIGHT).setCheckState(0, Qt.CheckState.Checked)
    assert dock.tree.has_legend(HEIGHT)


def test_del_removes_a_data_layer_and_undo_brings_it_back(qtbot: QtBot, dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    dock.activateWindow()
    dock.tree.setFocus()
    qtbot.waitUntil(dock.tree.hasFocus)
    qtbot.keyClick(dock.tree, Qt.Key.Key_Delete)
    assert HEIGHT not in ids(store)
    assert dock.tree.row(HEIGHT) is None
    store.undo()
    assert ids(store)[0] == HEIGHT
    assert dock.tree.has_legend(HEIGHT)


def test_base_layers_cannot_be_removed(dock: LayerDock, store: Store) -> None:
    dock.tree.make_current("water")
    dock.remove_current()
    assert "water" in ids(store)


def test_alt_arrows_move_a_row_and_keep_it_current(qtbot: QtBot, dock: LayerDock, store: Store) -> None:
    for id in (HEIGHT, USE, FLOORS):
        dock.add_layer(id)
    assert ids(store)[:3] == [FLOORS, USE, HEIGHT]
    dock.activateWindow()
    dock.tree.setFocus()
    qtbot.waitUntil(dock.tree.hasFocus)
    dock.tree.make_current(HEIGHT)
    qtbot.keyClick(dock.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert ids(store)[:3] == [FLOORS, HEIGHT, USE]
    assert dock.tree.current_id() == HEIGHT
    assert dock.tree.hasFocus()
    assert dock.tree.has_legend(HEIGHT), "a moved row keeps its legend"
    qtbot.keyClick(dock.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert ids(store)[:3] == [FLOORS, USE, HEIGHT]
    qtbot.keyClick(dock.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert ids(store)[:3] == [FLOORS, USE, HEIGHT], "the last of its group stays"


@pytest.mark.parametrize(("onto", "below", "expected"), [
    (FLOORS, False, [HEIGHT, FLOORS, USE]),
    (USE, False, [FLOORS, HEIGHT, USE]),
    (USE, True, [FLOORS, USE, HEIGHT]),
])  # fmt: skip
def test_dragging_puts_a_row_before_or_behind_another(
    dock: LayerDock, store: Store, onto: str, below: bool, expected: list[str]
) -> None:
    for id in (HEIGHT, USE, FLOORS):
        dock.add_layer(id)
    box = dock.tree.visualItemRect(item(dock, onto))
    y = box.bottom() - 2 if below else box.top() + 2
    data = QMimeData()
    data.setData(MIME, HEIGHT.encode())
    event = QDropEvent(
        QPointF(box.center().x(), y), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    dock.tree.dropEvent(event)
    assert ids(store)[:3] == expected
    assert [r for r in range(3) if dock.tree.row(expected[r]).parent().indexOfChild(item(dock, expected[r])) == r] == [
        0,
        1,
        2,
    ]


def test_a_data_layer_cannot_be_dropped_into_the_base_map(dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    before = store.state.layers
    box = dock.tree.visualItemRect(item(dock, "water"))
    data = QMimeData()
    data.setData(MIME, HEIGHT.encode())
    event = QDropEvent(
        QPointF(box.center()), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    dock.tree.dropEvent(event)
    assert store.state.layers is before


def test_a_dragged_slider_is_one_step(qtbot: QtBot, dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    for percent in (90, 60, 40):
        dock._opacity.setValue(percent)
    assert store.state.layers[0].opacity == pytest.approx(0.4)
    assert item(dock, HEIGHT).text(1).replace("\xa0", " ") == "40 %"
    store.undo()
    assert store.state.layers[0].opacity == 1.0
    assert dock._opacity.value() == 100
    assert item(dock, HEIGHT).text(1) == ""


def test_show_and_hide_all(dock: LayerDock, store: Store) -> None:
    dock.hide_all()
    assert not any(entry.visible for entry in store.state.layers)
    dock.show_all()
    assert all(entry.visible for entry in store.state.layers)
    steps = store.undo_label
    dock.show_all()
    assert store.undo_label == steps, "nothing to do is no step"


def test_only_rows_that_changed_are_touched(qtbot: QtBot, dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    rows = {id: dock.tree.row(id) for id in ids(store)}
    legend = dock.tree.itemWidget(item(dock, HEIGHT).child(0), 0)
    dock.tree.toggled.emit("trees", False)
    assert all(dock.tree.row(id) is row for id, row in rows.items())
    assert dock.tree.itemWidget(item(dock, HEIGHT).child(0), 0) is legend


def test_new_layer_objects_draw_new_legends(dock: LayerDock, store: Store, dropins: tuple[DropIn, ...]) -> None:
    dock.add_layer(HEIGHT)
    city = store.state.city
    low = city.buildings.assign(height=[5.0, 6.5, 7.0])
    store.change("Edit", city=city.replaced(buildings=low))
    layers, errors = evaluate(dropins, store.state.city)
    dock.set_layers(layers, errors)
    legend = dock.tree.itemWidget(item(dock, HEIGHT).child(0), 0)
    assert "30 – 45" in [part.text() for part in legend.findChildren(QLabel)]


def test_a_broken_drop_in_says_so_and_cannot_be_added(qtbot: QtBot, store: Store, tmp_path) -> None:
    (tmp_path / "broken.py").write_text(
        "TITLE = 'Broken'\n\n\ndef make(city):\n    raise ValueError('no such thing')\n"
    )
    found = discover([tmp_path])
    layers, errors = evaluate(found, store.state.city)
    panel = LayerDock(store, "en")
    qtbot.addWidget(panel)
    panel.set_available(found)
    panel.set_layers(layers, errors)
    action = next(action for action in panel.add_menu.actions() if action.data() == "broken")
    assert not action.isEnabled()
    assert "no such thing" in action.toolTip()


def test_a_layer_whose_file_is_gone_stays_listed_and_says_why(dock: LayerDock, store: Store) -> None:
    store.change("Add data layer", layers=(LayerEntry("my_index"), *store.state.layers))
    assert item(dock, "my_index").text(0) == "my_index – nothing to show"
    assert item(dock, "my_index").toolTip(0) == "There is no layer file my_index.py in this installation."
    dock.tree.make_current("my_index")
    dock.remove_current()
    assert "my_index" not in ids(store)


def test_a_layer_of_sensors_without_values_keeps_its_name_and_says_why(dock: LayerDock, store: Store) -> None:
    store.change("Add", layers=(LayerEntry("sensors:traffic_flow"), *store.state.layers))
    row = item(dock, "sensors:traffic_flow")
    assert row.text(0) == "Traffic flow – nothing to show"
    assert row.toolTip(0) == "No sensor has a value around the time shown."


def test_the_tooltip_of_a_data_layer_names_owner_licence_and_class(dock: LayerDock) -> None:
    dock.add_layer(HEIGHT)
    tip = item(dock, HEIGHT).toolTip(0)
    assert "Licence: CC0-1.0" in tip
    assert "Owner: Test" in tip
    assert "Information class: open" in tip


def test_a_panel_that_is_gone_no_longer_listens(qtbot: QtBot, store: Store) -> None:
    panel = LayerDock(store, "en")
    listeners = len(store._listeners)
    panel.deleteLater()
    qtbot.waitUntil(lambda: not isValid(panel))
    assert len(store._listeners) == listeners - 1
    store.change("Hide layer", layers=store.state.layers[1:])


def test_a_layer_that_fills_the_ground_goes_below_what_stands_on_it(dock: LayerDock, store: Store) -> None:
    dock.add_layer(HEIGHT)
    dock.add_layer(DENSITY)
    assert ids(store)[:2] == [HEIGHT, DENSITY]
    assert dock.tree.current_id() == DENSITY
    dock.add_layer(USE)
    assert ids(store)[:3] == [USE, HEIGHT, DENSITY]
    store.undo()
    store.undo()
    assert ids(store)[:2] == [HEIGHT, BASE_LAYERS[0]]


@pytest.mark.parametrize("dock", ["en", "sv"], indirect=True)
def test_the_empty_state_is_whole_where_there_is_room_and_gives_way_where_not(dock: LayerDock, qtbot: QtBot) -> None:
    from twin.ui.widgets import Scrolled

    area = dock.findChild(Scrolled)
    assert area is not None
    qtbot.waitUntil(lambda: area.isVisible() and not area.verticalScrollBar().isVisible(), timeout=10_000)
    assert area.minimumSizeHint().height() < area.sizeHint().height(), "it may be lower than all of it asks for"
    dock.resize(320, 230)
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible(), timeout=10_000)
