r"""Demand fitted to counts: each pair of zones gets a factor m, all periods and classes alike.

The least of

.. math:: F(m) = \tfrac12 \sum_a \frac{(v_a(m) - c_a)^2}{c_a} + \tfrac{\lambda}{2} \sum_k T_k (m_k - 1)^2

with c counts, v the day's traffic there, T the demand before and m within limits is found for frozen path choice, where
v is linear in m (generalised least squares, E. Cascetta, Estimation of trip matrices from traffic counts and survey
data, Transportation Research B 18(4–5), 1984, doi:10.1016/0191-2615(84)90012-2); then traffic is brought to equilibrium
again, and this takes turns.

At the least, :math:`m_k = 1 - \sum_a A_{ak} r_a / (\lambda T_k)` within the limits, with
:math:`r_a = (v_a - c_a)/c_a`: one unknown per count, found by Newton's method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.models.traffic.push import attribute
from twin.models.traffic.urban.vehicles import PERIODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.models.traffic.urban.counts import Counts
    from twin.models.traffic.urban.load import Loaded
    from twin.models.traffic.urban.trips import Demand

TURNS = 3
"""How often traffic is brought to equilibrium anew."""
STEPS = 60
"""Steps of Newton's method, at most."""
LEAST, MOST = 0.2, 5.0
"""Limits of the factor of a pair; demand that must change more than that says that something else is wrong."""
_LEAST_TRUST = 1e-6
_SMALL = 5e7
"""Multiplications that are done before the threads of a BLAS have met: on a busy machine that takes a second."""


def fitted(
    demand: Demand, counts: Counts, trust: float, loaded: Callable[[Demand, Loaded | None], Loaded],
    told: Callable[[float], object] | None = None, turns: int = TURNS,
    start: tuple[NDArray[np.float64], Loaded] | None = None,
) -> tuple[NDArray[np.float64], Loaded]:  # fmt: skip
    """Return the factor of each pair, shape (k,), and the traffic with them.

    Parameters
    ----------
    demand : Demand
    counts : Counts
        Those held out are not looked at.
    trust : float
        λ.
    loaded : callable
        Brings demand to equilibrium, from an earlier answer where one is given.
    told : callable, optional
        Hears what part is done.
    turns : int
    start : tuple, optional
        Factors and the traffic with them, to go on from.
    """
    before = demand.amount.sum(axis=(0, 1))
    factor = np.ones(len(before)) if start is None else start[0]
    now = loaded(demand.times(factor), None if start is None else start[1])
    used = ~counts.held_out
    rows, counted = counts.rows[used], counts.counted[used]
    for turn in range(turns if len(rows) else 0):
        if told is not None:
            told((turn + 0.5) / turns)
        table = shares(now, demand, factor, rows)
        factor = least(table, before, counted, max(trust, _LEAST_TRUST))
        now = loaded(demand.times(factor), now)
    return factor, now


def shares(loaded: Loaded, demand: Demand, factor: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the vehicles a day that each pair puts on some road links with a factor of 1, shape (links, pairs).

    Parameters
    ----------
    loaded : Loaded
        Traffic with the demand times ``factor``.
    demand : Demand
    factor : array, shape (k,)
    rows : array of int
        Rows of ``roads``.
    """
    grid = loaded.grid
    network, z = grid.network, len(demand.zones)
    number = np.full(network.m, -1, dtype=np.int32)
    number[rows] = np.arange(len(rows))
    number = np.ascontiguousarray(number[network.flat.order])
    known = pd.Index(demand.origin * z + demand.destination)
    at = pd.Index(grid.connectors.ids).get_indexer(pd.Index(demand.zones))
    zone = np.full(network.n, -1, dtype=np.int64)
    zone[grid.zones[at[at >= 0]]] = np.flatnonzero(at >= 0)
    place = np.full(network.n, -1, dtype=np.int32)
    table = np.zeros((len(rows), len(demand.origin)))
    for period, one in zip(PERIODS, loaded.equilibria, strict=True):
        for group, bush in zip(one.groups, one.bushes, strict=True):
            origin = np.repeat(group.origins, np.diff(group.to_at))
            pair = known.get_indexer(pd.Index(zone[origin] * z + zone[group.to])).astype(np.int64)
            day = period.hours / loaded.peak / one.trips[group.vehicles].vehicles.pcu
            attribute(
                bush.node_at, bush.nodes, bush.in_at, bush.links, bush.tails, bush.flows, place, group.to_at, group.to,
                number, pair, group.trips * day / factor[pair], table,
            )  # fmt: skip
    return table


def least(
    table: NDArray[np.float64], before: NDArray[np.float64], counted: NDArray[np.float64], trust: float
) -> NDArray[np.float64]:
    """Return the factors at which F is least, shape (k,).

    Parameters
    ----------
    table : array, shape (counts, k)
        A: what each pair puts on each count with a factor of 1.
    before : array, shape (k,)
        T.
    counted : array, shape (counts,)
        c, above 0.
    trust : float
        λ, above 0.
    """
    weight = np.where(before > 0, 1.0 / (trust * np.where(before > 0, before, 1.0)), 0.0)

    def factors(r: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        free = 1.0 - weight * np.einsum("i,ik->k", r, table)
        return np.clip(free, LEAST, MOST), (free > LEAST) & (free < MOST)

    def off(m: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        missing: NDArray[np.float64] = counted * r - (np.einsum("ik,k->i", table, m) - counted)
        return missing

    r = (table.sum(axis=1) - counted) / counted
    m, inside = factors(r)
    for _ in range(STEPS):
        missing = off(m, r)
        if float(np.abs(missing / counted).max(initial=0.0)) < 1e-9:
            break
        some = table[:, inside]
        heavy = some * weight[inside]
        small = len(some) * some.size < _SMALL
        square = np.einsum("ik,jk->ij", heavy, some) if small else heavy @ some.T
        step = np.linalg.solve(np.diag(counted) + square, missing)
        # the function is piecewise linear: the whole step unless it overshoots a bend
        size = 1.0
        while size > 1e-4:
            tried = r - size * step
            m_tried, inside_tried = factors(tried)
            if float((off(m_tried, tried) ** 2 / counted).sum()) < float((missing**2 / counted).sum()):
                break
            size *= 0.5
        r, m, inside = tried, m_tried, inside_tried
    return m
