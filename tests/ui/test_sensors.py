"""Sensors in a window: panel, map and time bar show one time; feeds are followed; thresholds and comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import paho.mqtt.client as paho
import pytest
import servers
from paho.mqtt.enums import CallbackAPIVersion
from PySide6.QtCore import Qt
from recording import Recording
from windows import open_in, shown_window

from twin.project import create
from twin.scene.picking import Hit
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.limits import Limit
from twin.sensors.settings import FeedSettings, load_feeds
from twin.sensors.stream import Stream, batch
from twin.state import Selection
from twin.ui.sensors.feed_dialog import FeedDialog
from twin.ui.sensors.panel import SensorPanel

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow

T0 = np.datetime64("2026-05-04T10:00", "ms")
MINUTE = np.timedelta64(60_000, "ms")


@pytest.fixture
def project(tmp_path: Path, small_city: City) -> Path:
    path = tmp_path / "Mariatorget.twin"
    create(path, small_city).close()
    with EmbeddedHistory(path / "history") as store:
        store.add_streams([
            Stream("mast:noise_laeq", "noise_laeq", "dB", place="mast", name="Hornsgatan 108", period_s=300),
            Stream("air:no2", "no2", "ug/m3", lon=18.0535, lat=59.3185, name="Roof", period_s=300),
        ])  # fmt: skip
        time = T0 + np.arange(60) * 5 * MINUTE
        flags = np.zeros(60, np.uint8)
        flags[7] = 1
        store.append(batch(np.zeros(60), time, 60 + np.arange(60) % 10, flags))
        store.append(batch(np.ones(20), time[:20], np.arange(20)))
        store.settle()
    return path


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> MainWindow:
    return shown_window(qtbot, qapp, (1200, 800))


def open_it(window: MainWindow, path: Path, qtbot: QtBot) -> SensorPanel:
    open_in(window, qtbot, path)
    qtbot.waitUntil(lambda: bool(window.sensing.read.streams) or not (path / "history").is_dir(), timeout=30_000)
    window.panels.bring("sensors")
    panel = window.panels.docks["sensors"].widget()
    assert isinstance(panel, SensorPanel)
    return panel


def cell(panel: SensorPanel, row: int, column: int) -> str:
    model = panel.values.model
    return str(model.data(model.index(row, column))).replace("\u00a0", " ")


def test_panel_map_and_time_bar_show_one_time(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    panel = open_it(window, project, qtbot)
    assert [cell(panel, 0, c) for c in range(5)] == ["Hornsgatan 108", "Sound level LAeq", "69 dB", "0 s", "live"]
    assert cell(panel, 1, 4) == "stale"
    layers = window.workbench.results.data.layers  # type: ignore[union-attr]
    assert {"sensors:noise_laeq", "sensors:no2"} <= set(layers)
    window.sensing.show_quantity("noise_laeq")
    assert window.session.store is not None
    assert window.session.store.state.layers[0].id == "sensors:noise_laeq"
    assert window.timing.clock.span is not None
    window.timing.clock.go(float(T0.astype("int64")) / 1000 + 7 * 300)
    assert cell(panel, 0, 2) == "67 dB"
    assert cell(panel, 0, 4) == "spike"
    assert cell(panel, 1, 4) == "live"
    with qtbot.waitSignal(window.viewport.drawn, timeout=30_000):
        window.viewport.request()
    window.sensing.set_limits([Limit("above", 66.0, "noise_laeq")])
    assert [one.sid for one in window.sensing.alarms] == [0]
    panel.pages.setCurrentWidget(panel.limits)
    assert panel.limits.table.rowCount() == 1
    assert "1 thresholds crossed" in window.sensing.note.text()


def test_a_mast_that_is_clicked_is_charted_with_its_flags_and_gaps(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    panel = open_it(window, project, qtbot)
    assert window.session.store is not None
    window.session.store.change("Select", undoable=False, selection=Selection("places", ("mast",)))
    assert panel.values.chosen == [0]
    qtbot.waitUntil(lambda: panel.values._chart is not None and panel.values._chart.chart is not None, timeout=30_000)
    chart = panel.values._chart.chart  # type: ignore[union-attr]
    assert chart is not None
    (line,) = chart.parts
    assert len(line.y) == 60
    assert line.flags[7] == 1  # type: ignore[union-attr]
    assert line.gap == 750  # type: ignore[union-attr]
    panel.values.choose([0, 1])
    qtbot.waitUntil(lambda: "another unit" in panel.values._chart.chart.source, timeout=30_000)  # type: ignore[union-attr]


def test_the_pointer_says_values_and_a_click_chooses(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    panel = open_it(window, project, qtbot)
    pointing, where = window.sensing.pointing, window.sensing.read.where
    assert where is not None
    x, y = (float(v) for v in where.xy[0])
    assert pointing.at(x, y) == [], "no layer of sensors is shown"
    window.sensing.show_quantity("noise_laeq")
    assert pointing.at(x + 0.5, y) == [0]
    assert pointing.at(x + 5000, y) == []
    said = pointing.text([0]).replace("\u00a0", " ").splitlines()
    assert said == ["Hornsgatan 108", "Sound level LAeq: 69 dB, 0 s (live)"]
    window.viewport.picked.emit(Hit("terrain", "", (x, y, 18.0)))
    assert panel.values.chosen == [0]


def test_an_old_series_is_found_on_map_and_time_bar(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    """Years without anything between two series: each is shown at its own time."""
    with EmbeddedHistory(project / "history") as store:
        store.add_streams([Stream("old:pm10", "pm10", "ug/m3", lon=18.0535, lat=59.3185, period_s=300)])
        old = np.datetime64("2024-05-04T10:00", "ms") + np.arange(10) * 5 * MINUTE
        store.append(batch(np.full(10, 2), old, np.arange(10)))
        store.settle()
    panel = open_it(window, project, qtbot)
    assert "sensors:pm10" not in window.sensing.read.layers
    assert cell(panel, 2, 2) == "9 µg/m³"
    assert cell(panel, 2, 4) == "stale"
    panel.values.choose([2])
    panel.values._on_map()
    qtbot.waitUntil(lambda: "sensors:pm10" in window.sensing.read.layers, timeout=30_000)
    assert window.timing.clock.when.at == float(old[-1].astype("int64")) / 1000
    assert cell(panel, 2, 4) == "live"
    window.timing.clock.go(float(T0.astype("int64")) / 1000)
    qtbot.waitUntil(lambda: cell(panel, 0, 4) == "live", timeout=30_000)


def test_coverage_says_what_is_measured_near(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    panel = open_it(window, project, qtbot)
    panel.pages.setCurrentWidget(panel.reuse)
    panel.reuse.radius.setValue(20_000)
    qtbot.mouseClick(panel.reuse.look, Qt.MouseButton.LeftButton)
    assert panel.reuse.table.rowCount() == 2
    panel.reuse.quantity.setCurrentIndex(panel.reuse.quantity.findData("no2"))
    panel.reuse.search()
    assert "100 %" in panel.reuse.said.text().replace("\u00a0", " ")
    qtbot.mouseClick(panel.reuse.twice, Qt.MouseButton.LeftButton)
    assert panel.reuse.table.rowCount() == 0
    qtbot.mouseClick(panel.reuse.drift, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.reuse.said.text().startswith("0 sensors drift"), timeout=30_000)


def test_a_feed_is_added_tested_followed_and_shown(
    window: MainWindow, project: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    try:
        broker = servers.Mosquitto(tmp_path)
    except servers.NotHere as reason:
        pytest.skip(str(reason))
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("localhost", broker.port)
    client.loop_start()

    def send(value: float, sensor: str = "s1") -> None:
        now = np.datetime_as_string(np.datetime64("now", "ms")) + "Z"
        message = {"sensor": sensor, "quantity": "no2", "value": value, "time": now, "lon": 18.053, "lat": 59.318}
        client.publish("city/no2", json.dumps(message), qos=1, retain=True).wait_for_publish(5)

    send(41.0)
    panel = open_it(window, project, qtbot)
    panel.pages.setCurrentWidget(panel.feeds)
    dialog = FeedDialog(panel, "en", None, [])
    dialog.name.setText("Air")
    dialog._test()
    assert "topic" in dialog.problem.text().lower()
    dialog.url.setText(broker.url)
    dialog.topic.setText("city/#")
    dialog.unknown.setCurrentIndex(dialog.unknown.findData("take"))
    dialog._test()
    qtbot.waitUntil(lambda: "Understood: s1, no2 = 41" in dialog.problem.text(), timeout=30_000)
    assert '"sensor": "s1"' in dialog.sample.toPlainText()
    dialog._keep()
    assert dialog.settings is not None
    panel.pages.setCurrentWidget(panel.values)
    window.timing.clock.set_live(True)
    window.sensing.set_feeds([dialog.settings])
    assert load_feeds(project / "history") == [dialog.settings]
    qtbot.waitUntil(lambda: len(window.sensing.read.streams) == 3, timeout=60_000)
    send(55.0)
    qtbot.waitUntil(lambda: cell(panel, 2, 2) == "55 µg/m³", timeout=30_000)
    assert cell(panel, 2, 4) == "live"
    assert "Feeds: 1 of 1 connected" in window.sensing.note.text()
    broker.stop()
    qtbot.waitUntil(lambda: "Feeds: 0 of 1 connected" in window.sensing.note.text(), timeout=30_000)
    client.disconnect()
    client.loop_stop()
    window.session.close()
    with EmbeddedHistory(project / "history") as store:
        assert store.latest().value[store.by_id()["s1:no2"].sid] == 55


def test_bad_settings_are_said_in_the_dialog(qtbot: QtBot, window: MainWindow) -> None:
    dialog = FeedDialog(window, "sv", FeedSettings(id="Air", url="mqtt://me:secret@h", topics=("a",)), ["Air 2"])
    dialog._test()
    assert "nyckelringen" in dialog.problem.text()
    dialog.name.setText("Air 2")
    dialog._keep()
    assert "Air 2" in dialog.problem.text()
    assert dialog.settings is None
    for kind, there in (("mqtt", True), ("folder", False)):
        dialog.kind.setCurrentIndex(dialog.kind.findData(kind))
        assert dialog.topic.isVisibleTo(dialog) is there
    dialog.reject()


def test_what_another_process_drops_into_the_inbox_appears(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    from twin.sensors import inbox

    panel = open_it(window, project, qtbot)
    window.timing.clock.set_live(True)
    now = np.datetime64("now", "ms")
    inbox.drop(project / "history", [Stream("x:pm10", "pm10", "ug/m3", name="Beside")], batch([0], [now], [33]))
    qtbot.waitUntil(lambda: panel.values.model.rowCount() == 3 and cell(panel, 2, 2) == "33 µg/m³", timeout=60_000)


def test_a_window_beside_a_recorder_shows_what_it_stores(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    """Another process holds the history; the window reads, and follows."""
    other = Recording(project / "history")
    panel = open_it(window, project, qtbot)
    assert not window.sensing.writable
    window.timing.clock.set_live(True)
    assert other.store(0, np.datetime64("now", "ms"), 71.0) == "1"
    qtbot.waitUntil(lambda: cell(panel, 0, 2) == "71 dB", timeout=60_000)
    other.end()


def test_the_demo_plays_its_week_as_now(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    from twin.content import demo_project

    panel = open_it(window, demo_project(), qtbot)
    assert len(window.sensing.read.streams) == 101
    window.timing.clock.set_live(True)
    assert "synthetic week" in window.sensing.note.text()
    how = [cell(panel, row, 4) for row in range(101)]
    assert how.count("live") > 60
    assert not (demo_project() / "history" / "today.duckdb").exists()


def test_the_demo_saved_under_another_name_can_record(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    from twin.content import demo_project

    panel = open_it(window, demo_project(), qtbot)
    assert not window.sensing.writable
    copy = tmp_path / "Mine.twin"
    with qtbot.waitSignal(window.session.said, timeout=60_000):
        window.session.save_as(copy)
    qtbot.waitUntil(lambda: window.sensing.desk.folder == copy / "history" and window.sensing.writable, timeout=30_000)
    qtbot.waitUntil(lambda: panel.values.model.rowCount() == 101, timeout=30_000)
    window.sensing.set_feeds([FeedSettings(id="Air", url="mqtt://127.0.0.1:1", topics=("a",), on=False)])
    assert (copy / "history" / "feeds.json").is_file()
