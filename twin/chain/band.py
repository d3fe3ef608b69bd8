"""How much of an answer hangs on who is assumed to move in: the same scenario with fewer and with more of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.scenario.spread import SPREAD, has_transfers, low_and_high

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.chain.answer import Answer
    from twin.chain.chain import Chain
    from twin.jobs import Job
    from twin.scenario.scenario import Scenario

MODELS = ("segregation",)
"""Models that read who lives where."""


@dataclass(frozen=True)
class Span:
    """An indicator under the low, the middle and the high assumption; low and high are ordered by value."""

    low: float
    middle: float
    high: float


def banded(
    chain: Chain,
    scenario: Scenario,
    answer: Answer,
    spread: float = SPREAD,
    models: Iterable[str] = MODELS,
    job: Job | None = None,
) -> dict[str, Span]:
    """Return low, middle and high of each indicator that differs, by id; empty where nothing says who moves in.

    Parameters
    ----------
    chain : Chain
    scenario : Scenario
    answer : Answer
        Of the scenario as it is.
    spread : float, 0–1
        See :func:`twin.scenario.spread.low_and_high`.
    models : iterable of str
        Those asked anew.
    job : Job, optional

    Raises
    ------
    BadInput
        When the spread is none.
    """
    if not 0 <= spread <= 1:
        raise BadInput("The band is {spread}; a part from 0 to 1 was expected.", spread=spread)
    if not has_transfers(scenario):
        return {}
    grouping, group = focus(chain, scenario)
    if not grouping:
        return {}
    found = []
    for number, variant in enumerate(low_and_high(scenario, grouping, group, spread)):
        part = None if job is None else job.part(number / 2, (number + 1) / 2)
        found.append({one.id: one.value for one in chain.run(variant, models, part).indicators})
    middle = {one.id: one.value for one in answer.indicators}
    spans = {}
    for id in found[0].keys() & found[1].keys() & middle.keys():
        ends = sorted((found[0][id], found[1][id]))
        if ends[0] != ends[1]:
            spans[id] = Span(ends[0], middle[id], ends[1])
    return spans


def focus(chain: Chain, scenario: Scenario) -> tuple[str, str]:
    """Return the grouping and the group that the segregation model sets against the others; "" where there is none."""
    from twin.models.segregation.people import chosen

    values = scenario.parameters.get("segregation", {})
    return chosen(chain.city(scenario), str(values.get("grouping", "")), str(values.get("group", "")))
