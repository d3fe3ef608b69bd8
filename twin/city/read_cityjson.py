"""CityJSON 1.0, 1.1, 2.0 and CityJSONSeq: buildings with their surfaces, ground cover, terrain, trees."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city import crs
from twin.city.city import City
from twin.city.cityjson import buildings, faces, surroundings
from twin.city.cityjson import document as files
from twin.city.cityjson import select as choice
from twin.city.mend import EXAMPLES
from twin.city.reading import FileInfo, Note, Reading
from twin.city.source import source_of
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.city.reading import ReadOptions
    from twin.jobs import Job

FORMAT = "CityJSON"
_BUILDINGS, _COVERS, _RELIEF = 0, 1, 2


def sniff(path: Path, head: bytes) -> bool:
    """Say whether the file is CityJSON: JSON that begins like it, or a zip archive with one JSON file."""
    name = path.name.lower()
    if head.startswith(b"PK\3\4"):
        if name.endswith((".json.zip", ".jsonl.zip", ".cityjson.zip")):
            return True
        try:
            with zipfile.ZipFile(path) as archive:
                return files.member(archive) is not None
        except (zipfile.BadZipFile, OSError):
            return False
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b'"CityJSON' in text or b'"CityObjects"' in text:
        return True
    return name.endswith((".city.json", ".city.jsonl", ".cityjson", ".json", ".jsonl")) and not _is_geojson(text)


def _is_geojson(text: bytes) -> bool:
    return b'"FeatureCollection"' in text[:2000]


def inspect(path: Path, job: Job | None = None) -> FileInfo:
    """Say version, reference system, extent, numbers of buildings and parts, levels of detail, kinds of objects.

    A file with faults in single objects is told with these faults as problems.

    Raises
    ------
    BadInput
        When it is no JSON, not CityJSON, or of a version that is not read.
    """
    try:
        document = files.load(path, job)
    except BadInput as error:
        types = files.object_types(path)
        if not types:
            raise
        problem = Note("problem", error.key, 1, error.fields)
        return FileInfo(path, FORMAT, "", None, None, choice.counts(types), (problem,), {"objects": _tally(types)})
    types = {name: thing.type for name, thing in document.objects.items()}
    box = _box(document.vertices)
    problems = [*document.notes, *_crs_problems(document.crs, box), *_shape_problems(path, document)]
    return FileInfo(
        path=path,
        format="CityJSONSeq" if document.lines else FORMAT,
        version=document.version,
        crs=document.crs,
        bbox=box,
        counts=choice.counts(types),
        problems=tuple(problems),
        extra={"lods": choice.levels(document), "objects": _tally(types)},
    )


def _tally(types: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in types.values():
        found[kind] = found.get(kind, 0) + 1
    return found


def _box(vertices: NDArray[np.float64]) -> crs.Box | None:
    if not len(vertices) or not np.isfinite(vertices).all():
        return None
    (west, south), (east, north) = vertices[:, :2].min(axis=0), vertices[:, :2].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _crs_problems(declared: str | None, box: crs.Box | None) -> Iterator[Note]:
    if declared is None:
        yield Note("problem", N_("The file does not say its reference system"))
        return
    try:
        if box is not None and crs.swapped(declared, box):
            yield _SWAPPED
        elif box is not None and crs.outside(declared, box):
            yield _OUTSIDE
    except BadInput as error:
        yield Note("problem", error.key, 1, error.fields)


def _shape_problems(path: Path, document: files.Document) -> Iterator[Note]:
    if not document.objects:
        yield Note("problem", N_("The file holds no city objects"))
        return
    try:
        files.check_reach(path, document)
        with files.collector_paused():
            _collect(path, document, choice.select(document, None))
    except BadInput as error:
        yield Note("problem", error.key, 1, error.fields)


_SWAPPED = Note("assumed", N_("The coordinates are written as (north, east) and were exchanged"))
_OUTSIDE = Note("problem", N_("The data lie outside the area that their reference system is made for"))


@dataclass
class _Shapes:
    """Vertices and the faces of the three groups, owners counted within each group."""

    vertices: NDArray[np.float64]
    groups: list[faces.Faces]
    notes: list[Note]


def read(path: Path, options: ReadOptions, job: Job | None = None) -> Reading:
    """Read a file into a City.

    Buildings with parts become one row per shape: a building without a shape of its own is represented by its
    largest part under the building's id, the others name it in ``parent``.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``lod`` the level of detail; ``bbox`` keeps objects that touch it, whole.
    job : Job, optional
        Told the progress; can cancel.

    Raises
    ------
    BadInput
        When the file is broken, or nothing in it can be used.
    UnknownCrs
        When neither the file nor the options name its reference system.
    """
    choice.wanted_level(options.lod)
    document = files.load(path, job)
    if not document.objects:
        raise BadInput("{path}: the file holds no city objects.", path=path.name)
    box = _box(document.vertices)
    if box is None:
        raise BadInput("{path}: the file holds no vertices, so nothing in it has a place.", path=path.name)
    files.check_reach(path, document)
    placement = crs.place(path, document.crs, box, options)
    _tell(job, 0.3, path)
    with files.collector_paused():
        selection = choice.select(document, options.lod)
        shapes = _collect(path, document, selection)
    notes = [*document.notes, *selection.notes, *shapes.notes]
    place = _Place(path, placement, options)
    notes += place.notes
    _keep_inside(shapes, selection, place)
    shapes.vertices = place.metres(shapes.vertices)
    if crs.outside(placement.target, _box(shapes.vertices) or (0.0, 0.0, 0.0, 0.0)):
        notes.append(_OUTSIDE)
    city = _city(path, document, selection, shapes, place, notes, job)
    if city.bounds() == (0.0, 0.0, 0.0, 0.0):
        raise BadInput("{path}: nothing in it could be read.", path=path.name)
    return Reading(city, tuple(notes))


def _tell(job: Job | None, fraction: float, path: Path) -> None:
    if job is not None:
        job.progress(fraction, N_("Reading {path}"), path=path.name)


def _collect(path: Path, document: files.Document, selection: choice.Selection) -> _Shapes:
    """Gather the faces of all that is read; indices are checked here."""
    collector = faces.Collector(document, path.name)
    groups = (selection.buildings, selection.covers, selection.relief)
    owner = 0
    for group in groups:
        for item in group:
            for geometry in item.geometries:
                collector.add(item.id, owner, geometry)
            owner += 1
    vertices, everything = collector.arrays()
    notes = []
    odd = list(dict.fromkeys(collector.odd_semantics))
    if odd:
        message = N_("{n} objects whose semantics do not fit their surfaces; wall and roof were told by direction")
        notes.append(Note("mended", message, len(odd), examples=tuple(odd[:EXAMPLES])))
    parts = []
    begin = 0
    for group in groups:
        end = begin + len(group)
        part = faces.subset(everything, (everything.owner >= begin) & (everything.owner < end))
        parts.append(faces.Faces(part.index, part.ring, part.face, part.kind, part.owner - begin))
        begin = end
    return _Shapes(vertices, parts, notes)


class _Place:
    """Brings coordinates of the file to the City's system; knows what lies in the cut-out."""

    def __init__(self, path: Path, placement: crs.Placement, options: ReadOptions) -> None:
        self.path = path
        self.placement = placement
        self.bbox = options.bbox
        self.notes = [_SWAPPED] if placement.swapped else []
        self._same = crs.horizontal_or_text(placement.source) == placement.target

    def inside(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which boxes, corners (n, 2) in the file's system, touch the cut-out."""
        if self.bbox is None:
            return np.ones(len(low), dtype=bool)
        west, south, east, north = self.bbox
        touches = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
        return np.asarray(touches, dtype=bool)

    def metres(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring points (n, 3) to the City's system; heights stay."""
        if self.placement.swapped:
            points = points[:, [1, 0, 2]]
        if self._same or not len(points):
            return points
        way = crs.transformer(self.placement.source, self.placement.target)
        x, y = way.transform(points[:, 0], points[:, 1])
        moved = np.column_stack([x, y, points[:, 2]])
        if not np.isfinite(moved).all():
            raise BadInput(
                "{path}: its coordinates do not fit the reference system {crs}; name the right one.",
                path=self.path.name, crs=self.placement.declared,
            )  # fmt: skip
        return moved

    def tree(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Bring points to the City's system and say which lie in the cut-out."""
        return self.metres(points), self.inside(points[:, :2], points[:, :2])


def _keep_inside(shapes: _Shapes, selection: choice.Selection, place: _Place) -> None:
    """Drop what lies outside the cut-out; a building stays whole with all its parts."""
    if place.bbox is None:
        return
    for number, group in ((_BUILDINGS, selection.buildings), (_COVERS, selection.covers), (_RELIEF, selection.relief)):
        part = shapes.groups[number]
        low, high = np.full((len(group), 2), np.inf), np.full((len(group), 2), -np.inf)
        corner_owner = np.repeat(np.repeat(part.owner, np.diff(part.face)), np.diff(part.ring))
        np.minimum.at(low, corner_owner, shapes.vertices[part.index, :2])
        np.maximum.at(high, corner_owner, shapes.vertices[part.index, :2])
        touches = place.inside(low, high)
        roots = {item.root for item, yes in zip(group, touches, strict=True) if yes}
        keep = np.array([item.root in roots for item in group], dtype=bool)
        renumbered = np.cumsum(keep) - 1
        part = faces.subset(part, keep[part.owner] if len(part) else np.zeros(0, dtype=bool))
        shapes.groups[number] = faces.Faces(part.index, part.ring, part.face, part.kind, renumbered[part.owner])
        group[:] = [item for item, yes in zip(group, keep, strict=True) if yes]


def _city(
    path: Path,
    document: files.Document,
    selection: choice.Selection,
    shapes: _Shapes,
    place: _Place,
    notes: list[Note],
    job: Job | None,
) -> City:
    placement, vertices = place.placement, shapes.vertices
    system = placement.target
    source_id, sources = source_of(path, **_source_facts(document.metadata))
    parts: dict[str, Any] = {"sources": sources}
    _tell(job, 0.5, path)
    if selection.buildings:
        own = shapes.groups[_BUILDINGS]
        shape = buildings.shapes(vertices, own, len(selection.buildings))
        frame, said = buildings.table(document, selection.buildings, shape, source_id, system)
        _tell(job, 0.7, path)
        parts["surfaces"], cut = buildings.surfaces(vertices, own, shape, selection.buildings, frame, job)
        parts["buildings"] = buildings.conformed(frame)
        notes += [*said, *cut]
    _tell(job, 0.85, path)
    if selection.covers:
        own = shapes.groups[_COVERS]
        parts["cover"], said = surroundings.cover(document, selection.covers, vertices, own, source_id, system)
        notes += said
    if selection.covers or selection.relief:
        relief, ground = shapes.groups[_RELIEF], shapes.groups[_COVERS]
        parts["terrain"], said = surroundings.terrain(vertices, relief, ground, source_id, job)
        notes += said
    if selection.trees:
        found = surroundings.trees(document, selection.trees, place.tree, source_id, system, path.name)
        parts["trees"] = found[0]
        notes += found[1]
    name = path.name.split(".")[0]
    return City(name, system, placement.height_system, **parts)


def _source_facts(metadata: dict[str, Any]) -> dict[str, str]:
    """Return what the file says of itself, in the columns of ``sources``."""
    contact = metadata.get("pointOfContact")
    contact = contact if isinstance(contact, dict) else {}

    def said(where: dict[str, Any], *names: str) -> str:
        return next((where[name] for name in names if isinstance(where.get(name), str)), "")

    return {
        "title": said(metadata, "title", "datasetTitle"),
        "date": said(metadata, "referenceDate", "datasetReferenceDate"),
        "owner": said(contact, "organization", "contactName"),
        "contact": said(contact, "emailAddress", "website"),
        "licence": said(metadata, "licence", "license"),
    }
