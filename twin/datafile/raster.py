"""Grids and pictures from GeoTIFF: what is inside, kept in tiles with overviews, read as coarsely as is looked at."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT

from twin.city import crs as systems
from twin.datafile.preview import Box, Sheet
from twin.errors import BadInput, UnknownCrs
from twin.places import Grid, Picture
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.jobs import Job

MAX_CELLS = 2_000_000_000
SHOWN = 1536
"""A grid is drawn with at most so many cells a side; of more, the mean of the cells under each is shown."""
_TILE = 512
_STRIP = 2048
_PICTURE = {ColorInterp.red, ColorInterp.green, ColorInterp.blue}
_CODES = 40
"""Whole numbers of at most so many different values are codes, of which no mean is taken."""


@dataclass(frozen=True)
class Cells:
    """Values of a grid, or a picture; ``codes`` where whole numbers stand for classes."""

    places: Grid | Picture
    values: NDArray[np.float32]
    codes: bool


def is_tiff(head: bytes) -> bool:
    """Say whether the file is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def sheet(path: Path) -> tuple[Sheet, tuple[str, ...], bool]:
    """Look into a GeoTIFF.

    Returns
    -------
    sheet : Sheet
        With the cells as rows.
    bands : tuple of str
        Name of each band, "" where it has none.
    picture : bool
        Whether it is a picture in red, green and blue.

    Raises
    ------
    BadInput
        When GDAL cannot open it, or it is too large.
    """
    with _opened(path) as source:
        box = None if source.transform == Affine.identity() else tuple(map(float, source.bounds))
        declared = None if source.crs is None else systems.horizontal_or_text(source.crs.to_wkt())
        bands = tuple(text or "" for text in source.descriptions)
        found = Sheet(path.stem, "raster", source.width * source.height, (), declared, box)  # type: ignore[arg-type]
        return found, bands, _is_picture(source)


class _opened:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._source: Any = None

    def __enter__(self) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                self._source = rasterio.open(self._path)
        except RasterioError as error:
            raise BadInput("{path}: it cannot be read; it is damaged or of another format ({reason}).",
                           path=self._path.name, reason=self._reason(error)) from error  # fmt: skip
        if self._source.width * self._source.height > MAX_CELLS:
            n = self._source.width * self._source.height
            self._source.close()
            raise BadInput("{path}: {n} cells; up to {most} are read.", path=self._path.name, n=n, most=MAX_CELLS)
        return self._source

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._source.close()
        if isinstance(error, RasterioError):
            raise BadInput("{path}: it cannot be read; it is damaged ({reason}).", path=self._path.name,
                           reason=self._reason(error)) from error  # fmt: skip

    def _reason(self, error: RasterioError) -> str:
        return str(error).splitlines()[0].replace(str(self._path), self._path.name)[:200]


def _is_picture(source: Any) -> bool:
    return source.count in (3, 4) and source.dtypes[0] == "uint8" and set(source.colorinterp) >= _PICTURE


def keep(path: Path, target: Path, band: int, named: str, target_crs: str, job: Job) -> int:
    """Write a grid as a tiled GeoTIFF with overviews in a reference system.

    Parameters
    ----------
    path, target : Path
        The file, and the one to write.
    band : int
        The band that is kept; of a picture all are.
    named : str
        Reference system, where the file names none or a wrong one; else "".
    target_crs : str
        That of the project.
    job : Job

    Returns
    -------
    int
        Cells written.

    Raises
    ------
    BadInput
        When there is no such band, or the file has no place.
    UnknownCrs
        When neither file nor user says its reference system.
    """
    with _opened(path) as source:
        picture = _is_picture(source)
        if not picture and band > source.count:
            raise BadInput(
                "{path}: it has {n} bands; there is no band {band}.", path=path.name, n=source.count, band=band
            )
        if source.transform == Affine.identity():
            raise BadInput("{path}: the picture does not say where it lies.", path=path.name)
        declared = named or ("" if source.crs is None else source.crs.to_wkt())
        if not declared:
            raise UnknownCrs(
                "{path}: the file does not say its reference system; name it, e.g. EPSG:3011.", path=path.name
            )
        bands = list(range(1, source.count + 1)) if picture else [band]
        codes = not picture and _are_codes(source, band)
        method = Resampling.nearest if codes else Resampling.bilinear
        kind = source.dtypes[band - 1]
        unknown = None if picture else source.nodatavals[band - 1]
        if not picture and unknown is None:
            unknown = math.nan if np.dtype(kind).kind == "f" else None
        own = {"src_crs": systems.wkt(declared), "crs": systems.wkt(target_crs), "resampling": method}
        if unknown is None and not picture:
            kind, unknown = "float32", math.nan  # what lies outside after turning needs a value of its own
            own["dtype"] = "float32"
        if not picture:
            own |= {"src_nodata": source.nodatavals[band - 1], "nodata": unknown}
        elif source.count == 3:
            own["add_alpha"] = True
            bands = [1, 2, 3, 4]
        with WarpedVRT(source, **own) as turned:
            _write(turned, target, bands, kind, unknown, target_crs, job)
            cells = turned.width * turned.height
        overviews = Resampling.nearest if codes else Resampling.average
        _add_overviews(target, overviews, codes)
        return int(cells)


