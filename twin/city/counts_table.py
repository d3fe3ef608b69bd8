"""A table or map of traffic counts into a City: joined to its streets, with all that found none listed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import crs as systems
from twin.city.reading import Note
from twin.city.source import source_of
from twin.city.street_counts import one_each, with_counts
from twin.errors import BadInput, UnknownCrs
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.city.unit_table import UnitTable

EXAMPLES = 20
"""Counts listed of those that found no street."""
KNOWN: Mapping[str, tuple[str, ...]] = {
    "count": ("aadt", "ådt", "adt", "adt_f", "adt_f_117", "count", "volume", "flow", "trafikmangd", "trafikmängd"),
    "oneway": ("oneway", "raw_oneway", "enkelriktad", "one_way"),
    "name": ("osm_name", "street", "gata", "gatunamn", "name", "namn", "raw_name"),
    "way": ("osmid", "osm_id", "way", "way_id"),
    "link": ("link", "road", "road_id", "roads_id"),
    "year": ("year", "år", "ar", "mätår", "matar", "raw_year", "date", "datum", "mätdatum", "matdatum"),
    "x": ("x", "lon", "longitude", "east", "easting", "e"),
    "y": ("y", "lat", "latitude", "north", "northing", "n"),
}
"""Columns of a file of counts that are known by their names, in lower case, by what they hold."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=\D|$|[01]\d[0-3]\d(?:\D|$))")
"""The year of a year or date, 20190502 among them."""
_YES, _NO = ("true", "1", "yes", "ja", "t", "y", "j"), ("false", "0", "no", "nej", "f", "n", "")


@dataclass(frozen=True)
class Columns:
    """Which column holds what; "" for none. See :data:`KNOWN`."""

    count: str = ""
    oneway: str = ""
    name: str = ""
    way: str = ""
    link: str = ""
    year: str = ""
    x: str = ""
    y: str = ""


def columns_of(table: UnitTable, stated: Mapping[str, str]) -> Columns:
    """Return the columns that hold what, those stated first, else those known by their names.

    Raises
    ------
    BadInput
        When something is stated that a count has not, or a column that is not there, or none holds the counts.
    """
    for what, column in stated.items():
        if what not in KNOWN:
            raise BadInput("There is no field {name}; there are: {known}.", name=what, known=", ".join(KNOWN))
        if column not in table.columns:
            raise BadInput("{path}: there is no column {column}; there are {known}", path=table.path.name,
                           column=column, known=", ".join(list(table.columns)[:40]))  # fmt: skip
    by_name = {name.strip().lower(): name for name in reversed(list(table.columns))}
    found = {what: next((by_name[one] for one in names if one in by_name), "") for what, names in KNOWN.items()}
    columns = Columns(**{**found, **stated})
    if not columns.count:
        raise BadInput("{path}: say which column holds the vehicles per day: count=column (columns: {known})",
                       path=table.path.name, known=", ".join(list(table.columns)[:40]))  # fmt: skip
    return columns


@dataclass(frozen=True, eq=False)
class Counted:
    """The City with counts on its streets: rows read, counts that found a street, links counted, what is to be said."""

    city: City
    rows: int
    found: int
    links: int
    notes: tuple[Note, ...]


def bring_counts(
    city: City, table: UnitTable, stated: Mapping[str, str], facts: Mapping[str, str], crs: str = ""
) -> Counted:
    """Return the City with a file's counts in ``roads.aadt``.

    Parameters
    ----------
    city : City
        With streets. Links that the file does not reach keep the count they have. Where several rows reach a link
        :func:`twin.city.street_counts.one_each` says what stands there.
    table : UnitTable
        A row per count [veh/day]: with the id of the road link, or lines or points on the streets.
    stated : mapping
        What to columns, where these are not known by their names: see :data:`KNOWN`.
    facts : mapping
        Columns of ``sources``: title, owner, licence, date …
    crs : str
        Reference system of coordinates where the file names none.

    Raises
    ------
    BadInput
        When there are no streets, no places, no counts, or a count is no number of vehicles (row and column named).
    UnknownCrs
        When nobody says the reference system.
    """
    if not len(city.roads):
        raise BadInput("There are no streets in this city: read them in, for example from OpenStreetMap.")
    columns = columns_of(table, stated)
    amount = table.counts(columns.count)
    good = np.isfinite(amount)
    notes = []
    if not good.all():
        text = N_("{n} rows have no count and were left out")
        notes.append(Note("skipped", text, int((~good).sum()), {}, _names(table, columns, np.flatnonzero(~good))))
    years = _years(table, columns.year, "year" in stated)
    if columns.link:
        made = _by_link(city, table, columns, amount, good, years)
    else:
        made = _by_place(city, table, columns, amount, good, crs, years)
    _, sources = source_of(table.path, **facts)
    others = city.sources[city.sources["id"] != sources["id"].iloc[0]]
    done = made.city.replaced(sources=pd.concat([others, sources], ignore_index=True))
    return Counted(done, table.rows, made.found, made.links, (*notes, *made.notes))


def _by_link(
    city: City, table: UnitTable, columns: Columns, amount: NDArray[np.float64], good: NDArray[np.bool_],
    years: NDArray[np.float64],
) -> Counted:  # fmt: skip
    ids = table.text(columns.link)
    at = pd.Index(city.roads["id"]).get_indexer(pd.Index(ids))
    rows = good & (at >= 0)
    aadt = city.roads["aadt"].to_numpy(float).copy()
    some = np.flatnonzero(rows)
    standing = one_each(at[some].tolist(), some.tolist(), amount[some].tolist(), years[some].tolist())
    aadt[standing.links] = standing.values
    notes = list(standing.notes(lambda those: tuple(dict.fromkeys(ids[k] for k in those))[:EXAMPLES]))
    lost = np.flatnonzero(good & (at < 0))
    if len(lost):
        text = N_("{n} counts name a road link that this city has not; they were left out")
        notes.append(Note("skipped", text, len(lost), {}, tuple(ids[k] for k in lost[:EXAMPLES])))
    done = city.replaced(roads=city.roads.assign(aadt=aadt))
    return Counted(done, table.rows, int(rows.sum()), len(standing.links), tuple(notes))


