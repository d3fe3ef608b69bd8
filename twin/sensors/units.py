"""Units: UCUM codes, how other systems write them, and conversion between those of one dimension."""

from __future__ import annotations

from twin.errors import BadInput

_UNITS: dict[str, tuple[str, float, float]] = {
    # UCUM code: dimension, factor and offset to the dimension's base
    "1": ("ratio", 1.0, 0.0),
    "%": ("ratio", 0.01, 0.0),
    "[ppm]": ("mixing", 1.0, 0.0),
    "[ppb]": ("mixing", 1e-3, 0.0),
    "ug/m3": ("concentration", 1.0, 0.0),
    "mg/m3": ("concentration", 1e3, 0.0),
    "ng/m3": ("concentration", 1e-3, 0.0),
    "g/m3": ("concentration", 1e6, 0.0),
    "Cel": ("temperature", 1.0, 0.0),
    "K": ("temperature", 1.0, -273.15),
    "[degF]": ("temperature", 5 / 9, -160 / 9),
    "km/h": ("speed", 1 / 3.6, 0.0),
    "m/s": ("speed", 1.0, 0.0),
    "[kn_i]": ("speed", 1852 / 3600, 0.0),
    "[mi_i]/h": ("speed", 0.44704, 0.0),
    "/h": ("rate", 1.0, 0.0),
    "/min": ("rate", 60.0, 0.0),
    "/s": ("rate", 3600.0, 0.0),
    "/d": ("rate", 1 / 24, 0.0),
    "dB": ("level", 1.0, 0.0),
    "Pa": ("pressure", 0.01, 0.0),
    "hPa": ("pressure", 1.0, 0.0),
    "kPa": ("pressure", 10.0, 0.0),
    "mbar": ("pressure", 1.0, 0.0),
    "bar": ("pressure", 1000.0, 0.0),
    "m": ("length", 1.0, 0.0),
    "cm": ("length", 0.01, 0.0),
    "mm": ("length", 1e-3, 0.0),
    "km": ("length", 1e3, 0.0),
    "V": ("voltage", 1.0, 0.0),
    "mV": ("voltage", 1e-3, 0.0),
    "lx": ("light", 1.0, 0.0),
    "W/m2": ("irradiance", 1.0, 0.0),
    "deg": ("angle", 1.0, 0.0),
    "s": ("time", 1.0, 0.0),
    "ms": ("time", 1e-3, 0.0),
    "min": ("time", 60.0, 0.0),
    "h": ("time", 3600.0, 0.0),
}

_WRITTEN = {
    # as people, SensorThings symbols and UN/CEFACT codes (NGSI-LD unitCode) write them
    "µg/m³": "ug/m3", "μg/m³": "ug/m3", "µg/m3": "ug/m3", "μg/m3": "ug/m3", "ug/m³": "ug/m3", "GQ": "ug/m3",
    "mg/m³": "mg/m3", "GP": "mg/m3", "ng/m³": "ng/m3",
    "°C": "Cel", "degC": "Cel", "C": "Cel", "CEL": "Cel", "celsius": "Cel", "℃": "Cel", "KEL": "K", "°F": "[degF]",
    "FAH": "[degF]", "% RH": "%", "%RH": "%", "P1": "%", "C62": "1", "": "",
    "ppm": "[ppm]", "ppb": "[ppb]", "59": "[ppm]", "61": "[ppb]",
    "kmh": "km/h", "km/t": "km/h", "KMH": "km/h", "MTS": "m/s", "mps": "m/s", "knots": "[kn_i]", "HM": "[mi_i]/h",
    "dBA": "dB", "dB(A)": "dB", "dbA": "dB", "dBa": "dB", "dB[A]": "dB", "2N": "dB", "dB[SPL]": "dB",
    "veh/h": "/h", "fordon/h": "/h", "vehicles/h": "/h", "{veh}/h": "/h", "1/h": "/h", "f/h": "/h", "veh/day": "/d",
    "fordon/dygn": "/d", "{veh}/d": "/d", "1/min": "/min", "veh/min": "/min",
    "A97": "hPa", "PAL": "Pa", "KPA": "kPa", "BAR": "bar",
    "W/m²": "W/m2", "D54": "W/m2",
    "°": "deg", "DD": "deg", "degrees": "deg", "LUX": "lx", "lux": "lx", "MTR": "m", "MMT": "mm", "CMT": "cm",
    "VLT": "V", "2Z": "mV", "SEC": "s", "MIN": "min", "HUR": "h",
}  # fmt: skip

SHOWN = {
    "ug/m3": "µg/m³", "mg/m3": "mg/m³", "ng/m3": "ng/m³", "Cel": "°C", "[ppm]": "ppm", "[ppb]": "ppb", "/h": "/h",
    "1": "", "deg": "°", "W/m2": "W/m²", "/d": "/d", "[degF]": "°F", "[kn_i]": "kn", "[mi_i]/h": "mph",
}  # fmt: skip
"""How a UCUM code is written for people, where it differs."""


def ucum(written: str) -> str:
    """Return the UCUM code of a unit however it is written; "" for none, what is not known stays.

    Examples
    --------
    >>> ucum("µg/m³"), ucum("GQ"), ucum("°C")
    ('ug/m3', 'ug/m3', 'Cel')
    """
    text = written.strip()
    return text if text in _UNITS else _WRITTEN.get(text, text)


def shown(unit: str) -> str:
    """Return how a UCUM code is written for people."""
    return SHOWN.get(unit, unit)


def conversion(source: str, target: str) -> tuple[float, float]:
    """Return factor and offset that turn values of one unit into another: ``value * factor + offset``.

    Raises
    ------
    BadInput
        When a unit is unknown, or the two do not measure the same.

    Examples
    --------
    >>> conversion("mg/m3", "ug/m3")
    (1000.0, 0.0)
    """
    if source == target:
        return 1.0, 0.0
    if source not in _UNITS or target not in _UNITS or _UNITS[source][0] != _UNITS[target][0]:
        raise BadInput("The unit {source} cannot be turned into {target}.", source=source or "–", target=target)
    (_, a, b), (_, c, d) = _UNITS[source], _UNITS[target]
    return a / c, (b - d) / c
