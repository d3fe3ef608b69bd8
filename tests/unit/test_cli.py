"""The command line: exit codes, strict JSON, one line per error, what is imported, real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from project_cities import full_city
from small_cities import small_city

from soak.kill_save import cityjson
from twin import api, cli, crashlog, plugins
from twin.commands import console, render
from twin.commands.console import Console, strict
from twin.errors import BadInput
from twin.layer import field_of, layer_of
from twin.project import create, load_city, open_project
from twin.state import BASE_LAYERS
from twin.when import moment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.city.json"
    cityjson(path, 12, 0)
    return path


class Said:
    """What one run of the program said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: object) -> None:
        self.code = cli.main([str(word) for word in argv])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        def refuse(name: str) -> None:
            raise ValueError(f"{name} is not strict JSON")

        return json.loads(self.out, parse_constant=refuse)

    @property
    def one_line(self) -> bool:
        return self.err.startswith("twin: ") and self.err.count("\n") == 1 and "Traceback" not in self.err


# --- the frame ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [["--help"], ["info", "FILE"], ["import", "--help"], ["layers"]])
def test_no_qt_and_no_vtk_without_need(argv: list[str], boxes: Path) -> None:
    argv = [str(boxes) if word == "FILE" else word for word in argv]
    code = (
        "import sys, contextlib\nfrom twin import cli\n"
        f"with contextlib.suppress(SystemExit): cli.main({argv!r})\n"
        "heavy = {'PySide6', 'vtkmodules', 'vtk', 'pyvista', 'pyvistaqt'}\n"
        "print(sorted(heavy & {m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_is_light() -> None:
    code = (
        "import sys, contextlib\nfrom twin import cli\n"
        "with contextlib.suppress(SystemExit): cli.main(['--help'])\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'pyproj', 'rasterio', 'pyarrow', 'osmium', 'msgspec'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    for name in cli.COMMANDS:
        assert f"  {name}" in done.stdout


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["info"], "missing: FILE"),
        (["info", "x", "--bogus"], "not understood: --bogus"),
        (["import", "x"], "missing: --to"),
        (["import", "x", "--to", "p", "--bbox", "1,2,3"], "--bbox: «1,2,3»"),
        (["import", "x", "--to", "p", "--bbox", "3,2,1,4"], "west < east"),
        (["import", "x", "--to", "p", "--bbox", "nan,2,1,4"], "--bbox"),
        (["import", "x", "--to", "p", "--map", "height"], "--map: «height»: field=column"),
        (["render", "demo", "--out", "x.png"], "missing: --size"),
        (["render", "demo", "--out", "x.png", "--size", "12"], "--size: «12» is not a width and height"),
        (["render", "demo", "--out", "x.png", "--size", "0x12"], "--size"),
        (["render", "demo", "--out", "x.png", "--size", "9x9", "--theme", "blue"], "'blue' is not one of"),
        (["--lang", "de"], "--lang: 'de' is not one of"),
        (["a", "b"], "not understood: b"),
        (["--screenshot"], "--screenshot needs a value"),
    ],
)
def test_wrong_usage_is_one_line_and_two(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, *argv)
    assert said.code == cli.USAGE == 2
    assert said.one_line
    assert words in said.err
    assert said.out == ""


def test_the_headings_of_the_help_are_translated_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "tr", lambda text, lang, **fields: f"<{lang}: {text}>")
    with pytest.raises(SystemExit):
        cli.main(["--lang", "sv", "render", "--help"])
    said = capsys.readouterr().out
    assert "<sv: options>:" in said
    assert "<sv: what to work on>:" in said
    assert "show this help message and exit" not in said


def test_language_of_the_system_and_by_option(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.system_language() == "en"
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    assert cli.system_language() == "sv"
    monkeypatch.delenv("LC_ALL")
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "sv_FI")
    assert cli.system_language() == "sv"
    monkeypatch.setattr(cli, "tr", lambda text, lang, **fields: f"<{lang}>")
    with pytest.raises(SystemExit):
        cli.main(["--help", "--lang", "en"])
    assert "<en>" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "<sv>" in capsys.readouterr().out


def test_a_window_is_opened_for_anything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Any, ...]] = []
    app = type(sys)("twin.ui.app")
    app.run = lambda *args: asked.append(args) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.ui.app", app)
    monkeypatch.setattr("twin.crashlog.folder", lambda: tmp_path)
    assert cli.main([]) == 0
    assert cli.main(["demo", "--screenshot", "w.png", "--lang", "sv"]) == 0
    assert cli.main(["./info"]) == 0
    assert [(a[0], a[1] and str(a[1]), a[2]) for a in asked] == [
        (None, None, None), ("demo", "w.png", "sv"), ("./info", None, None),
    ]  # fmt: skip
    assert not list(tmp_path.glob("*.lock"))


