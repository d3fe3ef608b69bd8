"""What the models answered, and what of it is shown: per model a scenario and its reference, always as a pair.

A pair is exchanged when both are answered, so that nothing flickers and no difference mixes two questions. Until then
the pair before stays where it speaks of the same two scenarios, and says that it is old.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from twin.chain.answer import Answer
from twin.chain.registry import MODELS, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.chain.answer import Step
    from twin.errors import TwinError
    from twin.models.model import Model

How = Literal["off", "none", "waiting", "working", "refining", "done", "failed"]
KEPT = 16
"""Scenarios whose final answers are kept for undo and for going from one to another."""


@dataclass(frozen=True)
class Standing:
    """How far a model is with what is asked now.

    Parameters
    ----------
    model : Model
    how : str
        ``off``; ``none`` when nobody asked; ``waiting`` for its turn, ``working``, ``refining`` what its preview
        said; ``done`` or ``failed``.
    old : bool
        Whether what is shown of it is from before.
    fraction : float
        How far it is, 0–1.
    error : TwinError or None
    """

    model: Model
    how: How
    old: bool = False
    fraction: float = 0.0
    error: TwinError | None = None


@dataclass(frozen=True)
class Asked:
    """A question: the keys of scenario and reference, what they are called, and the models that answer."""

    key: str
    reference_key: str
    names: tuple[str, str]
    models: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the scenarios in it, one or two."""
        return frozenset((self.key, self.reference_key))


class Answers:
    """Answers by key, and the pair that is shown."""

    def __init__(self, models: Mapping[str, Model] = MODELS) -> None:
        self._models = models
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._asked: Asked | None = None
        self._fresh: set[str] = set()
        self._settled: set[str] = set()
        self.answer: Answer | None = None
        self.reference: Answer | None = None

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
        self.forget()

    def forget(self) -> None:
        """Show nothing; what is known stays known."""
        self._asked = self.answer = self.reference = None
        self._fresh, self._settled = set(), set()

    def ask(self, asked: Asked) -> tuple[str, ...]:
        """Take what is asked now; show what is known of it and return the models that have to answer."""
        before, old = self._asked, (self.answer, self.reference)
        self._asked, self._fresh, self._settled = asked, set(), set()
        scenario, reference = Answer(asked.names[0], asked.key), Answer(asked.names[1], asked.reference_key)
        known = self._known.get(asked.key, scenario), self._known.get(asked.reference_key, reference)
        same = before is not None and before.names == asked.names
        for model in (one.name for one in ordered(asked.models, self._models)) if asked.models else ():
            if all(model in one.results for one in known):
                self._fresh.add(model)
                scenario, reference = _with(scenario, known[0], model), _with(reference, known[1], model)
            elif same and old[0] is not None and old[1] is not None and model in old[0].results:
                scenario, reference = _with(scenario, old[0], model), _with(reference, old[1], model)
            error = known[0].errors.get(model) or known[1].errors.get(model)
            if error is not None:
                scenario = replace(scenario, errors={**scenario.errors, model: error})
        self._settled = self._fresh | set(scenario.errors)
        self.answer, self.reference = self._sorted(scenario), self._sorted(reference)
        return tuple(model for model in asked.models if model not in self._settled)

    def take(self, asked: Asked, step: Step) -> bool:
        """Take a model's answer to a question; say whether it is shown."""
        if step.settled:
            for key in asked.keys:
                remember(self._known, key, self._known.get(key, Answer("", key)).after(step))
        if asked != self._asked or self.answer is None or self.reference is None:
            return False
        scenario, reference = self.answer.after(step), self.reference.after(step)
        self.answer, self.reference = self._sorted(scenario), self._sorted(reference)
        if step.error is None:
            self._fresh.add(step.model)
        if step.settled:
            self._settled.add(step.model)
        return True

    def retry(self) -> None:
        """Forget what failed, so that it is asked again."""
        for key, known in self._known.items():
            self._known[key] = replace(known, errors={})

    @property
    def complete(self) -> bool:
        """Whether every model that is asked has said its last word."""
        return self._asked is not None and all(model in self._settled for model in self._asked.models)

    def standing(self, working: Mapping[str, float], busy: bool) -> tuple[Standing, ...]:
        """Return how far each model is.

        Parameters
        ----------
        working : mapping
            How far those are that work now, 0–1, by name.
        busy : bool
            Whether anything is being worked out.
        """
        made = []
        for name, model in self._models.items():
            asked = self._asked is None or name in self._asked.models
            error = None if self.answer is None else self.answer.errors.get(name)
            there = self.answer is not None and name in self.answer.results
            how: How = "waiting" if busy else "none"
            if not asked:
                how = "off"
            elif error is not None:
                how = "failed"
            elif name in self._settled:
                how = "done"
            elif busy and name in self._fresh:
                how = "refining"
            elif name in working:
                how = "working"
            old = asked and there and name not in self._fresh
            made.append(Standing(model, how, old, working.get(name, 0.0), error))
        return tuple(made)

    def _sorted(self, answer: Answer) -> Answer:
        """Return an Answer with its models in the order of the register, whichever answered first."""
        results = answer.results
        return replace(answer, results={name: results[name] for name in self._models if name in results})


def _with(to: Answer, source: Answer, model: str) -> Answer:
    runs = {**to.runs, model: source.runs[model]}
    return replace(to, results={**to.results, model: source.results[model]}, runs=runs)


def remember(kept: OrderedDict[str, Any], key: str, value: object) -> None:
    """Keep a value under a key; of more than :data:`KEPT` the oldest leaves."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
