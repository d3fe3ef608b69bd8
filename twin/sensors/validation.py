"""The model beside the sensor: same place, same quantity, same kind of mean; never corrected, only shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.places import Grid, Walls
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Field
    from twin.sensors.history import HistoryStore
    from twin.sensors.onmap import Stands

NEAR_ROAD_M = 20.0
NEAR_WALL_M = 15.0
BEHIND_M = 3.0
"""So far a sensor on a wall may be behind its receiver by its coordinates; what is farther behind is a yard's wall."""
_DAY = tuple(range(6, 18))
_EVENING = tuple(range(18, 22))


@dataclass(frozen=True, eq=False)
class Compared:
    """Measured and modelled values at the same sensors.

    Parameters
    ----------
    sids : array, shape (n,)
        Streams that stand where the model has a value.
    measured, modelled : array, shape (n,)
        In ``unit``.
    hours : array, shape (n,)
        Hours that each measured mean rests on.
    geh : array, shape (n,) or None
        Of hourly counts: √(2 (m − c)² / (m + c)); None for what is not counted.
    """

    title: str
    unit: str
    sids: NDArray[np.intp]
    measured: NDArray[np.float64]
    modelled: NDArray[np.float64]
    hours: NDArray[np.float64]
    geh: NDArray[np.float64] | None = None

    @property
    def residual(self) -> NDArray[np.float64]:
        """Model − sensor, shape (n,)."""
        return self.modelled - self.measured

    @property
    def bias(self) -> float:
        """Mean of model − sensor, in ``unit``."""
        return float(np.mean(self.residual)) if len(self.sids) else float("nan")

    @property
    def rmse(self) -> float:
        """Root of the mean square of model − sensor, in ``unit``."""
        return float(np.sqrt(np.mean(self.residual**2))) if len(self.sids) else float("nan")

    @property
    def correlation(self) -> float:
        """Pearson's r; nan with fewer than three sensors."""
        if len(self.sids) < 3 or np.ptp(self.measured) == 0 or np.ptp(self.modelled) == 0:
            return float("nan")
        return float(np.corrcoef(self.measured, self.modelled)[0, 1])

    @property
    def geh_below_5(self) -> float:
        """Share of sensors with a GEH below 5 (the usual yardstick asks for 85 %); nan where none is defined."""
        return float(np.mean(self.geh < 5)) if self.geh is not None and len(self.geh) else float("nan")


@dataclass(frozen=True)
class Pairing:
    """Which field of a model is compared with which quantity, and by which mean of the measurements."""

    quantity: str
    field: str
    unit: str
    mean: str
    """``"daily sum"`` of hourly flows, ``"mean"``, ``"Lden"``, ``"Leq,24h"``, ``"Lnight"``."""
    note: str = ""


