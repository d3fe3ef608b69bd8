"""Where the demo's rows come from: all from this generator, all marked synthetic."""

from __future__ import annotations

import pandas as pd

NOTE = "synthetic, not for decisions"
DATE = "2026-05-04"
OWNER = "Stockholm twin"
LICENCE = "CC0-1.0"

TITLES = {
    "buildings": "Synthetic buildings drawn after Södermalm",
    "roads": "Synthetic street network with real street names",
    "junctions": "Synthetic junctions, signals and turn bans",
    "paths": "Synthetic walk network",
    "zones": "Synthetic statistical zones",
    "population": "Synthetic residents by group",
    "places": "Synthetic places with real and invented names",
    "barriers": "Synthetic noise screens",
    "cover": "Synthetic ground cover",
    "trees": "Synthetic trees",
    "rules": "Traffic rules, generalised areas",
    "demand": "Synthetic travel demand and counts",
    "fleet": "Assumed make-up of the traffic",
    "terrain": "Synthetic terrain",
    "history": "Synthetic week of measurements",
}


def sources() -> pd.DataFrame:
    """Return the table ``sources``, one row per family of synthetic data."""
    return pd.DataFrame(
        [
            {
                "id": f"demo-{name}",
                "title": title,
                "licence": LICENCE,
                "owner": OWNER,
                "contact": "",
                "classification": "open",
                "date": DATE,
                "maturity": "test",
                "catalogue": "",
                "note": NOTE,
            }
            for name, title in TITLES.items()
        ]
    )
