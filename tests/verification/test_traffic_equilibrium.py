"""User equilibrium against published optima, closed-form answers and a slow independent method."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.compile import compile_all, kernels
from twin.models.traffic import catching_up
from twin.models.traffic.assign import Step, assign
from twin.models.traffic.demand import PATHLESS, UNKNOWN, WITHIN
from twin.models.traffic.network import Network, Trips, VehicleClass, network_of
from twin.models.traffic.select import selected
from twin.models.traffic.skims import skim
from twin.models.traffic.tntp import read_network, read_trips

if TYPE_CHECKING:
    from pathlib import Path

BEST = {
    "SiouxFalls": 4231335.287107440,  # its README, times 1e5
    "Anaheim": 1286032.171096032,  # Beckmann's objective of its flow file (average excess cost under 1e-15)
    "Berlin-Center": 20817213.2010252,  # TAP-B (github:spartalab/tap-b) at gap 1e-8, all 28376 links
}
"""Best-known objectives."""


@cache
def _read(folder: Path) -> tuple[Network, Trips]:
    network = read_network(next(folder.glob("*_net.tntp"))).network
    return network, read_trips(next(folder.glob("*_trips.tntp"))).on(network)


def _tntp(shared_data: Path, name: str) -> tuple[Network, Trips]:
    return _read(shared_data / "traffic" / "tntp" / name)


def imbalance(answer) -> float:
    """Return the largest difference of in- and outflow, demand counted, at any node, per class."""
    worst = 0.0
    lost = {(one.vehicles, one.origin, one.destination) for one in answer.lost}
    network = answer.network
    for trips, flow in zip(answer.trips, answer.class_flow, strict=True):
        off = np.zeros(network.n)
        np.add.at(off, network.head, flow)
        np.add.at(off, network.tail, -flow)
        for o, d, amount in zip(trips.origin, trips.destination, trips.amount, strict=True):
            if o < 0 or d < 0 or (trips.vehicles.name, int(network.names[o]), int(network.names[d])) in lost:
                continue
            off[o] += amount
            off[d] -= amount
        worst = max(worst, float(np.abs(off).max()))
    return worst


# --- an independent view: labels corrected until none changes, plain formulas, Frank–Wolfe -------------------------


def times(network: Network, flow: np.ndarray) -> np.ndarray:
    x = np.divide(flow, network.capacity, out=np.zeros(network.m), where=network.capacity > 0)
    a = network.power
    with np.errstate(divide="ignore", invalid="ignore"):
        e = (2 * a - 1) / (2 * a - 2)
        cone = network.free * (2 + np.sqrt(a**2 * (1 - x) ** 2 + e**2) - a * (1 - x) - e)
    return np.where(network.conical, cone, network.free * (1 + network.rise * x**network.power))


def cheapest(network: Network, cost: np.ndarray, origin: int) -> tuple[np.ndarray, np.ndarray]:
    """Bellman–Ford, slow and plain."""
    label, last = np.full(network.n, np.inf), np.full(network.n, -1)
    label[origin] = 0.0
    for _ in range(network.n):
        changed = False
        for a in range(network.m):
            i, j = network.tail[a], network.head[a]
            if (network.through[i] or i == origin) and label[i] + cost[a] < label[j]:
                label[j], last[j], changed = label[i] + cost[a], a, True
        if not changed:
            break
    return label, last


def all_or_nothing(network: Network, trips: Trips, cost: np.ndarray) -> tuple[np.ndarray, float]:
    flow, least = np.zeros(network.m), 0.0
    for origin in np.unique(trips.origin):
        label, last = cheapest(network, cost, int(origin))
        for k in np.flatnonzero(trips.origin == origin):
            j = int(trips.destination[k])
            if j == origin or not np.isfinite(label[j]):
                continue
            least += trips.amount[k] * label[j]
            while j != origin:
                flow[last[j]] += trips.amount[k]
                j = int(network.tail[last[j]])
    return flow, least


LEGENDRE = np.polynomial.legendre.leggauss(100)


def objective(network: Network, flow: np.ndarray, fixed: np.ndarray) -> float:
    """Beckmann's objective by Gauss–Legendre integration."""
    x, w = LEGENDRE
    at = 0.5 * (x + 1)
    area = sum(weight * times(network, flow * s) for s, weight in zip(at, w, strict=True)) * 0.5 * flow
    return float(area.sum() + (flow * np.where(flow > 0, fixed, 0.0)).sum())


