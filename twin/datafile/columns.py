"""Columns of text as numbers and times: decimal commas, thousands, codes for «unknown», times with and without zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from twin.city.reading import Note
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["number", "text", "time", "flag"]
MISSING = ("", ".", "..", "...", "-", "–", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None")
"""What stands in tables for «not known»; the points and the dash are those of Statistics Sweden."""
EXAMPLES = 5
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f']")
_CODE = re.compile(r"^[+-]?0\d")
_DATE = re.compile(
    r"^\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?)?$"
)
_ZONED = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_STATISTICS = re.compile(r"^(\d{4})\s?([MKQ])(\d{1,2})$")
_ENOUGH = 0.9


def numbers(texts: pd.Series) -> NDArray[np.float64]:
    """Return texts as numbers, nan for what is unknown or none.

    A comma is the decimal sign where no point stands behind it; spaces and apostrophes part thousands.

    Examples
    --------
    >>> numbers(pd.Series(["1 234,5", "1.234,5", "1,234.5", "−3", "..", "abc"])).tolist()
    [1234.5, 1234.5, 1234.5, -3.0, nan, nan]
    """
    if not _is_text(texts):
        return np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan))
    quick = np.array(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan))
    rest = np.flatnonzero(np.isnan(quick))
    if rest.size:
        plain = texts.iloc[rest].fillna("").astype(str).str.replace(_SPACES, "", regex=True).str.replace("−", "-")
        comma, point = plain.str.rfind(","), plain.str.rfind(".")
        swedish = plain.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        english = plain.str.replace(",", "", regex=False)
        quick[rest] = pd.to_numeric(swedish.where(comma > point, english), errors="coerce").to_numpy(
            dtype=float, na_value=np.nan
        )
    quick[~np.isfinite(quick)] = np.nan
    return quick


def unknown(texts: pd.Series) -> NDArray[np.bool_]:
    """Say where a value is missing or one of :data:`MISSING`."""
    missing = texts.isna().to_numpy(dtype=bool)
    if not _is_text(texts):
        return missing
    return missing | texts.str.strip().isin(MISSING).to_numpy(dtype=bool)


def kind_of(values: pd.Series) -> Kind:
    """Say what a column holds, by most of its known values; numbers with leading zeros are codes, which are texts."""
    if pd.api.types.is_bool_dtype(values):
        return "flag"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "time"
    if not _is_text(values):
        return "number"
    known = values[~unknown(values)].astype(str).str.strip()
    if not len(known):
        return "text"
    if known.str.match(_CODE).any():
        return "text"
    if (~np.isnan(numbers(known))).mean() >= _ENOUGH:
        return "number"
    timed = known.str.match(_DATE) | known.str.match(_STATISTICS)
    return "time" if timed.mean() >= _ENOUGH else "text"


def wrong_numbers(column: str, texts: pd.Series, found: NDArray[np.float64], rows: NDArray[np.int64]) -> list[Note]:
    """Name the values that are no numbers, by their row."""
    message = N_("Column {column}: {n} not a number, counted as unknown, by row")
    return _wrong(message, column, texts, np.isnan(found), rows)


def wrong_times(column: str, texts: pd.Series, found: NDArray[np.datetime64], rows: NDArray[np.int64]) -> list[Note]:
    """Name the values that are no times, by their row."""
    message = N_("Column {column}: {n} not a time, left out, by row")
    return _wrong(message, column, texts, np.isnat(found), rows)


def _wrong(message: str, column: str, texts: pd.Series, lost: NDArray[np.bool_], rows: NDArray[np.int64]) -> list[Note]:
    bad = np.flatnonzero(lost & ~unknown(texts))
    if not bad.size:
        return []
    shown = tuple(f"{rows[i]}: {_short(texts.iloc[i])}" for i in bad[:EXAMPLES])
    return [Note("problem", message, int(bad.size), {"column": column}, shown)]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def times(texts: pd.Series, zone: str) -> NDArray[np.datetime64]:
    """Return times as UTC, NaT for what is none.

    Parameters
    ----------
    texts : Series
        ISO 8601, years, ``2024M03`` or ``2024K1`` as Statistics Sweden writes them, or seconds since 1970.
    zone : str
        Time zone of clock times that name none. A date alone stays that date.

    Returns
    -------
    array of datetime64[ms]

    Raises
    ------
    BadInput
        When there is no such zone.

    Examples
    --------
    >>> times(pd.Series(["2024-06-01 12:00", "2024-06-01", "2023", "2024M03", "2024-06-01T12:00Z"]), "Europe/Stockholm")
    array(['2024-06-01T10:00:00.000', '2024-06-01T00:00:00.000',
           '2023-01-01T00:00:00.000', '2024-03-01T00:00:00.000',
           '2024-06-01T12:00:00.000'], dtype='datetime64[ms]')
    """
    place = _zone(zone)
    if pd.api.types.is_datetime64_any_dtype(texts):
        stamps = texts if texts.dt.tz is not None else _local(texts, place)
        utc = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
        return np.asarray(utc.to_numpy(dtype="datetime64[ms]"))
    result = np.full(len(texts), np.datetime64("NaT", "ms"), dtype="datetime64[ms]")
    plain = _plain(texts)
    is_number = plain.str.match(r"^\d+(\.\d+)?$").to_numpy(dtype=bool)
    if is_number.any():
        result[is_number] = _from_numbers(plain[is_number])
    words = ~is_number & plain.str.match(_STATISTICS).to_numpy(dtype=bool)
    if words.any():
        result[words] = _from_statistics(plain[words])
    dated = ~is_number & ~words & plain.str.match(_DATE).to_numpy(dtype=bool)
    zoned = dated & plain.str.slice(10).str.contains(_ZONED).to_numpy(dtype=bool)
    clock = dated & ~zoned & (plain.str.len() > 10).to_numpy(dtype=bool)
    for which in (zoned, clock, dated & ~zoned & ~clock):
        if which.any():
            text = plain[which].str.replace(",", ".", regex=False)
            stamps = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=which is not clock)
            if which is clock:
                stamps = _local(stamps, place).dt.tz_convert("UTC")
            result[which] = stamps.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    return result


def _plain(texts: pd.Series) -> pd.Series:
    if not _is_text(texts):
        found = pd.to_numeric(texts, errors="coerce")
        return found.map(lambda v: "" if v != v else f"{v:.3f}".rstrip("0").rstrip(".")).astype("str")
    return texts.fillna("").astype("str").str.strip().reset_index(drop=True)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput("There is no time zone {zone}; write e.g. Europe/Stockholm.", zone=name) from error


def _local(stamps: Any, zone: ZoneInfo) -> Any:
    # The hour that the clocks go through twice is taken as standard time, the one they leave out as the next.
    winter = np.zeros(len(stamps), dtype=bool)
    return stamps.dt.tz_localize(zone, ambiguous=winter, nonexistent="shift_forward")


def _from_numbers(plain: pd.Series) -> NDArray[np.datetime64]:
    """Read years (up to four digits), dates (eight) and seconds since 1970."""
    value = plain.astype(float).to_numpy()
    result = np.full(len(value), np.datetime64("NaT", "ms"), dtype="datetime64[ms]")
    whole = ~plain.str.contains(".", regex=False).to_numpy(dtype=bool)
    year = whole & (value >= 1000) & (value <= 3000)
    result[year] = (value[year].astype(int) - 1970).astype("datetime64[Y]").astype("datetime64[ms]")
    day = whole & (value >= 1_000_01_01) & (value <= 3_000_12_31)
    if day.any():
        result[day] = pd.to_datetime(plain[day], format="%Y%m%d", errors="coerce").to_numpy(dtype="datetime64[ms]")
    second = (value >= 1e8) & (value < 1e11) & ~day
    result[second] = (value[second] * 1000).astype("int64").astype("datetime64[ms]")
    milli = value >= 1e11
    milli &= value < 1e14
    result[milli] = value[milli].astype("int64").astype("datetime64[ms]")
    return result


def _from_statistics(plain: pd.Series) -> NDArray[np.datetime64]:
    parts = plain.str.extract(_STATISTICS)
    quarter = parts[1].isin(["K", "Q"]).to_numpy(dtype=bool)
    count = parts[2].astype(int).to_numpy()
    month = np.where(quarter, 3 * count - 2, count)
    right = (month >= 1) & (month <= 12)
    months = (parts[0].astype(int).to_numpy() - 1970) * 12 + np.where(right, month, 1) - 1
    found = months.astype("datetime64[M]").astype("datetime64[ms]")
    return np.where(right, found, np.datetime64("NaT", "ms"))


def _is_text(values: pd.Series) -> bool:
    return values.dtype == object or pd.api.types.is_string_dtype(values.dtype)
