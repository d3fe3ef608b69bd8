"""How often conditions favour the propagation of sound, by period and direction: the rose of a table.

Directive (EU) 2015/996, 2.5.3: the long-term level weighs favourable and homogeneous conditions by their occurrence p
in the direction from source to receiver, equation 2.5.11.
"""

from __future__ import annotations

import re

from twin.errors import BadInput

PERIODS = 3
MOST = 72
"""Directions of a rose, at most: every 5°."""
EVEN = 0.5
"""How far [°] a direction may lie from its place in an even division."""


def occurrence(table: str, periods: tuple[float, float, float]) -> tuple[tuple[float, ...], ...]:
    """Return p (3, s) by period and sector of the direction in which sound travels, the first sector around north.

    Parameters
    ----------
    table : str
        Empty, or rows of four numbers: direction [°] clockwise from north in which sound travels, then p by day, in the
        evening and at night; directions divide the circle evenly and begin with 0 (or end with 360). Numbers are
        separated by spaces, commas, tabs or line ends, rows also by semicolons; words (a heading) are passed over.
    periods : tuple of 3 floats
        p without a rose.

    Raises
    ------
    BadInput
        When there are no four numbers to each row, p is not within 0 to 1, or the directions are not even.

    Examples
    --------
    >>> occurrence("", (0.5, 0.75, 1.0))
    ((0.5,), (0.75,), (1.0,))
    >>> occurrence("0 0.2 0.3 0.4; 180 0.6 0.7 0.8", (0.5, 0.75, 1.0))
    ((0.2, 0.6), (0.3, 0.7), (0.4, 0.8))
    """
    if not table.strip():
        return tuple((p,) for p in periods)
    rows = _rows(table)
    rows.sort(key=lambda row: row[0] % 360)
    step = 360 / len(rows)
    for n, row in enumerate(rows):
        if abs(row[0] % 360 - n * step) > EVEN:
            raise BadInput(
                "Favourable conditions by direction: the {n} directions must divide the circle evenly from 0°; "
                "there is {found}° where {wanted}° is expected.", n=len(rows), found=row[0], wanted=round(n * step, 1),
            )  # fmt: skip
        for p in row[1:]:
            if not 0 <= p <= 1:
                raise BadInput(
                    "Favourable conditions by direction: {p} at {direction}° is no share; expected 0 to 1.",
                    p=p, direction=row[0],
                )  # fmt: skip
    return tuple(tuple(row[1 + k] for row in rows) for k in range(PERIODS))


def _rows(table: str) -> list[list[float]]:
    numbers = [float(word) for word in re.findall(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w.])", table)]
    n = len(numbers) // (PERIODS + 1)
    if not 1 <= n <= MOST or len(numbers) != n * (PERIODS + 1):
        raise BadInput(
            "Favourable conditions by direction: expected rows of four numbers (direction, day, evening, night), "
            "at most {most} rows; there are {count} numbers.", most=MOST, count=len(numbers),
        )  # fmt: skip
    return [numbers[i * (PERIODS + 1) : (i + 1) * (PERIODS + 1)] for i in range(n)]
