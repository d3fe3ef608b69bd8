"""Low and high variants of a scenario: the shares of a group among those who move in, as far as they may be wrong.

What mix moves into new homes is an assumption. The band says how much of an answer hangs on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from twin.scenario.buildings import HousingTransfer
from twin.scenario.scenario import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.scenario import Scenario

SPREAD = 0.25
"""Part of its share by which a group's share among those who move in may be lower or higher; an assumption."""


def has_transfers(scenario: Scenario) -> bool:
    """Say whether anything in a scenario states who moves in."""
    return any(isinstance(entry.edit, HousingTransfer) and entry.enabled for entry in scenario.edits)


def low_and_high(scenario: Scenario, grouping: str, group: str, spread: float = SPREAD) -> tuple[Scenario, Scenario]:
    """Return the scenario with fewer and with more of a group among those who move in.

    In every tenure the group's share is multiplied by ``1 - spread`` and by ``1 + spread`` (at most to 1), the other
    groups keep their proportions. How many move in stays.

    Parameters
    ----------
    scenario : Scenario
    grouping, group : str
        As in the population table.
    spread : float, 0–1

    Returns
    -------
    Scenario, Scenario
        Of the same name; equal to the given one where nothing says who moves in.
    """

    def variant(factor: float) -> Scenario:
        return scenario.changed(edits=tuple(_entry(entry, grouping, group, factor) for entry in scenario.edits))

    return variant(1.0 - spread), variant(1.0 + spread)


def _entry(entry: Entry, grouping: str, group: str, factor: float) -> Entry:
    edit = entry.edit
    if not isinstance(edit, HousingTransfer) or grouping not in edit.groups:
        return entry
    shifted = {tenure: shift(shares, group, factor) for tenure, shares in edit.groups[grouping].items()}
    changed = structs.replace(edit, groups={**edit.groups, grouping: shifted})
    return Entry(changed, entry.enabled, entry.note)


def shift(shares: Mapping[str, float], group: str, factor: float) -> dict[str, float]:
    """Return shares with that of a group multiplied, the others in proportion, so that they still make 1.

    Examples
    --------
    >>> shift({"a": 0.4, "b": 0.3, "c": 0.3}, "a", 1.25)
    {'a': 0.5, 'b': 0.25, 'c': 0.25}
    """
    own = shares.get(group, 0.0)
    rest = sum(share for name, share in shares.items() if name != group)
    if own <= 0 or rest <= 0:
        return dict(shares)
    new = min(own * factor, 1.0)
    return {name: new if name == group else share / rest * (1.0 - new) for name, share in shares.items()}
