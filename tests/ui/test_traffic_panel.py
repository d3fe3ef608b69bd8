"""The traffic panel: a street selected, changed, closed, looked at; and the fit to counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin.chain.chain import Chain
from twin.content import demo_project
from twin.models.traffic.names import ADT
from twin.project import load_city
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import ChangeRoad, CloseRoad
from twin.state import Selection, State, Store
from twin.ui.shown import Shown
from twin.ui.traffic_charts import day_chart, fit_chart, fit_text
from twin.ui.traffic_panel import TrafficPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.chain.answer import Answer
    from twin.city.city import City

LINK = "r002a"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(demo_project())


@pytest.fixture(scope="module")
def answer(city: City) -> Answer:
    chain = Chain(city)
    made = chain.run(PRESENT, ["traffic"])
    chain.close()
    return made


@pytest.fixture
def panel(city: City, answer: Answer, qtbot: QtBot) -> TrafficPanel:
    made = TrafficPanel("sv")
    qtbot.addWidget(made)
    made.follow(Shown(Store(State(city))))
    made.show_answers(answer, answer, ("Nuläge", "Nuläge"))
    made.resize(330, 900)
    made.show()
    return made


def choose(panel: TrafficPanel, id: str) -> None:
    assert panel._shown is not None
    panel._shown.change("Select", undoable=False, selection=Selection("roads", (id,)))


def test_without_a_street_it_says_what_to_do(panel: TrafficPanel) -> None:
    assert panel.empty.isVisible()
    assert not panel.bundle.isVisible()
    assert "R²" in panel.said.text()
    assert "Utanför" in panel.said.text()


def test_a_street_shows_its_traffic_and_can_be_changed(panel: TrafficPanel, answer: Answer, qtbot: QtBot) -> None:
    choose(panel, LINK)
    field = answer.results["traffic"].field(ADT)
    adt = float(field.values[list(field.ids).index(LINK)])
    shown = panel._numbers[0][0].text().replace("\u00a0", "")
    assert float(shown) == pytest.approx(adt, abs=0.51)
    assert panel.title.text() == "Hornsgatan"
    assert panel.speed.value() == 50
    made: list[object] = []
    panel.edit_made.connect(made.append)
    panel.apply.click()
    assert made == []  # nothing is another
    panel.speed.setValue(30)
    panel.apply.click()
    panel.part.setCurrentIndex(2)
    panel.lanes.setValue(1)
    panel.apply.click()
    panel.part.setCurrentIndex(0)
    panel.shut.click()
    one, two, three = made
    assert isinstance(one, ChangeRoad)
    assert (one.speed, one.lanes, set(one.roads)) == (30.0, None, {"r002a", "r002b"})
    assert isinstance(two, ChangeRoad)
    assert two.lanes == 1.0
    assert len(two.roads) == 48
    assert three == CloseRoad(roads=(LINK,))


def test_looks_ask_for_the_street_and_the_place(panel: TrafficPanel) -> None:
    streets: list[tuple[object, str]] = []
    places: list[tuple[float, float, str]] = []
    panel.street_traced.connect(lambda ids, name: streets.append((ids, name)))
    panel.place_traced.connect(lambda x, y, name: places.append((x, y, name)))
    choose(panel, LINK)
    panel.bundle.click()
    panel.times.click()
    assert streets == [((LINK,), "Hornsgatan")]
    assert places[0][2] == "Hornsgatan"
    assert 151_900 < places[0][0] < 154_400


def test_a_count_chosen_in_the_chart_is_selected(panel: TrafficPanel, city: City) -> None:
    chosen: list[tuple[str, object]] = []
    panel.selected.connect(lambda table, ids: chosen.append((table, ids)))
    assert panel._chart is not None
    panel._chart.point_chosen.emit((1, 0))
    table, ids = chosen[0]
    assert table == "roads"
    counted = city.roads.loc[city.roads["id"].isin(list(ids)), "aadt"]  # type: ignore[arg-type]
    assert np.isfinite(counted).all()


def test_charts_hold_what_the_model_says(city: City, answer: Answer) -> None:
    result = answer.results["traffic"]
    chart = fit_chart(result, city.roads, "en")
    assert chart is not None
    assert [len(part.x) for part in chart.parts] == [32, 10]  # type: ignore[union-attr]
    assert "R²" in fit_text(result, "en")
    day = day_chart(result, None, (LINK,), ("A", "B"), "Hornsgatan")
    assert day is not None
    flow = np.asarray(day.parts[0].y)
    hours = np.array([8.0, 3.0, 6.0, 3.0, 4.0])
    field = result.field(ADT)
    assert flow @ hours == pytest.approx(float(field.values[list(field.ids).index(LINK)]), rel=1e-4)
    assert flow.argmax() in (1, 3)
    assert day_chart(result, None, ("nowhere",), ("A", "B"), "x") is None
