"""Which span of time a film goes through, how finely and how fast: the lines of the export dialog that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from twin import localtime
from twin.errors import TwinError
from twin.report.film import RATES, Reel
from twin.text import N_, error_text, number, tr, trn
from twin.ui.widgets import STEP, IntegerBox, label
from twin.when import STEPS

if TYPE_CHECKING:
    from twin.when import Span

KINDS: tuple[tuple[str, str], ...] = (
    ("png", N_("Picture (PNG)")), ("webp", N_("Film (WebP)")), ("gif", N_("Film for slides (GIF)")),
    ("frames", N_("Frames in a folder (PNG)")),
)  # fmt: skip
"""What an export can be: ending of the file, and its name."""


class SpanForm(QWidget):
    """From, to, step and frames a second; says how many frames that makes and how long they last.

    Parameters
    ----------
    span : (first, last) [s]
        What the time bar plays.
    step : float
        Of the time bar [s].
    lang : str
    """

    changed = Signal()

    def __init__(self, span: Span, step: float, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self.first, self.last = (
            self._end(name, t) for name, t in zip((tr("From", lang), tr("To", lang)), span, strict=True)
        )
        self.step = QComboBox()
        self.step.setAccessibleName(tr("Step", lang))
        self.step.setToolTip(tr("Time from one frame to the next", lang))
        for size, text in STEPS:
            self.step.addItem(tr(text, lang), size)
        self.step.setCurrentIndex(max(self.step.findData(step), 0))
        self.rate = IntegerBox()
        self.rate.setRange(*(int(end) for end in RATES))
        self.rate.setValue(10)
        self.rate.setAccessibleName(tr("Frames a second", lang))
        self.rate.setToolTip(self.rate.accessibleName())
        self.rate.setSuffix(" " + tr("frames/s", lang))
        self._said = label("", "small")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2 * STEP)
        grid.addWidget(self.first, 0, 0)
        grid.addWidget(self.last, 0, 1)
        grid.addWidget(self.step, 1, 0)
        grid.addWidget(self.rate, 1, 1)
        grid.addWidget(self._said, 2, 0, 1, 2)
        self.step.currentIndexChanged.connect(lambda _i: self._tell())
        self.rate.valueChanged.connect(lambda _v: self._tell())
        self._tell()

    def _end(self, name: str, t: float) -> QLineEdit:
        result = QLineEdit(localtime.said(t, self._lang, weekday=False))
        result.setAccessibleName(name)
        result.setPlaceholderText(name)
        result.setToolTip(tr("{end}: city-local time, such as 2026-11-21 14:00", self._lang, end=name))
        result.textChanged.connect(lambda _t: self._tell())
        return result

    @property
    def reel(self) -> Reel:
        """What is to be played.

        Raises
        ------
        BadInput
            When an end is no time.
        """
        first, last = (localtime.parse(one.text()) for one in (self.first, self.last))
        return Reel(first, last, float(self.step.currentData()), float(self.rate.value()))

    @property
    def problem(self) -> str:
        """Why it cannot be played; empty where it can."""
        try:
            _ = self.reel.instants
        except TwinError as error:
            return error_text(error, self._lang)
        return ""

    def _tell(self) -> None:
        if not self.problem:
            reel = self.reel
            count = len(reel.instants)
            lasts = number(count / reel.rate, self._lang, 0 if count >= 10 * reel.rate else 1, "s")
            self._said.setText(trn("{n} frame, lasts {time}", "{n} frames, last {time}", count, self._lang, time=lasts))
        else:
            self._said.setText("")
        self.changed.emit()
