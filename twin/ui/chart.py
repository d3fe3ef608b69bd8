"""The one chart widget of the window: what :mod:`twin.chart` describes, drawn with pyqtgraph.

It imports pyqtgraph, which takes time: import it where a chart is first wanted, never at the top of a panel that the
window makes when it starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QFileDialog, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from twin import chart as charts
from twin.disk import atomic
from twin.text import N_, tr
from twin.ui import theme
from twin.ui.chart_items import Key
from twin.ui.chart_plot import Plot
from twin.ui.chart_table import NumbersView
from twin.ui.widgets import STEP, EmptyState, IconButton, label, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.chart import Chart


class ChartView(QWidget):
    """A chart with its key, a line that reads out values, the table of its numbers, and copies of both.

    With the focus in it, left and right go from value to value, up and down from series to series, Enter chooses the
    point, + and − zoom, Home shows all.
    """

    point_chosen = Signal(object)
    """(number of the part, number of the value in it): double-clicked, or Enter."""

    def __init__(self, lang: str, nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chart_view")
        self._lang = lang
        self._chart: Chart | None = None
        self.plot = Plot(lang)
        self.plot.read.connect(self._read)
        self.plot.chosen.connect(self.point_chosen)
        self.table = NumbersView(lang)
        self._title = label("", "heading")
        self._key = Key()
        self._source = label("", "small")
        self._said = label("", "small", wrap=False)
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._said.setMinimumHeight(self._said.fontMetrics().height() + 2)
        self._empty = EmptyState(nothing or tr("There is nothing to show.", lang))
        self._whole = self._icon("home", N_("Show all of the chart"), self.plot.whole)
        self._table = self._icon("table", N_("Show the numbers as a table"), self._turn)
        self._table.setCheckable(True)
        self._copy = self._icon("copy", N_("Copy the chart as a picture"), self.copy)
        self._save = self._icon("save", N_("Save the chart as a picture or CSV"), self._save_as)
        self._build()
        self.show_chart(None)

    @property
    def chart(self) -> Chart | None:
        """What is shown."""
        return self._chart

    def show_chart(self, chart: Chart | None) -> None:
        """Show a chart; None for none. Whoever zoomed sees the same stretch of it while its axes stay the same."""
        lang = self._lang
        self._chart = chart
        there = chart is not None and not chart.empty
        for widget in (self.pages, self._key, self._said, self._whole, self._table, self._copy, self._save):
            widget.setVisible(there)
        self._empty.setVisible(not there)
        self._title.setText(tr(chart.title, lang) if chart is not None else "")
        self._title.setVisible(chart is not None)
        self._source.setText(tr(chart.source, lang) if chart is not None else "")
        self._source.setVisible(there and chart is not None and bool(chart.source))
        self._said.clear()
        if chart is None or not there:
            self.plot.take(None)
            self.table.take(None)
            return
        self.plot.take(chart)
        self._key.show_samples(self.plot.samples())
        self.plot.setAccessibleName(tr("Chart: {title}", lang, title=tr(chart.title, lang)))
        self.plot.setAccessibleDescription(charts.summary(chart, lang))
        if self.pages.currentWidget() is self.table:
            self.table.take(chart)

    def set_now(self, t: float | None) -> None:
        """Mark the time that is shown everywhere [s since 1970 UTC] on an axis of time; None for none."""
        self.plot.set_now(t)

    def copy(self) -> None:
        """Put the picture on the clipboard, or the table where that is shown."""
        if self.pages.currentWidget() is self.table:
            self.table.copy()
        else:
            QApplication.clipboard().setImage(self.picture())

    def csv(self) -> str:
        """Return the numbers as CSV in the reader's language."""
        return charts.as_csv(self._chart, self._lang) if self._chart is not None else ""

    def picture(self, ratio: float = 2.0) -> QImage:
        """Return title, key, chart and source as a picture with so many pixels for each of the screen's."""
        parts = [part for part in (self._title, self._key, self.plot, self._source) if not part.isHidden()]
        tall = sum(part.height() + STEP for part in parts)
        size = QSize(self.width(), tall + 3 * STEP)
        image = QImage(size * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(theme.current().panel))
        painter = QPainter(image)
        y = 2 * STEP
        for part in parts:
            at = part.mapTo(self, QPoint())
            if part is self.plot:
                whole = self.plot.viewport().rect()
                self.plot.render(painter, QRectF(whole).translated(at.x(), y), whole)
            else:
                part.render(painter, QPoint(at.x(), y), renderFlags=QWidget.RenderFlag.DrawChildren)
            y += part.height() + STEP
        painter.end()
        return image

    def sizeHint(self) -> QSize:
        """Want room for a chart that can be read."""
        return QSize(420, 320)

    # -- inside

    def _build(self) -> None:
        head = row(self._title, self._whole, self._table, self._copy, self._save, spacing=0)
        head.setStretch(0, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.plot)
        self.pages.addWidget(self.table)
        self.pages.setMinimumHeight(140)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, STEP, 2 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        column.addLayout(head)
        column.addWidget(self._key)
        column.addWidget(self.pages, 1)
        column.addWidget(self._said)
        column.addWidget(self._source)
        column.addWidget(self._empty, 1)

    def _icon(self, name: str, text: str, run: Callable[[], object]) -> IconButton:
        result = IconButton(name, tr(text, self._lang))
        result.clicked.connect(lambda _checked=False: run())
        return result

    def _turn(self) -> None:
        """Show the table, or the chart again."""
        shown = self._table.isChecked()
        if shown:
            self.table.take(self._chart)
        self.pages.setCurrentWidget(self.table if shown else self.plot)
        text = tr("Copy the table", self._lang) if shown else tr("Copy the chart as a picture", self._lang)
        self._copy.setToolTip(text)
        self._copy.setAccessibleName(text)
        self._key.setVisible(not shown)
        self._said.setVisible(not shown)

    def _read(self, text: str) -> None:
        self._said.setText(text)
        self._said.setToolTip(text)

    def _save_as(self) -> None:
        title = tr(self._chart.title, self._lang) if self._chart is not None else ""
        name = "".join(c for c in title if c.isalnum() or c in " -_").strip() or "chart"
        kinds = {tr("Picture", self._lang) + " (*.png)": ".png", tr("Table", self._lang) + " (*.csv)": ".csv"}
        first = list(kinds)[1 if self._table.isChecked() else 0]
        said, kind = QFileDialog.getSaveFileName(
            self, self._save.toolTip(), name + kinds[first], ";;".join(kinds), first
        )  # fmt: skip
        if said:
            path = Path(said)
            self.save(path if path.suffix else path.with_suffix(kinds.get(kind, ".png")))

    def save(self, path: Path) -> None:
        """Save as CSV where the file is called so, else as a picture."""
        if path.suffix.lower() == ".csv":
            atomic.write(path, self.csv().encode("utf-8-sig"))
        else:
            self.picture().save(str(path))
