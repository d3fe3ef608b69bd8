"""Drawing tools: snapping, lengths, typed numbers, keys, the card, the marks, and what is built."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt

from twin.scenario.buildings import AddBuilding
from twin.scenario.streets import AddPath
from twin.scene import mesh
from twin.state import Pose
from twin.ui import edits
from twin.ui.drafting import Drafting
from twin.ui.drawing import BuildingTool, PathTool
from twin.ui.shown import Shown
from twin.ui.sketch import Line, Marker
from twin.ui.viewport import Viewport

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.state import Store

X, Y = 153_000.0, 6_579_000.0


def flat(_x: float, _y: float) -> float:
    return 18.0


@pytest.fixture
def path(small_city: City) -> PathTool:
    return PathTool(small_city, flat)


def test_an_end_snaps_to_the_walk_network_within_fifteen_metres(path: PathTool) -> None:
    assert path.snapped((X + 3, Y + 35)) == path.snapped((X + 3, Y + 35), 0.2)
    near = path.snapped((X - 4, Y + 37))
    assert near.met
    assert near.at == pytest.approx((X, Y + 40))
    far = path.snapped((X - 40, Y))
    assert not far.met
    assert far.at == (X - 40, Y)
    assert path.snapped((X - 40, Y + 40), 5.0).met  # from afar forty metres are eight pixels


def test_the_length_is_live_and_can_be_typed(path: PathTool) -> None:
    path.add((X, Y + 40), 0.1)
    path.hover((X - 30, Y), 0.1)
    texts = [shape.text for shape in path.shapes("en") if isinstance(shape, Marker) and shape.text]
    assert texts == ["50.0\xa0m"]
    path.add((X - 30, Y), 0.1)
    assert path.ready
    path.set_length(100.0)
    assert path.length == pytest.approx(100.0)
    assert path.ends[1].at == pytest.approx((X - 60, Y - 40))
    assert path.ends[0].at == pytest.approx((X, Y + 40))
    built = path.edit()
    assert isinstance(built, AddPath)
    assert built.bridge
    assert math.dist(*built.line) == pytest.approx(100.0)


def test_an_end_that_meets_nothing_is_told(path: PathTool) -> None:
    path.put(0, (X, Y + 40))
    path.put(1, (X - 60, Y))
    assert "end meets no walk link" in path.hint("en")
    path.step_back()
    assert not path.ready
    assert path.hint("en") == "Click the end."


def test_a_third_click_moves_the_end(path: PathTool) -> None:
    for at in ((X, Y + 40), (X - 60, Y), (X - 90, Y)):
        path.add(at, 0.1)
    assert [end.at for end in path.ends] == [pytest.approx((X, Y + 40)), (X - 90, Y)]


def test_a_footprint_that_crosses_itself_cannot_be_built(small_city: City) -> None:
    tool = BuildingTool(small_city, flat)
    for at in ((X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)):
        tool.add(at, 0.1)
    assert not tool.ready
    assert "crosses itself" in tool.hint("en")
    tool.step_back()
    assert tool.ready
    tool.add((X + 0.4, Y + 0.2), 0.1)  # on the first corner: closes, adds nothing
    assert len(tool.corners) == 3
    tool.height, tool.floors, tool.use, tool.dwellings = 30.0, 9, "office", 0
    built = tool.edit()
    assert isinstance(built, AddBuilding)
    assert (built.height, built.floors, built.use, built.dwellings) == (30.0, 9.0, "office", None)


@pytest.fixture
def drafting(qtbot: QtBot, store: Store) -> Drafting:
    view = Viewport("en")
    qtbot.addWidget(view, before_close_func=Viewport.shut)
    view.resize(700, 500)
    view.show()
    qtbot.waitExposed(view)
    shown = Shown(store)
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        view.show_city(shown, mesh.build(store.state.city), {}, Pose((X + 30, Y + 20, 18.0), 300.0, 0.0, 60.0))
    drafting = Drafting(view)
    drafting.begin(shown, "en")
    qtbot.waitUntil(lambda: not view.navigator.moving)
    return drafting


def test_enter_draws_to_the_middle_and_builds(drafting: Drafting, qtbot: QtBot) -> None:
    view = drafting._view
    drafting.start(PathTool)
    assert drafting.card is not None
    assert drafting.card.isVisible()
    qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Return)
    view.navigator.fly(Pose((X + 30, Y + 90, 18.0), 300.0, 0.0, 60.0), 0.0)
    view.canvas.draw()
    qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Return)
    tool = drafting.tool
    assert isinstance(tool, PathTool)
    assert tool.length > 20
    with qtbot.waitSignal(drafting.drawn) as built:
        qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Return)
    assert isinstance(built.args[0], AddPath)
    assert drafting.tool is None
    assert not drafting.sketch.isVisible()


def test_clicks_and_the_card_agree(drafting: Drafting, qtbot: QtBot) -> None:
    view = drafting._view
    drafting.start(PathTool)
    card, tool = drafting.card, drafting.tool
    assert card is not None
    assert isinstance(tool, PathTool)
    assert card._path is not None
    qtbot.mouseClick(view.canvas.plotter, Qt.MouseButton.LeftButton, pos=view.rect().center())
    east, north = card._path._ends[0]
    assert (east.value(), north.value()) == pytest.approx(tool.ends[0].at, abs=0.06)
    east, north = card._path._ends[1]
    east.setValue(X + 10)
    assert len(tool.ends) == 1  # half a coordinate is no place
    north.setValue(Y - 40)
    assert tool.ends[1].at == (X + 10, Y - 40)
    card._path.length.setValue(200.0)
    assert tool.length == pytest.approx(200.0)
    assert card.build_button.isEnabled()
    qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Backspace)
    assert len(tool.ends) == 1
    assert not card.build_button.isEnabled()


def test_escape_puts_the_tool_down_and_clicks_select_again(drafting: Drafting, qtbot: QtBot) -> None:
    view = drafting._view
    drafting.start(BuildingTool)
    qtbot.mouseClick(view.canvas.plotter, Qt.MouseButton.LeftButton, pos=view.rect().center())
    assert view.canvas.store is not None
    assert view.canvas.store.state.selection is None
    qtbot.keyClick(view.canvas.plotter, Qt.Key.Key_Escape)
    assert drafting.tool is None
    assert drafting.card is None
    with qtbot.waitSignal(view.picked):
        qtbot.mouseClick(view.canvas.plotter, Qt.MouseButton.LeftButton, pos=view.rect().center())


def test_edits_are_marked_and_a_tried_height_stands_in_the_view(drafting: Drafting, store: Store) -> None:
    edits.add(store, AddPath(line=((X, Y + 40), (X + 60, Y + 90))), "en")
    marks = drafting.sketch.shapes
    assert len(marks) == 1
    assert isinstance(marks[0], Line)
    assert drafting.sketch.isVisible()
    drafting.show_height(("b1", 70.0))
    solid = [one for one in drafting.sketch.shapes if isinstance(one, Line) and one.filled]
    assert max(float(np.max(one.points[:, 2])) for one in solid) == pytest.approx(18.2 + 70.0)
    drafting.show_height(None)
    assert len(drafting.sketch.shapes) == 1
    store.change("Choose scenario", undoable=False, scenario="")
    assert not drafting.sketch.isVisible()


def test_what_is_behind_the_eye_is_not_drawn(drafting: Drafting) -> None:
    eye_side = Line(np.array([[X, Y - 4000.0, 18.0], [X + 10, Y - 3000.0, 18.0]]))
    drafting.sketch.show_drawing([eye_side, Marker((X, Y - 4000.0, 18.0), "far")], aim=True)
    assert not drafting.sketch.grab().isNull()
