"""Reach on real files: Stockholm and Helsinki from OpenStreetMap, and the shipped demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from twin.chain.chain import Chain
from twin.city.formats import read
from twin.city.reading import ReadOptions
from twin.content import demo_project
from twin.models.walk.network import Rules, build
from twin.project import load_city
from twin.scenario.conflicts import check
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.streets import AddPath, RemovePath

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City

FILES = {"stockholm": "stockholm_osm/stockholm.osm", "helsinki": "helsinki_pbf/Helsinki.osm.pbf"}


@pytest.fixture(scope="module", params=["demo", *FILES])
def city(request: pytest.FixtureRequest) -> City:
    if request.param == "demo":
        return load_city(demo_project())
    folder: Path = request.getfixturevalue("shared_data")
    return read(folder / "city" / FILES[request.param], ReadOptions()).city


def _bridge(city: City) -> AddPath:
    """Return a footbridge over a gap of up to 250 m that spares a long way around, with many houses at both ends."""
    network = build(city.paths, Rules())
    middles = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    a, b = shapely.STRtree(middles).query(middles, predicate="dwithin", distance=250.0)
    pairs = (a < b) & (shapely.distance(middles[a], middles[b]) > 60)
    a, b = a[pairs], b[pairs]
    houses = shapely.STRtree(city.buildings.geometry.to_numpy())
    near = np.bincount(houses.query(middles, predicate="dwithin", distance=300.0)[0], minlength=len(middles))
    best, most = (0, 0), 0.0
    for first in list(dict.fromkeys(a[np.argsort(-np.minimum(near[a], near[b]), kind="stable")]))[:400]:
        others = b[a == first]
        others = others[near[others] > 0.5 * near[first]]
        away = np.minimum(network.distances(network.u[[first]], np.zeros(1), 3000.0), 3000.0)
        spared = away[network.u[others]] - shapely.distance(middles[first], middles[others])
        if len(others) and spared.max() > most:
            best, most = (first, others[int(np.argmax(spared))]), float(spared.max())
    span = shapely.shortest_line(middles[best[0]], middles[best[1]])
    return AddPath(line=tuple(span.coords), name="Gångbro")


def test_a_footbridge_brings_people_nearer(city: City):
    """It ties in at both ends, takes nothing away, brings somebody nearer, and is gone after undo."""
    chain = Chain(city)
    before = chain.run(PRESENT, ["reach"])
    scenario = Scenario(name="Bro").adding(_bridge(city))
    assert check(city, scenario.edits) == ()
    after, full = chain.run(scenario, ["reach"]), Chain(city).run(scenario, ["reach"])
    nearer = 0
    for one, two, was in zip(*(a.results["reach"].fields for a in (after, full, before)), strict=True):
        assert np.array_equal(one.values, two.values, equal_nan=True)
        gain = np.nan_to_num(one.values - was.values)
        gain = -gain if one.name.startswith("Way to") else gain
        assert gain.min() > -1e-3, one.name
        nearer += int((gain > 1e-3).sum())
    assert nearer > 0
    assert chain.run(PRESENT, ["reach"]).runs["reach"].reused == "memory"
    assert all(np.isfinite(one.value) for one in after.indicators)


def test_closing_a_link_equals_the_full_run(city: City):
    chain = Chain(city)
    chain.run(PRESENT, ["reach"])
    for row in (0, len(city.paths) // 2):
        scenario = Scenario(name="Gap").adding(RemovePath(paths=(str(city.paths["id"].iloc[row]),)))
        one, two = (
            chain.run(scenario, ["reach"]).results["reach"],
            Chain(city).run(scenario, ["reach"]).results["reach"],
        )
        assert all(
            np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(one.fields, two.fields, strict=True)
        )


def test_people_are_known_or_said_to_be_assumed(city: City):
    result = Chain(city).run(PRESENT, ["reach"]).results["reach"]
    estimated = any("50 m²" in text for text in result.assumptions)
    assert estimated == (not city.buildings["residents"].notna().any() and not len(city.population))
    assert np.nanmax(result.field("Residents within 400 m on foot").values) > 0
