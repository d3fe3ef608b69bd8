"""A picture of the scene without a window: the same resolve and the same view as on the screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv
from vtkmodules.vtkCommonCore import vtkLogger

from twin.scene import camera, mesh, sun
from twin.scene.resolve import resolve
from twin.scene.view import SceneView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Layer
    from twin.scene.labelling import Box
    from twin.scene.mesh import CityMesh
    from twin.scene.palette import Theme
    from twin.scene.resolve import Drawables
    from twin.state import Pose, State


_PIECE = 4096
"""Largest side [px] drawn at once; larger pictures are put together from pieces."""


def whole_pose(city: City, size: tuple[int, int]) -> Pose:
    """Return the pose that shows the whole city in a picture of a size [px]."""
    return camera.whole(city.bounds(), size[0] / size[1])


class Stage:
    """A view that no window shows, in which one picture after the other is drawn from one place.

    Parameters
    ----------
    size : (width, height) [px]
        Of the whole picture.
    pose : Pose
    scale : float
        How much larger than on a 96-dpi screen letters, symbols and lines are.
    """

    def __init__(self, size: tuple[int, int], pose: Pose, scale: float = 1.0) -> None:
        if not os.environ.get("DISPLAY"):  # it then draws without a display, and need not say so
            vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
        self._size, self._pose = size, pose
        self._piece = (min(size[0], _PIECE), min(size[1], _PIECE))
        self._plotter = pv.Plotter(off_screen=True, window_size=list(self._piece), lighting="none")
        self._view = SceneView(self._plotter)
        self._view.pixel_ratio, self._view.patient = scale, True

    def draw(self, drawables: Drawables, seconds: float = 0.0, covered: tuple[Box, ...] = ()) -> NDArray[np.uint8]:
        """Draw what is given; only what differs from the picture before is changed for it.

        Parameters
        ----------
        drawables : Drawables
        seconds : float
            Time [s] of what flows along the streets.
        covered : tuple of (left, top, right, bottom) [px]
            What is drawn over the picture later: no names are written there.

        Returns
        -------
        array, shape (height, width, 3)
            uint8, row 0 at the top.
        """
        (width, height), view = self._size, self._view
        picture = np.empty((height, width, 3), dtype=np.uint8)
        view.covered = covered
        view.show(drawables)
        view.set_seconds(seconds)
        view.set_pose(self._pose)
        for top in range(0, height, self._piece[1]):
            for left in range(0, width, self._piece[0]):
                view.set_sheet(self._size, (left, top))
                view.settle()
                view.refine()
                view.render()
                part = view.image()[: height - top, : width - left]
                picture[top : top + part.shape[0], left : left + part.shape[1]] = part
        return picture

    def close(self) -> None:
        """Let go of the view."""
        self._view.close()
        self._plotter.close()


def picture(
    city: City,
    state: State,
    layers: Mapping[str, Layer],
    size: tuple[int, int],
    pose: Pose | None,
    theme: Theme,
    lang: str,
    scale: float = 1.0,
    city_mesh: CityMesh | None = None,
) -> NDArray[np.uint8]:
    """Draw the scene into an array.

    Parameters
    ----------
    city : City
    state : State
    layers : mapping from id to Layer
    size : (width, height) [px]
    pose : Pose or None
        None shows the whole city.
    theme : str
    lang : str
    scale : float
        How much larger than on a 96-dpi screen letters, symbols and lines are.
    city_mesh : CityMesh, optional
        Meshes of the city where the caller has them.

    Returns
    -------
    array, shape (height, width, 3)
        uint8, row 0 at the top.
    """
    stage = Stage(size, pose or whole_pose(city, size), scale)
    try:
        return stage.draw(resolve(state, city_mesh or mesh.build(city), layers, theme, lang, now=sun.now()))
    finally:
        stage.close()
