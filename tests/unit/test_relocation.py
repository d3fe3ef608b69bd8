"""The exploratory relocation model: totals stay, weights do what they say, and it is off until asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cities import small_city

from twin.chain.registry import MODELS, switched_on
from twin.city.city import City
from twin.models.relocation.choice import Choice, relocated
from twin.models.relocation.model import run
from twin.models.segregation.evenness import dissimilarity


def _town(seed: int, z: int = 12):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 200, (z, 3)).astype(float)
    counts[0] = 0
    return counts, rng.uniform(0, 5000, (z, 2))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-5, 5), st.floats(0, 3), st.floats(0, 1), st.integers(1, 4))
def test_homes_and_people_stay(seed, own, distance, movers, rounds):
    counts, at = _town(seed)
    after = relocated(counts, at, Choice(own, distance, movers, rounds))
    assert (after >= -1e-9).all()
    assert after.sum(axis=1) == pytest.approx(counts.sum(axis=1), abs=1e-6)
    assert after.sum(axis=0) == pytest.approx(counts.sum(axis=0), rel=1e-5)


def test_weights_do_what_they_say():
    counts, at = _town(1)
    total = counts.sum(axis=1)

    def d(own, distance=0.0, movers=0.5, rounds=4):
        return dissimilarity(relocated(counts, at, Choice(own, distance, movers, rounds))[:, 0], total)

    assert relocated(counts, at, Choice(2.0, 1.0, 0.0, 3)) == pytest.approx(counts)
    assert d(0.0, movers=1.0, rounds=1) == pytest.approx(0.0, abs=1e-6)  # nothing counts: all are mixed
    assert d(0.0) < d(3.0) < d(9.0)
    assert d(0.0, distance=3.0) > d(0.0)  # who stays near stays as mixed as before
    assert d(0.0) < dissimilarity(counts[:, 0], total)


def test_it_is_off_until_asked_for_and_marked():
    assert MODELS["relocation"].on_request
    assert "relocation" not in switched_on({})
    assert "relocation" in switched_on({"relocation": True})
    found = run(small_city(3), {}, {})
    assert all("Exploratory" in one.title for one in found.indicators)
    assert "exploratory" in found.assumptions[0]
    values = [one.value for one in found.indicators]
    assert values[0] <= values[1] <= values[2]
    assert run(City("empty", "EPSG:3011"), {}, {}).fields == ()
