"""Who would move where, were people to choose zones by a stated logit model; exploratory, not estimated on any moves.

Conditional logit of residential location (D. McFadden, Modelling the Choice of Residential Location, in: Spatial
Interaction Theory and Planning Models, 1978) with homes as they are: as many move into a zone as leave it. The share of
one's own group in a zone counts for it (T. C. Schelling, 1971, doi:10.1080/0022250X.1971.9989794; E. E. Bruch and
R. D. Mare, 2006, doi:10.1086/507856: a smooth choice), distance against it. Expected numbers, no dice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

NEAR = 500.0
"""Metres added to every distance, so that a move within a zone has one too."""
BALANCING, CLOSE = 200, 1e-10
"""Rounds of balancing at most, and how near zones must come to their room (part of it)."""


@dataclass(frozen=True)
class Choice:
    """How people choose.

    Attributes
    ----------
    own : float
        Utility of a zone of one's own group alone, against one without any.
    distance : float
        Utility lost for each unit of the logarithm of distance.
    movers : float, 0–1
        Part of the people that move in a round.
    rounds : int
    """

    own: float
    distance: float
    movers: float
    rounds: int


def relocated(counts: Floats, at: Floats, choice: Choice, job: Job | None = None) -> Floats:
    """Return the people of each group in each zone after some rounds of moving.

    Parameters
    ----------
    counts : array, shape (z, g) [persons]
    at : array, shape (z, 2) [m]
        Middles of the zones.
    choice : Choice
    job : Job, optional

    Returns
    -------
    array, shape (z, g) [persons]
        Persons of every zone and members of every group as before.

    Examples
    --------
    >>> even = relocated(np.array([[90.0, 10], [10, 90]]), np.zeros((2, 2)), Choice(0.0, 0.0, 1.0, 1))
    >>> even.round(6).tolist()
    [[50.0, 50.0], [50.0, 50.0]]
    """
    now = np.asarray(counts, dtype=float).copy()
    log_distance = np.log((cdist(at, at) + NEAR) / NEAR)
    for number in range(choice.rounds):
        if job is not None:
            job.check()
        total = now.sum(axis=1, keepdims=True)
        shares = np.divide(now, total, out=np.zeros_like(now), where=total > 0)
        leaving = choice.movers * now
        now = now - leaving + _arrivals(leaving, shares, log_distance, choice)
        if job is not None:
            job.progress((number + 1) / choice.rounds)
    return now


def _arrivals(leaving: Floats, shares: Floats, log_distance: Floats, choice: Choice) -> Floats:
    """Return who arrives where: each zone has room for as many as leave it (doubly constrained, Furness 1965)."""
    room = leaving.sum(axis=1)
    weights = [
        np.exp(choice.own * shares[:, g][None, :] - choice.distance * log_distance) for g in range(shares.shape[1])
    ]
    balance = (room > 0).astype(float)
    coming = np.zeros_like(leaving)
    for _ in range(BALANCING):
        for g, weight in enumerate(weights):
            pull = weight * balance[None, :]
            coming[:, g] = leaving[:, g] @ (pull / np.maximum(pull.sum(axis=1, keepdims=True), 1e-300))
        arrived = coming.sum(axis=1)
        if np.abs(arrived - room).max(initial=0.0) <= CLOSE * max(float(room.max(initial=0.0)), 1e-300):
            break
        balance *= np.divide(room, arrived, out=np.ones_like(room), where=arrived > 0)
    # what balancing left over is put right in each zone, in proportion
    scale = np.divide(room, coming.sum(axis=1), out=np.zeros_like(room), where=coming.sum(axis=1) > 0)
    return np.asarray(coming * scale[:, None])
