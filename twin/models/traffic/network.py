"""The road network a traffic assignment works on, who drives on it, and where they want to go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import BadInput
from twin.models.traffic import delay as laws

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BPR, CONICAL = "bpr", "conical"


@dataclass(frozen=True, eq=False)
class Network:
    """Directed links with their delay; parallel links and loops are kept as they are.

    Attributes
    ----------
    names : array of int64, shape (n,)
        The nodes' own numbers; elsewhere nodes are positions in it.
    through : array of bool, shape (n,)
        Whether traffic may drive through a node, not only start and end there.
    tail, head : array of int32, shape (m,)
    free : array, shape (m,) [time]
        Time at no flow, t0.
    capacity : array, shape (m,) [pcu/period]
        A link whose time rises with flow and that has none is closed.
    rise : array, shape (m,)
        b of BPR.
    power : array, shape (m,)
        Power of BPR, a of the conical function.
    conical : array of bool, shape (m,)
        Which function a link has.
    length, toll : array, shape (m,)
    closed : array of bool, shape (m,)
    """

    names: NDArray[np.int64]
    through: NDArray[np.bool_]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    free: NDArray[np.float64]
    capacity: NDArray[np.float64]
    rise: NDArray[np.float64]
    power: NDArray[np.float64]
    conical: NDArray[np.bool_]
    length: NDArray[np.float64]
    toll: NDArray[np.float64]
    closed: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.names)

    @property
    def m(self) -> int:
        """Number of links."""
        return len(self.tail)

    @cached_property
    def flat(self) -> Flat:
        """The same as the kernels read it."""
        return _flat(self)

    def find(self, names: ArrayLike) -> NDArray[np.int32]:
        """Return the positions of nodes by their own numbers, -1 where there is none."""
        wanted = np.asarray(names, dtype=np.int64)
        if not self.n:
            return np.full(wanted.shape, -1, dtype=np.int32)
        order = np.argsort(self.names, kind="stable")
        at = np.minimum(np.searchsorted(self.names, wanted, sorter=order), self.n - 1)
        found = order[at]
        return np.where(self.names[found] == wanted, found, -1).astype(np.int32)

    def without(self, links: ArrayLike) -> Network:
        """Return it with some links closed."""
        closed = self.closed.copy()
        closed[np.asarray(links)] = True
        return replace(self, closed=closed)

    def changed(self, **columns: ArrayLike) -> Network:
        """Return it with other columns, checked."""
        made: dict[str, Any] = {key: np.asarray(value) for key, value in columns.items()}
        return checked(replace(self, **made))


@dataclass(frozen=True, eq=False)
class Flat:
    """A network as the kernels read it: links sorted by tail.

    Attributes
    ----------
    order : array, shape (m,)
        The link of the network behind each link here.
    out : array of int32, shape (n + 1,)
        Where the links that leave each node begin.
    tail, head, kinds, rows : array
    shut : array of bool, shape (m,)
        Closed, or without the capacity its delay needs.
    """

    order: NDArray[np.intp]
    out: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    kinds: NDArray[np.int8]
    rows: NDArray[np.float64]
    shut: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class VehicleClass:
    """Vehicles that value time, tolls and distance alike and may drive on the same links.

    Attributes
    ----------
    name : str
    pcu : float
        Passenger-car units of one vehicle.
    toll_weight : float [time/toll]
        What a unit of toll is worth in time: the inverse of the value of time.
    distance_weight : float [time/length]
    banned : array of bool, shape (m,), optional
        Links it may not use.
    charge : array, shape (m,), optional [time]
        What links cost it beside tolls and distance, 0 or more.
    """

    name: str = "car"
    pcu: float = 1.0
    toll_weight: float = 0.0
    distance_weight: float = 0.0
    banned: NDArray[np.bool_] | None = field(default=None, repr=False)
    charge: NDArray[np.float64] | None = field(default=None, repr=False)

    def fixed(self, network: Network) -> NDArray[np.float64]:
        """Return what a link costs beside its time, in time; infinity where it may not be used."""
        cost = self.toll_weight * network.toll + self.distance_weight * network.length
        if self.charge is not None:
            cost = cost + self.charge
        if not (np.isfinite(cost).all() and (cost + network.free >= 0).all()):
            link = int(np.flatnonzero(~(cost + network.free >= 0) | ~np.isfinite(cost))[0])
            raise BadInput(
                "{name}: link {link} ({tail}→{head}) costs less than nothing with toll weight {toll} and distance "
                "weight {distance}; costs must be 0 or more.",
                name=self.name, link=link + 1, tail=int(network.names[network.tail[link]]),
                head=int(network.names[network.head[link]]), toll=self.toll_weight, distance=self.distance_weight,
            )  # fmt: skip
        return cost if self.banned is None else np.where(self.banned, np.inf, cost)


@dataclass(frozen=True, eq=False)
class Trips:
    """Demand of one class of vehicles.

    Attributes
    ----------
    vehicles : VehicleClass
    origin, destination : array of int32, shape (k,)
        Positions of nodes; -1 for places the network does not have.
    amount : array, shape (k,) [vehicles/period]
    names : array of int64, shape (k, 2), optional
        Numbers of origin and destination as the source has them, for reporting.
    """

    vehicles: VehicleClass
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    amount: NDArray[np.float64]
    names: NDArray[np.int64] | None = field(default=None, repr=False)

    def scaled(self, factor: float) -> Trips:
        """Return it with all amounts times a factor."""
        return replace(self, amount=self.amount * factor)


def network_of(
    names: ArrayLike, tail: ArrayLike, head: ArrayLike, free: ArrayLike, capacity: ArrayLike = 1.0,
    rise: ArrayLike = 0.0, power: ArrayLike = 4.0, conical: ArrayLike = False, length: ArrayLike = 0.0,
    toll: ArrayLike = 0.0, through: ArrayLike = True, closed: ArrayLike = False,
) -> Network:  # fmt: skip
    """Return a checked Network; single values hold for all links (nodes). Tails and heads are positions."""
    ids = np.asarray(names, dtype=np.int64)
    tails = np.asarray(tail, dtype=np.int32)

    def column(value: ArrayLike, kind: Any = np.float64) -> NDArray[Any]:
        return np.array(np.broadcast_to(np.asarray(value, dtype=kind), tails.shape))

    return checked(
        Network(
            ids, np.array(np.broadcast_to(np.asarray(through, dtype=bool), ids.shape)), tails,
            np.asarray(head, dtype=np.int32), column(free), column(capacity), column(rise), column(power),
            column(conical, np.bool_), column(length), column(toll), column(closed, np.bool_),
        )
    )  # fmt: skip


_RULES = (
    ("free", "free-flow time"), ("capacity", "capacity"), ("rise", "b"), ("power", "power"), ("length", "length"),
)  # fmt: skip


def checked(network: Network) -> Network:
    """Return a network that can be worked on.

    Raises
    ------
    BadInput
        When a link has a value that is negative or no number, with the link and the value.
    """
    for key, title in _RULES:
        values = getattr(network, key)
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(bad):
            _refuse(network, int(bad[0]), title, float(values[bad[0]]), "0 or more")
    bad = np.flatnonzero(~np.isfinite(network.toll))
    if len(bad):
        _refuse(network, int(bad[0]), "toll", float(network.toll[bad[0]]), "a number")
    bad = np.flatnonzero(network.conical & ~(network.power > 1))
    if len(bad):
        _refuse(network, int(bad[0]), "a", float(network.power[bad[0]]), "more than 1 for a conical delay")
    return network


def _refuse(network: Network, link: int, title: str, value: float, expected: str) -> None:
    raise BadInput(
        "Link {link} ({tail}→{head}): {title} is {value}; it must be {expected}.", link=link + 1,
        tail=int(network.names[network.tail[link]]), head=int(network.names[network.head[link]]), title=title,
        value=value, expected=expected,
    )  # fmt: skip


def _flat(network: Network) -> Flat:
    order = np.argsort(network.tail, kind="stable")
    tail, head = network.tail[order], network.head[order]
    out = np.zeros(network.n + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=network.n), out=out[1:])
    free, capacity = network.free[order], network.capacity[order]
    rise, power, conical = network.rise[order], network.power[order], network.conical[order]
    flows_matter = (free > 0) & (conical | ((rise > 0) & (power > 0)))
    shut = network.closed[order] | (flows_matter & (capacity <= 0))
    kinds = np.full(network.m, laws.POWER, dtype=np.int8)
    kinds[power < 1] = laws.ROOT
    kinds[power == 4] = laws.QUARTIC
    kinds[power == 1] = laws.LINEAR
    kinds[conical] = laws.CONICAL
    kinds[~flows_matter] = laws.CONSTANT
    # a power of 0 means that time is t0 (1 + b) whatever the flow
    free = np.where(~conical & (power == 0), free * (1 + rise), free)
    inverse = np.where(flows_matter & ~shut, 1.0 / np.where(capacity > 0, capacity, 1.0), 0.0)
    rows = np.column_stack([free, free * rise, inverse, power])
    return Flat(order, out, tail, head, kinds, np.ascontiguousarray(rows), shut)
