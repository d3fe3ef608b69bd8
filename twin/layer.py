"""Field: numbers with a unit and a source per place (and time). Layer: a field and how it is painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, cast

import msgspec
import numpy as np

from twin.city.schema import TABLES, word
from twin.content import folder
from twin.errors import BadInput
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City

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


@cache
def scales() -> Mapping[str, Scale]:
    """Return the shipped colour scales by name (``data/scales.json``)."""
    rows = msgspec.json.decode((folder("data") / "scales.json").read_bytes())
    return {name: Scale(name, tuple(row["colours"]), row["kind"]) for name, row in rows.items()}


def scale(name: str) -> Scale:
    """Return a shipped colour scale.

    Raises
    ------
    BadInput
        When there is none of this name.
    """
    known = scales()
    if name not in known:
        raise BadInput("No colour scale is called {name}; there are: {known}.", name=name, known=", ".join(known))
    return known[name]


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


def field_of(city: City, table: str, column: str) -> Field:
    """Return a number column of a City's table as a field, with the title and unit of the schema.

    Parameters
    ----------
    city : City
        The city.
    table, column : str
        ``"buildings"``, ``"roads"``, ``"zones"`` or ``"paths"``, and one of its number columns.
    """
    rows = city.table(table)
    what = next(c for c in TABLES[table].columns if c.name == column)
    source = str(rows["source_id"].iloc[0]) if len(rows) else ""
    values = rows[column].to_numpy("float32")
    return Field(what.title, what.unit, cast("Where", table), rows["id"].to_numpy(object), values, source=source)


def layer_of(
    id: str,
    title: str,
    field: Field,
    *,
    scale_name: str = "viridis",
    breaks: tuple[float, ...] = (),
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> Layer | None:
    """Paint a field of numbers; None when it holds no number at all.

    Parameters
    ----------
    id, title : str
        Id of the layer and its English title.
    field : Field
        The values.
    scale_name : str
        A shipped colour scale.
    breaks : tuple of float
        Class limits, ascending; empty for a continuous scale.
    low, high : float, optional
        Range of the scale; by default the limits, else the 2nd and 98th percentile of the values.
    note : str
        What a reader of the legend must know, English of the catalogue.
    """
    known = field.values[np.isfinite(field.values)]
    if not known.size:
        return None
    if breaks:
        first, last = breaks[0], breaks[-1]
    else:
        first, last = (float(v) for v in np.percentile(known, (2, 98)))
    first = first if low is None else low
    last = last if high is None else high
    if last <= first:
        last = first + 1.0
    return Layer(id, title, field, scale(scale_name), first, last, breaks, note)


def layer_by_category(id: str, title: str, city: City, table: str, column: str) -> Layer | None:
    """Paint a text column, the most frequent texts first, the rest as «Other»; None without any text.

    Parameters
    ----------
    id, title : str
        Id of the layer and its English title.
    city, table, column
        As for :func:`field_of`; ``""`` is unknown.
    """
    rows = city.table(table)
    ids, names = rows["id"].to_numpy(object), rows[column].to_numpy(object)
    texts, counts = np.unique(names[names != ""].astype(str), return_counts=True)
    if not texts.size:
        return None
    colours = scale("okabe-ito")
    room = len(colours.colours) - 1
    top = [str(text) for text in texts[np.argsort(-counts, kind="stable")][:room]]
    code = {text: float(i) for i, text in enumerate(top)}
    other = float(len(top))
    values = np.array([code.get(str(name), other) if name else np.nan for name in names], dtype=np.float32)
    categories = {i: word(text) for i, text in enumerate(top)}
    if (values == other).any():
        categories[len(top)] = N_("Other")
    what = next(c for c in TABLES[table].columns if c.name == column)
    source = str(rows["source_id"].iloc[0])
    field = Field(what.title, "", cast("Where", table), ids, values, source=source, categories=categories)
    rest = colours.colours[-1:] if len(categories) > len(top) else ()
    shown = Scale(colours.name, colours.colours[: len(top)] + rest, "categories")
    return Layer(id, title, field, shown, 0.0, float(max(len(categories) - 1, 1)))


@dataclass(frozen=True)
class LegendClass:
    """One line of a legend: its colour and its text."""

    colour: str
    text: str


@dataclass(frozen=True)
class Legend:
    """The legend of one layer: title with unit, its classes from low to high, a note."""

    title: str
    classes: tuple[LegendClass, ...]
    note: str = ""


def legend(layer: Layer, lang: str) -> Legend:
    """Return the legend of a layer: its classes with their limits, or five values of a continuous scale."""
    unit = tr(layer.field.unit, lang)
    title = tr(layer.title, lang) + (f" [{unit}]" if unit else "")
    colours = layer.scale.colours
    if layer.field.categories:
        classes = tuple(
            LegendClass(colours[min(code, len(colours) - 1)], tr(text, lang))
            for code, text in sorted(layer.field.categories.items())
        )
    elif layer.breaks:
        texts = _class_texts(layer, lang)
        classes = tuple(LegendClass(colour, text) for colour, text in zip(class_colours(layer), texts, strict=True))
    else:
        steps = np.linspace(0.0, 1.0, 5)
        classes = tuple(
            LegendClass(colour_at(colours, s), number(layer.low + s * (layer.high - layer.low), lang)) for s in steps
        )
    return Legend(title, classes, tr(layer.note, lang))


def _class_texts(layer: Layer, lang: str) -> list[str]:
    """Write the limits of each class; the end classes also hold what lies outside, and say so where it does."""
    known = layer.field.values[np.isfinite(layer.field.values)]
    limits = [number(value, lang) for value in layer.breaks]
    texts = [f"{low} – {high}" for low, high in pairwise(limits)]
    if len(texts) > 1 and known.size and known.min() < layer.breaks[0]:
        texts[0] = tr("below {value}", lang, value=limits[1])
    if len(texts) > 1 and known.size and known.max() > layer.breaks[-1]:
        texts[-1] = tr("{value} and over", lang, value=limits[-2])
    return texts


def colour_at(colours: tuple[str, ...], fraction: float) -> str:
    """Return the colour at a fraction of a scale, mixed linearly between its colours."""
    at = float(np.clip(fraction, 0.0, 1.0)) * (len(colours) - 1)
    i = min(int(at), len(colours) - 2)
    low, high = (np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)]) for c in colours[i : i + 2])
    mixed = np.rint(low + (high - low) * (at - i)).astype(int)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def class_colours(layer: Layer) -> tuple[str, ...]:
    """Return the colour of each class of a layer with limits, spread evenly over its scale."""
    n = len(layer.breaks) - 1
    return tuple(colour_at(layer.scale.colours, i / (n - 1) if n > 1 else 0.5) for i in range(n))
