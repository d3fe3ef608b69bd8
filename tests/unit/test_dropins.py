"""Drop-ins of every kind: what the docs teach runs, what goes wrong stands beside it, code is trusted by its hash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import pytest
from small_cities import small_city

from twin import api, localtime, plugins
from twin.chain.registry import MODELS
from twin.city import formats
from twin.city.city import City
from twin.cli import main
from twin.content import demo_project, folder
from twin.datafile import folders
from twin.datafile.paint import EXAMPLE, load_style
from twin.datafile.spec import Method
from twin.dropins import kinds, register, trust
from twin.dropins.check import check_dropin
from twin.errors import BadInput, TwinError
from twin.jobs import Job
from twin.layer import legend, scales
from twin.privacy.provenance import derived
from twin.project import create, load_city
from twin.when import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = re.compile(r"<!-- (file: (?P<name>\w+\.py)|test) -->\n```python\n(?P<code>.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def demo() -> City:
    return load_city(demo_project())


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a user's folder and settings of its own, and take back what it registered."""
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setenv("TWIN_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv(trust.ACTIVE, raising=False)
    monkeypatch.setattr(plugins, "user_folder", lambda: mine)
    yield mine
    register.register(())


def written(root: Path) -> dict[str, str]:
    text = (root / "docs" / "drop-ins.md").read_text(encoding="utf-8")
    return {match["name"] or "test": match["code"] for match in _BLOCK.finditer(text)}


# --- what the docs teach ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["floor_area.py", "evening_sun.py", "opening_hours.py", "mixed_use.py", "benches.py", "my_colours.py", "beat.py"],
)
def test_each_example_of_the_docs_works(root: Path, alone: Path, demo: City, name: str) -> None:
    (alone / name).write_text(written(root)[name], encoding="utf-8")
    made = check_dropin(alone / name, demo)
    if name == "floor_area.py":
        houses = demo.buildings
        np.testing.assert_allclose(made.field.values, (houses.area * houses["floors"]).to_numpy("float32"))
    if name == "evening_sun.py":
        assert made.field.values.shape == (24, len(demo.roads))
        assert 53 < made.field.values.max() < 55  # 90° − 59.3° + 23.3° at noon in mid-June
    if name == "opening_hours.py":
        assert made.field.at(moment(localtime.parse("2026-11-21T09:00"))).tolist() == [1.0] * len(demo.buildings)
        assert legend(made, "en").note == "Counted by hand"
    if name in ("floor_area.py", "evening_sun.py", "opening_hours.py"):
        assert made.field.about.missing() == ()
    if name == "mixed_use.py":
        assert np.nanmin(made.fields[0].values) >= 0
        assert np.nanmax(made.fields[0].values) <= 100


def test_the_docs_name_the_colour_scales_and_methods_there_are(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "drop-ins.md").read_text(encoding="utf-8")
    assert [name for name in scales() if f"`{name}`" not in text] == []
    assert [name for name in get_args(Method) if f"`{name}`" not in text] == []
    found = re.search(r"<!-- style -->\n```json\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (tmp_path / "s.json").write_text(found[1])
    assert load_style(tmp_path / "s.json").breaks == (40, 45, 50, 55, 60, 65)


def test_the_first_example_takes_ten_lines(root: Path) -> None:
    assert len([line for line in written(root)["floor_area.py"].splitlines() if line.strip()]) <= 10


def test_the_docs_own_test_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = written(root)
    (tmp_path / "floor_area.py").write_text(blocks["floor_area.py"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks["test"], "docs/drop-ins.md", "exec"), {})


def test_a_model_of_the_docs_answers_in_the_chain(root: Path, alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "mixed_use.py").write_text(written(root)["mixed_use.py"], encoding="utf-8")
    assert main(["--lang", "en", "run", "demo", "--models", "mixed_use", "--json"]) == 0
    said = capsys.readouterr()
    assert "Source: My study – KTH – CC-BY-4.0, CC0-1.0. Information class: open" in said.err
    told = json.loads(said.out)
    assert [one["id"] for one in told["indicators"]] == ["mixed_use.spread"]
    assert 0 < told["indicators"][0]["value"] < 50


def test_a_reader_of_the_docs_reads_into_a_project(root: Path, alone: Path, tmp_path: Path, demo: City) -> None:
    (alone / "benches.py").write_text(written(root)["benches.py"], encoding="utf-8")
    west, south, _, _ = demo.bounds()
    file = tmp_path / "park.benches"
    file.write_text(f"east north seats\n{west + 100} {south + 100} 4\n{west + 200} {south + 100} 2\n")
    assert main(["info", str(file)]) == 0
    assert main(["import", str(file), "--to", str(tmp_path / "p.twin")]) == 0
    places = load_city(tmp_path / "p.twin").places
    assert places["capacity"].tolist() == [4, 2]


def script(root: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "docs" / "examples" / "research.py"), *words],
        capture_output=True, text=True, timeout=300, check=False, cwd=cwd, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip


