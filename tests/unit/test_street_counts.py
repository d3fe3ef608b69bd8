"""Counts put on streets: by way, name, place and direction; and on the real Stockholm streets where those are here."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_cities import two_streets

from twin.city.street_counts import one_each, with_counts

CRS = "EPSG:3011"


def place(lines, amount, both, names=None, ways=None, years=None):
    def texts(values):
        return None if values is None else np.array(values, dtype=object)

    made = with_counts(
        two_streets(),
        np.array(lines, dtype=object),
        np.array(amount, float),
        np.array(both),
        texts(names),
        texts(ways),
        "src",
        None if years is None else np.array(years, float),
    )
    return made, made.city.roads["aadt"].to_numpy(float)


def test_a_count_by_direction_stands_on_that_direction():
    made, aadt = place([shapely.LineString([(90, 4), (10, 4)])], [800], [False], names=["storgatan"])
    assert np.isnan(aadt[0])
    assert aadt[1] == 800
    assert (made.found, made.links, made.notes) == (1, 1, ())
    assert made.city.roads["source_id"].tolist() == ["", "src", ""]


def test_a_sum_of_both_is_halved_and_gives_way_to_one_by_direction():
    along = shapely.LineString([(10, 2), (90, 2)])
    _, aadt = place([along], [1000], [True], ways=["1"])
    assert aadt[:2].tolist() == [500, 500]
    _, aadt = place([along, along], [1000, 700], [True, False], ways=["1", "1"])
    assert aadt[:2].tolist() == [700, 500]


def test_of_several_the_latest_year_stands_then_the_best_then_the_mean():
    on, of = [4, 4, 4, 2, 2, 9], [0, 1, 2, 3, 4, 0]
    made = one_each(on, of, [100, 400, 300, 50, 70, 100], [2015, 2022, 2022, np.nan, 1999, 2015])
    assert made.links.tolist() == [2, 4, 9]
    assert made.values.tolist() == [70, 350, 100]  # a count of no known year is the oldest
    assert (made.older, made.outranked, made.averaged) == ((3,), (), (1, 2))  # row 0 still stands on link 9
    assert [(note.kind, note.n) for note in made.notes()] == [("skipped", 1), ("assumed", 2)]
    made = one_each([1, 1, 1], [0, 1, 2], [10, 20, 30], [2020] * 3, [(1.0, -5.0), (1.0, -2.0), (0.0, 0.0)])
    assert (made.values.tolist(), made.older, made.outranked) == ([20], (), (0, 2))
    assert one_each([], [], [], []).notes() == ()


def test_two_equal_counts_make_a_mean_and_a_later_sum_stands_before_an_older_direction():
    along = shapely.LineString([(10, 2), (90, 2)])
    made, aadt = place([along, along], [1000, 1200], [True, True], names=["Storgatan"] * 2)
    assert aadt[:2].tolist() == [550, 550]
    assert made.standing.averaged == (0, 1)
    made, aadt = place([along, along], [700, 1000], [False, True], ways=["1", "1"], years=[2015, 2022])
    assert aadt[:2].tolist() == [500, 500]
    assert (made.standing.older, made.found) == ((0,), 2)


def test_what_lies_on_no_street_is_said():
    far = shapely.LineString([(0, 500), (100, 500)])
    across = shapely.LineString([(50, -40), (50, 40)])
    made, aadt = place([far, across], [1, 2], [True, True], names=["Storgatan", "Storgatan"])
    assert np.isnan(aadt).all()
    assert made.notes[0].n == 2


def test_another_name_is_another_street():
    _, aadt = place([shapely.LineString([(10, 2), (90, 2)])], [1000], [True], names=["Annangatan"])
    assert np.isnan(aadt).all()


def test_real_counts_reach_the_streets_of_the_extract(shared_data):
    from twin.city.formats import read
    from twin.city.reading import ReadOptions
    from twin.city.residents import with_people
    from twin.models.traffic.model import TRAFFIC

    real = read(shared_data / "city" / "stockholm_osm" / "stockholm.osm", ReadOptions()).city
    table = gpd.read_file(shared_data / "traffic" / "payloads" / "stockholm_aadt_2019.geojson").to_crs(real.crs)
    west, south, east, north = real.roads.total_bounds
    near = table.cx[west:east, south:north]
    placed = with_counts(
        real, near.geometry.to_numpy(), near["AADT"].to_numpy(float), ~near["raw_oneway"].to_numpy(bool),
        near["osm_name"].fillna("").to_numpy(object),
        near["osmid"].map(lambda id: "" if np.isnan(id) else str(int(id))).to_numpy(object),
    )  # fmt: skip
    assert placed.found >= 40
    assert placed.links >= 30
    people, _ = with_people(placed.city)
    result = TRAFFIC.run(people, {}, {})
    value = {one.id: one.value for one in result.indicators}
    assert value["traffic.fit_r2"] > 0.8
    assert value["traffic.unserved"] < 0.01 * value["traffic.trips"]
    plain = {one.id: one.value for one in TRAFFIC.run(people, {"fit": False}, {}).indicators}
    assert value["traffic.fit_geh"] > plain["traffic.fit_geh"]
    assert value["traffic.gap"] == pytest.approx(0, abs=1e-4)
