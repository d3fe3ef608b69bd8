"""What the segregation model works out in stages, each kept and made anew only where an edit reaches it.

People → straight-line surroundings → walk network → walked surroundings and places. A stage whose inputs are the same
is kept; walked surroundings are asked again only around units from which something changed can be reached. Sums do not
depend on their order (counts are whole parts of a person), so that what is kept equals what would be made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.models.segregation import multiscalar, neighbours, people, walking
from twin.models.walk import network as net

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.segregation.multiscalar import Fall
    from twin.models.segregation.neighbours import Neighbourhoods
    from twin.models.segregation.people import People, Who
    from twin.models.walk.network import Network, Rules

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

MARGIN = 0.01
"""Metres added to a distance when asking from where a change can be reached: walked metres are told apart to 1 mm."""
_MAX_NEW = 2_000


@dataclass(frozen=True)
class Asked:
    """What is worked out, besides for whom.

    Attributes
    ----------
    who : Who
    ks : tuple of int [persons]
    radii : tuple of float [m]
    fall : "flat", "triangle" or "biweight"
    place_radius : float [m]
    place_kinds : tuple of str
    rules : Rules
        How links are walked.
    access : float [m]
        How far from its nearest link a unit or place may be.
    """

    who: Who
    ks: tuple[int, ...]
    radii: tuple[float, ...]
    fall: Fall
    place_radius: float
    place_kinds: tuple[str, ...]
    rules: Rules
    access: float


@dataclass(frozen=True, eq=False)
class Walked:
    """Surroundings along the network, of the units and then of the places.

    Attributes
    ----------
    walk : Walk
        Of the n units, then the p places.
    ids : array of str, shape (n + p,)
    places : array of str, shape (p,)
    counts : array, shape (n + p, g) [persons]
        0 at places.
    near : Neighbourhoods
        Of the n units.
    around : array, shape (n, r, g) [persons, weighed]
    meeting : array, shape (p, g) [persons]
        Who can reach each place; nan for one off the network.
    looked_at : int
        Units and places that had to be looked at.
    """

    walk: walking.Walk
    ids: NDArray[np.object_]
    places: NDArray[np.object_]
    counts: Floats
    near: Neighbourhoods
    around: Floats
    meeting: Floats
    looked_at: int


@dataclass(frozen=True, eq=False)
class Stages:
    """All that was worked out for one City."""

    people: People
    near: Neighbourhoods
    around: Floats
    walked: Walked | None

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        size = self.people.nbytes + self.around.nbytes + self.near.persons.nbytes
        if self.walked is not None:
            size += self.walked.walk.network.nbytes + self.walked.around.nbytes + self.walked.near.persons.nbytes
        return size


def work(
    city: City, asked: Asked, before: Stages | None = None, changed: Changes | None = None, job: Job | None = None
) -> Stages | None:
    """Work out all stages; None where no zone has people of two groups.

    Parameters
    ----------
    city : City
    asked : Asked
    before, changed : Stages, Changes, optional
        An earlier outcome of the same question, and all that may differ since.
    job : Job, optional

    Raises
    ------
    BadInput
        When something named in ``asked`` is not there.
    """
    if changed is None:
        before = None
    folk = _people(city, asked.who, before, changed)
    if folk is None:
        return None
    first, second = (None, None) if job is None else (job.part(0.0, 0.3), job.part(0.3, 1.0))
    if before is not None and folk is before.people:
        near, around = before.near, before.around
    else:
        near = _straight_near(folk, asked.ks, first)
        around = multiscalar.environments(folk.at, folk.unit_counts, asked.radii, asked.fall, first)
    was = None if before is None else before.walked
    return Stages(folk, near, around, _walked(city, asked, folk, was, changed, second))


def _people(city: City, who: Who, before: Stages | None, changed: Changes | None) -> People | None:
    if before is not None and changed is not None:
        if not changed.tables & {"zones", "population", "buildings"}:
            return before.people
        made = people.read(city, who)
        return before.people if made is not None and made.same(before.people) else made
    return people.read(city, who)


def _straight_near(folk: People, ks: tuple[int, ...], job: Job | None) -> Neighbourhoods:
    possible = _possible(folk.unit_counts, ks)
    if not possible:
        return _spread(ks, (), np.zeros((len(folk.at), 0, folk.counts.shape[1])), np.zeros((len(folk.at), 0)), folk)
    near = neighbours.nearest(folk.at, folk.unit_counts, possible, job)
    return _spread(ks, possible, near.persons, near.radius, folk)


def _possible(counts: Floats, ks: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sizes that all people together reach; larger ones need no search."""
    total = float(np.nansum(counts))
    return tuple(k for k in ks if k <= total)