def frank_wolfe(network: Network, trips: Trips, fixed: np.ndarray, rounds: int) -> tuple[float, float]:
    """Return bounds of the least objective: below and above."""
    flow, _ = all_or_nothing(network, trips, times(network, np.zeros(network.m)) + fixed)
    low = -np.inf
    for _ in range(rounds):
        cost = times(network, flow) + fixed
        target, least = all_or_nothing(network, trips, cost)
        spent = float((flow * np.where(flow > 0, cost, 0.0)).sum())
        low = max(low, objective(network, flow, fixed) - (spent - least))
        a, b = 0.0, 1.0
        for _ in range(40):
            s = (a + b) / 2
            here = flow + s * (target - flow)
            slope = float(((target - flow) * np.where(here > 0, times(network, here) + fixed, 0.0)).sum())
            a, b = (s, b) if slope < 0 else (a, s)
        flow = flow + a * (target - flow)
    return low, objective(network, flow, fixed)


# --- real networks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim", "Berlin-Center"])
def test_best_known_objective(shared_data: Path, name: str) -> None:
    network, trips = _tntp(shared_data, name)
    answer = assign(network, [trips], 1e-8)
    assert answer.gap <= 1e-8
    assert answer.objective == pytest.approx(BEST[name], rel=1e-6 if name == "Berlin-Center" else 1e-9)
    assert imbalance(answer) <= 1e-6 * trips.amount.sum() * 1e-6


@pytest.mark.parametrize("name", ["Berlin-Tiergarten", "Berlin-MPF-Center", "EasternMassachusetts", "Munich"])
def test_networks_without_published_optimum(shared_data: Path, name: str) -> None:
    """The gap bounds the objective: it is at most gap times TSTT above the least."""
    network, trips = _tntp(shared_data, name)
    answer = assign(network, [trips], 1e-5 if name == "Munich" else 1e-10)
    assert answer.gap <= (1e-5 if name == "Munich" else 1e-10)
    assert imbalance(answer) <= 1e-6
    cost = np.where(network.closed, np.inf, times(network, answer.flow))
    some = np.isfinite(cost)
    assert np.allclose(answer.time[some], cost[some], rtol=1e-12)
    assert answer.flow[~some].sum() == 0
    if network.n < 100:
        assert 1 - all_or_nothing(network, trips, cost)[1] / (answer.flow @ cost) <= 1.1e-10


def test_flows_of_anaheim(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "Anaheim")
    answer = assign(network, [trips], 1e-10)
    best = np.loadtxt(shared_data / "traffic/tntp/Anaheim/Anaheim_flow.tntp", skiprows=1)
    assert (best[:, 0] == network.names[network.tail]).all()
    assert np.abs(answer.flow - best[:, 2]).max() < 1.0
    assert np.allclose(answer.cost[0], best[:, 3], rtol=1e-4)


def test_braess_paradox(shared_data: Path) -> None:
    """With the link 3→4 all drive 92 minutes; without it 83."""
    network, trips = _tntp(shared_data, "Braess")
    answer = assign(network, [trips], 1e-10)
    assert skim(answer, [0]).time[0, 1] == pytest.approx(92, abs=1e-5)
    without = network.without([3])
    for closed in (assign(without, [trips], 1e-10), assign(without, [trips], 1e-10, warm=answer)):
        assert closed.gap <= 1e-10
        assert skim(closed, [0]).time[0, 1] == pytest.approx(83, abs=1e-5)
        assert closed.flow[3] == 0
        assert closed.total_time == pytest.approx(498, abs=1e-4)
    again = assign(network, [trips], 1e-10, warm=closed)
    assert again.objective == pytest.approx(answer.objective, rel=1e-9)


