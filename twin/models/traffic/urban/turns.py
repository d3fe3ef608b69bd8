"""Turn bans: junctions that forbid some turns are opened up into one link per turn that is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.urban.vehicles import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

_PIECE = "~"
_MEANS = {"car": ("car", "car_electric"), "truck": ("truck_light", "truck_heavy")}


@dataclass(frozen=True, eq=False)
class Turns:
    """Where links begin and end once junctions with bans are opened up.

    Attributes
    ----------
    leave, enter : array of str, shape (m,)
        Node that a road link leaves and enters: the junction's own, or one of the link's own there.
    enter_of_turn, leave_of_turn : array of str, shape (t,)
    keys : array of str, shape (t,)
        Name of each turn.
    barred : array of bool, shape (classes, t)
        Classes a turn is forbidden to; turns forbidden to all are absent.
    ins, outs : dict from node to list of str
        Nodes at which an opened junction is entered and left.
    """

    leave: NDArray[np.object_]
    enter: NDArray[np.object_]
    enter_of_turn: NDArray[np.object_]
    leave_of_turn: NDArray[np.object_]
    keys: NDArray[np.object_]
    barred: NDArray[np.bool_]
    ins: dict[str, list[str]]
    outs: dict[str, list[str]]


def turns_of(city: City, ids: NDArray[np.object_], a: NDArray[np.object_], b: NDArray[np.object_]) -> Turns:
    """Read the turn bans of a City's junctions.

    ``junctions.banned_turns`` holds pairs ``from link>to link``, separated by ``; ``, with the classes a ban is for
    behind a slash. A link that an edit split keeps its bans.
    """
    bans = _bans(city)
    leave, enter = a.copy(), b.copy()
    whole = np.array([str(one).partition(_PIECE)[0] for one in ids], dtype=object)
    ins: dict[str, list[str]] = {}
    outs: dict[str, list[str]] = {}
    into, out, keys, barred = [], [], [], []
    for node, pairs in bans.items():
        arriving, leaving = np.flatnonzero(b == node), np.flatnonzero(a == node)
        if not any((whole[i], whole[o]) in pairs for i in arriving for o in leaving):
            continue
        for i in arriving:
            enter[i] = f"{node}>{ids[i]}"
        for o in leaving:
            leave[o] = f"{node}<{ids[o]}"
        ins[node], outs[node] = [enter[i] for i in arriving], [leave[o] for o in leaving]
        for i in arriving:
            for o in leaving:
                against = pairs.get((whole[i], whole[o]), frozenset())
                if len(against) < len(CLASSES):
                    into.append(enter[i])
                    out.append(leave[o])
                    keys.append(f"turn:{ids[i]}>{ids[o]}")
                    barred.append([name in against for name in CLASSES])
    table = np.array(barred, dtype=bool).reshape(-1, len(CLASSES)).T
    return Turns(leave, enter, _texts(into), _texts(out), _texts(keys), np.ascontiguousarray(table), ins, outs)


def _texts(values: list[str]) -> NDArray[np.object_]:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _bans(city: City) -> dict[str, dict[tuple[str, str], frozenset[str]]]:
    """Return for each node the classes that may not make each turn."""
    found: dict[str, dict[tuple[str, str], frozenset[str]]] = {}
    rows = city.junctions[city.junctions["banned_turns"] != ""]
    for node, text in zip(rows["node"], rows["banned_turns"], strict=True):
        pairs: dict[tuple[str, str], frozenset[str]] = {}
        for part in str(text).split(";"):
            turn, _, words = part.strip().partition("/")
            first, arrow, second = turn.partition(">")
            names = [name.strip() for name in words.split(",") if name.strip()] or list(CLASSES)
            if arrow:
                classes = {one for name in names for one in _MEANS.get(name, (name,))}
                pair = (first.strip(), second.strip())
                pairs[pair] = pairs.get(pair, frozenset()) | (classes & set(CLASSES))
        found[str(node)] = pairs
    return found
