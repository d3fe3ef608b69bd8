"""Noise of a City over the workers of a cluster, and what is heard at one place."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from noise_towns import HOUSES, STREET, town
from shapely.geometry import LineString, box
from small_cities import small_city

from twin.errors import BadInput
from twin.jobcluster import Cluster
from twin.jobs import Job
from twin.models.model import settled
from twin.models.noise import contributions, engine, traffic_of
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
    assert not one.facade
    assert (np.diff([way.level for way in one.rays]) <= 0).all()


def test_paths_one_by_one_sum_to_the_level_and_run_where_sound_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contributions, "PIECES", 10_000)
    city = town(HOUSES, [(STREET, {"name": "Gatan"})])
    for order, height in ((0, 2.0), (1, 2.0), (2, 25.0)):
        found = heard_at(city, power_of(city), setting(reflections=float(order)), 12.0, 70.0, height)
        levels = np.array([way.level for way in found.rays])
        assert 10 * np.log10((10 ** (levels / 10)).sum()) == pytest.approx(found.total, abs=0.01)
        assert max(way.walls for way in found.rays) <= order
        assert {way.street for way in found.rays} == {"Gatan"}
        for way in found.rays:
            assert way.points[-1] == pytest.approx(found.place, abs=0.01)
            assert way.points[0, 2] == pytest.approx(0.05)
    behind = heard_at(city, power_of(city), setting(reflections=0.0), 12.0, 62.0, 2.0)  # the house is 10 m high
    over = [way.points for way in behind.rays if len(way.points) > 2]
    assert over
    assert max(points[:, 2].max() for points in over) == pytest.approx(10.0)


def test_a_reflected_path_leaves_the_wall_as_it_came() -> None:
    city = town([(box(-400, -30, 400, -12), {})], [(LineString([(-200, 0), (200, 0)]), {})])
    found = heard_at(city, power_of(city), setting(), 10.0, 40.0, 2.0)
    bent = [way.points for way in found.rays if way.walls == 1]
    assert bent
    for points in bent:
        wall = int(np.argmin(points[:, 1]))
        assert points[wall, 1] == pytest.approx(-12.0, abs=1e-6)
        came, left = points[wall] - points[wall - 1], points[wall + 1] - points[wall]
        assert came[0] / np.hypot(*came[:2]) == pytest.approx(left[0] / np.hypot(*left[:2]), abs=1e-6)
        assert came[2] / np.hypot(*came[:2]) == pytest.approx(left[2] / np.hypot(*left[:2]), abs=1e-6)


def test_at_a_wall_the_level_is_that_of_the_facade() -> None:
    city = town(HOUSES, [(STREET, {"name": "Gatan"})])
    heard = engine.hear(city, power_of(city), setting())
    stand = heard.listeners.facade
    for n in (0, 7, len(stand.points) - 1):
        x, y, z = stand.points[n] - 0.1 * np.append(stand.normal[n], 0.0)  # on the wall itself
        found = heard_at(city, power_of(city), setting(), x, y, z)
        day, evening, night = heard.levels[n]
        level = 10 * np.log10((12 * 10 ** (day / 10) + 4 * 10 ** (evening / 10) + 8 * 10 ** (night / 10)) / 24)
        assert found.facade
        assert found.total == pytest.approx(level, abs=0.02)


def test_a_rose_makes_sound_from_one_side_louder() -> None:
    """With the wind from the west sound travels east (90°) under favourable conditions, and to no other side."""
    still_street = LineString([(-300, -300), (300, -300)])
    city = town([], [(LineString([(0, -300), (0, 300)]), {}), (still_street, {"aadt": 0.0})])
    rose = "direction day evening night\n0,0,0,0\n90,1,1,1\n180,0,0,0\n270,0,0,0"
    even = {name: 0.0 for name in ("favourable_day", "favourable_evening", "favourable_night")}
    power = power_of(city)
    still = [heard_at(city, power, setting(ground=1.0, **even), x, 0.0, 2.0).total for x in (-250.0, 250.0)]
    wind = [
        heard_at(city, power, setting(ground=1.0, favourable_rose=rose), x, 0.0, 2.0).total for x in (-250.0, 250.0)
    ]
    assert still[0] == pytest.approx(still[1], abs=0.01)
    assert wind[1] > still[1] + 1.0
    assert wind[0] == pytest.approx(still[0], abs=0.05)
    found = engine.hear(city, power, setting(ground=1.0, favourable_rose=rose, grid=50.0))
    who = found.listeners.columns
    for c in (int(np.argmin(who.xy[:, 0])), int(np.argmax(who.xy[:, 0]))):
        here = heard_at(city, power, setting(ground=1.0, favourable_rose=rose), *who.xy[c], 2.0).total
        day, evening, night = found.levels[who.at[c]]
        level = 10 * np.log10((12 * 10 ** (day / 10) + 4 * 10 ** (evening / 10) + 8 * 10 ** (night / 10)) / 24)
        assert here == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("0 0.5 0.5", "four numbers"),
        ("0 0.5 0.5 1.5; 180 0 0 0", "no share"),
        ("0 0 0 0; 90 0 0 0", "divide the circle"),
        ("words only", "four numbers"),
    ],
)
def test_a_rose_that_cannot_be_read_is_refused(table: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        setting(favourable_rose=table)


def test_within_a_house_and_far_from_every_road() -> None:
    city = town(HOUSES, [(STREET, {})])
    assert heard_at(city, power_of(city), setting(), -15.0, 18.0, 2.0).indoors
    assert heard_at(city, power_of(city), setting(), 9_000.0, 0.0, 2.0).total == -np.inf
