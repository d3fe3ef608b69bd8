"""All measures of one table at once, as plain values: for the command line, tables and reports."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.models.segregation import corrected, evenness, mix, multiscalar, parts, proximity, several, spatial
from twin.models.segregation.band import DRAWS, Null, bands
from twin.models.segregation.counts import matrix
from twin.models.segregation.neighbours import nearest, profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.jobs import Job
    from twin.models.segregation.multiscalar import Fall
    from twin.models.segregation.neighbours import Neighbourhoods
    from twin.models.segregation.shapes import Shapes
    from twin.models.segregation.walking import Walk

    Floats = NDArray[np.float64]

MOST_PAIRED = 20_000
"""Units up to which measures over all pairs are computed unasked: 20,000 take a few seconds, 100,000 minutes."""
_BANDED = ("dissimilarity", "gini", "entropy", "isolation", "correlation_ratio")


@dataclass(frozen=True)
class Wanted:
    """What is asked for besides the measures of counts and outlines.

    Attributes
    ----------
    atkinson : float, 0 < b < 1
    null, draws, seed
        Of the band of chance; 0 draws leave it out.
    ks : sequence of int [persons]
    radii : sequence of float [m]
    fall : "flat", "triangle" or "biweight"
    centre : "mean", "median", "weighted", "largest" or (x, y) [m]
    nearness_scale : float [m]
        Of the published form of clustering and proximity.
    planar : bool
        Whether coordinates are metres: in degrees there are no distances.
    """

    atkinson: float = 0.5
    null: Null = "permutation"
    draws: int = DRAWS
    seed: int = 0
    ks: Sequence[int] = ()
    radii: Sequence[float] = ()
    fall: Fall = "biweight"
    centre: Any = "mean"
    nearness_scale: float = proximity.SCALE
    planar: bool = True


def two_groups(
    group: Floats, total: Floats, units: Shapes | None, wanted: Wanted, job: Job | None = None
) -> dict[str, Any]:
    """Return every measure of one group against the rest, by name.

    Parameters
    ----------
    group, total : array, shape (n,) [persons]
    units : Shapes of the n units, or None
    wanted : Wanted
    job : Job, optional

    Returns
    -------
    dict
        Numbers (nan where not defined) and, under ``published`` and ``band``, dicts of them.

    Raises
    ------
    BadInput
        A count is negative, or the group exceeds the total.

    Examples
    --------
    >>> found = two_groups(np.array([30.0, 10]), np.array([40.0, 60]), None, Wanted(draws=0))
    >>> round(found["dissimilarity"], 4), round(found["exposure"], 4)
    (0.5833, 0.3958)
    """
    both = np.stack([group, total - group], axis=1)
    values: dict[str, Any] = {
        "dissimilarity": evenness.dissimilarity(group, total),
        "isolation": evenness.isolation(group, total),
        "exposure": evenness.interaction(group, total),
        "gini": evenness.gini(group, total),
        "entropy": evenness.entropy(group, total),
        "atkinson": evenness.atkinson(group, total, wanted.atkinson),
        "correlation_ratio": evenness.correlation_ratio(group, total),
        "mutual_information": several.mutual_information(np.maximum(both, 0)),
        "min_max": evenness.min_max(group, total),
        "concentration_profile": evenness.concentration_profile(group, total),
        "density_corrected_dissimilarity": corrected.density_corrected_dissimilarity(group, total),
    }
    values["interaction"] = values["exposure"]
    published = {"density_corrected_dissimilarity": corrected.density_corrected_dissimilarity(group, total, "exact")}
    if units is not None and units.areal:
        values |= _outlined(group, total, units, wanted)
        if wanted.planar and len(units) <= MOST_PAIRED:
            values |= _paired(group, total, units, "pysal", wanted, job)
            values["proximity_profile"] = proximity.proximity_profile(group, total, units)
            published |= _paired(group, total, units, "published", wanted, job)
    values["published"] = published
    if wanted.draws:
        chosen = {name: _of_two(getattr(evenness, name)) for name in _BANDED}
        values["band"] = _bands(chosen, np.maximum(both, 0), wanted, job)
    return values


def _of_two(measure: Any) -> Any:
    return lambda counts: measure(counts[:, 0], counts.sum(axis=1))


def _outlined(group: Floats, total: Floats, units: Shapes, wanted: Wanted) -> dict[str, Any]:
    return {
        "spatial_dissimilarity": spatial.spatial_dissimilarity(group, total, units),
        "boundary_dissimilarity": spatial.boundary_dissimilarity(group, total, units),
        "perimeter_dissimilarity": spatial.perimeter_dissimilarity(group, total, units),
        "delta": spatial.delta(group, total, units),
        "absolute_concentration": spatial.absolute_concentration(group, total, units),
        "relative_concentration": spatial.relative_concentration(group, total, units),
        "absolute_centralisation": spatial.absolute_centralisation(group, total, units, wanted.centre),
        "relative_centralisation": spatial.relative_centralisation(group, total, units, wanted.centre),
    }


def _paired(
    group: Floats, total: Floats, units: Shapes, convention: proximity.Convention, wanted: Wanted, job: Job | None
) -> dict[str, Any]:
    near = proximity.nearness(group, total, units, convention, wanted.nearness_scale, job)
    return {
        "absolute_clustering": proximity.absolute_clustering(near),
        "relative_clustering": proximity.relative_clustering(near),
        "spatial_proximity": proximity.spatial_proximity(near),
        "distance_decay_isolation": proximity.decay_isolation(near),
        "distance_decay_exposure": proximity.decay_interaction(near),
    }


def several_groups(
    counts: Floats, wanted: Wanted, cluster: Sequence[str] | None = None, job: Job | None = None
) -> dict[str, Any]:
    """Return every measure of several groups, by name; with clusters of units also between and within them.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]
    wanted : Wanted
    cluster : sequence of str, optional
        Which cluster each unit is in.
    job : Job, optional

    Returns
    -------
    dict
        Numbers (nan where not defined) and, under ``band`` and ``parts``, dicts.

    Raises
    ------
    BadInput
        A count is negative, or clusters do not fit.

    Examples
    --------
    >>> found = several_groups(np.array([[40.0, 20, 5, 1], [20, 40, 60, 80]]), Wanted(draws=0))
    >>> round(found["mutual_information"], 6), round(found["theil_h"], 6)
    (0.186587, 0.135384)
    """
    values: dict[str, Any] = {
        "mutual_information": several.mutual_information(counts),
        "theil_h": several.theil_h(counts),
        "dissimilarity": several.dissimilarity(counts),
        "gini": several.gini(counts),
        "divergence": several.divergence(counts),
        "normalised_exposure": several.normalised_exposure(counts),
        "relative_diversity": several.relative_diversity(counts),
        "squared_variation": several.squared_variation(counts),
        "diversity": mix.diversity(counts),
        "simpson_interaction": mix.simpson_interaction(counts),
        "simpson_concentration": mix.simpson_concentration(counts),
    }
    if wanted.draws:
        names = ("mutual_information", "theil_h", "dissimilarity", "normalised_exposure")
        values["band"] = _bands({name: getattr(several, name) for name in names}, counts, wanted, job)
    if cluster is not None:
        values["parts"] = {
            name: dataclasses.asdict(parts.over_units(counts, cluster, normalised))
            for name, normalised in (("mutual_information", False), ("theil_h", True))
        }
    return values


def _bands(measures: Any, counts: Floats, wanted: Wanted, job: Job | None) -> dict[str, Any]:
    found = bands(measures, counts, wanted.null, wanted.draws, wanted.seed, job)
    kept = ("mean", "low", "high", "above", "corrected")
    return {name: {key: getattr(one, key) for key in kept} for name, one in found.items()}


def neighbourhoods(found: Neighbourhoods, counts: Floats, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the profile of each named group over k, a row per group and k.

    Parameters
    ----------
    found : Neighbourhoods
    counts : array, shape (n, g) [persons]
    names : sequence of str
        Of the first groups; the others get no rows.

    Returns
    -------
    list of dict

    Examples
    --------
    >>> rows = neighbourhoods(nearest([[0, 0], [9, 0]], [[4, 0], [0, 4]], [4]), np.array([[4.0, 0], [0, 4]]), ["a"])
    >>> rows[0]["group"], rows[0]["dissimilarity"]
    ('a', 1.0)
    """
    return [
        {"group": name, **dataclasses.asdict(point)}
        for g, name in enumerate(names)
        for point in profile(found, counts, g)
    ]


