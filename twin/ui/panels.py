"""The docks of the window and what stands in them for the project that is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction

    from twin.state import Pose, Store
    from twin.ui.actions import Actions
    from twin.ui.clock import Clock
    from twin.ui.opening import CityData
    from twin.ui.questions.asking import Asking
    from twin.ui.tasks import Tasks

_TITLES = {
    "layers": N_("Layers"),
    "questions": N_("What if…?"),
    "inspector": N_("Inspector"),
    "bookmarks": N_("Bookmarks"),
    "jobs": N_("Background work"),
    "scenarios": N_("Scenarios"),
    "traffic": N_("Traffic"),
    "indicators": N_("Indicators"),
    "streets": N_("Street table"),
    "parameters": N_("Parameters"),
    "sensors": N_("Sensors"),
}
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
_PLACES = {"layers": _LEFT, "bookmarks": _LEFT, "indicators": _BOTTOM, "streets": _BOTTOM, "parameters": _BOTTOM}
_BELOW = ("indicators", "parameters")
_LATER = ("traffic", "jobs", "indicators", "streets", "parameters")
"""Docks that are hidden at first; the indicators come with the first edit."""
_WIDTHS = (288, 376)
"""Of the docks at the sides [px], where a line of text is as high as :data:`_LINE`."""
_LINE = 16.0
_HEIGHT = 210
_WIDE = {"sensors": 460}
"""Docks that need more room than the others; it is made when they are brought."""


@dataclass(frozen=True)
class Content:
    """What the panels are filled from."""

    store: Store
    data: CityData
    pose: Callable[[], Pose]
    asking: Asking
    clock: Clock


class Panels(QObject):
    """The docks: layers and bookmarks on the left; the others as tabs on the right, the table of indicators below."""

    fly_to = Signal(object)
    to_selection = Signal()

    def __init__(self, window: QMainWindow, actions: Actions, tasks: Tasks, lang: str) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._tasks = tasks
        self._lang = lang
        self._content: Content | None = None
        self.docks = {name: self._dock(name) for name in _TITLES}
        self.arrange()
        self.hide_all()
        tasks.started.connect(self._track)
        tasks.progressed.connect(self._refresh)
        tasks.finished.connect(self._refresh)

    def fill(self, content: Content | None, lang: str) -> None:
        """Make the panels of a project, or of none; also when the language is another."""
        self._content, self._lang = content, lang
        for name, dock in self.docks.items():
            dock.setWindowTitle(tr(_TITLES[name], lang))
            old = dock.widget()
            new = self._panel(name, content) if content is not None else QWidget()
            dock.setWidget(new)
            if old is not None:
                old.setParent(None)
                old.deleteLater()

    def refresh_data(self, data: CityData) -> None:
        """Give the layer panel what was derived from another City."""
        if self._content is not None:
            data = replace(data, streams=self._content.data.streams)
            self._content = replace(self._content, data=data)
            for name in ("layers", "inspector"):
                self._give_layers(self.docks[name].widget(), data)

    def layer_actions(self) -> list[QAction | None]:
        """Return the layer panel's own commands for the menu, None for a separating line."""
        from twin.ui.layer_dock import LayerDock

        panel = self.docks["layers"].widget()
        if not isinstance(panel, LayerDock):
            return []
        return [panel.add_menu.menuAction(), panel.remove_action, None, panel.up_action, panel.down_action, None]

    def show_layers(self, shown: bool) -> None:
        """Show or hide all layers."""
        from twin.ui.layer_dock import LayerDock

        panel = self.docks["layers"].widget()
        if isinstance(panel, LayerDock):
            panel.show_all() if shown else panel.hide_all()

    def show_style(self, id: str) -> None:
        """Make a data layer current and show its style."""
        from twin.ui.layer_dock import LayerDock

        panel = self.docks["layers"].widget()
        if isinstance(panel, LayerDock):
            panel.tree.make_current(id)
            panel.style_button.setChecked(True)

    def arrange(self) -> None:
        """Put the docks where they are at first."""
        for name, dock in self.docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(_PLACES.get(name, _RIGHT), dock)
        first = self.docks["questions"]
        for name in ("inspector", "scenarios", "traffic", "sensors", "jobs"):
            self._window.tabifyDockWidget(first, self.docks[name])
        self._window.tabifyDockWidget(self.docks["layers"], self.docks["bookmarks"])
        self._window.tabifyDockWidget(self.docks["indicators"], self.docks["streets"])
        self.set_widths()

    def set_widths(self) -> None:
        """Make the docks as wide as they are at first (Qt listens only once they are shown)."""
        both = [self.docks["layers"], self.docks["questions"]]
        larger = self._window.fontMetrics().height() / _LINE
        self._window.resizeDocks(both, [round(width * larger) for width in _WIDTHS], Qt.Orientation.Horizontal)

    def show_first(self) -> None:
        """Show what is shown at first."""
        for name, dock in self.docks.items():
            dock.setVisible(name not in _LATER)
        self.docks["layers"].raise_()
        self.docks["questions"].raise_()

    def hide_all(self) -> None:
        """Hide every dock."""
        for dock in self.docks.values():
            dock.hide()

    def toggle(self, name: str) -> None:
        """Show a dock, bring it to the front, or hide it when it is there already."""
        dock = self.docks[name]
        if dock.isVisible() and not dock.visibleRegion().isEmpty():
            dock.hide()
        else:
            self.bring(name)

    def reveal(self, name: str) -> None:
        """Show a dock; those below the view, which stand side by side, at a moderate height."""
        dock = self.docks[name]
        below = _BELOW if name in _BELOW else (*_BELOW, name)
        was = [self.docks[other] for other in below if self.docks[other].isVisible()]
        dock.show()
        dock.raise_()
        if name in _WIDE and dock.width() < _WIDE[name] and not dock.isFloating():
            wide = partial(self._window.resizeDocks, [dock], [_WIDE[name]], Qt.Orientation.Horizontal)
            QTimer.singleShot(0, self, wide)
        if _PLACES.get(name) is _BOTTOM and dock not in was and not dock.isFloating():
            both = [*was, dock] if name in _BELOW else [dock]
            sizes, along = [_HEIGHT], Qt.Orientation.Vertical
            if was and name not in _BELOW:
                return
            if was:
                sizes, along = [self._window.width() // 2] * len(both), Qt.Orientation.Horizontal
            QTimer.singleShot(0, self, partial(self._window.resizeDocks, both, sizes, along))

    def bring(self, name: str) -> None:
        """Show a dock and put the focus into it."""
        dock = self.docks[name]
        self.reveal(name)
        panel = dock.widget()
        if panel is not None:
            target = next((w for w in panel.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus), panel)
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def add_bookmark(self) -> None:
        """Keep the present view; its name can be written at once."""
        from twin.ui.bookmarks import BookmarkPanel

        panel = self.docks["bookmarks"].widget()
        if isinstance(panel, BookmarkPanel):
            self.docks["bookmarks"].show()
            self.docks["bookmarks"].raise_()
            panel.add_current()

    # --- inside -------------------------------------------------------------------------------------------------

    def _dock(self, name: str) -> QDockWidget:
        dock = QDockWidget(tr(_TITLES[name], self._lang), self._window)
        dock.setObjectName(f"dock.{name}")
        dock.setAllowedAreas(_LEFT | _RIGHT | Qt.DockWidgetArea.BottomDockWidgetArea)
        action = self._actions[name]
        dock.visibilityChanged.connect(lambda _shown: action.setChecked(not dock.isHidden()))
        return dock

    def _panel(self, name: str, content: Content) -> QWidget:
        # Imported here: the start page is shown without them.
        from twin.ui.bookmarks import BookmarkPanel
        from twin.ui.indicators import IndicatorPanel
        from twin.ui.inspector import Inspector
        from twin.ui.jobs_panel import JobsPanel
        from twin.ui.layer_dock import LayerDock
        from twin.ui.parameters import ParameterPanel
        from twin.ui.scenario_dock import ScenarioDock

        if name == "layers":
            layers = LayerDock(content.store, self._lang)
            self._give_layers(layers, content.data)
            return layers
        if name == "inspector":
            inspector = Inspector(content.store, self._lang)
            inspector.set_streams(content.data.streams)
            inspector.set_layers(content.data.layers)
            inspector.zoom_requested.connect(self.to_selection)
            return inspector
        if name == "questions":
            from twin.ui.questions.panel import QuestionPanel

            return QuestionPanel(content.asking, self._lang)
        if name == "scenarios":
            return ScenarioDock(content.store, self._lang)
        if name == "traffic":
            from twin.ui.traffic_panel import TrafficPanel

            return TrafficPanel(self._lang)
        if name == "streets":
            from twin.ui.street_panel import StreetPanel

            return StreetPanel(self._lang)
        if name == "parameters":
            return ParameterPanel(content.store, self._lang)
        if name == "indicators":
            return IndicatorPanel(content.store, self._lang)
        if name == "sensors":
            from twin.ui.sensors.panel import SensorPanel

            return SensorPanel(content.store, self._lang)
        if name == "bookmarks":
            bookmarks = BookmarkPanel(content.store, self._lang)
            bookmarks.set_pose_source(content.pose)
            bookmarks.fly_to.connect(self.fly_to)
            return bookmarks
        panel = JobsPanel(content.store, self._lang)
        for task in self._tasks.running:
            panel.track(task)
        return panel

    def _give_layers(self, panel: QWidget | None, data: CityData) -> None:
        from twin.ui.inspector import Inspector
        from twin.ui.layer_dock import LayerDock

        if isinstance(panel, Inspector):
            panel.set_layers(data.layers)
        if isinstance(panel, LayerDock):
            panel.set_available(data.dropins)
            panel.set_layers(data.layers, data.errors)

    def _track(self, task: object) -> None:
        from twin.ui.jobs_panel import JobsPanel

        panel = self.docks["jobs"].widget()
        if isinstance(panel, JobsPanel):
            panel.track(task)  # type: ignore[arg-type]  # signals carry objects

    def _refresh(self, task: object) -> None:
        from twin.ui.jobs_panel import JobsPanel

        panel = self.docks["jobs"].widget()
        if isinstance(panel, JobsPanel):
            panel.refresh(task)  # type: ignore[arg-type]
