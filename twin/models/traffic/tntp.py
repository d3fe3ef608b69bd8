"""Reading networks and trips in the TNTP text format (Transportation Networks for Research).

What is missing or unusual in files that are around is taken as stated here and reported: no metadata, no first node
that may be driven through, a blank value, comments, windows line ends, numbers of nodes in no order.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.city.reading import Note
from twin.errors import BadInput
from twin.models.traffic.network import Network, Trips, VehicleClass, network_of
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = ("init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
NEEDED = 7
"""Columns a row must have; the others are 0 when absent."""
EXAMPLES = 5
"""Nodes named of those that are loose."""
_META = re.compile(r"<([^>]*)>(.*)")


@dataclass(frozen=True, eq=False)
class NetworkFile:
    """A network read, the rows' own pairs of nodes, and what was noticed."""

    network: Network
    zones: int | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class TripsFile:
    """Trips read, by the zones' own numbers, and what was noticed."""

    origin: np.ndarray
    destination: np.ndarray
    amount: np.ndarray
    notes: tuple[Note, ...]

    def on(self, network: Network, vehicles: VehicleClass | None = None) -> Trips:
        """Return them as demand on a network."""
        names = np.column_stack([self.origin, self.destination])
        origin, destination = network.find(self.origin), network.find(self.destination)
        return Trips(vehicles or VehicleClass(), origin, destination, self.amount, names)


def read_network(path: Path) -> NetworkFile:
    """Read a ``*_net.tntp`` file.

    Raises
    ------
    BadInput
        With the row, when something is no number, negative, or too short.
    """
    meta: dict[str, tuple[int, str]] = {}
    notes: list[Note] = []
    rows, numbers = [], []
    for row, text in _lines(path):
        found = _META.fullmatch(text)
        if found:
            meta[found[1].strip().upper()] = (row, found[2].strip())
        elif text.strip(" \t;"):
            rows.append(_link(path, row, text, notes))
            numbers.append(row)
    if not rows:
        raise BadInput("{path}: there are no links; expected rows of {columns}.", path=path, columns=" ".join(COLUMNS))
    table = np.array(rows)
    first = _whole(path, meta, "FIRST THRU NODE")
    stated, zones = _whole(path, meta, "NUMBER OF LINKS"), _whole(path, meta, "NUMBER OF ZONES")
    if first is None:
        notes.append(
            Note(
                "assumed",
                N_("{path}: no FIRST THRU NODE; traffic may drive through all nodes."),
                1,
                {"path": path.name},
            )
        )
    if stated is not None and stated != len(rows):
        notes.append(
            Note(
                "problem",
                N_("{path}: {n} links, but the metadata says {stated}."),
                len(rows),
                {"path": path.name, "stated": stated},
            )
        )
    names = np.unique(table[:, :2]).astype(np.int64)
    endless = np.isinf(table[:, 4])
    network = network_of(
        names, np.searchsorted(names, table[:, 0]), np.searchsorted(names, table[:, 1]),
        free=np.where(endless, 0.0, table[:, 4]), capacity=table[:, 2], rise=table[:, 5], power=table[:, 6],
        length=table[:, 3], toll=table[:, 8], through=names >= (1 if first is None else first), closed=endless,
    )  # fmt: skip
    seen = (*_noticed(path, network, np.array(numbers), endless), *_loose(path, network, zones))
    return NetworkFile(network, zones, (*notes, *seen))


