"""Drop-ins in the window: loaded anew without a restart, parameters as a form, made on request, code asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox
from windows import opened_window

from twin.dropins import trust
from twin.project import create, open_project
from twin.ui import ask
from twin.ui.layer_dock import LayerDock
from twin.ui.value_form import ValueForm

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.city.city import City
    from twin.ui.window import MainWindow

LONG = 60_000
CODE = """
from twin.api import Field, Parameter, layer_of
TITLE = "Times height"
GROUP = "Mine"
PARAMETERS = (Parameter("factor", "Factor", "", 2.0, "me", low=1, high=9),)
def make(city, values, job):
    job.progress(0.5, "Half way")
    houses = city.buildings
    if not len(houses):
        return None
    numbers = (houses["height"] * values["factor"]).to_numpy("float32")
    field = Field("Times height", "m", "buildings", houses["id"].to_numpy(object), numbers, source="s")
    return layer_of("times", TITLE, field, low=0, high=100)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give child processes a user's folder of their own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(trust.ACTIVE, raising=False)
    mine = tmp_path / "home" / "stockholm-twin" / "layers"
    mine.mkdir(parents=True)
    return mine


def opened(qtbot: QtBot, qapp: QApplication, path: Path) -> MainWindow:
    return opened_window(qtbot, qapp, path)


def dock_of(window: MainWindow) -> LayerDock:
    dock = window.panels.docks["layers"].widget()
    assert isinstance(dock, LayerDock)
    return dock


def test_a_layer_is_loaded_without_a_restart_and_follows_its_form(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City, home: Path
) -> None:
    path = tmp_path / "Small.twin"
    create(path, small_city).close()
    window = opened(qtbot, qapp, path)
    results, store = window.workbench.results, window.session.store
    assert store is not None
    assert "times" not in results.data.layers  # type: ignore[union-attr]
    (home / "times.py").write_text(CODE)
    with qtbot.waitSignal(window.session.dropins_changed, timeout=LONG):
        window.commands["reload_dropins"].trigger()
    qtbot.waitUntil(lambda: "times" in results.data.layers, timeout=30_000)  # type: ignore[union-attr]
    dock = dock_of(window)
    dock.add_layer("times")
    dock.style_button.setChecked(True)
    form = dock.findChild(ValueForm)
    assert isinstance(form, ValueForm)
    assert form.isVisible()
    editor = form.editors["factor"]
    assert isinstance(editor, QDoubleSpinBox)
    editor.setValue(5)
    assert store.state.values == {"times": {"factor": 5.0}}
    qtbot.waitUntil(
        lambda: results.data.layers["times"].field.values[0] == pytest.approx(21.5 * 5),  # type: ignore[union-attr]
        timeout=LONG,
    )
    (home / "times.py").write_text(CODE.replace("def make", "raise RuntimeError('no luck')\ndef make"))
    with qtbot.waitSignal(window.session.dropins_changed, timeout=LONG):
        window.commands["reload_dropins"].trigger()
    qtbot.waitUntil(lambda: "no luck" in dock._why_not("times"), timeout=LONG)
    with qtbot.waitSignal(window.session.said, timeout=30_000):
        window.session.save()
    with open_project(path, read_only=True) as project:
        assert project.state().values == {"times": {"factor": 5.0}}


def test_a_costly_layer_is_made_when_it_is_shown(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City, home: Path
) -> None:
    path = tmp_path / "Small.twin"
    create(path, small_city).close()
    window = opened(qtbot, qapp, path)
    dock = dock_of(window)
    assert "sun_hours" not in window.workbench.results.data.layers  # type: ignore[union-attr]
    dock.add_layer("sun_hours")
    qtbot.waitUntil(lambda: "sun_hours" in window.workbench.results.data.layers, timeout=LONG)  # type: ignore[union-attr]
    assert dock.tree.has_legend("sun_hours")


@pytest.mark.parametrize("answer", [True, False])
def test_code_of_a_project_waits_for_an_answer(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City, home: Path, answer: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = tmp_path / "Small.twin"
    create(path, small_city).close()
    (path / "plugins").mkdir()
    (path / "plugins" / "times.py").write_text(CODE)
    asked: list[list[str]] = []
    monkeypatch.setattr(ask, "trust", lambda _parent, _name, files, _digest, _lang: asked.append(files) or answer)
    window = opened(qtbot, qapp, path)
    qtbot.waitUntil(lambda: bool(asked), timeout=30_000)
    assert asked == [["times.py"]]
    if answer:
        qtbot.waitUntil(lambda: "times" in window.workbench.results.data.layers, timeout=LONG)  # type: ignore[union-attr]
    assert trust.is_trusted(path) is answer
    assert ("times" in window.workbench.results.data.layers) is answer  # type: ignore[union-attr]
