"""Ground heights from GeoTIFF.

A raster does not say what its numbers mean: one band of numbers that look like heights is taken as bare ground
(said in a note, a surface model looks the same), classes (land cover) and pictures are refused.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio import warp
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from twin.city import crs
from twin.city.city import City, Terrain
from twin.city.reading import FileInfo, Note, Reading
from twin.city.source import source_of
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.city.reading import ReadOptions
    from twin.jobs import Job

FORMAT = "GeoTIFF"
CELLS = 4096 * 4096
"""So many cells of ground are kept (64 MiB); larger rasters are averaged to larger cells."""

LOWEST, HIGHEST = -500.0, 9000.0
"""Heights on land lie between these [m]; what lies outside marks missing values that the file did not declare."""

_SAMPLE = 512
_STRIPS = 32
_CLASSES = 32
_FEET = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937, "us-ft": 1200 / 3937}

Heights = NDArray[np.float32]
Trouble = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class _Sample:
    """What a thinned-out look at the first band tells."""

    low: float
    high: float
    values: int
    known: int
    whole: bool


def sniff(path: Path, head: bytes) -> bool:
    """Say whether the file is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def inspect(path: Path, job: Job | None = None) -> FileInfo:
    """Say size, resolution, reference system, range of values and bands; a thinned-out look, no full reading.

    Raises
    ------
    BadInput
        When GDAL cannot open it.
    """
    with _opened(path) as raster:
        declared = _declared(raster)
        sample = _sample(raster)
        problems = [Note("problem", message, 1, fields) for message, fields in _troubles(raster, path, sample)]
        box = None if raster.transform == Affine.identity() else _box(raster)
        problems += _crs_problems(declared, box)
        return FileInfo(
            path=path,
            format=FORMAT,
            version="BigTIFF" if _is_big(path) else "",
            crs=declared,
            bbox=box,
            counts={"cells": raster.width * raster.height},
            problems=tuple(problems),
            extra={
                "columns": raster.width,
                "rows": raster.height,
                "resolution": (
                    math.hypot(raster.transform.a, raster.transform.d),
                    math.hypot(raster.transform.b, raster.transform.e),
                ),
                "bands": raster.count,
                "type": raster.dtypes[0],
                "lowest": sample.low,
                "highest": sample.high,
            },
        )


def read(path: Path, options: ReadOptions, job: Job | None = None) -> Reading:
    """Read the first band as terrain, brought to the City's reference system.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``bbox`` cuts out; ``table="terrain"`` insists on heights where the numbers look like classes.
    job : Job, optional
        Told the progress; can cancel.

    Raises
    ------
    BadInput
        When it cannot be opened, is rotated, a picture or classes, has no heights, or ``bbox`` misses it.
    UnknownCrs
        When neither the file nor the options name its reference system.
    """
    if options.table not in (None, "terrain"):
        raise BadInput(
            "{path}: a GeoTIFF can only be read as terrain, not as {table}.", path=path.name, table=options.table
        )
    with _opened(path) as raster:
        for trouble, fields in _troubles(raster, path, _sample(raster)):
            if trouble != _CLASSES_NOT_HEIGHTS or options.table is None:
                raise BadInput(trouble, **fields)
        placement = crs.place(path, _declared(raster), _box(raster), options)
        notes = [_GROUND]
        if raster.count > 1:
            notes.append(Note("assumed", N_("{n} bands; the first is taken as heights"), raster.count))
        window = _window(raster, path, options)
        heights, transform = _heights(raster, window, path, notes, job)
    heights = _cleaned(heights, notes)
    if np.isnan(heights).all():
        raise BadInput("{path}: it holds no heights (every cell is without a value).", path=path.name)
    if crs.horizontal_or_text(placement.source) != placement.target:
        heights, transform = _warped(heights, transform, placement, notes)
    if crs.outside(placement.target, _grid_box(heights, transform)):
        notes.append(_OUTSIDE)
    source_id, sources = source_of(path)
    terrain = Terrain(heights, tuple(transform)[:6], source_id)
    city = City(path.stem, placement.target, placement.height_system, terrain=terrain, sources=sources)
    return Reading(city, tuple(notes))


