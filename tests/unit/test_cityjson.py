"""CityJSON: made-up documents with known answers, the real files with their README's counts, broken files."""

from __future__ import annotations

import copy
import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.city import read_cityjson
from twin.city.cityjson import document as files
from twin.city.cityjson import facts
from twin.city.reading import ReadOptions
from twin.errors import BadInput, UnknownCrs
from twin.jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.reading import Reading

EAST, NORTH = 153_000.0, 6_580_000.0
RD = "https://www.opengis.net/def/crs/EPSG/0/3011"
# Corners of a unit cube: 0-3 below, 4-7 above, counter-clockwise.
CORNERS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]
SIDES = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
SAID = {
    "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
    "values": [[0, 1, 2, 2, 2, 2]],
}


class Doc:
    """A document in millimetres about a point in Stockholm (EPSG:3011)."""

    def __init__(self, version: str = "2.0", crs: str | None = RD) -> None:
        self.vertices: list[list[float]] = []
        self.objects: dict[str, Any] = {}
        self.version = version
        self.more: dict[str, Any] = {"metadata": {"referenceSystem": crs}} if crs else {}

    def corners(self, x: float, y: float, z: float, dx: float, dy: float, dz: float) -> int:
        first = len(self.vertices)
        self.vertices += [[x + a * dx, y + b * dy, z + c * dz] for a, b, c in CORNERS]
        return first

    def box(self, x: float = 0, y: float = 0, z: float = 5, dx: float = 10, dy: float = 8, dz: float = 6) -> list[Any]:
        first = self.corners(x, y, z, dx, dy, dz)
        return [[[[first + i for i in side]] for side in SIDES]]

    def solid(self, lod: Any = "2", said: Any = SAID, **where: float) -> dict[str, Any]:
        geometry = {"type": "Solid", "lod": lod, "boundaries": self.box(**where)}
        return {**geometry, "semantics": said} if said else geometry

    def add(self, name: str, kind: str = "Building", geometry: Any = None, **more: Any) -> Doc:
        self.objects[name] = {"type": kind, "geometry": geometry or [], **more}
        return self

    def data(self) -> dict[str, Any]:
        whole = {"type": "CityJSON", "version": self.version, "CityObjects": self.objects, **self.more}
        if self.version == "1.0":
            whole["vertices"] = [[x + EAST, y + NORTH, z] for x, y, z in self.vertices]
        else:
            whole["transform"] = {"scale": [0.001] * 3, "translate": [EAST, NORTH, 0]}
            whole["vertices"] = [[round(1000 * c) for c in vertex] for vertex in self.vertices]
        return whole

    def write(self, folder: Path, name: str = "city.json") -> Path:
        path = folder / name
        path.write_text(json.dumps(self.data()))
        return path

    def read(self, folder: Path, **options: Any) -> Reading:
        return read_cityjson.read(self.write(folder), ReadOptions(**options))


def one(**where: float) -> Doc:
    doc = Doc()
    return doc.add("b", geometry=[doc.solid(**where)])


def messages(reading: Reading) -> str:
    return "\n".join(f"{note.kind}: {note.text('en')}" for note in reading.notes)


# ---------------------------------------------------------------- what is in a building


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_a_block_in_all_versions(tmp_path: Path, version: str) -> None:
    doc = Doc(version)
    doc.add("b", geometry=[doc.solid(lod=2 if version == "1.0" else "2")])
    city = doc.read(tmp_path).city
    row = city.buildings.iloc[0]
    assert (city.crs, len(city.buildings)) == ("EPSG:3011", 1)
    assert row["ground"] == pytest.approx(5)
    assert row["height"] == pytest.approx(6)
    assert row["height_source"] == "measured"
    assert row.geometry.bounds == pytest.approx((EAST, NORTH, EAST + 10, NORTH + 8))
    assert city.surfaces is not None
    assert np.bincount(city.surfaces.kinds).tolist() == [2, 8, 2]
    assert city.surfaces.vertices[:, 2].max() == pytest.approx(11)


def surface_area(city: Any, kind: int) -> float:
    own = city.surfaces
    p = own.vertices[own.triangles[own.kinds == kind]]
    return float(0.5 * np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum())


def test_triangles_cover_the_faces_and_look_outwards(tmp_path: Path) -> None:
    city = one().read(tmp_path).city
    assert [surface_area(city, kind) for kind in (0, 1, 2)] == pytest.approx([80, 2 * 6 * 18, 80])
    own = city.surfaces
    assert own is not None
    p = own.vertices[own.triangles]
    normal = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    centre = own.vertices.mean(axis=0)
    assert (np.einsum("ij,ij->i", normal, p.mean(axis=1) - centre) > 0).all()


def test_holes_stay_open_in_footprint_and_surfaces(tmp_path: Path) -> None:
    doc = Doc()
    outer, inner = doc.corners(0, 0, 5, 20, 20, 5), doc.corners(5, 5, 5, 10, 10, 5)
    ground = [[outer + i for i in (0, 3, 2, 1)], [inner + i for i in (0, 1, 2, 3)]]
    roof = [[outer + i for i in (4, 5, 6, 7)], [inner + i for i in (7, 6, 5, 4)]]
    said = {"surfaces": SAID["surfaces"], "values": [0, 1]}
    doc.add("b", geometry=[{"type": "MultiSurface", "lod": "2", "boundaries": [ground, roof], "semantics": said}])
    city = doc.read(tmp_path).city
    assert city.buildings.geometry.iloc[0].area == pytest.approx(300)
    assert len(city.buildings.geometry.iloc[0].interiors) == 1
    assert surface_area(city, 2) == pytest.approx(300)


