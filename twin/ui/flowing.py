"""The clock of what flows on the map: frames while something moves and somebody can see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from twin.scene.view import SceneView

_LEAST = 50
_SHARE = 4
"""A frame is drawn no oftener than every fourth of its own time, so that the rest of the window answers."""


class Flowing(QObject):
    """Draws again and again while a view shows something that flows; rests while the view is not on the screen.

    Parameters
    ----------
    view : QWidget
        The view; asked whether it can be seen.
    draw : function
        Draws a frame.
    """

    def __init__(self, view: QWidget, draw: Callable[[], None]) -> None:
        super().__init__(view)
        self._view = view
        self._draw = draw
        self._scene: SceneView | None = None
        self._began = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    def follow(self, scene: SceneView | None) -> None:
        """Look whether something flows in what is shown now."""
        self._scene = scene
        if scene is None or not scene.moving:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start(_LEAST)

    def _tick(self) -> None:
        if self._scene is None or not self._scene.moving:
            return
        start = time.perf_counter()
        if self._view.isVisible() and not self._view.window().isMinimized():
            self._scene.set_seconds(time.monotonic() - self._began)
            self._draw()
        took = 1000.0 * (time.perf_counter() - start)
        self._timer.start(max(_LEAST, round(_SHARE * took)))
