"""Hours of direct sun on the ground on a day, between the shadows of houses and hills.

The sun's place is that of pvlib (Reda & Andreas 2004, doi:10.1016/j.solener.2003.12.003). A cell is in shadow when the
ground or a roof towards the sun stands above the ray to it. Clear sky, no trees; inside a house there is no value.
"""

import numpy as np
import pandas as pd
from pvlib import solarposition

from twin.api import N_, City, Field, Grid, Job, Layer, Parameter, heights_of, layer_of, lonlat

TITLE = N_("Sun hours on the ground")
GROUP = N_("Ground")
ON_REQUEST = True
PARAMETERS = (
    Parameter("month", N_("Month"), "", 3.0, N_("about the equinox"), 1, 12),
    Parameter("day", N_("Day"), "", 20.0, N_("about the equinox"), 1, 31),
    Parameter("step", N_("Minutes between two places of the sun"), "min", 20.0, N_("shorter is more exact"), 5, 60),
    Parameter("cell", N_("Cell"), "m", 5.0, N_("smaller is finer and slower"), 2, 20),
)
LOWEST = 3.0
"""Degrees above the horizon below which the sun counts as down: hills outside the terrain would hide it."""


def make(city: City, values: dict[str, float], job: Job) -> Layer | None:
    """Return the layer, None without buildings and terrain."""
    if not len(city.buildings) and city.terrain is None:
        return None
    step, cell = float(values["step"]), float(values["cell"])
    roof, ground, transform = heights_of(city, cell)
    west, south, east, north = city.bounds()
    lon, lat = lonlat(city, (west + east) / 2, (south + north) / 2)
    month = pd.Period(f"2026-{int(values['month']):02d}")
    midnight = f"{month}-{min(int(values['day']), month.days_in_month):02d}"
    times = pd.date_range(midnight, periods=round(1440 / step), freq=f"{step:.0f}min", tz="Europe/Stockholm")
    sun = solarposition.get_solarposition(times, lat, lon)
    up = sun[sun["apparent_elevation"] > LOWEST]
    hours = np.zeros(roof.shape, dtype=np.float32)
    for done, (azimuth, height) in enumerate(zip(up["azimuth"], up["apparent_elevation"], strict=True)):
        job.progress(done / len(up), N_("Following the sun"))
        hours += lit(roof, ground, float(values["cell"]), float(azimuth), float(height)) * np.float32(
            values["step"] / 60
        )
    hours[roof > ground + 1.0] = np.nan
    source = city.terrain.source_id if city.terrain is not None else city.buildings["source_id"].iloc[0]
    none = np.empty(0, dtype=object)
    rows, columns = roof.shape
    places = Grid(rows, columns, transform)
    field = Field(TITLE, "h", "grid", none, hours.ravel(), source=source, places=places)
    return layer_of("sun_hours", TITLE, field, scale_name="cividis", breaks=(0, 1, 2, 3, 4, 5, 6, 8, 10, 14))


def lit(roof: np.ndarray, ground: np.ndarray, cell: float, azimuth: float, height: float) -> np.ndarray:
    """Return which cells of the ground the sun reaches.

    Parameters
    ----------
    roof, ground : array, shape (rows, columns) [m]
        Top of what stands there, and the ground itself; row 0 in the north.
    cell : float [m]
    azimuth, height : float [°]
        Of the sun, clockwise from north, and above the horizon.
    """
    east, north = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
    scale = max(abs(east), abs(north))
    rise = np.tan(np.radians(height)) * cell / scale
    highest, lowest = float(np.nanmax(roof)), float(np.nanmin(ground))
    shadow = np.zeros(roof.shape, dtype=bool)
    rows, columns = roof.shape
    for step in range(1, int((highest - lowest) / rise) + 2):
        down, right = round(-north / scale * step), round(east / scale * step)
        if abs(down) >= rows or abs(right) >= columns:
            break
        here = np.s_[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
        there = np.s_[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)]
        shadow[here] |= roof[there] > ground[here] + rise * step
    return ~shadow
