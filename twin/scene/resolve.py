"""From a State to what is drawn: pure, and compared piece by piece, so that only differences reach the screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from twin.layer import class_colours, colour_at
from twin.scene.palette import Palette, Theme, palette
from twin.state import BASE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.layer import Layer
    from twin.scene.mesh import CityMesh
    from twin.state import LayerEntry, Selection, State

Kind = Literal["buildings", "roads", "paths", "zones", "points"]

KINDS: tuple[Kind, ...] = ("buildings", "roads", "paths", "zones", "points")
UNKNOWN = np.float32(-3e38)
"""Stands for nan on the graphics card, where nan cannot be relied on."""
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
    selection : Selection or None
    hidden : frozenset of str
        Ids of buildings left out.
    lang : str
    """

    mesh: CityMesh
    palette: Palette
    base: Mapping[str, float]
    paints: Mapping[Kind, Paint]
    selection: Selection | None
    hidden: frozenset[str]
    lang: str


def resolve(
    state: State,
    mesh: CityMesh,
    layers: Mapping[str, Layer],
    theme: Theme,
    lang: str,
    hidden: frozenset[str] = frozenset(),
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
    """
    base: dict[str, float] = {name: 0.0 for name in BASE_LAYERS}
    paints: dict[Kind, Paint] = {}
    for entry in state.layers:
        if not entry.visible:
            continue
        if entry.id in base:
            base[entry.id] = _opacity(entry)
        elif entry.id in layers:
            kind = _kind(layers[entry.id])
            if kind is not None:
                paints.setdefault(kind, Paint(layers[entry.id], _opacity(entry)))
    return Drawables(mesh, palette(theme), base, paints, state.selection, hidden, lang)


def _opacity(entry: LayerEntry) -> float:
    return min(max(float(entry.opacity), 0.0), 1.0)


def _kind(layer: Layer) -> Kind | None:
    where = layer.field.where
    return where if where in KINDS else None


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers and colours of a paint as the shaders take them.

    Parameters
    ----------
    numbers : array, shape (rows,)
        float32; :data:`UNKNOWN` where there is none.
    colours : array, shape (256, 4)
        uint8, from ``low`` to ``high``; nearest when ``stepped``.
    low, high : float
    stepped : bool
    """

    numbers: NDArray[np.float32]
    colours: NDArray[np.uint8]
    low: float
    high: float


def values(paint: Paint, ids: NDArray[np.object_], index: pd.Index | None = None) -> Values:
    """Bring a layer's values into the order of a table's rows, with its colours.

    Parameters
    ----------
    paint : Paint
    ids : array of str
        Ids of the table, in the order of the mesh.
    index : pandas.Index, optional
        The same ids, where the caller keeps one: looking up is then fast.
    """
    layer = paint.layer
    given = layer.field.values if layer.field.values.ndim == 1 else layer.field.values[-1]
    numbers = np.full(len(ids), np.nan, dtype=np.float32)
    if layer.field.ids is ids or (len(layer.field.ids) == len(ids) and np.array_equal(layer.field.ids, ids)):
        numbers[:] = given
    else:
        rows = (pd.Index(ids) if index is None else index).get_indexer(pd.Index(layer.field.ids))
        numbers[rows[rows >= 0]] = given[rows >= 0]
    colours, positions, low, high = _scaled(layer, numbers)
    return Values(np.where(np.isnan(positions), UNKNOWN, positions).astype(np.float32), colours, low, high)


def with_parents(numbers: NDArray[np.float32], parent: NDArray[np.int32]) -> NDArray[np.float32]:
    """Give building parts without a value of their own that of the building they belong to."""
    lacking = (numbers == UNKNOWN) & (parent != np.arange(len(parent)))
    return np.where(lacking, numbers[parent], numbers).astype(np.float32)


def _scaled(layer: Layer, numbers: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32], float, float]:
    """Return the colour table, values in its terms, and the range; classes become their number."""
    if layer.field.categories or layer.breaks:
        chosen = layer.scale.colours if layer.field.categories else class_colours(layer)
        n = len(chosen)
        if layer.field.categories:
            place = numbers
        else:
            breaks = np.asarray(layer.breaks, dtype=np.float32)
            place = (np.searchsorted(breaks, numbers, side="right") - 1).astype(np.float32)
        place = np.where(np.isnan(numbers), np.nan, np.clip(place, 0, n - 1)).astype(np.float32)
        step = np.minimum(np.arange(_COLOURS) * n // _COLOURS, n - 1)
        return _rgba([chosen[i] for i in step]), place, -0.5, n - 0.5
    return _ramp(layer.scale.colours), numbers, layer.low, layer.high


@lru_cache(maxsize=32)
def _ramp(colours: tuple[str, ...]) -> NDArray[np.uint8]:
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
