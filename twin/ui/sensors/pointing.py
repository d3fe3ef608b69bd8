"""What the pointer says of sensors: values under it, streams chosen by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QToolTip

from twin.sensors.onmap import PREFIX, hover_text
from twin.sensors.states import ages

if TYPE_CHECKING:
    from twin.ui.sensors.sensing import Sensing
    from twin.ui.window import MainWindow

_PIXELS = 14.0
"""How near to a symbol the pointer must be."""


class Pointing(QObject):
    """Follows the pointer over the map while a layer of sensors is shown."""

    def __init__(self, sensing: Sensing, window: MainWindow) -> None:
        super().__init__(sensing)
        self._sensing, self._window = sensing, window
        self._said: tuple[int, ...] = ()
        window.viewport.pointer.connect(self._over)
        window.viewport.picked.connect(self._picked)

    def at(self, x: float, y: float) -> list[int]:
        """Return the streams of the spot nearest to a point [m], where that is near enough on the screen."""
        where = self._sensing.read.where
        if where is None or not len(where.xy) or not self._shown:
            return []
        distance = np.hypot(where.xy[:, 0] - x, where.xy[:, 1] - y)
        if not np.isfinite(distance).any():
            return []
        nearest = int(np.nanargmin(distance))
        if distance[nearest] > _PIXELS * self._metres_per_pixel:
            return []
        same = np.hypot(*(where.xy - where.xy[nearest]).T) < 0.5
        return [int(i) for i in np.flatnonzero(same)]

    @property
    def _shown(self) -> bool:
        store = self._window.session.store
        return store is not None and any(one.visible and one.id.startswith(PREFIX) for one in store.state.layers)

    @property
    def _metres_per_pixel(self) -> float:
        from twin.scene.camera import visible_height

        view = self._window.viewport
        return visible_height(view.navigator.pose) / max(view.height(), 1)

    def _over(self, point: object) -> None:
        sids = self.at(*cast("tuple[float, float, float]", point)[:2]) if point is not None else []
        if tuple(sids) == self._said:
            return
        self._said = tuple(sids)
        if not sids:
            QToolTip.hideText()
            return
        QToolTip.showText(QCursor.pos(), self.text(sids), self._window.viewport)

    def text(self, sids: list[int]) -> str:
        """Say what is measured at a spot at the time shown, a line for each quantity."""
        sensing = self._sensing
        frame = sensing.frame
        if frame is None:
            return ""
        how, age = sensing.how(), ages(frame)
        first = sensing.read.streams[sids[0]]
        lines = [first.name or first.sensor]
        for sid in sids[:12]:
            if sid < len(frame.value):
                one = sensing.read.streams[sid]
                lines.append(hover_text(one, float(frame.value[sid]), float(age[sid]), int(how[sid]), sensing.lang))
        return "\n".join(lines)

    def _picked(self, hit: object) -> None:
        point = getattr(hit, "point", None)
        if point is not None:
            sids = self.at(float(point[0]), float(point[1]))
            if sids:
                self._sensing.choose(sids)
