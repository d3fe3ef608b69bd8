"""City-local time over instants in UTC: the clock on the wall of the city hall, daylight-saving nights included.

An instant is a float: seconds since 1970-01-01 00:00 UTC. What people read and type is city-local time. On the night
in spring an hour is left out (a day of 23 hours), on the night in autumn an hour comes twice (25 hours); there the
text names the zone, CEST for the first of the two and CET for the second.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from twin.errors import BadInput
from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

ZONE = ZoneInfo("Europe/Stockholm")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
_WRITTEN = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?"
    r"\s*(CET|CEST|Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_ZONES = {"CET": "+0100", "CEST": "+0200", "Z": "+0000", "UTC": "+0000"}
_STEPS: tuple[tuple[str, int], ...] = (
    ("second", 1), ("second", 5), ("second", 15), ("second", 30), ("minute", 1), ("minute", 5), ("minute", 15),
    ("minute", 30), ("hour", 1), ("hour", 3), ("hour", 6), ("hour", 12), ("day", 1), ("day", 2), ("day", 3), ("day", 7),
    ("month", 1), ("month", 3), ("year", 1), ("year", 2), ("year", 5), ("year", 10),
)  # fmt: skip
_LONG = {"second": 1.0, "minute": MINUTE, "hour": HOUR, "day": DAY, "month": 30.4 * DAY, "year": 365.25 * DAY}
_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"),
    N_("Nov"), N_("Dec"),
)  # fmt: skip
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def instant(when: datetime | np.datetime64) -> float:
    """Return the instant [s] of a time; a datetime without a zone and a datetime64 are UTC.

    Examples
    --------
    >>> instant(np.datetime64("1970-01-02"))
    86400.0
    """
    if isinstance(when, np.datetime64):
        return float(when.astype("datetime64[ms]").astype(np.int64)) / 1000
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()


def instants(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return the instants (n,) [s] of an array of datetime64 in UTC; NaT becomes nan."""
    found = times.astype("datetime64[ms]").astype(np.int64) / 1000.0
    return np.where(np.isnat(times), np.nan, found)


def local(t: float) -> datetime:
    """Return the city-local time of an instant [s]."""
    return datetime.fromtimestamp(t, ZONE)


def of_local(when: datetime) -> float:
    """Return the instant [s] of a wall-clock time; ``fold`` tells the two of an autumn night apart.

    Raises
    ------
    BadInput
        When the clock never shows this time, as it was put forward past it.
    """
    found = when.replace(tzinfo=ZONE).timestamp()
    back = local(found)
    if (back.hour, back.minute) != (when.hour, when.minute):
        raise BadInput(
            "{time} is left out on {date}: the clock is put forward that night.",
            time=f"{when:%H:%M}", date=f"{when:%Y-%m-%d}",
        )  # fmt: skip
    return found


def twofold(t: float) -> bool:
    """Say whether the city's clock shows the time of an instant twice that night."""
    when = local(t).replace(tzinfo=None)
    return when.replace(fold=0, tzinfo=ZONE).utcoffset() != when.replace(fold=1, tzinfo=ZONE).utcoffset()


def said(t: float, lang: str, *, seconds: bool = False, weekday: bool = True) -> str:
    """Write an instant as people of the city do: «Sat 2026-11-21 14:00»; with its zone where the hour comes twice."""
    when = local(t)
    text = f"{when:%Y-%m-%d %H:%M:%S}" if seconds else f"{when:%Y-%m-%d %H:%M}"
    if weekday:
        text = f"{tr(_DAYS[when.weekday()], lang)} {text}"
    return f"{text} {when:%Z}" if twofold(t) else text


def span(seconds: float, lang: str) -> str:
    """Write a length of time in its largest fitting unit: «15 min», «1 h 30 min», «7 d».

    Examples
    --------
    >>> span(5400.0, "en")
    '1 h 30 min'
    """
    left = round(abs(seconds))
    parts = []
    for size, unit in ((86_400, tr("d", lang)), (3600, tr("h", lang)), (60, tr("min", lang)), (1, tr("s", lang))):
        n, left = divmod(left, size)
        if n:
            parts.append(f"{n} {unit}")
    return " ".join(parts[:2]) or f"0 {tr('s', lang)}"