def read_trips(path: Path) -> TripsFile:
    """Read a ``*_trips.tntp`` file.

    Raises
    ------
    BadInput
        With the row, when an entry is no ``destination : amount``, stands before any origin, or is negative.
    """
    meta: dict[str, tuple[int, str]] = {}
    origin: int | None = None
    found_in: list[tuple[int, int, float]] = []
    for row, text in _lines(path):
        found = _META.fullmatch(text)
        if found:
            meta[found[1].strip().upper()] = (row, found[2].strip())
            continue
        words = text.split()
        if words and words[0].lower() == "origin":
            origin = _node(path, row, "Origin", words[1] if len(words) == 2 else text)
            continue
        for entry in text.split(";"):
            if entry.strip():
                found_in.append(_trip(path, row, origin, entry))
    if origin is None:
        raise BadInput("{path}: there are no trips; expected «Origin 1» and rows of «2 : 10.0;».", path=path)
    table = np.array(found_in, dtype=np.float64).reshape(-1, 3)
    return TripsFile(
        table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), np.ascontiguousarray(table[:, 2]),
        _total(path, meta, float(table[:, 2].sum())),
    )  # fmt: skip


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield row number and text of each line without its comment."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput("{path}: cannot be read ({reason}).", path=path, reason=error.strerror or error) from error
    for row, line in enumerate(text.splitlines(), 1):
        bare = line if line.lstrip().upper().startswith("<ORIGINAL HEADER>") else line.split("~", 1)[0]
        if bare.strip():
            yield row, bare.strip(" \r\n")


def _link(path: Path, row: int, text: str, notes: list[Note]) -> list[float]:
    body = text.split(";", 1)[0].strip(" ")
    words = body.split()
    if body.count("\t") >= NEEDED and len(words) < len(COLUMNS):
        words = [word.strip() for word in body.strip("\t").split("\t")]
    if len(words) < NEEDED:
        raise BadInput(
            "{path}: row {row}: {n} values; expected at least {needed}: {columns}.",
            path=path, row=row, n=len(words), needed=NEEDED, columns=" ".join(COLUMNS[:NEEDED]),
        )  # fmt: skip
    values = [float(_node(path, row, name, word)) for name, word in zip(COLUMNS[:2], words[:2], strict=True)]
    for name, word in zip(COLUMNS[2:], [*words[2 : len(COLUMNS)], *["0"] * (len(COLUMNS) - len(words))], strict=True):
        if not word:
            notes.append(
                Note(
                    "assumed",
                    N_("{path}: row {row}: {column} is blank and counts as 0."),
                    1,
                    {"path": path.name, "row": row, "column": name},
                )
            )
        values.append(_number(path, row, name, word or "0"))
    return values


