"""Charts as values: gaps, tables, CSV in the reader's language, and what a chart says in words."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from twin.chart import (
    Axis,
    Bars,
    Chart,
    Line,
    Mark,
    Scatter,
    as_csv,
    gaps,
    histogram,
    joined,
    over_time,
    summary,
    table,
)

LEVEL = Axis("Level", "dB")


def line(y: list[float], **more: object) -> Line:
    return Line("Measured", np.arange(float(len(y))), np.array(y), **more)  # type: ignore[arg-type]


def test_a_gap_is_not_bridged() -> None:
    one = line([1, 2, np.nan, 4, 5])
    assert joined(one).tolist() == [True, False, False, True, False]
    assert gaps(one) == 1


def test_a_silence_longer_than_said_is_a_gap() -> None:
    x = np.array(["2026-01-01T00:00", "2026-01-01T00:01", "2026-01-01T00:10", "2026-01-01T00:11"], "datetime64[ms]")
    one = Line("a", x, np.ones(4), gap=120.0)
    assert joined(one).tolist() == [True, False, True, False]
    assert gaps(one) == 1
    assert gaps(Line("a", x, np.ones(4))) == 0


def test_series_over_the_same_x_stand_side_by_side() -> None:
    chart = Chart(
        "t", Axis("Distance", "m"), LEVEL, (line([1, 2]), Line("Model", np.arange(2.0), np.array([3.0, 4.0])))
    )
    heads = [column.title for column in table(chart, "en")]
    assert heads == ["Distance [m]", "Measured [dB]", "Model [dB]"]


def test_series_of_their_own_x_stand_below_one_another() -> None:
    chart = Chart("t", Axis("Distance", "m"), LEVEL, (line([1, 2]), Line("Model", np.array([9.0]), np.array([3.0]))))
    columns = table(chart, "en")
    assert [columns[0].cell(n, "en") for n in range(3)] == ["Measured", "Measured", "Model"]
    assert columns[2].values.tolist() == [1, 2, 3]


def test_csv_has_the_decimal_sign_of_the_language_and_empty_cells_for_gaps() -> None:
    chart = over_time("t", LEVEL, [Line("m", np.array(["2026-06-01T10:00", "2026-10-25T01:30"], "datetime64[ms]"),
                                        np.array([1.5, np.nan]))])  # fmt: skip
    rows = list(csv.reader(io.StringIO(as_csv(chart, "sv")), delimiter=";"))
    assert rows[1] == ["2026-06-01T12:00:00+02:00", "1,5"]
    assert rows[2] == ["2026-10-25T02:30:00+01:00", ""]
    assert list(csv.reader(io.StringIO(as_csv(chart, "en")), delimiter=";"))[1][1] == "1.5"


def test_a_histogram_counts_what_is_known_and_says_its_classes() -> None:
    chart = histogram("h", np.array([36.0, 41, 44, np.nan, 52]), LEVEL, np.array([35.0, 40, 45, 55]))
    bars = chart.parts[0]
    assert isinstance(bars, Bars)
    assert bars.y.tolist() == [1, 2, 1]
    assert table(chart, "en")[0].cell(1, "en") == "40 – 45"


def test_a_summary_says_range_gaps_and_limits() -> None:
    chart = Chart("Noise", Axis("Distance", "m"), LEVEL, (line([61.5, np.nan, 48.0]),), (Mark("Limit", 60.0),))
    said = summary(chart, "en")
    assert "lowest 48\u00a0dB at 2\u00a0m" in said
    assert "highest 61.5\u00a0dB at 0\u00a0m" in said
    assert "1 gap" in said
    assert "Limit: 60\u00a0dB" in said
    assert "61,5\u00a0dB" in summary(chart, "sv")


@pytest.mark.parametrize("parts", [(), (line([np.nan]),), (Scatter("s", np.array([]), np.array([])),)])
def test_a_chart_without_numbers_says_so(parts: tuple[Line, ...]) -> None:
    chart = Chart("Nothing", Axis("x"), LEVEL, parts)
    assert chart.empty
    assert "nothing to show" in summary(chart, "en")


def test_bands_are_in_the_table() -> None:
    chart = Chart("t", Axis("x"), LEVEL, (line([1, 2], low=np.array([0, 1]), high=np.array([2, 3]), band="Null band"),))
    assert [c.title for c in table(chart, "en")][2:] == ["Null band, low", "Null band, high"]
