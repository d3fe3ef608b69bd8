"""The faces of many geometries as flat arrays: rings of vertex indices, what each face is and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.cityjson.records import REACH
from twin.errors import BadInput

if TYPE_CHECKING:
    from twin.city.cityjson.document import Document
    from twin.city.cityjson.records import Geometry

GROUND, WALL, ROOF, OTHER, UNKNOWN = 0, 1, 2, 3, -1

_KINDS = {"GroundSurface": GROUND, "WallSurface": WALL, "RoofSurface": ROOF}
_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Faces:
    """Faces over an array of vertices.

    Attributes
    ----------
    index : array, shape (k,)
        Vertex of each corner, ring after ring (not closed).
    ring : array, shape (r + 1,)
        Where each ring begins in ``index``.
    face : array, shape (f + 1,)
        Where each face begins in ``ring``; its first ring is the outer one.
    kind : array, shape (f,)
        0 ground, 1 wall, 2 roof, 3 other, -1 not said.
    owner : array, shape (f,)
        Number of the object a face belongs to.
    """

    index: Ints
    ring: Ints
    face: Ints
    kind: Ints
    owner: Ints

    def __len__(self) -> int:
        return len(self.kind)


class Collector:
    """Gathers the faces of geometries one by one and turns them into arrays at the end."""

    def __init__(self, document: Document, path_name: str) -> None:
        self._document = document
        self._path = path_name
        self._flat: list[int] = []
        self._ring_size: list[int] = []
        self._face_rings: list[int] = []
        self._kind: list[int] = []
        self._pieces: list[tuple[int, int, int, int, str]] = []  # faces so far, owner, first vertex, count, id
        self._extra: list[Floats] = []
        self._extra_count = 0
        self.odd_semantics: list[str] = []

    def add(self, name: str, owner: int, geometry: Geometry) -> int:
        """Take the faces of a geometry (the outer shells of solids); return how many.

        Raises
        ------
        BadInput
            When its boundaries are not nested as its type demands.
        """
        before = len(self._kind)
        start, count = self._document.blocks[name]
        if geometry.type == "GeometryInstance":
            geometry, start, count = self._instance(name, geometry)
        depth = _DEPTH.get(geometry.type)
        if depth is None:
            return 0
        self._boundaries(name, geometry, depth)
        self._pieces.append((len(self._kind), owner, start, count, name))
        return len(self._kind) - before

    def _boundaries(self, name: str, geometry: Geometry, depth: int) -> None:
        semantics = geometry.semantics if isinstance(geometry.semantics, dict) else {}
        kinds = _surface_kinds(semantics.get("surfaces"))
        values = semantics.get("values")
        solids = [geometry.boundaries] if depth < 2 else geometry.boundaries
        of_solids = [values] if depth < 2 else values
        try:
            for i, solid in enumerate(solids):
                shell = solid if depth == 0 else solid[0] if solid else []
                said = _item(of_solids, i)
                self._shell(name, shell, said if depth == 0 else _item(said, 0), kinds)
        except (TypeError, KeyError) as error:
            raise BadInput(
                "{path}: object {object}: the boundaries are not nested as a {type} needs.",
                path=self._path, object=name[:80], type=geometry.type,
            ) from error  # fmt: skip

    def _shell(self, name: str, surfaces: Any, said: Any, kinds: list[int]) -> None:
        if type(surfaces) is not list:
            raise TypeError
        flat, sizes, rings_of, kind_of = self._flat, self._ring_size, self._face_rings, self._kind
        if said is not None and (type(said) is not list or len(said) != len(surfaces)):
            self.odd_semantics.append(name)
            said = None
        for i, surface in enumerate(surfaces):
            if type(surface) is not list:
                raise TypeError
            for ring in surface:
                if type(ring) is not list:
                    raise TypeError
                flat += ring
                sizes.append(len(ring))
            rings_of.append(len(surface))
            kind = UNKNOWN
            if said is not None and said[i] is not None:
                number = said[i]
                if type(number) is int and 0 <= number < len(kinds):
                    kind = kinds[number]
                else:
                    self.odd_semantics.append(name)
            kind_of.append(kind)

    def _instance(self, name: str, instance: Geometry) -> tuple[Geometry, int, int]:
        """Place a template: its vertices are turned, scaled and moved to the reference point."""
        number, templates = instance.template, self._document.templates
        if number is None or not 0 <= number < len(templates):
            raise BadInput("{path}: object {object}: there is no geometry template {number}.",
                           path=self._path, object=name[:80], number=number)  # fmt: skip
        placed = placed_template(self._document, name, instance, self._path)
        start = len(self._document.vertices) + self._extra_count
        self._extra.append(placed)
        self._extra_count += len(placed)
        return templates[number], start, len(placed)

    def arrays(self) -> tuple[Floats, Faces]:
        """Return all vertices (placed templates behind the file's own) and the faces, indices checked.

        Raises
        ------
        BadInput
            When an index is no whole number or points to no vertex.
        """
        vertices = np.concatenate([self._document.vertices, *self._extra])
        ring = np.concatenate([[0], np.cumsum(np.array(self._ring_size, dtype=np.int64))]).astype(np.int64)
        face = np.concatenate([[0], np.cumsum(np.array(self._face_rings, dtype=np.int64))]).astype(np.int64)
        ends = np.array([piece[0] for piece in self._pieces], dtype=np.int64)
        per_piece = np.diff(ends, prepend=0)
        piece_of_face = np.repeat(np.arange(len(self._pieces)), per_piece)
        piece_of_index = np.repeat(np.repeat(piece_of_face, np.diff(face)), np.diff(ring))
        index = self._whole_numbers(piece_of_index)
        start = np.array([piece[2] for piece in self._pieces], dtype=np.int64)
        count = np.array([piece[3] for piece in self._pieces], dtype=np.int64)
        wrong = (index < 0) | (index >= count[piece_of_index]) if len(index) else np.zeros(0, dtype=bool)
        if wrong.any():
            first = int(np.argmax(wrong))
            piece = self._pieces[int(piece_of_index[first])]
            raise BadInput("{path}: object {object}: vertex {index} does not exist; there are {count}.",
                           path=self._path, object=piece[4][:80], index=int(index[first]), count=piece[3])  # fmt: skip
        owner = np.array([piece[1] for piece in self._pieces], dtype=np.int64)[piece_of_face]
        kind = np.array(self._kind, dtype=np.int64)
        shifted = index + start[piece_of_index] if len(index) else index
        return vertices, _without_repeats(Faces(shifted, ring, face, kind, owner))

    def _whole_numbers(self, piece_of_index: Ints) -> Ints:
        try:
            index = np.array(self._flat) if self._flat else np.empty(0, dtype=np.int64)
            if index.ndim == 1 and index.dtype.kind == "i":
                return index.astype(np.int64)
        except (ValueError, OverflowError):
            pass  # numpy cannot make one array of such a mixture; which item it is, is found below
        for i, item in enumerate(self._flat):
            if type(item) is not int or abs(item) > 2**62:
                name = self._pieces[int(piece_of_index[i])][4]
                raise BadInput("{path}: object {object}: a vertex number was expected, not {item}.",
                               path=self._path, object=name[:80], item=repr(item)[:40])  # fmt: skip
        return np.array(self._flat, dtype=np.int64)


def placed_template(document: Document, name: str, instance: Geometry, path_name: str) -> Floats:
    """Return the vertices of a placed template, shape (m, 3).

    Raises
    ------
    BadInput
        When the matrix or the reference point is wrong.
    """
    point = reference_point(document, name, instance, path_name)
    m = instance_matrix(name, instance, path_name)
    return np.asarray(document.template_vertices @ m[:3, :3].T + m[:3, 3] + point, dtype=np.float64)


def instance_matrix(name: str, instance: Geometry, path_name: str) -> Floats:
    """Return the matrix of an instance, shape (4, 4); it works before the move to the reference point."""
    matrix = instance.transformationMatrix or np.eye(4).ravel().tolist()
    if len(matrix) != 16:
        raise BadInput("{path}: object {object}: a transformation matrix has 16 numbers, not {count}.",
                       path=path_name, object=name[:80], count=len(matrix))  # fmt: skip
    m = np.array(matrix, dtype=np.float64).reshape(4, 4)
    if not (np.abs(m) < REACH).all():
        raise BadInput("{path}: object {object}: its transformation matrix leads out of the world.",
                       path=path_name, object=name[:80])  # fmt: skip
    return m


def reference_point(document: Document, name: str, instance: Geometry, path_name: str) -> Floats:
    """Return where a template is placed, shape (3,)."""
    start, count = document.blocks[name]
    index = instance.boundaries[0] if len(instance.boundaries) == 1 else None
    if type(index) is not int or not 0 <= index < count:
        raise BadInput("{path}: object {object}: a geometry instance needs one vertex as its place.",
                       path=path_name, object=name[:80])  # fmt: skip
    return np.asarray(document.vertices[start + index], dtype=np.float64)


def _surface_kinds(surfaces: Any) -> list[int]:
    if not isinstance(surfaces, list):
        return []
    return [_KINDS.get(str(surface.get("type")), OTHER) if isinstance(surface, dict) else UNKNOWN
            for surface in surfaces]  # fmt: skip


def _item(values: Any, i: int) -> Any:
    return values[i] if isinstance(values, list) and i < len(values) else None


def _without_repeats(faces: Faces) -> Faces:
    """Drop corners that repeat the one before them (also over the end), rings of fewer than three, empty faces."""
    if not len(faces.index):
        return _kept(faces, np.zeros(0, dtype=bool), np.zeros(len(faces.ring) - 1, dtype=bool))
    sizes = np.diff(faces.ring)
    before = np.roll(faces.index, 1)
    filled = sizes > 0
    before[faces.ring[:-1][filled]] = faces.index[faces.ring[1:][filled] - 1]
    corner = faces.index != before
    kept_sizes = np.add.reduceat(np.append(corner, False).astype(np.int64), faces.ring[:-1])
    kept_sizes[~filled] = 0
    ring = kept_sizes >= 3
    if corner.all() and ring.all() and (np.diff(faces.face) > 0).all():
        return faces
    return _kept(faces, corner, ring)


def _kept(faces: Faces, corner: NDArray[np.bool_], ring: NDArray[np.bool_]) -> Faces:
    sizes = np.diff(faces.ring)
    per_face = np.diff(faces.face)
    outer = np.zeros(len(per_face), dtype=bool)
    has = per_face > 0
    outer[has] = ring[faces.face[:-1][has]]
    ring = ring & np.repeat(outer, per_face)
    corner = corner & np.repeat(ring, sizes)
    ring_of_corner = np.repeat(np.arange(len(sizes)), sizes)
    new_sizes = np.bincount(ring_of_corner[corner], minlength=len(sizes))[ring]
    face_of_ring = np.repeat(np.arange(len(per_face)), per_face)
    new_per_face = np.bincount(face_of_ring[ring], minlength=len(per_face))[outer]
    return Faces(
        faces.index[corner],
        np.concatenate([[0], np.cumsum(new_sizes)]).astype(np.int64),
        np.concatenate([[0], np.cumsum(new_per_face)]).astype(np.int64),
        faces.kind[outer],
        faces.owner[outer],
    )


def subset(faces: Faces, which: NDArray[np.bool_]) -> Faces:
    """Return the faces that a mask of shape (f,) names."""
    per_face, sizes = np.diff(faces.face), np.diff(faces.ring)
    ring = np.repeat(which, per_face)
    corner = np.repeat(ring, sizes)
    return Faces(
        faces.index[corner],
        np.concatenate([[0], np.cumsum(sizes[ring])]).astype(np.int64),
        np.concatenate([[0], np.cumsum(per_face[which])]).astype(np.int64),
        faces.kind[which],
        faces.owner[which],
    )


def area_vectors(vertices: Floats, faces: Faces) -> Floats:
    """Return the area vector of each face's outer ring, shape (f, 3) [m²]: its direction is the face's normal.

    Newell's method about the ring's first corner, so that large coordinates lose nothing.
    """
    if not len(faces):
        return np.empty((0, 3))
    sizes = np.diff(faces.ring)
    first = np.repeat(faces.index[faces.ring[:-1]], sizes)
    p = vertices[faces.index] - vertices[first]
    after = np.arange(1, len(p) + 1)
    after[faces.ring[1:] - 1] = faces.ring[:-1]
    rings = 0.5 * np.add.reduceat(np.cross(p, p[after]), faces.ring[:-1], axis=0)
    return np.asarray(rings[faces.face[:-1]], dtype=np.float64)


def height_range(vertices: Floats, faces: Faces) -> tuple[Floats, Floats]:
    """Return lowest and highest z of each face, shape (f,) each."""
    if not len(faces):
        return np.empty(0), np.empty(0)
    z = vertices[faces.index, 2]
    begins = faces.ring[faces.face[:-1]]
    return np.minimum.reduceat(z, begins), np.maximum.reduceat(z, begins)


def polygons(vertices: Floats, faces: Faces) -> NDArray[Any]:
    """Return the faces seen from above as shapely polygons with their holes, valid or not, shape (f,)."""
    if not len(faces):
        return np.empty(0, dtype=object)
    sizes = np.diff(faces.ring)
    ring_of = np.repeat(np.arange(len(sizes)), sizes)
    coordinates = np.empty((len(faces.index) + len(sizes), 2))
    coordinates[np.arange(len(faces.index)) + ring_of] = vertices[faces.index, :2]
    coordinates[faces.ring[1:] + np.arange(len(sizes))] = vertices[faces.index[faces.ring[:-1]], :2]
    ring = faces.ring + np.arange(len(faces.ring))
    made = shapely.from_ragged_array(shapely.GeometryType.POLYGON, coordinates, (ring, faces.face))
    return np.asarray(made, dtype=object)