_GROUND = Note(
    "assumed", N_("The heights are taken as bare ground; a surface model (with roofs and trees) looks the same")
)
_OUTSIDE = Note("problem", N_("The data lie outside the area that their reference system is made for"))
_CLASSES_NOT_HEIGHTS = N_(
    "{path}: the numbers look like {values} classes (land cover), not heights; "
    "«twin import --as terrain» reads them all the same."
)


def _troubles(raster: Any, path: Path, sample: _Sample) -> Iterator[Trouble]:
    """List what keeps this raster from being read as terrain."""
    if raster.transform == Affine.identity():
        yield (
            N_("{path}: the raster has no place (no transform in it); a georeferenced one is needed."),
            {"path": path.name},
        )
    elif raster.transform.b or raster.transform.d:
        yield N_("{path}: the raster is rotated; bring it north-up first (gdalwarp does)."), {"path": path.name}
    if _is_picture(raster):
        yield N_("{path}: a picture of {bands} colour bands, not heights."), {"path": path.name, "bands": raster.count}
    elif sample.known == 0:
        yield N_("{path}: it holds no heights (every cell is without a value)."), {"path": path.name}
    elif _is_classes(raster, sample):
        yield _CLASSES_NOT_HEIGHTS, {"path": path.name, "values": sample.values}


def _is_picture(raster: Any) -> bool:
    colours = {ColorInterp.red, ColorInterp.green, ColorInterp.blue}
    return colours <= set(raster.colorinterp) and raster.dtypes[0] in ("uint8", "uint16")


def _is_classes(raster: Any, sample: _Sample) -> bool:
    if raster.colorinterp[0] == ColorInterp.palette or raster.dtypes[0] in ("uint8", "int8"):
        return True
    few = 2 <= sample.values <= _CLASSES and sample.known >= 20 * sample.values
    return sample.whole and few and 0 <= sample.low and sample.high <= 1000 and not raster.dtypes[0] == "int16"


def _crs_problems(declared: str | None, box: crs.Box | None) -> list[Note]:
    if declared is None:
        return [Note("problem", N_("The file does not say its reference system"))]
    try:
        if box is not None and crs.outside(declared, box):
            return [_OUTSIDE]
    except BadInput as error:
        return [Note("problem", error.key, 1, error.fields)]
    return []


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # _troubles says it in our words
            raster = rasterio.open(path.resolve(), driver="GTiff")
    except RasterioError as error:
        raise BadInput("{path}: broken GeoTIFF: {reason}.", path=path.name, reason=_reason(error, path)) from error
    try:
        with raster:
            if raster.count == 0 or np.dtype(raster.dtypes[0]).kind == "c":
                raise BadInput("{path}: it has no band of plain numbers.", path=path.name)
            yield raster
    except RasterioError as error:
        raise BadInput("{path}: broken GeoTIFF: {reason}.", path=path.name, reason=_reason(error, path)) from error


def _reason(error: Exception, path: Path) -> str:
    cause = error.__cause__ or error
    return str(cause).replace(str(path.resolve()), path.name).splitlines()[0].rstrip(". ")


def _is_big(path: Path) -> bool:
    with path.open("rb") as source:
        return source.read(3)[2:3] == b"+"


def _declared(raster: Any) -> str | None:
    """Return the declared system, codes kept; parts of a compound one as ``EPSG:n+m``."""
    if not raster.crs:
        return None
    code = raster.crs.to_epsg()
    if code:
        return f"EPSG:{code}"
    wkt = str(raster.crs.to_wkt())
    system = pyproj.CRS.from_wkt(wkt)
    codes = [part.to_epsg() for part in system.sub_crs_list]
    if len(codes) == 2 and all(codes):
        return f"EPSG:{codes[0]}+{codes[1]}"
    found = crs.horizontal_or_text(wkt)
    return found if system.is_projected or system.is_geographic else wkt


