"""Where the sun stands over a city at a time."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twin.city.city import City


_TO_THE = 600


def now() -> np.datetime64:
    """Return this instant (UTC) to ten minutes, in which the sun does not move far enough to be seen."""
    return np.datetime64(round(time.time() / _TO_THE) * _TO_THE * 1000, "ms")


def position(city: City, time: np.datetime64) -> tuple[float, float]:
    """Return azimuth (clockwise from north) and apparent elevation of the sun [°] in the middle of a city.

    Parameters
    ----------
    city : City
        Its reference system says where on Earth it lies.
    time : datetime64
        UTC.

    Notes
    -----
    NREL's Solar Position Algorithm (Reda & Andreas 2004, doi:10.1016/j.solener.2003.12.003) as pvlib has it, with
    refraction at sea level; ±0.0003° without it.
    """
    west, south, east, north = city.bounds()
    return _position(city.crs, (west + east) / 2, (south + north) / 2, time.astype("datetime64[ms]"))


@lru_cache(maxsize=64)
def _position(crs: str, x: float, y: float, time: np.datetime64) -> tuple[float, float]:
    import pandas as pd
    from pvlib import spa
    from pyproj import Transformer

    longitude, latitude = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    seconds = np.array([pd.Timestamp(time).tz_localize("UTC").timestamp()])
    year, month = pd.Timestamp(time).year, pd.Timestamp(time).month
    delta = spa.calculate_deltat(year, month)
    found = spa.solar_position_numpy(seconds, latitude, longitude, 0.0, 1013.25, 12.0, delta, 0.5667, 1)
    return float(found[4][0]), float(found[2][0])


def vector(azimuth: float, elevation: float) -> tuple[float, float, float]:
    """Return the unit vector towards the sun.

    Examples
    --------
    >>> [round(v, 3) for v in vector(180.0, 0.0)]
    [0.0, -1.0, 0.0]
    """
    turn, rise = np.radians(azimuth), np.radians(elevation)
    flat = np.cos(rise)
    return float(np.sin(turn) * flat), float(np.cos(turn) * flat), float(np.sin(rise))
