"""Counts of traffic put on the streets they were made on: by OpenStreetMap way, by name, or by place and direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.city.reading import Note
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.city.reading import NoteKind

NEAR = 15.0
"""How far the middle of a counted stretch may lie from the link it is put on [m]."""
ALIKE = 30.0
"""How much the two may differ in direction [degrees]."""


OLDER = N_("{n} counts are older than others on the same road links and were left out")
OUTRANKED = N_("{n} counts gave way on their road links to others by direction, of the same way, or nearer the middle")
AVERAGED = N_("{n} counts share road links with others as good: the mean stands there")


@dataclass(frozen=True, eq=False)
class Standing:
    """One count per link: the links, their counts, and which counts do not stand there alone.

    ``older``, ``outranked`` and ``averaged`` are rows of counts: left out on all their links as others are of a later
    year; left out as others are better; in a mean.
    """

    links: NDArray[np.intp]
    values: NDArray[np.float64]
    older: tuple[int, ...]
    outranked: tuple[int, ...]
    averaged: tuple[int, ...]

    def notes(self, called: Callable[[Sequence[int]], tuple[str, ...]] = lambda rows: ()) -> tuple[Note, ...]:
        """Return what is to be said, with what ``called`` names the counts by their rows."""
        said: tuple[tuple[NoteKind, str, tuple[int, ...]], ...] = (
            ("skipped", OLDER, self.older), ("skipped", OUTRANKED, self.outranked),
            ("assumed", AVERAGED, self.averaged),
        )  # fmt: skip
        return tuple(Note(kind, text, len(rows), {}, called(rows)) for kind, text, rows in said if rows)


def one_each(
    links: Sequence[int], counts: Sequence[int], values: Sequence[float], years: Sequence[float],
    ranks: Sequence[tuple[float, ...]] = (),
) -> Standing:  # fmt: skip
    """Choose what stands on each link where several counts meet: the latest year, then the best rank, then the mean.

    Parameters
    ----------
    links, counts : sequence of int
        Pairs of a link and a count (its row) that may stand there.
    values : sequence of float [veh/day]
        What the count of each pair says of its link.
    years : sequence of float
        Of each pair; a count of no known year is older than all others.
    ranks : sequence of tuple of float
        Of each pair, the greater the better; without any all are alike.

    Examples
    --------
    >>> made = one_each([7, 7, 7], [0, 1, 2], [900.0, 1000.0, 1200.0], [2019, 2022, 2022])
    >>> made.links.tolist(), made.values.tolist(), made.older, made.averaged
    ([7], [1100.0], (0,), (1, 2))
    """
    if not len(links):
        return Standing(np.zeros(0, dtype=np.intp), np.zeros(0), (), (), ())
    on, count, value = (np.array(one) for one in (links, counts, values))
    year = np.nan_to_num(np.array(years, dtype=float), nan=-np.inf)
    keys = np.column_stack([year, np.array(ranks, dtype=float).reshape(len(year), -1)])
    order = np.lexsort((*keys.T[::-1], on))
    last = order[np.flatnonzero(np.append(np.diff(on[order]) != 0, True))]
    best = last[np.searchsorted(on[last], on)]
    stands = (keys == keys[best]).all(axis=1)
    group = np.searchsorted(on[last], on)
    number = np.bincount(group, stands)
    mean = np.bincount(group, np.where(stands, value, 0.0)) / number
    shown = set(count[stands].tolist())
    gone = sorted(set(count.tolist()) - shown)
    late = set(count[keys[:, 0] == keys[best, 0]].tolist())
    return Standing(
        on[last], mean, tuple(k for k in gone if k not in late), tuple(k for k in gone if k in late),
        tuple(sorted(set(count[stands & (number[group] > 1)].tolist()))),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Placed:
    """The City with counts on its streets, how many of them found one, what is to be said, rows that found none."""

    city: City
    found: int
    links: int
    notes: tuple[Note, ...]
    lost: tuple[int, ...]
    standing: Standing


def with_counts(
    city: City, lines: NDArray[np.object_], amount: NDArray[np.float64], both: NDArray[np.bool_],
    names: NDArray[np.object_] | None = None, ways: NDArray[np.object_] | None = None, source: str = "",
    years: NDArray[np.float64] | None = None,
) -> Placed:  # fmt: skip
    """Return a City whose ``roads.aadt`` holds counts.

    Parameters
    ----------
    city : City
    lines : array of LineString or Point, shape (n,) [m]
        Where was counted, in the City's system, drawn in the direction counted. A point has no direction: by direction
        it counts on one-way streets only.
    amount : array, shape (n,) [veh/day]
    both : array of bool, shape (n,)
        Whether it is the sum of both directions; it is halved on streets with two, and gives way to counts by
        direction.
    names, ways : array of str, shape (n,), optional
        Street names, which may go on after the street's («Hornsgatan, at number 108»), and ids of OpenStreetMap ways.
    source : str
        ``source_id`` set on the links counted, "" to leave theirs.
    years : array, shape (n,), optional
        When was counted; nan where it is not known.

    Returns
    -------
    Placed
        Where several counts meet on a link the latest year stays; of that those by direction before sums, those of the
        same OpenStreetMap way before others, and the one nearest to the link's middle; of several as good the mean.
        ``standing`` says which gave way.
    """
    roads = city.roads
    links = roads.geometry.to_numpy()
    open_ = ~roads["allowed"].isin(("bicycle", "none", "bus", "bus,taxi", "bus,taxi,bicycle")).to_numpy(bool)
    value = np.full(len(roads), np.nan)
    pairs: list[tuple[int, int, float, tuple[float, ...]]] = []
    own = roads["id"].astype(str).str.extract(r"^w(\d+)-", expand=False).fillna("").to_numpy(object)
    road_names = roads["name"].astype(str).str.casefold().to_numpy(object)
    dots = shapely.get_type_id(lines) == shapely.GeometryType.POINT
    middles = np.array(lines, dtype=object)
    middles[~dots] = shapely.line_interpolate_point(middles[~dots], 0.5, normalized=True)
    one, link = shapely.STRtree(links).query(middles, predicate="dwithin", distance=NEAR)
    found: set[int] = set()
    a, b = roads["from_node"].to_numpy(object), roads["to_node"].to_numpy(object)
    two_way = pd.MultiIndex.from_arrays([a, b]).isin(pd.MultiIndex.from_arrays([b[open_], a[open_]]))
    for k, row in zip(one.tolist(), link.tolist(), strict=True):
        turn = 0.0 if dots[k] else _turn(lines[k], links[row], middles[k])
        along = turn <= ALIKE or (both[k] and turn >= 180.0 - ALIKE)
        along = along and not (dots[k] and not both[k] and two_way[row])
        same_way = ways is not None and bool(ways[k]) and own[row] == ways[k]
        same_name = names is not None and bool(names[k]) and _same(str(names[k]), road_names[row])
        if not open_[row] or not along or not (same_way or same_name or (names is None and ways is None)):
            continue
        quality = (0 if both[k] else 2) + int(same_way)
        distance = float(shapely.distance(middles[k], shapely.line_interpolate_point(links[row], 0.5, normalized=True)))
        share = amount[k] / (2.0 if both[k] and two_way[row] else 1.0)
        pairs.append((row, k, float(share), (float(quality), -round(distance, 1))))
        found.add(k)
    on, of, said, ranks = zip(*pairs, strict=True) if pairs else ((), (), (), ())
    standing = one_each(on, of, said, [np.nan if years is None else float(years[k]) for k in of], ranks)
    value[standing.links] = standing.values
    counted = np.isfinite(value)
    frame = roads.assign(aadt=np.where(counted, value, roads["aadt"]))
    if source:
        frame = frame.assign(source_id=np.where(counted, source, roads["source_id"]))
    notes = []
    if len(lines) > len(found):
        message = N_("{n} counts lie on no street of this city and were left out")
        notes.append(Note("skipped", message, len(lines) - len(found)))
    lost = tuple(k for k in range(len(lines)) if k not in found)
    return Placed(city.replaced(roads=frame), len(found), int(counted.sum()), tuple(notes), lost, standing)


def _same(name: str, street: str) -> bool:
    """Say whether a count's name is that of a street, or begins with it."""
    plain = name.casefold()
    return bool(street) and plain.startswith(street) and not plain[len(street) : len(street) + 1].isalnum()


def _turn(line: shapely.LineString, link: shapely.LineString, at: shapely.Point) -> float:
    """Return the angle between two lines near a place, 0–180 degrees."""
    steps = []
    for one in (line, link):
        along = shapely.line_locate_point(one, at)
        first = shapely.line_interpolate_point(one, max(along - 10.0, 0.0))
        last = shapely.line_interpolate_point(one, min(along + 10.0, one.length))
        steps.append((last.x - first.x, last.y - first.y))
    (ax, ay), (bx, by) = steps
    size = float(np.hypot(ax, ay) * np.hypot(bx, by))
    return float(np.degrees(np.arccos(np.clip((ax * bx + ay * by) / size, -1.0, 1.0)))) if size > 0 else 180.0
