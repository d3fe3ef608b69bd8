"""Buildings that stand by themselves and have a name: churches, halls, a tower, a school in the park."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from demo_city.table import District, Floats


@dataclass(frozen=True)
class Single:
    """A named building: outline, use, floors, height above its ground [m]."""

    name: str
    use: str
    outline: Floats
    floors: int
    height: float


def singles(district: District) -> list[Single]:
    """Return the single buildings of the table; a church also gets its tower as a building of its own."""
    found = []
    for row in district.raw["single"]:
        long, wide = row["size"]
        turn = math.radians(row["angle"])
        at = np.array(district.at(row["at"]))

        floors = int(row.get("floors", 1))
        bodies: list[tuple[str, list[tuple[float, float]], float]]
        if row["shape"] == "church":
            bodies = _church(row, long, wide)
        else:
            bodies = [(row["name"], SHAPES[row["shape"]](long, wide), float(row["height"]))]
        for name, local, height in bodies:
            p = np.array(local)
            x = p[:, 0] * math.cos(turn) - p[:, 1] * math.sin(turn)
            y = p[:, 0] * math.sin(turn) + p[:, 1] * math.cos(turn)
            outline = np.round(np.column_stack([x, y]) + at, 3)
            found.append(Single(name, row["use"], outline, floors, height))
    return found


def _church(row: dict[str, Any], long: float, wide: float) -> list[tuple[str, list[tuple[float, float]], float]]:
    """Nave with a rounded choir in the east, tower (two for a twin-towered one) at the west front."""
    a, b = long / 2, wide / 2
    apse = [(a - b * 0.7 + b * 0.7 * math.sin(t), -b * 0.7 * math.cos(t)) for t in np.linspace(0, math.pi, 7)]
    nave = [(-a, -b), (a - b * 0.7, -b), *apse, (a - b * 0.7, b), (-a, b)]
    nave = list(dict.fromkeys((round(x, 3), round(y, 3)) for x, y in nave))
    towers = []
    tall = float(row["height"]) * 2.1
    if row.get("towers", 1) == 2:
        side = max(8.0, wide * 0.36)
        towers = [
            (f"{row['name']}, södra tornet", _box_at(-a - side, -b, side)),
            (f"{row['name']}, norra tornet", _box_at(-a - side, b - side, side)),
        ]
    else:
        side = max(8.0, wide * 0.5)
        towers = [(f"{row['name']}, tornet", _box_at(-a - side, -side / 2, side))]
    return [(row["name"], nave, float(row["height"])), *((name, box, tall) for name, box in towers)]


def _box_at(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def _box(long: float, wide: float) -> list[tuple[float, float]]:
    a, b = long / 2, wide / 2
    return [(-a, -b), (a, -b), (a, b), (-a, b)]


def _ell(long: float, wide: float) -> list[tuple[float, float]]:
    a, b, t = long / 2, wide / 2, min(15.0, wide * 0.42)
    return [(-a, -b), (a, -b), (a, -b + t), (-a + t, -b + t), (-a + t, b), (-a, b)]


def _cross(long: float, wide: float) -> list[tuple[float, float]]:
    a, b, t = long / 2, wide / 2, min(long, wide) * 0.23
    right = [(t, -b), (t, -t), (a, -t), (a, t), (t, t), (t, b)]
    return [*right, *((-x, -y) for x, y in right)]


def _octagon(long: float, wide: float) -> list[tuple[float, float]]:
    a, b, c = long / 2, wide / 2, long * 0.29
    return [(a - c, -b), (a, -b + c), (a, b - c), (a - c, b), (c - a, b), (-a, b - c), (-a, c - b), (c - a, -b)]


def _arc(long: float, wide: float) -> list[tuple[float, float]]:
    radius = long * 1.25
    spread = np.linspace(-long / 2 / radius, long / 2 / radius, 9)
    outer = [((radius + wide / 2) * math.sin(t), (radius + wide / 2) * math.cos(t) - radius) for t in spread]
    inner = [((radius - wide / 2) * math.sin(t), (radius - wide / 2) * math.cos(t) - radius) for t in spread[::-1]]
    return [*outer, *inner][::-1]


SHAPES = {"box": _box, "ell": _ell, "cross": _cross, "octagon": _octagon, "arc": _arc}


def footprints(found: list[Single]) -> list[shapely.Polygon]:
    """Return the outlines as polygons."""
    return [shapely.Polygon(single.outline) for single in found]
