"""Tools that draw an edit in the view: a footbridge or path, and a building. One is active at a time.

A tool takes ground points from clicks, from Enter (the middle of the view) or from typed coordinates; what it would
build is shown at once. Nothing is changed before «Build»; Esc gives up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from twin.scenario.buildings import AddBuilding
from twin.scenario.network import snap
from twin.scenario.streets import AddPath
from twin.text import N_, number, tr
from twin.ui.sketch import Line, Marker, Shape, solid

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.city.city import City
    from twin.scenario.kinds import AnyEdit

    HeightAt = Callable[[float, float], float]

Place = tuple[float, float]

REACH = 15.0
"""How far [m] an end looks for the walk network, and farther where a pixel is large."""
_REACH_PIXELS = 14.0
_CLOSE_PIXELS = 10.0
_DECK = 3.0
_SHORTEST = 1.0


@dataclass(frozen=True)
class End:
    """An end of a path: where it is, and whether it meets the walk network there."""

    at: Place
    met: bool


class PathTool:
    """A footbridge or path from a start to an end, both snapping to the walk network."""

    title = N_("Footbridge or path")

    def __init__(self, city: City, height_at: HeightAt) -> None:
        self._city = city
        self._height = height_at
        self.ends: list[End] = []
        self.bridge = True
        self.steps = False
        self._pointer: End | None = None

    def set_city(self, city: City) -> None:
        """Snap to another city's network from now on."""
        self._city = city

    def snapped(self, at: Place, pixel: float = 0.0) -> End:
        """Return where an end near a place goes.

        Parameters
        ----------
        at : (x, y) [m]
        pixel : float [m]
            Size of a pixel there; from afar more is near.
        """
        met = snap(self._city.paths, at, max(REACH, _REACH_PIXELS * pixel))
        return End(at, False) if met is None else End(met.point, True)

    def hover(self, at: Place | None, pixel: float) -> None:
        """Follow the pointer."""
        self._pointer = None if at is None else self.snapped(at, pixel)

    def add(self, at: Place, pixel: float) -> None:
        """Put the next end; with both there the last one moves."""
        end = self.snapped(at, pixel)
        self.ends = [*self.ends[:1], end]
        self._pointer = None

    def put(self, number: int, at: Place) -> None:
        """Put the start (0) or the end (1) by its coordinates; what is typed is taken as it is, near or not."""
        met = snap(self._city.paths, at, 1.0)
        end = End(at, met is not None)
        while len(self.ends) < number:
            self.ends.append(end)
        self.ends[number : number + 1] = [end]

    def set_length(self, metres: float) -> None:
        """Move the end along the direction drawn until the line is this long."""
        if len(self.ends) == 2 and self.length > 0 and metres >= _SHORTEST:
            (ax, ay), (bx, by) = self.ends[0].at, self.ends[1].at
            k = metres / self.length
            self.put(1, (ax + (bx - ax) * k, ay + (by - ay) * k))

    def step_back(self) -> None:
        """Take back the last end."""
        self.ends = self.ends[:-1]

    @property
    def length(self) -> float:
        """Length [m] of what is drawn so far."""
        return math.dist(self.ends[0].at, self.ends[1].at) if len(self.ends) == 2 else 0.0

    @property
    def ready(self) -> bool:
        """Whether it can be built."""
        return self.length >= _SHORTEST

    def edit(self) -> AnyEdit:
        """Return what would be built."""
        return AddPath(
            line=tuple(_rounded(end.at) for end in self.ends), bridge=self.bridge, steps=self.steps,
            path_kind="steps" if self.steps else "footway",
        )  # fmt: skip

    def hint(self, lang: str) -> str:
        """Say what to do next."""
        if not self.ends:
            return tr("Click the start, or press Enter for the middle of the view.", lang)
        if not self.ready:
            return tr("Click the end.", lang)
        loose = [n for n, end in enumerate(self.ends) if not end.met]
        if loose:
            both = {0: N_("The start meets no walk link: nobody gets on there."),
                    1: N_("The end meets no walk link: nobody gets off there.")}  # fmt: skip
            return tr(both[loose[0]], lang)
        return tr("Enter builds it. Click again to move the end.", lang)

    def shapes(self, lang: str) -> list[Shape]:
        """Return what to show: rubber line, markers, live length."""
        ends = list(self.ends)
        if self._pointer is not None and len(ends) < 2:
            ends.append(self._pointer)
        found: list[Shape] = []
        above = _DECK if self.bridge else 0.5
        points = [(*end.at, self._z(end.at) + above) for end in ends]
        if len(ends) == 2:
            line = np.array(points)
            found.append(Line(line, width=4.0, dashed=len(self.ends) < 2))
        for place, (end, (x, y, z)) in enumerate(zip(ends, points, strict=True)):
            last = place == 1
            said = number(math.dist(ends[0].at, ends[1].at), lang, 1, "m") if last else ""
            found.append(Marker((x, y, z), said, ring=end.met, tone="accent" if end.met else "danger"))
        return found

    def _z(self, at: Place) -> float:
        z = self._height(*at)
        return 0.0 if math.isnan(z) else z


