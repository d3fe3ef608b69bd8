"""Children, the engine, cancel, crashes: whatever happens there is a message here."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import geopandas as gpd
import numpy as np
import psutil
import pytest
import shapely

from twin import jobs
from twin.errors import BadInput, Cancelled, JobFailed, TwinError

WAIT = 30.0
HERE = Path(__file__).resolve().parent.parent / "helpers"


@pytest.fixture(scope="module")
def work():
    sys.path.insert(0, str(HERE))
    try:
        yield importlib.import_module("jobs_work")
    finally:
        sys.path.remove(str(HERE))


def _until(condition, seconds: float = WAIT) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def _children() -> int:
    return len(psutil.Process().children())


# --- a job in process -----------------------------------------------------------------------------------------


def test_job_in_process_reports_and_stops() -> None:
    told: list[tuple[float, str, dict]] = []
    stop = threading.Event()
    job = jobs.Job(lambda fraction, text, fields: told.append((fraction, text, dict(fields))), stop.is_set)
    job.progress(0.25, "{n} rows", n=4)
    job.part(0.5, 1.0).progress(0.5)
    job.progress(7)
    assert told == [(0.25, "{n} rows", {"n": 4}), (0.75, "", {}), (1.0, "", {})]
    stop.set()
    with pytest.raises(Cancelled):
        job.part(0, 1).check()
    with pytest.raises(Cancelled):
        job.progress(0.5)
    jobs.Job().progress(0.5, "a job nobody listens to")


# --- one child per task ---------------------------------------------------------------------------------------


def test_result_progress_and_done(work) -> None:
    seen: list[tuple[float, str]] = []
    done: list[jobs.Task] = []
    task = jobs.start(
        work.steps, 20, pause=0.01, title="Counting",
        on_progress=lambda t: seen.append((t.fraction, t.text.format(**t.fields))), on_done=done.append,
    )  # fmt: skip
    assert task.title == "Counting"
    assert task.wait(WAIT) == 40
    assert not task.running
    assert task.error is None
    assert task.result == 40
    assert seen == sorted(seen)
    assert seen[-1] == (1.0, "Step 20 of 20")
    assert 2 <= len(seen) <= 20
    assert _until(lambda: done == [task])


def test_arrays_travel_whole_and_writable(work) -> None:
    array = np.arange(3_000_000, dtype=float).reshape(3, -1)
    result = jobs.start(work.doubled, array).wait(WAIT)
    np.testing.assert_array_equal(result, np.arange(3_000_000, dtype=float).reshape(3, -1) * 2)
    result[0, 0] = 5.0
    assert array[0, 1] == 1.0


def test_long_columns_of_geometry_travel_in_pieces_and_arrive_whole(work) -> None:
    points = gpd.GeoSeries.from_xy(np.arange(4500.0), np.arange(4500.0) / 3, crs="EPSG:3011")
    result = jobs.start(work.same, gpd.GeoDataFrame({"n": np.arange(4500)}, geometry=points)).wait(WAIT)
    assert result.crs == points.crs
    assert shapely.equals_identical(result.geometry.to_numpy(), points.to_numpy()).all()
    assert (result["n"] == np.arange(4500)).all()


def test_what_a_child_prints_does_not_disturb(work) -> None:
    assert jobs.start(work.noisy).wait(WAIT) == "clean"


def test_error_keeps_key_and_fields(work) -> None:
    with pytest.raises(BadInput, match=r"a\.csv: row 3 is wrong\.") as caught:
        jobs.start(work.bad_input).wait(WAIT)
    assert caught.value.key == "{path}: row {row} is wrong."
    assert caught.value.fields == {"path": "a.csv", "row": 3}
    with pytest.raises(TwinError, match="this is wrong"):
        jobs.start(work.own_error).wait(WAIT)


@pytest.mark.parametrize(
    ("name", "words"),
    [("foreign_error", "ZeroDivisionError: by zero"), ("exits", "SystemExit: 4"), ("unpicklable", "pickle")],
)
def test_foreign_errors_become_messages(work, name: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    task = jobs.start(getattr(work, name), title="Work")
    with pytest.raises(JobFailed, match=words):
        task.wait(WAIT)
    assert task.error is not None
    assert "Traceback" in str(task.error.fields["details"])
    assert "Traceback" in caplog.text


def test_what_cannot_be_sent_is_a_message() -> None:
    with pytest.raises(JobFailed, match="could not be started"):
        jobs.start(lambda job: 1, title="Work").wait(WAIT)


def test_a_function_of_the_script_itself_is_a_clear_message(work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.count, "__module__", "__main__")
    with pytest.raises(JobFailed, match="put it in a module"):
        jobs.start(work.count).wait(WAIT)


def test_a_task_that_ended_holds_nobody_who_listened(work) -> None:
    class View:
        def hear(self, _task: jobs.Task) -> None:
            """Listen."""

    view = View()
    gone = weakref.ref(view)
    task = jobs.start(work.steps, 3, on_progress=view.hear, on_done=view.hear)
    assert task.wait(WAIT) == 6
    del view
    assert _until(lambda: gone() is None)
    assert task.result == 6


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("how", "words"), [("segfault", "SIGSEGV"), ("exit", "7"), ("kill", "memory ran out")])
def test_crash_is_a_message(work, how: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    task = jobs.start(work.crash, how, title="Work", on_done=lambda _: done.set())
    with pytest.raises(JobFailed, match=words):
        task.wait(WAIT)
    assert task.error is not None
    assert "last words" in str(task.error.fields["details"])
    assert "last words" in caplog.text
    assert done.wait(WAIT)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on address space")
def test_out_of_memory_is_a_message(work) -> None:
    with pytest.raises(JobFailed, match="Memory"):
        jobs.start(work.hoard, "").wait(WAIT)


def test_cancel_of_polite_work_is_at_once(work) -> None:
    started = threading.Event()
    task = jobs.start(work.polite, on_progress=lambda _: started.set())
    time.sleep(0.4)
    begin = time.monotonic()
    task.cancel(grace=WAIT)
    with pytest.raises(Cancelled):
        task.wait(WAIT)
    assert time.monotonic() - begin < WAIT / 2, "it heard that it should stop"
    assert isinstance(task.error, Cancelled)


def test_cancel_kills_the_stubborn_after_a_second(work, tmp_path: Path) -> None:
    before = _children()
    pid_file = tmp_path / "pid"
    task = jobs.start(work.stubborn, str(pid_file))
    assert _until(lambda: pid_file.exists() and pid_file.read_text() != "")
    begin = time.monotonic()
    task.cancel()
    task.cancel()
    with pytest.raises(Cancelled):
        task.wait(WAIT)
    assert time.monotonic() - begin < 10.0
    assert _until(lambda: _children() <= before)


def test_cancel_before_the_child_is_there_and_after_the_end(work) -> None:
    early = jobs.start(work.polite)
    early.cancel()
    with pytest.raises(Cancelled):
        early.wait(WAIT)
    late = jobs.start(work.steps, 1)
    assert late.wait(WAIT) == 2
    late.cancel()
    assert late.wait(WAIT) == 2


def test_wait_gives_up(work) -> None:
    task = jobs.start(work.polite)
    with pytest.raises(TimeoutError):
        task.wait(0.05)
    task.cancel()


def test_a_failing_listener_stops_nothing(work, caplog: pytest.LogCaptureFixture) -> None:
    def broken(task: jobs.Task) -> None:
        raise RuntimeError("a broken view")

    assert jobs.start(work.steps, 3, on_progress=broken, on_done=broken).wait(WAIT) == 6
    assert _until(lambda: "a broken view" in caplog.text)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_no_orphan_after_the_parent_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import jobs_work; jobs_work.parent_of_stubborn({str(pid_file)!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=HERE)
    assert _until(lambda: pid_file.exists() and pid_file.read_text() != "")
    child = psutil.Process(int(pid_file.read_text()))
    parent.kill()
    parent.wait()
    gone, _ = psutil.wait_procs([child], timeout=60)
    assert gone


def test_a_script_without_a_main_guard_can_start_work(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import jobs_work\nfrom twin import jobs\nprint(jobs.start(jobs_work.steps, 2).wait(120))\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=240, check=True)
    assert run.stdout.split() == ["4"]


def test_spare_child_is_used_once_and_replaced(work) -> None:
    jobs.warm("json")
    try:
        first = jobs.start(work.count).wait(WAIT)
        assert _until(lambda: _children() >= 1)
        second = jobs.start(work.count).wait(WAIT)
    finally:
        jobs.warm()
    assert first[0] != second[0]
    assert first[1] == second[1] == 1


# --- the engine -----------------------------------------------------------------------------------------------


@pytest.fixture
def engine():
    with jobs.Engine() as made:
        yield made


def test_engine_keeps_its_process_and_its_state(work, engine: jobs.Engine) -> None:
    pid, calls = engine.submit(work.count).wait(WAIT)
    assert engine.submit(work.count).wait(WAIT) == (pid, calls + 1)


def test_engine_starts_again_after_a_crash(work, engine: jobs.Engine) -> None:
    pid, _ = engine.submit(work.count).wait(WAIT)
    crashed, after = engine.submit(work.crash, "exit"), engine.submit(work.count)
    with pytest.raises(JobFailed):
        crashed.wait(WAIT)
    again, calls = after.wait(WAIT)
    assert again != pid
    assert calls == 1


def test_engine_survives_being_killed_between_tasks(work, engine: jobs.Engine) -> None:
    pid, _ = engine.submit(work.count).wait(WAIT)
    os.kill(pid, signal.SIGTERM)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=60)
    assert engine.submit(work.count).wait(WAIT)[1] == 1


def test_stale_answers_are_dropped(work, engine: jobs.Engine) -> None:
    other = engine.submit(work.steps, 30, pause=0.01, key="other")
    running = engine.submit(work.polite, key="noise")
    assert other.wait(WAIT) == 60
    waiting = engine.submit(work.steps, 1, key="noise")
    last = engine.submit(work.steps, 5, key="noise")
    assert last.wait(WAIT) == 10
    for stale in (running, waiting):
        with pytest.raises(Cancelled):
            stale.wait(WAIT)
        assert stale.result is None


def test_cancel_in_the_engine_keeps_the_polite_process(work, engine: jobs.Engine) -> None:
    pid, _ = engine.submit(work.count).wait(WAIT)
    task = engine.submit(work.polite)
    time.sleep(0.1)
    task.cancel()
    with pytest.raises(Cancelled):
        task.wait(WAIT)
    assert engine.submit(work.count).wait(WAIT)[0] == pid


def test_closing_stops_what_runs_and_what_waits(work, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = _children()
    engine = jobs.Engine()
    pid_file = tmp_path / "pid"
    tasks = [engine.submit(work.stubborn, str(pid_file)), engine.submit(work.count)]
    assert _until(pid_file.exists)
    begin = time.monotonic()
    engine.close()
    for task in tasks:
        with pytest.raises(Cancelled):
            task.wait(WAIT)
    assert time.monotonic() - begin < 10.0
    with pytest.raises(JobFailed):
        engine.submit(work.count)
    assert _until(lambda: _children() <= before)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