def _box(raster: Any) -> crs.Box:
    corners = [_moved(raster.transform, x, y) for x in (0, raster.width) for y in (0, raster.height)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _grid_box(heights: Heights, transform: Affine) -> crs.Box:
    rows, columns = heights.shape
    return transform.c, transform.f + rows * transform.e, transform.c + columns * transform.a, transform.f


def _sample(raster: Any) -> _Sample:
    """Look at every k-th cell of the first band."""
    shape = min(raster.height, _SAMPLE), min(raster.width, _SAMPLE)
    values = raster.read(1, out_shape=shape, masked=True, resampling=Resampling.nearest)
    known = np.asarray(values.compressed(), dtype=float)
    known = known[np.isfinite(known) & (np.abs(known) < 1e30)]
    if not len(known):
        return _Sample(math.nan, math.nan, 0, 0, False)
    whole = bool((known == np.rint(known)).all())
    return _Sample(float(known.min()), float(known.max()), len(np.unique(known)), len(known), whole)


def _window(raster: Any, path: Path, options: ReadOptions) -> Window:
    """Return the part to read, in whole cells, within the raster."""
    if options.bbox is None:
        return Window(0, 0, raster.width, raster.height)
    inverse = ~raster.transform
    corners = [_moved(inverse, x, y) for x in options.bbox[::2] for y in options.bbox[1::2]]
    columns, rows = sorted(corner[0] for corner in corners), sorted(corner[1] for corner in corners)
    left, right = max(math.floor(columns[0]), 0), min(math.ceil(columns[-1]), raster.width)
    top, bottom = max(math.floor(rows[0]), 0), min(math.ceil(rows[-1]), raster.height)
    if left >= right or top >= bottom:
        raise BadInput(
            "{path}: the cut-out does not touch the raster; its bounds are {box}.",
            path=path.name,
            box=", ".join(f"{side:.9g}" for side in _box(raster)),
        )
    return Window(left, top, right - left, bottom - top)


def _moved(transform: Affine, x: float, y: float) -> tuple[float, float]:
    # Written out: the operators for it differ between versions of affine.
    a, b, c, d, e, f = tuple(transform)[:6]
    return float(a * x + b * y + c), float(d * x + e * y + f)


def _heights(raster: Any, window: Window, path: Path, notes: list[Note], job: Job | None) -> tuple[Heights, Affine]:
    """Read the window in strips, averaged to larger cells where it is too large, row 0 in the north."""
    width, height = int(window.width), int(window.height)
    factor = max(1, math.ceil(math.sqrt(width * height / CELLS)))
    factor = min(factor, width, height)
    columns, rows = width // factor, height // factor
    if columns * rows > 2 * CELLS:
        raise BadInput(
            "{path}: a raster of {columns} × {rows} cells is too long and narrow to be terrain.",
            path=path.name,
            columns=width,
            rows=height,
        )
    heights = np.empty((rows, columns), dtype=np.float32)
    step = max(1, math.ceil(rows / _STRIPS))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        if job is not None:
            job.progress(start / rows, N_("Reading {path}"), path=path.name)
        part = Window(window.col_off, window.row_off + start * factor, columns * factor, (stop - start) * factor)
        heights[start:stop] = _strip(raster, part, (stop - start, columns), factor)
    if factor > 1:
        size = abs(raster.transform.a) * factor
        message = N_("{n} cells are too many; they were averaged to cells of {size:.3g} (units of the file)")
        notes.append(Note("assumed", message, width * height, {"size": size}))
    scale, offset = raster.scales[0], raster.offsets[0]
    unit = _FEET.get(str(raster.units[0] or "").lower(), 1.0)
    if (scale, offset, unit) != (1.0, 0.0, 1.0):
        heights = ((heights * np.float32(scale) + np.float32(offset)) * np.float32(unit)).astype(np.float32)
    if unit != 1.0:
        notes.append(Note("mended", N_("The heights were in feet and are now in metres")))
    a, _, _, _, e, _ = tuple(raster.transform)[:6]
    west, north = _moved(raster.transform, window.col_off, window.row_off)
    transform = Affine(a * factor, 0.0, west, 0.0, e * factor, north)
    return _north_up(heights, transform, notes)


def _strip(raster: Any, window: Window, shape: tuple[int, int], factor: int) -> Heights:
    way = Resampling.average if factor > 1 else Resampling.nearest
    data = raster.read(1, window=window, out_shape=shape, out_dtype="float32", resampling=way)
    if MaskFlags.all_valid in raster.mask_flag_enums[0]:
        return np.asarray(data, dtype=np.float32)
    mask = raster.read_masks(1, window=window, out_shape=shape, resampling=way)
    return np.where(mask == 0, np.float32(np.nan), data).astype(np.float32)


def _north_up(heights: Heights, transform: Affine, notes: list[Note]) -> tuple[Heights, Affine]:
    rows, columns = heights.shape
    if transform.e > 0:
        heights = np.ascontiguousarray(heights[::-1])
        transform = Affine(transform.a, 0, transform.c, 0, -transform.e, transform.f + rows * transform.e)
        notes.append(Note("mended", N_("The raster began in the south and was turned north-up")))
    if transform.a < 0:
        heights = np.ascontiguousarray(heights[:, ::-1])
        transform = Affine(-transform.a, 0, transform.c + columns * transform.a, 0, transform.e, transform.f)
        notes.append(Note("mended", N_("The raster began in the east and was turned to begin in the west")))
    return heights, transform


def _cleaned(heights: Heights, notes: list[Note]) -> Heights:
    with np.errstate(invalid="ignore"):
        wild = ~np.isnan(heights) & ~((heights >= LOWEST) & (heights <= HIGHEST))
    count = int(wild.sum())
    if count:
        heights = np.where(wild, np.float32(np.nan), heights).astype(np.float32)
        message = N_("{n} cells held no possible height ({low:.0f} to {high:.0f} m is) and count as unknown")
        notes.append(Note("mended", message, count, {"low": LOWEST, "high": HIGHEST}))
    return heights


def _warped(heights: Heights, transform: Affine, placement: crs.Placement, notes: list[Note]) -> tuple[Heights, Affine]:
    """Bring a grid to the target system, bilinear, at about the same cell size."""
    source = rasterio.crs.CRS.from_wkt(crs.wkt(placement.source))
    target = rasterio.crs.CRS.from_wkt(crs.wkt(placement.target))
    west, south, east, north = crs.box_to(placement.source, placement.target, _grid_box(heights, transform))
    if not all(math.isfinite(side) for side in (west, south, east, north)) or west >= east or south >= north:
        raise BadInput(
            "The raster cannot be brought from {source} to {target}; name the reference system it is really in.",
            source=placement.declared,
            target=placement.target,
        )
    step = math.sqrt((east - west) * (north - south) / heights.size)
    width, height = math.ceil((east - west) / step), math.ceil((north - south) / step)
    if width * height > 4 * CELLS:
        raise BadInput(
            "The raster cannot be brought from {source} to {target}: it would become far too large.",
            source=placement.source,
            target=placement.target,
        )
    to = Affine(step, 0.0, west, 0.0, -step, north)
    result = np.full((height, width), np.nan, dtype=np.float32)
    warp.reproject(
        heights, result, src_transform=transform, src_crs=source, src_nodata=np.nan,
        dst_transform=to, dst_crs=target, dst_nodata=np.nan, resampling=Resampling.bilinear,
    )  # fmt: skip
    message = N_("The grid was brought from {source} to {target}, heights interpolated")
    notes.append(Note("mended", message, 1, {"source": placement.source, "target": placement.target}))
    return result, to
