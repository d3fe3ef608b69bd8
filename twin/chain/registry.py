"""The models there are, in the order they answer: each after what it needs, the cheap ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.models.exposure.model import EXPOSURE
from twin.models.noise.model import NOISE
from twin.models.reach import REACH
from twin.models.relocation.model import RELOCATION
from twin.models.segregation.model import SEGREGATION
from twin.models.syntax.model import SYNTAX
from twin.models.traffic.model import TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.models.model import Model
    from twin.scenario.scenario import Scenario

MODELS: dict[str, Model] = {
    model.name: model for model in (REACH, TRAFFIC, SEGREGATION, SYNTAX, NOISE, EXPOSURE, RELOCATION)
}
"""All models by name; a new one is added here and nowhere else."""


def ordered(names: Iterable[str] = (), models: Mapping[str, Model] = MODELS, *, uses: bool = True) -> tuple[Model, ...]:
    """Return models with all they need, each after what it takes from, else by their cost; all when none is named.

    Parameters
    ----------
    names : iterable of str
    models : mapping, optional
    uses : bool
        Whether what they can do without comes along.

    Raises
    ------
    BadInput
        When there is no model of a name, or models need each other in a circle.
    """
    wanted: dict[str, Model] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name not in models:
            known = ", ".join(models)
            raise BadInput("There is no model called {name}; there are: {known}.", name=name, known=known)
        if name in way:
            raise BadInput("Models need each other in a circle: {way}.", way=" → ".join((*way, name)))
        if name not in wanted:
            used = tuple(one for one in models[name].uses if one in models) if uses else ()
            for other in (*models[name].needs, *used):
                visit(other, (*way, name))
            wanted[name] = models[name]

    for name in tuple(names) or tuple(models):
        visit(name, ())
    done: dict[str, Model] = {}
    while len(done) < len(wanted):
        left = [one for one in wanted.values() if one.name not in done]
        waited_for = {one.name for one in left}
        cheapest = min(
            (one for one in left if not waited_for.intersection((*one.needs, *one.uses))), key=lambda one: one.seconds
        )
        done[cheapest.name] = cheapest
    return tuple(done.values())


def switched_on(choices: Mapping[str, bool], models: Mapping[str, Model] = MODELS) -> tuple[str, ...]:
    """Return the models that answer: those chosen and all they need; where nothing is chosen, those not on request.

    Parameters
    ----------
    choices : mapping of str to bool
        What somebody switched on or off, by name; names that no model has (any more) mean nothing.
    models : mapping, optional
    """
    on = [name for name, model in models.items() if choices.get(name, not model.on_request)]
    return tuple(model.name for model in ordered(on, models, uses=False)) if on else ()


def switch(choices: Mapping[str, bool], name: str, on: bool, models: Mapping[str, Model] = MODELS) -> dict[str, bool]:
    """Return the choices with a model switched: on together with what it needs, off together with what needs it."""
    if on:
        moved = {model.name for model in ordered([name], models, uses=False)}
    else:
        taken = {one: {m.name for m in ordered([one], models, uses=False)} for one in models}
        moved = {one for one, needed in taken.items() if name in needed}
    return {**choices, **{one: on for one in moved}}


def seen_alike(reference: Scenario, scenario: Scenario, models: Mapping[str, Model] = MODELS) -> Scenario:
    """Return a reference that is looked at as a scenario is: with the scenario's ``lens`` parameters of each model.

    Else D of one group would be compared with D of another. What the reference assumes of the city stays its own.
    """
    own = {name: dict(values) for name, values in reference.parameters.items()}
    for name, model in models.items():
        kept = {key: value for key, value in own.get(name, {}).items() if key not in model.lens}
        theirs = scenario.parameters.get(name, {}).items()
        kept |= {key: value for key, value in theirs if key in model.lens}
        own[name] = kept
    own = {name: values for name, values in own.items() if values}
    return reference if own == reference.parameters else reference.changed(parameters=own)
