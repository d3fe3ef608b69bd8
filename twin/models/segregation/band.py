"""What chance alone would give: the band a measure falls into when groups are dealt out over the same units at random.

Small units look segregated by chance; a value inside its band is no evidence of segregation, whatever its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.errors import BadInput
from twin.models.segregation.counts import table
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

Null = Literal["permutation", "binomial"]
DRAWS = 200
MOST_PERSONS = 10**9
"""numpy draws from urns of fewer."""


@dataclass(frozen=True)
class Band:
    """A measure beside what chance gives.

    Attributes
    ----------
    value : float
        As measured.
    mean, low, high : float
        Over the draws: mean, 2.5 % and 97.5 % of them.
    above : float [0–1]
        ``(1 + draws at or above the value) / (1 + draws)``: small = hardly by chance.
    corrected : float
        ``(value - mean) / (1 - mean)``: 0 = chance, 1 = extreme.
    null, draws, seed
        How it was drawn.
    units, persons, median_unit : int, float, float
        Inhabited units, persons in all, and in the middle one: what the band depends on.
    """

    value: float
    mean: float
    low: float
    high: float
    above: float
    corrected: float
    null: Null
    draws: int
    seed: int
    units: int
    persons: float
    median_unit: float


def bands(
    measures: Mapping[str, Callable[[Floats], float]], counts: ArrayLike,
    null: Null = "permutation", draws: int = DRAWS, seed: int = 0, job: Job | None = None,
) -> dict[str, Band]:  # fmt: skip
    """Return the band of each measure, all from the same draws.

    ``"permutation"`` deals the persons there are over the places there are: unit totals and group totals stay (a
    multivariate hypergeometric draw). ``"binomial"`` gives each person of a unit a group by the shares of all, so that
    group totals vary (multinomial for several groups); for counts that are a sample.

    Parameters
    ----------
    measures : mapping of name to function of counts (n, g)
    counts : array, shape (n, g) [persons]
        Rounded to whole persons for the draws; groups that do not overlap.
    null : "permutation" or "binomial"
    draws : int, at least 20
    seed : int
        The same seed gives the same band.
    job : Job, optional

    Returns
    -------
    dict of Band
        By name of measure.

    Raises
    ------
    BadInput
        A count is negative, there are too few draws, or too many persons for a permutation.

    References
    ----------
    W. J. Carrington and K. R. Troske, 1997, doi:10.1080/07350015.1997.10524718; B. Elbers, 2021,
    doi:10.1177/0049124121986204.

    Examples
    --------
    >>> from twin.models.segregation.several import dissimilarity
    >>> one = bands({"d": dissimilarity}, [[3, 2], [2, 3], [3, 2], [2, 3]], draws=100)["d"]
    >>> one.value < one.mean, one.above > 0.9
    (True, True)
    """
    if draws < 20:
        raise BadInput("a band of {draws} draws is none; at least 20 were expected", draws=draws)
    c = table(counts)
    whole = np.rint(c).astype(np.int64)
    if null == "permutation" and whole.sum() >= MOST_PERSONS:
        raise BadInput("there are too many persons to be dealt out; use the binomial band")
    rng = np.random.default_rng(seed)
    found = {name: np.full(draws, np.nan) for name in measures}
    if len(whole) and whole.sum() > 0:
        for i in range(draws):
            dealt = _permuted(whole, rng) if null == "permutation" else _drawn(whole, rng)
            for name, measure in measures.items():
                found[name][i] = measure(dealt)
            if job is not None:
                job.progress((i + 1) / draws, N_("What chance would give"))
    t = c.sum(axis=1)
    size = (len(c), float(t.sum()), float(np.median(t)) if len(t) else math.nan)
    return {name: _band(measure(c), found[name], null, seed, *size) for name, measure in measures.items()}


def _permuted(counts: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Deal the members of each group over the places that are left."""
    free = counts.sum(axis=1)
    out = np.empty(counts.shape)
    for g in range(counts.shape[1] - 1):
        out[:, g] = rng.multivariate_hypergeometric(free, int(counts[:, g].sum()), method="marginals")
        free = free - out[:, g].astype(np.int64)
    out[:, -1] = free
    return out


def _drawn(counts: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Give each place a group by the shares of all."""
    free, left = counts.sum(axis=1), counts.sum()
    out = np.empty(counts.shape)
    for g in range(counts.shape[1] - 1):
        own = counts[:, g].sum()
        out[:, g] = rng.binomial(free, own / left if left > 0 else 0.0)
        free, left = free - out[:, g].astype(np.int64), left - own
    out[:, -1] = free
    return out


def _band(value: float, drawn: Floats, null: Null, seed: int, units: int, persons: float, median_unit: float) -> Band:
    known = drawn[np.isfinite(drawn)]
    if not len(known) or not math.isfinite(value):
        mean = low = high = above = math.nan
    else:
        mean = float(known.mean())
        low, high = (float(v) for v in np.percentile(known, (2.5, 97.5)))
        above = (1 + int((known >= value - 1e-12).sum())) / (1 + len(known))
    corrected = (value - mean) / (1 - mean) if mean < 1 else math.nan
    return Band(value, mean, low, high, above, corrected, null, len(drawn), seed, units, persons, median_unit)