@pytest.mark.parametrize("kind", ["MultiSolid", "CompositeSolid"])
def test_several_solids_and_inner_shells(tmp_path: Path, kind: str) -> None:
    doc = Doc()
    left, right, inside = doc.box(), doc.box(x=10), doc.box(x=1, y=1, dx=2, dy=2, dz=1)
    values = [[SAID["values"][0], [0] * 6], None]
    geometry = {
        "type": kind, "lod": "2", "boundaries": [[left[0], inside[0]], right],
        "semantics": {"surfaces": SAID["surfaces"], "values": values},
    }  # fmt: skip
    city = doc.add("b", geometry=[geometry]).read(tmp_path).city
    assert len(city.buildings) == 1
    assert city.buildings.geometry.iloc[0].area == pytest.approx(160)
    assert city.surfaces is not None
    assert len(city.surfaces.triangles) == 24
    assert np.bincount(city.surfaces.kinds).tolist() == [4, 16, 4]  # the second solid's by direction


def test_composite_surface_without_semantics(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", geometry=[{"type": "CompositeSurface", "lod": "2", "boundaries": doc.box()[0]}])
    city = doc.read(tmp_path).city
    assert city.buildings.geometry.iloc[0].area == pytest.approx(80)
    assert city.surfaces is not None
    assert np.bincount(city.surfaces.kinds).tolist() == [2, 8, 2]


@pytest.mark.parametrize(
    "values",
    [None, [None], [[None] * 6], [[0, 1]], [["x"] * 6], [[9] * 6], "odd", [[0, 1, 2, 2, 2, 2], [1]]],
)
def test_semantics_that_do_not_fit_are_told_by_direction(tmp_path: Path, values: Any) -> None:
    doc = Doc()
    doc.add("b", geometry=[doc.solid(said={"surfaces": SAID["surfaces"], "values": values})])
    city = doc.read(tmp_path).city
    assert city.surfaces is not None
    assert np.bincount(city.surfaces.kinds).tolist() == [2, 8, 2]
    assert city.buildings["ground"].iloc[0] == pytest.approx(5)


def test_only_roof_and_walls(tmp_path: Path) -> None:
    doc = Doc()
    sides = doc.box()[0][1:]
    said = {"surfaces": SAID["surfaces"], "values": [1, 2, 2, 2, 2]}
    doc.add("b", geometry=[{"type": "MultiSurface", "lod": "2", "boundaries": sides, "semantics": said}])
    row = doc.read(tmp_path).city.buildings.iloc[0]
    assert row.geometry.area == pytest.approx(80)
    assert (row["ground"], row["height"]) == pytest.approx((5, 6))


def test_only_walls(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", geometry=[{"type": "MultiSurface", "lod": "2", "boundaries": doc.box()[0][2:]}])
    row = doc.read(tmp_path).city.buildings.iloc[0]
    assert row.geometry.area == pytest.approx(80)


def test_closed_rings_repeats_and_faces_without_area(tmp_path: Path) -> None:
    doc = Doc()
    geometry = doc.solid()
    shell = geometry["boundaries"][0]
    shell[0][0].append(shell[0][0][0])  # closed as in GML
    shell[1][0].insert(1, shell[1][0][0])  # a corner twice
    shell.append([[0, 1, 0]])
    shell.append([[0, 1, 1, 1]])
    shell.append([[]])
    geometry["semantics"] = {"surfaces": SAID["surfaces"], "values": [[0, 1, 2, 2, 2, 2, 2, 2, 2]]}
    reading = doc.add("b", geometry=[geometry]).read(tmp_path)
    assert reading.city.buildings.geometry.iloc[0].area == pytest.approx(80)
    assert reading.city.surfaces is not None
    assert len(reading.city.surfaces.triangles) == 12


def test_outlines_of_several_pieces_share_out_their_surfaces(tmp_path: Path) -> None:
    doc = Doc()
    geometry = {"type": "MultiSolid", "lod": "2", "boundaries": [doc.box(), doc.box(x=50)]}
    city = doc.add("b", geometry=[geometry]).read(tmp_path).city
    assert city.buildings["id"].tolist() == ["b", "b#2"]
    assert city.buildings["parent"].tolist() == ["", "b"]
    assert city.surfaces is not None
    for name, outline in zip(city.buildings["id"], city.buildings.geometry, strict=True):
        mine = city.surfaces.owners == city.surfaces.ids.index(name)
        assert mine.sum() == 12
        centres = city.surfaces.vertices[city.surfaces.triangles[mine]].mean(axis=1)
        assert shapely.dwithin(shapely.points(centres[:, :2]), outline, 1e-6).all()


# ---------------------------------------------------------------- levels of detail and parts


def leveled() -> Doc:
    doc = Doc()
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [doc.box(dx=30)[0][0]]}
    return doc.add("b", geometry=[flat, doc.solid("1.2", None, dx=20), doc.solid("2.2", dx=10)])


@pytest.mark.parametrize(
    ("lod", "area", "surfaces"),
    [(None, 80, True), ("2.2", 80, True), ("1.2", 160, False), ("0", 240, False), ("1.3", 160, False), ("3", 80, True)],
)
def test_level_of_detail(tmp_path: Path, lod: str | None, area: float, surfaces: bool) -> None:
    reading = leveled().read(tmp_path, lod=lod)
    assert reading.city.buildings.geometry.iloc[0].area == pytest.approx(area)
    assert (reading.city.surfaces is not None) == surfaces
    assert ("lack level of detail" in messages(reading)) == (lod in ("1.3", "3"))


def test_a_shape_without_level_counts_as_detailed_when_it_tells_roof_from_wall(tmp_path: Path) -> None:
    told, untold = Doc(), Doc()
    told.add("b", geometry=[told.solid(lod=None)])
    untold.add("b", geometry=[untold.solid(lod=None, said=None)])
    assert told.read(tmp_path).city.surfaces is not None
    assert untold.read(tmp_path).city.surfaces is None


def test_level_of_detail_must_be_a_number(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not best of all"):
        leveled().read(tmp_path, lod="best of all")


def test_a_building_is_carried_by_its_parts(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", children=["p", "q"], attributes={"name": "Huset", "storeysAboveGround": 4})
    doc.add("p", "BuildingPart", [doc.solid()], parents=["b"])
    doc.add("q", "BuildingPart", [doc.solid(x=10, dx=30)], parents=["b"])
    info = read_cityjson.inspect(doc.write(tmp_path))
    assert dict(info.counts) == {"buildings": 1, "parts": 2}
    city = doc.read(tmp_path).city
    assert dict(zip(city.buildings["id"], city.buildings["parent"], strict=True)) == {"p": "b", "b": ""}
    leading = city.buildings.set_index("id").loc["b"]
    assert leading.geometry.area == pytest.approx(240)  # the largest part stands for the building
    assert city.buildings["name"].tolist() == ["Huset", "Huset"]
    assert city.buildings["floors"].isna().all()  # floors of the whole are not those of each part
    assert city.surfaces is not None
    assert set(city.surfaces.ids) == {"b", "p"}


def test_a_building_does_not_stand_beside_its_better_parts(tmp_path: Path) -> None:
    doc = Doc()
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [doc.box()[0][0]]}
    doc.add("b", geometry=[flat], children=["p"], attributes={"storeysAboveGround": 4})
    doc.add("p", "BuildingPart", [doc.solid()], parents=["b"])
    city = doc.read(tmp_path).city
    assert city.buildings["id"].tolist() == ["b"]
    assert city.buildings["height"].iloc[0] == pytest.approx(6)
    assert city.buildings["floors"].iloc[0] == 4
    outlines = doc.read(tmp_path, lod="0").city
    assert outlines.buildings["id"].tolist() == ["b"]
    assert outlines.surfaces is None


def test_parts_known_only_to_their_parent_and_circles(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", children=["p", "gone"])
    doc.add("p", "BuildingPart", [doc.solid()], children=["p"], parents=["p"])
    doc.add("alone", "BuildingPart", [doc.solid(x=40)], parents=["gone"])
    city = doc.read(tmp_path).city
    assert len(city.buildings) == 2
    assert "alone" in set(city.buildings["id"])


def test_a_part_on_top_stands_on_the_part_below(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", children=["low", "high"])
    doc.add("low", "BuildingPart", [doc.solid(dx=20, dy=20)], parents=["b"])
    doc.add("high", "BuildingPart", [doc.solid(x=5, y=5, z=11, dx=5, dy=5, dz=9)], parents=["b"])
    row = doc.read(tmp_path).city.buildings.set_index("id").loc["high"]
    assert (row["ground"], row["base"], row["height"]) == pytest.approx((5, 6, 15))


# ---------------------------------------------------------------- attributes


def test_attributes_under_common_names(tmp_path: Path) -> None:
    doc = Doc()
    where = [{"ThoroughfareName": "Hornsgatan", "ThoroughfareNumber": 12}]
    said = {
        "function": "Office building", "storeysAboveGround": "5", "gml:name": "Kontoret", "measuredHeight": 99,
        "yearOfConstruction": "1895-01-01",
    }  # fmt: skip
    doc.add("b", geometry=[doc.solid()], attributes=said, address=where)
    row = doc.read(tmp_path).city.buildings.iloc[0]
    assert (row["use"], row["floors"], row["name"], row["address"]) == ("office", 5, "Kontoret", "Hornsgatan 12")
    assert row["year"] == 1895
    assert row["height"] == pytest.approx(6)  # the shape counts before what is written


@pytest.mark.parametrize(
    ("attributes", "height", "source"),
    [
        ({"measuredHeight": "12,5 m"}, 12.5, "height"),
        ({"measuredHeight": {"value": 11, "uom": "m"}}, 11, "height"),
        ({"storeysAboveGround": 4}, 12, "levels"),
        ({"measuredHeight": -1, "storeysAboveGround": 0}, 9, "default"),
        ({"measuredHeight": True}, 9, "default"),
    ],
)
def test_heights_of_flat_outlines(tmp_path: Path, attributes: dict[str, Any], height: float, source: str) -> None:
    doc = Doc()
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [doc.box(z=0)[0][0]]}
    doc.add("b", geometry=[flat], attributes=attributes)
    row = doc.read(tmp_path).city.buildings.iloc[0]
    assert row["height"] == pytest.approx(height)
    assert row["height_source"] == source
    assert math.isnan(row["ground"])  # drawn at zero: no height at all


def test_heights_that_cannot_be_are_not_believed(tmp_path: Path) -> None:
    reading = one(z=-2_147_483).read(tmp_path)
    assert math.isnan(reading.city.buildings["ground"].iloc[0])
    assert reading.city.surfaces is None
    assert "problem: 1 buildings have heights that cannot be" in messages(reading)


# ---------------------------------------------------------------- ground, terrain, trees


def test_roads_water_plants_and_land_become_cover(tmp_path: Path) -> None:
    doc = Doc()
    kinds = {
        "r": ("Road", {}, "paved"), "w": ("WaterBody", {}, "water"), "p": ("PlantCover", {"class": "forest"}, "forest"),
        "l": ("LandUse", {"function": "grassland"}, "green"), "u": ("LandUse", {}, ""),
        "t": ("TransportSquare", {}, "square"),
        "j": ("Railway", {}, "rail"),
    }  # fmt: skip
    for i, (name, (kind, attributes, _)) in enumerate(kinds.items()):
        face = doc.box(x=20 * i, z=2)[0][1]
        doc.add(name, kind, [{"type": "MultiSurface", "lod": "1", "boundaries": [face]}], attributes=attributes)
    doc.add("bridge", "Bridge", [doc.solid()]).add("pole", "+Lamp", [doc.solid()])
    reading = doc.read(tmp_path)
    cover = reading.city.cover.set_index("id")
    assert cover["kind"].to_dict() == {name: kind for name, (_, _, kind) in kinds.items() if kind}
    assert cover.loc["w", "level"] == pytest.approx(8)
    assert np.isnan(cover.loc["r", "level"])
    assert cover.loc["w", "ground_factor"] == 0
    said = messages(reading)
    assert "skipped: 1 objects of type Bridge" in said
    assert "skipped: 1 objects of type +Lamp" in said
    assert "skipped: 1 areas of land use" in said


def relief() -> Doc:
    """Return a slope of 1 m per 10 m to the east over 40 × 20 m, a square cut out of its middle."""
    doc = Doc()
    xs, ys = (0, 10, 20, 30, 40), (0, 10, 20)
    doc.vertices += [[x, y, 3 + x / 10] for y in ys for x in xs]
    triangles = []
    for j in range(2):
        for i in range(4):
            if (i, j) != (1, 0):
                a = 5 * j + i
                triangles += [[[a, a + 1, a + 6]], [[a, a + 6, a + 5]]]
    return doc.add("tin", "TINRelief", [{"type": "CompositeSurface", "lod": "1", "boundaries": triangles}])


def test_relief_becomes_terrain_with_its_gap_closed(tmp_path: Path) -> None:
    reading = relief().read(tmp_path)
    terrain = reading.city.terrain
    assert terrain is not None
    assert terrain.heights.shape == (20, 40)
    x = EAST + np.array([0.5, 15.5, 39.5, 20.0])
    y = NORTH + np.array([19.5, 5.5, 0.5, 10.0])
    assert terrain.sample(x, y) == pytest.approx([3.05, 4.55, 6.95, 5.0], abs=1e-3)
    assert "100 cells of terrain (1 m) lay in gaps" in messages(reading)


def test_trees_by_shape_and_by_template(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("shaped", "SolitaryVegetationObject", [doc.solid(x=5, y=5, z=4, dx=4, dy=4, dz=10)])
    place = doc.corners(30, 20, 7, 0, 0, 0)
    template = {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}
    doc.more["geometry-templates"] = {
        "templates": [template],
        "vertices-templates": [[-1, 0, 0], [1, 0, 0], [1, 0, 4], [-1, 0, 4]],
    }
    matrix = [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [place], "transformationMatrix": matrix}
    doc.add("placed", "SolitaryVegetationObject", [instance], attributes={"crownDiameter": 5, "species": "lime"})
    trees = doc.read(tmp_path).city.trees.set_index("id")
    assert trees["height"].to_dict() == pytest.approx({"shaped": 10, "placed": 12})
    assert trees["crown"].to_dict() == pytest.approx({"shaped": 4, "placed": 5})
    assert (trees.loc["placed"].geometry.x, trees.loc["placed"].geometry.y) == pytest.approx((EAST + 30, NORTH + 20))
    assert trees.loc["placed", "kind"] == "lime"


def test_buildings_may_be_templates(tmp_path: Path) -> None:
    doc = Doc()
    place = doc.corners(30, 20, 7, 0, 0, 0)
    doc.more["geometry-templates"] = {
        "templates": [{"type": "Solid", "lod": "2", "boundaries": [[[side] for side in SIDES]]}],
        "vertices-templates": [list(corner) for corner in CORNERS],
    }
    matrix = [0, -2, 0, 0, 4, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1]  # stretched, then turned by 90°
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [place], "transformationMatrix": matrix}
    row = doc.add("b", geometry=[instance]).read(tmp_path).city.buildings.iloc[0]
    assert row.geometry.bounds == pytest.approx((EAST + 28, NORTH + 20, EAST + 30, NORTH + 24))
    assert (row["ground"], row["height"]) == pytest.approx((7, 5))


# ---------------------------------------------------------------- reference systems, cut-outs, sources


def test_a_file_without_system_asks(tmp_path: Path) -> None:
    doc = Doc(crs=None)
    doc.add("b", geometry=[doc.solid()])
    info = read_cityjson.inspect(doc.write(tmp_path))
    assert info.crs is None
    assert "does not say its reference system" in info.problems[0].text("en")
    with pytest.raises(UnknownCrs, match=r"city\.json: the file does not say"):
        doc.read(tmp_path)
    assert doc.read(tmp_path, crs="EPSG:3011").city.crs == "EPSG:3011"


def test_compound_system_is_split(tmp_path: Path) -> None:
    doc = Doc(crs="urn:ogc:def:crs,crs:EPSG::3011,crs:EPSG::5613")
    doc.add("b", geometry=[doc.solid()])
    assert read_cityjson.inspect(doc.write(tmp_path)).crs == "EPSG:3011+5613"
    city = doc.read(tmp_path).city
    assert (city.crs, city.height_system) == ("EPSG:3011", "RH 2000")


def test_reprojection_moves_everything_and_keeps_sizes(tmp_path: Path) -> None:
    doc = relief()
    doc.add("b", geometry=[doc.solid()]).add("t", "SolitaryVegetationObject", [doc.solid(x=20)])
    here, there = doc.read(tmp_path).city, doc.read(tmp_path, target_crs="EPSG:3006").city
    assert there.crs == "EPSG:3006"
    assert there.buildings.geometry.area.sum() == pytest.approx(here.buildings.geometry.area.sum(), rel=2e-3)
    moved = here.buildings.to_crs("EPSG:3006").geometry.iloc[0].centroid
    assert moved.distance(there.buildings.geometry.iloc[0].centroid) < 0.01
    assert there.surfaces is not None
    west, _, east, _ = there.bounds()
    assert west - 1 <= there.surfaces.vertices[:, 0].min() <= there.surfaces.vertices[:, 0].max() <= east + 1
    assert there.terrain is not None
    assert there.trees.geometry.iloc[0].distance(here.trees.to_crs("EPSG:3006").geometry.iloc[0]) < 0.01


def test_exchanged_axes_are_turned_and_said(tmp_path: Path) -> None:
    data = one().data()
    data["vertices"] = [[y, x, z] for x, y, z in data["vertices"]]
    data["transform"]["translate"] = [NORTH, EAST, 0]
    path = tmp_path / "turned.json"
    path.write_text(json.dumps(data))
    reading = read_cityjson.read(path, ReadOptions())
    assert reading.city.buildings.geometry.iloc[0].bounds == pytest.approx((EAST, NORTH, EAST + 10, NORTH + 8))
    assert "(north, east)" in messages(reading)


def test_coordinates_that_do_not_fit_the_system(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        one().read(tmp_path, crs="EPSG:4326")


def test_cut_out_keeps_whole_buildings(tmp_path: Path) -> None:
    doc = Doc()
    doc.add("b", children=["p"], geometry=[doc.solid()])
    doc.add("p", "BuildingPart", [doc.solid(x=30)], parents=["b"])
    doc.add("far", geometry=[doc.solid(x=500)])
    doc.add("t", "SolitaryVegetationObject", [doc.solid(x=500)])
    city = doc.read(tmp_path, bbox=(EAST - 5, NORTH, EAST + 5, NORTH + 5)).city
    assert sorted(city.buildings["id"]) == ["b", "p"]
    assert not len(city.trees)
    with pytest.raises(BadInput, match="nothing in it could be read"):
        doc.read(tmp_path, bbox=(0, 0, 1, 1))


def test_every_row_has_the_files_source(tmp_path: Path) -> None:
    doc = one()
    doc.more["metadata"] |= {"title": "Bygg", "referenceDate": "2026-01-02", "pointOfContact": {"contactName": "SBK"}}
    city = doc.read(tmp_path).city
    assert city.buildings["source_id"].tolist() == ["city.json"]
    said = city.source("city.json")
    assert (said["title"], said["date"], said["owner"]) == ("Bygg", "2026-01-02", "SBK")


def test_reading_tells_progress_and_can_be_stopped(tmp_path: Path) -> None:
    from twin.errors import Cancelled

    told: list[float] = []
    path = one().write(tmp_path)
    read_cityjson.read(path, ReadOptions(), Job(lambda f, text, fields: told.append(f)))
    assert told == sorted(told)
    assert len(told) >= 3
    with pytest.raises(Cancelled):
        read_cityjson.read(path, ReadOptions(), Job(cancelled=lambda: True))


# ---------------------------------------------------------------- packings


def lines(doc: Doc) -> list[str]:
    whole = doc.data()
    head = {**whole, "CityObjects": {}, "vertices": []}
    feature = {"type": "CityJSONFeature", "id": "b", "CityObjects": whole["CityObjects"], "vertices": whole["vertices"]}
    return [json.dumps(head), json.dumps(feature)]


@pytest.mark.parametrize("name", ["city.city.jsonl", "city.json"])
def test_line_wise_files_with_marks_and_returns(tmp_path: Path, name: str) -> None:
    other = one(x=100)
    other.objects = {"c": other.objects["b"]}
    path = tmp_path / name
    rows = [*lines(one()), lines(other)[1], "", lines(other)[1]]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    info = read_cityjson.inspect(path)
    assert (info.format, info.counts["buildings"]) == ("CityJSONSeq", 2)
    reading = read_cityjson.read(path, ReadOptions())
    assert reading.city.buildings.geometry.area.tolist() == pytest.approx([80, 80])
    assert "1 object with an id that came before was left out (c)" in messages(reading)


def test_broken_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "city.jsonl"
    path.write_text("\n".join([*lines(one()), '{"type": "CityJSONFeature", "id":']))
    with pytest.raises(BadInput, match=r"city\.jsonl: line 3: broken JSON"):
        read_cityjson.read(path, ReadOptions())
    path.write_text("\n".join([*lines(one()), '{"type": "Other", "CityObjects": {}, "vertices": []}']))
    with pytest.raises(BadInput, match="line 3: a CityJSONFeature was expected, not Other"):
        read_cityjson.read(path, ReadOptions())


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_zip_archives(tmp_path: Path) -> None:
    data = json.dumps(one().data()).encode()
    path = zipped(tmp_path / "city.json.zip", {"city.json": data, "__MACOSX/._city.json": b"x", "readme.txt": b"x"})
    assert read_cityjson.sniff(path, path.read_bytes())
    assert len(read_cityjson.read(path, ReadOptions()).city.buildings) == 1
    two = zipped(tmp_path / "two.json.zip", {"a.json": data, "b.json": data})
    with pytest.raises(BadInput, match="exactly one CityJSON file"):
        read_cityjson.inspect(two)
    cut = tmp_path / "cut.json.zip"
    cut.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadInput, match="cannot be unpacked"):
        read_cityjson.inspect(cut)
    spoilt = bytearray(path.read_bytes())
    spoilt[60:90] = b"\0" * 30
    cut.write_bytes(bytes(spoilt))
    with pytest.raises(BadInput):
        read_cityjson.inspect(cut)
    bomb = zipped(tmp_path / "bomb.json.zip", {"a.json": b"[" * 60_000_000})
    with pytest.raises(BadInput, match="far more than is believable"):
        read_cityjson.inspect(bomb)


def test_sizes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = one().write(tmp_path)
    monkeypatch.setattr(files, "SIZE_LIMIT", 100)
    with pytest.raises(BadInput, match="cut it into tiles"):
        read_cityjson.inspect(path)


# ---------------------------------------------------------------- broken files


def change(doc: Doc, *path: Any, to: Any) -> dict[str, Any]:
    data = copy.deepcopy(doc.data())
    here: Any = data
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = to
    return data


GEOMETRY = ("CityObjects", "b", "geometry", 0)
BROKEN = [
    (("type",), "FeatureCollection", "not CityJSON"),
    (("version",), "0.9", "CityJSON version 0.9 is not read"),
    (("CityObjects",), [], "not CityJSON"),
    (("CityObjects",), {}, "no city objects"),
    (("vertices",), [[1, 2]], "not valid CityJSON"),
    (("vertices", 0, 0), "1", "not valid CityJSON"),
    (("vertices",), [], "no vertices"),
    (("vertices", 2, 2), 1.9e156, "vertex 2 lies at"),
    (("transform",), {"scale": [1, 1]}, "not valid CityJSON"),
    (("CityObjects", "b", "type"), 5, "object b"),
    (("CityObjects", "b", "geometry"), {}, "object b"),
    ((*GEOMETRY, "boundaries"), 7, "object b"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), 8, "object b: vertex 8 does not exist; there are 8"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), -1, "object b: vertex -1 does not exist"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), 1.5, "object b: a vertex number was expected, not 1.5"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), None, "object b: a vertex number was expected, not None"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), "0", "object b: a vertex number was expected, not '0'"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), 10**30, "object b: a vertex number was expected"),
    ((*GEOMETRY, "boundaries", 0, 0, 0, 0), [1], "object b: a vertex number was expected, not [1]"),
    ((*GEOMETRY, "boundaries", 0, 0), 3, "object b: the boundaries are not nested as a Solid needs"),
    ((*GEOMETRY, "boundaries", 0, 0, 0), "abc", "object b: the boundaries are not nested as a Solid needs"),
    ((*GEOMETRY, "type"), "MultiSurface", "object b: a vertex number was expected"),
    ((*GEOMETRY, "type"), "CompositeSolid", "object b: the boundaries are not nested as a CompositeSolid needs"),
    (GEOMETRY, {"type": "GeometryInstance", "template": 3, "boundaries": [0]}, "no geometry template 3"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "to", "words"), BROKEN)
