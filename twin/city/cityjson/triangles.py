"""Faces in space cut into triangles, each on its own dominant plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import mapbox_earcut
import numpy as np

from twin.city.cityjson.faces import Faces, Floats, Ints, area_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.jobs import Job

FLAT = 1e-4
"""Faces of less area [m²] have no direction and are left out."""


class Triangles(NamedTuple):
    """Triangles (t, 3) of vertex indices, the face of each (t,), and how many faces could not be cut."""

    corners: Ints
    face: Ints
    degenerate: int


def triangulate(vertices: Floats, faces: Faces, job: Job | None = None) -> Triangles:
    """Cut faces into triangles that keep their face's winding; holes stay open.

    Triangles are taken as they are, convex quadrilaterals are halved in one go, the rest is cut by earcut.

    Parameters
    ----------
    vertices : array, shape (n, 3)
        Coordinates.
    faces : Faces
        Faces over them.
    job : Job, optional
        Asked now and then whether to stop.

    Returns
    -------
    Triangles
    """
    if not len(faces):
        return Triangles(np.empty((0, 3), dtype=np.int64), np.empty(0, dtype=np.int64), 0)
    normal = area_vectors(vertices, faces)
    fine = np.linalg.norm(normal, axis=1) >= FLAT
    rings = np.diff(faces.face)
    begins = faces.ring[faces.face[:-1]]
    size = faces.ring[faces.face[:-1] + 1] - begins
    numbers = np.arange(len(faces))
    three = numbers[fine & (rings == 1) & (size == 3)]
    four = numbers[fine & (rings == 1) & (size == 4)]
    corners = [faces.index[begins[three][:, None] + np.arange(3)]]
    owners = [three]
    quads = faces.index[begins[four][:, None] + np.arange(4)]
    convex = _convex(vertices, quads, normal[four])
    corners.append(quads[convex][:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))
    owners.append(np.repeat(four[convex], 2))
    done = np.zeros(len(faces), dtype=bool)
    done[three] = done[four[convex]] = True
    failed = int((~fine).sum())
    for count, number in enumerate(numbers[fine & ~done].tolist()):
        if job is not None and count % 2000 == 0:
            job.check()
        cut = _earcut(vertices, faces, number, normal[number])
        if len(cut):
            corners.append(cut)
            owners.append(np.full(len(cut), number))
        else:
            failed += 1
    found, face = np.concatenate(corners), np.concatenate(owners)
    return Triangles(_wound(vertices, found, normal[face]), face, failed)


def _plane(normal: Floats) -> NDArray[np.int64]:
    """Return the two axes to keep of each face: those across its normal's largest part."""
    axes: NDArray[np.int64] = np.array([[1, 2], [2, 0], [0, 1]])[np.argmax(np.abs(normal), axis=-1)]
    return axes


def _convex(vertices: Floats, quads: Ints, normal: Floats) -> NDArray[np.bool_]:
    if not len(quads):
        return np.zeros(0, dtype=bool)
    p = vertices[quads] - vertices[quads[:, :1]]
    axes = _plane(normal)
    u = np.take_along_axis(p, axes[:, None, :1], axis=2)[:, :, 0]
    v = np.take_along_axis(p, axes[:, None, 1:], axis=2)[:, :, 0]
    du, dv = np.roll(u, -1, axis=1) - u, np.roll(v, -1, axis=1) - v
    turn = du * np.roll(dv, -1, axis=1) - dv * np.roll(du, -1, axis=1)
    return np.asarray((turn > 1e-9).all(axis=1) | (turn < -1e-9).all(axis=1))


def _earcut(vertices: Floats, faces: Faces, number: int, normal: Floats) -> Ints:
    rings = faces.ring[faces.face[number] : faces.face[number + 1] + 1]
    index = faces.index[rings[0] : rings[-1]]
    p = vertices[index]
    flat = np.ascontiguousarray((p - p[0])[:, _plane(normal)])
    cut = mapbox_earcut.triangulate_float64(flat, (rings[1:] - rings[0]).astype(np.uint32))
    return np.asarray(index[cut.astype(np.int64)].reshape(-1, 3), dtype=np.int64)


def _wound(vertices: Floats, corners: Ints, normal: Floats) -> Ints:
    """Turn triangles round that look away from their face's normal."""
    a, b, c = (vertices[corners[:, i]] for i in range(3))
    away = np.einsum("ij,ij->i", np.cross(b - a, c - a), normal) < 0
    corners[away] = corners[away][:, [0, 2, 1]]
    return corners
