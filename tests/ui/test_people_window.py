"""A question about people in the whole window: asked of the demo, answered in one sentence, shown on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from windows import opened_window

from twin.content import demo_project
from twin.questions import homes, people
from twin.ui.questions.panel import QuestionPanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.questions.question import Question
    from twin.ui.window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> MainWindow:
    return opened_window(qtbot, qapp, demo_project(), lang="sv")


def test_a_square_and_homes_are_answered_and_shown(window: MainWindow, qtbot: QtBot) -> None:
    asking, store = window.workbench.asking, window.session.store
    assert store is not None
    # noise and traffic of the demo take a minute, and have tests of their own
    store.change("Models", models={"noise": False, "traffic": False, "exposure": False})
    window.commands["what_if"].trigger()
    panel = window.panels.docks["questions"].widget()
    assert isinstance(panel, QuestionPanel)

    def answered(question: Question, **values: object) -> str:
        asking.begin(question)
        for name, value in values.items():
            asking.give(name, value)
        asking.ask()
        qtbot.waitUntil(lambda: asking.phase != "working", timeout=180_000)
        assert asking.problem is None
        assert asking.reply is not None
        return asking.reply.sentence

    at = store.state.city.zones.geometry.iloc[20].representative_point()
    said = answered(people.PLACE, kind="square", at=((at.x, at.y),))
    assert "kan nå den till fots" in said
    panel.reply._show.click()
    assert store.state.layers[0].id.startswith("result:segregation:Co-presence potential")
    said = answered(homes.HOMES, zone=("z05",), dwellings=200.0)
    assert "Gamla stan" in said
    panel.reply._show.click()
    assert store.state.layers[0].id.startswith("difference:segregation:Share")
    assert asking.reply is not None
    assert asking.reply.chart is not None
