"""The inspector: everything known about what was clicked, and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from twin.city.schema import word
from twin.state import Selection, State, Store
from twin.text import N_, tr, trn
from twin.ui.describe import sheet
from twin.ui.describe_place import place_sheet
from twin.ui.fact_tree import FactTree
from twin.ui.shown_values import shown_values
from twin.ui.widgets import STEP, Badge, EmptyState, IconButton, Scrolled, button, label, row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from twin.layer import Layer
    from twin.ui.facts import Sheet


class Inspector(QWidget):
    """Shows the facts of the State's selection; it changes only the selection, by following a fact."""

    zoom_requested = Signal(object)
    """The Selection to fly to."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._streams: pd.DataFrame | None = None
        self._layers: Mapping[str, Layer] = {}
        self._fields: Callable[[str, int], Mapping[str, object]] = lambda _id, _place: {}
        self._sheet: Sheet | None = None
        self._with_empty = False
        self._build()
        self._show()
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def set_streams(self, streams: pd.DataFrame | None) -> None:
        """Take the known sensor streams (columns as in :func:`twin.ui.describe.sheet`)."""
        self._streams = streams
        self._show()

    def set_layers(self, layers: Mapping[str, Layer]) -> None:
        """Take the layers, whose values at what is selected are told where they are shown."""
        self._layers = layers
        self._show()

    def set_fields(self, fields: Callable[[str, int], Mapping[str, object]]) -> None:
        """Take what gives the columns of the row behind a place of a data layer."""
        self._fields = fields
        self._show()

    def add_tools(self, tools: QWidget) -> None:
        """Put a row of what can be done to what is selected under its name."""
        self._inner.insertWidget(2, tools)

    @property
    def sheet(self) -> Sheet | None:
        """What is shown; None when nothing is selected."""
        return self._sheet

    def copy_all(self) -> None:
        """Put all known facts on the clipboard."""
        if self._sheet is not None:
            QApplication.clipboard().setText(self._sheet.text())

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        self._empty = EmptyState(
            tr("Click a building, street or place in the view to see what is known about it.", lang)
        )
        self.title = label("", "heading", selectable=True)
        self.subtitle = label("", "muted")
        self.badge, self.mark = Badge(), Badge(tone="synthetic")
        self.zoom = button(tr("Zoom to", lang), tr("Fly to what is selected (Ctrl+J)", lang))
        self.zoom.setProperty("role", "link")
        self.zoom.clicked.connect(lambda _checked=False: self.zoom_requested.emit(self._store.state.selection))
        copy = IconButton("copy", tr("Copy all facts", lang))
        copy.clicked.connect(lambda _checked=False: self.copy_all())
        self.tree = FactTree(lang)
        self.tree.followed.connect(self._follow)
        self._more = button("")
        self._more.setProperty("role", "link")
        self._more.clicked.connect(lambda _checked=False: self._toggle_empty())
        head = QVBoxLayout()
        head.setContentsMargins(3 * STEP, 3 * STEP, 2 * STEP, 2 * STEP)
        head.setSpacing(STEP)
        head.addWidget(self.title)
        head.addWidget(self.subtitle)
        badges = row(self.badge, self.mark, None)
        badges.setContentsMargins(0, STEP, 0, 0)
        head.addLayout(badges)
        tools = row(self.zoom, None, copy)
        tools.setContentsMargins(STEP, 0, 2 * STEP, 0)
        self._filled = QWidget()
        inner = self._inner = QVBoxLayout(self._filled)
        inner.setContentsMargins(0, 0, 0, STEP)
        inner.setSpacing(0)
        inner.addLayout(head)
        inner.addLayout(tools)
        inner.addWidget(self.tree, 1)
        foot = row(self._more, None)
        foot.setContentsMargins(STEP, STEP, STEP, 0)
        inner.addLayout(foot)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)
        self._area = Scrolled(self._filled)
        outer.addWidget(self._area, 1)

    def _sync(self, old: State, new: State) -> None:
        parts = ("selection", "city", "layers", "time") if new.selection is not None else ("selection", "city")
        if any(getattr(old, name) is not getattr(new, name) for name in parts):
            self._show()

    def _show(self) -> None:
        state, lang = self._store.state, self._lang
        picked = state.selection
        self._sheet = None
        if picked is not None and picked.layer:
            self._sheet = place_sheet(state, self._layers, self._fields, lang, state.time.moment)
        elif picked is not None:
            self._sheet = sheet(state.city, picked, lang, self._streams)
        if self._sheet is not None:
            more = shown_values(state, self._layers, lang, state.time.moment)
            if more is not None:
                self._sheet = replace(self._sheet, groups=(more, *self._sheet.groups))
        self._empty.setVisible(self._sheet is None)
        self._area.setVisible(self._sheet is not None)
        if self._sheet is None:
            self.tree.clear()
            return
        self.title.setText(self._sheet.title)
        self.title.setAccessibleName(self._sheet.title)
        self.subtitle.setText(self._sheet.subtitle)
        kind = self._sheet.classification
        self.badge.show_as(tr(word(kind), lang) if kind else "", kind or "open", tr("Information class", lang))
        mark = tr("Synthetic, not for decisions", lang) if self._sheet.synthetic else ""
        self.mark.show_as(mark, "synthetic", tr("This city is made up. Do not base decisions on it.", lang))
        self._fill()

    def _fill(self) -> None:
        if self._sheet is None:
            return
        self.tree.show_groups(self._sheet.groups, self._with_empty)
        n = sum(not fact.value for group in self._sheet.groups for fact in group.facts)
        self._more.setVisible(n > 0)
        show = trn("Show {n} empty field", "Show {n} empty fields", n, self._lang)
        text = tr("Hide empty fields", self._lang) if self._with_empty else show
        self._more.setText(text)
        self._more.setAccessibleName(text)
        self._more.setToolTip(tr("Fields the sources say nothing about", self._lang))

    def _toggle_empty(self) -> None:
        self._with_empty = not self._with_empty
        self._fill()

    def _follow(self, table: str, id: str) -> None:
        self._store.change(N_("Select"), undoable=False, selection=Selection(table, (id,)))