def _number(path: Path, row: int, name: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    endless = name == "free_flow_time" and value == math.inf
    if endless or (math.isfinite(value) and (value >= 0 or name in ("toll", "link_type", "speed"))):
        return value
    raise BadInput(
        "{path}: row {row}: {column} is «{value}»; expected a number of 0 or more.",
        path=path, row=row, column=name, value=word,
    )  # fmt: skip


def _node(path: Path, row: int, name: str, word: str) -> int:
    try:
        value = int(word)
    except ValueError:
        value = -1
    if value < 0:
        raise BadInput(
            "{path}: row {row}: {column} is «{value}»; expected the number of a node.",
            path=path, row=row, column=name, value=word,
        )  # fmt: skip
    return value


def _trip(path: Path, row: int, origin: int | None, entry: str) -> tuple[int, int, float]:
    where, colon, amount = (part.strip() for part in entry.partition(":"))
    if not colon or origin is None:
        raise BadInput(
            "{path}: row {row}: «{entry}»; expected «Origin 1» and then «destination : amount;».",
            path=path, row=row, entry=entry.strip(),
        )  # fmt: skip
    destination = _node(path, row, "destination", where)
    return origin, destination, _number(path, row, f"{origin}→{destination}", amount)


def _whole(path: Path, meta: dict[str, tuple[int, str]], key: str) -> int | None:
    if key not in meta or not meta[key][1]:
        return None
    row, text = meta[key]
    try:
        return int(text.split()[0])
    except ValueError:
        raise BadInput(
            "{path}: row {row}: {column} is «{value}»; expected a whole number.",
            path=path, row=row, column=key, value=text,
        ) from None  # fmt: skip


def _total(path: Path, meta: dict[str, tuple[int, str]], total: float) -> tuple[Note, ...]:
    row, text = meta.get("TOTAL OD FLOW", (0, ""))
    if not text:
        return ()
    stated = _number(path, row, "TOTAL OD FLOW", text.split()[0])
    if abs(stated - total) <= 1e-3 * max(stated, total):
        return ()
    return (
        Note(
            "problem",
            N_("{path}: {total} trips, but the metadata says {stated}."),
            1,
            {"path": path.name, "total": round(total, 6), "stated": stated},
        ),
    )


def _noticed(path: Path, network: Network, rows: np.ndarray, endless: np.ndarray) -> list[Note]:
    """Tell of links that nobody can use, and of pairs of nodes with more than one link."""
    notes = []
    empty = (network.capacity == 0) & (network.free > 0) & (network.rise > 0) & (network.power > 0) & ~endless
    for links, text in (
        (np.flatnonzero(endless), N_("{path}: {n} links take endless time and are closed (the first in row {row}).")),
        (np.flatnonzero(empty), N_("{path}: {n} links have no capacity and are closed (the first in row {row}).")),
    ):
        if len(links):
            notes.append(Note("assumed", text, len(links), {"path": path.name, "row": int(rows[links[0]])}))
    pair = network.tail.astype(np.int64) * network.n + network.head
    _, first, count = np.unique(pair, return_index=True, return_counts=True)
    if (count > 1).any():
        notes.append(
            Note(
                "assumed",
                N_("{path}: {n} links are parallel to another and kept (one beside that of row {row})."),
                int((count - 1).sum()),
                {"path": path.name, "row": int(rows[first[np.argmax(count > 1)]])},
            )
        )
    return notes


def cut_off(path: Path, network: Network, trips: Trips) -> tuple[Note, ...]:
    """Tell of zones that trips leave or go to, and that no open link leaves or enters.

    Parameters
    ----------
    path : Path
        Of the network, for the notes.
    network : Network
    trips : Trips
    """
    tail, head, _ = _usable(network)
    some = (trips.amount > 0) & (trips.origin != trips.destination)
    notes = []
    for ends, linked, text in (
        (trips.origin, tail, N_("{path}: {n} zones have no way out; trips from there are left out")),
        (trips.destination, head, N_("{path}: {n} zones have no way in; trips to them are left out")),
    ):
        there = ends[some & (ends >= 0)]
        nodes = network.names[np.setdiff1d(there, linked)]
        if len(nodes):
            notes.append(_of_nodes(path, text, nodes))
    return tuple(notes)


def _loose(path: Path, network: Network, zones: int | None) -> list[Note]:
    """Tell of nodes that no open link leaves or enters, and of parts that hang together with no other."""
    tail, head, part = _usable(network)
    leaves, enters = (np.bincount(ends, minlength=network.n) > 0 for ends in (tail, head))
    inner = network.names > (0 if zones is None else zones)
    apart = (part != np.bincount(part).argmax()) & (leaves | enters)
    return [
        _of_nodes(path, text, network.names[nodes])
        for nodes, text in (
            (inner & ~leaves, N_("{path}: {n} nodes have no way out; only what ends there goes there")),
            (inner & ~enters, N_("{path}: {n} nodes have no way in; nothing comes from there")),
            (apart, N_("{path}: {n} nodes lie on islands, apart from the largest part of the network")),
        )
        if nodes.any()
    ]


def _usable(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return tails and heads of the links that are open, and to which part of the network each node belongs."""
    usable = np.empty(network.m, dtype=bool)
    usable[network.flat.order] = ~network.flat.shut
    tail, head = network.tail[usable], network.head[usable]
    _, part = connected_components(coo_array((np.ones(len(tail)), (tail, head)), shape=(network.n, network.n)))
    return tail, head, part


def _of_nodes(path: Path, text: str, nodes: np.ndarray) -> Note:
    return Note("problem", text, len(nodes), {"path": path.name}, tuple(map(str, nodes[:EXAMPLES])))