class BuildingTool:
    """A building on a footprint drawn corner by corner."""

    title = N_("Building")

    def __init__(self, city: City, height_at: HeightAt) -> None:
        self._city = city
        self._height = height_at
        self.corners: list[Place] = []
        self.height = 18.0
        self.floors = 6
        self.use = "residential"
        self.dwellings = 0
        self._pointer: Place | None = None

    def set_city(self, city: City) -> None:
        """Build in another city from now on."""
        self._city = city

    def hover(self, at: Place | None, pixel: float) -> None:
        """Follow the pointer."""
        self._pointer = at

    def add(self, at: Place, pixel: float) -> None:
        """Add a corner; a click on the first one adds none."""
        closing = len(self.corners) > 2 and math.dist(at, self.corners[0]) < _CLOSE_PIXELS * pixel
        if not closing and (not self.corners or math.dist(at, self.corners[-1]) > 0.05):
            self.corners.append(at)
        self._pointer = None

    def step_back(self) -> None:
        """Take back the last corner."""
        self.corners = self.corners[:-1]

    @property
    def area(self) -> float:
        """Area [m²] of the footprint; 0 while there is none that can be built on."""
        if len(self.corners) < 3:
            return 0.0
        shape = shapely.Polygon(self.corners)
        return float(shape.area) if shape.is_valid else 0.0

    @property
    def ready(self) -> bool:
        """Whether it can be built."""
        return self.area >= 1.0

    def edit(self) -> AnyEdit:
        """Return what would be built."""
        return AddBuilding(
            footprint=tuple(_rounded(at) for at in self.corners), height=self.height, floors=float(self.floors),
            use=self.use, dwellings=float(self.dwellings) if self.dwellings else None,
        )  # fmt: skip

    def hint(self, lang: str) -> str:
        """Say what to do next."""
        n = len(self.corners)
        if n < 3:
            return tr("Click the corners of the footprint, or press Enter for the middle of the view.", lang)
        if not self.ready:
            return tr("The outline crosses itself. Backspace takes back a corner.", lang)
        return tr("Footprint {area}. Build it, or click more corners.", lang, area=number(self.area, lang, 0, "m²"))

    def shapes(self, lang: str) -> list[Shape]:
        """Return what to show: the body, the line to the pointer, its length."""
        ring = [*self.corners, self._pointer] if self._pointer is not None and self.corners else list(self.corners)
        if not ring:
            return []
        heights = [self._height(*at) for at in ring]
        known = [z for z in heights if not math.isnan(z)]
        bottom = min(known) if known else 0.0
        plan = np.array(ring)
        found: list[Shape] = []
        if len(ring) > 2:
            found += solid(plan, bottom, bottom + self.height)
        foot = np.column_stack([plan, np.full(len(plan), bottom + 0.3)])
        if len(ring) > 1:
            found.append(Line(foot, width=2.5))
            said = number(math.dist(ring[-1], ring[-2]), lang, 1, "m")
            found.append(Marker((*ring[-1], bottom + 0.3), said))
        found += [Marker((*at, bottom + 0.3)) for at in self.corners]
        return found