def _spread(
    ks: tuple[int, ...], possible: tuple[int, ...], persons: Floats, radius: Floats, folk: People
) -> Neighbourhoods:
    """Return neighbourhoods of all sizes, nan for those that were not searched."""
    all_persons, all_radius = neighbours.empty(len(persons), len(ks), persons.shape[2])
    at = [ks.index(k) for k in possible]
    all_persons[:, at], all_radius[:, at] = persons, radius
    coarse = neighbours.too_coarse(folk.counts, ks)[folk.unit_zone]
    return neighbours.Neighbourhoods(ks, all_persons, all_radius, coarse)


# --- along the network ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Spots:
    """Where something came, went or changed: links, and points on links."""

    links: Rows
    at_link: Rows
    at: Floats


def _walked(
    city: City, asked: Asked, folk: People, before: Walked | None, changed: Changes | None, job: Job | None
) -> Walked | None:
    network, gone, new = _network(city, asked.rules, before, changed)
    if not network.open.any():
        return None
    frame = city.places[city.places["kind"].isin(asked.place_kinds)]
    place_at = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
    places = frame["id"].to_numpy(object)
    ids = np.concatenate([folk.unit_ids, np.array([f"place {name}" for name in places], dtype=object)])
    at = np.concatenate([folk.at, place_at.reshape(-1, 2)])
    counts = np.concatenate([folk.unit_counts, np.zeros((len(places), folk.counts.shape[1]))])
    same = before is not None and network is before.walk.network and not len(gone) and not len(new)
    if before is not None and same and _alike(before, ids, at, counts):
        return before
    made = walking.placed(at, network, asked.access)
    if not made.reached.any():
        return None
    n = len(folk.unit_ids)
    if before is None or not _continues(before.walk.network, network):
        ask = np.ones((2, len(ids)), dtype=bool)
        return _answered(made, ids, places, counts, asked, folk, ask, None, n, job)
    rows, spots_before, spots_after = _differences(before, made, ids, at, counts, gone, new)
    ask = _reached(before, made, rows, counts, asked, spots_before, spots_after, n)
    return _answered(made, ids, places, counts, asked, folk, ask, (before, rows), n, job)


def _network(
    city: City, rules: Rules, before: Walked | None, changed: Changes | None
) -> tuple[Network, NDArray[np.int64], NDArray[np.int64]]:
    none = np.zeros(0, dtype=np.int64)
    touched = None if before is None or changed is None else changed.of("paths")
    if before is None or touched is None:
        return net.build(city.paths, rules), none, none
    if not touched:
        return before.walk.network, none, none
    network, gone, new = net.update(before.walk.network, city.paths, touched, rules)
    if len(network.ids) - network.in_tree > _MAX_NEW:
        return net.build(city.paths, rules), none, none
    return network, gone, np.asarray(new, dtype=np.int64)


def _continues(old: Network, new: Network) -> bool:
    """Say whether links keep their numbers from one network to the other."""
    return old is new or old.tree is new.tree


def _alike(before: Walked, ids: Any, at: Floats, counts: Floats) -> bool:
    return (
        before.ids.tolist() == ids.tolist()
        and np.array_equal(before.walk.places, at)
        and np.array_equal(before.counts, counts, equal_nan=True)
    )


