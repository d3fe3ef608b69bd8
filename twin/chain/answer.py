"""What the chain says: one model's answer at a time, and all answers to a scenario together."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from twin.result import difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.errors import TwinError
    from twin.result import Difference, Indicator, Quality, Result

How = Literal["", "memory", "disk"]


@dataclass(frozen=True)
class Run:
    """How a model came to its answer: its key, seconds it took, its quality, and where it was taken from."""

    key: str
    seconds: float
    quality: Quality
    reused: How = ""


@dataclass(frozen=True, eq=False)
class Step:
    """One model's answers to all scenarios that were asked about together, made in the same way, so comparable.

    Parameters
    ----------
    model : str
    results : mapping of str to Result
        By the scenario's key; empty where there is none.
    runs : mapping of str to Run
    settled : bool
        Whether this is the model's last word; a preview is followed by another Step.
    error : TwinError or None
        Why there is no answer.
    """

    model: str
    results: Mapping[str, Result]
    runs: Mapping[str, Run]
    settled: bool = True
    error: TwinError | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What the models say to a scenario.

    ``key`` is that of the question; whoever asked compares it with what is asked now and drops what is stale.
    ``errors`` says, by model, why one has no result.
    """

    scenario: str
    key: str
    results: Mapping[str, Result] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    errors: Mapping[str, TwinError] = field(default_factory=dict)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators, in the order of the models."""
        return tuple(one for result in self.results.values() for one in result.indicators)

    @property
    def quality(self) -> Quality:
        """«preview» when any of it is."""
        return "preview" if any(run.quality == "preview" for run in self.runs.values()) else "final"

    def after(self, step: Step) -> Answer:
        """Return the Answer with what a Step says of this scenario."""
        errors = {name: error for name, error in self.errors.items() if name != step.model}
        if self.key not in step.results:
            if step.error is not None:
                errors[step.model] = step.error
            return dataclasses.replace(self, errors=errors)
        results = {**self.results, step.model: step.results[self.key]}
        runs = {**self.runs, step.model: step.runs[self.key]}
        return dataclasses.replace(self, results=results, runs=runs, errors=errors)


def compared(answer: Answer, reference: Answer) -> dict[str, Difference]:
    """Return the answers of a scenario minus those of a reference, by model; the reference is named in each."""
    return {
        name: difference(result, reference.results[name], reference.scenario)
        for name, result in answer.results.items()
        if name in reference.results
    }
