"""The log of a run, and how the next one learns of a crash."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from twin import crashlog

if TYPE_CHECKING:
    from pathlib import Path

CRASH = """
import sys, os, ctypes, logging, threading
from pathlib import Path
from twin import crashlog
session = crashlog.begin(where=Path(sys.argv[1]))
logging.getLogger("twin.test").warning("about to act")
how = sys.argv[2]
if how == "segfault": ctypes.string_at(0)
if how == "raise": raise ValueError("nobody catches this")
if how == "exit": os._exit(0)
if how == "end": session.end()
"""


def _run(folder: Path, how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(folder), how], capture_output=True, check=False, timeout=240
    )
    return done.returncode


@pytest.mark.parametrize(
    ("how", "words"),
    [("segfault", "Segmentation fault"), ("raise", "ValueError: nobody catches this"), ("exit", "about to act")],
)
def test_the_next_run_learns_of_a_crash_once(tmp_path: Path, how: str, words: str) -> None:
    _run(tmp_path, how)
    crash = crashlog.last_crash(tmp_path)
    assert crash is not None
    assert words in crash.text
    assert "python: 3." in crash.log.read_text()
    assert abs(crash.when.timestamp() - crash.log.stat().st_mtime) < 60
    assert crashlog.last_crash(tmp_path) is None
    assert crash.log.exists()


def test_a_run_that_ended_as_it_should_is_none(tmp_path: Path) -> None:
    assert _run(tmp_path, "end") == 0
    assert crashlog.last_crash(tmp_path) is None
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_that_still_runs_is_none(tmp_path: Path) -> None:
    session = crashlog.begin(where=tmp_path)
    assert session is not None
    try:
        assert crashlog.last_crash(tmp_path) is None
    finally:
        session.end()


def test_the_last_of_several_is_told(tmp_path: Path) -> None:
    _run(tmp_path, "exit")
    _run(tmp_path, "raise")
    crash = crashlog.last_crash(tmp_path)
    assert crash is not None
    assert crash.log == max(tmp_path.glob("*.log"), key=lambda p: p.stat().st_mtime)
    assert not list(tmp_path.glob("*.lock"))


def test_what_nobody_catches_in_a_thread_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    hooks = sys.excepthook, threading.excepthook
    session = crashlog.begin(told.append, tmp_path)
    assert session is not None
    try:
        thread = threading.Thread(target=lambda: 1 / 0, name="reader")
        thread.start()
        thread.join()
    finally:
        session.end()
    assert (sys.excepthook, threading.excepthook) == hooks
    assert "ZeroDivisionError" in told[0]
    assert "unhandled in reader" in session.log.read_text()
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_ten_logs_are_kept(tmp_path: Path) -> None:
    for i in range(15):
        (tmp_path / f"run-20260101T0000{i:02}-1.log").write_text("old")
    session = crashlog.begin(where=tmp_path)
    assert session is not None
    session.end()
    left = sorted(p.name for p in tmp_path.glob("*.log"))
    assert len(left) == crashlog.KEPT
    assert session.log.name in left


def test_no_log_is_no_reason_to_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("x")
    with caplog.at_level(logging.WARNING):
        assert crashlog.begin(where=tmp_path / "file") is None
    assert "no log can be written" in caplog.text
