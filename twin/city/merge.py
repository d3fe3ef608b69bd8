"""Bringing a file's City into a project's: one source after another, nothing twice, nothing mixed up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city import overlap, schema
from twin.city.city import City, Surfaces, Terrain
from twin.city.mend import EXAMPLES
from twin.city.reading import Note
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

CELLS = 4096 * 4096
"""A combined terrain has at most so many cells; beyond it the finer grid is made coarser."""
FAR = 50_000.0
"""Data further from the project's than this [m] are likely in another reference system than they say."""

SPREAD = 6.0
"""Grids are combined only where both together fill at least one part in this many of their common extent."""

_SAME_PLACE = 1.0
_NODES = {"roads": ("from_node", "to_node"), "paths": ("from_node", "to_node"), "junctions": ("node",)}
_REFERENCES = {"buildings": {"parent": "buildings"}, "population": {"zone": "zones"},
               "demand": {"origin": "zones", "destination": "zones"}}  # fmt: skip


def merge(city: City, addition: City) -> tuple[City, tuple[Note, ...]]:
    """Extend a City by another one.

    Rows of a source that the City already has are replaced by the addition's; rows with an id of another source
    are dropped when they are the same thing (same id, same geometry) and renamed with all references to them when
    they are not. Network nodes with the same name join where they lie at the same place. Terrain is laid over
    what is there; buildings without a ground level get theirs from it.

    Parameters
    ----------
    city : City
        The project's; may be empty.
    addition : City
        What was read, in the same reference system.

    Returns
    -------
    City
        New; shares with ``city`` what did not change.
    tuple of Note
        What was replaced, renamed, left out or looks wrong.

    Raises
    ------
    BadInput
        When the reference systems differ.
    """
    if city.crs != addition.crs:
        raise BadInput(
            "The data are in {other}, the project is in {crs}; read them again with the project's system as target.",
            other=addition.crs, crs=city.crs,
        )  # fmt: skip
    notes: list[Note] = list(_doubts(city, addition))
    addition = _sources_told_apart(city, addition, notes)
    city = _without_sources(city, addition, notes)
    addition = _apart(city, addition, notes)
    city, addition = _without_doubles(city, addition, notes)
    parts: dict[str, Any] = {}
    for name in (*schema.TABLES, "sources"):
        more = addition.table(name)
        if len(more):
            parts[name] = _stacked(city.table(name), more)
    merged = city.replaced(
        **parts,
        surfaces=_surfaces(city.surfaces, addition.surfaces),
        terrain=_terrain(city.terrain, addition.terrain, notes),
        height_system=city.height_system or addition.height_system,
        synthetic=city.synthetic or addition.synthetic,
    )
    return ground_sampled(merged, notes), tuple(notes)


def _doubts(city: City, addition: City) -> Iterable[Note]:
    """Name what speaks against the two belonging together."""
    if city.height_system and addition.height_system and city.height_system != addition.height_system:
        message = N_("Heights are in {other}, the project's in {own}; they were not converted")
        yield Note("problem", message, 1, {"other": addition.height_system, "own": city.height_system})
    a, b = city.bounds(), addition.bounds()
    if not _nothing(a) and not _nothing(b):
        apart = math.hypot(max(0.0, a[0] - b[2], b[0] - a[2]), max(0.0, a[1] - b[3], b[1] - a[3]))
        if apart > FAR:
            message = N_("The data lie {km:.0f} km from the project; is their reference system right?")
            yield Note("problem", message, 1, {"km": apart / 1000})
        elif apart > 0:
            message = N_("The data do not touch what the project holds; the gap is {m:.0f} m")
            yield Note("assumed", message, 1, {"m": apart})
    if city.synthetic != addition.synthetic and not _nothing(a):
        yield Note("problem", N_("Invented and real data are mixed; the whole project now counts as invented"))


def _nothing(box: tuple[float, float, float, float]) -> bool:
    return box == (0.0, 0.0, 0.0, 0.0)


def _sources_told_apart(city: City, addition: City, notes: list[Note]) -> City:
    """Give a source a new id when another file of the same name, of another place, is in the project."""
    present = set(city.sources["id"])
    names: dict[str, str] = {}
    for name in addition.sources["id"]:
        known = _known_as(city, addition, name, present)
        if known != name:
            names[name] = known
            message = N_("Another file named {name} is in the project, of another place; this one is {new} there")
            notes.append(Note("assumed", message, 1, {"name": name, "new": known}))
    return _sources_renamed(addition, names) if names else addition


