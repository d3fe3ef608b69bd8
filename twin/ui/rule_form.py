"""Form of a rule zone that is selected: class, status, hours and charge, changed in the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from twin.city.hours import shares
from twin.errors import BadInput
from twin.scenario.others import ChangeRule
from twin.text import N_, tr
from twin.ui.widgets import STEP, NumberBox, button, label, row

if TYPE_CHECKING:
    import pandas as pd

_STATUS = (("in_force", N_("in force")), ("proposed", N_("proposed, not in force")))
_ZONE, _CHARGE = "environmental_zone", "congestion_charge"


class RuleForm(QWidget):
    """What can be changed of one rule."""

    edit_made = Signal(object)

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._id = ""
        self._before: tuple[str, str, str, float] = ("", "", "", 0.0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(STEP)
        self.level = QComboBox()
        for level in "123":
            self.level.addItem(level, level)
        self.status = QComboBox()
        for key, text in _STATUS:
            self.status.addItem(tr(text, lang), key)
        self.hours = QLineEdit()
        self.hours.setMaxLength(100)
        self.hours.setPlaceholderText(tr("always", lang))
        self.hours.setToolTip(tr("From-to, as in 22-06 or 07-09,15:30-18; empty: always", lang))
        self.hours.textChanged.connect(lambda _text: self._check())
        self.charge = NumberBox()
        self.charge.setRange(0.0, 10_000.0)
        self.charge.setDecimals(0)
        self.charge.setSuffix("\u00a0kr")
        self._captions = {}
        for k, (text, widget) in enumerate(
            ((N_("Class"), self.level), (N_("Status"), self.status), (N_("Hours"), self.hours),
             (N_("Charge per passage"), self.charge))
        ):  # fmt: skip
            caption = label(tr(text, lang), "muted", wrap=False)
            caption.setBuddy(widget)
            widget.setAccessibleName(tr(text, lang))
            self._captions[widget] = caption
            self._grid.addWidget(caption, k, 0)
            self._grid.addWidget(widget, k, 1)
        for box in (self.level, self.status):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
        self.wrong = label("", "muted")
        self.apply = button(tr("Change", lang), tr("Change the rule in the scenario", lang), primary=True)
        self.apply.clicked.connect(lambda _checked=False: self._change())
        self._grid.addWidget(self.wrong, 4, 0, 1, 2)
        self._grid.addLayout(row(None, self.apply), 5, 0, 1, 2)
        self._grid.setColumnStretch(1, 1)

    def show_rule(self, rule: pd.Series) -> None:
        """Show a row of ``rules``."""
        self._id = str(rule["id"])
        for widget, kind in ((self.level, _ZONE), (self.charge, _CHARGE)):
            for one in (widget, self._captions[widget]):
                one.setVisible(str(rule["kind"]) == kind)
        with QSignalBlocker(self.hours):
            self.level.setCurrentIndex(max(self.level.findData(str(rule["rule_class"])), 0))
            self.status.setCurrentIndex(max(self.status.findData(str(rule["status"])), 0))
            self.hours.setText(str(rule["hours"]))
            self.charge.setValue(float(np.nan_to_num(rule["charge"])))
        self._before = self._now()
        self._check()

    def _now(self) -> tuple[str, str, str, float]:
        return (
            str(self.level.currentData()), str(self.status.currentData()), self.hours.text().strip(),
            self.charge.value(),
        )  # fmt: skip

    def _check(self) -> None:
        """Say what is wrong with the hours, while they are typed."""
        said = ""
        try:
            shares(self.hours.text())
        except BadInput as error:
            said = tr(error.key, self._lang, **error.fields)
        self.wrong.setText(said)
        self.wrong.setVisible(bool(said))
        self.apply.setEnabled(not said)

    def _change(self) -> None:
        level, status, hours, charge = (
            new if new != old else None for new, old in zip(self._now(), self._before, strict=True)
        )
        if any(one is not None for one in (level, status, hours, charge)):
            self.edit_made.emit(
                ChangeRule(rules=(self._id,), rule_class=level, status=status, hours=hours, charge=charge)  # type: ignore[arg-type]
            )