def test_a_wrong_path_is_no_crash_to_the_next_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(*_: object) -> int:
        raise BadInput("{path}: there is no project here.", path="nowhere")

    app = type(sys)("twin.ui.app")
    app.run = refused  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.ui.app", app)
    monkeypatch.setattr("twin.crashlog.folder", lambda: tmp_path)
    assert cli.main(["nowhere", "--lang", "en"]) == 1
    assert capsys.readouterr().err.strip() == "twin: nowhere: there is no project here."
    assert crashlog.last_crash(tmp_path) is None


def test_interrupt_and_own_errors_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plugins, "discover", interrupted)
    said = Said(capsys, "layers")
    assert (said.code, said.err.strip()) == (130, "twin: Stopped.")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(plugins, "discover", broken)
    said = Said(capsys, "layers")
    assert said.code == 1
    assert said.one_line
    assert "ZeroDivisionError: by zero" in said.err
    with pytest.raises(ZeroDivisionError):
        cli.main(["layers", "--debug"])


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_a_reader_that_wants_no_more_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shell = f"'{sys.executable}' -m twin.cli layers --json | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {shell}"], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_json_is_strict() -> None:
    value = {"a": float("nan"), "b": (np.float64("inf"), np.int64(3), np.bool_(True)), 1: None, "p": np.str_("x")}
    assert strict(value) == {"a": None, "b": [None, 3, True], "1": None, "p": "x"}


def test_progress_on_a_terminal_is_one_line_that_goes_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    job = Console("en").job()
    job.progress(0.5, "Reading {name}", name="a file")
    job.progress(1.0)
    err = capsys.readouterr().err
    assert " 50% Reading a file" in err
    assert "\n" not in err
    assert err.endswith("\r")


# --- info -----------------------------------------------------------------------------------------------------


def test_info_tells_what_is_inside(boxes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "info", boxes, "--json")
    assert said.code == 0
    (row,) = said.json["files"]
    assert set(row) == {"path", "format", "version", "crs", "bbox", "counts", "problems"}
    assert (row["path"], row["format"], row["version"], row["crs"]) == (str(boxes), "CityJSON", "1.1", "EPSG:3011")
    assert row["counts"]["buildings"] == 12
    assert len(row["bbox"]) == 4
    text = Said(capsys, "info", boxes)
    assert "EPSG:3011" in text.out
    assert "Buildings: 12" in text.out


def test_one_bad_file_does_not_stop_info(boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text('{"type": "CityJSON"')
    names = [tmp_path / "bad.json", boxes, tmp_path / "none.json", tmp_path]
    said = Said(capsys, "info", *names, "--json")
    assert said.code == 0
    rows = said.json["files"]
    assert [row["format"] for row in rows] == [None, "CityJSON", None, None]
    assert all(len(row["problems"]) == 1 for row in (rows[0], rows[2], rows[3]))
    assert said.err.count("twin: ") == 3
    alone = Said(capsys, "info", tmp_path / "none.json")
    assert alone.code == 1
    assert alone.one_line
    assert alone.out == ""
    assert Said(capsys, "info", tmp_path / "none.json", "--json").json["files"][0]["crs"] is None


def test_info_of_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(tmp_path / "p.twin", full_city()).close()
    said = Said(capsys, "info", tmp_path / "p.twin", "--json")
    (row,) = said.json["files"]
    assert (row["format"], row["crs"], row["counts"]["roads"], row["counts"]["cells"]) == (
        "twin",
        "EPSG:3011",
        30,
        2000,
    )


def test_info_of_the_demo_leaves_nothing_in_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "info", "demo", "--json")
    assert said.json["files"][0]["counts"]["buildings"] > 1000
    assert sorted(p.name for p in (root / "data" / "demo.twin").iterdir() if p.name.startswith(".")) == []


# --- import ---------------------------------------------------------------------------------------------------


