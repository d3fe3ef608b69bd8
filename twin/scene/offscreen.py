"""A picture of the scene without a window: the same resolve and the same view as on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv

from twin.scene import camera, mesh, sun
from twin.scene.resolve import resolve
from twin.scene.view import SceneView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.scene.palette import Theme
    from twin.state import Pose, State


_PIECE = 4096
"""Largest side [px] drawn at once; larger pictures are put together from pieces."""


def whole_pose(city: City, size: tuple[int, int]) -> Pose:
    """Return the pose that shows the whole city in a picture of a size [px]."""
    return camera.whole(city.bounds(), size[0] / size[1])


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
    built = city_mesh or mesh.build(city)
    width, height = size
    piece = (min(width, _PIECE), min(height, _PIECE))
    picture = np.empty((height, width, 3), dtype=np.uint8)
    plotter = pv.Plotter(off_screen=True, window_size=list(piece), lighting="none")
    view = SceneView(plotter)
    try:
        view.pixel_ratio, view.patient = scale, True
        view.show(resolve(state, built, layers, theme, lang, now=sun.now()))
        view.set_pose(pose or whole_pose(city, size))
        for top in range(0, height, piece[1]):
            for left in range(0, width, piece[0]):
                view.set_sheet(size, (left, top))
                view.settle()
                view.refine()
                view.render()
                part = view.image()[: height - top, : width - left]
                picture[top : top + part.shape[0], left : left + part.shape[1]] = part
        return picture
    finally:
        view.close()
        plotter.close()
