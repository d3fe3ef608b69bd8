"""Every published value of the segregation measures: PySAL on Sacramento, toy tables, cases done by hand."""

from __future__ import annotations

import csv
import json
from math import log

import geopandas as gpd
import numpy as np
import pytest

from twin.models.segregation import corrected, evenness, mix, parts, proximity, several, spatial
from twin.models.segregation.shapes import shapes

GROUPS = ("WHITE", "BLACK", "ASIAN", "HISP")
COUNTS = {
    "Dissim": evenness.dissimilarity,
    "Gini": evenness.gini,
    "Entropy": evenness.entropy,
    "Atkinson": evenness.atkinson,
    "Isolation": evenness.isolation,
    "Interaction": evenness.interaction,
    "CorrelationR": evenness.correlation_ratio,
    "ConProf": evenness.concentration_profile,
    "DensityCorrectedDissim": corrected.density_corrected_dissimilarity,
}
SEVERAL = {
    "MultiDissim": several.dissimilarity,
    "MultiGini": several.gini,
    "MultiInfoTheory": several.theil_h,
    "MultiDivergence": several.divergence,
    "MultiDiversity": mix.diversity,
    "MultiNormExposure": several.normalised_exposure,
    "MultiRelativeDiversity": several.relative_diversity,
    "MultiSquaredCoefVar": several.squared_variation,
    "SimpsonsConcentration": mix.simpson_concentration,
    "SimpsonsInteraction": mix.simpson_interaction,
}
DEGREES = {
    "AbsoluteCentralization": spatial.absolute_centralisation,
    "Delta": spatial.delta,
    "AbsoluteConcentration": spatial.absolute_concentration,
    "SpatialDissim": spatial.spatial_dissimilarity,
}
METRES = {"PARDissim": spatial.perimeter_dissimilarity}
PAIRS = {
    "AbsoluteClustering": proximity.absolute_clustering,
    "RelativeClustering": proximity.relative_clustering,
    "SpatialProximity": proximity.spatial_proximity,
    "DistanceDecayIsolation": proximity.decay_isolation,
    "DistanceDecayInteraction": proximity.decay_interaction,
}
BESIDE = {  # not among the 29: run in PySAL segregation 2.5.4 on the same tracts in EPSG:32610
    "BoundarySpatialDissim": (spatial.boundary_dissimilarity, 0.2638781237840983),
    "RelativeConcentration": (spatial.relative_concentration, 0.1263776900383027),
    "SpatialProxProf": (proximity.proximity_profile, 0.22847334404621394),
    "RelativeCentralization": (spatial.relative_centralisation, -0.10344160261738011),
}


@pytest.fixture(scope="module")
def reference(shared_data):
    return json.loads((shared_data / "segregation/reference/pysal_sacramento.json").read_text())


@pytest.fixture(scope="module")
def expected(reference):
    return {row["index"]: row["expected"] for row in reference["values"]}


@pytest.fixture(scope="module")
def tracts(shared_data):
    return gpd.read_file(shared_data / "segregation/reference/sacramento1_tracts.gpkg")


