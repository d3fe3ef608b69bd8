"""Wear of the road by tyres, as relative emission: what changes with traffic, speed and studs, and nothing else.

Of the NORTRIP road dust model only the source, total road wear per vehicle and kilometre, is used: ``W = W0 max(V,
30)/70``, W0 = 2.88 g for light vehicles on studded tyres, 0.072 on other winter tyres, 14.4 and 0.36 for heavy ones
(B. R. Denby et al., A coupled road dust and surface moisture model to predict non-exhaust road traffic induced particle
emissions (NORTRIP), Atmospheric Environment 77, 2013; parameter table of its version 12). How much of it is PM10 and
gets into the air depends on pavement, moisture, salting and cleaning, which are not modelled: so it is shown relative
to the present and never as grams or as a concentration. Heavy vehicles are taken to drive without studs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.urban.vehicles import PERIODS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

STUDDED, WINTER, HEAVY = 2.88, 0.072, 0.36
"""Road wear of a light vehicle on studded and on other tyres, and of a heavy one without studs [g/km at 70 km/h]."""
REFERENCE, LEAST = 70.0, 30.0
"""Speed of these figures, and the speed under which wear falls no further [km/h]."""
UNKNOWN = 0.16
"""Share of studded tyres over the year where the fleet does not say; assumption."""


def studded_share(city: City) -> NDArray[np.float64]:
    """Return the share of light vehicles on studded tyres in each period, means over kinds of street."""
    rows = city.fleet[city.fleet["studded"].notna()]
    by = rows.groupby("period")["studded"].mean() / 100.0
    general = float(by.get("", UNKNOWN))
    return np.array([float(by.get(one.name, general)) for one in PERIODS])


def wear(hourly: NDArray[np.float64], speed: NDArray[np.float64], studded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return road wear per kilometre and day in NORTRIP's measure, shape (m,).

    Parameters
    ----------
    hourly : array, shape (periods, classes, m) [veh/h]
    speed : array, shape (periods, m) [km/h]
    studded : array, shape (periods,)

    Examples
    --------
    >>> flow = np.zeros((5, 4, 1)); flow[0, 0] = 100.0
    >>> float(wear(flow, np.full((5, 1), 70.0), np.ones(5)).round(1)[0])
    2304.0
    """
    pace = np.maximum(np.nan_to_num(speed, nan=LEAST), LEAST) / REFERENCE
    light = hourly[:, :3].sum(axis=1) * (studded * STUDDED + (1.0 - studded) * WINTER)[:, None]
    heavy = hourly[:, 3] * HEAVY
    hours = np.array([one.hours for one in PERIODS])
    return np.asarray(hours @ ((light + heavy) * pace))
