"""Chance that is the same every time: one generator per named thing, so that a change stays where it is made."""

from __future__ import annotations

import zlib

import numpy as np


def dice(*names: object) -> np.random.Generator:
    """Return a random generator seeded by the names, the same on every machine.

    Examples
    --------
    >>> int(dice("tree", 7).integers(1000)) == int(dice("tree", 7).integers(1000))
    True
    """
    return np.random.Generator(np.random.PCG64(zlib.crc32("/".join(map(str, names)).encode())))


def shared_out(total: int, weights: np.ndarray) -> np.ndarray:
    """Share a whole number out by weights as whole numbers with exactly that sum (largest remainders).

    Examples
    --------
    >>> shared_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    weights = np.asarray(weights, dtype=float)
    if weights.sum() <= 0:
        weights = np.ones_like(weights)
    exact = np.round(total * weights / weights.sum(), 9)
    whole = np.floor(exact).astype(int)
    rest = int(total - whole.sum())
    order = np.lexsort((np.arange(len(exact)), -(exact - whole)))
    whole[order[:rest]] += 1
    return whole
