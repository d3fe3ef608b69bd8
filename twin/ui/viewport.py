"""The 3D view: holds the VTK widget, draws a frame when something changed, carries what lies on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from twin.scene import camera
from twin.state import Pose, Selection
from twin.text import tr
from twin.ui import overlay, theme
from twin.ui.flowing import Flowing
from twin.ui.gestures import Gestures
from twin.ui.navigator import Navigator
from twin.when import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from pyvistaqt import QtInteractor

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.scene.picking import Hit
    from twin.scene.resolve import Drawables
    from twin.scene.view import SceneView
    from twin.state import State, Store

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
        self._store: Store | None = None
        self._mesh: CityMesh | None = None
        self._layers: Mapping[str, Layer] = {}
        self._scene: SceneView | None = None
        self._plotter: QtInteractor | None = None
        self._hit: Hit | None = None
        self._pointing: Pointing | None = None
        self._drawables: Drawables | None = None
        self._time: np.datetime64 | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self.navigator = Navigator(self._ground_at, self._height_at, self)
        self.navigator.moved.connect(self._moved)
        self.navigator.rested.connect(self._rested)
        self.pad = overlay.NavigationPad(self)
        self.scale = overlay.ScaleBar(lang, self)
        self.loading = overlay.LoadingCard(lang, self)
        self._mark = overlay.mark(self)
        self._sources = overlay.chip(self)
        self._name = overlay.chip(self)
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(0)
        self._frame.timeout.connect(self.draw)
        self._flowing = Flowing(self, self.draw)
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
        first = self._store is not store
        self._stop_listening()
        self._store, self._mesh, self._layers = store, mesh, layers
        self._stop_listening = store.listen(self._changed)
        self._make_view()
        self._resolve()
        self._write_on_view()
        for widget in (self.pad, self.scale):
            widget.show()
        if first:
            self._fit_size()
            bounds = store.state.city.bounds()
            self.navigator.begin(Pose((0.0, 0.0, 0.0), 1000.0), bounds)  # not as the city before was looked at
            self.navigator.begin(pose or self.whole(), bounds)
        self._moved()
        self.draw()  # now, as the shaders know nothing of the camera before the first frame

    def shows(self, store: Store) -> bool:
        """Say whether the city of a Store is on the screen."""
        return self._store is store

    def set_layers(self, layers: Mapping[str, Layer]) -> None:
        """Take other data layers of the city that is shown."""
        self._layers = layers
        if self._resolve():
            self.request()

    def show_time(self, t: float | None) -> None:
        """Show the values of an instant [s] while time runs; None for what the State says."""
        self._time = None if t is None else moment(t)
        if self._scene is not None and self._store is not None:
            self._scene.set_time(self._time)
            self.request()

    def exchange(self, mesh: CityMesh, layers: Mapping[str, Layer]) -> None:
        """Show the same city after an edit, looked at as before."""
        self._mesh = mesh
        self._hit = None
        self._write_on_view()
        self.set_layers(layers)

    def prepare(self) -> None:
        """Make the VTK widget while there is time, before there is a city to show.

        Not on a page that is not on the screen: an OpenGL widget that joins a window unseen stays black in it.
        """
        if self._store is None and self.isVisible():
            self._make_view()

    def clear(self) -> None:
        """Show nothing (no project is open)."""
        self._stop_listening()
        self._stop_listening = lambda: None
        self._store = self._mesh = self._hit = None
        self._layers = {}
        for widget in (self.pad, self.scale, self._mark, self._sources, self._name):
            widget.hide()
        self._drop_view()

    def set_language(self, lang: str) -> None:
        """Say names and texts on the view in another language."""
        self._lang = lang
        self.loading.set_language(lang)
        if self._store is not None:
            self._resolve()
            self._write_on_view()
            self._moved()

    def set_theme(self) -> None:
        """Draw map and buttons in the theme that is now in use."""
        self.pad.refresh()
        self.update()
        if self._store is not None:
            self._resolve()
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
        selection = self._store.state.selection if self._store is not None else None
        if self._store is None or selection is None:
            return
        table = self._store.state.city.table(selection.table)
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

    def graphics(self) -> str:
        """Say which graphics card and driver draw, as far as VTK knows."""
        if self._plotter is None:
            return ""
        said = str(self._plotter.ren_win.ReportCapabilities())
        return "\n".join(line.strip() for line in said.splitlines() if line.startswith("OpenGL ") and "ext" not in line)

    # --- frames -------------------------------------------------------------------------------------------------

    def request(self) -> None:
        """Draw a frame as soon as all waiting events are done."""
        if not self._frame.isActive():
            self._frame.start()

    def draw(self) -> None:
        """Draw a frame now."""
        self._frame.stop()
        if self._scene is None or self._plotter is None or self._store is None:
            return
        self._scene.set_pose(self.navigator.pose)
        self._scene.render()
        if self._plotter.ren_win.GetReadyForRendering():
            self.drawn.emit()

    def scene_picture(self) -> QImage | None:
        """Return the scene as it is drawn, without what lies on it; None when there is none."""
        if self._scene is None or self._store is None:  # a view made ready ahead has drawn nothing yet
            return None
        pixels = self._scene.image()
        height, width = pixels.shape[:2]
        return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    # --- inside -------------------------------------------------------------------------------------------------

    def _make_view(self) -> None:
        if self._scene is not None:
            return
        from pyvistaqt import QtInteractor  # here, as VTK takes a second to load and the start page need not wait

        from twin.scene.view import SceneView

        self._plotter = QtInteractor(self, auto_update=False, multi_samples=0)
        self._plotter.setAcceptDrops(False)
        self._plotter.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plotter.setObjectName("scene")
        self._plotter.setAccessibleName(tr("City view", self._lang))
        self._plotter.set_background(theme.current().window)
        self._gestures = Gestures(self._plotter, self.navigator)
        self._gestures.clicked.connect(self._click)
        self._gestures.entered.connect(self._enter)
        self._gestures.double_clicked.connect(self._double_click)
        self._gestures.hovered.connect(self._hovered)
        self._gestures.menu_wanted.connect(self._want_menu)
        self._gestures.stepped_back.connect(self._step_back)
        self._gestures.left.connect(self._unhover)
        self._gestures.command.connect(self._key_command)
        self._gestures.resized.connect(self._resized)
        self._plotter.setGeometry(self.rect())
        self._plotter.lower()
        self._plotter.show()
        self._scene = SceneView(self._plotter)

    def _drop_view(self) -> None:
        self._frame.stop()
        self._flowing.follow(None)
        if self._scene is not None:
            self._scene.close()
        if self._plotter is not None:
            self._plotter.close()
            self._plotter.setParent(None)
            self._plotter.deleteLater()
        self._scene = self._plotter = self._drawables = None

    def _resolve(self) -> bool:
        """Bring the scene to the State; say whether it is another now."""
        if self._store is None or self._mesh is None or self._scene is None:
            return False
        from twin.scene.resolve import resolve

        name = theme.current().name
        drawables = resolve(self._store.state, self._mesh, self._layers, name, self._lang, time=self._time)
        if drawables == self._drawables:
            return False
        self._drawables = drawables
        self._scene.show(drawables)
        self._flowing.follow(self._scene)
        return True

    def _changed(self, old: State, new: State) -> None:
        if self._resolve():
            self.request()
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
        # The widget can draw the scene itself in each paint. It may do so once after a change of size, as there is
        # no frame of that size; otherwise a paint only shows the last frame.
        if self._plotter is not None:
            self._plotter.iren.interactor.EnableRenderOn()
            QTimer.singleShot(0, self, self._after_resize)

    def _after_resize(self) -> None:
        if self._plotter is not None:
            self._fit_size()
            self._plotter.iren.interactor.EnableRenderOff()
            self._moved()

    def _fit_size(self) -> None:
        ratio = self.devicePixelRatioF()
        if self._scene is not None:
            self._scene.pixel_ratio = ratio
        self.navigator.set_size(round(self.width() * ratio), round(self.height() * ratio))

    def _aspect(self) -> float:
        return self.width() / max(self.height(), 1)

    def _ground_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        return None if self._scene is None else self._scene.ground_at(px, py)

    def _height_at(self, x: float, y: float) -> float:
        return math.nan if self._mesh is None else self._mesh.height_at(x, y)

    # --- picking ------------------------------------------------------------------------------------------------

    def set_pointing(self, tool: Pointing | None) -> None:
        """Give clicks, Enter, Backspace and Esc to a tool; None gives them back to selecting."""
        self._pointing = tool
        if self._plotter is not None:
            shape = Qt.CursorShape.ArrowCursor if tool is None else Qt.CursorShape.CrossCursor
            self._plotter.setCursor(shape)
        self._unhover()

    def ground_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        """Return the point of the ground under a device pixel, None in the sky."""
        return self._ground_at(px, py)

    def height_at(self, x: float, y: float) -> float:
        """Return the height [m] of the ground, nan where there is none."""
        return self._height_at(x, y)

    def _key_command(self, name: str) -> None:
        if self._pointing is not None and name == "deselect":
            self._pointing.cancel()
        else:
            self.command.emit(name)

    def _enter(self, px: float, py: float) -> None:
        self._click(px, py, centre=True)

    def _step_back(self) -> None:
        if self._pointing is not None:
            self._pointing.step_back()

    def _click(self, px: float, py: float, centre: bool = False) -> None:
        if self._scene is None or self._store is None:
            return
        if self._pointing is not None:
            self._pointing.click(px, py, centre)
            return
        hit = self._scene.pick(px, py)
        chosen = Selection(hit.table, (hit.id,)) if hit is not None and hit.table != "terrain" else None
        if chosen != self._store.state.selection:
            self._store.change("Select", undoable=False, selection=chosen)
        self.picked.emit(hit)

    def _want_menu(self, px: float, py: float) -> None:
        if self._pointing is not None:
            return
        self._click(px, py)
        if self._plotter is not None:
            ratio = self.devicePixelRatioF()
            self.menu_wanted.emit(self._plotter.mapToGlobal(QPoint(round(px / ratio), round(py / ratio))))

    def _double_click(self, px: float, py: float) -> None:
        if self._pointing is not None:
            return
        point = self._ground_at(px, py)
        if point is not None:
            self.navigator.fly(camera.approach(self.navigator.destination, point))

    def _hovered(self, px: float, py: float) -> None:
        if self._scene is None:
            return
        if self._pointing is not None:
            self._pointing.hover(px, py)
            self.pointer.emit(self._scene.ground_at(px, py))
            return
        hit = self._scene.pick(px, py)
        self.pointer.emit(hit.point if hit is not None else self._scene.ground_at(px, py))
        before, after = (None if h is None else (h.table, h.id) for h in (self._hit, hit))
        if before != after:
            self._hit = hit
            self._scene.hover(hit)
            self.request()
        self._show_name(hit, px, py)

    def _unhover(self) -> None:
        if self._pointing is not None:
            self._pointing.leave()
        self._name.hide()
        self.pointer.emit(None)
        if self._hit is not None and self._scene is not None:
            self._hit = None
            self._scene.hover(None)
            self.request()

    def _show_name(self, hit: Hit | None, px: float, py: float) -> None:
        text = "" if hit is None or self._store is None else hover_text(self._store.state, hit)
        self._name.setVisible(bool(text))
        if text:
            self._name.setText(text)
            self._name.adjustSize()
            ratio = self.devicePixelRatioF()
            x = min(px / ratio + 16, self.width() - self._name.width() - _MARGIN)
            y = min(py / ratio + 18, self.height() - self._name.height() - _MARGIN)
            self._name.move(round(x), round(y))

    # --- what lies on the view ----------------------------------------------------------------------------------

    def _write_on_view(self) -> None:
        if self._store is None:
            return
        city = self._store.state.city
        self._mark.setText(tr("Synthetic, not for decisions", self._lang))
        self._mark.setAccessibleName(self._mark.text())
        self._mark.setVisible(city.synthetic)
        owners = [str(owner) for owner in city.sources["owner"] if str(owner).strip()]
        self._sources.setText(" · ".join(dict.fromkeys(owners)))
        self._sources.setAccessibleName(tr("Sources: {owners}", self._lang, owners=self._sources.text()))
        self._sources.setVisible(bool(owners))
        if self._plotter is not None:
            self._plotter.setAccessibleName(tr("City view", self._lang))
            self._plotter.setAccessibleDescription(
                tr("Three-dimensional view of {name}; arrow keys move, F1 lists the keys", self._lang, name=city.name)
            )
        self._place()

    def _place(self) -> None:
        width, height = self.width(), self.height()
        if self._plotter is not None:
            self._plotter.setGeometry(self.rect())
        self.pad.adjustSize()
        self.pad.move(width - self.pad.width() - _MARGIN, _MARGIN)
        self.scale.move(_MARGIN, height - self.scale.height() - _MARGIN)
        self._mark.adjustSize()
        self._mark.move(_MARGIN, _MARGIN)
        self._sources.setMaximumWidth(max(width - 260, 120))
        self._sources.adjustSize()
        self._sources.move(width - self._sources.width() - _MARGIN, height - self._sources.height() - _MARGIN)
        self.loading.adjustSize()
        middle = QPoint((width - self.loading.width()) // 2, (height - self.loading.height()) // 2)
        self.loading.move(middle)
        for widget in (self.scale, self._sources, self._mark, self.pad, self._name, self.loading):
            widget.raise_()
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
        if self._plotter is not None:
            self._plotter.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shut(self) -> None:
        """Let go of VTK; the widget cannot show a city again."""
        self.clear()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def hover_text(state: State, hit: Hit) -> str:
    """Return the name of what is under the pointer, "" when it has none worth showing."""
    if hit.table == "terrain":
        return ""
    table = state.city.table(hit.table)
    rows = table.loc[table["id"] == hit.id]
    for column in ("name", "address"):
        if len(rows) and column in rows.columns:
            value = rows.iloc[0][column]
            if isinstance(value, str) and value.strip():
                return value
    return ""
