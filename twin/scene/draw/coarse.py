"""Frames of fewer pixels, stretched over the window: what a slow machine draws while the camera moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtkmodules.util.vtkConstants import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkRenderingCore import vtkRenderer
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLTexture, vtkTextureObject

from twin.scene.draw import cards
from twin.scene.draw.gpu import Pass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtkmodules.vtkRenderingCore import vtkActor
    from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderWindow


class Coarse:
    """Lets a renderer draw in a corner of its window and lays that corner over the whole.

    Names stay sharp: they are written over the stretched picture.

    Parameters
    ----------
    window : vtkOpenGLRenderWindow
    renderer : vtkRenderer
        Draws the city; the only one of the window.
    """

    def __init__(self, window: vtkOpenGLRenderWindow, renderer: vtkRenderer) -> None:
        self._window, self._renderer = window, renderer
        self._share, self._layers = 1.0, 1
        self._over: vtkRenderer | None = None
        self._frame: vtkTextureObject | None = None
        self._observer = 0
        self._lent: list[vtkActor] = []

    def draw(self, share: float, names: Sequence[vtkActor]) -> None:
        """Draw the next frames in this share of the window's width and height; 1 draws them as they are.

        Parameters
        ----------
        share : float
            0–1.
        names : sequence of vtkActor
            Of the renderer's actors those that are drawn over the stretched picture.
        """
        if share >= 1.0:
            self.close()
            return
        if self._over is None:
            self._begin()
        assert self._over is not None
        if self._lent != list(names):
            self._give_back()
            for actor in names:
                self._over.AddActor(actor)
            self._lent = list(names)
        for actor in self._lent:  # in each frame, as who arranges the renderer's actors anew knows of no other
            self._renderer.RemoveActor(actor)
        self._over.SetActiveCamera(self._renderer.GetActiveCamera())
        if share != self._share:
            self._share = share
            self._renderer.SetViewport(0.0, 0.0, share, share)

    def close(self) -> None:
        """Draw frames as they are."""
        if self._over is None:
            return
        self._give_back()
        self._renderer.RemoveObserver(self._observer)
        self._over.RemoveAllViewProps()
        self._window.RemoveRenderer(self._over)
        self._window.SetNumberOfLayers(self._layers)
        self._renderer.SetViewport(0.0, 0.0, 1.0, 1.0)
        self._share, self._over, self._frame = 1.0, None, None

    def _begin(self) -> None:
        self._frame = vtkTextureObject()
        self._frame.SetContext(self._window)
        self._frame.SetMinificationFilter(vtkTextureObject.Linear)
        self._frame.SetMagnificationFilter(vtkTextureObject.Linear)
        self._frame.SetWrapS(vtkTextureObject.ClampToEdge)
        self._frame.SetWrapT(vtkTextureObject.ClampToEdge)
        texture = vtkOpenGLTexture()
        texture.SetTextureObject(self._frame)
        texture.InterpolateOn()
        sheet = Pass("stretch.vert", "stretch.frag")
        sheet.add(cards.sheet())
        self._over = vtkRenderer()
        self._layers = self._window.GetNumberOfLayers()
        self._over.SetLayer(self._layers)
        self._over.InteractiveOff()
        self._over.SetAutomaticLightCreation(False)
        for actor in sheet.actors:
            actor.GetProperty().SetTexture("frame", texture)
            self._over.AddActor(actor)
        self._window.SetNumberOfLayers(self._layers + 1)
        self._window.AddRenderer(self._over)
        self._observer = self._renderer.AddObserver(vtkCommand.EndEvent, self._copy)

    def _copy(self, _renderer: object, _event: object) -> None:
        """Take what the renderer has just drawn."""
        if self._frame is None:
            return
        width, height = self._renderer.GetSize()
        if (self._frame.GetWidth(), self._frame.GetHeight()) != (width, height):
            self._frame.Allocate2D(width, height, 4, VTK_UNSIGNED_CHAR)
        self._frame.CopyFromFrameBuffer(0, 0, 0, 0, width, height)

    def _give_back(self) -> None:
        assert self._over is not None
        for actor in self._lent:
            self._over.RemoveActor(actor)
            self._renderer.AddActor(actor)
        self._lent = []
