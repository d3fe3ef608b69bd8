"""The chart on the screen: gaps in pixels, keys, the table, copies, themes; and that nothing loads it at start."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from twin.chart import Axis, Bars, Chart, Line, Mark, OneToOne, Scatter, histogram, over_time
from twin.ui import theme
from twin.ui.chart import ChartView
from twin.ui.chart_items import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

LEVEL = Axis("Level", "dB")


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[None]:
    sheet, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    theme.apply(qapp, "light")
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def view(qtbot: QtBot, dressed: None) -> ChartView:
    view = ChartView("en")
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show()
    qtbot.waitExposed(view)
    return view


def wave(n: int = 20_000, hole: slice = slice(8_000, 12_000)) -> Chart:
    y = 50 + 5 * np.sin(np.arange(n) / 600)
    y[hole] = np.nan
    y[3 * n // 4] = np.nan  # one lost value among many must not take its neighbours with it
    return Chart("Noise", Axis("Minute"), LEVEL, (Line("Measured", np.arange(float(n)), y),))


def inked(view: ChartView, chart: Chart) -> list[bool]:
    """Say for each pixel column of the drawing whether the line is in it."""
    QApplication.processEvents()
    box = view.plot.getViewBox()
    image = view.plot.grab().toImage()
    ratio = image.devicePixelRatio()
    area = box.mapRectToScene(box.boundingRect())
    ink = QColor(SERIES["light"][0])

    def near(colour: QColor) -> bool:
        return all(abs(a - b) < 40 for a, b in zip(colour.getRgb()[:3], ink.getRgb()[:3], strict=True))

    columns = range(int(area.left() * ratio) + 4, int(area.right() * ratio) - 2)
    rows = range(int(area.top() * ratio) + 1, int(area.bottom() * ratio) - 1)
    return [any(near(image.pixelColor(x, y)) for y in rows) for x in columns]


def test_a_gap_is_drawn_as_a_gap_and_a_lost_value_is_not_made_one(view: ChartView) -> None:
    view.show_chart(wave())
    columns = np.array(inked(view, wave()))
    inside = columns[np.flatnonzero(columns)[0] : np.flatnonzero(columns)[-1] + 1]
    share = 1 - inside.mean()
    assert share == pytest.approx(0.2, abs=0.02)
    breaks = np.flatnonzero(np.diff(inside.astype(int)) == -1)
    assert len(breaks) == 1


def test_keys_go_through_the_values_and_read_them_out(view: ChartView, qtbot: QtBot) -> None:
    before = Line("Before", np.arange(4.0), np.array([60.0, np.nan, 62.0, 63.0]))
    after = Line("After", np.arange(4.0), np.full(4, 55.5))
    chart = Chart("t", Axis("Distance", "m"), LEVEL, (before, after))
    view.show_chart(chart)
    said: list[str] = []
    view.plot.read.connect(said.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.plot, key)
    assert [text.replace("\u00a0", " ") for text in said] == [
        "Before · Distance 0 m · Level 60 dB",
        "Before · Distance 2 m · Level 62 dB",
        "After · Distance 2 m · Level 55.5 dB",
    ]
    with qtbot.waitSignal(view.point_chosen) as chosen:
        qtbot.keyClick(view.plot, Qt.Key.Key_Return)
    assert chosen.args == [(1, 2)]


def test_the_pointer_reads_out_what_is_near(view: ChartView, qtbot: QtBot) -> None:
    chart = Chart("t", Axis("Counted", "veh/h"), Axis("Modelled", "veh/h"),
                  (Scatter("Sites", np.array([100.0, 900.0]), np.array([120.0, 700.0]), names=("North", "South")),),
                  (OneToOne(),))  # fmt: skip
    view.show_chart(chart)
    QApplication.processEvents()
    box = view.plot.getViewBox()
    (x0, x1), (y0, y1) = box.viewRange()
    assert (x0, x1) == (y0, y1)
    said: list[str] = []
    view.plot.read.connect(said.append)

    def told() -> bool:
        """Move to the point, from beside it: where the axes are laid out anew meanwhile it is elsewhere."""
        at = view.plot.mapFromScene(box.mapViewToScene(QPointF(900.0, 700.0)))
        for place in (QPointF(at - QPoint(60, 0)), QPointF(at)):
            # sent, not by the pointer: that may rest where another window lies
            none = Qt.MouseButton.NoButton
            over = view.plot.viewport().mapToGlobal(place)
            move = QMouseEvent(QEvent.Type.MouseMove, place, over, none, none, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(view.plot.viewport(), move)
        QApplication.processEvents()
        return any(text.startswith("South") for text in said)

    qtbot.waitUntil(told, timeout=60_000)


def test_the_table_shows_the_numbers_and_copies_them(view: ChartView, qtbot: QtBot) -> None:
    view.show_chart(histogram("Levels", np.array([41.0, 42, 47]), LEVEL, np.array([40.0, 45, 50])))
    view._table.click()
    model = view.table.model()
    assert model.index(0, 0).data() == "40 – 45"
    assert model.index(0, 1).data() == "2"
    view._copy.click()
    assert QApplication.clipboard().text().splitlines()[1] == "40 – 45\t2"


def test_it_saves_a_picture_and_numbers(view: ChartView, tmp_path: Path) -> None:
    view.show_chart(wave(200, slice(50, 60)))
    view.save(tmp_path / "a.png")
    view.save(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").startswith("Minute;Measured [dB]\n0;50\n")
    image = view.picture(2.0)
    assert image.width() == 2 * view.width()
    ink = QColor(SERIES["light"][0]).getRgb()[:3]
    found = {
        QColor(image.pixel(x, y)).getRgb()[:3] for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)
    }
    assert any(max(abs(a - b) for a, b in zip(one, ink, strict=True)) < 12 for one in found)


def test_there_is_a_limit_in_sight_and_a_line_where_time_stands(view: ChartView) -> None:
    times = np.datetime64("2026-10-24T00:00", "ms") + np.arange(48) * np.timedelta64(1, "h")
    view.show_chart(over_time("t", LEVEL, [Line("m", times, np.linspace(50, 55, 48))], (Mark("Limit", 58.0),)))
    low, high = view.plot.getViewBox().viewRange()[1]
    assert low < 50
    assert high > 58
    view.set_now(1_792_900_000.0)
    assert view.plot._now_line.isVisible()
    view.show_chart(histogram("Levels", np.array([41.0, 42, 47]), LEVEL))
    assert not view.plot._now_line.isVisible()


def test_the_title_of_an_axis_is_never_longer_than_the_axis(view: ChartView, qtbot: QtBot) -> None:
    title = Axis("People within reach of what they need in a day", "persons")
    view.show_chart(Chart("Reach", Axis("Minute"), title, (Line("Now", np.arange(9.0), np.arange(9.0)),)))
    axis = view.plot.getAxis("left")

    def written() -> str:
        return axis.label.toPlainText().strip()

    view.resize(640, 900)
    qtbot.waitUntil(lambda: written() == title.text("en"), timeout=10_000)
    view.resize(640, 260)
    qtbot.waitUntil(lambda: "…" in written(), timeout=10_000)
    assert written().startswith("Pe")
    assert written().endswith("[persons]")
    assert axis.label.boundingRect().width() <= axis.size().height() + 2 * axis.label.document().documentMargin()
    assert axis.toolTip() == title.text("en")


def test_nothing_to_show_is_said(view: ChartView) -> None:
    view.show_chart(None)
    assert view._empty.isVisible()
    view.show_chart(Chart("t", Axis("x"), LEVEL, (Bars("b", np.array([np.nan])),)))
    assert view._empty.isVisible()
    assert not view.plot.isVisible()


def test_it_says_itself_to_a_screen_reader(view: ChartView) -> None:
    view.show_chart(wave())
    assert view.plot.accessibleName() == "Chart: Noise"
    assert "2 gaps" in view.plot.accessibleDescription()


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_series_stand_out_from_the_panel(name: str) -> None:
    ground = theme.tokens(name).panel
    assert min(theme.contrast(colour, ground) for colour in SERIES[name]) >= 3


def test_the_window_starts_without_it() -> None:
    code = "import twin.ui.application, twin.ui.panels, sys; print('pyqtgraph' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("width", [160, 300, 900])
def test_marks_of_a_logarithmic_axis_have_room(view: ChartView, qtbot: QtBot, width: int) -> None:
    """Numbers of persons from 200 to 51,200 in a narrow panel: fewer marks, none into another."""
    x = np.array([200.0, 1600.0, 12_800.0, 51_200.0])
    view.resize(width, 300)
    view.show_chart(Chart("D", Axis("Persons", log=True), Axis("D"), (Line("a", x, x / x.max()),)))
    qtbot.waitUntil(lambda: view.plot.getAxis("bottom").size().width() > 0, timeout=30_000)
    axis = view.plot.getAxis("bottom")
    low, high = axis.range
    found = [value for _, values in axis.tickValues(low, high, axis.size().width()) for value in values]
    texts = axis.tickStrings(found, 1.0, 1.0)
    assert len(found) >= 2
    assert len(texts) == len(set(texts))
    metrics = view.fontMetrics()
    middle = [(value - low) / (high - low) * axis.size().width() for value in found]
    half = [metrics.horizontalAdvance(text) / 2 for text in texts]
    for (a, wide), (b, other) in itertools.pairwise(zip(middle, half, strict=True)):
        assert b - a >= 0.9 * (wide + other)


def test_every_group_is_named_under_its_bars(view: ChartView, qtbot: QtBot) -> None:
    """Long names in a narrow panel stand in lines; numbers of classes are left out where there is no room."""
    names = ("Lägsta inkomstkvartilen", "Andra inkomstkvartilen", "Tredje inkomstkvartilen", "Högsta inkomstkvartilen")
    view.resize(300, 300)
    view.show_chart(Chart("Who", Axis("", names=names), Axis("Share", "%"), (Bars("a", np.arange(4.0) + 1),)))
    axis = view.plot.getAxis("bottom")
    qtbot.waitUntil(lambda: axis.size().width() > 0, timeout=30_000)
    low, high = axis.range
    ((_, found),) = axis.tickValues(low, high, axis.size().width())
    assert found == [0.0, 1.0, 2.0, 3.0]
    texts = axis.tickStrings(found, 1.0, 1.0)
    assert [text.split("\n")[0] for text in texts] == ["Lägsta", "Andra", "Tredje", "Högsta"]
    metrics = view.fontMetrics()
    slot = axis.size().width() / (high - low)
    assert all(metrics.horizontalAdvance(line) <= 1.15 * slot for text in texts for line in text.split("\n"))
    classes = tuple(f"{n}\xa0000–" for n in range(10, 30))
    view.show_chart(Chart("Who", Axis("", names=classes), Axis("Share", "%"), (Bars("a", np.arange(20.0)),)))
    low, high = axis.range
    ((step, found),) = axis.tickValues(low, high, axis.size().width())
    assert step > 1
    assert all(axis.tickStrings(found, step, step)[i] == classes[int(v)] for i, v in enumerate(found))
