"""Projects on disk: what comes back, who may write, what is kept and what is cleared away."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import psutil
import pyogrio
import pytest
import rasterio
from project_cities import CRS, assert_same_city, full_city
from pyarrow import parquet

from twin import project as projects
from twin.city import schema
from twin.city.city import City
from twin.disk import atomic, lock, record, tables, versions
from twin.errors import BadInput, NewerFormat, ProjectLocked
from twin.project import create, load_city, load_view, open_project, resolve_path
from twin.state import BASE_LAYERS, Bookmark, LayerEntry, Pose, State

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def _files(path: Path) -> dict[str, bytes]:
    return {
        p.relative_to(path).as_posix(): p.read_bytes()
        for p in path.rglob("*")
        if p.is_file() and p.name != ".lock" and ".readers" not in p.parts
    }


def _city_files(path: Path) -> set[str]:
    return {f"city/{p.name}" for p in (path / "city").iterdir()}


# --- what comes back ------------------------------------------------------------------------------------------


def test_every_table_comes_back_as_it_was(tmp_path: Path) -> None:
    city = full_city()
    with create(tmp_path / "Åkers län (1).zip.twin", city) as made:
        assert_same_city(city, made.state().city)
    assert_same_city(city, load_city(made.path))


def test_an_empty_city_comes_back(tmp_path: Path) -> None:
    create(tmp_path / "empty.twin", City("Empty", CRS)).close()
    assert_same_city(City("Empty", CRS), load_city(tmp_path / "empty.twin"))


def test_state_and_view_come_back(tmp_path: Path) -> None:
    pose = Pose((1.5, 2.5, 3.5), 800.0, 45.0, 60.0, top=True)
    layers = (LayerEntry("road_speed", True, 0.4), LayerEntry("water", False))
    section = ((153_000.0, 6_579_000.0, 12.5), (0.6, -0.8, 0.0))
    bookmarks = (Bookmark("Slussen «öst»", pose),)
    state = State(full_city(), layers=layers, bookmarks=bookmarks, sunlit=True, section=section)
    with create(tmp_path / "p.twin", state.city, state, pose, AT) as made:
        found = made.state()
        assert made.pose == pose
        assert made.saved == AT
    assert found.bookmarks == state.bookmarks
    assert found.layers[:2] == layers
    assert (found.sunlit, found.section) == (True, section)
    assert {row.id for row in found.layers} == {"road_speed", *BASE_LAYERS}
    assert load_view(made.path)[1] == pose


def test_a_view_that_lost_its_numbers_is_not_stored(tmp_path: Path) -> None:
    bad = Pose((float("nan"), 0.0, 0.0), 10.0)
    state = State(full_city(3), bookmarks=(Bookmark("bad", bad), Bookmark("good", Pose((0.0, 0.0, 0.0), 5.0))))
    with create(tmp_path / "p.twin", state.city, state, bad) as made:
        assert made.pose is None
        assert [mark.name for mark in made.state().bookmarks] == ["good"]


def test_the_same_city_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        create(tmp_path / name / "p.twin", full_city(), at=AT).close()
        time.sleep(1.1)  # GeoPackage and SQLite could store the time of writing
    assert _files(tmp_path / "a" / "p.twin") == _files(tmp_path / "b" / "p.twin")


def test_files_are_open_formats_with_reference_system_and_columns(tmp_path: Path) -> None:
    create(tmp_path / "p.twin", full_city()).close()
    by_name = {
        name.split("/")[1].split("-")[0]: tmp_path / "p.twin" / name for name in _city_files(tmp_path / "p.twin")
    }
    assert set(by_name) == {*schema.TABLES, "sources", "terrain", "surfaces", "vertices"}
    for name, table in schema.TABLES.items():
        columns = ["id", "source_id", *(column.name for column in table.columns)]
        if not table.geometry:
            assert parquet.read_schema(by_name[name]).names == columns
            continue
        info = pyogrio.read_info(by_name[name])
        assert info["crs"] == CRS
        assert list(info["fields"]) == columns
        assert info["geometry_type"] == table.geometry
        assert info["features"] == 30
    with sqlite3.connect(by_name["roads"]) as database:
        assert (
            database.execute("select organization_coordsys_id from gpkg_spatial_ref_sys").fetchall().count((3011,)) == 1
        )
        assert database.execute("select count(*) from rtree_roads_geom").fetchone() == (30,)
        assert database.execute("pragma application_id").fetchone() == (0x47504B47,)
        kind = dict(database.execute("select name, type from pragma_table_info('roads')").fetchall())
        assert kind["oneway"] == "BOOLEAN"
        assert kind["speed"] == "REAL"
    database.close()
    with rasterio.open(by_name["terrain"]) as raster:
        assert raster.crs.to_epsg() == 3011
        assert (raster.dtypes, raster.nodata, raster.compression.value) == (("float32",), -9999.0, "DEFLATE")


def test_the_record_can_be_read_by_people(tmp_path: Path) -> None:
    create(tmp_path / "p.twin", full_city(), at=AT).close()
    text = (tmp_path / "p.twin" / "project.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert found["format"] == record.FORMAT
    assert found["name"] == "Södra provstaden"
    assert found["created"] == found["saved"] == "2026-11-21T08:30:00Z"
    assert found["synthetic"] is True
    assert found["city"]["roads"]["rows"] == 30
    assert text.count("\n") > 20


# --- names and places -----------------------------------------------------------------------------------------


def test_the_ending_is_added_and_nothing_is_overwritten(tmp_path: Path) -> None:
    with create(tmp_path / "new" / "town", full_city(3)) as made:
        assert made.path == tmp_path / "new" / "town.twin"
        assert made.name == "town"
    with pytest.raises(BadInput, match=r"town\.twin: there is something of that name already"):
        create(tmp_path / "new" / "town.twin", full_city(3))
    assert open_project(tmp_path / "new" / "town").path == made.path
    assert open_project(made.path / "project.json", read_only=True).path == made.path


def test_demo_is_a_name_and_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(tmp_path / "demo.twin", full_city(3)).close()
    (tmp_path / "demo.twin" / ".lock").write_text("")
    monkeypatch.setattr(projects, "demo_project", lambda: tmp_path / "demo.twin")
    assert resolve_path("demo") == tmp_path / "demo.twin"
    monkeypatch.chdir(tmp_path)
    assert resolve_path("./demo") == tmp_path / "demo.twin"
    with open_project(tmp_path / "demo.twin") as demo:
        assert demo.read_only
        with pytest.raises(BadInput, match="reading only; save it under another name"):
            demo.save(demo.state())
        assert demo.autosave(State(full_city(3, 1))) is False
        copy = demo.save_as(tmp_path / "mine", demo.state())
    assert sorted(p.name for p in (tmp_path / "demo.twin").iterdir()) == [".lock", "city", "project.json"]
    with copy:
        assert not copy.read_only
        assert_same_city(load_city(tmp_path / "demo.twin"), copy.state().city)


def test_a_place_without_write_permission_is_opened_for_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tmp_path / "p.twin", full_city(3)).close()

    def refused(self: lock.FileLock) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lock.FileLock, "acquire", refused)
    with open_project(tmp_path / "p.twin") as found:
        assert found.read_only
        assert len(found.state().city.buildings) == 3


def test_save_as_takes_the_history_along(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(3)) as made:
        day = made.path / "history" / "day=2026-11-20"
        day.mkdir(parents=True)
        (day / "part.parquet").write_bytes(b"rows")
        other = made.state().changed(bookmarks=(Bookmark("b", Pose((0.0, 0.0, 0.0), 9.0)),))
        with made.save_as(tmp_path / "q.twin", other) as copy:
            assert [mark.name for mark in copy.state().bookmarks] == ["b"]
        assert made.state().bookmarks == ()
    assert (tmp_path / "q.twin" / "history" / "day=2026-11-20" / "part.parquet").read_bytes() == b"rows"
    with open_project(tmp_path / "p.twin") as made:
        with pytest.raises(BadInput, match="already"):
            made.save_as(tmp_path / "q.twin", made.state())
        with made.save_as(tmp_path / "q.twin", made.state(), replace=True) as copy:
            assert copy.state().bookmarks == ()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.twin", "q.twin"]


def test_replacing_a_project_that_is_open_is_refused(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(3)) as made, create(tmp_path / "q.twin", full_city(4)):
        with pytest.raises(ProjectLocked):
            made.save_as(tmp_path / "q.twin", made.state(), replace=True)
    assert len(load_city(tmp_path / "q.twin").buildings) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.twin", "q.twin"]


# --- locks ----------------------------------------------------------------------------------------------------


def test_one_holds_a_project_and_others_read(tmp_path: Path) -> None:
    first = create(tmp_path / "p.twin", full_city(3))
    with pytest.raises(ProjectLocked, match="open in another window"):
        open_project(first.path)
    with open_project(first.path, read_only=True) as reader:
        assert reader.read_only
        assert len(reader.state().city.buildings) == 3
    first.close()
    with open_project(first.path) as second:
        assert second.crashed is None


def test_a_killed_holder_leaves_no_lock_but_its_name(tmp_path: Path) -> None:
    create(tmp_path / "p.twin", full_city(3)).close()
    code = (
        "import sys, time; from pathlib import Path; from twin.project import open_project\n"
        "held = open_project(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "p.twin")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ProjectLocked, match=f"process {holder.pid} on") as refused:
            open_project(tmp_path / "p.twin")
        since = datetime.strptime(str(refused.value.fields["since"]), "%Y-%m-%d %H:%M")
        assert abs((datetime.now() - since).total_seconds()) < 180, "the clock on the wall, not UTC"
        psutil.Process(holder.pid).kill()
    with open_project(tmp_path / "p.twin") as found:
        assert found.crashed is not None
        assert found.crashed.pid == holder.pid


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_where_the_file_system_has_no_locks_the_name_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def none_here(fd: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none_here)
    held = lock.FileLock(tmp_path / "l")
    assert held.acquire()
    assert not lock.FileLock(tmp_path / "l").acquire()
    held.release()
    again = lock.FileLock(tmp_path / "l")
    assert again.acquire()
    again.release()
    (tmp_path / "l").write_text(json.dumps({"pid": 2**22 + 1, "host": lock.socket.gethostname(), "since": "x"}))
    assert lock.FileLock(tmp_path / "l").acquire()


# --- saving ---------------------------------------------------------------------------------------------------


def test_saving_writes_only_what_changed(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city()) as made:
        state = made.state()
        before = {p.name: p.stat().st_mtime_ns for p in (made.path / "city").iterdir()}
        trees = state.city.trees.copy()
        trees["height"] = 7.0
        made.save(state.changed(city=state.city.replaced(trees=trees)))
        after = {p.name: p.stat().st_mtime_ns for p in (made.path / "city").iterdir()}
    assert {name.split("-")[0] for name in after.keys() - before.keys()} == {"trees"}
    assert all(after[name] == before[name] for name in before)
    assert (load_city(made.path).trees["height"] == 7.0).all()


def test_equal_content_is_the_same_file(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city()) as made:
        before = _city_files(made.path)
        made.save(State(full_city()))
        assert _city_files(made.path) == before


def test_files_of_the_last_two_saves_are_kept_a_while(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(5, 0)) as made:
        seen = [_city_files(made.path)]
        for seed in (1, 2, 3):
            made.save(State(full_city(5, seed)))
            seen.append({part.file for part in record.read_record(made.path / "project.json").city.values()})
        left = _city_files(made.path)
    assert left == seen[3] | seen[2] | seen[1]
    assert not (left & (seen[0] - seen[1]))


def test_nothing_is_collected_while_someone_reads(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(5, 0)) as made:
        first = _city_files(made.path)
        with lock.reading(made.path):
            for seed in range(1, 5):
                made.save(State(full_city(5, seed)))
            assert first <= _city_files(made.path)
        made.save(State(full_city(5, 9)))
        assert not (first - {"city/sources-" + n.split("sources-")[1] for n in first if "sources-" in n}) & _city_files(
            made.path
        )
    assert not list((made.path / ".readers").iterdir())


def test_a_reader_whose_files_went_away_reads_the_newer_save(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(5, 0)) as made:
        late = open_project(made.path, read_only=True)
        for seed in range(1, 5):
            made.save(State(full_city(5, seed)))
        assert_same_city(full_city(5, 4), late.state().city)


def test_what_a_kill_left_is_cleared_away_and_foreign_files_are_not(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(5)) as made:
        litter = [
            atomic.part_of(made.path / "city" / "roads-0123456789ab.gpkg"),
            atomic.part_of(made.path / "project.json"),
            made.path / "city" / "roads-0123456789ab.gpkg",
        ]
        foreign = made.path / "city" / "my notes.txt"
        for path in (*litter, foreign):
            path.write_bytes(b"x")
        made.save(made.state())
    assert not any(path.exists() for path in litter)
    assert foreign.exists()


@pytest.mark.parametrize("where", ["roads", "project"])
def test_a_full_disk_leaves_the_last_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    with create(tmp_path / "p.twin", full_city(5, 0)) as made:
        made.state()
        settle = atomic.settle

        def full(part: Path, path: Path) -> None:
            if path.name.startswith(where):
                raise OSError(28, "No space left on device")
            settle(part, path)

        monkeypatch.setattr(atomic, "settle", full)
        with pytest.raises(BadInput, match=r"No space left on device\. What was saved before is untouched"):
            made.save(State(full_city(5, 1)))
        with pytest.raises(BadInput, match="No space left"):
            made.save_as(tmp_path / "q.twin", State(full_city(5, 1)))
        monkeypatch.undo()
        assert_same_city(full_city(5, 0), load_city(made.path))
        made.save(State(full_city(5, 1)))
    assert_same_city(full_city(5, 1), load_city(made.path))
    assert [p.name for p in tmp_path.iterdir()] == ["p.twin"]


# --- autosave and recovery ------------------------------------------------------------------------------------


def _crash(project: projects.Project) -> None:
    """Let go as a killed process does: the lock is free, nothing else was tidied."""
    assert project._lock is not None
    project._lock.release()


def test_recovery_is_offered_after_a_crash(tmp_path: Path) -> None:
    made = create(tmp_path / "p.twin", full_city(5), at=AT)
    state = made.state()
    assert made.autosave(state) is False
    trees = state.city.trees.iloc[:2]
    changed = state.changed(city=state.city.replaced(trees=trees), layers=state.layers[:-1])
    assert made.autosave(changed, at=datetime(2026, 11, 21, 9, tzinfo=UTC)) is True
    assert made.autosave(changed) is False
    _crash(made)
    with open_project(made.path) as found:
        offered = found.recovery()
        assert offered is not None
        assert offered.when == datetime(2026, 11, 21, 9, tzinfo=UTC)
        assert offered.what == ("Trees", "Layers")
        assert len(found.state().city.trees) == 5
        restored = found.restore(offered)
        assert_same_city(restored.city, changed.city)
        found.save(restored)
        assert found.recovery() is None
    assert_same_city(load_city(made.path), changed.city)


def test_recovery_is_offered_until_it_is_dealt_with(tmp_path: Path) -> None:
    made = create(tmp_path / "p.twin", full_city(5))
    made.autosave(State(full_city(5, 1)))
    _crash(made)
    again = open_project(made.path)
    assert again.recovery() is not None
    _crash(again)
    again = open_project(made.path)
    assert again.recovery() is not None
    again.discard_recovery()
    _crash(again)
    with open_project(made.path) as found:
        assert found.recovery() is None
        assert len(found.versions()) == 1
        found.autosave(State(full_city(5, 2)))
        found.close()
    with open_project(made.path) as found:
        assert found.recovery() is None, "it was closed by the user, who had decided"
        assert len(found.versions()) == 2


def test_a_reader_is_offered_no_recovery(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(5)) as made:
        made.autosave(State(full_city(5, 1)))
        assert open_project(made.path, read_only=True).recovery() is None


def test_ten_versions_are_kept_with_their_files(tmp_path: Path) -> None:
    made = create(tmp_path / "p.twin", full_city(5))
    for seed in range(1, 15):
        made.autosave(State(full_city(5, seed)))
    found = made.versions()
    assert len(found) == versions.KEPT == 10
    assert_same_city(made.restore(found[0]).city, full_city(5, 14))
    made.save(State(full_city(5, 20)))
    assert_same_city(made.restore(made.versions()[-1]).city, full_city(5, 5))
    made.close()


def test_a_damaged_autosave_is_passed_over(tmp_path: Path) -> None:
    made = create(tmp_path / "p.twin", full_city(5))
    made.autosave(State(full_city(5, 1)))
    made.autosave(State(full_city(5, 2)))
    latest = made.versions()[0].file
    latest.write_bytes(latest.read_bytes()[:100])
    _crash(made)
    with open_project(made.path) as found:
        offered = found.recovery()
        assert offered is not None
        assert_same_city(found.restore(offered).city, full_city(5, 1))


# --- formats --------------------------------------------------------------------------------------------------


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    made = create(tmp_path / "p.twin", full_city(3))
    made.close()
    place = made.path / "project.json"
    found = json.loads(place.read_text())
    place.write_text(json.dumps(found | {"format": record.FORMAT + 1, "city": "told otherwise by then"}))
    with pytest.raises(NewerFormat, match="later version"):
        open_project(made.path)
    with pytest.raises(NewerFormat):
        load_city(made.path)


def test_older_formats_are_migrated_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(tmp_path / "p.twin", full_city(3))
    made.close()
    place = made.path / "project.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"format": 1}))
    monkeypatch.setattr(record, "FORMAT", 3)
    monkeypatch.setattr(
        record,
        "MIGRATIONS",
        (lambda raw: raw | {"name": raw["name"] + "+1"}, lambda raw: raw | {"name": raw["name"] + "+2"}),
    )
    assert record.read_record(place).name == "Södra provstaden+1+2"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"format": 2}))
    assert record.read_record(place).name == "Södra provstaden+2"


def test_a_record_that_could_not_be_read_is_never_written(tmp_path: Path) -> None:
    with create(tmp_path / "p.twin", full_city(3)) as made:
        before = (made.path / "project.json").read_bytes()
        state = made.state()
        with pytest.raises(msgspec.ValidationError):
            made.save(state.changed(layers=(LayerEntry("x", True, 7.0),)))
        assert (made.path / "project.json").read_bytes() == before


def test_known_parts_are_all_tables() -> None:
    assert set(tables.names()) == {*schema.TABLES, "sources", "terrain", "surfaces"}
