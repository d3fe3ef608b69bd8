"""From a State to what is drawn: pure, and compared piece by piece, so that only differences reach the screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import EllipsisType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from twin.layer import class_colours, colour_at
from twin.scene import sun
from twin.scene.palette import Palette, Theme, palette
from twin.state import BASE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.state import LayerEntry, Plane, Selection, State

Kind = Literal["buildings", "roads", "paths", "zones", "points"]

KINDS: tuple[Kind, ...] = ("buildings", "roads", "paths", "zones", "points")
UNKNOWN = np.float32(-3e38)
"""Stands for nan on the graphics card, where nan cannot be relied on."""
ABSENT = np.float32(-3.3e38)
"""Stands for rows that the layer does not name."""
_COLOURS = 256


@dataclass(frozen=True)
class Paint:
    """A data layer on one kind of thing; equal when layer (by identity) and opacity are."""

    layer: Layer
    opacity: float


@dataclass(frozen=True)
class Drawables:
    """All that a view needs to draw; frozen, every field comparable on its own.

    Parameters
    ----------
    mesh : CityMesh
        Compared by identity.
    palette : Palette
    base : mapping from base layer to opacity
        0 where hidden.
    paints : mapping from kind to Paint
        The uppermost visible data layer of each kind.
    overlays : tuple of Paint
        Layers with places of their own, the lowest first.
    selection : Selection or None
    hidden : frozenset of str
        Ids of buildings left out.
    lang : str
    time : datetime64, optional
        Of the values shown (UTC); the last of each layer without. A view may show another (``SceneView.set_time``).
    sun : (azimuth, elevation) [°], optional
        Where the light comes from; as a map is lit without.
    section : Plane, optional
        What lies before it is cut away.
    """

    mesh: CityMesh
    palette: Palette
    base: Mapping[str, float]
    paints: Mapping[Kind, Paint]
    selection: Selection | None
    hidden: frozenset[str]
    lang: str
    overlays: tuple[Paint, ...] = ()
    time: np.datetime64 | None = None
    sun: tuple[float, float] | None = None
    section: Plane | None = None


def resolve(
    state: State,
    mesh: CityMesh,
    layers: Mapping[str, Layer],
    theme: Theme,
    lang: str,
    hidden: frozenset[str] = frozenset(),
    time: np.datetime64 | None = None,
    now: np.datetime64 | None = None,
) -> Drawables:
    """Say what is drawn of a State.

    Parameters
    ----------
    state : State
        Its ``layers`` give order, visibility and opacity; of several data layers on the same kind of thing the
        uppermost visible one is drawn.
    mesh : CityMesh
        Meshes of ``state.city``.
    layers : mapping from id to Layer
        Data layers; an entry of the state without a layer is left out.
    theme : str
        ``"light"`` or ``"dark"``.
    lang : str
        Language of words in the picture.
    hidden : frozenset of str, optional
        Ids of buildings not drawn (a filter).
    time : datetime64, optional
        Of the values shown (UTC), while it runs; that of the State otherwise.
    now : datetime64, optional
        Whose sun shines where the last values are shown, which have no one time.
    """
    base: dict[str, float] = {name: 0.0 for name in BASE_LAYERS}
    paints: dict[Kind, Paint] = {}
    overlays: list[Paint] = []
    for entry in state.layers:
        if not entry.visible:
            continue
        if entry.id in base:
            base[entry.id] = _opacity(entry)
        elif entry.id in layers:
            paint = Paint(layers[entry.id], _opacity(entry))
            kind = _kind(paint.layer)
            if kind is not None:
                paints.setdefault(kind, paint)
            elif paint.layer.field.places is not None:
                overlays.insert(0, paint)
    colours = palette(theme)
    time = state.time.moment if time is None else time
    lit = now if time is None else time
    light = sun.position(state.city, lit) if state.sunlit and lit is not None else None
    return Drawables(
        mesh, colours, base, paints, state.selection, hidden, lang, tuple(overlays), time, light, state.section
    )


def _opacity(entry: LayerEntry) -> float:
    return min(max(float(entry.opacity), 0.0), 1.0)


def _kind(layer: Layer) -> Kind | None:
    where = layer.field.where
    return where if where in KINDS and layer.field.places is None else None


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers and colours of a paint as the shaders take them.

    Parameters
    ----------
    numbers : array, shape (rows,) or (t, rows)
        float32; :data:`UNKNOWN` where there is none, :data:`ABSENT` in rows that the layer does not name.
    colours : array, shape (256, 4)
        uint8, from ``low`` to ``high``; nearest when ``stepped``.
    low, high : float
    stepped : bool
    """

    numbers: NDArray[np.float32]
    colours: NDArray[np.uint8]
    low: float
    high: float