def copy_of_the_demo(target: Path) -> Path:
    shutil.copytree(demo_project(), target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def test_the_researchers_script_runs(root: Path, tmp_path: Path) -> None:
    project = copy_of_the_demo(tmp_path / "study.twin")
    done = script(root, str(project), cwd=root)
    assert done.returncode == 0, done.stderr
    assert "codes without a partner: 0" in done.stdout
    state = api.load_state(project)
    assert [one.about.unit for one in state.imported] == ["persons"]


@pytest.mark.parametrize("words", [["--help"], ["a.twin", "b.twin"], [], ["nowhere"]])
def test_the_researchers_script_takes_only_what_it_is_given(root: Path, tmp_path: Path, words: list[str]) -> None:
    create(tmp_path / "my.twin", small_city()).close()
    before = (tmp_path / "my.twin" / "project.json").read_bytes()
    done = script(root, *words, cwd=tmp_path)
    assert done.returncode == 1
    assert "Usage: python docs/examples/research.py PROJECT.twin" in done.stderr
    assert (tmp_path / "my.twin" / "project.json").read_bytes() == before


def test_the_researchers_script_does_not_write_into_what_was_not_named(root: Path, tmp_path: Path) -> None:
    create(tmp_path / "my.twin", small_city()).close()
    before = (tmp_path / "my.twin" / "project.json").read_bytes()
    done = script(root, "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "buildings, " in done.stdout
    assert "never written to" in done.stdout
    assert (tmp_path / "my.twin" / "project.json").read_bytes() == before


# --- ours -------------------------------------------------------------------------------------------------------


def ours() -> list[Path]:
    return sorted(folder("layers").glob("*.py"))


@pytest.mark.parametrize("path", ours(), ids=lambda path: path.stem)
def test_each_of_ours_loads_on_the_demo_and_says_unit_source_licence_and_docs(
    path: Path, demo: City, root: Path
) -> None:
    layer = check_dropin(path, demo)
    field = layer.field
    assert field.unit or field.categories
    source = demo.source(field.source)
    assert source["title"]
    assert source["licence"]
    assert f"| {path.stem} |" in (root / "docs" / "layers.md").read_text(encoding="utf-8")
    assert layer.id == path.stem


def test_slope_of_a_plane_is_its_rise() -> None:
    module = kinds._import(folder("layers") / "terrain_slope.py")
    x, y = np.meshgrid(np.arange(20.0) * 2, np.arange(15.0) * 5)
    found = module.slope((0.03 * x - 0.04 * y).astype("float32"), 2.0, 5.0)
    np.testing.assert_allclose(found[1:-1, 1:-1], 5.0, rtol=1e-3)


@pytest.mark.parametrize("azimuth", [90.0, 180.0, 225.0, 270.0])
def test_a_tower_throws_a_shadow_as_long_as_geometry_says(azimuth: float) -> None:
    """A tower of 20 m at a sun 30° high: 20 / tan 30° = 34.6 m of shadow, away from the sun."""
    module = kinds._import(folder("layers") / "sun_hours.py")
    ground = np.zeros((201, 201), dtype=np.float32)
    roof = ground.copy()
    roof[100, 100] = 20.0
    lit = module.lit(roof, ground, 1.0, azimuth, 30.0)
    rows, columns = np.nonzero(~lit)
    away = np.hypot(rows - 100, columns - 100).max()
    assert away == pytest.approx(20 / np.tan(np.radians(30)), abs=1.5)
    bearing = np.degrees(np.arctan2((columns - 100).mean(), -(rows - 100).mean())) % 360
    assert bearing == pytest.approx((azimuth + 180) % 360, abs=2)


def test_small_groups_are_not_shown(demo: City) -> None:
    dropin = kinds.load(folder("layers") / "zone_group.py")
    layer = kinds.made(dropin, demo, {"group": "age_80_plus", "share": False})
    assert layer is not None
    assert np.nanmin(layer.field.values) >= 5


# --- what goes wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1", "the file defines none of make"),
        ("def make(city): ...\nMODEL = 3\nTITLE = 'x'", "defines make, MODEL of"),
        ("MODEL = 3", "MODEL is a int, expected a Model"),
        ("def read(): ...", "FORMAT is missing"),
        ("SCALE = 'red'", "SCALE is no Scale"),
        ("TITLE = 'x'\nPARAMETERS = (1,)\ndef make(city): ...", "no Parameter"),
        ("def make(city): ...", "TITLE is missing"),
    ],
)
def test_what_a_file_lacks_is_said(alone: Path, code: str, said: str) -> None:
    (alone / "f.py").write_text(code)
    dropin = kinds.load(alone / "f.py")
    assert said in dropin.error


