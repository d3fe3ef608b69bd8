"""Which names are written, where they do not cover each other: pure numpy, decided when the camera rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.scene.meshing.names import CROWD, DISTRICT, ISOLINE, NOTE, PARK, PLACE, SQUARE, STREET, WATER

if TYPE_CHECKING:
    from twin.scene.camera import Projection
    from twin.scene.meshing.names import Names

Floats = NDArray[np.float64]
Blocked = Callable[[Floats], bool]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom [px], from the top left of the picture."""


@dataclass(frozen=True)
class Style:
    """How names of one style are written: size [px], capitals with added space [em], which face and ink."""

    size: float
    spacing: float = 0.0
    capitals: bool = False
    italic: bool = False
    ink: float = 3.0
    lift: float = 0.0
    nearest: float = 0.0
    """Not written where a pixel is smaller than this [m]."""
    farthest: float = 1e9
    """Not written where a pixel is larger than this [m]."""
    order: int = 9
    """Styles of a lower one are placed first."""
    repeat: float = 420.0
    """The same text stands at least so far away [px]."""
    free: bool = False
    """May be longer than its room, as it stands at a point."""


STYLES: dict[int, Style] = {
    CROWD: Style(10.5, 0.0, order=0, repeat=0.0, free=True),
    NOTE: Style(11.5, 0.0, order=1, lift=14.0, repeat=40.0, free=True),
    DISTRICT: Style(14.5, 0.20, capitals=True, ink=0.0, nearest=0.35, farthest=40.0, order=2),
    WATER: Style(13.5, 0.06, italic=True, ink=1.0, farthest=12.0, order=3),
    ISOLINE: Style(10.5, 0.01, order=4, repeat=190.0),
    PARK: Style(12.0, 0.02, italic=True, ink=2.0, farthest=3.0, order=5),
    SQUARE: Style(12.0, 0.0, farthest=1.6, order=6),
    STREET: Style(12.0, 0.015, farthest=2.6, order=7),
    PLACE: Style(11.5, 0.0, lift=15.0, farthest=0.9, order=8, free=True),
}
_CELL = 4
_MARGIN = 5.0
_CANOPY = 30.0
"""Height [m] at which a district must be seen for its name to be written."""
_FOLD = 0.62
"""A street seen so much from its end that it is shorter than this part of its name is not named."""


def place(
    names: Names,
    widths: Floats,
    projection: Projection,
    scale: float = 1.0,
    blocked: Blocked | None = None,
    limit: int = 160,
    covered: Sequence[Box] = (),
) -> NDArray[np.int64]:
    """Choose the names to write.

    Parameters
    ----------
    names : Names
        Candidates; points in the system of the projection's pose.
    widths : array, shape (n,) [px]
        Width of each text at scale 1.
    projection : Projection
    scale : float
        Device pixels per point.
    blocked : function of a point, optional
        Whether something stands between the eye and it.
    limit : int
        Most names written.
    covered : sequence of (left, top, right, bottom) [px]
        Where something is drawn over the map, so that no name belongs there.

    Returns
    -------
    array of int
        Indices of candidates, the most important first. No two cover each other.
    """
    if not len(names.texts):
        return np.empty(0, dtype=np.int64)
    points = names.points.astype(float)
    at, depth = projection.pixels(points)
    width, height = projection.size
    pixel = np.where(depth > 0, [projection.metres_per_pixel(d) for d in np.maximum(depth, 1e-3)], np.inf) * scale
    text = widths * scale
    direction, reach = _screen_direction(names, points, at, projection, pixel / scale)
    limits = np.array([(STYLES[s].nearest, STYLES[s].farthest) for s in names.styles.tolist()])
    shown = (depth > 0) & (pixel >= limits[:, 0]) & (pixel <= limits[:, 1])
    shown &= (at[:, 0] > 0) & (at[:, 0] < width) & (at[:, 1] > 0) & (at[:, 1] < height)
    styles = [STYLES[s] for s in names.styles.tolist()]
    shown &= (text <= reach * 0.96) | np.array([style.free for style in styles])
    candidates = np.flatnonzero(shown)
    turn = np.array([style.order for style in styles])
    order = np.lexsort((depth[candidates], names.rank[candidates], turn[candidates]))
    taken = np.zeros((height // _CELL + 2, width // _CELL + 2), dtype=bool)
    for left, top, right, bottom in covered:
        columns, rows = (slice(max(int(a) // _CELL, 0), int(b) // _CELL + 1) for a, b in ((left, right), (top, bottom)))
        taken[rows, columns] = True
    written: dict[str, list[Floats]] = {}
    chosen: list[int] = []
    for i in candidates[order]:
        style = styles[i]
        if any(np.hypot(*(at[i] - other)) < style.repeat * scale for other in written.get(names.texts[i], [])):
            continue
        middle = at[i] - (0.0, style.lift * scale)
        cells = _cells(middle, direction[i], text[i], style.size * scale, taken.shape)
        if cells is None or taken[cells].any():
            continue
        # A note belongs to its symbol, which is drawn over what stands before it or not at all.
        above = _CANOPY if names.styles[i] == DISTRICT else 1.5
        if blocked is not None and style.order > 1 and blocked(points[i] + np.array([0.0, 0.0, above])):
            continue
        taken[cells] = True
        written.setdefault(names.texts[i], []).append(at[i])
        chosen.append(int(i))
        if len(chosen) >= limit:
            break
    return np.array(chosen, dtype=np.int64)


def _screen_direction(
    names: Names, points: Floats, at: Floats, projection: Projection, pixel: Floats
) -> tuple[Floats, Floats]:
    """Return unit directions of the texts on the screen and the pixels they may cover."""
    along = names.along.astype(float)
    turned = np.any(along != 0, axis=1)
    step = np.where(np.isfinite(pixel), pixel, 1.0)[:, None] * 2.0
    ahead, _ = projection.pixels(points + along * step)
    d = ahead - at
    length = np.hypot(d[:, 0], d[:, 1])
    stretch = np.where(turned, length / 2.0, 1.0)
    direction = np.where((turned & (length > 1e-9))[:, None], d / np.maximum(length, 1e-9)[:, None], (1.0, 0.0))
    reach = names.room / np.maximum(pixel, 1e-9)
    reach = np.where(turned, np.where(stretch < _FOLD * 0.35, 0.0, reach * stretch), reach)
    return direction, reach


def _cells(
    middle: Floats, direction: Floats, text: float, size: float, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the cells of the screen that a text covers; None when part of it lies outside."""
    half, tall = text / 2 + _MARGIN, size * 0.62 + 2.0
    u = np.arange(-half, half + _CELL, _CELL * 0.8)
    v = np.linspace(-tall, tall, max(int(2 * tall / _CELL) + 2, 3))
    across = np.array([-direction[1], direction[0]])
    spots = middle + u[:, None, None] * direction + v[None, :, None] * across
    columns = np.floor(spots[..., 0] / _CELL).astype(np.int64).ravel()
    rows = np.floor(spots[..., 1] / _CELL).astype(np.int64).ravel()
    if columns.min() < 0 or rows.min() < 0 or columns.max() >= shape[1] - 1 or rows.max() >= shape[0] - 1:
        return None
    return rows, columns
