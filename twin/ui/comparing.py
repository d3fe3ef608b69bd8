"""Scenario and reference in one view: keeps the second picture at what is asked now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from twin.state import LayerEntry
from twin.text import N_
from twin.ui.result_layers import DIFFERENCE, VALUE
from twin.ui.shown import Shown

if TYPE_CHECKING:
    from twin.ui.beside import Mode
    from twin.ui.results import Results
    from twin.ui.window import MainWindow


class Comparing(QObject):
    """Shows the reference beside the scenario in one of two ways, or not."""

    def __init__(self, window: MainWindow, results: Results) -> None:
        super().__init__(window)
        self._window, self._results = window, results
        self._shown: Shown | None = None
        self._mode: Mode = ""
        results.changed.connect(self.refresh)
        results.answered.connect(self.refresh)
        window.session.closed.connect(lambda: self.choose(""))

    @property
    def mode(self) -> Mode:
        """How the two are shown, "" for the scenario alone."""
        return self._mode

    def toggle(self, mode: Mode) -> None:
        """Show the two in a way, or the scenario alone where they are shown so already."""
        self.choose("" if self.mode == mode else mode)

    def choose(self, mode: Mode) -> None:
        """Show the two in a way, or the scenario alone with ""."""
        self._mode = mode
        self._results.look_at_both(bool(mode))
        if mode:
            self._paint_values()
            self.refresh()
        else:
            self._window.viewport.beside.end()
            if self._shown is not None:
                self._shown.end()
                self._shown = None
        self._check()

    def refresh(self) -> None:
        """Show the reference as it is now; until it is drawn nothing changes."""
        beside, store = self._results.beside, self._window.session.store
        if not self._mode or beside is None or store is None:
            return
        city, data = beside
        if self._shown is None:
            self._shown = Shown(store)
        view = self._window.viewport.beside
        view.canvas.take(view.canvas.store, data.mesh, data.layers)  # before it hears that the city is another
        self._shown.show(city)
        view.show(self._mode, self._shown, data.mesh, data.layers, self._results.names)

    def _paint_values(self) -> None:
        """Show the values themselves instead of a difference, which a reference has not."""
        store = self._window.session.store
        if store is None:
            return
        entries = store.state.layers
        changed = tuple(
            LayerEntry(one.id.replace(DIFFERENCE, VALUE, 1), one.visible, one.opacity)
            if one.id.startswith(f"{DIFFERENCE}:")
            else one
            for one in entries
        )
        if changed != entries:
            store.change(N_("Show values"), layers=tuple({one.id: one for one in changed}.values()))

    def _check(self) -> None:
        for name in ("halves", "curtain"):
            self._window.commands[name].setChecked(self.mode == name)
