"""The bar of progress: what it shows, and that it does not paint in the middle of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from twin.ui.widgets import Progress

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from pytestqt.qtbot import QtBot


class _Counting(Progress):
    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1
        super().paintEvent(event)


def test_a_bar_is_painted_later_and_once(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = _Counting("Progress")
    bar.setParent(window)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: bar.painted > 0)
    before = bar.painted
    for percent in range(1, 100):
        bar.show_fraction(percent / 100)
    assert bar.painted == before
    qtbot.waitUntil(lambda: bar.painted > before)
    assert bar.value() == 99


def test_nothing_done_yet_is_unknown_only_where_asked_for(qtbot: QtBot) -> None:
    bar = Progress("Progress")
    qtbot.addWidget(bar)
    bar.show_fraction(0.0)
    assert bar.maximum() == 100
    bar.show_fraction(0.0, unknown=True)
    assert bar.maximum() == 0
    bar.show_fraction(0.37, unknown=True)
    assert (bar.maximum(), bar.value()) == (100, 37)
