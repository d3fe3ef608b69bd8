"""What one would most likely show of a data file in a city."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import numpy as np

from twin.city import crs as systems
from twin.datafile import columns, join
from twin.datafile.look import sample
from twin.datafile.spec import About, Choice

if TYPE_CHECKING:
    import pandas as pd

    from twin.datafile.ground import Ground
    from twin.datafile.preview import Preview, Sheet
    from twin.datafile.spec import Show

_X = ("x", "lon", "long", "longitude", "longitud", "east", "easting", "e", "ost", "öst", "x_coord", "lng")
_Y = ("y", "lat", "latitude", "latitud", "north", "northing", "n", "nord", "y_coord")
_YEARS = ("year", "år", "ar", "tid", "period", "time")
_DULL = re.compile(
    r"^(fid|gid|id|objectid|ogc_fid|uid|index|.*[_ ]id|row|year|år|ar|kod|code|.*kod|.*code|mi_prinx)$", re.IGNORECASE
)


def suggest(found: Preview, city: Ground, sheet: str = "") -> tuple[Choice, About]:
    """Return what one would most likely show of a file: kind of thing, column, how it is placed.

    Parameters
    ----------
    found : Preview
    city : Ground
        Its tables are searched for the codes of a table without places.
    sheet : str
        Layer of a GeoPackage, by default the first that holds something.
    """
    chosen = found.sheet(sheet)
    several = len(found.sheets) > 1
    name = chosen.name if several else found.path.stem
    about = About(title=name.replace("_", " ").strip().capitalize() or found.path.stem)
    if chosen.geometry == "raster":
        return Choice(show="raster"), about
    if chosen.geometry:
        show = cast("Show", chosen.geometry)
        return Choice(show=show, value=value(chosen), sheet=chosen.name if several else ""), about
    rows = sample(found) if found.format == "CSV" else None
    return _of_table(chosen, rows, city), about


def _of_table(sheet: Sheet, rows: pd.DataFrame | None, city: Ground) -> Choice:
    times = sheet.of_kind("time")
    time = times[0].name if times else _years(sheet, rows)
    x, y = _column(sheet, _X), _column(sheet, _Y)
    if x and y:
        code = "" if rows is None else system(columns.numbers(rows[x]), columns.numbers(rows[y]), city)
        return Choice(show="points", value=value(sheet, (x, y, time)), x=x, y=y, crs=code, time=time)
    match = None if rows is None else join.guess(rows, city)
    if match is not None:
        table, key, to = match
        return Choice(show=cast("Show", table), value=value(sheet, (key, time)), key=key, to=to, time=time)
    if time:
        wide = join.guess_wide([one.name for one in sheet.fields], city)
        if wide is not None:
            return Choice(show=cast("Show", wide[0]), key=join.WIDE, to=wide[1], time=time)
    return Choice(show="zones", value=value(sheet), key=sheet.fields[0].name, to="code", time=time)


def value(sheet: Sheet, taken: tuple[str, ...] = ()) -> str:
    """Choose the first number that is no running number or code, else the first short text, "" without any."""
    numbers = [one.name for one in sheet.of_kind("number") if one.name not in taken]
    telling = [name for name in numbers if not _DULL.match(name)]
    if telling:
        return telling[0]
    words = [one.name for one in sheet.of_kind("text", "flag") if one.name not in taken and one.examples]
    return words[0] if words else (numbers[0] if numbers else "")


def _column(sheet: Sheet, names: tuple[str, ...]) -> str:
    known = {one.name.lower().strip(): one.name for one in sheet.of_kind("number")}
    return next((known[name] for name in names if name in known), "")


def _years(sheet: Sheet, rows: pd.DataFrame | None) -> str:
    """Return the name of a column of years, "" when there is none of more than one."""
    named = next((one.name for one in sheet.fields if one.name.lower() in _YEARS), "")
    if not named or rows is None:
        return ""
    return named if rows[named].nunique() > 1 and not np.isnat(columns.times(rows[named], "UTC")).any() else ""


def system(east: np.ndarray, north: np.ndarray, city: Ground) -> str:
    """Guess the reference system of columns of coordinates: degrees, that of the city or of Sweden, "" unknown."""
    known = np.isfinite(east) & np.isfinite(north)
    if not known.any():
        return ""
    box = tuple(float(v) for v in (east[known].min(), north[known].min(), east[known].max(), north[known].max()))
    if -180 <= box[0] and box[2] <= 180 and -90 <= box[1] and box[3] <= 90:
        return systems.LONLAT
    for code in dict.fromkeys((city.crs, systems.STOCKHOLM, systems.SWEDEN)):
        if not systems.outside(code, box):  # type: ignore[arg-type]
            return code
    return ""
