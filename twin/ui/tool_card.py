"""The card of a drawing tool on the view: what to do next, numbers to type, build or give up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFrame, QGridLayout, QVBoxLayout, QWidget

from twin.city.schema import word
from twin.text import N_, tr
from twin.ui.drawing import BuildingTool, OutlineTool, PathTool, Tool
from twin.ui.widgets import STEP, IntegerBox, NumberBox, button, label, row

if TYPE_CHECKING:
    from collections.abc import Callable

_USES = ("residential", "mixed", "office", "retail", "school", "preschool", "hospital", "culture", "sport",
         "industrial", "hotel", "public")  # fmt: skip
_FAR = 1e8


class ToolCard(QFrame):
    """Fields of one tool; they follow what is clicked, and what is typed moves what is drawn."""

    edited = Signal()
    """Something was typed: what is drawn is another."""
    build = Signal()
    cancelled = Signal()

    def __init__(self, tool: Tool, lang: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tool_card")
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._lang = lang
        self._tool = tool
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.setSpacing(STEP)
        self._column.addWidget(label(tr(tool.title, lang), "heading", wrap=False))
        self.hint = label("", "muted")
        self.hint.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(self.hint)
        self._grid = QGridLayout()
        self._grid.setSpacing(STEP)
        self._column.addLayout(self._grid)
        self._path = _PathFields(self, tool) if isinstance(tool, PathTool) else None
        self._building = _BuildingFields(self, tool) if isinstance(tool, BuildingTool) else None
        if isinstance(tool, OutlineTool):
            _CornerFields(self, tool)
        self.build_button = button(tr("Build", lang), tr("Build it in the scenario (Enter)", lang), primary=True)
        self.build_button.clicked.connect(lambda _checked=False: self.build.emit())
        cancel = button(tr("Cancel", lang), tr("Draw nothing (Esc)", lang))
        cancel.clicked.connect(lambda _checked=False: self.cancelled.emit())
        foot = row(None, cancel, self.build_button)
        foot.setContentsMargins(0, STEP, 0, 0)
        self._column.addLayout(foot)
        for keys, run in (("Escape", self.cancelled), ("Return", self._entered), ("Enter", self._entered)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(run)
        self.setFixedWidth(356)
        self.refresh()

    def refresh(self) -> None:
        """Show the numbers of what is drawn, and what to do next."""
        self.hint.setText(self._tool.hint(self._lang))
        self.build_button.setEnabled(self._tool.ready)
        if self._path is not None:
            self._path.show()
        self.adjustSize()

    def field(
        self, place: int, column: int, text: str, name: str, unit: str, run: Callable[[], None]
    ) -> QDoubleSpinBox:
        """Add a field for a number [m] with its caption."""
        caption = label(text, "muted", wrap=False)
        result = NumberBox()
        result.setDecimals(1)
        result.setRange(-_FAR, _FAR)
        result.setGroupSeparatorShown(True)
        result.setKeyboardTracking(False)
        if unit:
            result.setSuffix(f"\u00a0{unit}")
        result.setAccessibleName(name)
        result.setToolTip(name)
        result.valueChanged.connect(lambda _value: run())
        caption.setBuddy(result)
        self._grid.addWidget(caption, place, 2 * column)
        self._grid.addWidget(result, place, 2 * column + 1)
        return result

    def tell(self) -> None:
        """Say that something was typed."""
        self.edited.emit()

    @property
    def lang(self) -> str:
        """Language of the card."""
        return self._lang

    def add_row(self, place: int, text: str, widget: QWidget) -> None:
        """Add a widget over the whole width with its caption."""
        caption = label(text, "muted", wrap=False)
        caption.setBuddy(widget)
        self._grid.addWidget(caption, place, 0)
        self._grid.addWidget(widget, place, 1, 1, 3)

    def name_build(self, text: str, tip: str) -> None:
        """Call the button that takes what is drawn something else than «Build»."""
        self.build_button.setText(text)
        self.build_button.setAccessibleName(text)
        self.build_button.setToolTip(tip)

    def add_wide(self, *widgets: QWidget) -> None:
        """Add a line of widgets below the fields."""
        self._column.addLayout(row(*widgets, None))

    def _entered(self) -> None:
        if self._tool.ready:
            self.build.emit()


class _PathFields:
    def __init__(self, card: ToolCard, tool: PathTool) -> None:
        lang = card.lang
        self._tool, self._card = tool, card
        names = ((N_("East of the start"), N_("North of the start")), (N_("East of the end"), N_("North of the end")))
        self._ends = []
        for number, (title, both) in enumerate(zip((N_("Start E"), N_("End E")), names, strict=True)):
            east = card.field(number, 0, tr(title, lang), tr(both[0], lang), "", partial(self._typed, number))
            north = card.field(number, 1, "N", tr(both[1], lang), "", partial(self._typed, number))
            for one in (east, north):
                one.setSpecialValueText(" ")
                with QSignalBlocker(one):
                    one.setValue(-_FAR)
            self._ends.append((east, north))
        self.length = card.field(2, 0, tr("Length", lang), tr("Length of the line", lang), "m", self._stretched)
        self.length.setRange(0.0, 20_000.0)
        self.length.setSpecialValueText("–")
        bridge, steps = QCheckBox(tr("Bridge", lang)), QCheckBox(tr("Steps", lang))
        bridge.setChecked(tool.bridge)
        bridge.setToolTip(tr("It passes over streets and water; otherwise it lies on the ground", lang))
        steps.setToolTip(tr("People who cannot climb steps cannot use it", lang))
        bridge.toggled.connect(lambda on: self._set("bridge", on))
        steps.toggled.connect(lambda on: self._set("steps", on))
        card.add_wide(bridge, steps)

    def show(self) -> None:
        for number, fields in enumerate(self._ends):
            there = number < len(self._tool.ends)
            for axis, field in enumerate(fields):
                if not field.hasFocus() or there:
                    with QSignalBlocker(field):
                        field.setValue(self._tool.ends[number].at[axis] if there else -_FAR)
        with QSignalBlocker(self.length):
            self.length.setValue(self._tool.length)

    def _typed(self, number: int) -> None:
        east, north = self._ends[number]
        if east.value() > -_FAR and north.value() > -_FAR and number <= len(self._tool.ends):
            self._tool.put(number, (east.value(), north.value()))
            self._card.tell()

    def _stretched(self) -> None:
        self._tool.set_length(self.length.value())
        self._card.tell()

    def _set(self, name: str, on: bool) -> None:
        setattr(self._tool, name, on)
        self._card.tell()


class _CornerFields:
    """Two fields for the coordinates of the next corner, and a button that adds it."""

    def __init__(self, card: ToolCard, tool: BuildingTool | OutlineTool) -> None:
        lang = card.lang
        self._tool, self._card = tool, card
        self._east = card.field(0, 0, tr("Corner E", lang), tr("East of the next corner", lang), "", lambda: None)
        self._north = card.field(0, 1, "N", tr("North of the next corner", lang), "", lambda: None)
        add = button(tr("Add corner", lang), tr("Add a corner at the coordinates typed", lang))
        add.clicked.connect(lambda _checked=False: self._add())
        card.add_row(1, "", add)

    def _add(self) -> None:
        self._tool.add((self._east.value(), self._north.value()), 0.0)
        self._card.tell()


class _BuildingFields:
    def __init__(self, card: ToolCard, tool: BuildingTool) -> None:
        lang = card.lang
        self._tool, self._card = tool, card
        _CornerFields(card, tool)
        self.height = card.field(2, 0, tr("Height", lang), tr("Height of the building", lang), "m", self._typed)
        with QSignalBlocker(self.height):
            self.height.setRange(1.0, 500.0)
            self.height.setValue(tool.height)
        self.floors = IntegerBox()
        self.floors.setRange(1, 150)
        self.floors.setAccessibleName(tr("Floors of the building", lang))
        self.dwellings = IntegerBox()
        self.dwellings.setRange(0, 5_000)
        self.dwellings.setAccessibleName(tr("Dwellings in the building", lang))
        self.dwellings.setToolTip(tr("Two people live in each", lang))
        self.use = QComboBox()
        for name in _USES:
            self.use.addItem(tr(word(name), lang), name)
        self.use.setAccessibleName(tr("Use of the building", lang))
        card.add_row(3, tr("Floors", lang), self.floors)
        card.add_row(4, tr("Use", lang), self.use)
        card.add_row(5, tr("Dwellings", lang), self.dwellings)
        self.floors.setValue(tool.floors)
        self.dwellings.setValue(tool.dwellings)
        self.floors.valueChanged.connect(lambda _n: self._typed())
        self.dwellings.valueChanged.connect(lambda _n: self._typed())
        self.use.activated.connect(lambda _i: self._typed())

    def _typed(self) -> None:
        self._tool.height = self.height.value()
        self._tool.floors, self._tool.dwellings = self.floors.value(), self.dwellings.value()
        self._tool.use = str(self.use.currentData())
        self._card.tell()
