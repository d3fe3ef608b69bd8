"""Drivers whose vehicle may not drive where they want to, and who take another: a stated share, an assumption."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.urban.vehicles import CLASSES, OLD, parent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.models.traffic.assign import Equilibrium
    from twin.models.traffic.network import Trips
    from twin.models.traffic.urban.bans import Rules

_ELECTRIC = {"car": "car_electric"}
"""What an owner of a class changes to; of lorries the model has no electric class."""


def with_other_vehicles(found: Equilibrium, rules: Rules, period: str, share: float) -> list[Trips] | None:
    """Return the demand after owners changed vehicles, None where nobody does.

    Parameters
    ----------
    found : Equilibrium
        With the vehicles as they are; the trips that have no path are those concerned.
    rules : Rules
    period : str
    share : float
        Part of the drivers without a path who change. A vehicle too old becomes one of its class that is not, where
        that class may drive in; else a car becomes an electric one. Lorries of a class that is shut out stay.
    """
    if share <= 0 or not rules.banned:
        return None
    trips = list(found.trips)
    number = {one.vehicles.name: k for k, one in enumerate(trips)}
    moved = False
    for k, one in enumerate(found.trips):
        name = one.vehicles.name
        other = _other(name, rules, period)
        if (name, period) not in rules.banned or other not in number:
            continue
        stuck = _stuck(found, k)
        at = np.isin(one.origin.astype(np.int64) * found.network.n + one.destination, stuck)
        if not at.any():
            continue
        moved = True
        taker = number[other]
        amount = one.amount[at] * share
        to = trips[taker]
        trips[taker] = replace(
            to, origin=np.concatenate([to.origin, one.origin[at]]),
            destination=np.concatenate([to.destination, one.destination[at]]),
            amount=np.concatenate([to.amount, amount]),
        )  # fmt: skip
        # others may have changed to this class; they stand behind its own
        left = trips[k].amount.copy()
        left[: len(at)][at] -= amount
        trips[k] = replace(trips[k], amount=left)
    return trips if moved else None


def _other(name: str, rules: Rules, period: str) -> str:
    own = CLASSES[parent(name)]
    if name.endswith(f":{OLD}") and (own, period) not in rules.banned:
        return own
    return _ELECTRIC.get(own, "")


def _stuck(found: Equilibrium, number: int) -> NDArray[np.int64]:
    """Return the pairs of a class that have no path, as one number each."""
    pairs = [np.zeros(0, dtype=np.int64)]
    for group, costs in zip(found.groups, found.cheapest, strict=True):
        if group.vehicles == number:
            origin = np.repeat(group.origins, np.diff(group.to_at)).astype(np.int64)
            pairs.append((origin * found.network.n + group.to)[~np.isfinite(costs)])
    return np.concatenate(pairs)