def test_broken_documents_are_told_in_one_line(tmp_path: Path, where: tuple[Any, ...], to: Any, words: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(change(one(), *where, to=to)))
    with pytest.raises(BadInput) as caught:
        read_cityjson.read(path, ReadOptions())
    assert words in str(caught.value)
    assert str(caught.value).startswith("broken.json: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 240


@pytest.mark.parametrize(("where", "to", "words"), [row for row in BROKEN if row[0][0] == "CityObjects" and row[1]])
def test_inspecting_lists_faults_in_objects_as_problems(
    tmp_path: Path, where: tuple[Any, ...], to: Any, words: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(change(one().add("c"), *where, to=to)))
    info = read_cityjson.inspect(path)
    assert any(words in note.text("en") for note in info.problems)


def test_matrices_that_lead_nowhere(tmp_path: Path) -> None:
    doc = everything()
    doc.objects["t"]["geometry"][0]["transformationMatrix"] = [1e200] * 16
    with pytest.raises(BadInput, match="object t: its transformation matrix"):
        doc.read(tmp_path)
    doc.objects["t"]["geometry"][0]["transformationMatrix"] = [1] * 15
    with pytest.raises(BadInput, match="has 16 numbers, not 15"):
        doc.read(tmp_path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "broken JSON"),
        (b'{"type": "CityJSON", "version": "2.0", "CityObjects": {"a": {"type": "Buil', "broken JSON: Input data was"),
        (b"[1, 2, 3]", "not CityJSON"),
        (b'{"type": "CityJSON", "CityObjects": {}, "vertices": [[NaN, 0, 0]]}', "broken JSON"),
        (b'{"type": "CityJSON", "CityObjects": {}, "vertices": [], "x": ' + b"[" * 200_000, "broken|too deeply"),
        (b"\xff\xfe{\x00}\x00", "broken JSON"),
        (b'{"type": "CityJSON", "version": "2.0", "CityObjects": {"\xff": 1}, "vertices": []}', "broken JSON"),
    ],
)  # fmt: skip
def test_what_is_no_json(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "city.json"
    path.write_bytes(data)
    for ask in (read_cityjson.inspect, lambda p: read_cityjson.read(p, ReadOptions())):
        with pytest.raises(BadInput, match=words):
            ask(path)


def test_unknown_minor_version_and_odd_metadata_are_problems(tmp_path: Path) -> None:
    doc = one()
    doc.version = "2.7"
    doc.more["metadata"] = {"referenceSystem": {"epsg": 3011}}
    info = read_cityjson.inspect(doc.write(tmp_path))
    said = " ".join(note.text("en") for note in info.problems)
    assert "2.7" in said
    assert "not written as text" in said


def everything() -> Doc:
    doc = relief()
    doc.add("b", geometry=[doc.solid(), doc.solid("1", None)], children=["p"], attributes={"measuredHeight": 4})
    doc.add("p", "BuildingPart", [doc.solid(x=20)], parents=["b"], address=[{"ThoroughfareName": "A"}])
    doc.add("r", "Road", [{"type": "MultiSurface", "lod": "1", "boundaries": [doc.box(x=40)[0][1]]}])
    doc.more["geometry-templates"] = {
        "templates": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}],
        "vertices-templates": [[0, 0, 0], [1, 0, 0], [1, 0, 4]],
    }
    doc.add("t", "SolitaryVegetationObject", [{"type": "GeometryInstance", "template": 0, "boundaries": [3]}])
    return doc


