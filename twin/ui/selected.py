"""What can be done to what is selected: close a street, remove a house or a walk link, change a height."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from twin.text import tr
from twin.ui.widgets import STEP, NumberBox, button, label, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from twin.state import State, Store

HEIGHTS = (1.0, 500.0)


class SelectedTools(QWidget):
    """Buttons under the name of what is selected; the height has a field with a preview in the view.

    Parameters
    ----------
    actions : sequence of QAction
        Commands that are shown while they can be used.
    """

    height_previewed = Signal(object)
    """(id of the building, height [m]) while a height is tried, None when no longer."""
    height_chosen = Signal(str, float)

    def __init__(self, store: Store, actions: Sequence[QAction], lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("selected_tools")
        self._store = store
        self._lang = lang
        self._id = ""
        self._height = math.nan
        self._buttons = []
        self._place = QVBoxLayout(self)
        self._place.setContentsMargins(STEP, 0, 2 * STEP, STEP)
        self._place.setSpacing(STEP)
        for action in actions:
            one = button(action.text().replace("&", "").rstrip("…"), action.toolTip())
            one.setProperty("role", "link")
            one.clicked.connect(lambda _checked=False, action=action: action.trigger())
            line = row(one, None)
            self._place.addLayout(line)
            self._buttons.append((one, action))
        self._build_height()
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def try_height(self) -> None:
        """Put the focus into the field for the height."""
        self.height_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.height_field.selectAll()

    def refresh(self) -> None:
        """Show the commands that can be used now."""
        for one, action in self._buttons:
            one.setVisible(action.isEnabled())
        self.setVisible(any(action.isEnabled() for _, action in self._buttons) or bool(self._id))

    # -- inside

    def _build_height(self) -> None:
        lang = self._lang
        self.height_field = NumberBox()
        self.height_field.setRange(*HEIGHTS)
        self.height_field.setDecimals(1)
        self.height_field.setSingleStep(3.0)
        self.height_field.setSuffix("\u00a0m")
        self.height_field.setKeyboardTracking(True)
        self.height_field.setAccessibleName(tr("Height of the building", lang))
        self.height_field.setToolTip(tr("Try a height in the view; it is kept by the button beside", lang))
        self.height_field.valueChanged.connect(self._try)
        self.height_field.lineEdit().returnPressed.connect(self._choose)
        caption = label(tr("Height", lang), "muted", wrap=False)
        caption.setBuddy(self.height_field)
        self.apply = button(tr("Change height", lang), tr("Change the height in the scenario (Enter)", lang))
        self.apply.clicked.connect(lambda _checked=False: self._choose())
        self._line = QWidget()
        line = row(caption, self.height_field, self.apply, None)
        line.setContentsMargins(2 * STEP, 0, 0, 0)
        self._line.setLayout(line)
        self._place.addWidget(self._line)

    def _sync(self, old: State | None, new: State) -> None:
        if old is not None and old.selection is new.selection and old.city is new.city:
            return
        selection = new.selection
        one = selection is not None and selection.table == "buildings" and len(selection.ids) == 1
        self._id, self._height = "", math.nan
        if one and selection is not None:
            rows = new.city.buildings[new.city.buildings["id"] == selection.ids[0]]
            if len(rows):
                self._id = selection.ids[0]
                self._height = float(rows["height"].iloc[0])
        self._line.setVisible(bool(self._id))
        with QSignalBlocker(self.height_field):
            self.height_field.setValue(10.0 if math.isnan(self._height) else round(self._height, 1))
        self.apply.setEnabled(False)
        self.height_previewed.emit(None)
        self.refresh()

    def _try(self, height: float) -> None:
        other = math.isnan(self._height) or abs(height - round(self._height, 1)) > 0.04
        self.apply.setEnabled(bool(self._id) and other)
        self.height_previewed.emit((self._id, height) if self._id and other else None)

    def _choose(self) -> None:
        if self.apply.isEnabled():
            self.height_chosen.emit(self._id, round(self.height_field.value(), 1))
