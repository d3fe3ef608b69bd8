"""Chart: series with their axes and units, as plain values; its table, its CSV, and what it shows in words.

Whoever has numbers to show makes a :class:`Chart`; the window (:mod:`twin.ui.chart`) and reports draw it. Titles are
English of the catalogue, or texts that are in the reader's language already.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin import localtime
from twin.text import N_, number, tr, trn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Tone = Literal["1", "2", "3", "4", "5", "6", "reference", "muted", "warn", "danger"] | str
"""Colour of a series: its place in the theme's palette, a role, or ``"#rrggbb"`` of a colour scale."""


@dataclass(frozen=True)
class Axis:
    """An axis: what it measures and in which unit.

    ``low``, ``high`` fix the range that is shown; ``names`` stand at 0, 1, 2 … instead of numbers; ``time``: values
    are instants [s since 1970 UTC] and are written in city-local time; ``log``: decimal logarithm, positive only.
    """

    title: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()
    time: bool = False
    log: bool = False
    decimals: int | None = None

    def text(self, lang: str) -> str:
        """Return the title with its unit."""
        unit = tr(self.unit, lang)
        return tr(self.title, lang) + (f" [{unit}]" if unit else "")

    def value(self, value: float, lang: str) -> str:
        """Write a value as this axis does."""
        if not np.isfinite(value):
            return "–"
        if self.time:
            return localtime.said(value, lang)
        place = round(value)
        if self.names and abs(value - place) < 1e-6 and 0 <= place < len(self.names):
            return tr(self.names[place], lang)
        return number(value, lang, self.decimals)

    def with_unit(self, value: float, lang: str) -> str:
        """Write a value with its unit behind it."""
        text, unit = self.value(value, lang), tr(self.unit, lang)
        return f"{text}\u00a0{unit}" if unit and text != "–" else text


@dataclass(frozen=True, eq=False)
class Line:
    """Values over x, ascending; nan is a gap and stays one.

    Parameters
    ----------
    title : str
    x : array (n,)
        Numbers, or datetime64 in UTC.
    y : array (n,)
    low, high : array (n,), optional
        Band around it (confidence, null band, lowest and highest).
    band : str
        What the band is («95 % interval»); wanted where there is one.
    gap : float, optional
        Neighbours farther apart than this in x [s where x is a time] are not joined.
    steps : bool
        Each value holds until the next (hourly means), instead of a line from point to point.
    flags : array of int (n,), optional
        Points that are not 0 get a mark of their own, named by ``flag_names``.
    """

    title: str
    x: NDArray[Any]
    y: NDArray[Any]
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None
    band: str = ""
    tone: Tone = ""
    dashed: bool = False
    points: bool = False
    steps: bool = False
    gap: float | None = None
    flags: NDArray[Any] | None = None
    flag_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points; ``ids`` name what each stands for, so that it can be found on the map."""

    title: str
    x: NDArray[Any]
    y: NDArray[Any]
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tone: Tone = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars over classes: between ``edges`` (n + 1,) of a histogram, or at 0, 1, 2 … of an axis with names.

    ``low``, ``high`` draw a whisker; ``tones`` a colour per bar (classes of a legend).
    """

    title: str
    y: NDArray[Any]
    edges: NDArray[Any] | None = None
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None
    band: str = ""
    tone: Tone = ""
    tones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A limit or a range to compare with: ``at`` … ``to`` on an axis, over the whole chart, named by its title."""

    title: str
    at: float
    to: float | None = None
    axis: Literal["x", "y"] = "y"
    tone: Tone = "muted"


@dataclass(frozen=True)
class OneToOne:
    """The line on which both axes say the same; ``factor`` draws the lines y = x·factor and y = x/factor too."""

    title: str = N_("Equal (1:1)")
    factor: float | None = None


Part = Line | Scatter | Bars
Guide = Mark | OneToOne


@dataclass(frozen=True, eq=False)
class Chart:
    """What is drawn in one frame. ``source`` is printed below it: where the numbers come from, which assumptions."""

    title: str
    x: Axis
    y: Axis
    parts: tuple[Part, ...]
    guides: tuple[Guide, ...] = ()
    source: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is no number in it at all."""
        return not any(np.isfinite(numbers(part.y)).any() for part in self.parts)