def _by_place(
    city: City, table: UnitTable, columns: Columns, amount: NDArray[np.float64], good: NDArray[np.bool_], crs: str,
    years: NDArray[np.float64],
) -> Counted:  # fmt: skip
    shapes = _places(city, table, columns, crs)
    notes = []
    west, south, east, north = city.roads.total_bounds
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    near = there & shapely.intersects(shapely.box(west - 50.0, south - 50.0, east + 50.0, north + 50.0), shapes)
    for rows, text in (
        (good & ~there, N_("{n} counts have no place and were left out")),
        (good & there & ~near, N_("{n} counts lie outside the streets of this city and were left out")),
    ):
        if rows.any():
            found = _names(table, columns, np.flatnonzero(rows))
            notes.append(Note("skipped", text, int(rows.sum()), {}, found))
    both = np.ones(table.rows, dtype=bool)
    if columns.oneway:
        both = ~np.array([_flag(table, columns.oneway, k, text) for k, text in enumerate(table.text(columns.oneway))])
    else:
        text = N_("No column says the direction: counts are taken as sums of both directions")
        notes.append(Note("assumed", text, int((good & near).sum())))
    chosen = np.flatnonzero(good & near)
    names = _texts(table, columns.name)
    if columns.name and columns.name != "raw_name" and "raw_name" in table.columns:
        # names of the counting authority stand for those that a map has not
        spare = _texts(table, "raw_name")
        names = np.where(names == "", spare, names)
    ways = _texts(table, columns.way)
    placed = with_counts(
        city, shapes[chosen], amount[chosen], both[chosen], names[chosen] if columns.name else None,
        ways[chosen] if columns.way else None, years=years[chosen],
    )  # fmt: skip
    notes += placed.standing.notes(lambda those: _names(table, columns, chosen[list(those)]))
    if placed.lost:
        text = N_("{n} counts lie on no street of this city and were left out")
        lost = _names(table, columns, chosen[list(placed.lost)])
        notes.append(Note("skipped", text, len(placed.lost), {}, lost))
    return Counted(placed.city, table.rows, placed.found, placed.links, tuple(notes))


def _places(city: City, table: UnitTable, columns: Columns, crs: str) -> NDArray[np.object_]:
    """Return where was counted, in the City's system: lines or points."""
    shapes, system = table.geometries, crs or table.crs or ""
    if shapes is None:
        if not (columns.x and columns.y):
            raise BadInput("{path}: a count needs a place: a road link (link=column), coordinates (x=, y=) or a line",
                           path=table.path.name)  # fmt: skip
        shapes = shapely.points(table.coordinates(columns.x), table.coordinates(columns.y))
    if not system:
        raise UnknownCrs("{path}: the file names no reference system", path=table.path.name)
    frame = gpd.GeoSeries(list(shapes), crs=systems.horizontal_or_text(system)).to_crs(city.crs)
    plain: NDArray[np.object_] = np.array([_plain(one) for one in frame], dtype=object)
    return plain


def _plain(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return a line or a point; of a shape of several parts the longest, of an area its middle."""
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type in ("LineString", "Point"):
        return shapely.force_2d(shape)
    if shape.geom_type == "MultiLineString":
        return shapely.force_2d(max(shape.geoms, key=lambda one: float(one.length)))
    return shapely.force_2d(shape.representative_point())


def _flag(table: UnitTable, column: str, row: int, text: str) -> bool:
    plain = text.strip().casefold()
    plain = plain.removesuffix(".0")
    if plain not in (*_YES, *_NO, "nan", "none"):
        raise BadInput("{path}: row {row}, column {column}: «{value}» is not yes or no", path=table.path.name,
                       row=row + 1, column=column, value=text[:40])  # fmt: skip
    return plain in _YES


def _years(table: UnitTable, column: str, stated: bool) -> NDArray[np.float64]:
    """Return when was counted, of years or dates; nan where that is not known."""
    made = np.full(table.rows, np.nan)
    for k, text in enumerate(_texts(table, column)):
        year = _YEAR.search(str(text))
        if year is not None:
            made[k] = float(year[0])
        elif text and stated:
            raise BadInput("{path}: row {row}, column {column}: «{value}» is no year and no date",
                           path=table.path.name, row=k + 1, column=column, value=str(text)[:40])  # fmt: skip
    return made


def _texts(table: UnitTable, column: str) -> NDArray[np.object_]:
    made = np.full(table.rows, "", dtype=object)
    if column:
        made[:] = [_known(text) for text in table.text(column)]
    return made


def _known(text: str) -> str:
    """Return a text, or the number of an id that was read as a decimal; nothing for what is missing."""
    plain = text.strip()
    return "" if plain.casefold() in ("nan", "none", "<na>") else plain.removesuffix(".0")


def _names(table: UnitTable, columns: Columns, rows: NDArray[np.intp]) -> tuple[str, ...]:
    """Return what some counts are called: their street's name, else their number in the file."""
    names = _texts(table, columns.name)
    return tuple(dict.fromkeys(str(names[k]) or f"#{k + 1}" for k in rows))[:EXAMPLES]
