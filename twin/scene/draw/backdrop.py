"""What stays while values change: kept as a picture with its depths, so that a frame draws only what comes over it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR, vtkCommand
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLFramebufferObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vtkmodules.vtkRenderingCore import vtkRenderer
    from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderWindow

    from twin.scene.draw.gpu import Pass

_READ, _DRAW, _COLOUR, _DEPTH, _NEAREST = 0x8CA8, 0x8CA9, 0x4000, 0x0100, 0x2600
"""GL_READ_FRAMEBUFFER, GL_DRAW_FRAMEBUFFER, GL_COLOR_BUFFER_BIT, GL_DEPTH_BUFFER_BIT, GL_NEAREST."""
Drawn = Literal["whole", "begun", "over"]
"""All of it, as all of it changes; all of it, which need not be done again; only what changes, over what is kept."""
_MEMORY = 25
"""A pass that has changed twice within so many frames is one that changes."""
_NEVER = -1000
_MOST = 400e6
"""Bytes of the largest picture kept: a window of 3,840 × 2,160 with four samples has 265e6."""


class Backdrop:
    """Draws the frames of a view whose camera rests.

    Passes are drawn in their order, each over those before it. All that come before the first one that changes from
    frame to frame are drawn once and kept, colours and depths of every sample: what is drawn over them then is to the
    last bit what it would be in a frame drawn whole.

    Parameters
    ----------
    window : vtkOpenGLRenderWindow
    renderer : vtkRenderer
        Its only one that draws.
    """

    def __init__(self, window: vtkOpenGLRenderWindow, renderer: vtkRenderer) -> None:
        self._window, self._renderer = window, renderer
        self._picture: vtkOpenGLFramebufferObject | None = None
        self._format: tuple[int, ...] = ()
        """Width, height and samples of the picture."""
        self._kept = 0
        """Number of passes in the picture."""
        self._passes: Sequence[Pass] = ()
        self._place: object = None
        self._seen: list[int] = []
        self._changed: list[tuple[int, int]] = []
        self._frame = 0

    def draw(self, passes: Sequence[Pass], place: object) -> Drawn:
        """Draw a frame and say how.

        Parameters
        ----------
        passes : sequence of Pass
            What the renderer draws, in its order; another object where it is others.
        place : object
            Equal as long as the camera and all else that is no matter of the passes stay as they are.
        """
        changes = [one.changes for one in passes]
        if passes is not self._passes or place != self._place:
            self._passes, self._place = passes, place
            self._seen, self._changed = changes, [(_NEVER, _NEVER)] * len(passes)
            self._frame = self._kept = 0
            self._window.Render()
            return "begun"
        self._frame += 1
        for k, (now, seen) in enumerate(zip(changes, self._seen, strict=True)):
            if now != seen:
                self._changed[k] = self._frame, self._changed[k][0]
        self._seen = changes
        lasting = self._first(lambda last, before: self._frame - before < _MEMORY)
        first = self._first(lambda last, before: last == self._frame)
        if first < self._kept:
            self._kept = 0
        if first < lasting or lasting == len(passes):  # once, or nothing
            self._window.Render()
            return "begun"
        first = lasting
        if self._large() or not any(one.visible and one.actors for one in passes[:first]):
            self._window.Render()
            return "whole"
        again = first == self._kept and self._fits()
        if not again:
            with _hidden(passes[first:]):
                self._window.Render()
            if not self._keep():
                self._window.Render()
                return "whole"
            self._kept = first
        with _hidden(passes[:first]), self._begun():
            self._window.Render()
        return "over" if again else "begun"

    def _first(self, changing: Callable[[int, int], bool]) -> int:
        """Return the first pass of which that is so by the frames in which it changed last and before."""
        return next((k for k, when in enumerate(self._changed) if changing(*when)), len(self._changed))

    def close(self) -> None:
        """Let go of the picture."""
        if self._picture is not None:
            self._picture.ReleaseGraphicsResources(self._window)
        self._picture, self._kept, self._passes = None, 0, ()

    def _large(self) -> bool:
        """Say whether a picture of the window would need too much memory."""
        width, height = self._window.GetActualSize()
        return 8 * width * height * max(self._window.GetMultiSamples(), 1) > _MOST

    def _fits(self) -> bool:
        """Say whether there is a picture of the window's size and samples."""
        picture, window = self._picture, self._window
        if picture is None or not picture.GetFBOIndex():  # VTK drops it with the context
            return False
        return self._format == (*window.GetActualSize(), window.GetMultiSamples())

    def _keep(self) -> bool:
        """Keep what is drawn now; say whether the graphics card has room for it."""
        window = self._window
        if self._picture is None:
            self._picture = vtkOpenGLFramebufferObject()
            self._picture.SetContext(window)
        drawn = window.GetRenderFramebuffer()
        if not self._fits():
            self._picture.ReleaseGraphicsResources(window)
            self._picture.SetContext(window)
            # The same formats as VTK gives its own, as depths cannot be copied between others.
            self._format = width, height, samples = (*window.GetActualSize(), window.GetMultiSamples())
            if not self._picture.PopulateFramebuffer(
                width, height, True, 1, VTK_UNSIGNED_CHAR, True, 32, samples, bool(window.GetStencilCapable())
            ):
                return False
        self._copy(drawn, self._picture)
        return True

    def _copy(self, source: vtkOpenGLFramebufferObject, target: vtkOpenGLFramebufferObject) -> None:
        width, height = self._window.GetActualSize()
        box = (0, width, 0, height)
        source.SaveCurrentBindingsAndBuffers()
        source.Bind(_READ)
        source.ActivateReadBuffer(0)
        target.Bind(_DRAW)
        target.ActivateDrawBuffer(0)
        vtkOpenGLFramebufferObject.Blit(box, box, _COLOUR | _DEPTH, _NEAREST)
        source.RestorePreviousBindingsAndBuffers()

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """Let frames begin with the picture and not with an empty one."""
        picture, renderer = self._picture, self._renderer
        assert picture is not None
        put = renderer.AddObserver(
            vtkCommand.StartEvent, lambda *_: self._copy(picture, self._window.GetRenderFramebuffer())
        )
        renderer.SetErase(False)
        try:
            yield
        finally:
            renderer.SetErase(True)
            renderer.RemoveObserver(put)


@contextmanager
def _hidden(passes: Sequence[Pass]) -> Iterator[None]:
    """Hide passes for a frame."""
    actors = [actor for one in passes for actor in one.actors if actor.GetVisibility()]
    for actor in actors:
        actor.SetVisibility(False)
    try:
        yield
    finally:
        for actor in actors:
            actor.SetVisibility(True)
