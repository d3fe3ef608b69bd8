"""Making polygons fit for use: every reader sends its outlines through here, so all mend alike and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.reading import Note, NoteKind
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALLEST = 0.1
"""Polygons below this area [m²] are slivers left by drawing or cutting, not things in a city."""

EXAMPLES = 5
"""So many ids are named with a note."""

Geometries = NDArray[Any]


class Mended(NamedTuple):
    """Valid simple polygons, for each the position of the geometry it came from, and what was done."""

    polygons: Geometries
    rows: NDArray[np.int64]
    notes: tuple[Note, ...]


def mend_polygons(
    geometries: Sequence[Any] | Geometries, ids: Sequence[str] | None = None, smallest: float = SMALLEST
) -> Mended:
    """Return valid, two-dimensional polygons without repeated points, exteriors counter-clockwise.

    Rings that cross themselves are split where they cross, multipolygons become several polygons, slivers and
    geometries without area are left out.

    Parameters
    ----------
    geometries : sequence of shapely geometries or None, length n
        Polygons, multipolygons, collections; anything else is left out and noted.
    ids : sequence of str, length n, optional
        Named as examples in the notes; by default row numbers from 1.
    smallest : float [m²]
        Polygons of less area are left out.

    Returns
    -------
    Mended
        ``polygons`` (m,), ``rows`` (m,) positions in the input in rising order, ``notes``.
    """
    geoms = np.empty(len(geometries), dtype=object)
    geoms[:] = list(geometries)
    names = [str(i + 1) for i in range(len(geoms))] if ids is None else ids
    notes: list[Note] = []

    kinds = shapely.get_type_id(geoms)
    usable = np.isin(kinds, (3, 6, 7)) & ~shapely.is_empty(geoms)
    _say(notes, "skipped", N_("{n} outlines without an area were left out"), ~usable, names)
    geoms[~usable] = None
    broken = _not_finite(geoms)
    _say(notes, "problem", N_("{n} outlines with missing coordinates were left out"), broken, names)
    geoms[broken] = None

    geoms = shapely.force_2d(geoms)
    crossed = usable & ~broken & ~shapely.is_valid(geoms)
    repeated = usable & ~broken & ~crossed & _repeats(geoms)
    if repeated.any():
        geoms[repeated] = shapely.remove_repeated_points(geoms[repeated])
        _say(notes, "mended", N_("{n} outlines repeated a point; the repetition was removed"), repeated, names)
    if crossed.any():
        geoms[crossed] = shapely.make_valid(geoms[crossed], method="structure", keep_collapsed=False)
        _say(notes, "mended", N_("{n} outlines crossed or touched themselves and were mended"), crossed, names)
    polygons, rows = _apart(geoms)
    return _without_slivers(polygons, rows, names, smallest, notes, lost=crossed)


def _say(notes: list[Note], kind: NoteKind, message: str, which: NDArray[np.bool_], names: Sequence[str]) -> None:
    found = np.flatnonzero(which)
    if len(found):
        notes.append(Note(kind, message, len(found), examples=tuple(str(names[i]) for i in found[:EXAMPLES])))


def _not_finite(geoms: Geometries) -> NDArray[np.bool_]:
    bad = np.zeros(len(geoms), dtype=bool)
    xy, index = shapely.get_coordinates(geoms, return_index=True)
    bad[index[~np.isfinite(xy).all(axis=1)]] = True
    return bad


def _repeats(geoms: Geometries) -> NDArray[np.bool_]:
    """Find geometries in which a point follows itself (rings close on their first point, that is no repeat)."""
    found = np.zeros(len(geoms), dtype=bool)
    parts, part_of = shapely.get_parts(geoms, return_index=True)
    polygon = shapely.get_type_id(parts) == 3
    rings, ring_of = shapely.get_rings(parts[polygon], return_index=True)
    xy, point_of = shapely.get_coordinates(rings, return_index=True)
    if len(xy):
        same = (xy[1:] == xy[:-1]).all(axis=1) & (point_of[1:] == point_of[:-1])
        found[part_of[polygon][ring_of[point_of[1:][same]]]] = True
    return found


def _apart(geoms: Geometries) -> tuple[Geometries, NDArray[np.int64]]:
    """Take collections and multipolygons apart, to polygons only."""
    parts, rows = shapely.get_parts(geoms, return_index=True)
    if (shapely.get_type_id(parts) == 6).any():
        parts, again = shapely.get_parts(parts, return_index=True)
        rows = rows[again]
    keep = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    return parts[keep], rows[keep].astype(np.int64)


def _without_slivers(
    polygons: Geometries,
    rows: NDArray[np.int64],
    names: Sequence[str],
    smallest: float,
    notes: list[Note],
    lost: NDArray[np.bool_],
) -> Mended:
    n = len(names)
    big = shapely.area(polygons) >= smallest
    kept = np.zeros(n, dtype=bool)
    kept[rows[big]] = True
    tiny = np.zeros(n, dtype=bool)
    tiny[rows[~big]] = True
    tiny |= lost
    _say(notes, "skipped", N_("{n} outlines were too small to be real and were left out"), tiny & ~kept, names)
    polygons, rows = polygons[big], rows[big]
    split = np.bincount(rows, minlength=n) > 1 if n else np.zeros(0, dtype=bool)
    _say(notes, "mended", N_("{n} outlines of several pieces were split"), split, names)
    return Mended(shapely.orient_polygons(polygons), rows, tuple(notes))


def piece_ids(ids: Sequence[str], rows: NDArray[np.int64]) -> list[str]:
    """Name the pieces of split rows: the first keeps the id, the next are ``id#2``, ``id#3``.

    Parameters
    ----------
    ids : sequence of str, length n
        Ids of the rows before.
    rows : array, shape (m,)
        Row of each piece, in rising order.
    """
    named: list[str] = []
    taken = {str(name) for name in ids}
    last, piece = -1, 1
    for row in rows.tolist():
        piece = piece + 1 if row == last else 1
        last = row
        name = str(ids[row])
        if piece > 1:
            name = f"{ids[row]}#{piece}"
            while name in taken:
                name += "'"
            taken.add(name)
        named.append(name)
    return named


def mend_table(frame: gpd.GeoDataFrame, smallest: float = SMALLEST) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    """Mend the polygons of a table with a column ``id``; pieces of a split row share all other columns.

    The pieces of a building bear the first one's id in ``parent`` where the table has that column and it is
    empty, so that the building still counts as one.

    Returns
    -------
    GeoDataFrame
        New; index 0..m-1, ids unique where they were.
    tuple of Note
        What was mended or left out.
    """
    ids = frame["id"].astype(str).tolist()
    polygons, rows, notes = mend_polygons(frame.geometry.to_numpy(), ids, smallest)
    columns = frame.drop(columns=frame.geometry.name).iloc[rows].reset_index(drop=True)
    columns["id"] = np.array(piece_ids(ids, rows), dtype=object)
    if "parent" in columns:
        first = np.array([ids[row] for row in rows], dtype=object)
        orphan = (columns["parent"].isna() | (columns["parent"] == "")).to_numpy(dtype=bool)
        later = orphan & (columns["id"].to_numpy(dtype=object) != first)
        columns["parent"] = np.where(later, first, columns["parent"].to_numpy(dtype=object))
    return gpd.GeoDataFrame(columns, geometry=polygons, crs=frame.crs), notes
