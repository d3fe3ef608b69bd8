"""Layers made of what models answer: the values of a scenario, and its difference from a named reference."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.chain.registry import MODELS
from twin.layer import Field, Layer, Size, layer_of, scale
from twin.models.noise import colours
from twin.result import Result, difference
from twin.text import tr
from twin.ui.opening import DropInInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.chain.answer import Answer

VALUE, DIFFERENCE = "result", "difference"


@dataclass(frozen=True, eq=False)
class _Painted:
    """The layers of one model, and the two results and names they were painted from."""

    result: Result
    reference: Result | None
    names: tuple[str, str]
    layers: Mapping[str, Layer]
    entries: tuple[DropInInfo, ...]
    of_reference: Mapping[str, Layer]

    def shows(self, result: Result, reference: Result | None, names: tuple[str, str]) -> bool:
        return self.result is result and self.reference is reference and self.names == names


@dataclass(frozen=True, eq=False)
class ResultLayers:
    """Layers by id, and what can be added."""

    layers: Mapping[str, Layer] = field(default_factory=dict)
    entries: tuple[DropInInfo, ...] = ()
    _models: Mapping[str, _Painted] = field(default_factory=dict)

    @property
    def of_reference(self) -> dict[str, Layer]:
        """The same layers with the reference's values, in the same colours; there is none of a difference."""
        return {id: layer for one in self._models.values() for id, layer in one.of_reference.items()}

    def painted(
        self, answer: Answer | None, reference: Answer | None, names: tuple[str, str], lang: str
    ) -> ResultLayers:
        """Return the layers of other answers; a model that says the same keeps its layers, and so its picture."""
        models = {}
        for name, result in answer.results.items() if answer is not None else ():
            other = None if reference is None else reference.results.get(name)
            known = self._models.get(name)
            same = known is not None and known.shows(result, other, names)
            models[name] = known if known is not None and same else _paint(result, other, names, lang)
        if list(models.values()) == list(self._models.values()):
            return self
        layers = {id: layer for one in models.values() for id, layer in one.layers.items()}
        return ResultLayers(layers, tuple(entry for one in models.values() for entry in one.entries), models)


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
    return ResultLayers().painted(answer, reference, names, lang)


def _paint(result: Result, reference: Result | None, names: tuple[str, str], lang: str) -> _Painted:
    layers: dict[str, Layer] = {}
    beside: dict[str, Layer] = {}
    entries: list[DropInInfo] = []
    group = MODELS[result.model].title
    others = {} if reference is None else {one.name: one for one in reference.fields}
    for one in result.fields:
        made = _value(layer_id(VALUE, result.model, one.name), one, others.get(one.name), names[0], lang)
        made = None if made is None else painted(made, result.model, result.fields)
        if made is not None:
            layers[made.id] = made
            entries.append(DropInInfo(made.id, one.name, group))
            same = others.get(one.name)
            other = None if same is None else _value(made.id, same, one, names[1], lang)
            if other is not None:
                beside[made.id] = same_colours(other, made)
    if reference is not None:
        what = tr("{scenario} − {reference}", lang, scenario=names[0], reference=names[1])
        for one in difference(result, reference, names[1]).fields:
            id = layer_id(DIFFERENCE, result.model, one.name)
            layers[id] = _widened(difference_layer(id, one, what, lang), result)
            entries.append(DropInInfo(id, one.name, what))
    return _Painted(result, reference, names, layers, tuple(entries), beside)


def same_colours(layer: Layer, like: Layer) -> Layer:
    """Return a layer whose colours mean what they mean in another, so that one legend serves both."""
    return dataclasses.replace(layer, scale=like.scale, low=like.low, high=like.high, breaks=like.breaks)


def beside(layers: Mapping[str, Layer], of_reference: Mapping[str, Layer]) -> dict[str, Layer]:
    """Return the layers of a reference in the colours of those shown for the scenario.

    Parameters
    ----------
    layers : mapping
        Of the scenario.
    of_reference : mapping
        Of the reference; what is not among them is not shown there.
    """
    return {id: same_colours(one, layers[id]) if id in layers else one for id, one in of_reference.items()}


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
    if colours.is_level(field):
        return colours.changes(id, tr("Difference: {what}", lang, what=tr(field.name, lang)), field, what)
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
    if colours.is_level(field):
        return colours.levels(id, field, tr("Scenario: {name}", lang, name=name))
    low, high = (float(v) for v in np.percentile(known, (2, 98)))
    made = layer_of(id, field.name, field, scale_name="viridis", low=low, high=high)
    note = tr("Scenario: {name}", lang, name=name)
    return None if made is None else dataclasses.replace(made, note=note)


def painted(layer: Layer, model: str, fields: Iterable[Field]) -> Layer:
    """Return a layer in the colours and widths its model wishes; ``fields`` may widen and move it."""
    paint = MODELS[model].paints.get(layer.field.name)
    if paint is None:
        return layer
    others = {one.name: one for one in fields}
    size, flow = others.get(paint.size), others.get(paint.flow)
    if size is not None and size.values.size and float(np.nanmin(size.values, initial=0.0)) < 0:
        size = dataclasses.replace(size, values=np.abs(size.values))
    low, high = (paint.breaks[0], paint.breaks[-1]) if paint.breaks else (layer.low, layer.high)
    wide = None if size is None else Size(size, paint.low, paint.high, paint.least, paint.most)
    return dataclasses.replace(
        layer, scale=scale(paint.scale), low=low, high=high, breaks=paint.breaks, size=wide, flow=flow
    )


def _widened(layer: Layer, result: Result) -> Layer:
    """Return a difference drawn as wide as it is large, where its model draws by width."""
    paint = MODELS[result.model].paints.get(layer.field.name)
    if paint is None or not paint.size:
        return layer
    if paint.change:
        layer = dataclasses.replace(layer, breaks=paint.change, low=paint.change[0], high=paint.change[-1])
    size = dataclasses.replace(layer.field, values=np.abs(layer.field.values))
    return dataclasses.replace(
        layer, size=Size(size, layer.breaks[len(layer.breaks) // 2], layer.high, 0.8, paint.most)
    )
