"""Hours of the day in which a rule holds, as text: ``22-06``, or several as in ``07-09,15:30-18``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?")
_DAY = 24 * 60


def shares(text: str) -> NDArray[np.float64]:
    """Return which part of each hour of the day a text names, shape (24,), 0–1.

    Parameters
    ----------
    text : str
        Spans «from-to», hours or hours:minutes, set apart by commas; one may pass midnight. Nothing means always.

    Raises
    ------
    BadInput
        When it is none of that.

    Examples
    --------
    >>> shares("22-06").nonzero()[0].tolist()
    [0, 1, 2, 3, 4, 5, 22, 23]
    >>> float(shares("07:30-09").sum()), float(shares("").sum())
    (1.5, 24.0)
    """
    if not text.strip():
        return np.ones(24)
    minutes = np.zeros(_DAY, dtype=bool)
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            _refuse(text)
        assert found is not None
        first, last = (int(found[k]) * 60 + int(found[k + 1] or 0) for k in (1, 3))
        if first > _DAY or last > _DAY or int(found[2] or 0) > 59 or int(found[4] or 0) > 59 or first == last:
            _refuse(text)
        if first < last:
            minutes[first:last] = True
        else:
            minutes[first:] = minutes[:last] = True
    return np.asarray(minutes.reshape(24, 60).mean(axis=1))


def _refuse(text: str) -> None:
    raise BadInput("Hours «{text}»: from-to was expected, as in 22-06 or 07-09,15:30-18.", text=text[:60])


def within(text: str, begin: int, hours: int) -> float:
    """Return which part of some hours that follow each other a text names.

    Parameters
    ----------
    text : str
        As :func:`shares` takes it.
    begin, hours : int
        The first hour of the day, and how many.

    Examples
    --------
    >>> within("22-06", 22, 8), within("06-19", 18, 4)
    (1.0, 0.25)
    """
    return float(shares(text)[np.arange(begin, begin + hours) % 24].mean())
