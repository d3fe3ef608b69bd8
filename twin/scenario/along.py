"""Links of a street that belong together: its other direction, and all that bears its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City


def twins(city: City, ids: Sequence[str]) -> list[str]:
    """Return the links of the other direction along the same street as some links."""
    roads = city.roads
    chosen = roads[roads["id"].isin(list(ids))]
    pairs = {(b, a) for a, b in zip(chosen["from_node"], chosen["to_node"], strict=True) if a and b}
    back = [pair in pairs for pair in zip(roads["from_node"], roads["to_node"], strict=True)]
    return [str(one) for one in roads["id"].to_numpy(object)[back]]


def same_street(city: City, ids: Sequence[str]) -> list[str]:
    """Return some links with all others of their names; a link without a name stays alone."""
    roads = city.roads
    names = set(roads.loc[roads["id"].isin(list(ids)), "name"]) - {""}
    return list(dict.fromkeys([*ids, *(str(one) for one in roads.loc[roads["name"].isin(names), "id"])]))


def both_ways(city: City, ids: Sequence[str]) -> list[str]:
    """Return some links with those of the other direction."""
    return list(dict.fromkeys([*ids, *twins(city, ids)]))


def street_names(city: City, ids: Sequence[str]) -> list[str]:
    """Return the names that some links bear, each once."""
    return [str(one) for one in dict.fromkeys(city.roads.loc[city.roads["id"].isin(list(ids)), "name"]) if str(one)]


def length(city: City, ids: Sequence[str]) -> float:
    """Return the length [m] of street that some links cover, two directions of one street counted once."""
    rows = city.roads[city.roads["id"].isin(list(ids))]
    ends = zip(rows["id"], rows["from_node"], rows["to_node"], strict=True)
    pairs = [tuple(sorted((str(a), str(b)))) if a and b else (str(id), "") for id, a, b in ends]
    metres = {pair: float(metres) for pair, metres in zip(pairs, rows.geometry.length, strict=True)}
    return sum(metres.values())
