"""What the layers on the map say at the place of what is selected: one fact for each layer that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.schema import TABLES
from twin.layer import unknown_text
from twin.places import Grid
from twin.text import N_, YEAR, number, tr
from twin.ui.facts import Fact, Group, source_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.layer import Field, Layer
    from twin.state import State


def shown_values(
    state: State, layers: Mapping[str, Layer], lang: str, time: np.datetime64 | None = None
) -> Group | None:
    """Return the values of the layers shown for the one thing that is selected, None where there are none.

    Parameters
    ----------
    state : State
        Its city, selection and layer tree.
    layers : mapping from id to Layer
    lang : str
    time : datetime64, optional
        Of layers with times; the last by default.
    """
    picked = state.selection
    if picked is None or picked.layer or len(picked.ids) != 1:
        return None
    facts = []
    for entry in state.layers:
        layer = layers.get(entry.id)
        if layer is None or not entry.visible:
            continue
        value = _value(state, picked.table, picked.ids[0], layer.field, time)
        if value is not None:
            facts.append(_fact(layer, value, lang))
    return Group("shown_layers", tr(N_("On the map"), lang), tuple(facts)) if facts else None


def _value(state: State, table: str, id: str, field: Field, time: np.datetime64 | None) -> float | None:
    values = field.at(time)
    if field.places is None:
        if field.where != ("places" if table == "points" else table):
            return None
        places = np.flatnonzero(field.ids == id)
        return float(values[places[0]]) if places.size else None
    if isinstance(field.places, Grid) and TABLES[table].geometry:
        rows = state.city.table(table)
        shapes = rows.loc[rows["id"] == id, "geometry"]
        if not len(shapes):
            return None
        shape: Any = shapes.iloc[0]
        point = shape.representative_point()
        return _cell(field.places, values, point.x, point.y)
    return None


def _cell(grid: Grid, values: np.ndarray, x: float, y: float) -> float | None:
    a, _, c, _, e, f = grid.transform
    column, row = int(np.floor((x - c) / a)), int(np.floor((y - f) / e))
    if not (0 <= column < grid.columns and 0 <= row < grid.rows):
        return None
    return float(values[row * grid.columns + column])


def _fact(layer: Layer, value: float, lang: str) -> Fact:
    plain = "" if layer.field.categories or value != value else f"{value:.7g}"
    about = layer.field.about
    facts = () if about is None else source_facts(about.row(), lang)
    tip = "\n".join(f"{fact.title}: {fact.value}" for fact in facts if fact.value)
    return Fact(tr(layer.title, lang), value_text(layer, value, lang), plain=plain, tip=tip)


def value_text(layer: Layer, value: float, lang: str) -> str:
    """Write a value of a layer with its unit, or its name, or that there is none."""
    field = layer.field
    if value != value:
        return tr(unknown_text(field), lang)
    if field.categories:
        return tr(field.categories.get(int(value), ""), lang)
    return number(value, lang, None, field.unit if field.unit == YEAR else tr(field.unit, lang))
