"""Houses built, changed and pulled down take their people to and from the population of their zones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import random_edit
from small_cities import small_city

from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer, RemoveBuilding
from twin.scenario.people import follow

RING = ((100.0, 100.0), (140.0, 100.0), (140.0, 130.0), (100.0, 130.0))


def _city(residents: float = 10.0):
    city = small_city(3)
    rows = (("z0", "rental", 300.0), ("z0", "owned", 123.0), ("z1", "rental", 577.0), ("z1", "owned", 0.0))
    extra = pd.DataFrame(
        [{"id": f"{z}|t{t}", "zone": z, "dimension": "tenure", "group": t, "persons": p} for z, t, p in rows]
    )
    houses = city.buildings.assign(residents=residents)
    return city.replaced(population=pd.concat([city.population, extra]), buildings=houses)


def _totals(city):
    return city.population.groupby(["zone", "dimension"])["persons"].sum()


def test_a_new_house_brings_the_mix_of_its_zone():
    city = _city()
    edit = AddBuilding(footprint=RING, height=9.0, residents=100.0, tenure={"owned": 1.0})
    after = edit.apply(city)
    grown = _totals(after) - _totals(city)
    assert grown["z0", "origin"] == pytest.approx(100)
    assert grown["z0", "tenure"] == pytest.approx(100)
    assert grown["z1"].tolist() == [0, 0]
    now, was = (c.population.set_index("id")["persons"] for c in (after, city))
    assert now["z0|a"] / now["z0|b"] == pytest.approx(was["z0|a"] / was["z0|b"])
    assert now["z0|towned"] - was["z0|towned"] == 100
    assert edit.touches(city).of("population") == {"z0|a", "z0|b", "z0|towned"}


def test_without_residents_nothing_moves():
    city = _city()
    after = AddBuilding(footprint=RING, height=9.0, residents=0.0).apply(city)
    assert after.population is city.population
    assert ChangeBuilding(buildings=("b1",), height=50.0).apply(city).population is city.population


def test_what_is_pulled_down_is_given_back_by_building_it_again():
    city = _city()
    ids = tuple(city.buildings["id"][:6])
    gone = RemoveBuilding(buildings=ids).apply(city)
    assert (_totals(city) - _totals(gone)).groupby("dimension").sum().tolist() == pytest.approx([60, 60])
    more = ChangeBuilding(buildings=("b1",), residents=35.0).apply(city)
    back = ChangeBuilding(buildings=("b1",), residents=10.0).apply(more)
    assert (_totals(more) - _totals(city)).groupby("dimension").sum().tolist() == pytest.approx([25, 25])
    assert back.population["persons"].to_numpy() == pytest.approx(city.population["persons"].to_numpy())


def test_an_empty_zone_takes_the_mix_of_the_city():
    city = _city()
    table = city.population.assign(persons=city.population["persons"].where(city.population["zone"] != "z0", 0.0))
    city = city.replaced(population=table)
    now = AddBuilding(footprint=RING, height=9.0, residents=100.0).apply(city).population.set_index("id")["persons"]
    assert now["z0|a"] == pytest.approx(100 * 77 / 577)
    assert now["z0|trental"] == pytest.approx(100)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_population_and_houses_stay_in_step(seed):
    """Whatever is done to houses, the people of a zone change as those of its houses, down to nobody."""
    rng = np.random.default_rng(seed)
    city = _city(float(rng.integers(0, 5)))
    for _ in range(4):
        edit = random_edit(rng, city)
        if isinstance(edit, HousingTransfer):
            continue
        after = edit.apply(city)
        persons = after.population["persons"].to_numpy()
        assert np.isfinite(persons).all()
        assert (persons >= 0).all()
        assert follow(after, edit.effect(after)).city.population["id"].is_unique
        city = after
