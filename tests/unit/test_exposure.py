"""Exposure: groups on houses with totals kept, persons by class, gaps, and what is read out of other models."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from small_cities import CRS, small_city

from twin.chain.registry import MODELS, ordered
from twin.city.city import City
from twin.layer import Field
from twin.models import reach
from twin.models.exposure.groups import homes
from twin.models.exposure.measures import concentration_index, gap, mean_by_group, persons_by_class
from twin.models.exposure.model import EXPOSURE, run
from twin.models.exposure.quantities import shared_over_facades
from twin.models.noise.facades import receivers
from twin.places import Walls, storeys
from twin.result import Result, difference
from twin.text import tr

counts = st.integers(0, 400)
table = st.lists(st.tuples(st.floats(30, 80), counts, counts), min_size=1, max_size=40)


def _noise(city: City, level) -> Result:
    """Return an answer as a noise model gives it, with levels at façades."""
    stand = receivers(city)
    low, high = storeys(stand.points[:, 2], stand.facade)
    walls = Walls(stand.points, stand.normal, stand.length, low, high)
    values = np.array([level(*point) for point in stand.points], dtype=np.float32)
    field = Field("Lden at façades", "dB", "facades", np.empty(0, object), values, places=walls)
    other = dataclasses.replace(field, name="Free-field level by octave band", values=values + 99)
    return Result("noise", "1", {}, "n", (other, field), ())


def _values(result):
    return {one.id.removeprefix("exposure."): one.value for one in result.indicators}


@given(table)
def test_classes_hold_everybody(rows):
    values = np.array([row[0] for row in rows])
    persons = np.array([row[1:] for row in rows], dtype=float)
    found = persons_by_class(values, persons, (45, 50, 55, 60, 65, 70, 75))
    assert found.sum(axis=0) == pytest.approx(persons.sum(axis=0))
    assert (found >= 0).all()
    again = persons_by_class(np.append(values, np.nan), np.vstack([persons, [[9, 9]]]), (45, 50, 55, 60, 65, 70, 75))
    assert (again == found).all()


@given(table)
def test_concentration_is_that_of_the_ranks(rows):
    """The definition 2 cov(h, R) / μ, person by person."""
    values = np.array([row[0] for row in rows])
    persons = np.array([row[1:] for row in rows], dtype=float)
    weight = persons.sum(axis=0)
    found = concentration_index(values, persons)
    if not weight.sum():
        assert np.isnan(found)
        return
    rank = np.cumsum(weight / weight.sum()) - weight / weight.sum() / 2
    burden, ranks = np.repeat(values, 2), np.tile(rank, len(values))
    w = persons.ravel() / persons.sum()
    mean = (w * burden).sum()
    covariance = (w * burden * ranks).sum() - mean * (w * ranks).sum()
    assert found == pytest.approx(2 * covariance / mean, abs=1e-9)
    assert concentration_index(values, persons[:, ::-1]) == pytest.approx(-found, abs=1e-9)


def test_the_gap_and_its_band():
    rng = np.random.default_rng(1)
    zone = np.repeat(np.arange(40), 25)
    level = 55 + rng.normal(0, 3, 40)[zone] + rng.normal(0, 1, len(zone))
    share = np.clip(0.3 + 0.05 * (level - 55) / 3, 0, 1)
    persons = np.stack([100 * share, 100 * (1 - share)], axis=1)
    found = gap(level, persons, 0, zone, 500, 3)
    means = mean_by_group(level, persons)
    assert found.value == pytest.approx(means[0] - means[1])
    assert found.low < found.value < found.high
    assert found == gap(level, persons, 0, zone, 500, 3)
    assert gap(level, persons, 0, zone, 0) == dataclasses.replace(found, low=pytest.approx(np.nan, nan_ok=True),
                                                                  high=pytest.approx(np.nan, nan_ok=True))  # fmt: skip
    # ten times as many rows that say the same are no more evidence; four times as many zones are
    wide = found.high - found.low
    many = gap(np.tile(level, 10), np.tile(persons, (10, 1)), 0, np.tile(zone, 10), 500, 3)
    assert many.high - many.low == pytest.approx(wide, rel=1e-9)
    zones = np.concatenate([zone + 40 * k for k in range(4)])
    more = gap(np.tile(level, 4), np.tile(persons, (4, 1)), 0, zones, 500, 3)
    assert more.high - more.low == pytest.approx(wide / 2, rel=0.25)


def test_groups_on_houses_keep_the_totals_of_zones():
    city = small_city(4)
    found = homes(city)
    for k, name in enumerate(["z0", "z1"]):
        wanted = city.population[city.population["zone"] == name].sort_values("group")["persons"].to_numpy()
        assert found.persons[found.zone == k].sum(axis=0) == pytest.approx(wanted)
    assert homes(city.replaced(buildings=city.buildings.assign(residents=0.0))) is None
    assert homes(City("empty", CRS)) is None


@pytest.mark.parametrize(
    ("rule", "values", "parts"),
    [("median", [70], [1.0]), ("even", [50, 60, 70], [1 / 3] * 3), ("highest", [70], [1.0])],
)
def test_people_are_put_on_facades(rule, values, parts):
    home, found, part = shared_over_facades(np.array([5, 5, 5]), np.array([50.0, 60.0, 70.0]), rule)
    assert (home.tolist(), found.tolist(), part.tolist()) == ([5] * len(values), values, pytest.approx(parts))


def _street_of_two():
    """Return two equal houses in two zones on a street with 3,000 vehicles each way."""
    boxes = [shapely.box(x, 10, x + 20, 30) for x in (0, 200)]
    houses = gpd.GeoDataFrame(
        {"id": ["west", "east"], "residents": [100.0, 50.0], "height": 9.0, "floors": 3.0, "ground": 0.0},
        geometry=boxes, crs=CRS,
    )  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"id": ["z0", "z1"], "kind": "grid"},
        geometry=[shapely.box(-50, -50, 100, 100), shapely.box(100, -50, 300, 100)], crs=CRS,
    )  # fmt: skip
    rows = [("z0", "a", 80.0), ("z0", "b", 20.0), ("z1", "a", 10.0), ("z1", "b", 40.0)]
    people = pd.DataFrame(rows, columns=["zone", "group", "persons"]).assign(dimension="origin", id=list("0123"))
    line = shapely.LineString([(-20, 0), (240, 0)])
    roads = gpd.GeoDataFrame(
        {"id": ["there", "back"], "from_node": ["p", "q"], "to_node": ["q", "p"], "aadt": 3000.0},
        geometry=[line, line], crs=CRS,
    )  # fmt: skip
    return City("two", CRS).replaced(buildings=houses, zones=zones, population=people, roads=roads)


def test_two_houses_by_hand():
    """The western house has 62 dB all round, the eastern 48: the classes hold their people."""
    city = _street_of_two()
    found = run(city, {"draws": 0.0}, {"noise": _noise(city, lambda x, y, z: 62.0 if x < 100 else 48.0)})
    values = _values(found)
    lden = "noise_lden_at_façades"
    assert values[f"{lden}_class_60_a"] == pytest.approx(80)
    assert values[f"{lden}_class_60_b"] == pytest.approx(20)
    assert values[f"{lden}_class_45_b"] == pytest.approx(40)
    assert values[f"{lden}_mean_a"] == pytest.approx((80 * 62 + 10 * 48) / 90)
    assert values[f"{lden}_gap"] == pytest.approx((80 * 62 + 10 * 48) / 90 - (20 * 62 + 40 * 48) / 60)
    assert values[f"{lden}_above_a"] == pytest.approx(100 * 80 / 90)
    assert not [id for id in values if "octave" in id]
    assert values["street_mean_a"] == pytest.approx(6000)
    assert values["street_class_5000_a"] == pytest.approx(90)
    row = next(one for one in found.indicators if one.id == f"exposure.{lden}_class_60_a")
    assert row.places == ("west",)
    assert row.shown_by in {field.name for field in found.fields}
    assert "counted on the streets" in " ".join(found.assumptions)


def test_traffic_of_a_model_goes_before_counts():
    city = _street_of_two()
    ids = city.roads["id"].to_numpy(object)
    field = Field("Traffic on a mean day (ÅDT)", "veh/day", "roads", ids, np.array([100, 200], dtype=np.float32))
    values = _values(run(city, {"draws": 0.0}, {"traffic": Result("traffic", "1", {}, "t", (field,), ())}))
    assert values["street_mean_a"] == pytest.approx(300)


def test_before_after_and_difference_on_a_real_chain():
    city = small_city(6)
    found = run(city, {}, {"reach": reach.run(city, {}, {})})
    ids = {one.id for one in found.indicators}
    assert {"exposure.way_school_mean_a", "exposure.way_stop_gap", "exposure.way_area_gap"} <= ids
    assert "exposure.way_area_gap_low" not in ids  # two zones say nothing of uncertainty
    assert not [one for one in found.indicators if "{" in tr(one.title, "sv") or "\x1f" in tr(one.title, "en")]
    assert "no answer of a noise model" in " ".join(found.assumptions)


def test_income_has_an_order_and_origin_has_none():
    city = _street_of_two()
    order = city.population.assign(dimension="income", group=["income_q1", "income_q4"] * 2)
    poor = run(city.replaced(population=order, roads=city.roads.assign(aadt=[9000.0, 0.0])), {}, {})
    assert "exposure.street_concentration" in {one.id for one in poor.indicators}
    assert "exposure.street_concentration" not in _values(run(city, {}, {}))
    # 90 of the lowest quarter, 80 of them at 62 dB; 60 of the highest, 20 of them: h = 8/9, 1/3; R = 0.3, 0.8
    noise = {"noise": _noise(city, lambda x, y, z: 62.0 if x < 100 else 48.0)}
    values = _values(run(city.replaced(population=order), {"draws": 0.0}, noise))
    by_hand = 2 / (100 / 150) * (0.6 * 8 / 9 * 0.3 + 0.4 / 3 * 0.8) - 1
    assert values["noise_lden_at_façades_concentration"] == pytest.approx(by_hand)


def test_a_quieter_street_by_hand():
    """Twelve dB less in the west: its people leave 60–65 for 50–55; the rows of both classes say so."""
    city = _street_of_two()
    loud, calm = (
        run(city, {"draws": 0.0}, {"noise": _noise(city, lambda x, y, z, level=level: level if x < 100 else 48.0)})
        for level in (62.0, 50.0)
    )
    rows = {row.id.removeprefix("exposure.noise_lden_at_façades_"): row for row in difference(calm, loud, "today").rows}
    for group, people in (("a", 80.0), ("b", 20.0)):
        assert rows[f"class_60_{group}"].difference == pytest.approx(-people)
        assert rows[f"class_50_{group}"].difference == pytest.approx(people)
        assert rows[f"class_70_{group}"].difference == 0
    assert rows["mean_a"].difference == pytest.approx(-12 * 80 / 90)
    assert rows["gap"].difference == pytest.approx(-12 * (80 / 90 - 20 / 60))
    assert rows["above_b"].difference == pytest.approx(-100 * 20 / 60)


def test_ways_are_counted_by_class():
    city = _street_of_two()
    ids = np.array(["west", "east"], dtype=object)
    field = Field("Way to the nearest school", "m", "buildings", ids, np.array([150, 800], dtype=np.float32))
    values = _values(run(city, {"draws": 0.0}, {"reach": Result("reach", "1", {}, "r", (field,), ())}))
    assert (values["way_school_class_below_a"], values["way_school_class_800_a"]) == (80, 10)
    assert (values["way_school_class_800_b"], values["way_school_class_200_b"]) == (40, 0)
    assert values["way_school_mean_b"] == pytest.approx((20 * 150 + 40 * 800) / 60)
    assert values["way_school_above_b"] == pytest.approx(100 * 40 / 60)


def test_without_people_it_says_so():
    empty = run(City("empty", CRS), {}, {})
    assert empty.indicators == ()
    assert "no house here" in empty.assumptions[0]


def test_it_runs_after_what_it_uses():
    names = [model.name for model in ordered(["exposure"])]
    assert names[-1] == "exposure"
    assert set(names) == {"exposure", *(name for name in EXPOSURE.uses if name in MODELS)}
