"""Meshes that exist only for drawing: cards that turn to the eye, symbols, the sheet of the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.scene.meshing import part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.mesh import Trees
    from twin.scene.meshing.part import Part

_CORNERS = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
_FAR = 1e7
_SYMBOLS: dict[str, tuple[float, float, float]] = {
    "station": (0.0, 6.0, 3.5), "school": (1.0, 5.0, 1.8), "stop": (0.0, 3.0, 1.0), "library": (1.0, 4.5, 1.5),
    "health_centre": (1.0, 4.5, 1.5), "hospital": (1.0, 6.0, 3.5), "mast": (0.0, 3.0, 1.2),
    "supermarket": (0.0, 3.4, 0.9), "preschool": (1.0, 4.0, 1.2), "kindergarten": (1.0, 4.0, 1.2),
    "church": (1.0, 5.0, 2.0), "culture": (0.0, 4.5, 1.5),
}  # fmt: skip
"""Kind of place → disc 0 or square 1, radius [px], size of a pixel [m] beyond which it is not shown."""
_OTHER = (0.0, 3.0, 0.8)
_UNMARKED = frozenset({"address", "district", "suburb", "quarter", "neighbourhood", "square", "park", "borough"})


def quads(anchors: NDArray[np.float64], **attributes: NDArray[np.float64]) -> Part:
    """Return a quad at each anchor (n, 3); attributes are (n, 4, k) per corner."""
    n = len(anchors)
    points = np.repeat(anchors, 4, axis=0)
    first = np.arange(n)[:, None] * 4
    cells = (first + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
    flat = {name: values.reshape(n * 4, values.shape[-1]) for name, values in attributes.items()}
    return part.whole(points, cells, **flat)


def sheet() -> Part:
    """Return a quad that covers the window whatever the camera (its shader uses the signs only)."""
    points = np.column_stack([_CORNERS * _FAR, np.zeros(4)])
    return part.whole(points, np.array([[0, 1, 2], [0, 2, 3]]))


def trees(some: Trees) -> Part:
    """Return a crown and a trunk card for each tree: ``card`` = (x, y, trunk 0/1, variation), ``size`` (2)."""
    n = len(some.points)
    if not n:
        return part.joined([])
    card = np.empty((2 * n, 4, 4))
    card[:, :, :2] = _CORNERS
    card[:n, :, 2], card[n:, :, 2] = 1.0, 0.0
    vary = (np.arange(n) * 0.618034) % 1.0
    card[:, :, 3] = np.concatenate([vary, vary])[:, None]
    size = np.stack([some.height, some.crown], axis=1).astype(float)
    size = np.repeat(np.concatenate([size, size])[:, None, :], 4, axis=1)
    anchors = np.concatenate([some.points, some.points]).astype(float)
    return part.tiled(quads(anchors, card=card, size=size), 600.0)


def marks(spots: NDArray[np.float32], kinds: NDArray[np.object_] | None) -> Part:
    """Return a symbol at each spot: ``corner`` (2), ``look`` = (row, style, radius [px], largest pixel [m]).

    Parameters
    ----------
    spots : array, shape (n, 3)
    kinds : array of str, optional
        Kinds of places; without, all are alike (measured points).
    """
    shown = np.isfinite(spots[:, 0])
    look = np.zeros((len(spots), 4))
    look[:, 0] = np.arange(len(spots))
    if kinds is None:
        look[:, 1:] = (0.0, 6.0, 1e9)
    else:
        shown &= ~np.isin(kinds, list(_UNMARKED))
        look[:, 1:] = np.array([_SYMBOLS.get(str(kind), _OTHER) for kind in kinds]).reshape(-1, 3)
    if not shown.any():
        return part.joined([])
    anchors = spots[shown].astype(float) + np.array([0.0, 0.0, 2.0])
    corner = np.broadcast_to(_CORNERS, (len(anchors), 4, 2))
    return quads(anchors, corner=corner, look=np.repeat(look[shown][:, None, :], 4, axis=1))
