"""docs/edits.md says every kind of edit as the program reads it; its examples are edits of the demo."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from twin import api
from twin.cli import main
from twin.content import demo_project
from twin.errors import BadInput
from twin.project import load_city
from twin.scenario.codec import decode_edits
from twin.scenario.conflicts import check
from twin.scenario.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City

_PART = re.compile(r"^## (?P<kind>\w+)\n(?P<text>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<holds>[^|]+) \| (?P<unit>[^|]+) \| (?P<left>[^|]+) \|$", re.MULTILINE)
_JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "edits.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo() -> City:
    return load_city(demo_project())


def parts(page: str) -> dict[str, str]:
    return {match["kind"]: match["text"] for match in _PART.finditer(page)}


def test_the_page_has_every_kind_and_no_other(page: str) -> None:
    assert list(parts(page)) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_said_with_its_fields_and_what_stands_where_one_is_left_out(page: str, kind: str) -> None:
    rows = {row["name"]: row for row in _ROW.finditer(parts(page)[kind])}
    fields = {one.name: one for one in msgspec.structs.fields(KINDS[kind])}
    assert list(rows) == list(fields)
    for name, one in fields.items():
        left = rows[name]["left"]
        assert (left == "needed") == one.required, name
        if left.startswith("`"):
            default = one.default_factory() if one.default is msgspec.NODEFAULT else one.default  # type: ignore[operator]
            assert json.loads(left.strip("`")) == json.loads(msgspec.json.encode(default)), name
        else:
            assert left == "needed" or one.default is None, name


@pytest.mark.parametrize("kind", KINDS)
def test_each_example_is_an_edit_that_goes_with_the_demo(page: str, demo: City, kind: str) -> None:
    (text,) = _JSON.findall(parts(page)[kind])
    (entry,) = decode_edits(text.encode(), "docs/edits.md")
    assert isinstance(entry.edit, KINDS[kind])
    assert [conflict.text("en") for conflict in check(demo, (entry,))] == []
    assert entry.edit.touches(demo).tables


def test_the_page_s_own_file_and_script_work(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shutil.copytree(demo_project(), tmp_path / "my.twin")
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edits.json").write_text(_JSON.findall(page)[0])
    assert main(["edit", "my.twin", "--scenario", "A", "--add", "edits.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["edits"] == 2
    code = re.search(r"<!-- test -->\n```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "docs/edits.md", "exec"), names)
    saved = {one.name: one for one in api.load_state("my.twin").scenarios}
    assert saved["30 km/h"].edits == names["scenario"].edits
    assert [entry.note for entry in saved["30 km/h"].edits] == ["as asked"]
    again = api.add_edits("my.twin", "30 km/h", [api.CloseRoad(roads=("r001a",))])
    assert len(again.edits) == 2
    with pytest.raises(BadInput, match="takes no edits"):
        api.add_edits("my.twin", "Nuläge", [api.CloseRoad(roads=("r001a",))])


def test_an_unknown_kind_lists_those_there_are() -> None:
    with pytest.raises(
        BadInput, match=r"edit 2: its kind is «build»; it must be one of close_road, change_road, .*place"
    ):
        decode_edits(b'[{"kind": "remove_place", "places": ["p1"]}, {"kind": "build"}]', "e.json")


def test_the_readme_names_the_page(root: Path) -> None:
    assert "docs/edits.md" in (root / "README.md").read_text(encoding="utf-8")
