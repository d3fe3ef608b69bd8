"""Field: numbers with a unit and a source per place (and time). Layer: a field and how it is painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Where = Literal["buildings", "facades", "roads", "zones", "grid", "points", "paths"]


@dataclass(frozen=True, eq=False)
class Field:
    """Values per place, and per time where there is one.

    Parameters
    ----------
    name : str
        English text of the catalogue, e.g. ``"Height above ground"``.
    unit : str
        Unit text, ``""`` for none.
    where : str
        What the values belong to.
    ids : array of str, shape (n,)
        Ids of the places, rows of the City's table.
    values : array, shape (n,) or (t, n)
        float32; nan = unknown.
    times : array of datetime64[ms], shape (t,), optional
        UTC; with ``values`` of two dimensions.
    source : str
        A ``source_id`` of the City, or the key of the Result it comes from.
    categories : mapping from code to English text
        Names of the values where they are codes, else empty.
    """

    name: str
    unit: str
    where: Where
    ids: NDArray[np.object_]
    values: NDArray[np.float32]
    times: NDArray[np.datetime64] | None = None
    source: str = ""
    categories: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """A colour scale: its name, colours as ``"#rrggbb"`` from low to high, and what it is meant for."""

    name: str
    colours: tuple[str, ...]
    kind: Literal["sequential", "diverging", "classes", "categories"] = "sequential"


@dataclass(frozen=True, eq=False)
class Layer:
    """A field painted: colour scale and the range of values it spans (identity equality: new object, redraw).

    ``breaks`` are class limits (ascending); empty means a continuous scale over ``low`` … ``high``.
    """

    id: str
    title: str
    field: Field
    scale: Scale
    low: float
    high: float
    breaks: tuple[float, ...] = ()
    note: str = ""