def _known_as(city: City, addition: City, name: str, present: set[str]) -> str:
    """Return the id under which a file is, or can be, in the project: its name or ``name (2)``, ``name (3)``."""
    theirs = _extent(addition, name)
    known, number = name, 1
    while known in present:
        mine = _extent(city, known)
        if mine is None or theirs is None or shapely.intersects(mine, theirs):
            break
        number += 1
        known = f"{name} ({number})"
    return known


def _extent(city: City, source_id: str) -> Any:
    """Return the box of all that has a source, None when nothing of it is placed."""
    boxes = []
    for name, table in schema.TABLES.items():
        rows = city.table(name)
        if table.geometry and len(rows):
            rows = rows[rows["source_id"] == source_id]
            if len(rows):
                boxes.append(shapely.box(*cast(gpd.GeoDataFrame, rows).total_bounds))
    if city.terrain is not None and city.terrain.source_id == source_id:
        boxes.append(shapely.box(*city.terrain.bounds))
    return shapely.envelope(shapely.union_all(boxes)) if boxes else None


def _sources_renamed(city: City, names: Mapping[str, str]) -> City:
    parts: dict[str, Any] = {"sources": city.sources.assign(id=city.sources["id"].replace(dict(names)))}
    for name in schema.TABLES:
        rows = city.table(name)
        if len(rows):
            parts[name] = rows.assign(source_id=rows["source_id"].replace(dict(names)))
    terrain = city.terrain
    if terrain is not None and terrain.source_id in names:
        parts["terrain"] = Terrain(terrain.heights, terrain.transform, names[terrain.source_id])
    return city.replaced(**parts)


def _without_sources(city: City, addition: City, notes: list[Note]) -> City:
    """Take out what came from the addition's sources before: the same file again replaces what it brought."""
    again = [name for name in addition.sources["id"] if name in set(city.sources["id"])]
    if not again:
        return city
    parts: dict[str, Any] = {"sources": city.sources[~city.sources["id"].isin(again)]}
    gone = 0
    for name in schema.TABLES:
        rows = city.table(name)
        old = rows["source_id"].isin(again).to_numpy(dtype=bool)
        if old.any():
            parts[name] = rows[~old]
            gone += int(old.sum())
    terrain = city.terrain
    if terrain is not None and terrain.source_id in again:
        parts["terrain"] = None
    message = N_("{names} was in the project already; its {n} rows were replaced")
    notes.append(Note("assumed", message, gone, {"names": ", ".join(again)}))
    left = city.replaced(**parts)
    return left.replaced(surfaces=_surfaces_of(left.surfaces, set(left.buildings["id"])))


def _surfaces_of(surfaces: Surfaces | None, ids: set[str]) -> Surfaces | None:
    """Keep the surfaces of some buildings."""
    if surfaces is None:
        return None
    keep = np.array([name in ids for name in surfaces.ids], dtype=bool)
    if keep.all():
        return surfaces
    triangle = keep[surfaces.owners]
    if not triangle.any():
        return None
    used, triangles = np.unique(surfaces.triangles[triangle], return_inverse=True)
    owners = (np.cumsum(keep) - 1)[surfaces.owners[triangle]]
    names = tuple(name for name, kept in zip(surfaces.ids, keep, strict=True) if kept)
    return Surfaces(
        surfaces.vertices[used],
        triangles.reshape(-1, 3).astype(np.int32),
        surfaces.kinds[triangle],
        owners.astype(np.int32),
        names,
    )


