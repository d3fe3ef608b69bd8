"""The foot of the window: coordinates in any usual system, scale, selection, class, background work."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyproj
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from twin.datafile.spec import About, Choice, DataLayer
from twin.errors import BadInput, Cancelled, TwinError
from twin.state import Pose, Selection
from twin.ui.jobs_panel import JobsPanel
from twin.ui.status import StatusStrip, highest_class, place_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytestqt.qtbot import QtBot

    from twin.state import Store

PLACE = (153_021.31, 6_579_013.22, 18.23)


@dataclass
class FakeTask:
    """Looks like a Task of twin.jobs."""

    title: str
    fraction: float = 0.0
    text: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    running: bool = True
    error: TwinError | None = None
    stopped: bool = False

    def cancel(self) -> None:
        self.stopped = True


@pytest.fixture
def strip(qtbot: QtBot, store: Store, request: pytest.FixtureRequest) -> StatusStrip:
    result = StatusStrip(store, getattr(request, "param", "en"))
    qtbot.addWidget(result)
    result.resize(1200, 32)
    result.show()
    qtbot.waitExposed(result)
    return result


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def test_coordinates_as_the_language_writes_them() -> None:
    assert plain(place_text(*PLACE, "EPSG:3011", "en")) == "E 153,021  N 6,579,013  H 18.2 m"
    assert re.fullmatch(r". 153 021  N 6 579 013  H 18,2 m", plain(place_text(*PLACE, "EPSG:3011", "sv")))
    assert plain(place_text(153_021.0, 6_579_013.0, float("nan"), "EPSG:3011", "en")) == "E 153,021  N 6,579,013"
    assert plain(place_text(18.06, 59.32, 3.0, "EPSG:4326", "en")) == "59.32000° N  18.06000° E  H 3.0 m"


def test_a_click_copies_coordinates_as_plain_numbers(qtbot: QtBot, strip: StatusStrip) -> None:
    assert not strip.place.isEnabled()
    strip.set_cursor(PLACE)
    qtbot.mouseClick(strip.place, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "153021.31, 6579013.22, 18.23"
    assert strip.place.text() == "Copied"


def test_coordinates_can_be_read_in_degrees(strip: StatusStrip) -> None:
    strip.set_cursor(PLACE)
    actions = {action.data(): action for action in strip._menu.actions()}
    assert list(actions) == ["EPSG:3011", "EPSG:3006", "EPSG:4326"]
    assert actions["EPSG:3011"].isChecked()
    actions["EPSG:4326"].trigger()
    lat, lon = (float(n) for n in re.findall(r"[\d.]+(?=°)", strip.place.text()))
    there = pyproj.Transformer.from_crs(3011, 4326).transform(PLACE[1], PLACE[0])  # axes as EPSG prints them
    assert (lat, lon) == pytest.approx(there, abs=1e-5)
    assert strip.system.text() == "WGS 84"


def test_the_system_is_described_with_its_heights(strip: StatusStrip) -> None:
    assert strip.system.text() == "SWEREF 99 18 00"
    assert "EPSG:3011 – SWEREF 99 18 00" in strip.system.toolTip()
    assert "RH 2000" in strip.system.toolTip()


@pytest.mark.parametrize("strip", ["en", "sv"], indirect=True)
def test_a_true_scale_only_in_the_top_view(strip: StatusStrip) -> None:
    inch = strip.logicalDpiX() * strip.devicePixelRatioF()
    strip.set_view(Pose((0.0, 0.0, 0.0), 1000.0, top=True, elevation=90.0), metres_per_pixel=5000 * 0.0254 / inch)
    assert strip.scale.text().replace(",", "").replace("\xa0", "") == "1:5000"
    # A perspective has no scale; the height is the one that the view itself writes, not the distance.
    strip.set_view(Pose((0.0, 0.0, 0.0), 320.0, elevation=30.0), metres_per_pixel=0.2)
    assert "160 m" in plain(strip.scale.text())
    strip.set_view(Pose((0.0, 0.0, 0.0), 5_000.0, elevation=30.0), metres_per_pixel=20.0)
    assert "2.50 km" in plain(strip.scale.text()).replace(",", ".")


def test_what_is_selected_is_counted(strip: StatusStrip, store: Store) -> None:
    assert not strip.selection.isVisible()
    store.change("Select", undoable=False, selection=Selection("buildings", ("b1", "b2")))
    assert strip.selection.text() == "2 selected (Buildings)"


def test_the_strictest_class_and_the_synthetic_mark_are_shown(strip: StatusStrip, store: Store) -> None:
    assert highest_class(store.state.city) == "internal"
    assert strip.badge.text() == "internal"
    assert strip.badge.property("tone") == "internal"
    assert strip.mark.text() == "Synthetic, not for decisions"
    secret = DataLayer(
        id="data:x", file="data/x-0123456789ab.parquet", origin="x.csv", rows=1,
        about=About(title="X", classification="restricted"), choice=Choice(show="points"),
    )  # fmt: skip
    store.change("Add data file", imported=(secret,))
    assert strip.badge.text() == "restricted"
    store.undo()
    assert strip.badge.text() == "internal"
    store.change("Edit", city=store.state.city.replaced(synthetic=False))
    assert not strip.mark.isVisible()


def test_background_work_shows_its_progress_and_can_be_stopped(qtbot: QtBot, strip: StatusStrip) -> None:
    assert not strip.bar.isVisible()
    tasks = [FakeTask("Reading x.json", 0.37, "Reading {name}", {"name": "x"}), FakeTask("Other")]
    strip.set_tasks(tasks)
    assert strip.job.text() == "Reading x.json: Reading x 37\xa0% (+1 more)"
    assert strip.bar.value() == 37
    strip.set_tasks([FakeTask("Noise", 0.0, "Noise at {n} places", {"n": 15_946}), *tasks[1:]])
    assert strip.job.text() == "Noise: Noise at 15,946 places (+1 more)"
    strip.set_tasks(tasks)
    qtbot.mouseClick(strip.stop, Qt.MouseButton.LeftButton)
    assert tasks[0].stopped
    assert not tasks[1].stopped
    strip.set_tasks(())
    assert not strip.stop.isVisible()


def test_everything_has_a_name_for_screen_readers(strip: StatusStrip) -> None:
    strip.set_cursor(PLACE)
    strip.set_tasks([FakeTask("Reading x.json")])
    for widget in (strip.place, strip.system, strip.scale, strip.bar, strip.stop, strip.badge, strip.mark):
        assert widget.accessibleName()


def test_the_job_list_tells_progress_end_and_error(qtbot: QtBot, store: Store) -> None:
    panel = JobsPanel(store, "en")
    qtbot.addWidget(panel)
    panel.resize(320, 500)
    panel.show()
    assert panel._empty.isVisible()
    done, failed, stopped, now = FakeTask("a"), FakeTask("b"), FakeTask("c"), FakeTask("d", 0.5)
    for task in (done, failed, stopped, now):
        panel.track(task)
    done.running = failed.running = stopped.running = False
    failed.error, stopped.error = BadInput("{path}: cut off", path="y.json"), Cancelled()
    for task in (done, failed, stopped):
        panel.refresh(task)
    assert panel.texts() == ("Working… 50\xa0%", "Stopped.", "y.json: cut off", "Done.")
    line = panel._rows[id(now)]
    qtbot.mouseClick(line.stop, Qt.MouseButton.LeftButton)
    assert now.stopped
    assert line.said.text() == "Stopping…"
    assert not panel._rows[id(done)].bar.isVisible()


def test_old_finished_jobs_leave_the_list(qtbot: QtBot, store: Store) -> None:
    panel = JobsPanel(store, "en")
    qtbot.addWidget(panel)
    first = FakeTask("first")
    panel.track(first)
    for n in range(40):
        panel.track(FakeTask(str(n), running=False))
    assert len(panel.texts()) == 21, "twenty finished ones and the one that still works"
    assert first in panel._tasks