def geh(modelled: NDArray[np.float64], counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the GEH statistic of hourly flows.

    Parameters
    ----------
    modelled, counted : array, shape (n,) [veh/h]

    Examples
    --------
    >>> float(geh(np.array([1100.0]), np.array([1000.0]))[0].round(2))
    3.09
    """
    total = modelled + counted
    return np.sqrt(np.where(total > 0, 2 * (modelled - counted) ** 2 / np.where(total > 0, total, 1.0), 0.0))


def hourly(
    store: HistoryStore, sids: Sequence[int], start: np.datetime64, end: np.datetime64, energetic: bool
) -> pd.DataFrame:
    """Return unflagged values as hourly means per stream (``sid``, ``time``, ``mean``), of levels by energy."""
    import pandas as pd

    if not energetic:
        return store.aggregate(start, end, 3600, ["mean"], sids, good_only=True)
    parts = []
    for sid in sids:
        one = store.series(sid, start, end)
        good = one.quality == 0
        hours = one.time[good].astype("datetime64[h]")
        power = pd.Series(10.0 ** (one.value[good].astype(float) / 10.0)).groupby(hours).mean()
        parts.append(
            pd.DataFrame({"sid": sid, "time": power.index.to_numpy(), "mean": 10 * np.log10(power.to_numpy())})
        )
    return pd.concat(parts) if parts else pd.DataFrame({"sid": [], "time": [], "mean": []})


def measured_mean(hours: pd.DataFrame, mean: str) -> tuple[float, int]:
    """Return the mean of one stream's hours in the model's sense, and how many hours it rests on.

    Hours of the day weigh alike, however many values each has, so that a gap at night does not raise a mean. Local
    clock of the city.

    Parameters
    ----------
    hours : DataFrame
        ``time`` (UTC), ``mean``, of one stream.
    mean : str
        Of :class:`Pairing`.
    """
    import pandas as pd

    if not len(hours):
        return float("nan"), 0
    clock = pd.DatetimeIndex(hours["time"]).tz_localize("UTC").tz_convert("Europe/Stockholm").hour
    levels = mean in ("Lden", "Leq,24h", "Lnight")
    value = 10.0 ** (hours["mean"].to_numpy(float) / 10.0) if levels else hours["mean"].to_numpy(float)
    by_hour = pd.Series(value).groupby(np.asarray(clock)).mean()
    wanted = (*range(6), 22, 23) if mean == "Lnight" else range(24)
    if not set(wanted) <= set(by_hour.index.tolist()):
        return float("nan"), len(hours)
    if mean == "daily sum":
        return float(by_hour.sum()), len(hours)
    if mean == "Lden":
        weight = np.array([1.0 if h in _DAY else 10**0.5 if h in _EVENING else 10.0 for h in range(24)])
        return float(10 * np.log10((by_hour.reindex(range(24)).to_numpy() * weight).mean())), len(hours)
    if levels:
        return float(10 * np.log10(by_hour.reindex(list(wanted)).mean())), len(hours)
    return float(by_hour.mean()), len(hours)


def modelled_at(field: Field, city: City, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a model's value at places; nan where it has none near enough.

    Streets: both directions within 20 m of the nearest link are summed for flows; façades: the nearest receiver
    within 15 m whose wall faces the place, the lowest storey; grids: the cell.

    Parameters
    ----------
    field : Field
    city : City
    xy : array, shape (n, 2) [m]
    """
    values = field.at(None).astype(float)
    found = np.full(len(xy), np.nan)
    if field.where == "roads":
        lines = city.roads.set_index("id").geometry.reindex(field.ids).to_numpy()
        has = np.array([one is not None for one in lines])
        tree = shapely.STRtree(lines[has])
        at = np.flatnonzero(has)
        for i, spot in enumerate(shapely.points(xy)):
            if not np.isfinite(xy[i]).all():
                continue
            near = int(tree.nearest(spot))
            line = lines[has][near]
            if line.distance(spot) > NEAR_ROAD_M:
                continue
            middle = line.interpolate(0.5, normalized=True)
            both = at[tree.query(middle, predicate="dwithin", distance=0.05)]
            chosen = values[both]
            sums = field.unit not in ("km/h", "%", "")
            found[i] = np.nansum(chosen) if sums and np.isfinite(chosen).any() else np.nanmean(chosen)
    elif isinstance(field.places, Grid):
        a, _, c, _, e, f = field.places.transform
        with np.errstate(invalid="ignore"):
            column, row = np.floor((xy[:, 0] - c) / a), np.floor((xy[:, 1] - f) / e)
            inside = (column >= 0) & (row >= 0) & (column < field.places.columns) & (row < field.places.rows)
        index = (row[inside] * field.places.columns + column[inside]).astype(int)
        found[inside] = values[index]
    elif isinstance(field.places, Walls):
        from scipy.spatial import cKDTree

        known = np.flatnonzero(np.isfinite(values))
        there = np.flatnonzero(np.isfinite(xy).all(axis=1))
        if len(known) and len(there):
            stand, out = field.places.points[known], field.places.normal[known]
            around = cKDTree(stand[:, :2]).query_ball_point(xy[there], NEAR_WALL_M)
            for place, within in zip(there, around, strict=True):
                near_by = np.array(within, np.intp)
                way = xy[place] - stand[near_by, :2]
                faces = np.einsum("ij,ij->i", way, out[near_by]) > -BEHIND_M
                near_by, away = near_by[faces], np.hypot(*way[faces].T).round(2)
                if len(near_by):
                    found[place] = values[known[near_by[np.lexsort((stand[near_by, 2], away))[0]]]]
    return found


def compare(
    store: HistoryStore,
    where: Stands,
    city: City,
    field: Field,
    pairing: Pairing,
    start: np.datetime64,
    end: np.datetime64,
) -> Compared:
    """Put a model's field beside the sensors of a quantity over a span of the history."""
    sids = [
        one.sid for one in store.streams() if one.quantity == pairing.quantity and np.isfinite(where.xy[one.sid, 0])
    ]
    modelled = modelled_at(field, city, where.xy[sids]) if sids else np.empty(0)
    levels = pairing.mean in ("Lden", "Leq,24h", "Lnight")
    hours = hourly(store, sids, start, end, levels)
    measured, counts = np.full(len(sids), np.nan), np.zeros(len(sids))
    for k, sid in enumerate(sids):
        measured[k], counts[k] = measured_mean(hours[hours["sid"] == sid], pairing.mean)
    both = np.isfinite(measured) & np.isfinite(modelled)
    numbers = np.array(sids, np.intp)[both]
    statistic = geh(modelled[both] / 24.0, measured[both] / 24.0) if pairing.mean == "daily sum" else None
    return Compared(pairing.field, pairing.unit, numbers, measured[both], modelled[both], counts[both], statistic)


PAIRINGS = (
    Pairing("traffic_flow", "Traffic on a mean day (ÅDT)", "/d", "daily sum", N_("GEH of the mean hour")),
    Pairing("noise_laeq", "Lden at façades", "dB", "Lden"),
    Pairing("noise_laeq", "Leq,24h at façades", "dB", "Leq,24h"),
    Pairing("noise_laeq", "Lnight at façades", "dB", "Lnight"),
    Pairing("noise_laeq", "Lden above the ground", "dB", "Lden"),
    Pairing("noise_laeq", "Leq,24h above the ground", "dB", "Leq,24h"),
    Pairing("noise_laeq", "Lnight above the ground", "dB", "Lnight"),
)
"""What can be compared, by the name of the model's field."""
