"""Many scenarios at once: each is one part of work, here or on the workers of a scheduler."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.chain.serve import Question, ask
from twin.jobcluster import spread
from twin.scenario.codec import encode_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from twin.chain.answer import Answer
    from twin.city.city import City
    from twin.jobs import Job
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class _Ensemble:
    question: Question
    open_city: Callable[[Path], City]


def ensemble(
    question: Question, scenarios: Sequence[Scenario], open_city: Callable[[Path], City], job: Job | None = None
) -> list[Answer]:
    """Return the answers to several scenarios of one project, in their order.

    Parameters
    ----------
    question : Question
        Project and models; its own scenario does not count. Workers find the project's folder under the same path.
    scenarios : sequence of Scenario
    open_city : callable
        Reads the base city of a project folder; importable.
    job : Job, optional
        With a cluster each scenario is a part for one of its workers.

    Raises
    ------
    BadInput
        When a scenario, a model or a parameter is not what it can be, or a worker cannot open the project.
    """
    return spread(_answer, _Ensemble(question, open_city), [encode_scenario(one) for one in scenarios], job)


def _answer(shared: _Ensemble, scenario: bytes) -> Answer:
    return ask(replace(shared.question, scenario=scenario), shared.open_city)
