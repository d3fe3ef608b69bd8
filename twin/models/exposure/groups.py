"""Groups of people on houses: each zone's people spread over its houses by residents, every total kept.

Nothing is known of who lives behind which door: within a zone every house has the zone's mix. Differences between
groups within a zone are therefore not seen, and gaps are rather too small than too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.city.residents import zone_of
from twin.models.segregation.people import Who, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Homes:
    """Houses with people of each group.

    Attributes
    ----------
    grouping : str
    groups : tuple of str
    group : int
        The group set against all others.
    ids : array of str, shape (b,)
        Buildings with residents, in the order of the City.
    rows : array of int, shape (b,)
        Rows of ``buildings``.
    zone : array of int, shape (b,)
        Zone of each, -1 for none.
    persons : array, shape (b, g)
        0 outside all zones.
    zones : int
        Number of zones.
    homeless : float [persons]
        In zones without a house.
    """

    grouping: str
    groups: tuple[str, ...]
    group: int
    ids: NDArray[np.object_]
    rows: NDArray[np.int64]
    zone: NDArray[np.int64]
    persons: Floats
    zones: int
    homeless: float


def homes(city: City, grouping: str = "", group: str = "") -> Homes | None:
    """Return the groups on houses; None where no zone has people of two groups, or no house has residents.

    Parameters
    ----------
    city : City
        Reads zones, population and the residents of buildings.
    grouping, group : str
        As :class:`twin.models.segregation.people.Who` has them.

    Raises
    ------
    BadInput
        When one is named that is not there.
    """
    folk = read(city, Who(grouping=grouping, group=group, cell=0.0))
    frame = city.buildings
    lived = (frame["parent"] == "").to_numpy(dtype=bool) & (frame["residents"].to_numpy(dtype=float) > 0)
    rows = np.flatnonzero(lived)
    if folk is None or not len(rows):
        return None
    houses = frame.iloc[rows]
    zones = city.zones.set_index("id").loc[list(folk.zones)]
    zone = zone_of(houses, zones)
    residents = houses["residents"].to_numpy(dtype=float)
    total = np.bincount(zone[zone >= 0], residents[zone >= 0], len(folk.zones))
    counts = np.nan_to_num(folk.counts)
    at = np.maximum(zone, 0)
    part = np.where(zone >= 0, residents / np.where(total > 0, total, 1.0)[at], 0.0)
    persons = counts[at] * part[:, None]
    homeless = float(counts[total <= 0].sum())
    ids = houses["id"].to_numpy(object)
    return Homes(folk.grouping, folk.groups, folk.group, ids, rows, zone, persons, len(folk.zones), homeless)
