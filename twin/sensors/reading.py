"""A reading: one value as its source gives it, before it is known which stream it belongs to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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


Found = Reading | BadInput
"""A reading, or why one was not taken: what is wrong in a part of a message does not cost the rest of it."""


class Decoder(Protocol):
    """Turns a message into readings."""

    def __call__(self, payload: bytes, topic: str) -> list[Found]:
        """Return the readings of a message, and an error for each part of it that cannot be read.

        Raises
        ------
        BadInput
            When the message as a whole cannot be understood.
        """


def gathered(rows: Iterable[Any], read: Callable[[Any], Iterable[Found]]) -> list[Found]:
    """Return what is read of rows; a row that is wrong gives its error, the others their readings."""
    found: list[Found] = []
    for row in rows:
        try:
            found.extend(read(row))
        except BadInput as error:
            found.append(error)
    return found
