"""Quantities we know: their title, unit, plausible range and the rules their values are checked by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twin.text import N_


@dataclass(frozen=True)
class Quantity:
    """What can be measured.

    Parameters
    ----------
    id, title : str
        Our name for it, and what people call it (English of the catalogue).
    unit : str
        UCUM code that values are stored in.
    low, high : float
        Plausible range in ``unit``; outside it a value is flagged and kept.
    spike : float
        A value this far from the median of the five before is flagged, in ``unit``; 0 = no such rule.
    stuck_s : float
        The same value for so long is flagged [s]; 0 = no such rule.
    aliases : tuple of str
        Names in other systems, small letters and digits only.
    """

    id: str
    title: str
    unit: str
    low: float
    high: float
    spike: float = 0.0
    stuck_s: float = 0.0
    aliases: tuple[str, ...] = ()


_H = 3600.0
_ALL = (
    Quantity("traffic_flow", N_("Traffic flow"), "/h", 0, 12_000, 2000, 24 * _H, ("vehicleflowrate", "flow", "flode")),
    Quantity("traffic_speed", N_("Traffic speed"), "km/h", 0, 200, 60, 6 * _H,
             ("averagevehiclespeed", "speed", "hastighet")),
    Quantity("noise_laeq", N_("Sound level LAeq"), "dB", 20, 120, 25, 3 * _H, ("laeq", "noise", "noiseaq", "soundavg")),
    Quantity("noise_lamax", N_("Sound level LAmax"), "dB", 20, 140, 0, 3 * _H, ("lamax", "soundpeak")),
    Quantity("no2", "NO₂", "ug/m3", 0, 500, 120, 6 * _H, ("no2gas", "nitrogendioxide")),
    Quantity("no", "NO", "ug/m3", 0, 800, 300, 6 * _H, ("nogas",)),
    Quantity("nox", "NOₓ", "ug/m3", 0, 1200, 400, 6 * _H, ()),
    Quantity("pm10", "PM10", "ug/m3", 0, 600, 150, 6 * _H, ("p1", "pm100")),
    Quantity("pm25", "PM2.5", "ug/m3", 0, 400, 100, 6 * _H, ("p2", "pm2p5")),
    Quantity("pm1", "PM1", "ug/m3", 0, 300, 80, 6 * _H, ("pm10ugm3", "p0")),
    Quantity("co", "CO", "mg/m3", 0, 8, 3, 6 * _H, ("cogas",)),
    Quantity("co2", "CO₂", "[ppm]", 300, 5000, 400, 6 * _H, ("co2gas",)),
    Quantity("o3", "O₃", "ug/m3", 0, 400, 120, 6 * _H, ("o3gas", "ozone")),
    Quantity("so2", "SO₂", "ug/m3", 0, 500, 150, 6 * _H, ("so2gas",)),
    Quantity("temperature", N_("Air temperature"), "Cel", -45, 45, 8, 12 * _H,
             ("airtemperature", "temp", "tempaq", "tempexternal", "temperatur")),
    Quantity("humidity", N_("Relative humidity"), "%", 0, 105, 40, 12 * _H,
             ("relativehumidity", "airrelativehumidity", "humidityaq", "humidityexternal")),
    Quantity("pressure", N_("Air pressure"), "hPa", 850, 1100, 20, 12 * _H, ("pressureaq", "atmosphericpressure")),
    Quantity("wind_speed", N_("Wind speed"), "m/s", 0, 60, 25, 6 * _H, ("windspeed",)),
    Quantity("wind_gust", N_("Wind gusts"), "m/s", 0, 75, 0, 0, ("windgust",)),
    Quantity("precipitation", N_("Precipitation"), "mm", 0, 100, 0, 0, ("rainfall", "nederbord")),
    Quantity("pressure_sea_level", N_("Air pressure at sea level"), "hPa", 900, 1085, 20, 12 * _H, ()),
    Quantity("dew_point", N_("Dew point"), "Cel", -60, 40, 0, 12 * _H, ("dewpoint",)),
    Quantity("global_irradiance", N_("Global irradiance"), "W/m2", 0, 1400, 0, 0, ("globalirradiance",)),
    Quantity("wind_direction", N_("Wind direction"), "deg", 0, 360, 0, 6 * _H, ("winddirection",)),
    Quantity("occupancy", N_("Occupancy"), "%", 0, 100, 0, 24 * _H, ()),
    Quantity("illuminance", N_("Illuminance"), "lx", 0, 200_000, 0, 0, ("light", "ambientlight")),
)  # fmt: skip

QUANTITIES = {one.id: one for one in _ALL}
_BY_NAME = {name: one.id for one in _ALL for name in (*one.aliases, re.sub(r"[^a-z0-9]", "", one.id))}


def quantity_of(name: str) -> str:
    """Return our id for a name of another system; a name we do not know stays, as small letters.

    Examples
    --------
    >>> quantity_of("PM2.5"), quantity_of("LAeq"), quantity_of("Soil moisture")
    ('pm25', 'noise_laeq', 'soil_moisture')
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower().replace("ö", "o").replace("å", "a").replace("ä", "a"))
    return _BY_NAME.get(plain) or re.sub(r"\W+", "_", name.strip().lower()).strip("_") or "value"


def title_of(quantity: str) -> str:
    """Return what people call a quantity, English of the catalogue."""
    known = QUANTITIES.get(quantity)
    return known.title if known else quantity.replace("_", " ").capitalize()
