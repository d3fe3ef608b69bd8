"""A rule zone in the traffic panel: what it says, what can be changed, hours that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from twin.scenario.others import ChangeRule
from twin.state import Selection, State, Store
from twin.ui.shown import Shown
from twin.ui.traffic_panel import TrafficPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.city.city import City


@pytest.fixture
def panel(small_city: City, qtbot: QtBot) -> TrafficPanel:
    made = TrafficPanel("en")
    qtbot.addWidget(made)
    rules = small_city.rules.assign(hours=["22-06", ""])
    charge = rules.iloc[[1]].assign(id="u3", kind="congestion_charge", name="Cordon", charge=30.0)
    city = small_city.replaced(rules=pd.concat([rules, charge], ignore_index=True))
    made.follow(Shown(Store(State(city))))
    made.resize(330, 900)
    made.show()
    return made


def choose(panel: TrafficPanel, id: str) -> None:
    assert panel._shown is not None
    panel._shown.change("Select", undoable=False, selection=Selection("rules", (id,)))


def test_a_zone_shows_class_status_and_hours_and_can_be_changed(panel: TrafficPanel) -> None:
    choose(panel, "u1")
    form = panel.rule
    assert form.isVisible()
    assert not panel.empty.isVisible()
    assert not panel._form.isVisible()
    assert panel.title.text() == "Miljözon Hornsgatan"
    assert (form.level.currentData(), form.status.currentData(), form.hours.text()) == ("2", "in_force", "22-06")
    assert not form.charge.isVisible()
    made: list[object] = []
    panel.edit_made.connect(made.append)
    form.apply.click()
    assert made == []  # nothing is another
    form.hours.setText("22-07")
    form.status.setCurrentIndex(1)
    form.apply.click()
    assert made == [ChangeRule(rules=("u1",), hours="22-07", status="proposed")]


def test_hours_that_cannot_be_read_are_told_at_once(panel: TrafficPanel) -> None:
    choose(panel, "u2")
    form = panel.rule
    assert form.hours.text() == ""
    form.hours.setText("night")
    assert form.wrong.isVisible()
    assert "22-06" in form.wrong.text()
    assert not form.apply.isEnabled()
    form.hours.setText("")
    assert not form.wrong.isVisible()
    assert form.apply.isEnabled()


def test_a_charge_has_an_amount_and_no_class(panel: TrafficPanel) -> None:
    choose(panel, "u3")
    form = panel.rule
    assert form.charge.isVisible()
    assert not form.level.isVisible()
    made: list[object] = []
    panel.edit_made.connect(made.append)
    form.charge.setValue(45.0)
    form.apply.click()
    assert made == [ChangeRule(rules=("u3",), charge=45.0)]
