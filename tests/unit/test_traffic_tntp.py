"""Reading TNTP files and the command ``twin traffic``: what is accepted, what is refused and where it says so."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin import cli
from twin.errors import BadInput
from twin.models.traffic.tntp import cut_off, read_network, read_trips

if TYPE_CHECKING:
    from pathlib import Path

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 5
<ORIGINAL HEADER>~ Init node Term node ; anything
<END OF METADATA>

~ \tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t1\t100\t0.00000001\t1000000000\t1\t0\t0\t1\t;
1 4 1 100 50 0.02 1 0 0 1;
 3 2 1 100 50 0.02 1 0 0 1 ; ~ a comment
\t3\t4\t1\t100\t10\t0.1\t1\t0\t0\t1\t;
\t4\t2\t1\t100\t0.00000001\t1000000000\t1\t0\t2\t1;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 6.0
<END OF METADATA>

Origin \t1
    1 : 0.0;  2 :
 6.0;
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    net, trips = tmp_path / "braess_net.tntp", tmp_path / "braess_trips.tntp"
    net.write_text(NET)
    trips.write_text(TRIPS.replace("2 :\n 6.0;", "2 : 6.0;"))
    return net, trips


def _changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_network(files: tuple[Path, Path]) -> None:
    found = read_network(files[0])
    network = found.network
    assert (found.zones, found.notes) == (2, ())
    assert network.names[network.tail].tolist() == [1, 1, 3, 3, 4]
    assert network.names[network.head].tolist() == [3, 4, 2, 4, 2]
    assert network.through.tolist() == [False, False, True, True]
    assert network.rise[0] == 1e9
    assert network.toll.tolist() == [0, 0, 0, 0, 2]


def test_windows_line_ends_and_byte_order_mark(files: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "dos_net.tntp"
    other.write_bytes(b"\xef\xbb\xbf" + NET.replace("\n", "\r\n").encode())
    assert np.array_equal(read_network(other).network.free, read_network(files[0]).network.free)


def test_missing_metadata_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bare_net.tntp"
    path.write_text("900 7 10 1 1 0.15 4\n7 900 10 1 1 0.15 4 0 0 1 ;\n900 7 10 1 2 0.15 4;\n")
    found = read_network(path)
    assert found.network.names.tolist() == [7, 900]
    assert found.network.through.all()
    assert [note.text("en") for note in found.notes] == [
        "bare_net.tntp: no FIRST THRU NODE; traffic may drive through all nodes.",
        "bare_net.tntp: 1 links are parallel to another and kept (one beside that of row 1).",
    ]
    assert found.network.m == 3


def test_odd_values_are_told(files: tuple[Path, Path]) -> None:
    _changed(files[0], "\t3\t4\t1\t100\t10\t", "\t3\t4\t1\t100\t\t")
    _changed(files[0], "1 4 1 100 50", "1 4 0 100 50")
    _changed(files[0], " 3 2 1 100 50", " 3 2 1 100 inf")
    _changed(files[0], "<NUMBER OF LINKS> 5", "<NUMBER OF LINKS> 6")
    found = read_network(files[0])
    told = "\n".join(note.text("en") for note in found.notes)
    assert "row 12: free_flow_time is blank and counts as 0" in told
    assert "1 links have no capacity and are closed (the first in row 10)" in told
    assert "1 links take endless time and are closed (the first in row 11)" in told
    assert "5 links, but the metadata says 6" in told
    assert found.network.free[3] == 0
    assert found.network.closed.tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1 4 1 100 50", "1 4 1 100 x", "row 10: free_flow_time is «x»"),
        ("1 4 1 100 50", "1 4 -1 100 50", "row 10: capacity is «-1»"),
        ("1 4 1 100 50", "1 4 nan 100 50", "row 10: capacity is «nan»"),
        ("1 4 1 100 50 0.02 1 0 0 1", "1 4 1", "row 10: 3 values; expected at least 7"),
        ("1 4 1 100 50", "1.5 4 1 100 50", "row 10: init_node is «1.5»"),
        ("<FIRST THRU NODE> 3", "<FIRST THRU NODE> three", "row 3: FIRST THRU NODE is «three»"),
    ],
)
def test_wrong_rows_of_a_network(files: tuple[Path, Path], old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        read_network(_changed(files[0], old, new))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2 : 6.0;", "2 : six;", "row 6: 1→2 is «six»"),
        ("2 : 6.0;", "2 : -6.0;", "row 6: 1→2 is «-6.0»"),
        ("2 : 6.0;", "2 6.0;", "row 6: «2 6.0»; expected"),
        ("Origin \t1", "", "row 6: «1 : 0.0»; expected"),
        ("Origin \t1", "Origin one", "row 5: Origin is «one»"),
    ],
)
def test_wrong_rows_of_trips(files: tuple[Path, Path], old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        read_trips(_changed(files[1], old, new))
    assert said in str(error.value)


def test_nothing_inside(tmp_path: Path) -> None:
    path = tmp_path / "empty.tntp"
    path.write_text("<END OF METADATA>\n~ only a comment\n")
    with pytest.raises(BadInput, match="there are no links"):
        read_network(path)
    with pytest.raises(BadInput, match="there are no trips"):
        read_trips(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_network(tmp_path / "absent.tntp")


# --- the command --------------------------------------------------------------------------------------------------


def _twin(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in words])
    return code, *capsys.readouterr()


def test_answer(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "flows.csv"
    code, said, told = _twin(capsys, "traffic", *files, "--gap", "1e-9", "--flows", out, "--json")
    answer = json.loads(said)
    assert (code, told) == (0, "")
    assert {"gap", "objective", "iterations", "seconds", "total_travel_time"} <= set(answer)
    assert answer["gap"] <= 1e-9
    assert answer["objective"] == pytest.approx(386.00000008)
    assert answer["total_travel_time"] == pytest.approx(552, rel=1e-6)
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["from", "to", "flow", "cost"]
    assert [(row["from"], row["to"]) for row in rows] == [("1", "3"), ("1", "4"), ("3", "2"), ("3", "4"), ("4", "2")]
    assert [float(row["flow"]) for row in rows] == pytest.approx([4, 2, 2, 2, 4], abs=1e-6)
    assert [float(row["cost"]) for row in rows] == pytest.approx([40, 52, 52, 12, 40], abs=1e-5)


def test_weights_enter_cost_and_objective(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = _twin(
        capsys, "traffic", *files, "--gap", "1e-10", "--toll-weight", "3", "--distance-weight", "0.01", "--json"
    )
    assert code == 0
    # paths a = 1-3-2, b = 1-4-2, c = 1-3-4-2, each at one cost; 10 (a+c) + 50 + a + 2 = 50 + b + 10 (b+c) + 8
    # = 10 (a+c) + 10 + c + 10 (b+c) + 9 with a + b + c = 6
    matrix = np.array([[11, -11, 0], [1, -10, -11], [1, 1, 1]], dtype=float)
    a, b, c = np.linalg.solve(matrix, [6, -33, 6])
    z = 5 * (a + c) ** 2 + 50 * b + b * b / 2 + 50 * a + a * a / 2 + 10 * c + c * c / 2 + 5 * (b + c) ** 2
    z += 6 * (b + c) + 2 * (a + b) + 3 * c
    assert json.loads(said)["objective"] == pytest.approx(z, rel=1e-6)


def test_missed_goal(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "traffic" / "tntp" / "SiouxFalls"
    files = folder / "SiouxFalls_net.tntp", folder / "SiouxFalls_trips.tntp"
    code, said, told = _twin(capsys, "traffic", *files, "--gap", "1e-12", "--max-seconds", "1e-6", "--json")
    assert code == 1
    assert json.loads(said)["gap"] > 1e-12
    assert told.startswith("twin: ")
    assert told.count("\n") == 1
    assert "1e-12 was wanted" in told


@pytest.mark.parametrize(
    "words",
    [
        ["--gap", "0"],
        ["--gap", "much"],
        [],
        ["--gap", "1e-4", "--toll-weight", "nan"],
        ["--gap", "1", "--threads", "0"],
    ],
)
def test_wrong_usage(files: tuple[Path, Path], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, said, told = _twin(capsys, "traffic", *files, *words)
    assert (code, said) == (2, "")
    assert told.count("\n") == 1


def test_wrong_input_is_one_line(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _changed(files[0], "1 4 1 100 50", "1 4 1 100 soon")
    code, said, told = _twin(capsys, "traffic", *files, "--gap", "1e-4")
    assert (code, said) == (1, "")
    assert "row 10" in told
    assert told.count("\n") == 1


def test_negative_cost_is_refused(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = _twin(capsys, "traffic", *files, "--gap", "1e-4", "--toll-weight", "-3")
    assert code == 1
    assert "link 5 (4→2)" in told


def test_lost_trips_are_listed(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _changed(files[1], "1 : 0.0;", "1 : 3.0; 77 : 2.0;")
    code, said, _ = _twin(capsys, "traffic", *files, "--gap", "1e-6", "--json")
    problems = "\n".join(json.loads(said)["problems"])
    assert code == 0
    assert "3.0 trips left out, within one zone: 1 pairs (1→1)" in problems
    assert "2.0 trips left out, from or to a place that is not in the network: 1 pairs (1→77)" in problems
    assert "11 trips, but the metadata says 6" in problems


_ROWS = {
    "plain": [(1, 5), (5, 1), (2, 6), (6, 2), (3, 6), (6, 3), (4, 5), (5, 4), (5, 6), (6, 5)],
    "dangling": [(6, 7), (8, 5)],
    "island": [(7, 8), (8, 7)],
}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (_ROWS["plain"], []),
        (_ROWS["plain"] + _ROWS["dangling"], ["1 node has no way out", "1 node has no way in"]),
        (_ROWS["plain"] + _ROWS["island"], ["2 nodes lie on islands, apart from the largest part of the network (7"]),
        ([row for row in _ROWS["plain"] if row != (3, 6)], ["1 zone has no way out; trips from"]),
        ([row for row in _ROWS["plain"] if row != (5, 4)], ["1 zone has no way in; trips to it are left out (4)"]),
    ],
)  # fmt: skip
def test_what_hangs_loose_is_told_with_its_node(rows: list[tuple[int, int]], said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "net.tntp"
    links = "\n".join(f"{a} {b} 100 1 1 0.15 4 0 0 1 ;" for a, b in rows)
    path.write_text(f"<NUMBER OF ZONES> 4\n<FIRST THRU NODE> 5\n<END OF METADATA>\n{links}\n")
    trips = tmp_path / "trips.tntp"
    trips.write_text("Origin 1\n2 : 5; 3 : 5; 4 : 5;\nOrigin 3\n1 : 5;\n")
    found = read_network(path)
    notes = (*found.notes, *cut_off(path, found.network, read_trips(trips).on(found.network)))
    told = [note.text("en") for note in notes if note.kind == "problem"]
    assert len(told) == len(said)
    assert all(part in text for part, text in zip(said, told, strict=True))
