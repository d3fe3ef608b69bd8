"""Field: numbers with a unit and a source per place (and time). Layer: a field and how it is painted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, cast

import msgspec
import numpy as np

from twin.city.schema import TABLES, word
from twin.content import folder
from twin.errors import BadInput
from twin.places import Points, check
from twin.text import N_, YEAR, number, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.places import Places
    from twin.privacy.provenance import Source

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
UNKNOWN_COLOUR = "#d6d3cd"
"""Under the hatch of what is lacking, in legends."""
Where = Literal["buildings", "facades", "roads", "zones", "grid", "points", "paths", "lines", "picture", "solids"]


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
    places : Places, optional
        Where the values stand when the City has no table for them (:mod:`twin.places`); ``ids`` may then be empty.
        Without it ``"points"`` are the City's places.
    support : array, shape (n,), optional
        How many persons each value rests on, where it is made of people who need protection (:mod:`twin.privacy`).
    about : Source, optional
        Whose the values are, where they are a drop-in's own and no source of the City.
    """

    name: str
    unit: str
    where: Where
    ids: NDArray[np.object_]
    values: NDArray[np.float32]
    times: NDArray[np.datetime64] | None = None
    source: str = ""
    categories: Mapping[int, str] = field(default_factory=dict)
    places: Places | None = None
    support: NDArray[np.float64] | None = None
    about: Source | None = None

    def __post_init__(self) -> None:
        """Refuse values that do not fit their places."""
        times = None if self.times is None else len(self.times)
        check(self.name, self.where, self.values.shape, len(self.ids), times, self.places)

    @cached_property
    def of_crowds(self) -> NDArray[np.float32]:
        """Values (…, nodes) of points and of the crowds they are gathered in (:attr:`Points.crowds`)."""
        if not isinstance(self.places, Points):
            return self.values
        return self.places.crowds.means(self.values, bool(self.categories))

    def at(self, time: np.datetime64 | None) -> NDArray[np.float32]:
        """Return the values (n,) at a time: between two steps a mix of both, by default those of the last step.

        Codes are never mixed, and where one of the two is unknown the nearer one counts.
        """
        if self.values.ndim == 1:
            return self.values
        if time is None or self.times is None:
            last: NDArray[np.float32] = self.values[-1]
            return last
        first, second, share = self.step(time)
        a: NDArray[np.float32] = self.values[first]
        b: NDArray[np.float32] = self.values[second]
        if self.categories:
            return a if share < 0.5 else b
        mixed = a * np.float32(1 - share) + b * np.float32(share)
        nearer: NDArray[np.float32] = np.where(np.isnan(mixed), a if share < 0.5 else b, mixed)
        return nearer

    def step(self, time: np.datetime64) -> tuple[int, int, float]:
        """Return the steps before and after a time and how far it is between them (0–1); clamped to the ends."""
        if self.times is None or len(self.times) < 2:
            return 0, 0, 0.0
        at = self.times.astype("datetime64[ms]").astype(np.int64)
        now = int(time.astype("datetime64[ms]").astype(np.int64))
        k = int(np.clip(np.searchsorted(at, now, side="right") - 1, 0, len(at) - 2))
        return k, k + 1, float(np.clip((now - at[k]) / max(int(at[k + 1] - at[k]), 1), 0.0, 1.0))


@dataclass(frozen=True)
class Scale:
    """A colour scale: its name, colours as ``"#rrggbb"`` from low to high, and what it is meant for."""

    name: str
    colours: tuple[str, ...]
    kind: Literal["sequential", "diverging", "classes", "categories"] = "sequential"


_more: dict[str, Scale] = {}


def scales() -> Mapping[str, Scale]:
    """Return the colour scales by name: those shipped (``data/scales.json``) and those of drop-ins."""
    return {**_shipped(), **_more}


def add_scales(more: Iterable[Scale]) -> None:
    """Know these colour scales besides those shipped, in place of others added before; shipped names stay as they are.

    Raises
    ------
    BadInput
        When a colour is not written ``#rrggbb``, or there are fewer than two.
    """
    _more.clear()
    for one in more:
        if len(one.colours) < 2 or not all(_COLOUR.fullmatch(colour) for colour in one.colours):
            raise BadInput("Colour scale {name}: at least two colours are needed, written #rrggbb.", name=one.name)
        if one.name not in _shipped():
            _more[one.name] = one