def test_parameters_are_checked_before_the_code_sees_them(alone: Path) -> None:
    (alone / "f.py").write_text(
        "from twin.api import Parameter\nTITLE = 'x'\n"
        "PARAMETERS = (Parameter('n', 'N', '', 2.0, 'me', low=1, high=3),)\n"
        "def make(city, values): return values['n']\n"
    )
    dropin = kinds.load(alone / "f.py")
    with pytest.raises(BadInput, match="must be a number from 1 to 3"):
        kinds.made(dropin, City("e", "EPSG:3011"), {"n": 9.0})
    with pytest.raises(TypeError, match="returned float"):
        kinds.made(dropin, City("e", "EPSG:3011"))


def test_work_can_be_stopped(alone: Path) -> None:
    (alone / "f.py").write_text("TITLE = 'x'\ndef make(city, values, job):\n    while True: job.progress(0.1)\n")
    from twin.errors import Cancelled

    with pytest.raises(Cancelled):
        plugins.evaluate([kinds.load(alone / "f.py")], City("e", "EPSG:3011"), job=Job(cancelled=lambda: True))


def test_the_check_finds_what_would_trouble_users(alone: Path) -> None:
    city = small_city()
    head = "import numpy as np\nfrom twin.api import Field, layer_of\nTITLE = 'x'\ndef make(city):\n"
    field = "    return layer_of('f', TITLE, Field('n', 'm', 'buildings', {ids}, {values}))\n"
    ids = "city.buildings['id'].to_numpy()"
    empty = "    if not len(city.buildings): return None\n"
    cases = {
        head + "    city.buildings['height'] = 3.0\n    return None\n": "changed the city",
        head + empty + field.format(ids="np.array(['nowhere'], object)", values="np.ones(1, 'float32')"): "are not in",
        head + empty + field.format(ids=ids, values="np.ones(len(city.buildings))"): "float64, expected float32",
        head + "    raise KeyError('income')\n": "f.py:5: KeyError",
    }
    for code, said in cases.items():
        (alone / "f.py").write_text(code)
        with pytest.raises(AssertionError, match=re.escape(said)):
            check_dropin(alone / "f.py", city)