def test_import_makes_and_extends_a_project(boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = tmp_path / "more.city.json"
    cityjson(more, 7, 1)
    said = Said(capsys, "import", boxes, "--to", tmp_path / "p.twin", "--json")
    assert said.code == 0
    assert said.json["new"] is True
    assert said.json["project"] == str(tmp_path / "p.twin")
    assert said.json["files"][0]["read"]["buildings"] == 12
    assert {"path", "format", "read", "notes"} <= set(said.json["files"][0])
    said = Said(capsys, "import", more, "--to", tmp_path / "p")
    assert said.code == 0
    assert "Extended" in said.out
    city = load_city(tmp_path / "p.twin")
    assert len(city.buildings) == 19
    assert city.name == "p"


def test_notes_are_told_with_number_and_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.city.json"
    cityjson(path, 3, 0)
    found = json.loads(path.read_text())
    found["CityObjects"]["import-0-0"]["geometry"] = []
    path.write_text(json.dumps(found))
    said = Said(capsys, "import", path, "--to", tmp_path / "p.twin", "--json")
    notes = said.json["files"][0]["notes"]
    assert notes
    for note in notes:
        assert set(note) == {"kind", "text", "n", "examples"}
        assert note["kind"] in ("mended", "skipped", "assumed", "problem")
    assert any("import-0-0" in note["examples"] for note in notes)


def test_unknown_reference_system_asks_for_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nowhere.city.json"
    cityjson(path, 3, 0)
    found = json.loads(path.read_text())
    del found["metadata"]
    path.write_text(json.dumps(found))
    said = Said(capsys, "import", path, "--to", tmp_path / "p.twin")
    assert said.code == 1
    assert said.one_line
    assert "--crs" in said.err
    assert not (tmp_path / "p.twin").exists()
    assert Said(capsys, "import", path, "--to", tmp_path / "p.twin", "--crs", "EPSG:3011").code == 0


def test_all_files_or_none(boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Said(capsys, "import", boxes, "--to", tmp_path / "p.twin")
    before = (tmp_path / "p.twin" / "project.json").read_bytes()
    more = tmp_path / "more.city.json"
    cityjson(more, 7, 1)
    bad = tmp_path / "bad.city.json"
    bad.write_text(more.read_text()[:-50])
    for names in ([more, bad], [tmp_path / "none.json", more], [more, tmp_path / "p.twin"]):
        said = Said(capsys, "import", *names, "--to", tmp_path / "p.twin")
        assert said.code == 1
        assert said.one_line
    assert (tmp_path / "p.twin" / "project.json").read_bytes() == before


def test_data_far_away_are_refused(boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Said(capsys, "import", boxes, "--to", tmp_path / "p.twin")
    far = tmp_path / "far.city.json"
    cityjson(far, 3, 90)
    said = Said(capsys, "import", far, "--to", tmp_path / "p.twin")
    assert said.code == 1
    assert "km from the project" in said.err
    assert len(load_city(tmp_path / "p.twin").buildings) == 12


def test_options_without_meaning_are_refused(boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--as", "roads"], ["--map", "height=h", "use=u"]):
        said = Said(capsys, "import", boxes, "--to", tmp_path / "p.twin", *option)
        assert said.code == 1
        assert "leave out --as and --map" in said.err


def test_a_project_open_elsewhere_is_not_touched(
    boxes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Said(capsys, "import", boxes, "--to", tmp_path / "p.twin")
    with open_project(tmp_path / "p.twin"):
        said = Said(capsys, "import", boxes, "--to", tmp_path / "p.twin")
    assert said.code == 1
    assert "open in another window" in said.err


def test_the_demo_is_not_extended(boxes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "import", boxes, "--to", "demo")
    assert said.code == 1
    assert "reading only" in said.err


@pytest.mark.parametrize(
    "words", [["--bbox", "-10.5,2,3,4"], ["--bbox", "-10.5", "2", "3", "4"], ["--bbox=-10.5,2,3,4"]]
)
def test_a_box_may_begin_with_minus_or_be_four_words(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from twin import importing

    seen: list[Any] = []

    def stop(files: object, to: object, options: Any, *rest: object) -> None:
        seen.append((len(list(files)), options.bbox))  # type: ignore[call-overload]
        raise BadInput("stop")

    monkeypatch.setattr(importing, "import_files", stop)
    assert cli.main(["import", *words, "a", "b", "--to", "p"]) == 1
    assert seen == [(2, (-10.5, 2.0, 3.0, 4.0))]


@pytest.mark.parametrize(
    ("name", "table", "low", "high", "crs"),
    [
        ("denhaag_cityjson/DenHaag_01.city.json", "buildings", 1500, 2600, "EPSG:28992"),
        ("stockholm_osm/stockholm.osm", "roads", 400, 900, "EPSG:3011"),
        ("goteborg_sweref99_rasters/DEM_KRbig.tif", "terrain", 52_182, 52_182, "EPSG:3007"),
    ],
)
def test_real_files_come_in_and_are_seen_again(
    shared_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    table: str,
    low: int,
    high: int,
    crs: str,
) -> None:
    path = shared_data / "city" / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    said = Said(capsys, "import", path, "--to", tmp_path / "p.twin", "--json")
    assert said.code == 0, said.err
    assert said.json["crs"] == crs
    assert low <= said.json["files"][0]["read"][table] <= high
    again = Said(capsys, "info", tmp_path / "p.twin", "--json").json["files"][0]
    assert again["crs"] == crs
    assert again["bbox"][2] > again["bbox"][0]


# --- render, layers, doctor -----------------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Stand in for the drawing, which tests/scene looks at; keeps what was to be drawn."""
    calls: list[tuple[Any, ...]] = []
    figure = type(sys)("twin.report.figure")
    figure.export_png = lambda *args, marks=(): calls.append((*args, marks))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.report.figure", figure)
    return calls


def test_render_shows_one_layer_or_what_was_saved(
    tmp_path: Path, drawn: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    from twin.state import Bookmark, LayerEntry, Pose, State

    pose, mark = Pose((1.0, 2.0, 3.0), 50.0), Pose((4.0, 5.0, 6.0), 70.0)
    layers = (LayerEntry("road_speed"), LayerEntry("building_use", False), LayerEntry("building_height", False, 0.3))
    state = State(full_city(), layers=layers, bookmarks=(Bookmark("Slussen", mark),))
    create(tmp_path / "p.twin", state.city, state, pose).close()
    argv = ["render", tmp_path / "p.twin", "--out", tmp_path / "a.png", "--size", "300x200"]
    said = Said(capsys, *argv, "--json", "--dpi", "300", "--lang", "sv", "--theme", "dark")
    assert said.code == 0, said.err
    assert said.json["size"] == [300, 200]
    _, _, _, made, size, dpi, seen, theme, lang, _ = drawn[-1]
    assert (list(made), size, dpi, seen, theme, lang) == (["road_speed"], (300, 200), 300, pose, "dark", "sv")
    assert Said(capsys, *argv, "--layer", "building_height", "--view", "Slussen").code == 0
    _, _, shown, made, _, _, seen, _, _, _ = drawn[-1]
    assert (list(made), seen) == (["building_height"], mark)
    assert shown.layers[0] == LayerEntry("building_height", True, 0.3)
    assert not any(row.visible for row in shown.layers if row.id in ("road_speed", "building_use"))
    assert any(row.visible for row in shown.layers if row.id == "streets")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--view", "Nowhere"], "there is no bookmark «Nowhere»"),
        (["--layer", "nothing"], "There is no layer «nothing»; there are: building_"),
        (["--layer", "building_height", "--time", "2026-01-01"], "has no times"),
        (["--scenario", "S"], "there is no scenario «S»"),
    ],
)
def test_render_says_what_is_not_there(
    tmp_path: Path, drawn: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], option: list[str], words: str
) -> None:
    create(tmp_path / "p.twin", full_city()).close()
    said = Said(capsys, "render", tmp_path / "p.twin", "--out", "a.png", "--size", "300x200", *option)
    assert said.code == 1
    assert said.one_line
    assert words in said.err
    assert drawn == []


def test_render_shows_the_city_of_a_scenario(
    tmp_path: Path, drawn: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    from twin.scenario.codec import encode_edits
    from twin.scenario.others import AddPlace

    create(tmp_path / "p.twin", full_city()).close()
    at = tuple(float(value) for value in full_city().buildings.geometry.iloc[0].centroid.coords[0])
    (tmp_path / "edits.json").write_bytes(encode_edits([AddPlace(at=at, place_kind="school", name="Nya skolan")]))
    assert Said(capsys, "edit", tmp_path / "p.twin", "--scenario", "S", "--add", tmp_path / "edits.json").code == 0
    for words in (("--scenario", "S"), ()):
        said = Said(capsys, "render", tmp_path / "p.twin", "--out", tmp_path / "a.png", "--size", "300x200", *words)
        assert said.code == 0, said.err
    with_school, without = drawn
    assert len(with_school[1].places) == len(without[1].places) + 1
    assert with_school[2].scenario == "S"
    (mark,) = with_school[-1]
    assert mark.points[0, :2].tolist() == list(at)
    assert without[-1] == ()


def test_render_looks_from_above_and_by_the_sun_of_a_time(
    tmp_path: Path, drawn: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    create(tmp_path / "p.twin", full_city()).close()
    argv = ["render", tmp_path / "p.twin", "--out", tmp_path / "a.png", "--size", "300x200"]
    assert Said(capsys, *argv, "--above", "--sun", "--time", "2026-06-21T18:00").code == 0
    _, _, shown, _, _, _, pose, *_ = drawn[-1]
    assert (pose.top, pose.elevation, pose.azimuth) == (True, 90.0, 0.0)
    assert shown.sunlit
    assert shown.time.moment == np.datetime64("2026-06-21T16:00", "ms")


@pytest.fixture
def bridged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a project with a scenario that lets people reach a new school."""
    from twin.scenario.codec import encode_edits
    from twin.scenario.others import AddPlace

    create(tmp_path / "p.twin", small_city(5)).close()
    (tmp_path / "edits.json").write_bytes(
        encode_edits([AddPlace(at=(300.0, 300.0), place_kind="school", name="Nya skolan")])
    )
    assert Said(capsys, "edit", tmp_path / "p.twin", "--scenario", "S", "--add", tmp_path / "edits.json").code == 0
    return tmp_path / "p.twin"


def test_render_shows_what_a_model_answers_and_its_difference(
    bridged: Path, drawn: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    draw = ["render", bridged, "--out", bridged.parent / "a.png", "--size", "300x200", "--lang", "en"]
    ids = [one["id"] for one in Said(capsys, "layers", bridged, "--models", "reach", "--json").json["results"]]
    school = next(id for id in ids if id.startswith("reach:school"))
    assert "noise:FIELD" in ids
    for id in (school, f"difference:{school}", f"result:{school}"):
        said = Said(capsys, *draw, "--layer", id, "--scenario", "S")
        assert said.code == 0, said.err
    (value,), (change,), (same,) = (list(call[3].values()) for call in drawn)
    assert same.id == value.id
    state = drawn[0][2]
    assert state.scenario == "S"
    assert [row.id for row in state.layers if row.visible and row.id not in BASE_LAYERS] == [value.id]
    plain = api.run_models(bridged, models=["reach"]).results["reach"].field(value.field.name)
    with_school = api.run_models(bridged, "S", models=["reach"]).results["reach"].field(value.field.name)
    np.testing.assert_array_equal(value.field.values, with_school.values)
    np.testing.assert_allclose(change.field.values, with_school.values - plain.values)
    assert np.nanmax(np.abs(change.field.values)) > 0
    assert "S − " in change.note
    assert Said(capsys, *draw, "--layer", school, "--set", "reach.access_limit=1").code == 0
    (narrow,) = drawn[-1][3].values()
    assert np.isnan(narrow.field.values).sum() > np.isnan(plain.values).sum()


@pytest.mark.parametrize(
    ("option", "code", "words"),
    [
        (["--layer", "reach:nope"], 1, "The model reach has no field «nope»; there are: reach:residents-within-400"),
        (["--layer", "difference:reach:x"], 1, "A difference needs a scenario"),
        (["--layer", "building_height", "--reference", "S"], 2, "--reference belongs to the layer of a model"),
        (["--layer", "nope"], 1, "building_year"),
        (["--layer", "nope"], 1, "traffic:FIELD"),
        (["--layer", "building_height", "--set", "building_height.n=3"], 1, "has no parameter n; there are: –"),
        (["--layer", "building_height", "--set", "walk_reach.n=3"], 1, "called «walk_reach»; there are: building_h"),
    ],
)
def test_render_says_which_layers_there_are(
    bridged: Path,
    drawn: list[tuple[Any, ...]],
    capsys: pytest.CaptureFixture[str],
    option: list[str],
    code: int,
    words: str,
) -> None:
    said = Said(capsys, "render", bridged, "--out", "a.png", "--size", "300x200", "--lang", "en", *option)
    assert (said.code, said.one_line, drawn) == (code, True, [])
    assert words in said.err


def test_render_draws_a_drop_in_model_and_a_layer_with_its_parameters(
    bridged: Path,
    drawn: list[tuple[Any, ...]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from twin.dropins import register

    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setattr(plugins, "user_folder", lambda: mine)
    head = (
        "import numpy as np\nfrom twin.api import Field, Model, Parameter, Result, layer_of\nTITLE = 'x'\n"
        "PARAMETERS = (Parameter('n', 'N', '', 2.0, 'me', low=1, high=9),)\n"
        "def field(city, n):\n    ids = city.buildings['id'].to_numpy()\n"
        "    return Field('Green share', 'm', 'buildings', ids, np.full(len(ids), n, 'float32'))\n"
    )
    (mine / "flat.py").write_text(head + "def make(city, v): return layer_of('flat', TITLE, field(city, v['n']))\n")
    (mine / "green.py").write_text(
        head + "def run(city, p, i, previous=None, changed=None, job=None):\n"
        "    return Result('green', '1', p, '', (field(city, p['n']),), ())\n"
        "MODEL = Model('green', 'Green', '1', ('buildings',), (), PARAMETERS, run)\n"
    )
    draw = ["render", bridged, "--out", bridged.parent / "a.png", "--size", "300x200", "--lang", "en"]
    try:
        for option in (["flat", "--set", "flat.n=5"], ["green:green-share", "--set", "green.n=7"], ["green"]):
            said = Said(capsys, *draw, "--layer", *option)
            assert said.code == 0, said.err
    finally:
        register.register(())
    assert [float(next(iter(call[3].values())).field.values[0]) for call in drawn] == [5.0, 7.0, 2.0]


def test_without_a_display_nothing_is_said_of_it(bridged: Path) -> None:
    words = ["render", str(bridged), "--out", str(bridged.parent / "a.png"), "--size", "120x90"]
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-m", "twin.cli", *words], capture_output=True, text=True, timeout=240, check=False, env=env
    )
    if done.returncode:
        pytest.skip(f"nothing can be drawn without a display here: {done.stderr[-200:]}")
    assert "X server" not in done.stderr


def test_layers_lists_the_data_of_a_project(bridged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bridged.parent / "spots.csv").write_text("x,y,level\n150,150,3\n250,200,4\n")
    words = ["import", bridged.parent / "spots.csv", "--to", bridged, "--as", "layer", "--crs", "EPSG:3011"]
    assert Said(capsys, *words).code == 0
    assert [one["id"] for one in Said(capsys, "layers", bridged, "--json").json["data"]] == ["data:spots"]
    assert "data:spots" in Said(capsys, "layers", bridged).out


def test_a_time_takes_the_values_that_hold_then() -> None:
    times = np.array(["2026-11-21T08:00", "2026-11-21T09:00"], dtype="datetime64[ms]")
    city = full_city(3)
    layer = layer_of("traffic", "Traffic", field_of(city, "buildings", "height"))
    assert layer is not None
    values = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
    layer = replace(layer, field=replace(layer.field, values=values, times=times))
    first = render.instant_in([layer], "2026-11-21T09:00")
    assert layer.field.at(moment(first)).tolist() == [1, 2, 3]
    assert render.instant_in([layer], "2026-11-21T09:00Z") == first + 3600, "city-local where no zone is named"
    assert render.instant_in([layer], "2027-01-01") > first
    with pytest.raises(BadInput, match="begins at 2026-11-21T09:00"):
        render.instant_in([layer], "2026-11-21T08:59")
    with pytest.raises(BadInput, match="is not a time"):
        render.instant_in([layer], "soon")


def test_layers_lists_drop_ins_and_their_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    monkeypatch.setattr(plugins, "user_folder", lambda: tmp_path)
    said = Said(capsys, "layers", "--json")
    assert said.code == 0
    rows = {row["id"]: row for row in said.json["layers"]}
    assert rows["building_height"]["error"] is None
    assert "nothing_of_that_name" in rows["broken"]["error"]
    assert "! " in Said(capsys, "layers").out


def test_doctor_finds_a_graphics_crash_and_lives(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import jobs_work

    from twin.ui import probe

    monkeypatch.setattr(probe, "opengl", jobs_work.crash_of_graphics)
    monkeypatch.setattr(probe, "window_system", jobs_work.fine_graphics)
    said = Said(capsys, "doctor", "--json")
    assert said.code == 1
    checks = {check["title"]: check for check in said.json["checks"]}
    assert not checks["OpenGL"]["good"]
    assert checks["Window system"] == {"title": "Window system", "found": "fine", "good": True}
    assert said.json["versions"]["python"].startswith("3.")
    assert "This will not do: OpenGL" in said.err


def test_doctor_asks_the_real_graphics() -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, "-m", "twin.cli", "doctor", "--json", "--compile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=env)
    assert done.returncode == 0, done.stderr
    checks = {check["title"]: check["found"] for check in json.loads(done.stdout)["checks"]}
    assert checks["OpenGL"]
    assert "Qt 6" in checks["Window system"]
