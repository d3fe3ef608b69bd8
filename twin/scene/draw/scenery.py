"""All passes of one city mesh, and how a change reaches them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.scene.draw import cards, plan
from twin.scene.draw.gpu import Texture
from twin.scene.draw.lettering import Lettering
from twin.scene.draw.outlined import Outlined
from twin.scene.draw.overlaid import Overlaid
from twin.scene.draw.painting import Painting
from twin.scene.draw.tiles import Tiles
from twin.scene.meshing.ground import sun_vector
from twin.scene.meshing.names import together
from twin.scene.meshing.ribbons import CASING
from twin.scene.palette import Palette, rgb, tint, tint_rows
from twin.scene.resolve import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from twin.layer import Layer
    from twin.scene.draw.gpu import Pass
    from twin.scene.draw.overlay import Look
    from twin.scene.meeting import Met, Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.ground import Ground
    from twin.scene.meshing.shadow import Shade
    from twin.scene.meshing.siteplan import SitePlan
    from twin.scene.picking import Hit
    from twin.scene.resolve import Drawables, Kind, Paint


_NOTHING = ("", -1)


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
        self._tints = Texture(np.zeros((1, 32, 4), dtype=np.uint8))
        common = {
            "shadeMap": Texture(mesh.shade.values, smooth=True, fixed=True),
            "nearMap": Texture(np.zeros((2, 2, 3), dtype=np.uint8), smooth=True),
            "tints": self._tints,
            "heights": _heights(mesh.ground),
        }
        self.painting = Painting(mesh)
        self.names = mesh.names
        self.lettering = Lettering(mesh.names)
        self._texts: tuple[object, ...] = (mesh.names,)
        self.passes = plan.passes(common, self.painting.data, self.lettering.texture)
        self._overlaid = Overlaid(common)
        self._outlined = Outlined({**common, **self.painting.data["buildings"].textures})
        self._outlined.take(mesh)
        self._uniforms: dict[str, float | tuple[float, ...]] = {}
        self._tiles = Tiles(mesh.solids.faces)
        self._large = mesh.siteplan.rows.size > 1
        self.shade_pixel = mesh.shade.pixel
        self._cut = False
        self.order: tuple[Pass, ...] = ()
        """All passes as they are drawn, each over those before it; another object when they are others."""
        self._pointed = self._chosen = _NOTHING
        self._fill()
        self._arrange()
        self._zones: dict[str, bool] = {}
        self._far: set[str] = set()
        self._wanted: dict[str, bool] = {}
        self._set_fixed()

    def close(self) -> None:
        """Take all actors out of the renderer."""
        self._renderer.RemoveAllViewProps()
        self.passes.clear()
        self._overlaid = Overlaid({})
        self._outlined.passes.clear()
        self.order = ()

    def set_all(self, **uniforms: float | tuple[float, ...]) -> None:
        """Set uniforms of every pass."""
        self._uniforms |= uniforms
        for one in self._all():
            one.set(**uniforms)

    def _all(self) -> list[Pass]:
        return [*self.passes.values(), *self._overlaid, *self._outlined.passes.values()]

    def apply(self, new: Drawables, old: Drawables | None) -> None:
        """Bring the passes from one state to another; what is equal is not touched."""
        if old is None or new.palette != old.palette:
            self._set_palette(new.palette)
        if old is None or new.base != old.base:
            for name, entry in plan.SHOWN_BY.items():
                opacity = new.base[entry]
                self.passes[name].set(uAlpha=opacity)
                if name != "siteplan":
                    self._show(name, opacity > 0)
        for kind in KINDS:
            paint = new.paints.get(kind)
            if old is None or paint != old.paints.get(kind):
                self._set_paint(kind, paint)
        if old is None or new.selection != old.selection or new.hidden != old.hidden:
            self.painting.set_marks(self.passes, new)
            self._show_zones(selected=new.selection is not None and new.selection.table == "zones")
            chosen = new.selection
            self._chosen = (chosen.layer, int(chosen.ids[0])) if chosen is not None and chosen.layer else _NOTHING
        placed = old is None or new.overlays != old.overlays
        if placed:
            self._overlaid.take(new, self.mesh, self.passes["terrain"], self._uniforms)
            self._arrange()
        self._overlaid.mark(self._pointed, self._chosen)
        if old is None or placed or new.selection != old.selection or new.hidden != old.hidden:
            self._outlined.select(self.painting.selected, self._overlaid.outline(self._chosen))
        self.set_time(new.time)

    @property
    def moving(self) -> bool:
        """Whether something flows, so that frames differ though nothing is changed."""
        return self.painting.moving or self._overlaid.moving

    def set_time(self, time: np.datetime64 | None) -> None:
        """Show the values of a time: only uniforms are set."""
        self.painting.set_time(self.passes, time)
        self._overlaid.set_time(time)

    def set_seconds(self, seconds: float) -> None:
        """Turn the clock of what flows."""
        self._uniforms["uSeconds"] = seconds
        for one in self._all():
            if one.flows:
                one.set(uSeconds=seconds)

    def near(self, pixel: float, dropped: int = 0) -> None:
        """Leave out what is too small to see where the nearest pixel is this large [m], and what takes too long."""
        self.passes["buildings"].set(uDetail=float(pixel < 0.28))
        far = {name for name, most in plan.VANISH.items() if pixel > most}
        if self.passes["casing"].value("uMarked"):
            far.discard("casing")  # it rings what is selected
        far |= {"fill", "slabs"} if pixel > plan.FAR else {"far_fill", "far_main"}
        if pixel > plan.MINOR and not self.passes["far_fill"].value("uPainted"):
            far.add("far_fill")
        if self.passes["paths"].value("uPainted"):
            far.discard("paths")
        for names in plan.DROPPED[:dropped]:
            far |= names
        if far != self._far:
            changed, self._far = far ^ self._far, far
            for name in changed:
                self._show(name, self._wanted.get(name, True))

    def follow(self, look: Look, still: bool, budget: float = math.inf, whole: bool = True) -> None:
        """Let overlays follow the camera, and their texts once it rests; draw ``budget`` triangles of buildings.

        A frame that must come at once is not ``whole``: far buildings of a large city have roofs alone in it.
        """
        drawn = self._tiles.nearest(look, budget)
        roofed = drawn & self._tiles.roofed(look) & (budget == math.inf and not whole and self._large)
        self.passes["buildings"].mask(drawn & ~roofed)
        self.passes["roofs"].mask(roofed)
        self.passes["edges"].mask(drawn & self._tiles.edged(look))
        self._cut = not bool(drawn.all())
        self._show("siteplan", self._cut and self.passes["buildings"].visible)
        if self._overlaid.follow(look, still):
            self._arrange()
        if still:
            self._take_texts()

    def meet(self, ray: Ray) -> tuple[Layer, Met] | None:
        """Return what a line of sight meets of layers with places of their own."""
        return self._overlaid.meet(ray)

    def hover(self, hit: Hit | None) -> None:
        """Mark what the pointer is on."""
        self._pointed = (hit.layer, int(hit.id)) if hit is not None and hit.layer else _NOTHING
        self._outlined.point(self.painting.hover(self.passes, hit), self._overlaid.outline(self._pointed))
        self._overlaid.mark(self._pointed, self._chosen)
        self._show_zones(hovered=hit is not None and hit.table == "zones")

    def write(self, chosen: Sequence[int], scale: float) -> None:
        """Write the chosen ones of ``names``, ``scale`` times their size."""
        self.passes["labels"].replace(self.lettering.part(np.asarray(chosen, dtype=np.int64), scale))

    # --- other meshes ------------------------------------------------------------------------------------------

    def take_mesh(self, mesh: CityMesh) -> None:
        """Draw another mesh of the same city; what in it is the same object is left as it is."""
        old, self.mesh = self.mesh, mesh
        self.painting.take(mesh)
        self.painting.painted.clear()
        before, now = plan.parts(old), plan.parts(mesh)
        changed = {name: part for name, part in now.items() if part is not before[name]}
        if mesh.spots["places"] is not old.spots["places"]:
            changed |= plan.symbols(mesh)
        for name, part in changed.items():
            self.passes[name].exchange(part, like=self.passes.get(plan.LIKE.get(name, "")))
        self._tiles = Tiles(mesh.solids.faces)
        self._outlined.take(mesh)
        self.passes["siteplan"].bind("siteplan", _ids(mesh.siteplan))
        self._arrange()
        self._set_fixed()
        if mesh.shade is not old.shade:
            self.cast(mesh.shade)
        self._take_texts()

    def cast(self, shade: Shade) -> None:
        """Take another map of light and shadows."""
        self.shade_pixel = shade.pixel
        self._bind("shadeMap", Texture(shade.values, smooth=True, fixed=True))
        self.set_all(uShadeFrame=_shade_frame(shade), uShadeStep=1.5 * shade.pixel)

    def cast_near(self, shade: Shade | None) -> None:
        """Take a finer map of a part of the city, or none."""
        if shade is None:
            self.set_all(uNearFrame=(0.0, 0.0, 0.0, 0.0))
        else:
            self._bind("nearMap", Texture(shade.values, smooth=True, fixed=True))
            self.set_all(uNearFrame=_shade_frame(shade))

    def _bind(self, name: str, texture: Texture) -> None:
        self._overlaid.bind(name, texture)
        for one in self._all():
            if one.binds(name):
                one.bind(name, texture)

    def set_ghosts(self, rows: NDArray[np.int64]) -> None:
        """Let these buildings be seen through."""
        self.painting.set_ghosts(self.passes, rows)

    def see_inside(self, wanted: bool) -> None:
        """Draw faces seen from behind too, as a section shows them."""
        if not self.mesh.solids.detailed:
            for name in ("buildings", "roofs"):
                self.passes[name].cull(not wanted)

    # --- inside ------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        for name, part in plan.parts(self.mesh).items():
            self.passes[name].add(part, like=self.passes.get(plan.LIKE.get(name, "")))
        self.passes["siteplan"].share(self.passes["terrain"], _frame_box(self.mesh.siteplan))
        self.passes["siteplan"].bind("siteplan", _ids(self.mesh.siteplan))
        self.passes["sky"].add(cards.sheet())
        self.passes["trees"].add(cards.trees(self.mesh.trees))
        for name, part in plan.symbols(self.mesh).items():
            self.passes[name].add(part)
        self.write([], 1.0)

    def _arrange(self) -> None:
        """Put all actors into the renderer in the order in which they must be drawn."""
        order: list[Pass] = []
        for name, one in self.passes.items():
            outlines = (*self._overlaid.slot("over"), *self._outlined.passes.values()) if name == "labels" else ()
            order += (*self._overlaid.slot(plan.BEFORE.get(name, "")), *outlines, one)
        self.order = tuple(order)
        self._renderer.RemoveAllViewProps()
        for each in order:
            for actor in each.actors:
                self._renderer.AddActor(actor)

    def _show(self, name: str, wanted: bool) -> None:
        self._wanted[name] = wanted
        self.passes[name].show(wanted and name not in self._far)

    def _show_zones(self, **why: bool) -> None:
        self._zones |= why
        self._show("zones", any(self._zones.values()))
        self._show("borders", any(self._zones.values()))

    def _take_texts(self) -> None:
        some = self._overlaid.names()
        wanted = (self.mesh.names, *some)
        if len(wanted) == len(self._texts) and all(a is b for a, b in zip(wanted, self._texts, strict=True)):
            return
        self._texts = wanted
        self.names = together([*some, self.mesh.names]) if some else self.mesh.names
        if self.lettering.take(self.names):
            self.passes["labels"].bind("letters", self.lettering.texture)
        self.write([], 1.0)

    def _set_fixed(self) -> None:
        shade = self.mesh.shade
        west, south, east, north = self.mesh.bounds
        x, y = self.mesh.origin
        size = max(east - west, north - south, 100.0)
        inner = (max((east - west) / 2 - 0.03 * size, 1.0), max((north - south) / 2 - 0.03 * size, 1.0))
        self.set_all(
            uShadeFrame=_shade_frame(shade),
            uNearFrame=(0.0, 0.0, 0.0, 0.0),
            uShadeStep=1.5 * shade.pixel,
            uSun=tuple(float(v) for v in sun_vector()),
            uFrame=((west + east) / 2 - x, (south + north) / 2 - y, *inner),
            uHaze=0.22 * size,
            uTwoSided=float(self.mesh.solids.detailed),
            uPlanFrame=_plan_frame(self.mesh.siteplan),
            uGround=(self.mesh.ground.west, self.mesh.ground.south, self.mesh.ground.step),
        )
        for one in self.passes.values():
            one.set(**{name: value for name, value in plan.DEFAULTS.items() if name in one.missing()})
        for name, order in plan.ORDER.items():
            self.passes[name].set(uOrder=order)
        self.passes["borders"].set(uFlat=1.0, uMinWidth=1.6, uVanish=(1e9, 1e9, 1e9), uRing=1.0)
        self.passes["water"].set(uWater=1.0)
        self.passes["casing"].set(uMinWidth=0.0, uRing=1.0, uCasing=(CASING, float(tint("casing"))))
        for name in ("fill", "far_fill", "far_main"):
            self.passes[name].set(uData=1.0, uMinWidth=1.3)
        self.passes["paths"].set(uData=1.0, uMinWidth=0.9, uVanish=(2.0, 2.0, 2.0))
        if not self.mesh.solids.detailed:
            for name in ("buildings", "roofs"):
                self.passes[name].cull()

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
            uEdgeFade=colours.edge_fade,
            uTree=rgb(colours.tree),
            uTrunk=rgb(colours.trunk),
            uSymbol=rgb(colours.symbol),
            uRim=rgb(colours.symbol_ink),
            uGleam=rgb(colours.text_halo),
            uShadeDepth=colours.shade,
            uInk=rgb(colours.text),
            uInkDistrict=rgb(colours.text_district),
            uInkWater=rgb(colours.text_water),
            uInkPark=rgb(colours.text_park),
            uHaloColour=rgb(colours.text_halo),
        )
        self.passes["borders"].set(uFlatColour=rgb(colours.text_district))
        self._overlaid.set_palette(colours)
        self._outlined.set_palette(rgb(colours.accent))

    def _set_paint(self, kind: Kind, paint: Paint | None) -> None:
        self.painting.set_paint(self.passes, kind, paint)
        painted = paint is not None
        if kind == "roads":
            width = 2.6 if painted else 1.3
            for name in ("fill", "far_fill", "far_main"):
                self.passes[name].set(uMinWidth=width)
            self.passes["casing"].set(uMinRing=width)
        if kind == "paths":
            most = 14.0 if painted else plan.VANISH["paths"]
            self.passes["paths"].set(uVanish=(most, most, most), uMinWidth=1.8 if painted else 0.9)
        if kind == "zones":
            self._show_zones(painted=painted)
            self.passes["borders"].set(uAlpha=0.55, uOnlyMarked=float(not painted))
        if kind == "points":
            self._show("points", painted)


def _heights(ground: Ground) -> Texture:
    """Return the nodes of the ground as a texture; three channels, as VTK keeps numbers only then."""
    return Texture(np.repeat(ground.heights[:, :, None], 3, axis=2).astype(np.float32))


def _ids(where: SitePlan) -> Texture:
    """Return rows as red, green, blue: the lowest byte first."""
    return Texture(where.rows[:, :, None].view(np.uint8).reshape(*where.rows.shape, 4), fixed=True)


def _plan_frame(where: SitePlan) -> tuple[float, float, float, float]:
    rows, columns = where.rows.shape
    return where.west, where.south, 1 / (columns * where.pixel), 1 / (rows * where.pixel)


def _frame_box(where: SitePlan) -> tuple[float, float, float, float]:
    rows, columns = where.rows.shape
    return where.west, where.south, where.west + columns * where.pixel, where.south + rows * where.pixel


def _shade_frame(shade: Shade) -> tuple[float, float, float, float]:
    rows, columns, _ = shade.values.shape
    return shade.west, shade.south, 1 / (columns * shade.pixel), 1 / (rows * shade.pixel)
