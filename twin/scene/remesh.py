"""The parts of a mesh that an edit changed, made anew on the ground of the city as it is: pure, for a child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.scene import mesh as meshes
from twin.scene.meshing import names, ribbons, siteplan, solids
from twin.scene.meshing.outlines import outlines

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from twin.city.city import City
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.ground import Ground
    from twin.scene.meshing.ribbons import Ribbons

_DRAWN = {
    "roads": ("name", "kind", "lanes", "bridge", "tunnel", "level"),
    "paths": ("steps", "bridge"),
    "buildings": ("ground", "height", "base", "parent", "floors"),
    "places": ("kind", "name"),
    "barriers": ("height",),
}
"""Columns of which a mesh is made; others (a speed, a number of residents) change nothing that is seen."""


@dataclass(frozen=True, eq=False)
class Footing:
    """What the parts stand on: origin and ground of the city as it is, and its streets for the names on bridges."""

    origin: tuple[float, float]
    ground: Ground
    roads: Ribbons


def footing(mesh: CityMesh) -> Footing:
    """Return what is needed of a city's mesh to make parts of it anew."""
    return Footing(mesh.origin, mesh.ground, mesh.roads)


def changed_tables(base: City, city: City) -> frozenset[str]:
    """Return the tables that are drawn differently in two cities, one of which was made from the other by edits."""
    tables = {name for name, columns in _DRAWN.items() if _differs(base.table(name), city.table(name), columns)}
    if base.surfaces is not city.surfaces:
        tables.add("buildings")
    return frozenset(tables)


def parts(base: City, city: City, on: Footing) -> dict[str, Any]:
    """Return the fields of a :class:`CityMesh` that differ from those of the base city's.

    Parameters
    ----------
    base, city : City
        The city as it is and after edits.
    on : Footing
        Of the base city's mesh.

    Returns
    -------
    dict
        For ``dataclasses.replace``; ``ids`` and ``spots`` hold the changed tables only (:func:`joined`).
    """
    tables = changed_tables(base, city)
    made: dict[str, Any] = {
        "ids": {name: city.table(name)["id"].to_numpy(dtype=object) for name in tables},
        "spots": {},
    }
    roads = on.roads
    if "roads" in tables:
        roads = made["roads"] = ribbons.build_roads(city.roads, on.ground, on.origin)
    if "paths" in tables:
        made["paths"] = ribbons.build_paths(city.paths, on.ground, on.origin)
    if tables & {"roads", "places"}:
        made["names"] = names.build(city, lambda x, y: ribbons.surface(roads, on.ground, x, y), on.origin)
    if "buildings" in tables:
        raised = solids.build(city.buildings, city.surfaces, on.ground, np.array([*on.origin, 0.0]))
        made["solids"] = raised
        footprints = outlines(city.buildings.geometry.to_numpy(), on.origin)
        made["shade"] = meshes._shade(footprints, raised, on.ground)
        made["siteplan"] = siteplan.build(footprints)
        made["top"] = meshes._top(raised, on.ground)
    if "barriers" in tables:
        made["barriers"] = meshes._barriers(city, on.ground, on.origin)
    if "places" in tables:
        made["spots"] = {"places": meshes._spots(city, "places", on.ground, on.origin)}
        made["place_kinds"] = city.places["kind"].to_numpy(dtype=object)
    return made


def joined(mesh: CityMesh, changed: Mapping[str, Any]) -> CityMesh:
    """Return the base city's mesh with parts exchanged; all other parts are the same objects."""
    import dataclasses

    both = {name: {**getattr(mesh, name), **changed[name]} for name in ("ids", "spots")}
    fields = {**changed, **both, "cached": ""}
    return dataclasses.replace(mesh, **fields)


def _differs(a: pd.DataFrame, b: pd.DataFrame, columns: tuple[str, ...]) -> bool:
    if a is b:
        return False
    if len(a) != len(b):
        return True
    if any(not a[name].equals(b[name]) for name in ("id", *columns) if name in a.columns):
        return True
    one, two = a["geometry"].to_numpy(), b["geometry"].to_numpy()
    return any(x is not y for x, y in zip(one, two, strict=True))
