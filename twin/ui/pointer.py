"""What the pointer does over the canvases of a view: it selects, names what it is on, or serves a drawing tool."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QPoint, Qt, Signal

from twin.scene import camera
from twin.state import Selection
from twin.text import N_, number, tr
from twin.ui import overlay
from twin.ui.describe_place import place_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from PySide6.QtWidgets import QWidget

    from twin.layer import Layer
    from twin.scene.picking import Hit
    from twin.state import State
    from twin.ui.canvas import Canvas
    from twin.ui.navigator import Navigator

_MARGIN = 12


class Pointing(Protocol):
    """A tool that takes what is pointed at; pixels are device pixels, origin top left."""

    def click(self, px: float, py: float, centre: bool) -> None:
        """Take a click, or Enter in the middle of the view."""

    def hover(self, px: float, py: float) -> None:
        """Follow the pointer."""

    def leave(self) -> None:
        """Learn that the pointer left the view."""

    def step_back(self) -> None:
        """Take back the last point."""

    def cancel(self) -> None:
        """Put the tool down."""


class Pointer(QObject):
    """Answers the gestures of the main canvas, and of one beside it that shows another city from the same place."""

    picked = Signal(object)
    """A Hit, or None, was clicked."""
    ground = Signal(object)
    """Ground point (x, y, z) under the pointer, or None."""
    command = Signal(str)
    menu_wanted = Signal(QPoint)
    """A menu for what is selected now is wanted at this point of the screen."""

    def __init__(self, host: QWidget, main: Canvas, navigator: Navigator) -> None:
        super().__init__(host)
        self._host, self._main, self._navigator = host, main, navigator
        self._canvases: list[Canvas] = []
        self._tool: Pointing | None = None
        self._hit: tuple[Canvas, Hit] | None = None
        self.name = overlay.chip(host)
        self.lang = "sv"

    def attach(self, canvas: Canvas) -> None:
        """Answer what happens over a canvas, whose widget was just made."""
        gestures = canvas.gestures
        if gestures is None:
            return
        self._canvases = [one for one in self._canvases if one is not canvas and one.scene is not None] + [canvas]
        gestures.clicked.connect(partial(self._click, canvas))
        gestures.entered.connect(partial(self._click, canvas, centre=True))
        gestures.double_clicked.connect(self._double_click)
        gestures.hovered.connect(partial(self._hovered, canvas))
        gestures.menu_wanted.connect(partial(self._want_menu, canvas))
        gestures.stepped_back.connect(self._step_back)
        gestures.left.connect(self.leave)
        gestures.command.connect(self._key_command)
        self._show_cursor()

    def take(self, tool: Pointing | None) -> None:
        """Give clicks, Enter, Backspace and Esc to a tool; None gives them back to selecting."""
        self._tool = tool
        self._show_cursor()
        self.leave()

    def forget(self) -> None:
        """Know nothing of what the pointer is on: another city is shown."""
        self._hit = None

    def leave(self) -> None:
        """Learn that the pointer is over no canvas."""
        if self._tool is not None:
            self._tool.leave()
        self.name.hide()
        self.ground.emit(None)
        self._mark(None)

    # --- inside -------------------------------------------------------------------------------------------------

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.ArrowCursor if self._tool is None else Qt.CursorShape.CrossCursor
        for canvas in self._canvases:
            if canvas.plotter is not None:
                canvas.plotter.setCursor(shape)

    def _key_command(self, name: str) -> None:
        if self._tool is not None and name == "deselect":
            self._tool.cancel()
        else:
            self.command.emit(name)

    def _step_back(self) -> None:
        if self._tool is not None:
            self._tool.step_back()

    def _click(self, canvas: Canvas, px: float, py: float, centre: bool = False) -> None:
        store = self._main.store
        if canvas.scene is None or store is None:
            return
        if self._tool is not None:
            self._tool.click(px, py, centre)
            return
        hit = canvas.scene.pick(px, py)
        if hit is not None and canvas is not self._main and not self._known(hit):
            return  # it stands in the other city only
        if hit is not None and hit.count > 1:
            self._navigator.fly(camera.approach(self._navigator.destination, hit.point))
            return
        chosen = Selection(hit.table, (hit.id,)) if hit is not None and hit.table != "terrain" else None
        if chosen != store.state.selection:
            store.change("Select", undoable=False, selection=chosen)
        self.picked.emit(hit)

    def _want_menu(self, canvas: Canvas, px: float, py: float) -> None:
        if self._tool is None:
            self._click(canvas, px, py)
            at = self._in_host(canvas, px, py)
            self.menu_wanted.emit(self._host.mapToGlobal(at))

    def _double_click(self, px: float, py: float) -> None:
        if self._tool is not None:
            return
        point = self._main.ground_at(px, py)
        if point is not None:
            self._navigator.fly(camera.approach(self._navigator.destination, point))

    def _hovered(self, canvas: Canvas, px: float, py: float) -> None:
        if canvas.scene is None:
            return
        if self._tool is not None:
            self._tool.hover(px, py)
            self.ground.emit(canvas.scene.ground_at(px, py))
            return
        hit = canvas.scene.pick(px, py)
        self.ground.emit(hit.point if hit is not None else canvas.scene.ground_at(px, py))
        self._mark(None if hit is None else (canvas, hit))
        self._show_name(canvas, hit, px, py)

    def _mark(self, at: tuple[Canvas, Hit] | None) -> None:
        before, after = (None if one is None else (one[0], one[1].table, one[1].id) for one in (self._hit, at))
        if before == after:
            return
        old = None if self._hit is None else self._hit[0]
        self._hit = at
        for canvas in {one for one in (old, None if at is None else at[0]) if one is not None}:
            if canvas.scene is not None:
                canvas.scene.hover(at[1] if at is not None and at[0] is canvas else None)
                canvas.request()

    def _show_name(self, canvas: Canvas, hit: Hit | None, px: float, py: float) -> None:
        text = ""
        if hit is not None and canvas.store is not None:
            state = canvas.store.state
            text = hover_text(state, hit, canvas.layers, self.lang, canvas.time or state.time.moment)
        self.name.setVisible(bool(text))
        if text:
            self.name.setText(text)
            self.name.adjustSize()
            at = self._in_host(canvas, px, py)
            x = min(at.x() + 16, self._host.width() - self.name.width() - _MARGIN)
            y = min(at.y() + 18, self._host.height() - self.name.height() - _MARGIN)
            self.name.move(x, y)
            self.name.raise_()

    def _known(self, hit: Hit) -> bool:
        """Say whether what was hit in another city is in that of the main canvas too."""
        if hit.layer:
            return hit.layer in self._main.layers
        store = self._main.store
        return hit.table == "terrain" or (
            store is not None and bool((store.state.city.table(hit.table)["id"] == hit.id).any())
        )

    def _in_host(self, canvas: Canvas, px: float, py: float) -> QPoint:
        if canvas.plotter is None or canvas.gestures is None:
            return QPoint()
        ratio = self._host.devicePixelRatioF()
        left, top = canvas.gestures.corner
        return canvas.plotter.pos() + QPoint(round((px - left) / ratio), round((py - top) / ratio))


def hover_text(
    state: State,
    hit: Hit,
    layers: Mapping[str, Layer] | None = None,
    lang: str = "sv",
    time: np.datetime64 | None = None,
) -> str:
    """Return the name of what is under the pointer, of a data layer its value; "" when there is none worth showing."""
    if hit.table == "terrain":
        return ""
    if hit.layer:
        layer = (layers or {}).get(hit.layer)
        return "" if layer is None else _value_there(layer, hit, lang, time)
    table = state.city.table(hit.table)
    rows = table.loc[table["id"] == hit.id]
    for column in ("name", "address"):
        if len(rows) and column in rows.columns:
            value = rows.iloc[0][column]
            if isinstance(value, str) and value.strip():
                return value
    return ""


def _value_there(layer: Layer, hit: Hit, lang: str, time: np.datetime64 | None) -> str:
    """Return the value of a place of a layer, with its text or the layer's title; of a crowd how many it is."""
    from twin.sensors.onmap import PREFIX  # here, as the start page need not wait for it

    if layer.id.startswith(PREFIX):
        return ""  # the panel of sensors tells more of them
    title, place = tr(layer.title, lang), int(hit.id)
    if hit.count > 1:
        return f"{title}: {tr(N_('{n} points'), lang, n=number(hit.count, lang, 0))}"
    if not 0 <= place < layer.field.values.shape[-1]:
        return ""
    named = layer.texts[place] if place < len(layer.texts) else ""
    return f"{named or title}: {place_value(layer, place, lang, time)}"