HEAD = """import numpy as np
from twin.api import Field, Indicator, Model, Parameter, Result, layer_of
"""
LAYER = (
    HEAD
    + """TITLE = "x"
def make(city):
    if not len(city.{where}): return None
    ids = city.{where}["id"].to_numpy()
    values = np.arange(len(ids)).astype("float32")
    times = np.array(["2026-11-21T08", "2026-11-21T09"], "datetime64[ms]")
    return {made}
"""
)
FIELD = "Field('n', 'm', 'buildings', ids, values, source='s')"
MODEL = (
    HEAD
    + """def run(city, parameters, inputs, previous=None, changed=None, job=None):
    {line}
MODEL = Model("own", "Own index", "1", {reads}, (), (Parameter("r", "R", "m", 1.0, "me"),), run)
"""
)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            LAYER.format(where="roads", made="layer_of('f', TITLE, Field('n', '', 'streets', ids, values))"),
            "f.py:9: «n»: where is «streets»; it must be one of buildings, roads, paths, zones",
        ),
        (
            LAYER.format(where="buildings", made=f"layer_of('f', TITLE, {FIELD}, breaks=(5, 3, 1))"),
            "f.py:9: Class limits must rise from one to the next; (5, 3, 1) do not.",
        ),
        (
            LAYER.format(
                where="buildings",
                made="layer_of('f', TITLE, Field('n', 'm', 'buildings', ids, np.stack([values] * 2).T, times))",
            ),
            "f.py:9: «n»: values of shape (40, 2); expected shape (times, places) = (2, 40).",
        ),
        (LAYER.format(where="buildings", made="None"), "f.py: make returned None for this city"),
        (
            LAYER.format(where="buildings", made=f"layer_of(ids[0], TITLE, {FIELD})").replace("if not", "if 0 and not"),
            "f.py:9: IndexError: index 0 is out of bounds for axis 0 with size 0 (on an empty city, which must give",
        ),
        (
            LAYER.format(where="buildings", made="layer_of('f', TITLE, Field('n', '', 'grid', ids, values))"),
            "f.py: n: values of «grid» need places",
        ),
        (
            LAYER.format(where="buildings", made="city.buildings['income']"),
            "f.py:9: KeyError: income; there are: id, source_id, name",
        ),
        (LAYER.format(where="buildings", made="city.houses"), "f.py:9: AttributeError: 'City' object has no attribute"),
        (MODEL.format(reads="('buildings', 'grass')", line="pass"), "f.py:5: The model own reads grass; a city has:"),
        (MODEL.format(reads="('buildings',)", line="city.nowhere"), "f.py:4: AttributeError: 'City' object"),
        (
            MODEL.format(reads="()", line="parameters['radius']"),
            "f.py:4: KeyError: there is no parameter radius; there",
        ),
        (MODEL.format(reads="()", line="pass"), "f.py: run returned None (is a return missing?), expected a Result"),
    ],
)
def test_the_check_says_file_line_and_what_was_expected(
    alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, said: str
) -> None:
    create(tmp_path / "p.twin", small_city()).close()
    (alone / "f.py").write_text(code)
    assert main(["--lang", "en", "layers", str(tmp_path / "p.twin"), "--check", str(alone / "f.py")]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"twin: {said}"), told
    assert len(told.splitlines()) == 1


