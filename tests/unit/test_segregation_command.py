"""``twin segregation`` as a user meets it: tables of all kinds, keys, strict JSON, errors of one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from twin import cli

if TYPE_CHECKING:
    from pathlib import Path

TWO = (
    "dissimilarity", "isolation", "exposure", "interaction", "gini", "entropy", "atkinson", "correlation_ratio",
    "mutual_information",
)  # fmt: skip
SEVERAL = ("mutual_information", "theil_h", "dissimilarity", "gini", "divergence", "normalised_exposure", "diversity")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


class Said:
    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: object) -> None:
        self.code = cli.main(["segregation", *(str(word) for word in argv)])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        def refuse(name: str) -> None:
            raise ValueError(f"{name} is not strict JSON")

        return json.loads(self.out, parse_constant=refuse)

    def refused(self, code: int, *words: str) -> None:
        assert self.code == code, self.err
        assert self.err.startswith("twin: ")
        assert self.err.count("\n") == 1
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err
        assert self.out == ""


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(4)
    x, y = np.meshgrid(np.arange(8) * 250.0 + 150_000, np.arange(6) * 250.0 + 6_580_000)
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 250, y.ravel() + 250)
    a, b = rng.integers(0, 200, 48), rng.integers(0, 400, 48)
    a[3] = b[3] = 0
    return gpd.GeoDataFrame({"a": a, "b": b, "all": a + b, "district": ["n", "s"] * 24}, geometry=boxes, crs=3011)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "hand.csv"
    path.write_text("unit,a,b,all\nx,30,10,40\ny,10,50,60\n")
    return path


def test_hand_case(text, capsys):
    for column in ("--total=all", "--other=b"):
        said = Said(capsys, text, "--group", "a", column, "--json")
        assert said.code == 0
        assert said.json["dissimilarity"] == pytest.approx(0.5833333333333334, abs=1e-12)
        assert said.json["isolation"] == pytest.approx(0.6041666666666666, abs=1e-12)
        assert said.json["exposure"] == pytest.approx(0.39583333333333337, abs=1e-12)
        assert set(TWO) <= said.json.keys()
        assert said.json["parameters"]["group"] == "a"
        assert said.json["units"] == 2
    several = Said(capsys, text, "--groups", "a,b", "--json").json
    assert set(SEVERAL) <= several.keys()
    assert several["theil_h"] == pytest.approx(said.json["entropy"])


@pytest.mark.parametrize("kind", ["gpkg", "parquet", "geojson", "shp"])
def test_tables_of_all_kinds_agree(kind, frame, tmp_path, capsys):
    path = tmp_path / f"units.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_file(path)
    found = Said(capsys, path, "--group", "a", "--total", "all", "--json", "--draws", 0).json
    plain = tmp_path / "units.csv"
    frame.drop(columns="geometry").to_csv(plain, index=False)
    counts = Said(capsys, plain, "--group", "a", "--total", "all", "--json", "--draws", 0).json
    for name in TWO:
        assert found[name] == pytest.approx(counts[name], abs=1e-12)
    assert found["crs"] == "EPSG:3011"
    assert counts["crs"] is None
    assert found["spatial_dissimilarity"] < found["dissimilarity"]
    assert found["absolute_concentration"] is None  # cells of one size
    assert "spatial_dissimilarity" not in counts
    assert any("no outlines" in note for note in counts["notes"])


def test_parquet_without_places(tmp_path, capsys):
    path = tmp_path / "plain.parquet"
    pd.DataFrame({"a": [1, None, 3], "b": [4, 2, None]}).to_parquet(path)
    found = Said(capsys, path, "--groups", "a,b", "--json").json
    assert (found["units"], found["missing_units"]) == (1, 2)


def test_a_swedish_table(tmp_path, capsys):
    """Semicolons, decimal commas, spaces in numbers, two dots for what is not published, Latin letters."""
    path = tmp_path / "scb.csv"
    path.write_bytes("område;födda utom Europa;alla\nA;1 000;2 000,0\nB;0;1\u00a0000\nC;..;50\n".encode("cp1252"))
    found = Said(capsys, path, "--group", "födda utom Europa", "--total", "alla", "--json").json
    assert found["dissimilarity"] == pytest.approx(0.5)
    assert found["missing_units"] == 1


def test_bands_are_seeded(text, capsys):
    argv = (text, "--group", "a", "--total", "all", "--json", "--draws", 50)
    one, two = Said(capsys, *argv).json, Said(capsys, *argv).json
    assert one == two
    assert one["band"]["dissimilarity"]["low"] <= one["band"]["dissimilarity"]["high"] < one["dissimilarity"]
    assert Said(capsys, *argv, "--null", "binomial").json["band"] != one["band"]
    assert "band" not in Said(capsys, text, "--group", "a", "--total", "all", "--json", "--draws", 0).json


def test_scales(frame, tmp_path, capsys):
    path = tmp_path / "units.gpkg"
    frame.to_file(path)
    found = Said(
        capsys, path, "--group", "a", "--other", "b", "--k", "200,1600", "--radii", "500", "1000", "--json",
        "--draws", 0,
    ).json  # fmt: skip
    assert [row["k"] for row in found["neighbourhoods"]] == [200, 1600]
    assert not found["neighbourhoods"][0]["usable"]
    assert found["neighbourhoods"][1]["usable"]
    assert [row["radius"] for row in found["multiscalar"]] == [500, 1000]
    assert found["multiscalar"][0]["theil_h"] > found["multiscalar"][1]["theil_h"]
    default = Said(capsys, path, "--groups", "a,b", "--k", "--radii", "--json", "--draws", 0).json
    assert default["parameters"]["k"] == [200, 1600, 12800, 51200]
    assert default["parameters"]["radii"] == [500, 1000, 2000, 4000]
    assert {row["group"] for row in default["neighbourhoods"]} == {"a", "b"}
    places = tmp_path / "places.csv"
    plain = frame.drop(columns="geometry").assign(e=frame.centroid.x, n=frame.centroid.y)
    plain.to_csv(places, index=False)
    points = Said(
        capsys, places, "--group", "a", "--other", "b", "--k", "1600", "--x", "e", "--y", "n", "--json", "--draws", 0
    ).json
    assert points["neighbourhoods"][0]["dissimilarity"] == pytest.approx(found["neighbourhoods"][1]["dissimilarity"])


def test_walked(frame, tmp_path, capsys):
    from twin.project import load_city, resolve_path

    west, south, east, north = shapely.total_bounds(load_city(resolve_path("demo")).paths.geometry.to_numpy())
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9)))
    rng = np.random.default_rng(0)
    path = tmp_path / "places.csv"
    pd.DataFrame({"x": x, "y": y, "a": rng.integers(0, 50, 81), "b": rng.integers(0, 50, 81)}).to_csv(path, index=False)
    said = Said(
        capsys, path, "--groups", "a,b", "--x", "x", "--y", "y", "--network", "demo", "--k", "300", "--radii", "700",
        "--json", "--draws", 0,
    )  # fmt: skip
    assert said.code == 0, said.err
    found = said.json
    assert found["units_on_network"] > 40
    row = found["barrier_effect"][0]
    assert row["effect"] == pytest.approx(row["walked"] - row["straight"])
    assert row["effect"] > 0
    assert found["neighbourhoods_walked"][0]["radius"] > found["neighbourhoods"][0]["radius"]
    assert any("bridge" in note for note in found["notes"])


def test_clusters(frame, tmp_path, capsys):
    path = tmp_path / "units.gpkg"
    frame.to_file(path)
    found = Said(capsys, path, "--groups", "a,b", "--by", "district", "--json", "--draws", 0).json["parts"]
    for one in found.values():
        assert one["between"] + one["within"] == pytest.approx(one["total"])
    assert found["mutual_information"]["names"] == ["n", "s"]
    assert "between clusters" in Said(capsys, path, "--groups", "a,b", "--by", "district", "--draws", 0).out


def test_real_stockholm(shared_data, capsys):
    """Districts of the city by age, and DeSO areas of the county by place of birth: sums and bounds that must hold."""
    folder = shared_data / "segregation/stockholm"
    ages = ",".join(f"kv_{age}_2016" for age in ("0_5", "20_44", "65_79", "80plus"))
    found = Said(
        capsys, folder / "stockholm_basomraden_befolkning_2014_2016.gpkg", "--groups", ages, "--k", "1600,12800",
        "--radii", "1000,4000", "--json", "--draws", 20,
    ).json  # fmt: skip
    assert found["crs"] == "EPSG:3011"
    assert 0 < found["multiscalar"][1]["theil_h"] < found["multiscalar"][0]["theil_h"] < found["theil_h"]
    table = folder / "deso_stockholms_lan_2022.csv"
    groups = "fb_sverige,fb_europa_utom_sverige,fb_ovriga_varlden_inkl_okand"
    found = Said(capsys, table, "--groups", groups, "--by", "kommun", "--json", "--draws", 20).json
    assert (found["units"], found["missing_units"]) == (1287, 0)
    assert len(found["parts"]["theil_h"]["names"]) == 26
    one = Said(capsys, table, "--group", "fb_sverige", "--total", "fb_totalt", "--json", "--draws", 20).json
    assert one["isolation"] + one["exposure"] == pytest.approx(1)
    assert one["band"]["dissimilarity"]["high"] < 0.05 < one["dissimilarity"] < one["gini"]


def test_local_values(frame, tmp_path, capsys):
    path, out = tmp_path / "units.gpkg", tmp_path / "local.csv"
    frame.to_file(path)
    assert Said(capsys, path, "--group", "a", "--other", "b", "--local", out, "--draws", 0).code == 0
    rows = pd.read_csv(out)
    assert len(rows) == len(frame)
    assert rows.loc[3, "persons"] == 0
    assert np.isnan(rows.loc[3, "share_a"])
    assert rows["location_quotient_a"].max() > 1 > rows["location_quotient_a"].min()


def test_local_values_of_few_are_withheld(tmp_path, capsys):
    """A unit with three of the group, and the next smallest that would give it away; public statistics as published."""
    path, out = tmp_path / "own.csv", tmp_path / "local.csv"
    path.write_text("a,b\n3,60\n40,52\n200,33\n0,0\n500,501\n")
    found = Said(capsys, path, "--groups", "a,b", "--local", out, "--draws", 0, "--json").json
    rows = pd.read_csv(out)
    assert rows["share_a"].isna().tolist() == [True, True, False, True, False]
    assert rows["persons"].tolist() == [65, 90, 235, 0, 1000]
    assert any("2 units rest on fewer than 10 persons" in note for note in found["notes"])
    public = Said(capsys, path, "--groups", "a,b", "--local", out, "--draws", 0, "--public", "--json").json
    rows = pd.read_csv(out)
    assert rows["share_a"].tolist()[:2] == pytest.approx([3 / 63, 40 / 92])
    assert not any("rest on fewer" in note for note in public["notes"])
    assert (public["parameters"]["public"], public["parameters"]["local"]) == (True, str(out))


def test_units_that_stand_twice_are_said(tmp_path, capsys):
    path = tmp_path / "years.csv"
    path.write_text("kod,year,a,b\n0180C1010,2020,3,60\n0180C1010,2021,4,52\n0180C1020,2020,5,5\n")
    found = Said(capsys, path, "--groups", "a,b", "--draws", 0, "--json").json
    assert any("kod names 1 units more than once, such as 0180C1010" in note for note in found["notes"])
    assert found["units"] == 3


def test_text_names_chance_and_unit(text, capsys):
    said = Said(capsys, text, "--group", "a", "--total", "all")
    assert "Dissimilarity D: 0.5833  by chance" in said.out
    assert "Values depend on how units are drawn: 2 inhabited units" in said.out
    assert "nan" not in said.out


def test_nothing_defined_is_null(tmp_path, capsys):
    path = tmp_path / "none.csv"
    path.write_text("a,b\n0,0\n0,0\n")
    found = Said(capsys, path, "--groups", "a,b", "--json").json
    assert found["theil_h"] is None
    assert found["units"] == 0
    one = Said(capsys, path, "--group", "a", "--total", "b", "--json").json
    assert one["dissimilarity"] is None


def test_published_noise_is_tolerated_when_asked(tmp_path, capsys):
    path = tmp_path / "noise.csv"
    path.write_text("a,all\n12,10\n1,30\n")
    Said(capsys, path, "--group", "a", "--total", "all").refused(1, "row 1", "a counts 12", "all, 10", "--noise")
    found = Said(capsys, path, "--group", "a", "--total", "all", "--noise", 3, "--json").json
    assert any("at most 2 persons" in note for note in found["notes"])
    assert found["persons"] == 42


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a,all\n1,2\nx,3\n", ("row 2", "column a", "«x»")),
        ("a,all\n1,2\n-1,3\n", ("row 2", "column a", "-1")),
        ("a,all\n1,2\n5,3\n", ("row 2", "5", "3")),
        ("a,all\n1,2\n5\n", ("row 2", "1 cells")),
        ("c,all\n1,2\n", ("column a", "c, all")),
        ("", ("empty",)),
        ("a,all\n", ("no rows",)),
        ("a,all,a\n1,2,3\n", ("column a", "twice")),
    ],
)
def test_wrong_tables(body, words, tmp_path, capsys):
    path = tmp_path / "wrong.csv"
    path.write_text(body)
    Said(capsys, path, "--group", "a", "--total", "all", "--json").refused(1, "wrong.csv", *words)


def test_wrong_files(tmp_path, capsys):
    Said(capsys, tmp_path / "not.csv", "--groups", "a,b").refused(1, "not.csv", "no such file")
    for name in ("broken.gpkg", "broken.parquet"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        Said(capsys, tmp_path / name, "--groups", "a,b").refused(1, name, "cannot be read")


@pytest.mark.parametrize(
    "options",
    [
        [], ["--group", "a"], ["--group", "a", "--total", "all", "--other", "b"], ["--groups", "a"],
        ["--groups", "a,a"], ["--group", "a", "--groups", "a,b"], ["--groups", "a,b", "--total", "all"],
        ["--group", "a", "--total", "all", "--by", "unit"], ["--groups", "a,b", "--x", "a"],
        ["--groups", "a,b", "--network", "demo"], ["--groups", "a,b", "--draws", "3"],
        ["--groups", "a,b", "--seed", "-1"], ["--group", "a", "--total", "all", "--noise", "-1"],
        ["--groups", "a,b", "--radii", "far"], ["--groups", "a,b", "--k", "1.5"],
    ],
)  # fmt: skip
def test_wrong_usage(options, text, capsys):
    Said(capsys, text, *options).refused(2)


def test_scales_need_places_in_metres(text, frame, tmp_path, capsys):
    Said(capsys, text, "--groups", "a,b", "--k", "200").refused(1, "--k and --radii need outlines")
    path = tmp_path / "units.gpkg"
    frame.to_file(path)
    Said(capsys, path, "--groups", "a,b", "--radii", "500", "--crs", "EPSG:4326").refused(1, "not in metres")
    Said(capsys, path, "--groups", "a,b", "--radii", "-5").refused(2)


def test_sacramento(shared_data, capsys):
    """The values of the reference, in metres and in degrees."""
    folder = shared_data / "segregation/reference"
    wanted = {
        row["index"]: row["expected"] for row in json.loads((folder / "pysal_sacramento.json").read_text())["values"]
    }
    argv = (folder / "sacramento1_tracts.gpkg", "--group", "HISP", "--total", "TOT_POP", "--json", "--draws", 0)
    metres, degrees = Said(capsys, *argv).json, Said(capsys, *argv, "--crs", "EPSG:4326").json
    assert (metres["crs"], degrees["crs"]) == ("EPSG:32610", "EPSG:4326")
    for name, key in {
        "Dissim": "dissimilarity", "Gini": "gini", "Entropy": "entropy", "Isolation": "isolation",
        "Interaction": "exposure", "CorrelationR": "correlation_ratio", "SpatialDissim": "spatial_dissimilarity",
        "PARDissim": "perimeter_dissimilarity", "AbsoluteClustering": "absolute_clustering",
        "RelativeClustering": "relative_clustering", "SpatialProximity": "spatial_proximity",
        "DistanceDecayIsolation": "distance_decay_isolation", "DistanceDecayInteraction": "distance_decay_exposure",
    }.items():  # fmt: skip
        assert metres[key] == pytest.approx(wanted[name], abs=1e-9), name
    for name, key in {
        "Delta": "delta", "AbsoluteCentralization": "absolute_centralisation",
        "AbsoluteConcentration": "absolute_concentration",
    }.items():  # fmt: skip
        assert degrees[key] == pytest.approx(wanted[name], abs=1e-9), name
    assert "absolute_clustering" not in degrees
    assert metres["published"]["distance_decay_isolation"] + metres["published"][
        "distance_decay_exposure"
    ] == pytest.approx(1)
