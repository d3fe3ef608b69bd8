"""Content hashes of a City's parts, taken once for each object."""

from __future__ import annotations

import hashlib
import weakref
from typing import TYPE_CHECKING

import numpy as np

from twin.city.content_hash import table_hash
from twin.city.schema import TABLES

if TYPE_CHECKING:
    from twin.city.city import City

PARTS = (*TABLES, "terrain", "surfaces")
"""All that a model can read of a City."""
_known: dict[int, tuple[weakref.ref[object], str]] = {}


def part_digest(city: City, name: str) -> str:
    """Return the SHA-256 of a table (``sources`` too), of ``terrain`` or of ``surfaces``; "" when there is none.

    The same content has the same hash on every machine and before and after it was saved.
    """
    thing = getattr(city, name)
    table = name in TABLES or name == "sources"
    if thing is None or (table and not len(thing)):
        return ""
    held = _known.get(id(thing))
    if held is not None and held[0]() is thing:
        return held[1]
    digest = table_hash(thing) if table else _arrays(thing)
    number = id(thing)
    _known[number] = (weakref.ref(thing, lambda _: _known.pop(number, None)), digest)
    return digest


def city_digest(city: City) -> str:
    """Return the SHA-256 of all that a model can read of a City."""
    text = "\n".join([city.crs, city.height_system, *(f"{name} {part_digest(city, name)}" for name in PARTS)])
    return hashlib.sha256(text.encode()).hexdigest()


def _arrays(thing: object) -> str:
    total = hashlib.sha256()
    for name, value in sorted(vars(thing).items()):
        total.update(name.encode())
        if isinstance(value, np.ndarray):
            total.update(str((value.shape, value.dtype.str)).encode())
            values = _plain(value) if value.dtype.kind == "f" else value
            total.update(np.ascontiguousarray(values).tobytes())
        else:
            total.update(repr(value).encode())
    return total.hexdigest()


def _plain(values: np.ndarray) -> np.ndarray:
    """Return numbers with one kind of nan and of zero."""
    values = values + 0.0
    return np.where(np.isnan(values), values.dtype.type(np.nan), values)
