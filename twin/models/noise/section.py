"""Cutting a scene by a vertical plane: the profile of ground and roofs, and the edges that stand out of it."""

from __future__ import annotations

import math

import numpy as np

from twin.models.compile import kernel, part
from twin.models.noise.vertical import BUILT, TERRAIN

NEAR = 1e-7
"""Length [m] below which two breaks of a profile are one."""
RIM = 1e-6
"""Distance [m] from an outline that still counts as outside it."""
FLAT = 1e-9
"""Change of slope below which the ground does not bend."""


@part
def inside(x, y, ring):  # type: ignore[no-untyped-def]
    """Whether a point lies within a ring (n, 2); its outline does not belong to it."""
    odd = False
    n = len(ring)
    j = n - 1
    for i in range(n):
        ax, ay, bx, by = ring[j, 0], ring[j, 1], ring[i, 0], ring[i, 1]
        j = i
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        t = 0.0 if square == 0 else min(max(((x - ax) * dx + (y - ay) * dy) / square, 0.0), 1.0)
        if math.hypot(x - ax - t * dx, y - ay - t * dy) < RIM:
            return False
        if (ay > y) != (by > y) and x < ax + dx * (y - ay) / dy:
            odd = not odd
    return odd


@part
def meets(ax, ay, ux, uy, length, px, py, qx, qy):  # type: ignore[no-untyped-def]
    """Return where the ray from A along the unit vector u meets the segment PQ: [m] along the ray, share of PQ.

    The first is negative where they do not meet within ``length``; parallel ones never do.
    """
    dx, dy = qx - px, qy - py
    across = ux * dy - uy * dx
    if abs(across) < 1e-12 * (abs(dx) + abs(dy)) or (dx == 0 and dy == 0):
        return -1.0, 0.0
    t = ((px - ax) * dy - (py - ay) * dx) / across
    s = ((px - ax) * uy - (py - ay) * ux) / across
    slack = RIM / math.hypot(dx, dy)
    if t < -NEAR or t > length + NEAR or s < -slack or s > 1 + slack:
        return -1.0, 0.0
    return min(max(t, 0.0), length), min(max(s, 0.0), 1.0)


@part
def terrain_at(x, y, mesh, rim):  # type: ignore[no-untyped-def]
    """Return the height [m] of the terrain: on the triangles, beyond them as at the nearest point of their rim."""
    if len(mesh) == 0:
        return 0.0
    for k in range(len(mesh)):
        ax, ay, az = mesh[k, 0], mesh[k, 1], mesh[k, 2]
        bx, by, cx, cy = mesh[k, 3] - ax, mesh[k, 4] - ay, mesh[k, 6] - ax, mesh[k, 7] - ay
        det = bx * cy - by * cx
        if det == 0:
            continue
        u, v = ((x - ax) * cy - (y - ay) * cx) / det, (bx * (y - ay) - by * (x - ax)) / det
        if u >= -NEAR and v >= -NEAR and u + v <= 1 + NEAR:
            return az + u * (mesh[k, 5] - az) + v * (mesh[k, 8] - az)
    best, z = np.inf, 0.0
    for k in range(len(rim)):
        dx, dy = rim[k, 3] - rim[k, 0], rim[k, 4] - rim[k, 1]
        square = dx * dx + dy * dy
        t = min(max(((x - rim[k, 0]) * dx + (y - rim[k, 1]) * dy) / square, 0.0), 1.0) if square > 0 else 0.0
        away = math.hypot(x - rim[k, 0] - t * dx, y - rim[k, 1] - t * dy)
        if away < best:
            best, z = away, rim[k, 2] + t * (rim[k, 5] - rim[k, 2])
    return z


@part
def _breaks(ax, ay, ux, uy, length, outlines, outline_at, covers, cover_at, mesh):  # type: ignore[no-untyped-def]
    """Return sorted positions [m] where anything changes along a leg, its ends among them."""
    most = 2 + len(outlines) + len(covers) + 3 * len(mesh)
    at = np.empty(most)
    at[0], at[1], n = 0.0, length, 2
    for points, starts in ((outlines, outline_at), (covers, cover_at)):
        for r in range(len(starts) - 1):
            j = starts[r + 1] - 1
            for i in range(starts[r], starts[r + 1]):
                t, _ = meets(ax, ay, ux, uy, length, points[j, 0], points[j, 1], points[i, 0], points[i, 1])
                j = i
                if t >= 0:
                    at[n] = t
                    n += 1
    for k in range(len(mesh)):
        for e in range(3):
            i, j = 3 * e, 3 * ((e + 1) % 3)
            t, _ = meets(ax, ay, ux, uy, length, mesh[k, i], mesh[k, i + 1], mesh[k, j], mesh[k, j + 1])
            if t >= 0:
                at[n] = t
                n += 1
    at = np.sort(at[:n])
    kept = 1
    for i in range(1, n):
        if at[i] - at[kept - 1] > NEAR:
            at[kept] = at[i]
            kept += 1
    at[kept - 1] = length
    return at[:kept]


