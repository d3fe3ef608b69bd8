"""The time bar: play, step and go through time, live or remembered, in the city's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from twin import localtime
from twin.errors import TwinError
from twin.localtime import DAY
from twin.text import N_, error_text, tr
from twin.ui.time_ruler import TimeRuler
from twin.ui.widgets import STEP, Elided, IconButton, label, restyle
from twin.when import SPEEDS, STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from twin.ui.clock import Clock

_RANGES = {
    "all": N_("All that is shown"), "day": N_("This day"), "week": N_("These seven days"), "own": N_("From … to …"),
}  # fmt: skip


class TimeBar(QWidget):
    """Shows and moves a :class:`twin.ui.clock.Clock`; every button is a command of the menu «Time» too.

    Parameters
    ----------
    clock : Clock
    actions : mapping from command to QAction
    lang : str
    """

    closed = Signal()

    def __init__(self, clock: Clock, actions: Mapping[str, QAction], lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("time_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._clock = clock
        self._lang = lang
        self._range = "all"
        self.ruler = TimeRuler(lang)
        self.ruler.setAccessibleName(tr("Time", lang))
        self.ruler.setToolTip(
            tr("Arrow keys step, PgUp and PgDn go a day, Home and End to the ends, Space plays", lang)
        )
        self.ruler.wanted.connect(clock.go)
        self.ruler.step_wanted.connect(clock.step)
        self.ruler.day_wanted.connect(lambda count: clock.step(count, DAY))
        self.ruler.end_wanted.connect(clock.to_end)
        self.ruler.play_wanted.connect(clock.toggle)
        self._buttons = {
            name: self._button(actions[name], icon)
            for name, icon in (
                ("time_start", "to-start"), ("time_back", "step-back"), ("play", "play"), ("time_on", "step-on"),
                ("time_end", "to-end"), ("loop", "loop"), ("live", "live"),
            )
        }  # fmt: skip
        self.field = QLineEdit()
        self.field.setAccessibleName(tr("Time shown", lang))
        self.field.setPlaceholderText("2026-11-21 14:00")
        self.field.setToolTip(
            tr(
                "City-local time. Write 2026-11-21 14:00 and press Enter; add CET or CEST where the hour comes twice",
                lang,
            )
        )  # fmt: skip
        self.field.returnPressed.connect(self._typed)
        self.field.editingFinished.connect(self._show_time)
        self._problem = label("", "problem")
        self._problem.hide()
        self.range = self._choice(tr("Stretch", lang), [(key, tr(text, lang)) for key, text in _RANGES.items()])
        self.range.activated.connect(lambda _i: self._choose_range(str(self.range.currentData())))
        self.step = self._choice(tr("Step", lang), [(size, tr(text, lang)) for size, text in STEPS])
        self.step.activated.connect(lambda _i: clock.set_pace(step=float(self.step.currentData())))
        self.speed = self._choice(tr("Speed", lang), [(size, tr(text, lang)) for size, text in SPEEDS])
        self.speed.activated.connect(lambda _i: clock.set_pace(speed=float(self.speed.currentData())))
        self.low, self.high = self._end(tr("From", lang)), self._end(tr("To", lang))
        self._hint = Elided()
        self._build()
        clock.changed.connect(self._sync)
        clock.ticked.connect(self._tick)
        self._sync()

    # -- building

    def _button(self, action: QAction, icon: str) -> IconButton:
        name = action.text().replace("&", "")
        result = IconButton(icon, name, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        result.setCheckable(action.isCheckable())
        result.clicked.connect(lambda _checked=False: action.trigger())
        return result

    def _choice(self, name: str, options: list[tuple[object, str]]) -> QComboBox:
        result = QComboBox()
        for key, text in options:
            result.addItem(f"{name}: {text}", key)
        result.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        result.setMinimumContentsLength(8)
        result.setMaximumWidth(
            max(result.fontMetrics().horizontalAdvance(f"{name}: {text}") for _, text in options) + 19 * STEP
        )
        result.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        result.setAccessibleName(name)
        result.setToolTip(name)
        return result

    def _end(self, name: str) -> QLineEdit:
        result = QLineEdit()
        result.setAccessibleName(name)
        result.setPlaceholderText(name)
        result.setToolTip(
            tr("{end}: city-local time, such as 2026-11-21 14:00; empty for all there is", self._lang, end=name)
        )
        result.setFixedWidth(result.fontMetrics().horizontalAdvance("2026-11-21 14:00 CEST") + 6 * STEP)
        result.editingFinished.connect(self._range_typed)
        result.hide()
        return result

    def _build(self) -> None:
        widest = self.field.fontMetrics().horizontalAdvance("Wedn 2026-11-21 14:00:00 CEST")
        self.field.setMaximumWidth(widest + 6 * STEP)
        self.field.setMinimumWidth(widest // 2)
        self._upper, self._lower = upper, lower = QHBoxLayout(), QHBoxLayout()
        for one in (upper, lower):
            one.setContentsMargins(0, 0, 0, 0)
            one.setSpacing(STEP)
        for name in ("time_start", "time_back", "play", "time_on", "time_end"):
            upper.addWidget(self._buttons[name])
        upper.addWidget(self.field, 10)
        upper.addWidget(self._buttons["live"])
        upper.addWidget(self._buttons["loop"])
        for box in (self.range, self.step, self.speed, self.low, self.high):
            upper.addWidget(box, 0 if box in (self.low, self.high) else 10)
        upper.addStretch(1)
        lower.addWidget(self._hint, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addLayout(upper)
        column.addLayout(lower)
        column.addWidget(self._problem)
        column.addWidget(self.ruler)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let what does not fit beside the rest stand in a line of its own."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put both ends of an own stretch into a second line where the texts of the choices would be cut."""
        ends = (self.low, self.high)
        own = self._range == "own"
        boxes = (self.range, self.step, self.speed)
        wide = sum(box.maximumWidth() for box in boxes) + sum(end.width() for end in ends)
        wide += sum(button.sizeHint().width() + STEP for button in self._buttons.values())
        wide += self.field.maximumWidth() + 12 * STEP
        below = own and wide > self.width()
        if below != (self._lower.indexOf(self.low) >= 0):
            into = self._lower if below else self._upper
            for k, end in enumerate(ends):
                (self._upper if below else self._lower).removeWidget(end)
                into.insertWidget(k if below else into.count(), end)

    # -- from the clock

    def _sync(self) -> None:
        clock, when = self._clock, self._clock.when
        stretch = clock.stretch
        there = stretch is not None
        play = self._buttons["play"]
        play.show_icon("pause" if clock.playing else "play")
        text = tr("Pause", self._lang) if clock.playing else tr("Play", self._lang)
        play.setAccessibleName(text)
        for name, checked in (("live", when.live), ("loop", when.loop)):
            self._buttons[name].setChecked(checked)
        for name in ("time_start", "time_back", "play", "time_on", "time_end"):
            self._buttons[name].setEnabled(there)
        self.ruler.setEnabled(there)
        if stretch is not None:
            self.ruler.show_stretch(stretch, clock.span, clock.now)
        self.ruler.setVisible(there)
        self._tell("" if there else tr("No layer that is shown has times.", self._lang))
        for box, value in ((self.step, when.step), (self.speed, when.speed)):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        own = self._range == "own" or (when.low, when.high) != (None, None)
        if own and self._range == "all":
            self._range = "own"
        with QSignalBlocker(self.range):
            self.range.setCurrentIndex(self.range.findData(self._range))
        self._arrange()
        for field, end in ((self.low, when.low), (self.high, when.high)):
            field.setVisible(self._range == "own")
            if not field.hasFocus():
                field.setText("" if end is None else localtime.said(end, self._lang, weekday=False))
        self._show_time()

    def _tell(self, text: str) -> None:
        self._hint.set_text(text)
        self._hint.setVisible(bool(text))

    def _tick(self, _t: object) -> None:
        t = self._clock.time
        self.ruler.show_time(t)
        self._show_time()

    def _show_time(self) -> None:
        t = self._clock.time
        self.ruler.show_time(t)
        if not (self.field.hasFocus() and self.field.isModified()):
            self.field.setText("" if t is None else localtime.said(t, self._lang))
            self.field.setCursorPosition(0)

    # -- to the clock

    def _typed(self) -> None:
        text = self.field.text().strip()
        weekday, _, rest = text.partition(" ")
        try:
            t = localtime.parse(rest if weekday.isalpha() and rest else text)
        except TwinError as error:
            self._complain(error)
            return
        self._complain(None)
        self.field.setModified(False)
        stretch = self._clock.stretch
        if stretch is not None and not stretch[0] <= t <= stretch[1]:
            self._tell(tr("No values are shown for that time.", self._lang))
        self._clock.rest()
        self._clock.go(t)

    def _complain(self, error: TwinError | None) -> None:
        self._problem.setText("" if error is None else error_text(error, self._lang))
        self._problem.setVisible(error is not None)
        restyle(self.field, wrong=error is not None)

    def _choose_range(self, kind: str) -> None:
        clock = self._clock
        self._range = kind
        t = clock.time if clock.time is not None else clock.now
        day, after = localtime.day_of(t)
        if kind == "all":
            clock.set_stretch(None, None)
        elif kind == "day":
            clock.set_stretch(day, after)
        elif kind == "week":
            clock.set_stretch(localtime.add_days(day, -6), after)
        self._sync()

    def _range_typed(self) -> None:
        if self._range != "own":
            return
        try:
            ends = [localtime.parse(one.text()) if one.text().strip() else None for one in (self.low, self.high)]
        except TwinError as error:
            self._complain(error)
            return
        self._complain(None)
        if (ends[0], ends[1]) != (self._clock.when.low, self._clock.when.high):
            self._clock.set_stretch(ends[0], ends[1])
