"""Which measure can react to which edit: a measure of counts does not see a bridge, and the tool says so.

A measure reacts to what it reads. The table follows from that; it is used by the window, the method page and the text
of an answer, so that nobody expects of a number what it cannot do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Lever:
    """Something a planner can do: its name and the tables of the City that it changes."""

    id: str
    title: str
    tables: frozenset[str]


@dataclass(frozen=True)
class Family:
    """Measures that read the same: name, the parts of the City read, how ids of their indicators begin."""

    id: str
    title: str
    tables: frozenset[str]
    indicators: tuple[str, ...]


LEVERS = (
    Lever("housing", N_("Housing added or removed, another mix of tenures"), frozenset({"population", "buildings"})),
    Lever("path", N_("Bridge, underpass, path or crossing; a barrier removed"), frozenset({"paths"})),
    Lever("place", N_("School, square, station or another place"), frozenset({"places"})),
)
FAMILIES = (
    Family(
        "counts", N_("Counts per zone: D, exposure, isolation, H, M"), frozenset({"population"}),
        ("segregation.d", "segregation.isolation", "segregation.exposure", "segregation.h", "segregation.m"),
    ),
    Family(
        "straight", N_("Straight line: nearest k persons, H(r)"), frozenset({"population", "buildings"}),
        ("segregation.near_", "segregation.scale_"),
    ),
    Family(
        "walked", N_("On foot: nearest k persons, H(r), barrier effect"),
        frozenset({"population", "buildings", "paths"}),
        ("segregation.walked_near_", "segregation.walked_scale_", "segregation.barrier_"),
    ),
    Family(
        "copresence", N_("Co-presence potential at public places"),
        frozenset({"population", "buildings", "paths", "places"}), ("segregation.copresence_",),
    ),
)  # fmt: skip


def reacts(family: Family, lever: Lever) -> bool:
    """Say whether a family of measures can react to a lever."""
    return bool(family.tables & lever.tables)


def family_of(indicator: str) -> Family | None:
    """Return the family of an indicator; None for one that belongs to none.

    Examples
    --------
    >>> family_of("segregation.barrier_500").id, family_of("segregation.d_born_europe").id
    ('walked', 'counts')
    """
    for family in FAMILIES:
        for name in family.indicators:
            exact = not name.endswith("_")
            if indicator == name or indicator.startswith(name + "_" if exact else name):
                return family
    return None


def blind(changed: Iterable[str]) -> tuple[Family, ...]:
    """Return the families that cannot react to a change of some tables.

    Parameters
    ----------
    changed : iterable of str
        Tables of the City that differ.

    Examples
    --------
    >>> [family.id for family in blind({"paths", "sources"})]
    ['counts', 'straight']
    """
    tables = {name for lever in LEVERS for name in lever.tables} & set(changed)
    return tuple(family for family in FAMILIES if tables and not family.tables & tables)


def reacts_to() -> tuple[tuple[Family, tuple[bool, ...]], ...]:
    """Return the whole table: for each family, whether it reacts to each of :data:`LEVERS`."""
    return tuple((family, tuple(reacts(family, lever) for lever in LEVERS)) for family in FAMILIES)