def _differences(
    before: Walked, now: walking.Walk, ids: Any, at: Floats, counts: Floats, gone: Rows, new: Rows
) -> tuple[Rows, _Spots, _Spots]:
    """Return the row before of each unit (-1: new or moved), and the spots that differ, as they were and are."""
    rows = np.asarray(pd.Index(before.ids).get_indexer(pd.Index(ids)), dtype=np.int64)
    was, link_was, at_was, off_was = rows, *before.walk.by_unit()
    link, along, off = now.by_unit()
    back = np.maximum(was, 0)
    if len(before.ids):
        moved = (was < 0) | (link_was[back] != link) | (at_was[back] != along) | (off_was[back] != off)
        other = moved | ~_equal_rows(before.counts[back], counts)
    else:
        moved = other = np.ones(len(ids), dtype=bool)
    stayed = np.zeros(len(before.ids), dtype=bool)
    stayed[was[~other]] = True
    left = ~stayed & (link_was >= 0)
    came = other & (link >= 0)
    return (
        np.where(moved, -1, rows),
        _Spots(gone, link_was[left], at_was[left]),
        _Spots(new, link[came], along[came]),
    )


def _equal_rows(a: Floats, b: Floats) -> NDArray[np.bool_]:
    return np.asarray(((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=1))


def _reached(
    before: Walked, now: walking.Walk, rows: Rows, counts: Floats, asked: Asked, was: _Spots, is_now: _Spots, n: int
) -> NDArray[np.bool_]:
    """Return which units and places are asked about anew: for sums within a distance, and for the nearest persons."""
    total = len(rows)
    within = np.full(total, max(asked.radii[-1], 0.0))
    within[n:] = asked.place_radius
    farthest = np.full(total, -1.0)
    old = np.maximum(rows[:n], 0)
    people_now = max(float(np.nansum(before.counts)), float(np.nansum(counts)))
    possible = np.array(before.near.ks) <= people_now
    if len(before.near.radius) and possible.any():
        last = before.near.radius[old][:, possible]
        found = np.isfinite(last)
        # where not all k were found, all that can be walked to counts
        farthest[:n] = np.where(found.all(axis=1), np.nanmax(np.where(found, last, -1.0), axis=1), np.inf)
    limit = max(float(within.max()), min(float(farthest.max()), walking.FARTHEST)) + MARGIN
    ask = np.zeros((2, total), dtype=bool)
    ask[:, rows < 0] = True
    for walk, spots, at in ((before.walk, was, rows), (now, is_now, np.arange(total))):
        away = walk.away(spots.links, spots.at_link, spots.at, limit)[np.maximum(at, 0)]
        ask[0] |= away <= within + MARGIN
        ask[1] |= (away <= farthest + MARGIN) & np.isfinite(away)
    ask[1, n:] = False
    return ask


def _answered(
    made: walking.Walk, ids: Any, places: Any, counts: Floats, asked: Asked, folk: People, ask: NDArray[np.bool_],
    known: tuple[Walked, Rows] | None, n: int, job: Job | None,
) -> Walked:  # fmt: skip
    units = np.arange(len(ids)) < n
    parts = [None] * 3 if job is None else [job.part(0.0, 0.4), job.part(0.4, 0.9), job.part(0.9, 1.0)]
    around = walking.walked_environments(made, counts, asked.radii, asked.fall, parts[0], ask[0] & units)[:n]
    possible = _possible(folk.unit_counts, asked.ks)
    persons, last = np.zeros((n, 0, counts.shape[1])), np.zeros((n, 0))
    if possible:
        near = walking.walked_nearest(made, counts, possible, parts[1], ask[1] & units)
        persons, last = near.persons[:n], near.radius[:n]
    found = _spread(asked.ks, possible, persons, last, folk)
    persons, last = found.persons, found.radius
    radius = (asked.place_radius,)
    meeting = walking.walked_environments(made, counts, radius, "flat", parts[2], ask[0] & ~units)[n:, 0]
    if known is not None:
        before, rows = known
        m = before.near.persons.shape[0]
        keep, keep_near, keep_places = ~ask[0][:n], ~ask[1][:n], ~ask[0][n:]
        around[keep] = before.around[rows[:n][keep]]
        persons[keep_near] = before.near.persons[rows[:n][keep_near]]
        last[keep_near] = before.near.radius[rows[:n][keep_near]]
        meeting[keep_places] = before.meeting[rows[n:][keep_places] - m]
    return Walked(made, ids, places, counts, found, around, meeting, int(ask.any(axis=0).sum()))
