"""Camera motion as pure functions from pose to pose, and the projection of a pose.

Angles in degrees, lengths in metres, coordinates in the City's system; :class:`twin.state.Pose` says what a
pose is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.state import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

Point = tuple[float, float, float]
Bounds = tuple[float, float, float, float]
HeightAt = Callable[[float, float], float]

VIEW_ANGLE = 32.0
"""Vertical opening angle [°] of the perspective camera."""
MIN_DISTANCE, MAX_DISTANCE = 8.0, 200_000.0
MIN_ELEVATION, MAX_ELEVATION = 2.0, 90.0
_SLOPE = math.tan(math.radians(VIEW_ANGLE / 2))
_EYE_CLEARANCE = 1.6


def visible_height(pose: Pose) -> float:
    """Return the height [m] of what the window shows at the focus."""
    return pose.distance if pose.top else 2 * _SLOPE * pose.distance


def direction(pose: Pose) -> NDArray[np.float64]:
    """Return the unit vector in which the camera looks."""
    azimuth = math.radians(pose.azimuth)
    elevation = math.radians(90.0 if pose.top else pose.elevation)
    flat = math.cos(elevation)
    return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, -math.sin(elevation)])


def axes(pose: Pose) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors right, up and forward of the camera."""
    forward = direction(pose)
    azimuth = math.radians(pose.azimuth)
    right = np.array([math.cos(azimuth), -math.sin(azimuth), 0.0])
    return right, np.cross(right, forward), forward


def eye(pose: Pose) -> NDArray[np.float64]:
    """Return where the camera stands; in parallel projection a point high above the focus."""
    back = max(4 * pose.distance, 2000.0) if pose.top else pose.distance
    return np.asarray(pose.focus) - direction(pose) * back


