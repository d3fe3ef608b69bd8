"""GeoTIFF terrain: made-up rasters with known heights, the real ones of Göteborg, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from twin.city import read_geotiff
from twin.city.reading import ReadOptions
from twin.errors import BadInput, Cancelled, UnknownCrs
from twin.jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WEST, NORTH = 153_000.0, 6_580_000.0


def slope(rows: int = 30, columns: int = 40) -> NDArray[np.float32]:
    """Return heights that rise 0.1 m a cell to the east and 0.01 m to the south."""
    return (10 + 0.1 * np.arange(columns) + 0.01 * np.arange(rows)[:, None]).astype(np.float32)


def write(
    folder: Path, data: NDArray[Any], crs: str | None = "EPSG:3011", transform: Affine | None = None, **profile: Any
) -> Path:
    path = folder / "ground.tif"
    bands = data if data.ndim == 3 else data[None]
    descriptive = {name: profile.pop(name) for name in ("scales", "offsets", "units") if name in profile}
    with rasterio.open(
        path, "w", driver="GTiff", height=bands.shape[1], width=bands.shape[2], count=len(bands), dtype=bands.dtype,
        crs=crs, transform=transform or Affine(2, 0, WEST, 0, -2, NORTH), **profile,
    ) as raster:  # fmt: skip
        raster.write(bands)
        for name, value in descriptive.items():
            setattr(raster, name, value)
    return path


def messages(notes: Any) -> str:
    return "\n".join(f"{note.kind}: {note.text('en')}" for note in notes)


def test_heights_and_place(tmp_path: Path) -> None:
    path = write(tmp_path, slope())
    info = read_geotiff.inspect(path)
    assert (info.format, info.crs, dict(info.counts)) == ("GeoTIFF", "EPSG:3011", {"cells": 1200})
    assert info.bbox == (WEST, NORTH - 60, WEST + 80, NORTH)
    assert info.extra["resolution"] == (2, 2)
    assert (info.extra["lowest"], info.extra["highest"]) == pytest.approx((10, 14.19), abs=1e-4)
    assert info.problems == ()
    reading = read_geotiff.read(path, ReadOptions())
    terrain = reading.city.terrain
    assert terrain is not None
    assert terrain.heights.dtype == np.float32
    assert terrain.transform == (2, 0, WEST, 0, -2, NORTH)
    assert terrain.sample(np.array([WEST + 1]), np.array([NORTH - 1])) == pytest.approx([10])
    assert terrain.sample(np.array([WEST + 79]), np.array([NORTH - 59])) == pytest.approx([14.19], abs=1e-4)
    assert reading.city.crs == "EPSG:3011"
    assert reading.city.source(terrain.source_id)["title"] == "ground.tif"
    assert "assumed: The heights are taken as bare ground" in messages(reading.notes)


@pytest.mark.parametrize("nodata", [-9999.0, -3.4028234663852886e38, float("nan"), 0.0])
def test_declared_missing_values_become_nan(tmp_path: Path, nodata: float) -> None:
    data = slope()
    data[3, 4] = nodata
    terrain = read_geotiff.read(write(tmp_path, data, nodata=nodata), ReadOptions()).city.terrain
    assert terrain is not None
    assert np.argwhere(np.isnan(terrain.heights)).tolist() == [[3, 4]]


def test_undeclared_missing_values_are_seen(tmp_path: Path) -> None:
    data = slope()
    data[0, :3] = (-9999, -32768, 1e30)
    reading = read_geotiff.read(write(tmp_path, data), ReadOptions())
    assert reading.city.terrain is not None
    assert np.isnan(reading.city.terrain.heights).sum() == 3
    assert "3 cells held no possible height" in messages(reading.notes)


def test_integers_with_scale_offset_and_feet(tmp_path: Path) -> None:
    data = np.round(slope() * 100).astype(np.int16)
    metres = read_geotiff.read(write(tmp_path, data, scales=(0.01,), offsets=(5.0,)), ReadOptions()).city.terrain
    assert metres is not None
    assert metres.heights == pytest.approx(slope() + 5, abs=0.006)
    reading = read_geotiff.read(write(tmp_path, slope(), units=("ft",)), ReadOptions())
    assert reading.city.terrain is not None
    assert reading.city.terrain.heights == pytest.approx(slope() * 0.3048, abs=1e-4)
    assert "were in feet" in messages(reading.notes)


def test_south_up_rasters_are_turned(tmp_path: Path) -> None:
    path = write(tmp_path, slope()[::-1].copy(), transform=Affine(2, 0, WEST, 0, 2, NORTH - 60))
    assert read_geotiff.inspect(path).bbox == (WEST, NORTH - 60, WEST + 80, NORTH)
    terrain = read_geotiff.read(path, ReadOptions()).city.terrain
    assert terrain is not None
    assert terrain.transform == (2, 0, WEST, 0, -2, NORTH)
    assert terrain.heights == pytest.approx(slope())


def test_rotated_rasters_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, slope(), transform=Affine(1.9, 0.4, WEST, 0.4, -1.9, NORTH))
    assert "rotated" in messages(read_geotiff.inspect(path).problems)
    with pytest.raises(BadInput, match=r"ground\.tif: the raster is rotated; bring it north-up"):
        read_geotiff.read(path, ReadOptions())


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # writing one on purpose
def test_rasters_without_place_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, slope(), transform=Affine.identity())
    info = read_geotiff.inspect(path)
    assert info.bbox is None
    assert "has no place" in messages(info.problems)
    with pytest.raises(BadInput, match="has no place"):
        read_geotiff.read(path, ReadOptions())


def test_a_raster_without_system_asks(tmp_path: Path) -> None:
    path = write(tmp_path, slope(), crs=None)
    info = read_geotiff.inspect(path)
    assert info.crs is None
    assert "does not say its reference system" in messages(info.problems)
    with pytest.raises(UnknownCrs):
        read_geotiff.read(path, ReadOptions())
    assert read_geotiff.read(path, ReadOptions(crs="EPSG:3011")).city.crs == "EPSG:3011"


def test_compound_system(tmp_path: Path) -> None:
    path = write(tmp_path, slope(), crs="EPSG:3011+5613")
    assert read_geotiff.inspect(path).crs in ("EPSG:5850", "EPSG:3011+5613")
    city = read_geotiff.read(path, ReadOptions()).city
    assert (city.crs, city.height_system) == ("EPSG:3011", "RH 2000")


@pytest.mark.parametrize("target", ["EPSG:3006", "EPSG:32634"])
def test_brought_to_the_projects_system(tmp_path: Path, target: str) -> None:
    from twin.city import crs

    reading = read_geotiff.read(write(tmp_path, slope(200, 200)), ReadOptions(target_crs=target))
    terrain = reading.city.terrain
    assert terrain is not None
    assert reading.city.crs == target
    x, y = np.array([WEST + 101.0, WEST + 301.0]), np.array([NORTH - 101.0, NORTH - 201.0])
    expected = 10 + 0.1 * (x - WEST - 1) / 2 + 0.01 * (NORTH - 1 - y) / 2
    there = crs.transformer("EPSG:3011", target).transform(x, y)
    assert terrain.sample(*there) == pytest.approx(expected, abs=0.02)
    assert "was brought from EPSG:3011" in messages(reading.notes)


def test_degrees_get_a_metric_system(tmp_path: Path) -> None:
    path = write(tmp_path, slope(), crs="EPSG:4326", transform=Affine(1e-4, 0, 18.05, 0, -1e-4, 59.32))
    city = read_geotiff.read(path, ReadOptions()).city
    assert city.crs == "EPSG:3011"
    west, south, east, north = city.bounds()
    assert east - west == pytest.approx(40 * 1e-4 * 56_900, rel=0.05)
    assert north - south == pytest.approx(30 * 1e-4 * 111_400, rel=0.05)


def test_cut_out_reads_whole_cells_of_the_window(tmp_path: Path) -> None:
    path = write(tmp_path, slope())
    box = (WEST + 10.5, NORTH - 20.5, WEST + 20, NORTH - 10)
    terrain = read_geotiff.read(path, ReadOptions(bbox=box)).city.terrain
    assert terrain is not None
    assert terrain.bounds == (WEST + 10, NORTH - 22, WEST + 20, NORTH - 10)
    assert terrain.heights == pytest.approx(slope()[5:11, 5:10])
    with pytest.raises(BadInput, match="does not touch the raster"):
        read_geotiff.read(path, ReadOptions(bbox=(0, 0, 1, 1)))


def test_large_rasters_are_averaged_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_geotiff, "CELLS", 3000)
    data = slope(210, 200)
    data[:4, :4] = -9999
    reading = read_geotiff.read(write(tmp_path, data, nodata=-9999), ReadOptions())
    terrain = reading.city.terrain
    assert terrain is not None
    assert terrain.heights.shape == (52, 50)
    assert terrain.transform[:3] == (8, 0, WEST)
    assert np.isnan(terrain.heights).sum() == 1
    assert terrain.heights[10, 10] == pytest.approx(slope(210, 200)[40:44, 40:44].mean(), abs=1e-3)
    assert "42,000 cells are too many; they were averaged to cells of 8" in messages(reading.notes)


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        read_geotiff.read(write(tmp_path, slope()), ReadOptions(), Job(cancelled=lambda: True))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_classes_are_no_heights_unless_insisted(tmp_path: Path, dtype: str) -> None:
    rng = np.random.default_rng(1)
    path = write(tmp_path, rng.choice([1, 2, 5, 7], size=(30, 40)).astype(dtype))
    assert "look like 4 classes" in messages(read_geotiff.inspect(path).problems)
    with pytest.raises(BadInput, match=r"ground\.tif: the numbers look like 4 classes"):
        read_geotiff.read(path, ReadOptions())
    assert read_geotiff.read(path, ReadOptions(table="terrain")).city.terrain is not None


def test_flat_and_whole_metre_ground_is_ground(tmp_path: Path) -> None:
    flat = read_geotiff.read(write(tmp_path, np.full((30, 40), 3, dtype=np.float32)), ReadOptions())
    assert flat.city.terrain is not None
    whole = read_geotiff.read(write(tmp_path, np.round(slope() * 20).astype(np.int16)), ReadOptions())
    assert whole.city.terrain is not None


def test_pictures_other_tables_and_empty_rasters_are_refused(tmp_path: Path) -> None:
    picture = write(tmp_path, np.zeros((3, 30, 40), dtype=np.uint8), photometric="RGB")
    with pytest.raises(BadInput, match="a picture of 3 colour bands"):
        read_geotiff.read(picture, ReadOptions())
    with pytest.raises(BadInput, match="only be read as terrain, not as zones"):
        read_geotiff.read(write(tmp_path, slope()), ReadOptions(table="zones"))
    with pytest.raises(BadInput, match="holds no heights"):
        read_geotiff.read(write(tmp_path, np.full((30, 40), np.nan, dtype=np.float32)), ReadOptions())


def test_several_bands_are_said(tmp_path: Path) -> None:
    reading = read_geotiff.read(write(tmp_path, np.stack([slope(), slope()])), ReadOptions())
    assert "2 bands; the first is taken" in messages(reading.notes)


@pytest.mark.parametrize("keep", [4, 20, 200, 3000])
def test_cut_files_are_told_in_one_line(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path, slope())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadInput, match=r"ground\.tif: ") as caught:
        read_geotiff.read(path, ReadOptions())
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


# ---------------------------------------------------------------- real files


@pytest.mark.parametrize("name", ["goteborg_sweref99_rasters/DEM_KRbig.tif", "kronenhuset_validation/DEM_KR.tif"])
def test_goteborg_ground(shared_data: Path, name: str) -> None:
    path = shared_data / "city" / name
    info = read_geotiff.inspect(path)
    assert (info.crs, info.counts["cells"]) == ("EPSG:3007", 234 * 223)
    assert info.problems == ()
    reading = read_geotiff.read(path, ReadOptions())
    with rasterio.open(path) as raster:
        plain = raster.read(1)
    assert reading.city.terrain is not None
    assert reading.city.crs == "EPSG:3007"
    assert np.array_equal(reading.city.terrain.heights, plain)


def test_goteborg_in_the_national_system(shared_data: Path) -> None:
    path = shared_data / "city/goteborg_sweref99_rasters/DEM_KRbig.tif"
    here = read_geotiff.read(path, ReadOptions()).city
    there = read_geotiff.read(path, ReadOptions(target_crs="EPSG:3006")).city
    assert here.terrain is not None
    assert there.terrain is not None
    from twin.city import crs

    rng = np.random.default_rng(2)
    x, y = rng.uniform(147_740, 147_930, 200), rng.uniform(6_398_580, 6_398_760, 200)
    moved = crs.transformer("EPSG:3007", "EPSG:3006").transform(x, y)
    assert np.median(np.abs(here.terrain.sample(x, y) - there.terrain.sample(*moved))) < 0.05


@pytest.mark.parametrize("name", ["goteborg_sweref99_rasters/landcover.tif", "kronenhuset_validation/landcover_KR.tif"])
def test_real_land_cover_is_refused(shared_data: Path, name: str) -> None:
    path = shared_data / "city" / name
    assert "classes" in messages(read_geotiff.inspect(path).problems)
    with pytest.raises(BadInput, match="classes"):
        read_geotiff.read(path, ReadOptions())