@cache
def _shipped() -> Mapping[str, Scale]:
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

    ``breaks`` are class limits (ascending); empty means a continuous scale over ``low`` … ``high``. The rest is said in
    ``docs/drawing.md``: ``size`` widens streets and lines or sizes symbols, ``flow`` moves dashes along streets,
    ``isolines`` draws labelled lines at the breaks of a grid, ``hatch`` marks where a value is lacking, ``texts`` are
    written beside points and lines; ``through`` gives lines a dark rim, and shows them faintly behind houses.
    """

    id: str
    title: str
    field: Field
    scale: Scale
    low: float
    high: float
    breaks: tuple[float, ...] = ()
    note: str = ""
    size: Size | None = None
    flow: Field | None = None
    isolines: bool = False
    hatch: bool | None = None
    texts: tuple[str, ...] = ()
    through: bool = False

    @property
    def hatched(self) -> bool:
        """Whether what has no value is drawn as such: areas and own points are, streets and houses where asked for."""
        if self.hatch is not None:
            return self.hatch
        return self.field.where in ("zones", "grid", "facades") or isinstance(self.field.places, Points)

    def __post_init__(self) -> None:
        """Refuse class limits that do not rise, and texts, sizes and flows that are not those of the field's places."""
        if any(b <= a for a, b in pairwise(self.breaks)):
            raise BadInput("Class limits must rise from one to the next; {limits} do not.", limits=self.breaks)
        count = self.field.values.shape[-1]
        if self.texts and len(self.texts) != count:
            raise BadInput("The layer has {texts} texts for {values} values.", texts=len(self.texts), values=count)
        for other in (None if self.size is None else self.size.field, self.flow):
            if other is None:
                continue
            if other.where != self.field.where or (other.places is not None and other.places is not self.field.places):
                raise BadInput("«{other}» does not stand at the places of «{name}».", other=other.name,
                               name=self.field.name)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Size:
    """How a second field widens streets and lines or sizes symbols.

    ``field`` has the places of the layer's own (for streets: ids of streets); ``low`` … ``high`` of its values become
    ``least`` … ``most`` points on the screen (1 point = 1 pixel at 96 dpi), for symbols by area.
    """

    field: Field
    low: float
    high: float
    least: float = 1.5
    most: float = 14.0


@dataclass(frozen=True)
class Paint:
    """How a model wishes one of its fields to be painted: scale, class limits, and width and motion by other fields.

    ``size`` names the field (of the same result) that widens streets, lines or symbols: ``low`` … ``high`` of its
    values become ``least`` … ``most`` points; ``flow`` the field that moves dashes along them. A difference is as wide
    as it is large where ``size`` is given; ``change`` are its class limits, symmetric; else they follow from the
    values.
    """

    scale: str = "viridis"
    breaks: tuple[float, ...] = ()
    size: str = ""
    low: float = 0.0
    high: float = 1.0
    least: float = 1.0
    most: float = 14.0
    flow: str = ""
    change: tuple[float, ...] = ()


class Drawing(TypedDict, total=False):
    """How a layer is drawn beyond its colours: the fields of :class:`Layer` of these names."""

    size: Size | None
    flow: Field | None
    isolines: bool
    hatch: bool | None
    texts: tuple[str, ...]
    through: bool


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
    **drawing: Unpack[Drawing],
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
    **drawing
        ``size``, ``flow``, ``isolines``, ``hatch``, ``texts``, ``through`` of :class:`Layer`.
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
    return Layer(id, title, field, scale(scale_name), first, last, breaks, note, **drawing)


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
    """One line of a legend: its colour and its text; ``hatched`` as the map draws what is lacking."""

    colour: str
    text: str
    hatched: bool = False


@dataclass(frozen=True)
class Legend:
    """The legend of one layer: title with unit, its classes from low to high, a note.

    ``gradient`` are the colours of a continuous scale; its ``classes`` are then the values written beside it.
    ``round``: colours stand in discs, as points do on the map.
    """

    title: str
    classes: tuple[LegendClass, ...]
    note: str = ""
    gradient: tuple[str, ...] = ()
    round: bool = False


def legend(layer: Layer, lang: str) -> Legend:
    """Return the legend of a layer: its classes with their limits, or five values of a continuous scale."""
    unit = tr(layer.field.unit, lang)
    title = tr(layer.title, lang) + (f" [{unit}]" if unit else "")
    colours = layer.scale.colours
    gradient: tuple[str, ...] = ()
    if layer.field.categories:
        classes = tuple(
            LegendClass(colours[min(code, len(colours) - 1)], tr(text, lang))
            for code, text in sorted(layer.field.categories.items())
        )
    elif layer.breaks:
        texts = _class_texts(layer, lang)
        classes = tuple(LegendClass(colour, text) for colour, text in zip(class_colours(layer), texts, strict=True))
    else:
        gradient, span = colours, layer.high - layer.low
        classes = tuple(
            LegendClass(colour_at(colours, s), _limit(layer, layer.low + s * span, lang)) for s in np.linspace(0, 1, 5)
        )
    if layer.hatched and np.isnan(layer.field.values).any():
        classes = (*classes, LegendClass(UNKNOWN_COLOUR, tr(unknown_text(layer.field), lang), hatched=True))
    return Legend(title, classes, tr(layer.note, lang), gradient, layer.field.where == "points")


def unknown_text(field: Field) -> str:
    """Return what stands for nan, English of the catalogue: where people need protection it may be withheld."""
    if field.support is not None and bool((np.isnan(field.at(None)) & (field.support > 0)).any()):
        return N_("No data, or too few persons")
    return N_("No data")


def _class_texts(layer: Layer, lang: str) -> list[str]:
    """Write the limits of each class; the end classes also hold what lies outside, and say so where it does."""
    known = layer.field.values[np.isfinite(layer.field.values)]
    limits = [_limit(layer, value, lang) for value in layer.breaks]
    texts = [f"{low} – {high}" for low, high in pairwise(limits)]
    if len(texts) > 1 and known.size and known.min() < layer.breaks[0]:
        texts[0] = tr("below {value}", lang, value=limits[1])
    if len(texts) > 1 and known.size and known.max() > layer.breaks[-1]:
        texts[-1] = tr("{value} and over", lang, value=limits[-2])
    return texts


def _limit(layer: Layer, value: float, lang: str) -> str:
    return number(value, lang, unit=YEAR if layer.field.unit == YEAR else "")


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
