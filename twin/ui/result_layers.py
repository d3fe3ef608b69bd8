"""Layers made of what models answer: the values of a scenario, and its difference from a named reference."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.chain.chain import compared
from twin.chain.registry import MODELS
from twin.layer import Layer, layer_of, scale
from twin.text import tr
from twin.ui.opening import DropInInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.chain.chain import Answer
    from twin.layer import Field

VALUE, DIFFERENCE = "result", "difference"


@dataclass(frozen=True, eq=False)
class ResultLayers:
    """Layers by id, and what can be added."""

    layers: Mapping[str, Layer]
    entries: tuple[DropInInfo, ...]


def layer_id(kind: str, model: str, field: str) -> str:
    """Return the id of a result's layer, as it stands in the State."""
    return f"{kind}:{model}:{tr(field, 'en')}"


def is_result(id: str) -> bool:
    """Say whether a layer of the State shows what a model answered."""
    return id.split(":", 1)[0] in (VALUE, DIFFERENCE)


def result_layers(answer: Answer | None, reference: Answer | None, names: tuple[str, str], lang: str) -> ResultLayers:
    """Paint what the models answered.

    Parameters
    ----------
    answer, reference : Answer or None
        Of the scenario shown and of the one it is compared with; None while there is none.
    names : (str, str)
        What the two are called.
    lang : str
        Language of the composed titles.
    """
    layers: dict[str, Layer] = {}
    entries: list[DropInInfo] = []
    for result in answer.results.values() if answer is not None else ():
        group = MODELS[result.model].title
        others = {} if reference is None else {f.name: f for f in reference.results[result.model].fields}
        for field in result.fields:
            made = _value(layer_id(VALUE, result.model, field.name), field, others.get(field.name), names[0], lang)
            if made is not None:
                layers[made.id] = made
                entries.append(DropInInfo(made.id, field.name, group))
    if answer is not None and reference is not None:
        what = tr("{scenario} − {reference}", lang, scenario=names[0], reference=names[1])
        for model, difference in compared(answer, reference).items():
            for field in difference.fields:
                id = layer_id(DIFFERENCE, model, field.name)
                layers[id] = difference_layer(id, field, what, lang)
                entries.append(DropInInfo(id, field.name, what))
    return ResultLayers(layers, tuple(entries))


def difference_layer(id: str, field: Field, what: str, lang: str) -> Layer:
    """Paint a difference: white in the middle, limits the same on both sides.

    Parameters
    ----------
    id : str
    field : Field
        Scenario minus reference.
    what : str
        «scenario − reference», which stands in the legend.
    lang : str
    """
    most = largest(field.values)
    limits = (-most, -most / 2, -most / 10, most / 10, most / 2, most)
    named = tr("Difference: {what}", lang, what=tr(field.name, lang))
    return Layer(id, named, field, scale("blue-white-orange"), -most, most, limits, what)


def largest(values: np.ndarray) -> float:
    """Return a round number that nearly all differences stay within; 1 where nothing differs.

    Examples
    --------
    >>> largest(np.array([0.0, -130.0, 20.0]))
    200.0
    """
    size = np.abs(values[np.isfinite(values)])
    size = size[size > 0]
    if not size.size:
        return 1.0
    most = float(np.percentile(size, 98))
    step = 10.0 ** math.floor(math.log10(most))
    return next((k * step for k in (1.0, 2.0, 5.0) if k * step >= most), 10.0 * step)


def _value(id: str, field: Field, other: Field | None, name: str, lang: str) -> Layer | None:
    """Paint a field; with a reference both share the range, so that a colour means the same in either."""
    values = field.values if other is None else np.concatenate([field.values.ravel(), other.values.ravel()])
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = (float(v) for v in np.percentile(known, (2, 98)))
    made = layer_of(id, field.name, field, scale_name="viridis", low=low, high=high)
    note = tr("Scenario: {name}", lang, name=name)
    return None if made is None else dataclasses.replace(made, note=note)
