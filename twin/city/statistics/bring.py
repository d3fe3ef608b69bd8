"""Tables of people and maps of areas into a City: joined by code, with all that did not match listed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import crs as systems
from twin.city import schema
from twin.city.city import City
from twin.city.merge import merge
from twin.city.reading import Note
from twin.city.source import source_of
from twin.city.statistics.codes import bare, check_alike, division, division_of
from twin.city.statistics.groups import CODE_COLUMNS, TOTALS, groups_of
from twin.errors import BadInput, UnknownCrs
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.city.statistics.codes import Division
    from twin.city.unit_table import UnitTable

EXAMPLES = 20
"""Codes listed of those that did not match."""
_NAMES = ("name", "namn", "desonamn", "regsonamn", "regso_namn", "benämning")


@dataclass(frozen=True)
class About:
    """What the user says of a file: the columns of ``sources``, and the kind and division of its areas.

    ``classification`` "" counts as internal, so that the small-cell rule applies until somebody says it is open.
    """

    kind: str = ""
    title: str = ""
    owner: str = ""
    licence: str = ""
    contact: str = ""
    classification: str = ""
    date: str = ""
    note: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """Return the columns of ``sources``."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k != "kind" and v}


def bring_zones(
    city: City, table: UnitTable, columns: Mapping[str, str], about: About, crs: str = ""
) -> tuple[City, tuple[Note, ...]]:
    """Return the City with the areas of a file as zones.

    Parameters
    ----------
    city : City
        May have zones of other kinds; those of this file are replaced.
    table : UnitTable
        With outlines.
    columns : mapping
        ``code`` and ``name`` to columns of the file, where they are not known by their names.
    about : About
        ``kind`` is needed where the codes do not say it («basområde»), and the year of DeSO and RegSO.
    crs : str
        Of the file where it names none.

    Raises
    ------
    BadInput
        When there are no outlines, no codes, a code twice, or the division is not said.
    UnknownCrs
        When nobody says the reference system.
    """
    if table.geometries is None:
        raise BadInput("{path}: the file has no outlines; areas were expected", path=table.path.name)
    codes = table.text(code_column(table, columns))
    of = division(codes, about.kind)
    if not of.kind:
        raise BadInput("{path}: say what kind of areas they are: kind=basområde", path=table.path.name)
    if not of.settled:
        check_alike(of, of)  # says what to state
    name_column = columns.get("name") or next((c for c in table.columns if c.lower() in _NAMES), "")
    names = table.text(name_column) if name_column else [""] * table.rows
    system = crs or table.crs or ""
    if not system:
        raise UnknownCrs("{path}: the file names no reference system", path=table.path.name)
    plain = [bare(code) for code in codes]
    twice = pd.Series(plain)[pd.Series(plain).duplicated()]
    if len(twice):
        raise BadInput("{path}: the code {code} stands there twice", path=table.path.name, code=twice.iloc[0])
    source_id, sources = source_of(table.path, **about.facts)
    frame = gpd.GeoDataFrame(
        {"id": plain, "source_id": source_id, "kind": of.name, "code": plain, "name": names},
        geometry=list(table.geometries), crs=systems.horizontal_or_text(system),
    )  # fmt: skip
    notes: list[Note] = []
    frame = _right_way(_areas_only(frame, notes), notes)
    target = city.crs or systems.choose(system, None)
    frame = frame.to_crs(target)
    part = City(city.name or table.path.stem, target).replaced(zones=frame, sources=sources)
    if not city.crs:  # a city that is only just beginning
        return part, tuple(notes)
    merged, said = merge(city, part)
    return merged, (*notes, *said)


def _areas_only(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = shapely.make_valid(shapes[broken])
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
        notes.append(Note("mended", N_("{n} outlines crossed themselves and were mended"), int(broken.sum())))
    area = ~shapely.is_missing(shapes) & (shapely.area(shapes) > 0)
    if not area.all():
        lost = frame["id"].to_numpy(object)[~area]
        text = N_("{n} areas have no outline and are left out")
        notes.append(Note("skipped", text, len(lost), {}, tuple(map(str, lost[:EXAMPLES]))))
    return frame[area].reset_index(drop=True)


def _right_way(frame: gpd.GeoDataFrame, notes: list[Note]) -> gpd.GeoDataFrame:
    """Return outlines with east before north, as everything here has them; some services write north first."""
    system, box = frame.crs.to_string(), tuple(float(value) for value in frame.total_bounds)
    if not systems.swapped(system, box):  # type: ignore[arg-type]
        return frame
    turned = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    notes.append(Note("mended", N_("North stood before east and was turned round")))
    return frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=frame.crs))


