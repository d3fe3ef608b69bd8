"""Noise of a City over the workers of a cluster, and what is heard at one place."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from noise_towns import HOUSES, STREET, town
from shapely.geometry import LineString
from small_cities import small_city

from twin.jobcluster import Cluster
from twin.jobs import Job
from twin.models.model import settled
from twin.models.noise import engine, traffic_of
from twin.models.noise import model as noise
from twin.models.noise.contributions import heard_at
from twin.models.noise.tables import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.city.city import City

distributed = pytest.importorskip("distributed")


def power_of(city: City) -> np.ndarray:
    return traffic_of.powers(city, traffic_of.observed(city), shipped(), 7.0, 5.0)


def setting(**more: Any) -> engine.Setting:
    return noise.setting(settled(noise.NOISE, {"grid": 40.0, "interval": 20.0, **more}))


@pytest.fixture
def workers() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.mark.filterwarnings("ignore")
def test_two_workers_say_what_one_process_says_and_a_killed_one_loses_nothing(workers: Any) -> None:
    city = small_city(3, columns=6, rows=5, houses=60)
    alone = engine.hear(city, power_of(city), setting())
    cluster = Cluster(workers.scheduler_address)
    killed: list[int] = []

    def watch(fraction: float, text: str, fields: Any) -> None:
        if "parts" in text and not killed:  # the work is on its way
            pid = next(iter(workers.workers.values())).pid
            if pid and pid > 1:  # 0 would be this process and all its kin
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

    spread = engine.hear(city, power_of(city), setting(), job=Job(watch, cluster=cluster))
    cluster.close()
    assert killed
    np.testing.assert_array_equal(spread.levels, alone.levels)
    assert len(spread.store.blocks) > 3


def test_levels_at_a_place_are_those_of_the_map_and_the_sum_of_its_streets() -> None:
    city = town(HOUSES, [(STREET, {"name": "Gatan"}), (LineString([(-200, 80), (200, 80)]), {"name": "Vägen"})])
    power = power_of(city)
    found = engine.hear(city, power, setting(grid=20.0))
    who = found.listeners
    first = len(who.columns.xy) - len(who.cell)
    c = first + len(who.cell) // 3
    x, y = who.columns.xy[c]
    one = heard_at(city, power, setting(), x, y, 2.0)
    day, evening, night = found.levels[who.columns.at[c]]
    level = 10 * np.log10((12 * 10 ** (day / 10) + 4 * 10 ** (evening / 10) + 8 * 10 ** (night / 10)) / 24)
    assert one.total == pytest.approx(level, abs=0.01)
    assert 10 * np.log10((10 ** (one.levels / 10)).sum()) == pytest.approx(one.total)
    assert set(one.streets) == {"Gatan", "Vägen"}
    assert (one.reflected < one.levels).all()
    assert (np.diff(one.ray) <= 0).all()


def test_within_a_house_and_far_from_every_road() -> None:
    city = town(HOUSES, [(STREET, {})])
    assert heard_at(city, power_of(city), setting(), -15.0, 18.0, 2.0).indoors
    assert heard_at(city, power_of(city), setting(), 9_000.0, 0.0, 2.0).total == -np.inf
