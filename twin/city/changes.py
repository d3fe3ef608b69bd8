"""Changes: what of a City an edit touches, so that models can answer anew for that part alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Changes:
    """The rows of each table that are in one City and not, or not the same, in another.

    It holds in both directions: what an edit touches is also what its undo touches.

    Parameters
    ----------
    ids : mapping from table to set of ids
        Rows added, removed or changed. A table with an empty set has changed in an unknown way, all of it.
    extent : tuple of 4 floats, optional [m]
        West, south, east, north of what is touched; None when it has no place (a fleet, a demand).
    """

    ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    extent: Extent | None = None

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables touched."""
        return frozenset(self.ids)

    def of(self, table: str) -> frozenset[str] | None:
        """Return the touched ids of a table; None when all of it may have changed."""
        if table not in self.ids:
            return frozenset()
        return self.ids[table] or None


def combined(parts: Iterable[Changes]) -> Changes:
    """Return what several changes touch together.

    Examples
    --------
    >>> a = Changes({"paths": frozenset({"a"})}, (0.0, 0.0, 1.0, 1.0))
    >>> b = Changes({"paths": frozenset({"b"})}, (2.0, 0.0, 3.0, 1.0))
    >>> combined([a, b]).extent
    (0.0, 0.0, 3.0, 1.0)
    """
    ids: dict[str, frozenset[str]] = {}
    extent: Extent | None = None
    for part in parts:
        for table, touched in part.ids.items():
            whole = not touched or (table in ids and not ids[table])
            ids[table] = frozenset() if whole else ids.get(table, frozenset()) | touched
        extent = _around(extent, part.extent)
    return Changes(ids, extent)


def _around(a: Extent | None, b: Extent | None) -> Extent | None:
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
