#!/usr/bin/env python
"""How smoothly time plays: frames a second and how late the window answers, with a layer of times on every building.

Usage: scripts/bench/playback.py [--seconds N] [--sensors N]     (on Linux under Xvfb where there is no display)

The demo, 1,440 × 900, played at 6 h a second: the whole district, then at street level. Without --sensors a layer of
168 hours on all its buildings; with it so many sensors over a day of five minutes, their list open beside the map. The
bound beside it is the rate at which the same view draws frames in which nothing changes. Processor time is of all
threads, those of the software renderer too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.ui.application import Application

HOURS = 168


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--sensors", type=int, default=0)
    said = parser.parse_args()
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.execvp("xvfb-run", ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", sys.executable, *sys.argv])
    folder = tempfile.mkdtemp(prefix="playback-")
    os.environ.update(TWIN_CONFIG_DIR=folder, TWIN_CACHE_DIR=folder, QT_QPA_PLATFORM="xcb")
    from twin.ui.application import Application

    program = Application("en", None)
    program.window.resize(1440, 900)
    program.window.show()
    if said.sensors:
        with_sensors(program, Path(folder), said.sensors)
    else:
        opened(program)
    for place in ("whole district", "street level"):
        if place == "street level":
            program.window.viewport.fly_to_box((153_300.0, 6_578_500.0, 153_500.0, 6_578_650.0))
        work(program, 2.0)
        report(program, place, said.seconds)
    program.window.leave()
    return 0


def work(program: Application, seconds: float) -> list[float]:
    """Let the program work and return how late [s] each turn of its loop came back."""
    end, late = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        begun = time.perf_counter()
        program.qt.processEvents()
        late.append(time.perf_counter() - begun)
        time.sleep(0.002)
    return late


def opened(program: Application) -> None:
    """Open the demo with a layer of times shown."""
    from dataclasses import replace

    import numpy as np

    from twin.content import demo_project
    from twin.layer import Field, layer_of
    from twin.state import LayerEntry

    window = program.window
    window.session.open(demo_project())
    while window.session.store is None or window.session.busy:
        work(program, 0.1)
    store, data = window.session.store, window.session.data
    assert data is not None
    ids = store.state.city.buildings["id"].to_numpy(object)
    hours = np.arange(HOURS)
    values = 55 + 8 * np.sin(hours[:, None] / 24 * 2 * np.pi + np.arange(len(ids)) % 7 / 7)
    times = np.datetime64("2026-10-20T00:00", "ms") + hours * np.timedelta64(1, "h")
    layer = layer_of("bench", "Level", Field("Level", "dB", "buildings", ids, values.astype(np.float32), times))
    assert layer is not None
    results = window.workbench.results
    results._drawn = window.session.data = replace(data, layers={**data.layers, "bench": layer})
    results._join()
    store.change("Add data layer", layers=(LayerEntry("bench"), *store.state.layers))
    work(program, 2.0)


def with_sensors(program: Application, folder: Path, count: int) -> None:
    """Open a copy of the demo with so many sensors on the map."""
    import numpy as np

    from twin.content import demo_project
    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.stream import Stream, batch

    project = folder / "sensors.twin"
    shutil.copytree(demo_project(), project)
    for path in (project, *project.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    rng = np.random.default_rng(1)
    with EmbeddedHistory(project / "history") as store:
        at = len(store.streams()) + np.arange(count)
        store.add_streams([
            Stream(f"bench{i}:no2", "no2", "ug/m3", name=f"Mast {i}", lon=18.04 + 0.04 * x, lat=59.305 + 0.016 * y,
                   period_s=300)
            for i, (x, y) in enumerate(rng.random((count, 2)))
        ])  # fmt: skip
        end = np.datetime64("now", "ms")
        for n in range(288):
            time_ = end - np.timedelta64(300_000 * (288 - n), "ms")
            store.append(batch(at, np.full(count, time_), 20 + 10 * rng.random(count)))
    window = program.window
    window.session.open(project)
    while not window.sensing.read.streams:
        work(program, 0.1)
    window.panels.bring("sensors")
    window.sensing.show_quantity("no2")
    work(program, 3.0)


def report(program: Application, place: str, seconds: float) -> None:
    window, clock = program.window, program.window.timing.clock
    frames = [0]
    window.viewport.drawn.connect(lambda: frames.__setitem__(0, frames[0] + 1))
    end, used = time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < end:
        window.viewport.canvas.draw()
        program.qt.processEvents()
    cost = 1000 * (time.process_time() - used) / max(frames[0], 1)
    bound, frames[0] = frames[0] / seconds, 0
    clock.set_pace(speed=6 * 3600.0, loop=True)
    clock.to_end(False)
    clock.play()
    used = time.process_time()
    late = sorted(work(program, seconds))
    each = 1000 * (time.process_time() - used) / max(frames[0], 1)
    clock.rest()
    rate, p95 = frames[0] / seconds, 1000 * late[int(len(late) * 0.95)]
    print(f"{place}: {rate:.1f} frames/s played, {bound:.1f} without time; turn of the loop p95 {p95:.0f} ms;")
    print(f"    processor time of a frame {each:.0f} ms played, {cost:.0f} without time")


if __name__ == "__main__":
    sys.exit(main())
