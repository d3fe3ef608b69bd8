"""From Qt's mouse, wheel, touchpad and key events to what the view should do.

Left drag moves the map, as in common map programs; right drag, or Ctrl or Shift with the left button, turns and
tilts; the wheel zooms to the pointer. VTK's own interactor never sees an event. Pixels that leave here are
device pixels with their origin at the top left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from twin.ui.navigator import Drag, Motion, Navigator

_HOVER_EVERY = 40
_ZOOM_PER_STEP = 0.82
_MOVES: dict[Qt.Key, Motion] = {
    Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_Up: "ahead", Qt.Key.Key_Down: "back",
}  # fmt: skip
_TURNS: dict[Qt.Key, Motion] = {
    Qt.Key.Key_Left: "turn_left", Qt.Key.Key_Right: "turn_right", Qt.Key.Key_Up: "lift", Qt.Key.Key_Down: "lower",
}  # fmt: skip
_NAMED = {
    Qt.Key.Key_Home: "whole", Qt.Key.Key_0: "whole", Qt.Key.Key_N: "north", Qt.Key.Key_T: "top",
    Qt.Key.Key_7: "top", Qt.Key.Key_Plus: "zoom_in", Qt.Key.Key_Equal: "zoom_in", Qt.Key.Key_Minus: "zoom_out",
    Qt.Key.Key_Escape: "deselect", Qt.Key.Key_Space: "play",
}  # fmt: skip
_SWALLOWED = {
    QEvent.Type.Enter, QEvent.Type.KeyRelease, QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop,
    QEvent.Type.ContextMenu, QEvent.Type.Gesture,
}  # fmt: skip


class Gestures(QObject):
    """An event filter on the widget that shows the scene."""

    clicked = Signal(float, float)
    entered = Signal(float, float)
    """Enter was pressed: the middle of the view."""
    double_clicked = Signal(float, float)
    hovered = Signal(float, float)
    left = Signal()
    command = Signal(str)
    """A key asked for a command of :mod:`twin.ui.actions`."""
    stepped_back = Signal()
    """Backspace was pressed: take back the last point of what is drawn."""
    menu_wanted = Signal(float, float)
    """The right button was clicked there, or the menu key was pressed (the middle of the view)."""
    resized = Signal()

    def __init__(self, widget: QWidget, navigator: Navigator) -> None:
        super().__init__(widget)
        self._widget = widget
        self._navigator = navigator
        self.corner = (0.0, 0.0)
        """Device pixels of the whole picture that lie left of the widget and above it."""
        self._button = Qt.MouseButton.NoButton
        self._pressed = QPointF()
        self._dragging = False
        self._pointer = QPointF()
        self._hover = QTimer(self)
        self._hover.setSingleShot(True)
        self._hover.setInterval(_HOVER_EVERY)
        self._hover.timeout.connect(self._tell_hover)
        self._handlers = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.KeyPress: self._key,
            QEvent.Type.NativeGesture: self._pinch,
            QEvent.Type.Leave: self._leave,
        }
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what concerns the camera, let the rest (painting, sizing) pass."""
        kind = event.type()
        handler = self._handlers.get(kind)
        if handler is not None:
            return handler(event)
        if kind == QEvent.Type.KeyRelease:
            self._key_up(cast(QKeyEvent, event))
        elif kind == QEvent.Type.FocusOut:
            self._navigator.let_go()
        elif kind == QEvent.Type.Resize:
            self.resized.emit()
        if kind == QEvent.Type.ContextMenu:
            if cast(QContextMenuEvent, event).reason() == QContextMenuEvent.Reason.Keyboard:
                self.menu_wanted.emit(*self._pixel(QPointF(self._widget.width() / 2, self._widget.height() / 2)))
            event.accept()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            event.ignore()
        return kind in _SWALLOWED

    def _pixel(self, place: QPointF) -> tuple[float, float]:
        ratio = self._widget.devicePixelRatioF()
        return place.x() * ratio + self.corner[0], place.y() * ratio + self.corner[1]

    def _press(self, event: QEvent) -> bool:
        mouse = cast(QMouseEvent, event)
        if self._button == Qt.MouseButton.NoButton:
            self._button, self._pressed, self._dragging = mouse.button(), mouse.position(), False
            self._hover.stop()
            self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        return True

    def _drag_of(self, mouse: QMouseEvent) -> Drag:
        turning = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        plain_left = self._button == Qt.MouseButton.LeftButton and not mouse.modifiers() & turning
        return "pan" if plain_left or self._button == Qt.MouseButton.MiddleButton else "orbit"

    def _move(self, event: QEvent) -> bool:
        mouse = cast(QMouseEvent, event)
        self._pointer = mouse.position()
        if self._button == Qt.MouseButton.NoButton:
            if not self._hover.isActive():
                self._hover.start()
            return True
        if not self._dragging:
            moved = (mouse.position() - self._pressed).manhattanLength()
            if moved < QApplication.startDragDistance():
                return True
            self._dragging = True
            self._navigator.press(*self._pixel(self._pressed), self._drag_of(mouse))
            self._widget.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.left.emit()
        self._navigator.drag(*self._pixel(mouse.position()))
        return True

    def _release(self, event: QEvent) -> bool:
        mouse = cast(QMouseEvent, event)
        if mouse.button() != self._button:
            return True
        self._button = Qt.MouseButton.NoButton
        if self._dragging:
            self._dragging = False
            self._navigator.release()
            self._widget.unsetCursor()
        elif mouse.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*self._pixel(mouse.position()))
        elif mouse.button() == Qt.MouseButton.RightButton:
            self.menu_wanted.emit(*self._pixel(mouse.position()))
        return True

    def _double(self, event: QEvent) -> bool:
        mouse = cast(QMouseEvent, event)
        if mouse.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(*self._pixel(mouse.position()))
        return True

    def _wheel(self, event: QEvent) -> bool:
        wheel = cast(QWheelEvent, event)
        steps = wheel.angleDelta().y() / 120.0
        if steps:
            self._navigator.zoom(_ZOOM_PER_STEP**steps, *self._pixel(wheel.position()))
        return True

    def _pinch(self, event: QEvent) -> bool:
        gesture = cast(QNativeGestureEvent, event)
        if gesture.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._navigator.zoom(1.0 / max(1.0 + gesture.value(), 0.2), *self._pixel(gesture.position()))
        return True

    def _key(self, event: QEvent) -> bool:
        key = cast(QKeyEvent, event)
        name = Qt.Key(key.key())
        modifiers = key.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        motions = _TURNS if modifiers == Qt.KeyboardModifier.ShiftModifier else _MOVES
        only_shift = modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if name in motions and only_shift:
            if not key.isAutoRepeat():
                self._navigator.hold(motions[name])
            return True
        if name in _NAMED and only_shift:
            self.command.emit(_NAMED[name])
            return True
        if name in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select):
            self.entered.emit(*self._pixel(QPointF(self._widget.width() / 2, self._widget.height() / 2)))
            return True
        if name == Qt.Key.Key_Backspace:
            self.stepped_back.emit()
            return True
        if name in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False  # the widget itself moves the focus on: no trap
        key.ignore()  # goes on to the parents, but never to VTK's own keys
        return True

    def _key_up(self, key: QKeyEvent) -> None:
        name = Qt.Key(key.key())
        if key.isAutoRepeat():
            return
        for motions in (_MOVES, _TURNS):
            if name in motions:
                self._navigator.let_go(motions[name])

    def _leave(self, event: QEvent) -> bool:
        self._hover.stop()
        self.left.emit()
        return True

    def _tell_hover(self) -> None:
        if not self._navigator.moving:
            self.hovered.emit(*self._pixel(self._pointer))