def bring_people(
    city: City, table: UnitTable, columns: Mapping[str, str], about: About
) -> tuple[City, tuple[Note, ...]]:
    """Return the City with the people of a table, joined to its zones by code.

    Parameters
    ----------
    city : City
        With zones of the same kind and division.
    table : UnitTable
        A row per area, a column per group.
    columns : mapping
        ``code`` to its column, and ``"grouping:group"`` to columns; where none is stated SCB's names are known.
    about : About

    Returns
    -------
    City
        Its population of these groupings in these zones replaced.
    tuple of Note
        What did not match, on both sides, with examples; blanks; parts that do not add up to the total (kept as
        published: SCB adds noise from 2025 on).

    Raises
    ------
    BadInput
        When there are no such zones, the division is not said or another, or a count is none (row and column named).
    """
    codes = table.text(code_column(table, columns))
    of = division(codes, about.kind)
    zones = _zones_for(city, of)
    for kind in zones["kind"].unique():
        check_alike(of, division_of(str(kind)))
    plain = [bare(code) for code in codes]
    twice = pd.Series(plain)[pd.Series(plain).duplicated()]
    if len(twice):
        raise BadInput("{path}: the code {code} stands there twice; a row per area was expected",
                       path=table.path.name, code=twice.iloc[0])  # fmt: skip
    try:
        groups = groups_of(table.columns, columns)
    except BadInput as error:
        raise BadInput("{path}: {reason}", path=table.path.name, reason=str(error)) from error
    found = {(one.dimension, one.group): table.counts(one.column) for one in groups}
    notes = [*_unmatched(plain, zones), *_sums(table, found), *_blanks(found)]
    known = dict(zip(zones["code"].astype(str), zones["id"].astype(str), strict=True))
    rows = np.array([code in known for code in plain], dtype=bool)
    if not rows.any():
        raise BadInput("{path}: none of its {n} codes is that of a zone; the first is {code}", path=table.path.name,
                       n=len(plain), code=plain[0] if plain else "–")  # fmt: skip
    at = np.array([known.get(code, "") for code in plain], dtype=object)[rows]
    source_id, sources = source_of(table.path, **about.facts)
    long = pd.concat(
        [_long(at, dimension, group, persons[rows], source_id) for (dimension, group), persons in found.items()]
    )
    return _with_people(city, long, sources), tuple(notes)


def _long(zones: NDArray[np.object_], dimension: str, group: str, persons: Any, source_id: str) -> pd.DataFrame:
    frame = pd.DataFrame({"zone": zones, "persons": persons})
    return frame.assign(
        id=[f"{zone}|{dimension}|{group}" for zone in zones], dimension=dimension, group=group, source_id=source_id
    )


def _with_people(city: City, long: pd.DataFrame, sources: pd.DataFrame) -> City:
    """Return the City with rows in place of those of the same zone and grouping."""
    old = city.population
    new = set(zip(long["zone"], long["dimension"], strict=True))
    gone = [pair in new for pair in zip(old["zone"], old["dimension"], strict=True)]
    kept = old[~np.array(gone, dtype=bool)] if len(old) else old
    table = pd.concat([kept, schema.conform("population", long)], ignore_index=True)
    others = city.sources[city.sources["id"] != sources["id"].iloc[0]]
    return city.replaced(population=table, sources=pd.concat([others, sources], ignore_index=True))


def _zones_for(city: City, of: Division) -> pd.DataFrame:
    """Return the zones a table may speak of: those of its division, else of its kind, else all."""
    kind = of.kind
    if not len(city.zones):
        raise BadInput("There are no zones yet; bring in a map of the areas first (--as zones).")
    names = city.zones["kind"].map(lambda text: division_of(str(text)).kind.lower())
    exact: pd.DataFrame = city.zones[city.zones["kind"].str.lower() == of.name.lower()]
    if kind and of.settled and len(exact):
        return exact
    own: pd.DataFrame = city.zones[names == kind.lower()]
    if kind and not len(own):
        have = ", ".join(sorted(map(str, city.zones["kind"].unique())))
        raise BadInput("There are no zones of the kind {kind}; there are {have}.", kind=kind, have=have)
    every: pd.DataFrame = city.zones
    return own if len(own) else every


def code_column(table: UnitTable, columns: Mapping[str, str]) -> str:
    """Return the column that holds the code of the area: the one stated, else one known by its name.

    Raises
    ------
    BadInput
        When there is none.
    """
    stated = columns.get("code", "")
    if stated:
        if stated not in table.columns:
            raise BadInput("{path}: there is no column {column}; there are {known}", path=table.path.name,
                           column=stated, known=", ".join(table.columns))  # fmt: skip
        return stated
    by_name = {name.strip().lower(): name for name in table.columns}
    found = next((by_name[name] for name in CODE_COLUMNS if name in by_name), "")
    if not found:
        raise BadInput("{path}: say which column holds the code of the area: code=column (columns: {known})",
                       path=table.path.name, known=", ".join(list(table.columns)[:40]))  # fmt: skip
    return found


def _unmatched(codes: list[str], zones: pd.DataFrame) -> list[Note]:
    """List what is on one side only."""
    have, wanted = set(zones["code"].astype(str)), set(codes)
    notes = []
    for lost, text in (
        (sorted(wanted - have), N_("{n} rows of the table have a code that no zone has; they are left out")),
        (sorted(have - wanted), N_("{n} zones have no row in the table; their people are not known")),
    ):
        if lost:
            notes.append(Note("skipped", text, len(lost), {}, tuple(lost[:EXAMPLES])))
    return notes


def _blanks(found: Mapping[tuple[str, str], NDArray[np.float64]]) -> list[Note]:
    blank = int(sum(np.isnan(counts).sum() for counts in found.values()))
    return [Note("assumed", N_("{n} counts are blank or withheld; they stay unknown"), blank)] if blank else []


def _sums(table: UnitTable, found: Mapping[tuple[str, str], NDArray[np.float64]]) -> list[Note]:
    """Say where published totals are not the sums of their parts; both stay as they are."""
    notes = []
    for name in table.columns:
        dimension = TOTALS.get(name.strip().lower())
        parts = [counts for (own, _), counts in found.items() if own == dimension]
        if not dimension or not parts:
            continue
        apart = np.abs(np.sum(parts, axis=0) - table.counts(name))
        off = int((apart > 0.5).sum())
        if off:
            text = N_("{n} areas have parts that do not add up to {total} (at most {most} off); kept as published")
            notes.append(Note("assumed", text, off, {"total": name, "most": float(np.nanmax(apart))}))
    return notes


def title_of(path: Path, table: str) -> str:
    """Return what a source is called when nobody says."""
    return f"{path.stem} ({table})"
