"""The engine behind the window: answers, pictures, differences; what is stale, killed or stopped."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from twin.chain.answer import Answer
from twin.chain.chain import Chain
from twin.chain.registry import switched_on
from twin.indicator_text import signed
from twin.layer import Field
from twin.project import create
from twin.scenario.buildings import ChangeBuilding, RemoveBuilding
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import AddPath, CloseRoad
from twin.scene import mesh, remesh
from twin.state import LayerEntry, Selection
from twin.ui import edits
from twin.ui.indicators import IndicatorPanel
from twin.ui.result_layers import DIFFERENCE, VALUE, difference_layer, largest, layer_id, result_layers
from twin.ui.results import Results
from twin.ui.session import Session
from twin.ui.shown import Shown, cities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.state import Store

X, Y = 153_000.0, 6_579_000.0
REACHED = "Residents within 400 m on foot"


@pytest.fixture
def walked(small_city: City) -> City:
    """Return the small city with two walk links that a bridge can join."""
    import geopandas as gpd
    from shapely.geometry import LineString

    paths = gpd.GeoDataFrame(
        [
            {"id": "g1", "source_id": "s", "from_node": "a", "to_node": "b", "length": 30.0,
             "geometry": LineString([(X, Y + 31), (X + 30, Y + 31)])},
            {"id": "g2", "source_id": "s", "from_node": "c", "to_node": "d", "length": 30.0,
             "geometry": LineString([(X + 70, Y + 31), (X + 100, Y + 31)])},
        ],
        geometry="geometry", crs=small_city.crs,
    )  # fmt: skip
    return small_city.replaced(paths=paths)


BRIDGE = AddPath(line=((X + 30, Y + 31), (X + 70, Y + 31)))


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path, walked: City) -> Iterator[Session]:
    path = tmp_path / "Small.twin"
    create(path, walked).close()
    session = Session("en")
    with qtbot.waitSignal(session.opened, timeout=60_000):
        session.open(path)
    yield session
    session.shut()


@pytest.fixture
def results(session: Session) -> Iterator[Results]:
    results = Results(session)
    results.begin()
    yield results
    results.shut()


def settle(results: Results, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not results.busy, timeout=120_000)


def test_nothing_is_asked_before_something_is_edited(results: Results) -> None:
    assert not results.busy
    assert results._engine._engine is None
    results.look()
    assert results.busy


def test_an_edit_is_answered_as_on_the_command_line(
    results: Results, session: Session, qtbot: QtBot, walked: City
) -> None:
    store = session.store
    assert store is not None
    assert results.shown is not None
    edits.add(store, BRIDGE, "en")
    settle(results, qtbot)
    assert results.up_to_date
    assert results.answer is not None
    assert results.reference is not None
    chain = Chain(store.state.city)
    same = Answer("", chain.key(store.state.scenarios[0]))
    for step in chain.steps(store.state.scenarios[:1], switched_on({}), exact=True):
        same = same.after(step)
    chain.close()
    assert results.answer.key == same.key
    by_id = {one.id: one.value for one in same.indicators}  # what is quick first: their order may be another
    # noise adds up in another order
    near = {id: pytest.approx(value, rel=1e-6, abs=1e-9, nan_ok=True) for id, value in by_id.items()}
    assert {one.id: one.value for one in results.answer.indicators} == near
    # what is shown is the scenario's city; the Store keeps the city as it is
    assert len(results.shown.state.city.paths) == 3
    assert len(store.state.city.paths) == 2
    assert cities(results.shown) == (results.shown.state.city, store.state.city)
    assert results.data is not None
    assert len(results.data.mesh.ids["paths"]) == 3
    assert results.data.mesh.solids is session.data.mesh.solids  # type: ignore[union-attr]
    changed = results.data.layers[layer_id(DIFFERENCE, "reach", REACHED)]
    known = changed.field.values[np.isfinite(changed.field.values)]
    assert known.max() > 0
    # a picture shows what the screen shows
    _, data, drawn = results.drawn()
    assert drawn is results.shown.state.city
    assert data is results.data
    # undo and redo take what is known: no work at all
    store.undo()
    qtbot.waitUntil(lambda: len(results.shown.state.city.paths) == 2, timeout=30_000)  # type: ignore[union-attr]
    store.redo()
    qtbot.waitUntil(lambda: len(results.shown.state.city.paths) == 3, timeout=30_000)  # type: ignore[union-attr]
    assert results.running == ()


def test_a_dead_engine_is_started_again_with_the_city(results: Results, session: Session, qtbot: QtBot) -> None:
    store = session.store
    assert store is not None
    edits.add(store, BRIDGE, "en")
    settle(results, qtbot)
    engine = results._engine._engine
    assert engine is not None
    assert engine._child is not None
    engine._child.kill()
    failed: list[object] = []
    results.failed.connect(failed.append)
    edits.add(store, CloseRoad(roads=("r1",)), "en")
    settle(results, qtbot)
    qtbot.waitUntil(lambda: results.up_to_date, timeout=120_000)
    assert failed == []
    assert results.answer is not None
    assert results.answer.key == Chain(store.state.city).key(store.state.scenarios[0])


def test_a_later_edit_makes_the_answer_to_the_one_before_stale(
    results: Results, session: Session, qtbot: QtBot
) -> None:
    store = session.store
    assert store is not None
    assert results.shown is not None
    for height in (20.0, 30.0, 40.0):
        edits.add(store, ChangeBuilding(buildings=("b1",), height=height), "en")
    settle(results, qtbot)
    shown = results.shown.state.city.buildings
    assert float(shown.loc[shown["id"] == "b1", "height"].iloc[0]) == 40.0
    assert results.answer is not None
    assert results.answer.key == Chain(store.state.city).key(store.state.scenarios[0])


def test_what_is_stopped_can_be_asked_again(results: Results, session: Session, qtbot: QtBot) -> None:
    store = session.store
    assert store is not None
    edits.add(store, BRIDGE, "en")
    qtbot.waitUntil(lambda: bool(results.running), timeout=30_000)
    results.cancel()
    settle(results, qtbot)
    assert not results.up_to_date
    results.again()
    settle(results, qtbot)
    qtbot.waitUntil(lambda: results.up_to_date, timeout=120_000)


def test_what_is_removed_is_no_longer_selected(results: Results, session: Session, qtbot: QtBot) -> None:
    store = session.store
    assert store is not None
    store.change("Select", undoable=False, selection=Selection("buildings", ("b3",)))
    edits.add(store, RemoveBuilding(buildings=("b3",)), "en")
    settle(results, qtbot)
    assert store.state.selection is None


# --- the parts --------------------------------------------------------------------------------------------------


def test_parts_made_anew_equal_the_whole_made_anew(walked: City) -> None:
    base = mesh.build(walked)
    for edit in (BRIDGE, ChangeBuilding(buildings=("b1",), height=44.0), RemoveBuilding(buildings=("b2",))):
        city = edit.apply(walked)
        joined = remesh.joined(base, remesh.parts(walked, city, remesh.footing(base)))
        whole = mesh.build(city)
        for name in ("paths", "roads"):
            assert np.allclose(getattr(joined, name).fill.points, getattr(whole, name).fill.points, atol=0.02)
        assert np.allclose(joined.solids.faces.points, whole.solids.faces.points, atol=0.02)
        assert all(np.array_equal(joined.ids[name], whole.ids[name]) for name in whole.ids)
        assert joined.top == pytest.approx(whole.top, abs=0.02)
    assert joined.roads is base.roads


def test_closing_a_street_changes_nothing_of_the_picture(walked: City) -> None:
    assert remesh.changed_tables(walked, CloseRoad(roads=("r1",)).apply(walked)) == frozenset()


def test_differences_are_symmetric_and_named() -> None:
    values = np.array([-130.0, 20.0, 0.0, np.nan], np.float32)
    field = Field("Reached", "persons", "buildings", np.array(list("abcd"), object), values)
    layer = difference_layer("x", field, "Bridge − Present state", "en")
    assert (layer.low, layer.high) == (-200.0, 200.0)
    assert layer.breaks == tuple(-limit for limit in reversed(layer.breaks))
    assert len(layer.breaks) % 2 == 0  # a class in the middle, which is white
    assert layer.note == "Bridge − Present state"
    assert largest(np.zeros(3)) == 1.0


def test_a_colour_means_the_same_in_scenario_and_reference(walked: City) -> None:
    chain = Chain(walked)
    answer = chain.run(PRESENT.changed(name="B").adding(BRIDGE))
    reference = chain.run(PRESENT)
    chain.close()
    one = result_layers(answer, reference, ("B", "Present"), "en").layers[layer_id(VALUE, "reach", REACHED)]
    two = result_layers(reference, answer, ("Present", "B"), "en").layers[layer_id(VALUE, "reach", REACHED)]
    assert (one.low, one.high) == (two.low, two.high)


def test_the_table_has_scenario_reference_and_difference(qtbot: QtBot, store: Store, walked: City) -> None:
    edits.add(store, BRIDGE, "en")
    chain = Chain(walked)
    answer, reference = chain.run(store.state.scenarios[0]), chain.run(PRESENT)
    chain.close()
    panel = IndicatorPanel(store, "sv")
    qtbot.addWidget(panel)
    panel.show_answers(answer, reference, ("Bro", "Nuläge"))
    heads = [panel.table.lines.headerData(i, Qt.Orientation.Horizontal) for i in range(1, 4)]
    assert heads == ["Bro", "Nuläge", "Bro − Nuläge"]
    rows = list(csv.reader(io.StringIO(panel.csv()), delimiter=";"))
    assert len(rows) == len(answer.indicators) + 1
    plain = float(rows[4][1].replace(",", "."))
    assert plain == pytest.approx(answer.indicators[3].value, rel=1e-4)
    panel.copy()
    assert QApplication.clipboard().text().count("\n") == len(answer.indicators)
    with qtbot.waitSignal(panel.row_chosen) as chosen:
        panel.table.activated.emit(panel.table.lines.index(1, 0))
    assert chosen.args[0].id == answer.indicators[1].id


def test_the_reference_is_chosen_by_name(qtbot: QtBot, store: Store) -> None:
    edits.add(store, BRIDGE, "en")
    edits.copy(store, "Alternative 1", "en")
    panel = IndicatorPanel(store, "en")
    qtbot.addWidget(panel)
    texts = [panel.reference.itemText(i) for i in range(panel.reference.count())]
    assert texts == ["Present state", "Alternative 1"]
    panel.reference.setCurrentIndex(1)
    panel.reference.activated.emit(1)
    assert edits.reference(store.state).name == "Alternative 1"
    assert store.undo_label == "Choose reference"


def test_a_table_that_is_not_up_to_date_says_so(qtbot: QtBot, store: Store, walked: City) -> None:
    panel = IndicatorPanel(store, "en")
    qtbot.addWidget(panel)
    panel.show()
    chain = Chain(walked)
    answer = chain.run(PRESENT)
    chain.close()
    panel.show_answers(answer, answer, ("a", "b"))
    panel.show_work(True, False)
    assert panel._stop.isVisible()
    assert not panel._old.isVisible()
    panel.show_work(False, False)
    assert panel._old.isVisible()
    with qtbot.waitSignal(panel.retry_requested):
        panel._again.click()


def test_signs() -> None:
    assert signed(12.3, "en", 0) == "+12"
    assert signed(-12.3, "en", 0) == "\u221212"
    assert signed(0.2, "en", 0) == "≈\xa00"
    assert signed(0.0, "en", 0) == "0"
    assert signed(math.nan, "en", 0) == "–"


def test_the_shown_store_passes_changes_on_and_keeps_its_city(store: Store, walked: City) -> None:
    shown = Shown(store)
    seen: list[object] = []
    shown.listen(lambda _old, new: seen.append(new.city))
    shown.show(walked)
    shown.change("Hide layer", layers=(LayerEntry("water", False),))
    assert store.state.layers == (LayerEntry("water", False),)
    assert store.state.city is not walked
    assert shown.state.city is walked
    assert shown.undo_label == "Hide layer"
    shown.undo()
    assert len(shown.state.layers) > 1
    assert seen == [walked] * 3
    shown.end()
    store.change("Hide layer", layers=())
    assert len(seen) == 3
