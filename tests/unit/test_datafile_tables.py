"""Text tables as data layers: separators, letters, decimal signs, rows that are wrong, times, classes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.datafile import classes, columns, look, texts
from twin.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path


def _file(folder: Path, data: bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "separator", "encoding"),
    [
        ("kod;värde\nå;1,5\n".encode("utf-8-sig"), ";", "utf-8-sig"),
        ("kod;värde\nå;1,5\n".encode("cp1252"), ";", "cp1252"),
        ("kod\tvärde\nå\t1,5\n".encode("utf-16"), "\t", "utf-16"),
        (("kod,värde\n" + "b,1\n" * 90_000 + "å,1.5\n").encode("cp1252"), ",", "cp1252"),
        ('kod,"vär,de"\n"å, b",1.5\n'.encode(), ",", "utf-8"),
    ],
)
def test_how_a_table_is_written_is_found_out(tmp_path: Path, data: bytes, separator: str, encoding: str) -> None:
    path = _file(tmp_path, data)
    found = texts.shape(path)
    assert (found.separator, found.encoding, found.names[0]) == (separator, encoding, "kod")
    table, notes = texts.read(path, found)
    assert table["kod"].to_pylist()[-1][:1] == "å"
    assert notes == ()


def test_titles_above_the_names_are_passed_over(tmp_path: Path) -> None:
    """Statistics Sweden writes a title and an empty row above its tables."""
    path = _file(tmp_path, b"Folkm\xe4ngd efter region och \xe5r\r\n\r\nregion;2022;2023\r\n0114;1;2\r\n0115;3;..\r\n")
    found = look.preview(path).sheet()
    assert [one.name for one in found.fields] == ["region", "2022", "2023"]
    assert [one.kind for one in found.fields] == ["text", "number", "number"]
    assert found.rows == 2


def test_wrong_rows_are_told_by_their_number_and_the_rest_loads(tmp_path: Path) -> None:
    lines = ["code;income", *(f"{i};{i},5" for i in range(2, 17)), "17;abc", "", "19;1;2;3", "20", "21;21,5"]
    found = look.preview(_file(tmp_path, "\n".join(lines).encode()))
    assert found.sheet().rows == 17
    said = [note.text("en") for note in found.notes]
    assert said == [
        "2 rows do not have 2 cells and were left out (row: cells) (19: 4, 20: 1)",
        "Column income: 1 not a number, counted as unknown, by row (17: abc)",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"one\n1\n2\n", "only one column"),
        (b"\n\n", "no row with the names"),
        (b";".join(b"c%d" % i for i in range(3000)) + b"\n", "3000 columns"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        look.preview(_file(tmp_path, data))


def test_repeated_and_missing_names_are_told_apart(tmp_path: Path) -> None:
    found = look.preview(_file(tmp_path, b"a;a;;b\n1;2;3;4\n"))
    assert [one.name for one in found.sheet().fields] == ["a", "a (2)", "column 3", "b"]


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=20), st.sampled_from("sv en".split()))
def test_numbers_come_back_however_they_are_written(values: list[float], lang: str) -> None:
    from twin.text import number

    written = [number(value, lang, 2) for value in values]
    np.testing.assert_allclose(columns.numbers(pd.Series(written, dtype="str")), np.round(values, 2), atol=0.006)


def test_codes_with_leading_zeros_stay_texts() -> None:
    assert columns.kind_of(pd.Series(["0114", "0115"])) == "text"
    assert columns.kind_of(pd.Series(["0", "0,5", "10"])) == "number"
    assert columns.kind_of(pd.Series(["..", "", "3"])) == "number"
    assert columns.kind_of(pd.Series(["2024K1", "2024K2"])) == "time"


def test_clock_times_follow_the_zone_through_both_nights() -> None:
    stamps = columns.times(
        pd.Series(["2024-03-31 01:30", "2024-03-31 03:30", "2024-10-27 01:30", "2024-10-27 02:30", "2024-10-27 03:30"]),
        "Europe/Stockholm",
    )
    assert [str(v)[:16] for v in stamps] == [
        "2024-03-31T00:30", "2024-03-31T01:30", "2024-10-26T23:30", "2024-10-27T01:30", "2024-10-27T02:30",
    ]  # fmt: skip
    assert len(set(stamps)) == 5
    with pytest.raises(BadInput, match="no time zone Stockholm"):
        columns.times(pd.Series(["2024-03-31 01:30"]), "Stockholm")


def test_seconds_dates_and_quarters_are_times_too() -> None:
    found = columns.times(pd.Series(["1577836818", "20240229", "2024K4", "2024Q5", "soon", ""]), "UTC")
    assert [str(v)[:10] for v in found] == ["2020-01-01", "2024-02-29", "2024-10-01", "NaT", "NaT", "NaT"]


def test_natural_breaks_part_what_lies_apart() -> None:
    """Three clusters far from each other: the exact answer parts exactly them (Fisher 1958)."""
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(c, 0.5, 40) for c in (0, 50, 200)])
    limits = classes.limits(values, "natural", 3)
    inside = np.searchsorted(np.array(limits[1:-1]), values, side="left")
    assert (inside == np.repeat([0, 1, 2], 40)).all()


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=60), st.integers(2, 9))
def test_class_limits_rise_and_hold_every_value(values: list[float], n: int) -> None:
    numbers = np.array(values)
    for method in ("quantile", "equal", "natural"):
        found = classes.rounded(classes.limits(numbers, method, n))  # type: ignore[arg-type]
        if numbers.min() == numbers.max():
            assert found == ()
            continue
        assert len(found) <= n + 1
        assert all(a < b for a, b in pairwise(found))
        assert found[0] <= numbers.min()
        assert found[-1] >= numbers.max()


def test_values_that_repeat_do_not_become_one_class() -> None:
    gains = np.r_[np.zeros(1400), np.linspace(10.0, 6000.0, 200)]
    found = classes.limits(gains, "quantile", 5)
    assert len(found) == 6
    held = np.histogram(gains, found)[0]
    assert held.tolist() == [1400, 50, 50, 50, 50]


def test_quantiles_hold_equal_numbers() -> None:
    limits = classes.limits(np.arange(1000.0), "quantile", 4)
    assert np.histogram(np.arange(1000.0), limits)[0].tolist() == [250, 250, 250, 250]
