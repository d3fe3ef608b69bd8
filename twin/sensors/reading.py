"""A reading: one value as its source gives it, before it is known which stream it belongs to."""

from __future__ import annotations

import math
from typing import Protocol

import msgspec


class Reading(msgspec.Struct, gc=False):
    """One value.

    ``time`` is its phenomenon time [ms since 1970, UTC], for an interval its end; ``unit`` as the source writes it
    ("" where it says none); ``lon``, ``lat`` in WGS 84 [°], nan where it says no place; ``doubt`` = flagged by its
    source.
    """

    sensor: str
    quantity: str
    value: float
    time: int
    unit: str = ""
    lon: float = math.nan
    lat: float = math.nan
    name: str = ""
    doubt: bool = False


class Decoder(Protocol):
    """Turns a message into readings."""

    def __call__(self, payload: bytes, topic: str) -> list[Reading]:
        """Return the readings of a message.

        Raises
        ------
        BadInput
            When the message as a whole cannot be understood.
        """