def histogram(
    title: str, values: NDArray[Any], axis: Axis, edges: NDArray[Any] | int = 20, count: str = N_("Number")
) -> Chart:
    """Return the chart of how often values fall between edges (n + 1,), or in so many even classes; nan is left out."""
    known = numbers(values)
    known = known[np.isfinite(known)]
    limits = np.histogram_bin_edges(known, edges) if isinstance(edges, int) else numbers(edges)
    counts, _ = np.histogram(known, limits)
    return Chart(title, axis, Axis(count, low=0.0), (Bars(title, counts.astype(float), limits),))


def numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return values as float64; times become instants [s]."""
    found = np.asarray(values)
    if np.issubdtype(found.dtype, np.datetime64):
        return localtime.instants(found)
    return found.astype(np.float64)


def places(part: Part) -> NDArray[np.float64]:
    """Return where the values of a part stand on x: of a histogram the middle of each class."""
    if not isinstance(part, Bars):
        return numbers(part.x)
    if part.edges is None:
        return np.arange(len(part.y), dtype=np.float64)
    edges = numbers(part.edges)
    return (edges[:-1] + edges[1:]) / 2


def joined(line: Line) -> NDArray[np.bool_]:
    """Return for each of the n points whether a line goes on to the next: not into a gap, not over one."""
    x, y = numbers(line.x), numbers(line.y)
    known = np.isfinite(x) & np.isfinite(y)
    on = np.zeros(len(y), dtype=bool)
    on[:-1] = known[:-1] & known[1:]
    if line.gap is not None and len(x) > 1:
        with np.errstate(invalid="ignore"):
            on[:-1] &= np.diff(x) <= line.gap
    return on


# --- as a table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Column:
    """A column of the table of a chart: its head and its cells, as numbers (n,) and as texts are wanted."""

    title: str
    values: NDArray[np.float64]
    write: Callable[[float, str], str]
    texts: tuple[str, ...] = ()

    def cell(self, row: int, lang: str) -> str:
        """Write a cell for a reader."""
        return self.texts[row] if self.texts else self.write(float(self.values[row]), lang)


def table(chart: Chart, lang: str) -> tuple[Column, ...]:
    """Return the numbers of a chart as columns; series that share their x stand side by side, others below another."""
    parts = chart.parts
    if not parts:
        return ()
    shared = [places(part) for part in parts]
    beside = all(len(x) == len(shared[0]) and np.array_equal(x, shared[0], equal_nan=True) for x in shared[1:])
    if beside and not any(isinstance(part, Scatter) and part.names for part in parts[1:]):
        first = parts[0]
        columns = [*_classes(first, chart, lang)]
        for part in parts:
            columns += _values(part, chart, lang, tr(part.title, lang))
        return tuple(columns)
    counts = [len(x) for x in shared]
    names = tuple(tr(part.title, lang) for part, n in zip(parts, counts, strict=True) for _ in range(n))
    which = Column(tr("Series", lang), np.repeat(np.arange(len(parts), dtype=float), counts), chart.x.value, names)
    x = Column(chart.x.text(lang), np.concatenate(shared), chart.x.value, _names(parts, counts, chart, lang))
    return which, x, Column(chart.y.text(lang), np.concatenate([numbers(part.y) for part in parts]), chart.y.value)


def _names(parts: tuple[Part, ...], counts: list[int], chart: Chart, lang: str) -> tuple[str, ...]:
    """Return what stands in the x column where points have names of their own."""
    if not any(isinstance(part, Scatter) and part.names for part in parts):
        return ()
    found: list[str] = []
    for part, n in zip(parts, counts, strict=True):
        own = part.names if isinstance(part, Scatter) else ()
        x = places(part)
        found += [f"{own[i]}: {chart.x.value(x[i], lang)}" if own else chart.x.value(x[i], lang) for i in range(n)]
    return tuple(found)


def _classes(part: Part, chart: Chart, lang: str) -> list[Column]:
    if isinstance(part, Scatter) and part.names:
        names = Column(tr("Place", lang), np.arange(len(part.names), dtype=float), chart.x.value, part.names)
        return [names, Column(chart.x.text(lang), places(part), chart.x.value)]
    if isinstance(part, Bars) and part.edges is not None:
        edges = numbers(part.edges)
        said = [chart.x.value(edge, lang) for edge in edges]
        texts = tuple(f"{low} – {high}" for low, high in pairwise(said))
        return [Column(chart.x.text(lang), places(part), chart.x.value, texts)]
    return [Column(chart.x.text(lang), places(part), chart.x.value)]


def _values(part: Part, chart: Chart, lang: str, title: str) -> list[Column]:
    unit = tr(chart.y.unit, lang)
    head = f"{title} [{unit}]" if unit else title
    columns = [Column(head, numbers(part.y), chart.y.value)]
    if not isinstance(part, Scatter) and part.low is not None and part.high is not None:
        band = tr(part.band, lang) if part.band else title
        for values, text in (
            (part.low, tr("{band}, low", lang, band=band)),
            (part.high, tr("{band}, high", lang, band=band)),
        ):
            columns.append(Column(text, numbers(values), chart.y.value))
    if isinstance(part, Line) and part.flags is not None and part.flag_names:
        flags = part.flags.astype(int)
        texts = tuple(tr(part.flag_names[f], lang) if 0 <= f < len(part.flag_names) else str(f) for f in flags)
        columns.append(Column(tr("Quality", lang), flags.astype(float), chart.y.value, texts))
    return columns


def as_csv(chart: Chart, lang: str) -> str:
    """Return the table with semicolons, numbers with the language's decimal sign, times as RFC 3339 with offset."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    columns = table(chart, lang)
    writer.writerow([column.title for column in columns])
    for row in range(max((len(column.values) for column in columns), default=0)):
        writer.writerow([_plain(column, row, chart, lang) for column in columns])
    return out.getvalue()


