"""The thin layer over VTK: arrays to poly data, textures, and passes that share one pair of shaders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_TYPE_INT32, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkProperty, vtkTexture
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLShaderProperty

from twin.scene import shaders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.meshing.part import Part

ROW_WIDTH = 1024
"""Cells per row of textures that are looked up by row number."""

Uniform = float | Sequence[float]


class Texture:
    """A texture whose pixels can be written in place; a ``fixed`` one reads the array it was given."""

    def __init__(self, pixels: NDArray[Any], smooth: bool = False, fixed: bool = False) -> None:
        height, width, channels = pixels.shape
        self._channels = channels
        self._image = vtkImageData()
        self._image.SetDimensions(width, height, 1)
        scalars = numpy_to_vtk(np.ascontiguousarray(pixels.reshape(-1, channels)), deep=not fixed)
        self._image.GetPointData().SetScalars(scalars)
        self.vtk = vtkTexture()
        self.vtk.SetInputDataObject(self._image)
        self.vtk.SetColorModeToDirectScalars()
        self.vtk.SetInterpolate(smooth)
        self.vtk.RepeatOff()
        self.vtk.EdgeClampOn()
        self._pixels = vtk_to_numpy(scalars)
        self.changes = 0
        """How often its pixels were written."""

    def write(self, values: NDArray[Any]) -> None:
        """Write the first pixels (n, channels), or their first channels (n, k) or (n,); the rest stays."""
        flat = values.reshape(len(values), -1) if len(values) else values.reshape(0, 1)
        self._pixels.reshape(-1, self._channels)[: len(flat), : flat.shape[1]] = flat
        self._image.GetPointData().GetScalars().Modified()
        self._image.Modified()
        self.changes += 1

    def read(self, n: int) -> NDArray[Any]:
        """Return the first channel of the first n pixels."""
        return np.asarray(self._pixels.reshape(-1, self._channels)[:n, 0])


def rows_texture(n: int, dtype: type, fill: float = 0) -> Texture:
    """Return a texture with one cell for each of n rows, all of one value."""
    height = max(1, -(-n // ROW_WIDTH))
    # VTK turns float textures of one or two channels into bytes; of three it keeps the numbers
    channels = 3 if np.issubdtype(dtype, np.floating) else 1
    return Texture(np.full((height, ROW_WIDTH, channels), fill, dtype=dtype))


class Pass:
    """Actors that are drawn by the same two shaders with the same uniforms and textures."""

    def __init__(self, vertex: str, fragment: str, textures: Mapping[str, Texture] | None = None) -> None:
        self._sources = (shaders.source(vertex), shaders.source(fragment))
        self._names = tuple(frozenset(re.findall(r"\bu[A-Z]\w*", text)) for text in self._sources)
        self._shader = vtkOpenGLShaderProperty()
        self._shader.SetVertexShaderCode(self._sources[0])
        self._shader.SetFragmentShaderCode(self._sources[1])
        self._uniforms = (self._shader.GetVertexCustomUniforms(), self._shader.GetFragmentCustomUniforms())
        self._last: dict[str, Uniform] = {}
        self._property = vtkProperty()
        self._bound: dict[str, Texture] = {}
        self._changes = 0
        self.actors: list[vtkActor] = []
        self._mappers: list[vtkPolyDataMapper] = []
        self._part: Part | None = None
        self._points: dict[int, vtkPolyData] = {}
        self.visible = True
        self._mask: NDArray[np.bool_] | None = None
        for name, texture in (textures or {}).items():
            self.bind(name, texture)

    @property
    def changes(self) -> int:
        """A number that is another whenever what it draws may be another; it only grows."""
        return self._changes + sum(texture.changes for texture in self._bound.values())

    def cull(self, wanted: bool = True) -> None:
        """Leave out faces seen from behind, or not."""
        self._property.SetBackfaceCulling(wanted)
        self._changes += 1

    def thicken(self, pixels: float) -> None:
        """Draw lines so many device pixels wide."""
        self._property.SetLineWidth(pixels)
        self._changes += 1

    def bind(self, name: str, texture: Texture) -> None:
        """Give the shaders a texture under a name."""
        if name in self._bound:
            self._property.RemoveTexture(name)
            self._changes += self._bound[name].changes  # so that the sum of both grows
        self._bound[name] = texture
        self._changes += 1
        self._property.SetTexture(name, texture.vtk)

    def binds(self, name: str) -> bool:
        """Say whether the shaders have a texture of this name."""
        return name in self._bound

    def set(self, **values: Uniform) -> None:
        """Set uniforms that the shaders use; others are passed over."""
        for name, value in values.items():
            if self._last.get(name) == value:
                continue
            self._last[name] = value
            for names, uniforms in zip(self._names, self._uniforms, strict=True):
                if name not in names:
                    continue
                self._changes += 1
                if isinstance(value, int | float):
                    uniforms.SetUniformf(name, float(value))
                else:
                    (uniforms.SetUniform2f, uniforms.SetUniform3f, uniforms.SetUniform4f)[len(value) - 2](
                        name, [float(v) for v in value]
                    )

    def value(self, name: str) -> Uniform:
        """Return what a uniform was last set to."""
        return self._last[name]

    @property
    def flows(self) -> bool:
        """Whether something in it moves with the clock."""
        return bool(self._last.get("uFlowing"))

    def missing(self) -> frozenset[str]:
        """Return the uniforms the shaders name and nobody has set."""
        return (self._names[0] | self._names[1]) - frozenset(self._last)

    def add(self, part: Part, like: Pass | None = None) -> None:
        """Make an actor of each tile of a part; ``like`` is a pass whose tiles have the same points."""
        for data in self._tiles(part, like):
            self.actors.append(self._actor(data, part.attributes))

    def _tiles(self, part: Part, like: Pass | None) -> list[vtkPolyData]:
        if like is not None and like._part is part:
            found = [like._points.get(k) for k in range(len(part.tiles) - 1)]
        else:
            known = {} if like is None else like._points
            found = [tile_data(part, k, known.get(k)) for k in range(len(part.tiles) - 1)]
        self._part = part
        self._points = {k: data for k, data in enumerate(found) if data is not None}
        return list(self._points.values())

    def share(self, other: Pass, box: tuple[float, float, float, float]) -> None:
        """Draw what another pass draws, but for tiles that lie outside a box (west, south, east, north)."""
        for mapper in other._mappers:
            data = mapper.GetInput()
            west, east, south, north, _, _ = data.GetBounds()
            if west < box[2] and east > box[0] and south < box[3] and north > box[1]:
                names = {data.GetPointData().GetArrayName(k) for k in range(data.GetPointData().GetNumberOfArrays())}
                self.actors.append(self._actor(data, dict.fromkeys(names)))

    def exchange(self, part: Part, like: Pass | None = None) -> tuple[vtkActor, ...]:
        """Let the actors draw the tiles of another part; return those that were made because there were too few."""
        tiles = self._tiles(part, like)
        for mapper, data in zip(self._mappers, tiles, strict=False):
            mapper.SetInputDataObject(data)
        for mapper in self._mappers[len(tiles) :]:
            mapper.SetInputDataObject(vtkPolyData())
        made = [self._actor(data, part.attributes) for data in tiles[len(self._mappers) :]]
        self.actors += made
        self._mask = None
        self._set_visible()
        return tuple(made)

    def replace(self, part: Part) -> None:
        """Exchange what the pass's first actor draws (an empty part draws nothing)."""
        data = tile_data(part, 0) if len(part.tiles) > 1 else None
        if not self.actors:
            self.actors.append(self._actor(data or vtkPolyData(), part.attributes))
            return
        mapper = self._mappers[0]
        self._changes += 1
        mapper.SetInputDataObject(data or vtkPolyData())
        for name in part.attributes:
            mapper.MapDataArrayToVertexAttribute(name, name, vtkDataObject.FIELD_ASSOCIATION_POINTS, -1)

    def show(self, visible: bool) -> None:
        """Show or hide all actors."""
        if visible != self.visible:
            self.visible = visible
            self._set_visible()

    def mask(self, tiles: NDArray[np.bool_]) -> None:
        """Say which tiles are drawn while the pass is shown."""
        if self._mask is None or not np.array_equal(tiles, self._mask):
            self._mask = tiles
            self._set_visible()

    def _set_visible(self) -> None:
        self._changes += 1
        tiles = list(self._points)
        for k, actor in enumerate(self.actors):
            drawn = self._mask is None or k >= len(tiles) or bool(self._mask[tiles[k]])
            actor.SetVisibility(self.visible and drawn)

    def _actor(self, data: vtkPolyData, names: Mapping[str, Any]) -> vtkActor:
        mapper = vtkPolyDataMapper()
        mapper.SetInputDataObject(data)
        mapper.ScalarVisibilityOff()
        # VTK would shift and scale points far from the origin; the shaders work in metres from it.
        mapper.SetVBOShiftScaleMethod(0)
        for name in names:
            mapper.MapDataArrayToVertexAttribute(name, name, vtkDataObject.FIELD_ASSOCIATION_POINTS, -1)
        self._mappers.append(mapper)
        self._changes += 1
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.SetProperty(self._property)
        actor.SetShaderProperty(self._shader)
        # Blending happens in the order the actors were added: VTK's own pass for what is translucent sorts
        # nothing without depth peeling, and costs a buffer.
        actor.ForceOpaqueOn()
        actor.PickableOff()
        actor.SetVisibility(self.visible)
        return actor


def tile_data(part: Part, k: int, like: vtkPolyData | None = None) -> vtkPolyData | None:
    """Return one tile of a part as poly data that reads the part's own arrays; None when it is empty.

    ``like`` is poly data of a tile with the same points and attributes.
    """
    (p0, c0), (p1, c1) = part.tiles[k], part.tiles[k + 1]
    if c1 <= c0:
        return None
    data = vtkPolyData()
    cells = part.local[c0:c1]
    width = cells.shape[1]
    array = vtkCellArray()
    array.SetData(width, numpy_to_vtk(np.ascontiguousarray(cells.ravel()), array_type=VTK_TYPE_INT32))
    if width == 2:
        data.SetLines(array)
    else:
        data.SetPolys(array)
    if like is not None:
        data.SetPoints(like.GetPoints())
        data.GetPointData().ShallowCopy(like.GetPointData())
        return data
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(part.points[p0:p1])))
    data.SetPoints(points)
    for name, values in part.attributes.items():
        column = numpy_to_vtk(np.ascontiguousarray(values[p0:p1]))
        column.SetName(name)
        data.GetPointData().AddArray(column)
    return data
