#!/usr/bin/env python
"""How long from start to the demo on screen, how long the window did not answer, and what rest costs.

Usage: scripts/bench/start.py [--runs N]     (on Linux under Xvfb where there is no display)

Each run is a fresh process, as a user starts it. Printed are the best and the median time from exec to each phase, and
for comparison the time a bare pyvistaqt window with one cube takes in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PHASES = ("begin", "Qt is loaded", "the window is shown", "the first frame is drawn")

TWIN = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(created)f|%(message)s")
logging.getLogger().handlers[0].addFilter(lambda record: record.name == "twin.start")
from twin.cli import main
raise SystemExit(main(["demo", "--screenshot", sys.argv[1]]))
"""

BARE = """
import os, sys, time
os.environ["QT_API"] = "pyside6"
from PySide6.QtWidgets import QApplication, QMainWindow
import pyvista
from pyvistaqt import QtInteractor
app = QApplication([])
window = QMainWindow()
view = QtInteractor(window, auto_update=False)
view.add_mesh(pyvista.Cube())
window.setCentralWidget(view)
window.resize(1440, 900)
window.show()
app.processEvents()
view.render()
app.processEvents()
print(f"{time.time()}|shown", file=sys.stderr)
view.close()
os._exit(0)
"""

QUIET = """
import sys, time, resource
from pathlib import Path
from PySide6.QtCore import QTimer
from twin.ui.app import _choose_platform
_choose_platform()
from twin.content import demo_project
from twin.ui.application import Application
program = Application("en", None)
gaps, last = [], time.perf_counter()
def tick():
    global last
    now = time.perf_counter()
    gaps.append(now - last)
    last = now
timer = QTimer(interval=5)
timer.timeout.connect(tick)
timer.start()
def opened():
    QTimer.singleShot(4000, rest)
def rest():
    timer.stop()
    used = resource.getrusage(resource.RUSAGE_SELF)
    program.before = used.ru_utime + used.ru_stime
    QTimer.singleShot(5000, end)
def end():
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime - program.before
    longest = sorted(gaps, reverse=True)[:5]
    print("longest times without an answer while starting [ms]:", *(round(1000 * gap) for gap in longest))
    print(f"processor time in 5 s of rest: {spent:.3f} s")
    program.window.close()
program.window.session.opened.connect(opened)
QTimer.singleShot(0, lambda: program.window.handlers.open_path(demo_project()))
program.run(None)
"""


def timed(code: str, *arguments: str) -> dict[str, float]:
    """Run a program and return when it said what [s after exec]."""
    start = time.time()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    said = (line.split("|", 1) for line in done.stderr.splitlines() if "|" in line)
    return {phase: float(moment) - start for moment, phase in said}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.execvp("xvfb-run", ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", sys.executable, *sys.argv])
    folder = Path(tempfile.mkdtemp(prefix="start-"))
    os.environ.update(TWIN_CONFIG_DIR=str(folder), TWIN_CACHE_DIR=str(folder), QT_QPA_PLATFORM="xcb")
    timed(TWIN, str(folder / "warm.png"))
    rounds = [timed(TWIN, str(folder / f"{n}.png")) for n in range(runs)]
    bare = [timed(BARE)["shown"] for _ in range(runs)]
    print(f"{'from exec to':32} {'best':>6} {'median':>7}  [s], {runs} runs, warm disk")
    for phase in PHASES:
        times = [one[phase] for one in rounds]
        print(f"{phase:32} {min(times):6.2f} {statistics.median(times):7.2f}")
    print(f"{'a bare QtInteractor with a cube':32} {min(bare):6.2f} {statistics.median(bare):7.2f}")
    last = PHASES[-1]
    print(f"ratio to the bare window: {min(one[last] for one in rounds) / min(bare):.2f}")
    print(subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True).stdout, end="")


if __name__ == "__main__":
    main()
