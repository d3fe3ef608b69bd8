"""What derived values inherit from what they are made of: the highest information class, all licences and owners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.city.schema import TABLES
from twin.errors import BadInput
from twin.text import N_

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


@dataclass(frozen=True)
class Source:
    """Whose the values of a drop-in are: what a data set states, shown wherever the values are.

    Parameters
    ----------
    title : str
    owner, licence : str
        The licence by its SPDX name where it has one, such as ``"CC-BY-4.0"``.
    classification : str
        ``"open"``, ``"internal"`` or ``"restricted"``; "" while nobody said, which counts as internal.
    contact, date, note : str
    tables : tuple of str, optional
        Tables of the City that the values are made of: their class and licences are inherited. All by default.

    Raises
    ------
    BadInput
        When the class or a table is none.
    """

    title: str
    owner: str = ""
    licence: str = ""
    classification: str = ""
    contact: str = ""
    date: str = ""
    note: str = ""
    tables: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a class or a table that is none."""
        check_class(self.title, self.classification)
        unknown = [name for name in self.tables or () if name not in TABLES]
        if unknown:
            raise BadInput("{title}: a city has no table {unknown}; it has: {known}.", title=self.title,
                           unknown=", ".join(unknown), known=", ".join(TABLES))  # fmt: skip

    def missing(self) -> tuple[str, ...]:
        """Return the titles of what nobody has said yet and everybody will ask, English of the catalogue."""
        titles = (N_("Title"), N_("Owner"), N_("Licence"), N_("Information class"))
        said = (self.title, self.owner, self.licence, self.classification)
        return tuple(title for title, text in zip(titles, said, strict=True) if not text.strip())

    def row(self) -> dict[str, str]:
        """Return it as a row of the City's table ``sources``."""
        return {
            "id": self.title, "title": self.title, "owner": self.owner, "licence": self.licence,
            "classification": self.classification, "date": self.date, "contact": self.contact, "note": self.note,
            "maturity": "", "catalogue": "",
        }  # fmt: skip

    def said(self) -> str:
        """Say title, owner, licence and date in one line."""
        return " – ".join(filter(None, (self.title, self.owner, self.licence, self.date)))


def derived(source: Source, city: City) -> Source:
    """Return the source of values made of a City: with the highest class and all licences of what they are made of.

    Done twice it is the same.
    """
    made_of = inherited(city, TABLES if source.tables is None else source.tables)
    licences = dict.fromkeys([*filter(None, source.licence.split(", ")), *made_of.licences])
    return replace(
        source,
        classification=highest((class_of(source.classification), made_of.classification)),
        licence=", ".join(licences),
    )


def check_class(title: str, given: str) -> None:
    """Refuse an information class that is none; "" is one that nobody said yet."""
    if given and given not in CLASSES:
        raise BadInput(
            "{title}: the information class «{given}» is none of {known}.",
            title=title, given=given, known=", ".join(CLASSES),
        )  # fmt: skip


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
