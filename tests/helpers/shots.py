"""Cameras over the little city, and the colour of a picture at a point of it."""

from __future__ import annotations

import numpy as np
from little import X0, Y0

from twin.scene.camera import Projection
from twin.state import Pose

SIZE = (480, 320)
TOP = Pose((X0 + 240.0, Y0 + 155.0, 0.0), 420.0, 0.0, 90.0, True)
OBLIQUE = Pose((X0 + 240.0, Y0 + 155.0, 5.0), 700.0, 20.0, 40.0)


def at(image: np.ndarray, x: float, y: float, pose: Pose = TOP, z: float = 0.0) -> np.ndarray:
    """Return the mean colour (0–255) of 3 × 3 pixels where a point of the city is drawn."""
    size = (image.shape[1], image.shape[0])
    (px, py), _ = Projection(pose, size).pixels(np.array([[X0 + x, Y0 + y, z]]))[0][0], 0
    i, j = round(py), round(px)
    assert 1 <= i < size[1] - 1, "the point is not in the picture"
    assert 1 <= j < size[0] - 1, "the point is not in the picture"
    return image[i - 1 : i + 2, j - 1 : j + 2].reshape(-1, 3).mean(axis=0)
