"""Single propagation cases as JSON files: one source, one receiver, what lies between; and their answers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from twin.errors import BadInput
from twin.models.noise import propagation as waves
from twin.models.noise import scene as parts
from twin.models.noise.air import absorption, hard_wall
from twin.models.noise.tables import BANDS
from twin.models.noise.terrain import triangles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FARTHEST = 1e7
"""Coordinates beyond this [m] are none of a metric system."""
Metres = Annotated[float, Meta(ge=-FARTHEST, le=FARTHEST)]
Share = Annotated[float, Meta(ge=0, le=1)]
Point = tuple[Metres, Metres]
Point3 = tuple[Metres, Metres, Metres]
Absorbed = Annotated[float, Meta(ge=0, lt=1)]
Absorption = Annotated[list[Absorbed], Meta(min_length=8, max_length=8)]
Decibels = Annotated[float, Meta(ge=-300, le=300)]
Ring = Annotated[list[Point], Meta(min_length=3)]


class Place(msgspec.Struct):
    """x, y and absolute height [m]."""

    x: Metres
    y: Metres
    z: Metres

    def array(self) -> NDArray[np.float64]:
        """Return shape (3,)."""
        return np.array([self.x, self.y, self.z])


class Source(msgspec.Struct):
    """A point source and its power per octave band [dB]."""

    position: Place
    power: Annotated[list[Decibels], Meta(min_length=8, max_length=8)] = msgspec.field(name="power_Lw_dB_per_band")


class Receiver(msgspec.Struct):
    """A receiver."""

    position: Place


class Area(msgspec.Struct):
    """A part of the ground with its G."""

    polygon: Ring
    g: Share = msgspec.field(name="G")


class House(msgspec.Struct):
    """A building with a flat roof."""

    footprint: Ring
    top_z: Metres
    alpha: Absorption | None = None


class Wall(msgspec.Struct):
    """A screen by its upper edge."""

    top_line: Annotated[list[Point3], Meta(min_length=2)]
    alpha: Absorption | None = None


class Surroundings(msgspec.Struct):
    """Ground, terrain and obstacles."""

    default_g: Share = msgspec.field(name="default_G", default=0.0)
    ground_areas: list[Area] = []
    terrain_breaklines: list[tuple[Metres, Metres, Metres, Metres, Metres, Metres]] = []
    buildings: list[House] = []
    walls: list[Wall] = []


class Search(msgspec.Struct):
    """What paths are looked for."""

    reflection_order: Annotated[int, Meta(ge=0, le=2)] = 1
    diffraction_around_vertical_edges: bool = False
    diffraction_over_horizontal_edges: bool = True
    max_source_distance_m: Annotated[float, Meta(gt=0, le=FARTHEST)] = 1200.0


class Air(msgspec.Struct):
    """State of the air; a pressure that is no number is the standard one."""

    temperature_c: Annotated[float, Meta(ge=-50, le=60)] = msgspec.field(name="temperature_C", default=10.0)
    relative_humidity_pct: Annotated[float, Meta(gt=0, le=100)] = 70.0
    pressure: float | str | None = msgspec.field(name="pressure_Pa", default=None)


class Case(msgspec.Struct):
    """A propagation case; keys that are not here are ignored."""

    source: Source
    receiver: Receiver
    scene: Surroundings = msgspec.field(default_factory=Surroundings)
    options: Search = msgspec.field(default_factory=Search)
    atmosphere: Air = msgspec.field(default_factory=Air)
    favourable: Share = msgspec.field(name="favourable_probability_for_combined", default=0.5)
    frequencies: list[float] = msgspec.field(name="frequencies_Hz", default_factory=lambda: [float(b) for b in BANDS])


def decode(path: Path, kind: Any) -> Any:
    """Read a JSON file into a Struct.

    Raises
    ------
    BadInput
        When it cannot be read, is no JSON, or a field is not what is expected; names file and field.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise BadInput(
            "{path}: cannot be read: {reason}", path=str(path), reason=error.strerror or str(error)
        ) from None
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        where = re.sub(r"^`\$\.?|`$", "", where) or "–"
        raise BadInput("{path}: {field}: {reason}", path=str(path), field=where, reason=reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("{path}: expected JSON: {reason}", path=str(path), reason=str(error)) from None


def read(path: Path) -> Case:
    """Read a case.

    Raises
    ------
    BadInput
        When the file is no case; names file and field.
    """
    case: Case = decode(path, Case)
    if [round(f) for f in case.frequencies] != list(BANDS):
        known = ", ".join(map(str, BANDS))
        raise BadInput("{path}: frequencies_Hz: expected the octave bands {known}", path=str(path), known=known)
    if np.linalg.norm(case.source.position.array() - case.receiver.position.array()) < 0.01:
        raise BadInput("{path}: receiver.position: expected a place away from the source", path=str(path))
    return case


def solve(case: Case) -> tuple[waves.Levels, tuple[int, ...]]:
    """Return the levels of a case, and the numbers of breaklines left out because others contradict them."""
    ground = case.scene
    mesh, rim, dropped = triangles(np.array(ground.terrain_breaklines, dtype=np.float64).reshape(-1, 6))
    hard = hard_wall()

    def walls(alpha: list[float] | None) -> NDArray[np.float64]:
        return hard if alpha is None else np.array(alpha)

    scene = parts.build(
        ground.default_g,
        tuple(parts.Area(np.array(area.polygon), area.g) for area in ground.ground_areas),
        tuple(parts.Building(np.array(b.footprint), b.top_z, walls(b.alpha)) for b in ground.buildings),
        tuple(parts.Screen(np.array(w.top_line), walls(w.alpha)) for w in ground.walls),
        mesh,
        rim,
    )
    options = waves.Options(
        case.options.reflection_order,
        case.options.diffraction_over_horizontal_edges,
        case.options.diffraction_around_vertical_edges,
        case.options.max_source_distance_m,
    )
    air = case.atmosphere
    pressure = air.pressure if isinstance(air.pressure, int | float) else 101325.0
    found = waves.levels(
        scene,
        case.source.position.array(),
        np.array(case.source.power),
        case.receiver.position.array(),
        options,
        absorption(air.temperature_c, air.relative_humidity_pct, pressure),
        case.favourable,
    )
    return found, dropped


def answer(found: waves.Levels) -> dict[str, Any]:
    """Return levels in the form of ``twin noise CASE.json``; what is not heard is null."""
    paths = {}
    for name, mean in found.long_term.items():
        paths[name] = {
            "H": _rounded(found.paths.get((name, waves.HOMOGENEOUS))),
            "F": _rounded(found.paths.get((name, waves.FAVOURABLE))),
            "L": _rounded(mean),
        }
    overall = found.overall
    return {
        "bands_hz": list(BANDS),
        "paths": paths,
        "total": {
            "L": _rounded(found.total),
            "LA": _rounded(found.weighted),
            "overall_LA": round(overall, 4) if math.isfinite(overall) else None,
        },
    }


def _rounded(values: NDArray[np.float64] | None) -> list[float | None] | None:
    if values is None:
        return None
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]
