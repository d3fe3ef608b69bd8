"""Synthetic residents by group: whole persons whose groups add up to the residents of the buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from demo_city.blocks import nearest_quarter
from demo_city.dice import dice, shared_out

if TYPE_CHECKING:
    import geopandas as gpd

    from demo_city.table import District

ORIGIN = ("born_sweden", "born_europe", "born_elsewhere")
INCOME = ("income_q1", "income_q2", "income_q3", "income_q4")
AGE = ("age_0_5", "age_6_15", "age_16_24", "age_25_44", "age_45_64", "age_65_79", "age_80_plus")
TENURE = ("rental", "tenant_owned", "owned")


def zone_of(zones: gpd.GeoDataFrame, houses: gpd.GeoDataFrame) -> np.ndarray:
    """Return the row of ``zones`` in which each building lies (the nearest one at the shore)."""
    return shapely.STRtree(zones.geometry.to_numpy()).nearest(houses.geometry.representative_point().to_numpy())


def population(district: District, zones: gpd.GeoDataFrame, houses: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the table ``population``: zone × grouping × group → persons.

    Assumed, not observed: income follows the quarter and the share of rented homes; people born abroad are
    more often found where incomes are low and homes are rented; families with children where homes are large.
    """
    at = zone_of(zones, houses)
    rows: list[tuple[str, str, str, int]] = []
    for k, zone in enumerate(zones["id"]):
        here = houses[at == k]
        total = int(here["residents"].sum())
        rent = _share(here, "rental")
        spot = zones.geometry.iloc[k].representative_point()
        income = nearest_quarter(district, spot.x, spot.y).income * (1.12 - 0.28 * rent)
        rng = dice("people", district.seed, zone)
        wealth = float(np.clip((income - 0.5) / 0.9 + rng.normal(0, 0.06), 0.03, 0.97))
        small = float(here["dwellings_small"].sum() / max(here["dwellings"].sum(), 1))
        tenure = [float(here.loc[here["tenure"] == t, "residents"].sum()) for t in TENURE]
        rows += grouped(zone, total, wealth, rent, small, tenure, rng)
    return table(rows)


def grouped(
    zone: str, total: int, wealth: float, rent: float, small: float, tenure: list[float], rng: np.random.Generator
) -> list[tuple[str, str, str, int]]:
    """Share the residents of a zone out to the groups of every grouping.

    Parameters
    ----------
    total : int
        Residents of the zone.
    wealth : float
        0 (poor) to 1 (rich).
    rent, small : float
        Shares of rented and of small homes.
    tenure : list of float
        Residents by tenure.
    """
    parts = {
        "origin": (ORIGIN, _origin(wealth, rent, rng)),
        "income": (INCOME, _income(wealth)),
        "age": (AGE, _age(wealth, small, rng)),
        "tenure": (TENURE, tenure),
    }
    rows = []
    for dimension, (groups, weights) in parts.items():
        persons = shared_out(total, np.array(weights)) if total else np.zeros(len(groups), int)
        rows += [(zone, dimension, group, int(n)) for group, n in zip(groups, persons, strict=True)]
    return rows


def table(rows: list[tuple[str, str, str, int]]) -> pd.DataFrame:
    """Return rows of (zone, grouping, group, persons) as the table ``population``."""
    frame = pd.DataFrame(rows, columns=["zone", "dimension", "group", "persons"])
    frame["id"] = frame["zone"] + ":" + frame["group"]
    return frame


def _share(here: gpd.GeoDataFrame, tenure: str) -> float:
    return float(here.loc[here["tenure"] == tenure, "residents"].sum() / max(here["residents"].sum(), 1))


def _origin(wealth: float, rent: float, rng: np.random.Generator) -> list[float]:
    elsewhere = np.clip(0.05 + 0.42 * (1 - wealth) ** 1.8 + 0.10 * rent + rng.normal(0, 0.015), 0.03, 0.7)
    europe = np.clip(0.07 + 0.05 * (1 - wealth) + rng.normal(0, 0.012), 0.03, 0.25)
    return [1 - elsewhere - europe, europe, elsewhere]


def _income(wealth: float) -> list[float]:
    """Quarters of the whole city's incomes: a tilted share that is even at wealth 0.5."""
    tilt = np.exp(2.2 * (wealth - 0.5) * np.array([-1.5, -0.5, 0.5, 1.5]))
    return list(tilt / tilt.sum())


def _age(wealth: float, small: float, rng: np.random.Generator) -> list[float]:
    children = np.clip(0.16 - 0.25 * (small - 0.24) + 0.03 * (0.5 - wealth) + rng.normal(0, 0.012), 0.06, 0.3)
    old = np.clip(0.13 + 0.07 * (wealth - 0.5) + rng.normal(0, 0.02), 0.05, 0.3)
    young = np.clip(0.10 + 0.18 * (small - 0.24) + rng.normal(0, 0.01), 0.05, 0.3)
    rest = 1 - children - old - young
    return [children * 0.42, children * 0.58, young, rest * 0.60, rest * 0.40, old * 0.76, old * 0.24]