class OutlineTool:
    """A line, an area or a point that another part of the program asked to be drawn.

    Parameters
    ----------
    city : City
    height_at : function
    kind : str
        ``"line"``, ``"area"`` or ``"point"``.
    title : str
        English of the catalogue.
    """

    def __init__(
        self, city: City, height_at: HeightAt, kind: Literal["line", "area", "point"], title: str = N_("Draw")
    ) -> None:
        self._height = height_at
        self.kind = kind
        self.title = title
        self.corners: list[Place] = []
        self._pointer: Place | None = None

    def set_city(self, city: City) -> None:
        """Draw on in another city; nothing snaps to it."""

    def hover(self, at: Place | None, pixel: float) -> None:
        """Follow the pointer."""
        self._pointer = at

    def add(self, at: Place, pixel: float) -> None:
        """Add a corner; a click on the first one of an area adds none, a point moves."""
        self._pointer = None
        if self.kind == "point":
            self.corners = [at]
            return
        closing = len(self.corners) > 2 and math.dist(at, self.corners[0]) < _CLOSE_PIXELS * pixel
        if self.kind == "area" and closing:
            return
        if not self.corners or math.dist(at, self.corners[-1]) > 0.05:
            self.corners.append(at)

    def step_back(self) -> None:
        """Take back the last corner."""
        self.corners = self.corners[:-1]

    @property
    def size(self) -> float:
        """Length [m] of the line, or area [m²]; 0 while there is none that can be used."""
        if self.kind == "line" and len(self.corners) > 1:
            return float(shapely.LineString(self.corners).length)
        if self.kind == "area" and len(self.corners) > 2:
            shape = shapely.Polygon(self.corners)
            return float(shape.area) if shape.is_valid else 0.0
        return 0.0

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return bool(self.corners) if self.kind == "point" else self.size >= _SHORTEST

    def edit(self) -> tuple[Any, ...]:
        """Return the corners drawn."""
        return tuple(_rounded(at) for at in self.corners)

    def hint(self, lang: str) -> str:
        """Say what to do next."""
        if not self.corners:
            return tr("Click the start, or press Enter for the middle of the view.", lang)
        if self.kind == "point":
            return tr("Click again to move it.", lang)
        if not self.ready:
            crossed = self.kind == "area" and len(self.corners) > 2
            return (
                tr("The outline crosses itself. Backspace takes back a corner.", lang)
                if crossed
                else tr("Click on; Backspace takes back a point.", lang)
            )
        size = number(self.size, lang, 0, "m" if self.kind == "line" else "m²")
        return tr("{size}. Use it, or click on; Backspace takes back a point.", lang, size=size)

    def shapes(self, lang: str) -> list[Shape]:
        """Return what to show: the line or ring with its corners, and the length to the pointer."""
        ring = [*self.corners, self._pointer] if self._pointer is not None and self.corners else list(self.corners)
        if not ring:
            return []
        points = [(x, y, self._z((x, y)) + 0.5) for x, y in ring]
        found: list[Shape] = []
        if self.kind == "area" and len(ring) > 2:
            found.append(Line(np.array([*points, points[0]]), width=2.5, filled=True))
        elif len(ring) > 1:
            found.append(Line(np.array(points), width=3.0))
        if len(ring) > 1 and self._pointer is not None:
            found.append(Marker(points[-1], number(math.dist(ring[-1], ring[-2]), lang, 1, "m")))
        return [*found, *(Marker(point) for point in points[: len(self.corners)])]

    def _z(self, at: Place) -> float:
        z = self._height(*at)
        return 0.0 if math.isnan(z) else z


class SpotTool(OutlineTool):
    """A point of the ground or of a wall, taken with one click."""

    def __init__(self, city: City, height_at: HeightAt, title: str = N_("Draw")) -> None:
        super().__init__(city, height_at, "point", title)
        self._above: float | None = None

    def meet(self, point: tuple[float, float, float]) -> None:
        """Take a point of a wall."""
        self.corners = [(point[0], point[1])]
        self._above = max(point[2] - self._z(self.corners[0]), 0.0)
        self._pointer = None

    def add(self, at: Place, pixel: float) -> None:
        """Take a point of the ground."""
        super().add(at, pixel)
        self._above = None

    def edit(self) -> tuple[Any, ...]:
        """Return the point, on a wall with its height above the ground."""
        x, y = _rounded(self.corners[0])
        return ((x, y),) if self._above is None else ((x, y, round(self._above, 2)),)

    def hint(self, lang: str) -> str:
        """Say what to do next."""
        return tr("Click the ground or a wall; Enter takes the middle of the view.", lang)

    def shapes(self, lang: str) -> list[Shape]:
        """Return what to show: the point."""
        return [Marker((x, y, self._z((x, y)) + (self._above or 0.5))) for x, y in self.corners]


Tool = PathTool | BuildingTool | OutlineTool


def _rounded(at: Place) -> Place:
    """Return a place to the millimetre: what is drawn is no more exact than that."""
    return round(at[0], 3), round(at[1], 3)
