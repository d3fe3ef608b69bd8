"""The inspector: what is picked is told in words and units, gaps stay hidden, small numbers of people stay secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from twin.city import schema
from twin.layer import Field, layer_of
from twin.places import Grid
from twin.state import LayerEntry, Selection
from twin.ui.around import kept_secret
from twin.ui.describe import sheet, title_of
from twin.ui.inspector import Inspector
from twin.when import When

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.state import Store


@pytest.fixture
def inspector(qtbot: QtBot, store: Store, request: pytest.FixtureRequest) -> Inspector:
    panel = Inspector(store, getattr(request, "param", "en"))
    qtbot.addWidget(panel)
    panel.resize(340, 900)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def pick(store: Store, table: str, *ids: str) -> None:
    store.change("Select", undoable=False, selection=Selection(table, ids))


def lines(panel: Inspector) -> dict[str, str]:
    return {title: value.replace("\xa0", " ") for title, value in panel.tree.lines()}


def groups(panel: Inspector) -> list[str]:
    return [panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())]


def test_nothing_picked_says_what_to_do(inspector: Inspector) -> None:
    assert inspector.sheet is None
    assert inspector._empty.isVisible()
    assert "Click a building" in inspector._empty.sentence.text()
    assert not inspector._filled.isVisible()


def test_the_layers_on_the_map_say_their_value_there(inspector: Inspector, store: Store) -> None:
    none = np.empty(0, dtype=object)
    ids = np.array(["b2", "b1"], dtype=object)
    times = np.array(["2026-05-04T00", "2026-05-04T02"], dtype="datetime64[ms]")
    field = Field("Level", "dB", "buildings", ids, np.array([[50, 60], [52, 64]], np.float32), times)
    x, y = 153_000.0, 6_579_000.0
    grid = Field("Ground", "", "grid", none, np.array([1, 0], np.float32), categories={0: "Park", 1: "Water"},
                 places=Grid(1, 2, (15.0, 0.0, x, 0.0, -30.0, y + 30), smooth=False))  # fmt: skip
    layers = {one.id: one for one in (layer_of("level", "Level", field), layer_of("ground", "Ground", grid)) if one}
    inspector.set_layers(layers)
    pick(store, "buildings", "b1")
    assert groups(inspector)[0] != "On the map"
    store.change("Show", layers=(LayerEntry("level"), LayerEntry("ground"), LayerEntry("gone"), *store.state.layers))
    assert groups(inspector)[0] == "On the map"
    assert lines(inspector)["Level"] == "64 dB"
    assert lines(inspector)["Ground"] == "Water"
    store.change("Time", time=When(at=1777852800.0 + 3600))  # half way between the two
    assert lines(inspector)["Level"] == "62 dB"
    pick(store, "buildings", "b3")
    assert "Level" not in lines(inspector)


def test_a_building_is_told_with_units_and_its_source(inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1")
    assert inspector.title.text() == "Kv. Tranan"
    assert inspector.subtitle.text() == "Building · Residential"
    said = lines(inspector)
    assert said["Height above ground"] == "21.5 m"
    assert said["Height from"] == "number of floors"
    assert said["Footprint"] == "600 m²"
    assert said["Floor area, about"] == "3,600 m²"
    assert said["Residents"] == "71"
    assert said["Licence"] == "CC0-1.0"
    assert said["Catalogue record"] == "https://example.org/record/1"
    assert said["DeSO"] == "Mariatorget"
    assert inspector.badge.text() == "open"
    assert inspector.mark.isVisible(), "a synthetic city says so"


@pytest.mark.parametrize("inspector", ["sv"], indirect=True)
def test_numbers_are_written_as_swedish_does(inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1")
    assert "21,5 m" in lines(inspector).values()
    assert "3 600 m²" in lines(inspector).values()


def test_where_a_height_comes_from_is_explained(small_city: City) -> None:
    for place, tip in (("b1", "floors times"), ("b2", "Do not rely on it")):
        told = sheet(small_city, Selection("buildings", (place,)), "en")
        assert told is not None
        fact = next(f for group in told.groups for f in group.facts if f.title == "Height from")
        assert tip in fact.tip


def test_a_thing_without_name_is_called_by_address_or_kind(inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b2")
    assert inspector.title.text() == "Hornsgatan 14"
    pick(store, "buildings", "b3")
    assert inspector.title.text() == "School b3"
    assert inspector.badge.text() == "internal"


def test_empty_fields_are_shown_only_when_asked_for(qtbot: QtBot, inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b2")
    assert "Tenure" not in lines(inspector)
    assert inspector._more.text().startswith("Show")
    qtbot.mouseClick(inspector._more, Qt.MouseButton.LeftButton)
    assert lines(inspector)["Tenure"] == "–"
    assert inspector._more.text() == "Hide empty fields"
    pick(store, "buildings", "b1")
    assert "–" in lines(inspector).values(), "the choice stays for the next thing picked"


def test_a_street_tells_its_rules_and_their_status(inspector: Inspector, store: Store) -> None:
    pick(store, "roads", "r1")
    said = lines(inspector)
    assert said["Environmental zone class 2"] == "in force"
    assert said["Environmental zone class 3"] == "proposed, not in force, on 50 % of the length"
    assert said["Speed limit"] == "50 km/h"
    assert said["Counted traffic (AADT)"] == "21,600 veh/day"
    assert said["Allowed classes"] == "Car, Bus, Bicycle"
    assert said["Length"] == "100 m"


def test_a_street_that_only_touches_a_rule_is_outside_it(inspector: Inspector, store: Store) -> None:
    pick(store, "roads", "r2")
    assert "Rules here" not in groups(inspector)


def test_people_of_a_zone_by_group_with_shares_and_small_cells_hidden(inspector: Inspector, store: Store) -> None:
    pick(store, "zones", "z1")
    said = lines(inspector)
    assert "Residents by country of birth" in said
    assert said["20-64"] == "600  ·  64.1 %"
    assert said["born_outside_eu"].replace("\u202f", " ") == "< 5"
    assert said["born_eu"] == "hidden", "else the small cell is the total less the others"
    assert said["Born in Sweden"] == "812  ·  86.8 %"
    assert said["All"] == "936"
    everything = inspector.sheet.text() if inspector.sheet else ""
    assert "\t3" not in everything, "a cell of three people is told nowhere, not even on the clipboard"
    assert "121" not in everything


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 40), max_size=6))
def test_no_small_cell_can_be_worked_out(counts: dict[str, int]) -> None:
    hidden = kept_secret(counts)
    small = {name for name, n in counts.items() if 0 < n < 5}
    assert small <= hidden
    assert hidden == frozenset() or small
    told = {name for name, n in counts.items() if n and name not in hidden}
    if hidden and told:
        assert len(hidden) > 1
        assert sum(counts[name] for name in hidden) >= 5


def test_a_mast_lists_its_sensors(inspector: Inspector, store: Store) -> None:
    pick(store, "places", "mast")
    assert "Sensors" not in groups(inspector)
    inspector.set_streams(pd.DataFrame([
        {"stream": "a", "place": "mast", "quantity": "noise_laeq", "unit": "dB", "period_s": 300, "accuracy": "±1 dB",
         "height_m": 4.0, "owner": "Test", "licence": "CC0-1.0"},
        {"stream": "b", "place": "elsewhere", "quantity": "no2", "unit": "ug/m3", "period_s": 900},
    ]))  # fmt: skip
    assert lines(inspector)["Sound level LAeq [dB]"] == "every 5 min, ±1 dB, 4.0 m up"
    assert "NO₂ [µg/m³]" not in lines(inspector)


@pytest.mark.parametrize("table", [name for name, table in schema.TABLES.items() if table.geometry])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_kind_of_thing_can_be_told(small_city: City, table: str, lang: str) -> None:
    rows = small_city.table(table)
    if table == "junctions":
        rows = schema.conform("junctions", small_city.places.assign(node="n1"), small_city.crs)
        small_city = small_city.replaced(junctions=rows)
    told = sheet(small_city, Selection(table, (rows["id"].iloc[0],)), lang)
    assert told is not None
    assert told.title
    assert told.subtitle
    assert all(group.title and group.facts for group in told.groups)
    titles = [fact.title for group in told.groups for fact in group.facts]
    assert not set(titles) & {column.name for column in schema.TABLES[table].columns if "_" in column.name}


def test_several_are_summed_and_listed(qtbot: QtBot, inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1", "b2", "b3")
    assert inspector.title.text() == "3 selected"
    said = lines(inspector)
    assert said["Area"] == "1,950 m²"
    assert said["Residents"] == "71"
    assert said["Jobs"] == "123"
    assert said["Hornsgatan 14"] == "Office"
    assert inspector.badge.text() == "internal", "the strictest class counts"
    assert {"Small test city", "School register"} <= set(said)


def test_sums_say_for_how_many_they_are_known(small_city: City) -> None:
    told = sheet(small_city, Selection("buildings", ("b1", "b2")), "en")
    assert told is not None
    fact = next(fact for fact in told.groups[0].facts if fact.title == "Residents")
    assert fact.tip == "Known for 1 of 2"


def test_ids_that_are_gone_leave_nothing(inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1")
    city = store.state.city
    store.change("Edit", city=city.replaced(buildings=city.buildings[city.buildings["id"] != "b1"]))
    assert inspector.sheet is None
    assert inspector._empty.isVisible()


def test_values_rows_and_all_can_be_copied(qtbot: QtBot, inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1")
    inspector.activateWindow()
    inspector.tree.setFocus()
    qtbot.waitUntil(inspector.tree.hasFocus)
    group = inspector.tree.topLevelItem(0)
    inspector.tree.setCurrentItem(group.child(1))
    qtbot.keyClick(inspector.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "Hornsgatan 12"
    qtbot.keyClick(
        inspector.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert QApplication.clipboard().text() == "Address\tHornsgatan 12"
    inspector.copy_all()
    assert "Kv. Tranan\nBuilding · Residential\n\nIdentity\nName\tKv. Tranan" in QApplication.clipboard().text()


def test_enter_follows_a_fact_to_its_zone_and_zoom_asks_the_window(
    qtbot: QtBot, inspector: Inspector, store: Store
) -> None:
    pick(store, "buildings", "b1")
    tree = inspector.tree
    zone = next(
        tree.topLevelItem(i).child(0)
        for i in range(tree.topLevelItemCount())
        if tree.topLevelItem(i).text(0) == "Lies in"
    )
    tree.setCurrentItem(zone)
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert store.state.selection == Selection("zones", ("z1",))
    assert inspector.title.text() == "Mariatorget"
    assert store.undo_label == "", "what is picked is no step to undo"
    with qtbot.waitSignal(inspector.zoom_requested) as asked:
        qtbot.mouseClick(inspector.zoom, Qt.MouseButton.LeftButton)
    assert asked.args == [Selection("zones", ("z1",))]


def test_a_folded_group_stays_folded_for_the_next_thing(inspector: Inspector, store: Store) -> None:
    pick(store, "buildings", "b1")
    inspector.tree.topLevelItem(0).setExpanded(False)
    pick(store, "buildings", "b2")
    assert not inspector.tree.topLevelItem(0).isExpanded()
    assert inspector.tree.topLevelItem(1).isExpanded()


@pytest.mark.parametrize("width", [200, 260, 420])
def test_long_texts_get_the_lines_they_need(inspector: Inspector, store: Store, width: int) -> None:
    city = store.state.city
    long = "Ett mycket långt namn på ett kvarter vid Hornsgatan som inte får plats på en rad"
    store.change("Edit", city=city.replaced(buildings=city.buildings.assign(name=long)))
    pick(store, "buildings", "b1")
    inspector.resize(width, 900)
    QApplication.processEvents()
    tree = inspector.tree
    row = tree.topLevelItem(0).child(0)
    room = tree.columnWidth(1) - 8
    need = tree.fontMetrics().boundingRect(0, 0, room, 9999, int(Qt.TextFlag.TextWordWrap), long).height()
    assert tree.visualItemRect(row).height() >= need
    assert all(
        part.height() >= part.heightForWidth(part.width())
        for part in inspector.findChildren(QLabel)
        if part.wordWrap() and part.isVisible()
    )


def test_a_street_among_homes_is_a_street() -> None:
    row = pd.Series({"id": "r9", "kind": "residential", "name": "", "address": ""})
    assert title_of("roads", row, "en") == "Local street r9"
    assert title_of("buildings", row, "en") == "Residential r9"
