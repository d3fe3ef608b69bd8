"""The sun of the time and a section through the city: two commands of the window, and the light while time runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from twin.text import N_
from twin.when import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.ui.window import MainWindow


class Light(QObject):
    """Puts sun and section into the State of a window, and shows the sun of a running time.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.timing.clock.ticked.connect(lambda _t: self._follow())
        window.timing.clock.changed.connect(self._follow)
        window.session.opened.connect(self._check)
        window.session.status_changed.connect(self._check)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for each of its commands."""
        return {"sunlight": self._light, "section": self._cut}

    # -- inside

    def _check(self) -> None:
        store = self._window.session.store
        if store is not None:
            self._window.commands["sunlight"].setChecked(store.state.sunlit)
            self._window.commands["section"].setChecked(store.state.section is not None)

    def _light(self) -> None:
        store = self._window.session.store
        if store is not None:
            store.change(N_("Sun of the time"), sunlit=not store.state.sunlit)

    def _cut(self) -> None:
        """Cut upright through the middle of the view, across the line of sight; or make the city whole again."""
        store = self._window.session.store
        if store is None:
            return
        plane = None
        if store.state.section is None:
            pose = self._window.viewport.navigator.pose
            turn = math.radians(pose.azimuth)
            plane = (pose.focus, (-math.sin(turn), -math.cos(turn), 0.0))
        store.change(N_("Section"), section=plane)

    def _follow(self) -> None:
        """Light the views from the sun of the instant shown, which runs outside the State."""
        store = self._window.session.store
        if store is None or not store.state.sunlit:
            return
        from twin.scene import sun

        shown = self._window.timing.clock.shown
        position = sun.position(store.state.city, sun.now() if shown is None else moment(shown))
        viewport = self._window.viewport
        for canvas in (viewport.canvas, viewport.beside.canvas):
            if canvas.scene is not None:
                canvas.scene.effects.set_sun(position)
        viewport.request()
