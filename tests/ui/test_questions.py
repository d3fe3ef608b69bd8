"""«What if…?» in the whole window: from the list to the sentence, by mouse, by name and by keys; and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QComboBox
from shapely.geometry import LineString
from windows import opened_window

from twin.layer import Field, layer_of
from twin.places import Grid
from twin.project import create
from twin.questions import registry
from twin.questions.question import Made, Number, Question, Reply
from twin.scenario.streets import CloseRoad
from twin.state import LayerEntry, Selection
from twin.ui.drawing import OutlineTool, SpotTool
from twin.ui.questions.panel import QuestionPanel

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow

X, Y = 153_000.0, 6_579_000.0


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    paths = [
        {"id": f"g{i}", "source_id": "s", "from_node": f"{i}a", "to_node": f"{i}b", "length": 40.0,
         "geometry": LineString([(x, Y + 32), (x + 40, Y + 32)])}
        for i, x in enumerate((X - 10, X + 70))
    ]  # fmt: skip
    city = small_city.replaced(paths=gpd.GeoDataFrame(paths, geometry="geometry", crs=small_city.crs))
    path = tmp_path / "Mariatorget.twin"
    create(path, city).close()
    window = opened_window(qtbot, qapp, path)
    qtbot.waitUntil(lambda: not window.viewport.navigator.moving, timeout=30_000)
    return window


def panel(window: MainWindow) -> QuestionPanel:
    found = window.panels.docks["questions"].widget()
    assert isinstance(found, QuestionPanel)
    return found


def card(window: MainWindow, id: str) -> None:
    next(one for one in panel(window).cards if one.question.id == id).click()


def answered(window: MainWindow, qtbot: QtBot) -> str:
    asking = window.workbench.asking
    qtbot.waitUntil(lambda: asking.phase != "working", timeout=120_000)
    assert asking.problem is None
    assert asking.reply is not None
    return asking.reply.sentence


def test_a_bridge_is_drawn_answered_undone_and_asked_again(window: MainWindow, qtbot: QtBot) -> None:
    asking, store = window.workbench.asking, window.session.store
    assert store is not None
    window.commands["what_if"].trigger()
    card(window, "footbridge")
    panel(window)._rows[0].editor.click()  # type: ignore[attr-defined]
    tool = window.workbench.drafting.tool
    assert tool is not None
    tool.add((X + 30, Y + 32), 0.1)
    tool.add((X + 70, Y + 32), 0.1)
    window.workbench.drafting.build()
    said = answered(window, qtbot)
    assert "than in Present state" in said
    assert panel(window).reply.sentence.text() == said
    assert [one.name for one in store.state.scenarios] == ["Footbridge"]
    assert store.undo_label == "What if we build a footbridge?"
    # nothing else is looked at, so the map shows the first figure; the sentence stands at the top of the panel
    assert store.state.layers[0].id.startswith("difference:reach:")
    seen = panel(window)._area.viewport()
    qtbot.waitUntil(lambda: seen.rect().contains(panel(window).reply.sentence.mapTo(seen, QPoint())), timeout=30_000)
    panel(window).reply._show.click()
    assert store.undo_label == "What if we build a footbridge?"
    store.undo()
    assert store.state.scenarios == ()
    assert asking.stale
    assert panel(window).answer_button.isVisible()
    panel(window).answer_button.click()
    assert answered(window, qtbot) == said
    assert not asking.stale
    # Asked with another line, the edit of before is exchanged, not kept beside it.
    panel(window)._rows[0].editor.click()  # type: ignore[attr-defined]
    tool = window.workbench.drafting.tool
    assert tool is not None
    tool.add((X + 20, Y + 32), 0.1)
    tool.add((X + 90, Y + 32), 0.1)
    window.workbench.drafting.build()
    answered(window, qtbot)
    assert len(store.state.scenarios[0].edits) == 1


def test_a_street_is_chosen_by_a_click_and_by_name(window: MainWindow, qtbot: QtBot) -> None:
    store, asking = window.session.store, window.workbench.asking
    assert store is not None
    card(window, "close_street")
    rows = {one.step.id: one for one in panel(window)._rows}
    assert not panel(window).answer_button.isEnabled()
    store.change("Select", undoable=False, selection=Selection("buildings", ("b1",)))
    assert asking.values["street"] is None
    store.change("Select", undoable=False, selection=Selection("roads", ("r2",)))
    assert asking.values["street"] == ("r2",)
    assert panel(window).answer_button.isEnabled()
    names = rows["street"].editor
    assert isinstance(names, QComboBox)
    line = names.lineEdit()
    assert line is not None
    line.selectAll()
    qtbot.keyClicks(line, "hornsg")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert asking.values["street"] == ("r1",)
    assert store.state.selection == Selection("roads", ("r1",))
    panel(window).answer_button.click()
    assert "100\u00a0m" in answered(window, qtbot)
    edit = store.state.scenarios[0].active[0]
    assert isinstance(edit, CloseRoad)
    assert edit.roads == ("r1",)


def test_values_that_do_not_go_together_are_said_and_change_nothing(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twin.errors import BadInput

    def make(values: object, city: object, lang: str) -> Made:
        raise BadInput("A scenario holds at most {n} edits.", n=3)

    question = Question(
        "test", "traffic", "Test", "A test", (Number("n", "How many", "m", 0.0, 5.0, 1.0),), ("reach",), make,
        lambda asked: Reply(""),
    )  # fmt: skip
    monkeypatch.setattr(registry, "questions", lambda: (question,))
    store, asking = window.session.store, window.workbench.asking
    assert store is not None
    before = store.state.scenarios
    asking.begin(question)
    panel(window).answer_button.click()
    assert asking.phase == "steps"
    assert "at most 3 edits" in panel(window)._problem.text()
    assert store.state.scenarios is before


def test_a_language_changed_meanwhile_says_the_answer_anew(window: MainWindow, qtbot: QtBot) -> None:
    store = window.session.store
    assert store is not None
    card(window, "close_street")
    store.change("Select", undoable=False, selection=Selection("roads", ("r1",)))
    panel(window).answer_button.click()
    answered(window, qtbot)
    window.set_language("sv")
    qtbot.waitUntil(lambda: "gata stängs" in panel(window).reply.sentence.text(), timeout=30_000)
    assert panel(window)._title.text() == "Vad händer om vi stänger en gata?"


def test_what_a_city_lacks_is_said_on_the_card(qtbot: QtBot, small_city: City) -> None:
    question = registry.find("footbridge")
    assert question is not None
    empty = small_city.replaced(paths=small_city.paths.iloc[:0])
    assert "no walk network" in question.lacks(empty)


def test_outlines_are_drawn_by_points() -> None:
    def flat(x: float, y: float) -> float:
        return 0.0

    tool = OutlineTool(None, flat, "area")  # type: ignore[arg-type]
    for at in ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0)):
        tool.add(at, 0.1)
    assert tool.ready
    assert tool.size == 50.0
    tool.add((0.2, 0.1), 0.1)
    assert len(tool.corners) == 3, "a click on the first corner closes, it adds none"
    tool.step_back()
    assert not tool.ready
    line = OutlineTool(None, flat, "line")  # type: ignore[arg-type]
    line.add((0.0, 0.0), 0.1)
    line.add((3.0, 4.0), 0.1)
    assert line.edit() == ((0.0, 0.0), (3.0, 4.0))
    assert line.size == 5.0
    point = OutlineTool(None, flat, "point")  # type: ignore[arg-type]
    point.add((1.0, 1.0), 0.1)
    point.add((2.0, 2.0), 0.1)
    assert point.edit() == ((2.0, 2.0),)


def test_what_is_heard_is_drawn_until_the_next_click_or_escape(window: MainWindow, qtbot: QtBot) -> None:
    asking, store, canvas = window.workbench.asking, window.session.store, window.viewport.canvas
    assert store is not None
    window.commands["what_if"].trigger()
    card(window, "listen")
    panel(window)._rows[0].editor.click()  # type: ignore[attr-defined]
    assert isinstance(window.workbench.drafting.tool, SpotTool)
    width, height = canvas.size
    window.workbench.drafting.click(width / 2, height / 2, centre=True)  # one click is all
    assert window.workbench.drafting.tool is None
    assert "Hornsgatan" in answered(window, qtbot)
    qtbot.waitUntil(lambda: store.state.layers[0].id == "reply:rays", timeout=30_000)
    qtbot.waitUntil(lambda: window.workbench.results.up_to_date and not window.workbench.results.busy, timeout=60_000)
    assert asking.reply is not None

    def picture() -> np.ndarray:
        canvas.draw()
        found = canvas.picture()
        assert found is not None
        found = found.convertToFormat(QImage.Format.Format_RGBA8888)
        return np.frombuffer(found.constBits(), np.uint8).reshape(found.height(), found.width(), 4).astype(int).copy()

    def changed(one: np.ndarray, other: np.ndarray) -> int:
        return int((np.abs(one - other).max(axis=2) > 40).sum())

    def drawn() -> bool:
        return any(entry.id.startswith("reply:") for entry in store.state.layers)

    with_rays = picture()
    window.viewport.hand._click(canvas, 3.0, 3.0)
    assert not drawn()
    assert changed(with_rays, picture()) > 300
    panel(window).reply._show.click()
    assert drawn()
    assert changed(with_rays, picture()) < 100
    window.viewport.command.emit("deselect")
    assert not drawn()
    panel(window).reply._show.click()
    store.change("Hide layer", layers=store.state.layers)
    window.viewport.hand._click(canvas, 3.0, 3.0)
    store.undo()
    assert not drawn()
    panel(window).reply._show.click()
    asking.leave()
    assert not drawn()


def test_a_map_of_an_answer_stands_alone_while_it_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    store, replied = window.session.store, window.workbench.results.replied
    assert store is not None
    grid = Grid(2, 2, (10.0, 0.0, X, 0.0, -10.0, Y))
    field = Field("D", "dB", "grid", np.empty(0, dtype=object), np.zeros(4, dtype=np.float32), places=grid)
    layer = layer_of("reply:d", "D", field, breaks=(-1.0, 1.0))
    assert layer is not None
    before = (LayerEntry("result:noise:A"), LayerEntry("data:mine"), LayerEntry("result:noise:B", visible=False))
    store.change("Add", layers=(*before, *store.state.layers), models={"noise": False})
    replied.follow(Reply("Sentence.", layers=(layer,)))
    shown = {entry.id: entry.visible for entry in store.state.layers}
    assert [shown[id] for id in ("reply:d", "result:noise:A", "data:mine", "result:noise:B")] == [
        True,
        False,
        True,
        False,
    ]
    replied.clear()
    assert store.state.layers[:3] == before
