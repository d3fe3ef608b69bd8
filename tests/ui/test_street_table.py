"""The table of streets: found, chosen, changed several at once; it follows the view and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from small_cities import two_streets
from windows import PATIENCE

from twin.chain.registry import MODELS
from twin.content import demo_project
from twin.models.traffic.names import ADT
from twin.project import load_city
from twin.result import Result
from twin.scenario.streets import ChangeRoad, CloseRoad
from twin.state import Selection, State, Store
from twin.ui.shown import Shown
from twin.ui.street_panel import StreetPanel
from twin.ui.street_rows import BOTH, CLOSED, ONE_WAY, SOME_CLOSED, SOME_ONE_WAY, against, rows_of
from twin.ui.street_table import CHANGE, FLOW, LANES, LENGTH, NAME, SPEED, WAYS

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(demo_project())


@pytest.fixture
def panel(city: City, qtbot: QtBot) -> StreetPanel:
    made = StreetPanel("sv")
    qtbot.addWidget(made)
    made.resize(900, 260)
    made.show()
    made.follow(Shown(Store(State(city))))
    return made


def column(panel: StreetPanel, which: int) -> list[str]:
    model = panel.table.lines
    return [str(model.data(model.index(k, which))) for k in range(model.rowCount())]


def line(panel: StreetPanel, name: str) -> int:
    return column(panel, NAME).index(name)


def answered(city: City, each: float) -> object:
    from twin.layer import Field

    ids = city.roads["id"].to_numpy(object)
    field = Field(ADT, "veh/day", "roads", ids, np.full(len(ids), each, dtype=np.float32))
    result = Result("traffic", "1", {}, "", (field,), ())
    return type("Answer", (), {"results": {"traffic": result}})()


# --- rows -----------------------------------------------------------------------------------------------------------


def test_rows_hold_streets_or_pieces_and_count_a_street_once(city: City) -> None:
    streets, pieces = rows_of(city, False), rows_of(city, True)
    assert len(pieces.keys) > 2 * len(streets.keys)
    assert streets.length.sum() == pytest.approx(pieces.length.sum())
    at = streets.keys.tolist().index("Hornsgatan")
    links = streets.links([at])
    assert len(links) == 48
    assert streets.length[at] == pytest.approx(city.roads.set_index("id").loc[list(links), "length"].sum() / 2)
    assert sorted(link for k in range(len(pieces.keys)) for link in pieces.links([k])) == sorted(city.roads["id"])


def test_directions_and_what_is_shut_are_told() -> None:
    small = two_streets()
    ids = small.roads["id"].tolist()

    def ways(closed: tuple[str, ...]) -> list[str]:
        shown = CloseRoad(roads=closed).apply(small) if closed else small
        return [str(one) for one in rows_of(shown, False).ways]

    rows = rows_of(small, False)
    name = rows.names.tolist().index("Storgatan")
    assert ways(())[name] == BOTH
    assert ways((ids[0],))[name] in (ONE_WAY, SOME_ONE_WAY)
    assert ways(tuple(rows.links([name])))[name] == CLOSED
    assert SOME_CLOSED not in ways(())


def test_one_way_shuts_what_runs_against_it_and_no_street_that_has_one_way_only() -> None:
    small = two_streets()
    ids = tuple(small.roads["id"])
    east = set(against(small, ids, (1.0, 0.0)))
    west = set(against(small, ids, (-1.0, 0.0)))
    assert east
    assert west
    assert not east & west
    shown = CloseRoad(roads=tuple(east)).apply(small)
    assert against(shown, ids, (-1.0, 0.0)) == ()


# --- in the panel ---------------------------------------------------------------------------------------------------


def test_streets_are_found_sorted_and_shown_with_their_values(panel: StreetPanel) -> None:
    everything = panel.table.lines.rowCount()
    panel.search.setText("hornsg")
    assert column(panel, NAME) == ["Hornsgatan"]
    assert (column(panel, SPEED), column(panel, WAYS)) == (["50"], ["Båda håll"])
    panel.search.clear()
    assert panel.table.lines.rowCount() == everything
    panel.table.sortByColumn(LENGTH, Qt.SortOrder.DescendingOrder)
    lengths = [float(one.replace("\u00a0", "")) for one in column(panel, LENGTH)]
    assert lengths == sorted(lengths, reverse=True)
    panel.which.setCurrentIndex(1)
    assert panel.table.lines.rowCount() > 2 * everything
    assert panel.table.isColumnHidden(FLOW)


def test_a_number_typed_in_one_row_is_one_edit_of_all_chosen(panel: StreetPanel, city: City) -> None:
    made: list[object] = []
    chosen: list[object] = []
    panel.edit_made.connect(made.append)
    panel.chosen.connect(chosen.append)
    assert not panel.change.isEnabled()
    rows = panel.table.lines.rows
    assert rows is not None
    wanted = [rows.keys.tolist().index(name) for name in ("Hornsgatan", "Västerbron")]
    panel.table.choose(wanted)
    links = set(chosen[-1])  # type: ignore[call-overload]
    assert set(city.roads.set_index("id").loc[list(links), "name"]) == {"Hornsgatan", "Västerbron"}
    model = panel.table.lines
    assert model.setData(model.index(line(panel, "Hornsgatan"), SPEED), 30)
    assert model.setData(model.index(line(panel, "Hornsgatan"), LANES), 99)  # as many as there may be
    panel.shut.trigger()
    panel.ways[1].trigger()
    speed, lanes, shut, way = made
    assert isinstance(speed, ChangeRoad)
    assert (speed.speed, speed.lanes, set(speed.roads)) == (30.0, None, links)
    assert isinstance(lanes, ChangeRoad)
    assert (lanes.speed, lanes.lanes) == (None, 8.0)
    assert isinstance(shut, CloseRoad)
    assert set(shut.roads) == links
    assert isinstance(way, CloseRoad)
    assert len(way.roads) == len(links) / 2


def test_it_follows_what_is_selected_and_the_city_that_is_shown(panel: StreetPanel, city: City) -> None:
    shown = panel._shown
    assert shown is not None
    told: list[object] = []
    panel.chosen.connect(told.append)
    shown.change("Select", undoable=False, selection=Selection("roads", ("r002a",)))
    assert [column(panel, NAME)[k] for k in _chosen(panel)] == ["Hornsgatan"]
    assert told == []  # what was selected elsewhere is not selected again
    panel.table.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    assert [column(panel, NAME)[k] for k in _chosen(panel)] == ["Hornsgatan"]
    rows = panel.table.lines.rows
    assert rows is not None
    links = rows.links(panel.table.rows())
    shown.show(ChangeRoad(roads=links[:10], speed=30.0).apply(city))
    assert column(panel, SPEED)[line(panel, "Hornsgatan")] == "30–50"
    shown.show(CloseRoad(roads=links).apply(city))
    assert column(panel, WAYS)[line(panel, "Hornsgatan")] == "Stängd"
    shown.change("Deselect", undoable=False, selection=None)
    assert panel.table.rows() == []


def test_flows_stand_there_once_the_model_has_answered(panel: StreetPanel, city: City) -> None:
    now, once = answered(city, 600.0), answered(city, 500.0)
    panel.show_answers(now, once, ("A", "B"))  # type: ignore[arg-type]
    assert not panel.table.isColumnHidden(CHANGE)
    at = line(panel, "Hornsgatan")
    assert column(panel, FLOW)[at].replace("\u00a0", "") == "1200"
    assert column(panel, CHANGE)[at] == "+200"
    panel.show_answers(now, now, ("A", "A"))  # type: ignore[arg-type]
    assert panel.table.isColumnHidden(CHANGE)
    assert not panel.table.isColumnHidden(FLOW)


def test_in_the_window_an_edit_by_table_is_in_the_scenario_and_is_undone(window: MainWindow, qtbot: QtBot) -> None:
    store = window.session.store
    assert store is not None
    # the edit is what is looked at, not what models say to it
    store.change("Switch models", undoable=False, models=dict.fromkeys(MODELS, False))
    window.commands["streets"].trigger()
    streets = window.panels.docks["streets"].widget()
    assert isinstance(streets, StreetPanel)
    qtbot.waitUntil(lambda: streets.table.lines.rowCount() == 2, timeout=PATIENCE)
    streets.table.selectRow(line(streets, "Hornsgatan"))
    assert store.state.selection == Selection("roads", ("r1",))
    model = streets.table.lines
    model.setData(model.index(line(streets, "Hornsgatan"), SPEED), 20)
    assert [entry.edit for entry in store.state.scenarios[-1].edits] == [ChangeRoad(roads=("r1",), speed=20.0)]
    assert window.panels.docks["streets"].isVisible()
    assert [column(streets, NAME)[k] for k in _chosen(streets)] == ["Hornsgatan"]
    window.commands["undo"].trigger()
    assert not any(one.edits for one in store.state.scenarios)


def _chosen(panel: StreetPanel) -> list[int]:
    return [index.row() for index in panel.table.selectionModel().selectedRows()]