def test_any_number_of_threads_bit_for_bit(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "Berlin-MPF-Center")
    one, two, three = (assign(network, [trips], 1e-9, threads=n) for n in (1, 2, 3))
    for other in (two, three):
        assert np.array_equal(one.flow, other.flow)
        assert (one.gap, one.objective) == (other.gap, other.objective)
        assert [s.gap for s in one.history] == [s.gap for s in other.history]


def test_relabelled_links(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "Anaheim")
    rng = np.random.default_rng(3)
    order = rng.permutation(network.m)
    columns = ("tail", "head", "free", "capacity", "rise", "power", "conical", "length", "toll", "closed")
    mixed = replace(network, **{key: getattr(network, key)[order] for key in columns})
    one, two = assign(network, [trips], 1e-8), assign(mixed, [trips], 1e-8)
    assert two.objective == pytest.approx(one.objective, rel=1e-8)
    rising = (network.rise > 0)[order]
    apart = np.abs(one.flow[order] - two.flow)[rising]
    assert (apart <= np.maximum(1.0, 1e-3 * one.flow[order][rising])).all()


# --- edits --------------------------------------------------------------------------------------------------------


def test_zero_edit_changes_nothing(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "Anaheim")
    base = assign(network, [trips], 1e-8)
    same = assign(replace(network), [trips], 1e-8, warm=base)
    assert np.array_equal(base.flow, same.flow)
    assert np.array_equal(base.cost, same.cost)
    assert (base.objective, same.iterations) == (same.objective, 0)


def _edits(network: Network, trips: Trips, flow: np.ndarray):
    busy = int(np.argsort(flow * (network.rise > 0))[-5])
    yield "slower", network.changed(free=np.where(np.arange(network.m) == busy, network.free * 3, network.free)), trips
    yield (
        "a lane less",
        network.changed(capacity=np.where(np.arange(network.m) == busy, network.capacity / 2, network.capacity)),
        trips,
    )
    yield "closed", network.without([busy]), trips
    yield "more demand", network, trips.scaled(1.2)
    keep = np.arange(len(trips.amount)) % 7 != 0
    yield (
        "other pairs",
        network,
        replace(trips, origin=trips.origin[keep], destination=trips.destination[keep], amount=trips.amount[keep]),
    )
    yield "toll", network, replace(trips, vehicles=VehicleClass("car", distance_weight=1e-4))


def test_edits_end_where_a_cold_run_ends(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "Anaheim")
    base = assign(network, [trips], 1e-9)
    kept = base.flow.copy()
    for name, edited, demand in _edits(network, trips, base.flow):
        cold, warm = assign(edited, [demand], 1e-9), assign(edited, [demand], 1e-9, warm=base)
        assert warm.gap <= 1e-9, name
        assert warm.objective == pytest.approx(cold.objective, rel=2e-9), name
        assert imbalance(warm) <= 1e-6, name
        assert np.array_equal(base.flow, kept), "an edit must leave the earlier answer alone"


