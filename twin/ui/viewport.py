"""The 3D view: canvases, the camera they share, what the pointer does over them, and what lies on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from twin.places import spot
from twin.scene import camera
from twin.state import Pose
from twin.text import tr
from twin.ui import overlay, theme
from twin.ui.beside import Beside
from twin.ui.canvas import Canvas
from twin.ui.navigator import Navigator
from twin.ui.pointer import Pointer
from twin.when import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.state import State, Store

_MARGIN = 12
_AROUND = 60.0
"""Metres around a place of a data layer that are flown to."""


class Viewport(QWidget):
    """One view of the city in the Store, or an empty ground with a loading card."""

    picked = Signal(object)
    """A Hit, or None, was clicked."""
    pose_changed = Signal(object)
    pointer = Signal(object)
    """Ground point (x, y, z) under the pointer, or None."""
    command = Signal(str)
    drawn = Signal()
    """A full frame of a city is on the screen."""
    history_changed = Signal()
    laid_out = Signal()
    """The view has another size, or what lies on it was put in its place."""
    menu_wanted = Signal(QPoint)
    """A menu for what is selected now is wanted at this point of the screen."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewport")
        self._lang = lang
        self.navigator = Navigator(self._ground_at, self._height_at, self)
        self.canvas = Canvas(self, self.navigator)
        self.beside = Beside(self, self.navigator, lang)
        self.hand = Pointer(self, self.canvas, self.navigator)
        self.hand.lang = lang
        self._stop_listening: Callable[[], None] = lambda: None
        self.navigator.moved.connect(self._moved)
        self.navigator.rested.connect(self._rested)
        self.pad = overlay.NavigationPad(self)
        self.scale = overlay.ScaleBar(lang, self)
        self.loading = overlay.LoadingCard(lang, self)
        self._mark = overlay.mark(self)
        self._sources = overlay.chip(self)
        self.hand.picked.connect(self.picked)
        self.hand.ground.connect(self.pointer)
        self.hand.command.connect(self.command)
        self.hand.menu_wanted.connect(self.menu_wanted)
        self.canvas.drawn.connect(self.drawn)
        self.canvas.resized.connect(self._resized)
        self.canvas.made.connect(lambda: self._below(self.canvas))
        self.beside.canvas.made.connect(lambda: self._below(self.beside.canvas))
        self.beside.changed.connect(self._divide)
        for widget in (self.pad, self.scale, self.loading):
            widget.hide()

    # --- city ---------------------------------------------------------------------------------------------------

    def show_city(self, store: Store, mesh: CityMesh, layers: Mapping[str, Layer], pose: Pose | None = None) -> None:
        """Show a city; the camera starts at ``pose`` or sees the whole.

        Parameters
        ----------
        store : Store
            Its changes are drawn from now on.
        mesh : CityMesh
            What :func:`twin.scene.mesh.build` made of the city.
        layers : mapping from id to Layer
            Data layers that the State may show.
        """
        first = self.canvas.store is not store
        self._stop_listening()
        self.canvas.take(store, mesh, layers)
        self._stop_listening = store.listen(self._changed)
        self._make_view()
        self.canvas.resolve(self._lang)
        self._write_on_view()
        for widget in (self.pad, self.scale):
            widget.show()
        if first:
            self._fit_size()
            bounds = store.state.city.bounds()
            self.navigator.begin(Pose((0.0, 0.0, 0.0), 1000.0), bounds)  # not as the city before was looked at
            self.navigator.begin(pose or self.whole(), bounds)
        self._moved()
        self.canvas.draw()  # now, as the shaders know nothing of the camera before the first frame

    def shows(self, store: Store) -> bool:
        """Say whether the city of a Store is on the screen."""
        return self.canvas.store is store

    def show_time(self, t: float | None, played: bool = False) -> None:
        """Show the values of an instant [s] while time runs or is played; None for what the State says."""
        for canvas in (self.canvas, self.beside.canvas):
            canvas.set_time(None if t is None else moment(t), played)

    def exchange(self, mesh: CityMesh, layers: Mapping[str, Layer]) -> None:
        """Show the same city after an edit, looked at as before."""
        self.canvas.take(self.canvas.store, mesh, layers)
        self.hand.forget()
        self._write_on_view()
        if self.canvas.resolve(self._lang):
            self.request()

    def prepare(self) -> None:
        """Make the VTK widget while there is time, before there is a city to show.

        Not on a page that is not on the screen: an OpenGL widget that joins a window unseen stays black in it.
        """
        if self.canvas.store is None and self.isVisible():
            self._make_view()

    def clear(self) -> None:
        """Show nothing (no project is open)."""
        self._stop_listening()
        self._stop_listening = lambda: None
        self.beside.end()
        self.canvas.take(None, None, {})
        self.hand.forget()
        for widget in (self.pad, self.scale, self._mark, self._sources, self.hand.name):
            widget.hide()
        self.canvas.drop()

    def set_language(self, lang: str) -> None:
        """Say names and texts on the view in another language."""
        self._lang = self.hand.lang = lang
        self.loading.set_language(lang)
        if self.canvas.store is not None:
            self.canvas.resolve(lang)
            self.beside.refresh(lang)
            self._write_on_view()
            self._moved()

    def set_theme(self) -> None:
        """Draw map and buttons in the theme that is now in use."""
        self.pad.refresh()
        self.update()
        if self.canvas.store is not None:
            self.canvas.resolve(self._lang)
            self.beside.refresh(self._lang)
            self.request()

    def set_loading(self, title: str) -> None:
        """Show the loading card, or hide it with an empty title."""
        self.loading.title.setText(title)
        self.loading.show_progress(0.0, "")
        self.loading.setVisible(bool(title))
        self._place()

    def whole(self) -> Pose:
        """Return the pose that shows the whole city."""
        return self.navigator.whole(self._aspect())

    def fly_to_selection(self, margin: float = 0.6) -> None:
        """Fly to what is selected, with a share of its size around it."""
        store = self.canvas.store
        selection = store.state.selection if store is not None else None
        if store is None or selection is None:
            return
        if selection.layer:
            layer = self.canvas.layers.get(selection.layer)
            if layer is not None and layer.field.places is not None:
                x, y = spot(layer.field.places, int(selection.ids[0]))
                self.fly_to_box((x - _AROUND, y - _AROUND, x + _AROUND, y + _AROUND))
            return
        table = store.state.city.table(selection.table)
        rows = table[table["id"].isin(selection.ids)]
        if len(rows) and hasattr(rows, "total_bounds"):
            tallest = float(rows["height"].max()) if "height" in rows.columns else 0.0
            west, south, east, north = (float(v) for v in rows.total_bounds)
            self.fly_to_box((west, south, east, north), 0.0 if math.isnan(tallest) else tallest, margin)

    def fly_to_box(self, box: tuple[float, float, float, float], height: float = 0.0, margin: float = 0.6) -> None:
        """Fly to where a box (west, south, east, north) [m], with what stands in it, fills a good part of the view."""
        ground = self._height_at((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        ground = self.navigator.pose.focus[2] if math.isnan(ground) else ground
        self.navigator.fly(camera.around(self.navigator.destination, box, self._aspect(), ground, height, margin))

    def request(self) -> None:
        """Draw a frame as soon as all waiting events are done."""
        self.canvas.keep_clear((self.scale, self._sources, self._mark, self.pad))
        self.canvas.request()
        if self.beside.mode:
            self.beside.canvas.request()

    # --- inside -------------------------------------------------------------------------------------------------

    def _make_view(self) -> None:
        self.canvas.place(self.beside.main)
        self.canvas.make()
        if self.canvas.plotter is not None:
            self.canvas.plotter.setAccessibleName(tr("City view", self._lang))

    def _below(self, canvas: Canvas) -> None:
        """Answer the gestures over a canvas just made, and lay it under all that lies on the view."""
        self.hand.attach(canvas)
        if canvas.plotter is not None and canvas is self.canvas:
            canvas.plotter.lower()

    def _divide(self) -> None:
        """Give the main canvas the room it has now; the camera then looks at the same middle."""
        self.canvas.place(self.beside.main)
        self._fit_size()
        self._place()
        self._moved()

    def _changed(self, old: State, new: State) -> None:
        if self.canvas.resolve(self._lang):
            self.canvas.request()
        if old.city is not new.city:
            self._write_on_view()

    def _moved(self) -> None:
        pose = self.navigator.pose
        self.pad.compass.set_azimuth(pose.azimuth)
        height = max(self.height(), 1)
        if pose.top:
            self.scale.show_scale(pose.distance / height, self._lang)
        else:
            self.scale.show_height(pose.distance * math.sin(math.radians(pose.elevation)), self._lang)
        self.pose_changed.emit(pose)
        self.request()

    def _rested(self) -> None:
        self.history_changed.emit()
        self.request()

    def _resized(self) -> None:
        self._fit_size()
        self._moved()

    def _fit_size(self) -> None:
        self.navigator.set_size(*self.canvas.size)

    def _aspect(self) -> float:
        box = self.beside.main
        return box.width() / max(box.height(), 1)

    def _ground_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        return self.canvas.ground_at(px, py)

    def _height_at(self, x: float, y: float) -> float:
        return self.canvas.height_at(x, y)

    # --- what lies on the view ----------------------------------------------------------------------------------

    def _write_on_view(self) -> None:
        if self.canvas.store is None:
            return
        city = self.canvas.store.state.city
        self._mark.setText(tr("Synthetic, not for decisions", self._lang))
        self._mark.setAccessibleName(self._mark.text())
        self._mark.setVisible(city.synthetic)
        owners = [str(owner) for owner in city.sources["owner"] if str(owner).strip()]
        credit = " · ".join(dict.fromkeys(owners))
        self._sources.setToolTip(credit)
        self._sources.setAccessibleName(tr("Sources: {owners}", self._lang, owners=credit))
        self._sources.setVisible(bool(owners))
        if self.canvas.plotter is not None:
            self.canvas.plotter.setAccessibleName(tr("City view", self._lang))
            self.canvas.plotter.setAccessibleDescription(
                tr("Three-dimensional view of {name}; arrow keys move, F1 lists the keys", self._lang, name=city.name)
            )
        self._place()

    def _place(self) -> None:
        width, height = self.width(), self.height()
        self.canvas.place(self.beside.main)
        self.beside.place()
        self.pad.adjustSize()
        self.pad.move(width - self.pad.width() - _MARGIN, _MARGIN)
        self.scale.move(_MARGIN, height - self.scale.height() - _MARGIN)
        self._mark.adjustSize()
        self._mark.move(_MARGIN, _MARGIN)
        room = max(width - self.scale.width() - 4 * _MARGIN, 80)
        metrics = self._sources.fontMetrics()
        self._sources.setText(metrics.elidedText(self._sources.toolTip(), Qt.TextElideMode.ElideRight, room - 20))
        self._sources.adjustSize()
        self._sources.move(width - self._sources.width() - _MARGIN, height - self._sources.height() - _MARGIN)
        self.loading.adjustSize()
        middle = QPoint((width - self.loading.width()) // 2, (height - self.loading.height()) // 2)
        self.loading.move(middle)
        for widget in (self.scale, self._sources, self._mark, self.pad, self.hand.name, self.loading):
            widget.raise_()
        self.beside.keep_clear(self._mark, self.pad)
        self.laid_out.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep all that lies on the view in its corner."""
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """Take the ground's colour from the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            palette = self.palette()
            palette.setColor(self.backgroundRole(), QColor(theme.current().window))
            if palette != self.palette():
                self.setPalette(palette)

    def focus_view(self) -> None:
        """Put the keyboard into the view."""
        if self.canvas.plotter is not None:
            self.canvas.plotter.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shut(self) -> None:
        """Let go of VTK; the widget cannot show a city again."""
        self.clear()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