@kernel(
    "Tuple((f8[:,::1], f8[:,::1]))(f8, f8, f8, f8, f8, f8[:,::1], i8[::1], f8[:,::1], i8[::1], f8[::1],"
    " f8[:,::1], i8[::1], f8[::1], f8, f8[:,::1], f8[:,::1])"
)
def leg(  # type: ignore[no-untyped-def]
    ax, ay, bx, by, start, faces, owner, outlines, outline_at, tops, covers, cover_at, cover_g, default_g, mesh, rim
):  # fmt: skip
    """Cut the scene from A to B; returns pieces of the profile and its edges.

    Parameters
    ----------
    ax, ay, bx, by : float [m]
    start : float [m]
        Position of A in the unfolded profile.
    faces, owner, outlines, outline_at, tops, covers, cover_at, cover_g, default_g, mesh, rim
        Arrays of :class:`twin.models.noise.scene.Scene`.

    Returns
    -------
    array, shape (n, 5)
        Pieces of ground and roof: x0, z0, x1, z1 [m], G; a roof is hard (G = 0).
    array, shape (m, 3)
        Points where the profile bends or jumps and tops of screens: x, z [m], kind; sorted by x.
    """
    length = math.hypot(bx - ax, by - ay)
    if length <= NEAR:
        return np.empty((0, 5)), np.empty((0, 3))
    ux, uy = (bx - ax) / length, (by - ay) / length
    at = _breaks(ax, ay, ux, uy, length, outlines, outline_at, covers, cover_at, mesh)
    n = len(at) - 1
    seg = np.empty((n, 5))
    roof = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        t0, t1 = at[i], at[i + 1]
        x, y = ax + ux * (t0 + t1) / 2, ay + uy * (t0 + t1) / 2
        seg[i, 0], seg[i, 2] = start + t0, start + t1
        # the terrain is straight in between: asked a little inside, where there is one triangle only
        near, far = t0 + (t1 - t0) / 4, t1 - (t1 - t0) / 4
        z0 = terrain_at(ax + ux * near, ay + uy * near, mesh, rim)
        z1 = terrain_at(ax + ux * far, ay + uy * far, mesh, rim)
        seg[i, 1], seg[i, 3] = z0 - (z1 - z0) / 2, z1 + (z1 - z0) / 2
        seg[i, 4] = default_g
        for c in range(len(cover_g)):
            if inside(x, y, covers[cover_at[c] : cover_at[c + 1]]):
                seg[i, 4] = cover_g[c]
                break
        for b in range(len(tops)):
            if tops[b] > max(seg[i, 1], seg[i, 3]) and inside(x, y, outlines[outline_at[b] : outline_at[b + 1]]):
                seg[i, 1], seg[i, 3], seg[i, 4] = tops[b], tops[b], 0.0
                roof[i] = True
    return seg, _edges(seg, roof, ax, ay, ux, uy, length, start, faces, owner)


@part
def _edges(seg, roof, ax, ay, ux, uy, length, start, faces, owner):  # type: ignore[no-untyped-def]
    n = len(seg)
    edges = np.empty((n + len(faces) + 1, 3))
    m = 0
    for i in range(1, n):
        before = (seg[i - 1, 3] - seg[i - 1, 1]) / (seg[i - 1, 2] - seg[i - 1, 0])
        after = (seg[i, 3] - seg[i, 1]) / (seg[i, 2] - seg[i, 0])
        if abs(seg[i, 1] - seg[i - 1, 3]) > FLAT or abs(after - before) > FLAT:
            edges[m, 0], edges[m, 1] = seg[i, 0], max(seg[i, 1], seg[i - 1, 3])
            edges[m, 2] = BUILT if roof[i] or roof[i - 1] else TERRAIN
            m += 1
    for f in range(len(faces)):
        if owner[f] >= 0:
            continue
        t, s = meets(ax, ay, ux, uy, length, faces[f, 0], faces[f, 1], faces[f, 2], faces[f, 3])
        if t > RIM and t < length - RIM:
            edges[m, 0], edges[m, 2] = start + t, BUILT
            edges[m, 1] = faces[f, 4] + s * (faces[f, 5] - faces[f, 4])
            m += 1
    edges = edges[:m]
    return edges[np.argsort(edges[:, 0])]