def _apart(city: City, addition: City, notes: list[Note]) -> City:
    """Drop rows that are there already and rename those whose id another thing bears, references included."""
    parts: dict[str, Any] = {}
    renamed: dict[str, dict[str, str]] = {}
    for name, table in schema.TABLES.items():
        rows = addition.table(name)
        taken = set(city.table(name)["id"]) if len(rows) else set()
        clash = rows["id"].isin(taken).to_numpy(dtype=bool)
        if not clash.any():
            continue
        same = _same_rows(city.table(name), rows, clash) if table.geometry else np.zeros(len(rows), dtype=bool)
        if same.any():
            message = N_("{n} rows of {table} are in the project already and were left out")
            notes.append(Note("skipped", message, int(same.sum()), {"table": table.title}, _some(rows, same)))
        other = clash & ~same
        if other.any():
            message = N_("{n} rows of {table} had an id that is taken; theirs were changed")
            notes.append(Note("mended", message, int(other.sum()), {"table": table.title}, _some(rows, other)))
        ids = rows["id"].to_numpy(dtype=object).copy()
        new = _new_ids(rows, other, taken | set(ids.tolist()))
        renamed[name] = dict(zip(ids[other].tolist(), new, strict=True))
        ids[other] = new
        parts[name] = rows.assign(id=ids)[~same]
    nodes = _node_names(city, addition)
    if not parts and not nodes:
        return addition
    return _with_references(addition, parts, renamed, nodes)