def test_a_model_that_fails_is_said_in_one_line_with_its_file_and_line(
    alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create(tmp_path / "p.twin", small_city()).close()
    (alone / "f.py").write_text(MODEL.format(reads="('buildings',)", line="city.buildings['nope']"))
    command = [sys.executable, "-c", "import sys; from twin.cli import main; sys.exit(main(sys.argv[1:]))"]
    # in a process of its own: what nobody handles must not be written by Python's logging either
    place = alone.parent / "data" / "stockholm-twin" / "layers"
    place.mkdir(parents=True)
    shutil.copy(alone / "f.py", place)
    done = subprocess.run(
        [*command, "--lang", "en", "run", str(tmp_path / "p.twin"), "--models", "own"],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "XDG_DATA_HOME": str(alone.parent / "data")},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("twin: «Own index» failed: f.py:4: KeyError: nope; there are: id, source_id"), (
        done.stderr
    )
    assert len(done.stderr.splitlines()) == 1


def test_a_model_of_ones_own_answers_in_scripts_too(alone: Path, tmp_path: Path, project: Path) -> None:
    code = MODEL.format(
        reads="('buildings',)",
        line="""ids = city.buildings["id"].to_numpy()
    field = Field("Own", "m", "buildings", ids, np.full(len(ids), parameters["r"], "float32"))
    return Result("own", "1", parameters, "", (field,), ())""",
    )
    (alone / "f.py").write_text(code)
    (project / "plugins" / "own.py").write_text(code.replace('"own"', '"theirs"'))
    with pytest.warns(UserWarning, match="not trusted"), pytest.raises(BadInput, match="called theirs"):
        api.run_models(project, models=["theirs"])
    trust.trust(project)
    found = api.run_models(project, models=["own", "theirs"], parameters={"own": {"r": 7.0}})
    table = api.as_frame(found.results["own"].field("Own"), load_city(project))
    assert table["value"].tolist() == [7.0] * 40
    assert table.geometry.iloc[0].area > 0
    assert found.results["theirs"].fields[0].values.tolist() == [1.0] * 40
    with pytest.raises(KeyError, match="own has no field «nope»; there are: «Own»"):
        found.results["own"].field("nope")
    with pytest.raises(BadInput, match="«own» has no parameter radius; there are: r"):
        api.run_models(project, models=["own"], parameters={"own": {"radius": 1.0}})


# --- whose the values are ---------------------------------------------------------------------------------------


def classed(classification: str, licence: str = "CC0-1.0") -> City:
    """Return a city whose population is of a source of its own."""
    city = small_city()
    rows = [
        {"id": name, "title": name, "owner": "SCB", "licence": "CC0-1.0", "classification": "open"}
        for table in ("buildings", "roads", "paths", "zones", "places")
        for name in city.table(table)["source_id"].unique()
    ]
    people = city.population.assign(source_id="people")
    rows.append({"id": "people", "title": "people", "licence": licence, "classification": classification})
    return city.replaced(population=people, sources=pd.DataFrame(rows).drop_duplicates("id"))


OWNED = """from twin.api import Field, Source, layer_of
import numpy as np
TITLE = "x"
def make(city):
    ids = city.buildings["id"].to_numpy()
    return layer_of("f", TITLE, Field("n", "m", "buildings", ids, np.ones(len(ids), "float32"), {source}))
"""
KTH = "about=Source('My study', owner='KTH', licence='CC-BY-4.0', classification='open'{more})"


def made_of(alone: Path, city: City, source: str) -> api.Layer:
    (alone / "f.py").write_text(OWNED.format(source=source))
    layer = kinds.made(kinds.load(alone / "f.py"), city)
    assert layer is not None
    return layer


def test_a_layer_inherits_the_highest_class_and_all_licences_of_what_it_is_made_of(alone: Path) -> None:
    city = classed("restricted", "Agreement 17")
    about = made_of(alone, city, KTH.format(more="")).field.about
    assert about is not None
    assert (about.title, about.owner, about.classification) == ("My study", "KTH", "restricted")
    assert about.licence.split(", ")[0] == "CC-BY-4.0"
    assert "Agreement 17" in about.licence
    assert derived(about, city) == about
    some = made_of(alone, city, KTH.format(more=", tables=('buildings',)")).field.about
    assert some is not None
    assert some.classification == city.source(city.buildings["source_id"].iloc[0])["classification"]
    assert "Agreement 17" not in some.licence


def test_the_source_of_a_layer_stands_in_legend_inspector_picture_and_table(alone: Path) -> None:
    from twin.report.figure import furniture
    from twin.state import LayerEntry, Pose, Selection, State
    from twin.ui import legend as legends
    from twin.ui.shown_values import shown_values

    city = classed("internal")
    layer = made_of(alone, city, KTH.format(more=""))
    said = "My study – KTH – CC-BY-4.0"
    assert f"Source: {said}" in legends.describe(layer, "en").note
    state = State(city, layers=(LayerEntry("f"),), selection=Selection("buildings", (city.buildings["id"].iloc[0],)))
    group = shown_values(state, {"f": layer}, "en")
    assert group is not None
    assert "Owner: KTH" in group.facts[0].tip
    around = furniture(city, state, {"f": layer}, (300, 200), Pose((0.0, 0.0, 0.0), 50.0), "en", 96)
    assert said in around.sources
    assert around.sources.endswith("Information class: internal")
    row = state.source_of(layer.field)
    assert (row["title"], row["owner"], row["classification"]) == ("My study", "KTH", "internal")
    attrs = api.as_frame(layer.field, city).attrs
    assert (attrs["source"], attrs["owner"], attrs["classification"]) == ("My study", "KTH", "internal")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("source='my study'", "its source «my study» is none of the city's; say whose it is: about=Source("),
        ("about=Source('My study', owner='KTH')", "its source does not state: Licence, Information class"),
        (
            "about=Source('My study', classification='secret')",
            "class «secret» is none of open, internal",
        ),
        ("about=Source('My study', tables=('grass',))", "a city has no table grass"),
    ],
)
def test_a_layer_that_does_not_say_whose_it_is_is_refused(alone: Path, source: str, said: str) -> None:
    (alone / "f.py").write_text(OWNED.format(source=source))
    with pytest.raises(AssertionError, match=re.escape(said)):
        check_dropin(alone / "f.py", classed("open"))


