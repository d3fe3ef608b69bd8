"""One 3D view: shows Drawables through a plotter, by differences; no Qt, no decisions about what is shown."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from twin.scene import camera, labelling
from twin.scene.camera import Projection
from twin.scene.draw import renewal
from twin.scene.draw.backdrop import Backdrop, Drawn
from twin.scene.draw.coarse import Coarse
from twin.scene.draw.overlay import Look
from twin.scene.draw.scenery import Scenery
from twin.scene.effects import Effects
from twin.scene.meeting import Ray
from twin.scene.pace import Pace
from twin.scene.palette import rgb
from twin.scene.picking import Hit, Picker
from twin.state import Pose, layer_table

if TYPE_CHECKING:
    import pyvista as pv
    from numpy.typing import NDArray

    from twin.scene.effects import Aside
    from twin.scene.labelling import Box
    from twin.scene.resolve import Drawables

_SAMPLES = 4


class SceneView:
    """The scene in a pyvista plotter (a window's QtInteractor or an off-screen one).

    All calls belong on the thread that owns the plotter. Nothing is drawn but by :meth:`render`.

    Parameters
    ----------
    plotter : pyvista.BasePlotter
        Its interactor style, keys and lights are switched off: the owner drives the camera by :meth:`set_pose`.
    """

    def __init__(self, plotter: pv.BasePlotter) -> None:
        self._plotter = plotter
        self._renderer = plotter.renderer
        self._window = plotter.render_window
        self._pose = Pose((0.0, 0.0, 0.0), 1000.0)
        self._drawables: Drawables | None = None
        self._scenery: Scenery | None = None
        self._picker: Picker | None = None
        self._hidden: NDArray[np.bool_] | None = None
        self._framed: tuple[object, ...] = ()
        self._named: tuple[object, ...] = ()
        self._drawn_pose: Pose | None = None
        self._pace = Pace()
        self._coarse = Coarse(self._window, self._renderer)
        self._backdrop = Backdrop(self._window, self._renderer)
        self._apart = True
        """While time is played, what stays is drawn once: nothing of it need be left out."""
        self._refined: tuple[object, ...] = ()
        self.effects = Effects()
        """Sun, section and what is done where the camera rests."""
        self.patient = False
        """Every frame has smooth edges, however long that takes: nobody waits for the next one."""
        self.hurried = False
        """Frames follow one another, as time is played: none stays, so none is finished."""
        self.covered: tuple[Box, ...] = ()
        """Where something else is drawn over the view, so that no name belongs there."""
        self._sheet: tuple[tuple[int, int], tuple[int, int]] | None = None
        self.pixel_ratio = max(self._window.GetDPI() / 72.0, 1.0)
        """Device pixels per point: letters, symbols and thin lines grow with it."""
        self._quieten()

    def _quieten(self) -> None:
        interactor = self._window.GetInteractor()
        if interactor is not None:
            interactor.SetInteractorStyle(None)
        if self._plotter.iren is not None:
            self._plotter.iren.clear_key_event_callbacks()
        self._renderer.RemoveAllLights()
        self._renderer.SetAutomaticLightCreation(False)
        self._renderer.SetUseOIT(False)
        self._renderer.SetUseDepthPeeling(False)
        self._plotter.camera_set = True

    # --- what is shown -----------------------------------------------------------------------------------------

    def show(self, drawables: Drawables) -> None:
        """Take what is to be drawn; only what differs from before is changed. Draws nothing itself."""
        old = self._drawables
        self._coarse.close()
        if self._scenery is None or old is None or drawables.mesh is not old.mesh:
            if self._scenery is not None and renewal.fits(self._scenery.mesh, drawables.mesh):
                self._scenery.take_mesh(drawables.mesh)
            else:
                if self._scenery is not None:
                    self._scenery.close()
                self._scenery = Scenery(drawables.mesh, self._renderer)
            self._picker = Picker(drawables.mesh)
            self.effects.attach(self._scenery, drawables.sun, drawables.section)
            self._pace.expect(len(drawables.mesh.solids.faces))
            self._framed = self._named = ()
            old = None
        else:
            if drawables.overlays != old.overlays:
                self._framed = self._named = ()  # new layers must be told where the camera is
            if drawables.sun != old.sun:
                self.effects.set_sun(drawables.sun)
            if drawables.section != old.section:
                self.effects.set_section(drawables.section)
        self._scenery.apply(drawables, old)
        if old is None or drawables.palette != old.palette:
            self._renderer.SetBackground(*rgb(drawables.palette.horizon))
        if old is None or drawables.hidden != old.hidden:
            self._hidden = None
            if drawables.hidden:
                self._hidden = np.isin(drawables.mesh.ids["buildings"], list(drawables.hidden))
        self._drawables = drawables

    def set_time(self, time: np.datetime64 | None) -> None:
        """Show the values of a time (UTC) between those of the layers; None shows their last. Sets uniforms only."""
        if self._scenery is not None:
            self._scenery.set_time(time)

    @property
    def moving(self) -> bool:
        """Whether something flows, so that frames differ while nothing else changes."""
        return self._scenery is not None and self._scenery.moving

    def set_seconds(self, seconds: float) -> None:
        """Turn the clock of what flows (drawn by the next :meth:`render`)."""
        if self._scenery is not None:
            self._scenery.set_seconds(seconds % 3600.0)

    def refine(self, aside: Aside | None = None) -> bool:
        """Let the next frames at this pose have what takes long; say whether there is a better one to draw now.

        With ``aside`` (:meth:`twin.scene.effects.Effects.refine`) finer light is found beside the window, and there is
        a better frame once it has come.
        """
        if self._scenery is None or self._picker is None or self._refined == (self._pose, self._drawables):
            return False
        self._refined = (self._pose, self._drawables)
        x, y, z = self._pose.focus
        mesh = self._scenery.mesh
        focus = (x - mesh.origin[0], y - mesh.origin[1], z)
        eye = mesh.local(camera.eye(self._pose))[0]
        return self.effects.refine(focus, self._pose.distance, eye, self._picker, aside)

    def hover(self, hit: Hit | None) -> None:
        """Mark what the pointer is on, or nothing."""
        if self._scenery is not None:
            self._scenery.hover(hit)

    def render(self) -> None:
        """Draw a frame: at once while the camera moves, with names chosen anew and smooth edges when it rests."""
        # The first frame of a city is finished at once: nobody may come to draw another.
        moving = self._pose != self._drawn_pose
        still = not self._framed or not (moving or self.hurried)
        self._drawn_pose = self._pose
        self._frame(still, moving and not still)
        if still:
            self._write_names()
        share = self._pace.share if moving and not still else 1.0
        if self._scenery is not None:
            self._coarse.draw(share, self._scenery.passes["labels"].actors)
        smooth = self.patient or self._pace.smooth(still, self._refined == (self._pose, self._drawables))
        smooth = smooth and share == 1.0
        self._window.SetMultiSamples(_SAMPLES if smooth else 0)
        start = time.perf_counter()
        drawn: Drawn = "whole"
        if moving or self._scenery is None:
            self._window.Render()
        else:
            drawn = self._backdrop.draw(self._scenery.order, self._framed)
        if moving or still:
            self._apart = True
        elif drawn != "begun":  # which says nothing of the frames that follow
            self._apart = drawn == "over"
        if moving or still or not self._apart:
            self._pace.took(time.perf_counter() - start, smooth and drawn != "over", still, moving)

    def settle(self) -> None:
        """Make the next frame a finished one even if the camera has just moved."""
        self._drawn_pose = self._pose

    def image(self) -> NDArray[np.uint8]:
        """Return the last frame, shape (height, width, 3), row 0 at the top."""
        width, height = self._window.GetSize()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        return np.array(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1])

    def close(self) -> None:
        """Take everything out of the plotter; the plotter itself stays its owner's."""
        self._coarse.close()
        self._backdrop.close()
        if self._scenery is not None:
            self._scenery.close()
        self._scenery = self._picker = self._drawables = None

    # --- camera ------------------------------------------------------------------------------------------------

    @property
    def pose(self) -> Pose:
        """Where the camera looks."""
        return self._pose

    def set_pose(self, pose: Pose) -> None:
        """Move the camera (drawn by the next :meth:`render`); it is kept above the ground."""
        if self._drawables is not None:
            pose = camera.clear_of_ground(pose, self._drawables.mesh.height_at)
        self._pose = pose

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in device pixels."""
        width, height = self._sheet[0] if self._sheet else self._window.GetSize()
        return max(int(width), 1), max(int(height), 1)

    def set_sheet(self, size: tuple[int, int] | None, corner: tuple[int, int] = (0, 0)) -> None:
        """Draw a piece of a larger picture: the window shows what lies from ``corner`` (left, top) in ``size``.

        Without a size the window shows a picture of its own.
        """
        self._sheet = None if size is None else (size, corner)

    def metres_per_pixel(self) -> float:
        """Return the size [m] of a pixel at the focus; everywhere in a top view."""
        return Projection(self._pose, self.size).metres_per_pixel()

    # --- what is where -----------------------------------------------------------------------------------------

    def pick(self, px: float, py: float) -> Hit | None:
        """Return what is drawn at a pixel (device pixels, origin top left)."""
        if self._picker is None or self._drawables is None:
            return None
        origin, direction = Projection(self._pose, self.size).ray(px, py)
        base, paints = self._drawables.base, self._drawables.paints
        shown = {table for table, entry in _PICKED_BY.items() if base[entry] > 0}
        shown |= {kind for kind in ("roads", "paths", "zones") if kind in paints}
        if "points" in paints:
            shown.add("places")
        hit = self._picker.hit(origin, direction, self._pixel(), shown | {"terrain"}, self._hidden)
        return hit if hit is not None and hit.table == "places" else self._over(origin, direction, hit)

    def _over(self, origin: NDArray[np.float64], direction: NDArray[np.float64], hit: Hit | None) -> Hit | None:
        """Return the place of a layer that is drawn over what of the city is hit, else that."""
        if self._scenery is None or self._drawables is None or not self._drawables.overlays:
            return hit
        start = self._drawables.mesh.local(origin)[0]
        reach = math.inf if hit is None else math.dist(hit.point, origin)
        ground = reach if hit is not None and hit.table in ("terrain", "zones") else None
        ray = Ray(start, direction, self._pixel(), reach, ground, self.pixel_ratio)
        found = self._scenery.meet(ray)
        if found is None:
            return hit
        layer, met = found
        x, y, z = origin + direction * met.distance
        return Hit(layer_table(layer.id), str(met.row), (float(x), float(y), float(z)), met.count)

    def ground_at(self, px: float, py: float) -> tuple[float, float, float] | None:
        """Return the point of the ground under a pixel, None in the sky."""
        if self._picker is None or self._drawables is None:
            return None
        origin, direction = Projection(self._pose, self.size).ray(px, py)
        start = self._drawables.mesh.local(origin)[0]
        distance = self._picker.ground(start, direction)
        if distance is None:
            return None
        x, y, z = origin + direction * distance
        return float(x), float(y), float(z)

    def _pixel(self) -> float:
        """Return the size of a pixel per metre of distance; negative and in metres in parallel projection."""
        projection = Projection(self._pose, self.size)
        return -projection.metres_per_pixel() if self._pose.top else projection.metres_per_pixel(1.0)

    # --- a frame -----------------------------------------------------------------------------------------------

    def _frame(self, still: bool, moving: bool) -> None:
        """Bring camera and uniforms to the pose and the size of the window."""
        if self._scenery is None or self._drawables is None:
            return
        level = 0 if still or (self._apart and not moving) else self._pace.level
        whole = self.patient or (still and self._refined == (self._pose, self._drawables))
        size = tuple(self._window.GetSize())
        state = (self._pose, self.size, self._sheet, size, self.pixel_ratio, level, still, moving, whole)
        if state == self._framed:
            return
        self._framed = state
        mesh = self._drawables.mesh
        width, height = self.size
        aspect = width / height
        eye = mesh.local(camera.eye(self._pose))[0]
        right, up, forward = camera.axes(self._pose)
        near, far = self._depths(eye)
        view = self._renderer.GetActiveCamera()
        view.SetPosition(*eye)
        view.SetFocalPoint(*(eye + forward * max(near * 2, 10.0)))
        view.SetViewUp(*up)
        view.SetParallelProjection(self._pose.top)
        half = camera.visible_height(self._pose) / 2
        slope = half / (1.0 if self._pose.top else self._pose.distance)
        crop = self._crop()
        # A new matrix each time: the camera does not notice when the one it has is written to.
        view.SetExplicitProjectionTransformMatrix(_projection((slope, aspect), (near, far), self._pose.top, crop))
        view.SetUseExplicitProjectionTransformMatrix(True)
        bias = 2 * (0.05 + half * 2e-4) / (far - near) if self._pose.top else 2 * near * 3e-4
        closest = 1.0 if self._pose.top else max(near, float(eye[2]) - mesh.top)
        self._scenery.near(2 * slope / height * self.pixel_ratio * closest, level)
        x, y, z = self._pose.focus
        focus = (x - mesh.origin[0], y - mesh.origin[1], z)
        point = 2 * slope / height * self.pixel_ratio
        corner = slope * math.hypot(1.0, aspect)
        look = Look(_triple(eye), focus, point, self._pose.top, self.pixel_ratio, _triple(forward), corner)
        self._scenery.follow(look, still, self._pace.budget if moving else math.inf, whole)
        piece = self._window.GetSize()
        self._scenery.set_all(
            uEye=_triple(eye),
            uRight=_triple(right),
            uUp=_triple(up),
            uForward=_triple(forward),
            uPerspective=0.0 if self._pose.top else 1.0,
            uPix=2 * slope / height,
            uPoint=point,
            uBias=bias,
            uSlope=(slope * aspect, slope),
            uWindow=(float(piece[0]), float(piece[1])),
            uCrop=crop,
            uScale=self.pixel_ratio,
        )
        self._scenery.passes["edges"].thicken(max(1.0, self._drawables.palette.edge_width * self.pixel_ratio))

    def _crop(self) -> tuple[float, float, float, float]:
        """Return middle and half size of the window in the whole picture, which spans −1…1."""
        if self._sheet is None:
            return 0.0, 0.0, 1.0, 1.0
        (width, height), (left, top) = self._sheet
        wide, tall = self._window.GetSize()
        return (2 * left + wide) / width - 1.0, 1.0 - (2 * top + tall) / height, wide / width, tall / height

    def _write_names(self) -> None:
        """Choose the names anew where the view is another than when they were chosen."""
        if self._scenery is None or self._drawables is None or self._picker is None:
            return
        if self._drawables.base["labels"] <= 0:
            return
        tall = self._drawables.base["buildings"] > 0.5
        shown = (self._pose, self.size, self.pixel_ratio, self.covered)
        state = (*shown, tall, self._drawables.hidden, self._scenery.names)
        if state == self._named:
            return
        self._named = state
        mesh = self._drawables.mesh
        x, y, z = self._pose.focus
        pose = dataclasses.replace(self._pose, focus=(x - mesh.origin[0], y - mesh.origin[1], z))
        eye, picker, hidden = camera.eye(pose), self._picker, self._hidden

        def blocked(point: NDArray[np.float64]) -> bool:
            return picker.blocked(eye, point, hidden)

        hide = blocked if tall and not self._pose.top else None
        lettering = self._scenery.lettering
        chosen = labelling.place(
            self._scenery.names, lettering.widths, Projection(pose, self.size), self.pixel_ratio, hide,
            covered=self.covered,
        )  # fmt: skip
        self._scenery.write(chosen.tolist(), self.pixel_ratio)

    def _depths(self, eye: NDArray[np.float64]) -> tuple[float, float]:
        assert self._drawables is not None
        mesh = self._drawables.mesh
        west, south, east, north = mesh.ground.bounds
        size = max(east - west, north - south, 500.0)
        middle = np.array([(west + east) / 2, (south + north) / 2])
        if self._pose.top:
            return max(float(eye[2]) - mesh.top - 50.0, 1.0), float(eye[2]) - float(mesh.ground.heights.min()) + 50.0
        near = max(0.6, 0.8 * (float(eye[2]) - mesh.top - 5.0))
        return near, float(math.dist(eye[:2], middle)) + 17.0 * size + abs(float(eye[2]))


_PICKED_BY = {"buildings": "buildings", "roads": "streets", "paths": "paths", "places": "places"}


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _projection(
    opening: tuple[float, float],
    depths: tuple[float, float],
    parallel: bool,
    crop: tuple[float, float, float, float],
) -> vtkMatrix4x4:
    """Return the projection: half height at distance 1 and aspect, near and far, and which part of the picture."""
    (slope, aspect), (near, far) = opening, depths
    x, y, wide, tall = crop
    shift = 3 if parallel else 2
    sign = 1.0 if parallel else -1.0
    matrix = vtkMatrix4x4()
    matrix.Zero()
    matrix.SetElement(0, 0, 1 / (slope * aspect) / wide)
    matrix.SetElement(1, 1, 1 / slope / tall)
    matrix.SetElement(0, shift, -sign * x / wide)
    matrix.SetElement(1, shift, -sign * y / tall)
    if parallel:
        matrix.SetElement(2, 2, -2 / (far - near))
        matrix.SetElement(2, 3, -(far + near) / (far - near))
        matrix.SetElement(3, 3, 1.0)
    else:
        matrix.SetElement(2, 2, -(far + near) / (far - near))
        matrix.SetElement(2, 3, -2 * far * near / (far - near))
        matrix.SetElement(3, 2, -1.0)
    return matrix