def values(paint: Paint, ids: NDArray[np.object_], rows: NDArray[np.int64] | EllipsisType | None = ...) -> Values:
    """Bring a layer's values into the order of a table's rows, with its colours.

    Parameters
    ----------
    paint : Paint
    ids : array of str
        Ids of the table, in the order of the mesh.
    rows : array of int, optional
        What :func:`rows_in` said of the layer's names, where the caller remembers it.
    """
    layer, given = paint.layer, paint.layer.field.values
    rows = rows_in(layer.field.ids, ids) if isinstance(rows, EllipsisType) else rows
    colours, positions, low, high = scaled(layer, given)
    placed = in_rows(positions, rows, ids)
    return Values(placed, colours, low, high)


def rows_in(
    names: NDArray[np.object_], ids: NDArray[np.object_], index: pd.Index | None = None
) -> NDArray[np.int64] | None:
    """Return the row of each of some names in a table (−1 for none), None where they are its own in its order."""
    if names is ids or (len(names) == len(ids) and np.array_equal(names, ids)):
        return None
    return np.asarray((pd.Index(ids) if index is None else index).get_indexer(pd.Index(names)), dtype=np.int64)


def in_rows(
    given: NDArray[np.float32], rows: NDArray[np.int64] | None, ids: NDArray[np.object_]
) -> NDArray[np.float32]:
    """Bring values (n,) or (t, n) of things at :func:`rows_in` into a table's order; ABSENT where there is none."""
    if rows is None:
        return given
    placed = np.full((*given.shape[:-1], len(ids)), ABSENT, dtype=np.float32)
    placed[..., rows[rows >= 0]] = given[..., rows >= 0]
    return placed


def with_parents(numbers: NDArray[np.float32], parent: NDArray[np.int32]) -> NDArray[np.float32]:
    """Give building parts without a value of their own that of the building they belong to."""
    child = np.flatnonzero(parent != np.arange(len(parent)))
    if not len(child):
        return numbers
    filled = numbers.copy()
    mine = numbers[..., child]
    filled[..., child] = np.where(mine <= UNKNOWN, numbers[..., parent[child]], mine)
    return filled


def scaled(layer: Layer, numbers: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32], float, float]:
    """Return the colour table, values in its terms, and the range; classes become their number.

    Where values have times the numbers of classes are broken ones, so that those between two times are right too.
    """
    unknown = np.isnan(numbers)
    if not (layer.field.categories or layer.breaks):
        return ramp(layer.scale.colours), np.where(unknown, UNKNOWN, numbers), layer.low, layer.high
    chosen = layer.scale.colours if layer.field.categories else class_colours(layer)
    n = len(chosen)
    breaks = np.asarray(layer.breaks, dtype=np.float32)
    if layer.field.categories:
        place = np.clip(numbers, 0, n - 1)
    else:
        # Limit by limit: of a million values that takes a fifth of the time that looking each of them up does.
        place = np.zeros(numbers.shape, dtype=np.float32)
        for limit in breaks[1:n]:
            place += numbers >= limit
        if numbers.ndim == 2:
            first, following = breaks[place.astype(np.int64)], breaks[place.astype(np.int64) + 1]
            share = (numbers - first) / np.maximum(following - first, 1e-30)
            place = place + np.clip(share, 0, 1) * 0.96 - 0.48
    return stepped(chosen), np.where(unknown, UNKNOWN, place).astype(np.float32), -0.5, n - 0.5


@lru_cache(maxsize=32)
def stepped(colours: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return a colour table (256, 4) of equal steps."""
    n = len(colours)
    return _rgba([colours[min(k * n // _COLOURS, n - 1)] for k in range(_COLOURS)])


@lru_cache(maxsize=32)
def ramp(colours: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return a colour table (256, 4) that runs smoothly through the colours."""
    return _rgba([colour_at(colours, f) for f in np.linspace(0, 1, _COLOURS)])


def _rgba(colours: list[str]) -> NDArray[np.uint8]:
    rows = [(*bytes.fromhex(colour.lstrip("#")), 255) for colour in colours]
    return np.array(rows, dtype=np.uint8)


def rows_of(selection: Selection | None, table: str, index: pd.Index) -> NDArray[np.int64]:
    """Return the rows of a table that are selected."""
    if selection is None or selection.table != table:
        return np.empty(0, dtype=np.int64)
    rows = index.get_indexer(pd.Index(list(selection.ids), dtype=object))
    return np.asarray(rows[rows >= 0], dtype=np.int64)
