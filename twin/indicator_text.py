"""An indicator's numbers as a reader wants them: as many decimals as tell something, differences with their sign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.text import N_, number

if TYPE_CHECKING:
    from twin.result import Row

_SMALL_MEAN = 100.0
"""Below it a mean (of places, metres, decibels) shows a decimal: else it would differ by nothing or by one."""


def places_shown(one: Row) -> int:
    """Return how many decimals a row shows: one for a percentage or a small mean, three for an index, else none."""
    if one.unit == "%":
        return 1
    sizes = [abs(value) for value in (one.value, one.reference) if not math.isnan(value)]
    index = one.unit in ("", "nats") and bool(sizes) and max(sizes) < 10 and any(not s.is_integer() for s in sizes)
    if index:
        return 3
    whole = one.unit == "persons" or not sizes or max(sizes) >= _SMALL_MEAN or all(s.is_integer() for s in sizes)
    return 0 if whole else 1


def signed(value: float, lang: str, decimals: int) -> str:
    """Write a difference with its sign; nothing is «0», what rounds to nothing «≈ 0».

    Examples
    --------
    >>> signed(12.3, "en", 0), signed(0.0, "en", 0)
    ('+12', '0')
    """
    if math.isnan(value) or value == 0:
        return number(value, lang, 0)
    if round(value, decimals) == 0:
        return "≈\u00a00"
    text = number(value, lang, decimals)
    return f"+{text}" if value > 0 else text


def unit_of_difference(unit: str) -> str:
    """Return the unit of a difference, English of the catalogue: percentages differ by percentage points."""
    return N_("percentage points") if unit == "%" else unit