def parse(text: str) -> float:
    """Read a typed city-local time; the first of two where the hour comes twice, unless a zone is named.

    Parameters
    ----------
    text : str
        ``2026-11-21``, ``2026-11-21 14:00``, ``2026-10-25 02:30 CET`` or with an offset (RFC 3339).

    Raises
    ------
    BadInput
        When it is no time, or one that the clock never shows.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise BadInput("“{text}” is no time; write it as 2026-11-21 14:00.", text=text.strip())
    numbers = [int(part or 0) for part in found.groups()[:6]]
    try:
        when = datetime(*numbers)  # type: ignore[arg-type, misc]  # six numbers
    except ValueError:
        raise BadInput("“{text}” is no time; write it as 2026-11-21 14:00.", text=text.strip()) from None
    zone = (found.group(7) or "").upper()
    if zone:
        offset = _ZONES.get(zone, zone.replace(":", ""))
        return datetime.strptime(f"{when:%Y-%m-%d %H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z").timestamp()
    return of_local(when)


def day_of(t: float) -> tuple[float, float]:
    """Return the instants [s] at which the local day of an instant begins and ends: 23, 24 or 25 hours."""
    day = local(t).date()
    return _midnight(day), _midnight(day + timedelta(days=1))


def add_days(t: float, days: int) -> float:
    """Return the instant [s] some days away that shows the same time on the clock (the next that it shows)."""
    when = (local(t) + timedelta(days=days)).replace(fold=0)
    return when.timestamp()


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()


# --- marks of an axis -------------------------------------------------------------------------------------------------


def ticks(low: float, high: float, most: int) -> tuple[str, list[float]]:
    """Return even marks of the city's clock between two instants, and the unit they count.

    Parameters
    ----------
    low, high : float [s]
    most : int
        At most so many (more only where even ten years are too many).

    Returns
    -------
    unit, instants
        ``"second"``, ``"minute"``, ``"hour"``, ``"day"``, ``"month"`` or ``"year"``; instants [s], ascending.
    """
    length = max(high - low, 1e-9)
    unit, count = next(
        (step for step in _STEPS if length / (_LONG[step[0]] * step[1]) <= max(most, 1)), _STEPS[-1]
    )  # fmt: skip
    return unit, [t for t in _marks(low, high, unit, count) if low <= t <= high]


def tick_text(t: float, unit: str, lang: str) -> str:
    """Write a mark: the hour, with the date where a day begins; a day, with the year where it begins."""
    when = local(t)
    if unit in ("second", "minute", "hour"):
        if (when.hour, when.minute, when.second) == (0, 0, 0):
            return f"{tr(_DAYS[when.weekday()], lang)} {when.day} {tr(_MONTHS[when.month - 1], lang)}"
        text = f"{when:%H:%M:%S}" if unit == "second" else f"{when:%H:%M}"
        return f"{text} {when:%Z}" if twofold(t) and unit != "second" else text
    if unit == "year" or (when.month, when.day) == (1, 1):
        return str(when.year)
    month = tr(_MONTHS[when.month - 1], lang)
    return month if unit == "month" else f"{when.day} {month}"


def _marks(low: float, high: float, unit: str, count: int) -> Iterable[float]:
    if unit in ("second", "minute", "hour"):
        yield from _clock_marks(low, high, _LONG[unit] * count)
        return
    day = local(low).date()
    if unit == "year":
        years = range(day.year - day.year % count, local(high).year + 1, count)
        yield from (_midnight(date(year, 1, 1)) for year in years)
    elif unit == "month":
        first = day.year * 12 + (day.month - 1) // count * count
        last = local(high).year * 12 + local(high).month
        yield from (_midnight(date(n // 12, n % 12 + 1, 1)) for n in range(first, last + 1, count))
    else:
        whole = (high - low) / DAY + 2
        begin = day - timedelta(days=day.toordinal() % count)
        for n in range(int(whole / count) + 2):
            yield _midnight(begin + timedelta(days=n * count))


def _clock_marks(low: float, high: float, step: float) -> Iterable[float]:
    """Go by the hour at most, as a change of the clock is one of whole hours, and keep what the clock shows as even."""
    by = min(step, HOUR)
    for n in range(int(low // by), int(high // by) + 1):
        when = local(n * by)
        if (when.hour * HOUR + when.minute * MINUTE + when.second) % step == 0:
            yield n * by
