"""What derived values inherit from what they are made of: the highest information class, all licences and owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from twin.city.city import City

CLASSES = ("open", "internal", "restricted")
"""From the lowest to the highest; what is not known counts as internal."""
EDITS = "scenario"
"""Source of what edits add: invented people."""


@dataclass(frozen=True)
class Provenance:
    """Class, licences, owners and sources of what something is made of, each in the order of the sources."""

    classification: str
    licences: tuple[str, ...]
    owners: tuple[str, ...]
    sources: tuple[str, ...]


def class_of(text: str) -> str:
    """Return an information class; "" or a word that is none is internal.

    Examples
    --------
    >>> class_of("open"), class_of(""), class_of("secret")
    ('open', 'internal', 'internal')
    """
    return text if text in CLASSES else "internal"


def highest(classes: Iterable[str]) -> str:
    """Return the highest class; open where there is none.

    Examples
    --------
    >>> highest(["open", "restricted", "internal"])
    'restricted'
    """
    return max((class_of(one) for one in classes), key=CLASSES.index, default="open")


def inherited(city: City, tables: Iterable[str]) -> Provenance:
    """Return what a value made of some tables of a City inherits.

    Parameters
    ----------
    city : City
    tables : iterable of str
        Names of tables with rows; what edits added is left out, for nobody owns it.
    """
    used = dict.fromkeys(source for name in tables for source in _sources(city.table(name)))
    rows = [city.source(source) for source in used if source != EDITS]
    return Provenance(
        highest(row["classification"] for row in rows),
        tuple(dict.fromkeys(row["licence"] for row in rows if row["licence"])),
        tuple(dict.fromkeys(row["owner"] for row in rows if row["owner"])),
        tuple(row["id"] for row in rows),
    )


def _sources(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table["source_id"].unique()] if len(table) else []


def is_protected(city: City) -> bool:
    """Say whether the small-cell rule applies to the people of a City.

    Public statistics are shown as they were published, and invented people need no protection; anything else does:
    what a user brought without saying what it is, what is internal, and all of it where the two are mixed.
    """
    return (
        bool(len(city.population)) and not city.synthetic and inherited(city, ("population",)).classification != "open"
    )


def has_protected_residents(city: City) -> bool:
    """Say whether counts of a City's residents need protection, of whatever groups.

    They do where its people do (:func:`is_protected`), and where residents stand on houses of a source that is said to
    be internal or restricted. A city model whose class nobody stated is no register of its residents.
    """
    if is_protected(city):
        return True
    lived = city.buildings["source_id"][city.buildings["residents"].notna()].unique()
    return not city.synthetic and any(city.source(str(one))["classification"] in CLASSES[1:] for one in lived)
