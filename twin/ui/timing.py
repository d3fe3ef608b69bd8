"""Time in a window: its clock, its bar, its commands, and the view that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QToolBar

from twin.text import tr
from twin.ui.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.ui.actions import Needs
    from twin.ui.time_bar import TimeBar
    from twin.ui.window import MainWindow

COMMANDS = ("play", "time_on", "time_back", "time_start", "time_end", "live", "loop")


class Timing(QObject):
    """Brings the clock together with the window; the bar appears when a layer with times is first shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.clock = Clock(self)
        self.bar: TimeBar | None = None
        self._offered = self._played = False
        self.tools = QToolBar(window)
        self.tools.setObjectName("time")
        self.tools.setMovable(False)
        self.tools.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.tools.hide()
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.tools)
        self.tools.visibilityChanged.connect(
            lambda _shown: window.commands["time_bar"].setChecked(not self.tools.isHidden())
        )
        self.clock.ticked.connect(lambda _t: self._show())
        self.clock.changed.connect(self._changed)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for each of its commands."""
        clock = self.clock
        return {
            "play": clock.toggle,
            "time_on": lambda: clock.step(1),
            "time_back": lambda: clock.step(-1),
            "time_start": lambda: clock.to_end(False),
            "time_end": lambda: clock.to_end(True),
            "live": lambda: clock.set_live(not clock.when.live),
            "loop": lambda: clock.set_pace(loop=not clock.when.loop),
            "time_bar": self._toggle,
        }

    def can(self) -> dict[Needs, bool]:
        """Say whether there is time to go through."""
        return {"timed": self.clock.stretch is not None}

    def attach(self) -> None:
        """Follow the project that is open, with a bar in the window's language and theme."""
        from twin.ui.time_bar import TimeBar

        window, store = self._window, self._window.session.store
        if store is not self._store:
            self._store = store
            self._offered = False
            self.clock.attach(store)
        self.tools.clear()
        if self.bar is not None:
            self.bar.setParent(None)
            self.bar.deleteLater()
            self.bar = None
        if store is None:
            self.tools.hide()
            return
        self.tools.setWindowTitle(tr("Time", window.lang))
        self.tools.setAccessibleName(self.tools.windowTitle())
        self.bar = TimeBar(self.clock, {name: window.commands[name] for name in COMMANDS}, window.lang)
        self.tools.addWidget(self.bar)
        self.refresh()

    _store: object = None

    def refresh(self) -> None:
        """Take the layers there are now."""
        data = self._window.workbench.results.data
        self.clock.set_layers(data.layers if data is not None else {})
        self._show()

    def shut(self) -> None:
        """Stop the clock."""
        self.clock.attach(None)

    # -- inside

    def _show(self) -> None:
        self._window.viewport.show_time(self.clock.shown, self.clock.playing)

    def _changed(self) -> None:
        window, clock = self._window, self.clock
        if self._played != clock.playing:  # the last frame of what was played is finished, as it stays
            self._played = clock.playing
            self._show()
        if clock.span is not None and not self._offered and self._store is not None:
            self._offered = True
            self.tools.show()
        for name, checked in (("play", clock.playing), ("live", clock.when.live), ("loop", clock.when.loop)):
            window.commands[name].setChecked(checked)
        window.refresh()

    def _toggle(self) -> None:
        self.tools.setVisible(self.tools.isHidden())
        if not self.tools.isHidden() and self.bar is not None:
            self.bar.ruler.setFocus(Qt.FocusReason.ShortcutFocusReason)
