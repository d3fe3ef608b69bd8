"""One conformance test for every store of observations, and what the embedded one promises beyond it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import servers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import BadInput, ProjectLocked
from twin.sensors import inbox, recent
from twin.sensors.block import fill
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.postgres import PostgresHistory
from twin.sensors.stream import Batch, Stream, batch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.sensors.history import HistoryStore

Make = "Callable[[], HistoryStore]"
T0 = np.datetime64("2026-05-04T10:00:00", "ms")
MINUTE = np.timedelta64(60_000, "ms")
STREAMS = [
    Stream(
        "a:no2",
        "no2",
        "ug/m3",
        name="Hornsgatan 108",
        lon=18.05,
        lat=59.317,
        period_s=60,
        owner="City",
        licence="CC0-1.0",
    ),
    Stream("b:traffic_flow", "traffic_flow", "/h", period_s=300, maturity="pilot", classification="internal"),
    Stream("c:temperature", "temperature", "Cel", period_s=60, retention_days=2),
]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    try:
        with servers.postgres() as address:
            yield address
    except servers.NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["embedded", "embedded, closed days", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HistoryStore]:
    if request.param == "postgres":
        import psycopg

        address = request.getfixturevalue("database")
        with psycopg.connect(address, autocommit=True) as con:
            con.execute("DROP TABLE IF EXISTS obs CASCADE")
            con.execute("DROP TABLE IF EXISTS stream CASCADE")
        made: HistoryStore = PostgresHistory(address)
    else:
        made = _Closing(tmp_path / "history") if "closed" in request.param else EmbeddedHistory(tmp_path / "history")
    made.add_streams(STREAMS)
    yield made
    made.close()


class _Closing(EmbeddedHistory):
    """Closes every day right after each append, so that all is read from day files."""

    def append(self, rows: Batch):  # type: ignore[no-untyped-def]
        told = super().append(rows)
        self.settle(np.datetime64("2100-01-01"))
        return told


def minutes(n: int) -> np.ndarray:
    return T0 + np.arange(n) * MINUTE


def test_streams_keep_all_that_is_said_of_them(store: HistoryStore) -> None:
    assert [one.sid for one in store.streams()] == [0, 1, 2]
    for said, kept in zip(STREAMS, store.streams(), strict=True):
        said = dataclasses.replace(said, sid=kept.sid)
        for name, value in dataclasses.asdict(said).items():
            assert str(getattr(kept, name)) == str(value), name
    (again,) = store.add_streams([dataclasses.replace(STREAMS[0], owner="Region")])
    assert (again.sid, store.streams()[0].owner, len(store.streams())) == (0, "Region", 3)


def test_frame_holds_the_newest_value_within_the_look_back(store: HistoryStore) -> None:
    store.append(batch([0, 0, 0, 1], [*minutes(3), T0], [1, 2, 3, 70], [0, 1, 0, 0]))
    frame = store.frame(T0 + MINUTE, 900)
    assert frame.value[:2].tolist() == [2, 70]
    assert frame.quality[0] == 1
    assert frame.time[0] == T0 + MINUTE
    assert np.isnan(frame.value[2])
    assert np.isnat(frame.time[2])
    late = store.frame(T0 + 17 * MINUTE, 900)
    assert late.value[0] == 3
    assert np.isnan(late.value[1])
    assert np.isnan(store.frame(T0 - MINUTE).value).all()


@pytest.mark.parametrize("revised", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_frames_are_what_a_look_at_all_rows_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, revised: bool
) -> None:
    """Late rows, streams that fell silent, several batches in a chunk of memory and many that left it."""
    monkeypatch.setattr(recent, "_CHUNK", 8)
    monkeypatch.setattr(recent, "_CHUNKS", 4)
    dice = np.random.default_rng(seed)
    said: dict[tuple[int, int], tuple[float, int]] = {}
    with EmbeddedHistory(tmp_path / "history") as store:
        store.add_streams(Stream(f"s{i}:no2", "no2", "ug/m3", period_s=60) for i in range(6))
        for n in range(60):
            count = int(dice.integers(1, 7))
            sid = dice.integers(0, 6 if n < 20 else 4, count)
            at = (
                20 * n + dice.integers(0, 20, count) - (300 if dice.random() < 0.1 else 0)
            )  # seconds; some batches late
            if not revised:  # one value for one time
                fresh = [(int(s), int(t)) not in said for s, t in zip(sid, at, strict=True)]
                _, first = np.unique(at * 10 + sid, return_index=True)
                keep = np.array(fresh) & np.isin(np.arange(count), first)
                sid, at = sid[keep], at[keep]
            value = dice.random(len(sid)).astype(np.float32)
            got = T0 + (1_000_000 + n) * np.timedelta64(1, "s")
            rows = batch(sid, T0 + at * np.timedelta64(1, "s"), value, received=np.full(len(sid), got))
            store.append(rows)
            said |= {(int(s), int(t)): (float(v), n) for s, t, v in zip(sid, at, value, strict=True)}
            for second in (int(at.max(initial=0)) - 1, int(dice.integers(-10, 20 * n + 30))):
                frame = store.frame(T0 + second * np.timedelta64(1, "s"), 200)
                for stream in range(6):
                    times = [t for s, t in said if s == stream and second - 200 <= t <= second]
                    wanted = said[stream, max(times)][0] if times else np.nan
                    assert np.array_equal(frame.value[stream], np.float32(wanted), equal_nan=True)
                    if times:
                        assert frame.time[stream] == T0 + max(times) * np.timedelta64(1, "s")


def test_series_is_ascending_and_closed_at_both_ends(store: HistoryStore) -> None:
    store.append(batch([0, 0, 0], minutes(3)[::-1], [3, 2, 1]))
    found = store.series(0, T0, T0 + MINUTE)
    assert found.value.tolist() == [1, 2]
    assert found.time.tolist() == minutes(2).tolist()
    assert len(store.series(1, T0, T0 + MINUTE).value) == 0
    with pytest.raises(BadInput, match="no stream number 9"):
        store.series(9, T0, T0)


def test_a_repeat_is_told_and_not_stored(store: HistoryStore) -> None:
    rows = batch([0, 0, 1], [T0, T0 + MINUTE, T0], [1.5, 2.5, 3.5])
    assert store.append(rows).stored == 3
    again = store.append(rows)
    assert (again.stored, again.repeated) == (0, 3)
    twice = store.append(batch([2, 2], [T0, T0], [7, 7]))
    assert (twice.stored, twice.repeated) == (1, 1)
    assert len(store.rows(T0, T0 + MINUTE)) == 4


def test_a_late_value_takes_its_place_and_a_revised_one_is_read_the_earlier_kept(store: HistoryStore) -> None:
    store.append(batch([0, 0], [T0, T0 + 2 * MINUTE], [1, 3]))
    told = store.append(batch([0, 0], [T0 + MINUTE, T0], [2, 10], received=T0 + 60 * MINUTE))
    assert (told.stored, told.late, told.revised) == (2, 1, 1)
    assert store.series(0, T0, T0 + 5 * MINUTE).value.tolist() == [10, 2, 3]
    assert store.frame(T0).value[0] == 10
    assert store.latest().value[0] == 3
    means = store.aggregate(T0, T0 + 5 * MINUTE, 3600, ["mean", "count"])
    assert means["mean"].tolist() == [5.0]
    assert means["count"].tolist() == [3.0]
    # and it may be set right once more, back to what it was
    store.append(batch([0], [T0], [1], received=T0 + 90 * MINUTE))
    assert store.frame(T0).value[0] == 1


def test_aggregate_by_stream_and_step(store: HistoryStore) -> None:
    value = np.arange(120.0)
    quality = np.zeros(120, np.uint8)
    quality[7] = 1
    store.append(batch(np.zeros(120), minutes(120), value, quality))
    store.append(batch([1], [T0], [40]))
    found = store.aggregate(T0, T0 + 119 * MINUTE, 3600, ["mean", "min", "max", "sum", "count", "p95"])
    assert found["sid"].tolist() == [0, 0, 1]
    assert (found["time"].to_numpy()[:2] == np.array([T0, T0 + 60 * MINUTE])).all()
    first = found.iloc[0]
    assert (first["mean"], first["min"], first["max"], first["sum"], first["count"]) == (29.5, 0, 59, 1770, 60)
    assert first["p95"] == pytest.approx(np.percentile(value[:60], 95))
    good = store.aggregate(T0, T0 + 59 * MINUTE, 3600, ["count", "mean"], sids=[0], good_only=True)
    assert good["count"].tolist() == [59.0]
    assert good["mean"].iloc[0] == pytest.approx((1770 - 7) / 59)
    with pytest.raises(BadInput, match="median is no measure"):
        store.aggregate(T0, T0, 60, ["median"])  # type: ignore[list-item]


def test_latest_is_of_any_age_and_gaps_are_told(store: HistoryStore) -> None:
    store.append(batch([0, 0, 0, 1], [*minutes(2), T0 + 30 * MINUTE, T0 - 900 * MINUTE], [1, 2, 3, 9]))
    latest = store.latest()
    assert latest.value[:2].tolist() == [3, 9]
    assert latest.time[1] == T0 - 900 * MINUTE
    (gap,) = store.gaps(0, T0, T0 + 30 * MINUTE)
    assert (gap.start, gap.end, gap.seconds) == (T0 + MINUTE, T0 + 30 * MINUTE, 29 * 60)
    assert store.span() == (T0 - 900 * MINUTE, T0 + 30 * MINUTE)


def test_retention_drops_only_what_its_stream_asks(store: HistoryStore) -> None:
    days = T0 + np.array([0, 24, 72]) * 60 * MINUTE
    store.append(batch([0, 0, 0, 2, 2, 2], [*days, *days], [1, 2, 3, 1, 2, 3]))
    assert store.forget(days[2] + MINUTE) == 2
    assert store.series(0, days[0], days[2]).value.tolist() == [1, 2, 3]
    assert store.series(2, days[0], days[2]).value.tolist() == [3]


def test_bad_rows_are_refused_whole(store: HistoryStore) -> None:
    with pytest.raises(BadInput, match="stream number 7; there are 3"):
        store.append(batch([0, 7], minutes(2), [1, 2]))
    with pytest.raises(BadInput, match="without a value"):
        store.append(batch([0, 0], minutes(2), [1, np.nan]))
    assert store.span() is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 3)), max_size=6), max_size=5))
def test_any_order_of_arrival_reads_as_a_dictionary_would(tmp_path_factory, batches) -> None:  # type: ignore[no-untyped-def]
    """Late, repeated and revised values in any mixture: reading gives the value received last for each time."""
    expected: dict[tuple[int, int], float] = {}
    with EmbeddedHistory(tmp_path_factory.mktemp("h") / "history") as one:
        one.add_streams(STREAMS)
        total = 0
        for n, rows in enumerate(batches):
            told = one.append(
                batch([r[0] for r in rows], T0 + np.array([r[1] for r in rows], int) * MINUTE, [r[2] for r in rows],
                      received=T0 + n * MINUTE)
            )  # fmt: skip
            assert told.stored + told.repeated == len(rows)
            total += told.stored
            expected.update({(r[0], r[1]): r[2] for r in rows})
            if n % 2:
                one.settle(np.datetime64("2100-01-01"))
        found = one.rows(T0, T0 + 10 * MINUTE)
        got = {
            (int(s), int((t - T0) / MINUTE)): float(v)
            for s, t, v in zip(found.sid, found.time, found.value, strict=True)
        }
        assert got == expected
        newest = {sid: max((t, v) for (s, t), v in expected.items() if s == sid)[1] for sid, _ in expected}
        assert {i: float(v) for i, v in enumerate(one.latest().value) if np.isfinite(v)} == newest


def test_the_block_equals_the_frames_of_the_store(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    with EmbeddedHistory(tmp_path / "history") as one:
        one.add_streams(STREAMS)
        sid = rng.integers(0, 3, 400)
        time = T0 + rng.integers(0, 5 * 3600, 400) * np.timedelta64(1000, "ms")
        one.append(batch(sid, time, rng.normal(size=400)))
        block = fill(one, T0, T0 + 300 * MINUTE, 120.0, lookback_s=600)
        for i in rng.integers(0, len(block.value), 40):
            at = block.times[i]
            frame, mine = one.frame(at, 600), block.frame(at)
            np.testing.assert_array_equal(frame.value, mine.value)
            np.testing.assert_array_equal(frame.time, mine.time)
            np.testing.assert_array_equal(frame.quality, mine.quality)


def test_reading_again_after_closing_finds_all(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    with EmbeddedHistory(folder) as one:
        one.add_streams(STREAMS)
        one.append(batch([0], [T0], [1]))
        one.settle()
        one.append(batch([0, 1], [np.datetime64("now", "ms"), T0], [2, 3]))
    with EmbeddedHistory(folder, read_only=True) as reader:
        assert reader.latest().value[:2].tolist() == [2, 3]
        assert not reader.partial
    with EmbeddedHistory(folder) as two:
        assert two.latest().value[:2].tolist() == [2, 3]
        assert two.series(0, T0, np.datetime64("now", "ms")).value.tolist() == [1, 2]


def test_a_large_day_gets_a_copy_by_stream_that_reads_alike(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    streams = [Stream(f"s{i}:no2", "no2", "ug/m3", period_s=60) for i in range(50)]
    sid, minute = np.meshgrid(np.arange(50), np.arange(1200))
    rows = batch(sid.ravel(), np.datetime64("2026-05-04") + minute.ravel() * MINUTE, (sid * 2.0 + minute).ravel() % 97)
    with EmbeddedHistory(folder) as one:
        one.add_streams(streams)
        one.append(rows)
        before = one.series(17, rows.time[0], rows.time[-1])
        one.append(batch([17], [rows.time[17]], [-5], received=np.datetime64("now", "ms")))
        one.settle()
        assert (folder / "by_stream" / "2026-05-04.parquet").is_file()
        after = one.series(17, rows.time[0], rows.time[-1])
        assert after.value[0] == -5
        np.testing.assert_array_equal(before.value[1:], after.value[1:])
        hours = one.aggregate(rows.time[0], rows.time[-1], 3600, ["sum"])
        assert hours["sum"].sum() == pytest.approx(rows.value.astype(float).sum() - before.value[0] - 5)


def test_one_process_holds_a_history_and_others_use_the_inbox(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    with EmbeddedHistory(folder) as holder:
        holder.add_streams(STREAMS)
        with pytest.raises(ProjectLocked):
            EmbeddedHistory(folder)
        new = Stream("d:pm10", "pm10", "ug/m3")
        inbox.drop(folder, [new, STREAMS[1]], batch([1, 0], [T0, T0], [50, 12]))
        with EmbeddedHistory(folder, read_only=True) as reader:
            assert not reader.partial
            assert reader.frame(T0).value[1] == 50
            assert reader.by_id()["d:pm10"].sid == 3
            with pytest.raises(ProjectLocked):
                reader.append(batch([0], [T0], [1]))
        assert holder.take_inbox().stored == 2
        assert holder.take_inbox().stored == 0
        assert holder.frame(T0).value[holder.by_id()["d:pm10"].sid] == 12
        (folder / "inbox" / "0-broken.parquet").write_bytes(b"PAR1")
        inbox.drop(folder, STREAMS, batch([0], [T0], [8]))
        with pytest.raises(BadInput, match="no file of an inbox"):
            holder.take_inbox()
        assert holder.frame(T0).value[0] == 8
        assert [p.name for p in (folder / "inbox").iterdir()] == ["0-broken.refused"]


def test_a_kill_between_day_file_and_database_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    with EmbeddedHistory(folder) as one:
        one.add_streams(STREAMS)
        one.append(batch([0, 0], minutes(2), [1, 2]))
        one._days.write(T0.astype("datetime64[D]"), one._hot.rows(T0, T0 + MINUTE))  # as settle does, then the kill
    with EmbeddedHistory(folder) as two:
        assert two.series(0, T0, T0 + MINUTE).value.tolist() == [1, 2]
        assert two.aggregate(T0, T0 + MINUTE, 3600, ["count"])["count"].tolist() == [2.0]
        two.settle()
        assert two.series(0, T0, T0 + MINUTE).value.tolist() == [1, 2]


def test_a_damaged_table_of_streams_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / "streams.parquet").write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"streams\.parquet: cannot be read"):
        EmbeddedHistory(folder)
    with EmbeddedHistory(tmp_path / "other") as store:
        assert store.streams() == ()