def test_the_source_of_a_model_s_field_is_kept_and_inherits_from_what_it_reads(alone: Path, tmp_path: Path) -> None:
    create(tmp_path / "p.twin", classed("restricted", "Agreement 17")).close()
    code = MODEL.replace("import Field", "import Source, Field").format(
        reads="('buildings',)",
        line="""ids = city.buildings["id"].to_numpy()
    about = Source("My study", owner="KTH", licence="CC-BY-4.0", classification="internal")
    field = Field("Own", "m", "buildings", ids, np.ones(len(ids), "float32"), about=about)
    return Result("own", "1", parameters, "", (field,), ())""",
    )
    (alone / "f.py").write_text(code)
    first = api.run_models(tmp_path / "p.twin", models=["own"])
    again = api.run_models(tmp_path / "p.twin", models=["own"])
    assert [first.runs["own"].reused, again.runs["own"].reused] == ["", "disk"]
    for answer in (first, again):
        about = answer.results["own"].fields[0].about
        assert about is not None
        assert (about.title, about.classification) == ("My study", "internal")
        assert "Agreement 17" not in about.licence
        assert api.difference(answer.results["own"], first.results["own"], "R").fields[0].about == about


def test_a_style_that_cannot_be_is_refused_when_it_is_made() -> None:
    with pytest.raises(BadInput, match="method is «own»; it must be one of continuous, quantile, equal, fixed"):
        api.Style(method="own")
    with pytest.raises(BadInput, match="Style: classes is «99»"):
        api.Style(classes=99)


def test_a_style_file_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"scale": "viridis"}')
    with pytest.raises(BadInput, match=r'not a style file .*; expected is such as \{"kind"'):
        load_style(tmp_path / "s.json")
    (tmp_path / "s.json").write_text(EXAMPLE)
    assert load_style(tmp_path / "s.json").scale == "viridis"


def test_a_name_that_is_taken_is_not_replaced(alone: Path) -> None:
    reach = MODELS["reach"]
    (alone / "f.py").write_text(
        "from dataclasses import replace\nfrom twin.api import MODELS\nMODEL = MODELS['reach']\n"
    )
    (alone / "s.py").write_text("from twin.api import Scale\nSCALE = Scale('viridis', ('#000000', '#ffffff'))\n")
    extras = register.register(plugins.discover())
    assert "called reach is there already" in extras.errors["f"]
    assert MODELS["reach"] is reach
    assert len(scales()["viridis"].colours) == 9


def test_what_another_process_shows_cannot_answer_here(root: Path, alone: Path) -> None:
    (alone / "m.py").write_text(written(root)["mixed_use.py"])
    (alone / "c.py").write_text(written(root)["my_colours.py"])
    extras = register.register(plugins.discover())
    register.register(())
    assert "mixed_use" not in MODELS
    register.take(extras)
    assert scales()["harbour"].colours[0] == "#f2f0e6"
    with pytest.raises(TwinError, match="engine process"):
        MODELS["mixed_use"].run(small_city(), {}, {})
    assert formats._more == []


