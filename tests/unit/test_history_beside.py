"""Two processes and one history: who only reads sees what was acknowledged; a copy made meanwhile holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from project_cities import full_city
from recording import Recording

from twin.project import create
from twin.sensors import inbox
from twin.sensors.copying import bring_rest, copy_history
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.stream import Stream, batch
from twin.sensors.tail import FILE, Follower, Tail
from twin.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = np.datetime64("now", "ms")
S = np.timedelta64(1, "s")
NO2 = Stream("a:no2", "no2", "ug/m3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def other(folder: Path) -> Iterator[Recording]:
    made = Recording(folder)
    yield made
    made.end()


def test_a_reader_sees_what_another_process_stored_today(folder: Path, other: Recording) -> None:
    assert other.stream("a:no2") == "0"
    assert other.store(0, NOW, 11.0) == "1"
    with EmbeddedHistory(folder, read_only=True) as reader:
        assert not reader.partial
        assert reader.latest().value.tolist() == [11.0]
        assert not reader.changed
        assert other.stream("b:no2") == "1"
        for n in range(20):
            assert other.store(n % 2, NOW + (n + 1) * S, float(n)) == "1"
        assert reader.changed
        reader.look_again()
        assert reader.latest().value.tolist() == [18.0, 19.0]
        assert reader.rows(NOW, NOW + 60 * S).value.tolist() == [11.0, *map(float, range(20))]
        counted = reader.aggregate(NOW - 3600 * S, NOW + 3600 * S, 86_400, ["count"])
        assert counted.groupby("sid")["count"].sum().tolist() == [11.0, 10.0]


def test_rows_that_move_on_while_one_reads_are_there_once(folder: Path, other: Recording) -> None:
    """From the inbox to the tail, from the tail to a day file."""
    then = NOW - np.timedelta64(3, "D")
    other.stream("a:no2")
    other.store(0, then, 1.0)
    inbox.drop(folder, [NO2, Stream("c:no2", "no2", "ug/m3")], batch([0, 1], [then + S, then], [2.0, 7.0]))
    with EmbeddedHistory(folder, read_only=True) as reader:

        def seen() -> dict[str, list[float]]:
            assert not reader.partial
            found = reader.rows(then - S, NOW)
            return {one.id: found.value[found.sid == one.sid].tolist() for one in reader.streams()}

        assert seen() == {"a:no2": [1.0, 2.0], "c:no2": [7.0]}
        assert other.stream("b:no2") == "1", "the number that the reader guessed for another"
        other.store(1, then, 5.0)
        assert other.take_inbox() == "2"
        reader.look_again()
        assert seen() == {"a:no2": [1.0, 2.0], "b:no2": [5.0], "c:no2": [7.0]}
        assert int(other.settle()) == 1
        reader.look_again()
        assert seen() == {"a:no2": [1.0, 2.0], "b:no2": [5.0], "c:no2": [7.0]}
        counted = reader.aggregate(then - 3600 * S, NOW, 86_400, ["count"])
        assert counted.groupby("sid")["count"].sum().tolist() == [2.0, 1.0, 1.0]


def test_a_reader_goes_on_when_the_other_is_killed_or_another_takes_its_place(folder: Path) -> None:
    first = Recording(folder)
    first.stream("a:no2")
    first.store(0, NOW, 1.0)
    with EmbeddedHistory(folder, read_only=True) as reader:
        first.kill()
        reader.look_again()
        assert reader.latest().value.tolist() == [1.0]
        second = Recording(folder)
        second.store(0, NOW + S, 2.0)
        reader.look_again()
        assert reader.rows(NOW, NOW + S).value.tolist() == [1.0, 2.0]
        second.end()
        reader.look_again()
        assert reader.rows(NOW, NOW + S).value.tolist() == [1.0, 2.0]


def test_a_batch_half_written_is_taken_whole_the_next_time(folder: Path) -> None:
    folder.mkdir()
    rows = batch([0, 1, 0], [NOW, NOW, NOW + S], [1.5, 2.5, 3.5], [0, 3, 0])
    tail = Tail(folder, rows.take(np.array([0])))
    follower = Follower(folder)
    again, first = follower.read()
    assert again
    assert first.value.tolist() == [1.5]
    tail.append(rows.take(np.array([1, 2])))
    tail.close()
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[:-7])
    again, second = follower.read()
    assert not again
    assert (second.value.tolist(), second.quality.tolist(), second.sid.tolist()) == ([2.5], [3], [1])
    (folder / FILE).write_bytes(whole)
    assert follower.changed
    assert follower.read()[1].value.tolist() == [3.5]
    assert not follower.changed
    Tail(folder, rows).close()
    again, third = follower.read()
    assert again
    assert len(third) == 3


def test_a_copy_made_while_another_records_holds_what_was_acknowledged(tmp_path: Path) -> None:
    city = full_city()
    create(tmp_path / "p.twin", city, State(city)).close()
    folder = tmp_path / "p.twin" / "history"
    folder.mkdir(exist_ok=True)
    from twin.project import open_project

    other = Recording(folder)
    other.stream("a:no2")
    for day in (2, 1):
        other.store(0, NOW - np.timedelta64(day, "D"), float(day))
    other.settle()
    other.store(0, NOW, 3.0)
    inbox.drop(folder, [NO2], batch([0], [NOW + S], [4.0]))
    with open_project(tmp_path / "p.twin", read_only=True) as project:
        copy = project.save_as(tmp_path / "q.twin", project.state())
    copy.close()
    target = tmp_path / "q.twin" / "history"
    assert not (target / "today.duckdb").exists(), "a database that is written to is not copied as a file"
    other.store(0, NOW + 2 * S, 5.0)
    with EmbeddedHistory(target) as store:
        store.take_inbox()
        assert store.rows(NOW - np.timedelta64(9, "D"), NOW + 9 * S).value.tolist() == [2.0, 1.0, 3.0, 4.0]
        bring_rest(folder, store)
        assert store.rows(NOW - np.timedelta64(9, "D"), NOW + 9 * S).value.tolist() == [2.0, 1.0, 3.0, 4.0, 5.0]
        bring_rest(folder, store)
        assert len(store.rows(NOW, NOW + 9 * S)) == 3
    other.end()


def test_a_history_that_nobody_holds_is_copied_with_its_last_day(folder: Path, tmp_path: Path) -> None:
    with EmbeddedHistory(folder) as store:
        store.add_streams([NO2])
        store.append(batch([0], [NOW], [1.0]))
    copy_history(folder, tmp_path / "copy")
    with EmbeddedHistory(tmp_path / "copy", read_only=True) as reader:
        assert reader.latest().value.tolist() == [1.0]
