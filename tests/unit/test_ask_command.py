"""``twin ask``: guided questions answered on the command line, and values of steps written as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from noise_towns import HOUSES, STREET, town

from twin.cli import main
from twin.errors import BadInput
from twin.project import create
from twin.questions.question import Choice, Draw, Loaded, Number, Pick, Tick
from twin.questions.registry import questions
from twin.questions.written import form, value
from twin.scenario.buildings import AddBuilding
from twin.scenario.codec import encode_edits
from twin.scripting import import_file, run_models

if TYPE_CHECKING:
    from pathlib import Path

    from twin.layer import Field

CITY = town(HOUSES, [(STREET, {"name": "Gatan"})])
HOUSE = AddBuilding(footprint=((40.0, 8.0), (60.0, 8.0), (60.0, 20.0), (40.0, 20.0)), height=12.0, dwellings=12.0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    create(tmp_path / "p.twin", CITY).close()
    return tmp_path / "p.twin"


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["ask", *map(str, words), "--json", "--lang", "en"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_all_questions_are_listed_with_their_steps(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(capsys, place)["questions"]
    assert [one["id"] for one in told] == [one.id for one in questions()]
    (listen,) = [one for one in told if one["id"] == "listen"]
    assert [(step["id"], step["value"]) for step in listen["steps"]] == [("at", "X,Y X,Y…"), ("height", "0.5 … 100 m")]


def test_what_is_heard_at_a_place_and_by_which_paths(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rays.gpkg"
    told = asked(capsys, place, "listen", "at=12,70", "height=4", "--out", out)
    assert "Gatan" in told["sentence"]
    levels = [np.array(series["values"], float) for series in told["chart"]["series"]]
    assert told["chart"]["names"][0].startswith("Gatan")
    assert levels[0][0] > levels[1][0], "reflections bring more than all paths"
    rays = gpd.read_file(out)
    assert rays.crs.to_epsg() == 3011
    assert set(rays.geom_type) == {"LineString"}
    assert rays["value"].max() <= levels[0][0] + 0.1, "one path is louder than all together"
    assert rays["text"].str.contains("Gatan").any()
    ends = gpd.GeoSeries.from_xy([12.0], [70.0], crs=rays.crs)
    assert rays.distance(ends.iloc[0]).min() < 0.01


def test_a_question_answers_as_compare_does(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(capsys, place, "quieter_street", "street=Gatan", "how_much=street", "speed=50", "less=50")
    assert "−3.0\xa0dB" in told["sentence"]
    assert told["scenario"] != told["reference"]
    (row,) = [row for row in told["rows"] if row["id"] == "noise.highly_annoyed"] or told["rows"][:1]
    assert row["difference"] == pytest.approx(row["value"] - row["reference"])
    assert main(["ask", str(place), "quieter_street", "street=r0", "less=50", "speed=50", "--lang", "sv"]) == 0
    said = capsys.readouterr()
    assert "−3,0\xa0dB" in said.out.splitlines()[0]
    assert "CNOSSOS" in said.err


def test_a_house_is_given_as_an_edit(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "house.json").write_bytes(encode_edits([HOUSE]))
    told = asked(capsys, place, "house_by_the_road", f"house={tmp_path / 'house.json'}")
    assert "above the 60 dB(A)" in told["sentence"]


def test_another_noise_map_beside_the_model(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A map made of the model's own levels and 2 dB more: the model lies 2.0 dB below it, everywhere."""
    answer = run_models(place, models=["noise"])
    ground: Field = answer.results["noise"].field("Lden above the ground")
    grid: Any = ground.places
    a, _, c, _, e, f = grid.transform
    row, column = np.divmod(np.arange(len(grid)), grid.columns)
    table = pd.DataFrame({"x": c + (column + 0.5) * a, "y": f + (row + 0.5) * e, "lden": ground.values + 2.0})
    far = table[table["x"] < -60].dropna()  # no façade there
    assert len(far) >= 5
    far.to_csv(tmp_path / "map.csv", index=False)
    about = {"title": "Other map", "unit": "dB", "owner": "we", "licence": "CC0"}
    import_file(place, tmp_path / "map.csv", about, {"show": "points", "x": "x", "y": "y", "crs": "EPSG:3011",
                                                     "value": "lden"})  # fmt: skip
    told = asked(capsys, place, "noise_map", "map=Other map", "indicator=lden", "--out", tmp_path / "d.geojson")
    assert "the model lies 2.0\xa0dB below Other map on average" in told["sentence"]
    assert gpd.read_file(tmp_path / "d.geojson")["value"].to_numpy() == pytest.approx(np.full(len(far), -2.0), abs=0.01)


@pytest.mark.parametrize(("words", "said"), [
    (["nothing"], "There is no question called nothing"),
    (["listen"], "listen needs at=X,Y"),
    (["listen", "at=12"], "at: «12» is no spot"),
    (["listen", "at=1,2 3,4"], "at: «1,2 3,4» is no spot"),
    (["listen", "at=nan,2"], "no spot"),
    (["listen", "there=1,2"], "«there=1,2» is no step of listen"),
    (["listen", "at=1,2", "height=high"], "height: «high» is not a number within 0.5 … 100 m"),
    (["quieter_street", "street=Vägen"], "street: the table roads has no row «Vägen»"),
    (["quieter_street", "street=r0", "how_much=half"], "how_much: «half» is not one of: link, street"),
    (["noise_map", "map=None"], "map: «None» is not one of: –"),
    (["house_by_the_road", "house=missing.json"], "missing.json"),
    (["noise_screen", "line=1,2"], "line: «1,2» is no line"),
])  # fmt: skip
def test_what_is_wrong_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["ask", str(place), *words, "--lang", "en"]) == 1
    err = capsys.readouterr().err.strip()
    assert err.count("\n") == 0
    assert said in err


def test_values_of_every_kind_of_step() -> None:
    def read(step: Any, text: str) -> Any:
        return value(step, text, CITY, (("a", "Map", "dB"), ("b", "People", "persons")))

    assert read(Number("n", "", "m", 0.0, 9.0, 1.0), "2,5") == 2.5
    assert read(Tick("t", ""), "nej") is False
    assert read(Choice("c", "", (("x", "X"), ("y", "Y")), several=True), "x, y") == ("x", "y")
    assert read(Pick("p", "", "roads"), "Gatan") == read(Pick("p", "", "roads"), "r0") == ("r0",)
    assert read(Draw("d", "", "area"), "0,0 9,0 9,9") == ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
    assert read(Loaded("l", "", "dB"), "Map") == read(Loaded("l", "", "dB"), "a") == "a"
    for step, text in (
        (Loaded("l", "", "dB"), "People"), (Pick("p", "", "roads", by_name=False), "Gatan"), (Tick("t", ""), "perhaps"),
        (Draw("d", "", "area"), "0,0 9,0"), (Number("n", "", "m", 0.0, 9.0, 1.0), "x" * 2_000_000),
    ):  # fmt: skip
        with pytest.raises(BadInput):
            read(step, text)
    assert form(Draw("d", "", "building")) == "EDIT.json (AddBuilding)"