def _some(rows: pd.DataFrame, which: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(rows["id"][which].head(EXAMPLES))


def _same_rows(own: pd.DataFrame, rows: pd.DataFrame, clash: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which rows have the same geometry as the row of the same id that is there."""
    there = pd.Series(own["geometry"].to_numpy(), index=own["id"].to_numpy(dtype=object))
    same = np.zeros(len(rows), dtype=bool)
    numbers = np.flatnonzero(clash)
    theirs = there.loc[rows["id"].to_numpy(dtype=object)[numbers]].to_numpy()
    mine = rows["geometry"].to_numpy()[numbers]
    same[numbers] = shapely.equals_exact(
        shapely.normalize(np.asarray(mine, dtype=object)), shapely.normalize(np.asarray(theirs, dtype=object)), 0.01
    )
    return same


def _new_ids(rows: pd.DataFrame, which: NDArray[np.bool_], taken: set[str]) -> list[str]:
    new = []
    for name, source in zip(rows["id"][which], rows["source_id"][which], strict=True):
        fresh = f"{source}:{name}"
        while fresh in taken:
            fresh += "'"
        taken.add(fresh)
        new.append(fresh)
    return new


def _node_places(city: City) -> dict[str, tuple[float, float]]:
    """Return where each network node lies, from the ends of roads and paths."""
    places: dict[str, tuple[float, float]] = {}
    for name in ("roads", "paths"):
        rows = cast(gpd.GeoDataFrame, city.table(name))
        lines = rows.geometry.to_numpy()
        for column, end in (("from_node", 0), ("to_node", -1)):
            points = shapely.get_coordinates(shapely.get_point(lines, end))
            places.update(zip(rows[column], map(tuple, points.tolist()), strict=True))
    places.pop("", None)
    return places


def _node_names(city: City, addition: City) -> dict[str, str]:
    """Return new names for nodes of the addition that bear a name of a node at another place."""
    there, here = _node_places(city), _node_places(addition)
    sources = addition.sources["id"]
    prefix = sources.iloc[0] if len(sources) else "2"
    return {
        name: f"{prefix}:{name}"
        for name, place in here.items()
        if name in there and math.dist(place, there[name]) > _SAME_PLACE
    }


def _with_references(
    city: City, parts: dict[str, Any], renamed: Mapping[str, Mapping[str, str]], nodes: Mapping[str, str]
) -> City:
    for name, columns in _NODES.items():
        rows = parts.get(name, city.table(name))
        if nodes and len(rows):
            parts[name] = rows.assign(**{column: rows[column].replace(dict(nodes)) for column in columns})
    for name, references in _REFERENCES.items():
        for column, table in references.items():
            if renamed.get(table):
                rows = parts.get(name, city.table(name))
                parts[name] = rows.assign(**{column: rows[column].replace(dict(renamed[table]))})
    surfaces = city.surfaces
    if surfaces is not None and "buildings" in parts:
        names = renamed.get("buildings", {})
        ids = tuple(names.get(name, name) for name in surfaces.ids)
        moved = Surfaces(surfaces.vertices, surfaces.triangles, surfaces.kinds, surfaces.owners, ids)
        parts["surfaces"] = _surfaces_of(moved, set(parts["buildings"]["id"]))
    return city.replaced(**parts)


def _without_doubles(city: City, addition: City, notes: list[Note]) -> tuple[City, City]:
    """Keep one of two buildings that stand on the same ground, the one whose height is better known."""
    if not len(city.buildings) or not len(addition.buildings):
        return city, addition
    drop_own, drop_more = overlap.doubles(city.buildings, addition.buildings)
    if drop_more.any():
        message = N_("{n} buildings stand where the project has buildings and were left out")
        notes.append(Note("skipped", message, int(drop_more.sum()), examples=_some(addition.buildings, drop_more)))
    if drop_own.any():
        message = N_("{n} buildings of the project gave way to better known ones in the same place")
        notes.append(Note("mended", message, int(drop_own.sum()), examples=_some(city.buildings, drop_own)))
    return _buildings_dropped(city, drop_own), _buildings_dropped(addition, drop_more)


def _buildings_dropped(city: City, drop: NDArray[np.bool_]) -> City:
    if not drop.any():
        return city
    kept = city.buildings[~drop]
    return city.replaced(buildings=kept, surfaces=_surfaces_of(city.surfaces, set(kept["id"])))


def _stacked(own: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    if not len(own):
        return more
    return pd.concat([own, more], ignore_index=True)


def _surfaces(own: Surfaces | None, more: Surfaces | None) -> Surfaces | None:
    if own is None or more is None:
        return own or more
    return Surfaces(
        np.concatenate([own.vertices, more.vertices]),
        np.concatenate([own.triangles, more.triangles + np.int32(len(own.vertices))]).astype(np.int32),
        np.concatenate([own.kinds, more.kinds]),
        np.concatenate([own.owners, more.owners + np.int32(len(own.ids))]).astype(np.int32),
        (*own.ids, *more.ids),
    )


def _terrain(own: Terrain | None, more: Terrain | None, notes: list[Note]) -> Terrain | None:
    """Lay one grid over another, on a grid that holds both at the finer cell size."""
    if own is None or more is None:
        return own or more
    boxes = np.array([own.bounds, more.bounds])
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    own_area, more_area = ((box[2] - box[0]) * (box[3] - box[1]) for box in boxes.tolist())
    if (east - west) * (north - south) > SPREAD * (own_area + more_area):
        notes.append(Note("skipped", N_("The new terrain lies far from the one that was there and was left out")))
        return own
    step = min(abs(own.transform[0]), abs(more.transform[0]), abs(own.transform[4]), abs(more.transform[4]))
    step = max(step, math.sqrt((east - west) * (north - south) / CELLS))
    columns, rows = math.ceil((east - west) / step - 1e-9), math.ceil((north - south) / step - 1e-9)
    heights = np.empty((rows, columns), dtype=np.float32)
    x = west + (np.arange(columns) + 0.5) * step
    for row in range(rows):
        y = np.full(columns, north - (row + 0.5) * step)
        over = more.sample(x, y)
        heights[row] = np.where(np.isnan(over), own.sample(x, y), over)
    notes.append(Note("assumed", N_("The new terrain lies over the one that was there; both are one grid now")))
    return Terrain(heights, (step, 0.0, west, 0.0, -step, north), more.source_id)


def ground_sampled(city: City, notes: list[Note]) -> City:
    """Give buildings without a ground level the lowest terrain along their outline.

    Parameters
    ----------
    city : City
        With or without terrain.
    notes : list of Note
        Told how many got theirs.
    """
    table = city.buildings
    unknown = table["ground"].isna().to_numpy(dtype=bool) if len(table) else np.zeros(0, dtype=bool)
    if city.terrain is None or not unknown.any():
        return city
    numbers = np.flatnonzero(unknown)
    xy, index = shapely.get_coordinates(table.geometry.to_numpy()[numbers], return_index=True)
    sampled = city.terrain.sample(xy[:, 0], xy[:, 1])
    lowest = np.full(len(numbers), np.inf)
    known = ~np.isnan(sampled)
    np.minimum.at(lowest, index[known], sampled[known])
    found = np.isfinite(lowest)
    if not found.any():
        return city
    ground = table["ground"].to_numpy(dtype=float).copy()
    ground[numbers[found]] = lowest[found]
    notes.append(Note("mended", N_("{n} buildings got their ground level from the terrain"), int(found.sum())))
    return city.replaced(buildings=table.assign(ground=ground))
