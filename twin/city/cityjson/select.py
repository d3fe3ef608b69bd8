"""Which objects and which of their geometries are read: buildings with their parts, ground, trees."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.city.reading import Note
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from twin.city.cityjson.document import Document
    from twin.city.cityjson.records import Geometry, Thing

BUILDINGS = ("Building", "BuildingPart")
COVERS = ("Road", "TransportSquare", "Railway", "Waterway", "WaterBody", "PlantCover", "LandUse")
RELIEF = "TINRelief"
TREE = "SolitaryVegetationObject"

_SOLIDS = ("Solid", "MultiSolid", "CompositeSolid")
_FACED = (*_SOLIDS, "MultiSurface", "CompositeSurface", "GeometryInstance")


@dataclass(frozen=True)
class Chosen:
    """An object that is read: its id, the building it belongs to (itself for others), its geometries, their LoD."""

    id: str
    root: str
    geometries: tuple[Geometry, ...]
    lod: float


@dataclass
class Selection:
    """All that is read of a document, and notes on what is not."""

    buildings: list[Chosen] = field(default_factory=list)
    covers: list[Chosen] = field(default_factory=list)
    relief: list[Chosen] = field(default_factory=list)
    trees: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def lod_of(geometry: Geometry) -> float:
    """Return the level of detail as a number (files write 2, "2" or "2.2"), nan when not said."""
    try:
        value = float(str(geometry.lod))
    except ValueError:
        return math.nan
    return value if 0 <= value < 10 else math.nan


def levels(document: Document) -> list[str]:
    """Return the levels of detail of the buildings' geometries, rising."""
    found = {
        lod_of(geometry)
        for thing in document.objects.values()
        if thing.type in BUILDINGS
        for geometry in thing.geometry or ()
    }
    return [f"{level:g}" for level in sorted(level for level in found if not math.isnan(level))]


def counts(types: dict[str, str]) -> dict[str, int]:
    """Count buildings at top level and parts."""
    kinds = Counter(types.values())
    return {"buildings": kinds["Building"], "parts": kinds["BuildingPart"]}


def wanted_level(text: str | None) -> float | None:
    """Return the level of detail asked for, None for the best.

    Raises
    ------
    BadInput
        When it is no number.
    """
    if text is None or text.strip().lower() in ("", "best"):
        return None
    try:
        return float(text)
    except ValueError as error:
        raise BadInput("The level of detail is a number such as 1.2, not {lod}.", lod=text) from error


def select(document: Document, lod: str | None) -> Selection:
    """Choose what is read.

    Of a building and its parts one level of detail is taken: the one asked for, else the best there is; members
    without it stand aside where others have it, so that nothing stands twice.

    Parameters
    ----------
    document : Document
        The file.
    lod : str or None
        Level of detail wanted.
    """
    selection = Selection()
    wanted = wanted_level(lod)
    other: Counter[str] = Counter()
    for name, thing in document.objects.items():
        if thing.type in BUILDINGS:
            continue
        if thing.type in COVERS or thing.type == RELIEF:
            pieces = _best(_with_faces(thing), None)
            if pieces:
                group = selection.relief if thing.type == RELIEF else selection.covers
                group.append(Chosen(name, name, pieces, lod_of(pieces[0])))
            else:
                other[thing.type] += 1
        elif thing.type == TREE and thing.geometry:
            selection.trees.append(name)
        else:
            other[thing.type] += 1
    _take_buildings(document, wanted, selection)
    for kind, number in sorted(other.items()):
        message = N_("{n} objects of type {type} were left out; they have no place in the city's tables")
        selection.notes.append(Note("skipped", message, number, {"type": kind[:40]}))
    return selection


def _take_buildings(document: Document, wanted: float | None, selection: Selection) -> None:
    empty: list[str] = []
    other_level: list[str] = []
    for root, members in families(document).items():
        faced = {name: _with_faces(document.objects[name]) for name in members}
        present = [lod_of(piece) for pieces in faced.values() for piece in pieces]
        if not present:
            empty.append(root)
            continue
        level = _nearest(present, wanted)
        if wanted is not None and level != wanted:
            other_level.append(root)
        with_it = {name for name, pieces in faced.items() if any(_same(lod_of(piece), level) for piece in pieces)}
        for name in members:
            # A part without the level counts only where its building has no shape at that level either.
            if name in with_it or (faced[name] and name != root and root not in with_it):
                own = _nearest([lod_of(piece) for piece in faced[name]], level)
                selection.buildings.append(Chosen(name, root, _best(faced[name], own), own))
    if empty:
        message = N_("{n} buildings without any surface were left out")
        selection.notes.append(Note("skipped", message, len(empty), examples=tuple(empty[:5])))
    if other_level:
        message = N_("{n} buildings lack level of detail {lod}; the nearest one they have was taken")
        fields = {"lod": f"{wanted:g}"}
        selection.notes.append(Note("assumed", message, len(other_level), fields, tuple(other_level[:5])))


def families(document: Document) -> dict[str, list[str]]:
    """Return the buildings at top level, each with itself and its parts (also parts of parts)."""
    objects = document.objects
    parent: dict[str, str] = {}
    for name, thing in objects.items():
        if thing.type not in BUILDINGS:
            continue
        for child in thing.children or ():
            if child in objects and objects[child].type == "BuildingPart":
                parent.setdefault(child, name)
        if thing.type == "BuildingPart" and thing.parents and thing.parents[0] in objects:
            parent[name] = thing.parents[0]
    found: dict[str, list[str]] = defaultdict(list)
    for name, thing in objects.items():
        if thing.type in BUILDINGS:
            found[_root(name, parent)].append(name)
    return found


def _root(name: str, parent: dict[str, str]) -> str:
    seen = {name}
    while name in parent and parent[name] not in seen:
        name = parent[name]
        seen.add(name)
    return name


def _with_faces(thing: Thing) -> list[Geometry]:
    return [geometry for geometry in thing.geometry or () if geometry.type in _FACED]


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _nearest(present: list[float], wanted: float | None) -> float:
    """Return the level wanted, else the next below, else the next above; the best where none is wanted."""
    known = sorted({level for level in present if not math.isnan(level)})
    if not known:
        return math.nan
    if wanted is None or math.isnan(wanted):
        return known[-1]
    below = [level for level in known if level <= wanted]
    return below[-1] if below else known[0]


def _best(pieces: list[Geometry], level: float | None) -> tuple[Geometry, ...]:
    """Return the geometries of one level (the best by default), solids rather than surfaces of the same thing."""
    if not pieces:
        return ()
    if level is None:
        level = _nearest([lod_of(piece) for piece in pieces], None)
    at = [piece for piece in pieces if _same(lod_of(piece), level)]
    solids = [piece for piece in at if piece.type in _SOLIDS]
    return tuple(solids or at)
