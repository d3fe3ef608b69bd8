"""Which value of a chart is meant by a pointer or a key, and what it says; nothing is drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin import chart as charts
from twin.chart import Bars, Line, Scatter
from twin.text import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.chart import Axis, Chart, Part

At = tuple[int, int]
"""Number of a part of the chart, and of a value in it."""
_NEAR = 24.0
"""How near [px] the pointer must come to a point for it to be read out."""


def scaled(values: NDArray[np.float64], log: bool) -> NDArray[np.float64]:
    """Return where values stand on an axis."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log10(values) if log else values


def scaled_one(value: float, log: bool) -> float:
    """Return where a value stands on an axis; what has no logarithm stays."""
    return float(np.log10(value)) if log and value > 0 else value


def drawn(chart: Chart, part: Part) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y (n,) of a part as its axes place them."""
    return scaled(charts.places(part), chart.x.log), scaled(charts.numbers(part.y), chart.y.log)


def nearest(chart: Chart, here: tuple[float, float], scale: tuple[float, float]) -> At | None:
    """Return the value drawn nearest to a place, where one is near.

    Parameters
    ----------
    chart : Chart
    here : (x, y)
        On the axes.
    scale : (x, y) [px per unit of the axis]
    """
    best, found = _NEAR, None
    for number, part in enumerate(chart.parts):
        x, y = drawn(chart, part)
        if not len(x):
            continue
        px, py = (x - here[0]) * scale[0], (y - here[1]) * scale[1]
        away = np.abs(px) if isinstance(part, Bars) else np.hypot(px, py)
        away = np.where(np.isfinite(away) & np.isfinite(y), away, np.inf)
        place = int(np.argmin(away))
        if away[place] < best:
            best, found = float(away[place]), (number, place)
    return found


def along(chart: Chart, at: At | None, by: int) -> At | None:
    """Return the value that lies so many known ones on (or back, below 0) in the same series; None for no more."""
    if not chart.parts:
        return None
    number, n = at or (0, -1 if by > 0 else len(chart.parts[0].y))
    known = np.flatnonzero(np.isfinite(charts.numbers(chart.parts[number].y)))
    on = known[known > n] if by > 0 else known[known < n][::-1]
    return (number, int(on[min(abs(by), len(on)) - 1])) if len(on) else None


def across(chart: Chart, at: At | None, by: int) -> At | None:
    """Return the known value of the next series that stands nearest in x; None where it has none."""
    if not chart.parts:
        return None
    number, n = at or (0, 0)
    other = (number + by) % len(chart.parts)
    x, there = charts.places(chart.parts[number]), charts.places(chart.parts[other])
    known = np.flatnonzero(np.isfinite(charts.numbers(chart.parts[other].y)))
    if not len(known) or not len(x):
        return None
    return other, int(known[np.argmin(np.abs(there[known] - x[min(n, len(x) - 1)]))])


def text(chart: Chart, at: At, lang: str) -> str:
    """Say a value: its place or series, where it stands, how much it is, what is wrong with it."""
    part, n = chart.parts[at[0]], at[1]
    texts = [part.names[n]] if isinstance(part, Scatter) and part.names else []
    texts.append(tr(part.title, lang))
    if isinstance(part, Bars) and part.edges is not None:
        edges = charts.numbers(part.edges)
        texts.append(f"{chart.x.value(edges[n], lang)} – {chart.x.with_unit(edges[n + 1], lang)}")
    else:
        texts.append(_named(chart.x, charts.places(part)[n], lang))
    texts.append(_named(chart.y, charts.numbers(part.y)[n], lang))
    if isinstance(part, Line) and part.flags is not None:
        flag = int(part.flags[n])
        texts += [tr(part.flag_names[flag], lang)] if 0 < flag < len(part.flag_names) else []
    return " · ".join(texts)


def _named(axis: Axis, value: float, lang: str) -> str:
    said = axis.with_unit(value, lang)
    return said if axis.time or axis.names or not axis.title else f"{tr(axis.title, lang)} {said}"
