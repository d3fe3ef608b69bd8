"""Units sorted into square cells, so that what is near is found near; and work shared between threads."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput
from twin.models.segregation.counts import matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from twin.jobs import Job

    Floats = NDArray[np.float64]

UNITS_PER_CELL = 4.0
MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Units in the order of their cells, row by row from the south-west.

    Attributes
    ----------
    order : array of int64, shape (n,)
        Which unit stands where.
    x, y : array, shape (n,) [m]
    counts : array, shape (n, g) [persons]
        Missing counts as 0.
    start : array of int64, shape (rows * columns + 1,)
        First unit of each cell.
    columns, rows : int
    west, south, size : float [m]
    """

    order: NDArray[np.int64]
    x: Floats
    y: Floats
    counts: Floats
    start: NDArray[np.int64]
    columns: int
    rows: int
    west: float
    south: float
    size: float

    @property
    def persons(self) -> Floats:
        """All persons of each unit."""
        return np.ascontiguousarray(self.counts.sum(axis=1))

    def sums(self) -> Floats:
        """Return the persons in all cells to the lower left, shape (rows + 1, columns + 1)."""
        upto = np.concatenate([[0.0], np.cumsum(self.persons)])
        cell = np.diff(upto[self.start]).reshape(self.rows, self.columns)
        out = np.zeros((self.rows + 1, self.columns + 1))
        out[1:, 1:] = cell.cumsum(axis=0).cumsum(axis=1)
        return out


def known_places(at: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats]:
    """Return places (n, 2) and counts (n, g) with missing ones as 0, or raise BadInput."""
    place, c = np.ascontiguousarray(at, dtype=np.float64), matrix(counts).copy()
    if place.shape != (len(c), 2):
        raise BadInput("there are places of shape {a} for {b} units", a=str(place.shape), b=len(c))
    lost = np.asarray(~np.isfinite(place).all(axis=1))
    if lost.any():
        row = int(np.argmax(lost))
        raise BadInput("row {row}: the unit has no place", row=row + 1)
    missing = np.asarray(np.isnan(c).any(axis=1))
    c[missing] = 0.0
    return place, c


def cells(at: Floats, counts: Floats, size: float | None = None) -> Cells:
    """Return units sorted into cells of ``size`` [m], by default such that each holds a few.

    Parameters
    ----------
    at : array, shape (n, 2) [m]
    counts : array, shape (n, g) [persons]
    size : float [m], optional

    Examples
    --------
    >>> made = cells(np.array([[0.0, 0], [25, 0], [5, 5]]), np.ones((3, 1)), 10.0)
    >>> made.order.tolist(), made.start.tolist()
    ([0, 2, 1], [0, 2, 2, 3])
    """
    n = len(at)
    west, south = at.min(axis=0) if n else (0.0, 0.0)
    wide, high = at.max(axis=0) - at.min(axis=0) if n else (0.0, 0.0)
    if size is None:
        size = float(np.sqrt(max(wide * high, 1.0) * UNITS_PER_CELL / max(n, 1)))
    size = max(size, float(np.sqrt(max(wide * high, 1.0) / MOST_CELLS)), float(max(wide, high)) / MOST_CELLS, 1e-3)
    columns, rows = int(wide / size) + 1, int(high / size) + 1
    column = np.minimum(((at[:, 0] - west) / size).astype(np.int64), columns - 1)
    row = np.minimum(((at[:, 1] - south) / size).astype(np.int64), rows - 1)
    cell = row * columns + column
    order = np.argsort(cell, kind="stable")
    start = np.zeros(rows * columns + 1, dtype=np.int64)
    np.cumsum(np.bincount(cell, minlength=rows * columns), out=start[1:])
    x, y = np.ascontiguousarray(at[order, 0]), np.ascontiguousarray(at[order, 1])
    return Cells(
        order, x, y, np.ascontiguousarray(counts[order]), start, columns, rows, float(west), float(south), size
    )


def shared_out(work: Callable[[int, int], None], n: int, job: Job | None = None, text: str = "") -> None:
    """Call ``work(first, last)`` for all parts of ``range(n)`` on all cores, with progress; the first error is raised.

    Parameters
    ----------
    work : function of (first, last)
        Runs without the GIL; parts do not depend on one another.
    n : int
    job : Job, optional
    text : str
        English of the catalogue, what is done.
    """
    parts = min(max(n // 100, 1), 64)  # small ones, so that a stop is heard soon
    ends = [n * i // parts for i in range(parts + 1)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        running = [pool.submit(work, a, b) for a, b in itertools.pairwise(ends)]
        try:
            for i, one in enumerate(running):
                one.result()
                if job is not None:
                    job.progress((i + 1) / parts, text)
        except BaseException:
            for one in running:
                one.cancel()
            raise
