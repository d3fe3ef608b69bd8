"""Grids and pictures laid on the terrain."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.places import Grid, Picture
from twin.scene.draw import borders
from twin.scene.draw.gpu import Pass, Texture
from twin.scene.draw.overlay import Look, Overlay, steps_of
from twin.scene.meeting import Met
from twin.scene.meshing import isolines
from twin.scene.resolve import UNKNOWN, ramp, stepped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.layer import Layer
    from twin.scene.meeting import Ray
    from twin.scene.mesh import CityMesh
    from twin.scene.meshing.names import Names
    from twin.scene.meshing.part import Part

MOST_CELLS = 4096
"""Largest side of a grid on the graphics card; a finer one is shown by every second, third … cell."""
_HIGHEST = 16_384
_BREAKS = 16
_SIDE = 2048
_NO_FRAME = (0.0, 0.0, 0.0, 0.0)


class GridOverlay(Overlay):
    """Values of a grid: classes or a continuous scale, isolines with their values."""

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture], terrain: Pass) -> None:
        super().__init__(layer, mesh, common)
        assert isinstance(layer.field.places, Grid)
        self._grid: Grid = layer.field.places
        cells, coarse = coarser(layer.field.values, self._grid)
        self._rows, self._columns = coarse.rows, coarse.columns
        one = Pass("drape.vert", "grid.frag", {**common, "cells": Texture(packed_cells(cells))})
        one.bind("colours", Texture(_colours(layer)[None]))
        west, south, east, north = _local(coarse.bounds, mesh)
        one.share(terrain, (west, south, east, north))
        self.passes["grid"] = one
        breaks = np.full(_BREAKS, 1e30)
        some = layer.breaks if len(layer.breaks) <= _BREAKS else ()
        breaks[: len(some)] = some
        by_four = [tuple(float(v) for v in four) for four in breaks.reshape(4, 4)]
        n = len(layer.scale.colours)
        low, high = (-0.5, n - 0.5) if layer.field.categories else (layer.low, layer.high)
        self.set(
            uGridFrame=(west, north, (east - west) / coarse.columns, (north - south) / coarse.rows),
            uGridSize=(float(coarse.columns), float(coarse.rows)),
            uGridSmooth=float(self._grid.smooth and not layer.field.categories),
            uBreaksA=by_four[0], uBreaksB=by_four[1], uBreaksC=by_four[2], uBreaksD=by_four[3],
            uClasses=float(max(len(some) - 1, 0)), uRange=(low, high),
            uIsolines=float(layer.isolines and self._grid.smooth and bool(some)), uHatch=float(layer.hatched),
            uOrder=3.5,
        )  # fmt: skip
        self._shown: NDArray[np.float32] = layer.field.at(None)
        self.set_time(None)

    @cached_property
    def _labels(self) -> Names | None:
        if not self.layer.isolines or not self._grid.smooth:
            return None
        return isolines.labels(self._shown, self._grid, self.layer.breaks, self.mesh.ground, self.mesh.origin)

    def meet(self, ray: Ray) -> Met | None:
        """Return the cell where a line of sight meets the ground; none that has no value."""
        if ray.ground is None:
            return None
        x, y, _ = ray.point(ray.ground)
        west, south, east, north = _local(self._grid.bounds, self.mesh)
        column = int(np.floor((x - west) / (east - west) * self._grid.columns))
        row = int(np.floor((north - y) / (north - south) * self._grid.rows))
        if not (0 <= column < self._grid.columns and 0 <= row < self._grid.rows):
            return None
        cell = row * self._grid.columns + column
        known = np.isfinite(self.layer.field.values[..., cell]).any()
        return Met(ray.ground, cell) if known or self.layer.hatched else None

    def outline(self, row: int) -> Part | None:
        """Return the lines around a cell, or around the area that it is a part of."""
        return borders.around(self._grid, row, self.mesh)

    def names(self) -> Names | None:
        """Return the values on the isolines of the time shown."""
        return self._labels

    def set_time(self, time: np.datetime64 | None) -> None:
        """Show the values of a time; the texts on the lines follow when the camera rests."""
        first, second, share = steps_of(self.layer, time)
        self.set(uSteps=(float(first), float(second), share, 0.0))
        if self.layer.isolines and self.layer.field.values.ndim > 1:
            self._shown = self.layer.field.at(time)
            self.__dict__.pop("_labels", None)


class PictureOverlay(Overlay):
    """A georeferenced picture: the whole in as many pixels as are sensible, and what is near in all of them."""

    def __init__(self, layer: Layer, mesh: CityMesh, common: Mapping[str, Texture], terrain: Pass) -> None:
        super().__init__(layer, mesh, common)
        assert isinstance(layer.field.places, Picture)
        self._picture: Picture = layer.field.places
        rows, columns = self._picture.pixels.shape[:2]
        self._stride = max(1, -(-max(rows, columns) // _SIDE))
        pixels = reduced(self._picture.pixels, self._stride)
        self._box = _local(self._picture.bounds, mesh)
        one = Pass("drape.vert", "picture.frag", common)
        one.bind("whole", Texture(_rgba(pixels), smooth=True))
        one.bind("piece", Texture(np.zeros((2, 2, 4), np.uint8), smooth=True))
        one.share(terrain, self._box)
        self.passes["picture"] = one
        west, south, east, north = self._box
        self.set(uPictureFrame=(west, south, 1 / (east - west), 1 / (north - south)), uPieceFrame=_NO_FRAME, uOrder=3.4)
        self._piece: tuple[int, ...] = ()

    def rest(self, look: Look) -> None:
        """Bring the part under the eye in full detail where the whole is too coarse for it."""
        rows, columns = self._picture.pixels.shape[:2]
        west, south, east, north = self._box
        cell = (east - west) / columns
        height = max(look.eye[2] - self.mesh.top, 1.0)
        pixel = look.pixel_at(height) / look.scale
        if self._stride == 1 or pixel > 1.5 * self._stride * cell:
            return
        # What the eye looks at lies ahead of it; a window as wide as the texture is centred there.
        step = int(np.clip(2 ** np.floor(np.log2(max(pixel / cell, 1.0))), 1, self._stride))
        half = _SIDE * step // 2
        i = int(np.clip((look.focus[0] - west) / cell, 0, columns))
        j = int(np.clip((north - look.focus[1]) / cell, 0, rows))
        quarter = max(half // 2, 1)
        i, j = round(i / quarter) * quarter, round(j / quarter) * quarter
        top, bottom = max(j - half, 0), min(j + half, rows)
        left, right = max(i - half, 0), min(i + half, columns)
        wanted = (top, bottom, left, right, step)
        if wanted == self._piece or bottom - top < 2 * step or right - left < 2 * step:
            return
        self._piece = wanted
        part = reduced(self._picture.pixels[top:bottom, left:right], step)
        self.passes["picture"].bind("piece", Texture(_rgba(part), smooth=True))
        used_rows, used_columns = part.shape[0] * step, part.shape[1] * step
        tall = (north - south) / rows
        self.set(uPieceFrame=(
            west + left * cell, north - (top + used_rows) * tall, 1 / (used_columns * cell), 1 / (used_rows * tall)
        ))  # fmt: skip


def coarser(values: NDArray[np.float32], grid: Grid) -> tuple[NDArray[np.float32], Grid]:
    """Return cells (t, rows, columns) that fit on the graphics card, and their grid: means of squares of cells."""
    cells = values.reshape(-1, grid.rows, grid.columns)
    most = min(MOST_CELLS, _HIGHEST // len(cells))
    k = max(1, -(-grid.rows // most), -(-grid.columns // MOST_CELLS))
    if k == 1:
        return cells, grid
    rows, columns = grid.rows // k * k, grid.columns // k * k
    blocks = cells[:, :rows, :columns].reshape(len(cells), rows // k, k, columns // k, k)
    known = np.isfinite(blocks)
    count = known.sum(axis=(2, 4))
    total = np.where(known, blocks, 0).sum(axis=(2, 4), dtype=np.float32)
    means = np.where(count * 2 >= k * k, total / np.maximum(count, 1), np.nan).astype(np.float32)
    a, b, c, d, e, f = grid.transform
    return means, Grid(rows // k, columns // k, (a * k, b, c, d, e * k, f), grid.smooth)


def packed_cells(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return cells (t, rows, columns) as pixels (t * rows, ⌈columns / 4⌉, 4)."""
    t, rows, columns = cells.shape
    wide = -(-columns // 4) * 4
    pixels = np.full((t * rows, wide), UNKNOWN, dtype=np.float32)
    flat = cells.reshape(t * rows, columns)
    pixels[:, :columns] = np.where(np.isnan(flat), UNKNOWN, flat)
    return pixels.reshape(t * rows, wide // 4, 4)


def reduced(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Return a picture with every square of ``step`` pixels as one: their mean, of large squares a sample."""
    if step == 1:
        return np.ascontiguousarray(pixels)
    rows, columns = pixels.shape[0] // step, pixels.shape[1] // step
    skip = max(1, step // 2)
    some = [pixels[j : rows * step : step, i : columns * step : step] for j in (0, skip) for i in (0, skip)]
    return np.asarray(np.sum(some, axis=0, dtype=np.uint16) // 4, dtype=np.uint8)


def _rgba(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels with row 0 in the south and alpha."""
    full = np.full((*pixels.shape[:2], 4), 255, dtype=np.uint8)
    full[..., : pixels.shape[2]] = pixels[..., :4]
    return np.ascontiguousarray(full[::-1])


def _colours(layer: Layer) -> NDArray[np.uint8]:
    from twin.layer import class_colours

    if layer.field.categories:
        return stepped(layer.scale.colours)
    if layer.breaks and len(layer.breaks) <= _BREAKS:
        return stepped(class_colours(layer))
    return ramp(layer.scale.colours)


def _local(bounds: tuple[float, float, float, float], mesh: CityMesh) -> tuple[float, float, float, float]:
    x, y = mesh.origin
    return bounds[0] - x, bounds[1] - y, bounds[2] - x, bounds[3] - y
