"""The city's clock: nights of 23 and 25 hours, what people type, and the marks of an axis of time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import localtime
from twin.errors import BadInput


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


def test_days_have_as_many_hours_as_the_clock_gives_them() -> None:
    def hours(t: float) -> float:
        begin, end = localtime.day_of(t)
        return (end - begin) / 3600

    assert hours(utc(2026, 3, 29, 12)) == 23
    assert hours(utc(2026, 10, 25, 12)) == 25
    assert hours(utc(2026, 6, 1, 12)) == 24


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)
    assert localtime.said(first, "en") == "Sun 2026-10-25 02:30 CEST"
    assert localtime.said(second, "en") == "Sun 2026-10-25 02:30 CET"
    assert localtime.parse("2026-10-25 02:30") == first
    assert localtime.parse("2026-10-25 02:30 CET") == second
    assert localtime.said(utc(2026, 10, 25, 3, 30), "sv") == "sön 2026-10-25 04:30"


def test_a_time_the_clock_never_shows_is_refused() -> None:
    with pytest.raises(BadInput, match="02:30"):
        localtime.parse("2026-03-29 02:30")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-02-30 10:00", "2026-01-01 25:00", "2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no time"):
        localtime.parse(text)


@pytest.mark.parametrize(
    "text", ["2026-11-21T13:00:00Z", "2026-11-21 14:00+01:00", "2026-11-21 14.00", "2026-11-21 14:00:00 CET"]
)
def test_times_are_read_in_the_ways_they_are_written(text: str) -> None:
    assert localtime.parse(text) == utc(2026, 11, 21, 13)


@given(st.floats(utc(2000, 1, 1), utc(2060, 1, 1)).map(round))
def test_what_is_written_is_read_back(t: int) -> None:
    assert localtime.parse(localtime.said(t, "en", seconds=True, weekday=False)) == t


@given(st.floats(utc(2000, 1, 1), utc(2060, 1, 1)).map(round), st.floats(1.0, 2e8), st.integers(2, 14))
def test_marks_are_even_ascending_and_not_too_many(low: int, length: float, most: int) -> None:
    unit, found = localtime.ticks(low, low + length, most)
    assert found == sorted(set(found))
    assert all(low <= t <= low + length for t in found)
    assert len(found) <= 2 * most + 2
    if unit in ("day", "month", "year"):
        assert all(localtime.local(t).strftime("%H:%M:%S") == "00:00:00" for t in found)


def test_marks_stay_on_even_hours_past_the_change_of_the_clock() -> None:
    _, found = localtime.ticks(*localtime.day_of(utc(2026, 10, 25, 12)), most=10)
    assert [localtime.tick_text(t, "hour", "en") for t in found][:4] == ["Sun 25 Oct", "03:00", "06:00", "09:00"]
    _, hours = localtime.ticks(utc(2026, 10, 24, 23), utc(2026, 10, 25, 3), most=6)
    assert [localtime.tick_text(t, "hour", "en") for t in hours] == [
        "01:00",
        "02:00 CEST",
        "02:00 CET",
        "03:00",
        "04:00",
    ]


def test_a_day_on_shows_the_same_time() -> None:
    t = localtime.parse("2026-10-24 12:00")
    assert localtime.said(localtime.add_days(t, 1), "en", weekday=False) == "2026-10-25 12:00"
    assert localtime.add_days(t, 1) - t == 25 * 3600
