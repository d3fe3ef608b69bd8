"""Where the camera is and how it moves: drags, wheel, keys, flights, and the way back.

Poses come from the pure functions of :mod:`twin.scene.camera`; this class adds time. A timer runs only while
something moves; at rest nothing costs anything.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from twin.scene import camera
from twin.state import Pose

if TYPE_CHECKING:
    from collections.abc import Callable

    Point = tuple[float, float, float]
    Bounds = tuple[float, float, float, float]

Drag = Literal["pan", "orbit"]
Motion = Literal["left", "right", "ahead", "back", "turn_left", "turn_right", "lift", "lower"]

_FRAME = 16
_REST = 180
_KEY_SPEED = 0.55
"""Visible heights per second."""
_TURN_SPEED = 55.0
"""Degrees per second."""
_TAP = 0.09
"""Seconds of motion that one tap of a key is worth."""
_DEGREES_PER_WINDOW = 180.0
_HISTORY = 50


class Navigator(QObject):
    """The pose of one view, changed by gestures.

    Parameters
    ----------
    ground_at : function of (px, py)
        Point under a pixel (device pixels, origin top left), None where there is only sky.
    height_at : function of (x, y) [m]
        Ground height, not a number where it is unknown.
    """

    moved = Signal()
    """The pose is another; a frame is needed."""
    rested = Signal()
    """Motion has ended."""

    def __init__(
        self,
        ground_at: Callable[[float, float], Point | None],
        height_at: Callable[[float, float], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ground_at = ground_at
        self._height_at = height_at
        self._pose = Pose((0.0, 0.0, 0.0), 1000.0)
        self._bounds: Bounds = (0.0, 0.0, 0.0, 0.0)
        self._size = (1, 1)
        self._drag: Drag | None = None
        self._grabbed: Point | None = None
        self._last = (0.0, 0.0)
        self._held: set[Motion] = set()
        self._flight: tuple[Pose, Pose, float, float] | None = None
        self._ticked = 0.0
        self._oblique = 45.0
        self._history: list[Pose] = []
        self._place = -1
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(_FRAME)
        self._clock.timeout.connect(self._tick)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._came_to_rest)

    @property
    def pose(self) -> Pose:
        """Where the camera is now."""
        return self._pose

    @property
    def destination(self) -> Pose:
        """Where the camera will be when the flight is over; the pose itself when there is none."""
        return self._flight[1] if self._flight else self._pose

    @property
    def moving(self) -> bool:
        """Whether a gesture or a flight is under way."""
        return self._drag is not None or self._clock.isActive() or self._rest.isActive()

    def begin(self, pose: Pose, bounds: Bounds) -> None:
        """Start in a new city, at a pose; the way back is forgotten."""
        self._stop()
        self._bounds = bounds
        self._history, self._place = [], -1
        self._put(pose)
        self._came_to_rest()

    def set_size(self, width: int, height: int) -> None:
        """Take the size of the view in device pixels."""
        self._size = (max(width, 1), max(height, 1))

    def fly(self, pose: Pose, seconds: float | None = None) -> None:
        """Fly smoothly to another pose."""
        self._drag = None
        start = self._pose
        duration = camera.flight_seconds(start, pose) if seconds is None else seconds
        if duration <= 0 or start == pose:
            self._put(pose)
            return
        self._flight = (start, pose, time.perf_counter(), duration)
        self._run()

    # --- gestures -----------------------------------------------------------------------------------------------

    def press(self, px: float, py: float, drag: Drag) -> None:
        """Begin a drag at a pixel."""
        self._stop()
        self._drag = drag
        self._last = (px, py)
        self._grabbed = self._ground_at(px, py) if drag == "pan" else None

    def drag(self, px: float, py: float) -> None:
        """Go on with a drag: the ground that was grabbed stays under the pointer, or the view turns."""
        if self._drag == "pan":
            self._pan_to(px, py)
        elif self._drag == "orbit":
            dx, dy = px - self._last[0], py - self._last[1]
            turn = _DEGREES_PER_WINDOW / self._size[1]
            self._put(camera.orbit(self._pose, dx * turn, dy * turn))
        self._last = (px, py)

    def release(self) -> None:
        """End a drag."""
        self._drag = None
        self._rest.start()

    def zoom(self, factor: float, px: float | None = None, py: float | None = None) -> None:
        """Zoom by a factor (< 1 is closer), the point under a pixel staying where it is."""
        self._stop()
        about = self._ground_at(px, py) if px is not None and py is not None else None
        self._put(camera.zoom(self._pose, factor, about))

    def zoom_smoothly(self, factor: float) -> None:
        """Zoom about the middle in a short flight (buttons and keys); repeated calls add up."""
        self.fly(camera.zoom(self.destination, factor), 0.2)

    def hold(self, motion: Motion) -> None:
        """Begin to move as long as a key is held; a tap alone already moves a little."""
        self._flight = None
        if not self._held:
            self._ticked = time.perf_counter()
        self._held.add(motion)
        self._step(motion, _TAP)
        self._run()

    def let_go(self, motion: Motion | None = None) -> None:
        """End one motion of the keyboard, or all (the focus went elsewhere)."""
        self._held = self._held - {motion} if motion else set()

    # --- named moves --------------------------------------------------------------------------------------------

    def whole(self, aspect: float) -> Pose:
        """Return the pose that shows the whole city in the present manner (top or oblique)."""
        west, south, east, north = self._bounds
        ground = self._height_at((west + east) / 2, (south + north) / 2)
        return camera.whole(
            self._bounds, aspect, azimuth=self._pose.azimuth, elevation=40.0, top=self._pose.top,
            ground=0.0 if math.isnan(ground) else ground,
        )  # fmt: skip

    def toggle_top(self) -> None:
        """Look straight down at a true scale, or obliquely again as before."""
        pose = self.destination
        if pose.top:
            self.fly(camera.tilt(pose, self._oblique), 0.5)
        else:
            self._oblique = pose.elevation if pose.elevation < 80 else 45.0
            self.fly(camera.top(pose), 0.5)

    def north_up(self) -> None:
        """Turn north up."""
        self.fly(camera.north(self.destination), 0.4)

    def go(self, step: Literal[-1, 1]) -> None:
        """Fly to the view before (-1) or after (+1) in the history."""
        if 0 <= self._place + step < len(self._history):
            self._place += step
            self.fly(self._history[self._place])

    def can_go(self, step: Literal[-1, 1]) -> bool:
        """Say whether there is a view before or after."""
        return 0 <= self._place + step < len(self._history)

    # --- inside -------------------------------------------------------------------------------------------------

    def _pan_to(self, px: float, py: float) -> None:
        if self._grabbed is None:
            height = self._size[1]
            self._put(camera.move(self._pose, (self._last[0] - px) / height, (py - self._last[1]) / height))
            return
        origin, heading = camera.Projection(self._pose, self._size).ray(px, py)
        if heading[2] > -0.02:
            return
        reach = (self._grabbed[2] - origin[2]) / heading[2]
        now = origin + heading * reach
        if 0 < reach < 60 * self._pose.distance or self._pose.top:
            self._put(camera.pan(self._pose, self._grabbed, (float(now[0]), float(now[1]), self._grabbed[2])))

    def _step(self, motion: Motion, seconds: float) -> None:
        move, turn = _KEY_SPEED * seconds, _TURN_SPEED * seconds
        pose = self._pose
        if motion in ("left", "right"):
            pose = camera.move(pose, move if motion == "right" else -move, 0.0)
        elif motion in ("ahead", "back"):
            pose = camera.move(pose, 0.0, move if motion == "ahead" else -move)
        elif motion in ("turn_left", "turn_right"):
            pose = camera.orbit(pose, turn if motion == "turn_right" else -turn, 0.0)
        else:
            pose = camera.orbit(pose, 0.0, turn if motion == "lift" else -turn)
        self._put(pose)

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._flight is not None:
            start, end, began, duration = self._flight
            t = (now - began) / duration
            if t >= 1:
                self._flight = None
            self._put(camera.fly(start, end, min(t, 1.0)), free=True)
        elif self._held:
            elapsed = min(now - self._ticked, 0.1)
            for motion in self._held:
                self._step(motion, elapsed)
        self._ticked = now
        if self._flight is None and not self._held:
            self._clock.stop()
            self._rest.start()

    def _put(self, pose: Pose, free: bool = False) -> None:
        if not free:
            if self._bounds[2] > self._bounds[0]:
                pose = camera.inside(pose, self._bounds)
            pose = camera.clear_of_ground(pose, self._height_at)
        if pose != self._pose:
            self._pose = pose
            self.moved.emit()
        if not self._clock.isActive() and self._drag is None:
            self._rest.start()

    def _run(self) -> None:
        self._rest.stop()
        if not self._clock.isActive():
            self._ticked = time.perf_counter()
            self._clock.start()

    def _stop(self) -> None:
        self._flight = None
        self._held = set()
        self._clock.stop()

    def _came_to_rest(self) -> None:
        self._rest.stop()
        if self._place < 0 or self._history[self._place] != self._pose:
            del self._history[self._place + 1 :]
            self._history.append(self._pose)
            del self._history[:-_HISTORY]
            self._place = len(self._history) - 1
        self.rested.emit()
