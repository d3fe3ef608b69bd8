"""Make-up of the traffic by period and kind of street: assumed, in the order of size of Stockholm."""

from __future__ import annotations

import pandas as pd

HEAVY = {"trunk": 5.0, "primary": 4.5, "secondary": 4.5, "tertiary": 3.0, "residential": 1.5}
"""Heavy vehicles [%] over the day, by kind of street."""
_HEAVY_IN = {"night": 1.4, "morning": 1.0, "midday": 1.3, "afternoon": 0.7, "evening": 0.6}
ELECTRIC = 24.0
STUDDED = 16.0
"""Studded tyres [%] as a mean over the year: about four in ten cars for five months."""


def fleet() -> pd.DataFrame:
    """Return the table ``fleet``: shares of electric and heavy vehicles and of studded tyres [%]."""
    return pd.DataFrame(
        [
            {
                "id": f"fleet|{period}|{kind}",
                "period": period,
                "road_kind": kind,
                "electric": ELECTRIC,
                "heavy": round(heavy * factor, 1),
                "studded": STUDDED,
            }
            for period, factor in _HEAVY_IN.items()
            for kind, heavy in HEAVY.items()
        ]
    )
