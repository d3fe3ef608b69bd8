"""The sheet of facts of a place that a layer brings: a point, a line, a cell, an area. No widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin import localtime
from twin.places import spot
from twin.text import N_, number, tr
from twin.ui.facts import Fact, Group, Sheet, source_facts
from twin.ui.shown_values import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from twin.layer import Layer
    from twin.state import State

_MOST = 500
"""Letters of a value that are shown."""


def place_sheet(
    state: State,
    layers: Mapping[str, Layer],
    fields: Callable[[str, int], Mapping[str, object]],
    lang: str,
    time: np.datetime64 | None = None,
) -> Sheet | None:
    """Say what is known of the place that is selected: its value, all columns of its row, where they come from.

    Parameters
    ----------
    state : State
    layers : mapping from id to Layer
    fields : callable
        Gives the columns of the row behind a place (id of the layer, number of the place).
    lang : str
    time : datetime64, optional
        Of layers with times; the last by default.

    Returns
    -------
    Sheet or None
        None when the layer or the place is there no more.
    """
    picked = state.selection
    layer = layers.get(picked.layer) if picked is not None and picked.layer else None
    if picked is None or layer is None or layer.field.places is None:
        return None
    place = int(picked.ids[0])
    try:
        x, y = spot(layer.field.places, place)
    except IndexError:
        return None
    title = tr(layer.title, lang)
    value = Fact(title, place_value(layer, place, lang, time), plain=f"{float(layer.field.at(time)[place]):.7g}")
    facts = [value]
    if layer.field.times is not None and len(layer.field.times):
        at = layer.field.times[-1] if time is None else time
        facts.append(Fact(tr(N_("Time"), lang), localtime.said(localtime.instant(at), lang)))
    groups = [Group("shown_layers", tr(N_("On the map"), lang), tuple(facts))]
    known = fields(layer.id, place)
    if known:
        told = tuple(_fact(name, one, lang) for name, one in known.items())
        groups.append(Group("fields", tr(N_("Fields"), lang), told))
    groups.append(Group("geometry", tr(N_("Place"), lang), (
        Fact(tr(N_("East"), lang), number(x, lang, 1, "m"), plain=f"{x:.2f}"),
        Fact(tr(N_("North"), lang), number(y, lang, 1, "m"), plain=f"{y:.2f}"),
    )))  # fmt: skip
    own = layer.field.source or layer.field.about
    source = state.source_of(layer.field) if own else {}
    groups.append(Group("source", tr(N_("Source"), lang), source_facts(source, lang)))
    named = layer.texts[place] if place < len(layer.texts) else ""
    shown = tuple(group for group in groups if group.facts)
    return Sheet(named or value.value or title, title, shown, source.get("classification", ""), state.city.synthetic)


def place_value(layer: Layer, place: int, lang: str, time: np.datetime64 | None = None) -> str:
    """Write the value of a place with its unit, or its name, or that there is none."""
    return value_text(layer, float(layer.field.at(time)[place]), lang)


def _fact(name: str, value: Any, lang: str) -> Fact:
    if value is None or value != value:
        return Fact(name, "")
    if isinstance(value, bool):
        return Fact(name, tr(N_("yes") if value else N_("no"), lang), plain=str(value))
    if isinstance(value, int | float):
        return Fact(name, number(value, lang), plain=f"{value:.12g}")
    text = str(value)
    return Fact(name, text if len(text) <= _MOST else text[: _MOST - 1] + "…", plain=text,
                link=text if text.startswith(("https://", "http://")) else "")  # fmt: skip
