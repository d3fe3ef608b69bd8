"""Bringing drop-ins that are no layers to where they are used: models, readers, colour scales, feeds, blocks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from twin.chain.registry import MODELS
from twin.city import formats
from twin.errors import TwinError
from twin.layer import add_scales
from twin.sensors.settings import KINDS
from twin.sensors.settings import MORE as FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.dropins.kinds import DropIn
    from twin.layer import Scale
    from twin.models.model import Model

BLOCKS: dict[str, Any] = {}
"""Functions of report blocks by id: ``block(city, answer, lang)``."""
_ours: set[str] = set()


@dataclass(frozen=True)
class Extras:
    """What drop-ins add, as another process can be told: models without the code that answers, colour scales."""

    models: tuple[Model, ...] = ()
    scales: tuple[Scale, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


def register(dropins: Iterable[DropIn]) -> Extras:
    """Register all that are no layers, in place of what was registered before.

    Returns
    -------
    Extras
        For :func:`take` in the process of the window; ``errors`` by id, where a name is taken already.
    """
    models: dict[str, Model] = {}
    colours: list[Scale] = []
    readers: list[Any] = []
    errors: dict[str, str] = {}
    FEEDS.clear()
    BLOCKS.clear()
    for one in dropins:
        if one.error:
            continue
        if one.kind == "model":
            model = cast("Model", one.thing)
            taken = model.name in models or (model.name in MODELS and model.name not in _ours)
            unknown = [name for name in model.needs if name not in MODELS and name not in models]
            if taken:
                errors[one.id] = f"{one.path.name}: a model called {model.name} is there already"
            elif unknown:
                errors[one.id] = f"{one.path.name}: it needs {', '.join(unknown)}, which is no model"
            else:
                models[model.name] = model
        elif one.kind == "scale":
            colours += cast("tuple[Scale, ...]", one.thing)
        elif one.kind == "reader":
            readers.append(one.thing)
        elif one.kind == "feed" and one.id in KINDS:
            errors[one.id] = f"{one.path.name}: a kind of feed called {one.id} is there already"
        elif one.kind in ("feed", "block"):
            kept: dict[str, Any] = FEEDS if one.kind == "feed" else BLOCKS
            kept[one.id] = one.thing
    _set_models(models)
    add_scales(colours)
    formats.set_more(readers)
    told = tuple(replace(model, run=elsewhere, preview=None) for model in models.values())
    return Extras(told, tuple(colours), errors)


def take(extras: Extras) -> None:
    """Know the models and colour scales that another process has, without their code."""
    _set_models({model.name: model for model in extras.models})
    add_scales(extras.scales)


def elsewhere(*_: object, **__: object) -> Any:
    """Stand for a model's answer in a process that only shows it.

    Raises
    ------
    TwinError
        Always.
    """
    raise TwinError("The model answers in the engine process only.")


def _set_models(models: Mapping[str, Model]) -> None:
    for name in _ours:
        MODELS.pop(name, None)
    _ours.clear()
    _ours.update(models)
    MODELS.update(models)
