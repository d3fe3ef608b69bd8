"""The sun of the time and a section through the city: two commands of the window, and the views that follow."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.scene.effects import Effects, Point
    from twin.ui.canvas import Canvas
    from twin.ui.window import MainWindow


class Light(QObject):
    """Lights the views of a window from the sun, and cuts them open.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._plane: tuple[Point, Point] | None = None
        for canvas in self._canvases():
            canvas.made.connect(self._apply)
        window.timing.clock.ticked.connect(lambda _t: self._follow())
        window.timing.clock.changed.connect(self._follow)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for each of its commands."""
        return {"sunlight": self._apply, "section": self._cut}

    # -- inside

    def _canvases(self) -> Iterator[Canvas]:
        return iter((self._window.viewport.canvas, self._window.viewport.beside.canvas))

    def _effects(self) -> Iterator[Effects]:
        return (canvas.scene.effects for canvas in self._canvases() if canvas.scene is not None)

    def _checked(self, name: str) -> bool:
        return self._window.commands[name].isChecked()

    def _follow(self) -> None:
        if self._checked("sunlight"):
            self._apply()

    def _cut(self) -> None:
        """Cut upright through the middle of the view, across the line of sight."""
        self._plane = None
        if self._checked("section"):
            pose = self._window.viewport.navigator.pose
            turn = math.radians(pose.azimuth)
            self._plane = (pose.focus, (-math.sin(turn), -math.cos(turn), 0.0))
        self._apply()

    def _apply(self) -> None:
        sun = self._sun() if self._checked("sunlight") else None
        for effects in self._effects():
            effects.set_sun(sun)
            effects.set_section(self._plane)
        self._window.viewport.request()

    def _sun(self) -> tuple[float, float] | None:
        """Return where the sun stands at the time shown, or now where no time is."""
        store = self._window.session.store
        if store is None:
            return None
        from twin.scene import sun

        shown = self._window.timing.clock.shown
        instant = np.datetime64(round((time.time() if shown is None else shown) * 1000), "ms")
        return sun.position(store.state.city, instant)