def test_catching_up_with_few_origins_at_a_time(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searching only the origins that fell behind ends at the same equilibrium, whatever the number of threads."""
    network, trips = _tntp(shared_data, "Anaheim")
    monkeypatch.setattr(catching_up, "FEW", 1)
    base = assign(network, [trips], 1e-9)
    kept = [bush.flows.copy() for bush in base.bushes]
    for name, edited, demand in _edits(network, trips, base.flow):
        monkeypatch.setattr(catching_up, "FEW", 10**6)
        cold = assign(edited, [demand], 1e-9)
        monkeypatch.setattr(catching_up, "FEW", 1)
        warm = assign(edited, [demand], 1e-9, warm=base)
        assert warm.gap <= 1e-9, name
        assert warm.objective == pytest.approx(cold.objective, rel=2e-9), name
        assert imbalance(warm) <= 1e-6, name
        assert np.array_equal(warm.flow, assign(edited, [demand], 1e-9, warm=base, threads=3).flow), name
    assert all(np.array_equal(a, bush.flows) for a, bush in zip(kept, base.bushes, strict=True))


def test_new_and_removed_links(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "SiouxFalls")
    base = assign(network, [trips], 1e-9)
    columns = ("tail", "head", "free", "capacity", "rise", "power", "conical", "length", "toll", "closed")

    def rows(order):
        return replace(network, **{key: getattr(network, key)[order] for key in columns})

    gone = rows(np.delete(np.arange(network.m), [10, 40]))
    kept = np.full(network.m, -1)
    kept[np.delete(np.arange(network.m), [10, 40])] = np.arange(network.m - 2)
    warm = assign(gone, [trips], 1e-9, warm=base, kept=kept)
    assert warm.objective == pytest.approx(assign(gone, [trips], 1e-9).objective, rel=2e-9)
    new = rows(np.append(np.arange(network.m), [0, 5]))
    new = replace(new, head=new.head.copy())
    new.head[-2:] = [20, 12]
    warm = assign(new, [trips], 1e-9, warm=base)
    assert warm.objective == pytest.approx(assign(new, [trips], 1e-9).objective, rel=2e-9)
    assert warm.objective < base.objective
    back = assign(network, [trips], 1e-9, warm=warm)
    assert back.objective == pytest.approx(base.objective, rel=2e-9)


def test_cancel_leaves_the_last_good_answer(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "SiouxFalls")
    steps: list[Step] = []
    answer = assign(network, [trips], 1e-12, report=steps.append, stop=lambda: len(steps) >= 4)
    assert answer.history == tuple(steps)
    assert answer.gap == steps[-1].gap > 1e-12
    _, least = all_or_nothing(network, trips, times(network, answer.flow))
    assert 1 - least / answer.total_time == pytest.approx(answer.gap, abs=1e-9)
    assert imbalance(answer) <= 1e-6
    further = assign(network, [trips], 1e-10, warm=answer)
    assert further.objective == pytest.approx(BEST["SiouxFalls"], rel=1e-9)


# --- random networks against the independent method ---------------------------------------------------------------


def random_case(seed: int, sharp: bool = False) -> tuple[Network, Trips, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 9)), int(rng.integers(4, 24))
    free = np.where(rng.random(m) < 0.2, 0.0, rng.uniform(0.5, 5, m))
    conical = rng.random(m) < 0.2
    power = np.where(conical, rng.uniform(1.5, 8, m), rng.choice([0.0, 0.5, 1.0, 2.0, 4.0, 5.5], m))
    rise = np.where(rng.random(m) < 0.2, 0.0, rng.uniform(0.1, 2, m))
    capacity = np.where(rng.random(m) < 0.05, 0.0, rng.uniform(1, 6, m))
    network = network_of(
        np.arange(n) + 1, rng.integers(0, n, m), rng.integers(0, n, m), free, capacity, rise, power, conical,
        length=rng.uniform(0, 2, m), through=rng.random(n) < 0.8,
    )  # fmt: skip
    k = int(rng.integers(1, 8))
    weight = float(rng.choice([0.0, 0.3]))
    trips = Trips(
        VehicleClass("car", distance_weight=weight), rng.integers(0, n, k).astype(np.int32),
        rng.integers(0, n, k).astype(np.int32), rng.uniform(0.2, 6, k),
    )  # fmt: skip
    needs = (network.free > 0) & (network.conical | ((network.rise > 0) & (network.power > 0)))
    fixed = np.where(needs & (network.capacity == 0), np.inf, weight * network.length)
    return network, trips, fixed


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_networks_are_in_equilibrium(seed: int) -> None:
    """Loops, parallel links, zero-cost cycles, sinks, closed links, powers under 1, conical delay, no through."""
    network, trips, fixed = random_case(seed)
    answer = assign(network, [trips], 1e-9, max_iterations=3000)
    assert answer.gap <= 1e-9
    assert imbalance(answer) <= 1e-9 * (1 + trips.amount.sum())
    cost = times(network, answer.flow) + fixed
    spent = float((answer.flow * np.where(answer.flow > 0, cost, 0.0)).sum())
    _, least = all_or_nothing(network, trips, cost)
    assert spent - least <= 2e-9 * spent + 1e-12
    assert answer.objective == pytest.approx(objective(network, answer.flow, fixed), rel=1e-5, abs=1e-12)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_networks_against_frank_wolfe(seed: int) -> None:
    network, trips, fixed = random_case(seed)
    low, high = frank_wolfe(network, trips, fixed, 60)
    answer = assign(network, [trips], 1e-10, max_iterations=3000)
    scale = 1e-6 * (1 + abs(high))
    assert low - scale <= answer.objective <= high + scale


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_random_edits_end_where_a_cold_run_ends(seed: int, other: int) -> None:
    network, trips, _ = random_case(seed)
    rng = np.random.default_rng(other)
    base = assign(network, [trips], 1e-9, max_iterations=3000)
    edited = replace(
        network,
        free=np.where(rng.random(network.m) < 0.3, rng.uniform(0, 6, network.m), network.free),
        closed=rng.random(network.m) < 0.15,
    )
    demand = replace(trips, amount=trips.amount * rng.choice([0.0, 0.5, 1.0, 1.5], len(trips.amount)))
    cold = assign(edited, [demand], 1e-9, max_iterations=3000)
    warm = assign(edited, [demand], 1e-9, warm=base, max_iterations=3000)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-8, abs=1e-9)
    assert imbalance(warm) <= 1e-9 * (1 + trips.amount.sum())
    assert {(one.origin, one.destination) for one in warm.lost} == {(one.origin, one.destination) for one in cold.lost}


# --- traps --------------------------------------------------------------------------------------------------------


def _trips(*rows: tuple[int, int, float], vehicles: VehicleClass | None = None) -> Trips:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return Trips(
        vehicles or VehicleClass(), table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].copy()
    )


def test_what_cannot_be_driven_is_reported() -> None:
    network = network_of([1, 2, 3], [0, 1], [1, 2], 1.0)
    answer = assign(network, [_trips((0, 2, 5.0), (2, 0, 3.0), (1, 1, 2.0), (0, -1, 1.0))], 1e-6)
    assert {(one.reason, one.amount) for one in answer.lost} == {(PATHLESS, 3.0), (WITHIN, 2.0), (UNKNOWN, 1.0)}
    assert answer.flow.tolist() == [5.0, 5.0]


def test_sink_takes_only_what_ends_there() -> None:
    """A node without a way out must not let flow appear elsewhere (AequilibraE 1.7.2 does)."""
    network = network_of([1, 2, 3, 4], [0, 0, 1, 2], [1, 2, 3, 3], [1.0, 1.0, 1.0, 1.0])
    answer = assign(network, [_trips((0, 3, 4.0), (0, 1, 1.0))], 1e-9)
    assert imbalance(answer) == 0
    sink = network_of([1, 2, 3, 4], [0, 0, 2], [1, 2, 3], [1.0, 5.0, 1.0])
    answer = assign(sink, [_trips((0, 3, 4.0))], 1e-9)
    assert answer.flow.tolist() == [0.0, 4.0, 4.0]


def test_no_driving_through_centroids() -> None:
    network = network_of([1, 2, 3], [0, 1, 0], [1, 2, 2], [1.0, 1.0, 50.0], through=[False, False, True])
    answer = assign(network, [_trips((0, 2, 1.0), (0, 1, 1.0))], 1e-9)
    assert answer.flow.tolist() == [1.0, 0.0, 1.0]


def test_parallel_links_share() -> None:
    network = network_of([1, 2], [0, 0], [1, 1], [1.0, 1.0], capacity=[10.0, 10.0], rise=1.0, power=[1.0, 1.0])
    assert assign(network, [_trips((0, 1, 8.0))], 1e-12).flow.tolist() == pytest.approx([4.0, 4.0])


@pytest.mark.parametrize("power", [0.3, 0.5, 1.0, 4.0, 12.0])
def test_two_links_in_closed_form(power: float) -> None:
    """1 + x^p = 1 + ((8 - x)/3)^p at x = 2."""
    network = network_of([1, 2], [0, 0], [1, 1], 1.0, capacity=[1.0, 3.0], rise=1.0, power=power)
    answer = assign(network, [_trips((0, 1, 8.0))], 1e-12)
    assert answer.flow.tolist() == pytest.approx([2.0, 6.0], rel=1e-6)


def test_conical_delay_doubles_at_capacity() -> None:
    network = network_of([1, 2], [0], [1], 3.0, capacity=10.0, power=5.0, conical=True)
    assert assign(network, [_trips((0, 1, 10.0))], 1e-9).time[0] == pytest.approx(6.0)
    assert assign(network, [_trips((0, 1, 0.0))], 1e-9).time[0] == pytest.approx(3.0)


def test_classes_have_their_own_values_and_bans() -> None:
    """Trucks, two cars each, may not use the street; cars split so that time plus toll in time is equal."""
    network = network_of([1, 2], [0, 0], [1, 1], [1.0, 1.0], [10.0, 10.0], 1.0, 1.0, toll=[0.0, 0.4])
    truck = VehicleClass("truck", 2.0, 0.0, banned=np.array([True, False]))
    car = VehicleClass("car", 1.0, 0.5)
    answer = assign(network, [_trips((0, 1, 3.0), vehicles=truck), _trips((0, 1, 6.0), vehicles=car)], 1e-12)
    assert answer.class_flow[0].tolist() == [0.0, 3.0]
    assert answer.class_flow[1].tolist() == pytest.approx([6.0, 0.0])  # 1 + 6/10 < 1 + 6/10 + 0.2
    more = assign(network, [_trips((0, 1, 3.0), vehicles=truck), _trips((0, 1, 12.0), vehicles=car)], 1e-12)
    # 1 + x/10 = 1 + (6 + 12 - x)/10 + 0.2
    assert more.class_flow[1].tolist() == pytest.approx([10.0, 2.0])
    assert more.flow.tolist() == pytest.approx([10.0, 8.0])
    assert imbalance(more) <= 1e-12
    allowed = assign(network, [_trips((0, 1, 3.0), vehicles=replace(truck, banned=None))], 1e-12, warm=more)
    assert allowed.class_flow[0].tolist() == pytest.approx([1.5, 1.5])


def test_kernels_meet_the_types_they_are_declared_for(shared_data: Path) -> None:
    """A call with other types would compile anew, in the middle of an answer."""
    network, trips = _tntp(shared_data, "SiouxFalls")
    answer = assign(network, [trips], 1e-4, threads=2)
    answer = assign(network.without([3]), [trips.scaled(1.1)], 1e-4, warm=answer)
    selected(answer, [0])
    skim(answer, [0])
    compile_all(prefix="twin.models.traffic.")
    found = {name: len(one.signatures) for name, (one, _) in kernels().items() if ".traffic." in name}
    assert len(found) >= 8
    assert found == dict.fromkeys(found, 1)


# --- select link and skims ----------------------------------------------------------------------------------------


def test_selected_link_agrees_with_its_flow(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "SiouxFalls")
    answer = assign(network, [trips], 1e-8)
    for link in (0, 27, 60):
        found = selected(answer, [link])
        assert found.flow[link] == pytest.approx(answer.flow[link], rel=1e-9)
        assert found.trips.sum() == pytest.approx(answer.flow[link], rel=1e-9)
        off = np.zeros(network.n)
        np.add.at(off, network.head, found.flow)
        np.add.at(off, network.tail, -found.flow)
        np.add.at(off, found.origin, found.trips)
        np.add.at(off, found.destination, -found.trips)
        assert np.abs(off).max() <= 1e-9 * answer.flow.max()
    every = selected(answer, np.arange(network.m))
    assert np.allclose(every.flow, answer.flow)
    assert every.trips.sum() == pytest.approx(trips.amount.sum())


def test_skims_are_the_cheapest_paths(shared_data: Path) -> None:
    network, trips = _tntp(shared_data, "SiouxFalls")
    answer = assign(network, [trips], 1e-6)
    found = skim(answer, [4, 11])
    for row, origin in enumerate((4, 11)):
        label, last = cheapest(network, answer.cost[0], origin)
        assert np.allclose(found.cost[row], label)
        j, length = 20, 0.0
        while j != origin:
            length += network.length[last[j]]
            j = int(network.tail[last[j]])
        assert found.length[row, 20] == pytest.approx(length)
