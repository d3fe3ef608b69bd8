"""The scenario beside its reference: two canvases in one view, one camera, both named; halves or a curtain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from twin.text import tr
from twin.ui import overlay, theme
from twin.ui.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.state import Store
    from twin.ui.navigator import Navigator

Mode = Literal["", "halves", "curtain"]
_GAP = 2
_GRIP = 22
_MARGIN = 12
_STEP = 0.02
_LEAST, _MOST = 0.03, 0.97


class Curtain(QWidget):
    """The line between the two, which is drawn aside with the mouse or the arrow keys."""

    moved = Signal(float)
    """How far to the right it stands, 0–1 of the view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._share = 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.hide()

    @property
    def share(self) -> float:
        """How far to the right it stands, 0–1 of the view."""
        return self._share

    def set_share(self, share: float) -> None:
        """Draw it aside."""
        share = min(max(share, _LEAST), _MOST)
        if share != self._share:
            self._share = share
            self.moved.emit(share)

    def say(self, lang: str) -> None:
        """Take the language."""
        self.setAccessibleName(tr("Curtain between scenario and reference", lang))
        self.setToolTip(tr("Draw it aside with the mouse or the arrow keys", lang))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        parent = self.parentWidget()
        if event.buttons() & Qt.MouseButton.LeftButton and parent is not None:
            self.set_share(self.mapToParent(event.position().toPoint()).x() / max(parent.width(), 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Follow the arrow keys."""
        steps = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP, Qt.Key.Key_Home: -1.0, Qt.Key.Key_End: 1.0}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.set_share(self._share + step)

    def focusInEvent(self, event: QEvent) -> None:  # type: ignore[override]  # QFocusEvent is one
        """Show that it has the focus."""
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:  # type: ignore[override]
        """Show that it has it no longer."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line and its grip."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() / 2
        painter.fillRect(QRect(round(middle) - 1, 0, 2, self.height()), QColor(tokens.window))
        painter.setPen(QColor(tokens.accent if self.hasFocus() else tokens.edge))
        painter.setBrush(QColor(tokens.field))
        box = QRect(0, 0, _GRIP - 2, _GRIP + 8)
        box.moveCenter(QPoint(round(middle), self.height() // 2))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(tokens.muted))
        for x in (-3, 3):
            painter.drawLine(round(middle) + x, box.top() + 9, round(middle) + x, box.bottom() - 9)
        painter.end()


class Beside(QObject):
    """Holds the canvas of the reference and divides the host between it and the main one."""

    changed = Signal()
    """It came, went, or divides the view in another way."""

    def __init__(self, host: QWidget, navigator: Navigator, lang: str) -> None:
        super().__init__(host)
        self._host, self._lang = host, lang
        self.mode: Mode = ""
        self.canvas = Canvas(host, navigator)
        self._stop: Callable[[], None] = lambda: None
        self.names = overlay.chip(host), overlay.chip(host)
        """Over the scenario and over the reference."""
        self.curtain = Curtain(host)
        self.curtain.moved.connect(lambda _share: self.changed.emit())
        self.canvas.resized.connect(self.canvas.request)

    def show(
        self, mode: Mode, store: Store, mesh: CityMesh, layers: Mapping[str, Layer], names: tuple[str, str]
    ) -> None:
        """Show the reference in one of the two ways, or show it anew.

        Parameters
        ----------
        mode : str
        store : Store
            That shows the reference's city; its changes are followed.
        mesh, layers
            Of the reference.
        names : (str, str)
            What scenario and reference are called.
        """
        canvas = self.canvas
        if canvas.store is not store:
            self._stop()
            self._stop = store.listen(lambda _old, _new: self.refresh(self._lang))
        canvas.take(store, mesh, layers)
        for chip, text, kind in zip(
            self.names, names, (tr("Scenario", self._lang), tr("Reference", self._lang)), strict=True
        ):
            chip.setText(f"{kind}: {text}")
            chip.setAccessibleName(chip.text())
            chip.adjustSize()
            chip.show()
        other, self.mode = mode != self.mode, mode
        self.curtain.setVisible(mode == "curtain")
        self.curtain.say(self._lang)
        if other or canvas.scene is None:
            self.place()
            canvas.make()
            self.changed.emit()
        if canvas.plotter is not None:
            canvas.plotter.setAccessibleName(tr("City view of the reference, {name}", self._lang, name=names[1]))
        if canvas.resolve(self._lang):
            canvas.draw()

    def end(self) -> None:
        """Show the scenario alone."""
        self._stop()
        self._stop = lambda: None
        self.canvas.take(None, None, {})
        self.canvas.drop()
        was, self.mode = self.mode, ""
        for widget in (*self.names, self.curtain):
            widget.hide()
        if was:
            self.changed.emit()

    def refresh(self, lang: str) -> None:
        """Draw what the State, the theme or the language made another."""
        self._lang = lang
        if self.mode and self.canvas.resolve(lang):
            self.canvas.request()

    @property
    def main(self) -> QRect:
        """Where the main canvas lies."""
        box = self._host.rect()
        return QRect(0, 0, (box.width() - _GAP) // 2, box.height()) if self.mode == "halves" else box

    def keep_clear(self, *others: QWidget) -> None:
        """Move a name beside what lies in its place, or below it where there is no room."""
        edge = self.seen.right()
        for chip in self.names:
            for other in (one.geometry() for one in others if one.isVisible()):
                if not chip.geometry().intersects(other):
                    continue
                left = chip is self.names[0]
                x = other.right() + 8 if left else other.left() - 8 - chip.width()
                if (x + chip.width() < edge) if left else (x > edge):
                    chip.move(x, chip.y())
                else:
                    chip.move(chip.x(), other.bottom() + 8)

    @property
    def seen(self) -> QRect:
        """What is seen of the main canvas."""
        box = self.main
        return box.adjusted(0, 0, self.curtain.x() + _GRIP // 2 - box.width(), 0) if self.mode == "curtain" else box

    def place(self) -> None:
        """Divide the host anew."""
        if not self.mode:
            return
        box, left = self._host.rect(), self.main
        if self.mode == "halves":
            self.canvas.place(QRect(box.width() - left.width(), 0, left.width(), box.height()))
            middles = left.center().x(), box.width() - left.center().x()
        else:
            at = round(self.curtain.share * box.width())
            self.canvas.place(QRect(at, 0, box.width() - at, box.height()), box)
            self.curtain.setGeometry(at - _GRIP // 2, 0, _GRIP, box.height())
            middles = at // 2, (at + box.width()) // 2
        for chip, middle in zip(self.names, middles, strict=True):
            chip.move(min(max(middle - chip.width() // 2, 0), box.width() - chip.width()), _MARGIN)
        if self.canvas.plotter is not None:
            self.canvas.plotter.raise_()
        for widget in (self.curtain, *self.names):
            widget.raise_()
