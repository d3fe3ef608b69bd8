"""Layers of what models answer, without a window: ``reach:FIELD`` and ``difference:reach:FIELD``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.commands import run as running
from twin.errors import BadInput
from twin.text import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from twin.commands.console import Console
    from twin.layer import Layer
    from twin.result import Value
    from twin.scenario.scenario import Scenario
    from twin.state import State

FIELD = "FIELD"
"""Stands for the name of a field that is not known before its model answers."""


@dataclass(frozen=True)
class Wanted:
    """A layer of a model's answer: ``"result"`` or ``"difference"``, the model, and what names the field."""

    kind: str
    model: str
    field: str


def wanted(name: str) -> Wanted | None:
    """Return what an id asks for; None where it names no model.

    Examples
    --------
    >>> wanted("difference:reach:jobs-within-800-m-on-foot")
    Wanted(kind='difference', model='reach', field='jobs-within-800-m-on-foot')
    """
    from twin.chain.registry import MODELS
    from twin.ui.result_layers import DIFFERENCE, VALUE

    first, _, rest = name.partition(":")
    kind, (model, _, field) = (
        (first, rest.partition(":")) if first in (VALUE, DIFFERENCE) else (VALUE, (first, "", rest))
    )
    return Wanted(kind, model, field) if model in MODELS else None


def short(model: str, field: str) -> str:
    """Return the id of a field of a model: its English name in small letters, with hyphens.

    Examples
    --------
    >>> short("reach", "Jobs within 1,500 m on foot")
    'reach:jobs-within-1-500-m-on-foot'
    """
    from twin.datafile.spec import plain_name

    return f"{model}:{plain_name(tr(field, 'en'))}"


def layer(
    path: Path,
    state: State,
    want: Wanted,
    names: tuple[str | None, str | None],
    given: Mapping[str, Mapping[str, Value]],
    console: Console,
) -> Layer:
    """Ask a model and paint one of its fields.

    Parameters
    ----------
    path : Path
        The project.
    state : State
        With the project's own city.
    want : Wanted
    names : (str or None, str or None)
        Of the scenario and of its reference; None for the city as it is, and for the usual reference.
    given : mapping
        Parameters of models, for both.
    console : Console

    Raises
    ------
    BadInput
        When the model has no such field (the message lists those it has) or gives no answer.
    """
    from twin.chain.chain import Chain
    from twin.chain.registry import MODELS, ordered, seen_alike
    from twin.content import demo_project
    from twin.scenario.scenario import find, reference_of, shown_name
    from twin.ui.result_layers import DIFFERENCE, layer_id, result_layers

    scenario = find(state.scenarios, names[0] or "").assuming(given)
    reference: Scenario | None = None
    if names[1] is not None:
        reference = find(state.scenarios, names[1])
    elif want.kind == DIFFERENCE:
        reference = reference_of(state.scenarios, scenario)
    if want.kind == DIFFERENCE and reference is not None and reference.name == scenario.name:
        raise BadInput("A difference needs a scenario (--scenario) and another one that it is compared with.")
    if reference is not None:
        reference = seen_alike(reference.assuming(given), scenario)
    chain = Chain(state.city, None if path == demo_project() else path)
    asked = [scenario] if reference is None else [scenario, reference]
    models = [one.name for one in ordered([want.model])]
    answers = running.answered(chain, asked, models, console, console.job())
    chain.close()
    if want.model not in answers[0].results:
        raise BadInput("The model «{name}» gave no answer.", name=tr(MODELS[want.model].title, console.lang))
    of_fields = [one.name for one in answers[0].results[want.model].fields]
    field = _field(want, of_fields)
    called = tuple(shown_name(one, console.lang) for one in (asked[0], asked[-1]))
    before = answers[1] if reference is not None else None
    made = result_layers(answers[0], before, (called[0], called[1]), console.lang)
    found = made.layers.get(layer_id(want.kind, want.model, field))
    if found is None:
        raise BadInput("The layer «{name}» has nothing to show for this city.", name=short(want.model, field))
    return found


def _field(want: Wanted, names: list[str]) -> str:
    """Return the name of the field that is meant; the only one where none is named."""
    if not want.field and len(names) == 1:
        return names[0]
    for name in names:
        if want.field in (tr(name, "en"), short("", name)[1:]):
            return name
    there = ", ".join(short(want.model, name) for name in names) or "–"
    raise BadInput("The model {model} has no field «{name}»; there are: {there}.", model=want.model, name=want.field,
                   there=there)  # fmt: skip


def listed(fields: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Return id and title (English) of the layers of all models.

    Parameters
    ----------
    fields : mapping from model to names of fields
        As far as they are known; the others stand as ``model:FIELD``.
    """
    from twin.chain.registry import MODELS

    rows = []
    for model in MODELS.values():
        names = tuple(fields.get(model.name, ()))
        rows += [(short(model.name, name), name) for name in names] or [(f"{model.name}:{FIELD}", model.title)]
    return rows
