"""All passes of one city mesh: what is drawn by which shaders, in which order, and how a change reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.scene.draw import cards
from twin.scene.draw.gpu import Pass, Texture, rows_texture
from twin.scene.draw.lettering import Lettering
from twin.scene.meshing.ground import sun_vector
from twin.scene.palette import Palette, rgb, tint_rows
from twin.scene.resolve import KINDS, UNKNOWN, rows_of, values, with_parents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.part import Part
    from twin.scene.picking import Hit
    from twin.scene.resolve import Drawables, Kind, Paint

_ORDER = {"terrain": 0.0, "green": 1.0, "water": 2.0, "paved": 3.0, "paths": 4.0, "casing": 5.0, "fill": 6.0}
_SHOWN_BY = {
    "terrain": "terrain", "green": "green", "water": "water", "paved": "streets", "quays": "water",
    "casing": "streets", "fill": "streets", "slabs": "streets", "paths": "paths", "path_slabs": "paths",
    "barriers": "barriers", "buildings": "buildings", "edges": "buildings", "trees": "trees", "places": "places",
    "labels": "labels",
}  # fmt: skip
"""Which entry of the layer tree shows or hides a pass."""


class Scenery:
    """The passes of a mesh in a renderer.

    Parameters
    ----------
    mesh : CityMesh
    renderer : vtkRenderer
        Gets the actors; :meth:`close` takes them away again.
    """

    def __init__(self, mesh: CityMesh, renderer: vtkRenderer) -> None:
        self.mesh = mesh
        self._renderer = renderer
        self._shade = Texture(mesh.shade.values, smooth=True)
        self._tints = Texture(np.zeros((1, 32, 4), dtype=np.uint8))
        common = {"shadeMap": self._shade, "tints": self._tints}
        self.index: dict[str, pd.Index] = {name: pd.Index(ids) for name, ids in mesh.ids.items()}
        self._data: dict[str, _Data] = {name: _Data(self._count(name)) for name in (*KINDS, "places")}
        self.lettering = Lettering(mesh.names)
        self.passes = self._make(common)
        self._fill()
        for one in self.passes.values():
            for actor in one.actors:
                renderer.AddActor(actor)
        self._zones_painted = self._zone_selected = self._zone_hovered = False
        self._far: set[str] = set()
        self._wanted: dict[str, bool] = {}
        self._set_fixed()

    def close(self) -> None:
        """Take all actors out of the renderer."""
        for one in self.passes.values():
            for actor in one.actors:
                self._renderer.RemoveActor(actor)
        self.passes.clear()

    def set_all(self, **uniforms: float | tuple[float, ...]) -> None:
        """Set uniforms of every pass."""
        for one in self.passes.values():
            one.set(**uniforms)

    def apply(self, new: Drawables, old: Drawables | None) -> None:
        """Bring the passes from one state to another; what is equal is not touched."""
        if old is None or new.palette != old.palette:
            self._set_palette(new.palette)
        if old is None or new.base != old.base:
            for name, entry in _SHOWN_BY.items():
                opacity = new.base[entry]
                self.passes[name].set(uAlpha=opacity)
                self._show(name, opacity > 0)
        for kind in KINDS:
            paint = new.paints.get(kind)
            if old is None or paint != old.paints.get(kind):
                self._set_paint(kind, paint)
        if old is None or new.selection != old.selection or new.hidden != old.hidden:
            self._set_marks(new)

    def near(self, pixel: float, dropped: int = 0) -> None:
        """Leave out what is too small to see where the nearest pixel is this large [m], and what takes too long."""
        self.passes["buildings"].set(uDetail=float(pixel < 0.28))
        far = {name for name, most in _VANISH.items() if pixel > most}
        if self.passes["paths"].value("uPainted"):
            far.discard("paths")
        for names in _DROPPED[:dropped]:
            far |= names
        if far != self._far:
            changed, self._far = far ^ self._far, far
            for name in changed:
                self._show(name, self._wanted.get(name, True))

    def _show(self, name: str, wanted: bool) -> None:
        self._wanted[name] = wanted
        self.passes[name].show(wanted and name not in self._far)

    def hover(self, hit: Hit | None) -> None:
        """Mark what the pointer is on."""
        for table, names in _HOVER.items():
            row = -10.0
            if hit is not None and hit.table == table:
                row = float(self.index[table].get_indexer(pd.Index([hit.id], dtype=object))[0])
            for name in names:
                self.passes[name].set(uHover=row)
        self._zone_hovered = hit is not None and hit.table == "zones"
        self._show("zones", self._zone_wanted)

    # --- making ------------------------------------------------------------------------------------------------

    def _count(self, kind: str) -> int:
        return len(self.mesh.ids["places" if kind == "points" else kind])

    def _make(self, common: dict[str, Texture]) -> dict[str, Pass]:
        def ground() -> Pass:
            return Pass("ground.vert", "ground.frag", common)

        def ribbon(kind: str) -> Pass:
            return Pass("ribbon.vert", "ribbon.frag", {**common, **self._data[kind].textures})

        def body(vertex: str, fragment: str, kind: str) -> Pass:
            return Pass(vertex, fragment, {**common, **self._data[kind].textures})

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
            "zones": body("ground.vert", "zone.frag", "zones"),
            "borders": ribbon("zones"),
            "buildings": body("building.vert", "building.frag", "buildings"),
            "edges": body("edge.vert", "edge.frag", "buildings"),
            "trees": Pass("tree.vert", "tree.frag", common),
            "places": Pass("mark.vert", "mark.frag", self._data["places"].textures),
            "points": Pass("mark.vert", "mark.frag", self._data["points"].textures),
            "labels": Pass("label.vert", "label.frag", {"letters": self.lettering.texture}),
        }

    def _fill(self) -> None:
        for name, part in _parts(self.mesh).items():
            self.passes[name].add(part)
        self.passes["sky"].add(cards.sheet())
        self.passes["trees"].add(cards.trees(self.mesh.trees))
        for name, part in _symbols(self.mesh).items():
            self.passes[name].add(part)
        self.write([], 1.0)

    def take_parts(self, old: CityMesh) -> None:
        """Draw what in ``mesh`` is another object than in the mesh before; all the rest is left as it is."""
        before, now = _parts(old), _parts(self.mesh)
        changed = {name: part for name, part in now.items() if part is not before[name]}
        if self.mesh.spots["places"] is not old.spots["places"]:
            changed |= _symbols(self.mesh)
        for name, part in changed.items():
            for actor in self.passes[name].exchange(part):
                self._renderer.AddActor(actor)
        for name, data in self._data.items():
            data.rows = self._count(name)
        self._set_fixed()

    def cast(self, shade: Texture) -> None:
        """Take another map of shadows."""
        self._shade = shade
        for one in self.passes.values():
            if one.binds("shadeMap"):
                one.bind("shadeMap", shade)

    def write(self, chosen: Sequence[int], scale: float) -> None:
        """Write the chosen names (indices into ``mesh.names``), ``scale`` times their size."""
        self.passes["labels"].replace(self.lettering.part(np.asarray(chosen, dtype=np.int64), scale))

    def _set_fixed(self) -> None:
        shade = self.mesh.shade
        rows, columns, _ = shade.values.shape
        frame = (shade.west, shade.south, 1 / (columns * shade.pixel), 1 / (rows * shade.pixel))
        west, south, east, north = self.mesh.bounds
        x, y = self.mesh.origin
        size = max(east - west, north - south, 100.0)
        inner = (max((east - west) / 2 - 0.03 * size, 1.0), max((north - south) / 2 - 0.03 * size, 1.0))
        self.set_all(
            uShadeFrame=frame,
            uShadeStep=1.5 * shade.pixel,
            uSun=tuple(float(v) for v in sun_vector()),
            uFrame=((west + east) / 2 - x, (south + north) / 2 - y, *inner),
            uHaze=0.22 * size,
            uOrder=0.0,
            uWater=0.0,
            uHover=-10.0,
            uPainted=0.0,
            uOpacity=1.0,
            uRange=(0.0, 1.0),
            uAlpha=1.0,
            uFlat=0.0,
            uFlatColour=(0.0, 0.0, 0.0),
            uData=0.0,
            uMinWidth=1.0,
            uVanish=(2.6, 14.0, 80.0),
            uTwoSided=float(self.mesh.solids.detailed),
            uDetail=1.0,
            uTreeFade=4.0,
            uEdgeFade=1.6,
            uScale=1.0,
            uHalo=0.30,
        )
        for name, order in _ORDER.items():
            self.passes[name].set(uOrder=order)
        self.passes["zones"].set(uOrder=8.0)
        self.passes["borders"].set(uOrder=9.0, uFlat=1.0, uMinWidth=1.6, uVanish=(1e9, 1e9, 1e9))
        self.passes["water"].set(uWater=1.0)
        self.passes["casing"].set(uMinWidth=0.0)
        self.passes["fill"].set(uData=1.0, uMinWidth=1.3)
        self.passes["paths"].set(uData=1.0, uMinWidth=0.9, uVanish=(2.0, 2.0, 2.0))
        if not self.mesh.solids.detailed:
            self.passes["buildings"].cull()

    # --- changing ----------------------------------------------------------------------------------------------

    def _set_palette(self, colours: Palette) -> None:
        self._tints.write(np.array(tint_rows(colours), dtype=np.uint8))
        self.set_all(
            uSky=rgb(colours.sky),
            uHorizon=rgb(colours.horizon),
            uWall=rgb(colours.wall),
            uRoof=rgb(colours.roof),
            uUnknown=rgb(colours.unknown),
            uAccent=rgb(colours.accent),
            uHoverColour=rgb(colours.hover),
            uEdgeColour=rgb(colours.edge),
            uEdge=colours.edge_strength,
            uTree=rgb(colours.tree),
            uTrunk=rgb(colours.trunk),
            uSymbol=rgb(colours.symbol),
            uRim=rgb(colours.symbol_ink),
            uShadeDepth=colours.shade,
            uInk=rgb(colours.text),
            uInkDistrict=rgb(colours.text_district),
            uInkWater=rgb(colours.text_water),
            uInkPark=rgb(colours.text_park),
            uHaloColour=rgb(colours.text_halo),
        )
        self.passes["borders"].set(uFlatColour=rgb(colours.text_district))

    def _set_paint(self, kind: Kind, paint: Paint | None) -> None:
        table = "places" if kind == "points" else kind
        data = self._data[kind]
        painted = 0.0
        if paint is not None:
            found = values(paint, self.mesh.ids[table], self.index[table])
            numbers = found.numbers
            if kind == "buildings":
                numbers = with_parents(numbers, self.mesh.solids.parent)
            data.values.write(numbers)
            data.colours.write(found.colours)
            painted = 1.0
            for name in _PAINTED[kind]:
                self.passes[name].set(uRange=(found.low, found.high), uOpacity=paint.opacity)
        for name in _PAINTED[kind]:
            self.passes[name].set(uPainted=painted)
        if kind == "roads":
            self.passes["fill"].set(uMinWidth=2.6 if painted else 1.3)
        if kind == "paths":
            most = 14.0 if painted else _VANISH["paths"]
            self.passes["paths"].set(uVanish=(most, most, most), uMinWidth=1.8 if painted else 0.9)
        if kind == "zones":
            self._zones_painted = bool(painted)
            self._show("zones", self._zone_wanted)
            self._show("borders", bool(painted))
            self.passes["borders"].set(uAlpha=0.55)
        if kind == "points":
            self._hide_unknown(paint is not None)

    def _hide_unknown(self, painted: bool) -> None:
        self._show("points", painted)
        data = self._data["points"]
        marks = np.where(data.values.read(data.rows) == UNKNOWN, 2, 0).astype(np.uint8)
        data.marks.write(marks)

    def _set_marks(self, new: Drawables) -> None:
        for table in ("buildings", "roads", "paths", "zones", "places"):
            marks = np.zeros(len(self.mesh.ids[table]), dtype=np.uint8)
            if table == "buildings" and new.hidden:
                rows = self.index[table].get_indexer(pd.Index(sorted(new.hidden), dtype=object))
                marks[rows[rows >= 0]] = 2
            chosen = rows_of(new.selection, table, self.index[table])
            marks[chosen] = 1
            if table == "buildings" and len(chosen):
                marks[self._with_parts(chosen)] = 1
            if len(marks):
                self._data[table].marks.write(marks)
        self._zone_selected = new.selection is not None and new.selection.table == "zones"
        self._show("zones", self._zone_wanted)

    def _with_parts(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.isin(self.mesh.solids.parent, rows)

    @property
    def _zone_wanted(self) -> bool:
        return self._zones_painted or self._zone_selected or self._zone_hovered


_VANISH = {"edges": 1.6, "casing": 1.8, "paths": 2.0, "trees": 4.0, "barriers": 4.0, "path_slabs": 1.5}
"""Size of a pixel [m] beyond which a pass cannot be seen."""
_DROPPED = (frozenset({"edges", "places"}), frozenset({"trees", "casing", "paths"}))
"""What is left out first and then while frames are slow."""
MOST_DROPPED = len(_DROPPED)
_HOVER = {
    "buildings": ("buildings", "edges"), "roads": ("fill",), "paths": ("paths",), "zones": ("zones",),
    "places": ("places", "points"),
}  # fmt: skip
_PAINTED: dict[str, tuple[str, ...]] = {
    "buildings": ("buildings", "edges"), "roads": ("fill",), "paths": ("paths",), "zones": ("zones",),
    "points": ("points",),
}  # fmt: skip


def _parts(mesh: CityMesh) -> dict[str, Part]:
    """Return the parts of a mesh by the pass that draws them."""
    return {
        "terrain": mesh.terrain, "green": mesh.green, "water": mesh.water, "paved": mesh.paved,
        "quays": mesh.quays, "paths": mesh.paths.fill, "casing": mesh.roads.casing, "fill": mesh.roads.fill,
        "slabs": mesh.roads.slabs, "path_slabs": mesh.paths.slabs, "barriers": mesh.barriers,
        "zones": mesh.zones, "borders": mesh.zone_borders, "buildings": mesh.solids.faces,
        "edges": mesh.solids.edges,
    }  # fmt: skip


def _symbols(mesh: CityMesh) -> dict[str, Part]:
    spots = mesh.spots["places"]
    return {"places": cards.marks(spots, mesh.place_kinds), "points": cards.marks(spots, None)}


class _Data:
    """The textures of one kind of thing: values, colours, marks."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.values = rows_texture(rows, np.float32, float(UNKNOWN))
        self.marks = rows_texture(rows, np.uint8)
        self.colours = Texture(np.zeros((1, 256, 4), dtype=np.uint8))

    @property
    def textures(self) -> dict[str, Texture]:
        """The textures under the names the shaders use."""
        return {"values": self.values, "marks": self.marks, "colours": self.colours}
