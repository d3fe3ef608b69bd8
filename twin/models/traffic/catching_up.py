"""Between two searches from all origins: those whose bush fell behind are searched again, a few at a time.

After an edit, and near an equilibrium, costs change in few places, and most origins keep their cheapest paths. An
origin is worth a search where the cheapest paths within its bush have grown dearer than its cheapest paths were when
last looked for; where costs only rose this bounds what a search could find. What a batch of searches finds, as a share
of that bound, foretells what the others would. Whether that was enough is never taken for granted: the gap of an
answer is always that of a search from all origins at its own costs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from twin.models.traffic.work import Work

TURNS = 12
"""How often, at most, some origins are searched before all are."""
BATCH = 0.12
"""Share of the origins searched in a turn."""
FEW = 16
"""With fewer origins in a batch a search from all costs as little."""
REST = 0.5
"""It ends where so much of the gap that is wanted is expected to be left."""
UNSETTLED = 0.1
"""Share of what was found that settling leaves, as long as costs still move."""


def catch_up(work: Work, gap: float, hurry: Callable[[], bool], pool: ThreadPoolExecutor) -> bool:
    """Search from the origins furthest behind and settle, until little is expected; return False when in a hurry."""
    ends = np.cumsum([len(group.origins) for group in work.groups])
    size = math.ceil(BATCH * int(ends[-1])) if len(ends) else 0
    if size < FEW:
        return True
    for _ in range(TURNS):
        within = work.in_bushes()
        behind = _dearer(work, within)
        chosen = np.zeros(len(behind), dtype=np.bool_)
        chosen[np.argsort(-behind, kind="stable")[:size]] = True
        chosen &= behind > 0
        if not chosen.any():
            return True
        work.renew_some(np.split(chosen, ends[:-1]), pool)
        found = _dearer(work, within)[chosen].sum()
        expected = behind[~chosen].sum() * found / behind[chosen].sum() + UNSETTLED * found
        if not work.settle(gap, hurry):
            return False
        if expected <= REST * gap * work.spent():
            return True
    return True


def _dearer(work: Work, within: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return how much dearer each origin's trips are by some costs than by the cheapest paths last found."""
    parts = []
    for group, now, once in zip(work.groups, within, work.cheapest, strict=True):
        known = np.isfinite(now) & np.isfinite(once)
        more = np.where(known, np.maximum(now - np.where(known, once, 0.0), 0.0), 0.0) * group.trips
        parts.append(np.add.reduceat(more, group.to_at[:-1]))
    return np.concatenate(parts)
