"""The values of each unit that ``twin segregation --local`` writes."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.privacy.cells import EXPORT, coarse, never_alone, support_of_share, withheld

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def write(path: Path, counts: Floats, labels: Sequence[str], public: bool) -> int:
    """Write what each unit is: persons, shares, location quotients, mix and distance from the whole's mix.

    Parameters
    ----------
    path : Path
        A CSV, a row per unit in the order of the table.
    counts : array, shape (n, g) [persons]
    labels : sequence of str, length g
    public : bool
        Public statistics are written as published; else the small-cell rule of exports holds.

    Returns
    -------
    int
        Units whose values are withheld (blank).

    Raises
    ------
    BadInput
        When the file cannot be written.
    """
    from twin.models.segregation import local

    t = counts.sum(axis=1)
    share = np.divide(counts, t[:, None], out=np.full_like(counts, np.nan), where=t[:, None] > 0)
    quotient = local.location_quotient(counts)
    columns: list[tuple[str, Floats]] = [
        ("persons", t),
        *((f"share_{name}", share[:, g]) for g, name in enumerate(labels)),
        *((f"location_quotient_{name}", quotient[:, g]) for g, name in enumerate(labels)),
        ("diversity", local.local_diversity(counts)),
        ("simpson_interaction", local.local_interaction(counts)),
        ("divergence", local.local_divergence(counts)),
    ]
    few = np.zeros(len(t), dtype=bool)
    if not public:
        rests = np.min([support_of_share(counts[:, g], t) for g in range(counts.shape[1])], axis=0)
        few = never_alone(withheld(rests, EXPORT), np.where(np.isfinite(t), rests, np.inf))
        columns = [
            (name, coarse(values) if name == "persons" else np.where(few, np.nan, values)) for name, values in columns
        ]
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", *(name for name, _ in columns)])
            for i in range(len(t)):
                writer.writerow([i + 1, *("" if np.isnan(v[i]) else f"{v[i]:.10g}" for _, v in columns)])
    except OSError as error:
        raise BadInput("{path}: cannot be written ({reason})", path=str(path), reason=error.strerror) from error
    return int(few.sum())
