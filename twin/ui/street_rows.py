"""The streets of a City as rows of a table: by name, or by pieces between junctions, both directions in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from twin.models.traffic.names import ADT
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.result import Result

BOTH, ONE_WAY, SOME_ONE_WAY = N_("Both ways"), N_("One-way"), N_("Partly one-way")
CLOSED, SOME_CLOSED = N_("Closed"), N_("Partly closed")
"""In which directions a street may be driven."""


@dataclass(frozen=True, eq=False)
class StreetRows:
    """Rows of streets, in the order in which the city has them.

    Attributes
    ----------
    keys : array of str, shape (n,)
        What a row is known by from one city to the next.
    names, kinds : array of str, shape (n,)
        "" where a street has no name; the kind most of its length is of.
    length : array, shape (n,) [m]
        Of street, both directions counted once.
    speed, lanes : array, shape (n, 2) [km/h, 1]
        The least and the most; nan where it is not known. Lanes are those of one direction.
    ways : array of str, shape (n,)
        One of :data:`BOTH` …
    of : array, shape (m,)
        Row of each road link; ``ids`` are the links.
    """

    keys: NDArray[np.object_]
    names: NDArray[np.object_]
    kinds: NDArray[np.object_]
    length: NDArray[np.float64]
    speed: NDArray[np.float64]
    lanes: NDArray[np.float64]
    ways: NDArray[np.object_]
    of: NDArray[np.intp]
    ids: NDArray[np.object_]
    metres: NDArray[np.float64]

    def links(self, rows: list[int]) -> tuple[str, ...]:
        """Return the road links of some rows."""
        return tuple(str(one) for one in self.ids[np.isin(self.of, rows)])

    def flow(self, result: Result | None) -> NDArray[np.float64]:
        """Return the vehicles a day of each row, both directions, the mean along it; nan without an answer."""
        made = np.full(len(self.keys), np.nan)
        if result is None:
            return made
        field = result.field(ADT)
        at = pd.Index(field.ids.astype(object)).get_indexer(pd.Index(self.ids))
        value = np.where(at >= 0, field.values.astype(float)[at], 0.0)
        driven = np.bincount(self.of, value * self.metres, len(made))
        some = self.length > 0
        made[some] = driven[some] / self.length[some]
        return made


def rows_of(city: City, pieces: bool) -> StreetRows:
    """Return the streets of a City.

    Parameters
    ----------
    city : City
    pieces : bool
        Whether each piece between two junctions is a row of its own; else all links of a name are one, and only what
        has no name goes by pieces.
    """
    roads = city.roads
    ids, names = roads["id"].to_numpy(object), roads["name"].astype(str).to_numpy(object)
    a, b = roads["from_node"].astype(str).to_numpy(object), roads["to_node"].astype(str).to_numpy(object)
    metres = roads["length"].to_numpy(float)
    metres = np.where(np.isnan(metres), shapely.length(roads.geometry.to_numpy()), metres)
    # a link without nodes is a piece of its own
    ends = np.array([f"{min(x, y)}|{max(x, y)}|{n}" if x and y else f"={id}"
                     for x, y, n, id in zip(a, b, names, ids, strict=True)], dtype=object)  # fmt: skip
    piece, _ = pd.factorize(ends)
    label = ends if pieces else np.where(names != "", names, ends)
    of, keys = pd.factorize(label)
    n = len(keys)
    once = np.zeros(piece.max() + 1 if len(piece) else 0)
    np.maximum.at(once, piece, metres)
    row_of_piece = np.zeros(len(once), dtype=np.intp)
    row_of_piece[piece] = of
    closed = roads["closed"].to_numpy(bool)
    open_ways = pd.Series(a + ">" + b).where(~closed).groupby(piece).nunique().to_numpy()
    any_open = np.bincount(of, ~closed, n) > 0
    shut_piece = np.bincount(row_of_piece, open_ways == 0, n) > 0
    one, two = (np.bincount(row_of_piece, test, n) > 0 for test in (open_ways == 1, open_ways > 1))
    ways = np.select(
        [~any_open, shut_piece, one & two, two], [CLOSED, SOME_CLOSED, SOME_ONE_WAY, BOTH], ONE_WAY
    ).astype(object)  # fmt: skip
    first = np.full(n, len(ids))
    np.minimum.at(first, of, np.arange(len(ids)))
    return StreetRows(
        np.asarray(keys, dtype=object), names[first], _most(roads["kind"].astype(str).to_numpy(object), of, metres, n),
        np.bincount(row_of_piece, once, n).astype(float), _span(roads["speed"].to_numpy(float), of, n),
        _span(roads["lanes"].to_numpy(float), of, n), ways, of, ids, metres,
    )  # fmt: skip


def against(city: City, ids: tuple[str, ...], way: tuple[float, float]) -> tuple[str, ...]:
    """Return the links of some that run against a direction (east, north) and whose street can be driven along it."""
    roads = city.roads[city.roads["id"].isin(list(ids)) & ~city.roads["closed"].to_numpy(bool)]
    lines = roads.geometry.to_numpy()
    step = shapely.get_coordinates(shapely.get_point(lines, -1)) - shapely.get_coordinates(shapely.get_point(lines, 0))
    along = step @ np.array(way)
    pairs = list(zip(roads["from_node"], roads["to_node"], strict=True))
    good = {pair for pair, value in zip(pairs, along, strict=True) if value > 0}
    return tuple(
        str(id) for id, (x, y), value in zip(roads["id"], pairs, along, strict=True) if value < 0 and (y, x) in good
    )


def _span(values: NDArray[np.float64], of: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    least, most = np.full(n, np.inf), np.full(n, -np.inf)
    known = np.isfinite(values)
    np.minimum.at(least, of[known], values[known])
    np.maximum.at(most, of[known], values[known])
    made = np.column_stack([least, most])
    made[~np.isfinite(made)] = np.nan
    return made


def _most(
    values: NDArray[np.object_], of: NDArray[np.intp], weight: NDArray[np.float64], n: int
) -> NDArray[np.object_]:
    """Return the value that most of each row's length has."""
    code, words = pd.factorize(values)
    share = np.zeros((n, max(len(words), 1)))
    np.add.at(share, (of, code), weight)
    return np.asarray(words, dtype=object)[share.argmax(axis=1)] if len(words) else np.full(n, "", dtype=object)
