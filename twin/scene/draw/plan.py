"""What is drawn by which shaders, in which order, and which entry of the layer tree shows it: tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.scene.draw import cards
from twin.scene.draw.gpu import Pass, Texture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scene.draw.data import Data
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part

ORDER = {"terrain": 0.0, "green": 1.0, "water": 2.0, "paved": 3.0, "paths": 4.0, "casing": 5.0, "fill": 6.0,
         "far_fill": 6.0, "far_main": 6.0, "siteplan": 7.0,          "zones": 8.0, "borders": 9.0}  # fmt: skip
"""Which of what lies on the ground lies above which."""
SHOWN_BY = {
    "terrain": "terrain", "green": "green", "water": "water", "paved": "streets", "quays": "water",
    "casing": "streets", "fill": "streets", "far_fill": "streets", "far_main": "streets", "siteplan": "buildings",
    "slabs": "streets", "paths": "paths", "path_slabs": "paths",
    "barriers": "barriers", "buildings": "buildings", "roofs": "buildings", "edges": "buildings", "trees": "trees",
    "places": "places", "labels": "labels",
}  # fmt: skip
"""Which entry of the layer tree shows or hides a pass."""
BEFORE = {"paths": "ground", "buildings": "lines", "edges": "walls", "labels": "points"}
"""Before which pass the overlays of a slot are drawn."""
LIKE = {"edges": "buildings", "roofs": "buildings", "casing": "fill"}
"""Which pass has the same points, which then are on the graphics card once; :func:`parts` names it first."""
FAR = 3.0
"""Size of a pixel [m] beyond which streets are drawn as simple strips."""
MINOR = 7.0
"""Size of a pixel [m] beyond which only major streets are drawn unless streets carry data."""
VANISH = {"edges": 1.6, "casing": 1.8, "paths": 2.0, "trees": 4.0, "barriers": 4.0, "path_slabs": 1.5}
"""Size of a pixel [m] beyond which a pass cannot be seen."""
DROPPED = (frozenset({"edges", "places"}), frozenset({"trees", "casing", "paths"}))
"""What is left out first and then while frames are slow."""
MOST_DROPPED = len(DROPPED)
HOVER = {
    "buildings": ("buildings", "roofs", "edges", "siteplan"), "roads": ("fill", "far_fill", "far_main", "casing"),
    "paths": ("paths",), "zones": ("zones", "borders"), "places": ("places", "points"),
}  # fmt: skip
PAINTED: dict[str, tuple[str, ...]] = {
    "buildings": ("buildings", "roofs", "edges", "siteplan"), "roads": ("fill", "far_fill", "far_main", "casing"),
    "paths": ("paths",), "zones": ("zones",), "points": ("points",),
}  # fmt: skip
DEFAULTS: dict[str, float | tuple[float, ...]] = {
    "uOrder": 0.0, "uWater": 0.0, "uHover": -10.0, "uPainted": 0.0, "uOpacity": 1.0, "uRange": (0.0, 1.0),
    "uAlpha": 1.0, "uFlat": 0.0, "uFlatColour": (0.0, 0.0, 0.0), "uData": 0.0, "uMinWidth": 1.0,
    "uVanish": (2.6, 14.0, 80.0), "uDetail": 1.0, "uMarked": 1.0, "uTreeFade": 4.0,
    "uEdgeFade": 1.6, "uScale": 1.0, "uHalo": 0.30,
    "uSteps": (0.0, 0.0, 0.0, 1.0), "uHatch": 0.0, "uSized": 0.0, "uSize": (0.0, 0.0), "uFlowing": 0.0,
    "uSeconds": 0.0, "uThrough": 0.0, "uRing": 0.0, "uMinRing": 1.3, "uOnlyMarked": 0.0, "uSection": 0.0,
    "uPlane": (0.0, 0.0, 0.0, 0.0), "uDay": 1.0, "uCast": 0.62, "uCasing": (0.0, 0.0),
}  # fmt: skip
"""Uniforms until something sets them."""


def passes(common: Mapping[str, Texture], data: Mapping[str, Data], letters: Texture) -> dict[str, Pass]:
    """Make the passes, in the order in which they are drawn."""

    def ground() -> Pass:
        return Pass("ground.vert", "ground.frag", common)

    def body(vertex: str, fragment: str, kind: str) -> Pass:
        return Pass(vertex, fragment, {**common, **data[kind].textures})

    def ribbon(kind: str) -> Pass:
        return body("ribbon.vert", "ribbon.frag", kind)

    return {
        "sky": Pass("sky.vert", "sky.frag"),
        "terrain": ground(),
        "green": ground(),
        "water": ground(),
        "paved": ground(),
        "quays": ground(),
        "paths": ribbon("paths"),
        "casing": ribbon("roads"),
        "fill": ribbon("roads"),
        "slabs": ground(),
        "path_slabs": ground(),
        "barriers": ground(),
        "far_fill": ribbon("roads"),
        "far_main": ribbon("roads"),
        "siteplan": body("drape.vert", "siteplan.frag", "buildings"),
        "zones": body("ground.vert", "zone.frag", "zones"),
        "borders": ribbon("zones"),
        "buildings": body("building.vert", "building.frag", "buildings"),
        "roofs": body("building.vert", "building.frag", "buildings"),
        "edges": body("edge.vert", "edge.frag", "buildings"),
        "trees": Pass("tree.vert", "tree.frag", common),
        "places": Pass("mark.vert", "mark.frag", data["places"].textures),
        "points": Pass("mark.vert", "mark.frag", data["points"].textures),
        "labels": Pass("label.vert", "label.frag", {"letters": letters}),
    }


def parts(mesh: CityMesh) -> dict[str, Part]:
    """Return the parts of a mesh by the pass that draws them."""
    return {
        "terrain": mesh.terrain, "green": mesh.green, "water": mesh.water, "paved": mesh.paved,
        "quays": mesh.quays, "paths": mesh.paths.fill, "fill": mesh.roads.fill, "casing": mesh.roads.fill,
        "far_fill": mesh.roads.far, "far_main": mesh.roads.main,
        "slabs": mesh.roads.slabs, "path_slabs": mesh.paths.slabs, "barriers": mesh.barriers,
        "zones": mesh.zones, "borders": mesh.zone_borders, "buildings": mesh.solids.faces,
        "edges": mesh.solids.edges, "roofs": mesh.solids.roofs,
    }  # fmt: skip


def symbols(mesh: CityMesh) -> dict[str, Part]:
    """Return the symbols of places, and those of values measured at them."""
    spots = mesh.spots["places"]
    return {"places": cards.marks(spots, mesh.place_kinds), "points": cards.marks(spots, None)}
