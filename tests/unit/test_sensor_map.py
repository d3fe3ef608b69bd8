"""Sensors on the map: places, layers live and played, thresholds, reuse, and models beside them; closed forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from twin.city.city import City
from twin.layer import Field
from twin.places import Grid, Walls
from twin.sensors.block import of_rows
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.limits import Limit, alarms, load_limits, save_limits
from twin.sensors.onmap import STATE, layers_now, layers_over_time, same_picture, stands
from twin.sensors.reuse import near, served, twins
from twin.sensors.states import Standing, age_text, standings
from twin.sensors.stream import Frame, Stream, batch
from twin.sensors.validation import Pairing, compare, geh, measured_mean, modelled_at

if TYPE_CHECKING:
    from pathlib import Path

T0 = np.datetime64("2026-05-04T00:00", "ms")
MINUTE = np.timedelta64(60_000, "ms")
X, Y = 153_000.0, 6_579_000.0


@pytest.fixture
def city() -> City:
    places = gpd.GeoDataFrame({"id": ["m1"], "kind": ["mast"]}, geometry=[Point(X, Y)], crs="EPSG:3011")
    roads = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"]}, crs="EPSG:3011",
        geometry=[LineString([(X - 50, Y - 5), (X + 50, Y - 5)]), LineString([(X + 50, Y - 5), (X - 50, Y - 5)]),
                  LineString([(X - 50, Y + 100), (X + 50, Y + 100)])],
    )  # fmt: skip
    return City("Small", "EPSG:3011").replaced(places=places, roads=roads)


STREAMS = (
    Stream("m:no2", "no2", "ug/m3", sid=0, place="m1", period_s=60, stale_after_s=600),
    Stream("n:no2", "no2", "ug/m3", sid=1, lon=18.05, lat=59.317, period_s=60, stale_after_s=600),
    Stream("o:no2", "no2", "[ppb]", sid=2, lon=18.06, lat=59.317, period_s=60, stale_after_s=600),
    Stream("p:no2", "no2", "ug/m3", sid=3, period_s=60, stale_after_s=600),
    Stream("m:traffic_flow", "traffic_flow", "/h", sid=4, place="m1", period_s=300),
)


def frame(at: np.datetime64, value: list[float], age_min: list[float], quality: list[int] | None = None) -> Frame:
    time = np.array(
        [at - round(a * 60) * np.timedelta64(1000, "ms") if a == a else np.datetime64("NaT") for a in age_min]
    )
    return Frame(
        at, np.array(value, np.float32), time.astype("datetime64[ms]"), np.array(quality or [0] * len(value), np.uint8)
    )


def test_standing_goes_by_the_age_of_the_phenomenon() -> None:
    one = frame(T0, [1, 2, 3, 4, 5], [1, 3, 11, np.nan, 1], [0, 0, 0, 0, 2])
    assert standings(one, STREAMS).tolist() == [
        Standing.LIVE, Standing.LATE, Standing.STALE, Standing.NONE, Standing.FLAGGED
    ]  # fmt: skip
    gone = standings(one, STREAMS, np.zeros(5, bool))
    assert gone.tolist()[:3] == [Standing.LIVE, Standing.OFFLINE, Standing.OFFLINE]
    said = [age_text(s, "en").replace("\u00a0", " ") for s in (5, 150, 7300, 200_000, float("nan"))]
    assert said == ["5 s", "2 min", "2 h", "2 days", "–"]


def test_places_come_from_the_city_else_from_degrees(city: City) -> None:
    where = stands(STREAMS, city)
    assert where.xy[0].tolist() == [X, Y]
    back = gpd.GeoSeries([Point(*where.xy[1])], crs="EPSG:3011").to_crs(4326)[0]
    assert (back.x, back.y) == pytest.approx((18.05, 59.317), abs=1e-7)
    assert np.isnan(where.xy[3]).all()


def test_layers_follow_time_and_never_keep_a_stale_value(city: City) -> None:
    rows = batch([0, 1, 2], [T0, T0 + MINUTE, T0], [10, 20, 30])
    block = of_rows(rows, 5, T0, 31, 60.0, 3600.0)
    made = layers_over_time(STREAMS, stands(STREAMS, city), block)
    assert set(made) == {"sensors:no2"}
    field = made["sensors:no2"].field
    assert field.ids.tolist() == ["m:no2", "n:no2", "o:no2"]
    assert field.at(T0 + 9 * MINUTE)[:2].tolist() == [10, 20]
    assert np.isnan(field.at(T0 + 15 * MINUTE)[:2]).all()
    assert np.isnan(field.values[:, 2]).all(), "another unit never shares the scale"


def test_layers_of_now_say_value_and_age(city: City) -> None:
    where = stands(STREAMS, city)
    one = frame(T0, [10, 20, 30, 40, 500], [0, 3, 20, 1, 1])
    made = layers_now(STREAMS, where, one, "en")
    texts = [text.replace("\u00a0", " ") for text in made["sensors:no2"].texts]
    assert texts == ["10 µg/m³", "20 µg/m³ · 3 min", "30 ppb · 20 min"]
    assert np.isnan(made["sensors:no2"].field.values[2])
    state = made[STATE].field
    told = {id: state.categories[int(code)] for id, code in zip(state.ids, state.values, strict=True)}
    assert told == {"m:no2": "live", "n:no2": "late", "o:no2": "stale"}
    again = layers_now(
        STREAMS, where, frame(T0 + MINUTE, [10, 20, 30, 40, 500], [0, 3, 20, 1, 1]), "en", first=T0 - MINUTE
    )
    assert not same_picture(made["sensors:no2"], again["sensors:no2"])
    assert same_picture(again["sensors:no2"], layers_now(STREAMS, where, one, "en", first=T0 - MINUTE)["sensors:no2"])


def test_thresholds_of_value_and_silence(tmp_path: Path) -> None:
    one = frame(T0, [50, 20, 60, 70, 10], [1, 1, 1, 30, 40])
    limits = [Limit("above", 40, "no2"), Limit("below", 15, "traffic_flow"), Limit("silent", 1800.0)]
    found = [(a.limit.kind, a.sid) for a in alarms(limits, STREAMS, one)]
    assert found == [("above", 0), ("above", 2), ("silent", 4)]  # what is stale crosses no value
    assert alarms(limits, STREAMS, frame(T0, [50] * 5, [np.nan] * 5)) == []
    save_limits(tmp_path, limits)
    assert load_limits(tmp_path) == limits


def test_reuse_near_twice_and_gaps(city: City) -> None:
    streams = [Stream(f"s{i}", "no2", "ug/m3", sid=i, place="m1") for i in range(2)]
    streams.append(Stream("far", "no2", "ug/m3", sid=2, lon=18.2, lat=59.3))
    where = stands(streams, city)
    assert [n.stream.id for n in near(streams, where, X + 30, Y, 100)] == ["s0", "s1"]
    assert [n.distance for n in near(streams, where, X + 30, Y, 100)] == [30, 30]
    assert near(streams, where, X, Y, 100, "pm10") == []
    assert [(a.id, b.id, gap) for a, b, gap in twins(streams, where)] == [("s0", "s1", 0.0)]
    points = np.array([[X + 10, Y], [X + 500, Y]])
    assert served(points, streams, where, "no2", 100).tolist() == [True, False]
    assert served(points, streams, where, "pm10", 100).tolist() == [False, False]


# --- models beside sensors


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_geh_is_symmetric_and_nought_where_equal(a: float, b: float) -> None:
    one, other = np.array([a]), np.array([b])
    assert geh(one, other)[0] == pytest.approx(geh(other, one)[0])
    assert geh(one, one)[0] == 0


def hours_of(value: np.ndarray, days: int = 1) -> pd.DataFrame:
    """Return hourly values that begin at local midnight."""
    local_midnight = np.datetime64("2026-05-03T22:00", "ms")
    return pd.DataFrame({"time": local_midnight + np.arange(len(value)) * 60 * MINUTE, "mean": value})


def test_means_are_those_of_the_models() -> None:
    assert measured_mean(hours_of(np.full(24, 100.0)), "daily sum") == (2400.0, 24)
    assert measured_mean(hours_of(np.full(24, 60.0)), "Leq,24h")[0] == pytest.approx(60)
    # Lden of a constant level: 10 lg((12 + 4·10^0.5 + 8·10) / 24) above it
    lden = 60 + 10 * np.log10((12 + 4 * 10**0.5 + 8 * 10) / 24)
    assert measured_mean(hours_of(np.full(24, 60.0)), "Lden")[0] == pytest.approx(lden)
    night = np.where(np.isin(np.arange(24), [*range(6), 22, 23]), 45.0, 70.0)
    assert measured_mean(hours_of(night), "Lnight")[0] == pytest.approx(45)
    # a day more of quiet nights alone does not change the mean of the hours
    more = np.concatenate([np.full(24, 100.0), np.full(6, 100.0)])
    assert measured_mean(hours_of(more), "daily sum")[0] == pytest.approx(2400)
    assert np.isnan(measured_mean(hours_of(np.full(20, 60.0)), "Lden")[0]), "four hours of the day were never measured"


def test_models_are_read_where_the_sensor_stands(city: City) -> None:
    spots = np.array([[X, Y], [X, Y + 200], [np.nan, np.nan]])
    flow = Field("F", "veh/day", "roads", np.array(["a", "b", "c"], object), np.array([1000, 1200, 9], np.float32))
    assert modelled_at(flow, city, spots)[0] == 2200  # both directions
    assert np.isnan(modelled_at(flow, city, spots)[1:]).all()
    speed = Field("S", "km/h", "roads", np.array(["a", "b", "c"], object), np.array([30, 40, 9], np.float32))
    assert modelled_at(speed, city, spots)[0] == 35
    grid = Grid(2, 2, (100.0, 0, X - 100, 0, -100.0, Y + 100))
    cells = Field("G", "dB", "grid", np.empty(0, object), np.array([1, 2, 3, 4], np.float32), places=grid)
    got = modelled_at(cells, city, np.array([[X - 50, Y + 50], [X + 50, Y - 50], [X + 500, Y]]))
    assert got[:2].tolist() == [1, 4]
    assert np.isnan(got[2])
    stand = np.array([[X + 5, Y, 10.0], [X + 5, Y, 4.0], [X - 90, Y, 4.0], [X - 4, Y, 4.0]])
    walls = Walls(stand, np.array([[-1.0, 0]] * 4), np.ones(4), np.zeros(4), np.ones(4))
    facade = Field("W", "dB", "facades", np.empty(0, object), np.array([60, 65, 50, 40], np.float32), places=walls)
    # the lowest storey of the nearest wall that faces the sensor; nearer is one of the yard behind
    assert modelled_at(facade, city, spots)[0] == 65
    assert modelled_at(facade, city, np.array([[X + 6.0, Y]]))[0] == 65, "a sensor on the wall"


def test_comparison_has_bias_rmse_and_geh(city: City, tmp_path: Path) -> None:
    with EmbeddedHistory(tmp_path / "history") as store:
        store.add_streams([Stream("m:traffic_flow", "traffic_flow", "/h", place="m1", period_s=3600)])
        time = np.datetime64("2026-05-03T22:00", "ms") + np.arange(48) * 60 * MINUTE
        value = np.full(48, 100.0)
        quality = np.zeros(48, np.uint8)
        value[5], quality[5] = 9000.0, 1  # a spike is not compared
        store.append(batch(np.zeros(48), time, value, quality))
        field = Field("T", "veh/day", "roads", np.array(["a", "b"], object), np.array([1300, 1300], np.float32))
        pairing = Pairing("traffic_flow", "T", "/d", "daily sum")
        found = compare(store, stands(store.streams(), city), city, field, pairing, time[0], time[-1])
    assert found.measured.tolist() == [2400]
    assert found.modelled.tolist() == [2600]
    assert (found.bias, found.rmse) == (200, 200)
    assert found.geh is not None
    assert found.geh[0] == pytest.approx(geh(np.array([2600 / 24]), np.array([100.0]))[0])
    assert found.geh_below_5 == 1.0
    assert np.isnan(found.correlation)