@pytest.fixture(scope="module")
def table(shared_data):
    with (shared_data / "segregation/reference/sacramento1_counts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in (*GROUPS, "TOT_POP")}


def _pair(tracts):
    return tracts["HISP"].to_numpy(float), tracts["TOT_POP"].to_numpy(float)


def test_all_29_are_tried(expected):
    assert {*COUNTS, *SEVERAL, *DEGREES, *METRES, *PAIRS} == set(expected)
    assert len(expected) == 29


@pytest.mark.parametrize("name", COUNTS)
def test_two_groups(name, expected, table):
    assert COUNTS[name](table["HISP"], table["TOT_POP"]) == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("name", SEVERAL)
def test_several_groups(name, expected, table):
    counts = np.stack([table[group] for group in GROUPS], axis=1)
    assert SEVERAL[name](counts) == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("name", DEGREES)
def test_outlines_in_degrees(name, expected, tracts):
    assert DEGREES[name](*_pair(tracts), shapes(tracts.geometry)) == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("name", METRES)
def test_outlines_in_metres(name, expected, tracts):
    units = shapes(tracts.to_crs(32610).geometry)
    assert METRES[name](*_pair(tracts), units) == pytest.approx(expected[name], abs=1e-9)


def test_pairs_of_units(expected, tracts):
    near = proximity.nearness(*_pair(tracts), shapes(tracts.to_crs(32610).geometry))
    for name, measure in PAIRS.items():
        assert measure(near) == pytest.approx(expected[name], abs=1e-9), name


def test_beside_the_29(tracts):
    units = shapes(tracts.to_crs(32610).geometry)
    for name, (measure, value) in BESIDE.items():
        assert measure(*_pair(tracts), units) == pytest.approx(value, abs=1e-9), name
    assert evenness.min_max(*_pair(tracts)) == pytest.approx(0.4869650840249441, abs=1e-9)


def test_values_in_metres_are_others_than_in_degrees(tracts):
    """The trap of the reference: three of its values stand in degrees (0.6905, 0.8043, 0.8511 in metres)."""
    units = shapes(tracts.to_crs(32610).geometry)
    found = [measure(*_pair(tracts), units) for measure in list(DEGREES.values())[:3]]
    assert found == pytest.approx([0.6905, 0.8043, 0.8511], abs=6e-5)


@pytest.mark.parametrize("approach", ["composition", "share"])
def test_causes(approach, reference, table):
    total = table["TOT_POP"]
    found = parts.causes(evenness.dissimilarity, (table["HISP"], total), (table["BLACK"], total), approach)
    wanted = reference["decomposition"][approach]
    assert (found.attributes, found.spatial) == pytest.approx((wanted["c_a"], wanted["c_s"]), abs=1e-9)
    assert found.first - found.second == pytest.approx(found.spatial + found.attributes, abs=1e-12)


def test_toy_tables(shared_data):
    path = shared_data / "segregation/reference/mutual_information_and_analytic.json"
    cases = json.loads(path.read_text())
    for case in cases["cases"]:
        assert several.mutual_information(case["counts"]) == pytest.approx(case["M"], abs=1e-12)
        if "H" in case:
            assert several.theil_h(case["counts"]) == pytest.approx(case["H"], abs=1e-12)
    for case in cases["analytic"]:
        group, total = np.array(case["A"]), np.array(case["A"]) + np.array(case["B"])
        found = {
            "D": evenness.dissimilarity, "isolation_A": evenness.isolation, "H": evenness.entropy,
            "gini": evenness.gini, "interaction_AB": evenness.interaction,
        }  # fmt: skip
        for name in found.keys() & case.keys():
            assert found[name](group, total) == pytest.approx(case[name], abs=1e-15), (case["name"], name)


# --- by hand, so that this holds also where the real files are not ---------------------------------------------------


def test_by_hand():
    group, total = np.array([30, 10]), np.array([40, 60])
    assert evenness.dissimilarity(group, total) == pytest.approx(0.5 * (30 / 40 - 10 / 60 + 50 / 60 - 10 / 40))
    assert evenness.isolation(group, total) == pytest.approx(0.75 * 0.75 + 0.25 / 6)
    assert evenness.interaction(group, total) == pytest.approx(0.75 * 0.25 + 0.25 * 5 / 6)
    assert evenness.gini(group, total) == pytest.approx(2 * 40 * 60 * (3 / 4 - 1 / 6) / (2 * 100**2 * 0.4 * 0.6))
    assert evenness.correlation_ratio(group, total) == pytest.approx((0.75 * 0.75 + 0.25 / 6 - 0.4) / 0.6)
    assert evenness.atkinson(group, total) == pytest.approx(
        1 - 0.4 / 0.6 * (((10 * 30) ** 0.5 + (50 * 10) ** 0.5) / 40) ** 2
    )
    own = [-(p * log(p) + (1 - p) * log(1 - p)) for p in (0.4, 0.75, 1 / 6)]
    assert evenness.entropy(group, total) == pytest.approx(1 - (40 * own[1] + 60 * own[2]) / (100 * own[0]))
    assert several.mutual_information([[40, 0, 0, 0], [0, 0, 0, 40]]) == pytest.approx(log(2), abs=1e-15)


def test_exact_density_correction_counts_every_unit():
    """A gap of more than 38 standard errors is all gap; the simplex of PySAL takes it for none."""
    group, total = [50_000, 0], [50_000, 50_000]
    assert corrected.density_corrected_dissimilarity(group, total, "exact") == pytest.approx(1.0)
    group, total = [45_000, 5_000], [50_000, 50_000]
    assert corrected.density_corrected_dissimilarity(group, total, "exact") == pytest.approx(0.8, abs=1e-6)
    assert corrected.density_corrected_dissimilarity(group, total) < 0.01


def test_published_isolation_and_exposure_add_up(tracts):
    near = proximity.nearness(*_pair(tracts), shapes(tracts.to_crs(32610).geometry), "published")
    assert proximity.decay_isolation(near) + proximity.decay_interaction(near) == pytest.approx(1.0, abs=1e-12)
