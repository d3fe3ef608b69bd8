"""A city drawn in a VTK widget: made when it can be seen, brought to the State, drawn on request."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from twin.ui import theme
from twin.ui.aside import Aside
from twin.ui.flowing import Flowing
from twin.ui.gestures import Gestures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from PySide6.QtWidgets import QWidget
    from pyvistaqt import QtInteractor

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.scene.resolve import Drawables
    from twin.scene.view import SceneView
    from twin.state import Store
    from twin.ui.navigator import Navigator

_SETTLE = 120
_REST = 220
"""Milliseconds of rest after which light, shadows and edges are drawn finer."""


class Canvas(QObject):
    """One picture of one city on a host widget, looked at through a Navigator that several may share.

    Attributes
    ----------
    store, mesh, layers
        What is drawn; ``store`` is None while there is nothing.
    scene, plotter, gestures, drawables
        None until :meth:`make`.
    """

    drawn = Signal()
    """A full frame is on the screen."""
    made = Signal()
    resized = Signal()

    def __init__(self, host: QWidget, navigator: Navigator) -> None:
        super().__init__(host)
        self._host, self._navigator = host, navigator
        self.store: Store | None = None
        self.mesh: CityMesh | None = None
        self.layers: Mapping[str, Layer] = {}
        self.scene: SceneView | None = None
        self.plotter: QtInteractor | None = None
        self.gestures: Gestures | None = None
        self.drawables: Drawables | None = None
        self.time: np.datetime64 | None = None
        """The instant (UTC) shown while time runs."""
        self._box = QRect()
        self._whole = QRect()
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(0)
        self._frame.timeout.connect(self.draw)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self.request)
        self._flowing = Flowing(host, self.draw)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._refine)
        self._aside: Aside | None = None

    def take(self, store: Store | None, mesh: CityMesh | None, layers: Mapping[str, Layer]) -> None:
        """Take what is drawn from the next :meth:`resolve` on."""
        self.store, self.mesh, self.layers = store, mesh, layers

    def make(self) -> None:
        """Make the VTK widget, below what lies on the host.

        Not on a page that is not on the screen: an OpenGL widget that joins a window unseen stays black in it.
        """
        if self.scene is not None:
            return
        from pyvistaqt import QtInteractor  # here, as VTK takes a second to load and the start page need not wait

        from twin.scene.view import SceneView

        self.plotter = QtInteractor(self._host, auto_update=False, multi_samples=0)
        self.plotter.setAcceptDrops(False)
        self.plotter.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plotter.setObjectName("scene")
        self.plotter.set_background(theme.current().window)
        self.gestures = Gestures(self.plotter, self._navigator)
        self.gestures.resized.connect(self._resized)
        self.plotter.setGeometry(self._box)
        self.plotter.show()
        self.scene = SceneView(self.plotter)
        self._aside = Aside(self)
        self._aside.failed.connect(self._failed)
        self._fit()
        self.made.emit()

    def drop(self) -> None:
        """Let go of the VTK widget."""
        self._frame.stop()
        self._settle.stop()
        self._rest.stop()
        self._flowing.follow(None)
        if self._aside is not None:
            self._aside.close()
            self._aside.deleteLater()
            self._aside = None
        if self.scene is not None:
            self.scene.close()
        if self.plotter is not None:
            self.plotter.close()
            self.plotter.setParent(None)
            self.plotter.deleteLater()
        self.scene = self.plotter = self.gestures = self.drawables = None

    def place(self, box: QRect, whole: QRect | None = None) -> None:
        """Lie in a box of the host; with ``whole`` the box shows its piece of a picture of that size."""
        self._box, self._whole = QRect(box), QRect(whole or box)
        if self.plotter is not None:
            self.plotter.setGeometry(box)
            self._fit()

    def resolve(self, lang: str) -> bool:
        """Bring the scene to the State; say whether it is another now."""
        if self.store is None or self.mesh is None or self.scene is None:
            return False
        from twin.scene import sun
        from twin.scene.resolve import resolve

        state, look = self.store.state, theme.current().map
        drawables = resolve(state, self.mesh, self.layers, look, lang, time=self.time, now=sun.now())
        if drawables == self.drawables:
            return False
        self.drawables = drawables
        self.scene.show(drawables)
        self._flowing.follow(self.scene)
        return True

    def set_time(self, time: np.datetime64 | None, played: bool = False) -> None:
        """Show the values of an instant (UTC) while time runs; None for what the State says.

        While it is ``played`` frames follow one another and none is finished.
        """
        self.time = time
        if self.scene is not None and self.store is not None:
            self.scene.hurried = played
            self.scene.set_time(time)
            self.request()

    def request(self) -> None:
        """Draw a frame as soon as all waiting events are done."""
        if not self._frame.isActive():
            self._frame.start()

    def draw(self) -> None:
        """Draw a frame now."""
        self._frame.stop()
        if self.scene is None or self.plotter is None or self.store is None:
            return
        self.scene.set_pose(self._navigator.pose)
        self.scene.render()
        self._rest.start()
        if self.plotter.ren_win.GetReadyForRendering():
            self.drawn.emit()

    def _refine(self) -> None:
        if self.scene is not None and self.scene.refine(self._found_aside):
            self.draw()

    def _failed(self, error: BaseException) -> None:
        raise error

    def _found_aside(self, work: Callable[[], Any], take: Callable[[Any], None]) -> None:
        """Let finer light be found beside the window, as that takes longer than a frame; then draw it."""
        scene, pose = self.scene, self._navigator.pose

        def then(found: Any) -> None:
            if self.scene is not scene or scene is None:
                return
            take(found)
            if self._navigator.pose == pose:
                self.draw()

        assert self._aside is not None
        self._aside.do(work, then)

    def picture(self) -> QImage | None:
        """Return the scene as it is drawn, without what lies on it; None when there is none."""
        if self.scene is None or self.store is None:  # a view made ready ahead has drawn nothing yet
            return None
        pixels = self.scene.image()
        height, width = pixels.shape[:2]
        return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def graphics(self) -> str:
        """Say which graphics card and driver draw, as far as VTK knows."""
        if self.plotter is None:
            return ""
        said = str(self.plotter.ren_win.ReportCapabilities())
        return "\n".join(line.strip() for line in said.splitlines() if line.startswith("OpenGL ") and "ext" not in line)

    def ground_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        """Return the point of the ground under a device pixel, None in the sky."""
        return None if self.scene is None else self.scene.ground_at(px, py)

    def wall_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        """Return the point of a building under a device pixel, None where none is."""
        hit = None if self.scene is None else self.scene.pick(px, py)
        return hit.point if hit is not None and hit.table == "buildings" else None

    def height_at(self, x: float, y: float) -> float:
        """Return the height [m] of the ground, nan where there is none."""
        return math.nan if self.mesh is None else self.mesh.height_at(x, y)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole picture in device pixels."""
        ratio = self._host.devicePixelRatioF()
        return round(self._whole.width() * ratio), round(self._whole.height() * ratio)

    def keep_clear(self, widgets: Sequence[QWidget]) -> None:
        """Write no names under widgets that lie on the host."""
        if self.scene is None:
            return
        ratio, corner = self._host.devicePixelRatioF(), self._whole.topLeft()
        boxes = [one.geometry().translated(-corner) for one in widgets if not one.isHidden()]
        self.scene.covered = tuple(
            (box.left() * ratio, box.top() * ratio, (box.right() + 1) * ratio, (box.bottom() + 1) * ratio)
            for box in boxes
        )

    def _fit(self) -> None:
        if self.scene is None or self.gestures is None:
            return
        ratio = self._host.devicePixelRatioF()
        self.scene.pixel_ratio = ratio
        corner = (self._box.topLeft() - self._whole.topLeft()) * ratio
        self.gestures.corner = (float(corner.x()), float(corner.y()))
        self.scene.set_sheet(None if self._box == self._whole else self.size, (corner.x(), corner.y()))

    def _resized(self) -> None:
        # The widget can draw the scene itself in each paint. It may do so once after a change of size, as there is
        # no frame of that size; otherwise a paint only shows the last frame.
        if self.plotter is not None:
            self.plotter.iren.interactor.EnableRenderOn()
            QTimer.singleShot(0, self, self._after_resize)

    def _after_resize(self) -> None:
        if self.plotter is not None:
            self._fit()
            self.plotter.iren.interactor.EnableRenderOff()
            self.resized.emit()
            # VTK may take the new size only with the next paint; a frame of the old size would stay, stretched
            self._settle.start()
