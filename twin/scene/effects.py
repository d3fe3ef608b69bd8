"""Beyond the plain map: the sun of a time, a section, finer light and a free sight where the eye rests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.scene import sun
from twin.scene.meshing.ground import SUN
from twin.scene.meshing.near_shade import NearShade

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.scene.draw.scenery import Scenery
    from twin.scene.meshing.shadow import Shade
    from twin.scene.picking import Picker
    from twin.state import Plane, Point

    Aside = Callable[[Callable[[], Shade | None], Callable[[Shade | None], None]], None]

_PLAIN_CAST, _DATED_CAST = 0.62, 1.05
"""How dark cast shadows are: as a hint of height, and where they are what is asked for."""
_GHOSTS = 12
"""Buildings selected at most for what hides them to be seen through."""
_ALONG = 160
"""Places along selected streets that are looked at, at most."""


_LOOKED_AT = np.array(
    [(0.5, 0.5, 0.5), (0.5, 0.5, 0.95)] + [(x, y, z) for x in (0.1, 0.9) for y in (0.1, 0.9) for z in (0.3, 0.9)]
)
"""Places in the box of what is selected that should be seen."""


class Effects:
    """Effects of one view; kept when the city in it is another."""

    def __init__(self) -> None:
        self._sun: tuple[float, float] | None = None
        self._section: Plane | None = None
        self._scenery: Scenery | None = None
        self._shade: NearShade | None = None
        self._square: tuple[object, ...] = ()

    def attach(self, scenery: Scenery, sun: tuple[float, float] | None, section: Plane | None) -> None:
        """Take the scenery whose light is to be set, with its sun and section; again when its mesh is another."""
        self._scenery = scenery
        self._shade = NearShade(scenery.mesh)
        self._square = ()
        self.set_sun(sun)
        self.set_section(section)

    def set_sun(self, position: tuple[float, float] | None) -> None:
        """Light the city from azimuth and elevation [°] (:func:`twin.scene.sun.position`); None: as a map is lit."""
        changed, self._sun = position != self._sun, position
        if self._scenery is None or self._shade is None:
            return
        azimuth, elevation = position or SUN
        mesh = self._scenery.mesh
        if changed or position is not None:
            west, south, east, north = mesh.bounds
            middle = ((west + east) / 2 - mesh.origin[0], (south + north) / 2 - mesh.origin[1])
            half = max(east - west, north - south) / 2 + 60.0
            found = None if position is None else self._shade.around(middle, half, position, math.inf)
            self._scenery.cast(found or mesh.shade)
            self._scenery.cast_near(None)
            self._square = ()
        day = float(np.clip((elevation + 2.0) / 6.0, 0.0, 1.0))
        self._scenery.set_all(
            uSun=sun.vector(azimuth, max(elevation, 0.0)), uDay=day,
            uCast=(_PLAIN_CAST if position is None else _DATED_CAST) * day,
        )  # fmt: skip

    def set_section(self, plane: Plane | None) -> None:
        """Cut away what lies before a plane: a point of it and its normal, in the City's system; None: nothing."""
        self._section = plane
        if self._scenery is None:
            return
        if plane is None:
            self._scenery.set_all(uSection=0.0)
        else:
            normal = np.array(plane[1]) / max(float(np.linalg.norm(plane[1])), 1e-9)
            point = self._scenery.mesh.local(np.array(plane[0]))[0]
            a, b, c = (float(v) for v in normal)
            self._scenery.set_all(uSection=1.0, uPlane=(a, b, c, float(normal @ point)))
        self._scenery.see_inside(plane is not None)

    def refine(
        self, focus: Point, distance: float, eye: NDArray[np.float64], picker: Picker, aside: Aside | None = None
    ) -> bool:
        """Do what takes long and is only worth it where the camera rests; say whether a frame would show it now.

        Parameters
        ----------
        focus : (x, y, z) [m]
            What is looked at, relative to the mesh's origin.
        distance : float [m]
            From the eye.
        eye : array, shape (3,)
            Relative to the mesh's origin.
        picker : Picker
            Of the same mesh.
        aside : callable, optional
            Does the work it is given beside the window and hands what was found to the second function, on the thread
            that draws. Without it all is done at once.
        """
        if self._scenery is None or self._shade is None:
            return True
        self._scenery.set_ghosts(self._hiding(eye, picker))
        half = float(2.0 ** np.ceil(np.log2(max(0.9 * distance, 100.0))))
        place = tuple(round(v / half * 4) for v in focus[:2])
        if (wanted := (place, half, self._sun)) == self._square:
            return True
        self._square = wanted
        shade, coarse, position = self._shade, 0.7 * self._scenery.shade_pixel, self._sun or SUN

        def take(found: Shade | None) -> None:
            if self._square == wanted and self._scenery is not None and self._shade is shade:
                self._scenery.cast_near(found)

        def work() -> Shade | None:
            return shade.around(focus[:2], half, position, coarse)

        if aside is None:
            take(work())
            return True
        aside(work, take)
        return False

    def _hiding(self, eye: NDArray[np.float64], picker: Picker) -> NDArray[np.int64]:
        """Return the buildings that stand before what is selected."""
        assert self._scenery is not None
        chosen = self._scenery.painting.selected
        targets = np.concatenate([self._on_buildings(chosen), self._on_ways()])
        if not len(targets):
            return np.empty(0, dtype=np.int64)
        hiding = np.unique(np.concatenate([picker.between(eye, target) for target in targets]))
        return hiding[~np.isin(hiding, chosen)]

    def _on_buildings(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return places (n, 3) of buildings that should be seen."""
        assert self._scenery is not None
        if not 0 < len(rows) <= _GHOSTS:
            return np.empty((0, 3))
        boxes = self._scenery.mesh.solids.boxes[rows].astype(float)
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        low, high = boxes[:, None, :3], boxes[:, None, 3:]
        return np.asarray(low + (high - low) * _LOOKED_AT).reshape(-1, 3)

    def _on_ways(self) -> NDArray[np.float64]:
        """Return places (n, 3) along selected streets and paths that should be seen."""
        assert self._scenery is not None
        found = [np.empty((0, 3))]
        for table, rows in self._scenery.painting.ways.items():
            part = getattr(self._scenery.mesh, table).fill
            if len(rows) and len(part.points):
                found.append(part.points[np.isin(part.attributes["road"][:, 0], rows)].astype(float))
        on = np.concatenate(found)
        return np.asarray(on[:: max(math.ceil(len(on) / _ALONG), 1)] + np.array((0.0, 0.0, 1.0)))