def _write(turned: Any, target: Path, bands: list[int], kind: str, unknown: float | None, crs: str, job: Job) -> None:
    profile = {
        "driver": "GTiff", "width": turned.width, "height": turned.height, "count": len(bands), "dtype": kind,
        "crs": crs, "transform": turned.transform, "nodata": unknown, "compress": "deflate", "zlevel": 1,
        "predictor": 3 if np.dtype(kind).kind == "f" else 2, "tiled": True, "blockxsize": _TILE, "blockysize": _TILE,
        "BIGTIFF": "IF_SAFER", "num_threads": "all_cpus",
    }  # fmt: skip
    if len(bands) >= 3:
        profile |= {"photometric": "rgb", "alpha": "yes"}
    with rasterio.open(target, "w", **profile) as out:
        windows = list(_strips(turned.width, turned.height))
        for i, window in enumerate(windows):
            job.progress(0.8 * i / len(windows), N_("Reading cells"))
            out.write(turned.read(bands, window=window, out_dtype=kind), window=window)


def _strips(width: int, height: int) -> Iterator[Any]:
    from rasterio.windows import Window

    for top in range(0, height, _STRIP):
        yield Window(0, top, width, min(_STRIP, height - top))


def _add_overviews(target: Path, method: Resampling, codes: bool) -> None:
    with rasterio.open(target, "r+") as out:
        factors: list[int] = []
        size = max(out.width, out.height)
        while size / 2 >= SHOWN / 2 and len(factors) < 12:
            size /= 2
            factors.append(2 ** (len(factors) + 1))
        with rasterio.Env(COMPRESS_OVERVIEW="DEFLATE", ZLEVEL_OVERVIEW="1", GDAL_NUM_THREADS="ALL_CPUS"):
            if factors:
                out.build_overviews(factors, method)
        out.update_tags(TWIN_CODES="yes" if codes else "no")


def _are_codes(source: Any, band: int) -> bool:
    """Say whether whole numbers stand for classes: few different ones in a thinned-out look, or a colour table."""
    if source.colorinterp[band - 1] == ColorInterp.palette:
        return True
    step = max(1, math.ceil(max(source.width, source.height) / 512))
    shape = (max(source.height // step, 1), max(source.width // step, 1))
    data = source.read(band, out_shape=shape, resampling=Resampling.nearest, masked=True).compressed()
    data = np.unique(data[np.isfinite(data)])
    if np.dtype(source.dtypes[band - 1]).kind in "iu":
        return data.size <= _CODES
    return 0 < data.size <= _CODES // 4 and bool((data == np.rint(data)).all() and np.abs(data).max() < 256)


def inside(box: Box, near: Box | None) -> Box:
    """Return the part of a box that lies near the city, all of it where none does."""
    if near is None:
        return box
    west, south, east, north = max(box[0], near[0]), max(box[1], near[1]), min(box[2], near[2]), min(box[3], near[3])
    return (west, south, east, north) if west < east and south < north else box


def cells(path: Path, near: Box | None = None, most: int = SHOWN) -> Cells:
    """Read the part of a kept grid that lies near the city, with at most so many cells a side.

    Raises
    ------
    BadInput
        When the file is damaged.
    """
    with _opened(path) as source:
        codes = source.tags().get("TWIN_CODES") == "yes"
        window = _window(source, near)
        step = max(1.0, max(window.width, window.height) / most)
        rows, columns = max(1, round(window.height / step)), max(1, round(window.width / step))
        own, wide, high = source.transform, window.width / columns, window.height / rows
        west, north = own.c + window.col_off * own.a, own.f + window.row_off * own.e
        place = (own.a * wide, 0.0, west, 0.0, own.e * high, north)
        method = Resampling.nearest if codes else Resampling.average
        if source.count >= 3:
            pixels = source.read(out_shape=(source.count, rows, columns), window=window, resampling=method)
            return Cells(
                Picture(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)), place), np.empty(0, np.float32), False
            )
        data = source.read(1, out_shape=(rows, columns), window=window, resampling=method, masked=True).astype(
            np.float32
        )
        values = np.ascontiguousarray(data.filled(np.nan)).ravel()
        values[~np.isfinite(values)] = np.nan
        return Cells(Grid(rows, columns, place, smooth=not codes), values, codes)


def _window(source: Any, near: Box | None) -> Any:
    """Return the whole cells of a north-up grid that hold the part near the city."""
    from rasterio.windows import Window

    own = source.transform
    west, south, east, north = inside(tuple(map(float, source.bounds)), near)  # type: ignore[arg-type]
    left, right = math.floor((west - own.c) / own.a + 1e-6), math.ceil((east - own.c) / own.a - 1e-6)
    top, bottom = math.floor((north - own.f) / own.e + 1e-6), math.ceil((south - own.f) / own.e - 1e-6)
    left, top = max(left, 0), max(top, 0)
    return Window(left, top, max(min(right, source.width) - left, 1), max(min(bottom, source.height) - top, 1))
