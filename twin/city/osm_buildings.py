"""Buildings of OpenStreetMap: outlines with courtyards, and the parts that say more than the outline.

Parts (``building:part``) replace the outline where they cover it; what is left of the outline stays, and where
nothing is left the largest part stands for the building, so that every building keeps one row without
``parent``. Rows are ``w<way>`` or ``r<relation>``; the others of a building name that row in ``parent``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import shapely

from twin.city import osm_tags, schema
from twin.city.mend import mend_table
from twin.city.osm_areas import Area, areas
from twin.city.osm_roads import examples
from twin.city.reading import Note
from twin.text import N_, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from twin.city.osm_file import OsmData

LEFTOVER = 10.0
"""A rest of an outline smaller than this [m²], or nowhere a metre wide, is an inaccuracy of drawing."""
_NUMBERS_SHOWN = 4
_UNITED = ("name", "address", "use")


def building_table(data: OsmData, crs: str, area: shapely.Geometry | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """Build the buildings.

    Parameters
    ----------
    data : OsmData
        Projected to metres.
    crs : str
        Its system.
    area : geometry, optional
        Buildings that touch it are kept whole, all others dropped.

    Returns
    -------
    table : GeoDataFrame
        Columns of ``buildings`` known to OpenStreetMap; ``parent`` set for parts.
    notes : list of Note
    """
    notes: list[Note] = []
    found, broken = areas(data, _wanted)
    if area is not None:
        touching = shapely.intersects(np.array([item.geometry for item in found], dtype=object), area)
        found = [item for item, keep in zip(found, touching, strict=True) if keep]
    found = _above_ground(found, notes)
    _note(notes, "skipped", N_("{n} buildings without a usable outline were left out"), broken)
    closed = [item.id for item in found if item.state == "closed"]
    _note(notes, "mended", N_("{n} buildings cut off at the edge of the file were closed by a straight wall"), closed)
    filled = [item.id for item in found if item.state == "filled"]
    _note(notes, "problem", N_("{n} buildings have courtyards that are not in the file; these are filled"), filled)
    table, mended = mend_table(_rows(found, crs))
    notes += mended
    table = _with_parts(table, _grouped(data), notes)
    table = _with_addresses(table, data)
    notes += _height_notes(table, found)
    return cast(gpd.GeoDataFrame, table.drop(columns=["part"])), notes


def _wanted(tags: Mapping[str, str]) -> bool:
    return osm_tags.is_building(tags) or osm_tags.is_part(tags)


def _note(notes: list[Note], kind: str, message: str, ids: list[str]) -> None:
    if ids:
        notes.append(Note(kind, message, len(ids), examples=examples(ids)))  # type: ignore[arg-type]


def _above_ground(found: list[Area], notes: list[Note]) -> list[Area]:
    reasons = [osm_tags.left_out(item.tags) for item in found]
    for reason, message in (
        ("underground", N_("{n} buildings lie underground and were left out")),
        ("unfinished", N_("{n} buildings are under construction or in ruins and were left out")),
    ):
        ids = [item.id for item, why in zip(found, reasons, strict=True) if why == reason]
        _note(notes, "skipped", message, ids)
    return [item for item, why in zip(found, reasons, strict=True) if not why]


def _rows(found: list[Area], crs: str) -> gpd.GeoDataFrame:
    uses = [osm_tags.building_use(item.tags) for item in found]
    sizes = [osm_tags.building_height(item.tags, use) for item, use in zip(found, uses, strict=True)]
    return gpd.GeoDataFrame(
        {
            "id": [item.id for item in found],
            "name": [item.tags.get("name", "") for item in found],
            "address": [osm_tags.address(item.tags) for item in found],
            "use": uses,
            "height": [size[0] for size in sizes],
            "base": [size[1] for size in sizes],
            "floors": [size[2] for size in sizes],
            "year": [osm_tags.building_year(item.tags) for item in found],
            "height_source": [size[3] for size in sizes],
            "parent": [""] * len(found),
            "part": [osm_tags.is_part(item.tags) for item in found],
        },
        geometry=[item.geometry for item in found],
        crs=crs,
    )


def _grouped(data: OsmData) -> dict[str, str]:
    """Return the outline of each part that a relation ``type=building`` names."""
    parent: dict[str, str] = {}
    for relation in data.relations.values():
        if relation.tags.get("type") != "building":
            continue
        outlines = [f"{kind}{ref}" for kind, ref, role in relation.members if role == "outline"]
        for kind, ref, role in relation.members:
            if role in ("part", "") and outlines:
                parent[f"{kind}{ref}"] = outlines[0]
    return parent


def _with_parts(table: gpd.GeoDataFrame, grouped: Mapping[str, str], notes: list[Note]) -> gpd.GeoDataFrame:
    """Join parts to their building and take what they cover from its outline."""
    part = table["part"].to_numpy(dtype=bool)
    if not part.any():
        return table
    geometry = table.geometry.to_numpy()
    ids = table["id"].astype(str).tolist()
    outlines = np.flatnonzero(~part)
    row_of = {ids[row]: int(row) for row in outlines}
    tree = shapely.STRtree(geometry[outlines])
    parts_of: dict[int, list[int]] = defaultdict(list)
    lonely = 0
    for row in np.flatnonzero(part).tolist():
        home = row_of.get(grouped.get(ids[row], ""))
        if home is None:
            near = outlines[tree.query(geometry[row], predicate="intersects")]
            shared = shapely.area(shapely.intersection(geometry[near], geometry[row]))
            if len(near) and shared.max() >= 0.5 * geometry[row].area:
                home = int(near[shared.argmax()])
        if home is None:
            lonely += 1
        else:
            parts_of[home].append(row)
    table, covered = _taken_apart(table, parts_of)
    message = N_("{n} building parts lie outside every outline and stand as buildings of their own")
    if lonely:
        notes.append(Note("assumed", message, lonely))
    if covered:
        message = N_("{n} buildings are wholly described by their parts; the largest part stands for the building")
        notes.append(Note("assumed", message, covered))
    return table


def _taken_apart(table: gpd.GeoDataFrame, parts_of: Mapping[int, list[int]]) -> tuple[gpd.GeoDataFrame, int]:
    geometry = table.geometry.to_numpy().copy()
    ids = table["id"].astype(str).to_numpy(dtype=object)
    family = table["parent"].to_numpy(dtype=object).copy()
    new_ids = ids.copy()
    columns = {name: table[name].to_numpy(dtype=object).copy() for name in _UNITED}
    gone: list[int] = []
    covered = 0
    for home, parts in parts_of.items():
        rest = shapely.difference(geometry[home], shapely.union_all(geometry[parts]))
        rest = rest.buffer(-0.5, join_style="mitre").buffer(0.5, join_style="mitre")
        keeps = rest.area > LEFTOVER
        for values in columns.values():
            values[parts] = [values[row] or values[home] for row in parts]
        family[parts] = family[home] or ids[home]
        if keeps:
            geometry[home] = rest
            continue
        covered += 1
        gone.append(home)
        largest = max(parts, key=lambda row: geometry[row].area)
        new_ids[largest] = ids[home]
        family[largest] = family[home]
    result = gpd.GeoDataFrame(table.drop(columns=table.geometry.name), geometry=geometry, crs=table.crs)
    result = result.assign(id=new_ids, parent=family, **columns).drop(index=gone)
    polygons, _ = mend_table(result.reset_index(drop=True))
    return polygons, covered


def _with_addresses(table: gpd.GeoDataFrame, data: OsmData) -> gpd.GeoDataFrame:
    """Give buildings without an address those of the address points inside them."""
    points = [node for node in data.nodes.values() if osm_tags.address(node.tags)]
    bare = np.flatnonzero((table["address"] == "").to_numpy(dtype=bool))
    if not points or not len(bare):
        return table
    tree = shapely.STRtree(table.geometry.to_numpy()[bare])
    point, building = tree.query(shapely.points([(node.x, node.y) for node in points]), predicate="within")
    inside: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for at, row in zip(point.tolist(), bare[building].tolist(), strict=True):
        tags = points[at].tags
        inside[row][tags.get("addr:street", "") or tags.get("addr:place", "")].add(tags["addr:housenumber"])
    addresses = table["address"].to_numpy(dtype=object).copy()
    for row, streets in inside.items():
        addresses[row] = "; ".join(_street_numbers(street, numbers) for street, numbers in sorted(streets.items()))
    return cast(gpd.GeoDataFrame, table.assign(address=addresses))


def _street_numbers(street: str, numbers: set[str]) -> str:
    ordered = sorted(numbers, key=lambda text: (int("0" + "".join(c for c in text if c.isdigit())), text))
    shown = ordered[:_NUMBERS_SHOWN] + (["…"] if len(ordered) > _NUMBERS_SHOWN else [])
    return f"{street} {', '.join(shown)}".strip()


def _height_notes(table: pd.DataFrame, found: list[Area]) -> list[Note]:
    notes = []
    origin = Counter(table["height_source"])
    if origin["levels"]:
        message = N_(
            "{n} building heights come from floors: {storey} m each ({other} m in offices, shops, schools and public"
            " buildings), {attic} m under the roof"
        )
        storeys = {"storey": osm_tags.STOREY, "other": osm_tags.STOREY_BY_USE["office"], "attic": osm_tags.ROOF_STOREY}
        notes.append(Note("assumed", message, origin["levels"], storeys))
    if origin["default"]:
        message = N_("{n} buildings have neither height nor floors; assumed by kind [m]: {values}")
        kinds = sorted(set(table.loc[table["height_source"] == "default", "use"]))
        named = [(schema.word(kind) if kind else N_("use not known"), kind) for kind in kinds]
        values = Words(tuple((name, osm_tags.DEFAULT_HEIGHTS[kind]) for name, kind in named))
        notes.append(Note("assumed", message, origin["default"], {"values": values}))
    roofs = [item.id for item in found if item.tags.get("roof:shape", "flat") not in ("flat", "")]
    _note(notes, "assumed", N_("{n} buildings have a roof shape mapped; they are drawn with flat roofs"), roofs)
    return notes
