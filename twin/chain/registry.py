"""The models there are, in the order they depend on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.models.exposure.model import EXPOSURE
from twin.models.reach import REACH
from twin.models.segregation.model import SEGREGATION
from twin.models.syntax.model import SYNTAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.models.model import Model

MODELS: dict[str, Model] = {model.name: model for model in (REACH, SEGREGATION, SYNTAX, EXPOSURE)}
"""All models by name; a new one is added here and nowhere else."""


def ordered(names: Iterable[str] = (), models: Mapping[str, Model] = MODELS) -> tuple[Model, ...]:
    """Return models with all they need, each after what it needs; all of them when none is named.

    Raises
    ------
    BadInput
        When there is no model of a name, or models need each other in a circle.
    """
    done: dict[str, Model] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name not in models:
            known = ", ".join(models)
            raise BadInput("There is no model called {name}; there are: {known}.", name=name, known=known)
        if name in way:
            raise BadInput("Models need each other in a circle: {way}.", way=" → ".join((*way, name)))
        if name not in done:
            for needed in models[name].needs:
                visit(needed, (*way, name))
            for used in models[name].uses:
                if used in models:
                    visit(used, (*way, name))
            done[name] = models[name]

    for name in tuple(names) or tuple(models):
        visit(name, ())
    return tuple(done.values())
