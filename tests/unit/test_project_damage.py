"""Damaged, cut off and hostile projects: one clear line, nothing lost."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project_cities import CRS, assert_same_city, full_city

from twin.city.city import City
from twin.errors import BadInput, NewerFormat
from twin.project import create, load_city, open_project


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = create(tmp_path_factory.mktemp("sound") / "p.twin", full_city())
    made.close()
    return made.path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of few tables, which is quick to read."""
    city = full_city()
    parts = {name: city.table(name) for name in ("roads", "trees", "population")}
    made = create(tmp_path_factory.mktemp("few") / "p.twin", City("Few", CRS, surfaces=city.surfaces).replaced(**parts))
    made.close()
    return made.path


@pytest.fixture
def project(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "p.twin"))


def _change(path: Path, **parts: Any) -> None:
    place = path / "project.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | parts))


def _file(path: Path, name: str) -> Path:
    (found,) = (path / "city").glob(f"{name}-*")
    return found


def _one_line(error: BaseException) -> bool:
    text = str(error)
    return text.startswith("p.twin: ") and "\n" not in text and len(text) < 400


def test_where_there_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    for name in ("nothing", "nothing.twin", "file", "folder"):
        with pytest.raises(BadInput, match=r"there is no project here \(project\.json is missing\)"):
            open_project(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("\ufeff{}", "damaged"),
        ("[]", "not one of this program's"),
        ("null", "not one of this program's"),
        ("{}", "not one of this program's"),
        ('{"format": "1"}', "not one of this program's"),
        ('{"format": true}', "not one of this program's"),
        ('{"format": 0}', "not one of this program's"),
        ('{"format": 1}', "missing required field"),
        ('{"format": 99}', "later version"),
    ],
)
def test_project_json_that_is_none(project: Path, text: str, words: str) -> None:
    (project / "project.json").write_text(text, encoding="utf-8")
    with pytest.raises((BadInput, NewerFormat), match=words) as caught:
        open_project(project)
    assert _one_line(caught.value)


def test_project_json_that_is_not_utf8(project: Path) -> None:
    (project / "project.json").write_bytes(b'{"format": 1, "name": "\xff\xfe"}')
    with pytest.raises(BadInput, match="damaged"):
        open_project(project)


@pytest.mark.parametrize(
    "parts",
    [
        {"name": 7},
        {"crs": None},
        {"city": []},
        {"city": {"roads": "city/roads-0123456789ab.gpkg"}},
        {"layers": [{"id": "x", "opacity": 2}]},
        {"layers": [{"visible": True}]},
        {"bookmarks": [{"name": "x", "view": None}]},
        {"view": {"focus": [0, 0], "distance": 1}},
        {"view": {"focus": [0, 0, 0], "distance": -1}},
        {"earlier": ["x"]},
        {"synthetic": "yes"},
    ],
)
def test_wrong_types_in_project_json(project: Path, parts: dict[str, Any]) -> None:
    _change(project, **parts)
    with pytest.raises(BadInput, match=r"project\.json is damaged") as caught:
        open_project(project)
    assert _one_line(caught.value)


@pytest.mark.parametrize(
    "name",
    ["../../x.gpkg", "/etc/passwd", "city/../../x-0123456789ab.gpkg", "city/roads.gpkg", "C:\\x.gpkg",
     "city/roads-0123456789ab.gpkg\n", "city/roads-0123456789ab.exe"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(project: Path, name: str) -> None:
    _change(project, city={"roads": {"file": name, "rows": 1}})
    with pytest.raises(BadInput, match=r"project\.json is damaged"):
        open_project(project)


def test_a_part_the_program_does_not_know(project: Path) -> None:
    file = _file(project, "roads").name
    _change(project, city={"volcanoes": {"file": f"city/{file}", "rows": 30}})
    with pytest.raises(BadInput, match="volcanoes") as caught:
        load_city(project)
    assert _one_line(caught.value)


def test_a_reference_system_that_does_not_exist(project: Path) -> None:
    _change(project, crs="EPSG:999999")
    with pytest.raises(BadInput) as caught:
        load_city(project)
    assert _one_line(caught.value)


@pytest.mark.parametrize("name", ["roads", "population", "terrain", "surfaces", "vertices", "sources"])
def test_files_that_are_missing_cut_or_another(project: Path, name: str) -> None:
    file = _file(project, name)
    content = file.read_bytes()
    for damaged in (None, b"", content[:10], content[: len(content) // 2], b"x" * len(content)):
        if damaged is None:
            file.unlink()
        else:
            file.write_bytes(damaged)
        with pytest.raises(BadInput, match="missing" if damaged is None else "damaged") as caught:
            load_city(project)
        assert _one_line(caught.value)
        assert file.name in str(caught.value)
    file.write_bytes(content)
    assert_same_city(load_city(project), full_city())


def test_a_table_under_another_tables_name(project: Path) -> None:
    roads, paths = _file(project, "roads"), _file(project, "paths")
    roads.write_bytes(paths.read_bytes())
    with pytest.raises(BadInput, match="damaged"):
        load_city(project)


def test_rows_that_went_missing_are_noticed(project: Path) -> None:
    found = json.loads((project / "project.json").read_text())["city"]
    found["roads"]["rows"] += 1
    _change(project, city=found)
    with pytest.raises(BadInput, match="30 rows instead of 31"):
        load_city(project)


def test_a_damaged_project_is_not_touched_by_opening(project: Path) -> None:
    _file(project, "roads").unlink()
    left = {p: p.read_bytes() for p in (project / "city").iterdir()}
    with open_project(project) as found, pytest.raises(BadInput):
        found.state()
    assert {p: p.read_bytes() for p in (project / "city").iterdir()} == left


@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 1), keep=st.floats(0, 1), name=st.sampled_from(["roads", "trees", "population", "vertices"]))
def test_cut_anywhere_is_either_whole_or_said(few: Path, place: float, keep: float, name: str) -> None:
    """Cut a file off, or overwrite a stretch of it, anywhere: never a silent part of the rows."""
    file = _file(few, name)
    content = file.read_bytes()
    try:
        file.write_bytes(content[: int(keep * len(content))])
        with pytest.raises(BadInput) if keep < 1 else contextlib.nullcontext():
            load_city(few)
        start = int(place * (len(content) - 64))
        file.write_bytes(content[:start] + b"\xa5" * 64 + content[start + 64 :])
        with contextlib.suppress(BadInput):
            assert len(load_city(few).table(name if name != "vertices" else "roads")) == 30
    finally:
        file.write_bytes(content)
