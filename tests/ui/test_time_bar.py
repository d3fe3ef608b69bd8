"""The clock and its bar: playing, stepping, live, typing; and a view that follows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionComboBox
from windows import opened_window

from twin import localtime
from twin.layer import Field, layer_of
from twin.localtime import DAY, HOUR
from twin.project import create
from twin.state import LayerEntry, Store
from twin.ui.clock import Clock
from twin.ui.time_bar import TimeBar
from twin.ui.timing import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.layer import Layer

NIGHT = np.datetime64("2026-10-24T22:00", "ms")
"""Midnight of the night that has an hour twice."""


def timed(ids: tuple[str, ...] = ("b1", "b2", "b3")) -> Layer:
    values = np.repeat(np.arange(26, dtype=np.float32)[:, None], len(ids), axis=1)
    times = NIGHT + np.arange(26) * np.timedelta64(1, "h")
    layer = layer_of(
        "level", "Sound level", Field("Sound level", "dB", "buildings", np.array(ids, object), values, times)
    )
    assert layer is not None
    return layer


@pytest.fixture
def clock(store: Store) -> Clock:
    store.change("Add", layers=(LayerEntry("level"), *store.state.layers))
    clock = Clock(now=lambda: 2_000_000_000.0)
    clock.attach(store)
    clock.set_layers({"level": timed()})
    return clock


@pytest.fixture
def bar(qtbot: QtBot, clock: Clock) -> TimeBar:
    actions = {name: QAction(name) for name in COMMANDS}
    bar = TimeBar(clock, actions, "en")
    qtbot.addWidget(bar)
    bar.resize(1200, 90)
    bar.show()
    qtbot.waitExposed(bar)
    return bar


def test_the_last_is_shown_until_a_time_is_chosen(clock: Clock) -> None:
    assert clock.shown is None
    assert clock.span is not None
    assert clock.time == clock.span[1]


def test_hidden_layers_have_no_say(clock: Clock, store: Store) -> None:
    store.change("Hide", layers=(LayerEntry("level", visible=False), *store.state.layers[1:]))
    assert clock.span is None
    assert clock.stretch is None
    clock.play()
    assert not clock.playing


def test_it_plays_outside_the_store_and_rests_in_it(clock: Clock, store: Store, qtbot: QtBot) -> None:
    seen: list[float] = []
    clock.ticked.connect(seen.append)
    changes: list[object] = []
    stop = store.listen(lambda old, new: changes.append(new))
    clock.set_pace(speed=6 * HOUR)
    before = len(changes)
    clock.play()
    qtbot.waitUntil(lambda: len(seen) > 4, timeout=30_000)
    assert len(changes) == before
    assert all(a < b for a, b in itertools.pairwise(seen))
    clock.rest()
    assert store.state.time.at == clock.time == pytest.approx(seen[-1], abs=2 * HOUR)
    assert not store.undo_label.startswith("Choose time")
    stop()


def test_it_stops_at_the_end_unless_it_repeats(clock: Clock, qtbot: QtBot) -> None:
    clock.set_pace(speed=DAY * 10, loop=False)
    clock.play()
    qtbot.waitUntil(lambda: not clock.playing, timeout=30_000)
    assert clock.span is not None
    assert clock.time == clock.span[1]
    clock.set_pace(loop=True)
    clock.play()
    qtbot.wait(400)
    assert clock.playing
    clock.rest()


def test_live_shows_now_and_ends_where_it_is(clock: Clock, store: Store) -> None:
    clock.set_live(True)
    assert clock.time == clock.shown == 2_000_000_000.0
    assert store.state.time.live
    clock.set_live(False)
    assert store.state.time.at == 2_000_000_000.0


def test_keys_step_go_a_day_to_the_ends_and_play(bar: TimeBar, clock: Clock, qtbot: QtBot) -> None:
    ruler = bar.ruler
    qtbot.keyClick(ruler, Qt.Key.Key_Home)
    assert clock.span is not None
    assert clock.time == clock.span[0]
    for _ in range(3):
        qtbot.keyClick(ruler, Qt.Key.Key_Right)
    assert bar.field.text() == "Sun 2026-10-25 02:00 CET"
    qtbot.keyClick(ruler, Qt.Key.Key_Left)
    assert bar.field.text() == "Sun 2026-10-25 02:00 CEST"
    qtbot.keyClick(ruler, Qt.Key.Key_PageDown)
    assert clock.time == clock.span[1], "a day on lies behind the end"
    qtbot.keyClick(ruler, Qt.Key.Key_End)
    assert clock.time == clock.span[1]
    qtbot.keyClick(ruler, Qt.Key.Key_Space)
    assert clock.playing
    qtbot.keyClick(ruler, Qt.Key.Key_Space)
    assert not clock.playing
    assert ruler.accessibleDescription() == bar.field.text()


def test_a_time_is_typed_and_what_is_no_time_is_said(bar: TimeBar, clock: Clock, qtbot: QtBot) -> None:
    bar.field.selectAll()
    qtbot.keyClicks(bar.field, "2026-10-25 02:30 CET")
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert clock.time == localtime.parse("2026-10-25 02:30 CET")
    for text in ("yesterday", "2026-03-29 02:30"):
        bar.field.selectAll()
        qtbot.keyClicks(bar.field, text)
        qtbot.keyClick(bar.field, Qt.Key.Key_Return)
        assert bar._problem.isVisible()
    assert "put forward" in bar._problem.text()
    assert clock.time == localtime.parse("2026-10-25 02:30 CET")


def test_a_click_on_the_ruler_goes_there(bar: TimeBar, clock: Clock, qtbot: QtBot) -> None:
    assert clock.span is not None
    middle = (clock.span[0] + clock.span[1]) / 2
    at = QPoint(round(bar.ruler.x_of(middle)), 11)
    qtbot.mouseClick(bar.ruler, Qt.MouseButton.LeftButton, pos=at)
    assert clock.time == pytest.approx(middle, abs=0.02 * DAY)


def test_a_day_is_chosen_with_its_25_hours(bar: TimeBar, clock: Clock) -> None:
    clock.go(localtime.parse("2026-10-25 12:00"))
    bar.range.setCurrentIndex(bar.range.findData("day"))
    bar.range.activated.emit(bar.range.currentIndex())
    assert clock.stretch is not None
    assert clock.stretch[1] - clock.stretch[0] == 25 * HOUR


def test_a_stretch_is_typed(bar: TimeBar, clock: Clock, qtbot: QtBot) -> None:
    bar.range.setCurrentIndex(bar.range.findData("own"))
    bar.range.activated.emit(bar.range.currentIndex())
    qtbot.keyClicks(bar.low, "2026-10-25 04:00")
    qtbot.keyClick(bar.low, Qt.Key.Key_Return)
    assert clock.stretch == (localtime.parse("2026-10-25 04:00"), clock.span[1] if clock.span else 0.0)
    qtbot.keyClicks(bar.high, "later")
    qtbot.keyClick(bar.high, Qt.Key.Key_Return)
    assert bar._problem.isVisible()


def test_the_view_follows_and_the_bar_comes_with_the_first_layer_of_times(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City
) -> None:
    path = tmp_path / "Small.twin"
    create(path, small_city).close()
    window = opened_window(qtbot, qapp, path)
    session, store = window.session, window.session.store
    assert session.data is not None
    assert store is not None
    assert window.timing.tools.isHidden()
    assert not window.commands["play"].isEnabled()
    results = window.workbench.results
    results._drawn = session.data = replace(session.data, layers={**session.data.layers, "level": timed()})
    results._join()
    store.change("Add data layer", layers=(LayerEntry("level"), *store.state.layers))
    assert window.timing.tools.isVisible()
    assert window.commands["play"].isEnabled()

    def picture() -> bytes:
        window.viewport.canvas.draw()
        image = window.viewport.canvas.picture()
        assert image is not None
        # four bytes a pixel: of three, lines end in bytes that mean nothing
        return bytes(image.convertToFormat(QImage.Format.Format_RGBA8888).constBits())

    window.timing.clock.to_end(False)
    first = picture()
    window.timing.clock.to_end(True)
    last = picture()
    assert first != last
    window.timing.clock.step(-100)
    assert picture() == first
    window.viewport.focus_view()
    qtbot.keyClick(window.viewport.canvas.plotter, Qt.Key.Key_Space)
    assert window.timing.clock.playing
    window.commands["play"].trigger()
    assert not window.timing.clock.playing
    window.set_language("sv")
    assert window.timing.bar is not None
    assert window.timing.bar.field.text().startswith(("lör", "sön", "mån"))


@pytest.mark.parametrize("width", [820, 1270, 2400])
def test_no_choice_is_cut_where_the_ends_of_an_own_stretch_are_shown(bar: TimeBar, qtbot: QtBot, width: int) -> None:
    bar.range.setCurrentIndex(bar.range.findData("own"))
    bar.range.activated.emit(bar.range.currentIndex())
    bar.resize(width, 120)
    qtbot.waitUntil(lambda: bar.width() == width and bar.low.isVisible())
    QApplication.processEvents()
    beside = bar.low.y() < bar.speed.geometry().bottom()
    assert beside or width < 2400
    assert not beside or width > 820
    assert not bar.low.geometry().intersects(bar.high.geometry())
    if width >= 1270:
        style = QStyle.SubControl.SC_ComboBoxEditField
        for box in (bar.range, bar.step, bar.speed):
            option = QStyleOptionComboBox()
            box.initStyleOption(option)
            room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, style, box).width()
            assert box.fontMetrics().horizontalAdvance(box.currentText()) <= room


def test_without_times_it_is_said_whole(bar: TimeBar, store: Store, qtbot: QtBot) -> None:
    store.change("Hide", layers=(LayerEntry("level", visible=False), *store.state.layers[1:]))
    bar.resize(760, 90)
    QApplication.processEvents()
    assert not bar.ruler.isVisible()
    assert bar.fontMetrics().horizontalAdvance("No layer that is shown has times.") < bar._hint.width()