def _plain(column: Column, row: int, chart: Chart, lang: str) -> str:
    if column.texts:
        return column.texts[row]
    value = float(column.values[row])
    if not np.isfinite(value):
        return ""
    if column.write == chart.x.value and chart.x.time:
        return localtime.local(value).isoformat(timespec="seconds")
    if column.write == chart.x.value and chart.x.names:
        return chart.x.value(value, lang)
    return f"{value:.10g}".replace(".", "," if lang == "sv" else ".")


# --- in words ---------------------------------------------------------------------------------------------------------


def summary(chart: Chart, lang: str) -> str:
    """Say a chart in words, for those who do not see it: axes, each series with its range and gaps, limits."""
    axes = tr("{y} over {x}.", lang, y=chart.y.text(lang), x=chart.x.text(lang))
    lines = [f"{tr(chart.title, lang)}. {axes}"]
    if chart.empty:
        return f"{lines[0]} {tr('There is nothing to show.', lang)}"
    lines += [_part_said(part, chart, lang) for part in chart.parts]
    for guide in chart.guides:
        if isinstance(guide, Mark):
            axis = chart.y if guide.axis == "y" else chart.x
            at = axis.with_unit(guide.at, lang)
            to = "" if guide.to is None else f" – {axis.with_unit(guide.to, lang)}"
            lines.append(f"{tr(guide.title, lang)}: {at}{to}.")
    return " ".join(lines)


def _part_said(part: Part, chart: Chart, lang: str) -> str:
    x, y = places(part), numbers(part.y)
    known = np.flatnonzero(np.isfinite(y) & np.isfinite(x))
    title = tr(part.title, lang)
    if not len(known):
        return tr("{title}: no values.", lang, title=title)
    least, most = known[np.argmin(y[known])], known[np.argmax(y[known])]
    text = tr(
        "{title}: {n}, lowest {low} at {at_low}, highest {high} at {at_high}.", lang, title=title,
        n=trn("{n} value", "{n} values", len(known), lang),
        low=chart.y.with_unit(y[least], lang), at_low=chart.x.with_unit(x[least], lang),
        high=chart.y.with_unit(y[most], lang), at_high=chart.x.with_unit(x[most], lang),
    )  # fmt: skip
    if isinstance(part, Line):
        broken = gaps(part)
        if broken:
            text += " " + trn("{n} gap.", "{n} gaps.", broken, lang)
    return text


def gaps(line: Line) -> int:
    """Return how often a line is broken between its first and its last value."""
    x, y = numbers(line.x), numbers(line.y)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(known) < 2:
        return 0
    missing = np.diff(known) > 1
    if line.gap is not None:
        missing |= np.diff(x[known]) > line.gap
    return int(missing.sum())


def with_source(chart: Chart, source: str) -> Chart:
    """Return the chart with another line below it."""
    return replace(chart, source=source)


def over_time(title: str, y: Axis, parts: Sequence[Line], guides: tuple[Guide, ...] = (), source: str = "") -> Chart:
    """Return a chart of lines over city-local time."""
    return Chart(title, Axis(N_("Time"), time=True), y, tuple(parts), guides, source)
