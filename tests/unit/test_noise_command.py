"""``twin noise``: strict JSON, one line for every mistake, text for people."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from twin import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def plain() -> dict[str, Any]:
    return {
        "source": {"position": {"x": 0, "y": 0, "z": 1}, "power_Lw_dB_per_band": [90] * 8},
        "receiver": {"position": {"x": 50.0, "y": 0, "z": 4}},
    }


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return code, out, err


def saved(folder: Path, told: object) -> Path:
    path = folder / "case.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return path


def refuse(name: str) -> None:
    raise ValueError(f"{name} is not strict JSON")


def test_answer_is_as_agreed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    walls = [
        {"top_line": [[25, -5, 3], [25, 6, 3]], "alpha": None},
        {"top_line": [[0, 20, 9], [60, 20, 9]], "alpha": [0.2] * 8},
    ]
    told = plain() | {"title": "ignored", "expected": {"also": None}, "scene": {"walls": walls}}
    told["options"] = {"diffraction_around_vertical_edges": True}
    code, out, err = run(capsys, "noise", saved(tmp_path, told), "--json")
    answer = json.loads(out, parse_constant=refuse)
    assert (code, err) == (0, "")
    assert list(answer) == ["bands_hz", "paths", "total"]
    assert answer["bands_hz"] == [63, 125, 250, 500, 1000, 2000, 4000, 8000]
    assert list(answer["paths"]) == ["direct", "left", "right", "reflection"]
    for path in answer["paths"].values():
        assert list(path) == ["H", "F", "L"]
        h, f, mean = path["H"], path["F"], path["L"]
        for i in range(8):
            assert mean[i] == pytest.approx(10 * math.log10((10 ** (h[i] / 10) + 10 ** (f[i] / 10)) / 2), abs=1e-3)
    energy = sum(10 ** (path["L"][4] / 10) for path in answer["paths"].values())
    assert answer["total"]["L"][4] == pytest.approx(10 * math.log10(energy), abs=1e-3)
    assert answer["total"]["LA"][0] == pytest.approx(answer["total"]["L"][0] - 26.2, abs=1e-3)
    overall = 10 * math.log10(sum(10 ** (level / 10) for level in answer["total"]["LA"]))
    assert answer["total"]["overall_LA"] == pytest.approx(overall, abs=1e-3)


def test_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "noise", saved(tmp_path, plain()))
    assert code == 0
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == ["direct path LH", "direct path LF", "direct path L"]
    assert lines[-1].startswith("A-weighted level: ")
    assert "dB(A)" in lines[-1]


def test_nothing_heard_is_null_and_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wall = [{"top_line": [[25, -90, 9], [25, 90, 9]]}]
    told = plain() | {"scene": {"walls": wall}, "options": {"diffraction_over_horizontal_edges": False}}
    code, out, err = run(capsys, "noise", saved(tmp_path, told), "--json")
    answer = json.loads(out, parse_constant=refuse)
    assert code == 0
    assert answer["paths"] == {}
    assert answer["total"] == {"L": [None] * 8, "LA": [None] * 8, "overall_LA": None}
    assert "no sound reaches the receiver" in err
    assert "A-weighted level: –" in run(capsys, "noise", saved(tmp_path, told))[1]


def test_breaklines_that_contradict_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = [[0, 0, 0, 50, 50, 0], [0, 50, 0, 50, 0, 9], [0, 0, 0, 50, 0, 0], [10, 0, 0, 10, 50, 0]]
    code, _, err = run(capsys, "noise", saved(tmp_path, plain() | {"scene": {"terrain_breaklines": lines}}))
    assert code == 0
    assert "scene.terrain_breaklines[1]: crosses others at another height, left out" in err
    assert err.count("\n") == 1


def changed(told: dict[str, Any], where: str, value: object) -> dict[str, Any]:
    *way, last = where.split(".")
    at = told
    for key in way:
        at = at.setdefault(key, {})
    at[last] = value
    return told


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("source.position.x", "here", "source.position.x: Expected `float`, got `str`"),
        ("source.position", {"x": 1, "y": 2}, "source.position: Object missing required field `z`"),
        ("source.power_Lw_dB_per_band", [90] * 7, "source.power_Lw_dB_per_band: Expected `array` of length >= 8"),
        ("source.power_Lw_dB_per_band", [None] * 8, "source.power_Lw_dB_per_band[0]: Expected `float`, got `null`"),
        ("receiver.position", {"x": 0, "y": 0, "z": 1}, "receiver.position: expected a place away from the source"),
        ("receiver.position.z", 1e9, "receiver.position.z: Expected `float` <= 10000000.0"),
        ("scene.default_G", 1.5, "scene.default_G: Expected `float` <= 1.0"),
        ("scene.ground_areas", [{"polygon": [[0, 0]], "G": 1}], "scene.ground_areas[0].polygon: Expected `array`"),
        ("scene.buildings", [{"footprint": [[0, 0], [1, 0], [1, 1]]}], "scene.buildings[0]: Object missing required"),
        (
            "scene.walls",
            [{"top_line": [[0, 0, 1], [1, 1]]}],
            "scene.walls[0].top_line[1]: Expected `array` of length 3",
        ),
        (
            "scene.walls",
            [{"top_line": [[0, 0, 1], [1, 1, 1]], "alpha": [1.0] * 8}],
            "scene.walls[0].alpha[0]: Expected",
        ),
        ("scene.terrain_breaklines", [[0, 0, 0, 1]], "scene.terrain_breaklines[0]: Expected `array` of length 6"),
        ("options.reflection_order", 3, "options.reflection_order: Expected `int` <= 2"),
        ("atmosphere.relative_humidity_pct", 0, "atmosphere.relative_humidity_pct: Expected `float` > 0.0"),
        ("favourable_probability_for_combined", 1.1, "favourable_probability_for_combined: Expected `float` <= 1.0"),
        ("frequencies_Hz", [100, 200], "frequencies_Hz: expected the octave bands 63, 125"),
    ],
)
def test_mistakes_name_the_field(
    where: str, value: object, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = saved(tmp_path, changed(plain(), where, value))
    code, out, err = run(capsys, "noise", path, "--json")
    assert (code, out) == (1, "")
    assert err.startswith(f"twin: {path}: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"), [("{", "expected JSON"), ("", "expected JSON"), ("[]", "Expected `object`")]
)
def test_no_json(text: str, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "noise", saved(tmp_path, text))
    assert code == 1
    assert words in err
    assert err.count("\n") == 1


def test_not_a_number_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "noise", saved(tmp_path, json.dumps(plain()).replace("50.0", "NaN")))
    assert code == 1
    assert "expected JSON" in err


def test_no_file_and_wrong_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "noise", tmp_path / "none.json")
    assert code == 1
    assert "none.json: cannot be read: No such file" in err
    for argv in (["noise"], ["noise", "a.json", "--emission", "b.json"]):
        code, _, err = run(capsys, *argv)
        assert code == 2
        assert "expected either a case or --emission" in err


def traffic(**inputs: Any) -> dict[str, Any]:
    return {"tests": [{"name": "a street", "inputs": {"flow_per_h": {"1": 100}, "speed_kmh": {"1": 50}} | inputs}]}


def test_emission_answer_is_as_agreed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    told = traffic()
    told["tests"].append({"name": "empty", "inputs": {"flow_per_h": {"1": 0}, "speed_kmh": {}}, "version": 1})
    code, out, err = run(capsys, "noise", "--emission", saved(tmp_path, told), "--json")
    answer = json.loads(out, parse_constant=refuse)
    assert (code, err) == (0, "")
    assert [list(row) for row in answer["tests"]] == [["name", "Lw"]] * 2
    assert answer["tests"][0]["Lw"][4] == pytest.approx(68.577, abs=0.001)
    assert answer["tests"][1] == {"name": "empty", "Lw": [None] * 8}
    assert "a street" in run(capsys, "noise", "--emission", saved(tmp_path, told))[1]


def test_slow_traffic_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = saved(tmp_path, traffic(speed_kmh={"1": 12}))
    code, _, err = run(capsys, "noise", "--emission", path)
    assert code == 0
    assert "a street: speeds below 20 km/h are taken as 20 km/h (categories 1)" in err


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"flow_per_h": {"1": -1}}, "tests[0].inputs.flow_per_h[...]: Expected `float` >= 0.0"),
        ({"flow_per_h": {"7": 1}, "speed_kmh": {"7": 50}}, "vehicle category 7: expected one of 1, 2, 3, 4a, 4b"),
        ({"speed_kmh": {"2": 50}}, "a street: speed_kmh: expected a speed of category 1"),
        ({"surface": "ice"}, "road surface ice: not in the table"),
        ({"junction_type": 3}, "tests[0].inputs.junction_type: Invalid enum value 3"),
        ({"way": 0}, "tests[0].inputs.way: Invalid enum value 0"),
    ],
)
def test_emission_mistakes(
    inputs: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "noise", "--emission", saved(tmp_path, traffic(**inputs)), "--json")
    assert (code, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1
