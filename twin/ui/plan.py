"""What is made of a State before the models are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.scenario.conflicts import Conflict
    from twin.scenario.scenario import Scenario
    from twin.ui.answers import Asked


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario's city, made beside the GUI thread, and what to ask the models."""

    number: int
    base: City
    digest: str
    scenario: Scenario
    city: City
    reference: Scenario
    reference_city: City
    asked: Asked
    conflicts: tuple[Conflict, ...]
