"""The drawing of a chart: series, bands, bars, limits, and what pointer and keys read out of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent

from twin import chart as charts
from twin.chart import Bars, Line, Mark, OneToOne, Scatter
from twin.text import tr
from twin.ui import chart_reading as reading
from twin.ui import theme
from twin.ui.chart_items import (
    DASHES,
    SYMBOLS,
    BandItem,
    ChartAxis,
    Sample,
    colour,
    dress_guide,
    held,
    light,
    pen,
    stepped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.chart import Axis, Chart, Guide, Part

_MOST_POINTS = 400
"""A line with more points than this is drawn without a mark at each."""


class Plot(pg.PlotWidget):
    """The drawing itself."""

    read = Signal(str)
    """What stands at the pointer or the cursor; "" for nothing."""
    chosen = Signal(object)

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._chart: Chart | None = None
        self._at: reading.At | None = None
        self._items: list[tuple[Any, Callable[[], None]]] = []
        self._now: float | None = None
        super().__init__(axisItems={side: ChartAxis(side, lang) for side in ("left", "bottom")}, background=None)
        self.setObjectName("chart_plot")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.getPlotItem().getViewBox().setDefaultPadding(0.04)
        self.setMouseTracking(True)
        self._cursor = pg.ScatterPlotItem(size=13, symbol="o", brush=None)
        self._now_line = pg.InfiniteLine(angle=90, movable=False)
        self.restyle()

    # -- what is shown

    def take(self, chart: Chart | None) -> None:
        """Draw another chart."""
        before = self._chart
        kept = before is not None and chart is not None and (before.x, before.y) == (chart.x, chart.y)
        zoomed = kept and not all(self.getViewBox().autoRangeEnabled())
        self._chart, self._at = chart, None
        self.clear()
        self._items = []
        if chart is None:
            return
        for side, axis in (("bottom", chart.x), ("left", chart.y)):
            self.getAxis(side).take(axis)
        self.setLogMode(x=chart.x.log, y=chart.y.log)
        for guide in chart.guides:
            self._guide(guide)
        for number, part in enumerate(chart.parts):
            if isinstance(part, Line):
                self._line(number, part)
            elif isinstance(part, Scatter):
                self._scatter(number, part)
            else:
                self._bars(number, part)
        self.addItem(self._cursor, ignoreBounds=True)
        self.addItem(self._now_line, ignoreBounds=True)
        self.set_now(self._now)
        self.restyle()
        if not zoomed:
            self.whole()

    def whole(self) -> None:
        """Show all of it and the limits that are near, or what the axes ask for; both alike for a 1:1 line."""
        chart = self._chart
        if chart is None:
            return
        box = self.getViewBox()
        self.enableAutoRange()
        box.updateAutoRange()
        ranges = [self._range(chart, index, axis) for index, axis in enumerate((chart.x, chart.y))]
        if any(isinstance(guide, OneToOne) for guide in chart.guides):
            ranges = 2 * [(min(low for low, _ in ranges), max(high for _, high in ranges))]
        for (low, high), set_range in zip(ranges, (box.setXRange, box.setYRange), strict=True):
            if high > low:
                set_range(low, high, padding=0)

    def _range(self, chart: Chart, index: int, axis: Axis) -> tuple[float, float]:
        low, high = self.getViewBox().viewRange()[index]
        size = high - low
        for guide in chart.guides:
            if isinstance(guide, Mark) and guide.axis == "xy"[index]:
                for one in (guide.at, guide.to):
                    at = low if one is None else reading.scaled_one(one, axis.log)
                    if low - size < at < high + size:
                        low, high = min(low, at - size * 0.05), max(high, at + size * 0.05)
        low = low if axis.low is None else reading.scaled_one(axis.low, axis.log)
        high = high if axis.high is None else reading.scaled_one(axis.high, axis.log)
        return low, high

    def set_now(self, t: float | None) -> None:
        """Mark a time."""
        self._now = t
        shown = t is not None and self._chart is not None and self._chart.x.time
        self._now_line.setVisible(shown)
        if t is not None and shown:
            self._now_line.setValue(t)

    def samples(self) -> list[Sample]:
        """Return how each series and limit looks, for the key."""
        if self._chart is None:
            return []
        made: list[Sample] = []
        for number, part in enumerate(self._chart.parts):
            shade, text = self._colour(part, number), tr(part.title, self._lang)
            if isinstance(part, Line):
                made.append(Sample("line", text, shade, self._dashes(part, number)))
            elif isinstance(part, Scatter):
                made.append(Sample("point", text, shade, symbol=SYMBOLS[number % len(SYMBOLS)]))
            elif len(self._chart.parts) > 1 or part.band:
                made.append(Sample("block", text, shade))
            if not isinstance(part, Scatter) and part.band and part.low is not None:
                made.append(Sample("block", tr(part.band, self._lang), light(shade)))
        for guide in self._chart.guides:
            shade, text = colour(guide.tone if isinstance(guide, Mark) else "muted", 0), tr(guide.title, self._lang)
            if isinstance(guide, Mark) and guide.to is not None:
                made.append(Sample("block", text, light(shade)))
            else:
                made.append(Sample("line", text, shade, DASHES[1] if isinstance(guide, Mark) else ()))
        return made if len(made) > 1 else []

    def restyle(self) -> None:
        """Take the colours of the theme and the font of the window."""
        dress = theme.current()
        self.setBackground(QColor(dress.panel))
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.92)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pen(QColor(dress.edge), 1.0))
            axis.setTextPen(QColor(dress.muted))
            axis.setStyle(tickFont=font, tickLength=4, maxTickLevel=1)
            axis.label.setFont(font)
            axis.label.setDefaultTextColor(QColor(dress.muted))
            axis.fit()
            axis.resizeEvent()
        self.showGrid(x=False, y=True, alpha=0.18)
        self._cursor.setPen(pen(QColor(dress.text), 2.0))
        self._now_line.setPen(pen(QColor(dress.text), 1.4))
        for _item, dress_item in self._items:
            dress_item()

    # -- parts

    def _colour(self, part: Part, number: int) -> QColor:
        return colour(part.tone, number)

    def _dashes(self, part: Line, number: int) -> tuple[float, ...]:
        return DASHES[2] if part.dashed else DASHES[number % len(DASHES)]

    def _add(self, item: Any, dress: Callable[[], None], z: float) -> None:
        item.setZValue(z)
        self.addItem(item)
        self._items.append((item, dress))

    def _band(self, part: Line, number: int, x: np.ndarray) -> None:
        if part.low is None or part.high is None:
            return
        chart = self._chart
        assert chart is not None
        low, high = (reading.scaled(charts.numbers(one), chart.y.log) for one in (part.low, part.high))
        band = BandItem(reading.scaled(x, chart.x.log), low, high)
        self._add(band, lambda: band.set_colour(light(self._colour(part, number))), -10)

    def _line(self, number: int, part: Line) -> None:
        x, y = charts.numbers(part.x), charts.numbers(part.y)
        self._band(part, number, x)
        on = charts.joined(part)
        known = np.isfinite(y) & np.isfinite(x)
        # Gaps are told by «joined»; a nan would swallow its neighbours where many points fall on one pixel.
        whole = np.where(known, y, held(y, known))
        if part.steps:
            x, whole, on = stepped(x, whole, on)
        curve = pg.PlotDataItem(x, whole, connect=on.astype(np.int32), antialias=True, skipFiniteCheck=False)
        dashes = self._dashes(part, number)
        self._add(curve, lambda: curve.setPen(pen(self._colour(part, number), 2.0, dashes)), number)
        if not self._chart_log():  # once it is in its box, which these ask for the range seen
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        before = np.concatenate([[False], on[:-1]]) if not part.steps else np.zeros(len(known), bool)
        lonely = known & ~before & ~charts.joined(part) if not part.steps else np.zeros(len(known), bool)
        marked = known if part.points and known.sum() <= _MOST_POINTS else lonely
        if marked.any():
            self._dots(part, number, charts.numbers(part.x)[marked], y[marked])
        if part.flags is not None:
            bad = known & (np.asarray(part.flags) != 0)
            if bad.any():
                self._dots(part, number, charts.numbers(part.x)[bad], y[bad], tone="warn", symbol="d")

    def _chart_log(self) -> bool:
        return self._chart is not None and (self._chart.x.log or self._chart.y.log)

    def _dots(
        self, part: Part, number: int, x: np.ndarray, y: np.ndarray, tone: str = "", symbol: str = "", size: float = 6.0
    ) -> None:
        dots = pg.PlotDataItem(
            x, y, pen=None, symbol=symbol or SYMBOLS[number % len(SYMBOLS)], symbolSize=size, symbolPen=None
        )

        def dress() -> None:
            dots.setSymbolBrush(colour(tone or part.tone, number))

        self._add(dots, dress, number + 0.5)

    def _scatter(self, number: int, part: Scatter) -> None:
        self._dots(part, number, charts.numbers(part.x), charts.numbers(part.y), size=7.0)

    def _bars(self, number: int, part: Bars) -> None:
        chart = self._chart
        assert chart is not None
        y = np.nan_to_num(charts.numbers(part.y))
        x = charts.places(part)
        beside = [one for one in chart.parts if isinstance(one, Bars)]
        if part.edges is not None:
            edges = charts.numbers(part.edges)
            x0, x1 = edges[:-1], edges[1:]
        else:
            width = 0.76 / max(len(beside), 1)
            place = next((n for n, one in enumerate(beside) if one is part), 0)
            x0 = x - 0.38 + width * place
            x1 = x0 + width
        bars = pg.BarGraphItem(x0=x0, x1=x1, y0=0.0, y1=y, brush=None)

        def dress() -> None:
            line = pen(QColor(theme.current().panel), 1.0)
            if part.tones:
                bars.setOpts(brushes=[colour(tone, number) for tone in part.tones], pen=line)
            else:
                bars.setOpts(brush=self._colour(part, number), pen=line)

        self._add(bars, dress, number)
        if part.low is not None and part.high is not None:
            low, high = charts.numbers(part.low), charts.numbers(part.high)
            whisker = pg.ErrorBarItem(
                x=(x0 + x1) / 2, y=(low + high) / 2, top=(high - low) / 2, bottom=(high - low) / 2,
                beam=float(np.min(x1 - x0)) * 0.3,
            )  # fmt: skip
            self._add(whisker, lambda: whisker.setData(pen=pen(QColor(theme.current().text), 1.4)), 50)

    def _guide(self, guide: Guide) -> None:
        if isinstance(guide, OneToOne):
            for factor in (1.0, *((guide.factor, 1 / guide.factor) if guide.factor else ())):
                angle = float(np.degrees(np.arctan(factor)))
                line = pg.InfiniteLine(pos=(0, 0), angle=angle)
                dashes = () if factor == 1.0 else DASHES[2]
                self._add_guide(line, partial(dress_guide, line, "muted", dashes))
            return
        chart = self._chart
        assert chart is not None
        log = chart.y.log if guide.axis == "y" else chart.x.log
        if guide.to is None:
            line = pg.InfiniteLine(pos=reading.scaled_one(guide.at, log), angle=0 if guide.axis == "y" else 90)
            self._add_guide(line, partial(dress_guide, line, guide.tone, DASHES[1]))
            return
        both = (reading.scaled_one(guide.at, log), reading.scaled_one(guide.to, log))
        region = pg.LinearRegionItem(
            both, orientation="horizontal" if guide.axis == "y" else "vertical", movable=False
        )  # fmt: skip

        def dress() -> None:
            region.setBrush(light(colour(guide.tone, 0)))
            for line in region.lines:
                line.setPen(pen(light(colour(guide.tone, 0)), 0.0))

        self._add_guide(region, dress)

    def _add_guide(self, item: Any, dress: Callable[[], None]) -> None:
        item.setZValue(-20)
        self.addItem(item, ignoreBounds=True)
        self._items.append((item, dress))

    # -- reading out

    def _point_at(self, where: QPointF) -> reading.At | None:
        """Return the value that is drawn nearest to a place of the widget, where one is near."""
        chart = self._chart
        if chart is None:
            return None
        box = self.getViewBox()
        here = box.mapSceneToView(self.mapToScene(where.toPoint()))
        (x0, x1), (y0, y1) = box.viewRange()
        scale = box.width() / (x1 - x0 or 1.0), box.height() / (y1 - y0 or 1.0)
        return reading.nearest(chart, (here.x(), here.y()), scale)

    def _point(self, at: reading.At | None) -> None:
        chart = self._chart
        self._at = at
        if chart is None or at is None:
            self._cursor.setData([], [])
            self.read.emit("")
            return
        x, y = reading.drawn(chart, chart.parts[at[0]])
        self._cursor.setData([x[at[1]]], [y[at[1]]])
        self.read.emit(reading.text(chart, at, self._lang))

    def _step(self, by: int) -> None:
        if self._chart is not None:
            self._go(reading.along(self._chart, self._at, by))

    def _other(self, by: int) -> None:
        if self._chart is not None:
            self._go(reading.across(self._chart, self._at, by))

    def _go(self, at: reading.At | None) -> None:
        """Put the cursor on a value, and move the view so that it is seen."""
        if at is None or self._chart is None:
            return
        self._point(at)
        x, _ = reading.drawn(self._chart, self._chart.parts[at[0]])
        (low, high), _ = self.getViewBox().viewRange()
        if not low <= x[at[1]] <= high:
            half = (high - low) / 2
            self.getViewBox().setXRange(x[at[1]] - half, x[at[1]] + half, padding=0)

    # -- Qt events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the values."""
        big = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        key = Qt.Key
        runs: dict[int, Callable[[], None]] = {
            key.Key_Right: lambda: self._step(big), key.Key_Left: lambda: self._step(-big),
            key.Key_Up: lambda: self._other(-1), key.Key_Down: lambda: self._other(1),
            key.Key_Home: self.whole, key.Key_Plus: lambda: self._zoom(0.7), key.Key_Minus: lambda: self._zoom(1 / 0.7),
            key.Key_Return: self._choose, key.Key_Enter: self._choose, key.Key_Escape: lambda: self._point(None),
        }  # fmt: skip
        run = runs.get(event.key())
        if run is None or (event.key() == key.Key_Escape and self._at is None):
            event.ignore()
            return
        run()
        event.accept()

    def _zoom(self, factor: float) -> None:
        centre = None
        if self._chart is not None and self._at is not None:
            x, y = reading.drawn(self._chart, self._chart.parts[self._at[0]])
            centre = pg.Point(float(x[self._at[1]]), float(y[self._at[1]]))
        self.getViewBox().scaleBy((factor, 1.0), center=centre)

    def _choose(self) -> None:
        if self._at is not None:
            self.chosen.emit(self._at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out what is near the pointer."""
        super().mouseMoveEvent(event)
        if not event.buttons():
            at = self._point_at(event.position())
            if at != self._at:
                self._point(at)

    def leaveEvent(self, event: QEvent) -> None:
        """Read out nothing more."""
        super().leaveEvent(event)
        if not self.hasFocus():
            self._point(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Choose the point, or show all again beside one."""
        at = self._point_at(event.position())
        if at is None:
            self.whole()
        else:
            self._point(at)
            self._choose()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom where the chart has the focus; else let the panel scroll."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_now_line"):
            self.restyle()
