"""The one time: steps on the city's clock, playback, the stretch that layers give, and that a picture follows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import localtime
from twin.city.city import City
from twin.disk.record import Record, encode, to_record, to_state
from twin.layer import Field, layer_of
from twin.localtime import DAY, HOUR, MINUTE
from twin.report.figure import furniture
from twin.scene.resolve import resolve
from twin.state import Pose, State
from twin.when import STEPS, When, moment, played, span_of, stepped

if TYPE_CHECKING:
    from twin.layer import Layer

INSTANT = st.floats(946_684_800.0, 2_840_000_000.0).map(round)


def timed(first: str, count: int) -> Layer:
    times = np.datetime64(first, "ms") + np.arange(count) * np.timedelta64(1, "h")
    values = np.arange(count * 2, dtype=np.float32).reshape(count, 2)
    layer = layer_of("a", "A", Field("A", "dB", "buildings", np.array(["x", "y"], object), values, times))
    assert layer is not None
    return layer


@given(INSTANT, st.sampled_from([step for step, _ in STEPS]), st.integers(1, 5))
def test_steps_go_on_and_come_back_to_even_times(t: int, step: float, count: int) -> None:
    on = stepped(t, step, count)
    back = stepped(t, step, -count)
    assert back < t < on
    if step < DAY:
        assert on % step == 0
        assert (count - 1) * step < on - t <= count * step
        assert stepped(on, step, -1) == on - step


def test_a_day_is_a_day_of_the_calendar() -> None:
    noon = localtime.parse("2026-10-24 12:00")
    assert stepped(noon, DAY, 1) - noon == 25 * HOUR
    assert stepped(localtime.parse("2026-03-28 12:00"), DAY, 1) - localtime.parse("2026-03-28 12:00") == 23 * HOUR


def test_playing_passes_the_hour_that_comes_twice_hour_by_hour() -> None:
    when = When(speed=HOUR, loop=False)
    stretch = localtime.day_of(localtime.parse("2026-10-25 12:00"))
    t, texts, over = stretch[0], [], False
    while not over:
        texts.append(localtime.said(t, "en", weekday=False)[11:])
        t, over = played(t, 1.0, when, stretch)
    assert len(texts) == 25
    assert texts[1:5] == ["01:00", "02:00 CEST", "02:00 CET", "03:00"]


@given(st.floats(0, 100), st.floats(0.001, 50), st.booleans())
def test_playing_stays_within_the_stretch(t: float, seconds: float, loop: bool) -> None:
    later, over = played(t, seconds, When(speed=10.0, loop=loop), (0.0, 100.0))
    assert 0 <= later <= 100
    assert over == (not loop and t + 10 * seconds >= 100)
    if not over and t + 10 * seconds < 100:
        assert later == pytest.approx(t + 10 * seconds)


def test_the_stretch_is_what_the_layers_hold_unless_one_is_chosen() -> None:
    a, b = timed("2026-05-04T00:00", 3), timed("2026-05-04T02:00", 3)
    span = span_of([a, b])
    assert span is not None
    assert span[1] - span[0] == 4 * HOUR
    plain = replace(a, field=replace(a.field, values=a.field.values[0], times=None))
    assert span_of([plain]) is None
    assert When().within(span) == span
    assert When(low=span[0] + MINUTE).within(span) == (span[0] + MINUTE, span[1])
    assert When(low=5.0, high=1.0, step=10.0).within(span) == (5.0, 15.0)
    assert When().within(None) is None


def test_the_picture_is_of_the_time_of_the_state_unless_it_runs() -> None:
    state = State(City("c", "EPSG:3011"), time=When(at=localtime.instant(datetime(2026, 5, 4, 1, tzinfo=UTC))))
    assert resolve(state, None, {}, "light", "en").time == np.datetime64("2026-05-04T01:00")  # type: ignore[arg-type]
    running = moment(0.0)
    assert resolve(state, None, {}, "light", "en", time=running).time == running  # type: ignore[arg-type]


def test_a_figure_says_the_time_it_is_of() -> None:
    from twin.state import LayerEntry

    layer = timed("2026-10-25T00:30", 3)
    state = State(
        City("c", "EPSG:3011"),
        layers=(LayerEntry("a"),),
        time=When(at=localtime.instant(np.datetime64("2026-10-25T01:30"))),
    )
    around = furniture(state.city, state, {"a": layer}, (800, 600), Pose((0, 0, 0), 100.0), "en", 96)
    assert around.legends[0].note == "Sun 2026-10-25 02:30 CET"
    last = furniture(state.city, state.changed(time=When()), {"a": layer}, (800, 600), Pose((0, 0, 0), 100.0), "sv", 96)
    assert last.legends[0].note == "sön 2026-10-25 03:30"


def test_a_project_keeps_its_time() -> None:
    state = State(City("c", "EPSG:3011"), time=When(at=12.5, low=1.0, step=DAY, loop=False))
    record = msgspec.json.decode(encode(to_record(state, {}, None, "x", "x", "")), type=Record)
    assert to_state(record, state.city).time == state.time
    older = msgspec.json.encode({"name": "c", "crs": "EPSG:3011", "created": "x", "saved": "x"})
    assert to_state(msgspec.json.decode(older, type=Record), state.city).time == When()