@dataclass(frozen=True)
class Projection:
    """A pose in a window: from pixels to rays and from points to pixels.

    Parameters
    ----------
    pose : Pose
    size : (width, height)
        Device pixels; pixel coordinates have their origin at the top left.
    """

    pose: Pose
    size: tuple[int, int]

    def ray(self, px: float, py: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return origin and unit direction of the line of sight through a pixel."""
        width, height = self.size
        right, up, forward = axes(self.pose)
        half = visible_height(self.pose) / 2
        x = (2 * px - width) / height * half
        y = (height - 2 * py) / height * half
        if self.pose.top:
            return eye(self.pose) + right * x + up * y, forward
        heading = forward * self.pose.distance + right * x + up * y
        return eye(self.pose), heading / np.linalg.norm(heading)

    def pixels(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return pixel positions, shape (n, 2), and depths [m] along the view; depth ≤ 0 is behind the eye."""
        right, up, forward = axes(self.pose)
        offset = np.asarray(points, dtype=float).reshape(-1, 3) - eye(self.pose)
        depth = offset @ forward
        width, height = self.size
        if self.pose.top:
            scale = np.full(len(offset), height / self.pose.distance)
        else:
            scale = height / (2 * _SLOPE * np.maximum(depth, 1e-6))
        at = np.stack([width / 2 + offset @ right * scale, height / 2 - offset @ up * scale], axis=1)
        return at, depth

    def metres_per_pixel(self, depth: float | None = None) -> float:
        """Return the size [m] of a pixel at a depth, by default at the focus."""
        if self.pose.top or depth is None:
            return visible_height(self.pose) / self.size[1]
        return 2 * _SLOPE * depth / self.size[1]


def orbit(pose: Pose, azimuth: float, elevation: float) -> Pose:
    """Turn around the focus by two angles [°]; the horizon is never crossed. A top view only turns."""
    turned = (pose.azimuth + azimuth) % 360.0
    if pose.top:
        return dataclasses.replace(pose, azimuth=turned)
    lifted = min(max(pose.elevation + elevation, MIN_ELEVATION), MAX_ELEVATION)
    return dataclasses.replace(pose, azimuth=turned, elevation=lifted)


def pan(pose: Pose, grabbed: Point, now: Point) -> Pose:
    """Move so that the ground point that was grabbed lies where the pointer is now."""
    x, y, z = pose.focus
    return dataclasses.replace(pose, focus=(x + grabbed[0] - now[0], y + grabbed[1] - now[1], z))


def move(pose: Pose, right: float, ahead: float) -> Pose:
    """Move over the ground by fractions of the visible height (arrow keys)."""
    reach = visible_height(pose)
    azimuth = math.radians(pose.azimuth)
    x, y, z = pose.focus
    dx = (right * math.cos(azimuth) + ahead * math.sin(azimuth)) * reach
    dy = (-right * math.sin(azimuth) + ahead * math.cos(azimuth)) * reach
    return dataclasses.replace(pose, focus=(x + dx, y + dy, z))


def zoom(pose: Pose, factor: float, about: Point | None = None) -> Pose:
    """Come nearer (factor < 1) or go away, with the point under the pointer staying where it is."""
    distance = min(max(pose.distance * factor, MIN_DISTANCE), MAX_DISTANCE)
    if about is None:
        return dataclasses.replace(pose, distance=distance)
    ratio = distance / pose.distance
    focus = tuple(a + (f - a) * ratio for f, a in zip(pose.focus, about, strict=True))
    return dataclasses.replace(pose, distance=distance, focus=(focus[0], focus[1], focus[2]))


def whole(
    bounds: Bounds,
    aspect: float,
    *,
    azimuth: float = 0.0,
    elevation: float = 40.0,
    top: bool = False,
    ground: float = 0.0,
) -> Pose:
    """Return a pose that shows an extent.

    Parameters
    ----------
    bounds : (west, south, east, north) [m]
    aspect : float
        Width of the window divided by its height.
    azimuth, elevation : float [°]
    top : bool
        Parallel from above.
    ground : float [m]
        Height of the focus.
    """
    west, south, east, north = bounds
    focus = ((west + east) / 2, (south + north) / 2, ground)
    turn = math.radians(azimuth)
    wide, deep = max(east - west, 1.0), max(north - south, 1.0)
    across = abs(wide * math.cos(turn)) + abs(deep * math.sin(turn))
    along = abs(wide * math.sin(turn)) + abs(deep * math.cos(turn))
    if top:
        return Pose(focus, max(along, across / aspect, 40.0) * 1.04, azimuth % 360, 90.0, True)
    lean = math.radians(elevation)
    # Near edge and far edge of the extent must both lie inside the opening angle.
    nearness = along / 2 * math.cos(lean)
    by_depth = along / 2 * math.sin(lean) / _SLOPE + nearness
    by_width = across / 2 / (_SLOPE * aspect) + nearness * 0.6
    distance = min(max(by_depth, by_width, 60.0) * 0.98, MAX_DISTANCE)
    return Pose(focus, distance, azimuth % 360, elevation)


def top(pose: Pose) -> Pose:
    """Look straight down in parallel projection with a true scale; what was visible stays visible."""
    if pose.top:
        return pose
    return dataclasses.replace(pose, distance=visible_height(pose), elevation=90.0, top=True)


def tilt(pose: Pose, elevation: float = 45.0) -> Pose:
    """Look obliquely again after a top view (or set the elevation of an oblique one)."""
    distance = pose.distance / (2 * _SLOPE) if pose.top else pose.distance
    return dataclasses.replace(pose, distance=distance, elevation=elevation, top=False)


def north(pose: Pose) -> Pose:
    """Turn so that north is up."""
    return dataclasses.replace(pose, azimuth=0.0)


def fly(start: Pose, end: Pose, t: float) -> Pose:
    """Return the pose at a fraction of a smooth flight (0 start, 1 end).

    The path is the optimal one for zooming and panning with ρ = 1.4, eq. 9 of van Wijk & Nuij (2003), "Smooth
    and efficient zooming and panning", InfoVis, doi:10.1109/INFVIS.2003.1249004; angles are eased beside it.
    """
    if t <= 0:
        return start
    if t >= 1:
        return end
    if start.top != end.top:
        # A parallel view is flown as the perspective from straight above that shows the same.
        oblique_start = tilt(start, 90.0) if start.top else start
        oblique_end = tilt(end, 90.0) if end.top else end
        return fly(oblique_start, oblique_end, t)
    eased = t * t * (3 - 2 * t)
    share, distance = _wijk_nuij(start, end, eased)
    a, b = np.asarray(start.focus), np.asarray(end.focus)
    focus = a + (b - a) * share
    turn = (end.azimuth - start.azimuth + 180.0) % 360.0 - 180.0
    return Pose(
        (float(focus[0]), float(focus[1]), float(focus[2])),
        distance,
        (start.azimuth + turn * eased) % 360.0,
        start.elevation + (end.elevation - start.elevation) * eased,
        start.top,
    )


def flight_seconds(start: Pose, end: Pose) -> float:
    """Return how long a flight should take: 0.25–1.4 s by how far it is in terms of what is visible."""
    apart = math.dist(start.focus[:2], end.focus[:2]) / max(min(start.distance, end.distance), 1.0)
    zooming = abs(math.log(end.distance / start.distance))
    turn = abs((end.azimuth - start.azimuth + 180.0) % 360.0 - 180.0) / 90.0
    return min(1.4, 0.25 + 0.35 * math.log1p(apart) + 0.2 * zooming + 0.15 * turn)


def _wijk_nuij(start: Pose, end: Pose, t: float) -> tuple[float, float]:
    rho = 1.4
    w0, w1 = start.distance, end.distance
    u1 = math.dist(start.focus, end.focus)
    if u1 < 1e-6 * max(w0, w1):
        return t, w0 * (w1 / w0) ** t
    b0 = (w1 * w1 - w0 * w0 + rho**4 * u1 * u1) / (2 * w0 * rho**2 * u1)
    b1 = (w1 * w1 - w0 * w0 - rho**4 * u1 * u1) / (2 * w1 * rho**2 * u1)
    r0, r1 = -math.asinh(b0), -math.asinh(b1)
    s = (r1 - r0) / rho * t
    share = w0 / (rho**2 * u1) * (math.cosh(r0) * math.tanh(rho * s + r0) - math.sinh(r0))
    return share, w0 * math.cosh(r0) / math.cosh(rho * s + r0)


def clear_of_ground(pose: Pose, height_at: HeightAt) -> Pose:
    """Lift a pose whose eye would be under the ground (or nearer to it than a person's eyes).

    Parameters
    ----------
    pose : Pose
    height_at : function of (x, y) [m]
        Height of the ground; not a number where it is unknown.
    """
    if pose.top:
        return pose
    for _ in range(48):
        at = eye(pose)
        ground = height_at(float(at[0]), float(at[1]))
        if math.isnan(ground) or at[2] >= ground + _EYE_CLEARANCE:
            return pose
        lack = ground + _EYE_CLEARANCE - float(at[2])
        if pose.elevation < 80.0:
            angle = math.degrees(math.asin(min(1.0, lack / pose.distance)))
            pose = dataclasses.replace(pose, elevation=min(pose.elevation + max(angle, 0.5), MAX_ELEVATION))
        else:
            x, y, z = pose.focus
            pose = dataclasses.replace(pose, focus=(x, y, z + lack))
    return pose


def inside(pose: Pose, bounds: tuple[float, float, float, float], margin: float = 1.0) -> Pose:
    """Keep the focus within an extent widened by ``margin`` times its size, so that nobody gets lost."""
    west, south, east, north_ = bounds
    reach = margin * max(east - west, north_ - south, 100.0)
    x = min(max(pose.focus[0], west - reach), east + reach)
    y = min(max(pose.focus[1], south - reach), north_ + reach)
    return pose if (x, y) == pose.focus[:2] else dataclasses.replace(pose, focus=(x, y, pose.focus[2]))


def around(pose: Pose, box: Bounds, aspect: float, ground: float, height: float = 0.0, margin: float = 0.6) -> Pose:
    """Return the pose from which an extent, with what stands on it, fills a good part of the view.

    Parameters
    ----------
    pose : Pose
        Where the camera is; it goes on looking in the same direction, though not flatter than 60° allows.
    box : (west, south, east, north) [m]
        The extent.
    aspect : float
        Width of the view over its height.
    ground, height : float [m]
        Level of the ground there, and of what stands on it.
    margin : float
        What is seen around it, as a part of its size.
    """
    west, south, east, north = box
    margin *= max(east - west, north - south, 60.0, 1.5 * height)
    wider = (west - margin, south - margin, east + margin, north + margin)
    return whole(
        wider, aspect, azimuth=pose.azimuth, elevation=min(pose.elevation, 60.0), top=pose.top,
        ground=ground + height / 2,
    )  # fmt: skip


def approach(pose: Pose, point: Point) -> Pose:
    """Return the pose that looks at a point from closer, in the same direction."""
    distance = max(min(pose.distance * 0.45, 1500.0), min(pose.distance, 120.0))
    return Pose(point, distance, pose.azimuth, pose.elevation, pose.top)