def steps(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values in a document."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        found += steps(item, (*path, key))
    return found


DATA = everything().data()
STEPS = steps(DATA)
junk = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text(max_size=5),
    st.just([]), st.just({}), st.just([[0]]), st.just([[[0, 1, 2]]]), st.just({"a": 1}),
    st.sampled_from(["Building", "Solid", "GeometryInstance", "TINRelief", "MultiSurface", "1.0", "EPSG:3006"]),
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzz_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzz.json"


def changed(path: Path, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = copy.deepcopy(DATA)
    for steps_to, to in changes:
        here: Any = data
        try:
            for step in steps_to[:-1]:
                here = here[step]
            here[steps_to[-1]] = to
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    path.write_text(json.dumps(data))
    read_or_refuse(path)


def spoilt(path: Path, cut: bool, at: float, junk: bytes, gone: int) -> None:
    whole = json.dumps(DATA).encode()
    here = int(at * len(whole))
    path.write_bytes(whole[:here] if cut else whole[:here] + junk + whole[here + gone :])
    read_or_refuse(path)


CHANGES = st.lists(st.tuples(st.sampled_from(STEPS), junk), min_size=1, max_size=3)
SPOILS = (st.booleans(), st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4))
ANY_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(ANY_TIME, max_examples=120)
@given(CHANGES)
def test_changed_documents_are_read_or_refused(fuzz_path: Path, changes: Any) -> None:
    changed(fuzz_path, changes)


@settings(ANY_TIME, max_examples=60)
@given(*SPOILS)
def test_spoilt_bytes_are_read_or_refused(fuzz_path: Path, cut: bool, at: float, junk: bytes, gone: int) -> None:
    spoilt(fuzz_path, cut, at, junk, gone)


@pytest.mark.long
@settings(ANY_TIME, max_examples=4000)
@given(CHANGES)
def test_many_changed_documents_are_read_or_refused(fuzz_path: Path, changes: Any) -> None:
    changed(fuzz_path, changes)


@pytest.mark.long
@settings(ANY_TIME, max_examples=2000)
@given(*SPOILS)
def test_many_spoilt_bytes_are_read_or_refused(fuzz_path: Path, cut: bool, at: float, junk: bytes, gone: int) -> None:
    spoilt(fuzz_path, cut, at, junk, gone)


def read_or_refuse(path: Path) -> None:
    for ask in (read_cityjson.inspect, lambda p: read_cityjson.read(p, ReadOptions())):
        said = ""
        try:
            ask(path)
        except BadInput as error:
            said = str(error)
        assert "\n" not in said


# ---------------------------------------------------------------- real files

COUNTED = {
    "denhaag_cityjson/DenHaag_01.city.json": ("CityJSON", "2.0", "EPSG:7415", 844, 1653),
    "denhaag_cityjson/DenHaag_01.city.json.zip": ("CityJSON", "2.0", "EPSG:7415", 844, 1653),
    "3dbag_subset_cityjson/3db_sub.json": ("CityJSON", "1.0", "EPSG:7415", 26, 0),
    "delft_3dfier_cityjson_lod1/testarea.json": ("CityJSON", "1.0", "EPSG:7415", 160, 0),
    "citygml4j_samples/lod2_buildings_v2.json": ("CityJSON", "2.0", "EPSG:3068", 100, 0),
    "citygml4j_samples/lod2_buildings_as_CityJSON_features.jsonl": ("CityJSONSeq", "2.0", None, 100, 0),
    "cityjson_small/DH_01_subs.city.json": ("CityJSON", "1.1", None, 4, 8),
    "cityjson_small/delft_1b.json": ("CityJSON", "1.1", "EPSG:7415", 1, 0),
    "cityjson_small/dummy.json": ("CityJSON", "2.0", "EPSG:7415", 1, 0),
    "cityjson_small/minimal.json": ("CityJSON", "1.1", None, 0, 0),
    "cityjson_small/multi_lod.json": ("CityJSON", "2.0", None, 10, 0),
    "cityjson_small/multisurface_with_material.json": ("CityJSON", "1.1", None, 0, 0),
    "cityjson_small/rotterdam_subset.json": ("CityJSON", "2.0", None, 16, 0),
    "cityjsonseq/3dbag_b2.city.jsonl": ("CityJSONSeq", "2.0", "EPSG:7415", 2, 2),
    "cityjsonseq/delft_subset.city.jsonl": ("CityJSONSeq", "2.0", "EPSG:7415", 10, 10),
    "cityjsonseq/montreal_b4.city.jsonl": ("CityJSONSeq", "2.0", "EPSG:26918", 4, 0),
    "cityjsonseq/paris_tower.city.jsonl": ("CityJSONSeq", "2.0", "EPSG:2154", 1, 1),
    "cityjsonseq/railway_appearance.city.jsonl": ("CityJSONSeq", "2.0", None, 0, 0),
    "cityjsonseq/sisteron.city.jsonl": ("CityJSONSeq", "2.0", "EPSG:2154", 2, 2),
}


@pytest.mark.parametrize("name", COUNTED)
def test_real_files_are_told_and_read(shared_data: Path, name: str) -> None:
    path = shared_data / "city" / name
    info = read_cityjson.inspect(path)
    told = (info.format, info.version, info.crs, info.counts["buildings"], info.counts["parts"])
    assert told == COUNTED[name]
    options = ReadOptions(crs=None if info.crs else "EPSG:28992")
    if not info.counts["buildings"]:
        with pytest.raises(BadInput):
            read_cityjson.read(path, options)
        return
    city = read_cityjson.read(path, options).city
    assert (city.buildings["parent"] == "").sum() == info.counts["buildings"]
    ids = set(city.buildings["id"])
    assert len(ids) == len(city.buildings)
    assert {parent for parent in city.buildings["parent"] if parent} <= ids
    assert city.buildings.geometry.is_valid.all()
    assert (city.buildings["height"] > 0).all()
    assert (city.buildings["source_id"] == path.name).all()


def footprints_by_hand(path: Path) -> dict[str, tuple[float, float, float]]:
    """Return area, lowest and highest point per building, the slow and plain way, from ground surfaces."""
    data = json.loads(path.read_text())
    scale, move = np.array(data["transform"]["scale"]), np.array(data["transform"]["translate"])
    vertices = np.array(data["vertices"]) * scale + move
    found: dict[str, tuple[float, float, float]] = {}
    for name, thing in data["CityObjects"].items():
        for geometry in thing.get("geometry", []):
            if thing["type"] not in ("Building", "BuildingPart"):
                continue
            kinds = geometry["semantics"]["surfaces"]
            ground, all_z = [], []
            for face, value in zip(geometry["boundaries"][0], geometry["semantics"]["values"][0], strict=True):
                all_z += vertices[face[0], 2].tolist()
                if kinds[value]["type"] == "GroundSurface":
                    ground.append(shapely.Polygon(vertices[face[0], :2], [vertices[hole, :2] for hole in face[1:]]))
            area = shapely.union_all(shapely.make_valid(np.array(ground))).area
            found[name] = (area, min(all_z), max(all_z))
    return found


def test_den_haag_agrees_with_a_plain_computation(shared_data: Path) -> None:
    path = shared_data / "city/denhaag_cityjson/DenHaag_01.city.json"
    by_hand = footprints_by_hand(path)
    reading = read_cityjson.read(path, ReadOptions())
    city = reading.city
    assert (city.crs, city.height_system) == ("EPSG:28992", "NAP")
    assert len(by_hand) == 1990
    slivers = sum(area < 0.1 for area, _, _ in by_hand.values())
    assert len(city.buildings) == 1990 - slivers
    total = sum(area for area, _, _ in by_hand.values() if area >= 0.1)
    assert city.buildings.geometry.area.sum() == pytest.approx(total, rel=1e-6)
    tops = (city.buildings["ground"] + city.buildings["height"]).to_numpy()
    expected = np.sort([high for area, _, high in by_hand.values() if area >= 0.1])
    assert np.sort(tops) == pytest.approx(expected, abs=1e-6)
    own = city.surfaces
    assert own is not None
    assert len(set(own.ids)) == len(own.ids) == len(city.buildings)
    # Closed solids: the area vectors of all triangles of a building add up to nothing.
    p = own.vertices[own.triangles]
    vectors = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    total_vector = np.zeros((len(own.ids), 3))
    np.add.at(total_vector, own.owners, vectors)
    assert (np.abs(total_vector).max(axis=1) < 0.05).mean() > 0.99
    terrain = city.terrain
    assert terrain is not None
    middle = city.buildings.geometry.representative_point()
    gap = terrain.sample(middle.x.to_numpy(), middle.y.to_numpy()) - city.buildings["ground"].to_numpy()
    assert abs(np.nanmedian(gap)) < 0.3


def test_delft_and_its_stated_heights(shared_data: Path) -> None:
    path = shared_data / "city/delft_3dfier_cityjson_lod1/testarea.json"
    data = json.loads(path.read_text())
    reading = read_cityjson.read(path, ReadOptions())
    stated = {name: thing["attributes"] for name, thing in data["CityObjects"].items() if thing["type"] == "Building"}
    city = reading.city
    ids = city.buildings["id"]
    # 3dfier wrote height and ground of each building beside the shapes that we measure.
    assert city.buildings["height"].to_numpy() == pytest.approx([stated[i]["measuredHeight"] for i in ids], abs=1e-3)
    assert city.buildings["ground"].to_numpy() == pytest.approx(
        [stated[i]["min-height-surface"] for i in ids], abs=1e-3
    )
    assert city.terrain is not None
    assert float(np.nanmin(city.terrain.heights)) > -6  # its roads hold corners at -15 m for missing heights
    assert set(city.cover["kind"]) == {"paved", "green", "water", "square"}


def test_levels_of_a_real_file_differ(shared_data: Path) -> None:
    path = shared_data / "city/cityjson_small/multi_lod.json"
    assert read_cityjson.inspect(path).extra["lods"] == ["1.2", "1.3", "2.2"]
    best = read_cityjson.read(path, ReadOptions(crs="EPSG:28992")).city
    plain = read_cityjson.read(path, ReadOptions(crs="EPSG:28992", lod="1.2")).city
    assert best.surfaces is not None
    assert plain.surfaces is None
    assert best.buildings.geometry.area.sum() == pytest.approx(plain.buildings.geometry.area.sum(), rel=0.02)


def test_seq_and_plain_of_the_same_buildings_agree(shared_data: Path) -> None:
    folder = shared_data / "city/citygml4j_samples"
    plain = read_cityjson.read(folder / "lod2_buildings_v2.json", ReadOptions()).city
    rows = read_cityjson.read(folder / "lod2_buildings_as_CityJSON_features.jsonl", ReadOptions(crs="EPSG:3068")).city
    assert plain.buildings.geometry.area.sum() == pytest.approx(rows.buildings.geometry.area.sum())
    assert np.sort(plain.buildings["height"]) == pytest.approx(np.sort(rows.buildings["height"]))
    assert plain.surfaces is not None
    assert rows.surfaces is not None
    assert len(plain.surfaces.triangles) == len(rows.surfaces.triangles) == 1600


def test_3dbag_agrees_with_what_its_makers_measured(shared_data: Path) -> None:
    path = shared_data / "city/cityjsonseq/delft_subset.city.jsonl"
    rows = read_cityjson.read(path, ReadOptions()).city.buildings.set_index("id")
    seen = 0
    for line in path.read_text().splitlines()[1:]:
        for name, thing in json.loads(line)["CityObjects"].items():
            if thing["type"] != "Building":
                continue
            seen += 1
            told, row = thing["attributes"], rows.loc[name]
            assert row.geometry.area == pytest.approx(told["b3_opp_grond"], abs=0.02)
            assert row["ground"] == pytest.approx(told["b3_h_maaiveld"], abs=0.02)
            # Their highest point is of the point cloud, ours of the fitted roof.
            assert row["ground"] + row["height"] == pytest.approx(told["b3_h_dak_max"], abs=1.2)
    assert seen == 10


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ({"oorspronkelijkbouwjaar": 1931}, 1931), ({"bouwjaar": "1931.0"}, 1931), ({"start_date": "1965-05-01"}, 1965),
        ({"yearOfConstruction": {"value": 1700}}, 1700), ({"yearOfConstruction": 9999, "bouwjaar": 1850}, 1850),
        ({"yearOfConstruction": "1890s"}, None), ({"yearOfConstruction": True}, None), ({}, None),
    ],
)  # fmt: skip
def test_years_are_read_as_registers_write_them(said, year) -> None:
    found = facts.year(said)
    assert found == year if year else np.isnan(found)
