"""Whose the data are can be put right: in the window, undone, saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twin.datafile.spec import About, Choice, DataLayer
from twin.project import create, open_project
from twin.state import State
from twin.ui import theme
from twin.ui.settings import Settings
from twin.ui.sources_dialog import SourcesDialog, with_sources
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.city.city import City

LONG = 90_000
FILE = DataLayer(
    id="data:own", file="data/own-0123456789ab.parquet", origin="own.csv", rows=3,
    about=About(title="Own", unit="m", contact="me@here"), choice=Choice(show="points"),
)  # fmt: skip


def test_only_what_is_said_anew_is_another(qtbot: QtBot, small_city: City) -> None:
    dialog = SourcesDialog(State(small_city, imported=(FILE,)), "en")
    qtbot.addWidget(dialog)
    assert dialog.list.count() == len(small_city.sources) + 1
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    assert dialog.form.lines["unit"].text() == "m"
    with qtbot.waitSignal(dialog.changed) as told:
        dialog.form.lines["owner"].setText("The city")
        dialog.form.licence.setCurrentText("CC0-1.0")
        dialog.accept()
    (said,) = told.args
    assert said == {"data:own": About(title="Own", unit="m", contact="me@here", owner="The city", licence="CC0-1.0")}


def test_rows_of_sources_that_are_not_named_stay(small_city: City) -> None:
    first = str(small_city.sources["id"].iloc[0])
    made = with_sources(small_city, {first: About(title="New", owner="O", classification="restricted")})
    assert made.source(first)["owner"] == "O"
    assert made.source(first)["classification"] == "restricted"
    assert made.sources.iloc[1:].equals(small_city.sources.iloc[1:])
    assert made.buildings is small_city.buildings
    assert small_city.source(first)["owner"] != "O"


def test_an_owner_is_changed_undone_and_saved(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City
) -> None:
    path = tmp_path / "s.twin"
    create(path, small_city).close()
    theme.apply(qapp, "light")
    window = MainWindow(Settings(), "en")
    qtbot.addWidget(window, before_close_func=MainWindow.leave)
    window.show()
    qtbot.waitExposed(window)
    with qtbot.waitSignals([window.session.opened, window.viewport.drawn], timeout=LONG):
        window.session.open(path)
    store = window.session.store
    assert store is not None
    first = str(store.state.city.sources["id"].iloc[0])
    before = store.state.city.source(first)["owner"]
    window.commands["sources"].trigger()
    dialog = window.findChild(SourcesDialog)
    assert isinstance(dialog, SourcesDialog)
    dialog.form.lines["owner"].setText("Somebody else")
    dialog.accept()
    assert store.state.city.source(first)["owner"] == "Somebody else"
    assert window.session.modified
    qtbot.waitUntil(lambda: window.workbench.results.shown.state.city is store.state.city, timeout=LONG)  # type: ignore[union-attr]
    with qtbot.waitSignal(window.session.said, timeout=LONG):
        window.session.save()
    with open_project(path, read_only=True) as project:
        assert project.state().city.source(first)["owner"] == "Somebody else"
    store.undo()
    assert store.state.city.source(first)["owner"] == before


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_what_nobody_said_is_asked_for(qtbot: QtBot, small_city: City, lang: str) -> None:
    dialog = SourcesDialog(State(small_city, imported=(FILE,)), lang)
    qtbot.addWidget(dialog)
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    assert not dialog._hint.isHidden()
    dialog.form.lines["title"].setText("")
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()
