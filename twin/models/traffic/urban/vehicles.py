"""The classes of vehicles the city's traffic is made of, and the hours of the day it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = ("car", "car_electric", "truck_light", "truck_heavy")
"""Classes of ``demand.vehicle_class``, in the order of all arrays."""
OLD = "old"
"""Mark of the part of a class that an environmental zone of class 1 or 2 shuts out: ``car:old``."""


@dataclass(frozen=True)
class Period:
    """Some hours of the day, as ``demand.period`` names them: how many, the noise period they lie in, the first."""

    name: str
    hours: float
    noise: str
    begin: int


PERIODS = (
    Period("night", 8.0, "night", 22),  # 22–06
    Period("morning", 3.0, "day", 6),  # 06–09
    Period("midday", 6.0, "day", 9),  # 09–15
    Period("afternoon", 3.0, "day", 15),  # 15–18
    Period("evening", 4.0, "evening", 18),  # 18–22
)
"""The day in periods; those of day, evening and night are the noise indicators' (Lden, 12, 4 and 8 hours)."""


def parent(name: str) -> int:
    """Return the number of the class a class or its old part belongs to.

    Examples
    --------
    >>> parent("truck_light:old")
    2
    """
    return CLASSES.index(name.partition(":")[0])