# --- trust ------------------------------------------------------------------------------------------------------


def test_a_feed_of_the_docs_is_recorded(
    root: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (alone / "beat.py").write_text(written(root)["beat.py"], encoding="utf-8")
    create(tmp_path / "p.twin", small_city()).close()
    arguments = ["sensors", "ingest", str(tmp_path / "p.twin"), "--kind", "beat", "--url", "clock", "--every", "0.2"]
    assert main([*arguments, "--seconds", "3", "--name", "clock", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["stored"] == told["received"] > 3


@pytest.fixture
def project(tmp_path: Path) -> Path:
    create(tmp_path / "p.twin", small_city()).close()
    (tmp_path / "p.twin" / "plugins").mkdir()
    (tmp_path / "p.twin" / "plugins" / "own.py").write_text(
        "from pathlib import Path\nPath(__file__).parents[1].joinpath('ran').write_text('x')\n"
        "from twin.api import *\nTITLE = 'Own'\ndef make(city): return None\n"
    )
    return tmp_path / "p.twin"


def test_code_of_a_project_runs_only_after_trust_and_only_as_it_was(project: Path) -> None:
    ran = project / "ran"
    trust.activate(project)
    assert trust.must_ask(project)
    assert "own" not in {one.id for one in plugins.discover()}
    assert not ran.exists()
    trust.trust(project)
    trust.activate(project)
    assert [one.origin for one in plugins.discover() if one.id == "own"] == ["project"]
    ran.unlink()
    (project / "plugins" / "own.py").write_text("TITLE = 'Changed'\ndef make(city): return None\n")
    assert trust.must_ask(project)
    assert "own" not in {one.id for one in plugins.discover()}
    trust.trust(project)
    trust.forget(project)
    assert trust.must_ask(project)


def test_a_link_out_of_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text("x = 1")
    (project / "plugins" / "link.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(BadInput, match="is a link"):
        trust.digest(project)
    trust.activate(project)
    assert trust.active() is None


def test_the_command_line_asks_for_trust_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", str(project), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["code"]["trusted"] is False
    assert main(["layers", str(project), "--trust", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "own" in {one["id"] for one in told["layers"]}
    assert told["code"]["trusted"] is True


def test_check_on_the_command_line(root: Path, alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "floor_area.py").write_text(written(root)["floor_area.py"], encoding="utf-8")
    assert main(["layers", "--check", str(alone / "floor_area.py")]) == 0
    (alone / "bad.py").write_text("TITLE = 'x'\ndef make(city): return 3\n")
    assert main(["layers", "--check", str(alone / "bad.py")]) == 1
    assert "returned int" in capsys.readouterr().err


# --- the face ---------------------------------------------------------------------------------------------------


def test_all_of_the_face_is_there_and_documented() -> None:
    for name in api.__all__:
        thing = getattr(api, name)
        assert name.isupper() or name == "N_" or (thing.__doc__ or "").strip(), name
    assert re.fullmatch(r"\d+\.\d+", api.VERSION)


def test_results_become_tables_and_arrays(demo: City) -> None:
    xarray = pytest.importorskip("xarray")
    height = api.field_of(demo, "buildings", "height")
    table = api.as_frame(height, demo)
    assert table.geometry.iloc[3].equals(demo.buildings.geometry.iloc[3])
    grid = check_dropin(folder("layers") / "terrain_height.py", demo).field
    array = api.as_array(grid)
    assert isinstance(array, xarray.DataArray)
    assert demo.terrain is not None
    np.testing.assert_array_equal(array.to_numpy(), demo.terrain.heights)
    x, y = float(array["x"][7]), float(array["y"][5])
    expected = demo.terrain.sample(np.array([x]), np.array([y]))[0]
    np.testing.assert_allclose(array.sel(x=x, y=y), expected, rtol=1e-5)
    cells = api.as_frame(grid, demo)
    assert len(cells) == demo.terrain.heights.size
    assert cells.total_bounds.tolist() == pytest.approx(list(demo.terrain.bounds))


def test_the_folders_are_those_of_the_user() -> None:
    assert folders.staging().name == "layers"