def straight(
    units: Shapes, counts: Floats, names: Sequence[str], wanted: Wanted, job: Job | None = None
) -> dict[str, Any]:
    """Return profiles over k and over radius as the crow flies: ``neighbourhoods`` and ``multiscalar``.

    Parameters
    ----------
    units : Shapes, n units [m]
    counts : array, shape (n, g) [persons]
    names : sequence of str
        Groups that get a profile over k.
    wanted : Wanted
    job : Job, optional
    """
    values: dict[str, Any] = {}
    if wanted.ks:
        values["neighbourhoods"] = neighbourhoods(nearest(units.middle, counts, wanted.ks, job), counts, names)
    if wanted.radii:
        around = multiscalar.environments(units.middle, counts, wanted.radii, wanted.fall, job)
        h, d = multiscalar.spatial_h(counts, around), multiscalar.spatial_d(counts, around)
        wide = multiscalar.coarse_radius(units.area, counts, wanted.radii)
        values["multiscalar"] = [
            {"radius": float(r), "theil_h": a, "dissimilarity": b, "coarse": c, "usable": bool(c <= 0.5)}
            for r, a, b, c in zip(wanted.radii, h.tolist(), d.tolist(), wide.tolist(), strict=True)
        ]
    return values


def walked(walk: Walk, counts: Floats, names: Sequence[str], wanted: Wanted, job: Job | None = None) -> dict[str, Any]:
    """Return profiles along the walk network: ``neighbourhoods_walked``, ``multiscalar_walked``, ``barrier_effect``.

    Parameters
    ----------
    walk : Walk
        Of n units.
    counts : array, shape (n, g) [persons]
    names : sequence of str
        Groups that get a profile over k.
    wanted : Wanted
    job : Job, optional
    """
    from twin.models.segregation import walking

    values: dict[str, Any] = {"units_on_network": int(walk.reached.sum())}
    if wanted.ks:
        found = walking.walked_nearest(walk, counts, wanted.ks, job)
        values["neighbourhoods_walked"] = neighbourhoods(found, counts, names)
    if wanted.radii:
        both = walking.barriers(walk, counts, wanted.radii, wanted.fall, job)
        values["multiscalar_walked"] = [
            {"radius": r, "theil_h": h} for r, h in zip(both.radii, both.walked, strict=True)
        ]
        values["barrier_effect"] = [
            {"radius": r, "walked": w, "straight": s, "effect": e}
            for r, w, s, e in zip(both.radii, both.walked, both.straight, both.effect, strict=True)
        ]
    return values


def about(counts: Floats) -> dict[str, Any]:
    """Return what a value cannot be read without: how many units and persons, how large the units are.

    Parameters
    ----------
    counts : array, shape (n, g) [persons]

    Examples
    --------
    >>> about(np.array([[3.0, 1], [0, 0], [np.nan, 1]]))["units"]
    1
    """
    c = matrix(counts)
    t = c.sum(axis=1)
    lived = t[t > 0]
    return {
        "units": len(lived),
        "empty_units": int((t == 0).sum()),
        "missing_units": int(np.isnan(t).sum()),
        "persons": float(lived.sum()),
        "persons_per_unit": {
            "median": float(np.median(lived)) if len(lived) else float("nan"),
            "least": float(lived.min()) if len(lived) else float("nan"),
            "most": float(lived.max()) if len(lived) else float("nan"),
        },
    }
